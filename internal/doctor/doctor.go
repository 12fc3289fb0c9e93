// Package doctor checks a gallery, in a folder or in S3, and mends what is ours of it. [Gallery.Check] compares what is stored with
// what the gallery's own memory says should be, down to the bytes where that is cheap; [Gallery.Repair] takes away what is wrong and
// has the generator make it anew. [CheckStack] adds what a stack on AWS says of itself. Nothing under data/ is ever touched.
package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// A Finding is something that is not as it should be.
type Finding struct {
	Key  string `json:"key"`  // of the object, or the name of what else it is about
	What string `json:"what"` // what is wrong, in words
	Do   string `json:"do"`   // what to do about it

	of     string   // the original that it is about; may be empty
	remove []string // keys of ours to delete, so that the generator makes them anew, or that are in the way
	mend   bool     // Repair can do something about it
}

// What is to be done.
const (
	doRepair = `run "shoebox doctor --repair"`
	doBuild  = `run "shoebox build"`
)

// A Step is one thing that the generator would do if it were run now.
type Step struct {
	Do  string // "develop", "publish" or "delete"; anything else is passed over
	Key string // an original's, an album's path, or that of an object of ours
	Why string
}

// A Gallery is one to check.
type Gallery struct {
	Bucket storage.Bucket
	// Search says that the gallery is to have a search index.
	Search bool
	// Plan says what the generator would do; it writes nothing.
	Plan func(context.Context) ([]Step, error)
	// Generate brings the gallery up to date.
	Generate func(context.Context) error
	// Live says that others may be at work on the gallery at any time: what is younger than an hour is not taken for left over.
	Live bool
	// Read says that every page is read. Otherwise one whose ETag is as noted is taken to be whole: where that says nothing of the
	// bytes, on a disk, reading is also cheap.
	Read bool
}

// youngAge is the age from which something that nothing points to is taken for left over in a gallery that is Live. No function on
// AWS runs for more than 15 minutes (Lambda quotas, "Function timeout").
const youngAge = time.Hour

// Check looks at the whole gallery. It changes nothing. The findings are sorted.
func (g *Gallery) Check(ctx context.Context) ([]Finding, error) {
	c := &check{Gallery: g, now: time.Now()}
	if err := c.list(ctx); err != nil {
		return nil, err
	}
	if len(c.public)+len(c.state) == 0 {
		return append(c.findings, Finding{Key: gallery.Data, What: "there is no gallery of it yet", Do: doBuild, mend: true}), nil
	}
	steps := []func(context.Context) error{c.manifests, c.records, c.notes, c.site, c.collections, c.strays, c.index, c.lease, c.plan}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(c.findings, func(a, b Finding) int { return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.What, b.What)) })
	return c.findings, nil
}

// Repair mends what it can of some findings: it deletes what is damaged or in the way, of ours only, and has the gallery generated.
// It returns what it did, in words, also when there is an error.
func (g *Gallery) Repair(ctx context.Context, findings []Finding) (done []string, err error) {
	deleted, mend := map[string]bool{}, false
	for _, f := range findings {
		mend = mend || f.mend
		for _, key := range f.remove {
			if deleted[key] {
				continue
			}
			deleted[key] = true
			if !strings.HasPrefix(key, gallery.Public) && !strings.HasPrefix(key, gallery.State) {
				return done, fmt.Errorf("refused to delete %s: only %s and %s are ours", key, gallery.Public, gallery.State)
			}
			if err := g.Bucket.Delete(ctx, key); err != nil {
				return done, err
			}
			done = append(done, "deleted "+key)
		}
	}
	if !mend {
		return done, nil
	}
	if err := g.Generate(ctx); err != nil {
		return done, fmt.Errorf("make the gallery anew: %w", err)
	}
	return append(done, "brought the gallery up to date"), nil
}

