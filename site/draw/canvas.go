package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"runtime"
	"sync"

	"golang.org/x/image/vector"
)

// A Canvas is a picture in linear light. Drawing code works in heights: y runs from 0 at the top to 1 at the bottom, x from 0
// to [Canvas.Aspect], so that a scene looks the same at every size.
type Canvas struct {
	W, H int
	Pix  []RGB
}

// NewCanvas returns a black canvas of w by h pixels.
func NewCanvas(w, h int) *Canvas { return &Canvas{w, h, make([]RGB, w*h)} }

// Aspect is the width in heights.
func (c *Canvas) Aspect() float64 { return float64(c.W) / float64(c.H) }

// rows calls f for every row, several at a time.
func (c *Canvas) rows(f func(y int)) {
	var wg sync.WaitGroup
	n := runtime.GOMAXPROCS(0)
	for part := range n {
		wg.Go(func() {
			for y := part; y < c.H; y += n {
				f(y)
			}
		})
	}
	wg.Wait()
}

// Over lays a layer on the canvas: f gives a point's colour and coverage, 0 to 1. It must be pure.
func (c *Canvas) Over(f func(x, y float64) (RGB, float64)) {
	c.rows(func(py int) {
		y := (float64(py) + 0.5) / float64(c.H)
		for px := range c.W {
			if col, a := f((float64(px)+0.5)/float64(c.H), y); a > 0 {
				p := &c.Pix[py*c.W+px]
				*p = p.to(col, a)
			}
		}
	})
}

// Paint sets every point to f of it.
func (c *Canvas) Paint(f func(x, y float64) RGB) {
	c.Over(func(x, y float64) (RGB, float64) { return f(x, y), 1 })
}

// Light adds light to every point.
func (c *Canvas) Light(f func(x, y float64) RGB) {
	c.rows(func(py int) {
		for px := range c.W {
			p := &c.Pix[py*c.W+px]
			*p = p.plus(f((float64(px)+0.5)/float64(c.H), (float64(py)+0.5)/float64(c.H)))
		}
	})
}

// Sample reads the canvas between pixels; points outside read as the edge.
func (c *Canvas) Sample(x, y float64) RGB {
	x, y = x*float64(c.H)-0.5, y*float64(c.H)-0.5
	x, y = min(max(x, 0), float64(c.W-1)), min(max(y, 0), float64(c.H-1))
	x0, y0 := int(x), int(y)
	x1, y1 := min(x0+1, c.W-1), min(y0+1, c.H-1)
	fx, fy := x-float64(x0), y-float64(y0)
	top := c.Pix[y0*c.W+x0].to(c.Pix[y0*c.W+x1], fx)
	return top.to(c.Pix[y1*c.W+x0].to(c.Pix[y1*c.W+x1], fx), fy)
}

// A Point is a place on the canvas, in heights.
type Point struct{ X, Y float64 }

// Shape fills a closed outline with f's colours, its edges smoothed; alpha is 0 to 1.
func (c *Canvas) Shape(outline []Point, alpha float64, f func(x, y float64) RGB) {
	if len(outline) < 3 {
		return
	}
	lo, hi := outline[0], outline[0]
	for _, p := range outline {
		lo.X, lo.Y = min(lo.X, p.X), min(lo.Y, p.Y)
		hi.X, hi.Y = max(hi.X, p.X), max(hi.Y, p.Y)
	}
	h := float64(c.H)
	box := image.Rect(int(math.Floor(lo.X*h)), int(math.Floor(lo.Y*h)), int(math.Ceil(hi.X*h))+1, int(math.Ceil(hi.Y*h))+1)
	box = box.Intersect(image.Rect(0, 0, c.W, c.H))
	if box.Empty() {
		return
	}
	r := vector.NewRasterizer(box.Dx(), box.Dy())
	for i, p := range outline {
		x, y := float32(p.X*h-float64(box.Min.X)), float32(p.Y*h-float64(box.Min.Y))
		if i == 0 {
			r.MoveTo(x, y)
		} else {
			r.LineTo(x, y)
		}
	}
	r.ClosePath()
	mask := image.NewAlpha(image.Rect(0, 0, box.Dx(), box.Dy()))
	r.Draw(mask, mask.Rect, image.Opaque, image.Point{})
	for y := range box.Dy() {
		for x := range box.Dx() {
			if a := mask.Pix[y*mask.Stride+x]; a > 0 {
				p := &c.Pix[(y+box.Min.Y)*c.W+x+box.Min.X]
				col := f((float64(x+box.Min.X)+0.5)/h, (float64(y+box.Min.Y)+0.5)/h)
				*p = p.to(col, alpha*float64(a)/255)
			}
		}
	}
}

