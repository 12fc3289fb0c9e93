package serve

import (
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

// ServeHTTP implements [http.Handler].
func (s *Search) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	handler, err := s.ready(r)
	if errors.Is(err, search.ErrNoIndex) {
		http.Error(w, "there is no search index yet: run \"shoebox build\"", http.StatusServiceUnavailable)
		return
	}
	if err != nil {
		http.Error(w, "the search index can't be opened: run \"shoebox build\"", http.StatusInternalServerError)
		return
	}
	handler.ServeHTTP(w, r)
}

func (s *Search) ready(r *http.Request) (http.Handler, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.index == nil {
		index, err := search.Open(r.Context(), s.Bucket, "")
		if err != nil {
			return nil, err
		}
		s.index, s.handler = index, search.NewHandler(s.Bucket, index, search.HandlerOptions{})
	} else if _, err := s.index.Refresh(r.Context()); err != nil && r.Context().Err() == nil {
		return s.handler, nil // a damaged newer one: the one from before still answers
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
