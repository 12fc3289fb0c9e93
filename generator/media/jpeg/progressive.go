package jpeg

import (
	"math"
	mathbits "math/bits"
)

// A band is what a progressive scan holds: the coefficients from start to end in zigzag order, down to bit low. The first scan of
// them has high 0, a later one adds bit low alone (T.81, G.1).
type band struct {
	start, end int
	high, low  uint
}

// progress decodes what a scan holds of one block.
func (d *decoder) progress(s *scanned, block int, b band) error {
	switch {
	case b.start == 0:
		return d.progressDC(s, block, b)
	case b.high == 0:
		return d.firstAC(s, block, b)
	default:
		return d.refineAC(s, block, b)
	}
}

// keep stores a value of which the picture has 16 bits.
func (d *decoder) keep(c *int16, v int32) {
	if v < math.MinInt16 || v > math.MaxInt16 {
		d.cut = true
	}
	*c = int16(v)
}

func (d *decoder) progressDC(s *scanned, block int, b band) error {
	c := &s.coeffs[block*d.size*d.size]
	if b.high != 0 {
		if d.bits(1) != 0 {
			d.keep(c, int32(*c)|1<<b.low)
		}
		return nil
	}
	diff, err := d.difference(s.dc)
	if err != nil {
		return err
	}
	s.pred += diff
	d.keep(c, s.pred<<b.low)
	return nil
}

func (d *decoder) firstAC(s *scanned, block int, b band) error {
	if d.eobRun > 0 {
		d.eobRun--
		return nil
	}
	coeffs, nonzero := d.kept(s, block), &s.nonzero[block]
	for k := b.start; k <= b.end; k++ {
		run, size, err := d.runAndSize(s.ac)
		if err != nil {
			return err
		}
		if size == 0 && run != 15 {
			d.eobRun = 1<<run | int(d.bits(run)) - 1
			return nil
		}
		if k += int(run); k > b.end {
			return nil
		}
		if size == 0 {
			continue
		}
		v := extend(d.bits(size), size) << b.low
		*nonzero |= 1 << k
		if p := s.weights[k] & 127; p < unused {
			d.keep(&coeffs[p], v)
		}
	}
	return nil
}

// refineAC adds a bit to the coefficients that are not zero, and finds those that become 1 (T.81, G.1.2.3).
func (d *decoder) refineAC(s *scanned, block int, b band) error {
	coeffs, nonzero := d.kept(s, block), &s.nonzero[block]
	k := b.start
	// correct reads the correction bits of what is not zero until it has passed over a number of zeros, and stands on the next; or
	// to the end, when the number is beyond it.
	correct := func(zeros int) {
		for k <= b.end {
			next := min(k+mathbits.TrailingZeros64(*nonzero>>k), b.end+1)
			if zeros < next-k {
				k += zeros
				return
			}
			zeros -= next - k
			if k = next; k > b.end {
				return
			}
			if d.n < 1 {
				d.acc, d.n, d.pos = d.refill(d.acc, d.n, d.pos)
			}
			bit := d.acc >> 63
			d.acc <<= 1
			d.n--
			if p := s.weights[k] & 127; bit != 0 && p < unused {
				if c := &coeffs[p]; *c >= 0 {
					d.keep(c, int32(*c)+1<<b.low)
				} else {
					d.keep(c, int32(*c)-1<<b.low)
				}
			}
			k++
		}
	}
	if d.eobRun == 0 {
		for ; k <= b.end; k++ {
			run, size, err := d.runAndSize(s.ac)
			if err != nil {
				return err
			}
			if size == 0 && run != 15 {
				d.eobRun = 1<<run | int(d.bits(run))
				break
			}
			if size > 1 {
				return FormatError("a scan of single bits has a larger number")
			}
			positive := size == 1 && d.bits(1) != 0
			if correct(int(run)); k > b.end {
				return FormatError("a block has too many coefficients")
			}
			if size == 0 {
				continue
			}
			*nonzero |= 1 << k
			if p := s.weights[k] & 127; p < unused {
				v := int32(1) << b.low
				if !positive {
					v = -v
				}
				d.keep(&coeffs[p], v)
			}
		}
	}
	if d.eobRun > 0 {
		d.eobRun--
		correct(64)
	}
	return nil
}

// kept returns the coefficients of a block that are kept.
func (d *decoder) kept(s *scanned, block int) []int16 {
	n := d.size * d.size
	return s.coeffs[block*n : block*n+n]
}

// reconstruct makes the pixels of a progressive picture when all scans have been read.
func (d *decoder) reconstruct() {
	w, _ := d.grid()
	n := d.size * d.size
	for i := range d.comps {
		c := &d.comps[i]
		if c.coeffs == nil {
			continue
		}
		var weights [64]int32
		for k, q := range d.quant[c.tq] {
			if p := place(k, d.size); p < unused {
				weights[p] = int32(weight(q, k, d.size))
			}
		}
		// As in image/jpeg, what lies outside of the picture is left alone.
		bw, bh := 8*d.comps[0].h/c.h, 8*d.comps[0].v/c.v
		for by := 0; by*bh < d.height; by++ {
			for bx := 0; bx*bw < d.width; bx++ {
				at := by*w*c.h + bx
				for p, v := range c.coeffs[at*n : at*n+n] {
					d.block[p] = int32(v) * weights[p]
				}
				last := uint(0)
				if c.nonzero != nil && c.nonzero[at] != 0 {
					last = 63
				}
				d.transform(&d.block, last, c.pix[d.size*(by*c.stride+bx):], c.stride)
			}
		}
		c.coeffs, c.nonzero = nil, nil
	}
}
