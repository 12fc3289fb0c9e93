package search

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"math"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"shoebox/internal/gallery"
	"shoebox/internal/page"
	"shoebox/internal/search/browser"
	"shoebox/internal/search/searchtest"
	"shoebox/internal/storage"
	"shoebox/themes"
)

// listed are the albums of a gallery that everybody may find, as the generator hands them to package browser.
func (m *manifests) listed() iter.Seq2[browser.Album, error] {
	return func(yield func(browser.Album, error) bool) {
		for _, path := range slices.Sorted(maps.Keys(m.albums)) {
			unlisted := gallery.Private(path)
			for p, ok := path, true; ok; p, ok = gallery.ParentPath(p) {
				unlisted = unlisted || m.albums[p] != nil && m.albums[p].Album.Hidden
			}
			if a := m.albums[path]; !unlisted && !yield(browser.Album{Path: path, Title: a.Album.Title, Items: a.Items}, nil) {
				return
			}
		}
	}
}

// A browserQuestion is what the engine in the browser is asked.
type browserQuestion struct {
	Text  string `json:"text"`
	Scope string `json:"scope,omitempty"`
	Date  bool   `json:"date,omitempty"`  // in this order
	Names bool   `json:"names,omitempty"` // only parse, with the names of fixedNames
}

// A browserAnswer is all that an engine says to a question.
type browserAnswer struct {
	Parse   string         `json:"parse"`
	Text    string         `json:"text"`
	Chips   []string       `json:"chips"`
	Without []string       `json:"without"`
	Bounds  [][]string     `json:"bounds"`
	Total   int            `json:"total"`
	Hits    []string       `json:"hits"`
	Notes   []string       `json:"notes"`
	Facets  []browserFacet `json:"facets"`
}

type browserFacet struct {
	Kind   Kind     `json:"kind"`
	Values []string `json:"values"`
	Others int      `json:"others"`
}

// askBrowser asks the engine in the browser about a gallery: in Node, of the shards as they are published.
func askBrowser(t *testing.T, m *manifests, questions []browserQuestion) (answers []browserAnswer) {
	t.Helper()
	runBrowser(t, m, questions, nil, nil, &answers)
	if len(answers) != len(questions) {
		t.Fatalf("%d answers, want %d", len(answers), len(questions))
	}
	return answers
}

// runBrowser asks for answers, or with layouts for pages.
func runBrowser(t *testing.T, m *manifests, questions []browserQuestion, layouts *page.Layouts, site *page.Site, answers any) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatalf("the search in the browser is tested with Node: %v", err)
	}
	dir := t.TempDir()
	put := func(path string, body []byte) error {
		return os.WriteFile(filepath.Join(dir, filepath.Base(path)), body, 0o600)
	}
	index, err := browser.Write(t.Context(), m.listed(), put)
	if err == nil && layouts != nil {
		var at string
		var body []byte
		if at, index.Page, body, err = browser.PageFile(layouts, site); err == nil {
			err = put(at, body)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	names := map[string][2]string{}
	for spelling, name := range fixedNames() {
		names[spelling] = [2]string{string(name.Kind), name.Text}
	}
	input, err := json.Marshal(map[string]any{"today": fixedNow.Unix() / 86400, "index": index, "questions": questions, "names": names})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node, "browser/testdata/ask.mjs", dir)
	cmd.Stdin = bytes.NewReader(input)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, answers)
	}
	if err != nil {
		t.Fatalf("node: %v\n%s", err, stderr.String())
	}
}

