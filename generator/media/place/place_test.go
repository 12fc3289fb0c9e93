package place

import (
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"

	"shoebox/generator/media/place/table"
)

// TestKnownPlaces asks for places that everybody can look up on a map. A place without a city is far from any.
func TestKnownPlaces(t *testing.T) {
	for _, at := range []struct {
		what     string
		lat, lon float64
		city     string
		region   string
		code     string
		farthest float64 // kilometres to the city's centre
	}{
		// Europe, and its small countries.
		{"Karl Johans gate", 59.9133, 10.7400, "Oslo", "Oslo", "NO", 2},
		{"Holmenkollen, a suburb", 59.9600, 10.6680, "Oslo", "Oslo", "NO", 9},
		{"Chelsea, a quarter", 51.4816, -0.1910, "London", "England", "GB", 8},
		{"Eiffel Tower", 48.8584, 2.2945, "Paris", "Île-de-France", "FR", 6},
		{"Versailles, a town beside it", 48.8049, 2.1204, "Versailles", "Île-de-France", "FR", 3},
		{"Brandenburg Gate", 52.5163, 13.3777, "Berlin", "State of Berlin", "DE", 5},
		{"Casino of Monte Carlo", 43.7393, 7.4280, "Monaco", "Municipality of Monaco", "MC", 1},
		{"La Turbie, above it", 43.7455, 7.4010, "La Turbie", "Provence-Alpes-Côte d'Azur", "FR", 1},
		{"St Peter's", 41.9022, 12.4533, "Vatican City", "", "VA", 1},
		{"Trevi fountain", 41.9009, 12.4833, "Rome", "Lazio", "IT", 4},
		{"Geneva", 46.2044, 6.1432, "Geneva", "Geneva", "CH", 1},
		{"Annemasse, across the border", 46.1930, 6.2360, "Annemasse", "Auvergne-Rhône-Alpes", "FR", 1},
		{"Guaita tower", 43.9356, 12.4500, "San Marino", "San Marino", "SM", 2},
		{"Rimini", 44.0594, 12.5683, "Rimini", "Emilia-Romagna", "IT", 1},
		{"Vaduz castle", 47.1396, 9.5243, "Vaduz", "Vaduz", "LI", 1},
		{"Andorra la Vella", 42.5063, 1.5218, "Andorra la Vella", "Andorra la Vella", "AD", 1},
		{"Main Street", 36.1403, -5.3536, "Gibraltar", "", "GI", 3},
		{"La Línea, across the runway", 36.1680, -5.3480, "La Línea de la Concepción", "Andalusia", "ES", 1},
		{"Basel", 47.5596, 7.5886, "Basel", "Basel-City", "CH", 2},
		{"Hallgrímskirkja", 64.1417, -21.9266, "Reykjavík", "Capital Region", "IS", 4},
		{"Longyearbyen", 78.2232, 15.6267, "Longyearbyen", "Svalbard", "SJ", 1},
		{"Mariehamn", 60.0970, 19.9348, "Mariehamn", "Mariehamn", "AX", 1},
		{"Red Square", 55.7539, 37.6208, "Moscow", "Moscow", "RU", 2},
		{"Hagia Sophia", 41.0085, 28.9802, "Istanbul", "Istanbul", "TR", 4},
		{"Funchal", 32.6500, -16.9080, "Funchal", "Madeira", "PT", 3},

		// Asia.
		{"Sensō-ji", 35.7148, 139.7967, "Tokyo", "Tokyo", "JP", 12},
		{"Victoria Peak", 22.2759, 114.1455, "Hong Kong", "", "HK", 4},
		{"Shenzhen, across the border", 22.5431, 114.0579, "Shenzhen", "Guangdong", "CN", 3},
		{"Ruins of St Paul's", 22.1976, 113.5409, "Macau", "", "MO", 2},
		{"Marina Bay", 1.2834, 103.8607, "Singapore", "", "SG", 3},
		{"Johor Bahru, across the strait", 1.4655, 103.7578, "Johor Bahru", "Johor", "MY", 1},
		{"Marina Beach", 13.0500, 80.2824, "Chennai", "Tamil Nadu", "IN", 5},
		{"Burj Khalifa", 25.1972, 55.2744, "Dubai", "Dubai", "AE", 15},

		// Africa.
		{"Tahrir Square", 30.0444, 31.2357, "Cairo", "Cairo", "EG", 4},
		{"Nairobi", -1.2921, 36.8219, "Nairobi", "Nairobi County", "KE", 2},
		{"Cape Town", -33.9249, 18.4241, "Cape Town", "Western Cape", "ZA", 1},
		{"Victoria Falls", -17.9243, 25.8572, "Victoria Falls", "Matabeleland North", "ZW", 4},
		{"Livingstone, across the bridge", -17.8519, 25.8544, "Livingstone", "Southern Province", "ZM", 3},
		{"Ceuta, in Africa", 35.8894, -5.3198, "Ceuta", "Ceuta", "ES", 1},
		{"Sahara", 25.2, 13.0, "", "", "LY", 0},

		// The Americas.
		{"Times Square", 40.7580, -73.9855, "New York City", "New York", "US", 7},
		{"Santa Monica Pier", 34.0100, -118.4960, "Santa Monica", "California", "US", 2},
		{"El Paso", 31.7619, -106.4850, "El Paso", "Texas", "US", 2},
		{"Juárez, across the river", 31.7390, -106.4870, "Ciudad Juárez", "Chihuahua", "MX", 6},
		{"Niagara Falls, this side", 43.0962, -79.0377, "Niagara Falls", "New York", "US", 3},
		{"Niagara Falls, that side", 43.0896, -79.0849, "Niagara Falls", "Ontario", "CA", 4},
		{"Old San Juan", 18.4655, -66.1057, "San Juan", "San Juan", "PR", 2},
		{"Machu Picchu", -13.1631, -72.5450, "Machupicchu", "Cuzco Department", "PE", 6},
		{"Copacabana", -22.9711, -43.1822, "Rio de Janeiro", "Rio de Janeiro", "BR", 10},
		{"Ushuaia", -54.8019, -68.3030, "Ushuaia", "Tierra del Fuego", "AR", 3},
		{"Nuuk", 64.1814, -51.6941, "Nuuk", "Sermersooq", "GL", 3},
		{"Greenland's ice", 72.5, -38, "", "", "GL", 0},

		// Oceania, on both sides of the date line, and the south.
		{"Sydney Opera House", -33.8568, 151.2153, "Sydney", "New South Wales", "AU", 3},
		{"Uluru", -25.3444, 131.0369, "Yulara", "Northern Territory", "AU", 20},
		{"Suva", -18.1416, 178.4419, "Suva", "Central", "FJ", 4},
		{"Taveuni", -16.8500, 179.9700, "Savusavu", "Northern", "FJ", 70},
		{"Wellington", -41.2865, 174.7762, "Wellington", "Wellington Region", "NZ", 1},
		{"McMurdo Sound's hinterland", -77.5, 160, "", "", "AQ", 0},
		{"South Pole", -90, 0, "", "", "AQ", 0},
	} {
		t.Run(at.what, func(t *testing.T) {
			p, metres, ok := Nearest(at.lat, at.lon)
			if !ok || p.City != at.city || p.Region != at.region || p.CountryCode != at.code {
				t.Fatalf("%g, %g: %+v, %.0f m, %t; want %s, %s, %s", at.lat, at.lon, p, metres, ok, at.city, at.region, at.code)
			}
			if metres < 0 || metres > at.farthest*1000 || (at.city == "") != (metres == 0) {
				t.Errorf("%g, %g: %.0f m from %s, want up to %g km", at.lat, at.lon, metres, p.City, at.farthest)
			}
			if p.Country == "" || p.Country == p.CountryCode {
				t.Errorf("%g, %g: the country's name is %q", at.lat, at.lon, p.Country)
			}
		})
	}
}

