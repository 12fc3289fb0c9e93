package generator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"shoebox/internal/gallery"
)

// assembleAll puts together the manifests of albums that changed, those below before those above.
func (b *build) assembleAll(ctx context.Context) error {
	for _, level := range b.levels() {
		work, ctx := errgroup.WithContext(ctx)
		work.SetLimit(b.jobs)
		for _, a := range level {
			work.Go(func() error { return b.assembleAlbum(ctx, a) })
		}
		if err := work.Wait(); err != nil {
			return err
		}
	}
	return nil
}

// levels returns the albums that are to be published by how deep they are, the deepest first; within a level they are sorted by path.
func (b *build) levels() [][]*album {
	var levels [][]*album
	for _, path := range slices.Sorted(maps.Keys(b.albums)) {
		if b.albums[path].outside {
			continue
		}
		d := depth(path)
		for len(levels) <= d {
			levels = append(levels, nil)
		}
		levels[d] = append(levels[d], b.albums[path])
	}
	slices.Reverse(levels)
	return levels
}

// depth is how many albums an album lies in.
func depth(album string) int {
	if album == "" {
		return 0
	}
	return 1 + strings.Count(album, "/")
}

func (b *build) assembleAlbum(ctx context.Context, a *album) error {
	var cards []gallery.Card
	for _, child := range a.children {
		cards = append(cards, b.albums[child].head.Card)
	}
	// The covers that a cover further below is taken from are not watched, so such an album is always looked at.
	if len(a.why) == 0 && sameCards(shownCards(a.path, cards), a.head.Albums) && !strings.Contains(a.head.Album.Cover, "/") {
		return nil
	}
	old, err := b.readManifest(ctx, a)
	if err != nil {
		return err
	}
	m := gallery.Manifest{Settings: b.settings(a.path), Index: a.index, Items: []gallery.Record{}}
	known := map[string]*gallery.Record{}
	for _, r := range old.Records() {
		known[r.Original.Key] = r
	}
	a.failed = nil
	for _, s := range a.items {
		r := known[s.Key]
		if b.fresh[s.Key] || r == nil {
			if r, err = b.record(ctx, s.Key); err != nil {
				return err
			}
			if r == nil {
				continue // it was deleted before it could be developed
			}
		}
		if r.Problem != "" {
			a.failed = append(a.failed, Failure{s.Key, r.Problem})
		}
		record := *r
		record.Live = nil // that is found out anew
		m.Items = append(m.Items, record)
	}
	m.Items = joinLive(m.Items)
	if b.some() && (a.index == nil) == (old.Index == nil) && (a.index == nil || same(*a.index, *old.Index)) && a.digest != "" {
		m.Album, m.Problem = old.Album, old.Problem
	} else if err := b.describe(ctx, a, &m); err != nil {
		return err
	}
	lookup := func(key string) (*gallery.Record, error) {
		for _, r := range m.Records() {
			if r.Original.Key == key {
				return r, nil
			}
		}
		owner, ok := b.albums[gallery.AlbumPath(key)]
		if !ok || !owner.outside && !slices.ContainsFunc(owner.items, func(s source) bool { return s.Key == key }) {
			return nil, nil
		}
		return b.record(ctx, key)
	}
	if err := b.assemble(&m, cards, lookup); err != nil {
		return err
	}
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode the manifest of %q: %w", a.path, err)
	}
	if digest := digestOf(body); digest != a.digest {
		if err := b.remember(ctx, gallery.ManifestKey(a.path), body); err != nil {
			return err
		}
		a.digest = digest
	}
	b.cacheManifest(a, m)
	m.Items = nil
	a.head = m
	return nil
}

// record returns the stored record of an original, or nil.
func (b *build) record(ctx context.Context, key string) (*gallery.Record, error) {
	if b.publishing != nil {
		if r, known := b.records[key]; known {
			return r, nil
		}
	}
	r, _, err := readRecord(ctx, b.out, key)
	return r, err
}

// describe reads an album's index.md into its manifest; without one, or one that says little, the folder's name is the title.
func (b *build) describe(ctx context.Context, a *album, m *gallery.Manifest) error {
	if a.index != nil {
		text, err := readText(ctx, b.out, a.index.Key)
		if why := whyUnreadable(err); why != "" {
			m.Index, m.Problem = nil, why // without an Index the next build tries again
		} else if errors.Is(err, fs.ErrNotExist) {
			m.Index = nil
		} else if err != nil {
			return err
		} else if m.Album, err = parseAlbum(text); err != nil {
			m.Problem = reason(err)
		}
		if m.Problem != "" {
			a.failed = append(a.failed, Failure{a.index.Key, m.Problem})
		}
	}
	m.Album.Path = a.path
	if m.Album.Title == "" {
		m.Album.Title = gallery.Name(a.path)
		if a.path == "" {
			m.Album.Title = b.config.Title
		}
	}
	return nil
}

func sameCards(a, b []gallery.Card) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return len(a) == len(b) && errX == nil && errY == nil && string(x) == string(y)
}
