package media

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"shoebox/internal/gallery"
	"shoebox/internal/needs"
)

// iccOf builds a matrix/TRC profile. Colorants are relative to D50, row by row X, Y, Z of red, green and blue.
func iccOf(space string, colorants [9]float64, trc []byte) []byte {
	be := binary.BigEndian
	fixed := func(v float64) []byte { return be.AppendUint32(nil, uint32(int32(math.Round(v*65536)))) }
	type tag struct {
		name string
		data []byte
	}
	tags := []tag{{"kTRC", trc}}
	if space == "RGB " {
		tags = nil
		for c, name := range []string{"r", "g", "b"} {
			xyz := []byte("XYZ \x00\x00\x00\x00")
			for k := range 3 {
				xyz = append(xyz, fixed(colorants[3*k+c])...)
			}
			tags = append(tags, tag{name + "XYZ", xyz}, tag{name + "TRC", trc})
		}
	}
	head := make([]byte, 128)
	copy(head[8:], "\x04\x00\x00\x00mntr"+space+"XYZ ")
	copy(head[36:], "acsp")
	table := be.AppendUint32(nil, uint32(len(tags)))
	var data []byte
	for _, tg := range tags {
		table = append(table, tg.name...)
		table = be.AppendUint32(table, uint32(132+12*len(tags)+len(data)))
		table = be.AppendUint32(table, uint32(len(tg.data)))
		data = append(data, tg.data...)
		data = append(data, make([]byte, -len(tg.data)&3)...)
	}
	profile := append(append(head, table...), data...)
	be.PutUint32(profile, uint32(len(profile)))
	return profile
}

func para(kind uint16, values ...float64) []byte {
	b := binary.BigEndian.AppendUint16([]byte("para\x00\x00\x00\x00"), kind)
	b = append(b, 0, 0)
	for _, v := range values {
		b = binary.BigEndian.AppendUint32(b, uint32(int32(math.Round(v*65536))))
	}
	return b
}

func curv(values ...uint16) []byte {
	b := binary.BigEndian.AppendUint32([]byte("curv\x00\x00\x00\x00"), uint32(len(values)))
	for _, v := range values {
		b = binary.BigEndian.AppendUint16(b, v)
	}
	return b
}

var (
	sRGBCurve = para(3, 2.4, 1/1.055, 0.055/1.055, 1/12.92, 0.04045)
	sRGBXYZ   = [9]float64{0.43607, 0.38515, 0.14307, 0.22249, 0.71687, 0.06061, 0.01392, 0.09708, 0.71410}
	p3        = [9]float64{0.51512, 0.29198, 0.15710, 0.24120, 0.69225, 0.06657, -0.00105, 0.04189, 0.78407}
	adobe     = [9]float64{0.60974, 0.20528, 0.14919, 0.31111, 0.62567, 0.06322, 0.01947, 0.06087, 0.74457}
	proPhoto  = [9]float64{0.79767, 0.13519, 0.03134, 0.28804, 0.71188, 0.00009, 0, 0, 0.82491}
)

// The wanted values were worked out apart from this code, from the chromaticities of the primaries and white points, Bradford
// adaptation and the curves of each colour space.
func TestProfilesBecomeSRGB(t *testing.T) {
	gamma22 := curv(uint16(math.Round(563.0 / 256 * 256)))
	table := make([]uint16, 1024)
	for i := range table {
		table[i] = uint16(math.Round(65535 * math.Pow(float64(i)/1023, 563.0/256)))
	}
	for _, c := range []struct {
		name     string
		profile  []byte
		in, want [3]uint8
	}{
		{"Display P3", iccOf("RGB ", p3, sRGBCurve), [3]uint8{200, 100, 100}, [3]uint8{215, 93, 97}},
		{"Display P3 grey", iccOf("RGB ", p3, sRGBCurve), [3]uint8{128, 128, 128}, [3]uint8{128, 128, 128}},
		{"Display P3 red", iccOf("RGB ", p3, sRGBCurve), [3]uint8{255, 0, 0}, [3]uint8{255, 0, 0}},
		{"Adobe RGB", iccOf("RGB ", adobe, gamma22), [3]uint8{200, 100, 100}, [3]uint8{227, 100, 100}},
		{"Adobe RGB table", iccOf("RGB ", adobe, curv(table...)), [3]uint8{200, 100, 100}, [3]uint8{227, 100, 100}},
		{"ProPhoto", iccOf("RGB ", proPhoto, curv(461)), [3]uint8{120, 100, 90}, [3]uint8{158, 114, 107}},
		{"grey of gamma 1", iccOf("GRAY", [9]float64{}, curv()), [3]uint8{55, 55, 55}, [3]uint8{128, 128, 128}},
		{"grey of gamma 1, kind 0", iccOf("GRAY", [9]float64{}, para(0, 1)), [3]uint8{55, 55, 55}, [3]uint8{128, 128, 128}},
	} {
		p := parseICC(c.profile)
		if p == nil {
			t.Errorf("%s: not read", c.name)
			continue
		}
		m := image.NewNRGBA(image.Rect(0, 0, 1, 1))
		copy(m.Pix, []byte{c.in[0], c.in[1], c.in[2], 77})
		p.apply(m)
		for i := range 3 {
			if apart(int(m.Pix[i]), int(c.want[i])) > 1 {
				t.Errorf("%s: %v became %v, want %v", c.name, c.in, m.Pix[:3], c.want)
				break
			}
		}
		if m.Pix[3] != 77 {
			t.Errorf("%s: alpha became %d", c.name, m.Pix[3])
		}
	}
}

