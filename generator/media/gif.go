package media

import (
	"bufio"
	"bytes"
	"errors"
	"image"
	"image/gif"
	"io"
)

func openGIF(src *source) (*header, error) {
	c, err := gif.DecodeConfig(src.reader())
	if err != nil {
		return nil, err
	}
	walk := gifWalk{r: bufio.NewReaderSize(src.reader(), 64<<10)}
	broken := walk.run()
	h := &header{width: c.Width, height: c.Height, cost: 9, animated: walk.frames > 1, blocks: blocks{xmp: walk.xmp}}
	h.decode = func(int, int) (image.Image, string, error) {
		first, err := gif.Decode(bufio.NewReaderSize(src.reader(), 64<<10)) // its first frame; all of them would take any memory
		if err != nil {
			return nil, "", err
		}
		p, ok := first.(*image.Paletted)
		if !ok {
			return nil, "", errors.New("it has no palette")
		}
		canvas := image.NewNRGBA(image.Rect(0, 0, c.Width, c.Height))
		drawPaletted(canvas, p, p.Rect.Min)
		if broken != nil {
			return canvas, "the end of the picture is missing: upload it again", nil
		}
		return canvas, "", nil
	}
	h.moving = func() ([]byte, string) {
		var out bytes.Buffer
		walk := gifWalk{r: bufio.NewReaderSize(src.reader(), 64<<10), out: &out}
		if walk.run() != nil {
			return nil, "" // decode has said so
		}
		return out.Bytes(), ""
	}
	return h, nil
}

// A gifWalk goes through the blocks of a GIF (GIF89a specification, appendix A). Unless out is nil it writes the file there
// without what does not move: comments, plain text, and all application extensions but the one that says how often it loops.
type gifWalk struct {
	r   *bufio.Reader
	out *bytes.Buffer

	frames int
	xmp    []byte // the first XMP packet, and the trailer behind it

	unit []byte // what has been read of the current block, as far as anyone wants it
	err  error  // the first one
}

// run goes through the whole file. It returns an error when that does not end as it should.
func (g *gifWalk) run() error {
	if flags := g.take(13)[10]; flags&0x80 != 0 {
		g.take(3 << (1 + flags&7))
	}
	g.end(true)
	for g.err == nil {
		switch g.take(1)[0] {
		case 0x21:
			g.extension(g.take(1)[0])
		case 0x2c: // image
			if flags := g.take(9)[8]; flags&0x80 != 0 {
				g.take(3 << (1 + flags&7))
			}
			g.take(1)
			g.data(0)
			g.end(true)
			if g.err == nil {
				g.frames++
			}
		case 0x3b:
			g.end(true)
			return g.err
		case 0: // padding that some writers leave between blocks
			g.end(false)
		default:
			return errors.New("gif: unknown block")
		}
	}
	return g.err
}

func (g *gifWalk) extension(label byte) {
	switch label {
	case 0xf9: // graphic control
		g.data(0)
		g.end(true)
	case 0xff: // application
		name := string(g.take(int(g.take(1)[0])))
		start := len(g.unit)
		g.data(maxBlock)
		if name == "XMP DataXMP" && g.xmp == nil && g.err == nil {
			// The packet is not cut into sub-blocks; a trailer behind it leads whoever expects them to the end (XMP part 3).
			g.xmp = bytes.Clone(g.unit[start:])
		}
		// Looping is exactly one sub-block of three bytes: 1, count, count.
		data := g.unit[start:]
		g.end((name == "NETSCAPE2.0" || name == "ANIMEXTS1.0") && len(data) == 5 && data[0] == 3 && data[1] == 1)
	default:
		g.data(0)
		g.end(false)
	}
}

// take reads n bytes; they are zero after an error.
func (g *gifWalk) take(n int) []byte {
	at := len(g.unit)
	g.unit = append(g.unit, make([]byte, n)...)
	if g.err == nil {
		_, g.err = io.ReadFull(g.r, g.unit[at:])
	}
	return g.unit[at:]
}

// data reads sub-blocks up to the empty one. When nothing is written, it keeps at most limit bytes of them.
func (g *gifWalk) data(limit int) {
	limit += len(g.unit)
	for g.err == nil {
		n := g.take(1)[0]
		g.take(int(n))
		if g.out == nil && len(g.unit) > limit {
			g.unit = g.unit[:limit]
		}
		if n == 0 {
			return
		}
	}
}

// end is the end of a block.
func (g *gifWalk) end(wanted bool) {
	if wanted && g.out != nil && g.err == nil {
		g.out.Write(g.unit)
	}
	g.unit = g.unit[:0]
}
