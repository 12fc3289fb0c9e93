package gallery

import (
	"fmt"
	"time"
)

// A Date is a moment as a camera's clock showed it. Many files say when a photo was taken but not in which time zone: then
// Zoned is false, the wall clock is kept in UTC and is never converted.
type Date struct {
	time.Time
	Zoned bool // the offset from UTC is known
}

// The text forms of a Date: RFC 3339, without the offset when it is not known.
const (
	zonedLayout = time.RFC3339
	wallLayout  = "2006-01-02T15:04:05"
)

// Wall returns a date whose offset from UTC is not known; t's clock is kept as it reads. A year that can't be written in four
// digits is no date that a camera has: the result is zero.
func Wall(t time.Time) Date {
	if t.Year() < 1 || t.Year() > 9999 {
		return Date{}
	}
	return Date{Time: time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)}
}

// Zoned returns a date whose offset from UTC is known: t's own. With one of a day or more, which can't be written, it is not
// known; for the year see [Wall].
func Zoned(t time.Time) Date {
	_, offset := t.Zone()
	if t.Year() < 1 || t.Year() > 9999 || offset <= -24*60*60 || offset >= 24*60*60 {
		return Wall(t)
	}
	return Date{Time: t.Truncate(time.Second).In(time.FixedZone("", offset)), Zoned: true}
}

// ParseDate reads what [Date.String] writes.
func ParseDate(s string) (Date, error) {
	if t, err := time.Parse(zonedLayout, s); err == nil {
		return Zoned(t), nil
	}
	t, err := time.Parse(wallLayout, s)
	if err != nil {
		return Date{}, fmt.Errorf("date %q is not like %q or %q", s, wallLayout, zonedLayout)
	}
	return Wall(t), nil
}

// String returns the date in RFC 3339, without an offset when it is not known; "" for the zero date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	if d.Zoned {
		return d.Format(zonedLayout)
	}
	return d.Format(wallLayout)
}

// Clock returns the date as the camera's clock showed it, in UTC: what sorting within an album and years are taken from.
func (d Date) Clock() time.Time {
	return time.Date(d.Year(), d.Month(), d.Day(), d.Hour(), d.Minute(), d.Second(), 0, time.UTC)
}

// MarshalText implements [encoding.TextMarshaler].
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// MarshalJSON implements [encoding/json.Marshaler]; it hides the one of time.Time.
func (d Date) MarshalJSON() ([]byte, error) { return []byte(`"` + d.String() + `"`), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	parsed, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// UnmarshalJSON implements [encoding/json.Unmarshaler]; it hides the one of time.Time.
func (d *Date) UnmarshalJSON(data []byte) error {
	if len(data) < 2 || data[0] != '"' || data[len(data)-1] != '"' {
		return fmt.Errorf("date %s is not a string", data)
	}
	return d.UnmarshalText(data[1 : len(data)-1])
}
