package main

import "math"

// A Sea is water up to the horizon that mirrors a sky with the slopes of its waves.
type Sea struct {
	Noise   Noise
	Sky     *Sky
	Horizon float64
	Deep    RGB     // what is seen where the water does not mirror
	Chop    float64 // height of the waves: 0.3 calm to 2 rough
	Scale   float64 // waves by height of the picture, at the bottom edge
	Time    float64 // seconds, for moving pictures
}

// At returns the water's colour.
func (s *Sea) At(x, y float64) RGB {
	down := max(y-s.Horizon, 1e-4)
	depth := 1 / (down + 0.012)
	u, v := x*depth*s.Scale*0.3, depth*s.Scale
	// Waves smaller than a pixel are left out rather than let flicker.
	slopeX, slopeY := 0.0, 0.0
	amp, freq := 1.0, 0.35
	for i := range 6 {
		n := s.Noise + Noise(10*i)
		fade := smooth(1.1, 0.2, freq*depth*depth*s.Scale*0.0011)
		if fade == 0 {
			break
		}
		t := s.Time * math.Sqrt(freq) * 1.1
		slopeX += amp * fade * n.At(u*freq+t*0.35, v*freq+t)
		slopeY += amp * fade * n.At(u*freq+50-t*0.25, v*freq+17+t*1.1)
		amp *= 0.62
		freq *= 1.9
	}
	// The mean slope that a distant pixel holds blurs upwards: glitter reaches far below the sun.
	up := down*0.9 + s.Chop*(0.055+0.16*slopeY)*math.Sqrt(down+0.02)
	mirror := s.Sky.At(x+s.Chop*0.22*slopeX*math.Sqrt(down+0.01), s.Sky.Horizon-max(up, 0.002))
	fresnel := 0.28 + 0.72*math.Pow(1-clamp(down*1.15+0.24*slopeY*s.Chop), 3)
	return s.Deep.to(mirror, clamp(fresnel))
}

// Mirror turns everything below y = line into still water that reflects what stands above it: ripples grow towards the viewer.
func Mirror(c *Canvas, n Noise, line, ripple float64, deep RGB, clear float64) {
	above := &Canvas{c.W, c.H, append([]RGB(nil), c.Pix...)}
	px := 1 / float64(c.H)
	c.Over(func(x, y float64) (RGB, float64) {
		a := clamp((y-line)/px + 0.5)
		if a == 0 {
			return RGB{}, 0
		}
		d := max(y-line, 0)
		depth := 1 / (d + 0.03)
		wave := n.FBM(x*depth*0.55, depth*5.5, 4)
		breeze := smooth(-0.05, 0.35, n.FBM(x*1.3, y*9+3, 3))
		k := ripple * (0.25 + breeze) * (0.006 + d*0.09)
		col := above.Sample(x+k*0.35*wave, line-d*0.97-math.Abs(k)*0.6*wave-k*0.3)
		fresnel := clamp(clear + (1-clear)*math.Pow(1-d, 3))
		return deep.to(col, fresnel), a
	})
}
