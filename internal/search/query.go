// Package search finds photos: it reads what a visitor typed ([Parse]), keeps the index of a gallery in its bucket
// ([Publish], [Index]) and shows what was found ([NewHandler]).
//
// # The language
//
// A query is a list of clauses; an item is found when all of them hold.
//
//	beach                 a word of the title, caption, file name, labels, people, albums or camera, in any form ("beaches")
//	"golden gate"         these words in a row; around one word, the quotes keep it from being read as anything else
//	label:dog             a label of that whole name, or one below it: label:animal finds dogs
//	person:natalie        a person by full name, or by one word of it
//	album:alps            an album by title, folder name, one word of these, or path (album:alps/2024), and all below it
//	camera:canon          words of the camera's name
//	type:video            photo, video, audio, file, animated, screenshot, or a file type such as jpeg or pdf
//	taken:2023-06         a year, month or day; taken:2019..2020-06 from one to the other, either may be left out
//	2007  2023-06-15      without "taken:", a year from 1826 to 2099, any other ISO date and any range are read the same
//	-word -label:dog      not this; "not" and "without" before a clause mean the same
//	person:"Ann Lee"      quotes hold a value with spaces; a space after the colon is allowed
//
// Upper and lower case and accents are the same. Words that say nothing ("photos of", "show me", "in", "the") are left out,
// unless there is nothing else. An unknown key is read as plain words and noted. No text is an error.
package search

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The bounds of a query. What goes beyond is dropped, with a note.
const (
	MaxQuery   = 500 // bytes
	MaxClauses = 32
)

// Kind says what a [Clause] asks about.
type Kind string

// The kinds of clause. Those with a key are named like it.
const (
	Word   Kind = "word"
	Phrase Kind = "phrase"
	Label  Kind = "label"
	Person Kind = "person"
	Album  Kind = "album"
	Camera Kind = "camera"
	Type   Kind = "type"
	Taken  Kind = "taken"
)

// kindOf returns the kind that a key names; ok is false for an unknown key.
func kindOf(key string) (k Kind, ok bool) {
	switch strings.ToLower(key) {
	case "label", "labels", "tag", "tags", "keyword":
		return Label, true
	case "person", "people", "who":
		return Person, true
	case "album", "folder":
		return Album, true
	case "camera":
		return Camera, true
	case "type", "kind":
		return Type, true
	case "taken", "date", "year":
		return Taken, true
	}
	return "", false
}

// A Clause is one condition of a query.
type Clause struct {
	Kind Kind
	Not  bool   // the condition must not hold
	Text string // the value, as typed; of Taken, in canonical form
	// From and To are what a Taken clause spans: From is the first day in it and To the first one after. They are midnights
	// in UTC, standing for the camera's clock; a zero one leaves that end open.
	From, To time.Time
}

// String returns the clause in the query language.
func (c Clause) String() string {
	not := ""
	if c.Not {
		not = "-"
	}
	switch {
	case c.Kind == Phrase, c.Kind == Word && !plainWord(c.Text):
		return not + `"` + c.Text + `"`
	case c.Kind == Word:
		return not + c.Text
	case !plain(c.Text, "/") && c.Kind != Taken:
		return not + string(c.Kind) + `:"` + c.Text + `"`
	}
	return not + string(c.Kind) + ":" + c.Text
}

// Chip returns the clause as shown to a visitor: "person: Natalie", "not beach".
func (c Clause) Chip() string {
	text := c.Text
	switch c.Kind {
	case Word:
	case Phrase:
		text = "“" + text + "”"
	default:
		text = string(c.Kind) + ": " + text
	}
	if c.Not {
		return "not " + text
	}
	return text
}

// A Query is a parsed search.
type Query struct {
	Text    string   // as typed, within [MaxQuery]
	Clauses []Clause // all must hold; none finds everything
	Notes   []string // what was not understood as it may have been meant, in words for the visitor
}

// String returns the query in canonical form; parsing it again gives the same clauses.
func (q Query) String() string {
	parts := make([]string, len(q.Clauses))
	for i, c := range q.Clauses {
		parts[i] = c.String()
	}
	return strings.Join(parts, " ")
}

