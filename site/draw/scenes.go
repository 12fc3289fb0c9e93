package main

import "math"

// hazeDawn: range behind range in the morning haze.
func hazeDawn(c *Canvas, n Noise) {
	a := c.Aspect()
	sky := Sky{Colors: gradient("#6d8fb8", "#a9b8cc", "#f0cdb0", "#ffd9a8"), Horizon: 0.55, Sun: Point{a * 0.68, 0.36}, Disc: 0.028, Shine: hex("#fff0c4"), Glow: 0.2,
		Clouds: Clouds{Noise: n + 40, Cover: 0.3, Scale: 0.6, Stretch: 4, Light: hex("#ffe6cc"), Shade: hex("#b9aebf")}}
	c.Paint(sky.At)
	far, near := gradient("#d9b9a6", "#b29ea8", "#7d83a0", "#4f6284", "#2e4462", "#172a40"), gradient("#ffd9ac", "#f2c9aa", "#d3b4ac", "#a9a3b4", "#6f83a0", "#3a526e")
	for i := range 7 {
		t := float64(i) / 6
		k := Chain{Noise: n + Noise(13*i), Base: lerp(0.53, 1.02, math.Pow(t, 1.15)), Amp: lerp(0.2, 0.3, t), Scale: lerp(1.7, 0.8, t),
			Top: far.At(t), Foot: near.At(t), Mist: lerp(0.12, 0.3, t)}
		if i >= 4 {
			k.Trees = lerp(0.008, 0.06, (t-0.6)/0.4)
		}
		k.Draw(c)
	}
	c.Light(func(x, y float64) RGB {
		return hex("#ffcf90").times(0.16 * math.Exp(-math.Hypot(x-sky.Sun.X, y-sky.Sun.Y)*2.6))
	})
	c.Vignette(0.25)
}

// blueHour: one boat on a lake, everything blue.
func blueHour(c *Canvas, n Noise) {
	a := c.Aspect()
	sky := Sky{Colors: gradient("#2f5d94", "#6f9cc6", "#b9d3e4", "#dfe9ee"), Horizon: 0.56, Sun: Point{a * 0.45, 0.5}, Shine: hex("#e6f2ff"), Glow: 0.15}
	c.Paint(sky.At)
	for i := range 5 {
		t := float64(i) / 4
		k := Chain{Noise: n + Noise(7*i), Base: lerp(0.52, 0.58, t), Amp: lerp(0.26, 0.1, t), Scale: lerp(1.3, 1.1, t), Top: hex("#9dbfda").to(hex("#2d5a86"), t),
			Foot: hex("#cfe0ea").to(hex("#84aaca"), t), Mist: lerp(0.2, 0.08, t), Trees: 0.012 * t}
		k.Draw(c)
	}
	Mirror(c, n+5, 0.58, 2.2, hex("#204a78"), 0.7)
	c.Over(func(x, y float64) (RGB, float64) {
		return hex("#dbe8f0"), 0.75 * math.Exp(-math.Abs(y-0.585)/0.02) * clamp(0.6+1.1*n.FBM(x*2, y*30, 4))
	})
	RowingBoat(c, Point{a * 0.34, 0.76}, 0.085, hex("#12294a"))
	c.Over(func(x, y float64) (RGB, float64) {
		u, v := (x-a*0.34)/0.045, (y-0.775)/0.018
		return hex("#163258"), 0.5 * math.Exp(-u*u*u*u-v*v)
	})
	c.Vignette(0.3)
}

// alps is the high-mountain terrain shared by several scenes: ridges that grow with distance, a valley to the viewer.
func alps(n Noise, valley, rise float64) func(x, z float64, octaves int) float64 {
	return func(x, z float64, octaves int) float64 {
		u, v := x*0.35+0.15*n.At(x*0.5, z*0.5), z*0.35
		ridge := n.Ridged(u+3, v, octaves)
		hill := 0.5 + 0.8*n.FBM(x*0.16, z*0.16+4, 3)
		up := smooth(valley*0.4, valley*1.7, z+0.35*math.Abs(x))
		return rise * up * (0.22 + 0.78*ridge) * clamp(hill+0.15)
	}
}

// rockAndSnow colours alpine ground: meadow below, rock on walls, snow where it can lie.
func rockAndSnow(n Noise, line, meadow float64, rock, snow, grass RGB) func(s Spot) RGB {
	return func(s Spot) RGB {
		grain := n.FBM(s.X*3, s.Z*3+s.Y*4, 5)
		col := rock.times(1 + 0.9*grain)
		col = col.to(grass.times(1+1.2*grain), smooth(meadow, meadow*0.5, s.Y+0.12*grain)*smooth(0.45, 0.75, s.Flat))
		lies := smooth(line-0.1, line+0.16, s.Y+0.3*grain) * smooth(0.38, 0.62, s.Flat+0.15*grain)
		return col.to(snow, lies)
	}
}

