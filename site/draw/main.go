// Command draw makes the sample gallery, site/data: landscapes and patterns computed from fixed seeds, each with the metadata
// that a camera and its owner would have written. Nothing in it was photographed and nobody in it exists. [Catalogue] lists
// the pictures, [Canvas] is what they are drawn on, [Meta] is what is written into them.
//
//	go run ./site/draw
//
// rewrites the files. The same program on the same kind of machine gives the same bytes; only the video depends on the
// installed ffmpeg, and stays as it is where there is none. What formats.sh makes, with more tools, is not touched.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	dir := flag.String("o", "site/data", "folder to write")
	edge := flag.Int("edge", 1440, "longer edge of a picture of 3:2, in pixels; other shapes have as many pixels in all")
	only := flag.String("only", "", "make only the files whose path contains this")
	flag.Parse()
	if err := run(*dir, *edge, *only); err != nil {
		fmt.Fprintln(os.Stderr, "draw:", err)
		os.Exit(1)
	}
}

func run(dir string, edge int, only string) error {
	for _, p := range Catalogue() {
		if !strings.Contains(p.Path, only) {
			continue
		}
		data, err := p.Render(edge)
		if err != nil {
			return fmt.Errorf("%s: %w", p.Path, err)
		}
		if err := write(dir, p.Path, data); err != nil {
			return err
		}
		fmt.Printf("%7d  %s\n", len(data), p.Path)
	}
	for path, text := range texts() {
		if !strings.Contains(path, only) {
			continue
		}
		if err := write(dir, path, []byte(text)); err != nil {
			return err
		}
	}
	return extras(dir, only)
}

// write stores one file of the sample, making its folder.
func write(dir, path string, data []byte) error {
	name := filepath.Join(dir, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, data, 0o644)
}
