package generator

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"strings"
	"testing"
	"time"

	"shoebox/internal/config"
	"shoebox/internal/gallery"
)

// TestSunElevation compares with what geometry says of noon and midnight at the solstices, of an hour in between, and with the time of a
// sunset in an almanac.
func TestSunElevation(t *testing.T) {
	for _, c := range []struct {
		moment   string
		lat, lon float64
		want     float64
	}{
		{"2024-03-20T12:07:00Z", 0, 0, 89.9},                // equinox at the equator: straight above
		{"2024-06-20T12:02:00Z", 51.4779, 0, 61.96},         // summer solstice at Greenwich, noon: 90 - latitude + obliquity
		{"2024-12-21T11:58:00Z", 51.4779, 0, 15.08},         // winter solstice: 90 - latitude - obliquity
		{"2024-06-20T22:43:00+02:00", 59.91, 10.75, -0.8},   // sunset in Oslo, when its upper edge is seen on the horizon
		{"2024-06-21T01:20:00+02:00", 59.91, 10.75, -6.7},   // the night there does not get dark
		{"2024-12-21T12:00:00-03:00", -33.45, -70.67, 65.8}, // Santiago, 25 degrees before noon
		{"2024-06-20T00:00:00+02:00", 70.66, 23.68, 4.4},    // the midnight sun in Hammerfest
	} {
		moment, err := time.Parse(time.RFC3339, c.moment)
		if err != nil {
			t.Fatal(err)
		}
		if got := sunElevation(moment, c.lat, c.lon); math.Abs(got-c.want) > 0.4 {
			t.Errorf("%s at %v, %v: %.2f, want %.2f", c.moment, c.lat, c.lon, got, c.want)
		}
	}
}

func TestDerivedLabels(t *testing.T) {
	oslo, santiago, nairobi := &gallery.GPS{Latitude: 59.91, Longitude: 10.75}, &gallery.GPS{Latitude: -33.45, Longitude: -70.67}, &gallery.GPS{Latitude: -1.29, Longitude: 36.82}
	taken := func(date string, gps *gallery.GPS) gallery.Record {
		d, err := gallery.ParseDate(date)
		if err != nil {
			t.Fatal(err)
		}
		return gallery.Record{Kind: gallery.Photo, Width: 4000, Height: 3000, Metadata: gallery.Metadata{Taken: d, TakenFrom: "exif", GPS: gps}}
	}
	with := func(r gallery.Record, change func(r *gallery.Record)) gallery.Record { change(&r); return r }
	plain := gallery.Record{Kind: gallery.Photo, Width: 4000, Height: 3000}
	camera := func(name, lens string) gallery.Record {
		return with(plain, func(r *gallery.Record) { r.Camera, r.Lens = name, lens })
	}
	for name, c := range map[string]struct {
		record gallery.Record
		want   string
	}{
		"nothing":                     {plain, ""},
		"noon in summer":              {taken("2024-07-15T12:00:00", nil), "Summer"},
		"the first of December":       {taken("2024-12-01T12:00:00", nil), "Winter"},
		"the last of February":        {taken("2024-02-29T12:00:00", nil), "Winter"},
		"the first of March":          {taken("2024-03-01T12:00:00", nil), "Spring"},
		"autumn":                      {taken("2024-11-30T12:00:00", oslo), "Autumn"},
		"July in the south":           {taken("2024-07-15T12:00:00", santiago), "Winter"},
		"March in the south":          {taken("2024-03-15T12:00:00", santiago), "Autumn"},
		"December in the south":       {taken("2024-12-15T12:00:00", santiago), "Summer"},
		"the tropics":                 {taken("2024-07-15T12:00:00", nairobi), ""},
		"only a year":                 {taken("1962-01-01T00:00:00", nil), ""},
		"only a day":                  {taken("1962-08-01T00:00:00", nil), "Summer"},
		"night by the clock":          {taken("2024-07-15T23:10:00", nil), "Night, Summer"},
		"early by the clock":          {taken("2024-07-15T05:10:00", nil), "Summer"},
		"a bright night":              {taken("2024-06-20T22:20:00+02:00", oslo), "Golden hour, Summer"},
		"sunset":                      {taken("2024-09-20T19:20:00+02:00", oslo), "Autumn, Golden hour"},
		"a dark afternoon":            {taken("2024-12-20T17:00:00+01:00", oslo), "Night, Winter"},
		"a dark one without a zone":   {taken("2024-12-20T19:00:00", oslo), "Night, Winter"},
		"noon without a zone":         {taken("2024-12-20T12:00:00", santiago), "Summer"},
		"dusk without a zone":         {taken("2024-09-20T19:20:00", oslo), "Autumn"}, // which it is not known
		"a file's date":               {with(taken("2024-07-15T23:10:00", nil), func(r *gallery.Record) { r.TakenFrom = "modified" }), ""},
		"a screenshot":                {with(plain, func(r *gallery.Record) { r.Screenshot, r.Width = true, 9000 }), "Screenshot"},
		"a panorama as it says":       {with(plain, func(r *gallery.Record) { r.Panorama = true }), "Panorama"},
		"a panorama by its shape":     {with(camera("Apple iPhone 6", ""), func(r *gallery.Record) { r.Width = 10800 }), "Panorama"},
		"one upright":                 {with(camera("Apple iPhone 6", ""), func(r *gallery.Record) { r.Height = 12000 }), "Panorama"},
		"a banner":                    {with(plain, func(r *gallery.Record) { r.Width = 10800 }), ""},
		"a selfie":                    {camera("Apple iPhone 13", "iPhone 13 front camera 2.71mm f/2.2"), "Selfie"},
		"a selfie by TrueDepth":       {camera("Apple iPhone 12", "iPhone 12 front TrueDepth camera 2.71mm f/2.2"), "Selfie"},
		"the other side":              {camera("Apple iPhone 13", "iPhone 13 back dual wide camera 5.1mm f/1.6"), ""},
		"a drone":                     {camera("DJI FC220", ""), "Drone"},
		"its Hasselblad":              {camera("Hasselblad L2D-20c", ""), "Drone"},
		"a Hasselblad in the hand":    {camera("Hasselblad X1D II 50C", ""), ""},
		"a DJI in the hand":           {camera("DJI Osmo Pocket", ""), ""},
		"the owner's word":            {with(taken("2024-07-15T12:00:00", nil), func(r *gallery.Record) { r.Labels = []gallery.Label{{Name: "summer", Source: "keyword"}} }), "summer"},
		"a recognizer's word":         {with(taken("2024-07-15T23:00:00", nil), func(r *gallery.Record) { r.Labels = []gallery.Label{{Name: "Night", Source: "rekognition"}} }), "Night, Summer"},
		"a recording":                 {with(taken("2024-07-15T12:00:00", nil), func(r *gallery.Record) { r.Kind = gallery.Audio }), ""},
		"what followed before":        {with(plain, func(r *gallery.Record) { r.Labels = []gallery.Label{{Name: "Winter", Source: gallery.FromDate}} }), ""},
		"the farthest places, a pole": {taken("2024-12-20T12:00:00Z", &gallery.GPS{Latitude: -90, Longitude: 180}), "Summer"},
	} {
		g := New(Options{Config: config.Default()})
		r := c.record
		g.derive(&r)
		var names []string
		for _, l := range r.Labels {
			names = append(names, l.Name)
		}
		if got := strings.Join(names, ", "); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if g.underived(&r) {
			t.Errorf("%s: it is never done", name)
		}
	}
}

