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
	"github.com/blevesearch/bleve/v2/mapping"

	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// An Index answers searches from the generation that it fetched last. Its methods may be called concurrently.
type Index struct {
	bucket      storage.Bucket
	dir         string // of its own, with one directory per generation
	mapping     *mapping.IndexMappingImpl
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
	leaves     []leaf      // the segments, without hashes
	offsets    []uint32    // number of the first document of each leaf
	scopes     scopeSets
	names      names // read when a query is first parsed
	uses       int   // by searches, and one by the Index while it is the current one; guarded by Index.mu
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
	x := &Index{bucket: b, dir: dir, mapping: m, fingerprint: mark}
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
	have := map[string]leaf{}
	if before != nil {
		for i, s := range before.generation.Segments {
			have[s.SHA256] = before.leaves[i]
		}
	}
	if err := o.fetch(ctx, x.bucket, have); err != nil {
		return nil, err
	}
	if o.index, err = openStore(o.dir, x.mapping, o.leaves); err != nil {
		return nil, fmt.Errorf("%s: %w", p.Generation, err)
	}
	return o, nil
}

// fetch lays the segments of a generation out as Bleve opens them, each verified. Those at hand already, by SHA-256, are linked
// instead.
func (o *opened) fetch(ctx context.Context, b storage.Bucket, have map[string]leaf) error {
	if err := os.MkdirAll(filepath.Join(o.dir, storeDir), 0o700); err != nil {
		return err
	}
	next := uint32(0)
	for i, s := range o.generation.Segments {
		file := filepath.Join(o.dir, storeDir, segmentFile(i))
		p, ok := have[s.SHA256]
		if ok && os.Link(p.file, file) == nil {
			var err error
			if p.deleted, err = s.deleted(); err != nil {
				return err
			}
			p.file = file
		} else {
			var err error
			if p, err = s.fetch(ctx, b, file); err != nil {
				return err
			}
			p.hashes = nil
		}
		o.leaves, o.offsets = append(o.leaves, p), append(o.offsets, next)
		next += uint32(s.Documents)
	}
	return nil
}

// The orders of results.
const (
	ByDate      = "date"      // newest first
	ByRelevance = "relevance" // best first
)

// Bounds of what one search returns.
const (
	maxFrom   = 1_000_000 // results before the page
	maxSize   = 1000      // results of the page
	maxFacets = 1000      // values of a facet
)

// Options are options of a search.
type Options struct {
	// Scope is the directory of the album searched, with all below it, as [gallery.AlbumDir] has it; with or without the
	// slash at its end. Empty, it is all that is public.
	Scope string
	From  int    // how many results to skip
	Size  int    // how many results to return, up to 1,000
	Sort  string // ByDate or ByRelevance, the default; a query without words has no relevance and goes by date
	// Facets is how many values of each facet to return, up to 1,000; 0: no facets.
	Facets int
}

// Results are what a search found.
type Results struct {
	Total int // items found, whatever From and Size are
	Hits  []Hit
	// Facets are what all the items found have, whatever From and Size are: labels, people, places, years, albums, cameras and
	// types, in this order; nil when they were not asked for.
	Facets []Facet
	Notes  []string // what was found in place of what was asked for, and what was left out, in words for the visitor
	Took   time.Duration
}

// A Hit is one item found.
type Hit struct {
	Key        string // of the original: "data/…"
	AlbumTitle string // of the album it lies in
}

// Search finds what matches a query within a scope. Nothing outside of it is returned or counted. The order is total: equal
// results are ordered by key, so that pages neither overlap nor leave out. When nothing matches, what is spelled almost alike
// is looked for, then any of the words: see [Results].Notes.
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
	case o.Facets < 0 || o.Facets > maxFacets:
		return Results{}, fmt.Errorf("search for %d values of a facet: want 0 to %d", o.Facets, maxFacets)
	case o.Sort != "" && o.Sort != ByDate && o.Sort != ByRelevance:
		return Results{}, fmt.Errorf("search sorted by %q: want %q or %q", o.Sort, ByDate, ByRelevance)
	}
	var r Results
	if in.index == nil {
		r.Took = time.Since(start)
		return r, nil
	}
	if err := in.relaxed(ctx, q, o, &r); err != nil {
		return Results{}, fmt.Errorf("search: %w", err)
	}
	r.Took = time.Since(start)
	return r, nil
}

// relaxed searches, ever less strictly until something is found.
func (o *opened) relaxed(ctx context.Context, q Query, options Options, r *Results) error {
	if err := o.search(ctx, q, options, false, r); err != nil || r.Total > 0 {
		return err
	}
	q, said, err := q.corrected(ctx, o, options.Scope)
	if err != nil {
		return err
	}
	if said != "" {
		if err := o.search(ctx, q, options, false, r); err != nil {
			return err
		}
		if r.Total > 0 {
			r.Notes = append(r.Notes, said)
			return nil
		}
	}
	if !q.anyHelps() {
		return nil
	}
	if err := o.search(ctx, q, options, true, r); err != nil || r.Total == 0 {
		return err
	}
	if said != "" {
		r.Notes = append(r.Notes, said)
	}
	r.Notes = append(r.Notes, anyNote)
	return nil
}

// search asks the index once; of the words, any is enough if so.
func (o *opened) search(ctx context.Context, q Query, options Options, anyWord bool, r *Results) (err error) {
	in, err := o.snapshot(options.Scope)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	scored := q.worded() && options.Sort != ByDate
	found, err := in.find(ctx, o.index.Mapping(), q.bleve(options.Scope, scored, anyWord), scored)
	if err != nil {
		return err
	}
	if options.Sort != ByDate {
		for _, path := range q.likes() {
			like, err := in.like(ctx, o.index.Mapping(), path)
			if err != nil {
				return err
			}
			like.addTo(&found)
		}
	}
	r.Total, r.Hits, r.Facets = len(found.documents), []Hit{}, nil
	if options.Size > 0 {
		for _, p := range in.page(found, options.From, options.From+options.Size) {
			path := in.leaves[p.leaf].columns.path(p.document)
			r.Hits = append(r.Hits, Hit{Key: gallery.Data + path, AlbumTitle: o.generation.Albums[gallery.AlbumPath(path)].Title})
		}
	}
	if options.Facets > 0 {
		r.Facets = in.facets(found, options.Scope, options.Facets, o.generation.Albums)
	}
	return nil
}
