package main

import "math"

// cityDusk draws a skyline behind a river after sunset.
func cityDusk(c *Canvas, n Noise) {
	a := c.Aspect()
	sky := Sky{Colors: gradient("#1d2450", "#4a3f7c", "#a85a86", "#f08a6a", "#ffc98a"), Horizon: 0.66, Sun: Point{a * 0.36, 0.62}, Shine: hex("#ff9a5a"), Glow: 0.32,
		Clouds: Clouds{Noise: n + 2, Cover: 0.4, Scale: 0.6, Stretch: 3, Light: hex("#ff9f86"), Shade: hex("#4b3a6c")}}
	c.Paint(sky.At)
	Stars(c, n+4, 260, func(x, y float64) float64 { return smooth(0.35, 0, y) })
	r := n.Rand()
	line := 0.7
	for layer := range 4 {
		t := float64(layer) / 3
		col := hex("#c9748a").to(hex("#15152e"), math.Pow(t, 0.55))
		for x := -0.05; x < a+0.05; {
			w := between(r, 0.022, 0.06) * lerp(0.7, 1.15, t)
			hump := math.Exp(-math.Pow((x-a*0.6)/(a*0.24), 2))
			h := lerp(0.12, 0.06, t) + lerp(0.32, 0.22, t)*hump*between(r, 0.2, 1.1) + between(r, 0, 0.07)
			top := line - h
			c.Shape([]Point{{x, line}, {x, top}, {x + w, top}, {x + w, line}}, 1, func(px, py float64) RGB {
				return col.to(hex("#f0916e"), 0.42*(1-t)*smooth(top, line, py)).times(1 + 0.12*(0.5-(px-x)/w))
			})
			switch r.IntN(5) {
			case 0:
				c.Fill([]Point{{x + w*0.2, top}, {x + w*0.5, top - h*0.16}, {x + w*0.8, top}}, col)
			case 1:
				c.Fill([]Point{{x + w*0.25, top}, {x + w*0.25, top - 0.02}, {x + w*0.7, top - 0.02}, {x + w*0.7, top}}, col)
			case 2:
				c.Fill(limb(Point{x + w/2, top}, Point{x + w/2, top - h*0.22}, 0.003, 0.001), col)
			}
			if layer >= 1 {
				pw, ph := 0.0042*lerp(0.7, 1.1, t), 0.0062*lerp(0.7, 1.1, t)
				share := between(r, 0.05, 0.32)
				for wy := top + 0.012; wy < line-0.012; wy += ph * 2.2 {
					for wx := x + 0.006; wx < x+w-0.006; wx += pw * 2.1 {
						if r.Float64() > share {
							continue
						}
						glow := gradientPick(r, "#ffd58a", "#ffbf66", "#fff0c8", "#ffca9a").times(between(r, 0.5, 1.1))
						c.Fill([]Point{{wx, wy}, {wx + pw, wy}, {wx + pw, wy + ph}, {wx, wy + ph}}, col.to(glow, lerp(0.35, 0.95, t)))
					}
				}
			}
			x += w + between(r, -0.006, 0.012)
		}
	}
	for range 60 {
		x := r.Float64() * a
		c.Glow(x, line-0.006, 0.016, hex("#ffc27a").times(0.9))
	}
	Mirror(c, n+7, line, 3.2, hex("#12132c"), 0.72)
	c.Over(func(x, y float64) (RGB, float64) {
		return hex("#0d0e20"), 0.8 * math.Exp(-math.Abs(y-line)/0.004)
	})
	c.Vignette(0.35)
}

