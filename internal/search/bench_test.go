package search

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"shoebox/internal/gallery"
	"shoebox/internal/page"
	"shoebox/internal/search/searchtest"
	"shoebox/internal/storage"
)

// corpusSize is how many photos the benchmarks are about: SEARCH_PHOTOS in the environment, or 10,000.
func corpusSize(tb testing.TB) int {
	s := os.Getenv("SEARCH_PHOTOS")
	if s == "" {
		return 10_000
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		tb.Fatalf("SEARCH_PHOTOS is %q, want a number of photos", s)
	}
	return n
}

// cpu returns the time that all cores together have worked for this process.
func cpu(tb testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// status returns a line of /proc/self/status in MB, or 0 where there is none.
func status(key string) float64 {
	data, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, key+":"); ok {
			kb, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			return kb / 1000
		}
	}
	return 0
}

// resetPeak starts the measuring of the most memory anew, where it can be.
func resetPeak() { _ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) }

// counted is a bucket in memory that counts the requests, and the bytes written, and works less than [storage.Mem] for them.
type counted struct {
	objects                 map[string]storage.Object
	bodies                  map[string][]byte
	requests, written, puts int64
}

func (c *counted) Get(_ context.Context, key string, r storage.Range) (*storage.Object, error) {
	c.requests++
	o, ok := c.objects[key]
	if !ok {
		return nil, fmt.Errorf("%s: %w", key, fs.ErrNotExist)
	}
	body := c.bodies[key][r.Offset:]
	if r.Length > 0 {
		body = body[:r.Length]
	}
	o.Body = io.NopCloser(bytes.NewReader(body))
	return &o, nil
}

func (c *counted) Put(_ context.Context, key string, body []byte, o storage.PutOptions) (string, error) {
	c.requests++
	c.puts++
	c.written += int64(len(body))
	if old, ok := c.objects[key]; o.IfMatch != "" && old.ETag != o.IfMatch || o.IfNoneMatch && ok {
		return "", storage.ErrPrecondition
	}
	info := storage.Info{Key: key, ETag: fmt.Sprint(c.puts), Size: int64(len(body)), Modified: time.Now()}
	c.objects[key], c.bodies[key] = storage.Object{Info: info}, bytes.Clone(body)
	return info.ETag, nil
}

func (c *counted) Delete(_ context.Context, key string) error {
	c.requests++
	delete(c.objects, key)
	delete(c.bodies, key)
	return nil
}

func (c *counted) List(_ context.Context, prefix string) iter.Seq2[storage.Info, error] {
	c.requests++
	return func(yield func(storage.Info, error) bool) {
		for _, key := range slices.Sorted(maps.Keys(c.objects)) {
			if strings.HasPrefix(key, prefix) && !yield(c.objects[key].Info, nil) {
				return
			}
		}
	}
}

// mixedQueries are what visitors ask, from the narrowest to all there is.
func mixedQueries() []string {
	return []string{"dog", "dog beach", "sunset mountain", `"dog" beach 2010`, "nature", "label:nature", "label:animal 2012", "animal not dog",
		"2012", "taken:2003-02-11..2015-06-20", "june 2019", "taken:2004-03-01..2004-05-31 label:water", "label:sky camera:eos", "type:video",
		"rating:>=4", "iso:>=1600 label:nature", "near:50,10,100km", "has:gps is:portrait", "dog or cat or boat", "person -tree -sky",
		"monutain", "beahc dog", "water sea snow city", "", "album:2012", "not 2012", "focal:>=50 aperture:<=2.8", "width:>5000"}
}

// ownQueries are questions about what one photo of a corpus says and is: its caption, place and file name, and what is like it.
func ownQueries(b *testing.B, c *searchtest.Corpus) []string {
	b.Helper()
	for m := range c.Manifests() {
		for _, r := range m.Items {
			if words := strings.Fields(r.Caption); len(words) > 1 && r.Place.City != "" && len(r.Persons) > 0 && r.GPS != nil {
				like := page.LikeQuery(strings.TrimPrefix(r.Original.Key, gallery.Data))
				return []string{"caption:" + words[0], `caption:"` + words[0] + " " + words[1] + `"`, `caption:"img"`, "title:nature", "file:jpg",
					r.Place.City, "place:" + r.Place.Country + " dog", like, like + " -people", like + " or dog", "dog -" + like}
			}
		}
	}
	b.Fatal("no photo of the corpus has all that is asked for")
	return nil
}

