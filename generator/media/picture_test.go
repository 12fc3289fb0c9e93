package media

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"strings"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"shoebox/internal/gallery"
)

func crcOf(b []byte) uint32 { return crc32.ChecksumIEEE(b) }

func TestOrientation(t *testing.T) {
	want := map[int]string{1: "RGBW", 2: "GRWB", 3: "WBGR", 4: "BWRG", 5: "RBGW", 6: "BRWG", 7: "WGBR", 8: "GWRB"}
	for orientation := 1; orientation <= 8; orientation++ {
		// The thumbnail's directory says something else, which does not count.
		exif := tiffOf([]field{{0x112, uint16(orientation)}}, []field{{0x112, uint16(9 - orientation)}})
		for name, data := range map[string][]byte{
			"a.jpg": jpegOf(t, corners(80, 40), exifSegment(exif)),
			"a.png": pngOf(t, corners(80, 40), pngChunk("eXIf", exif)),
		} {
			record, list := develop(t, Options{Thumbnail: 20, Preview: 60}, input(name, data))
			w, h := turned(80, 40, orientation)
			if record.Width != w || record.Height != h || record.Problem != "" {
				t.Errorf("%s, orientation %d: record says %dx%d, %q, want %dx%d", name, orientation, record.Width, record.Height, record.Problem, w, h)
			}
			for _, use := range []string{gallery.Preview, gallery.Thumbnail} {
				r, m := rendition(t, list, use)
				if got := quarters(m); got != want[orientation] {
					t.Errorf("%s, orientation %d: %s shows %s, want %s", name, orientation, use, got, want[orientation])
				}
				if (r.Width > r.Height) != (w > h) {
					t.Errorf("%s, orientation %d: %s is %dx%d", name, orientation, use, r.Width, r.Height)
				}
			}
		}
	}
}

func TestFormats(t *testing.T) {
	m := corners(64, 48)
	var asTIFF, asBMP, asGIF bytes.Buffer
	if err := errors.Join(tiff.Encode(&asTIFF, m, nil), bmp.Encode(&asBMP, m), gif.Encode(&asGIF, m, nil)); err != nil {
		t.Fatal(err)
	}
	deep := image.NewNRGBA64(m.Rect)
	grey := image.NewGray16(m.Rect)
	for y := range 48 {
		for x := range 64 {
			deep.Set(x, y, m.At(x, y))
			grey.Set(x, y, m.At(x, y))
		}
	}
	if record, list := develop(t, Options{}, input("grey.png", pngOf(t, grey))); record.Problem != "" || len(list) != 2 {
		t.Errorf("grey.png: got %+v", record)
	}
	for name, data := range map[string][]byte{"a.tif": asTIFF.Bytes(), "a.bmp": asBMP.Bytes(), "a.gif": asGIF.Bytes(), "deep.png": pngOf(t, deep), "a.jpeg": jpegOf(t, m)} {
		record, list := develop(t, Options{Thumbnail: 32, Preview: 50}, input(name, data))
		if record.Problem != "" || record.Kind != gallery.Photo || record.Width != 64 || record.Height != 48 || record.Animated {
			t.Errorf("%s: got %+v", name, record)
		}
		if _, got := rendition(t, list, gallery.Preview); quarters(got) != "RGBW" {
			t.Errorf("%s: preview shows %s", name, quarters(got))
		}
		if len(record.Placeholder) != 2 || record.Placeholder[0] == record.Placeholder[1] {
			t.Errorf("%s: placeholder is %v", name, record.Placeholder)
		}
	}
}

func TestSizes(t *testing.T) {
	for _, c := range []struct{ w, h, thumbW, thumbH, previewW, previewH int }{
		{300, 200, 40, 27, 100, 67},
		{60, 80, 30, 40, 60, 80},    // smaller than a preview: not enlarged
		{40, 10, 40, 10, 40, 10},    // no larger than a thumbnail: one file
		{1000, 1, 40, 1, 100, 1},    // no side becomes 0
		{2, 1500, 1, 40, 1, 100},    //
		{101, 100, 40, 40, 100, 99}, // rounded, not cut
	} {
		_, list := develop(t, Options{Thumbnail: 40, Preview: 100}, input("a.png", pngOf(t, corners(c.w, c.h))))
		thumb, _ := rendition(t, list, gallery.Thumbnail)
		preview, _ := rendition(t, list, gallery.Preview)
		got := fmt.Sprint(thumb.Width, thumb.Height, preview.Width, preview.Height)
		if want := fmt.Sprint(c.thumbW, c.thumbH, c.previewW, c.previewH); got != want {
			t.Errorf("%dx%d: got %s, want %s", c.w, c.h, got, want)
		}
		if same := thumb.Path == preview.Path; same != (max(c.w, c.h) <= 40) {
			t.Errorf("%dx%d: %s and %s", c.w, c.h, thumb.Path, preview.Path)
		}
	}
}

