package generator

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"strings"
	"testing/fstest"

	"shoebox/generator/theme"
	"shoebox/internal/gallery"
	"shoebox/internal/page"
	"shoebox/internal/search"
	"shoebox/internal/search/browser"
	"shoebox/internal/storage"
	"shoebox/themes"
)

// loadTheme puts the theme together: single files from layouts/ and assets/ of the bucket come before those of the theme
// chosen, which is a folder of themes/ in the bucket or one that is built in.
func (b *build) loadTheme(ctx context.Context) (*theme.Theme, error) {
	own, err := readFiles(ctx, b.out, "layouts/", "assets/")
	if err != nil {
		return nil, err
	}
	name := b.config.Theme.Name
	prefix := "themes/" + name + "/"
	chosen, err := readFiles(ctx, b.out, prefix)
	if err != nil {
		return nil, err
	}
	layers := []fs.FS{own}
	if len(chosen) > 0 {
		sub, err := fs.Sub(chosen, strings.TrimSuffix(prefix, "/"))
		if err != nil {
			return nil, err
		}
		layers = append(layers, sub)
	}
	if builtIn, err := themes.FS(name); err == nil {
		layers = append(layers, builtIn)
	} else if len(chosen) == 0 {
		return nil, fmt.Errorf("%w.name: there is no theme %q: make the folder %s in the bucket, or use %q", ErrTheme, name, prefix, themes.Default)
	}
	base, err := themes.FS(themes.Default)
	if err != nil {
		return nil, err
	}
	t, err := theme.Load(append(layers, base)...)
	if err == nil {
		err = t.CheckVersion(b.version)
	}
	if err != nil {
		return nil, fmt.Errorf("%w %s: %w", ErrTheme, name, err)
	}
	return t, nil
}

// readFiles reads the objects under some prefixes as a file system.
func readFiles(ctx context.Context, b storage.Bucket, prefixes ...string) (fstest.MapFS, error) {
	files := fstest.MapFS{} // made for tests, but just what is needed: files in memory
	for _, prefix := range prefixes {
		for key, err := range keys(ctx, b, prefix) {
			if err != nil {
				return nil, err
			}
			body, _, err := storage.Read(ctx, b, key)
			if err != nil {
				return nil, err
			}
			files[key] = &fstest.MapFile{Data: body, Mode: 0o644}
		}
	}
	return files, nil
}

// setSite prepares what all pages share.
func (b *build) setSite() {
	c := b.config
	b.site = &page.Site{
		Title: c.Title, Description: c.Description, Author: c.Author, Language: c.Language, BaseURL: c.BaseURL,
		Footer: theme.Markdown(c.Footer), Accent: c.Theme.Accent, RowHeight: c.Theme.RowHeight, Search: c.Searchable(),
		Browser: c.Search == "browser", Timezone: c.Timezone, South: c.Hemisphere == "south",
		Originals: c.Originals.Publish != "none", Assets: map[string]string{},
	}
	for _, a := range b.theme.Assets() {
		b.site.Assets[a.Name] = a.Path
	}
	if b.site.Browser {
		b.site.Engine, _ = browser.Engine()
	}
}

// setLook completes what all pages share, once the root album is known: its title is the gallery's.
func (b *build) setLook() (err error) {
	collections := b.collections()
	if b.theme == nil {
		if !slices.Equal(b.site.Collections, collections) {
			return errWhole // every page leads to their overviews
		}
		return nil // it is what this build started from
	}
	b.site.Collections = collections
	b.site.Title = b.albums[""].head.Album.Title
	b.bundle, err = json.Marshal(search.Layouts{Files: b.theme.Files(), Site: *b.site})
	b.look = digestOf(b.bundle)
	return err
}

// newPage starts a page at a path below public/.
func (b *build) newPage(kind, at, title, description string) *page.Page {
	p := &page.Page{
		Kind: kind, Site: b.site, Path: at, Root: strings.Repeat("../", strings.Count(at, "/")),
		Title: title, Description: description,
	}
	if b.site.BaseURL != "" {
		p.Canonical = b.site.BaseURL + gallery.EscapePath(strings.TrimSuffix(at, "index.html"))
	}
	return p
}

// absolute returns a picture for link previews, which need its whole address.
func (b *build) absolute(r gallery.Rendition, ok bool) *page.Picture {
	if !ok || b.site.BaseURL == "" {
		return nil
	}
	return &page.Picture{URL: b.site.BaseURL + gallery.EscapePath(r.Path), Width: r.Width, Height: r.Height, Type: r.Type}
}

// breadcrumbs links from a page to the albums from the front page down to the one given.
func (b *build) breadcrumbs(from, album string) []page.Link {
	var links []page.Link
	for path := album; ; {
		links = append(links, page.Link{Text: b.albums[path].head.Album.Title, URL: gallery.Link(from, gallery.AlbumPage(path))})
		above, ok := gallery.ParentPath(path)
		if !ok {
			break
		}
		path = above
	}
	slices.Reverse(links)
	return links
}

// A lazyPage is a page that is made when it is its turn: an album may have thousands.
type lazyPage struct {
	path string
	make func(at string) *page.Page
}

func (b *build) itemPages(m *gallery.Manifest) []lazyPage {
	pages := make([]lazyPage, len(m.Items))
	for i := range m.Items {
		pages[i] = lazyPage{gallery.ItemPage(m.Items[i].Original.Key), func(at string) *page.Page { return b.itemPage(at, m, i) }}
	}
	return pages
}

