package generator

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"shoebox/internal/gallery"
	"shoebox/internal/page"
	"shoebox/internal/search"
)

// A collection is all items of the gallery that have something in common: one label, one person, or one place. It has pages of its own, so
// that they can be browsed without a search. What is private or hidden is in none.

// A collectionID names a collection by its kind and the [gallery.Slug] of its name.
type collectionID struct{ kind, slug string }

// A collectionKind is a kind of collection. That of another kind only takes another one of these.
type collectionKind struct {
	page.CollectionKind
	key       string                           // of the query language
	portraits bool                             // its overview has pictures
	of        func(r *gallery.Record) []member // the collections that an item is in, without duplicates
}

// A member is what an item says of a collection that it is in.
type member struct {
	name string        // as it is written there
	face *gallery.Face // where a person is seen; nil when nobody knows
}

// maxMembers is how many collections of a kind an item can be in: files are hostile.
const maxMembers = 500

var collectionKinds = []collectionKind{
	{page.CollectionKind{Name: "labels", Title: "Labels"}, "label", false, labelsOf},
	{page.CollectionKind{Name: "people", Title: "People"}, "person", true, peopleOf},
	{page.CollectionKind{Name: "places", Title: "Places"}, "place", false, placesOf},
}

// labelsOf are an item's labels and those above them, as the search finds them; but not seasons and times of day, which nearly every
// photo has: these are found by when it was taken.
func labelsOf(r *gallery.Record) []member {
	var all members
	for _, l := range r.Labels {
		if l.Source == gallery.FromDate {
			continue
		}
		all.add(l.Name, nil)
		for _, above := range l.Parents {
			all.add(above, nil)
		}
	}
	return all.list
}

// placesOf are the city, the region and the country that an item is of.
func placesOf(r *gallery.Record) []member {
	var all members
	for _, name := range r.Place.Names() {
		all.add(name, nil)
	}
	return all.list
}

func peopleOf(r *gallery.Record) []member {
	var all members
	for _, p := range r.Persons {
		i := slices.IndexFunc(r.Faces, func(f gallery.Face) bool { return f.Person == p })
		if i < 0 {
			all.add(p, nil)
		} else {
			all.add(p, &gallery.Face{X: r.Faces[i].X, Y: r.Faces[i].Y, W: r.Faces[i].W, H: r.Faces[i].H})
		}
	}
	return all.list
}

// members are collections of which one with several spellings is there once.
type members struct {
	list []member
	seen map[string]bool
}

func (m *members) add(name string, face *gallery.Face) {
	name = clean(name)
	folded := search.Fold(name)
	if folded == "" || m.seen[folded] || len(m.list) == maxMembers {
		return
	}
	if m.seen == nil {
		m.seen = map[string]bool{}
	}
	m.seen[folded] = true
	m.list = append(m.list, member{name, face})
}

// clean is a name as collections have it.
func clean(name string) string {
	return strings.Join(strings.Fields(strings.ToValidUTF8(name, "")), " ")
}

// outside reports whether an item is in no collection although its album is listed: it is a file that is named like the private album.
func outside(r *gallery.Record) bool {
	return gallery.Private(strings.TrimPrefix(r.Original.Key, gallery.Data))
}

// slugOf is the slug of a collection, whichever way its name is written.
func slugOf(name string) string { return gallery.Slug(search.Fold(name)) }

// A tile is what the pages of a collection show of an item.
type tile struct {
	Key         string       `json:"key"` // without "data/"
	Name        string       `json:"name"`
	Title       string       `json:"title,omitempty"` // of an item without a thumbnail
	Alt         string       `json:"alt"`
	Kind        gallery.Kind `json:"kind"`
	Type        string       `json:"type"`
	Taken       gallery.Date `json:"taken,omitzero"`
	Duration    float64      `json:"duration,omitempty"`
	Animated    bool         `json:"animated,omitempty"`
	Placeholder []string     `json:"placeholder,omitempty"`
	Thumbnail   *thumbnail   `json:"thumbnail,omitempty"`
	Face        *[4]float64  `json:"face,omitempty"` // left, top, width, height as in gallery.Face
}

