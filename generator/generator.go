// Package generator turns originals into a static gallery. A [Generator] compares what data/ holds with what it remembers
// under state/, develops what is new or changed (records and renditions), publishes the albums that this touches (manifests,
// pages), and brings the search index up to date. Its [Generator.Build] returns a [Report].
//
// The order of writes is the argument that a crash at any moment leaves a whole gallery: renditions before the record that
// names them, records before the manifest, manifests before pages, pages before the note of what was published, deletions
// after the pages that linked there, the index pointer after what it points to. Running again finishes the job, and a build
// with nothing to do writes nothing.
package generator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image/color"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/sync/singleflight"

	"shoebox/generator/media"
	"shoebox/internal/config"
	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// Options say what a generator works on.
type Options struct {
	Bucket  storage.Bucket
	Config  config.Config // validated
	Labeler Labeler       // says what photos show; nil: nobody does. One that is a [FaceFinder] is asked for faces too
	Version string        // of the program, for themes that ask for one
	TempDir string        // for the search index while it is built; empty: the system's
	Tell    func(Event)   // is told of each step, by several goroutines at once; may be nil
	// Grace is how old a rendition that nothing names has to be before Publish and Reconcile take it for what an interrupted run
	// left behind: a developer at work writes renditions before the record that names them. 0: an hour.
	Grace time.Duration
}

// A Generator makes a gallery. It keeps nothing between builds but its options.
type Generator struct {
	bucket    storage.Bucket
	config    config.Config
	version   string
	tempDir   string
	tell      func(Event)
	jobs      int
	grace     time.Duration
	media     media.Options
	developer *media.Developer
	labeler   Labeler            // nil: none
	tiles     int                // how many items a page of a collection shows
	asking    singleflight.Group // one request for photos of equal bytes, by their SHA-256
}

// New returns a generator.
func New(o Options) *Generator {
	background := o.Config.Renditions.BackgroundColor()
	m := media.Options{
		Thumbnail: o.Config.Renditions.Thumbnail, Preview: o.Config.Renditions.Preview, Quality: o.Config.Renditions.Quality,
		Background: color.RGBA(background), // the same, since it is opaque
		MaxPixels:  int64(o.Config.Build.Megapixels) * 1_000_000,
		Memory:     int64(o.Config.Build.Memory) << 20,
	}
	m.FFmpeg, m.Clips, m.TempDir = findFFmpeg(o.Config.Build.FFmpeg), o.Config.Video.Clips, o.TempDir
	m.WebBytes, m.FFmpegTime = int64(o.Config.Video.Megabytes)<<20, time.Duration(o.Config.Video.Seconds)*time.Second
	if o.Config.Video.Web {
		m.Web = o.Config.Video.Lines
	}
	g := &Generator{
		bucket: o.Bucket, config: o.Config, version: o.Version, tempDir: o.TempDir, tell: o.Tell,
		grace:     cmp.Or(o.Grace, defaultGrace),
		jobs:      cmp.Or(o.Config.Build.Jobs, runtime.GOMAXPROCS(0)),
		media:     m,
		developer: media.New(m),
		labeler:   o.Labeler,
		tiles:     maxTiles,
	}
	if g.tell == nil {
		g.tell = func(Event) {}
	}
	return g
}

// findFFmpeg returns the path of ffmpeg: what is configured, on the PATH or, when it is a name, beside the program (in a function of AWS
// Lambda both come in one zip; a layer's /opt/bin is on the PATH). Empty when there is none: posters are drawn then.
func findFFmpeg(configured string) string {
	if configured == "" {
		return ""
	}
	if path, err := exec.LookPath(configured); err == nil {
		return path
	}
	program, err := os.Executable()
	if err != nil || filepath.Base(configured) != configured {
		return ""
	}
	path, err := exec.LookPath(filepath.Join(filepath.Dir(program), configured))
	if err != nil {
		return ""
	}
	return path
}

