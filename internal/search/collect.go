package search

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"shoebox/internal/storage"
)

// keptGenerations is how many generations before the current one are kept whole, whatever their age.
const keptGenerations = 2

// retired returns which segments readers of recent generations may still be fetching, although the new one, g, does not need
// them: those of the previous one, and those that it knew of, for a day and for some generations. Without a previous
// generation that can be read, they are all there are.
func (p *publisher) retired(g *generation) []retired {
	now := p.options.Now().UTC()
	needed := map[string]bool{}
	for _, s := range g.Segments {
		needed[s.SHA256] = true
	}
	var all []retired
	add := func(r retired) {
		if !needed[r.SHA256] {
			needed[r.SHA256] = true
			all = append(all, r)
		}
	}
	if p.read == nil {
		for _, key := range slices.Sorted(maps.Keys(p.stored)) {
			if sum := strings.TrimSuffix(strings.TrimPrefix(key, segmentPrefix), ".zap.zst"); segmentKey(sum) == key {
				add(retired{sum, g.Number, now})
			}
		}
		return all
	}
	for _, s := range p.read.Segments {
		add(retired{s.SHA256, g.Number, now})
	}
	for _, r := range p.read.Retired {
		if r.At.After(now.Add(-garbageAge)) || r.By > g.Number-keptGenerations {
			add(r)
		}
	}
	return all
}

// collect deletes what no reader can need any more. It goes by the listing from before the publish, so that nothing written
// since is touched; what another publisher may be about to use is not a day old.
func (p *publisher) collect(ctx context.Context) error {
	old := p.options.Now().Add(-garbageAge)
	kept := p.stays.needs(p.key, p.stored, old)
	for _, key := range slices.Sorted(maps.Keys(p.stored)) {
		ours := strings.HasPrefix(key, segmentPrefix) || strings.HasPrefix(key, generationPrefix)
		if !ours || kept[key] || p.stored[key].Modified.After(old) {
			continue
		}
		if err := p.bucket.Delete(ctx, key); err != nil {
			return fmt.Errorf("delete garbage: %w", err)
		}
		p.report.Deleted = append(p.report.Deleted, key)
	}
	return nil
}

// needs returns the keys that readers of a generation, or of those shortly before it, may need: key is its own.
func (g *generation) needs(key string, stored map[string]storage.Info, old time.Time) map[string]bool {
	kept := map[string]bool{key: true}
	for _, s := range g.Segments {
		kept[s.key()] = true
	}
	for _, r := range g.Retired {
		kept[segmentKey(r.SHA256)] = true
	}
	// A generation is needed for as long as a segment: until a day after the next one came.
	var generations []string
	for key := range stored {
		if strings.HasPrefix(key, generationPrefix) {
			generations = append(generations, key)
		}
	}
	slices.SortFunc(generations, func(a, b string) int { return int(generationNumber(a) - generationNumber(b)) })
	for i, key := range generations {
		if i+keptGenerations >= len(generations) || stored[generations[i+1]].Modified.After(old) {
			kept[key] = true
		}
	}
	return kept
}
