//go:build unix

package main

import (
	"bytes"
	"image/jpeg"
	"path/filepath"
	"strings"
	"testing"

	"shoebox/internal/aws/awstest"
)

// TestLabels labels the photos of a folder, with the credentials of the AWS command line.
func TestLabels(t *testing.T) {
	server := awstest.StartRekognition(t)
	awstest.Setenv(t, server.URL)
	folder := t.TempDir()
	for name, background := range map[string]awstest.Background{"meadow.jpg": awstest.Grass, "winter.jpg": awstest.Snow} {
		var body bytes.Buffer
		if err := jpeg.Encode(&body, awstest.Scene{Width: 600, Height: 400, Background: background}.Draw(), nil); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(folder, "data", name), body.Bytes())
	}
	shoebox := func(want string, args ...string) {
		t.Helper()
		cmd, stderr := command(t.Context(), folder, args...)
		if out, err := cmd.Output(); err != nil || !strings.Contains(string(out), want) {
			t.Errorf("shoebox %q: %v, %q, want %q\n%s", args, err, out, want, stderr)
		}
	}
	shoebox("2 developed", "build")
	if got := server.Billed("DetectLabels"); got != 0 {
		t.Fatalf("%d photos were sent to a service that nobody switched on", got)
	}
	write(t, filepath.Join(folder, "config.toml"), []byte("bucket = \".\"\n[labels]\nrecognizer = \"rekognition\"\n"))
	shoebox("labels or names of people are due", "build", "--dry-run")
	if got := server.Billed("DetectLabels"); got != 0 {
		t.Fatalf("%d photos were sent by a build that only says what it would do", got)
	}
	shoebox("2 developed", "build")
	shoebox("meadow.jpg", "search", "lawn")
	shoebox("0 objects written", "build")
	if got := server.Billed("DetectLabels"); got != 2 {
		t.Errorf("asked %d times, want 2", got)
	}
}
