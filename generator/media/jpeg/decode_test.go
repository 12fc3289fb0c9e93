package jpeg

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

// files returns what is in testdata, by name.
func files(t testing.TB) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob("testdata/*.jpg")
	if err != nil || len(names) == 0 {
		t.Fatalf("testdata: %v, %d files", err, len(names))
	}
	all := map[string][]byte{}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(name), ".jpg")] = data
	}
	return all
}

// picture draws what photos are made of: slopes, edges and grain.
func picture(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	r := rand.New(rand.NewPCG(1, 2))
	for y := range h {
		for x := range w {
			v := 120 + 60*math.Sin(float64(x)/37) + 40*math.Cos(float64(y)/23)
			if (x/53+y/71)%3 == 0 {
				v = 200 - v/2
			}
			grain := r.Float64()*16 - 8
			m.SetRGBA(x, y, color.RGBA{byte(v + grain), byte(v*0.8 + grain + 20), byte(230 - v*0.7 + grain), 255})
		}
	}
	return m
}

func encode(t testing.TB, m image.Image, quality int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFullSizeIsThatOfImageJPEG(t *testing.T) {
	all := files(t)
	all["large"] = encode(t, picture(1000, 701), 92) // larger than the window
	all["colourful"] = encode(t, picture(33, 65), 100)
	all["rgb"] = asRGB(all["sequential-1x1"])
	all["rgb-subsampled"] = asRGB(all["sequential-2x2"])
	for name, data := range all {
		t.Run(name, func(t *testing.T) { compare(t, data) })
	}
}

// asRGB takes the JFIF segment out and names the components R, G and B.
func asRGB(data []byte) []byte {
	data = append([]byte{0xff, soi}, data[4+int(data[4])<<8+int(data[5]):]...)
	for _, marker := range []byte{sof0, sos} {
		at := bytes.Index(data, []byte{0xff, marker})
		first, step := at+10, 3
		if marker == sos {
			first, step = at+5, 2
		}
		for i, id := range []byte("RGB") {
			data[first+i*step] = id
		}
	}
	return data
}

func TestFourComponentsAreLeftToImageJPEG(t *testing.T) {
	data := files(t)["cmyk"]
	want, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(bytes.NewReader(data), 4)
	if err != nil {
		t.Fatal(err)
	}
	if m, ok := got.(*image.CMYK); !ok || !bytes.Equal(m.Pix, want.(*image.CMYK).Pix) {
		t.Errorf("got a %T that is not image/jpeg's picture", got)
	}
}

// TestReducedIsTheAverage compares reduced pictures with the averages of the full ones: in brightness, and in colours.
func TestReducedIsTheAverage(t *testing.T) {
	all := map[string][]byte{"drawn": encode(t, picture(643, 481), 90)}
	for name, data := range files(t) {
		if !strings.Contains(name, "cmyk") && name != "fine" {
			all[name] = data
		}
	}
	for name, data := range all {
		full, err := Decode(bytes.NewReader(data), 1)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, scale := range []int{2, 4, 8} {
			m, err := Decode(bytes.NewReader(data), scale)
			if err != nil {
				t.Fatalf("%s at 1/%d: %v", name, scale, err)
			}
			w, h := full.Bounds().Dx(), full.Bounds().Dy()
			if got, want := m.Bounds(), image.Rect(0, 0, (w+scale-1)/scale, (h+scale-1)/scale); got != want {
				t.Fatalf("%s at 1/%d is %v, want %v", name, scale, got, want)
			}
			for i, got := range planesOf(m) {
				want := planesOf(full)[i].average(scale)
				want.w, want.h = min(want.w, got.w), min(want.h, got.h)
				if db := psnr(got, want); db < 33 {
					t.Errorf("%s at 1/%d: plane %d is within %.1f dB of the average, want 33", name, scale, i, db)
				}
				if want.w < 32 || want.h < 32 {
					continue
				}
				if s := ssim(got, want); s < 0.98 {
					t.Errorf("%s at 1/%d: plane %d has a structural similarity of %.4f to the average, want 0.98", name, scale, i, s)
				}
			}
		}
	}
}

func planesOf(m image.Image) []samples {
	switch m := m.(type) {
	case *image.Gray:
		return []samples{{m.Pix, m.Stride, m.Rect.Dx(), m.Rect.Dy()}}
	case *image.YCbCr:
		w, h := m.Rect.Dx(), m.Rect.Dy()
		cw, ch := m.COffset(w-1, 0)+1, m.COffset(0, h-1)/m.CStride+1
		return []samples{{m.Y, m.YStride, w, h}, {m.Cb, m.CStride, cw, ch}, {m.Cr, m.CStride, cw, ch}}
	}
	return nil
}

// average returns the averages of n x n samples, without those at the edge that are not whole.
func (s samples) average(n int) samples {
	dst := samples{w: s.w / n, h: s.h / n, stride: s.w / n}
	for y := range dst.h {
		for x := range dst.w {
			sum := n * n / 2
			for j := range n {
				for i := range n {
					sum += int(s.pix[(y*n+j)*s.stride+x*n+i])
				}
			}
			dst.pix = append(dst.pix, byte(sum/(n*n)))
		}
	}
	return dst
}

// psnr is how far got is from want, over the size of want.
func psnr(got, want samples) float64 {
	var sum float64
	for y := range want.h {
		for x := range want.w {
			d := float64(got.pix[y*got.stride+x]) - float64(want.pix[y*want.stride+x])
			sum += d * d
		}
	}
	return 10 * math.Log10(255*255*float64(want.w*want.h)/max(sum, 1e-9))
}

// ssim is the structural similarity of two planes over windows of 8 x 8 samples (Wang et al., IEEE Transactions on Image
// Processing 13 (4), 2004), in the size of want; 1 is equal.
func ssim(got, want samples) float64 {
	const c1, c2, n = (0.01 * 255) * (0.01 * 255), (0.03 * 255) * (0.03 * 255), 8 * 8
	var total float64
	windows := 0
	for y0 := 0; y0+8 <= want.h; y0 += 4 {
		for x0 := 0; x0+8 <= want.w; x0 += 4 {
			var a, b, aa, bb, ab float64
			for y := y0; y < y0+8; y++ {
				for x := x0; x < x0+8; x++ {
					v, w := float64(got.pix[y*got.stride+x]), float64(want.pix[y*want.stride+x])
					a, b, aa, bb, ab = a+v, b+w, aa+v*v, bb+w*w, ab+v*w
				}
			}
			a, b = a/n, b/n
			aa, bb, ab = aa/n-a*a, bb/n-b*b, ab/n-a*b
			total += (2*a*b + c1) * (2*ab + c2) / ((a*a + b*b + c1) * (aa + bb + c2))
			windows++
		}
	}
	return total / float64(windows)
}

// TestCutAnywhere: a file without its end is an error, at every length and every scale, and the error says so.
func TestCutAnywhere(t *testing.T) {
	for name, data := range files(t) {
		if name == "cmyk" {
			continue
		}
		for n := 0; n < len(data)-1; n += 1 + n/50 {
			for _, scale := range []int{1, 2, 8} {
				if m, err := Decode(bytes.NewReader(data[:n]), scale); !errors.Is(err, io.ErrUnexpectedEOF) || m != nil {
					t.Fatalf("%s cut to %d of %d bytes, 1/%d: got a picture %t and the error %v", name, n, len(data), scale, m != nil, err)
				}
			}
		}
	}
}

// TestDamage: single bytes that are changed give the picture that image/jpeg gives, or an error where it has one.
func TestDamage(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for name, data := range files(t) {
		for range 300 {
			damaged := bytes.Clone(data)
			damaged[2+r.IntN(len(data)-2)] = byte(r.Uint32())
			if c, err := jpeg.DecodeConfig(bytes.NewReader(damaged)); err == nil && c.Width*c.Height > 1<<16 {
				continue
			}
			t.Run(name, func(t *testing.T) { compare(t, damaged) })
		}
	}
}

// seeker adds to a reader what Decode asks for and these pictures do not use.
type seeker struct{ io.Reader }

func (seeker) Seek(int64, int) (int64, error) { return 0, errors.New("not expected") }

func TestReaders(t *testing.T) {
	data := files(t)["sequential-2x2"]
	want, err := Decode(bytes.NewReader(data), 1)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(seeker{iotest.OneByteReader(bytes.NewReader(data))}, 1)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, got, want)
	reset := errors.New("connection reset")
	for _, n := range []int{0, 1, 100, len(data) / 2, len(data) - 2} {
		r := io.MultiReader(bytes.NewReader(data[:n]), iotest.ErrReader(reset))
		if _, err := Decode(seeker{r}, 2); !errors.Is(err, reset) {
			t.Errorf("after %d bytes: got %v, want the reader's error", n, err)
		}
	}
}