// alpenglow: the last sun on the summits, upright.
func alpenglow(c *Canvas, n Noise) {
	sky := Sky{Colors: gradient("#2b3a74", "#6a6aa6", "#c793b0", "#f7c0a6"), Horizon: 0.6, Sun: Point{-0.4, 0.55}, Shine: hex("#ff9d6a"), Glow: 0.3,
		Clouds: Clouds{Noise: n + 3, Cover: 0.4, Scale: 0.7, Stretch: 2.6, Light: hex("#ffb49a"), Shade: hex("#7a6b9c")}}
	c.Paint(sky.At)
	t := Terrain{Height: alps(n, 3.2, 2.9), Color: rockAndSnow(n+7, 0.7, 0.35, hex("#6d5f5c"), hex("#f6f4f4"), hex("#4d5436")), Eye: 0.95, Horizon: 0.62, Focal: 1.25,
		Near: 0.7, Far: 26, Sun: [3]float64{-1, 0.34, -0.35}, Light: hex("#ff9a62").times(2.1), Ambient: hex("#5a6aa8").times(0.62), Fog: 0.035, FogLow: 0.9, Air: sky.At}
	t.Draw(c)
	r := n.Rand()
	for range 26 {
		x := r.Float64() * c.Aspect()
		side := math.Abs(x/c.Aspect() - 0.5)
		Fir(c, r, Point{x, between(r, 0.97, 1.05)}, between(r, 0.1, 0.2)+0.3*side*side*2, hex("#0c1420"), hex("#232f3c"))
	}
	c.Vignette(0.35)
}

// lake: a mountain and its twin in still water.
func lake(c *Canvas, n Noise) {
	a := c.Aspect()
	sky := Sky{Colors: gradient("#2f6fb4", "#7fb2dc", "#d6e8ee"), Horizon: 0.5, Sun: Point{a * 0.15, 0.05}, Shine: hex("#fff4d8"), Glow: 0.22,
		Clouds: Clouds{Noise: n + 9, Cover: 0.45, Scale: 0.7, Stretch: 1.6, Light: hex("#ffffff"), Shade: hex("#b4c3d6")}}
	c.Paint(sky.At)
	t := Terrain{Height: alps(n, 4, 2.6), Color: rockAndSnow(n+7, 0.72, 0.55, hex("#74716f"), hex("#f4f6fa"), hex("#566a34")), Eye: 0.22, Horizon: 0.55, Focal: 1.15,
		Near: 2.2, Far: 30, Sun: [3]float64{-0.8, 0.6, -0.5}, Light: hex("#fff0d4").times(1.15), Ambient: hex("#7fa6d6").times(0.5), Fog: 0.035, FogLow: 1.3, Air: sky.At}
	t.Draw(c)
	line := 0.6
	k := Chain{Noise: n + 31, Base: 0.615, Amp: 0.07, Scale: 1.2, Round: true, Top: hex("#1d3a2a"), Foot: hex("#3f6240"), Mist: 0.08, Trees: 0.045}
	k.Draw(c)
	Mirror(c, n+5, line, 1.6, hex("#0f3a4a"), 0.6)
	c.Over(func(x, y float64) (RGB, float64) {
		return hex("#a8b49a"), 0.7 * math.Exp(-math.Abs(y-line)/0.0022)
	})
	stones(c, n+77)
	c.Vignette(0.25)
}

// stones puts a shore of pebbles into the lower corner.
func stones(c *Canvas, n Noise) {
	r := n.Rand()
	a := c.Aspect()
	for i := range 300 {
		t := float64(i) / 300
		x := math.Pow(r.Float64(), 1.5) * a * 0.85
		y := 0.93 + 0.1*t + 0.11*smooth(0, a*0.8, x)
		s := lerp(0.006, 0.026, t) * between(r, 0.5, 1.2)
		col := gradientPick(r, "#8a8780", "#6f6f6c", "#a39c90", "#5c6060", "#7d746a")
		out := ellipse(x, y, s, s*between(r, 0.4, 0.65), between(r, -0.3, 0.3))
		c.Shape(ellipse(x+0.3*s, y+0.3*s, s*1.15, s*0.55, 0), 0.45, flat(hex("#0d1a1c")))
		c.Shape(out, 1, func(px, py float64) RGB {
			return col.times(clamp(0.75-0.45*(py-y)/s-0.25*(px-x)/s) * (0.9 + 0.4*n.FBM(px*80, py*80, 3)))
		})
	}
}

