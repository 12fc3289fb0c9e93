package storage

import (
	"context"
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

// OpenAt opens an object for reading at any offset: directly where the bucket's Body can, else each read is a Get of a range.
// A missing key wraps fs.ErrNotExist.
func OpenAt(ctx context.Context, b Bucket, key string) (*File, error) {
	o, err := b.Get(ctx, key, Range{})
	if err != nil {
		return nil, err
	}
	if r, ok := o.Body.(io.ReaderAt); ok {
		return &File{ReaderAt: r, Info: o.Info, close: o.Body.Close}, nil
	}
	if err := o.Body.Close(); err != nil {
		return nil, err
	}
	return &File{ReaderAt: ranged{ctx, b, o.Info}, Info: o.Info, close: func() error { return nil }}, nil
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
