package main

import (
	"errors"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"shoebox/internal/aws/awstest"
	"shoebox/internal/needs"
)

// TestSmoke runs the test that owners run of their stack against the chain, behind the stand-in for CloudFront; and then with a
// bucket to upload to that nobody listens to, which it has to notice.
func TestSmoke(t *testing.T) {
	for _, tool := range []string{"curl", "od"} {
		needs.Tool(t, tool)
	}
	c := newChain(t)
	if err := c.function(t, "setup").firstPage(t.Context()); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(c.distribution())
	defer server.Close()
	script, err := filepath.Abs("../../deploy/smoke.sh")
	if err != nil {
		t.Fatal(err)
	}
	smoke := func(bucket, wait string) (string, error) {
		cmd := exec.CommandContext(t.Context(), script)
		cmd.Env = append(awstest.Env(c.moto), "URL="+server.URL, "BUCKET="+bucket, "SITE=site", "WAIT="+wait,
			"DIRECT=no") // the emulator does not check credentials
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	out, err := smoke("owners", "60")
	if err != nil || !strings.HasSuffix(out, "all is well\n") || strings.Count(out, "\nok ") < 15 {
		t.Fatalf("%v\n%s", err, out)
	}
	for info, err := range c.owners.List(t.Context(), "data/") {
		t.Errorf("it left %s, %v", info.Key, err)
	}
	c.run("s3", "mb", "s3://elsewhere")
	out, err = smoke("elsewhere", "1")
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(out, "FAILED   no page after 1s") {
		t.Errorf("nothing is published, and it says: %v\n%s", err, out)
	}
}
