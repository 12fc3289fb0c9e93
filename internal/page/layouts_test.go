package page

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"shoebox/internal/gallery"
)

// minimal is the smallest set of layouts.
func minimal() map[string]string {
	files := map[string]string{frame: `<title>{{.Title}}</title>{{block "main" .}}{{end}}`, "partials/name.html": "{{.Name}}"}
	for _, kind := range Kinds() {
		files[kind+".html"] = `{{define "main"}}` + kind + `{{end}}`
	}
	return files
}

func TestRender(t *testing.T) {
	files := minimal()
	files["item.html"] = `{{define "main"}}<a href="{{.Home}}">{{template "partials/name.html" .Item}}</a>{{end}}`
	l, err := Parse(files)
	if err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[string]string{
		Front: "<title>T</title>front", Album: "<title>T</title>album", Search: "<title>T</title>search", NotFound: "<title>T</title>404",
		Item: `<title>T</title><a href="../index.html">a &lt;b&gt;.jpg</a>`,
	} {
		var b bytes.Buffer
		p := &Page{Kind: kind, Site: &Site{}, Title: "T", Root: "../", Item: &ItemData{Name: "a <b>.jpg", Record: &gallery.Record{}}}
		if err := l.Render(&b, p); err != nil || b.String() != want {
			t.Errorf("%s: got %q, %v, want %q", kind, &b, err, want)
		}
	}
	if err := l.Render(io.Discard, &Page{Kind: "other", Path: "x.html"}); err == nil || !strings.Contains(err.Error(), `kind "other"`) {
		t.Errorf("a page of another kind: %v", err)
	}
}

func TestParseErrorsNameFileAndLine(t *testing.T) {
	for _, c := range []struct{ name, file, text, want string }{
		{"syntax", "album.html", "{{define \"main\"}}\n{{if}}{{end}}{{end}}", "layouts/album.html:2: missing value for if"},
		{"syntax in the frame", frame, "\n\n{{", "layouts/baseof.html:3: "},
		{"syntax in a partial", "partials/x.html", "\n{{end}}", "layouts/partials/x.html:2: unexpected {{end}}"},
		{"unknown function", "front.html", "{{define \"main\"}}\n\n{{shout 1}}{{end}}", `layouts/front.html:3: function "shout" not defined`},
		{"unknown partial", "item.html", "{{define \"main\"}}\n{{template \"partials/none.html\" .}}{{end}}", `layouts/item.html:2:11: no such template "partials/none.html"`},
		{"data in a place that can't be made safe", "search.html", "{{define \"main\"}}\n<script>{{if .}}'{{end}}</script>{{end}}", "layouts/search.html:2:"},
		{"a quote left open", "404.html", "{{define \"main\"}}\n<a href=\"{{.Home}}>{{end}}", "layouts/404.html or baseof.html: a quote, tag or comment is left open"},
		{"unknown layout", "albm.html", "", "layouts/albm.html is not used: layouts are baseof.html, front.html"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := minimal()
			files[c.file] = c.text
			_, err := Parse(files)
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s…", err, c.want)
			}
		})
	}
	for name := range minimal() {
		if strings.HasPrefix(name, "partials/") {
			continue
		}
		files := minimal()
		delete(files, name)
		if _, err := Parse(files); err == nil || err.Error() != "layouts/"+name+" is missing" {
			t.Errorf("without %s: %v", name, err)
		}
	}
}

func TestRenderErrorsNameFileAndLine(t *testing.T) {
	for _, c := range []struct{ name, file, text, want string }{
		{"wrong field", "album.html", "{{define \"main\"}}\n{{.Album.Titel}}{{end}}", "page p.html: layouts/album.html:2:8: executing \"main\" at <.Album.Titel>: can't evaluate field Titel"},
		{"wrong field in the frame", frame, "\n{{.Site.Name}}{{block \"main\" .}}{{end}}", "page p.html: layouts/baseof.html:2:7: "},
		{"wrong field in a partial", "partials/name.html", "\n\n{{.Nam}}", "page p.html: layouts/partials/name.html:3:2: "},
		{"data that the page has not", "album.html", "{{define \"main\"}}\n{{.Item.Name}}{{end}}", "page p.html: layouts/album.html:2:7: "},
		{"missing key", "album.html", "{{define \"main\"}}\n{{(dict \"a\" 1).b}}{{end}}", "page p.html: layouts/album.html:2:"},
		{"odd dict", "album.html", "{{define \"main\"}}\n{{dict 1}}{{end}}", "page p.html: layouts/album.html:2:2: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := minimal()
			files["album.html"] = `{{define "main"}}{{template "partials/name.html" .Album}}{{end}}`
			files[c.file] = c.text
			l, err := Parse(files)
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			err = l.Render(&b, &Page{Kind: Album, Path: "p.html", Site: &Site{}, Album: &AlbumData{}})
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s…", err, c.want)
			}
			if b.Len() > 0 {
				t.Errorf("wrote %q in spite of the error", &b)
			}
		})
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestRenderPassesOnWriteErrors(t *testing.T) {
	l, err := Parse(minimal())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Render(failing{}, &Page{Kind: Front}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
}

func TestDates(t *testing.T) {
	day := func(y int, m time.Month, d int) gallery.Date {
		return gallery.Wall(time.Date(y, m, d, 15, 4, 0, 0, time.UTC))
	}
	for _, c := range []struct {
		from, to gallery.Date
		want     string
	}{
		{gallery.Date{}, gallery.Date{}, ""},
		{day(2024, 7, 3), gallery.Date{}, "3 July 2024"},
		{gallery.Date{}, day(2024, 7, 3), "3 July 2024"},
		{day(2024, 7, 3), day(2024, 7, 3), "3 July 2024"},
		{day(2024, 7, 3), day(2024, 7, 9), "3–9 July 2024"},
		{day(2024, 6, 3), day(2024, 8, 9), "June – August 2024"},
		{day(2019, 6, 3), day(2024, 6, 3), "2019 – 2024"},
	} {
		if got := dates(c.from, c.to); got != c.want {
			t.Errorf("dates(%v, %v) = %q, want %q", c.from, c.to, got, c.want)
		}
	}
	at := time.Date(2024, 7, 14, 15, 4, 0, 0, time.UTC)
	for _, c := range []struct {
		date gallery.Date
		want string
	}{
		{gallery.Date{}, ""},
		{gallery.Wall(at), "14 July 2024, 15:04"},
		{gallery.Zoned(at), "14 July 2024, 15:04 (UTC)"},
		{gallery.Zoned(at.In(time.FixedZone("", 7200))), "14 July 2024, 17:04 (UTC+2)"},
		{gallery.Zoned(at.In(time.FixedZone("", -12600))), "14 July 2024, 11:34 (UTC−3:30)"},
	} {
		if got := datetime(c.date); got != c.want {
			t.Errorf("datetime(%v) = %q, want %q", c.date, got, c.want)
		}
	}
}

func TestSearchURL(t *testing.T) {
	for path, want := range map[string]string{
		"index.html": "-/search", "alps/a.jpg.html": "../-/search", "-/search": "../-/search", "alps/-/search": "search",
		"privates/index.html": "../-/search", "private.jpg.html": "-/search",
		"private/index.html": "-/search", "private/x/a.jpg.html": "-/search", "private/x/-/search": "search",
	} {
		p := &Page{Path: path, Root: strings.Repeat("../", strings.Count(path, "/"))}
		if got := p.SearchURL(); got != want {
			t.Errorf("from %s a search goes to %s, want %s", path, got, want)
		}
	}
}
