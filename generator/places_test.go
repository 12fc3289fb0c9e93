package generator_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"shoebox/internal/config"
	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// located is an XMP sidecar that says where a photo was taken.
func located(coordinates [2]string, words string) []byte {
	return fmt.Appendf(nil, `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
 exif:GPSLatitude="%s" exif:GPSLongitude="%s">%s</rdf:Description></rdf:RDF></x:xmpmeta>`, coordinates[0], coordinates[1], words)
}

// Places come from the owner's words, else from coordinates; switching that off and on makes no picture anew.
func TestPlaces(t *testing.T) {
	oslo, tokyo := [2]string{"59,54.8N", "10,44.4E"}, [2]string{"35,40.8N", "139,46.2E"}
	b := sample(t)
	b.Upload("data/alps/a.jpg.xmp", located(oslo, ""), morning)
	b.Upload("data/alps/b.jpg.xmp", located(oslo, "<photoshop:City>My hut</photoshop:City>"), morning)
	b.Upload("data/alps/c.jpg.xmp", located([2]string{"30,0N", "40,0W"}, ""), morning) // at sea
	b.Upload("data/private/p.jpg.xmp", located(tokyo, ""), morning)
	off := func(c *config.Config) { c.Places = false }
	places := func() (all []string) {
		for _, name := range []string{"alps/a.jpg", "alps/b.jpg", "alps/c.jpg", "private/p.jpg", "sea/e.jpg"} {
			var r gallery.Record
			if err := json.Unmarshal([]byte(b.Contents(gallery.State)[gallery.RecordKey("data/"+name)]), &r); err != nil {
				t.Fatal(err)
			}
			all = append(all, strings.Join(append(r.Place.Names(), r.PlaceFrom), "/"))
		}
		return all
	}
	check := func(when string, want ...string) {
		t.Helper()
		if got := places(); !slices.Equal(got, want) {
			t.Errorf("%s: places are %q, want %q", when, got, want)
		}
	}

	build(t, b, off)
	check("off", "", "My hut/", "", "", "")
	written(b)
	build(t, b)
	check("on", "Oslo/Oslo/Norway/gps/1", "My hut/", "gps/1", "Tokyo/Tokyo/Japan/gps/1", "")
	for _, key := range written(b) {
		if strings.Contains(key, ".#.") {
			t.Errorf("switching places on wrote %s", key)
		}
	}
	if got := found(t, b, "place:norway"); !slices.Equal(got, []string{"alps/a.jpg"}) {
		t.Errorf("place:norway finds %q", got)
	}
	if got := found(t, b, `place:"my hut"`); !slices.Equal(got, []string{"alps/b.jpg"}) {
		t.Errorf("the owner's word finds %q", got)
	}
	if got := found(t, b, "tokyo or japan"); len(got) > 0 {
		t.Errorf("a private place is found: %q", got)
	}
	public := b.Contents(gallery.Public)
	if page := public["public/alps/a.jpg.html"]; !strings.Contains(page, `href="../-/places/norway/index.html"`) {
		t.Errorf("the page does not link to the country:\n%s", page)
	}
	for key, body := range public {
		if strings.Contains(body, "Tokyo") && !strings.HasPrefix(key, "public/private/") {
			t.Errorf("%s tells of a private place", key)
		}
	}
	if report := build(t, b); report.Written+report.Deleted != 0 {
		t.Errorf("a second build wrote %q", written(b))
	}
	build(t, b, off)
	check("off again", "", "My hut/", "", "", "")
	// The same comes of a build that starts anew.
	fresh := storage.NewMem()
	for key, body := range b.Contents(gallery.Data) {
		fresh.Upload(key, []byte(body), morning)
	}
	build(t, fresh)
	build(t, b)
	for _, key := range []string{gallery.RecordKey("data/alps/a.jpg"), gallery.RecordKey("data/alps/b.jpg")} {
		var got, want gallery.Record
		if json.Unmarshal([]byte(b.Contents(gallery.State)[key]), &got) != nil || json.Unmarshal([]byte(fresh.Contents(gallery.State)[key]), &want) != nil ||
			got.Place != want.Place || got.PlaceFrom != want.PlaceFrom {
			t.Errorf("%s: %+v, want %+v", key, got.Place, want.Place)
		}
	}
}
