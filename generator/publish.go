package generator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"shoebox/internal/gallery"
	"shoebox/internal/page"
	"shoebox/internal/storage"
)

// pagesVersion is raised whenever this package makes other pages of the same manifest.
const pagesVersion = "3"

// published is what was last published of an album, or of the site: the note that lets a build skip what has not changed.
type published struct {
	Input   string            `json:"input"`   // fingerprint of all that the objects were made from
	Objects map[string]object `json:"objects"` // by path below public/
	// Collected says what an album has in collections.
	Collected digests `json:"collected,omitempty"`
}

// An object is one published object: what it should hold, and how the bucket described it once written. An original for
// download has no digest of its bytes, but how it was published and the ETag of which original. Renditions have neither, for
// their names say what they hold.
type object struct {
	Digest string `json:"digest,omitempty"`
	ETag   string `json:"etag,omitempty"`
}

// A publication writes a set of objects so that only what differs is written, and then the note of it.
type publication struct {
	*build
	album  *album // nil for the site
	listed bool   // what public/ holds of the album was listed
	note   string // key
	old    published
	lock   sync.Mutex // guards new.Objects
	new    published

	closed      bool
	contributed contribution // what the album has in collections otherwise than before
}

// open starts a publication of what is made from some input. A missing or damaged note says that nothing was published.
func (b *build) open(ctx context.Context, note, input string) (*publication, error) {
	body, err := b.recall(ctx, note)
	if err != nil {
		return nil, err
	}
	var old published
	if json.Unmarshal(body, &old) != nil {
		old = published{}
	}
	return &publication{build: b, note: note, old: old, new: published{Input: input, Objects: map[string]object{}}}, nil
}

// openAlbum starts the publication of an album.
func (b *build) openAlbum(ctx context.Context, a *album) (*publication, error) {
	p, err := b.open(ctx, gallery.PublishedKey(a.path), b.albumInput(a))
	if err != nil {
		return nil, err
	}
	p.album = a
	if b.publishing != nil {
		return p, b.recallPages(ctx, p)
	}
	return p, nil
}

// upToDate reports whether all was published before from the same input and is still there as it was written; it then only
// has to be kept.
func (p *publication) upToDate() bool {
	if p.old.Input != p.new.Input || len(p.old.Objects) == 0 {
		return false
	}
	for path, o := range p.old.Objects {
		if etag, ok := p.existing[path]; !ok || o.ETag != "" && o.ETag != etag {
			return false
		}
	}
	p.keep(p.old)
	return true
}

func (p *publication) keep(n published) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for path := range n.Objects {
		p.kept[path] = true
	}
}

// put publishes an object unless it is there already, byte for byte.
func (p *publication) put(ctx context.Context, path string, body []byte, options storage.PutOptions) error {
	digest := digestOf(body)
	etag, there := p.existing[path]
	if there {
		known := p.old.Objects[path]
		same := known.Digest == digest
		if known.Digest == "" || known.ETag != etag { // written before a crash, copied from elsewhere, or changed by somebody: only the bytes can tell
			held, info, err := storage.Read(ctx, p.out, gallery.Public+path)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			same, etag = err == nil && bytes.Equal(held, body), info.ETag
		}
		if same {
			p.set(path, object{digest, etag})
			return nil
		}
	}
	etag, err := p.out.Put(ctx, gallery.Public+path, body, options)
	p.set(path, object{digest, etag})
	return err
}

func (p *publication) set(path string, o object) {
	p.lock.Lock()
	defer p.lock.Unlock()
	p.new.Objects[path] = o
}

// link publishes an original for download, unless it is there already.
func (p *publication) link(ctx context.Context, original gallery.Original) error {
	path := gallery.OriginalPath(original.Key)
	of := p.config.Originals.Publish + " " + original.ETag
	known := p.old.Objects[path]
	if etag, there := p.existing[path]; there && known == (object{of, etag}) {
		p.set(path, known)
		return nil
	}
	key := gallery.Public + path
	ok, err := p.out.link(ctx, original.Key, key, p.config.Originals.Publish == "link")
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil // it is gone, or can't be read: the next build, or the report, says so
	}
	if err != nil || !ok {
		return err
	}
	o, err := p.out.Get(ctx, key, storage.Range{})
	if err != nil {
		return err
	}
	p.set(path, object{of, o.ETag})
	return o.Body.Close()
}

// close writes the note, last of all.
func (p *publication) close(ctx context.Context) error {
	p.keep(p.new)
	p.closed = true
	if p.old.Input == p.new.Input && maps.Equal(p.old.Objects, p.new.Objects) {
		return nil
	}
	body, err := json.Marshal(p.new)
	if err != nil {
		return err
	}
	return p.remember(ctx, p.note, body)
}