// ridgeWalk: two people on a ridge above the clouds.
func ridgeWalk(c *Canvas, n Noise) {
	a := c.Aspect()
	sky := Sky{Colors: gradient("#3d6db0", "#86aed6", "#f3dcc2", "#ffe2b4"), Horizon: 0.56, Sun: Point{a * 0.22, 0.42}, Disc: 0.025, Shine: hex("#fff0c0"), Glow: 0.22}
	c.Paint(sky.At)
	for i := range 4 {
		t := float64(i) / 3
		k := Chain{Noise: n + Noise(17*i), Base: lerp(0.56, 0.78, t), Amp: lerp(0.14, 0.2, t), Scale: lerp(2, 1.2, t), Top: hex("#b4bdd0").to(hex("#5f759a"), t),
			Foot: hex("#fbe6cc").to(hex("#e6dcd8"), t), Mist: lerp(0.09, 0.17, t), Lit: hex("#3a2c20"), FromLeft: true}
		k.Draw(c)
		m := n + Noise(50+i)
		c.Over(func(x, y float64) (RGB, float64) {
			top := k.Base - 0.03 + 0.05*m.FBM(x*2.4, float64(i), 4)
			puff := smooth(0, 0.05, y-top+0.05*m.FBM(x*7, y*16, 5))
			lit := clamp(0.5 + 1.2*(m.FBM(x*7-0.05, y*16-0.1, 4)-m.FBM(x*7, y*16, 4)))
			return hex("#d9c8cc").to(hex("#fff3e0"), lit), 0.9 * puff
		})
	}
	ridge := func(x float64) float64 {
		return 0.99 - 0.26*smooth(a*0.28, a*0.82, x) - 0.05*n.FBM(x*3.2, 1, 5) - 0.012*n.FBM(x*17, 5, 3)
	}
	c.Over(func(x, y float64) (RGB, float64) {
		d := y - ridge(x)
		e := 0.012
		g := n.Ridged(x*6+e*5, y*6, 5) - n.Ridged(x*6-e*5, y*6, 5)
		lit := clamp(0.32 + 1.1*g + 0.5*math.Exp(-d*30))
		col := gradient2("#1c2430", "#8a7460", lit)
		turf := smooth(0.05, 0, d+0.04*n.FBM(x*20, y*20, 3))
		return col.to(hex("#58602c").times(0.4+1.3*lit), 0.75*turf), clamp(d*float64(c.H) + 0.5)
	})
	for _, f := range []Figure{
		{At: Point{a * 0.665, 0}, H: 0.105, Left: true, Coat: hex("#d8392f"), Dark: hex("#20242e"), Skin: hex("#d9a184"), Pack: true, Stick: true},
		{At: Point{a * 0.715, 0}, H: 0.115, Left: true, Wave: true, Coat: hex("#2f6fa8"), Dark: hex("#2b2320"), Skin: hex("#d9a184"), Pack: true},
	} {
		f.At.Y = ridge(f.At.X) + 0.004
		f.Draw(c)
	}
	Gulls(c, n+3, 5, Point{a * 0.42, 0.25}, 0.07, 0.011, hex("#3a4252"))
	c.Vignette(0.25)
}

// balloons: a morning flight over wooded hills.
func balloons(c *Canvas, n Noise) {
	a := c.Aspect()
	sky := Sky{Colors: gradient("#5b9bd0", "#a8cde4", "#f8e4c4", "#ffd7a6"), Horizon: 0.62, Sun: Point{a * 0.16, 0.5}, Disc: 0.03, Shine: hex("#fff2c8"), Glow: 0.2,
		Clouds: Clouds{Noise: n + 9, Cover: 0.34, Scale: 0.6, Stretch: 3, Light: hex("#fff4e4"), Shade: hex("#c4c4d4")}}
	c.Paint(sky.At)
	Balloon(c, Point{a * 0.81, 0.44}, 0.03, -1, "#e8d8c0", "#3f7a8c")
	for i := range 5 {
		t := float64(i) / 4
		k := Chain{Noise: n + Noise(11*i), Base: lerp(0.6, 1.0, t), Amp: lerp(0.1, 0.2, t), Scale: lerp(1.6, 0.9, t), Round: true,
			Top: hex("#a5b2bd").to(hex("#1d3b34"), math.Pow(t, 0.8)), Foot: hex("#ffe6c2").to(hex("#7f9a86"), t), Mist: lerp(0.09, 0.26, t), Trees: 0.004 + 0.034*t*t}
		k.Draw(c)
		if i == 1 {
			Balloon(c, Point{a * 0.56, 0.5}, 0.045, -1, "#f2c14e", "#f78154", "#5fad56")
		}
	}
	Balloon(c, Point{a * 0.36, 0.27}, 0.125, -1, "#c8313a", "#f6e7c8", "#e88b2e", "#f6e7c8")
	Balloon(c, Point{a * 0.68, 0.2}, 0.072, -1, "#2b4a8c", "#6fb4c8", "#f4f0e0", "#6fb4c8")
	c.Light(func(x, y float64) RGB {
		return hex("#ffd090").times(0.12 * math.Exp(-math.Hypot(x-sky.Sun.X, y-sky.Sun.Y)*2.4))
	})
	c.Vignette(0.2)
}

// firstSnow: a winter valley under a clear sky.
func firstSnow(c *Canvas, n Noise) {
	a := c.Aspect()
	sky := Sky{Colors: gradient("#2a66b0", "#6fa4d8", "#cfe2f0"), Horizon: 0.5, Sun: Point{a * 0.9, 0}, Shine: hex("#fff6e0"), Glow: 0.25,
		Clouds: Clouds{Noise: n + 2, Cover: 0.3, Scale: 0.7, Stretch: 2.5, Light: hex("#ffffff"), Shade: hex("#c0cfe2")}}
	c.Paint(sky.At)
	t := Terrain{Height: alps(n, 3.4, 2.6), Color: rockAndSnow(n+7, 0.25, 0.05, hex("#5b5a62"), hex("#fbfcff"), hex("#dfe6f0")), Eye: 0.55, Horizon: 0.56, Focal: 1.1,
		Near: 0.8, Far: 28, Sun: [3]float64{0.9, 0.5, -0.3}, Light: hex("#ffeed6").times(1.05), Ambient: hex("#6f9ad8").times(0.55), Fog: 0.03, FogLow: 1.2, Air: sky.At}
	t.Draw(c)
	field := func(x float64) float64 { return 0.8 - 0.06*smooth(0, a*0.5, x) + 0.05*n.FBM(x*1.1, 9, 3) }
	c.Over(func(x, y float64) (RGB, float64) {
		d := y - field(x)
		g := n.FBM(x*1.8+0.05, y*5-0.03, 4) - n.FBM(x*1.8, y*5, 4)
		return hex("#7f9fd0").to(hex("#fffaf2"), clamp(0.62+3*g-0.5*d)), smooth(-0.001, 0.003, d)
	})
	r := n.Rand()
	for i := range 34 {
		x := (float64(i) + r.Float64()) / 34 * a
		if u := x / a; u > 0.3 && u < 0.56 {
			continue
		}
		y := field(x) + between(r, 0, 0.05)
		h := between(r, 0.1, 0.24)
		// The shadow of the tree on the snow, away from the sun.
		c.Shape([]Point{{x - 0.01, y}, {x + 0.01, y}, {x - h*1.1, y + h*0.34}}, 0.42, flat(hex("#5f86c4")))
		SnowFir(c, r, Point{x, y}, h, hex("#1e3338"), hex("#f0f5ff"))
	}
	c.Vignette(0.22)
}

