package heif

import (
	"errors"
	"fmt"
	"io"
	"slices"
)

// An item is what the meta box tells of one: a picture, a tile of one, or a block of metadata.
type item struct {
	kind, mime string
	inside     bool // its extents are in the idat box (construction method 1)
	extents    []extent
	properties []property
}

type extent struct{ at, size uint64 }

type property struct {
	kind string
	body []byte
}

// A meta is the content of a file's meta box (ISO/IEC 14496-12, section 8.11; ISO/IEC 23008-12, section 9.3).
type meta struct {
	primary    uint32
	items      map[uint32]*item
	references []reference
	idat       []byte
}

// A reference is from one item to others.
type reference struct {
	kind string
	from uint32
	to   []uint32
}

func parseMeta(body []byte) (*meta, error) {
	c := cursor{b: body}
	c.full()
	m := &meta{items: map[uint32]*item{}}
	children := map[string][]byte{}
	for _, b := range boxes(c.b) {
		if _, ok := children[b.kind]; !ok {
			children[b.kind] = b.body
		}
	}
	if err := m.infos(children["iinf"]); err != nil {
		return nil, err
	}
	m.idat = children["idat"]
	c = cursor{b: children["pitm"]}
	if version, _ := c.full(); version == 0 {
		m.primary = uint32(c.number(2))
	} else {
		m.primary = uint32(c.number(4))
	}
	m.locations(children["iloc"])
	m.referenced(children["iref"])
	m.propertied(children["iprp"])
	if m.items[m.primary] == nil {
		return nil, errors.New("it has no primary picture")
	}
	return m, nil
}

// infos reads the box iinf: which items there are.
func (m *meta) infos(body []byte) error {
	c := cursor{b: body}
	if version, _ := c.full(); version == 0 {
		c.number(2)
	} else {
		c.number(4)
	}
	list := boxes(c.b)
	if len(list) >= maxItems {
		return fmt.Errorf("it has more than %d items", maxItems)
	}
	for _, b := range list {
		c := cursor{b: b.body}
		version, _ := c.full()
		if b.kind != "infe" || version < 2 {
			continue
		}
		width := 2
		if version > 2 {
			width = 4
		}
		id := uint32(c.number(width))
		c.number(2) // protection
		it := &item{kind: string(c.take(4))}
		if it.kind == "mime" {
			c.text() // name
			it.mime = c.text()
		}
		if _, twice := m.items[id]; !twice && it.kind != "" {
			m.items[id] = it
		}
	}
	return nil
}

// locations reads the box iloc: where the items are.
func (m *meta) locations(body []byte) {
	c := cursor{b: body}
	version, _ := c.full()
	sizes := c.number(2)
	offsetSize, lengthSize, baseSize, indexSize := int(sizes>>12), int(sizes>>8&15), int(sizes>>4&15), int(sizes&15)
	wide := 2
	if version == 2 {
		wide = 4
	}
	if max(offsetSize, lengthSize, baseSize, indexSize) > 8 {
		return
	}
	for range c.number(wide) {
		id := uint32(c.number(wide))
		method := uint64(0)
		if version > 0 {
			method = c.number(2) & 15
		} else {
			indexSize = 0
		}
		elsewhere := c.number(2) != 0 // in another file
		base := c.number(baseSize)
		it := m.items[id]
		for range c.number(2) {
			c.number(indexSize)
			e := extent{base + c.number(offsetSize), c.number(lengthSize)}
			if c.short {
				return
			}
			if it != nil && !elsewhere && method < 2 && len(it.extents) < maxExtents {
				it.inside = method == 1
				it.extents = append(it.extents, e)
			}
		}
		if c.short {
			return
		}
	}
}

// referenced reads the box iref: which items refer to which.
func (m *meta) referenced(body []byte) {
	c := cursor{b: body}
	version, _ := c.full()
	width := 2
	if version > 0 {
		width = 4
	}
	for _, b := range boxes(c.b) {
		c := cursor{b: b.body}
		r := reference{kind: b.kind, from: uint32(c.number(width))}
		n := int(c.number(2))
		if n > len(c.b)/width {
			continue
		}
		r.to = make([]uint32, n)
		for i := range r.to {
			r.to[i] = uint32(c.number(width))
		}
		m.references = append(m.references, r)
	}
}

// referred returns the items to which one refers.
func (m *meta) referred(kind string, from uint32) []uint32 {
	for _, r := range m.references {
		if r.kind == kind && r.from == from {
			return r.to
		}
	}
	return nil
}

// referrers returns the items that refer to one.
func (m *meta) referrers(kind string, to uint32) (items []uint32) {
	for _, r := range m.references {
		if r.kind == kind && slices.Contains(r.to, to) {
			items = append(items, r.from)
		}
	}
	return items
}

// propertied reads the box iprp: which items have which properties.
func (m *meta) propertied(body []byte) {
	var all []box
	for _, b := range boxes(body) {
		switch b.kind {
		case "ipco":
			if all == nil {
				all = boxes(b.body)
			}
		case "ipma":
			c := cursor{b: b.body}
			version, flags := c.full()
			width := 2
			if version > 0 {
				width = 4
			}
			for range c.number(4) {
				it := m.items[uint32(c.number(width))]
				for range c.number(1) {
					index := c.number(1) & 0x7f
					if flags&1 != 0 {
						index = index<<8 | c.number(1)
					}
					if it != nil && index > 0 && index <= uint64(len(all)) && len(it.properties) < maxProperties {
						it.properties = append(it.properties, property(all[index-1]))
					}
				}
				if c.short {
					return
				}
			}
		}
	}
}

// property returns the first property of a kind; nil when there is none.
func (it *item) property(kind string) []byte {
	for _, p := range it.properties {
		if p.kind == kind {
			return p.body
		}
	}
	return nil
}

// size is what the property ispe says; zero when there is none.
func (it *item) size() (w, h int) {
	c := cursor{b: it.property("ispe")}
	c.full()
	wide, high := c.number(4), c.number(4)
	if c.short || wide > 1<<30 || high > 1<<30 {
		return 0, 0
	}
	return int(wide), int(high)
}

// read returns an item's bytes, at most limit of them.
func (m *meta) read(r io.ReaderAt, size int64, it *item, limit int64) ([]byte, error) {
	if len(it.extents) == 0 {
		return nil, errors.New("an item is nowhere")
	}
	if it.inside {
		r, size = idat(m.idat), int64(len(m.idat))
	}
	var total int64
	extents := make([]extent, len(it.extents))
	for i, e := range it.extents {
		if e.at > uint64(size) {
			return nil, io.ErrUnexpectedEOF
		}
		if e.size == 0 { // up to the end
			e.size = uint64(size) - e.at
		}
		if e.size > uint64(size)-e.at {
			return nil, io.ErrUnexpectedEOF
		}
		if total += int64(e.size); total > limit {
			return nil, fmt.Errorf("an item is larger than %d bytes", limit)
		}
		extents[i] = e
	}
	body := make([]byte, total)
	at := body
	for _, e := range extents {
		if n, err := r.ReadAt(at[:e.size], int64(e.at)); n < int(e.size) {
			return nil, err
		}
		at = at[e.size:]
	}
	return body, nil
}

// idat is the content of an idat box as a file.
type idat []byte

func (b idat) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off > int64(len(b)) {
		return 0, io.ErrUnexpectedEOF
	}
	n := copy(p, b[off:])
	if n < len(p) {
		return n, io.ErrUnexpectedEOF
	}
	return n, nil
}
