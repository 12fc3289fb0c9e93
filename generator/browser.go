package generator

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"shoebox/internal/gallery"
	"shoebox/internal/search/browser"
	"shoebox/internal/storage"
)

// readAhead is how many manifests are read at once for the shards of the search in the browser; bounds memory.
const readAhead = 16

// publishEngine writes the module that answers searches in the browser, before pages name it.
func (b *build) publishEngine(ctx context.Context) error {
	if b.site.Engine == "" {
		return nil
	}
	b.kept[b.site.Engine] = true
	at, body := browser.Engine()
	if _, there := b.existing[at]; there || at != b.site.Engine || b.theme == nil {
		return nil // its name says what it holds; and only the whole gallery is published with another
	}
	_, err := b.out.Put(ctx, gallery.Public+at, body, storage.PutOptions{ContentType: "text/javascript; charset=utf-8", CacheControl: immutable})
	return err
}

// shardsInput is the fingerprint of what the shards are made from, beside the layouts; empty when there are none. It tells of nothing
// that is not listed.
func (b *build) shardsInput(listed []string) string {
	if !b.site.Browser {
		return ""
	}
	var texts []string
	for _, path := range listed {
		texts = append(texts, path, b.memory[gallery.ManifestKey(path)])
	}
	return fingerprint(texts...)
}

// shards writes what the search in the browser reads, when it may be otherwise than before, and then the file that names it.
func (p *publication) shards(ctx context.Context, listed []string) error {
	if !p.site.Browser {
		return nil
	}
	put := func(path string, body []byte) error {
		return p.put(ctx, path, body, storage.PutOptions{ContentType: "application/gzip", CacheControl: immutable})
	}
	index, err := browser.Write(ctx, p.listedAlbums(ctx, listed), put)
	if err != nil {
		return fmt.Errorf("shards of the search: %w", err)
	}
	at, name, body, err := browser.PageFile(p.layouts, p.site)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrTheme, err)
	}
	if err := put(at, body); err != nil {
		return err
	}
	index.Page = name
	pointer, err := json.Marshal(index)
	if err != nil {
		return err
	}
	return p.put(ctx, browser.Pointer, pointer, storage.PutOptions{ContentType: "application/json", CacheControl: revalidate})
}

// listedAlbums reads the albums that everybody may find, in the order given.
func (b *build) listedAlbums(ctx context.Context, listed []string) iter.Seq2[browser.Album, error] {
	return func(yield func(browser.Album, error) bool) {
		for start := 0; start < len(listed); start += readAhead {
			paths := listed[start:min(start+readAhead, len(listed))]
			manifests := make([]*gallery.Manifest, len(paths))
			err := b.parallel(len(paths), func(i int) (err error) {
				manifests[i], err = b.Manifest(ctx, paths[i])
				return err
			})
			if err != nil {
				yield(browser.Album{}, err)
				return
			}
			for i, m := range manifests {
				if !yield(browser.Album{Path: paths[i], Title: m.Album.Title, Items: m.Items}, nil) {
					return
				}
			}
		}
	}
}
