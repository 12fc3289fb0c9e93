package search

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"shoebox/internal/gallery"
	"shoebox/internal/page"
	"shoebox/internal/storage"
)

func serve(t *testing.T, m *manifests) http.Handler {
	t.Helper()
	b := storage.NewMem()
	publish(t, b, m)
	m.storeRecords(t, b)
	files := map[string]string{"baseof.html": `<!doctype html><title>{{.Title}}</title>{{block "main" .}}{{end}}`}
	for _, kind := range page.Kinds() {
		files[kind+".html"] = `{{define "main"}}{{end}}`
	}
	files["search.html"] = `{{define "main"}}{{with .Search}}<form action="{{$.SearchURL}}"><input name="q" value="{{.Query}}"></form>
<p>{{.Message}}</p>{{.Total}} found, {{.First}} to {{.Last}}
{{range .Chips}}<a class="chip" href="{{.Remove}}">{{.Text}}</a>{{end}}
{{range .Results}}<a class="hit" href="{{.URL}}" title="{{.Title}}">{{.Alt}} {{.Caption}}</a> in <a href="{{.Album.URL}}">{{.Album.Text}}</a>{{end}}
{{with .Next}}<a rel="next" href="{{.}}">next</a>{{end}}{{with .Previous}}<a rel="prev" href="{{.}}">previous</a>{{end}}{{end}}{{end}}`
	data, err := json.Marshal(Layouts{Files: files, Site: page.Site{Title: "Gallery"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Put(t.Context(), gallery.LayoutsKey, data, storage.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	return NewHandler(b, open(t, b), HandlerOptions{})
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
		{"/alps/-/search?q=mountain", 200, `<form action="../../-/search">`, ""},
		{"/alps/-/search?q=mountain", 200, `href="../summit.jpg.html"`, ""},
		{"/alps/2024/-/search?q=mountain", 200, `1 found`, "summit"},
		{"/private/x/-/search?q=secret", 200, `2 found`, "three"},
		{"/-/search?q=secret", 200, `nothing matches`, "class=\"hit\""},
		{"/-/search?q=secret&scope=private/x", 200, `nothing matches`, "class=\"hit\""},
		{"/-/search?q=dog+-marmot+2019", 200, `href="search?q=dog&#43;-marmot"`, ""},
		{"/-/search?q=foo:bar", 200, `not a key`, ""},
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
