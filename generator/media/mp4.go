package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"shoebox/internal/gallery"
)

// A movie is what the index of an MP4 or QuickTime file says (ISO/IEC 14496-12; Apple, QuickTime File Format).
type movie struct {
	duration      float64 // seconds
	width, height int     // as shown
	codec         string  // of the first video track, as RFC 6381 writes it: "avc1.64001f"
	sound         string  // of the first audio track
	video         bool    // it has a video track
	ahead         bool    // its index stands before its frames, so that a browser can start before it has all
	content       string  // Apple's content identifier: that of the still picture of a Live Photo
	created       gallery.Date
	gps           *gallery.GPS
	make, model   string
}

// The most boxes that are looked at, and the most that is read of one text.
const (
	maxBoxes   = 20_000
	maxBoxText = 1024
)

// A movieReader reads boxes by their offsets: it never holds more than one of them.
type movieReader struct {
	src   *source
	movie movie
	boxes int
	keys  []string // of the metadata, from 1
	// The track being read.
	handler, codec   string
	trackW, trackH   int
	fragments        float64 // duration as mehd says, in units of timescale
	timescale        float64
	apple, mvhd, day gallery.Date
	foundMovie       bool
	framesFirst      bool
}

// codecs are the codecs of video and sound, as a browser is told them in a media type.
func (m *movie) codecs() string {
	var all []string
	for _, c := range []string{m.codec, m.sound} {
		if c != "" {
			all = append(all, c)
		}
	}
	return strings.Join(all, ", ")
}

// readMovie reads the index of a file. The problem is for the owner.
func readMovie(src *source) (m movie, problem string) {
	r := &movieReader{src: src}
	cut := int64(0)
	_ = r.each(0, src.size, func(kind string, at, size int64) {
		if at+size > src.size && (kind == "mdat" || kind == "moov" || kind == "moof") {
			cut = at + size
		}
		if kind == "mdat" && !r.foundMovie {
			r.framesFirst = true
		}
		if kind == "moov" && !r.foundMovie {
			r.foundMovie, r.movie.ahead = true, !r.framesFirst
			_ = r.each(at, min(at+size, src.size), r.inMovie) // what was read before it broke off counts
		}
	})
	if r.movie.duration == 0 && r.timescale > 0 {
		r.movie.duration = r.fragments / r.timescale
	}
	if d := r.movie.duration; !(d >= 0 && d < 1e7) {
		r.movie.duration = 0
	}
	for _, d := range []gallery.Date{r.apple, r.day, r.mvhd} { // a camera's mvhd is often local time, though it should be UTC
		if !d.IsZero() {
			r.movie.created = d
			break
		}
	}
	switch {
	case cut > 0 && r.foundMovie:
		problem = fmt.Sprintf("the file is cut off after %d %% of its bytes: upload it again", src.size*100/cut)
	case !r.foundMovie:
		problem = "the file has no index (moov), so recording or upload was interrupted: upload it again"
	}
	return r.movie, problem
}

// each calls f for each box between two offsets, with the place and size of what is in it.
func (r *movieReader) each(at, end int64, f func(kind string, at, size int64)) error {
	for at+8 <= end {
		if r.boxes++; r.boxes > maxBoxes {
			return errors.New("too many boxes")
		}
		head := r.src.part(at, 16)
		if len(head) < 8 {
			return errors.New("a box is cut off")
		}
		size, skip := int64(binary.BigEndian.Uint32(head)), int64(8)
		switch {
		case size == 0: // to the end
			size = end - at
		case size == 1:
			if len(head) < 16 {
				return errors.New("a box is cut off")
			}
			size, skip = int64(binary.BigEndian.Uint64(head[8:])), 16
		}
		if size < skip || size > 1<<50 {
			if at > 0 && binary.BigEndian.Uint64(head) == 0 {
				return nil // zeros at the end are padding
			}
			return errors.New("a box has an impossible size")
		}
		f(string(head[4:8]), at+skip, size-skip)
		at += size
	}
	return nil
}

