package page

import (
	"math"
	"testing"

	"shoebox/internal/gallery"
)

func TestPortrait(t *testing.T) {
	wide, upright := &Picture{Width: 400, Height: 200}, &Picture{Width: 200, Height: 400}
	for _, c := range []struct {
		name  string
		entry Entry
		want  string
	}{
		{"no picture", Entry{}, ""},
		{"no size", Entry{Picture: &Picture{}}, ""},
		{"the middle", Entry{Picture: wide}, "width:200%;left:-50%;top:0%"},
		{"the upper part", Entry{Picture: upright}, "width:100%;left:0%;top:0%"},
		{"a face in the middle", Entry{Picture: wide, Face: &gallery.Face{X: 0.4, Y: 0.3, W: 0.2, H: 0.4}}, "width:263.16%;left:-81.58%;top:-15.79%"},
		{"a face in a corner", Entry{Picture: wide, Face: &gallery.Face{X: 0.9, Y: 0.8, W: 0.1, H: 0.2}}, "width:526.32%;left:-426.32%;top:-163.16%"},
		{"a face as large as the picture", Entry{Picture: wide, Face: &gallery.Face{W: 1, H: 1}}, "width:200%;left:-50%;top:0%"},
		{"hardly a face", Entry{Picture: wide, Face: &gallery.Face{X: 0.5, Y: 0.5, W: 1e-9, H: 1e-9}}, "width:2400%;left:-1150%;top:-550%"},
		{"a face outside", Entry{Picture: wide, Face: &gallery.Face{X: 7e9, Y: -7e9, W: 0.1, H: 0.2}}, "width:526.32%;left:-426.32%;top:0%"},
		{"no face", Entry{Picture: wide, Face: &gallery.Face{W: math.NaN(), H: -1}}, "width:200%;left:-50%;top:0%"},
	} {
		if got := string(portrait(c.entry)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestOverviews(t *testing.T) {
	site := &Site{Collections: []CollectionKind{{"labels", "Labels"}}}
	for root, want := range map[string]string{"": "-/labels/index.html", "../../": "../../-/labels/index.html", "/": "/-/labels/index.html"} {
		p := Page{Site: site, Root: root}
		if got := p.Overviews(); len(got) != 1 || got[0] != (Link{"Labels", want}) {
			t.Errorf("from %q: %q, want %q", root, got, want)
		}
	}
}
