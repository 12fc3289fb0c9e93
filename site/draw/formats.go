package main

import (
	"encoding/binary"
	"fmt"
	"math"
)

// toolMade are the files of the album "formats" that formats.sh makes, with tools that encode what Go does not.
var toolMade = []string{
	"16 bits.png", "chime.mp3", "chime.wav", "clip.mp4", "compressed.tif", "moving.gif", "moving.webp", "phone.heic", "plain.bmp",
	"printed in four inks.jpg", "progressive.jpg", "still.webp", "transparent.png", "upright.mov", "web.avif",
}

// drawn draws the picture of the catalogue of that path, w pixels wide.
func drawn(path string, w int) (*Canvas, error) {
	for _, p := range Catalogue() {
		if p.Path == path {
			c := NewCanvas(w, int(math.Round(float64(w)/p.Aspect)))
			p.Draw(c, p.Seed)
			return c, nil
		}
	}
	return nil, fmt.Errorf("%s is not in the catalogue", path)
}

// page is a document of one page, with nothing but a picture on it.
func page() ([]byte, error) {
	c, err := drawn("patterns/paper-waves.jpg", 360)
	if err != nil {
		return nil, err
	}
	picture, err := JPEG(c.Image(), 20e3)
	if err != nil {
		return nil, err
	}
	content := fmt.Sprintf("q %d 0 0 %d 30 60 cm /I Do Q\n", c.W, c.H)
	return pdf([]string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 595] /Contents 4 0 R /Resources << /XObject << /I 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%sendstream", len(content), content),
		fmt.Sprintf("<< /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode /Length %d >>\nstream\n%s\nendstream",
			c.W, c.H, len(picture), picture),
		"<< /Title (A page) /Producer (shoebox site/draw) >>",
	}), nil
}

// negative is a raw file (DNG 1.4): what a sensor behind red, green and blue filters would have counted, and the JPEG that a camera
// puts in front of it. The sensor is a small one.
func negative() ([]byte, error) {
	const scene, width = "journeys/coast/lighthouse.jpg", 120
	shown, err := drawn(scene, 600)
	if err != nil {
		return nil, err
	}
	preview, err := JPEG(shown.Image(), 20e3)
	if err != nil {
		return nil, err
	}
	sensor, err := drawn(scene, width)
	if err != nil {
		return nil, err
	}
	sensor.W, sensor.H = sensor.W&^1, sensor.H&^1
	be := binary.BigEndian
	var counts []byte
	for y := range sensor.H {
		for x := range sensor.W {
			p := sensor.Pix[y*width+x]
			v := []float64{p.R, p.G, p.G, p.B}[y%2*2+x%2]
			counts = be.AppendUint16(counts, uint16(min(max(v, 0), 1)*65535))
		}
	}

	shorts := func(tag uint16, values ...uint16) entry {
		var b []byte
		for _, v := range values {
			b = be.AppendUint16(b, v)
		}
		return entry{tag, typeShort, uint32(len(values)), b}
	}
	// The filters are those of sRGB: the matrix from XYZ to the camera (IEC 61966-2-1), in ten thousandths.
	var matrix []byte
	for _, v := range []int32{32406, -15372, -4986, -9689, 18758, 415, 557, -2040, 10570} {
		matrix = be.AppendUint32(be.AppendUint32(matrix, uint32(v)), 10000)
	}
	const signedRational = 10
	first := func(strip, sub, exif uint32) []entry {
		return []entry{
			long(0xfe, 1), long(0x100, uint32(shown.W)), long(0x101, uint32(shown.H)), shorts(0x102, 8, 8, 8), short(0x103, 7), short(0x106, 6),
			ascii(0x10f, maker), ascii(0x110, model), long(0x111, strip), short(0x112, 1), short(0x115, 3), long(0x116, uint32(shown.H)),
			long(0x117, uint32(len(preview))), ascii(0x131, "shoebox site/draw"), long(0x14a, sub), long(0x8769, exif),
			{0xc612, typeByte, 4, []byte{1, 4, 0, 0}}, ascii(0xc614, maker+" "+model), {0xc621, signedRational, 9, matrix},
			rational(0xc628, [2]uint32{1, 1}, [2]uint32{1, 1}, [2]uint32{1, 1}), short(0xc65a, 21), // D65
		}
	}
	raw := func(strip uint32) []entry {
		return []entry{
			long(0xfe, 0), long(0x100, uint32(sensor.W)), long(0x101, uint32(sensor.H)), short(0x102, 16), short(0x103, 1), short(0x106, 32803),
			long(0x111, strip), short(0x115, 1), long(0x116, uint32(sensor.H)), long(0x117, uint32(len(counts))),
			shorts(0x828d, 2, 2), {0x828e, typeByte, 4, []byte{0, 1, 1, 2}}, // red, green; green, blue
			long(0xc61d, 65535), // the white
		}
	}
	taken := []entry{ascii(0x9003, "2023:07:16 21:20:00"), ascii(0x9011, "+02:00")}
	// The sizes do not depend on the offsets.
	sub := 8 + uint32(len(directory(0, first(0, 0, 0))))
	exif := sub + uint32(len(directory(0, raw(0))))
	picture := exif + uint32(len(directory(0, taken)))
	strip := picture + uint32(len(preview)+1)&^1
	b := append([]byte("MM\x00*\x00\x00\x00\x08"), directory(8, first(picture, sub, exif))...)
	b = append(b, directory(sub, raw(strip))...)
	b = append(b, directory(exif, taken)...)
	b = append(b, preview...)
	if len(preview)%2 == 1 {
		b = append(b, 0)
	}
	return append(b, counts...), nil
}
