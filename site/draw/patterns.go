package main

import (
	"math"
	"math/rand/v2"
)

// paper gives a surface the faint grain of paper.
func paper(c *Canvas, n Noise, strength float64) {
	c.Over(func(x, y float64) (RGB, float64) {
		return RGB{}, strength * clamp(0.5+n.FBM(x*60, y*60, 3))
	})
}

// truchet lays tiles of two quarter rings, each turned at random: bands that wander and weave.
func truchet(c *Canvas, n Noise) {
	const tiles = 7
	ground := gradient("#10243a", "#17405a", "#1c5c66")
	band := gradient("#f6c667", "#f08a5d", "#e0527a", "#8a5bc0", "#4aa3c8", "#7fd0b0")
	c.Paint(func(x, y float64) RGB { return ground.At((x + y) / 2) })
	px := 1 / float64(c.H) * tiles
	c.Over(func(x, y float64) (RGB, float64) {
		u, v := x*tiles, y*tiles
		i, j := int(math.Floor(u)), int(math.Floor(v))
		fu, fv := u-float64(i), v-float64(j)
		if n.Cell(i, j) < 0.5 {
			fu = 1 - fu
		}
		d := min(math.Abs(math.Hypot(fu, fv)-0.5), math.Abs(math.Hypot(1-fu, 1-fv)-0.5))
		col := band.At(0.5 + 0.9*n.FBM(x*1.4, y*1.4, 2))
		switch {
		case d < 0.2+px:
			round := math.Sqrt(max(1-d*d/0.04, 0))
			col = col.times(0.5 + 0.6*round)
			line := smooth(0.028+px, 0.028, math.Abs(d-0.075))
			return col.to(hex("#fff3d6"), 0.6*line), smooth(0.2+px, 0.2, d)
		default:
			return RGB{}, 0.5 * smooth(0.34, 0.2, d)
		}
	})
	paper(c, n, 0.02)
}

// flowField draws long strokes along a slow swirling field, far ones dark and near ones bright.
func flowField(c *Canvas, n Noise) {
	a := c.Aspect()
	c.Paint(func(x, y float64) RGB { return gradient2("#0b1026", "#1a1f45", y+0.2*x) })
	inks := gradient("#1f3c88", "#3a6ea5", "#52b2bf", "#f4d58d", "#f28f6b", "#d1495b", "#7b2d6b")
	r := n.Rand()
	for pass := range 3 {
		t := float64(pass) / 2
		for range int(lerp(330, 150, t) * a / 1.5) {
			x, y := between(r, -0.05, a+0.05), between(r, -0.05, 1.05)
			width, steps := lerp(0.01, 0.024, t)*between(r, 0.5, 1.2), 50+r.IntN(80)
			col := inks.At(0.5 + 0.75*n.FBM(x*0.9, y*0.9, 2) + between(r, -0.1, 0.1)).times(lerp(0.35, 1.05, t))
			var left, right []Point
			for s := range steps {
				angle := 3.6*n.FBM(x*0.8+3, y*0.8, 2) + 0.5
				sin, cos := math.Sincos(angle)
				w := width * math.Sin(math.Pi*(float64(s)+0.5)/float64(steps))
				left = append(left, Point{x - sin*w/2, y + cos*w/2})
				right = append(right, Point{x + sin*w/2, y - cos*w/2})
				x, y = x+cos*0.006, y+sin*0.006
			}
			for i := len(right) - 1; i >= 0; i-- {
				left = append(left, right[i])
			}
			c.Shape(left, 0.92, flat(col))
		}
	}
	c.Vignette(0.35)
}

func gradient2(a, b string, t float64) RGB { return blend(hex(a), hex(b), clamp(t)) }

