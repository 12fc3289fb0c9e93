package main

import (
	"fmt"
	"maps"
	"math"
	"slices"
)

// A piece is a part of the earth's land, and some of the sea before it, that is of one country.
type piece struct {
	name     string
	country  string // ISO 3166-1 alpha-2
	polygons [][][]point
}

// names has the usual English name where the one of the borders is the official one.
var names = map[string]string{
	"BS": "Bahamas",
	"CD": "DR Congo",
	"CN": "China",
	"CY": "Cyprus",
	"DK": "Denmark",
	"FM": "Micronesia",
	"GG": "Guernsey",
	"GM": "Gambia",
	"GS": "South Georgia and the South Sandwich Islands",
	"IE": "Ireland",
	"JE": "Jersey",
	"NL": "Netherlands",
	"ST": "São Tomé and Príncipe",
	"US": "United States",
	"VI": "U.S. Virgin Islands",
}

// readBorders reads the borders of the package country-coder, and the names of countries by their code.
func readBorders(file string) ([]piece, map[string]string, error) {
	var borders struct {
		Features []struct {
			Properties struct {
				NameEn, ISO1A2, ISOStatus, Country string
				Groups                             []string
			}
			Geometry *struct {
				Type        string
				Coordinates [][][][2]float64
			}
		}
	}
	if err := readJSON(file, &borders); err != nil {
		return nil, nil, err
	}
	countries := map[string]string{}
	official := map[string]bool{} // not what ISO reserves for others, such as EU and IC
	for _, f := range borders.Features {
		if code := f.Properties.ISO1A2; code != "" {
			countries[code] = f.Properties.NameEn
			official[code] = f.Properties.ISOStatus == ""
		}
	}
	for code, name := range names {
		if countries[code] == "" || countries[code] == name {
			return nil, nil, fmt.Errorf("%s: %s is %q: take it out of the names that maketable changes", file, code, countries[code])
		}
		countries[code] = name
	}

	var pieces []piece
	for _, f := range borders.Features {
		if f.Geometry == nil {
			continue
		}
		if f.Geometry.Type != "MultiPolygon" {
			return nil, nil, fmt.Errorf("%s: %s is a %s, want a MultiPolygon", file, f.Properties.NameEn, f.Geometry.Type)
		}
		p := piece{name: f.Properties.NameEn, country: f.Properties.Country}
		for _, group := range f.Properties.Groups { // Jan Mayen is in Norway, and in SJ
			if official[group] {
				p.country = group
			}
		}
		if official[f.Properties.ISO1A2] {
			p.country = f.Properties.ISO1A2
		}
		for _, polygon := range f.Geometry.Coordinates {
			var rings [][]point
			for _, corners := range polygon {
				var ring []point
				for _, c := range corners {
					if !(math.Abs(c[0]) <= 180 && math.Abs(c[1]) <= 90) {
						return nil, nil, fmt.Errorf("%s: %s: %v is not on earth", file, p.name, c)
					}
					ring = append(ring, point{c[1], c[0]})
				}
				rings = append(rings, ring)
			}
			p.polygons = append(p.polygons, rings)
		}
		pieces = append(pieces, p)
	}
	return pieces, countries, nil
}

// attribute gives each piece to the country under which GeoNames files most of the places in it, so that the two sources agree
// on land that two countries claim. A piece without places stays with the country that the borders give it to.
func attribute(pieces []piece, towns []town) {
	for i := range pieces {
		p := &pieces[i]
		count := map[string]int{}
		for _, polygon := range p.polygons {
			box := boxOf(polygon)
			for _, t := range towns {
				if box.contains(t.point) && inside(t.point, polygon) {
					count[t.country]++
				}
			}
		}
		for _, code := range slices.Sorted(maps.Keys(count)) {
			if count[code] > count[p.country] {
				p.country = code
			}
		}
	}
}

// stray is how far beyond its country's borders a place has to be for the borders, not its position, to be the reason, metres.
const stray = 3000

// locate returns the country within whose borders a town is: its own, unless it lies deep in another one's piece. Such are the
// places on land that is claimed by two, where attribute could not make the sources agree.
func locate(t town, pieces []piece, boxes [][]box) string {
	within, nearest := "", math.Inf(1)
	for i, p := range pieces {
		for k, polygon := range p.polygons {
			if !boxes[i][k].near(t.point) {
				continue
			}
			switch {
			case inside(t.point, polygon):
				if within = p.country; within == t.country {
					return t.country
				}
			case p.country == t.country:
				nearest = min(nearest, distance(t.point, polygon))
			}
		}
	}
	if within == "" || nearest < stray {
		return t.country
	}
	return within
}

