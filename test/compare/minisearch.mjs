// The search of MiniSearch, built and asked in a process of its own: node --expose-gc minisearch.mjs build|search FOLDER, where
// photos.ndjson or questions.json lie. It prints JSON as measure.go has it.
import { readFileSync, writeFileSync } from 'node:fs'
import { gunzipSync, gzipSync } from 'node:zlib'
import { join } from 'node:path'
import MiniSearch from 'minisearch'
import { asked, facetSize } from './asked.mjs'

const names = ['labels', 'people', 'places', 'year', 'albums', 'camera', 'type']
const separator = '\u001f' // between the names of a field

const options = {
  idField: 'path',
  fields: ['text', ...names.map(name => '=' + name)], // the latter as whole terms
  storeFields: ['taken', ...names],
  extractField: (photo, field) => field[0] === '=' ? [photo[field.slice(1)]].flat().join(separator) : photo[field],
  tokenize: (text, field) => field?.[0] === '=' ? text.split(separator) : text.split(/[\n\r\p{Z}\p{P}]+/u),
}

const [, , command, folder] = process.argv
const file = join(folder, 'index.json.gz')
console.log(JSON.stringify(command === 'build' ? build() : await search()))

function build() {
  const photos = readFileSync(join(folder, 'photos.ndjson'), 'utf8').trimEnd().split('\n').map(line => JSON.parse(line))
  const start = process.cpuUsage()
  const index = new MiniSearch(options)
  index.addAll(photos)
  const json = JSON.stringify(index)
  const { user, system } = process.cpuUsage(start)
  const packed = gzipSync(json)
  writeFileSync(file, packed)
  return { cpu: (user + system) / 1e6, size: Buffer.byteLength(json), stored: packed.length }
}

function search() {
  const { version } = JSON.parse(readFileSync(new URL('node_modules/minisearch/package.json', import.meta.url), 'utf8'))
  return asked(folder, `MiniSearch ${version}`, () => {
    const index = MiniSearch.loadJSON(gunzipSync(readFileSync(file)).toString(), options)
    return q => ask(index, q)
  })
}

// ask returns how many photos answer a question, and of each facet the count of the first value.
function ask(index, q) {
  const whole = (field, name) => ({ queries: [name], fields: [field], tokenize: s => [s] })
  const parts = []
  if (q.words) parts.push({ queries: q.words, fields: ['text'], combineWith: 'AND', prefix: q.measure === 'prefix', fuzzy: q.measure === 'typo' && 0.2 })
  if (q.label) parts.push(whole('=labels', q.label))
  if (q.person) parts.push(whole('=people', q.person))
  if (q.year) parts.push(whole('=year', q.year))
  const found = index.search({ combineWith: 'AND', queries: parts })
  if (!q.words) found.sort((a, b) => b.taken - a.taken) // all, of which a page shows some
  return { total: found.length, facets: q.facets ? names.map(name => facet(found, name)) : [] }
}

function facet(found, name) {
  const counts = new Map()
  for (const photo of found) {
    for (const value of [photo[name]].flat()) counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  const values = [...counts].sort(name === 'year' ? (a, b) => b[0].localeCompare(a[0]) : (a, b) => b[1] - a[1])
  return values.slice(0, facetSize)[0]?.[1] ?? 0
}
