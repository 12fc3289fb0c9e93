package search

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/klauspost/compress/zstd"

	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// The keys of the index. All objects but the pointer are immutable.
const (
	indexPrefix      = gallery.State + "index/"
	segmentPrefix    = indexPrefix + "seg/"
	generationPrefix = indexPrefix + "gen/"
	// PointerKey is the key of the one object that changes: it names the current generation.
	PointerKey = indexPrefix + "current"
)

// ErrNoIndex is wrapped by the error of [Open] when the gallery has no index.
var ErrNoIndex = errors.New("the gallery has no search index: run shoebox build")

// generationFormat is the version of the stored generation.
//
//	1: first format
//	2: segments of one object each, with columns; what is deleted of them; compressed
const generationFormat = 2

// Bounds on what is read into memory or unpacked, whatever an object claims.
const (
	maxWindow     = 64 << 20 // bytes that unpacking may look back
	maxGeneration = 1 << 30  // bytes of a generation, unpacked
	maxColumns    = 1 << 30  // bytes of a segment's columns, unpacked
)

// A pointer says which generation is the current one.
type pointer struct {
	Generation string `json:"generation"` // key
	SHA256     string `json:"sha256"`     // of the generation's bytes
}

// A generation is one immutable state of the index: segments, what is deleted of each, and where the documents of each album
// are. A publisher appends a segment of what changed and marks what it replaces; to find that, it reads hashes of the albums
// that changed and nothing else of the segments. A reader fetches the segments that it does not have.
type generation struct {
	Format    int                   `json:"format"`
	Number    int64                 `json:"number"`
	Mapping   string                `json:"mapping"`   // fingerprint
	Documents int                   `json:"documents"` // that can be found
	Segments  []segment             `json:"segments"`  // none when there is no document
	Retired   []retired             `json:"retired,omitempty"`
	Albums    map[string]albumState `json:"albums"` // by path
}

// indexed returns the number of documents in the segments: those that can be found, and those deleted or replaced.
func (g *generation) indexed() int {
	n := 0
	for _, s := range g.Segments {
		n += s.Documents
	}
	return n
}

// A segment is one immutable object of the index: Bleve's file and our columns, each compressed, then hashSize bytes of the
// hash of each document, so that a publisher can read those of one album alone.
type segment struct {
	SHA256    string `json:"sha256"` // of the object's bytes, 64 hexadecimal digits; names it
	ETag      string `json:"etag"`   // of the object
	Documents int    `json:"documents"`
	Index     extent `json:"index"`
	Columns   extent `json:"columns"`
	Deleted   []byte `json:"deleted,omitempty"` // the numbers of the documents that are deleted or replaced, a Roaring bitmap
}

// An extent is a part of a segment.
type extent struct {
	Size   int64 `json:"size"`   // bytes
	Stored int64 `json:"stored"` // bytes in the object, packed
}

// A retired is a segment that a recent generation needs and this one does not: readers may still be fetching it.
type retired struct {
	SHA256 string    `json:"sha256"`
	By     int64     `json:"by"` // number of the first generation without it
	At     time.Time `json:"at"`
}

func segmentKey(sum string) string { return segmentPrefix + sum + ".zap.zst" }

func (s segment) key() string { return segmentKey(s.SHA256) }

// size is the number of bytes of the object.
func (s segment) size() int64 { return s.hashes() + int64(s.Documents)*hashSize }

// hashes is where the hashes begin.
func (s segment) hashes() int64 { return s.Index.Stored + s.Columns.Stored }

// deleted returns what is deleted of the segment, for the caller to keep.
func (s segment) deleted() (*roaring.Bitmap, error) {
	b := roaring.New()
	if len(s.Deleted) == 0 {
		return b, nil
	}
	if err := b.UnmarshalBinary(s.Deleted); err != nil {
		return nil, fmt.Errorf("what is deleted of %s: %w", s.key(), err)
	}
	if !b.IsEmpty() && int(b.Maximum()) >= s.Documents {
		return nil, fmt.Errorf("what is deleted of %s: number %d of %d", s.key(), b.Maximum(), s.Documents)
	}
	return b, nil
}

func generationKey(number int64, sum string) string {
	return fmt.Sprintf("%s%d-%.8s.json.zst", generationPrefix, number, sum)
}

