package raw

import "encoding/binary"

// A jpegHeader is what the frame header of a JPEG says, and its EXIF of orientation.
type jpegHeader struct {
	size        size
	orientation int // 0 when it does not say
}

// maxSegments bounds how many segments before the frame are looked at.
const maxSegments = 100

// jpeg reads the header of a JPEG (ITU-T T.81, annex B). It is ok when the picture is of 8 bits, baseline, extended or
// progressive with Huffman coding, of one, three or four components: what image/jpeg decodes.
func (w *walker) jpeg(at, n int64) (h jpegHeader, ok bool) {
	end := at + n
	if b := w.bytes(at, 3); b == nil || b[0] != 0xff || b[1] != 0xd8 || b[2] != 0xff {
		return h, false
	}
	at += 2
	for range maxSegments {
		if at+4 > end {
			return h, false
		}
		b := w.bytes(at, 4)
		if b == nil || b[0] != 0xff {
			return h, false
		}
		length := int64(binary.BigEndian.Uint16(b[2:]))
		switch marker := b[1]; {
		case marker == 0xff:
			at++ // fill byte
			continue
		case length < 2, marker == 0xda, marker >= 0xd0 && marker <= 0xd9, marker == 0x01:
			return h, false
		case marker == 0xe1 && h.orientation == 0:
			h.orientation = w.exifOrientation(at+4, length-2)
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc:
			f := w.bytes(at+4, 6)
			if f == nil || marker > 0xc2 || f[0] != 8 || f[5] != 1 && f[5] != 3 && f[5] != 4 {
				return h, false
			}
			h.size = size{int(binary.BigEndian.Uint16(f[3:])), int(binary.BigEndian.Uint16(f[1:]))}
			return h, h.size.area() > 0
		}
		at += 2 + length
	}
	return h, false
}

// exifOrientation reads the orientation in an APP1 segment; 0 when there is none.
func (w *walker) exifOrientation(at, n int64) int {
	if n < 14 || string(w.bytes(at, 6)) != "Exif\x00\x00" {
		return 0
	}
	t, ok := w.header(at + 6)
	if !ok {
		return 0
	}
	entries, _ := t.directory(t.start)
	for _, e := range entries {
		if e.tag == tagOrientation {
			return t.orientation(e)
		}
	}
	return 0
}
