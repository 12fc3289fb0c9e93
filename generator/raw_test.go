package generator_test

import (
	"context"
	"encoding/binary"
	"io"
	"sync"
	"testing"

	"shoebox/internal/storage"
)

// byRange is a bucket that can be read by Gets only, as S3, and notes those of one key.
type byRange struct {
	*storage.Mem
	key string

	mu   sync.Mutex // guards gets
	gets []storage.Range
}

func (b *byRange) Get(ctx context.Context, key string, r storage.Range) (*storage.Object, error) {
	o, err := b.Mem.Get(ctx, key, r)
	if err != nil || key != b.key {
		return o, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.gets = append(b.gets, r)
	o.Body = io.NopCloser(o.Body)
	return o, nil
}

// TestLargeRawIsReadByRange: an original too large for memory is hashed as it streams by; of its bytes little more than the preview
// is read a second time.
func TestLargeRawIsReadByRange(t *testing.T) {
	preview := photo(t, 1)
	be := binary.BigEndian
	entry := func(tag uint16, value int) []byte {
		return be.AppendUint32(be.AppendUint32(be.AppendUint16(be.AppendUint16(nil, tag), 4), 1), uint32(value))
	}
	const at = 50 << 20
	nef := append([]byte("MM\x00*\x00\x00\x00\x08\x00\x04"), entry(0x100, 6000)...)
	nef = append(append(append(nef, entry(0x101, 4000)...), entry(0x201, at)...), entry(0x202, len(preview))...)
	body := make([]byte, 70<<20)
	copy(body, nef)
	copy(body[at:], preview)

	b := &byRange{Mem: storage.NewMem(), key: "data/a.nef"}
	b.Upload(b.key, body, morning)
	report := build(t, b)
	if len(report.Failed) != 0 {
		t.Fatalf("failed: %+v", report.Failed)
	}
	again := int64(0)
	for _, g := range b.gets[2:] { // the first two are whole: to open it, and for its hash
		if g.Length == 0 {
			t.Errorf("asked for all from %d on", g.Offset)
		}
		again += g.Length
	}
	if n := len(b.gets) - 2; n != 2 || again > int64(len(preview))+128<<10 {
		t.Errorf("%d ranges with %d bytes: %v; want two, the first block and that of the preview of %d bytes", n, again, b.gets, len(preview))
	}
}
