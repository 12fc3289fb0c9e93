package edge

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"shoebox/deploy"
	"shoebox/internal/gallery"
	"shoebox/internal/serve"
	"shoebox/internal/storage"
)

// theFunction compiles one of the template's functions.
func theFunction(t testing.TB, name string) *function {
	t.Helper()
	stack, err := deploy.Evaluate(deploy.Template(), nil)
	if err != nil {
		t.Fatal(err)
	}
	code, _ := stack.Resources[name].Properties["FunctionCode"].(string)
	f, err := compile(code)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// ask calls a function with a request for an address.
func ask(t testing.TB, f *function, address string) answer {
	t.Helper()
	uri, query, _ := strings.Cut(address, "?")
	a, err := f.call(requestEvent(&http.Request{Method: http.MethodGet, URL: &url.URL{RawQuery: query}}, uri))
	if err != nil {
		t.Fatalf("%s: %v", address, err)
	}
	return a
}

func TestPages(t *testing.T) {
	f := theFunction(t, "PagesFunction")
	for _, c := range []struct{ address, want string }{
		{"/", "/index.html"},
		{"/alps/", "/alps/index.html"},
		{"/alps/2024/?x=1", "/alps/2024/index.html"},
		{"/2019.05%20Oslo/", "/2019.05%20Oslo/index.html"},
		{"/index.html", "/index.html"},
		{"/alps/summit.jpg.html", "/alps/summit.jpg.html"},
		{"/alps/index.json", "/alps/index.json"},
		{"/feed.xml", "/feed.xml"},
		{"/404.html", "/404.html"},
		{"/-/assets/style.3f9c2a71.css", "/-/assets/style.3f9c2a71.css"},
		{"/alps/-/summit.jpg.3f9c2a71.480.jpg", "/alps/-/summit.jpg.3f9c2a71.480.jpg"},
		{"/-/search", "/-/search"},
		{"/alps/-/search", "/alps/-/search"},
		{"/.env", "/.env"},
		{"/private/x/", "/private/x/index.html"},
		{"/private/x/-/a.jpg.3f9c2a71.480.jpg", "/private/x/-/a.jpg.3f9c2a71.480.jpg"},
		{"/private-party/", "/private-party/index.html"},
		{"/%E5%B1%B1/", "/%E5%B1%B1/index.html"},
		// An album without its slash.
		{"/alps", "302 /alps/"},
		{"/private", "302 /private/"},
		{"/2019.05%20Oslo", "302 /2019.05%20Oslo/"},
		{"/alps?q=a%20b&q=c&d", "302 /alps/?d=&q=a%20b&q=c"},
		{"/a.jpg", "302 /a.jpg/"},
		{"/-/search/?q=dog", "302 /-/search?q=dog"},
		{"/alps/-/search/", "302 /alps/-/search"},
		{"/%E5%B1%B1", "302 /%E5%B1%B1/"},
		// No redirect leads to another host, or out of the header.
		{"//evil.example/x", "302 /evil.example/x/"},
		{"///evil.example", "302 /evil.example/"},
		{`/\evil.example`, "302 /%5Cevil.example/"},
		{`/a"<b>`, "302 /a%22%3Cb%3E/"},
		{"/a%0d%0aSet-Cookie:%20x", "302 /a%0d%0aSet-Cookie:%20x/"},
		{"/é", "302 /%C3%A9/"},
		// What is private only once it is decoded was not asked for its cookies.
		{"/%70rivate/x/", "/-/not-found"},
		{"/private%2Fx/", "/-/not-found"},
		{"/private%2fx/-/a.jpg.3f9c2a71.480.jpg", "/-/not-found"},
		{"//private/x/", "/-/not-found"},
		{"/private%2Fx/-/search", "/-/not-found"},
		{"/%2570rivate%252Fx/-/search", "/-/not-found"},
		{"/x/../private/y/", "/-/not-found"},
		{"/x/%2e%2e/private/y/", "/-/not-found"},
		{"/x/..%2Fprivate/y/", "/-/not-found"},
		{"/./private/y/", "/-/not-found"},
		// An album may really be named so.
		{"/private%252Fx/", "/private%252Fx/index.html"},
		{"/a/private/", "/a/private/index.html"},
		{"/..a/", "/..a/index.html"},
	} {
		a := ask(t, f, c.address)
		got := a.URI
		if a.StatusCode != 0 {
			got = "302 " + a.Headers["location"].Value
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.address, got, c.want)
		}
	}
}

