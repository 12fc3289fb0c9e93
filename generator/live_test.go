package generator_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"shoebox/internal/config"
	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// livePhoto puts a content identifier into a JPEG, as an iPhone does: into Apple's maker note.
func livePhoto(jpeg []byte, id string) []byte {
	be := binary.BigEndian
	entry := func(b []byte, tag, kind uint16, count, value int) []byte {
		return be.AppendUint32(be.AppendUint32(be.AppendUint16(be.AppendUint16(b, tag), kind), uint32(count)), uint32(value))
	}
	id += "\x00"
	note := be.AppendUint16([]byte("Apple iOS\x00\x00\x01MM"), 1)
	note = append(be.AppendUint32(entry(note, 0x11, 2, len(id), 32), 0), id...)
	exif := be.AppendUint32(entry(be.AppendUint16([]byte("MM\x00*\x00\x00\x00\x08"), 1), 0x8769, 4, 1, 26), 0)
	exif = append(be.AppendUint32(entry(be.AppendUint16(exif, 1), 0x927c, 7, len(note), 44), 0), note...)
	segment := append([]byte("Exif\x00\x00"), exif...)
	head := append(be.AppendUint16([]byte{0xff, 0xd8, 0xff, 0xe1}, uint16(len(segment)+2)), segment...)
	return append(head, jpeg[2:]...)
}

func mp4Box(kind string, parts ...[]byte) []byte {
	b := append(make([]byte, 4), kind...)
	for _, p := range parts {
		b = append(b, p...)
	}
	binary.BigEndian.PutUint32(b, uint32(len(b)))
	return b
}

// liveVideo is a QuickTime file of 2 seconds and 18 x 12 pixels, without frames, that has a content identifier.
func liveVideo(id string) []byte {
	words := func(values ...uint32) (b []byte) {
		for _, v := range values {
			b = binary.BigEndian.AppendUint32(b, v)
		}
		return b
	}
	tkhd := words(0, 0, 0, 1, 0, 2000, 0, 0, 0, 0, 1<<16, 0, 0, 0, 1<<16, 0, 0, 0, 1<<30, 18<<16, 12<<16)
	stsd := mp4Box("stsd", words(0, 1, 86), []byte("avc1"), make([]byte, 78))
	return append(mp4Box("ftyp", []byte("qt  \x00\x00\x00\x00qt  ")), append(mp4Box("moov",
		mp4Box("mvhd", words(0, 0, 0, 1000, 2000), make([]byte, 80)),
		mp4Box("trak", mp4Box("tkhd", tkhd), mp4Box("mdia", mp4Box("hdlr", words(0, 0), []byte("vide"), make([]byte, 13)), mp4Box("minf", mp4Box("stbl", stsd)))),
		mp4Box("meta", mp4Box("hdlr", make([]byte, 24)), mp4Box("keys", words(0, 1), mp4Box("mdta", []byte("com.apple.quicktime.content.identifier"))),
			mp4Box("ilst", mp4Box("\x00\x00\x00\x01", mp4Box("data", words(1, 0), []byte(id)))))), mp4Box("mdat", make([]byte, 100))...)...)
}

