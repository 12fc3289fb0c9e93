package media

import (
	"fmt"
	"image"
	"image/draw"
)

// placeholder returns the average colours of a picture's upper and lower half.
func placeholder(m image.Image) []string {
	rgb, ok := m.(*image.RGBA)
	if !ok {
		rgb = image.NewRGBA(m.Bounds())
		draw.Draw(rgb, rgb.Rect, m, rgb.Rect.Min, draw.Src)
	}
	w, h := rgb.Rect.Dx(), rgb.Rect.Dy()
	return []string{average(rgb, w, 0, (h+1)/2), average(rgb, w, h/2, h)}
}

func average(m *image.RGBA, w, from, to int) string {
	var r, g, b, n uint64
	for y := from; y < to; y++ {
		row := m.Pix[y*m.Stride : y*m.Stride+4*w]
		for i := 0; i+3 < len(row); i += 4 {
			r, g, b, n = r+uint64(row[i]), g+uint64(row[i+1]), b+uint64(row[i+2]), n+1
		}
	}
	n = max(n, 1)
	return fmt.Sprintf("#%02x%02x%02x", r/n, g/n, b/n)
}
