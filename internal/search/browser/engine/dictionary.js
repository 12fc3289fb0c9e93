// Names found in a run of words, as dictionary.go has it. A dictionary has lookup(spelling), which returns a name, { kind, text },
// or undefined.
import { fields, fold, spelling, splitWords } from "./fold.js";
import { plain, writable } from "./query.js";
import { isDash, newToken } from "./token.js";

/** The most words of a name that are found without a key. */
export const maxNameWords = 6;

const negations = new Set("not no without except".split(" "));
const stopWords = new Set(`a an the of in on at from by to for with and but either both during is are was were i we me us my our all any some
  every that where when which show find give get see please photo photos picture pictures pic pics image images taken made shot
  shots showing featuring`.split(/\s+/));

/** Whether a word negates what comes after it. */
export const isNegation = (lower) => negations.has(lower);

/** Whether a word says nothing about a photo. */
export const isStopWord = (lower) => stopWords.has(lower);

const little = (lower) => lower === "or" || isNegation(lower) || isStopWord(lower);

/** Finds names in a run of words. */
export class Finder {
  constructor(names, calendar, run) {
    Object.assign(this, { names, calendar, run });
    this.spellings = names ? run.map((t) => splitWords(t.lower).join(" ")) : [];
  }

  /** The longest name that starts at word i, as [clause, how many words it has]; of 0 words when there is none. */
  find(i) {
    const { run } = this;
    if (!this.names || run[i].text === "") return [null, 0];
    let end = i + 1;
    while (end < run.length && end - i < maxNameWords && !run[end - 1].comma && !run[end].not && !isDash(run[end])) end++;
    for (; end > i; end--) {
      const last = run[end - 1].lower;
      if (last === "" || end === i + 1 && little(last)) continue;
      const text = this.spellings.slice(i, end).filter(Boolean).join(" ");
      const name = this.lookup(text, last.endsWith("'s"));
      if (name && writable(name.text)) return [this.#clause(name, i, end), end - i];
    }
    return [null, 0];
  }

  /** The name of a spelling, of its singular, or of another word for it. The spelling of "Tom's" is "tom s". */
  lookup(text, possessive) {
    const name = this.names.lookup(text);
    if (name) return name;
    if (possessive && text.endsWith(" s")) return this.names.lookup(text.slice(0, -2));
    for (const other of variants(text)) {
      const name = this.names.lookup(other);
      if (name?.kind === "label") return name;
    }
    return undefined;
  }

  /** The clause of a name. It has the words as they were typed, if that makes no difference. */
  #clause(name, i, end) {
    const words = this.run.slice(i, end).map((t) => t.text).filter(Boolean);
    const c = { kind: name.kind, text: words.join(" "), loose: true };
    if (fold(c.text) !== fold(name.text)) c.text = name.text;
    // What would not be read again as the same name without its key gets one.
    const parts = fields(c.text);
    if (parts.some((word) => !plain(word) && word !== "&" && word !== "+")) c.loose = false;
    if (c.loose && (c.text === name.text || words.length < end - i)) {
      const tokens = parts.map((word) => newToken(word, false));
      const again = this.lookup(spelling(c.text), false), period = this.calendar.read(tokens, false);
      c.loose = again?.kind === name.kind && again.text === name.text && parts.length <= maxNameWords &&
        (period.n < parts.length || period.weak) && (parts.length > 1 || !little(tokens[0].lower));
    }
    return c;
  }
}

/** Other words for the same: singulars of the last word, and synonyms. */
export function variants(text) {
  const i = text.lastIndexOf(" "), head = text.slice(0, i + 1), last = text.slice(i + 1);
  const all = singulars(last);
  if (head) return all.map((word) => head + word);
  const more = [...all, ...synonyms(last)];
  return [...more, ...more.flatMap(synonyms)];
}

const irregular = Object.assign(Object.create(null), { men: "man", women: "woman", mice: "mouse", geese: "goose", feet: "foot", teeth: "tooth" });

/** What a word may be the plural of. */
function singulars(word) {
  if (irregular[word]) return [irregular[word]];
  if (!word.endsWith("s")) return [];
  const stem = word.slice(0, -1);
  if (new TextEncoder().encode(stem).length < 2 || stem.endsWith("s") || stem.endsWith("u")) return [];
  if (stem.endsWith("ie") && stem.length > 3) return [`${stem.slice(0, -2)}y`, stem]; // ponies, movies
  if (stem.endsWith("ve")) return [`${stem.slice(0, -2)}f`, `${stem.slice(0, -2)}fe`, stem]; // wolves, knives, olives
  if (stem.endsWith("e")) return [stem.slice(0, -1), stem]; // boxes, horses
  return [stem];
}

// Words that recognizers and people choose differently. Some are only asked for: nothing is named "hounds" here.
const groups = ["child children kid kids", "sea ocean", "bike bicycle", "person people human", "car automobile",
  "plane airplane aeroplane aircraft", "baby infant", "dog hound puppy", "cat kitten", "woods forest", "motorbike motorcycle",
  "phone telephone", "tv television", "autumn fall", "ship vessel"].map((group) => group.split(" "));

/** Other words for a word. */
export const synonyms = (word) => (groups.find((group) => group.includes(word)) ?? []).filter((other) => other !== word);
