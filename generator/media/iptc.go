package media

import (
	"bytes"
	"crypto/md5"
	"encoding/binary"
	"strings"
)

// The datasets of IPTC's application record that are read (IPTC-IIM 4.2, chapter 6).
var iptcNames = map[byte]string{
	5: "ObjectName", 25: "Keywords", 55: "DateCreated", 60: "TimeCreated", 62: "DigitalCreationDate", 63: "DigitalCreationTime",
	80: "By-line", 90: "City", 92: "Sub-location", 95: "Province-State", 101: "Country-PrimaryLocationName", 105: "Headline",
	116: "CopyrightNotice", 120: "Caption-Abstract",
}

// The identifiers of image resources (Adobe Photoshop File Formats Specification, "Image Resource IDs").
const (
	resourceIPTC   = 0x0404
	resourceDigest = 0x0425 // MD5 of the IPTC block that XMP was last written beside
)

// readIPTC reads an IPTC block: Photoshop's image resources as they stand in a JPEG, or the datasets themselves. What comes before
// damage is kept.
func (e *embedded) readIPTC(block []byte) {
	block = bytes.TrimPrefix(block, []byte(jpegIPTC))
	if bytes.HasPrefix(block, []byte{0x1c}) {
		e.datasets(block)
		return
	}
	var datasets, digest []byte
	for len(block) >= 12 {
		// A signature, an identifier, a name with its length that together are padded to be even, and the data likewise.
		identifier := binary.BigEndian.Uint16(block[4:])
		name := (int(block[6]) + 2) &^ 1
		if !isResource(block[:4]) || len(block) < 10+name {
			break
		}
		size := int64(binary.BigEndian.Uint32(block[6+name:]))
		block = block[10+name:]
		data := block[:min(size, int64(len(block)))]
		block = block[min(size+size&1, int64(len(block))):]
		switch {
		case identifier == resourceIPTC && datasets == nil:
			datasets = data
		case identifier == resourceDigest && len(data) == md5.Size:
			digest = data
		}
	}
	if datasets == nil {
		return
	}
	if sum := md5.Sum(datasets); digest != nil && !bytes.Equal(sum[:], digest) && !bytes.Equal(digest, make([]byte, md5.Size)) {
		e.iptcNewer = true // all zeros: the writer made none
	}
	e.datasets(datasets)
}

// isResource knows the signatures of image resources: Photoshop's, and those of programs that write their own.
func isResource(signature []byte) bool {
	switch string(signature) {
	case "8BIM", "PHUT", "DCSR", "AgHg", "MeSa":
		return true
	}
	return false
}

// datasets reads the datasets of a block: 1C, record, number, length, and the value.
func (e *embedded) datasets(block []byte) {
	for len(block) >= 5 && block[0] == 0x1c {
		record, number, size := block[1], block[2], int(binary.BigEndian.Uint16(block[3:]))
		block = block[5:]
		if size&0x8000 != 0 { // the length of the length: values of more than 32 KB
			n := size & 0x7fff
			if n > 4 || n > len(block) {
				return
			}
			size = 0
			for _, b := range block[:n] {
				size = size<<8 | int(b)
			}
			block = block[n:]
		}
		value := block[:min(size, len(block))]
		block = block[len(value):]
		name := iptcNames[number]
		if record == 2 && name != "" && len(e.iptc[name]) < maxWords {
			// The character set (dataset 1:90) is not looked at: many write UTF-8 without saying so, and what is not becomes so.
			e.iptc[name] = append(e.iptc[name], string(value))
		}
	}
}

// iptcMoment makes of an IPTC date, "20231105", and time, "181203+0200", what parseMoment reads.
func iptcMoment(day, clock string) string {
	if len(day) == 8 {
		day = day[:4] + ":" + day[4:6] + ":" + day[6:]
	}
	if len(clock) >= 6 && !strings.Contains(clock, ":") {
		clock = clock[:2] + ":" + clock[2:4] + ":" + clock[4:]
	}
	return strings.TrimSpace(day + " " + clock)
}