func (r *movieReader) inMovie(kind string, at, size int64) {
	end := min(at+size, r.src.size)
	switch kind {
	case "mvhd":
		r.header(r.src.part(at, min(size, 120)))
	case "mvex":
		_ = r.each(at, end, func(kind string, at, size int64) {
			if b := r.src.part(at, min(size, 12)); kind == "mehd" && len(b) >= 8 {
				r.fragments = float64(binary.BigEndian.Uint32(b[4:]))
				if b[0] == 1 && len(b) >= 12 {
					r.fragments = float64(binary.BigEndian.Uint64(b[4:]))
				}
			}
		})
	case "trak":
		r.handler, r.codec, r.trackW, r.trackH = "", "", 0, 0
		_ = r.each(at, end, r.inTrack)
		if r.handler == "vide" && !r.movie.video {
			r.movie.video, r.movie.codec, r.movie.width, r.movie.height = true, r.codec, r.trackW, r.trackH
		}
		if r.handler == "soun" && r.movie.sound == "" {
			r.movie.sound = r.codec
		}
	case "udta":
		_ = r.each(at, end, r.inUserData)
	case "meta":
		r.meta(at, end)
	}
}

func (r *movieReader) header(b []byte) {
	if len(b) < 20 {
		return
	}
	created, scale, duration := uint64(binary.BigEndian.Uint32(b[4:])), binary.BigEndian.Uint32(b[12:]), uint64(binary.BigEndian.Uint32(b[16:]))
	unknown := duration == 1<<32-1
	if b[0] == 1 {
		if len(b) < 32 {
			return
		}
		created, scale, duration = binary.BigEndian.Uint64(b[4:]), binary.BigEndian.Uint32(b[20:]), binary.BigEndian.Uint64(b[24:])
		unknown = duration == 1<<64-1
	}
	r.timescale = float64(scale)
	if scale > 0 && !unknown {
		r.movie.duration = float64(duration) / float64(scale)
	}
	if created > 0 && created < 1<<34 {
		t := time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(created) * time.Second)
		if plausible(t) && t.Year() >= 1980 {
			r.mvhd = gallery.Zoned(t)
		}
	}
}

func (r *movieReader) inTrack(kind string, at, size int64) {
	end := min(at+size, r.src.size)
	switch kind {
	case "tkhd":
		b := r.src.part(at, min(size, 96))
		matrix := 40
		if len(b) > 0 && b[0] == 1 {
			matrix = 52
		}
		if len(b) < matrix+44 {
			return
		}
		r.trackW, r.trackH = int(binary.BigEndian.Uint32(b[matrix+36:])>>16), int(binary.BigEndian.Uint32(b[matrix+40:])>>16)
		a, d := binary.BigEndian.Uint32(b[matrix:]), binary.BigEndian.Uint32(b[matrix+16:])
		if a == 0 && d == 0 { // turned by 90 or 270 degrees
			r.trackW, r.trackH = r.trackH, r.trackW
		}
	case "mdia", "minf", "stbl":
		_ = r.each(at, end, r.inTrack)
	case "hdlr":
		if b := r.src.part(at, min(size, 12)); len(b) == 12 && r.handler == "" {
			r.handler = string(b[8:12])
		}
	case "stsd":
		if r.codec == "" && size > 8 {
			r.codec = codecOf(r.src.part(at+8, min(size-8, maxSampleEntry)))
		}
	}
}

func (r *movieReader) inUserData(kind string, at, size int64) {
	b := r.src.part(at, min(size, maxBoxText))
	switch kind {
	case "\xa9xyz", "\xa9day", "\xa9mak", "\xa9mod": // length, language, text
		if len(b) > 4 {
			r.property(kind, string(b[4:min(len(b), 4+int(binary.BigEndian.Uint16(b)))]))
		}
	case "loci":
		if r.movie.gps == nil {
			r.movie.gps = parseLoci(b)
		}
	case "meta":
		r.meta(at, min(at+size, r.src.size))
	}
}

