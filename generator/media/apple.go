package media

import (
	"bytes"
	"encoding/binary"
)

// appleNote is what Apple's maker note begins with; a directory in big-endian order follows, whose offsets count from here (ExifTool,
// Image::ExifTool::Apple).
const appleNote = "Apple iOS\x00\x00\x01MM"

// appleContentID reads the content identifier out of a block of EXIF: that of the video of a Live Photo, too. Empty when there is none.
func appleContentID(exif []byte) string {
	const tag, ascii = 0x0011, 2
	at := bytes.Index(exif, []byte(appleNote))
	if at < 0 {
		return ""
	}
	note := exif[at:]
	entries := note[len(appleNote):]
	if len(entries) < 2 {
		return ""
	}
	count := int(binary.BigEndian.Uint16(entries))
	for entries = entries[2:]; count > 0 && len(entries) >= 12; entries, count = entries[12:], count-1 {
		if binary.BigEndian.Uint16(entries) != tag || binary.BigEndian.Uint16(entries[2:]) != ascii {
			continue
		}
		size, offset := uint64(binary.BigEndian.Uint32(entries[4:])), uint64(binary.BigEndian.Uint32(entries[8:]))
		if size <= 4 || offset+size > uint64(len(note)) {
			return ""
		}
		return line(string(bytes.TrimRight(note[offset:offset+size], "\x00")), maxWord)
	}
	return ""
}
