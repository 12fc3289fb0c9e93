package media

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"shoebox/internal/gallery"
)

// takeoutOf is a file as Google Takeout writes it, shortened.
func takeoutOf(seconds int64, more string) []byte {
	return fmt.Appendf(nil, `{"title": "IMG.jpg", "description": "", "imageViews": "3", "creationTime": {"timestamp": "1700000000", "formatted": "x"},
		"photoTakenTime": {"timestamp": "%d", "formatted": "x"}, "geoDataExif": {"latitude": 1.0, "longitude": 1.0}%s}`, seconds, more)
}

func TestTakeout(t *testing.T) {
	exif := exifSegment(tiffOf([]field{{0x10e, "of the camera"}, {0x8769, []field{{0x9003, "2020:05:06 23:08:09"}}},
		{0x8825, []field{{1, "N"}, {2, [][2]uint32{{60, 1}, {0, 1}, {0, 1}}}, {3, "E"}, {4, [][2]uint32{{10, 1}, {0, 1}, {0, 1}}}}}}, nil))
	const told = 1588800000 // 2020-05-06T21:20:00Z
	for name, c := range map[string]struct {
		file     string
		segments [][]byte
		takeout  []byte
		xmp      string
		want     string
	}{
		"all of it": {"a.jpg", nil, takeoutOf(told, `, "description": "On the <b>beach</b>", "geoData": {"latitude": 59.9, "longitude": 10.7, "altitude": 3},
			"people": [{"name": "Ada"}, {"name": "Bob"}], "favorited": true`), "",
			"2020-05-06T21:20:00Z sidecar, On the <b>beach</b>, 59.90 10.70, [Ada Bob], 5"},
		"no place":                {"a.jpg", nil, takeoutOf(told, `, "geoData": {"latitude": 0.0, "longitude": 0.0, "altitude": 0.0}`), "", "2020-05-06T21:20:00Z sidecar, , , [], 0"},
		"the file's clock stays":  {"a.jpg", [][]byte{exif}, takeoutOf(told, ""), "", "2020-05-06T23:08:09 exif, of the camera, 60.00 10.00, [], 0"},
		"a corrected date":        {"a.jpg", [][]byte{exif}, takeoutOf(told-10*86400, ""), "", "2020-04-26T21:20:00Z sidecar, of the camera, 60.00 10.00, [], 0"},
		"a corrected place":       {"a.jpg", [][]byte{exif}, takeoutOf(told, `, "geoData": {"latitude": 50, "longitude": 9}`), "", "2020-05-06T23:08:09 exif, of the camera, 50.00 9.00, [], 0"},
		"the same place, rounded": {"a.jpg", [][]byte{exif}, takeoutOf(told, `, "geoData": {"latitude": 60.0001, "longitude": 10}`), "", "2020-05-06T23:08:09 exif, of the camera, 60.00 10.00, [], 0"},
		"the name's clock stays":  {"IMG_20200506_231000.jpg", nil, takeoutOf(told, ""), "", "2020-05-06T23:10:00 name, , , [], 0"},
		"a name without a clock":  {"IMG-20200506-WA0001.jpg", nil, takeoutOf(told, ""), "", "2020-05-06T21:20:00Z sidecar, , , [], 0"},
		"XMP wins": {"a.jpg", nil, takeoutOf(told, `, "description": "of Takeout", "favorited": true`),
			xmpOf(alt("dc:description", "of XMP") + "<xmp:Rating>3</xmp:Rating>"), "2020-05-06T21:20:00Z sidecar, of XMP, , [], 3"},
		"odd types":           {"a.jpg", nil, []byte(`{"title": "x", "photoTakenTime": {"timestamp": 1588800000}, "geoData": [], "people": 7, "description": {}}`), "", "2020-05-06T21:20:00Z sidecar, , , [], 0"},
		"no time":             {"a.jpg", nil, []byte(`{"title": "x", "photoTakenTime": {"timestamp": "99999999999999999999"}, "people": [{}, {"name": ""}]}`), "", "2024-05-06T07:08:09Z modified, , , [], 0"},
		"not one of Takeout":  {"a.jpg", nil, []byte(`{"description": "of others", "favorited": true}`), "", "2024-05-06T07:08:09Z modified, , , [], 0"},
		"a person twice":      {"a.jpg", [][]byte{xmpSegment(xmpOf(bag("Iptc4xmpExt:PersonInImage", "ada")))}, takeoutOf(told, `, "people": [{"name": "Ada"}]`), "", "2020-05-06T21:20:00Z sidecar, , , [ada], 0"},
		"the zero of a clock": {"a.jpg", nil, takeoutOf(0, ""), "", "2024-05-06T07:08:09Z modified, , , [], 0"},
	} {
		in := input(c.file, jpegOf(t, corners(8, 4), c.segments...))
		in.Takeouts = []Sidecar{{Key: in.Key + ".json", Data: c.takeout}}
		if c.xmp != "" {
			in.Sidecars = []Sidecar{{Key: in.Key + ".xmp", Data: []byte(c.xmp)}}
		}
		m, _ := develop(t, Options{}, in)
		place := ""
		if m.GPS != nil {
			place = fmt.Sprintf("%.2f %.2f", m.GPS.Latitude, m.GPS.Longitude)
		}
		if got := fmt.Sprintf("%s %s, %s, %s, %v, %d", m.Taken, m.TakenFrom, m.Caption, place, m.Persons, m.Rating); got != c.want {
			t.Errorf("%s: got\n%s, want\n%s", name, got, c.want)
		}
	}
}

func TestIsTakeout(t *testing.T) {
	for body, want := range map[string]bool{
		string(takeoutOf(1, "")):              true,
		`{"title": "", "creationTime": {}}`:   true,
		`{"title": "x"}`:                      false,
		`{"photoTakenTime": {}}`:              false,
		`[]`:                                  false,
		`{"title": "x", "photoTakenTime": {}`: false,
		strings.Repeat("[", 100_000):          false,
		`{"title": "an album", "date": {"timestamp": "1"}}`: false,
		``: false,
	} {
		if got := IsTakeout([]byte(body)); got != want {
			t.Errorf("%.60s: %v, want %v", body, got, want)
		}
	}
}

func FuzzTakeout(f *testing.F) {
	f.Add(takeoutOf(1588800000, `, "description": "x", "geoData": {"latitude": 59.9, "longitude": 10.7, "altitude": 3}, "people": [{"name": "Ada"}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		said, ok := readTakeout(body)
		if !ok && !reflect.DeepEqual(said, takeout{}) && said.Title != nil && said.PhotoTakenTime != nil {
			t.Errorf("%q was read and refused", body)
		}
		m := gallery.Metadata{GPS: &gallery.GPS{Latitude: 1, Longitude: math.Pi}}
		said.override(&m, "IMG_20200506_231000.jpg")
		check(t, m)
	})
}

func FuzzIPTC(f *testing.F) {
	f.Add([]byte(jpegIPTC + "8BIM\x04\x04\x00\x00\x00\x00\x00\x08\x1c\x02\x19\x00\x03key8BIM\x04\x25\x00\x00\x00\x00\x00\x100123456789abcdef"))
	f.Add([]byte("\x1c\x02\x78\x80\x04\x00\x00\x00\x02hi\x1c\x02\x37\x00\x0820230715\x1c\x02\x3c\x00\x0b181203+0200"))
	f.Fuzz(func(t *testing.T, block []byte) {
		e := embedded{exif: map[string]any{}, iptc: map[string][]string{}}
		e.readIPTC(block)
		check(t, e.metadata(10, 10, 1))
	})
}