// stainedGlass cuts the plane into the cells of scattered points (Voronoi) and puts light behind them.
func stainedGlass(c *Canvas, n Noise) {
	const cells = 9.0
	glass := gradient("#12306e", "#1f6fb0", "#2aa6a0", "#8fc04a", "#f2c230", "#ec7f28", "#d0312e", "#7a1f5c")
	a := c.Aspect()
	sun := Point{a * 0.5, 0.36}
	px := cells / float64(c.H)
	site := func(i, j int) (float64, float64) {
		return float64(i) + 0.12 + 0.76*n.Cell(i, j), float64(j) + 0.12 + 0.76*(n+1).Cell(i, j)
	}
	c.Paint(func(x, y float64) RGB {
		u, v := x*cells, y*cells
		ci, cj := int(math.Floor(u)), int(math.Floor(v))
		best, bi, bj := math.Inf(1), 0, 0
		for j := cj - 2; j <= cj+2; j++ {
			for i := ci - 2; i <= ci+2; i++ {
				sx, sy := site(i, j)
				if d := (sx-u)*(sx-u) + (sy-v)*(sy-v); d < best {
					best, bi, bj = d, i, j
				}
			}
		}
		sx, sy := site(bi, bj)
		edge := math.Inf(1) // distance to the nearest border of the cell
		for j := bj - 2; j <= bj+2; j++ {
			for i := bi - 2; i <= bi+2; i++ {
				if i == bi && j == bj {
					continue
				}
				ox, oy := site(i, j)
				mx, my := (sx+ox)/2-u, (sy+oy)/2-v
				l := math.Hypot(ox-sx, oy-sy)
				edge = min(edge, (mx*(ox-sx)+my*(oy-sy))/l)
			}
		}
		far := math.Hypot(sx/cells-sun.X, sy/cells-sun.Y)
		tone := 1 - far*1.15 + 0.2*(n+2).Cell(bi, bj) - 0.08
		col := glass.At(0.12 + 0.62*clamp(tone))
		if far > 0.62 {
			col = col.to(glass.At((n+6).Cell(bi, bj)*0.35), 0.5)
		}
		back := 0.6 + 0.75*math.Exp(-2.2*math.Hypot(x-sun.X, y-sun.Y))
		col = col.times(back * (0.85 + 0.35*(n+3).Cell(bi, bj)) * (1 + 0.22*n.FBM(x*9+3*(n+4).Cell(bi, bj), y*9, 4)))
		col = col.times(0.72 + 0.28*smooth(0.03, 0.2, edge))
		lead := smooth(0.035+px, 0.035-px*0.2, edge)
		metal := hex("#17151a").to(hex("#5c5a64"), smooth(0.02, 0, math.Abs(edge-0.012))*0.5)
		return col.to(metal, lead)
	})
	c.Vignette(0.3)
}

// phyllotaxis sets seeds as a sunflower does: each turned by the golden angle from the one before (Vogel, 1979).
func phyllotaxis(c *Canvas, n Noise) {
	a := c.Aspect()
	c.Paint(func(x, y float64) RGB {
		return blend(hex("#fbf3e2"), hex("#efd9b8"), clamp(math.Hypot(x-a/2, y-0.5)*1.1))
	})
	petals := gradient("#3b1f2b", "#7a2e3a", "#c8553d", "#f28f3b", "#f6c453", "#e9e2b0")
	golden := math.Pi * (3 - math.Sqrt(5))
	const count = 600
	for i := count - 1; i >= 0; i-- {
		t := (float64(i) + 0.5) / count
		r, angle := 0.45*math.Sqrt(t), float64(i)*golden
		x, y := a/2+r*math.Cos(angle), 0.5+r*math.Sin(angle)
		s := 0.0083 + 0.0104*math.Sqrt(t)
		col := petals.At(t*1.02 + 0.06*n.At(x*6, y*6))
		c.Shape(ellipse(x+0.004, y+0.006, s*1.25, s*0.86, angle), 0.28, flat(hex("#4a2a1a")))
		c.Shape(ellipse(x, y, s*1.3, s*0.82, angle), 1, func(px, py float64) RGB {
			return col.times(clamp(1.02 - 0.28*((px-x)+(py-y))/s))
		})
	}
	paper(c, n, 0.02)
}

