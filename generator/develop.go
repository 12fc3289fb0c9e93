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
	"strings"
	"time"

	"shoebox/generator/media"
	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// wholeFile is the size in bytes up to which an original is read into memory once, for its hash and for decoding.
const wholeFile = 64 << 20

// maxSidecar is the size in bytes from which a sidecar is not read.
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
	case r.Recipe != b.recipe:
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

// readRecord returns the stored record of an original; nil when there is none that can be read.
func readRecord(ctx context.Context, b storage.Bucket, key string) (*gallery.Record, error) {
	body, _, err := storage.Read(ctx, b, gallery.RecordKey(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var r gallery.Record
	if json.Unmarshal(body, &r) != nil || r.Original.Key != key {
		return nil, nil // damaged: it is made anew
	}
	return &r, nil
}

// develop makes the renditions and the record of one original, unless its record is current. What is wrong with the file is
// in the record's Problem; an error concerns the bucket. An original that is gone by now has no record.
func (b *build) develop(ctx context.Context, s source) (developed bool, err error) {
	old, err := readRecord(ctx, b.out, s.Key)
	if err != nil {
		return false, err
	}
	if b.stale(old, s) == "" {
		return false, nil // a build before this one got that far
	}
	file, err := storage.OpenAt(ctx, b.out, s.Key)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	var record gallery.Record
	var renditions []media.Rendition
	if errors.Is(err, fs.ErrPermission) {
		record = unreadable(s, "can't be read: permission denied")
	} else if err != nil {
		return false, err
	} else {
		defer file.Close()
		// What was opened is what is described, should it have been replaced since it was listed.
		s.ETag, s.Size, s.Modified = file.ETag, file.Size, file.Modified.UTC().Truncate(time.Second)
		record, renditions, err = b.make(ctx, file, s, old)
		if err != nil {
			return false, err
		}
	}
	for _, r := range renditions {
		if _, there := b.existing[r.Path]; there {
			continue // its name says what it holds
		}
		options := storage.PutOptions{ContentType: r.Type, CacheControl: immutable}
		if _, err := b.out.Put(ctx, gallery.Public+r.Path, r.Body, options); err != nil {
			return false, err
		}
	}
	body, err := json.Marshal(record)
	if err != nil {
		return false, fmt.Errorf("encode the record of %s: %w", s.Key, err)
	}
	return true, putJSON(ctx, b.out, gallery.RecordKey(s.Key), body, storage.PutOptions{})
}

func unreadable(s source, reason string) gallery.Record {
	kind, mediaType := media.KindOf(gallery.Name(s.Key), nil)
	return gallery.Record{Original: s.Original, Sidecars: s.sidecars, Kind: kind, Type: mediaType, Problem: reason}
}

// make develops an opened original. When its bytes and those of its sidecars are the ones that the old record describes, the
// old renditions stand.
func (b *build) make(ctx context.Context, file *storage.File, s source, old *gallery.Record) (gallery.Record, []media.Rendition, error) {
	sidecars, sidecarSum, err := readSidecars(ctx, b.out, s.sidecars)
	if err != nil {
		return gallery.Record{}, nil, err
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
	} else if err := copyTo(ctx, sum, file); err != nil {
		return gallery.Record{}, nil, fmt.Errorf("read %s: %w", s.Key, err)
	}
	in.SHA256 = hex.EncodeToString(sum.Sum(nil))
	if local, ok := b.bucket.(interface{ LocalPath(key string) string }); ok {
		in.Path = local.LocalPath(s.Key)
	}
	if old != nil && old.SHA256 == in.SHA256 && old.SidecarsSHA256 == sidecarSum && old.Recipe == b.recipe && !b.missing(old) &&
		(old.TakenFrom != "modified" || old.Original.Modified.Equal(s.Modified)) {
		record := *old
		record.Original, record.Sidecars = s.Original, s.sidecars
		return record, nil, nil
	}
	for _, sidecar := range sidecars {
		if isXMP(sidecar.original) {
			in.Sidecars = append(in.Sidecars, media.Sidecar{Key: sidecar.original.Key, Data: sidecar.body})
		}
	}
	record, renditions, err := b.developer.Develop(ctx, in)
	if err != nil {
		return gallery.Record{}, nil, fmt.Errorf("develop %s: %w", s.Key, err)
	}
	record.Original, record.Sidecars, record.SidecarsSHA256 = s.Original, s.sidecars, sidecarSum
	record.SHA256, record.Recipe = in.SHA256, b.recipe
	for _, sidecar := range sidecars {
		if isXMP(sidecar.original) {
			continue
		}
		if err := mergeText(&record, sidecar.body); err != nil {
			record.Problem = join(record.Problem, fmt.Sprintf("its %s %s", gallery.Name(sidecar.original.Key), err))
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

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

type sidecar struct {
	original gallery.Original
	body     []byte
}

// readSidecars reads the sidecars of an item; one that is gone by now is left out.
func readSidecars(ctx context.Context, b storage.Bucket, originals []gallery.Original) (sidecars []sidecar, digest string, err error) {
	if len(originals) == 0 {
		return nil, "", nil
	}
	sum := sha256.New()
	for _, o := range originals {
		object, err := b.Get(ctx, o.Key, storage.Range{})
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, "", fmt.Errorf("read %s: %w", o.Key, err)
		}
		body, err := io.ReadAll(io.LimitReader(object.Body, maxSidecar))
		object.Body.Close()
		if err != nil {
			return nil, "", fmt.Errorf("read %s: %w", o.Key, err)
		}
		fmt.Fprintf(sum, "%d %s %d\n", len(o.Key), o.Key, len(body))
		sum.Write(body)
		sidecars = append(sidecars, sidecar{o, body})
	}
	return sidecars, hex.EncodeToString(sum.Sum(nil)), nil
}

// copyTo hashes a large file, and stops when it should.
func copyTo(ctx context.Context, sum hash.Hash, file *storage.File) error {
	r := io.NewSectionReader(file, 0, file.Size)
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
	slices.SortFunc(labels, func(a, b gallery.Label) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.Name, b.Name))
	})
	return labels
}

// putJSON stores an object of our own, under a condition.
func putJSON(ctx context.Context, b storage.Bucket, key string, body []byte, condition storage.PutOptions) error {
	condition.ContentType, condition.CacheControl = "application/json", "no-cache"
	_, err := b.Put(ctx, key, body, condition)
	return err
}

// digestOf is the first half of the SHA-256 of some bytes, in hexadecimal: enough to tell our own objects apart.
func digestOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:16])
}