// TestProfilesAgainstLittleCMS compares a grid of colours with what LittleCMS makes of them, by CIEDE2000: a difference of 2 can just be
// seen.
func TestProfilesAgainstLittleCMS(t *testing.T) {
	transicc := needs.Tool(t, "transicc")
	table := make([]uint16, 1024)
	for i := range table {
		table[i] = uint16(math.Round(65535 * math.Pow(float64(i)/1023, 1.8)))
	}
	var in []byte
	var asked strings.Builder
	for r := 0; r < 256; r += 17 {
		for g := 0; g < 256; g += 17 {
			for b := 0; b < 256; b += 17 {
				in = append(in, uint8(r), uint8(g), uint8(b), 255)
				fmt.Fprintln(&asked, r, g, b)
			}
		}
	}
	for name, profile := range map[string][]byte{
		"Display P3":      iccOf("RGB ", p3, sRGBCurve),
		"Adobe RGB":       iccOf("RGB ", adobe, curv(563)),
		"ProPhoto":        iccOf("RGB ", proPhoto, curv(461)),
		"ProPhoto, table": iccOf("RGB ", proPhoto, curv(table...)),
		"P3, kind 4":      iccOf("RGB ", p3, para(4, 2.4, 1/1.055, 0.055/1.055, 1/12.92, 0.04045, 0, 0)),
		"Adobe, kind 0":   iccOf("RGB ", adobe, para(0, 563.0/256)),
	} {
		path := filepath.Join(t.TempDir(), "profile.icc")
		if err := os.WriteFile(path, profile, 0o644); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), transicc, "-t1", "-n", "-s", "-i"+path, "-o*sRGB")
		cmd.Stdin = strings.NewReader(asked.String())
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: transicc: %v", name, err)
		}
		p := parseICC(profile)
		if p == nil {
			t.Fatalf("%s is not read", name)
		}
		m := &image.NRGBA{Pix: bytes.Clone(in), Stride: len(in), Rect: image.Rect(0, 0, len(in)/4, 1)}
		p.apply(m)
		var sum, worst float64
		n := 0
		for line := range strings.Lines(string(out)) {
			var want [3]float64
			if k, _ := fmt.Sscan(line, &want[0], &want[1], &want[2]); k < 3 || 4*n >= len(in) {
				continue
			}
			px := m.Pix[4*n:]
			d := deltaE([3]float64{float64(px[0]), float64(px[1]), float64(px[2])}, want)
			sum, worst = sum+d, max(worst, d)
			n++
		}
		if n != len(in)/4 {
			t.Fatalf("%s: transicc answered %d of %d colours", name, n, len(in)/4)
		}
		t.Logf("%s: mean %.3f, largest %.3f", name, sum/float64(n), worst)
		if sum/float64(n) > 0.5 || worst > 2 {
			t.Errorf("%s: the colours are %.2f off in the mean and %.2f at most, want 0.5 and 2", name, sum/float64(n), worst)
		}
	}
}

// deltaE is the distance of two sRGB colours, 0 to 255 a channel, by CIEDE2000 (ISO/CIE 11664-6).
func deltaE(a, b [3]float64) float64 { return ciede2000(labOf(a), labOf(b)) }

