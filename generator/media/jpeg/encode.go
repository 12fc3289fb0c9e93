package jpeg

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math/bits"
)

// Encode writes an opaque picture as a progressive JPEG: an *image.Gray as it is, others with colours at half the size (4:2:0). Quality
// is 1 to 100 and means what it means to image/jpeg: the picture that is decoded is the same, of fewer bytes. An *image.YCbCr of
// 4:2:0 takes the least time. The error is for pictures of no pixels, and of 65,536 and more in one direction.
func Encode(m image.Image, quality int) ([]byte, error) {
	r := m.Bounds()
	if r.Empty() || max(r.Dx(), r.Dy()) >= 1<<16 {
		return nil, fmt.Errorf("a JPEG can't have %d x %d pixels", r.Dx(), r.Dy())
	}
	if r.Min == (image.Point{}) {
		switch m := m.(type) {
		case *image.Gray:
			return encodePlanes(quality, samples{m.Pix, m.Stride, r.Dx(), r.Dy()}), nil
		case *image.RGBA:
			return encodeYCbCr(Subsample(m), quality), nil
		case *image.YCbCr:
			if m.SubsampleRatio == image.YCbCrSubsampleRatio420 {
				return encodeYCbCr(m, quality), nil
			}
		}
	}
	rgb := image.NewRGBA(image.Rect(0, 0, r.Dx(), r.Dy()))
	draw.Draw(rgb, rgb.Rect, m, r.Min, draw.Src)
	return encodeYCbCr(Subsample(rgb), quality), nil
}

