package edge

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"shoebox/deploy"
	"shoebox/internal/aws"
	"shoebox/internal/aws/awstest"
	"shoebox/internal/gallery"
	"shoebox/internal/search"
	"shoebox/internal/storage"
)

// remembering is a bucket that keeps what its objects were stored with, as S3 does.
type remembering struct {
	*storage.Mem
	mu     sync.Mutex // guards stored
	stored map[string]storage.PutOptions
}

func (b *remembering) Put(ctx context.Context, key string, body []byte, o storage.PutOptions) (string, error) {
	b.mu.Lock()
	b.stored[key] = o
	b.mu.Unlock()
	return b.Mem.Put(ctx, key, body, o)
}

func (b *remembering) Describe(_ context.Context, key string) (storage.PutOptions, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.stored[key], nil
}

// upload stores an original as its owner.
func (b *remembering) upload(key, body, contentType string) {
	b.Upload(key, []byte(body), time.Date(2024, 7, 1, 12, 0, 0, 0, time.UTC))
	b.stored[key] = storage.PutOptions{ContentType: contentType}
}

const (
	domain    = "d111111abcdef8.cloudfront.net"
	keyPair   = "K2JCJMDEHXQW5F"
	immutable = "public, max-age=31536000, immutable"
	page      = "public, max-age=0, must-revalidate"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// A site is a small gallery behind the distribution.
type site struct {
	*testing.T
	handler         http.Handler
	bucket, owner   *remembering
	private         *rsa.PrivateKey
	photo, treasure string // a public and a private original that is found by "summit"
}

func newSite(t *testing.T, edit func(*Options)) *site {
	t.Helper()
	s := &site{T: t, photo: "data/alps/summit.jpg", treasure: "data/private/x/summit.jpg",
		bucket: &remembering{Mem: storage.NewMem(), stored: map[string]storage.PutOptions{}},
		owner:  &remembering{Mem: storage.NewMem(), stored: map[string]storage.PutOptions{}}}
	html := storage.PutOptions{ContentType: "text/html; charset=utf-8", CacheControl: page}
	for _, album := range []string{"", "alps", "private/x", "private/y", "2019.05 Oslo", "-", "a.html", "#1 100%+?", "private-party"} {
		s.put(gallery.Public+gallery.AlbumPage(album), "album "+album, html)
	}
	for _, key := range []string{s.photo, s.treasure} {
		s.put(gallery.Public+gallery.ItemPage(key), "item "+key, html)
		s.put(gallery.Public+gallery.RenditionPath(key, "3f9c2a71", 480, ".jpg"), "rendition "+key, storage.PutOptions{ContentType: "image/jpeg",
			CacheControl: immutable})
	}
	s.put(gallery.Public+gallery.NotFoundPage, "there is no such page", html)
	s.put(gallery.Public+"-/assets/style.3f9c2a71.css", "css", storage.PutOptions{ContentType: "text/css; charset=utf-8", CacheControl: immutable})
	s.put(gallery.LayoutsKey, "secret state", storage.PutOptions{})
	s.owner.upload(s.photo, "0123456789", "image/jpeg")
	s.owner.upload(s.treasure, "treasure", "image/jpeg")
	s.owner.upload("data/page.html", "<script>", "text/html")
	s.owner.upload("data/-/#1 100%+?/é.pdf", "pdf", "application/pdf")
	s.owner.upload("config.toml", "secret = 1", "text/plain")
	s.index(s.photo, s.treasure)

	var err error
	if s.private, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&s.private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	x, err := search.Open(t.Context(), s.bucket, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	o := Options{
		Origins: map[string]http.Handler{"SiteBucket": Bucket{s.bucket}, "OriginalsBucket": Bucket{s.owner},
			"SearchUrl": search.NewHandler(s.bucket, x, search.HandlerOptions{})},
		Values: map[string]string{"PublicKey": keyPair,
			"SigningKey.PublicKey": string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))},
		Domain: domain, Now: func() time.Time { return now },
	}
	if edit != nil {
		edit(&o)
	}
	if s.handler, err = New(o); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *site) put(key, body string, o storage.PutOptions) {
	s.Helper()
	if _, err := s.bucket.Put(s.Context(), key, []byte(body), o); err != nil {
		s.Fatal(err)
	}
}

