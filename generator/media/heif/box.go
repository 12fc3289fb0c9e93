package heif

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// errShort is what a box says that ends before what it promises.
var errShort = errors.New("a box is cut off")

// A box is a piece of a file (ISO/IEC 14496-12, section 4.2).
type box struct {
	kind string
	body []byte
}

// boxes splits the inside of a box. What follows a box that is longer than what is left is not looked at.
func boxes(b []byte) (list []box) {
	for len(b) >= 8 && len(list) < maxItems {
		size, head := uint64(binary.BigEndian.Uint32(b)), uint64(8)
		switch {
		case size == 1 && len(b) >= 16:
			size, head = binary.BigEndian.Uint64(b[8:]), 16
		case size == 0:
			size = uint64(len(b))
		}
		if size < head || size > uint64(len(b)) {
			break
		}
		list = append(list, box{string(b[4:8]), b[head:size]})
		b = b[size:]
	}
	return list
}

// top finds a box at the top of a file and reads it whole.
func top(r io.ReaderAt, size int64, kind string) ([]byte, error) {
	at := int64(0)
	for range 1000 {
		var head [16]byte
		n, _ := r.ReadAt(head[:min(16, max(0, size-at))], at)
		if n < 8 {
			break
		}
		length, skip := int64(binary.BigEndian.Uint32(head[:])), int64(8)
		switch {
		case length == 1 && n == 16:
			long := binary.BigEndian.Uint64(head[8:])
			if long > uint64(size) {
				return nil, io.ErrUnexpectedEOF
			}
			length, skip = int64(long), 16
		case length == 0:
			length = size - at
		}
		if length < skip {
			return nil, errors.New("a box has no length")
		}
		if string(head[4:8]) != kind {
			at += length
			continue
		}
		if length > maxMeta {
			return nil, fmt.Errorf("its %s box is larger than %d MB", kind, maxMeta>>20)
		}
		if at+length > size {
			return nil, io.ErrUnexpectedEOF
		}
		body := make([]byte, length-skip)
		if n, err := r.ReadAt(body, at+skip); n < len(body) {
			return nil, err
		}
		return body, nil
	}
	return nil, fmt.Errorf("it has no %s box: %w", kind, io.ErrUnexpectedEOF)
}

// A cursor reads the fields of a box in turn. After the end all are zero, and short is true.
type cursor struct {
	b     []byte
	short bool
}

// number reads n bytes, at most 8, as a big-endian number.
func (c *cursor) number(n int) (v uint64) {
	for _, b := range c.take(n) {
		v = v<<8 | uint64(b)
	}
	return v
}

// take reads n bytes; fewer are none.
func (c *cursor) take(n int) []byte {
	if n < 0 || n > len(c.b) {
		c.b, c.short = nil, true
		return nil
	}
	taken := c.b[:n:n]
	c.b = c.b[n:]
	return taken
}

// full reads the version and flags of a full box.
func (c *cursor) full() (version int, flags uint64) {
	return int(c.number(1)), c.number(3)
}

// text reads a string up to its zero byte.
func (c *cursor) text() string {
	for i, b := range c.b {
		if b == 0 {
			s := string(c.b[:i])
			c.b = c.b[i+1:]
			return s
		}
	}
	s := string(c.b)
	c.b = nil
	return s
}
