package page

import (
	"html/template"
	"math"
	"strconv"

	"shoebox/internal/gallery"
)

// The kinds of page that lead to items by what they have in common.
const (
	Overview   = "overview"   // all collections of a kind, such as all labels
	Collection = "collection" // what has one label, shows one person, or is of one place
)

// A CollectionKind is a kind of collection that a gallery has.
type CollectionKind struct {
	Name  string `json:"name"`  // in addresses: "labels"
	Title string `json:"title"` // as shown: "Labels"
}

// Overviews returns the links to the overviews that the gallery has.
func (p *Page) Overviews() []Link {
	var links []Link
	for _, k := range p.Site.Collections {
		links = append(links, Link{Text: k.Title, URL: p.Root + gallery.EscapePath(gallery.OverviewPage(k.Name))})
	}
	return links
}

// OverviewData leads to all collections of a kind.
type OverviewData struct {
	Kind      string       // "labels", "people" or "places"
	Total     int          // of collections
	Frequent  []Entry      // those with the most items, the largest first
	Groups    []EntryGroup // those of each initial, in order
	Portraits bool         // the entries have pictures, which show the person
	Others    int          // how many more there are, with fewer items than those shown
}

// An EntryGroup is the collections whose names start alike.
type EntryGroup struct {
	Initial string // an upper case letter, or "#" for what starts with none
	Anchor  string // an id for the group's element: "g1"
	Entries []Entry
}

// An Entry leads to a collection.
type Entry struct {
	Name        string
	URL         string
	Count       int      // items
	Picture     *Picture // of one of its items; nil when there is none, and in overviews without portraits
	Placeholder []string // one or two colours, as in gallery.Record
	Face        *gallery.Face
}

// CollectionData is a collection on its page, or what it has of a period.
type CollectionData struct {
	Kind   string // "labels", "people" or "places"
	Name   string
	Period string     // as shown, "July 2024"; empty on the page of the whole collection
	Count  int        // items
	Items  []ItemData // the latest first; when there are many, Parts lead to them instead
	Parts  []Entry    // periods, the latest first
	Search string     // link to the search for it; empty without a search
}

// portrait is the place of a picture in a square box that shows a face: the picture's width, and how far its left and upper edge
// are from the box's, in percent of the box. Without a face it is the middle of the picture, or its upper part when it is upright.
func portrait(e Entry) template.CSS {
	p := e.Picture
	if p == nil || p.Width <= 0 || p.Height <= 0 {
		return ""
	}
	w, h := float64(p.Width), float64(p.Height)
	side, x, y := min(w, h), w/2, min(h/2, w/2)
	if f := e.Face; f != nil && f.W > 0 && f.H > 0 && f.W <= 1 && f.H <= 1 {
		// Around a face there are hair and shoulders.
		side, x, y = min(side, max(max(f.W*w, f.H*h)*1.9, side/12)), (f.X+f.W/2)*w, (f.Y+f.H/2)*h
	}
	left, top := min(max(x-side/2, 0), w-side), min(max(y-side/2, 0), h-side)
	percent := func(v float64) string { return strconv.FormatFloat(math.Round(v/side*1e4)/1e2, 'f', -1, 64) + "%" }
	return template.CSS("width:" + percent(w) + ";left:" + percent(0-left) + ";top:" + percent(0-top))
}
