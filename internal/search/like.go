package search

import (
	"cmp"
	"context"
	"math"
	"math/bits"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/search/query"

	"shoebox/internal/gallery"
)

// What an item is like counts in hundredths of a nat: what one of n items in the scope shares with so many of them counts
// 100 ln(1 + n/so many), a person once and a half that. These are whole numbers, so that every engine comes to the same ones.
const (
	likeHour    = 300 // taken within an hour
	likeDay     = 200 // else, on that day
	likeWeek    = 100 // else, within a week
	likeSeason  = 50  // else, in that month of another year
	likeNear    = 200 // within about a kilometre
	likeAround  = 100 // else, within ten
	likePerson  = 150 // percent of what it would count as a label
	likeMost    = 1000
	likeLabels  = 40 // the first of the item that count
	likePersons = 16
	maxLikes    = 4 // of a query
)

// What few share is rare: one item of likeRare in the scope, or likeFew of them.
const (
	likeRare = 100
	likeFew  = 10
)

// item returns the path of the item that a Like clause is about. What can't be typed is written as in an address: "%22".
func (c Clause) item() string {
	path := strings.TrimPrefix(c.Text, "/")
	if plain, err := url.PathUnescape(path); err == nil && utf8.ValidString(plain) {
		return plain
	}
	return path
}

// likes returns the paths of the items that the query asks to be like, each once.
func (q Query) likes() []string {
	var paths []string
	for _, c := range q.Clauses {
		alternatives := c.Any
		if c.Kind != Any {
			alternatives = []Clause{c}
		}
		for _, c := range alternatives {
			if c.Kind == Like && !c.Not && !slices.Contains(paths, c.item()) {
				paths = append(paths, c.item())
			}
		}
	}
	return paths
}

// A likeness is what is like an item: which documents, and how much.
type likeness struct {
	found  bitset
	scores []uint32 // of the documents found, in their order
}

// likeQuery finds what is like the item of a path.
func likeQuery(path string) query.Query {
	return bitsQuery(func(ctx context.Context, r *snapshot, m mapping.IndexMapping) (bitset, error) {
		l, err := r.like(ctx, m, path)
		if err != nil {
			return nil, err
		}
		return slices.Clone(l.found), nil
	})
}

// like returns what is like an item, both in the scope that is searched: what lies outside neither counts nor is counted, and
// an item there is as one that does not exist.
//
// Found is what shares something rare with the item: a label or place that one in a hundred has, or ten items in all; a person;
// the day; or the kilometre. The rest would be half of the gallery, since most photos share "Outdoors". Of what is found the best
// thousand stay, and those as good as the last of them.
func (r *snapshot) like(ctx context.Context, m mapping.IndexMapping, path string) (likeness, error) {
	if l, ok := r.similar[path]; ok {
		return l, nil
	}
	if r.similar == nil {
		r.similar = map[string]likeness{}
	}
	l := likeness{found: newBitset(r.documents())}
	scope, err := r.set(ctx, m, scopeQuery(r.scope))
	if err != nil {
		return l, err
	}
	if leaf, document, ok := r.locate(path, scope); ok {
		l = r.compare(r.leaves[leaf].columns.row(document, row{}), r.offsets[leaf]+uint32(document), scope)
	}
	r.similar[path] = l
	return l, ctx.Err()
}

// locate returns where the item of a path is, if it is one of the scope's. What lies outside is not even compared with: how long
// that takes would tell of it.
func (r *snapshot) locate(path string, scope bitset) (leaf, document int, ok bool) {
	album, name := gallery.AlbumPath(gallery.Data+path), gallery.Name(path)
	for i, l := range r.leaves {
		c := l.columns
		id := -1
		for n := range c.albums.count {
			if c.albums.text(n) == album {
				id = n
			}
		}
		for n := range c.documents {
			if scope.has(r.offsets[i]+uint32(n)) && c.albums.one(n) == id && c.names.at(n) == name {
				leaf, document, ok = i, n, true
			}
		}
	}
	return leaf, document, ok
}

// A trait is a name that an item has, and others may share.
type trait struct {
	of      func(*columns) *values
	percent int // of what it counts for
	always  bool
	folded  string
	having  int // items in the scope that have it
	counts  uint32
	rare    bool
}

// traits returns the names that an item has.
func (w row) traits() []trait {
	var all []trait
	add := func(names []string, most, percent int, always bool, of func(*columns) *values) {
		for _, name := range names[:min(len(names), most)] {
			all = append(all, trait{of: of, percent: percent, always: always, folded: fold(name)})
		}
	}
	add(w.labels, likeLabels, 100, false, func(c *columns) *values { return &c.labels })
	add(w.people, likePersons, likePerson, true, func(c *columns) *values { return &c.people })
	add(w.places, 3, 100, false, func(c *columns) *values { return &c.places })
	return all
}

// compare returns what of the scope is like an item, which is a document there.
func (r *snapshot) compare(w row, self uint32, scope bitset) likeness {
	traits := w.traits()
	shared := make([]uint64, r.documents()) // the traits that each document shares, a bit each
	for i, l := range r.leaves {
		r.share(l.columns, r.offsets[i], traits, scope, shared)
	}
	all := scope.count()
	for i, t := range traits {
		t.counts = uint32(math.Round(float64(t.percent) * math.Log1p(float64(all)/float64(max(t.having, 1)))))
		t.rare = t.always || t.having <= max(likeFew, all/likeRare)
		traits[i] = t
	}
	rare := uint64(0)
	for i, t := range traits {
		if t.rare {
			rare |= 1 << i
		}
	}
	near := newNearness(w)
	l := likeness{found: newBitset(r.documents())}
	for i, leaf := range r.leaves {
		c, first := leaf.columns, r.offsets[i]
		for n := range c.documents {
			document := first + uint32(n)
			mask := shared[document]
			if mask&rare == 0 && !near.rare(c, n) || document == self || !scope.has(document) {
				continue
			}
			score := near.counts(c, n)
			for ; mask != 0; mask &= mask - 1 {
				score += traits[bits.TrailingZeros64(mask)].counts
			}
			l.found.add(document)
			l.scores = append(l.scores, score)
		}
	}
	l.cut()
	return l
}

