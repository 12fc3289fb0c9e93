package page

import (
	"errors"
	"fmt"
	"html/template"
	"math"
	"path"
	"strconv"
	"strings"
	"time"

	"shoebox/internal/gallery"
)

// functions are what layouts may call beside Go's own (and, eq, len, printf …). Those that return no text for a value that is
// not known are meant for {{with}}.
//
//	date D              "14 July 2024"; "" for the zero date
//	datetime D          "14 July 2024, 15:04", with "(UTC+2)" where the zone is known
//	dates FROM TO       "3–9 July 2024", "June – August 2024", "2019 – 2024"
//	bytes N             "3.4 MB"
//	duration SECONDS    "1:23", "1:02:03"
//	took T              "under 1 ms", "12 ms", "1.4 s": a time.Duration
//	exposure E          "1/250 s · f/2.8 · ISO 100 · 24 mm"
//	fnumber N           "f/2.8"
//	number N            "12,345"
//	plural N ONE MANY   "1 photo", "12 photos"
//	counts CARD         "12 photos, 2 videos, 3 albums"
//	join LIST SEP       the texts of a list
//	stars N             "★★★☆☆" for 1 to 5
//	filetype NAME TYPE  "JPEG", "PDF": from the name's extension, else from the media type
//	box RATIO COLOURS   for style: --r, the ratio of width to height, and --a and --b, the placeholder's colours
//	frame PICTURE C     for style: as box, and --w, the width in pixels
//	portrait ENTRY      for style: the place of its picture in a square box, so that the face is seen
//	look SITE           for style: --row and --accent, from the configuration
//	dict KEY VALUE …    a map, to hand several values to a partial
func functions() template.FuncMap {
	return template.FuncMap{
		"date": date, "datetime": datetime, "dates": dates, "bytes": size, "duration": duration, "took": took,
		"exposure": exposure, "fnumber": fnumber, "number": number, "plural": plural, "counts": counts,
		"join": strings.Join, "stars": stars, "filetype": filetype,
		"box": box, "frame": pictureFrame, "look": look, "portrait": portrait, "dict": dict,
	}
}

func date(d gallery.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.Format("2 January 2006")
}

func datetime(d gallery.Date) string {
	if d.IsZero() {
		return ""
	}
	text := d.Format("2 January 2006, 15:04")
	if !d.Zoned {
		return text
	}
	_, offset := d.Zone()
	if offset == 0 {
		return text + " (UTC)"
	}
	sign := '+'
	if offset < 0 {
		sign, offset = '−', -offset
	}
	zone := fmt.Sprintf("UTC%c%d", sign, offset/3600)
	if minutes := offset % 3600 / 60; minutes != 0 {
		zone += fmt.Sprintf(":%02d", minutes)
	}
	return text + " (" + zone + ")"
}

// dates leaves out of the first date what it shares with the second.
func dates(from, to gallery.Date) string {
	if from.IsZero() || to.IsZero() {
		return date(from) + date(to)
	}
	a, b := from.Clock(), to.Clock()
	switch {
	case a.Year() != b.Year():
		return a.Format("2006") + " – " + b.Format("2006")
	case a.Month() != b.Month():
		return a.Format("January") + " – " + b.Format("January 2006")
	case a.Day() != b.Day():
		return a.Format("2") + "–" + b.Format("2 January 2006")
	}
	return date(to)
}

// size speaks of powers of 1,000, as disks, phones and the web do.
func size(n int64) string {
	if n < 1000 {
		return plural(int(max(n, 0)), "byte", "bytes")
	}
	f := float64(n)
	for _, unit := range []string{"kB", "MB", "GB", "TB"} {
		f /= 1000
		// Rounding must not make a "1000 kB".
		if f < 9.95 {
			return fmt.Sprintf("%.1f %s", f, unit)
		}
		if f < 999.5 {
			return fmt.Sprintf("%.0f %s", f, unit)
		}
	}
	return fmt.Sprintf("%.0f PB", f/1000)
}

func duration(seconds float64) string {
	if !(seconds > 0 && seconds < 1e9) { // also NaN
		return ""
	}
	s := int(math.Round(seconds))
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

func took(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return "under 1 ms"
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	}
	return decimal(d.Seconds()) + " s"
}