// TestLivePhotoIsOneItem: the photo is shown, its page plays the video, and both are for download; whichever comes first.
func TestLivePhotoIsOneItem(t *testing.T) {
	const id = "570F1469-09C7-4E50-9875-05F21D5BD166"
	b := storage.NewMem()
	noFFmpeg := func(c *config.Config) { c.Build.FFmpeg = "" }
	b.Upload("data/a/IMG #1.MOV", liveVideo(id), morning)
	b.Upload("data/a/IMG #1.MOV.xmp", []byte(`<x:xmpmeta xmlns:x="adobe:ns:meta/"/>`), morning)
	b.Upload("data/a/IMG_2.MOV", liveVideo("another"), morning) // of the same name as a photo, and not its video
	b.Upload("data/a/IMG_2.jpg", livePhoto(photo(t, 2), id), morning)
	build(t, b, noFFmpeg)
	videoPage, renditions := "public/a/IMG #1.MOV.html", 0
	for key := range b.Contents("public/a/-/IMG #1.MOV.") {
		renditions++
		if strings.Contains(key, ".xmp") {
			t.Errorf("there is %s", key)
		}
	}
	if _, there := b.Contents("")[videoPage]; !there || renditions == 0 {
		t.Fatalf("a video alone: its page is there: %t, with %d renditions", there, renditions)
	}

	b.Upload("data/a/IMG #1.jpg", livePhoto(photo(t, 1), id), morning)
	b.Writes()
	build(t, b, noFFmpeg)
	for _, key := range written(b) {
		if strings.Contains(key, "IMG #1.MOV") && key != "- "+videoPage {
			t.Errorf("the photo came: %s", key)
		}
	}
	held := b.Contents("")
	for key, want := range map[string]bool{
		"public/a/IMG #1.jpg.html": true, videoPage: false, "public/a/IMG_2.jpg.html": true, "public/a/IMG_2.MOV.html": true,
		"public/a/-/original/IMG #1.jpg": true, "public/a/-/original/IMG #1.MOV": true, "state/records/a/IMG #1.MOV.json": true,
	} {
		if _, there := held[key]; there != want {
			t.Errorf("%s is there: %t, want %t", key, there, want)
		}
	}
	for _, want := range []string{`href="-/original/IMG%20%231.MOV" download`, "MOV, ", `<details class="live"`, `<video controls muted playsinline preload="none" poster="-/`,
		`<source src="-/original/IMG%20%231.MOV"`} {
		if !strings.Contains(held["public/a/IMG #1.jpg.html"], want) {
			t.Errorf("the page lacks %q:\n%s", want, held["public/a/IMG #1.jpg.html"])
		}
	}
	if page := held["public/a/IMG_2.jpg.html"]; strings.Contains(page, "details") || strings.Contains(page, `original/IMG_2.MOV"`) {
		t.Errorf("a photo that is not live:\n%s", page)
	}
	var m gallery.Manifest
	if err := json.Unmarshal([]byte(held[gallery.ManifestKey("a")]), &m); err != nil {
		t.Fatal(err)
	}
	if m.Card.Photos != 2 || m.Card.Videos != 1 || len(m.Items) != 3 || len(m.Records()) != 4 {
		t.Errorf("%d photos, %d videos, %d items, %d records; want 2, 1, 3, 4", m.Card.Photos, m.Card.Videos, len(m.Items), len(m.Records()))
	}
	if index := held["public/a/index.json"]; strings.Count(index, "IMG #1") != 1 || !strings.Contains(index, `"live":"-/original/IMG%20%231.MOV"`) {
		t.Errorf("index.json: %s", index)
	}
	if n := strings.Count(held["public/a/index.html"], `>Live</span>`); n != 1 {
		t.Errorf("%d tiles are marked as live, want 1", n)
	}
	b.Writes()
	build(t, b, noFFmpeg)
	if list := written(b); len(list) != 0 {
		t.Errorf("nothing changed, but a build wrote %q", list)
	}
	if steps, err := newGenerator(t, b, noFFmpeg).Plan(t.Context()); err != nil || len(steps) != 0 {
		t.Errorf("nothing changed, but there is to do %v, %v", steps, err)
	}

	// The photo goes: its video is an item again, and nothing of it is developed anew.
	b.Remove("data/a/IMG #1.jpg")
	if report := build(t, b, noFFmpeg); report.Developed != 0 {
		t.Errorf("the photo went: %d developed, want none", report.Developed)
	}
	if _, there := b.Contents("")[videoPage]; !there {
		t.Error("the photo went: the video has no page")
	}
	// The photo is back, and then the video goes.
	b.Upload("data/a/IMG #1.jpg", livePhoto(photo(t, 1), id), morning)
	build(t, b, noFFmpeg)
	b.Remove("data/a/IMG #1.MOV")
	if report := build(t, b, noFFmpeg); report.Developed != 0 && report.Developed != 1 {
		t.Errorf("the video went: %d developed", report.Developed)
	}
	held = b.Contents("")
	for key := range held {
		if strings.Contains(key, "IMG #1.MOV") && !strings.HasPrefix(key, "data/") && !strings.Contains(key, ".xmp") {
			t.Errorf("the video went, but %s is there", key)
		}
	}
	if page := held["public/a/IMG #1.jpg.html"]; strings.Contains(page, "details") || strings.Contains(page, `.MOV"`) {
		t.Errorf("the video went, but the page says:\n%s", page)
	}
}

