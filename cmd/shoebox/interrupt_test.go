//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// command returns the program to be run in a folder, without the settings of whoever runs the tests.
func command(ctx context.Context, dir string, args ...string) (*exec.Cmd, *bytes.Buffer) {
	cmd := exec.CommandContext(ctx, "shoebox", args...)
	cmd.Dir = dir
	cmd.Env = slices.DeleteFunc(os.Environ(), func(entry string) bool { return strings.HasPrefix(entry, "SHOEBOX_") })
	stderr := &bytes.Buffer{}
	cmd.Stderr = stderr
	return cmd, stderr
}

// TestKilledBuild ends builds at many moments, by Ctrl-C and by force. Whatever front page there is then leads to files that
// are there, and the next build makes the very gallery that nothing disturbed.
func TestKilledBuild(t *testing.T) {
	const count = 200
	start := time.Date(2024, 7, 1, 8, 0, 0, 0, time.UTC)
	originals := t.TempDir()
	for i := range count {
		name := filepath.Join(originals, "data", []string{".", "alps", "alps/2024", "sea"}[i%4], fmt.Sprintf("%03d.jpg", i))
		write(t, name, photo(i))
		if err := os.Chtimes(name, start, start.Add(time.Duration(i)*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	undisturbed := galleryOf(t, originals)
	began := time.Now()
	build(t, undisturbed)
	whole := time.Since(began)
	want := public(t, undisturbed)
	if len(want) < 3*count {
		t.Fatalf("an undisturbed build makes %d files", len(want))
	}

	interrupted, fronts := 0, 0
	for i := range 12 {
		name := "Ctrl-C"
		var signal os.Signal = os.Interrupt
		if i%2 == 1 {
			signal, name = syscall.SIGKILL, "kill"
		}
		// The moments are spread over the build, so that each stage is met; where exactly is chance.
		moment := time.Duration((float64(i) + rand.Float64()) / 12 * float64(whole))
		dir := galleryOf(t, originals)
		cmd, stderr := command(t.Context(), dir, "build")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(moment)
		_ = cmd.Process.Signal(signal) // it may have finished
		err := cmd.Wait()
		if signal == os.Interrupt && err != nil {
			// Before the program listens for it, the signal ends it as the system does; nothing has begun then.
			_, begun := os.Stat(filepath.Join(dir, "state"))
			early := cmd.ProcessState.Sys().(syscall.WaitStatus).Signaled() && begun != nil
			if code := cmd.ProcessState.ExitCode(); code != exitInterrupted && !early {
				t.Errorf("%s after %s: exit code %d, want %d\n%s", name, moment, code, exitInterrupted, stderr)
			}
			if message := "shoebox: interrupted; what is finished is kept, run it again to go on\n"; !early && !strings.HasSuffix(stderr.String(), message) {
				t.Errorf("%s after %s says %q, want %q at the end", name, moment, stderr, message)
			}
		}
		if err != nil {
			interrupted++
		}
		if _, err := os.Stat(filepath.Join(dir, "public/index.html")); err == nil {
			fronts++
			checkLinks(t, filepath.Join(dir, "public"), fmt.Sprintf("%s after %s", name, moment))
		}
		build(t, dir)
		got := public(t, dir)
		for _, file := range slices.Sorted(maps.Keys(want)) {
			if got[file] != want[file] {
				t.Errorf("%s after %s, and another build: %s has the digest %q, want %q", name, moment, file, got[file], want[file])
			}
		}
		for file := range got {
			if _, ok := want[file]; !ok {
				t.Errorf("%s after %s, and another build: there is also %s", name, moment, file)
			}
		}
	}
	if interrupted < 3 {
		t.Errorf("only %d of 12 builds were met while they ran: this test says little", interrupted)
	}
	t.Logf("a build takes %s; %d of 12 were met, %d left a front page", whole, interrupted, fronts)
}

// TestKilledRebuild does the same to a gallery that is there already, and changes.
func TestKilledRebuild(t *testing.T) {
	originals := t.TempDir()
	for i := range 60 {
		write(t, filepath.Join(originals, "data", []string{".", "alps", "sea"}[i%3], fmt.Sprintf("%03d.jpg", i)), photo(i))
	}
	change := func(dir string) {
		for i := range 20 {
			write(t, filepath.Join(dir, "data", "new", fmt.Sprintf("%03d.jpg", i)), photo(100+i))
		}
		write(t, filepath.Join(dir, "assets", "style.css"), []byte("body { color: teal }"))
		for _, name := range []string{"data/000.jpg", "data/alps/001.jpg"} {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Rename(filepath.Join(dir, "data/sea"), filepath.Join(dir, "data/lake")); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 8 {
		dir := galleryOf(t, originals)
		build(t, dir)
		change(dir)
		began := time.Now()
		cmd, _ := command(t.Context(), dir, "build")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rand.Int64N(int64(20+i*60))) * time.Millisecond)
		_ = cmd.Process.Signal([]os.Signal{os.Interrupt, syscall.SIGKILL}[i%2])
		_ = cmd.Wait() // how it ends is the other test's
		moment := time.Since(began)
		checkLinks(t, filepath.Join(dir, "public"), fmt.Sprintf("a rebuild that ended after %s", moment))
		build(t, dir)
		checkLinks(t, filepath.Join(dir, "public"), "the build after it")
		undisturbed := galleryOf(t, dir)
		write(t, filepath.Join(undisturbed, "assets", "style.css"), []byte("body { color: teal }"))
		build(t, undisturbed)
		if got, want := public(t, dir), public(t, undisturbed); !maps.Equal(got, want) {
			t.Errorf("after a rebuild ended after %s the gallery is another than an undisturbed one: %d files, want %d", moment, len(got), len(want))
		}
	}
}

func write(t testing.TB, name string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// galleryOf returns a new folder with a copy of the data/ of another, dates and all.
func galleryOf(t testing.TB, folder string) string {
	t.Helper()
	dir := t.TempDir()
	err := filepath.WalkDir(filepath.Join(folder, "data"), func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		relative, _ := filepath.Rel(folder, name)
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		write(t, filepath.Join(dir, relative), data)
		return os.Chtimes(filepath.Join(dir, relative), info.ModTime(), info.ModTime())
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func build(t testing.TB, dir string) {
	t.Helper()
	cmd, stderr := command(t.Context(), dir, "build")
	if err := cmd.Run(); err != nil {
		t.Fatalf("build: %v\n%s", err, stderr)
	}
}

func public(t testing.TB, dir string) map[string]string {
	t.Helper()
	files, err := snapshot(filepath.Join(dir, "public"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// checkLinks follows all links from the front page and reports those that lead to no file. The search is answered by a server.
func checkLinks(t testing.TB, folder, when string) {
	t.Helper()
	seen := map[string]bool{"index.html": true}
	for queue := []string{"index.html"}; len(queue) > 0; queue = queue[1:] {
		page := queue[0]
		body, err := os.ReadFile(filepath.Join(folder, page))
		if err != nil {
			t.Errorf("%s: %s is linked and not there", when, page)
			continue
		}
		if path.Ext(page) != ".html" || strings.Contains(page, "-/original/") {
			continue
		}
		base := &url.URL{Path: "/" + page}
		for _, link := range links(t, body) {
			ref, err := url.Parse(link)
			if err != nil {
				t.Errorf("%s: %s links to %q: %v", when, page, link, err)
				continue
			}
			target := base.ResolveReference(ref)
			file := strings.TrimPrefix(target.Path, "/")
			if target.Host != "" || target.Scheme != "" || strings.HasSuffix(file, "-/search") {
				continue
			}
			if file == "" || strings.HasSuffix(file, "/") {
				file += "index.html"
			}
			if !seen[file] {
				seen[file] = true
				queue = append(queue, file)
			}
		}
	}
}

// links returns what a page's elements lead to or load.
func links(t testing.TB, page []byte) []string {
	t.Helper()
	var all []string
	for z := html.NewTokenizer(bytes.NewReader(page)); z.Next() != html.ErrorToken; {
		for _, a := range z.Token().Attr {
			switch a.Key {
			case "href", "src", "poster", "data-src":
				all = append(all, a.Val)
			case "srcset":
				for candidate := range strings.SplitSeq(a.Val, ",") {
					all = append(all, strings.Fields(candidate)[0])
				}
			}
		}
	}
	if len(all) == 0 {
		t.Error("a page without links")
	}
	return all
}