// hostile are keys of originals that have caused trouble somewhere.
var hostile = []string{
	"data/summit.jpg", "data/alps/2024/summit.jpg", "data/a b.jpg", "data/a+b.jpg", "data/100%.jpg", "data/%41.jpg", "data/a%2Fb.jpg",
	"data/#1 & more?.jpg", `data/it's "quoted".jpg`, `data/back\slash.jpg`, "data/a:b*c.jpg", "data/山/富士 🗻.jpg", "data/e\u0301.jpg", "data/é.jpg",
	"data/שלום/\u202egpj.exe", "data/<script>/x.jpg", "data/-/x.jpg", "data/--/x.jpg", "data/a.html/x.jpg", "data/a.HTML-/x.jpg",
	"data/a.json-/x.jpg", "data/a.xml--/x.jpg", "data/x-/y.jpg", "data/-a/y.jpg", "data/-/-/-", "data/original/x.jpg", "data/-/original/x.jpg",
	"data/private/x.jpg", "data/private/a b/x.jpg", "data/private-/x.jpg", "data/a/private/x.jpg", "data/(1)!~*'.jpg", "data/a/-", "data/.hidden",
	"data/" + strings.Repeat("n", 219) + ".html/x.jpg", "data/" + strings.Repeat("n", 214) + ".html/x.jpg", "data/" + strings.Repeat("é", 107) + ".xml/x.jpg",
	"data/\x7f\x01\n.jpg", "data/K.html/ſ.json/İ.xml/x",
}

// checkOriginals compares the function with gallery.OriginalKey for an address as a browser sends it.
func checkOriginals(t *testing.T, f *function, uri string) {
	t.Helper()
	want := "/-/not-found"
	if p, err := url.PathUnescape(strings.TrimPrefix(uri, "/")); err == nil {
		key, ok := gallery.OriginalKey(p)
		secret := strings.HasPrefix(key, gallery.Data+"private/") && !strings.HasPrefix(uri, "/private/")
		if ok && !secret {
			want = "/" + gallery.EscapePath(key)
		}
	}
	if got := ask(t, f, uri).URI; got != want {
		t.Errorf("%q: got %q, want %q", uri, got, want)
	}
}

func TestOriginals(t *testing.T) {
	f := theFunction(t, "OriginalsFunction")
	for _, key := range hostile {
		uri := "/" + gallery.EscapePath(gallery.OriginalPath(key))
		checkOriginals(t, f, uri)
		if back, ok := gallery.OriginalKey(gallery.OriginalPath(key)); !ok || back != key {
			if !strings.Contains(key, "nnn") && !strings.Contains(key, "ééé") { // too long an album's name has no way back
				t.Errorf("%q comes back as %q", key, back)
			}
		} else if got := ask(t, f, uri).URI; got != "/"+gallery.EscapePath(key) {
			t.Errorf("%q: got %q", key, got)
		}
	}
	for _, uri := range []string{
		"/", "/-/original/", "/-/original", "/a/-/original/", "/-/original/x", "//-/original/x", "/a//-/original/x", "/a/-/original/b/-/original/c",
		"/../-/original/x", "/a/%2e%2e/-/original/x", "/-/original/..", "/-/original/%00", "/-/original/%ff", "/-/original/%", "/-/original/%zz",
		"/-/original/a%2Fb", "/-/original%2Fa", "/%70rivate/-/original/x", "/private%2Fx/-/original/x", "/private%2Fx%2F-/original/x",
		"/a/../private/-/original/x", "/%2Fprivate/-/original/x", "/-/original/a+b", "/-/original/é", "/state/index", "/-/original/%ED%A0%80", "x", "",
	} {
		checkOriginals(t, f, uri)
	}
	if got := ask(t, f, "/private%2Fx/-/original/a.jpg").URI; got != "/-/not-found" {
		t.Errorf("a private original was handed out as %s without asking for cookies", got)
	}
}

func FuzzOriginals(f *testing.F) {
	for _, key := range hostile {
		f.Add("/" + gallery.EscapePath(gallery.OriginalPath(key)))
		f.Add("/" + gallery.OriginalPath(key))
	}
	f.Add("/private%2Fx/-/original/x")
	function := theFunction(f, "OriginalsFunction")
	f.Fuzz(func(t *testing.T, uri string) {
		if !utf8.ValidString(uri) || strings.Contains(uri, "?") || !strings.HasPrefix(uri, "/") {
			return // not the path of a request
		}
		checkOriginals(t, function, uri)
	})
}

