package search

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// manifests is a Source in memory.
type manifests struct {
	mu      sync.Mutex
	albums  map[string]*gallery.Manifest // replaced when they change
	digests map[*gallery.Manifest]string
}

func newManifests() *manifests {
	return &manifests{albums: map[string]*gallery.Manifest{}, digests: map[*gallery.Manifest]string{}}
}

func (m *manifests) Albums(context.Context) (map[string]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	digests := map[string]string{}
	for path, manifest := range m.albums {
		if m.digests[manifest] == "" {
			data, err := json.Marshal(manifest)
			if err != nil {
				return nil, err
			}
			m.digests[manifest] = sha256Hex(data)
		}
		digests[path] = m.digests[manifest]
	}
	return digests, nil
}

func (m *manifests) Manifest(_ context.Context, album string) (*gallery.Manifest, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	manifest, ok := m.albums[album]
	if !ok {
		return nil, fs.ErrNotExist
	}
	dup := *manifest
	return &dup, nil
}

// album adds an album, or changes its title; "(hidden)" at the title's end hides it.
func (m *manifests) album(path, title string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	title, hidden := strings.CutSuffix(title, " (hidden)")
	manifest := gallery.Manifest{}
	if old, ok := m.albums[path]; ok {
		manifest = *old
	}
	manifest.Album = gallery.Album{Path: path, Title: title, Hidden: hidden}
	m.albums[path] = &manifest
}

// add adds an item, or replaces the one of that key.
func (m *manifests) add(r gallery.Record) {
	m.remove(r.Original.Key)
	m.mu.Lock()
	defer m.mu.Unlock()
	album := *m.albums[gallery.AlbumPath(r.Original.Key)]
	album.Items = append(album.Items[:len(album.Items):len(album.Items)], r)
	m.albums[gallery.AlbumPath(r.Original.Key)] = &album
}

func (m *manifests) remove(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	album := *m.albums[gallery.AlbumPath(key)]
	var items []gallery.Record
	for _, r := range album.Items {
		if r.Original.Key != key {
			items = append(items, r)
		}
	}
	album.Items = items
	m.albums[gallery.AlbumPath(key)] = &album
}

// item is a record in short: labels as "Dog<Animal<Mammal" with parents, "?" at the end when not sure.
func item(path, date, camera, title, caption string, labels, persons []string) gallery.Record {
	r := gallery.Record{Original: gallery.Original{Key: gallery.Data + path}, Kind: gallery.Photo, Type: "image/jpeg", Width: 6000, Height: 4000}
	r.Title, r.Caption, r.Camera, r.Persons = title, caption, camera, persons
	if date != "" {
		t, err := time.Parse("2006-01-02", date)
		if err != nil {
			panic(err)
		}
		r.Taken = gallery.Wall(t.Add(12 * time.Hour))
	}
	for _, l := range labels {
		l, unsure := strings.CutSuffix(l, "?")
		names := strings.Split(l, "<")
		label := gallery.Label{Name: names[0], Parents: names[1:], Confidence: 99, Source: "test"}
		if unsure {
			label.Confidence = 60
		}
		r.Labels = append(r.Labels, label)
	}
	switch ext := path[strings.LastIndexByte(path, '.')+1:]; ext {
	case "mp4":
		r.Kind, r.Type = gallery.Video, "video/mp4"
	case "pdf":
		r.Kind, r.Type = gallery.File, "application/pdf"
	case "gif":
		r.Type, r.Animated = "image/gif", true
	}
	return r
}

