package generator

import (
	"slices"
	"strings"
	"testing"
	"time"

	"shoebox/internal/config"
	"shoebox/internal/gallery"
)

func TestNaturalCompare(t *testing.T) {
	sorted := []string{
		"", "0", "00", "1", "01", "2", "10", "a", "A-1", "IMG_9.jpg", "IMG_09.jpg", "img_10.jpg", "IMG_10a.jpg",
		"IMG_" + strings.Repeat("9", 40), "IMG_1" + strings.Repeat("0", 40), "z", "é", "שלום", "\xff",
	}
	for i, a := range sorted {
		for j, b := range sorted {
			got, want := naturalCompare(a, b), 0
			switch {
			case i < j:
				want = -1
			case i > j:
				want = 1
			}
			if got != want && !(strings.EqualFold(strings.ReplaceAll(a, "0", ""), strings.ReplaceAll(b, "0", "")) && got == -naturalCompare(b, a)) {
				t.Errorf("%q and %q compare as %d, want %d", a, b, got, want)
			}
			if (got == 0) != (a == b) {
				t.Errorf("%q and %q are different and equal", a, b)
			}
		}
	}
}

// FuzzNaturalCompare wants an order: else sorting would depend on how the list was before.
func FuzzNaturalCompare(f *testing.F) {
	f.Add("a1", "a01", "A1")
	f.Add("", "0", "é")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		if naturalCompare(a, b) != -naturalCompare(b, a) || (naturalCompare(a, b) == 0) != (a == b) {
			t.Errorf("%q, %q: %d and %d", a, b, naturalCompare(a, b), naturalCompare(b, a))
		}
		if naturalCompare(a, b) < 0 && naturalCompare(b, c) < 0 && naturalCompare(a, c) >= 0 {
			t.Errorf("%q < %q < %q, but not the first before the last", a, b, c)
		}
	})
}

// picture is a photo as a manifest has it, with a thumbnail that is named like it.
func picture(name string, width, rating int) gallery.Record {
	return gallery.Record{
		Original: gallery.Original{Key: "data/album/" + name}, Kind: gallery.Photo, Width: width, Height: 100,
		Metadata:   gallery.Metadata{Rating: rating},
		Renditions: []gallery.Rendition{{Use: gallery.Thumbnail, Path: name}},
	}
}

func TestCover(t *testing.T) {
	plain, broken := picture("plain.jpg", 50, 0), picture("broken.jpg", 200, 5)
	broken.Renditions = nil
	video := gallery.Record{Original: gallery.Original{Key: "data/album/v.mp4"}, Kind: gallery.Video,
		Renditions: []gallery.Rendition{{Use: gallery.Poster, Path: "poster"}}}
	below := []gallery.Card{{Path: "album/empty"}, {Path: "album/sub", Cover: &gallery.Rendition{Path: "below"}}}
	elsewhere := picture("elsewhere.jpg", 10, 0)
	for name, c := range map[string]struct {
		cover  string
		items  []gallery.Record
		albums []gallery.Card
		want   string
	}{
		"nothing":                   {"", nil, nil, ""},
		"the first of equals":       {"", []gallery.Record{plain, picture("b.jpg", 50, 0)}, below, "plain.jpg"},
		"a landscape":               {"", []gallery.Record{plain, picture("wide.jpg", 200, 0)}, nil, "wide.jpg"},
		"the best rated":            {"", []gallery.Record{picture("wide.jpg", 200, 3), picture("best.jpg", 50, 4)}, nil, "best.jpg"},
		"a file called cover":       {"", []gallery.Record{picture("wide.jpg", 200, 5), picture("Cover.JPG", 50, 0)}, nil, "Cover.JPG"},
		"a file called folder":      {"", []gallery.Record{plain, picture("folder.png", 50, 0)}, nil, "folder.png"},
		"one that can't be shown":   {"", []gallery.Record{broken, plain}, nil, "plain.jpg"},
		"of an album below":         {"", []gallery.Record{broken}, below, "below"},
		"a video at last":           {"", []gallery.Record{video}, nil, "poster"},
		"pictures before videos":    {"", []gallery.Record{video, plain}, nil, "plain.jpg"},
		"named":                     {"plain.jpg", []gallery.Record{picture("wide.jpg", 200, 0), plain}, nil, "plain.jpg"},
		"named, a video":            {"v.mp4", []gallery.Record{plain, video}, nil, "poster"},
		"named in another album":    {"../other/elsewhere.jpg", []gallery.Record{plain}, nil, "elsewhere.jpg"},
		"named, can't be shown":     {"broken.jpg", []gallery.Record{broken, plain}, nil, "plain.jpg"},
		"named, missing":            {"none.jpg", []gallery.Record{plain}, nil, "plain.jpg"},
		"named, outside":            {"../../state/secret.jpg", []gallery.Record{plain}, nil, "plain.jpg"},
		"named, far outside":        {strings.Repeat("../", 20) + "etc/passwd", []gallery.Record{plain}, nil, "plain.jpg"},
		"named, itself":             {".", []gallery.Record{plain}, nil, "plain.jpg"},
		"named, a private picture":  {"../private/secret.jpg", []gallery.Record{plain}, nil, "plain.jpg"},
		"named, deep in the hidden": {"../private/a/secret.jpg", []gallery.Record{plain}, nil, "plain.jpg"},
	} {
		m := gallery.Manifest{Album: gallery.Album{Path: "album", Cover: c.cover}, Items: c.items, Albums: c.albums}
		var card gallery.Card
		err := setCover(&card, &m, func(key string) (*gallery.Record, error) {
			if key == "data/other/elsewhere.jpg" {
				return &elsewhere, nil
			}
			if strings.HasPrefix(key, "data/private/") {
				secret := picture("secret.jpg", 50, 0)
				return &secret, nil
			}
			for i := range c.items {
				if c.items[i].Original.Key == key {
					return &c.items[i], nil
				}
			}
			if !strings.HasPrefix(key, "data/") {
				t.Errorf("%s: looked up %s", name, key)
			}
			return nil, nil
		})
		got := ""
		if card.Cover != nil {
			got = card.Cover.Path
		}
		if err != nil || got != c.want {
			t.Errorf("%s: the cover is %q, %v, want %q", name, got, err, c.want)
		}
	}
}

