// Package heif reads the boxes of HEIF files (HEIC and AVIF are such): [Read] finds the primary picture of a file, its size, its
// tiles and their coded bytes, how it is turned and what its colours mean, as a [File]. It decodes nothing.
//
// Nothing is believed: the meta box is read up to 8 MB, numbers of items are bounded, and bytes of a picture are read only when
// [File.Tile] asks for them, from within the file. The specification is ISO/IEC 23008-12, with ISO/IEC 14496-12 for the boxes and
// the AV1 Image File Format of AOMedia.
package heif

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
)

// What a file may have at most. Phones write one item for each tile of 512 x 512 pixels.
const (
	maxMeta       = 8 << 20
	maxItems      = 20_000
	maxExtents    = 64
	maxProperties = 64
	maxBlock      = 4 << 20  // of metadata
	maxTile       = 64 << 20 // bytes of one coded picture
)

// ErrUnread is of files that are whole, but of a kind that is not read.
var ErrUnread = errors.New("not read")

// A File is what is known of a HEIF file before it is decoded.
type File struct {
	Picture
	// Crop is the part of the picture that is shown (the property clap), before it is turned.
	Crop image.Rectangle
	// Orientation says how the picture is turned (irot and imir), as the EXIF tag of that name would; that of the file's EXIF does
	// not count. 1 is upright.
	Orientation int
	Colours     *Colours // nil: what the coded picture says
	ICC         []byte   // the profile; nil when there is none
	Exif, XMP   []byte   // metadata blocks; nil when there are none
	Alpha       *Picture // the picture of which the brightness is the opacity; nil when there is none

	r    io.ReaderAt
	size int64
	meta *meta
}

// A Picture is one that is coded in one piece or as a grid of tiles.
type Picture struct {
	Width, Height         int
	Columns, Rows         int // tiles
	TileWidth, TileHeight int // pixels of each; those at the right and at the bottom may go beyond the picture
	tiles                 []*item
}

// Colours are the code points of a property colr of type nclx (ISO/IEC 23091-2).
type Colours struct {
	Primaries, Transfer, Matrix int
	Full                        bool // the range of 0 to 255; else that of video
}

// A Tile is a coded picture with what its decoder needs to know.
type Tile struct {
	Codec  string // "hvc1" or "av01"
	Config []byte // the content of the property hvcC or av1C
	Data   []byte
}

// Read reads what a file says of its primary picture.
func Read(r io.ReaderAt, size int64) (*File, error) {
	body, err := top(r, size, "meta")
	if err != nil {
		return nil, err
	}
	m, err := parseMeta(body)
	if err != nil {
		return nil, err
	}
	f := &File{Orientation: 1, r: r, size: size, meta: m}
	primary := m.items[m.primary]
	// The metadata is there to be had even where the picture is not.
	f.blocks()
	if f.Picture, err = f.picture(m.primary); err != nil {
		return f, err
	}
	f.Crop = image.Rect(0, 0, f.Width, f.Height)
	for _, p := range primary.properties {
		c := cursor{b: p.body}
		switch p.kind {
		case "clap":
			// It comes before the others (MIAF, ISO/IEC 23000-22, section 7.3.6.7); where it does not, the picture is shown whole.
			if f.Orientation == 1 {
				f.crop(&c)
			}
		case "irot":
			f.Orientation = turn(f.Orientation, int(c.number(1)&3))
		case "imir":
			f.Orientation = mirror(f.Orientation, c.number(1)&1 == 1)
		case "colr":
			f.colour(&c)
		}
	}
	for _, id := range m.referrers("auxl", m.primary) {
		it := m.items[id]
		if it == nil {
			continue
		}
		c := cursor{b: it.property("auxC")}
		c.full()
		if kind := c.text(); kind == "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha" || kind == "urn:mpeg:hevc:2015:auxid:1" {
			if alpha, err := f.picture(id); err == nil {
				f.Alpha = &alpha
				break
			}
		}
	}
	return f, nil
}

// picture finds the tiles of a picture.
func (f *File) picture(id uint32) (Picture, error) {
	it := f.meta.items[id]
	var p Picture
	p.Width, p.Height = it.size()
	if it.kind == "grid" {
		return f.grid(id, it)
	}
	if it.kind != "hvc1" && it.kind != "av01" {
		return p, fmt.Errorf("pictures of type %q are %w", it.kind, ErrUnread)
	}
	if p.Width == 0 || p.Height == 0 {
		return p, errors.New("the picture has no size")
	}
	p.Columns, p.Rows, p.TileWidth, p.TileHeight, p.tiles = 1, 1, p.Width, p.Height, []*item{it}
	return p, nil
}

