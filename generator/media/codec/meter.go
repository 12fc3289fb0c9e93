package codec

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// A module that runs can't be stopped from outside, unless wazero makes it look up at every turn of every loop, which makes it
// five times slower. So the modules count for themselves: metered adds a global variable, and at the beginning of every loop its
// decrement and a trap once it is below zero. That costs a twentieth, and ends a decoder that hangs or that a file makes work for
// ever after the same number of turns on every machine, however busy.

// fuel is the name under which the variable is exported.
const fuel = "shoebox_fuel"

// errModule is of a module that is not of the form that metered knows.
var errModule = errors.New("not a WebAssembly module that is known")

// The sections of a module (WebAssembly Core Specification 2.0, section 5.5).
const (
	sectionImport = 2
	sectionTable  = 4
	sectionMemory = 5
	sectionGlobal = 6
	sectionExport = 7
	sectionCode   = 10
)

// metered returns a module with the variable in it. A memory and a table that it would import become its own, the memory under
// the name that it has in the import.
func metered(code []byte) (_ []byte, err error) {
	defer func() {
		if r := recover(); r != nil { // an index past the end
			err = errModule
		}
	}()
	if !bytes.HasPrefix(code, []byte("\x00asm\x01\x00\x00\x00")) {
		return nil, errModule
	}
	m := meter{in: code[8:]}
	sections := map[byte][]byte{}
	for len(m.in) > 0 {
		id := m.byte()
		body := m.bytes(int(m.uint()))
		if id == 0 { // names and the like
			continue
		}
		sections[id] = body
	}
	var exports []byte
	exported := 1
	if body, ok := sections[sectionImport]; ok {
		sections[sectionImport], exports = m.imports(body, sections)
		if exports != nil {
			exported++
		}
	}
	globals, n := m.append(sections[sectionGlobal], 1, []byte{0x7e, 1, 0x42, 0, 0x0b}) // i64, mutable, initially 0
	sections[sectionGlobal] = globals
	m.global = m.importedGlobals + n
	exports = append(exports, byte(len(fuel)))
	exports = append(append(exports, fuel...), 3)
	sections[sectionExport], _ = m.append(sections[sectionExport], exported, binary.AppendUvarint(exports, uint64(m.global)))
	sections[sectionCode] = m.code(sections[sectionCode])

	out := bytes.Clone(code[:8])
	// Sections stand in the order of their numbers, but for 12, which is before 10.
	for _, id := range []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11} {
		if body, ok := sections[id]; ok {
			out = append(out, id)
			out = binary.AppendUvarint(out, uint64(len(body)))
			out = append(out, body...)
		}
	}
	return out, m.err
}

// A meter reads a module and writes another one.
type meter struct {
	in              []byte
	importedGlobals int
	global          int // number of the new variable
	err             error
}

func (m *meter) byte() byte {
	b := m.in[0]
	m.in = m.in[1:]
	return b
}

func (m *meter) bytes(n int) []byte {
	b := m.in[:n:n]
	m.in = m.in[n:]
	return b
}

func (m *meter) uint() uint64 {
	v, n := binary.Uvarint(m.in)
	if n <= 0 {
		panic(errModule)
	}
	m.in = m.in[n:]
	return v
}

// append adds n entries to a section that is a list, and says how many there were.
func (m *meter) append(section []byte, n int, entries []byte) ([]byte, int) {
	if section == nil {
		return append([]byte{byte(n)}, entries...), 0
	}
	m.in = section
	count := int(m.uint())
	out := binary.AppendUvarint(nil, uint64(count+n))
	return append(append(out, m.in...), entries...), count
}

