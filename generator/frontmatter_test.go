package generator

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"shoebox/internal/gallery"
)

func TestParseAlbum(t *testing.T) {
	for _, c := range []struct {
		text string
		want string // the album as JSON, or what the error has to say
	}{
		{"", `{"path":"","title":""}`},
		{"Just *text*.\n", `{"path":"","title":"","text":"Just *text*."}`},
		{"---\ntitle: Alps\n---\nText", `{"path":"","title":"Alps","text":"Text"}`},
		{"\ufeff---\r\ntitle: Alps\r\n---\r\nText", `{"path":"","title":"Alps","text":"Text"}`},
		{"+++\ntitle = \"Alps\"\ndate = 2024-07-15\nweight = 3\n+++\n", `{"path":"","title":"Alps","date":"2024-07-15T00:00:00","weight":3}`},
		{"+++\ntitle = 2024-07-15\n+++\n", `{"path":"","title":"2024-07-15"}`},
		{"---\nTITLE: 2024\nHidden: true\n---", `{"path":"","title":"2024","hidden":true}`},
		{"---\ntitle: low\nTitle: high\n---", `{"path":"","title":"low"}`},
		{"---\nsort: Rating\norder: DESCENDING\n---", `{"path":"","title":"","sort":"rating","order":"descending"}`},
		{"---\nsummary: two\n  lines\nunknown: {a: [1]}\n---", `{"path":"","title":"","description":"two lines"}`},
		{"---\ndate: 2024-07-15T18:30:00+02:00\n---", `{"path":"","title":"","date":"2024-07-15T18:30:00+02:00"}`},
		{"---\n---\n---\nnot a head", `{"path":"","title":"","text":"---\nnot a head"}`},
		{"---\ntitle: Alps\n", "no second one like it"},
		{"---\ntitle: [\n---", "can't be read"},
		{"---\n- a\n- list\n---", "can't be read"},
		{"---\ntitle: {a: b}\n---", "title should be text"},
		{"---\nhidden: maybe\n---", "hidden should be true or false"},
		{"---\nweight: 1.5\n---", "weight should be a whole number"},
		{"---\nweight: .nan\n---", "weight should be a whole number"},
		{"---\nsort: size\n---", "sort should be taken, name, modified, rating"},
		{"---\ndate: tomorrow\n---", "date should be a date"},
		{"\xff\xfe---", "not UTF-8"},
		{strings.Repeat("x", maxText+1), "shorten it"},
	} {
		a, err := parseAlbum([]byte(c.text))
		if !strings.HasPrefix(c.want, "{") {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%.60q: error %v, want %q", c.text, err, c.want)
			}
			continue
		}
		var got strings.Builder
		encoder := json.NewEncoder(&got)
		encoder.SetEscapeHTML(false)
		if encodeErr := encoder.Encode(a); err != nil || encodeErr != nil {
			t.Errorf("%q: %v, %v", c.text, err, encodeErr)
		}
		if strings.TrimSpace(got.String()) != c.want {
			t.Errorf("%q is read as\n%s, want\n%s", c.text, got.String(), c.want)
		}
	}
}

func TestMergeText(t *testing.T) {
	r := gallery.Record{Metadata: gallery.Metadata{Title: "embedded", Caption: "embedded", Keywords: []string{"dog"}, Rating: 2}}
	text := "---\nkeywords: [Dog, 2024, 2024-07-15, true]\npersons: Ann,  Bob \nrating: 5\ndate: 2024-07-15 18:30\n---\nMine."
	if err := mergeText(&r, []byte(text)); err != nil {
		t.Fatal(err)
	}
	if r.Title != "embedded" || r.Caption != "Mine." || !r.Markdown || r.Rating != 5 || r.Taken.String() != "2024-07-15T18:30:00" {
		t.Errorf("merged to %+v", r.Metadata)
	}
	if want := []string{"dog", "2024", "2024-07-15", "true"}; !slices.Equal(r.Keywords, want) {
		t.Errorf("keywords %q, want %q", r.Keywords, want)
	}
	if want := []string{"Ann", "Bob"}; !slices.Equal(r.Persons, want) {
		t.Errorf("persons %q, want %q", r.Persons, want)
	}
}

// TestFrontMatterIsBounded reads heads that are made to exhaust a parser.
func TestFrontMatterIsBounded(t *testing.T) {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for i := 'b'; i < 'k'; i++ {
		bomb += fmt.Sprintf("%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n", i, i, i-1, i-1, i-1, i-1, i-1, i-1, i-1, i-1, i-1)
	}
	const n = maxText - 1000
	for name, text := range map[string]string{
		"YAML aliases":    "---\n" + bomb + "---\n",
		"YAML lists":      "---\ntitle: " + strings.Repeat("[", n) + "\n---\n",
		"YAML indents":    "---\n" + strings.Repeat("- ", n/2) + "\n---\n",
		"YAML long title": "---\ntitle: [" + strings.Repeat("x,", n/3) + "]\n---\n",
		"TOML lists":      "+++\ntitle = " + strings.Repeat("[", n) + "\n+++\n",
		"TOML tables":     "+++\ntitle = " + strings.Repeat("{a=", n/3) + "\n+++\n",
		"TOML keys":       "+++\n" + strings.Repeat("a.", n/2) + "a = 1\n+++\n",
		"TOML closed":     "+++\ntitle = " + strings.Repeat("[", n/2) + strings.Repeat("]", n/2) + "\n+++\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseAlbum([]byte(text))
			if err != nil && len(reason(err)) > 1000 {
				t.Errorf("the reason has %d bytes", len(reason(err)))
			}
		})
	}
}

func FuzzFrontMatter(f *testing.F) {
	for _, seed := range []string{
		"", "---\n---\n", "+++\n+++", "---\ntitle: [a\n---", "---\ntitle: Alps\nkeywords: [a, 1, 2.5]\ndate: 2024-07-15\n---\nText",
		"+++\ntitle = \"Alps\"\ndate = 2024-07-15T18:30:00\nweight = 3\n[extra]\nx = 1\n+++\n", "---\ndate: 2024-07-15T18:30:00+02:00\n---",
		"---\na: &a [*a]\n---", "---\nrating: 0x10\nrating: .inf\n---", "---\n? [a]\n: b\n---", "---\ndate: 0000-00-00\n---", "\xff",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		a, err := parseAlbum(text)
		if again, errAgain := parseAlbum(text); fmt.Sprint(a, err) != fmt.Sprint(again, errAgain) {
			t.Errorf("read as %+v, %v and as %+v, %v", a, err, again, errAgain)
		}
		var r gallery.Record
		err = mergeText(&r, text)
		if err != nil && (len(reason(err)) > 1000 || !utf8.ValidString(reason(err)) || strings.Contains(reason(err), "\n")) {
			t.Errorf("error %.100q", err)
		}
		body, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var back gallery.Record
		if err := json.Unmarshal(body, &back); err != nil {
			t.Errorf("the record %s can't be read: %v", body, err)
		}
		if body, err = json.Marshal(a); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(body, &a); err != nil {
			t.Errorf("the album %s can't be read: %v", body, err)
		}
	})
}