func TestCountryNamesAreTheUsualOnes(t *testing.T) {
	names := map[string]string{}
	for _, c := range load().countries {
		names[c.Code] = c.Name
	}
	for code, want := range map[string]string{
		"NO": "Norway", "US": "United States", "GB": "United Kingdom", "DE": "Germany", "NL": "Netherlands", "DK": "Denmark",
		"CN": "China", "IE": "Ireland", "CZ": "Czechia", "CI": "Côte d'Ivoire", "XK": "Kosovo", "GL": "Greenland",
	} {
		if names[code] != want {
			t.Errorf("%s is %q, want %q", code, names[code], want)
		}
	}
}

func TestNothingToSay(t *testing.T) {
	for what, at := range map[string][2]float64{
		"open Atlantic":      {35, -40},
		"between the Azores": {37, -30},
		"North Atlantic":     {57, -20},
		"North Sea":          {58.5, 2},
		"Null Island":        {0, 0},
		"South Pacific":      {-48.88, -123.39},
		"North Pole":         {90, 0},
		"not a number":       {math.NaN(), 10},
		"nor this":           {10, math.NaN()},
		"infinity":           {10, math.Inf(1)},
		"beyond the pole":    {90.001, 10},
		"far beyond":         {-1e300, 10},
		"around twice":       {10, 361},
	} {
		if p, metres, ok := Nearest(at[0], at[1]); ok || p != (Place{}) || metres != 0 {
			t.Errorf("%s: %+v, %g m, %t; want nothing", what, p, metres, ok)
		}
	}
}

