// Package search finds photos: it reads what a visitor typed ([Parse], [Context.Parse]), keeps the index of a gallery in its
// bucket ([Publish], [Index]) and shows what was found ([NewHandler]).
//
// # The language
//
// A query is a list of clauses; an item is found when all of them hold.
//
//	beach                 a word of the title, caption, file name, labels, people, albums or camera, in any form ("beaches"),
//	                      or another word for it: a small table knows that kids are children and the ocean is a sea
//	Natalie Berg          the longest name that the gallery knows: of a person, place, camera, album or label, in this order.
//	                      It finds what has the name, and what has its words in a row. "dogs" and "hounds" find the label dog.
//	                      A name does not run over a comma.
//	"golden gate"         these words in a row; quotes keep them from being read as anything else
//	last summer           a period, see below
//	videos                the same as type:video; "screenshots" likewise
//	label:dog             a label of that whole name, or one below it: label:animal finds dogs
//	person:natalie        a person by full name, or by one word of it
//	album:alps            an album by title, folder name, one word of these, or path (album:alps/2024), and all below it
//	camera:canon          words of the camera's name; lens: and creator: alike
//	type:video            photo, video, audio, file, animated, screenshot, or a file type such as jpeg or pdf
//	taken:2023-06         a period: a date, two with ".." between them of which one may be left out, or words in quotes
//	day:12-24             that day of any year; "on this day" is today's
//	rating:>=4            a number: 4, =4, >4, >=4, <4, <=4, 3..5, 3.. or ..5. A number without a sign finds what rounds to it.
//	                      rating: (-1 is rejected), iso:, aperture: (f/2.8), focal: (50mm), shutter: (1/250), width:, height:,
//	                      size: (5MB), duration: (90s, 2m, 1:30) and altitude: (1200m)
//	near:59.9,10.7,5km    within that distance (1 km when there is none) of a latitude and longitude
//	has:gps               gps, place, title, caption, people, faces, labels, camera, lens, rating or date
//	is:landscape          landscape, portrait, square, panorama, rated, rejected; and what type: knows
//	place:oslo            a city, region or country by full name, or by one word of it
//	title:fog caption:"golden gate"
//	                      words of that text alone, in a row
//	file:img_1            words of the file name alone, in any order
//	like:alps/summit.jpg  what is like that item of the scope, the best first: what shares labels, people, places, the day or the
//	                      month with it; the fewer share something, the more it counts. What has nothing rare in common with
//	                      it is left out, and all but the best 1,000. The path is the one below data/, in quotes if it has
//	                      spaces; "%" and what can't be typed are written as in an address (%25, %22).
//	-word -label:dog      not this; "not", "no", "without" and "except" before a clause mean the same
//	cats or dogs          one of these at least: "or" joins the clause before it and the one after. "Not cats or dogs" is neither.
//	person:"Ann Lee"      quotes hold a value with spaces; a space after the colon is allowed
//
// Upper and lower case and accents are the same. Words that say nothing ("photos of", "show me", "and", "the") are left out,
// unless there is nothing else. An unknown key is read as plain words and noted. No text is an error.
//
// # Periods
//
//	2007  2019-06  2019-06-15  2019..2021  2019-06..2020-01  ..2007  2005-2010
//	June 2019  June 5, 2019  the 5th of June 2019  June  in May  the 90s  the nineties
//	summer of 2019  winter 2019/20  Christmas 2015  Easter 2018  New Year's Eve 2020  at Easter
//	today  yesterday  on Friday  this week  last weekend  last year  last June  last summer  summer last year
//	last 3 weekends  past 10 days  the past month  3 weeks ago  two years ago  on this day
//	since June 2019  after 2010  before last Christmas  until 2007
//	between March and May 2020  from 2005 to 2010  March to May 2020  June and July 2019
//
// Without a year it is the latest one that has begun; "last" is the latest that has ended ("last week" and "last summer" are
// whole ones, "the past week" is the seven days up to today). May, March and the short names of months are months only with a
// day, a year or a word like "in"; seasons and feasts likewise. What day it is, and on which hemisphere, is in the [Context].
// A period spans days as the cameras' clocks had them. Of a period and a name the longer one is meant.
//
// # When nothing is found
//
// [Index.Search] then reads words that nothing has as the name that is spelled almost alike, and then finds items with any of
// the words in place of all. Each is said in [Results].Notes. What was demanded with a key or in quotes, excluded, or is
// outside the scope stays so.
package search

