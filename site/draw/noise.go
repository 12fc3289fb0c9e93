package main

import (
	"math"
	"math/rand/v2"
)

// A Noise is a smooth random function of the plane, one for each seed. Its methods are pure, so every row of a picture can be
// computed on its own and in any order.
type Noise uint32

// hash scatters a lattice point; the constants are those of the "lowbias32" integer hash (Ellis, 2018).
func (n Noise) hash(x, y int) uint32 {
	h := uint32(x)*0x9e3779b1 ^ uint32(y)*0x85ebca77 ^ uint32(n)*0xc2b2ae3d
	h ^= h >> 16
	h *= 0x7feb352d
	h ^= h >> 15
	h *= 0x846ca68b
	return h ^ h>>16
}

// Cell returns an even random number in [0, 1) for a lattice point.
func (n Noise) Cell(x, y int) float64 { return float64(n.hash(x, y)) / (1 << 32) }

// slope is the dot product of a lattice point's random gradient with the way from it to the sample.
func (n Noise) slope(x, y int, dx, dy float64) float64 {
	h := n.hash(x, y)
	return (float64(h&0xffff)/32768-1)*dx + (float64(h>>16)/32768-1)*dy
}

// At is gradient noise (Perlin, 2002) with features of size 1; it stays within about -1 to 1.
func (n Noise) At(x, y float64) float64 {
	fx, fy := math.Floor(x), math.Floor(y)
	ix, iy := int(fx), int(fy)
	x, y = x-fx, y-fy
	u, v := x*x*x*(x*(x*6-15)+10), y*y*y*(y*(y*6-15)+10)
	a := lerp(n.slope(ix, iy, x, y), n.slope(ix+1, iy, x-1, y), u)
	b := lerp(n.slope(ix, iy+1, x, y-1), n.slope(ix+1, iy+1, x-1, y-1), u)
	return 1.5 * lerp(a, b, v)
}

// FBM sums octaves of noise, each of half the size and half the strength: clouds, mist, texture. It stays within about -1 to 1.
func (n Noise) FBM(x, y float64, octaves int) float64 {
	sum, amp := 0.0, 0.5
	for i := range octaves {
		sum += amp * (n+Noise(i)).At(x, y)
		// A turn of about 37 degrees keeps the lattices of the octaves from lining up.
		x, y = 1.6*x+1.2*y+7.3, -1.2*x+1.6*y+3.1
		amp /= 2
	}
	return sum
}

// Ridged sums folded octaves, each weighted by the one before: sharp crests and smooth valleys (Musgrave). It is within 0 to 1.
func (n Noise) Ridged(x, y float64, octaves int) float64 {
	sum, amp, weight, total := 0.0, 0.5, 1.0, 0.0
	for i := range octaves {
		v := 1 - math.Abs((n+Noise(i)).At(x, y))
		v *= v * weight
		weight = min(max(v*1.6, 0), 1)
		sum += amp * v
		total += amp
		x, y = 1.6*x+1.2*y+7.3, -1.2*x+1.6*y+3.1
		amp /= 2
	}
	return min(max(sum/total, 0), 1)
}

// Rand returns the random numbers of a seed.
func (n Noise) Rand() *rand.Rand { return rand.New(rand.NewPCG(uint64(n), 0x5b0eb0c5)) }

// between returns an even random number from a to b.
func between(r *rand.Rand, a, b float64) float64 { return a + (b-a)*r.Float64() }

func lerp(a, b, t float64) float64 { return a + (b-a)*t }

func clamp(v float64) float64 { return min(max(v, 0), 1) }

// smooth rises from 0 at a to 1 at b without corners; a may lie above b.
func smooth(a, b, v float64) float64 {
	t := clamp((v - a) / (b - a))
	return t * t * (3 - 2*t)
}
