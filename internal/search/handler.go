package search

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // a Lambda function has no zone files

	"shoebox/internal/gallery"
	"shoebox/internal/page"
	"shoebox/internal/storage"
)

// PageSize is the number of results on one page.
const PageSize = 60

// Of each facet a page shows the first values, and the next ones on demand.
const (
	facetValues = 40
	facetShown  = 10
)

// maxInstead is how many searches for less are tried when one finds nothing.
const maxInstead = 4

// maxPage is the last page that may be asked for.
const maxPage = maxFrom/PageSize + 1

// A Searcher answers queries; [Index] is one.
type Searcher interface {
	Search(ctx context.Context, q Query, o Options) (Results, error)
}

// A Parser is a [Searcher] that reads queries by the names of its gallery. Those of others are read without.
type Parser interface {
	Parse(ctx context.Context, text, scope string, c Context) (Query, error)
}

var (
	_ Searcher = (*Index)(nil)
	_ Parser   = (*Index)(nil)
)

// HandlerOptions are options of [NewHandler].
type HandlerOptions struct {
	Log *slog.Logger     // of what a visitor is only told the outline; nil: slog.Default
	Now func() time.Time // returns the time; nil: time.Now. Its day is that in the gallery's time zone.
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
// accepts that or has format=json; JSON needs no layouts, but without the gallery's time zone and hemisphere, which are stored with
// them, the days are those of UTC and the seasons northern. With a slash at its end, the path is redirected to the one without.
// The parameters are q, the query; page, from 1; sort, "date" or "relevance" (the default). The scope is the path alone, so that whoever
// guards a path guards what can be found there. Everything else is not found.
// Pages of a gallery that is searched in the browser are redirected to the page that does, but those of private albums.
func NewHandler(b storage.Bucket, x Searcher, o HandlerOptions) http.Handler {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
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
	text  string // of the query
	query Query
	page  int
	sort  string
	json  bool

	layouts   *page.Layouts // nil when there are none yet
	site      *page.Site    // what is known without layouts is nothing
	noLayouts error         // why there are none
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
		h.fail(w, req, r, http.StatusBadRequest, err.Error())
		return
	}
	body, kind, err := h.respond(req.Context(), &r)
	switch {
	case errors.Is(err, errInBrowser):
		values := req.URL.Query()
		if r.dir != "" {
			values.Set("in", strings.TrimSuffix(r.dir, "/"))
		}
		location := url.URL{Path: strings.Repeat("../", strings.Count(path, "/")) + gallery.SearchPage, RawQuery: values.Encode()}
		head.Set("Location", location.String())
		w.WriteHeader(http.StatusFound)
		return
	case errors.Is(err, context.Canceled):
		return
	case errors.Is(err, ErrNoIndex):
		head.Set("Retry-After", "60")
		h.fail(w, req, r, http.StatusServiceUnavailable, "the search is not ready yet: try again in a minute")
		return
	case err != nil:
		h.options.Log.Error("search", "path", path, "query", r.query.Text, "error", err)
		h.fail(w, req, r, http.StatusInternalServerError, "the search failed; try again later")
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

// fail answers that there is no answer: with a page, if that can be made.
func (h *handler) fail(w http.ResponseWriter, req *http.Request, r request, status int, message string) {
	if r.json {
		http.Error(w, message, status)
		return
	}
	layouts, site, err := h.load(req.Context())
	var b bytes.Buffer
	if err == nil {
		data := &page.SearchData{Query: r.text, Available: true, Failed: true, Message: message, Scope: strings.TrimSuffix(r.dir, "/")}
		err = layouts.Render(&b, newPage(site, r, data))
	}
	if err != nil {
		http.Error(w, message, status)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(status)
	if req.Method != http.MethodHead {
		_, _ = w.Write(b.Bytes()) // the visitor is gone: nobody to tell
	}
}

// parseRequest reads a request. With an error, the request has what could be read.
func parseRequest(req *http.Request, path, dir string) (request, error) {
	values, err := url.ParseQuery(req.URL.RawQuery)
	r := request{path: path, dir: dir, text: values.Get("q"), page: 1, sort: values.Get("sort")}
	switch values.Get("format") {
	case "":
		r.json = strings.Contains(req.Header.Get("Accept"), "application/json")
	case "json":
		r.json = true
	case "html":
	default:
		return r, errors.New(`format is neither "html" nor "json"`)
	}
	if err != nil {
		return r, errors.New("the address's parameters are not encoded right")
	}
	if s := values.Get("page"); s != "" {
		if r.page, err = strconv.Atoi(s); err != nil || r.page < 1 || r.page > maxPage {
			return r, fmt.Errorf("page is not a number from 1 to %d", maxPage)
		}
	}
	if r.sort != "" && r.sort != ByDate && r.sort != ByRelevance {
		return r, fmt.Errorf("sort is neither %q nor %q", ByDate, ByRelevance)
	}
	return r, nil
}

// errInBrowser is the error of a request for the page of a gallery that is searched in the browser: there is another one.
var errInBrowser = errors.New("the gallery is searched in the browser")

// respond answers a request, with the layouts and query of which it is completed.
func (h *handler) respond(ctx context.Context, r *request) (body []byte, kind string, err error) {
	if r.layouts, r.site, err = h.load(ctx); err != nil {
		if !r.json && !errors.Is(err, fs.ErrNotExist) || ctx.Err() != nil {
			return nil, "", err
		}
		r.site, r.noLayouts = &page.Site{}, err // JSON needs none; and there may be no index either, which says more
	}
	if r.site.Browser && !r.json && !gallery.Private(strings.TrimSuffix(r.dir, "/")) {
		return nil, "", errInBrowser
	}
	if r.query, err = h.parse(ctx, *r, r.text); err != nil {
		return nil, "", err
	}
	return h.answer(ctx, *r)
}

// parse reads a query in the scope of a request, on the gallery's clock.
func (h *handler) parse(ctx context.Context, r request, text string) (Query, error) {
	zone, err := time.LoadLocation(r.site.Timezone)
	if err != nil { // of a newer Shoebox's zones, perhaps
		zone = time.UTC
	}
	c := Context{Now: h.options.Now().In(zone), South: r.site.South}
	if p, ok := h.index.(Parser); ok {
		return p.Parse(ctx, text, r.dir, c)
	}
	return c.Parse(text), nil
}

// answer searches, and renders what was found. An empty query finds nothing, but the facets of all that it could.
func (h *handler) answer(ctx context.Context, r request) (body []byte, kind string, err error) {
	o := Options{Scope: r.dir, From: (r.page - 1) * PageSize, Size: PageSize, Sort: r.sort, Facets: facetValues}
	if len(r.query.Clauses) == 0 {
		o = Options{Scope: r.dir, Facets: facetValues}
	}
	found, err := h.index.Search(ctx, r.query, o)
	if err != nil {
		return nil, "", err
	}
	all := found.Total // of which the facets tell
	if len(r.query.Clauses) == 0 {
		found.Total = 0
	}
	records, err := Records(ctx, h.bucket, found.Hits)
	if err != nil {
		return nil, "", err
	}
	if !r.json && r.noLayouts != nil {
		return nil, "", r.noLayouts
	}
	a := answer{request: r, Results: found, facets: r.facets(found.Facets, all)}
	a.last = min((found.Total+PageSize-1)/PageSize, maxPage)
	from := r.path
	if r.json {
		from = "" // links are relative to the gallery's root
	}
	for i, record := range records {
		if record == nil { // gone since it was indexed
			a.Total--
			continue
		}
		item := page.NewItem(record, from, r.site.Originals)
		album := gallery.AlbumPath(record.Original.Key)
		item.Album = page.Link{Text: found.Hits[i].AlbumTitle, URL: gallery.Link(from, gallery.AlbumPage(album))}
		a.items = append(a.items, item)
	}
	if r.json {
		body, err = a.renderJSON()
		return body, "application/json", err
	}
	if found.Total == 0 && len(r.query.Clauses) > 0 {
		if err := h.suggest(ctx, &a); err != nil {
			return nil, "", err
		}
	}
	body, err = a.renderPage()
	return body, "text/html; charset=utf-8", err
}

// suggest finds what to do when nothing was found: searches for less, and what there is in the scope.
func (h *handler) suggest(ctx context.Context, a *answer) error {
	clauses := len(a.query.Clauses)
	for i := range min(clauses, maxInstead) {
		text := a.query.Without(i)
		if clauses == 1 || text == "" {
			break
		}
		q, err := h.parse(ctx, a.request, text)
		if err != nil {
			return err
		}
		found, err := h.index.Search(ctx, q, Options{Scope: a.dir})
		if err != nil {
			return err
		}
		if found.Total > 0 {
			a.instead = append(a.instead, page.Choice{Text: text, URL: a.link(text, 1), Count: found.Total})
		}
	}
	found, err := h.index.Search(ctx, Query{}, Options{Scope: a.dir, Facets: facetValues})
	if err != nil {
		return err
	}
	r := a.request
	r.query = Query{}
	a.facets = r.facets(found.Facets, found.Total)
	return nil
}

// with returns the query's canonical text with one more clause; empty when that can't be asked for.
func (q Query) with(c Clause) string {
	if !writable(c.Text) || !strings.ContainsFunc(c.Text, searchable) || len(q.Clauses) >= MaxClauses {
		return ""
	}
	text := Query{Clauses: append(slices.Clone(q.Clauses), c), named: q.named}.String()
	if len(text) > MaxQuery {
		return ""
	}
	return text
}

// facets returns facets as a page shows them. What all of the items found have is left out, since asking for it changes nothing.
func (r request) facets(facets []Facet, total int) []page.Facet {
	var shown []page.Facet
	for _, f := range facets {
		s := page.Facet{Name: facetName(f.Kind), Others: f.Others}
		for _, v := range f.Values {
			if v.Count >= total {
				continue
			}
			choice := page.Choice{Text: v.Title, Count: v.Count}
			if text := r.query.with(v.Clause(f.Kind)); text != "" {
				choice.URL = r.link(text, 1)
			}
			if len(s.Values) < facetShown {
				s.Values = append(s.Values, choice)
			} else {
				s.More = append(s.More, choice)
			}
		}
		if len(s.Values) > 0 {
			shown = append(shown, s)
		}
	}
	return shown
}

func facetName(k Kind) string {
	switch k {
	case Label:
		return "Labels"
	case Person:
		return "People"
	case Place:
		return "Places"
	case Taken:
		return "Years"
	case Album:
		return "Albums"
	case Camera:
		return "Cameras"
	case Type:
		return "Types"
	}
	return string(k)
}

// An answer is what was found for a request.
type answer struct {
	request
	Results
	items   []page.ItemData
	last    int // number of the last page; 0 without results
	facets  []page.Facet
	instead []page.Choice
}

func (a answer) renderPage() ([]byte, error) {
	data := &page.SearchData{Query: a.query.Text, Available: true, Message: strings.Join(slices.Concat(a.query.Notes, a.Notes), "; "),
		Results: a.items, Total: a.Total, Took: a.Took, Page: a.request.page, Pages: a.last, Scope: strings.TrimSuffix(a.dir, "/"), Sort: a.sort,
		Facets: a.facets, Instead: a.instead}
	for i, c := range a.query.Clauses {
		data.Chips = append(data.Chips, page.Chip{Text: c.Chip(), Remove: a.link(a.query.Without(i), 1)})
	}
	switch {
	case len(a.items) > 0:
		data.First = (a.request.page-1)*PageSize + 1
		data.Last = data.First + len(a.items) - 1
	case len(a.query.Clauses) > 0:
		data.Message = strings.TrimPrefix(data.Message+"; nothing matches this search", "; ")
		if a.last > 0 {
			data.Message = "there are not that many pages of results"
		}
	}
	text := a.query.Text
	if n := a.request.page; n > 1 {
		data.Start, data.Previous = a.link(text, 1), a.link(text, max(min(n-1, a.last), 1))
	}
	if n := a.request.page; n < a.last {
		data.Next, data.End = a.link(text, n+1), a.link(text, a.last)
	}
	if a.Total > 1 && a.query.ranked() {
		for _, order := range []page.Choice{{Text: "Best match", Current: a.sort != ByDate}, {Text: "Newest", Current: a.sort == ByDate}} {
			other := a.request
			if other.sort = ""; order.Text == "Newest" {
				other.sort = ByDate
			}
			order.URL = other.link(text, 1)
			data.Orders = append(data.Orders, order)
		}
	}
	p := newPage(a.site, a.request, data)
	if a.dir != "" && !gallery.Private(strings.TrimSuffix(a.dir, "/")) {
		data.Everywhere = p.Root + "-/" + a.link(text, 1)
	}
	var b bytes.Buffer
	if err := a.layouts.Render(&b, p); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// newPage returns the page of a search.
func newPage(site *page.Site, r request, data *page.SearchData) *page.Page {
	p := &page.Page{Kind: page.Search, Site: site, Path: r.path, Root: strings.Repeat("../", strings.Count(r.path, "/")),
		Title: "Search", NoIndex: true, Search: data}
	if len(r.query.Clauses) > 0 {
		p.Title = "Search: " + r.query.Text
	}
	p.Breadcrumbs = []page.Link{{Text: site.Title, URL: gallery.Link(r.path, gallery.AlbumPage(""))}}
	return p
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
	Facets  []jsonFacet  `json:"facets"`
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

type jsonFacet struct {
	Kind   Kind        `json:"kind"`
	Values []jsonValue `json:"values"`
	Others int         `json:"others,omitempty"` // how many more values there are
}

type jsonValue struct {
	Text  string `json:"text"`
	Title string `json:"title"`
	Count int    `json:"count"`
	With  string `json:"with,omitempty"` // the query that asks for it too
}

type jsonPicture struct {
	URL    string `json:"url"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

func (a answer) renderJSON() ([]byte, error) {
	out := jsonAnswer{Query: a.query.Text, Total: a.Total, TookMS: float64(a.Took.Microseconds()) / 1000,
		Notes: slices.Concat(a.query.Notes, a.Notes), Clauses: []jsonClause{}, Results: []jsonResult{}, Facets: []jsonFacet{}}
	for i, c := range a.query.Clauses {
		out.Clauses = append(out.Clauses, jsonClause{c.Kind, c.Text, c.Not, c.Chip(), a.query.Without(i)})
	}
	for _, item := range a.items {
		record := item.Record
		result := jsonResult{Path: strings.TrimPrefix(record.Original.Key, gallery.Data), URL: item.URL, Title: item.Title,
			Album: gallery.AlbumPath(record.Original.Key), Taken: record.Taken, Type: record.Kind, Width: record.Width, Height: record.Height}
		if t := item.Thumbnail; t != nil {
			result.Thumbnail = &jsonPicture{t.URL, t.Width, t.Height}
		}
		out.Results = append(out.Results, result)
	}
	for _, f := range a.Facets {
		facet := jsonFacet{Kind: f.Kind, Values: []jsonValue{}, Others: f.Others}
		for _, v := range f.Values {
			facet.Values = append(facet.Values, jsonValue{v.Text, v.Title, v.Count, a.query.with(v.Clause(f.Kind))})
		}
		out.Facets = append(out.Facets, facet)
	}
	if a.request.page < a.last {
		out.Next = gallery.EscapePath(a.dir) + "-/" + a.link(a.query.Text, a.request.page+1)
	}
	return json.Marshal(out)
}
