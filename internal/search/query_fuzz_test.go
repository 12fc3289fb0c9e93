package search

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzParse reads any text in a gallery with any names, one a line. Whatever was understood can be written, and read again, and
// each part of it can be taken away alone.
func FuzzParse(f *testing.F) {
	const names = "Dog\nNatalie Berg\nTrick or Treat\nJune Carter\nToday\nTom: his book\nHütte & Gipfel\nVideos"
	for _, tt := range parseTests {
		f.Add(tt.text, names)
	}
	lines, _ := cases(f, "testdata/parse.txt")
	for _, line := range lines {
		text, _, _ := strings.Cut(line, " =>")
		f.Add(text, names)
	}
	f.Add("-\"\" label: \xff ..\u202e -not:not or \"not\" taken:..2007-02-29 a:b:c 😀", "not\n\"\n-\n😀\na:b")
	f.Fuzz(func(t *testing.T, text, names string) {
		kinds := []Kind{Label, Person, Album, Camera, Place}
		dictionary := map[Kind][]string{}
		for i, name := range strings.Split(names, "\n") {
			dictionary[kinds[i%len(kinds)]] = append(dictionary[kinds[i%len(kinds)]], strings.ToValidUTF8(name, ""))
		}
		for _, c := range []Context{{Now: fixedNow}, {Now: fixedNow, South: true, Dictionary: newSpelled(dictionary)}} {
			start := time.Now()
			q := c.Parse(text)
			if took := time.Since(start); took > time.Second {
				t.Fatalf("%q took %v", text, took)
			}
			canonical := q.String()
			if len(canonical) > MaxQuery || len(q.Clauses) > MaxClauses || !utf8.ValidString(canonical) {
				t.Fatalf("%q is written %q, which is out of bounds", text, canonical)
			}
			checkRoundTrip(t, c, q)
			for _, clause := range q.Clauses {
				if clause.Chip() == "" || clause.Explain() == "" {
					t.Errorf("%q has a part without a name: %+v", text, clause)
				}
				for _, s := range clause.Spans {
					if !s.From.IsZero() && !s.To.IsZero() && !s.From.Before(s.To) {
						t.Errorf("%q spans %v", text, s)
					}
				}
				if clause.Kind == Any && (len(clause.Any) < 2 || clause.Any[0].Not || slices.ContainsFunc(clause.Any, func(c Clause) bool { return c.Kind == Any })) {
					t.Errorf("%q is a choice of %+v", text, clause.Any)
				}
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	c := Context{Now: fixedNow, Dictionary: fixedNames()}
	for _, tt := range []struct{ name, text string }{
		{"words", `photos of "golden gate" person:"Natalie Berg" -label:dog beach 2019-06..2020-01 without people`},
		{"names", "photos of Natalie and Tom at the beach in Oslo last summer not dogs or kids"},
		{"unknown", "some quite long sentence with words that are nowhere known in galleries"},
		{"longest", strings.Repeat("a ", MaxQuery/2)},
		{"longest dates", strings.Repeat("may 5 to ", MaxQuery/9)},
		{"periods", "between March and May 2020 or Christmas 2015 or the last 3 weekends"},
	} {
		b.Run(tt.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.Parse(tt.text)
			}
		})
	}
	b.Run("table", func(b *testing.B) { // per query of the golden table
		_, table := cases(b, "testdata/parse.txt")
		b.ReportAllocs()
		n := 0
		for b.Loop() {
			for text := range table {
				c.Parse(text)
				n++
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/query")
	})
}
