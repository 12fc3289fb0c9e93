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
	frames, _ := walkGIF(src.reader(), nil)
	h := &header{width: c.Width, height: c.Height, cost: 9, animated: frames > 1}
	h.decode = func() (image.Image, string, error) {
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
		_, err = walkGIF(src.reader(), nil)
		if err != nil {
			return canvas, "the end of the picture is missing: upload it again", nil
		}
		return canvas, "", nil
	}
	h.moving = func() ([]byte, string) {
		var b bytes.Buffer
		if _, err := walkGIF(src.reader(), &b); err != nil {
			return nil, "" // decode has said so
		}
		return b.Bytes(), ""
	}
	return h, nil
}

// walkGIF counts the frames of a GIF (GIF89a specification, appendix A) and, unless out is nil, writes it there without what
// does not move: comments, plain text, and all application extensions but the one that says how often it loops.
func walkGIF(file io.Reader, out *bytes.Buffer) (frames int, err error) {
	r := bufio.NewReaderSize(file, 64<<10)
	var unit []byte // what has been read of the current block
	keep := out != nil
	take := func(n int) []byte {
		if err != nil {
			return make([]byte, n)
		}
		b := make([]byte, n)
		_, err = io.ReadFull(r, b)
		if keep {
			unit = append(unit, b...)
		}
		return b
	}
	subBlocks := func() {
		for err == nil {
			n := take(1)[0]
			if n == 0 {
				return
			}
			take(int(n))
		}
	}
	flush := func(wanted bool) {
		if wanted && keep && err == nil {
			out.Write(unit)
		}
		unit = unit[:0]
	}

	if flags := take(13)[10]; flags&0x80 != 0 {
		take(3 << (1 + flags&7))
	}
	flush(true)
	for err == nil {
		switch take(1)[0] {
		case 0x21:
			switch take(1)[0] {
			case 0xf9: // graphic control
				subBlocks()
				flush(true)
			case 0xff: // application
				name := string(take(int(take(1)[0])))
				subBlocks()
				// Looping is exactly one sub-block of three bytes: 1, count, count.
				loops := (name == "NETSCAPE2.0" || name == "ANIMEXTS1.0") && len(unit) == 19 && unit[14] == 3 && unit[15] == 1
				flush(loops)
			default:
				subBlocks()
				flush(false)
			}
		case 0x2c: // image
			if flags := take(9)[8]; flags&0x80 != 0 {
				take(3 << (1 + flags&7))
			}
			take(1)
			subBlocks()
			flush(true)
			if err == nil {
				frames++
			}
		case 0x3b:
			flush(true)
			return frames, err
		case 0: // padding that some writers leave between blocks
			flush(false)
		default:
			return frames, errors.New("gif: unknown block")
		}
	}
	return frames, err
}
