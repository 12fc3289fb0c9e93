package raw

import (
	"encoding/binary"
	"strings"
	"time"
)

// Tags of CIFF (Canon, Camera Image File Format 1.0 revision 4).
const (
	ciffMakeModel = 0x080a
	ciffTime      = 0x180e
	ciffImage     = 0x1810
	ciffJPEG      = 0x2007
	ciffThumbnail = 0x2008
)

// crw reads Canon's CRW: heaps of records, each with a directory at its end. It holds no EXIF.
func (w *walker) crw(header int64) { w.heap(header, w.size, 0) }

func (w *walker) heap(start, end int64, depth int) {
	b := w.bytes(end-4, 4)
	if b == nil || start < 0 || end > w.size || depth > maxDepth {
		return
	}
	at := start + int64(binary.LittleEndian.Uint32(b))
	if !w.first(at) || at >= end {
		return
	}
	if b = w.bytes(at, 2); b == nil {
		return
	}
	n := int64(binary.LittleEndian.Uint16(b))
	if n > maxEntries {
		return
	}
	b = w.bytes(at+2, 10*n)
	for ; len(b) >= 10; b = b[10:] {
		tag := binary.LittleEndian.Uint16(b)
		if tag&0xc000 != 0 {
			continue // its value stands in the entry: nothing of interest does
		}
		n, at := int64(binary.LittleEndian.Uint32(b[2:])), start+int64(binary.LittleEndian.Uint32(b[6:]))
		switch {
		case tag == ciffJPEG, tag == ciffThumbnail:
			w.candidate(at, n)
			if at > w.size-n {
				w.file.Cut = true
			}
		case tag == ciffMakeModel:
			if list := strings.Split(string(w.bytes(at, min(n, 64))), "\x00"); len(list) > 1 {
				w.file.Make, w.file.Model = list[0], list[1]
			}
		case tag == ciffTime && n >= 4:
			if v := w.bytes(at, 4); v != nil {
				w.file.Taken = time.Unix(int64(binary.LittleEndian.Uint32(v)), 0).UTC()
			}
		case tag == ciffImage && n >= 16:
			v := w.bytes(at, 16)
			if v == nil {
				continue
			}
			s := size{int(binary.LittleEndian.Uint32(v)), int(binary.LittleEndian.Uint32(v[4:]))}
			if s.w <= 1<<17 && s.h <= 1<<17 {
				w.sensor = s
			}
			w.file.Orientation = map[uint32]int{0: 1, 90: 6, 180: 3, 270: 8}[binary.LittleEndian.Uint32(v[12:])]
		case tag&0x3800 == 0x2800, tag&0x3800 == 0x3000:
			if at >= start && n <= end-at {
				w.heap(at, at+n, depth+1)
			}
		}
	}
}
