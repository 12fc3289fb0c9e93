package jpeg

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math/bits"
)

// Encode writes a picture as a baseline JPEG with colours at half the size (4:2:0); quality is 1 to 100. The bytes are those of
// image/jpeg (of an *image.RGBA whose sides are no multiples of 16 they differ in what is beyond the edges). What it is quicker at
// are *image.Gray, *image.YCbCr with 4:2:0 and opaque *image.RGBA; others it leaves to image/jpeg. The error is for pictures of 65,536 pixels and more in one direction.
func Encode(m image.Image, quality int) ([]byte, error) {
	r := m.Bounds()
	if r.Min == (image.Point{}) && max(r.Dx(), r.Dy()) < 1<<16 && min(r.Dx(), r.Dy()) > 0 {
		switch m := m.(type) {
		case *image.Gray:
			return encodePlanes(r, quality, samples{m.Pix, m.Stride, r.Dx(), r.Dy()}), nil
		case *image.RGBA:
			return encodeYCbCr(Subsample(m), quality), nil
		case *image.YCbCr:
			if m.SubsampleRatio == image.YCbCrSubsampleRatio420 {
				return encodeYCbCr(m, quality), nil
			}
		}
	}
	var b bytes.Buffer
	err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality})
	return b.Bytes(), err
}

func encodeYCbCr(m *image.YCbCr, quality int) []byte {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	cw, ch := (w+1)/2, (h+1)/2
	return encodePlanes(m.Rect, quality, samples{m.Y, m.YStride, w, h}, samples{m.Cb, m.CStride, cw, ch}, samples{m.Cr, m.CStride, cw, ch})
}

// Subsample turns opaque RGB, with its corner at 0,0, into YCbCr with one colour for 2 x 2 pixels, the mean of theirs.
func Subsample(m *image.RGBA) *image.YCbCr {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	dst := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	for y := 0; y < h; y += 2 {
		for x := 0; x < w; x += 2 {
			cb, cr := 2, 2
			for _, at := range [4]image.Point{{x, y}, {x + 1, y}, {x, y + 1}, {x + 1, y + 1}} {
				at.X, at.Y = min(at.X, w-1), min(at.Y, h-1)
				p := m.Pix[at.Y*m.Stride+4*at.X:][:3:3]
				y, b, r := color.RGBToYCbCr(p[0], p[1], p[2])
				dst.Y[at.Y*dst.YStride+at.X] = y
				cb, cr = cb+int(b), cr+int(r)
			}
			at := y/2*dst.CStride + x/2
			dst.Cb[at], dst.Cr[at] = byte(cb>>2), byte(cr>>2)
		}
	}
	return dst
}

// samples are a plane to be encoded.
type samples struct {
	pix          []byte
	stride, w, h int
}

// load reads the block whose corner is at x, y. Beyond the edges the last samples go on.
func (s *samples) load(b *[64]int32, x, y int) {
	if x+8 <= s.w && y+8 <= s.h {
		for j := range 8 {
			p := (*[8]byte)(s.pix[(y+j)*s.stride+x:])
			row := (*[8]int32)(b[8*j:])
			for i, v := range p {
				row[i] = int32(v)
			}
		}
		return
	}
	for j := range 8 {
		for i := range 8 {
			b[8*j+i] = int32(s.pix[min(y+j, s.h-1)*s.stride+min(x+i, s.w-1)])
		}
	}
}

