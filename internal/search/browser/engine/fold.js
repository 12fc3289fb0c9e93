// Texts made comparable, as fold.go has it.

const encoder = new TextEncoder();

/** The length of a text in bytes of UTF-8, by which all bounds go. */
export const bytes = (s) => encoder.encode(s).length;

/** The start of a text, of at most so many bytes; what is cut in two is left out. */
export function within(s, limit) {
  if (3 * s.length <= limit) return s;
  const all = encoder.encode(s);
  if (all.length <= limit) return s;
  while (limit > 0 && (all[limit] & 0xc0) === 0x80) limit--;
  return new TextDecoder().decode(all.subarray(0, limit));
}

/** What ends a word, as Go's unicode.IsSpace has it: with NEL, without the byte order mark. */
const space = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

/** The parts of a text between spaces. */
export const fields = (s) => s.split(space).filter(Boolean);

// The letters that Unicode does not decompose, spelled as people without them on their keyboard do.
const letters = { ß: "ss", æ: "ae", œ: "oe", ø: "o", đ: "d", ð: "d", ł: "l", þ: "th", ı: "i", ħ: "h", "’": "'" };

// Letter by letter: a language's own rules, such as that of the last sigma of a word, would tell the same words apart.
const lower = (s) => s.replace(/\P{Ll}/gu, (c) => c.toLowerCase());

/**
 * Makes texts that a visitor takes for the same the same: lower case, no accents, compatibility forms as plain ones, one space
 * between words. Only the combining marks of European scripts are dropped: in others they tell words apart.
 */
export function fold(s) {
  if (/^[\x00-\x7f]*$/.test(s)) return fields(s.toLowerCase()).join(" ");
  s = lower(lower(s).normalize("NFKD").replace(/[\u0300-\u036f]/g, ""));
  return fields(s.replace(/[ßæœøđðłþıħ’]/g, (c) => letters[c]).normalize("NFC")).join(" ");
}

/** Whether a text has a letter or digit. */
export const searchable = (s) => /[\p{L}\p{N}]/u.test(s);

/** Cuts a text at everything but letters, digits and marks. */
export const splitWords = (s) => s.match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];

/** Cuts what is no part of a word from both ends. */
export const trim = (s) => s.replace(/^[^\p{L}\p{N}\p{M}]+/u, "").replace(/[^\p{L}\p{N}\p{M}]+$/u, "");

/** Cuts all of some characters from the end. */
export function trimRight(s, set) {
  let end = s.length;
  while (end > 0 && set.includes(s[end - 1])) end--;
  return s.slice(0, end);
}

/** The form of a name that dictionaries go by. */
export const spelling = (name) => splitWords(fold(name)).join(" ");

/** Readies a text for the tokenizer, which does not cut at these. */
export const textWords = (s) => s.replace(/[_.]/g, " ");

/** The longest name that is searched for, in bytes. */
const maxName = 256;

/** A name as it is compared: folded, within bounds. */
export const term = (s) => fold(within(s, maxName));

/** A name as a facet shows it. */
export const column = (s) => fields(within(s, maxName)).join(" ");

/**
 * Words of a file or folder name: "IMG_2023-sunsetBeach.jpg" is "IMG 2023 sunset Beach sunsetBeach jpg", so that both the name
 * as written and its parts are found.
 */
export function nameWords(name) {
  const words = [];
  for (const word of splitWords(name)) {
    const parts = splitCase(word);
    words.push(...parts);
    if (parts.length > 1) words.push(word);
  }
  return words.join(" ");
}

/** Cuts a word where a lower case letter meets an upper case one, or a letter a digit. */
function splitCase(word) {
  const parts = [];
  let start = 0, at = 0, last = "";
  for (const c of word) {
    const letter = /\p{L}/u.test(c);
    if (at > 0 && (/\p{Ll}/u.test(last) && /\p{Lu}/u.test(c) || /\p{L}/u.test(last) !== letter && !/\p{M}/u.test(c))) {
      parts.push(word.slice(start, at));
      start = at;
    }
    last = c;
    at += c.length;
  }
  parts.push(word.slice(start));
  return parts;
}
