package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"shoebox/internal/search"
	"shoebox/internal/storage"
)

const (
	// checkEvery is how old the answer of an index may be: so often it is asked for a newer one, when there are searches.
	checkEvery = 10 * time.Second
	// patience is how long a search waits for a newer index to be fetched. It goes on being fetched meanwhile, also during the
	// searches after, since Lambda stops a process between them.
	patience = 500 * time.Millisecond
	// fetchTime bounds one attempt, with the time that the process was stopped.
	fetchTime = 15 * time.Minute
)

// An index is the gallery's search index, fetched when it is first needed and refreshed while it is in use.
type index struct {
	bucket storage.Bucket
	dir    string // for files
	log    *slog.Logger

	mu       sync.Mutex // guards what follows
	opened   *search.Index
	err      error         // why there is none
	checked  time.Time     // when it was last looked for a newer one
	checking chan struct{} // closed when that is done; nil when nobody looks
}

var (
	_ search.Searcher = (*index)(nil)
	_ search.Parser   = (*index)(nil)
)

// Parse implements [search.Parser]: the gallery's own names are understood.
func (x *index) Parse(ctx context.Context, text, scope string, c search.Context) (search.Query, error) {
	opened, err := x.newest(ctx)
	if err != nil {
		return search.Query{}, err
	}
	return opened.Parse(ctx, text, scope, c)
}

// Search implements [search.Searcher]. The first search waits for the index; those after have the one that there is when a newer
// one takes long. Before the gallery has an index the error wraps [search.ErrNoIndex].
func (x *index) Search(ctx context.Context, q search.Query, o search.Options) (search.Results, error) {
	opened, err := x.newest(ctx)
	if err != nil {
		return search.Results{}, err
	}
	return opened.Search(ctx, q, o)
}

func (x *index) newest(ctx context.Context) (*search.Index, error) {
	x.mu.Lock()
	if x.checking == nil && (x.opened == nil || time.Since(x.checked) >= checkEvery) {
		x.checking = make(chan struct{})
		go x.check(context.WithoutCancel(ctx), x.checking)
	}
	checking, opened := x.checking, x.opened
	x.mu.Unlock()
	if checking != nil {
		late := time.After(patience)
		if opened == nil {
			late = nil
		}
		select {
		case <-checking:
		case <-late:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.opened == nil {
		return nil, x.err
	}
	return x.opened, nil
}

// check opens the index, or refreshes the one that is open.
func (x *index) check(ctx context.Context, done chan struct{}) {
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	x.mu.Lock()
	opened := x.opened
	x.mu.Unlock()
	start, changed := time.Now(), opened == nil
	var err error
	if opened == nil {
		opened, err = search.Open(ctx, x.bucket, x.dir)
	} else {
		changed, err = opened.Refresh(ctx)
	}
	switch {
	case errors.Is(err, search.ErrNoIndex):
		x.log.Warn("no index yet")
	case err != nil:
		x.log.Error("index not refreshed", "error", err.Error())
	case changed:
		number, documents := opened.Generation()
		x.log.Info("index opened", "generation", number, "documents", documents, "ms", time.Since(start).Milliseconds())
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.checked, x.checking = time.Now(), nil
	if x.opened == nil && err == nil {
		x.opened = opened
	}
	x.err = err
	close(done)
}
