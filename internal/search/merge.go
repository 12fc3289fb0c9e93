package search

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// tierFactor is how many times as large a segment may be as all after it together, to be merged with them. So there are few
// segments, each several times as large as the next, and how often a document is merged grows with the logarithm of the
// gallery's size only.
const tierFactor = 3

// live is the number of documents of a kept segment that can be found.
func (d *draft) live(i int) int { return d.kept[i].Documents - int(d.deleted[i].GetCardinality()) }

// worn returns the first of the kept segments that is to be merged with all after it; their number when none is. It is no more
// than atOnce of them, if that will do.
func (d *draft) worn(atOnce int) int {
	live, indexed, tail := 0, 0, 0
	for i, s := range d.kept {
		live += d.live(i)
		indexed += s.Documents
	}
	if d.added != nil {
		tail = d.added.documents
		live += tail
		indexed += tail
	}
	if float64(indexed-live) > maxDeleted*float64(indexed) {
		return 0
	}
	segments := min(tail, 1)
	first := len(d.kept)
	for i := len(d.kept) - 1; i >= max(0, len(d.kept)-atOnce) && tail > 0; i-- {
		if tail += d.live(i); d.live(i) > tierFactor*(tail-d.live(i)) {
			break
		}
		first = i
	}
	for i := range first {
		segments += min(d.live(i), 1)
	}
	for segments > maxSegments && first > 0 {
		first--
		segments -= min(d.live(first), 1)
	}
	return first
}

// merge makes one segment of the kept ones from the first given, and of the added one. Those of which nothing is left go.
func (p *publisher) merge(ctx context.Context, d *draft, first int, dir string) error {
	number := make([]int, len(d.kept)) // that each segment will have; -1: none
	var kept []segment
	var deleted []*roaring.Bitmap
	var parts []leaf
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for i, s := range d.kept {
		number[i] = -1
		switch {
		case d.live(i) == 0:
		case i < first:
			number[i] = len(kept)
			kept, deleted = append(kept, s), append(deleted, d.deleted[i])
		default:
			fetched, err := s.fetch(ctx, p.bucket, filepath.Join(dir, fmt.Sprint(i)))
			if err != nil {
				return err
			}
			fetched.deleted = d.deleted[i]
			parts = append(parts, fetched)
		}
	}
	if len(parts) > 0 {
		p.report.Mode = Merge
		if d.added != nil {
			c, err := decodeColumns(d.added.columns)
			if err != nil {
				return err
			}
			parts = append(parts, leaf{file: d.added.file, columns: c, hashes: d.added.hashes})
		}
		var err error
		if d.added, err = mergeParts(ctx, filepath.Join(dir, "merged"), parts); err != nil {
			return err
		}
	}
	if len(kept) < len(d.kept) {
		for path, album := range p.albums {
			var runs []int
			for r := range slices.Chunk(album.Runs, 3) {
				if n := number[r[0]]; n >= 0 {
					runs = append(runs, n, r[1], r[2])
				}
			}
			album.Runs = runs
			p.albums[path] = album
		}
	}
	d.kept, d.deleted = kept, deleted
	return nil
}
