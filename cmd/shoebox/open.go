package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"shoebox/generator"
	"shoebox/internal/aws"
	"shoebox/internal/config"
	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// configName is the name of the configuration in a gallery's folder.
const configName = "config.toml"

// A location is where a gallery is and how it is configured.
type location struct {
	config     config.Config
	configFile string // may not exist
	folder     string // the bucket; empty when it is in S3
	bucket     storage.Bucket
	labeler    generator.Labeler // nil: nobody says what photos show
	close      func() error
}

// open finds the gallery of a folder: its config.toml says where the bucket is; without one the folder is the bucket.
func (p *program) open(ctx context.Context, dir string) (*location, error) {
	at := &location{configFile: p.configFile}
	if at.configFile == "" {
		at.configFile = filepath.Join(dir, configName)
	}
	var err error
	at.config, err = config.Load(at.configFile, p.env)
	found := err == nil
	if errors.Is(err, fs.ErrNotExist) && p.configFile == "" {
		at.config, err = config.Load("", p.env)
	}
	if err != nil {
		return nil, usageError{err}
	}
	if p.jobs > 0 {
		at.config.Build.Jobs = p.jobs
	}
	byDefault := at.config.Bucket == config.Default().Bucket
	switch {
	case p.bucket != "":
		at.config.Bucket = p.bucket
		if err := at.config.Validate(); err != nil {
			return nil, usageError{fmt.Errorf("--bucket: %w", err)}
		}
		at.folder = p.bucket
	case !found && byDefault:
		at.folder = dir
	default:
		at.folder, _ = at.config.Folder(at.configFile)
	}
	if at.configFile, err = filepath.Abs(at.configFile); err != nil {
		return nil, err
	}
	if at.config.Labels.Recognizer == "rekognition" {
		if at.labeler, err = aws.OpenRekognition(ctx, at.config.Labels.Collection); err != nil {
			return nil, err
		}
	}
	if _, s3 := at.config.S3(); s3 {
		at.folder, at.close = "", func() error { return nil }
		at.bucket, err = openS3(ctx, at.config)
		return at, err
	}
	if at.folder, err = filepath.Abs(at.folder); err != nil {
		return nil, err
	}
	data := filepath.Join(at.folder, filepath.FromSlash(gallery.Data))
	if info, err := os.Stat(data); err != nil || !info.IsDir() {
		return nil, usageError{fmt.Errorf("there is no folder %s: put your photos there, or start a gallery with \"shoebox init %s\"",
			data, dir)}
	}
	folder, err := storage.OpenDir(at.folder)
	if err != nil {
		return nil, err
	}
	at.bucket, at.close = folder, folder.Close
	return at, nil
}

// openS3 opens the gallery's bucket, with the owner's files in one of their own if so configured.
func openS3(ctx context.Context, c config.Config) (storage.Bucket, error) {
	name, _ := c.S3()
	site, err := aws.OpenBucket(ctx, name)
	if err != nil {
		return nil, err
	}
	owners, apart := c.OriginalsS3()
	if !apart {
		return site, nil
	}
	originals, err := aws.OpenBucket(ctx, owners)
	if err != nil {
		return nil, err
	}
	return storage.NewRoute(site, originals), nil
}

// front returns where the gallery's front page is, for its owner.
func (at *location) front() string {
	if at.folder == "" {
		return strings.TrimSuffix(at.config.Bucket, "/") + "/" + gallery.Public + gallery.AlbumPage("")
	}
	return filepath.Join(at.folder, filepath.FromSlash(gallery.Public+gallery.AlbumPage("")))
}

// watched returns what decides how the gallery looks, as absolute paths: the configuration and the owner's folders.
func (at *location) watched() []string {
	roots := []string{at.configFile}
	for _, name := range []string{"data", "layouts", "assets", "themes", "people.toml"} {
		roots = append(roots, filepath.Join(at.folder, name))
	}
	return roots
}

// generator returns what builds the gallery.
func (at *location) generator(tell func(generator.Event)) *generator.Generator {
	return generator.New(generator.Options{
		Bucket: at.bucket, Config: at.config, Labeler: at.labeler, Version: version(), Tell: tell,
	})
}

// asUsage marks the errors of a build that its owner's files outside of data/ cause.
func asUsage(err error) error {
	if errors.Is(err, generator.ErrForeign) || errors.Is(err, generator.ErrTheme) {
		return usageError{err}
	}
	return err
}

// version is the program's version, from what the Go tool recorded of the build.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
