// Package table is the file in which the places of the earth and the borders of its countries travel inside the program: a
// [Table], made at build time by the command maketable beside it, and read by package place.
//
// The file is a magic line and one zstd frame. In the frame are, as unsigned varints unless said otherwise:
//
//	countries  number; for each: code, name
//	regions    number; for each: what to add to the country of the one before, name, number of its places
//	places     for each, in the order of the regions, column by column: latitudes, longitudes (differences to the place
//	           before, zigzag, thousandths of a degree), radii (one byte each), lengths of names (one byte each), names
//	strays     number; for each: what to add to the place before, and the country within whose borders it is
//	rings      number; for each: country, or the number of countries for land; number of corners, corners (longitude,
//	           latitude; differences, zigzag, hundred-thousandths of a degree)
//
// A string is its length and its bytes. Columns, differences and the order by region are there to compress well: places
// near each other have names in one language.
package table

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
)

// magic begins the file. Its number is raised when the format changes.
const magic = "shoebox places 1\n"

// Limits of what is read, far above what is written: the world has some 200,000 places and 30,000 corners of borders.
const (
	maxFile      = 8 << 20 // bytes, unpacked
	maxCountries = 255     // and one for land
	maxRegions   = 1 << 16
	maxPlaces    = 1 << 20
	maxRings     = 1 << 16
	maxCorners   = 1 << 20
)

// Units of coordinates in one degree.
const (
	PerDegree        = 1000    // of a [Place]
	CornersPerDegree = 100_000 // of a [Corner]
)

// RadiusUnit is the unit of a place's radius, metres.
const RadiusUnit = 100

// A Table is what is known of the earth.
type Table struct {
	Countries []Country
	Regions   []Region
	Places    []Place // in the order of their regions
	Names     string  // the names of all places, one after the other, in the order of Places
	Rings     []Ring
}

// A Country is a country, or a territory that ISO 3166-1 gives a code of its own.
type Country struct {
	Code string // ISO 3166-1 alpha-2, and XK for Kosovo
	Name string // in English
}

// A Region is the first level below a country, such as a state; places without one are in a region without a name.
type Region struct {
	Country uint8 // in Countries
	Name    string
}

// A Place is a city, a town or a village.
type Place struct {
	Lat, Lon int32  // in units of 1/PerDegree degrees
	Region   uint16 // in Regions
	Within   uint8  // in Countries: within whose borders the place is; not its region's country where two claim the land
	Radius   uint8  // how far the place reaches, in units of RadiusUnit metres
	NameLen  uint8  // bytes of its name in Names, which begins where that of the place before it ends
}

// A Ring is a closed line around a part of a country, or around a hole in it: what is inside an odd number of its rings is
// in the country. The last corner is joined to the first. Borders reach out over the sea; other rings are around land.
type Ring struct {
	Country uint8 // in Countries; len(Countries) for land
	Corners []Corner
}

// A Corner is a corner of a border, in units of 1/CornersPerDegree degrees.
type Corner struct{ Lon, Lat int32 }

// Encode returns the file of a table. It reports what would not be read back.
func Encode(t *Table) ([]byte, error) {
	e := encoder{}
	e.uint(len(t.Countries))
	for _, c := range t.Countries {
		e.string(c.Code)
		e.string(c.Name)
	}

	places := make([]int, len(t.Regions))
	for i, p := range t.Places {
		if int(p.Region) >= len(t.Regions) || i > 0 && p.Region < t.Places[i-1].Region {
			return nil, fmt.Errorf("place %d is not in the order of the regions", i)
		}
		places[p.Region]++
	}
	e.uint(len(t.Regions))
	country := uint8(0)
	for i, r := range t.Regions {
		if r.Country < country {
			return nil, fmt.Errorf("region %d is not in the order of the countries", i)
		}
		e.uint(int(r.Country - country))
		country = r.Country
		e.string(r.Name)
		e.uint(places[i])
	}

	lat, lon := int32(0), int32(0)
	for _, p := range t.Places {
		e.int(p.Lat - lat)
		lat = p.Lat
	}
	for _, p := range t.Places {
		e.int(p.Lon - lon)
		lon = p.Lon
	}
	for _, p := range t.Places {
		e.b = append(e.b, p.Radius)
	}
	for _, p := range t.Places {
		e.b = append(e.b, p.NameLen)
	}
	e.b = append(e.b, t.Names...)

	strays, last := []int{}, 0
	for i, p := range t.Places {
		if p.Within != t.Regions[p.Region].Country {
			strays = append(strays, i)
		}
	}
	e.uint(len(strays))
	for _, i := range strays {
		e.uint(i - last)
		e.uint(int(t.Places[i].Within))
		last = i
	}

	e.uint(len(t.Rings))
	for _, r := range t.Rings {
		e.uint(int(r.Country))
		e.uint(len(r.Corners))
		var last Corner
		for _, c := range r.Corners {
			e.int(c.Lon - last.Lon)
			e.int(c.Lat - last.Lat)
			last = c
		}
	}

	w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer w.Close()
	file := w.EncodeAll(e.b, []byte(magic))
	if _, err := Decode(file); err != nil {
		return nil, err
	}
	return file, nil
}

type encoder struct{ b []byte }

func (e *encoder) uint(n int)  { e.b = binary.AppendUvarint(e.b, uint64(n)) }
func (e *encoder) int(n int32) { e.b = binary.AppendVarint(e.b, int64(n)) }
func (e *encoder) string(s string) {
	e.uint(len(s))
	e.b = append(e.b, s...)
}

