// Command shoebox turns a folder of photos, videos and files into a static gallery that can be searched.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// The exit codes, beside 0.
const (
	exitFailed      = 1   // some files, or the command itself, failed
	exitUsage       = 2   // wrong usage or configuration
	exitInterrupted = 130 // as shells have it after Ctrl-C
)

// A usageError is a mistake in how the program was called or configured.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// errReported ends a command whose failures have been printed.
var errReported = errors.New("some files failed")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// run runs a command and returns the exit code. What was asked for goes to stdout, everything else to stderr.
func run(ctx context.Context, args, env []string, stdout, stderr io.Writer) int {
	root := newRoot(&program{env: env, stdout: stdout, stderr: stderr})
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errReported):
		return exitFailed
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "shoebox: interrupted; what is finished is kept, run it again to go on")
		return exitInterrupted
	case errors.As(err, &usage):
		fmt.Fprintln(stderr, "shoebox:", err)
		return exitUsage
	}
	fmt.Fprintln(stderr, "shoebox:", err)
	return exitFailed
}

// program is what all commands share.
type program struct {
	env            []string
	stdout, stderr io.Writer

	// The flags of every command.
	configFile string
	bucket     string
	jobs       int
	verbose    bool
	quiet      bool
}

func newRoot(p *program) *cobra.Command {
	root := &cobra.Command{
		Use:   "shoebox",
		Short: "A folder of photos in, a searchable static gallery out",
		Long: `Shoebox turns a folder of photos, videos and files into a static gallery that can be searched.

Put your files into data/, run "shoebox build", and look at public/, or run "shoebox serve".
Your originals are never changed. Settings are in config.toml; "shoebox init" writes one.`,
		Args:          cobra.NoArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	flags := root.PersistentFlags()
	flags.StringVar(&p.configFile, "config", "", "configuration `file` (default: config.toml in the gallery's folder, if there is one)")
	flags.StringVar(&p.bucket, "bucket", "", "`folder` of the gallery, in place of the configured one")
	flags.IntVar(&p.jobs, "jobs", 0, "how many files to work on at once (default: one per core)")
	flags.BoolVarP(&p.verbose, "verbose", "v", false, "say what is done to each file")
	flags.BoolVarP(&p.quiet, "quiet", "q", false, "say only what went wrong")
	root.MarkFlagsMutuallyExclusive("verbose", "quiet")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	for _, c := range []*cobra.Command{newInit(p), newBuild(p), newServe(p), newSearch(p), newVersion(p)} {
		args := c.Args
		c.Args = func(cmd *cobra.Command, given []string) error {
			if err := args(cmd, given); err != nil {
				return usageError{fmt.Errorf("%w: see \"shoebox help %s\"", err, cmd.Name())}
			}
			return nil
		}
		root.AddCommand(c)
	}
	root.Args = func(_ *cobra.Command, args []string) error {
		if len(args) > 0 {
			return usageError{fmt.Errorf("there is no command %q: see \"shoebox help\"", args[0])}
		}
		return nil
	}
	return root
}
