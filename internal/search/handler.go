package search

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"shoebox/internal/gallery"
	"shoebox/internal/page"
	"shoebox/internal/storage"
)

// PageSize is the number of results on one page.
const PageSize = 60

// maxPage is the last page that may be asked for.
const maxPage = maxFrom/PageSize + 1

// A Searcher answers queries; [Index] is one.
type Searcher interface {
	Search(ctx context.Context, q Query, o Options) (Results, error)
}

// HandlerOptions are options of [NewHandler].
type HandlerOptions struct {
	Log *slog.Logger // of what a visitor is only told the outline; nil: slog.Default
}

// A Layouts is what the generator stores under [gallery.LayoutsKey] for the handler: a theme's layouts by name, and the facts
// that all pages share.
type Layouts struct {
	Files map[string]string `json:"files"`
	Site  page.Site         `json:"site"`
}

type handler struct {
	bucket  storage.Bucket
	index   Searcher
	options HandlerOptions

	mu      sync.Mutex // guards the layouts, which are read anew when their ETag differs
	etag    string
	layouts *page.Layouts
	site    *page.Site
}

// NewHandler answers GET and HEAD of "/-/search" and "/<album>/-/search" with results as a page, or as JSON when the request
// accepts that or has format=json; JSON needs no layouts. With a slash at its end, the path is redirected to the one without.
// The parameters are q, the query; page, from 1; sort, "date" or "relevance". The scope is the path alone, so that whoever
// guards a path guards what can be found there. Everything else is not found.
func NewHandler(b storage.Bucket, x Searcher, o HandlerOptions) http.Handler {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &handler{bucket: b, index: x, options: o}
}

// csp allows nothing but what a page brings along. Placeholder colours are style attributes.
const csp = "default-src 'none'; img-src 'self' data:; media-src 'self'; font-src 'self'; style-src 'self' 'unsafe-inline'; " +
	"script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"

// A request is one understood request.
type request struct {
	path  string // of the page, below the gallery's root: "alps/-/search"
	dir   string // of the album searched: "", "alps/"
	query Query
	page  int
	sort  string
	json  bool
}

// link returns the link from the search page to another of its pages.
func (r request) link(query string, number int) string {
	values := url.Values{"q": {query}}
	if number > 1 {
		values.Set("page", strconv.Itoa(number))
	}
	if r.sort != "" {
		values.Set("sort", r.sort)
	}
	if r.json {
		values.Set("format", "json")
	}
	return "search?" + values.Encode()
}

func (h *handler) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	head := w.Header()
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Referrer-Policy", "same-origin")
	head.Set("Content-Security-Policy", csp)
	head.Set("Vary", "Accept")
	head.Set("Cache-Control", "no-store")
	path := strings.TrimPrefix(req.URL.Path, "/")
	dir, ok := strings.CutSuffix("/"+path, "/"+gallery.SearchPath)
	slash := strings.HasSuffix("/"+path, "/"+gallery.SearchPath+"/")
	switch {
	case slash && (req.Method == http.MethodGet || req.Method == http.MethodHead):
		// Relative, since the gallery may lie under any prefix. The query is kept as it came.
		location := url.URL{Path: "../search", RawQuery: req.URL.RawQuery}
		head.Set("Location", location.String())
		w.WriteHeader(http.StatusMovedPermanently)
		return
	case !ok && !slash:
		http.Error(w, "there is no such page", http.StatusNotFound)
		return
	case req.Method != http.MethodGet && req.Method != http.MethodHead:
		head.Set("Allow", "GET, HEAD")
		http.Error(w, "a search is read with GET", http.StatusMethodNotAllowed)
		return
	}
	if dir = strings.TrimPrefix(dir, "/"); dir != "" {
		dir += "/"
	}
	r, err := parseRequest(req, path, dir)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	body, kind, err := h.answer(req.Context(), r)
	switch {
	case errors.Is(err, context.Canceled):
		return
	case errors.Is(err, ErrNoIndex):
		http.Error(w, "the search is not ready yet", http.StatusServiceUnavailable)
		return
	case err != nil:
		h.options.Log.Error("search", "path", path, "query", r.query.Text, "error", err)
		http.Error(w, "the search failed; try again later", http.StatusInternalServerError)
		return
	}
	head.Set("Content-Type", kind)
	head.Set("Content-Length", strconv.Itoa(len(body)))
	if !gallery.Private(strings.TrimSuffix(dir, "/")) {
		head.Set("Cache-Control", "public, max-age=60")
	}
	if req.Method != http.MethodHead {
		_, _ = w.Write(body) // the visitor is gone: nobody to tell
	}
}