// manifests is a search.Source.
type manifests map[string]*gallery.Manifest

func (m manifests) Albums(context.Context) (map[string]string, error) {
	digests := map[string]string{}
	for album := range m {
		sum := sha256.Sum256([]byte(album))
		digests[album] = hex.EncodeToString(sum[:])
	}
	return digests, nil
}

func (m manifests) Manifest(_ context.Context, album string) (*gallery.Manifest, error) {
	return m[album], nil
}

// index makes a search index of originals.
func (s *site) index(keys ...string) {
	s.Helper()
	source := manifests{"": {Format: gallery.ManifestFormat, Album: gallery.Album{Title: "All"}}}
	for _, key := range keys {
		r := gallery.Record{Original: gallery.Original{Key: key, ETag: "1", Size: 1}, Kind: gallery.Photo}
		body, err := json.Marshal(r)
		if err != nil {
			s.Fatal(err)
		}
		s.put(gallery.RecordKey(key), string(body), storage.PutOptions{})
		path := gallery.AlbumPath(key)
		for ok := true; ok && path != ""; path, ok = gallery.ParentPath(path) {
			if source[path] == nil {
				source[path] = &gallery.Manifest{Format: gallery.ManifestFormat, Album: gallery.Album{Path: path, Title: path}}
			}
		}
		own := source[gallery.AlbumPath(key)]
		own.Items = append(own.Items, r)
	}
	if _, err := search.Publish(s.Context(), s.bucket, source, search.PublishOptions{TempDir: s.TempDir()}); err != nil {
		s.Fatal(err)
	}
}

