package generator

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync/atomic"

	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// immutable is the Cache-Control of what has its content's hash in its name.
const immutable = "public, max-age=31536000, immutable"

// revalidate is the Cache-Control of everything else: pages may be kept, but are asked after.
const revalidate = "public, max-age=0, must-revalidate"

// output is the bucket as a build writes it: it counts and tells of what is written, and refuses to write outside of public/
// and state/, so that no mistake above it can touch an original.
type output struct {
	storage.Bucket
	tell             func(Event)
	written, deleted atomic.Int64
}

func (o *output) ours(key string) error {
	if !strings.HasPrefix(key, gallery.Public) && !strings.HasPrefix(key, gallery.State) {
		return fmt.Errorf("refused to write %s: only %s and %s are ours", key, gallery.Public, gallery.State)
	}
	return nil
}

// Put implements [storage.Bucket].
func (o *output) Put(ctx context.Context, key string, body []byte, options storage.PutOptions) (string, error) {
	if err := errors.Join(o.ours(key), ctx.Err()); err != nil {
		return "", err
	}
	etag, err := o.Bucket.Put(ctx, key, body, options)
	if err == nil {
		o.written.Add(1)
		o.tell(Event{Key: key, Verb: "wrote"})
	}
	return etag, err
}

// Delete implements [storage.Bucket].
func (o *output) Delete(ctx context.Context, key string) error {
	if err := errors.Join(o.ours(key), ctx.Err()); err != nil {
		return err
	}
	err := o.Bucket.Delete(ctx, key)
	if err == nil {
		o.deleted.Add(1)
		o.tell(Event{Key: key, Verb: "deleted"})
	}
	return err
}

// link publishes an original under a second key; ok is false where the bucket can't, because its host maps the one to the
// other by itself.
func (o *output) link(ctx context.Context, from, to string, share bool) (ok bool, err error) {
	if err := errors.Join(o.ours(to), ctx.Err()); err != nil {
		return false, err
	}
	l, ok := o.Bucket.(storage.Linker)
	if !ok {
		return false, nil
	}
	if err := l.Link(ctx, from, to, share); err != nil {
		return false, err
	}
	o.written.Add(1)
	o.tell(Event{Key: to, Verb: "wrote"})
	return true, nil
}

// keys lists the keys with a prefix.
func keys(ctx context.Context, b storage.Bucket, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for info, err := range b.List(ctx, prefix) {
			if err != nil {
				err = fmt.Errorf("list %s: %s: %w", prefix, info.Key, err)
			}
			if !yield(info.Key, err) || err != nil {
				return
			}
		}
	}
}
