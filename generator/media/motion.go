package media

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"

	"shoebox/internal/gallery"
)

// The namespaces in which phones tell of a video that stands at the end of their photo (Google's Motion Photo format 1.0, and
// MicroVideo before it).
const (
	nsGCamera    = "http://ns.google.com/photos/1.0/camera/"
	nsContainer  = "http://ns.google.com/photos/1.0/container/"
	nsGContainer = "http://ns.google.com/photos/1.0/container/item/"
)

// maxMotion is the size in bytes up to which such a video is published. They last about three seconds.
const maxMotion = 32 << 20

// A tail is where a video stands that is at the end of a photo: so many bytes before the end of the file, and how long it is.
type tail struct{ before, length int64 }

// motionTail reads where the video of a motion photo stands; zero when the photo has none.
func motionTail(get func(space, local string) *node) (t tail) {
	size := func(s string) int64 {
		n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
		if err != nil || n < 0 || n > 1<<40 {
			return 0
		}
		return n
	}
	items := get(nsContainer, "Directory").items()
	for i := len(items) - 1; i >= 0; i-- { // they stand in the order of the directory, and the last ends where the file does
		item := items[i].field(nsContainer, "Item")
		length := size(item.field(nsGContainer, "Length").first())
		t.before += length
		if item.field(nsGContainer, "Semantic").first() == "MotionPhoto" {
			t.length = length
			return t
		}
	}
	if n := size(get(nsGCamera, "MicroVideoOffset").first()); n > 0 {
		return tail{n, n}
	}
	return tail{}
}

// motion makes a rendition of the video in a photo, as it is but for its metadata.
func (j *job) motion(t tail) {
	if t.length <= 0 || t.length > maxMotion || t.before >= j.in.Size {
		return
	}
	at := j.in.Size - t.before
	if head := j.src.part(at, 8); len(head) < 8 || string(head[4:]) != "ftyp" {
		return
	}
	body := j.src.part(at, t.length)
	m, problem := movie{}, ""
	err := safely(func() error {
		m, problem = readMovie(&source{ctx: j.ctx, r: bytes.NewReader(body), size: int64(len(body))})
		return nil
	})
	if err != nil || problem != "" || !m.video || m.duration <= 0 || m.width <= 0 || m.height <= 0 || max(m.width, m.height) > 1<<14 {
		return
	}
	mediaType := "video/mp4"
	if c := m.codecs(); c != "" && !strings.ContainsAny(c, `"\`) {
		mediaType += `; codecs="` + c + `"`
	}
	j.add(bareMovie(body), mediaType, ".mp4", m.width, m.height, gallery.Motion)
}

// bareMovie takes the metadata out of an MP4 file, in place: it says where and when the photo was taken. What follows the last whole
// box is cut off.
func bareMovie(body []byte) []byte {
	return body[:bareBoxes(body, 0)]
}

func bareBoxes(b []byte, depth int) (end int) {
	for len(b)-end >= 8 {
		size, skip := uint64(binary.BigEndian.Uint32(b[end:])), uint64(8)
		switch {
		case size == 0: // to the end
			size = uint64(len(b) - end)
		case size == 1 && len(b)-end >= 16:
			size, skip = binary.BigEndian.Uint64(b[end+8:]), 16
		}
		if size < skip || size > uint64(len(b)-end) {
			break
		}
		kind, inside := string(b[end+4:end+8]), b[end+int(skip):end+int(size)]
		switch kind {
		case "moov", "trak", "mdia":
			if depth < 3 {
				bareBoxes(inside, depth+1)
			}
		case "udta", "meta", "uuid":
			copy(b[end+4:], "free")
			clear(inside)
		case "mvhd", "tkhd", "mdhd": // when it was made, and changed
			if n := 8; len(inside) >= 4+2*n {
				if inside[0] == 1 {
					n = 16
				}
				clear(inside[4 : 4+n])
			}
		}
		end += int(size)
	}
	return end
}
