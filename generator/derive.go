package generator

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"shoebox/internal/gallery"
)

// derived are the labels that follow from what a file says of itself: the season and the time of day from when and where it was
// taken, and the kind of picture from the camera. They cost nothing and are made anew whenever a record is. Words that the record has
// already, and those that the owner denies, are left out.
func (g *Generator) derived(r *gallery.Record) []gallery.Label {
	if !g.config.Labels.Derive || r.Kind != gallery.Photo && r.Kind != gallery.Video {
		return nil
	}
	said := wordSet(g.config.Labels.Deny)
	for _, l := range r.Labels {
		if !l.Derived() {
			said[foldWord(l.Name)] = true
		}
	}
	var labels []gallery.Label
	add := func(source, name string, aliases ...string) {
		if !said[foldWord(name)] {
			labels = append(labels, gallery.Label{Name: name, Confidence: 100, Aliases: notIn(said, aliases), Source: source})
		}
	}
	// A file's own date is when it was copied, as often as not.
	if !r.Taken.IsZero() && r.TakenFrom != "modified" {
		switch season(r, g.southern()) {
		case "Autumn":
			add(gallery.FromDate, "Autumn", "Fall")
		case "":
		default:
			add(gallery.FromDate, season(r, g.southern()))
		}
		switch hour(r) {
		case night:
			add(gallery.FromDate, "Night")
		case goldenHour:
			add(gallery.FromDate, "Golden hour")
		}
	}
	camera, lens := strings.ToLower(r.Camera), strings.ToLower(r.Lens)
	if r.Screenshot {
		add(gallery.FromCamera, "Screenshot")
	}
	if r.Panorama || wide(r) {
		add(gallery.FromCamera, "Panorama")
	}
	if strings.Contains(lens, "front camera") || strings.Contains(lens, "front truedepth camera") { // Apple, Google
		add(gallery.FromCamera, "Selfie")
	}
	if drones.MatchString(camera) {
		add(gallery.FromCamera, "Drone", "Aerial")
	}
	return labels
}

// drones are cameras that fly: DJI's, but not those that are held in the hand, its Hasselblads, and those of other makers.
var drones = regexp.MustCompile(`^(dji (fc\d|phantom|mavic|mini|air|spark|inspire|avata|zenmuse|matrice|m\d{2,3}\b|p4)|hasselblad l\d+d-|parrot (anafi|bebop|disco)|autel |skydio |yuneec |xiaomi fimi|fimi )`)

// wide reports whether a photo is shaped as only panoramas are. Screens are up to 2.4 times as long as wide, and so are cuts for films.
func wide(r *gallery.Record) bool {
	long, short := max(r.Width, r.Height), min(r.Width, r.Height)
	return r.Kind == gallery.Photo && r.Camera != "" && !r.Screenshot && short >= 400 && float64(long) > 2.5*float64(short)
}

// tropic is the latitude in degrees up to which there are no four seasons.
const tropic = 23.44

// season returns the season that a record was made in, by the month as meteorologists count; south says where those are from that
// have no coordinates. It is empty in the tropics, and for the first second of a year, which stands for a date of which only the year
// is known.
func season(r *gallery.Record, south bool) string {
	clock := r.Taken.Clock()
	if clock.YearDay() == 1 && clock.Equal(clock.Truncate(24*time.Hour)) {
		return ""
	}
	if r.GPS != nil {
		if math.Abs(r.GPS.Latitude) < tropic {
			return ""
		}
		south = r.GPS.Latitude < 0
	}
	quarter := int(clock.Month()) % 12 / 3
	if south {
		quarter = (quarter + 2) % 4
	}
	return []string{"Winter", "Spring", "Summer", "Autumn"}[quarter]
}

// An hourOfDay is a part of the day by its light.
type hourOfDay int

const (
	day hourOfDay = iota
	goldenHour
	night
)

