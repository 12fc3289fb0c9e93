package jpeg

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math/rand/v2"
	"testing"
)

// variants returns a picture as all types that are encoded here, and one that is not.
func variants(m *image.RGBA) []image.Image {
	grey := image.NewGray(m.Rect)
	draw.Draw(grey, grey.Rect, m, m.Rect.Min, draw.Src)
	whole := image.NewYCbCr(m.Rect, image.YCbCrSubsampleRatio444)
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() {
			c := m.RGBAAt(x, y)
			i := y*whole.YStride + x
			whole.Y[i], whole.Cb[i], whole.Cr[i] = color.RGBToYCbCr(c.R, c.G, c.B)
		}
	}
	return []image.Image{m, grey, Subsample(m), whole}
}

func noise(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	r := rand.New(rand.NewPCG(5, 6))
	for i := range m.Pix {
		m.Pix[i] = byte(r.Uint32() >> (r.Uint32() % 3 * 4)) // many extremes
		if i%4 == 3 {
			m.Pix[i] = 255
		}
	}
	return m
}

func TestEncodeIsThatOfImageJPEG(t *testing.T) {
	for _, m := range []*image.RGBA{picture(64, 48), picture(203, 77), picture(1, 1), picture(17, 9), noise(48, 32), noise(50, 41), noise(1, 30)} {
		for _, v := range variants(m) {
			if v == image.Image(m) && (m.Rect.Dx()%16 != 0 || m.Rect.Dy()%16 != 0) {
				continue // beyond the edge the colours of the last pixels go on there, and those of the last 2 x 2 here
			}
			for _, quality := range []int{-3, 1, 20, 49, 50, 80, 95, 100, 101} {
				var want bytes.Buffer
				if err := jpeg.Encode(&want, v, &jpeg.Options{Quality: quality}); err != nil {
					t.Fatal(err)
				}
				got, err := Encode(v, quality)
				if err != nil || !bytes.Equal(got, want.Bytes()) {
					t.Errorf("%T of %v at quality %d: %d bytes (%v) are not the %d of image/jpeg", v, m.Rect, quality, len(got), err, want.Len())
				}
			}
		}
	}
}

func TestEncodeRefusesWhatDoesNotFit(t *testing.T) {
	if b, err := Encode(image.NewGray(image.Rect(0, 0, 1<<16, 1)), 80); err == nil {
		t.Errorf("65536 pixels in a row gave %d bytes, want an error", len(b))
	}
}

func BenchmarkEncode(b *testing.B) {
	for _, m := range variants(picture(1600, 1067)) {
		b.Run(fmt.Sprintf("%T", m), func(b *testing.B) {
			for b.Loop() {
				if _, err := Encode(m, 80); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
