package media

import (
	"image"
	"math"
)

// Resampling works on planes: brightness and colours as a JPEG stores them, each in its own size. It does so three bytes at a
// time. They stand in a 64-bit word, 21 bits apart, and one multiplication weighs all of them; no sum of theirs reaches the
// neighbour (see newAxis).
const (
	laneBits   = 21
	weightBits = 11 // 2048 is a weight of 1
	// laneBias keeps a sum that undershoots positive, and rounds: 256.5 in the units of weights.
	laneBias = 256<<weightBits + 1<<(weightBits-1)
	bias     = laneBias | laneBias<<laneBits | laneBias<<(2*laneBits)
	laneMask = 1<<laneBits - 1
)

// clampLane turns a biased sum without its fraction into a byte.
var clampLane = func() (t [1 << (laneBits - weightBits)]uint8) {
	for i := range t {
		t[i] = uint8(min(max(i-256, 0), 255))
	}
	return t
}()

// A kernel is a filter for resampling: its weight at a distance in pixels, up to its radius.
type kernel struct {
	radius float64
	weight func(float64) float64
}

var (
	// catmullRom is Keys' cubic with a = -1/2 (IEEE Transactions on Acoustics, Speech and Signal Processing 29 (6), 1981).
	catmullRom = kernel{2, func(x float64) float64 {
		x = math.Abs(x)
		if x < 1 {
			return (1.5*x-2.5)*x*x + 1
		}
		return ((-0.5*x+2.5)*x-4)*x + 2
	}}
	// lanczos is the windowed sinc with three lobes.
	lanczos = kernel{3, func(x float64) float64 {
		if x == 0 {
			return 1
		}
		x *= math.Pi
		return 3 * math.Sin(x) * math.Sin(x/3) / (x * x)
	}}
)

// An axis says how one dimension of a plane is resampled: output i is the sum of taps inputs, from first[i] on, weighed by
// weights[i*taps:].
type axis struct {
	taps    int // a multiple of four
	first   []int
	weights []uint64 // two's complement
}

// newAxis returns the axis from n inputs to m outputs; output i lies at offset + i*step among the inputs, whose centres are at
// 0, 1, and so on, and not outside of them. Inputs that are not there have no weight.
//
// The weights of an output sum up to 1. Both kernels stay below 1.3 in the sum of their positive weights and above -0.3 in that of
// the others, so a lane with its bias is between 0 and 2^21.
func newAxis(n, m int, offset, step float64, k kernel) axis {
	stretch := max(math.Abs(step), 1)
	radius := k.radius * stretch
	a := axis{taps: (int(2*radius) + 1 + 3) &^ 3, first: make([]int, m)}
	a.weights = make([]uint64, m*a.taps)
	values := make([]float64, a.taps)
	for i := range m {
		at := min(max(offset+float64(i)*step, -0.5), float64(n)-0.5)
		from := max(int(math.Ceil(at-radius)), 0)
		from = max(min(from, n-a.taps), 0)
		a.first[i] = from
		var sum float64
		for j := range values {
			values[j] = 0
			if x := float64(from+j) - at; math.Abs(x) < radius && from+j < n {
				values[j] = k.weight(x / stretch)
			}
			sum += values[j]
		}
		w := a.weights[i*a.taps : (i+1)*a.taps]
		rest, largest := 1<<weightBits, 0
		for j, v := range values {
			q := int(math.Round(v / sum * (1 << weightBits)))
			w[j] = uint64(q)
			rest -= q
			if v > values[largest] {
				largest = j
			}
		}
		w[largest] += uint64(rest)
	}
	return a
}

// A plane is one channel of a picture.
type plane struct {
	pix           []byte
	stride        int
	width, height int
}

func newPlane(w, h int) plane { return plane{make([]byte, w*h), w, w, h} }

// resample returns a plane in another size.
func (p plane) resample(x, y axis) plane {
	return p.resampleRows(x).resampleColumns(y)
}

