package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"shoebox/internal/search"
	"shoebox/internal/storage"
)

// buildShoebox builds Shoebox's index in a folder.
func buildShoebox(ctx context.Context, dir string, photos int) (b built, err error) {
	source, err := hold(ctx, photos)
	if err != nil {
		return b, err
	}
	bucket, err := storage.OpenDir(dir)
	if err != nil {
		return b, err
	}
	defer bucket.Close()
	start, err := cpu()
	if err != nil {
		return b, err
	}
	if _, err := search.Publish(ctx, bucket, source, search.PublishOptions{}); err != nil {
		return b, err
	}
	end, err := cpu()
	if err != nil {
		return b, err
	}
	b.CPU = end - start
	if b.Stored, err = folderSize(filepath.Join(dir, filepath.Dir(search.PointerKey))); err != nil {
		return b, err
	}
	b.Size, err = shoeboxSize(ctx, bucket)
	return b, err
}

// shoeboxSize returns how large the index is that a reader unpacks.
func shoeboxSize(ctx context.Context, bucket storage.Bucket) (int64, error) {
	data, _, err := storage.Read(ctx, bucket, search.PointerKey)
	if err != nil {
		return 0, err
	}
	var pointer struct{ Generation string }
	if err := json.Unmarshal(data, &pointer); err != nil {
		return 0, err
	}
	if data, _, err = storage.Read(ctx, bucket, pointer.Generation); err != nil {
		return 0, err
	}
	r, err := zstd.NewReader(bytes.NewReader(data))
	if err != nil {
		return 0, err
	}
	defer r.Close()
	type extent struct{ Size int64 }
	var generation struct {
		Segments []struct{ Index, Columns extent }
	}
	if err := json.NewDecoder(r).Decode(&generation); err != nil {
		return 0, err
	}
	var size int64
	for _, s := range generation.Segments {
		size += s.Index.Size + s.Columns.Size
	}
	return size, nil
}

// searchShoebox opens Shoebox's index and asks it.
func searchShoebox(ctx context.Context, dir string, list []question) (s searched, err error) {
	s.Version = "Bleve " + moduleVersion("github.com/blevesearch/bleve/v2")
	bucket, err := storage.OpenDir(dir)
	if err != nil {
		return s, err
	}
	defer bucket.Close()
	temp, err := os.MkdirTemp("", "compare-")
	if err != nil {
		return s, err
	}
	defer os.RemoveAll(temp)
	start := time.Now()
	index, err := search.Open(ctx, bucket, temp)
	if err != nil {
		return s, err
	}
	defer index.Close()
	engine := func(q question) (int, []int, error) { return askShoebox(ctx, index, q) }
	if _, _, err := engine(list[0]); err != nil {
		return s, err
	}
	s.Load = milliseconds(start)
	if s.Answers, err = ask(list, engine); err != nil {
		return s, err
	}
	s.Memory = memory()
	return s, nil
}

func askShoebox(ctx context.Context, index *search.Index, q question) (int, []int, error) {
	parts := []string{strings.Join(q.Words, " ")}
	options := search.Options{Size: shown}
	if len(q.Words) == 0 {
		options.Sort = search.ByDate
	}
	if q.Label != "" {
		parts = append(parts, fmt.Sprintf("label:%q", q.Label))
	}
	if q.Person != "" {
		parts = append(parts, fmt.Sprintf("person:%q", q.Person))
	}
	if q.Year != "" {
		parts = append(parts, "taken:"+q.Year)
	}
	if q.Facets {
		options.Facets = facetSize
	}
	query, err := index.Parse(ctx, strings.Join(parts, " "), "", search.Context{})
	if err != nil {
		return 0, nil, err
	}
	r, err := index.Search(ctx, query, options)
	if err != nil {
		return 0, nil, err
	}
	var first []int
	for _, f := range r.Facets {
		count := 0
		if len(f.Values) > 0 {
			count = f.Values[0].Count
		}
		first = append(first, count)
	}
	return r.Total, first, nil
}
