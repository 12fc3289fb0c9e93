package search

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// A Context is what a query is read in. The zero one is of today, on the northern hemisphere, without names.
type Context struct {
	Now        time.Time  // its day, in its time zone, is today; zero: now, in UTC
	South      bool       // the seasons are those of the southern hemisphere
	Dictionary Dictionary // the names of the gallery; nil: none
}

// Parse reads a query in the zero [Context].
func Parse(text string) Query { return Context{}.Parse(text) }

// Parse reads a query. It understands any text somehow: what it drops or reads otherwise than it may have been meant is noted.
func (c Context) Parse(text string) Query {
	if c.Now.IsZero() {
		c.Now = time.Now().UTC()
	}
	p := parser{rest: clean(text), names: c.Dictionary}
	p.calendar.today = time.Date(c.Now.Year(), c.Now.Month(), c.Now.Day(), 0, 0, 0, 0, time.UTC)
	p.calendar.south = c.South
	if len(p.rest) > MaxQuery {
		cut := MaxQuery
		for !utf8.RuneStart(p.rest[cut]) {
			cut--
		}
		p.rest = p.rest[:cut]
		p.note("the search is too long: only its first %d characters were used", MaxQuery)
	}
	p.query.Text = strings.TrimSpace(p.rest)
	p.query.named = c.Dictionary != nil
	for !p.tooMany && p.next() {
	}
	p.flush()
	if len(p.query.Clauses) == 0 {
		p.not, p.or, p.and = false, false, false
		for _, word := range p.dropped {
			p.add(Clause{Kind: Word, Text: word})
		}
	}
	q := p.query
	for len(q.String()) > MaxQuery { // the canonical form may be longer, and must be within the bounds too
		q.Clauses, p.tooMany = q.Clauses[:len(q.Clauses)-1], true
	}
	if p.tooMany {
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
		case r > ' ' && r < 0x7f:
			return r
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

// A token is one word, as typed between spaces.
type token struct {
	full  string // as typed
	text  string // without what is no part of a word at its ends
	lower string // the text, folded
	not   bool   // a hyphen is before it
	comma bool   // a name or period ends with it
}

// dash reports whether the token is a dash alone: as in "2005 - 2010".
func (t token) dash() bool { return t.full == "-" || t.full == "–" || t.full == "—" }

func newToken(full string, not bool) token {
	t := token{full: full, text: trim(full), not: not}
	t.lower = fold(t.text)
	end := strings.TrimRight(full, `.!?)]’'`)
	t.comma = strings.HasSuffix(end, ",") || strings.HasSuffix(end, ";") || strings.HasSuffix(end, "，") || strings.HasSuffix(end, "、")
	return t
}

type parser struct {
	rest     string
	calendar calendar
	names    Dictionary // nil: none
	run      []token    // words that were read, and may belong together
	not      bool       // "not" was read, and waits for its clause
	or       bool       // "or" was read, and waits for its clause
	and      bool       // "and" was read, and waits for its clause
	leaves   int        // clauses, those within others counted one by one
	likes    int        // clauses that ask to be like an item
	tooMany  bool
	query    Query
	dropped  []string // words left out, in case there is nothing else
}

func (p *parser) note(format string, args ...any) {
	p.query.Notes = append(p.query.Notes, fmt.Sprintf(format, args...))
}

// add adds a clause, or joins it to the last one when "or" is between them.
func (p *parser) add(c Clause) {
	if !strings.ContainsFunc(c.Text, searchable) && (c.Kind != Like || c.Text == "") {
		if strings.ContainsFunc(c.Text, func(r rune) bool { return r > unicode.MaxASCII }) {
			p.note("“%s” has no letter or digit to search for", c.Text)
		}
		return
	}
	if p.leaves == MaxClauses {
		p.tooMany = true
		return
	}
	if c.Kind == Like {
		if p.likes++; p.likes == maxLikes+1 {
			p.note("the search is like too many items: only the first %d were used", maxLikes)
		}
		if p.likes > maxLikes {
			return
		}
	}
	p.leaves++
	if c.Kind == Word && !plainWord(c.Text) {
		c.Kind = Phrase // it is written in quotes
	}
	c.Not = c.Not || p.not
	or, and := p.or, p.and
	p.not, p.or, p.and = false, false, false
	if n := len(p.query.Clauses); n > 0 {
		last := &p.query.Clauses[n-1]
		end := *last
		if last.Kind == Any {
			end = last.Any[len(last.Any)-1]
		}
		// "2007 and 2008": no photo is of both.
		or = or || and && c.Kind == Taken && end.Kind == Taken && !c.Not && !end.Not
		switch {
		case !or:
		case last.Kind == Any:
			last.Any = append(last.Any, c)
			return
		case last.Not: // "not cats or dogs": neither
			c.Not = true
		default:
			*last = Clause{Kind: Any, Any: []Clause{*last, c}}
			return
		}
	}
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
		p.flush()
		p.add(Clause{Kind: Phrase, Text: text, Not: not})
		return true
	}
	raw := p.raw()
	key, value, found := strings.Cut(raw, ":")
	switch {
	case found && key != "":
		p.keyed(key, value, not)
	case raw == "" && not:
		p.run = append(p.run, token{full: "-"})
	default:
		p.run = append(p.run, newToken(raw, not))
	}
	return true
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
			raw := ahead.raw()
			if kind.number() && raw != "" && strings.Trim(raw, "<>=≤≥") == "" { // ">= 4"
				ahead.rest = strings.TrimLeft(ahead.rest, " ")
				raw += ahead.raw()
			}
			if !strings.Contains(raw, ":") {
				value, text, quoted = raw, trim(raw), false
				*p = ahead
			}
		} else if quoted {
			*p = ahead
		}
	}
	p.flush()
	if !known {
		if !strings.ContainsFunc(key, func(r rune) bool { return !unicode.IsLetter(r) }) {
			p.note("“%s:” is not a key of the search: it was read as a word", key)
		}
		not = not || p.not
		p.words(key, not)
		if quoted {
			p.add(Clause{Kind: Phrase, Text: text, Not: not})
			return
		}
		p.words(value, not)
		return
	}
	if quoted {
		value = text
	} else if kind == Like {
		value = strings.TrimRight(value, ",;")
	}
	c, problem := p.calendar.value(kind, value, text)
	if problem != "" {
		p.note("“%s” is %s: it was read as words", value, problem)
		p.words(value, not || p.not)
		return
	}
	c.Not = not
	p.add(c)
}

