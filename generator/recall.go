package generator

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// recallPages fills in what there is in public/ of an album that is to be published. What was remembered at the end of its last
// publication is believed, unless that did not end well.
func (b *build) recallPages(ctx context.Context, p *publication) error {
	b.mu.Lock()
	for path := range p.old.Objects {
		b.known[path] = true
	}
	b.mu.Unlock()
	if !b.some() {
		return nil // all of public/ was listed
	}
	a := p.album
	if b.changes.Suspect || p.old.Input != a.before && a.stored {
		p.listed = true
		return b.listAlbum(ctx, a.path)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for path, o := range p.old.Objects {
		b.existing[path] = o.ETag
	}
	return nil
}

// openGone opens the notes of albums that are no more.
func (b *build) openGone(ctx context.Context) error {
	var notes []string
	of := map[string]*album{}
	if b.some() {
		for _, a := range b.gone {
			note := gallery.PublishedKey(a.path)
			notes, of[note] = append(notes, note), a
		}
	} else {
		kept := map[string]bool{}
		for path := range b.albums {
			kept[gallery.PublishedKey(path)] = true
		}
		for _, key := range slices.Sorted(maps.Keys(b.memory)) {
			if !kept[key] && strings.HasPrefix(key, albumsMemory) && gallery.Name(key) == gallery.Name(gallery.PublishedKey("")) {
				notes = append(notes, key)
			}
		}
	}
	b.goneNotes = make([]*publication, len(notes))
	return b.parallel(len(notes), func(i int) error {
		p, err := b.open(ctx, notes[i], "")
		if err == nil {
			p.album = of[notes[i]]
		}
		b.goneNotes[i] = p
		return err
	})
}

// recallGone finds what public/ holds of albums that are no more.
func (b *build) recallGone(ctx context.Context) error {
	if b.publishing == nil {
		return nil
	}
	for _, p := range b.goneNotes {
		if err := b.recallPages(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// listAlbum lists what public/ holds of an album, without those below.
func (b *build) listAlbum(ctx context.Context, path string) error {
	prefix := gallery.Public + gallery.AlbumDir(path)
	for info, err := range storage.ListDir(ctx, b.out.Bucket, prefix) {
		if err != nil {
			return fmt.Errorf("list %s: %w", prefix, err)
		}
		b.mu.Lock()
		b.found(info)
		b.mu.Unlock()
	}
	for info, err := range b.out.List(ctx, prefix+"-/") {
		if err != nil {
			return fmt.Errorf("list %s: %w", prefix, err)
		}
		b.mu.Lock()
		b.found(info)
		b.mu.Unlock()
	}
	return nil
}

// cacheManifest keeps the manifest of an album that is published with some others: it is needed more than once.
func (b *build) cacheManifest(a *album, m gallery.Manifest) {
	if !b.some() {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, known := b.manifests[a.path]; !known {
		if b.cached+len(m.Items) > maxCachedItems {
			return
		}
		b.cached += len(m.Items)
	}
	b.manifests[a.path] = cachedManifest{m, a.digest}
}

func (b *build) cachedManifest(a *album) *gallery.Manifest {
	if !b.some() {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	c, ok := b.manifests[a.path]
	if !ok {
		return nil
	}
	a.digest = c.digest
	return &c.manifest
}
