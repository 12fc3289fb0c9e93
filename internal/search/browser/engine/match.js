// What a query finds, and how well: match.go's questions, answered by the postings of a gallery. Scores are those of the search
// function's index (TF-IDF with the norms of the whole query), computed alike.
import { analyze } from "./analyze.js";
import { civil } from "./date.js";
import { synonyms, variants } from "./dictionary.js";
import { distance } from "./distance.js";
import { fold, splitWords, term, textWords } from "./fold.js";
import { scales } from "./gallery.js";
import { like } from "./like.js";
import { isNumber, isScored, likePath } from "./query.js";

/** Documents: which of them, one byte each, and how well each matches. */
class Found {
  constructor(documents) {
    this.has = new Uint8Array(documents);
    this.score = null; // of a part that has scores: one for each document
  }
}

// The parts of a query. Each has weight(), which its scores are normed by, and run(norm), which finds.

class Set {
  constructor(found) {
    this.found = found;
  }

  weight() {
    return 0; // a set is kept out of the scores
  }

  run() {
    return this.found;
  }
}

class Term {
  constructor(gallery, field, name, boost = 1) {
    Object.assign(this, { gallery, field, name, boost });
    this.documents = [...new globalThis.Set(gallery.postings[field].get(name))];
    this.idf = 1 + Math.log(gallery.documents / (this.documents.length + 1));
  }

  weight() {
    return (this.boost * this.idf) ** 2;
  }

  run(norm) {
    const { gallery } = this, found = new Found(gallery.documents);
    found.score = new Float64Array(gallery.documents);
    const lengths = this.field === "sure" ? gallery.sureLengths : gallery.textLengths;
    const weight = this.boost * this.idf * norm;
    for (const d of this.documents) {
      const often = this.field === "sure" ? 1 : gallery.frequency(d, this.name);
      found.has[d] = 1;
      found.score[d] = Math.sqrt(often) * Math.fround(1 / Math.sqrt(lengths[d])) * this.idf * weight;
    }
    return found;
  }
}

const sum = (parts) => parts.reduce((all, part) => all + part.weight(), 0);

/** All of the parts. */
class And {
  constructor(gallery, parts) {
    Object.assign(this, { gallery, parts });
  }

  weight() {
    return sum(this.parts);
  }

  run(norm) {
    const found = new Found(this.gallery.documents), all = this.parts.map((part) => part.run(norm));
    if (all.length === 0) return found;
    found.score = new Float64Array(found.has.length);
    for (let d = 0; d < found.has.length; d++) {
      if (!all.every((part) => part.has[d])) continue;
      found.has[d] = 1;
      for (const part of all) found.score[d] += part.score?.[d] ?? 0;
    }
    return found;
  }
}

/** Any of the parts: the more of them, the better. */
class Or extends And {
  run(norm) {
    const found = new Found(this.gallery.documents), all = this.parts.map((part) => part.run(norm));
    found.score = new Float64Array(found.has.length);
    for (let d = 0; d < found.has.length; d++) {
      let n = 0, score = 0;
      for (const part of all) {
        if (!part.has[d]) continue;
        n++;
        score += part.score?.[d] ?? 0;
      }
      if (n === 0) continue;
      found.has[d] = 1;
      found.score[d] = score * (n / all.length);
    }
    return found;
  }
}

/** Words in a row. */
class Row extends And {
  constructor(gallery, ids) {
    super(gallery, ids.map((id) => new Term(gallery, "text", id)));
    this.ids = ids;
  }

  run(norm) {
    const found = super.run(norm);
    for (let d = 0; d < found.has.length; d++) {
      if (found.has[d] && !this.gallery.inARow(d, this.ids)) found.has[d] = 0;
    }
    return found;
  }
}

/** Makes the parts of queries in a scope. */
export class Matcher {
  constructor(gallery, scope) {
    Object.assign(this, { gallery, scope });
    this.inScope = this.where((d) => {
      const album = gallery.album[d];
      return scope === "" || album === scope || album.startsWith(`${scope}/`);
    });
    this.likes = new Map();
  }

  /** The documents that have what is asked. */
  where(has) {
    const found = new Found(this.gallery.documents);
    for (let d = 0; d < found.has.length; d++) found.has[d] = has(d) ? 1 : 0;
    return new Set(found);
  }

  /** The documents with a term of a field. */
  terms(field, ...names) {
    const found = new Found(this.gallery.documents);
    for (const name of names) {
      for (const d of this.gallery.postings[field].get(name)) found.has[d] = 1;
    }
    return new Set(found);
  }

  quiet(part) {
    return new Set({ has: part.run(1).has, score: null });
  }