// share notes which traits the documents of a leaf have, and counts them.
func (r *snapshot) share(c *columns, first uint32, traits []trait, scope bitset, shared []uint64) {
	for from := 0; from < len(traits); {
		v := traits[from].of(c)
		end := from + 1
		for end < len(traits) && traits[end].of(c) == v {
			end++
		}
		masks, any := make([]uint64, v.count), false
		for id := range v.count {
			name := fold(v.text(id))
			for i := from; i < end; i++ {
				if traits[i].folded == name {
					masks[id], any = 1<<i, true
				}
			}
		}
		for n := 0; any && n < c.documents; n++ {
			a, b := v.bounds(n)
			mask := uint64(0)
			for i := a; i < b; i++ {
				mask |= masks[v.ids.at(i)]
			}
			if document := first + uint32(n); mask != 0 && scope.has(document) {
				shared[document] |= mask
				for ; mask != 0; mask &= mask - 1 {
					traits[bits.TrailingZeros64(mask)].having++
				}
			}
		}
		from = end
	}
}

// cut leaves the best.
func (l *likeness) cut() {
	if len(l.scores) <= likeMost {
		return
	}
	sorted := slices.Clone(l.scores)
	slices.SortFunc(sorted, func(a, b uint32) int { return cmp.Compare(b, a) })
	least := sorted[likeMost-1]
	kept, i := l.scores[:0], 0
	for document, ok := l.found.next(0); ok; document, ok = l.found.next(document + 1) {
		if score := l.scores[i]; score >= least {
			kept = append(kept, score)
		} else {
			l.found.remove(uint32(document))
		}
		i++
	}
	l.scores = kept
}

// addTo adds how much each hit is like the item to its score.
func (l likeness) addTo(h *hits) {
	if h.scores == nil {
		h.scores = make([]float32, len(h.documents))
	}
	i := 0
	document, ok := l.found.next(0)
	for n, hit := range h.documents {
		for ok && document < uint64(hit) {
			i++
			document, ok = l.found.next(document + 1)
		}
		if ok && document == uint64(hit) {
			h.scores[n] += float32(l.scores[i]) / 100
		}
	}
}

// A nearness compares when and where items were taken with one of them.
type nearness struct {
	taken               int64
	day                 int64 // since 1970
	month               time.Month
	placed              bool
	latitude, longitude int64
	width               float64 // of a degree of longitude, in degrees of latitude
}

func newNearness(w row) nearness {
	n := nearness{taken: w.numbers[numberTaken], latitude: w.numbers[numberLatitude], longitude: w.numbers[numberLongitude]}
	if n.taken != none {
		n.day, n.month = dayOf(n.taken), time.Unix(n.taken, 0).UTC().Month()
	}
	n.placed = n.latitude != none && n.longitude != none
	n.width = math.Cos(float64(n.latitude) / numberScale(numberLatitude) * math.Pi / 180)
	return n
}

const (
	hourSeconds = 60 * 60
	daySeconds  = 24 * hourSeconds
)

// dayOf returns the number of the day of a time in seconds since 1970.
func dayOf(seconds int64) int64 {
	if seconds < 0 {
		seconds -= daySeconds - 1
	}
	return seconds / daySeconds
}

// rare reports whether a document is of the same day or hour, or within a kilometre.
func (n nearness) rare(c *columns, document int) bool {
	if taken := c.numbers[numberTaken].at(document); taken != none && n.taken != none &&
		(dayOf(taken) == n.day || max(taken-n.taken, n.taken-taken) <= hourSeconds) {
		return true
	}
	return n.placed && n.apart(c, document) <= kilometre
}

// counts returns what a document's time and place count.
func (n nearness) counts(c *columns, document int) (score uint32) {
	if taken := c.numbers[numberTaken].at(document); taken != none && n.taken != none {
		apart := max(taken-n.taken, n.taken-taken)
		switch {
		case apart <= hourSeconds:
			score = likeHour
		case dayOf(taken) == n.day:
			score = likeDay
		case apart <= 7*daySeconds:
			score = likeWeek
		case time.Unix(taken, 0).UTC().Month() == n.month:
			score = likeSeason
		}
	}
	if n.placed {
		switch apart := n.apart(c, document); {
		case apart <= kilometre:
			score += likeNear
		case apart <= 10*kilometre:
			score += likeAround
		}
	}
	return score
}

// kilometre is one in stored units of latitude: hundred thousandths of a degree, of which there are 111 km to one.
const kilometre = 900

// apart returns how far a document is away, in stored units of latitude; more than ten kilometres is as much as any.
func (n nearness) apart(c *columns, document int) int64 {
	const far = 10*kilometre + 1
	latitude := c.numbers[numberLatitude].at(document)
	north := max(latitude-n.latitude, n.latitude-latitude)
	if latitude == none || north > 10*kilometre {
		return far
	}
	longitude := c.numbers[numberLongitude].at(document)
	east := max(longitude-n.longitude, n.longitude-longitude)
	east = int64(math.Round(float64(min(east, 36_000_000-east)) * n.width))
	if east > 10*kilometre {
		return far
	}
	return int64(math.Ceil(math.Hypot(float64(north), float64(east))))
}