// answerHere is what this package says to a question.
func answerHere(t *testing.T, x *Index, question browserQuestion) browserAnswer {
	t.Helper()
	c := Context{Now: fixedNow}
	if question.Names {
		c.Dictionary = fixedNames()
	}
	q, err := x.Parse(t.Context(), question.Text, question.Scope, c)
	if err != nil {
		t.Fatal(err)
	}
	a := browserAnswer{Parse: explain(q), Text: q.String(), Chips: []string{}, Without: []string{}, Bounds: [][]string{}, Hits: []string{}, Notes: []string{},
		Facets: []browserFacet{}}
	parts := []string{}
	for i, c := range q.Clauses {
		parts = append(parts, c.Explain())
		a.Chips, a.Without = append(a.Chips, c.Chip()), append(a.Without, q.Without(i))
		alternatives := c.Any
		if c.Kind != Any {
			alternatives = []Clause{c}
		}
		for _, c := range alternatives {
			bounds := []string{}
			for _, n := range []float64{c.Min, c.Max, c.Near.Latitude, c.Near.Longitude, c.Near.Radius} {
				bounds = append(bounds, number(n))
			}
			a.Bounds = append(a.Bounds, bounds)
		}
	}
	a.Parse = strings.Join(append([]string{strings.Join(parts, "; ")}, q.Notes...), " ! ")
	if question.Names {
		return a
	}
	o := Options{Scope: question.Scope, Size: maxSize, Facets: facetValues}
	if question.Date {
		o.Sort = ByDate
	}
	r, err := x.Search(t.Context(), q, o)
	if err != nil {
		t.Fatal(err)
	}
	a.Total = r.Total
	for _, hit := range r.Hits {
		a.Hits = append(a.Hits, strings.TrimPrefix(hit.Key, gallery.Data))
	}
	a.Notes = append(a.Notes, r.Notes...)
	for _, f := range r.Facets {
		facet := browserFacet{Kind: f.Kind, Values: []string{}, Others: f.Others}
		for _, v := range f.Values {
			facet.Values = append(facet.Values, fmt.Sprintf("%s|%s|%d|%s", v.Text, v.Title, v.Count, q.with(v.Clause(f.Kind))))
		}
		a.Facets = append(a.Facets, facet)
	}
	return a
}

// number writes a number as JavaScript does.
func number(n float64) string {
	switch {
	case math.IsInf(n, 1):
		return "Infinity"
	case math.IsInf(n, -1):
		return "-Infinity"
	case n == 0:
		return "0"
	}
	text, _ := json.Marshal(n)
	return string(text)
}

// agree asks both engines, of a gallery in which the browser sees all that there is.
func agree(t *testing.T, m *manifests, questions []browserQuestion) {
	t.Helper()
	b := storage.NewMem()
	publish(t, b, m)
	x := open(t, b)
	answers := askBrowser(t, m, questions)
	failed := 0
	for i, question := range questions {
		want, got := answerHere(t, x, question), answers[i]
		if reflect.DeepEqual(got, want) {
			continue
		}
		if failed++; failed > 20 {
			t.Fatal("and more")
		}
		a, b := reflect.ValueOf(got), reflect.ValueOf(want)
		for n := range a.NumField() {
			if got, want := a.Field(n).Interface(), b.Field(n).Interface(); !reflect.DeepEqual(got, want) {
				t.Errorf("%+v: %s in the browser is\n%q, here\n%q", question, a.Type().Field(n).Name, got, want)
			}
		}
	}
}

// TestBrowserParses reads the table of parses with the engine in the browser.
func TestBrowserParses(t *testing.T) {
	_, table := cases(t, "testdata/parse.txt")
	var questions []browserQuestion
	for _, text := range slices.Sorted(maps.Keys(table)) {
		questions = append(questions, browserQuestion{Text: text, Names: true})
	}
	agree(t, fixedGallery(), questions)
}

// publicGallery is [toldGallery] without what only the search function can see.
func publicGallery() *manifests {
	m := toldGallery()
	for path := range m.albums {
		if gallery.Private(path) || strings.HasPrefix(path, "family/party") {
			delete(m.albums, path)
		}
	}
	return m
}

// TestBrowserResults asks the table of results, in both orders.
func TestBrowserResults(t *testing.T) {
	_, table := cases(t, "testdata/results.txt")
	var questions []browserQuestion
	for _, question := range slices.Sorted(maps.Keys(table)) {
		scope, text, ok := strings.Cut(strings.TrimPrefix(question, "in "), ": ")
		if !ok || !strings.HasPrefix(question, "in ") {
			scope, text = "", question
		}
		questions = append(questions, browserQuestion{Text: text, Scope: scope}, browserQuestion{Text: text, Scope: scope, Date: true})
	}
	agree(t, publicGallery(), questions)
}