func (b *build) albumPage(at string, m *gallery.Manifest) *page.Page {
	a := m.Album
	text := theme.Markdown(a.Text)
	description := a.Description
	if description == "" {
		description = clip(theme.PlainText(a.Text))
	}
	kind := page.Album
	if a.Path == "" {
		kind = page.Front
		if description == "" {
			description = b.site.Description
		}
	}
	p := b.newPage(kind, at, a.Title, description)
	if above, ok := gallery.ParentPath(a.Path); ok {
		p.Breadcrumbs = b.breadcrumbs(at, above)
	}
	p.NoIndex = b.unlisted(a.Path)
	if m.Card.Cover != nil {
		p.Image = b.absolute(*m.Card.Cover, true)
	}
	data := &page.AlbumData{
		Path: a.Path, Title: a.Title, Description: a.Description, Text: text, Date: a.Date, From: m.Card.From, To: m.Card.To,
	}
	for _, c := range m.Albums {
		data.Albums = append(data.Albums, card(at, c))
	}
	for i := range m.Items {
		item := b.item(&m.Items[i], at)
		if m.Items[i].Kind == gallery.File || item.Thumbnail == nil && m.Items[i].Kind != gallery.Audio {
			data.Files = append(data.Files, item)
		} else {
			data.Items = append(data.Items, item)
		}
	}
	p.Album = data
	return p
}

// card links from a page to an album.
func card(from string, c gallery.Card) page.Card {
	shown := page.Card{
		URL: gallery.Link(from, gallery.AlbumPage(c.Path)), Title: c.Title, Description: c.Description, Placeholder: c.Placeholder,
		Photos: c.Photos, Videos: c.Videos, Others: c.Others, Albums: c.Albums, From: c.From, To: c.To,
	}
	if r := c.Cover; r != nil {
		shown.Cover = &page.Picture{URL: gallery.Link(from, r.Path), Width: r.Width, Height: r.Height, Type: r.Type}
	}
	return shown
}

// item is an item as a page shows it.
func (b *build) item(r *gallery.Record, from string) page.ItemData {
	item := page.NewItem(r, from, b.site.Originals)
	if r.Markdown {
		item.Caption = theme.Markdown(r.Caption)
		item.CaptionText = theme.PlainText(r.Caption)
		item.Alt = item.CaptionText
		if item.Alt == "" {
			item.Alt = item.Title
		}
	}
	return item
}

func (b *build) itemPage(at string, m *gallery.Manifest, i int) *page.Page {
	r := &m.Items[i]
	item := b.item(r, at)
	p := b.newPage(page.Item, at, item.Title, clip(item.CaptionText))
	p.Breadcrumbs = b.breadcrumbs(at, m.Album.Path)
	p.NoIndex = b.unlisted(m.Album.Path)
	p.Image = b.absolute(r.Rendition(gallery.Preview, gallery.Poster, gallery.Thumbnail))
	if i > 0 {
		previous := b.item(&m.Items[i-1], at)
		item.Previous = &previous
	}
	if i+1 < len(m.Items) {
		next := b.item(&m.Items[i+1], at)
		item.Next = &next
	}
	var labels []string
	for _, label := range r.Labels {
		labels = append(labels, label.Name)
	}
	item.Labels = b.collectionLinks(p, r, "labels", labels)
	item.People = b.collectionLinks(p, r, "people", r.Persons)
	item.Places = b.collectionLinks(p, r, "places", r.Place.Names())
	if r.GPS != nil {
		item.Place = fmt.Sprintf("%.5f, %.5f", r.GPS.Latitude, r.GPS.Longitude)
	}
	p.Item = &item
	return p
}

// searchLink links a word to the search for it; without a search it is only the word.
func (b *build) searchLink(p *page.Page, key, value string) page.Link {
	link := page.Link{Text: value}
	if b.site.Search {
		link.URL = p.SearchURL() + "?q=" + url.QueryEscape(key+`:"`+strings.ReplaceAll(value, `"`, " ")+`"`)
	}
	return link
}

// notFound is shown at any address, so its links can't be relative to it.
func (b *build) notFound() *page.Page {
	p := b.newPage(page.NotFound, gallery.NotFoundPage, "Not found", "")
	p.Root, p.Canonical, p.NoIndex = "/", "", true
	if b.site.BaseURL != "" {
		p.Root = b.site.BaseURL
	}
	p.Breadcrumbs = []page.Link{{Text: b.site.Title, URL: p.Home()}}
	return p
}

func (b *build) searchPage() *page.Page {
	p := b.newPage(page.Search, gallery.SearchPage, "Search", "")
	p.NoIndex = true
	p.Breadcrumbs = b.breadcrumbs(gallery.SearchPage, "")
	p.Search = &page.SearchData{}
	return p
}

// clip shortens a text to what search engines and link previews show of a description.
func clip(text string) string {
	const most = 200
	if len(text) <= most {
		return text
	}
	cut := strings.LastIndexByte(text[:most], ' ')
	if cut < most/2 {
		cut = most
		for cut > 0 && text[cut]&0xC0 == 0x80 { // not within a rune
			cut--
		}
	}
	return text[:cut] + "…"
}
