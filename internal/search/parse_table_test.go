package search

import (
	"flag"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

var updateGolden = flag.Bool("update", false, "write the golden files anew")

// fixedNow is a Sunday.
var fixedNow = time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC)

// spelled is a Dictionary made of names by kind.
type spelled map[string]Name

func (s spelled) Lookup(spelling string) (Name, bool) {
	name, ok := s[spelling]
	return name, ok
}

func newSpelled(names map[Kind][]string) spelled {
	s := spelled{}
	for _, kind := range []Kind{Label, Album, Camera, Place, Person} { // the later ones win
		for _, name := range names[kind] {
			s[spelling(name)] = Name{Kind: kind, Text: fold(name)}
		}
	}
	return s
}

// fixedNames is the dictionary of testdata/parse.txt.
func fixedNames() spelled {
	return newSpelled(map[Kind][]string{
		Person: {"Natalie Berg", "Natalie", "Tom", "Ann Lee", "June Carter", "April", "Zoë", "O'Neil", "Rose"},
		Place:  {"Oslo", "San Francisco", "Norway", "New York"},
		Camera: {"Canon EOS R5", "Canon", "EOS R5", "iPhone 12", "iPhone"},
		Album:  {"Summer in the Alps", "Hütte & Gipfel", "Trick or Treat", "Norway 2019", "Photos", "The Who", "Tom: his book", "Alps"},
		Label: {"Dog", "Child", "Sea", "Golden Retriever", "Beach", "Person", "Sunset", "Bicycle", "Wolf", "Christmas", "Opera House", "Rose",
			"Gate", "Berry", "Horse", "Autumn", "Today", "Ice Cream"},
	})
}

// cases returns the lines of a golden table: "question => answer". Lines that start with # are remarks.
func cases(t testing.TB, path string) (lines []string, table map[string]string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	table = map[string]string{}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSuffix(line, "\n")
		lines = append(lines, line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		question, answer, ok := strings.Cut(line, " =>")
		if _, twice := table[question]; !ok || twice {
			t.Fatalf("%s: %q is no case, or is there twice", path, line)
		}
		table[question] = strings.TrimSpace(answer)
	}
	return lines, table
}

// golden compares the answers with a golden table, or writes it anew.
func golden(t *testing.T, path string, least int, answer func(question string) string) {
	t.Helper()
	lines, table := cases(t, path)
	if len(table) < least {
		t.Errorf("%s has %d cases, want at least %d", path, len(table), least)
	}
	if !*updateGolden {
		for question, want := range table {
			if got := answer(question); got != want {
				t.Errorf("%s:\n got %s\nwant %s", question, got, want)
			}
		}
		return
	}
	for i, line := range lines {
		if question, _, ok := strings.Cut(line, " =>"); ok && !strings.HasPrefix(line, "#") {
			lines[i] = strings.TrimRight(question+" => "+answer(question), " ")
		}
	}
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
}

// explain is the query's clauses and notes on one line.
func explain(q Query) string {
	parts := make([]string, len(q.Clauses))
	for i, c := range q.Clauses {
		parts[i] = c.Explain()
	}
	text := strings.Join(parts, "; ")
	for _, note := range q.Notes {
		text += " ! " + note
	}
	return strings.TrimSpace(text)
}

func TestParseTable(t *testing.T) {
	c := Context{Now: fixedNow, Dictionary: fixedNames()}
	golden(t, "testdata/parse.txt", 150, func(question string) string {
		q := c.Parse(question)
		checkRoundTrip(t, c, q)
		return explain(q)
	})
}

// checkRoundTrip checks that the canonical form reads the same, and each part of it can be taken away alone.
func checkRoundTrip(t *testing.T, c Context, q Query) {
	t.Helper()
	if again := c.Parse(q.String()); !sameClauses(again.Clauses, q.Clauses) {
		t.Errorf("%q is written %q, which is read as\n%+v, not\n%+v", q.Text, q.String(), again.Clauses, q.Clauses)
	}
	for i := range q.Clauses {
		rest := slices.Delete(slices.Clone(q.Clauses), i, i+1)
		if again := c.Parse(q.Without(i)); !sameClauses(again.Clauses, rest) {
			t.Errorf("%q without part %d is %q, which is read as\n%+v, not\n%+v", q.Text, i, q.Without(i), again.Clauses, rest)
		}
	}
}

func sameClauses(a, b []Clause) bool { return len(a)+len(b) == 0 || reflect.DeepEqual(a, b) }

