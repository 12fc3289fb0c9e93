package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the tests run this binary as the program: "shoebox" is on their PATH.
func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"shoebox": main}) }

// TestScripts runs what a user would type. Beside testscript's own commands there are
//
//	exits CODE CMD…   run a command that fails with that exit code
//	photo FILE SEED   write a small photo; a name in "double quotes" is one of a Go string
//	object KEY…       the last output was one JSON object, with these keys and no others
//	snapshot FILE DIR list the names and bytes of all files below a folder, for cmp
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                "testdata/script",
		RequireUniqueNames: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":    scriptExits,
			"photo":    scriptPhoto,
			"object":   scriptObject,
			"snapshot": scriptSnapshot,
		},
	})
}

func scriptExits(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

func scriptPhoto(ts *testscript.TestScript, _ bool, args []string) {
	name, err := args[0], error(nil)
	if strings.HasPrefix(name, `"`) {
		name, err = strconv.Unquote(name)
		ts.Check(err)
	}
	seed, err := strconv.Atoi(args[1])
	ts.Check(err)
	file := ts.MkAbs(name)
	ts.Check(os.MkdirAll(filepath.Dir(file), 0o755))
	ts.Check(os.WriteFile(file, photo(seed), 0o644))
}

func scriptObject(ts *testscript.TestScript, _ bool, keys []string) {
	decoder := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout")))
	var object map[string]any
	ts.Check(decoder.Decode(&object))
	if rest, _ := io.ReadAll(decoder.Buffered()); len(bytes.TrimSpace(rest)) > 0 {
		ts.Fatalf("more than one object on standard output: %s", rest)
	}
	if got := slices.Sorted(maps.Keys(object)); !slices.Equal(got, slices.Sorted(slices.Values(keys))) {
		ts.Fatalf("the object has the keys %q, want %q", got, keys)
	}
}

func scriptSnapshot(ts *testscript.TestScript, _ bool, args []string) {
	files, err := snapshot(ts.MkAbs(args[1]))
	ts.Check(err)
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(&b, "%s %s\n", files[name], name)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o644))
}

// snapshot returns a digest of each file below a folder, by its slash-separated name.
func snapshot(folder string) (map[string]string, error) {
	files := map[string]string{}
	root := os.DirFS(folder)
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(root, name)
		files[name] = fmt.Sprintf("%x", sha256.Sum256(data))
		return err
	})
	return files, err
}

// photo draws a small photo; other seeds give other bytes.
func photo(seed int) []byte {
	m := image.NewRGBA(image.Rect(0, 0, 60, 40))
	for y := range 40 {
		for x := range 60 {
			m.Set(x, y, color.RGBA{uint8(x*4 + seed*31), uint8(y*6 + seed*17), uint8(seed * 53), 255})
		}
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, m, nil) // a buffer takes all
	return b.Bytes()
}
