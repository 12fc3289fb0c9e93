package generator_test

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"shoebox/generator"
	"shoebox/internal/config"
	"shoebox/internal/storage"
)

// interrupted is a bucket that lets something else happen just before the n-th call that writes or lists.
type interrupted struct {
	*storage.Mem
	mu   sync.Mutex // guards what follows
	left int
	do   func()
	at   string // the call before which it happened
}

func (i *interrupted) call(what string) {
	i.mu.Lock()
	due := i.left == 0
	i.left--
	if due {
		i.at = what
	}
	i.mu.Unlock()
	if due {
		i.do()
	}
}

func (i *interrupted) Put(ctx context.Context, key string, body []byte, o storage.PutOptions) (string, error) {
	i.call("put " + key)
	return i.Mem.Put(ctx, key, body, o)
}

func (i *interrupted) Delete(ctx context.Context, key string) error {
	i.call("delete " + key)
	return i.Mem.Delete(ctx, key)
}

func (i *interrupted) Link(ctx context.Context, from, to string, share bool) error {
	i.call("link " + to)
	return i.Mem.Link(ctx, from, to, share)
}

func (i *interrupted) List(ctx context.Context, prefix string) iter.Seq2[storage.Info, error] {
	i.call("list " + prefix)
	return i.Mem.List(ctx, prefix)
}

// TestAnotherBuildInBetween lets originals change and another build run from start to end in the midst of a build, before each
// of its writes and listings. Once both are done the gallery is that of a build of its own.
func TestAnotherBuildInBetween(t *testing.T) {
	t.Parallel()
	one := func(c *config.Config) { c.Build.Jobs = 1 }
	later := func(b *storage.Mem) {
		b.Upload("data/alps/late.jpg", photo(t, 20), morning.Add(70*time.Minute))
		b.Upload("data/late/x.jpg", photo(t, 21), morning)
		b.Remove("data/sea/e.jpg")
		b.Upload("data/alps/b.jpg", photo(t, 22), morning.Add(time.Hour))
	}
	undisturbed := sample(t)
	change(t, undisturbed)
	later(undisturbed)
	build(t, undisturbed)
	step := 1
	if testing.Short() {
		step = 7
	}
	for n := 0; ; n += step {
		b := sample(t)
		build(t, b)
		change(t, b)
		bucket := &interrupted{Mem: b, left: n}
		bucket.do = func() {
			later(b)
			build(t, b)
		}
		build(t, bucket, one)
		if bucket.at == "" {
			if n < 20 {
				t.Errorf("a build has %d writes and listings", n)
			}
			return
		}
		t.Run(fmt.Sprintf("%d %s", n, bucket.at), func(t *testing.T) {
			compare(t, b, undisturbed)
			checkWhole(t, b)
			b.Writes()
			build(t, b)
			if again := written(b); len(again) != 0 {
				t.Errorf("the build after that wrote %q", again)
			}
			if v := b.Violations(); len(v) != 0 {
				t.Errorf("violations: %q", v)
			}
		})
	}
}

// TestMain lets a test start this binary again as another process that builds.
func TestMain(m *testing.M) {
	if folder := os.Getenv("BUILD_IN"); folder != "" {
		d, err := storage.OpenDir(folder)
		if err == nil {
			_, err = generator.New(generator.Options{Bucket: d, Config: config.Default()}).Build(context.Background())
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestBuildsAtOnce lets three builds of the same originals race, within a process and as processes of their own.
func TestBuildsAtOnce(t *testing.T) {
	t.Parallel()
	fill := func(t *testing.T) (*storage.Dir, string) {
		d, folder := newFolder(t)
		for i := range 24 {
			write(t, folder, fmt.Sprintf("data/album %d/deep/%d.jpg", i%6, i), photo(t, i))
		}
		return d, folder
	}
	for name, race := range map[string]func(t *testing.T, folder string){
		"goroutines": func(t *testing.T, folder string) {
			var builds sync.WaitGroup
			for range 3 {
				d, err := storage.OpenDir(folder)
				if err != nil {
					t.Fatal(err)
				}
				defer d.Close()
				builds.Go(func() {
					if _, err := newGenerator(t, d).Build(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			builds.Wait()
		},
		"processes": func(t *testing.T, folder string) {
			var builds []*exec.Cmd
			for range 3 {
				c := exec.Command(os.Args[0])
				c.Env, c.Stderr = append(os.Environ(), "BUILD_IN="+folder), os.Stderr
				if err := c.Start(); err != nil {
					t.Fatal(err)
				}
				builds = append(builds, c)
			}
			for _, c := range builds {
				if err := c.Wait(); err != nil {
					t.Error(err)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			d, folder := fill(t)
			race(t, folder)
			if again := build(t, d); again.Written+again.Deleted != 0 {
				t.Errorf("the build after the race: %+v", again)
			}
			alone, other := newFolder(t)
			for key, body := range tree(t, folder, "data") {
				write(t, other, key, []byte(body))
			}
			build(t, alone)
			sameTree(t, tree(t, folder, "public"), tree(t, other, "public"))
		})
	}
}

// newFolder opens a new folder as a bucket.
func newFolder(t testing.TB) (*storage.Dir, string) {
	t.Helper()
	folder := t.TempDir()
	d, err := storage.OpenDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d, folder
}

// write writes a file as the owner of a gallery does, dated as all of them so that two galleries are alike.
func write(t testing.TB, folder, key string, body []byte) {
	t.Helper()
	name := filepath.Join(folder, filepath.FromSlash(key))
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, body, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(name, morning, morning); err != nil {
		t.Fatal(err)
	}
}

// tree reads all files below a folder of a bucket.
func tree(t testing.TB, folder, below string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(filepath.Join(folder, below), func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		body, err := os.ReadFile(path)
		files[filepath.ToSlash(strings.TrimPrefix(path, folder+string(filepath.Separator)))] = string(body)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// sameTree wants two trees to be the same, byte for byte.
func sameTree(t *testing.T, got, want map[string]string) {
	t.Helper()
	for key, body := range want {
		if held, ok := got[key]; !ok {
			t.Errorf("missing: %s", key)
		} else if held != body {
			t.Errorf("%s differs:\n%s\nwant\n%s", key, short(held), short(body))
		}
	}
	for key := range got {
		if _, ok := want[key]; !ok {
			t.Errorf("left over: %s", strings.ToValidUTF8(key, "?"))
		}
	}
}

// removeData removes all originals, as their owner does.
func removeData(t testing.TB, folder string) {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(folder, "data")); err != nil {
		t.Fatal(err)
	}
}