// TestBrowserAgrees asks both engines what the words of the tables make in any order, of galleries of hundreds of photos too.
func TestBrowserAgrees(t *testing.T) {
	var words []string
	for _, path := range []string{"testdata/parse.txt", "testdata/results.txt"} {
		_, table := cases(t, path)
		for _, question := range slices.Sorted(maps.Keys(table)) {
			words = append(words, strings.Fields(question)...)
		}
	}
	scopes := []string{"", "", "", "alps", "cities/oslo", "album-001", "nowhere"}
	for seed, m := range []*manifests{publicGallery(), manyPhotos(500)} {
		random := rand.New(rand.NewPCG(uint64(seed), 3))
		var questions []browserQuestion
		for range 500 {
			picked := make([]string, 1+random.IntN(6))
			for i := range picked {
				picked[i] = words[random.IntN(len(words))]
				if letters := []rune(picked[i]); len(letters) > 4 && random.IntN(8) == 0 { // misspelled
					at := 1 + random.IntN(len(letters)-2)
					letters[at], letters[at+1] = letters[at+1], letters[at]
					picked[i] = string(letters)
				}
			}
			questions = append(questions, browserQuestion{Text: strings.Join(picked, " "), Scope: scopes[random.IntN(len(scopes))], Date: random.IntN(3) == 0})
		}
		agree(t, m, questions)
	}
}

