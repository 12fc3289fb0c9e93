package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"shoebox/internal/aws/stack"
	"shoebox/internal/gallery"
)

// maxDays bounds how long a link can be good for: it can't be taken back.
const maxDays = 3650

func newShare(p *program) *cobra.Command {
	var at stackFlags
	var days int
	c := &cobra.Command{
		Use:   "share ALBUM",
		Short: "Print a link that opens a private album on AWS",
		Long: `Share prints a link that opens an album below private/, with the albums below it, for some days. Whoever has the link can look
at it and download its originals. A link can't be taken back before its time.`,
		Example: `  shoebox share private/wedding
  shoebox share private/wedding --days 7`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := at.check(); err != nil {
				return err
			}
			if days < 1 || days > maxDays {
				return usageError{fmt.Errorf("--days is %d: give a number from 1 to %d", days, maxDays)}
			}
			album := strings.Trim(strings.TrimPrefix(args[0], gallery.Data), "/")
			if !gallery.Private(album) {
				return usageError{fmt.Errorf("album %q is not private: only %s and what is below it is shared by links", album, gallery.PrivatePath)}
			}
			s, err := stack.Open(cmd.Context(), at.name, at.region)
			if err != nil {
				return err
			}
			until := time.Now().AddDate(0, 0, days)
			link, err := s.Share(cmd.Context(), album, until)
			if err != nil {
				return err
			}
			fmt.Fprintln(p.stdout, link)
			if !p.quiet {
				fmt.Fprintf(p.stderr, "good until %s\n", until.Format("2 January 2006 15:04"))
			}
			return nil
		},
	}
	at.add(c, defaultStack)
	c.Flags().IntVar(&days, "days", 30, "for how many days the link is good")
	return c
}
