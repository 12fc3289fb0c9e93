package media

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The longest texts that are kept, in bytes; the rest is cut.
const (
	maxCaption = 8 << 10
	maxTitle   = 512
	maxWord    = 256 // a keyword, a person, a camera
	maxWords   = 500 // how many of them
)

// clean makes a text of a file fit for a page: valid UTF-8 (bytes that are not are taken for Latin-1, as old software wrote),
// without control characters, invisible direction overrides and surrounding space, and no longer than limit bytes.
func clean(s string, limit int) string {
	if len(s) > 4*limit {
		s = s[:4*limit]
		for i := 0; i < 3 && len(s) > 0 && !utf8.RuneStart(s[len(s)-1]); i++ {
			s = s[:len(s)-1]
		}
		if n := len(s); n > 0 && s[n-1] >= 0xc0 {
			s = s[:n-1]
		}
	}
	if !utf8.ValidString(s) {
		runes := make([]rune, 0, len(s))
		for i := range len(s) {
			runes = append(runes, rune(s[i]))
		}
		s = string(runes)
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\r':
			return '\n'
		case r == '\t':
			return ' '
		case r == utf8.RuneError, unicode.IsControl(r), r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0xfeff:
			return -1
		}
		return r
	}, s)
	s = strings.TrimSpace(s)
	if len(s) > limit {
		cut := limit
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = strings.TrimSpace(s[:cut])
	}
	return s
}

// line is clean for a text of one line.
func line(s string, limit int) string { return strings.Join(strings.Fields(clean(s, limit)), " ") }

// words cleans a list and drops what is empty or, but for case, there already.
func words(lists ...[]string) []string {
	var out []string
	seen := map[string]bool{}
	for _, list := range lists {
		for _, w := range list {
			w = line(w, maxWord)
			if key := strings.ToLower(w); w != "" && !seen[key] && len(out) < maxWords {
				seen[key] = true
				out = append(out, w)
			}
		}
	}
	return out
}

// without returns the words that are not among others, but for case.
func without(list, others []string) []string {
	return slices.DeleteFunc(list, func(w string) bool {
		return slices.ContainsFunc(others, func(o string) bool { return strings.EqualFold(o, w) })
	})
}

// utf8Latin1 undoes what reading UTF-8 as Latin-1 does; IPTC writers often use UTF-8 without saying so.
func utf8Latin1(s string) string {
	raw := make([]byte, 0, len(s))
	ascii := true
	for _, r := range s {
		if r > 255 {
			return s
		}
		ascii = ascii && r < 128
		raw = append(raw, byte(r))
	}
	if ascii || !utf8.Valid(raw) {
		return s
	}
	return string(raw)
}

// junk reports whether a caption is what cameras and scanners write by themselves.
func junk(caption string) bool {
	s := strings.ToUpper(strings.Join(strings.Fields(caption), " "))
	switch s {
	case "", "OLYMPUS DIGITAL CAMERA", "SONY DSC", "MINOLTA DIGITAL CAMERA", "KONICA MINOLTA DIGITAL CAMERA", "DIGITAL CAMERA",
		"DEFAULT", "DEFAULT SETTINGS", "UNTITLED", "EXIF_JPEG_PICTURE", "EXIF_JPEG_T422", "<KENOX", "SAMSUNG", "JPEG PICTURE", "SCREENSHOT",
		"CASIO QV", "PENTAX DIGITAL CAMERA", "CREATED BY IMAGEMAGICK", "CHARSET=ASCII", "HDR", "DAV", "MDE", "BURST", "IMAGE", "FILE",
		"JPEG", "TYPE=", "COF", "YTSZ", "SDR", "RHDR":
		return true
	}
	for _, prefix := range []string{"DCIM", "DSC_", "DSCN", "DSCF", "IMG_", "DIGITAL STILL CAMERA", "BINARY "} {
		if strings.HasPrefix(s, prefix) && !strings.Contains(s, " ") || s == strings.TrimSpace(prefix) {
			return true
		}
	}
	return false
}
