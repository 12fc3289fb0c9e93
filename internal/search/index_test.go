package search

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// search returns all that a query finds, with facets.
func searchAll(t testing.TB, x *Index, text, scope string) Results {
	t.Helper()
	r, err := x.Search(t.Context(), Parse(text), Options{Scope: scope, Size: maxSize, Facets: maxFacets})
	if err != nil {
		t.Fatalf("search %q in %q: %v", text, scope, err)
	}
	return r
}

// What a facet counts is what a search for it finds, in every scope, and all that is found is counted.
func TestFacetsCountWhatIsFound(t *testing.T) {
	b := storage.NewMem()
	publish(t, b, fixedGallery())
	x := open(t, b)
	for _, scope := range []string{"", "alps", "cities", "family/party", "private", "private/x", "nowhere"} {
		for _, query := range []string{"", "dog", "-dog", "label:mountain or label:sea", "2019..2023"} {
			all := searchAll(t, x, query, scope)
			if len(all.Facets) != 7 {
				t.Fatalf("%d facets, want 7", len(all.Facets))
			}
			years := 0
			for _, f := range all.Facets {
				for _, v := range f.Values {
					if f.Kind == Taken {
						years += v.Count
					}
					if v.Title == "" || v.Count < 1 || v.Count > all.Total {
						t.Errorf("%q in %q: %s %+v of %d found", query, scope, f.Kind, v, all.Total)
					}
					clause := v.Clause(f.Kind).String()
					if strings.Contains(v.Text, `"`) || v.Text == "-" {
						continue // can't be written
					}
					// One query finds more: what is another word for the label, or one word of the name.
					narrowed := searchAll(t, x, query+" "+clause, scope)
					if narrowed.Total < v.Count || f.Kind != Label && f.Kind != Person && narrowed.Total != v.Count {
						t.Errorf("%q in %q: %s counts %d, a search for %s finds %d", query, scope, f.Kind, v.Count, clause, narrowed.Total)
					}
				}
			}
			dated := 0
			for _, hit := range all.Hits {
				if !strings.HasSuffix(hit.Key, "notes.pdf") {
					dated++
				}
			}
			if years != dated {
				t.Errorf("%q in %q: the years count %d, want %d", query, scope, years, dated)
			}
		}
	}
}

// From a scope nobody learns what lies outside it: neither counts nor names nor how they are written.
func TestFacetsKeepToTheScope(t *testing.T) {
	m := fixedGallery()
	m.add(item("private/x/shout.jpg", "1999-01-01", "SECRETCAM 1", "", "", []string{"DOG<ANIMAL", "Hush"}, []string{"NATALIE BERG", "Hidden Person"}))
	m.add(item("family/party/shout.mp4", "1998-01-01", "SECRETCAM 2", "", "", []string{"DOG", "Hush"}, []string{"Hidden Person"}))
	b := storage.NewMem()
	publish(t, b, m)
	x := open(t, b)
	text := func(query, scope string) string { return fmt.Sprint(searchAll(t, x, query, scope).Facets) }
	for _, scope := range []string{"", "alps", "cities", "family", "private/y", "../private", "private/x/..", "private%2fx", "nowhere"} {
		for _, query := range []string{"", "dog", "-unicorn", "label:hush or dog", "person:natalie or -dog"} {
			for _, secret := range []string{"Hush", "Hidden", "SECRETCAM", "DOG", "NATALIE", "1999", "1998", "private/x", "family/party", "For X"} {
				if got := text(query, scope); strings.Contains(got, secret) {
					t.Errorf("%q in %q tells of %s: %s", query, scope, secret, got)
				}
			}
		}
	}
	for _, secret := range []string{"Hush", "Hidden Person", "SECRETCAM 1", "1999"} {
		if got := text("", "private/x"); !strings.Contains(got, secret) {
			t.Errorf("in its own scope %s is not counted: %s", secret, got)
		}
	}
	// An album's own scope has no facet for it, nor for those above.
	for _, f := range searchAll(t, x, "", "alps").Facets {
		if f.Kind == Album && !reflect.DeepEqual(f.Values, []FacetValue{{"alps/2024", "Hütte & Gipfel", 2}}) {
			t.Errorf("the albums in alps: %+v", f)
		}
	}
}