// parseLoci reads the place in a 3GPP file: after language and name a role, then longitude, latitude and altitude as 16.16 fixed-point
// numbers (3GPP TS 26.244, section 8.10).
func parseLoci(b []byte) *gallery.GPS {
	if len(b) < 6 {
		return nil
	}
	b = b[6:]
	at := bytes.IndexByte(b, 0) + 1             // behind the name
	if bytes.HasPrefix(b, []byte{0xfe, 0xff}) { // which is UTF-16
		for at = 2; at < len(b) && string(b[at-2:at]) != "\x00\x00"; at += 2 {
		}
	}
	if at == 0 || len(b) < at+13 {
		return nil
	}
	b = b[at+1:]
	fixed := func(b []byte) float64 { return round5(float64(int32(binary.BigEndian.Uint32(b))) / 65536) }
	var altitude *float64
	if a := fixed(b[8:]); a != 0 { // it can't be left out
		altitude = &a
	}
	return place(fixed(b[4:]), fixed(b), altitude)
}

// meta reads a metadata box, which is a full box (four more bytes) in ISO files and a plain one in QuickTime's.
func (r *movieReader) meta(at, end int64) {
	if b := r.src.part(at, 8); len(b) == 8 && string(b[4:]) != "hdlr" && string(b[4:]) != "keys" {
		at += 4
	}
	_ = r.each(at, end, func(kind string, at, size int64) {
		switch kind {
		case "keys":
			r.keys = nil
			_ = r.each(at+8, min(at+size, end), func(_ string, at, size int64) {
				if len(r.keys) < 200 {
					r.keys = append(r.keys, string(r.src.part(at, min(size, maxBoxText))))
				}
			})
		case "ilst":
			_ = r.each(at, min(at+size, end), func(kind string, at, size int64) {
				name := kind
				if i := int(binary.BigEndian.Uint32([]byte(kind))); i >= 1 && i <= len(r.keys) {
					name = r.keys[i-1]
				}
				_ = r.each(at, min(at+size, end), func(kind string, at, size int64) {
					if b := r.src.part(at, min(size, maxBoxText)); kind == "data" && len(b) > 8 {
						r.property(name, string(b[8:]))
					}
				})
			})
		}
	})
}

func (r *movieReader) property(name, value string) {
	value = line(value, maxWord)
	switch strings.TrimPrefix(name, "com.apple.quicktime.") {
	case "\xa9xyz", "location.ISO6709":
		if r.movie.gps == nil {
			r.movie.gps = parseISO6709(value)
		}
	case "content.identifier":
		r.movie.content = value
	case "creationdate":
		if d, ok := parseMoment(value, ""); ok {
			r.apple = d
		}
	case "\xa9day":
		if d, ok := parseMoment(value, ""); ok && len(value) > 10 {
			r.day = d
		}
	case "\xa9mak", "make":
		r.movie.make = value
	case "\xa9mod", "model":
		r.movie.model = value
	}
}

// iso6709 is a place as phones write it into videos: "+59.9139+010.7522+012.3/" (ISO 6709, annex H, in degrees).
var iso6709 = regexp.MustCompile(`^([-+]\d{1,2}(?:\.\d+)?)([-+]\d{1,3}(?:\.\d+)?)([-+]\d+(?:\.\d+)?)?`)

func parseISO6709(s string) *gallery.GPS {
	m := iso6709.FindStringSubmatch(s)
	if m == nil {
		return nil
	}
	lat, _ := strconv.ParseFloat(m[1], 64)
	lon, _ := strconv.ParseFloat(m[2], 64)
	var altitude *float64
	if a, err := strconv.ParseFloat(m[3], 64); err == nil {
		altitude = &a
	}
	return place(lat, lon, altitude)
}
