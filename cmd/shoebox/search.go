package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"shoebox/internal/gallery"
	"shoebox/internal/search"
)

// maxResults is the most that --limit can ask for.
const maxResults = 1000

func newSearch(p *program) *cobra.Command {
	var asJSON bool
	var album, dir string
	var limit int
	c := &cobra.Command{
		Use:   "search QUERY",
		Short: "Search the gallery",
		Long: `Search finds items of the gallery: words, "phrases", years and dates, label: person: album: camera: type: taken:, and what to
leave out ("-people", "not people"). Flags stand before the query.`,
		Example: `  shoebox search dog 2023
  shoebox search 'person:natalie taken:2019-06..2019-08 -beach'`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, words []string) error {
			if limit < 1 || limit > maxResults {
				return usageError{fmt.Errorf("--limit is %d: give a number from 1 to %d", limit, maxResults)}
			}
			at, err := p.open(cmd.Context(), dir)
			if err != nil {
				return err
			}
			defer at.close()
			ctx := cmd.Context()
			index, err := search.Open(ctx, at.bucket, "")
			if errors.Is(err, search.ErrNoIndex) {
				return usageError{errors.New("there is no search index yet: run \"shoebox build\" (with search.enabled)")}
			}
			if err != nil {
				return err
			}
			defer index.Close()
			query := search.Parse(strings.Join(words, " "))
			found, err := index.Search(ctx, query, search.Options{Scope: gallery.AlbumDir(strings.Trim(album, "/")), Size: limit})
			if err != nil {
				return err
			}
			records, err := search.Records(ctx, at.bucket, found.Hits)
			if err != nil {
				return err
			}
			if asJSON {
				shown := []*gallery.Record{}
				for _, r := range records {
					if r != nil {
						shown = append(shown, r)
					}
				}
				return json.NewEncoder(p.stdout).Encode(map[string]any{"query": query.String(), "total": found.Total, "results": shown})
			}
			p.printResults(query, found.Total, records)
			return nil
		},
	}
	c.Flags().SetInterspersed(false) // "-people" after a word is part of the query
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object with the records found")
	c.Flags().StringVar(&album, "album", "", "search this album and those below it only")
	c.Flags().StringVar(&dir, "dir", ".", "`folder` of the gallery")
	c.Flags().IntVar(&limit, "limit", 50, "how many results to print")
	return c
}

func (p *program) printResults(query search.Query, total int, records []*gallery.Record) {
	table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	shown := 0
	for _, r := range records {
		if r == nil {
			continue
		}
		shown++
		date := ""
		if !r.Taken.IsZero() {
			date = r.Taken.Format("2006-01-02")
		}
		caption := strings.Join(strings.Fields(r.Title+" "+r.Caption), " ")
		if runes := []rune(caption); len(runes) > 60 {
			caption = string(runes[:59]) + "…"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", date, printable(strings.TrimPrefix(r.Original.Key, gallery.Data)), printable(caption))
	}
	_ = table.Flush() // as with every print to a terminal, nobody is left to tell
	if p.quiet {
		return
	}
	for _, note := range query.Notes {
		fmt.Fprintln(p.stderr, printable(note))
	}
	switch {
	case total == 0:
		fmt.Fprintf(p.stderr, "nothing found for %s\n", printable(query.String()))
	case shown < total:
		fmt.Fprintf(p.stderr, "%d of %d\n", shown, total)
	}
}
