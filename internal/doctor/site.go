package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"shoebox/internal/gallery"
	"shoebox/internal/search"
)

// A catalog is what is remembered of the gallery as a whole, as the generator wrote it down.
type catalog struct {
	Site   note   `json:"site"`
	Look   string `json:"look"` // digest of the layouts
	Albums map[string]struct {
		Manifest string `json:"manifest"` // ETag
	} `json:"albums"`
}

// site looks at what a gallery has once: the catalog, the layouts of the search page, the assets of the theme.
func (c *check) site(ctx context.Context) error {
	var once catalog
	for _, key := range []string{gallery.CatalogKey, gallery.LayoutsKey} {
		if _, ok := c.state[key]; !ok {
			c.broken(key, "", "what is remembered of the gallery as a whole is missing")
			c.unknown = append(c.unknown, "")
		}
	}
	err := c.readAll(ctx, c.stored(slices.Values([]string{gallery.CatalogKey})), func(key string, body []byte) {
		if err := json.Unmarshal(body, &once); err != nil {
			once, c.unknown = catalog{}, append(c.unknown, "")
			c.broken(key, "", "what is remembered of the gallery can't be read: "+err.Error(), key)
			return
		}
		for path := range c.albums {
			if _, ok := once.Albums[path]; ok {
				continue
			}
			if _, ok := c.manifest[path]; ok {
				c.broken(key, "", fmt.Sprintf("it does not know of the album %q", path), key)
			}
		}
	})
	if err != nil {
		return err
	}
	if err := c.published(ctx, once.Site); err != nil {
		return err
	}
	var layouts search.Layouts
	err = c.readAll(ctx, c.stored(slices.Values([]string{gallery.LayoutsKey})), func(key string, body []byte) {
		switch err := json.Unmarshal(body, &layouts); {
		case err != nil:
			c.broken(key, "", "the layouts of the search page can't be read: "+err.Error(), key)
			c.unknown = append(c.unknown, "")
		case once.Look != "" && digestOf(body) != once.Look:
			c.broken(key, "", "the layouts of the search page are not those that all other pages were made with", key)
		}
	})
	if err != nil {
		return err
	}
	return c.assets(ctx, layouts.Site.Assets)
}

// assets wants the theme's assets to be there, with the bytes that their names say.
func (c *check) assets(ctx context.Context, assets map[string]string) error {
	names := map[string]string{}
	var there []string
	for name, path := range assets {
		c.kept[path] = true
		if _, ok := c.public[path]; !ok {
			c.broken(gallery.Public+path, "", "the theme's "+name+" is missing")
			continue
		}
		names[gallery.Public+path] = name
		there = append(there, gallery.Public+path)
	}
	slices.Sort(there)
	return c.readAll(ctx, there, func(key string, body []byte) {
		if gallery.Public+gallery.AssetPath(names[key], sha256Hex(body)) != key {
			c.broken(key, "", "the theme's "+names[key]+" is damaged: its bytes are not those that its name says", key)
		}
	})
}

// strays finds what is ours and belongs to nothing. Where it is not known what belongs to the gallery, the generator sees to it.
func (c *check) strays(context.Context) error {
	for _, path := range slices.Sorted(maps.Keys(c.public)) {
		if c.kept[path] || strings.HasPrefix(path, ".") { // hidden files are the owner's, such as .well-known/
			continue
		}
		if slices.ContainsFunc(c.unknown, func(dir string) bool { return strings.HasPrefix(path, dir) }) {
			continue
		}
		if info := c.public[path]; c.left(info) {
			c.broken(info.Key, "", "it belongs to nothing in the gallery", info.Key)
		}
	}
	wanted := map[string]bool{}
	for path := range c.albums {
		wanted[gallery.ManifestKey(path)], wanted[gallery.PublishedKey(path)] = true, true
	}
	for key := range c.originals {
		wanted[gallery.RecordKey(key)] = true
	}
	for _, key := range slices.Sorted(maps.Keys(c.state)) {
		remembered := strings.HasPrefix(key, recordsPrefix) || strings.HasPrefix(key, albumsPrefix)
		if !remembered || wanted[key] || !c.left(c.state[key]) {
			continue // of other things, such as labels that were paid for, another part of the program knows
		}
		var remove []string
		if !strings.HasPrefix(key, recordsPrefix) { // with a record go the faces of its photo: the generator sees to both
			remove = append(remove, key)
		}
		c.broken(key, "", "there is nothing in data/ that it is about", remove...)
	}
	return nil
}

// The prefixes under which originals and albums are remembered.
const (
	recordsPrefix = gallery.State + "records/"
	albumsPrefix  = gallery.State + "albums/"
)

// index looks at the search index.
func (c *check) index(ctx context.Context) error {
	if _, ok := c.state[search.PointerKey]; !ok && !c.Search {
		return nil
	}
	manifests := map[string]string{}
	for path := range c.manifest {
		manifests[path] = c.state[gallery.ManifestKey(path)].ETag
	}
	problems, err := search.Check(ctx, c.Bucket, manifests)
	if err != nil {
		return fmt.Errorf("check the search index: %w", err)
	}
	for _, p := range problems {
		remove := []string{p.Key}
		if !p.Stray { // without the pointer it is built anew
			remove = append(remove, search.PointerKey)
		}
		c.broken(p.Key, "", p.What, remove...)
	}
	return nil
}

// leaseSlack is how long after its end a lease is not yet taken for left: clocks differ.
const leaseSlack = 5 * time.Minute

// lease finds a lease whose holder ended without giving it back.
func (c *check) lease(ctx context.Context) error {
	return c.readAll(ctx, c.stored(slices.Values([]string{gallery.LeaseKey})), func(key string, body []byte) {
		var l struct {
			Owner string    `json:"owner"`
			Until time.Time `json:"until"`
		}
		switch err := json.Unmarshal(body, &l); {
		case err != nil:
			c.broken(key, "", "the lease of the publisher can't be read: "+err.Error(), key)
		case l.Owner != "" && c.now.Sub(l.Until) > leaseSlack:
			c.broken(key, "", fmt.Sprintf("a publisher ended halfway: it held the lease until %s", l.Until.UTC().Format(time.RFC3339)), key)
		}
	})
}