// lighthouse draws a tower on a cliff whose lamp has just been lit.
func lighthouse(c *Canvas, n Noise) {
	a := c.Aspect()
	sky := &Sky{Colors: gradient("#27406e", "#5673a0", "#b79ab0", "#f2b59a", "#ffdcae"), Horizon: 0.68, Sun: Point{a * 0.1, 0.66}, Shine: hex("#ffb070"), Glow: 0.25,
		Clouds: Clouds{Noise: n + 1, Cover: 0.52, Scale: 0.7, Stretch: 2.2, Light: hex("#ffc4a0"), Shade: hex("#6b6a92")}}
	sea := &Sea{Noise: n + 2, Sky: sky, Horizon: 0.68, Deep: hex("#123048"), Chop: 0.9, Scale: 1.6}
	c.Paint(func(x, y float64) RGB {
		if y > sea.Horizon {
			return sea.At(x, y)
		}
		return sky.At(x, y)
	})
	Stars(c, n+9, 200, func(x, y float64) float64 { return smooth(0.3, 0, y) })
	top := func(x float64) float64 {
		return 0.71 - 0.13*smooth(a*0.3, a*0.58, x) + 0.05*n.FBM(x*5, 2, 5) - 0.02*x
	}
	shore := func(x float64) float64 { return 0.985 - 0.11*smooth(a*0.2, a*0.55, x) + 0.05*n.FBM(x*4, 7, 4) }
	left := func(y float64) float64 { return a*0.3 + 0.06*n.FBM(y*9, 3, 5) - 0.12*smooth(0.72, 1, y) }
	rock := gradient("#16161f", "#3c3440", "#7a5f5c", "#c08a70")
	c.Over(func(x, y float64) (RGB, float64) {
		t := top(x)
		s := max(shore(x), t+0.02)
		in := smooth(0, 0.006, x-left(y)) * smooth(t-0.001, t+0.002, y)
		if in == 0 {
			return RGB{}, 0
		}
		e := 0.01
		u, v := x*16+0.6*n.At(x*9, y*9), y*10
		face := (n+5).Ridged(u+e*12, v, 7) - (n+5).Ridged(u-e*12, v, 7)
		lit := clamp(0.3 - 0.9*face + 0.35*smooth(left(y)+0.3, left(y), x))
		col := rock.At(lit)
		green := smooth(0.035, 0.0, y-t+0.02*n.FBM(x*30, y*30, 3))
		col = col.to(hex("#3c4a2c").times(0.6+0.9*lit), green*0.9)
		foam := smooth(0.018, 0, math.Abs(y-s)+0.014*n.FBM(x*22, y*30, 4))
		if y > s {
			return hex("#e9d6cc"), in * foam * 0.85
		}
		return col.to(hex("#f0ddd0"), foam*0.8), in
	})
	bx, by := a*0.66, top(a*0.66)+0.01
	h := 0.34
	p := func(x, y float64) Point { return Point{bx + x*h, by - y*h} }
	lamp := p(0, 0.9)
	c.Light(func(x, y float64) RGB {
		dx, dy := x-lamp.X, y-lamp.Y
		d := math.Hypot(dx, dy)
		beam := 0.0
		for _, dir := range [2]float64{math.Pi + 0.12, 0.07} {
			off := math.Remainder(math.Atan2(dy, dx)-dir, 2*math.Pi)
			beam += math.Exp(-off*off/0.0028) * 0.34 / (1 + 1.7*d)
		}
		return hex("#fff0c0").times(beam * smooth(0, 0.03, d))
	})
	// Keeper's house.
	c.Fill([]Point{p(0.1, 0), p(0.1, 0.14), p(0.42, 0.14), p(0.42, -0.03)}, hex("#d9cdc6"))
	c.Fill([]Point{p(0.07, 0.13), p(0.15, 0.24), p(0.38, 0.24), p(0.45, 0.13)}, hex("#8a3b34"))
	for _, x := range [2]float64{0.17, 0.31} {
		c.Fill([]Point{p(x, 0.04), p(x, 0.1), p(x+0.045, 0.1), p(x+0.045, 0.04)}, hex("#ffd27a"))
		c.Glow(p(x+0.02, 0.07).X, p(0, 0.07).Y, 0.02, hex("#ffb84a").times(0.5))
	}
	tower := []Point{p(-0.105, -0.03), p(-0.068, 0.8), p(0.068, 0.8), p(0.105, -0.03)}
	c.Shape(tower, 1, func(x, y float64) RGB {
		v := (by - y) / h
		u := (x - bx) / h / 0.1
		col := hex("#f3ece4")
		if int(math.Floor(v*5.2))%2 == 1 {
			col = hex("#c23a30")
		}
		return col.times(clamp(0.78 - 0.5*u)).tint(hex("#ffe4d6"))
	})
	c.Fill([]Point{p(-0.1, 0.8), p(-0.1, 0.825), p(0.1, 0.825), p(0.1, 0.8)}, hex("#26242c"))
	c.Fill([]Point{p(-0.055, 0.825), p(-0.055, 0.955), p(0.055, 0.955), p(0.055, 0.825)}, hex("#ffe9ae"))
	for _, x := range [4]float64{-0.055, -0.018, 0.018, 0.055} {
		c.Fill(limb(p(x, 0.825), p(x, 0.955), 0.002, 0.002), hex("#33303a"))
	}
	c.Fill([]Point{p(-0.075, 0.95), p(-0.03, 1.02), p(0, 1.06), p(0.03, 1.02), p(0.075, 0.95)}, hex("#7c2a28"))
	c.Glow(lamp.X, lamp.Y, 0.11, hex("#ffe6a8").times(0.9))
	Gulls(c, n+12, 7, Point{a * 0.28, 0.4}, 0.09, 0.013, hex("#e9e2e4"))
	c.Vignette(0.3)
}

