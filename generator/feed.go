package generator

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"slices"
	"time"

	"shoebox/internal/gallery"
	"shoebox/internal/page"
	"shoebox/internal/storage"
)

// feedItems is how many of the latest items the feed tells of.
const feedItems = 50

var feedOptions = storage.PutOptions{ContentType: "application/atom+xml; charset=utf-8", CacheControl: revalidate}

var xmlOptions = storage.PutOptions{ContentType: "application/xml; charset=utf-8", CacheControl: revalidate}

// The parts of an Atom feed (RFC 4287) that we use.
type (
	atomFeed struct {
		XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
		ID      string      `xml:"id"`
		Title   string      `xml:"title"`
		Sub     string      `xml:"subtitle,omitempty"`
		Updated string      `xml:"updated"`
		Author  atomAuthor  `xml:"author"`
		Links   []atomLink  `xml:"link"`
		Entries []atomEntry `xml:"entry"`
	}
	atomAuthor struct {
		Name string `xml:"name"`
	}
	atomLink struct {
		Rel  string `xml:"rel,attr"`
		Type string `xml:"type,attr,omitempty"`
		Href string `xml:"href,attr"`
	}
	atomEntry struct {
		ID      string      `xml:"id"`
		Title   string      `xml:"title"`
		Updated string      `xml:"updated"`
		Links   []atomLink  `xml:"link"`
		Summary string      `xml:"summary,omitempty"`
		Content atomContent `xml:"content"`
	}
	atomContent struct {
		Type string `xml:"type,attr"`
		Body string `xml:",chardata"`
	}
)

// feed makes the Atom feed of the latest items, by the date that their originals were modified. Without base_url its links
// are relative to it, which readers resolve; its names are made of the keys then.
func (b *build) feed(ctx context.Context) ([]byte, error) {
	latest, err := b.latest(ctx)
	if err != nil {
		return nil, err
	}
	return b.feedOf(latest)
}

func (b *build) feedOf(latest []gallery.Record) ([]byte, error) {
	feed := atomFeed{
		ID: b.name(""), Title: b.site.Title, Sub: b.site.Description, Updated: time.Unix(0, 0).UTC().Format(time.RFC3339),
		Author: atomAuthor{cmp.Or(b.site.Author, b.site.Title)},
		Links: []atomLink{
			{Rel: "alternate", Type: "text/html", Href: cmp.Or(b.site.BaseURL, "./")},
			{Rel: "self", Type: "application/atom+xml", Href: b.site.BaseURL + gallery.FeedPath},
		},
	}
	for i := range latest {
		r := &latest[i]
		item := b.item(r, gallery.FeedPath)
		updated := r.Original.Modified.UTC().Format(time.RFC3339)
		if i == 0 {
			feed.Updated = updated
		}
		entry := atomEntry{
			ID: b.name(r.Original.Key), Title: item.Title, Updated: updated, Summary: item.CaptionText,
			Links: []atomLink{{Rel: "alternate", Type: "text/html", Href: b.site.BaseURL + item.URL}},
		}
		if p := item.Preview; p != nil {
			entry.Content = atomContent{"html", fmt.Sprintf(`<p><a href="%s"><img src="%s" width="%d" height="%d" alt=""></a></p>`,
				b.site.BaseURL+item.URL, b.site.BaseURL+p.URL, p.Width, p.Height)}
		} else {
			entry.Content = atomContent{"text", item.Name}
		}
		feed.Entries = append(feed.Entries, entry)
	}
	return marshalXML(feed)
}