// resampleRows changes the width. Three rows are done at a time, one to a lane.
func (p plane) resampleRows(a axis) plane {
	dst := newPlane(len(a.first), p.height)
	packed := make([]uint64, p.width+a.taps) // zeros behind the end, where weights are zero
	for y := 0; y < p.height; y += 3 {
		var rows, out [3][]byte
		for i := range rows {
			at := min(y+i, p.height-1)
			rows[i] = p.pix[at*p.stride : at*p.stride+p.width]
			out[i] = dst.pix[at*dst.stride : at*dst.stride+dst.width]
		}
		r0, r1, r2 := rows[0], rows[1][:len(rows[0])], rows[2][:len(rows[0])]
		in := packed[:len(r0)]
		for x := range r0 {
			in[x] = uint64(r0[x]) | uint64(r1[x])<<laneBits | uint64(r2[x])<<(2*laneBits)
		}
		o0 := out[0]
		o1, o2 := out[1][:len(o0)], out[2][:len(o0)]
		weights := a.weights
		for x := range o0 {
			from := packed[a.first[x]:]
			sum := uint64(bias)
			for t := 0; t < a.taps; t += 4 {
				w, v := (*[4]uint64)(weights), (*[4]uint64)(from)
				sum += w[0]*v[0] + w[1]*v[1] + (w[2]*v[2] + w[3]*v[3])
				weights, from = weights[4:], from[4:]
			}
			o0[x] = clampLane[sum&laneMask>>weightBits]
			o1[x] = clampLane[sum>>laneBits&laneMask>>weightBits]
			o2[x] = clampLane[sum>>(2*laneBits)&laneMask>>weightBits]
		}
	}
	return dst
}

// resampleColumns changes the height. Three columns are done at a time.
func (p plane) resampleColumns(a axis) plane {
	dst := newPlane(p.width, len(a.first))
	n := (p.width + 2) / 3
	// The rows that an output needs are packed once each, and kept in turn.
	ring, holds := make([][]uint64, a.taps), make([]int, a.taps)
	for i := range ring {
		ring[i], holds[i] = make([]uint64, n), -1
	}
	row := func(y int) []uint64 {
		y = min(y, p.height-1) // the weight of rows behind the end is zero
		packed := ring[y%a.taps]
		if holds[y%a.taps] != y {
			holds[y%a.taps] = y
			pack(packed, p.pix[y*p.stride:y*p.stride+p.width])
		}
		return packed
	}
	sums := make([]uint64, n)
	for y, first := range a.first {
		for i := range sums {
			sums[i] = bias
		}
		for t := 0; t < a.taps; t += 4 {
			w := (*[4]uint64)(a.weights[y*a.taps+t:])
			w0, w1, w2, w3 := w[0], w[1], w[2], w[3]
			r0, r1, r2, r3 := row(first + t)[:len(sums)], row(first + t + 1)[:len(sums)], row(first + t + 2)[:len(sums)], row(first + t + 3)[:len(sums)]
			for i := range sums {
				sums[i] += w0*r0[i] + w1*r1[i] + (w2*r2[i] + w3*r3[i])
			}
		}
		unpack(dst.pix[y*dst.stride:y*dst.stride+dst.width], sums)
	}
	return dst
}

// pack puts bytes into lanes, three to a word.
func pack(packed []uint64, row []byte) {
	for i := range packed {
		if len(row) < 3 {
			packed[i] = 0
			for lane, v := range row {
				packed[i] |= uint64(v) << (lane * laneBits)
			}
			return
		}
		packed[i] = uint64(row[0]) | uint64(row[1])<<laneBits | uint64(row[2])<<(2*laneBits)
		row = row[3:]
	}
}

// unpack turns biased sums into bytes.
func unpack(row []byte, sums []uint64) {
	for _, sum := range sums {
		if len(row) < 3 {
			for lane := range row {
				row[lane] = clampLane[sum>>(lane*laneBits)&laneMask>>weightBits]
			}
			return
		}
		row[0] = clampLane[sum&laneMask>>weightBits]
		row[1] = clampLane[sum>>laneBits&laneMask>>weightBits]
		row[2] = clampLane[sum>>(2*laneBits)&laneMask>>weightBits]
		row = row[3:]
	}
}

