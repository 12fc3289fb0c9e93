package generator_test

import (
	"encoding/xml"
	"errors"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"shoebox/generator"
	"shoebox/internal/config"
	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

var metas = regexp.MustCompile(`<(?:link rel="canonical" href|meta property="og:(?:image|url)" content)="([^"]*)"`)

// TestAbsoluteAddresses wants whole addresses, and only such that there is something at, wherever a page is not what reads them.
func TestAbsoluteAddresses(t *testing.T) {
	const base = "https://example.org/some%20place/"
	b := sample(t)
	b.Upload("data/alps/odd #1?&<%41>.jpg", photo(t, 9), morning.Add(99*time.Hour))
	b.Upload("data/alps/odd #1?&<%41>.jpg.md", []byte("---\ntitle: \"Fish & <chips>\\x01\"\n---\nSee [it](https://example.org)."), morning)
	build(t, b, func(c *config.Config) { c.BaseURL = base })
	contents := b.Contents("public/")
	there := func(from, address string) {
		t.Helper()
		u, err := url.Parse(address)
		if err != nil || !strings.HasPrefix(address, base) {
			t.Errorf("%s gives the address %q, %v", from, address, err)
			return
		}
		path := strings.TrimPrefix(u.Path, "/some place/")
		if path == "" || strings.HasSuffix(path, "/") {
			path += "index.html"
		}
		if _, ok := contents["public/"+path]; !ok {
			t.Errorf("%s gives the address %q, where nothing is", from, address)
		}
	}
	canonical := map[string]bool{}
	for key, body := range contents {
		if !strings.HasSuffix(key, ".html") {
			continue
		}
		found := metas.FindAllStringSubmatch(body, -1)
		if len(found) == 0 && key != "public/404.html" {
			t.Errorf("%s has no canonical address", key)
		}
		for _, match := range found {
			there(key, strings.NewReplacer("&amp;", "&", "&#43;", "+").Replace(match[1]))
			canonical[match[1]] = true
		}
	}
	var feed struct {
		ID      string `xml:"id"`
		Updated string `xml:"updated"`
		Entries []struct {
			ID      string `xml:"id"`
			Title   string `xml:"title"`
			Updated string `xml:"updated"`
			Link    struct {
				Href string `xml:"href,attr"`
			} `xml:"link"`
			Content string `xml:"content"`
		} `xml:"entry"`
	}
	if err := xml.Unmarshal([]byte(contents["public/feed.xml"]), &feed); err != nil {
		t.Fatalf("%v in\n%s", err, contents["public/feed.xml"])
	}
	ids := map[string]bool{feed.ID: true}
	there("the feed", feed.ID)
	for _, e := range feed.Entries {
		there("the feed", e.Link.Href)
		if u, err := url.Parse(e.ID); err != nil || !u.IsAbs() || ids[e.ID] {
			t.Errorf("the id %q, %v", e.ID, err)
		}
		ids[e.ID] = true
		for _, match := range links.FindAllStringSubmatch(e.Content, -1) {
			there("the feed", match[1])
		}
		for _, at := range []string{e.Updated, feed.Updated} {
			if _, err := time.Parse(time.RFC3339, at); err != nil {
				t.Error(err)
			}
		}
	}
	if len(feed.Entries) != 7 || !strings.HasPrefix(feed.Entries[0].Title, "Fish & <chips>") {
		t.Errorf("the feed has %d entries, the first is %+v", len(feed.Entries), feed.Entries[0])
	}
	type locations struct {
		Sitemaps []string `xml:"sitemap>loc"`
		URLs     []string `xml:"url>loc"`
	}
	var index locations
	if err := xml.Unmarshal([]byte(contents["public/sitemap.xml"]), &index); err != nil || len(index.Sitemaps) != 4 {
		t.Errorf("the sitemap lists %q, %v", index.Sitemaps, err)
	}
	count := 0
	for _, at := range index.Sitemaps {
		there("the sitemap", at)
		u, _ := url.Parse(at)
		var m locations
		if err := xml.Unmarshal([]byte(contents["public/"+strings.TrimPrefix(u.Path, "/some place/")]), &m); err != nil {
			t.Error(err)
		}
		for _, page := range m.URLs {
			there(at, page)
			if !canonical[page] {
				t.Errorf("%s lists %s, which is no page's canonical address", at, page)
			}
			count++
		}
	}
	if count != 4+7 {
		t.Errorf("the sitemaps list %d pages", count)
	}
	build(t, b) // and without base_url nothing knows of it any more
	for key, body := range b.Contents("public/") {
		if strings.Contains(body, "some%20place") || strings.HasSuffix(key, "sitemap.xml") {
			t.Errorf("%s is left", key)
		}
	}
}

// TestSwitches turns settings on and off again: each time the gallery is the one that a first build makes.
func TestSwitches(t *testing.T) {
	b := sample(t)
	for _, c := range []struct {
		name   string
		change func(c *config.Config)
		check  func(contents map[string]string)
	}{
		{"as it comes", func(c *config.Config) {}, nil},
		{"no search", func(c *config.Config) { c.Search = "none" }, func(contents map[string]string) {
			for key, body := range contents {
				if strings.HasPrefix(key, "state/index/") {
					t.Errorf("no search: %s is left", key)
				}
				if strings.HasSuffix(key, ".html") && (strings.Contains(body, `role="search"`) || strings.Contains(body, `action="`)) {
					t.Errorf("no search: %s has a form", key)
				}
			}
		}},
		{"search again", func(c *config.Config) {}, func(contents map[string]string) {
			if _, ok := contents["state/index/current"]; !ok || !strings.Contains(contents["public/index.html"], "<form") {
				t.Error("search again: there is no index or no form")
			}
		}},
		{"no originals", func(c *config.Config) { c.Originals.Publish = "none" }, func(contents map[string]string) {
			for key, body := range contents {
				if strings.HasPrefix(key, "public/") && strings.Contains(key+body, "-/original/") {
					t.Errorf("no originals: %s has one", key)
				}
			}
		}},
		{"copies", func(c *config.Config) { c.Originals.Publish = "copy" }, nil},
		{"another title, sorted otherwise", func(c *config.Config) {
			c.Title, c.Albums.Sort, c.Albums.Order = "Other", "name", "descending"
		}, nil},
		{"a base_url", func(c *config.Config) { c.BaseURL = "https://example.org/" }, nil},
		{"larger thumbnails", func(c *config.Config) { c.Renditions.Thumbnail = 30 }, nil},
		{"as it came", func(c *config.Config) {}, nil},
	} {
		build(t, b, c.change)
		checkWhole(t, b)
		if c.check != nil {
			c.check(b.Contents(""))
		}
		b.Writes()
		build(t, b, c.change)
		if again := written(b); len(again) != 0 {
			t.Errorf("%s: the second build wrote %q", c.name, again)
		}
		fresh := copyOriginals(b)
		build(t, fresh, c.change)
		compare(t, b, fresh)
	}
}

// TestBrokenTheme wants an error that names the file, and nothing of the gallery changed.
func TestBrokenTheme(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"layouts/item.html":             {"layouts/item.html": "{{ if }}"},
		"layouts/album.html":            {"layouts/album.html": `{{ define "main" }}{{ .Nonsense }}{{ end }}`},
		"theme.toml":                    {"themes/mine/theme.toml": "name = ["},
		"layouts/partials/missing.html": {"layouts/item.html": `{{ define "main" }}{{ template "partials/missing.html" . }}{{ end }}`},
	} {
		b := sample(t)
		build(t, b)
		want := b.Contents("")
		mine := func(c *config.Config) {
			if strings.HasPrefix(name, "theme") {
				c.Theme.Name = "mine"
			}
		}
		for key, body := range files {
			b.Upload(key, []byte(body), morning)
			want[key] = body
		}
		b.Upload("data/new/x.jpg", photo(t, 9), morning)
		want["data/new/x.jpg"] = b.Contents("")["data/new/x.jpg"]
		b.Writes()
		_, err := newGenerator(t, b, mine).Build(t.Context())
		base := name[strings.LastIndexByte(name, '/')+1:]
		if !errors.Is(err, generator.ErrTheme) || !strings.Contains(err.Error(), strings.TrimSuffix(base, ".html")) {
			t.Errorf("%s: the build says %v", name, err)
		}
		if got := written(b); len(got) != 0 {
			t.Errorf("%s: wrote %q", name, got)
		}
		sameTree(t, b.Contents(""), want)
	}
	b := sample(t)
	if _, err := newGenerator(t, b, func(c *config.Config) { c.Theme.Name = "none" }).Build(t.Context()); !errors.Is(err, generator.ErrTheme) {
		t.Errorf("without its theme the build says %v", err)
	}
	if got := written(b); len(got) != 0 {
		t.Errorf("without its theme wrote %q", got)
	}
}