// paperWaves stacks sheets of paper cut in waves, each with its shadow.
func paperWaves(c *Canvas, n Noise) {
	ink := gradient("#fdf0d5", "#f7c59f", "#ef8e7d", "#c25b7c", "#6f4a8e", "#2f3e78", "#16264c")
	c.Paint(func(x, y float64) RGB { return ink.At(0).times(0.96 + 0.06*(1-y)) })
	sun := Point{c.Aspect() * 0.68, 0.27}
	c.Dot(sun.X+0.006, sun.Y+0.012, 0.12, 0.15, hex("#b06a50"), 0.35)
	c.Dot(sun.X, sun.Y, 0.115, 0, hex("#f4845f"), 1)
	const sheets = 9
	for i := range sheets {
		t := float64(i+1) / sheets
		edge := func(x float64) float64 {
			f := 2.2 + 1.3*(n+9).Cell(i, 0)
			return 0.27 + 0.69*math.Pow(t, 1.08) + lerp(0.035, 0.055, t)*math.Sin(x*f+6.3*(n+3).Cell(i, 0)) + 0.03*math.Sin(x*f*2.3+6.3*(n+5).Cell(i, 1)) - 0.04
		}
		px := 1 / float64(c.H)
		c.Over(func(x, y float64) (RGB, float64) {
			return hex("#2a1730"), 0.42 * smooth(-0.035, 0.004, y-edge(x)) * smooth(0.02, 0, y-edge(x))
		})
		c.Over(func(x, y float64) (RGB, float64) {
			d := y - edge(x)
			col := ink.At(t*0.98 + 0.05*d)
			return col.times(1 + 0.12*smooth(0.006, 0, d) + 0.05*n.FBM(x*3+float64(i), y*3, 2)), clamp(d/px + 0.5)
		})
	}
	paper(c, n, 0.07)
}

// terrazzo scatters chips of stone in plaster; no two overlap.
func terrazzo(c *Canvas, n Noise) {
	a := c.Aspect()
	c.Paint(func(x, y float64) RGB { return hex("#efe8dd").times(1 + 0.05*n.FBM(x*5, y*5, 3)) })
	r := n.Rand()
	type chip struct{ x, y, s float64 }
	var chips []chip
	fits := func(k chip) bool {
		for _, o := range chips {
			if math.Hypot(k.x-o.x, k.y-o.y) < (k.s+o.s)*0.93 {
				return false
			}
		}
		return true
	}
	for size := 0.075; size > 0.009; size *= 0.85 {
		for range 260 {
			if k := (chip{r.Float64() * a, r.Float64(), size * between(r, 0.75, 1.1)}); fits(k) {
				chips = append(chips, k)
			}
		}
	}
	for _, k := range chips {
		col := gradientPick(r, "#d98c74", "#c0563f", "#2f4858", "#33658a", "#86a58b", "#f2b880", "#55605b", "#e8c7b4", "#8fa8b5")
		outline := shard(r, Point{k.x, k.y}, k.s*0.92)
		vein := n + Noise(r.IntN(1000))
		c.Shape(outline, 1, func(x, y float64) RGB {
			v := 0.2*vein.FBM(x*18, y*18, 3) + 0.3*smooth(0.08, 0, math.Abs(vein.FBM(x*6, y*6, 2)))
			return col.times(0.92 + 0.5*v)
		})
	}
	paper(c, n, 0.012)
}

// shard is a broken stone: a few corners on a bent circle.
func shard(r *rand.Rand, at Point, size float64) []Point {
	corners := 5 + r.IntN(4)
	turn := r.Float64() * math.Pi
	var out []Point
	for i := range corners {
		t := turn + 2*math.Pi*(float64(i)+between(r, -0.28, 0.28))/float64(corners)
		d := size * between(r, 0.72, 1.02)
		out = append(out, Point{at.X + d*math.Cos(t), at.Y + d*math.Sin(t)})
	}
	return out
}