func TestOrder(t *testing.T) {
	day := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	item := func(name string, taken, modified, rating int) gallery.Record {
		r := picture(name, 10, rating)
		r.Taken, r.Original.Modified = gallery.Wall(day.AddDate(0, 0, taken)), day.AddDate(0, 0, modified)
		return r
	}
	items := []gallery.Record{item("b10.jpg", 1, 3, 0), item("b9.jpg", 1, 2, 5), item("A.jpg", 2, 1, 0), item("c.jpg", 0, 4, 1)}
	for _, c := range []struct{ sort, order, want string }{
		{"", "", "c.jpg b9.jpg b10.jpg A.jpg"}, // the configured ones
		{"taken", "ascending", "c.jpg b9.jpg b10.jpg A.jpg"},
		{"taken", "descending", "A.jpg b10.jpg b9.jpg c.jpg"},
		{"name", "ascending", "A.jpg b9.jpg b10.jpg c.jpg"},
		{"modified", "ascending", "A.jpg b9.jpg b10.jpg c.jpg"},
		{"rating", "descending", "b9.jpg c.jpg b10.jpg A.jpg"},
	} {
		b := build{Generator: &Generator{config: config.Default()}}
		for range 2 { // from whatever order they were in
			slices.Reverse(items)
			m := gallery.Manifest{Album: gallery.Album{Sort: c.sort, Order: c.order}, Items: slices.Clone(items)}
			b.sortItems(&m)
			var names []string
			for _, r := range m.Items {
				names = append(names, gallery.Name(r.Original.Key))
			}
			if got := strings.Join(names, " "); got != c.want {
				t.Errorf("by %q %q: %s, want %s", c.sort, c.order, got, c.want)
			}
		}
	}
}

func TestShownCards(t *testing.T) {
	cards := []gallery.Card{
		{Path: "z", Weight: -1}, {Path: "private"}, {Path: "a 10"}, {Path: "a 9"}, {Path: "secret", Hidden: true}, {Path: "first", Weight: -5},
	}
	var got []string
	for _, c := range shownCards("", cards) {
		got = append(got, c.Path)
	}
	if want := []string{"first", "z", "a 9", "a 10"}; !slices.Equal(got, want) {
		t.Errorf("shown: %q, want %q", got, want)
	}
	if got := shownCards("private", []gallery.Card{{Path: "private/a"}}); len(got) != 1 {
		t.Errorf("the private album shows %v", got)
	}
}
