// M. F. Porter's stemmer ("An algorithm for suffix stripping", 1980), with the two departures of his own programs ("bli", "logi")
// and, as Bleve's, without a suffix that is the whole word.

const isVowel = (s, i) => "aeiou".includes(s[i]) || s[i] === "y" && i > 0 && !isVowel(s, i - 1);

/** How often vowels are followed by consonants. */
function measure(s) {
  let n = 0, before = false;
  for (let i = 0; i < s.length; i++) {
    const vowel = isVowel(s, i);
    if (before && !vowel) n++;
    before = vowel;
  }
  return n;
}

const hasVowel = (s) => s.some((_, i) => isVowel(s, i));

const doubled = (s) => s.length > 1 && s.at(-1) === s.at(-2) && !isVowel(s, s.length - 1);

const short = (s) => s.length > 2 && !isVowel(s, s.length - 3) && isVowel(s, s.length - 2) && !isVowel(s, s.length - 1) &&
  !"wxy".includes(s.at(-1));

const ends = (s, suffix) => s.length > suffix.length && [...suffix].every((c, i) => s[s.length - suffix.length + i] === c);

const replace = (s, length, by) => [...s.slice(0, s.length - length), ...by];

// In the order in which they are tried: of two that fit, the first.
const step2 = [["ational", "ate"], ["tional", "tion"], ["enci", "ence"], ["anci", "ance"], ["izer", "ize"], ["bli", "ble"], ["alli", "al"],
  ["entli", "ent"], ["eli", "e"], ["ousli", "ous"], ["ization", "ize"], ["ation", "ate"], ["ator", "ate"], ["alism", "al"],
  ["iveness", "ive"], ["fulness", "ful"], ["ousness", "ous"], ["aliti", "al"], ["iviti", "ive"], ["biliti", "ble"], ["logi", "log"]];
const step3 = [["icate", "ic"], ["ative", ""], ["alize", "al"], ["iciti", "ic"], ["ical", "ic"], ["ful", ""], ["ness", ""]];
const step4 = ["al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate", "iti", "ous",
  "ive", "ize"];

function suffixes(s, table) {
  const found = table.find(([suffix]) => ends(s, suffix));
  if (!found || measure(s.slice(0, s.length - found[0].length)) === 0) return s;
  return replace(s, found[0].length, found[1]);
}

/** The stem of a word in lower case. */
export function stem(word) {
  if (!/^[a-z]+$/.test(word.slice(-1)) || word.length <= 2) return word; // no suffix, and nothing else would change
  let s = [...word];
  if (s.length <= 2) return word;
  if (ends(s, "sses") || ends(s, "ies")) s = s.slice(0, -2);
  else if (ends(s, "s") && !ends(s, "ss")) s = s.slice(0, -1);
  if (ends(s, "eed")) {
    if (measure(s.slice(0, -3)) > 0) s = s.slice(0, -1);
  } else {
    const suffix = ["ed", "ing"].find((suffix) => ends(s, suffix)), rest = suffix && s.slice(0, -suffix.length);
    if (rest && hasVowel(rest)) {
      if (ends(rest, "at") || ends(rest, "bl") || ends(rest, "iz")) s = [...rest, "e"];
      else if (doubled(rest) && !"lsz".includes(rest.at(-1))) s = rest.slice(0, -1);
      else if (measure(rest) === 1 && short(rest)) s = [...rest, "e"];
      else s = rest;
    }
  }
  if (s.length > 1 && s.at(-1) === "y" && hasVowel(s.slice(0, -1))) s = replace(s, 1, "i");
  s = suffixes(s, step2);
  s = suffixes(s, step3);
  const last = step4.find((suffix) => ends(s, suffix));
  if (last) {
    const rest = s.slice(0, -last.length);
    if (measure(rest) > 1 && (last !== "ion" || "st".includes(rest.at(-1)))) s = rest;
  }
  if (s.at(-1) === "e") {
    const rest = s.slice(0, -1), m = measure(rest);
    if (m > 1 || m === 1 && !short(rest)) s = rest;
  }
  if (s.length > 2 && s.at(-1) === "l" && s.at(-2) === "l" && measure(s.slice(0, -1)) > 1) s = s.slice(0, -1);
  return s.join("");
}
