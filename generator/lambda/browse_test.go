package main

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"shoebox/internal/aws/awstest"
	"shoebox/internal/edge"
	"shoebox/internal/needs"
)

// TestBrowse looks at the gallery that a chain made as a visitor does: in a browser, through the stand-in for CloudFront, with the
// search function behind it, and with a share link for what is private. What its owner deletes is gone for the visitor too.
func TestBrowse(t *testing.T) {
	needs.Tool(t, "chromium", "chromium-browser", "google-chrome")
	node := needs.Tool(t, "node")
	if _, err := os.Stat("../../node_modules/playwright-core"); err != nil {
		needs.Tool(t, "node_modules (run make deps)") // which no program is called
	}
	c := newChain(t)
	// The outputs of the stack, whose resources the emulator does not know.
	c.write("stack.yaml", []byte(`
Resources:
  Queue: {Type: AWS::SQS::Queue}
Outputs:
  Url: {Value: "`+baseURL+`"}
  SiteBucket: {Value: site}
  OriginalsBucket: {Value: owners}
  KeyPairId: {Value: KEYPAIR}
  KeyParameter: {Value: /shoebox/key}
`))
	c.run("cloudformation", "create-stack", "--stack-name", "shoebox", "--template-body", "file://stack.yaml")

	server := httptest.NewUnstartedServer(c.distribution())
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of certificates that browsers do not know
	server.StartTLS()
	defer server.Close()
	visit := func(what, share string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), node, "../../test/browser/aws.mjs", what, baseURL, server.Listener.Addr().String(), share)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("the visitor: %v\n%s", err, out)
		}
	}

	for name, body := range map[string][]byte{
		"site/data/alps/summit at dawn.jpg":      photo(t, 1),
		"site/data/alps/summit at dawn.jpg.md":   []byte("---\ntitle: First light\nkeywords: [marmot]\n---\nSeen from the hut."),
		"site/data/alps/2024.05 hut/a.jpg":       photo(t, 2),
		"site/data/#1 100%/oslo+fjord (1)'s.jpg": photo(t, 3),
		"site/data/private/x/secret marmot.jpg":  photo(t, 4),
		"site/data/notes.txt":                    []byte("hello"),
	} {
		c.write(name, body)
	}
	c.run("s3", "sync", "site/", "s3://owners/")
	c.quiet()
	shoebox := awstest.Build(t, "shoebox/cmd/shoebox")
	share := exec.CommandContext(t.Context(), shoebox, "share", "private/x")
	share.Env = awstest.Env(c.moto)
	link, err := share.Output()
	if err != nil {
		t.Fatal(err)
	}
	visit("there", strings.TrimSpace(string(link)))

	c.run("s3", "rm", "s3://owners/data/alps/summit at dawn.jpg")
	c.run("s3", "rm", "s3://owners/data/alps/summit at dawn.jpg.md")
	c.quiet()
	for deadline := time.Now().Add(30 * time.Second); len(c.found("/-/search", "marmot")) > 0; time.Sleep(time.Second) {
		if time.Now().After(deadline) {
			t.Fatal("the search still finds what is gone")
		}
	}
	visit("gone", "")
}

// distribution is the stand-in for CloudFront before our bucket, the owner's and the search function.
func (c *chain) distribution() http.Handler {
	c.Helper()
	t := c.TB.(*testing.T)
	public, err := c.function(t, "setup").signingKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h, err := edge.New(edge.Options{
		Origins: map[string]http.Handler{"SiteBucket": edge.Bucket{Bucket: c.site}, "OriginalsBucket": edge.Bucket{Bucket: c.owners}, "SearchUrl": c.search},
		Values:  map[string]string{"SigningKey.PublicKey": public, "PublicKey": "KEYPAIR"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// write writes a file in the owner's folder.
func (c *chain) write(name string, body []byte) {
	c.Helper()
	file := filepath.Join(c.owner, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		c.Fatal(err)
	}
	if err := os.WriteFile(file, body, 0o644); err != nil {
		c.Fatal(err)
	}
}
