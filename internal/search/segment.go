package search

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/RoaringBitmap/roaring/v2"
	blevedocument "github.com/blevesearch/bleve/v2/document"
	"github.com/blevesearch/bleve/v2/mapping"
	bleveindex "github.com/blevesearch/bleve_index_api"
	segmentapi "github.com/blevesearch/scorch_segment_api/v2"
	"github.com/blevesearch/zapx/v17"
)

// hashSize is how many bytes of a document's hash are kept: they tell whether one of the same album is as it was.
const hashSize = 6

// A built is a segment on this machine: Bleve's file, and what we keep beside it.
type built struct {
	file      string // path
	columns   []byte
	hashes    []byte // hashSize bytes of each document
	documents int
}

// mergeAtOnce bounds how many files are merged, and so are open, at once.
const mergeAtOnce = 32

// A segmentBuilder makes one segment of documents, numbered in the order they are added.
type segmentBuilder struct {
	dir     string // of its own
	mapping mapping.IndexMapping
	batch   []bleveindex.Document
	files   []string // one of each batch
	columns columnsBuilder
	hashes  []byte
	next    int // number of the next file
}

func (b *segmentBuilder) add(doc itemDocument) error {
	// Which item a document is, the columns say. Were it said in the index again, that would be a tenth larger.
	d := blevedocument.NewDocument("-")
	if err := b.mapping.MapDocument(d, doc.terms); err != nil {
		return fmt.Errorf("index %s: %w", doc.id, err)
	}
	d.AddIDField()
	d.VisitFields(func(f bleveindex.Field) {
		if f.Options().IsIndexed() {
			f.Analyze()
		}
	})
	b.batch = append(b.batch, d)
	b.columns.add(doc.row)
	b.hashes = append(b.hashes, doc.hash[:]...)
	if len(b.batch) == batchSize {
		return b.flush()
	}
	return nil
}

// path returns a path for a new file.
func (b *segmentBuilder) path() string {
	b.next++
	return filepath.Join(b.dir, strconv.Itoa(b.next)+".zap")
}

func (b *segmentBuilder) flush() error {
	if len(b.batch) == 0 {
		return nil
	}
	if err := os.MkdirAll(b.dir, 0o700); err != nil {
		return err
	}
	s, _, err := new(zap.ZapPlugin).New(b.batch)
	if err != nil {
		return fmt.Errorf("make a segment: %w", err)
	}
	unpersisted, ok := s.(segmentapi.UnpersistedSegment)
	if !ok {
		return fmt.Errorf("bleve's %T can't be written", s)
	}
	file := b.path()
	if err := unpersisted.Persist(file); err != nil {
		return fmt.Errorf("write a segment: %w", err)
	}
	b.batch, b.files = b.batch[:0], append(b.files, file)
	clear(b.batch[:cap(b.batch)])
	return nil
}

// finish returns the segment; nil when there was no document.
func (b *segmentBuilder) finish(ctx context.Context) (*built, error) {
	if err := b.flush(); err != nil {
		return nil, err
	}
	if len(b.files) == 0 {
		return nil, nil
	}
	for len(b.files) > 1 {
		var merged []string
		for first := 0; first < len(b.files); first += mergeAtOnce {
			group := b.files[first:min(first+mergeAtOnce, len(b.files))]
			file := group[0]
			if len(group) > 1 {
				file = b.path()
				if err := mergeFiles(ctx, file, group, make([]*roaring.Bitmap, len(group))); err != nil {
					return nil, err
				}
				for _, old := range group {
					if err := os.Remove(old); err != nil {
						return nil, err
					}
				}
			}
			merged = append(merged, file)
		}
		b.files = merged
	}
	return &built{file: b.files[0], columns: b.columns.encode(), hashes: b.hashes, documents: b.columns.documents}, nil
}

// A leaf is a segment on this machine, and what is deleted of it.
type leaf struct {
	file    string
	columns *columns
	hashes  []byte
	deleted *roaring.Bitmap // nil: nothing
}

// live is the number of documents that are not deleted.
func (p leaf) live() int {
	if p.deleted == nil {
		return p.columns.documents
	}
	return p.columns.documents - int(p.deleted.GetCardinality())
}

// mergeParts makes one segment of several, in their order, in a new file. Nothing is analysed again.
func mergeParts(ctx context.Context, file string, parts []leaf) (*built, error) {
	var files []string
	var drops []*roaring.Bitmap
	var columns columnsBuilder
	var hashes []byte
	var r row
	for _, p := range parts {
		files, drops = append(files, p.file), append(drops, p.deleted)
		for i := range p.columns.documents {
			if p.deleted != nil && p.deleted.Contains(uint32(i)) {
				continue
			}
			r = p.columns.row(i, r)
			columns.add(r)
			hashes = append(hashes, p.hashes[i*hashSize:][:hashSize]...)
		}
	}
	if err := mergeFiles(ctx, file, files, drops); err != nil {
		return nil, err
	}
	return &built{file: file, columns: columns.encode(), hashes: hashes, documents: columns.documents}, nil
}

// mergeFiles makes one of Bleve's segments of several. It is called off with the context.
func mergeFiles(ctx context.Context, file string, files []string, drops []*roaring.Bitmap) (err error) {
	plugin := new(zap.ZapPlugin)
	segments := make([]segmentapi.Segment, 0, len(files))
	defer func() {
		for _, s := range segments {
			if closeErr := s.Close(); err == nil {
				err = closeErr
			}
		}
	}()
	for _, f := range files {
		s, err := plugin.Open(f)
		if err != nil {
			return fmt.Errorf("open a segment to merge: %w", err)
		}
		segments = append(segments, s)
	}
	if err := ctx.Err(); err != nil {
		return err // what follows may be done before it hears of it
	}
	called := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { close(called) })
	defer stop()
	if _, _, err := plugin.Merge(segments, drops, file, called, nil); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("merge %d segments: %w", len(files), err)
	}
	return nil
}

// A run is documents of one album that follow each other in a segment.
type run struct {
	segment int // number of the segment in its generation
	first   int // number of the document
	count   int
}

// runs returns the runs of every album in a segment, by path.
func (c *columns) runs(segment int) map[string][]run {
	all := map[string][]run{}
	for first := 0; first < c.documents; {
		album, end := c.albums.one(first), first+1
		for end < c.documents && c.albums.one(end) == album {
			end++
		}
		path := c.albums.text(album)
		all[path] = append(all[path], run{segment, first, end - first})
		first = end
	}
	return all
}
