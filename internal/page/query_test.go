package page_test

import (
	"net/url"
	"strings"
	"testing"

	"shoebox/internal/gallery"
	"shoebox/internal/page"
	"shoebox/internal/search"
)

func TestNamesAreForThePublicPagesAlone(t *testing.T) {
	found := &page.SearchData{}
	for _, tt := range []struct {
		path   string
		search *page.SearchData
		want   string
	}{
		{"index.html", nil, "-/names.json"},
		{"alps/2024/index.html", nil, "../../-/names.json"},
		{"alps/a.jpg.html", nil, "../-/names.json"},
		{"privately/index.html", nil, "../-/names.json"},
		{gallery.SearchPath, found, "../-/names.json"},
		{gallery.SearchPage, found, "../../-/names.json"},
		{"alps/" + gallery.SearchPath, found, ""},
		{"private/index.html", nil, ""},
		{"private/a/b.jpg.html", nil, ""},
		{"private/a/" + gallery.SearchPath, found, ""},
	} {
		p := page.Page{Path: tt.path, Root: strings.Repeat("../", strings.Count(tt.path, "/")), Search: tt.search}
		if got := p.Names(); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.path, got, tt.want)
		}
	}
}

func itemPage(key string) *page.Page {
	at := gallery.ItemPage(key)
	return &page.Page{Path: at, Root: strings.Repeat("../", strings.Count(at, "/")), Site: &page.Site{Search: true},
		Item: &page.ItemData{Record: &gallery.Record{Original: gallery.Original{Key: key}}}}
}

func TestLike(t *testing.T) {
	for _, tt := range []struct {
		key              string
		unlisted, static bool
		want             string
	}{
		{"data/a.jpg", false, false, `-/search?q=like%3A%22a.jpg%22`},
		{"data/alps/2024/a b#1?.jpg", false, false, `../../-/search?q=like%3A%22alps%2F2024%2Fa+b%231%3F.jpg%22`},
		{"data/private/x/a.jpg", true, false, `-/search?q=like%3A%22private%2Fx%2Fa.jpg%22`},
		{"data/hidden/x.html/a.jpg", true, false, `-/search?q=like%3A%22hidden%2Fx.html%2Fa.jpg%22`},
		{"data/hidden/a.jpg", true, true, ""}, // what is not listed is not in the browser's index
		{"data/alps/a.jpg", false, true, `../-/search?q=like%3A%22alps%2Fa.jpg%22`},
		{`data/12" record.jpg`, false, false, "-/search?q=like%3A%2212%2522+record.jpg%22"},
		{"data/" + strings.Repeat("long/", 100) + "a.jpg", false, false, ""},
	} {
		p := itemPage(tt.key)
		p.NoIndex, p.Site.Browser = tt.unlisted, tt.static
		got := p.Like()
		if tt.static && got != "" { // where that search page is, others say
			got = "../-/search" + got[strings.IndexByte(got, '?'):]
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.key, got, tt.want)
		}
	}
	p := itemPage("data/a.jpg")
	p.Site.Search = false
	if got := p.Like(); got != "" {
		t.Errorf("without a search: %q", got)
	}
	p = itemPage("data/a.jpg")
	p.Item = nil
	if got := p.Like(); got != "" {
		t.Errorf("without an item: %q", got)
	}
}

// FuzzLike holds that a link to what is like an item asks for that item alone, whatever its name.
func FuzzLike(f *testing.F) {
	for _, path := range []string{
		"a.jpg", "alps/2024/summit.jpg", "a b/c  d.jpg", " a.jpg", "a.jpg ", "a\tb.jpg", "a\u00a0b.jpg", `12" record.jpg`, "„Öl“.jpg", "«x».jpg", "ä＂b.jpg", "it's.jpg", "-not.jpg",
		"a#1?&=%41+b.jpg", "like:x.jpg", "label:dog/x.jpg", "a, b or c.jpg", "💾", "💾.jpg", "👩‍👩‍👧.jpg", "\u202egnp.exe", "مرحبا/صورة.jpg", "e\u0301.jpg", "\ufeffa.jpg", "\ufffd.jpg",
		"\x01a.jpg", "a\u2028b.jpg", "!!!.???", strings.Repeat("x", 392), strings.Repeat("x", 500), strings.Repeat("é", 300), "it’s.jpg", "2024/06/a.jpg", "<script>.jpg",
		"a\\b.jpg", "(a).jpg", "a;.jpg", "%", "100%", "%zz%20",
	} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		if gallery.CheckKey(gallery.Data+path) != nil {
			return // not published
		}
		link := itemPage(gallery.Data + path).Like()
		if link == "" {
			if len(path) < 100 {
				t.Errorf("%q has no link", path)
			}
			return
		}
		_, raw, _ := strings.Cut(link, "?")
		values, err := url.ParseQuery(raw)
		if err != nil {
			t.Fatalf("%q: %v", link, err)
		}
		q := search.Parse(values.Get("q"))
		if len(q.Clauses) != 1 || q.Clauses[0].Kind != search.Like || q.Clauses[0].Not || len(q.Notes) > 0 {
			t.Fatalf("%q: the link %s is read as %+v", path, link, q)
		}
		if got, err := url.PathUnescape(q.Clauses[0].Text); err != nil || got != path {
			t.Errorf("%q: the link %s is read as %q, %v", path, link, got, err)
		}
	})
}
