package generator

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"shoebox/internal/gallery"
)

// inspectAll compares each album with its manifest.
func (b *build) inspectAll(ctx context.Context) error {
	b.albums = map[string]*album{}
	paths := slices.Sorted(maps.Keys(b.scan.albums))
	for _, p := range paths {
		b.albums[p] = &album{folder: b.scan.albums[p]}
	}
	todo := make([][]task, len(paths))
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(b.jobs * 2)
	for i, p := range paths {
		work.Go(func() (err error) {
			todo[i], err = b.inspect(ctx, b.albums[p])
			return err
		})
	}
	err := work.Wait()
	b.todo = slices.Concat(todo...)
	return err
}

// settings is the fingerprint of the configuration that goes into an album's manifest; the gallery's title is in the root's alone.
func (b *build) settings(album string) string {
	title := ""
	if album == "" {
		title = b.config.Title
	}
	return strings.Join([]string{title, b.config.Albums.Sort, b.config.Albums.Order}, "\n")
}

func (b *build) inspect(ctx context.Context, a *album) (todo []task, err error) {
	m, err := b.readManifest(ctx, a)
	if err != nil {
		return nil, err
	}
	known := map[string]*gallery.Record{}
	for _, r := range m.Records() {
		known[r.Original.Key] = r
	}
	renewed := 0
	for _, s := range a.items {
		r := known[s.Key]
		delete(known, s.Key)
		why := b.stale(r, s)
		if why == "" && b.memory[gallery.RecordKey(s.Key)] == "" {
			why = whyLost
		}
		if why == "" && b.labels.due(r) {
			why = whyLabels
		}
		if why == "" && b.lost(r) {
			why = whyPlace
		}
		if why != "" {
			todo = append(todo, task{s, why})
			renewed++
		} else if r.Problem != "" {
			a.failed = append(a.failed, Failure{s.Key, r.Problem})
		}
	}
	if renewed > 0 {
		a.why = append(a.why, fmt.Sprintf("%d of its items new or changed", renewed))
	}
	if len(known) > 0 {
		a.why = append(a.why, fmt.Sprintf("%d of its items gone", len(known)))
	}
	if (a.index == nil) != (m.Index == nil) || a.index != nil && !same(*a.index, *m.Index) || a.index == nil && m.Problem != "" {
		a.why = append(a.why, albumText+" changed")
	} else if m.Problem != "" {
		a.failed = append(a.failed, Failure{a.index.Key, m.Problem})
	}
	if m.Settings != b.settings(a.path) {
		a.why = append(a.why, "the settings or the program changed")
	}
	m.Items = nil
	a.head = *m
	return todo, nil
}

// readManifest reads an album's manifest. One that is missing, damaged or of another format is empty.
func (b *build) readManifest(ctx context.Context, a *album) (*gallery.Manifest, error) {
	if m := b.cachedManifest(a); m != nil {
		return m, nil
	}
	body, err := b.recall(ctx, gallery.ManifestKey(a.path))
	if err != nil {
		return nil, err
	}
	var m gallery.Manifest
	if json.Unmarshal(body, &m) != nil || m.Album.Path != a.path || m.Format != gallery.ManifestFormat {
		return &gallery.Manifest{}, nil
	}
	a.digest = digestOf(body)
	b.cacheManifest(a, m)
	return &m, nil
}
