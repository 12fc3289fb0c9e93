package serve_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"shoebox/internal/serve"
)

// TestWatcher changes real files, and wants each change told.
func TestWatcher(t *testing.T) {
	root := t.TempDir()
	data, settings := filepath.Join(root, "data"), filepath.Join(root, "config.toml")
	write(t, filepath.Join(data, "old", "sub", "a.jpg"), "a")
	w := serve.NewWatcher([]string{data, settings, filepath.Join(root, "layouts")}, func(s string) { t.Errorf("the watcher says %q", s) })
	defer w.Close()
	ctx, cancel := context.WithCancel(t.Context())
	calls, ended := make(chan bool, 1000), make(chan bool)
	go func() {
		w.Run(ctx, func() { calls <- true })
		close(ended)
	}()
	defer func() {
		cancel()
		<-ended
	}()
	told := func(what string) {
		t.Helper()
		select {
		case <-calls:
		case <-time.After(5 * time.Second):
			t.Fatalf("%s: not told in 5 seconds", what)
		}
		for n := 1; ; n++ { // until it is quiet
			select {
			case <-calls:
				if n > 10 {
					t.Fatalf("%s: told %d times", what, n)
				}
			case <-time.After(300 * time.Millisecond):
				return
			}
		}
	}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(data, "new.jpg"), "new")
	told("a file created")
	write(t, filepath.Join(data, "new.jpg"), "changed")
	told("a file changed")
	check(os.Rename(filepath.Join(data, "new.jpg"), filepath.Join(data, "renamed.jpg")))
	told("a file renamed")
	check(os.Remove(filepath.Join(data, "renamed.jpg")))
	told("a file removed")
	write(t, filepath.Join(data, "x", "y", "z", "deep.jpg"), "deep")
	told("folders with a file")
	write(t, filepath.Join(data, "x", "y", "z", "deeper.jpg"), "deep")
	told("a file in a new folder")
	check(os.Rename(filepath.Join(data, "old"), filepath.Join(data, "moved")))
	told("a folder renamed")
	write(t, filepath.Join(data, "moved", "sub", "new", "b.jpg"), "b")
	told("a folder in a renamed folder")
	write(t, filepath.Join(data, "moved", "sub", "new", "c.jpg"), "c")
	told("a file in a folder in a renamed folder")
	write(t, filepath.Join(root, "layouts", "album.html"), "x")
	told("a root that was not there")
	write(t, settings, "a = 1")
	told("a file that was not there")
	write(t, settings+".new", "a = 2")
	check(os.Rename(settings+".new", settings))
	told("a file saved as editors do")
	for i := range 200 {
		write(t, filepath.Join(data, "many", fmt.Sprintf("%03d.jpg", i)), "x")
	}
	told("200 files")
	write(t, filepath.Join(root, "public", "index.html"), "x")
	write(t, filepath.Join(root, "other.txt"), "x")
	select {
	case <-calls:
		t.Error("what is no root's is told")
	case <-time.After(400 * time.Millisecond):
	}
}
