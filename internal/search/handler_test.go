package search

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"shoebox/internal/gallery"
	"shoebox/internal/page"
	"shoebox/internal/storage"
)

func serve(t *testing.T, m *manifests) http.Handler {
	t.Helper()
	b := storage.NewMem()
	publish(t, b, m)
	m.storeRecords(t, b)
	storeLayouts(t, b)
	// The first of July, where the layouts say that the gallery is.
	now := func() time.Time { return time.Date(2025, 6, 30, 14, 30, 0, 0, time.UTC) }
	return NewHandler(b, open(t, b), HandlerOptions{Now: now})
}

// storeLayouts stores layouts that show all that there is, and nothing else.
func storeLayouts(t *testing.T, b storage.Bucket) {
	t.Helper()
	files := map[string]string{"baseof.html": `<!doctype html><title>{{.Title}}</title>{{block "main" .}}{{end}}`}
	for _, kind := range page.Kinds() {
		files[kind+".html"] = `{{define "main"}}{{end}}`
	}
	files["search.html"] = `{{define "main"}}{{with .Search}}<form action="{{$.SearchURL}}"><input name="q" value="{{.Query}}"></form>
<p>{{.Message}}</p>{{.Total}} found, {{.First}} to {{.Last}}
{{range .Chips}}<a class="chip" href="{{.Remove}}">{{.Text}}</a>{{end}}
{{range .Results}}<a class="hit" href="{{.URL}}" title="{{.Title}}">{{.Alt}} {{.Caption}}</a> in <a href="{{.Album.URL}}">{{.Album.Text}}</a>{{end}}
{{if .Failed}}failed true{{end}}page {{.Page}} of {{.Pages}} start={{.Start}} end={{.End}} {{with .Sort}}sort {{.}}{{end}}{{with .Everywhere}}everywhere {{.}}{{end}}
{{range .Facets}}[{{.Name}}]{{range .Values}} <a class="facet" href="{{.URL}}">{{.Text}} {{.Count}}</a>{{end}}{{end}}
{{with .Orders}}[order]{{range .}} <a href="{{.URL}}">{{.Text}} {{.Current}}</a>{{end}}{{end}}
{{with .Instead}}[instead]{{range .}} <a href="{{.URL}}">{{.Text}} {{.Count}}</a>{{end}}{{end}}
{{with .Next}}<a rel="next" href="{{.}}">next</a>{{end}}{{with .Previous}}<a rel="prev" href="{{.}}">previous</a>{{end}}{{end}}{{end}}`
	data, err := json.Marshal(Layouts{Files: files, Site: page.Site{Title: "Gallery", Timezone: "Australia/Brisbane", South: true}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Put(t.Context(), gallery.LayoutsKey, data, storage.PutOptions{}); err != nil {
		t.Fatal(err)
	}
}

func TestHandlerRedirectsSlash(t *testing.T) {
	h := serve(t, newManifests())
	for target, want := range map[string]string{
		"/-/search/":                        "/-/search",
		"/-/search/?q=a%20b&page=2":         "/-/search?q=a%20b&page=2",
		"/alps/2024/-/search/?q=%22%3Cb%3E": "/alps/2024/-/search?q=%22%3Cb%3E",
		"/a%3Fb/-/search/":                  "/a%3Fb/-/search",
	} {
		w := get(t, h, target)
		location, err := url.Parse(w.Header().Get("Location"))
		if err != nil || w.Code != http.StatusMovedPermanently || location.IsAbs() || strings.HasPrefix(location.Path, "/") {
			t.Errorf("%s: %d to %v, %v; want 301 to a relative address", target, w.Code, location, err)
			continue
		}
		base, err := url.Parse(target)
		if err != nil {
			t.Fatal(err)
		}
		if got := base.ResolveReference(location).String(); got != want {
			t.Errorf("%s leads to %s, want %s", target, got, want)
		}
	}
}

func TestHandlerJSONNeedsNoLayouts(t *testing.T) {
	b, m := storage.NewMem(), fixedGallery()
	publish(t, b, m)
	m.storeRecords(t, b)
	h := NewHandler(b, open(t, b), HandlerOptions{Log: slog.New(slog.DiscardHandler)})
	if w := get(t, h, "/-/search?q=marmot&format=json"); w.Code != 200 || !strings.Contains(w.Body.String(), `"total":2`) {
		t.Errorf("JSON without layouts: %d with %s", w.Code, w.Body)
	}
	if w := get(t, h, "/-/search?q=marmot"); w.Code != 500 {
		t.Errorf("a page without layouts: %d with %s", w.Code, w.Body)
	}
}

// wordsOnly is a Searcher that is no [Parser].
type wordsOnly struct{ x *Index }

func (w wordsOnly) Search(ctx context.Context, q Query, o Options) (Results, error) {
	return w.x.Search(ctx, q, o)
}

func TestHandlerTellsInJSON(t *testing.T) {
	b, m := storage.NewMem(), fixedGallery()
	publish(t, b, m)
	m.storeRecords(t, b)
	x := open(t, b)
	for _, tt := range []struct {
		index  Searcher
		target string
		want   []string
	}{
		{x, "/-/search?q=natlaie+berg&format=json", []string{`"notes":["nothing is found for “natlaie”: showing “natalie”"]`, `"total":2`}},
		{x, "/-/search?q=natalie+berg&format=json", []string{`"kind":"person","text":"natalie berg","chip":"person: natalie berg","without":""`, `"total":2`}},
		{wordsOnly{x}, "/-/search?q=natalie+berg&format=json", []string{`"kind":"word","text":"natalie","chip":"natalie","without":"berg"`, `"total":2`}},
	} {
		body := get(t, NewHandler(b, tt.index, HandlerOptions{}), tt.target).Body.String()
		for _, want := range tt.want {
			if !strings.Contains(body, want) {
				t.Errorf("%s with %T: %s, want %s in it", tt.target, tt.index, body, want)
			}
		}
	}
}

func get(t *testing.T, h http.Handler, target string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestHandlerAnswers(t *testing.T) {
	h := serve(t, fixedGallery())
	for _, tt := range []struct {
		target string
		status int
		want   string // in the body
		not    string // not in it
	}{
		{"/-/search?q=marmot", 200, `2 found, 1 to 2`, ""},
		{"/-/search?q=marmot", 200, `href="../alps/marmot.jpg.html"`, ""},
		{"/-/search?q=marmot", 200, `<a href="../alps/index.html">Summer in the Alps</a>`, ""},
		{"/-/search", 200, `<form action="../-/search">`, `class="hit"`},
		{"/alps/-/search?q=mountain", 200, `<form action="search">`, ""},
		{"/alps/-/search?q=mountain", 200, `href="../summit.jpg.html"`, ""},
		{"/alps/2024/-/search?q=mountain", 200, `1 found`, "summit"},
		{"/private/x/-/search?q=secret", 200, `2 found`, "three"},
		{"/-/search?q=secret", 200, `nothing matches`, "class=\"hit\""},
		{"/-/search?q=secret&scope=private/x", 200, `nothing matches`, "class=\"hit\""},
		{"/-/search?q=dog+-marmot+2019", 200, `href="search?q=dog&#43;-marmot"`, ""},
		{"/-/search?q=foo:bar", 200, `not a key`, ""},
		{"/-/search?q=photos+of+natalie+berg+without+swimming", 200, `href="search?q=-swimming">person: natalie berg</a>`, ""},
		{"/-/search?q=photos+of+natalie+berg+without+swimming", 200, `href="search?q=natalie&#43;berg">not label: swimming</a>`, ""},
		{"/-/search?q=natlaie", 200, `nothing is found for “natlaie”: showing “natalie”`, ""},
		{"/-/search?q=marmot+lake", 200, `no photo has all of these: showing those with any of the words`, ""},
		{"/-/search?q=opera+near:59.9,10.7", 200, "nothing matches", "left out"},
		{"/-/search?q=secrte", 200, `nothing matches`, "“secret”"},
		{"/private/x/-/search?q=secrte", 200, `2 found`, ""},
		{"/-/search?q=last+summer", 200, `taken: last summer (2024-12..2025-02)`, ""},
		{"/-/search?q=yesterday", 200, `taken: yesterday (2025-06-30)`, ""},
		{"/-/search?q=marmot&page=2", 200, `not that many pages`, ""},
		{"/-/search?q=marmot&page=2", 200, `rel="prev" href="search?q=marmot"`, ""},
		{"/-/search?q=hostile", 200, `1 found`, "<script>"},
		{"/-/search?q=%3Cscript%3Ealert(1)%3C/script%3E", 200, `&lt;script&gt;`, "<script>"},
		{"/-/search?q=%22%3E%3Cimg%20src=x%3E", 200, ``, "<img"},
		{"/%3Cscript%3E/-/search?q=dog", 200, `nothing matches`, "<script>"},
		{"/-/search?q=%ff%00", 200, ``, ""},
		{"/-/search?q=dog&page=0", 400, "page", ""},
		{"/-/search?q=dog&page=x", 400, "page", ""},
		{"/-/search?q=dog&page=99999999999", 400, "page", ""},
		{"/-/search?q=dog&page=16667", 200, "not that many", ""},
		{"/-/search?q=dog&page=16668", 400, "page", ""},
		{"/-/search?q=dog&sort=size", 400, "sort", ""},
		{"/-/search?q=dog&format=xml", 400, "format", ""},
		{"/-/search?q=%zz", 400, "encoded", ""},
		{"/-/search//", 404, "", ""},
		{"/search/", 404, "", ""},
		{"/x-/search", 404, "", ""},
		{"/", 404, "", ""},
	} {
		w := get(t, h, tt.target)
		body := w.Body.String()
		if w.Code != tt.status || !strings.Contains(body, tt.want) || tt.not != "" && strings.Contains(body, tt.not) {
			t.Errorf("%s: %d with\n%s\nwant %d with %q and without %q", tt.target, w.Code, body, tt.status, tt.want, tt.not)
		}
		if w.Header().Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(w.Header().Get("Content-Security-Policy"), "script-src 'self';") {
			t.Errorf("%s: headers %v lack security", tt.target, w.Header())
		}
	}
	if got := get(t, h, "/private/x/-/search?q=one").Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("a private search has Cache-Control %q", got)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/-/search?q=dog", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
	w = httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodHead, "/-/search?q=dog", nil))
	if w.Code != 200 || w.Body.Len() != 0 || w.Header().Get("Content-Length") == "0" {
		t.Errorf("HEAD: %d with %d bytes", w.Code, w.Body.Len())
	}
}

func TestHandlerJSON(t *testing.T) {
	h := serve(t, fixedGallery())
	for _, w := range []*httptest.ResponseRecorder{get(t, h, "/alps/-/search?q=label:marmot+type:video&format=json"),
		get(t, h, "/alps/-/search?q=label:marmot+type:video", "Accept", "application/json")} {
		var got jsonAnswer
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatalf("%v in %s", err, w.Body)
		}
		if got.Total != 1 || len(got.Results) != 1 || got.Results[0].Path != "alps/clip.mp4" || got.Results[0].URL != "alps/clip.mp4.html" ||
			got.Results[0].Type != gallery.Video || got.Results[0].Album != "alps" || len(got.Clauses) != 2 ||
			got.Clauses[0].Without != "type:video" || got.Clauses[0].Chip != "label: marmot" {
			t.Errorf("got %s", w.Body)
		}
	}
}

