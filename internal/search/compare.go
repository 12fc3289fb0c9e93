package search

import (
	"math"

	"github.com/blevesearch/bleve/v2/search/query"
)

// numberOf returns which number of the columns a kind of clause asks about.
func numberOf(k Kind) (number int, ok bool) {
	switch k {
	case Rating:
		return numberRating, true
	case ISO:
		return numberISO, true
	case Aperture:
		return numberAperture, true
	case Focal:
		return numberFocal, true
	case Shutter:
		return numberShutter, true
	case Width:
		return numberWidth, true
	case Height:
		return numberHeight, true
	case Size:
		return numberSize, true
	case Duration:
		return numberDuration, true
	case Altitude:
		return numberAltitude, true
	}
	return 0, false
}

// numberQuery finds the numbers from lo to hi, both included. What has no number is not found.
func numberQuery(k Kind, lo, hi float64) query.Query {
	number, ok := numberOf(k)
	return columnsQuery(func(c *columns) func(document int) bool {
		n := c.numbers[number]
		least, most := stored(number, lo, 1), stored(number, hi, -1)
		return func(document int) bool {
			v := n.at(document)
			return ok && v != none && v >= least && v <= most
		}
	})
}

// stored returns a bound as numbers are stored: inward is 1 of a lower bound, -1 of an upper one. One that is a whole number
// but for what binary can't hold is that, or the next: above 4 is 5.
func stored(number int, bound, inward float64) int64 {
	scale := numberScale(number)
	x := bound * scale
	whole := math.Round(x)
	switch {
	case math.IsNaN(x), x >= math.MaxInt64:
		return math.MaxInt64
	case x <= math.MinInt64:
		return math.MinInt64
	case math.Abs(x-whole) <= 1e-9*math.Abs(x):
		if (bound-whole/scale)*inward > 0 {
			whole += inward
		}
		return int64(whole)
	case number == numberShutter: // 1/3 is no decimal: it was rounded when it was stored
		inward = -inward
	}
	if inward > 0 {
		return int64(math.Ceil(x))
	}
	return int64(math.Floor(x))
}

// earth is its mean radius in metres.
const earth = 6_371_009

// nearQuery finds what was taken within a circle.
func nearQuery(circle Circle) query.Query {
	radians := func(degrees float64) float64 { return degrees * math.Pi / 180 }
	latitude, longitude := radians(circle.Latitude), radians(circle.Longitude)
	// What is further north or south than the radius needs no trigonometry. The earth is not quite round: some room is left.
	band := circle.Radius/earth*180/math.Pi + 0.001
	most := math.Sin(min(circle.Radius/earth, math.Pi) / 2)
	return columnsQuery(func(c *columns) func(document int) bool {
		latitudes, longitudes := c.numbers[numberLatitude], c.numbers[numberLongitude]
		scale := numberScale(numberLatitude)
		return func(document int) bool {
			a, b := latitudes.at(document), longitudes.at(document)
			if a == none || b == none || math.Abs(float64(a)/scale-circle.Latitude) > band {
				return false
			}
			lat, lon := radians(float64(a)/scale), radians(float64(b)/scale)
			// Half the chord, squared: the haversine.
			s, t := math.Sin((lat-latitude)/2), math.Sin((lon-longitude)/2)
			return s*s+math.Cos(latitude)*math.Cos(lat)*t*t <= most*most
		}
	})
}