// aurora: northern lights over a frozen bay, upright.
func aurora(c *Canvas, n Noise) {
	a := c.Aspect()
	sky := Sky{Colors: gradient("#050a1c", "#0a1836", "#123050", "#1d4a5c"), Horizon: 0.74}
	c.Paint(sky.At)
	Stars(c, n, 2200, func(x, y float64) float64 { return smooth(0.72, 0.2, y) })
	Aurora(c, n+1, func(x float64) float64 { return 0.52 + 0.16*n.FBM(x*1.7, 1, 3) - 0.12*x }, 0.2, 0.85, hex("#3af2a0"), hex("#7a4ad0"))
	Aurora(c, n+2, func(x float64) float64 { return 0.36 + 0.2*n.FBM(x*1.3, 5, 3) + 0.14*x }, 0.13, 0.5, hex("#4af0b8"), hex("#b04ab0"))
	c.Light(func(x, y float64) RGB { return hex("#2fc890").times(0.10 * math.Exp(-math.Abs(y-0.5)*4)) })
	for _, k := range []Chain{
		{Noise: n + 6, Base: 0.74, Amp: 0.15, Scale: 2.2, Top: hex("#17303f"), Foot: hex("#28505a"), Mist: 0.16, Lit: hex("#23584e")},
		{Noise: n + 8, Base: 0.765, Amp: 0.05, Scale: 2, Round: true, Top: hex("#08131c"), Foot: hex("#12242c"), Mist: 0.08, Trees: 0.03},
	} {
		k.Draw(c)
	}
	Mirror(c, n+4, 0.768, 2.4, hex("#061420"), 0.62)
	bank := func(x float64) float64 { return 0.93 + 0.05*n.FBM(x*2, 2, 4) - 0.06*smooth(a*0.4, a, x) }
	c.Over(func(x, y float64) (RGB, float64) {
		d := y - bank(x)
		g := n.FBM(x*3+0.05, y*8-0.04, 4) - n.FBM(x*3, y*8, 4)
		return hex("#0f2a36").to(hex("#5fb8a4"), clamp(0.35+2.6*g+0.3*math.Exp(-d*30))), smooth(-0.001, 0.003, d)
	})
	r := n.Rand()
	for _, x := range []float64{0.93, 0.8, 0.99, 0.07, 0.7} {
		SnowFir(c, r, Point{x * a, bank(x*a) + 0.03}, between(r, 0.14, 0.3), hex("#04090e"), hex("#3f7f7c"))
	}
	f := Figure{At: Point{a * 0.4, bank(a*0.4) + 0.012}, H: 0.06, Coat: hex("#0a1218"), Dark: hex("#060b10"), Skin: hex("#1a2a2c"), Long: true}
	f.Draw(c)
	c.Vignette(0.35)
}

// snowfall: firs in falling snow, the nearest flakes out of focus.
func snowfall(c *Canvas, n Noise) {
	a := c.Aspect()
	air := gradient("#b9c4d2", "#d3dbe4", "#e9edf2")
	c.Paint(func(x, y float64) RGB { return air.At(y + 0.15*n.FBM(x*1.5, y*2, 3)) })
	r := n.Rand()
	for row := range 5 {
		t := float64(row) / 4
		ground := lerp(0.7, 1.08, math.Pow(t, 1.4))
		h := lerp(0.26, 0.95, math.Pow(t, 1.5))
		dark, snow := hex("#b3c0cc").to(hex("#22343c"), math.Pow(t, 0.8)), hex("#e3e9f0").to(hex("#f4f7fc"), t)
		count := int(lerp(22, 5, t) * a / 1.5)
		for i := range count {
			x := (float64(i) + r.Float64()) / float64(count) * a
			if t > 0.6 && math.Abs(x-a*0.5) < 0.3*a/1.5 {
				continue
			}
			SnowFir(c, r, Point{x, ground}, h*between(r, 0.6, 1.1), dark, snow)
		}
		c.Over(func(x, y float64) (RGB, float64) {
			g := ground - 0.015 + 0.03*n.FBM(x*2, float64(row), 3)
			return hex("#dde5ee").to(hex("#f7f9fc"), clamp(0.4+1.4*n.FBM(x*3, y*9, 4))), smooth(g-0.004, g+0.03, y) * lerp(0.8, 1, t)
		})
	}
	f := Figure{At: Point{a * 0.49, 0.935}, H: 0.16, Coat: hex("#b3262a"), Dark: hex("#23262e"), Skin: hex("#dcae94"), Long: true}
	f.Draw(c)
	for range 500 {
		s := 0.0012 + 0.006*math.Pow(r.Float64(), 5)
		c.Dot(r.Float64()*a, r.Float64(), s, 0.7, hex("#ffffff"), 0.75)
	}
	for range 24 {
		c.Dot(r.Float64()*a, r.Float64(), between(r, 0.01, 0.022), 0.6, hex("#ffffff"), 0.3)
	}
}

