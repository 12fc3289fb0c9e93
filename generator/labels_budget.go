package generator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"time"

	"shoebox/internal/storage"
)

// A usage is how many requests were made to a recognizer, or are being made, in one month.
type usage struct {
	Requests int `json:"requests"`
}

// usageKey is the key of the usage of a month, in UTC: "state/labels/usage-2026-11.json".
func usageKey(when time.Time) string {
	return labelsMemory + "usage-" + when.UTC().Format("2006-01") + ".json"
}

// budget returns how many requests may still be made in a month.
func (g *Generator) budget(ctx context.Context, b storage.Bucket, when time.Time) (int, error) {
	var u usage
	if _, err := readState(ctx, b, usageKey(when), &u); err != nil {
		return 0, err
	}
	return max(0, g.config.Labels.PerMonth-u.Requests), nil
}

// A reservation is requests that were counted before they are made, so that any number of processes together never make more
// than allowed. One that is never used, since its process died, stays counted.
type reservation struct {
	bucket storage.Bucket
	key    string
}

// reserve counts requests that are about to be made; it is nil when the month's budget is not enough for them.
func (g *Generator) reserve(ctx context.Context, b storage.Bucket, when time.Time, requests int) (*reservation, error) {
	key := usageKey(when)
	_, err := change(ctx, b, key, func(u *usage) error {
		if u.Requests+requests > g.config.Labels.PerMonth {
			return errSpent
		}
		u.Requests += requests
		return nil
	})
	if errors.Is(err, errSpent) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &reservation{b, key}, nil
}

var errSpent = errors.New("the month's budget is spent")

// giveBack takes requests back that were not billed.
func (r *reservation) giveBack(ctx context.Context, requests int) error {
	_, err := change(ctx, r.bucket, r.key, func(u *usage) error {
		u.Requests = max(0, u.Requests-requests)
		return nil
	})
	return err
}

// changeAttempts is how often a change starts again that others get in the way of. With the waits between them it takes about
// half a minute, in which thousands of others can have been done.
const changeAttempts = 60

// change lets f change a small JSON object of ours, and stores it by compare-and-swap unless it is as before. When somebody else
// was faster it starts again from what is there. An error of f ends it.
func change[T any](ctx context.Context, b storage.Bucket, key string, f func(*T) error) (T, error) {
	for attempt := 1; ; attempt++ {
		var v T
		etag, err := readState(ctx, b, key, &v)
		if err != nil {
			return v, err
		}
		before, err := json.Marshal(v)
		if err != nil {
			return v, fmt.Errorf("encode %s: %w", key, err)
		}
		if err := f(&v); err != nil {
			return v, err
		}
		after, err := json.Marshal(v)
		if err != nil {
			return v, fmt.Errorf("encode %s: %w", key, err)
		}
		if bytes.Equal(before, after) {
			return v, nil
		}
		_, err = putJSON(ctx, b, key, after, storage.PutOptions{IfMatch: etag, IfNoneMatch: etag == ""})
		if err == nil || !errors.Is(err, storage.ErrPrecondition) || attempt == changeAttempts {
			return v, err
		}
		select {
		case <-ctx.Done():
			return v, ctx.Err()
		case <-time.After(rand.N(min(5*time.Millisecond<<min(attempt, 10), time.Second))):
		}
	}
}

// readState reads a JSON object of ours; a missing one leaves v as it is and has no ETag. A damaged one is an error, since taking
// it for empty would cost money.
func readState(ctx context.Context, b storage.Bucket, key string, v any) (etag string, err error) {
	body, info, err := storage.Read(ctx, b, key)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if err := json.Unmarshal(body, v); err != nil {
		return "", fmt.Errorf("%s is damaged, delete it: %w", key, err)
	}
	return info.ETag, nil
}
