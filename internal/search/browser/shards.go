package browser

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"iter"
	"math"
	"path"
	"slices"
	"strings"

	"shoebox/internal/gallery"
)

// formatVersion is the version of the shards. The engine refuses any other.
//
//	1: first version
const formatVersion = 1

// meanShard is how many items a shard has on average. A shard ends after an item whose path's hash says so, whatever else there is,
// so one more or less changes its own shard alone, or the two that it divides.
const meanShard = 1000

// Bounds on what is kept of one item, as package search has them: the engine must find by the same.
const (
	maxText   = 8 << 10 // bytes of a title or caption
	maxName   = 256     // bytes of a label or any other name
	maxValues = 500     // of labels, of their parents and aliases, of people, of keywords
)

// sureConfidence is the confidence, in percent, from which a label counts more.
const sureConfidence = 90

// The flags of an item.
const (
	flagFaces = 1 << iota
	flagGPS
	flagDate
	flagAnimated
	flagScreenshot
	flagModified // the date is that of the file
)

// An Album is an album that everybody may find, with its items.
type Album struct {
	Path, Title string
	Items       []gallery.Record
}

// A Shard is one file of what the engine reads, compressed.
type Shard struct {
	Name  string // by what it holds
	Items int
	Body  []byte
}

// A shard is columns of items, as they are stored: the columns are as long as the shard has items, or missing when no item has any
// of it. Names are numbers in the tables before them, -1 is none.
type shard struct {
	Albums      []string            `json:"albums"`
	Album       []int               `json:"album"`
	Name        []string            `json:"name"`
	Kinds       []string            `json:"kinds"`
	Kind        []int               `json:"kind"`
	Types       []string            `json:"types"`
	Type        []int               `json:"type"`
	Flags       []int               `json:"flags"`
	Title       []string            `json:"title,omitempty"`
	Caption     []string            `json:"caption,omitempty"`
	Cameras     []string            `json:"cameras,omitempty"`
	Camera      []int               `json:"camera,omitempty"`
	Lenses      []string            `json:"lenses,omitempty"`
	Lens        []int               `json:"lens,omitempty"`
	Creators    []string            `json:"creators,omitempty"`
	Creator     []int               `json:"creator,omitempty"`
	Places      [][]string          `json:"places,omitempty"` // city, region, country
	Place       []int               `json:"place,omitempty"`
	Labels      []label             `json:"labels,omitempty"`
	Label       [][]int             `json:"label,omitempty"` // twice the number, and 1 more when it is sure
	People      []string            `json:"people,omitempty"`
	Person      [][]int             `json:"person,omitempty"`
	Keywords    []string            `json:"keywords,omitempty"`
	Keyword     [][]int             `json:"keyword,omitempty"`
	Numbers     map[string][]*int64 `json:"numbers"` // by kind, in whole numbers; null is none
	Thumbnails  []thumbnail         `json:"thumbnails,omitempty"`
	Thumbnail   []int               `json:"thumbnail,omitempty"`
	Hash        []string            `json:"hash,omitempty"`        // of each thumbnail: the eight digits in its name
	Placeholder []string            `json:"placeholder,omitempty"` // colours, with spaces between them
	Moving      map[int][]string    `json:"moving,omitempty"`      // clip for the grid and video of a Live Photo or motion photo, of items with one; below public/
	Paths       map[int][]string    `json:"paths,omitempty"`       // page and thumbnail, of items where these do not follow from the name
}

// A label is a label with the words above it and beside it.
type label struct {
	Name    string   `json:"name"`
	Parents []string `json:"parents,omitempty"`
	Aliases []string `json:"aliases,omitempty"`
	Derived string   `json:"derived,omitempty"` // its source, of one that follows from what the file says
}

