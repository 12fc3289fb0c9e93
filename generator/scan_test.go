package generator

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// bucketOf holds some originals; their bytes are the values.
func bucketOf(files map[string]string) *storage.Mem {
	b := storage.NewMem()
	for key, body := range files {
		b.Upload("data/"+key, []byte(body), time.Unix(1_700_000_000, 0))
	}
	return b
}

// show is a scan as text: each item with its sidecars and companions, each album with its children.
func show(s *scan) string {
	var lines []string
	for _, path := range slices.Sorted(maps.Keys(s.albums)) {
		f := s.albums[path]
		line := "/" + path + ":"
		if f.index != nil {
			line += " (" + gallery.Name(f.index.Key) + ")"
		}
		for _, item := range f.items {
			line += " " + gallery.Name(item.Key)
			for _, sidecar := range item.sidecars {
				line += "+" + gallery.Name(sidecar.Key)
			}
			for _, companion := range item.companions {
				line += "=" + gallery.Name(companion.Key)
			}
		}
		if len(f.children) > 0 {
			line += " [" + strings.Join(f.children, " ") + "]"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// oldTakeout is what marks a file as one of Google Takeout's.
const oldTakeout = `{"title": "x.jpg", "photoTakenTime": {"timestamp": "1700000000"}}`

func TestScan(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"nothing": {nil, "/:"},
		"only what is ignored": {
			map[string]string{".DS_Store": "", "a/Thumbs.db": "", "@eaDir/x.jpg": "", "b/": "", "c/x.part": "", "d/.hidden/y.jpg": ""}, "/:",
		},
		"sidecars": {
			map[string]string{"a.jpg": "", "a.jpg.md": "", "a.jpg.xmp": "", "a.xmp": "", "b.cr2": "", "b.jpg": "", "B.XMP": "", "b.xmp": "", "c.md": "", "index.md": ""},
			// a.xmp says nothing of a.jpg, which has its own: it is shown, as is all that speaks of nothing.
			"/: (index.md) B.XMP a.jpg+a.jpg.md+a.jpg.xmp a.xmp b.jpg+b.xmp=b.cr2 c.md",
		},
		"raw files": {
			map[string]string{"a.CR2": "", "a.JPG": "", "a.CR2.xmp": "", "a.dng": "", "b.jpg": "", "b.JPG": "", "b.nef": "", "b.nef.md": "", "c.arw": "",
				"c.arw.jpg": "", "d.jpg": "", "D.NEF": "", "e.raf": "", "e.mov": "", "f.cr2": "", "sub/f.jpg": "", "g.CR3": "", "g.HIF": ""},
			"/: D.NEF a.JPG+a.CR2.xmp=a.CR2=a.dng b.JPG+b.nef.md=b.nef b.jpg c.arw c.arw.jpg d.jpg e.mov e.raf f.cr2 g.HIF=g.CR3 [sub]\n/sub: f.jpg",
		},
		"what Google Takeout wrote": {
			map[string]string{
				"IMG_1.jpg": "", "IMG_1.jpg.supplemental-metadata.json": "", "IMG_1-edited.jpg": "",
				"IMG_1(1).jpg": "", "IMG_1.jpg.supplemental-metadata(1).json": "",
				"IMG_2.jpg": "", "IMG_2.jpg.json": oldTakeout, "IMG_2(1).jpg": "", "IMG_2.jpg(1).json": oldTakeout,
				"IMG_3.HEIC": "", "IMG_3.MP4": "", "IMG_3.HEIC.supplemental-metadata.json": "",
				"Screenshot_20230715-181203.jpg": "", "Screenshot_20230715-181203.jpg.supplemental-me.json": "", // 46 characters and .json
				"A photo with a name that is longer than it can be.jpg": "", "A photo with a name that is longer than it can.json": oldTakeout,
			},
			"/: A photo with a name that is longer than it can be.jpg+A photo with a name that is longer than it can.json" +
				" IMG_1(1).jpg+IMG_1.jpg.supplemental-metadata(1).json IMG_1-edited.jpg+IMG_1.jpg.supplemental-metadata.json" +
				" IMG_1.jpg+IMG_1.jpg.supplemental-metadata.json IMG_2(1).jpg+IMG_2.jpg(1).json IMG_2.jpg+IMG_2.jpg.json" +
				" IMG_3.HEIC+IMG_3.HEIC.supplemental-metadata.json IMG_3.MP4+IMG_3.HEIC.supplemental-metadata.json" +
				" Screenshot_20230715-181203.jpg+Screenshot_20230715-181203.jpg.supplemental-me.json",
		},
		"JSON of others": {
			map[string]string{
				"a.jpg": "", "a.jpg.json": `{"title": "of another program"}`, "b.jpg": "", "b.json": oldTakeout, "c.jpg": "", "c.jpg.json": "[",
				"d.jpg.json": oldTakeout, "metadata.json": "{}",
			},
			"/: a.jpg a.jpg.json b.jpg b.json c.jpg c.jpg.json d.jpg.json metadata.json",
		},
		"sidecars of sidecars": {
			map[string]string{"a.md": "", "a.md.md": "", "x.xmp.md": ""}, "/: a.md a.md.md x.xmp.md",
		},
		"albums": {
			map[string]string{"a/x": "", "a-b/x": "", "a/b/c/d/x": "", "a0/x": ""},
			"/: [a a-b a0]\n/a: x [a/b]\n/a-b: x\n/a/b: [a/b/c]\n/a/b/c: [a/b/c/d]\n/a/b/c/d: x\n/a0: x",
		},
		"a file and a folder of one name": {
			map[string]string{"x.jpg": "", "x.jpg/y.jpg": ""}, "/: x.jpg [x.jpg]\n/x.jpg: y.jpg",
		},
		"keys that no file can have": {
			map[string]string{"a//x.jpg": "", "/y.jpg": "", "../z.jpg": "", "./z.jpg": "", "bad\xff.jpg": "", "ok.jpg": ""}, "/: ok.jpg",
		},
		"ignore files": {
			map[string]string{
				".shoeboxignore": "# raw\n*.nef\n/secret/\n\n", "a.nef": "", "secret/x": "", "sub/secret/x": "", "sub/a.nef": "",
				"-first/.shoeboxignore": "!*.nef\r\n", "-first/a.nef": "", // sorts before data/.shoeboxignore, and still overrules it
				"back/.shoeboxignore": "!.hidden.jpg", "back/.hidden.jpg": "", "back/x": "", // hidden files can't be brought back
				"none/.nomedia": "", "none/x": "", "none/sub/x": "",
			},
			"/: [-first back sub]\n/-first: a.nef\n/back: x\n/sub: [sub/secret]\n/sub/secret: x",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := scanData(t.Context(), bucketOf(c.files), nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := show(s); got != c.want {
				t.Errorf("found\n%s\nwant\n%s", got, c.want)
			}
			files := 0 // every file is an item, a sidecar, an index.md, ignored or failed: none is lost
			for _, f := range s.albums {
				files += len(f.items)
			}
			if files != s.items {
				t.Errorf("%d items, said to be %d", files, s.items)
			}
		})
	}
}

func TestScanReportsOddKeys(t *testing.T) {
	s, err := scanData(t.Context(), bucketOf(map[string]string{"a//x.jpg": "", "bad\xff.jpg": "", ".\xff/x": ""}), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.failed) != 2 || s.failed[0].Key != "data/a//x.jpg" || s.failed[1].Key != "data/bad\ufffd.jpg" {
		t.Errorf("failed: %q", s.failed)
	}
}

func TestScanRefusesALargeIgnoreFile(t *testing.T) {
	b := bucketOf(map[string]string{".shoeboxignore": strings.Repeat("x\n", maxText), "a": ""})
	if s, err := scanData(t.Context(), b, nil); err == nil || !strings.Contains(err.Error(), ".shoeboxignore") {
		t.Errorf("scanned as %v, %v", s, err)
	}
}

// listsWith is a bucket whose listing has an error.
type listsWith struct {
	storage.Bucket
	key string
	err error
}

func (l listsWith) List(ctx context.Context, prefix string) iter.Seq2[storage.Info, error] {
	return func(yield func(storage.Info, error) bool) {
		if !yield(storage.Info{Key: l.key}, l.err) {
			return
		}
		l.Bucket.List(ctx, prefix)(yield)
	}
}

// TestScanStopsAtWhatItCannotSee: what can't be seen may be there, so a build that went on would delete its pages.
func TestScanStopsAtWhatItCannotSee(t *testing.T) {
	denied := fmt.Errorf("list: %w", &fs.PathError{Op: "open", Path: "x", Err: fs.ErrPermission})
	for _, c := range []struct {
		key     string
		err     error
		stops   bool
		failed  int
		ignored bool
	}{
		{"data/", denied, true, 0, false},
		{"data/a/", denied, true, 0, false},
		{"data/a/", errors.New("whatever"), true, 0, false},
		{"data/a/x.jpg", denied, true, 0, false}, // a folder that can be listed but not entered
		{"data/.cache/", denied, false, 0, false},
		{"data/skipped/", denied, false, 0, true},
		{"data/link", errors.New("is a symbolic link"), false, 1, false},
		{"", denied, true, 0, false},
	} {
		files := map[string]string{"y": ""}
		if c.ignored {
			files[".shoeboxignore"] = "skipped\ndata\n"
		}
		s, err := scanData(t.Context(), listsWith{bucketOf(files), c.key, c.err}, []string{"data"})
		if (err != nil) != c.stops {
			t.Errorf("%q %v: error %v", c.key, c.err, err)
		}
		if err == nil && (len(s.failed) != c.failed || s.items != 1) {
			t.Errorf("%q %v: %d items, failed %v", c.key, c.err, s.items, s.failed)
		}
	}
}
