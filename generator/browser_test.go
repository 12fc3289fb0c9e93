package generator_test

import (
	"compress/gzip"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"shoebox/internal/config"
	"shoebox/internal/storage"
)

func inBrowser(c *config.Config) { c.Search = "browser" }

// searchFiles returns what is in public/ of the search, uncompressed.
func searchFiles(t *testing.T, b *storage.Mem) map[string]string {
	t.Helper()
	files := b.Contents("public/-/search/")
	for key, body := range files {
		if strings.HasSuffix(key, ".gz") {
			z, err := gzip.NewReader(strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			plain, err := io.ReadAll(z)
			if err != nil {
				t.Fatal(err)
			}
			files[key] = string(plain)
		}
	}
	return files
}

// TestSearchInBrowser builds a gallery that is searched in the browser, and has it changed to be searched by a server, and not at all.
func TestSearchInBrowser(t *testing.T) {
	t.Parallel()
	b := sample(t)
	b.Upload("data/private/secretest.jpg", photo(t, 41), morning)
	b.Upload("data/quiet/index.md", []byte("---\ntitle: Quietest\nhidden: true\n---"), morning)
	b.Upload("data/quiet/below/hush.jpg", photo(t, 42), morning)
	build(t, b, inBrowser)
	checkWhole(t, b)
	files := searchFiles(t, b)
	if len(files) != 6 { // page, engine, pointer, layouts, albums, one shard
		t.Errorf("the search has the files %q, want 6", strings.Join(slices.Sorted(maps.Keys(files)), " "))
	}
	all := strings.Join(slices.Collect(maps.Values(files)), "")
	for _, want := range []string{"a.jpg", `"First"`, "dog", "Ada", `["sea","sea"]`} {
		if !strings.Contains(all, want) {
			t.Errorf("the search has no %q", want)
		}
	}
	for _, no := range []string{"secretest", "uietest", "hush", `"private`, "p.jpg"} {
		if strings.Contains(all, no) {
			t.Errorf("the search has %q", no)
		}
	}
	for key, body := range b.Contents("public/") {
		if strings.HasSuffix(key, ".html") && strings.Count(body, " data-engine=") != 1 && key != "public/404.html" {
			t.Errorf("%s does not name the engine", key)
		}
	}
	b.Writes()
	build(t, b, inBrowser)
	if w := written(b); len(w) != 0 {
		t.Errorf("a second build writes %q", w)
	}

	build(t, b)
	if files := searchFiles(t, b); len(files) != 1 {
		t.Errorf("with a server there are %q, want the page of hosts without one alone", slices.Sorted(maps.Keys(files)))
	}
	build(t, b, func(c *config.Config) { c.Search = "none" })
	if files := searchFiles(t, b); len(files) != 0 {
		t.Errorf("without a search there are %q", slices.Sorted(maps.Keys(files)))
	}
}

// TestEventsInBrowser wants events to make of the search in the browser what a build of all of it makes.
func TestEventsInBrowser(t *testing.T) {
	t.Parallel()
	b := sample(t)
	build(t, b, inBrowser)
	later := morning.Add(24 * time.Hour)
	for _, step := range []struct {
		name string
		key  string
		body []byte // nil: it goes
	}{
		{"a photo", "data/alps/new.jpg", photo(t, 31)},
		{"a sidecar", "data/alps/new.jpg.md", []byte("---\ntitle: New\n---")},
		{"a new album", "data/new/deep/x.jpg", photo(t, 32)},
		{"its title", "data/new/index.md", []byte("---\ntitle: The new one\n---")},
		{"hidden", "data/new/index.md", []byte("---\ntitle: The new one\nhidden: true\n---")},
		{"a private photo", "data/private/more.jpg", photo(t, 35)},
		{"a photo gone", "data/alps/new.jpg", nil},
	} {
		before := b.Contents("public/-/search/")
		if step.body == nil {
			b.Remove(step.key)
		} else {
			b.Upload(step.key, step.body, later)
		}
		deliver(t, b, []string{step.key}, inBrowser)
		want := copyOriginals(b)
		build(t, want, inBrowser)
		compare(t, b, want)
		after := b.Contents("public/-/search/")
		if same := maps.Equal(before, after); same != (step.name == "a private photo") {
			t.Errorf("%s: the search has the same files as before: %v", step.name, same)
		}
		if t.Failed() {
			t.Fatal("after: ", step.name)
		}
	}
	if v := b.Violations(); len(v) != 0 {
		t.Errorf("violations: %q", v)
	}
}
