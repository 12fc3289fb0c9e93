package jpeg

import (
	"encoding/binary"
	"io"
)

const (
	windowSize = 64 << 10
	// marginSize is more than one MCU takes: at most 10 blocks of 64 coefficients, each of up to 32 bits, all of them stuffed.
	marginSize = 8 << 10
	// historySize is how far the reader may step back: what the accumulator holds, all of it stuffed.
	historySize = 16
)

// An input is the file as bytes between segments, and as bits inside of entropy-coded data. Only a window of the file is in
// memory: [input.fill] is called before every MCU and moves it.
type input struct {
	r    io.Reader
	err  error  // what ended r
	buf  []byte // the window; its end is the end of what was read
	pos  int    // in buf, of the next byte
	from int    // in buf, of the first byte of the entropy-coded data; negative once it has left the window

	// The bits that were read and not used, the first of them on top. Below the n bits that count may stand further ones of
	// the file, which are read again. The last pad of the n bits are not in the file at all.
	acc    uint64
	n, pad uint
}

// fill makes sure that a whole MCU is in the window, or the rest of the file.
func (in *input) fill() {
	if len(in.buf)-in.pos >= marginSize || in.err != nil {
		return
	}
	if in.buf == nil {
		in.buf = make([]byte, 0, windowSize)
	}
	if drop := in.pos - historySize; drop > 0 {
		in.buf = in.buf[:copy(in.buf, in.buf[drop:])]
		in.pos -= drop
		in.from -= drop
	}
	for len(in.buf) < cap(in.buf) && in.err == nil {
		var k int
		k, in.err = in.r.Read(in.buf[len(in.buf):cap(in.buf)])
		in.buf = in.buf[:len(in.buf)+k]
	}
}

// byte returns the next byte.
func (in *input) byte() (byte, error) {
	if in.pos == len(in.buf) {
		if in.fill(); in.pos == len(in.buf) {
			return 0, in.end()
		}
	}
	b := in.buf[in.pos]
	in.pos++
	return b, nil
}

// end is the error at the end of the file.
func (in *input) end() error {
	if in.err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return in.err
}

// full reads exactly len(p) bytes.
func (in *input) full(p []byte) error {
	for len(p) > 0 {
		if in.pos == len(in.buf) {
			if in.fill(); in.pos == len(in.buf) {
				return in.end()
			}
		}
		k := copy(p, in.buf[in.pos:])
		p, in.pos = p[k:], in.pos+k
	}
	return nil
}

// skip passes over n bytes.
func (in *input) skip(n int) error {
	for n > 0 {
		if in.pos == len(in.buf) {
			if in.fill(); in.pos == len(in.buf) {
				return in.end()
			}
		}
		k := min(n, len(in.buf)-in.pos)
		n, in.pos = n-k, in.pos+k
	}
	return nil
}

// begin starts reading bits at the next byte.
func (in *input) begin() {
	in.acc, in.n, in.pad = 0, 0, 0
	in.from = in.pos
}

// finish ends reading bits. The next byte is the first one of which no bit was used.
func (in *input) finish() {
	for unused := (in.n - min(in.pad, in.n)) / 8; unused > 0; unused-- {
		in.pos--
		if in.buf[in.pos] == 0 && in.pos > max(in.from, 0) && in.buf[in.pos-1] == 0xff {
			in.pos--
		}
	}
	in.acc, in.n, in.pad = 0, 0, 0
}

// overrun returns an error when bits were used that are not in the file.
func (in *input) overrun() error {
	if in.n >= in.pad {
		return nil
	}
	if in.pos < len(in.buf) && (in.buf[in.pos] != 0xff || in.pos+1 < len(in.buf)) {
		return FormatError("a marker stands where pixels were expected")
	}
	if in.err != nil && in.err != io.EOF {
		return in.err
	}
	return io.ErrUnexpectedEOF
}

// With these a byte FF is found among eight: in the complement it is a zero, which borrows when one is taken from it.
const (
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
)

// refill returns the accumulator with at least 56 bits in it. The caller keeps acc, n and pos in registers while it decodes a block.
// Where eight bytes hold no FF they are taken at once; [input.refillSlowly] handles stuffed bytes, markers and the end of the file.
func (in *input) refill(acc uint64, n uint, pos int) (uint64, uint, int) {
	if b := in.buf; uint(pos)+8 <= uint(len(b)) {
		x := binary.BigEndian.Uint64(b[pos : pos+8])
		if (^x-lowBits)&x&highBits == 0 {
			return acc | x>>(n&63), n | 56, pos + int((63-n)>>3)
		}
	}
	return in.refillSlowly(acc, n, pos)
}

func (in *input) refillSlowly(acc uint64, n uint, pos int) (uint64, uint, int) {
	b := in.buf
	for n <= 56 {
		switch {
		case in.pad > 0 || pos >= len(b):
			in.pad += 8
		case b[pos] != 0xff:
			acc |= uint64(b[pos]) << (56 - n)
			pos++
		case pos+1 < len(b) && b[pos+1] == 0:
			acc |= 0xff << (56 - n)
			pos += 2
		default: // a marker, or the file ends in the middle of something
			in.pad += 8
		}
		n += 8
	}
	return acc, n, pos
}

// bits returns the next n bits, n <= 16.
func (in *input) bits(n uint) uint32 {
	if in.n < n {
		in.acc, in.n, in.pos = in.refill(in.acc, in.n, in.pos)
	}
	v := uint32(in.acc >> 32 >> (32 - n))
	in.acc <<= n
	in.n -= n
	return v
}
