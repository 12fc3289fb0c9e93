package jpeg

import (
	"bytes"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzDecode holds the decoder against image/jpeg: what one refuses the other refuses, and what they read has the same pixels.
func FuzzDecode(f *testing.F) {
	names, err := filepath.Glob("testdata/*.jpg")
	if err != nil || len(names) == 0 {
		f.Fatalf("testdata: %v, %d files", err, len(names))
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := jpeg.DecodeConfig(bytes.NewReader(data)); err == nil && c.Width*c.Height > 1<<18 || bytes.Count(data, []byte{0xff, sos}) > 30 {
			return
		}
		compare(t, data)
		for _, scale := range []int{2, 4, 8} {
			m, err := Decode(bytes.NewReader(data), scale)
			if err == nil && m == nil {
				t.Errorf("scale %d: neither a picture nor an error", scale)
			}
		}
	})
}

// compare decodes at full size, here and with image/jpeg.
func compare(t *testing.T, data []byte) {
	t.Helper()
	want, werr := jpeg.Decode(bytes.NewReader(data))
	d := &decoder{size: 8}
	d.r = bytes.NewReader(data)
	got, err := d.decode()
	if err == errFourComponents {
		return
	}
	if (err == nil) != (werr == nil) {
		if err != nil && strings.Contains(err.Error(), "more codes than there are") {
			return
		}
		t.Fatalf("got the error %v, image/jpeg has %v", err, werr)
	}
	if err != nil {
		if got != nil {
			t.Error("there is a picture beside the error")
		}
		return
	}
	if !d.cut {
		equal(t, got, want)
	}
}

// equal compares types, sizes and every pixel.
func equal(t *testing.T, got, want image.Image) {
	t.Helper()
	if got.Bounds() != want.Bounds() {
		t.Fatalf("got a picture of %v, want %v", got.Bounds(), want.Bounds())
	}
	w, h := want.Bounds().Dx(), want.Bounds().Dy()
	switch want := want.(type) {
	case *image.Gray:
		got, ok := got.(*image.Gray)
		if !ok {
			t.Fatal("got no grey picture")
		}
		equalPlane(t, "grey", got.Pix, want.Pix, got.Stride, want.Stride, w, h)
	case *image.YCbCr:
		got, ok := got.(*image.YCbCr)
		if !ok || got.SubsampleRatio != want.SubsampleRatio {
			t.Fatal("got other planes")
		}
		equalPlane(t, "Y", got.Y, want.Y, got.YStride, want.YStride, w, h)
		if w > 0 && h > 0 {
			w, h = want.COffset(w-1, 0)+1, want.COffset(0, h-1)/want.CStride+1
		}
		equalPlane(t, "Cb", got.Cb, want.Cb, got.CStride, want.CStride, w, h)
		equalPlane(t, "Cr", got.Cr, want.Cr, got.CStride, want.CStride, w, h)
	case *image.RGBA:
		got, ok := got.(*image.RGBA)
		if !ok {
			t.Fatal("got no RGB picture")
		}
		equalPlane(t, "RGBA", got.Pix, want.Pix, got.Stride, want.Stride, 4*w, h)
	default:
		t.Fatalf("got %T", want)
	}
}

func equalPlane(t *testing.T, name string, got, want []byte, gs, ws, w, h int) {
	t.Helper()
	for y := range h {
		if !bytes.Equal(got[y*gs:y*gs+w], want[y*ws:y*ws+w]) {
			for x := range w {
				if got[y*gs+x] != want[y*ws+x] {
					t.Fatalf("%s at %d,%d is %d, want %d", name, x, y, got[y*gs+x], want[y*ws+x])
				}
			}
		}
	}
}