// seaside paints a sky and the sea below it.
func seaside(c *Canvas, sky *Sky, sea *Sea) {
	c.Paint(func(x, y float64) RGB {
		if y > sea.Horizon {
			return sea.At(x, y)
		}
		return sky.At(x, y)
	})
	// Air over the horizon softens the line.
	c.Over(func(x, y float64) (RGB, float64) {
		return sky.At(x, sky.Horizon-0.01), 0.55 * math.Exp(-math.Abs(y-sea.Horizon)/0.004)
	})
}

// sunset: the sun goes down over the open sea.
func sunset(c *Canvas, n Noise) {
	a := c.Aspect()
	sky := &Sky{Colors: gradient("#2c3a78", "#7a5a9c", "#e07a72", "#ffb066", "#ffd58a"), Horizon: 0.56, Sun: Point{a * 0.6, 0.5}, Disc: 0.04, Shine: hex("#ffd98a"), Glow: 0.22,
		Clouds: Clouds{Noise: n, Cover: 0.52, Scale: 0.75, Stretch: 2.4, Light: hex("#ff9e70"), Shade: hex("#5a4a84")}}
	sea := &Sea{Noise: n + 3, Sky: sky, Horizon: 0.56, Deep: hex("#14284c"), Chop: 1.1, Scale: 2}
	seaside(c, sky, sea)
	Boat(c, Point{a * 0.34, 0.572}, 0.11, hex("#3a2c4c"), hex("#1c1830"))
	Gulls(c, n+5, 8, Point{a * 0.5, 0.27}, 0.13, 0.012, hex("#2c2440"))
	c.Vignette(0.28)
}

// moonlight: the full moon over a calm bay, square.
func moonlight(c *Canvas, n Noise) {
	a := c.Aspect()
	sky := &Sky{Colors: gradient("#060d24", "#10244a", "#2a4a76", "#4f7094"), Horizon: 0.6, Sun: Point{a * 0.5, 0.27}, Disc: 0.05, Shine: hex("#e6ecf4"), Glow: 0.14,
		Clouds: Clouds{Noise: n, Cover: 0.46, Scale: 0.8, Stretch: 2, Light: hex("#8fa4c4"), Shade: hex("#16264a")}}
	sea := &Sea{Noise: n + 2, Sky: sky, Horizon: 0.6, Deep: hex("#081a34"), Chop: 1.0, Scale: 1.8}
	seaside(c, sky, sea)
	c.Over(func(x, y float64) (RGB, float64) { // the moon's dark plains
		d := math.Hypot(x-sky.Sun.X, y-sky.Sun.Y)
		return hex("#9aa8bc"), 0.8 * smooth(0.05, 0.044, d) * smooth(0.0, 0.3, (n+8).FBM(x*26, y*26, 4))
	})
	Stars(c, n+4, 800, func(x, y float64) float64 {
		return smooth(0.55, 0.1, y) * smooth(0.09, 0.25, math.Hypot(x-sky.Sun.X, y-sky.Sun.Y))
	})
	for i, s := range []float64{1, -1} {
		k := Chain{Noise: n + Noise(20+i), Base: 0.61, Amp: 0.2, Scale: 2, Top: hex("#0b1730"), Foot: hex("#1c3454"), Mist: 0.2, Trees: 0.012}
		c.Shape(headland(&k, a, s), 1, func(x, y float64) RGB { return k.Top.to(k.Foot, smooth(0.45, 0.62, y)) })
	}
	c.Vignette(0.35)
}

// headland is land that comes in from one side (1 left, -1 right) and ends in the water.
func headland(k *Chain, a, side float64) []Point {
	var out []Point
	for i := range 161 {
		u := float64(i) / 160
		x := u * a * 0.42
		if side < 0 {
			x = a - x
		}
		fall := math.Pow(1-u, 0.8)
		out = append(out, Point{x, k.Base - (k.Base-k.Ridge(x))*fall})
	}
	edge := 0.0
	if side < 0 {
		edge = a
	}
	return append(out, Point{edge, k.Base})
}

