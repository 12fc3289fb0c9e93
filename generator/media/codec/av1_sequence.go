package codec

// A sequence is what is wanted of an AV1 sequence header (AV1 Bitstream & Decoding Process Specification, section 5.5).
type sequence struct {
	width, height int // the most; a picture's own are checked when it is decoded
	depth         int // bits of a sample
	grey          bool
	subX, subY    int // pixels covered by one sample of colour
	colours       Colours
}

// findSequence finds the first sequence header in a picture, or else in its configuration, the property av1C (AV1 Codec ISO Media
// File Format Binding, section 2.3).
func findSequence(config, data []byte) (sequence, bool) {
	if s, ok := sequenceOf(data); ok {
		return s, true
	}
	if len(config) > 4 {
		return sequenceOf(config[4:])
	}
	return sequence{}, false
}

// sequenceOf goes through open bitstream units up to a sequence header (section 5.3).
func sequenceOf(units []byte) (sequence, bool) {
	for range 100 {
		if len(units) < 1 {
			break
		}
		head := units[0]
		units = units[1:]
		if head&4 != 0 { // an extension
			if len(units) < 1 {
				break
			}
			units = units[1:]
		}
		size := uint64(len(units))
		if head&2 != 0 {
			n, read := uint64(0), 0
			for i := 0; i < 8 && i < len(units); i++ {
				n |= uint64(units[i]&0x7f) << (7 * i)
				if read = i + 1; units[i]&0x80 == 0 {
					break
				}
			}
			units = units[read:]
			size = n
		}
		if size > uint64(len(units)) {
			break
		}
		if head>>3&15 == 1 {
			return parseSequence(units[:size])
		}
		units = units[size:]
	}
	return sequence{}, false
}

func parseSequence(body []byte) (s sequence, ok bool) {
	b := &bits{b: body}
	profile := b.read(3)
	b.read(1)
	reduced := b.flag()
	if reduced {
		b.read(5)
	} else {
		decoderModel, delayBits := false, 0
		if b.flag() { // timing
			b.read(32)
			b.read(32)
			if b.flag() {
				b.golomb()
			}
			if decoderModel = b.flag(); decoderModel {
				delayBits = int(b.read(5)) + 1
				b.read(32)
				b.read(5)
				b.read(5)
			}
		}
		delays := b.flag()
		for range b.read(5) + 1 { // operating points
			b.read(12)
			if b.read(5) > 7 {
				b.read(1)
			}
			if decoderModel && b.flag() {
				b.at += 2*delayBits + 1
			}
			if delays && b.flag() {
				b.read(4)
			}
		}
	}
	widthBits, heightBits := int(b.read(4))+1, int(b.read(4))+1
	s.width, s.height = int(b.read(widthBits))+1, int(b.read(heightBits))+1
	if !reduced && b.flag() { // numbers of frames
		b.read(7)
	}
	b.read(3)
	if !reduced {
		b.read(4)
		order := b.flag()
		if order {
			b.read(2)
		}
		screen := b.flag() // tools for pictures of screens: as each picture says
		if !screen {
			screen = b.flag() // always
		}
		if screen && !b.flag() {
			b.read(1)
		}
		if order {
			b.read(3)
		}
	}
	b.read(3)
	s.color(b, profile)
	return s, !b.short
}

// color reads color_config (section 5.5.2).
func (s *sequence) color(b *bits, profile uint32) {
	s.depth = 8
	if b.flag() {
		s.depth = 10
		if profile == 2 && b.flag() {
			s.depth = 12
		}
	}
	if profile != 1 {
		s.grey = b.flag()
	}
	s.colours = Colours{unspecified, unspecified, unspecified, false}
	if b.flag() {
		s.colours = Colours{int(b.read(8)), int(b.read(8)), int(b.read(8)), false}
	}
	s.subX, s.subY = 1, 1
	switch {
	case s.grey:
		s.colours.Full = b.flag()
	case s.colours.Primaries == 1 && s.colours.Transfer == 13 && s.colours.Matrix == 0: // sRGB as it is
		s.colours.Full = true
	default:
		s.colours.Full = b.flag()
		switch {
		case profile == 0:
			s.subX, s.subY = 2, 2
		case profile == 1:
		case s.depth == 12:
			if b.flag() {
				s.subX = 2
				if b.flag() {
					s.subY = 2
				}
			}
		default:
			s.subX = 2
		}
	}
}
