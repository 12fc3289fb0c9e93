package media

import (
	"encoding/binary"
	"image"
	"math"
)

// A profile turns the colours of a picture into sRGB. It reads the matrix/TRC profiles that cameras, phones and editors embed
// (ICC.1:2022, sections 8.3 and 8.4), and grey ones. Profiles made of tables only (printing) are left alone.
type profile struct {
	grey   bool
	linear [3][256]float32 // from a channel's byte to linear light
	matrix [9]float32      // from linear light to linear sRGB
}

// toSRGB turns XYZ relative to D50, which ICC profiles speak, into linear sRGB. It is the inverse of the colorants of the
// sRGB profile of IEC 61966-2-1 adapted to D50 (Bradford).
var toSRGB = [9]float64{
	3.1341359, -1.6173864, -0.4906620,
	-0.9787955, 1.9162543, 0.0334427,
	0.0719553, -0.2289769, 1.4053861,
}

// adobeRGB is Adobe RGB (1998): colorants adapted to D50 and gamma 563/256. Cameras say it in two EXIF tags only.
func adobeRGB() *profile {
	return newProfile([9]float64{
		0.60974, 0.20528, 0.14919,
		0.31111, 0.62567, 0.06322,
		0.01947, 0.06087, 0.74457,
	}, func(int, float64) float64 { return 0 }, 563.0/256)
}

func newProfile(toXYZ [9]float64, curve func(channel int, v float64) float64, gamma float64) *profile {
	p := &profile{}
	for c := range 3 {
		for i := range 256 {
			v := float64(i) / 255
			if gamma > 0 {
				v = math.Pow(v, gamma)
			} else {
				v = curve(c, v)
			}
			if v > 0 { // neither negative nor NaN
				p.linear[c][i] = float32(min(v, 1))
			}
		}
	}
	for r := range 3 {
		for c := range 3 {
			var sum float64
			for k := range 3 {
				sum += toSRGB[3*r+k] * toXYZ[3*k+c]
			}
			p.matrix[3*r+c] = float32(sum)
		}
	}
	return p
}

// parseICC reads a profile; nil when it is damaged, of a kind that is not converted, or the same as sRGB.
func parseICC(b []byte) *profile {
	if len(b) < 132 || string(b[36:40]) != "acsp" || string(b[20:24]) != "XYZ " {
		return nil
	}
	tags := map[string][]byte{}
	n := int(min(binary.BigEndian.Uint32(b[128:]), 100))
	for i := range n {
		at := 132 + 12*i
		if at+12 > len(b) {
			return nil
		}
		off, size := uint64(binary.BigEndian.Uint32(b[at+4:])), uint64(binary.BigEndian.Uint32(b[at+8:]))
		if off+size > uint64(len(b)) {
			continue
		}
		tags[string(b[at:at+4])] = b[off : off+size]
	}
	var p *profile
	switch string(b[16:20]) {
	case "RGB ":
		var m [9]float64
		var curves [3]func(float64) float64
		for c, name := range []string{"r", "g", "b"} {
			xyz := tags[name+"XYZ"]
			curves[c] = parseCurve(tags[name+"TRC"])
			if len(xyz) < 20 || string(xyz[:4]) != "XYZ " || curves[c] == nil {
				return nil
			}
			for k := range 3 {
				m[3*k+c] = float64(int32(binary.BigEndian.Uint32(xyz[8+4*k:]))) / 65536
			}
		}
		p = newProfile(m, func(c int, v float64) float64 { return curves[c](v) }, 0)
	case "GRAY":
		curve := parseCurve(tags["kTRC"])
		if curve == nil {
			return nil
		}
		p = newProfile([9]float64{}, func(_ int, v float64) float64 { return curve(v) }, 0)
		p.matrix = [9]float32{1, 0, 0, 0, 1, 0, 0, 0, 1}
		p.grey = true
	default:
		return nil
	}
	if p.isSRGB() {
		return nil
	}
	return p
}

