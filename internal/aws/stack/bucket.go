package stack

import (
	"errors"

	shoebox "shoebox/internal/aws"
	"shoebox/internal/storage"
)

// Bucket returns the gallery's bucket: the stack's two as one.
func (s *Stack) Bucket() (*storage.Route, error) {
	site, siteErr := s.Output(OutputSiteBucket)
	originals, originalsErr := s.Output(OutputOriginalsBucket)
	if err := errors.Join(siteErr, originalsErr); err != nil {
		return nil, err
	}
	return storage.NewRoute(shoebox.NewBucket(s.config, site), shoebox.NewBucket(s.config, originals)), nil
}
