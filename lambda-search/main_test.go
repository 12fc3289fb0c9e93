package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"shoebox/internal/aws"
	"shoebox/internal/aws/awstest"
	"shoebox/internal/gallery"
	"shoebox/internal/page"
	"shoebox/internal/search"
	"shoebox/internal/storage"
)

// A source is the manifests that an index is made of, by album.
type source map[string]*gallery.Manifest

func (s source) Albums(context.Context) (map[string]string, error) {
	digests := map[string]string{}
	for album, m := range s {
		digests[album] = fmt.Sprint(len(m.Items), m.Items[0].Original.Key)
	}
	return digests, nil
}

func (s source) Manifest(_ context.Context, album string) (*gallery.Manifest, error) {
	return s[album], nil
}

// publish stores what a search needs of a gallery with those originals: records, index, layouts.
func publish(t testing.TB, b storage.Bucket, keys ...string) {
	t.Helper()
	put := func(key string, v any) {
		t.Helper()
		body, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Put(t.Context(), key, body, storage.PutOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	albums := source{}
	for _, key := range keys {
		record := gallery.Record{Original: gallery.Original{Key: key, ETag: "1", Size: 1}, Kind: gallery.Photo, Type: "image/jpeg"}
		put(gallery.RecordKey(key), record)
		album := gallery.AlbumPath(key)
		if albums[album] == nil {
			albums[album] = &gallery.Manifest{Format: gallery.ManifestFormat, Album: gallery.Album{Path: album, Title: gallery.Name(album)}}
		}
		albums[album].Items = append(albums[album].Items, record)
	}
	if _, err := search.Publish(t.Context(), b, albums, search.PublishOptions{TempDir: t.TempDir()}); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"baseof.html": `<!doctype html><title>{{.Title}}</title>{{block "main" .}}{{end}}`}
	for _, kind := range page.Kinds() {
		files[kind+".html"] = `{{define "main"}}{{end}}`
	}
	files["search.html"] = `{{define "main"}}{{range .Search.Results}}<a href="{{.URL}}">{{.Title}}</a>{{end}}{{end}}`
	put(gallery.LayoutsKey, search.Layouts{Files: files, Site: page.Site{Title: "Gallery"}})
}

// start steers clients to a server with a bucket, and returns that.
func start(t testing.TB) *aws.Bucket {
	t.Helper()
	awstest.Setenv(t, awstest.StartS3(t, "site"))
	b, err := aws.OpenBucket(t.Context(), "site")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// found are the paths that a search at a path finds.
func found(t testing.TB, h http.Handler, path, query string) []string {
	t.Helper()
	status, body := get(t, h, path+"?format=json&q="+url.QueryEscape(query), nil)
	var answer struct {
		Results []struct{ Path string }
	}
	if err := json.Unmarshal([]byte(body), &answer); status != http.StatusOK || err != nil {
		t.Fatalf("%s: %d %s, %v", query, status, body, err)
	}
	paths := []string{}
	for _, r := range answer.Results {
		paths = append(paths, r.Path)
	}
	slices.Sort(paths)
	return paths
}

func get(t testing.TB, h http.Handler, target string, header http.Header) (status int, body string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.Header = header
	if header == nil {
		r.Header = http.Header{}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// TestBootstrap asks the real program, behind its function URL.
func TestBootstrap(t *testing.T) {
	b := start(t)
	env := append(awstest.Env(os.Getenv("AWS_ENDPOINT_URL")), "SHOEBOX_BUCKET=s3://site", "TMPDIR="+t.TempDir())
	f := awstest.NewFunction(t, awstest.Build(t, "shoebox/lambda-search"), env)
	h := f.URL()
	if status, body := get(t, h, "/-/search?q=summit", nil); status != http.StatusServiceUnavailable {
		t.Errorf("without an index: %d %s", status, body)
	}
	publish(t, b, "data/alps/summit at sunrise.jpg", "data/100% „Öl“ & #1/oslo.jpg", "data/private/x/secret summit.jpg")
	for _, test := range []struct {
		path, query string
		want        []string
	}{
		{"/-/search", "summit", []string{"alps/summit at sunrise.jpg"}},
		{"/alps/-/search", "summit", []string{"alps/summit at sunrise.jpg"}},
		{"/alps/-/search", "oslo", []string{}},
		{"/100%25%20%E2%80%9E%C3%96l%E2%80%9C%20%26%20%231/-/search", "oslo", []string{"100% „Öl“ & #1/oslo.jpg"}},
		{"/private/x/-/search", "summit", []string{"private/x/secret summit.jpg"}},
		{"/-/search", "sümmit & \"nothing\"", []string{}},
	} {
		if got := found(t, h, test.path, test.query); !slices.Equal(got, test.want) {
			t.Errorf("%s finds %q at %s, want %q", test.query, got, test.path, test.want)
		}
	}
	if status, body := get(t, h, "/-/search?q=summit", http.Header{"Accept": {"text/html"}, "Cookie": {"a=b"}}); status != http.StatusOK ||
		!strings.Contains(body, "summit%20at%20sunrise") {
		t.Errorf("the page: %d %.300s", status, body)
	}
	for target, want := range map[string]int{"/": 404, "/-/search?page=0": 400, "/-/search/?q=x": 301, "/-/search?q=%zz": 400} {
		if status, body := get(t, h, target, nil); status != want {
			t.Errorf("%s: %d %.100s, want %d", target, status, body, want)
		}
	}
	for line := range strings.SplitSeq(strings.TrimSpace(f.Log()), "\n") {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Errorf("a line of the log is not JSON: %s", line)
		}
		if strings.Contains(line, "sunrise") || strings.Contains(line, "ümmit") {
			t.Errorf("a visitor's words are in the log: %s", line)
		}
	}
	if !strings.Contains(f.Log(), `"msg":"search","function":"search","path":"/-/search","status":200`) || !strings.Contains(f.Log(), `"dollars":`) {
		t.Errorf("the log has no line for a search:\n%s", f.Log())
	}
	// The process that was stopped or killed is another one next time.
	f.Kill()
	if got := found(t, h, "/-/search", "summit"); len(got) != 1 {
		t.Errorf("after a new start it finds %q", got)
	}
}

// maxInit is the longest that the median cold start may take on a machine that does nothing else; the test allows for others.
const maxInit = 50 * time.Millisecond

func TestColdStart(t *testing.T) {
	f := awstest.NewFunction(t, awstest.Build(t, "shoebox/lambda-search"), append(awstest.Env("http://127.0.0.1:9"), "SHOEBOX_BUCKET=s3://site"))
	if took := awstest.ColdStarts(t, f, 11); took > 4*maxInit {
		t.Errorf("half of the cold starts take longer than %s, want %s", took, maxInit)
	}
}

func BenchmarkColdStart(b *testing.B) {
	f := awstest.NewFunction(b, awstest.Build(b, "shoebox/lambda-search"), append(awstest.Env("http://127.0.0.1:9"), "SHOEBOX_BUCKET=s3://site"))
	for b.Loop() {
		f.Kill()
		if _, err := f.Init(); err != nil {
			b.Fatal(err)
		}
	}
}
