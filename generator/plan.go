package generator

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// A Step is one thing that a build would do.
type Step struct {
	Do  string `json:"do"`  // "develop", "publish", "delete" or "fail"
	Key string `json:"key"` // an original's, or an object's of ours; the path of an album to publish
	Why string `json:"why"`
}

// Plan says what a build would do, and why, in the order it would; it writes nothing. Whether an album's change is seen on the
// page of the album above is only known once it has been made.
func (g *Generator) Plan(ctx context.Context) ([]Step, error) {
	p, err := g.plan(ctx)
	if err != nil {
		return nil, err
	}
	return p.steps, nil
}

func (g *Generator) plan(ctx context.Context) (*plan, error) {
	b := &build{Generator: g, out: &output{Bucket: readOnly{g.bucket}, tell: g.tell}}
	if err := b.survey(ctx); err != nil {
		return nil, err
	}
	err := b.claim(ctx)
	if err != nil && !errors.Is(err, errReadOnly) {
		return nil, err
	}
	planned := &plan{build: b, unmarked: err != nil}
	for _, a := range b.albums {
		if len(a.why) > 0 { // titles are seen on the pages of all albums below
			var m gallery.Manifest
			if err := b.describe(ctx, a, &m); err != nil {
				return nil, err
			}
			a.head.Album = m.Album
		}
	}
	if err := b.setLook(); err != nil {
		return nil, err
	}
	steps := []Step{}
	for _, f := range sortFailures(b.failures()) {
		steps = append(steps, Step{"fail", f.Key, f.Reason})
	}
	slices.SortFunc(b.todo, func(x, y task) int { return cmp.Compare(x.Key, y.Key) })
	for _, t := range b.todo {
		steps = append(steps, Step{"develop", t.Key, t.why})
	}
	for _, path := range slices.Sorted(maps.Keys(b.albums)) {
		a := b.albums[path]
		why := slices.Clone(a.why)
		p, err := b.open(ctx, gallery.PublishedKey(path), b.albumInput(a))
		if err != nil {
			return nil, err
		}
		switch {
		case len(p.old.Objects) == 0:
			why = []string{"new"}
		case len(why) == 0 && p.old.Input != p.new.Input:
			why = append(why, "the theme, the settings or an album above changed")
		case len(why) == 0 && !p.upToDate():
			why = append(why, "something of it is missing or was changed in public/")
		}
		if len(why) > 0 {
			steps = append(steps, Step{"publish", "/" + path, strings.Join(why, ", ")})
			p.album = a
			planned.notes = append(planned.notes, p)
		}
	}
	planned.steps = slices.Concat(steps, b.deletions())
	return planned, nil
}

// deletions are the records of originals that are gone, and with them their pages and renditions.
func (b *build) deletions() []Step {
	kept := map[string]bool{}
	for _, a := range b.albums {
		for _, s := range a.items {
			kept[gallery.RecordKey(s.Key)] = true
		}
	}
	var steps []Step
	for _, key := range slices.Sorted(maps.Keys(b.memory)) {
		if strings.HasPrefix(key, recordsMemory) && !kept[key] {
			steps = append(steps, Step{"delete", key, "its original is gone, with its page and renditions"})
		}
	}
	return steps
}

var errReadOnly = errors.New("nothing is written")

// readOnly is a bucket that nothing can be written to.
type readOnly struct{ storage.Bucket }

func (readOnly) Put(context.Context, string, []byte, storage.PutOptions) (string, error) {
	return "", errReadOnly
}
func (readOnly) Delete(context.Context, string) error { return errReadOnly }
