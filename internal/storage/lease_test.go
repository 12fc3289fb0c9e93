package storage_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"shoebox/internal/storage"
)

const leaseKey = "state/lease.json"

func TestLease(t *testing.T) {
	b := storage.NewMem()
	first, err := storage.Acquire(t.Context(), b, leaseKey, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if left := time.Until(first.Until()); left < 50*time.Second || left > time.Minute {
		t.Errorf("it ends in %s, want a minute", left)
	}
	if _, err := storage.Acquire(t.Context(), b, leaseKey, time.Minute); !errors.Is(err, storage.ErrLeased) {
		t.Errorf("a second one: %v, want ErrLeased", err)
	}
	if err := first.Renew(t.Context(), time.Hour); err != nil || time.Until(first.Until()) < 50*time.Minute {
		t.Errorf("renewed until %s, %v", first.Until(), err)
	}
	if err := first.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	second, err := storage.Acquire(t.Context(), b, leaseKey, -time.Second) // it has ended already
	if err != nil {
		t.Fatal(err)
	}
	third, err := storage.Acquire(t.Context(), b, leaseKey, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"renew": second.Renew(t.Context(), time.Minute), "release": second.Release(t.Context()), "release of one released": first.Release(t.Context()),
	} {
		if !errors.Is(err, storage.ErrLeaseLost) {
			t.Errorf("%s: %v, want ErrLeaseLost", name, err)
		}
	}
	if err := third.Release(t.Context()); err != nil {
		t.Errorf("the one who took it over: %v", err)
	}
}

func TestLeaseDamaged(t *testing.T) {
	b := storage.NewMem()
	b.Upload(leaseKey, []byte("{not JSON"), time.Now())
	if _, err := storage.Acquire(t.Context(), b, leaseKey, time.Minute); err != nil {
		t.Error(err)
	}
}

// A twice does every Put twice, as when its first answer is lost and it is tried again.
type twice struct{ storage.Bucket }

func (b twice) Put(ctx context.Context, key string, body []byte, o storage.PutOptions) (string, error) {
	if _, err := b.Bucket.Put(ctx, key, body, o); err != nil {
		return "", err
	}
	return b.Bucket.Put(ctx, key, body, o)
}

func TestLeaseWhoseAnswersAreLost(t *testing.T) {
	b := twice{storage.NewMem()}
	l, err := storage.Acquire(t.Context(), b, leaseKey, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Renew(t.Context(), time.Hour); err != nil {
		t.Error(err)
	}
	if err := l.Release(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := storage.Acquire(t.Context(), b, leaseKey, time.Minute); err != nil {
		t.Error(err)
	}
}

// TestLeaseRace has many take, hold, give back or forget one lease, and wants at most one to hold it at a time.
func TestLeaseRace(t *testing.T) {
	b := storage.NewMem()
	var holding, held, lost atomic.Int64
	var wg sync.WaitGroup
	for i := range 16 {
		random := rand.New(rand.NewPCG(1, uint64(i)))
		wg.Go(func() {
			for range 100 {
				lasting := time.Minute
				forget := random.IntN(10) == 0
				if forget {
					lasting = 0
				}
				l, err := storage.Acquire(t.Context(), b, leaseKey, lasting)
				if errors.Is(err, storage.ErrLeased) {
					time.Sleep(time.Duration(random.IntN(100)) * time.Microsecond) // else one may ask all its times while another holds it
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				held.Add(1)
				if forget {
					if errors.Is(l.Renew(t.Context(), 0), storage.ErrLeaseLost) {
						lost.Add(1)
					}
					continue
				}
				if n := holding.Add(1); n != 1 {
					t.Errorf("%d hold it at once", n)
				}
				time.Sleep(time.Duration(random.IntN(100)) * time.Microsecond)
				holding.Add(-1)
				if err := l.Release(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if held.Load() < 50 {
		t.Errorf("held %d times only", held.Load())
	}
	t.Logf("held %d times, lost %d times", held.Load(), lost.Load())
}
