package media

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"
	"time"

	"shoebox/internal/gallery"
)

// The functions here build small files for the tests.

var modified = time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)

func input(name string, data []byte) Input {
	return Input{Key: "data/album/" + name, SHA256: "0123456789abcdef", Size: int64(len(data)), Modified: modified, R: bytes.NewReader(data)}
}

func develop(t testing.TB, o Options, in Input) (gallery.Record, []Rendition) {
	t.Helper()
	record, renditions, err := New(o).Develop(context.Background(), in)
	if err != nil {
		t.Fatalf("develop %s: %v", in.Key, err)
	}
	for _, r := range renditions {
		if r.Bytes != len(r.Body) || len(r.Body) == 0 {
			t.Errorf("%s says %d bytes and has %d", r.Path, r.Bytes, len(r.Body))
		}
		if c, _, err := image.DecodeConfig(bytes.NewReader(r.Body)); r.Type != "image/webp" && (err != nil || c.Width != r.Width || c.Height != r.Height) {
			t.Errorf("%s says %dx%d and is %dx%d (%v)", r.Path, r.Width, r.Height, c.Width, c.Height, err)
		}
		if bytes.Contains(r.Body, []byte("Exif\x00")) && record.Creator+record.Copyright == "" || bytes.Contains(r.Body, []byte("ns.adobe.com")) {
			t.Errorf("%s carries metadata", r.Path)
		}
	}
	return record, renditions
}

// rendition returns the decoded rendition of that use.
func rendition(t testing.TB, list []Rendition, use string) (Rendition, image.Image) {
	t.Helper()
	for _, r := range list {
		if r.Use == use {
			m, _, err := image.Decode(bytes.NewReader(r.Body))
			if err != nil {
				t.Fatalf("decode %s: %v", r.Path, err)
			}
			return r, m
		}
	}
	t.Fatalf("no %s among %d renditions", use, len(list))
	return Rendition{}, nil
}

// corners paints each quarter of a picture in its own colour: red, green above blue, white.
func corners(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{220, 30, 30, 255}
			switch {
			case y < h/2 && x >= w/2:
				c = color.RGBA{30, 200, 30, 255}
			case y >= h/2 && x < w/2:
				c = color.RGBA{30, 30, 220, 255}
			case y >= h/2:
				c = color.RGBA{240, 240, 240, 255}
			}
			m.SetRGBA(x, y, c)
		}
	}
	return m
}

// nameColor names a colour of corners.
func nameColor(c color.Color) string {
	r, g, b, _ := c.RGBA()
	switch hi := uint32(0x8000); {
	case r > hi && g > hi && b > hi:
		return "W"
	case r > hi && g < hi && b < hi:
		return "R"
	case g > hi && r < hi && b < hi:
		return "G"
	case b > hi && r < hi && g < hi:
		return "B"
	}
	return "?"
}

// quarters names the colours in the middle of the quarters, row by row.
func quarters(m image.Image) string {
	b := m.Bounds()
	s := ""
	for _, p := range [][2]int{{1, 1}, {3, 1}, {1, 3}, {3, 3}} {
		s += nameColor(m.At(b.Min.X+b.Dx()*p[0]/4, b.Min.Y+b.Dy()*p[1]/4))
	}
	return s
}

func jpegOf(t testing.TB, m image.Image, segments ...[]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 92}); err != nil {
		t.Fatal(err)
	}
	out := append([]byte{}, b.Bytes()[:2]...)
	for _, s := range segments {
		out = append(out, s...)
	}
	return append(out, b.Bytes()[2:]...)
}

func pngOf(t testing.TB, m image.Image, chunks ...[]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	out := append([]byte{}, b.Bytes()[:33]...) // signature and IHDR
	for _, c := range chunks {
		out = append(out, c...)
	}
	return append(out, b.Bytes()[33:]...)
}

func segment(marker byte, parts ...string) []byte {
	var body []byte
	for _, p := range parts {
		body = append(body, p...)
	}
	return append([]byte{0xff, marker, byte((len(body) + 2) >> 8), byte(len(body) + 2)}, body...)
}

func exifSegment(tiff []byte) []byte { return segment(0xe1, jpegExif, string(tiff)) }
func xmpSegment(xmp string) []byte   { return segment(0xe1, jpegXMP, xmp) }

// iptcSegment holds datasets of record 2 by their numbers.
func iptcSegment(sets ...[2]string) []byte {
	var block []byte
	for _, s := range sets {
		block = append(block, 0x1c, 2, s[0][0], byte(len(s[1])>>8), byte(len(s[1])))
		block = append(block, s[1]...)
	}
	if len(block)%2 == 1 {
		block = append(block, 0)
	}
	head := binary.BigEndian.AppendUint32([]byte("8BIM\x04\x04\x00\x00"), uint32(len(block)))
	return segment(0xed, jpegIPTC, string(head), string(block))
}

// A field is one entry of an IFD. Its value is a string, a uint16, a [2]uint32 (rational), a [][2]uint32, or a []field (an IFD below).
type field struct {
	tag   uint16
	value any
}

// tiffOf lays out an IFD and those below it, big endian. next, if not nil, is the following IFD (the thumbnail's in EXIF).
func tiffOf(fields []field, next []field) []byte {
	be := binary.BigEndian
	out := []byte("MM\x00*\x00\x00\x00\x08")
	var lay func(fields []field)
	lay = func(fields []field) {
		start := len(out)
		out = be.AppendUint16(out, uint16(len(fields)))
		out = append(out, make([]byte, 12*len(fields)+4)...)
		for i, f := range fields {
			at := start + 2 + 12*i
			be.PutUint16(out[at:], f.tag)
			put := func(kind, count int, data []byte) {
				be.PutUint16(out[at+2:], uint16(kind))
				be.PutUint32(out[at+4:], uint32(count))
				if len(data) <= 4 {
					copy(out[at+8:], data)
					return
				}
				be.PutUint32(out[at+8:], uint32(len(out)))
				out = append(out, data...)
			}
			switch v := f.value.(type) {
			case string:
				put(2, len(v)+1, append([]byte(v), 0))
			case []byte:
				put(7, len(v), v)
			case uint16:
				put(3, 1, be.AppendUint16(nil, v))
			case []uint16:
				var b []byte
				for _, n := range v {
					b = be.AppendUint16(b, n)
				}
				put(3, len(v), b)
			case uint32:
				put(4, 1, be.AppendUint32(nil, v))
			case [][2]uint32:
				var b []byte
				for _, r := range v {
					b = be.AppendUint32(be.AppendUint32(b, r[0]), r[1])
				}
				put(5, len(v), b)
			case []field:
				put(4, 1, be.AppendUint32(nil, uint32(len(out))))
				lay(v)
			}
		}
	}
	lay(fields)
	if next != nil {
		be.PutUint32(out[8+2+12*len(fields):], uint32(len(out)))
		lay(next)
	}
	return out
}

func pngChunk(kind string, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, kind...), data...)
	return binary.BigEndian.AppendUint32(b, crcOf(b[4:]))
}

func deflated(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func box(kind string, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	return append(append(binary.BigEndian.AppendUint32(nil, uint32(8+len(body))), kind...), body...)
}
