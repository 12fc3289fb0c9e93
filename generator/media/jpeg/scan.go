package jpeg

import (
	"image"
	"math"
)

// natural is the place of each coefficient, which are stored in zigzag order, in a block of 8 x 8 (T.81, figure A.6).
var natural = [64]uint8{
	0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
}

// unused is where coefficients go that a reduced block has no place for.
const unused = 64

// place returns where a reduced block of size x size keeps the coefficient at i in zigzag order, or unused.
func place(i, size int) int {
	row, col := int(natural[i])/8, int(natural[i])%8
	if row >= size || col >= size {
		return unused
	}
	return row*size + col
}

// fraction is the number of fractional bits that the coefficients of a reduced block have.
const fraction = 5

// weight returns what a coefficient is multiplied by for a block of size x size: its quantizer, at full size. In a reduced block
// frequency f of 8 stands for the mean of n = 8/size neighbours, in which it is weaker by cos(f pi/16), cos(f pi/8) and so on, a
// factor for each halving. (Half of the mean's frequencies also hold traces of those above them; they are left out.)
func weight(quantizer uint16, i, size int) uint32 {
	if size == 8 {
		return uint32(quantizer)
	}
	w := float64(quantizer) * (1 << fraction)
	for _, f := range []uint8{natural[i] / 8, natural[i] % 8} {
		for n := 8; n > size; n /= 2 {
			w *= math.Cos(float64(f) * math.Pi / float64(2*n))
		}
	}
	return uint32(math.Round(math.Abs(w)))
}

// A block holds dequantized coefficients in natural order, size * size of them. Behind them is room for those that are unused.
type block [128]int32

// A scanned is a component as one scan sees it.
type scanned struct {
	*component
	dc, ac *huffman
	pred   int32
	// weights has for each coefficient in zigzag order its weight, shifted left by 8, and its place.
	weights [64]uint32
}

// scan reads SOS and what follows it (T.81, B.2.3).
func (d *decoder) scan(n int) error {
	if d.comps == nil {
		return FormatError("a scan comes before the frame")
	}
	if n < 6 || n > 4+2*len(d.comps) || n%2 != 0 {
		return FormatError("SOS has the wrong length")
	}
	seg := d.tmp[:n]
	if err := d.full(seg); err != nil {
		return err
	}
	count := int(seg[0])
	if n != 4+2*count {
		return FormatError("SOS has the wrong length")
	}
	list := make([]scanned, count)
	blocks := 0
	for i := range list {
		id, td, ta := seg[1+2*i], seg[2+2*i]>>4, seg[2+2*i]&15
		for j := range d.comps {
			if d.comps[j].id == id {
				list[i].component = &d.comps[j]
			}
		}
		if list[i].component == nil {
			return FormatError("a scan is of an unknown component")
		}
		for _, other := range list[:i] {
			if other.component == list[i].component {
				return FormatError("a scan is of one component twice")
			}
		}
		if td > 3 || ta > 3 || d.baseline && (td > 1 || ta > 1) {
			return FormatError("a scan has no such Huffman table")
		}
		list[i].dc, list[i].ac = d.tables[0][td].orEmpty(), d.tables[1][ta].orEmpty()
		blocks += list[i].h * list[i].v
		for k := range list[i].weights {
			list[i].weights[k] = weight(d.quant[list[i].tq][k], k, d.size)<<8 | uint32(place(k, d.size))
		}
	}
	if len(d.comps) > 1 && blocks > 10 {
		return FormatError("the sampling factors are too large")
	}
	b := band{end: 63}
	if d.progressive {
		tail := seg[1+2*count:]
		b = band{start: int(tail[0]), end: int(tail[1]), high: uint(tail[2] >> 4), low: uint(tail[2] & 15)}
		switch {
		case b.start == 0 && b.end != 0 || b.start > b.end || b.end > 63:
			return FormatError("a scan has impossible frequencies")
		case b.start != 0 && count != 1:
			return FormatError("a scan has details of two components")
		case b.high != 0 && b.high != b.low+1:
			return FormatError("a scan has impossible bits")
		}
	}
	d.allocate(list)
	if d.progressive && b.start > 0 && d.size == 1 {
		return nil // nothing of it is needed: the next marker is looked for
	}
	return d.mcus(list, b)
}

