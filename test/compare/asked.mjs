// What engines in JavaScript have in common: they are asked as measure.go asks those in Go.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

// How many results a page has, and how many values of a facet it shows.
export const shown = 24, facetSize = 20

const minAsked = 3, maxAsked = 50, askFor = 3000

/**
 * Opens an index and asks it the questions that lie in a folder. It returns what measure.go's searched has. open resolves to a
 * function that answers a question with { total, facets }: of each facet the count of the first value.
 */
export async function asked(folder, version, open) {
  const questions = JSON.parse(readFileSync(join(folder, 'questions.json'), 'utf8'))
  const start = performance.now()
  const ask = await open()
  ask(questions[0])
  const load = performance.now() - start
  const answers = questions.map(q => ({ ...ask(q), took: [] }))
  for (const begin = performance.now(); answers[0].took.length < minAsked ||
      answers[0].took.length < maxAsked && performance.now() - begin < askFor;) {
    questions.forEach((q, i) => {
      const start = performance.now()
      ask(q)
      answers[i].took.push(performance.now() - start)
    })
  }
  globalThis.gc()
  return { load, memory: process.memoryUsage().rss / 1e6, answers, version }
}
