//go:build unix

package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"shoebox/generator"
	"shoebox/internal/aws/awstest"
	"shoebox/internal/config"
	"shoebox/internal/edge"
	"shoebox/internal/needs"
	"shoebox/internal/serve"
	"shoebox/internal/storage"
)

// TestSmoke runs deploy/smoke.sh against two buckets of a real S3 server, behind the stand-in for CloudFront, while the gallery is
// built again and again; and then while nothing is built, which it has to notice.
func TestSmoke(t *testing.T) {
	for _, tool := range []string{"aws", "curl", "od"} {
		needs.Tool(t, tool)
	}
	script, err := filepath.Abs("../../deploy/smoke.sh")
	if err != nil {
		t.Fatal(err)
	}
	endpoint := awstest.StartS3(t, "photos", "site")
	site, owners := awstest.OpenBucket(endpoint, "site"), awstest.OpenBucket(endpoint, "photos")
	set("data/sea.jpg", photo(1))(t, owners)
	set("data/private/secret.jpg", photo(2))(t, owners)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	finder := &serve.Search{Bucket: site}
	defer finder.Close()
	front, err := edge.New(edge.Options{
		Origins: map[string]http.Handler{"SiteBucket": edge.Bucket{Bucket: site}, "OriginalsBucket": edge.Bucket{Bucket: owners},
			"SearchUrl": &serve.Handler{Bucket: site, Search: finder}},
		Values: map[string]string{"PublicKey": "K2EXAMPLE",
			"SigningKey.PublicKey": string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}))},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(front)
	defer server.Close()
	smoke := func(wait string) (string, error) {
		cmd := exec.CommandContext(t.Context(), script)
		cmd.Env = append(awstest.Env(endpoint), "URL="+server.URL, "BUCKET=photos", "SITE=site", "WAIT="+wait)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}

	c := config.Default()
	c.BaseURL = server.URL + "/"
	g := generator.New(generator.Options{Bucket: storage.NewRoute(site, owners), Config: c, Version: version()})
	if _, err := g.Build(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	built := make(chan error, 1)
	go func() {
		for {
			if _, err := g.Build(ctx); err != nil {
				if ctx.Err() != nil {
					err = nil
				}
				built <- err
				return
			}
			time.Sleep(300 * time.Millisecond)
		}
	}()
	out, err := smoke("60")
	stop()
	if err := errors.Join(err, <-built); err != nil || !strings.HasSuffix(out, "all is well\n") || strings.Count(out, "\nok ") < 20 {
		t.Errorf("against a gallery that works: %v\n%s", err, out)
	}
	for info, err := range owners.List(t.Context(), "data/") {
		if err != nil || strings.Contains(info.Key, "smoke") {
			t.Errorf("it left %s, %v", info.Key, err)
		}
	}

	out, err = smoke("1")
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(out, "FAILED   no page after 1s") {
		t.Errorf("against a gallery that stands still: %v\n%s", err, out)
	}
}
