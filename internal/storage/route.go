package storage

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"strings"

	"shoebox/internal/gallery"
)

// A Route is one bucket made of two: ours with what we make, and the owner's with the originals and all else that is the
// owner's word. Keys below public/ and state/ are in the first, all others in the second, where nothing is ever written.
type Route struct {
	site      Bucket
	originals Bucket
}

var _ Bucket = (*Route)(nil)

// NewRoute returns the bucket made of site, which is ours, and originals, which is the owner's.
func NewRoute(site, originals Bucket) *Route { return &Route{site, originals} }

// ours reports whether a key is one of those that we write.
func ours(key string) bool {
	return strings.HasPrefix(key, gallery.Public) || strings.HasPrefix(key, gallery.State)
}

// Get implements [Bucket].
func (r *Route) Get(ctx context.Context, key string, part Range) (*Object, error) {
	if ours(key) {
		return r.site.Get(ctx, key, part)
	}
	return r.originals.Get(ctx, key, part)
}

// Put implements [Bucket]. The error for a key of the owner's wraps fs.ErrPermission.
func (r *Route) Put(ctx context.Context, key string, body []byte, o PutOptions) (string, error) {
	if !ours(key) {
		return "", refuse("put", key)
	}
	return r.site.Put(ctx, key, body, o)
}

// Delete implements [Bucket]. The error for a key of the owner's wraps fs.ErrPermission.
func (r *Route) Delete(ctx context.Context, key string) error {
	if !ours(key) {
		return refuse("delete", key)
	}
	return r.site.Delete(ctx, key)
}

func refuse(operation, key string) error {
	return fmt.Errorf("%s %s: it is in the owner's bucket, which is only read: %w", operation, key, fs.ErrPermission)
}

// List implements [Bucket]. What lies in one bucket under keys of the other is passed over.
func (r *Route) List(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	return r.list(prefix, func(b Bucket) iter.Seq2[Info, error] { return b.List(ctx, prefix) })
}

// ListDir lists the objects directly below a prefix: see [ListDir].
func (r *Route) ListDir(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	return r.list(prefix, func(b Bucket) iter.Seq2[Info, error] { return ListDir(ctx, b, prefix) })
}

// list lists what is under a prefix in one bucket, or in both when keys of both can begin with it.
func (r *Route) list(prefix string, in func(Bucket) iter.Seq2[Info, error]) iter.Seq2[Info, error] {
	above := func(place string) bool { return strings.HasPrefix(place, prefix) }
	switch {
	case ours(prefix):
		return in(r.site)
	case !above(gallery.Public) && !above(gallery.State):
		return in(r.originals)
	}
	return func(yield func(Info, error) bool) {
		mine, stopMine := iter.Pull2(only(in(r.site), true))
		defer stopMine()
		theirs, stopTheirs := iter.Pull2(only(in(r.originals), false))
		defer stopTheirs()
		a, aErr, aOK := mine()
		b, bErr, bOK := theirs()
		for aOK || bOK {
			var info Info
			var err error
			if aOK && (!bOK || a.Key < b.Key) { // an error that ends a listing has no key, and comes first
				info, err = a, aErr
				a, aErr, aOK = mine()
			} else {
				info, err = b, bErr
				b, bErr, bOK = theirs()
			}
			if !yield(info, err) || err != nil && info.Key == "" {
				return
			}
		}
	}
}

// only passes what is ours, or what is not, and all errors that are about the whole listing.
func only(list iter.Seq2[Info, error], wanted bool) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		for info, err := range list {
			if general := err != nil && info.Key == ""; !general && ours(info.Key) != wanted {
				continue
			}
			if !yield(info, err) {
				return
			}
		}
	}
}