// cabin draws a hut in the blue hour, light in its windows, snow all around.
func cabin(c *Canvas, n Noise) {
	a := c.Aspect()
	sky := Sky{Colors: gradient("#101d45", "#27417c", "#5878ad", "#b3a6c4"), Horizon: 0.55, Sun: Point{a * 0.7, 0.6}, Shine: hex("#d9a0a8"), Glow: 0.3}
	c.Paint(sky.At)
	Stars(c, n, 900, func(x, y float64) float64 { return smooth(0.42, 0.05, y) })
	for _, k := range []Chain{
		{Noise: n + 1, Base: 0.52, Amp: 0.3, Scale: 1.5, Top: hex("#6b80b4"), Foot: hex("#9a9cc0"), Mist: 0.3, Lit: hex("#5a6490"), FromLeft: false},
		{Noise: n + 2, Base: 0.58, Amp: 0.13, Scale: 1.2, Round: true, Top: hex("#33487a"), Foot: hex("#7d88b4"), Mist: 0.15, Trees: 0.04},
	} {
		k.Draw(c)
	}
	snow := func(x float64) float64 {
		return 0.66 - 0.05*smooth(a*0.2, a*0.6, x) + 0.035*n.FBM(x*1.5, 3, 3)
	}
	door := Point{a * 0.6, snow(a*0.6) + 0.09}
	r := n.Rand()
	for i := range 26 {
		x := (float64(i) + r.Float64()) / 26 * a
		if math.Abs(x-door.X) > 0.17 {
			SnowFir(c, r, Point{x, snow(x) + 0.015}, between(r, 0.12, 0.27), hex("#16254a"), hex("#8296c8"))
		}
	}
	field := gradient("#7d90c4", "#6379b0", "#3c4f86", "#22305c")
	c.Over(func(x, y float64) (RGB, float64) {
		s := snow(x)
		d := (y - s) / (1 - s)
		drift := n.FBM(x*2.2, y*7, 5)
		g := n.FBM(x*2.2+0.05, y*7-0.04, 5) - drift
		col := field.At(d*0.95 + 0.5*g + 0.12*drift)
		warm := math.Exp(-math.Hypot((x-door.X)*1.1, (y-door.Y-0.03)*2.4) * 7)
		return col.plus(hex("#ff9a3c").times(0.85 * warm * (1 + 0.8*drift))), smooth(s-0.001, s+0.003, y)
	})
	h := 0.21
	p := func(x, y float64) Point { return Point{door.X + x*h, door.Y - y*h} }
	wall := hex("#3a2418")
	c.Shape([]Point{p(-0.55, 0), p(-0.55, 0.42), p(0.55, 0.42), p(0.55, 0)}, 1, func(x, y float64) RGB {
		log := math.Abs(math.Mod((door.Y-y)/h*12, 1) - 0.5)
		return wall.times(0.65 + 1.1*log + 0.4*n.At(x*160, y*500))
	})
	c.Fill([]Point{p(0.28, 0.6), p(0.28, 0.98), p(0.4, 0.98), p(0.4, 0.6)}, hex("#33242a"))
	c.Fill([]Point{p(0.265, 0.97), p(0.3, 1.03), p(0.39, 1.03), p(0.415, 0.97)}, hex("#b6c3e6"))
	c.Shape([]Point{p(-0.68, 0.38), p(-0.36, 0.86), p(0.36, 0.86), p(0.68, 0.38), p(0.62, 0.36), p(-0.62, 0.36)}, 1, func(x, y float64) RGB {
		return hex("#c3cdec").times(0.5 + 0.35*(door.Y-y)/h + 0.12*n.FBM(x*20, y*20, 3))
	})
	for _, x := range [3]float64{-0.42, 0.2, 0.36} {
		w := 0.13
		c.Fill([]Point{p(x-0.01, 0.11), p(x-0.01, 0.32), p(x+w+0.01, 0.32), p(x+w+0.01, 0.11)}, hex("#1d100b"))
		c.Fill([]Point{p(x, 0.12), p(x, 0.31), p(x+w, 0.31), p(x+w, 0.12)}, hex("#ffd27a").times(1.15))
		c.Fill(limb(p(x+w/2, 0.12), p(x+w/2, 0.31), 0.002, 0.002), hex("#4a2a12"))
		c.Fill(limb(p(x, 0.22), p(x+w, 0.22), 0.002, 0.002), hex("#4a2a12"))
		c.Glow(p(x+w/2, 0.2).X, p(0, 0.2).Y, 0.09, hex("#ff9c3a").times(0.5))
	}
	c.Fill([]Point{p(-0.12, 0), p(-0.12, 0.33), p(0.05, 0.33), p(0.05, 0)}, hex("#231209"))
	// Smoke that the cold air keeps low.
	c.Over(func(x, y float64) (RGB, float64) {
		top := p(0.34, 1.05)
		up := top.Y - y
		if up < 0 {
			return RGB{}, 0
		}
		mid := top.X + 0.5*up*up + 0.05*up*8*n.FBM(2, y*9, 3)*0.4
		w := 0.006 + 0.12*up
		return hex("#aab2d2"), 0.5 * math.Exp(-math.Pow((x-mid)/w, 2)) * math.Exp(-up*4.5) * clamp(0.75+0.8*n.FBM(x*18, y*14, 4))
	})
	for range 10 {
		x := between(r, -0.1, 0.3) * a
		if r.IntN(2) == 0 {
			x = a - x*0.7
		}
		SnowFir(c, r, Point{x, between(r, 0.8, 0.98)}, between(r, 0.32, 0.52), hex("#0c1630"), hex("#6d82b8"))
	}
	c.Vignette(0.4)
}
