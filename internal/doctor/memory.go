package doctor

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// atOnce is how many objects are read at once: most of the time goes by waiting for the bucket.
const atOnce = 32

// readAll reads objects, several at once, and hands each to use, one at a time, sorted by key. What is gone by now is left out.
func (c *check) readAll(ctx context.Context, keys []string, use func(key string, body []byte)) error {
	for some := range slices.Chunk(keys, 1000) { // bounds memory
		bodies := make([][]byte, len(some))
		work, ctx := errgroup.WithContext(ctx)
		work.SetLimit(atOnce)
		for i, key := range some {
			work.Go(func() error {
				body, _, err := storage.Read(ctx, c.Bucket, key)
				if err != nil && !isGone(err) {
					return err
				}
				bodies[i] = body
				return nil
			})
		}
		if err := work.Wait(); err != nil {
			return err
		}
		for i, key := range some {
			if bodies[i] != nil {
				use(key, bodies[i])
			}
		}
	}
	return nil
}

// stored returns those of some keys that are in state/, sorted.
func (c *check) stored(keys func(yield func(string) bool)) []string {
	var there []string
	for key := range keys {
		if _, ok := c.state[key]; ok {
			there = append(there, key)
		}
	}
	slices.Sort(there)
	return there
}

// manifests reads what we know of each album.
func (c *check) manifests(ctx context.Context) error {
	c.manifest = map[string]*gallery.Manifest{}
	paths := map[string]string{}
	for path := range c.albums {
		paths[gallery.ManifestKey(path)] = path
	}
	return c.readAll(ctx, c.stored(maps.Keys(paths)), func(key string, body []byte) {
		var m gallery.Manifest
		path := paths[key]
		switch err := json.Unmarshal(body, &m); {
		case err != nil:
			c.broken(key, "", "the manifest can't be read: "+err.Error(), key)
		case m.Album.Path != path:
			c.broken(key, "", fmt.Sprintf("the manifest is of another album, %q", m.Album.Path), key)
		case m.Format != gallery.ManifestFormat:
			c.broken(key, "", fmt.Sprintf("the manifest has format %d, this program writes %d", m.Format, gallery.ManifestFormat), key)
		default:
			c.manifest[path] = &m
		}
	})
}

// records reads what we know of each original, and wants the manifests to say the same.
func (c *check) records(ctx context.Context) error {
	c.record = map[string]*gallery.Record{}
	listed := map[string]*gallery.Record{} // as the manifests have them, by key of the record
	album := map[string]string{}           // key of the manifest, by key of the record
	for path, m := range c.manifest {
		for _, r := range m.Records() {
			stored := *r
			stored.Live = nil // records know nothing of each other
			key := gallery.RecordKey(r.Original.Key)
			listed[key], album[key] = &stored, gallery.ManifestKey(path)
		}
	}
	wanted := map[string]bool{}
	for key := range listed {
		wanted[key] = true
		if _, ok := c.state[key]; !ok {
			original := listed[key].Original.Key
			c.broken(key, original, "the record of "+original+" is missing", album[key])
		}
	}
	for key := range c.originals { // newer than their album's manifest
		wanted[gallery.RecordKey(key)] = true
	}
	err := c.readAll(ctx, c.stored(maps.Keys(wanted)), func(key string, body []byte) {
		var r gallery.Record
		remove := []string{key}
		if album[key] != "" {
			remove = append(remove, album[key])
		}
		in := listed[key]
		switch err := json.Unmarshal(body, &r); {
		case err != nil:
			c.broken(key, of(in), "the record can't be read: "+err.Error(), remove...)
		case gallery.RecordKey(r.Original.Key) != key:
			c.broken(key, of(in), fmt.Sprintf("the record is of another original, %q", r.Original.Key), remove...)
		case in != nil && !sameJSON(*in, r):
			c.broken(key, r.Original.Key, "the record is not what the manifest "+album[key]+" says", remove...)
		default:
			c.record[r.Original.Key] = &r
		}
	})
	if err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(c.record)) {
		c.renditions(c.record[key])
	}
	return nil
}

func of(r *gallery.Record) string {
	if r == nil {
		return ""
	}
	return r.Original.Key
}

