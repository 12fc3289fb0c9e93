package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// extras writes what is not a JPEG: an animation, a picture with a transparent ground, a sound, documents, a raw file and a video.
func extras(dir, only string) error {
	for _, e := range []struct {
		path string
		make func() ([]byte, error)
	}{
		{"patterns/breathing.gif", breathing},
		{"patterns/rosette.png", rosette},
		{"near home/chime.wav", chime},
		{"journeys/alps/packing list.pdf", packingList},
		{"formats/page.pdf", page},
		{"formats/raw.dng", negative},
	} {
		if !strings.Contains(e.path, only) {
			continue
		}
		data, err := e.make()
		if err != nil {
			return fmt.Errorf("%s: %w", e.path, err)
		}
		if err := write(dir, e.path, data); err != nil {
			return err
		}
	}
	if waves := "journeys/coast/waves.mp4"; strings.Contains(waves, only) {
		return video(filepath.Join(dir, filepath.FromSlash(waves)))
	}
	return nil
}

// breathing is an animation of dots in rings that swell and shrink in turn.
func breathing() ([]byte, error) {
	const size, frames = 260, 20
	shades := gradient("#16213e", "#3a3f7c", "#a8508c", "#f08a6a", "#ffe2a8")
	palette := make(color.Palette, 24)
	for i := range palette {
		c := shades.At(float64(i) / float64(len(palette)-1))
		palette[i] = color.RGBA{uint8(encode(c.R)*255 + 0.5), uint8(encode(c.G)*255 + 0.5), uint8(encode(c.B)*255 + 0.5), 255}
	}
	var g gif.GIF
	for f := range frames {
		phase := 2 * math.Pi * float64(f) / frames
		c := NewCanvas(size, size)
		c.Paint(func(x, y float64) RGB { return shades.At(0) })
		for ring := range 8 {
			count := max(ring*6, 1)
			for i := range count {
				angle := 2*math.Pi*float64(i)/float64(count) + 0.12*math.Sin(phase+float64(ring))
				swell := 0.5 + 0.5*math.Sin(phase-float64(ring)*0.7)
				d := float64(ring) * 0.06
				c.Dot(0.5+d*math.Cos(angle), 0.5+d*math.Sin(angle), 0.008+0.014*swell, 0, shades.At(0.3+0.7*swell), 1)
			}
		}
		img := image.NewPaletted(image.Rect(0, 0, size, size), palette)
		for y := range size {
			for x := range size {
				p := c.Pix[y*size+x]
				img.Set(x, y, color.RGBA{uint8(encode(p.R)*255 + 0.5), uint8(encode(p.G)*255 + 0.5), uint8(encode(p.B)*255 + 0.5), 255})
			}
		}
		g.Image, g.Delay = append(g.Image, img), append(g.Delay, 8)
	}
	var b bytes.Buffer
	err := gif.EncodeAll(&b, &g)
	return b.Bytes(), err
}

// rosette is a flower of thin petals on no ground at all.
func rosette() ([]byte, error) {
	const size, petals = 560, 18
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	inks := gradient("#264a8c", "#3a9bb0", "#8cc38a", "#f2c14e", "#ec6a4c", "#a83a7c", "#264a8c")
	for y := range size {
		for x := range size {
			// Four samples a pixel along the diagonal smooth the rims.
			var r, g, b, a float64
			for s := range 4 {
				u, v := (float64(x)+float64(s)/4+0.125)/size*2-1, (float64(y)+float64((s*2+1)%4)/4+0.125)/size*2-1
				clear, col := 1.0, RGB{}
				for i := range petals {
					turn := 2 * math.Pi * float64(i) / petals
					px, py := u-0.46*math.Cos(turn), v-0.46*math.Sin(turn)
					d := math.Hypot(px, py)
					cover := 0.0
					switch {
					case d > 0.45:
					case d > 0.432:
						cover = 0.9
					default:
						cover = 0.16
					}
					col = col.to(inks.At(float64(i)/petals), cover)
					clear *= 1 - cover
				}
				cover := 1 - clear
				r, g, b, a = r+col.R, g+col.G, b+col.B, a+cover
			}
			if a == 0 {
				continue
			}
			level := func(v float64) uint8 { return uint8(min(encode(v/a)*255+0.5, 255)) }
			img.SetNRGBA(x, y, color.NRGBA{level(r), level(g), level(b), uint8(a/4*255 + 0.5)})
		}
	}
	var b bytes.Buffer
	err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, img)
	return b.Bytes(), err
}

// chime is three notes of a struck bell: WAV, mono, 16 bits.
func chime() ([]byte, error) {
	const rate, seconds = 8000, 2
	sound := make([]float64, rate*seconds)
	for i, note := range []float64{523.25, 659.26, 783.99} {
		start := i * rate * 3 / 10
		for n := start; n < len(sound); n++ {
			t := float64(n-start) / rate
			// Partials of a bell die the faster the higher they are.
			for _, p := range [][3]float64{{1, 1, 1.8}, {2.01, 0.4, 3.2}, {3.02, 0.2, 5}} {
				sound[n] += 0.22 * p[1] * math.Exp(-t*p[2]) * math.Sin(2*math.Pi*note*p[0]*t)
			}
		}
	}
	le := binary.LittleEndian
	size := uint32(2 * len(sound))
	b := le.AppendUint32([]byte("RIFF"), 36+size)
	b = le.AppendUint32(append(b, "WAVEfmt "...), 16)
	b = le.AppendUint16(le.AppendUint16(b, 1), 1) // PCM, one channel
	b = le.AppendUint32(le.AppendUint32(b, rate), 2*rate)
	b = le.AppendUint16(le.AppendUint16(b, 2), 16)
	b = le.AppendUint32(append(b, "data"...), size)
	for i, v := range sound {
		v *= min(1, float64(len(sound)-i)/2400) // no click at the end
		b = le.AppendUint16(b, uint16(int16(min(max(v, -1), 1)*32000)))
	}
	return b, nil
}