// name is the permanent name of a thing in the feed: where it is or, while that is not known, a UUID (RFC 9562, version 8)
// made of its key.
func (b *build) name(key string) string {
	if b.site.BaseURL != "" {
		if key == "" {
			return b.site.BaseURL
		}
		return b.site.BaseURL + gallery.EscapePath(gallery.ItemPage(key))
	}
	sum := sha256.Sum256([]byte(b.site.Title + "\n" + key))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// latest returns the items modified last, of the whole gallery but for what is private or hidden. It reads only the albums
// that can hold one of them.
func (b *build) latest(ctx context.Context) ([]gallery.Record, error) {
	var items []gallery.Record
	for _, a := range b.newest() {
		if len(items) == feedItems && a.head.Newest.Before(items[feedItems-1].Original.Modified) {
			break
		}
		m, err := b.Manifest(ctx, a.path)
		if err != nil {
			return nil, err
		}
		items = append(items, m.Items...)
		slices.SortFunc(items, func(x, y gallery.Record) int {
			return cmp.Or(y.Original.Modified.Compare(x.Original.Modified), cmp.Compare(x.Original.Key, y.Original.Key))
		})
		items = slices.Clip(items[:min(len(items), feedItems)])
	}
	return items, nil
}

// The parts of sitemaps (sitemaps.org, protocol 0.9) that we use. An album has one of its own, so that a change in one album
// is one small file; the gallery's is the list of them.
type (
	sitemapIndex struct {
		XMLName xml.Name  `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 sitemapindex"`
		Entries []siteURL `xml:"sitemap"`
	}
	urlSet struct {
		XMLName xml.Name  `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
		Entries []siteURL `xml:"url"`
	}
	siteURL struct {
		Location string `xml:"loc"`
		Modified string `xml:"lastmod,omitempty"`
	}
)

// maxSitemap is how many addresses a sitemap may hold, by its protocol.
const maxSitemap = 50_000

func albumSitemap(album string) string {
	if album == "" {
		return "-/sitemap.xml"
	}
	return gallery.AlbumDir(album) + "-/sitemap.xml"
}

func (b *build) sitemap(albums []string) []byte {
	var index sitemapIndex
	for _, album := range albums {
		if len(index.Entries) < maxSitemap {
			index.Entries = append(index.Entries, siteURL{Location: b.site.BaseURL + gallery.EscapePath(albumSitemap(album))})
		}
	}
	body, _ := marshalXML(index) // texts alone: it can't fail
	return body
}

func (b *build) sitemapOf(m *gallery.Manifest) []byte {
	var set urlSet
	set.Entries = append(set.Entries, siteURL{Location: b.site.BaseURL + gallery.EscapePath(gallery.AlbumDir(m.Album.Path))})
	for _, r := range m.Items[:min(len(m.Items), maxSitemap-1)] {
		set.Entries = append(set.Entries, siteURL{
			Location: b.site.BaseURL + gallery.EscapePath(gallery.ItemPage(r.Original.Key)),
			Modified: r.Original.Modified.UTC().Format(time.DateOnly),
		})
	}
	body, _ := marshalXML(set)
	return body
}

func marshalXML(v any) ([]byte, error) {
	body, err := xml.Marshal(v)
	return append([]byte(xml.Header), append(body, '\n')...), err
}

// albumIndex makes an album's machine-readable twin. Links in it are relative to it.
func (b *build) albumIndex(m *gallery.Manifest) ([]byte, error) {
	type picture struct {
		URL    string `json:"url"`
		Width  int    `json:"width"`
		Height int    `json:"height"`
	}
	type entry struct {
		Name       string       `json:"name"`
		Title      string       `json:"title,omitempty"`
		Caption    string       `json:"caption,omitempty"`
		URL        string       `json:"url"`
		Original   string       `json:"original,omitempty"`
		Companions []string     `json:"companions,omitempty"`
		Kind       gallery.Kind `json:"kind"`
		Type       string       `json:"type"`
		Size       int64        `json:"size"`
		Width      int          `json:"width,omitempty"`
		Height     int          `json:"height,omitempty"`
		Duration   float64      `json:"duration,omitempty"`
		Codecs     string       `json:"codecs,omitempty"`
		Taken      gallery.Date `json:"taken,omitzero"`
		Labels     []string     `json:"labels,omitempty"`
		People     []string     `json:"people,omitempty"`
		Rating     int          `json:"rating,omitempty"`
		Thumbnail  *picture     `json:"thumbnail,omitempty"`
		Preview    *picture     `json:"preview,omitempty"`
		Clip       *picture     `json:"clip,omitempty"` // a few seconds of a video, without sound
		Web        *picture     `json:"web,omitempty"`  // a video as every browser plays it
		Live       string       `json:"live,omitempty"` // the video of a Live Photo or motion photo
	}
	type link struct {
		Title string `json:"title"`
		URL   string `json:"url"`
	}
	from := gallery.AlbumIndex(m.Album.Path)
	index := struct {
		Title       string  `json:"title"`
		Description string  `json:"description,omitempty"`
		Albums      []link  `json:"albums"`
		Items       []entry `json:"items"`
	}{m.Album.Title, m.Album.Description, []link{}, []entry{}}
	for _, c := range m.Albums {
		index.Albums = append(index.Albums, link{c.Title, gallery.Link(from, gallery.AlbumIndex(c.Path))})
	}
	shown := func(p *page.Picture) *picture {
		if p == nil {
			return nil
		}
		return &picture{p.URL, p.Width, p.Height}
	}
	for i := range m.Items {
		r := &m.Items[i]
		item := b.item(r, from)
		var companions []string
		for _, c := range item.Companions {
			companions = append(companions, c.URL)
		}
		e := entry{
			Name: item.Name, Title: r.Title, Caption: item.CaptionText, URL: item.URL, Original: item.Original, Companions: companions, Kind: r.Kind,
			Type: r.Type, Size: r.Original.Size, Width: r.Width, Height: r.Height, Duration: r.Duration, Codecs: r.Codecs, Taken: r.Taken,
			People: r.Persons, Rating: r.Rating, Thumbnail: shown(item.Thumbnail), Preview: shown(item.Preview),
			Clip: shown(item.Clip), Web: shown(item.Web),
		}
		if len(item.Live) > 0 {
			e.Live = item.Live[0].URL
		}
		for _, l := range r.Labels {
			e.Labels = append(e.Labels, l.Name)
		}
		index.Items = append(index.Items, e)
	}
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(true) // should a host serve it as HTML after all
	err := encoder.Encode(index)
	return body.Bytes(), err
}

// newest sorts albums by when their latest original was modified, the latest first.
func (b *build) newest() []*album {
	var albums []*album
	for _, a := range b.albums {
		if !b.unlisted(a.path) && !a.head.Newest.IsZero() {
			albums = append(albums, a)
		}
	}
	slices.SortFunc(albums, func(x, y *album) int {
		return cmp.Or(y.head.Newest.Compare(x.head.Newest), cmp.Compare(x.path, y.path))
	})
	return albums
}
