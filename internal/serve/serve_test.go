package serve_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"shoebox/internal/gallery"
	"shoebox/internal/serve"
	"shoebox/internal/storage"
)

const (
	frontPage = "<!DOCTYPE html><html><body>front</body></html>"
	video     = "0123456789"
)

// oddNames are names of albums and files that need care in a URL.
var oddNames = []string{"a b", "#1", "what?", "100%", "%41", "🏔", "été", "שלום", `"q"`, "<b>", "-", "a&b", "a+b", "a;b", "...", "x\\y"}

// folder makes a bucket in a folder, with what a build would have left and something to steal.
func folder(t *testing.T) *storage.Dir {
	t.Helper()
	root := t.TempDir()
	files := map[string]string{
		"config.toml":                         "secret",
		"state/shoebox.json":                  "secret",
		"state/x":                             "secret",
		"data/a.jpg":                          "secret",
		"public/index.html":                   frontPage,
		"public/404.html":                     "<html><body>lost</body></html>",
		"public/alps/index.html":              "<html><body>alps</body></html>",
		"public/alps/a.jpg.html":              "<html><body>a</body></html>",
		"public/alps/-/a.jpg.3f9c2a71.40.jpg": "jpeg",
		"public/alps/-/original/a.jpg":        "jpeg",
		"public/alps/-/original/movie.mp4":    video,
		"public/alps/-/original/page.html":    "<html><body><script>alert(1)</script></body></html>",
		"public/alps/-/original/x.svg":        "<svg/>",
		"public/alps/-/original/paper.pdf":    "%PDF-",
		"public/alps/-/original/notes.txt":    "text",
		"public/alps/-/original/data.bin":     "bin",
		"public/alps/-/original/page.xhtml":   "<html/>",
		"public/-/assets/style.3f9c2a71.css":  "body{}",
		"public/-/search/index.html":          "<html><body>no search here</body></html>",
		"public/private/x/index.html":         "<html><body>private</body></html>",
		"public/bare.html":                    "no body at all",
	}
	for _, name := range oddNames {
		files["public/"+name+"x/index.html"] = "album " + name
		files["public/alps/-/original/"+name+"x"] = "file " + name
	}
	for name, text := range files {
		write(t, filepath.Join(root, name), text)
	}
	b, err := storage.OpenDir(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// do asks a handler for a target as it would stand in a request line.
func do(t *testing.T, h http.Handler, method, target string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func get(t *testing.T, h http.Handler, target string, header ...string) (*http.Response, string) {
	t.Helper()
	response := do(t, h, http.MethodGet, target, header...)
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

func want(t *testing.T, what string, got, want any) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestPages(t *testing.T) {
	h := &serve.Handler{Bucket: folder(t)}
	for target, expect := range map[string]struct {
		status int
		body   string
	}{
		"/":                                    {200, frontPage},
		"/index.html":                          {200, frontPage},
		"/?x=1":                                {200, frontPage},
		"/alps/":                               {200, "<html><body>alps</body></html>"},
		"/alps/a.jpg.html":                     {200, "<html><body>a</body></html>"},
		"/private/x/":                          {200, "<html><body>private</body></html>"},
		"/nowhere":                             {404, "<html><body>lost</body></html>"},
		"/nowhere/":                            {404, "<html><body>lost</body></html>"},
		"/alps/a.jpg.html/":                    {404, "<html><body>lost</body></html>"},
		"/" + strings.Repeat("long", 2000):     {404, "<html><body>lost</body></html>"},
		"/" + strings.Repeat("deep/", 2000):    {404, "<html><body>lost</body></html>"},
		"/%00":                                 {404, "<html><body>lost</body></html>"},
		"/%ff":                                 {404, "<html><body>lost</body></html>"},
		"/-/reload":                            {404, "<html><body>lost</body></html>"}, // not without Reload
		"/-/search/":                           {200, "<html><body>no search here</body></html>"},
		"/alps/-/search":                       {404, "<html><body>lost</body></html>"},
		"/alps/-/original/movie.mp4?download=": {200, video},
	} {
		response, body := get(t, h, target)
		want(t, target, response.StatusCode, expect.status)
		want(t, target, body, expect.body)
		head := do(t, h, http.MethodHead, target)
		text, _ := io.ReadAll(head.Body)
		want(t, "HEAD "+target, head.StatusCode, expect.status)
		want(t, "HEAD "+target, string(text), "")
		want(t, target, response.Header.Get("X-Content-Type-Options"), "nosniff")
	}
	response, _ := get(t, h, "/alps/")
	want(t, "type", response.Header.Get("Content-Type"), "text/html; charset=utf-8")
	want(t, "cache", response.Header.Get("Cache-Control"), "no-cache")
	response, _ = get(t, h, "/-/assets/style.3f9c2a71.css")
	want(t, "type of an asset", response.Header.Get("Content-Type"), "text/css; charset=utf-8")
	want(t, "cache of an asset", response.Header.Get("Cache-Control"), "public, max-age=31536000, immutable")
	response, _ = get(t, h, "/alps/-/a.jpg.3f9c2a71.40.jpg")
	want(t, "cache of a rendition", response.Header.Get("Cache-Control"), "public, max-age=31536000, immutable")
	response, _ = get(t, h, "/alps/-/nothing.jpg")
	want(t, "cache of what is not there", response.Header.Get("Cache-Control"), "no-cache")
}

func TestNoNotFoundPage(t *testing.T) {
	b := folder(t)
	if err := b.Delete(t.Context(), "public/404.html"); err != nil {
		t.Fatal(err)
	}
	response, body := get(t, &serve.Handler{Bucket: b}, "/nowhere")
	want(t, "status", response.StatusCode, 404)
	want(t, "body", body, "there is no such page\n")
}

func TestAlbumWithoutSlash(t *testing.T) {
	h := &serve.Handler{Bucket: folder(t)}
	for target, location := range map[string]string{
		"/alps":         "/alps/",
		"/alps?a=b%20c": "/alps/?a=b%20c",
		"/private/x":    "/private/x/",
		"/private%2Fx":  "/private/x/",
		"/-/search":     "/-/search/",
	} {
		response, _ := get(t, h, target)
		want(t, target, response.StatusCode, http.StatusFound)
		want(t, target, response.Header.Get("Location"), location)
	}
}

func TestOddNames(t *testing.T) {
	h := &serve.Handler{Bucket: folder(t)}
	for _, name := range oddNames {
		album := "/" + gallery.EscapePath(name+"x")
		response, body := get(t, h, album+"/")
		want(t, album, response.StatusCode, 200)
		want(t, album, body, "album "+name)
		response, _ = get(t, h, album)
		want(t, album, response.Header.Get("Location"), album+"/")
		_, body = get(t, h, "/alps/-/original/"+gallery.EscapePath(name+"x"))
		want(t, "original "+name, body, "file "+name)
	}
}

// TestNothingElseIsServed asks for what lies beside public/, in all the ways that have fooled servers.
func TestNothingElseIsServed(t *testing.T) {
	b := folder(t)
	outside := filepath.Join(t.TempDir(), "outside")
	write(t, outside, "secret")
	for _, link := range []string{"link.jpg", "alps/link.html"} {
		if err := os.Symlink(outside, b.LocalPath("public/"+link)); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(&serve.Handler{Bucket: b, Reload: &serve.Reload{}})
	defer server.Close()
	targets := []string{"/link.jpg", "/alps/link.html", "//config.toml", "/./../config.toml", "/data/a.jpg", "/state/x", "/.shoebox/lock", "/C:/x", "*"}
	for _, up := range []string{"..", "%2e%2e", ".%2e", "%252e%252e", "..;", `..%5c`, "..%00", "alps/../.."} {
		for _, slash := range []string{"/", "%2f", "%5c", "//"} {
			for _, file := range []string{"config.toml", "state" + slash + "x", "data" + slash + "a.jpg"} {
				targets = append(targets, "/"+up+slash+file, "/alps"+slash+up+slash+up+slash+file)
			}
		}
	}
	for _, target := range targets {
		// The request is written by hand: a client would clean it.
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, "GET "+target+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%s: %v", target, err)
		}
		body, _ := io.ReadAll(response.Body)
		conn.Close()
		if response.StatusCode == 200 || strings.Contains(string(body), "secret") {
			t.Errorf("%s is answered with %d %q", target, response.StatusCode, body)
		}
		if location := response.Header.Get("Location"); location != "" {
			t.Errorf("%s leads to %q", target, location)
		}
	}
}

func TestMethods(t *testing.T) {
	h := &serve.Handler{Bucket: folder(t), Search: &serve.Search{}, Reload: &serve.Reload{}}
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "NONSENSE"} {
		for _, target := range []string{"/", "/-/search", "/-/reload", "/-/reload.js", "/nowhere"} {
			response := do(t, h, method, target)
			want(t, method+" "+target, response.StatusCode, http.StatusMethodNotAllowed)
			want(t, method+" "+target, response.Header.Get("Allow"), "GET, HEAD")
		}
	}
}

func TestRange(t *testing.T) {
	h := &serve.Handler{Bucket: folder(t)}
	const target = "/alps/-/original/movie.mp4"
	response, body := get(t, h, target, "Range", "bytes=2-4")
	want(t, "status", response.StatusCode, http.StatusPartialContent)
	want(t, "body", body, "234")
	want(t, "range", response.Header.Get("Content-Range"), "bytes 2-4/10")
	want(t, "type", response.Header.Get("Content-Type"), "video/mp4")
	_, body = get(t, h, target, "Range", "bytes=-3")
	want(t, "the last three", body, "789")
	response, _ = get(t, h, target, "Range", "bytes=100-")
	want(t, "past the end", response.StatusCode, http.StatusRequestedRangeNotSatisfiable)
	response, body = get(t, h, target, "Range", "bytes=2-4", "If-Range", `"another"`)
	want(t, "a range of another version", response.StatusCode, 200)
	want(t, "a range of another version", body, video)
}

func TestETag(t *testing.T) {
	b := folder(t)
	h := &serve.Handler{Bucket: b}
	response, _ := get(t, h, "/")
	etag := response.Header.Get("ETag")
	if len(etag) < 3 {
		t.Fatalf("the ETag is %q", etag)
	}
	response, body := get(t, h, "/", "If-None-Match", etag)
	want(t, "not changed", response.StatusCode, http.StatusNotModified)
	want(t, "not changed", body, "")
	if _, err := b.Put(t.Context(), "public/index.html", []byte("new"), storage.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	response, body = get(t, h, "/", "If-None-Match", etag, "If-Modified-Since", response.Header.Get("Last-Modified"))
	want(t, "changed", response.StatusCode, 200)
	want(t, "changed", body, "new")
	response, _ = get(t, h, "/nowhere", "If-None-Match", "*")
	want(t, "what is not there", response.StatusCode, 404)
}

func TestOriginals(t *testing.T) {
	for _, reload := range []*serve.Reload{nil, {}} {
		h := &serve.Handler{Bucket: folder(t), Reload: reload}
		for name, expect := range map[string]struct{ kind, disposition string }{
			"a.jpg":      {"image/jpeg", ""},
			"movie.mp4":  {"video/mp4", ""},
			"notes.txt":  {"text/plain; charset=utf-8", ""},
			"page.html":  {"text/html; charset=utf-8", "attachment"},
			"page.xhtml": {"", "attachment"},
			"x.svg":      {"image/svg+xml", "attachment"},
			"data.bin":   {"", "attachment"},
		} {
			response, body := get(t, h, "/alps/-/original/"+name)
			want(t, name, response.StatusCode, 200)
			want(t, name, response.Header.Get("Content-Disposition"), expect.disposition)
			if expect.kind != "" {
				want(t, name, response.Header.Get("Content-Type"), expect.kind)
			}
			if policy := response.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "sandbox") || !strings.Contains(policy, "default-src 'none'") {
				t.Errorf("%s: the policy is %q", name, policy)
			}
			want(t, name, response.Header.Get("X-Content-Type-Options"), "nosniff")
			if strings.Contains(body, "reload") {
				t.Errorf("%s is another than the original: %q", name, body)
			}
			if response.Header.Get("ETag") == "" {
				t.Errorf("%s has no ETag", name)
			}
		}
		// A PDF viewer does not open in a sandbox, and is one.
		response, _ := get(t, h, "/alps/-/original/paper.pdf")
		want(t, "pdf", response.Header.Get("Content-Type"), "application/pdf")
		want(t, "pdf", response.Header.Get("Content-Disposition")+response.Header.Get("Content-Security-Policy"), "")
	}
}

// TestOriginalsInPlace serves originals from data/: those that the gallery has a record of, or names in one.
func TestOriginalsInPlace(t *testing.T) {
	b := storage.NewMem()
	for _, name := range []string{"a.jpg", "a.CR2", "b.jpg", "b.CR2", "c.CR2", "left out.jpg"} {
		b.Upload("data/alps/"+name, []byte(name), time.Now())
	}
	record := func(name string, companions ...gallery.Original) {
		r := gallery.Record{Original: gallery.Original{Key: "data/alps/" + name}, Companions: companions}
		body, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		b.Upload(gallery.RecordKey(r.Original.Key), body, time.Now())
	}
	record("a.jpg", gallery.Original{Key: "data/alps/a.CR2"})
	record("b.jpg")
	h := &serve.Handler{Bucket: b, Originals: true}
	for name, status := range map[string]int{"a.jpg": 200, "a.CR2": 200, "b.jpg": 200, "b.CR2": 404, "c.CR2": 404, "left%20out.jpg": 404, "none.CR2": 404} {
		response, body := get(t, h, "/alps/-/original/"+name)
		want(t, name, response.StatusCode, status)
		if status == 200 {
			want(t, name, body, name)
		}
	}
	h.Originals = false
	response, _ := get(t, h, "/alps/-/original/a.CR2")
	want(t, "not published", response.StatusCode, 404)
}

func TestReloadScript(t *testing.T) {
	h := &serve.Handler{Bucket: folder(t), Reload: &serve.Reload{}}
	for target, expect := range map[string]string{
		"/":                             `<!DOCTYPE html><html><body>front<script src="/-/reload.js?since=0"></script></body></html>`,
		"/nowhere":                      `<html><body>lost<script src="/-/reload.js?since=0"></script></body></html>`,
		"/bare.html":                    `no body at all<script src="/-/reload.js?since=0"></script>`,
		"/alps/":                        `<html><body>alps<script src="/-/reload.js?since=0"></script></body></html>`,
		"/alps/a.jpg.html":              `<html><body>a<script src="/-/reload.js?since=0"></script></body></html>`,
		"/alps/-/a.jpg.3f9c2a71.40.jpg": "jpeg",
	} {
		_, body := get(t, h, target)
		want(t, target, body, expect)
	}
	// A page that is made anew can't be one that a browser has kept.
	response, _ := get(t, h, "/")
	for _, header := range []string{"ETag", "Last-Modified"} {
		want(t, header, response.Header.Get(header), "")
	}
	want(t, "cache", response.Header.Get("Cache-Control"), "no-store")
	h.Reload.Now()
	if _, body := get(t, h, "/"); !strings.Contains(body, "since=1") {
		t.Errorf("after a change the page is %q", body)
	}
	response, code := get(t, h, "/-/reload.js?since=1")
	want(t, "type", response.Header.Get("Content-Type"), "text/javascript; charset=utf-8")
	if !strings.Contains(code, `new EventSource("/-/reload"`) {
		t.Errorf("the script is %q", code)
	}
	want(t, "HEAD", do(t, h, http.MethodHead, "/-/reload").Header.Get("Content-Type"), "text/event-stream")
}

func TestReloadEvents(t *testing.T) {
	h := &serve.Handler{Bucket: folder(t), Reload: &serve.Reload{}}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close) // after the listeners have gone, for it waits for them
	first, second := listen(t, server.URL+"/-/reload?since=0"), listen(t, server.URL+"/-/reload?since=0")
	h.Reload.Now()
	first.event(t)
	second.event(t)
	h.Reload.Now()
	first.event(t)
	// A page that was read before the changes and listens after them hears at once.
	listen(t, server.URL+"/-/reload?since=0").event(t)
	// One that was read after them does not.
	third := listen(t, server.URL+"/-/reload?since=2")
	select {
	case line := <-third.lines:
		t.Errorf("without a change there is the event %q", line)
	case <-time.After(100 * time.Millisecond):
	}
}

type listener struct{ lines chan string }

// listen opens a stream of events, and returns once the server has accepted it.
func listen(t *testing.T, url string) *listener {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "type", response.Header.Get("Content-Type"), "text/event-stream")
	l := &listener{lines: make(chan string, 16)}
	scanner := bufio.NewScanner(response.Body)
	if !scanner.Scan() || scanner.Text() != ": connected" {
		t.Fatalf("the stream begins with %q", scanner.Text())
	}
	go func() {
		for scanner.Scan() {
			if strings.HasPrefix(scanner.Text(), "data:") {
				l.lines <- scanner.Text()
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		response.Body.Close()
	})
	return l
}

func (l *listener) event(t *testing.T) {
	t.Helper()
	select {
	case line := <-l.lines:
		want(t, "event", line, "data: changed")
	case <-time.After(5 * time.Second):
		t.Fatal("no event in 5 seconds")
	}
}
