package generator

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"shoebox/generator/theme"
	"shoebox/internal/gallery"
	"shoebox/internal/page"
	"shoebox/internal/storage"
)

// A build is one run of a generator, over the whole gallery or (see [Generator.Publish]) some albums of it.
type build struct {
	*Generator
	out      *output
	scan     *scan
	existing map[string]string // what public/ held at the start: path → ETag; of some albums only, as it is remembered of them
	theme    *theme.Theme      // nil when only some albums are published
	layouts  *page.Layouts
	site     *page.Site
	bundle   []byte // the layouts and what all pages share, as stored for the search page
	look     string // fingerprint of bundle: all that pages depend on beside their album

	albums  map[string]*album // by path
	todo    []task
	labels  *labelling
	renamed atomic.Bool // people on other photos are called otherwise by what this build found
	catalog *catalog    // as it was at the start

	starting bool // the gallery begins empty, whatever is in data/
	*publishing
	*collecting

	mu     sync.Mutex        // guards what follows
	memory map[string]string // records, manifests and notes in state/ as this build found or left them: key → ETag
	failed []Failure
	kept   map[string]bool // paths below public/ that belong to the gallery
	fresh  map[string]bool // originals whose stored record is newer than their album's manifest
}

// An album is a folder in data/ beside what we remember of it. Items are not among it: they stay in the bucket.
type album struct {
	*folder
	digest  string           // of the stored manifest; empty when there is none
	head    gallery.Manifest // the manifest without its items
	why     []string         // reasons to put it together anew
	failed  []Failure
	held    int    // how many items it has, when it is outside
	outside bool   // only its place in the gallery is known, from the catalog: it is not to be published
	stored  bool   // there was a manifest at the start of a publication of some albums
	before  string // fingerprint of what its pages were to be made from then
}

// count is how many items are directly in the album.
func (a *album) count() int {
	if a.outside {
		return a.held
	}
	return a.head.Card.Photos + a.head.Card.Videos + a.head.Card.Others
}

// A task is an original to develop, and why.
type task struct {
	source
	why string
}

func (b *build) run(ctx context.Context, survey func(context.Context) error) (Report, error) {
	var report Report
	if err := survey(ctx); err != nil {
		return report, err
	}
	if b.scan != nil {
		report.Originals = b.scan.items
		if err := b.claim(ctx); err != nil {
			return report, err
		}
		if !b.starting {
			if err := b.settleRules(ctx); err != nil {
				return report, err
			}
		}
	}
	var err error
	if b.publishing == nil {
		report.Developed, err = b.developAll(ctx)
	} else {
		err = b.findPending(ctx)
		report.Pending = slices.Sorted(maps.Keys(b.pending))
	}
	if err == nil {
		err = b.assembleAll(ctx)
	}
	if err == nil && b.some() {
		err = b.checkTitles()
	}
	report.Failed = b.failures()
	if err == nil {
		err = b.setLook()
	}
	if err != nil {
		return report, err
	}
	if err := b.openCollections(ctx); err != nil {
		return report, err
	}
	report.Published, err = b.publishAll(ctx)
	if err != nil {
		return report, err
	}
	site, err := b.publishSite(ctx)
	if err != nil {
		return report, err
	}
	if err := b.index(ctx); err != nil {
		return report, err
	}
	if err := b.deleteStalePages(ctx); err != nil {
		return report, err
	}
	if err := b.deleteStaleState(ctx); err != nil {
		return report, err
	}
	if !b.some() && !b.starting {
		if err := b.labels.sweep(ctx, b.out); err != nil {
			return report, err
		}
	}
	if b.publishing != nil {
		if err := b.checkDeleted(ctx); err != nil {
			return report, err
		}
		report.Pending = slices.Sorted(maps.Keys(b.pending))
	}
	return report, b.writeCatalog(ctx, site)
}

// survey reads all that decides what there is to do, and writes nothing.
func (b *build) survey(ctx context.Context) error {
	var err error
	if b.theme, err = b.loadTheme(ctx); err != nil {
		return err
	}
	b.layouts = b.theme.Layouts()
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
	if b.starting {
		b.scan = &scan{albums: map[string]*folder{"": {}}}
	} else if b.scan, err = scanData(ctx, b.out, b.config.Build.Ignore); err != nil {
		return err
	}
	b.failed = b.scan.failed
	if b.labels, err = b.labelling(ctx, b.out); err != nil {
		return err
	}
	b.failed = append(b.failed, b.labels.failures()...)
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
		b.found(info)
	}
	return nil
}

// found notes what is in public/.
func (b *build) found(info storage.Info) {
	path := strings.TrimPrefix(info.Key, gallery.Public)
	b.existing[path] = info.ETag
	if b.publishing != nil && time.Since(info.Modified) < b.grace {
		b.young[path] = true
	}
}

func (b *build) listMemory(ctx context.Context) error {
	b.memory = map[string]string{}
	for _, prefix := range []string{albumsMemory, recordsMemory, gallery.CollectionsPrefix, gallery.CollectionsKey, gallery.CatalogKey, gallery.IgnoreKey} {
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
	held, known := b.memory[key]
	if !known && b.some() { // nothing was listed: this is the start
		b.memory[key] = info.ETag
		return body, nil
	}
	if info.ETag != held {
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

func (b *build) failures() []Failure {
	failed := slices.Clone(b.failed)
	for _, a := range b.albums {
		failed = append(failed, a.failed...)
	}
	return failed
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
