// Package storage keeps objects under slash-separated keys. [Bucket] is what the rest of Shoebox knows; [Dir] is a bucket in
// a folder, [Mem] one in memory that injects faults for tests. The suite in storagetest says what each of them promises.
package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"
)

// ErrPrecondition is wrapped by the error of a Put or Delete whose condition does not hold.
var ErrPrecondition = errors.New("precondition failed")

// A Bucket stores objects by slash-separated key. All methods may be called concurrently, and by several processes.
type Bucket interface {
	// Get opens an object, or the part of it that r selects. The caller closes its Body, which holds the object as it was
	// when Get returned even if it is replaced meanwhile. A missing key wraps fs.ErrNotExist.
	Get(ctx context.Context, key string, r Range) (*Object, error)
	// Put stores an object, whole or not at all, and durably once it returns. A condition that does not hold wraps
	// ErrPrecondition. An error of another kind says nothing about whether the object was stored.
	Put(ctx context.Context, key string, body []byte, o PutOptions) (etag string, err error)
	// Delete removes an object; that it is missing already is no error.
	Delete(ctx context.Context, key string) error
	// List yields what is stored under keys with that prefix, sorted by key. What comes or goes meanwhile may or may not be
	// among it. An error with a Key concerns only what is there, or below it when the key ends in a slash, and the listing
	// goes on; an error without one ends it.
	List(ctx context.Context, prefix string) iter.Seq2[Info, error]
}

// Info describes an object.
type Info struct {
	Key      string
	ETag     string // opaque; differs whenever the bytes do
	Size     int64
	Modified time.Time // UTC
}

// An Object is an opened object.
type Object struct {
	Info
	Body io.ReadCloser
}

// A Range selects a part of an object: Length bytes from Offset, or all from there when Length is 0. The zero Range is the
// whole object. A range past the end is cut; one that starts at or past it is empty.
type Range struct{ Offset, Length int64 }

// PutOptions are conditions and properties of a Put.
type PutOptions struct {
	IfMatch      string // store only if the object's ETag is this one
	IfNoneMatch  bool   // store only if there is no such object
	ContentType  string // media type; empty: by the key's extension
	CacheControl string // HTTP Cache-Control; empty: none. Dir has no place for it: a web server sets it by path
}

// Read returns an object's bytes.
func Read(ctx context.Context, b Bucket, key string) ([]byte, Info, error) {
	o, err := b.Get(ctx, key, Range{})
	if err != nil {
		return nil, Info{}, err
	}
	defer o.Body.Close()
	data, err := io.ReadAll(o.Body)
	if err != nil {
		return nil, Info{}, fmt.Errorf("read %s: %w", key, err)
	}
	return data, o.Info, nil
}

// A Linker is a bucket that can store an object under a second key by itself, without its bytes passing through us.
type Linker interface {
	// Link makes to an object with from's bytes, replacing what was there. With share, and where the bucket can, the two
	// share their bytes on disk until one is replaced. A missing from wraps fs.ErrNotExist.
	Link(ctx context.Context, from, to string, share bool) error
}

// A dirLister is a bucket that can list one folder without what is in the folders below.
type dirLister interface {
	ListDir(ctx context.Context, prefix string) iter.Seq2[Info, error]
}

// ListDir lists, as [Bucket].List does, what has a prefix and no slash after that: with one that ends in a slash, what lies directly
// in a folder. A bucket that can't do it by itself lists all that has the prefix.
func ListDir(ctx context.Context, b Bucket, prefix string) iter.Seq2[Info, error] {
	if d, ok := b.(dirLister); ok {
		return d.ListDir(ctx, prefix)
	}
	return func(yield func(Info, error) bool) {
		for info, err := range b.List(ctx, prefix) {
			if err == nil && strings.Contains(strings.TrimPrefix(info.Key, prefix), "/") {
				continue
			}
			if !yield(info, err) {
				return
			}
		}
	}
}
