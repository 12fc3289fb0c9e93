package media

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"shoebox/internal/gallery"
)

// containerXMP lists what a motion photo holds, as Google's Motion Photo format 1.0 wants it.
func containerXMP(items ...string) string {
	var list strings.Builder
	for _, item := range items {
		list.WriteString(`<rdf:li rdf:parseType="Resource"><Container:Item ` + item + `/></rdf:li>`)
	}
	return xmpOf(`<Container:Directory xmlns:Container="` + nsContainer + `" xmlns:Item="` + nsGContainer + `"><rdf:Seq>` + list.String() + `</rdf:Seq></Container:Directory>`)
}

func TestMotionPhoto(t *testing.T) {
	video := mp4Of(appleKeys())
	item := func(semantic string, length int) string {
		return fmt.Sprintf(`Item:Mime="video/mp4" Item:Semantic="%s" Item:Length="%d" Item:Padding="0"`, semantic, length)
	}
	micro := func(offset string) string {
		return xmpOf(`<GCamera:MicroVideo xmlns:GCamera="` + nsGCamera + `">1</GCamera:MicroVideo><GCamera:MicroVideoOffset xmlns:GCamera="` + nsGCamera + `">` + offset + `</GCamera:MicroVideoOffset>`)
	}
	n := len(video)
	depth := []byte("another picture, of depths")
	trailer := append(bytes.Clone(video), "SEFT of a Samsung phone"...)
	for name, c := range map[string]struct {
		xmp   string
		end   []byte
		found bool
	}{
		"container":              {containerXMP(item("Primary", 0), item("MotionPhoto", n)), video, true},
		"something behind it":    {containerXMP(item("Primary", 0), item("MotionPhoto", n), item("Depth", len(depth))), append(bytes.Clone(video), depth...), true},
		"something before it":    {containerXMP(item("Primary", 0), item("Depth", len(depth)), item("MotionPhoto", n)), append(bytes.Clone(depth), video...), true},
		"a trailer":              {containerXMP(item("Primary", 0), item("MotionPhoto", len(trailer))), trailer, true},
		"micro video":            {micro(fmt.Sprint(n)), video, true},
		"nothing":                {xmpOf(""), video, false},
		"a wrong offset":         {micro(fmt.Sprint(n - 1)), video, false},
		"before the file":        {micro("9999999"), video, false},
		"negative":               {micro("-5"), video, false},
		"huge":                   {micro("99999999999999999999"), video, false},
		"more items than a file": {containerXMP(item("MotionPhoto", 1<<40), item("Depth", 1<<40)), video, false},
		"no video":               {micro("32"), []byte("\x00\x00\x00\x20ftypisom0123456789abcdefghij"), false},
		"cut off":                {micro(fmt.Sprint(n - 60)), video[:n-60], false},
	} {
		body := append(jpegOf(t, corners(40, 30), xmpSegment(c.xmp)), c.end...)
		record, list, err := New(Options{}).Develop(t.Context(), input("PXL.MP.jpg", body))
		if err != nil {
			t.Fatal(err)
		}
		var motion *Rendition
		for i := range list {
			if list[i].Use == gallery.Motion {
				motion = &list[i]
			}
		}
		if (motion != nil) != c.found || record.Kind != gallery.Photo || record.Problem != "" {
			t.Errorf("%s: a video is found: %t, want %t; %q", name, motion != nil, c.found, record.Problem)
			continue
		}
		if motion == nil {
			continue
		}
		if motion.Width != 360 || motion.Height != 640 || motion.Type != "video/mp4" && !strings.HasPrefix(motion.Type, "video/mp4; codecs=") || !strings.HasSuffix(motion.Path, ".mp4") {
			t.Errorf("%s: %+v", name, motion.Rendition)
		}
		for _, secret := range []string{"+59.91", "iPhone", "2023", "SEFT"} {
			if bytes.Contains(motion.Body, []byte(secret)) {
				t.Errorf("%s: the video tells %q", name, secret)
			}
		}
		if len(motion.Body) != n {
			t.Errorf("%s: the video has %d bytes, want %d", name, len(motion.Body), n)
		}
		m, problem := readMovie(&source{ctx: t.Context(), r: bytes.NewReader(motion.Body), size: int64(len(motion.Body))})
		if problem != "" || m.duration != 12.5 || m.gps != nil || !m.created.IsZero() {
			t.Errorf("%s: the video is %+v, %s", name, m, problem)
		}
	}
}

// appleExif is a block of EXIF of which the maker note has a content identifier.
func appleExif(id string) []byte {
	note := append([]byte(appleNote), be16(2)...)
	note = append(note, append(be16(1, 9), be32(1, 4)...)...) // something else before it
	note = append(note, append(be16(0x11, 2), be32(uint32(len(id)), 44)...)...)
	note = append(append(note, be32(0)...), id...)
	return tiffOf([]field{{0x8769, []field{{0x927c, note}}}}, nil)
}

func be16(values ...uint16) (b []byte) {
	for _, v := range values {
		b = binary.BigEndian.AppendUint16(b, v)
	}
	return b
}

func TestAppleContentID(t *testing.T) {
	const id = "570F1469-09C7-4E50-9875-05F21D5BD166"
	exif := appleExif(id + "\x00")
	if got := appleContentID(exif); got != id {
		t.Errorf("got %q", got)
	}
	record, _ := develop(t, Options{}, input("IMG_1.JPG", jpegOf(t, corners(40, 30), exifSegment(exif))))
	if record.ContentID != id || record.Problem != "" {
		t.Errorf("the photo has %q, problem %q", record.ContentID, record.Problem)
	}
	at := bytes.Index(exif, []byte(appleNote))
	for n := at; n < len(exif)-1; n++ {
		if got := appleContentID(exif[:n]); got != "" {
			t.Errorf("of %d bytes: %q", n, got)
		}
	}
	huge := bytes.Clone(exif)
	copy(huge[at+len(appleNote)+2+12+4:], "\xff\xff\xff\xff\xff\xff\xff\xff")
	if got := appleContentID(huge); got != "" {
		t.Errorf("got %q of an impossible place", got)
	}
}

func FuzzAppleContentID(f *testing.F) {
	f.Add(appleExif("570F1469-09C7-4E50-9875-05F21D5BD166\x00"))
	f.Fuzz(func(t *testing.T, exif []byte) {
		if id := appleContentID(exif); len(id) > maxWord || strings.ContainsAny(id, "\x00\n") {
			t.Errorf("got %q", id)
		}
	})
}

func FuzzBareMovie(f *testing.F) {
	f.Add(mp4Of(appleKeys()))
	f.Fuzz(func(t *testing.T, body []byte) {
		bare := bareMovie(bytes.Clone(body))
		if again := bareMovie(bytes.Clone(bare)); !bytes.Equal(again, bare) {
			t.Errorf("twice gives another video than once")
		}
	})
}
