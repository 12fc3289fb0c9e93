// Package searchtest makes up galleries to measure the search with: a [Corpus] of any size, the same one everywhere.
package searchtest

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"shoebox/internal/gallery"
)

// A Corpus is a gallery of any size, made up as it is read, so that it takes no memory. The same size is the same gallery
// everywhere. In proportion it is like the galleries that people have: albums of 57 photos on average in one or two levels, of
// one subject each; eleven labels a photo, their parents among them; three hundred people; a caption on 30 %.
//
// It has the methods of a search.Source.
type Corpus struct {
	photos int
	albums []album
	byPath map[string]int
	extra  map[string]int // photos added to an album since, by path
}

type album struct {
	path, title string
	count       int
}

// The made up words of a corpus are spelled of these.
const (
	labels  = 2500
	people  = 300
	places  = 132
	cameras = 40
)

// New makes up a gallery of a number of photos.
func New(photos int) *Corpus {
	c := &Corpus{photos: photos, byPath: map[string]int{}, extra: map[string]int{}}
	c.albums = append(c.albums, album{path: "", title: "Gallery"})
	r := random(7, uint64(photos))
	for first := 0; first < photos; {
		n := len(c.albums)
		year := 2000 + n%25
		title := fmt.Sprintf("%s %d", word(3, uint64(n%places)), year)
		path := fmt.Sprintf("%d/%04d-%s", year, n, strings.ToLower(word(3, uint64(n%places))))
		count := min(10+r.IntN(95), photos-first)
		c.albums = append(c.albums, album{path, title, count})
		first += count
	}
	for year := range 25 {
		c.albums = append(c.albums, album{path: fmt.Sprint(2000 + year), title: fmt.Sprint(2000 + year)})
	}
	for i, a := range c.albums {
		c.byPath[a.path] = i
	}
	return c
}

// Albums returns a digest of every album, by its path.
func (c *Corpus) Albums(context.Context) (map[string]string, error) {
	digests := make(map[string]string, len(c.albums))
	for i, a := range c.albums {
		digests[a.path] = fmt.Sprintf("%d-%d-%d", c.photos, i, c.extra[a.path])
	}
	return digests, nil
}

// Manifest makes up the manifest of an album. Of one that there is not, the error wraps [fs.ErrNotExist].
func (c *Corpus) Manifest(_ context.Context, path string) (*gallery.Manifest, error) {
	i, ok := c.byPath[path]
	if !ok {
		return nil, fmt.Errorf("album %q: %w", path, fs.ErrNotExist)
	}
	a := c.albums[i]
	m := &gallery.Manifest{Album: gallery.Album{Path: a.path, Title: a.title}}
	for n := range a.count + c.extra[path] {
		m.Items = append(m.Items, photo(a, i, n))
	}
	return m, nil
}

// Manifests returns the manifests of all albums in a fixed order.
func (c *Corpus) Manifests() iter.Seq[*gallery.Manifest] {
	return func(yield func(*gallery.Manifest) bool) {
		for _, a := range c.albums {
			m, err := c.Manifest(context.Background(), a.path)
			if err != nil || !yield(m) { // there is no error for an album of our own
				return
			}
		}
	}
}

// Add adds a photo to one of the albums, a different one for each of 100 numbers that follow each other, and returns the
// album's path. It must not run beside other methods.
func (c *Corpus) Add(n int) (path string) {
	path = c.albums[1+n*7%100%(len(c.albums)-1)].path
	c.extra[path]++
	return path
}

func random(parts ...uint64) *rand.Rand {
	seed := uint64(0x9e3779b97f4a7c15)
	for _, p := range parts {
		seed = (seed ^ p) * 0xbf58476d1ce4e5b9
		seed ^= seed >> 29
	}
	return rand.New(rand.NewPCG(seed, 42))
}

// word makes up a word of two to four syllables.
func word(kind, n uint64) string {
	r := random(kind, n)
	var b strings.Builder
	for range 2 + r.IntN(3) {
		b.WriteByte("bdfgklmnprstvz"[r.IntN(14)])
		b.WriteByte("aeiou"[r.IntN(5)])
		if r.IntN(3) == 0 {
			b.WriteByte("nrlst"[r.IntN(5)])
		}
	}
	return strings.ToUpper(b.String()[:1]) + b.String()[1:]
}

