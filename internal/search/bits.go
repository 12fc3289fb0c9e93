package search

import (
	"context"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"sync"

	"github.com/blevesearch/bleve/v2/mapping"
	blevesearch "github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/query"
	bleveindex "github.com/blevesearch/bleve_index_api"
)

// A bitset is a set of documents, by their numbers.
type bitset []uint64

func newBitset(documents int) bitset { return make(bitset, (documents+63)/64) }

func (b bitset) add(document uint32)      { b[document/64] |= 1 << (document % 64) }
func (b bitset) remove(document uint32)   { b[document/64] &^= 1 << (document % 64) }
func (b bitset) has(document uint32) bool { return b[document/64]&(1<<(document%64)) != 0 }

func (b bitset) count() int {
	n := 0
	for _, word := range b {
		n += bits.OnesCount64(word)
	}
	return n
}

// next returns the first document from one on; ok is false when there is none.
func (b bitset) next(document uint64) (_ uint64, ok bool) {
	i := document / 64
	if i >= uint64(len(b)) {
		return 0, false
	}
	word := b[i] >> (document % 64) << (document % 64)
	for word == 0 {
		if i++; i >= uint64(len(b)) {
			return 0, false
		}
		word = b[i]
	}
	return i*64 + uint64(bits.TrailingZeros64(word)), true
}

// A bitsQuery is a query that finds a set of documents, each as good as another, all at once: that takes a fraction of what
// Bleve's filters do, which go from document to document. It must be given a [snapshot].
type bitsQuery func(ctx context.Context, r *snapshot, m mapping.IndexMapping) (bitset, error)

// Searcher implements Bleve's query.Query.
func (q bitsQuery) Searcher(ctx context.Context, i bleveindex.IndexReader, m mapping.IndexMapping, _ blevesearch.SearcherOptions) (blevesearch.Searcher, error) {
	r, ok := i.(*snapshot)
	if !ok {
		return nil, fmt.Errorf("a %T has no columns", i)
	}
	found, err := q(ctx, r, m)
	return &bitsSearcher{found: found}, err
}

// set returns all that a query finds, as a set for the caller to keep.
func (r *snapshot) set(ctx context.Context, m mapping.IndexMapping, q query.Query) (bitset, error) {
	if q, ok := q.(bitsQuery); ok {
		return q(ctx, r, m)
	}
	found := newBitset(r.documents())
	return found, r.each(ctx, m, q, false, func(document uint32, _ float64) { found.add(document) })
}

// quiet keeps a query out of the scores: what only filters has no norms, without which Bleve's scores are no numbers.
func quiet(q query.Query) query.Query { return allOf(q) }

// allOf finds what all of the queries do, of which there is one at least.
func allOf(all ...query.Query) query.Query {
	return bitsQuery(func(ctx context.Context, r *snapshot, m mapping.IndexMapping) (bitset, error) {
		found, err := r.set(ctx, m, all[0])
		for _, q := range all[1:] {
			if err != nil || found.count() == 0 {
				break
			}
			var other bitset
			if other, err = r.set(ctx, m, q); err == nil {
				for i := range found {
					found[i] &= other[i]
				}
			}
		}
		return found, err
	})
}

// except finds what none of the queries does.
func except(not ...query.Query) query.Query {
	return bitsQuery(func(ctx context.Context, r *snapshot, m mapping.IndexMapping) (bitset, error) {
		rest := r.live()
		for _, q := range not {
			other, err := r.set(ctx, m, q)
			if err != nil {
				return nil, err
			}
			for i := range rest {
				rest[i] &^= other[i]
			}
		}
		return rest, nil
	})
}

// scopeQuery finds what may be found from a scope.
func scopeQuery(scope string) query.Query {
	if scope = strings.Trim(scope, "/"); scope != "" {
		scope += "/"
	}
	return bitsQuery(func(ctx context.Context, r *snapshot, m mapping.IndexMapping) (bitset, error) {
		if found := r.scopes.get(scope); found != nil {
			return slices.Clone(found), nil
		}
		found, err := r.set(ctx, m, termQuery(fieldScope, scopeTerm(scope)))
		if err == nil {
			r.scopes.put(scope, slices.Clone(found))
		}
		return found, err
	})
}

// maxScopes bounds how many scopes are remembered, of at most maxScope bytes each.
const (
	maxScopes = 16
	maxScope  = 1000
)

// scopeSets remembers what may be found from the scopes that are searched: every search asks.
type scopeSets struct {
	mu   sync.Mutex // guards sets
	sets map[string]bitset
}

func (s *scopeSets) get(scope string) bitset {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sets[scope]
}

func (s *scopeSets) put(scope string, set bitset) {
	if len(scope) > maxScope {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sets == nil || len(s.sets) >= maxScopes {
		s.sets = map[string]bitset{}
	}
	s.sets[scope] = set
}

// columnsQuery finds the documents that a function of their columns accepts. It is called once for each leaf.
func columnsQuery(accept func(c *columns) func(document int) bool) query.Query {
	return bitsQuery(func(_ context.Context, r *snapshot, _ mapping.IndexMapping) (bitset, error) {
		found := newBitset(r.documents())
		for i, l := range r.leaves {
			accepted := accept(l.columns)
			for document := range l.columns.documents {
				if accepted(document) {
					found.add(r.offsets[i] + uint32(document))
				}
			}
		}
		r.dropDeleted(found)
		return found, nil
	})
}

// A bitsSearcher goes through a set of documents for Bleve.
type bitsSearcher struct {
	found bitset
	from  uint64 // all before it have been returned
}

// Next implements Bleve's search.Searcher, like all methods.
func (s *bitsSearcher) Next(ctx *blevesearch.SearchContext) (*blevesearch.DocumentMatch, error) {
	document, ok := s.found.next(s.from)
	if !ok {
		s.from = uint64(len(s.found)) * 64
		return nil, nil
	}
	s.from = document + 1
	match := ctx.DocumentMatchPool.Get()
	match.IndexInternalID = bleveindex.NewIndexInternalID(match.IndexInternalID, document)
	return match, nil
}

// Advance returns the first match from a document on.
func (s *bitsSearcher) Advance(ctx *blevesearch.SearchContext, id bleveindex.IndexInternalID) (*blevesearch.DocumentMatch, error) {
	s.from = max(s.from, id.Value())
	return s.Next(ctx)
}

// Close has nothing to do.
func (s *bitsSearcher) Close() error { return nil }

// Weight is 0: a set is kept out of the scores.
func (s *bitsSearcher) Weight() float64 { return 0 }

// SetQueryNorm has nothing to do.
func (s *bitsSearcher) SetQueryNorm(float64) {}

// Count returns the number of matches.
func (s *bitsSearcher) Count() uint64 { return uint64(s.found.count()) }

// Min returns how many parts have to match: it has none.
func (s *bitsSearcher) Min() int { return 0 }

// Size returns the bytes of memory used.
func (s *bitsSearcher) Size() int { return 8 * len(s.found) }

// DocumentMatchPoolSize returns how many matches are held at once.
func (s *bitsSearcher) DocumentMatchPoolSize() int { return 1 }