func TestFacetsLimit(t *testing.T) {
	b := storage.NewMem()
	publish(t, b, manyPhotos(250))
	x := open(t, b)
	all := searchAll(t, x, "", "")
	r, err := x.Search(t.Context(), Parse(""), Options{Facets: 3})
	if err != nil || len(r.Hits) != 0 || r.Total != 250 {
		t.Fatal(r, err)
	}
	for i, f := range r.Facets {
		if want := all.Facets[i].Values; !slices.Equal(f.Values, want[:min(3, len(want))]) || f.Others != len(want)-len(f.Values) {
			t.Errorf("three values of %s: %+v, want the first of %+v", f.Kind, f, want)
		}
	}
	for _, o := range []Options{{Facets: -1}, {Facets: maxFacets + 1}} {
		if _, err := x.Search(t.Context(), Parse(""), o); err == nil {
			t.Errorf("a search with %+v succeeds", o)
		}
	}
}

// Numbers are compared as they were written, whatever binary makes of them.
func TestNumbersAreExact(t *testing.T) {
	m := newManifests()
	m.album("", "Gallery")
	for i, e := range []gallery.Exposure{{ISO: 100, FNumber: 2.8, FocalLength: 50, Seconds: 1.0 / 250}, {ISO: 1600, FNumber: 4, FocalLength: 4.25,
		Seconds: 1.0 / 3}, {ISO: 102_400, FNumber: 5.6, FocalLength: 600, Seconds: 30}, {}} {
		r := item(fmt.Sprintf("%d.jpg", i), "", "", "", "", nil, nil)
		r.Exposure, r.Rating, r.Original.Size = e, []int{4, 5, -1, 0}[i], []int64{999_999, 1_000_000, 5_000_000_000, 1}[i]
		r.GPS = []*gallery.GPS{{Latitude: 59.91, Longitude: 10.75}, {Latitude: -89.999, Longitude: 179.999}, {Latitude: 0, Longitude: -179.999}, nil}[i]
		m.add(r)
	}
	b := storage.NewMem()
	publish(t, b, m)
	x := open(t, b)
	for _, tt := range []struct{ query, want string }{
		{"rating:4", "0"}, {"rating:>4", "1"}, {"rating:>=4", "0 1"}, {"rating:<4", "2"}, {"rating:-1", "2"}, {"-rating:>=1", "2 3"},
		{"iso:100", "0"}, {"iso:>100", "1 2"}, {"iso:100..1600", "0 1"}, {"iso:<100", ""}, {"iso:>102400", ""}, {"iso:>=102400", "2"},
		{"aperture:2.8", "0"}, {"aperture:>2.8", "1 2"}, {"aperture:<=2.8", "0"}, {"aperture:2.81", ""}, {"focal:4.25", "1"}, {"focal:>50mm", "2"},
		{"shutter:1/250", "0"}, {"shutter:>1/250", "1 2"}, {"shutter:>=1/3", "1 2"}, {"shutter:<=1/3", "0 1"}, {"shutter:30s", "2"},
		{"size:>=1mb", "1 2"}, {"size:<1mb", "0 3"}, {"size:>4gb", "2"}, {"width:6000", "0 1 2 3"}, {"height:<4000", ""},
		{"near:59.91,10.75,1m", "0"}, {"near:59.9,10.75,1km", ""}, {"near:59.9,10.75,2km", "0"}, {"near:-90,0,1km", "1"}, {"near:0,180,1km", "2"},
		{"near:0,0,20038km", "0 1 2"}, {"has:gps -near:0,180,1km", "0 1"}, {"duration:>0", ""}, {"altitude:>-500", ""},
	} {
		var got []string
		for _, path := range find(t, x, tt.query, Options{}) {
			got = append(got, strings.TrimSuffix(path, ".jpg"))
		}
		slices.Sort(got)
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s finds %q, want %q", tt.query, got, tt.want)
		}
	}
}

// randomRow makes up a row.
func randomRow(r *rand.Rand) row {
	word := func() string { return strings.Repeat(string(rune('a'+r.IntN(26))), r.IntN(4)) }
	w := row{name: word() + ".jpg", album: word(), kind: word()}
	if r.IntN(2) == 0 {
		w.camera = "Camera " + word()
	}
	for range r.IntN(5) {
		w.labels = append(w.labels, word())
	}
	for range r.IntN(2) {
		w.people = append(w.people, word())
	}
	for i := range w.numbers {
		w.numbers[i] = []int64{none, 0, -1, r.Int64N(300), r.Int64N(1 << 40), -r.Int64N(1 << 52)}[r.IntN(6)]
	}
	return w
}

