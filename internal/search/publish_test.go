package search

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// shape replaces what is hashed or counted in keys: "seg", "gen 3", "current".
func shape(keys []string) string {
	var parts []string
	for _, key := range keys {
		switch {
		case strings.HasPrefix(key, segmentPrefix):
			parts = append(parts, "seg")
		case strings.HasPrefix(key, generationPrefix):
			parts = append(parts, fmt.Sprintf("gen %d", generationNumber(key)))
		case key == PointerKey:
			parts = append(parts, "current")
		default:
			parts = append(parts, key)
		}
	}
	return strings.Join(parts, ", ")
}

// puts returns the keys written to a bucket since it was last asked.
func puts(b *storage.Mem) []string {
	var keys []string
	for _, w := range b.Writes() {
		keys = append(keys, w.Key)
	}
	return keys
}

// largeSize is a number of photos that is not built anew at every change.
const largeSize = smallGallery + 100

// largeIndex is the index of that many photos, built once.
var largeIndex = sync.OnceValues(func() (map[string][]byte, error) {
	dir, err := os.MkdirTemp("", "shoebox-test-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	b := storage.NewMem()
	if _, err := Publish(context.Background(), b, manyPhotos(largeSize), PublishOptions{TempDir: dir}); err != nil {
		return nil, err
	}
	objects := map[string][]byte{}
	for key, body := range b.Contents(indexPrefix) {
		objects[key] = []byte(body)
	}
	return objects, nil
})

// largeGallery returns a gallery of largeSize photos, published.
func largeGallery(t testing.TB) (*storage.Mem, *manifests) {
	t.Helper()
	objects, err := largeIndex()
	if err != nil {
		t.Fatal(err)
	}
	b := storage.NewMem()
	for key, body := range objects {
		b.Upload(key, bytes.Clone(body), time.Now())
	}
	return b, manyPhotos(largeSize)
}

func TestPublishWritesWhatChanged(t *testing.T) {
	t.Parallel()
	for _, size := range []struct {
		name   string
		photos int
		update string // mode of a publish of a change
	}{{"small", 150, Rebuild}, {"large", largeSize, Append}} {
		t.Run(size.name, func(t *testing.T) {
			b, m := storage.NewMem(), manyPhotos(size.photos)
			check := func(what, mode, written string, documents int, o PublishOptions) {
				t.Helper()
				b.Writes()
				r := publishWith(t, b, m, o)
				if r.Mode != mode || shape(r.Written) != written || r.Documents != documents {
					t.Errorf("%s: %s of %d documents wrote %s; want %s of %d, %s (%s)", what, r.Mode, r.Documents, shape(r.Written), mode,
						documents, written, r.Reason)
				}
				if got := puts(b); !slices.Equal(got, r.Written) {
					t.Errorf("%s: wrote %q, reported %q", what, got, r.Written)
				}
				x := open(t, b)
				if got := len(find(t, x, "", Options{Size: 1000, From: documents - 10})); got != 10 {
					t.Errorf("%s: the last page has %d items, want 10", what, got)
				}
			}
			n := size.photos
			none := PublishOptions{}
			check("first", Rebuild, "seg, gen 1, current", n, none)
			check("unchanged", Unchanged, "", n, none)
			check("unchanged, verified", Unchanged, "", n, PublishOptions{Verify: true})

			m.add(item("album-001/new.jpg", "2025-05-05", "", "Fresh", "", nil, nil))
			check("one added", size.update, "seg, gen 2, current", n+1, none)
			if got := find(t, open(t, b), "fresh", Options{}); !slices.Equal(got, []string{"album-001/new.jpg"}) {
				t.Errorf("the new photo is not found: %q", got)
			}
			r := item("album-001/new.jpg", "2025-05-05", "", "Renamed", "", nil, nil)
			m.add(r)
			check("one replaced", size.update, "seg, gen 3, current", n+1, none)
			if got := find(t, open(t, b), "fresh", Options{}); len(got) != 0 {
				t.Errorf("what a replaced photo said is still found: %q", got)
			}
			m.remove("data/album-001/new.jpg")
			written := "seg, gen 4, current"
			if size.update == Append {
				written = "gen 4, current" // a deletion is in root.bolt only
			}
			check("one deleted", size.update, written, n, none)
			if got := find(t, open(t, b), "renamed", Options{}); len(got) != 0 {
				t.Errorf("a deleted photo is still found: %q", got)
			}
			changed := *m.albums["album-001"]
			changed.Album.Text = "not in the index"
			m.albums["album-001"] = &changed
			if size.update == Append {
				check("nothing indexed changed", Append, "gen 5, current", n, none)
			} else {
				check("nothing indexed changed", Rebuild, "seg, gen 5, current", n, none)
			}
			delete(m.albums, "album-000")
			written = "seg, gen 6, current"
			if size.update == Append {
				written = "gen 6, current"
			}
			check("album deleted", size.update, written, n-100, none)
			check("asked for", Rebuild, "seg, gen 7, current", n-100, PublishOptions{Rebuild: true})
		})
	}
}

// What an album says of itself is part of the documents below it.
func TestPublishFollowsAlbums(t *testing.T) {
	t.Parallel()
	b, m := largeGallery(t)
	m.album("trips", "Trips")
	m.album("trips/one", "One")
	m.add(item("trips/one/a.jpg", "2020-02-02", "", "Alpha", "", nil, nil))
	publish(t, b, m)
	m.album("trips", "Voyages")
	if r := publish(t, b, m); r.Mode != Append {
		t.Errorf("a renamed album: %+v, want an append", r)
	}
	if got := find(t, open(t, b), "album:voyages", Options{}); len(got) != 1 {
		t.Errorf("the photo below a renamed album is found as %q", got)
	}
	m.album("trips", "Voyages (hidden)")
	publish(t, b, m)
	x := open(t, b)
	if got := find(t, x, "alpha", Options{}); len(got) != 0 {
		t.Errorf("below a hidden album, %q is found", got)
	}
	if got := find(t, x, "alpha", Options{Scope: "trips/one"}); len(got) != 1 {
		t.Errorf("within a hidden album, %q is found, want the photo", got)
	}
}

// What is left small is simpler to build anew than to merge.
func TestPublishBuildsSmallAnew(t *testing.T) {
	t.Parallel()
	b, m := largeGallery(t)
	for a := range 5 {
		delete(m.albums, fmt.Sprintf("album-%03d", a))
	}
	if r := publish(t, b, m); r.Mode != Rebuild || r.Documents != largeSize-500 {
		t.Errorf("a quarter deleted: %+v, want a rebuild of %d", r, largeSize-500)
	}
}

func TestPublishEmpty(t *testing.T) {
	b, m := storage.NewMem(), newManifests()
	if r := publish(t, b, m); shape(r.Written) != "gen 1, current" || r.Documents != 0 {
		t.Errorf("an empty gallery: %+v", r)
	}
	if r := publish(t, b, m); r.Mode != Unchanged {
		t.Errorf("an empty gallery again: %+v", r)
	}
	x := open(t, b)
	if got := find(t, x, "dog", Options{}); len(got) != 0 {
		t.Errorf("an empty gallery finds %q", got)
	}
	m.album("", "Gallery")
	m.add(item("dog.jpg", "", "", "", "", nil, nil))
	publish(t, b, m)
	if _, err := x.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := find(t, x, "dog", Options{}); len(got) != 1 {
		t.Errorf("after the first photo: %q", got)
	}
}

// halfway is a Source that lets another publisher in while the first is at work.
type halfway struct {
	*manifests
	once sync.Once
	meet func()
}

func (h *halfway) Albums(ctx context.Context) (map[string]string, error) {
	albums, err := h.manifests.Albums(ctx)
	h.once.Do(h.meet)
	return albums, err
}

func TestPublishersRace(t *testing.T) {
	t.Parallel()
	b, m := storage.NewMem(), manyPhotos(200)
	publish(t, b, m)
	m.album("first", "First")
	m.add(item("first/a.jpg", "", "", "Alpha", "", nil, nil))
	slow := &halfway{manifests: m, meet: func() { // what the first publisher has read is old now
		m.album("second", "Second")
		m.add(item("second/b.jpg", "", "", "Beta", "", nil, nil))
		publish(t, b, m)
	}}
	r := publish(t, b, slow)
	if r.Documents != 202 {
		t.Errorf("the publisher that lost the race: %+v, want 202 documents", r)
	}
	x := open(t, b)
	for _, word := range []string{"alpha", "beta"} {
		if got := find(t, x, word, Options{}); len(got) != 1 {
			t.Errorf("%s finds %q", word, got)
		}
	}
	if r := publish(t, b, m); r.Mode != Unchanged {
		t.Errorf("after the race: %+v, want nothing to do", r)
	}

	// Many at once, each with an album of its own.
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			path := fmt.Sprintf("racer-%d", i)
			m.album(path, "Racer")
			m.add(item(path+"/car.jpg", "", "", "Vroom", "", nil, nil))
			if _, err := Publish(context.Background(), b, m, PublishOptions{TempDir: t.TempDir()}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := find(t, open(t, b), "vroom", Options{}); len(got) != 6 {
		t.Errorf("after six at once, %d albums are found: %q", len(got), got)
	}
}

// Whatever write fails, the index stays whole, and running again finishes the job.
func TestPublishFaults(t *testing.T) {
	t.Parallel()
	for _, fault := range []storage.Fault{storage.Before, storage.After} {
		for n := range 3 {
			b, m := storage.NewMem(), fixedGallery()
			publish(t, b, m)
			m.add(item("alps/new.jpg", "", "", "Fresh", "", nil, nil))
			b.Inject(func(i int, _ storage.Write) storage.Fault {
				if i == n {
					return fault
				}
				return storage.None
			})
			if _, err := Publish(t.Context(), b, m, PublishOptions{TempDir: t.TempDir()}); !errors.Is(err, storage.ErrInjected) {
				t.Fatalf("fault %d at write %d: %v", fault, n, err)
			}
			b.Revive()
			want := 0
			if n == 2 && fault == storage.After {
				want = 1
			}
			if got := find(t, open(t, b), "fresh", Options{}); len(got) != want {
				t.Errorf("fault %d at write %d: %q is found, want %d", fault, n, got, want)
			}
			publish(t, b, m)
			if got := find(t, open(t, b), "fresh", Options{}); len(got) != 1 {
				t.Errorf("fault %d at write %d, then again: %q is found", fault, n, got)
			}
		}
	}
}

func TestDamage(t *testing.T) {
	flip := func(data []byte) []byte { data[len(data)/2] ^= 1; return data }
	cut := func(data []byte) []byte { return data[:len(data)/2] }
	gone := func([]byte) []byte { return nil }
	junk := func([]byte) []byte { return []byte(`{"generation": 7`) }
	astray := func([]byte) []byte {
		return []byte(`{"generation": "data/alps.jpg", "sha256": "` + strings.Repeat("0", 64) + `"}`)
	}
	for _, tt := range []struct {
		name, prefix string
		damage       func([]byte) []byte
	}{
		{"segment flipped", segmentPrefix, flip}, {"segment cut", segmentPrefix, cut}, {"segment gone", segmentPrefix, gone},
		{"generation flipped", generationPrefix, flip}, {"generation cut", generationPrefix, cut}, {"generation gone", generationPrefix, gone},
		{"pointer junk", PointerKey, junk}, {"pointer cut", PointerKey, cut}, {"pointer gone", PointerKey, gone}, {"pointer astray", PointerKey, astray},
	} {
		sizes := []int{30}
		if tt.prefix == segmentPrefix {
			sizes = append(sizes, largeSize)
		}
		for _, photos := range sizes {
			t.Run(fmt.Sprint(tt.name, " ", photos), func(t *testing.T) {
				t.Parallel()
				b, m := storage.NewMem(), manyPhotos(photos)
				if photos == largeSize {
					b, m = largeGallery(t)
				} else {
					publish(t, b, m)
				}
				x := open(t, b)
				before := b.Contents(indexPrefix)
				m.add(item("album-000/new.jpg", "", "", "Fresh", "", nil, nil))
				publish(t, b, m)
				for key, body := range b.Contents(indexPrefix) {
					if _, old := before[key]; strings.HasPrefix(key, tt.prefix) && (!old || key == PointerKey) {
						if damaged := tt.damage([]byte(body)); damaged == nil {
							b.Remove(key)
						} else {
							b.Upload(key, damaged, time.Now())
						}
					}
				}
				_, err := x.Refresh(t.Context())
				if err == nil || !strings.Contains(err.Error(), "index") {
					t.Errorf("Refresh of a damaged index: %v, want an error that says so", err)
				}
				if got := len(find(t, x, "label:thing", Options{Size: 1})); got != 1 {
					t.Errorf("the reader lost its old generation")
				}
				if broken, err := Open(t.Context(), b, t.TempDir()); err == nil {
					t.Errorf("Open of a damaged index succeeds")
					broken.Close()
				}
				r := publishWith(t, b, m, PublishOptions{Verify: true})
				if r.Mode != Rebuild || r.Reason == "" {
					t.Errorf("publish over a damaged index: %+v, want a rebuild with its reason", r)
				}
				if changed, err := x.Refresh(t.Context()); !changed || err != nil {
					t.Errorf("Refresh after it was mended: %v, %v", changed, err)
				}
				if got := find(t, x, "fresh", Options{}); len(got) != 1 {
					t.Errorf("after it was mended, the new photo is found as %q", got)
				}
			})
		}
	}
}

// A segment that is damaged without anybody knowing is found out when it is built upon.
func TestDamageIsNotBuiltUpon(t *testing.T) {
	t.Parallel()
	b, m := largeGallery(t)
	for key, body := range b.Contents(segmentPrefix) {
		data := bytes.Clone([]byte(body))
		data[len(data)/2] ^= 1
		b.Upload(key, data, time.Now())
	}
	m.add(item("album-000/new.jpg", "", "", "Fresh", "", nil, nil))
	if r := publish(t, b, m); r.Mode != Rebuild || !strings.Contains(r.Reason, "damaged") {
		t.Errorf("publish upon a damaged segment: %+v, want a rebuild", r)
	}
	if got := find(t, open(t, b), "fresh", Options{}); len(got) != 1 {
		t.Errorf("the new photo is found as %q", got)
	}
}

func TestGarbage(t *testing.T) {
	t.Parallel()
	b, m := storage.NewMem(), manyPhotos(50)
	now := time.Now()
	var last Report
	for i := range 6 {
		m.add(item(fmt.Sprintf("album-000/new-%d.jpg", i), "", "", "Fresh", "", nil, nil))
		last = publishWith(t, b, m, PublishOptions{Now: func() time.Time { return now }})
		if len(last.Deleted) != 0 {
			t.Errorf("publish %d deleted what is not a day old: %q", i, last.Deleted)
		}
	}
	if got := len(b.Contents(indexPrefix)); got != 13 {
		t.Errorf("after six publishes there are %d objects, want 13", got)
	}
	m.add(item("album-000/last.jpg", "", "", "Fresh", "", nil, nil))
	later := PublishOptions{Now: func() time.Time { return now.Add(25 * time.Hour) }}
	last = publishWith(t, b, m, later)
	if got, want := shape(last.Deleted), "gen 1, gen 2, gen 3, gen 4, seg, seg, seg, seg"; got != want {
		t.Errorf("a day later: deleted %s, want %s", got, want)
	}
	if got := find(t, open(t, b), "fresh", Options{}); len(got) != 7 {
		t.Errorf("after the garbage is gone, %d photos are found, want 7", len(got))
	}
	for range 3 {
		if r := publishWith(t, b, m, later); r.Mode != Unchanged || len(r.Deleted) != 0 {
			t.Errorf("again: %+v, want nothing", r)
		}
	}
}

// A Source that fails is an error, and leaves what is there.
func TestPublishSourceFails(t *testing.T) {
	b, m := storage.NewMem(), manyPhotos(50)
	publish(t, b, m)
	m.album("new", "New")
	before := b.Contents(indexPrefix)
	broken := errors.New("broken")
	if _, err := Publish(t.Context(), b, failing{m, broken}, PublishOptions{TempDir: t.TempDir()}); !errors.Is(err, broken) {
		t.Errorf("Publish with a broken source: %v", err)
	}
	if got := b.Contents(indexPrefix); len(got) != len(before) {
		t.Errorf("a failed publish wrote %d objects", len(got)-len(before))
	}
	vanished := failing{m, fs.ErrNotExist}
	if r := publish(t, b, vanished); r.Mode != Unchanged {
		t.Errorf("an album that vanishes while it is read: %+v, want nothing to do", r)
	}
}

type failing struct {
	*manifests
	err error
}

func (f failing) Manifest(context.Context, string) (*gallery.Manifest, error) { return nil, f.err }

func TestPublishInFolder(t *testing.T) {
	dir := t.TempDir()
	b, err := storage.OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	temp := t.TempDir()
	m := fixedGallery()
	if _, err := Publish(t.Context(), b, m, PublishOptions{TempDir: temp}); err != nil {
		t.Fatal(err)
	}
	m.add(item("alps/new.jpg", "", "", "Fresh", "", nil, nil))
	if _, err := Publish(t.Context(), b, m, PublishOptions{TempDir: temp}); err != nil {
		t.Fatal(err)
	}
	x, err := Open(t.Context(), b, temp)
	if err != nil {
		t.Fatal(err)
	}
	if got := find(t, x, "fresh", Options{}); len(got) != 1 {
		t.Errorf("in a folder, %q is found", got)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) != 0 {
		t.Errorf("%d files are left over: %v, %v", len(left), left, err)
	}
	if _, err := x.Search(t.Context(), Parse("dog"), Options{}); err == nil {
		t.Error("a closed index answers")
	}
}

func TestReadersAndPublisher(t *testing.T) {
	t.Parallel()
	b, m := largeGallery(t)
	m.album("growing", "Growing")
	publish(t, b, m)
	x := open(t, b)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			last := 0
			for ctx.Err() == nil {
				r, err := x.Search(context.Background(), Parse("grower"), Options{Size: 100})
				if err != nil || r.Total < last || len(r.Hits) != r.Total {
					t.Errorf("found %d of %d after %d: %v", len(r.Hits), r.Total, last, err)
					return
				}
				last = r.Total
			}
		})
	}
	wg.Go(func() {
		for ctx.Err() == nil {
			if _, err := x.Refresh(context.Background()); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Millisecond)
		}
	})
	for i := range 10 {
		m.add(item(fmt.Sprintf("growing/%d.jpg", i), "", "", "Grower", "", nil, nil))
		publish(t, b, m)
	}
	if _, err := x.Refresh(t.Context()); err != nil {
		t.Error(err)
	}
	stop()
	wg.Wait()
	if got := find(t, x, "grower", Options{}); len(got) != 10 {
		t.Errorf("at the end %d are found, want 10", len(got))
	}
}

