package generator

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"shoebox/generator/theme"
	"shoebox/internal/gallery"
	"shoebox/internal/page"
	"shoebox/internal/storage"
)

// A build is one run of a generator over the whole gallery.
type build struct {
	*Generator
	out      *output
	scan     *scan
	existing map[string]string // what public/ held at the start: path → ETag
	theme    *theme.Theme
	site     *page.Site
	look     string // fingerprint of all that pages depend on beside their album

	albums map[string]*album // by path
	todo   []task

	mu     sync.Mutex        // guards what follows
	memory map[string]string // records, manifests and notes in state/ as this build found or left them: key → ETag
	failed []Failure
	kept   map[string]bool // paths below public/ that belong to the gallery
	fresh  map[string]bool // originals developed in this run
}

// An album is a folder in data/ beside what we remember of it. Items are not among it: they stay in the bucket.
type album struct {
	*folder
	digest string           // of the stored manifest; empty when there is none
	head   gallery.Manifest // the manifest without its items
	why    []string         // reasons to put it together anew
	failed []Failure
}

// A task is an original to develop, and why.
type task struct {
	source
	why string
}

func (b *build) run(ctx context.Context) (Report, error) {
	var report Report
	if err := b.survey(ctx); err != nil {
		return report, err
	}
	report.Originals = b.scan.items
	if err := b.claim(ctx); err != nil {
		return report, err
	}
	var err error
	report.Developed, err = b.developAll(ctx)
	if err == nil {
		err = b.assembleAll(ctx)
	}
	report.Failed = b.failures()
	if err == nil {
		err = b.setLook()
	}
	if err != nil {
		return report, err
	}
	report.Published, err = b.publishAll(ctx)
	if err != nil {
		return report, err
	}
	if err := b.publishSite(ctx); err != nil {
		return report, err
	}
	if err := b.index(ctx); err != nil {
		return report, err
	}
	if err := b.deleteStalePages(ctx); err != nil {
		return report, err
	}
	return report, b.deleteStaleState(ctx)
}

// survey reads all that decides what there is to do, and writes nothing.
func (b *build) survey(ctx context.Context) error {
	var err error
	if b.theme, err = b.loadTheme(ctx); err != nil {
		return err
	}
	b.setSite()
	b.kept, b.fresh = map[string]bool{}, map[string]bool{}
	// What is ours is listed before the originals, and only what was listed is ever replaced or deleted. So what another build
	// makes of originals that we have not seen is safe.
	work, listing := errgroup.WithContext(ctx)
	work.Go(func() error { return b.listPublic(listing) })
	work.Go(func() error { return b.listMemory(listing) })
	if err := work.Wait(); err != nil {
		return err
	}
	if b.scan, err = scanData(ctx, b.out, b.config.Build.Ignore); err != nil {
		return err
	}
	b.failed = b.scan.failed
	if err := b.inspectAll(ctx); err != nil {
		return err
	}
	return b.tryTheme()
}

func (b *build) listPublic(ctx context.Context) error {
	b.existing = map[string]string{}
	for info, err := range b.out.List(ctx, gallery.Public) {
		if err != nil {
			return fmt.Errorf("list %s: %s: %w", gallery.Public, info.Key, err)
		}
		b.existing[strings.TrimPrefix(info.Key, gallery.Public)] = info.ETag
	}
	return nil
}

func (b *build) listMemory(ctx context.Context) error {
	b.memory = map[string]string{}
	for _, prefix := range []string{albumsMemory, recordsMemory, gallery.SitePublishedKey} {
		for info, err := range b.out.List(ctx, prefix) {
			if err != nil {
				return fmt.Errorf("list %s: %s: %w", prefix, info.Key, err)
			}
			b.memory[info.Key] = info.ETag
		}
	}
	return nil
}

// recall reads a manifest or note; it is empty when there is none. When another build has changed it since this one started,
// the error wraps errChanged.
func (b *build) recall(ctx context.Context, key string) ([]byte, error) {
	body, info, err := storage.Read(ctx, b.out, key)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if info.ETag != b.memory[key] {
		return nil, changed(key)
	}
	return body, nil
}

// remember writes a manifest or note, unless another build has changed it since this one started.
func (b *build) remember(ctx context.Context, key string, body []byte) error {
	b.mu.Lock()
	held := b.memory[key]
	b.mu.Unlock()
	etag, err := putJSON(ctx, b.out, key, body, storage.PutOptions{IfMatch: held, IfNoneMatch: held == ""})
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.memory[key] = etag
	return nil
}

func changed(key string) error {
	return fmt.Errorf("%w: %s", errChanged, key)
}

