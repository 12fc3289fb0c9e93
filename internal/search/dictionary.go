package search

import (
	"slices"
	"strings"
)

// A Dictionary knows the names of a gallery.
type Dictionary interface {
	// Lookup returns the name that is spelled like this: in lower case, without accents, letters and digits alone, with one
	// space between words. It is called for every few words of a query, so it must be fast.
	Lookup(spelling string) (Name, bool)
}

// A Name is what a gallery calls a person, place, camera, album or label.
type Name struct {
	Kind Kind
	Text string // as the [Clause] is to have it
}

// maxNameWords is the most words of a name that are found without a key.
const maxNameWords = 6

// spelling is the form of a name that dictionaries go by.
func spelling(name string) string { return strings.Join(splitWords(fold(name)), " ") }

// A finder finds names in a run of words.
type finder struct {
	names        Dictionary
	calendar     calendar
	run          []token
	joined       string // the spellings of all words, with a space between two
	starts, ends []int  // of each word in joined
}

func (p *parser) newFinder(run []token) finder {
	f := finder{names: p.names, calendar: p.calendar, run: run}
	if p.names == nil || len(run) == 0 {
		return f
	}
	var b strings.Builder
	places := make([]int, 2*len(run))
	f.starts, f.ends = places[:0:len(run)], places[len(run):len(run)]
	for _, t := range run {
		if b.Len() > 0 && t.lower != "" {
			b.WriteByte(' ')
		}
		f.starts = append(f.starts, b.Len())
		if plain(t.lower, "") && !strings.ContainsAny(t.lower, "._'-") {
			b.WriteString(t.lower)
		} else {
			b.WriteString(strings.Join(splitWords(t.lower), " "))
		}
		f.ends = append(f.ends, b.Len())
	}
	f.joined = b.String()
	return f
}

// find returns the longest name that starts at word i, and how many words it has; n is 0 when there is none.
func (f finder) find(i int) (c Clause, n int) {
	if f.names == nil || f.run[i].text == "" {
		return c, 0
	}
	end := i + 1
	for end < len(f.run) && end-i < maxNameWords && !f.run[end-1].comma && !f.run[end].not && !f.run[end].dash() {
		end++
	}
	for ; end > i; end-- {
		last := f.run[end-1].lower
		if last == "" || end == i+1 && (last == "or" || negation(last) || stopWord(last)) {
			continue
		}
		text := f.joined[f.starts[i]:f.ends[end-1]]
		if name, ok := f.lookup(text, strings.HasSuffix(last, "'s")); ok && writable(name.Text) {
			return f.clause(name, i, end), end - i
		}
	}
	return c, 0
}

// writable reports whether a name can be written in a query.
func writable(name string) bool {
	return !strings.Contains(name, `"`) && strings.Join(strings.Fields(clean(name)), " ") == name && len(name) <= MaxQuery/2
}

// lookup returns the name of a spelling, of its singular, or of another word for it. The spelling of "Tom's" is "tom s".
func (f finder) lookup(text string, possessive bool) (Name, bool) {
	if name, ok := f.names.Lookup(text); ok {
		return name, true
	}
	if owner, ok := strings.CutSuffix(text, " s"); ok && possessive {
		return f.names.Lookup(owner)
	}
	for _, other := range variants(text) {
		if name, ok := f.names.Lookup(other); ok && name.Kind == Label {
			return name, true
		}
	}
	return Name{}, false
}

// clause returns the clause of a name. It has the words as they were typed, if that makes no difference.
func (f finder) clause(name Name, i, end int) Clause {
	words := make([]string, 0, maxNameWords)
	for _, t := range f.run[i:end] {
		if t.text != "" {
			words = append(words, t.text)
		}
	}
	c := Clause{Kind: name.Kind, Text: strings.Join(words, " "), Loose: true}
	if fold(c.Text) != fold(name.Text) {
		c.Text = name.Text
	}
	// What would not be read again as the same name without its key gets one.
	fields := strings.Fields(c.Text)
	for _, word := range fields {
		if !plain(word, "") && word != "&" && word != "+" {
			c.Loose = false
		}
	}
	if c.Loose && (c.Text == name.Text || len(words) < end-i) {
		tokens := make([]token, len(fields))
		for i, word := range fields {
			tokens[i] = newToken(word, false)
		}
		again, ok := f.lookup(spelling(c.Text), false)
		period := f.calendar.read(tokens, false)
		c.Loose = ok && again == name && len(fields) <= maxNameWords && (period.n < len(fields) || period.weak) &&
			(len(fields) > 1 || tokens[0].lower != "or" && !negation(tokens[0].lower) && !stopWord(tokens[0].lower))
	}
	return c
}

// variants returns other words for the same: singulars of the last word, and synonyms.
func variants(text string) []string {
	head, last := "", text
	if i := strings.LastIndexByte(text, ' '); i >= 0 {
		head, last = text[:i+1], text[i+1:]
	}
	all := singulars(last)
	if head == "" {
		all = append(all, synonyms(last)...)
		for _, s := range all[:len(all):len(all)] {
			all = append(all, synonyms(s)...)
		}
		return all
	}
	for i := range all {
		all[i] = head + all[i]
	}
	return all
}

// singulars returns what a word may be the plural of.
func singulars(word string) []string {
	switch word {
	case "men":
		return []string{"man"}
	case "women":
		return []string{"woman"}
	case "mice":
		return []string{"mouse"}
	case "geese":
		return []string{"goose"}
	case "feet":
		return []string{"foot"}
	case "teeth":
		return []string{"tooth"}
	}
	stem, plural := strings.CutSuffix(word, "s")
	switch {
	case !plural, len(stem) < 2, strings.HasSuffix(stem, "s"), strings.HasSuffix(stem, "u"):
		return nil
	case strings.HasSuffix(stem, "ie") && len(stem) > 3: // ponies, movies
		return []string{stem[:len(stem)-2] + "y", stem}
	case strings.HasSuffix(stem, "ve"): // wolves, knives, olives
		return []string{stem[:len(stem)-2] + "f", stem[:len(stem)-2] + "fe", stem}
	case strings.HasSuffix(stem, "e"): // boxes, horses
		return []string{stem[:len(stem)-1], stem}
	}
	return []string{stem}
}

// synonyms returns other words for a word: the few that recognizers and people choose differently.
func synonyms(word string) []string {
	group := ""
	switch word {
	case "child", "children", "kid", "kids":
		group = "child children kid kids"
	case "sea", "ocean":
		group = "sea ocean"
	case "bike", "bicycle":
		group = "bike bicycle"
	case "person", "people", "human":
		group = "person people human"
	case "car", "automobile":
		group = "car automobile"
	case "plane", "airplane", "aeroplane", "aircraft":
		group = "plane airplane aeroplane aircraft"
	case "baby", "infant":
		group = "baby infant"
	case "dog", "hound", "puppy":
		group = "dog hound puppy"
	case "cat", "kitten":
		group = "cat kitten"
	case "woods", "forest":
		group = "woods forest"
	case "motorbike", "motorcycle":
		group = "motorbike motorcycle"
	case "phone", "telephone":
		group = "phone telephone"
	case "tv", "television":
		group = "tv television"
	case "autumn", "fall":
		group = "autumn fall"
	case "ship", "vessel":
		group = "ship vessel"
	default:
		return nil
	}
	return slices.DeleteFunc(strings.Fields(group), func(s string) bool { return s == word })
}