import (
	"strings"
	"time"

	"shoebox/internal/gallery"
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
	Word     Kind = "word"
	Phrase   Kind = "phrase"
	Any      Kind = "any"
	Label    Kind = "label"
	Person   Kind = "person"
	Place    Kind = "place"
	Album    Kind = "album"
	Camera   Kind = "camera"
	Lens     Kind = "lens"
	Creator  Kind = "creator"
	Title    Kind = "title"
	Caption  Kind = "caption"
	File     Kind = "file"
	Type     Kind = "type"
	Taken    Kind = "taken"
	Day      Kind = "day"
	Rating   Kind = "rating"
	ISO      Kind = "iso"
	Aperture Kind = "aperture"
	Focal    Kind = "focal"
	Shutter  Kind = "shutter"
	Width    Kind = "width"
	Height   Kind = "height"
	Size     Kind = "size"
	Duration Kind = "duration"
	Altitude Kind = "altitude"
	Near     Kind = "near"
	Has      Kind = "has"
	Is       Kind = "is"
	Like     Kind = "like"
)

// kindOf returns the kind that a key names; ok is false for an unknown key.
func kindOf(key string) (k Kind, ok bool) {
	switch key = strings.ToLower(key); key {
	case "label", "labels", "tag", "tags", "keyword", "keywords":
		return Label, true
	case "person", "people", "persons", "who":
		return Person, true
	case "place", "city", "country", "location", "where":
		return Place, true
	case "album", "folder":
		return Album, true
	case "creator", "by", "photographer", "author":
		return Creator, true
	case "file", "filename", "name":
		return File, true
	case "type", "kind":
		return Type, true
	case "taken", "date", "year", "when":
		return Taken, true
	case "rating", "stars":
		return Rating, true
	case "aperture", "f", "fnumber":
		return Aperture, true
	case "focal", "mm":
		return Focal, true
	case "shutter", "exposure":
		return Shutter, true
	case "duration", "length":
		return Duration, true
	case "like", "similar":
		return Like, true
	case "camera", "lens", "title", "caption", "day", "iso", "width", "height", "size", "altitude", "near", "has", "is":
		return Kind(key), true
	}
	return "", false
}

// A Clause is one condition of a query.
type Clause struct {
	Kind Kind
	Not  bool // the condition must not hold
	// Text is the value, as typed: a name as the gallery has it when it was typed otherwise ("dogs": "dog").
	Text string
	// Loose is set for a name that came without a key: its words in a row will do too.
	Loose bool
	Spans []Span // of Taken, one or more; of Day one, the day in some year
	// Min and Max bound a number, both included. They may be infinite. Size is in bytes, Shutter and Duration in seconds, Focal
	// in millimetres, Altitude in metres.
	Min, Max float64
	Near     Circle   // of Near
	Any      []Clause // of Any: two or more, none of that kind itself; the first is not negated

	edits int // how many letters of a word may differ
}

// A Span is a period of days: From is the first day in it and To the first one after. They are midnights in UTC, standing for
// the camera's clock; a zero one leaves that end open.
type Span struct{ From, To time.Time }

// String returns the span with its last day included: "2019-06-01..2019-08-31", or one day alone.
func (s Span) String() string {
	from, last := format(s.From, dayLayout), ""
	if !s.To.IsZero() {
		last = s.To.AddDate(0, 0, -1).Format(dayLayout)
	}
	if from == last {
		return from
	}
	return from + ".." + last
}

// A Circle is what lies within a distance of a point on WGS 84.
type Circle struct {
	Latitude, Longitude float64 // degrees, north and east positive
	Radius              float64 // metres
}

// bare reports whether the clause is written without a key or quotes.
func (c Clause) bare() bool { return c.Kind == Word || c.Loose }

// String returns the clause in the query language.
func (c Clause) String() string { return c.form(" or ") }

