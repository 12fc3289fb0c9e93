package generator

import (
	"path"
	"slices"
	"strings"
	"time"

	"shoebox/internal/gallery"
)

// What a video has to be, to be taken for that of a Live Photo by its name and date alone: shorter than Apple's longest, and of the same moment.
const (
	liveSeconds = 4
	liveApart   = 5 * time.Second
)

// joinLive makes one item of a photo and the video that a phone took with it. That both have one name proves nothing, so what their
// records say decides: they have one content identifier or, where a program has removed those, the video is short and of the same
// moment. A photo that can't be shown hides no video.
func joinLive(items []gallery.Record) []gallery.Record {
	photos := map[string][]int{} // by key without the extension
	for i := range items {
		if _, shown := items[i].Rendition(gallery.Thumbnail); shown && items[i].Kind == gallery.Photo {
			stem := stem(items[i].Original.Key)
			photos[stem] = append(photos[stem], i)
		}
	}
	joined := map[string]bool{}
	for _, certain := range []bool{true, false} {
		for i := range items {
			video := &items[i]
			if video.Kind != gallery.Video || joined[video.Original.Key] {
				continue
			}
			for _, p := range photos[stem(video.Original.Key)] {
				photo := &items[p]
				if photo.Live == nil && (certain && sameContent(photo, video) || !certain && sameMoment(photo, video)) {
					live := *video
					photo.Live, joined[video.Original.Key] = &live, true
					break
				}
			}
		}
	}
	return slices.DeleteFunc(items, func(r gallery.Record) bool { return joined[r.Original.Key] })
}

func sameContent(photo, video *gallery.Record) bool {
	return photo.ContentID != "" && photo.ContentID == video.ContentID
}

// sameMoment reports whether a photo and a video, of which not both have an identifier, look like a Live Photo.
func sameMoment(photo, video *gallery.Record) bool {
	if photo.ContentID != "" && video.ContentID != "" || !strings.EqualFold(path.Ext(video.Original.Key), ".mov") ||
		video.Duration <= 0 || video.Duration >= liveSeconds || !takenByCamera(photo) || !takenByCamera(video) {
		return false
	}
	switch photo.Type {
	case "image/heic", "image/heif", "image/jpeg":
	default:
		return false
	}
	apart := photo.Taken.Clock().Sub(video.Taken.Clock())
	if photo.Taken.Zoned && video.Taken.Zoned {
		apart = photo.Taken.Sub(video.Taken.Time)
	}
	return apart.Abs() <= liveApart
}

// takenByCamera reports whether the file itself says when it was taken.
func takenByCamera(r *gallery.Record) bool {
	return !r.Taken.IsZero() && slices.Contains([]string{"exif", "xmp", "video"}, r.TakenFrom)
}
