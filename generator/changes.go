package generator

import (
	"context"
	"errors"
	"time"

	"shoebox/internal/gallery"
)

// Changes name what may have changed in data/ since it was last published. They come from events, which arrive twice, late, out
// of order or not at all: they only say where to look.
type Changes struct {
	Keys []string `json:"keys,omitempty"` // of originals that were developed, or are gone, and of albums' index.md
	// Everything says that more than some albums may have: the configuration, the theme, what is left out.
	Everything bool `json:"everything,omitempty"`
	// Suspect says that a run before may have ended halfway: what is in public/ is then looked at rather than remembered.
	Suspect bool `json:"suspect,omitempty"`
}

// Publish brings the albums that some changes concern up to date with the records, and all that depends on them: the albums
// above, feed, search index. It develops nothing. Its work does not grow with the gallery. When the changes concern more than
// some albums it does what [Generator.Reconcile] does.
func (g *Generator) Publish(ctx context.Context, c Changes) (Report, error) {
	whole := c.Everything
	return g.tries(ctx, func(b *build, attempt int) (Report, error) {
		if !whole {
			if len(c.Keys) == 0 {
				return Report{}, nil
			}
			b.publishing = newPublishing()
			// Whoever lost a race can't trust what was remembered of pages that somebody else is writing.
			b.publishing.changes = &Changes{Keys: c.Keys, Suspect: c.Suspect || attempt > 1}
			report, err := b.run(ctx, b.surveyChanges)
			if !errors.Is(err, errWhole) {
				whole = attempt > 1 // what is remembered may not be what is there
				return report, err
			}
			whole = true
			*b = build{Generator: g, out: b.out}
		}
		b.publishing = newPublishing()
		return b.run(ctx, b.survey)
	})
}

// Reconcile compares all of data/ with what is remembered of it, and publishes everything that the records have. It develops
// nothing: the report's Pending names what must be developed, and then published.
func (g *Generator) Reconcile(ctx context.Context) (Report, error) {
	return g.Publish(ctx, Changes{Everything: true})
}

// errWhole is the error of a publication of some albums that finds it has to publish them all.
var errWhole = errors.New("all albums have to be published")

// defaultGrace is more than any function on AWS may take.
const defaultGrace = time.Hour

// maxCachedItems is how many items of manifests are kept in memory while some albums are published.
const maxCachedItems = 20_000

// A publishing is a build that develops nothing, since others do so at the same time.
type publishing struct {
	changes *Changes // nil: everything

	records map[string]*gallery.Record // records as read at the start; nil for one that is not there
	young   map[string]bool            // paths below public/ that were written a short while ago
	known   map[string]bool            // paths below public/ that belonged to a published album: no developer's work in progress
	gone    []*album                   // albums that are no more
	deleted map[string]bool            // paths below public/ that this publication deleted
	pending map[string]bool            // keys to develop

	manifests map[string]cachedManifest
	cached    int
}

type cachedManifest struct {
	manifest gallery.Manifest
	digest   string
}

func newPublishing() *publishing {
	return &publishing{
		records: map[string]*gallery.Record{}, young: map[string]bool{}, known: map[string]bool{}, deleted: map[string]bool{},
		pending: map[string]bool{}, manifests: map[string]cachedManifest{},
	}
}

// some reports whether only some albums are published.
func (b *build) some() bool { return b.publishing != nil && b.changes != nil }
