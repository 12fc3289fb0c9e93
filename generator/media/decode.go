package media

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"

	"golang.org/x/image/tiff"
)

func openPNG(src *source) (*header, error) {
	c, err := png.DecodeConfig(src.reader())
	if err != nil {
		return nil, err
	}
	h := &header{width: c.Width, height: c.Height, cost: 8, blocks: pngBlocks(src)}
	if c.ColorModel == color.NRGBA64Model || c.ColorModel == color.RGBA64Model {
		h.cost = 12
	}
	h.decode = func(int, int) (image.Image, string, error) {
		m, err := png.Decode(bufio.NewReaderSize(src.reader(), 64<<10))
		m, err = plain(m, err)
		return m, "", err
	}
	return h, nil
}

func openTIFF(src *source) (*header, error) {
	c, err := tiff.DecodeConfig(src.reader())
	if err != nil {
		return nil, err
	}
	h := &header{width: c.Width, height: c.Height, cost: 12, blocks: blocks{file: true, icc: tiffProfile(src)}}
	h.decode = func(int, int) (image.Image, string, error) {
		m, err := tiff.Decode(src.reader()) // it reads at offsets: a buffer in between would make it read the file into memory
		m, err = plain(m, err)
		return m, "", err
	}
	return h, nil
}

// plain redraws a decoded picture when its type is not one that may go to imaging.
func plain(m image.Image, err error) (image.Image, error) {
	if err != nil {
		return nil, err
	}
	if m == nil || m.Bounds().Empty() {
		return nil, errors.New("it has no pixels")
	}
	switch m := m.(type) {
	case *image.YCbCr, *image.Gray, *image.Gray16, *image.NRGBA, *image.RGBA, *image.NRGBA64, *image.RGBA64:
		return m, nil
	case *image.Paletted:
		dst := image.NewNRGBA(image.Rect(0, 0, m.Rect.Dx(), m.Rect.Dy()))
		drawPaletted(dst, m, image.Point{})
		return dst, nil
	case *image.NYCbCrA:
		b := m.Bounds()
		dst := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
		for y := range b.Dy() {
			for x := range b.Dx() {
				yi, ci := m.YOffset(b.Min.X+x, b.Min.Y+y), m.COffset(b.Min.X+x, b.Min.Y+y)
				p := dst.Pix[y*dst.Stride+4*x:]
				p[0], p[1], p[2] = color.YCbCrToRGB(m.Y[yi], m.Cb[ci], m.Cr[ci])
				p[3] = m.A[m.AOffset(b.Min.X+x, b.Min.Y+y)]
			}
		}
		return dst, nil
	}
	b := m.Bounds()
	dst := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(dst, dst.Rect, m, b.Min, draw.Src)
	return dst, nil
}

// drawPaletted draws m with its corner at the point given. An index past the end of the palette is transparent.
func drawPaletted(dst *image.NRGBA, m *image.Paletted, at image.Point) {
	var palette [256]color.NRGBA
	for i, c := range m.Palette[:min(len(m.Palette), 256)] {
		palette[i] = color.NRGBAModel.Convert(c).(color.NRGBA)
	}
	r := image.Rect(at.X, at.Y, at.X+m.Rect.Dx(), at.Y+m.Rect.Dy()).Intersect(dst.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := m.Pix[(y-at.Y)*m.Stride:]
		for x := r.Min.X; x < r.Max.X; x++ {
			c := palette[row[x-at.X]]
			p := dst.Pix[y*dst.Stride+4*x:]
			p[0], p[1], p[2], p[3] = c.R, c.G, c.B, c.A
		}
	}
}

// The most that is read of one metadata block, and of one packed block once it is unpacked.
const maxBlock = 4 << 20

// inflate unpacks zlib data, up to maxBlock; what came before an error is returned.
func inflate(packed []byte) []byte {
	z, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil
	}
	b, _ := io.ReadAll(io.LimitReader(z, maxBlock))
	return b
}
