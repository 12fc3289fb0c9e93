// Package page is what a layout gets to render: [Page] is the data of one page, [Layouts] turns it into HTML. The generator
// uses it for every static page, the search handler for the one page that can't be static, so both look the same.
//
// Layouts are Go templates (html/template) in Hugo's arrangement: "baseof.html" is the frame, "front.html", "album.html",
// "item.html", "search.html", "overview.html", "collection.html" and "404.html" define its blocks, "partials/*.html" hold what they share.
package page

import (
	"html/template"
	"net/url"
	"strings"
	"time"

	"shoebox/internal/gallery"
)

// The kinds of page; each is rendered by the layout of the same name.
const (
	Front    = "front"  // the root album
	Album    = "album"  // any other album
	Item     = "item"   // one photo, video or file
	Search   = "search" // results, or the empty search form
	NotFound = "404"
)

// A Page is all that a layout can know. Every URL in it is relative to the page and already percent-encoded.
type Page struct {
	Kind string
	Site *Site
	Path string // where the page is, below the gallery's root, unescaped: "alps/2024/index.html"
	Root string // the link from the page to the gallery's root: "", "../", "../../" …; put before a path

	Title       string   // plain text; the gallery's title on the front page
	Description string   // plain text, for search engines and link previews; may be empty
	Canonical   string   // absolute URL; empty without base_url
	Image       *Picture // for link previews, with an absolute URL; nil without base_url or picture
	Breadcrumbs []Link   // from the front page to the album above; empty on the front page
	NoIndex     bool     // hidden or private: search engines are told to stay away

	Album  *AlbumData  // on front and album pages
	Item   *ItemData   // on item pages
	Search *SearchData // on search pages

	Overview   *OverviewData   // on overviews of collections
	Collection *CollectionData // on collections' pages
}

// Asset returns the link to a theme's asset by its name, such as "style.css"; empty when the theme has none of that name.
func (p *Page) Asset(name string) string {
	if path, ok := p.Site.Assets[name]; ok {
		return p.Root + gallery.EscapePath(path)
	}
	return ""
}

// Home returns the link to the front page.
func (p *Page) Home() string { return p.Root + "index.html" }

// Feed returns the link to the Atom feed.
func (p *Page) Feed() string { return p.Root + gallery.FeedPath }

// SearchURL returns the address that a search form submits to. On the search page of an album it is that page; on a private page
// it is that of the page's album: whoever was let in there finds what is there, and may not be let in further up. A gallery that is
// searched in the browser has one search page, for what is public, and the search function those of private albums.
func (p *Page) SearchURL() string {
	album, ok := strings.CutSuffix(p.Path, "/"+gallery.SearchPath)
	if p.Site != nil && p.Site.Browser && !(ok && gallery.Private(album)) {
		return p.Root + gallery.SearchPage
	}
	if !ok {
		album = p.Path[:max(0, strings.LastIndexByte(p.Path, '/'))]
	}
	if ok || gallery.Private(album) {
		return gallery.Link(p.Path, album+"/"+gallery.SearchPath)
	}
	return p.Root + gallery.SearchPath
}

// Find returns the link to a search.
func (p *Page) Find(query string) string { return p.SearchURL() + "?q=" + url.QueryEscape(query) }

// Site is what all pages of a gallery share.
type Site struct {
	Title       string            `json:"title"`
	Description string            `json:"description"` // plain text
	Author      string            `json:"author"`
	Language    string            `json:"language"`              // BCP 47, such as "en"
	BaseURL     string            `json:"base_url"`              // with a slash at its end, or empty
	Footer      template.HTML     `json:"footer"`                // rendered from Markdown
	Assets      map[string]string `json:"assets"`                // a theme's assets: name to path below public/
	Accent      string            `json:"accent"`                // CSS colour, or empty for the theme's own
	RowHeight   int               `json:"row_height"`            // pixels: the height that rows of the grid aim at
	Search      bool              `json:"search"`                // whether the gallery can be searched
	Browser     bool              `json:"browser"`               // whether the page itself answers searches, without a server
	Engine      string            `json:"engine,omitempty"`      // path below public/ of the module that does
	Timezone    string            `json:"timezone"`              // IANA name of the zone whose days a search means; empty: UTC
	South       bool              `json:"south"`                 // whether the seasons of a search are those of the southern hemisphere
	Originals   bool              `json:"originals"`             // whether originals can be downloaded
	Collections []CollectionKind  `json:"collections,omitempty"` // those that the gallery has
}

// A Link is a link with its text.
type Link struct{ Text, URL string }

// A Picture is one rendition, ready for an img element, or a video element.
type Picture struct {
	URL           string
	Width, Height int // pixels
	Type          string
}