func TestColumnsRoundTrip(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var b columnsBuilder
		rows := make([]row, r.IntN(40))
		for i := range rows {
			rows[i] = randomRow(r)
			b.add(rows[i])
		}
		c, err := decodeColumns(b.encode())
		if err != nil || c.documents != len(rows) {
			t.Fatalf("%d rows: %v", len(rows), err)
		}
		for i, want := range rows {
			if got := c.row(i, row{}); !reflect.DeepEqual(got, want) && fmt.Sprintf("%q", got.labels) != fmt.Sprintf("%q", want.labels) ||
				got.numbers != want.numbers || got.name != want.name || got.camera != want.camera || !slices.Equal(got.people, want.people) {
				t.Fatalf("row %d: got %+v, want %+v", i, got, want)
			}
		}
	}
}

// Whatever bytes claim to be columns, reading them is an error or works in full.
func FuzzColumns(f *testing.F) {
	r := rand.New(rand.NewPCG(3, 4))
	var b columnsBuilder
	f.Add(b.encode())
	for range 20 {
		b.add(randomRow(r))
	}
	f.Add(b.encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := decodeColumns(data)
		if err != nil {
			return
		}
		var again columnsBuilder
		var w row
		for i := range c.documents {
			w = c.row(i, w)
			again.add(w)
			c.path(i)
		}
		again.encode()
	})
}

