package generator

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
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
