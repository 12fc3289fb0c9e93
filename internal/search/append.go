package search

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// An update is a change of the previous generation under way. Nothing of its segments is fetched but the hashes of the
// documents that may have changed, so that the work depends on the change and not on the size of the gallery.
type update struct {
	segments []segment
	deleted  []*roaring.Bitmap // of each
	builder  segmentBuilder
	changed  bool // something is deleted
	reads    int  // of hashes
}

// fewReads is how many segments are read, or merged, for a change in one album: with the listing, the pointer and the generation
// read and the new segment, generation and pointer written, that makes ten requests.
const fewReads = 4

// append adds what changed to the previous generation, and merges segments when they are worn. It returns a reason when it is
// better to build anew.
func (p *publisher) append(ctx context.Context, dir string) (_ *draft, reason string, err error) {
	const small = "the gallery is small"
	if p.previous.Documents <= smallGallery {
		return nil, small, nil
	}
	u := &update{segments: p.previous.Segments, builder: segmentBuilder{dir: filepath.Join(dir, "new"), mapping: p.mapping}}
	for _, s := range u.segments {
		deleted, err := s.deleted()
		if err != nil {
			return nil, "", err
		}
		u.deleted = append(u.deleted, deleted)
	}
	for _, album := range slices.Concat(p.changed, p.gone) {
		if err := p.update(ctx, u, album); err != nil {
			return nil, "", err
		}
	}
	added, err := u.builder.finish(ctx)
	if err != nil {
		return nil, "", err
	}
	p.report.Mode = Append
	d := &draft{kept: slices.Clone(u.segments), deleted: u.deleted, added: added}
	if added == nil && !u.changed { // only what is not indexed
		return d, "", nil
	}
	atOnce := maxSegments
	if len(p.changed)+len(p.gone) == 1 {
		atOnce = max(0, fewReads-u.reads)
	}
	first := d.worn(atOnce)
	documents := 0
	for i := range d.kept {
		documents += d.live(i)
	}
	if added != nil {
		documents += added.documents
	}
	if first < len(d.kept) && documents <= smallGallery {
		return nil, small, nil
	}
	if err := p.merge(ctx, d, first, filepath.Join(dir, "old")); err != nil {
		return nil, "", fmt.Errorf("merge the search index: %w", err)
	}
	return d, "", nil
}

// update brings the documents of an album up to date.
func (p *publisher) update(ctx context.Context, u *update, album string) error {
	var docs []itemDocument
	if _, ok := p.albums[album]; ok {
		var err error
		if docs, err = p.documents(ctx, album); err != nil {
			return err
		}
	}
	before, err := p.indexed(ctx, u, album)
	if err != nil {
		return err
	}
	for _, doc := range docs {
		if _, ok := before[doc.hash]; ok {
			delete(before, doc.hash)
			continue
		}
		if err := u.builder.add(doc); err != nil {
			return err
		}
	}
	for _, at := range before {
		u.deleted[at.segment].Add(uint32(at.first))
		u.changed = true
	}
	return nil
}

// indexed returns where the documents of an album are, by their hashes.
func (p *publisher) indexed(ctx context.Context, u *update, album string) (map[[hashSize]byte]run, error) {
	all := map[[hashSize]byte]run{}
	runs := p.previous.Albums[album].Runs
	for i, s := range u.segments {
		// One read for all: where they are far apart, the segment was merged of small ones.
		first, end := math.MaxInt, 0
		for j := 0; j < len(runs); j += 3 {
			if runs[j] == i {
				first, end = min(first, runs[j+1]), max(end, runs[j+1]+runs[j+2])
			}
		}
		if end == 0 {
			continue
		}
		u.reads++
		hashes, err := s.readHashes(ctx, p.bucket, first, end-first)
		if err != nil {
			return nil, err
		}
		for j := 0; j < len(runs); j += 3 {
			if runs[j] != i {
				continue
			}
			for n := runs[j+1]; n < runs[j+1]+runs[j+2]; n++ {
				if !u.deleted[i].Contains(uint32(n)) {
					all[[hashSize]byte(hashes[(n-first)*hashSize:])] = run{segment: i, first: n}
				}
			}
		}
	}
	return all, nil
}
