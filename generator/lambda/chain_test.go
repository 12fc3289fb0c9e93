package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"shoebox/internal/aws/awstest"
	"shoebox/internal/gallery"
	"shoebox/internal/needs"
	"shoebox/internal/storage"
)

// A chain is the whole of a stack at work: S3 tells SNS, that tells the develop queue, whose messages the real program handles; it
// calls the publish function, which is the real program too. All services are the emulator's; what the functions themselves need
// of Lambda is awstest's.
type chain struct {
	*stack
	aws    string // the command line of AWS
	owner  string // the owner's folder: config.toml, and data/ in site/
	search http.Handler
	busy   atomic.Int64 // functions that run
}

func newChain(t *testing.T) *chain {
	t.Helper()
	c := &chain{stack: &stack{TB: t}, aws: needs.Tool(t, "aws"), owner: t.TempDir()}
	c.moto = awstest.StartMoto(t, "site", "owners")
	c.s3 = c.moto
	awstest.Setenv(t, c.moto)
	c.open(t)
	c.develop = awstest.MakeQueue(t, c.moto, "develop", map[string]string{"VisibilityTimeout": "5"})
	c.publish = awstest.MakeQueue(t, c.moto, "publish", map[string]string{"VisibilityTimeout": "5"})
	awstest.Notify(t, c.moto, "owners", "develop", true, "data/", "layouts/", "assets/", "themes/", "config.toml", "people.toml")

	var publish *awstest.Function
	c.lambda = awstest.StartLambda(t, func(function, payload string) {
		c.busy.Add(1)
		defer c.busy.Add(-1)
		if _, err := publish.Invoke(payload, time.Minute); err != nil {
			t.Errorf("publish: %v", err)
		}
	})
	bootstrap := awstest.Build(t, program)
	publish = c.process(bootstrap, "publish")
	develop := c.process(bootstrap, "develop")
	c.search = awstest.NewFunction(t, awstest.Build(t, "shoebox/lambda-search"), append(awstest.Env(c.moto), "SHOEBOX_BUCKET=s3://site", "TMPDIR="+t.TempDir())).URL()

	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			c.busy.Add(1)
			n, again, err := awstest.Deliver(ctx, c.moto, c.develop, develop, time.Minute)
			c.busy.Add(-1)
			if ctx.Err() == nil && (err != nil || again > 0) {
				t.Errorf("develop: %d of %d messages come again, %v", again, n, err)
			}
			if n == 0 {
				time.Sleep(50 * time.Millisecond)
			}
		}
	}()
	t.Cleanup(func() {
		stop()
		<-ended
	})
	return c
}

// run runs the command line of AWS in the owner's folder.
func (c *chain) run(args ...string) {
	c.Helper()
	cmd := exec.Command(c.aws, append([]string{"--endpoint-url", c.moto}, args...)...)
	cmd.Dir, cmd.Env = c.owner, awstest.Env(c.moto)
	if out, err := cmd.CombinedOutput(); err != nil {
		c.Fatalf("aws %q: %v\n%s", args, err, out)
	}
}

// quiet waits until nothing is under way.
func (c *chain) quiet() {
	c.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	for still := 0; still < 5; still++ { // the delivery of a message is nowhere to be seen for a moment
		if c.busy.Load() > 0 || c.waiting(c.develop)+c.waiting(c.publish) > 0 {
			still = -1
		}
		if time.Now().After(deadline) {
			c.Fatalf("%d and %d messages still wait", c.waiting(c.develop), c.waiting(c.publish))
		}
		time.Sleep(60 * time.Millisecond)
	}
}

// sameAsBuilt builds the owner's folder, with the dates that the files have in S3, and wants the same public/ in our bucket.
func (c *chain) sameAsBuilt(shoebox string) {
	c.Helper()
	site := filepath.Join(c.owner, "site")
	for info, err := range c.owners.List(c.Context(), gallery.Data) {
		if err != nil {
			c.Fatal(err)
		}
		if err := os.Chtimes(filepath.Join(site, filepath.FromSlash(info.Key)), info.Modified, info.Modified); err != nil {
			c.Fatal(err)
		}
	}
	cmd := exec.Command(shoebox, "build", "--json", c.owner)
	cmd.Env = append(awstest.Env(c.moto), "SHOEBOX_BUILD_FFMPEG=", "SHOEBOX_BASE_URL="+baseURL)
	out, err := cmd.CombinedOutput()
	if failed := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &failed) || failed.ExitCode() != 1) { // 1: some files can't be shown
		c.Fatalf("shoebox build: %v\n%s", err, out)
	}
	folder, err := storage.OpenDir(site)
	if err != nil {
		c.Fatal(err)
	}
	defer folder.Close()
	want, got := c.public(folder), c.public(c.site)
	if len(want) < 20 {
		c.Errorf("only %d objects were built", len(want))
	}
	for key, body := range want {
		if !bytes.Equal(got[key], body) {
			c.Errorf("%s differs: %d bytes, want %d\n%.2000s\n---\n%.2000s", key, len(got[key]), len(body), got[key], body)
		}
		delete(got, key)
	}
	for key := range got {
		c.Errorf("only in our bucket: %s", key)
	}
}