func exposure(e gallery.Exposure) string {
	var parts []string
	switch s := e.Seconds; {
	case !(s > 0 && s < 1e6):
	case s < 0.3: // cameras show fractions down to about here
		parts = append(parts, fmt.Sprintf("1/%.0f s", 1/max(s, 1e-6)))
	default:
		parts = append(parts, decimal(s)+" s")
	}
	if f := fnumber(e.FNumber); f != "" {
		parts = append(parts, f)
	}
	if e.ISO > 0 {
		parts = append(parts, "ISO "+strconv.Itoa(e.ISO))
	}
	if f := e.FocalLength; f > 0 && f < 1e5 {
		text := decimal(f) + " mm"
		if g := e.FocalLength35; g > 0 && g < 1e5 && math.Abs(g-f) >= 1 {
			text += " (" + decimal(g) + " mm on full frame)"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " · ")
}

func fnumber(n float64) string {
	if !(n > 0 && n < 1000) {
		return ""
	}
	return "f/" + decimal(n)
}

// decimal writes a number with at most one digit after the point.
func decimal(f float64) string { return strconv.FormatFloat(math.Round(f*10)/10, 'f', -1, 64) }

func number(n int) string {
	digits := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, digits = "−", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

func counts(c Card) string {
	var parts []string
	for _, part := range []struct {
		n         int
		one, many string
	}{
		{c.Photos, "photo", "photos"}, {c.Videos, "video", "videos"}, {c.Others, "file", "files"}, {c.Albums, "album", "albums"},
	} {
		if part.n > 0 {
			parts = append(parts, plural(part.n, part.one, part.many))
		}
	}
	return strings.Join(parts, ", ")
}

func stars(n int) string {
	n = min(max(n, 0), 5)
	return strings.Repeat("★", n) + strings.Repeat("☆", 5-n)
}

func filetype(name, mediaType string) string {
	ext := strings.ToUpper(strings.TrimPrefix(path.Ext(name), "."))
	plain := ext != "" && len(ext) <= 5 && strings.Trim(ext, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
	switch {
	case ext == "JPG":
		return "JPEG"
	case plain:
		return ext
	}
	if _, sub, ok := strings.Cut(mediaType, "/"); ok && len(sub) <= 5 {
		return strings.ToUpper(sub)
	}
	return "File"
}

// The functions for style attributes return template.CSS, which html/template trusts. So they let nothing through but numbers
// they formatted themselves and colours they checked.

func box(ratio float64, colours []string) template.CSS {
	if !(ratio > 0 && ratio < 1e5) {
		ratio = 1
	}
	css := "--r:" + strconv.FormatFloat(math.Round(ratio*1000)/1000, 'f', -1, 64)
	if len(colours) > 0 && hexColour(colours[0]) {
		css += ";--a:" + colours[0]
		if len(colours) > 1 && hexColour(colours[1]) {
			css += ";--b:" + colours[1]
		}
	}
	return template.CSS(css)
}

func pictureFrame(p *Picture, colours []string) template.CSS {
	if p == nil || p.Width <= 0 || p.Height <= 0 {
		return box(1, colours)
	}
	return box(float64(p.Width)/float64(p.Height), colours) + template.CSS(";--w:"+strconv.Itoa(p.Width))
}

func look(s *Site) template.CSS {
	var css []string
	if s.RowHeight > 0 {
		css = append(css, "--row:"+strconv.Itoa(s.RowHeight))
	}
	if hexColour(s.Accent) || s.Accent != "" && strings.Trim(strings.ToLower(s.Accent), "abcdefghijklmnopqrstuvwxyz") == "" {
		css = append(css, "--accent:"+s.Accent)
	}
	return template.CSS(strings.Join(css, ";"))
}

func hexColour(s string) bool {
	return (len(s) == 4 || len(s) == 7) && s[0] == '#' && strings.Trim(s[1:], "0123456789abcdefABCDEF") == ""
}

func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, errors.New("dict: a key has no value")
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		key, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: key %v is not a text", pairs[i])
		}
		m[key] = pairs[i+1]
	}
	return m, nil
}