// Without returns the query's canonical text without its i-th clause.
func (q Query) Without(i int) string {
	rest := make([]Clause, 0, len(q.Clauses))
	for j, c := range q.Clauses {
		if j != i {
			rest = append(rest, c)
		}
	}
	return Query{Clauses: rest}.String()
}

// Parse reads a query. It understands any text somehow: what it drops or reads otherwise than it may have been meant is noted.
func Parse(text string) Query {
	p := parser{rest: clean(text)}
	if len(p.rest) > MaxQuery {
		cut := MaxQuery
		for !utf8.RuneStart(p.rest[cut]) {
			cut--
		}
		p.rest = p.rest[:cut]
		p.note("the search is too long: only its first %d characters were used", MaxQuery)
	}
	p.query.Text = strings.TrimSpace(p.rest)
	for p.next() {
	}
	if len(p.query.Clauses) == 0 {
		p.not = false
		for _, word := range p.dropped {
			p.add(Clause{Kind: Word, Text: word})
		}
	}
	q := p.query
	tooMany := len(q.Clauses) > MaxClauses
	q.Clauses = q.Clauses[:min(len(q.Clauses), MaxClauses)]
	for len(q.String()) > MaxQuery { // the canonical form may be longer, and must be within the bounds too
		q.Clauses, tooMany = q.Clauses[:len(q.Clauses)-1], true
	}
	if tooMany {
		q.Notes = append(q.Notes, fmt.Sprintf("the search has too many parts: only the first %d were used", len(q.Clauses)))
	}
	return q
}

// clean makes every space and control character a space and every double quote a straight one, and drops what is invalid or
// only steers the direction of text.
func clean(text string) string {
	if len(text) > 4*MaxQuery { // more than enough for what is kept; bounds the work
		text = text[:4*MaxQuery]
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError, r >= 0x200e && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0xfeff:
			return -1
		case unicode.IsSpace(r), unicode.IsControl(r):
			return ' '
		case r == '“', r == '”', r == '„', r == '«', r == '»', r == '＂':
			return '"'
		}
		return r
	}, text)
}

type parser struct {
	rest    string
	not     bool // "not" was read, and waits for its clause
	query   Query
	dropped []string // words left out, in case there is nothing else
}

func (p *parser) note(format string, args ...any) {
	p.query.Notes = append(p.query.Notes, fmt.Sprintf(format, args...))
}

func (p *parser) add(c Clause) {
	if !strings.ContainsFunc(c.Text, searchable) {
		if strings.ContainsFunc(c.Text, func(r rune) bool { return r > unicode.MaxASCII }) {
			p.note("“%s” has no letter or digit to search for", c.Text)
		}
		return
	}
	c.Not = c.Not || p.not
	p.not = false
	p.query.Clauses = append(p.query.Clauses, c)
}

// raw takes the text up to the next space or quote.
func (p *parser) raw() string {
	i := strings.IndexAny(p.rest, ` "`)
	if i < 0 {
		i = len(p.rest)
	}
	raw := p.rest[:i]
	p.rest = p.rest[i:]
	return raw
}

// quoted takes a quoted text, when there is one; a missing closing quote is understood.
func (p *parser) quoted() (text string, ok bool) {
	if !strings.HasPrefix(p.rest, `"`) {
		return "", false
	}
	text, p.rest, _ = strings.Cut(p.rest[1:], `"`)
	return strings.Join(strings.Fields(text), " "), true
}

// next reads one part of the query; it returns false at the end.
func (p *parser) next() bool {
	p.rest = strings.TrimLeft(p.rest, " ")
	if p.rest == "" {
		return false
	}
	after := strings.TrimLeft(p.rest, "-")
	not := len(after) < len(p.rest)
	p.rest = after
	if text, ok := p.quoted(); ok {
		p.add(phrase(text, not))
		return true
	}
	raw := p.raw()
	if key, value, found := strings.Cut(raw, ":"); found && key != "" {
		p.keyed(key, value, not)
	} else {
		p.word(raw, not)
	}
	return true
}

