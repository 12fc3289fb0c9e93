package search

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/blevesearch/bleve/v2"
	blevesearch "github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/query"
	bleveindex "github.com/blevesearch/bleve_index_api"
)

// Parse reads a query by the names of the gallery. A name is only known where it finds something: from a scope nobody learns
// that a person is on photos outside of it. A context with a [Dictionary] keeps that.
func (x *Index) Parse(ctx context.Context, text, scope string, c Context) (Query, error) {
	in, err := x.acquire()
	if err != nil {
		return Query{}, err
	}
	defer x.release(in)
	if c.Dictionary != nil {
		return c.Parse(text), nil
	}
	names, err := in.scoped(ctx, scope)
	if err != nil {
		return Query{}, err
	}
	c.Dictionary = names
	q := c.Parse(text)
	return q, names.err
}

// maxSeen bounds what is remembered of which names are in which scope.
const maxSeen = 1 << 14

// names are the names of one generation.
type names struct {
	once       sync.Once
	err        error
	bySpelling map[string][]entry // those of a spelling in the order of their rank

	mu   sync.Mutex      // guards what follows
	seen map[string]bool // whether a name finds something in a scope, by both
}

// An entry is a name, and how it is found.
type entry struct {
	Name
	rank  int    // of several names with one spelling, the one with the lowest is meant
	album string // path, of an album
}

// A scopedNames is the [Dictionary] of a scope. It lives no longer than one call, which holds the generation open.
type scopedNames struct {
	ctx   context.Context
	in    *opened
	scope string
	err   error // the first one
}

// scoped returns the names of a scope. The first call reads those of the whole generation.
func (o *opened) scoped(ctx context.Context, scope string) (*scopedNames, error) {
	o.names.once.Do(func() { o.names.err = o.readNames() })
	if o.names.err != nil {
		return nil, o.names.err
	}
	return &scopedNames{ctx: ctx, in: o, scope: strings.Trim(scope, "/")}, nil
}

// readNames reads the names out of the term dictionaries of the index, and those of albums out of the generation.
func (o *opened) readNames() error {
	n := &o.names
	n.bySpelling, n.seen = map[string][]entry{}, map[string]bool{}
	add := func(spelled string, e entry) {
		if !strings.ContainsFunc(spelled, func(r rune) bool { return r > '9' }) { // a number alone is no name
			return
		}
		for _, other := range n.bySpelling[spelled] {
			if other.Name == e.Name && other.album == e.album {
				return
			}
		}
		n.bySpelling[spelled] = append(n.bySpelling[spelled], e)
	}
	err := o.terms(fieldPerson, func(person string) {
		add(spelling(person), entry{Name: Name{Person, person}, rank: 0})
		words := splitWords(person)
		for _, word := range words {
			if len(words) > 1 && len(word) > 1 {
				add(word, entry{Name: Name{Person, word}, rank: 5})
			}
		}
	})
	if err == nil {
		err = o.terms(fieldPlace, func(place string) {
			add(spelling(place), entry{Name: Name{Place, place}, rank: 1})
		})
	}
	if err == nil {
		err = o.terms(fieldCamera, func(camera string) {
			words := splitWords(camera)
			for i := range words {
				for j := i + 1; j <= min(len(words), i+maxNameWords); j++ {
					if text := strings.Join(words[i:j], " "); len(text) > 2 {
						add(text, entry{Name: Name{Camera, text}, rank: 2})
					}
				}
			}
		})
	}
	if err == nil {
		err = o.terms(fieldLabel, func(label string) {
			add(spelling(label), entry{Name: Name{Label, label}, rank: 4})
			for _, other := range synonyms(label) {
				add(other, entry{Name: Name{Label, label}, rank: 6})
			}
		})
	}
	if err != nil {
		return err
	}
	for path, album := range o.generation.Albums {
		if path == "" {
			continue
		}
		for _, name := range []string{album.Title, path[strings.LastIndexByte(path, '/')+1:]} {
			if name = term(name); name != "" {
				add(spelling(name), entry{Name: Name{Album, name}, rank: 3, album: path})
			}
		}
	}
	for _, entries := range n.bySpelling {
		slices.SortFunc(entries, func(a, b entry) int {
			return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.Text, b.Text), cmp.Compare(a.album, b.album))
		})
	}
	return nil
}

