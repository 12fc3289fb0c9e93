// Answers questions about the shards in a folder: what package search's tests compare with its own answers.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { chip, explain } from "../engine/query.js";
import { parse } from "../engine/parse.js";
import { Pages, readRequest } from "../engine/page.js";
import { Searcher } from "../engine/search.js";
import { decode, readGallery } from "../engine/shards.js";

const dir = process.argv[2], { today, index, questions, names } = JSON.parse(await text(process.stdin));
const gallery = await readGallery(index, (name) => readFile(join(dir, `${name}.json.gz`)));
const fixed = new Map(Object.entries(names).map(([spelling, [kind, text]]) => [spelling, { kind, text }]));
const searchers = new Map();
const pages = index.page && new Pages(await decode(await readFile(join(dir, `${index.page}.json.gz`))),
  { path: "-/search", address: "search", now: () => new Date(today * 86_400_000) });

function answer({ text, scope = "", date = false, names = false }) {
  if (!searchers.has(scope)) searchers.set(scope, new Searcher(gallery, scope));
  const searcher = searchers.get(scope);
  const q = names ? parse(text, { today, names: { lookup: (s) => fixed.get(s) } }) : searcher.parse(text, { today, south: false });
  const bounds = q.clauses.flatMap((c) => c.any ?? [c]).map((c) => [c.min, c.max, c.near?.latitude, c.near?.longitude, c.near?.radius]
    .map((n) => n === undefined || !Number.isFinite(n) ? String(n ?? 0) : String(n)));
  const said = { parse: [q.clauses.map(explain).join("; "), ...q.notes].join(" ! "), text: q.toString(), chips: q.clauses.map(chip),
    without: q.clauses.map((_, i) => q.without(i)), bounds, total: 0, hits: [], notes: [], facets: [] };
  if (names) return said;
  const found = searcher.search(q, { size: 1000, sort: date ? "date" : "", facetValues: 40 });
  return { ...said, total: found.total, hits: found.documents.map((d) => gallery.path(d)), notes: found.notes,
    facets: found.facets.map(({ kind, values, others }) => ({ kind, others,
      values: values.map(({ text, title, count }) => `${text}|${title}|${count}|${q.with({ kind, text })}`) })) };
}

/** The page of a search, as the search function would send it. */
const page = ({ text }) => pages.answer(readRequest(new URLSearchParams(text)), gallery).html;

process.stdout.write(JSON.stringify(questions.map((question) => pages ? page(question) : answer(question))));
