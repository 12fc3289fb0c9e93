// Package raw finds what can be shown of a camera's raw file without developing its pixels: the JPEGs that the camera put
// into it, for its own display and for programs like this one. [Read] walks the directories of a file and returns a [File]
// that names its [Preview]s, the size and orientation of the picture, and where EXIF and XMP are.
//
// It knows NEF and NRW (Nikon), CR2, CR3 and CRW (Canon), ARW (Sony), DNG (Adobe), RAF (Fujifilm), ORF (Olympus), RW2
// (Panasonic, Leica), PEF (Pentax), SRW (Samsung) and MRW (Minolta), and reads only the small ranges that it needs.
//
// Files are untrusted. Every offset is checked against the file's size, no directory is read twice, and a file can make Read
// read at most 64 KB, whatever it claims.
package raw

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"time"
)

// A File is what the directories of a raw file say.
type File struct {
	// Previews are the JPEGs in it that a baseline or progressive decoder can read, largest first; those that the end of the
	// file cuts off come last. They are eight at most: cameras write two to four.
	Previews []Preview

	Width, Height int // pixels of the picture as the sensor stored it; 0 when not known
	Orientation   int // of the picture as the sensor stored it, 1 to 8, as in EXIF; 0 when the file does not say

	// Exif are TIFF structures that hold the file's EXIF, the better first. Tags of GPS count in GPS directories only.
	Exif []*io.SectionReader
	GPS  *io.SectionReader // TIFF structure whose first directory is one of GPS (CR3); else nil
	XMP  *io.SectionReader // XMP packet that no TIFF structure holds (CR3); else nil

	// What CRW says, which has no EXIF; elsewhere empty. Taken is local time, without a zone.
	Make, Model string
	Taken       time.Time

	Cut bool // a preview or the sensor's data lies beyond the end of the file
}

// A Preview is a JPEG inside a raw file.
type Preview struct {
	JPEG          *io.SectionReader
	Offset        int64 // of the JPEG in the raw file, bytes
	Width, Height int   // pixels as stored
	Orientation   int   // that its own EXIF says; 0 when it says nothing
	cut           bool
}

// maxRead is how many bytes Read reads at most. Files of real cameras need 1 to 17 KB.
const maxRead = 64 << 10

// maxPreviews is how many previews are kept: whoever opens them all must not be kept busy by thousands.
const maxPreviews = 8

// ErrFormat is the error of Read for a file that begins like no raw format that is known.
var ErrFormat = errors.New("not a raw file that is known")

// Read reads the directories of a raw file of the size given, in bytes. A damaged file is not an error: what was found before
// the damage is returned. An error other than [ErrFormat] is r's own.
func Read(r io.ReaderAt, size int64) (*File, error) {
	w := &walker{r: r, size: size, left: maxRead, seen: map[int64]bool{}}
	head := w.bytes(0, 26)
	has := func(at int, magic string) bool { return len(head) >= at && bytes.HasPrefix(head[at:], []byte(magic)) }
	switch {
	case has(0, "FUJIFILMCCD-RAW"):
		w.raf()
	case has(0, "II\x1a\x00\x00\x00HEAPCCDR"):
		w.crw(int64(binary.LittleEndian.Uint32(head[2:])))
	case has(0, "\x00MRM"):
		w.mrw()
	case has(4, "ftypcrx "):
		w.cr3()
	case has(0, "II*\x00"), has(0, "MM\x00*"), has(0, "IIRO"), has(0, "IIRS"), has(0, "MMOR"), has(0, "IIU\x00"):
		w.panasonic = has(0, "IIU\x00")
		w.tiff(0)
	default:
		return nil, cmp.Or(w.err, ErrFormat)
	}
	if w.err != nil {
		return nil, w.err
	}
	return w.finish(), w.err
}

// A walker collects what the directories of a file say.
type walker struct {
	r    io.ReaderAt
	size int64
	left int   // bytes that may still be read
	err  error // of r
	file File
	seen map[int64]bool // directories that were read, and candidates (as negative numbers)

	panasonic bool   // its first directory has Panasonic's tags
	make      string // of the camera
	sensor    size   // as directories of the sensor's data say
	crop      size   // the part of it that is meant to be shown (DNG)
	exif      size   // as EXIF says
}

type size struct{ w, h int }

func (s size) area() int { return s.w * s.h }