func parseRequest(req *http.Request, path, dir string) (request, error) {
	values, err := url.ParseQuery(req.URL.RawQuery)
	if err != nil {
		return request{}, errors.New("the address's parameters are not encoded right")
	}
	r := request{path: path, dir: dir, query: Parse(values.Get("q")), page: 1, sort: values.Get("sort")}
	if s := values.Get("page"); s != "" {
		if r.page, err = strconv.Atoi(s); err != nil || r.page < 1 || r.page > maxPage {
			return request{}, fmt.Errorf("page is not a number from 1 to %d", maxPage)
		}
	}
	if r.sort != "" && r.sort != ByDate && r.sort != ByRelevance {
		return request{}, fmt.Errorf("sort is neither %q nor %q", ByDate, ByRelevance)
	}
	switch values.Get("format") {
	case "":
		r.json = strings.Contains(req.Header.Get("Accept"), "application/json")
	case "json":
		r.json = true
	case "html":
	default:
		return request{}, errors.New(`format is neither "html" nor "json"`)
	}
	return r, nil
}

// answer searches, and renders what was found. An empty query finds nothing.
func (h *handler) answer(ctx context.Context, r request) (body []byte, kind string, err error) {
	var found Results
	var records []*gallery.Record
	if len(r.query.Clauses) > 0 {
		o := Options{Scope: r.dir, From: (r.page - 1) * PageSize, Size: PageSize, Sort: r.sort}
		if found, err = h.index.Search(ctx, r.query, o); err != nil {
			return nil, "", err
		}
		if records, err = Records(ctx, h.bucket, found.Hits); err != nil {
			return nil, "", err
		}
	}
	var layouts *page.Layouts
	site := &page.Site{} // JSON has nothing of it
	if !r.json {
		if layouts, site, err = h.load(ctx); err != nil {
			return nil, "", err
		}
	}
	var items []page.ItemData
	more := r.page*PageSize < found.Total
	from := r.path
	if r.json {
		from = "" // links are relative to the gallery's root
	}
	for i, record := range records {
		if record == nil { // gone since it was indexed
			found.Total--
			continue
		}
		item := page.NewItem(record, from, site.Originals)
		album := gallery.AlbumPath(record.Original.Key)
		item.Album = page.Link{Text: found.Hits[i].AlbumTitle, URL: gallery.Link(from, gallery.AlbumPage(album))}
		items = append(items, item)
	}
	if r.json {
		body, err = renderJSON(r, found, items, more)
		return body, "application/json", err
	}
	body, err = renderPage(layouts, site, r, found, items, more)
	return body, "text/html; charset=utf-8", err
}

