package main

import (
	"math"
	"math/rand/v2"
	"sort"
)

// Fir adds a conifer that stands at a place, in one colour below and one where the light falls on it.
func Fir(c *Canvas, r *rand.Rand, at Point, h float64, dark, light RGB) {
	tiers := 16 + r.IntN(7)
	width := h * between(r, 0.17, 0.24)
	lean := between(r, -0.02, 0.02) * h
	side := func(s float64) []Point {
		var pts []Point
		for i := range tiers {
			t := float64(i+1) / float64(tiers)
			reach := width * math.Pow(t, 0.9) * between(r, 0.72, 1.12)
			y := at.Y - h*(1-0.96*t)
			x := at.X + lean*(1-t)
			pts = append(pts, Point{x + s*reach*0.8, y}, Point{x + s*reach, y + 0.014*h}, Point{x + s*reach*0.55, y + 0.004*h})
		}
		return pts
	}
	left, right := side(-1), side(1)
	outline := []Point{{at.X + lean, at.Y - h}}
	outline = append(outline, right...)
	for i := len(left) - 1; i >= 0; i-- {
		outline = append(outline, left[i])
	}
	c.Fill(limb(Point{at.X, at.Y - h*0.2}, Point{at.X, at.Y + 0.01*h}, 0.025*h, 0.035*h), dark)
	c.Shape(outline, 1, func(x, y float64) RGB {
		u, v := (x-at.X)/width, (at.Y-y)/h
		return dark.to(light, clamp(0.25+0.55*v-0.35*u+0.3*Noise(5).At(x/h*40, y/h*26)))
	})
}

// SnowFir adds a conifer that carries snow.
func SnowFir(c *Canvas, r *rand.Rand, at Point, h float64, dark, snow RGB) {
	Fir(c, r, at, h, dark, dark.to(snow, 0.2))
	tiers := 9
	for i := range tiers {
		t := (float64(i) + 0.6) / float64(tiers)
		w := h * 0.17 * math.Pow(t, 0.85)
		y := at.Y - h*(1-0.93*t)
		for range 3 {
			x := at.X + between(r, -0.8, 0.5)*w
			l := w * between(r, 0.25, 0.55)
			drop := between(r, 0.1, 0.35) * l
			c.Shape([]Point{{x - l, y + drop}, {x - l*0.5, y - 0.012*h}, {x + l*0.3, y - 0.02*h}, {x + l, y + drop*0.7}, {x + l*0.2, y + 0.004*h}},
				0.92, func(px, py float64) RGB { return snow.times(0.8 + 0.2*clamp((y-py)/(0.02*h))) })
		}
	}
	c.Fill([]Point{{at.X - 0.012*h, at.Y - h*0.94}, {at.X, at.Y - h*1.01}, {at.X + 0.012*h, at.Y - h*0.94}}, snow)
}

// fogForest draws firs in mist, row behind row, with the sun somewhere between them.
func fogForest(c *Canvas, n Noise) {
	a := c.Aspect()
	air := gradient("#8fa6a8", "#c3cdc0", "#f0e4c4", "#d9d2b6", "#8d9a88")
	sun := Point{a * 0.62, 0.36}
	glow := func(x, y float64) RGB {
		d := math.Hypot(x-sun.X, (y-sun.Y)*1.1)
		return air.At(y * 0.92).plus(hex("#ffdf9a").times(0.5 * math.Exp(-d*3.4)))
	}
	c.Paint(glow)
	r := n.Rand()
	for row := range 7 {
		t := float64(row) / 6
		ground := lerp(0.66, 1.36, math.Pow(t, 1.5))
		h := lerp(0.2, 1.4, math.Pow(t, 1.6))
		dark := hex("#aab4a4").to(hex("#10201c"), math.Pow(t, 0.8))
		light := hex("#c9cdb4").to(hex("#2d4234"), math.Pow(t, 0.8))
		count := int(lerp(44, 5, math.Sqrt(t)) * a / 1.5)
		for i := range count {
			x := (float64(i) + between(r, -0.1, 1.1)) / float64(count) * a
			if row >= 4 && math.Abs(x-sun.X) < 0.3*a/1.5 {
				continue
			}
			Fir(c, r, Point{x, ground + between(r, -0.03, 0.03)}, h*between(r, 0.65, 1.15), dark, light)
		}
		k := Noise(uint32(n) + uint32(row)*3)
		c.Over(func(x, y float64) (RGB, float64) {
			m := smooth(ground-h*0.75, ground+0.02, y+0.1*k.FBM(x*2.2, y*5, 4))
			return glow(x, y), m * lerp(0.9, 0.3, t)
		})
	}
	c.Over(func(x, y float64) (RGB, float64) {
		return glow(x, y), 0.75 * smooth(0.68, 1, y+0.12*n.FBM(x*1.8, y*4, 4))
	})
	// Rays: light that comes between the trunks, spreading from the sun.
	c.Light(func(x, y float64) RGB {
		angle := math.Atan2(y-sun.Y, x-sun.X)
		d := math.Hypot(x-sun.X, y-sun.Y)
		ray := smooth(0.02, 0.5, n.FBM(angle*7, 1, 3))
		return hex("#ffe1a0").times(0.30 * ray * math.Exp(-d*1.9) * smooth(0.02, 0.2, d))
	})
	c.Vignette(0.4)
}

