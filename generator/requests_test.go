package generator_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"shoebox/generator"
	"shoebox/internal/config"
	"shoebox/internal/cost"
	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// A meter is a bucket that counts requests as S3 bills them.
type meter struct {
	storage.Bucket

	mu           sync.Mutex // guards what follows
	beside, indx tally      // what concerns the search index is counted for itself
	log          []string   // each request beside the index
}

// A tally is a number of requests and of bytes written.
type tally struct {
	cost.Usage
	bytes int64
}

func (c tally) requests() int64 { return c.S3Get + c.S3Put + c.S3Delete + c.S3List }

func (c tally) String() string {
	return fmt.Sprintf("%d requests (%d GET, %d PUT, %d DELETE, %d LIST), %.2f MB written", c.requests(), c.S3Get, c.S3Put, c.S3Delete,
		c.S3List, float64(c.bytes)/1e6)
}

func (m *meter) count(what, key string, add func(t *tally)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	// Nothing but the index lists all manifests.
	if strings.HasPrefix(key, gallery.State+"index/") || what == "list" && key == gallery.State+"albums/" {
		add(&m.indx)
		return
	}
	add(&m.beside)
	m.log = append(m.log, what+" "+key)
}

// reset starts anew.
func (m *meter) reset() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.beside, m.indx, m.log = tally{}, tally{}, nil
}

func (m *meter) Get(ctx context.Context, key string, r storage.Range) (*storage.Object, error) {
	m.count("get", key, func(t *tally) { t.S3Get++ })
	return m.Bucket.Get(ctx, key, r)
}

func (m *meter) Put(ctx context.Context, key string, body []byte, o storage.PutOptions) (string, error) {
	m.count("put", key, func(t *tally) { t.S3Put, t.bytes = t.S3Put+1, t.bytes+int64(len(body)) })
	return m.Bucket.Put(ctx, key, body, o)
}

func (m *meter) Delete(ctx context.Context, key string) error {
	m.count("delete", key, func(t *tally) { t.S3Delete++ })
	return m.Bucket.Delete(ctx, key)
}

func (m *meter) List(ctx context.Context, prefix string) iter.Seq2[storage.Info, error] {
	return m.pages(prefix, m.Bucket.List(ctx, prefix))
}

func (m *meter) ListDir(ctx context.Context, prefix string) iter.Seq2[storage.Info, error] {
	return m.pages(prefix, storage.ListDir(ctx, m.Bucket, prefix))
}

// pages counts a request for each thousand keys.
func (m *meter) pages(prefix string, list iter.Seq2[storage.Info, error]) iter.Seq2[storage.Info, error] {
	return func(yield func(storage.Info, error) bool) {
		m.count("list", prefix, func(t *tally) { t.S3List++ })
		n := 0
		for info, err := range list {
			if n++; n > 1000 {
				m.count("list", prefix, func(t *tally) { t.S3List++ })
				n = 1
			}
			if !yield(info, err) {
				return
			}
		}
	}
}

// A multiplied is a bucket that holds a gallery of many albums like one that was really built: an object of the model, which is in
// "album 000", is in every other album too, with that name in the place of the model's in its key and in all that it says.
type multiplied struct {
	*storage.Mem // what is written
	model        *storage.Mem
	albums       int
	older        time.Time // when the model was built
}

const modelAlbum = "album 000"

// copyOf returns the key of the model that a key is a copy of, and the name of the album; ok is false for all other keys.
func (m *multiplied) copyOf(key string) (model, album string, ok bool) {
	i := strings.Index(key, "album ")
	if i < 0 || len(key) < i+len(modelAlbum) {
		return "", "", false
	}
	album = key[i : i+len(modelAlbum)]
	var n int
	if _, err := fmt.Sscanf(album, "album %d", &n); err != nil || n < 1 || n >= m.albums || album != albumName(n) {
		return "", "", false
	}
	return key[:i] + modelAlbum + key[i+len(modelAlbum):], album, true
}

func albumName(n int) string { return fmt.Sprintf("album %03d", n) }

func (m *multiplied) Get(ctx context.Context, key string, r storage.Range) (*storage.Object, error) {
	o, err := m.Mem.Get(ctx, key, r)
	model, album, ok := m.copyOf(key)
	if !errors.Is(err, fs.ErrNotExist) || !ok {
		return o, err
	}
	body, info, err := storage.Read(ctx, m.model, model)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(key, gallery.State) {
		body = inAlbum(body, album)
	}
	o = &storage.Object{Info: m.describe(info, key, body)}
	body = body[min(r.Offset, int64(len(body))):]
	if r.Length > 0 {
		body = body[:min(r.Length, int64(len(body)))]
	}
	o.Body = io.NopCloser(bytes.NewReader(body))
	return o, nil
}