type thumbnail struct {
	Path   string `json:"path"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

// tileOf makes the tile of an item; that of a collection has a name and perhaps a face, too.
func (b *build) tileOf(r *gallery.Record) tile {
	item := b.item(r, gallery.FeedPath)
	t := tile{
		Key: strings.TrimPrefix(r.Original.Key, gallery.Data), Alt: item.Alt, Kind: r.Kind, Type: r.Type, Taken: r.Taken,
		Duration: r.Duration, Animated: r.Animated, Placeholder: r.Placeholder,
	}
	if d, ok := r.Rendition(gallery.Thumbnail); ok {
		t.Thumbnail = &thumbnail{d.Path, d.Width, d.Height}
	} else {
		t.Title = item.Title
	}
	return t
}

// album is the directory of the album that the tile's item is in.
func (t *tile) album() string { return gallery.AlbumDir(gallery.AlbumPath(gallery.Data + t.Key)) }

// hour is when the item was taken, to the hour: "2024-07-14T15". The pages of a large collection are cut at its parts.
func (t *tile) hour() string {
	if t.Taken.IsZero() {
		return undated
	}
	return t.Taken.Clock().Format("2006-01-02T15")
}

// undated is the hour of an item that has no date; it sorts after all others.
const undated = "0000-00-00T00"

// item is a tile as a page shows it.
func (t *tile) item(from string) page.ItemData {
	key := gallery.Data + t.Key
	r := &gallery.Record{
		Original: gallery.Original{Key: key}, Kind: t.Kind, Type: t.Type, Duration: t.Duration, Animated: t.Animated,
		Metadata: gallery.Metadata{Taken: t.Taken}, Placeholder: t.Placeholder,
	}
	name := gallery.Name(key)
	item := page.ItemData{Record: r, Name: name, Title: cmp.Or(t.Title, name), Alt: t.Alt, URL: gallery.Link(from, gallery.ItemPage(key))}
	item.Thumbnail = t.picture(from)
	return item
}

func (t *tile) picture(from string) *page.Picture {
	if t.Thumbnail == nil {
		return nil
	}
	return &page.Picture{URL: gallery.Link(from, t.Thumbnail.Path), Width: t.Thumbnail.Width, Height: t.Thumbnail.Height}
}

func compareTiles(x, y tile) int {
	return cmp.Or(y.Taken.Clock().Compare(x.Taken.Clock()), cmp.Compare(x.Key, y.Key))
}

// A contribution is what an album has in collections, by the hour.
type contribution map[collectionID]map[string][]tile

// contribution returns what an album has in those collections that are wanted.
func (b *build) contribution(m *gallery.Manifest, wanted func(collectionID) bool) contribution {
	c := contribution{}
	if b.unlisted(m.Album.Path) {
		return c
	}
	for i := range m.Items {
		r := &m.Items[i]
		if outside(r) {
			continue
		}
		var shown *tile
		for _, kind := range collectionKinds {
			for _, in := range kind.of(r) {
				id := collectionID{kind.Name, slugOf(in.name)}
				if !wanted(id) {
					continue
				}
				if shown == nil {
					t := b.tileOf(r)
					shown = &t
				}
				t := *shown
				t.Name = in.name
				if f := in.face; f != nil {
					t.Face = &[4]float64{f.X, f.Y, f.W, f.H}
				}
				if c[id] == nil {
					c[id] = map[string][]tile{}
				}
				hour := t.hour()
				c[id][hour] = append(c[id][hour], t)
			}
		}
	}
	for _, hours := range c {
		for _, tiles := range hours {
			slices.SortFunc(tiles, compareTiles)
		}
	}
	return c
}

// digests are what is remembered of a contribution, to see in what the next one differs: by kind, slug and hour.
type digests map[string]map[string]map[string]string

func (c contribution) digests() (digests, error) {
	d := digests{}
	for id, hours := range c {
		of := map[string]string{}
		for hour, tiles := range hours {
			body, err := json.Marshal(tiles)
			if err != nil {
				return nil, err
			}
			of[hour] = digestOf(body)[:16]
		}
		if d[id.kind] == nil {
			d[id.kind] = map[string]map[string]string{}
		}
		d[id.kind][id.slug] = of
	}
	return d, nil
}

// kindsOf are the kinds of collection that some items are in.
func kindsOf(items []gallery.Record) []string {
	var kinds []string
	for _, kind := range collectionKinds {
		if slices.ContainsFunc(items, func(r gallery.Record) bool { return len(kind.of(&r)) > 0 }) {
			kinds = append(kinds, kind.Name)
		}
	}
	return kinds
}

// collections are the kinds of collection that the gallery has.
func (b *build) collections() []page.CollectionKind {
	has := map[string]bool{}
	for path, a := range b.albums {
		if len(a.head.Collections) > 0 && !b.unlisted(path) {
			for _, kind := range a.head.Collections {
				has[kind] = true
			}
		}
	}
	var kinds []page.CollectionKind
	for _, kind := range collectionKinds {
		if has[kind.Name] {
			kinds = append(kinds, kind.CollectionKind)
		}
	}
	return kinds
}

// A roll is what is remembered of a collection or of a period of it: its items or, when they are many, its parts. It depends on
// nothing but the items.
type roll struct {
	Tiles []tile `json:"tiles,omitempty"` // the latest first
	Parts []part `json:"parts,omitempty"` // the latest first
}

// A part is what is remembered of a roll where it is shown: with the roll that it is a part of, or with all collections.
type part struct {
	Period string         `json:"period,omitempty"` // "2024", "2024-07", "2024-07-14" or "2024-07-14T15"; empty for a collection
	Count  int            `json:"count"`
	Names  map[string]int `json:"names"`           // how often the name is written in which way; the most frequent ways
	Cover  *tile          `json:"cover,omitempty"` // the item that stands for it
	Roll   string         `json:"roll"`            // ETag
	Page   object         `json:"page"`
}

// maxTiles is how many items a page of a collection shows: it stays below 60 KB when it is compressed.
const maxTiles = 500

// maxSpellings is how many ways to write a name are counted.
const maxSpellings = 8

// cuts are the lengths of an hour at which periods end: year, month, day, hour.
var cuts = []int{len("2006"), len("2006-01"), len("2006-01-02"), len("2006-01-02T15")}

// cutAt returns the length at which the parts of a period are cut so that there are several; 0 when they all are in one hour.
func cutAt(period string, hours map[string]bool) int {
	for _, cut := range cuts {
		if cut <= len(period) {
			continue
		}
		first := ""
		for hour := range hours {
			if first == "" {
				first = hour[:min(cut, len(hour))]
			} else if hour[:min(cut, len(hour))] != first {
				return cut
			}
		}
	}
	return 0
}

// count says how many items a roll has.
func (r *roll) count() int {
	n := len(r.Tiles)
	for _, p := range r.Parts {
		n += p.Count
	}
	return n
}

// summary is what is shown of a roll elsewhere.
func (r *roll) summary(period string) part {
	p := part{Period: period, Count: r.count(), Names: map[string]int{}}
	best := -1
	consider := func(t *tile) {
		if s := t.score(); s > best {
			best, p.Cover = s, t
		}
	}
	for i := range r.Tiles {
		p.Names[r.Tiles[i].Name]++
		consider(&r.Tiles[i])
	}
	for _, child := range r.Parts {
		for name, n := range child.Names {
			p.Names[name] += n
		}
		if child.Cover != nil {
			consider(child.Cover)
		}
	}
	for _, name := range byCount(p.Names)[min(len(p.Names), maxSpellings):] {
		delete(p.Names, name)
	}
	return p
}

// score says how well an item can stand for others: a face that can be recognized in its thumbnail comes first.
func (t *tile) score() int {
	switch {
	case t.Thumbnail == nil:
		return 0
	case t.Face == nil:
		return 1
	case min(t.Face[2]*float64(t.Thumbnail.Width), t.Face[3]*float64(t.Thumbnail.Height)) < 40: // pixels
		return 2
	}
	return 3
}

// byCount are names in the order of how often they occur.
func byCount(names map[string]int) []string {
	return slices.SortedFunc(maps.Keys(names), func(x, y string) int {
		return cmp.Or(cmp.Compare(names[y], names[x]), cmp.Compare(x, y))
	})
}

// name is the name as it is mostly written.
func (p *part) name() string {
	if len(p.Names) == 0 {
		return ""
	}
	return byCount(p.Names)[0]
}
