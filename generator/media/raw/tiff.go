package raw

import (
	"encoding/binary"
	"io"
	"strings"
)

// Tags of TIFF 6.0, TIFF/EP (ISO 12234-2), Exif 2.32 and DNG 1.6.
const (
	tagSubfile      = 0x00fe
	tagWidth        = 0x0100
	tagHeight       = 0x0101
	tagPhotometric  = 0x0106
	tagMake         = 0x010f
	tagStripAt      = 0x0111
	tagOrientation  = 0x0112
	tagStripLength  = 0x0117
	tagTileAt       = 0x0144
	tagTileLength   = 0x0145
	tagSubIFDs      = 0x014a
	tagJPEGAt       = 0x0201
	tagJPEGLength   = 0x0202
	tagExif         = 0x8769
	tagMakerNote    = 0x927c
	tagExifWidth    = 0xa002
	tagExifHeight   = 0xa003
	tagCropSize     = 0xc620
	tagPanaWidth    = 0x0002 // Panasonic's, in the first directory of RW2
	tagPanaHeight   = 0x0003
	tagPanaTop      = 0x0004
	tagPanaLeft     = 0x0005
	tagPanaBottom   = 0x0006
	tagPanaRight    = 0x0007
	tagPanaPreview  = 0x002e
	tagPanaPreview2 = 0x0127
)

// maxEntries bounds the size of one directory: those of cameras have up to about 200.
const maxEntries = 1000

// maxDepth bounds how deep directories are followed: a raw file has its previews in the first or the second level.
const maxDepth = 3

// A tiff is a TIFF structure inside the file: offsets in it count from base.
type tiff struct {
	*walker
	base  int64
	order binary.ByteOrder
	start int64 // offset of the first directory
}

// An entry is one field of a directory.
type entry struct {
	tag, kind uint16
	count     uint32
	value     [4]byte
	at        int64 // where in the file value stands
}

// header reads the eight bytes that a TIFF structure begins with. The magic number, 42 in TIFF, is each maker's own.
func (w *walker) header(base int64) (tiff, bool) {
	t := tiff{walker: w, base: base}
	b := w.bytes(base, 8)
	if b == nil {
		return t, false
	}
	switch string(b[:2]) {
	case "II":
		t.order = binary.LittleEndian
	case "MM":
		t.order = binary.BigEndian
	default:
		return t, false
	}
	t.start = int64(t.order.Uint32(b[4:]))
	return t, true
}

// directory reads the directory at an offset, and the offset of the next one. One that was read before is empty.
func (t tiff) directory(offset int64) (entries []entry, next int64) {
	at := t.base + offset
	if offset <= 0 || !t.first(at) {
		return nil, 0
	}
	b := t.bytes(at, 2)
	if b == nil {
		return nil, 0
	}
	n := int64(t.order.Uint16(b))
	if n > maxEntries {
		return nil, 0
	}
	b = t.bytes(at+2, 12*n+4)
	if b == nil { // the offset of the next may be missing at the very end
		if b = t.bytes(at+2, 12*n); b == nil {
			return nil, 0
		}
		b = append(b, 0, 0, 0, 0)
	}
	for i := range n {
		f := b[12*i:]
		e := entry{tag: t.order.Uint16(f), kind: t.order.Uint16(f[2:]), count: t.order.Uint32(f[4:]), at: at + 2 + 12*i + 8}
		copy(e.value[:], f[8:])
		entries = append(entries, e)
	}
	return entries, int64(t.order.Uint32(b[12*n:]))
}

// width is the size in bytes of one value; 0 when the type is not one of TIFF.
func (e entry) width() int64 {
	switch e.kind {
	case 1, 2, 6, 7: // byte, ASCII, signed byte, undefined
		return 1
	case 3, 8: // short
		return 2
	case 4, 9, 11, 13: // long, float, directory
		return 4
	case 5, 10, 12: // rational, double
		return 8
	}
	return 0
}

// data returns where the values of an entry stand in the file, and how many bytes they have.
func (t tiff) data(e entry) (at, n int64) {
	n = e.width() * int64(e.count)
	if n <= 4 {
		return e.at, n
	}
	return t.base + int64(t.order.Uint32(e.value[:])), n
}

// numbers returns the values of an entry as whole numbers, limit of them at most; of a rational the whole part.
func (t tiff) numbers(e entry, limit int64) []int64 {
	width := e.width()
	at, n := t.data(e)
	var b []byte
	if n = min(n, limit*width); n <= 4 {
		b = e.value[:max(n, 0)]
		if at != e.at {
			b = t.bytes(at, n)
		}
	} else {
		b = t.bytes(at, n)
	}
	var list []int64
	for ; width > 0 && int64(len(b)) >= width; b = b[width:] {
		switch e.kind {
		case 1, 7:
			list = append(list, int64(b[0]))
		case 3:
			list = append(list, int64(t.order.Uint16(b)))
		case 4, 13:
			list = append(list, int64(t.order.Uint32(b)))
		case 5:
			if d := t.order.Uint32(b[4:]); d > 0 {
				list = append(list, int64(t.order.Uint32(b)/d))
			}
		}
	}
	return list
}

// number returns the first value of an entry; 0 when it is none.
func (t tiff) number(e entry) int64 {
	if list := t.numbers(e, 1); len(list) > 0 {
		return list[0]
	}
	return 0
}

// pixels is a number that may be a width or a height.
func (t tiff) pixels(e entry) int {
	if n := t.number(e); n <= 1<<17 {
		return int(n)
	}
	return 0
}