// transpose returns a plane mirrored at its diagonal from the upper left.
func (p plane) transpose() plane {
	dst := newPlane(p.height, p.width)
	const tile = 32 // a tile of both planes stays in the first-level cache
	for y0 := 0; y0 < p.height; y0 += tile {
		for x0 := 0; x0 < p.width; x0 += tile {
			for y := y0; y < min(y0+tile, p.height); y++ {
				for x := x0; x < min(x0+tile, p.width); x++ {
					dst.pix[x*dst.stride+y] = p.pix[y*p.stride+x]
				}
			}
		}
	}
	return dst
}

// A planar is a picture as planes: brightness alone, or brightness and the two colours, which may be smaller.
type planar struct {
	planes     []plane
	subX, subY int // how many pixels one sample of a colour plane covers
}

// planarOf returns a picture as planes, which it shares; ok is false when it is not made of planes.
func planarOf(m image.Image) (p planar, ok bool) {
	switch m := m.(type) {
	case *image.Gray:
		return planar{[]plane{{m.Pix, m.Stride, m.Rect.Dx(), m.Rect.Dy()}}, 1, 1}, m.Rect.Min == image.Point{}
	case *image.YCbCr:
		w, h := m.Rect.Dx(), m.Rect.Dy()
		p = planar{[]plane{{m.Y, m.YStride, w, h}}, 1, 1}
		switch m.SubsampleRatio {
		case image.YCbCrSubsampleRatio422:
			p.subX = 2
		case image.YCbCrSubsampleRatio420:
			p.subX, p.subY = 2, 2
		case image.YCbCrSubsampleRatio440:
			p.subY = 2
		case image.YCbCrSubsampleRatio411:
			p.subX = 4
		case image.YCbCrSubsampleRatio410:
			p.subX, p.subY = 4, 2
		}
		w, h = (w+p.subX-1)/p.subX, (h+p.subY-1)/p.subY
		p.planes = append(p.planes, plane{m.Cb, m.CStride, w, h}, plane{m.Cr, m.CStride, w, h})
		return p, m.Rect.Min == image.Point{}
	}
	return p, false
}

// resize returns the picture in w x h pixels, mirrored if asked for. A sample of its colour planes covers sub x sub pixels.
func (p planar) resize(w, h, sub int, flipX, flipY bool, k kernel) planar {
	dst := planar{subX: sub, subY: sub}
	first := p.planes[0]
	for i, src := range p.planes {
		from, to := [2]int{1, 1}, 1
		if i > 0 {
			from, to = [2]int{p.subX, p.subY}, sub
		}
		along := func(n, full, size, from int, flip bool) axis {
			// The centre of output i in pixels of the result, of the source, and in samples of the source's plane.
			scale := float64(full) / float64(size) / float64(from)
			offset, step := 0.5*float64(to)*scale-0.5, float64(to)*scale
			if flip {
				offset, step = (float64(size)-0.5*float64(to))*scale-0.5, -step
			}
			return newAxis(n, (size+to-1)/to, offset, step, k)
		}
		x := along(src.width, first.width, w, from[0], flipX)
		y := along(src.height, first.height, h, from[1], flipY)
		dst.planes = append(dst.planes, src.resample(x, y))
	}
	return dst
}

// transpose mirrors the picture at its diagonal.
func (p planar) transpose() planar {
	dst := planar{subX: p.subY, subY: p.subX}
	for _, plane := range p.planes {
		dst.planes = append(dst.planes, plane.transpose())
	}
	return dst
}

// image returns a picture that shares the planes. Colour planes must cover one or 2 x 2 pixels a sample.
func (p planar) image() image.Image {
	y := p.planes[0]
	r := image.Rect(0, 0, y.width, y.height)
	if len(p.planes) == 1 {
		return &image.Gray{Pix: y.pix, Stride: y.stride, Rect: r}
	}
	ratio := image.YCbCrSubsampleRatio444
	if p.subX == 2 {
		ratio = image.YCbCrSubsampleRatio420
	}
	return &image.YCbCr{Y: y.pix, Cb: p.planes[1].pix, Cr: p.planes[2].pix, YStride: y.stride, CStride: p.planes[1].stride,
		SubsampleRatio: ratio, Rect: r}
}