// Whichever byte of the index is damaged or missing, a reader refuses it, and keeps what it has.
func FuzzDamagedIndex(f *testing.F) {
	whole := storage.NewMem()
	m := manyPhotos(60)
	publish(f, whole, m)
	copyIndex := func(from map[string]string) *storage.Mem {
		b := storage.NewMem()
		for key, body := range from {
			b.Upload(key, []byte(body), time.Now())
		}
		return b
	}
	before := whole.Contents(indexPrefix)
	next := copyIndex(before)
	m.add(item("album-000/new.jpg", "", "", "Fresh", "", nil, nil))
	publish(f, next, m)
	after := next.Contents(indexPrefix)
	var changed []string
	for _, key := range slices.Sorted(maps.Keys(after)) {
		if after[key] != before[key] {
			changed = append(changed, key)
		}
	}
	for i := range changed {
		for _, at := range []uint32{0, 1, 7, 100, 1000, math.MaxUint32} {
			f.Add(uint8(i), at, byte(1), false)
			f.Add(uint8(i), at, byte(0x80), true)
		}
	}
	f.Fuzz(func(t *testing.T, object uint8, at uint32, flip byte, cut bool) {
		b := copyIndex(before)
		x, err := Open(t.Context(), b, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer x.Close()
		key := changed[int(object)%len(changed)]
		for k, body := range after {
			data := []byte(body)
			if i := int(at) % len(data); k == key && cut {
				data = data[:i]
			} else if k == key {
				data[i] ^= flip
			}
			b.Upload(k, data, time.Now())
		}
		_, err = x.Refresh(t.Context())
		if err == nil && key != PointerKey && b.Contents(key)[key] != after[key] { // JSON may not mind what is wrong with a pointer
			t.Errorf("%s, damaged at %d: it is served", key, at)
		}
		if want := 60; err != nil {
			if _, n := x.Generation(); n != want {
				t.Errorf("%s, damaged at %d: %d documents are served, want the %d from before", key, at, n, want)
			}
		}
		if r := searchAll(t, x, "label:thing", ""); r.Total == 0 {
			t.Errorf("%s, damaged at %d: nothing is found", key, at)
		}
	})
}

// An index in the first format is refused in words, and built anew.
func TestOldFormat(t *testing.T) {
	b, m := storage.NewMem(), manyPhotos(30)
	data := []byte(`{"format":1,"number":7,"mapping":"x","documents":1,"indexed":1,"segments":[{"file":"000000000002.zap"}],"root":"eA==","albums":{}}`)
	key := generationPrefix + "7-00000000.json"
	b.Upload(key, data, time.Now())
	b.Upload(PointerKey, fmt.Appendf(nil, `{"generation":%q,"sha256":%q}`, key, sha256Hex(data)), time.Now())
	if x, err := Open(t.Context(), b, t.TempDir()); err == nil || !strings.Contains(err.Error(), "has format 1") {
		t.Errorf("Open of the first format: %v, %v", x, err)
	}
	if r := publish(t, b, m); r.Mode != Rebuild || !strings.Contains(r.Reason, "format 1") || r.Generation != 8 {
		t.Errorf("publish over the first format: %+v", r)
	}
	if got := find(t, open(t, b), "", Options{}); len(got) != 30 {
		t.Errorf("then %d are found, want 30", len(got))
	}
}

// A segment is kept for a day after the first generation that does not need it, however old it is.
func TestGarbageIsWhatNoReaderHolds(t *testing.T) {
	t.Parallel()
	b, m := largeGallery(t)
	now := time.Now().Add(1000 * time.Hour) // all that is there is old
	at := func(d time.Duration) PublishOptions {
		return PublishOptions{Now: func() time.Time { return now.Add(d) }}
	}
	base := current(t, b).Segments[0].key()
	m.add(item("album-000/first.jpg", "", "", "Fresh", "", nil, nil))
	o := at(0)
	o.Rebuild = true
	publishWith(t, b, m, o) // readers of the generation before may still be fetching
	for i := range 5 {
		m.add(item(fmt.Sprintf("album-000/new-%d.jpg", i), "", "", "Fresh", "", nil, nil))
		if r := publishWith(t, b, m, at(time.Duration(i)*time.Minute)); slices.Contains(r.Deleted, base) {
			t.Fatalf("publish %d, minutes later, deleted %s", i, base)
		}
	}
	m.add(item("album-000/last.jpg", "", "", "Fresh", "", nil, nil))
	if r := publishWith(t, b, m, at(25*time.Hour)); !slices.Contains(r.Deleted, base) {
		t.Errorf("a day later, %s is still there: %q is deleted", base, r.Deleted)
	}
	if got := find(t, open(t, b), "fresh", Options{}); len(got) != 7 {
		t.Errorf("%d photos are found, want 7", len(got))
	}
}

// tallied is a bucket that counts requests and bytes.
type tallied struct {
	*storage.Mem
	requests, written int
}

func (b *tallied) Get(ctx context.Context, key string, r storage.Range) (*storage.Object, error) {
	b.requests++
	return b.Mem.Get(ctx, key, r)
}

func (b *tallied) Put(ctx context.Context, key string, body []byte, o storage.PutOptions) (string, error) {
	b.requests++
	b.written += len(body)
	return b.Mem.Put(ctx, key, body, o)
}

// However large the gallery, one photo costs few requests and bytes.
func TestPublishOneIsCheap(t *testing.T) {
	t.Parallel()
	mem, m := largeGallery(t)
	b := &tallied{Mem: mem}
	publish(t, b, m)
	for i := range 20 {
		b.requests, b.written = 1, 0 // the listing
		m.add(item(fmt.Sprintf("album-%03d/new-%d.jpg", i%3, i), "2024-05-05", "Leica Q", "Novelty", "", []string{"Fresh<thing"}, nil))
		r := publish(t, b, m)
		if b.requests > 11 || b.written > 20_000 {
			t.Errorf("publish %d (%s): %d requests, %d bytes", i, r.Mode, b.requests, b.written)
		}
	}
}

// Readers and a writer at once: whoever searches sees one generation, whole. SEARCH_RACE in the environment is how long.
func TestReadersAndWriter(t *testing.T) {
	t.Parallel()
	long := 2 * time.Second
	if s := os.Getenv("SEARCH_RACE"); s != "" {
		var err error
		if long, err = time.ParseDuration(s); err != nil {
			t.Fatal(err)
		}
	}
	b, m := largeGallery(t)
	m.album("moving", "Moving")
	m.add(item("moving/0.jpg", "2001-01-01", "", "Mover", "", []string{"Mover"}, nil))
	publish(t, b, m)
	x := open(t, b)
	ctx, stop := context.WithTimeout(t.Context(), long)
	defer stop()
	var wg sync.WaitGroup
	searches := make([]int, 3)
	for n := range searches {
		wg.Go(func() {
			for ctx.Err() == nil {
				// In every generation there is one, the label is counted as often as it is found, and nothing is found twice.
				r, err := x.Search(context.Background(), Parse("label:mover"), Options{Size: 10, Facets: 10})
				if err != nil || r.Total != 1 || len(r.Hits) != 1 || len(r.Facets) != 7 || r.Facets[0].Values[0] != (FacetValue{"Mover", "Mover", 1}) {
					t.Errorf("the mover: %+v, %v", r, err)
					return
				}
				r, err = x.Search(context.Background(), Parse(""), Options{Size: 1, From: largeSize, Facets: 1})
				if err != nil || r.Total != largeSize+1 || len(r.Hits) != 1 {
					t.Errorf("all: %+v, %v", r, err)
					return
				}
				searches[n]++
			}
		})
	}
	wg.Go(func() {
		for ctx.Err() == nil {
			if _, err := x.Refresh(context.Background()); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Millisecond)
		}
	})
	publishes := 0
	for ; ctx.Err() == nil; publishes++ {
		m.add(item(fmt.Sprintf("moving/%d.jpg", publishes+1), "2001-01-01", "", "Mover", "", []string{"Mover"}, nil))
		m.remove(fmt.Sprintf("data/moving/%d.jpg", publishes))
		// The two changes are one: a source answers from one state.
		if r, err := Publish(context.Background(), b, m, PublishOptions{TempDir: t.TempDir()}); err != nil || r.Documents != largeSize+1 {
			t.Error(r, err)
			break
		}
	}
	wg.Wait()
	t.Logf("%d publishes, %d searches", publishes, searches)
	if slices.Min(searches) == 0 || publishes == 0 {
		t.Error("somebody did nothing")
	}
}

