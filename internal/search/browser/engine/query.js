// Queries and their clauses, as query.go has them: package search is the specification of the language.
//
// A clause is { kind, text } with, by its kind: not (it must not hold), loose (a name that came without a key: its words in a
// row will do too), spans (of days), min and max, near, any (the alternatives), edits (how many letters of a word may differ).
import { formatRange, spanText } from "./date.js";
import { bytes, fields, searchable, trim } from "./fold.js";
import { calendarWord } from "./period.js";
import { clean } from "./clean.js";

/** The bounds of a query: bytes, clauses, and how many items it may ask to be like. What goes beyond is dropped, with a note. */
export const maxQuery = 500, maxClauses = 32, maxLikes = 4;

const keys = Object.assign(Object.create(null), {
  label: "label", labels: "label", tag: "label", tags: "label", keyword: "label", keywords: "label",
  person: "person", people: "person", persons: "person", who: "person",
  place: "place", city: "place", country: "place", location: "place", where: "place",
  album: "album", folder: "album",
  creator: "creator", by: "creator", photographer: "creator", author: "creator",
  file: "file", filename: "file", name: "file",
  type: "type", kind: "type",
  taken: "taken", date: "taken", year: "taken", when: "taken",
  rating: "rating", stars: "rating",
  aperture: "aperture", f: "aperture", fnumber: "aperture",
  focal: "focal", mm: "focal",
  shutter: "shutter", exposure: "shutter",
  duration: "duration", length: "duration",
  like: "like", similar: "like",
});
for (const key of "camera lens title caption day iso width height size altitude near has is".split(" ")) keys[key] = key;

/** The kind that a key names; undefined for an unknown key. */
export const kindOf = (key) => keys[key.toLowerCase()];

const numbers = new Set("rating iso aperture focal shutter width height size duration altitude".split(" "));

/** Whether the values of a kind are numbers. */
export const isNumber = (kind) => numbers.has(kind);

/** Whether the values of a kind are of a form that never needs quotes, unless it has spaces. */
const precise = (kind) => ["taken", "day", "near", "has", "is"].includes(kind) || isNumber(kind);

/** Whether a text needs no quotes as a value: it has only letters, digits, marks and, within, a few others. */
export function plain(text, more = "") {
  return text !== "" && trim(text) === text && [...text].every((c) => /[\p{L}\p{N}\p{M}._'-]/u.test(c) || more.includes(c));
}

/** Whether a name can be written in a query. */
export const writable = (name) => !name.includes('"') && fields(clean(name)).join(" ") === name && bytes(name) <= maxQuery / 2;

/** Whether a clause is written without a key or quotes. */
export const isBare = (c) => c.kind === "word" || Boolean(c.loose);

function form(c, or = " or ") {
  const not = c.not ? "-" : "";
  if (c.kind === "any") return c.any.map((c) => form(c, or)).join(or);
  if (c.kind === "phrase") return `${not}"${c.text}"`;
  if (isBare(c)) return not + c.text;
  if (c.text.includes(" ") || !plain(c.text, "/") && !precise(c.kind)) return `${not}${c.kind}:"${c.text}"`;
  return `${not}${c.kind}:${c.text}`;
}

/** A clause in the query language. */
export const clauseText = (c) => form(c);

const monthNames = "January February March April May June July August September October November December".split(" ");

/** A clause as shown to a visitor: "person: Natalie", "not beach", "taken: last summer (2026-06..2026-08)". */
export function chip(c) {
  let text = c.text;
  switch (c.kind) {
    case "word": break;
    case "any": return c.any.map(chip).join(" or ");
    case "phrase":
      text = `“${text}”`;
      break;
    case "taken": {
      const days = c.spans.length > 3 ? "" : c.spans.map(formatRange).join(", ");
      text = `taken: ${text}${days && days !== c.text ? ` (${days})` : ""}`;
      break;
    }
    case "like":
      text = `like ${likePath(c).split("/").at(-1)}`;
      break;
    case "day": {
      const [month, day] = spanText(c.spans[0]).slice(5).split("-").map(Number);
      text = `taken: ${day} ${monthNames[month - 1]} of any year`;
      break;
    }
    default: text = `${c.kind}: ${text}`;
  }
  return c.not ? `not ${text}` : text;
}

/**
 * How a clause was understood: in the query language, with "~" in place of the colon where the words of a name will do too, and
 * with the days that a period spans.
 */
export function explain(c) {
  if (c.kind === "any") return c.any.map(explain).join(" or ");
  if (c.loose) return form({ ...c, loose: false }).replace(":", "~");
  return form(c) + (c.kind === "taken" ? ` [${c.spans.map(spanText).join(" ")}]` : "");
}

/** A parsed search: its text as typed, its clauses, its notes, and whether names of a gallery were looked for. */
export class Query {
  constructor(text, clauses, notes, named) {
    Object.assign(this, { text, clauses, notes, named });
  }

  /**
   * The query in canonical form; parsing it again gives the same clauses. A comma is between words that would otherwise be read
   * as one name or period.
   */
  toString() {
    let text = "";
    this.clauses.forEach((c, i) => {
      if (i > 0) text += this.#separator(this.clauses[i - 1], c);
      text += form(c, c.kind === "any" && this.named ? ", or " : " or ");
    });
    return text;
  }

  #separator(a, b) {
    if (a.kind === "any") a = a.any.at(-1);
    if (b.kind === "any") b = b.any[0];
    return isBare(a) && isBare(b) && !b.not && (this.named || calendarWord(a.text) && calendarWord(b.text)) ? ", " : " ";
  }

  /** The canonical text without the i-th clause. */
  without(i) {
    return new Query("", this.clauses.filter((_, j) => j !== i), [], this.named).toString();
  }

  /** The canonical text with one more clause; empty when that can't be asked for. */
  with(c) {
    if (!writable(c.text) || !searchable(c.text) || this.clauses.length >= maxClauses) return "";
    const text = new Query("", [...this.clauses, c], [], this.named).toString();
    return bytes(text) > maxQuery ? "" : text;
  }

  /** Whether some results can match better than others. Of a person, place, album or camera none does. */
  get ranked() {
    return this.worded || this.likes.length > 0;
  }

  /** The paths of the items that the query asks to be like, each once. */
  get likes() {
    const paths = this.clauses.flatMap((c) => c.kind === "any" ? c.any : [c]).filter((c) => c.kind === "like" && !c.not).map(likePath);
    return [...new Set(paths)];
  }

  /** Whether words make the difference. */
  get worded() {
    return this.clauses.some((c) => !c.not && isScored(c) && (!c.loose || c.kind === "label"));
  }
}

/** The path of the item that a "like" clause is about. What can't be typed is written as in an address: "%22". */
export function likePath(c) {
  const path = c.text.replace(/^\//, "");
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Whether some items match a clause better than others: it asks for words. */
export function isScored(c) {
  switch (c.kind) {
    case "word": case "phrase": return true;
    case "any": return c.any.some((c) => !c.not && isScored(c));
  }
  return Boolean(c.loose);
}
