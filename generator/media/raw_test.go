package media

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"shoebox/internal/gallery"
)

// rawOf is a raw file as many makers write it: a TIFF structure, of which the first directory names a JPEG.
func rawOf(body []byte, fields ...field) []byte {
	lay := func(at int) []byte {
		return tiffOf(append([]field{{0x201, uint32(at)}, {0x202, uint32(len(body))}}, fields...), nil)
	}
	return append(lay(len(lay(0))), body...)
}

// cr3Of is a Canon CR3 of two EXIF blocks, one of GPS, XMP, and a JPEG.
func cr3Of(body []byte, first, second, gps []field, xmp string) []byte {
	uuid := func(id string, parts ...[]byte) []byte { return box("uuid", append([][]byte{[]byte(id)}, parts...)...) }
	return bytes.Join([][]byte{
		box("ftyp", []byte("crx \x00\x00\x00\x01crx isom")),
		box("moov", uuid("\x85\xc0\xb6\x87\x82\x0f\x11\xe0\x81\x11\xf4\xce\x46\x2b\x6a\x48",
			box("CMT1", tiffOf(first, nil)), box("CMT2", tiffOf(second, nil)), box("CMT4", tiffOf(gps, nil)))),
		uuid("\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac", []byte(xmp)),
		uuid("\xea\xf4\x2b\x5e\x1c\x98\x4b\x88\xb9\xfb\xb7\xdc\x40\x6e\x4d\x16", be32(0, 1),
			box("PRVW", be32(0, 1<<16|1620, 1080<<16|1, uint32(len(body))), body)),
	}, nil)
}

func rafOf(body []byte, w, h uint32) []byte {
	head := append([]byte("FUJIFILMCCD-RAW 0201FF129502"), make([]byte, 56)...)
	head = append(head, be32(108, uint32(len(body)), uint32(108+len(body)), 12, 0, 0)...)
	return append(append(head, body...), be32(1, 0x0111<<16|4, h<<16|w)...)
}

// TestRawIsShownByItsPreview checks pixels, size and turn: the size is that of the sensor's picture, upright.
func TestRawIsShownByItsPreview(t *testing.T) {
	flat, tall := jpegOf(t, corners(60, 40)), jpegOf(t, corners(40, 60))
	exif := func(orientation uint16) []byte { return exifSegment(tiffOf([]field{{0x112, orientation}}, nil)) }
	sensor := []field{{0x100, uint32(6000)}, {0x101, uint32(4000)}}
	turn := func(orientation uint16) []field { return append([]field{{0x112, orientation}}, sensor...) }
	for _, c := range []struct {
		name, file, mediaType string
		body                  []byte
		w, h                  int
		quarters              string
	}{
		{"upright", "a.nef", "image/x-nikon-nef", rawOf(flat, sensor...), 6000, 4000, "RGBW"},
		{"turned", "a.CR2", "image/x-canon-cr2", rawOf(flat, turn(6)...), 4000, 6000, "BRWG"},
		{"turned the other way", "a.arw", "image/x-sony-arw", rawOf(flat, turn(8)...), 4000, 6000, "GWRB"},
		{"turned by the camera already", "a.dng", "image/x-adobe-dng", rawOf(tall, turn(6)...), 4000, 6000, "RGBW"},
		{"upside down", "a.pef", "image/x-pentax-pef", rawOf(flat, turn(3)...), 6000, 4000, "WBGR"},
		{"the preview says how", "a.srw", "image/x-samsung-srw", rawOf(jpegOf(t, corners(60, 40), exif(8)), sensor...), 4000, 6000, "GWRB"},
		{"named by its content", "a.bin", "image/x-fuji-raf", rafOf(jpegOf(t, corners(60, 40), exif(6)), 6000, 4000), 4000, 6000, "BRWG"},
		{"CR3", "a.cr3", "image/x-canon-cr3", cr3Of(flat, turn(8), nil, nil, ""), 4000, 6000, "GWRB"},
	} {
		record, list := develop(t, Options{Preview: 50, Thumbnail: 20}, input(c.file, c.body))
		if record.Kind != gallery.Photo || record.Type != c.mediaType || record.Problem != "" {
			t.Errorf("%s: got %s, %s, problem %q", c.name, record.Kind, record.Type, record.Problem)
		}
		if record.Width != c.w || record.Height != c.h {
			t.Errorf("%s: got %d x %d, want %d x %d", c.name, record.Width, record.Height, c.w, c.h)
		}
		for _, use := range []string{gallery.Preview, gallery.Thumbnail} {
			if r, m := rendition(t, list, use); quarters(m) != c.quarters || (r.Width > r.Height) != (c.w > c.h) {
				t.Errorf("%s: the %s is %s, %d x %d, want %s", c.name, use, quarters(m), r.Width, r.Height, c.quarters)
			}
		}
	}
}

