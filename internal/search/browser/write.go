package browser

import (
	"context"
	"encoding/json"
	"iter"

	"shoebox/internal/gallery"
)

// An Index says which files a gallery's search is made of. It is what [Pointer] holds, as JSON.
type Index struct {
	Version int    `json:"version"`
	Page    string `json:"page"`   // name of the file with what the page is rendered with
	Albums  string `json:"albums"` // name of the file with the albums
	Shards  []Part `json:"shards"`
	Items   int    `json:"items"` // in all shards
}

// A Part is one shard: its name, and how many items it has.
type Part struct {
	Name  string
	Items int
}

// MarshalJSON writes a part as a list of two.
func (p Part) MarshalJSON() ([]byte, error) { return json.Marshal([]any{p.Name, p.Items}) }

// UnmarshalJSON reads what MarshalJSON writes.
func (p *Part) UnmarshalJSON(data []byte) error {
	return json.Unmarshal(data, &[]any{&p.Name, &p.Items})
}

// Write writes the shards of a gallery by calling put with each file's path below public/. All are named by what they hold and never
// change. The index names them; it is written when they are there.
func Write(ctx context.Context, albums iter.Seq2[Album, error], put func(path string, body []byte) error) (Index, error) {
	x := Index{Version: formatVersion, Shards: []Part{}}
	store := func(s Shard) error { return put(shardPath(s.Name), s.Body) }
	listed := [][]string{}
	each := func(yield func(Album, error) bool) {
		for a, err := range albums {
			if err == nil {
				row := []string{a.Path, a.Title}
				if dir := gallery.AlbumDir(a.Path); dir != a.Path+"/" && a.Path != "" {
					row = append(row, dir)
				}
				listed = append(listed, row)
			}
			if !yield(a, err) {
				return
			}
		}
	}
	err := Shards(ctx, each, func(s Shard) error {
		x.Shards = append(x.Shards, Part{s.Name, s.Items})
		x.Items += s.Items
		return store(s)
	})
	if err != nil {
		return Index{}, err
	}
	s, err := encode(listed, 0)
	if err != nil {
		return Index{}, err
	}
	x.Albums = s.Name
	return x, store(s)
}
