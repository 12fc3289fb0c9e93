package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"shoebox/internal/cost"
	"shoebox/internal/gallery"
)

// What is assumed of a library that nothing is known of.
const (
	typicalPhotos  = 10_000
	typicalSize    = 4.0 / 1000 // GB of a photo
	typicalUploads = 100
	typicalViews   = 10_000
)

func newCost(p *program) *cobra.Command {
	var l cost.Library
	var class, dir string
	var noFree, asJSON bool
	c := &cobra.Command{
		Use:   "cost",
		Short: "Say what a gallery costs on AWS, once and each month",
		Long: `Cost estimates what a gallery costs on Amazon Web Services: once to put it there, and then each month, by service, and beside what
other ways to keep it would cost. In the folder of a gallery, or with --bucket, it counts what is in data/; elsewhere it
assumes 10,000 photos of 4 MB. It asks AWS nothing but, with a bucket in S3, to list data/. docs/cost.md explains the figures.`,
		Example: `  shoebox cost --photos 50000 --gigabytes 200 --storage-class glacier-ir
  shoebox cost --labels --no-free-tier`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			given := cmd.Flags().Changed
			for _, flag := range []struct {
				name  string
				value float64
			}{
				{"photos", float64(l.Photos)}, {"gigabytes", l.Gigabytes},
				{"uploads-per-month", float64(l.UploadsPerMonth)}, {"views-per-month", float64(l.ViewsPerMonth)},
			} {
				if !(flag.value >= 0 && flag.value <= 1e9) { // nor is NaN
					return usageError{fmt.Errorf("--%s is %g: give a number from 0 to 1000000000", flag.name, flag.value)}
				}
			}
			var err error
			if l.Class, err = cost.ParseClass(class); err != nil {
				return usageError{fmt.Errorf("--storage-class: %w", err)}
			}
			l.FreeTier = !noFree
			source := "given"
			switch {
			case given("photos") && !given("gigabytes"):
				l.Gigabytes = float64(l.Photos) * typicalSize
			case given("gigabytes") && !given("photos"):
				l.Photos = int64(math.Ceil(l.Gigabytes / typicalSize))
			case !given("photos"):
				if source, err = p.measure(cmd.Context(), dir, &l, given); err != nil {
					return err
				}
			}
			l.Labels = l.Labels || l.Faces // a face is looked for on photos that are labelled
			if asJSON {
				e := l.Estimate()
				return json.NewEncoder(p.stdout).Encode(map[string]any{
					"library": l, "source": source, "lines": e, "once_dollars": e.Once(), "monthly_dollars": e.Monthly(), "compared": l.Compare(),
				})
			}
			if source != "given" && !p.quiet {
				fmt.Fprintf(p.stdout, "Of %s:\n", printable(source))
			}
			return l.Write(p.stdout)
		},
	}
	flags := c.Flags()
	flags.Int64Var(&l.Photos, "photos", 0, "how many photos (default: what is in data/)")
	flags.Float64Var(&l.Gigabytes, "gigabytes", 0, "how large they are together (default: what is in data/, or 4 MB each)")
	flags.Int64Var(&l.UploadsPerMonth, "uploads-per-month", typicalUploads, "how many photos come each month")
	flags.Int64Var(&l.ViewsPerMonth, "views-per-month", typicalViews, "how many photos visitors look at each month")
	flags.BoolVar(&l.Labels, "labels", false, "with labels by Rekognition, for all photos (default: as configured)")
	flags.BoolVar(&l.Faces, "faces", false, "with labels and faces by Rekognition, for all photos (default: as configured)")
	flags.StringVar(&class, "storage-class", string(cost.Intelligent), "of originals: standard, intelligent-tiering or glacier-ir")
	flags.BoolVar(&noFree, "no-free-tier", false, "leave out what is free each month, for example since another project uses it")
	flags.BoolVar(&asJSON, "json", false, "print one JSON object, with each thing that is billed")
	flags.StringVar(&dir, "dir", ".", "`folder` of the gallery")
	return c
}

// measure fills in what a library holds from the gallery that is there, and otherwise with what is typical. It returns in words where
// the figures are from.
func (p *program) measure(ctx context.Context, dir string, l *cost.Library, given func(flag string) bool) (source string, err error) {
	if !p.names(dir) {
		l.Photos, l.Gigabytes = typicalPhotos, typicalPhotos*typicalSize
		return "a typical library, for there is no gallery here", nil
	}
	at, err := p.open(ctx, dir)
	if err != nil {
		return "", err
	}
	defer at.close()
	var bytes int64
	for info, err := range at.bucket.List(ctx, gallery.Data) {
		switch {
		case err != nil && info.Key == "":
			return "", fmt.Errorf("list %s: %w", gallery.Data, err)
		case err == nil && isOriginal(info.Key):
			l.Photos++
			bytes += info.Size
		}
	}
	l.Gigabytes = float64(bytes) / (1 << 30)
	recognizes := at.config.Labels.Recognizer == "rekognition"
	if !given("labels") {
		l.Labels = recognizes
	}
	if !given("faces") {
		l.Faces = recognizes && at.config.Labels.Faces
	}
	where := at.config.Bucket
	if at.folder != "" {
		where = at.folder
	}
	return "what is in " + strings.TrimSuffix(where, "/") + "/" + gallery.Data + " now", nil
}

// names reports whether a gallery was named, or is in the folder.
func (p *program) names(dir string) bool {
	if p.bucket != "" || p.configFile != "" || dir != "." || slices.ContainsFunc(p.env, func(v string) bool { return strings.HasPrefix(v, "SHOEBOX_BUCKET=") }) {
		return true
	}
	for _, name := range []string{configName, strings.TrimSuffix(gallery.Data, "/")} {
		if _, err := os.Stat(filepath.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) {
			return true
		}
	}
	return false
}

// isOriginal reports whether a key is likely to be shown as an item: what is ignored by a pattern is not known here.
func isOriginal(key string) bool {
	name := gallery.Name(key)
	ext := strings.ToLower(filepath.Ext(name))
	return name != "" && !strings.HasPrefix(name, ".") && ext != ".md" && ext != ".xmp"
}
