package raw

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// Tags of maker notes that lead to a preview, as ExifTool's tables name them (Image::ExifTool::TagNames).
const (
	nikonPreviewIFD       = 0x0011
	olympusCameraSettings = 0x2020
	olympusPreviewAt      = 0x0101
	olympusPreviewLength  = 0x0102
	pentaxPreviewLength   = 0x0003
	pentaxPreviewAt       = 0x0004
	samsungPreviewIFD     = 0x0035
	sonyPreview           = 0x2001
	minoltaPreview        = 0x0081
	minoltaPreviewAt      = 0x0088
	minoltaPreviewLength  = 0x0089
)

// sonyPreviewHeader is what stands before the JPEG in Sony's preview tag.
const sonyPreviewHeader = 32

// makerNote looks for previews in a maker note. Programs that moved it may have left its offsets wrong: then what they lead to
// is no JPEG, and is not taken.
func (t tiff) makerNote(at, n int64) {
	head := t.bytes(at, min(n, 18))
	has := func(prefix string) bool { return bytes.HasPrefix(head, []byte(prefix)) }
	if len(head) < 18 {
		return
	}
	switch {
	case has("Nikon\x00"):
		note, ok := t.header(at + 10) // a TIFF structure of its own
		if !ok {
			return
		}
		entries, _ := note.directory(note.start)
		for _, e := range entries {
			if e.tag == nikonPreviewIFD {
				note.jpegDirectory(note.number(e))
			}
		}
	case has("OLYMPUS\x00"):
		t.based(at, head[8:]).olympus(12)
	case has("OM SYSTEM\x00"):
		t.based(at, head[12:]).olympus(16)
	case has("OLYMP\x00"), has("EPSON\x00"):
		t.olympus(at + 8 - t.base)
	case has("AOC\x00"):
		note := t.based(t.base, head[4:])
		note.range2(at+6-t.base, pentaxPreviewAt, pentaxPreviewLength)
	case has("PENTAX \x00"), has("RICOH\x00"), has("SAMSUNG\x00"):
		note := t.based(at, head[8:])
		note.range2(10, pentaxPreviewAt, pentaxPreviewLength)
	case has("SONY DSC \x00"), has("SONY CAM \x00"):
		entries, _ := t.directory(at + 12 - t.base)
		for _, e := range entries {
			if e.tag == sonyPreview {
				from, n := t.data(e)
				t.candidate(from, n)
				t.candidate(from+sonyPreviewHeader, n-sonyPreviewHeader)
			}
		}
	case strings.EqualFold(t.make, "SAMSUNG"):
		entries, _ := t.directory(at - t.base)
		for _, e := range entries {
			if e.tag == samsungPreviewIFD {
				t.jpegDirectory(t.number(e))
				note := t.based(at, nil)
				note.jpegDirectory(note.number(e))
			}
		}
	case strings.HasPrefix(strings.ToLower(t.make), "minolta"), strings.HasPrefix(strings.ToLower(t.make), "konica minolta"):
		t.minolta(at - t.base)
	}
}

// based is the same structure with offsets that count from another place, in the byte order that mark says, if it says any.
func (t tiff) based(base int64, mark []byte) tiff {
	t.base = base
	switch {
	case bytes.HasPrefix(mark, []byte("II")):
		t.order = binary.LittleEndian
	case bytes.HasPrefix(mark, []byte("MM")):
		t.order = binary.BigEndian
	}
	return t
}

// jpegDirectory takes the JPEG that a directory names.
func (t tiff) jpegDirectory(offset int64) { t.range2(offset, tagJPEGAt, tagJPEGLength) }

// range2 takes the JPEG whose place and length two tags of a directory say.
func (t tiff) range2(offset int64, tagAt, tagLength uint16) {
	var at, n int64
	entries, _ := t.directory(offset)
	for _, e := range entries {
		switch e.tag {
		case tagAt:
			at = t.number(e)
		case tagLength:
			n = t.number(e)
		}
	}
	if at > 0 {
		t.candidate(t.base+at, n)
	}
}

// olympus reads an Olympus maker note whose directory is at an offset: its camera settings name the preview.
func (t tiff) olympus(offset int64) {
	entries, _ := t.directory(offset)
	for _, e := range entries {
		if e.tag == olympusCameraSettings {
			e.kind, e.count = 4, 1 // older cameras say: so many bytes of undefined type, at this offset
			t.range2(t.number(e), olympusPreviewAt, olympusPreviewLength)
		}
	}
}

// minolta reads a Minolta maker note whose directory is at an offset. The camera put something else in place of the first byte
// of the JPEG: candidate is told that it may.
func (t tiff) minolta(offset int64) {
	var at, n int64
	entries, _ := t.directory(offset)
	for _, e := range entries {
		switch e.tag {
		case minoltaPreview:
			t.mended(t.data(e))
		case minoltaPreviewAt:
			at = t.number(e)
		case minoltaPreviewLength:
			n = t.number(e)
		}
	}
	if at > 0 {
		t.mended(t.base+at, n)
	}
}
