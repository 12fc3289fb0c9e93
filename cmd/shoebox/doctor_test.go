//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"shoebox/generator"
	"shoebox/internal/aws"
	"shoebox/internal/aws/awstest"
	"shoebox/internal/config"
	"shoebox/internal/doctor"
	"shoebox/internal/search"
	"shoebox/internal/storage"
)

// A wound is one way to break a gallery.
type wound struct {
	name  string
	harm  func(t *testing.T, b storage.Bucket)
	key   string // of the finding; an asterisk is what only the gallery knows
	what  string // in it
	where string // "folder" when it can only be done there
}

// gone deletes what a pattern matches, the first of it.
func gone(pattern string) func(*testing.T, storage.Bucket) {
	return func(t *testing.T, b storage.Bucket) {
		if err := b.Delete(t.Context(), pick(t, b, pattern)); err != nil {
			t.Fatal(err)
		}
	}
}

// changed replaces the first object that a pattern matches.
func changed(pattern string, change func(body []byte) []byte) func(*testing.T, storage.Bucket) {
	return func(t *testing.T, b storage.Bucket) {
		key := pick(t, b, pattern)
		body, _, err := storage.Read(t.Context(), b, key)
		if err != nil {
			t.Fatal(err)
		}
		set(key, change(body))(t, b)
	}
}

// set stores an object.
func set(key string, body []byte) func(*testing.T, storage.Bucket) {
	return func(t *testing.T, b storage.Bucket) {
		if _, err := b.Put(t.Context(), key, body, storage.PutOptions{}); err != nil {
			t.Fatal(err)
		}
	}
}

func flipped(body []byte) []byte {
	body = bytes.Clone(body)
	body[len(body)/2] ^= 0x20
	return body
}

func garbage([]byte) []byte { return []byte("{not json") }

func replaced(old, with string) func([]byte) []byte {
	return func(body []byte) []byte { return bytes.Replace(body, []byte(old), []byte(with), 1) }
}

// pick returns the first key that a pattern, with asterisks, matches.
func pick(t *testing.T, b storage.Bucket, pattern string) string {
	t.Helper()
	if pattern == theGeneration || pattern == theSegment {
		return index(t, b)[pattern]
	}
	prefix, _, _ := strings.Cut(pattern, "*")
	for info, err := range b.List(t.Context(), prefix) {
		if err != nil {
			t.Fatal(err)
		}
		if matches(pattern, info.Key) {
			return info.Key
		}
	}
	t.Fatalf("nothing matches %s", pattern)
	return ""
}

func matches(pattern, key string) bool {
	return regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, `[^/]*`) + "$").MatchString(key)
}

const pointerKey = "state/index/current"

// Of the index there are generations from before, too; these two stand for the current one and for its segment.
const (
	theGeneration = "generation"
	theSegment    = "segment"
)

// index returns the current generation of the index: its key, and that of its segment.
func index(t *testing.T, b storage.Bucket) map[string]string {
	t.Helper()
	var pointer struct{ Generation string }
	var g struct{ Segments []struct{ SHA256 string } }
	body, _, err := storage.Read(t.Context(), b, pointerKey)
	if err := errors.Join(err, json.Unmarshal(body, &pointer)); err != nil {
		t.Fatal(err)
	}
	packed, _, err := storage.Read(t.Context(), b, pointer.Generation)
	if err != nil {
		t.Fatal(err)
	}
	zipped, err := zstd.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	defer zipped.Close()
	if err := json.NewDecoder(zipped).Decode(&g); err != nil || len(g.Segments) != 1 {
		t.Fatalf("generation %+v, %v", g, err)
	}
	return map[string]string{theGeneration: pointer.Generation, theSegment: "state/index/seg/" + g.Segments[0].SHA256 + ".zap.zst"}
}