// labOf is an sRGB colour in CIELAB.
func labOf(c [3]float64) [3]float64 {
	var f [3]float64
	for i, row := range [3][3]float64{
		{0.4124564, 0.3575761, 0.1804375}, {0.2126729, 0.7151522, 0.0721750}, {0.0193339, 0.1191920, 0.9503041},
	} {
		var v float64
		for k := range 3 {
			x := c[k] / 255
			if x <= 0.04045 {
				x /= 12.92
			} else {
				x = math.Pow((x+0.055)/1.055, 2.4)
			}
			v += row[k] * x
		}
		if v /= []float64{0.95047, 1, 1.08883}[i]; v > 216.0/24389 {
			f[i] = math.Cbrt(v)
		} else {
			f[i] = (24389.0/27*v + 16) / 116
		}
	}
	return [3]float64{116*f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])}
}

func ciede2000(x, y [3]float64) float64 {
	const degree = math.Pi / 180
	mean := (math.Hypot(x[1], x[2]) + math.Hypot(y[1], y[2])) / 2
	g := 1 + 0.5*(1-math.Sqrt(math.Pow(mean, 7)/(math.Pow(mean, 7)+math.Pow(25, 7))))
	c1, c2 := math.Hypot(g*x[1], x[2]), math.Hypot(g*y[1], y[2])
	hue := func(a, b float64) float64 {
		if h := math.Atan2(b, a) / degree; h < 0 {
			return h + 360
		} else {
			return h
		}
	}
	h1, h2 := hue(g*x[1], x[2]), hue(g*y[1], y[2])
	dl, dc, dh := y[0]-x[0], c2-c1, h2-h1
	h := (h1 + h2) / 2
	switch {
	case c1*c2 == 0:
		dh, h = 0, h1+h2
	case dh > 180:
		dh -= 360
	case dh < -180:
		dh += 360
	}
	if c1*c2 != 0 && math.Abs(h1-h2) > 180 {
		if h < 180 {
			h += 180
		} else {
			h -= 180
		}
	}
	dH := 2 * math.Sqrt(c1*c2) * math.Sin(dh/2*degree)
	l, c := (x[0]+y[0])/2, (c1+c2)/2
	t := 1 - 0.17*math.Cos((h-30)*degree) + 0.24*math.Cos(2*h*degree) + 0.32*math.Cos((3*h+6)*degree) - 0.20*math.Cos((4*h-63)*degree)
	sl := 1 + 0.015*(l-50)*(l-50)/math.Sqrt(20+(l-50)*(l-50))
	sc, sh := 1+0.045*c, 1+0.015*c*t
	turn := -2 * math.Sqrt(math.Pow(c, 7)/(math.Pow(c, 7)+math.Pow(25, 7))) * math.Sin(60*math.Exp(-(h-275)*(h-275)/625)*degree)
	return math.Sqrt(dl*dl/sl/sl + dc*dc/sc/sc + dH*dH/sh/sh + turn*dc/sc*dH/sh)
}

// TestCIEDE2000 takes pairs of the test data of Sharma, Wu and Dalal (2005), table 1.
func TestCIEDE2000(t *testing.T) {
	for _, c := range []struct {
		a, b [3]float64
		want float64
	}{
		{[3]float64{50, 2.6772, -79.7751}, [3]float64{50, 0, -82.7485}, 2.0425},
		{[3]float64{50, 0, 0}, [3]float64{50, -1, 2}, 2.3669},
		{[3]float64{50, 2.5, 0}, [3]float64{73, 25, -18}, 27.1492},
		{[3]float64{60.2574, -34.0099, 36.2677}, [3]float64{60.4626, -34.1751, 39.4387}, 1.2644},
		{[3]float64{2.0776, 0.0795, -1.1350}, [3]float64{0.9033, -0.0636, -0.5514}, 0.9082},
	} {
		if got := ciede2000(c.a, c.b); math.Abs(got-c.want) > 0.0001 {
			t.Errorf("%v to %v is %.4f, want %.4f", c.a, c.b, got, c.want)
		}
	}
}

