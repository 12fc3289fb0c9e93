package search

import (
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
	"os"
	"path/filepath"
	"strconv"
	"strings"

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
const generationFormat = 1

// Bounds on what is read into memory or unpacked, whatever an object claims.
const (
	maxRoot       = 64 << 20 // bytes of root.bolt, unpacked
	maxGeneration = 1 << 30  // bytes of a generation
)

// A pointer says which generation is the current one.
type pointer struct {
	Generation string `json:"generation"` // key
	SHA256     string `json:"sha256"`     // of the generation's bytes
}

// A generation is one immutable state of the index.
type generation struct {
	Format    int                   `json:"format"`
	Number    int64                 `json:"number"`
	Previous  string                `json:"previous,omitempty"` // key of the generation that this one was made from
	Mapping   string                `json:"mapping"`            // fingerprint
	Documents int                   `json:"documents"`          // that can be found
	Indexed   int                   `json:"indexed"`            // in the segments: the above and what was deleted or replaced
	Segments  []segment             `json:"segments"`           // none when there is no document
	Root      []byte                `json:"root,omitempty"`     // Bleve's root.bolt, which joins the segments; zstd
	Albums    map[string]albumState `json:"albums"`             // by path
}

// A segment is one immutable file of the index.
type segment struct {
	File   string `json:"file"`   // its name within this generation, as root.bolt has it
	SHA256 string `json:"sha256"` // of its bytes, 64 hexadecimal digits; names the object
	Size   int64  `json:"size"`   // bytes
	Stored int64  `json:"stored"` // bytes of the object, packed
}

func (s segment) key() string { return segmentPrefix + s.SHA256 + ".zap.zst" }

func generationKey(number int64, sum string) string {
	return fmt.Sprintf("%s%d-%.8s.json", generationPrefix, number, sum)
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
	var g generation
	if err := json.Unmarshal(data, &g); err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", key, err)
	}
	if g.Format != generationFormat {
		return nil, fmt.Errorf("%s has format %d, this program reads %d: run shoebox build", key, g.Format, generationFormat)
	}
	for _, s := range g.Segments {
		if !isSHA256(s.SHA256) || s.Size < 0 || filepath.Ext(s.File) != ".zap" || strings.ContainsAny(s.File, `/\`) {
			return nil, fmt.Errorf("%s is damaged: segment %q", key, s.File)
		}
	}
	return &g, nil
}

// fetch lays a generation out in dir as Bleve opens it, each file verified: Bleve itself would answer wrongly from a damaged
// one. Verified files that are at hand already, by SHA-256, are linked instead.
func (g *generation) fetch(ctx context.Context, b storage.Bucket, dir string, have map[string]string) error {
	if err := os.MkdirAll(filepath.Join(dir, storeDir), 0o700); err != nil {
		return err
	}
	for _, s := range g.Segments {
		file := filepath.Join(dir, storeDir, s.File)
		if path, ok := have[s.SHA256]; ok && os.Link(path, file) == nil {
			continue
		}
		if err := s.fetch(ctx, b, file); err != nil {
			return err
		}
	}
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxRoot))
	if err != nil {
		return err
	}
	defer r.Close()
	root, err := r.DecodeAll(g.Root, nil)
	if err != nil {
		return fmt.Errorf("generation %d is damaged: root.bolt: %w", g.Number, err)
	}
	if err := os.WriteFile(filepath.Join(dir, storeDir, rootFile), root, 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "index_meta.json"), []byte(`{"storage":"scorch","index_type":"scorch"}`), 0o600)
}

// The names that Bleve gives to its files.
const (
	storeDir = "store"
	rootFile = "root.bolt"
)

// fetch unpacks a segment into a file and verifies it.
func (s segment) fetch(ctx context.Context, b storage.Bucket, file string) (err error) {
	o, err := b.Get(ctx, s.key(), storage.Range{})
	if err != nil {
		return err
	}
	defer o.Body.Close()
	r, err := zstd.NewReader(o.Body, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxRoot))
	if err != nil {
		return err
	}
	defer r.Close()
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, h), io.LimitReader(r, s.Size+1))
	switch {
	case err != nil:
		return fmt.Errorf("%s is damaged: %w", s.key(), err)
	case n != s.Size:
		return fmt.Errorf("%s is damaged: it has %d bytes, want %d", s.key(), n, s.Size)
	case hexSum(h) != s.SHA256:
		return fmt.Errorf("%s is damaged: its SHA-256 is not its name", s.key())
	}
	return nil
}

// pack compresses. One thread makes the result depend on nothing but the data.
func pack(data []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := zstd.NewWriter(&out, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
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