// The tables for brightness and colours that annex K of T.81 proposes: quantizers for quality 50 in zigzag order (tables K.1 and
// K.2), counts of Huffman codes by length and their values (K.3 to K.6).
var (
	proposedQuant = [2][64]uint8{{
		16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40,
		26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61, 60, 57, 51,
		56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87,
		95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
	}, {
		17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
	}}
	proposedCounts = [2][2][16]uint8{
		{{0, 1, 5, 1, 1, 1, 1, 1, 1}, {0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125}},
		{{0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1}, {0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119}},
	}
	proposedValues = [2][2]string{{
		"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b",
		"\x01\x02\x03\x00\x04\x11\x05\x12\x21\x31\x41\x06\x13\x51\x61\x07\x22\x71\x14\x32\x81\x91\xa1\x08\x23\x42\xb1\xc1\x15\x52\xd1\xf0" +
			"\x24\x33\x62\x72\x82\x09\x0a\x16\x17\x18\x19\x1a\x25\x26\x27\x28\x29\x2a\x34\x35\x36\x37\x38\x39\x3a\x43\x44\x45\x46\x47\x48\x49" +
			"\x4a\x53\x54\x55\x56\x57\x58\x59\x5a\x63\x64\x65\x66\x67\x68\x69\x6a\x73\x74\x75\x76\x77\x78\x79\x7a\x83\x84\x85\x86\x87\x88\x89" +
			"\x8a\x92\x93\x94\x95\x96\x97\x98\x99\x9a\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xb2\xb3\xb4\xb5\xb6\xb7\xb8\xb9\xba\xc2\xc3\xc4\xc5" +
			"\xc6\xc7\xc8\xc9\xca\xd2\xd3\xd4\xd5\xd6\xd7\xd8\xd9\xda\xe1\xe2\xe3\xe4\xe5\xe6\xe7\xe8\xe9\xea\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\xfa",
	}, {
		"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b",
		"\x00\x01\x02\x03\x11\x04\x05\x21\x31\x06\x12\x41\x51\x07\x61\x71\x13\x22\x32\x81\x08\x14\x42\x91\xa1\xb1\xc1\x09\x23\x33\x52\xf0" +
			"\x15\x62\x72\xd1\x0a\x16\x24\x34\xe1\x25\xf1\x17\x18\x19\x1a\x26\x27\x28\x29\x2a\x35\x36\x37\x38\x39\x3a\x43\x44\x45\x46\x47\x48" +
			"\x49\x4a\x53\x54\x55\x56\x57\x58\x59\x5a\x63\x64\x65\x66\x67\x68\x69\x6a\x73\x74\x75\x76\x77\x78\x79\x7a\x82\x83\x84\x85\x86\x87" +
			"\x88\x89\x8a\x92\x93\x94\x95\x96\x97\x98\x99\x9a\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xb2\xb3\xb4\xb5\xb6\xb7\xb8\xb9\xba\xc2\xc3" +
			"\xc4\xc5\xc6\xc7\xc8\xc9\xca\xd2\xd3\xd4\xd5\xd6\xd7\xd8\xd9\xda\xe2\xe3\xe4\xe5\xe6\xe7\xe8\xe9\xea\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\xfa",
	}}
)

// An encoder writes one picture.
type encoder struct {
	out []byte
	// The bits that are not in out yet, the last n of acc. n is below 32.
	acc    uint64
	n      uint
	tables [2]encoding // for brightness, for colours
	zigzag [64]uint8   // the place of each coefficient of a block in the file
}

// An encoding is how the blocks of one kind of plane are written.
type encoding struct {
	quant [64]uint8 // in zigzag order
	// For each coefficient in natural order: what is added before it is divided, and the multiplier that divides by it, 2^32
	// over eight times the quantizer rounded up. For dividends below 2^16 the result is exact.
	half, reciprocal [64]uint32
	// The codes of DC and AC symbols, with their lengths above bit 24.
	codes [2][256]uint32
}

func encodePlanes(r image.Rectangle, quality int, planes ...samples) []byte {
	e := &encoder{out: make([]byte, 0, 1024+r.Dx()*r.Dy()/4)}
	for i, n := range natural {
		e.zigzag[n] = uint8(i)
	}
	e.header(r.Dx(), r.Dy(), min(max(quality, 1), 100), len(planes))
	var dc [3]int32
	if len(planes) == 1 {
		for y := 0; y < r.Dy(); y += 8 {
			for x := 0; x < r.Dx(); x += 8 {
				e.block(&planes[0], x, y, &e.tables[0], &dc[0])
			}
		}
	} else {
		for y := 0; y < r.Dy(); y += 16 {
			for x := 0; x < r.Dx(); x += 16 {
				e.block(&planes[0], x, y, &e.tables[0], &dc[0])
				e.block(&planes[0], x+8, y, &e.tables[0], &dc[0])
				e.block(&planes[0], x, y+8, &e.tables[0], &dc[0])
				e.block(&planes[0], x+8, y+8, &e.tables[0], &dc[0])
				e.block(&planes[1], x/2, y/2, &e.tables[1], &dc[1])
				e.block(&planes[2], x/2, y/2, &e.tables[1], &dc[2])
			}
		}
	}
	e.put(0x7f, 7) // fills the last byte with ones
	for ; e.n >= 8; e.n -= 8 {
		e.stuffed(byte(e.acc >> (e.n - 8)))
	}
	return append(e.out, 0xff, eoi)
}

