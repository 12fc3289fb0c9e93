package search

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/blevesearch/bleve/v2"

	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// An Index answers searches from the generation that it fetched last. Its methods may be called concurrently.
type Index struct {
	bucket      storage.Bucket
	dir         string // of its own, with one directory per generation
	fingerprint string

	refresh sync.Mutex // one refresh at a time

	mu      sync.Mutex // guards what follows, and the uses of every opened
	current *opened    // nil once closed
}

// opened is a generation that is open. It stays so until the last search in it ends.
type opened struct {
	pointer    pointer
	generation *generation
	dir        string
	index      bleve.Index // nil when there is no document
	uses       int         // by searches, and one by the Index while it is the current one; guarded by Index.mu
}

var errClosed = errors.New("the search index is closed")

// Open fetches the current generation of a gallery's index into a folder of its own below cacheDir (empty: the system's
// folder for temporary files), checks every byte and opens it. Without an index the error wraps [ErrNoIndex].
func Open(ctx context.Context, b storage.Bucket, cacheDir string) (*Index, error) {
	m, err := newMapping()
	if err != nil {
		return nil, err
	}
	mark, err := fingerprint(m)
	if err != nil {
		return nil, err
	}
	if cacheDir != "" {
		if err := os.MkdirAll(cacheDir, 0o700); err != nil {
			return nil, err
		}
	}
	dir, err := os.MkdirTemp(cacheDir, "shoebox-search-")
	if err != nil {
		return nil, err
	}
	x := &Index{bucket: b, dir: dir, fingerprint: mark}
	current, _, err := readPointer(ctx, b)
	if missing(err) {
		err = ErrNoIndex
	}
	if err == nil {
		x.current, err = x.open(ctx, current, nil)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the search index: %w", err), os.RemoveAll(dir))
	}
	return x, nil
}

// Refresh opens the current generation when it is another one, and reports whether it was. Searches go on meanwhile, in the
// generation from before, which is also kept when the new one is damaged.
func (x *Index) Refresh(ctx context.Context) (changed bool, err error) {
	x.refresh.Lock()
	defer x.refresh.Unlock()
	old, err := x.acquire()
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, x.release(old)) }()
	current, _, err := readPointer(ctx, x.bucket)
	if missing(err) {
		err = ErrNoIndex
	}
	if err != nil {
		return false, fmt.Errorf("refresh the search index: %w", err)
	}
	if current == old.pointer {
		return false, nil
	}
	next, err := x.open(ctx, current, old)
	if err != nil {
		return false, fmt.Errorf("refresh the search index: %w", err)
	}
	x.mu.Lock()
	if x.current == nil { // closed meanwhile
		x.mu.Unlock()
		return false, errors.Join(errClosed, next.close())
	}
	x.current = next
	x.mu.Unlock()
	return true, x.release(old) // the Index's own use of it
}

// Generation returns the number of the generation that is searched, and how many items can be found in it.
func (x *Index) Generation() (number int64, documents int) {
	o, err := x.acquire()
	if err != nil {
		return 0, 0
	}
	defer x.release(o)
	return o.generation.Number, o.generation.Documents
}

// Close ends the use of the index, once the searches under way have ended, and removes its files.
func (x *Index) Close() error {
	x.refresh.Lock()
	defer x.refresh.Unlock()
	x.mu.Lock()
	o := x.current
	x.current = nil
	x.mu.Unlock()
	if o == nil {
		return nil
	}
	return x.release(o)
}

func (x *Index) acquire() (*opened, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.current == nil {
		return nil, errClosed
	}
	x.current.uses++
	return x.current, nil
}

func (x *Index) release(o *opened) error {
	x.mu.Lock()
	o.uses--
	last, closed := o.uses == 0, x.current == nil
	x.mu.Unlock()
	if !last {
		return nil
	}
	err := o.close()
	if closed {
		err = errors.Join(err, os.RemoveAll(x.dir))
	}
	return err
}

func (o *opened) close() error {
	var err error
	if o.index != nil {
		err = o.index.Close()
	}
	return errors.Join(err, os.RemoveAll(o.dir))
}

