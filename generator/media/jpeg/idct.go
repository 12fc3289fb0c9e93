package jpeg

import "encoding/binary"

// The inverse transforms. That of 8 x 8 does exactly what image/jpeg does (Loeffler, Ligtenberg and Moschytz: "Practical Fast 1-D
// DCT Algorithms with 11 Multiplications", ICASSP 1989; the bits that are kept at each step are those of Go's dct.go, under Go's
// BSD licence), so that the planes are the same. Where coefficients are zero, steps are left out that would not change the result.

// Constants with 60 fractional bits.
const (
	cos1        = 1130768441178740757 // cos(pi/16)
	sin1        = 224923827593068887
	cos3        = 958619196450722178 // cos(3 pi/16)
	sin3        = 640528868967736374
	halfRoot    = 815238614083298888 // 1/sqrt(2)
	halfRootCos = 311978311033955632 // cos(6 pi/16)/sqrt(2)
	halfRootSin = 753182269664427492
)

// fixed rounds a constant to fewer fractional bits. It is computed when compiling.
func fixed(x uint64, bits int) int32 { return int32((x + 1<<(59-bits)) >> (60 - bits)) }

// rotate turns x0, x1 by an angle, with three multiplications.
func rotate(x0, x1, cos, sin int32) (int32, int32) {
	sum := cos * (x0 + x1)
	return sum + (sin-cos)*x1, sum - (cos+sin)*x0
}

// lastRow is one more than the last row of a block that the first coefficients, up to each one in zigzag order, reach.
var lastRow = func() (rows [64]uint8) {
	most := uint8(0)
	for i, n := range natural {
		most = max(most, n/8+1)
		rows[i] = most
	}
	return rows
}()

// transform turns coefficients into size x size pixels at dst. last is the place in zigzag order of the last one that may not be
// zero.
func (d *decoder) transform(b *block, last uint, dst []byte, stride int) {
	switch d.size {
	case 8:
		transform8(b, last, dst, stride)
	case 4:
		transform4(b, last, dst, stride)
	case 2:
		transform2(b, dst, stride)
	default:
		dst[0] = pixel((b[0] + 4<<fraction) >> (3 + fraction))
	}
}

// pixel shifts a value to the range of a byte.
func pixel(v int32) byte {
	v += 128
	if uint32(v) > 255 {
		v = ^(v >> 31) & 255
	}
	return byte(v)
}

// flat gives n x n pixels at dst one value.
func flat(v int32, n int, dst []byte, stride int) {
	p := pixel(v)
	for y := range n {
		row := dst[y*stride : y*stride+n]
		for x := range row {
			row[x] = p
		}
	}
}

func transform8(b *block, last uint, dst []byte, stride int) {
	if last == 0 {
		flat((b[0]<<17+1<<19)>>20, 8, dst, stride)
		return
	}
	rows := int(lastRow[last&63])
	for i := range rows {
		rowOf8((*[8]int32)(b[8*i:]))
	}
	switch {
	case rows == 1:
		var p [8]byte
		for i := range p {
			p[i] = pixel((b[i] + 1<<19) >> 20)
		}
		v := binary.LittleEndian.Uint64(p[:])
		for y := range 8 {
			binary.LittleEndian.PutUint64(dst[y*stride:], v)
		}
		return
	case rows <= 4:
		for i := range 8 {
			upperColumnOf8(b, i)
		}
	default:
		for i := range 8 {
			columnOf8(b, i)
		}
	}
	for y := range 8 {
		r := (*[8]int32)(b[8*y:])
		binary.LittleEndian.PutUint64(dst[y*stride:], uint64(pixel(r[0]))|uint64(pixel(r[1]))<<8|uint64(pixel(r[2]))<<16|
			uint64(pixel(r[3]))<<24|uint64(pixel(r[4]))<<32|uint64(pixel(r[5]))<<40|uint64(pixel(r[6]))<<48|uint64(pixel(r[7]))<<56)
	}
}

// rowOf8 transforms a row: the result has 20 fractional bits.
func rowOf8(x *[8]int32) {
	x0, x7, x2, x5, x1, x6, x3, x4 := x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]
	if x1|x2|x3|x4|x5|x6|x7 == 0 {
		x0 <<= 17
		*x = [8]int32{x0, x0, x0, x0, x0, x0, x0, x0}
		return
	}
	x0 <<= 17
	x1 <<= 17
	x0, x1 = x0+x1, x0-x1
	x2, x3 = rotate(x2, x3, fixed(halfRootCos, 18), -fixed(halfRootSin, 18))
	x1, x2 = x1+x2, x1-x2
	x0, x3 = x0+x3, x0-x3

	x4 <<= 7
	x7 <<= 7
	x7, x4 = x7+x4, x7-x4
	x6 *= fixed(halfRoot, 8)
	x5 *= fixed(halfRoot, 8)
	x7, x5 = x7+x5, x7-x5
	x4, x6 = x4+x6, x4-x6
	x4, x7 = rotate(x4>>2, x7>>2, fixed(cos3, 12), -fixed(sin3, 12))
	x5, x6 = rotate(x5>>2, x6>>2, fixed(cos1, 12), -fixed(sin1, 12))

	x[0], x[7] = x0+x7, x0-x7
	x[1], x[6] = x1+x6, x1-x6
	x[2], x[5] = x2+x5, x2-x5
	x[3], x[4] = x3+x4, x3-x4
}

