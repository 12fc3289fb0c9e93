package codec

// bits reads a bit stream from its first bit on. After the end all bits are zero, and short is true.
type bits struct {
	b     []byte
	at    int // bits
	short bool
}

// read reads n bits as a number, at most 32.
func (b *bits) read(n int) (v uint32) {
	for range n {
		v <<= 1
		if i := b.at >> 3; i < len(b.b) {
			v |= uint32(b.b[i]>>(7-b.at&7)) & 1
		} else {
			b.short = true
		}
		b.at++
	}
	return v
}

func (b *bits) flag() bool { return b.read(1) == 1 }

// golomb reads a number in the exponential code of Golomb, ue(v) (ISO/IEC 23008-2, section 9.2).
func (b *bits) golomb() uint32 {
	zeros := 0
	for !b.flag() {
		if zeros++; zeros > 31 || b.short {
			b.short = true
			return 0
		}
	}
	return 1<<zeros - 1 + b.read(zeros)
}