// generationNumber returns the number in a generation's key, or 0.
func generationNumber(key string) int64 {
	digits, _, _ := strings.Cut(strings.TrimPrefix(key, generationPrefix), "-")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// readPointer returns the pointer and its ETag. A missing one wraps fs.ErrNotExist; one that can't be read has an ETag.
func readPointer(ctx context.Context, b storage.Bucket) (p pointer, etag string, err error) {
	data, info, err := storage.Read(ctx, b, PointerKey)
	if err != nil {
		return p, "", err
	}
	if err := json.Unmarshal(data, &p); err != nil {
		return p, info.ETag, fmt.Errorf("%s is damaged: %w", PointerKey, err)
	}
	if !strings.HasPrefix(p.Generation, generationPrefix) || !isSHA256(p.SHA256) {
		return p, info.ETag, fmt.Errorf("%s is damaged: it names no generation", PointerKey)
	}
	return p, info.ETag, nil
}

// readGeneration returns the generation that a pointer names, verified.
func readGeneration(ctx context.Context, b storage.Bucket, p pointer) (*generation, error) {
	data, err := readWithin(ctx, b, p.Generation, maxGeneration)
	if err != nil {
		return nil, err
	}
	if got := sha256Hex(data); got != p.SHA256 {
		return nil, fmt.Errorf("%s is damaged: its SHA-256 is %.8s…, want %.8s…", p.Generation, got, p.SHA256)
	}
	return parseGeneration(p.Generation, data)
}

func parseGeneration(key string, data []byte) (*generation, error) {
	if !bytes.HasPrefix(data, []byte("{")) { // as the first format was
		var err error
		if data, err = unpack(data, maxGeneration); err != nil {
			return nil, fmt.Errorf("%s is damaged: %w", key, err)
		}
	}
	var g generation
	err := json.Unmarshal(data, &g)
	if g.Format != generationFormat && g.Format != 0 { // whose other fields may be of other types
		return nil, fmt.Errorf("%s has format %d, this program reads %d: run shoebox build", key, g.Format, generationFormat)
	}
	if err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", key, err)
	}
	if err := g.check(); err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", key, err)
	}
	return &g, nil
}

// check reports what in a generation can't be.
func (g *generation) check() error {
	if g.Format != generationFormat {
		return errors.New("it has no format")
	}
	if len(g.Segments) > maxSegments {
		return fmt.Errorf("it has %d segments", len(g.Segments))
	}
	live := 0
	for _, s := range g.Segments {
		if !isSHA256(s.SHA256) || s.Documents <= 0 || s.Documents > math.MaxInt32 || s.Index.Size < 0 || s.Index.Stored < 0 ||
			s.Columns.Size < 0 || s.Columns.Size > maxColumns || s.Columns.Stored < 0 {
			return fmt.Errorf("segment %.8q", s.SHA256)
		}
		deleted, err := s.deleted()
		if err != nil {
			return err
		}
		live += s.Documents - int(deleted.GetCardinality())
	}
	if live != g.Documents {
		return fmt.Errorf("its segments have %d documents, want %d", live, g.Documents)
	}
	for path, album := range g.Albums {
		for i := 0; i < len(album.Runs); i += 3 {
			if len(album.Runs) < i+3 {
				return fmt.Errorf("album %q", path)
			}
			s, first, count := album.Runs[i], album.Runs[i+1], album.Runs[i+2]
			if s < 0 || s >= len(g.Segments) || first < 0 || count < 1 || first > g.Segments[s].Documents-count {
				return fmt.Errorf("album %q", path)
			}
		}
	}
	return nil
}