func TestLongitudesBeyondTheDateLine(t *testing.T) {
	suva, _, _ := Nearest(-18.1416, 178.4419)
	if got, _, _ := Nearest(-18.1416, 178.4419-360); got != suva {
		t.Errorf("a turn west of Suva is %+v", got)
	}
	honolulu, _, _ := Nearest(21.3069, -157.8583)
	if got, _, _ := Nearest(21.3069, 360-157.8583); got != honolulu || got.City != "Honolulu" {
		t.Errorf("Honolulu, counted eastward, is %+v, want %+v", got, honolulu)
	}
	// A place is the same from both sides of the line.
	for lat := -89.5; lat < 90; lat++ {
		west, _, _ := Nearest(lat, 179.99999)
		east, _, _ := Nearest(lat, -180)
		if west.City != east.City && west.Country == east.Country {
			t.Errorf("at latitude %g: %+v west of the date line, %+v east of it", lat, west, east)
		}
		if at, _, _ := Nearest(lat, 180); at != east {
			t.Errorf("at latitude %g: 180 is %+v, -180 is %+v", lat, at, east)
		}
	}
}

// points returns points to ask for: half of them anywhere on earth, half of them near a city, where the choice is hard.
func points(t *table.Table, n int) [][2]float64 {
	r := rand.New(rand.NewPCG(1, 2))
	out := make([][2]float64, n)
	for i := range out {
		lat := math.Asin(2*r.Float64()-1) * 180 / math.Pi
		lon := 360*r.Float64() - 180
		if i%2 == 0 {
			p := t.Places[r.IntN(len(t.Places))]
			lat = min(max(float64(p.Lat)/table.PerDegree+r.NormFloat64()/5, -90), 90)
			lon = wrap(float64(p.Lon)/table.PerDegree + r.NormFloat64()/5)
		}
		out[i] = [2]float64{lat, lon}
	}
	return out
}

// TestNearestIsNearest looks at all places, and at all borders, without tree and bands.
func TestNearestIsNearest(t *testing.T) {
	all, err := table.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	w := load()
	haversine := func(lat1, lon1, lat2, lon2 float64) float64 {
		const degree = math.Pi / 180
		a, b := math.Sin((lat1-lat2)/2*degree), math.Sin((lon1-lon2)/2*degree)
		return 2 * earth * math.Asin(math.Sqrt(a*a+math.Cos(lat1*degree)*math.Cos(lat2*degree)*b*b))
	}
	cities, bare, nothing := 0, 0, 0
	for _, at := range points(all, 400) {
		lat, lon := at[0], at[1]
		odd := make([]bool, len(all.Countries)+1)
		for _, r := range all.Rings {
			for i, a := range r.Corners {
				b := r.Corners[(i+1)%len(r.Corners)]
				x1, y1 := float64(a.Lon)/table.CornersPerDegree, float64(a.Lat)/table.CornersPerDegree
				x2, y2 := float64(b.Lon)/table.CornersPerDegree, float64(b.Lat)/table.CornersPerDegree
				if (y1 > lat) != (y2 > lat) && lon < x1+(lat-y1)/(y2-y1)*(x2-x1) {
					odd[r.Country] = !odd[r.Country]
				}
			}
		}
		country := anywhere
		for i := range all.Countries {
			if odd[i] {
				if country != anywhere {
					t.Errorf("%g, %g is in %s and in %s", lat, lon, all.Countries[country].Name, all.Countries[i].Name)
				}
				country = i
			}
		}
		if got, land := w.borders.country(lat, lon); got != country || land != odd[len(all.Countries)] {
			t.Fatalf("%g, %g: country %d, land %t; want %d, %t", lat, lon, got, land, country, odd[len(all.Countries)])
		}

		best := math.Inf(1)
		for _, p := range all.Places {
			if math.Abs(lat-float64(p.Lat)/table.PerDegree) > 1 { // 111 km
				continue
			}
			d := haversine(lat, lon, float64(p.Lat)/table.PerDegree, float64(p.Lon)/table.PerDegree)
			if d <= reach && (country == anywhere || int(p.Within) == country) {
				best = min(best, d-float64(p.Radius)*table.RadiusUnit)
			}
		}
		n, metres := w.cities.find(lat, lon, country)
		switch {
		case n == nil && !math.IsInf(best, 1):
			t.Fatalf("%g, %g: no city, want one that is %.0f m off", lat, lon, best)
		case n == nil && odd[len(all.Countries)]:
			bare++
		case n == nil:
			nothing++
		case math.Abs(metres-float64(n.radius)*table.RadiusUnit-best) > 2: // single precision, and a chord
			t.Fatalf("%g, %g: %s, %.1f m off; want %.1f m", lat, lon, w.name(n), metres-float64(n.radius)*table.RadiusUnit, best)
		default:
			cities++
		}
	}
	if cities < 180 || bare < 10 || nothing < 60 {
		t.Errorf("%d points with a city, %d on land without, %d at sea: the points are not those that the test wants", cities, bare, nothing)
	}
}

