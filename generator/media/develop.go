package media

import (
	"cmp"
	"errors"
	"fmt"
	"image"
	"io"
	"slices"
	"strings"

	"github.com/disintegration/imaging"

	"shoebox/generator/media/codec"
	"shoebox/generator/media/heif"
	"shoebox/generator/media/jpeg"
	"shoebox/generator/media/raw"
	"shoebox/internal/gallery"
)

// maxMoving is the size in bytes up to which an animation is its own preview; a larger one gets a still.
const maxMoving = 10 << 20

// An opener reads a picture's header, and nothing in proportion to what the header claims.
type opener func(*source) (*header, error)

// A header is what is known of a picture before it is decoded.
type header struct {
	width, height int   // as stored, pixels
	cost          int64 // bytes that decoding takes for each pixel, about
	overhead      int64 // bytes that decoding takes beside those
	scales        bool  // decode may give a smaller picture, and costs less then
	blocks        blocks
	animated      bool
	// decode returns the picture, or its first frame, as a type that imaging knows by itself: never a palette (an index past
	// its end ends the process inside imaging, imaging CVE-2023-36308) and never a type of others. A picture that is there only
	// in part comes with the reason. Where scales is true it may be smaller, but not smaller than w x h pixels.
	decode func(w, h int) (m image.Image, problem string, err error)
	// moving returns an animation without metadata, or what is wrong with it. It is called for small animations only.
	moving func() (body []byte, problem string)

	// The rest is of originals of which decode gives another picture, mostly a smaller one, that they hold.
	orientation             int      // of what decode gives; 0: as EXIF says
	shownWidth, shownHeight int      // pixels of the original as shown; 0: those of what decode gives
	refusal                 string   // why there is nothing to decode
	colours                 *profile // of the pixels, where blocks have no profile; nil: as EXIF says
}

// blocks are the metadata blocks of a picture, as they stand in the file; nil where there is none.
type blocks struct {
	exif, iptc, xmp, icc []byte
	file                 bool // the file itself is what the metadata reader wants (TIFF)
	raw                  *raw.File
}

// picture develops a file whose pixels can be read.
func (j *job) picture() {
	var h *header
	err := safely(func() (err error) {
		h, err = j.format.open(j.src)
		return err
	})
	if err != nil {
		j.problem(damage(err))
		j.describe(embedded{}, 1)
		return
	}
	meta := j.embedded(h.blocks)
	orientation := cmp.Or(h.orientation, meta.orientation())
	j.record.Width, j.record.Height = turned(h.width, h.height, orientation)
	if h.shownWidth > 0 {
		j.record.Width, j.record.Height = h.shownWidth, h.shownHeight
	}
	j.record.Animated = h.animated
	j.record.ContentID = appleContentID(h.blocks.exif)
	j.describe(meta, orientation)

	pixels, limit := int64(h.width)*int64(h.height), j.options.MaxPixels
	if h.scales {
		limit *= 4
	}
	switch {
	case h.refusal != "":
		j.problem(h.refusal)
		return
	case h.width <= 0 || h.height <= 0:
		j.record.Width, j.record.Height = 0, 0
		j.problem("the picture has no pixels: upload it again")
		return
	case h.width > 65535 || h.height > 65535 || pixels > limit:
		j.problem(fmt.Sprintf("the picture has %d x %d pixels, more than is read (%d million): shown as a download",
			h.width, h.height, limit/1e6))
		return
	}

	// A picture that is bigger than all memory allowed is developed alone.
	w, t := fit(h.width, h.height, j.options.Preview)
	if h.scales {
		scale := int64(jpeg.Scale(h.width, h.height, w, t))
		pixels /= scale * scale
	}
	weight := min(pixels*h.cost+h.overhead+1<<20, j.options.Memory)
	if j.memory.Acquire(j.ctx, weight) != nil {
		return
	}
	defer j.memory.Release(weight)
	var m image.Image
	err = safely(func() (err error) {
		var problem string
		m, problem, err = h.decode(w, t)
		if err == nil {
			j.problem(problem)
		}
		return err
	})
	if err != nil || m == nil || m.Bounds().Empty() {
		j.problem(damage(err))
		return
	}
	colours := h.colours
	if colours == nil || len(h.blocks.icc) > 0 {
		colours = meta.profile(h.blocks.icc)
	}
	shown := j.reduce(m, w, t, colours, orientation)
	if h.animated && h.moving != nil && orientation == 1 && j.in.Size <= maxMoving {
		body, problem := h.moving()
		j.problem(problem)
		if body != nil {
			j.add(body, j.format.mediaType, "."+j.format.exts[0], h.width, h.height, gallery.Preview)
			j.thumbnail(shown, gallery.Thumbnail)
			return
		}
	}
	j.renditionsOf(shown, gallery.Preview)
	if meta.xmp != nil {
		j.motion(meta.xmp.motion)
	}
}

