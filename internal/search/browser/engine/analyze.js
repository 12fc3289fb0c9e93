// Texts cut into terms as the index of the search function has them: Unicode's words (UAX #29), without a possessive's end, by
// their stems. Letters that came into Unicode after its version 8 are words here, and none there.
import { stem } from "./stem.js";

const more = "[\\p{Grapheme_Extend}\\p{Mc}\\p{Cf}]*"; // belongs to the letter before it
const kana = `(?:[\\p{sc=Katakana}\\u3031-\\u3035\\u309b\\u309c\\u30a0\\u30fc]${more})`;
// Scripts that are written without spaces have no words here.
const letter = `(?:(?![\\p{Ideographic}\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}\\p{sc=Tai_Le}` +
  `\\p{sc=New_Tai_Lue}\\p{sc=Tai_Tham}\\p{sc=Tai_Viet}\\p{sc=Ahom}\\p{Grapheme_Extend}\\p{Mc}\\u30fc])[\\p{Alphabetic}\\u05f3]${more})`;
const hebrew = `(?:(?=\\p{Alphabetic})\\p{sc=Hebrew}${more})`;
const digit = `(?:[\\p{Nd}\\u066b]${more})`;
const joiner = `(?:\\p{Pc}${more})`;
const inWord = `(?:[:··״˗‧︓﹕：.'‘’＇․﹒．]${more})`;
const inNumber = `(?:[,;;։،؍٬߸⁄︐︔﹐﹔，；.'‘’＇․﹒．]${more})`;

const piece = `(?:${hebrew}(?:'${more}|"${more}${hebrew})|${digit}(?:(?:${joiner}*|${inNumber})${digit})*|${letter}(?:(?:${joiner}*|${inWord})${letter})*)`;
const kanas = `${kana}(?:${joiner}*${kana})*`;
const part = `(?:${kanas}|${piece}+)`;
const word = new RegExp(`${joiner}*${part}(?:${joiner}+${part})*${joiner}*|${joiner}+|[\\p{sc=Han}\\p{sc=Hiragana}]${more}`, "gu");

/** The terms of a folded text, in order. */
export function analyze(text) {
  const words = text.match(word) ?? [];
  return words.map((w) => stem(w.replace(/['’＇]s$/, "")));
}
