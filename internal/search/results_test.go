package search

import (
	"strings"
	"testing"

	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// toldGallery is [fixedGallery] with more known of some items.
func toldGallery() *manifests {
	m := fixedGallery()
	tell := func(path string, more func(r *gallery.Record)) {
		album := m.albums[gallery.AlbumPath(gallery.Data+path)]
		for _, r := range album.Items {
			if r.Original.Key == gallery.Data+path {
				more(&r)
				m.add(r)
				return
			}
		}
		panic(path)
	}
	exposure := func(iso int, f, mm float64) gallery.Exposure {
		return gallery.Exposure{Seconds: 1.0 / 250, ISO: iso, FNumber: f, FocalLength: mm}
	}
	oslo := &gallery.GPS{Latitude: 59.9, Longitude: 10.7}
	tell("alps/summit.jpg", func(r *gallery.Record) {
		r.Rating, r.Exposure, r.Lens, r.Creator = 5, exposure(100, 2.8, 24), "RF24-70mm F2.8 L IS USM", "Ann Lee"
	})
	tell("alps/lake.jpg", func(r *gallery.Record) {
		r.Rating, r.Exposure, r.Width, r.Height = 4, exposure(6400, 1.78, 50), 4000, 6000
	})
	tell("alps/2024/peak.jpg", func(r *gallery.Record) {
		r.Rating, r.Exposure, r.Width, r.Height = 3, exposure(1600, 8, 200), 12000, 3000
	})
	tell("alps/2024/hut.jpg", func(r *gallery.Record) { r.Rating, r.Width, r.Height = -1, 3000, 3000 })
	tell("cities/oslo/opera.jpg", func(r *gallery.Record) { r.GPS, r.Exposure = oslo, exposure(3200, 1.8, 26) })
	tell("cities/oslo/dog.jpg", func(r *gallery.Record) {
		r.GPS, r.Place = oslo, gallery.Place{City: "Oslo", Country: "Norway"}
	})
	tell("cities/oslo/harbour.jpg", func(r *gallery.Record) {
		r.Place = gallery.Place{City: "Bærum", Region: "Akershus", Country: "Norway"}
	})
	tell("cities/san-francisco/beach.jpg", func(r *gallery.Record) {
		r.Place = gallery.Place{City: "San Francisco", Region: "California", Country: "United States"}
	})
	tell("family/dog1.jpg", func(r *gallery.Record) { r.Place = gallery.Place{City: "Natalie", Country: "Iceland"} })
	tell("private/y/three.jpg", func(r *gallery.Record) { r.Place = gallery.Place{City: "Reykjavík", Country: "Iceland"} })
	tell("private/x/one.jpg", func(r *gallery.Record) { r.GPS, r.Rating, r.Creator = oslo, 5, "Secret Sam" })
	return m
}

// TestResults reads a table of "query => items, newest first ! note". "in path: query" searches in that scope.
func TestResults(t *testing.T) {
	b := storage.NewMem()
	publish(t, b, toldGallery())
	x := open(t, b)
	golden(t, "testdata/results.txt", 60, func(question string) string {
		scope, text, ok := strings.Cut(strings.TrimPrefix(question, "in "), ": ")
		if !ok || !strings.HasPrefix(question, "in ") {
			scope, text = "", question
		}
		q, err := x.Parse(t.Context(), text, scope, Context{Now: fixedNow})
		if err != nil {
			t.Fatal(err)
		}
		r, err := x.Search(t.Context(), q, Options{Scope: scope, Size: 100, Sort: ByDate})
		if err != nil {
			t.Fatal(err)
		}
		ranked, err := x.Search(t.Context(), q, Options{Scope: scope, Size: 100})
		if err != nil || ranked.Total != r.Total || len(r.Hits) != r.Total {
			t.Errorf("%s: %d by relevance, %d by date, %d of them returned, %v", question, ranked.Total, r.Total, len(r.Hits), err)
		}
		parts := make([]string, len(r.Hits))
		for i, hit := range r.Hits {
			parts[i] = strings.TrimPrefix(hit.Key, gallery.Data)
		}
		answer := strings.Join(parts, " ")
		for _, note := range append(q.Notes, r.Notes...) {
			answer += " ! " + note
		}
		return strings.TrimSpace(answer)
	})
}
