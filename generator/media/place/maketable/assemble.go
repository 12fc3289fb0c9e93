package main

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"shoebox/generator/media/place/table"
)

const unit = table.RadiusUnit

// assemble makes the table.
func assemble(towns []town, pieces []piece, land [][]point, names map[string]string) (*table.Table, error) {
	used := map[string]bool{}
	for _, t := range towns {
		used[t.country] = true
	}
	for _, p := range pieces {
		if p.country != "" {
			used[p.country] = true
		}
	}
	t := &table.Table{}
	country := map[string]uint8{}
	for _, code := range slices.Sorted(maps.Keys(used)) {
		if names[code] == "" {
			return nil, fmt.Errorf("country %s has no name", code)
		}
		country[code] = uint8(len(t.Countries))
		t.Countries = append(t.Countries, table.Country{Code: code, Name: names[code]})
	}

	boxes := make([][]box, len(pieces))
	for i, p := range pieces {
		for _, polygon := range p.polygons {
			boxes[i] = append(boxes[i], boxOf(polygon))
		}
	}
	slices.SortFunc(towns, func(a, b town) int {
		return cmp.Or(
			cmp.Compare(a.country, b.country),
			cmp.Compare(a.region, b.region),
			cmp.Compare(interleave(a.point), interleave(b.point)),
			cmp.Compare(a.name, b.name),
			cmp.Compare(a.population, b.population),
		)
	})
	var text strings.Builder
	for i, p := range towns {
		if i == 0 || p.country != towns[i-1].country || p.region != towns[i-1].region {
			t.Regions = append(t.Regions, table.Region{Country: country[p.country], Name: p.region})
		}
		if len(p.name) > math.MaxUint8 {
			return nil, fmt.Errorf("the name %q is too long", p.name)
		}
		text.WriteString(p.name)
		t.Places = append(t.Places, table.Place{
			Lat:     int32(math.Round(p.lat * table.PerDegree)),
			Lon:     int32(math.Round(p.lon * table.PerDegree)),
			Region:  uint16(len(t.Regions) - 1),
			Within:  country[locate(p, pieces, boxes)],
			Radius:  radius(p.population),
			NameLen: uint8(len(p.name)),
		})
	}
	t.Names = text.String()

	for _, p := range pieces {
		if p.country == "" {
			continue
		}
		for _, polygon := range p.polygons {
			for _, ring := range polygon {
				t.Rings = append(t.Rings, table.Ring{Country: country[p.country], Corners: cornersOf(ring)})
			}
		}
	}
	for _, ring := range land {
		t.Rings = append(t.Rings, table.Ring{Country: uint8(len(t.Countries)), Corners: cornersOf(ring)})
	}
	return t, nil
}

func cornersOf(ring []point) []table.Corner {
	var corners []table.Corner
	for _, c := range ring {
		corners = append(corners, table.Corner{
			Lon: int32(math.Round(c.lon * table.CornersPerDegree)),
			Lat: int32(math.Round(c.lat * table.CornersPerDegree)),
		})
	}
	if n := len(corners); n > 1 && corners[0] == corners[n-1] {
		corners = corners[:n-1]
	}
	return corners
}

// interleave mixes the bits of latitude and longitude: what is near in this order is near on earth (Morton's curve).
func interleave(p point) uint64 {
	y, x := uint64((p.lat+90)*table.PerDegree), uint64((p.lon+180)*table.PerDegree)
	var n uint64
	for bit := range 20 {
		n |= x>>bit&1<<(2*bit) | y>>bit&1<<(2*bit+1)
	}
	return n
}
