// What the items found have, counted, as facets.go does.
import { civil } from "./date.js";
import { lineage } from "./gallery.js";
import { compareText } from "./order.js";

/** The facets of some documents, at most limit values of each: { kind, values: [{ text, title, count }], others }. */
export function facets(gallery, documents, scope, limit) {
  const names = (kind) => nameFacet(gallery, kind, documents, limit);
  return [names("label"), names("person"), names("place"), yearFacet(gallery, documents, limit),
    albumFacet(gallery, documents, scope, limit), names("camera"), names("type")];
}

function top(kind, values, limit, compare) {
  values.sort(compare);
  return { kind, values: values.slice(0, limit), others: Math.max(0, values.length - limit) };
}

const frequent = (a, b) => b.count - a.count || compareText(a.title, b.title) || compareText(a.text, b.text);

/** Names that only differ in how they are written are one, written as it is most often. */
function nameFacet(gallery, kind, documents, limit) {
  const { names, folded } = gallery.facets[kind], counts = gallery.facets[kind].count(documents), written = new Map();
  counts.forEach((count, id) => {
    if (count === 0) return;
    const name = names[id], v = written.get(folded[id]) ?? { text: "", title: "", count: 0, most: 0 };
    if (count > v.most || count === v.most && compareText(name, v.title) < 0) Object.assign(v, { most: count, title: name, text: name });
    v.count += count;
    written.set(folded[id], v);
  });
  return top(kind, [...written.values()].map(({ text, title, count }) => ({ text, title, count })), limit, frequent);
}

function yearFacet(gallery, documents, limit) {
  const counts = new Map();
  for (const d of documents) {
    const taken = gallery.numbers.taken[d];
    if (Number.isNaN(taken)) continue;
    const { year } = civil(Math.floor(taken / 86_400));
    counts.set(year, (counts.get(year) ?? 0) + 1);
  }
  const values = [...counts].map(([year, count]) => ({ text: String(year).padStart(4, "0"), title: String(year), count }));
  return top("taken", values, limit, (a, b) => compareText(b.text, a.text));
}

/** Albums with what is below each. The one searched, and those above it, are left out. */
function albumFacet(gallery, documents, scope, limit) {
  const direct = new Map();
  for (const d of documents) direct.set(gallery.album[d], (direct.get(gallery.album[d]) ?? 0) + 1);
  const counts = new Map();
  for (const [path, count] of direct) {
    for (const p of lineage(path).reverse()) {
      if (p === scope) break;
      counts.set(p, (counts.get(p) ?? 0) + count);
    }
  }
  const values = [...counts].map(([text, count]) => ({ text, count, title: gallery.albums.get(text)?.title || text.slice(text.lastIndexOf("/") + 1) }));
  return top("album", values, limit, frequent);
}
