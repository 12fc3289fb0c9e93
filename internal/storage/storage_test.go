package storage_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"shoebox/internal/storage"
	"shoebox/internal/storage/storagetest"
)

func openDir(t testing.TB, folder string) *storage.Dir {
	t.Helper()
	d, err := storage.OpenDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func TestMem(t *testing.T) {
	storagetest.Run(t, func(*testing.T) storage.Bucket { return storage.NewMem() })
}

func TestDir(t *testing.T) {
	storagetest.Run(t, func(t *testing.T) storage.Bucket { return openDir(t, t.TempDir()) })
}

// TestMain lets a test start this binary again as another process that counts.
func TestMain(m *testing.M) {
	if folder := os.Getenv("COUNT_IN"); folder != "" {
		d, err := storage.OpenDir(folder)
		for range 50 {
			if err == nil {
				err = storagetest.Increment(&testing.B{}, d, "state/count")
			}
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestDirSwapsBetweenProcesses(t *testing.T) {
	d := openDir(t, t.TempDir())
	folder := filepath.Dir(filepath.Dir(d.LocalPath("state/count")))
	if _, err := d.Put(t.Context(), "state/count", []byte("0"), storage.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	var processes []*exec.Cmd
	for range 3 {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), "COUNT_IN="+folder)
		c.Stderr = os.Stderr
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		processes = append(processes, c)
	}
	for _, c := range processes {
		if err := c.Wait(); err != nil {
			t.Error(err)
		}
	}
	if got, _, _ := storage.Read(t.Context(), d, "state/count"); string(got) != "150" {
		t.Errorf("3 processes counted 50 each to %s, want 150", got)
	}
}

func TestDirStaysInside(t *testing.T) {
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for link, target := range map[string]string{"out": outside, "file": filepath.Join(outside, "secret"), "up": ".."} {
		if err := os.Symlink(target, filepath.Join(folder, link)); err != nil {
			t.Fatal(err)
		}
	}
	d := openDir(t, folder)
	for _, key := range []string{"out/secret", "file", "up/x"} {
		if body, _, err := storage.Read(t.Context(), d, key); err == nil {
			t.Errorf("read %s through a symbolic link: %q", key, body)
		}
	}
	if _, err := d.Put(t.Context(), "out/new", []byte("x"), storage.PutOptions{}); err == nil {
		t.Error("wrote through a symbolic link")
	}
	if _, err := d.Put(t.Context(), "up/new", []byte("x"), storage.PutOptions{}); err == nil {
		t.Error("wrote through a symbolic link")
	}
	if err := d.Link(t.Context(), "file", "public/copy", true); err == nil {
		t.Error("linked what a symbolic link outside stands for")
	}
	var said []string
	for info, err := range d.List(t.Context(), "") {
		if err == nil {
			t.Errorf("listed %s", info.Key)
		} else {
			said = append(said, info.Key)
		}
	}
	if got := strings.Join(said, " "); got != "file out up" {
		t.Errorf("said of %q, want the three links", got)
	}
	if entries, _ := os.ReadDir(outside); len(entries) != 1 {
		t.Errorf("outside holds %v", entries)
	}
}

func TestDirFollowsLinksInside(t *testing.T) {
	folder := t.TempDir()
	d := openDir(t, folder)
	if _, err := d.Put(t.Context(), "data/a", []byte("x"), storage.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("a", filepath.Join(folder, "data", "b")); err != nil {
		t.Fatal(err)
	}
	if err := d.Link(t.Context(), "data/b", "public/b", true); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(d.LocalPath("public/b")); err != nil || !info.Mode().IsRegular() {
		t.Errorf("published a symbolic link: %v, %v", info, err)
	}
}

func TestDirShares(t *testing.T) {
	d := openDir(t, t.TempDir())
	if _, err := d.Put(t.Context(), "data/a", []byte("x"), storage.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := d.Link(t.Context(), "data/a", "public/a", true); err != nil {
		t.Fatal(err)
	}
	a, _ := os.Stat(d.LocalPath("data/a"))
	b, _ := os.Stat(d.LocalPath("public/a"))
	if !os.SameFile(a, b) {
		t.Skip("this file system has no hard links")
	}
}

func TestDirSweepsUpAfterACrash(t *testing.T) {
	d := openDir(t, t.TempDir())
	if _, err := d.Put(t.Context(), "public/a", []byte("x"), storage.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	private := filepath.Join(filepath.Dir(filepath.Dir(d.LocalPath("public/a"))), ".shoebox")
	long := time.Now().Add(-48 * time.Hour)
	for name, age := range map[string]time.Time{"new-crashed": long, "new-going-on": time.Now()} {
		if err := os.WriteFile(filepath.Join(private, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(filepath.Join(private, name), age, age); err != nil {
			t.Fatal(err)
		}
	}
	for info, err := range d.List(t.Context(), "") {
		if err != nil || info.Key != "public/a" {
			t.Errorf("listed %s, %v", info.Key, err)
		}
	}
	openDir(t, filepath.Dir(private))
	entries, _ := os.ReadDir(private)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if got := strings.Join(names, " "); got != "lock new-going-on" {
		t.Errorf("left in the private folder: %s", got)
	}
}

func TestMemFaults(t *testing.T) {
	for fault, stored := range map[storage.Fault]bool{storage.None: true, storage.Before: false, storage.After: true} {
		m := storage.NewMem()
		m.Inject(func(n int, w storage.Write) storage.Fault { return fault })
		_, err := m.Put(t.Context(), "public/a", []byte("x"), storage.PutOptions{})
		if (err != nil) != (fault != storage.None) || err != nil && !errors.Is(err, storage.ErrInjected) {
			t.Errorf("fault %d: error %v", fault, err)
		}
		if _, err := m.Get(t.Context(), "public/a", storage.Range{}); (err != nil) != (fault != storage.None) {
			t.Errorf("fault %d: afterwards get says %v", fault, err)
		}
		m.Revive()
		if got := m.Contents("")["public/a"] == "x"; got != stored {
			t.Errorf("fault %d: stored is %v, want %v", fault, got, stored)
		}
	}
}

func TestMemViolations(t *testing.T) {
	m := storage.NewMem()
	immutable := storage.PutOptions{CacheControl: "public, max-age=31536000, immutable"}
	for _, body := range []string{"1", "1", "2"} {
		if _, err := m.Put(t.Context(), "public/x", []byte(body), immutable); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Delete(t.Context(), "data/original.jpg"); err != nil {
		t.Fatal(err)
	}
	if got := m.Violations(); len(got) != 2 {
		t.Errorf("violations %q, want two", got)
	}
}

func BenchmarkDirPut(b *testing.B) {
	d := openDir(b, b.TempDir())
	body := make([]byte, 20_000)
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			if _, err := d.Put(b.Context(), fmt.Sprintf("public/%p/%d", pb, i), body, storage.PutOptions{}); err != nil {
				b.Error(err)
			}
		}
	})
}

// TestDirLinkedFolders opens buckets of which a whole prefix is a symbolic link out of the folder, or to nowhere. Nothing of it
// may be seen, and it may not pass for an empty one: what was made of it would be deleted.
func TestDirLinkedFolders(t *testing.T) {
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"out of the folder": outside, "to nowhere": "missing"} {
		folder := t.TempDir()
		if err := os.Symlink(target, filepath.Join(folder, "data")); err != nil {
			t.Fatal(err)
		}
		d := openDir(t, folder)
		errs := 0
		for info, err := range d.List(t.Context(), "data/") {
			if errs++; err == nil {
				t.Errorf("%s: listed %s", name, info.Key)
			}
		}
		if errs != 1 {
			t.Errorf("%s: %d errors, want one", name, errs)
		}
		for _, key := range []string{"data/a", "data/a/b", "data/a/b/c"} {
			if _, err := d.Put(t.Context(), key, []byte("x"), storage.PutOptions{}); err == nil {
				t.Errorf("%s: wrote %s", name, key)
			}
		}
	}
	if entries, _ := os.ReadDir(outside); len(entries) != 1 {
		t.Errorf("outside holds %v", entries)
	}
}

// wantLeft wants a bucket to hold public/a as "x" and no remains of other writes.
func wantLeft(t *testing.T, d *storage.Dir, folder string) {
	t.Helper()
	var left []string
	for info, err := range d.List(t.Context(), "") {
		left = append(left, fmt.Sprint(info.Key, err))
	}
	if got := strings.Join(left, " "); got != "public/a<nil>" {
		t.Errorf("left: %s", got)
	}
	if body, _, err := storage.Read(t.Context(), d, "public/a"); string(body) != "x" {
		t.Errorf("public/a holds %q, %v", body, err)
	}
	if entries, err := os.ReadDir(filepath.Join(folder, ".shoebox")); err != nil || len(entries) != 1 {
		t.Errorf("left in the private folder: %v, %v", entries, err)
	}
}