func (t tiff) orientation(e entry) int {
	if n := t.number(e); n >= 1 && n <= 8 {
		return int(n)
	}
	return 0
}

// tiff walks a TIFF structure: a whole file, or what a container holds.
func (w *walker) tiff(base int64) {
	t, ok := w.header(base)
	if !ok {
		return
	}
	w.file.Exif = append(w.file.Exif, plainTIFF(w.r, base, w.size-base))
	next := t.start
	for i := 0; next != 0; i++ {
		next = t.image(next, 0, i == 0)
	}
}

// image walks a directory that describes a picture, or several below it, and returns the offset of the next one.
func (t tiff) image(offset int64, depth int, main bool) (next int64) {
	entries, next := t.directory(offset)
	var s, crop size
	var subfile, photometric int64 = 0, -1
	var at, length, jpegAt, jpegLength int64
	var subs []int64
	var exif int64
	var border [4]int // top, left, bottom, right
	for _, e := range entries {
		switch e.tag {
		case tagSubfile:
			subfile = t.number(e)
		case tagWidth:
			s.w = t.pixels(e)
		case tagHeight:
			s.h = t.pixels(e)
		case tagPhotometric:
			photometric = t.number(e)
		case tagMake:
			if b, n := t.data(e); main && t.make == "" {
				t.make = strings.TrimRight(string(t.bytes(b, min(n, 32))), "\x00 ")
			}
		case tagStripAt, tagTileAt:
			if e.count == 1 {
				at = t.base + t.number(e)
			}
		case tagStripLength, tagTileLength:
			if e.count == 1 {
				length = t.number(e)
			}
		case tagOrientation:
			if main && t.file.Orientation == 0 {
				t.file.Orientation = t.orientation(e)
			}
		case tagSubIFDs:
			subs = t.numbers(e, 16)
		case tagJPEGAt:
			jpegAt = t.base + t.number(e)
		case tagJPEGLength:
			jpegLength = t.number(e)
		case tagExif:
			exif = t.number(e)
		case tagCropSize:
			if c := t.numbers(e, 2); len(c) == 2 && c[0] > 0 && c[1] > 0 && c[0] <= 1<<17 && c[1] <= 1<<17 {
				crop = size{int(c[0]), int(c[1])}
			}
		}
		if !t.panasonic || !main {
			continue
		}
		switch e.tag {
		case tagPanaWidth:
			s.w = t.pixels(e)
		case tagPanaHeight:
			s.h = t.pixels(e)
		case tagPanaTop, tagPanaLeft, tagPanaBottom, tagPanaRight:
			border[e.tag-tagPanaTop] = t.pixels(e)
		case tagPanaPreview, tagPanaPreview2:
			t.candidate(t.data(e))
		}
	}
	if border[2] > border[0] && border[3] > border[1] {
		s = size{border[3] - border[1], border[2] - border[0]}
	}
	// Bit 0 says that a picture is a smaller one of another; the others that it is a page, a mask, a depth map or such.
	full := subfile == 0
	if full && s.area() > t.sensor.area() {
		t.sensor = s
	}
	if full && crop.area() > t.crop.area() {
		t.crop = crop
	}
	t.candidate(jpegAt, jpegLength)
	// A strip of JPEG is a picture to look at unless it holds the sensor's data (32803 colour filter array, 34892 linear), a mask
	// (4) or a depth map (51177).
	if subfile&^(1|1<<16) == 0 && photometric != 32803 && photometric != 34892 && photometric != 4 && photometric != 51177 {
		t.candidate(at, length)
	}
	// Panasonic writes the largest offset where it means none; Minolta counts from elsewhere.
	if t.base == 0 && (jpegLength > 0 && jpegAt >= t.size || length > 0 && at != 1<<32-1 && at > t.size-length) {
		t.file.Cut = true
	}
	if depth < maxDepth {
		for _, sub := range subs {
			t.image(sub, depth+1, false)
		}
	}
	if exif > 0 && main {
		t.exifDirectory(exif)
	}
	return next
}

// exifDirectory reads the size that EXIF says, and the maker note.
func (t tiff) exifDirectory(offset int64) {
	entries, _ := t.directory(offset)
	for _, e := range entries {
		switch e.tag {
		case tagExifWidth:
			t.exif.w = t.pixels(e)
		case tagExifHeight:
			t.exif.h = t.pixels(e)
		case tagMakerNote:
			t.makerNote(t.data(e))
		}
	}
}

// plainTIFF is a TIFF structure of which the magic number is that of TIFF, whatever its maker wrote.
func plainTIFF(r io.ReaderAt, at, n int64) *io.SectionReader {
	return io.NewSectionReader(magicReader{io.NewSectionReader(r, at, n)}, 0, n)
}

type magicReader struct{ r io.ReaderAt }

// ReadAt implements [io.ReaderAt].
func (m magicReader) ReadAt(p []byte, offset int64) (int, error) {
	n, err := m.r.ReadAt(p, offset)
	if offset < 4 && n > 0 {
		var order [1]byte
		if _, err := m.r.ReadAt(order[:], 0); err != nil && err != io.EOF {
			return 0, err
		}
		magic := "II*\x00"
		if order[0] == 'M' {
			magic = "MM\x00*"
		}
		for i := max(2, offset); i < 4 && i-offset < int64(n); i++ {
			p[i-offset] = magic[i]
		}
	}
	return n, err
}