// grid reads a grid (ISO/IEC 23008-12, section 6.6.2.3).
func (f *File) grid(id uint32, it *item) (p Picture, err error) {
	body, err := f.meta.read(f.r, f.size, it, 64)
	if err != nil {
		return p, err
	}
	c := cursor{b: body}
	c.number(1)
	flags := c.number(1)
	p.Rows, p.Columns = int(c.number(1))+1, int(c.number(1))+1
	width := 2 + 2*int(flags&1)
	p.Width, p.Height = int(c.number(width)), int(c.number(width))
	ids := f.meta.referred("dimg", id)
	switch {
	case c.short:
		return p, errShort
	case len(ids) != p.Columns*p.Rows:
		return p, fmt.Errorf("a grid of %d x %d has %d tiles", p.Columns, p.Rows, len(ids))
	}
	for i, id := range ids {
		tile := f.meta.items[id]
		if tile == nil || tile.kind != "hvc1" && tile.kind != "av01" {
			return p, errors.New("a tile of the grid is missing")
		}
		w, h := tile.size()
		if i == 0 {
			p.TileWidth, p.TileHeight = w, h
		}
		if w != p.TileWidth || h != p.TileHeight || i > 0 && tile.kind != p.tiles[0].kind {
			return p, errors.New("the tiles of the grid differ")
		}
		p.tiles = append(p.tiles, tile)
	}
	// As many tiles as the picture needs, and no more: what is decoded stays in proportion to what is shown.
	over := func(size, tile, n int) bool {
		return size <= 0 || tile <= 0 || tile > 1<<16 || size > tile*n || size <= tile*(n-1)
	}
	if over(p.Width, p.TileWidth, p.Columns) || over(p.Height, p.TileHeight, p.Rows) {
		return p, errors.New("the tiles do not make up the picture")
	}
	return p, nil
}

// Coded says how a picture's tiles are coded: the codec and the configuration of the first one, as in a Tile.
func (p Picture) Coded() (codec string, config []byte) {
	it := p.tiles[0]
	if it.kind == "hvc1" {
		return it.kind, it.property("hvcC")
	}
	return it.kind, it.property("av1C")
}

// Tile reads the i-th tile of a picture of the file, row by row from the upper left.
func (f *File) Tile(p Picture, i int) (Tile, error) {
	it := p.tiles[i]
	t := Tile{Codec: it.kind}
	if t.Codec == "hvc1" {
		t.Config = it.property("hvcC")
	} else {
		t.Config = it.property("av1C")
	}
	var err error
	t.Data, err = f.meta.read(f.r, f.size, it, min(f.size, maxTile))
	return t, err
}

// blocks reads the metadata that belongs to the primary picture.
func (f *File) blocks() {
	for _, id := range f.meta.referrers("cdsc", f.meta.primary) {
		it := f.meta.items[id]
		switch {
		case it == nil:
		case it.kind == "Exif" && f.Exif == nil:
			body, err := f.meta.read(f.r, f.size, it, maxBlock)
			if err != nil || len(body) < 4 {
				continue
			}
			// Four bytes say how far it is to the TIFF header. Some writers count from elsewhere.
			skip := uint64(binary.BigEndian.Uint32(body)) + 4
			if skip > uint64(len(body)) {
				skip = 4
			}
			f.Exif = bytes.TrimPrefix(body[skip:], []byte("Exif\x00\x00"))
		case it.kind == "mime" && it.mime == "application/rdf+xml" && f.XMP == nil:
			f.XMP, _ = f.meta.read(f.r, f.size, it, maxBlock)
		}
	}
}

// colour reads a property colr (ISO/IEC 14496-12, section 12.1.5). A picture may have one with a profile and one of code points.
func (f *File) colour(c *cursor) {
	switch string(c.take(4)) {
	case "prof", "rICC":
		if f.ICC == nil && len(c.b) <= maxBlock {
			f.ICC = c.b
		}
	case "nclx":
		n := Colours{Primaries: int(c.number(2)), Transfer: int(c.number(2)), Matrix: int(c.number(2)), Full: c.number(1)&0x80 != 0}
		if f.Colours == nil && !c.short {
			f.Colours = &n
		}
	}
}

// crop reads a clean aperture (ISO/IEC 14496-12, section 12.1.4): a size, and how far its centre is from the picture's. One that
// does not lie within the picture is left out.
func (f *File) crop(c *cursor) {
	var v [4]float64
	for i := range v {
		// Sizes and denominators are positive; offsets may not be.
		n, d := int32(c.number(4)), int32(c.number(4))
		if d <= 0 {
			return
		}
		v[i] = float64(n) / float64(d)
	}
	w, h := int(v[0]+0.5), int(v[1]+0.5)
	x := int(v[2] + (float64(f.Width)-v[0])/2 + 0.5)
	y := int(v[3] + (float64(f.Height)-v[1])/2 + 0.5)
	if r := image.Rect(x, y, x+w, y+h); !c.short && w > 0 && h > 0 && x >= 0 && y >= 0 && r.In(f.Crop) {
		f.Crop = r
	}
}

// turn adds quarters of a turn counter-clockwise to an orientation. Orientations are numbered without a system (Exif 2.32, section
// 4.6.4), so the results are listed.
func turn(orientation, quarters int) int {
	for range quarters {
		orientation = [9]int{0, 8, 5, 6, 7, 4, 1, 2, 3}[orientation]
	}
	return orientation
}

// mirror adds a mirroring to an orientation: left becomes right, or else top becomes bottom.
func mirror(orientation int, leftRight bool) int {
	if leftRight {
		return [9]int{0, 2, 1, 4, 3, 6, 5, 8, 7}[orientation]
	}
	return [9]int{0, 4, 3, 2, 1, 8, 7, 6, 5}[orientation]
}