// TestParseAnyOrder strings words of the language together that could be read together.
func TestParseAnyOrder(t *testing.T) {
	words := strings.Fields(`last past this summer june may 5 5th 2019 2019/20 2005-2010 .. ..2007 christmas new year year's eve and or not no -
		-- – without from to since before between on in the a of day weekend weekends 3 two ago today , dog dogs kids cat tom tom's natalie
		berg golden retriever the who videos -videos -dog -last -june "golden "a "or" label:dog label: taken: taken:june rating: >= 4 >=4 near:
		59.9,10.7 norway & hütte gipfel trick treat s 's o'neil 90s nineties friday foo:bar is: landscape has:x day:12-24 ! June, june; (2007).`)
	names := newSpelled(map[Kind][]string{
		Person: {"Natalie Berg", "Natalie", "Tom", "June", "May June", "O'Neil", "s", "The", "Tom's Dog"},
		Place:  {"Norway", "New Norway", "Or"},
		Camera: {"Two", "5 June"},
		Album:  {"Trick or Treat", "Last Summer", "Norway 2019", "The Who", "Hütte & Gipfel", "Dog, Cat", "Not Dog", "Videos", "Summer and Christmas"},
		Label:  {"Dog", "Cat", "Golden Retriever", "Today", "Day", "Child", "Year", "Weekend", "Eve"},
	})
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		picked := make([]string, 1+random.IntN(9))
		for i := range picked {
			picked[i] = words[random.IntN(len(words))]
		}
		text := strings.Join(picked, " ")
		for _, c := range []Context{{Now: fixedNow}, {Now: fixedNow, Dictionary: names}} {
			checkRoundTrip(t, c, c.Parse(text))
		}
		if t.Failed() {
			return
		}
	}
}