// TestLivePhotosInEvents: whichever half is developed and published first, on whichever side of a private album.
func TestLivePhotosInEvents(t *testing.T) {
	for _, album := range []string{"a", "private/b"} {
		for _, order := range [][]string{{"IMG.jpg", "IMG.MOV"}, {"IMG.MOV", "IMG.jpg"}} {
			b := storage.NewMem()
			g := newGenerator(t, b, func(c *config.Config) { c.Build.FFmpeg = "" })
			if err := g.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			step := func(key string) {
				t.Helper()
				changes, err := g.Develop(t.Context(), key)
				if err != nil {
					t.Fatal(err)
				}
				if report, err := g.Publish(t.Context(), changes); err != nil || len(report.Pending) != 0 {
					t.Fatalf("%s: pending %v, %v", key, report.Pending, err)
				}
			}
			for _, name := range order {
				key := "data/" + album + "/" + name
				if strings.HasSuffix(name, ".jpg") {
					b.Upload(key, livePhoto(photo(t, 1), "the first"), morning)
				} else {
					b.Upload(key, liveVideo("the first"), morning)
				}
				step(key)
			}
			check := func(photo, video bool, what string) {
				t.Helper()
				held := b.Contents("public/")
				for name, want := range map[string]bool{"IMG.jpg": photo, "IMG.MOV": video} {
					if _, there := held["public/"+album+"/"+name+".html"]; there != want {
						t.Errorf("%s, %v, %s: a page of %s: %t, want %t", album, order, what, name, there, want)
					}
				}
				for path, body := range held {
					if album != "a" && !strings.HasPrefix(path, "public/private/") && strings.Contains(body, "IMG.MOV") {
						t.Errorf("%s tells of a private video", path)
					}
				}
			}
			check(true, false, "both are there")
			other := "data/" + album + "/other.jpg"
			b.Upload(other, photo(t, 2), morning)
			step(other)
			check(true, false, "another photo came")
			if page := b.Contents("public/")["public/"+album+"/IMG.jpg.html"]; !strings.Contains(page, `<details class="live"`) {
				t.Errorf("%v: another photo came, and the page has no video:\n%s", album, page)
			}
			b.Remove("data/" + album + "/IMG.jpg")
			step("data/" + album + "/IMG.jpg")
			check(false, true, "the photo is gone")
			b.Upload("data/"+album+"/IMG.jpg", livePhoto(photo(t, 1), "the second"), morning)
			step("data/" + album + "/IMG.jpg")
			check(true, true, "another photo")
			b.Upload("data/"+album+"/IMG.MOV", liveVideo("the second"), morning)
			step("data/" + album + "/IMG.MOV")
			check(true, false, "its video")
			b.Remove("data/" + album + "/IMG.MOV")
			step("data/" + album + "/IMG.MOV")
			check(true, false, "the video is gone")
			if page := b.Contents("public/")["public/"+album+"/IMG.jpg.html"]; strings.Contains(page, "MOV") {
				t.Errorf("%s: the page still tells of the video:\n%s", fmt.Sprint(album, order), page)
			}
		}
	}
}
