package search

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"shoebox/internal/gallery"
	"shoebox/internal/page"
	"shoebox/internal/storage"
)

// likeGallery has a photo, and others that have ever less to do with it.
func likeGallery() *manifests {
	m := newManifests()
	m.album("", "Gallery")
	m.album("a", "A")
	add := func(name, date string, labels []string, person string, change func(r *gallery.Record)) {
		var persons []string
		if person != "" {
			persons = []string{person}
		}
		r := item("a/"+name, date, "", "", "", labels, persons)
		if change != nil {
			change(&r)
		}
		m.albums["a"].Items = append(m.albums["a"].Items, r)
	}
	at := func(latitude float64) func(r *gallery.Record) {
		return func(r *gallery.Record) {
			r.GPS = &gallery.GPS{Latitude: latitude, Longitude: 179.9999}
			r.Place = gallery.Place{Country: "Fiji"}
		}
	}
	add("one.jpg", "2020-06-15", []string{"Falcon<Bird<Animal", "Outdoors"}, "Ada", at(-16))
	add("twin.jpg", "2020-06-15", []string{"Falcon<Bird<Animal", "Outdoors"}, "Ada", at(-16.001))
	add("falcon.jpg", "2011-01-15", []string{"falcon<Bird<Animal", "Outdoors"}, "", nil)
	add("ada.jpg", "2011-01-16", []string{"Outdoors"}, "ADA", nil)
	add("day.jpg", "2020-06-15", []string{"Outdoors"}, "", func(r *gallery.Record) {
		r.Taken = gallery.Wall(time.Date(2020, 6, 15, 0, 30, 0, 0, time.UTC))
	})
	add("near.jpg", "2011-01-17", nil, "", func(r *gallery.Record) {
		r.GPS = &gallery.GPS{Latitude: -16.0001, Longitude: -179.9999} // across the antimeridian
	})
	for i := range 2000 { // "Outdoors" and the month alone are nothing
		add(fmt.Sprintf("other-%04d.jpg", i), "2012-06-14", []string{"Outdoors"}, "", nil)
	}
	return m
}

func TestLikeRanks(t *testing.T) {
	b := storage.NewMem()
	publish(t, b, likeGallery())
	x := open(t, b)
	want := []string{"a/twin.jpg", "a/ada.jpg", "a/falcon.jpg", "a/day.jpg", "a/near.jpg"}
	if got := find(t, x, "like:a/one.jpg", Options{}); !slices.Equal(got, want) && !slices.Equal(got, swap(want, 1, 2)) {
		t.Errorf("by relevance: %q, want %q", got, want)
	}
	byDate := []string{"a/twin.jpg", "a/day.jpg", "a/near.jpg", "a/ada.jpg", "a/falcon.jpg"}
	if got := find(t, x, "like:a/one.jpg", Options{Sort: ByDate}); !slices.Equal(got, byDate) {
		t.Errorf("by date: %q, want %q", got, byDate)
	}
	if got := find(t, x, "like:a/one.jpg falcon", Options{}); !slices.Equal(got, []string{"a/twin.jpg", "a/falcon.jpg"}) {
		t.Errorf("with a word: %q", got)
	}
	q := Parse("like:a/one.jpg")
	if got := q.Clauses[0].Chip(); got != "like one.jpg" || !q.ranked() || q.anyHelps() {
		t.Errorf("chip %q, ranked %t", got, q.ranked())
	}
}

func swap(list []string, i, j int) []string {
	list = slices.Clone(list)
	list[i], list[j] = list[j], list[i]
	return list
}

