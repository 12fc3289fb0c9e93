package generator_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"shoebox/generator"
	"shoebox/internal/config"
	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// TestEventsMakeWhatABuildMakes changes a gallery step by step, has only what changed developed and published, and wants after each
// step what a build of all of it makes: the same pages, and state that a build finds nothing to do with.
func TestEventsMakeWhatABuildMakes(t *testing.T) {
	t.Parallel()
	later := morning.Add(24 * time.Hour)
	upload := func(key string, body []byte) func(b *storage.Mem) []string {
		return func(b *storage.Mem) []string { b.Upload(key, body, later); return []string{key} }
	}
	remove := func(keys ...string) func(b *storage.Mem) []string {
		return func(b *storage.Mem) []string {
			for _, key := range keys {
				b.Remove(key)
			}
			return keys
		}
	}
	steps := []struct {
		name string
		do   func(b *storage.Mem) []string
	}{
		{"a photo", upload("data/alps/new.jpg", photo(t, 31))},
		{"another in a new album", upload("data/new/deep/er/x.jpg", photo(t, 32))},
		{"a photo replaced", upload("data/alps/new.jpg", photo(t, 33))},
		{"and put back", upload("data/alps/new.jpg", photo(t, 31))},
		{"a sidecar", upload("data/alps/new.jpg.md", []byte("---\ntitle: New\n---"))},
		{"an XMP file of nothing", upload("data/alps/other.xmp", []byte("<x/>"))},
		{"which gets its photo", upload("data/alps/other.jpg", photo(t, 34))},
		{"which goes again", remove("data/alps/other.jpg")},
		{"a name without an extension", upload("data/alps/other", []byte("text"))},
		{"a raw file", upload("data/alps/shot.CR2", rawFile(photo(t, 37), 0))},
		{"and its JPEG", upload("data/alps/shot.JPG", photo(t, 38))},
		{"what speaks of the raw file", upload("data/alps/shot.CR2.md", []byte("---\ntitle: Raw\n---"))},
		{"the raw file replaced", upload("data/alps/shot.CR2", rawFile(photo(t, 39), 0))},
		{"a second raw file", upload("data/alps/shot.dng", rawFile(photo(t, 39), 0))},
		{"the JPEG gone", remove("data/alps/shot.JPG")},
		{"another JPEG", upload("data/alps/shot.jpg", photo(t, 40))},
		{"which the first comes before", upload("data/alps/shot.JPG", photo(t, 38))},
		{"the raw files gone", remove("data/alps/shot.CR2", "data/alps/shot.dng", "data/alps/shot.CR2.md")},
		{"an album's text", upload("data/new/index.md", []byte("---\ntitle: The new one\n---\nHello"))},
		{"the text of the gallery", upload("data/index.md", []byte("---\ntitle: Renamed\n---\nHello"))},
		{"a hidden album", upload("data/new/deep/index.md", []byte("---\nhidden: true\n---"))},
		{"a private photo", upload("data/private/p.jpg", photo(t, 35))},
		{"a hostile name", upload("data/-/#1?%41.jpg", photo(t, 36))},
		{"a folder left out", upload("data/sea/.nomedia", nil)},
		{"and taken in again", remove("data/sea/.nomedia")},
		{"a pattern", upload("data/.shoeboxignore", []byte("other\n"))},
		{"an ignored file", upload("data/alps/b.part", []byte("x"))},
		{"a theme", upload("assets/style.css", []byte("body{color:red}"))},
		{"the album gone", remove("data/new/deep/er/x.jpg", "data/new/index.md", "data/new/deep/index.md")},
		{"the sidecar gone", remove("data/alps/new.jpg.md")},
		{"the photo gone", remove("data/alps/new.jpg")},
		{"the text gone", remove("data/index.md")},
	}
	b := sample(t)
	build(t, b)
	for _, step := range steps {
		keys := step.do(b)
		// Events come twice, and in any order.
		deliver(t, b, slices.Concat(keys, keys))
		want := copyOriginals(b)
		build(t, want)
		compare(t, b, want)
		if t.Failed() {
			t.Fatal("after: ", step.name)
		}
		b.Writes()
		build(t, b)
		if w := written(b); len(w) != 0 {
			t.Fatalf("%s: a build then writes %q", step.name, w)
		}
	}
	if v := b.Violations(); len(v) != 0 {
		t.Errorf("violations: %q", v)
	}
}

