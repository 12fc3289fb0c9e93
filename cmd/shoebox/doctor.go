package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"shoebox/internal/aws"
	"shoebox/internal/aws/stack"
	"shoebox/internal/config"
	"shoebox/internal/doctor"
	"shoebox/internal/storage"
)

func newDoctor(p *program) *cobra.Command {
	var on stackFlags
	var repair, asJSON bool
	c := &cobra.Command{
		Use:   "doctor [DIR]",
		Short: "Check a gallery, and mend what is ours of it",
		Long: `Doctor looks for what is missing, damaged, stale or left over in a gallery: records, renditions, pages, manifests, the search index.
With --stack it checks the gallery of a stack on AWS, and what was given up in its queues, and who may reach its buckets.

With --repair it deletes what is wrong in public/ and state/ and has it made anew. Your files in data/ are never touched. The
exit code is 1 when something is left to do.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			if cmd.Flags().Changed("stack") {
				if len(args) > 0 || p.bucket != "" || p.configFile != "" {
					return usageError{errors.New("--stack is instead of a folder, --bucket and --config: give one of them")}
				}
				return p.examineStack(ctx, on, repair, asJSON)
			}
			if cmd.Flags().Changed("region") {
				return usageError{errors.New("--region is of a stack: give --stack too")}
			}
			dir := "."
			if len(args) > 0 {
				dir = args[0]
			}
			at, err := p.open(ctx, dir)
			if err != nil {
				return err
			}
			g := at.examined()
			g.Generate = func(ctx context.Context) error {
				_, err := p.runBuild(ctx, at, p.progress(p.quiet || asJSON))
				return err
			}
			return errors.Join(p.examine(ctx, g, nil, repair, asJSON), at.close())
		},
	}
	on.add(c, "")
	c.Flags().BoolVar(&repair, "repair", false, "mend what is ours")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object: what was found, what was done, what is left")
	return c
}

// examined returns the gallery for a check.
func (at *location) examined() *doctor.Gallery {
	g := at.generator(nil)
	return &doctor.Gallery{
		Bucket: at.bucket, Search: at.config.Searchable(),
		Read: at.folder != "", // on a disk an ETag does not tell of bytes that rotted
		Plan: func(ctx context.Context) ([]doctor.Step, error) {
			steps, err := g.Plan(ctx)
			var plan []doctor.Step
			for _, s := range steps {
				plan = append(plan, doctor.Step{Do: s.Do, Key: s.Key, Why: s.Why})
			}
			return plan, asUsage(err)
		},
	}
}

// examineStack checks the gallery of a stack, configured as the functions there are.
func (p *program) examineStack(ctx context.Context, on stackFlags, repair, asJSON bool) error {
	if err := on.check(); err != nil {
		return err
	}
	s, err := stack.Open(ctx, on.name, on.region)
	if err != nil {
		return err
	}
	facts, factsErr := s.Facts(ctx)
	found := doctor.CheckStack(s, facts)
	at, err := stackLocation(ctx, s)
	if err := errors.Join(factsErr, err); err != nil {
		p.printFindings(found)
		return err
	}
	g := at.examined()
	g.Live, g.Generate = true, s.Reconcile
	return p.examine(ctx, g, found, repair, asJSON)
}

// stackLocation is where a stack's gallery is, and how its functions are configured.
func stackLocation(ctx context.Context, s *stack.Stack) (*location, error) {
	bucket, err := s.Bucket()
	if err != nil {
		return nil, err
	}
	env, err := s.Environment(ctx)
	if err != nil {
		return nil, err
	}
	text, _, err := storage.Read(ctx, bucket, configName)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	at := &location{bucket: bucket}
	if at.config, err = config.Parse(configName, text, env); err != nil {
		return nil, usageError{err}
	}
	at.config.Build.FFmpeg = ""                       // this machine's is not theirs; what theirs made stands
	if at.config.Labels.Recognizer == "rekognition" { // a plan asks it nothing
		at.labeler, err = aws.OpenRekognition(ctx, at.config.Labels.Collection)
	}
	return at, err
}

// An examination is what doctor prints as JSON.
type examination struct {
	Found []doctor.Finding `json:"found"`
	Done  []string         `json:"done"`
	Left  []doctor.Finding `json:"left"`
}

// examine checks a gallery and repairs it if asked to. It has findings from elsewhere, too.
func (p *program) examine(ctx context.Context, g *doctor.Gallery, others []doctor.Finding, repair, asJSON bool) error {
	found, err := g.Check(ctx)
	if err != nil {
		return err
	}
	result := examination{Found: append(append([]doctor.Finding{}, others...), found...), Done: []string{}}
	result.Left = result.Found
	if repair && doctor.Repairable(found) {
		if !asJSON {
			p.printFindings(result.Found)
		}
		result.Done, err = g.Repair(ctx, found)
		if !asJSON && !p.quiet {
			for _, done := range result.Done {
				fmt.Fprintln(p.stdout, printable(done))
			}
		}
		if err != nil {
			return err
		}
		if g.Live {
			fmt.Fprintln(p.stderr, "the functions are at work on it: look again in some minutes")
		} else {
			again, err := g.Check(ctx)
			if err != nil {
				return err
			}
			result.Left = append(append([]doctor.Finding{}, others...), again...)
			if !asJSON && len(result.Left) > 0 {
				fmt.Fprintln(p.stderr, "left:")
			}
		}
	}
	switch {
	case asJSON:
		if err := json.NewEncoder(p.stdout).Encode(result); err != nil {
			return err
		}
	case !g.Live || len(result.Done) == 0:
		p.printFindings(result.Left)
	}
	if len(result.Left) > 0 {
		return errReported
	}
	if !asJSON && !p.quiet {
		fmt.Fprintln(p.stdout, "all is well")
	}
	return nil
}

func (p *program) printFindings(findings []doctor.Finding) {
	for _, f := range findings {
		fmt.Fprintf(p.stderr, "%s: %s: %s\n", printable(f.Key), printable(f.What), printable(f.Do))
	}
}
