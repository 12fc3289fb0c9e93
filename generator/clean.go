package generator

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// deleteStalePages deletes what is in public/ and belongs to nothing any more: pages of deleted or renamed originals, their
// renditions, assets of before, and whatever else is not ours to show. Hidden files (".well-known/…") are left alone.
func (b *build) deleteStalePages(ctx context.Context) error {
	if err := b.recallGone(ctx); err != nil {
		return err
	}
	for _, path := range slices.Sorted(maps.Keys(b.existing)) {
		if b.kept[path] || hidden(path) || b.inProgress(path) || ofCollection(path) && !b.verify && !b.doomed[path] {
			continue
		}
		if err := b.out.Delete(ctx, gallery.Public+path); err != nil {
			return err
		}
		if b.publishing != nil {
			b.deleted[path] = true
		}
	}
	return nil
}

// hidden reports whether a path below public/ is none of ours, nor in our way: no original's name starts with a dot.
func hidden(path string) bool { return strings.HasPrefix(path, ".") }

func (b *build) deleteStaleState(ctx context.Context) error {
	kept := map[string]bool{}
	for _, a := range b.albums {
		kept[gallery.ManifestKey(a.path)], kept[gallery.PublishedKey(a.path)] = true, true
		for _, s := range a.items {
			kept[gallery.RecordKey(s.Key)] = true
		}
	}
	var stale []string
	for _, key := range slices.Sorted(maps.Keys(b.memory)) {
		switch record := strings.HasPrefix(key, recordsMemory); {
		case b.memory[key] == "": // it was looked for
		case kept[key] || b.rolls[key] || key == gallery.CatalogKey || key == gallery.IgnoreKey:
		case record && b.publishing != nil: // its original may have come back: see findPending
		case record:
			stale = append(stale, key)
		default:
			if err := b.out.Delete(ctx, key); err != nil {
				return err
			}
		}
	}
	return b.parallel(len(stale), func(i int) error { return b.deleteRecord(ctx, stale[i]) })
}

// deleteRecord deletes the record of an original that is gone. When that has come back since it was listed, somebody else may
// just have developed it: the error then wraps errChanged.
func (b *build) deleteRecord(ctx context.Context, key string) error {
	body, _, err := storage.Read(ctx, b.out, key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var record gallery.Record
	known := json.Unmarshal(body, &record) == nil && gallery.RecordKey(record.Original.Key) == key
	if known {
		renamed, err := b.forget(ctx, b.out, &record)
		if err != nil {
			return err
		}
		if renamed {
			b.renamed.Store(true)
		}
	}
	if err := b.out.Delete(ctx, key); err != nil || !known || b.scan.others[record.Original.Key] {
		return err
	}
	o, err := b.stat(ctx, record.Original.Key)
	if err == nil && o != nil {
		return changed(record.Original.Key)
	}
	return err
}
