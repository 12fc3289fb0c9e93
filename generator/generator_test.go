package generator_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/jpeg"
	"maps"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"shoebox/generator"
	"shoebox/internal/config"
	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

var morning = time.Date(2024, 7, 1, 8, 0, 0, 0, time.UTC)

// photo draws a small photo; other seeds give other bytes.
func photo(t testing.TB, seed int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 60, 40))
	for y := range 40 {
		for x := range 60 {
			m.Set(x, y, color.RGBA{uint8(x*4 + seed*31), uint8(y*6 + seed*17), uint8(seed * 53), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sample is a bucket with a small gallery in data/.
func sample(t testing.TB) *storage.Mem {
	t.Helper()
	b := storage.NewMem()
	for i, key := range []string{"alps/a.jpg", "alps/b.jpg", "alps/c.jpg", "alps/2024/d.jpg", "sea/e.jpg", "private/p.jpg"} {
		b.Upload("data/"+key, photo(t, i), morning.Add(time.Duration(i)*time.Hour))
	}
	b.Upload("data/index.md", []byte("---\ntitle: The sample\n---\nWelcome."), morning)
	b.Upload("data/alps/a.jpg.md", []byte("---\ntitle: First\nkeywords: [dog, snow]\n---\nA *dog*."), morning)
	b.Upload("data/alps/b.jpg.md", []byte("---\nkeywords: [snow, lake]\npeople: [Ada]\n---"), morning)
	b.Upload("data/sea/notes.txt", []byte("hello"), morning)
	return b
}

func newGenerator(t testing.TB, b storage.Bucket, change ...func(*config.Config)) *generator.Generator {
	t.Helper()
	c := config.Default()
	for _, f := range change {
		f(&c)
	}
	return generator.New(generator.Options{Bucket: b, Config: c, TempDir: t.TempDir()})
}

func build(t testing.TB, b storage.Bucket, change ...func(*config.Config)) generator.Report {
	t.Helper()
	report, err := newGenerator(t, b, change...).Build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return report
}

var (
	hashes     = regexp.MustCompile(`\.[0-9a-f]{8}\.`)
	generation = regexp.MustCompile(`^(state/index/gen/)[0-9]+-[0-9a-f]+`)
	segments   = regexp.MustCompile(`^(state/index/seg/)[0-9a-f]+`)
)

// written lists what was written since the last call, sorted, with what depends on content left out of the names.
func written(b *storage.Mem) []string {
	var list []string
	for _, w := range b.Writes() {
		key := hashes.ReplaceAllString(w.Key, ".#.")
		key = generation.ReplaceAllString(key, "${1}#")
		key = segments.ReplaceAllString(key, "${1}#")
		if w.Op == "delete" {
			key = "- " + key
		}
		list = append(list, key)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func TestSecondBuildWritesNothing(t *testing.T) {
	b := sample(t)
	first := build(t, b)
	if first.Originals != 7 || first.Developed != 7 || first.Published != 5 || len(first.Failed) != 0 {
		t.Errorf("first build: %+v", first)
	}
	b.Writes()
	second := build(t, b)
	if got := written(b); len(got) != 0 {
		t.Errorf("second build wrote %q, want nothing", got)
	}
	if second.Written != 0 || second.Deleted != 0 || second.Developed != 0 || second.Published != 0 || second.Originals != 7 {
		t.Errorf("second build: %+v", second)
	}
	if v := b.Violations(); len(v) != 0 {
		t.Errorf("violations: %q", v)
	}
}

// index is what every change of an item writes of the search index.
var index = []string{"state/index/current", "state/index/gen/#.json.zst", "state/index/seg/#.zap.zst"}

// counted is what tells how many items there are in an album, and of a label.
const counted = "public/-/names.json"

// collected are what is written for some collections: their pages and rolls, and what is remembered of all of them.
func collected(names ...string) []string {
	list := []string{"state/collections.json"}
	for _, name := range names {
		list = append(list, "public/-/"+name+"/index.html", "state/collections/"+name+"/all.json")
	}
	return list
}

// once are the objects of the gallery as a whole that a change of its latest items writes.
var once = []string{"public/feed.xml", "state/site.json"}

func TestChangesWriteExactly(t *testing.T) {
	later := morning.Add(48 * time.Hour)
	for _, c := range []struct {
		name   string
		change func(b *storage.Mem)
		config func(*config.Config)
		want   [][]string
	}{
		{
			name:   "one photo added",
			change: func(b *storage.Mem) { b.Upload("data/alps/bb.jpg", photo(t, 9), morning.Add(90*time.Minute)) },
			want: [][]string{index, once, {counted}, {
				"public/alps/-/bb.jpg.#.60.jpg", "public/alps/-/original/bb.jpg", "public/alps/bb.jpg.html",
				"public/alps/b.jpg.html", "public/alps/c.jpg.html", // its neighbours lead to it
				"public/alps/index.html", "public/alps/index.json",
				"public/index.html", // it shows how many photos the album has
				"state/albums/alps/manifest.json", "state/albums/alps/published.json",
				"state/albums/manifest.json", "state/albums/published.json",
				"state/records/alps/bb.jpg.json",
			}},
		},
		{
			name:   "one photo added two levels down",
			change: func(b *storage.Mem) { b.Upload("data/alps/2024/dd.jpg", photo(t, 9), morning) },
			want: [][]string{index, once, {counted}, {
				"public/alps/2024/-/dd.jpg.#.60.jpg", "public/alps/2024/-/original/dd.jpg", "public/alps/2024/dd.jpg.html",
				"public/alps/2024/d.jpg.html", "public/alps/2024/index.html", "public/alps/2024/index.json",
				"public/alps/index.html", // the count; the front page shows nothing of it and stays
				"state/albums/alps/2024/manifest.json", "state/albums/alps/2024/published.json",
				"state/albums/alps/manifest.json", "state/albums/alps/published.json",
				"state/records/alps/2024/dd.jpg.json",
			}},
		},
		{
			name:   "one photo deleted",
			change: func(b *storage.Mem) { b.Remove("data/alps/c.jpg") },
			want: [][]string{index, once, {counted}, {
				"- public/alps/-/c.jpg.#.60.jpg", "- public/alps/-/original/c.jpg", "- public/alps/c.jpg.html", "- state/records/alps/c.jpg.json",
				"public/alps/b.jpg.html", "public/alps/index.html", "public/alps/index.json", "public/index.html",
				"state/albums/alps/manifest.json", "state/albums/alps/published.json",
				"state/albums/manifest.json", "state/albums/published.json",
			}},
		},
		{
			name:   "the last photo of an album deleted",
			change: func(b *storage.Mem) { b.Remove("data/alps/2024/d.jpg") },
			want: [][]string{index, once, {counted}, {
				"- public/alps/2024/-/d.jpg.#.60.jpg", "- public/alps/2024/-/original/d.jpg", "- public/alps/2024/d.jpg.html",
				"- public/alps/2024/index.html", "- public/alps/2024/index.json",
				"- state/albums/alps/2024/manifest.json", "- state/albums/alps/2024/published.json", "- state/records/alps/2024/d.jpg.json",
				"public/alps/index.html", "public/alps/index.json", "state/albums/alps/manifest.json", "state/albums/alps/published.json",
				"public/index.html", "state/albums/manifest.json", "state/albums/published.json", // it shows how many albums there are
			}},
		},
		{
			name: "one photo renamed",
			change: func(b *storage.Mem) {
				b.Remove("data/sea/e.jpg")
				b.Upload("data/sea/f.jpg", photo(t, 4), morning.Add(4*time.Hour))
			},
			want: [][]string{index, once, {
				"- public/sea/-/e.jpg.#.60.jpg", "- public/sea/-/original/e.jpg", "- public/sea/e.jpg.html", "- state/records/sea/e.jpg.json",
				"public/sea/-/f.jpg.#.60.jpg", "public/sea/-/original/f.jpg", "public/sea/f.jpg.html",
				"public/sea/notes.txt.html", "public/sea/index.html", "public/sea/index.json", "state/records/sea/f.jpg.json",
				"state/albums/sea/manifest.json", "state/albums/sea/published.json",
				"public/index.html", "state/albums/manifest.json", "state/albums/published.json", // it was the cover
			}},
		},
		{
			name:   "one photo replaced",
			change: func(b *storage.Mem) { b.Upload("data/alps/b.jpg", photo(t, 9), morning.Add(time.Hour)) },
			want: [][]string{index, once, collected("labels/snow", "labels/lake", "people/ada"), {"public/-/people/index.html"}, {
				"- public/alps/-/b.jpg.#.60.jpg", "public/alps/-/b.jpg.#.60.jpg", "public/alps/-/original/b.jpg", "public/alps/b.jpg.html",
				"public/alps/index.html", "public/alps/index.json", "state/albums/alps/manifest.json", "state/albums/alps/published.json",
				"state/records/alps/b.jpg.json",
			}},
		},
		{
			name:   "one photo touched",
			change: func(b *storage.Mem) { b.Upload("data/alps/b.jpg", photo(t, 1), morning.Add(time.Hour)) },
		},
		{
			name:   "a sidecar edited",
			change: func(b *storage.Mem) { b.Upload("data/alps/a.jpg.md", []byte("---\ntitle: Second\n---"), later) },
			want: [][]string{index, once, collected("labels/snow"), {
				counted, "public/-/labels/index.html", "- public/-/labels/dog/index.html", "state/collections/labels/dog/all.json", "- state/collections/labels/dog/all.json",
			}, {
				"public/alps/a.jpg.html", "public/alps/b.jpg.html", // b leads to it by its title
				"public/alps/index.html", "public/alps/index.json", "state/albums/alps/manifest.json", "state/albums/alps/published.json",
				"state/records/alps/a.jpg.json",
			}},
		},
		{
			name:   "a sidecar deleted",
			change: func(b *storage.Mem) { b.Remove("data/alps/a.jpg.md") },
			want: [][]string{index, once, collected("labels/snow"), {
				counted, "public/-/labels/index.html", "- public/-/labels/dog/index.html", "state/collections/labels/dog/all.json", "- state/collections/labels/dog/all.json",
			}, {
				"public/alps/a.jpg.html", "public/alps/b.jpg.html",
				"public/alps/index.html", "public/alps/index.json", "state/albums/alps/manifest.json", "state/albums/alps/published.json",
				"state/records/alps/a.jpg.json",
			}},
		},
		{
			name:   "an asset of the theme replaced",
			change: func(b *storage.Mem) { b.Upload("assets/style.css", []byte("body{color:red}"), later) },
			want: [][]string{pagesOf(t), {
				"- state/collections.json", "state/collections.json",
				"- public/-/assets/style.#.css", "public/-/assets/style.#.css", "public/404.html", "public/-/search/index.html",
				"state/site.json", "state/layouts.json",
			}},
		},
		{
			name:   "the configuration edited",
			config: func(c *config.Config) { c.Footer = "Mine" },
			want: [][]string{pagesOf(t), {
				"- state/collections.json", "state/collections.json",
				"public/404.html", "public/-/search/index.html", "state/site.json", "state/layouts.json",
			}},
		},
		{
			name:   "the gallery renamed",
			config: func(c *config.Config) { c.Title = "Mine" },
			// Only the root's manifest knows of it; its index.md has the last word, so no page changes.
			want: [][]string{index, {"state/albums/manifest.json", "state/albums/published.json", "state/site.json"}},
		},
		{
			name:   "an ignore file added",
			change: func(b *storage.Mem) { b.Upload("data/sea/.nomedia", nil, later) },
			want: [][]string{index, once, {counted}, {
				"- public/sea/-/e.jpg.#.60.jpg", "- public/sea/-/original/e.jpg", "- public/sea/-/original/notes.txt",
				"- public/sea/e.jpg.html", "- public/sea/notes.txt.html", "- public/sea/index.html", "- public/sea/index.json",
				"- state/records/sea/e.jpg.json", "- state/records/sea/notes.txt.json",
				"- state/albums/sea/manifest.json", "- state/albums/sea/published.json",
				"state/ignore.json", "public/index.html", "public/index.json", "state/albums/manifest.json", "state/albums/published.json",
			}},
		},
		{
			name:   "a page deleted by hand",
			change: func(b *storage.Mem) { b.Remove("public/alps/b.jpg.html") },
			want:   [][]string{{"public/alps/b.jpg.html"}},
		},
		{
			name:   "the page of a label deleted by hand",
			change: func(b *storage.Mem) { b.Remove("public/-/labels/snow/index.html") },
			want:   [][]string{{"public/-/labels/snow/index.html"}},
		},
		{
			name:   "the page of a person edited by hand",
			change: func(b *storage.Mem) { b.Upload("public/-/people/ada/index.html", []byte("mine"), later) },
			want:   [][]string{{"public/-/people/ada/index.html"}},
		},
		{
			name:   "a rendition deleted by hand",
			change: func(b *storage.Mem) { delete := renditionOf(t, b, "alps/b.jpg"); b.Remove(delete) },
			want:   [][]string{{"public/alps/-/b.jpg.#.60.jpg"}},
		},
		{
			name:   "a page edited by hand",
			change: func(b *storage.Mem) { b.Upload("public/alps/b.jpg.html", []byte("mine"), later) },
			want:   [][]string{{"public/alps/b.jpg.html"}},
		},
		{
			name: "a foreign file put into public",
			change: func(b *storage.Mem) {
				b.Upload("public/alps/old.html", []byte("x"), later)
				b.Upload("public/.well-known/x", nil, later)
			},
			want: [][]string{{"- public/alps/old.html"}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := sample(t)
			build(t, b)
			if c.change != nil {
				c.change(b)
			}
			b.Writes()
			var change []func(*config.Config)
			if c.config != nil {
				change = append(change, c.config)
			}
			build(t, b, change...)
			want := slices.Concat(c.want...)
			slices.Sort(want)
			if got := written(b); !slices.Equal(got, want) {
				t.Errorf("wrote too much:\n  %s\nmissed:\n  %s", lines(without(got, want)), lines(without(want, got)))
			}
			if v := b.Violations(); len(v) != 0 {
				t.Errorf("violations: %q", v)
			}
			checkWhole(t, b)
			rebuilt := copyOriginals(b)
			build(t, rebuilt, change...)
			compare(t, b, rebuilt)
		})
	}
}

// pagesOf lists what a change of all pages writes.
func pagesOf(t *testing.T) []string {
	t.Helper()
	var list []string
	for _, album := range []string{"", "alps/", "alps/2024/", "sea/", "private/"} {
		list = append(list, "public/"+album+"index.html", "state/albums/"+album+"published.json")
	}
	for _, item := range []string{"alps/a.jpg", "alps/b.jpg", "alps/c.jpg", "alps/2024/d.jpg", "sea/e.jpg", "sea/notes.txt", "private/p.jpg"} {
		list = append(list, "public/"+item+".html")
	}
	for _, collection := range []string{"labels/dog", "labels/snow", "labels/lake", "people/ada", "labels", "people"} {
		list = append(list, "public/-/"+collection+"/index.html")
	}
	return list
}

func renditionOf(t *testing.T, b *storage.Mem, item string) string {
	t.Helper()
	prefix := "public/" + path.Dir(item) + "/-/" + path.Base(item) + "."
	for key := range b.Contents(prefix) {
		return key
	}
	t.Fatalf("no rendition of %s", item)
	return ""
}

func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(other, s) })
}

func lines(list []string) string { return strings.Join(list, "\n  ") }

// copyOriginals returns a new bucket with the same originals and theme files, of which nothing has been built.
func copyOriginals(b *storage.Mem) *storage.Mem {
	fresh := storage.NewMem()
	for info, err := range b.List(context.Background(), "") {
		if err == nil && !strings.HasPrefix(info.Key, "public/") && !strings.HasPrefix(info.Key, "state/") {
			fresh.Upload(info.Key, []byte(b.Contents(info.Key)[info.Key]), info.Modified)
		}
	}
	return fresh
}

// compare wants two buckets to hold the same gallery, byte for byte. Of the search index only that there is one: Bleve's files
// differ from build to build; package search tests that they answer alike.
func compare(t *testing.T, got, want *storage.Mem) {
	t.Helper()
	a, b := got.Contents(""), want.Contents("")
	for _, m := range []map[string]string{a, b} {
		maps.DeleteFunc(m, func(key, _ string) bool {
			return strings.HasPrefix(key, "state/index/") || strings.HasPrefix(key, "public/.well-known/")
		})
	}
	for key, body := range b {
		if held, ok := a[key]; !ok {
			t.Errorf("missing: %s", key)
		} else if held != body {
			t.Errorf("%s differs from that of an undisturbed build:\n%s\nwant\n%s", key, short(held), short(body))
		}
	}
	for key := range a {
		if _, ok := b[key]; !ok {
			t.Errorf("left over: %s", key)
		}
	}
}

func short(s string) string { return s[:min(len(s), 3000)] }

var links = regexp.MustCompile(`(?:href|src|poster)="([^"]*)"`)

// checkWhole follows every link from the front page as a visitor could, and wants all of them to lead somewhere.
func checkWhole(t *testing.T, b *storage.Mem) {
	t.Helper()
	contents := b.Contents("public/")
	if _, ok := contents["public/index.html"]; !ok {
		return // nothing can be visited yet
	}
	seen := map[string]bool{}
	queue := []string{"index.html", "private/index.html"}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		if seen[at] {
			continue
		}
		seen[at] = true
		body, ok := contents["public/"+at]
		if !ok || !strings.HasSuffix(at, ".html") {
			continue
		}
		base, _ := url.Parse("https://example.org/" + gallery.EscapePath(at))
		for _, match := range links.FindAllStringSubmatch(body, -1) {
			ref, err := url.Parse(html.UnescapeString(match[1]))
			if err != nil {
				t.Errorf("%s has the link %q: %v", at, match[1], err)
				continue
			}
			to := strings.TrimPrefix(base.ResolveReference(ref).Path, "/")
			if to == "" || strings.HasSuffix(to, "/") {
				to += "index.html"
			}
			if to == gallery.SearchPath || strings.HasSuffix(to, "/"+gallery.SearchPath) || strings.HasPrefix(match[1], "#") || strings.HasPrefix(match[1], "data:") {
				continue
			}
			if _, ok := contents["public/"+to]; !ok && to != gallery.FeedPath { // the very first feed comes after what it tells of
				t.Errorf("%s leads to %s, which is not there", at, to)
			}
			queue = append(queue, to)
		}
	}
}

// change makes one change of each kind at once.
func change(t testing.TB, b *storage.Mem) {
	b.Upload("data/alps/bb.jpg", photo(t, 9), morning.Add(90*time.Minute))
	b.Remove("data/alps/c.jpg")
	b.Upload("data/sea/e.jpg", photo(t, 10), morning)
	b.Upload("data/alps/a.jpg.md", []byte("---\ntitle: Changed\n---"), morning)
	b.Remove("data/alps/2024/d.jpg")
	b.Upload("data/new/album/x.jpg", photo(t, 11), morning)
}

// TestFaultAtEveryWrite kills a build at each of its writes, before it is done and after, and wants what is there then to be a
// whole gallery, and the next build to make the same one as a build that was never disturbed.
func TestFaultAtEveryWrite(t *testing.T) {
	t.Parallel()
	for _, start := range []struct {
		name string
		make func(t testing.TB) *storage.Mem
	}{
		{"first build", sample},
		{"after changes", func(t testing.TB) *storage.Mem {
			b := sample(t)
			build(t, b)
			change(t, b)
			return b
		}},
	} {
		t.Run(start.name, func(t *testing.T) {
			one := func(c *config.Config) { c.Build.Jobs = 1 } // so that the n-th write is the same one every time
			undisturbed := start.make(t)
			undisturbed.Writes()
			build(t, undisturbed, one)
			total := len(undisturbed.Writes())
			if total < 20 {
				t.Fatalf("an undisturbed build has %d writes", total)
			}
			for n := range total {
				for _, fault := range []storage.Fault{storage.Before, storage.After} {
					b := start.make(t)
					b.Writes()
					var at storage.Write
					b.Inject(func(i int, w storage.Write) storage.Fault {
						if i != n {
							return storage.None
						}
						at = w
						return fault
					})
					_, err := newGenerator(t, b, one).Build(t.Context())
					if !errors.Is(err, storage.ErrInjected) {
						t.Errorf("write %d (%s %s): the build says %v", n, at.Op, at.Key, err)
					}
					b.Revive()
					t.Run(fmt.Sprintf("%d %v %s", n, fault, at.Key), func(t *testing.T) {
						checkWhole(t, b)
						build(t, b, one)
						compare(t, b, undisturbed)
						checkWhole(t, b)
						b.Writes()
						build(t, b, one)
						if again := written(b); len(again) != 0 {
							t.Errorf("the build after that wrote %q", again)
						}
						if v := b.Violations(); len(v) != 0 {
							t.Errorf("violations: %q", v)
						}
					})
				}
			}
		})
	}
}