  allOf(parts) {
    return this.quiet(new And(this.gallery, parts));
  }

  except(parts) {
    const all = parts.map((part) => part.run(1).has);
    return this.where((d) => !all.some((has) => has[d]));
  }

  any(parts) {
    return new Or(this.gallery, parts);
  }

  /** The text's term of that name; one that no text has finds nothing. */
  text(name, boost) {
    return new Term(this.gallery, "text", this.gallery.token(name), boost);
  }

  /**
   * What a query finds: what is in the scope, and all that the clauses ask for; of what is optional any is enough, if so.
   */
  find(query, { scored, anyWord }) {
    const filters = [this.inScope], words = [], either = [], not = [];
    for (const c of query.clauses) {
      if (c.not) not.push(this.clause(c));
      else if (anyWord && isOptional(c)) either.push(this.clause(c));
      else if (isScored(c)) words.push(this.clause(c));
      else filters.push(this.clause(c));
    }
    if (not.length) filters.push(this.except(not));
    if (either.length) words.push(this.any(either));
    if (!scored) return this.allOf([...filters, ...words]).run(1);
    const all = new And(this.gallery, [this.allOf(filters), ...words]);
    return all.run(1 / Math.sqrt(all.weight()));
  }

  /** Whether a clause, by itself, finds anything in the scope. */
  finds(c) {
    return this.allOf([this.inScope, this.clause(c)]).run(1).has.includes(1);
  }

  clause(c) {
    return c.loose ? this.words(c) : this.strict(c);
  }

  /** Finds the clause's words, in a row. */
  words(c) {
    return splitWords(c.text).length > 1 ? this.phrase(c.text) : this.word(c.text, c.edits ?? 0);
  }

  /** Finds what the clause says and nothing else. */
  strict(c) {
    const name = term(c.text);
    if (isNumber(c.kind)) return this.number(c.kind, c.min, c.max);
    switch (c.kind) {
      case "any": {
        const scored = isScored(c);
        return this.any(c.any.map((alternative) => {
          let part = this.clause(alternative);
          if (alternative.not) part = this.except([part]);
          return scored && (alternative.not || !isScored(alternative)) ? this.quiet(part) : part;
        }));
      }
      case "phrase": return this.phrase(c.text);
      case "title": return this.oneText(0, c.text);
      case "caption": return this.oneText(1, c.text);
      case "file": return this.oneText(2, c.text);
      case "like": {
        const found = this.like(likePath(c));
        return this.where((d) => found.has(d));
      }
      case "label": return this.terms("label", name, ...variants(name));
      case "person": case "place":
        return this.quiet(this.any([this.terms(c.kind, name), this.terms("part", `${c.kind}:${name}`)]));
      case "album": return this.terms("part", `album:${name.replace(/^\/+/, "").replace(/\/+$/, "")}`);
      case "camera": case "lens": case "creator": return this.parts(c.kind, name);
      case "type": return this.terms("type", typeTerm(c.text));
      case "has": return this.terms("part", `has:${c.text}`);
      case "is":
        if (c.text === "rated") return this.number("rating", 1, Infinity);
        if (c.text === "rejected") return this.number("rating", -1, -1);
        return this.terms("part", `is:${c.text}`);
      case "near": return this.near(c.near);
      case "day": {
        const { month, day } = civil(c.spans[0].from), { taken } = this.gallery.numbers;
        return this.where((d) => {
          if (Number.isNaN(taken[d])) return false;
          const of = civil(Math.floor(taken[d] / 86_400));
          return of.month === month && of.day === day;
        });
      }
      case "taken": {
        const { taken } = this.gallery.numbers;
        return this.where((d) => {
          const day = Math.floor(taken[d] / 86_400);
          return c.spans.some(({ from, to }) => !Number.isNaN(day) && (from === null || day >= from) && (to === null || day < to));
        });
      }
    }
    return this.word(c.text, c.edits ?? 0);
  }

  /**
   * Finds a word in the text, or another word for it; with edits, one that differs in so many letters. As a label that is sure, it
   * counts more.
   */
  word(text, edits) {
    const folded = fold(text), sure = (name) => new Term(this.gallery, "sure", name, 2);
    return this.any([this.match(folded, edits), sure(folded), this.parts("place", folded), ...variants(folded).map(sure),
      ...synonyms(folded).map((other) => this.match(other, 0))]);
  }

  match(folded, edits) {
    const words = analyze(textWords(folded));
    return new And(this.gallery, words.map((word) => edits > 0 ? this.almost(word, edits) : this.text(word)));
  }

