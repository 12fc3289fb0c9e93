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
	case ctx.Err() != nil: // whatever it was that could not be finished
		fmt.Fprintln(stderr, "shoebox: interrupted; what is finished is kept, run it again to go on")
		return exitInterrupted
	}
	fmt.Fprintln(stderr, "shoebox:", printableLines(err.Error()))
	if errors.As(err, &usage) {
		return exitUsage
	}
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
		Version:       version(),

		SuggestionsMinimumDistance: 2,

		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	flags := root.PersistentFlags()
	flags.StringVar(&p.configFile, "config", "", "configuration `file` (default: config.toml in the gallery's folder, if there is one)")
	flags.StringVar(&p.bucket, "bucket", "", "`folder` of the gallery, in place of the configured one")
	flags.IntVar(&p.jobs, "jobs", 0, "how many files to work on at once (default: one per core)")
	flags.BoolVarP(&p.verbose, "verbose", "v", false, "say what is done to each file")
	flags.BoolVarP(&p.quiet, "quiet", "q", false, "say only what went wrong")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usageError{fmt.Errorf("%w: %s", err, seeHelp(cmd))} })
	root.PersistentPreRunE = func(*cobra.Command, []string) error {
		switch {
		case p.verbose && p.quiet:
			return usageError{errors.New("--verbose and --quiet exclude each other: give one of them")}
		case p.jobs < 0:
			return usageError{fmt.Errorf("--jobs is %d: give a number above 0", p.jobs)}
		}
		return nil
	}
	root.AddCommand(newInit(p), newBuild(p), newServe(p), newSearch(p), newDeploy(p), newDestroy(p), newShare(p), newDoctor(p), newCost(p), newVersion(p))
	root.SetHelpCommand(newHelp(root))
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	strict(root)
	root.Args = func(_ *cobra.Command, args []string) error { return unknownCommand(root, args) }
	return root
}

// strict makes wrong arguments of a command, and of those below it, errors of usage.
func strict(c *cobra.Command) {
	if args := c.Args; args != nil {
		c.Args = func(cmd *cobra.Command, given []string) error {
			if err := args(cmd, given); err != nil {
				return usageError{fmt.Errorf("%w: %s", err, seeHelp(cmd))}
			}
			return nil
		}
	}
	if !c.Runnable() { // it would not look at its arguments
		c.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	}
	for _, below := range c.Commands() {
		strict(below)
	}
}

func seeHelp(cmd *cobra.Command) string {
	if !cmd.HasParent() {
		return `see "shoebox help"`
	}
	return fmt.Sprintf("see %q", cmd.CommandPath()+" --help")
}

// unknownCommand is the error for words that are no command; nil when there are none.
func unknownCommand(root *cobra.Command, words []string) error {
	if len(words) == 0 {
		return nil
	}
	hint := ""
	if similar := root.SuggestionsFor(words[0]); len(similar) > 0 {
		hint = fmt.Sprintf("did you mean %q? ", similar[0])
	}
	return usageError{fmt.Errorf("there is no command %q: %ssee \"shoebox help\"", words[0], hint)}
}

func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Say what a command does and which flags it has",
		Args:  cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, words []string) error {
			c, rest, err := root.Find(words)
			if err != nil || len(rest) > 0 {
				return unknownCommand(root, words)
			}
			c.InitDefaultHelpFlag()
			return c.Help()
		},
	}
}
