package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"io"

	"shoebox/generator/media/jpeg"
)

// What the application segments of a JPEG begin with.
const (
	jpegExif = "Exif\x00\x00"
	jpegXMP  = "http://ns.adobe.com/xap/1.0/\x00"
	jpegIPTC = "Photoshop 3.0\x00"
	jpegICC  = "ICC_PROFILE\x00"
)

// maxScans bounds the time a progressive JPEG may take: each scan passes over the whole picture, and may be a few bytes long.
const maxScans = 200

func openJPEG(src *source) (*header, error) {
	h := &header{cost: 3}
	icc := map[byte][]byte{}
	var frame byte
	at := int64(2)
	for range 10000 {
		seg := src.part(at, 4)
		if len(seg) < 2 || seg[0] != 0xff {
			break
		}
		marker := seg[1]
		if marker == 0xff || marker == 0x01 || marker >= 0xd0 && marker <= 0xd8 {
			at++ // fill byte, or a marker without a length
			if marker != 0xff {
				at++
			}
			continue
		}
		if len(seg) < 4 || marker == 0xda || marker == 0xd9 {
			break
		}
		n := int64(binary.BigEndian.Uint16(seg[2:])) - 2
		switch {
		case n < 0:
			return nil, errors.New("a segment has no length")
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc:
			body := src.part(at+4, 6)
			if len(body) < 6 {
				return nil, io.ErrUnexpectedEOF
			}
			frame = marker
			h.height, h.width = int(binary.BigEndian.Uint16(body[1:])), int(binary.BigEndian.Uint16(body[3:]))
			switch {
			case body[5] == 4: // image/jpeg decodes it
				h.cost, h.scales = 9, false
				if marker == 0xc2 {
					h.cost = 25
				}
			case marker == 0xc2:
				h.cost, h.scales = 12, true
			default:
				h.cost, h.scales = 3, true
			}
		case marker == 0xe1 || marker == 0xe2 || marker == 0xed:
			h.blocks.jpegSegment(marker, src.part(at+4, n), icc)
		}
		at += 4 + n
	}
	for i := 1; i <= len(icc); i++ {
		h.blocks.icc = append(h.blocks.icc, icc[byte(i)]...)
	}
	switch {
	case frame == 0:
		return nil, io.ErrUnexpectedEOF
	case frame > 0xc2:
		return nil, fmt.Errorf("this variant of JPEG, SOF%d, is not read", frame-0xc0)
	}
	h.decode = func(w, t int) (image.Image, string, error) {
		if frame == 0xc2 {
			if n := countScans(src); n > maxScans {
				return nil, "", fmt.Errorf("it has more than %d scans", maxScans)
			}
		}
		scale := jpeg.Scale(h.width, h.height, w, t)
		m, err := jpeg.Decode(src.reader(), scale)
		if err == nil {
			return opaque(m), "", nil
		}
		if src.err != nil || src.ctx.Err() != nil {
			return nil, "", err
		}
		mended, problem := mendJPEG(src)
		if mended == nil {
			return nil, "", err
		}
		if m, merr := jpeg.Decode(bytes.NewReader(mended), scale); merr == nil {
			return opaque(m), problem, nil
		}
		return nil, "", err
	}
	return h, nil
}

// opaque turns CMYK, which imaging does not know by itself, into RGBA.
func opaque(m image.Image) image.Image {
	c, ok := m.(*image.CMYK)
	if !ok {
		return m
	}
	dst := image.NewRGBA(image.Rect(0, 0, c.Rect.Dx(), c.Rect.Dy()))
	draw.Draw(dst, dst.Rect, c, c.Rect.Min, draw.Src)
	return dst
}

func (b *blocks) jpegSegment(marker byte, data []byte, icc map[byte][]byte) {
	if rest, ok := bytes.CutPrefix(data, []byte(jpegExif)); ok && marker == 0xe1 && b.exif == nil {
		b.exif = rest
	} else if rest, ok := bytes.CutPrefix(data, []byte(jpegXMP)); ok && marker == 0xe1 && b.xmp == nil {
		b.xmp = rest
	} else if bytes.HasPrefix(data, []byte(jpegIPTC)) && marker == 0xed && len(b.iptc)+len(data) < maxBlock {
		// A long block goes on in the next segment.
		if b.iptc == nil {
			b.iptc = data
		} else {
			b.iptc = append(b.iptc, data[len(jpegIPTC):]...)
		}
	} else if rest, ok := bytes.CutPrefix(data, []byte(jpegICC)); ok && marker == 0xe2 && len(rest) > 2 {
		icc[rest[0]] = rest[2:]
	}
}

// countScans counts SOS markers, up to maxScans + 1. A byte FF inside of data is followed by 00.
func countScans(src *source) int {
	n := 0
	buf := make([]byte, 64<<10)
	last := byte(0)
	for at := int64(0); at < src.size; {
		k, err := src.ReadAt(buf, at)
		for _, b := range buf[:k] {
			if last == 0xff && b == 0xda {
				if n++; n > maxScans {
					return n
				}
			}
			last = b
		}
		at += int64(k)
		if err != nil || k == 0 {
			break
		}
	}
	return n
}