func BenchmarkPublishOneOf10000(b *testing.B) {
	bucket, err := storage.OpenDir(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer bucket.Close()
	m := manyPhotos(10_000)
	temp := b.TempDir()
	start := time.Now()
	if _, err := Publish(b.Context(), bucket, m, PublishOptions{TempDir: temp}); err != nil {
		b.Fatal(err)
	}
	rebuild := time.Since(start)
	// The slowest of 30, which merge three times.
	var slowest time.Duration
	n := 0
	one := func() {
		m.add(item(fmt.Sprintf("album-050/new-%d.jpg", n), "", "", "", "", nil, nil))
		n++
		start := time.Now()
		r, err := Publish(b.Context(), bucket, m, PublishOptions{TempDir: temp})
		if err != nil || r.Mode != Append && r.Mode != Merge {
			b.Fatal(r, err)
		}
		slowest = max(slowest, time.Since(start))
	}
	for range 30 {
		one()
	}
	for b.Loop() {
		one()
	}
	b.ReportMetric(rebuild.Seconds(), "s/rebuild")
	b.ReportMetric(slowest.Seconds(), "s/slowest")
	var size int64
	for info, err := range bucket.List(b.Context(), segmentPrefix) {
		if err == nil {
			size = max(size, info.Size)
		}
	}
	b.ReportMetric(float64(size), "B/index")
}
