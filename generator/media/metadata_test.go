package media

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"shoebox/internal/gallery"
)

// xmpOf wraps properties in a packet.
func xmpOf(properties string) string {
	return `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/"
 xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:lr="http://ns.adobe.com/lightroom/1.0/"
 xmlns:digiKam="http://www.digikam.org/ns/1.0/" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/" xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#"
 xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#" xmlns:MP="http://ns.microsoft.com/photo/1.2/"
 xmlns:MPRI="http://ns.microsoft.com/photo/1.2/t/RegionInfo#" xmlns:MPReg="http://ns.microsoft.com/photo/1.2/t/Region#">` +
		properties + `</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`
}

func bag(name string, items ...string) string {
	s := "<" + name + "><rdf:Bag>"
	for _, i := range items {
		s += "<rdf:li>" + i + "</rdf:li>"
	}
	return s + "</rdf:Bag></" + name + ">"
}

func alt(name, text string) string {
	return "<" + name + `><rdf:Alt><rdf:li xml:lang="de">auf Deutsch</rdf:li><rdf:li xml:lang="x-default">` + text + "</rdf:li></rdf:Alt></" + name + ">"
}

func metadataOf(t testing.TB, name string, segments ...[]byte) gallery.Record {
	t.Helper()
	record, _ := develop(t, Options{}, input(name, jpegOf(t, corners(8, 4), segments...)))
	if record.Problem != "" {
		t.Errorf("%s: %s", name, record.Problem)
	}
	return record
}

func TestCaptionOrder(t *testing.T) {
	exif := func(s string) []byte { return exifSegment(tiffOf([]field{{0x10e, s}}, nil)) }
	iptcCaption, iptcHeadline := iptcSegment([2]string{"\x78", "iptc caption"}), iptcSegment([2]string{"\x69", "iptc headline"})
	description := xmpSegment(xmpOf(alt("dc:description", "xmp description")))
	for i, c := range []struct {
		want     string
		segments [][]byte
	}{
		{"exif", [][]byte{exif("exif"), iptcCaption, description}},
		{"xmp description", [][]byte{exif("OLYMPUS DIGITAL CAMERA"), iptcCaption, description}},
		{"iptc caption", [][]byte{exif("OLYMPUS DIGITAL CAMERA"), iptcCaption, iptcHeadline}},
		{"xmp description", [][]byte{exif("SONY DSC   "), iptcHeadline, description}},
		{"iptc headline", [][]byte{exif("SONY DSC   "), iptcHeadline}},
		{"xmp description", [][]byte{exif("   "), description}},
		{"xmp description", [][]byte{exif("DCIM100"), description}},
		{"a label", [][]byte{xmpSegment(xmpOf("<xmp:Label>a label</xmp:Label>"))}},
		{"", [][]byte{xmpSegment(xmpOf("<xmp:Label>Red</xmp:Label>"))}},
		{"", [][]byte{exif("Default")}},
		{"", nil},
	} {
		if got := metadataOf(t, "a.jpg", c.segments...).Caption; got != c.want {
			t.Errorf("case %d: caption is %q, want %q", i, got, c.want)
		}
	}
	// A title shows above the picture: it is not repeated as its caption.
	m := metadataOf(t, "a.jpg", iptcSegment([2]string{"\x05", "iptc title"}), xmpSegment(xmpOf(alt("dc:title", "xmp title"))))
	if m.Title != "xmp title" || m.Caption != "" {
		t.Errorf("got title %q and caption %q", m.Title, m.Caption)
	}
}

