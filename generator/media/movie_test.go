package media

import (
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"shoebox/internal/gallery"
	"shoebox/internal/needs"
)

func be32(values ...uint32) []byte {
	var b []byte
	for _, v := range values {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

// mp4Of is a QuickTime file without frames: 640x360 turned by 90 degrees, 12.5 seconds, of 2023-07-15 16:12:03 UTC.
func mp4Of(more ...[]byte) []byte {
	tkhd := append(be32(0, 0, 0, 1, 0, 12500, 0, 0, 0, 0), be32(0, 1<<16, 0, 0xffff0000, 0, 0, 0, 0, 1<<30, 640<<16, 360<<16)...)
	mdia := box("mdia", box("hdlr", be32(0, 0), []byte("vide"), make([]byte, 13)), box("minf", box("stbl", box("stsd", be32(0, 1, 86), []byte("avc1"), make([]byte, 78)))))
	text := func(s string) []byte { return append([]byte{0, byte(len(s)), 0x15, 0xc7}, s...) }
	moov := [][]byte{
		box("mvhd", be32(0, 3772282323, 0, 1000, 12500), make([]byte, 80)),
		box("trak", box("tkhd", tkhd), mdia),
		box("udta", box("\xa9xyz", text("+59.9139+010.7522+012.3/"))),
	}
	return append(box("ftyp", []byte("qt  \x00\x00\x00\x00qt  ")), append(box("moov", append(moov, more...)...), box("mdat", make([]byte, 100))...)...)
}

func appleKeys() []byte {
	key := func(s string) []byte { return box("mdta", []byte(s)) }
	value := func(i uint32, s string) []byte { return box(string(be32(i)), box("data", be32(1, 0), []byte(s))) }
	return box("meta", box("hdlr", make([]byte, 24)),
		box("keys", be32(0, 2), key("com.apple.quicktime.creationdate"), key("com.apple.quicktime.model")),
		box("ilst", value(1, "2023-07-15T18:12:03+0200"), value(2, "iPhone 6")))
}

func TestMovie(t *testing.T) {
	record, list := develop(t, Options{}, input("a.mov", mp4Of()))
	if record.Kind != gallery.Video || record.Width != 360 || record.Height != 640 || record.Duration != 12.5 || record.Problem != "" {
		t.Errorf("got %+v", record)
	}
	if record.Taken.String() != "2023-07-15T16:12:03Z" || record.TakenFrom != "video" {
		t.Errorf("taken %s from %s", record.Taken, record.TakenFrom)
	}
	if record.GPS == nil || record.GPS.Latitude != 59.9139 || *record.GPS.Altitude != 12.3 {
		t.Errorf("place is %+v", record.GPS)
	}
	poster, _ := rendition(t, list, gallery.Poster)
	thumb, _ := rendition(t, list, gallery.Thumbnail)
	if poster.Width != 360 || poster.Height != 640 || thumb.Height != 400 {
		t.Errorf("poster is %dx%d, thumbnail %dx%d", poster.Width, poster.Height, thumb.Width, thumb.Height)
	}
	record, _ = develop(t, Options{}, input("a.mov", mp4Of(appleKeys())))
	if record.Taken.String() != "2023-07-15T18:12:03+02:00" || record.Camera != "iPhone 6" {
		t.Errorf("taken %s with %q", record.Taken, record.Camera)
	}
}

func TestDamagedMovie(t *testing.T) {
	whole := mp4Of()
	record, list := develop(t, Options{}, input("a.mov", whole[:len(whole)-60]))
	if !strings.HasPrefix(record.Problem, "the file is cut off after 8") || len(list) != 2 || record.Duration != 12.5 {
		t.Errorf("got %q and %d renditions", record.Problem, len(list))
	}
	record, _ = develop(t, Options{}, input("a.mp4", append(whole[:20:20], box("mdat", make([]byte, 50))...)))
	if !strings.Contains(record.Problem, "moov") {
		t.Errorf("got %q", record.Problem)
	}
	avi := append([]byte("RIFF\x00\x10\x00\x00AVI LIST"), make([]byte, 100)...)
	if record, _ = develop(t, Options{}, input("a.avi", avi)); !strings.Contains(record.Problem, "cut off") {
		t.Errorf("got %q", record.Problem)
	}
}

func TestAudioHasNoPicture(t *testing.T) {
	record, list := develop(t, Options{}, input("a.mp3", []byte("ID3\x03\x00\x00")))
	if record.Kind != gallery.Audio || len(list) != 0 || record.Problem != "" {
		t.Errorf("got %+v with %d renditions", record, len(list))
	}
}

func TestPosterByFFmpeg(t *testing.T) {
	ffmpeg := needs.Tool(t, "ffmpeg")
	// A name that would be an option, a pattern and a protocol if it were handed over carelessly.
	path := filepath.Join(t.TempDir(), "-i %d http:x [1].mp4")
	out, err := exec.Command(ffmpeg, "-nostdin", "-v", "error", "-f", "lavfi", "-i", "color=red:size=320x180:duration=2:rate=10", "-f", "mp4", "-y", "file:"+path).CombinedOutput()
	if err != nil {
		t.Fatalf("make a video: %v\n%s", err, out)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	in := input("-i %d http:x [1].mp4", data)
	in.Path = path
	record, list := develop(t, Options{FFmpeg: ffmpeg, Preview: 200, Thumbnail: 100}, in)
	poster, m := rendition(t, list, gallery.Poster)
	if got := quarters(m); got != "RRRR" || poster.Width != 200 || record.Width != 320 || record.Problem != "" {
		t.Errorf("poster shows %s, %d wide, of %d (%s)", got, poster.Width, record.Width, record.Problem)
	}
	thumb, _ := rendition(t, list, gallery.Thumbnail)
	if thumb.Width != 100 {
		t.Errorf("thumbnail is %d wide", thumb.Width)
	}

	// Without the program, or with a broken one, there is a drawn poster and no problem.
	for _, program := range []string{"", "/nonexistent", "false"} {
		record, list = develop(t, Options{FFmpeg: program}, in)
		if _, m := rendition(t, list, gallery.Poster); quarters(m) == "RRRR" || record.Problem != "" {
			t.Errorf("%q: %s", program, record.Problem)
		}
	}
}
