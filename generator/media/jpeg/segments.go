package jpeg

import "bytes"

// marker finds the next marker. Bytes in between are passed over, as libjpeg does.
func (d *decoder) marker() (byte, error) {
	for {
		if err := d.full(d.tmp[:2]); err != nil {
			return 0, err
		}
		var err error
		for d.tmp[0] != 0xff {
			d.tmp[0] = d.tmp[1]
			if d.tmp[1], err = d.byte(); err != nil {
				return 0, err
			}
		}
		m := d.tmp[1]
		if m == 0 {
			continue // a stuffed byte of the scan before
		}
		for m == 0xff { // fill bytes
			if m, err = d.byte(); err != nil {
				return 0, err
			}
		}
		return m, nil
	}
}

// frame reads SOF (T.81, B.2.2). Sampling factors are those that image/jpeg reads.
func (d *decoder) frame(n int) error {
	if d.comps != nil {
		return FormatError("it has two frames")
	}
	switch n {
	case 6 + 3*1, 6 + 3*3:
	case 6 + 3*4:
		return errFourComponents
	default:
		return UnsupportedError("the number of components")
	}
	seg := d.tmp[:n]
	if err := d.full(seg); err != nil {
		return err
	}
	if seg[0] != 8 {
		return UnsupportedError("samples that have not 8 bits")
	}
	d.height, d.width = int(seg[1])<<8|int(seg[2]), int(seg[3])<<8|int(seg[4])
	if 6+3*int(seg[5]) != n {
		return FormatError("SOF has the wrong length")
	}
	const sampling = UnsupportedError("these sampling factors")
	for i := range int(seg[5]) {
		s := seg[6+3*i:]
		c := component{id: s[0], h: int(s[1] >> 4), v: int(s[1] & 15), tq: s[2]}
		for _, other := range d.comps {
			if other.id == c.id {
				return FormatError("two components have one identifier")
			}
		}
		if c.tq > 3 {
			return FormatError("a component has no quantization table")
		}
		if c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 {
			return FormatError("a sampling factor is not 1 to 4")
		}
		if c.h == 3 || c.v == 3 {
			return sampling
		}
		switch {
		case seg[5] == 1:
			c.h, c.v = 1, 1 // a scan of one component is not interleaved (T.81, A.2.2)
		case i == 0 && c.v == 4,
			i == 1 && (d.comps[0].h%c.h != 0 || d.comps[0].v%c.v != 0),
			i == 2 && (d.comps[1].h != c.h || d.comps[1].v != c.v):
			return sampling
		}
		d.comps = append(d.comps, c)
	}
	return nil
}

// quantization reads DQT (T.81, B.2.4.1).
func (d *decoder) quantization(n int) error {
	const length = FormatError("DQT has the wrong length")
	for n > 0 {
		x, err := d.byte()
		if err != nil {
			return err
		}
		n--
		id, wide := x&15, int(x>>4)
		if id > 3 {
			return FormatError("DQT has no such table")
		}
		if wide > 1 {
			return FormatError("DQT has an unknown precision")
		}
		size := 64 << wide
		if n < size {
			return length
		}
		n -= size
		seg := d.tmp[:size]
		if err := d.full(seg); err != nil {
			return err
		}
		for i := range d.quant[id] {
			if wide == 0 {
				d.quant[id][i] = uint16(seg[i])
			} else {
				d.quant[id][i] = uint16(seg[2*i])<<8 | uint16(seg[2*i+1])
			}
		}
	}
	return nil
}

// huffmanTables reads DHT (T.81, B.2.4.2).
func (d *decoder) huffmanTables(n int) error {
	const length = FormatError("DHT has the wrong length")
	for n > 0 {
		if n < 17 {
			return length
		}
		var head [17]byte
		if err := d.full(head[:]); err != nil {
			return err
		}
		class, id := head[0]>>4, head[0]&15
		if class > 1 || id > 3 || d.baseline && id > 1 {
			return FormatError("DHT has no such table")
		}
		counts := [16]uint8(head[1:])
		total := 0
		for _, c := range counts {
			total += int(c)
		}
		if total == 0 || total > 256 {
			return FormatError("a Huffman table has no codes, or too many")
		}
		if n -= 17 + total; n < 0 {
			return length
		}
		if err := d.full(d.tmp[:total]); err != nil {
			return err
		}
		if err := d.tables[class][id].init(&counts, d.tmp[:total]); err != nil {
			return err
		}
	}
	return nil
}

// restartInterval reads DRI (T.81, B.2.4.4).
func (d *decoder) restartInterval(n int) error {
	if n != 2 {
		return FormatError("DRI has the wrong length")
	}
	if err := d.full(d.tmp[:2]); err != nil {
		return err
	}
	d.interval = int(d.tmp[0])<<8 | int(d.tmp[1])
	return nil
}

// jfifSegment reads APP0: a JFIF file holds YCbCr (ITU-T T.871, 6.1).
func (d *decoder) jfifSegment(n int) error {
	if n < 5 {
		return d.skip(n)
	}
	if err := d.full(d.tmp[:5]); err != nil {
		return err
	}
	d.jfif = string(d.tmp[:5]) == "JFIF\x00"
	return d.skip(n - 5)
}

// adobeSegment reads APP14, which says what the components are (T.872, 6.5.3).
func (d *decoder) adobeSegment(n int) error {
	if n < 12 {
		return d.skip(n)
	}
	if err := d.full(d.tmp[:12]); err != nil {
		return err
	}
	if bytes.HasPrefix(d.tmp[:], []byte("Adobe")) {
		d.adobe, d.adobeTransform = true, d.tmp[11]
	}
	return d.skip(n - 12)
}
