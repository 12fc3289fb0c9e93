package codec

import "encoding/binary"

// An sps is what is wanted of a sequence parameter set of HEVC (ISO/IEC 23008-2, section 7.3.2.2).
type sps struct {
	width, height int // without what the conformance window leaves out
	chroma        int // chroma_format_idc: 0 is grey, 1 is 4:2:0, 2 is 4:2:2, 3 is 4:4:4
	colours       Colours
}

// findSPS finds the sequence parameter set in a decoder configuration, the property hvcC (ISO/IEC 14496-15, section 8.3.3.1).
func findSPS(config []byte) (s sps, ok bool) {
	if len(config) < 23 {
		return s, false
	}
	rest := config[23:]
	for range config[22] {
		if len(rest) < 3 {
			return s, false
		}
		kind, n := rest[0]&0x3f, int(binary.BigEndian.Uint16(rest[1:]))
		rest = rest[3:]
		for range n {
			if len(rest) < 2 {
				return s, false
			}
			size := int(binary.BigEndian.Uint16(rest))
			if rest = rest[2:]; size > len(rest) {
				return s, false
			}
			if kind == 33 && size > 2 {
				return parseSPS(unescape(rest[2:size]))
			}
			rest = rest[size:]
		}
	}
	return s, false
}

// unescape takes out the bytes 3 that keep a NAL unit free of start codes.
func unescape(b []byte) []byte {
	out := make([]byte, 0, len(b))
	zeros := 0
	for _, v := range b {
		if zeros >= 2 && v == 3 {
			zeros = 0
			continue
		}
		if v == 0 {
			zeros++
		} else {
			zeros = 0
		}
		out = append(out, v)
	}
	return out
}

func parseSPS(body []byte) (s sps, ok bool) {
	s.colours = Colours{unspecified, unspecified, unspecified, false}
	b := &bits{b: body}
	b.read(4)
	layers := int(b.read(3))
	b.read(1)
	skipLevels(b, layers)
	b.golomb()
	s.chroma = int(b.golomb())
	if s.chroma == 3 {
		b.read(1)
	}
	w, h := int64(b.golomb()), int64(b.golomb())
	if b.flag() {
		unitX, unitY := int64(1), int64(1)
		switch s.chroma {
		case 1:
			unitX, unitY = 2, 2
		case 2:
			unitX = 2
		}
		w -= unitX * (int64(b.golomb()) + int64(b.golomb()))
		h -= unitY * (int64(b.golomb()) + int64(b.golomb()))
	}
	if b.short || s.chroma > 3 || w <= 0 || h <= 0 || w > 1<<16 || h > 1<<16 {
		return s, false
	}
	s.width, s.height = int(w), int(h)
	s.vui(b, layers)
	return s, true
}

// skipLevels passes over profile_tier_level.
func skipLevels(b *bits, layers int) {
	b.at += 88 + 8
	var profile, level [8]bool
	for i := range layers {
		profile[i], level[i] = b.flag(), b.flag()
	}
	if layers > 0 {
		b.at += 2 * (8 - layers)
	}
	for i := range layers {
		if profile[i] {
			b.at += 88
		}
		if level[i] {
			b.at += 8
		}
	}
}

// vui goes on to where the colours are said. What is not understood leaves them unsaid.
func (s *sps) vui(b *bits, layers int) {
	b.golomb() // bit depths
	b.golomb()
	orderBits := int(b.golomb()) + 4
	first := layers
	if b.flag() {
		first = 0
	}
	for range layers - first + 1 {
		b.golomb()
		b.golomb()
		b.golomb()
	}
	for range 6 { // block sizes
		b.golomb()
	}
	if lists := b.flag(); lists && b.flag() {
		skipScaling(b)
	}
	b.read(2)
	if b.flag() { // PCM
		b.read(8)
		b.golomb()
		b.golomb()
		b.read(1)
	}
	if sets := b.golomb(); sets > 64 || !skipReferenceSets(b, int(sets)) {
		return
	}
	if b.flag() {
		for range min(b.golomb(), 33) {
			b.at += orderBits + 1
		}
	}
	b.read(2)
	if b.short || !b.flag() {
		return
	}
	if b.flag() && b.read(8) == 255 { // shape of pixels
		b.read(32)
	}
	if b.flag() {
		b.read(1)
	}
	if b.flag() {
		b.read(3)
		full := b.flag()
		c := Colours{unspecified, unspecified, unspecified, full}
		if b.flag() {
			c.Primaries, c.Transfer, c.Matrix = int(b.read(8)), int(b.read(8)), int(b.read(8))
		}
		if !b.short {
			s.colours = c
		}
	}
}

// skipScaling passes over scaling_list_data.
func skipScaling(b *bits) {
	for size := range 4 {
		step := 1
		if size == 3 {
			step = 3
		}
		for matrix := 0; matrix < 6; matrix += step {
			if !b.flag() {
				b.golomb()
				continue
			}
			if size > 1 {
				b.golomb()
			}
			for range min(64, 1<<(4+2*size)) {
				b.golomb() // signed, which is as long
			}
		}
	}
}

// skipReferenceSets passes over the sets of pictures to predict from. A still picture has none, or needs none.
func skipReferenceSets(b *bits, sets int) bool {
	var deltas int
	for i := range sets {
		if i > 0 && b.flag() { // predicted from the set before it
			b.read(1)
			b.golomb()
			n := 0
			for range deltas + 1 {
				if used := b.flag(); used || b.flag() { // or by a later picture
					n++
				}
			}
			deltas = n
		} else {
			before, after := b.golomb(), b.golomb()
			if before > 16 || after > 16 {
				return false
			}
			deltas = int(before + after)
			for range deltas {
				b.golomb()
				b.read(1)
			}
		}
		if b.short || deltas > 32 {
			return false
		}
	}
	return true
}
