package media

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"shoebox/internal/gallery"
)

// The dates in file names, as cameras, phones and messengers write them: IMG_20230715_181203, 2023-07-15 18.12.03,
// PXL_20230715_161203123, Screenshot 2023-07-15 at 18.12.03, IMG-20230715-WA0001, signal-2023-07-15-18-12-03-123.
var (
	nameMoment = regexp.MustCompile(`(?:^|[^0-9])((?:19|20)\d\d)([-_.:]?)(\d\d)([-_.:]?)(\d\d)(?:[-_ .T]|, | at | - | um )` +
		`(\d\d)[-_.:h]?(\d\d)[-_.:m]?(\d\d)(?:[^0-9]|\d{3}(?:[^0-9]|$)|$)`)
	nameDay = regexp.MustCompile(`(?:^|[^0-9])((?:19|20)\d\d)([-_.]?)(\d\d)([-_.]?)(\d\d)(?:[^0-9]|$)`)
)

// nameDate reads the date in a file's name. latest is the last year that is believed; the first is 1900, or 1990 when nothing
// stands between year, month and day, since such a number is often something else.
func nameDate(name string, latest int) (gallery.Date, bool) {
	name = strings.TrimSuffix(name, "."+extension(name))
	for _, pattern := range []*regexp.Regexp{nameMoment, nameDay} {
		m := pattern.FindStringSubmatch(name)
		if m == nil || m[2] != m[4] {
			continue
		}
		var n [8]int
		for i := range m {
			if i < len(n)+1 && i > 0 && i != 2 && i != 4 {
				n[i-1], _ = strconv.Atoi(m[i])
			}
		}
		earliest := 1900
		if m[2] == "" {
			earliest = 1990
		}
		t := time.Date(n[0], time.Month(n[2]), n[4], n[5], n[6], n[7], 0, time.UTC)
		if n[0] < earliest || n[0] > latest || t.Month() != time.Month(n[2]) || t.Day() != n[4] || n[5] > 23 || n[6] > 59 || n[7] > 59 {
			continue
		}
		if strings.HasPrefix(name, "PXL_") { // Pixel phones name their files in UTC
			return gallery.Zoned(t), true
		}
		return gallery.Wall(t), true
	}
	return gallery.Date{}, false
}

// screenshot reports whether a name is one that phones and computers give to screenshots.
func screenshot(name string) bool {
	name = strings.ToLower(name)
	for _, prefix := range []string{"screenshot", "screen shot", "screen_shot", "bildschirmfoto", "capture d’écran", "captura de pantalla", "skjermbilde", "schermafbeelding"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
