package generator_test

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"shoebox/internal/config"
	"shoebox/internal/storage"
)

// originalsOf describes all that lies in data/: names, bytes, dates, modes.
func originalsOf(t *testing.T, folder string) map[string]string {
	t.Helper()
	files := tree(t, folder, "data")
	err := filepath.WalkDir(filepath.Join(folder, "data"), func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil {
			files[path] = fmt.Sprint(info.Mode(), info.ModTime().UnixNano())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestOriginalsAreNeverTouched builds in every way over real files, some of them odd.
func TestOriginalsAreNeverTouched(t *testing.T) {
	d, folder := newFolder(t)
	for i, key := range []string{
		"a.jpg", "b/c.jpg", "private/p.jpg", "b/-lead.jpg", "b/#1?%41.jpg", "b/<script>.jpg", "b/\"'.jpg", "b/new\nline.jpg", "שלום/💾.jpg",
		"b/" + strings.Repeat("x", 251) + ".jpg", "bad\xff.jpg", "\xff/x.jpg", strings.Repeat("deep/", 30) + "d.jpg",
	} {
		write(t, folder, "data/"+key, photo(t, i))
	}
	write(t, folder, "data/index.md", []byte("# Hello"))
	write(t, folder, "data/broken.jpg", []byte("\xff\xd8\xff not a photo"))
	for link, target := range map[string]string{"link.jpg": "a.jpg", "dangling.jpg": "none", "loop": ".", "out": "/etc"} {
		if err := os.Symlink(target, filepath.Join(folder, "data", link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(folder, "data", "pipe.jpg"), 0o644); err != nil {
		t.Log(err)
	}
	before := originalsOf(t, folder)
	for _, publish := range []string{"link", "copy", "none", "copy", "link", "none", "link"} {
		mode := func(c *config.Config) { c.Originals.Publish = publish }
		report := build(t, d, mode)
		var failed []string
		for _, f := range report.Failed {
			failed = append(failed, f.Key)
		}
		want := []string{"data/bad\ufffd.jpg", "data/broken.jpg", "data/dangling.jpg", "data/loop", "data/out", "data/pipe.jpg", "data/\ufffd/x.jpg"}
		if !slices.Equal(failed, want) {
			t.Errorf("%s: failed %q, want %q", publish, failed, want)
		}
		original, err := os.Stat(filepath.Join(folder, "data/b/c.jpg"))
		if err != nil {
			t.Fatal(err)
		}
		published, err := os.Stat(filepath.Join(folder, "public/b/-/original/c.jpg"))
		switch {
		case publish == "none" && err == nil:
			t.Error("none: the original is published")
		case publish != "none" && err != nil:
			t.Error(err)
		case publish != "none" && os.SameFile(original, published) != (publish == "link"):
			t.Errorf("%s: the published original is the same file: %v", publish, os.SameFile(original, published))
		}
		if again := build(t, d, mode); again.Written+again.Deleted != 0 {
			t.Errorf("%s: the second build: %+v", publish, again)
		}
	}
	sameTree(t, originalsOf(t, folder), before)
	removePublic := filepath.Join(folder, "public")
	if err := os.RemoveAll(removePublic); err != nil { // even so: what is there is a link of the original, not the original
		t.Fatal(err)
	}
	build(t, d)
	sameTree(t, originalsOf(t, folder), before)
}

// TestPublishedOriginalsFollow changes originals in the ways that programs do, and wants the published ones to be the same.
func TestPublishedOriginalsFollow(t *testing.T) {
	for _, publish := range []string{"link", "copy"} {
		t.Run(publish, func(t *testing.T) {
			mode := func(c *config.Config) { c.Originals.Publish = publish }
			d, folder := newFolder(t)
			write(t, folder, "data/a/x.jpg", photo(t, 1))
			build(t, d, mode)
			name := filepath.Join(folder, "data/a/x.jpg")
			for i, edit := range []func(body []byte) error{
				func(body []byte) error { return os.WriteFile(name, body, 0o644) }, // in place
				func(body []byte) error { // replaced, with the old date
					if err := os.WriteFile(name+".part", body, 0o644); err != nil {
						return err
					}
					if err := os.Chtimes(name+".part", morning, morning); err != nil {
						return err
					}
					return os.Rename(name+".part", name)
				},
				func(body []byte) error { // deleted, built, and back again
					if err := os.Remove(name); err != nil {
						return err
					}
					build(t, d, mode)
					if _, err := os.Stat(filepath.Join(folder, "public/a")); err == nil {
						t.Error("the album is still there")
					}
					if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
						return err
					}
					return os.WriteFile(name, body, 0o644)
				},
			} {
				body := photo(t, 10+i)
				if err := edit(body); err != nil {
					t.Fatal(err)
				}
				if report := build(t, d, mode); report.Developed != 1 {
					t.Errorf("change %d: %+v", i, report)
				}
				if got := tree(t, folder, "public")["public/a/-/original/x.jpg"]; got != string(body) {
					t.Errorf("change %d: the published original has %d other bytes", i, len(got))
				}
				if again := build(t, d, mode); again.Written+again.Deleted != 0 {
					t.Errorf("change %d: the build after that: %+v", i, again)
				}
			}
		})
	}
}

// failing is a bucket of which some objects can't be read.
type failing struct {
	*storage.Mem
	errs    map[string]error // of Get, by key
	reading map[string]error // of reading what Get has opened
	vanish  map[string]bool  // removed as soon as it is asked for
}

func (f *failing) Get(ctx context.Context, key string, r storage.Range) (*storage.Object, error) {
	if f.vanish[key] {
		f.Remove(key)
	}
	if err := f.errs[key]; err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	o, err := f.Mem.Get(ctx, key, r)
	if readErr := f.reading[key]; err == nil && readErr != nil {
		o.Body = unreadable{readErr}
	}
	return o, err
}

type unreadable struct{ err error }

func (u unreadable) Read([]byte) (int, error)          { return 0, u.err }
func (u unreadable) ReadAt([]byte, int64) (int, error) { return 0, u.err }
func (unreadable) Close() error                        { return nil }

var _ io.ReaderAt = unreadable{}

// TestUnreadable makes an original, a sidecar and an index.md unreadable in several ways: each is a line in the report, all
// else is published, and once they can be read the gallery is as if nothing had been.
func TestUnreadable(t *testing.T) {
	denied, broken := &fs.PathError{Op: "open", Path: "x", Err: fs.ErrPermission}, &fs.PathError{Op: "read", Path: "x", Err: syscall.EIO}
	for name, fail := range map[string]func(f *failing, keys ...string){
		"denied": func(f *failing, keys ...string) {
			for _, key := range keys {
				f.errs[key] = denied
			}
		},
		"broken": func(f *failing, keys ...string) {
			for _, key := range keys {
				f.reading[key] = broken
			}
		},
	} {
		for _, first := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, from the start %v", name, first), func(t *testing.T) {
				keys := []string{"data/alps/a.jpg.md", "data/alps/b.jpg", "data/index.md"}
				b := &failing{Mem: sample(t), errs: map[string]error{}, reading: map[string]error{}}
				if !first {
					build(t, b)
					for _, key := range keys { // else nobody looks at them
						b.Upload(key, append([]byte(b.Contents(key)[key]), "more"...), morning.Add(time.Hour))
					}
				}
				fail(b, keys...)
				for n := range 2 {
					b.Writes()
					report := build(t, b)
					if len(report.Failed) != 3 || report.Failed[0].Key != "data/alps/a.jpg" ||
						report.Failed[1].Key != "data/alps/b.jpg" || report.Failed[2].Key != "data/index.md" {
						t.Errorf("build %d failed with %q", n, report.Failed)
					}
					if again := written(b.Mem); n > 0 && len(again) != 0 {
						t.Errorf("build %d wrote %q", n, again)
					}
					checkWhole(t, b.Mem)
				}
				if page := b.Contents("")["public/alps/b.jpg.html"]; !strings.Contains(page, "b.jpg") {
					t.Error("what can't be read has no page")
				}
				clear(b.errs)
				clear(b.reading)
				if report := build(t, b); len(report.Failed) != 0 {
					t.Errorf("when all can be read: %+v", report)
				}
				fresh := copyOriginals(b.Mem)
				build(t, fresh)
				compare(t, b.Mem, fresh)
			})
		}
	}
}

// TestVanishing lets files go between being listed and being read.
func TestVanishing(t *testing.T) {
	for _, first := range []bool{true, false} {
		b := &failing{Mem: sample(t), vanish: map[string]bool{
			"data/alps/b.jpg": true, "data/alps/a.jpg.md": true, "data/index.md": true, "data/sea/.shoeboxignore": true,
		}}
		if !first {
			build(t, b.Mem)
			for key := range b.vanish {
				b.Upload(key, append([]byte(b.Contents(key)[key]), "more"...), morning.Add(time.Hour))
			}
		}
		b.Upload("data/sea/.shoeboxignore", []byte("x"), morning)
		if report := build(t, b); len(report.Failed) != 0 {
			t.Errorf("failed: %q", report.Failed)
		}
		build(t, b)
		fresh := copyOriginals(b.Mem)
		build(t, fresh)
		compare(t, b.Mem, fresh)
		b.Writes()
		build(t, b)
		if again := written(b.Mem); len(again) != 0 {
			t.Errorf("the build after that wrote %q", again)
		}
	}
}

// TestTransientErrorsStop: an error that says nothing of the file may not take its renditions away.
func TestTransientErrorsStop(t *testing.T) {
	b := &failing{Mem: sample(t), errs: map[string]error{}, reading: map[string]error{}}
	build(t, b)
	want := b.Contents("public/")
	b.Upload("data/alps/b.jpg", photo(t, 9), morning.Add(9*time.Hour))
	b.errs["data/alps/b.jpg"] = fmt.Errorf("no route to host")
	if _, err := newGenerator(t, b).Build(t.Context()); err == nil || !strings.Contains(err.Error(), "no route to host") {
		t.Errorf("the build says %v", err)
	}
	sameTree(t, b.Contents("public/"), want)
}