// parseCurve reads a curveType or parametricCurveType (ICC.1:2022, sections 10.6 and 10.18); nil when it is neither.
func parseCurve(b []byte) func(float64) float64 {
	if len(b) < 12 {
		return nil
	}
	fixed := func(i int) float64 { return float64(int32(binary.BigEndian.Uint32(b[12+4*i:]))) / 65536 }
	switch string(b[:4]) {
	case "curv":
		n := int(min(binary.BigEndian.Uint32(b[8:]), 65536))
		if len(b) < 12+2*n {
			return nil
		}
		if n == 0 {
			return func(v float64) float64 { return v }
		}
		if n == 1 {
			gamma := float64(binary.BigEndian.Uint16(b[12:])) / 256
			return func(v float64) float64 { return math.Pow(v, gamma) }
		}
		return func(v float64) float64 {
			x := v * float64(n-1)
			i := min(max(int(x), 0), n-2)
			lo, hi := float64(binary.BigEndian.Uint16(b[12+2*i:])), float64(binary.BigEndian.Uint16(b[14+2*i:]))
			return (lo + (hi-lo)*(x-float64(i))) / 65535
		}
	case "para":
		kind := binary.BigEndian.Uint16(b[8:])
		if kind > 4 || len(b) < 12+4*[]int{1, 3, 4, 5, 7}[kind] {
			return nil
		}
		// Y = (aX+b)^g + e from d on, cX + f below; the simpler kinds leave some of them out.
		g, a, bb, c, d, e, f := fixed(0), 1.0, 0.0, 0.0, math.Inf(-1), 0.0, 0.0
		switch kind {
		case 1:
			a, bb = fixed(1), fixed(2)
			d = -bb / a
		case 2:
			a, bb, e = fixed(1), fixed(2), fixed(3)
			d, f = -bb/a, e
		case 3:
			a, bb, c, d = fixed(1), fixed(2), fixed(3), fixed(4)
		case 4:
			a, bb, c, d, e, f = fixed(1), fixed(2), fixed(3), fixed(4), fixed(5), fixed(6)
		}
		return func(v float64) float64 {
			y := c*v + f
			if !(v < d) {
				y = math.Pow(a*v+bb, g) + e
			}
			if math.IsNaN(y) {
				return 0
			}
			return y
		}
	}
	return nil
}

// isSRGB reports whether converting would change nothing that can be seen: no colour of a coarse grid by more than 2 of 255.
func (p *profile) isSRGB() bool {
	encode := sRGBEncoding()
	for r := 0; r < 256; r += 51 {
		for g := 0; g < 256; g += 51 {
			for b := 0; b < 256; b += 51 {
				x, y, z := p.convert(encode, uint8(r), uint8(g), uint8(b))
				if apart(int(x), r) > 2 || apart(int(y), g) > 2 || apart(int(z), b) > 2 {
					return false
				}
			}
		}
	}
	return true
}

func apart(a, b int) int { return max(a-b, b-a) }

// sRGBEncoding tabulates the transfer function of IEC 61966-2-1, finely enough that the dark end, where it is steep, is right.
func sRGBEncoding() *[8193]uint8 {
	var t [8193]uint8
	for i := range t {
		v := float64(i) / 8192
		if v <= 0.0031308 {
			v *= 12.92
		} else {
			v = 1.055*math.Pow(v, 1/2.4) - 0.055
		}
		t[i] = uint8(v*255 + 0.5)
	}
	return &t
}

func (p *profile) convert(encode *[8193]uint8, r, g, b uint8) (uint8, uint8, uint8) {
	x, y, z := p.linear[0][r], p.linear[1][g], p.linear[2][b]
	m := &p.matrix
	return encode[clip(m[0]*x+m[1]*y+m[2]*z)], encode[clip(m[3]*x+m[4]*y+m[5]*z)], encode[clip(m[6]*x+m[7]*y+m[8]*z)]
}

func clip(v float32) int { return int(min(max(v, 0), 1)*8192 + 0.5) }

// apply converts a picture in place; a nil profile leaves it.
func (p *profile) apply(m *image.NRGBA) {
	if p == nil {
		return
	}
	encode := sRGBEncoding()
	for i := 0; i+3 < len(m.Pix); i += 4 {
		px := m.Pix[i : i+4 : i+4]
		if p.grey && (px[0] != px[1] || px[0] != px[2]) {
			return // a grey profile in a coloured picture says nothing
		}
		px[0], px[1], px[2] = p.convert(encode, px[0], px[1], px[2])
	}
}

// tiffProfile returns the ICC profile (tag 34675) of a TIFF's first picture.
func tiffProfile(src *source) []byte {
	head := src.head(8)
	if len(head) < 8 {
		return nil
	}
	var order binary.ByteOrder = binary.LittleEndian
	if head[0] == 'M' {
		order = binary.BigEndian
	}
	at := int64(order.Uint32(head[4:]))
	count := src.part(at, 2)
	if len(count) < 2 {
		return nil
	}
	entries := src.part(at+2, 12*int64(order.Uint16(count)))
	for ; len(entries) >= 12; entries = entries[12:] {
		if order.Uint16(entries) == 34675 {
			if n := int64(order.Uint32(entries[4:])); n > 4 && n <= maxBlock {
				return src.part(int64(order.Uint32(entries[8:])), n)
			}
		}
	}
	return nil
}
