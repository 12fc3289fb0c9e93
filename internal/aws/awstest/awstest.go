// Package awstest runs a real S3 server for tests: [StartS3].
package awstest

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"shoebox/internal/needs"
)

// What the server takes for an account.
const (
	AccessKey = "test"
	SecretKey = "secret"
	Region    = "eu-north-1"
)

// StartS3 starts a server on a folder of its own until the test ends, and makes buckets in it. It returns its URL.
func StartS3(t testing.TB, buckets ...string) (endpoint string) {
	t.Helper()
	program := needs.Tool(t, "versitygw")
	root := t.TempDir()
	for _, name := range buckets { // a bucket is a folder there
		if err := os.Mkdir(filepath.Join(root, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().String()
	_ = listener.Close() // a free port: nobody else is likely to take it at once
	server := exec.Command(program, "--port", addr, "--access", AccessKey, "--secret", SecretKey, "--region", Region, "--quiet", "posix", root)
	server.Stderr = os.Stderr
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		connection, err := net.Dial("tcp", addr)
		if err == nil {
			_ = connection.Close()
			return "http://" + addr
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}