// fetch unpacks a segment, Bleve's file to a path of that name, and verifies every byte: Bleve itself would answer wrongly from
// a damaged one.
func (s segment) fetch(ctx context.Context, b storage.Bucket, file string) (p leaf, err error) {
	o, err := b.Get(ctx, s.key(), storage.Range{})
	if err != nil {
		return p, err
	}
	defer o.Body.Close()
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	h := sha256.New()
	stored := bufio.NewReaderSize(io.TeeReader(o.Body, h), 64<<10)
	p.file = file
	var columns bytes.Buffer
	// They stay in memory, and a buffer that grows by itself ends up to twice as large. A size that is claimed and far from that
	// of the object is not believed.
	columns.Grow(int(16*min(s.Columns.Size/16+1, o.Size)) + bytes.MinRead)
	err = s.Index.unpack(f, stored)
	if err == nil {
		err = s.Columns.unpack(&columns, stored)
	}
	if err == nil {
		p.hashes, err = io.ReadAll(stored)
	}
	switch {
	case err != nil:
	case len(p.hashes) != s.Documents*hashSize:
		err = fmt.Errorf("it has %d bytes of hashes, want %d", len(p.hashes), s.Documents*hashSize)
	case hexSum(h) != s.SHA256:
		err = errors.New("its SHA-256 is not its name")
	default:
		p.columns, err = decodeColumns(columns.Bytes())
	}
	if err == nil && p.columns.documents != s.Documents {
		err = fmt.Errorf("its columns have %d documents, want %d", p.columns.documents, s.Documents)
	}
	if err != nil {
		return p, fmt.Errorf("%s is damaged: %w", s.key(), err)
	}
	p.deleted, err = s.deleted()
	return p, err
}

// unpack copies what the extent holds from where it begins.
func (e extent) unpack(to io.Writer, stored io.Reader) error {
	limited := io.LimitReader(stored, e.Stored)
	r, err := zstd.NewReader(limited, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxWindow))
	if err != nil {
		return err
	}
	defer r.Close()
	n, err := io.Copy(to, io.LimitReader(r, e.Size+1))
	if err == nil && n != e.Size {
		err = fmt.Errorf("a part of it has %d bytes, want %d", n, e.Size)
	}
	if err == nil {
		_, err = io.Copy(io.Discard, limited)
	}
	return err
}

// readHashes reads the hashes of some documents of a segment, one after another.
func (s segment) readHashes(ctx context.Context, b storage.Bucket, first, count int) ([]byte, error) {
	o, err := b.Get(ctx, s.key(), storage.Range{Offset: s.hashes() + int64(first)*hashSize, Length: int64(count) * hashSize})
	if err != nil {
		return nil, err
	}
	defer o.Body.Close()
	hashes := make([]byte, count*hashSize)
	if _, err := io.ReadFull(o.Body, hashes); err != nil {
		return nil, fmt.Errorf("read %s: %w", s.key(), err)
	}
	return hashes, nil
}

func unpack(data []byte, limit int64) ([]byte, error) {
	r, err := zstd.NewReader(bytes.NewReader(data), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxWindow))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	unpacked, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(unpacked)) > limit {
		err = fmt.Errorf("it is larger than %d bytes", limit)
	}
	return unpacked, err
}

// pack compresses.
func pack(data []byte) ([]byte, error) {
	var out bytes.Buffer
	_, err := packInto(&out, bytes.NewReader(data), int64(len(data)))
	return out.Bytes(), err
}

// packInto compresses what it reads, about so many bytes. One thread makes the result depend on nothing but the data.
func packInto(out *bytes.Buffer, from io.Reader, size int64) (e extent, err error) {
	before := out.Len()
	// What it may look back is cleared first: for a small change, that would be most of the work.
	window := 64 << 10
	for window < 4<<20 && int64(window) < size {
		window *= 2
	}
	w, err := zstd.NewWriter(out, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(window))
	if err != nil {
		return e, err
	}
	if e.Size, err = io.Copy(w, from); err != nil {
		return e, errors.Join(err, w.Close())
	}
	if err := w.Close(); err != nil {
		return e, err
	}
	e.Stored = int64(out.Len() - before)
	return e, nil
}

func readWithin(ctx context.Context, b storage.Bucket, key string, limit int64) ([]byte, error) {
	o, err := b.Get(ctx, key, storage.Range{})
	if err != nil {
		return nil, err
	}
	defer o.Body.Close()
	data, err := io.ReadAll(io.LimitReader(o.Body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", key, err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s is damaged: it is larger than %d bytes", key, limit)
	}
	return data, nil
}

func isSHA256(s string) bool {
	_, err := hex.DecodeString(s)
	return err == nil && len(s) == 2*sha256.Size
}

func sha256Hex(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func hexSum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

func missing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