func encodeYCbCr(m *image.YCbCr, quality int) []byte {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	cw, ch := (w+1)/2, (h+1)/2
	return encodePlanes(quality, samples{m.Y, m.YStride, w, h}, samples{m.Cb, m.CStride, cw, ch}, samples{m.Cr, m.CStride, cw, ch})
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

// The quantizers for brightness and colours that annex K of T.81 proposes for quality 50, in zigzag order (tables K.1 and K.2).
var proposedQuant = [2][64]uint8{{
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

// A quantizer divides the coefficients of one kind of plane.
type quantizer struct {
	steps [64]uint8 // in zigzag order
	// For each coefficient in natural order: what is added before it is divided, and the multiplier that divides by it, 2^32
	// over eight times the step rounded up. For dividends below 2^16 the result is exact.
	half, reciprocal [64]uint32
}

func newQuantizer(proposed *[64]uint8, quality int) *quantizer {
	scale := 200 - 2*quality
	if quality < 50 {
		scale = 5000 / quality
	}
	q := &quantizer{}
	for k, v := range proposed {
		step := min(max((int(v)*scale+50)/100, 1), 255)
		q.steps[k] = uint8(step)
		q.half[natural[k]] = uint32(4 * step)
		q.reciprocal[natural[k]] = uint32((1<<32 + 8*step - 1) / (8 * step))
	}
	return q
}

// zigzag is the place of each coefficient of a block in the file.
var zigzag = func() (places [64]uint8) {
	for k, n := range natural {
		places[n] = uint8(k)
	}
	return places
}()

// A layer is one plane of the picture, transformed: what is to be written of it.
type layer struct {
	samples
	across, down int         // blocks that hold pixels
	dc           []int16     // of these blocks, in rows
	spectra      []*spectrum // their other coefficients
}

// A spectrum is a range of the AC coefficients of a layer, in zigzag order, which are a scan of their own (T.81, G.1.2.2).
type spectrum struct {
	first, last int
	ends        int // blocks just passed that have no further coefficients; they become one symbol
	symbols
}

// newLayer transforms a plane. The spectra are given by their last coefficients.
func newLayer(s samples, q *quantizer, lasts ...int) *layer {
	l := &layer{samples: s, across: (s.w + 7) / 8, down: (s.h + 7) / 8}
	l.dc = make([]int16, 0, l.across*l.down)
	first := 1
	for _, last := range lasts {
		l.spectra = append(l.spectra, &spectrum{first: first, last: last})
		first = last + 1
	}
	for y := 0; y < s.h; y += 8 {
		for x := 0; x < s.w; x += 8 {
			l.block(x, y, q)
		}
	}
	for _, s := range l.spectra {
		s.end()
	}
	return l
}

// block transforms the block whose corner is at x, y.
func (l *layer) block(x, y int, q *quantizer) {
	var b [64]int32
	l.load(&b, x, y)
	forwardColumns(&b)
	forwardRows(&b)

	var values [64]int32 // in zigzag order
	var nonzero uint64
	for i, c := range b {
		sign := c >> 31
		v := int32((uint64(uint32((c^sign)-sign)+q.half[i]) * uint64(q.reciprocal[i])) >> 32)
		if v != 0 {
			k := zigzag[i] & 63
			values[k] = (v ^ sign) - sign
			nonzero |= 1 << k
		}
	}

	l.dc = append(l.dc, int16(values[0]))
	for _, s := range l.spectra {
		before := s.first - 1
		for left := nonzero & (2<<s.last - 1<<s.first); left != 0; left &= left - 1 {
			if s.ends > 0 {
				s.end()
			}
			k := bits.TrailingZeros64(left)
			run := k - before - 1
			for ; run > 15; run -= 16 {
				s.add(0xf0, 0, 0)
			}
			s.number(run, values[k&63])
			before = k
		}
		if before < s.last {
			if s.ends++; s.ends == 1<<15-1 {
				s.end()
			}
		}
	}
}

// end notes the blocks that have no further coefficients.
func (s *spectrum) end() {
	if s.ends > 0 {
		n := bits.Len(uint(s.ends)) - 1
		s.add(uint8(n)<<4, uint32(s.ends)-1<<n, n)
		s.ends = 0
	}
}

func encodePlanes(quality int, planes ...samples) []byte {
	quality = min(max(quality, 1), 100)
	width, height := planes[0].w, planes[0].h
	w := &writer{out: make([]byte, 0, 1024+width*height/6)}
	w.out = append(w.out, 0xff, soi)
	var layers []*layer
	var frame []byte
	for i, s := range planes {
		kind := min(i, 1)
		q := newQuantizer(&proposedQuant[kind], quality)
		sampling := byte(0x11)
		if i == 0 && len(planes) > 1 {
			sampling = 0x22
		}
		frame = append(frame, byte(i+1), sampling, byte(kind))
		if i == 0 {
			// A first scan of few coefficients shows the picture early, and both have codes that suit them. (Measured with
			// photos: 1 % smaller than scans that begin with the highest bits, as those of libjpeg do.)
			layers = append(layers, newLayer(s, q, 5, 63))
		} else {
			layers = append(layers, newLayer(s, q, 63))
		}
		if i < 2 {
			w.segment(dqt, []byte{byte(kind)}, q.steps[:])
		}
	}
	w.segment(sof2, []byte{8, byte(height >> 8), byte(height), byte(width >> 8), byte(width), byte(len(planes))}, frame)

	w.scanDC(layers)
	w.scanAC(0, layers[0].spectra[0])
	for i := len(layers) - 1; i > 0; i-- {
		w.scanAC(i, layers[i].spectra[0])
	}
	w.scanAC(0, layers[0].spectra[1])
	return append(w.out, 0xff, eoi)
}

// scanDC writes the DC coefficients of all layers, each as its difference to the one before. Where there are several layers they are
// interleaved: four blocks of brightness, then one of each colour.
func (w *writer) scanDC(layers []*layer) {
	var s symbols // those of colours are 16 higher
	before := make([]int16, len(layers))
	add := func(i, x, y int) {
		l := layers[i]
		v := before[i] // beyond the edges: what costs least
		if x < l.across && y < l.down {
			v = l.dc[y*l.across+x]
		}
		s.number(min(i, 1), int32(v)-int32(before[i]))
		before[i] = v
	}
	header := []byte{byte(len(layers))}
	if len(layers) == 1 {
		for y := range layers[0].down {
			for x := range layers[0].across {
				add(0, x, y)
			}
		}
		header = append(header, 1, 0)
	} else {
		for y := range layers[1].down {
			for x := range layers[1].across {
				for i := range 4 {
					add(0, 2*x+i%2, 2*y+i/2)
				}
				add(1, x, y)
				add(2, x, y)
			}
		}
		header = append(header, 1, 0, 2, 0x10, 3, 0x10)
	}
	var codes [256]uint32
	for kind := range min(len(layers), 2) {
		w.huffman(byte(kind), s.counts[16*kind:16*kind+16], codes[16*kind:])
	}
	w.segment(sos, header, []byte{0, 0, 0})
	w.symbols(&s, &codes)
}

// scanAC writes one spectrum of a layer.
func (w *writer) scanAC(layer int, s *spectrum) {
	var codes [256]uint32
	w.huffman(0x10, s.counts[:], codes[:])
	w.segment(sos, []byte{1, byte(layer + 1), 0, byte(s.first), byte(s.last), 0})
	w.symbols(&s.symbols, &codes)
}
