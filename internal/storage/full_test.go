//go:build linux

package storage_test

import (
	"os"
	"os/exec"
	"syscall"
	"testing"

	"shoebox/internal/storage"
)

// TestDirFull writes more than there may be: a limit on the size of files makes a write fail in its middle, as a full disk
// does. The limit is one of the whole process, so the test runs in one of its own.
func TestDirFull(t *testing.T) {
	if os.Getenv("FULL") == "" {
		c := exec.Command(os.Args[0], "-test.run=^TestDirFull$", "-test.v")
		c.Env = append(os.Environ(), "FULL=1")
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	folder := t.TempDir()
	d := openDir(t, folder)
	if _, err := d.Put(t.Context(), "public/a", []byte("x"), storage.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	limit := syscall.Rlimit{Cur: 1 << 16, Max: 1 << 16}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Skip(err)
	}
	large := make([]byte, 1<<17)
	for _, key := range []string{"public/a", "public/sub/b"} {
		if _, err := d.Put(t.Context(), key, large, storage.PutOptions{}); err == nil {
			t.Errorf("stored %s beyond the limit", key)
		}
	}
	wantLeft(t, d, folder)
}
