package jpeg

import (
	"math/bits"
	"slices"
)

// symbols are the data of a scan before its Huffman codes are known: for each symbol itself, the number of bits that follow its
// code, and these bits, at 24, 16 and 0 of an entry.
type symbols struct {
	list   []uint32
	counts [256]int // of each symbol
}

// add appends a symbol and n bits, n < 16.
func (s *symbols) add(symbol uint8, rest uint32, n int) {
	s.list = append(s.list, uint32(symbol)<<24|uint32(n)<<16|rest)
	s.counts[symbol]++
}

// number appends the symbol of a run and a size, and the number itself (T.81, F.1.2.1.1).
func (s *symbols) number(run int, v int32) {
	sign := v >> 31
	size := bits.Len32(uint32((v ^ sign) - sign))
	s.add(uint8(run<<4|size), uint32(v+sign)&(1<<size-1), size)
}

// codeLengths returns how many Huffman codes of each length, from 1 bit to 16, serve symbols of these counts best, and the symbols,
// those of short codes first. It is the procedure of T.81, K.2: no code is all ones.
func codeLengths(counts []int) (lengths [16]uint8, values []uint8) {
	// A node is a list of the symbols that were merged into it. One more symbol, the last, takes the code of all ones.
	var count, length, next [257]int
	var nodes []int
	for i, n := range counts {
		next[i] = -1
		if count[i] = n; n > 0 {
			nodes = append(nodes, i)
		}
	}
	const reserved = 256
	count[reserved], next[reserved] = 1, -1
	nodes = append(nodes, reserved)
	for len(nodes) > 1 {
		// The two least; of equals the last.
		a, b := -1, -1 // indices of nodes
		for i, n := range nodes {
			switch {
			case a < 0 || count[n] <= count[nodes[a]]:
				a, b = i, a
			case b < 0 || count[n] <= count[nodes[b]]:
				b = i
			}
		}
		least, other := nodes[a], nodes[b]
		count[other] += count[least]
		nodes[a] = nodes[len(nodes)-1]
		nodes = nodes[:len(nodes)-1]
		for i := other; ; i = next[i] {
			length[i]++
			if next[i] < 0 {
				next[i] = least
				break
			}
		}
		for i := least; i >= 0; i = next[i] {
			length[i]++
		}
	}
	var ofLength [258]int
	for i := range length {
		ofLength[length[i]]++
	}
	// Of two codes that are too long one gets the bits of their common start, the other shares with a shorter code (figure K.3).
	for n := len(ofLength) - 1; n > 16; n-- {
		for ofLength[n] > 0 {
			shorter := n - 2
			for ofLength[shorter] == 0 {
				shorter--
			}
			ofLength[n] -= 2
			ofLength[n-1]++
			ofLength[shorter+1] += 2
			ofLength[shorter]--
		}
	}
	longest := 16
	for longest > 0 && ofLength[longest] == 0 {
		longest--
	}
	ofLength[longest]-- // the reserved one
	for i := range lengths {
		lengths[i] = uint8(ofLength[i+1])
	}
	for i, n := range counts {
		if n > 0 {
			values = append(values, uint8(i))
		}
	}
	slices.SortStableFunc(values, func(a, b uint8) int { return counts[b] - counts[a] })
	return lengths, values
}

// A writer writes a file.
type writer struct {
	out []byte
	// The bits that are not in out yet, the last n of acc. n is below 32 between calls.
	acc uint64
	n   uint
}

// segment writes a marker and what belongs to it.
func (w *writer) segment(marker byte, parts ...[]byte) {
	n := 2
	for _, p := range parts {
		n += len(p)
	}
	w.out = append(w.out, 0xff, marker, byte(n>>8), byte(n))
	for _, p := range parts {
		w.out = append(w.out, p...)
	}
}

// huffman defines a table that is best for symbols of these counts, with its class and number as they are written, and fills in
// the codes, their lengths above bit 24.
func (w *writer) huffman(table byte, counts []int, codes []uint32) {
	lengths, values := codeLengths(counts)
	w.segment(dht, []byte{table}, lengths[:], values)
	code, k := uint32(0), 0
	for i, n := range lengths {
		for range n {
			codes[values[k]] = uint32(i+1)<<24 | code
			code++
			k++
		}
		code <<= 1
	}
}

// symbols writes the data of a scan.
func (w *writer) symbols(s *symbols, codes *[256]uint32) {
	for _, v := range s.list {
		c, n := codes[v>>24], uint(v>>16&15)
		w.put(c&(1<<24-1)<<n|v&(1<<16-1), uint(c>>24)+n)
	}
	w.put(0x7f, 7) // fills the last byte with ones
	for ; w.n >= 8; w.n -= 8 {
		w.stuffed(byte(w.acc >> (w.n - 8)))
	}
	w.acc, w.n = 0, 0
}

// put writes n bits, n <= 32.
func (w *writer) put(v uint32, n uint) {
	w.acc = w.acc<<n | uint64(v)
	w.n += n
	if w.n < 32 {
		return
	}
	w.n -= 32
	word := uint32(w.acc >> w.n)
	if (^word-0x01010101)&word&0x80808080 == 0 {
		w.out = append(w.out, byte(word>>24), byte(word>>16), byte(word>>8), byte(word))
		return
	}
	for shift := 24; shift >= 0; shift -= 8 {
		w.stuffed(byte(word >> shift))
	}
}

// stuffed writes a byte so that it can't be taken for a marker.
func (w *writer) stuffed(b byte) {
	w.out = append(w.out, b)
	if b == 0xff {
		w.out = append(w.out, 0)
	}
}