func TestAlphaGoesOnBackground(t *testing.T) {
	m := image.NewNRGBA(image.Rect(0, 0, 20, 20))
	for i := 0; i < len(m.Pix); i += 4 {
		copy(m.Pix[i:], []byte{255, 0, 0, 128})
	}
	palette := image.NewPaletted(m.Rect, color.Palette{color.NRGBA{0, 0, 0, 0}, color.NRGBA{0, 255, 0, 255}})
	for name, c := range map[string]struct {
		data []byte
		want [3]uint8
	}{
		"half.png":  {pngOf(t, m), [3]uint8{127, 0, 127}},
		"clear.png": {pngOf(t, palette), [3]uint8{0, 0, 255}},
	} {
		_, list := develop(t, Options{Background: color.RGBA{0, 0, 255, 255}}, input(name, c.data))
		_, got := rendition(t, list, gallery.Preview)
		r, g, b, _ := got.At(10, 10).RGBA()
		for i, v := range []uint32{r >> 8, g >> 8, b >> 8} {
			if apart(int(v), int(c.want[i])) > 3 {
				t.Errorf("%s: channel %d is %d, want %d", name, i, v, c.want[i])
			}
		}
	}
}

func TestPaletteIndexPastItsEnd(t *testing.T) {
	p := image.NewPaletted(image.Rect(0, 0, 4, 4), color.Palette{color.Black})
	p.Pix[5] = 200
	m, err := plain(p, nil)
	if err != nil {
		t.Fatal(err)
	}
	n := m.(*image.NRGBA)
	if got := n.NRGBAAt(1, 1); got != (color.NRGBA{}) {
		t.Errorf("index 200 of 1 gave %v, want nothing", got)
	}
	if got := n.NRGBAAt(0, 0); got != (color.NRGBA{0, 0, 0, 255}) {
		t.Errorf("index 0 gave %v, want black", got)
	}
}

func TestBombsAreRefusedByTheirHeader(t *testing.T) {
	huge := pngOf(t, image.NewGray(image.Rect(0, 0, 1, 1)))
	binary.BigEndian.PutUint32(huge[16:], 50000)
	binary.BigEndian.PutUint32(huge[20:], 50000)
	binary.BigEndian.PutUint32(huge[29:], crcOf(huge[12:29]))
	wide := jpegOf(t, corners(8, 8))
	sof := bytes.Index(wide, []byte{0xff, 0xc0})
	copy(wide[sof+5:], []byte{0xff, 0xff, 0xff, 0xff})
	for name, data := range map[string][]byte{"a.png": huge, "a.jpg": wide} {
		var record gallery.Record
		var list []Rendition
		spent := testing.Benchmark(func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				record, list = develop(t, Options{}, input(name, data))
			}
		})
		if !strings.Contains(record.Problem, "pixels") || len(list) != 0 {
			t.Errorf("%s: problem is %q, with %d renditions", name, record.Problem, len(list))
		}
		if spent.AllocedBytesPerOp() > 1<<20 {
			t.Errorf("%s: refusing it took %d bytes", name, spent.AllocedBytesPerOp())
		}
	}
}