// The prefixes under which state/ remembers albums and originals.
const (
	albumsMemory  = gallery.State + "albums/"
	recordsMemory = gallery.State + "records/"
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

// settings is the fingerprint of the configuration that goes into manifests.
func (b *build) settings() string {
	return strings.Join([]string{b.config.Title, b.config.Albums.Sort, b.config.Albums.Order}, "\n")
}

func (b *build) inspect(ctx context.Context, a *album) (todo []task, err error) {
	m, err := b.readManifest(ctx, a)
	if err != nil {
		return nil, err
	}
	known := map[string]*gallery.Record{}
	for i := range m.Items {
		known[m.Items[i].Original.Key] = &m.Items[i]
	}
	renewed := 0
	for _, s := range a.items {
		r := known[s.Key]
		delete(known, s.Key)
		if why := b.stale(r, s); why != "" {
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
	if m.Settings != b.settings() || m.Format != gallery.ManifestFormat {
		a.why = append(a.why, "the settings or the program changed")
	}
	m.Items = nil
	a.head = *m
	return todo, nil
}

// readManifest reads an album's manifest. A missing or damaged one is empty.
func (b *build) readManifest(ctx context.Context, a *album) (*gallery.Manifest, error) {
	body, err := b.recall(ctx, gallery.ManifestKey(a.path))
	if err != nil {
		return nil, err
	}
	var m gallery.Manifest
	if json.Unmarshal(body, &m) != nil || m.Album.Path != a.path {
		return &gallery.Manifest{}, nil
	}
	a.digest = digestOf(body)
	return &m, nil
}

// developAll develops what is new or changed, several at once.
func (b *build) developAll(ctx context.Context) (developed int, err error) {
	p := &progress{tell: b.tell, stage: "develop", verb: "developed", total: len(b.todo)}
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(b.jobs * 2) // while one decodes another waits for the disk
	for _, t := range b.todo {
		work.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			did, err := b.develop(ctx, t.source)
			if err != nil {
				return err
			}
			b.mu.Lock()
			b.fresh[t.Key] = true
			if did {
				developed++
			}
			b.mu.Unlock()
			p.step(t.Key)
			return nil
		})
	}
	err = work.Wait()
	return developed, err
}

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

// levels returns the albums by how deep they are, the deepest first; within a level they are sorted by path.
func (b *build) levels() [][]*album {
	var levels [][]*album
	for _, path := range slices.Sorted(maps.Keys(b.albums)) {
		depth := 0
		if path != "" {
			depth = 1 + strings.Count(path, "/")
		}
		for len(levels) <= depth {
			levels = append(levels, nil)
		}
		levels[depth] = append(levels[depth], b.albums[path])
	}
	slices.Reverse(levels)
	return levels
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
	m := gallery.Manifest{Settings: b.settings(), Index: a.index, Items: []gallery.Record{}}
	known := map[string]*gallery.Record{}
	for i := range old.Items {
		known[old.Items[i].Original.Key] = &old.Items[i]
	}
	a.failed = nil
	for _, s := range a.items {
		r := known[s.Key]
		if b.fresh[s.Key] || r == nil {
			if r, err = readRecord(ctx, b.out, s.Key); err != nil {
				return err
			}
			if r == nil {
				continue // it was deleted before it could be developed
			}
		}
		if r.Problem != "" {
			a.failed = append(a.failed, Failure{s.Key, r.Problem})
		}
		m.Items = append(m.Items, *r)
	}
	if err := b.describe(ctx, a, &m); err != nil {
		return err
	}
	lookup := func(key string) (*gallery.Record, error) {
		for i := range m.Items {
			if m.Items[i].Original.Key == key {
				return &m.Items[i], nil
			}
		}
		if owner, ok := b.albums[gallery.AlbumPath(key)]; !ok || !slices.ContainsFunc(owner.items, func(s source) bool { return s.Key == key }) {
			return nil, nil
		}
		return readRecord(ctx, b.out, key)
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
	m.Items = nil
	a.head = m
	return nil
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

func (b *build) failures() []Failure {
	failed := slices.Clone(b.failed)
	for _, a := range b.albums {
		failed = append(failed, a.failed...)
	}
	return failed
}

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
		if info.ETag != b.memory[info.Key] {
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

// newest sorts albums by when their latest original was modified, the latest first.
func (b *build) newest() []*album {
	var albums []*album
	for _, a := range b.albums {
		if !b.unlisted(a.path) && !a.head.Newest.IsZero() {
			albums = append(albums, a)
		}
	}
	slices.SortFunc(albums, func(x, y *album) int {
		return cmp.Or(y.head.Newest.Compare(x.head.Newest), cmp.Compare(x.path, y.path))
	})
	return albums
}

// unlisted reports whether an album is private, or hidden by itself or with one above.
func (b *build) unlisted(path string) bool {
	if gallery.Private(path) {
		return true
	}
	for {
		if b.albums[path].head.Album.Hidden {
			return true
		}
		above, ok := gallery.ParentPath(path)
		if !ok {
			return false
		}
		path = above
	}
}

// fingerprint is a digest of some texts, in which none can pass for two.
func fingerprint(texts ...string) string {
	sum := sha256.New()
	for _, t := range texts {
		fmt.Fprintf(sum, "%d:%s", len(t), t)
	}
	return fmt.Sprintf("%x", sum.Sum(nil)[:16])
}
