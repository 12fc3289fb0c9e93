package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"runtime/debug"
	"sync"

	"shoebox/generator"
	"shoebox/internal/aws"
	"shoebox/internal/aws/invoke"
	"shoebox/internal/aws/secret"
	"shoebox/internal/config"
	"shoebox/internal/storage"
)

// configKey is the key of the owner's configuration, which may be missing.
const configKey = "config.toml"

// A function is what the three functions share: the gallery's buckets, what they call each other by, and the log.
type function struct {
	settings
	site            *aws.Bucket
	originals       *aws.Bucket // the same as site when there is only one
	bucket          storage.Bucket
	developQueue    *aws.Queue
	publishQueue    *aws.Queue
	publishFunction *invoke.Function
	key             *secret.Parameter
	log             *slog.Logger

	mu       sync.Mutex // guards what follows: the generator last made, and of what
	current  *generator.Generator
	config   []byte             // config.toml; nil when there is none
	valid    bool               // whether config was; else current goes by the defaults
	labelers []*aws.Rekognition // all that were used, for what they cost
}

// newFunction makes the clients; it makes no request.
func newFunction(ctx context.Context, s settings, log io.Writer) (*function, error) {
	c, err := aws.Load(ctx)
	if err != nil {
		return nil, err
	}
	f := &function{
		settings: s, site: aws.NewBucket(c, s.siteName),
		developQueue: aws.NewQueue(c, s.developQueue), publishQueue: aws.NewQueue(c, s.publishQueue),
		publishFunction: invoke.New(c, s.publishName), key: secret.New(c, s.keyParameter),
		log: slog.New(slog.NewJSONHandler(log, nil)).With("function", s.function),
	}
	f.originals, f.bucket = f.site, f.site
	if s.ownersName != s.siteName {
		f.originals = aws.NewBucket(c, s.ownersName)
		f.bucket = storage.NewRoute(f.site, f.originals)
	}
	return f, nil
}

// errConfig is wrapped by the error for a config.toml that is wrong.
var errConfig = errors.New("the configuration is wrong")

// strict returns the generator for the configuration as it is now; one that is wrong is an error.
func (f *function) strict(ctx context.Context) (*generator.Generator, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.read(ctx); err != nil {
		return nil, err
	}
	return f.current, nil
}

// lenient returns the generator for the configuration as it is now, too. While that is wrong, or can't be read, it is the one
// before that was right, or else the defaults: what is developed by it is not published until the configuration is mended, and
// then developed again where it matters.
func (f *function) lenient(ctx context.Context) (*generator.Generator, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	err := f.read(ctx)
	switch {
	case err == nil:
	case f.current != nil:
		f.log.Error("go on with the configuration from before", "error", err.Error())
	case errors.Is(err, errConfig):
		f.log.Error("go on with the default configuration", "error", err.Error())
		if err := f.use(ctx, nil, false); err != nil {
			return nil, err
		}
	default:
		return nil, err
	}
	return f.current, nil
}

// read reads the configuration, and makes a generator of it unless it is the same as before.
func (f *function) read(ctx context.Context) error {
	text, _, err := storage.Read(ctx, f.originals, configKey)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = nil, nil
	}
	if err != nil {
		return err
	}
	if f.current != nil && f.valid && string(text) == string(f.config) {
		return nil
	}
	return f.use(ctx, text, true)
}

func (f *function) use(ctx context.Context, text []byte, valid bool) error {
	c, err := config.Parse(configKey, text, f.env)
	if err != nil {
		return fmt.Errorf("%w, so nothing is published; mend it and upload it again: %w", errConfig, err)
	}
	o := generator.Options{Bucket: f.bucket, Config: c, Version: version(), TempDir: os.TempDir(), Tell: f.tell}
	if c.Labels.Recognizer == "rekognition" {
		labeler, err := aws.OpenRekognition(ctx, c.Labels.Collection)
		if err != nil {
			return err
		}
		f.labelers = append(f.labelers, labeler)
		o.Labeler = labeler
	}
	f.current, f.config, f.valid = generator.New(o), text, valid
	return nil
}

// tell logs what the generator decides; what it writes is counted elsewhere.
func (f *function) tell(e generator.Event) {
	if e.Verb != "wrote" {
		f.log.Info(e.Verb, "key", e.Key)
	}
}

// version is the program's version, from what the Go tool recorded of the build.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
