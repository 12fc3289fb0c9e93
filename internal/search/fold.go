package search

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// letters spells the letters that Unicode does not decompose as people without them on their keyboard do.
var letters = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "đ", "d", "ð", "d", "ł", "l", "þ", "th", "ı", "i", "ħ", "h", "’", "'")

// Fold returns what all spellings of a name have in common, by which a search takes them for one: it has lower case, no accents
// and one space between words. Of a very long name it is the beginning.
func Fold(name string) string { return term(name) }

// fold makes texts that a visitor takes for the same the same: lower case, no accents, compatibility forms as plain ones,
// one space between words. Only the combining marks of European scripts are dropped: in others they tell words apart.
func fold(s string) string {
	if folded(s) {
		return s
	}
	if ascii(s) {
		return strings.Join(strings.Fields(strings.ToLower(s)), " ")
	}
	s = strings.Map(func(r rune) rune {
		if r >= 0x0300 && r <= 0x036f {
			return -1
		}
		return r
	}, norm.NFKD.String(strings.ToLower(s)))
	s = norm.NFC.String(letters.Replace(strings.ToLower(s)))
	return strings.Join(strings.Fields(s), " ")
}

// folded reports, of ASCII, whether [fold] would change nothing.
func folded(s string) bool {
	last := byte(' ')
	for i := range len(s) {
		c := s[i]
		if c <= ' ' && (c != ' ' || last == ' ') || c >= 0x7f || c >= 'A' && c <= 'Z' {
			return false
		}
		last = c
	}
	return s == "" || last != ' '
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// splitWords cuts a text at everything but letters, digits and marks.
func splitWords(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !searchable(r) && !unicode.IsMark(r) })
}

// textWords readies a text for the index's tokenizer, or for a question to it: that does not cut at these, and nobody knows
// whether a file name was typed with them.
func textWords(s string) string {
	if !strings.ContainsAny(s, "_.") {
		return s
	}
	return strings.NewReplacer("_", " ", ".", " ").Replace(s)
}

// nameWords makes words of a file or folder name: "IMG_2023-sunsetBeach.jpg" is "IMG 2023 sunset Beach sunsetBeach jpg", so that
// both the name as written and its parts are found.
func nameWords(name string) string {
	var words []string
	for _, word := range splitWords(name) {
		parts := splitCase(word)
		words = append(words, parts...)
		if len(parts) > 1 {
			words = append(words, word)
		}
	}
	return strings.Join(words, " ")
}

// splitCase cuts a word where a lower case letter meets an upper case one, or a letter a digit.
func splitCase(word string) []string {
	var parts []string
	start := 0
	var last rune
	for i, r := range word {
		if i > 0 && (unicode.IsLower(last) && unicode.IsUpper(r) || unicode.IsLetter(last) != unicode.IsLetter(r) && !unicode.IsMark(r)) {
			parts = append(parts, word[start:i])
			start = i
		}
		last = r
	}
	return append(parts, word[start:])
}
