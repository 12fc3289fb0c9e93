package media

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
)

// pngBlocks finds the metadata of a PNG: the chunks eXIf and iCCP, XMP in iTXt, and the "Raw profile type" texts of ImageMagick,
// which hold the same blocks as hexadecimal digits (PNG 3rd edition, section 11.3; ImageMagick coders/png.c).
func pngBlocks(src *source) blocks {
	var b blocks
	at := int64(8)
	for range 10000 { // chunks; pictures of gigabytes have some thousand
		head := src.part(at, 8)
		if len(head) < 8 {
			break
		}
		n := int64(binary.BigEndian.Uint32(head))
		kind := string(head[4:])
		switch kind {
		case "IEND":
			return b
		case "eXIf", "iCCP", "iTXt", "zTXt", "tEXt":
			if n <= maxBlock {
				b.pngChunk(kind, src.part(at+8, n))
			}
		}
		at += 12 + n
	}
	return b
}

func (b *blocks) pngChunk(kind string, data []byte) {
	keyword, rest, ok := bytes.Cut(data, []byte{0})
	if kind == "eXIf" {
		b.exif = data
		return
	}
	if !ok || len(rest) < 1 {
		return
	}
	switch kind {
	case "iCCP":
		b.icc = inflate(rest[1:])
		return
	case "zTXt":
		rest = inflate(rest[1:])
	case "iTXt": // compressed?, method, language, 0, translated keyword, 0, text
		if len(rest) < 2 {
			return
		}
		packed := rest[0] == 1
		_, rest, _ = bytes.Cut(rest[2:], []byte{0})
		_, rest, ok = bytes.Cut(rest, []byte{0})
		if !ok {
			return
		}
		if packed {
			rest = inflate(rest)
		}
	}
	switch string(keyword) {
	case "XML:com.adobe.xmp":
		b.xmp = rest
	case "Raw profile type xmp":
		b.xmp = rawProfile(rest)
	case "Raw profile type exif", "Raw profile type APP1":
		raw := rawProfile(rest)
		if xmp, ok := bytes.CutPrefix(raw, []byte(jpegXMP)); ok {
			b.xmp = xmp
		} else {
			b.exif = bytes.TrimPrefix(raw, []byte(jpegExif))
		}
	case "Raw profile type iptc", "Raw profile type 8bim":
		b.iptc = rawProfile(rest)
	}
}

// rawProfile reads "\nexif\n    1234\n<hex digits in lines>".
func rawProfile(text []byte) []byte {
	fields := bytes.Fields(text)
	if len(fields) < 3 {
		return nil
	}
	joined := bytes.Join(fields[2:], nil)
	raw := make([]byte, hex.DecodedLen(len(joined)))
	n, _ := hex.Decode(raw, joined[:len(joined)&^1])
	return raw[:n]
}
