package storage

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"
)

// ErrLeased is wrapped by the error of [Acquire] while another holds the lease.
var ErrLeased = errors.New("another holds the lease")

// ErrLeaseLost is wrapped by the error of a [Lease] that another holds by now.
var ErrLeaseLost = errors.New("the lease is lost")

// A Lease is the right to be the only one at some work, until it ends or is given back. It is an object in a bucket that
// changes by compare-and-swap. Because it ends by the clock, whoever holds it must stop before that, and because clocks differ,
// it saves work that two would do twice, and no more: what must not be lost is written by compare-and-swap itself.
type Lease struct {
	bucket Bucket
	key    string
	etag   string
	held   leaseState
}

// A leaseState is what the object holds. One without an owner is free.
type leaseState struct {
	Owner string    `json:"owner,omitempty"` // random
	Until time.Time `json:"until,omitzero"`
}

// Acquire takes the lease under a key for some time. It does not wait: while another holds it the error wraps ErrLeased.
func Acquire(ctx context.Context, b Bucket, key string, lasting time.Duration) (*Lease, error) {
	now := time.Now()
	l := &Lease{bucket: b, key: key, held: leaseState{Owner: rand.Text(), Until: now.Add(lasting).UTC()}}
	current, etag, err := readLease(ctx, b, key)
	if err != nil {
		return nil, err
	}
	if current.Owner != "" && now.Before(current.Until) {
		return nil, fmt.Errorf("%s: %w until %s", key, ErrLeased, current.Until.Format(time.RFC3339))
	}
	l.etag, err = l.put(ctx, l.held, PutOptions{IfMatch: etag, IfNoneMatch: etag == ""})
	if err == nil {
		return l, nil
	}
	// A request that was done but whose answer got lost is tried again, and then fails its condition by its own first try.
	current, etag, readErr := readLease(ctx, b, key)
	switch {
	case readErr == nil && current.Owner == l.held.Owner:
		l.etag = etag
		return l, nil
	case errors.Is(err, ErrPrecondition):
		return nil, fmt.Errorf("%s: %w: it was taken just now", key, ErrLeased)
	}
	return nil, err
}

// Until returns when the lease ends.
func (l *Lease) Until() time.Time { return l.held.Until }

// Renew makes the lease end that long from now. When another has it, because it had ended, the error wraps ErrLeaseLost.
func (l *Lease) Renew(ctx context.Context, lasting time.Duration) error {
	next := leaseState{Owner: l.held.Owner, Until: time.Now().Add(lasting).UTC()}
	etag, err := l.put(ctx, next, PutOptions{IfMatch: l.etag})
	if err != nil {
		current, now, readErr := readLease(ctx, l.bucket, l.key)
		switch {
		case readErr == nil && current == next: // as in Acquire
			etag = now
		case errors.Is(err, ErrPrecondition):
			return fmt.Errorf("%s: %w", l.key, ErrLeaseLost)
		default:
			return err
		}
	}
	l.etag, l.held = etag, next
	return nil
}

// Release gives the lease back. When another has it by now the error wraps ErrLeaseLost, and it stays theirs.
func (l *Lease) Release(ctx context.Context) error {
	_, err := l.put(ctx, leaseState{}, PutOptions{IfMatch: l.etag})
	if !errors.Is(err, ErrPrecondition) {
		return err
	}
	current, _, readErr := readLease(ctx, l.bucket, l.key)
	if readErr == nil && current.Owner == "" { // as in Acquire
		return nil
	}
	return fmt.Errorf("%s: %w", l.key, ErrLeaseLost)
}

func (l *Lease) put(ctx context.Context, state leaseState, o PutOptions) (etag string, err error) {
	body, err := json.Marshal(state)
	if err != nil {
		return "", err
	}
	o.ContentType = "application/json"
	return l.bucket.Put(ctx, l.key, body, o)
}

// readLease reads who holds a lease. One that is missing or damaged is free; only a missing one has no ETag.
func readLease(ctx context.Context, b Bucket, key string) (leaseState, string, error) {
	var state leaseState
	body, info, err := Read(ctx, b, key)
	if errors.Is(err, fs.ErrNotExist) {
		return state, "", nil
	}
	if err != nil {
		return state, "", err
	}
	if json.Unmarshal(body, &state) != nil {
		return leaseState{}, info.ETag, nil
	}
	return state, info.ETag, nil
}
