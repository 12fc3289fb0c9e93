package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"shoebox/internal/aws/stack"
)

func newDestroy(p *program) *cobra.Command {
	var at stackFlags
	var yes, dryRun bool
	c := &cobra.Command{
		Use:   "destroy",
		Short: "Take the gallery off AWS; your originals stay",
		Long: `Destroy deletes the stack of a gallery: its pages, its functions, its search, its address. The bucket with your originals stays,
and all that is in it. It asks before it does anything.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := at.check(); err != nil {
				return err
			}
			return p.destroy(cmd.Context(), at, cmd.InOrStdin(), yes, dryRun)
		},
	}
	at.add(c, defaultStack)
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	c.Flags().BoolVar(&dryRun, "dry-run", false, "print the commands that would change something, and run none of them")
	return c
}

func (p *program) destroy(ctx context.Context, at stackFlags, in io.Reader, yes, dryRun bool) error {
	cli, account, err := p.awsCLI(ctx, at.region, dryRun)
	if err != nil {
		return err
	}
	s, err := stack.Open(ctx, at.name, cli.Region())
	if err != nil {
		return err
	}
	originals, _ := s.Output(stack.OutputOriginalsBucket) // a stack that never was whole has none
	site, _ := s.Output(stack.OutputSiteBucket)
	fmt.Fprintf(p.stderr, "stack %s in %s (%s)\n", s.Name, s.Region(), s.Status)
	fmt.Fprintf(p.stderr, "goes:  the gallery's address, functions, queues, logs, signing key (share links end), and the bucket %s "+
		"with pages and index\n", or(site, "of the site"))
	fmt.Fprintf(p.stderr, "stays: the bucket %s with your originals and settings; the bucket %s with uploaded code\n",
		or(originals, "of the originals, if it was made,"), cli.ArtifactBucket(account))
	if !yes && !dryRun {
		fmt.Fprintf(p.stderr, "type the stack's name to delete it: ")
		answer, err := bufio.NewReader(in).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if strings.TrimSpace(answer) != at.name {
			return usageError{errors.New("nothing was deleted: the name was not given (--yes does not ask)")}
		}
	}
	if err := cli.Destroy(ctx, at.name); err != nil || dryRun {
		return err
	}
	fmt.Fprintf(p.stdout, "deleted: stack %s\n", at.name)
	if originals != "" {
		fmt.Fprintf(p.stdout, "kept:    s3://%s\n", printable(originals))
	}
	return nil
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return printable(text)
}
