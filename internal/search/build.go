package search

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/blevesearch/bleve/v2"

	"shoebox/internal/storage"
)

// A layout is an index on disk, as Bleve left it, before it is stored.
type layout struct {
	dir       string    // with the files
	root      string    // path of root.bolt
	files     []string  // names of the segments that root.bolt refers to; others may lie there too
	known     []segment // segments that are stored already
	documents int
	indexed   int
}

// rebuild builds an index of one segment from all manifests.
func (p *publisher) rebuild(ctx context.Context, dir string) (*layout, error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	var builder bleve.Builder // made for the first document: Bleve can't build an index without one
	index := filepath.Join(dir, "index")
	built := &layout{}
	for _, album := range slices.Sorted(maps.Keys(p.albums)) {
		docs, err := p.documents(ctx, album)
		if err != nil {
			return nil, err
		}
		for _, id := range slices.Sorted(maps.Keys(docs)) {
			if builder == nil {
				builder, err = bleve.NewBuilder(index, p.mapping, map[string]any{"buildPathPrefix": dir, "batchSize": batchSize})
				if err != nil {
					return nil, err
				}
			}
			if err := builder.Index(id, docs[id]); err != nil {
				return nil, fmt.Errorf("index %s: %w", id, err)
			}
			built.documents++
		}
	}
	built.indexed = built.documents
	if builder == nil {
		return built, nil
	}
	if err := builder.Close(); err != nil {
		return nil, err
	}
	built.dir = filepath.Join(index, storeDir)
	built.root = filepath.Join(built.dir, rootFile)
	files, err := filepath.Glob(filepath.Join(built.dir, "*.zap"))
	if err != nil || len(files) != 1 {
		return nil, fmt.Errorf("bleve built the segments %q, want one: %w", files, err)
	}
	built.files = []string{filepath.Base(files[0])}
	return built, nil
}

