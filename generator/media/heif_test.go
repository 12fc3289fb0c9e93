package media

import (
	"bytes"
	"image"
	"image/color"
	"runtime"
	"strings"
	"testing"
	"time"

	"shoebox/generator/media/codec"
	"shoebox/generator/media/heif"
	"shoebox/generator/media/heif/heiftest"
	"shoebox/internal/gallery"
)

// tileOf takes the coded picture out of a file in testdata.
func tileOf(t testing.TB, name string) heif.Tile {
	t.Helper()
	data := testdata(t, name)
	f, err := heif.Read(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	tile, err := f.Tile(f.Picture, 0)
	if err != nil {
		t.Fatal(err)
	}
	return tile
}

// coded64 is an item of the picture in testdata, 64 x 64 pixels (its lowest quarter is the last row but for the fill).
func coded64(t testing.TB, name string, properties ...[]byte) heiftest.Item {
	tile := tileOf(t, name)
	return heiftest.Item{Kind: "hvc1", Data: tile.Data,
		Properties: append([][]byte{heiftest.Size(64, 64), heiftest.Box("hvcC", tile.Config)}, properties...)}
}

func TestHEIF(t *testing.T) {
	for name, mediaType := range map[string]string{"corners.heic": "image/heic", "ten-bit.heic": "image/heic", "corners.avif": "image/avif"} {
		record, list := develop(t, Options{Thumbnail: 20, Preview: 60}, input(name, testdata(t, name)))
		if record.Type != mediaType || record.Width != 64 || record.Height != 48 || record.Problem != "" || record.Kind != gallery.Photo {
			t.Fatalf("%s: got %s %s, %d x %d, %q", name, record.Kind, record.Type, record.Width, record.Height, record.Problem)
		}
		_, m := rendition(t, list, gallery.Preview)
		if m.Bounds() != image.Rect(0, 0, 60, 45) || quarters(m) != "RGBW" {
			t.Errorf("%s: the preview is %v and shows %s", name, m.Bounds(), quarters(m))
		}
		for i, want := range []color.RGBA{{220, 30, 30, 255}, {30, 200, 30, 255}, {30, 30, 220, 255}, {240, 240, 240, 255}} {
			x, y := 15+30*(i%2), 11+22*(i/2)
			if got := color.RGBAModel.Convert(m.At(x, y)).(color.RGBA); apart(int(got.R), int(want.R)) > 6 || apart(int(got.G), int(want.G)) > 6 || apart(int(got.B), int(want.B)) > 6 {
				t.Errorf("%s: colour %d is %v, want %v", name, i, got, want)
			}
		}
	}
	record, list := develop(t, Options{}, input("grey.heic", testdata(t, "grey.heic")))
	_, m := rendition(t, list, gallery.Preview)
	if r, _, _, _ := m.At(10, 10).RGBA(); record.Problem != "" || r > 0x0800 {
		t.Errorf("grey: %q, black is %x", record.Problem, r)
	}
}

// The orientation is what the boxes say, and EXIF does not count.
func TestHEIFOrientation(t *testing.T) {
	turn := func(n byte) []byte { return heiftest.Box("irot", []byte{n}) }
	flip := func(n byte) []byte { return heiftest.Box("imir", []byte{n}) }
	crop := heiftest.Box("clap", heiftest.U32(64, 1, 48, 1, 0, 1, -8, 1)) // the upper 48 rows of 64
	exif := append(heiftest.U32(0), tiffOf([]field{{0x112, uint16(3)}, {0x10f, "Acme"}}, nil)...)
	for _, test := range []struct {
		properties [][]byte
		want       string
		w, h       int
	}{
		{nil, "RGBW", 64, 48},
		{[][]byte{turn(1)}, "GWRB", 48, 64},
		{[][]byte{turn(2)}, "WBGR", 64, 48},
		{[][]byte{turn(3)}, "BRWG", 48, 64},
		{[][]byte{flip(0)}, "BWRG", 64, 48},
		{[][]byte{flip(1)}, "GRWB", 64, 48},
		{[][]byte{turn(1), flip(0)}, "RBGW", 48, 64},
		{[][]byte{flip(1), turn(1)}, "RBGW", 48, 64},
		{[][]byte{turn(1), flip(1)}, "WGBR", 48, 64},
		{[][]byte{turn(3), turn(1)}, "RGBW", 64, 48},
	} {
		data := heiftest.File("mif1", coded64(t, "corners.heic", append([][]byte{crop}, test.properties...)...),
			heiftest.Item{Kind: "Exif", Data: exif, References: map[string][]int{"cdsc": {1}}})
		record, list := develop(t, Options{Preview: 32, Thumbnail: 16}, input("a.heif", data))
		_, m := rendition(t, list, gallery.Preview)
		if quarters(m) != test.want || record.Width != test.w || record.Height != test.h || record.Problem != "" || record.Camera != "Acme" {
			t.Errorf("%q: got %s, %d x %d, camera %q, problem %q, want %s, %d x %d", test.properties, quarters(m), record.Width, record.Height,
				record.Camera, record.Problem, test.want, test.w, test.h)
		}
	}
}

// A grid is put together, cut at its edges; a tile that is damaged leaves the others.
func TestHEIFGrid(t *testing.T) {
	tile := coded64(t, "corners.heic")
	broken := tile
	broken.Data = []byte{0, 0, 0, 3, 1, 2, 3}
	build := func(tiles ...heiftest.Item) []byte {
		grid := heiftest.Item{Kind: "grid", Data: heiftest.Grid(2, 2, 100, 128), Inside: true, Properties: [][]byte{heiftest.Size(100, 128)},
			References: map[string][]int{"dimg": {2, 3, 4, 5}}}
		return heiftest.File("heic", append([]heiftest.Item{grid}, tiles...)...)
	}
	record, list := develop(t, Options{}, input("a.heic", build(tile, tile, tile, tile)))
	_, m := rendition(t, list, gallery.Preview)
	got := ""
	for _, p := range [][2]int{{16, 12}, {48, 12}, {80, 12}, {16, 36}, {48, 36}, {16, 76}, {48, 76}, {98, 76}, {16, 100}, {80, 100}} {
		got += nameColor(m.At(p[0], p[1]))
	}
	if want := "RGRBWRGGBB"; got != want[:7]+nameColor(m.At(98, 76))+want[8:] || record.Problem != "" || m.Bounds() != image.Rect(0, 0, 100, 128) {
		t.Errorf("got %s, %v, %q, want %s", got, m.Bounds(), record.Problem, want)
	}
	record, list = develop(t, Options{}, input("a.heic", build(tile, broken, tile, tile)))
	_, m = rendition(t, list, gallery.Preview)
	if got := nameColor(m.At(16, 12)) + nameColor(m.At(16, 76)); got != "RR" || !strings.Contains(record.Problem, "damaged") {
		t.Errorf("with a broken tile: %s, %q", got, record.Problem)
	}
	if record, list = develop(t, Options{}, input("a.heic", build(broken, broken, broken, broken))); len(list) != 0 || record.Problem == "" {
		t.Errorf("with broken tiles only: %d renditions, %q", len(list), record.Problem)
	}
	whole := build(tile, tile, tile, tile)
	if record, list = develop(t, Options{}, input("a.heic", whole[:len(whole)-300])); record.Problem != cutOff || len(list) == 0 {
		t.Errorf("cut off: %d renditions, %q", len(list), record.Problem)
	}
}

// The colours are those of the profile, or of the code points, and opacity is that of the auxiliary picture.
func TestHEIFColours(t *testing.T) {
	icc := heiftest.Box("colr", []byte("prof"), iccOf("RGB ", p3, sRGBCurve))
	nclx := func(primaries, transfer, matrix int, full byte) []byte {
		return heiftest.Box("colr", []byte("nclx"), heiftest.U16(primaries, transfer, matrix), []byte{full})
	}
	red := func(properties ...[]byte) color.RGBA {
		record, list := develop(t, Options{}, input("a.heic", heiftest.File("heic", coded64(t, "corners.heic", properties...))))
		if record.Problem != "" {
			t.Fatal(record.Problem)
		}
		_, m := rendition(t, list, gallery.Preview)
		return color.RGBAModel.Convert(m.At(16, 12)).(color.RGBA)
	}
	plain := red()
	byICC, byCode := red(icc, nclx(12, 13, 6, 0x80)), red(nclx(12, 13, 6, 0x80))
	if byICC.R <= plain.R || apart(int(byICC.R), int(byCode.R)) > 3 || apart(int(byICC.G), int(byCode.G)) > 3 || apart(int(byICC.B), int(byCode.B)) > 3 {
		t.Errorf("Display P3: %v by profile, %v by code points, %v as sRGB", byICC, byCode, plain)
	}
	if video := red(nclx(1, 13, 6, 0)); video.R <= plain.R || video.G >= plain.G {
		t.Errorf("in the range of video %v, in the full range %v", video, plain)
	}
	if other := red(nclx(1, 13, 1, 0x80)); other == plain {
		t.Errorf("the matrix of BT.709 makes no difference: %v", other)
	}

	alpha := coded64(t, "grey.heic", heiftest.Box("auxC", heiftest.U32(0), []byte("urn:mpeg:hevc:2015:auxid:1\x00")))
	alpha.References = map[string][]int{"auxl": {1}}
	_, list := develop(t, Options{Background: color.RGBA{1, 2, 3, 255}}, input("a.heic", heiftest.File("heic", coded64(t, "corners.heic"), alpha)))
	_, m := rendition(t, list, gallery.Preview)
	if r, _, _, _ := m.At(12, 10).RGBA(); r > 0x0800 || nameColor(m.At(48, 12)) != "G" {
		t.Errorf("the hole is %v, beside it %v", m.At(12, 10), m.At(48, 12))
	}
}

func TestToJFIF(t *testing.T) {
	// BT.709 and BT.2020, full and video range, by the definition of each.
	for _, c := range []codec.Colours{{Matrix: 1, Full: true}, {Matrix: 1}, {Matrix: 9, Full: true}, {Matrix: 6}, {Matrix: 2, Full: true}, {Matrix: 7}} {
		kr, kb, _ := weights(c.Matrix)
		for _, rgb := range [][3]float64{{220, 30, 30}, {30, 200, 30}, {30, 30, 220}, {128, 128, 128}, {250, 250, 250}, {90, 140, 60}} {
			y := kr*rgb[0] + (1-kr-kb)*rgb[1] + kb*rgb[2]
			cb, cr := (rgb[2]-y)/(2-2*kb), (rgb[0]-y)/(2-2*kr)
			if !c.Full {
				y, cb, cr = y*219/255+16, cb*224/255, cr*224/255
			}
			m := image.NewYCbCr(image.Rect(0, 0, 2, 2), image.YCbCrSubsampleRatio420)
			for i := range m.Y {
				m.Y[i] = uint8(y + 0.5)
			}
			m.Cb[0], m.Cr[0] = uint8(cb+128.5), uint8(cr+128.5)
			out, err := toJFIF(m, c)
			if err != nil {
				t.Fatal(err)
			}
			got := color.RGBAModel.Convert(out.At(1, 1)).(color.RGBA)
			if apart(int(got.R), int(rgb[0])) > 3 || apart(int(got.G), int(rgb[1])) > 3 || apart(int(got.B), int(rgb[2])) > 3 {
				t.Errorf("%+v: %v became %v", c, rgb, got)
			}
		}
	}
	m := image.NewYCbCr(image.Rect(0, 0, 1, 1), image.YCbCrSubsampleRatio444)
	m.Y[0], m.Cb[0], m.Cr[0] = 10, 20, 30
	if out, err := toJFIF(m, codec.Colours{Matrix: 0, Full: true}); err != nil || out.At(0, 0) != (color.RGBA{30, 10, 20, 255}) {
		t.Errorf("green, blue, red became %v, %v", out, err)
	}
	if _, err := toJFIF(m, codec.Colours{Matrix: 14}); err == nil {
		t.Error("an unknown matrix is taken for another")
	}
}

// A picture that is refused costs nothing: header and boxes are all that is read.
func TestBombs(t *testing.T) {
	const side = 50_000
	var tiles []heiftest.Item
	var ids []int
	for i := range 98 * 98 {
		tiles = append(tiles, heiftest.Item{Kind: "hvc1", Data: []byte{0}, Properties: [][]byte{heiftest.Size(512, 512)}})
		ids = append(ids, i+2)
	}
	grid := heiftest.Item{Kind: "grid", Data: heiftest.Grid(98, 98, side, side), Properties: [][]byte{heiftest.Size(side, side)},
		References: map[string][]int{"dimg": ids}}
	single := coded64(t, "corners.heic")
	single.Properties[0] = heiftest.Size(side, side)
	small := coded64(t, "corners.heic") // the coded picture is smaller than the file says, but within all limits
	small.Properties[0] = heiftest.Size(9000, 9000)
	avif := tileOf(t, "corners.avif")
	bombs := map[string][]byte{
		"a.heic":         heiftest.File("heic", single),
		"small.heic":     heiftest.File("heic", small),
		"grid.heic":      heiftest.File("heic", append([]heiftest.Item{grid}, tiles[:100]...)...), // most of its tiles are not there
		"a.avif":         heiftest.File("avif", heiftest.Item{Kind: "av01", Data: avif.Data, Properties: [][]byte{heiftest.Size(side, side), heiftest.Box("av1C", avif.Config)}}),
		"a.png":          resizePNG(pngOf(t, corners(2, 2)), side),
		"a.gif":          resizeGIF(animation(t, 2), side),
		"a.bmp":          bmpHeader(side),
		"a.tif":          tiffOf([]field{{0x100, uint16(side)}, {0x101, uint16(side)}, {0x102, uint16(8)}, {0x103, uint16(1)}, {0x106, uint16(1)}, {0x111, uint16(8)}, {0x116, uint16(side)}, {0x117, uint16(100)}}, nil),
		"a.webp":         []byte("RIFF\x1e\x00\x00\x00WEBPVP8L\x11\x00\x00\x00\x2f\xff\xff\xff\x0f\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
		"animation.webp": []byte("RIFF\x16\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00\x4f\xc3\x00\x4f\xc3\x00"),
	}
	for name, data := range bombs {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		start := time.Now()
		record, list := develop(t, Options{}, input(name, data))
		runtime.ReadMemStats(&after)
		took, grown := time.Since(start), int64(after.TotalAlloc-before.TotalAlloc)-int64(len(data))
		if len(list) != 0 || record.Problem == "" || grown > 1<<20 || took > 2*time.Second {
			t.Errorf("%s (%d bytes): %d renditions, %q, %d bytes allocated in %s", name, len(data), len(list), record.Problem, grown, took)
		}
	}
}

// What the decoder is not built for is said, and what is known of the file stays.
func TestAVIFVariant(t *testing.T) {
	record, list := develop(t, Options{}, input("deep.avif", testdata(t, "deep.avif")))
	if len(list) != 0 || record.Width != 64 || record.Height != 48 || record.Problem != "this variant of AV1 (more than 8 bits, or not 4:2:0) is not read: shown as a download" {
		t.Errorf("got %d renditions, %d x %d, %q", len(list), record.Width, record.Height, record.Problem)
	}
}

// Damage anywhere in a file is an answer, not an end: with every byte turned over in turn there is a picture or a reason.
func TestHEIFDamage(t *testing.T) {
	for _, name := range []string{"corners.heic", "corners.avif"} {
		data := testdata(t, name)
		for at := 0; at < len(data); at += 7 {
			broken := bytes.Clone(data)
			broken[at] ^= 0xff
			record, list := develop(t, Options{Thumbnail: 16, Preview: 32}, input(name, broken))
			if len(list) == 0 && record.Problem == "" && record.Kind == gallery.Photo {
				t.Errorf("%s, byte %d: neither a picture nor a reason", name, at)
			}
			record, list = develop(t, Options{Thumbnail: 16, Preview: 32}, input(name, data[:at]))
			if record.Problem == "" {
				t.Errorf("%s, cut at %d: %d renditions and no reason", name, at, len(list))
			}
		}
	}
}

// BenchmarkHEIC decodes 12 megapixels in tiles as a phone writes them, to a preview and a thumbnail.
func BenchmarkHEIC(b *testing.B) {
	tile := coded64(b, "corners.heic")
	items := []heiftest.Item{{Kind: "grid", Data: heiftest.Grid(63, 48, 4032, 3024), Properties: [][]byte{heiftest.Size(4032, 3024)}, References: map[string][]int{}}}
	for i := range 63 * 48 {
		items = append(items, tile)
		items[0].References["dimg"] = append(items[0].References["dimg"], i+2)
	}
	data := heiftest.File("heic", items...)
	b.ReportAllocs()
	for b.Loop() {
		if record, _ := develop(b, Options{}, input("a.heic", data)); record.Problem != "" {
			b.Fatal(record.Problem)
		}
	}
}

func resizePNG(data []byte, side uint32) []byte {
	head := append([]byte("IHDR"), heiftest.U32(int(side), int(side))...)
	head = append(head, 8, 6, 0, 0, 0)
	return append(append(append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), head...), heiftest.U32(int(crcOf(head)))...), data[33:]...)
}

func resizeGIF(data []byte, side uint16) []byte {
	out := bytes.Clone(data)
	out[6], out[7], out[8], out[9] = byte(side), byte(side>>8), byte(side), byte(side>>8)
	return out
}

func bmpHeader(side uint32) []byte {
	le := func(v uint32) []byte { return []byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24)} }
	return bytes.Join([][]byte{[]byte("BM"), le(1000), le(0), le(54), le(40), le(side), le(side), {1, 0, 24, 0}, le(0), le(0), le(0), le(0), le(0), le(0), make([]byte, 64)}, nil)
}