func (c Clause) form(or string) string {
	not := ""
	if c.Not {
		not = "-"
	}
	switch {
	case c.Kind == Any:
		parts := make([]string, len(c.Any))
		for i, alternative := range c.Any {
			parts[i] = alternative.form(or)
		}
		return strings.Join(parts, or)
	case c.Kind == Phrase:
		return not + `"` + c.Text + `"`
	case c.bare():
		return not + c.Text
	case strings.Contains(c.Text, " "), !plain(c.Text, "/") && !c.Kind.precise():
		return not + string(c.Kind) + `:"` + c.Text + `"`
	}
	return not + string(c.Kind) + ":" + c.Text
}

// precise reports whether the values of the kind are of a form that never needs quotes, unless it has spaces.
func (k Kind) precise() bool {
	switch k {
	case Taken, Day, Near, Has, Is:
		return true
	}
	return k.number()
}

// number reports whether the values of the kind are numbers.
func (k Kind) number() bool {
	switch k {
	case Rating, ISO, Aperture, Focal, Shutter, Width, Height, Size, Duration, Altitude:
		return true
	}
	return false
}

// Chip returns the clause as shown to a visitor: "person: Natalie", "not beach", "taken: last summer (2026-06..2026-08)".
func (c Clause) Chip() string {
	text := c.Text
	switch c.Kind {
	case Word:
	case Any:
		parts := make([]string, len(c.Any))
		for i, alternative := range c.Any {
			parts[i] = alternative.Chip()
		}
		return strings.Join(parts, " or ")
	case Phrase:
		text = "“" + text + "”"
	case Taken:
		text = "taken: " + text
		if days := c.days(); days != "" && days != c.Text {
			text += " (" + days + ")"
		}
	case Like:
		text = "like " + gallery.Name(c.item())
	case Day:
		text = "taken: " + c.Spans[0].From.Format("2 January") + " of any year"
	default:
		text = string(c.Kind) + ": " + text
	}
	if c.Not {
		return "not " + text
	}
	return text
}

// days returns the days of a Taken clause in short; empty when there are too many periods for that.
func (c Clause) days() string {
	if len(c.Spans) > 3 {
		return ""
	}
	parts := make([]string, len(c.Spans))
	for i, s := range c.Spans {
		parts[i] = formatRange(s.From, s.To)
	}
	return strings.Join(parts, ", ")
}

// Explain returns how the clause was understood: in the query language, with "~" in place of the colon where the words of a
// name will do too, and with the days that a period spans.
func (c Clause) Explain() string {
	if c.Kind == Any {
		parts := make([]string, len(c.Any))
		for i, alternative := range c.Any {
			parts[i] = alternative.Explain()
		}
		return strings.Join(parts, " or ")
	}
	if c.Loose {
		c.Loose = false
		return strings.Replace(c.String(), ":", "~", 1)
	}
	text := c.String()
	if c.Kind == Taken {
		spans := make([]string, len(c.Spans))
		for i, s := range c.Spans {
			spans[i] = s.String()
		}
		text += " [" + strings.Join(spans, " ") + "]"
	}
	return text
}

// A Query is a parsed search.
type Query struct {
	Text    string   // as typed, within [MaxQuery]
	Clauses []Clause // all must hold; none finds everything
	Notes   []string // what was not understood as it may have been meant, in words for the visitor

	named bool // names of a gallery were looked for
}

// String returns the query in canonical form; parsing it again in the same [Context] gives the same clauses. A comma is between
// words that would otherwise be read as one name or period.
func (q Query) String() string {
	var b strings.Builder
	for i, c := range q.Clauses {
		if i > 0 {
			b.WriteString(q.separator(q.Clauses[i-1], c))
		}
		or := " or "
		if c.Kind == Any && q.named {
			or = ", or "
		}
		b.WriteString(c.form(or))
	}
	return b.String()
}

func (q Query) separator(a, b Clause) string {
	if a.Kind == Any {
		a = a.Any[len(a.Any)-1]
	}
	if b.Kind == Any {
		b = b.Any[0]
	}
	if a.bare() && b.bare() && !b.Not && (q.named || calendarWord(a.Text) && calendarWord(b.Text)) {
		return ", "
	}
	return " "
}

// Without returns the query's canonical text without its i-th clause.
func (q Query) Without(i int) string {
	rest := Query{Clauses: make([]Clause, 0, len(q.Clauses)), named: q.named}
	for j, c := range q.Clauses {
		if j != i {
			rest.Clauses = append(rest.Clauses, c)
		}
	}
	return rest.String()
}
