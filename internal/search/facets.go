package search

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"shoebox/internal/gallery"
)

// A Facet is what the items found have of one kind: labels, people, places, years, albums, cameras or types.
type Facet struct {
	Kind   Kind         // Label, Person, Place, Taken (years), Album, Camera or Type
	Values []FacetValue // years the newest first, all others the most frequent first
	Others int          // how many more values there are
}

// A FacetValue is one of the values that items found have.
type FacetValue struct {
	Text  string // as a [Clause] of the facet's kind has it: an album's path, a year
	Title string // as shown to a visitor
	Count int    // items found that have it; of an album, those below it too
}

// Clause returns what a search for the value asks for.
func (v FacetValue) Clause(k Kind) Clause { return Clause{Kind: k, Text: v.Text} }

// facets counts what hits have, each kind at most limit values of it. Only what was found is counted, so that nothing is
// told of what lies outside the scope: not even how it is written there.
func (r *snapshot) facets(h hits, scope string, limit int, albums map[string]albumState) []Facet {
	return []Facet{
		nameFacet(Label, r.tally(h, func(c *columns) *values { return &c.labels }), limit),
		nameFacet(Person, r.tally(h, func(c *columns) *values { return &c.people }), limit),
		nameFacet(Place, r.tally(h, func(c *columns) *values { return &c.places }), limit),
		yearFacet(r.years(h), limit),
		albumFacet(r.tally(h, func(c *columns) *values { return &c.albums }), scope, albums, limit),
		nameFacet(Camera, r.tally(h, func(c *columns) *values { return &c.cameras }), limit),
		nameFacet(Type, r.tally(h, func(c *columns) *values { return &c.kinds }), limit),
	}
}

// tally counts the names that hits have.
func (r *snapshot) tally(h hits, of func(*columns) *values) map[string]int {
	all := map[string]int{}
	rest := h.documents
	for i, l := range r.leaves {
		v := of(l.columns)
		first, n := r.offsets[i], 0
		for n < len(rest) && int(rest[n]-first) < l.columns.documents {
			n++
		}
		counts := v.tally(rest[:n], first, l.columns.documents)
		rest = rest[n:]
		for id, count := range counts {
			if count > 0 {
				all[v.text(id)] += int(count)
			}
		}
	}
	return all
}

// tally counts, by id, the names that documents have; they are numbered from first.
func (v *values) tally(documents []uint32, first uint32, all int) []uint32 {
	counts := make([]uint32, v.count)
	if len(documents) == all && all > 0 { // all names of all documents
		_, end := v.bounds(all - 1)
		for i := range end {
			counts[v.ids.at(i)]++
		}
		return counts
	}
	for _, document := range documents {
		from, end := v.bounds(int(document - first))
		for i := from; i < end; i++ {
			counts[v.ids.at(i)]++
		}
	}
	return counts
}

// years counts the years that hits were taken in.
func (r *snapshot) years(h hits) map[int]int {
	all := map[int]int{}
	var current, from, end int64 // the year of the last hit: the next one is likely in it, too
	n := 0
	r.visit(h, func(_, leaf, document int) {
		taken := r.leaves[leaf].columns.numbers[numberTaken].at(document)
		if taken == none {
			return
		}
		if taken < from || taken >= end {
			all[int(current)] += n
			n = 0
			current = int64(year(taken))
			from = time.Date(int(current), 1, 1, 0, 0, 0, 0, time.UTC).Unix()
			end = time.Date(int(current)+1, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
		}
		n++
	})
	all[int(current)] += n
	delete(all, 0)
	return all
}

// top makes a facet of the first values in an order.
func top(k Kind, values []FacetValue, limit int, compare func(a, b FacetValue) int) Facet {
	f := Facet{Kind: k, Values: make([]FacetValue, 0, min(limit, len(values)))}
	for _, v := range values {
		if len(f.Values) == limit {
			if compare(v, f.Values[limit-1]) >= 0 {
				continue
			}
			f.Values = f.Values[:limit-1]
		}
		i, _ := slices.BinarySearchFunc(f.Values, v, compare)
		f.Values = slices.Insert(f.Values, i, v)
	}
	f.Others = len(values) - len(f.Values)
	return f
}

func frequent(a, b FacetValue) int {
	return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Title, b.Title), cmp.Compare(a.Text, b.Text))
}

// nameFacet makes a facet of names. Those that only differ in how they are written are one, written as it is most often.
func nameFacet(k Kind, counts map[string]int, limit int) Facet {
	written := map[string]FacetValue{} // by the term
	most := map[string]int{}
	for name, count := range counts {
		key := fold(name)
		v := written[key]
		if count > most[key] || count == most[key] && name < v.Title {
			most[key], v.Title, v.Text = count, name, name
		}
		v.Count += count
		written[key] = v
	}
	values := make([]FacetValue, 0, len(written))
	for _, v := range written {
		values = append(values, v)
	}
	return top(k, values, limit, frequent)
}

func yearFacet(counts map[int]int, limit int) Facet {
	var values []FacetValue
	for year, count := range counts {
		text := fmt.Sprintf("%04d", year)
		values = append(values, FacetValue{text, strconv.Itoa(year), count})
	}
	return top(Taken, values, limit, func(a, b FacetValue) int { return cmp.Compare(b.Text, a.Text) })
}

// albumFacet makes a facet of albums, with what is below each. The one searched, and those above it, are left out.
func albumFacet(direct map[string]int, scope string, albums map[string]albumState, limit int) Facet {
	scope = strings.Trim(scope, "/")
	counts := map[string]int{}
	for path, count := range direct {
		for _, p := range slices.Backward(lineage(path)) {
			if strings.Trim(gallery.AlbumDir(p), "/") == scope {
				break
			}
			counts[p] += count
		}
	}
	values := make([]FacetValue, 0, len(counts))
	for path, count := range counts {
		title := albums[path].Title
		if title == "" {
			title = gallery.Name(path)
		}
		values = append(values, FacetValue{path, title, count})
	}
	return top(Album, values, limit, frequent)
}
