package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// maxMend is the size up to which a damaged JPEG is read into memory to save what is left of it.
const maxMend = 64 << 20

// mendJPEG makes a JPEG that image/jpeg reads out of a damaged one, and says what was wrong. image/jpeg gives no pixels at all
// when the last byte is missing, but the owner wants to see what is left. A progressive file is cut after its last whole scan.
// Of a baseline file every good block is copied, bit by bit, and every bad one replaced by grey; where the file has restart
// markers, decoding goes on behind the damage. It returns nil when nothing can be saved.
func mendJPEG(src *source) (mended []byte, problem string) {
	if src.size > maxMend {
		return nil, ""
	}
	data := src.part(0, src.size)
	m := &mender{in: data}
	if err := m.headers(); err != nil {
		return nil, ""
	}
	if m.progressive {
		if m.wholeScans == 0 {
			return nil, ""
		}
		return append(data[:m.wholeScans:m.wholeScans], 0xff, 0xd9), "the picture is cut off before its finest details: upload it again"
	}
	good, tail, err := m.scan()
	if err != nil || good == 0 {
		return nil, ""
	}
	total := m.mcus()
	switch percent := min(good*100/total, 99); {
	case good == total:
		problem = "the end of the file is missing, though the picture is all there: upload it again"
	case tail:
		problem = fmt.Sprintf("the picture is cut off after %d %% of its rows: upload it again", percent)
	default:
		problem = fmt.Sprintf("the picture is damaged, %d %% of it could be saved: upload it again", percent)
	}
	return append(m.out.Bytes(), 0xff, 0xd9), problem
}

var errMend = errors.New("nothing can be saved")

// A component is one colour channel of a baseline JPEG.
type component struct {
	id, h, v byte
	dc, ac   *huffman
	pred     int
}

type mender struct {
	in          []byte
	at          int // of the next byte of in
	out         bytes.Buffer
	progressive bool
	wholeScans  int // where the last scan begins: all before it are whole
	width       int
	height      int
	comps       []component
	interval    int // MCUs between restart markers; 0 for none
	tables      [2][4]*huffman

	acc  uint32 // bits read but not used
	bits int
	wacc uint64 // bits not written yet
	wn   int
}

// headers reads up to the entropy-coded data (ITU-T T.81, annex B).
func (m *mender) headers() error {
	m.at = 2
	for m.at+4 <= len(m.in) {
		if m.in[m.at] != 0xff {
			if !m.progressive {
				return errMend
			}
			m.at++ // entropy-coded data of a scan
			continue
		}
		marker := m.in[m.at+1]
		if marker == 0 || marker == 0xff || marker == 1 || marker >= 0xd0 && marker <= 0xd8 {
			m.at++
			if marker != 0xff {
				m.at++
			}
			continue
		}
		n := int(binary.BigEndian.Uint16(m.in[m.at+2:]))
		if n < 2 || m.at+2+n > len(m.in) {
			break
		}
		seg := m.in[m.at+4 : m.at+2+n]
		start := m.at
		m.at += 2 + n
		switch marker {
		case 0xc0, 0xc1, 0xc2:
			if err := m.frame(seg); err != nil {
				return err
			}
			m.progressive = marker == 0xc2
		case 0xc4:
			if err := m.huffmanTables(seg); err != nil {
				return err
			}
		case 0xdd:
			if len(seg) >= 2 {
				m.interval = int(binary.BigEndian.Uint16(seg))
			}
		case 0xda:
			if m.progressive {
				// The scan that begins here ends somewhere: if another one does follow, all before that one are whole.
				if m.wholeScans == 0 {
					m.wholeScans = -1
				} else {
					m.wholeScans = start
				}
				continue
			}
			m.out.Write(m.in[:m.at])
			return m.scanHeader(seg)
		}
	}
	if m.progressive {
		m.wholeScans = max(m.wholeScans, 0)
		return nil
	}
	return errMend
}

func (m *mender) frame(seg []byte) error {
	if len(seg) < 6 || seg[0] != 8 || len(seg) < 6+3*int(seg[5]) || seg[5] == 0 || seg[5] > 4 {
		return errMend
	}
	m.height, m.width = int(binary.BigEndian.Uint16(seg[1:])), int(binary.BigEndian.Uint16(seg[3:]))
	m.comps = nil
	for i := range int(seg[5]) {
		c := seg[6+3*i:]
		comp := component{id: c[0], h: c[1] >> 4, v: c[1] & 15}
		if comp.h == 0 || comp.h > 4 || comp.v == 0 || comp.v > 4 {
			return errMend
		}
		m.comps = append(m.comps, comp)
	}
	if len(m.comps) == 1 {
		m.comps[0].h, m.comps[0].v = 1, 1 // a scan of one component is not interleaved
	}
	return nil
}

