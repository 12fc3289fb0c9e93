package generator

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"shoebox/internal/gallery"
	"shoebox/internal/page"
	"shoebox/internal/search"
)

// Bounds of an overview.
const (
	maxEntries  = 5000 // collections that it leads to, those with the most items
	maxFrequent = 24   // collections that stand first
	maxCards    = 200  // collections that are shown with their pictures
)

func kindOf(name string) collectionKind {
	return collectionKinds[slices.IndexFunc(collectionKinds, func(k collectionKind) bool { return k.Name == name })]
}

// collectionLinks link the words on an item's page, each once, to their collections, where the item is in them; otherwise to the search.
func (b *build) collectionLinks(p *page.Page, r *gallery.Record, kind string, names []string) []page.Link {
	k, in := kindOf(kind), map[string]bool{}
	if !p.NoIndex && !outside(r) {
		for _, m := range k.of(r) {
			in[slugOf(m.name)] = true
		}
	}
	var links []page.Link
	seen := map[string]bool{}
	for _, name := range names {
		slug := slugOf(clean(name))
		switch {
		case seen[slug]:
		case in[slug]:
			links = append(links, page.Link{Text: name, URL: gallery.Link(p.Path, gallery.CollectionPage(kind, slug, ""))})
		default:
			links = append(links, b.searchLink(p, k.key, name))
		}
		seen[slug] = true
	}
	return links
}

// collectionPage is the page of a collection, or of a period of it.
func (b *build) collectionPage(id collectionID, r *roll, p part) *page.Page {
	kind, name := kindOf(id.kind), p.name()
	at := gallery.CollectionPage(id.kind, id.slug, p.Period)
	data := &page.CollectionData{Kind: id.kind, Name: name, Period: periodTitle(p.Period), Count: p.Count}
	title := name
	if data.Period != "" {
		title += ", " + data.Period
	}
	shown := b.newPage(page.Collection, at, title, "")
	shown.Collection = data
	shown.Breadcrumbs = append(b.breadcrumbs(at, ""), page.Link{Text: kind.Title, URL: gallery.Link(at, gallery.OverviewPage(id.kind))})
	if p.Period != "" {
		whole := page.Link{Text: name, URL: gallery.Link(at, gallery.CollectionPage(id.kind, id.slug, ""))}
		shown.Breadcrumbs = append(shown.Breadcrumbs, whole)
	}
	data.Search = b.searchLink(shown, kind.key, name).URL
	for i := range r.Tiles {
		data.Items = append(data.Items, r.Tiles[i].item(at))
	}
	for i := range r.Parts {
		c := &r.Parts[i]
		e := entry(at, gallery.CollectionPage(id.kind, id.slug, c.Period), c)
		e.Name = periodTitle(c.Period)
		data.Parts = append(data.Parts, e)
	}
	return shown
}

// entry leads from a page to that of a collection, or of a part of one.
func entry(from, to string, p *part) page.Entry {
	e := page.Entry{Name: p.name(), URL: gallery.Link(from, to), Count: p.Count}
	if c := p.Cover; c != nil {
		e.Picture, e.Placeholder = c.picture(from), c.Placeholder
		if f := c.Face; f != nil {
			e.Face = &gallery.Face{X: f[0], Y: f[1], W: f[2], H: f[3]}
		}
	}
	return e
}

// periodTitle is a period as it is shown.
func periodTitle(period string) string {
	if period == "" {
		return ""
	}
	if strings.HasPrefix(undated, period) {
		return "Without a date"
	}
	layouts := map[int][2]string{
		4: {"2006", "2006"}, 7: {"2006-01", "January 2006"}, 10: {"2006-01-02", "2 January 2006"}, 13: {"2006-01-02T15", "2 January 2006, 15:04"},
	}
	layout := layouts[len(period)]
	t, err := time.Parse(layout[0], period)
	if err != nil {
		return period
	}
	return t.Format(layout[1])
}