// hour returns the part of the day that a record was made in: by how high the sun stood there, and where that can't be known by the
// clock.
func hour(r *gallery.Record) hourOfDay {
	clock := r.Taken.Clock()
	if clock.Equal(clock.Truncate(24 * time.Hour)) {
		return day // a date without a time
	}
	if r.GPS == nil {
		if clock.Hour() >= 22 || clock.Hour() < 5 {
			return night
		}
		return day
	}
	if r.Taken.Zoned {
		return hourAt(r.Taken.Time, r.GPS)
	}
	// Which zone the clock was set to is not known, but it is one of those that are in use at that longitude: that of the sun, an hour
	// less, or up to two more (Spain in summer). Only what holds in all of them is said.
	sun := time.Duration(math.Round(r.GPS.Longitude/15)) * time.Hour
	first := hourAt(clock.Add(-sun+time.Hour), r.GPS)
	for ahead := range 3 {
		if hourAt(clock.Add(-sun-time.Duration(ahead)*time.Hour), r.GPS) != first {
			return day
		}
	}
	return first
}

// hourAt knows the light by the height of the sun in degrees: civil twilight ends at -6, and photographers call -4 to 6 golden.
func hourAt(t time.Time, at *gallery.GPS) hourOfDay {
	switch h := sunElevation(t, at.Latitude, at.Longitude); {
	case h < -6:
		return night
	case h >= -4 && h <= 6:
		return goldenHour
	}
	return day
}

// sunElevation returns how many degrees the centre of the sun stands above the horizon, without refraction, at a place in degrees. It
// is right to about 0.01 degrees from 1950 to 2050 and to a tenth in the centuries around (The Astronomical Almanac, "Low precision
// formulas for the Sun's coordinates").
func sunElevation(t time.Time, latitude, longitude float64) float64 {
	sin := func(degrees float64) float64 { return math.Sin(degrees * math.Pi / 180) }
	cos := func(degrees float64) float64 { return math.Cos(degrees * math.Pi / 180) }
	const j2000 = 946728000 // noon of 1 January 2000, in seconds since 1970
	n := float64(t.Unix()-j2000) / 86400
	anomaly := 357.528 + 0.9856003*n
	ecliptic := 280.460 + 0.9856474*n + 1.915*sin(anomaly) + 0.020*sin(2*anomaly)
	obliquity := 23.439 - 0.0000004*n
	ascension := math.Atan2(cos(obliquity)*sin(ecliptic), cos(ecliptic)) * 180 / math.Pi
	declination := math.Asin(sin(obliquity)*sin(ecliptic)) * 180 / math.Pi
	sidereal := 280.46062 + 360.98564737*n // of Greenwich, degrees
	angle := sidereal + longitude - ascension
	return math.Asin(sin(latitude)*sin(declination)+cos(latitude)*cos(declination)*cos(angle)) * 180 / math.Pi
}

// southern reports whether photos without coordinates are from the southern hemisphere.
func (g *Generator) southern() bool { return g.config.Hemisphere == "south" }

// derive gives a record the labels that follow from it, in place of those that followed before.
func (g *Generator) derive(r *gallery.Record) {
	r.Labels = slices.Concat(slices.DeleteFunc(slices.Clone(r.Labels), gallery.Label.Derived), g.derived(r))
	if len(r.Labels) == 0 {
		r.Labels = nil
	}
	sortLabels(r.Labels)
}

// underived reports whether other labels follow from a record than it has.
func (g *Generator) underived(r *gallery.Record) bool {
	now := *r
	g.derive(&now)
	return !slices.EqualFunc(now.Labels, r.Labels, func(a, b gallery.Label) bool {
		return a.Name == b.Name && a.Source == b.Source && slices.Equal(a.Aliases, b.Aliases)
	})
}

// sortLabels sorts labels by name.
func sortLabels(labels []gallery.Label) {
	slices.SortStableFunc(labels, func(a, b gallery.Label) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.Name, b.Name))
	})
}