func (m *multiplied) describe(info storage.Info, key string, body []byte) storage.Info {
	info.Key, info.Modified = key, m.older
	if strings.HasPrefix(key, gallery.State) { // the other objects are the same in all albums, or never read
		info.ETag = fmt.Sprintf("%x", sha256.Sum256(body))
	}
	return info
}

// Delete implements [storage.Bucket]; what was multiplied stays.
func (m *multiplied) Delete(ctx context.Context, key string) error {
	if _, err := m.Mem.Get(ctx, key, storage.Range{}); err != nil {
		if _, _, ok := m.copyOf(key); ok {
			return fmt.Errorf("delete %s: this bucket can't", key)
		}
	}
	return m.Mem.Delete(ctx, key)
}

// ListDir lists what is directly below a prefix that is not in a copied album: no album is.
func (m *multiplied) ListDir(ctx context.Context, prefix string) iter.Seq2[storage.Info, error] {
	return storage.ListDir(ctx, m.Mem, prefix)
}

func (m *multiplied) List(ctx context.Context, prefix string) iter.Seq2[storage.Info, error] {
	return func(yield func(storage.Info, error) bool) {
		var infos []storage.Info
		for info := range m.Mem.List(ctx, prefix) {
			infos = append(infos, info)
		}
		written := map[string]bool{}
		for _, info := range infos {
			written[info.Key] = true
		}
		for n := 1; n < m.albums; n++ {
			at, album := prefix, albumName(n)
			if model, own, ok := m.copyOf(prefix); ok {
				if own != album {
					continue
				}
				at = model
			}
			for info := range m.model.List(ctx, at) {
				key := strings.Replace(info.Key, modelAlbum, album, 1)
				if key == info.Key || !strings.HasPrefix(key, prefix) || written[key] {
					continue
				}
				o, err := m.Get(ctx, key, storage.Range{})
				if err != nil {
					yield(storage.Info{}, err)
					return
				}
				infos = append(infos, o.Info)
			}
		}
		slices.SortFunc(infos, func(a, b storage.Info) int { return strings.Compare(a.Key, b.Key) })
		for _, info := range infos {
			if !yield(info, nil) {
				return
			}
		}
	}
}

// cameraPhoto is a small picture with two renditions.
func cameraPhoto(t testing.TB, n int) []byte {
	m := image.NewGray(image.Rect(0, 0, 100, 75))
	for i := range m.Pix {
		m.Pix[i] = uint8(i*n + i/100)
	}
	m.SetGray(0, 0, color.Gray{uint8(n)})
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return fmt.Appendf(b.Bytes(), "%d", n)
}

func requestsConfig(c *config.Config) {
	stormConfig(c)
	c.Renditions.Thumbnail, c.Renditions.Preview = 64, 96
}

// perAlbum is the number of photos in each album of the gallery that is simulated.
const perAlbum = 200

// newModel is a gallery of one album of 200 photos.
func newModel(t testing.TB, change ...func(*config.Config)) *storage.Mem {
	t.Helper()
	model := storage.NewMem()
	for i := range perAlbum {
		key := fmt.Sprintf("data/%s/IMG_%04d.jpg", modelAlbum, i)
		model.Upload(key, cameraPhoto(t, i), morning.Add(time.Duration(i)*time.Minute))
		text := fmt.Sprintf("---\ntitle: Photo %d\nkeywords: [dog, beach, sunset, holiday]\npeople: [Ada, Bob]\n---\nA caption as long as people write them, of one line or two.", i)
		model.Upload(key+".md", []byte(text), morning)
	}
	build(t, storage.NewRoute(model, model), change...)
	return model
}

func noIndex(c *config.Config) { c.Search = "none" }

// multiply is a gallery of so many albums like the model's, and its meter. The state of the model is copied for the other albums.
func multiply(t testing.TB, model *storage.Mem, albums int) *meter {
	t.Helper()
	m := &multiplied{Mem: storage.NewMem(), model: model, albums: albums, older: time.Now().Add(-48 * time.Hour)}
	for key, body := range model.Contents("") {
		m.Upload(key, []byte(body), m.older)
	}
	// What is known of the gallery as a whole, as if all albums had been published.
	var root gallery.Manifest
	var catalog map[string]any
	edit(t, m, gallery.ManifestKey(""), &root, func() {
		card := root.Albums[0]
		for n := 1; n < albums; n++ {
			root.Albums = append(root.Albums, copied(t, card, albumName(n)))
		}
	})
	edit(t, m, gallery.CatalogKey, &catalog, func() {
		cards := catalog["albums"].(map[string]any)
		for n := 1; n < albums; n++ {
			card := copied(t, cards[modelAlbum].(map[string]any), albumName(n))
			o, err := m.Get(context.Background(), gallery.ManifestKey(albumName(n)), storage.Range{})
			if err != nil {
				t.Fatal(err)
			}
			card["manifest"] = o.ETag
			cards[albumName(n)] = card
		}
		o, err := m.Get(context.Background(), gallery.ManifestKey(""), storage.Range{})
		if err != nil {
			t.Fatal(err)
		}
		cards[""].(map[string]any)["manifest"] = o.ETag
	})
	return &meter{Bucket: m}
}