// documents makes the documents of an album; none when it is gone meanwhile.
func (p *publisher) documents(ctx context.Context, album string) (map[string]document, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m, err := p.manifest(ctx, album)
	if missing(err) {
		delete(p.albums, album)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return documents(m, album, p.albums)
}

// append adds what changed to the previous generation, in dir. It returns a reason when it is better to build anew.
func (p *publisher) append(ctx context.Context, dir string) (built *layout, reason string, err error) {
	if p.previous.Documents <= smallGallery {
		return nil, "the gallery is small", nil
	}
	if err := p.previous.fetch(ctx, p.bucket, dir, nil); err != nil {
		return nil, "", err
	}
	// Merging in the background would make what is written depend on chance. Within these bounds there is never enough for it.
	index, err := bleve.OpenUsing(dir, map[string]any{"bolt_timeout": "5s",
		"scorchMergePlanOptions": map[string]any{"MaxSegmentsPerTier": 1000, "FloorSegmentSize": 1}})
	if err != nil {
		return nil, "", err
	}
	defer index.Close()
	d := diff{documents: p.previous.Documents, indexed: p.previous.Indexed, segments: len(p.previous.Segments)}
	for _, album := range slices.Concat(p.changed, p.gone) {
		var docs map[string]document
		if _, ok := p.albums[album]; ok {
			if docs, err = p.documents(ctx, album); err != nil {
				return nil, "", err
			}
		}
		before, err := hashes(ctx, index, album, p.previous.Documents)
		if err != nil {
			return nil, "", err
		}
		d.add(docs, before)
		if reason := d.tooMuch(); reason != "" {
			return nil, reason, nil
		}
	}
	if err := d.apply(ctx, index); err != nil {
		return nil, "", err
	}
	built = &layout{dir: filepath.Join(dir, storeDir), known: p.previous.Segments, documents: d.documents, indexed: d.indexed}
	if len(d.changes)+len(d.deletes) == 0 { // only what is not indexed changed
		for _, s := range p.previous.Segments {
			built.files = append(built.files, s.File)
		}
		built.root = filepath.Join(built.dir, rootFile)
		return built, "", nil
	}
	out := &rootOnly{dir: filepath.Join(dir, "root")}
	if err := os.Mkdir(out.dir, 0o700); err != nil {
		return nil, "", err
	}
	copyable, ok := index.(bleve.IndexCopyable)
	if !ok {
		return nil, "", fmt.Errorf("bleve's %T can't be copied", index)
	}
	if err := copyable.CopyTo(out); err != nil {
		return nil, "", err
	}
	built.root, built.files = filepath.Join(out.dir, rootFile), out.segments
	return built, "", nil
}

// A diff is what has to change in an index.
type diff struct {
	changes                      []change
	deletes                      []string
	documents, indexed, segments int
}

type change struct {
	id  string
	doc document
}

// add compares an album's documents with the hashes of those in the index.
func (d *diff) add(docs map[string]document, before map[string]string) {
	for _, id := range slices.Sorted(maps.Keys(docs)) {
		hash, known := before[id]
		if known && hash == docs[id].Hash {
			continue
		}
		d.changes = append(d.changes, change{id, docs[id]})
		d.indexed++
		if !known {
			d.documents++
		}
	}
	for _, id := range slices.Sorted(maps.Keys(before)) {
		if _, ok := docs[id]; !ok {
			d.deletes = append(d.deletes, id)
			d.documents--
		}
	}
}

func (d *diff) tooMuch() string {
	switch added := (len(d.changes) + batchSize - 1) / batchSize; {
	case d.segments+added > maxSegments:
		return fmt.Sprintf("the index would have more than %d segments", maxSegments)
	case float64(d.indexed-d.documents) > maxDeleted*float64(d.indexed):
		return fmt.Sprintf("more than %.0f %% of the index would be deleted", 100*maxDeleted)
	}
	return ""
}

func (d *diff) apply(ctx context.Context, index bleve.Index) error {
	batch := index.NewBatch()
	for _, id := range d.deletes {
		batch.Delete(id)
	}
	for part := range slices.Chunk(d.changes, batchSize) {
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, c := range part {
			if err := batch.Index(c.id, c.doc); err != nil {
				return fmt.Errorf("index %s: %w", c.id, err)
			}
		}
		if err := index.Batch(batch); err != nil {
			return err
		}
		batch.Reset()
	}
	if batch.Size() == 0 {
		return nil
	}
	return index.Batch(batch)
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

// rootOnly takes a clean root.bolt and the names of the segments that it refers to from Bleve's copy of an index. What else
// lies in an index's directory may be left over.
type rootOnly struct {
	dir      string
	segments []string
}

// GetWriter implements Bleve's index.Directory. Bleve skips the file when there is no writer.
func (r *rootOnly) GetWriter(path string) (io.WriteCloser, error) {
	name := filepath.Base(path)
	if filepath.Ext(name) == ".zap" {
		r.segments = append(r.segments, name)
		return nil, nil
	}
	return os.Create(filepath.Join(r.dir, name))
}

// store writes what was built: segments, then the generation, then the pointer.
func (p *publisher) store(ctx context.Context, built *layout) error {
	g := generation{Format: generationFormat, Number: p.number() + 1, Previous: p.key, Mapping: p.fingerprint,
		Documents: built.documents, Indexed: built.indexed, Segments: []segment{}, Albums: p.albums}
	for _, name := range built.files {
		s, err := p.storeSegment(ctx, built, name)
		if err != nil {
			return err
		}
		g.Segments = append(g.Segments, s)
	}
	if built.root != "" {
		root, err := os.ReadFile(built.root)
		if err != nil {
			return err
		}
		if g.Root, err = pack(root); err != nil {
			return err
		}
	}
	data, err := json.Marshal(g)
	if err != nil {
		return err
	}
	current := pointer{SHA256: sha256Hex(data)}
	current.Generation = generationKey(g.Number, current.SHA256)
	if err := p.put(ctx, current.Generation, data, storage.PutOptions{}); err != nil {
		return err
	}
	data, err = json.Marshal(current)
	if err != nil {
		return err
	}
	if err := p.put(ctx, PointerKey, data, storage.PutOptions{IfMatch: p.etag, IfNoneMatch: p.etag == "",
		ContentType: "application/json"}); err != nil {
		return err
	}
	p.report.Generation, p.report.Documents, p.key = g.Number, g.Documents, current.Generation
	return nil
}

// storeSegment writes a segment that is not stored yet.
func (p *publisher) storeSegment(ctx context.Context, built *layout, name string) (segment, error) {
	for _, s := range built.known {
		if s.File == name {
			return s, nil
		}
	}
	data, err := os.ReadFile(filepath.Join(built.dir, name))
	if err != nil {
		return segment{}, err
	}
	packed, err := pack(data)
	if err != nil {
		return segment{}, err
	}
	s := segment{File: name, SHA256: sha256Hex(data), Size: int64(len(data)), Stored: int64(len(packed))}
	return s, p.put(ctx, s.key(), packed, storage.PutOptions{})
}

func (p *publisher) put(ctx context.Context, key string, data []byte, o storage.PutOptions) error {
	if _, err := p.bucket.Put(ctx, key, data, o); err != nil {
		return err
	}
	p.report.Written = append(p.report.Written, key)
	return nil
}

// number is the highest number of a generation so far, so that a new one is told from all others in a listing.
func (p *publisher) number() int64 {
	highest := generationNumber(p.key)
	for key := range p.stored {
		highest = max(highest, generationNumber(key))
	}
	return highest
}
