package generator

import (
	"testing"
	"time"

	"shoebox/internal/gallery"
)

// TestWhatIsALivePhoto has the rule, and what must not be taken for one.
func TestWhatIsALivePhoto(t *testing.T) {
	date := func(s string) gallery.Date {
		d, err := gallery.ParseDate(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	type change func(photo, video *gallery.Record)
	for name, c := range map[string]struct {
		change change
		live   bool
	}{
		"of one moment": {func(p, v *gallery.Record) {}, true},
		"of one identifier": {func(p, v *gallery.Record) {
			p.ContentID, v.ContentID, v.Duration, v.Taken = "x", "x", 60, gallery.Date{}
		}, true},
		"of an identifier, an MP4": {func(p, v *gallery.Record) { p.ContentID, v.ContentID, v.Original.Key = "x", "x", "data/IMG.MP4" }, true},
		"of two identifiers":       {func(p, v *gallery.Record) { p.ContentID, v.ContentID = "x", "y" }, false},
		"of one identifier alone":  {func(p, v *gallery.Record) { p.ContentID = "x" }, true},
		"of two names":             {func(p, v *gallery.Record) { v.Original.Key, p.ContentID, v.ContentID = "data/IMH.MOV", "x", "x" }, false},
		"of two albums":            {func(p, v *gallery.Record) { v.Original.Key = "data/a/IMG.MOV" }, false},
		"too long":                 {func(p, v *gallery.Record) { v.Duration = 4 }, false},
		"of unknown length":        {func(p, v *gallery.Record) { v.Duration = 0 }, false},
		"an MP4":                   {func(p, v *gallery.Record) { v.Original.Key = "data/IMG.MP4" }, false},
		"a PNG":                    {func(p, v *gallery.Record) { p.Type = "image/png" }, false},
		"five seconds apart":       {func(p, v *gallery.Record) { v.Taken = date("2024-05-01T12:00:05") }, true},
		"six seconds apart":        {func(p, v *gallery.Record) { v.Taken = date("2024-05-01T12:00:06") }, false},
		"of the file's date":       {func(p, v *gallery.Record) { v.TakenFrom = "modified" }, false},
		"of the name's date":       {func(p, v *gallery.Record) { p.TakenFrom = "name" }, false},
		"undated":                  {func(p, v *gallery.Record) { p.Taken, v.Taken = gallery.Date{}, gallery.Date{} }, false},
		"of two zones": {func(p, v *gallery.Record) {
			p.Taken, v.Taken = date("2024-05-01T14:00:00+02:00"), date("2024-05-01T12:00:01Z")
		}, true},
		"of one clock, two zones": {func(p, v *gallery.Record) {
			p.Taken, v.Taken = date("2024-05-01T12:00:00+02:00"), date("2024-05-01T12:00:00Z")
		}, false},
		"not to be shown": {func(p, v *gallery.Record) { p.ContentID, v.ContentID, p.Renditions = "x", "x", nil }, false},
	} {
		thumbnail := []gallery.Rendition{{Use: gallery.Thumbnail}}
		photo := gallery.Record{Original: gallery.Original{Key: "data/IMG.HEIC"}, Kind: gallery.Photo, Type: "image/heic", Renditions: thumbnail,
			Metadata: gallery.Metadata{Taken: date("2024-05-01T12:00:00"), TakenFrom: "exif"}}
		video := gallery.Record{Original: gallery.Original{Key: "data/IMG.MOV"}, Kind: gallery.Video, Type: "video/quicktime", Duration: 2.9, Renditions: thumbnail,
			Metadata: gallery.Metadata{Taken: date("2024-05-01T12:00:00"), TakenFrom: "video"}}
		c.change(&photo, &video)
		for _, items := range [][]gallery.Record{{photo, video}, {video, photo}} {
			joined := joinLive(items)
			live := len(joined) == 1 && joined[0].Kind == gallery.Photo && joined[0].Live != nil && joined[0].Live.Original == video.Original
			if live != c.live || !live && len(joined) != 2 {
				t.Errorf("%s: live %t with %d items, want %t", name, live, len(joined), c.live)
			}
		}
	}
}

// TestLivePhotoOfMany: of photos and videos of one name, those with one identifier belong together, and each to one other alone.
func TestLivePhotoOfMany(t *testing.T) {
	record := func(key string, kind gallery.Kind, id string) gallery.Record {
		return gallery.Record{Original: gallery.Original{Key: key}, Kind: kind, Type: "image/jpeg", ContentID: id, Duration: 2,
			Renditions: []gallery.Rendition{{Use: gallery.Thumbnail}},
			Metadata:   gallery.Metadata{Taken: gallery.Wall(time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)), TakenFrom: "exif"}}
	}
	joined := joinLive([]gallery.Record{
		record("data/IMG.HEIC", gallery.Photo, ""), record("data/IMG.JPG", gallery.Photo, "x"),
		record("data/IMG.MOV", gallery.Video, "x"), record("data/IMG.mov", gallery.Video, ""), record("data/IMG.mp4", gallery.Video, "x"),
	})
	got := map[string]string{}
	for _, r := range joined {
		got[r.Original.Key] = ""
		if r.Live != nil {
			got[r.Original.Key] = r.Live.Original.Key
		}
	}
	if len(got) != 3 || got["data/IMG.JPG"] != "data/IMG.MOV" || got["data/IMG.HEIC"] != "data/IMG.mov" || got["data/IMG.mp4"] != "" {
		t.Errorf("got %v", got)
	}
}
