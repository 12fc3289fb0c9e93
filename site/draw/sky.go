package main

import "math"

// A Sky is everything above the horizon, as a function of the place, so that water can mirror it.
type Sky struct {
	Colors  Gradient // from the top of the picture down to the horizon
	Horizon float64
	Sun     Point
	Disc    float64 // radius of sun or moon; 0 draws none
	Shine   RGB     // light of the disc and of the glow around it
	Glow    float64 // reach of the glow, in heights
	Clouds  Clouds
}

// Clouds are a layer seen in perspective. The zero value is a clear sky.
type Clouds struct {
	Noise        Noise
	Cover        float64 // 0 clear to 1 overcast
	Scale        float64 // how many clouds
	Stretch      float64 // 1 is round; more draws them out into streaks along the horizon
	Light, Shade RGB
}

// At returns the sky's colour.
func (s *Sky) At(x, y float64) RGB {
	c := s.Colors.At(y / s.Horizon)
	d := math.Hypot(x-s.Sun.X, y-s.Sun.Y)
	near := 0.0
	if s.Glow > 0 {
		near = math.Exp(-d / s.Glow)
		c = c.plus(s.Shine.times(0.4 * near))
	}
	if s.Disc > 0 {
		c = c.to(s.Shine.times(1.6), smooth(s.Disc*1.06, s.Disc*0.94, d))
		c = c.plus(s.Shine.times(0.35 * math.Exp(-max(d-s.Disc, 0)/s.Disc/1.2)))
	}
	if s.Clouds.Cover > 0 && y < s.Horizon {
		col, a := s.cloud(x, y, near)
		c = c.to(col, a)
	}
	return c
}

func (s *Sky) cloud(x, y, near float64) (RGB, float64) {
	k := &s.Clouds
	up := (s.Horizon - y) / s.Horizon
	depth := 1 / (up + 0.16)
	u, v := k.Scale*(x-s.Sun.X)*depth/k.Stretch, k.Scale*depth*1.7
	warp := k.Noise.FBM(u*0.7+5, v*0.7, 3)
	density := func(u, v float64) float64 {
		return k.Noise.FBM(u+0.6*warp, v+0.5*warp, 6) + k.Cover - 0.5
	}
	here := density(u, v)
	a := smooth(0, 0.28, here) * smooth(0.02, 0.22, up)
	if a == 0 {
		return RGB{}, 0
	}
	// A cloud is bright where there is less of it on the way to the sun.
	dx, dy := s.Sun.X-x, s.Sun.Y-y
	l := max(math.Hypot(dx, dy), 0.05)
	there := density(u+0.12*dx/l, v+0.12*dy/l)
	lit := clamp(0.55 + 2.2*(here-there) - 0.5*smooth(0.1, 0.6, here))
	return k.Shade.to(k.Light, lit).plus(s.Shine.times(0.5 * near * (1 - 0.6*a))), a * 0.94
}

// Stars scatters stars over the part of a canvas above floor(x): many faint, few bright, some warm and some cold. The
// density function says how likely a star is at a place, 0 to 1.
func Stars(c *Canvas, n Noise, count int, density func(x, y float64) float64) {
	r := n.Rand()
	for range count {
		x, y, keep, m, t := r.Float64()*c.Aspect(), r.Float64(), r.Float64(), r.Float64(), r.Float64()
		if keep > density(x, y) {
			continue
		}
		light := 0.12 + 1.4*math.Pow(m, 9)
		col := hex("#ffe2c4").to(hex("#c9dcff"), t).times(light)
		c.Glow(x, y, 0.0012+0.0012*light, col.times(1.6))
		if light > 0.9 {
			c.Glow(x, y, 0.012, col.times(0.16))
		}
	}
}

// MilkyWay adds the band of our galaxy along the line through p at an angle (radians), with its dark lanes.
func MilkyWay(c *Canvas, n Noise, p Point, angle, width float64, fade func(y float64) float64) {
	sin, cos := math.Sincos(angle)
	c.Light(func(x, y float64) RGB {
		along, across := (x-p.X)*cos+(y-p.Y)*sin, -(x-p.X)*sin+(y-p.Y)*cos
		across += 0.04 * n.FBM(along*2, 1, 3)
		core := math.Exp(-across * across / width / width)
		cloud := 0.55 + 0.9*n.FBM(along*4, across*7, 6)
		lane := smooth(0.02, 0.4, (n+9).FBM(along*3.2+4, across*9, 6)+0.42*math.Exp(-across*across/(width*width*0.07)))
		heart := math.Exp(-(along*along)/0.12) * math.Exp(-across*across/width/width*2.2)
		light := core * clamp(cloud) * (1 - 0.85*lane*core)
		return hex("#7186bd").times(0.32 * light).plus(hex("#e2a878").times(0.42 * heart * clamp(cloud) * (1 - 0.85*lane))).times(fade(y))
	})
}

// Aurora adds a curtain of northern light whose foot follows foot(x).
func Aurora(c *Canvas, n Noise, foot func(x float64) float64, height, strength float64, low, high RGB) {
	c.Light(func(x, y float64) RGB {
		f := foot(x)
		up := f - y
		if up < -0.07 {
			return RGB{}
		}
		rays := 0.55 + 0.5*n.FBM(x*22, y*0.8, 3) + 0.35*n.FBM(x*5, 2, 2)
		tall := height * (0.75 + 0.6*n.FBM(x*3, 7, 3))
		body := math.Exp(-max(up, 0)/tall) * smooth(-0.07, 0.03, up)
		return low.to(high, smooth(0.05, 1.5, up/tall)).times(strength * clamp(rays) * body)
	})
}
