package main

import (
	"fmt"
	"math"
)

// RGB is a colour in linear light with sRGB primaries; 1 is the brightest that a screen shows, and light may exceed it.
type RGB struct{ R, G, B float64 }

// hex reads a colour of the program's own text, "#rrggbb" in sRGB. It panics on anything else.
func hex(s string) RGB {
	var r, g, b uint8
	if _, err := fmt.Sscanf(s, "#%02x%02x%02x", &r, &g, &b); err != nil {
		panic("colour " + s + ": write it as #rrggbb")
	}
	return RGB{decode(float64(r) / 255), decode(float64(g) / 255), decode(float64(b) / 255)}
}

// decode and encode are the transfer function of sRGB (IEC 61966-2-1).
func decode(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

func encode(v float64) float64 {
	if v <= 0.0031308 {
		return v * 12.92
	}
	return 1.055*math.Pow(v, 1/2.4) - 0.055
}

func (c RGB) times(k float64) RGB { return RGB{c.R * k, c.G * k, c.B * k} }

func (c RGB) plus(d RGB) RGB { return RGB{c.R + d.R, c.G + d.G, c.B + d.B} }

// tint multiplies channel by channel: a surface of colour c in light of colour d.
func (c RGB) tint(d RGB) RGB { return RGB{c.R * d.R, c.G * d.G, c.B * d.B} }

// to mixes light: c at t = 0, d at t = 1.
func (c RGB) to(d RGB, t float64) RGB {
	return RGB{lerp(c.R, d.R, t), lerp(c.G, d.G, t), lerp(c.B, d.B, t)}
}

// shoulder bends light beyond 0.7 softly towards 1, as film does, so that a sun has no hard rim.
func shoulder(v float64) float64 {
	if v < 0.7 {
		return max(v, 0)
	}
	return 0.7 + 0.3*(1-math.Exp(-(v-0.7)/0.3))
}

// blend mixes two colours evenly for the eye, in Oklab (Ottosson, https://bottosson.github.io/posts/oklab/).
func blend(c, d RGB, t float64) RGB {
	l0, a0, b0 := c.oklab()
	l1, a1, b1 := d.oklab()
	l, a, b := lerp(l0, l1, t), lerp(a0, a1, t), lerp(b0, b1, t)
	x, y, z := l+0.3963377774*a+0.2158037573*b, l-0.1055613458*a-0.0638541728*b, l-0.0894841775*a-1.2914855480*b
	x, y, z = x*x*x, y*y*y, z*z*z
	return RGB{
		max(4.0767416621*x-3.3077115913*y+0.2309699292*z, 0),
		max(-1.2684380046*x+2.6097574011*y-0.3413193965*z, 0),
		max(-0.0041960863*x-0.7034186147*y+1.7076147010*z, 0),
	}
}

func (c RGB) oklab() (l, a, b float64) {
	x := math.Cbrt(0.4122214708*c.R + 0.5363325363*c.G + 0.0514459929*c.B)
	y := math.Cbrt(0.2119034982*c.R + 0.6806995451*c.G + 0.1073969566*c.B)
	z := math.Cbrt(0.0883024619*c.R + 0.2817188376*c.G + 0.6299787005*c.B)
	return 0.2104542553*x + 0.7936177850*y - 0.0040720468*z,
		1.9779984951*x - 2.4285922050*y + 0.4505937099*z,
		0.0259040371*x + 0.7827717662*y - 0.8086757660*z
}

// A Gradient is a band of colours over 0 to 1, even to the eye, computed once.
type Gradient []RGB

// gradient spreads colours ("#rrggbb") evenly over 0 to 1.
func gradient(colors ...string) Gradient {
	g := make(Gradient, 513)
	n := len(colors) - 1
	for i := range g {
		t := float64(i) / float64(len(g)-1) * float64(n)
		k := min(int(t), n-1)
		g[i] = blend(hex(colors[k]), hex(colors[k+1]), t-float64(k))
	}
	return g
}

// At returns the colour at t, that of the nearer end outside 0 to 1.
func (g Gradient) At(t float64) RGB {
	t = clamp(t) * float64(len(g)-1)
	k := min(int(t), len(g)-2)
	return g[k].to(g[k+1], t-float64(k))
}
