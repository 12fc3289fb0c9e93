package needs

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const missing = "shoebox-no-such-program"

// program puts a program of that name on the PATH, alone.
func program(t *testing.T, name string) string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	return path
}

func TestToolFindsTheFirstThereIs(t *testing.T) {
	want := program(t, "present.exe")
	if got := Tool(t, missing, "present.exe"); got != want {
		t.Errorf("Tool = %q, want %q", got, want)
	}
}

// TestMissing is no test by itself: the tests below run it in a process of its own, since it ends by skipping or failing.
func TestMissing(t *testing.T) {
	if os.Getenv("NEEDS_MISSING") == "" {
		t.SkipNow()
	}
	Tool(t, missing, missing+"-either")
	t.Error("went on without the program")
}

func runMissing(t *testing.T, env ...string) (output string, ok bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMissing$", "-test.v")
	cmd.Env = append(os.Environ(), "NEEDS_MISSING=1", RequireAll+"=", Skipped+"=")
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

func TestMissingToolSkipsAndIsNoted(t *testing.T) {
	file := filepath.Join(t.TempDir(), "skipped")
	for range 2 {
		if out, ok := runMissing(t, Skipped+"="+file); !ok || !strings.Contains(out, "--- SKIP: TestMissing") {
			t.Fatalf("want it skipped, got:\n%s", out)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	line := "TestMissing: needs " + missing + " or " + missing + "-either\n"
	if want := line + line; string(got) != want {
		t.Errorf("noted %q, want %q", got, want)
	}
}

func TestMissingToolFailsWhenAllAreRequired(t *testing.T) {
	if out, ok := runMissing(t, RequireAll+"=1"); ok || !strings.Contains(out, "--- FAIL: TestMissing") || !strings.Contains(out, missing) {
		t.Errorf("want it to fail and to name the program, got:\n%s", out)
	}
}

func TestSkippedNeedsNoFile(t *testing.T) {
	if out, ok := runMissing(t); !ok || !strings.Contains(out, "--- SKIP: TestMissing") {
		t.Errorf("want it skipped, got:\n%s", out)
	}
}
