package browser_test

import (
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"shoebox/internal/gallery"
	"shoebox/internal/search/browser"
)

// write returns the files of some albums by their paths.
func write(t *testing.T, albums ...browser.Album) map[string]string {
	t.Helper()
	files := map[string]string{}
	all := func(yield func(browser.Album, error) bool) {
		for _, a := range albums {
			if !yield(a, nil) {
				return
			}
		}
	}
	if _, err := browser.Write(t.Context(), all, func(path string, body []byte) error {
		files[path] = string(body)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return files
}

// odd are items as no camera makes them.
func odd() []gallery.Record {
	var items []gallery.Record
	nan, far := math.NaN(), 1e300
	for i, name := range []string{"#%?\"'.jpg", "😀\u202e\x01.jpg", "index", strings.Repeat("é", 200), "\xff.jpg", "<script>.html"} {
		r := gallery.Record{Original: gallery.Original{Key: gallery.Data + name, Size: math.MaxInt64}, Kind: gallery.Photo, Type: "image/\xff" + strings.Repeat("x", 9000)}
		r.Width, r.Height, r.Duration, r.Rating = math.MaxInt, -1, math.Inf(1), math.MinInt
		r.Title, r.Caption = strings.Repeat("\xff", 9000), strings.Repeat("long ", 1<<18)
		r.GPS = &gallery.GPS{Latitude: nan, Longitude: far, Altitude: &far}
		r.Exposure = gallery.Exposure{Seconds: nan, ISO: -5, FNumber: far, FocalLength: math.Inf(-1)}
		for n := range 600 {
			r.Labels = append(r.Labels, gallery.Label{Name: strings.Repeat("l", i*100) + fmt.Sprint(n), Confidence: nan, Parents: []string{"", "\x00"}})
			r.Persons = append(r.Persons, "")
		}
		r.Renditions = []gallery.Rendition{{Use: gallery.Thumbnail, Path: "elsewhere/\"#.jpg", Width: -1}}
		r.Placeholder = []string{"url(x)", "", "#fff"}
		items = append(items, r)
	}
	return append(items, items[0])
}

func TestOddItems(t *testing.T) {
	files := write(t, browser.Album{Title: "\xff", Items: odd()})
	if len(files) != 2 {
		t.Errorf("%d files, want one of the albums and one shard", len(files))
	}
	for path, body := range files {
		if len(body) > 200_000 {
			t.Errorf("%s has %d bytes", path, len(body))
		}
	}
	reversed := odd()
	for i := range len(reversed) / 2 {
		reversed[i], reversed[len(reversed)-1-i] = reversed[len(reversed)-1-i], reversed[i]
	}
	if again := write(t, browser.Album{Title: "\xff", Items: reversed}); !maps.Equal(files, again) {
		t.Error("the order of items makes other files")
	}
}

// node runs one of the scripts in testdata.
func node(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "node", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("node %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// TestDamagedShards wants damage to be found by what a file is compressed with, whatever it hits.
func TestDamagedShards(t *testing.T) {
	dir := t.TempDir()
	for path, body := range write(t, browser.Album{Title: "Title", Items: odd()}) {
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(path)), []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if refused, err := strconv.Atoi(node(t, "testdata/damage.mjs", dir)); err != nil || refused < 150 {
		t.Errorf("of 200 damaged files %d are refused, %v", refused, err)
	}
}

// TestEngine wants the engine to be one module that a browser can import.
func TestEngine(t *testing.T) {
	at, body := browser.Engine()
	if !strings.HasPrefix(at, browser.Dir+"/engine.") || len(body) > 120_000 {
		t.Errorf("the engine is at %s and has %d bytes", at, len(body))
	}
	for _, word := range []string{"\nimport ", "eval(", "new Function", "innerHTML"} {
		if strings.Contains(string(body), word) {
			t.Errorf("the engine has %q", word)
		}
	}
	file := filepath.Join(t.TempDir(), "engine.mjs")
	if err := os.WriteFile(file, body, 0o600); err != nil {
		t.Fatal(err)
	}
	script := `globalThis.document = { title: "Search" };
		const { answer } = await import(process.argv[1]);
		process.stdout.write(typeof answer);`
	if got := node(t, "--input-type=module", "-e", script, file); got != "function" {
		t.Errorf("the engine exports a %s, want a function", got)
	}
}
