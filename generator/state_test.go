package generator_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"shoebox/internal/storage"
)

// TestDamagedState damages each object that a build remembers things by, in each of several ways, and wants the next build to
// make the same gallery as if nothing had been; also when an original was changed meanwhile.
func TestDamagedState(t *testing.T) {
	t.Parallel()
	whole, changed := sample(t), sample(t)
	build(t, whole)
	change(t, changed)
	build(t, changed)
	for _, key := range []string{
		"state/shoebox.json", "state/site.json", "state/layouts.json", "state/albums/manifest.json", "state/albums/published.json",
		"state/albums/alps/manifest.json", "state/albums/alps/published.json", "state/records/alps/a.jpg.json",
		"state/collections.json", "state/collections/labels/snow/all.json",
	} {
		for name, damage := range map[string]func(body string) string{
			"empty":      func(string) string { return "" },
			"half":       func(body string) string { return body[:len(body)/2] },
			"noise":      func(body string) string { return "\x00\xff" + body },
			"null":       func(string) string { return "null" },
			"list":       func(string) string { return "[]" },
			"object":     func(string) string { return "{}" },
			"text":       func(string) string { return `"text"` },
			"wrong type": func(body string) string { return strings.ReplaceAll(body, `"path":"`, `"path":7,"x":"`) },
			"no objects": func(body string) string { return strings.Replace(body, `"objects":`, `"x":`, 1) },
			"no items":   func(body string) string { return strings.Replace(body, `"items":`, `"x":`, 1) },
			"a problem":  func(body string) string { return strings.Replace(body, `"album":`, `"problem":"x","album":`, 1) },
			"deleted":    nil,
		} {
			if key == "state/shoebox.json" && damage == nil {
				continue // without it public/ is not known to be ours, and the build says so
			}
			if key == "state/albums/manifest.json" && (name == "a problem" || name == "no items") {
				continue // these could be true of it
			}
			t.Run(key+" "+name, func(t *testing.T) {
				for _, want := range []*storage.Mem{whole, changed} {
					b := storage.NewMem()
					for info := range whole.List(t.Context(), "") {
						b.Upload(info.Key, []byte(whole.Contents(info.Key)[info.Key]), info.Modified)
					}
					if damage == nil {
						b.Remove(key)
					} else {
						b.Upload(key, []byte(damage(b.Contents(key)[key])), morning)
					}
					if want == changed {
						change(t, b)
					}
					build(t, b)
					// That the marker is there is all that matters, and a record is only read when its original has changed.
					if key == "state/shoebox.json" || want == whole && strings.HasPrefix(key, "state/records/") {
						b.Upload(key, []byte(want.Contents(key)[key]), morning)
					}
					compare(t, b, want)
					b.Writes()
					build(t, b)
					if again := written(b); len(again) != 0 {
						t.Errorf("the build after that wrote %q", again)
					}
				}
			})
		}
	}
}

// TestShapesThatChange lets files become folders, folders files, and names change their case only, on a real file system.
func TestShapesThatChange(t *testing.T) {
	t.Parallel()
	states := []map[string]int{
		{"a": 1, "x.jpg": 2, "INDEX": 3, "deep/er/y.jpg": 4},
		{"a/b.jpg": 1, "x.jpg/z.jpg": 2, "index/404": 3, "deep": 4},
		{"A": 1, "X.JPG": 2, "x.jpg": 5, "Index": 3, "deep/er": 4},
		{"a": 1, "deep/Er/y.jpg": 4, "-/-": 5, "index.html/index.html": 7, "private": 8},
		{},
		{"one.jpg": 1},
	}
	d, folder := newFolder(t)
	for i, state := range states {
		removeData(t, folder)
		for key, seed := range state {
			write(t, folder, "data/"+key, photo(t, seed))
		}
		report := build(t, d)
		if report.Originals != len(state) || len(report.Failed) != 0 {
			t.Errorf("state %d: %+v", i, report)
		}
		if again := build(t, d); again.Written+again.Deleted != 0 {
			t.Errorf("state %d again: %+v", i, again)
		}
		alone, other := newFolder(t)
		for key, seed := range state {
			write(t, other, "data/"+key, photo(t, seed))
		}
		build(t, alone)
		sameTree(t, tree(t, folder, "public"), tree(t, other, "public"))
	}
}

// TestManyAndDeep builds an album of many items, and one that lies deep, with names as long as they can be; then all goes.
func TestManyAndDeep(t *testing.T) {
	t.Parallel()
	count := 5000
	if testing.Short() {
		count = 300
	}
	b := storage.NewMem()
	for i := range count {
		b.Upload(fmt.Sprintf("data/many/%d.txt", i), []byte("x"), morning.Add(time.Duration(i)*time.Second))
	}
	long := strings.Repeat("é", 125) + ".jpg" // 254 bytes
	b.Upload("data/"+strings.Repeat("level/", 30)+long, photo(t, 1), morning)
	b.Upload("data/"+strings.Repeat(strings.Repeat("x", 255)+"/", 3)+long, photo(t, 2), morning)
	first := build(t, b)
	if first.Originals != count+2 || first.Published != 1+1+30+3 || len(first.Failed) != 0 {
		t.Errorf("first build: %+v", first)
	}
	checkWhole(t, b)
	b.Writes()
	b.Upload("data/many/new.txt", []byte("x"), morning)
	if again := build(t, b); again.Developed != 1 || again.Published > 2 || again.Written > 20 {
		t.Errorf("one added: %+v", again)
	}
	for key := range b.Contents("data/") {
		b.Remove(key)
	}
	build(t, b)
	var left []string
	for key := range b.Contents("public/") {
		if !strings.HasPrefix(key, "public/-/assets/") {
			left = append(left, key)
		}
	}
	slices.Sort(left)
	if want := []string{"public/-/names.json", "public/-/search/index.html", "public/404.html", "public/feed.xml", "public/index.html", "public/index.json"}; !slices.Equal(left, want) {
		t.Errorf("of an empty gallery there is %q, want %q", left, want)
	}
	if records := b.Contents("state/records/"); len(records) != 0 {
		t.Errorf("%d records are left", len(records))
	}
}
