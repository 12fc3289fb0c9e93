package generator

import (
	"context"
	"path"
	"slices"
	"time"

	"shoebox/generator/media"
	"shoebox/internal/gallery"
)

// A Forecast is what a build would ask of others. No build that nobody disturbs asks for more: how many neighbours of a new photo
// change, or whether a small picture needs two renditions, is only known once it is made, so the most is counted. The pages of labels,
// people and places are not: in which a photo will be is unknown until it is developed. That a photo has a video inside, which is
// one object more, is seen in the file alone: it is not counted either, nor what ffmpeg makes of videos.
type Forecast struct {
	Put    int // requests to the bucket, where it takes requests
	Get    int
	List   int
	Delete int
	// Labels are photos, by their names, that the recognizer would be asked about, if it was not asked about them before.
	Labels int
	// LabelRequests are those that may still be made to the recognizer this month.
	LabelRequests int
}

// Forecast returns what [Generator.Plan] does, and what a build that does this would ask of others; it writes nothing.
func (g *Generator) Forecast(ctx context.Context) ([]Step, Forecast, error) {
	p, err := g.plan(ctx)
	if err != nil {
		return nil, Forecast{}, err
	}
	if !slices.ContainsFunc(p.steps, func(s Step) bool { return s.Do != "fail" }) {
		return p.steps, Forecast{Get: 2*len(p.albums) + fixedGets, List: p.lists()}, nil
	}
	if err := p.readCatalog(ctx); err != nil {
		return nil, Forecast{}, err
	}
	f := p.forecast()
	if f.Labels > 0 {
		if f.LabelRequests, err = g.budget(ctx, p.out, time.Now()); err != nil {
			return nil, Forecast{}, err
		}
	}
	return p.steps, f, nil
}

// What every build asks for, however small.
const (
	fixedGets  = 20 // the catalog, what was published last, pointer and segments of the index
	fixedLists = 12 // the prefixes that are listed, once or twice
	listPage   = 1000
)

// A plan is a build that is only looked at.
type plan struct {
	*build
	unmarked bool // nothing was ever written
	steps    []Step
	notes    []*publication // of the albums to publish
}

func (p *plan) forecast() Forecast {
	// Each album's manifest and note are read, and the manifest once more for a small index, which is made anew.
	f := Forecast{Get: fixedGets + 3*len(p.albums) + min(len(p.albums), feedItems), List: p.lists()}
	renewed := map[string]int{} // items to develop, by album
	for _, t := range p.todo {
		renewed[gallery.AlbumPath(t.Key)]++
		f.Put += 3    // renditions, whatever its name says that it is, and record
		f.Delete += 2 // the renditions of before
		if kind, _ := media.KindOf(gallery.Name(t.Key), nil); kind == gallery.Photo && p.config.Labels.Recognizer != "none" {
			f.Labels++
		}
		f.Get += 4 + len(t.sidecars) + 2*int(t.Size/wholeFile)
	}
	sitemap := 0
	if p.config.BaseURL != "" {
		sitemap = 1
	}
	look := p.catalog.Look != p.look
	counted, changed := map[string]bool{}, []string{}
	items := 0
	for _, note := range p.notes {
		a := note.album
		counted[a.path] = true
		changed = append(changed, a.path)
		items += len(a.items)
		f.Get += 6
		f.Put += p.pages(note, renewed[a.path], look) + 3 + sitemap // the album's page and index, and the note of it
		if len(a.why) > 0 {
			f.Put++ // its manifest
		}
	}
	for gone := range p.catalog.Albums {
		if p.albums[gone] == nil {
			changed = append(changed, gone)
			f.Delete += 5 // its pages, manifest and note
		}
	}
	for _, album := range changed {
		// What is seen of it on the pages above may have changed.
		for above, ok := gallery.ParentPath(album); ok; above, ok = gallery.ParentPath(above) {
			if a := p.albums[above]; a != nil && !counted[above] {
				counted[above] = true
				items += len(a.items)
				f.Put, f.Get = f.Put+4+sitemap, f.Get+6
			}
		}
	}
	for _, a := range p.theme.Assets() {
		if _, there := p.existing[a.Path]; !there {
			f.Put++
		}
	}
	f.Put += 2 + sitemap              // feed and catalog
	f.Put += len(collectionKinds) + 1 // the overviews of labels, people and places, and what is remembered of these
	if look {
		f.Put += 3 // the page for what is not there, the search page and its layouts
	}
	if p.config.Searchable() {
		f.Put += 4 + items/listPage // segments, generation, pointer, and the names that a search box suggests
	}
	if p.unmarked {
		f.Put++
	}
	for _, s := range p.steps {
		if s.Do == "delete" {
			f.Delete += 4 // record, page, renditions
		}
	}
	f.Delete = min(f.Delete, len(p.existing)+len(p.memory))
	return f
}

// pages is how many pages of items a publication writes.
func (p *plan) pages(note *publication, renewed int, look bool) int {
	a := note.album
	items := len(a.items)
	if len(note.old.Objects) == 0 || look || p.retitled(a.path) {
		return items
	}
	fresh, current := 0, map[string]bool{}
	for _, s := range a.items {
		at := gallery.ItemPage(s.Key)
		current[at] = true
		if _, there := p.existing[at]; !there {
			fresh++
		}
	}
	gone, lost := 0, 0
	for at, o := range note.old.Objects {
		etag, there := p.existing[at]
		if o.ETag != "" && (!there || etag != o.ETag) {
			lost++
		}
		if at != gallery.AlbumPage(a.path) && path.Ext(at) == ".html" && !current[at] {
			gone++
		}
	}
	reasons := 0 // that concern items
	if renewed > 0 {
		reasons++
	}
	if gone > 0 {
		reasons++
	}
	if len(a.why) > reasons || len(a.why) == 0 && lost == 0 {
		return items
	}
	// A new page leads to two others and they to it; a changed one may also have moved away from two.
	return min(items, lost+3*fresh+5*max(0, renewed-fresh)+2*gone)
}

// retitled reports whether an album, or one above, is called or shown otherwise than on the pages that are there.
func (p *plan) retitled(album string) bool {
	for {
		held, now := p.catalog.Albums[album], p.albums[album].head.Album
		if held.Title != now.Title || held.Hidden != now.Hidden {
			return true
		}
		above, ok := gallery.ParentPath(album)
		if !ok {
			return false
		}
		album = above
	}
}

// lists is how many requests it takes to list what there is.
func (p *plan) lists() int {
	return fixedLists + len(collectionKinds) + 1 + len(p.existing)/listPage + 2*len(p.memory)/listPage + p.scan.items/listPage
}