// folder publishes a corpus in a folder, once for all benchmarks of a run: SEARCH_INDEX in the environment keeps it for others.
func folder(b *testing.B) (*storage.Dir, *searchtest.Corpus) {
	b.Helper()
	n := corpusSize(b)
	dir := os.Getenv("SEARCH_INDEX")
	if dir == "" {
		dir = filepath.Join(os.TempDir(), fmt.Sprintf("shoebox-bench-%d-%d", os.Getpid(), n))
	}
	fresh := false
	if _, err := os.Stat(dir); err != nil {
		fresh = true
		if err := os.Mkdir(dir, 0o700); err != nil {
			b.Fatal(err)
		}
	}
	bucket, err := storage.OpenDir(dir)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { bucket.Close() })
	c := searchtest.New(n)
	if fresh {
		if _, err := Publish(b.Context(), bucket, c, PublishOptions{TempDir: b.TempDir()}); err != nil {
			b.Fatal(err)
		}
	}
	return bucket, c
}

// BenchmarkCorpusRebuild builds the index of a corpus from its manifests: CPU, the most memory, and bytes stored.
func BenchmarkCorpusRebuild(b *testing.B) {
	c := searchtest.New(corpusSize(b))
	bucket, err := storage.OpenDir(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer bucket.Close()
	var worked, made time.Duration
	var peak float64
	for b.Loop() {
		start := cpu(b)
		for range c.Manifests() {
		}
		made += cpu(b) - start
		debug.FreeOSMemory()
		resetPeak()
		start = cpu(b)
		if _, err := Publish(b.Context(), bucket, c, PublishOptions{TempDir: b.TempDir(), Rebuild: true}); err != nil {
			b.Fatal(err)
		}
		worked += cpu(b) - start
		peak = max(peak, status("VmHWM"))
	}
	b.ReportMetric((worked-made).Seconds()/float64(b.N), "cpu-s/op") // without what making the corpus up takes
	b.ReportMetric(peak, "peak-MB")
	g := current(b, bucket)
	b.ReportMetric(float64(g.Segments[0].size())/1e6, "stored-MB")
	b.ReportMetric(float64(g.Segments[0].Index.Stored)/1e6, "stored-index-MB")
	b.ReportMetric(float64(g.Segments[0].Columns.Stored)/1e6, "stored-columns-MB")
	b.ReportMetric(float64(g.Segments[0].Index.Size)/1e6, "index-MB")
	b.ReportMetric(float64(g.Segments[0].Columns.Size)/1e6, "columns-MB")
}

// BenchmarkCorpusOpen fetches the index, then opens it from local files and answers a first query with facets.
func BenchmarkCorpusOpen(b *testing.B) {
	bucket, _ := folder(b)
	var fetch, first time.Duration
	for b.Loop() {
		start := time.Now()
		x, err := Open(b.Context(), bucket, b.TempDir())
		if err != nil {
			b.Fatal(err)
		}
		fetch += time.Since(start)
		dir := b.TempDir()
		if err := os.Mkdir(filepath.Join(dir, storeDir), 0o700); err != nil {
			b.Fatal(err)
		}
		parts := slices.Clone(x.current.leaves)
		var raw [][]byte
		for i := range parts {
			if err := os.Link(parts[i].file, filepath.Join(dir, storeDir, segmentFile(i))); err != nil {
				b.Fatal(err)
			}
			s := x.current.generation.Segments[i]
			o, err := bucket.Get(b.Context(), s.key(), storage.Range{Offset: s.Index.Stored, Length: s.Columns.Stored})
			if err != nil {
				b.Fatal(err)
			}
			packed, err := io.ReadAll(o.Body)
			if err != nil {
				b.Fatal(err)
			}
			o.Body.Close()
			columns, err := unpack(packed, maxColumns)
			if err != nil {
				b.Fatal(err)
			}
			raw = append(raw, columns)
		}
		again := &opened{generation: x.current.generation, leaves: parts, offsets: x.current.offsets}
		start = time.Now()
		for i := range parts {
			if parts[i].columns, err = decodeColumns(raw[i]); err != nil {
				b.Fatal(err)
			}
		}
		if again.index, err = openStore(dir, x.mapping, parts); err != nil {
			b.Fatal(err)
		}
		var r Results
		if err := again.search(b.Context(), Parse("dog beach"), Options{Size: PageSize, Facets: 20}, false, &r); err != nil || r.Total == 0 {
			b.Fatal(r, err)
		}
		first += time.Since(start)
		if err := again.index.Close(); err != nil {
			b.Fatal(err)
		}
		if err := x.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(fetch.Microseconds())/1000/float64(b.N), "fetch-ms")
	b.ReportMetric(float64(first.Microseconds())/1000/float64(b.N), "open+first-ms")
}

// BenchmarkCorpusSearch asks the mixed queries, with facets.
func BenchmarkCorpusSearch(b *testing.B) {
	bucket, c := folder(b)
	x := open(b, bucket)
	var queries []Query
	for _, text := range append(mixedQueries(), ownQueries(b, c)...) {
		q, err := x.Parse(b.Context(), text, "", Context{Now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)})
		if err != nil {
			b.Fatal(err)
		}
		queries = append(queries, q)
	}
	o := Options{Size: PageSize, Facets: 20}
	slowest := make([]time.Duration, len(queries))
	var all []time.Duration
	runtime.GC()
	for b.Loop() {
		for i, q := range queries {
			start := time.Now()
			if _, err := x.Search(b.Context(), q, o); err != nil {
				b.Fatal(err)
			}
			took := time.Since(start)
			slowest[i] = max(slowest[i], took)
			all = append(all, took)
		}
	}
	slices.Sort(all)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(ms(all[len(all)/2]), "p50-ms")
	b.ReportMetric(ms(all[len(all)*99/100]), "p99-ms")
	debug.FreeOSMemory()
	b.ReportMetric(status("RssAnon"), "anon-MB")
	b.ReportMetric(status("RssFile"), "file-MB")
	for i, q := range queries {
		b.Logf("%8.2f ms at most: %s", ms(slowest[i]), q.Text)
	}
}

