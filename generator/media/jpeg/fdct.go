package jpeg

// The forward transform, as image/jpeg does it: see idct.go for the algorithm and its source.

const (
	root2    = 1630477228166597777 // sqrt(2)
	root2Cos = 623956622067911264  // sqrt(2) cos(6 pi/16)
	root2Sin = 1506364539328854985 // sqrt(2) sin(6 pi/16)
)

// forwardColumns transforms the columns of a block of bytes: the result has 18 fractional bits.
func forwardColumns(b *[64]int32) {
	for i := range 8 {
		c := b[i : i+57 : i+57]
		x0, x7 := c[0]+c[56], c[0]-c[56]
		x1, x6 := c[8]+c[48], c[8]-c[48]
		x2, x5 := c[16]+c[40], c[16]-c[40]
		x3, x4 := c[24]+c[32], c[24]-c[32]

		x4, x7 = rotate(x4, x7, fixed(cos3, 18), fixed(sin3, 18))
		x5, x6 = rotate(x5, x6, fixed(cos1, 18), fixed(sin1, 18))
		x0, x3 = x0+x3, x0-x3
		x1, x2 = x1+x2, x1-x2

		x2, x3 = rotate(x2, x3, fixed(root2Cos, 18), fixed(root2Sin, 18))
		x0, x1 = x0+x1, x0-x1
		c[0], c[32], c[16], c[48] = (x0-128*8)<<18, x1<<18, x2, x3

		x4, x6 = x4+x6, x4-x6
		x7, x5 = x7+x5, x7-x5
		x5 = (x5 >> 12) * fixed(root2, 12)
		x6 = (x6 >> 12) * fixed(root2, 12)
		c[8], c[24], c[40], c[56] = x7+x4, x5, x6, x7-x4
	}
}

// forwardRows transforms the rows after the columns: the result is in whole units, eight times the coefficients.
func forwardRows(b *[64]int32) {
	for i := range 8 {
		x := (*[8]int32)(b[8*i:])
		x0, x7 := x[0]+x[7], x[0]-x[7]
		x1, x6 := x[1]+x[6], x[1]-x[6]
		x2, x5 := x[2]+x[5], x[2]-x[5]
		x3, x4 := x[3]+x[4], x[3]-x[4]

		x4, x7 = rotate(x4>>14, x7>>14, fixed(cos3, 14), fixed(sin3, 14))
		x5, x6 = rotate(x5>>14, x6>>14, fixed(cos1, 14), fixed(sin1, 14))
		x0, x3 = x0+x3, x0-x3
		x1, x2 = x1+x2, x1-x2

		x2, x3 = rotate(x2>>14, x3>>14, fixed(root2Cos, 14), fixed(root2Sin, 14))
		x0, x1 = x0+x1, x0-x1
		x4, x6 = x4+x6, x4-x6
		x7, x5 = x7+x5, x7-x5
		x5 = (x5 >> 14) * fixed(root2, 14)
		x6 = (x6 >> 14) * fixed(root2, 14)
		x7, x4 = x7+x4, x7-x4

		const round = 1 << 17
		x[0], x[1], x[2], x[3] = (x0+round)>>18, (x7+round)>>18, (x2+round)>>18, (x5+round)>>18
		x[4], x[5], x[6], x[7] = (x1+round)>>18, (x6+round)>>18, (x3+round)>>18, (x4+round)>>18
	}
}
