package media

import (
	"testing"

	"shoebox/internal/gallery"
)

// What an owner wrote of a place, in each way that programs write it, and which of them wins.
func TestNamedPlace(t *testing.T) {
	structure := func(name, fields string) string {
		return "<Iptc4xmpExt:" + name + `><rdf:Bag><rdf:li rdf:parseType="Resource">` + fields + "</rdf:li></rdf:Bag></Iptc4xmpExt:" + name + ">"
	}
	xmp := func(properties string) []byte { return xmpSegment(xmpOf(properties)) }
	iptc := iptcSegment([2]string{"\x5a", "Benalm\xe1dena"}, [2]string{"\x5f", "Andalusia"}, [2]string{"\x65", "Spain"})
	core := `<c:Location xmlns:c="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/">Frogner park</c:Location>`
	shown := structure("LocationShown", "<Iptc4xmpExt:City>Paris</Iptc4xmpExt:City><Iptc4xmpExt:CountryName>France</Iptc4xmpExt:CountryName>")
	created := structure("LocationCreated", "<Iptc4xmpExt:Sublocation>La Défense</Iptc4xmpExt:Sublocation>"+
		"<Iptc4xmpExt:ProvinceState>Île-de-France</Iptc4xmpExt:ProvinceState>")
	for i, c := range []struct {
		want     gallery.Place
		segments [][]byte
	}{
		{gallery.Place{}, nil},
		{gallery.Place{City: "Benalmádena", Region: "Andalusia", Country: "Spain"}, [][]byte{iptc}},
		{gallery.Place{City: "Oslo", Country: "Norway"}, [][]byte{iptc, xmp("<photoshop:City> Oslo </photoshop:City><photoshop:Country>Norway</photoshop:Country>" + core)}},
		{gallery.Place{City: "Frogner park", Region: "Oslo"}, [][]byte{xmp("<photoshop:State>Oslo</photoshop:State>" + core)}},
		{gallery.Place{City: "Paris", Country: "France"}, [][]byte{xmp(shown)}},
		{gallery.Place{City: "La Défense", Region: "Île-de-France"}, [][]byte{xmp(shown + created)}},
		{gallery.Place{Country: "Chad"}, [][]byte{xmp(shown + created + "<photoshop:Country>Chad</photoshop:Country>")}},
		{gallery.Place{}, [][]byte{xmp("<photoshop:City>\n \t</photoshop:City>")}},
	} {
		if got := metadataOf(t, "a.jpg", c.segments...).Place; got != c.want {
			t.Errorf("case %d: place is %+v, want %+v", i, got, c.want)
		}
	}
	in := input("a.jpg", jpegOf(t, corners(8, 4), iptc))
	in.Sidecars = []Sidecar{{Key: "a.jpg.xmp", Data: []byte(xmpOf("<photoshop:City>Bergen</photoshop:City>"))},
		{Key: "a.xmp", Data: []byte(xmpOf("<dc:rights>Kari</dc:rights>"))}}
	if record, _ := develop(t, Options{}, in); record.Place != (gallery.Place{City: "Bergen"}) {
		t.Errorf("with a sidecar: %+v", record.Place)
	}
}
