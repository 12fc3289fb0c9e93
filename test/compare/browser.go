package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"os"
	"path"
	"path/filepath"

	"shoebox/internal/search/browser"
	"shoebox/internal/search/searchtest"
)

// buildBrowser writes the shards that Shoebox's engine in the page reads, in a folder.
func buildBrowser(ctx context.Context, dir string, photos int) (b built, err error) {
	var albums []browser.Album
	for m := range searchtest.New(photos).Manifests() {
		albums = append(albums, browser.Album{Path: m.Album.Path, Title: m.Album.Title, Items: m.Items})
	}
	each := func(yield func(browser.Album, error) bool) {
		for _, a := range albums {
			if !yield(a, nil) {
				return
			}
		}
	}
	start, err := cpu()
	if err != nil {
		return b, err
	}
	var files [][]byte
	index, err := browser.Write(ctx, each, func(at string, body []byte) error {
		files = append(files, body)
		b.Stored += int64(len(body))
		return os.WriteFile(filepath.Join(dir, path.Base(at)), body, 0o600)
	})
	if err != nil {
		return b, err
	}
	end, err := cpu()
	if err != nil {
		return b, err
	}
	b.CPU = end - start
	for _, body := range files {
		r, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return b, err
		}
		n, err := io.Copy(io.Discard, r)
		if err != nil {
			return b, err
		}
		b.Size += n
	}
	data, err := json.Marshal(index)
	if err != nil {
		return b, err
	}
	return b, os.WriteFile(filepath.Join(dir, path.Base(browser.Pointer)), data, 0o600)
}
