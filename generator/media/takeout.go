package media

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"time"

	"shoebox/internal/gallery"
)

// A takeout is what Google Takeout writes beside a picture of what Google Photos knows of it.
type takeout struct {
	Title          *string        `json:"title"` // the name that the file had
	Description    string         `json:"description"`
	PhotoTakenTime *takeoutMoment `json:"photoTakenTime"`
	CreationTime   *takeoutMoment `json:"creationTime"` // of the upload
	GeoData        struct {
		Latitude  float64 `json:"latitude"`
		Longitude float64 `json:"longitude"`
		Altitude  float64 `json:"altitude"`
	} `json:"geoData"`
	People []struct {
		Name string `json:"name"`
	} `json:"people"`
	Favorited bool `json:"favorited"`
}

type takeoutMoment struct {
	Timestamp json.RawMessage `json:"timestamp"` // seconds since 1970, mostly as a string
}

// readTakeout reads such a file. A field of a wrong type says nothing.
func readTakeout(body []byte) (takeout, bool) {
	var t takeout
	wrong := (*json.UnmarshalTypeError)(nil)
	if err := json.Unmarshal(body, &t); err != nil && !errors.As(err, &wrong) {
		return takeout{}, false
	}
	return t, t.Title != nil && (t.PhotoTakenTime != nil || t.CreationTime != nil)
}

// IsTakeout reports whether a file is one that Google Takeout writes beside a picture or a video.
func IsTakeout(body []byte) bool {
	_, ok := readTakeout(body)
	return ok
}

// Takeout's moments are in UTC, and what a camera's clock showed is worth more. So a date that the file has itself stays when both are
// less than a day apart, and the owner corrected it in Google Photos when they are not.
const sameMoment = 26 * time.Hour // no two clocks are further apart

// override lays what Takeout says over what the file says. name is the file's.
func (t takeout) override(m *gallery.Metadata, name string) {
	if d, ok := t.taken(); ok {
		own := m.Taken
		if own.IsZero() {
			if d, ok := nameDate(name, 2100); ok && !d.Equal(d.Truncate(24*time.Hour)) { // with a time of day
				own = d
			}
		}
		if own.IsZero() || own.Sub(d.Time).Abs() > sameMoment {
			m.Taken, m.TakenFrom = d, "sidecar"
		}
	}
	if s := clean(t.Description, maxCaption); !junk(s) {
		m.Caption = s
	}
	altitude := &t.GeoData.Altitude
	if *altitude == 0 {
		altitude = nil
	}
	if g := place(t.GeoData.Latitude, t.GeoData.Longitude, altitude); g != nil && (m.GPS == nil || distant(g, m.GPS)) {
		m.GPS = g
	}
	var people []string
	for _, p := range t.People {
		people = append(people, p.Name)
	}
	m.Persons = words(m.Persons, people)
	if t.Favorited && m.Rating == 0 {
		m.Rating = 5
	}
}

func (t takeout) taken() (gallery.Date, bool) {
	if t.PhotoTakenTime == nil {
		return gallery.Date{}, false
	}
	text := string(t.PhotoTakenTime.Timestamp)
	if s, err := strconv.Unquote(text); err == nil {
		text = s
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seconds < -1<<33 || seconds > 1<<33 {
		return gallery.Date{}, false
	}
	moment := time.Unix(seconds, 0).UTC()
	return gallery.Zoned(moment), plausible(moment)
}

// distant reports whether two places are more than about 100 m apart.
func distant(a, b *gallery.GPS) bool {
	return math.Abs(a.Latitude-b.Latitude) > 0.001 || math.Abs(a.Longitude-b.Longitude) > 0.001
}