// packingList is a document of one A5 page with a drawing and text (PDF 1.4, ISO 32000-1).
func packingList() ([]byte, error) {
	var page bytes.Buffer
	n := Noise(4100)
	page.WriteString("0.93 0.87 0.78 rg 0 0 420 595 re f\n")
	for i, c := range [][3]float64{{0.80, 0.72, 0.72}, {0.58, 0.58, 0.68}, {0.36, 0.43, 0.56}, {0.17, 0.25, 0.37}} {
		fmt.Fprintf(&page, "%.2f %.2f %.2f rg 0 0 m\n", c[0], c[1], c[2])
		for x := 0; x <= 420; x += 3 {
			fmt.Fprintf(&page, "%d %.1f l\n", x, 190-float64(i)*40+90*(n+Noise(9*i)).Ridged(float64(x)/170, 0.5, 6)-20)
		}
		page.WriteString("420 0 l f\n")
	}
	page.WriteString("0.94 0.55 0.36 rg 346 480 m 346 495 334 507 319 507 c 304 507 292 495 292 480 c 292 465 304 453 319 453 c 334 453 346 465 346 480 c f\nBT 0.17 0.20 0.30 rg /F1 24 Tf 40 520 Td (Packing list) Tj ET\n")
	for i, line := range []string{"Map, and a second map", "Soup spoon (one each)", "Wool hat, even in July", "Lamp, spare battery", "Biscuits for Biscuit", "Nothing else"} {
		y := 478 - 26*i
		fmt.Fprintf(&page, "0.17 0.20 0.30 RG 1.2 w 40 %d 11 11 re S\nBT 0.17 0.20 0.30 rg /F2 13 Tf 62 %d Td (%s) Tj ET\n", y-1, y+1, escapePDF(line))
	}
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 595] /Contents 4 0 R /Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%sendstream", page.Len(), page.String()),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Times-Bold >>",
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
		"<< /Title (Packing list) /CreationDate (D:20210618200000+02'00') /Producer (shoebox site/draw) >>",
	}
	return pdf(objects), nil
}

// pdf puts objects into a file: the first is the catalogue, the last says what it is.
func pdf(objects []string) []byte {
	b := bytes.NewBufferString("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
	var offsets []int
	for i, o := range objects {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, o := range offsets {
		fmt.Fprintf(b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(b, "trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, len(objects), start)
	return b.Bytes()
}

// escapePDF protects the characters that end a string.
func escapePDF(s string) string {
	var b bytes.Buffer
	for _, r := range s {
		if r == '(' || r == ')' || r == '\\' {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// video encodes two and a half seconds of moving water with ffmpeg. Without ffmpeg it says so and leaves the file as it is.
func video(name string) error {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if errors.Is(err, exec.ErrNotFound) {
		fmt.Fprintf(os.Stderr, "draw: no ffmpeg in PATH: %s is left as it is; install ffmpeg to draw it\n", name)
		return nil
	}
	if err != nil {
		return err
	}
	const w, h, rate, frames = 640, 360, 24, 60
	cmd := exec.Command(ffmpeg, "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgba", "-s", fmt.Sprintf("%dx%d", w, h), "-r", fmt.Sprint(rate), "-i", "-",
		"-c:v", "libx264", "-preset", "slow", "-crf", "23", "-maxrate", "700k", "-bufsize", "700k", "-pix_fmt", "yuv420p", "-threads", "1", "-flags:v", "+bitexact",
		"-fflags", "+bitexact", "-metadata", "creation_time=2023-07-16T19:05:00Z", "-metadata", "title=Waves, before supper", "-movflags", "+faststart", name)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("ffmpeg: %w", err)
	}
	sky := &Sky{Colors: gradient("#39518e", "#9a7fae", "#f2a58a", "#ffd9a0"), Horizon: 0.46, Sun: Point{0.62, 0.38}, Disc: 0.035, Shine: hex("#ffdca0"), Glow: 0.2,
		Clouds: Clouds{Noise: 4201, Cover: 0.42, Scale: 0.6, Stretch: 3, Light: hex("#ffc0a0"), Shade: hex("#7a6a98")}}
	for f := range frames {
		c := NewCanvas(w, h)
		seaside(c, sky, &Sea{Noise: 4202, Sky: sky, Horizon: sky.Horizon, Deep: hex("#173a5c"), Chop: 1.1, Scale: 1.6, Time: float64(f) / rate})
		c.Vignette(0.25)
		if _, err = in.Write(c.Image().Pix); err != nil {
			break
		}
	}
	err = errors.Join(err, in.Close(), cmd.Wait())
	if err != nil {
		return fmt.Errorf("ffmpeg, %s: %w", name, err)
	}
	return nil
}
