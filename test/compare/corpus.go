package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"shoebox/internal/gallery"
	"shoebox/internal/search/searchtest"
)

// A photo is what the other engines index of an item: all that Shoebox finds it by, so that they do the same work.
type photo struct {
	Path   string   `json:"path"`
	Taken  int64    `json:"taken"` // seconds since 1970
	Year   string   `json:"year"`
	Text   string   `json:"text"`
	Labels []string `json:"labels"` // with their ancestors
	People []string `json:"people"`
	Places []string `json:"places"`
	Albums []string `json:"albums"` // paths of the album and those above it
	Camera string   `json:"camera"`
	Type   string   `json:"type"`
}

// photos makes up the corpus, the newest photo first.
func photos(size int) []photo {
	corpus := searchtest.New(size)
	titles := map[string]string{}
	for m := range corpus.Manifests() {
		titles[m.Album.Path] = m.Album.Title
	}
	var all []photo
	for m := range corpus.Manifests() {
		for _, r := range m.Items {
			all = append(all, newPhoto(&r, m.Album.Path, titles))
		}
	}
	slices.SortFunc(all, func(a, b photo) int {
		return cmp.Or(cmp.Compare(b.Taken, a.Taken), strings.Compare(b.Path, a.Path))
	})
	return all
}

func newPhoto(r *gallery.Record, album string, titles map[string]string) photo {
	clock := r.Taken.Clock()
	p := photo{Path: strings.TrimPrefix(r.Original.Key, gallery.Data), Taken: clock.Unix(), Year: clock.Format("2006"), Camera: r.Camera, Type: string(r.Kind),
		People: unique(r.Persons), Places: unique(r.Place.Names())}
	text := []string{r.Title, r.Caption, gallery.Name(r.Original.Key), r.Camera, r.Lens}
	for _, l := range r.Labels {
		p.Labels = append(append(p.Labels, l.Name), l.Parents...)
	}
	p.Labels = unique(p.Labels)
	for path := album; path != ""; path, _ = gallery.ParentPath(path) {
		p.Albums = append(p.Albums, path)
		text = append(text, gallery.Name(path), titles[path])
	}
	text = append(text, slices.Concat(p.Labels, p.People, p.Places)...)
	p.Text = strings.NewReplacer("_", " ", "-", " ", ".", " ", "/", " ").Replace(strings.Join(text, " "))
	return p
}

// unique returns the names that differ, in their order.
func unique(names []string) []string {
	all := []string{}
	for _, name := range names {
		if !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

// A question is asked of every engine. What is empty is not asked for.
type question struct {
	Measure string   `json:"measure"` // the column that it is for
	Words   []string `json:"words"`   // all of them; the results are sorted by relevance. Without words they are by date
	Label   string   `json:"label"`
	Person  string   `json:"person"`
	Year    string   `json:"year"`
	Facets  bool     `json:"facets"`
	// Meant is what the words are a typo, the beginning or a synonym of. An engine that knows such finds as many photos, or more.
	Meant string `json:"meant"`
}

// The measures that questions are for.
const (
	textAnd    = "text AND"
	personYear = "person + year"
	broad      = "broad label + facets"
	typo       = "typo"
	prefix     = "prefix"
	synonym    = "synonym"
)

// questions returns what is asked. People and years are those that most of the photos are of.
func questions(all []photo) []question {
	var list []question
	for _, words := range []string{"dog beach", "sunset mountain", "boat sea", "cat tree", "snow city", "nature flower", "flower forest", "food person"} {
		list = append(list, question{Measure: textAnd, Words: strings.Fields(words)})
	}
	type both struct{ person, year string }
	counts := map[both]int{}
	for _, p := range all {
		for _, person := range p.People {
			counts[both{person, p.Year}]++
		}
	}
	pairs := slices.SortedFunc(maps.Keys(counts), func(a, b both) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a.person+a.year, b.person+b.year))
	})
	for _, pair := range pairs[:min(8, len(pairs))] {
		list = append(list, question{Measure: personYear, Person: pair.person, Year: pair.year})
	}
	for _, label := range []string{"Nature", "Outdoors", "Person", "Animal"} {
		list = append(list, question{Measure: broad, Label: label, Facets: true})
	}
	return append(list,
		question{Measure: typo, Words: []string{"monutain"}, Meant: "mountain"},
		question{Measure: prefix, Words: []string{"mounta"}, Meant: "mountain"},
		question{Measure: synonym, Words: []string{"kids"}, Meant: "child"})
}

// wanted returns how many photos answer each question, counted without any index.
func wanted(list []question, all []photo) []int {
	totals := make([]int, len(list))
	for _, p := range all {
		words := map[string]bool{}
		for _, word := range strings.Fields(strings.ToLower(p.Text)) {
			words[word] = true
		}
		for i, q := range list {
			need := q.Words
			if q.Meant != "" {
				need = []string{q.Meant}
			}
			if !slices.ContainsFunc(need, func(word string) bool { return !words[word] }) && (q.Label == "" || slices.Contains(p.Labels, q.Label)) &&
				(q.Person == "" || slices.Contains(p.People, q.Person)) && (q.Year == "" || p.Year == q.Year) {
				totals[i]++
			}
		}
	}
	return totals
}

// writePhotos writes a JSON object a line, for engines in other languages.
func writePhotos(file string, all []photo) (err error) {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, f.Close()) }()
	w := bufio.NewWriter(f)
	encoder := json.NewEncoder(w)
	for _, p := range all {
		if err := encoder.Encode(p); err != nil {
			return err
		}
	}
	return w.Flush()
}

// held is a corpus in memory, so that what is measured is indexing alone. It implements search.Source.
type held struct {
	digests   map[string]string
	manifests map[string]*gallery.Manifest
}

func hold(ctx context.Context, size int) (held, error) {
	corpus := searchtest.New(size)
	h := held{manifests: map[string]*gallery.Manifest{}}
	var err error
	if h.digests, err = corpus.Albums(ctx); err != nil {
		return h, err
	}
	for m := range corpus.Manifests() {
		h.manifests[m.Album.Path] = m
	}
	return h, nil
}

// Albums returns a digest of every album, by path.
func (h held) Albums(context.Context) (map[string]string, error) { return h.digests, nil }

// Manifest returns an album's manifest.
func (h held) Manifest(_ context.Context, path string) (*gallery.Manifest, error) {
	if m, ok := h.manifests[path]; ok {
		return m, nil
	}
	return nil, fmt.Errorf("album %q: %w", path, fs.ErrNotExist)
}
