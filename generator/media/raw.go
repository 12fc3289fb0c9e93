package media

import (
	"bytes"
	"image"
	"io"

	"github.com/bep/imagemeta"

	"shoebox/generator/media/raw"
)

// openRaw opens a camera's raw file. The picture is the largest JPEG that the camera put into it; should that one be damaged, the
// next smaller.
func openRaw(src *source) (*header, error) {
	f, err := raw.Read(src, src.size)
	if err != nil {
		return nil, err
	}
	h := &header{}
	var previews []*header
	for _, p := range f.Previews {
		part := &source{ctx: src.ctx, r: p.JPEG, size: p.JPEG.Size()}
		inner, err := openJPEG(part)
		if err != nil {
			continue
		}
		decode := inner.decode
		inner.decode = func(w, h int) (image.Image, string, error) {
			if _, held := src.r.(*bytes.Reader); !held {
				part.hold()
			}
			return decode(w, h)
		}
		inner.orientation = f.PreviewOrientation(p)
		if len(previews) == 0 || inner.orientation == previews[0].orientation {
			previews = append(previews, inner)
		}
	}
	if len(previews) > 0 {
		*h = *previews[0]
		h.decode = func(w, t int) (m image.Image, problem string, err error) {
			for _, p := range previews {
				if m, problem, err = p.decode(w, t); err == nil {
					break
				}
			}
			if f.Cut {
				problem = cutOff
			}
			return m, problem, err
		}
	} else {
		h.orientation = max(1, f.Orientation)
		h.refusal = "the raw file holds no preview that can be shown: shown as a download"
		if f.Cut {
			h.refusal = cutOff
		}
	}
	h.blocks.raw, h.blocks.file = f, false
	h.shownWidth, h.shownHeight = f.Shown()
	return h, nil
}

// maxHeldPreview is the size in bytes up to which a preview is read into memory at once: from a bucket that is one request.
const maxHeldPreview = 32 << 20

// hold reads the source into memory, unless it is very large. An error shows up at the next read.
func (s *source) hold() {
	if s.size > maxHeldPreview {
		return
	}
	body := make([]byte, s.size)
	if n, _ := s.ReadAt(body, 0); int64(n) == s.size {
		s.r = bytes.NewReader(body)
	}
}

// raw reads the metadata that a raw file has outside of its preview.
func (e *embedded) raw(f *raw.File) {
	for _, block := range f.Exif {
		e.read(block, imagemeta.TIFF)
	}
	if f.GPS != nil {
		e.readAs(f.GPS, imagemeta.TIFF, directoryGPS)
	}
	if f.XMP != nil {
		e.xmp, _ = parseXMP(packetOf(f.XMP))
	}
	for tag, value := range map[string]string{"Make": f.Make, "Model": f.Model} {
		if value != "" {
			e.exif[tag] = value
		}
	}
	if !f.Taken.IsZero() {
		e.exif["DateTimeOriginal"] = f.Taken.Format("2006:01:02 15:04:05")
	}
}

// packetOf reads an XMP packet without the white space at its end, which in a CR3 is 64 KB.
func packetOf(r io.Reader) (packet []byte) {
	chunk := make([]byte, 4<<10)
	for len(packet) < maxBlock {
		n, err := io.ReadFull(r, chunk)
		if n == 0 || len(bytes.TrimSpace(chunk[:n])) == 0 {
			break
		}
		packet = append(packet, chunk[:n]...)
		if err != nil {
			break
		}
	}
	return packet
}
