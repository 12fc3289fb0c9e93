//go:build linux

package storage_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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
		t.Fatal(err)
	}
	large := make([]byte, 1<<17)
	for _, key := range []string{"public/a", "public/sub/b"} {
		if _, err := d.Put(t.Context(), key, large, storage.PutOptions{}); err == nil {
			t.Errorf("stored %s beyond the limit", key)
		}
	}
	wantLeft(t, d, folder)
}

// TestDirReadOnly writes to a folder that is read-only, and to one whose prefix is: an error each time, and nothing is left
// of it.
func TestDirReadOnly(t *testing.T) {
	if os.Getuid() == 0 {
		asNobody(t)
		return
	}
	folder := t.TempDir()
	d := openDir(t, folder)
	if _, err := d.Put(t.Context(), "public/a", []byte("x"), storage.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, readOnly := range []string{filepath.Join(folder, "public"), filepath.Join(folder, ".shoebox"), folder} {
		if err := os.Chmod(readOnly, 0o555); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Chmod(readOnly, 0o755) })
		if _, err := d.Put(t.Context(), "public/a", []byte("other"), storage.PutOptions{}); err == nil {
			t.Errorf("%s is read-only: replaced an object", readOnly)
		}
		if _, err := d.Put(t.Context(), "public/sub/b", []byte("x"), storage.PutOptions{}); err == nil {
			t.Errorf("%s is read-only: wrote an object", readOnly)
		}
		if err := d.Link(t.Context(), "public/a", "public/c", true); err == nil {
			t.Errorf("%s is read-only: linked an object", readOnly)
		}
		if err := d.Delete(t.Context(), "public/a"); err == nil {
			t.Errorf("%s is read-only: deleted an object", readOnly)
		}
	}
	wantLeft(t, d, folder)
}

// asNobody runs a test again in a process that may not write anywhere, as root may.
func asNobody(t *testing.T) {
	t.Helper()
	const nobody = 65534
	dir := t.TempDir()
	program := filepath.Join(dir, "test")
	body, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	// Folders of tests and their programs are for their owner alone.
	err = errors.Join(os.WriteFile(program, body, 0o755), os.Chmod(filepath.Dir(dir), 0o755), os.Chmod(dir, 0o777))
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(program, "-test.run=^"+t.Name()+"$", "-test.v")
	c.Dir, c.Env = dir, append(os.Environ(), "TMPDIR="+dir)
	c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := c.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("as nobody: %v\n%s", err, out)
	}
}
