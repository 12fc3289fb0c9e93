package edge

import (
	"context"
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"

	"shoebox/internal/storage"
)

// Bucket answers for a bucket as S3 does to a distribution that may read objects and list nothing: 403 for what is not there. An
// object's headers are those it was stored with, where the bucket is a [Describer]; else its type is guessed by its name.
type Bucket struct{ storage.Bucket }

// A Describer is a bucket that remembers what an object was stored with. Of what it does not, the field is empty.
type Describer interface {
	Describe(ctx context.Context, key string) (storage.PutOptions, error)
}

// objectKey returns the key that S3 takes a path for; a plus is a space there.
func objectKey(r *http.Request) (key string, ok bool) {
	key, err := url.PathUnescape(strings.ReplaceAll(r.URL.EscapedPath(), "+", "%20"))
	return strings.TrimPrefix(key, "/"), err == nil
}

// ServeHTTP implements [http.Handler].
func (b Bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key, ok := objectKey(r)
	if !ok || key == "" {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	o, err := b.Get(r.Context(), key, storage.Range{})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		w.WriteHeader(http.StatusForbidden)
		return
	case err != nil:
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	o.Body.Close()
	body := storage.NewReader(r.Context(), b.Bucket, o.Info)
	defer body.Close()
	stored := storage.PutOptions{ContentType: mime.TypeByExtension(path.Ext(key))}
	if d, ok := b.Bucket.(Describer); ok {
		if stored, err = d.Describe(r.Context(), key); err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
	}
	if stored.ContentType == "" {
		stored.ContentType = "binary/octet-stream" // S3's own, for what came without
	}
	w.Header().Set("Content-Type", stored.ContentType)
	if stored.CacheControl != "" {
		w.Header().Set("Cache-Control", stored.CacheControl)
	}
	w.Header().Set("ETag", `"`+strings.Trim(o.ETag, `"`)+`"`)
	http.ServeContent(w, r, "", o.Modified, body)
}
