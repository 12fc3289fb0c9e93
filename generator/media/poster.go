package media

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"strconv"
	"time"

	"github.com/disintegration/imaging"

	"shoebox/internal/gallery"
)

// posterTime is how long ffmpeg may take for one poster.
const posterTime = 30 * time.Second

// movie develops a video or a recording.
func (j *job) movie() {
	e := embedded{}
	switch j.format.demuxer {
	case "mov":
		var problem string
		m := movie{}
		err := safely(func() error {
			m, problem = readMovie(j.src)
			return nil
		})
		if err != nil {
			problem = damage(err)
		}
		j.problem(problem)
		e.movie = &m
		j.record.Duration, j.record.Width, j.record.Height = round5(m.duration), m.width, m.height
		j.record.Codecs, j.record.ContentID = m.codecs(), m.content
	case "avi":
		if head := j.src.head(8); len(head) == 8 {
			if claimed := int64(binary.LittleEndian.Uint32(head[4:])) + 8; claimed > j.in.Size+1 {
				j.problem(fmt.Sprintf("the file is cut off after %d %% of its bytes: upload it again", j.in.Size*100/claimed))
			}
		}
	}
	if j.record.Width > 1<<16 || j.record.Height > 1<<16 || j.record.Width == 0 || j.record.Height == 0 {
		j.record.Width, j.record.Height = 0, 0
	}
	j.describe(e, 1)
	if j.format.kind != gallery.Video {
		j.record.Width, j.record.Height = 0, 0
		return
	}

	if before := j.in.Before; before != nil && before.Recipe != j.record.Recipe { // ffmpeg made it, and is not here
		j.record.Recipe, j.record.Placeholder = before.Recipe, before.Placeholder
		for _, r := range before.Renditions {
			j.renditions = append(j.renditions, Rendition{Rendition: r})
		}
		return
	}
	if j.options.FFmpeg == "" || j.format.demuxer == "" || !j.ffmpegRenditions(*cmp.Or(e.movie, &movie{})) {
		j.posterOf(j.draw)
	}
}

// posterOf makes poster and thumbnail of a frame; there are none when it is nil.
func (j *job) posterOf(frame func() *image.RGBA) bool {
	weight := min(int64(j.options.Preview)*int64(j.options.Preview)*8, j.options.Memory)
	if j.memory.Acquire(j.ctx, weight) != nil {
		return false
	}
	defer j.memory.Release(weight)
	m := frame()
	if m == nil {
		return false
	}
	j.renditionsOf(m, gallery.Poster)
	return true
}

// ffmpegRenditions makes what ffmpeg can make of a video; nothing when that can't even get a frame out of it.
func (j *job) ffmpegRenditions(m movie) bool {
	in, err := j.openForFFmpeg()
	if err != nil {
		return false
	}
	defer in.close()
	var at float64
	if !j.posterOf(func() (frame *image.RGBA) {
		frame, at = j.frame(in)
		return frame
	}) {
		return false
	}
	j.clip(in, at)
	j.web(in, m)
	return true
}

// frame asks ffmpeg for a frame of the video, and says where it was; nil when it can't.
func (j *job) frame(in ffmpegInput) (*image.RGBA, float64) {
	// A second in there is seldom a black frame; a video that is shorter, or damaged there, still has its first.
	at := min(1, j.record.Duration/3)
	if j.format.demuxer != "mov" {
		at = 1
	}
	for _, seek := range []float64{at, 0} {
		m, err := j.frameAt(in, seek)
		if err == nil {
			return m, seek
		}
		if j.ctx.Err() != nil || at == 0 {
			break
		}
	}
	return nil, 0
}

func (j *job) frameAt(in ffmpegInput, seek float64) (*image.RGBA, error) {
	edge := strconv.Itoa(j.options.Preview)
	// A PNG is at most a little larger than its pixels.
	out := &limited{limit: j.options.Preview*j.options.Preview*4 + 1<<20}
	err := j.ffmpeg(posterTime, out, in, []string{"-threads", "1", "-ss", strconv.FormatFloat(seek, 'f', 3, 64)}, []string{
		"-map", "0:v:0", "-frames:v", "1", "-an", "-sn", "-dn", "-map_metadata", "-1",
		"-vf", "scale=w='max(1,trunc(iw*if(gt(sar,0),sar,1)))':h=ih,scale=w='min(" + edge + ",iw)':h='min(" + edge + ",ih)':force_original_aspect_ratio=decrease",
		"-f", "image2pipe", "-c:v", "png", "-pix_fmt", "rgb24", "pipe:1"})
	if err != nil {
		return nil, err
	}
	c, err := png.DecodeConfig(bytes.NewReader(out.data))
	if err != nil {
		return nil, err
	}
	if max(c.Width, c.Height) > j.options.Preview+1 {
		return nil, errors.New("the frame is too large")
	}
	m, err := png.Decode(bytes.NewReader(out.data))
	if err != nil {
		return nil, err
	}
	return flatten(imaging.Clone(m), j.options.Background), nil
}

// limited keeps what is written to it, up to a limit.
type limited struct {
	data  []byte
	limit int
}

func (l *limited) Write(p []byte) (int, error) {
	if len(l.data)+len(p) > l.limit {
		return 0, io.ErrShortBuffer
	}
	l.data = append(l.data, p...)
	return len(p), nil
}

// draw draws a poster: dusk colours and a triangle, in the shape of the video.
func (j *job) draw() *image.RGBA {
	w, h := j.record.Width, j.record.Height
	if w == 0 {
		w, h = 1280, 720
	}
	w, h = fit(w, h, min(j.options.Preview, 1280))
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	top, bottom := [3]int{44, 62, 92}, [3]int{124, 96, 120}
	cx, cy := float64(w)/2, float64(h)/2
	radius := float64(min(w, h)) / 5
	for y := range h {
		var c [3]float64
		for i := range c {
			c[i] = float64(top[i]) + float64((bottom[i]-top[i])*y)/float64(h)
		}
		for x := range w {
			// How much of the pixel the triangle covers: within its slanted sides, right of its left one; soft by a pixel.
			dx, dy := float64(x)+0.5-cx+radius/2, float64(y)+0.5-cy
			if dy < 0 {
				dy = -dy
			}
			inside := min(dx, (radius*1.5-dx)*0.5-dy*0.866) // 0.866: the sides of an equilateral triangle
			cover := min(max(inside+0.5, 0), 1) * 0.85
			p := m.Pix[y*m.Stride+4*x:]
			for i := range c {
				p[i] = uint8(c[i] + (255-c[i])*cover + 0.5)
			}
			p[3] = 255
		}
	}
	return m
}
