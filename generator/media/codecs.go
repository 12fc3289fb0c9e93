package media

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"strings"
)

// maxSampleEntry is how many bytes of a track's first sample entry are read: the boxes with a codec's settings stand in front.
const maxSampleEntry = 8192

// codecOf says which codec a sample entry is of (ISO/IEC 14496-12, 8.5.2), in the form in which a browser can be asked whether
// it plays it (RFC 6381): "avc1.64001f", "hvc1.1.6.L93.B0", "mp4a.40.2". Without the codec's own box, or for a codec that has no
// such form, it is the entry's four characters; empty for no entry.
func codecOf(entry []byte) string {
	if len(entry) < 8 {
		return ""
	}
	if size := int64(binary.BigEndian.Uint32(entry)); size >= 8 && size < int64(len(entry)) {
		entry = entry[:size]
	}
	kind := line(string(entry[4:8]), 8)
	switch kind {
	case "avc1", "avc3":
		if b := boxIn(entry, 86, "avcC"); len(b) >= 4 {
			return fmt.Sprintf("%s.%02x%02x%02x", kind, b[1], b[2], b[3])
		}
	case "hvc1", "hev1", "dvh1", "dvhe":
		if b := boxIn(entry, 86, "hvcC"); len(b) >= 13 {
			return hevcOf(kind, b)
		}
	case "av01":
		if b := boxIn(entry, 86, "av1C"); len(b) >= 4 { // AV1 in ISOBMFF, section 5
			depth := 8
			if b[2]&0x40 != 0 {
				depth = 10 + 2*int(b[2]>>5&1)
			}
			return fmt.Sprintf("av01.%d.%02d%c.%02d", b[1]>>5, b[1]&31, "MH"[b[2]>>7], depth)
		}
	case "vp09":
		if b := boxIn(entry, 86, "vpcC"); len(b) >= 7 { // VP in ISOBMFF
			return fmt.Sprintf("vp09.%02d.%02d.%02d", b[4], b[5], b[6]>>4)
		}
	case "mp4v":
		return objectOf(kind, boxIn(entry, 86, "esds"))
	case "mp4a":
		return objectOf(kind, boxIn(entry, soundBoxes(entry), "esds"))
	case "Opus":
		return "opus"
	case "fLaC":
		return "flac"
	case ".mp3":
		return "mp3"
	}
	return kind
}

// soundBoxes is where the boxes in an audio sample entry start: QuickTime's versions 1 and 2 have more before them (QuickTime File
// Format, "Sound sample descriptions").
func soundBoxes(entry []byte) int {
	if len(entry) < 18 {
		return 36
	}
	switch binary.BigEndian.Uint16(entry[16:]) {
	case 1:
		return 52
	case 2:
		return 72
	}
	return 36
}

// boxIn returns what is in the first box of a kind that starts at or after an offset; QuickTime puts some one level deeper. A box
// that is cut off is returned as far as it goes.
func boxIn(b []byte, at int, kind string) []byte {
	for at+8 <= len(b) {
		size := int64(binary.BigEndian.Uint32(b[at:]))
		if size < 8 {
			return nil
		}
		inner := b[at+8 : min(int64(at)+size, int64(len(b)))]
		switch string(b[at+4 : at+8]) {
		case kind:
			return inner
		case "wave":
			if found := boxIn(inner, 0, kind); found != nil {
				return found
			}
		}
		at += int(min(size, int64(len(b))))
	}
	return nil
}

// hevcOf writes the settings of HEVC (ISO/IEC 14496-15, annex E.3).
func hevcOf(kind string, b []byte) string {
	var s strings.Builder
	s.WriteString(kind + ".")
	if space := b[1] >> 6; space > 0 {
		s.WriteByte('A' + space - 1)
	}
	fmt.Fprintf(&s, "%d.%X.%c%d", b[1]&31, bits.Reverse32(binary.BigEndian.Uint32(b[2:])), "LH"[b[1]>>5&1], b[12])
	constraints := b[6:12]
	for len(constraints) > 0 && constraints[len(constraints)-1] == 0 {
		constraints = constraints[:len(constraints)-1]
	}
	for _, c := range constraints {
		fmt.Fprintf(&s, ".%X", c)
	}
	return s.String()
}

// objectOf writes the object type of MPEG-4 that an elementary stream descriptor names (ISO/IEC 14496-1, 7.2.6), and for sound of
// MPEG-4 its kind of AAC (ISO/IEC 14496-3, 1.6.2.1).
func objectOf(kind string, esds []byte) string {
	if len(esds) < 4 {
		return kind
	}
	object, kindOfSound := -1, 0
	for b := esds[4:]; len(b) >= 2; {
		tag, length, skip := b[0], 0, 1
		for skip < len(b) && skip <= 4 {
			c := b[skip]
			length, skip = length<<7|int(c&0x7f), skip+1
			if c&0x80 == 0 {
				break
			}
		}
		b = b[min(skip, len(b)):]
		switch {
		case tag == 3 && len(b) >= 3: // the stream: its flags say what stands before the next descriptor
			flags, head := b[2], 3
			if flags&0x80 != 0 {
				head += 2
			}
			if flags&0x40 != 0 && head < len(b) {
				head += 1 + int(b[head])
			}
			if flags&0x20 != 0 {
				head += 2
			}
			b = b[min(head, len(b)):]
			continue
		case tag == 4 && len(b) >= 13:
			object = int(b[0])
			b = b[13:]
			continue
		case tag == 5 && len(b) >= 2:
			if kindOfSound = int(b[0] >> 3); kindOfSound == 31 {
				kindOfSound = 32 + int(b[0]&7)<<3 + int(b[1]>>5)
			}
		}
		b = b[min(length, len(b)):]
	}
	switch {
	case object < 0:
		return kind
	case object == 0x40 && kindOfSound > 0:
		return fmt.Sprintf("%s.40.%d", kind, kindOfSound)
	}
	return fmt.Sprintf("%s.%X", kind, object)
}
