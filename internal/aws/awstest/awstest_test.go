package awstest_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"shoebox/internal/aws"
	"shoebox/internal/aws/awstest"
	"shoebox/internal/needs"
	"shoebox/internal/storage"
)

// TestMoto wants the emulator to hold what a client of ours and the command line of AWS put there.
func TestMoto(t *testing.T) {
	endpoint := awstest.StartMoto(t, "mine")
	awstest.Setenv(t, endpoint)
	b, err := aws.OpenBucket(t.Context(), "mine")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Put(t.Context(), "public/a", []byte("x"), storage.PutOptions{IfNoneMatch: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Put(t.Context(), "public/a", []byte("y"), storage.PutOptions{IfNoneMatch: true}); !errors.Is(err, storage.ErrPrecondition) {
		t.Errorf("a second put: %v, want ErrPrecondition", err)
	}
	if _, err := b.Get(t.Context(), "public/b", storage.Range{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("get of nothing: %v", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("from the command line"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(needs.Tool(t, "aws"), "--endpoint-url", endpoint, "s3", "cp", file, "s3://mine/data/file")
	cmd.Env = awstest.Env(endpoint)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("aws s3 cp: %v\n%s", err, out)
	}
	if body, _, err := storage.Read(t.Context(), b, "data/file"); string(body) != "from the command line" {
		t.Errorf("it holds %q, %v", body, err)
	}
}

func TestEnvLeadsNowhereElse(t *testing.T) {
	t.Setenv("AWS_PROFILE", "mine")
	t.Setenv("https_proxy", "http://proxy.example")
	for _, entry := range awstest.Env("http://127.0.0.1:1") {
		if strings.HasPrefix(entry, "AWS_PROFILE=") || strings.Contains(entry, "proxy.example") {
			t.Errorf("it has %s", entry)
		}
	}
}
