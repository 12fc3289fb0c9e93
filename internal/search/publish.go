package search

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/blevesearch/bleve/v2/mapping"

	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// How a publish brings the index up to date.
const (
	// smallGallery is the number of documents up to which it is built anew: that takes a quarter of a second and leaves one
	// segment, which is the simplest thing to keep right.
	smallGallery = 2000
	maxSegments  = 8    // more make every search slower: they are merged
	maxDeleted   = 0.20 // of what is in the segments; more is merged away
	batchSize    = 1000 // documents that are made into a file at once; bounds memory
	maxCached    = 5000 // items of manifests that are not read a second time; bounds memory
)

// How long what no generation needs is kept, for readers that are still fetching it.
const garbageAge = 24 * time.Hour

// maxRaces bounds how often a publish that lost against another starts again.
const maxRaces = 20

// A Source is what an index is made of: the manifests as they are now. Publish asks again after a lost race, so it must not
// answer from a copy that another publisher's work can outdate.
type Source interface {
	// Albums returns the path of every album with a digest of its manifest.
	Albums(ctx context.Context) (map[string]string, error)
	// Manifest returns an album's manifest. One that is gone wraps fs.ErrNotExist.
	Manifest(ctx context.Context, album string) (*gallery.Manifest, error)
}

// PublishOptions are options of [Publish]. The zero value is the default.
type PublishOptions struct {
	TempDir string           // where files are built; empty: the system's
	Rebuild bool             // build anew even if nothing changed
	Verify  bool             // read every segment, and build anew if one is damaged, even if nothing changed
	Now     func() time.Time // for the age of garbage; nil: time.Now
}

// What a publish did.
const (
	Unchanged = "unchanged" // nothing was written
	Append    = "append"    // what changed was added to the index
	Merge     = "merge"     // the same, and segments were merged into one
	Rebuild   = "rebuild"   // the index was built from all manifests
)

// A Report says what a publish did.
type Report struct {
	Mode       string   // Unchanged, Append, Merge or Rebuild
	Reason     string   // why it was built anew, in words; empty otherwise
	Generation int64    // number of the current generation
	Documents  int      // items that can be found
	Written    []string // keys, in order; the pointer is the last
	Deleted    []string // keys of garbage
}

// Publish brings the index in the bucket up to the manifests of src. It writes new segments, then the generation, then the
// pointer, by compare-and-swap: whoever loses a race against another publisher starts again from what the other published.
// An index that is damaged or missing is built anew. Readers keep what they opened.
func Publish(ctx context.Context, b storage.Bucket, src Source, o PublishOptions) (Report, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	m, err := newMapping()
	if err != nil {
		return Report{}, err
	}
	mark, err := fingerprint(m)
	if err != nil {
		return Report{}, err
	}
	var report Report
	for range maxRaces {
		p := publisher{bucket: b, source: src, options: o, mapping: m, fingerprint: mark}
		p.report.Written = report.Written
		err := p.run(ctx)
		report = p.report
		if !errors.Is(err, storage.ErrPrecondition) {
			if err != nil {
				err = fmt.Errorf("publish the search index: %w", err)
			}
			return report, err
		}
	}
	return report, fmt.Errorf("publish the search index: lost %d races in a row against other publishers", maxRaces)
}

// A publisher is one attempt to publish.
type publisher struct {
	bucket      storage.Bucket
	source      Source
	options     PublishOptions
	mapping     *mapping.IndexMappingImpl
	fingerprint string
	report      Report

	stored   map[string]storage.Info // what is under indexPrefix
	etag     string                  // of the pointer; empty when there is none
	read     *generation             // the current one; nil when there is none, or none that can be read
	previous *generation             // the same, when it is whole and of our kind
	key      string                  // of the current generation
	stays    *generation             // the one that was published

	digests   map[string]string // of the albums as they are
	manifests map[string]*gallery.Manifest
	cached    int // items in manifests
	albums    map[string]albumState
	changed   []string // albums whose documents may differ, and new ones; sorted
	gone      []string // albums that are no more; sorted
}

