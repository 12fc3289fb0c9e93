package search

import (
	"strings"
	"time"
)

// The years that a bare number may mean: those of photography.
const (
	firstYear = 1826
	lastYear  = 2099
)

// The layouts of a year, a month and a day in a query, and of the index's terms for them.
const (
	yearLayout, monthLayout, dayLayout = "2006", "2006-01", "2006-01-02"
	yearTerm, monthTerm, dayTerm       = "2006", "200601", "20060102"
)

// parsePeriod reads a year, month or day as the span [from, to).
func parsePeriod(s string) (from, to time.Time, ok bool) {
	var layout string
	var years, months, days int
	switch len(s) {
	case len(yearLayout):
		layout, years = yearLayout, 1
	case len(monthLayout):
		layout, months = monthLayout, 1
	case len(dayLayout):
		layout, days = dayLayout, 1
	default:
		return from, to, false
	}
	from, err := time.Parse(layout, s)
	if err != nil || from.Year() < 1000 || from.Year() > 2999 {
		return time.Time{}, time.Time{}, false
	}
	return from, from.AddDate(years, months, days), true
}

// parseRange reads a period, or two of them around "..", of which one may be missing.
func parseRange(s string) (from, to time.Time, ok bool) {
	first, last, isRange := strings.Cut(s, "..")
	if !isRange {
		return parsePeriod(s)
	}
	var a, b struct{ from, to time.Time }
	if first != "" {
		if a.from, a.to, ok = parsePeriod(first); !ok {
			return from, to, false
		}
	}
	if last != "" {
		if b.from, b.to, ok = parsePeriod(last); !ok {
			return from, to, false
		}
	}
	if first != "" && last != "" && !b.to.After(a.from) { // the wrong way round; "2019..2019-06" is not
		a, b = b, a
	}
	return a.from, b.to, ok
}

// parseBareDate reads a date that stands without a key: as [parseRange], but only a year that photos can be from, so that
// other numbers stay words.
func parseBareDate(s string) (from, to time.Time, ok bool) {
	from, to, ok = parseRange(s)
	if ok && len(s) == len(yearLayout) && (from.Year() < firstYear || from.Year() > lastYear) {
		return time.Time{}, time.Time{}, false
	}
	return from, to, ok
}

// formatRange is the inverse of [parseRange]: the shortest text for the span.
func formatRange(from, to time.Time) string {
	if !from.IsZero() && !to.IsZero() {
		for _, layout := range []string{yearLayout, monthLayout, dayLayout} {
			if s := from.Format(layout); samePeriod(s, from, to) {
				return s
			}
		}
	}
	var first, last string
	if !from.IsZero() {
		for _, layout := range []string{yearLayout, monthLayout, dayLayout} {
			if a, _, _ := parsePeriod(from.Format(layout)); a.Equal(from) {
				first = from.Format(layout)
				break
			}
		}
	}
	if !to.IsZero() {
		end := to.AddDate(0, 0, -1)
		for _, layout := range []string{yearLayout, monthLayout, dayLayout} {
			if _, b, _ := parsePeriod(end.Format(layout)); b.Equal(to) {
				last = end.Format(layout)
				break
			}
		}
	}
	return first + ".." + last
}

func samePeriod(s string, from, to time.Time) bool {
	a, b, ok := parsePeriod(s)
	return ok && a.Equal(from) && b.Equal(to)
}

// A termSpan is a range of terms of one field: from the first up to, but not including, the other. An empty one is open.
type termSpan struct{ field, from, to string }

// spans covers [from, to) with years where it can, then months, then days: a range of days alone would be one clause for
// each of them, which measured 8 to 84 times slower.
func spans(from, to time.Time) []termSpan {
	var all []termSpan
	add := func(field, layout string, a, b time.Time) {
		if a.IsZero() || b.IsZero() || a.Before(b) {
			all = append(all, termSpan{field, format(a, layout), format(b, layout)})
		}
	}
	days := func(a, b time.Time) { add(fieldDay, dayTerm, a, b) }
	months := func(a, b time.Time) { add(fieldMonth, monthTerm, a, b) }
	a, b := from, to
	firstMonth, firstYear := ceil(a, floorMonth, 0, 1), ceil(a, floorYear, 1, 0)
	lastMonth, lastYear := floorMonth(b), floorYear(b)
	switch {
	case a.IsZero() || b.IsZero() || !lastYear.Before(firstYear):
		if !a.IsZero() {
			days(a, firstMonth)
			months(firstMonth, firstYear)
		}
		add(fieldYear, yearTerm, firstYear, lastYear)
		if !b.IsZero() {
			months(lastYear, lastMonth)
			days(lastMonth, b)
		}
	case !lastMonth.Before(firstMonth):
		days(a, firstMonth)
		months(firstMonth, lastMonth)
		days(lastMonth, b)
	default:
		days(a, b)
	}
	return all
}

func format(t time.Time, layout string) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(layout)
}

func floorMonth(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

func floorYear(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return time.Date(t.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
}

func ceil(t time.Time, floor func(time.Time) time.Time, years, months int) time.Time {
	if f := floor(t); !f.Equal(t) {
		return f.AddDate(years, months, 0)
	}
	return t
}
