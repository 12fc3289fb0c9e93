/**
 * Makes every space and control character a space and every double quote a straight one, and drops what is invalid or only
 * steers the direction of text.
 */
export function clean(text) {
  return text.replace(/[\ufffd\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\p{Cs}]/gu, "")
    .replace(/[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\p{Cc}]/gu, " ")
    .replace(/[“”„«»＂]/g, '"');
}