func (p *publisher) run(ctx context.Context) error {
	dir, err := os.MkdirTemp(p.options.TempDir, "shoebox-index-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)

	reason, err := p.load(ctx)
	if err != nil {
		return err
	}
	if err := p.compare(ctx); err != nil {
		return err
	}
	if p.options.Rebuild {
		reason = "asked for"
	}
	base := filepath.Join(dir, "base")
	if reason == "" && p.previous != nil && len(p.changed)+len(p.gone) == 0 {
		if p.options.Verify {
			if err := p.verify(ctx); err != nil {
				if ctx.Err() != nil {
					return err
				}
				reason = err.Error()
			}
		}
		if reason == "" {
			p.report.Mode, p.report.Generation, p.report.Documents = Unchanged, p.previous.Number, p.previous.Documents
			return nil
		}
	}
	var next *draft
	if reason == "" && p.previous != nil {
		next, reason, err = p.append(ctx, base)
		if err != nil {
			if ctx.Err() != nil {
				return err
			}
			reason = err.Error()
		}
	}
	if next == nil {
		p.report.Mode, p.report.Reason = Rebuild, reason
		if next, err = p.rebuild(ctx, filepath.Join(dir, "new")); err != nil {
			return err
		}
	}
	if err := p.store(ctx, next); err != nil {
		return err
	}
	return p.collect(ctx)
}

// load reads the index's state. It returns why that can't be built upon; an error only when the bucket can't be read.
func (p *publisher) load(ctx context.Context) (reason string, err error) {
	p.stored = map[string]storage.Info{}
	for info, err := range p.bucket.List(ctx, indexPrefix) {
		if err != nil {
			return "", err
		}
		p.stored[info.Key] = info
	}
	current, etag, err := readPointer(ctx, p.bucket)
	p.etag = etag
	switch {
	case missing(err):
		return "there is no index yet", nil
	case err != nil && etag == "":
		return "", err
	case err != nil:
		return err.Error(), nil
	}
	p.key = current.Generation
	g, err := readGeneration(ctx, p.bucket, current)
	if err != nil {
		return err.Error(), ctx.Err()
	}
	p.read = g
	if g.Mapping != p.fingerprint {
		return "this program indexes otherwise than the one before", nil
	}
	for i, s := range g.Segments {
		switch info, ok := p.stored[s.key()]; {
		case !ok:
			return s.key() + " is missing", nil
		case info.Size != s.size():
			return fmt.Sprintf("%s is damaged: it has %d bytes, want %d", s.key(), info.Size, s.size()), nil
		case info.ETag != s.ETag: // somebody wrote it again: the same, or not
			if err := p.verifySegment(ctx, s); err != nil {
				return err.Error(), ctx.Err()
			}
			g.Segments[i].ETag = info.ETag
		}
	}
	p.previous = g
	return "", nil
}

// verify reads every segment.
func (p *publisher) verify(ctx context.Context) error {
	for _, s := range p.previous.Segments {
		if err := p.verifySegment(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// verifySegment reads a segment.
func (p *publisher) verifySegment(ctx context.Context, s segment) error {
	o, err := p.bucket.Get(ctx, s.key(), storage.Range{})
	if err != nil {
		return err
	}
	defer o.Body.Close()
	h := sha256.New()
	if _, err := io.Copy(h, o.Body); err != nil {
		return fmt.Errorf("read %s: %w", s.key(), err)
	}
	if hexSum(h) != s.SHA256 {
		return fmt.Errorf("%s is damaged: its SHA-256 is not its name", s.key())
	}
	return nil
}

// compare finds what changed since the previous generation.
func (p *publisher) compare(ctx context.Context) error {
	digests, err := p.source.Albums(ctx)
	if err != nil {
		return err
	}
	p.digests = digests
	p.manifests, p.albums = map[string]*gallery.Manifest{}, map[string]albumState{}
	var before map[string]albumState
	if p.previous != nil {
		before = p.previous.Albums
	}
	for _, path := range slices.Sorted(maps.Keys(digests)) {
		digest := albumDigest(digests[path])
		state, known := before[path]
		if !known || state.Digest != digest {
			m, err := p.manifest(ctx, path)
			if missing(err) {
				continue // deleted meanwhile
			}
			if err != nil {
				return err
			}
			if p.cached += len(m.Items); p.cached <= maxCached {
				p.manifests[path] = m
			}
			state = albumState{Digest: digest, Title: m.Album.Title, Hidden: m.Album.Hidden, Runs: state.Runs}
		}
		p.albums[path] = state
	}
	for path := range p.albums {
		if _, known := before[path]; !known || !sameDependencies(path, p.albums, before) {
			p.changed = append(p.changed, path)
		}
	}
	for path := range before {
		if _, ok := p.albums[path]; !ok {
			p.gone = append(p.gone, path)
		}
	}
	slices.Sort(p.changed)
	slices.Sort(p.gone)
	return nil
}

// albumDigest is how a generation notes the digest of a manifest.
func albumDigest(manifest string) string { return sha256Hex([]byte(manifest))[:16] }

// manifest reads an album's manifest, or has it from before. What was read is forgotten when it is used.
func (p *publisher) manifest(ctx context.Context, album string) (*gallery.Manifest, error) {
	if m, ok := p.manifests[album]; ok {
		delete(p.manifests, album)
		return m, nil
	}
	m, err := p.source.Manifest(ctx, album)
	if err != nil {
		return nil, fmt.Errorf("manifest of album %q: %w", album, err)
	}
	return m, nil
}