// islands: a wide view over islands in evening haze, a panorama.
func islands(c *Canvas, n Noise) {
	a := c.Aspect()
	sky := &Sky{Colors: gradient("#5a8cc0", "#a9c4dc", "#f4dcc4", "#ffe0b4"), Horizon: 0.6, Sun: Point{a * 0.3, 0.42}, Disc: 0.035, Shine: hex("#fff0cc"), Glow: 0.3,
		Clouds: Clouds{Noise: n, Cover: 0.4, Scale: 0.5, Stretch: 3, Light: hex("#fff0e0"), Shade: hex("#bdb6cc")}}
	sea := &Sea{Noise: n + 2, Sky: sky, Horizon: 0.6, Deep: hex("#2c5a7c"), Chop: 0.7, Scale: 1.6}
	seaside(c, sky, sea)
	r := n.Rand()
	for i := range 9 {
		t := float64(i) / 8
		mid, w := r.Float64()*a, lerp(0.5, 0.75, r.Float64())*lerp(0.9, 0.7, t)
		base := lerp(0.603, 0.68, t*t)
		k := Chain{Noise: n + Noise(30+9*i), Base: base, Amp: lerp(0.16, 0.22, r.Float64()), Scale: 1.6}
		top, foot := hex("#b4b8cc").to(hex("#3c5670"), t), hex("#ead6cc").to(hex("#7f95a8"), t)
		var out []Point
		for s := range 181 {
			u := float64(s)/90 - 1
			x := mid + u*w/2
			out = append(out, Point{x, base - (base-k.Ridge(x))*math.Pow(max(1-u*u, 0), 0.8)})
		}
		c.Shape(out, 1, func(x, y float64) RGB { return top.to(foot, smooth(base-0.14, base, y)) })
		c.Over(func(x, y float64) (RGB, float64) { // its dim reflection
			u := (x - mid) / (w / 2)
			return top.to(foot, 0.4), 0.45 * smooth(1, 0.5, math.Abs(u)) * smooth(base-0.001, base+0.001, y) * math.Exp(-(y-base)/0.035) * clamp(0.6+n.FBM(x*6, y*120, 3))
		})
	}
	Boat(c, Point{a * 0.62, 0.79}, 0.17, hex("#fff6e8"), hex("#3a3440"))
	c.Over(func(x, y float64) (RGB, float64) {
		u := (x - a*0.615) / 0.045
		return hex("#dfd8d4"), 0.5 * math.Exp(-u*u) * smooth(0.79, 0.795, y) * math.Exp(-(y-0.79)/0.05) * clamp(0.5+1.4*n.FBM(x*8, y*90, 3))
	})
	c.Vignette(0.18)
}

// beach paints sand that slopes into the sea, with the last thin wave on it.
func beach(c *Canvas, n Noise, horizon float64, sky *Sky, sea *Sea, sand Gradient) {
	seaside(c, sky, sea)
	a := c.Aspect()
	shore := func(x float64) float64 {
		return horizon + 0.17 + 0.05*math.Sin(x*2.1+1) + 0.035*n.FBM(x*2.2, 4, 4) + 0.05*x/a
	}
	c.Over(func(x, y float64) (RGB, float64) {
		s := shore(x)
		d := y - s
		depth := 1 / (y - horizon + 0.05)
		ripples := n.FBM(x*depth*0.8, depth*5, 5)
		dry := smooth(0.02, 0.13, d+0.03*n.FBM(x*3, 2, 3))
		col := sand.At(dry*0.75 + 0.25*(y-s)).times(1 + 0.35*ripples + 0.1*n.FBM(x*90, y*120, 2))
		wet := sky.At(x+0.02*ripples, max(horizon-(y-horizon)*0.9, 0.02))
		col = col.to(wet, 0.55*(1-dry))
		foam := smooth(0.016, 0.002, math.Abs(d-0.004)+0.012*math.Abs(n.FBM(x*24, y*40, 4)))
		foam += 0.6 * smooth(0.008, 0, math.Abs(d+0.045+0.015*n.FBM(x*5, 9, 3))+0.014*math.Abs(n.FBM(x*18, y*50, 4)))
		return col.to(hex("#fffaf0"), clamp(foam)*0.9), max(smooth(-0.002, 0.004, d), clamp(foam)*0.9*smooth(-0.09, -0.02, d))
	})
}

// dogBeach: a dog, its person and a ball on the beach.
func dogBeach(c *Canvas, n Noise) {
	a := c.Aspect()
	sky := &Sky{Colors: gradient("#3f8ad0", "#7fb8e4", "#bddcf0", "#e6ecea"), Horizon: 0.42, Sun: Point{a * 0.2, 0.1}, Shine: hex("#fff0d0"), Glow: 0.16,
		Clouds: Clouds{Noise: n, Cover: 0.46, Scale: 0.8, Stretch: 1.7, Light: hex("#ffffff"), Shade: hex("#b4c8da")}}
	sea := &Sea{Noise: n + 3, Sky: sky, Horizon: 0.42, Deep: hex("#12708c"), Chop: 1.3, Scale: 2}
	beach(c, n, 0.42, sky, sea, gradient("#8a7454", "#c9ab7c", "#ecd3a2", "#f4dfb4"))
	shadow := func(x, y, w, h float64) {
		c.Shape(ellipse(x, y, w, h, 0.05), 0.4, flat(hex("#5a4630")))
	}
	shadow(a*0.46, 0.805, 0.11, 0.008)
	Dog(c, Point{a*0.46 + 0.03, 0.805}, 0.085, false, hex("#8a5228"))
	shadow(a*0.72+0.06, 0.86, 0.085, 0.007)
	f := Figure{At: Point{a * 0.72, 0.86}, H: 0.25, Left: true, Wave: true, Long: true, Coat: hex("#e8b23a"), Dark: hex("#4a2f22"), Skin: hex("#dca684")}
	f.Draw(c)
	ball := Point{a * 0.61, 0.64}
	c.Shape(ellipse(ball.X, ball.Y, 0.012, 0.012, 0), 1, func(x, y float64) RGB {
		return hex("#d8342c").times(clamp(0.8 - 28*((x-ball.X)+(y-ball.Y))))
	})
	shadow(a*0.61+0.05, 0.83, 0.014, 0.0035)
	r := n.Rand()
	for i := range 22 { // paw prints
		x := a*0.06 + float64(i)*0.026
		y := 0.83 + 0.012*float64(i%2) + between(r, -0.003, 0.003)
		if x < a*0.36 {
			c.Shape(ellipse(x, y, 0.006, 0.003, 0), 0.4, flat(hex("#8a6c44")))
		}
	}
	Gulls(c, n+2, 6, Point{a * 0.4, 0.17}, 0.1, 0.014, hex("#eef2f4"))
	c.Vignette(0.2)
}