// overviewPage is the page that leads to all collections of a kind.
func (b *build) overviewPage(k page.CollectionKind, all map[string]part) *page.Page {
	at := gallery.OverviewPage(k.Name)
	p := b.newPage(page.Overview, at, k.Title, "")
	p.Breadcrumbs = b.breadcrumbs(at, "")
	data := &page.OverviewData{Kind: k.Name, Total: len(all), Portraits: kindOf(k.Name).portraits}
	var entries []page.Entry
	for _, slug := range mostFirst(all) {
		if len(entries) == maxEntries {
			data.Others = len(all) - maxEntries
			break
		}
		c := all[slug]
		entries = append(entries, entry(at, gallery.CollectionPage(k.Name, slug, ""), &c))
	}
	rest := entries
	if data.Portraits {
		n := min(len(entries), maxCards)
		data.Frequent, rest = entries[:n], entries[n:]
	} else if len(entries) > 2*maxFrequent {
		data.Frequent = entries[:maxFrequent]
	}
	data.Groups = byInitial(rest)
	p.Overview = data
	return p
}

// mostFirst are the slugs of collections, those with the most items first.
func mostFirst(all map[string]part) []string {
	return slices.SortedFunc(maps.Keys(all), func(x, y string) int {
		return cmp.Or(cmp.Compare(all[y].Count, all[x].Count), cmp.Compare(x, y))
	})
}

// byInitial groups entries by what their names start with.
func byInitial(entries []page.Entry) []page.EntryGroup {
	const none = "#"
	initials := map[string][]page.Entry{}
	for _, e := range entries {
		initial, _ := utf8.DecodeRuneInString(search.Fold(e.Name))
		key := none
		if unicode.IsLetter(initial) {
			key = string(unicode.ToUpper(initial))
		}
		initials[key] = append(initials[key], e)
	}
	var groups []page.EntryGroup
	for _, key := range slices.SortedFunc(maps.Keys(initials), func(x, y string) int {
		if (x == none) != (y == none) {
			return cmp.Compare(y, x) // what has none is last: "#" is before all letters
		}
		return cmp.Compare(x, y)
	}) {
		list := initials[key]
		slices.SortFunc(list, func(x, y page.Entry) int {
			return cmp.Or(naturalCompare(search.Fold(x.Name), search.Fold(y.Name)), cmp.Compare(x.URL, y.URL))
		})
		groups = append(groups, page.EntryGroup{Initial: key, Anchor: fmt.Sprintf("g%d", len(groups)+1), Entries: list})
	}
	return groups
}

// namesFile makes the file of names that a search box suggests: those of collections, and the albums that are listed, each kind
// with the most items first.
func (b *build) namesFile(listed []string) ([]byte, error) {
	file := struct {
		Version int      `json:"version"`
		Labels  [][2]any `json:"labels"`
		People  [][2]any `json:"people"`
		Places  [][2]any `json:"places"`
		Albums  [][3]any `json:"albums"`
	}{1, [][2]any{}, [][2]any{}, [][2]any{}, [][3]any{}}
	for kind, names := range map[string]*[][2]any{"labels": &file.Labels, "people": &file.People, "places": &file.Places} {
		all := b.register.Kinds[kind]
		for _, slug := range mostFirst(all)[:min(len(all), maxEntries)] {
			p := all[slug]
			*names = append(*names, [2]any{p.name(), p.Count})
		}
	}
	counts := map[string]int{} // with what is in albums below
	for _, path := range listed {
		for above, ok := path, true; ok; above, ok = gallery.ParentPath(above) {
			counts[above] += b.albums[path].count()
		}
	}
	albums := slices.DeleteFunc(slices.Clone(listed), func(path string) bool { return path == "" || counts[path] == 0 })
	slices.SortStableFunc(albums, func(x, y string) int { return cmp.Compare(counts[y], counts[x]) })
	for _, path := range albums[:min(len(albums), maxEntries)] {
		file.Albums = append(file.Albums, [3]any{path, b.albums[path].head.Album.Title, counts[path]})
	}
	return json.Marshal(file)
}
