package jpeg

// lookBits is the length of the bit strings that a table of codes knows by heart. Eleven is where most coefficients of a camera's
// picture are found with their value while two tables still fit a first-level cache.
const lookBits = 11

// A huffman is a table of codes (ITU-T T.81, annex C).
type huffman struct {
	// look has an entry for each string of lookBits bits that begins with a code:
	//
	//	bits 0 to 5    how many bits are used
	//	bits 8 to 15   how many zero coefficients come before this one
	//	bits 16 to 31  its value
	//
	// Everything that is not a coefficient with its value within lookBits has the run rare or endOfBlock.
	look [1 << lookBits]uint32
	// short has for each string of eight bits that begins with a code its symbol and, above bit 8, its length.
	short [256]uint16
	// For longer codes: limit[n] is the first string of 16 bits above the codes of n bits, offset[n] what has to be added to
	// such a code for its place in values.
	limit  [17]uint32
	offset [17]int32
	values [256]uint8
	made   bool
}

// orEmpty returns the table, which knows no code when the file has not defined it.
func (h *huffman) orEmpty() *huffman {
	if !h.made {
		_ = h.init(&[16]uint8{}, nil) // none are never too many
	}
	return h
}

// Runs that lead out of the loop over a block's coefficients.
const (
	endOfBlock = 64
	rare       = 127
)

// init makes the table out of the counts of codes by length and the values in the order of their codes.
func (h *huffman) init(counts *[16]uint8, values []uint8) error {
	*h = huffman{made: true}
	copy(h.values[:], values)
	for i := range h.look {
		h.look[i] = rare << 8
	}
	code, k := uint32(0), 0
	for length := uint32(1); length <= 16; length++ {
		h.offset[length] = int32(k) - int32(code)
		for range counts[length-1] {
			if code >= 1<<length {
				return FormatError("a Huffman table has more codes than there are")
			}
			if length <= 8 {
				first := code << (8 - length)
				for i := range uint32(1) << (8 - length) {
					h.short[first|i] = uint16(length<<8) | uint16(values[k])
				}
			}
			if length <= lookBits {
				first := code << (lookBits - length)
				for i := range uint32(1) << (lookBits - length) {
					h.look[first|i] = entry(values[k], length, i)
				}
			}
			code++
			k++
		}
		h.limit[length] = code << (16 - length)
		code <<= 1
	}
	return nil
}

// entry is what stands in the table for a code of the length given that is followed by the bits of rest.
func entry(symbol uint8, length, rest uint32) uint32 {
	run, size := uint32(symbol>>4), uint32(symbol&15)
	switch {
	case symbol == 0:
		return endOfBlock<<8 | length
	case size == 0 && run != 15 || length+size > lookBits:
		return rare << 8
	}
	v := extend(rest>>(lookBits-length-size), uint(size))
	return uint32(v)<<16 | run<<8 | (length + size)
}

// extend gives the number that stands behind a size of n bits its sign (T.81, F.2.2.1).
func extend(v uint32, n uint) int32 {
	if n == 0 {
		return 0
	}
	x := int32(v)
	if x < 1<<(n-1) {
		x -= 1<<n - 1
	}
	return x
}

// find returns the code that begins the 16 bits given, and its length; 0 when there is none.
func (h *huffman) find(bits uint32) (symbol uint8, length uint) {
	if e := h.short[bits>>8&0xff]; e != 0 {
		return uint8(e), uint(e >> 8)
	}
	for n := uint(9); n <= 16; n++ {
		if bits < h.limit[n] {
			return h.values[uint8(int32(bits>>(16-n))+h.offset[n])], n
		}
	}
	return 0, 0
}

// symbol reads one code.
func (d *decoder) symbol(h *huffman) (uint8, error) {
	if d.n < 16 {
		d.acc, d.n, d.pos = d.refill(d.acc, d.n, d.pos)
	}
	s, n := h.find(uint32(d.acc >> 48))
	if n == 0 {
		if d.n < d.pad+16 { // not all of them were in the file
			d.n, d.pad = 0, 1
		}
		return 0, FormatError("bits are no Huffman code")
	}
	d.acc <<= n
	d.n -= n
	return s, nil
}
