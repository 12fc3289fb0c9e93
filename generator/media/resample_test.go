package media

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	stdjpeg "image/jpeg"
	"math"
	"math/rand/v2"
	"testing"

	"shoebox/generator/media/jpeg"
	"shoebox/internal/gallery"
)

// resampled is one output of an axis in floating point: the mean of the inputs, weighed by the kernel.
func resampled(in []float64, at, step float64, k kernel) float64 {
	stretch := max(math.Abs(step), 1)
	var sum, weights float64
	for i, v := range in {
		if x := (float64(i) - at) / stretch; math.Abs(x) < k.radius {
			sum, weights = sum+v*k.weight(x), weights+k.weight(x)
		}
	}
	return sum / weights
}

// TestResampleIsTheWeighedMean compares with floating point, for sizes that fill lanes and such that do not.
func TestResampleIsTheWeighedMean(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, k := range []kernel{catmullRom, lanczos} {
		for _, c := range []struct{ w, h, toW, toH int }{{40, 31, 17, 13}, {5, 90, 5, 7}, {90, 4, 11, 4}, {64, 64, 63, 2}, {3, 3, 1, 1}, {1, 50, 1, 3}, {300, 7, 9, 1}, {7, 6, 15, 9}} {
			src := newPlane(c.w, c.h)
			for i := range src.pix {
				src.pix[i] = byte(r.Uint32())
				if r.IntN(3) == 0 {
					src.pix[i] = byte(255 * r.IntN(2)) // edges: sums under 0 and over 255
				}
			}
			stepX, stepY := float64(c.w)/float64(c.toW), float64(c.h)/float64(c.toH)
			got := src.resample(newAxis(c.w, c.toW, stepX/2-0.5, stepX, k), newAxis(c.h, c.toH, stepY/2-0.5, stepY, k))
			if got.width != c.toW || got.height != c.toH {
				t.Fatalf("%v: got %d x %d", c, got.width, got.height)
			}
			for x := range c.toW {
				column := make([]float64, c.h)
				for y := range column {
					row := make([]float64, c.w)
					for i := range row {
						row[i] = float64(src.pix[y*src.stride+i])
					}
					column[y] = min(max(math.Round(resampled(row, (float64(x)+0.5)*stepX-0.5, stepX, k)), 0), 255)
				}
				for y := range c.toH {
					want := min(max(resampled(column, (float64(y)+0.5)*stepY-0.5, stepY, k), 0), 255)
					if v := float64(got.pix[y*got.stride+x]); math.Abs(v-want) > 2.5 {
						t.Errorf("%v at %d,%d: got %.0f, want %.1f", c, x, y, v, want)
					}
				}
			}
		}
	}
}

// TestResampleKeepsFlatAreas: weights sum up to 1 at every place, so that nothing flat gets a pattern.
func TestResampleKeepsFlatAreas(t *testing.T) {
	for _, v := range []byte{0, 1, 127, 254, 255} {
		src := newPlane(101, 53)
		for i := range src.pix {
			src.pix[i] = v
		}
		for _, to := range []int{1, 7, 50, 53} {
			got := src.resample(newAxis(101, to, 101/float64(to)/2-0.5, 101/float64(to), lanczos), newAxis(53, to, 53/float64(to)/2-0.5, 53/float64(to), catmullRom))
			for i, g := range got.pix {
				if g != v {
					t.Fatalf("%d in %d: sample %d is %d", v, to, i, g)
				}
			}
		}
	}
}

// TestWeightsFitTheirLanes: the promise of newAxis, for all positions of a sample.
func TestWeightsFitTheirLanes(t *testing.T) {
	for _, k := range []kernel{catmullRom, lanczos} {
		for _, step := range []float64{0.5, 1, 1.3, 1.999, 2.5, 7, 31} {
			a := newAxis(1000, int(1000/step)+2, -1, step, k) // the first and the last lie outside
			for i := range a.first {
				var positive, negative int64
				for _, w := range a.weights[i*a.taps : (i+1)*a.taps] {
					positive += max(int64(w), 0)
					negative += min(int64(w), 0)
				}
				if positive+negative != 1<<weightBits {
					t.Fatalf("step %v, output %d: the weights sum up to %d", step, i, positive+negative)
				}
				if low, high := negative*255+laneBias, positive*255+laneBias; low < 0 || high > laneMask {
					t.Fatalf("step %v, output %d: sums go from %d to %d", step, i, low, high)
				}
			}
		}
	}
}

// TestPlanesMirrorTheirColours: however a picture with subsampled colours is turned, they stay where the brightness is. A picture
// resized and mirrored is the mirrored one of the picture resized.
func TestPlanesMirrorTheirColours(t *testing.T) {
	m, err := stdjpeg.Decode(bytes.NewReader(jpegOf(t, corners(61, 43))))
	if err != nil {
		t.Fatal(err)
	}
	p, ok := planarOf(m)
	if !ok || p.subX != 2 || p.subY != 2 {
		t.Fatalf("got %+v", p)
	}
	plain, turned := p.resize(31, 21, 1, false, false, catmullRom), p.resize(31, 21, 1, true, true, catmullRom)
	for i := range plain.planes {
		for y := range 21 {
			for x := range 31 {
				a, b := plain.planes[i].pix[y*31+x], turned.planes[i].pix[(20-y)*31+30-x]
				if apart(int(a), int(b)) > 1 {
					t.Fatalf("plane %d at %d,%d: %d, mirrored %d", i, x, y, a, b)
				}
			}
		}
	}
	if tt := plain.transpose().transpose(); !bytes.Equal(tt.planes[0].pix, plain.planes[0].pix) {
		t.Error("transposing twice is not the same")
	}
}

