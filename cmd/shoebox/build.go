package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"shoebox/generator"
	"shoebox/internal/aws"
	"shoebox/internal/cost"
)

func newBuild(p *program) *cobra.Command {
	var dryRun, asJSON bool
	c := &cobra.Command{
		Use:   "build [DIR…]",
		Short: "Make or bring up to date the gallery of a folder",
		Long: `Build makes the gallery of each folder, or brings it up to date: what has not changed is not done again.

A folder is that of a config.toml, or one that holds data/; without any it is the current one. The exit code is 1 when some
files failed; each is named with its reason, and all others are in the gallery.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, dirs []string) error {
			if len(dirs) == 0 {
				dirs = []string{"."}
			}
			if len(dirs) > 1 && (p.bucket != "" || p.configFile != "" || asJSON) {
				return usageError{fmt.Errorf("--bucket, --config and --json are for one gallery, not %d", len(dirs))}
			}
			failed := false
			for _, dir := range dirs {
				at, err := p.open(cmd.Context(), dir)
				if err != nil {
					return err
				}
				if len(dirs) > 1 && !p.quiet {
					fmt.Fprintf(p.stderr, "%s:\n", dir)
				}
				if dryRun {
					err = p.plan(cmd.Context(), at, asJSON)
				} else {
					var report generator.Report
					report, err = p.build(cmd.Context(), at, asJSON)
					failed = failed || len(report.Failed) > 0
				}
				if err := errors.Join(err, at.close()); err != nil {
					return err
				}
			}
			if failed {
				return errReported
			}
			return nil
		},
	}
	c.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be done, why, and what it would cost, and write nothing")
	c.Flags().BoolVar(&asJSON, "json", false, "print the report as one JSON object on standard output")
	return c
}

func (p *program) build(ctx context.Context, at *location, asJSON bool) (generator.Report, error) {
	report, err := p.runBuild(ctx, at, p.progress(p.quiet || asJSON))
	p.printFailures(report.Failed)
	switch {
	case err != nil:
		return report, err
	case asJSON:
		return report, json.NewEncoder(p.stdout).Encode(report)
	case !p.quiet:
		p.printSummary(p.stdout, at, report)
	}
	return report, nil
}

func (p *program) runBuild(ctx context.Context, at *location, shown *progress) (generator.Report, error) {
	defer shown.close()
	report, err := at.generator(shown.tell).Build(ctx)
	return report, asUsage(err)
}

func (p *program) printFailures(failures []generator.Failure) {
	for _, f := range failures {
		fmt.Fprintf(p.stderr, "failed: %s: %s\n", printable(f.Key), printable(f.Reason))
	}
}

func (p *program) printSummary(w io.Writer, at *location, r generator.Report) {
	fmt.Fprintf(w, "%d originals, %d developed, %d albums published, %d objects written, %d deleted, %d failed in %s\n",
		r.Originals, r.Developed, r.Published, r.Written, r.Deleted, len(r.Failed), seconds(r))
	fmt.Fprintf(w, "gallery: %s\n", at.front())
}

func seconds(r generator.Report) time.Duration {
	return time.Duration(r.Seconds * float64(time.Second)).Round(10 * time.Millisecond)
}

// plan prints what a build would do, and what it would cost where it costs anything.
func (p *program) plan(ctx context.Context, at *location, asJSON bool) error {
	steps, forecast, err := at.generator(nil).Forecast(ctx)
	if err != nil {
		return asUsage(err)
	}
	u := at.usage(forecast)
	if asJSON {
		printed := map[string]any{"steps": steps}
		if at.folder == "" || u != (cost.Usage{}) {
			printed["cost"] = struct {
				cost.Usage
				Dollars float64 `json:"dollars"`
			}{u, u.Dollars()}
		}
		return json.NewEncoder(p.stdout).Encode(printed)
	}
	for _, s := range steps {
		fmt.Fprintf(p.stdout, "%s %s: %s\n", s.Do, printable(s.Key), printable(s.Why))
	}
	if p.quiet {
		return nil
	}
	if len(steps) == 0 {
		fmt.Fprintln(p.stdout, "nothing to do")
	}
	if at.folder == "" {
		fmt.Fprintf(p.stdout, "S3: at most %d PUT, %d GET, %d LIST and %d DELETE requests: %s\n", u.S3Put, u.S3Get, u.S3List, u.S3Delete,
			cost.Dollars(cost.Usage{S3Put: u.S3Put, S3Get: u.S3Get, S3List: u.S3List, S3Delete: u.S3Delete}.Dollars()))
	}
	if n := u.DetectLabels + u.IndexFaces + u.SearchFaces; n > 0 {
		fmt.Fprintf(p.stdout, "Rekognition: at most %d requests, for %d photos: %s\n", n, forecast.Labels,
			cost.Dollars(cost.Usage{DetectLabels: u.DetectLabels, IndexFaces: u.IndexFaces, SearchFaces: u.SearchFaces}.Dollars()))
	}
	return nil
}

// usage is what a build is billed for: nothing for a folder, unless a recognizer looks at the photos in it.
func (at *location) usage(f generator.Forecast) cost.Usage {
	var u cost.Usage
	if at.folder == "" {
		u = cost.Usage{S3Put: int64(f.Put), S3Get: int64(f.Get), S3List: int64(f.List), S3Delete: int64(f.Delete)}
	}
	left, labels := int64(f.LabelRequests), int64(f.Labels) // the month's budget counts requests of all kinds
	u.DetectLabels = min(left, labels)
	if at.config.Labels.Faces {
		left -= u.DetectLabels
		u.IndexFaces = min(left, labels)
		u.SearchFaces = min(left-u.IndexFaces, labels*aws.MaxFaces)
	}
	if at.folder == "" {
		u.S3Get += cost.LabelGets*labels + cost.FaceGets*u.IndexFaces + cost.MoreFaceGets*u.SearchFaces
		u.S3Put += cost.LabelPuts*labels + cost.FacePuts*u.IndexFaces + cost.MoreFacePuts*u.SearchFaces
	}
	return u
}
