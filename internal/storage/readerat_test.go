package storage_test

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"shoebox/internal/storage"
)

// remote is a bucket of one large object that can be read by Gets only, as in S3. It notes the ranges that are asked for.
type remote struct {
	storage.Bucket
	body []byte
	etag string

	mu   sync.Mutex // guards gets
	gets []storage.Range
}

func (r *remote) Get(_ context.Context, key string, part storage.Range) (*storage.Object, error) {
	r.mu.Lock()
	r.gets = append(r.gets, part)
	r.mu.Unlock()
	end := int64(len(r.body))
	if part.Length > 0 {
		end = min(end, part.Offset+part.Length)
	}
	info := storage.Info{Key: key, Size: int64(len(r.body)), ETag: r.etag}
	return &storage.Object{Info: info, Body: io.NopCloser(io.LimitReader(bytes.NewReader(r.body[part.Offset:end]), end-part.Offset))}, nil
}

// asked are the bytes of all Gets after the first, which opened the object.
func (r *remote) asked() (bytes int64) {
	for _, g := range r.gets[1:] {
		bytes += g.Length
	}
	return bytes
}

func large(t *testing.T) (*remote, *storage.File) {
	t.Helper()
	b := &remote{body: make([]byte, 64<<20+12345), etag: "a"}
	for i := range b.body {
		b.body[i] = byte(i * 7 / 5)
	}
	f, err := storage.OpenAt(t.Context(), b, "data/a.nef")
	if err != nil {
		t.Fatal(err)
	}
	return b, f
}

func TestLargeObjectIsReadInBlocks(t *testing.T) {
	b, f := large(t)
	read := func(at, n int64) {
		t.Helper()
		p := make([]byte, n)
		if k, err := f.ReadAt(p, at); int64(k) != n || err != nil || !bytes.Equal(p, b.body[at:at+n]) {
			t.Errorf("%d bytes at %d: read %d, %v", n, at, k, err)
		}
	}
	for at := range int64(1000) { // a header, some directories at the end, the header again
		read(at*12, 12)
	}
	for at := range int64(1000) {
		read(30<<20+at*3, 12)
	}
	read(8, 100)
	if want := []storage.Range{{}, {Offset: 0, Length: 64 << 10}, {Offset: 30 << 20, Length: 64 << 10}}; !slices.Equal(b.gets, want) {
		t.Errorf("asked for %v, want %v", b.gets, want)
	}
	read(40<<20+10, 6<<20) // a large part is asked for as it is
	if want := (storage.Range{Offset: 40<<20 + 10, Length: 6 << 20}); b.gets[len(b.gets)-1] != want {
		t.Errorf("asked for %v, want %v", b.gets[len(b.gets)-1], want)
	}
}

func TestLargeObjectIsReadAheadInARow(t *testing.T) {
	b, f := large(t)
	var got bytes.Buffer
	for r := io.NewSectionReader(f, 0, f.Size); ; {
		if _, err := io.CopyN(&got, r, 4<<10); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(got.Bytes(), b.body) {
		t.Fatalf("read %d bytes of %d, or others", got.Len(), len(b.body))
	}
	if n := len(b.gets); n > 40 || b.asked() != f.Size {
		t.Errorf("%d Gets of %d bytes together, want at most 40 of %d", n, b.asked(), f.Size)
	}
}

func TestLargeObjectReadAnywhere(t *testing.T) {
	b, f := large(t)
	random := rand.New(rand.NewPCG(1, 2))
	var readers sync.WaitGroup
	for range 4 {
		seed := random.Uint64()
		readers.Go(func() {
			random := rand.New(rand.NewPCG(seed, 3))
			for range 200 {
				at, n := random.Int64N(f.Size+100), random.Int64N(200_000)
				p := make([]byte, n)
				k, err := f.ReadAt(p, at)
				want := b.body[min(at, f.Size):min(at+n, f.Size)]
				if !bytes.Equal(p[:k], want) || (err == io.EOF) != (int64(k) < n) || err != nil && err != io.EOF {
					t.Errorf("%d bytes at %d: read %d, %v", n, at, k, err)
				}
			}
		})
	}
	readers.Wait()
}

func TestLargeObjectThatIsReplacedIsNotMixed(t *testing.T) {
	b, f := large(t)
	b.etag = "b"
	if _, err := f.ReadAt(make([]byte, 10), 0); err == nil {
		t.Error("read an object that was replaced since it was opened")
	}
}
