package media

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"
)

// maxRights is how many bytes of a copyright line, and of the creators' names, a rendition carries.
const maxRights = 500

// rights returns the segment of a JPEG that names the creators and the copyright: an Exif block (Exif 2.32, section 4.5.2) of nothing
// but these; nil when nobody says who they are. Its texts are UTF-8, as everybody writes them, though the standard says ASCII.
func rights(creator, copyright string) []byte {
	be := binary.BigEndian
	var entries, texts []byte
	tags := []struct {
		tag  uint16
		text string
	}{{0x013b, exifText(creator)}, {0x8298, exifText(copyright)}} // Artist and Copyright, in the order of their numbers
	n := 0
	for _, t := range tags {
		if t.text != "" {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	after := 8 + 2 + 12*n + 4 // the header, and the directory of the entries
	for _, t := range tags {
		if t.text == "" {
			continue
		}
		text := append([]byte(t.text), 0)
		entries = be.AppendUint16(entries, t.tag)
		entries = be.AppendUint16(entries, 2) // ASCII
		entries = be.AppendUint32(entries, uint32(len(text)))
		if len(text) <= 4 {
			entries = append(entries, text...)
			entries = append(entries, make([]byte, 4-len(text))...)
			continue
		}
		if len(texts)%2 == 1 {
			texts = append(texts, 0) // values begin at even places
		}
		entries = be.AppendUint32(entries, uint32(after+len(texts)))
		texts = append(texts, text...)
	}
	body := append([]byte(jpegExif), "MM\x00*\x00\x00\x00\x08"...)
	body = be.AppendUint16(body, uint16(n))
	body = append(body, entries...)
	body = append(body, 0, 0, 0, 0) // no other directory
	body = append(body, texts...)
	return append(be.AppendUint16([]byte{0xff, 0xe1}, uint16(2+len(body))), body...)
}

// exifText cuts a text to maxRights bytes, between characters. A zero byte, which would end it, can't be in it.
func exifText(s string) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
	if len(s) <= maxRights {
		return s
	}
	n := maxRights
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
