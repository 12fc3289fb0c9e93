package searchtest

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"shoebox/internal/search"
)

var _ search.Source = (*Corpus)(nil)

// What was measured on one machine can be compared with what was on another: the corpus is the same.
func TestCorpusIsTheSameEverywhere(t *testing.T) {
	h := sha256.New()
	photos := 0
	for m := range New(1000).Manifests() {
		photos += len(m.Items)
		for _, r := range m.Items { // but not the fractions: processors round differently
			fmt.Fprintln(h, r.Original.Key, r.Taken, r.Camera, r.Persons, r.Place.Names(), r.Caption, m.Album.Title)
			for _, l := range r.Labels {
				fmt.Fprintln(h, l.Name, l.Parents)
			}
		}
	}
	if photos != 1000 {
		t.Errorf("the corpus of 1000 photos has %d", photos)
	}
	const want = "b7cc1e0e68e02c47672742f5787c554d42916860902ff251389556441fe13c29"
	if got := fmt.Sprintf("%x", h.Sum(nil)); got != want {
		t.Errorf("the corpus is another one: its SHA-256 is %s, want %s. Figures measured before can't be compared with new ones", got, want)
	}
}

func TestAdd(t *testing.T) {
	c := New(100)
	before, err := c.Albums(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for n := range 200 {
		path := c.Add(n)
		m, err := c.Manifest(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		after, err := c.Albums(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if after[path] == before[path] {
			t.Errorf("album %q has %d items and its digest from before", path, len(m.Items))
		}
	}
}