// An index that is refreshed uses again what it has of the generation before.
func TestRefreshFetchesWhatIsNew(t *testing.T) {
	t.Parallel()
	mem, m := largeGallery(t)
	b := &tallied{Mem: mem}
	x := open(t, b)
	columns := x.current.leaves[0].columns
	m.add(item("album-001/new.jpg", "", "", "Fresh", "", nil, nil))
	publish(t, b, m)
	b.requests = 0
	if changed, err := x.Refresh(t.Context()); !changed || err != nil {
		t.Fatal(changed, err)
	}
	if b.requests != 3 || x.current.leaves[0].columns != columns {
		t.Errorf("a refresh took %d requests, want 3: the pointer, the generation, the new segment", b.requests)
	}
	if left, err := os.ReadDir(x.dir); err != nil || len(left) != 1 {
		t.Errorf("%d generations are on disk (%v), want 1", len(left), err)
	}
}

// Merging keeps every document that is not deleted, in order, with its columns and hashes.
func TestMergeParts(t *testing.T) {
	t.Parallel()
	m, err := newMapping()
	if err != nil {
		t.Fatal(err)
	}
	var parts []leaf
	var want []string
	var hashes []byte
	for n := range 3 {
		b := segmentBuilder{dir: t.TempDir(), mapping: m}
		var docs []itemDocument
		for i := range 20 {
			r := item(fmt.Sprintf("album-%d/%02d.jpg", n, i), "2020-02-02", "Cam", "", "", []string{"Dog"}, nil)
			docs = append(docs, newItemDocument(r.Original.Key[len("data/"):], &r, fmt.Sprintf("album-%d", n), nil))
			if err := b.add(docs[i]); err != nil {
				t.Fatal(err)
			}
		}
		s, err := b.finish(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c, err := decodeColumns(s.columns)
		if err != nil {
			t.Fatal(err)
		}
		deleted, _ := segment{}.deleted()
		for i, doc := range docs {
			if (i+n)%3 == 0 {
				deleted.Add(uint32(i))
				continue
			}
			want, hashes = append(want, doc.id), append(hashes, doc.hash[:]...)
		}
		parts = append(parts, leaf{file: s.file, columns: c, hashes: s.hashes, deleted: deleted})
	}
	merged, err := mergeParts(t.Context(), filepath.Join(t.TempDir(), "merged"), parts)
	if err != nil {
		t.Fatal(err)
	}
	c, err := decodeColumns(merged.columns)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range c.documents {
		got = append(got, c.path(i))
	}
	if !slices.Equal(got, want) || !bytes.Equal(merged.hashes, hashes) || merged.documents != len(want) {
		t.Errorf("merged:\n got %q\nwant %q", got, want)
	}
}
