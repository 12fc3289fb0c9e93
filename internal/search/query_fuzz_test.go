package search

import (
	"reflect"
	"testing"
	"unicode/utf8"
)

func FuzzParse(f *testing.F) {
	for _, tt := range parseTests {
		f.Add(tt.text)
	}
	f.Add("-\"\" label: \xff ..\u202e -not:not or \"not\" taken:..2007-02-29 a:b:c 😀")
	f.Fuzz(func(t *testing.T, text string) {
		q := Parse(text)
		canonical := q.String()
		if len(canonical) > MaxQuery || len(q.Clauses) > MaxClauses || !utf8.ValidString(canonical) {
			t.Fatalf("Parse(%q) = %q is out of bounds", text, canonical)
		}
		again := Parse(canonical)
		if len(q.Clauses)+len(again.Clauses) > 0 && !reflect.DeepEqual(q.Clauses, again.Clauses) {
			t.Fatalf("Parse(%q) = %+v\nits form %q = %+v", text, q.Clauses, canonical, again.Clauses)
		}
		for i := range q.Clauses {
			if got := Parse(q.Without(i)); len(got.Clauses) != len(q.Clauses)-1 {
				t.Fatalf("Parse(%q) without clause %d = %q has %d clauses", text, i, q.Without(i), len(got.Clauses))
			}
			q.Clauses[i].Chip()
		}
	})
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Parse(`photos of "golden gate" person:"Natalie Berg" -label:dog beach 2019-06..2020-01 without people`)
	}
}
