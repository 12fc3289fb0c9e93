package heif_test

import (
	"bytes"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"shoebox/generator/media/heif"
	"shoebox/generator/media/heif/heiftest"
)

func read(data []byte) (*heif.File, error) { return heif.Read(bytes.NewReader(data), int64(len(data))) }

func picture(data string, w, h int, properties ...[]byte) heiftest.Item {
	return heiftest.Item{Kind: "hvc1", Data: []byte(data), Properties: append([][]byte{heiftest.Size(w, h), heiftest.Box("hvcC", []byte("config"))}, properties...)}
}

func TestRead(t *testing.T) {
	thumbnail := picture("small", 16, 12)
	thumbnail.References = map[string][]int{"thmb": {1}}
	alpha := picture("alpha", 640, 480, heiftest.Box("auxC", heiftest.U32(0), []byte("urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\x00")))
	alpha.References = map[string][]int{"auxl": {1}}
	f, err := read(heiftest.File("heic",
		picture("coded", 640, 480, heiftest.Box("clap", heiftest.U32(600, 1, 400, 1, 10, 1, -20, 1)), heiftest.Box("irot", []byte{3}),
			heiftest.Box("colr", []byte("profICC")), heiftest.Box("colr", []byte("nclx"), heiftest.U16(12, 13, 6), []byte{0x80})),
		thumbnail, alpha,
		heiftest.Item{Kind: "Exif", Data: append(heiftest.U32(6), "Exif\x00\x00II*\x00"...), References: map[string][]int{"cdsc": {1}}},
		heiftest.Item{Kind: "mime", MIME: "application/rdf+xml", Data: []byte("<x/>"), Inside: true, References: map[string][]int{"cdsc": {1}}}))
	if err != nil {
		t.Fatal(err)
	}
	if f.Width != 640 || f.Height != 480 || f.Columns*f.Rows != 1 || f.Orientation != 6 || f.Crop != image.Rect(30, 20, 630, 420) {
		t.Errorf("got %d x %d, %d x %d tiles, orientation %d, crop %v", f.Width, f.Height, f.Columns, f.Rows, f.Orientation, f.Crop)
	}
	if string(f.ICC) != "ICC" || f.Colours == nil || *f.Colours != (heif.Colours{Primaries: 12, Transfer: 13, Matrix: 6, Full: true}) {
		t.Errorf("colours are %q, %+v", f.ICC, f.Colours)
	}
	if string(f.Exif) != "II*\x00" || string(f.XMP) != "<x/>" {
		t.Errorf("metadata is %q, %q", f.Exif, f.XMP)
	}
	if tile, err := f.Tile(f.Picture, 0); err != nil || string(tile.Data) != "coded" || string(tile.Config) != "config" || tile.Codec != "hvc1" {
		t.Errorf("the picture is %+v, %v", tile, err)
	}
	if f.Alpha == nil {
		t.Error("the opacity is not found")
	} else if tile, err := f.Tile(*f.Alpha, 0); err != nil || string(tile.Data) != "alpha" {
		t.Errorf("the opacity is %+v, %v", tile, err)
	}
}

// What does not add up is refused with its reason.
func TestReadRefuses(t *testing.T) {
	grid := func(columns, rows, w, h int, tiles ...heiftest.Item) []byte {
		it := heiftest.Item{Kind: "grid", Data: heiftest.Grid(columns, rows, w, h), Properties: [][]byte{heiftest.Size(w, h)}, References: map[string][]int{}}
		for i := range tiles {
			it.References["dimg"] = append(it.References["dimg"], i+2)
		}
		return heiftest.File("heic", append([]heiftest.Item{it}, tiles...)...)
	}
	tile, other := picture("a", 512, 512), picture("a", 256, 512)
	odd := picture("a", 10, 10)
	odd.Kind = "jpeg"
	nowhere := picture("a", 10, 10)
	nowhere.Properties = nowhere.Properties[1:]
	whole := heiftest.File("heic", picture("coded", 640, 480))
	for _, test := range []struct {
		data []byte
		want string
	}{
		{grid(2, 2, 1000, 1000, tile, tile), "has 2 tiles"},
		{grid(2, 1, 1000, 500, tile, other), "differ"},
		{grid(2, 1, 2000, 500, tile, tile), "do not make up"},
		{grid(2, 1, 500, 500, tile, tile), "do not make up"},
		{grid(1, 1, 500, 500, heiftest.Item{Kind: "grid", Data: []byte{0}}), "missing"},
		{heiftest.File("heic", odd), `"jpeg"`},
		{heiftest.File("heic", nowhere), "no size"},
		{whole[:40], "EOF"},
		{heiftest.Box("ftyp", []byte("heic")), "no meta"},
		{append(heiftest.Box("ftyp", []byte("heic")), heiftest.Box("meta", make([]byte, 9<<20))...), "larger than 8 MB"},
		{append(heiftest.Box("ftyp", []byte("heic")), heiftest.Box("meta", heiftest.U32(0))...), "no primary"},
	} {
		if _, err := read(test.data); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v, want %q", err, test.want)
		}
	}
	f, err := read(whole[:len(whole)-1])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Tile(f.Picture, 0); err == nil {
		t.Error("a picture that is cut off is read")
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"corners.heic", "grey.heic", "corners.avif"} {
		data, err := os.ReadFile(filepath.Join("..", "testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add(heiftest.File("heic", picture("coded", 640, 480, heiftest.Box("clap", heiftest.U32(600, 1, 400, 1, 10, 1, -20, 1)), heiftest.Box("imir", []byte{1})),
		heiftest.Item{Kind: "Exif", Data: heiftest.U32(0, 1), References: map[string][]int{"cdsc": {1}}, Inside: true}))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := read(data)
		if err != nil {
			return
		}
		if !file.Crop.In(image.Rect(0, 0, file.Width, file.Height)) || file.Crop.Empty() || file.Orientation < 1 || file.Orientation > 8 {
			t.Errorf("crop %v of %d x %d, orientation %d", file.Crop, file.Width, file.Height, file.Orientation)
		}
		if len(file.Exif)+len(file.XMP)+len(file.ICC) > 3*len(data) {
			t.Errorf("%d bytes of metadata out of %d", len(file.Exif)+len(file.XMP)+len(file.ICC), len(data))
		}
		for i := range min(file.Columns*file.Rows, 10) {
			if tile, err := file.Tile(file.Picture, i); err == nil && len(tile.Data) > len(data) {
				t.Errorf("a tile of %d bytes out of %d", len(tile.Data), len(data))
			}
		}
	})
}
