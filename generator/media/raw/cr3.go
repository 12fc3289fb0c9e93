package raw

import (
	"bytes"
	"encoding/binary"
	"io"
)

// Canon's extensions of the ISO base media format, as lclevy/canon_cr3 describes them.
const (
	uuidCanon   = "\x85\xc0\xb6\x87\x82\x0f\x11\xe0\x81\x11\xf4\xce\x46\x2b\x6a\x48"
	uuidPreview = "\xea\xf4\x2b\x5e\x1c\x98\x4b\x88\xb9\xfb\xb7\xdc\x40\x6e\x4d\x16"
	uuidXMP     = "\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac"
)

// previewBoxHead is what stands before the boxes inside of Canon's preview box.
const previewBoxHead = 8

// cr3 reads Canon's CR3: EXIF as TIFF structures in boxes, a small and a middle JPEG in boxes, and a full one as a track.
func (w *walker) cr3() {
	var sample track
	w.boxes(0, w.size, 0, func(kind string, at, end int64, depth int) bool {
		switch kind {
		case "moov", "mdia", "minf", "stbl":
			return true
		case "trak":
			sample = track{}
			return true
		case uuidCanon:
			return true
		case uuidPreview:
			w.boxes(at+previewBoxHead, end, depth, func(kind string, at, end int64, _ int) bool {
				if kind == "PRVW" {
					w.jpegBox(at, end)
				}
				return false
			})
		case uuidXMP:
			w.file.XMP = w.section(at, end-at)
		case "THMB":
			w.jpegBox(at, end)
		case "CMT1", "CMT2", "CMT4":
			w.canonTIFF(kind, at, end)
		case "stsz":
			if b := w.bytes(at, 16); b != nil {
				if sample.size = int64(binary.BigEndian.Uint32(b[4:])); sample.size == 0 {
					sample.size = int64(binary.BigEndian.Uint32(b[12:]))
				}
			}
			w.sample(sample)
		case "co64":
			if b := w.bytes(at, 16); b != nil {
				sample.at = int64(binary.BigEndian.Uint64(b[8:]))
			}
			w.sample(sample)
		case "stco":
			if b := w.bytes(at, 12); b != nil {
				sample.at = int64(binary.BigEndian.Uint32(b[8:]))
			}
			w.sample(sample)
		case "mdat":
			if end > w.size {
				w.file.Cut = true
			}
		}
		return false
	})
}

// A track is where its first sample stands: the tracks of a CR3 have one each.
type track struct{ at, size int64 }

func (w *walker) sample(t track) {
	if t.at > 0 && t.size > 0 {
		w.candidate(t.at, t.size)
	}
}

// maxBoxDepth bounds how deep boxes are followed: moov, trak, mdia, minf, stbl.
const maxBoxDepth = 6

// boxes calls f for each box between two offsets, with the place of what is in it; when f says so, the boxes in it follow. Boxes
// of type uuid are called by their UUID. Their number is bounded by what may be read.
func (w *walker) boxes(at, end int64, depth int, f func(kind string, at, end int64, depth int) bool) {
	if depth > maxBoxDepth {
		return
	}
	for at+8 <= min(end, w.size) {
		b := w.bytes(at, 8)
		if b == nil {
			return
		}
		n, skip, kind := int64(binary.BigEndian.Uint32(b)), int64(8), string(b[4:])
		switch n {
		case 0:
			n = end - at
		case 1:
			long := w.bytes(at+8, 8)
			if long == nil {
				return
			}
			n, skip = int64(binary.BigEndian.Uint64(long)), 16
		}
		if n < skip || n > 1<<50 {
			return
		}
		if kind == "uuid" {
			id := w.bytes(at+skip, 16)
			if id == nil || n < skip+16 {
				return
			}
			kind = string(id)
			skip += 16
		}
		if f(kind, at+skip, at+n, depth) {
			w.boxes(at+skip, min(at+n, end), depth+1, f)
		}
		at += n
	}
}

// jpegBox takes the JPEG in a box of Canon's: a few fields stand before it, not the same in every version.
func (w *walker) jpegBox(at, end int64) {
	b := w.bytes(at, min(32, min(end, w.size)-at))
	if i := bytes.Index(b, []byte("\xff\xd8\xff")); i >= 0 {
		w.candidate(at+int64(i), end-at-int64(i))
	}
}

// canonTIFF reads one of the TIFF structures in a CR3: of the first directory of EXIF, of the second, of GPS.
func (w *walker) canonTIFF(kind string, at, end int64) {
	t, ok := w.header(at)
	if !ok || end > w.size {
		return
	}
	block := io.NewSectionReader(w.r, at, end-at)
	switch kind {
	case "CMT1":
		w.file.Exif = append(w.file.Exif, block)
		t.image(t.start, maxDepth, true)
	case "CMT2":
		w.file.Exif = append(w.file.Exif, block)
		t.exifDirectory(t.start)
	case "CMT4":
		w.file.GPS = block
	}
}
