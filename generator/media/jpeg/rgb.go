package jpeg

import "image"

// isRGB reports whether the three components are red, green and blue: an Adobe segment says so, or the identifiers do.
func (d *decoder) isRGB() bool {
	if d.jfif {
		return false
	}
	if d.adobe && d.adobeTransform == 0 {
		return true
	}
	return d.comps[0].id == 'R' && d.comps[1].id == 'G' && d.comps[2].id == 'B'
}

// rgb puts the planes of an RGB picture together.
func (d *decoder) rgb() *image.RGBA {
	m := d.color
	dst := image.NewRGBA(m.Rect)
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() {
			at := m.COffset(x, y)
			p := dst.Pix[dst.PixOffset(x, y):][:4]
			p[0], p[1], p[2], p[3] = m.Y[m.YOffset(x, y)], m.Cb[at], m.Cr[at], 255
		}
	}
	return dst
}
