package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
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
// by a Get for each read. A missing key wraps fs.ErrNotExist.
func OpenAt(ctx context.Context, b Bucket, key string) (*File, error) {
	o, err := b.Get(ctx, key, Range{})
	if err != nil {
		return nil, err
	}
	if r, ok := o.Body.(io.ReaderAt); ok {
		return &File{ReaderAt: r, Info: o.Info, close: o.Body.Close}, nil
	}
	defer o.Body.Close()
	f := &File{ReaderAt: ranged{ctx, b, o.Info}, Info: o.Info, close: func() error { return nil }}
	if o.Size <= maxHeld {
		body, err := io.ReadAll(o.Body)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", key, err)
		}
		f.ReaderAt = bytes.NewReader(body)
	}
	return f, nil
}

type ranged struct {
	ctx    context.Context
	bucket Bucket
	info   Info
}

func (r ranged) ReadAt(p []byte, offset int64) (int, error) {
	if offset >= r.info.Size {
		return 0, io.EOF
	}
	o, err := r.bucket.Get(r.ctx, r.info.Key, Range{Offset: offset, Length: int64(len(p))})
	if err != nil {
		return 0, err
	}
	defer o.Body.Close()
	n, err := io.ReadFull(o.Body, p)
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	return n, err
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
