package generator

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"shoebox/generator/media"
	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// wholeFile is the size in bytes up to which an original is read into memory once, for its hash and for decoding.
const wholeFile = 64 << 20

// maxSidecar is how many bytes of a sidecar or another text are read: more than any of them may have.
const maxSidecar = 4 << 20

// stale says in what way a record no longer describes a source, or that a rendition is gone; empty when it is current.
func (b *build) stale(r *gallery.Record, s source) string {
	switch {
	case r == nil:
		return "new"
	case !same(r.Original, s.Original):
		return "changed"
	case !slices.EqualFunc(r.Sidecars, s.sidecars, same):
		return "a sidecar changed"
	case !slices.EqualFunc(r.Companions, s.companions, same):
		return "a file of the same photo changed"
	case !media.Current(r.Recipe, b.media, r.Kind):
		return "the settings or the program changed"
	case b.missing(r):
		return "a rendition is missing"
	}
	return ""
}

// missing reports whether a rendition that a record tells of is not in the bucket.
func (b *build) missing(r *gallery.Record) bool {
	for _, d := range r.Renditions {
		if _, ok := b.existing[d.Path]; !ok {
			return true
		}
	}
	return false
}

// same reports whether two descriptions are of the same bytes under the same key.
func same(a, b gallery.Original) bool { return a.Key == b.Key && a.ETag == b.ETag && a.Size == b.Size }

