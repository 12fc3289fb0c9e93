package generator

import (
	"context"
	"maps"
	"slices"
	"strings"

	"shoebox/internal/gallery"
)

// deleteStalePages deletes what is in public/ and belongs to nothing any more: pages of deleted or renamed originals, their
// renditions, assets of before, and whatever else is not ours to show. Hidden files (".well-known/…") are left alone.
func (b *build) deleteStalePages(ctx context.Context) error {
	for _, path := range slices.Sorted(maps.Keys(b.existing)) {
		if b.kept[path] || hidden(path) {
			continue
		}
		if err := b.out.Delete(ctx, gallery.Public+path); err != nil {
			return err
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
	for _, key := range slices.Sorted(maps.Keys(b.memory)) {
		if kept[key] || key == gallery.SitePublishedKey {
			continue
		}
		if err := b.out.Delete(ctx, key); err != nil {
			return err
		}
	}
	return nil
}