// duneField is sand blown into long asymmetric crests.
func duneField(n Noise, high float64) func(x, z float64, octaves int) float64 {
	return func(x, z float64, octaves int) float64 {
		h := 0.0
		for i, s := range [3]float64{0.2, 0.55, 1.5} {
			u := s * (z*0.9 + 0.42*x + 1.5*(n+Noise(i)).FBM(x*0.28*s+7, z*0.2*s, 2))
			t := u - math.Floor(u)
			// A gentle windward side, a steep slip face.
			crest := smooth(0, 0.74, t) * smooth(1, 0.74, t)
			h += high * crest * [3]float64{1, 0.4, 0.1}[i] * clamp(0.6+1.1*(n+9).FBM(x*0.3*s, z*0.3*s, 2))
		}
		if octaves > 5 {
			h += 0.0011 * math.Sin(34*(z+0.35*x+0.25*n.FBM(x*1.5, z*1.5, 2))) * smooth(7, 1, z)
		}
		return h + 0.3*n.FBM(x*0.12, z*0.12, 2)
	}
}

func sandColor(n Noise, light, dark RGB) func(s Spot) RGB {
	return func(s Spot) RGB {
		return dark.to(light, smooth(0.55, 0.98, s.Flat)).times(1 + 0.12*n.FBM(s.X*9, s.Z*9, 3))
	}
}

// dunesMorning: low sun draws every crest.
func dunesMorning(c *Canvas, n Noise) {
	sky := Sky{Colors: gradient("#3f7fc0", "#8fb8d8", "#f0dcc0"), Horizon: 0.42, Sun: Point{-0.2, 0.3}, Shine: hex("#ffe4b4"), Glow: 0.35}
	c.Paint(sky.At)
	t := Terrain{Height: duneField(n, 1.15), Color: sandColor(n+4, hex("#eeb070"), hex("#d08a4c")), Eye: 1.45, Horizon: 0.36, Focal: 1.3, Near: 0.9, Far: 60,
		Sun: [3]float64{-1, 0.2, 0.35}, Light: hex("#ffd49c").times(2.3), Ambient: hex("#8f8fc0").times(0.45), Fog: 0.028, Air: sky.At}
	t.Draw(c)
	c.Light(func(x, y float64) RGB { return hex("#ffbf70").times(0.10 * math.Exp(-x*1.5)) })
	c.Vignette(0.22)
}

// dunesDusk: a caravan on a crest, upright.
func dunesDusk(c *Canvas, n Noise) {
	a := c.Aspect()
	sky := Sky{Colors: gradient("#2a2a60", "#7a4a86", "#d8687a", "#ffa56a", "#ffd48a"), Horizon: 0.56, Sun: Point{a * 0.66, 0.47}, Disc: 0.06, Shine: hex("#ffd07a"), Glow: 0.2,
		Clouds: Clouds{Noise: n + 6, Cover: 0.38, Scale: 0.5, Stretch: 4, Light: hex("#ff9a70"), Shade: hex("#6a4478")}}
	c.Paint(sky.At)
	tops := gradient("#d8746a", "#a84e5c", "#6c3350", "#371f3c")
	for i := range 4 {
		t := float64(i) / 3
		base := lerp(0.57, 0.84, t)
		crest := func(x float64) float64 {
			u := x*lerp(1.5, 0.8, t) + 3.7*float64(i) + 0.6
			s := u - math.Floor(u)
			return base - lerp(0.05, 0.12, t)*(smooth(0, 0.68, s)*smooth(1.04, 0.66, s)) + 0.02*n.FBM(x*1.3, float64(i), 2)
		}
		c.Over(func(x, y float64) (RGB, float64) {
			d := y - crest(x)
			ripple := 0.5 + 0.5*math.Sin((d*260+14*n.FBM(x*2, y*3, 3))*lerp(2.2, 0.8, t))
			glow := math.Exp(-d * lerp(40, 18, t))
			col := tops.At(t).to(hex("#ffb070"), 0.5*glow*(1-0.4*t)).times(0.9 + 0.14*ripple*smooth(0, 0.1, d))
			return col.to(tops.At(t+0.25), smooth(0, 0.3, d)), clamp(d*float64(c.H) + 0.5)
		})
		if i == 2 {
			for j := range 5 {
				x := a*0.2 + float64(j)*0.098
				camel(c, Point{x, crest(x) + 0.003}, 0.05, hex("#2a1430"))
			}
			x := a*0.2 + 5*0.098 - 0.02
			Figure{At: Point{x, crest(x) + 0.002}, H: 0.05, Coat: hex("#2a1430"), Dark: hex("#2a1430"), Skin: hex("#2a1430"), Long: true, Stick: true}.Draw(c)
		}
	}
	c.Vignette(0.35)
}