// grid returns the number of MCUs of an interleaved scan.
func (d *decoder) grid() (w, h int) {
	mw, mh := 8*d.comps[0].h, 8*d.comps[0].v
	return (d.width + mw - 1) / mw, (d.height + mh - 1) / mh
}

// allocate makes the picture, and the coefficients of the components given if they are kept.
func (d *decoder) allocate(list []scanned) {
	w, h := d.grid()
	if d.gray == nil && d.color == nil {
		shown := image.Rect(0, 0, (d.width*d.size+7)/8, (d.height*d.size+7)/8)
		first := &d.comps[0]
		full := image.Rect(0, 0, w*first.h*d.size, h*first.v*d.size)
		if len(d.comps) == 1 {
			m := image.NewGray(full)
			first.pix, first.stride = m.Pix, m.Stride
			d.gray = m.SubImage(shown).(*image.Gray)
		} else {
			m := image.NewYCbCr(full, subsampling[[2]int{first.h / d.comps[1].h, first.v / d.comps[1].v}])
			first.pix, first.stride = m.Y, m.YStride
			d.comps[1].pix, d.comps[1].stride = m.Cb, m.CStride
			d.comps[2].pix, d.comps[2].stride = m.Cr, m.CStride
			d.color = m.SubImage(shown).(*image.YCbCr)
		}
	}
	if d.progressive {
		for _, s := range list {
			if n := w * h * s.h * s.v; s.coeffs == nil {
				s.coeffs = make([]int16, n*d.size*d.size)
				if d.size > 1 {
					s.nonzero = make([]uint64, n)
				}
			}
		}
	}
}

// subsampling names the ratios of the first component's sampling factors to those of the others.
var subsampling = map[[2]int]image.YCbCrSubsampleRatio{
	{1, 1}: image.YCbCrSubsampleRatio444,
	{1, 2}: image.YCbCrSubsampleRatio440,
	{2, 1}: image.YCbCrSubsampleRatio422,
	{2, 2}: image.YCbCrSubsampleRatio420,
	{4, 1}: image.YCbCrSubsampleRatio411,
	{4, 2}: image.YCbCrSubsampleRatio410,
}

// mcus decodes the MCUs of a scan.
func (d *decoder) mcus(list []scanned, b band) error {
	w, h := d.grid()
	d.begin()
	defer d.finish()
	total, next := w*h, byte(0)
	for mcu := range total {
		d.fill()
		var err error
		if len(list) == 1 {
			err = d.single(&list[0], mcu*list[0].h*list[0].v, w, b)
		} else {
			err = d.interleaved(list, mcu%w, mcu/w, w, b)
		}
		if err != nil {
			if end := d.overrun(); end != nil {
				return end // what was not understood is not in the file
			}
			return err
		}
		if d.pad > 0 {
			if err := d.overrun(); err != nil {
				return err
			}
		}
		if d.interval > 0 && (mcu+1)%d.interval == 0 && mcu+1 < total {
			if err := d.restart(rst0 + next); err != nil {
				return err
			}
			next = (next + 1) % 8
			for i := range list {
				list[i].pred = 0
			}
		}
	}
	return nil
}