// crown adds the head of a broad-leaved tree: clumps of leaves, lit from the upper left.
func crown(c *Canvas, r *rand.Rand, at Point, size float64, col, shade RGB) {
	c.Fill(limb(at, Point{at.X, at.Y + size*0.9}, size*0.12, size*0.16), shade.times(0.5))
	c.Dot(at.X+size*0.1, at.Y+size*0.12, size*0.8, 0.18, shade, 1)
	for range 26 {
		t, d := r.Float64()*2*math.Pi, math.Sqrt(r.Float64())*0.8*size
		x, y := at.X+d*math.Cos(t), at.Y+d*math.Sin(t)*0.95
		lit := clamp(0.5 - 0.45*(x-at.X)/size - 0.55*(y-at.Y)/size + between(r, -0.15, 0.15))
		c.Dot(x, y, size*between(r, 0.14, 0.3), 0.25, shade.to(col, lit), 0.9)
	}
}

// autumnHills draws wooded hills in October light, each tree by itself.
func autumnHills(c *Canvas, n Noise) {
	a := c.Aspect()
	sky := Sky{Colors: gradient("#5f8fc0", "#9dbdd4", "#efe2c8"), Horizon: 0.5, Sun: Point{a * 0.12, 0.2}, Shine: hex("#ffdca0"), Glow: 0.35,
		Clouds: Clouds{Noise: n + 3, Cover: 0.36, Scale: 0.75, Stretch: 1.8, Light: hex("#fff6ea"), Shade: hex("#b9b9c4")}}
	c.Paint(sky.At)
	for i, k := range []Chain{
		{Noise: n + 5, Base: 0.47, Amp: 0.15, Scale: 1.6, Round: true, Top: hex("#93a9bd"), Foot: hex("#d5cdbb"), Mist: 0.16},
		{Noise: n + 6, Base: 0.53, Amp: 0.14, Scale: 1.4, Round: true, Top: hex("#8a9196"), Foot: hex("#d3bf9c"), Mist: 0.17},
	} {
		k.Noise += Noise(i)
		k.Draw(c)
	}
	leaves := gradient("#6d7a2c", "#b8902a", "#e0a32c", "#d9701f", "#b23a1c", "#8c2a22")
	r := n.Rand()
	for layer := range 4 {
		t := float64(layer) / 3
		k := Chain{Noise: n + 20 + Noise(layer), Base: lerp(0.62, 1.02, t), Amp: lerp(0.26, 0.5, t), Scale: lerp(1.3, 0.75, t), Round: true,
			Top: hex("#8a6a3e").to(hex("#3b3518"), t), Foot: hex("#c9a878").to(hex("#4a3d1c"), t), Mist: 0.3}
		k.Draw(c)
		type tree struct{ x, y, s float64 }
		var trees []tree
		size := lerp(0.011, 0.05, math.Pow(t, 1.5))
		for range int(lerp(1300, 320, t) * a / 1.5) {
			x := r.Float64() * (a + 0.1)
			trees = append(trees, tree{x - 0.05, k.Ridge(x-0.05) + math.Pow(r.Float64(), 1.2)*lerp(0.15, 0.36, t), size * between(r, 0.6, 1.25)})
		}
		sort.Slice(trees, func(i, j int) bool { return trees[i].y < trees[j].y })
		haze := hex("#dcc9a6")
		for _, s := range trees {
			grove := clamp(0.5 + 0.75*n.FBM(s.x*3.5, s.y*9, 3) + between(r, -0.22, 0.22))
			col := leaves.At(grove)
			depth := lerp(0.52, 0, math.Pow(t, 0.6))
			crown(c, r, Point{s.x, s.y}, s.s, col.times(1.25).to(haze, depth), col.tint(hex("#8a6a78")).times(0.55).to(haze, depth*0.85))
		}
	}
	c.Light(func(x, y float64) RGB {
		return hex("#ffcf80").times(0.14 * math.Exp(-math.Hypot(x-sky.Sun.X, y-0.35)*2))
	})
	c.Vignette(0.3)
}