// near reports whether s is t or a little less, as a picture is less than the sensor it came from.
func (s size) near(t size) bool {
	return s.w > 0 && s.h > 0 && s.w <= t.w && s.h <= t.h && s.w*20 >= t.w*19 && s.h*20 >= t.h*19
}

func (s size) landscape() bool { return s.w > s.h }
func (s size) portrait() bool  { return s.w < s.h }
func (s size) turned() size    { return size{s.h, s.w} }

// bytes returns exactly n bytes at an offset of the file; nil when they are not there or may not be read any more.
func (w *walker) bytes(at, n int64) []byte {
	if w.err != nil || at < 0 || n <= 0 || n > int64(w.left) || at > w.size-n {
		return nil
	}
	w.left -= int(n)
	b := make([]byte, n)
	k, err := w.r.ReadAt(b, at)
	if int64(k) == n {
		return b
	}
	if err != nil && err != io.EOF {
		w.err = err
	}
	return nil
}

// section is a part of the file, cut at its end.
func (w *walker) section(at, n int64) *io.SectionReader {
	return io.NewSectionReader(w.r, at, max(0, min(n, w.size-at)))
}

// first reports whether a place is looked at for the first time. The budget bounds how many there can be.
func (w *walker) first(at int64) bool {
	if w.seen[at] {
		return false
	}
	w.seen[at] = true
	return true
}

// candidate notes a range that may be a JPEG. Any number of ranges may be tried: only one that begins like a JPEG and names
// a size in a frame header that can be decoded is kept, which drops the sensor's own data where it is lossless JPEG.
func (w *walker) candidate(at, n int64) {
	if at <= 0 || n < 4 || at >= w.size || !w.first(-at) {
		return
	}
	h, ok := w.jpeg(at, min(n, w.size-at))
	if !ok {
		return
	}
	p := Preview{JPEG: w.section(at, n), Offset: at, Width: h.size.w, Height: h.size.h, Orientation: h.orientation, cut: n > w.size-at}
	w.file.Previews = append(w.file.Previews, p)
}

// finish sorts the previews and settles the size of the picture.
func (w *walker) finish() *File {
	f := &w.file
	slices.SortStableFunc(f.Previews, func(a, b Preview) int {
		if a.cut != b.cut {
			if a.cut {
				return 1
			}
			return -1
		}
		return cmp.Or(cmp.Compare(b.Width*b.Height, a.Width*a.Height), cmp.Compare(b.JPEG.Size(), a.JPEG.Size()))
	})
	f.Previews = f.Previews[:min(len(f.Previews), maxPreviews)]
	s := w.sensor
	if w.exif.near(s) || w.exif.area() > s.area() {
		s = w.exif
	}
	if w.crop.area() > 0 {
		s = w.crop
	}
	if len(f.Previews) > 0 {
		// What a camera shows in full size is what it takes for the picture: sensors have a border.
		switch p := (size{f.Previews[0].Width, f.Previews[0].Height}); {
		case s.area() == 0, p.near(s):
			s = p
		case p.turned().near(s):
			s = p.turned()
		}
	}
	f.Width, f.Height = s.w, s.h
	return f
}

// PreviewOrientation is how a preview has to be turned, 1 to 8. Mostly the file says it for sensor and preview alike, and the
// preview itself says nothing. A preview that lies the other way than the sensor's picture was turned upright already.
func (f *File) PreviewOrientation(p Preview) int {
	sensor, shown := size{f.Width, f.Height}, size{p.Width, p.Height}
	otherWay := sensor.landscape() && shown.portrait() || sensor.portrait() && shown.landscape()
	sameWay := sensor.landscape() && shown.landscape() || sensor.portrait() && shown.portrait()
	o := cmp.Or(p.Orientation, f.Orientation, 1)
	switch {
	case o >= 5 && otherWay:
		return 1
	case p.Orientation == 1 && f.Orientation >= 5 && sameWay:
		return f.Orientation
	}
	return o
}

// Shown is the size of the picture, in pixels, once it is upright; 0 when it is not known.
func (f *File) Shown() (width, height int) {
	s := size{f.Width, f.Height}
	turn := f.Orientation >= 5
	if len(f.Previews) > 0 {
		p := f.Previews[0]
		shown := size{p.Width, p.Height}
		if f.PreviewOrientation(p) >= 5 {
			shown = shown.turned()
		}
		turn = s.landscape() && shown.portrait() || s.portrait() && shown.landscape()
	}
	if turn {
		s = s.turned()
	}
	return s.w, s.h
}