func TestDateOrder(t *testing.T) {
	exif := func(original, offset, created string) []byte {
		return exifSegment(tiffOf([]field{{0x8769, []field{{0x9003, original}, {0x9004, created}, {0x9011, offset}}}}, nil))
	}
	xmp := xmpSegment(xmpOf("<photoshop:DateCreated>2019-01-02T03:04:05+01:00</photoshop:DateCreated>"))
	iptc := iptcSegment([2]string{"\x37", "20180203"}, [2]string{"\x3c", "040506+0200"})
	for i, c := range []struct {
		name, want, from string
		segments         [][]byte
	}{
		{"a.jpg", "2020-05-06T07:08:09", "exif", [][]byte{exif("2020:05:06 07:08:09", "", "2021:01:01 00:00:00"), xmp}},
		{"a.jpg", "2020-05-06T07:08:09-03:30", "exif", [][]byte{exif("2020:05:06 07:08:09", "-03:30", "")}},
		{"a.jpg", "2021-01-01T00:00:00", "exif", [][]byte{exif("0000:00:00 00:00:00", "+01:00", "2021:01:01 00:00:00")}},
		{"a.jpg", "2019-01-02T03:04:05+01:00", "xmp", [][]byte{exif("1904:01:01 00:00:00", "", "    :  :     :  :  "), xmp, iptc}},
		{"IMG_20230715_181203.jpg", "2018-02-03T04:05:06+02:00", "iptc", [][]byte{iptc}},
		{"IMG_20230715_181203.jpg", "2023-07-15T18:12:03", "name", nil},
		{"a.jpg", "2024-05-06T07:08:09Z", "modified", [][]byte{exif("2020:13:45 07:08:09", "", "")}},
	} {
		m := metadataOf(t, c.name, c.segments...)
		if m.Taken.String() != c.want || m.TakenFrom != c.from {
			t.Errorf("case %d: taken %s from %q, want %s from %q", i, m.Taken, m.TakenFrom, c.want, c.from)
		}
	}
}

func TestNameDate(t *testing.T) {
	for name, want := range map[string]string{
		"IMG_20230715_181203.jpg":                    "2023-07-15T18:12:03",
		"2023-07-15 18.12.03.jpg":                    "2023-07-15T18:12:03",
		"PXL_20230715_161203123.jpg":                 "2023-07-15T16:12:03Z",
		"PXL_20230715_161203123.MP.jpg":              "2023-07-15T16:12:03Z",
		"Screenshot_20230715-181203_Maps.png":        "2023-07-15T18:12:03",
		"Screenshot 2023-07-15 at 18.12.03.png":      "2023-07-15T18:12:03",
		"Screenshot from 2023-07-15 18-12-03.png":    "2023-07-15T18:12:03",
		"IMG-20230715-WA0001.jpg":                    "2023-07-15T00:00:00",
		"WhatsApp Image 2023-07-15 at 18.12.03.jpeg": "2023-07-15T18:12:03",
		"signal-2023-07-15-18-12-03-123.jpg":         "2023-07-15T18:12:03",
		"signal-2023-07-15-181203.jpg":               "2023-07-15T18:12:03",
		"VID_20230715_181203.mp4":                    "2023-07-15T18:12:03",
		"1962-08-01 grandmother.tif":                 "1962-08-01T00:00:00",
		"19620801.tif":                               "",
		"IMG_20991231_000000.jpg":                    "",
		"IMG_20231315_181203.jpg":                    "",
		"20230230.jpg":                               "",
		"IMG_1234.jpg":                               "",
		"DSC20230715.jpg":                            "2023-07-15T00:00:00",
		"120230715.jpg":                              "",
		"4711202307151812039.jpg":                    "",
		"20230715_256199.jpg":                        "2023-07-15T00:00:00",
		"":                                           "",
	} {
		d, ok := nameDate(name, 2025)
		if d.String() != want || ok != (want != "") {
			t.Errorf("nameDate(%q) = %q, want %q", name, d, want)
		}
	}
}

func TestParseMoment(t *testing.T) {
	for s, want := range map[string]string{
		"2023:07:15 18:12:03":          "2023-07-15T18:12:03",
		"2023-07-15T18:12:03.25+02:00": "2023-07-15T18:12:03+02:00",
		"2023-07-15T18:12:03+0200":     "2023-07-15T18:12:03+02:00",
		"2023-07-15T18:12Z":            "2023-07-15T18:12:00Z",
		"2023-07-15":                   "2023-07-15T00:00:00",
		"2023":                         "2023-01-01T00:00:00",
		"2023:07:15 18:12:03\x00":      "2023-07-15T18:12:03",
		"0000:00:00 00:00:00":          "",
		"1904-01-01T00:00:00Z":         "",
		"1970-01-01T00:00:00":          "",
		"9999:99:99 99:99:99":          "",
		"2023:02:30 00:00:00":          "",
		"2023-07-15T18:12:03+99:00":    "2023-07-15T18:12:03",
		"yesterday":                    "",
		"":                             "",
	} {
		d, _ := parseMoment(s, "")
		if d.String() != want {
			t.Errorf("parseMoment(%q) = %q, want %q", s, d, want)
		}
	}
}

