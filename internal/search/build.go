package search

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"shoebox/internal/storage"
)

// A draft is a generation that is not stored yet: segments of before, then maybe a new one.
type draft struct {
	kept    []segment
	deleted []*roaring.Bitmap // of each kept segment
	added   *built            // nil: none
}

// rebuild builds an index of one segment from all manifests.
func (p *publisher) rebuild(ctx context.Context, dir string) (*draft, error) {
	builder := segmentBuilder{dir: dir, mapping: p.mapping}
	for _, album := range slices.Sorted(maps.Keys(p.albums)) {
		docs, err := p.documents(ctx, album)
		if err != nil {
			return nil, err
		}
		for _, doc := range docs {
			if err := builder.add(doc); err != nil {
				return nil, err
			}
		}
	}
	for path, album := range p.albums {
		album.Runs = nil
		p.albums[path] = album
	}
	added, err := builder.finish(ctx)
	return &draft{added: added}, err
}

// documents makes the documents of an album; none when it is gone meanwhile.
func (p *publisher) documents(ctx context.Context, album string) ([]itemDocument, error) {
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

// store writes a draft: the new segment, then the generation, then the pointer.
func (p *publisher) store(ctx context.Context, d *draft) error {
	g := generation{Format: generationFormat, Number: p.number() + 1, Mapping: p.fingerprint, Segments: []segment{}, Albums: p.albums}
	for i, s := range d.kept {
		var err error
		d.deleted[i].RunOptimize()
		if s.Deleted = nil; !d.deleted[i].IsEmpty() {
			if s.Deleted, err = d.deleted[i].ToBytes(); err != nil {
				return err
			}
		}
		g.Segments = append(g.Segments, s)
		g.Documents += s.Documents - int(d.deleted[i].GetCardinality())
	}
	if d.added != nil {
		c, err := decodeColumns(d.added.columns)
		if err != nil {
			return err
		}
		for path, runs := range c.runs(len(g.Segments)) {
			album, ok := p.albums[path]
			if !ok {
				return fmt.Errorf("the segment has documents of album %q, which is gone", path)
			}
			for _, r := range runs {
				album.Runs = append(album.Runs, r.segment, r.first, r.count)
			}
			p.albums[path] = album
		}
		s, err := p.storeSegment(ctx, d.added)
		if err != nil {
			return err
		}
		g.Segments = append(g.Segments, s)
		g.Documents += s.Documents
	}
	g.Retired = p.retired(&g)
	data, err := json.Marshal(g)
	if err != nil {
		return err
	}
	if data, err = pack(data); err != nil {
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
	p.report.Generation, p.report.Documents, p.key, p.stays = g.Number, g.Documents, current.Generation, &g
	return nil
}

// storeSegment writes a segment.
func (p *publisher) storeSegment(ctx context.Context, b *built) (segment, error) {
	index, err := os.Open(b.file)
	if err != nil {
		return segment{}, err
	}
	defer index.Close()
	s := segment{Documents: b.documents}
	var out bytes.Buffer
	info, err := index.Stat()
	if err != nil {
		return segment{}, err
	}
	if s.Index, err = packInto(&out, index, info.Size()); err != nil {
		return segment{}, err
	}
	if s.Columns, err = packInto(&out, bytes.NewReader(b.columns), int64(len(b.columns))); err != nil {
		return segment{}, err
	}
	out.Write(b.hashes)
	object := out.Bytes()
	s.SHA256 = sha256Hex(object)
	s.ETag, err = p.bucket.Put(ctx, s.key(), object, storage.PutOptions{})
	if err == nil {
		p.report.Written = append(p.report.Written, s.key())
	}
	return s, err
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
