package generator_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"shoebox/generator"
	"shoebox/internal/config"
	"shoebox/internal/gallery"
	"shoebox/internal/search"
	"shoebox/internal/storage"
)

// A verdict says in what a gallery differs from the one that a build of its own makes of the same originals.
type verdict map[string]*difference // by part

// A difference is what one gallery lacks, has too much, and holds otherwise than the other.
type difference struct{ missing, ghost, stale []string }

func (d *difference) String() string {
	return fmt.Sprintf("%d/%d/%d", len(d.missing), len(d.ghost), len(d.stale))
}

func (d *difference) count() int { return len(d.missing) + len(d.ghost) + len(d.stale) }

// The parts of a gallery that are compared, in the order that they are told of.
const (
	partPages      = "pages"
	partRenditions = "renditions"
	partRecords    = "records"
	partManifests  = "manifests"
	partNotes      = "notes"
	partIndex      = "index"
)

var parts = []string{partPages, partRenditions, partRecords, partManifests, partNotes, partIndex}

func (v verdict) String() string {
	var b strings.Builder
	for _, part := range parts {
		fmt.Fprintf(&b, " %s %s", part, v[part])
	}
	return b.String()[1:]
}

// wrong is the number of all differences.
func (v verdict) wrong() int {
	n := 0
	for _, d := range v {
		n += d.count()
	}
	return n
}

// tell names some of the differences.
func (v verdict) tell(t *testing.T) {
	t.Helper()
	for _, part := range parts {
		d := v[part]
		for kind, list := range map[string][]string{"missing": d.missing, "ghost": d.ghost, "stale": d.stale} {
			if len(list) > 0 {
				t.Errorf("%s: %d %s, such as\n%s", part, len(list), kind, strings.Join(list[:min(3, len(list))], "\n"))
			}
		}
	}
}

// judge compares the gallery in site with the one that a build makes of the same originals in an empty bucket.
func judge(t *testing.T, site, originals, empty storage.Bucket, change ...func(*config.Config)) verdict {
	t.Helper()
	if _, ok := originals.(*storage.Mem); !ok {
		originals = firstSeen(t, site, originals)
	}
	build(t, storage.NewRoute(empty, originals), change...)
	a, b := partsOf(t, site), partsOf(t, empty)
	v := verdict{}
	for _, part := range parts {
		d := &difference{}
		for key, body := range b[part] {
			if held, ok := a[part][key]; !ok {
				d.missing = append(d.missing, key)
			} else if held != body {
				d.stale = append(d.stale, key+"\n"+firstDifference(held, body))
			}
		}
		for key := range a[part] {
			if _, ok := b[part][key]; !ok {
				d.ghost = append(d.ghost, key)
			}
		}
		slices.Sort(d.missing)
		slices.Sort(d.ghost)
		slices.Sort(d.stale)
		v[part] = d
	}
	return v
}

// firstDifference shows two texts from where they part.
func firstDifference(a, b string) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	i = max(0, i-100)
	return fmt.Sprintf("…%.300s\nwant …%.300s", a[i:], b[i:])
}

// partsOf reads a gallery: what each part has under each name.
func partsOf(t *testing.T, site storage.Bucket) map[string]map[string]string {
	t.Helper()
	all := map[string]map[string]string{}
	for _, part := range parts {
		all[part] = map[string]string{}
	}
	for info, err := range site.List(t.Context(), "") {
		part := partOf(info.Key)
		if part == "" && err == nil {
			continue
		}
		body, _, readErr := storage.Read(t.Context(), site, info.Key)
		if err != nil || readErr != nil {
			t.Fatal(err, readErr)
		}
		all[part][info.Key] = string(body)
	}
	all[partIndex] = answers(t, site)
	return all
}

var renditionName = regexp.MustCompile(`^public/(.*/)?-/[^/]*\.[0-9a-f]{8}\.[0-9]+\.[a-z]+$`)

