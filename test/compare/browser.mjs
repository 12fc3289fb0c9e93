// Shoebox's engine for galleries without a server, asked in a process of its own: node --expose-gc browser.mjs search FOLDER, where
// the shards and questions.json lie. It prints JSON as measure.go has it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Searcher } from '../../internal/search/browser/engine/search.js'
import { readGallery } from '../../internal/search/browser/engine/shards.js'
import { asked, facetSize, shown } from './asked.mjs'

const folder = process.argv[3]
console.log(JSON.stringify(await asked(folder, `Node ${process.versions.node}`, async () => {
  const index = JSON.parse(readFileSync(join(folder, 'shards.json'), 'utf8'))
  const searcher = new Searcher(await readGallery(index, name => readFileSync(join(folder, `${name}.json.gz`))), '')
  return q => {
    const query = searcher.parse(text(q), { today: Date.UTC(2026, 0, 1) / 864e5, south: false })
    const found = searcher.search(query, { size: shown, sort: q.words ? '' : 'date', facetValues: q.facets ? facetSize : 0 })
    return { total: found.total, facets: found.facets.map(f => f.values[0]?.count ?? 0) }
  }
})))

// text is what a visitor would type: shoebox.go writes the same.
function text(q) {
  return [q.words?.join(' '), q.label && `label:"${q.label}"`, q.person && `person:"${q.person}"`, q.year && `taken:${q.year}`].filter(Boolean).join(' ')
}