// open fetches and opens a generation; what the one before has already is not fetched again.
func (x *Index) open(ctx context.Context, p pointer, before *opened) (_ *opened, err error) {
	g, err := readGeneration(ctx, x.bucket, p)
	if err != nil {
		return nil, err
	}
	if g.Mapping != x.fingerprint {
		return nil, fmt.Errorf("%s was made by another version of this program: run shoebox build", p.Generation)
	}
	o := &opened{pointer: p, generation: g, uses: 1}
	if o.dir, err = os.MkdirTemp(x.dir, "generation-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(o.dir))
		}
	}()
	if len(g.Segments) == 0 {
		return o, nil
	}
	have := map[string]string{}
	if before != nil {
		for _, s := range before.generation.Segments {
			have[s.SHA256] = filepath.Join(before.dir, storeDir, s.File)
		}
	}
	if err := g.fetch(ctx, x.bucket, o.dir, have); err != nil {
		return nil, err
	}
	// Without a time limit a second process that holds Bleve's lock would make us wait for ever.
	o.index, err = bleve.OpenUsing(o.dir, map[string]any{"read_only": true, "bolt_timeout": "5s"})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Generation, err)
	}
	return o, nil
}

// The orders of results.
const (
	ByDate      = "date"      // newest first
	ByRelevance = "relevance" // best first
)

// maxFrom and maxSize bound a page of results; Bleve collects all before it.
const (
	maxFrom = 1_000_000
	maxSize = 1000
)

// Options are options of a search.
type Options struct {
	// Scope is the directory of the album searched, with all below it, as [gallery.AlbumDir] has it; with or without the
	// slash at its end. Empty, it is all that is public.
	Scope string
	From  int    // how many results to skip, up to 1,000,000
	Size  int    // how many results to return, up to 1,000
	Sort  string // ByDate or ByRelevance, the default; a query without words has no relevance and goes by date
}

// Results are what a search found.
type Results struct {
	Total int // items found, whatever From and Size are
	Hits  []Hit
	Took  time.Duration
}

// A Hit is one item found.
type Hit struct {
	Key        string // of the original: "data/…"
	AlbumTitle string // of the album it lies in
}

// Search finds what matches a query within a scope. Nothing outside of it is returned or counted. The order is total: equal
// results are ordered by key, so that pages neither overlap nor leave out.
func (x *Index) Search(ctx context.Context, q Query, o Options) (Results, error) {
	start := time.Now()
	in, err := x.acquire()
	if err != nil {
		return Results{}, err
	}
	defer x.release(in)
	switch {
	case o.From < 0 || o.From > maxFrom:
		return Results{}, fmt.Errorf("search from result %d: want 0 to %d", o.From, maxFrom)
	case o.Size < 0 || o.Size > maxSize:
		return Results{}, fmt.Errorf("search for %d results: want 0 to %d", o.Size, maxSize)
	case o.Sort != "" && o.Sort != ByDate && o.Sort != ByRelevance:
		return Results{}, fmt.Errorf("search sorted by %q: want %q or %q", o.Sort, ByDate, ByRelevance)
	case in.index == nil:
		return Results{Took: time.Since(start)}, nil
	}
	ranked := q.ranked() && o.Sort != ByDate
	request := bleve.NewSearchRequestOptions(q.bleve(o.Scope, ranked), o.Size, o.From, false)
	// Days tie often. Cameras number their files, so within a day the last name is likely the newest.
	request.SortBy([]string{"-" + fieldDay, "-_id"})
	if ranked {
		request.SortBy([]string{"-_score", "-" + fieldDay, "-_id"})
	} else {
		request.Score = "none"
	}
	found, err := in.index.SearchInContext(ctx, request)
	if err != nil {
		return Results{}, fmt.Errorf("search: %w", err)
	}
	r := Results{Total: int(found.Total), Hits: make([]Hit, len(found.Hits))}
	for i, hit := range found.Hits {
		key := gallery.Data + hit.ID
		r.Hits[i] = Hit{Key: key, AlbumTitle: in.generation.Albums[gallery.AlbumPath(key)].Title}
	}
	r.Took = time.Since(start)
	return r, nil
}
