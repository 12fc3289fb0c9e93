package generator

import (
	"context"
	"fmt"
	"io/fs"

	"shoebox/internal/gallery"
	"shoebox/internal/search"
)

// index brings the search index up to date, or removes it.
func (b *build) index(ctx context.Context) error {
	if !b.config.Searchable() {
		for key, err := range keys(ctx, b.out, gallery.State+"index/") {
			if err != nil {
				return err
			}
			if err := b.out.Delete(ctx, key); err != nil {
				return err
			}
		}
		return nil
	}
	// Reading the whole index to see that it is not damaged costs milliseconds on a disk, and a download elsewhere.
	_, local := b.bucket.(interface{ LocalPath(key string) string })
	_, err := search.Publish(ctx, b.out, b, search.PublishOptions{TempDir: b.tempDir, Verify: local})
	return err
}

// Albums and Manifest make a build the source of the search index.

// Albums returns the ETag of each album's manifest by its path. When they are no longer those that this build found or left,
// the error wraps errChanged.
func (b *build) Albums(ctx context.Context) (map[string]string, error) {
	paths := map[string]string{}
	for p := range b.albums {
		paths[gallery.ManifestKey(p)] = p
	}
	etags := map[string]string{}
	for info, err := range b.out.List(ctx, albumsMemory) {
		if err != nil {
			return nil, fmt.Errorf("list manifests: %s: %w", info.Key, err)
		}
		p, ok := paths[info.Key]
		if held, known := b.memory[info.Key]; info.ETag != held && (known || !b.some()) {
			return nil, changed(info.Key)
		}
		if ok {
			etags[p] = info.ETag
		}
	}
	if len(etags) != len(b.albums) {
		return nil, changed(albumsMemory)
	}
	return etags, nil
}

// Manifest returns an album's manifest as this build put it together, or found it. When another build has changed it since,
// the error wraps errChanged.
func (b *build) Manifest(ctx context.Context, path string) (*gallery.Manifest, error) {
	a, ok := b.albums[path]
	if !ok {
		return nil, fmt.Errorf("album %q: %w", path, fs.ErrNotExist)
	}
	copied := *a
	return b.readManifest(ctx, &copied)
}