// interleaved decodes the MCU in column mx and row my of a scan of several components; w is the number of columns.
func (d *decoder) interleaved(list []scanned, mx, my, w int, b band) error {
	for i := range list {
		s := &list[i]
		for by := s.v * my; by < s.v*my+s.v; by++ {
			for bx := s.h * mx; bx < s.h*mx+s.h; bx++ {
				if err := d.one(s, bx, by, w, b); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// single decodes as many blocks of a scan of one component as an MCU has of it, from the one with the number first on. Such a scan
// goes through them row by row, and leaves out those outside of the picture. That this looks at the size of the picture and not of
// the component's plane is how image/jpeg does it.
func (d *decoder) single(s *scanned, first, w int, b band) error {
	for i := first; i < first+s.h*s.v; i++ {
		bx, by := i%(w*s.h), i/(w*s.h)
		if 8*bx >= d.width || 8*by >= d.height {
			continue
		}
		if err := d.one(s, bx, by, w, b); err != nil {
			return err
		}
	}
	return nil
}

// one decodes the block in column bx and row by of a component.
func (d *decoder) one(s *scanned, bx, by, w int, b band) error {
	if d.progressive {
		return d.progress(s, by*w*s.h+bx, b)
	}
	return d.sequential(s, bx, by)
}

// restart moves behind the restart marker given. Data before it is passed over, but no other marker.
func (d *decoder) restart(marker byte) error {
	d.finish()
	if err := d.full(d.tmp[:2]); err != nil {
		return err
	}
	for d.tmp[0] != 0xff || d.tmp[1] != marker {
		keep := 0
		switch {
		case d.tmp[0] == 0xff && d.tmp[1] != 0xff && d.tmp[1] != 0:
			return FormatError("a restart marker is not the one that is due")
		case d.tmp[1] == 0xff:
			d.tmp[0], keep = 0xff, 1
		}
		if err := d.full(d.tmp[keep:2]); err != nil {
			return err
		}
	}
	d.begin()
	d.eobRun = 0
	return nil
}

// sequential decodes one block and writes its pixels.
func (d *decoder) sequential(s *scanned, bx, by int) error {
	b := &d.block
	clear(b[:d.size*d.size])
	last, err := d.coefficients(s, b)
	if err != nil {
		return err
	}
	d.transform(b, last, s.pix[d.size*(by*s.stride+bx):], s.stride)
	return nil
}

// coefficients reads those of one block of a sequential scan (T.81, F.2.2), and multiplies them by their quantizers. It returns
// the place in zigzag order of the last one that may not be zero.
func (d *decoder) coefficients(s *scanned, b *block) (last uint, err error) {
	diff, err := d.difference(s.dc)
	if err != nil {
		return 0, err
	}
	s.pred += diff
	b[0] = s.pred * int32(s.weights[0]>>8)
	if d.eobRun > 0 {
		d.eobRun--
		return 0, nil
	}
	acc, n, pos := d.acc, d.n, d.pos
	look, weights := &s.ac.look, &s.weights
	for k := uint(1); k < 64; k++ {
		if n < lookBits {
			acc, n, pos = d.refill(acc, n, pos)
		}
		e := look[acc>>(64-lookBits)]
		k += uint(e >> 8 & 0xff)
		if k > 63 {
			if uint8(e>>8) == endOfBlock {
				acc <<= e & 63
				n -= uint(e & 63)
				break
			}
			d.acc, d.n, d.pos = acc, n, pos
			run, size, err := d.runAndSize(s.ac)
			if err != nil {
				return 0, err
			}
			acc, n, pos = d.acc, d.n, d.pos
			k -= uint(e >> 8 & 0xff)
			if size == 0 && run != 15 {
				d.eobRun = 1<<run | int(d.bits(run)) - 1
				acc, n, pos = d.acc, d.n, d.pos
				break
			}
			if k += run; k > 63 {
				break
			}
			v := extend(d.bits(size), size)
			acc, n, pos = d.acc, d.n, d.pos
			w := weights[k]
			b[w&127] = v * int32(w>>8)
			last = k
			continue
		}
		acc <<= e & 63
		n -= uint(e & 63)
		w := weights[k]
		b[w&127] = int32(e) >> 16 * int32(w>>8)
		last = k
	}
	d.acc, d.n, d.pos = acc, n, pos
	return last, nil
}

// difference reads how much the DC coefficient of a block differs from the one before (T.81, F.2.2.1).
func (d *decoder) difference(h *huffman) (int32, error) {
	if d.n < 16 {
		d.acc, d.n, d.pos = d.refill(d.acc, d.n, d.pos)
	}
	e := h.look[d.acc>>(64-lookBits)]
	if run := e >> 8 & 0xff; run == 0 || run == endOfBlock {
		d.acc <<= e & 63
		d.n -= uint(e & 63)
		return int32(e) >> 16, nil
	}
	size, err := d.symbol(h)
	if err != nil {
		return 0, err
	}
	if size > 16 {
		return 0, UnsupportedError("a DC coefficient of more than 16 bits")
	}
	return extend(d.bits(uint(size)), uint(size)), nil
}

// runAndSize reads a code of a table for AC coefficients.
func (d *decoder) runAndSize(h *huffman) (run, size uint, err error) {
	s, err := d.symbol(h)
	return uint(s >> 4), uint(s & 15), err
}
