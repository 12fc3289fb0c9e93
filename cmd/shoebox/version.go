package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"shoebox/generator/media/codec"
	"shoebox/generator/media/place"
)

func newVersion(p *program) *cobra.Command {
	var licences bool
	c := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if _, err := fmt.Fprintf(p.stdout, "shoebox %s %s/%s %s\n", version(), runtime.GOOS, runtime.GOARCH, runtime.Version()); err != nil || !licences {
				return err
			}
			_, err := fmt.Fprintf(p.stdout, "\n%s\n%s", place.Credits(), codec.Credits())
			return err
		},
	}
	c.Flags().BoolVar(&licences, "licences", false, "also say whose work the program contains, and under which licences")
	return c
}
