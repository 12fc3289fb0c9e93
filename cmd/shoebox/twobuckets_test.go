//go:build unix

package main

import (
	"strings"
	"testing"

	"shoebox/internal/aws"
	"shoebox/internal/aws/awstest"
	"shoebox/internal/storage"
)

// TestTwoBuckets builds a gallery as it is on AWS: the owner's files in one bucket, what is made of them in another.
func TestTwoBuckets(t *testing.T) {
	awstest.Setenv(t, awstest.StartS3(t, "owners", "site"))
	owners, err := aws.OpenBucket(t.Context(), "owners")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := owners.Put(t.Context(), "data/alps/a.jpg", photo(1), storage.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	env := []string{"SHOEBOX_BUCKET=s3://site", "SHOEBOX_ORIGINALS_BUCKET=s3://owners"}
	cmd, stderr := command(t.Context(), t.TempDir(), "build")
	cmd.Env = append(cmd.Environ(), env...)
	if out, err := cmd.Output(); err != nil || !strings.Contains(string(out), "1 originals, 1 developed") {
		t.Fatalf("build: %s, %v\n%s", out, err, stderr)
	}
	cmd, stderr = command(t.Context(), t.TempDir(), "search", "alps")
	cmd.Env = append(cmd.Environ(), env...)
	if out, err := cmd.Output(); err != nil || !strings.Contains(string(out), "alps/a.jpg") {
		t.Errorf("search: %s, %v\n%s", out, err, stderr)
	}
	for info, err := range owners.List(t.Context(), "") {
		if err != nil || info.Key != "data/alps/a.jpg" {
			t.Errorf("the owner's bucket has %s, %v", info.Key, err)
		}
	}
}