// birches draws white trunks among yellow leaves, the distance blurred as by a fast lens.
func birches(c *Canvas, n Noise) {
	a := c.Aspect()
	back := gradient("#6f8f5a", "#c9b45a", "#e8c868", "#b89a48", "#6b5a2c")
	c.Paint(func(x, y float64) RGB { return back.At(y + 0.25*n.FBM(x*2, y*1.5, 3)) })
	r := n.Rand()
	for range 260 {
		col := gradientPick(r, "#f6d860", "#e9b838", "#f3e7a0", "#a9b050", "#d98f2c", "#7f9450")
		c.Dot(r.Float64()*a, r.Float64()*0.85, between(r, 0.012, 0.05), 0.15, col, between(r, 0.1, 0.4))
	}
	trunk := func(x, w, lean float64, t float64) {
		light, dark := hex("#f4efe4"), hex("#8d8f94")
		k := n + Noise(uint32(x*1000))
		haze := hex("#d8c47c")
		edge := lerp(0.2, 0.06, t)
		c.Over(func(px, py float64) (RGB, float64) {
			mid := x + lean*(py-0.5) + 0.01*k.At(py*2, 4)
			half := w * (0.8 + 0.3*py) / 2
			u := (px - mid) / half
			cover := smooth(1+edge, 1-edge, math.Abs(u))
			if cover == 0 {
				return RGB{}, 0
			}
			col := light.to(dark, clamp(0.42+0.55*u))
			bark := smooth(0.18, 0.42, k.FBM(u*1.1+2, py/w*1.6, 4)-0.1*math.Abs(u)) * smooth(0.1, 0.5, k.FBM(u*2.2, py/w*0.5+9, 3)+0.42)
			scar := smooth(0.55, 0.72, k.FBM(u*0.9+8, py/w*5, 2)+0.32)
			col = col.to(hex("#2b2624"), clamp(bark*0.95+scar*0.5))
			col = col.times(0.93 + 0.12*k.At(u*3, py/w*9))
			return col.to(haze, lerp(0.55, 0, t)), cover
		})
	}
	for range 9 {
		trunk(r.Float64()*a, between(r, 0.012, 0.026), between(r, -0.04, 0.04), 0.15)
	}
	ground := gradient("#c99b3a", "#8f6a26", "#4b3a1c")
	c.Over(func(x, y float64) (RGB, float64) {
		g := 0.87 + 0.02*n.FBM(x*3, 5, 3)
		return ground.At((y-g)/0.15 + 0.35*n.FBM(x*30, y*60, 4)), smooth(g-0.02, g+0.03, y)
	})
	for _, s := range [][3]float64{{0.13, 0.05, 0.02}, {0.82, 0.042, -0.03}, {0.58, 0.036, 0.03}} {
		trunk(s[0]*a, s[1], s[2], 0.6)
	}
	trunk(0.35*a, 0.105, -0.035, 1)
	for range 1500 {
		y := 0.88 + 0.12*math.Sqrt(r.Float64())
		s := 0.003 + 0.011*(y-0.86)/0.14
		c.Shape(ellipse(r.Float64()*a, y, s, s*between(r, 0.25, 0.6), between(r, -0.6, 0.6)), 1,
			flat(gradientPick(r, "#f0c63c", "#d98c22", "#b8641c", "#e9d36a", "#8a5a20").times(between(r, 0.55, 1.05))))
	}
	for range 130 {
		x, y := r.Float64()*a, math.Pow(r.Float64(), 1.8)*0.8
		s := between(r, 0.009, 0.016)
		turn := between(r, 0.6, 2.2)
		col := gradientPick(r, "#f7d23e", "#f2bb2e", "#fbe58a", "#c9b23c").times(between(r, 0.75, 1.15))
		c.Shape(ellipse(x, y, s, s*0.62, turn), 0.95, flat(col))
	}
	for range 16 {
		c.Dot(r.Float64()*a, r.Float64(), between(r, 0.03, 0.06), 0.5, gradientPick(r, "#ffe27a", "#ffc84a"), 0.22)
	}
	c.Vignette(0.45)
}

func flat(col RGB) func(x, y float64) RGB { return func(x, y float64) RGB { return col } }

func gradientPick(r *rand.Rand, colors ...string) RGB { return hex(colors[r.IntN(len(colors))]) }

