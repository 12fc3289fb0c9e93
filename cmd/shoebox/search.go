package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"shoebox/internal/gallery"
	"shoebox/internal/search"
)

// maxResults is the most that --limit can ask for.
const maxResults = 1000

func newSearch(p *program) *cobra.Command {
	var asJSON, explain, south bool
	var album, dir, now string
	var limit int
	c := &cobra.Command{
		Use:   "search QUERY",
		Short: "Search the gallery",
		Long: `Search finds items of the gallery by words, names, periods and "phrases": "photos of Natalie from last summer", "dogs or cats
not at the beach". With a key it finds exactly that: label: person: place: album: camera: lens: creator: title: caption: file: type:
taken: day: rating: iso: aperture: focal: has: is: (as in "rating:>=4", "taken:2019-06..2020-01", "has:gps"); like:alps/summit.jpg
finds what is like that. Flags stand before the query.`,
		Example: `  shoebox search dog 2023
  shoebox search 'person:natalie taken:2019-06..2019-08 -beach'
  shoebox search --explain 'sunset or fog, last 3 weekends'`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, words []string) error {
			if limit < 1 || limit > maxResults {
				return usageError{fmt.Errorf("--limit is %d: give a number from 1 to %d", limit, maxResults)}
			}
			in := search.Context{South: south}
			if now != "" {
				var err error
				if in.Now, err = parseNow(now); err != nil {
					return usageError{err}
				}
			}
			at, err := p.open(cmd.Context(), dir)
			if err != nil {
				return err
			}
			defer at.close()
			if in.Now.IsZero() {
				in.Now = time.Now().In(at.config.Zone())
			}
			if !cmd.Flags().Changed("south") {
				in.South = at.config.Hemisphere == "south"
			}
			ctx := cmd.Context()
			index, err := search.Open(ctx, at.bucket, "")
			if errors.Is(err, search.ErrNoIndex) {
				return usageError{errors.New("there is no search index yet: run \"shoebox build\" (with search = \"server\")")}
			}
			if err != nil {
				return err
			}
			defer index.Close()
			scope := gallery.AlbumDir(strings.Trim(album, "/"))
			query, err := index.Parse(ctx, strings.Join(words, " "), scope, in)
			if err != nil {
				return err
			}
			if explain {
				p.explain(query)
				return nil
			}
			found, err := index.Search(ctx, query, search.Options{Scope: scope, Size: limit})
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
				return json.NewEncoder(p.stdout).Encode(map[string]any{"query": query.String(), "total": found.Total, "results": shown,
					"notes": append([]string{}, slices.Concat(query.Notes, found.Notes)...)})
			}
			p.printResults(query, found, records)
			return nil
		},
	}
	c.Flags().SetInterspersed(false) // "-people" after a word is part of the query
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object with the records found")
	c.Flags().BoolVar(&explain, "explain", false, "print what was understood, one part a line, in place of searching")
	c.Flags().StringVar(&now, "now", "", "`day` that \"last summer\" is seen from, such as 2026-11-22; empty: today in the gallery's time zone")
	c.Flags().BoolVar(&south, "south", false, "take seasons for those of the southern hemisphere; without it, hemisphere in config.toml says")
	c.Flags().StringVar(&album, "album", "", "search this album and those below it only")
	c.Flags().StringVar(&dir, "dir", ".", "`folder` of the gallery")
	c.Flags().IntVar(&limit, "limit", 50, "how many results to print")
	return c
}

// parseNow reads a day, or a moment with its time zone.
func parseNow(s string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("--now is %q: give a day like 2026-11-22", s)
}

// explain prints what was understood of a query.
func (p *program) explain(query search.Query) {
	for _, c := range query.Clauses {
		fmt.Fprintln(p.stdout, printable(c.Explain()))
	}
	p.printNotes(query.Notes)
}

func (p *program) printNotes(notes []string) {
	if p.quiet {
		return
	}
	for _, note := range notes {
		fmt.Fprintln(p.stderr, printable(note))
	}
}

func (p *program) printResults(query search.Query, found search.Results, records []*gallery.Record) {
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
	p.printNotes(slices.Concat(query.Notes, found.Notes))
	switch {
	case found.Total == 0:
		fmt.Fprintf(p.stderr, "nothing found for %s\n", printable(query.String()))
	case shown < found.Total:
		fmt.Fprintf(p.stderr, "%d of %d\n", shown, found.Total)
	}
}