// imports takes memory and table out of the imports and makes sections of them. It returns the export of the memory.
func (m *meter) imports(body []byte, sections map[byte][]byte) (kept, export []byte) {
	m.in = body
	count := 0
	for range m.uint() {
		start := m.in
		m.bytes(int(m.uint()))
		name := m.bytes(int(m.uint()))
		switch kind := m.byte(); kind {
		case 0: // a function
			m.uint()
			kept = append(kept, start[:len(start)-len(m.in)]...)
			count++
		case 1, 2:
			var table []byte
			if kind == 1 {
				table = []byte{m.byte()}
			}
			flags, least := m.byte(), m.uint()
			if flags&1 != 0 {
				m.uint() // the most: our limit counts
			}
			entry := binary.AppendUvarint(append(append([]byte{1}, table...), 0), least)
			if kind == 1 {
				sections[sectionTable] = entry
				continue
			}
			sections[sectionMemory] = entry
			export = append(append(binary.AppendUvarint(nil, uint64(len(name))), name...), 2, 0)
		case 3:
			m.bytes(2)
			kept = append(kept, start[:len(start)-len(m.in)]...)
			m.importedGlobals++
			count++
		default:
			panic(errModule)
		}
	}
	return append(binary.AppendUvarint(nil, uint64(count)), kept...), export
}

// code adds the counting to every function.
func (m *meter) code(section []byte) []byte {
	index := binary.AppendUvarint(nil, uint64(m.global))
	var count []byte
	count = append(append(count, 0x23), index...) // global.get
	count = append(count, 0x42, 1, 0x7d, 0x24)    // i64.const 1, i64.sub, global.set
	count = append(append(count, index...), 0x23)
	count = append(append(count, index...), 0x42, 0, 0x53, 0x04, 0x40, 0x00, 0x0b) // i64.const 0, i64.lt_s, if, unreachable, end

	m.in = section
	n := m.uint()
	out := binary.AppendUvarint(nil, n)
	for range n {
		body := m.bytes(int(m.uint()))
		rest := m.in
		m.in = body
		for range m.uint() { // local variables
			m.uint()
			m.byte()
		}
		var changed []byte
		from := body
		for len(m.in) > 0 && m.err == nil {
			if m.instruction() {
				changed = append(append(changed, from[:len(from)-len(m.in)]...), count...)
				from = m.in
			}
		}
		changed = append(changed, from...)
		out = append(binary.AppendUvarint(out, uint64(len(changed))), changed...)
		m.in = rest
	}
	return out
}

// instruction passes over one instruction and reports whether it begins a loop (WebAssembly Core Specification 2.0, section 5.4).
func (m *meter) instruction() (loop bool) {
	op := m.byte()
	switch {
	case op == 0x02, op == 0x03, op == 0x04: // block, loop, if
		m.uint() // the type, a signed number that is as long
		return op == 0x03
	case op == 0x0e: // br_table
		for range m.uint() + 1 {
			m.uint()
		}
	case op == 0x1c: // select with types
		m.bytes(int(m.uint()))
	case op == 0x11, op >= 0x28 && op <= 0x3e: // call_indirect, load, store
		m.uint()
		m.uint()
	case op == 0x0c, op == 0x0d, op == 0x10, op >= 0x20 && op <= 0x26, op == 0x3f, op == 0x40, op == 0xd0, op == 0xd2:
		m.uint()
	case op == 0x41, op == 0x42: // constants
		for m.byte()&0x80 != 0 {
		}
	case op == 0x43:
		m.bytes(4)
	case op == 0x44:
		m.bytes(8)
	case op == 0xfc:
		switch sub := m.uint(); {
		case sub <= 7:
		case sub == 8, sub == 10, sub == 12, sub == 14:
			m.uint()
			m.uint()
		case sub <= 17:
			m.uint()
		default:
			m.unknown(op)
		}
	case op == 0xfd: // vectors
		switch sub := m.uint(); {
		case sub <= 11, sub == 92, sub == 93:
			m.uint()
			m.uint()
		case sub == 12, sub == 13:
			m.bytes(16)
		case sub >= 21 && sub <= 34:
			m.byte()
		case sub >= 84 && sub <= 91:
			m.uint()
			m.uint()
			m.byte()
		case sub > 255:
			m.unknown(op)
		}
	case op <= 0x01, op == 0x05, op == 0x0b, op == 0x0f, op == 0x1a, op == 0x1b, op >= 0x45 && op <= 0xc4, op == 0xd1:
	default:
		m.unknown(op)
	}
	return false
}

func (m *meter) unknown(op byte) {
	if m.err == nil {
		m.err = fmt.Errorf("%w: instruction %#x", errModule, op)
	}
}