// ErrForeign is wrapped by the error of a build whose public/ holds files that are not ours.
var ErrForeign = errors.New("public/ holds files that Shoebox did not write")

// ErrTheme is wrapped by the error of a build whose theme can't be used.
var ErrTheme = errors.New("theme")

// Build brings the whole gallery up to date. The report is of use even when there is an error; that a single original could
// not be developed is none, but a [Failure] in the report.
func (g *Generator) Build(ctx context.Context) (Report, error) {
	renamed := false
	build := func(b *build, _ int) (Report, error) {
		report, err := b.run(ctx, b.survey)
		renamed = b.renamed.Load()
		return report, err
	}
	report, err := g.tries(ctx, build)
	if err != nil || !renamed {
		return report, err
	}
	// What a photo says of who is on it gave people on others their names.
	again, err := g.tries(ctx, build)
	again.Developed += report.Developed
	again.Written += report.Written
	again.Deleted += report.Deleted
	again.Seconds += report.Seconds
	again.Published = max(again.Published, report.Published)
	return again, err
}

// Start makes an empty gallery where there is none yet, whatever is in data/: it can be looked at before the first original has
// been developed. The first build, or [Generator.Reconcile], fills it.
func (g *Generator) Start(ctx context.Context) error {
	switch o, err := g.bucket.Get(ctx, gallery.CatalogKey, storage.Range{Length: 1}); {
	case err == nil:
		return o.Body.Close()
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	_, err := g.tries(ctx, func(b *build, _ int) (Report, error) {
		b.publishing, b.starting = newPublishing(), true
		return b.run(ctx, b.survey)
	})
	return err
}

// tries does a build again while others get in its way.
func (g *Generator) tries(ctx context.Context, run func(b *build, attempt int) (Report, error)) (Report, error) {
	start := time.Now()
	var written, deleted, developed int
	for attempt := 1; ; attempt++ {
		b := &build{Generator: g, out: &output{Bucket: g.bucket, tell: g.tell}}
		report, err := run(b, attempt)
		written, deleted, developed = written+int(b.out.written.Load()), deleted+int(b.out.deleted.Load()), developed+report.Developed
		report.Written, report.Deleted, report.Developed = written, deleted, developed
		report.Failed = sortFailures(append([]Failure{}, report.Failed...))
		report.Seconds = time.Since(start).Seconds()
		if !errors.Is(err, storage.ErrPrecondition) && !errors.Is(err, errChanged) {
			return report, err
		}
		if attempt == attempts {
			return report, fmt.Errorf("%w, and again after each of %d attempts: %w", errChanged, attempts, err)
		}
		// Another build got in between: let it get on, and start afresh from what it leaves.
		select {
		case <-ctx.Done():
			return report, ctx.Err()
		case <-time.After(rand.N(min(50*time.Millisecond<<attempt, 10*time.Second))):
		}
	}
}

// attempts is how often a build starts that others get in the way of; with the waits between them it takes about a minute.
const attempts = 15

// errChanged is wrapped by the error of a build of which another one changed what it goes by.
var errChanged = errors.New("another build is changing this gallery")

// claim makes public/ and state/ ours, once.
func (b *build) claim(ctx context.Context) error {
	_, _, err := storage.Read(ctx, b.out, gallery.MarkerKey)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for path := range b.existing {
		if hidden(path) || len(b.memory) > 0 { // or somebody has developed an original before the first build
			continue
		}
		return fmt.Errorf("%w, such as %s%s: move them away, or choose another folder as the bucket", ErrForeign, gallery.Public, path)
	}
	body := fmt.Appendf(nil, "{\"format\":%d}", gallery.ManifestFormat)
	_, err = putJSON(ctx, b.out, gallery.MarkerKey, body, storage.PutOptions{IfNoneMatch: true})
	if errors.Is(err, storage.ErrPrecondition) {
		return nil
	}
	return err
}