func TestDamage(t *testing.T) {
	big := image.NewRGBA(image.Rect(0, 0, 256, 256))
	for i := range big.Pix {
		big.Pix[i] = uint8(i * i >> 3)
	}
	good := jpegOf(t, big)
	for _, c := range []struct {
		name, problem string
		data          []byte
		renditions    int
		kind          gallery.Kind
	}{
		{"empty.jpg", "the file is empty: upload it again", nil, 0, gallery.Photo},
		{"text.jpg", "is named .jpg but is not a picture (it looks like text/plain): shown as a download", []byte("not a picture\n"), 0, gallery.File},
		{"really.png", "is a JPEG picture but named .png: rename it", good, 2, gallery.Photo},
		{"no-extension", "", good, 2, gallery.Photo},
		{"copy.jpg_original", "", good, 2, gallery.Photo},
		{"noise.jpg", "is named .jpg but its beginning is damaged or of another format: upload it again", []byte{0, 1, 2, 3, 4, 5, 200, 201, 202}, 0, gallery.Photo},
		{"cut.jpg", "the picture is cut off after 48 % of its rows: upload it again", good[:len(good)/2], 2, gallery.Photo},
		{"no-end.jpg", "the end of the file is missing, though the picture is all there: upload it again", good[:len(good)-2], 2, gallery.Photo},
		{"header.jpg", "the file is cut off: upload it again", good[:200], 0, gallery.Photo},
		{"cut.png", "the file is cut off: upload it again", pngOf(t, big)[:2000], 0, gallery.Photo},
	} {
		record, list := develop(t, Options{Thumbnail: 100}, input(c.name, c.data))
		if !strings.HasPrefix(record.Problem, c.problem) || (c.problem == "") != (record.Problem == "") {
			t.Errorf("%s: problem is %q, want %q", c.name, record.Problem, c.problem)
		}
		if len(list) != c.renditions || record.Kind != c.kind {
			t.Errorf("%s: %d renditions of a %s, want %d of a %s", c.name, len(list), record.Kind, c.renditions, c.kind)
		}
	}
}

// TestMendKeepsWhatIsGood checks pixels: the upper part of a cut-off picture is exactly what it was, the rest is grey.
func TestMendKeepsWhatIsGood(t *testing.T) {
	m := corners(256, 256)
	for y := range 256 {
		for x := range 256 {
			m.Pix[y*m.Stride+4*x] += uint8(x*y) % 30
		}
	}
	whole := jpegOf(t, m)
	want, err := jpeg.Decode(bytes.NewReader(whole))
	if err != nil {
		t.Fatal(err)
	}
	cut := whole[:len(whole)*6/10]
	src := &source{ctx: context.Background(), r: bytes.NewReader(cut), size: int64(len(cut))}
	mended, problem := mendJPEG(src)
	got, err := jpeg.Decode(bytes.NewReader(mended))
	if err != nil {
		t.Fatalf("the mended file does not decode: %v (%s)", err, problem)
	}
	for y := 0; y < 80; y++ {
		for x := range 256 {
			if got.At(x, y) != want.At(x, y) {
				t.Fatalf("pixel %d,%d is %v, was %v", x, y, got.At(x, y), want.At(x, y))
			}
		}
	}
	if y, _, _ := color.RGBToYCbCr(rgb8(got.At(200, 250))); apart(int(y), 128) > 2 {
		t.Errorf("the missing part has brightness %d, want grey", y)
	}
}

func rgb8(c color.Color) (uint8, uint8, uint8) {
	r, g, b, _ := c.RGBA()
	return uint8(r >> 8), uint8(g >> 8), uint8(b >> 8)
}

