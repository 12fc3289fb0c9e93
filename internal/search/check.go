package search

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"shoebox/internal/storage"
)

// A Problem is something wrong with the index.
type Problem struct {
	Key  string // of the object that it is about
	What string // in words
	// Stray says that nothing needs the object: it is only in the way. Otherwise the index has to be built anew.
	Stray bool
}

// Check verifies the index: the pointer, the generation that it names, every byte of its segments, and that it was made of the
// albums as they are; manifests has the ETag of each album's manifest by its path. It changes nothing.
func Check(ctx context.Context, b storage.Bucket, manifests map[string]string) ([]Problem, error) {
	stored := map[string]storage.Info{}
	for info, err := range b.List(ctx, indexPrefix) {
		if err != nil {
			return nil, err
		}
		stored[info.Key] = info
	}
	var problems []Problem
	current, etag, err := readPointer(ctx, b)
	switch {
	case missing(err):
		problems = append(problems, Problem{Key: PointerKey, What: "there is no search index"})
	case err != nil && etag == "":
		return nil, err
	case err != nil:
		problems = append(problems, Problem{Key: PointerKey, What: err.Error()})
	default:
		found, err := checkGeneration(ctx, b, current, manifests, stored)
		if err != nil {
			return nil, err
		}
		problems = append(problems, found...)
	}
	return append(problems, strays(ctx, b, current, stored)...), nil
}

func checkGeneration(
	ctx context.Context, b storage.Bucket, p pointer, manifests map[string]string, stored map[string]storage.Info,
) ([]Problem, error) {
	g, err := readGeneration(ctx, b, p)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case missing(err):
		return []Problem{{Key: PointerKey, What: fmt.Sprintf("it names %s, which is not there", p.Generation)}}, nil
	case err != nil:
		return []Problem{{Key: p.Generation, What: err.Error()}}, nil
	}
	m, err := newMapping()
	if err != nil {
		return nil, err
	}
	mark, err := fingerprint(m)
	if err != nil {
		return nil, err
	}
	if g.Mapping != mark {
		return []Problem{{Key: p.Generation, What: "it was made by another version of this program"}}, nil
	}
	var problems []Problem
	for _, s := range g.Segments {
		if _, ok := stored[s.key()]; !ok {
			problems = append(problems, Problem{Key: s.key(), What: "a segment of the search index is not there"})
			continue
		}
		if err := s.check(ctx, b); err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			problems = append(problems, Problem{Key: s.key(), What: err.Error()})
		}
	}
	if n := outdated(g, manifests); n > 0 {
		what := fmt.Sprintf("the search index is stale: %d albums have changed since", n)
		problems = append(problems, Problem{Key: PointerKey, What: what})
	}
	return problems, nil
}

// check reads all of a segment.
func (s segment) check(ctx context.Context, b storage.Bucket) error {
	dir, err := os.MkdirTemp("", "shoebox-check-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	_, err = s.fetch(ctx, b, filepath.Join(dir, "segment"))
	return err
}

// outdated counts the albums that a generation was not made of as they are.
func outdated(g *generation, manifests map[string]string) (n int) {
	for path, etag := range manifests {
		if g.Albums[path].Digest != albumDigest(etag) {
			n++
		}
	}
	for path := range g.Albums {
		if _, ok := manifests[path]; !ok {
			n++
		}
	}
	return n
}

// strays are objects that no reader can need: those of a name that is none of ours, and those that no generation kept needs, once
// they are as old as garbage gets.
func strays(ctx context.Context, b storage.Bucket, p pointer, stored map[string]storage.Info) []Problem {
	old := time.Now().Add(-garbageAge)
	kept := map[string]bool{}
	if g, err := readGeneration(ctx, b, p); err == nil {
		kept = g.needs(p.Generation, stored, old)
	}
	var problems []Problem
	for _, key := range slices.Sorted(maps.Keys(stored)) {
		ours := strings.HasPrefix(key, generationPrefix) && generationNumber(key) > 0 ||
			strings.HasPrefix(key, segmentPrefix) && strings.HasSuffix(key, ".zap.zst")
		switch {
		case key == PointerKey || kept[key]:
		case !ours:
			problems = append(problems, Problem{Key: key, What: "it is no part of the search index", Stray: true})
		case stored[key].Modified.Before(old):
			problems = append(problems, Problem{Key: key, What: "no generation of the search index that is kept needs it", Stray: true})
		}
	}
	return problems
}
