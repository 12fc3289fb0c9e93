package generator

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// forgotten is the size in bytes up to which a faceState is of photos that are all gone: it holds no key.
const forgotten = len(`{"format":1,"round":100000}`)

// sweep deletes the faces of photos that are gone without having had a record: whoever developed them died after their faces were
// kept. It is for a build that asked due of all current records. Beside a listing it takes no requests when there is nothing to do.
func (l *labelling) sweep(ctx context.Context, b storage.Bucket) error {
	if l.faceFinder() == nil {
		return nil
	}
	for info, err := range b.List(ctx, facesMemory) {
		if err != nil {
			return fmt.Errorf("list %s: %s: %w", facesMemory, info.Key, err)
		}
		sha256 := strings.TrimSuffix(strings.TrimPrefix(info.Key, facesMemory), ".json")
		if !isSHA256(sha256) || l.seen[sha256] || info.Size <= int64(forgotten) {
			continue
		}
		var state faceState
		if _, err := readState(ctx, b, info.Key, &state); err != nil {
			return err
		}
		for _, key := range state.Keys {
			if gone, err := isGone(ctx, b, key, sha256); err != nil {
				return err
			} else if !gone {
				continue
			}
			if err := l.dropFaces(ctx, b, sha256, key); err != nil {
				return fmt.Errorf("forget the faces of %s: %w", key, err)
			}
		}
		if len(state.Keys) == 0 { // of a deletion that was not finished
			if _, err := l.deleteDoomed(ctx, b, l.faceFinder(), sha256, state); err != nil {
				return err
			}
		}
	}
	return nil
}

// isGone reports whether there is no original of those bytes under a key; of one that is being developed nobody knows yet.
func isGone(ctx context.Context, b storage.Bucket, key, sha256 string) (bool, error) {
	o, err := b.Get(ctx, key, storage.Range{Length: 1})
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	o.Body.Close()
	var r gallery.Record
	if _, err := readState(ctx, b, gallery.RecordKey(key), &r); err != nil {
		return false, err
	}
	return r.Original.Key == key && r.Original.ETag == o.ETag && r.SHA256 != sha256, nil
}