// header makes the tables and writes all segments before the data.
func (e *encoder) header(w, h, quality, components int) {
	scale := 200 - 2*quality
	if quality < 50 {
		scale = 5000 / quality
	}
	e.out = append(e.out, 0xff, soi, 0xff, dqt, 0, 2+2*65)
	for i := range e.tables {
		t := &e.tables[i]
		for k, q := range proposedQuant[i] {
			q := min(max((int(q)*scale+50)/100, 1), 255)
			t.quant[k] = uint8(q)
			t.half[natural[k]] = uint32(4 * q)
			t.reciprocal[natural[k]] = uint32((1<<32 + 8*q - 1) / (8 * q))
		}
		e.out = append(append(e.out, byte(i)), t.quant[:]...)
	}

	e.out = append(e.out, 0xff, sof0, 0, byte(8+3*components), 8, byte(h>>8), byte(h), byte(w>>8), byte(w), byte(components))
	if components == 1 {
		e.out = append(e.out, 1, 0x11, 0)
	} else {
		e.out = append(e.out, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1)
	}

	kinds := min(components, 2)
	length := 2
	for kind := range kinds {
		length += 2*17 + len(proposedValues[kind][0]) + len(proposedValues[kind][1])
	}
	e.out = append(e.out, 0xff, dht, byte(length>>8), byte(length))
	for kind := range kinds {
		for class := range 2 {
			counts, values := proposedCounts[kind][class], proposedValues[kind][class]
			e.out = append(append(append(e.out, byte(class<<4|kind)), counts[:]...), values...)
			code, k := uint32(0), 0
			for i, n := range counts {
				for range n {
					e.tables[kind].codes[class][values[k]] = uint32(i+1)<<24 | code
					code++
					k++
				}
				code <<= 1
			}
		}
	}

	if components == 1 {
		e.out = append(e.out, 0xff, sos, 0, 8, 1, 1, 0, 0, 63, 0)
	} else {
		e.out = append(e.out, 0xff, sos, 0, 12, 3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0)
	}
}

// block writes one block; dc is the DC coefficient of the one before in its plane.
func (e *encoder) block(s *samples, x, y int, t *encoding, dc *int32) {
	var b [64]int32
	s.load(&b, x, y)
	forwardColumns(&b)
	forwardRows(&b)

	var values [64]int32 // in zigzag order
	var nonzero uint64
	for i, c := range b {
		sign := c >> 31
		v := int32((uint64(uint32((c^sign)-sign)+t.half[i]) * uint64(t.reciprocal[i])) >> 32)
		if v != 0 {
			k := e.zigzag[i] & 63
			values[k] = (v ^ sign) - sign
			nonzero |= 1 << k
		}
	}

	diff := values[0] - *dc
	*dc = values[0]
	e.number(t.codes[0][:], 0, diff)
	last := 0
	for nonzero &^= 1; nonzero != 0; nonzero &= nonzero - 1 {
		k := bits.TrailingZeros64(nonzero)
		run := k - last - 1
		for ; run > 15; run -= 16 {
			e.put(t.codes[1][0xf0]&(1<<24-1), uint(t.codes[1][0xf0]>>24))
		}
		e.number(t.codes[1][:], run, values[k&63])
		last = k
	}
	if last < 63 {
		e.put(t.codes[1][0]&(1<<24-1), uint(t.codes[1][0]>>24))
	}
}

// number writes the code of a run and a size, and the number itself.
func (e *encoder) number(codes []uint32, run int, v int32) {
	sign := v >> 31
	size := uint(bits.Len32(uint32((v ^ sign) - sign)))
	c := codes[uint8(run<<4)|uint8(size)]
	low := uint32(v+sign) & (1<<size - 1)
	e.put((c&(1<<24-1))<<size|low, uint(c>>24)+size)
}

// put writes n bits, n <= 32.
func (e *encoder) put(v uint32, n uint) {
	e.acc = e.acc<<n | uint64(v)
	e.n += n
	if e.n < 32 {
		return
	}
	e.n -= 32
	w := uint32(e.acc >> e.n)
	if (^w-0x01010101)&w&0x80808080 == 0 {
		e.out = append(e.out, byte(w>>24), byte(w>>16), byte(w>>8), byte(w))
		return
	}
	for shift := 24; shift >= 0; shift -= 8 {
		e.stuffed(byte(w >> shift))
	}
}

// stuffed writes a byte so that it can't be taken for a marker.
func (e *encoder) stuffed(b byte) {
	e.out = append(e.out, b)
	if b == 0xff {
		e.out = append(e.out, 0)
	}
}
