package theme_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"shoebox/generator/theme"
	"shoebox/internal/gallery"
	"shoebox/internal/page"
)

var hostileTexts = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, "` onclick=alert(1)", `</title><svg onload=alert(1)>`,
	`javascript:alert(1)`, `--><script>alert(1)</script>`, `{{.Site}}`, `</style><script>alert(1)</script>`, "line\nbreak\r\n\x00\x01", "\u202Egnp.exe\u2066",
	`;--r:9}body{display:none`, strings.Repeat("long", 100), `&lt;script&gt;`, `[x](javascript:alert(1))`, "\xff\xfe", "</bdi></h1></main>",
}

// Names and texts come from files that anybody may have made. Wherever they stand, the page has the same elements and attributes
// as with harmless ones, no link leads to a script, and the text is there to be read.
func TestHostileTextsAreOnlyText(t *testing.T) {
	th := load(t)
	harmless := newSample(th, func(s string) string { return s }).pages()
	for _, hostile := range hostileTexts {
		s := newSample(th, func(string) string { return hostile })
		s.site.Accent, s.site.Language = hostile, hostile
		pages := s.pages()
		for name, p := range pages {
			p.Description, harmless[name].Description = hostile, "A description."
			for _, items := range [][]page.ItemData{albumItems(p), searchResults(p)} {
				for i := range items {
					items[i].Record.Placeholder = []string{hostile, hostile}
				}
			}
			got, want := render(t, th, p), render(t, th, harmless[name])
			// Markdown makes elements of its own out of text; what those may be is Markdown's test.
			if g, w := shape(got), shape(want); !slices.Equal(g, w) {
				t.Errorf("%s with %q has other elements:\n got %v\nwant %v", name, hostile, diff(g, w), diff(w, g))
			}
			check(t, name, hostile, got)
		}
		title := strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(hostile, "\uFFFD"), "\x00", "\uFFFD"))
		body := text(render(t, th, pages["alps/index.html"]))
		if !strings.Contains(strings.ReplaceAll(body, "\r", ""), strings.ReplaceAll(title, "\r", "")) {
			t.Errorf("the title %q is not to be read in the album's page", title)
		}
	}
}

// Colours and sizes go into style attributes, where nothing but colours and sizes may come out.
func TestHostileStyles(t *testing.T) {
	th := load(t)
	s := newSample(th, func(s string) string { return s })
	for _, colour := range []string{"red;background:url(//evil)", "#12345g", "#1234567890", "expression(x)", "url(x)", "", "#", "rgb(1,2,3)"} {
		s.site.Accent = colour
		it := s.item(0, gallery.Photo, "x.jpg")
		it.Record.Placeholder = []string{colour, colour}
		doc := render(t, th, s.album([]page.ItemData{it}))
		for n := range doc.Descendants() {
			for _, a := range n.Attr {
				if a.Key == "style" && strings.Trim(a.Val, "-:;.0123456789abcdefrow#") != "" {
					t.Errorf("colour %q gives style %q", colour, a.Val)
				}
			}
		}
	}
}

func albumItems(p *page.Page) []page.ItemData {
	if p.Album == nil {
		return nil
	}
	return p.Album.Items
}

func searchResults(p *page.Page) []page.ItemData {
	if p.Search == nil {
		return nil
	}
	return p.Search.Results
}

func render(t *testing.T, th *theme.Theme, p *page.Page) *html.Node {
	t.Helper()
	var b bytes.Buffer
	if err := th.Layouts().Render(&b, p); err != nil {
		t.Fatal(err)
	}
	doc, err := html.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// shape lists the elements with the names of their attributes, without what is inside of Markdown and inline styles.
func shape(doc *html.Node) []string {
	var list []string
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode {
			names := []string{n.Data}
			prose := false
			for _, a := range n.Attr {
				prose = prose || a.Key == "class" && a.Val == "prose"
				if a.Key != "style" {
					names = append(names, a.Key)
				}
			}
			list = append(list, strings.Join(names, " "))
			if prose {
				return
			}
		}
		for c := range n.ChildNodes() {
			walk(c)
		}
	}
	walk(doc)
	return list
}

func diff(a, b []string) (only []string) {
	for _, s := range a {
		if !slices.Contains(b, s) {
			only = append(only, s)
		}
	}
	return only
}

func check(t *testing.T, name, hostile string, doc *html.Node) {
	t.Helper()
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		for _, a := range n.Attr {
			value := strings.ToLower(strings.TrimSpace(a.Val))
			switch {
			case strings.HasPrefix(a.Key, "on"):
				t.Errorf("%s with %q has <%s %s=%q>", name, hostile, n.Data, a.Key, a.Val)
			case (a.Key == "href" || a.Key == "src" || a.Key == "action") && (strings.HasPrefix(value, "javascript:") || strings.HasPrefix(value, "data:")):
				t.Errorf("%s with %q has <%s %s=%q>", name, hostile, n.Data, a.Key, a.Val)
			}
		}
		if n.Data == "script" && n.FirstChild != nil {
			t.Errorf("%s with %q has an inline script %q", name, hostile, n.FirstChild.Data)
		}
	}
}

func text(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return b.String()
}