// What is shared by thousands is cut to the best.
func TestLikeIsCut(t *testing.T) {
	m := newManifests()
	m.album("", "Gallery")
	for i := range 3 * likeMost {
		persons := []string{"Everybody"}
		if i%10 == 0 {
			persons = append(persons, "Ada")
		}
		m.albums[""].Items = append(m.albums[""].Items, item(fmt.Sprintf("%04d.jpg", i), "", "", "", "", nil, persons))
	}
	b := storage.NewMem()
	publish(t, b, m)
	x := open(t, b)
	r, err := x.Search(t.Context(), Parse("like:0000.jpg"), Options{Size: 1000})
	// Those with Ada are 299; all others tie.
	if err != nil || r.Total != 3*likeMost-1 {
		t.Errorf("%d found (%v), want all: none is better than the last of the best", r.Total, err)
	}
	for i, hit := range r.Hits {
		if ada := strings.HasSuffix(strings.TrimSuffix(hit.Key, ".jpg"), "0"); ada != (i < 299) {
			t.Fatalf("result %d is %s", i, hit.Key)
		}
	}
	l := likeness{found: newBitset(3000)}
	for i := range uint32(3000) {
		l.found.add(i)
		l.scores = append(l.scores, i*7919%3000)
	}
	l.cut()
	if l.found.count() != likeMost || len(l.scores) != likeMost || slices.Min(l.scores) != 2000 {
		t.Errorf("%d, %d left, the least %d", l.found.count(), len(l.scores), slices.Min(l.scores))
	}
}

// Every path that a page can link to is understood as that path.
func TestLikeQueryOfPage(t *testing.T) {
	paths := []string{"a.jpg", "alps/2024/a b.jpg", "100%.jpg", "a%20b.jpg", `12" record.jpg`, "“x”.jpg", "_x_", " x ", "a  b", "a\tb", "😀",
		"קובץ\u200f.jpg", "\ufeffa", "a\u202eb", "ＦＷ＂.jpg", "a,b;", "like:a", "o’neil's.jpg", "-", "\ufffd.jpg", "a\u00a0b", "e\u0301.jpg", "«»", "(1)"}
	for _, path := range paths {
		text := page.LikeQuery(path)
		for _, text := range []string{text, "dog " + text + " cat", Parse(text).String()} {
			if got := Parse(text).likes(); len(got) != 1 || got[0] != path {
				t.Errorf("%q: %q is read as %q", path, text, got)
			}
		}
	}
	if got := page.LikeQuery(strings.Repeat("x", 500)); got != "" {
		t.Errorf("a path that is too long: %q", got)
	}
}

// An item outside of the scope is as one that is not there.
func TestLikeOutsideScope(t *testing.T) {
	b := storage.NewMem()
	publish(t, b, toldGallery())
	x := open(t, b)
	for _, scope := range []string{"", "alps", "private/y", "family"} {
		for _, path := range []string{"private/x/one.jpg", "family/party/guests.jpg", "nowhere.jpg"} {
			r, err := x.Search(t.Context(), Parse("like:"+path), Options{Scope: scope, Size: 10, Facets: 10})
			if err != nil || r.Total != 0 || len(r.Hits) != 0 || len(r.Notes) != 0 {
				t.Errorf("like %s in %q: %+v, %v", path, scope, r, err)
			}
		}
	}
	// What is outside does not make anything inside commoner either.
	in, err := x.acquire()
	if err != nil {
		t.Fatal(err)
	}
	defer x.release(in)
	s, err := in.snapshot("private/x")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	scope, err := s.set(t.Context(), in.index.Mapping(), scopeQuery("private/x"))
	if err != nil || scope.count() != 2 {
		t.Fatal(scope.count(), err)
	}
	leaf, document, ok := s.locate("private/x/one.jpg", scope)
	if !ok {
		t.Fatal("not found in its own scope")
	}
	traits := s.leaves[leaf].columns.row(document, row{}).traits()
	s.share(s.leaves[leaf].columns, s.offsets[leaf], traits, scope, make([]uint64, s.documents()))
	for _, trait := range traits {
		if trait.having != 1 {
			t.Errorf("%d have %q, want 1", trait.having, trait.folded)
		}
	}
}