func renderPage(layouts *page.Layouts, site *page.Site, r request, found Results, items []page.ItemData, more bool) ([]byte, error) {
	data := &page.SearchData{Query: r.query.Text, Available: true, Message: strings.Join(r.query.Notes, "; "), Results: items,
		Total: found.Total, Took: found.Took, Scope: strings.TrimSuffix(r.dir, "/")}
	for i, c := range r.query.Clauses {
		data.Chips = append(data.Chips, page.Chip{Text: c.Chip(), Remove: r.link(r.query.Without(i), 1)})
	}
	switch {
	case len(items) > 0:
		data.First = (r.page-1)*PageSize + 1
		data.Last = data.First + len(items) - 1
	case len(r.query.Clauses) > 0:
		data.Message = strings.TrimPrefix(data.Message+"; nothing matches this search", "; ")
		if found.Total > 0 {
			data.Message = "there are not that many pages of results"
		}
	}
	last := max((found.Total+PageSize-1)/PageSize, 1)
	if r.page > 1 {
		data.Previous = r.link(r.query.Text, min(r.page-1, last))
	}
	if more {
		data.Next = r.link(r.query.Text, r.page+1)
	}
	p := &page.Page{Kind: page.Search, Site: site, Path: r.path, Root: strings.Repeat("../", strings.Count(r.path, "/")),
		Title: "Search", NoIndex: true, Search: data}
	if len(r.query.Clauses) > 0 {
		p.Title = "Search: " + r.query.Text
	}
	p.Breadcrumbs = []page.Link{{Text: site.Title, URL: gallery.Link(r.path, gallery.AlbumPage(""))}}
	var b bytes.Buffer
	if err := layouts.Render(&b, p); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// load returns the stored layouts.
func (h *handler) load(ctx context.Context) (*page.Layouts, *page.Site, error) {
	o, err := h.bucket.Get(ctx, gallery.LayoutsKey, storage.Range{})
	if err != nil {
		return nil, nil, err
	}
	etag := o.ETag
	if err := o.Body.Close(); err != nil {
		return nil, nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.layouts != nil && h.etag == etag {
		return h.layouts, h.site, nil
	}
	data, info, err := storage.Read(ctx, h.bucket, gallery.LayoutsKey)
	if err != nil {
		return nil, nil, err
	}
	var stored Layouts
	if err := json.Unmarshal(data, &stored); err != nil {
		return nil, nil, fmt.Errorf("%s is damaged: run shoebox build: %w", gallery.LayoutsKey, err)
	}
	layouts, err := page.Parse(stored.Files)
	if err != nil {
		return nil, nil, err
	}
	h.etag, h.layouts, h.site = info.ETag, layouts, &stored.Site
	return h.layouts, h.site, nil
}

type jsonAnswer struct {
	Query   string       `json:"query"`
	Total   int          `json:"total"`
	TookMS  float64      `json:"took_ms"`
	Clauses []jsonClause `json:"clauses"`
	Notes   []string     `json:"notes,omitempty"`
	Results []jsonResult `json:"results"`
	Next    string       `json:"next,omitempty"`
}

type jsonClause struct {
	Kind    Kind   `json:"kind"`
	Text    string `json:"text"`
	Not     bool   `json:"not,omitempty"`
	Chip    string `json:"chip"`
	Without string `json:"without"` // the query without it
}

type jsonResult struct {
	Path      string       `json:"path"`
	URL       string       `json:"url"`
	Title     string       `json:"title"`
	Album     string       `json:"album"` // path
	Taken     gallery.Date `json:"taken,omitzero"`
	Type      gallery.Kind `json:"type"`
	Width     int          `json:"width,omitempty"`
	Height    int          `json:"height,omitempty"`
	Thumbnail *jsonPicture `json:"thumbnail,omitempty"`
}

type jsonPicture struct {
	URL    string `json:"url"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

func renderJSON(r request, found Results, items []page.ItemData, more bool) ([]byte, error) {
	answer := jsonAnswer{Query: r.query.Text, Total: found.Total, TookMS: float64(found.Took.Microseconds()) / 1000,
		Notes: r.query.Notes, Clauses: []jsonClause{}, Results: []jsonResult{}}
	for i, c := range r.query.Clauses {
		answer.Clauses = append(answer.Clauses, jsonClause{c.Kind, c.Text, c.Not, c.Chip(), r.query.Without(i)})
	}
	for _, item := range items {
		record := item.Record
		result := jsonResult{Path: strings.TrimPrefix(record.Original.Key, gallery.Data), URL: item.URL, Title: item.Title,
			Album: gallery.AlbumPath(record.Original.Key), Taken: record.Taken, Type: record.Kind, Width: record.Width, Height: record.Height}
		if t := item.Thumbnail; t != nil {
			result.Thumbnail = &jsonPicture{t.URL, t.Width, t.Height}
		}
		answer.Results = append(answer.Results, result)
	}
	if more {
		answer.Next = gallery.EscapePath(r.dir) + "-/" + r.link(r.query.Text, r.page+1)
	}
	return json.Marshal(answer)
}