// readRecord returns the stored record of an original and its ETag. The record is nil when there is none that can be read.
func readRecord(ctx context.Context, b storage.Bucket, key string) (r *gallery.Record, etag string, err error) {
	body, info, err := storage.Read(ctx, b, gallery.RecordKey(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	r = &gallery.Record{}
	if json.Unmarshal(body, r) != nil || r.Original.Key != key {
		return nil, info.ETag, nil // damaged: it is made anew
	}
	return r, info.ETag, nil
}

// develop makes the renditions and the record of one original, unless its record is current. What is wrong with the file is
// in the record's Problem; an error concerns the bucket. An original that is gone by now has no record.
func (b *build) develop(ctx context.Context, t task) (developed bool, err error) {
	old, etag, err := readRecord(ctx, b.out, t.Key)
	if err != nil {
		return false, err
	}
	var record *gallery.Record
	switch {
	case b.stale(old, t.source) != "":
		record, err = b.renew(ctx, t.source, old, etag)
	case t.why == whyLabels:
		record, err = b.relabel(ctx, old, etag)
	case t.why == whyPlace:
		record, err = b.relocate(ctx, old, etag)
	}
	return record != nil, err // without a record a build before this one got that far
}

// whyLabels is why a record that is current otherwise is made anew.
const whyLabels = "labels or names of people are due"

// whyLost is why a record is made anew of which the manifest has a copy.
const whyLost = "its record is missing"

// relabel has a record labelled whose original and renditions stand.
func (b *build) relabel(ctx context.Context, old *gallery.Record, etag string) (*gallery.Record, error) {
	record := *old
	b.locate(&record)
	renamed, err := b.label(ctx, b.out, &record, old, nil)
	if err != nil {
		return nil, err
	}
	b.derive(&record)
	if renamed {
		b.renamed.Store(true)
	}
	return &record, b.writeRecord(ctx, &record, old, etag)
}

// renew makes the renditions and the record of one original in place of an old record, of which etag is the ETag. When somebody
// else has written the record meanwhile, the error wraps storage.ErrPrecondition. For an original that is gone by now the record
// is nil.
func (b *build) renew(ctx context.Context, s source, old *gallery.Record, etag string) (*gallery.Record, error) {
	file, err := storage.OpenAt(ctx, b.out, s.Key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var record gallery.Record
	var renditions []media.Rendition
	if err == nil {
		defer file.Close()
		// What was opened is what is described, should it have been replaced since it was listed.
		s.ETag, s.Size, s.Modified = file.ETag, file.Size, file.Modified.UTC().Truncate(time.Second)
		record, renditions, err = b.make(ctx, file, s, old)
	}
	if why := whyUnreadable(err); why != "" {
		record = unreadable(s, why)
	} else if err != nil {
		return nil, err
	}
	for _, r := range renditions {
		if _, there := b.existing[r.Path]; there || r.Body == nil {
			continue // its name says what it holds
		}
		options := storage.PutOptions{ContentType: r.Type, CacheControl: immutable}
		if _, err := b.out.Put(ctx, gallery.Public+r.Path, r.Body, options); err != nil {
			return nil, err
		}
	}
	var read func(path string) ([]byte, error) // nil: the renditions are in the bucket already
	if len(renditions) > 0 {
		read = func(path string) ([]byte, error) {
			i := slices.IndexFunc(renditions, func(r media.Rendition) bool { return r.Path == path })
			if i < 0 {
				return nil, fmt.Errorf("%s: %w", path, fs.ErrNotExist)
			}
			return renditions[i].Body, nil
		}
	}
	b.locate(&record)
	renamed, err := b.label(ctx, b.out, &record, old, read)
	if err != nil {
		return nil, err
	}
	b.derive(&record)
	if renamed {
		b.renamed.Store(true)
	}
	return &record, b.writeRecord(ctx, &record, old, etag)
}

// writeRecord writes a record, unless it is the same as the old one, of which etag is the ETag.
func (b *build) writeRecord(ctx context.Context, record, old *gallery.Record, etag string) error {
	body, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("encode the record of %s: %w", record.Original.Key, err)
	}
	if held, err := json.Marshal(old); old != nil && err == nil && bytes.Equal(held, body) {
		return nil
	}
	_, err = putJSON(ctx, b.out, gallery.RecordKey(record.Original.Key), body, storage.PutOptions{IfMatch: etag, IfNoneMatch: etag == ""})
	return err
}

// whyUnreadable says in words for the owner why one file can't be read while others can; empty for any other error.
func whyUnreadable(err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "can't be read: permission denied"
	case errors.Is(err, syscall.EIO):
		return "can't be read: the disk reports an error"
	}
	return ""
}

// unreadable is the record of an original that can't be read. It is of no recipe, so that the next build tries again.
func unreadable(s source, reason string) gallery.Record {
	kind, mediaType := media.KindOf(gallery.Name(s.Key), nil)
	return gallery.Record{Original: s.Original, Sidecars: s.sidecars, Companions: s.companions, Kind: kind, Type: mediaType, Problem: reason}
}

// make develops an opened original. When its bytes and those of its sidecars are the ones that the old record describes, the
// old renditions stand.
func (b *build) make(ctx context.Context, file *storage.File, s source, old *gallery.Record) (gallery.Record, []media.Rendition, error) {
	sidecars, sidecarSum, problem, err := readSidecars(ctx, b.out, s.sidecars)
	if err != nil {
		return gallery.Record{}, nil, err
	}
	s.sidecars = nil // only those read are noted: a build that can read the others has something new
	for _, sidecar := range sidecars {
		s.sidecars = append(s.sidecars, sidecar.original)
	}
	in := media.Input{Key: s.Key, Size: file.Size, Modified: s.Modified, R: file}
	sum := sha256.New()
	if file.Size <= wholeFile {
		body, err := io.ReadAll(io.NewSectionReader(file, 0, file.Size))
		if err != nil {
			return gallery.Record{}, nil, fmt.Errorf("read %s: %w", s.Key, err)
		}
		sum.Write(body)
		in.R, in.Size = bytes.NewReader(body), int64(len(body))
	} else if err := copyTo(ctx, sum, storage.NewReader(ctx, b.out, file.Info)); err != nil {
		return gallery.Record{}, nil, fmt.Errorf("read %s: %w", s.Key, err)
	}
	in.SHA256 = hex.EncodeToString(sum.Sum(nil))
	if local, ok := b.bucket.(interface{ LocalPath(key string) string }); ok {
		in.Path = local.LocalPath(s.Key)
	}
	if old != nil && old.SHA256 == in.SHA256 && old.SidecarsSHA256 == sidecarSum &&
		media.Current(old.Recipe, b.media, old.Kind) && !b.missing(old) &&
		(old.TakenFrom != "modified" || old.Original.Modified.Equal(s.Modified)) {
		record := *old
		record.Original, record.Sidecars, record.Companions = s.Original, s.sidecars, s.companions
		return record, nil, nil
	}
	if old != nil && old.SHA256 == in.SHA256 && media.Current(old.Recipe, b.media, old.Kind) && !b.missing(old) {
		in.Before = old
	}
	for _, sidecar := range sidecars {
		of := media.Sidecar{Key: sidecar.original.Key, Data: sidecar.body}
		switch {
		case isXMP(sidecar.original):
			in.Sidecars = append(in.Sidecars, of)
		case isJSON(sidecar.original.Key):
			in.Takeouts = append(in.Takeouts, of)
			if !media.IsTakeout(sidecar.body) {
				problem = join(problem, fmt.Sprintf("its %s is not what Google Takeout writes", gallery.Name(sidecar.original.Key)))
			}
		}
	}
	record, renditions, err := b.developer.Develop(ctx, in)
	if err != nil {
		return gallery.Record{}, nil, fmt.Errorf("develop %s: %w", s.Key, err)
	}
	record.Original, record.Sidecars, record.SidecarsSHA256, record.Companions = s.Original, s.sidecars, sidecarSum, s.companions
	record.Problem = join(record.Problem, problem)
	for _, sidecar := range sidecars {
		if isXMP(sidecar.original) || isJSON(sidecar.original.Key) {
			continue
		}
		if err := mergeText(&record, sidecar.body); err != nil {
			record.Problem = join(record.Problem, fmt.Sprintf("its %s %s", gallery.Name(sidecar.original.Key), reason(err)))
		}
	}
	record.Labels = ownLabels(&record)
	record.Renditions = nil
	for _, r := range renditions {
		record.Renditions = append(record.Renditions, r.Rendition)
	}
	// Two uses of one picture are stored once.
	slices.SortStableFunc(renditions, func(a, b media.Rendition) int { return cmp.Compare(a.Path, b.Path) })
	renditions = slices.CompactFunc(renditions, func(a, b media.Rendition) bool { return a.Path == b.Path })
	return record, renditions, nil
}

// join puts two problems, of which any may be empty, into one.
func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

type sidecar struct {
	original gallery.Original
	body     []byte
}

// readSidecars reads the sidecars of an item, and makes a digest of what it found. One that is gone by now, or can't be read,
// is left out; of the latter problem tells.
func readSidecars(ctx context.Context, b storage.Bucket, originals []gallery.Original) (sidecars []sidecar, digest, problem string, err error) {
	sum := sha256.New()
	for _, o := range originals {
		body, err := readText(ctx, b, o.Key)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if why := whyUnreadable(err); why != "" {
			problem = join(problem, fmt.Sprintf("its %s %s", gallery.Name(o.Key), why))
			fmt.Fprintf(sum, "%d %s unreadable\n", len(o.Key), o.Key)
			continue
		}
		if err != nil {
			return nil, "", "", err
		}
		fmt.Fprintf(sum, "%d %s %d\n", len(o.Key), o.Key, len(body))
		sum.Write(body)
		sidecars = append(sidecars, sidecar{o, body})
	}
	if len(sidecars) == 0 && problem == "" {
		return nil, "", "", nil
	}
	return sidecars, hex.EncodeToString(sum.Sum(nil)), problem, nil
}

// readText reads one of the owner's texts, up to maxSidecar bytes of it.
func readText(ctx context.Context, b storage.Bucket, key string) ([]byte, error) {
	object, err := b.Get(ctx, key, storage.Range{Length: maxSidecar})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", key, err)
	}
	defer object.Body.Close()
	body, err := io.ReadAll(object.Body)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", key, err)
	}
	return body, nil
}