// A thumbnail is what many thumbnails share: the end of their names, and their size.
type thumbnail struct {
	End    string `json:"end"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

// scales are how many of a stored number make one of what it counts; 1, where none is given.
var scales = map[string]float64{"aperture": 100, "focal": 100, "shutter": 1e8, "duration": 1000, "latitude": 1e5, "longitude": 1e5}

// gradual are the numbers that are stored as the difference from the one before: items that follow each other were taken soon after
// each other, and close by.
var gradual = []string{"taken", "latitude", "longitude"}

// Shards makes the shards of a gallery's albums, in the order of their paths. They depend on what is in the albums alone. Albums come
// in any order that is the same each time; memory holds one shard and one album.
func Shards(ctx context.Context, albums iter.Seq2[Album, error], write func(Shard) error) error {
	b := newBuilder()
	flush := func() error {
		if len(b.shard.Name) == 0 {
			return nil
		}
		s, err := encode(b.finish(), len(b.shard.Name))
		if err != nil {
			return err
		}
		b = newBuilder()
		return write(s)
	}
	for album, err := range albums {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		items := slices.Clone(album.Items)
		slices.SortFunc(items, func(a, c gallery.Record) int { return cmp.Compare(a.Original.Key, c.Original.Key) })
		for i := range items {
			key := items[i].Original.Key
			if gallery.CheckKey(key) != nil || gallery.AlbumPath(key) != album.Path || gallery.Private(strings.TrimPrefix(key, gallery.Data)) ||
				i > 0 && items[i-1].Original.Key == key {
				continue
			}
			b.add(album.Path, &items[i])
			if endsShard(key) {
				if err := flush(); err != nil {
					return err
				}
			}
		}
	}
	return flush()
}

// endsShard reports whether a shard ends with the item of a key.
func endsShard(key string) bool {
	h := fnv.New32a()
	h.Write([]byte(key)) // never fails
	// The low bits of FNV hardly depend on the first letters of short names.
	x := h.Sum32()
	x ^= x >> 16
	x *= 0x85ebca6b
	x ^= x >> 13
	return x%meanShard == 0
}

// encode makes a file of anything, named by what it holds.
func encode(v any, items int) (Shard, error) {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return Shard{}, fmt.Errorf("encode a search shard: %w", err)
	}
	sum := sha256.Sum256(text.Bytes())
	var body bytes.Buffer
	z, err := gzip.NewWriterLevel(&body, gzip.BestCompression)
	if err != nil {
		return Shard{}, err
	}
	if _, err := z.Write(text.Bytes()); err != nil {
		return Shard{}, err
	}
	if err := z.Close(); err != nil {
		return Shard{}, err
	}
	return Shard{Name: hex.EncodeToString(sum[:8]), Items: items, Body: body.Bytes()}, nil
}

// A builder makes a shard.
type builder struct {
	shard    shard
	tables   map[string]map[string]int // by table and what it is told by, the number in the table
	numbers  map[string][]*int64
	anything map[string]bool // columns that some item has something in
}

func newBuilder() *builder {
	return &builder{tables: map[string]map[string]int{}, numbers: map[string][]*int64{}, anything: map[string]bool{},
		shard: shard{Paths: map[int][]string{}, Moving: map[int][]string{}}}
}

// number returns the number of a value in a table, to which it is added if need be; -1 for what is told by nothing.
func number[T any](b *builder, name string, table *[]T, by string, value T) int {
	if by == "" {
		return -1
	}
	known := b.tables[name]
	if known == nil {
		known = map[string]int{}
		b.tables[name] = known
	}
	i, ok := known[by]
	if !ok {
		i = len(*table)
		known[by] = i
		*table = append(*table, value)
	}
	b.anything[name] = true
	return i
}

func (b *builder) name(table string, list *[]string, s string) int {
	return number(b, table, list, s, s)
}

func (b *builder) names(table string, list *[]string, all []string) []int {
	ids := []int{}
	for _, s := range all[:min(len(all), maxValues)] {
		if s = within(s, maxName); s != "" {
			ids = append(ids, b.name(table, list, s))
		}
	}
	return ids
}

// within is the start of a text, of at most so many bytes, in valid UTF-8.
func within(s string, limit int) string { return strings.ToValidUTF8(s[:min(len(s), limit)], "") }

func (b *builder) add(album string, r *gallery.Record) {
	s := &b.shard
	name := gallery.Name(r.Original.Key)
	n := len(s.Name)
	s.Name = append(s.Name, name)
	s.Album = append(s.Album, number(b, "albums", &s.Albums, "/"+album, album))
	s.Kind = append(s.Kind, b.name("kinds", &s.Kinds, string(r.Kind)))
	s.Type = append(s.Type, b.name("types", &s.Types, within(r.Type, maxName)))
	s.Flags = append(s.Flags, flags(r))
	title, caption := within(r.Title, maxText), within(r.Caption, maxText)
	b.anything["title"] = b.anything["title"] || title != ""
	b.anything["caption"] = b.anything["caption"] || caption != ""
	s.Title, s.Caption = append(s.Title, title), append(s.Caption, caption)
	s.Camera = append(s.Camera, b.name("cameras", &s.Cameras, within(r.Camera, maxName)))
	s.Lens = append(s.Lens, b.name("lenses", &s.Lenses, within(r.Lens, maxName)))
	s.Creator = append(s.Creator, b.name("creators", &s.Creators, within(r.Creator, maxName)))
	place := r.Place.Names()
	for i := range place {
		place[i] = within(place[i], maxName)
	}
	s.Place = append(s.Place, number(b, "places", &s.Places, strings.Join(place, "\x00"), place))
	labels := []int{}
	for _, l := range r.Labels[:min(len(r.Labels), maxValues)] {
		kept := label{Name: within(l.Name, maxName), Parents: clip(l.Parents), Aliases: clip(l.Aliases)}
		if l.Derived() {
			kept.Derived = l.Source
		}
		by := strings.Join(slices.Concat([]string{kept.Derived, kept.Name}, kept.Parents, []string{""}, kept.Aliases), "\x00")
		sure := 0
		if l.Confidence >= sureConfidence {
			sure = 1
		}
		labels = append(labels, 2*number(b, "labels", &s.Labels, by, kept)+sure)
	}
	s.Label = append(s.Label, labels)
	s.Person = append(s.Person, b.names("people", &s.People, r.Persons))
	s.Keyword = append(s.Keyword, b.names("keywords", &s.Keywords, r.Keywords))
	b.count(n, r)
	b.picture(n, r)
}

func clip(names []string) []string {
	var kept []string
	for _, name := range names[:min(len(names), maxValues)] {
		kept = append(kept, within(name, maxName))
	}
	return kept
}

func flags(r *gallery.Record) int {
	all := 0
	for flag, is := range map[int]bool{flagFaces: len(r.Faces) > 0, flagGPS: r.GPS != nil, flagDate: !r.Taken.IsZero(), flagAnimated: r.Animated,
		flagScreenshot: r.Screenshot, flagModified: r.TakenFrom == "modified"} {
		if is {
			all |= flag
		}
	}
	return all
}

// count keeps an item's numbers. They are those of the columns of package search.
func (b *builder) count(n int, r *gallery.Record) {
	set := func(kind string, value float64) {
		scale := cmp.Or(scales[kind], 1)
		scaled := math.Round(value * scale)
		if !(math.Abs(scaled) < 1<<53) { // nor what is no number
			return
		}
		list := b.numbers[kind]
		for len(list) < n {
			list = append(list, nil)
		}
		whole := int64(scaled)
		b.numbers[kind] = append(list, &whole)
	}
	if clock := r.Taken.Clock(); !r.Taken.IsZero() && clock.Year() >= 1 && clock.Year() <= 9999 {
		set("taken", float64(clock.Unix()))
	}
	if r.Rating != 0 {
		set("rating", float64(r.Rating))
	}
	for kind, value := range map[string]float64{"iso": float64(r.Exposure.ISO), "aperture": r.Exposure.FNumber, "focal": r.Exposure.FocalLength,
		"shutter": r.Exposure.Seconds, "width": float64(r.Width), "height": float64(r.Height), "duration": r.Duration} {
		if value > 0 {
			set(kind, value)
		}
	}
	set("size", float64(r.Original.Size))
	if g := r.GPS; g != nil && math.Abs(g.Latitude) <= 90 && math.Abs(g.Longitude) <= 180 {
		set("latitude", g.Latitude)
		set("longitude", g.Longitude)
		if g.Altitude != nil {
			set("altitude", *g.Altitude)
		}
	}
}

// picture keeps where an item's page and thumbnail are, as far as that does not follow from its name.
func (b *builder) picture(n int, r *gallery.Record) {
	s := &b.shard
	page := gallery.ItemPage(r.Original.Key)
	plainPage := gallery.AlbumDir(gallery.AlbumPath(r.Original.Key)) + gallery.Name(r.Original.Key) + ".html"
	prefix := gallery.AlbumDir(gallery.AlbumPath(r.Original.Key)) + "-/" + gallery.Name(r.Original.Key) + "."
	d, ok := r.Rendition(gallery.Thumbnail)
	id, hash, whole := -1, "", ""
	if ok {
		rest, usual := strings.CutPrefix(d.Path, prefix)
		if first, end, found := strings.Cut(rest, "."); usual && found && len(first) == 8 {
			hash, rest = first, end
		} else {
			rest, whole = "", d.Path
		}
		id = number(b, "thumbnails", &s.Thumbnails, fmt.Sprintf("%q %d %d", rest, d.Width, d.Height), thumbnail{rest, d.Width, d.Height})
	}
	s.Thumbnail, s.Hash = append(s.Thumbnail, id), append(s.Hash, hash)
	colours := strings.Join(r.Placeholder[:min(len(r.Placeholder), 2)], " ")
	b.anything["placeholder"] = b.anything["placeholder"] || colours != ""
	s.Placeholder = append(s.Placeholder, colours)
	if page == plainPage {
		page = ""
	}
	if page != "" || whole != "" {
		s.Paths[n] = []string{page, whole}
	}
	clip, _ := r.Rendition(gallery.Clip)
	live, _ := r.Rendition(gallery.Motion)
	if r.Live != nil {
		clip, _ = r.Live.Rendition(gallery.Clip)
		live.Path = gallery.OriginalPath(r.Live.Original.Key)
	}
	if clip.Path != "" || live.Path != "" {
		s.Moving[n] = []string{clip.Path, live.Path}
	}
}

// finish leaves out what no item has any of.
func (b *builder) finish() *shard {
	s := &b.shard
	s.Numbers = map[string][]*int64{}
	for kind, list := range b.numbers {
		for len(list) < len(s.Name) {
			list = append(list, nil)
		}
		if slices.Contains(gradual, kind) {
			differences(list)
		}
		s.Numbers[kind] = list
	}
	for column, drop := range map[string]func(){"title": func() { s.Title = nil }, "caption": func() { s.Caption = nil }, "cameras": func() { s.Camera = nil },
		"lenses": func() { s.Lens = nil }, "creators": func() { s.Creator = nil }, "places": func() { s.Place = nil }, "labels": func() { s.Label = nil },
		"people": func() { s.Person = nil }, "keywords": func() { s.Keyword = nil }, "thumbnails": func() { s.Thumbnail, s.Hash = nil, nil },
		"placeholder": func() { s.Placeholder = nil }} {
		if !b.anything[column] {
			drop()
		}
	}
	return s
}

// differences puts the difference from the one before in place of each number but the first.
func differences(list []*int64) {
	last := int64(0)
	for i, v := range list {
		if v != nil {
			difference := *v - last
			last, list[i] = *v, &difference
		}
	}
}

// shardPath is the path of a shard below public/.
func shardPath(name string) string { return path.Join(Dir, name+".json.gz") }
