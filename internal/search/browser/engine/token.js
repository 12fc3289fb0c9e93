// One word of a query, as typed between spaces.
import { fold, trim, trimRight } from "./fold.js";

/**
 * A token: the word as typed (full), without what is no part of a word at its ends (text), that folded (lower), whether a hyphen
 * is before it (not), and whether a name or period ends with it (comma).
 */
export function newToken(full, not) {
  const text = trim(full);
  return { full, text, lower: fold(text), not, comma: /[,;，、]$/u.test(trimRight(full, ".!?)]’'`")) };
}

/** A token that is nothing but a hyphen. */
export const hyphen = { full: "-", text: "", lower: "", not: false, comma: false };

/** Whether a token is a dash alone: as in "2005 - 2010". */
export const isDash = (t) => t.full === "-" || t.full === "–" || t.full === "—";
