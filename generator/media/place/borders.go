package place

import (
	"math"

	"shoebox/generator/media/place/table"
)

// borders tell the country of a point. A point is in a country when a line from it to the east crosses the country's borders an
// odd number of times; of all borders only those pieces are looked at that are on the point's degree of latitude.
type borders struct {
	bands [181][]uint32 // pieces, by the degree of latitude counted from the south pole
	edges []edge
	land  int // the number that stands for land among the countries
}

// An edge is a straight piece of a border.
type edge struct {
	from, to table.Corner
	country  uint8
}

func newBorders(t *table.Table) borders {
	b := borders{land: len(t.Countries)}
	for _, r := range t.Rings {
		for i, from := range r.Corners {
			to := r.Corners[(i+1)%len(r.Corners)]
			if from.Lat == to.Lat {
				continue // a line to the east runs beside it
			}
			for band := bandOf(min(from.Lat, to.Lat)); band <= bandOf(max(from.Lat, to.Lat)); band++ {
				b.bands[band] = append(b.bands[band], uint32(len(b.edges)))
			}
			b.edges = append(b.edges, edge{from, to, r.Country})
		}
	}
	return b
}

func bandOf(lat int32) int { return int(lat+90*table.CornersPerDegree) / table.CornersPerDegree }

// country returns the country that a point is in, or anywhere, and whether it is on land. Borders are fine on land and reach far
// out to sea; coasts are coarse, some 20 km.
func (b *borders) country(latitude, longitude float64) (country int, land bool) {
	lat := int32(math.Round(latitude * table.CornersPerDegree))
	lon := int64(math.Round(longitude * table.CornersPerDegree))
	var odd [256]bool
	for _, i := range b.bands[bandOf(lat)] {
		e := &b.edges[i]
		if (e.from.Lat > lat) == (e.to.Lat > lat) {
			continue
		}
		// The edge is east of the point when the point is on its left, seen from its southern end. In whole numbers: no border
		// has a gap or an overlap that comes from rounding.
		south, north := e.from, e.to
		if south.Lat > north.Lat {
			south, north = north, south
		}
		left := int64(north.Lon-south.Lon)*int64(lat-south.Lat) - int64(north.Lat-south.Lat)*(lon-int64(south.Lon))
		if left > 0 {
			odd[e.country] = !odd[e.country]
		}
	}
	for i, in := range odd[:b.land] {
		if in {
			return i, odd[b.land]
		}
	}
	return anywhere, odd[b.land]
}
