// Searches of a gallery: what Index.Parse and Index.Search do on a server.
import { fold } from "./fold.js";
import { editsAllowed } from "./distance.js";
import { facets } from "./facets.js";
import { isOptional, Matcher } from "./match.js";
import { Names, readNames } from "./names.js";
import { parse } from "./parse.js";
import { Query } from "./query.js";

const anyNote = "no photo has all of these: showing those with any of the words";

/** Answers queries in one scope: the path of an album, or "". */
export class Searcher {
  constructor(gallery, scope) {
    this.gallery = gallery;
    this.scope = scope;
    this.matcher = new Matcher(gallery, scope);
    gallery.names ??= readNames(gallery);
    this.names = new Names(gallery.names, this.matcher);
  }

  parse(text, { today, south }) {
    return parse(text, { today, south, names: this.names });
  }

  /**
   * Finds what matches a query: { total, documents, facets, notes }. The documents are those from one up to, but not including,
   * another. Sorted by "date" the newest come first. When nothing matches, what is spelled almost alike is looked for, then any of
   * the words: see the notes.
   */
  search(query, { from = 0, size = 0, sort = "", facetValues = 0 } = {}) {
    const options = { from, size, sort, facetValues };
    let found = this.#search(query, options, false), notes = [];
    if (found.total === 0) {
      const [corrected, said] = this.#corrected(query);
      if (said) found = this.#search(corrected, options, false);
      if (found.total === 0 && corrected.clauses.filter(isOptional).length > 1) {
        found = this.#search(corrected, options, true);
        if (found.total > 0) notes = [...said ? [said] : [], anyNote];
      } else if (found.total > 0) {
        notes = [said];
      }
    }
    return { ...found, notes };
  }

  #search(query, { from, size, sort, facetValues }, anyWord) {
    const { gallery, matcher } = this, byDate = sort === "date", scored = query.worded && !byDate;
    const found = matcher.find(query, { scored, anyWord });
    const documents = [];
    for (let d = 0; d < found.has.length; d++) {
      if (found.has[d]) documents.push(d);
    }
    const score = new Float32Array(gallery.documents);
    if (scored) score.set(found.score);
    if (!byDate) {
      for (const path of query.likes) {
        for (const [d, counts] of matcher.like(path)) score[d] += Math.fround(counts) / Math.fround(100);
      }
    }
    const result = { total: documents.length, documents: [], facets: [] };
    if (facetValues > 0) result.facets = facets(gallery, documents, this.scope, facetValues);
    if (size > 0) {
      // The best first, then the newest, what has no date last. Cameras number their files, so the last name is likely the newest.
      const taken = (d) => Number.isNaN(gallery.numbers.taken[d]) ? -Infinity : gallery.numbers.taken[d];
      const { rank } = gallery, compare = (x, y) => x === y ? 0 : y > x ? 1 : -1;
      documents.sort((a, b) => compare(score[a], score[b]) || compare(taken(a), taken(b)) || rank[b] - rank[a]);
      result.documents = documents.slice(from, from + size);
    }
    return result;
  }

  /**
   * The query with each clause that finds nothing by itself replaced by what is spelled almost alike, and what was replaced in
   * words for the visitor, empty when nothing was.
   */
  #corrected(query) {
    const typed = [], shown = [];
    const clauses = query.clauses.map((c) => {
      let kind = c.kind;
      if (c.not) return c;
      if (c.kind === "word" || c.loose) kind = "";
      else if (!["label", "person", "place", "album", "camera"].includes(c.kind)) return c;
      if (this.matcher.finds(c)) return c;
      const name = this.names.nearest(kind, c.text);
      if (name) {
        typed.push(`“${c.text}”`);
        shown.push(`“${name.text}”`);
        return { kind: name.kind, text: name.text, not: false, loose: kind === "" };
      }
      const edits = editsAllowed([...fold(c.text)].length);
      if (kind !== "" || edits === 0) return c;
      const almost = { ...c, edits };
      if (!this.matcher.finds(almost)) return c;
      typed.push(`“${c.text}”`);
      shown.push("words spelled almost like it");
      return almost;
    });
    const said = typed.length > 0 ? `nothing is found for ${typed.join(", ")}: showing ${shown.join(", ")}` : "";
    return [new Query(query.text, clauses, query.notes, query.named), said];
  }
}
