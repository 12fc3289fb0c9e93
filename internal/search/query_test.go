package search

import (
	"slices"
	"strings"
	"testing"
)

// parseTests are queries and their canonical forms; notes counts the remarks to the visitor.
var parseTests = []struct {
	text, want string
	notes      int
}{
	{"", "", 0},
	{"   ", "", 0},
	{"dog", "dog", 0},
	{"dog beach", "dog beach", 0},
	{"  Dog \t\n BEACH ", "Dog BEACH", 0},
	{"dog dog", "dog dog", 0},
	{`"golden gate"`, `"golden gate"`, 0},
	{`“golden   gate”`, `"golden gate"`, 0},
	{`"golden gate`, `"golden gate"`, 0},
	{`"dog"`, `"dog"`, 0},
	{`""`, "", 0},
	{`bridge"golden gate"fog`, `bridge "golden gate" fog`, 0},
	{"label:dog", "label:dog", 0},
	{"Label:Dog", "label:Dog", 0},
	{"label: dog", "label:dog", 0},
	{`label:"golden retriever"`, `label:"golden retriever"`, 0},
	{`label: "golden retriever" beach`, `label:"golden retriever" beach`, 0},
	{"tag:dog", "label:dog", 0},
	{"label:", "", 0},
	{"label: person:ann", "person:ann", 0},
	{"person:natalie", "person:natalie", 0},
	{"person:Zoë", "person:Zoë", 0},
	{"people:natalie", "person:natalie", 0},
	{`-person:"Ann Lee"`, `-person:"Ann Lee"`, 0},
	{"album:alps/2024", "album:alps/2024", 0},
	{"album:/alps/", "album:alps", 0},
	{"camera:canon", "camera:canon", 0},
	{`camera:"Canon EOS R5"`, `camera:"Canon EOS R5"`, 0},
	{"type:video", "type:video", 0},
	{"type:.jpg", "type:jpg", 0},
	{"taken:2023", "taken:2023", 0},
	{"taken:2023-06", "taken:2023-06", 0},
	{"taken:2023-06-15", "taken:2023-06-15", 0},
	{"taken: 2023", "taken:2023", 0},
	{`taken:"2023"`, "taken:2023", 0},
	{"taken:2019..2021", "taken:2019..2021", 0},
	{"taken:2019-06..2020-01", "taken:2019-06..2020-01", 0},
	{"taken:..2007", "taken:..2007", 0},
	{"taken:2007..", "taken:2007..", 0},
	{"taken:2021..2019", "taken:2019..2021", 0},
	{"taken:2019-02..2019-01", "taken:2019..2019-02", 0},
	{"taken:2019..2019-06", "taken:2019..2019-06", 0},
	{"taken:2019-06..2019", "taken:2019-06..2019", 0},
	{"taken:2019-01-01..2019-12-31", "taken:2019", 0},
	{"taken:2019-01..2020", "taken:2019..2020", 0},
	{"taken:1515", "taken:1515", 0},
	{"taken:..", "", 1},
	{"taken:yesterday", "taken:yesterday", 0},
	{"taken:whenever", "whenever", 1},
	{"taken:2023-13", "2023-13", 1},
	{"taken:2023-02-29", "2023-02-29", 1},
	{"2007", "taken:2007", 0},
	{"1825", "1825", 0},
	{"2100", "2100", 0},
	{"0000", "0000", 0},
	{"2007-07", "taken:2007-07", 0},
	{"2007-07-04,", "taken:2007-07-04", 0},
	{"(2007).", "taken:2007", 0},
	{"2019..2021", "taken:2019..2021", 0},
	{"..2007", "taken:..2007", 0},
	{`"2007"`, `"2007"`, 0},
	{"photos of Natalie from 2007", "Natalie taken:2007", 0},
	{"show me dogs at the beach", "dogs beach", 0},
	{"sunset in Oslo not people", "sunset Oslo -people", 0},
	{"beach without the dog", "beach -dog", 0},
	{"not label:dog", "-label:dog", 0},
	{`not "golden gate"`, `-"golden gate"`, 0},
	{"not 2007", "-taken:2007", 0},
	{"-dog", "-dog", 0},
	{"--dog", "-dog", 0},
	{"-2007", "-taken:2007", 0},
	{"- dog", "dog", 0},
	{"-", "", 0},
	{"not", `"not"`, 0},
	{"the", `"the"`, 0},
	{"photos", `"photos"`, 0},
	{"the who", "who", 0},
	{"cats or dogs", "cats or dogs", 0},
	{"foo:bar", "foo bar", 1},
	{`foo:"bar baz"`, `foo "bar baz"`, 1},
	{"-foo:bar", "-foo -bar", 1},
	{"12:30", "12, 30", 0},
	{":dog", "dog", 0},
	{"rock'n'roll e-mail", "rock'n'roll e-mail", 0},
	{"IMG_1234.jpg", "IMG_1234.jpg", 0},
	{"dogs, cats!", "dogs cats", 0},
	{"beach & sea", "beach sea", 0},
	{"😀", "", 1},
	{"東京 タワー", "東京 タワー", 0},
	{"cafe\u0301", "cafe\u0301", 0},
	{"a\u202eb", "ab", 0},
	{"\xff\xfe", "", 0},
	{"<script>alert(1)</script>", `"script>alert(1)</script"`, 0},
	{`label:"<b>x</b>"`, `label:"<b>x</b>"`, 0},
	{strings.Repeat("dog ", 40), strings.TrimSpace(strings.Repeat("dog ", 32)), 1},
	{strings.Repeat("x", 600), strings.Repeat("x", 500), 1},
	{strings.Repeat("é", 600), strings.Repeat("é", 250), 1},
}