// TestBrowserSize wants the whole search of 10,000 photos within a megabyte, and one more photo to change no more than two shards.
func TestBrowserSize(t *testing.T) {
	corpus := searchtest.New(10_000)
	dir := os.Getenv("SEARCH_SHARDS") // where to leave them, to be looked at
	write := func(more string) (files map[string]int, index browser.Index) {
		digests, err := corpus.Albums(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		files = map[string]int{}
		albums := func(yield func(browser.Album, error) bool) {
			for _, path := range slices.Sorted(maps.Keys(digests)) {
				m, err := corpus.Manifest(t.Context(), path)
				if err != nil {
					t.Fatal(err)
				}
				if more != "" && path == more {
					one := m.Items[0]
					one.Original.Key = gallery.Data + path + "/one more.jpg"
					m.Items = append(m.Items, one)
				}
				for i := range m.Items { // what of a picture is in a record, and can't be guessed
					r := &m.Items[i]
					sum := sha256Hex([]byte(r.Original.Key))
					r.Renditions = []gallery.Rendition{{Use: gallery.Thumbnail, Path: gallery.RenditionPath(r.Original.Key, sum, 400, ".jpg"), Width: 400, Height: 267}}
					r.Placeholder = []string{"#" + sum[8:14], "#" + sum[14:20]}
				}
				if !yield(browser.Album{Path: path, Title: m.Album.Title, Items: m.Items}, nil) {
					return
				}
			}
		}
		index, err = browser.Write(t.Context(), albums, func(path string, body []byte) error {
			files[path] = len(body)
			if dir == "" || more != "" {
				return nil
			}
			return os.WriteFile(filepath.Join(dir, filepath.Base(path)), body, 0o600)
		})
		if err != nil {
			t.Fatal(err)
		}
		return files, index
	}
	before, index := write("")
	if index.Items != 10_000 {
		t.Errorf("%d items in the shards, want 10,000", index.Items)
	}
	at, engine := browser.Engine()
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write(engine) // of a buffer: it can't fail
	w.Close()
	total := z.Len()
	for _, size := range before {
		total += size
	}
	t.Logf("%d files of %d bytes, %d of them %s", len(before), total, z.Len(), at)
	if total >= 1_000_000 {
		t.Errorf("the search is of %d bytes, want less than 1,000,000", total)
	}
	after, _ := write(albumOf(t, corpus))
	added := 0
	for path := range after {
		if before[path] == 0 {
			added++
		}
	}
	if added < 1 || added > 2 {
		t.Errorf("one more photo makes %d new files, want 1 or 2", added)
	}
}

// albumOf returns an album from the middle of a gallery.
func albumOf(t *testing.T, c *searchtest.Corpus) string {
	t.Helper()
	var paths []string
	for m := range c.Manifests() {
		if len(m.Items) > 0 {
			paths = append(paths, m.Album.Path)
		}
	}
	return paths[len(paths)/2]
}

// themeLayouts are the layouts of the default theme.
func themeLayouts(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	fsys, err := themes.FS(themes.Default)
	if err != nil {
		t.Fatal(err)
	}
	err = fs.WalkDir(fsys, "layouts", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			var body []byte
			body, err = fs.ReadFile(fsys, path)
			files[strings.TrimPrefix(path, "layouts/")] = string(body)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestBrowserPages wants the engine in the browser to make of the theme's layouts the very page that the search function sends.
func TestBrowserPages(t *testing.T) {
	m := publicGallery()
	for _, album := range m.albums {
		for _, r := range album.Items {
			r.Renditions = []gallery.Rendition{{Use: gallery.Thumbnail, Path: gallery.RenditionPath(r.Original.Key, "0123456789", 400, ".jpg"), Width: 400, Height: 267, Type: "image/jpeg"}}
			r.Placeholder = []string{"#102030", "#ffeedd"}
			switch r.Kind {
			case gallery.Video:
				r.Duration, r.Renditions = 3725.4, nil
			case gallery.File:
				r.Renditions = nil
			}
			m.add(r)
		}
	}
	files := themeLayouts(t)
	// What another theme may show there.
	files["search.html"] = strings.Replace(files["search.html"], "{{template \"partials/results.html\" . -}}\n", `$0{{range .Overviews}}<a href="{{.URL}}">{{.Text}}</a>
{{end}}<p data-names="{{.Names}}">{{.Site.Footer}} {{with .Like}}{{.}}{{end}}{{with .Engine}}{{.}}{{end}}</p>
`, 1)
	files["search.html"] = strings.Replace(files["search.html"], "$0", "{{template \"partials/results.html\" . -}}\n", 1)
	site := page.Site{Title: "Gallery", Search: true, Originals: true, RowHeight: 240, Footer: "<b>Kari &amp; Ola</b>",
		Collections: []page.CollectionKind{{Name: "labels", Title: "Labels"}, {Name: "people", Title: "People"}}}
	layouts, err := page.Parse(files)
	if err != nil {
		t.Fatal(err)
	}
	b := storage.NewMem()
	publish(t, b, m)
	m.storeRecords(t, b)
	bundle, err := json.Marshal(Layouts{Files: files, Site: site})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Put(t.Context(), gallery.LayoutsKey, bundle, storage.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	handler := NewHandler(b, open(t, b), HandlerOptions{Now: func() time.Time { return fixedNow }})
	var questions []browserQuestion
	for _, parameters := range []string{"", "q=dogs", "q=dogs&sort=date", "q=zebra", "q=mountain+zebra+%22golden+gate%22", "q=photos", "q=2023&page=2", "q=dogs&page=2", "q=type:photo&sort=date",
		"q=not+dog", "q=marmto", "q=foo:bar+or+%3Cscript%3E", "q=videos", "q=type:pdf", "q=script", "q=%F0%9F%98%80", "q=caf%C3%A9+%22cr%C3%A8me%22",
		"q=like:%22alps/summit.jpg%22", "q=person:%22O'Neil+%22", "q=-dog+-mountain&sort=relevance", "q=nature+animal+%2b+100%25"} {
		questions = append(questions, browserQuestion{Text: parameters})
	}
	var pages []string
	runBrowser(t, m, questions, layouts, &site, &pages)
	took := regexp.MustCompile(`found in [^<\n]+`)
	for i, question := range questions {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("GET", "/-/search?"+question.Text, nil))
		_, want, _ := strings.Cut(w.Body.String(), "<main id=\"main\" tabindex=\"-1\">\n")
		want, _, ok := strings.Cut(want, "</main>")
		if !ok || w.Code != 200 {
			t.Fatalf("%s: %d %s", question.Text, w.Code, w.Body)
		}
		got, want := took.ReplaceAllString(pages[i], ""), took.ReplaceAllString(want, "")
		if got != want {
			a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
			for n := range min(len(a), len(b)) {
				if a[n] != b[n] {
					t.Errorf("%s: line %d in the browser is\n%s\nhere\n%s", question.Text, n+1, a[n], b[n])
					break
				}
			}
			if len(a) != len(b) {
				t.Errorf("%s: %d lines in the browser, %d here", question.Text, len(a), len(b))
			}
		}
	}
}

// TestBrowserSecrets wants what is private or hidden to change nothing in what anybody can read.
func TestBrowserSecrets(t *testing.T) {
	shards := func(m *manifests) map[string]string {
		files := map[string]string{}
		if _, err := browser.Write(t.Context(), m.listed(), func(path string, body []byte) error {
			files[path] = string(body)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return files
	}
	told := toldGallery()
	told.add(item("private", "2022-02-02", "", "A file that is named like the private album", "", nil, nil))
	if got, want := shards(told), shards(publicGallery()); !maps.Equal(got, want) {
		t.Errorf("with private and hidden albums there are %q, without %q", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
	for _, question := range []browserQuestion{{Text: "secret"}, {Text: "secret", Scope: "private/x"}, {Text: "cake", Scope: "family/party"}} {
		if answer := askBrowser(t, toldGallery(), []browserQuestion{question})[0]; slices.ContainsFunc(answer.Hits, func(path string) bool {
			return strings.HasPrefix(path, "private") || strings.HasPrefix(path, "family/party")
		}) {
			t.Errorf("%+v finds %q", question, answer.Hits)
		}
	}
}

// TestBrowserRedirect wants the addresses of the search function to lead to the page of a gallery that is searched in the browser.
func TestBrowserRedirect(t *testing.T) {
	b := storage.NewMem()
	publish(t, b, fixedGallery())
	bundle, err := json.Marshal(Layouts{Files: themeLayouts(t), Site: page.Site{Search: true, Browser: true}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Put(t.Context(), gallery.LayoutsKey, bundle, storage.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	handler := NewHandler(b, open(t, b), HandlerOptions{})
	for from, want := range map[string]string{
		"/-/search?q=dog+%26+cat&page=2":   "../-/search/index.html?page=2&q=dog+%26+cat",
		"/alps/2024/-/search?q=dog":        "../../../-/search/index.html?in=alps%2F2024&q=dog",
		"/a/index.html-/-/search?q=dog":    "../../../-/search/index.html?in=a%2Findex.html-&q=dog",
		"/private/x/-/search?q=dog":        "",
		"/alps/-/search?q=dog&format=json": "",
	} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("GET", from, nil))
		if got := w.Header().Get("Location"); got != want || (w.Code == 302) != (want != "") {
			t.Errorf("%s: %d to %q, want %q", from, w.Code, got, want)
		}
	}
}

// TestBrowserWords cuts texts into terms with both engines: words with every ending that stems lose, and letters of many scripts.
func TestBrowserWords(t *testing.T) {
	m, err := newMapping()
	if err != nil {
		t.Fatal(err)
	}
	analyzer := m.AnalyzerNamed(textAnalyzer)
	endings := strings.Fields(`s es ies sses ed eed ing ly y e ational tional enci anci izer bli alli entli eli ousli ization ation ator alism iveness fulness
		ousness aliti iviti biliti logi icate ative alize iciti ical ful ness al ance ence er ic able ible ant ement ment ent ion sion tion ou ism ate
		iti ous ive ize 's ’s ll tt zz`)
	var texts []string
	for _, stem := range strings.Fields("a be cat hop fil fall motor feed relat condition vietnam oper feudal hope crepuscul trouble probat control roll sky syzyg happ é straß 9 a1 東 カ") {
		for _, first := range append(endings, "") {
			texts = append(texts, stem+first)
			for _, second := range []string{"s", "ed", "ing", "ly", "ness", "ful", "e"} {
				texts = append(texts, stem+first+second)
			}
		}
	}
	pieces := []rune("a1'\":,א カ東ひก่é·-ー한😀\u200dя١")
	for _, a := range pieces {
		for _, b := range pieces {
			for _, c := range pieces {
				texts = append(texts, string([]rune{a, b, c, 'x'}))
			}
		}
	}
	want := make([][]string, len(texts))
	for i := range texts {
		texts[i] = fold(texts[i])
		want[i] = []string{}
		for _, token := range analyzer.Analyze([]byte(texts[i])) {
			want[i] = append(want[i], string(token.Term))
		}
	}
	input, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "--input-type=module", "-e", `import { text } from "node:stream/consumers";
		const { analyze } = await import(process.cwd() + "/browser/engine/analyze.js");
		process.stdout.write(JSON.stringify(JSON.parse(await text(process.stdin)).map(analyze)));`)
	cmd.Stdin = bytes.NewReader(input)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got [][]string
	if err := json.Unmarshal(out, &got); err != nil || len(got) != len(want) {
		t.Fatalf("%d answers, want %d, %v", len(got), len(want), err)
	}
	for i := range want {
		if !slices.Equal(got[i], want[i]) {
			t.Errorf("%q is %q in the browser, %q here", texts[i], got[i], want[i])
		}
	}
}
