package generator

import (
	"bytes"
	"fmt"
	"time"

	"shoebox/internal/gallery"
	"shoebox/internal/page"
)

// tryTheme renders a page of each kind, with something of everything on it, and throws them away: so that a layout's mistake is
// found before anything is written. The root album must be known, for all pages lead there.
func (b *build) tryTheme() error {
	altitude := 1.0
	picture := gallery.Rendition{Use: gallery.Thumbnail, Path: "-/a.jpg.00000000.1.jpg", Type: "image/jpeg", Width: 2, Height: 1}
	day, err := gallery.ParseDate("2024-07-15T18:30:00+02:00")
	if err != nil {
		return err
	}
	m := &gallery.Manifest{
		Album:  gallery.Album{Title: "Title", Description: "Description", Text: "Text", Date: day},
		Albums: []gallery.Card{{Path: "a", Title: "A", Cover: &picture, Photos: 1, Videos: 1, Others: 1, Albums: 1, From: day, To: day}},
	}
	m.Card = m.Albums[0]
	for _, kind := range []gallery.Kind{gallery.Photo, gallery.Video, gallery.Audio, gallery.File} {
		bare := gallery.Record{Original: gallery.Original{Key: gallery.Data + string(kind)}, Kind: kind, Type: "image/jpeg"}
		full := bare
		full.Width, full.Height, full.Duration, full.Problem = 2, 1, 1, "Problem"
		full.Renditions, full.Placeholder = []gallery.Rendition{picture}, []string{"#000000", "#ffffff"}
		full.Companions = []gallery.Original{{Key: gallery.Data + "a.nef", Size: 1}}
		full.Live = &gallery.Record{Original: gallery.Original{Key: gallery.Data + "a.mov", Size: 1}, Kind: gallery.Video, Type: "video/quicktime"}
		full.Labels = []gallery.Label{{Name: "label", Confidence: 100}}
		full.Metadata = gallery.Metadata{
			Title: "Title", Caption: "Caption", Taken: day, Camera: "Camera", Lens: "Lens",
			Exposure: gallery.Exposure{Seconds: 0.01, FNumber: 4, ISO: 100, FocalLength: 35, FocalLength35: 50},
			GPS:      &gallery.GPS{Latitude: 1, Longitude: 1, Altitude: &altitude},
			Place:    gallery.Place{City: "City", Region: "Region", Country: "Country"},
			Keywords: []string{"label"}, Persons: []string{"Person"}, Rating: 5, Creator: "Creator", Copyright: "Copyright",
		}
		m.Items = append(m.Items, bare, full)
	}
	at := gallery.AlbumPage("")
	front, album := b.albumPage(at, m), b.albumPage(at, m)
	album.Kind = page.Album
	pages := []*page.Page{front, album, b.albumPage(at, &gallery.Manifest{}), b.notFound(), b.searchPage()}
	for _, data := range trySearches(m.Items) {
		p := b.searchPage()
		p.Search = data
		pages = append(pages, p)
	}
	for i := range m.Items {
		pages = append(pages, b.itemPage(gallery.ItemPage(m.Items[i].Original.Key), m, i))
	}
	for _, p := range pages {
		if err := b.layouts.Render(new(bytes.Buffer), p); err != nil {
			return fmt.Errorf("%w %s: %w", ErrTheme, b.config.Theme.Name, err)
		}
	}
	if b.site.Browser {
		if _, err := b.layouts.Export(); err != nil {
			return fmt.Errorf("%w %s: %w", ErrTheme, b.config.Theme.Name, err)
		}
	}
	return nil
}

// trySearches returns searches with something of everything: with results, without, and without an answer.
func trySearches(records []gallery.Record) []*page.SearchData {
	choices := []page.Choice{{Text: "text", URL: "search?q=text", Count: 1}, {Text: "text", Count: 1, Current: true}}
	found := &page.SearchData{
		Query: "Query", Available: true, Message: "Message", Chips: []page.Chip{{Text: "text", Remove: "search?q=text"}, {Text: "text"}},
		Total: 3, First: 1, Last: 1, Took: time.Millisecond, Page: 2, Pages: 3, Start: "search?q=a", Previous: "search?q=a", Next: "search?q=b",
		End: "search?q=b", Scope: "a", Everywhere: "search?q=c", Sort: "date", Orders: choices,
		Facets: []page.Facet{{Name: "Labels", Values: choices, More: choices, Others: 1}}, Instead: choices,
	}
	for i := range records {
		item := page.NewItem(&records[i], gallery.SearchPath, true)
		item.Album = page.Link{Text: "Title", URL: "../index.html"}
		found.Results = append(found.Results, item)
	}
	nothing := *found
	nothing.Results, nothing.Total = nil, 0
	return []*page.SearchData{found, &nothing, {Available: true}, {Available: true, Failed: true, Message: "Message"}}
}