func (m *mender) scanHeader(seg []byte) error {
	if len(m.comps) == 0 || len(seg) < 1 || int(seg[0]) != len(m.comps) || len(seg) < 1+2*len(m.comps) {
		return errMend // one scan for all components is what cameras write
	}
	for i := range m.comps {
		s := seg[1+2*i:]
		if s[0] != m.comps[i].id || s[1]>>4 > 3 || s[1]&15 > 3 {
			return errMend
		}
		m.comps[i].dc, m.comps[i].ac = m.tables[0][s[1]>>4], m.tables[1][s[1]&15]
		if m.comps[i].dc == nil || m.comps[i].ac == nil {
			return errMend
		}
	}
	return nil
}

func (m *mender) mcus() int {
	h, v := 1, 1
	for _, c := range m.comps {
		h, v = max(h, int(c.h)), max(v, int(c.v))
	}
	return ((m.width + 8*h - 1) / (8 * h)) * ((m.height + 8*v - 1) / (8 * v))
}

// scan copies all MCUs. tail is true when everything good comes before everything bad.
func (m *mender) scan() (good int, tail bool, err error) {
	total := m.mcus()
	interval := m.interval
	if interval == 0 {
		interval = total
	}
	bad := false
	tail = true
	next, due := 0, 0 // the restart markers, 0 to 7, that come next in the result and in the file
	for done := 0; done < total; {
		n := min(interval, total-done)
		ok := 0
		for ok < n && m.mcu() == nil {
			ok++
		}
		good += ok
		if ok > 0 && bad {
			tail = false
		}
		bad = bad || ok < n
		if err := m.grey(n - ok); err != nil {
			return good, tail, err
		}
		done += n
		missing := 0
		if done < total {
			found := m.resync(due)
			if found < 0 {
				missing = total - done
			} else if lost := (found - due + 8) & 7; lost <= 2 {
				missing = lost * interval
			} // else the numbers have no meaning any more: take it as the one that is due, as libjpeg does
			due = (found + 1) & 7
		}
		for {
			if done < total {
				m.align()
				m.out.Write([]byte{0xff, 0xd0 + byte(next)})
				next = (next + 1) & 7
				for i := range m.comps {
					m.comps[i].pred = 0
				}
			}
			if missing <= 0 || done >= total {
				break
			}
			k := min(interval, total-done)
			bad = true
			if err := m.grey(k); err != nil {
				return good, tail, err
			}
			done += k
			missing -= k
		}
	}
	m.align()
	return good, tail, nil
}

// resync moves behind the next restart marker and returns its number, or -1. One that is a little behind the one that is due
// has been passed already.
func (m *mender) resync(due int) int {
	m.acc, m.bits = 0, 0
	for m.at+1 < len(m.in) {
		i := bytes.IndexByte(m.in[m.at:len(m.in)-1], 0xff)
		if i < 0 {
			break
		}
		m.at += i
		if b := m.in[m.at+1]; b >= 0xd0 && b <= 0xd7 && (int(b)-0xd0-due+8)&7 < 6 {
			m.at += 2
			return int(b - 0xd0)
		}
		m.at++
	}
	m.at = len(m.in)
	return -1
}

// mcu copies one MCU, whole or not at all.
func (m *mender) mcu() error {
	var preds [4]int
	for i, c := range m.comps {
		preds[i] = c.pred
	}
	length, acc, n := m.out.Len(), m.wacc, m.wn
	for i := range m.comps {
		c := &m.comps[i]
		for range int(c.h) * int(c.v) {
			if err := m.block(c); err != nil {
				m.out.Truncate(length)
				m.wacc, m.wn = acc, n
				for i := range m.comps {
					m.comps[i].pred = preds[i]
				}
				return err
			}
		}
	}
	return nil
}