func TestProfilesThatChangeNothing(t *testing.T) {
	good := iccOf("RGB ", p3, sRGBCurve)
	for name, profile := range map[string][]byte{
		"sRGB":          iccOf("RGB ", sRGBXYZ, sRGBCurve),
		"CMYK":          iccOf("CMYK", p3, sRGBCurve),
		"empty":         nil,
		"cut":           good[:200],
		"no curve":      iccOf("RGB ", p3, []byte("junkjunkjunkjunk")),
		"short table":   iccOf("RGB ", p3, append(curv(1, 2, 3), 0)[:16]),
		"unknown curve": iccOf("RGB ", p3, para(9, 1)),
	} {
		if p := parseICC(profile); p != nil {
			t.Errorf("%s: converts", name)
		}
	}
	// Curves that give no number must not reach the lookup tables.
	if p := parseICC(iccOf("RGB ", p3, para(4, -3, 0, 0, 0, 0, 0, 0))); p != nil {
		p.apply(image.NewNRGBA(image.Rect(0, 0, 2, 2)))
	}
}

// TestProfilesAreFoundInFiles shows the same Display P3 colour in each container, and as Adobe RGB by EXIF alone.
func TestProfilesAreFoundInFiles(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for i := 0; i < len(m.Pix); i += 4 {
		copy(m.Pix[i:], []byte{200, 100, 100, 255})
	}
	icc := iccOf("RGB ", p3, sRGBCurve)
	half := len(icc) / 2
	deep := image.NewNRGBA64(m.Rect)
	draw.Draw(deep, m.Rect, m, image.Point{}, draw.Src)
	exif := tiffOf([]field{{0x8769, []field{{0xa001, uint16(65535)}, {0xa005, []field{{1, "R03"}}}}}}, nil)
	for _, c := range []struct {
		name string
		data []byte
		want color.RGBA
	}{
		{"plain.jpg", jpegOf(t, m), color.RGBA{200, 100, 100, 255}},
		{"two-segments.jpg", jpegOf(t, m, segment(0xe2, jpegICC, "\x02\x02", string(icc[half:])), segment(0xe2, jpegICC, "\x01\x02", string(icc[:half]))), color.RGBA{215, 93, 97, 255}},
		{"chunk.png", pngOf(t, m, pngChunk("iCCP", append([]byte("p3\x00\x00"), deflated(t, icc)...))), color.RGBA{215, 93, 97, 255}},
		{"tag.tif", tiffWithProfile(t, m, 8, icc), color.RGBA{215, 93, 97, 255}},
		{"deep.tif", tiffWithProfile(t, m, 16, icc), color.RGBA{215, 93, 97, 255}},
		{"deep.png", pngOf(t, deep, pngChunk("iCCP", append([]byte("p3\x00\x00"), deflated(t, icc)...))), color.RGBA{215, 93, 97, 255}},
		{"adobe-by-exif.jpg", jpegOf(t, m, exifSegment(exif)), color.RGBA{227, 100, 100, 255}},
	} {
		record, list := develop(t, Options{}, input(c.name, c.data))
		_, got := rendition(t, list, gallery.Preview)
		r, g, b := rgb8(got.At(30, 30))
		if apart(int(r), int(c.want.R)) > 3 || apart(int(g), int(c.want.G)) > 3 || apart(int(b), int(c.want.B)) > 3 || record.Problem != "" {
			t.Errorf("%s: shows %d %d %d, want %v (%s)", c.name, r, g, b, c.want, record.Problem)
		}
	}
}

// tiffWithProfile writes an uncompressed RGB TIFF of 8 or 16 bits a channel with tag 34675.
func tiffWithProfile(t *testing.T, m *image.RGBA, bits uint16, icc []byte) []byte {
	t.Helper()
	w, h := m.Rect.Dx(), m.Rect.Dy()
	var pixels bytes.Buffer
	for i := 0; i < len(m.Pix); i += 4 {
		for _, v := range m.Pix[i : i+3] {
			pixels.Write(bytes.Repeat([]byte{v}, int(bits)/8)) // 257 times the value fills 16 bits
		}
	}
	fields := []field{{256, uint16(w)}, {257, uint16(h)}, {258, []uint16{bits, bits, bits}}, {259, uint16(1)}, {262, uint16(2)}, {273, uint32(0)},
		{277, uint16(3)}, {278, uint16(h)}, {279, uint32(pixels.Len())}, {34675, icc}}
	size := len(tiffOf(fields, nil))
	for i := range fields {
		if fields[i].tag == 273 {
			fields[i].value = uint32(size)
		}
	}
	return append(tiffOf(fields, nil), pixels.Bytes()...)
}
