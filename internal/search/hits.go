package search

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"

	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/mapping"
	blevesearch "github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/query"
)

// A snapshot is what a search reads: Bleve's terms and our columns. Documents are numbered through all segments.
type snapshot struct {
	*scorch.IndexSnapshot
	leaves  []leaf
	offsets []uint32 // number of the first document of each leaf
	scopes  *scopeSets
	scope   string              // that is searched
	similar map[string]likeness // by the path of the item, those asked for so far
}

// documents is the number of documents in all leaves, with those deleted.
func (r *snapshot) documents() int {
	n := 0
	for _, l := range r.leaves {
		n += l.columns.documents
	}
	return n
}

// live returns the set of all that is not deleted.
func (r *snapshot) live() bitset {
	all := newBitset(r.documents())
	for document := range uint32(r.documents()) {
		all.add(document)
	}
	r.dropDeleted(all)
	return all
}

// dropDeleted takes what is deleted out of a set.
func (r *snapshot) dropDeleted(set bitset) {
	for i, l := range r.leaves {
		if l.deleted != nil {
			l.deleted.Iterate(func(document uint32) bool {
				set.remove(r.offsets[i] + document)
				return true
			})
		}
	}
}

// snapshot returns what a search of a scope reads, to be closed.
func (o *opened) snapshot(scope string) (*snapshot, error) {
	advanced, err := o.index.Advanced()
	if err != nil {
		return nil, err
	}
	r, err := advanced.Reader()
	if err != nil {
		return nil, err
	}
	s, ok := r.(*scorch.IndexSnapshot)
	if !ok {
		_ = r.Close() // the error says more
		return nil, fmt.Errorf("bleve's %T has no segments", r)
	}
	return &snapshot{IndexSnapshot: s, leaves: o.leaves, offsets: o.offsets, scopes: &o.scopes, scope: scope}, nil
}

// hits are what a query finds.
type hits struct {
	documents []uint32  // ascending
	scores    []float32 // of each; nil when not asked for
}

// checkEvery is after how many documents a search looks whether it is called off.
const checkEvery = 1 << 12

// each calls f with all that a query finds, in the order of the documents; without scores they are 0.
func (r *snapshot) each(ctx context.Context, m mapping.IndexMapping, q query.Query, scored bool, f func(document uint32, score float64)) (err error) {
	options := blevesearch.SearcherOptions{}
	if !scored {
		options.Score = "none"
	}
	s, err := q.Searcher(ctx, r, m, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	in := blevesearch.SearchContext{DocumentMatchPool: blevesearch.NewDocumentMatchPool(s.DocumentMatchPoolSize()+1, 0), IndexReader: r}
	for n := 1; ; n++ {
		if n%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		match, err := s.Next(&in)
		if err != nil || match == nil {
			return err
		}
		f(uint32(match.IndexInternalID.Value()), match.Score)
		in.DocumentMatchPool.Put(match)
	}
}

// find returns all that a query finds.
func (r *snapshot) find(ctx context.Context, m mapping.IndexMapping, q query.Query, scored bool) (h hits, err error) {
	if !scored {
		set, err := r.set(ctx, m, q)
		h.documents = make([]uint32, 0, set.count())
		for document, ok := set.next(0); ok; document, ok = set.next(document + 1) {
			h.documents = append(h.documents, uint32(document))
		}
		return h, err
	}
	err = r.each(ctx, m, q, true, func(document uint32, score float64) {
		h.documents, h.scores = append(h.documents, document), append(h.scores, float32(score))
	})
	return h, err
}

// A place is a hit with what it is sorted by.
type place struct {
	score    float32
	taken    int64
	leaf     int
	document int // in the leaf
}

// An order is how hits are sorted: the best score first, then the newest. Days and seconds tie often. Cameras number their
// files, so the last name is likely the newest.
type order struct{ leaves []leaf }

// compare returns a negative number when a comes before b.
func (o order) compare(a, b place) int {
	if c := cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.taken, a.taken)); c != 0 {
		return c
	}
	ca, cb := o.leaves[a.leaf].columns, o.leaves[b.leaf].columns
	if a.leaf == b.leaf && ca.albums.one(a.document) == cb.albums.one(b.document) {
		return cmp.Compare(cb.names.at(b.document), ca.names.at(a.document))
	}
	return cmp.Compare(cb.path(b.document), ca.path(a.document))
}

// worst is a heap of places, the last of the order on top.
type worst struct {
	order
	places []place
}

func (w *worst) Len() int           { return len(w.places) }
func (w *worst) Less(i, j int) bool { return w.compare(w.places[i], w.places[j]) > 0 }
func (w *worst) Swap(i, j int)      { w.places[i], w.places[j] = w.places[j], w.places[i] }
func (w *worst) Push(any)           { panic("a heap of places does not grow by Push") }
func (w *worst) Pop() any           { panic("a heap of places does not shrink") }

// page returns the hits from one up to, but not including, another.
func (r *snapshot) page(h hits, from, to int) []place {
	to = min(to, len(h.documents))
	if from >= to {
		return nil
	}
	best := &worst{order: order{r.leaves}, places: make([]place, 0, to)}
	r.visit(h, func(i, leaf, document int) {
		p := place{taken: r.leaves[leaf].columns.numbers[numberTaken].at(document), leaf: leaf, document: document}
		if h.scores != nil {
			p.score = h.scores[i]
		}
		if len(best.places) < to {
			if best.places = append(best.places, p); len(best.places) == to {
				heap.Init(best)
			}
		} else if best.compare(p, best.places[0]) < 0 {
			best.places[0] = p
			heap.Fix(best, 0)
		}
	})
	slices.SortFunc(best.places, best.compare)
	return best.places[from:]
}

// visit calls f with every hit: which it is, its leaf, and its number there.
func (r *snapshot) visit(h hits, f func(i, leaf, document int)) {
	leaf, end := 0, 0
	for i, document := range h.documents {
		for int(document) >= end {
			leaf = sort.Search(len(r.offsets), func(i int) bool { return r.offsets[i] > document }) - 1
			end = int(r.offsets[leaf]) + r.leaves[leaf].columns.documents
		}
		f(i, leaf, int(document-r.offsets[leaf]))
	}
}