// phrase is what a quoted text asks for. Quotes around one word make a plain word of anything.
func phrase(text string, not bool) Clause {
	if strings.Contains(text, " ") {
		return Clause{Kind: Phrase, Text: text, Not: not}
	}
	return Clause{Kind: Word, Text: text, Not: not}
}

// keyed reads key:value. The value may be quoted, or come after spaces.
func (p *parser) keyed(key, value string, not bool) {
	kind, known := kindOf(key)
	text, quoted := trim(value), false
	if value == "" {
		ahead := *p
		if known {
			ahead.rest = strings.TrimLeft(ahead.rest, " ")
		}
		if text, quoted = ahead.quoted(); !quoted && known {
			if raw := ahead.raw(); !strings.Contains(raw, ":") {
				value, text, quoted = raw, trim(raw), false
				*p = ahead
			}
		} else if quoted {
			*p = ahead
		}
	}
	if !known {
		if !strings.ContainsFunc(key, func(r rune) bool { return !unicode.IsLetter(r) }) {
			p.note("“%s:” is not a key of the search: it was read as a word", key)
		}
		negated := not || p.not
		p.word(key, negated)
		if quoted {
			p.add(phrase(text, negated))
			return
		}
		for part := range strings.SplitSeq(value, ":") {
			p.word(part, negated)
		}
		return
	}
	if kind != Taken {
		p.add(Clause{Kind: kind, Text: text, Not: not})
		return
	}
	if quoted {
		value = text
	}
	from, to, ok := parseRange(strings.Trim(value, ",;!?()"))
	if !ok {
		p.note("“%s” is not a date like 2023, 2023-06, 2023-06-15 or 2019..2021: it was read as words", value)
		negated := not || p.not
		for word := range strings.FieldsSeq(strings.ReplaceAll(value, ":", " ")) {
			p.word(word, negated)
		}
		return
	}
	p.add(Clause{Kind: Taken, Text: formatRange(from, to), From: from, To: to, Not: not})
}

// word reads a word without quotes or key.
func (p *parser) word(raw string, not bool) {
	text := trim(raw)
	for _, s := range []string{strings.Trim(raw, ",;:!?()"), text} {
		if from, to, ok := parseBareDate(s); ok {
			p.add(Clause{Kind: Taken, Text: formatRange(from, to), From: from, To: to, Not: not})
			return
		}
	}
	switch lower := strings.ToLower(text); {
	case text == "" && raw != "":
		p.add(Clause{Text: raw}) // for its note
	case text == "":
	case lower == "not", lower == "without":
		p.not = true
		p.dropped = append(p.dropped, text)
	case lower == "or":
		p.note("“or” is not understood: what is found has all of the words")
		p.dropped = append(p.dropped, text)
	case stopWord(lower):
		p.not = p.not || not
		p.dropped = append(p.dropped, text)
	default:
		p.add(Clause{Kind: Word, Text: text, Not: not})
	}
}

// stopWord reports whether a word (in lower case) says nothing about a photo.
func stopWord(lower string) bool {
	switch lower {
	case "a", "an", "the", "of", "in", "on", "at", "from", "by", "to", "for", "with", "and", "during", "is", "are", "me", "my",
		"our", "all", "any", "show", "find", "photo", "photos", "picture", "pictures", "pic", "pics", "image", "images", "taken":
		return true
	}
	return false
}

func searchable(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

// trim cuts what is no part of a word from both ends.
func trim(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return !searchable(r) && !unicode.IsMark(r) })
}

// plain reports whether a text needs no quotes as a value: it has only letters, digits, marks and, within, a few others.
func plain(text, more string) bool {
	return text != "" && trim(text) == text && !strings.ContainsFunc(text, func(r rune) bool {
		return !searchable(r) && !unicode.IsMark(r) && !strings.ContainsRune("._'-"+more, r)
	})
}

// plainWord reports whether a word needs no quotes: it would not be read as anything else.
func plainWord(text string) bool {
	if !plain(text, "") {
		return false
	}
	switch lower := strings.ToLower(text); lower {
	case "not", "without", "or":
		return false
	default:
		_, _, date := parseBareDate(text)
		return !date && !stopWord(lower)
	}
}
