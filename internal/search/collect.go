package search

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// keptGenerations is how many generations before the current one are kept whole, for readers that still fetch them.
const keptGenerations = 2

// collect deletes what none of the kept generations needs, once it is a day old. It goes by the listing from before the
// publish, so that nothing written since is touched.
func (p *publisher) collect(ctx context.Context) error {
	old := p.options.Now().Add(-garbageAge)
	var garbage []string
	for _, key := range slices.Sorted(maps.Keys(p.stored)) {
		ours := strings.HasPrefix(key, segmentPrefix) || strings.HasPrefix(key, generationPrefix)
		if ours && p.stored[key].Modified.Before(old) {
			garbage = append(garbage, key)
		}
	}
	if len(garbage) == 0 {
		return nil
	}
	kept, err := p.kept(ctx)
	if err != nil {
		return err
	}
	for _, key := range garbage {
		if kept[key] {
			continue
		}
		if err := p.bucket.Delete(ctx, key); err != nil {
			return fmt.Errorf("delete garbage: %w", err)
		}
		p.report.Deleted = append(p.report.Deleted, key)
	}
	return nil
}

// kept returns the keys of the current generation and of those before it, with all that they need. The chain ends at one that
// can't be read.
func (p *publisher) kept(ctx context.Context) (map[string]bool, error) {
	kept := map[string]bool{}
	key := p.key
	for range 1 + keptGenerations {
		if key == "" {
			break
		}
		kept[key] = true
		data, err := readWithin(ctx, p.bucket, key, maxGeneration)
		if err != nil && !missing(err) {
			return nil, err
		}
		g, err := parseGeneration(key, data)
		if err != nil {
			break
		}
		for _, s := range g.Segments {
			kept[s.key()] = true
		}
		key = g.Previous
	}
	return kept, nil
}
