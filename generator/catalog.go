package generator

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"shoebox/internal/config"
	"shoebox/internal/gallery"
)

// A catalog is what is remembered of the gallery as a whole, so that one album can be published without reading all the others.
// It is read first and written last of all, by compare-and-swap: of two publishers at once, one finds it changed and starts again.
type catalog struct {
	Site     published              `json:"site"`              // what the gallery has once, as it was last published
	Settings string                 `json:"settings"`          // fingerprint of the configuration that everything was published with
	Look     string                 `json:"look"`              // fingerprint of the layouts that everything was published with
	Ignores  bool                   `json:"ignores,omitempty"` // there were rules of what to leave out
	Albums   map[string]catalogCard `json:"albums"`            // by path

	body []byte // as it is stored
}

// A catalogCard is what other albums, feed and sitemap need to know of an album.
type catalogCard struct {
	Title    string    `json:"title"`
	Hidden   bool      `json:"hidden,omitempty"`
	Newest   time.Time `json:"newest,omitzero"`
	Manifest string    `json:"manifest"` // ETag
	Items    int       `json:"items"`    // directly in it
	// Collections are the kinds of collection that these are in.
	Collections []string `json:"collections,omitempty"`
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
		c.Ignores = !b.scan.ignore.empty()
	} else {
		c.Ignores = b.catalog.Ignores
	}
	for path, a := range b.albums {
		c.Albums[path] = catalogCard{
			a.head.Album.Title, a.head.Album.Hidden, a.head.Newest, b.memory[gallery.ManifestKey(path)], a.count(), a.head.Collections,
		}
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