// TestContext reads periods on other days, in other time zones and on the other hemisphere.
func TestContext(t *testing.T) {
	day := func(s string) time.Time {
		at, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for _, tt := range []struct {
		now   string
		south bool
		text  string
		want  string
	}{
		{"2026-11-22T15:00:00Z", true, "last summer", "2025-12-01..2026-02-28"},
		{"2026-11-22T15:00:00Z", true, "summer 2019", "2019-12-01..2020-02-29"},
		{"2026-11-22T15:00:00Z", true, "winter 2019", "2019-06-01..2019-08-31"},
		{"2026-11-22T15:00:00Z", true, "spring 2019", "2019-09-01..2019-11-30"},
		{"2026-11-22T15:00:00Z", true, "autumn 2019", "2019-03-01..2019-05-31"},
		{"2026-11-22T15:00:00Z", true, "Christmas 2019", "2019-12-24..2019-12-26"},
		{"2026-07-15T12:00:00Z", false, "last summer", "2025-06-01..2025-08-31"},
		{"2026-07-15T12:00:00Z", false, "this summer", "2026-06-01..2026-08-31"},
		{"2026-09-01T00:00:00Z", false, "last summer", "2026-06-01..2026-08-31"},
		{"2026-08-31T23:59:59Z", false, "last summer", "2025-06-01..2025-08-31"},
		{"2026-01-15T12:00:00Z", false, "last winter", "2024-12-01..2025-02-28"},
		{"2026-01-15T12:00:00Z", false, "this winter", "2025-12-01..2026-02-28"},
		{"2026-12-31T23:30:00Z", false, "today", "2026-12-31"},
		{"2027-01-01T08:30:00+09:00", false, "today", "2027-01-01"}, // the same moment, in Tokyo
		{"2027-01-01T08:30:00+09:00", false, "last year", "2026-01-01..2026-12-31"},
		{"2026-12-31T23:30:00Z", false, "last year", "2025-01-01..2025-12-31"},
		{"2027-01-01T08:30:00+09:00", false, "at new year", "2026-12-31..2027-01-01"},
		{"2026-12-25T12:00:00Z", false, "last christmas", "2025-12-24..2025-12-26"},
		{"2026-12-25T12:00:00Z", false, "at christmas", "2026-12-24..2026-12-26"},
		{"2026-11-21T12:00:00Z", false, "this weekend", "2026-11-21..2026-11-22"},
		{"2026-11-21T12:00:00Z", false, "last weekend", "2026-11-14..2026-11-15"},
		{"2026-11-23T12:00:00Z", false, "last weekend", "2026-11-21..2026-11-22"},
		{"2026-11-23T12:00:00Z", false, "this weekend", "2026-11-21..2026-11-22"},
		{"2026-11-23T12:00:00Z", false, "last week", "2026-11-16..2026-11-22"},
		{"2026-11-23T12:00:00Z", false, "this week", "2026-11-23..2026-11-29"},
		{"2026-11-23T12:00:00Z", false, "2 weekends ago", "2026-11-14..2026-11-15"},
		{"2026-03-31T12:00:00Z", false, "last month", "2026-02-01..2026-02-28"},
		{"2026-03-31T12:00:00Z", false, "a month ago", "2026-02-01..2026-02-28"},
		{"2024-02-29T12:00:00Z", false, "last year", "2023-01-01..2023-12-31"},
		{"2025-02-28T12:00:00Z", false, "feb 29", "2024-02-29"},
		{"1999-05-05T12:00:00Z", false, "the 90s", "1990-01-01..1999-12-31"},
		{"1989-05-05T12:00:00Z", false, "the 90s", "1890-01-01..1899-12-31"},
		{"2031-05-05T12:00:00Z", false, "the 30s", "2030-01-01..2039-12-31"},
	} {
		q := Context{Now: day(tt.now), South: tt.south}.Parse(tt.text)
		if len(q.Clauses) != 1 || len(q.Clauses[0].Spans) != 1 || q.Clauses[0].Spans[0].String() != tt.want {
			t.Errorf("%s on %s, south %v, is %s, want %s", tt.text, tt.now, tt.south, explain(q), tt.want)
		}
	}
	if got, want := explain(Context{Now: day("2024-02-29T12:00:00Z")}.Parse("on this day")), "day:02-29"; got != want {
		t.Errorf("on this day is %s on a leap day, want %s", got, want)
	}
}

// TestEaster compares with the dates of the almanac.
func TestEaster(t *testing.T) {
	for _, want := range []string{"1826-03-26", "1900-04-15", "1954-04-18", "1981-04-19", "2000-04-23", "2008-03-23", "2011-04-24", "2018-04-01",
		"2019-04-21", "2024-03-31", "2025-04-20", "2026-04-05", "2038-04-25", "2049-04-18", "2076-04-19", "2099-04-12"} {
		date, err := time.Parse(dayLayout, want)
		if err != nil {
			t.Fatal(err)
		}
		if got := easterSunday(date.Year()).Format(dayLayout); got != want {
			t.Errorf("Easter of %d is %s, want %s", date.Year(), got, want)
		}
	}
}

func TestBounds(t *testing.T) {
	for _, tt := range []struct {
		kind    Kind
		text    string
		in, out []float64
	}{
		{Rating, "4", []float64{4}, []float64{3, 5}},
		{Rating, ">=4", []float64{4, 5}, []float64{3}},
		{Rating, "≤2", []float64{-1, 0, 2}, []float64{3}},
		{Rating, "-1", []float64{-1}, []float64{0, 1}},
		{ISO, ">1600", []float64{1601, 1e9}, []float64{1600}},
		{ISO, "<1600", []float64{0, 1599}, []float64{1600}},
		{ISO, "100..400", []float64{100, 400}, []float64{99, 401}},
		{ISO, "400..100", []float64{100, 400}, []float64{99, 401}},
		{ISO, "400..", []float64{400, 1e9}, []float64{399}},
		{Aperture, "1.8", []float64{1.8, 1.78, 1.75}, []float64{1.7, 1.85}},
		{Aperture, "=1.8", []float64{1.8}, []float64{1.78}},
		{Aperture, "f/2.8", []float64{2.8}, []float64{2.7, 2.9}},
		{Focal, "50mm", []float64{50, 49.5}, []float64{49, 51}},
		{Shutter, "1/250", []float64{1.0 / 250}, []float64{1.0 / 240, 1.0 / 251}},
		{Shutter, ">=1s", []float64{1, 30}, []float64{0.5}},
		{Size, ">5mb", []float64{5_000_001}, []float64{5_000_000}},
		{Size, "5mb", []float64{5_000_000, 5_400_000}, []float64{5_500_000, 4_400_000}},
		{Duration, "<=1:30", []float64{90, 0}, []float64{91}},
		{Duration, ">2m", []float64{121}, []float64{120}},
		{Duration, "1.5h", []float64{5400}, []float64{5000, 6000}},
		{Altitude, ">2km", []float64{2001}, []float64{2000}},
		{Altitude, "-10..5", []float64{-10, 0, 5}, []float64{-11, 6}},
	} {
		lo, hi, ok := parseBounds(tt.kind, tt.text)
		if !ok {
			t.Errorf("%s:%s is no number", tt.kind, tt.text)
		}
		for _, v := range tt.in {
			if v < lo || v > hi {
				t.Errorf("%s:%s leaves out %v", tt.kind, tt.text, v)
			}
		}
		for _, v := range tt.out {
			if v >= lo && v <= hi {
				t.Errorf("%s:%s has %v", tt.kind, tt.text, v)
			}
		}
	}
	for _, text := range []string{"", ">", "=>=4", "4>", "1e3", "0x10", "nan", "inf", "-inf", "1_000", "..", "1...3", "4,5", "1/0", "1:99", "--4", "+4", "9999999999999999"} {
		for _, kind := range []Kind{ISO, Shutter, Duration, Altitude} {
			if lo, hi, ok := parseBounds(kind, text); ok {
				t.Errorf("%s:%s is read as %v to %v", kind, text, lo, hi)
			}
		}
	}
}

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"zurich", "zurich", 0}, {"zruich", "zurich", 1}, {"zuric", "zurich", 1}, {"zurichh", "zurich", 1}, {"zurixh", "zurich", 1},
		{"oceen", "ocean", 1}, {"natlaie", "natalie", 1}, {"naatlei", "natalie", 2}, {"", "ab", 2}, {"abc", "", 3}, {"東京", "東亰", 1}, {"kitten", "sitting", 3},
	} {
		if got := distance([]rune(tt.a), []rune(tt.b), 2); got != tt.want {
			t.Errorf("distance of %s and %s = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}