// wounds are all the ways in which the gallery is broken. The originals stay as they are.
var wounds = []wound{
	{"rendition gone", gone("public/alps/-/b.jpg.*.jpg"),
		"public/alps/-/b.jpg.*.jpg", "of data/alps/b.jpg is missing", ""},
	{"rendition cut", changed("public/alps/-/b.jpg.*.jpg", func(b []byte) []byte { return b[:len(b)-1] }),
		"public/alps/-/b.jpg.*.jpg", "is damaged", ""},
	{"page gone", gone("public/alps/b.jpg.html"),
		"public/alps/b.jpg.html", "it was published, and is missing", ""},
	{"page changed", changed("public/alps/b.jpg.html", flipped),
		"public/alps/b.jpg.html", "its bytes have changed", ""},
	{"album page emptied", set("public/alps/index.html", nil),
		"public/alps/index.html", "its bytes have changed", ""},
	{"twin gone", gone("public/index.json"),
		"public/index.json", "is missing", ""},
	{"feed changed", changed("public/feed.xml", flipped),
		"public/feed.xml", "its bytes have changed", ""},
	{"404 page gone", gone("public/404.html"),
		"public/404.html", "is missing", ""},
	{"orphan page", set("public/alps/ghost.jpg.html", []byte("boo")),
		"public/alps/ghost.jpg.html", "it belongs to nothing", ""},
	{"orphan page of a label", set("public/-/labels/zzz/index.html", []byte("boo")),
		"public/-/labels/zzz/index.html", "it belongs to nothing", ""},
	{"orphan rendition", set("public/alps/-/b.jpg.00000000.480.jpg", []byte("boo")),
		"public/alps/-/b.jpg.00000000.480.jpg", "it belongs to nothing", ""},
	{"asset gone", gone("public/-/assets/style.*.css"),
		"public/-/assets/style.*.css", "the theme's style.css is missing", ""},
	{"asset changed", changed("public/-/assets/style.*.css", flipped),
		"public/-/assets/style.*.css", "the theme's style.css is damaged", ""},
	{"record gone", gone("state/records/alps/b.jpg.json"),
		"state/records/alps/b.jpg.json", "the record of data/alps/b.jpg is missing", ""},
	{"record damaged", changed("state/records/alps/b.jpg.json", garbage),
		"state/records/alps/b.jpg.json", "can't be read", ""},
	{"record of another", changed("state/records/alps/b.jpg.json", replaced("data/alps/b.jpg", "data/alps/c.jpg")),
		"state/records/alps/b.jpg.json", `the record is of another original, "data/alps/c.jpg"`, ""},
	{"record changed", changed("state/records/alps/b.jpg.json", replaced(`"width":60`, `"width":61`)),
		"state/records/alps/b.jpg.json", "the record is not what the manifest state/albums/alps/manifest.json says", ""},
	{"orphan record", set("state/records/alps/ghost.jpg.json", []byte("{}")),
		"state/records/alps/ghost.jpg.json", "nothing in data/ that it is about", ""},
	{"manifest gone", gone("state/albums/alps/manifest.json"),
		"data/alps/b.jpg", "does not show this original as it is now", ""},
	{"manifest damaged", changed("state/albums/alps/manifest.json", garbage),
		"state/albums/alps/manifest.json", "the manifest can't be read", ""},
	{"manifest of another", changed("state/albums/alps/manifest.json", replaced(`"path":"alps"`, `"path":"andes"`)),
		"state/albums/alps/manifest.json", `of another album, "andes"`, ""},
	{"orphan album", set("state/albums/ghost/manifest.json", []byte("{}")),
		"state/albums/ghost/manifest.json", "nothing in data/ that it is about", ""},
	{"note damaged", changed("state/albums/alps/published.json", garbage),
		"state/albums/alps/published.json", "the note of what was published can't be read", ""},
	{"catalog gone", gone("state/site.json"),
		"state/site.json", "is missing", ""},
	{"catalog damaged", changed("state/site.json", garbage),
		"state/site.json", "can't be read", ""},
	{"layouts changed", changed("state/layouts.json", replaced("main", "nain")),
		"state/layouts.json", "not those that all other pages were made with", ""},
	{"layouts gone", gone("state/layouts.json"),
		"state/layouts.json", "is missing", ""},
	{"index gone", gone(pointerKey),
		pointerKey, "there is no search index", ""},
	{"pointer damaged", set(pointerKey, []byte("?")),
		pointerKey, "is damaged", ""},
	{"pointer to nowhere", changed(pointerKey, func(body []byte) []byte {
		return regexp.MustCompile(`gen/[^"]*`).ReplaceAll(body, []byte("gen/9-00000000.json"))
	}), pointerKey, "it names state/index/gen/9-00000000.json, which is not there", ""},
	{"generation damaged", changed(theGeneration, flipped),
		"state/index/gen/*", "is damaged", ""},
	{"segment damaged", changed(theSegment, flipped),
		"state/index/seg/*", "is damaged", ""},
	{"segment gone", gone(theSegment),
		"state/index/seg/*", "is not there", ""},
	{"stray in the index", set("state/index/seg/tmp", []byte("boo")),
		"state/index/seg/tmp", "no part of the search index", ""},
	{"lease left", set("state/lease.json", []byte(`{"owner":"somebody","until":"2024-01-02T03:04:05Z"}`)),
		"state/lease.json", "held the lease until 2024-01-02T03:04:05Z", ""},
	{"page rotted on the disk", rot("public/alps/b.jpg.html"),
		"public/alps/b.jpg.html", "its bytes have changed", "folder"},
	{"download replaced", set("public/alps/-/original/b.jpg", []byte("another")),
		"public/alps/-/original/b.jpg", "it is not the original", "folder"},
}