// reduce makes the preview of w x h pixels, as stored, out of a decoded picture: small, then in sRGB, then upright, then opaque. In
// this order the full frame is passed over only once. A picture made of planes stays so when its colours are right already.
func (j *job) reduce(m image.Image, w, h int, p *profile, orientation int) image.Image {
	b := m.Bounds()
	if b.Dx() < w || b.Dy() < h { // less was left of the file than its header says
		w, h = fit(b.Dx(), b.Dy(), j.options.Preview)
	}
	if planes, ok := planarOf(m); ok {
		return planes.reduce(w, h, p, orientation)
	}
	var small *image.NRGBA
	if w == b.Dx() && h == b.Dy() {
		small = imaging.Clone(m)
	} else {
		small = imaging.Resize(m, w, h, imaging.CatmullRom)
	}
	p.apply(small)
	return flatten(orient(small, orientation), j.options.Background)
}

// reduce is the same for planes. Where colours have to be converted every pixel gets its own; where not, a JPEG would not keep more
// than one for 2 x 2 pixels.
func (p planar) reduce(w, h int, colours *profile, orientation int) image.Image {
	sub := 2
	if colours != nil {
		sub = 1
	}
	// Orientations 5 to 8 are those of 1 to 4 after mirroring at the diagonal (Exif 2.32, section 4.6.4).
	flipX := orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8
	flipY := orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7
	small := p.resize(w, h, sub, flipX, flipY, catmullRom)
	if orientation >= 5 {
		small = small.transpose()
	}
	m := small.image()
	if colours == nil {
		return m
	}
	rgb := imaging.Clone(m)
	colours.apply(rgb)
	return &image.RGBA{Pix: rgb.Pix, Stride: rgb.Stride, Rect: rgb.Rect}
}

// renditionsOf makes the renditions of a picture as shown: that of the use given, and the thumbnail. One file serves both when
// the picture is no larger than a thumbnail.
func (j *job) renditionsOf(m image.Image, use string) {
	if rgb, ok := m.(*image.RGBA); ok {
		m = jpeg.Subsample(rgb) // once for both files: this is what they hold
	}
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	if max(w, h) <= j.options.Thumbnail {
		j.thumbnail(m, gallery.Thumbnail, use)
		return
	}
	j.add(j.encode(m), "image/jpeg", ".jpg", w, h, use)
	j.thumbnail(m, gallery.Thumbnail)
}

func (j *job) thumbnail(m image.Image, uses ...string) {
	b := m.Bounds()
	w, h := fit(b.Dx(), b.Dy(), j.options.Thumbnail)
	if w < b.Dx() || h < b.Dy() {
		if planes, ok := planarOf(m); ok {
			m = planes.resize(w, h, 2, false, false, lanczos).image()
		} else {
			small := imaging.Resize(m, w, h, imaging.Lanczos)
			m = &image.RGBA{Pix: small.Pix, Stride: small.Stride, Rect: small.Rect} // opaque: the same bytes
		}
	}
	j.record.Placeholder = placeholder(m)
	j.add(j.encode(m), "image/jpeg", ".jpg", w, h, uses...)
}

func (j *job) encode(m image.Image) []byte {
	b, err := jpeg.Encode(m, j.options.Quality)
	if err != nil {
		// The size was checked: only a mistake of ours gets here.
		panic(fmt.Sprintf("encode %s: %v", j.in.Key, err))
	}
	return slices.Insert(b, 2, rights(j.record.Creator, j.record.Copyright)...) // after the marker it begins with
}

// fit scales w x h down so that its longer edge is at most edge; it never scales up, and no side becomes 0.
func fit(w, h, edge int) (int, int) {
	long := max(w, h)
	if long <= edge {
		return w, h
	}
	return max(1, (w*edge+long/2)/long), max(1, (h*edge+long/2)/long)
}

// cutOff is the problem of a file that goes on past its end.
const cutOff = "the file is cut off: upload it again"

// errUnread is of files that are whole, but of a kind that is not read.
var errUnread = errors.New("not read")

// damage puts a decoder's error in words for the owner.
func damage(err error) string {
	switch {
	case err == nil:
		return "the picture could not be read: upload it again"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), strings.Contains(err.Error(), "not enough pixel data"): // image/png
		return cutOff
	case errors.Is(err, errUnread), errors.Is(err, heif.ErrUnread), errors.Is(err, codec.ErrVariant):
		return clean(err.Error(), 120) + ": shown as a download"
	}
	return fmt.Sprintf("the picture is damaged (%.120s): upload it again", clean(err.Error(), 120))
}
