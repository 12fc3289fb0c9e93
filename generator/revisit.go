package generator

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"shoebox/internal/gallery"
	"shoebox/internal/page"
	"shoebox/internal/search"
	"shoebox/internal/storage"
)

// surveyChanges reads what decides how to publish some albums, and those above them. Of all others it knows what the catalog says.
func (b *build) surveyChanges(ctx context.Context) error {
	b.existing, b.memory, b.kept, b.fresh = map[string]string{}, map[string]string{}, map[string]bool{}, map[string]bool{}
	if err := b.readCatalog(ctx); err != nil {
		return err
	}
	if b.catalog.Settings != b.settingsMark() {
		return errWhole
	}
	if err := b.recallLook(ctx); err != nil {
		return err
	}
	named := map[string][]string{} // by album
	var rules ignoreRules
	if b.catalog.Ignores { // otherwise there are none, or the catalog is about to change
		var err error
		if rules, err = storedRules(ctx, b.out); err != nil {
			return err
		}
	}
	ignores := newIgnorer(rules, b.config.Build.Ignore)
	for _, key := range slices.Sorted(slices.Values(b.changes.Keys)) {
		if !strings.HasPrefix(key, gallery.Data) || gallery.CheckKey(key) != nil || ignores.ignored(key) {
			continue
		}
		album := gallery.AlbumPath(key)
		named[album] = append(named[album], key)
	}
	b.albums = map[string]*album{"": nil}
	for p := range named {
		for ok := true; ok; p, ok = gallery.ParentPath(p) {
			b.albums[p] = nil
		}
	}
	paths := slices.Sorted(maps.Keys(b.albums))
	looked := make([]*album, len(paths))
	if err := b.parallel(len(paths), func(i int) (err error) {
		looked[i], err = b.revisit(ctx, paths[i], slices.Compact(named[paths[i]]))
		return err
	}); err != nil {
		return err
	}
	for i, p := range paths {
		b.albums[p] = looked[i]
	}
	for p, c := range b.catalog.Albums {
		if _, ok := b.albums[p]; !ok {
			head := gallery.Manifest{Album: gallery.Album{Path: p, Title: c.Title, Hidden: c.Hidden}, Newest: c.Newest, Collections: c.Collections}
			b.albums[p] = &album{folder: &folder{path: p}, outside: true, head: head, held: c.Items}
			b.memory[gallery.ManifestKey(p)] = c.Manifest
		}
	}
	for _, a := range looked {
		a.before, a.stored = b.albumInput(a), a.digest != ""
	}
	if !b.changes.Suspect {
		for path, o := range b.catalog.Site.Objects {
			b.existing[path] = o.ETag
		}
	}
	return b.arrange(ctx, paths)
}

// recallLook takes layouts, and what all pages share, as they were when the whole gallery was last published.
func (b *build) recallLook(ctx context.Context) error {
	body, _, err := storage.Read(ctx, b.out, gallery.LayoutsKey)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var stored search.Layouts
	if err != nil || digestOf(body) != b.catalog.Look || json.Unmarshal(body, &stored) != nil {
		return errWhole
	}
	if b.layouts, err = page.Parse(stored.Files); err != nil {
		return errWhole
	}
	b.site, b.look = &stored.Site, b.catalog.Look
	return nil
}