func sameJSON(a, b gallery.Record) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// renditions wants the pictures that a record tells of to be there, with the size that it says. Their bytes are not noted.
func (c *check) renditions(r *gallery.Record) {
	for _, d := range r.Renditions {
		c.kept[d.Path] = true
		info, ok := c.public[d.Path]
		key := gallery.Public + d.Path
		switch {
		case !ok:
			c.broken(key, r.Original.Key, fmt.Sprintf("the %s of %s is missing", d.Use, r.Original.Key))
		case info.Size != int64(d.Bytes):
			what := fmt.Sprintf("the %s of %s is damaged: it has %d bytes, want %d", d.Use, r.Original.Key, info.Size, d.Bytes)
			c.broken(key, r.Original.Key, what, key)
		}
	}
}

// A note is what was last published of an album, or of what a gallery has once, as the generator wrote it down.
type note struct {
	Objects map[string]struct {
		Digest string `json:"digest"` // of the bytes, see digestOf; not one for an original for download; empty for a rendition
		ETag   string `json:"etag"`
	} `json:"objects"`
}

// notes reads what was last published of each album, and wants it to be there.
func (c *check) notes(ctx context.Context) error {
	paths := map[string]string{}
	for path := range c.albums {
		key := gallery.PublishedKey(path)
		if paths[key] = path; c.state[key].Key == "" {
			c.unknown = append(c.unknown, gallery.AlbumDir(path))
		}
	}
	var found []note
	err := c.readAll(ctx, c.stored(maps.Keys(paths)), func(key string, body []byte) {
		var n note
		if err := json.Unmarshal(body, &n); err != nil {
			c.broken(key, "", "the note of what was published can't be read: "+err.Error(), key)
			c.unknown = append(c.unknown, gallery.AlbumDir(paths[key]))
			return
		}
		found = append(found, n)
	})
	if err != nil {
		return err
	}
	for _, n := range found {
		if err := c.published(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

// published wants what a note tells of to be there, and to be what was written.
func (c *check) published(ctx context.Context, n note) error {
	var read []string
	for path, o := range n.Objects {
		c.kept[path] = true
		info, ok := c.public[path]
		switch {
		case !ok && !c.isRendition(path): // a record tells of those
			c.broken(gallery.Public+path, "", "it was published, and is missing")
		case ok && isDigest(o.Digest) && (c.Read || info.ETag != o.ETag):
			read = append(read, gallery.Public+path)
		case ok && o.Digest != "" && info.ETag != o.ETag:
			if err := c.download(ctx, path, info); err != nil {
				return err
			}
		}
	}
	slices.Sort(read)
	return c.readAll(ctx, read, func(key string, body []byte) {
		if digestOf(body) != n.Objects[strings.TrimPrefix(key, gallery.Public)].Digest {
			c.broken(key, "", "it is not what was published: its bytes have changed", key)
		}
	})
}

// download wants an original in public/ to be the one in data/.
func (c *check) download(ctx context.Context, path string, info storage.Info) error {
	key, ok := gallery.OriginalKey(path)
	if !ok || !c.originals[key] {
		return nil // it goes with the next build
	}
	same, err := c.equal(ctx, key, info.Key)
	if err != nil || same {
		return err
	}
	c.broken(info.Key, key, "it is not the original that it is to be", info.Key)
	return nil
}

// equal compares two objects, which may be large.
func (c *check) equal(ctx context.Context, a, b string) (bool, error) {
	var sums [2][]byte
	for i, key := range []string{a, b} {
		o, err := c.Bucket.Get(ctx, key, storage.Range{})
		if isGone(err) {
			return true, nil // the next build sees to it
		}
		if err != nil {
			return false, err
		}
		sum := sha256.New()
		_, err = io.Copy(sum, o.Body)
		if err := errors.Join(err, o.Body.Close()); err != nil {
			return false, fmt.Errorf("read %s: %w", key, err)
		}
		sums[i] = sum.Sum(nil)
	}
	return bytes.Equal(sums[0], sums[1]), nil
}

// digestOf is the digest that the generator notes of what it writes.
func digestOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:16])
}

func sha256Hex(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

func isDigest(s string) bool {
	_, err := hex.DecodeString(s)
	return err == nil && len(s) == 32
}

func (c *check) isRendition(path string) bool {
	_, ok := gallery.RecordOf(path)
	return ok
}