// rot changes a file without a trace in its metadata, as a failing disk does.
func rot(key string) func(*testing.T, storage.Bucket) {
	return func(t *testing.T, b storage.Bucket) {
		file := b.(*storage.Dir).LocalPath(key)
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(file, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteAt([]byte("#"), info.Size()/2); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, info.ModTime(), info.ModTime()); err != nil {
			t.Fatal(err)
		}
	}
}

// examined runs doctor and returns what it prints as JSON.
func examined(t *testing.T, wantCode int, env []string, args ...string) (e examination) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), append([]string{"doctor", "--json"}, args...), env, &stdout, &stderr)
	if err := json.Unmarshal(stdout.Bytes(), &e); err != nil || code != wantCode {
		t.Fatalf("doctor %q: exit code %d, want %d: %v\n%s%s", args, code, wantCode, err, stdout.String(), stderr.String())
	}
	return e
}

func TestDoctor(t *testing.T) {
	folder := t.TempDir()
	for name, body := range doctorsPatient() {
		write(t, filepath.Join(folder, filepath.FromSlash(name)), body)
	}
	b, err := storage.OpenDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	treat(t, b, wounds, nil, folder)
}

func TestDoctorInS3(t *testing.T) {
	endpoint := awstest.StartS3(t, "photos")
	awstest.Setenv(t, endpoint)
	b, err := aws.OpenBucket(t.Context(), "photos")
	if err != nil {
		t.Fatal(err)
	}
	for name, body := range doctorsPatient() {
		set(name, body)(t, b)
	}
	some := slices.DeleteFunc(slices.Clone(wounds), func(w wound) bool { return w.where == "folder" })
	treat(t, b, some, nil, "--bucket", "s3://photos")
}

// TestDoctorWithTheFunctions has the gallery made anew as the functions on AWS do it.
func TestDoctorWithTheFunctions(t *testing.T) {
	b := storage.NewMem()
	for name, body := range doctorsPatient() {
		set(name, body)(t, b)
	}
	at := &location{bucket: b, config: config.Default()}
	g := at.examined()
	g.Generate = func(ctx context.Context) error { return reconcile(ctx, at.generator(nil)) }
	if err := g.Generate(t.Context()); err != nil {
		t.Fatal(err)
	}
	healthy := essence(t, b)
	for _, w := range wounds {
		if w.where == "folder" {
			continue
		}
		t.Run(w.name, func(t *testing.T) {
			w.harm(t, b)
			found, err := g.Check(t.Context())
			if err != nil || len(found) == 0 {
				t.Fatalf("found %+v, %v", found, err)
			}
			done, err := g.Repair(t.Context(), found)
			if err != nil {
				t.Fatal(err)
			}
			if left, err := g.Check(t.Context()); err != nil || len(left) > 0 {
				t.Errorf("did %q and left %+v, %v", done, left, err)
			}
			if now := essence(t, b); !same(healthy, now) {
				t.Errorf("after the repair these differ: %q", difference(healthy, now))
			}
		})
	}
}

func doctorsPatient() map[string][]byte {
	return map[string][]byte{
		"data/a.jpg": photo(1), "data/alps/b.jpg": photo(2), "data/alps/2024/100% #1 & „two“?.jpg": photo(3), "data/notes.txt": []byte("hello"),
		"data/alps/b.jpg.md": []byte("---\ntitle: Summit\nkeywords: [snow]\n---"), "data/private/c.jpg": photo(4),
	}
}

