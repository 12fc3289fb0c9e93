package search

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/blevesearch/bleve/v2"
)

// append adds what changed to the previous generation, in dir, and merges the index when it is worn. It returns a reason when
// it is better to build anew.
func (p *publisher) append(ctx context.Context, dir string) (built *layout, reason string, err error) {
	const small = "the gallery is small"
	if p.previous.Documents <= smallGallery {
		return nil, small, nil
	}
	if err := p.previous.fetch(ctx, p.bucket, dir, nil); err != nil {
		return nil, "", err
	}
	// Merging in the background would make what is written depend on chance: within these bounds there is never enough for it.
	index, err := bleve.OpenUsing(dir, map[string]any{"bolt_timeout": "5s",
		"scorchMergePlanOptions": map[string]any{"MaxSegmentsPerTier": 1000, "FloorSegmentSize": 1}})
	if err != nil {
		return nil, "", err
	}
	defer index.Close()
	u := &update{index: index, batch: index.NewBatch(), documents: p.previous.Documents, indexed: p.previous.Indexed,
		segments: len(p.previous.Segments)}
	for _, album := range slices.Concat(p.changed, p.gone) {
		if err := p.update(ctx, u, album); err != nil {
			return nil, "", err
		}
	}
	if u.worn() && u.documents <= smallGallery {
		return nil, small, nil
	}
	if err := u.flush(); err != nil {
		return nil, "", err
	}
	p.report.Mode = Append
	built = &layout{known: p.previous.Segments, documents: u.documents, indexed: u.indexed}
	if !u.changed { // only what is not indexed
		for _, s := range p.previous.Segments {
			built.files = append(built.files, s.File)
		}
		built.root = filepath.Join(dir, storeDir, rootFile)
		return built, "", nil
	}
	if u.worn() {
		p.report.Mode = Merge
		if err := p.merge(ctx, u); err != nil {
			return nil, "", fmt.Errorf("merge the search index: %w", err)
		}
		built.indexed = built.documents
	}
	if n, err := index.DocCount(); err != nil || n != uint64(built.documents) {
		return nil, "", errors.Join(fmt.Errorf("the index has %d documents, want %d", n, built.documents), err)
	}
	if err := built.copy(index, filepath.Join(dir, "copy")); err != nil {
		return nil, "", err
	}
	return built, "", nil
}

// update brings the documents of an album up to date.
func (p *publisher) update(ctx context.Context, u *update, album string) error {
	var docs map[string]document
	if _, ok := p.albums[album]; ok {
		var err error
		if docs, err = p.documents(ctx, album); err != nil {
			return err
		}
	}
	before, err := hashes(ctx, u.index, album, p.previous.Indexed)
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(docs)) {
		hash, known := before[id]
		if known && hash == docs[id].Hash {
			continue
		}
		if !known {
			u.documents++
		}
		if err := u.add(id, docs[id]); err != nil {
			return err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(before)) {
		if _, ok := docs[id]; !ok {
			u.remove(id)
		}
	}
	return nil
}

// An update is a change of an index under way. Every flush makes one segment of what was added since the last.
type update struct {
	index     bleve.Index
	batch     *bleve.Batch
	indexes   int // documents in the batch that are added, not removed
	changed   bool
	documents int // as in [generation], like the next two
	indexed   int
	segments  int
}

func (u *update) add(id string, doc document) error {
	if err := u.batch.Index(id, doc); err != nil {
		return fmt.Errorf("index %s: %w", id, err)
	}
	u.indexes++
	u.indexed++
	if u.indexes == batchSize {
		return u.flush()
	}
	return nil
}

func (u *update) remove(id string) {
	u.batch.Delete(id)
	u.documents--
}

func (u *update) flush() error {
	if u.batch.Size() == 0 {
		return nil
	}
	if err := u.index.Batch(u.batch); err != nil {
		return err
	}
	if u.indexes > 0 {
		u.segments++
	}
	u.batch = u.index.NewBatch() // not reset: Bleve still reads the one before
	u.indexes, u.changed = 0, true
	return nil
}

// worn reports whether the index, with what is in the batch, has too many segments or too much in them that is deleted.
func (u *update) worn() bool {
	return u.segments+min(u.indexes, 1) > maxSegments || float64(u.indexed-u.documents) > maxDeleted*float64(u.indexed)
}

// hashes returns the documents that are directly in an album, with their hashes.
func hashes(ctx context.Context, index bleve.Index, album string, limit int) (map[string]string, error) {
	q := bleve.NewTermQuery(albumTerm(album))
	q.SetField(fieldAlbum)
	request := bleve.NewSearchRequestOptions(q, limit, 0, false)
	request.Fields = []string{fieldHash}
	request.Score = "none"
	found, err := index.SearchInContext(ctx, request)
	if err != nil {
		return nil, err
	}
	all := make(map[string]string, len(found.Hits))
	for _, hit := range found.Hits {
		all[hit.ID], _ = hit.Fields[fieldHash].(string)
	}
	return all, nil
}

// copy lays a clean copy of an open index out in dir, but for the segments that are known. What is in the index's own directory
// may be left over, or go as Bleve pleases.
func (l *layout) copy(index bleve.Index, dir string) error {
	copyable, ok := index.(bleve.IndexCopyable)
	if !ok {
		return fmt.Errorf("bleve's %T can't be copied", index)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	l.dir, l.root = dir, filepath.Join(dir, rootFile)
	return copyable.CopyTo((*copier)(l))
}

// A copier is where Bleve copies an index to.
type copier layout

// GetWriter implements Bleve's index.Directory. Bleve skips the file when there is no writer.
func (c *copier) GetWriter(path string) (io.WriteCloser, error) {
	name := filepath.Base(path)
	if filepath.Ext(name) == ".zap" {
		c.files = append(c.files, name)
		if slices.ContainsFunc(c.known, func(s segment) bool { return s.File == name }) {
			return nil, nil
		}
	}
	return os.Create(filepath.Join(c.dir, name))
}
