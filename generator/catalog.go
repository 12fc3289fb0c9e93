package generator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"shoebox/internal/config"
	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// A catalog is what is remembered of the gallery as a whole, so that one album can be published without reading all the others.
// It is read first and written last of all, by compare-and-swap: of two publishers at once, one finds it changed and starts again.
type catalog struct {
	Site     published              `json:"site"`     // what the gallery has once, as it was last published
	Settings string                 `json:"settings"` // fingerprint of the configuration that everything was published with
	Look     string                 `json:"look"`     // fingerprint of the layouts that everything was published with
	Ignore   ignoreRules            `json:"ignore"`
	Albums   map[string]catalogCard `json:"albums"` // by path

	body []byte // as it is stored
}

// A catalogCard is what other albums, feed and sitemap need to know of an album.
type catalogCard struct {
	Title    string    `json:"title"`
	Hidden   bool      `json:"hidden,omitempty"`
	Newest   time.Time `json:"newest,omitzero"`
	Manifest string    `json:"manifest"` // ETag
}

// readCatalog reads the catalog, once. One that is missing or damaged is empty.
func (b *build) readCatalog(ctx context.Context) error {
	if b.catalog != nil {
		return nil
	}
	body, err := b.recall(ctx, gallery.CatalogKey)
	if err != nil {
		return err
	}
	b.catalog = parseCatalog(body)
	return nil
}

func parseCatalog(body []byte) *catalog {
	c := &catalog{}
	if json.Unmarshal(body, c) != nil {
		c = &catalog{}
	}
	c.body = body
	return c
}

// writeCatalog writes the catalog, unless it is the same as before. Until then nothing that this build did is settled.
func (b *build) writeCatalog(ctx context.Context, site published) error {
	c := catalog{Site: site, Settings: b.settingsMark(), Look: b.look, Albums: map[string]catalogCard{}}
	if b.scan != nil {
		c.Ignore = b.scan.ignore
	} else {
		c.Ignore = b.catalog.Ignore
	}
	for path, a := range b.albums {
		c.Albums[path] = catalogCard{a.head.Album.Title, a.head.Album.Hidden, a.head.Newest, b.memory[gallery.ManifestKey(path)]}
	}
	body, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encode %s: %w", gallery.CatalogKey, err)
	}
	if bytes.Equal(body, b.catalog.body) {
		return nil
	}
	return b.remember(ctx, gallery.CatalogKey, body)
}

// settingsMark is the fingerprint of the settings that pages and manifests depend on.
func (g *Generator) settingsMark() string {
	c := g.config
	// Where things are, and what a build may use, changes nothing that is seen.
	c.Bucket, c.Originals.Bucket, c.Build = "", "", config.Build{Ignore: c.Build.Ignore}
	text, err := json.Marshal(c)
	if err != nil {
		panic(err) // plain values alone
	}
	return fingerprint(string(text), pagesVersion, fmt.Sprint(gallery.ManifestFormat))
}

// ignorer decides what is left out of data/ by what the last look at the whole of it found. The answer may be some time old.
func (g *Generator) ignorer(ctx context.Context, age time.Duration) (*ignorer, error) {
	g.rulesLock.Lock()
	defer g.rulesLock.Unlock()
	if time.Since(g.rulesRead) >= age {
		body, _, err := storage.Read(ctx, g.bucket, gallery.CatalogKey)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		g.rules, g.rulesRead = parseCatalog(body).Ignore, time.Now()
	}
	return newIgnorer(g.rules, g.config.Build.Ignore), nil
}