// labelName is the name of a label: of one word, or two. The commonest are those that people search for.
func labelName(n int) string {
	common := strings.Fields("Nature Outdoors Person Adult Animal Sky Tree Plant Dog Beach Mountain Water Sea Snow City Building Food Car Boat Flower Cat Sunset Forest Child Bird")
	if n < len(common) {
		return common[n]
	}
	if n%4 == 0 {
		return word(1, uint64(n)) + " " + word(2, uint64(n))
	}
	return word(1, uint64(n))
}

// parents are the labels above one: about one and a half, commoner ones.
func parents(n int) []string {
	var all []string
	for p := n / 7; p > 0 && p != n && len(all) < 3; p /= 9 {
		all = append(all, labelName(p))
	}
	return all
}

// person is the name of a person. The first names are fewer.
func person(n int) string { return word(5, uint64(n%90)) + " " + word(6, uint64(n)) }

// zipf picks a number below n, small ones more often.
func zipf(r *rand.Rand, n int) int {
	return min(int(math.Exp(r.Float64()*math.Log(float64(n)+1)))-1, n-1)
}

// photo makes up the n-th photo of an album.
func photo(a album, index, n int) gallery.Record {
	about, r := random(8, uint64(index)), random(9, uint64(index), uint64(n))
	themes := make([]int, 25)
	for i := range themes {
		themes[i] = zipf(about, labels)
	}
	number := about.IntN(9000) + n
	path := fmt.Sprintf("%s/IMG_%04d.jpg", a.path, number)
	rec := gallery.Record{Original: gallery.Original{Key: gallery.Data + path, Size: 2_000_000 + r.Int64N(6_000_000)},
		Kind: gallery.Photo, Type: "image/jpeg", Width: 6000, Height: 4000}
	if r.IntN(4) == 0 {
		rec.Width, rec.Height = 4000, 6000
	}
	if r.IntN(25) == 0 {
		rec.Kind, rec.Type, rec.Duration = gallery.Video, "video/mp4", float64(r.IntN(90_000))/1000
		rec.Original.Key = strings.TrimSuffix(rec.Original.Key, "jpg") + "mp4"
	}
	camera := zipf(about, cameras)
	rec.Camera = fmt.Sprintf("%s %s %d", word(4, uint64(camera%8)), "EOS", camera)
	rec.Lens = fmt.Sprintf("%s %d-%dmm", word(4, uint64(camera%8)), 16+camera, 70+camera)
	rec.Exposure = gallery.Exposure{ISO: 100 << r.IntN(7), FNumber: []float64{1.8, 2.8, 4, 5.6, 8, 11}[r.IntN(6)],
		FocalLength: float64(16 + r.IntN(55)), Seconds: 1 / []float64{30, 60, 125, 250, 500, 1000}[r.IntN(6)]}
	year := 2000 + index%25
	start := time.Date(year, time.Month(1+about.IntN(12)), 1+about.IntN(28), 9, 0, 0, 0, time.UTC)
	rec.Taken = gallery.Wall(start.Add(time.Duration(n*97+r.IntN(90)) * time.Second))
	if r.IntN(5) == 0 {
		rec.Rating = 1 + r.IntN(5)
	}
	if about.IntN(2) == 0 {
		altitude := float64(about.IntN(2000) + r.IntN(30))
		rec.GPS = &gallery.GPS{Latitude: 45 + 15*about.Float64() + r.NormFloat64()/200, Longitude: 20*about.Float64() + r.NormFloat64()/200,
			Altitude: &altitude}
	}
	if about.IntN(10) < 6 {
		place := about.Uint64N(places)
		rec.Place = gallery.Place{City: word(3, place), Region: word(11, place/6), Country: word(12, place/22)}
	}
	seen := map[int]bool{}
	for range 5 + r.IntN(4) {
		label := themes[zipf(r, len(themes))]
		if !seen[label] {
			seen[label] = true
			rec.Labels = append(rec.Labels, gallery.Label{Name: labelName(label), Confidence: 55 + 44.9*r.Float64(),
				Parents: parents(label), Source: "corpus"})
		}
	}
	for range r.IntN(3) {
		rec.Persons = append(rec.Persons, person(zipf(r, people)))
	}
	if r.IntN(10) < 3 {
		words := make([]string, 4+r.IntN(8))
		for i := range words {
			words[i] = strings.ToLower(word(10, uint64(zipf(r, 3000))))
		}
		rec.Caption = strings.Join(words, " ")
	}
	return rec
}