// deliver does what the functions do with events, until there is nothing left to do.
func deliver(t *testing.T, b storage.Bucket, keys []string, change ...func(*config.Config)) {
	t.Helper()
	g := newGenerator(t, b, change...)
	for round := 0; len(keys) > 0; round++ {
		if round == 10 {
			t.Fatalf("still to develop: %q", keys)
		}
		var changes generator.Changes
		for _, key := range keys {
			c, err := g.Develop(context.Background(), key)
			if err != nil {
				t.Fatal(err)
			}
			changes.Keys = append(changes.Keys, c.Keys...)
			changes.Everything = changes.Everything || c.Everything
		}
		report, err := g.Publish(context.Background(), changes)
		if err != nil {
			t.Fatal(err)
		}
		keys = report.Pending
	}
}

// TestStart begins with a page to look at, even where originals have been uploaded, or developed, before.
func TestStart(t *testing.T) {
	t.Parallel()
	b := sample(t)
	g := newGenerator(t, b)
	if _, err := g.Develop(t.Context(), "data/alps/a.jpg"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := g.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		page := b.Contents("public/index.html")["public/index.html"]
		if !strings.Contains(page, "<html") || strings.Contains(page, "alps") {
			t.Fatalf("the front page is %q", page)
		}
	}
	report, err := g.Reconcile(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := len(b.Contents("data/")) - 2; len(report.Pending) < want/2 { // some are sidecars
		t.Errorf("pending are %q", report.Pending)
	}
	deliver(t, b, report.Pending)
	want := sample(t)
	build(t, want)
	compare(t, b, want)
}

// meddled is a bucket in which something else happens just before some key is written, once.
type meddled struct {
	*storage.Mem
	key string
	do  func()
}

func (m *meddled) Put(ctx context.Context, key string, body []byte, o storage.PutOptions) (string, error) {
	if key == m.key && m.do != nil {
		do := m.do
		m.do = nil
		do()
	}
	return m.Mem.Put(ctx, key, body, o)
}

// TestDevelopLooksAgain lets an original change while its record is about to be written, and the event of that be handled at once.
// Nobody else comes by later: who writes last has to notice.
func TestDevelopLooksAgain(t *testing.T) {
	t.Parallel()
	const key = "data/alps/a.jpg"
	for name, change := range map[string]func(m *storage.Mem){
		"deleted":  func(m *storage.Mem) { m.Remove(key) },
		"replaced": func(m *storage.Mem) { m.Upload(key, photo(t, 99), morning) },
		"its renditions deleted by a publisher": func(m *storage.Mem) {
			for path := range m.Contents("public/alps/-/a.jpg.") {
				m.Remove(path)
			}
		},
		"a sidecar comes": func(m *storage.Mem) { m.Upload("data/alps/a.xmp", []byte("<x/>"), morning) },
	} {
		t.Run(name, func(t *testing.T) {
			m := sample(t)
			b := &meddled{Mem: m, key: gallery.RecordKey(key)}
			b.do = func() {
				change(m)
				if _, err := newGenerator(t, m).Develop(t.Context(), key); err != nil {
					t.Error(err)
				}
				if name == "deleted" {
					return
				}
				// What the other made of it is undone, as if its event had been handled a moment earlier.
				m.Remove(gallery.RecordKey(key))
				change(m)
			}
			if _, err := newGenerator(t, b).Develop(t.Context(), key); err != nil {
				t.Fatal(err)
			}
			want := copyOriginals(m)
			build(t, want)
			for _, prefix := range []string{"state/records/alps/a.", "public/alps/-/a.jpg."} {
				got, want := m.Contents(prefix), want.Contents(prefix)
				for k, body := range want {
					if got[k] != body {
						t.Errorf("%s is missing or stale", k)
					}
				}
				if len(got) > len(want) && prefix != "public/alps/-/a.jpg." { // renditions of before go when the album is published
					t.Errorf("%d objects under %s, want %d", len(got), prefix, len(want))
				}
			}
		})
	}
}
