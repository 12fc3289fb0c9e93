package media

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"shoebox/internal/gallery"
)

// What a clip is: its length in seconds, its longer edge in pixels, the bytes that it may have, and how long making it may take.
const (
	clipSeconds = 4
	clipEdge    = 480
	clipBytes   = 4 << 20
	clipTime    = time.Minute
)

// webRate is the bitrate of a web video of 720 lines at most, bits per second; it grows with the area.
const webRate = 3_000_000

// clip makes the few seconds that a grid shows. A video of which there is none is not the worse for it.
func (j *job) clip(in ffmpegInput, at float64) {
	if !j.options.Clips || j.stands(gallery.Clip) {
		return
	}
	body, err := j.ffmpegFile(clipBytes, clipTime, in,
		[]string{"-ss", strconv.FormatFloat(at, 'f', 3, 64), "-t", strconv.Itoa(clipSeconds)},
		append(j.h264("veryfast", 28, 400_000, 25, fmt.Sprintf("w='min(%d,iw)':h='min(%[1]d,ih)'", clipEdge)), "-an"))
	if err != nil {
		return
	}
	if w, h, ok := j.made(body, clipEdge); ok {
		j.add(body, "video/mp4", ".mp4", w, h, gallery.Clip)
	}
}

// web makes a video that every browser plays, unless the original is one or the owner wants none.
func (j *job) web(in ffmpegInput, m movie) {
	lines := j.options.Web
	if lines == 0 || j.playsAnyway(m) || j.stands(gallery.Web) {
		return
	}
	rate := webRate * lines * lines / (720 * 720)
	problem := ""
	// The bitrate is an upper bound, and the sound has 128 kbit/s.
	if most := m.duration * float64(rate+128_000) / 8; most/4 > float64(j.options.WebBytes) {
		problem = errSize.Error()
	} else {
		// The shorter side has that many lines.
		scale := fmt.Sprintf("w='if(gt(iw,ih),-2,min(%d,iw))':h='if(gt(iw,ih),min(%[1]d,ih),-2)'", lines)
		body, err := j.ffmpegFile(j.options.WebBytes, j.options.FFmpegTime, in, nil, append(j.h264("veryfast", 23, rate, 60, scale),
			"-map", "0:a:0?", "-c:a", "aac", "-b:a", "128k", "-ac", "2", "-ar", "48000"))
		w, h, ok := 0, 0, false
		if err == nil {
			w, h, ok = j.made(body, 1<<13)
		}
		switch {
		case ok:
			j.add(body, "video/mp4", ".mp4", w, h, gallery.Web)
			return
		case errors.Is(err, errTime), errors.Is(err, errSize):
			problem = err.Error()
		default:
			problem = "ffmpeg could not make one"
		}
	}
	j.problem(fmt.Sprintf("there is no web video of it, only the original: %s (video.seconds, video.megabytes)", problem))
}

// stands takes over a video that was made before, when it is what would be made now.
func (j *job) stands(use string) bool {
	if j.in.Before == nil {
		return false
	}
	r, ok := j.in.Before.Rendition(use)
	if ok = ok && r.Path == gallery.RenditionPath(j.in.Key, j.hash(".mp4", use), max(r.Width, r.Height), ".mp4"); ok {
		j.renditions = append(j.renditions, Rendition{Rendition: r})
	}
	return ok
}

// h264 are the arguments for H.264 that every browser plays, with its index in front; of what the original says of itself it has the
// creators and the copyright line.
// Frames are left out evenly where there are more than perSecond. The same original gives the same bytes.
func (j *job) h264(preset string, quality, rate, perSecond int, scale string) []string {
	filters := []string{
		"yadif=deint=interlaced", // camcorders' half frames
		fmt.Sprintf("fps=source_fps/ceil(source_fps/%d)", perSecond),
		"scale=w='max(2,trunc(iw*if(gt(sar,0),sar,1)))':h=ih", // square pixels
		"scale=" + scale + ":force_original_aspect_ratio=decrease:force_divisible_by=2", "setsar=1",
	}
	if strings.Contains(scale, "-2") {
		filters[3] = "scale=" + scale
	}
	return []string{"-map", "0:v:0", "-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1",
		"-metadata", "artist=" + j.record.Creator, "-metadata", "copyright=" + j.record.Copyright, "-vf", strings.Join(filters, ","),
		"-c:v", "libx264", "-preset", preset, "-crf", strconv.Itoa(quality), "-maxrate", strconv.Itoa(rate), "-bufsize", strconv.Itoa(2 * rate),
		"-pix_fmt", "yuv420p", "-profile:v", "high", "-movflags", "+faststart", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact"}
}

// made checks a video that was made and returns its size as shown.
func (j *job) made(body []byte, edge int) (w, h int, ok bool) {
	m, problem := readMovie(&source{ctx: j.ctx, r: bytes.NewReader(body), size: int64(len(body))})
	ok = problem == "" && strings.HasPrefix(m.codec, "avc1.") && m.ahead && m.duration > 0 && m.width > 0 && m.height > 0 &&
		max(m.width, m.height) <= edge
	return m.width, m.height, ok
}

// playsAnyway reports whether every browser plays the original as well as it would a web video.
func (j *job) playsAnyway(m movie) bool {
	if j.format.demuxer != "mov" || !m.ahead || m.duration <= 0 || min(m.width, m.height) > j.options.Web {
		return false
	}
	sound := m.sound == "" || m.sound == "mp4a.40.2" || m.sound == "mp4a.40.5"
	rate := float64(j.in.Size) * 8 / m.duration
	most := float64(webRate*j.options.Web*j.options.Web)/(720*720) + 128_000
	return sound && everyBrowsers(m.codec) && rate <= math.Ceil(most*1.5)
}

// everyBrowsers reports whether a codec is H.264 in a profile that all browsers decode: baseline, main or high.
func everyBrowsers(codec string) bool {
	for _, profile := range []string{"avc1.42", "avc1.4d", "avc1.64"} {
		if strings.HasPrefix(codec, profile) {
			return true
		}
	}
	return false
}