// revisit is an album as its manifest has it, but for the originals that are named: they are as their records say.
func (b *build) revisit(ctx context.Context, path string, named []string) (*album, error) {
	a := &album{folder: &folder{path: path}}
	m, err := b.readManifest(ctx, a)
	if err != nil {
		return nil, err
	}
	if _, known := b.catalog.Albums[path]; known && a.digest == "" {
		return nil, errWhole // it is damaged
	}
	if m.Settings != b.settings(path) && a.digest != "" {
		return nil, errWhole
	}
	a.index = m.Index
	items := map[string]source{}
	for _, r := range m.Records() {
		items[r.Original.Key] = source{Original: r.Original, sidecars: r.Sidecars, companions: r.Companions}
	}
	for _, key := range named {
		if gallery.Name(key) == albumText {
			if a.index, err = b.stat(ctx, key); err != nil {
				return nil, err
			}
			a.why = append(a.why, albumText+" changed")
			continue
		}
		r, _, err := readRecord(ctx, b.out, key)
		if err != nil {
			return nil, err
		}
		b.noteRecord(key, r)
		if r == nil {
			delete(items, key)
			if err := b.findUndeveloped(ctx, key); err != nil {
				return nil, err
			}
		} else {
			items[key] = source{Original: r.Original, sidecars: r.Sidecars, companions: r.Companions}
		}
		a.why = append(a.why, key+" changed")
	}
	a.items = slices.SortedFunc(maps.Values(items), func(x, y source) int { return cmp.Compare(x.Key, y.Key) })
	a.head = *m
	a.head.Items = nil
	return a, nil
}

// findUndeveloped looks whether an original without a record is there: it may have been left out when its event was seen, and is no more.
// What a sidecar or a companion is takes more to know.
func (b *build) findUndeveloped(ctx context.Context, key string) error {
	if isSidecar(key) || isJSON(key) || gallery.IsRaw(key) {
		return nil
	}
	o, err := b.stat(ctx, key)
	if err != nil || o == nil {
		return err
	}
	// The rules may be newer than the catalog.
	rules, err := storedRules(ctx, b.out)
	if err != nil || newIgnorer(rules, b.config.Build.Ignore).ignored(key) {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pending[key] = true
	return nil
}

func (b *build) noteRecord(key string, r *gallery.Record) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.records[key], b.fresh[key] = r, true
}

// stat describes an object of the owner's; nil when there is none.
func (b *build) stat(ctx context.Context, key string) (*gallery.Original, error) {
	o, err := b.out.Get(ctx, key, storage.Range{Length: 1})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	found := originalOf(o.Info)
	return &found, o.Body.Close()
}

// arrange puts the albums to publish into the gallery: it finds their children, and which of them are no more.
func (b *build) arrange(ctx context.Context, paths []string) error {
	for _, p := range slices.Sorted(maps.Keys(b.albums)) {
		parent, ok := gallery.ParentPath(p)
		if !ok {
			continue
		}
		above := b.albums[parent]
		if above == nil {
			return errWhole // the catalog is damaged
		}
		above.children = append(above.children, p)
	}
	slices.SortFunc(paths, func(x, y string) int { return cmp.Compare(depth(y), depth(x)) }) // the deepest first
	for _, p := range paths {
		a := b.albums[p]
		a.children = slices.DeleteFunc(a.children, func(child string) bool { return b.albums[child] == nil })
		if p != "" && len(a.items) == 0 && a.index == nil && len(a.children) == 0 {
			delete(b.albums, p)
			b.gone = append(b.gone, a)
			continue
		}
		shown := map[string]gallery.Card{}
		for _, c := range a.head.Albums {
			shown[c.Path] = c
		}
		for _, child := range a.children {
			c := b.albums[child]
			if !c.outside {
				continue // it is put together anew
			}
			if c.head.Album.Hidden {
				c.head.Card = gallery.Card{Path: child, Hidden: true} // it is not shown
				continue
			}
			var ok bool
			if c.head.Card, ok = shown[child]; !ok {
				m, err := b.readManifest(ctx, c)
				if err != nil {
					return err
				}
				c.head.Card = m.Card
			}
		}
	}
	return nil
}

// checkTitles wants albums that were put together anew to keep what the pages of those below show of them.
func (b *build) checkTitles() error {
	for p, a := range b.albums {
		was, known := b.catalog.Albums[p]
		if a.outside || !known || was.Title == a.head.Album.Title && was.Hidden == a.head.Album.Hidden {
			continue
		}
		if p == "" {
			return errWhole
		}
		for other, o := range b.albums {
			if o.outside && strings.HasPrefix(other, p+"/") {
				return errWhole
			}
		}
	}
	return nil
}