func TestScale(t *testing.T) {
	for _, c := range []struct{ w, h, toW, toH, want int }{
		{6000, 4000, 1600, 1067, 2}, {6000, 4000, 400, 267, 8}, {6000, 4000, 1500, 1000, 4}, {4032, 3024, 2000, 1500, 2},
		{100, 100, 100, 100, 1}, {101, 1, 51, 1, 2}, {101, 2, 52, 1, 1}, {8000, 1, 1000, 1, 8}, {50, 50, 400, 400, 1},
	} {
		if got := Scale(c.w, c.h, c.toW, c.toH); got != c.want {
			t.Errorf("%d x %d for %d x %d: got %d, want %d", c.w, c.h, c.toW, c.toH, got, c.want)
		}
	}
}

// TestMemory: nothing but the picture and the window is allocated for a sequential file, whatever its size.
func TestMemory(t *testing.T) {
	data := encode(t, picture(2000, 1500), 85)
	got := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Decode(bytes.NewReader(data), 2); err != nil {
				b.Fatal(err)
			}
		}
	}).AllocedBytesPerOp()
	if limit := int64(1008*752*3/2 + windowSize + 100<<10); got > limit {
		t.Errorf("a picture of 1000 x 750 pixels took %d bytes, want at most %d", got, limit)
	}
}

func BenchmarkDecode(b *testing.B) {
	data := encode(b, picture(3000, 2000), 90)
	for _, scale := range []int{1, 2, 4, 8} {
		b.Run(string(rune('0'+scale)), func(b *testing.B) {
			b.SetBytes(3000 * 2000)
			for b.Loop() {
				if _, err := Decode(bytes.NewReader(data), scale); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("image/jpeg", func(b *testing.B) {
		b.SetBytes(3000 * 2000)
		for b.Loop() {
			if _, err := jpeg.Decode(bytes.NewReader(data)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
