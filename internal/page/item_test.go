package page_test

import (
	"strings"
	"testing"
	"time"

	"shoebox/internal/gallery"
	"shoebox/internal/page"
)

func TestNewItem(t *testing.T) {
	taken := gallery.Wall(time.Date(2023, 7, 15, 12, 0, 0, 0, time.UTC))
	for _, tt := range []struct {
		name       string
		record     gallery.Record
		title, alt string
	}{
		{"nothing known", gallery.Record{Kind: gallery.Photo}, "a&b.jpg", "Photo a&b.jpg"},
		{"a file", gallery.Record{Kind: gallery.File}, "a&b.jpg", "File a&b.jpg"},
		{"dated", gallery.Record{Kind: gallery.Photo, Metadata: gallery.Metadata{Taken: taken}}, "a&b.jpg", "Photo taken 15 July 2023"},
		{"dated by its file", gallery.Record{Kind: gallery.Photo, Metadata: gallery.Metadata{Taken: taken, TakenFrom: "modified"}}, "a&b.jpg", "Photo a&b.jpg"},
		{"labelled", gallery.Record{Kind: gallery.Video, Metadata: gallery.Metadata{Taken: taken},
			Labels: []gallery.Label{{Name: "Dog"}, {Name: "Sea\n side"}}}, "a&b.jpg", "Video: Dog, Sea side"},
		{"titled", gallery.Record{Metadata: gallery.Metadata{Title: " The\nTop "}}, "The Top", "The Top"},
		{"captioned", gallery.Record{Metadata: gallery.Metadata{Title: "Top", Caption: "We\n\nmade it"}}, "Top", "We made it"},
		{"blank", gallery.Record{Metadata: gallery.Metadata{Title: " \n", Caption: "\t"}, Labels: []gallery.Label{{}}}, "a&b.jpg", "File a&b.jpg"},
	} {
		tt.record.Original.Key = "data/alps/a&b.jpg"
		item := page.NewItem(&tt.record, "alps/index.html", true)
		if item.Title != tt.title || item.Alt != tt.alt {
			t.Errorf("%s: title %q and alt %q, want %q and %q", tt.name, item.Title, item.Alt, tt.title, tt.alt)
		}
	}

	r := gallery.Record{Original: gallery.Original{Key: "data/alps/a&b.jpg"}, Kind: gallery.Video,
		Metadata:   gallery.Metadata{Caption: "<script>x</script>\r\n\r\n\"a\" & b\nc\xff" + strings.Repeat("ü", 500)},
		Renditions: []gallery.Rendition{{Use: gallery.Thumbnail, Path: "alps/-/t.jpg", Width: 4, Height: 3}, {Use: gallery.Poster, Path: "alps/-/p.jpg"}}}
	item := page.NewItem(&r, "-/search", false)
	if got := string(item.Caption); !strings.HasPrefix(got, "<p>&lt;script&gt;x&lt;/script&gt;</p><p>&#34;a&#34; &amp; b<br>cü") {
		t.Errorf("caption %q", got)
	}
	if len(item.Alt) > 310 || !strings.HasSuffix(item.Alt, "ü…") {
		t.Errorf("alt %q of %d bytes, want it cut", item.Alt, len(item.Alt))
	}
	if item.URL != "../alps/a%26b.jpg.html" || item.Original != "" || item.Thumbnail.URL != "../alps/-/t.jpg" || item.Preview.URL != "../alps/-/p.jpg" {
		t.Errorf("links %q, %q, %q, %q", item.URL, item.Original, item.Thumbnail.URL, item.Preview.URL)
	}
}
