package search

import (
	"context"
	"encoding/json"
	"fmt"

	"golang.org/x/sync/errgroup"

	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// Bounds on reading the records of results.
const (
	parallelReads = 16
	maxRecord     = 4 << 20 // bytes
)

// Records reads the records of results, in their order. A nil one is of an item that is gone since it was indexed.
func Records(ctx context.Context, b storage.Bucket, hits []Hit) ([]*gallery.Record, error) {
	records := make([]*gallery.Record, len(hits))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallelReads)
	for i, hit := range hits {
		group.Go(func() error {
			key := gallery.RecordKey(hit.Key)
			data, err := readWithin(ctx, b, key, maxRecord)
			if missing(err) {
				return nil
			}
			if err != nil {
				return err
			}
			var r gallery.Record
			if err := json.Unmarshal(data, &r); err != nil {
				return fmt.Errorf("%s is damaged: run shoebox build: %w", key, err)
			}
			if r.Original.Key == hit.Key {
				records[i] = &r
			}
			return nil
		})
	}
	return records, group.Wait()
}