// TestForeignFiles: a folder that holds a web site of somebody else's is refused as it is; what is hidden in it is no site.
func TestForeignFiles(t *testing.T) {
	b := sample(t)
	b.Upload("public/about.html", []byte("mine"), morning)
	if _, err := newGenerator(t, b).Build(t.Context()); !errors.Is(err, generator.ErrForeign) || !strings.Contains(err.Error(), "about.html") {
		t.Errorf("the build says %v", err)
	}
	if _, err := newGenerator(t, b).Plan(t.Context()); !errors.Is(err, generator.ErrForeign) {
		t.Errorf("the plan says %v", err)
	}
	if got := written(b); len(got) != 0 {
		t.Errorf("wrote %q", got)
	}
	b.Remove("public/about.html")
	b.Upload("public/.well-known/security.txt", []byte("mine"), morning)
	build(t, b)
	if b.Contents("")["public/.well-known/security.txt"] != "mine" {
		t.Error("a hidden file is gone")
	}
}

// TestPlan wants what a build would do, and nothing written.
func TestPlan(t *testing.T) {
	b := sample(t)
	plan := func() map[string]string {
		t.Helper()
		b.Writes()
		steps, err := newGenerator(t, b).Plan(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := written(b); len(got) != 0 {
			t.Errorf("planning wrote %q", got)
		}
		all := map[string]string{}
		for _, s := range steps {
			all[s.Do+" "+s.Key] = s.Why
		}
		return all
	}
	if first := plan(); len(first) != 7+5 || first["develop data/alps/a.jpg"] != "new" || first["publish /alps"] != "new" {
		t.Errorf("the first build: %v", first)
	}
	build(t, b)
	if again := plan(); len(again) != 0 {
		t.Errorf("the second build: %v", again)
	}
	change(t, b)
	steps := plan()
	for step, why := range map[string]string{
		"develop data/alps/bb.jpg": "new", "develop data/sea/e.jpg": "changed", "develop data/alps/a.jpg": "a sidecar changed",
		"publish /new/album": "new", "publish /alps": "2 of its items new or changed, 1 of its items gone",
		"delete " + gallery.RecordKey("data/alps/c.jpg"): "its original is gone, with its page and renditions",
	} {
		if steps[step] != why {
			t.Errorf("%s because %q, want %q", step, steps[step], why)
		}
	}
	before := b.Contents("")
	var bucket storage.Bucket = b
	report := build(t, bucket)
	if report.Developed != 4 {
		t.Errorf("developed %d, planned 4", report.Developed)
	}
	developed := 0
	for step := range steps {
		if strings.HasPrefix(step, "develop ") {
			developed++
		}
	}
	if developed != 4 || len(before) == 0 {
		t.Errorf("planned to develop %d, want 4", developed)
	}
}
