package search

import (
	"context"
	"encoding/json"
	"fmt"
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
