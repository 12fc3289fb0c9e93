package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/draw"
	"io"

	"golang.org/x/image/webp"
)

// The flags of a VP8X chunk (RFC 9649, section 2.7).
const (
	webpAnimation = 0x02
	webpXMP       = 0x04
	webpExif      = 0x08
	webpAlpha     = 0x10
)

// A chunk is a piece of a RIFF file.
type chunk struct {
	kind     string
	at, size int64 // of its data
}

// riffChunks lists the chunks in a part of a file. whole is false when the last one is cut off.
func riffChunks(src io.ReaderAt, at, end int64) (chunks []chunk, whole bool) {
	for at+8 <= end && len(chunks) < 100_000 {
		var head [8]byte
		if n, _ := src.ReadAt(head[:], at); n < len(head) {
			return chunks, false
		}
		c := chunk{kind: string(head[:4]), at: at + 8, size: int64(binary.LittleEndian.Uint32(head[4:]))}
		if c.size > end-c.at {
			c.size = end - c.at
			return append(chunks, c), false
		}
		chunks = append(chunks, c)
		at = c.at + c.size + c.size&1
	}
	return chunks, true
}

func openWebP(src *source) (*header, error) {
	head := src.head(30)
	if len(head) < 12 {
		return nil, io.ErrUnexpectedEOF
	}
	claimed := int64(binary.LittleEndian.Uint32(head[4:])) + 8
	chunks, whole := riffChunks(src, 12, min(claimed, src.size))
	if claimed > src.size+1 {
		whole = false
	}
	h := &header{cost: 12}
	for _, c := range chunks {
		if c.size > maxBlock {
			continue
		}
		switch c.kind {
		case "EXIF":
			h.blocks.exif = bytes.TrimPrefix(src.part(c.at, c.size), []byte(jpegExif))
		case "XMP ":
			h.blocks.xmp = src.part(c.at, c.size)
		case "ICCP":
			h.blocks.icc = src.part(c.at, c.size)
		}
	}
	problem := ""
	if !whole {
		problem = "the end of the picture is missing: upload it again"
	}
	if len(head) == 30 && string(head[12:16]) == "VP8X" && head[20]&webpAnimation != 0 {
		h.width, h.height = 1+uint24(head[24:]), 1+uint24(head[27:])
		h.animated = true
		h.decode = func(int, int) (image.Image, string, error) { return webpFrame(src, chunks, h.width, h.height, problem) }
		h.moving = func() ([]byte, string) {
			if !whole {
				return nil, ""
			}
			return webpClean(src, chunks), ""
		}
		return h, nil
	}
	c, err := webp.DecodeConfig(src.reader())
	if err != nil {
		return nil, err
	}
	h.width, h.height = c.Width, c.Height
	h.decode = func(int, int) (image.Image, string, error) {
		m, err := decodeWebP(src.reader())
		return m, problem, err
	}
	return h, nil
}

// decodeWebP decodes a still as a type that may go to imaging. Lossy WebP has the limited range of video, brightness 16 to 235 and
// colour 16 to 240 (RFC 6386, section 2; libwebp, src/dsp/yuv.h); golang.org/x/image/webp hands it over as if it were the full
// range of JPEG, which makes every picture pale (golang/go issue 40173).
func decodeWebP(r io.Reader) (image.Image, error) {
	m, err := webp.Decode(r)
	switch m := m.(type) {
	case *image.YCbCr:
		fullRange(m)
	case *image.NYCbCrA:
		fullRange(&m.YCbCr)
	}
	return plain(m, err)
}

func fullRange(m *image.YCbCr) {
	var luma, chroma [256]uint8
	for i := range 256 {
		v := float64(i)
		luma[i] = uint8(min(max((v-16)*255/219, 0), 255) + 0.5)
		chroma[i] = uint8(min(max((v-128)*255/224+128, 0), 255) + 0.5)
	}
	for _, p := range []struct {
		plane []uint8
		table *[256]uint8
	}{{m.Y, &luma}, {m.Cb, &chroma}, {m.Cr, &chroma}} {
		for i, v := range p.plane {
			p.plane[i] = p.table[v]
		}
	}
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// webpFrame decodes the first frame of an animation, which golang.org/x/image/webp does not read: it is handed a still made of
// the frame's own chunks.
func webpFrame(src *source, chunks []chunk, width, height int, problem string) (image.Image, string, error) {
	for _, c := range chunks {
		if c.kind != "ANMF" || c.size < 16 {
			continue
		}
		head := src.part(c.at, 16)
		if len(head) < 16 {
			break
		}
		x, y, w, h := 2*uint24(head), 2*uint24(head[3:]), 1+uint24(head[6:]), 1+uint24(head[9:])
		if x+w > width || y+h > height {
			return nil, "", errors.New("a frame lies outside of the picture")
		}
		inner, _ := riffChunks(src, c.at+16, c.at+c.size)
		var body bytes.Buffer
		flags := byte(0)
		for _, f := range inner {
			switch f.kind {
			case "ALPH":
				flags |= webpAlpha
				fallthrough
			case "VP8 ", "VP8L":
				writeChunk(&body, f.kind, src.part(f.at, f.size))
			}
		}
		var still bytes.Buffer
		still.WriteString("RIFF")
		still.Write(binary.LittleEndian.AppendUint32(nil, uint32(4+18+body.Len())))
		still.WriteString("WEBP")
		writeChunk(&still, "VP8X", append([]byte{flags, 0, 0, 0}, head[6:12]...))
		still.Write(body.Bytes())
		m, err := decodeWebP(&still) // it checks that the frame is as large as the VP8X chunk says
		if err != nil {
			return nil, "", err
		}
		canvas := image.NewNRGBA(image.Rect(0, 0, width, height))
		draw.Draw(canvas, image.Rect(x, y, x+w, y+h), m, m.Bounds().Min, draw.Src)
		return canvas, problem, nil
	}
	return nil, "", errors.New("it has no frame")
}

// webpClean returns an animation without its EXIF, XMP and unknown chunks.
func webpClean(src *source, chunks []chunk) []byte {
	var b bytes.Buffer
	b.WriteString("RIFF\x00\x00\x00\x00WEBP")
	for _, c := range chunks {
		switch c.kind {
		case "VP8X":
			data := src.part(c.at, c.size)
			if len(data) > 0 {
				data[0] &^= webpExif | webpXMP
			}
			writeChunk(&b, c.kind, data)
		case "ANIM", "ICCP":
			writeChunk(&b, c.kind, src.part(c.at, c.size))
		case "ANMF":
			if c.size < 16 {
				continue
			}
			frame := bytes.NewBuffer(src.part(c.at, 16))
			inner, _ := riffChunks(src, c.at+16, c.at+c.size)
			for _, f := range inner {
				if f.kind == "ALPH" || f.kind == "VP8 " || f.kind == "VP8L" {
					writeChunk(frame, f.kind, src.part(f.at, f.size))
				}
			}
			writeChunk(&b, c.kind, frame.Bytes())
		}
	}
	body := b.Bytes()
	binary.LittleEndian.PutUint32(body[4:], uint32(len(body)-8))
	return body
}

func writeChunk(b *bytes.Buffer, kind string, data []byte) {
	b.WriteString(kind)
	b.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(data))))
	b.Write(data)
	if len(data)&1 == 1 {
		b.WriteByte(0)
	}
}
