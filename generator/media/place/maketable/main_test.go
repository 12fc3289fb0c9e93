package main

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestFold(t *testing.T) {
	for _, pair := range [][2]string{{"Göteborg", "goteborg"}, {"N’dalatando", "N'Dalatando"}, {"Jaboatão", "JABOATAO"}, {"Saint-Denis", "saint denis"}, {"東京", "東京"}} {
		if fold(pair[0]) != fold(pair[1]) {
			t.Errorf("%s and %s are %q and %q, want the same", pair[0], pair[1], fold(pair[0]), fold(pair[1]))
		}
	}
	if fold("Ås") == fold("Es") {
		t.Error("Ås is Es")
	}
}

// TestTownsAreWeighed gives towns the population of what they are, whatever they were called.
func TestTownsAreWeighed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "known.txt")
	line := func(name, others, lat, lon, kind, country, population string) string {
		return strings.Join([]string{"1", name, name, others, lat, lon, "P", kind, country, "", "", "", "", "", population, "", "", "", ""}, "\t") + "\n"
	}
	known := line("Göteborg", "Gothenburg,Gotemburgo", "57.70716", "11.96679", "PPLA", "SE", "587549") +
		line("Haga", "", "57.698", "11.955", "PPLX", "SE", "4000") +
		line("Haga", "", "57.60", "11.955", "PPL", "SE", "900") +
		line("Gothenburg", "", "57.70716", "11.96679", "PPL", "NO", "3")
	if err := os.WriteFile(file, []byte(known), 0o666); err != nil {
		t.Fatal(err)
	}
	g, err := readKnown(file)
	if err != nil {
		t.Fatal(err)
	}
	towns := []town{
		{name: "Gothenburg", country: "SE", point: point{57.71, 11.96}},
		{name: "Haga", country: "SE", point: point{57.699, 11.955}},
		{name: "Renamed", country: "SE", point: point{57.601, 11.955}},
		{name: "Gothenburg", country: "SE", point: point{59, 18}},
	}
	weigh(towns, g)
	var got []any
	for _, w := range towns {
		got = append(got, w.population, w.kind)
	}
	if want := []any{587549, "PPLA", 4000, "PPLX", 900, "PPL", 0, ""}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}

	for what, broken := range map[string]string{
		"fields":     "1\tOslo\n",
		"latitude":   line("Oslo", "", "91", "10", "PPL", "NO", "1"),
		"population": line("Oslo", "", "59", "10", "PPL", "NO", "many"),
	} {
		if err := os.WriteFile(file, []byte(broken), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := readKnown(file); err == nil || !strings.Contains(err.Error(), "known.txt:1") {
			t.Errorf("%s: error %v, want one that names the line", what, err)
		}
	}
}

func TestDropLeavesWhatPeopleName(t *testing.T) {
	city := town{name: "city", country: "NO", point: point{60, 10}, population: 1_000_000, kind: "PPLA"} // reaches 7 km
	at := func(name string, km float64, population int, kind string) town {
		return town{name: name, country: "NO", point: point{60 + km/111.2, 10}, population: population, kind: kind}
	}
	abroad := at("abroad", 3, 10, "PPL")
	abroad.country = "SE"
	var got []string
	for _, k := range drop([]town{
		city,
		at("quarter", 20, 50_000, "PPLX"),
		at("ruin", 40, 0, "PPLH"),
		at("swallowed", 4, 1000, "PPL"),
		at("suburb", 6, 200_000, "PPL"),
		at("village", 9, 100, "PPL"),
		at("new quarter", 10, 0, ""),
		at("new village", 20, 0, ""),
		abroad,
	}) {
		got = append(got, k.name)
	}
	if want := []string{"city", "suburb", "village", "new village", "abroad"}; !slices.Equal(got, want) {
		t.Errorf("kept %q, want %q", got, want)
	}
}

func square(south, west, north, east float64) [][]point {
	return [][]point{{{south, west}, {south, east}, {north, east}, {north, west}, {south, west}}}
}

func TestDisputedLandIsWhereItsPlacesAre(t *testing.T) {
	pieces := []piece{
		{name: "A", country: "AA", polygons: [][][]point{square(0, 0, 1, 1)}},
		{name: "claimed by A", country: "AA", polygons: [][][]point{square(0, 1, 1, 2)}},
		{name: "empty", country: "AA", polygons: [][][]point{square(5, 5, 6, 6)}},
	}
	towns := []town{
		{country: "AA", point: point{0.5, 0.5}}, {country: "AA", point: point{0.6, 0.5}},
		{country: "BB", point: point{0.5, 0.7}},  // deep in A
		{country: "BB", point: point{0.5, 0.99}}, // across the border by a mistake
		{country: "BB", point: point{0.5, 1.5}}, {country: "BB", point: point{0.6, 1.5}}, {country: "AA", point: point{0.7, 1.5}},
	}
	attribute(pieces, towns)
	var got []string
	for _, p := range pieces {
		got = append(got, p.country)
	}
	if want := []string{"AA", "BB", "AA"}; !slices.Equal(got, want) {
		t.Errorf("the pieces are of %q, want %q", got, want)
	}
	boxes := make([][]box, len(pieces))
	for i, p := range pieces {
		boxes[i] = []box{boxOf(p.polygons[0])}
	}
	got = nil
	for _, x := range towns[2:5] {
		got = append(got, locate(x, pieces, boxes))
	}
	if want := []string{"AA", "BB", "BB"}; !slices.Equal(got, want) {
		t.Errorf("the towns are within the borders of %q, want %q", got, want)
	}
}

func TestLandAcrossTheDateLine(t *testing.T) {
	// From 170 east to 170 west, 60 to 70 north, as TopoJSON has it: not cut at the line.
	island := [][]point{flat([]point{{60, 170}, {60, 180}, {60, -170}, {70, -170}, {70, -180}, {70, 180}, {70, 170}})}
	// All around the south pole, 70 south.
	pole := [][]point{flat([]point{{-70, -180}, {-70, -90}, {-70, 0}, {-70, 90}, {-70, 179.99}})}
	for _, at := range []struct {
		point
		island, pole bool
	}{
		{point{65, 175}, true, false}, {point{65, -175}, true, false}, {point{65, 165}, false, false}, {point{65, -165}, false, false},
		{point{65, 0}, false, false}, {point{0, 0}, false, false}, {point{-80, 0}, false, true}, {point{-80, 175}, false, true},
		{point{-80, -175}, false, true}, {point{-89, -100}, false, true},
	} {
		if a, b := inside(at.point, island), inside(at.point, pole); a != at.island || b != at.pole {
			t.Errorf("%v: island %t, pole %t; want %t, %t", at.point, a, b, at.island, at.pole)
		}
	}
}