// BenchmarkCorpusPublishOne publishes one changed photo: CPU, bytes and requests for the index, without the manifests.
func BenchmarkCorpusPublishOne(b *testing.B) {
	dir, c := folder(b)
	bucket := &counted{objects: map[string]storage.Object{}, bodies: map[string][]byte{}}
	for info, err := range dir.List(b.Context(), indexPrefix) {
		if err != nil {
			b.Fatal(err)
		}
		data, _, err := storage.Read(b.Context(), dir, info.Key)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := bucket.Put(b.Context(), info.Key, data, storage.PutOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	var worked time.Duration
	var requests, written, merges, rebuilds, most, largest int64
	n := 0
	one := func() {
		c.Add(n)
		n++
		before, sent := bucket.requests, bucket.written
		start := cpu(b)
		r, err := Publish(b.Context(), bucket, c, PublishOptions{TempDir: b.TempDir()})
		if err != nil || r.Mode == Unchanged {
			b.Fatal(r, err)
		}
		worked += cpu(b) - start
		switch r.Mode {
		case Merge:
			merges++
		case Rebuild: // of a small gallery only
			rebuilds++
		}
		requests += bucket.requests - before
		most = max(most, bucket.requests-before)
		written += bucket.written - sent
		largest = max(largest, bucket.written-sent)
	}
	one()
	worked, requests, written, merges, rebuilds, most, largest = 0, 0, 0, 0, 0, 0, 0
	for b.Loop() {
		one()
	}
	b.ReportMetric(float64(worked.Microseconds())/1000/float64(b.N), "cpu-ms/op")
	b.ReportMetric(float64(requests)/float64(b.N), "requests/op")
	b.ReportMetric(float64(most), "requests-most")
	b.ReportMetric(float64(written)/1000/float64(b.N), "KB/op")
	b.ReportMetric(float64(largest)/1000, "KB-most")
	b.ReportMetric(float64(merges)/float64(b.N), "merges/op")
	b.ReportMetric(float64(rebuilds)/float64(b.N), "rebuilds/op")
}
