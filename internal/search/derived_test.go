package search

import (
	"fmt"
	"testing"

	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// Labels that follow from a file's date are found as any other, but not counted beside them.
func TestDerivedLabels(t *testing.T) {
	src := newManifests()
	src.album("", "Root")
	for name, labels := range map[string][]gallery.Label{
		"a.jpg": {{Name: "Summer", Source: gallery.FromDate}, {Name: "Golden hour", Source: gallery.FromDate}, {Name: "Selfie", Source: gallery.FromCamera}},
		"b.jpg": {{Name: "Autumn", Aliases: []string{"Fall"}, Source: gallery.FromDate}},
		"c.jpg": {{Name: "Summer", Source: "keyword"}},
	} {
		src.add(gallery.Record{Original: gallery.Original{Key: "data/" + name}, Kind: gallery.Photo, Type: "image/jpeg", Labels: labels})
	}
	b := storage.NewMem()
	publish(t, b, src)
	x := open(t, b)
	for query, want := range map[string]string{
		"label:summer": "[c.jpg a.jpg]", "is:summer": "[a.jpg]", `is:"golden hour"`: "[a.jpg]", "is:selfie": "[a.jpg]", "label:fall": "[b.jpg]",
		"is:autumn": "[b.jpg]",
	} {
		if got := fmt.Sprint(find(t, x, query, Options{})); got != want {
			t.Errorf("%s finds %s, want %s", query, got, want)
		}
	}
	counted := map[string]int{}
	for _, f := range searchAll(t, x, "", "").Facets {
		if f.Kind == Label {
			for _, v := range f.Values {
				counted[v.Text] = v.Count
			}
		}
	}
	if got, want := fmt.Sprint(counted), "map[Selfie:1 Summer:1]"; got != want {
		t.Errorf("counted are %s, want %s", got, want)
	}
}
