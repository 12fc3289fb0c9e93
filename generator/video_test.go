package generator_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"shoebox/internal/config"
	"shoebox/internal/needs"
	"shoebox/internal/storage"
)

// TestVideoInBucket builds a gallery with a video, in a bucket without files: by one who has ffmpeg, and by one who has not.
func TestVideoInBucket(t *testing.T) {
	ffmpeg := needs.Tool(t, "ffmpeg")
	file := filepath.Join(t.TempDir(), "a.mov")
	out, err := exec.Command(ffmpeg, "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=2", "-f", "lavfi", "-i", "sine=d=2",
		"-c:v", "mpeg4", "-c:a", "aac", file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const key = `data/sea/#1 "50%".mov`
	b := storage.NewMem()
	b.Upload(key, body, morning)
	without := func(c *config.Config) { c.Build.FFmpeg = "" }
	with := func(c *config.Config) { c.Build.FFmpeg, c.Video.Web = ffmpeg, true }

	build(t, b, without)
	if got := b.Contents("public/sea/"); strings.Contains(got["public/sea/index.html"], "data-clip") {
		t.Error("there is a clip without ffmpeg")
	}
	if report := build(t, b, with); report.Developed != 1 || len(report.Failed) != 0 {
		t.Errorf("with ffmpeg: %+v", report)
	}
	got := b.Contents("public/sea/")
	var index struct {
		Items []struct {
			Codecs    string
			Clip, Web *struct{ URL string }
		}
	}
	if err := json.Unmarshal([]byte(got["public/sea/index.json"]), &index); err != nil {
		t.Fatal(err)
	}
	item := index.Items[0]
	if item.Clip == nil || item.Web == nil || item.Codecs != "mp4v.20, mp4a.40.2" {
		t.Fatalf("index.json: %+v", item)
	}
	if !strings.Contains(got["public/sea/index.html"], `data-clip="`+item.Clip.URL+`"`) {
		t.Error("the grid does not have the clip")
	}
	var sources []string
	for _, m := range regexp.MustCompile(`<source src="([^"]*)"`).FindAllStringSubmatch(got[`public/sea/#1 "50%".mov.html`], -1) {
		sources = append(sources, m[1])
	}
	if len(sources) != 2 || sources[0] != item.Web.URL || sources[1] != "-/original/%231%20%2250%25%22.mov" {
		t.Errorf("the page plays %q", sources)
	}
	if !strings.Contains(got[`public/sea/#1 "50%".mov.html`], `type="video/mp4; codecs=&#34;mp4v.20, mp4a.40.2&#34;"`) {
		t.Error("the browser is not told of the original's codecs")
	}
	// Who has ffmpeg has nothing to do again, and who has none does not undo it.
	for name, mode := range map[string]func(*config.Config){"with": with, "without": func(c *config.Config) { with(c); without(c) }} {
		if report := build(t, b, mode); report.Developed+report.Written+report.Deleted != 0 {
			t.Errorf("%s ffmpeg again: %+v", name, report)
		}
	}
	// What a sidecar says changes nothing of them, not even where there is no ffmpeg.
	b.Upload(key+".md", []byte("A caption"), morning)
	build(t, b, func(c *config.Config) { with(c); without(c) })
	captioned := b.Contents("public/sea/")
	if !strings.Contains(captioned["public/sea/index.json"], "A caption") {
		t.Error("the caption is not there")
	}
	for name, body := range got {
		if (strings.HasSuffix(name, ".mp4") || strings.HasSuffix(name, ".jpg")) && captioned[name] != body {
			t.Errorf("%s is not what it was", name)
		}
	}
	if report := build(t, b, with); report.Developed+report.Written+report.Deleted != 0 {
		t.Errorf("with ffmpeg after the caption: %+v", report)
	}
	// All of it goes with the video.
	b.Remove(key)
	b.Remove(key + ".md")
	build(t, b, with)
	for key := range b.Contents("public/") {
		if strings.HasSuffix(key, ".mp4") {
			t.Errorf("%s is left", key)
		}
	}
}