// terms calls f with every term of a field.
func (o *opened) terms(field string, f func(term string)) (err error) {
	if o.index == nil {
		return nil
	}
	dict, err := o.index.FieldDict(field)
	if err != nil {
		return fmt.Errorf("read the names of the search index: %w", err)
	}
	defer func() {
		if closeErr := dict.Close(); err == nil {
			err = closeErr
		}
	}()
	for {
		var e *bleveindex.DictEntry
		if e, err = dict.Next(); err != nil || e == nil {
			return err
		}
		f(e.Term)
	}
}

// Lookup implements [Dictionary].
func (s *scopedNames) Lookup(spelling string) (Name, bool) {
	for _, e := range s.in.names.bySpelling[spelling] {
		if s.visible(e) {
			return e.Name, true
		}
	}
	return Name{}, false
}

// visible reports whether a name finds something in the scope.
func (s *scopedNames) visible(e entry) bool {
	if e.Kind == Album { // what lists the album lists its title
		dir := s.scope
		if dir != "" {
			dir += "/"
		}
		return slices.Contains(scopes(e.album, s.in.generation.Albums), scopeTerm(dir))
	}
	key := s.scope + "\x00" + string(e.Kind) + "\x00" + e.Text
	n := &s.in.names
	n.mu.Lock()
	seen, known := n.seen[key]
	n.mu.Unlock()
	if known {
		return seen
	}
	seen, err := s.finds(Clause{Kind: e.Kind, Text: e.Text})
	if err != nil {
		s.err = cmp.Or(s.err, err)
		return false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.seen) >= maxSeen {
		clear(n.seen)
	}
	n.seen[key] = seen
	return seen
}

// finds reports whether a clause, by itself, finds anything in the scope.
func (s *scopedNames) finds(c Clause) (found bool, err error) {
	if s.in.index == nil {
		return false, nil
	}
	reader, err := s.in.snapshot(s.scope)
	if err != nil {
		return false, err
	}
	defer func() {
		if closeErr := reader.Close(); err == nil {
			err = closeErr
		}
	}()
	var q query.Query = bleve.NewConjunctionQuery(scopeQuery(s.scope), c.bleve())
	searcher, err := q.Searcher(s.ctx, reader, s.in.index.Mapping(), blevesearch.SearcherOptions{Score: "none"})
	if err != nil {
		return false, err
	}
	defer func() {
		if closeErr := searcher.Close(); err == nil {
			err = closeErr
		}
	}()
	match, err := searcher.Next(&blevesearch.SearchContext{DocumentMatchPool: blevesearch.NewDocumentMatchPool(searcher.DocumentMatchPoolSize()+1, 0)})
	return match != nil, err
}

// nearest returns the name of the kind (empty: any kind) that is spelled most alike, within a few edits, and in the scope.
func (s *scopedNames) nearest(kind Kind, text string) (Name, bool) {
	type candidate struct {
		edits    int
		spelling string
	}
	wanted := []rune(spelling(text))
	limit := editsAllowed(len(wanted))
	var candidates []candidate
	for spelling := range s.in.names.bySpelling {
		if len(spelling) > 4*(len(wanted)+limit) {
			continue
		}
		if edits := distance(wanted, []rune(spelling), limit); edits > 0 && edits <= limit {
			candidates = append(candidates, candidate{edits, spelling})
		}
	}
	slices.SortFunc(candidates, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.edits, b.edits), cmp.Compare(a.spelling, b.spelling))
	})
	for _, c := range candidates {
		for _, e := range s.in.names.bySpelling[c.spelling] {
			if (kind == "" || kind == e.Kind) && writable(e.Text) && s.visible(e) {
				return e.Name, true
			}
		}
	}
	return Name{}, false
}

// editsAllowed returns how many edits a word of so many letters may be away from what was meant.
func editsAllowed(letters int) int {
	switch {
	case letters < 4:
		return 0
	case letters < 8:
		return 1
	}
	return 2
}

// distance returns how many letters have to be added, dropped, changed or swapped with the next to make b of a; limit + 1 when
// more than the limit.
func distance(a, b []rune, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		before, last, row = last, row, before
		row[0] = i + 1
		best := row[0]
		for j := range b {
			change := 1
			if a[i] == b[j] {
				change = 0
			}
			row[j+1] = min(last[j]+change, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
			best = min(best, row[j+1])
		}
		if best > limit {
			return limit + 1
		}
	}
	return min(row[len(b)], limit+1)
}