func TestCamera(t *testing.T) {
	for _, c := range [][3]string{
		{"NIKON CORPORATION", "NIKON D70", "Nikon D70"},
		{"Canon", "Canon EOS 40D", "Canon EOS 40D"},
		{"OLYMPUS IMAGING CORP.  ", "E-P3", "Olympus E-P3"},
		{"CASIO COMPUTER CO.,LTD.", "EX-M2  ", "Casio EX-M2"},
		{"Apple", "iPhone 6", "Apple iPhone 6"},
		{"EASTMAN KODAK COMPANY", "KODAK DC240", "Kodak DC240"},
		{"DJI", "FC220", "DJI FC220"},
		{"", "X100", "X100"},
		{"SONY", "", "Sony"},
		{"\x00\x00", "\x00", ""},
	} {
		if got := camera(c[0], c[1]); got != c[2] {
			t.Errorf("camera(%q, %q) = %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

func TestExposureAndPlace(t *testing.T) {
	deg := func(d, m, s uint32) [][2]uint32 { return [][2]uint32{{d, 1}, {m, 1}, {s, 1}} }
	exif := func(lat, lon [][2]uint32) []byte {
		return exifSegment(tiffOf([]field{
			{0x10f, "Canon"}, {0x110, "EOS R6"},
			{0x8769, []field{{0x829a, [][2]uint32{{1, 250}}}, {0x829d, [][2]uint32{{28, 10}}}, {0x8827, uint16(400)}, {0x920a, [][2]uint32{{50, 1}}},
				{0xa405, uint16(80)}, {0xa434, "RF 50mm"}}},
			{0x8825, []field{{1, "S"}, {2, lat}, {3, "W"}, {4, lon}, {5, []byte{1}}, {6, [][2]uint32{{25, 2}}}}},
		}, nil))
	}
	m := metadataOf(t, "a.jpg", exif(deg(33, 30, 0), deg(70, 36, 36)))
	want := gallery.Exposure{Seconds: 0.004, FNumber: 2.8, ISO: 400, FocalLength: 50, FocalLength35: 80}
	if m.Exposure != want || m.Camera != "Canon EOS R6" || m.Lens != "RF 50mm" {
		t.Errorf("got %+v, %q, %q", m.Exposure, m.Camera, m.Lens)
	}
	if m.GPS == nil || round5(m.GPS.Latitude) != -33.5 || round5(m.GPS.Longitude) != -70.61 {
		t.Fatalf("place is %+v", m.GPS)
	}
	for name, s := range map[string][]byte{"zero": exif(deg(0, 0, 0), deg(0, 0, 0)), "far": exif(deg(91, 0, 0), deg(0, 0, 1)), "nothing": exif([][2]uint32{{0, 0}, {0, 0}, {0, 0}}, [][2]uint32{{0, 0}, {0, 0}, {0, 0}})} {
		if m := metadataOf(t, "a.jpg", s); m.GPS != nil {
			t.Errorf("%s: place is %+v, want none", name, *m.GPS)
		}
	}
}

const regions = `<mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:AppliedToDimensions stDim:w="%d" stDim:h="%d" stDim:unit="pixel"/>
<mwg-rs:RegionList><rdf:Bag>
<rdf:li><rdf:Description mwg-rs:Name="Natalie" mwg-rs:Type="Face"><mwg-rs:Area stArea:x="0.25" stArea:y="0.2" stArea:w="0.1" stArea:h="0.2" stArea:unit="normalized"/></rdf:Description></rdf:li>
<rdf:li rdf:parseType="Resource"><mwg-rs:Type>Focus</mwg-rs:Type><mwg-rs:Name>not a face</mwg-rs:Name><mwg-rs:Area stArea:x="0.5" stArea:y="0.5" stArea:w="0.1" stArea:h="0.1"/></rdf:li>
<rdf:li rdf:parseType="Resource"><mwg-rs:Type>Face</mwg-rs:Type><mwg-rs:Area stArea:x="7" stArea:y="0.5" stArea:w="0.1" stArea:h="0.1"/></rdf:li>
</rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>`

func TestFacesTurnWithThePicture(t *testing.T) {
	for _, c := range []struct {
		orientation uint16
		w, h        int // that the regions are drawn on
		want        gallery.Face
	}{
		{1, 8, 4, gallery.Face{Person: "Natalie", X: 0.2, Y: 0.1, W: 0.1, H: 0.2}},
		{3, 8, 4, gallery.Face{Person: "Natalie", X: 0.7, Y: 0.7, W: 0.1, H: 0.2}},
		{6, 8, 4, gallery.Face{Person: "Natalie", X: 0.7, Y: 0.2, W: 0.2, H: 0.1}},
		{8, 8, 4, gallery.Face{Person: "Natalie", X: 0.1, Y: 0.7, W: 0.2, H: 0.1}},
		{6, 4, 8, gallery.Face{Person: "Natalie", X: 0.2, Y: 0.1, W: 0.1, H: 0.2}}, // drawn on the picture as shown
	} {
		m := metadataOf(t, "a.jpg", exifSegment(tiffOf([]field{{0x112, c.orientation}}, nil)), xmpSegment(xmpOf(fmt.Sprintf(regions, c.w, c.h))))
		if len(m.Faces) != 1 || m.Faces[0] != c.want {
			t.Errorf("orientation %d on %dx%d: got %+v, want %+v", c.orientation, c.w, c.h, m.Faces, c.want)
		}
		if !reflect.DeepEqual(m.Persons, []string{"Natalie"}) {
			t.Errorf("persons are %q", m.Persons)
		}
	}
}

func TestXMP(t *testing.T) {
	packet := xmpOf(alt("dc:title", "Höhe &lt;b&gt;") + alt("dc:description", "Line one\nLine two") +
		bag("dc:subject", "dog", "Dog", "beach", "Natalie") +
		bag("lr:hierarchicalSubject", "Places|Norway|Oslo", "People|Natalie") + bag("digiKam:TagsList", "People/Tom", "Places/Norway") +
		bag("Iptc4xmpExt:PersonInImage", "Ada") + bag("dc:creator", "Me", "You") + alt("dc:rights", "© me") +
		`<xmp:Rating>4</xmp:Rating><exif:DateTimeOriginal>2023-07-15T18:12:03</exif:DateTimeOriginal>
		<exif:GPSLatitude>59,54.834N</exif:GPSLatitude><exif:GPSLongitude>10,45.1E</exif:GPSLongitude><exif:FNumber>28/10</exif:FNumber>
		<MP:RegionInfo rdf:parseType="Resource"><MPRI:Regions><rdf:Bag><rdf:li MPReg:PersonDisplayName="Bob" MPReg:Rectangle="0.1, 0.2, 0.3, 0.4"/></rdf:Bag></MPRI:Regions></MP:RegionInfo>`)
	units := utf16.Encode([]rune("\ufeff" + packet))
	var big, little []byte
	for _, u := range units {
		big, little = binary.BigEndian.AppendUint16(big, u), binary.LittleEndian.AppendUint16(little, u)
	}
	for name, data := range map[string][]byte{"UTF-8": []byte(packet), "padded": append([]byte("\ufeff"+packet), make([]byte, 500)...), "UTF-16BE": big, "UTF-16LE": little} {
		m, err := ReadXMP(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := gallery.Metadata{
			Title: "Höhe <b>", Caption: "Line one\nLine two", Keywords: []string{"dog", "beach", "Places", "Norway", "Oslo"},
			Persons: []string{"Natalie", "Tom", "Ada", "Bob"}, Rating: 4, Creator: "Me, You", Copyright: "© me",
			Taken: gallery.Wall(time.Date(2023, 7, 15, 18, 12, 3, 0, time.UTC)), TakenFrom: "xmp", Exposure: gallery.Exposure{FNumber: 2.8},
			Faces: []gallery.Face{{Person: "Bob", X: 0.1, Y: 0.2, W: 0.3, H: 0.4}},
		}
		if m.GPS == nil || round5(m.GPS.Latitude) != 59.9139 || round5(m.GPS.Longitude) != 10.75167 {
			t.Errorf("%s: place is %+v", name, m.GPS)
		}
		m.GPS = nil
		if !reflect.DeepEqual(m, want) {
			t.Errorf("%s: got\n%+v, want\n%+v", name, m, want)
		}
	}
}

func TestHostileXMP(t *testing.T) {
	for name, data := range map[string]string{
		"deep":     strings.Repeat("<a>", 100_000),
		"wide":     "<a>" + strings.Repeat("<b/>", 200_000),
		"large":    strings.Repeat("x", maxBlock+1),
		"empty":    "",
		"not xml":  "hello",
		"cut off":  xmpOf("")[:300],
		"entities": `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x`,
	} {
		if m, err := ReadXMP([]byte(data)); err == nil {
			t.Errorf("%s: no error, got %+v", name, m)
		}
	}
}

func TestXMPWinsOverIPTC(t *testing.T) {
	iptc := iptcSegment([2]string{"\x19", "WRONG"}, [2]string{"\x05", "iptc title"})
	m := metadataOf(t, "a.jpg", iptc, xmpSegment(xmpOf(bag("dc:subject", "RIGHT"))))
	if !reflect.DeepEqual(m.Keywords, []string{"RIGHT"}) || m.Title != "iptc title" {
		t.Errorf("got keywords %q and title %q", m.Keywords, m.Title)
	}
	m = metadataOf(t, "a.jpg", iptcSegment([2]string{"\x19", "sea"}, [2]string{"\x19", "M\xc3\xb8te"}, [2]string{"\x78", "d\xe9j\xe0 vu"}))
	if !reflect.DeepEqual(m.Keywords, []string{"sea", "Møte"}) || m.Caption != "déjà vu" {
		t.Errorf("got keywords %q and caption %q", m.Keywords, m.Caption)
	}
}

func TestSidecarWins(t *testing.T) {
	in := input("a.jpg", jpegOf(t, corners(8, 4), xmpSegment(xmpOf(bag("dc:subject", "old")+alt("dc:title", "old title")+"<xmp:Rating>1</xmp:Rating>"))))
	in.Sidecars = []Sidecar{
		{Key: "data/album/a.jpg.xmp", Data: []byte(xmpOf(bag("dc:subject", "new") + "<exif:DateTimeOriginal>2001-02-03T04:05:06</exif:DateTimeOriginal>"))},
		{Key: "data/album/a.xmp", Data: []byte(xmpOf(bag("dc:subject", "second") + alt("dc:title", "second title")))},
		{Key: "data/album/broken.xmp", Data: []byte("<x")},
	}
	m, _ := develop(t, Options{}, in)
	if !reflect.DeepEqual(m.Keywords, []string{"new"}) || m.Title != "second title" || m.Rating != 1 || m.TakenFrom != "sidecar" || m.Taken.Year() != 2001 {
		t.Errorf("got %+v", m.Metadata)
	}
}

func TestPNGTexts(t *testing.T) {
	xmp := []byte(xmpOf(alt("dc:title", "in a text")))
	itxt := append([]byte("XML:com.adobe.xmp\x00\x01\x00\x00\x00"), deflated(t, xmp)...)
	raw := fmt.Sprintf("\nexif\n%8d\n%x\n", 0, jpegExif+string(tiffOf([]field{{0x10e, "raw profile"}}, nil)))
	ztxt := append([]byte("Raw profile type exif\x00\x00"), deflated(t, []byte(raw))...)
	record, _ := develop(t, Options{}, input("a.png", pngOf(t, corners(8, 4), pngChunk("iTXt", itxt), pngChunk("zTXt", ztxt))))
	if record.Title != "in a text" || record.Caption != "raw profile" {
		t.Errorf("got title %q and caption %q", record.Title, record.Caption)
	}
}

func TestHostileTexts(t *testing.T) {
	for _, s := range []string{"\x1b[31mred\x07", "a\u202egnp.exe", strings.Repeat("é", 40000), "\xff\xfe\x00bad", "<script>alert(1)</script>", "caf\xe9", "\n\n\t \r", "\xc3"} {
		m := metadataOf(t, "a.jpg", exifSegment(tiffOf([]field{{0x10e, s[:min(len(s), 9000)]}, {0x10f, s[:min(len(s), 9000)]}, {0x13b, s[:min(len(s), 9000)]}}, nil)))
		for _, got := range []string{m.Caption, m.Camera, m.Creator, clean(s, maxCaption), line(s, maxWord)} {
			if !utf8.ValidString(got) || strings.ContainsAny(got, "\x1b\x07\x00\u202e\ufffd") || len(got) > maxCaption {
				t.Errorf("%q became %q", s[:min(len(s), 40)], got[:min(len(got), 80)])
			}
		}
	}
	if got := clean("caf\xe9", 99); got != "café" {
		t.Errorf("Latin-1 became %q", got)
	}
}

func TestUnreadPicturesAreDescribed(t *testing.T) {
	record, list := develop(t, Options{}, input("IMG_20200506_070809.heic", box("ftyp", []byte("heic\x00\x00\x00\x00mif1heic"))))
	if record.Kind != gallery.Photo || record.Type != "image/heic" || record.Taken.Year() != 2020 || len(list) != 0 {
		t.Errorf("got %+v", record)
	}
	if record.Problem != cutOff {
		t.Errorf("problem is %q", record.Problem)
	}
}
