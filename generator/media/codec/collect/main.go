// Command collect copies the WebAssembly modules that package codec embeds, and their licences, out of the Go module and the npm
// package that bring them, into a folder. go.sum and package-lock.json say which bytes those are.
package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: collect <node_modules> <folder>")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "collect:", err)
		os.Exit(1)
	}
}

func run(packages, folder string) error {
	heic, err := exec.Command("go", "mod", "download", "github.com/gen2brain/heic").CombinedOutput()
	if err != nil {
		return fmt.Errorf("go mod download: %w: %s", err, heic)
	}
	if heic, err = exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/gen2brain/heic").Output(); err != nil {
		return fmt.Errorf("go list -m: %w", err)
	}
	module, dav1d := string(bytes.TrimSpace(heic)), filepath.Join(packages, "dav1d.js")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	// The last one is what make goes by.
	for _, file := range []struct{ from, to string }{
		{filepath.Join(module, "LICENSE"), "heic.txt"},
		{filepath.Join(module, "lib", "LICENSE.libheif"), "libheif.txt"},
		{filepath.Join(dav1d, "COPYING"), "dav1d.js.txt"},
		{filepath.Join(dav1d, "dav1d.wasm"), "dav1d.wasm.gz"},
		{filepath.Join(module, "lib", "heif.wasm.gz"), "heif.wasm.gz"},
	} {
		body, err := os.ReadFile(file.from)
		if err != nil {
			return err
		}
		if filepath.Ext(file.to) == ".gz" && filepath.Ext(file.from) != ".gz" {
			var packed bytes.Buffer
			z, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression)
			if _, err := z.Write(body); err != nil {
				return err
			}
			if err := z.Close(); err != nil {
				return err
			}
			body = packed.Bytes()
		}
		if err := os.WriteFile(filepath.Join(folder, file.to), body, 0o644); err != nil {
			return err
		}
	}
	return nil
}
