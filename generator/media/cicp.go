package media

import (
	"fmt"
	"image"
	"math"

	"shoebox/generator/media/codec"
	"shoebox/generator/media/heif"
)

// The code points of ISO/IEC 23091-2 (also ITU-T H.273) say what the numbers of a coded picture mean.

// weights are the parts that red and blue have in the brightness, by matrix coefficients. What nobody says is that of JPEG.
func weights(matrix int) (red, blue float64, ok bool) {
	switch matrix {
	case 1:
		return 0.2126, 0.0722, true
	case 2, 5, 6:
		return 0.299, 0.114, true
	case 4:
		return 0.30, 0.11, true
	case 7:
		return 0.212, 0.087, true
	case 9, 10:
		return 0.2627, 0.0593, true
	}
	return 0, 0, false
}

// toJFIF turns the brightness and colours of a coded picture into those that JPEG has and package image knows: matrix 6, range of
// 0 to 255. It works in place, but for pictures that are coded as red, green and blue.
func toJFIF(m image.Image, c codec.Colours) (image.Image, error) {
	luma := func(v float64) float64 { return v }
	chroma := 1.0
	if !c.Full {
		luma = func(v float64) float64 { return (v - 16) * 255 / 219 }
		chroma = 255.0 / 224
	}
	var table [256]uint8
	for i := range table {
		table[i] = uint8(min(max(math.Round(luma(float64(i))), 0), 255))
	}
	apply := func(pix []byte) {
		if !c.Full {
			for i, v := range pix {
				pix[i] = table[v]
			}
		}
	}
	y, ok := m.(*image.YCbCr)
	if !ok {
		if g, ok := m.(*image.Gray); ok {
			apply(g.Pix)
		}
		return m, nil
	}
	if c.Matrix == 0 {
		return fromGBR(y, &table)
	}
	red, blue, ok := weights(c.Matrix)
	if !ok {
		return nil, fmt.Errorf("its colours (matrix %d) are %w", c.Matrix, heif.ErrUnread)
	}
	if red == 0.299 {
		apply(y.Y)
		if chroma != 1 {
			for i := range table {
				table[i] = uint8(min(max(math.Round((float64(i)-128)*chroma+128), 0), 255))
			}
			apply(y.Cb)
			apply(y.Cr)
		}
		return y, nil
	}
	// Back to red, green and blue and from there to the other brightness and colours is one matrix, of which the first column
	// is 1, 0, 0: grey stays grey. Numbers have 16 bits for fractions.
	green := 1 - red - blue
	fixed := func(v float64) int { return int(math.Round(v * chroma * 65536)) }
	fromCb := [3]float64{0, -2 * blue * (1 - blue) / green, 2 * (1 - blue)}
	fromCr := [3]float64{2 * (1 - red), -2 * red * (1 - red) / green, 0}
	lumaOf := func(v [3]float64) float64 { return 0.299*v[0] + 0.587*v[1] + 0.114*v[2] }
	lb, lr := lumaOf(fromCb), lumaOf(fromCr)
	yb, yr := fixed(lb), fixed(lr)
	bb, br := fixed((fromCb[2]-lb)/1.772), fixed((fromCr[2]-lr)/1.772)
	rb, rr := fixed((fromCb[0]-lb)/1.402), fixed((fromCr[0]-lr)/1.402)
	p, _ := planarOf(y)
	for row := range p.planes[0].height {
		line := y.Y[row*y.YStride:][:p.planes[0].width]
		at := row / p.subY * y.CStride
		for x, v := range line {
			i := at + x/p.subX
			cb, cr := int(y.Cb[i])-128, int(y.Cr[i])-128
			line[x] = byteOf(int(table[v])<<16 + yb*cb + yr*cr)
		}
	}
	for i := range y.Cb {
		cb, cr := int(y.Cb[i])-128, int(y.Cr[i])-128
		y.Cb[i] = byteOf(128<<16 + bb*cb + br*cr)
		y.Cr[i] = byteOf(128<<16 + rb*cb + rr*cr)
	}
	return y, nil
}

// byteOf rounds a number with 16 bits for fractions.
func byteOf(v int) uint8 { return uint8(min(max((v+1<<15)>>16, 0), 255)) }

// fromGBR makes a picture of planes that are green, blue and red.
func fromGBR(m *image.YCbCr, table *[256]uint8) (image.Image, error) {
	if m.SubsampleRatio != image.YCbCrSubsampleRatio444 {
		return nil, fmt.Errorf("its colours (red, green, blue, not in full size) are %w", heif.ErrUnread)
	}
	dst := image.NewRGBA(m.Rect)
	for y := range m.Rect.Dy() {
		row := dst.Pix[y*dst.Stride:]
		for x := range m.Rect.Dx() {
			i, k := y*m.YStride+x, y*m.CStride+x
			row[4*x], row[4*x+1], row[4*x+2], row[4*x+3] = table[m.Cr[k]], table[m.Y[i]], table[m.Cb[k]], 255
		}
	}
	return dst, nil
}

