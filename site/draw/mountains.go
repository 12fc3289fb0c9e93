package main

import "math"

// A Chain is a chain of hills or mountains, seen as a silhouette that pales towards its foot.
type Chain struct {
	Noise    Noise
	Base     float64 // y of the lowest ridge
	Amp      float64 // height of the highest summit above it
	Scale    float64 // summits by height of the picture
	Round    bool    // hills instead of mountains
	Top      RGB     // colour at the ridge
	Foot     RGB     // colour of the mist below
	Mist     float64 // how far below the ridge the mist has swallowed it
	Trees    float64 // height of the conifers on the ridge; 0 for none
	Lit      RGB     // light on the slopes that face the sun; zero for none
	FromLeft bool    // where that light comes from
}

// Ridge is the y of the skyline, trees included.
func (k *Chain) Ridge(x float64) float64 {
	y := k.ground(x)
	if k.Trees > 0 {
		y -= k.tree(x)
	}
	return y
}

// ground is the y of the ridge without its trees.
func (k *Chain) ground(x float64) float64 {
	var h float64
	if k.Round {
		h = 0.5 + 0.62*k.Noise.FBM(x*k.Scale, 0.5, 3) + 0.012*k.Noise.FBM(x*40, 3, 3)
	} else {
		w := x*k.Scale + 0.25*k.Noise.FBM(x*k.Scale*1.7, 9, 3)
		h = 0.75*k.Noise.Ridged(w, 0.5, 7) + 0.4*k.Noise.FBM(x*k.Scale*0.6, 4, 2) + 0.1
	}
	return k.Base - k.Amp*h
}

// tree is the height of the trees at x: the highest of the cones that stand near.
func (k *Chain) tree(x float64) float64 {
	w := k.Trees * 0.3
	cell := int(math.Floor(x / w))
	top := 0.0
	for i := cell - 1; i <= cell+1; i++ {
		h := k.Trees * (0.35 + 0.75*k.Noise.Cell(i, 11)*(0.6+0.8*clamp(0.5+k.Noise.At(x*6, 31))))
		d := math.Abs(x - (float64(i)+0.2+0.6*k.Noise.Cell(i, 12))*w)
		side := clamp(1 - d/(0.2*h+w*0.12))
		// Branches: the cone widens in steps.
		side = side*0.8 + 0.2*math.Floor(side*7)/7
		top = max(top, h*side)
	}
	return top
}

// Draw lays the chain on the canvas.
func (k *Chain) Draw(c *Canvas) {
	ridge, ground := make([]float64, c.W), make([]float64, c.W)
	for px := range ridge {
		ground[px] = k.ground((float64(px) + 0.5) / float64(c.H))
		// Four samples a pixel smooth steep flanks and treetops.
		for s := range 4 {
			ridge[px] += k.Ridge((float64(px)+(float64(s)+0.5)/4)/float64(c.H)) / 4
		}
	}
	px := 1 / float64(c.H)
	c.Over(func(x, y float64) (RGB, float64) {
		column := min(int(x*float64(c.H)), c.W-1)
		top := ridge[column]
		a := clamp((y-top)/px + 0.5)
		if a == 0 {
			return RGB{}, 0
		}
		// Mist lies on the ground, not on the treetops, or every tree would draw a stripe.
		d := max(y-ground[column]+k.Trees*0.5, 0)
		col := k.Top
		if k.Lit != (RGB{}) {
			u, v := x*k.Scale*4, d*k.Scale*2.5
			e := 0.06
			g := k.Noise.Ridged(u+e, v, 5) - k.Noise.Ridged(u-e, v, 5)
			if !k.FromLeft {
				g = -g
			}
			col = col.plus(k.Lit.times(clamp(0.5+3*g) * smooth(k.Mist*1.1, 0, d)))
		}
		m := smooth(0, k.Mist, d+0.25*k.Mist*k.Noise.FBM(x*5, y*14, 4))
		return col.to(k.Foot, m), a
	})
}