// public reads public/, but for the originals that a folder holds there a second time.
func (c *chain) public(b storage.Bucket) map[string][]byte {
	c.Helper()
	all := map[string][]byte{}
	for info, err := range b.List(c.Context(), gallery.Public) {
		if err != nil {
			c.Fatal(err)
		}
		if strings.Contains(info.Key, "/-/original/") {
			continue
		}
		if all[info.Key], _, err = storage.Read(c.Context(), b, info.Key); err != nil {
			c.Fatal(err)
		}
	}
	return all
}

// found are the paths that the search function finds.
func (c *chain) found(path, query string) []string {
	c.Helper()
	w := httptest.NewRecorder()
	c.search.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path+"?format=json&q="+url.QueryEscape(query), nil))
	var answer struct {
		Results []struct{ Path string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != http.StatusOK {
		c.Fatalf("search %s at %s: %d %s, %v", query, path, w.Code, w.Body, err)
	}
	paths := []string{}
	for _, r := range answer.Results {
		paths = append(paths, r.Path)
	}
	slices.Sort(paths)
	return paths
}

const baseURL = "https://gallery.example/"

// TestChain uploads with the command line of AWS, and wants the gallery that "shoebox build" makes of the same files.
func TestChain(t *testing.T) {
	c := newChain(t)
	shoebox := awstest.Build(t, "shoebox/cmd/shoebox")
	const odd = `data/100% „Öl“ & #1/oslo+fjord (1)'s.jpg`
	for name, body := range map[string][]byte{
		"config.toml":                           []byte("title = 'Chain'\n"),
		"site/data/alps/summit at dawn.jpg":     photo(t, 1),
		"site/data/alps/summit at dawn.jpg.md":  []byte("---\ntitle: First light\nkeywords: [marmot]\n---\nSeen from the hut."),
		"site/data/alps/2024/hut.jpg":           photo(t, 2),
		"site/data/alps/index.md":               []byte("---\ntitle: The Alps\n---\nA week of *snow*."),
		"site/" + odd:                           photo(t, 3),
		"site/data/-/dash.jpg":                  photo(t, 4),
		"site/data/שלום 💾.jpg":                  photo(t, 5),
		"site/data/%41.jpg":                     photo(t, 6),
		"site/data/private/x/secret marmot.jpg": photo(t, 7),
		"site/data/notes.txt":                   []byte("hello"),
		"site/data/damaged.jpg":                 []byte("\xff\xd8\xff\xe0 not really"),
		"site/data/large.bin":                   bytes.Repeat([]byte("shoebox "), 9<<17), // comes in parts
	} {
		c.write(name, body)
	}
	c.run("s3", "cp", "config.toml", "s3://owners/config.toml")
	c.run("s3", "sync", "site/", "s3://owners/")
	c.quiet()
	c.sameAsBuilt(shoebox)
	for query, want := range map[string][]string{
		"marmot": {"alps/summit at dawn.jpg"}, "oslo": {strings.TrimPrefix(odd, gallery.Data)}, "xyzzyplugh": {},
	} {
		if got := c.found("/-/search", query); !slices.Equal(got, want) {
			t.Errorf("%s finds %q, want %q", query, got, want)
		}
	}
	if got := c.found("/private/x/-/search", "marmot"); !slices.Equal(got, []string{"private/x/secret marmot.jpg"}) {
		t.Errorf("within the private album marmot finds %q", got)
	}

	// One is replaced, one comes, two and a sidecar go; an album goes with its last.
	c.write("site/data/alps/2024/hut.jpg", photo(t, 8))
	c.run("s3", "cp", "site/data/alps/2024/hut.jpg", "s3://owners/data/alps/2024/hut.jpg")
	c.write("site/data/new album/first.jpg", photo(t, 9))
	c.run("s3", "cp", "site/data/new album/first.jpg", "s3://owners/data/new album/first.jpg")
	gone := []string{odd, "data/alps/summit at dawn.jpg", "data/alps/summit at dawn.jpg.md"}
	for _, key := range gone {
		if err := os.Remove(filepath.Join(c.owner, "site", filepath.FromSlash(key))); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(c.owner, "site", filepath.FromSlash(gallery.Data+gallery.AlbumPath(odd)))); err != nil {
		t.Fatal(err)
	}
	for _, key := range gone {
		c.run("s3", "rm", "s3://owners/"+key)
	}
	c.quiet()
	c.sameAsBuilt(shoebox)
	for key := range c.public(c.site) {
		if strings.Contains(key, "oslo") || strings.Contains(key, "summit") || strings.Contains(key, "100%") {
			t.Errorf("left: %s", key)
		}
	}
	for _, key := range gone {
		if c.has(gallery.RecordKey(key)) {
			t.Errorf("the record of %s is left", key)
		}
	}
	searched := func() string {
		return fmt.Sprint(c.found("/-/search", "oslo"), c.found("/-/search", "marmot"), c.found("/-/search", "first"))
	}
	const want = "[] [] [new album/first.jpg]"
	for deadline := time.Now().Add(30 * time.Second); searched() != want; time.Sleep(time.Second) { // looks for a newer index now and then
		if time.Now().After(deadline) {
			t.Fatalf("the search finds %s, want %s", searched(), want)
		}
	}

	// The configuration concerns every page.
	c.write("config.toml", []byte("title = 'Another title'\n"))
	c.run("s3", "cp", "config.toml", "s3://owners/config.toml")
	c.quiet()
	c.sameAsBuilt(shoebox)
}