// edit changes a stored object.
func edit(t testing.TB, m *multiplied, key string, to any, change func()) {
	t.Helper()
	body, _, err := storage.Read(t.Context(), m, key)
	if err == nil {
		err = json.Unmarshal(body, to)
	}
	if err != nil {
		t.Fatalf("%s: %v", key, err)
	}
	change()
	if body, err = json.Marshal(to); err != nil {
		t.Fatal(err)
	}
	m.Upload(key, body, m.older)
}

// copied is what something says of another album.
func copied[T any](t testing.TB, of T, album string) (other T) {
	t.Helper()
	body, err := json.Marshal(of)
	if err == nil {
		err = json.Unmarshal(inAlbum(body, album), &other)
	}
	if err != nil {
		t.Fatal(err)
	}
	return other
}

// inAlbum is what an object of the model says in another album: there, everything was uploaded in another year.
func inAlbum(body []byte, album string) []byte {
	body = bytes.ReplaceAll(body, []byte(modelAlbum), []byte(album))
	return bytes.ReplaceAll(body, []byte(`"2024-`), []byte(`"1`+strings.TrimPrefix(album, "album ")+`-`))
}

// addOne uploads a photo to the model album, develops it and publishes what that changes.
func addOne(t testing.TB, m *meter, n int, change ...func(*config.Config)) generator.Report {
	t.Helper()
	key := fmt.Sprintf("data/%s/NEW_%04d.jpg", modelAlbum, n)
	m.Bucket.(*multiplied).Upload(key, cameraPhoto(t, perAlbum+n), morning.Add(time.Duration(1000+n)*time.Minute))
	g := newGenerator(t, storage.NewRoute(m, m), change...)
	c, err := g.Develop(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	report, err := g.Publish(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Pending) > 0 || report.Written == 0 {
		t.Fatalf("%+v", report)
	}
	return report
}

// Limits of what one photo may take in a gallery of 100,000, beside the search index.
const (
	maxRequests = 30
	maxWritten  = 3_000_000 // bytes
)

// TestOnePhotoIsConstantWork counts what a photo takes that is added to an album of 200 in a gallery of 500 such albums, and in one
// of 20.
func TestOnePhotoIsConstantWork(t *testing.T) {
	t.Parallel()
	var requests []int64
	model := newModel(t, requestsConfig, noIndex)
	for _, albums := range []int{20, 500} {
		m := multiply(t, model, albums)
		addOne(t, m, 0, requestsConfig, noIndex) // it also publishes what was made up of the gallery as a whole
		m.reset()
		report := addOne(t, m, 1, requestsConfig, noIndex)
		t.Logf("%d photos in %d albums, one more: %v", albums*perAlbum, albums, m.beside)
		if m.beside.requests() > maxRequests || m.beside.bytes > maxWritten {
			t.Errorf("want %d requests and %d bytes at most; it was:\n%s", maxRequests, maxWritten, lines(m.log))
		}
		if report.Published != 2 { // the album, and the front page, which counts its photos
			t.Errorf("published %d albums, want 2", report.Published)
		}
		body, _, err := storage.Read(t.Context(), m, "public/index.html")
		if n := strings.Count(string(body), "202 photos"); err != nil || n != 1 {
			t.Errorf("the front page has the new number of photos %d times, want 1: %v", n, err)
		}
		if n := strings.Count(string(body), "200 photos"); n != albums-1 {
			t.Errorf("the front page shows %d other albums, want %d", n, albums-1)
		}
		requests = append(requests, m.beside.requests())
	}
	if requests[0] != requests[1] {
		t.Errorf("%d requests in a gallery of 20 albums, %d in one of 500", requests[0], requests[1])
	}
}

// BenchmarkOnePhoto adds a photo to a gallery of 100,000 in 500 albums, with its index.
func BenchmarkOnePhoto(b *testing.B) {
	m := multiply(b, newModel(b, requestsConfig), 500)
	addOne(b, m, 0, requestsConfig) // it also builds the index
	m.reset()
	n := 0
	for b.Loop() {
		n++
		addOne(b, m, n, requestsConfig)
	}
	per := func(n int64) float64 { return float64(n) / float64(b.N) }
	for name, t := range map[string]tally{"": m.beside, "index-": m.indx} {
		b.ReportMetric(per(t.S3Get), name+"GET/op")
		b.ReportMetric(per(t.S3Put), name+"PUT/op")
		b.ReportMetric(per(t.S3Delete), name+"DELETE/op")
		b.ReportMetric(per(t.S3List), name+"LIST/op")
		b.ReportMetric(per(t.bytes), name+"bytes/op")
	}
	b.ReportMetric(m.beside.Plus(m.indx.Usage).Dollars()/float64(b.N), "S3-dollars/op")
}

// BenchmarkBulk uploads 10,000 photos to 50 albums at once: the developers keep ahead of the publisher, which runs ten times.
func BenchmarkBulk(b *testing.B) {
	const photos, runs = 10_000, 10
	for b.Loop() {
		b.StopTimer()
		mem := storage.NewMem()
		var uploaded []string
		for i := range photos {
			key := fmt.Sprintf("data/%s/IMG_%05d.jpg", albumName(i/perAlbum), i)
			mem.Upload(key, cameraPhoto(b, i), morning.Add(time.Duration(i)*time.Minute))
			uploaded = append(uploaded, key)
		}
		m := &meter{Bucket: mem}
		g := newGenerator(b, storage.NewRoute(m, m), requestsConfig)
		if _, err := newGenerator(b, storage.NewRoute(m, storage.NewMem()), requestsConfig).Reconcile(b.Context()); err != nil {
			b.Fatal(err)
		}
		m.reset()
		b.StartTimer()
		for keys := range slices.Chunk(uploaded, photos/runs) {
			var changes []generator.Changes
			for _, key := range keys {
				c, err := g.Develop(b.Context(), key)
				if err != nil {
					b.Fatal(err)
				}
				changes = append(changes, c)
			}
			if _, err := g.Publish(b.Context(), union(changes)); err != nil {
				b.Fatal(err)
			}
		}
		all := m.beside.Plus(m.indx.Usage)
		b.ReportMetric(float64(all.S3Get)/photos, "GET/photo")
		b.ReportMetric(float64(all.S3Put)/photos, "PUT/photo")
		b.ReportMetric(float64(all.S3List)/photos, "LIST/photo")
		b.ReportMetric(float64(m.beside.bytes+m.indx.bytes)/photos, "bytes/photo")
		b.ReportMetric(1000*all.Dollars()/photos, "S3-dollars/1000-photos")
	}
}

// Limits of what one photo with 11 labels and 2 people may take beside that: of seven small collections the roll is read, and it
// and the page are written; of six large ones the same is done for the year, too; then there are the sidecar, what is remembered of all, and
// two overviews. What is written grows with the number of years that a large collection has: here those are 500.
const (
	maxCollected      = 7*3 + 6*6 + 8
	maxCollectedBytes = 5_000_000
)

// TestOneLabelledPhotoIsConstantWork counts what a photo with 11 labels and 2 people takes; four of the labels and both are on all
// photos of a gallery of 4,000, and of one of 100,000.
func TestOneLabelledPhotoIsConstantWork(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it makes the collections of 100,000 photos")
	}
	var requests []int64
	model := newModel(t, requestsConfig, noIndex)
	for _, albums := range []int{20, 500} {
		m := multiply(t, model, albums)
		mem := m.Bucket.(*multiplied)
		mem.Remove(gallery.CollectionsKey) // those of all albums are made with the first photo
		label := func(n int) {
			mem.Upload(fmt.Sprintf("data/%s/NEW_%04d.jpg.md", modelAlbum, n), []byte("---\nkeywords: [dog, beach, sunset, holiday, a, b, c, d, e, f, g]\npeople: [Ada, Bob]\n---"), morning)
		}
		label(0)
		addOne(t, m, 0, requestsConfig, noIndex)
		m.reset()
		addOne(t, m, 1, requestsConfig, noIndex)
		plain := m.beside.requests()
		label(2)
		m.reset()
		addOne(t, m, 2, requestsConfig, noIndex)
		t.Logf("%d photos in %d albums, one more: %d requests without labels; with 11 and 2 people %v", albums*perAlbum, albums, plain, m.beside)
		if got := m.beside.requests() - plain; got > maxCollected || m.beside.bytes > maxCollectedBytes {
			t.Errorf("%d requests for collections and %d bytes, want %d and %d at most; it was:\n%s", got, m.beside.bytes, maxCollected, maxCollectedBytes, lines(m.log))
		}
		body, _, err := storage.Read(t.Context(), m, "public/-/labels/index.html")
		if want := fmt.Sprintf(`<bdi>dog</bdi></a> <span class="n">%s</span>`, thousands(albums*perAlbum+2)); err != nil || !strings.Contains(string(body), want) {
			t.Errorf("the overview does not say %s: %v", want, err)
		}
		requests = append(requests, m.beside.requests())
	}
	if requests[0] != requests[1] {
		t.Errorf("%d requests in a gallery of 20 albums, %d in one of 500", requests[0], requests[1])
	}
}

func thousands(n int) string { return fmt.Sprintf("%d,%03d", n/1000, n%1000) }
