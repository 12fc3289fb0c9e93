package media

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"shoebox/internal/gallery"
)

// The tests here read files that Go's own encoders do not write; testdata/README.md says how they were made.

func testdata(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestCMYKBecomesRGB(t *testing.T) {
	record, list := develop(t, Options{Thumbnail: 20}, input("cmyk.jpg", testdata(t, "cmyk.jpg")))
	if record.Problem != "" || record.Width != 64 || record.Height != 48 {
		t.Errorf("got %+v", record)
	}
	_, m := rendition(t, list, gallery.Preview)
	for i, want := range []color.RGBA{{220, 30, 30, 255}, {30, 200, 30, 255}, {30, 30, 220, 255}, {240, 240, 240, 255}} {
		r, g, b := rgb8(m.At(16+32*(i%2), 12+24*(i/2)))
		if apart(int(r), int(want.R)) > 6 || apart(int(g), int(want.G)) > 6 || apart(int(b), int(want.B)) > 6 {
			t.Errorf("quarter %d is %d %d %d, want %v", i, r, g, b, want)
		}
	}
}

// TestLossyWebPHasFullContrast wants black and white where the file has them.
func TestLossyWebPHasFullContrast(t *testing.T) {
	_, list := develop(t, Options{}, input("a.webp", testdata(t, "black-white.webp")))
	_, m := rendition(t, list, gallery.Preview)
	for x, want := range map[int]int{8: 0, 24: 255} {
		r, g, b := rgb8(m.At(x, 8))
		if apart(int(r), want) > 2 || apart(int(g), want) > 2 || apart(int(b), want) > 2 {
			t.Errorf("at %d it is %d %d %d, want %d", x, r, g, b, want)
		}
	}
}

func TestWebPProfile(t *testing.T) {
	record, list := develop(t, Options{}, input("p3.webp", testdata(t, "p3.webp")))
	_, m := rendition(t, list, gallery.Preview)
	r, g, b := rgb8(m.At(30, 30))
	if apart(int(r), 215) > 4 || apart(int(g), 93) > 4 || apart(int(b), 97) > 4 || record.Problem != "" {
		t.Errorf("shows %d %d %d, want 215 93 97 (%s)", r, g, b, record.Problem)
	}
}

func TestLossyAnimatedWebP(t *testing.T) {
	whole := testdata(t, "lossy-animation.webp")
	var extra bytes.Buffer
	writeChunk(&extra, "EXIF", tiffOf([]field{{0x10e, "where we were"}}, nil))
	data := append(bytes.Clone(whole), extra.Bytes()...)
	binary.LittleEndian.PutUint32(data[4:], uint32(len(data)-8))
	data[20] |= webpExif

	record, list := develop(t, Options{Thumbnail: 32, Background: color.RGBA{B: 255}}, input("a.webp", data))
	if !record.Animated || record.Problem != "" || record.Caption != "where we were" || record.Width != 64 || record.Height != 48 {
		t.Fatalf("got %+v", record)
	}
	// The last quarter is transparent: the background shows.
	if _, m := rendition(t, list, gallery.Thumbnail); quarters(m) != "RGBB" {
		t.Errorf("the thumbnail shows %s", quarters(m))
	}
	if list[0].Use != gallery.Preview || !bytes.Equal(list[0].Body, whole) {
		t.Errorf("the preview is a %s of %d bytes, want the %d that it had before EXIF was added", list[0].Type, len(list[0].Body), len(whole))
	}

	record, list = develop(t, Options{Thumbnail: 32}, input("a.webp", data[:400]))
	if _, m := rendition(t, list, gallery.Preview); quarters(m) != "RGBW" || !strings.HasPrefix(record.Problem, "the end of the picture is missing") {
		t.Errorf("cut off behind its first frame, it shows %s and says %q", quarters(m), record.Problem)
	}
}

// TestProgressiveJPEGIsCutAfterAWholeScan cuts inside of each scan: a picture is there from the second scan on.
func TestProgressiveJPEGIsCutAfterAWholeScan(t *testing.T) {
	whole := testdata(t, "progressive.jpg")
	want, err := jpeg.Decode(bytes.NewReader(whole))
	if err != nil {
		t.Fatal(err)
	}
	var scans []int // where they begin
	for at := 0; at+1 < len(whole); at++ {
		if whole[at] == 0xff && whole[at+1] == 0xda {
			scans = append(scans, at)
		}
	}
	if len(scans) < 5 {
		t.Fatalf("progressive.jpg has %d scans", len(scans))
	}
	worst := 256 * 3
	for i, start := range scans {
		end := len(whole)
		if i+1 < len(scans) {
			end = scans[i+1]
		}
		cut := whole[:start+(end-start)*2/3]
		record, list := develop(t, Options{}, input("a.jpg", cut))
		if i == 0 {
			if len(list) != 0 || record.Problem != "the file is cut off: upload it again" {
				t.Errorf("cut in its first scan, it has %d renditions and says %q", len(list), record.Problem)
			}
			continue
		}
		_, m := rendition(t, list, gallery.Preview)
		if quarters(m) != "RGBW" || record.Problem != "the picture is cut off before its finest details: upload it again" {
			t.Errorf("cut in scan %d, it shows %s and says %q", i+1, quarters(m), record.Problem)
		}
		mended, _ := mendJPEG(&source{ctx: context.Background(), r: bytes.NewReader(cut), size: int64(len(cut))})
		if !bytes.Equal(mended[:start], whole[:start]) || len(mended) != start+2 {
			t.Errorf("cut in scan %d at %d, %d bytes are kept, want those before the scan, %d", i+1, len(cut), len(mended)-2, start)
		}
		got, err := jpeg.Decode(bytes.NewReader(mended))
		if err != nil {
			t.Fatal(err)
		}
		if d := difference(got, want); d > worst {
			t.Errorf("with %d scans it is %d off, with one less %d", i, d, worst)
		} else {
			worst = d
		}
	}
	if worst > 10 {
		t.Errorf("without its last scan the picture is %d off", worst)
	}
}

// difference is the mean distance of two pictures of the same size, in 256ths of a channel, over all three.
func difference(a, b image.Image) int {
	sum, n := 0, 0
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y++ {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x++ {
			r1, g1, b1 := rgb8(a.At(x, y))
			r2, g2, b2 := rgb8(b.At(x, y))
			sum += apart(int(r1), int(r2)) + apart(int(g1), int(g2)) + apart(int(b1), int(b2))
			n++
		}
	}
	return sum / max(n, 1)
}

func TestXMPInGIF(t *testing.T) {
	still := bytes.Replace(animation(t, 1), []byte("\x21\xff\x0bXMP DataXMP\x05hello\x00"), nil, 1)
	end := len(still) - 1
	trailer := []byte{1}
	for i := 255; i >= 0; i-- {
		trailer = append(trailer, byte(i))
	}
	block := "\x21\xff\x0bXMP DataXMP" + xmpOf(bag("dc:subject", "flower", "garden")) + string(trailer) + "\x00"
	data := append(append(bytes.Clone(still[:end]), block...), still[end:]...)
	record, _ := develop(t, Options{}, input("a.gif", data))
	if got := strings.Join(record.Keywords, ","); got != "flower,garden" || record.Problem != "" || record.Animated {
		t.Errorf("keywords are %q (%s)", got, record.Problem)
	}
}
