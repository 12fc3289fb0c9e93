package codec

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"image"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/tetratelabs/wazero"

	"shoebox/generator/media/heif"
)

func tile(t testing.TB, name string) heif.Tile {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	f, err := heif.Read(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	coded, err := f.Tile(f.Picture, 0)
	if err != nil {
		t.Fatal(err)
	}
	return coded
}

// One decoder serves picture after picture, after damaged ones too, and several decoders work at once.
func TestDecode(t *testing.T) {
	good, av1 := tile(t, "corners.heic"), tile(t, "corners.avif")
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			var h HEVC
			var a AV1
			defer h.Close()
			defer a.Close()
			for range 4 {
				p, err := h.Decode(t.Context(), good.Config, good.Data, 64, 64)
				if err != nil {
					t.Error(err)
					return
				}
				m, ok := p.Image.(*image.YCbCr)
				if !ok || m.Rect != image.Rect(0, 0, 64, 64) || m.SubsampleRatio != image.YCbCrSubsampleRatio420 || !p.Colours.Full {
					t.Errorf("got %T, %v, %+v", p.Image, p.Image.Bounds(), p.Colours)
				}
				if y := m.YCbCrAt(10, 10); y.Cr < 180 {
					t.Errorf("red is %v", y)
				}
				if _, err := h.Decode(t.Context(), good.Config, []byte{0, 0, 0, 9, 1}, 64, 64); !errors.Is(err, ErrDamaged) {
					t.Errorf("damaged: %v", err)
				}
				if p, err = a.Decode(t.Context(), av1.Config, av1.Data, 64, 48); err != nil {
					t.Error(err)
				} else if y := p.Image.(*image.YCbCr).YCbCrAt(10, 10); y.Cr < 180 {
					t.Errorf("red is %v", y)
				}
				if _, err := a.Decode(t.Context(), av1.Config, av1.Data[:len(av1.Data)/2], 64, 48); !errors.Is(err, ErrDamaged) {
					t.Errorf("damaged: %v", err)
				}
			}
		})
	}
	group.Wait()
}

// A size that is not the coded picture's is told before the decoder runs: it would write or copy too much.
func TestSizes(t *testing.T) {
	var h HEVC
	var a AV1
	good, av1 := tile(t, "corners.heic"), tile(t, "corners.avif")
	for _, size := range [][2]int{{64, 48}, {63, 64}, {50_000, 50_000}, {0, 0}} {
		if _, err := h.Decode(t.Context(), good.Config, good.Data, size[0], size[1]); err == nil || !strings.Contains(err.Error(), "64 x 64") {
			t.Errorf("HEVC, %v: %v", size, err)
		}
		if size[1] == 48 {
			continue
		}
		if _, err := a.Decode(t.Context(), av1.Config, av1.Data, size[0], size[1]); err == nil || !strings.Contains(err.Error(), "64 x 48") {
			t.Errorf("AV1, %v: %v", size, err)
		}
	}
	if h.instance != nil || a.instance != nil {
		t.Error("a module was started for it")
	}
}

func TestVariants(t *testing.T) {
	var h HEVC
	defer h.Close()
	ten, grey, deep := tile(t, "ten-bit.heic"), tile(t, "grey.heic"), tile(t, "deep.avif")
	p, err := h.Decode(t.Context(), ten.Config, ten.Data, 64, 64)
	if err != nil {
		t.Fatal(err)
	}
	if y := p.Image.(*image.YCbCr).YCbCrAt(10, 10); y.Cr < 180 || y.Y > 120 {
		t.Errorf("ten bits: red is %v", y)
	}
	if p, err = h.Decode(t.Context(), grey.Config, grey.Data, 64, 64); err != nil {
		t.Fatal(err)
	} else if m := p.Image.(*image.Gray); m.GrayAt(5, 5).Y > 8 || m.GrayAt(50, 5).Y < 247 {
		t.Errorf("grey: %v, %v", m.GrayAt(5, 5), m.GrayAt(50, 5))
	}
	var a AV1
	if _, err := a.Decode(t.Context(), deep.Config, deep.Data, 64, 48); !errors.Is(err, ErrVariant) {
		t.Errorf("ten bits of AV1: %v", err)
	}
}

// A module that would never end is ended.
func TestMeter(t *testing.T) {
	// (module (func (export "spin") (loop (br 0))) (func (export "ok") (result i32) (i32.const 7)))
	module := []byte("\x00asm\x01\x00\x00\x00" + "\x01\x08\x02\x60\x00\x00\x60\x00\x01\x7f" + "\x03\x03\x02\x00\x01" +
		"\x07\x0d\x02\x04spin\x00\x00\x02ok\x00\x01" + "\x0a\x0e\x02\x07\x00\x03\x40\x0c\x00\x0b\x0b\x04\x00\x41\x07\x0b")
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(module); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	r, code, err := compile(packed.Bytes(), func(context.Context, wazero.Runtime) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close(t.Context())
	m, err := r.InstantiateModule(t.Context(), code, wazero.NewModuleConfig().WithName(""))
	if err != nil {
		t.Fatal(err)
	}
	i := newInstance(m)
	i.allow(100, 100)
	if v, err := i.call(t.Context(), "ok"); err != nil || v != 7 {
		t.Errorf("ok: %d, %v", v, err)
	}
	if _, err := i.call(t.Context(), "spin"); !errors.Is(err, ErrEndless) {
		t.Errorf("spin: %v, want ErrEndless", err)
	}
	for cut := range module {
		_, _ = metered(module[:cut]) // it must not panic
	}
}

// A file of many coded pictures makes its decoder work far longer than the one picture that it has to be.
func TestEndless(t *testing.T) {
	var h HEVC
	good := tile(t, "corners.heic")
	if _, err := h.Decode(t.Context(), good.Config, bytes.Repeat(good.Data, 50_000), 64, 64); !errors.Is(err, ErrEndless) {
		t.Errorf("got %v, want ErrEndless", err)
	}
	if h.instance != nil {
		t.Error("the instance is used again")
	}
}

func TestCredits(t *testing.T) {
	for _, want := range []string{"GNU LESSER GENERAL PUBLIC LICENSE", "dav1d authors", "MIT License", "libde265"} {
		if !strings.Contains(Credits(), want) {
			t.Errorf("the credits do not say %q", want)
		}
	}
}

// FuzzParameters reads what is read of coded pictures outside of the modules.
func FuzzParameters(f *testing.F) {
	for _, name := range []string{"corners.heic", "grey.heic", "corners.avif", "deep.avif"} {
		coded := tile(f, name)
		f.Add(coded.Config, coded.Data)
	}
	f.Fuzz(func(t *testing.T, config, data []byte) {
		if s, ok := findSPS(config); ok && (s.width <= 0 || s.height <= 0 || s.chroma > 3) {
			t.Errorf("HEVC: %+v", s)
		}
		if s, ok := findSequence(config, data); ok && (s.width <= 0 || s.height <= 0 || s.subX < 1 || s.subY < 1) {
			t.Errorf("AV1: %+v", s)
		}
	})
}
