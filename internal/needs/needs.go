// Package needs says, in a test, which program it needs: [Tool] finds that program or skips the test, and keeps a list of what
// was skipped so that nobody takes a test that did not run for one that passed.
package needs

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// The environment variables that steer [Tool].
const (
	// RequireAll, when it is not empty, makes a missing program an error: continuous integration has them all.
	RequireAll = "SHOEBOX_REQUIRE_ALL"
	// Skipped names a file to which each skipped test adds the line "TestName: needs chromium".
	Skipped = "SHOEBOX_SKIPPED"
)

// Tool returns the path of the first of the named programs that is on the PATH. When there is none of them it skips the test, or
// ends it when [RequireAll] is set.
func Tool(t testing.TB, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	Missing(t, strings.Join(names, " or "))
	return ""
}

// Missing skips a test for want of something, such as a part of a program, or ends it when [RequireAll] is set.
func Missing(t testing.TB, what string) {
	t.Helper()
	reason := "needs " + what
	if os.Getenv(RequireAll) != "" {
		t.Fatalf("%s, which is not here, and %s is set", reason, RequireAll)
	}
	if path := os.Getenv(Skipped); path != "" {
		note(t, path, t.Name()+": "+reason+"\n")
	}
	t.Skip(reason)
}

// note adds a line to a file that the tests of several packages add to at once: one write in append mode stays whole.
func note(t testing.TB, path, line string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(line); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
