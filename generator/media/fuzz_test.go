package media

import (
	"bytes"
	"context"
	"testing"
	"unicode/utf8"

	"shoebox/internal/gallery"
)

// check holds for every record, whatever the file was.
func check(t *testing.T, m gallery.Metadata) {
	t.Helper()
	for _, s := range append([]string{m.Title, m.Caption, m.Camera, m.Lens, m.Creator, m.Copyright}, append(m.Keywords, m.Persons...)...) {
		if !utf8.ValidString(s) || len(s) > maxCaption || bytes.ContainsAny([]byte(s), "\x00\x1b\x7f") {
			t.Errorf("text %q is not clean", s)
		}
	}
	if len(m.Keywords) > maxWords || len(m.Persons) > maxWords || len(m.Faces) > maxWords {
		t.Errorf("%d keywords, %d persons, %d faces", len(m.Keywords), len(m.Persons), len(m.Faces))
	}
	for _, f := range m.Faces {
		if !(f.X >= 0 && f.Y >= 0 && f.X+f.W <= 1.0001 && f.Y+f.H <= 1.0001) {
			t.Errorf("face %+v lies outside", f)
		}
	}
	if g := m.GPS; g != nil && !(g.Latitude >= -90 && g.Latitude <= 90 && g.Longitude >= -180 && g.Longitude <= 180) {
		t.Errorf("place %+v is not on Earth", *g)
	}
	if y := m.Taken.Year(); !m.Taken.IsZero() && (y < 1800 || y > 2200) {
		t.Errorf("taken %s", m.Taken)
	}
}

func fuzzFile(t *testing.T, name string, data []byte) {
	record, renditions, err := New(Options{Thumbnail: 16, Preview: 32, MaxPixels: 1 << 16}).Develop(context.Background(), input(name, data))
	if err != nil {
		t.Fatal(err)
	}
	check(t, record.Metadata)
	if record.Kind == "" || record.Type == "" || record.Duration < 0 || record.Width < 0 || !utf8.ValidString(record.Problem) {
		t.Errorf("got %+v", record)
	}
	if len(renditions) == 0 && record.Problem == "" && (record.Kind == gallery.Photo || record.Kind == gallery.Video) {
		t.Errorf("neither a rendition nor a reason: %+v", record)
	}
}

func FuzzDevelop(f *testing.F) {
	f.Add(jpegOf(f, corners(40, 30)))
	f.Add(jpegOf(f, corners(9, 9))[:300])
	f.Add(pngOf(f, corners(20, 10)))
	f.Add(animation(f, 2))
	f.Add([]byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0e\x00\x00\x00" + string(vp8l1x1)))
	f.Add(mp4Of(appleKeys()))
	for _, name := range []string{"cmyk.jpg", "progressive.jpg", "lossy-animation.webp", "p3.webp", "corners.heic", "corners.avif"} {
		f.Add(testdata(f, name))
	}
	f.Fuzz(func(t *testing.T, data []byte) { fuzzFile(t, "a.jpg", data) })
}

func FuzzMetadata(f *testing.F) {
	f.Add(tiffOf([]field{{0x10e, "caption"}, {0x112, uint16(6)}, {0x8769, []field{{0x9003, "2020:01:02 03:04:05"}, {0x829a, [][2]uint32{{1, 0}}}}},
		{0x8825, []field{{1, "N"}, {2, [][2]uint32{{1, 1}, {2, 1}, {3, 1}}}, {3, "E"}, {4, [][2]uint32{{1, 1}, {2, 1}, {3, 0}}}}}}, nil),
		iptcSegment([2]string{"\x19", "key"}, [2]string{"\x78", "text"})[4:])
	f.Fuzz(func(t *testing.T, exif, iptc []byte) {
		j := &job{Developer: New(Options{}), in: input("a.jpg", nil), name: "a.jpg"}
		e := j.embedded(blocks{exif: exif, iptc: iptc})
		check(t, e.metadata(10, 10, e.orientation()))
	})
}

func FuzzXMP(f *testing.F) {
	f.Add([]byte(xmpOf(alt("dc:title", "x") + bag("lr:hierarchicalSubject", "People|A") + regions)))
	f.Add([]byte("\xff\xfe<\x00a\x00/\x00>\x00"))
	f.Fuzz(func(t *testing.T, packet []byte) {
		if m, err := ReadXMP(packet); err == nil {
			check(t, m)
		}
	})
}

func FuzzMP4(f *testing.F) {
	f.Add(mp4Of(appleKeys()))
	f.Fuzz(func(t *testing.T, data []byte) {
		src := &source{ctx: context.Background(), r: bytes.NewReader(data), size: int64(len(data))}
		m, _ := readMovie(src)
		if m.duration < 0 || m.width < 0 || src.err != nil {
			t.Errorf("got %+v, %v", m, src.err)
		}
	})
}
