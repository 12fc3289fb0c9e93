package media

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"shoebox/internal/gallery"
)

// A moment is written "2023:07:15 18:12:03" in EXIF, "2023-07-15T18:12:03.5+02:00" in XMP, where all behind the year may be
// missing, and "2023-07-15T18:12:03+0200" in QuickTime.
var moment = regexp.MustCompile(`^(\d{4})(?:[-:./](\d\d)(?:[-:./](\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?\s*(Z|[-+]\d\d:?\d\d)?)?)?)?$`)

// parseMoment reads a date of a file's metadata. offset ("+02:00") counts when the date has none of its own. A date that no
// camera can mean (year 0, the zero of a clock) is none.
func parseMoment(s, offset string) (gallery.Date, bool) {
	m := moment.FindStringSubmatch(strings.TrimSpace(strings.Trim(s, "\x00")))
	if m == nil {
		return gallery.Date{}, false
	}
	n := [7]int{0, 0, 1, 1, 0, 0, 0}
	for i := 1; i <= 6; i++ {
		if m[i] != "" {
			n[i], _ = strconv.Atoi(m[i])
		}
	}
	if n[2] < 1 || n[2] > 12 || n[4] > 23 || n[5] > 59 || n[6] > 59 {
		return gallery.Date{}, false
	}
	zone := time.UTC
	zoned := false
	if m[7] != "" {
		offset = m[7]
	}
	if seconds, ok := parseOffset(offset); ok && m[4] != "" {
		zone, zoned = time.FixedZone("", seconds), true
	}
	t := time.Date(n[1], time.Month(n[2]), n[3], n[4], n[5], n[6], 0, zone)
	if t.Day() != n[3] || !plausible(t) {
		return gallery.Date{}, false
	}
	if zoned {
		return gallery.Zoned(t), true
	}
	return gallery.Wall(t), true
}

func parseOffset(s string) (seconds int, ok bool) {
	s = strings.TrimSpace(strings.Trim(s, "\x00"))
	if s == "Z" {
		return 0, true
	}
	if len(s) < 5 || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	h, err := strconv.Atoi(s[1:3])
	m, err2 := strconv.Atoi(strings.TrimPrefix(s[3:], ":"))
	if err != nil || err2 != nil || h < 0 || h > 14 || m < 0 || m > 59 {
		return 0, false
	}
	seconds = h*3600 + m*60
	if s[0] == '-' {
		seconds = -seconds
	}
	return seconds, true
}

// plausible reports whether a date can be that of a picture: photography begins in the 1820s, and the zeros of the clocks of
// QuickTime (1904) and Unix (1970) mean that the clock was not set.
func plausible(t time.Time) bool {
	u := t.UTC()
	if y := u.Year(); y < 1820 || y > 2200 {
		return false
	}
	return !u.Equal(time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)) && !u.Equal(time.Unix(0, 0))
}
