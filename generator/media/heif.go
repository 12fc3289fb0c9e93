package media

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"time"

	"shoebox/generator/media/codec"
	"shoebox/generator/media/heif"
)

// What decoding a coded picture takes beside the picture that is made of its tiles, in bytes: measured, for the whole process.
const (
	codecBase     = 64 << 20 // the module's code and an instance
	codecPerPixel = 24       // of one tile
)

// maxCoded is how many pixels may be coded in one piece: with more the decoder gets short of memory. Cameras make tiles.
const maxCoded = 64e6

// openHEIF opens a HEIC or AVIF picture.
func openHEIF(src *source) (*header, error) {
	f, err := heif.Read(src, src.size)
	if f == nil {
		return nil, err
	}
	h := &header{width: f.Crop.Dx(), height: f.Crop.Dy(), orientation: f.Orientation, cost: 4}
	h.blocks = blocks{exif: f.Exif, xmp: f.XMP, icc: f.ICC}
	if err != nil {
		h.refusal = damage(err)
		return h, nil
	}
	if f.Alpha != nil {
		h.cost = 16
	}
	coded := int64(f.TileWidth) * int64(f.TileHeight)
	h.overhead = codecBase + codecPerPixel*coded
	if coded > maxCoded {
		h.refusal = fmt.Sprintf("the picture has %d x %d pixels in one piece, more than is read (%d million): shown as a download",
			f.TileWidth, f.TileHeight, int(maxCoded/1e6))
	}
	if kind, config := f.Coded(); kind == "av01" {
		if err := codec.CheckAV1(config); err != nil {
			h.refusal = damage(err)
		}
	}
	if f.Colours != nil {
		h.colours = codedProfile(f.Colours.Primaries, f.Colours.Transfer)
	}
	h.decode = func(int, int) (image.Image, string, error) {
		// Enough for the slowest machine, and an end for whoever made a file that takes for ever.
		allowed := 10*time.Second + time.Duration(f.Width)*time.Duration(f.Height)*time.Microsecond/2
		ctx, cancel := context.WithTimeout(src.ctx, allowed)
		defer cancel()
		return decodeHEIF(ctx, f)
	}
	return h, nil
}

// errSlow is of a picture that was given up.
var errSlow = errors.New("decoding it took too long")

// decodeHEIF decodes the primary picture of a file. What of its tiles is damaged stays grey.
func decodeHEIF(ctx context.Context, f *heif.File) (image.Image, string, error) {
	var d coded
	defer d.close()
	m, colours, problem, err := d.assemble(ctx, f, f.Picture)
	if err != nil {
		return nil, "", err
	}
	if c := f.Colours; c != nil {
		colours = codec.Colours(*c)
	}
	if m, err = toJFIF(m, colours); err != nil {
		return nil, "", err
	}
	m = cropped(m, f.Crop)
	if f.Alpha == nil || f.Alpha.Width != f.Width || f.Alpha.Height != f.Height {
		return m, problem, nil
	}
	alpha, colours, _, err := d.assemble(ctx, f, *f.Alpha)
	if err != nil {
		return m, problem, nil // shown without holes
	}
	if alpha, err = toJFIF(alpha, codec.Colours{Matrix: 6, Full: colours.Full}); err != nil {
		return m, problem, nil
	}
	return transparent(m, cropped(alpha, f.Crop)), problem, nil
}

// coded decodes the coded pictures of a file; its decoders are there when they are needed.
type coded struct {
	hevc codec.HEVC
	av1  codec.AV1
}

func (d *coded) close() {
	d.hevc.Close()
	d.av1.Close()
}

func (d *coded) decode(ctx context.Context, t heif.Tile, w, h int) (codec.Picture, error) {
	if t.Codec == "av01" {
		return d.av1.Decode(ctx, t.Config, t.Data, w, h)
	}
	return d.hevc.Decode(ctx, t.Config, t.Data, w, h)
}