// Repairable reports whether [Gallery.Repair] can do something about any of the findings.
func Repairable(findings []Finding) bool {
	return slices.ContainsFunc(findings, func(f Finding) bool { return f.mend })
}

// A check is one look at a gallery.
type check struct {
	*Gallery
	now      time.Time
	findings []Finding

	originals map[string]bool         // keys in data/
	albums    map[string]bool         // paths of the folders in data/ that hold something, and of those above
	public    map[string]storage.Info // by path below public/
	state     map[string]storage.Info // by key
	manifest  map[string]*gallery.Manifest
	record    map[string]*gallery.Record // by key of the original
	kept      map[string]bool            // paths below public/ that belong to the gallery
	unknown   []string                   // directories below public/ of which nobody knows what belongs there
}

// broken adds a finding of what Repair mends, by deleting some keys and generating.
func (c *check) broken(key, of, what string, remove ...string) {
	c.findings = append(c.findings, Finding{Key: key, What: what, Do: doRepair, of: of, remove: remove, mend: true})
}

func (c *check) list(ctx context.Context) error {
	c.originals, c.albums = map[string]bool{}, map[string]bool{"": true}
	c.public, c.state, c.kept = map[string]storage.Info{}, map[string]storage.Info{}, map[string]bool{}
	for _, prefix := range []string{gallery.Public, gallery.State, gallery.Data} { // ours first, as the generator does
		for info, err := range c.Bucket.List(ctx, prefix) {
			if err != nil && info.Key != "" {
				c.findings = append(c.findings, Finding{Key: info.Key, What: err.Error(), Do: "give yourself the right to read it"})
				continue
			}
			if err != nil {
				return fmt.Errorf("list %s: %w", prefix, err)
			}
			switch prefix {
			case gallery.Public:
				c.public[strings.TrimPrefix(info.Key, prefix)] = info
			case gallery.State:
				c.state[info.Key] = info
			default:
				c.addOriginal(info.Key)
			}
		}
	}
	if _, ok := c.state[gallery.MarkerKey]; !ok {
		c.findings = append(c.findings, Finding{Key: gallery.MarkerKey,
			What: "the mark that says that public/ and state/ are ours is missing",
			Do:   "if nothing of yours is in public/, empty it, and " + doBuild})
	}
	return nil
}

func (c *check) addOriginal(key string) {
	if gallery.CheckKey(key) != nil {
		return
	}
	c.originals[key] = true
	for path, ok := gallery.AlbumPath(key), true; ok && !c.albums[path]; path, ok = gallery.ParentPath(path) {
		c.albums[path] = true
	}
}

// left reports whether something that nothing points to was left over, rather than being work in progress.
func (c *check) left(info storage.Info) bool { return !c.Live || c.now.Sub(info.Modified) > youngAge }

// plan adds what the generator would do, as far as the findings do not say so already.
func (c *check) plan(ctx context.Context) error {
	if _, ok := c.state[gallery.MarkerKey]; !ok {
		return nil // it refuses to make one
	}
	known := map[string]bool{}
	for _, f := range c.findings {
		known[f.Key], known[f.of] = true, true
	}
	alone := len(c.findings) == 0
	steps, err := c.Plan(ctx)
	if err != nil {
		return err
	}
	for _, s := range steps {
		f := Finding{Key: s.Key, Do: doBuild, mend: true}
		switch {
		case known[s.Key]:
			continue
		case s.Do == "develop":
			f.What = "the gallery does not show this original as it is now: " + s.Why
		case s.Do == "publish" && alone: // otherwise it follows from something that has been named
			f.What = "the album's pages are not up to date: " + s.Why
		case s.Do == "delete":
			f.What = "it is out of date: " + s.Why
		default:
			continue
		}
		c.findings = append(c.findings, f)
	}
	return nil
}

// isGone reports whether an error says that what was listed is not there any more.
func isGone(err error) bool { return errors.Is(err, fs.ErrNotExist) }