// detailed draws lines and grain of single pixels, the hardest that can be made smaller.
func detailed(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	r := rand.New(rand.NewPCG(7, 8))
	for y := range h {
		for x := range w {
			v := 110 + 50*math.Sin(float64(x*x+y*y)/9000) + 20*math.Sin(float64(x)/2.9) + r.Float64()*10
			if (x+2*y)%97 < 2 {
				v = 240
			}
			m.SetRGBA(x, y, color.RGBA{byte(v), byte(v * 0.9), byte(v / 2), 255})
		}
	}
	return m
}

// TestReducedDecodingKeepsQuality: a preview made from a picture that was decoded at half its size is as good as one of which the
// full picture was averaged first, measured against one that was resized from the full picture directly.
func TestReducedDecodingKeepsQuality(t *testing.T) {
	var file bytes.Buffer
	if err := stdjpeg.Encode(&file, detailed(900, 600), &stdjpeg.Options{Quality: 92}); err != nil {
		t.Fatal(err)
	}
	decode := func(scale int) planar {
		m, err := jpeg.Decode(bytes.NewReader(file.Bytes()), scale)
		if err != nil {
			t.Fatal(err)
		}
		p, _ := planarOf(m)
		return p
	}
	full, half := decode(1), decode(2)
	averaged := newPlane(450, 300)
	for y := range 300 {
		for x := range 450 {
			p := full.planes[0].pix[2*y*full.planes[0].stride+2*x:]
			averaged.pix[y*450+x] = byte((int(p[0]) + int(p[1]) + int(p[full.planes[0].stride]) + int(p[full.planes[0].stride+1]) + 2) / 4)
		}
	}
	for _, w := range []int{440, 360, 240} {
		to := func(p planar) plane { return p.resize(w, w*2/3, 2, false, false, catmullRom).planes[0] }
		want := to(full)
		got, other := noiseRatio(to(half), want), noiseRatio(to(planar{[]plane{averaged}, 1, 1}), want)
		if got < other-1 {
			t.Errorf("%d pixels wide: %.1f dB, averaged first %.1f dB", w, got, other)
		}
		if s := similarity(to(half), want); s < 0.98 {
			t.Errorf("%d pixels wide: the structural similarity is %.4f, want 0.98", w, s)
		}
	}
}

// noiseRatio is the PSNR in dB.
func noiseRatio(a, b plane) float64 {
	var sum float64
	for i, v := range a.pix {
		d := float64(v) - float64(b.pix[i])
		sum += d * d
	}
	return 10 * math.Log10(255*255*float64(len(a.pix))/max(sum, 1e-9))
}

// similarity is the SSIM over windows of 8 x 8 samples (Wang et al., IEEE Transactions on Image Processing 13 (4), 2004).
func similarity(a, b plane) float64 {
	const c1, c2, n = (0.01 * 255) * (0.01 * 255), (0.03 * 255) * (0.03 * 255), 8 * 8
	var total, windows float64
	for y0 := 0; y0+8 <= a.height; y0 += 4 {
		for x0 := 0; x0+8 <= a.width; x0 += 4 {
			var sa, sb, aa, bb, ab float64
			for y := y0; y < y0+8; y++ {
				for x := x0; x < x0+8; x++ {
					v, w := float64(a.pix[y*a.stride+x]), float64(b.pix[y*b.stride+x])
					sa, sb, aa, bb, ab = sa+v, sb+w, aa+v*v, bb+w*w, ab+v*w
				}
			}
			sa, sb = sa/n, sb/n
			total += (2*sa*sb + c1) * (2*(ab/n-sa*sb) + c2) / ((sa*sa + sb*sb + c1) * (aa/n - sa*sa + bb/n - sb*sb + c2))
			windows++
		}
	}
	return total / windows
}

// TestPlanarSizes: pictures that stay planes have the sizes of all others, in every shape and turned.
func TestPlanarSizes(t *testing.T) {
	for _, c := range []struct{ w, h, previewW, previewH int }{{300, 200, 100, 67}, {60, 81, 60, 81}, {1000, 1, 100, 1}, {2, 1500, 1, 100}, {1, 1, 1, 1}, {803, 641, 100, 80}, {17, 33, 17, 33}} {
		for orientation := 1; orientation <= 8; orientation++ {
			exif := exifSegment(tiffOf([]field{{0x112, uint16(orientation)}}, nil))
			_, list := develop(t, Options{Thumbnail: 40, Preview: 100}, input("a.jpg", jpegOf(t, corners(c.w, c.h), exif)))
			preview, m := rendition(t, list, gallery.Preview)
			wantW, wantH := turned(c.previewW, c.previewH, orientation)
			if got, want := fmt.Sprint(preview.Width, preview.Height, m.Bounds()), fmt.Sprint(wantW, wantH, image.Rect(0, 0, wantW, wantH)); got != want {
				t.Errorf("%d x %d, orientation %d: got %s, want %s", c.w, c.h, orientation, got, want)
			}
		}
	}
}

// BenchmarkDevelop makes both renditions of a photo of 24 megapixels with grain.
func BenchmarkDevelop(b *testing.B) {
	var file bytes.Buffer
	if err := stdjpeg.Encode(&file, detailed(6000, 4000), &stdjpeg.Options{Quality: 85}); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		develop(b, Options{Thumbnail: 400, Preview: 1600, Quality: 80}, input("a.jpg", file.Bytes()))
	}
}
