package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"shoebox/internal/search"
	"shoebox/internal/storage"
)

// A slow bucket keeps whoever wants a segment of the index waiting, and counts who wants the pointer.
type slow struct {
	*storage.Mem
	wait     chan struct{}
	pointers atomic.Int64
}

func (s *slow) Get(ctx context.Context, key string, r storage.Range) (*storage.Object, error) {
	if key == search.PointerKey {
		s.pointers.Add(1)
	}
	if strings.Contains(key, "/index/seg/") {
		select {
		case <-s.wait:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return s.Mem.Get(ctx, key, r)
}

func documents(t *testing.T, x *index) int {
	t.Helper()
	found, err := x.Search(t.Context(), search.Parse("photo"), search.Options{Size: 10})
	if err != nil {
		t.Fatal(err)
	}
	return found.Total
}

// TestIndexServesWhatItHas wants searches to be answered from the old index while a newer one is fetched.
func TestIndexServesWhatItHas(t *testing.T) {
	b := &slow{Mem: storage.NewMem(), wait: make(chan struct{})}
	close(b.wait)
	x := &index{bucket: b, dir: t.TempDir(), log: slog.New(slog.DiscardHandler)}
	if _, err := x.Search(t.Context(), search.Parse("photo"), search.Options{}); !errors.Is(err, search.ErrNoIndex) {
		t.Errorf("without an index: %v, want ErrNoIndex", err)
	}
	publish(t, b.Mem, "data/photo 1.jpg")
	if n := documents(t, x); n != 1 {
		t.Errorf("found %d, want 1", n)
	}
	publish(t, b.Mem, "data/photo 1.jpg", "data/photo 2.jpg")
	asked := b.pointers.Load()
	for range 5 {
		if n := documents(t, x); n != 1 {
			t.Errorf("found %d, want the 1 of before: it was looked for a newer index just now", n)
		}
	}
	if n := b.pointers.Load() - asked; n != 0 {
		t.Errorf("asked %d times for a newer one", n)
	}
	b.wait = make(chan struct{})
	longAgo(x)
	start := time.Now()
	if n := documents(t, x); n != 1 || time.Since(start) < patience {
		t.Errorf("found %d after %s, want the 1 of before after some patience", n, time.Since(start))
	}
	close(b.wait)
	for deadline := time.Now().Add(10 * time.Second); documents(t, x) != 2; {
		if time.Now().After(deadline) {
			t.Fatal("the newer index was not opened")
		}
	}
	if got := b.pointers.Load() - asked; got != 1 {
		t.Errorf("asked %d times for a newer one, want once", got)
	}
}

// longAgo makes the index forget that it looked for a newer one.
func longAgo(x *index) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.checked = time.Now().Add(-checkEvery)
}

// TestIndexOutlivesADamagedOne wants the index of before to stay in use.
func TestIndexOutlivesADamagedOne(t *testing.T) {
	b := storage.NewMem()
	publish(t, b, "data/photo 1.jpg")
	x := &index{bucket: b, dir: t.TempDir(), log: slog.New(slog.DiscardHandler)}
	if n := documents(t, x); n != 1 {
		t.Errorf("found %d, want 1", n)
	}
	if _, err := b.Put(t.Context(), search.PointerKey, []byte("{"), storage.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	longAgo(x)
	if n := documents(t, x); n != 1 {
		t.Errorf("with a damaged pointer it finds %d, want 1", n)
	}
	b.Remove(search.PointerKey)
	longAgo(x)
	if n := documents(t, x); n != 1 {
		t.Errorf("without a pointer it finds %d, want 1", n)
	}
	// One that never was is looked for each time.
	x = &index{bucket: b, dir: t.TempDir(), log: slog.New(slog.DiscardHandler)}
	if _, err := x.Search(t.Context(), search.Parse("photo"), search.Options{}); !errors.Is(err, search.ErrNoIndex) {
		t.Errorf("without a pointer: %v", err)
	}
	publish(t, b, "data/photo 1.jpg", "data/photo 2.jpg")
	if n := documents(t, x); n != 2 {
		t.Errorf("found %d, want 2", n)
	}
}