// meadow draws flowers in high grass below far hills.
func meadow(c *Canvas, n Noise) {
	a := c.Aspect()
	sky := Sky{Colors: gradient("#4a8fd0", "#8fc0e4", "#e3eef0"), Horizon: 0.46, Sun: Point{a * 0.8, -0.1}, Shine: hex("#fff3d0"), Glow: 0.3,
		Clouds: Clouds{Noise: n + 1, Cover: 0.5, Scale: 0.8, Stretch: 1.3, Light: hex("#ffffff"), Shade: hex("#a9bccd")}}
	c.Paint(sky.At)
	for _, k := range []Chain{
		{Noise: n + 2, Base: 0.45, Amp: 0.2, Scale: 1.7, Top: hex("#8fb0c9"), Foot: hex("#c4d6d6"), Mist: 0.2, Lit: hex("#1d2a30")},
		{Noise: n + 3, Base: 0.46, Amp: 0.09, Scale: 1.5, Round: true, Top: hex("#6f9a86"), Foot: hex("#a8c4a4"), Mist: 0.1, Trees: 0.012},
		{Noise: n + 4, Base: 0.49, Amp: 0.09, Scale: 1.1, Round: true, Top: hex("#4d7f4c"), Foot: hex("#9cbb6c"), Mist: 0.1, Trees: 0.026},
	} {
		k.Draw(c)
	}
	edge := func(x float64) float64 { return 0.47 + 0.02*n.FBM(x*1.2, 8, 3) }
	grass := gradient("#b4c86c", "#86ac48", "#557f2f", "#26461c", "#122810")
	c.Over(func(x, y float64) (RGB, float64) {
		e := edge(x)
		d := (y - e) / (1 - e)
		depth := 1 / (max(d, 0) + 0.05)
		streak := 0.1 * n.FBM(x*depth*3, depth*9, 4)
		return grass.At(d*0.86 + streak).times(1 + 0.35*n.FBM(x*2.5, y*6, 3)), smooth(e-0.002, e+0.004, y)
	})
	r := n.Rand()
	type plant struct {
		y    float64
		draw func()
	}
	var plants []plant
	add := func(y float64, draw func()) { plants = append(plants, plant{y, draw}) }
	for range int(5200 * a / 1.5) {
		d := math.Pow(r.Float64(), 0.75)
		x, y := r.Float64()*a, 0.5+0.56*d
		s := 0.008 + 0.075*d*d
		lean, col := between(r, -0.5, 0.5), grass.At(0.75*d+between(r, -0.25, 0.12)).times(between(r, 0.75, 1.3))
		add(y, func() {
			mid, tip := Point{x + lean*s*0.25, y - s*0.6}, Point{x + lean*s, y - s}
			c.Fill([]Point{{x - s*0.035, y}, {mid.X - s*0.02, mid.Y}, tip, {mid.X + s*0.03, mid.Y}, {x + s*0.04, y}}, col)
		})
	}
	for range int(1700 * a / 1.5) {
		d := math.Pow(r.Float64(), 1.25)
		x := r.Float64() * a
		y := 0.495 + 0.5*d
		if n.FBM(x*2.6/(0.2+d), 3/(0.2+d), 3) < -0.12 {
			continue
		}
		s := 0.0022 + 0.02*d*d
		kind := r.Float64() + 0.35*n.FBM(x*2, y*5, 2)
		tilt, k := between(r, 0.45, 0.8), between(r, 0.8, 1.1)
		lean := between(r, -0.6, 0.6)
		add(y+s*2, func() {
			c.Fill(limb(Point{x, y}, Point{x + lean*s, y + s*5}, s*0.16, s*0.2), hex("#4d7a2c").times(0.8))
			switch {
			case kind < 0.5: // poppy
				for i := range 4 {
					t := float64(i)*math.Pi/2 + lean
					c.Shape(ellipse(x+0.42*s*math.Cos(t), y+0.42*s*tilt*math.Sin(t), s*0.72, s*0.6*tilt, t), 0.95,
						flat(hex("#e0321c").to(hex("#ff6a3c"), float64(i)/3).times(k)))
				}
				c.Dot(x, y, s*0.24, 0.2, hex("#2a1216"), 1)
			case kind < 0.8: // daisy
				for i := range 11 {
					t := 2 * math.Pi * float64(i) / 11
					c.Fill(ellipse(x+0.62*s*math.Cos(t), y+0.62*s*tilt*math.Sin(t), s*0.4, s*0.17, math.Atan2(tilt*math.Sin(t), math.Cos(t))), hex("#fbfaf2").times(k))
				}
				c.Dot(x, y, s*0.28, 0.15, hex("#f2b81c"), 1)
			default: // cornflower
				for i := range 8 {
					t := 2*math.Pi*float64(i)/8 + lean
					c.Fill(ellipse(x+0.5*s*math.Cos(t), y+0.5*s*tilt*math.Sin(t), s*0.45, s*0.2, math.Atan2(tilt*math.Sin(t), math.Cos(t))), hex("#3f5fe0").times(k))
				}
				c.Dot(x, y, s*0.25, 0.2, hex("#5a2f9c"), 1)
			}
		})
	}
	sort.SliceStable(plants, func(i, j int) bool { return plants[i].y < plants[j].y })
	for _, p := range plants {
		p.draw()
	}
	c.Vignette(0.25)
}