// treat breaks a gallery in every way, wants each found, named and mended, and the gallery to be as before.
func treat(t *testing.T, b storage.Bucket, wounds []wound, env []string, at ...string) {
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), append([]string{"build", "-q"}, at...), env, &stdout, &stderr); code != 0 {
		t.Fatalf("build: %s", stderr.String())
	}
	if e := examined(t, 0, env, at...); len(e.Found) > 0 {
		t.Fatalf("a healthy gallery: %+v", e.Found)
	}
	healthy, originals := essence(t, b), under(t, b, "data/")
	for _, w := range wounds {
		t.Run(w.name, func(t *testing.T) {
			w.harm(t, b)
			hurt := under(t, b, "")
			e := examined(t, exitFailed, env, at...)
			if !slices.ContainsFunc(e.Found, func(f doctor.Finding) bool {
				return matches(w.key, f.Key) && strings.Contains(f.What, w.what) && f.Do != ""
			}) {
				t.Errorf("found %+v, want %s: %s", e.Found, w.key, w.what)
			}
			if len(e.Found) > 4 {
				t.Errorf("%d findings of one wound: %+v", len(e.Found), e.Found)
			}
			if after := under(t, b, ""); !same(hurt, after) {
				t.Errorf("looking at it changed %q", difference(hurt, after))
			}
			if e := examined(t, 0, env, append([]string{"--repair"}, at...)...); len(e.Done) == 0 || len(e.Left) > 0 {
				t.Errorf("repair did %q and left %+v", e.Done, e.Left)
			}
			if now := essence(t, b); !same(healthy, now) {
				t.Errorf("after the repair these differ: %q", difference(healthy, now))
			}
			if now := under(t, b, "data/"); !same(originals, now) {
				t.Errorf("the repair touched originals: %q", difference(originals, now))
			}
		})
	}
}