// TestDerivedLabelsFollowTheSettings wants a change of settings to change records and nothing else.
func TestDerivedLabelsFollowTheSettings(t *testing.T) {
	var picture bytes.Buffer
	if err := jpeg.Encode(&picture, image.NewGray(image.Rect(0, 0, 60, 40)), nil); err != nil {
		t.Fatal(err)
	}
	b := bucketOf(map[string]string{"a/IMG_20240715_231000.jpg": picture.String()})
	labels := func(change func(*config.Labels)) string {
		c := config.Default()
		change(&c.Labels)
		g := New(Options{Bucket: b, Config: c, TempDir: t.TempDir()})
		before := len(b.Contents("public/a/-/"))
		report, err := g.Build(t.Context())
		if err != nil || len(report.Failed) > 0 {
			t.Fatal(err, report.Failed)
		}
		if after := len(b.Contents("public/a/-/")); before > 0 && after != before {
			t.Errorf("renditions were %d and are %d", before, after)
		}
		again, err := g.Build(t.Context())
		if err != nil || again.Written+again.Developed != 0 {
			t.Errorf("a second build wrote %d objects, %v", again.Written, err)
		}
		r, _, err := readRecord(t.Context(), b, "data/a/IMG_20240715_231000.jpg")
		if err != nil || r == nil {
			t.Fatal(r, err)
		}
		return fmt.Sprint(r.Labels)
	}
	for _, c := range []struct {
		change func(*config.Labels)
		want   string
	}{
		{func(*config.Labels) {}, "[{Night 100 [] [] date} {Summer 100 [] [] date}]"},
		{func(l *config.Labels) { l.Deny = []string{"night"} }, "[{Summer 100 [] [] date}]"},
		{func(l *config.Labels) { l.Derive = false }, "[]"},
	} {
		if got := labels(c.change); got != c.want {
			t.Errorf("labels are %s, want %s", got, c.want)
		}
	}
}