// assemble makes a picture of its tiles, and says what its first tile says of the colours. It is an error when there is no tile
// that can be read, or no time left.
func (d *coded) assemble(ctx context.Context, f *heif.File, p heif.Picture) (whole image.Image, colours codec.Colours, problem string, err error) {
	var first error
	for i := range p.Columns * p.Rows {
		if err := ctx.Err(); err != nil {
			if context.Cause(ctx) == context.DeadlineExceeded {
				err = errSlow
			}
			return nil, colours, "", err
		}
		var picture codec.Picture
		tile, err := f.Tile(p, i)
		if err == nil {
			picture, err = d.decode(ctx, tile, p.TileWidth, p.TileHeight)
		}
		if err == nil && whole == nil {
			colours = picture.Colours
			if p.Columns*p.Rows == 1 {
				return picture.Image, colours, "", nil
			}
			whole = blank(picture.Image, p.Width, p.Height)
		}
		if err == nil {
			err = paste(whole, picture.Image, i%p.Columns*p.TileWidth, i/p.Columns*p.TileHeight)
		}
		if errors.Is(err, codec.ErrEndless) {
			return nil, colours, "", err
		}
		if err != nil && first == nil {
			first = err
		}
	}
	if whole == nil {
		return nil, colours, "", first
	}
	if first != nil {
		problem = damage(first)
	}
	return whole, colours, problem, nil
}

// blank makes a grey picture of the kind that another one is.
func blank(like image.Image, w, h int) image.Image {
	r := image.Rect(0, 0, w, h)
	grey := func(b []byte) {
		for i := range b {
			b[i] = 128
		}
	}
	if m, ok := like.(*image.YCbCr); ok {
		dst := image.NewYCbCr(r, m.SubsampleRatio)
		grey(dst.Y)
		grey(dst.Cb)
		grey(dst.Cr)
		return dst
	}
	dst := image.NewGray(r)
	grey(dst.Pix)
	return dst
}

// paste puts a tile into a picture, cut at the picture's edges.
func paste(dst, tile image.Image, x, y int) error {
	to, ok := planarOf(dst)
	from, fine := planarOf(tile)
	if !ok || !fine || len(to.planes) != len(from.planes) || to.subX != from.subX || to.subY != from.subY {
		return errors.New("the tiles of the grid differ")
	}
	if len(to.planes) > 1 && (x%to.subX != 0 || y%to.subY != 0) {
		return errors.New("a tile begins within a sample of colour")
	}
	for i, p := range to.planes {
		x, y := x, y
		if i > 0 {
			x, y = x/to.subX, y/to.subY
		}
		src := from.planes[i]
		w, h := min(src.width, p.width-x), min(src.height, p.height-y)
		for row := range h {
			copy(p.pix[(y+row)*p.stride+x:][:w], src.pix[row*src.stride:])
		}
	}
	return nil
}

// cropped returns a part of a picture, which shares its samples. It begins at a whole sample of colour, so it may be a pixel off.
func cropped(m image.Image, r image.Rectangle) image.Image {
	if r == m.Bounds() {
		return m
	}
	if m, ok := m.(*image.RGBA); ok {
		dst := image.NewRGBA(image.Rect(0, 0, r.Dx(), r.Dy()))
		draw.Draw(dst, dst.Rect, m, r.Min, draw.Src)
		return dst
	}
	p, _ := planarOf(m)
	x, y := r.Min.X/p.subX*p.subX, r.Min.Y/p.subY*p.subY
	size := image.Rect(0, 0, r.Dx(), r.Dy())
	switch m := m.(type) {
	case *image.Gray:
		return &image.Gray{Pix: m.Pix[m.PixOffset(x, y):], Stride: m.Stride, Rect: size}
	case *image.YCbCr:
		cut := *m
		cut.Y, cut.Cb, cut.Cr = m.Y[m.YOffset(x, y):], m.Cb[m.COffset(x, y):], m.Cr[m.COffset(x, y):]
		cut.Rect = size
		return &cut
	}
	return m
}

// transparent lays the brightness of one picture over another of the same size, as its opacity.
func transparent(m, alpha image.Image) image.Image {
	b := m.Bounds()
	dst := image.NewNRGBA(b)
	draw.Draw(dst, b, m, b.Min, draw.Src)
	p, ok := planarOf(alpha)
	if !ok || p.planes[0].width < b.Dx() || p.planes[0].height < b.Dy() {
		return m
	}
	for y := range b.Dy() {
		row := dst.Pix[y*dst.Stride:]
		for x, a := range p.planes[0].pix[y*p.planes[0].stride:][:b.Dx()] {
			row[4*x+3] = a
		}
	}
	return dst
}