func TestShare(t *testing.T) {
	f := theFunction(t, "ShareFunction")
	link := func(to string) string {
		return "/-/share?" + url.Values{"to": {to}, "Policy": {"eyJ-_~"}, "Signature": {"Sig-_~"}, "Key-Pair-Id": {"K2JCJMDEHXQW5F"}}.Encode()
	}
	for _, c := range []struct{ to, location, path string }{
		{"/private/", "/private/", "/private/"},
		{"/private/x/", "/private/x/", "/private/x/"},
		{"/private/my album/", "/private/my%20album/", "/private/my%20album/"},
		{"/private/a+b/", "/private/a%2Bb/", "/private/a%2Bb/"},
		{"/private/山'(1)/", "/private/%E5%B1%B1%27%281%29/", "/private/%E5%B1%B1%27%281%29/"},
		{"/private/x/a.jpg.html", "/private/x/a.jpg.html", "/private/x/"},
		{"/private/a;b\r\nc/", "/private/a%3Bb%0D%0Ac/", "/private/a%3Bb%0D%0Ac/"},
		{`/private/\x/`, "/private/%5Cx/", "/private/%5Cx/"},
	} {
		a := ask(t, f, link(c.to))
		if a.StatusCode != http.StatusFound || a.Headers["location"].Value != c.location {
			t.Errorf("%q: got %d to %q, want %q", c.to, a.StatusCode, a.Headers["location"].Value, c.location)
		}
		for name, want := range map[string]string{policyCookie: "eyJ-_~", signatureCookie: "Sig-_~", keyCookie: "K2JCJMDEHXQW5F"} {
			attributes := "Path=" + c.path + "; Secure; HttpOnly; SameSite=Lax"
			if got := a.Cookies[name]; got.Value != want || got.Attributes != attributes {
				t.Errorf("%q: cookie %s is %+v, want %s; %s", c.to, name, got, want, attributes)
			}
		}
		if to := "/" + gallery.EscapePath(strings.TrimPrefix(c.to, "/")); to != c.location {
			t.Errorf("%q: pages link there as %q, so the cookies of %q are not sent", c.to, to, c.location)
		}
	}
	for _, to := range []string{
		"", "/", "/alps/", "private/x/", "//private/x/", "https://evil.example/private/", "//evil.example/", `/\evil.example/`, "/private",
		"/privatex/", "/private/../alps/", "/private/./x/", "/private//x/", "/private/x/..", "javascript:alert(1)//private/", "/alps/../private/x/",
	} {
		if a := ask(t, f, link(to)); a.StatusCode != http.StatusBadRequest || len(a.Cookies) != 0 {
			t.Errorf("%q: got %d to %q with %d cookies, want a refusal", to, a.StatusCode, a.Headers["location"].Value, len(a.Cookies))
		}
	}
	for _, address := range []string{
		"/-/share", "/-/share?to=/private/x/&Policy=a&Signature=b", "/-/share?to=/private/x/&Policy=a;b&Signature=b&Key-Pair-Id=c",
		"/-/share?to=/private/x/&Policy=a%0d%0aX:1&Signature=b&Key-Pair-Id=c", "/-/share?to=/private/%ff/&Policy=a&Signature=b&Key-Pair-Id=c",
		"/-/share?to=/private/x/&Policy=&Signature=b&Key-Pair-Id=c",
	} {
		if a := ask(t, f, address); a.StatusCode != http.StatusBadRequest || len(a.Cookies) != 0 {
			t.Errorf("%s: got %d with %d cookies, want a refusal", address, a.StatusCode, len(a.Cookies))
		}
	}
	if a := ask(t, f, "/-/share?to=/private/x/&Policy=a&Signature=b&Key-Pair-Id=c"); a.Headers["location"].Value != "/private/x/" {
		t.Errorf("a link with bare slashes leads to %q", a.Headers["location"].Value)
	}
}

// An original gets the same guards from the distribution as from "shoebox serve".
func TestGuard(t *testing.T) {
	f := theFunction(t, "GuardFunction")
	folder := t.TempDir()
	names := []string{"a.jpg", "a.svg", "a.html", "a.pdf", "a.txt", "a.mp4", "a.mp3", "a.xml", "a.zip", "a.js", "a.css", "a.heic", "a", "a.png"}
	originals := filepath.Join(folder, filepath.FromSlash(gallery.Public+"-/original"))
	if err := os.MkdirAll(originals, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(originals, name), []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	bucket, err := storage.OpenDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer bucket.Close()
	for _, name := range names {
		local := httptest.NewRecorder()
		(&serve.Handler{Bucket: bucket}).ServeHTTP(local, httptest.NewRequest(http.MethodGet, "/-/original/"+name, nil))
		if local.Code != http.StatusOK {
			t.Fatalf("%s: %d", name, local.Code)
		}
		a, err := f.call(responseEvent(http.StatusOK, http.Header{"Content-Type": local.Header()["Content-Type"]}))
		if err != nil {
			t.Fatal(err)
		}
		for _, header := range []string{"Content-Security-Policy", "Content-Disposition"} {
			if got, want := a.header().Values(header), local.Header().Values(header); !slices.Equal(got, want) {
				t.Errorf("%s (%s): %s is %q, shoebox serve says %q", name, local.Header().Get("Content-Type"), header, got, want)
			}
		}
	}
	a, err := f.call(responseEvent(http.StatusOK, http.Header{}))
	if err != nil || a.Headers["content-disposition"].Value != "attachment" {
		t.Errorf("an original without a type: %+v, %v", a.Headers, err)
	}
}
