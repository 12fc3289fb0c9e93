package main

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"image"
	_ "image/jpeg"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// limit is what the sample may weigh in the repository.
const limit = 3_200_000

func TestMetadataReadsBack(t *testing.T) {
	p := Picture{Path: "test.jpg", Aspect: 4.0 / 5, Draw: paperWaves, Seed: 1, Budget: 40, Meta: shot("2023-07-16 18:42 +02:00", 50, 14, Meta{
		Lat: -53.7081, Lon: 7.1558, Alt: 2, Orientation: 6, Title: "Ball & „beach“", Caption: "a <b> \"c\"", Keywords: []string{"dog", "été"},
		Persons: []string{"Natalie Example", "Tom Example"}, Rating: 5})}
	data, err := p.Render(80)
	if err != nil {
		t.Fatal(err)
	}
	cfg, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || format != "jpeg" || cfg.Width != 73 || cfg.Height != 58 {
		t.Fatalf("stored picture is %s %dx%d, %v; want jpeg 73x58, turned by orientation 6", format, cfg.Width, cfg.Height, err)
	}
	if _, _, err := image.Decode(bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	segments := segmentsOf(t, data)
	if len(segments) != 3 {
		t.Fatalf("got %d application segments, want 3", len(segments))
	}

	tiff, ok := bytes.CutPrefix(segments[0], []byte("Exif\x00\x00"))
	if !ok {
		t.Fatalf("first segment starts %q, want Exif", segments[0][:6])
	}
	first := directoryAt(t, tiff, 8)
	shot := directoryAt(t, tiff, binary.BigEndian.Uint32(first[0x8769]))
	gps := directoryAt(t, tiff, binary.BigEndian.Uint32(first[0x8825]))
	for _, c := range []struct {
		name      string
		got, want string
	}{
		{"make", string(first[0x010f]), "Shoebox\x00"},
		{"model", string(first[0x0110]), "Paintbox 1\x00"},
		{"orientation", string(first[0x0112]), "\x00\x06"},
		{"taken", string(shot[0x9003]), "2023:07:16 18:42:00\x00"},
		{"offset", string(shot[0x9011]), "+02:00\x00"},
		{"latitude ref", string(gps[1]), "S\x00"},
		{"latitude", string(gps[2]), "\x00\x00\x00\x35\x00\x00\x00\x01\x00\x00\x00\x2a\x00\x00\x00\x01\x00\x00\x0b\x64\x00\x00\x00\x64"}, // 53° 42' 29.16"
		{"longitude ref", string(gps[3]), "E\x00"},
	} {
		if c.got != c.want {
			t.Errorf("%s = %q, want %q", c.name, c.got, c.want)
		}
	}

	packet, ok := bytes.CutPrefix(segments[1], []byte("http://ns.adobe.com/xap/1.0/\x00"))
	if !ok {
		t.Fatal("second segment is not XMP")
	}
	var xmp struct {
		Description struct {
			Title   []string `xml:"title>Alt>li"`
			Caption []string `xml:"description>Alt>li"`
			Subject []string `xml:"subject>Bag>li"`
			Persons []string `xml:"PersonInImage>Bag>li"`
			Rating  int      `xml:"Rating"`
		} `xml:"RDF>Description"`
	}
	if err := xml.Unmarshal(packet, &xmp); err != nil {
		t.Fatal(err)
	}
	d := xmp.Description
	if !slices.Equal(d.Title, []string{p.Meta.Title}) || !slices.Equal(d.Caption, []string{p.Meta.Caption}) || !slices.Equal(d.Subject, p.Meta.Keywords) ||
		!slices.Equal(d.Persons, p.Meta.Persons) || d.Rating != 5 {
		t.Errorf("XMP reads back as %+v, want %+v", d, p.Meta)
	}

	var keywords []string
	_, iim, ok := bytes.Cut(segments[2], []byte("8BIM\x04\x04\x00\x00"))
	if !ok {
		t.Fatal("third segment holds no IPTC resource")
	}
	size := binary.BigEndian.Uint32(iim)
	for iim = iim[4 : 4+size]; len(iim) >= 5; {
		n := int(binary.BigEndian.Uint16(iim[3:]))
		if iim[1] == 2 && iim[2] == 25 {
			keywords = append(keywords, string(iim[5:5+n]))
		}
		iim = iim[5+n:]
	}
	if !slices.Equal(keywords, p.Meta.Keywords) {
		t.Errorf("IPTC keywords = %q, want %q", keywords, p.Meta.Keywords)
	}
}

// segmentsOf returns the bodies of the application segments at the start of a JPEG.
func segmentsOf(t *testing.T, data []byte) [][]byte {
	t.Helper()
	var out [][]byte
	for at := 2; data[at] == 0xff && data[at+1]&0xf0 == 0xe0; {
		n := int(binary.BigEndian.Uint16(data[at+2:]))
		out = append(out, data[at+4:at+2+n])
		at += 2 + n
	}
	return out
}

// directoryAt reads an image file directory: the bytes of each value by tag. Tags must be sorted.
func directoryAt(t *testing.T, tiff []byte, at uint32) map[uint16][]byte {
	t.Helper()
	sizes := map[uint16]uint32{typeByte: 1, typeASCII: 1, typeShort: 2, typeLong: 4, typeRational: 8, typeUnknown: 1}
	out := map[uint16][]byte{}
	last := -1
	for i := range uint32(binary.BigEndian.Uint16(tiff[at:])) {
		e := tiff[at+2+12*i:]
		tag := binary.BigEndian.Uint16(e)
		if int(tag) <= last {
			t.Errorf("tag %#04x comes after %#04x, want them sorted", tag, last)
		}
		last = int(tag)
		n := sizes[binary.BigEndian.Uint16(e[2:])] * binary.BigEndian.Uint32(e[4:])
		if n <= 4 {
			out[tag] = e[8 : 8+n]
		} else {
			start := binary.BigEndian.Uint32(e[8:])
			out[tag] = tiff[start : start+n]
		}
	}
	return out
}

func TestSameSeedSameBytes(t *testing.T) {
	for _, p := range Catalogue() {
		a, err := p.Render(24)
		if err != nil {
			t.Fatalf("%s: %v", p.Path, err)
		}
		b, err := p.Render(24)
		if err != nil {
			t.Fatalf("%s: %v", p.Path, err)
		}
		if !bytes.Equal(a, b) {
			t.Errorf("%s: drawn twice, the bytes differ", p.Path)
		}
		img, _, err := image.Decode(bytes.NewReader(a))
		if err != nil {
			t.Fatalf("%s: %v", p.Path, err)
		}
		first, varied := img.At(0, 0), false
		for x := range img.Bounds().Dx() {
			varied = varied || img.At(x, img.Bounds().Dy()/2) != first
		}
		if !varied {
			t.Errorf("%s: the picture is of one colour", p.Path)
		}
	}
}

func TestExtrasSameBytes(t *testing.T) {
	for name, f := range map[string]func() ([]byte, error){"gif": breathing, "png": rosette, "wav": chime, "pdf": packingList, "picture in a pdf": page, "dng": negative} {
		a, err := f()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if b, _ := f(); !bytes.Equal(a, b) {
			t.Errorf("%s: made twice, the bytes differ", name)
		}
	}
}

// TestSampleIsComplete looks at the files of the repository, as drawn last.
func TestSampleIsComplete(t *testing.T) {
	const dir = "../data"
	want := []string{"patterns/breathing.gif", "patterns/rosette.png", "near home/chime.wav", "journeys/alps/packing list.pdf", "journeys/coast/waves.mp4",
		"formats/page.pdf", "formats/raw.dng"}
	for _, name := range toolMade {
		want = append(want, "formats/"+name)
	}
	for _, p := range Catalogue() {
		want = append(want, p.Path)
	}
	for path, text := range texts() {
		want = append(want, path)
		if got, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(path))); err != nil || string(got) != text {
			t.Errorf("%s is not what the program writes (%v); run go run ./site/draw", path, err)
		}
	}
	total := int64(0)
	var got []string
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		total += info.Size()
		got = append(got, strings.TrimPrefix(filepath.ToSlash(name), dir+"/"))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("site/data holds %q, want %q; run go run ./site/draw", got, want)
	}
	if total > limit {
		t.Errorf("site/data holds %d bytes, want at most %d", total, limit)
	}
}