// AlbumData is an album on its own page.
type AlbumData struct {
	Path        string // "alps/2024"
	Title       string
	Description string        // one line, plain text
	Text        template.HTML // rendered from the body of index.md
	Date        gallery.Date  // as index.md gives it
	From, To    gallery.Date  // of its earliest and latest item, here or below
	Albums      []Card
	Items       []ItemData // photos, videos and audio in order: what goes into the grid
	Files       []ItemData // everything else, in order
}

// A Card shows an album on its parent's page.
type Card struct {
	URL                            string
	Title                          string
	Description                    string
	Cover                          *Picture // nil when it has no picture
	Placeholder                    []string // one or two colours, as in gallery.Record
	Photos, Videos, Others, Albums int
	From, To                       gallery.Date
}

// ItemData is an item, in a grid or on its own page. The links are relative to the page that shows it.
type ItemData struct {
	Record      *gallery.Record
	Name        string        // file name
	Title       string        // the owner's title, else the file name
	Caption     template.HTML // rendered: paragraphs
	CaptionText string        // the same as plain text on one line
	Alt         string        // what a screen reader says in place of the picture; never empty
	URL         string        // its page
	Original    string        // its download; empty when originals are not published
	Companions  []Download    // files of the same photo: the raw file beside a JPEG, the video of a Live Photo; none when originals are not published
	Thumbnail   *Picture      // for the grid; nil for a file without one
	Preview     *Picture      // for the page; a video's poster; nil for audio and files
	Clip        *Picture      // a few seconds of a video, without sound, for the grid; nil when there is none
	Web         *Picture      // a video as every browser plays it; nil when there is none
	Live        []Source      // the forms in which a Live Photo or motion photo plays, the first the best; empty when it is none
	Album       Link          // where it is: shown beside search results

	// On the item's own page only:
	Previous, Next *ItemData // neighbours in the album; nil at its ends
	Labels, People []Link    // each links to its collection; where the item is not listed, to a search
	Places         []Link    // city, region and country, as far as they are known; each links to all that is there
	Place          string    // "59.91390, 10.75220", or empty
	MapURL         string    // a map of the place, at another host; empty unless the owner configured one
}

// A Source is one form of a video or recording, for an element source.
type Source struct {
	URL  string
	Type string // its media type with its codecs; empty when the browser has to look for itself
}

// Sources are the forms in which the item can be played, the first the best: the web video, then the original. Empty when none is
// published.
func (i ItemData) Sources() []Source {
	var all []Source
	if i.Web != nil {
		all = append(all, Source{i.Web.URL, i.Web.Type})
	}
	if i.Original != "" {
		all = append(all, Source{i.Original, playedAs(i.Record)})
	}
	return all
}

// A Download is a file that belongs to an item.
type Download struct {
	Name  string // file name
	URL   string
	Bytes int64
}

// SearchData is a search and its results.
type SearchData struct {
	Query      string
	Available  bool   // false on the static page that hosts without a search function show
	Message    string // why there is nothing, or what was understood otherwise; plain text
	Failed     bool   // the search was not answered; the message says why
	Chips      []Chip // what was understood, each removable
	Results    []ItemData
	Total      int // of all pages
	First      int // number of the first result shown, from 1
	Last       int
	Took       time.Duration
	Page       int    // number of this page, from 1
	Pages      int    // how many there are; 0 without results
	Start      string // link to the first page of results; empty on it
	Previous   string // link to the page of results before; empty at the start
	Next       string
	End        string   // link to the last page of results; empty on it
	Scope      string   // path of the album searched; empty for the whole gallery
	Everywhere string   // link to the same search in the whole gallery; empty when it is that, or private
	Sort       string   // "date" or "relevance", as asked for; empty when it was not
	Orders     []Choice // in which the results can be; empty when there is one alone
	Facets     []Facet  // what the results have; without results, what there is to be found
	Instead    []Choice // searches for less that find something, when this one finds nothing
}

// A Chip is one understood part of a query.
type Chip struct {
	Text   string // as shown: "person: Natalie"
	Remove string // link to the same search without it
}

// A Facet is one kind of thing that items found have, such as labels. Each leads to the search that asks for it too.
type Facet struct {
	Name   string   // as shown: "Labels"
	Values []Choice // the first ones, ten at most
	More   []Choice // those after them
	Others int      // how many more there are
}

// A Choice leads to another search.
type Choice struct {
	Text    string
	URL     string // empty when it can't be asked for
	Count   int    // how many items that finds; 0 when nobody counted
	Current bool   // it is this search
}

// Justify is the ratio of width to height that a picture's box has in a justified grid, within bounds so that neither a
// panorama nor a tall screenshot takes a row for itself.
func (i ItemData) Justify() float64 {
	if i.Thumbnail == nil || i.Thumbnail.Height == 0 {
		return 4.0 / 3
	}
	return min(max(float64(i.Thumbnail.Width)/float64(i.Thumbnail.Height), 0.5), 3)
}

// Is reports whether the item is of that kind: "photo", "video", "audio" or "file".
func (i ItemData) Is(kind string) bool { return strings.EqualFold(string(i.Record.Kind), kind) }
