package media

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"math/bits"
)

// A bitmap is what the header of a BMP file says (Windows GDI, BITMAPCOREHEADER to BITMAPV5HEADER).
type bitmap struct {
	width, height int
	topDown       bool
	depth         int // bits of a pixel
	packing       uint32
	masks         [4]uint32 // red, green, blue, alpha
	palette       [256]color.NRGBA
	data          int64 // where the pixels begin
}

// How the pixels of a BMP may be packed.
const (
	bmpPlain     = 0
	bmpRLE8      = 1
	bmpRLE4      = 2
	bmpMasks     = 3
	bmpAlphaMask = 6
)

func openBMP(src *source) (*header, error) {
	b, err := readBitmap(src)
	if err != nil {
		return nil, err
	}
	h := &header{width: b.width, height: b.height, cost: 8}
	h.decode = func(int, int) (image.Image, string, error) { return b.decode(src) }
	return h, nil
}

func readBitmap(src *source) (*bitmap, error) {
	head := src.head(14 + 124 + 16)
	if len(head) < 14+12 {
		return nil, io.ErrUnexpectedEOF
	}
	le := binary.LittleEndian
	size := int(le.Uint32(head[14:]))
	b := &bitmap{data: int64(le.Uint32(head[10:]))}
	entry, colours := 4, 0
	switch {
	case size == 12: // OS/2
		entry = 3
		b.width, b.height, b.depth = int(le.Uint16(head[18:])), int(le.Uint16(head[20:])), int(le.Uint16(head[24:]))
	case size < 40 || size > 124:
		return nil, fmt.Errorf("this variant of BMP, with a header of %d bytes, is %w", size, errUnread)
	case len(head) < 14+40:
		return nil, io.ErrUnexpectedEOF
	default:
		height := int64(int32(le.Uint32(head[22:])))
		b.topDown = height < 0
		b.width, b.height, b.depth = int(int32(le.Uint32(head[18:]))), int(max(height, -height)), int(le.Uint16(head[28:]))
		b.packing, colours = le.Uint32(head[30:]), int(min(le.Uint32(head[46:]), 256))
	}
	after := int64(14 + size)
	switch {
	case b.packing == bmpMasks && b.depth >= 16, b.packing == bmpAlphaMask && b.depth >= 16:
		masks := head[min(54, len(head)):] // in longer headers they are at the same place as behind a short one
		n := 3
		if size >= 56 || b.packing == bmpAlphaMask {
			n = 4
		}
		if len(masks) < 4*n {
			return nil, io.ErrUnexpectedEOF
		}
		for i := range n {
			b.masks[i] = le.Uint32(masks[4*i:])
		}
		if size == 40 {
			after += int64(4 * n)
		}
	case b.packing == bmpPlain && b.depth == 16:
		b.masks = [4]uint32{0x7c00, 0x03e0, 0x001f, 0}
	case b.packing == bmpPlain && b.depth >= 24:
		b.masks = [4]uint32{0xff0000, 0xff00, 0xff, 0}
	case b.packing == bmpPlain, b.packing == bmpRLE8 && b.depth == 8 && !b.topDown, b.packing == bmpRLE4 && b.depth == 4 && !b.topDown:
	default:
		return nil, fmt.Errorf("this variant of BMP (packing %d of %d bits) is %w", b.packing, b.depth, errUnread)
	}
	switch b.depth {
	case 1, 2, 4, 8:
		if colours == 0 {
			colours = 1 << b.depth
		}
		for i := range b.palette {
			b.palette[i].A = 255
		}
		table := src.part(after, min(int64(entry*colours), max(b.data-after, 0)))
		for i := 0; len(table) >= entry; i, table = i+1, table[entry:] {
			b.palette[i] = color.NRGBA{table[2], table[1], table[0], 255}
		}
	case 16, 24, 32:
	default:
		return nil, fmt.Errorf("this variant of BMP, with %d bits for a pixel, is %w", b.depth, errUnread)
	}
	if b.width < 0 || b.width > 1<<30 || b.height > 1<<30 {
		return nil, errors.New("its size makes no sense")
	}
	return b, nil
}