// codedProfile is the profile of colours that are told by code points; nil when they are those of sRGB, or not known.
func codedProfile(primaries, transfer int) *profile {
	xy, ok := map[int][8]float64{ // red, green, blue, white
		1:  {0.640, 0.330, 0.300, 0.600, 0.150, 0.060, 0.3127, 0.3290}, // BT.709, sRGB
		5:  {0.640, 0.330, 0.290, 0.600, 0.150, 0.060, 0.3127, 0.3290}, // BT.601, 625 lines
		6:  {0.630, 0.340, 0.310, 0.595, 0.155, 0.070, 0.3127, 0.3290}, // BT.601, 525 lines
		9:  {0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290}, // BT.2020
		11: {0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3140, 0.3510}, // DCI-P3
		12: {0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290}, // Display P3
	}[primaries]
	if !ok {
		xy, ok = [8]float64{0.640, 0.330, 0.300, 0.600, 0.150, 0.060, 0.3127, 0.3290}, primaries == 2
		if !ok {
			return nil
		}
	}
	curve := transferOf(transfer)
	if curve == nil {
		return nil
	}
	p := newProfile(toD50(xy), func(_ int, v float64) float64 { return curve(v) }, 0)
	if p.isSRGB() {
		return nil
	}
	return p
}

// transferOf returns what turns a channel into light, where 1 is white; nil when it is not known. Video's curves (BT.709 and its
// kin) are shown as sRGB, as browsers do. High dynamic range is mapped: highlights up to 1,000 cd/m2 find room above white, which
// has 203 cd/m2 (ITU-R BT.2408) and gets darker for it.
func transferOf(code int) func(float64) float64 {
	const white, peak = 203.0, 1000.0
	tone := func(x float64) float64 { // Reinhard et al., SIGGRAPH 2002, equation 4
		w := peak / white
		return min(x*(1+x/(w*w))/(1+x), 1)
	}
	switch code {
	case 1, 2, 6, 13, 14, 15:
		return func(v float64) float64 {
			if v <= 0.04045 {
				return v / 12.92
			}
			return math.Pow((v+0.055)/1.055, 2.4)
		}
	case 4:
		return func(v float64) float64 { return math.Pow(v, 2.2) }
	case 5:
		return func(v float64) float64 { return math.Pow(v, 2.8) }
	case 8:
		return func(v float64) float64 { return v }
	case 16: // PQ, SMPTE ST 2084
		return func(v float64) float64 {
			const m1, m2, c1, c2, c3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875
			e := math.Pow(v, 1/m2)
			return tone(math.Pow(max(e-c1, 0)/(c2-c3*e), 1/m1) * 10000 / white)
		}
	case 18: // HLG, ITU-R BT.2100
		return func(v float64) float64 {
			const a, b, c = 0.17883277, 0.28466892, 0.55991073
			e := v * v / 3
			if v > 0.5 {
				e = (math.Exp((v-c)/a) + b) / 12
			}
			return tone(math.Pow(e, 1.2) * peak / white)
		}
	}
	return nil
}

// toD50 returns the matrix from linear red, green and blue to XYZ relative to D50, of primaries and white given by their
// chromaticities x, y (SMPTE RP 177; the adaptation is Bradford's, ICC.1:2022, annex E).
func toD50(xy [8]float64) [9]float64 {
	xyz := func(i int) [3]float64 {
		x, y := xy[2*i], xy[2*i+1]
		return [3]float64{x / y, 1, (1 - x - y) / y}
	}
	r, g, b, w := xyz(0), xyz(1), xyz(2), xyz(3)
	m := [9]float64{r[0], g[0], b[0], r[1], g[1], b[1], r[2], g[2], b[2]}
	s := times(inverse(m), w)
	for i := range m {
		m[i] *= s[i%3]
	}
	bradford := [9]float64{0.8951, 0.2664, -0.1614, -0.7502, 1.7135, 0.0367, 0.0389, -0.0685, 1.0296}
	from, to := times(bradford, w), times(bradford, [3]float64{0.9642, 1, 0.8249})
	scale := [9]float64{to[0] / from[0], 0, 0, 0, to[1] / from[1], 0, 0, 0, to[2] / from[2]}
	return product(product(product(inverse(bradford), scale), bradford), m)
}

func times(m [9]float64, v [3]float64) (out [3]float64) {
	for i := range out {
		out[i] = m[3*i]*v[0] + m[3*i+1]*v[1] + m[3*i+2]*v[2]
	}
	return out
}

func product(a, b [9]float64) (out [9]float64) {
	for i := range 3 {
		column := times(a, [3]float64{b[i], b[3+i], b[6+i]})
		for k := range 3 {
			out[3*k+i] = column[k]
		}
	}
	return out
}

func inverse(m [9]float64) (out [9]float64) {
	for i := range 3 {
		for k := range 3 {
			a, b, c, d := (i+1)%3, (i+2)%3, (k+1)%3, (k+2)%3
			out[3*k+i] = m[3*a+c]*m[3*b+d] - m[3*a+d]*m[3*b+c]
		}
	}
	det := m[0]*out[0] + m[1]*out[3] + m[2]*out[6]
	for i := range out {
		out[i] /= det
	}
	return out
}
