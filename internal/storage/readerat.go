package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
)

// A File is an object opened for reading at any offset.
type File struct {
	io.ReaderAt
	Info
	close func() error
}

// Close releases the object.
func (f *File) Close() error { return f.close() }

// maxHeld is the size in bytes up to which OpenAt reads an object whole where the bucket can't read at an offset by itself: one
// request costs less than several, and most originals are read to their end.
const maxHeld = 64 << 20

// OpenAt opens an object for reading at any offset: directly where the bucket's Body can, else from memory or, when it is large,
// by Gets of the parts that are asked for. A missing key wraps fs.ErrNotExist.
func OpenAt(ctx context.Context, b Bucket, key string) (*File, error) {
	o, err := b.Get(ctx, key, Range{})
	if err != nil {
		return nil, err
	}
	if r, ok := o.Body.(io.ReaderAt); ok {
		return &File{ReaderAt: r, Info: o.Info, close: o.Body.Close}, nil
	}
	defer o.Body.Close()
	f := &File{ReaderAt: &ranged{ctx: ctx, bucket: b, info: o.Info}, Info: o.Info, close: func() error { return nil }}
	if o.Size <= maxHeld {
		body, err := io.ReadAll(o.Body)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", key, err)
		}
		f.ReaderAt = bytes.NewReader(body)
	}
	return f, nil
}

// What a ranged reader asks for: whole blocks, as whoever reads a few bytes mostly reads their neighbours next. One that goes on
// and on is given more at a time.
const (
	rangedBlock = 64 << 10
	rangedRun   = 3       // blocks in a row until it is given more
	rangedAhead = 4 << 20 // the most that one Get asks for ahead
	rangedHeld  = 8 << 20 // the most that is held
)

// A ranged reads parts of an object by Gets. It may be used concurrently; one Get is made at a time.
type ranged struct {
	ctx    context.Context
	bucket Bucket
	info   Info

	mu   sync.Mutex // guards what follows
	held []span     // the last used last
	next int64      // where the last Get ended
	run  int64      // bytes that Gets asked for in a row
}

// A span is a part of an object.
type span struct {
	at   int64
	body []byte
}

// ReadAt implements [io.ReaderAt].
func (r *ranged) ReadAt(p []byte, offset int64) (n int, err error) {
	if offset < 0 {
		return 0, errors.New("read before the start")
	}
	if len(p) > rangedAhead {
		if offset >= r.info.Size {
			return 0, io.EOF
		}
		n, err = r.get(p[:min(int64(len(p)), r.info.Size-offset)], offset)
		if err == nil && n < len(p) {
			err = io.EOF
		}
		return n, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for n < len(p) {
		at := offset + int64(n)
		if at >= r.info.Size {
			return n, io.EOF
		}
		s, err := r.span(at, int64(len(p)-n))
		if err != nil {
			return n, err
		}
		n += copy(p[n:], s.body[at-s.at:])
	}
	return n, nil
}

// span returns a span with the byte at an offset, of which want bytes will be read.
func (r *ranged) span(at, want int64) (span, error) {
	for i, s := range r.held {
		if at >= s.at && at < s.at+int64(len(s.body)) {
			r.held = append(append(r.held[:i:i], r.held[i+1:]...), s)
			return s, nil
		}
	}
	start := at / rangedBlock * rangedBlock
	if start != r.next {
		r.run = 0
	}
	length := (at - start + want + rangedBlock - 1) / rangedBlock * rangedBlock
	if r.run >= rangedRun*rangedBlock {
		length = max(length, min(r.run, rangedAhead))
	}
	s := span{start, make([]byte, min(length, r.info.Size-start))}
	if _, err := r.get(s.body, start); err != nil {
		return span{}, err
	}
	r.next = start + int64(len(s.body))
	r.run += int64(len(s.body))
	r.held = append(r.held, s)
	total := 0
	for i := len(r.held) - 1; i >= 0; i-- {
		if total += len(r.held[i].body); total > rangedHeld && i < len(r.held)-1 {
			r.held = append([]span{}, r.held[i+1:]...)
			break
		}
	}
	return s, nil
}

// get fills p with what stands at an offset.
func (r *ranged) get(p []byte, offset int64) (int, error) {
	o, err := r.bucket.Get(r.ctx, r.info.Key, Range{Offset: offset, Length: int64(len(p))})
	if err != nil {
		return 0, err
	}
	defer o.Body.Close()
	if o.ETag != r.info.ETag {
		return 0, fmt.Errorf("read %s: it was replaced meanwhile", r.info.Key)
	}
	n, err := io.ReadFull(o.Body, p)
	if err != nil {
		return n, fmt.Errorf("read %s: %w", r.info.Key, err)
	}
	return n, nil
}

// A Reader reads an object from where it was last sought to its end, by one Get. It must be closed.
type Reader struct {
	ctx    context.Context
	bucket Bucket
	info   Info
	offset int64
	body   io.ReadCloser // of the object from offset on; nil before the first Read and after a Seek
}

// NewReader returns a Reader of an object that was described by the bucket.
func NewReader(ctx context.Context, b Bucket, info Info) *Reader {
	return &Reader{ctx: ctx, bucket: b, info: info}
}

// Read implements [io.Reader].
func (r *Reader) Read(p []byte) (int, error) {
	if r.offset >= r.info.Size {
		return 0, io.EOF
	}
	if r.body == nil {
		o, err := r.bucket.Get(r.ctx, r.info.Key, Range{Offset: r.offset})
		if err != nil {
			return 0, err
		}
		if r.body = o.Body; o.ETag != r.info.ETag {
			return 0, fmt.Errorf("read %s: it was replaced meanwhile", r.info.Key)
		}
	}
	n, err := r.body.Read(p)
	r.offset += int64(n)
	return n, err
}

// Seek implements [io.Seeker].
func (r *Reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.offset
	case io.SeekEnd:
		offset += r.info.Size
	}
	if offset < 0 {
		return 0, errors.New("seek before the start")
	}
	if offset != r.offset {
		if err := r.Close(); err != nil {
			return 0, err
		}
		r.offset = offset
	}
	return offset, nil
}

// Close implements [io.Closer].
func (r *Reader) Close() error {
	body := r.body
	r.body = nil
	if body == nil {
		return nil
	}
	return body.Close()
}
