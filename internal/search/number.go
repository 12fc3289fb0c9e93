package search

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// parseBounds reads what a number is compared with: "4", ">=4", "<4", "3..5". A number without a sign means all that rounds
// to it, as precisely as it is written.
func parseBounds(k Kind, s string) (lo, hi float64, ok bool) {
	lo, hi = math.Inf(-1), math.Inf(1)
	if first, last, isRange := strings.Cut(s, ".."); isRange {
		ok = first != "" || last != ""
		if first != "" {
			var valid bool
			lo, _, valid = parseAmount(k, first)
			ok = ok && valid
		}
		if last != "" {
			var valid bool
			hi, _, valid = parseAmount(k, last)
			ok = ok && valid
		}
		if lo > hi {
			lo, hi = hi, lo
		}
		return lo, hi, ok
	}
	signs := len(s) - len(strings.TrimLeft(s, "<>=≤≥"))
	value, half, ok := parseAmount(k, s[signs:])
	switch s[:signs] {
	case "":
		return value - half, math.Nextafter(value+half, math.Inf(-1)), ok
	case "=", "==":
		return value, value, ok
	case ">":
		return math.Nextafter(value, math.Inf(1)), hi, ok
	case ">=", "=>", "≥":
		return value, hi, ok
	case "<":
		return lo, math.Nextafter(value, math.Inf(-1)), ok
	case "<=", "=<", "≤":
		return lo, value, ok
	}
	return 0, 0, false
}

// parseAmount reads a number with its unit. Half is half of what its last digit counts.
func parseAmount(k Kind, s string) (value, half float64, ok bool) {
	unit := 1.0
	cut := func(suffix string, factor float64) bool {
		rest, found := strings.CutSuffix(s, suffix)
		if found && rest != "" {
			s, unit = rest, factor
		}
		return found
	}
	switch k {
	case Aperture:
		s = strings.TrimPrefix(strings.TrimPrefix(s, "f"), "/")
	case Focal:
		cut("mm", 1)
	case Width, Height:
		cut("px", 1)
	case Altitude:
		_ = cut("km", 1000) || cut("m", 1)
	case Size:
		_ = cut("gb", 1e9) || cut("mb", 1e6) || cut("kb", 1e3) || cut("b", 1)
	case Shutter:
		cut("s", 1)
		if one, denominator, fraction := strings.Cut(s, "/"); fraction && one == "1" {
			d, half, ok := parseDigits(denominator)
			if !ok || d <= half {
				return 0, 0, false
			}
			return 1 / d, 1/(d-half) - 1/d, true
		}
	case Duration:
		if minutes, seconds, clock := strings.Cut(s, ":"); clock {
			m, _, ok1 := parseDigits(minutes)
			s, half, ok2 := parseDigits(seconds)
			return 60*m + s, half, ok1 && ok2 && s < 60
		}
		_ = cut("min", 60) || cut("m", 60) || cut("h", 3600) || cut("s", 1)
	}
	s, negative := strings.CutPrefix(s, "-")
	value, half, ok = parseDigits(s)
	if negative {
		value = -value
	}
	return value * unit, half * unit, ok && (!negative || k == Rating || k == Altitude)
}

// parseDigits reads a plain decimal number: neither exponents, nor infinities, nor hexadecimal ones.
func parseDigits(s string) (value, half float64, ok bool) {
	whole, fraction, _ := strings.Cut(s, ".")
	if len(s) > 15 || whole == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return 0, 0, false
	}
	value, err := strconv.ParseFloat(s, 64)
	return value, math.Pow10(-len(fraction)) / 2, err == nil
}

// The radius of a [Circle] that says none, and the largest: half around the earth. Both in metres.
const (
	defaultRadius = 1_000
	maxRadius     = 20_038_000
)

// parseCircle reads "latitude,longitude" and maybe ",radius".
func parseCircle(s string) (c Circle, ok bool) {
	parts := strings.Split(s, ",")
	if len(parts) != 2 && len(parts) != 3 {
		return c, false
	}
	degrees := func(s string, limit float64) (float64, bool) {
		s, negative := strings.CutPrefix(s, "-")
		value, _, ok := parseDigits(s)
		if negative {
			value = 0 - value
		}
		return value, ok && value >= -limit && value <= limit
	}
	var okLatitude, okLongitude bool
	c.Latitude, okLatitude = degrees(parts[0], 90)
	c.Longitude, okLongitude = degrees(parts[1], 180)
	if c.Radius = defaultRadius; !okLatitude || !okLongitude || len(parts) == 2 {
		return c, okLatitude && okLongitude
	}
	number := strings.TrimRight(parts[2], "abcdefghijklmnopqrstuvwxyz")
	unit := 1000.0
	switch parts[2][len(number):] {
	case "", "km":
	case "m":
		unit = 1
	case "mi":
		unit = 1609.344
	default:
		return c, false
	}
	value, _, ok := parseDigits(number)
	c.Radius = value * unit
	return c, ok && c.Radius > 0 && c.Radius <= maxRadius
}

// parseDay reads a month and a day, "12-24".
func parseDay(s string) ([]Span, bool) {
	day, err := time.Parse(dayLayout, "2000-"+s) // a leap year
	if err != nil {
		return nil, false
	}
	return []Span{{day, day.AddDate(0, 0, 1)}}, true
}

// hasTerm returns the word for what an item may have, or "".
func hasTerm(value string) string {
	switch s := fold(value); s {
	case "gps", "place", "title", "caption", "people", "faces", "labels", "camera", "lens", "rating", "date":
		return s
	case "coordinates":
		return "gps"
	case "location":
		return "place"
	case "person", "persons":
		return "people"
	case "face":
		return "faces"
	case "label", "tags", "keywords":
		return "labels"
	case "stars":
		return "rating"
	case "description":
		return "caption"
	}
	return ""
}

// isTerm returns the word for what an item may be besides its type, or "".
func isTerm(value string) string {
	switch s := fold(value); s {
	case "landscape", "portrait", "square", "panorama", "rated", "rejected":
		return s
	case "horizontal":
		return "landscape"
	case "vertical", "upright":
		return "portrait"
	}
	return ""
}
