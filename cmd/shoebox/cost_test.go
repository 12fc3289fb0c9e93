//go:build unix

package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables in docs/cost.md")

// TestCostDocument runs each command that docs/cost.md shows, and wants what is printed there.
func TestCostDocument(t *testing.T) {
	const document = "../../docs/cost.md"
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	block := regexp.MustCompile("(?s)```console\n\\$ shoebox (cost[^\n]*)\n(.*?)```")
	now := block.ReplaceAllStringFunc(string(text), func(shown string) string {
		n++
		found := block.FindStringSubmatch(shown)
		cmd, stderr := command(t.Context(), t.TempDir(), strings.Fields(found[1])...)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("shoebox %s: %v\n%s", found[1], err, stderr)
		}
		return fmt.Sprintf("```console\n$ shoebox %s\n%s```", found[1], out)
	})
	if n == 0 {
		t.Errorf("%s shows no command", document)
	}
	if now == string(text) {
		return
	}
	if !*update {
		t.Fatalf("%s shows other figures than the program prints: run go test ./cmd/shoebox -run TestCostDocument -update", document)
	}
	if err := os.WriteFile(document, []byte(now), 0o644); err != nil {
		t.Fatal(err)
	}
}