// Decode reads the file of a table. What it returns is whole: every index is in range, every coordinate on earth.
func Decode(file []byte) (*Table, error) {
	if len(file) < len(magic) || string(file[:len(magic)]) != magic {
		return nil, errors.New("table of places: not a table, or one of another version")
	}
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxFile))
	if err != nil {
		return nil, fmt.Errorf("table of places: %w", err)
	}
	defer r.Close()
	b, err := r.DecodeAll(file[len(magic):], nil)
	if err != nil {
		return nil, fmt.Errorf("table of places: %w", err)
	}
	d := decoder{b: b}
	t := d.table()
	if d.err == nil && len(d.b) > 0 {
		d.fail("%d bytes too many", len(d.b))
	}
	if d.err != nil {
		return nil, d.err
	}
	return t, nil
}

// A decoder reads from the front of b, until its first error.
type decoder struct {
	b   []byte
	err error
}

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf("table of places: "+format, args...)
	}
	d.b = nil
}

func (d *decoder) table() *Table {
	t := &Table{Countries: make([]Country, d.count("countries", maxCountries))}
	for i := range t.Countries {
		t.Countries[i] = Country{Code: d.string(), Name: d.string()}
	}

	t.Regions = make([]Region, d.count("regions", maxRegions))
	places := make([]int, len(t.Regions))
	country, total := 0, 0
	for i := range t.Regions {
		country += d.uint()
		if country < 0 || country >= len(t.Countries) {
			d.fail("region %d is in no country", i)
			break
		}
		t.Regions[i] = Region{Country: uint8(country), Name: d.string()}
		places[i] = d.uint()
		if total += places[i]; places[i] < 0 || total > min(maxPlaces, len(d.b)) {
			d.fail("region %d has too many places", i)
			break
		}
	}
	if d.err != nil {
		return nil
	}

	t.Places = make([]Place, 0, total)
	for i, n := range places {
		for range n {
			t.Places = append(t.Places, Place{Region: uint16(i), Within: t.Regions[i].Country})
		}
	}
	at := 0
	for i := range t.Places {
		t.Places[i].Lat = d.coordinate(&at, 90*PerDegree)
	}
	at = 0
	for i := range t.Places {
		t.Places[i].Lon = d.coordinate(&at, 180*PerDegree)
	}
	for i, r := range d.bytes(total) {
		t.Places[i].Radius = r
	}
	names := 0
	for i, n := range d.bytes(total) {
		t.Places[i].NameLen = n
		names += int(n)
	}
	t.Names = string(d.bytes(names))
	if !utf8.ValidString(t.Names) {
		d.fail("a name is not UTF-8")
	}

	stray := 0
	for range d.count("strays", maxPlaces) {
		step, country := d.uint(), d.uint()
		if stray += step; step < 0 || stray >= len(t.Places) || country < 0 || country >= len(t.Countries) {
			d.fail("a stray is no place, or in no country")
			return nil
		}
		t.Places[stray].Within = uint8(country)
	}

	t.Rings = make([]Ring, d.count("rings", maxRings))
	total = 0
	for i := range t.Rings {
		country := d.uint()
		if country < 0 || country > len(t.Countries) {
			d.fail("ring %d is of no country", i)
			return nil
		}
		n := d.count("corners", maxCorners)
		if total += n; total > maxCorners {
			d.fail("more than %d corners", maxCorners)
			return nil
		}
		corners := make([]Corner, n)
		lon, lat := 0, 0
		for k := range corners {
			corners[k] = Corner{Lon: d.coordinate(&lon, 180*CornersPerDegree), Lat: d.coordinate(&lat, 90*CornersPerDegree)}
		}
		t.Rings[i] = Ring{Country: uint8(country), Corners: corners}
	}
	return t
}

// count reads how many of something follow. Each takes a byte at least, so that nothing is allocated for what is not there.
func (d *decoder) count(of string, most int) int {
	n := d.uint()
	if n < 0 || n > min(most, len(d.b)) {
		d.fail("%d %s", n, of)
		return 0
	}
	return n
}

// uint reads a number; one that does not fit is -1.
func (d *decoder) uint() int {
	n, size := binary.Uvarint(d.b)
	if size <= 0 {
		d.fail("it ends early")
		return 0
	}
	d.b = d.b[size:]
	if n > 1<<30 {
		return -1
	}
	return int(n)
}

// coordinate reads a difference to *at, moves *at there, and returns it.
func (d *decoder) coordinate(at *int, most int) int32 {
	n, size := binary.Varint(d.b)
	if size <= 0 {
		d.fail("it ends early")
		return 0
	}
	d.b = d.b[size:]
	if n < -1<<30 || n > 1<<30 {
		d.fail("a coordinate is not on earth")
		return 0
	}
	*at += int(n)
	if *at < -most || *at > most {
		d.fail("a coordinate is not on earth")
		return 0
	}
	return int32(*at)
}

func (d *decoder) bytes(n int) []byte {
	if n < 0 || n > len(d.b) {
		d.fail("it ends early")
		return nil
	}
	b := d.b[:n]
	d.b = d.b[n:]
	return b
}

func (d *decoder) string() string {
	s := string(d.bytes(d.uint()))
	if !utf8.ValidString(s) {
		d.fail("a name is not UTF-8")
	}
	return s
}
