package raw

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image/jpeg"
	"io"
	"testing"
	"time"
)

// counting counts what is read.
type counting struct {
	r     io.ReaderAt
	bytes int
}

func (c *counting) ReadAt(p []byte, at int64) (int, error) {
	n, err := c.r.ReadAt(p, at)
	c.bytes += n
	return n, err
}

func read(t *testing.T, body []byte) *File {
	t.Helper()
	f, err := Read(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestEveryMakersPreviewIsFound(t *testing.T) {
	big, small := jpegOf(t, 90, 60), jpegOf(t, 16, 12)
	pentax := func(f *file, base int) []field {
		return []field{{pentaxPreviewLength, uint32(len(big))}, {pentaxPreviewAt, later(func() uint32 { return f.blob(big) - uint32(base) })}}
	}
	olympus := func(f *file, base int) []field {
		return []field{{olympusCameraSettings, later(func() uint32 {
			return uint32(f.dir(base, field{0x100, uint32(1)}, field{olympusPreviewAt, later(func() uint32 { return f.blob(big) - uint32(base) })},
				field{olympusPreviewLength, uint32(len(big))}) - base)
		})}}
	}
	for _, c := range []struct {
		name        string
		body        []byte
		w, h        int // of the sensor's picture
		orientation int
	}{
		{"NEF: SubIFDs", tiffOf("MM\x00*", func(f *file) []field {
			return []field{{tagSubfile, uint32(1)}, {tagWidth, uint32(160)}, {tagHeight, uint32(120)}, {tagMake, "NIKON"}, {tagOrientation, uint16(8)},
				{tagSubIFDs, []uint32{
					uint32(f.dir(0, f.jpegFields(0, big)...)),
					uint32(f.dir(0, field{tagSubfile, uint32(0)}, field{tagWidth, uint32(6036)}, field{tagHeight, uint32(4020)},
						field{tagPhotometric, uint16(32803)})),
				}}}
		}), 6036, 4020, 8},
		{"CR2: a strip of the first directory, the sensor as lossless JPEG in the last", func() []byte {
			f := &file{order: binary.LittleEndian}
			f.header("II*\x00")
			strip := func(body []byte) []field {
				return []field{{tagStripAt, later(func() uint32 { return f.blob(body) })}, {tagStripLength, uint32(len(body))}}
			}
			a := f.dir(0, append(strip(big), field{tagOrientation, uint16(6)}, field{tagExif, later(func() uint32 {
				return uint32(f.dir(0, field{tagExifWidth, uint16(3456)}, field{tagExifHeight, uint16(2304)}))
			})})...)
			b := f.dir(0, f.jpegFields(0, small)...)
			c := f.dir(0, strip(withFrame(jpegOf(t, 200, 100), 0xc3, 14))...)
			f.first(a)
			f.next(a, b)
			f.next(b, c)
			return f.body
		}(), 3456, 2304, 6},
		{"DNG: a strip of a SubIFD, the sensor as JPEG of 8 bits, a mask, a crop", tiffOf("II*\x00", func(f *file) []field {
			image := func(subfile uint32, photometric uint16, body []byte, more ...field) uint32 {
				return uint32(f.dir(0, append([]field{{tagSubfile, subfile}, {tagPhotometric, photometric},
					{tagTileAt, later(func() uint32 { return f.blob(body) })}, {tagTileLength, uint32(len(body))}}, more...)...))
			}
			return []field{{tagSubfile, uint32(1)}, {tagOrientation, uint16(3)}, {tagSubIFDs, []uint32{
				image(0, 34892, jpegOf(t, 200, 100), field{tagWidth, uint32(4040)}, field{tagHeight, uint32(3030)}, field{tagCropSize, []uint32{4032, 3024}}),
				image(4, 4, jpegOf(t, 210, 100)), image(1, 6, big), image(1<<16|4, 52527, jpegOf(t, 220, 100)),
			}}}
		}), 4032, 3024, 3},
		{"NEF: Nikon's maker note", makerNoteFile("II*\x00", "NIKON CORPORATION", func(f *file, at int) {
			f.blob([]byte("Nikon\x00\x02\x10\x00\x00II*\x00\x08\x00\x00\x00"))
			f.dir(at+10, field{nikonPreviewIFD, later(func() uint32 { return uint32(f.dir(at+10, f.jpegFields(at+10, big)...) - at - 10) })})
		}), 6000, 4000, 8},
		{"ORF: Olympus's maker note", makerNoteFile("IIRO", "OLYMPUS CORPORATION", func(f *file, at int) {
			f.blob([]byte("OLYMPUS\x00II\x03\x00"))
			f.dir(at, olympus(f, at)...)
		}), 6000, 4000, 8},
		{"ORF: OM System's maker note", makerNoteFile("IIRS", "OM Digital Solutions", func(f *file, at int) {
			f.blob([]byte("OM SYSTEM\x00\x00\x00II\x04\x00"))
			f.dir(at, olympus(f, at)...)
		}), 6000, 4000, 8},
		{"ORF: Olympus's old maker note", makerNoteFile("MMOR", "OLYMPUS OPTICAL CO.,LTD", func(f *file, at int) {
			f.blob([]byte("OLYMP\x00\x02\x00"))
			f.dir(0, olympus(f, 0)...)
		}), 6000, 4000, 8},
		{"PEF: Pentax's maker note, in its own byte order", makerNoteFile("MM\x00*", "PENTAX", func(f *file, at int) {
			f.blob([]byte("AOC\x00II"))
			f.order = binary.LittleEndian
			f.dir(0, pentax(f, 0)...)
			f.order = binary.BigEndian
		}), 6000, 4000, 8},
		{"DNG: Pentax's maker note with its own offsets", makerNoteFile("II*\x00", "RICOH IMAGING COMPANY, LTD.", func(f *file, at int) {
			f.blob([]byte("PENTAX \x00II"))
			f.dir(at, pentax(f, at)...)
		}), 6000, 4000, 8},
		{"SRW: Samsung's maker note", makerNoteFile("II*\x00", "SAMSUNG", func(f *file, at int) {
			f.dir(0, field{1, []byte("0100")}, field{samsungPreviewIFD, later(func() uint32 { return uint32(f.dir(0, f.jpegFields(0, big)...)) })})
		}), 6000, 4000, 8},
		{"ARW: Sony's maker note", makerNoteFile("II*\x00", "SONY", func(f *file, at int) {
			f.blob([]byte("SONY DSC \x00\x00\x00"))
			f.dir(0, field{sonyPreview, append(make([]byte, sonyPreviewHeader), big...)})
		}), 6000, 4000, 8},
		{"RW2: a tag of its own, and borders", tiffOf("IIU\x00", func(f *file) []field {
			return []field{{tagPanaWidth, uint16(4060)}, {tagPanaHeight, uint16(2250)}, {tagPanaTop, uint16(4)}, {tagPanaLeft, uint16(8)},
				{tagPanaBottom, uint16(2244)}, {tagPanaRight, uint16(3992)}, {tagPanaPreview, big}, {tagStripAt, uint32(1<<32 - 1)},
				{tagOrientation, uint16(8)}, {tagStripLength, uint32(9e6)}}
		}), 3984, 2240, 8},
		{"RAF", rafOf(big, 6000, 4000), 6000, 4000, 0},
		{"RAF with two half pictures", rafOf(big, 4256, 1424), 4256, 2848, 0},
		{"CR3: the track", cr3Of(6, small, jpegOf(t, 60, 40), big), 6000, 4000, 6},
		{"CR3: the preview box", cr3Of(6, small, big, withFrame(jpegOf(t, 200, 100), 0xc0, 12)), 6000, 4000, 6},
		{"CR3: the thumbnail box", cr3Of(6, big, nil, nil), 6000, 4000, 6},
		{"CRW", ciffOf(big, 270), 3072, 2048, 8},
		{"MRW", mrwOf(big), 6000, 4000, 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			counter := &counting{r: bytes.NewReader(c.body)}
			f, err := Read(counter, int64(len(c.body)))
			if err != nil {
				t.Fatal(err)
			}
			if len(f.Previews) == 0 {
				t.Fatal("no preview found")
			}
			p := f.Previews[0]
			if body, err := io.ReadAll(p.JPEG); err != nil || !bytes.Equal(body, big) {
				t.Errorf("the preview has %d bytes at %d (%v), want %d bytes at %d", len(body), p.Offset, err, len(big), bytes.Index(c.body, big))
			}
			if p.Width != 90 || p.Height != 60 {
				t.Errorf("the preview is %d x %d, want 90 x 60", p.Width, p.Height)
			}
			if f.Width != c.w || f.Height != c.h || f.Orientation != c.orientation || f.Cut {
				t.Errorf("the picture is %d x %d, orientation %d, cut off: %t; want %d x %d, %d", f.Width, f.Height, f.Orientation, f.Cut, c.w, c.h, c.orientation)
			}
			if counter.bytes > 4096 {
				t.Errorf("%d bytes were read, want no more than a few directories", counter.bytes)
			}
			for _, e := range f.Exif {
				head := make([]byte, 4)
				if _, err := e.ReadAt(head, 0); err != nil || string(head) != "II*\x00" && string(head) != "MM\x00*" {
					t.Errorf("EXIF begins with %q, %v: no TIFF", head, err)
				}
			}
		})
	}
}

func TestSizeIsThatOfThePictureNotOfTheSensor(t *testing.T) {
	full := jpegOf(t, 600, 400)
	f := read(t, tiffOf("II*\x00", func(f *file) []field {
		return append(f.jpegFields(0, full), field{tagWidth, uint32(608)}, field{tagHeight, uint32(403)}, field{tagOrientation, uint16(6)})
	}))
	if w, h := f.Shown(); f.Width != 600 || f.Height != 400 || w != 400 || h != 600 {
		t.Errorf("got %d x %d, shown %d x %d", f.Width, f.Height, w, h)
	}
}

func TestPreviewIsTurnedOnce(t *testing.T) {
	for _, c := range []struct {
		name         string
		sensor       size
		raw, own     int
		preview      size
		turn         int
		shownW, show int
	}{
		{"neither says anything", size{60, 40}, 0, 0, size{30, 20}, 1, 60, 40},
		{"as stored", size{60, 40}, 6, 0, size{30, 20}, 6, 40, 60},
		{"turned already", size{60, 40}, 6, 0, size{20, 30}, 1, 40, 60},
		{"turned already, its EXIF is the file's", size{60, 40}, 8, 8, size{20, 30}, 1, 40, 60},
		{"its EXIF alone says", size{60, 40}, 0, 8, size{30, 20}, 8, 40, 60},
		{"its EXIF says upright, its shape does not", size{60, 40}, 6, 1, size{30, 20}, 6, 40, 60},
		{"upside down", size{60, 40}, 3, 0, size{30, 20}, 3, 60, 40},
		{"upside down, turned already", size{60, 40}, 3, 1, size{30, 20}, 1, 60, 40},
		{"mirrored", size{60, 40}, 5, 0, size{30, 20}, 5, 40, 60},
		{"upright though the file says nothing", size{60, 40}, 1, 0, size{20, 30}, 1, 40, 60},
		{"stored upright", size{40, 60}, 6, 0, size{20, 30}, 6, 60, 40},
		{"square", size{50, 50}, 6, 0, size{20, 20}, 6, 50, 50},
		{"sensor not known", size{}, 6, 0, size{30, 20}, 6, 0, 0},
	} {
		p := Preview{Width: c.preview.w, Height: c.preview.h, Orientation: c.own}
		f := &File{Previews: []Preview{p}, Width: c.sensor.w, Height: c.sensor.h, Orientation: c.raw}
		w, h := f.Shown()
		if turn := f.PreviewOrientation(p); turn != c.turn || w != c.shownW || h != c.show {
			t.Errorf("%s: turn by %d, shown %d x %d; want %d, %d x %d", c.name, turn, w, h, c.turn, c.shownW, c.show)
		}
	}
	f := read(t, rafOf(withExif(jpegOf(t, 90, 60), 8), 6000, 4000))
	if p := f.Previews[0]; p.Orientation != 8 || f.PreviewOrientation(p) != 8 {
		t.Errorf("orientation %d in the preview's EXIF, turned by %d; want 8", p.Orientation, f.PreviewOrientation(p))
	}
}

func TestPreviewsAreSortedBySize(t *testing.T) {
	small, middle, full := jpegOf(t, 16, 12), jpegOf(t, 60, 40), jpegOf(t, 90, 60)
	body := cr3Of(1, small, middle, full)
	if f := read(t, body); len(f.Previews) != 3 || f.Previews[0].Width != 90 || f.Previews[1].Width != 60 || f.Previews[2].Width != 16 {
		t.Errorf("got %+v", f.Previews)
	}
	f := read(t, body[:len(body)-len(full)/2])
	if len(f.Previews) != 3 || f.Previews[0].Width != 60 || f.Previews[2].Width != 90 || !f.Cut {
		t.Errorf("with the largest cut off: cut off %t, %+v", f.Cut, f.Previews)
	}
	if n := f.Previews[2].JPEG.Size(); n >= int64(len(full)) {
		t.Errorf("the one cut off has %d bytes of %d", n, len(full))
	}
}

func TestCanonRawWithoutExif(t *testing.T) {
	f := read(t, ciffOf(jpegOf(t, 90, 60), 0))
	if want := time.Date(2003, 11, 10, 17, 39, 26, 0, time.UTC); f.Make != "Canon" || f.Model != "Canon EOS D30" || !f.Taken.Equal(want) {
		t.Errorf("got %q, %q, %s; want %s", f.Make, f.Model, f.Taken, want)
	}
}

func TestMendedPreviewDecodes(t *testing.T) {
	f := read(t, mrwOf(jpegOf(t, 90, 60)))
	if _, err := jpeg.Decode(f.Previews[0].JPEG); err != nil {
		t.Error(err)
	}
}

// TestHostileFilesCostLittle holds files that claim to be endless.
func TestHostileFilesCostLittle(t *testing.T) {
	many := func(n int, f func(i int) field) (list []field) {
		for i := range n {
			list = append(list, f(i))
		}
		return list
	}
	loop := &file{order: binary.LittleEndian}
	loop.header("II*\x00")
	at := loop.dir(0, field{tagSubIFDs, []uint32{8, 8, 8}}, field{tagExif, uint32(8)})
	loop.first(at)
	loop.next(at, at)

	chain := &file{order: binary.LittleEndian}
	chain.header("II*\x00")
	last := chain.dir(0)
	chain.first(last)
	for range 30_000 {
		at := chain.dir(0)
		chain.next(last, at)
		last = at
	}

	boxes := box("ftyp", []byte("crx "))
	for range 50_000 {
		boxes = append(boxes, box("free")...)
	}
	deep := box("moov")
	for range 5000 {
		deep = box("moov", deep)
	}
	segments := []byte{0xff, 0xd8}
	for range 50_000 {
		segments = append(segments, 0xff, 0xe2, 0, 2)
	}
	for name, body := range map[string][]byte{
		"a directory that leads to itself": loop.body,
		"30,000 directories":               chain.body,
		"1,000 previews of segments only": tiffOf("II*\x00", func(f *file) []field {
			return many(1000, func(i int) field {
				return field{tagJPEGAt + uint16(i%2), later(func() uint32 { return f.blob(segments[:400]) })}
			})
		}),
		"a preview of 50,000 segments": tiffOf("II*\x00", func(f *file) []field { return f.jpegFields(0, segments) }),
		"50,000 boxes":                 boxes,
		"5,000 boxes in each other":    append(box("ftyp", []byte("crx ")), deep...),
		"the largest offsets": tiffOf("MM\x00*", func(f *file) []field {
			return []field{{tagJPEGAt, uint32(1<<32 - 1)}, {tagJPEGLength, uint32(1<<32 - 1)}, {tagSubIFDs, []uint32{1<<32 - 1, 1 << 31}},
				{tagExif, uint32(1<<32 - 2)}, {tagWidth, uint32(1<<32 - 1)}, {tagHeight, uint32(1<<32 - 1)}, {tagStripAt, uint32(1<<32 - 1)}, {tagStripLength, uint32(1)}}
		}),
		"a box of all bytes":        append(box("ftyp", []byte("crx ")), 0, 0, 0, 1, 'm', 'o', 'o', 'v', 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
		"nothing after the heading": []byte("FUJIFILMCCD-RAW"),
	} {
		counter := &counting{r: bytes.NewReader(body)}
		start := time.Now()
		f, err := Read(counter, int64(len(body)))
		if err != nil && !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
		if counter.bytes > maxRead || time.Since(start) > time.Second {
			t.Errorf("%s: %d bytes read in %v", name, counter.bytes, time.Since(start))
		}
		if f != nil && (len(f.Previews) != 0 || f.Width != 0) {
			t.Errorf("%s: found %+v", name, f)
		}
	}
}

func TestThousandsOfPreviewsAreCutToTheLargest(t *testing.T) {
	small, big := jpegOf(t, 8, 8), jpegOf(t, 90, 60)
	body := make([]byte, 0, 1<<20)
	last := 0
	f := &file{order: binary.LittleEndian, body: body}
	f.header("II*\x00")
	for i := range 500 {
		preview := small
		if i == 400 {
			preview = big
		}
		at := f.dir(0, f.jpegFields(0, preview)...)
		if i == 0 {
			f.first(at)
		} else {
			f.next(last, at)
		}
		last = at
	}
	if got := read(t, f.body); len(got.Previews) != maxPreviews || got.Previews[0].Width != 90 {
		t.Errorf("%d previews, the first %d wide", len(got.Previews), got.Previews[0].Width)
	}
}

func TestErrors(t *testing.T) {
	for _, body := range []string{"", "II", "\x89PNG\r\n\x1a\n", "\xff\xd8\xff\xe0 a JPEG that is called NEF"} {
		if _, err := Read(bytes.NewReader([]byte(body)), int64(len(body))); !errors.Is(err, ErrFormat) {
			t.Errorf("%q: error %v, want ErrFormat", body, err)
		}
	}
	body := cr3Of(1, nil, nil, jpegOf(t, 90, 60))
	gone := errors.New("the network is gone")
	for n := range 20 {
		if _, err := Read(&failing{bytes.NewReader(body), n, gone}, int64(len(body))); !errors.Is(err, gone) {
			t.Errorf("after %d reads: error %v, want %v", n, err, gone)
		}
	}
}

// failing fails after some reads.
type failing struct {
	r    io.ReaderAt
	left int
	err  error
}

func (f *failing) ReadAt(p []byte, at int64) (int, error) {
	if f.left--; f.left < 0 {
		return 0, f.err
	}
	return f.r.ReadAt(p, at)
}