func TestRawMetadata(t *testing.T) {
	picture := corners(60, 40)
	camera := []field{{0x10f, "NIKON CORPORATION"}, {0x110, "NIKON D70"}}
	shot := []field{{0x9003, "2020:05:06 07:08:09"}, {0x829a, [][2]uint32{{1, 125}}}, {0x829d, [][2]uint32{{28, 10}}}, {0x8827, uint16(400)}, {0xa434, "50mm F1.8"}}
	gps := []field{{1, "S"}, {2, [][2]uint32{{33, 1}, {30, 1}, {0, 1}}}, {3, "E"}, {4, [][2]uint32{{151, 1}, {0, 1}, {0, 1}}}}
	whole := append(append([]field{}, camera...), field{0x8769, shot}, field{0x8825, gps})
	// Panasonic gives the numbers of GPS tags other meanings in the first directory.
	strange := append([]field{{1, "N"}, {2, [][2]uint32{{10, 1}, {0, 1}, {0, 1}}}, {3, "W"}, {4, [][2]uint32{{10, 1}, {0, 1}, {0, 1}}}}, whole...)
	orf := rawOf(jpegOf(t, picture), whole...)
	copy(orf, "MMOR")
	for _, c := range []struct {
		name string
		body []byte
	}{
		{"a.nef", rawOf(jpegOf(t, picture), whole...)},
		{"a.orf", orf},
		{"a.cr3", cr3Of(jpegOf(t, picture), camera, shot, gps, "")},
		{"a.raf", rafOf(jpegOf(t, picture, exifSegment(tiffOf(whole, nil))), 60, 40)},
		{"a.dng", rawOf(jpegOf(t, picture), strange...)},
	} {
		record, list := develop(t, Options{}, input(c.name, c.body))
		if record.Camera != "Nikon D70" || record.Taken.String() != "2020-05-06T07:08:09" || record.TakenFrom != "exif" || record.Lens != "50mm F1.8" {
			t.Errorf("%s: camera %q, lens %q, taken %s from %s", c.name, record.Camera, record.Lens, record.Taken, record.TakenFrom)
		}
		if want := (gallery.Exposure{Seconds: 1. / 125, FNumber: 2.8, ISO: 400}); record.Exposure != want {
			t.Errorf("%s: exposure %+v, want %+v", c.name, record.Exposure, want)
		}
		if g := record.GPS; g == nil || g.Latitude != -33.5 || g.Longitude != 151 {
			t.Errorf("%s: place %+v, want 33.5 S, 151 E", c.name, record.GPS)
		}
		if len(list) == 0 || record.Problem != "" {
			t.Errorf("%s: %d renditions, problem %q", c.name, len(list), record.Problem)
		}
	}
	record, _ := develop(t, Options{}, input("a.cr3", cr3Of(jpegOf(t, picture), nil, nil, nil, xmpOf(bag("dc:subject", "sea"))+strings.Repeat(" ", 64<<10)+"<?xpacket end='w'?>")))
	if len(record.Keywords) != 1 || record.Keywords[0] != "sea" {
		t.Errorf("keywords of a CR3 are %q", record.Keywords)
	}
}

func TestRawProblems(t *testing.T) {
	fields := []field{{0x10f, "NIKON CORPORATION"}, {0x110, "NIKON D70"}, {0x100, uint32(3000)}, {0x101, uint32(2000)}, {0x112, uint16(6)},
		{0x8769, []field{{0x9003, "2020:05:06 07:08:09"}}}}
	good := jpegOf(t, corners(60, 40))
	lossless := bytes.Clone(good)
	lossless[bytes.Index(lossless, []byte{0xff, 0xc0})+1] = 0xc3
	for _, c := range []struct {
		name     string
		body     []byte
		problem  string
		pictures bool
	}{
		{"no preview", tiffOf(fields, nil), "the raw file holds no preview that can be shown: shown as a download", false},
		{"lossless JPEG only", rawOf(lossless, fields...), "the raw file holds no preview that can be shown: shown as a download", false},
		{"ends before its preview", rawOf(good, fields...)[:len(rawOf(nil, fields...))], "the file is cut off: upload it again", false},
		{"ends in its preview", rawOf(good, fields...)[:len(rawOf(good, fields...))-len(good)/4], "the picture is cut off after", true},
	} {
		record, list := develop(t, Options{}, input("a.nef", c.body))
		if !strings.HasPrefix(record.Problem, c.problem) || (len(list) > 0) != c.pictures {
			t.Errorf("%s: problem %q and %d renditions, want %q", c.name, record.Problem, len(list), c.problem)
		}
		if record.Kind != gallery.Photo || record.Camera != "Nikon D70" || record.Taken.Year() != 2020 || record.Width != 2000 || record.Height != 3000 {
			t.Errorf("%s: got %+v", c.name, record)
		}
	}
	// A bomb is refused by the header of the preview.
	bomb := bytes.Clone(good)
	copy(bomb[bytes.Index(bomb, []byte{0xff, 0xc0})+5:], "\xc0\x00\xc0\x00")
	if record, list := develop(t, Options{}, input("a.nef", rawOf(bomb, fields...))); len(list) != 0 || !strings.Contains(record.Problem, "49152 x 49152") {
		t.Errorf("a bomb: problem %q and %d renditions", record.Problem, len(list))
	}
}