// Fill is Shape in one colour.
func (c *Canvas) Fill(outline []Point, col RGB) {
	c.Shape(outline, 1, func(x, y float64) RGB { return col })
}

// Dot lays a round spot: sharp for soft = 0, a blur without rim for soft = 1.
func (c *Canvas) Dot(x, y, radius, soft float64, col RGB, alpha float64) {
	h := float64(c.H)
	reach := radius*(1+soft) + 1/h
	for py := max(int((y-reach)*h), 0); py <= min(int((y+reach)*h), c.H-1); py++ {
		for px := max(int((x-reach)*h), 0); px <= min(int((x+reach)*h), c.W-1); px++ {
			d := math.Hypot((float64(px)+0.5)/h-x, (float64(py)+0.5)/h-y)
			edge := max(radius*soft, 0.7/h)
			if a := alpha * smooth(radius+edge, radius-edge, d); a > 0 {
				p := &c.Pix[py*c.W+px]
				*p = p.to(col, a)
			}
		}
	}
}

// Glow adds light round a point that falls off to nothing at the radius.
func (c *Canvas) Glow(x, y, radius float64, col RGB) {
	h := float64(c.H)
	for py := max(int((y-radius)*h), 0); py <= min(int((y+radius)*h), c.H-1); py++ {
		for px := max(int((x-radius)*h), 0); px <= min(int((x+radius)*h), c.W-1); px++ {
			d := math.Hypot((float64(px)+0.5)/h-x, (float64(py)+0.5)/h-y) / radius
			if d < 1 {
				p := &c.Pix[py*c.W+px]
				*p = p.plus(col.times((1 - d) * (1 - d) * (1 - d)))
			}
		}
	}
}

// Vignette darkens the corners by up to strength, as a lens does.
func (c *Canvas) Vignette(strength float64) {
	a := c.Aspect()
	c.Over(func(x, y float64) (RGB, float64) {
		d := math.Hypot((x-a/2)/(a/2), (y-0.5)/0.5) / math.Sqrt2
		return RGB{}, strength * smooth(0.45, 1.1, d)
	})
}

// Half returns the canvas at half its size: drawn large and halved, edges are smooth.
func (c *Canvas) Half() *Canvas {
	d := NewCanvas(c.W/2, c.H/2)
	d.rows(func(y int) {
		for x := range d.W {
			i := 2*y*c.W + 2*x
			d.Pix[y*d.W+x] = c.Pix[i].plus(c.Pix[i+1]).plus(c.Pix[i+c.W]).plus(c.Pix[i+c.W+1]).times(0.25)
		}
	})
	return d
}

// Image returns the canvas for a screen. A little noise before rounding hides the steps that a smooth sky would show.
func (c *Canvas) Image() *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, c.W, c.H))
	c.rows(func(y int) {
		for x := range c.W {
			p := c.Pix[y*c.W+x]
			// The sum of two even random numbers: triangular dither, one step each way.
			d := Noise(7).Cell(x, y) + Noise(8).Cell(x, y) - 1
			level := func(v float64) uint8 { return uint8(min(max(encode(shoulder(v))*255+d+0.5, 0), 255)) }
			img.SetRGBA(x, y, color.RGBA{level(p.R), level(p.G), level(p.B), 255})
		}
	})
	return img
}

// JPEG encodes an image at the best quality from 46 to 90 with which it takes no more than budget bytes, or at 46.
func JPEG(img image.Image, budget int) ([]byte, error) {
	var best []byte
	for lo, hi := 46, 90; lo <= hi; {
		quality := (lo + hi + 1) / 2
		var b bytes.Buffer
		if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
			return nil, fmt.Errorf("encode at quality %d: %w", quality, err)
		}
		if b.Len() <= budget || quality == 46 {
			best, lo = b.Bytes(), quality+1
		} else {
			hi = quality - 1
		}
	}
	return best, nil
}

// RotateLeft returns the image turned a quarter to the left: what a camera held upright stores, with EXIF orientation 6.
func RotateLeft(img *image.RGBA) *image.RGBA {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	out := image.NewRGBA(image.Rect(0, 0, h, w))
	for y := range h {
		for x := range w {
			out.SetRGBA(y, w-1-x, img.RGBAAt(x, y))
		}
	}
	return out
}