func animation(t testing.TB, frames int) []byte {
	t.Helper()
	g := &gif.GIF{LoopCount: 3}
	for i := range frames {
		p := image.NewPaletted(image.Rect(0, 0, 30, 20), color.Palette{color.Black, color.White, color.NRGBA{200, uint8(i * 50), 0, 255}})
		for j := range p.Pix {
			p.Pix[j] = 2
		}
		g.Image, g.Delay = append(g.Image, p), append(g.Delay, 10)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	// A comment and an application extension, between the global part and the rest.
	data := b.Bytes()
	at := 13
	if data[10]&0x80 != 0 {
		at += 3 << (1 + data[10]&7)
	}
	extra := "\x21\xfe\x06secret\x00" + "\x21\xff\x0bXMP DataXMP\x05hello\x00"
	return append(append(append([]byte{}, data[:at]...), extra...), data[at:]...)
}

func TestAnimatedGIFIsItsOwnPreview(t *testing.T) {
	record, list := develop(t, Options{Thumbnail: 10}, input("a.gif", animation(t, 4)))
	if !record.Animated || record.Problem != "" {
		t.Fatalf("got %+v", record)
	}
	preview, _ := rendition(t, list, gallery.Preview)
	if preview.Type != "image/gif" || !strings.HasSuffix(preview.Path, ".gif") {
		t.Fatalf("preview is %s, %s", preview.Type, preview.Path)
	}
	if bytes.Contains(preview.Body, []byte("secret")) || bytes.Contains(preview.Body, []byte("hello")) {
		t.Error("the preview still has its comment or XMP")
	}
	g, err := gif.DecodeAll(bytes.NewReader(preview.Body))
	if err != nil || len(g.Image) != 4 || g.LoopCount != 3 {
		t.Errorf("the preview has %d frames and loops %d times (%v), want 4 and 3", len(g.Image), g.LoopCount, err)
	}
	thumb, _ := rendition(t, list, gallery.Thumbnail)
	if thumb.Type != "image/jpeg" || thumb.Width != 10 {
		t.Errorf("thumbnail is %+v", thumb.Rendition)
	}

	cut := animation(t, 4)
	record, list = develop(t, Options{Thumbnail: 10}, input("a.gif", cut[:len(cut)-40]))
	if preview, _ := rendition(t, list, gallery.Preview); record.Problem == "" || preview.Type != "image/jpeg" {
		t.Errorf("a cut-off animation has the problem %q and the preview %s", record.Problem, preview.Type)
	}
	record, _ = develop(t, Options{}, input("a.gif", animation(t, 1)))
	if record.Animated {
		t.Error("one frame is an animation")
	}
}

// A WebP picture (lossless) of 1x1 pixel, as the chunk that a real encoder writes.
var vp8l1x1 = []byte{0x2f, 0, 0, 0, 0x10, 0x07, 0x10, 0x11, 0x11, 0x88, 0x88, 0xfe, 0x07, 0}

func TestAnimatedWebP(t *testing.T) {
	riff := func(kind string, data []byte) []byte {
		var b bytes.Buffer
		writeChunk(&b, kind, data)
		return b.Bytes()
	}
	frame := append(make([]byte, 16), riff("VP8L", vp8l1x1)...)
	body := bytes.Join([][]byte{
		riff("VP8X", []byte{webpAnimation | webpExif | webpXMP, 0, 0, 0, 0, 0, 0, 0, 0, 0}), riff("ANIM", make([]byte, 6)),
		riff("ANMF", frame), riff("ANMF", frame), riff("EXIF", tiffOf([]field{{0x10e, "hello"}}, nil)), riff("XMP ", []byte("<x/>")),
	}, nil)
	data := append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(4+len(body))), append([]byte("WEBP"), body...)...)
	record, list := develop(t, Options{}, input("a.webp", data))
	if !record.Animated || record.Problem != "" || record.Caption != "hello" || record.Width != 1 {
		t.Fatalf("got %+v", record)
	}
	for _, r := range list {
		if r.Use == gallery.Preview {
			if r.Type != "image/webp" || bytes.Contains(r.Body, []byte("EXIF")) || bytes.Contains(r.Body, []byte("XMP ")) || r.Body[20] != webpAnimation {
				t.Errorf("the preview is not clean: %q", r.Body)
			}
			if n := bytes.Count(r.Body, []byte("ANMF")); n != 2 || int(binary.LittleEndian.Uint32(r.Body[4:]))+8 != len(r.Body) {
				t.Errorf("the preview has %d frames", n)
			}
		}
	}
	if thumb, _ := rendition(t, list, gallery.Thumbnail); thumb.Type != "image/jpeg" {
		t.Errorf("the thumbnail is %s", thumb.Type)
	}
}

func TestDevelopTwiceIsTheSame(t *testing.T) {
	data := jpegOf(t, corners(600, 500))
	_, first := develop(t, Options{}, input("a.jpg", data))
	_, second := develop(t, Options{}, input("a.jpg", data))
	for i := range first {
		if first[i].Path != second[i].Path || !bytes.Equal(first[i].Body, second[i].Body) {
			t.Errorf("%s differs", first[i].Path)
		}
	}
}

