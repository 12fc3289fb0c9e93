package media

import (
	"bytes"
	"encoding/binary"
	"image"
	"strings"
	"testing"

	"shoebox/internal/gallery"
)

// bmpOf builds a BMP of 4 x 4 pixels with a header of 40 bytes; extra is what stands between header and pixels.
func bmpOf(height int32, depth, packing int, extra, pixels []byte) []byte {
	le := binary.LittleEndian
	b := append([]byte("BM"), make([]byte, 52)...)
	le.PutUint32(b[10:], uint32(54+len(extra)))
	le.PutUint32(b[14:], 40)
	le.PutUint32(b[18:], 4)
	le.PutUint32(b[22:], uint32(height))
	le.PutUint16(b[26:], 1)
	le.PutUint16(b[28:], uint16(depth))
	le.PutUint32(b[30:], uint32(packing))
	return append(append(b, extra...), pixels...)
}

func TestBMP(t *testing.T) {
	palette := make([]byte, 4*16) // red, green, blue, white
	copy(palette, []byte{0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 0, 255, 255, 255, 0})
	u32 := func(v ...uint32) (b []byte) {
		for _, v := range v {
			b = binary.LittleEndian.AppendUint32(b, v)
		}
		return b
	}
	// rows makes four rows of pixels, each two of the first kind and two of the second, from the bottom.
	rows := func(r, g, b, w []byte) (out []byte) {
		for y := range 4 {
			left, right := b, w
			if y >= 2 {
				left, right = r, g
			}
			row := bytes.Join([][]byte{left, left, right, right}, nil)
			out = append(append(out, row...), make([]byte, -len(row)&3)...)
		}
		return out
	}
	core := append([]byte("BM"), make([]byte, 24)...)
	core[10], core[14], core[18], core[20], core[22], core[24] = 26+12, 12, 4, 4, 1, 4
	core = append(append(core, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 255), rows4()...)
	for name, data := range map[string][]byte{
		"16 bits, 565":  bmpOf(4, 16, 3, u32(0xf800, 0x07e0, 0x1f), rows([]byte{0, 0xf8}, []byte{0xe0, 7}, []byte{0x1f, 0}, []byte{0xff, 0xff})),
		"16 bits, 555":  bmpOf(4, 16, 0, nil, rows([]byte{0, 0x7c}, []byte{0xe0, 3}, []byte{0x1f, 0}, []byte{0xff, 0x7f})),
		"24 bits":       bmpOf(4, 24, 0, nil, rows([]byte{0, 0, 255}, []byte{0, 255, 0}, []byte{255, 0, 0}, []byte{255, 255, 255})),
		"32 bits, RGBA": bmpOf(4, 32, 6, u32(0xff, 0xff00, 0xff0000, 0xff000000), rows([]byte{255, 0, 0, 255}, []byte{0, 255, 0, 255}, []byte{0, 0, 255, 255}, []byte{255, 255, 255, 255})),
		"no opacity":    bmpOf(4, 32, 6, u32(0xff, 0xff00, 0xff0000, 0xff000000), rows([]byte{255, 0, 0, 0}, []byte{0, 255, 0, 0}, []byte{0, 0, 255, 0}, []byte{255, 255, 255, 0})),
		"4 bits":        bmpOf(4, 4, 0, palette, rows4()),
		"top down":      bmpOf(-4, 4, 0, palette, append(rows4()[8:], rows4()[:8]...)),
		"RLE4":          bmpOf(4, 4, 2, palette, []byte{2, 0x22, 2, 0x33, 0, 0, 4, 0x22, 0, 2, 0, 0, 0, 0, 4, 0x00, 0, 0, 0, 4, 0x00, 0x11, 0, 1}),
		"RLE8":          bmpOf(4, 8, 1, append(palette, make([]byte, 240*4)...), []byte{2, 2, 2, 3, 0, 0, 2, 2, 2, 3, 0, 0, 0, 4, 0, 0, 1, 1, 0, 0, 2, 0, 2, 1, 0, 1}),
		"OS/2":          core,
	} {
		record, list := develop(t, Options{}, input("a.bmp", data))
		if record.Problem != "" || record.Width != 4 || record.Height != 4 {
			t.Errorf("%s: %d x %d, %q", name, record.Width, record.Height, record.Problem)
			continue
		}
		src := input("a.bmp", data)
		h, err := openBMP(&source{ctx: t.Context(), r: src.R, size: src.Size})
		if err != nil {
			t.Fatal(err)
		}
		m, _, err := h.decode(0, 0)
		if err != nil {
			t.Fatal(err)
		}
		got := nameColor(m.At(0, 0)) + nameColor(m.At(3, 0)) + nameColor(m.At(0, 3)) + nameColor(m.At(3, 3))
		if got != "RGBW" || !m.(*image.NRGBA).Opaque() {
			t.Errorf("%s: got %s, opaque %t", name, got, m.(*image.NRGBA).Opaque())
		}
		rendition(t, list, gallery.Preview)

		// Cut off, it is shown as far as it goes.
		record, list = develop(t, Options{}, input("a.bmp", data[:len(data)-2]))
		if record.Problem != cutOff || len(list) == 0 {
			t.Errorf("%s, cut off: %d renditions, %q", name, len(list), record.Problem)
		}
	}
	for _, data := range [][]byte{bmpOf(4, 24, 4, nil, []byte("\xff\xd8")), bmpOf(4, 7, 0, nil, make([]byte, 99)), bmpOf(-4, 8, 1, palette, make([]byte, 99))} {
		record, list := develop(t, Options{}, input("a.bmp", data))
		if len(list) != 0 || !strings.HasPrefix(record.Problem, "this variant of BMP") || !strings.HasSuffix(record.Problem, "is not read: shown as a download") {
			t.Errorf("got %d renditions, %q", len(list), record.Problem)
		}
	}
}

// rows4 are the pixels of a picture with four bits each: blue and white, above them red and green.
func rows4() []byte {
	return []byte{0x22, 0x33, 0, 0, 0x22, 0x33, 0, 0, 0x00, 0x11, 0, 0, 0x00, 0x11, 0, 0}
}