// copyTo hashes a large file, and stops when it should.
func copyTo(ctx context.Context, sum hash.Hash, r *storage.Reader) error {
	defer r.Close()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := io.CopyN(sum, r, 16<<20); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// ownLabels are the labels that the owner gave: an item's keywords, sorted.
func ownLabels(r *gallery.Record) []gallery.Label {
	var labels []gallery.Label
	for _, keyword := range r.Keywords {
		labels = append(labels, gallery.Label{Name: keyword, Confidence: 100, Source: "keyword"})
	}
	sortLabels(labels)
	return labels
}

// putJSON stores an object of our own, under a condition.
func putJSON(ctx context.Context, b storage.Bucket, key string, body []byte, condition storage.PutOptions) (etag string, err error) {
	condition.ContentType, condition.CacheControl = "application/json", "no-cache"
	return b.Put(ctx, key, body, condition)
}

// digestOf is the first half of the SHA-256 of some bytes, in hexadecimal: enough to tell our own objects apart.
func digestOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:16])
}

// developAll develops what is new or changed, several at once.
func (b *build) developAll(ctx context.Context) (developed int, err error) {
	p := &progress{tell: b.tell, stage: "develop", verb: "developed", total: len(b.todo)}
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(b.jobs * 2) // while one decodes another waits for the disk
	for _, t := range b.todo {
		work.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			did, err := b.develop(ctx, t)
			if err != nil {
				return err
			}
			b.mu.Lock()
			b.fresh[t.Key] = true
			if did {
				developed++
			}
			b.mu.Unlock()
			p.step(t.Key)
			return nil
		})
	}
	err = work.Wait()
	return developed, err
}