func (m *mender) block(c *component) error {
	s, err := m.symbol(c.dc)
	if err != nil {
		return err
	}
	if s > 11 {
		return errMend
	}
	v, err := m.receive(int(s))
	if err != nil {
		return err
	}
	m.put(c.dc, s, v, int(s))
	diff := int(v)
	if s > 0 && v < 1<<(s-1) {
		diff -= 1<<s - 1
	}
	if c.pred += diff; c.pred < -32768 || c.pred > 32767 {
		return errMend
	}
	for k := 1; k < 64; k++ {
		rs, err := m.symbol(c.ac)
		if err != nil {
			return err
		}
		r, size := int(rs>>4), int(rs&15)
		if size == 0 {
			m.put(c.ac, rs, 0, 0)
			if r != 15 {
				return nil
			}
			k += 15
			continue
		}
		if k += r; k > 63 {
			return errMend
		}
		v, err := m.receive(size)
		if err != nil {
			return err
		}
		m.put(c.ac, rs, v, size)
	}
	return nil
}

// grey writes n MCUs without detail.
func (m *mender) grey(n int) error {
	for range n {
		for i := range m.comps {
			c := &m.comps[i]
			for range int(c.h) * int(c.v) {
				diff := -c.pred
				size := 0
				for a := max(diff, -diff); a>>size > 0; size++ {
				}
				if c.dc.length[size] == 0 { // the table has no code for such a step: keep the colour
					diff, size = 0, 0
				}
				if c.dc.length[size] == 0 || c.ac.length[0] == 0 {
					return errMend
				}
				c.pred += diff
				if diff < 0 {
					diff += 1<<size - 1
				}
				m.put(c.dc, byte(size), uint32(diff), size)
				m.put(c.ac, 0, 0, 0)
			}
		}
	}
	return nil
}

// need makes sure of n bits, n <= 16.
func (m *mender) need(n int) error {
	for m.bits < n {
		if m.at >= len(m.in) {
			return errMend
		}
		b := m.in[m.at]
		if b == 0xff {
			if m.at+1 >= len(m.in) || m.in[m.at+1] != 0 {
				return errMend // a marker
			}
			m.at++
		}
		m.at++
		m.acc = m.acc<<8 | uint32(b)
		m.bits += 8
	}
	return nil
}

func (m *mender) receive(n int) (uint32, error) {
	if n == 0 {
		return 0, nil
	}
	if err := m.need(n); err != nil {
		return 0, err
	}
	m.bits -= n
	return m.acc >> m.bits & (1<<n - 1), nil
}

func (m *mender) symbol(h *huffman) (byte, error) {
	code := 0
	for n := 1; n <= 16; n++ {
		bit, err := m.receive(1)
		if err != nil {
			return 0, err
		}
		code = code<<1 | int(bit)
		if i := code - h.first[n]; i >= 0 && i < h.count[n] {
			return h.values[h.offset[n]+i], nil
		}
	}
	return 0, errMend
}

// put writes a symbol's code and n more bits.
func (m *mender) put(h *huffman, symbol byte, v uint32, n int) {
	m.write(uint64(h.code[symbol]), int(h.length[symbol]))
	m.write(uint64(v), n)
}

func (m *mender) write(v uint64, n int) {
	m.wacc = m.wacc<<n | v
	m.wn += n
	for m.wn >= 8 {
		m.wn -= 8
		b := byte(m.wacc >> m.wn)
		m.out.WriteByte(b)
		if b == 0xff {
			m.out.WriteByte(0)
		}
	}
}

func (m *mender) align() {
	if m.wn > 0 {
		m.write(1<<(8-m.wn)-1, 8-m.wn)
	}
	m.wacc = 0
}

// A huffman is a table of codes (ITU-T T.81, annex C).
type huffman struct {
	first, count, offset [17]int // by length of code
	values               []byte
	code                 [256]uint16 // by symbol
	length               [256]uint8  // by symbol; 0 when it has no code
}

func (m *mender) huffmanTables(seg []byte) error {
	for len(seg) > 0 {
		if len(seg) < 17 || seg[0]>>4 > 1 || seg[0]&15 > 3 {
			return errMend
		}
		h := &huffman{}
		code, n := 0, 0
		for l := 1; l <= 16; l++ {
			h.first[l], h.count[l], h.offset[l] = code, int(seg[l]), n
			code = (code + h.count[l]) << 1
			n += h.count[l]
		}
		if n > 256 || len(seg) < 17+n {
			return errMend
		}
		h.values = seg[17 : 17+n]
		for l := 1; l <= 16; l++ {
			for i := range h.count[l] {
				s := h.values[h.offset[l]+i]
				h.code[s], h.length[s] = uint16(h.first[l]+i), uint8(l)
			}
		}
		m.tables[seg[0]>>4][seg[0]&15] = h
		seg = seg[17+n:]
	}
	return nil
}
