package generator

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// Developers and a publisher work at the same time, and none waits for another. A developer writes renditions, then the record
// that names them, then looks whether they are still there. A publisher deletes renditions that no manifest names any more, then
// looks whether a record does by now. Whichever of the two looks last sees what the other did, and has the original developed
// again.

// findPending finds what the records do not tell of as it is: nothing of that is developed here, nor any record deleted.
func (b *build) findPending(ctx context.Context) error {
	records := make([]*gallery.Record, len(b.todo))
	if err := b.parallel(len(b.todo), func(i int) (err error) {
		records[i], _, err = readRecord(ctx, b.out, b.todo[i].Key)
		return err
	}); err != nil {
		return err
	}
	for i, t := range b.todo {
		if t.why == whyLost && records[i] == nil { // the manifest has a copy
			b.pending[t.Key] = true
			continue
		}
		b.noteRecord(t.Key, records[i])
		if t.why == whyLabels || t.why == whyPlace || b.stale(records[i], t.source) != "" {
			b.pending[t.Key] = true
		}
	}
	if b.some() {
		return nil
	}
	kept := map[string]bool{}
	for _, a := range b.albums {
		for _, s := range a.items {
			kept[gallery.RecordKey(s.Key)] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(b.memory)) {
		if !strings.HasPrefix(key, recordsMemory) || kept[key] {
			continue
		}
		body, _, err := storage.Read(ctx, b.out, key)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		var r gallery.Record
		if json.Unmarshal(body, &r) == nil && gallery.RecordKey(r.Original.Key) == key {
			b.pending[r.Original.Key] = true
		} else if err := b.out.Delete(ctx, key); err != nil { // damaged, and of nothing that is there
			return err
		}
	}
	return nil
}

// inProgress reports whether something in public/ may be a rendition that a developer has just written.
func (b *build) inProgress(path string) bool {
	if b.publishing == nil || !b.young[path] || b.known[path] {
		return false
	}
	_, rendition := gallery.RecordOf(path)
	return rendition
}

// checkDeleted looks whether a record names a rendition that was deleted.
func (b *build) checkDeleted(ctx context.Context) error {
	keys := map[string]bool{} // of records
	for path := range b.deleted {
		if key, ok := gallery.RecordOf(path); ok {
			keys[key] = true
		}
	}
	suspects := slices.Sorted(maps.Keys(keys))
	return b.parallel(len(suspects), func(i int) error {
		body, _, err := storage.Read(ctx, b.out, suspects[i])
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		var r gallery.Record
		if json.Unmarshal(body, &r) != nil {
			return nil // whoever looks at all records finds it
		}
		if slices.ContainsFunc(r.Renditions, func(d gallery.Rendition) bool { return b.deleted[d.Path] }) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.pending[r.Original.Key] = true
		}
		return nil
	})
}
