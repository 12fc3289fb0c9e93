package media

import (
	"image"
	"image/color"

	"github.com/disintegration/imaging"
)

// orient turns a stored picture upright. The eight orientations are those of the EXIF tag (Exif 2.32, section 4.6.4).
func orient(m *image.NRGBA, orientation int) *image.NRGBA {
	switch orientation {
	case 2:
		return imaging.FlipH(m)
	case 3:
		return imaging.Rotate180(m)
	case 4:
		return imaging.FlipV(m)
	case 5:
		return imaging.Transpose(m)
	case 6:
		return imaging.Rotate270(m) // imaging turns counter-clockwise
	case 7:
		return imaging.Transverse(m)
	case 8:
		return imaging.Rotate90(m)
	}
	return m
}

// turned returns a stored picture's size as shown.
func turned(w, h, orientation int) (int, int) {
	if orientation >= 5 {
		return h, w
	}
	return w, h
}

// turnBox turns a box of a stored picture (left, top, width, height as fractions) with the picture.
func turnBox(x, y, w, h float64, orientation int) (float64, float64, float64, float64) {
	switch orientation {
	case 2:
		return 1 - x - w, y, w, h
	case 3:
		return 1 - x - w, 1 - y - h, w, h
	case 4:
		return x, 1 - y - h, w, h
	case 5:
		return y, x, h, w
	case 6:
		return 1 - y - h, x, h, w
	case 7:
		return 1 - y - h, 1 - x - w, h, w
	case 8:
		return y, 1 - x - w, h, w
	}
	return x, y, w, h
}

// flatten lays a picture on a background. The result is opaque, and of the type that image/jpeg encodes fastest.
func flatten(m *image.NRGBA, bg color.RGBA) *image.RGBA {
	for i := 0; i+3 < len(m.Pix); i += 4 {
		p := m.Pix[i : i+4 : i+4]
		if p[3] == 255 {
			continue
		}
		a := uint32(p[3])
		p[0] = uint8((uint32(p[0])*a + uint32(bg.R)*(255-a) + 127) / 255)
		p[1] = uint8((uint32(p[1])*a + uint32(bg.G)*(255-a) + 127) / 255)
		p[2] = uint8((uint32(p[2])*a + uint32(bg.B)*(255-a) + 127) / 255)
		p[3] = 255
	}
	return &image.RGBA{Pix: m.Pix, Stride: m.Stride, Rect: m.Rect}
}