// TestPlacesFindThemselves asks where every eighth city is. One that lies in the middle of a larger one may be called by its name.
func TestPlacesFindThemselves(t *testing.T) {
	all, err := table.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	asked, wrong, abroad, start := 0, 0, 0, 0
	for i, p := range all.Places {
		name := all.Names[start : start+int(p.NameLen)]
		start += int(p.NameLen)
		if i%8 != 0 {
			continue
		}
		asked++
		got, _, ok := Nearest(float64(p.Lat)/table.PerDegree, float64(p.Lon)/table.PerDegree)
		if !ok {
			t.Errorf("nothing is found at %s, %+v", name, p)
		}
		if got.City != name {
			wrong++
		}
		if got.CountryCode != all.Countries[all.Regions[p.Region].Country].Code {
			abroad++
		}
	}
	if len(all.Places) < 150_000 || wrong > asked/100 || abroad > asked/1000 {
		t.Errorf("of %d places, %d asked, %d are found under another name, want 1 %% at most, and %d in another country, want 0.1 %%",
			len(all.Places), asked, wrong, abroad)
	}
}

func TestTableIsSmall(t *testing.T) {
	if len(file) > 2<<20 {
		t.Errorf("the table adds %d bytes to the program, want 2 MiB at most", len(file))
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	w := func() *world { // what was decoded is not kept
		all, err := table.Decode(file)
		if err != nil {
			t.Fatal(err)
		}
		return newWorld(all)
	}()
	runtime.GC()
	runtime.ReadMemStats(&after)
	if heap := int64(after.HeapAlloc) - int64(before.HeapAlloc); heap > 10<<20 {
		t.Errorf("the table takes %d bytes of memory, want 10 MB at most", heap)
	}
	runtime.KeepAlive(w)
}

func TestManyAtOnce(t *testing.T) {
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 100 {
				if p, _, _ := Nearest(59.9133, 10.74); p.City != "Oslo" {
					t.Errorf("got %+v, want Oslo", p)
				}
			}
		})
	}
	wait.Wait()
}

func TestCredits(t *testing.T) {
	credits := Credits()
	for _, want := range []string{
		"GeoNames", "https://www.geonames.org", "https://creativecommons.org/licenses/by/4.0/", "changed",
		"Copyright (c)", "country-coder contributors", "Permission to use, copy, modify", "Natural Earth",
	} {
		if !strings.Contains(credits, want) {
			t.Errorf("the credits do not say %q:\n%s", want, credits)
		}
	}
}

func FuzzNearest(f *testing.F) {
	for _, at := range [][2]float64{{59.9, 10.7}, {90, 180}, {-90, -180}, {0, 360}, {math.NaN(), math.Inf(-1)}, {math.Copysign(0, -1), 1e-320}, {89.999999, 179.999999}} {
		f.Add(at[0], at[1])
	}
	f.Fuzz(func(t *testing.T, lat, lon float64) {
		p, metres, ok := Nearest(lat, lon)
		if !(metres >= 0 && metres <= reach+1) || ok != (p.Country != "") || ok != (len(p.CountryCode) == 2) || p.City == "" && (metres != 0 || p.Region != "") {
			t.Errorf("%g, %g: %+v, %g, %t", lat, lon, p, metres, ok)
		}
	})
}

// BenchmarkNearest asks for points in or near towns, as photos are.
func BenchmarkNearest(b *testing.B) {
	all, err := table.Decode(file)
	if err != nil {
		b.Fatal(err)
	}
	var at [][2]float64
	for i, p := range points(all, 20_000) {
		if i%2 == 0 {
			at = append(at, p)
		}
	}
	Nearest(0, 0)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p := at[i%len(at)]
		Nearest(p[0], p[1])
	}
}

func BenchmarkNearestAnywhere(b *testing.B) {
	all, err := table.Decode(file)
	if err != nil {
		b.Fatal(err)
	}
	at := points(all, 20_000)
	Nearest(0, 0)
	for i := 0; b.Loop(); i++ {
		p := at[i%len(at)|1]
		Nearest(p[0], p[1])
	}
}

func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		all, err := table.Decode(file)
		if err != nil {
			b.Fatal(err)
		}
		newWorld(all)
	}
}