// get asks for an address with headers and cookies.
func (s *site) get(address string, edit ...func(*http.Request)) *http.Response {
	s.Helper()
	r := httptest.NewRequest(http.MethodGet, "http://localhost"+address, nil)
	for _, e := range edit {
		e(r)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// A grant is what a share link gives.
type grant struct{ policy, signature, id string }

// sign makes a grant by hand, as feature/cloudfront/sign does: the policy signed with RSA and SHA-1, in CloudFront's alphabet.
func sign(t *testing.T, key *rsa.PrivateKey, policy string) grant {
	t.Helper()
	sum := sha1.Sum([]byte(policy))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA1, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	encode := func(b []byte) string {
		return strings.NewReplacer("+", "-", "=", "_", "/", "~").Replace(base64.StdEncoding.EncodeToString(b))
	}
	return grant{encode([]byte(policy)), encode(signature), keyPair}
}

func policyFor(resource string, until time.Time) string {
	return fmt.Sprintf(`{"Statement":[{"Resource":%q,"Condition":{"DateLessThan":{"AWS:EpochTime":%d}}}]}`, resource, until.Unix())
}

// cookies adds those of a grant, without the one that is named.
func (g grant) cookies(without string) func(*http.Request) {
	return func(r *http.Request) {
		for name, value := range map[string]string{policyCookie: g.policy, signatureCookie: g.signature, keyCookie: g.id} {
			if name != without {
				r.AddCookie(&http.Cookie{Name: name, Value: value})
			}
		}
	}
}

func (s *site) grantFor(album string) grant {
	return sign(s.T, s.private, policyFor("https://"+domain+"/"+gallery.EscapePath(gallery.AlbumDir(album))+"*", now.Add(time.Hour)))
}

func TestSite(t *testing.T) {
	s := newSite(t, nil)
	for _, c := range []struct {
		address, body string
		status        int
		cache, kind   string
	}{
		{"/", "album ", 200, page, "text/html; charset=utf-8"},
		{"/index.html", "album ", 200, page, "text/html; charset=utf-8"},
		{"/alps/", "album alps", 200, page, "text/html; charset=utf-8"},
		{"/alps/?x=1", "album alps", 200, page, "text/html; charset=utf-8"},
		{"/alps/summit.jpg.html", "item data/alps/summit.jpg", 200, page, "text/html; charset=utf-8"},
		{"/alps/-/summit.jpg.3f9c2a71.480.jpg", "rendition data/alps/summit.jpg", 200, immutable, "image/jpeg"},
		{"/-/assets/style.3f9c2a71.css", "css", 200, immutable, "text/css; charset=utf-8"},
		{"/2019.05%20Oslo/", "album 2019.05 Oslo", 200, page, "text/html; charset=utf-8"},
		{"/--/", "album -", 200, page, "text/html; charset=utf-8"},
		{"/a.html-/", "album a.html", 200, page, "text/html; charset=utf-8"},
		{"/%231%20100%25%2B%3F/", "album #1 100%+?", 200, page, "text/html; charset=utf-8"},
		{"/private-party/", "album private-party", 200, page, "text/html; charset=utf-8"},
		{"/alps/-/original/summit.jpg", "0123456789", 200, "", "image/jpeg"},
		{"/--/%231%20100%25%2B%3F/-/original/%C3%A9.pdf", "pdf", 200, "", "application/pdf"},
		// Nothing but what the distribution may read, and the page for what is not there.
		{"/nothing.html", "there is no such page", 404, page, "text/html; charset=utf-8"},
		{"/nothing/", "there is no such page", 404, page, "text/html; charset=utf-8"},
		{"/-/nothing.css", "there is no such page", 404, page, "text/html; charset=utf-8"},
		{"/-/original/nothing.jpg", "there is no such page", 404, page, "text/html; charset=utf-8"},
		{"/../state/layouts.json", "there is no such page", 404, page, "text/html; charset=utf-8"},
		{"/%2e%2e/state/layouts.json", "there is no such page", 404, page, "text/html; charset=utf-8"},
		{"/config.toml/", "there is no such page", 404, page, "text/html; charset=utf-8"},
		{"/-/original/../../config.toml", "there is no such page", 404, page, "text/html; charset=utf-8"},
		{"/#1%20100%25+%3F/", "album ", 200, page, "text/html; charset=utf-8"}, // the fragment stays in the browser
		{"/%231%20100%25+%3F/", "there is no such page", 404, page, "text/html; charset=utf-8"},
		{"/private-party/-/original/x.jpg", "there is no such page", 404, page, "text/html; charset=utf-8"},
	} {
		address, _, _ := strings.Cut(c.address, "#")
		r := s.get(address)
		if got := body(t, r); r.StatusCode != c.status || got != c.body {
			t.Errorf("%s: got %d %q, want %d %q", c.address, r.StatusCode, got, c.status, c.body)
		}
		if cache, kind := r.Header.Get("Cache-Control"), r.Header.Get("Content-Type"); cache != c.cache || kind != c.kind {
			t.Errorf("%s: got %q of type %q, want %q of %q", c.address, cache, kind, c.cache, c.kind)
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
			"Strict-Transport-Security": "max-age=31536000"} {
			if got := r.Header.Values(name); len(got) != 1 || got[0] != want {
				t.Errorf("%s: %s is %q, want %q", c.address, name, got, want)
			}
		}
	}
	r := s.get("/alps?x=1")
	if r.StatusCode != http.StatusFound || r.Header.Get("Location") != "/alps/?x=1" {
		t.Errorf("an album without its slash: %d to %q", r.StatusCode, r.Header.Get("Location"))
	}
}

// What is in a real S3 server is answered as what is in memory.
func TestS3(t *testing.T) {
	awstest.Setenv(t, awstest.StartS3(t, "site", "owner"))
	s := newSite(t, nil)
	for name, from := range map[string]*remembering{"site": s.bucket, "owner": s.owner} {
		to, err := aws.OpenBucket(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		for info, err := range from.List(t.Context(), "") {
			if err != nil {
				t.Fatal(err)
			}
			content, _, err := storage.Read(t.Context(), from, info.Key)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := to.Put(t.Context(), info.Key, content, from.stored[info.Key]); err != nil {
				t.Fatal(err)
			}
		}
	}
	stored := newSite(t, func(o *Options) {
		for origin, name := range map[string]string{"SiteBucket": "site", "OriginalsBucket": "owner"} {
			b, err := aws.OpenBucket(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			o.Origins[origin] = Bucket{b}
		}
	})
	for _, address := range []string{
		"/", "/alps/", "/alps/summit.jpg.html", "/alps/-/summit.jpg.3f9c2a71.480.jpg", "/%231%20100%25%2B%3F/", "/alps/-/original/summit.jpg",
		"/--/%231%20100%25%2B%3F/-/original/%C3%A9.pdf", "/-/original/page.html", "/nothing.html", "/private/x/", "/-/original/..", "/a//b.html",
	} {
		later := now.AddDate(20, 0, 0).Format(http.TimeFormat)
		for _, edit := range []func(*http.Request){header("X", "1"), header("Range", "bytes=2-4"), header("If-Modified-Since", later)} {
			want, got := s.get(address, edit), stored.get(address, edit)
			if a, b := body(t, want), body(t, got); got.StatusCode != want.StatusCode || a != b {
				t.Errorf("%s: got %d %q, want %d %q", address, got.StatusCode, b, want.StatusCode, a)
			}
			for _, name := range []string{
				"Content-Type", "Cache-Control", "Content-Length", "Content-Range", "Content-Security-Policy", "Content-Disposition",
			} {
				if got, want := got.Header.Get(name), want.Header.Get(name); got != want {
					t.Errorf("%s: %s is %q, want %q", address, name, got, want)
				}
			}
		}
	}
}

func TestDefaultRootObjectIsForTheRootAlone(t *testing.T) {
	association := "FunctionAssociations: [{EventType: viewer-request, FunctionARN: !GetAtt PagesFunction.FunctionMetadata.FunctionARN}]"
	without := bytes.ReplaceAll(deploy.Template(), []byte(association), nil)
	s := newSite(t, func(o *Options) { o.Template = without })
	if r := s.get("/"); r.StatusCode != 200 || body(t, r) != "album " {
		t.Errorf("/ without the function: got %d", r.StatusCode)
	}
	if r := s.get("/alps/"); r.StatusCode != 404 {
		t.Errorf("/alps/ without the function: got %d, want 404", r.StatusCode)
	}
}

func TestMethodsRangesConditions(t *testing.T) {
	s := newSite(t, nil)
	whole := s.get("/alps/-/original/summit.jpg")
	etag, modified := whole.Header.Get("ETag"), whole.Header.Get("Last-Modified")
	if etag == "" || modified == "" {
		t.Fatalf("ETag %q, Last-Modified %q", etag, modified)
	}
	method := func(name string) func(*http.Request) { return func(r *http.Request) { r.Method = name } }
	for _, c := range []struct {
		address string
		edit    func(*http.Request)
		status  int
		body    string
	}{
		{"/alps/-/original/summit.jpg", header("Range", "bytes=2-4"), 206, "234"},
		{"/alps/-/original/summit.jpg", header("Range", "bytes=20-"), 416, ""},
		{"/alps/-/original/summit.jpg", header("If-None-Match", etag), 304, ""},
		{"/alps/-/original/summit.jpg", header("If-Modified-Since", modified), 304, ""},
		{"/alps/-/original/summit.jpg", header("If-None-Match", `"other"`), 200, "0123456789"},
		{"/alps/-/original/summit.jpg", method(http.MethodHead), 200, ""},
		{"/nothing.html", method(http.MethodHead), 404, ""},
		{"/nothing.html", header("Range", "bytes=2-4"), 404, "there is no such page"},
		{"/nothing.html", header("If-Modified-Since", now.Add(time.Hour).Format(http.TimeFormat)), 404, "there is no such page"},
		{"/alps/", method(http.MethodPost), 404, "there is no such page"},
		{"/-/search", method(http.MethodDelete), 404, "there is no such page"},
	} {
		r := s.get(c.address, c.edit)
		got := body(t, r)
		if c.status == http.StatusRequestedRangeNotSatisfiable {
			got = ""
		}
		if r.StatusCode != c.status || got != c.body {
			t.Errorf("%s: got %d %q, want %d %q", c.address, r.StatusCode, got, c.status, c.body)
		}
	}
	if head := s.get("/alps/-/original/summit.jpg", method(http.MethodHead)); head.Header.Get("Content-Length") != "10" {
		t.Errorf("HEAD says %q bytes", head.Header.Get("Content-Length"))
	}
}

func TestCookies(t *testing.T) {
	s := newSite(t, nil)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	resource := "https://" + domain + "/private/x/*"
	good := s.grantFor("private/x")
	private := []string{"/private/x/", "/private/x/?a=b", "/private/x/summit.jpg.html", "/private/x/-/summit.jpg.3f9c2a71.480.jpg",
		"/private/x/-/original/summit.jpg", "/private/x/-/search?q=summit&format=json"}
	for _, address := range private {
		if r := s.get(address, good.cookies("")); r.StatusCode != 200 {
			t.Errorf("%s with cookies: got %d", address, r.StatusCode)
		}
	}
	wrongID := good
	wrongID.id = "K0000000000000"
	tampered := good
	tampered.policy = sign(t, other, policyFor(resource, now.Add(1000*time.Hour))).policy
	refused := map[string]func(*http.Request){
		"no cookies":        func(*http.Request) {},
		"without policy":    good.cookies(policyCookie),
		"without signature": good.cookies(signatureCookie),
		"without key":       good.cookies(keyCookie),
		"another album":     s.grantFor("private/y").cookies(""),
		"a longer name":     sign(t, s.private, policyFor("https://"+domain+"/private/x/y/*", now.Add(time.Hour))).cookies(""),
		"another domain":    sign(t, s.private, policyFor("https://other.example/private/x/*", now.Add(time.Hour))).cookies(""),
		"http":              sign(t, s.private, policyFor("http://"+domain+"/private/x/*", now.Add(time.Hour))).cookies(""),
		"expired":           sign(t, s.private, policyFor(resource, now)).cookies(""),
		"never expiring":    sign(t, s.private, fmt.Sprintf(`{"Statement":[{"Resource":%q}]}`, resource)).cookies(""),
		"not yet valid": sign(t, s.private, fmt.Sprintf(`{"Statement":[{"Resource":%q,"Condition":{"DateLessThan":{"AWS:EpochTime":%d},`+
			`"DateGreaterThan":{"AWS:EpochTime":%d}}}]}`, resource, now.Unix()+100, now.Unix()+1)).cookies(""),
		"for an address": sign(t, s.private, fmt.Sprintf(`{"Statement":[{"Resource":%q,"Condition":{"DateLessThan":{"AWS:EpochTime":%d},`+
			`"IpAddress":{"AWS:SourceIp":"192.0.2.0/24"}}}]}`, resource, now.Unix()+100)).cookies(""),
		"another key":        sign(t, other, policyFor(resource, now.Add(time.Hour))).cookies(""),
		"unknown key":        wrongID.cookies(""),
		"a changed policy":   tampered.cookies(""),
		"no base64":          grant{"%%%", "%%%", keyPair}.cookies(""),
		"a policy, no JSON":  sign(t, s.private, "hello").cookies(""),
		"an empty statement": sign(t, s.private, `{"Statement":[]}`).cookies(""),
	}
	for name, cookies := range refused {
		for _, address := range private {
			if r := s.get(address, cookies); r.StatusCode != 404 || body(t, r) != "there is no such page" {
				t.Errorf("%s, %s: got %d", address, name, r.StatusCode)
			}
		}
	}
	// Addresses that only S3 or the search would take for private lead nowhere, with cookies of another album too.
	for _, address := range []string{
		"/%70rivate/x/", "/private%2Fx/", "/private%2fx/", "//private/x/", "/alps/../private/x/", "/alps/%2e%2e/private/x/", "/./private/x/",
		"/%70rivate/x/-/summit.jpg.3f9c2a71.480.jpg", "/private%2Fx/-/summit.jpg.3f9c2a71.480.jpg", "/private%2Fx%2F-/summit.jpg.3f9c2a71.480.jpg",
		"/private%2Fx%2F-%2Fsummit.jpg.3f9c2a71.480.jpg", "/private%2Fx/-/original/summit.jpg", "/%70rivate/x/-/original/summit.jpg",
		"/private/x%2F-/original/summit.jpg", "/alps/../private/x/-/original/summit.jpg", "/private%2Fx/-/search?q=summit&format=json",
		"/%70rivate%2Fx/-/search?q=summit&format=json", "//private/x/-/search?q=summit&format=json", "/private%2Fx%2Fsummit.jpg.html",
		"/%2Fprivate/x/", "/private%252Fx/-/search?q=summit&format=json", "/private/-/search?q=summit&format=json",
	} {
		for _, cookies := range []func(*http.Request){func(*http.Request) {}, s.grantFor("private/y").cookies("")} {
			r := s.get(address, cookies)
			got := body(t, r)
			if strings.Contains(got, "private") || strings.Contains(got, "treasure") || r.StatusCode == 200 && strings.Contains(got, "summit.jpg") {
				t.Errorf("%s: got %d %q", address, r.StatusCode, got)
			}
		}
	}
}

func TestSearch(t *testing.T) {
	s := newSite(t, nil)
	found := func(address string, edit ...func(*http.Request)) []string {
		t.Helper()
		r := s.get(address, edit...)
		var answer struct{ Results []struct{ Path string } }
		if err := json.NewDecoder(r.Body).Decode(&answer); err != nil || r.StatusCode != 200 {
			t.Fatalf("%s: %d, %v", address, r.StatusCode, err)
		}
		var paths []string
		for _, one := range answer.Results {
			paths = append(paths, one.Path)
		}
		return paths
	}
	for _, c := range []struct {
		address string
		edit    func(*http.Request)
		want    string
	}{
		{"/-/search?q=summit&format=json", header("X-Other", "1"), "[alps/summit.jpg]"},
		{"/-/search?q=summit&utm=1", header("Accept", "application/json"), "[alps/summit.jpg]"},
		{"/alps/-/search?q=summit&format=json", header("X-Other", "1"), "[alps/summit.jpg]"},
		{"/private/x/-/search?q=summit&format=json", s.grantFor("private/x").cookies(""), "[private/x/summit.jpg]"},
		{"/private/-/search?q=summit&format=json", s.grantFor("private").cookies(""), "[private/x/summit.jpg]"},
		{"/private-party/-/search?q=summit&format=json", header("X-Other", "1"), "[]"},
	} {
		if got := fmt.Sprint(found(c.address, c.edit)); got != c.want {
			t.Errorf("%s: got %s, want %s", c.address, got, c.want)
		}
	}
	r := s.get("/-/search?q=summit&format=json")
	if r.Header.Get("Cache-Control") != "public, max-age=60" || r.Header.Get("Content-Security-Policy") == "" {
		t.Errorf("a search has the headers %v", r.Header)
	}
	if r := s.get("/-/search?page=0"); r.StatusCode != http.StatusBadRequest {
		t.Errorf("a wrong page: got %d", r.StatusCode)
	}
	if r := s.get("/-/search/?q=summit"); r.StatusCode != http.StatusFound || r.Header.Get("Location") != "/-/search?q=summit" {
		t.Errorf("with a slash: got %d to %q", r.StatusCode, r.Header.Get("Location"))
	}
}

// The distribution says the same of itself as the search does.
func TestContentSecurityPolicy(t *testing.T) {
	s := newSite(t, nil)
	w := httptest.NewRecorder()
	search.NewHandler(s.bucket, nil, search.HandlerOptions{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/nothing", nil))
	want := w.Header().Get("Content-Security-Policy")
	for _, address := range []string{"/", "/alps/summit.jpg.html", "/-/search?format=json", "/-/assets/style.3f9c2a71.css", "/nothing.html"} {
		if got := s.get(address).Header.Values("Content-Security-Policy"); len(got) != 1 || got[0] != want || want == "" {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
}

func TestOriginalsAreGuarded(t *testing.T) {
	s := newSite(t, nil)
	r := s.get("/-/original/page.html")
	if r.StatusCode != 200 || r.Header.Get("Content-Disposition") != "attachment" ||
		!strings.Contains(r.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("an uploaded page: %d %v", r.StatusCode, r.Header)
	}
	none := newSite(t, func(o *Options) { o.Values["Originals"] = "none" })
	for _, address := range []string{"/-/original/page.html", "/alps/-/original/summit.jpg"} {
		if r := none.get(address); r.StatusCode != 404 {
			t.Errorf("%s of a gallery without downloads: got %d", address, r.StatusCode)
		}
	}
	private := none.grantFor("private/x").cookies("")
	if r := none.get("/private/x/-/original/summit.jpg", private); r.StatusCode != 404 {
		t.Errorf("a private original of a gallery without downloads: got %d", r.StatusCode)
	}
}

// A share link, the cookies that it sets, and the pages that these open, as a browser goes through them.
func TestShareLink(t *testing.T) {
	s := newSite(t, nil)
	s.put(gallery.Public+gallery.AlbumPage("private/my album (1)"), "mine", storage.PutOptions{})
	g := s.grantFor("private/my album (1)")
	query := url.Values{"to": {"/" + gallery.AlbumDir("private/my album (1)")}, "Policy": {g.policy}, "Signature": {g.signature}, "Key-Pair-Id": {g.id}}
	r := s.get("/-/share?" + query.Encode())
	location, err := url.Parse("https://" + domain + r.Header.Get("Location"))
	if r.StatusCode != http.StatusFound || err != nil {
		t.Fatalf("got %d to %q: %s", r.StatusCode, r.Header.Get("Location"), body(t, r))
	}
	for _, c := range r.Cookies() {
		if !strings.HasPrefix(location.EscapedPath(), c.Path) || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode {
			t.Errorf("cookie %v is not for %s", c, location)
		}
	}
	got := s.get(location.EscapedPath(), func(q *http.Request) {
		for _, c := range r.Cookies() {
			q.AddCookie(c)
		}
	})
	if got.StatusCode != 200 || body(t, got) != "mine" {
		t.Errorf("%s with the cookies of the link: got %d", location, got.StatusCode)
	}
	if without := s.get(location.EscapedPath()); without.StatusCode != 404 {
		t.Errorf("%s without: got %d", location, without.StatusCode)
	}
	if r := s.get("/-/share?to=https://evil.example/"); r.StatusCode != http.StatusBadRequest {
		t.Errorf("a link elsewhere: got %d", r.StatusCode)
	}
}

func TestWildcard(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"*", "", true}, {"a*", "a", true}, {"*/-/*", "alps/-/x", true}, {"*/-/*", "-/x", false}, {"a?c", "abc", true}, {"a?c", "ac", false},
		{"*/-/original/*", "a/-/original/b/c", true}, {"private/*", "private/", true}, {"private/*", "privatex", false}, {"", "a", false},
		{"a*b*c", "aXbYbZc", true}, {"a*b*c", "aXbYbZ", false}, {"A", "a", false},
	} {
		if got := wildcard(c.pattern, c.text); got != c.want {
			t.Errorf("wildcard(%q, %q) = %v", c.pattern, c.text, got)
		}
	}
}
