package search

import (
	"path/filepath"
	"runtime"
	"testing"

	"shoebox/internal/storage"
)

// The columns are most of what a reader holds in memory: they take what they need, and those that claim to be large take no
// memory for the claim.
func TestFetchedColumnsTakeTheirSize(t *testing.T) {
	t.Parallel()
	for _, photos := range []int{1000, 1400} { // a buffer that doubles is far too large for one of them
		bucket := storage.NewMem()
		publish(t, bucket, manyPhotos(photos))
		x := open(t, bucket)
		s := x.current.generation.Segments[0]
		// What is cut out of a buffer reaches to the buffer's end.
		if held := cap(x.current.leaves[0].columns.albums.ids.data); int64(held) > s.Columns.Size*5/4+2048 {
			t.Errorf("columns of %d bytes take %d", s.Columns.Size, held)
		}
	}
}

func TestFetchDoesNotBelieveSizes(t *testing.T) {
	bucket := storage.NewMem()
	publish(t, bucket, manyPhotos(10))
	s := open(t, bucket).current.generation.Segments[0]
	s.Columns.Size = maxColumns
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := s.fetch(t.Context(), bucket, filepath.Join(t.TempDir(), "segment")); err == nil {
		t.Error("columns smaller than they claim to be were read")
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 200<<20 {
		t.Errorf("columns that claim to be of %d bytes took %d", s.Columns.Size, took)
	}
}