// decode reads the pixels. Those that the file lacks are transparent.
func (b *bitmap) decode(src *source) (image.Image, string, error) {
	if src.size <= b.data {
		return nil, "", io.ErrUnexpectedEOF
	}
	r := bufio.NewReaderSize(io.NewSectionReader(src, b.data, src.size-b.data), 64<<10)
	stride := (int64(b.width)*int64(b.depth) + 31) / 32 * 4
	packed := b.packing == bmpRLE8 || b.packing == bmpRLE4
	if !packed && src.size-b.data < stride {
		return nil, "", io.ErrUnexpectedEOF
	}
	m := image.NewNRGBA(image.Rect(0, 0, b.width, b.height))
	var err error
	if packed {
		err = b.unpack(r, m)
	} else {
		row := make([]byte, stride)
		for y := range b.height {
			if _, err = io.ReadFull(r, row); err != nil {
				break
			}
			b.row(m, y, row)
		}
	}
	if b.masks[3] != 0 {
		revealed(m)
	}
	if err != nil {
		return m, cutOff, nil
	}
	return m, "", nil
}

// revealed makes a picture opaque of which nothing could be seen: its writer left the channel empty.
func revealed(m *image.NRGBA) {
	for i := 3; i < len(m.Pix); i += 4 {
		if m.Pix[i] != 0 {
			return
		}
	}
	for i := 3; i < len(m.Pix); i += 4 {
		m.Pix[i] = 255
	}
}

// line returns the pixels of a row of the file; rows mostly begin at the bottom.
func (b *bitmap) line(m *image.NRGBA, y int) []byte {
	if !b.topDown {
		y = b.height - 1 - y
	}
	return m.Pix[y*m.Stride:][:4*b.width]
}

func (b *bitmap) row(m *image.NRGBA, y int, row []byte) {
	line := b.line(m, y)
	if b.depth <= 8 {
		for x := range b.width {
			at := x * b.depth
			b.put(line, x, row[at>>3]>>(8-b.depth-at&7)&uint8(1<<b.depth-1))
		}
		return
	}
	var scale [4][256]uint8 // from the upper eight bits of a channel, or all that it has, to 255
	var shift [4]int
	for i, mask := range b.masks {
		n := min(bits.OnesCount32(mask), 8)
		shift[i] = bits.Len32(mask) - n
		for v := range 1 << n {
			scale[i][v] = uint8(v * 255 / max(1<<n-1, 1))
		}
	}
	n := b.depth / 8
	for x := range b.width {
		v := uint32(row[n*x]) | uint32(row[n*x+1])<<8
		if n > 2 {
			v |= uint32(row[n*x+2]) << 16
		}
		if n > 3 {
			v |= uint32(row[n*x+3]) << 24
		}
		for i, mask := range b.masks {
			line[4*x+i] = scale[i][uint8(v&mask>>shift[i])]
		}
		if b.masks[3] == 0 {
			line[4*x+3] = 255
		}
	}
}

func (b *bitmap) put(line []byte, x int, index uint8) {
	c := &b.palette[index]
	p := line[4*x : 4*x+4 : 4*x+4]
	p[0], p[1], p[2], p[3] = c.R, c.G, c.B, c.A
}

// unpack reads runs: a count and a value, or a zero and an order. What is passed over has the palette's first colour.
func (b *bitmap) unpack(r *bufio.Reader, m *image.NRGBA) error {
	for y := range b.height {
		line := b.line(m, y)
		for x := range b.width {
			b.put(line, x, 0)
		}
	}
	x, y := 0, 0
	put := func(v uint8) {
		if x < b.width && y < b.height {
			b.put(b.line(m, y), x, v)
		}
		x++
	}
	// Two nibbles to a byte with four bits, the upper one first.
	nibble := func(v byte, i int) uint8 {
		if b.depth == 8 {
			return v
		}
		return v >> (4 - 4*(i&1)) & 15
	}
	for y < b.height {
		var pair [2]byte
		if _, err := io.ReadFull(r, pair[:]); err != nil {
			return err
		}
		switch n := int(pair[1]); {
		case pair[0] > 0:
			for i := range int(pair[0]) {
				put(nibble(pair[1], i))
			}
		case n == 0:
			x, y = 0, y+1
		case n == 1:
			return nil
		case n == 2:
			if _, err := io.ReadFull(r, pair[:]); err != nil {
				return err
			}
			x, y = x+int(pair[0]), y+int(pair[1])
		default: // n values as they are, filled up to two bytes
			size := n
			if b.depth == 4 {
				size = (n + 1) / 2
			}
			values := make([]byte, size+size&1)
			if _, err := io.ReadFull(r, values); err != nil {
				return err
			}
			for i := range n {
				put(nibble(values[i*b.depth/8], i))
			}
		}
	}
	return nil
}