func TestHandlerPagesToTheEnd(t *testing.T) {
	const n = 2*PageSize + 5
	h := serve(t, manyPhotos(n))
	seen := map[string]bool{}
	target := "-/search?q=label:thing+or&format=json"
	pages := 0
	for target != "" && pages < 10 {
		var got jsonAnswer
		if err := json.Unmarshal(get(t, h, "/"+target).Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		for _, r := range got.Results {
			seen[r.Path] = true
		}
		target = got.Next
		pages++
	}
	if len(seen) != n || pages != 3 {
		t.Errorf("JSON: %d results on %d pages, want %d on 3", len(seen), pages, n)
	}
	next := regexp.MustCompile(`rel="next" href="([^"]*)"`)
	target, pages = "search?q=label:thing", 0
	hits := 0
	for target != "" && pages < 10 {
		body := get(t, h, "/-/"+target).Body.String()
		hits += strings.Count(body, `class="hit"`)
		target = ""
		if m := next.FindStringSubmatch(body); m != nil {
			target = strings.ReplaceAll(m[1], "&amp;", "&")
		}
		pages++
		if pages == 3 && !strings.Contains(body, fmt.Sprintf("%d found, %d to %d", n, 2*PageSize+1, n)) {
			t.Errorf("the last page is %s", body)
		}
	}
	if hits != n || pages != 3 {
		t.Errorf("HTML: %d results on %d pages, want %d on 3", hits, pages, n)
	}
}

// Facets lead to what they count, and count nothing from outside the scope.
func TestHandlerFacets(t *testing.T) {
	h := serve(t, fixedGallery())
	ask := func(target string) (got jsonAnswer) {
		t.Helper()
		w := get(t, h, target)
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 {
			t.Fatalf("%s: %d, %v in %s", target, w.Code, err, w.Body)
		}
		return got
	}
	for _, scope := range []string{"", "alps/", "cities/", "private/x/"} {
		for _, q := range []string{"", "dog", "natalie", "2023", "type:photo -dog", "dog or cats", "golden gate", "hostile"} {
			all := ask("/" + scope + "-/search?format=json&q=" + url.QueryEscape(q))
			if len(all.Facets) != 7 {
				t.Fatalf("%q in %q has facets %v, want seven", q, scope, all.Facets)
			}
			for _, f := range all.Facets {
				for _, v := range f.Values {
					if v.With == "" {
						if !strings.Contains(v.Text, `"`) && v.Text != "-" {
							t.Errorf("%q in %q: %s %q can't be asked for", q, scope, f.Kind, v.Text)
						}
						continue
					}
					if got := ask("/" + scope + "-/search?format=json&q=" + url.QueryEscape(v.With)); got.Total != v.Count || len(got.Notes) > 0 {
						t.Errorf("%q in %q: %q finds %d with notes %q, the facet %s says %d", q, scope, v.With, got.Total, got.Notes, f.Kind, v.Count)
					}
				}
			}
			text := fmt.Sprint(all.Facets)
			if scope != "private/x/" && strings.Contains(text, "Secret") || strings.Contains(text, "For Y") || strings.Contains(text, "Y}") {
				t.Errorf("%q in %q tells of what is outside: %s", q, scope, text)
			}
			if scope == "alps/" && strings.Contains(text, "Oslo") {
				t.Errorf("%q in %q tells of what is outside: %s", q, scope, text)
			}
		}
	}
}

// The page has the same facets but for those that would narrow nothing; it says how to go on when there is nothing.
func TestHandlerPageData(t *testing.T) {
	h := serve(t, fixedGallery())
	for _, tt := range []struct {
		target string
		status int
		want   []string
		not    []string
	}{
		{"/-/search?q=dog", 200, []string{`<a class="facet" href="search?q=dog+label%3APet">Pet 4</a>`, `[Years] <a class="facet" href="search?q=dog+taken%3A2024">2024 1</a>`,
			`href="search?q=dog+album%3Acities%2Foslo">Oslo 1</a>`, `[order] <a href="search?q=dog">Best match true</a>`, `<a href="search?q=dog&amp;sort=date">Newest false</a>`,
			"page 1 of 1"}, []string{"Secret", "everywhere"}},
		{"/-/search?q=dog&sort=date", 200, []string{`href="search?q=dog+label%3APet&amp;sort=date"`, `Newest true`, `sort date`}, nil},
		{"/-/search?q=2007", 200, []string{"[Labels]"}, []string{"Best match", "[Years]"}},
		{"/cities/-/search?q=dog", 200, []string{`everywhere ../../-/search?q=dog`}, []string{"alps"}},
		{"/private/x/-/search?q=secret", 200, nil, []string{"everywhere"}},
		{"/-/search", 200, []string{`href="search?q=person%3ATom">Tom 2</a>`, `<a class="facet" href="">O&#39;Neil "Jr" 1</a>`, "page 1 of 0"}, []string{"hit", "Secret"}},
		{"/-/search?q=label:dog+taken:2024", 200, []string{`[instead] <a href="search?q=taken%3A2024">taken:2024 2</a>`, `<a href="search?q=label%3Adog">label:dog 4</a>`,
			`href="search?q=person%3ATom">Tom 2</a>`}, []string{"Secret", "Best match"}},
		{"/alps/-/search?q=label:dog", 200, []string{`everywhere ../../-/search?q=label%3Adog`}, []string{"[instead]"}},
		{"/-/search?q=dog&page=0", 400, []string{"failed true", "page is not a number", `value="dog"`}, []string{"[Labels]"}},
	} {
		w := get(t, h, tt.target)
		body := strings.ReplaceAll(strings.ReplaceAll(w.Body.String(), "&#43;", "+"), "&#34;", `"`)
		if w.Code != tt.status {
			t.Errorf("%s: %d, want %d", tt.target, w.Code, tt.status)
		}
		for _, want := range tt.want {
			if !strings.Contains(body, want) {
				t.Errorf("%s: %s\nwant %s in it", tt.target, body, want)
			}
		}
		for _, not := range tt.not {
			if strings.Contains(body, not) {
				t.Errorf("%s: %s\nwant no %s in it", tt.target, body, not)
			}
		}
	}
}

func TestHandlerNamesFirstAndLastPage(t *testing.T) {
	h := serve(t, manyPhotos(2*PageSize+5))
	for page, want := range map[string]string{"1": "start= end=search?q=label%3Athing&amp;page=3", "2": "start=search?q=label%3Athing end=search?q=label%3Athing&amp;page=3",
		"3": "start=search?q=label%3Athing end= ", "4": "start=search?q=label%3Athing end= "} {
		body := get(t, h, "/-/search?q=label:thing&page="+page).Body.String()
		body = strings.NewReplacer("page=3&amp;q=label%3Athing", "q=label%3Athing&amp;page=3").Replace(body)
		if !strings.Contains(body, want) || !strings.Contains(body, "page "+page+" of 3") {
			t.Errorf("page %s is %s, want %s", page, body, want)
		}
	}
}

// noIndex is a Searcher whose index is not there yet.
type noIndex struct{}

func (noIndex) Search(context.Context, Query, Options) (Results, error) { return Results{}, ErrNoIndex }

func TestHandlerSaysWhyThereIsNoAnswer(t *testing.T) {
	b := storage.NewMem()
	storeLayouts(t, b)
	h := NewHandler(b, noIndex{}, HandlerOptions{})
	w := get(t, h, "/-/search?q=dog")
	if w.Code != 503 || w.Header().Get("Retry-After") == "" || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") ||
		!strings.Contains(w.Body.String(), "try again in a minute") || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("a page without an index: %d, %v, %s", w.Code, w.Header(), w.Body)
	}
	if w := get(t, h, "/-/search?q=dog&format=json"); w.Code != 503 || strings.Contains(w.Body.String(), "<") {
		t.Errorf("JSON without an index: %d, %s", w.Code, w.Body)
	}
}