// columnOf8 transforms column i after its rows: the result is in whole pixel values, without the shift of 128.
func columnOf8(b *block, i int) {
	c := b[i : i+57 : i+57]
	x0, x7, x2, x5, x1, x6, x3, x4 := c[0], c[8], c[16], c[24], c[32], c[40], c[48], c[56]
	x0 += 1 << 19 // rounds all of them
	x0, x1 = (x0+x1)>>2, (x0-x1)>>2
	x2, x3 = rotate(x2>>13, x3>>13, fixed(halfRootCos, 12), -fixed(halfRootSin, 12))
	x1, x2 = x1+x2, x1-x2
	x0, x3 = x0+x3, x0-x3

	x7, x4 = x7+x4, x7-x4
	x5 = (x5 >> 13) * fixed(halfRoot, 14)
	x6 = (x6 >> 13) * fixed(halfRoot, 14)
	x7, x5 = x7+x5, x7-x5
	x4, x6 = x4+x6, x4-x6
	x4, x7 = rotate(x4>>14, x7>>14, fixed(cos3, 12), -fixed(sin3, 12))
	x5, x6 = rotate(x5>>14, x6>>14, fixed(cos1, 12), -fixed(sin1, 12))

	c[0], c[56] = (x0+x7)>>18, (x0-x7)>>18
	c[8], c[48] = (x1+x6)>>18, (x1-x6)>>18
	c[16], c[40] = (x2+x5)>>18, (x2-x5)>>18
	c[24], c[32] = (x3+x4)>>18, (x3-x4)>>18
}

// upperColumnOf8 is columnOf8 for a column whose lower half is zero: x1, x3, x4 and x6 are left out.
func upperColumnOf8(b *block, i int) {
	c := b[i : i+57 : i+57]
	x0, x7, x2, x5 := c[0], c[8], c[16], c[24]
	x0 = (x0 + 1<<19) >> 2
	x1 := x0
	x2, x3 := rotate(x2>>13, 0, fixed(halfRootCos, 12), -fixed(halfRootSin, 12))
	x1, x2 = x1+x2, x1-x2
	x0, x3 = x0+x3, x0-x3

	x4, x6 := x7, x7
	x5 = (x5 >> 13) * fixed(halfRoot, 14)
	x7, x5 = x7+x5, x7-x5
	x4, x7 = rotate(x4>>14, x7>>14, fixed(cos3, 12), -fixed(sin3, 12))
	x5, x6 = rotate(x5>>14, x6>>14, fixed(cos1, 12), -fixed(sin1, 12))

	c[0], c[56] = (x0+x7)>>18, (x0-x7)>>18
	c[8], c[48] = (x1+x6)>>18, (x1-x6)>>18
	c[16], c[40] = (x2+x5)>>18, (x2-x5)>>18
	c[24], c[32] = (x3+x4)>>18, (x3-x4)>>18
}

// transform4 makes 4 x 4 pixels out of the lowest 4 x 4 coefficients: the inverse DCT of four points, scaled.
func transform4(b *block, last uint, dst []byte, stride int) {
	const (
		a = 10703 // sqrt(2) cos(pi/8), with 13 fractional bits
		c = 4433  // sqrt(2) cos(3 pi/8)
	)
	if last == 0 {
		flat((b[0]+4<<fraction)>>(3+fraction), 4, dst, stride)
		return
	}
	for i := range 4 {
		x := (*[4]int32)(b[4*i:])
		e0, e1 := (x[0]+x[2])<<11, (x[0]-x[2])<<11
		o0, o1 := x[1]*(a/4)+x[3]*(c/4), x[1]*(c/4)-x[3]*(a/4)
		// 4 fractional bits stay.
		const shift = fraction + 11 - 4
		e0, e1 = e0+1<<(shift-1), e1+1<<(shift-1)
		x[0], x[1], x[2], x[3] = (e0+o0)>>shift, (e1+o1)>>shift, (e1-o1)>>shift, (e0-o0)>>shift
	}
	const round = 1 << 19
	for i := range 4 {
		x0, x1, x2, x3 := b[i], b[4+i], b[8+i], b[12+i]
		e0, e1 := (x0+x2)<<13+round, (x0-x2)<<13+round
		o0, o1 := x1*a+x3*c, x1*c-x3*a
		b[i], b[4+i], b[8+i], b[12+i] = (e0+o0)>>20, (e1+o1)>>20, (e1-o1)>>20, (e0-o0)>>20
	}
	for y := range 4 {
		r := (*[4]int32)(b[4*y:])
		binary.LittleEndian.PutUint32(dst[y*stride:],
			uint32(pixel(r[0]))|uint32(pixel(r[1]))<<8|uint32(pixel(r[2]))<<16|uint32(pixel(r[3]))<<24)
	}
}

// transform2 makes 2 x 2 pixels out of the lowest 2 x 2 coefficients.
func transform2(b *block, dst []byte, stride int) {
	const shift = 3 + fraction
	sum, diff := b[0]+b[2]+4<<fraction, b[0]-b[2]+4<<fraction
	dst[0], dst[1] = pixel((sum+b[1]+b[3])>>shift), pixel((sum-b[1]-b[3])>>shift)
	dst[stride], dst[stride+1] = pixel((diff+b[1]-b[3])>>shift), pixel((diff-b[1]+b[3])>>shift)
}
