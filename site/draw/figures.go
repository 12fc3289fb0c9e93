package main

import "math"

// limb is a stroke from a to b whose width changes from wa to wb, with round ends.
func limb(a, b Point, wa, wb float64) []Point {
	dir := math.Atan2(b.Y-a.Y, b.X-a.X)
	var out []Point
	for i := range 9 {
		t := dir + math.Pi/2 + math.Pi*float64(i)/8
		out = append(out, Point{a.X + wa/2*math.Cos(t), a.Y + wa/2*math.Sin(t)})
	}
	for i := range 9 {
		t := dir - math.Pi/2 + math.Pi*float64(i)/8
		out = append(out, Point{b.X + wb/2*math.Cos(t), b.Y + wb/2*math.Sin(t)})
	}
	return out
}

// ellipse is an outline around x, y.
func ellipse(x, y, rx, ry, turn float64) []Point {
	out := make([]Point, 28)
	sin, cos := math.Sincos(turn)
	for i := range out {
		s, c := math.Sincos(2 * math.Pi * float64(i) / float64(len(out)))
		out[i] = Point{x + rx*c*cos - ry*s*sin, y + rx*c*sin + ry*s*cos}
	}
	return out
}

// A Figure is a small person standing with both feet at a place.
type Figure struct {
	At    Point
	H     float64 // height, in heights of the canvas
	Left  bool    // walks and looks to the left
	Wave  bool    // an arm is up
	Coat  RGB
	Dark  RGB // trousers, hair
	Skin  RGB
	Long  bool // a dress or a long coat
	Pack  bool // a rucksack
	Stick bool
}

// Draw adds the figure.
func (f Figure) Draw(c *Canvas) {
	side := 1.0
	if f.Left {
		side = -1
	}
	p := func(x, y float64) Point { return Point{f.At.X + side*x*f.H, f.At.Y - y*f.H} }
	w := f.H
	c.Fill(limb(p(0, 0.48), p(-0.10, 0.02), 0.11*w, 0.06*w), f.Dark)
	c.Fill(limb(p(-0.10, 0.02), p(-0.05, 0.015), 0.05*w, 0.04*w), f.Dark)
	c.Fill(limb(p(0, 0.48), p(0.09, 0.02), 0.11*w, 0.06*w), f.Dark)
	c.Fill(limb(p(0.09, 0.02), p(0.14, 0.015), 0.05*w, 0.04*w), f.Dark)
	if f.Pack {
		c.Fill(limb(p(-0.13, 0.72), p(-0.13, 0.54), 0.14*w, 0.15*w), f.Dark.to(f.Coat, 0.3))
	}
	if f.Long {
		c.Fill([]Point{p(-0.09, 0.78), p(0.08, 0.78), p(0.15, 0.27), p(-0.16, 0.27)}, f.Coat)
	}
	c.Fill(limb(p(0, 0.75), p(0, 0.5), 0.2*w, 0.17*w), f.Coat)
	hand := p(0.15, 0.45)
	if f.Wave {
		hand = p(0.2, 1.0)
	}
	shade := f.Coat.times(0.8)
	c.Fill(limb(p(0.06, 0.77), hand, 0.075*w, 0.05*w), shade)
	c.Fill(limb(p(-0.07, 0.77), p(-0.14, 0.47), 0.07*w, 0.05*w), shade)
	if f.Stick {
		c.Fill(limb(p(0.15, 0.48), p(0.22, 0), 0.015*w, 0.015*w), f.Dark)
	}
	c.Fill(limb(p(0, 0.8), p(0, 0.86), 0.07*w, 0.07*w), f.Skin)
	c.Fill(ellipse(p(0.01, 0.92).X, p(0, 0.92).Y, 0.068*w, 0.08*w, 0), f.Skin)
	c.Fill(ellipse(p(-0.015, 0.945).X, p(0, 0.945).Y, 0.072*w, 0.065*w, 0), f.Dark)
	if f.Long {
		c.Fill(limb(p(-0.05, 0.93), p(-0.07, 0.78), 0.08*w, 0.05*w), f.Dark) // long hair
	}
}

// Dog adds a dog whose front paws stand at a place; h is the height of its back.
func Dog(c *Canvas, at Point, h float64, left bool, coat RGB) {
	side := 1.0
	if left {
		side = -1
	}
	p := func(x, y float64) Point { return Point{at.X + side*x*h, at.Y - y*h} }
	far := coat.times(0.7)
	leg := func(x0, y0, x1, x2 float64, col RGB) {
		c.Fill(limb(p(x0, y0), p(x1, 0.42), 0.26*h, 0.15*h), col)
		c.Fill(limb(p(x1, 0.42), p(x2, 0.03), 0.14*h, 0.1*h), col)
		c.Fill(limb(p(x2, 0.03), p(x2+0.07, 0.03), 0.1*h, 0.08*h), col)
	}
	leg(-0.1, 0.68, 0.08, 0.12, far)
	leg(-1.15, 0.7, -1.1, -1.28, far)
	leg(-0.15, 0.68, -0.18, -0.1, coat)
	leg(-1.2, 0.72, -1.32, -1.5, coat)
	c.Fill(limb(p(-0.2, 0.8), p(-1.15, 0.84), 0.5*h, 0.36*h), coat)
	c.Fill(limb(p(-1.25, 0.92), p(-1.6, 1.22), 0.16*h, 0.1*h), coat)
	c.Fill(limb(p(-1.6, 1.22), p(-1.68, 1.45), 0.12*h, 0.07*h), coat)
	c.Fill(limb(p(-0.15, 0.92), p(0.12, 1.25), 0.38*h, 0.3*h), coat)
	c.Fill(ellipse(p(0.2, 1.33).X, p(0, 1.33).Y, 0.23*h, 0.19*h, 0), coat)
	c.Fill(limb(p(0.25, 1.29), p(0.52, 1.22), 0.24*h, 0.15*h), coat)
	c.Fill(ellipse(p(0.6, 1.25).X, p(0, 1.25).Y, 0.045*h, 0.04*h, 0), coat.times(0.15))
	c.Fill(limb(p(0.06, 1.42), p(-0.06, 1.15), 0.17*h, 0.12*h), far)
	c.Fill(ellipse(p(0.32, 1.37).X, p(0, 1.37).Y, 0.03*h, 0.03*h, 0), coat.times(0.1))
}

