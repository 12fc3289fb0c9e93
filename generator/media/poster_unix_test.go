//go:build unix

package media

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
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
