//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"shoebox/internal/aws"
	"shoebox/internal/aws/awstest"
	"shoebox/internal/storage"
)

// TestS3 makes the same gallery in a folder and in S3, and wants the same pages; then it is searched, served and changed there.
func TestS3(t *testing.T) {
	t.Setenv("AWS_ENDPOINT_URL", awstest.StartS3(t, "photos"))
	t.Setenv("AWS_ACCESS_KEY_ID", awstest.AccessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", awstest.SecretKey)
	t.Setenv("AWS_REGION", awstest.Region)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	bucket, err := aws.OpenBucket(t.Context(), "photos")
	if err != nil {
		t.Fatal(err)
	}
	const odd = "data/alps/100% #1 & „two“?.jpg"
	originals := map[string][]byte{
		"data/alps/a.jpg": photo(1), "data/alps/2024/b.jpg": photo(2), odd: photo(3), "data/notes.txt": []byte("hello"),
		"data/alps/a.jpg.md": []byte("---\ntitle: Summit\nkeywords: [snow]\n---"), "data/-/c.jpg": photo(4),
	}
	folder := t.TempDir()
	for key, body := range originals {
		if _, err := bucket.Put(t.Context(), key, body, storage.PutOptions{}); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(folder, filepath.FromSlash(key)), body)
	}
	for info, err := range bucket.List(t.Context(), "data/") {
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(filepath.Join(folder, filepath.FromSlash(info.Key)), info.Modified, info.Modified); err != nil {
			t.Fatal(err)
		}
	}

	shoebox := func(args ...string) string {
		t.Helper()
		cmd, stderr := command(t.Context(), t.TempDir(), args...)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("shoebox %q: %v\n%s", args, err, stderr)
		}
		return string(out)
	}
	shoebox("build", folder)
	if out := shoebox("build", "--bucket", "s3://photos"); !strings.Contains(out, "gallery: s3://photos/public/index.html") {
		t.Errorf("build says %q", out)
	}
	local, err := storage.OpenDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer local.Close()
	want, got := pagesIn(t, local), pagesIn(t, bucket)
	for key, body := range want {
		if !bytes.Equal(got[key], body) {
			t.Errorf("%s differs in S3: %d bytes, want %d", key, len(got[key]), len(body))
		}
		delete(got, key)
	}
	for key := range got {
		t.Errorf("only in S3: %s", key)
	}
	if out := shoebox("build", "--bucket", "s3://photos", "--json"); !strings.Contains(out, `"written":0,"deleted":0`) {
		t.Errorf("the second build says %s", out)
	}
	if out := shoebox("search", "--bucket", "s3://photos", "snow"); !strings.Contains(out, "alps/a.jpg") {
		t.Errorf("search finds %q", out)
	}

	ctx, cancel := context.WithCancel(t.Context())
	server, _ := command(ctx, t.TempDir(), "serve", "--bucket", "s3://photos", "--addr", "127.0.0.1:0")
	base := start(t, server)
	for path, want := range map[string][]byte{
		"alps/-/original/100%25%20%231%20%26%20%E2%80%9Etwo%E2%80%9C%3F.jpg": photo(3),
		"--/-/original/c.jpg": photo(4), "-/original/notes.txt": []byte("hello"), "-/original/alps.jpg": nil, "alps/-/original/a.jpg.md": nil,
	} {
		response, err := http.Get(base + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || (response.StatusCode == http.StatusOK) != (want != nil) || want != nil && !bytes.Equal(body, want) {
			t.Errorf("%s: %s, %d bytes, %v", path, response.Status, len(body), err)
		}
	}
	cancel()
	_ = server.Wait()

	if err := bucket.Delete(t.Context(), odd); err != nil {
		t.Fatal(err)
	}
	shoebox("build", "--bucket", "s3://photos")
	for key := range pagesIn(t, bucket) {
		if strings.Contains(key, "100%") {
			t.Errorf("left of a deleted photo: %s", key)
		}
	}
}

// pagesIn reads public/ of a bucket, but for originals, which S3 does not hold a second time.
func pagesIn(t *testing.T, b storage.Bucket) map[string][]byte {
	t.Helper()
	pages := map[string][]byte{}
	for info, err := range b.List(t.Context(), "public/") {
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(info.Key, "/-/original/") {
			continue
		}
		if pages[info.Key], _, err = storage.Read(t.Context(), b, info.Key); err != nil {
			t.Fatal(err)
		}
	}
	return pages
}

// start starts the server and returns the address that it prints.
func start(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("serve printed no address: %v", err)
	}
	return strings.TrimSpace(line)
}