// A Terrain is a height field seen in perspective: columns are marched from near to far, so each pixel gets the first ground
// that its ray meets. World units are arbitrary; the camera stands at x = 0, z = 0 and looks along z.
type Terrain struct {
	Height  func(x, z float64, octaves int) float64
	Color   func(s Spot) RGB // what the ground reflects
	Eye     float64          // camera height
	Horizon float64          // y on the canvas
	Focal   float64          // focal length, in heights
	Near    float64
	Far     float64
	Sun     [3]float64 // towards the sun: x right, y up, z away; need not be of length 1
	Light   RGB        // of the sun
	Ambient RGB        // of the sky
	Fog     float64    // share of light lost over one unit
	FogLow  float64    // height over which fog thins to a third; 0 for even fog
	Air     func(x, y float64) RGB
}

// A Spot is a place on a terrain.
type Spot struct {
	X, Y, Z float64
	Flat    float64 // 1 for level ground, 0 for a wall
	Facing  float64 // 1 for ground that faces the sun, 0 for the dark side
}

// Draw renders at twice the size and returns the result over what the canvas shows.
func (t *Terrain) Draw(c *Canvas) {
	w, h := c.W*2, c.H*2
	sub := &Canvas{w, h, make([]RGB, w*h)}
	cover := make([]float32, w*h)
	l := math.Sqrt(t.Sun[0]*t.Sun[0] + t.Sun[1]*t.Sun[1] + t.Sun[2]*t.Sun[2])
	sun := [3]float64{t.Sun[0] / l, t.Sun[1] / l, t.Sun[2] / l}
	columns := &Canvas{W: 1, H: w} // its rows are our columns
	columns.rows(func(px int) {
		dir := ((float64(px)+0.5)/float64(h) - c.Aspect()/2) / t.Focal
		free := h // rows below this one are painted
		var last RGB
		lastY := float64(h)
		for z := t.Near; z < t.Far && free > 0; z *= 1 + 0.8/float64(h) + 0.0004 {
			x := dir * z
			ground := t.Height(x, z, 8)
			y := (t.Horizon + (t.Eye-ground)/z*t.Focal) * float64(h)
			if y >= float64(free) {
				lastY = y
				last = RGB{-1, 0, 0}
				continue
			}
			col := t.shade(x, z, ground, sun, float64(px)/float64(h), y/float64(h))
			if last.R < 0 || z == t.Near {
				last = col
			}
			to := max(int(math.Ceil(y)), 0)
			for py := free - 1; py >= to; py-- {
				k := clamp((lastY - float64(py)) / max(lastY-y, 1e-9))
				sub.Pix[py*w+px], cover[py*w+px] = last.to(col, k), 1
			}
			free, last, lastY = to, col, y
		}
	})
	c.rows(func(y int) {
		for x := range c.W {
			i := 2*y*w + 2*x
			var sum RGB
			var a float32
			for _, j := range [4]int{i, i + 1, i + w, i + w + 1} {
				sum, a = sum.plus(sub.Pix[j]), a+cover[j]
			}
			p := &c.Pix[y*c.W+x]
			*p = p.times(float64(1 - a/4)).plus(sum.times(0.25))
		}
	})
}

func (t *Terrain) shade(x, z, ground float64, sun [3]float64, sx, sy float64) RGB {
	e := 0.0016 * z
	dx, dz := (t.Height(x+e, z, 8)-t.Height(x-e, z, 8))/(2*e), (t.Height(x, z+e, 8)-t.Height(x, z-e, 8))/(2*e)
	n := 1 / math.Sqrt(dx*dx+dz*dz+1)
	facing := clamp((-dx*sun[0] + sun[1] - dz*sun[2]) * n)
	shadow := 1.0
	if facing > 0 {
		step := 0.01 * z
		for i, d := 0, step; i < 18; i++ {
			gap := ground + sun[1]*d - t.Height(x+sun[0]*d, z+sun[2]*d, 5)
			shadow = min(shadow, clamp(0.5+14*gap/d))
			step *= 1.25
			d += step
		}
	}
	s := Spot{x, ground, z, n, facing * shadow}
	light := t.Light.times(facing * shadow).plus(t.Ambient.times(0.55 + 0.45*n))
	col := t.Color(s).tint(light)
	fog := t.Fog * z
	if t.FogLow > 0 {
		fog *= math.Exp(-max(ground, 0) / t.FogLow)
	}
	return col.to(t.Air(sx, min(sy, t.Horizon)), 1-math.Exp(-fog))
}