// distance returns how far a point is from the nearest ring, metres, as on a flat map; it is asked for small distances.
func distance(p point, rings [][]point) float64 {
	const degree = 111_195 // metres of latitude
	east := math.Cos(p.lat * math.Pi / 180)
	best := math.Inf(1)
	for _, ring := range rings {
		for i, a := range ring {
			b := ring[(i+1)%len(ring)]
			ax, ay := (a.lon-p.lon)*east, a.lat-p.lat
			dx, dy := (b.lon-a.lon)*east, b.lat-a.lat
			along := 0.0
			if length := dx*dx + dy*dy; length > 0 {
				along = min(max(-(ax*dx+ay*dy)/length, 0), 1)
			}
			best = min(best, math.Hypot(ax+along*dx, ay+along*dy)*degree)
		}
	}
	return best
}

// readLand reads the coasts of the package world-atlas: a TopoJSON file, in which lines ("arcs") that rings share are stored once,
// each corner as its difference to the one before, in steps of the file's own scale (RFC 7946 has no such thing; see the
// TopoJSON specification, sections 2.1.3 and 2.1.4). A negative number stands for the arc in reverse.
func readLand(file string) ([][]point, error) {
	var topology struct {
		Transform struct{ Scale, Translate [2]float64 }
		Arcs      [][][2]float64
		Objects   struct {
			Land struct {
				Geometries []struct {
					Type string
					Arcs [][][]int
				}
			}
		}
	}
	if err := readJSON(file, &topology); err != nil {
		return nil, err
	}
	arcs := make([][]point, len(topology.Arcs))
	for i, steps := range topology.Arcs {
		var x, y float64
		for _, step := range steps {
			x, y = x+step[0], y+step[1]
			arcs[i] = append(arcs[i], point{
				lat: min(max(y*topology.Transform.Scale[1]+topology.Transform.Translate[1], -90), 90),
				lon: min(max(x*topology.Transform.Scale[0]+topology.Transform.Translate[0], -180), 180),
			})
		}
	}
	var rings [][]point
	for _, g := range topology.Objects.Land.Geometries {
		if g.Type != "MultiPolygon" {
			return nil, fmt.Errorf("%s: land is a %s, want a MultiPolygon", file, g.Type)
		}
		for _, polygon := range g.Arcs {
			for _, numbers := range polygon {
				var ring []point
				for _, n := range numbers {
					reverse := n < 0
					if reverse {
						n = ^n
					}
					if n >= len(arcs) {
						return nil, fmt.Errorf("%s: there is no arc %d", file, n)
					}
					arc := slices.Clone(arcs[n])
					if reverse {
						slices.Reverse(arc)
					}
					ring = append(ring, arc...)
				}
				rings = append(rings, flat(slices.Compact(ring)))
			}
		}
	}
	if len(rings) == 0 {
		return nil, fmt.Errorf("%s: there is no land in it", file)
	}
	return rings, nil
}

// flat returns a ring that crosses the date line, or goes around a pole, as one on a flat map: along the map's edge to the south
// pole, below the map to its other edge, and up again. Where a ring comes back the same way, the two ways cancel each other out.
func flat(ring []point) []point {
	var out []point
	for i, a := range ring {
		out = append(out, a)
		if b := ring[(i+1)%len(ring)]; math.Abs(a.lon-b.lon) > 180 {
			out = append(out, point{-90, math.Copysign(180, a.lon)}, point{-90, math.Copysign(180, b.lon)})
		}
	}
	return out
}

type box struct{ south, west, north, east float64 }

func boxOf(polygon [][]point) box {
	b := box{90, 180, -90, -180}
	for _, ring := range polygon {
		for _, c := range ring {
			b.south, b.north = min(b.south, c.lat), max(b.north, c.lat)
			b.west, b.east = min(b.west, c.lon), max(b.east, c.lon)
		}
	}
	return b
}

func (b box) contains(p point) bool {
	return b.south <= p.lat && p.lat <= b.north && b.west <= p.lon && p.lon <= b.east
}

// near reports whether a point is in the box, or about as far from it as a stray may be.
func (b box) near(p point) bool {
	const margin = 0.5
	return box{b.south - margin, b.west - margin, b.north + margin, b.east + margin}.contains(p)
}

// inside reports whether a point is inside an odd number of rings.
func inside(p point, rings [][]point) bool {
	in := false
	for _, ring := range rings {
		for i, a := range ring {
			b := ring[(i+1)%len(ring)]
			if (a.lat > p.lat) != (b.lat > p.lat) && p.lon < a.lon+(p.lat-a.lat)/(b.lat-a.lat)*(b.lon-a.lon) {
				in = !in
			}
		}
	}
	return in
}