// publishAll publishes the albums that changed, several at once, those below before those above: a page must not lead to
// one that is not there yet.
func (b *build) publishAll(ctx context.Context) (count int, err error) {
	if err := b.publishAssets(ctx); err != nil {
		return 0, err
	}
	if err := b.openGone(ctx); err != nil {
		return 0, err
	}
	opened := slices.Clone(b.goneNotes)
	var levels [][]*publication
	for _, level := range b.levels() {
		notes := make([]*publication, len(level))
		err := b.parallel(len(level), func(i int) (err error) {
			notes[i], err = b.openAlbum(ctx, level[i])
			return err
		})
		if err != nil {
			return 0, err
		}
		opened = append(opened, notes...)
		todo := slices.DeleteFunc(slices.Clone(notes), (*publication).upToDate)
		levels = append(levels, todo)
		count += len(todo)
	}
	if err := b.checkNotes(ctx, opened); err != nil {
		return count, err
	}
	steps := &progress{tell: b.tell, stage: "publish", verb: "published", total: count}
	for _, todo := range levels {
		work, ctx := errgroup.WithContext(ctx)
		work.SetLimit(b.jobs)
		for _, p := range todo {
			work.Go(func() error {
				if err := p.publishAlbum(ctx); err != nil {
					return err
				}
				steps.step("/" + p.album.path)
				return nil
			})
		}
		if err := work.Wait(); err != nil {
			return count, err
		}
	}
	var open []*publication
	for _, todo := range levels {
		for _, p := range todo {
			if !p.closed {
				open = append(open, p)
			}
		}
	}
	return count, b.collect(ctx, open)
}

// publishAssets writes the theme's assets, which new pages need, and for the first of them a feed. Those of before go with what else is stale.
func (b *build) publishAssets(ctx context.Context) error {
	for _, path := range b.site.Assets {
		b.kept[path] = true
	}
	if err := b.publishEngine(ctx); err != nil {
		return err
	}
	if b.theme == nil {
		return nil // they are there: only another theme has others
	}
	if _, there := b.existing[gallery.FeedPath]; !there {
		// Every page names the feed, which in turn leads to pages: so it begins empty.
		feed, err := b.feedOf(nil)
		if err != nil {
			return err
		}
		if _, err := b.out.Put(ctx, gallery.Public+gallery.FeedPath, feed, feedOptions); err != nil {
			return err
		}
	}
	for _, k := range b.site.Collections { // as with the feed
		at := gallery.OverviewPage(k.Name)
		if _, there := b.existing[at]; there {
			continue
		}
		overview, err := b.render(b.overviewPage(k, nil))
		if err != nil {
			return err
		}
		if _, err := b.out.Put(ctx, gallery.Public+at, overview, pageOptions); err != nil {
			return err
		}
	}
	for _, a := range b.theme.Assets() {
		if _, there := b.existing[a.Path]; there {
			continue // its name says what it holds
		}
		options := storage.PutOptions{ContentType: a.Type, CacheControl: immutable}
		if _, err := b.out.Put(ctx, gallery.Public+a.Path, a.Body, options); err != nil {
			return err
		}
	}
	return nil
}

// albumInput is the fingerprint of all that an album's pages are made from.
func (b *build) albumInput(a *album) string {
	texts := []string{pagesVersion, b.look, a.digest, b.config.Originals.Publish}
	for path := a.path; ; {
		texts = append(texts, path, b.albums[path].head.Album.Title)
		above, ok := gallery.ParentPath(path)
		if !ok {
			break
		}
		path = above
	}
	if b.unlisted(a.path) {
		texts = append(texts, "unlisted")
	}
	return fingerprint(texts...)
}

// publishAlbum writes what public/ holds of one album. Renditions are there already.
func (p *publication) publishAlbum(ctx context.Context) error {
	m, err := p.Manifest(ctx, p.album.path)
	if err != nil {
		return err
	}
	if p.config.Originals.Publish != "none" {
		var originals []gallery.Original
		for _, record := range m.Records() {
			originals = append(append(originals, record.Original), record.Companions...)
		}
		if err := p.parallel(len(originals), func(i int) error { return p.link(ctx, originals[i]) }); err != nil {
			return err
		}
	}
	for _, record := range m.Records() {
		for _, r := range record.Renditions {
			p.new.Objects[r.Path] = object{}
			if _, there := p.existing[r.Path]; !there && p.listed {
				p.mu.Lock() // a publisher that deleted it died before it looked whether a record names it
				p.pending[record.Original.Key] = true
				p.mu.Unlock()
			}
		}
	}
	if err := p.contribute(ctx, m); err != nil {
		return err
	}
	// Pages that are new lead to each other, but nothing leads to them before those that were there are written again; the
	// album's own comes last.
	var fresh, known []lazyPage
	for _, lazy := range p.itemPages(m) {
		if _, there := p.existing[lazy.path]; there {
			known = append(known, lazy)
		} else {
			fresh = append(fresh, lazy)
		}
	}
	for _, pages := range [][]lazyPage{fresh, known} {
		write := func(i int) error { return p.page(ctx, pages[i].path, pages[i].make(pages[i].path)) }
		if err := p.parallel(len(pages), write); err != nil {
			return err
		}
	}
	at := gallery.AlbumPage(m.Album.Path)
	if err := p.page(ctx, at, p.albumPage(at, m)); err != nil {
		return err
	}
	index, err := p.albumIndex(m)
	if err != nil {
		return err
	}
	if err := p.put(ctx, gallery.AlbumIndex(m.Album.Path), index, storage.PutOptions{ContentType: "application/json", CacheControl: revalidate}); err != nil {
		return err
	}
	if p.config.BaseURL != "" && !p.unlisted(m.Album.Path) {
		if err := p.put(ctx, albumSitemap(m.Album.Path), p.sitemapOf(m), xmlOptions); err != nil {
			return err
		}
	}
	if p.register != nil && p.contributes() {
		return nil // the note follows the collections
	}
	return p.close(ctx)
}