// Gulls adds a loose flock of birds, two curved wings each.
func Gulls(c *Canvas, n Noise, count int, mid Point, spread, size float64, col RGB) {
	r := n.Rand()
	for range count {
		x, y := mid.X+spread*r.NormFloat64(), mid.Y+0.4*spread*r.NormFloat64()
		s, flap, tilt := size*between(r, 0.6, 1.2), between(r, 0.15, 0.6), between(r, -0.2, 0.2)
		for _, side := range [2]float64{-1, 1} {
			elbow := Point{x + side*0.45*s, y - flap*s*0.7 + tilt*side*0.4*s}
			tip := Point{x + side*s, y - flap*s*0.45 + tilt*side*s}
			c.Fill(limb(Point{x, y}, elbow, 0.16*s, 0.12*s), col)
			c.Fill(limb(elbow, tip, 0.12*s, 0.03*s), col)
		}
	}
}

// Boat adds a small sailing boat that floats at a place.
func Boat(c *Canvas, at Point, h float64, sail, hull RGB) {
	p := func(x, y float64) Point { return Point{at.X + x*h, at.Y - y*h} }
	c.Fill([]Point{p(-0.36, 0.13), p(0.4, 0.15), p(0.27, 0), p(-0.27, 0)}, hull)
	c.Fill(limb(p(0, 0.1), p(0, 1), 0.018*h, 0.012*h), hull)
	c.Shape([]Point{p(-0.02, 0.97), p(-0.1, 0.6), p(-0.34, 0.2), p(-0.02, 0.2)}, 1, func(x, y float64) RGB {
		return sail.times(0.78 + 0.5*clamp((at.X-x)/h/0.34))
	})
	c.Fill([]Point{p(0.03, 0.88), p(0.2, 0.5), p(0.36, 0.2), p(0.03, 0.24)}, sail.times(0.72))
}

// RowingBoat adds a boat with one person in it.
func RowingBoat(c *Canvas, at Point, w float64, col RGB) {
	p := func(x, y float64) Point { return Point{at.X + x*w, at.Y - y*w} }
	c.Fill([]Point{p(-0.52, 0.13), p(-0.3, 0.09), p(0.3, 0.09), p(0.52, 0.14), p(0.36, -0.01), p(-0.36, -0.01)}, col)
	c.Fill(limb(p(0, 0.34), p(-0.02, 0.12), 0.12*w, 0.15*w), col)
	c.Fill(ellipse(p(0.02, 0.44).X, p(0, 0.44).Y, 0.05*w, 0.06*w, 0), col)
	c.Fill(limb(p(0.03, 0.28), p(0.42, -0.02), 0.025*w, 0.02*w), col)
	c.Fill(limb(p(-0.02, 0.28), p(-0.2, 0.16), 0.03*w, 0.02*w), col)
}

// Balloon adds a hot-air balloon lit from one side.
func Balloon(c *Canvas, at Point, r float64, light float64, colors ...string) {
	p := func(x, y float64) Point { return Point{at.X + x*r, at.Y + y*r} }
	var skin []Point
	for i := range 60 {
		t := 2 * math.Pi * float64(i) / 60
		s, k := math.Sincos(t)
		x, y := s, -k
		if y > 0.2 {
			x *= 1 - 0.62*math.Pow((y-0.2)/0.8, 1.4)
			y += 0.32 * (y - 0.2)
		}
		skin = append(skin, p(x, y))
	}
	var stripes []RGB
	for _, s := range colors {
		stripes = append(stripes, hex(s))
	}
	c.Fill(limb(p(-0.2, 1.2), p(-0.1, 1.62), 0.02*r, 0.02*r), hex("#3a2c28"))
	c.Fill(limb(p(0.2, 1.2), p(0.1, 1.62), 0.02*r, 0.02*r), hex("#3a2c28"))
	c.Fill([]Point{p(-0.13, 1.58), p(0.13, 1.58), p(0.11, 1.8), p(-0.11, 1.8)}, hex("#5a3a26"))
	c.Shape(skin, 1, func(x, y float64) RGB {
		u, v := (x-at.X)/r, (y-at.Y)/r
		w := math.Sqrt(max(1-min(v*v, 0.96), 0.04))
		if v > 0.2 {
			w *= 1 - 0.5*math.Pow(min((v-0.2)/1.05, 1), 1.4)
		}
		lon := math.Asin(min(max(u/w, -1), 1))/math.Pi*8 + 4
		col := stripes[int(lon)%len(stripes)]
		if math.Abs(v-0.25) < 0.13 {
			col = stripes[(int(lon)+1)%len(stripes)]
		}
		nz := math.Sqrt(max(1-u*u-v*v*0.6, 0))
		lit := clamp(0.3 + 0.5*u*light - 0.35*v + 0.35*nz)
		seam := 0.88 + 0.12*smooth(0, 0.12, min(lon-math.Floor(lon), math.Ceil(lon)-lon))
		return col.times((0.32 + 1.1*lit) * seam).tint(hex("#fff0dd"))
	})
}
