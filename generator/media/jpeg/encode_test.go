package jpeg

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math/rand/v2"
	"slices"
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

// TestEncodeKeepsWhatImageJPEGKeeps compares what is decoded, by both decoders, from both encoders' files.
func TestEncodeKeepsWhatImageJPEGKeeps(t *testing.T) {
	for _, m := range []*image.RGBA{picture(64, 48), picture(203, 77), picture(1, 1), picture(17, 9), noise(48, 32), noise(50, 41), noise(1, 30), noise(8, 8), picture(700, 500)} {
		for _, v := range variants(m) {
			switch v := v.(type) {
			case *image.RGBA:
				if m.Rect.Dx()%16 != 0 || m.Rect.Dy()%16 != 0 {
					continue // beyond the edge the colours of the last pixels go on there, and those of the last 2 x 2 here
				}
			case *image.YCbCr:
				if v.SubsampleRatio != image.YCbCrSubsampleRatio420 {
					continue // image/jpeg takes the mean of colours without rounding
				}
			}
			for _, quality := range []int{-3, 1, 20, 49, 50, 80, 95, 100, 101} {
				var file bytes.Buffer
				if err := jpeg.Encode(&file, v, &jpeg.Options{Quality: quality}); err != nil {
					t.Fatal(err)
				}
				got, err := Encode(v, quality)
				if err != nil {
					t.Fatal(err)
				}
				want, err := jpeg.Decode(&file)
				if err != nil {
					t.Fatal(err)
				}
				theirs, err := jpeg.Decode(bytes.NewReader(got))
				ours, ourErr := Decode(bytes.NewReader(got), 1)
				if err != nil || ourErr != nil || !samePixels(want, theirs) || !samePixels(want, ours) {
					t.Errorf("%T of %v at quality %d: decodes to another picture (%v, %v)", v, m.Rect, quality, err, ourErr)
				}
			}
		}
	}
}

// samePixels compares pictures sample by sample, without what lies beyond their edges.
func samePixels(a, b image.Image) bool {
	if a.Bounds() != b.Bounds() {
		return false
	}
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			if a.At(x, y) != b.At(x, y) {
				return false
			}
		}
	}
	return true
}

func TestEncodeTakesWhatIsOpaque(t *testing.T) {
	m := picture(40, 24)
	want, err := Encode(m, 80)
	if err != nil {
		t.Fatal(err)
	}
	straight := image.NewNRGBA(m.Rect)
	draw.Draw(straight, m.Rect, m, image.Point{}, draw.Src)
	moved := image.NewRGBA(image.Rect(-7, 9, 33, 33))
	draw.Draw(moved, moved.Rect, m, image.Point{}, draw.Src)
	for _, v := range []image.Image{straight, moved} {
		if got, err := Encode(v, 80); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%T at %v is not the same file (%v)", v, v.Bounds(), err)
		}
	}
}

// TestEncodeIsSmaller: image/jpeg's tables are those for any picture.
func TestEncodeIsSmaller(t *testing.T) {
	for _, m := range []image.Image{picture(400, 267), Subsample(picture(1600, 1067))} {
		var theirs bytes.Buffer
		if err := jpeg.Encode(&theirs, m, &jpeg.Options{Quality: 80}); err != nil {
			t.Fatal(err)
		}
		ours, err := Encode(m, 80)
		if err != nil || len(ours)*100 > theirs.Len()*98 {
			t.Errorf("%v: %d bytes, image/jpeg's file has %d (%v)", m.Bounds(), len(ours), theirs.Len(), err)
		}
	}
}

// TestCodeLengths wants of any counts codes that are free of prefixes, leave out the one of all ones, and are no longer than 16 bits.
func TestCodeLengths(t *testing.T) {
	fibonacci := make([]int, 40) // the deepest tree: a plain Huffman code of 40 bits
	for i := range fibonacci {
		fibonacci[i] = 1
		if i > 1 {
			fibonacci[i] = fibonacci[i-1] + fibonacci[i-2]
		}
	}
	all := make([]int, 256)
	r := rand.New(rand.NewPCG(3, 4))
	for i := range all {
		all[i] = 1 + r.IntN(1<<r.IntN(20))
	}
	for _, counts := range [][]int{{7}, {0, 0, 3}, {1, 1, 1, 1}, {1, 2, 4, 8, 16, 32}, fibonacci, all, slices.Repeat([]int{1}, 256)} {
		lengths, values := codeLengths(counts)
		var used []int
		for i, n := range counts {
			if n > 0 {
				used = append(used, i)
			}
		}
		var room, n int // in codes of 16 bits
		for i, of := range lengths {
			room += int(of) << (15 - i)
			n += int(of)
		}
		if room >= 1<<16 || n != len(used) || len(values) != n {
			t.Errorf("%d counts: %d codes for %d symbols (%d values) take %d of 65536", len(counts), n, len(used), len(values), room)
		}
		for i := 1; i < len(values) && n == len(values); i++ {
			if counts[values[i]] > counts[values[i-1]] && lengthOf(lengths, i) > lengthOf(lengths, i-1) {
				t.Errorf("%d counts: %d, which is more frequent than %d, has a longer code", len(counts), values[i], values[i-1])
			}
		}
		slices.Sort(values)
		for i := 1; i < len(values); i++ {
			if values[i] == values[i-1] {
				t.Errorf("%d counts: two codes for %d", len(counts), values[i])
			}
		}
	}
}

// lengthOf is the length of the code of the i-th value.
func lengthOf(lengths [16]uint8, i int) int {
	for n, of := range lengths {
		if i -= int(of); i < 0 {
			return n + 1
		}
	}
	return 0
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