// value reads the value of a key; problem says what it is not. The trimmed text is the value for kinds that are words.
func (c calendar) value(kind Kind, value, trimmed string) (clause Clause, problem string) {
	clause = Clause{Kind: kind, Text: strings.TrimRight(value, ",;!?()")}
	var ok bool
	switch {
	case value == "":
	case kind == Taken:
		if clause, ok = c.taken(clause.Text); !ok {
			return clause, "not a date like 2023, 2023-06, 2023-06-15 or 2019..2021, or a period like \"last summer\""
		}
	case kind == Day:
		if clause.Spans, ok = parseDay(clause.Text); !ok {
			return clause, "not a day like 12-24"
		}
	case kind == Near:
		clause.Text = strings.ToLower(strings.ReplaceAll(clause.Text, " ", ""))
		if clause.Near, ok = parseCircle(clause.Text); !ok {
			return clause, "not a place like 59.9,10.7 or 59.9,10.7,5km"
		}
	case kind.number():
		clause.Text = strings.ToLower(strings.ReplaceAll(clause.Text, " ", ""))
		if clause.Min, clause.Max, ok = parseBounds(kind, clause.Text); !ok {
			return clause, "not a number like 4, >=4 or 3..5"
		}
	case kind == Like:
		clause.Text = value
	case kind == Has:
		if clause.Text = hasTerm(trimmed); clause.Text == "" && trimmed != "" {
			return clause, "not one of gps, place, title, caption, people, faces, labels, camera, lens, rating, date"
		}
	case kind == Is:
		if clause.Text = isTerm(trimmed); clause.Text == "" && trimmed != "" {
			return Clause{Kind: Type, Text: trimmed}, ""
		}
	default:
		clause.Text = trimmed
	}
	return clause, ""
}

// words reads a text as plain words that have nothing to do with their neighbours.
func (p *parser) words(text string, not bool) {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ':' }) {
		t := newToken(word, not)
		t.comma = true
		p.run = append(p.run, t)
	}
	p.flush()
}

// flush makes clauses of the words read: at each the longest name or period, else the word alone.
func (p *parser) flush() {
	run := p.run
	p.run = p.run[:0]
	names := p.newFinder(run)
	for i := 0; i < len(run) && !p.tooMany; {
		t := run[i]
		if t.dash() {
			i++
			continue
		}
		period := p.calendar.read(run[i:], false)
		name, n := names.find(i)
		switch {
		case n > 0 && (n > period.n || n == period.n && period.weak):
			name.Not = t.not
			p.add(name)
			i += n
		case period.n > 0:
			c := period.clause
			c.Not = t.not
			p.add(c)
			i += period.n
		default:
			p.word(t)
			i++
		}
	}
}

// word reads a word that is part of no name or period.
func (p *parser) word(t token) {
	switch {
	case t.text == "" && t.full != "":
		p.add(Clause{Text: t.full}) // for its note
	case t.text == "":
	case negation(t.lower):
		p.not = true
		p.dropped = append(p.dropped, t.text)
	case t.lower == "or":
		p.or = true
		p.dropped = append(p.dropped, t.text)
	case stopWord(t.lower):
		p.and = p.and || t.lower == "and"
		p.not = p.not || t.not
		p.dropped = append(p.dropped, t.text)
	case typeWord(t.lower) != "":
		p.add(Clause{Kind: Type, Text: typeWord(t.lower), Not: t.not})
	default:
		p.add(Clause{Kind: Word, Text: t.text, Not: t.not})
	}
}

func negation(lower string) bool {
	switch lower {
	case "not", "no", "without", "except":
		return true
	}
	return false
}

// typeWord returns the type that a word alone means, or "".
func typeWord(lower string) string {
	switch lower {
	case "video", "videos", "movie", "movies":
		return "video"
	case "screenshot", "screenshots":
		return "screenshot"
	}
	return ""
}

// stopWord reports whether a word (in lower case) says nothing about a photo.
func stopWord(lower string) bool {
	switch lower {
	case "a", "an", "the", "of", "in", "on", "at", "from", "by", "to", "for", "with", "and", "but", "either", "both", "during",
		"is", "are", "was", "were", "i", "we", "me", "us", "my", "our", "all", "any", "some", "every", "that", "where", "when", "which",
		"show", "find", "give", "get", "see", "please", "photo", "photos", "picture", "pictures", "pic", "pics", "image", "images",
		"taken", "made", "shot", "shots", "showing", "featuring":
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

// plainWord reports whether a word needs no quotes: it would not be read as anything else, save for a name.
func plainWord(text string) bool {
	if !plain(text, "") {
		return false
	}
	t := newToken(text, false)
	return t.lower != "or" && !negation(t.lower) && !stopWord(t.lower) && typeWord(t.lower) == "" &&
		(calendar{today: yearStart(lastYear)}).read([]token{t}, false).n == 0
}