// fixedGallery is what the tables of queries are asked of.
func fixedGallery() *manifests {
	m := newManifests()
	m.album("", "Our Gallery")
	m.album("alps", "Summer in the Alps")
	m.album("alps/2024", "Hütte & Gipfel")
	m.album("cities", "Cities")
	m.album("cities/oslo", "Oslo")
	m.album("cities/san-francisco", "San Francisco")
	m.album("family", "Family")
	m.album("family/party", "Surprise party (hidden)")
	m.album("family/party/cake", "The Cake")
	m.album("private", "Private")
	m.album("private/x", "For X")
	m.album("private/y", "For Y")
	m.album("-", "Dash")
	var none []string
	dog := []string{"Dog<Animal<Mammal", "Pet"}
	for _, r := range []gallery.Record{
		item("root.jpg", "2020-01-01", "", "", "", none, none),
		item("notes.pdf", "", "", "Travel notes", "", none, none),
		item("alps/summit.jpg", "2023-07-15", "Canon EOS R5", "On the summit", "We reached the top at noon.", []string{"Mountain<Nature", "Snow"}, []string{"Natalie Berg", "Tom"}),
		item("alps/lake.jpg", "2023-07-16", "Canon EOS R5", "", "Swimming in the lake", []string{"Lake<Water<Nature", "Swimming"}, []string{"Natalie Berg"}),
		item("alps/marmot.jpg", "2023-07-16", "NIKON Z 6", "", "", []string{"Marmot<Animal<Mammal"}, none),
		item("alps/IMG_4711-sunsetRidge.jpg", "2023-08-31", "NIKON Z 6", "", "", []string{"Sunset?"}, none),
		item("alps/clip.mp4", "2023-07-17", "Apple iPhone 12", "Marmots running", "", []string{"Marmot<Animal<Mammal"}, none),
		item("alps/2024/hut.jpg", "2024-02-29", "Canon EOS R5", "", "", []string{"Hut<Building"}, none),
		item("alps/2024/peak.jpg", "2024-12-31", "Canon EOS R6", "", "A dog on the peak?", []string{"Mountain<Nature"}, none),
		item("cities/oslo/opera.jpg", "2019-06-01", "Apple iPhone 12", "Opera house", "Evening at the opera. Beaches are far.", []string{"Opera House<Building"}, []string{"Zoë"}),
		item("cities/oslo/harbour.jpg", "2019-05-31", "Apple iPhone 12", "", "", []string{"Boat<Vehicle", "Sea"}, none),
		item("cities/oslo/dog.jpg", "2019-06-30", "Apple iPhone 12", "", "", dog, none),
		item("cities/san-francisco/bridge.jpg", "2007-03-04", "Canon PowerShot G7", "Golden Gate", "The golden gate in fog", []string{"Bridge<Building"}, none),
		item("cities/san-francisco/gate.jpg", "2007-03-05", "Canon PowerShot G7", "", "A gate of golden wood", []string{"Gate"}, none),
		item("cities/san-francisco/beach.jpg", "2007-12-31", "Canon PowerShot G7", "", "", append([]string{"Beach<Coast<Nature"}, dog...), []string{"Natalie Wood"}),
		item("cities/café.jpg", "2010-10-10", "", "Café crème", "", []string{"Café", "Coffee Cup<Cup"}, none),
		item("cities/東京タワー.jpg", "2015-05-05", "", "", "東京タワーの夜", none, none),
		item("family/dog1.jpg", "2019-12-31", "Canon EOS R5", "", "Rex at home", dog, none),
		item("family/dog2.gif", "2020-01-01", "", "", "Rex jumps", dog, none),
		item("family/kids.jpg", "2020-02-01", "NIKON Z 6", "Kids", "Tom's birthday party", []string{"Child<Person", "Cake<Food"}, []string{"Tom", "Ann Lee", "Lee"}),
		item("family/old.jpg", "1815-06-18", "", "Scan", "", none, none),
		item("family/party/guests.jpg", "2021-05-05", "", "Surprise guests", "", []string{"Person"}, []string{"Tom"}),
		item("family/party/cake/cake.jpg", "2021-05-05", "", "Surprise cake", "", []string{"Cake<Food"}, none),
		item("private/note.jpg", "2022-02-02", "", "Secret note", "", []string{"Secret"}, none),
		item("private/x/one.jpg", "2022-02-03", "Canon EOS R5", "Secret one", "", dog, []string{"Natalie Berg"}),
		item("private/x/two.jpg", "2022-02-04", "", "Secret two", "", none, none),
		item("private/y/three.jpg", "2022-02-05", "", "Secret three", "", dog, none),
		item("-/dash.jpg", "2018-01-01", "", "Dash", "", none, none),
		item("cities/<script>alert(1)<script>.jpg", "2018-02-02", "", `"><img src=x onerror=alert(1)>`, "</script><script>alert(2)</script> hostile", []string{">Bold"}, []string{`O'Neil "Jr"`}),
	} {
		m.add(r)
	}
	return m
}

// storeRecords puts the records of all manifests where hits are read from.
func (m *manifests) storeRecords(t testing.TB, b storage.Bucket) {
	t.Helper()
	for _, manifest := range m.albums {
		for _, r := range manifest.Items {
			data, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := b.Put(t.Context(), gallery.RecordKey(r.Original.Key), data, storage.PutOptions{}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// manyPhotos returns a gallery of n photos in albums of 100, deterministic.
func manyPhotos(n int) *manifests {
	words := strings.Fields("dog cat beach mountain lake sunset forest bridge boat castle snow flower river train kite harbour garden cake bird horse")
	people := strings.Fields("Natalie Tom Ann Rex Zoe Max Ida Ole Eva Kim")
	m := newManifests()
	m.album("", "Gallery")
	for a := range (n + 99) / 100 {
		path := fmt.Sprintf("album-%03d", a)
		m.album(path, fmt.Sprintf("Album %d", a))
		manifest := m.albums[path]
		for i := a * 100; i < min(n, a*100+100); i++ {
			w := func(k int) string { return words[(i*i+i*7*k+k*k*k)%len(words)] }
			date := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i%9000).Format("2006-01-02")
			caption := ""
			if i%3 == 0 {
				caption = fmt.Sprintf("A %s by the %s number %d", w(5), w(6), i)
			}
			manifest.Items = append(manifest.Items, item(fmt.Sprintf("%s/IMG_%05d.jpg", path, i), date, "Canon EOS R"+fmt.Sprint(i%7), "", caption,
				[]string{w(1) + "<thing", w(2) + "<thing<world", w(3), w(4) + "?"}, []string{people[i%10] + " " + people[i/10%10]}))
		}
	}
	return m
}

func publish(t testing.TB, b storage.Bucket, src Source) Report {
	t.Helper()
	return publishWith(t, b, src, PublishOptions{})
}

func publishWith(t testing.TB, b storage.Bucket, src Source, o PublishOptions) Report {
	t.Helper()
	o.TempDir = t.TempDir()
	report, err := Publish(t.Context(), b, src, o)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func open(t testing.TB, b storage.Bucket) *Index {
	t.Helper()
	x, err := Open(t.Context(), b, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	return x
}

// find returns the paths that a query finds.
func find(t testing.TB, x *Index, text string, o Options) []string {
	t.Helper()
	if o.Size == 0 {
		o.Size = 100
	}
	r, err := x.Search(t.Context(), Parse(text), o)
	if err != nil {
		t.Fatalf("search %q: %v", text, err)
	}
	paths := []string{}
	for _, hit := range r.Hits {
		paths = append(paths, strings.TrimPrefix(hit.Key, gallery.Data))
	}
	if o.From == 0 && len(paths) < o.Size && r.Total != len(paths) {
		t.Errorf("search %q: total %d, want %d", text, r.Total, len(paths))
	}
	return paths
}
