package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxFrame is how many pixels a video's frame may have: those of 8K. A decoder holds up to 17 frames.
const maxFrame = 8192 * 4320

// errTime is the error of an ffmpeg that was ended because it took too long.
var errTime = errors.New("ffmpeg took too long")

// An original as ffmpeg is told to open it.
type ffmpegInput struct {
	arguments []string // up to the name, behind which -i and the name follow
	name      string
	close     func()
}

// openForFFmpeg gives ffmpeg the original: its file, or where there is none an address that it can read it from by ranges.
func (j *job) openForFFmpeg() (ffmpegInput, error) {
	// The container is given, and one way of opening alone is allowed: a playlist with another name can't make ffmpeg read something
	// else. The absolute path behind "file:" can't be taken for an option or a URL.
	arguments := []string{"-f", j.format.demuxer, "-max_pixels", strconv.Itoa(maxFrame)}
	if j.format.demuxer == "mov" {
		arguments = append(arguments, "-probesize", "500000") // its index says what other containers are searched for, 5 MB of them
	}
	arguments = append(arguments, "-protocol_whitelist")
	if j.in.Path != "" {
		path, err := filepath.Abs(j.in.Path)
		return ffmpegInput{append(arguments, "file"), "file:" + path, func() {}}, err
	}
	l, err := serve(j.src)
	if err != nil {
		return ffmpegInput{}, err
	}
	// Seeking by a new request when it is more than 64 KiB ahead costs less than reading on.
	return ffmpegInput{append(arguments, "http,tcp", "-short_seek_size", "65536"), l.url, l.close}, nil
}

// ffmpeg runs ffmpeg for as long as limit and the options allow, and ends it then with all that it started. The arguments are
// those before the input, and those behind it.
func (j *job) ffmpeg(limit time.Duration, stdout io.Writer, in ffmpegInput, before, behind []string) error {
	limit = min(limit, j.options.FFmpegTime)
	if end, ok := j.ctx.Deadline(); ok {
		limit = min(limit, time.Until(end)/3) // so that what is there without it is not lost to it
	}
	ctx, cancel := context.WithTimeout(j.ctx, limit)
	defer cancel()
	arguments := slices.Concat([]string{"-nostdin", "-hide_banner", "-v", "error"}, in.arguments, before, []string{"-i", in.name}, behind)
	cmd := exec.CommandContext(ctx, j.options.FFmpeg, arguments...)
	cmd.Env = ffmpegEnvironment(os.Environ())
	cmd.Stdout = stdout
	var said lastWords
	cmd.Stderr = &said
	killGroup(cmd)
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	switch {
	case j.ctx.Err() != nil:
		return j.ctx.Err()
	case err != nil && ctx.Err() != nil:
		return errTime
	case err != nil && len(said) > 0:
		return fmt.Errorf("ffmpeg: %w: %s", err, clean(string(said), 200))
	}
	return err
}

// ffmpegEnvironment is what ffmpeg gets of an environment. It reads hostile files: it has no use for credentials, nor for a proxy.
func ffmpegEnvironment(environment []string) []string {
	var kept []string
	for _, entry := range environment {
		name, _, _ := strings.Cut(entry, "=")
		switch strings.ToUpper(name) {
		case "PATH", "HOME", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH":
			kept = append(kept, entry)
		}
	}
	return kept
}

// lastWords keeps the end of what a program says.
type lastWords []byte

func (w *lastWords) Write(p []byte) (int, error) {
	*w = append(*w, p...)
	if over := len(*w) - 1024; over > 0 {
		*w = append((*w)[:0], (*w)[over:]...)
	}
	return len(p), nil
}

// ffmpegFile has ffmpeg write a file, and returns it when it has at most limit bytes. There is room for one on the disk, and for one
// at work on all cores.
func (j *job) ffmpegFile(limit int64, time time.Duration, in ffmpegInput, before, behind []string) ([]byte, error) {
	if err := j.encoding.Acquire(j.ctx, 1); err != nil {
		return nil, err
	}
	defer j.encoding.Release(1)
	weight := min(limit, j.options.Memory)
	if err := j.memory.Acquire(j.ctx, weight); err != nil {
		return nil, err
	}
	defer j.memory.Release(weight)
	sweepScratch(j.options.TempDir)
	dir, err := os.MkdirTemp(j.options.TempDir, scratch)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "out.mp4")
	// At the limit ffmpeg ends as if the video did, so what is as large as that is not whole.
	behind = append(behind, "-fs", fmt.Sprint(limit), "-f", "mp4", "-y", "file:"+file)
	if err := j.ffmpeg(time, nil, in, before, behind); err != nil {
		return nil, err
	}
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return nil, err
	case info.Size() >= limit-limit/50:
		return nil, errSize
	}
	return os.ReadFile(file)
}

// errSize is the error of a video that would be larger than allowed.
var errSize = errors.New("the video would be too large")

// scratch starts the names of folders that videos are written into.
const scratch = "shoebox-video-"

// sweepScratch deletes what was left behind by programs that were ended while they wrote: a function of AWS Lambda has the same 512 MB
// for long.
func sweepScratch(dir string) {
	if dir == "" {
		dir = os.TempDir()
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && e.IsDir() && strings.HasPrefix(e.Name(), scratch) && time.Since(info.ModTime()) > 24*time.Hour {
			_ = os.RemoveAll(filepath.Join(dir, e.Name())) // another program's, maybe
		}
	}
}