// parallel does n things, several at once: most of the time goes by waiting for the bucket.
func (b *build) parallel(n int, do func(i int) error) error {
	var work errgroup.Group
	work.SetLimit(b.jobs * 4)
	for i := range n {
		work.Go(func() error { return do(i) })
	}
	return work.Wait()
}

var pageOptions = storage.PutOptions{ContentType: "text/html; charset=utf-8", CacheControl: revalidate}

// page renders a page and publishes it.
func (p *publication) page(ctx context.Context, path string, data *page.Page) error {
	body, err := p.render(data)
	if err != nil {
		return err
	}
	return p.put(ctx, path, body, pageOptions)
}

func (b *build) render(data *page.Page) ([]byte, error) {
	var body bytes.Buffer
	if err := b.layouts.Render(&body, data); err != nil {
		return nil, fmt.Errorf("%w: page %s: %w", ErrTheme, data.Path, err)
	}
	return body.Bytes(), nil
}

// publishSite writes what the gallery has once: the page for what is not there, the search page of hosts without a search
// function, feed and sitemap. It returns the note of them, which is part of the catalog.
func (b *build) publishSite(ctx context.Context) (published, error) {
	feed, err := b.feed(ctx)
	if err != nil {
		return published{}, err
	}
	var listed []string
	for _, path := range slices.Sorted(maps.Keys(b.albums)) {
		if !b.unlisted(path) {
			listed = append(listed, path)
		}
	}
	if err := b.publishLayouts(ctx); err != nil {
		return published{}, err
	}
	if err := b.readCatalog(ctx); err != nil {
		return published{}, err
	}
	names, err := b.namesFile(listed)
	if err != nil {
		return published{}, err
	}
	input := fingerprint(pagesVersion, b.look, digestOf(feed), strings.Join(listed, "\n"), digestOf(names), digestOf(b.stored), b.shardsInput(listed))
	p := &publication{build: b, old: b.catalog.Site, new: published{Input: input, Objects: map[string]object{}}}
	if p.upToDate() {
		return p.old, nil
	}
	if err := p.page(ctx, gallery.NotFoundPage, b.notFound()); err != nil {
		return published{}, err
	}
	if b.site.Search {
		if err := p.page(ctx, gallery.SearchPage, b.searchPage()); err != nil {
			return published{}, err
		}
	}
	if err := p.put(ctx, gallery.FeedPath, feed, feedOptions); err != nil {
		return published{}, err
	}
	if b.config.BaseURL != "" {
		if err := p.put(ctx, gallery.SitemapPath, b.sitemap(listed), xmlOptions); err != nil {
			return published{}, err
		}
	}
	for _, k := range b.site.Collections {
		at := gallery.OverviewPage(k.Name)
		if err := p.page(ctx, at, b.overviewPage(k, b.register.Kinds[k.Name])); err != nil {
			return published{}, err
		}
	}
	if b.site.Search {
		if err := p.put(ctx, gallery.NamesPath, names, storage.PutOptions{ContentType: "application/json", CacheControl: revalidate}); err != nil {
			return published{}, err
		}
	}
	if err := p.shards(ctx, listed); err != nil {
		return published{}, err
	}
	p.keep(p.new)
	return p.new, nil
}

// publishLayouts writes what the search function renders its page with, unless it is there already.
func (b *build) publishLayouts(ctx context.Context) error {
	if b.theme == nil {
		return nil // it is what this build started from
	}
	held, _, err := storage.Read(ctx, b.out, gallery.LayoutsKey)
	if err != nil && !errors.Is(err, fs.ErrNotExist) || err == nil && bytes.Equal(held, b.bundle) {
		return err
	}
	_, err = putJSON(ctx, b.out, gallery.LayoutsKey, b.bundle, storage.PutOptions{})
	return err
}