func TestRecipeFollowsWhatMatters(t *testing.T) {
	plain := Recipe(Options{}, gallery.Photo)
	for _, c := range []struct {
		options Options
		kind    gallery.Kind
		same    bool
	}{
		{Options{Thumbnail: 400, Memory: 1 << 20}, gallery.Photo, true}, // the default, and what shapes nothing
		{Options{FFmpeg: "ffmpeg"}, gallery.Photo, true},
		{Options{FFmpeg: "ffmpeg"}, gallery.File, true},
		{Options{FFmpeg: "ffmpeg"}, gallery.Video, false},
		{Options{Quality: 50}, gallery.Photo, false},
		{Options{Background: color.RGBA{A: 255}}, gallery.Photo, false},
	} {
		if got := Recipe(c.options, c.kind); (got == plain) != c.same {
			t.Errorf("%+v of a %s has the recipe %s, without options it is %s", c.options, c.kind, got, plain)
		}
	}
}

type failing struct{}

func (failing) ReadAt([]byte, int64) (int, error) { return 0, errors.New("connection reset") }

func TestReadErrorsAreErrors(t *testing.T) {
	in := input("a.jpg", jpegOf(t, corners(8, 8)))
	in.R = failing{}
	if _, _, err := New(Options{}).Develop(context.Background(), in); err == nil || !strings.Contains(err.Error(), "connection reset") {
		t.Errorf("got %v, want the reader's error", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := New(Options{}).Develop(ctx, input("a.jpg", jpegOf(t, corners(8, 8)))); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want canceled", err)
	}
}

func TestKindOf(t *testing.T) {
	iso := func(brand string, more ...string) string {
		return string(box("ftyp", []byte(brand+"\x00\x00\x00\x00"+strings.Join(more, ""))))
	}
	for _, c := range []struct{ name, head, kind, mediaType string }{
		{"a.nef", "MM\x00*\x00\x00\x00\x08", "photo", "image/x-nikon-nef"},
		{"a.dng", "II*\x00\x08\x00\x00\x00", "photo", "image/x-adobe-dng"},
		{"a.tif", "II*\x00\x08\x00\x00\x00", "photo", "image/tiff"},
		{"a.xyz", "II*\x00\x10\x00\x00\x00CR\x02\x00", "photo", "image/x-canon-cr2"},
		{"a.heic", iso("heic", "mif1"), "photo", "image/heic"},
		{"a.heic", iso("mif1", "heic"), "photo", "image/heic"},
		{"a.avif", iso("mif1", "avif"), "photo", "image/avif"},
		{"a.cr3", iso("crx "), "photo", "image/x-canon-cr3"},
		{"a.crw", "II\x1a\x00\x00\x00HEAPCCDR", "photo", "image/x-canon-crw"},
		{"a.mrw", "\x00MRM\x00\x00\x00\x08", "photo", "image/x-minolta-mrw"},
		{"a.rw2", "IIU\x00\x18\x00\x00\x00", "photo", "image/x-panasonic-rw2"},
		{"a.rwl", "IIU\x00\x18\x00\x00\x00", "photo", "image/x-leica-rwl"},
		{"a.mov", iso("qt  "), "video", "video/quicktime"},
		{"a.mp4", iso("isom", "mp42"), "video", "video/mp4"},
		{"a.m4a", iso("M4A "), "audio", "audio/mp4"},
		{"a.mkv", "\x1a\x45\xdf\xa3....matroska", "video", "video/x-matroska"},
		{"a.webm", "\x1a\x45\xdf\xa3....webm", "video", "video/webm"},
		{"a.avi", "RIFF\x00\x00\x00\x00AVI ", "video", "video/x-msvideo"},
		{"a.wav", "RIFF\x00\x00\x00\x00WAVE", "audio", "audio/wav"},
		{"a.mp3", "ID3\x03", "audio", "audio/mpeg"},
		{"a.flac", "fLaC", "audio", "audio/flac"},
		{"a.opus", "OggS", "audio", "audio/ogg"},
		{"a.mpg", "\x00\x00\x01\xba", "video", "video/mpeg"},
		{"a.svg", "<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "file", "image/svg+xml"},
		{"a.pdf", "%PDF-1.4", "file", "application/pdf"},
		{"a.txt", "hello", "file", "text/plain; charset=utf-8"},
		{"a", "<html><script>", "file", "text/html; charset=utf-8"},
		{"a.bin", "\x00\x01\x02", "file", "application/octet-stream"},
	} {
		kind, mediaType := KindOf(c.name, []byte(c.head))
		if string(kind) != c.kind || mediaType != c.mediaType {
			t.Errorf("KindOf(%q, %q) = %s, %s, want %s, %s", c.name, c.head, kind, mediaType, c.kind, c.mediaType)
		}
	}
}
