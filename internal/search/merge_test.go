package search

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"shoebox/internal/storage"
)

// current returns the generation that a bucket's pointer names.
func current(t testing.TB, b storage.Bucket) *generation {
	t.Helper()
	p, _, err := readPointer(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	g, err := readGeneration(t.Context(), b, p)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// However many photos come one by one, the index is never built anew and stays as good as if it were.
func TestPublishMerges(t *testing.T) {
	t.Parallel()
	b, m := largeGallery(t)
	random := rand.New(rand.NewPCG(1, 2))
	deleted := map[string]bool{}
	merged := 0
	base := current(t, b).Segments[0].SHA256
	for i := range 30 {
		m.add(item(fmt.Sprintf("album-%03d/new-%d.jpg", i%7, i), "2024-05-05", "Leica Q", "Novelty", "", []string{"Fresh<thing"}, nil))
		n := random.IntN(largeSize)
		path := fmt.Sprintf("album-%03d/IMG_%05d.jpg", n/100, n)
		m.remove("data/" + path)
		deleted[path] = true
		r := publish(t, b, m)
		want := "seg, gen " + fmt.Sprint(i+2) + ", current"
		if r.Mode != Append && r.Mode != Merge || shape(r.Written) != want {
			t.Errorf("publish %d: %s (%s) wrote %s; want %s by appending or merging", i, r.Mode, r.Reason, shape(r.Written), want)
		}
		g := current(t, b)
		if r.Documents != largeSize+i+1-len(deleted) || g.Documents != r.Documents || len(g.Segments) > maxSegments {
			t.Errorf("publish %d: %d documents in %d segments", i, r.Documents, len(g.Segments))
		}
		if g.Segments[0].SHA256 != base {
			t.Errorf("publish %d wrote all of the index again", i)
		}
		if r.Mode == Merge {
			merged++
		}
	}
	if merged < 10 || merged > 25 {
		t.Errorf("30 publishes merged %d times, want about every other time", merged)
	}
	x := open(t, b)
	for _, path := range everything(t, x) {
		if deleted[path] {
			t.Errorf("%s is found though it was deleted", path)
		}
	}
	anew := storage.NewMem()
	publish(t, anew, m)
	sameAnswers(t, x, open(t, anew))
}

// Whatever write of a merge fails, the index stays whole, and running again finishes the job.
func TestMergeFaults(t *testing.T) {
	t.Parallel()
	worn, m := largeGallery(t)
	for i := range maxSegments - 1 {
		m.add(item(fmt.Sprintf("album-001/new-%d.jpg", i), "", "", "", "", nil, nil))
		publish(t, worn, m)
	}
	m.add(item("album-001/last.jpg", "", "", "Fresh", "", nil, nil))
	for _, fault := range []storage.Fault{storage.Before, storage.After} {
		for n := range 3 {
			b := storage.NewMem()
			for key, body := range worn.Contents(indexPrefix) {
				b.Upload(key, []byte(body), time.Now())
			}
			b.Inject(func(i int, _ storage.Write) storage.Fault {
				if i == n {
					return fault
				}
				return storage.None
			})
			if r, err := Publish(t.Context(), b, m, PublishOptions{TempDir: t.TempDir()}); !errors.Is(err, storage.ErrInjected) || r.Mode != Merge {
				t.Fatalf("fault %d at write %d: %s, %v", fault, n, r.Mode, err)
			}
			b.Revive()
			want, mode := 0, Merge
			if n == 2 && fault == storage.After {
				want, mode = 1, Unchanged
			}
			if got := find(t, open(t, b), "fresh", Options{}); len(got) != want {
				t.Errorf("fault %d at write %d: %q is found, want %d", fault, n, got, want)
			}
			if r := publish(t, b, m); r.Mode != mode || r.Documents != largeSize+maxSegments {
				t.Errorf("fault %d at write %d, then again: %+v, want %s", fault, n, r, mode)
			}
			if got := find(t, open(t, b), "fresh", Options{}); len(got) != 1 {
				t.Errorf("fault %d at write %d, then again: %q is found", fault, n, got)
			}
		}
	}
}

// everything returns the paths of all that can be found, newest first.
func everything(t *testing.T, x *Index) []string {
	t.Helper()
	var paths []string
	for _, n := x.Generation(); len(paths) < n; {
		page := find(t, x, "", Options{From: len(paths), Size: maxSize})
		if len(page) == 0 {
			t.Fatalf("%d of %d documents are found", len(paths), n)
		}
		paths = append(paths, page...)
	}
	return paths
}

// sameAnswers asks two indexes the same.
func sameAnswers(t *testing.T, x, y *Index) {
	t.Helper()
	if !slices.Equal(everything(t, x), everything(t, y)) {
		t.Error("what can be found, or its order, is not as in an index built anew")
	}
	for _, query := range []string{"novelty", "dog", `"castle by the"`, "label:thing", "label:fresh", "person:natalie 2003", "camera:leica",
		"taken:2003-02-11..2015-06-20", "-dog -cat", "album:album-003", "type:photo number"} {
		o := Options{Size: maxSize, Sort: ByDate}
		if got, want := find(t, x, query, o), find(t, y, query, o); !slices.Equal(got, want) || len(got) == 0 {
			t.Errorf("%q finds %d items, want %d as in an index built anew", query, len(got), len(want))
		}
	}
}

// Deletions wear out an index that nothing is added to, of one segment or of more.
func TestPublishMergesDeletions(t *testing.T) {
	t.Parallel()
	b, m := storage.NewMem(), newManifests()
	const albums, each, gone = 27, 100, 6
	for a := range albums {
		path := fmt.Sprintf("album-%02d", a)
		m.album(path, "Album")
		for i := range each {
			m.albums[path].Items = append(m.albums[path].Items, item(fmt.Sprintf("%s/%d.jpg", path, i), "", "", "", "", nil, nil))
		}
	}
	publish(t, b, m)
	whole := b.Contents(indexPrefix)
	for _, segments := range []int{1, 2} {
		b, m := storage.NewMem(), &manifests{albums: maps.Clone(m.albums), digests: maps.Clone(m.digests)}
		for key, body := range whole {
			b.Upload(key, []byte(body), time.Now())
		}
		if segments == 2 {
			m.add(item("album-20/new.jpg", "", "", "", "", nil, nil))
			publish(t, b, m)
			m.remove("data/album-20/new.jpg") // the second segment will be empty
		}
		if g := current(t, b); len(g.Segments) != segments {
			t.Fatalf("%d segments, want %d", len(g.Segments), segments)
		}
		for a := range gone {
			delete(m.albums, fmt.Sprintf("album-%02d", a))
		}
		r := publish(t, b, m)
		g := current(t, b)
		if r.Mode != Merge || len(g.Segments) != 1 || g.indexed() != g.Documents || g.Documents != (albums-gone)*each {
			t.Errorf("after deletions: %s (%s) to %d segments of %d documents, %d of them live", r.Mode, r.Reason, len(g.Segments), g.indexed(),
				g.Documents)
		}
		for _, path := range everything(t, open(t, b)) {
			if path < fmt.Sprintf("album-%02d", gone) {
				t.Errorf("%s is found though it was deleted", path)
			}
		}
	}
}

// An import of many photos at once is more files than are merged at once.
func TestMergeManyFiles(t *testing.T) {
	t.Parallel()
	m, err := newMapping()
	if err != nil {
		t.Fatal(err)
	}
	const n = 2*mergeAtOnce + 7
	build := func(ctx context.Context) (*built, error) {
		b := segmentBuilder{dir: t.TempDir(), mapping: m}
		for i := range n {
			r := item(fmt.Sprintf("album/%03d.jpg", i), "", "", "", "", []string{"Dog"}, nil)
			if err := errors.Join(b.add(newItemDocument(r.Original.Key[len("data/"):], &r, "album", nil)), b.flush()); err != nil {
				t.Fatal(err)
			}
		}
		return b.finish(ctx)
	}
	one, err := build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c, err := decodeColumns(one.columns)
	if err != nil || c.documents != n || c.path(n-1) != fmt.Sprintf("album/%03d.jpg", n-1) {
		t.Errorf("%d documents, the last %s (%v), want %d", c.documents, c.path(n-1), err, n)
	}
	two, err := build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one.columns, two.columns) || !bytes.Equal(one.hashes, two.hashes) {
		t.Error("the same documents make different columns")
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := build(stopped); !errors.Is(err, context.Canceled) {
		t.Errorf("a merge that was called off: %v", err)
	}
}