func TestParse(t *testing.T) {
	for _, tt := range parseTests {
		q := Parse(tt.text)
		if got := q.String(); got != tt.want {
			t.Errorf("Parse(%q) = %s, want %s", tt.text, got, tt.want)
		}
		if len(q.Notes) != tt.notes {
			t.Errorf("Parse(%q) notes %q, want %d", tt.text, q.Notes, tt.notes)
		}
	}
}

func TestChips(t *testing.T) {
	q := Parse(`Person:Natalie "golden gate" not beach 2019-06..2020 -type:video`)
	var chips []string
	for _, c := range q.Clauses {
		chips = append(chips, c.Chip())
	}
	want := []string{"person: Natalie", "“golden gate”", "not beach", "taken: 2019-06..2020", "not type: video"}
	if !slices.Equal(chips, want) {
		t.Errorf("chips = %q, want %q", chips, want)
	}
	for text, want := range map[string]string{
		"last summer":               "taken: last summer (2026-06..2026-08)",
		"June 2019":                 "taken: June 2019 (2019-06)",
		"since 2019":                "taken: since 2019 (2019..)",
		"yesterday":                 "taken: yesterday (2026-11-21)",
		"last 2 weekends":           "taken: last 2 weekends (2026-11-07..2026-11-08, 2026-11-14..2026-11-15)",
		"last 20 weekends":          "taken: last 20 weekends",
		"on this day":               "taken: 22 November of any year",
		"not cats or dogs":          "not cats | not dogs",
		"2007 or dogs or -type:gif": "taken: 2007 or dogs or not type: gif",
		"rating:>=4 is:vertical":    "rating: >=4 | is: portrait",
		"near:59.9,10.7":            "near: 59.9,10.7",
	} {
		var chips []string
		for _, c := range (Context{Now: fixedNow}).Parse(text).Clauses {
			chips = append(chips, c.Chip())
		}
		if got := strings.Join(chips, " | "); got != want {
			t.Errorf("chips of %s are %s, want %s", text, got, want)
		}
	}
	if got, want := q.Without(1), "person:Natalie -beach taken:2019-06..2020 -type:video"; got != want {
		t.Errorf("Without(1) = %s, want %s", got, want)
	}
}

func TestSpans(t *testing.T) {
	for text, want := range map[string]string{
		"2023":                   "y[2023,2024)",
		"2023-06":                "ym[202306,202307)",
		"2023-06-15":             "d[20230615,20230616)",
		"2023-12-31":             "d[20231231,20240101)",
		"2023-06-15..2023-06-20": "d[20230615,20230621)",
		"2023-06-15..2023-07-02": "d[20230615,20230701) d[20230701,20230703)",
		"2023-06-15..2023-09":    "d[20230615,20230701) ym[202307,202310)",
		"2019-06..2020-01":       "ym[201906,202001) ym[202001,202002)",
		"2019-06-15..2022-03-02": "d[20190615,20190701) ym[201907,202001) y[2020,2022) ym[202201,202203) d[20220301,20220303)",
		"2019-06..":              "ym[201906,202001) y[2020,)",
		"..2020-02-01":           "y[,2020) ym[202001,202002) d[20200201,20200202)",
		"..2020":                 "y[,2021)",
	} {
		from, to, ok := parseRange(text)
		var parts []string
		for _, s := range spans(from, to) {
			parts = append(parts, s.field+"["+s.from+","+s.to+")")
		}
		if got := strings.Join(parts, " "); !ok || got != want {
			t.Errorf("%s covers %s, want %s", text, got, want)
		}
	}
}

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"Zürich": "zurich", "cafe\u0301": "cafe", "CAFÉ": "cafe", "Straße": "strasse", "Ærø": "aero", "ﬁlm": "film", "Ｏslo": "oslo",
		"Łódź": "lodz", "Йод": "иод", "Αθήνα": "αθηνα", "が": "が", "\ta \t b": "a b", "İ": "i",
	} {
		if got := fold(in); got != want {
			t.Errorf("fold(%q) = %q, want %q", in, got, want)
		}
		if got := fold(fold(in)); got != want {
			t.Errorf("fold(fold(%q)) = %q, want %q", in, got, want)
		}
	}
	if got, want := nameWords("IMG_2023-sunsetBeach.jpg"), "IMG 2023 sunset Beach sunsetBeach jpg"; got != want {
		t.Errorf("nameWords = %q, want %q", got, want)
	}
}