// TestRawFallsBackToASmallerPreview: the largest is damaged right at the start of its data.
func TestRawFallsBackToASmallerPreview(t *testing.T) {
	big, small := jpegOf(t, corners(60, 40)), jpegOf(t, corners(30, 20))
	broken := bytes.Clone(big)
	for i := bytes.Index(broken, []byte{0xff, 0xc4}) + 5; i < bytes.Index(broken, []byte{0xff, 0xda}); i++ {
		broken[i] = 0xee
	}
	lay := func(at uint32) []byte {
		return tiffOf([]field{{0x201, at}, {0x202, uint32(len(broken))}, {0x111, at + uint32(len(broken))}, {0x117, uint32(len(small))}}, nil)
	}
	body := append(append(lay(uint32(len(lay(0)))), broken...), small...)
	_, list := develop(t, Options{}, input("a.nef", body))
	if _, m := rendition(t, list, gallery.Preview); m.Bounds().Dx() != 30 || quarters(m) != "RGBW" {
		t.Errorf("the preview is %v, %s", m.Bounds(), quarters(m))
	}
}

// TestRawIsReadInParts: of a large raw file little more than the preview is read.
func TestRawIsReadInParts(t *testing.T) {
	picture := jpegOf(t, corners(600, 400))
	body := append(rawOf(picture, field{0x110, "NIKON D70"}, field{0x8769, []field{{0x9003, "2020:05:06 07:08:09"}, {0x829a, [][2]uint32{{1, 125}}}}}), make([]byte, 20<<20)...)
	touched := &touching{r: bytes.NewReader(body), blocks: map[int64]bool{}}
	in := input("a.nef", body)
	in.R = touched
	record, _ := develop(t, Options{}, in)
	if record.Camera != "NIKON D70" || record.Problem != "" {
		t.Fatalf("got %+v", record)
	}
	if beside := len(touched.blocks)*touchedBlock - len(picture); beside > 64<<10 {
		t.Errorf("%d bytes were read beside the preview, want 64 KB at most", beside)
	}
}

const touchedBlock = 4096

// touching notes which blocks are read, however often.
type touching struct {
	r      io.ReaderAt
	blocks map[int64]bool
}

func (c *touching) ReadAt(p []byte, at int64) (int, error) {
	n, err := c.r.ReadAt(p, at)
	for b := at / touchedBlock; b*touchedBlock < at+int64(n); b++ {
		c.blocks[b] = true
	}
	return n, err
}

func TestRawReadErrorIsNotTheFilesFault(t *testing.T) {
	body := rawOf(jpegOf(t, corners(600, 400)), field{0x110, "NIKON D70"})
	gone := errors.New("connection reset")
	failed := 0
	for n := range 200 {
		in := input("a.nef", body)
		in.R = &failingAfter{bytes.NewReader(body), n, gone}
		if _, _, err := New(Options{}).Develop(context.Background(), in); err == nil {
			break
		} else if !errors.Is(err, gone) {
			t.Fatalf("after %d reads: error %v, want %v", n, err, gone)
		}
		failed++
	}
	if failed < 10 {
		t.Errorf("only %d reads were made to fail", failed)
	}
}

type failingAfter struct {
	r    io.ReaderAt
	left int
	err  error
}

func (f *failingAfter) ReadAt(p []byte, at int64) (int, error) {
	if f.left--; f.left < 0 {
		return 0, f.err
	}
	return f.r.ReadAt(p, at)
}

func FuzzRaw(f *testing.F) {
	f.Add(rawOf(jpegOf(f, corners(60, 40)), field{0x112, uint16(6)}, field{0x100, uint32(6000)}, field{0x101, uint32(4000)}))
	f.Add(cr3Of(jpegOf(f, corners(60, 40)), []field{{0x112, uint16(8)}}, []field{{0x9003, "2020:05:06 07:08:09"}}, []field{{1, "N"}}, xmpOf(bag("dc:subject", "sea"))))
	f.Add(rafOf(jpegOf(f, corners(60, 40), exifSegment(tiffOf([]field{{0x112, uint16(3)}}, nil))), 60, 40))
	f.Fuzz(func(t *testing.T, data []byte) { fuzzFile(t, "a.nef", data) })
}
