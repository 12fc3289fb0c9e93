package storage_test

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"

	"shoebox/internal/storage"
	"shoebox/internal/storage/storagetest"
)

// An ownersRoute is a Route of whose owner's bucket the owner writes, as the suite does.
type ownersRoute struct {
	*storage.Route
	originals storage.Bucket
}

func (o ownersRoute) Put(ctx context.Context, key string, body []byte, options storage.PutOptions) (string, error) {
	etag, err := o.Route.Put(ctx, key, body, options)
	if errors.Is(err, fs.ErrPermission) {
		return o.originals.Put(ctx, key, body, options)
	}
	return etag, err
}

func (o ownersRoute) Delete(ctx context.Context, key string) error {
	err := o.Route.Delete(ctx, key)
	if errors.Is(err, fs.ErrPermission) {
		return o.originals.Delete(ctx, key)
	}
	return err
}

func TestRoute(t *testing.T) {
	storagetest.Run(t, func(*testing.T) storage.Bucket {
		originals := storage.NewMem()
		return ownersRoute{storage.NewRoute(storage.NewMem(), originals), originals}
	})
}

func TestRouteKeepsTheOwnersBucket(t *testing.T) {
	site, originals := storage.NewMem(), storage.NewMem()
	for _, key := range []string{"data/a.jpg", "config.toml", "public/not-ours", "state/not-ours", "zebra"} {
		originals.Upload(key, []byte("theirs"), time.Now())
	}
	for _, key := range []string{"public/index.html", "state/x", "data/not-theirs", "publicity"} {
		site.Upload(key, []byte("ours"), time.Now())
	}
	r := storage.NewRoute(site, originals)
	for _, key := range []string{"data/a.jpg", "config.toml", "layouts/item.html", "publicity", "public", ""} {
		if _, err := r.Put(t.Context(), key, nil, storage.PutOptions{}); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("put %q: %v, want fs.ErrPermission", key, err)
		}
		if err := r.Delete(t.Context(), key); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("delete %q: %v, want fs.ErrPermission", key, err)
		}
	}
	if w := originals.Writes(); len(w) != 0 {
		t.Errorf("wrote %v to the owner's bucket", w)
	}
	for prefix, want := range map[string]string{
		"":         "config.toml data/a.jpg public/index.html state/x zebra",
		"p":        "public/index.html",
		"public/":  "public/index.html",
		"state/x":  "state/x",
		"data/":    "data/a.jpg",
		"publicit": "",
		"z":        "zebra",
	} {
		var got []string
		for info, err := range r.List(t.Context(), prefix) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, info.Key)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("list %q gives %q, want %q", prefix, s, want)
		}
	}
	for key, want := range map[string]string{"data/a.jpg": "theirs", "public/index.html": "ours", "data/not-theirs": "", "public/not-ours": ""} {
		body, _, err := storage.Read(t.Context(), r, key)
		if string(body) != want || (err != nil) != (want == "") {
			t.Errorf("%s holds %q, %v, want %q", key, body, err, want)
		}
	}
}

// TestRouteListingFails wants the error of either bucket to end a listing, and no part of it to pass for the whole.
func TestRouteListingFails(t *testing.T) {
	for _, dead := range []int{0, 1} {
		buckets := []*storage.Mem{storage.NewMem(), storage.NewMem()}
		for _, b := range buckets {
			b.Upload("public/a", nil, time.Now())
			b.Upload("data/a", nil, time.Now())
		}
		buckets[dead].Inject(func(int, storage.Write) storage.Fault { return storage.Before })
		_ = buckets[dead].Delete(t.Context(), "state/x")
		var last error
		for _, err := range storage.NewRoute(buckets[0], buckets[1]).List(t.Context(), "") {
			last = err
		}
		if !errors.Is(last, storage.ErrInjected) {
			t.Errorf("with bucket %d dead the listing ends in %v", dead, last)
		}
	}
}
