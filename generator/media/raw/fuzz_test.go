package raw

import (
	"bytes"
	"image/jpeg"
	"io"
	"testing"
)

func FuzzRead(f *testing.F) {
	picture := jpegOf(f, 90, 60)
	f.Add(cr3Of(6, jpegOf(f, 16, 12), picture, withExif(picture, 6)))
	f.Add(rafOf(withExif(picture, 8), 6000, 4000))
	f.Add(ciffOf(picture, 90))
	f.Add(mrwOf(picture))
	f.Add(tiffOf("IIU\x00", func(*file) []field {
		return []field{{tagPanaPreview, picture}, {tagPanaBottom, uint16(9)}, {tagPanaRight, uint16(9)}}
	}))
	for _, maker := range []string{"Nikon\x00\x02\x10\x00\x00II*\x00\x08\x00\x00\x00", "OLYMPUS\x00II\x03\x00", "OM SYSTEM\x00\x00\x00II\x04\x00", "OLYMP\x00\x02\x00",
		"AOC\x00II", "PENTAX \x00II", "SONY DSC \x00\x00\x00", ""} {
		f.Add(makerNoteFile("II*\x00", "SAMSUNG", func(b *file, at int) {
			b.blob([]byte(maker))
			b.dir(0, append(b.jpegFields(0, picture), field{olympusCameraSettings, uint32(8)}, field{samsungPreviewIFD, uint32(8)}, field{nikonPreviewIFD, uint32(8)},
				field{pentaxPreviewAt, uint32(8)}, field{pentaxPreviewLength, uint32(99)}, field{sonyPreview, picture})...)
		}))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		counter := &counting{r: bytes.NewReader(data)}
		file, err := Read(counter, int64(len(data)))
		if counter.bytes > maxRead {
			t.Errorf("%d bytes were read", counter.bytes)
		}
		if err != nil {
			return
		}
		if w, h := file.Shown(); w < 0 || h < 0 || file.Orientation < 0 || file.Orientation > 8 || w*h != file.Width*file.Height {
			t.Errorf("shown %d x %d of %+v", w, h, file)
		}
		for _, p := range file.Previews {
			if o := file.PreviewOrientation(p); o < 1 || o > 8 {
				t.Errorf("turned by %d", o)
			}
			if p.JPEG.Size() < 4 || p.Offset+p.JPEG.Size() > int64(len(data)) {
				t.Errorf("a preview of %d bytes at %d in a file of %d", p.JPEG.Size(), p.Offset, len(data))
			}
			c, err := jpeg.DecodeConfig(p.JPEG)
			if err == nil && (c.Width != p.Width || c.Height != p.Height) {
				t.Errorf("a preview of %d x %d is said to be %d x %d", c.Width, c.Height, p.Width, p.Height)
			}
		}
		for _, e := range append(file.Exif, file.GPS, file.XMP) {
			if e == nil {
				continue
			}
			if _, err := io.Copy(io.Discard, e); err != nil {
				t.Error(err)
			}
		}
	})
}