// camel adds a walking camel with a load, as a silhouette; h is its height.
func camel(c *Canvas, at Point, h float64, col RGB) {
	p := func(x, y float64) Point { return Point{at.X + x*h, at.Y - y*h} }
	for _, l := range [4][3]float64{{-0.36, -0.44, -0.4}, {-0.3, -0.24, -0.32}, {0.2, 0.16, 0.12}, {0.26, 0.32, 0.36}} {
		c.Fill(limb(p(l[0], 0.5), p(l[1], 0.24), 0.1*h, 0.06*h), col)
		c.Fill(limb(p(l[1], 0.24), p(l[2], 0), 0.055*h, 0.05*h), col)
	}
	c.Fill(ellipse(at.X-0.04*h, at.Y-0.56*h, 0.4*h, 0.16*h, 0), col)
	c.Fill(ellipse(at.X-0.06*h, at.Y-0.72*h, 0.2*h, 0.16*h, 0), col)
	c.Fill(limb(p(0.3, 0.56), p(0.5, 0.56), 0.17*h, 0.12*h), col)
	c.Fill(limb(p(0.5, 0.56), p(0.58, 0.9), 0.12*h, 0.09*h), col)
	c.Fill(limb(p(0.57, 0.92), p(0.76, 0.88), 0.11*h, 0.07*h), col)
	c.Fill(limb(p(-0.42, 0.58), p(-0.5, 0.34), 0.03*h, 0.02*h), col)
}

// desertNight: the Milky Way over dunes.
func desertNight(c *Canvas, n Noise) {
	a := c.Aspect()
	sky := Sky{Colors: gradient("#050818", "#0b1430", "#1c2850", "#4a3f5c"), Horizon: 0.72}
	c.Paint(sky.At)
	fade := func(y float64) float64 { return smooth(0.8, 0.45, y) }
	MilkyWay(c, n+1, Point{a * 0.52, 0.42}, -1.0, 0.12, fade)
	Stars(c, n, 5200, func(x, y float64) float64 {
		across := -(x-a*0.52)*math.Sin(-1.0) + (y-0.42)*math.Cos(-1.0)
		return fade(y) * (0.35 + 0.65*math.Exp(-across*across/0.03))
	})
	t := Terrain{Height: duneField(n+3, 0.9), Color: sandColor(n+4, hex("#8a7a70"), hex("#5c5260")), Eye: 1.3, Horizon: 0.7, Focal: 1, Near: 0.9, Far: 50,
		Sun: [3]float64{0.9, 0.4, 0.35}, Light: hex("#9fb2e4").times(1.0), Ambient: hex("#43528c").times(0.6), Fog: 0.03, Air: sky.At}
	t.Draw(c)
	tent := Point{a * 0.27, 0.83}
	c.Glow(tent.X, tent.Y, 0.16, hex("#ff9c40").times(0.3))
	h := 0.075
	c.Shape([]Point{{tent.X - h*0.95, tent.Y + h*0.28}, {tent.X - h*0.1, tent.Y - h*0.62}, {tent.X + h*0.9, tent.Y + h*0.25}, {tent.X + h*0.1, tent.Y + h*0.42}}, 1, func(x, y float64) RGB {
		return hex("#ffb45a").times(1.2 * math.Exp(-math.Hypot(x-tent.X, y-tent.Y-0.2*h)/h*1.5))
	})
	Figure{At: Point{a * 0.35, 0.865}, H: 0.075, Left: true, Coat: hex("#1c1a2c"), Dark: hex("#14121f"), Skin: hex("#4c3a38")}.Draw(c)
	c.Vignette(0.4)
}

// mesas: table mountains in evening light.
func mesas(c *Canvas, n Noise) {
	a := c.Aspect()
	sky := Sky{Colors: gradient("#2f5fa8", "#7fa4d0", "#f0cfb4", "#ffc79a"), Horizon: 0.56, Sun: Point{a * 1.1, 0.45}, Shine: hex("#ffd0a0"), Glow: 0.4,
		Clouds: Clouds{Noise: n + 8, Cover: 0.46, Scale: 0.6, Stretch: 2.4, Light: hex("#ffe2cc"), Shade: hex("#9a94b8")}}
	c.Paint(sky.At)
	height := func(x, z float64, octaves int) float64 {
		plain := 0.05 * n.FBM(x*0.8, z*0.8, min(octaves, 6))
		m := n.FBM(x*0.26+2.2, z*0.26, 4) + 0.06*(n+4).Ridged(x*2.2, z*2.2, 3)
		up := smooth(2.5, 4, z)
		table := smooth(0.15, 0.185, m)
		talus := smooth(0.02, 0.17, m)
		return plain + up*(0.34*talus+table*(1.05+0.3*smooth(0.24, 0.26, m)))
	}
	bands := gradient("#8a3f2a", "#c46a3f", "#b0553a", "#e0946a", "#a04a34", "#d68a5c", "#b25c3e")
	t := Terrain{Height: height, Eye: 0.42, Horizon: 0.58, Focal: 1.1, Near: 0.6, Far: 40,
		Color: func(s Spot) RGB {
			strata := math.Mod(s.Y*2.2+0.1*n.FBM(s.X, s.Z, 3)+3, 1)
			col := bands.At(strata).times(0.85 + 0.4*n.FBM(s.X*6, s.Z*6+s.Y*12, 4))
			shrub := smooth(0.14, 0.26, n.FBM(s.X*11, s.Z*11, 4)) * smooth(0.75, 0.92, s.Flat) * smooth(0.3, 0.1, s.Y)
			return col.to(hex("#5c6a3c"), 0.8*shrub)
		},
		Sun: [3]float64{1, 0.4, -0.55}, Light: hex("#ffc08a").times(1.75), Ambient: hex("#7884b8").times(0.5), Fog: 0.022, Air: sky.At}
	t.Draw(c)
	c.Vignette(0.25)
}
