package raw

import (
	"encoding/binary"
	"io"
)

// maxBlocks bounds the blocks of an MRW: cameras write five.
const maxBlocks = 20

// mrw reads Minolta's MRW: blocks, of which one is a TIFF structure, and one tells the size of the picture.
func (w *walker) mrw() {
	b := w.bytes(4, 4)
	if b == nil {
		return
	}
	end := min(8+int64(binary.BigEndian.Uint32(b)), w.size)
	at := int64(8)
	for range maxBlocks {
		if at+8 > end {
			return
		}
		if b = w.bytes(at, 8); b == nil {
			return
		}
		n := int64(binary.BigEndian.Uint32(b[4:]))
		switch string(b[:4]) {
		case "\x00PRD":
			if b = w.bytes(at+8, 16); b != nil {
				w.sensor = size{int(binary.BigEndian.Uint16(b[14:])), int(binary.BigEndian.Uint16(b[12:]))}
			}
		case "\x00TTW":
			w.tiff(at + 8)
		}
		at += 8 + n
	}
}

// mended notes a range that may be a JPEG whose first byte the camera overwrote, as Minolta's did.
func (w *walker) mended(at, n int64) {
	if at <= 0 || n < 4 || at >= w.size || w.seen[-at] {
		return
	}
	before := w.r
	w.r = firstByte{before, at}
	w.candidate(at, n)
	w.r = before
}

// firstByte is a file in which the byte at an offset is that of a JPEG.
type firstByte struct {
	r  io.ReaderAt
	at int64
}

// ReadAt implements [io.ReaderAt].
func (f firstByte) ReadAt(p []byte, offset int64) (int, error) {
	n, err := f.r.ReadAt(p, offset)
	if i := f.at - offset; i >= 0 && i < int64(n) {
		p[i] = 0xff
	}
	return n, err
}
