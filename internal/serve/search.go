package serve

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"shoebox/internal/search"
	"shoebox/internal/storage"
)

// Search answers searches from the newest index in a bucket: the files are at hand, so it looks for a newer one each time.
type Search struct {
	Bucket storage.Bucket

	mu      sync.Mutex // guards what follows
	index   *search.Index
	handler http.Handler
}

// current returns what answers from the newest index; the error wraps [search.ErrNoIndex] when the gallery has none, or none
// any more. While a newer one is damaged, the one from before answers.
func (s *Search) current(ctx context.Context) (http.Handler, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.index == nil {
		index, err := search.Open(ctx, s.Bucket, "")
		if err != nil {
			return nil, err
		}
		s.index, s.handler = index, search.NewHandler(s.Bucket, index, search.HandlerOptions{})
	} else if _, err := s.index.Refresh(ctx); errors.Is(err, search.ErrNoIndex) {
		return nil, err
	}
	return s.handler, nil
}

// Close closes the index.
func (s *Search) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.index == nil {
		return nil
	}
	return s.index.Close()
}