  /** Finds terms that differ from one in so many letters; those that differ less count more. */
  almost(word, edits) {
    const letters = [...word], candidates = [];
    for (const [name, id] of this.gallery.tokenIDs) {
      const n = distance(letters, [...name], edits);
      if (n <= edits) candidates.push(new Term(this.gallery, "text", id, 1 / (n + 1)));
    }
    return candidates.length === 0 ? this.text(word) : this.any(candidates);
  }

  /** Finds words in a row in the text, and the place of that name. */
  phrase(text) {
    const ids = analyze(textWords(fold(text))).map((word) => this.gallery.token(word));
    return this.any([new Row(this.gallery, ids), this.terms("place", term(text))]);
  }

  /** Finds words in one of the first texts: in a row, but those of a file name in any order. */
  oneText(which, text) {
    const folded = fold(text), asked = [folded, ...which === 2 ? [] : synonyms(folded)]
      .map((s) => analyze(textWords(s)).map((word) => this.gallery.token(word))).filter((ids) => ids.length > 0);
    return this.where((d) => asked.some((ids) => {
      const tokens = this.gallery.textOf(d, which);
      if (which === 2) return ids.every((id) => tokens.includes(id));
      return tokens.some((_, i) => ids.every((id, n) => tokens[i + n] === id));
    }));
  }

  /** Finds what has each word of a name under a key. */
  parts(key, name) {
    return this.allOf(splitWords(name).map((word) => this.terms("part", `${key}:${word}`)));
  }

  /** Finds the numbers from lo to hi, both included. What has no number is not found. */
  number(kind, lo, hi) {
    const numbers = this.gallery.numbers[kind], least = stored(kind, lo, 1), most = stored(kind, hi, -1);
    return this.where((d) => numbers[d] >= least && numbers[d] <= most);
  }

  /** Finds what was taken within a circle. */
  near({ latitude, longitude, radius }) {
    const radians = Math.PI / 180, { latitude: latitudes, longitude: longitudes } = this.gallery.numbers, scale = scales.latitude;
    // What is further north or south than the radius needs no trigonometry. The earth is not quite round: some room is left.
    const band = radius / earth * 180 / Math.PI + 0.001, most = Math.sin(Math.min(radius / earth, Math.PI) / 2);
    return this.where((d) => {
      const lat = latitudes[d] / scale, lon = longitudes[d] / scale;
      if (Number.isNaN(lat) || Number.isNaN(lon) || Math.abs(lat - latitude) > band) return false;
      // Half the chord, squared: the haversine.
      const s = Math.sin((lat - latitude) * radians / 2), t = Math.sin((lon - longitude) * radians / 2);
      return s * s + Math.cos(latitude * radians) * Math.cos(lat * radians) * t * t <= most * most;
    });
  }

  /** What is like the item of a path: how much, by document. */
  like(path) {
    if (!this.likes.has(path)) this.likes.set(path, like(this.gallery, this.inScope.run().has, path));
    return this.likes.get(path);
  }
}

/** The mean radius of the earth, in metres. */
const earth = 6_371_009;

/** Whether a clause may be missing when there are others like it: it came without a key or quotes. */
export function isOptional(c) {
  const bare = (c) => !c.not && (c.kind === "word" || Boolean(c.loose));
  return c.kind === "any" ? c.any.every(bare) : bare(c);
}

/**
 * A bound as numbers are stored: inward is 1 of a lower bound, -1 of an upper one. One that is a whole number but for what binary
 * can't hold is that, or the next: above 4 is 5.
 */
function stored(kind, bound, inward) {
  const scale = scales[kind] ?? 1, x = bound * scale;
  if (Number.isNaN(x)) return Infinity;
  if (!Number.isFinite(x)) return x;
  const whole = roundAway(x);
  if (Math.abs(x - whole) <= 1e-9 * Math.abs(x)) return (bound - whole / scale) * inward > 0 ? whole + inward : whole;
  if (kind === "shutter") inward = -inward; // 1/3 is no decimal: it was rounded when it was stored
  return inward > 0 ? Math.ceil(x) : Math.floor(x);
}

/** Rounds halves away from zero, as Go does. */
const roundAway = (x) => Math.sign(x) * Math.round(Math.abs(x));

// What else files are called than "type:" does.
const types = new Map(Object.entries({ photos: "photo", image: "photo", images: "photo", picture: "photo", pictures: "photo", videos: "video",
  movie: "video", movies: "video", files: "file", document: "file", documents: "file", screenshots: "screenshot", animation: "animated",
  animations: "animated" }));

/** The term that a value of "type:" asks for. */
function typeTerm(value) {
  const s = term(value);
  return types.get(s) ?? s;
}