func partOf(key string) string {
	switch {
	case renditionName.MatchString(key):
		return partRenditions
	case strings.HasPrefix(key, gallery.Public), key == gallery.LayoutsKey:
		return partPages
	case strings.HasPrefix(key, "state/records/"):
		return partRecords
	case strings.HasPrefix(key, "state/albums/") && strings.HasSuffix(key, "/manifest.json"):
		return partManifests
	case strings.HasPrefix(key, "state/albums/"), strings.HasPrefix(key, gallery.CollectionsPrefix), key == gallery.CollectionsKey,
		key == gallery.CatalogKey:
		return partNotes
	}
	return ""
}

// answers are the answers of a gallery's search to some questions; a name is a question and the key of an item found.
func answers(t *testing.T, site storage.Bucket) map[string]string {
	t.Helper()
	found := map[string]string{}
	x, err := search.Open(t.Context(), site, t.TempDir())
	if err != nil {
		return found // the build that it is compared with has an index
	}
	defer x.Close()
	for _, scope := range []string{"", gallery.PrivatePath + "/", "alps/", "city/night/"} {
		for _, q := range []string{"", "word0", "word1", "word2", "word3", "word4", "note", "type:photo", "album", "dsc"} {
			r, err := x.Search(t.Context(), search.Parse(q), search.Options{Scope: scope, Size: 1000, Sort: search.ByDate})
			if err != nil {
				t.Fatal(err)
			}
			for _, hit := range r.Hits {
				found[scope+"?"+q+" "+hit.Key] = hit.AlbumTitle
			}
		}
	}
	return found
}

// dated is a bucket that says of its objects that they were stored at other times.
type dated struct {
	storage.Bucket
	date func(storage.Info) time.Time
}

// firstSeen are originals with the dates that a gallery has of them. In S3 the same bytes that are uploaded once more have a new
// date, which is no change: whether one is noticed depends on what came in between.
func firstSeen(t *testing.T, site, originals storage.Bucket) storage.Bucket {
	t.Helper()
	dates := map[string]time.Time{} // by key and ETag
	note := func(o gallery.Original) { dates[o.Key+" "+o.ETag] = o.Modified }
	for info, err := range site.List(t.Context(), gallery.State) {
		if err != nil {
			t.Fatal(err)
		}
		var m gallery.Manifest
		var r gallery.Record
		switch partOf(info.Key) {
		case partManifests:
			decode(t, site, info.Key, &m)
			if m.Index != nil {
				note(*m.Index)
			}
		case partRecords:
			decode(t, site, info.Key, &r)
			note(r.Original)
			for _, s := range r.Sidecars {
				note(s)
			}
		}
	}
	return dated{originals, func(info storage.Info) time.Time {
		if date, ok := dates[info.Key+" "+info.ETag]; ok {
			return date
		}
		return info.Modified
	}}
}

func decode(t *testing.T, b storage.Bucket, key string, to any) {
	t.Helper()
	body, _, err := storage.Read(t.Context(), b, key)
	if err == nil {
		err = json.Unmarshal(body, to)
	}
	if err != nil {
		t.Fatalf("%s: %v", key, err)
	}
}

func (d dated) Get(ctx context.Context, key string, r storage.Range) (*storage.Object, error) {
	o, err := d.Bucket.Get(ctx, key, r)
	if err == nil {
		o.Modified = d.date(o.Info)
	}
	return o, err
}

func (d dated) List(ctx context.Context, prefix string) iter.Seq2[storage.Info, error] {
	return func(yield func(storage.Info, error) bool) {
		for info, err := range d.Bucket.List(ctx, prefix) {
			info.Modified = d.date(info)
			if !yield(info, err) {
				return
			}
		}
	}
}

// A pipeline is what is put to the test: a generator, or one that makes a mistake.
type pipeline interface {
	Develop(ctx context.Context, key string) (generator.Changes, error)
	Publish(ctx context.Context, c generator.Changes) (generator.Report, error)
	Reconcile(ctx context.Context) (generator.Report, error)
}

// union puts changes together.
func union(changes []generator.Changes) generator.Changes {
	var all generator.Changes
	keys := map[string]bool{}
	for _, c := range changes {
		all.Everything = all.Everything || c.Everything
		all.Suspect = all.Suspect || c.Suspect
		for _, k := range c.Keys {
			keys[k] = true
		}
	}
	all.Keys = slices.Sorted(maps.Keys(keys))
	return all
}
