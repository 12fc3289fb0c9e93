//go:build unix

package media

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"shoebox/internal/gallery"
	"shoebox/internal/needs"
)

// TestCancelledPosterLeavesNoProcess runs a program in place of ffmpeg that starts another one, as a wrapper script does. Each of
// the two writes to a file for as long as it lives.
func TestCancelledPosterLeavesNoProcess(t *testing.T) {
	dir := t.TempDir()
	program, alive := filepath.Join(dir, "ffmpeg"), filepath.Join(dir, "alive")
	script := "#!/bin/sh\nbeat() { while :; do printf x >>'" + alive + "' || exit; sleep 0.02; done; }\nbeat </dev/null >/dev/null 2>&1 &\nbeat\n"
	if err := os.WriteFile(program, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	size := func() int64 {
		info, err := os.Stat(alive)
		if err != nil {
			return 0
		}
		return info.Size()
	}
	in := input("a.mov", mp4Of())
	in.Path = filepath.Join(dir, "a.mov")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() {
		_, _, err := New(Options{FFmpeg: program}).Develop(ctx, in)
		done <- err
	}()
	for deadline := time.Now().Add(20 * time.Second); size() < 4; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the program did not start")
		}
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want canceled", err)
	}
	time.Sleep(50 * time.Millisecond) // a write that was under way
	before := size()
	time.Sleep(300 * time.Millisecond)
	if after := size(); after != before {
		t.Errorf("a process still lives: it wrote %d bytes more", after-before)
	}
}

// TestHungEncoderIsEnded takes the poster with the real ffmpeg, whose encoders then hang.
func TestHungEncoderIsEnded(t *testing.T) {
	ffmpeg := needs.Tool(t, "ffmpeg")
	dir := t.TempDir()
	program := filepath.Join(dir, "ffmpeg")
	script := "#!/bin/sh\ncase \"$*\" in *image2pipe*) exec '" + ffmpeg + "' \"$@\";; esac\nfor last; do :; done\necho x >\"${last#file:}\"\nsleep 600 & wait\n"
	if err := os.WriteFile(program, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	path := ffmpegMakes(t, ffmpeg, "a.mp4", append(bars("320x180", 2), "-c:v", "mpeg4", "-c:a", "aac")...)
	start := time.Now()
	record, uses, _ := developVideo(t, Options{FFmpeg: program, Clips: true, Web: 720, FFmpegTime: 3 * time.Second}, path) // it wants no file left behind
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
	if uses[gallery.Poster].Width != 320 || len(uses) != 2 || !strings.Contains(record.Problem, "ffmpeg took too long (video.seconds") {
		t.Errorf("%d renditions, problem %q", len(uses), record.Problem)
	}
}
