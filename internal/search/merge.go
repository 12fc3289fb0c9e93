package search

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/index/scorch/mergeplan"
)

// merge makes one segment of an index, without what is deleted. Nothing is analysed again: at 10,000 documents it takes a
// twentieth of the time that building anew does.
func (p *publisher) merge(ctx context.Context, u *update) error {
	inner, err := u.index.Advanced()
	if err != nil {
		return err
	}
	s, ok := inner.(*scorch.Scorch)
	if !ok {
		return fmt.Errorf("bleve's %T can't be merged", inner)
	}
	n, err := countSegments(s)
	if err != nil {
		return err
	}
	if n == 1 {
		if err := p.split(ctx, u); err != nil {
			return err
		}
	}
	return mergeAll(ctx, s)
}

// split moves one document into a segment of its own: Bleve merges a single segment with nothing, whatever is deleted from it.
func (p *publisher) split(ctx context.Context, u *update) error {
	for _, album := range slices.Sorted(maps.Keys(p.albums)) {
		m, err := p.manifest(ctx, album)
		if missing(err) {
			continue // deleted meanwhile
		}
		if err != nil {
			return err
		}
		docs, err := documents(m, album, p.albums)
		if err != nil {
			return err
		}
		indexed, err := hashes(ctx, u.index, album, u.indexed)
		if err != nil {
			return err
		}
		for id, doc := range docs {
			if indexed[id] == doc.Hash { // not changed meanwhile
				return errors.Join(u.add(id, doc), u.flush())
			}
		}
	}
	return errors.New("no document is as it was indexed")
}

// mergeAll merges until there is one segment: one call merges ten at a time, and says nothing of what it did.
func mergeAll(ctx context.Context, s *scorch.Scorch) error {
	for before := 0; ; {
		n, err := countSegments(s)
		switch {
		case err != nil:
			return err
		case n == 1:
			return nil
		case n == 0, n == before:
			return fmt.Errorf("bleve left %d segments", n)
		}
		before = n
		if err := mergeOnce(ctx, s); err != nil {
			return err
		}
	}
}

// countSegments counts the segments that a search goes through now. Bleve's own statistics count those, too, from which it has
// just deleted all.
func countSegments(s *scorch.Scorch) (int, error) {
	r, err := s.Reader()
	if err != nil {
		return 0, err
	}
	snapshot, ok := r.(*scorch.IndexSnapshot)
	if !ok {
		return 0, errors.Join(fmt.Errorf("bleve's %T does not tell its segments", r), r.Close())
	}
	return len(snapshot.Segments()), r.Close()
}

// mergeOnce merges one round. Bleve tries a round that fails again for ever, on a full disk for one, until the index is closed;
// it only counts the failures.
func mergeOnce(ctx context.Context, s *scorch.Scorch) error {
	done := make(chan error, 1)
	go func() { done <- s.ForceMerge(ctx, &mergeplan.SingleSegmentMergePlanOptions) }()
	check := time.NewTicker(100 * time.Millisecond)
	defer check.Stop()
	for {
		select {
		case err := <-done:
			return errors.Join(err, ctx.Err())
		case <-ctx.Done():
			return ctx.Err()
		case <-check.C:
			if failures, _ := s.StatsMap()["TotFileMergeLoopErr"].(uint64); failures > 0 {
				return errors.New("bleve failed: is the disk that has the temporary files full?")
			}
		}
	}
}