// essence is all of a gallery that does not depend on how it came to be: not what the bucket calls its objects, and not how often
// the index was built.
func essence(t *testing.T, b storage.Bucket) map[string]string {
	t.Helper()
	all := under(t, b, "public/")
	etags := regexp.MustCompile(`"(etag|manifest)":"[^"]*",?`)
	for key, body := range under(t, b, "state/") {
		switch {
		case strings.HasPrefix(key, "state/index/") || key == "state/lease.json":
		case strings.HasSuffix(key, "/published.json"), key == "state/site.json":
			all[key] = etags.ReplaceAllString(body, "")
		default:
			all[key] = body
		}
	}
	x, err := search.Open(t.Context(), b, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	for _, scope := range []string{"", "private/"} {
		for _, query := range []string{"", "snow", "type:photo"} {
			found, err := x.Search(t.Context(), search.Parse(query), search.Options{Scope: scope, Size: 100})
			if err != nil {
				t.Fatal(err)
			}
			all["search "+scope+query] = fmt.Sprint(found.Hits)
		}
	}
	return all
}

func under(t *testing.T, b storage.Bucket, prefix string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for info, err := range b.List(t.Context(), prefix) {
		if err != nil {
			t.Fatal(err)
		}
		body, _, err := storage.Read(t.Context(), b, info.Key)
		if err != nil {
			t.Fatal(err)
		}
		all[info.Key] = string(body)
	}
	return all
}

func same(a, b map[string]string) bool { return len(difference(a, b)) == 0 }

func difference(a, b map[string]string) (keys []string) {
	for key, body := range a {
		if other, ok := b[key]; !ok || other != body {
			keys = append(keys, key)
		}
	}
	for key := range b {
		if _, ok := a[key]; !ok {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// TestDoctorOriginals changes what is in data/: the gallery is then stale, and a repair brings it up to date.
func TestDoctorOriginals(t *testing.T) {
	folder := t.TempDir()
	for name, body := range doctorsPatient() {
		write(t, filepath.Join(folder, filepath.FromSlash(name)), body)
	}
	build := func() {
		t.Helper()
		if code := run(t.Context(), []string{"build", "-q", folder}, nil, new(bytes.Buffer), os.Stderr); code != 0 {
			t.Fatal("build failed")
		}
	}
	build()
	pointer, err := os.ReadFile(filepath.Join(folder, pointerKey))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "data", "new.jpg"), photo(9))
	if err := os.Remove(filepath.Join(folder, "data", "alps", "b.jpg")); err != nil {
		t.Fatal(err)
	}
	e := examined(t, exitFailed, nil, folder)
	for key, what := range map[string]string{"data/new.jpg": "new", "state/records/alps/b.jpg.json": "nothing in data/ that it is about"} {
		if !slices.ContainsFunc(e.Found, func(f doctor.Finding) bool { return f.Key == key && strings.Contains(f.What, what) }) {
			t.Errorf("found %+v, want %s: %s", e.Found, key, what)
		}
	}
	examined(t, 0, nil, "--repair", folder)

	// A pointer from before, as an old backup would bring it: whole, but stale.
	write(t, filepath.Join(folder, pointerKey), pointer)
	e = examined(t, exitFailed, nil, folder)
	if len(e.Found) == 0 || e.Found[0].Key != pointerKey || !strings.Contains(e.Found[0].What, "stale") {
		t.Errorf("with a pointer from before: %+v", e.Found)
	}
	examined(t, 0, nil, "--repair", folder)

	// Generations that nobody needs any more, a day old.
	for i := range 4 {
		write(t, filepath.Join(folder, "data", "new.jpg"), photo(10+i))
		build()
	}
	old := time.Now().Add(-48 * time.Hour)
	for _, dir := range []string{"seg", "gen"} {
		files, err := filepath.Glob(filepath.Join(folder, "state", "index", dir, "*"))
		if err != nil || len(files) < 5 {
			t.Fatalf("generations %q, %v", files, err)
		}
		for _, file := range files {
			if err := os.Chtimes(file, old, old); err != nil {
				t.Fatal(err)
			}
		}
	}
	e = examined(t, 0, nil, "--repair", folder)
	if len(e.Left) > 0 || len(e.Done) < 5 {
		t.Errorf("old generations: did %q, left %+v", e.Done, e.Left)
	}
}

// TestDoctorIsCareful wants files that are not ours left alone, and a copy of a gallery to be as healthy as the gallery.
func TestDoctorIsCareful(t *testing.T) {
	folder := t.TempDir()
	for name, body := range doctorsPatient() {
		write(t, filepath.Join(folder, filepath.FromSlash(name)), body)
	}
	if code := run(t.Context(), []string{"build", "-q", folder}, nil, new(bytes.Buffer), os.Stderr); code != 0 {
		t.Fatal("build failed")
	}
	for _, name := range []string{"public/.well-known/acme", "state/labels/ab/abc.json"} {
		write(t, filepath.Join(folder, name), []byte("{}"))
	}
	write(t, filepath.Join(folder, "public", "ghost.html"), []byte("boo"))
	e := examined(t, 0, nil, "--repair", folder)
	if want := []string{"deleted public/ghost.html", "brought the gallery up to date"}; !slices.Equal(e.Done, want) {
		t.Errorf("did %q, want %q", e.Done, want)
	}
	if err := os.Remove(filepath.Join(folder, "state", "shoebox.json")); err != nil {
		t.Fatal(err)
	}
	e = examined(t, exitFailed, nil, "--repair", folder) // it might be somebody else's
	if len(e.Done) > 0 || len(e.Left) != 1 || e.Left[0].Key != "state/shoebox.json" {
		t.Errorf("without our mark: did %q, left %+v", e.Done, e.Left)
	}
	for _, name := range []string{"public/.well-known/acme", "state/labels/ab/abc.json"} {
		if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
			t.Error(err)
		}
	}
}

// TestDoctorSparesWorkInProgress wants a live gallery's new renditions, which no record names yet, left alone.
func TestDoctorSparesWorkInProgress(t *testing.T) {
	b := storage.NewMem()
	set("data/a.jpg", photo(1))(t, b)
	if _, err := generator.New(generator.Options{Bucket: b, Config: config.Default()}).Build(t.Context()); err != nil {
		t.Fatal(err)
	}
	set("public/-/new.jpg.00000000.480.jpg", []byte("young"))(t, b)
	for live, want := range map[bool]int{true: 0, false: 1} {
		g := doctor.Gallery{Bucket: b, Live: live, Plan: func(context.Context) ([]doctor.Step, error) { return nil, nil }}
		found, err := g.Check(t.Context())
		if err != nil || len(found) != want {
			t.Errorf("live %t: %+v, %v, want %d findings", live, found, err, want)
		}
	}
}
