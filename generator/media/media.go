// Package media develops originals: out of one uploaded file it makes what a page shows of it. [Developer.Develop] turns an
// [Input] into the media part of a gallery.Record (kind, size as shown, metadata, placeholder colours, and a reason when
// something is wrong) and its [Rendition]s, which carry no metadata but, in JPEGs and MP4s, the names
// of the creators and the copyright line.
//
// Every file is untrusted. Sizes are checked from headers before anything is decoded, nothing is allocated in proportion to a
// number that a file merely claims, and a decoder that panics is a reason in the record like any other damage.
package media

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image/color"
	"io"
	"path"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"

	"shoebox/internal/gallery"
)

// version is raised whenever the same original and options would give another record or other renditions.
const version = 4

// Options say how originals are developed. A zero field has the default named beside it.
type Options struct {
	Thumbnail  int           // longest edge of a thumbnail, pixels; 400
	Preview    int           // longest edge of a preview or poster, pixels; 2000
	Quality    int           // JPEG quality, 1 to 100; 82
	Background color.RGBA    // what shows through transparent parts; white
	MaxPixels  int64         // larger pictures are refused by their header, JPEGs at four times as many; 150 million
	FFmpeg     string        // path of ffmpeg for what is made of videos; empty: posters are drawn, and the two below have no effect
	Clips      bool          // whether to make clips of videos for grids
	Web        int           // lines that the shorter side of a web video has at most; 0: none are made
	WebBytes   int64         // the most bytes that a web video may have; 256 MiB
	FFmpegTime time.Duration // how long ffmpeg may work on one rendition; 5 minutes
	TempDir    string        // where ffmpeg writes what it makes; empty: the system's
	Memory     int64         // bytes of decoding buffers at once, all callers of a Developer together; 1 GiB
}

func (o Options) withDefaults() Options {
	if o.Thumbnail <= 0 {
		o.Thumbnail = 400
	}
	if o.Preview <= 0 {
		o.Preview = 2000
	}
	o.Preview = max(o.Preview, o.Thumbnail)
	if o.Quality <= 0 || o.Quality > 100 {
		o.Quality = 82
	}
	if o.Background == (color.RGBA{}) {
		o.Background = color.RGBA{255, 255, 255, 255}
	}
	o.Background.A = 255
	if o.MaxPixels <= 0 {
		o.MaxPixels = 150e6
	}
	if o.Memory <= 0 {
		o.Memory = 1 << 30
	}
	if o.WebBytes <= 0 {
		o.WebBytes = 256 << 20
	}
	if o.FFmpegTime <= 0 {
		o.FFmpegTime = 5 * time.Minute
	}
	return o
}

// videoVersion is version for videos and recordings alone.
const videoVersion = 1

// Recipe is a short fingerprint of this package's version and of the options that shape the record and renditions of an original
// of that kind: when it changes, the original has to be developed anew. Only videos depend on ffmpeg.
func Recipe(o Options, kind gallery.Kind) string {
	o = o.withDefaults()
	text := fmt.Sprintf("%d %d %d %d %v %d", version, o.Thumbnail, o.Preview, o.Quality, o.Background, o.MaxPixels)
	if kind == gallery.Video || kind == gallery.Audio {
		text += fmt.Sprintf(" video %d", videoVersion)
	}
	if kind == gallery.Video && o.FFmpeg != "" {
		text += fmt.Sprintf(" ffmpeg %t %d", o.Clips, o.Web)
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}

// Current reports whether an original of that kind, developed by that recipe, has all that these options would give it. What ffmpeg
// made is not made worse where there is none: a gallery may be built by programs that have it and by others.
func Current(recipe string, o Options, kind gallery.Kind) bool {
	if recipe == Recipe(o, kind) {
		return true
	}
	if o.FFmpeg != "" {
		return false
	}
	o.FFmpeg = "ffmpeg"
	return recipe == Recipe(o, kind)
}

// A Developer develops originals. It may be used concurrently.
type Developer struct {
	options Options
	memory  *semaphore.Weighted // bytes that decoding is expected to take
	// encoding is held by whoever has a video encoded, which takes all cores.
	encoding *semaphore.Weighted
}

// New returns a Developer.
func New(o Options) *Developer {
	o = o.withDefaults()
	return &Developer{options: o, memory: semaphore.NewWeighted(o.Memory), encoding: semaphore.NewWeighted(1)}
}

// An Input is one original and what lies beside it.
type Input struct {
	Key      string    // "data/alps/2024/summit.jpg"
	SHA256   string    // of the original's bytes, hexadecimal
	Size     int64     // bytes
	Modified time.Time // the last resort for the date
	R        io.ReaderAt
	Path     string    // the original as a local file, for ffmpeg; empty when it is not one: ffmpeg is given R
	Sidecars []Sidecar // XMP files; where they disagree the first one wins
	// Before is the record that was made of the same bytes by a recipe that is current, and whose renditions stand: what it takes ffmpeg
	// to make is not made again. Nil when there is none.
	Before   *gallery.Record
	Takeouts []Sidecar // JSON files of Google Takeout, of which XMP wins; where they disagree the last one wins
}

// A Sidecar is a file beside an original that speaks of it.
type Sidecar struct {
	Key  string
	Data []byte
}

// A Rendition is a derived picture or video with its bytes.
type Rendition struct {
	gallery.Rendition
	Body []byte // nil for one of Input.Before
}

// Develop fills in the Recipe, SHA256, Kind, Type, Width, Height, Duration, Codecs, ContentID, Animated, Metadata, Placeholder and Problem of a
// record and makes the renditions. A file that is damaged, refused or not understood is not an error: the record's Problem says
// what is wrong and what to do, and whatever could be made of the file is returned. The error is that of ctx or of reading R.
func (d *Developer) Develop(ctx context.Context, in Input) (gallery.Record, []Rendition, error) {
	src := &source{ctx: ctx, r: in.R, size: in.Size}
	job := &job{Developer: d, ctx: ctx, in: in, src: src, name: gallery.Name(in.Key)}
	job.format = identify(job.name, src.head(sniffLength))
	job.record.Kind, job.record.Type = job.format.kind, job.format.mediaType
	job.record.Recipe, job.record.SHA256 = Recipe(d.options, job.record.Kind), in.SHA256
	job.run()
	if err := ctx.Err(); err != nil {
		return gallery.Record{}, nil, err
	}
	if src.err != nil {
		return gallery.Record{}, nil, fmt.Errorf("read %s: %w", in.Key, src.err)
	}
	return job.record, job.renditions, nil
}

// A job is the development of one original.
type job struct {
	*Developer
	ctx        context.Context
	in         Input
	src        *source
	name       string
	format     format
	record     gallery.Record
	renditions []Rendition
}

func (j *job) run() {
	if j.in.Size == 0 {
		j.problem("the file is empty: upload it again")
		j.describe(embedded{}, 1)
		return
	}
	j.problem(j.format.misnamed(j.name))
	switch {
	case j.format.open != nil:
		j.picture()
	case j.format.kind == gallery.Photo:
		j.unread()
	case j.format.kind == gallery.Video || j.format.kind == gallery.Audio:
		j.movie()
	default:
		j.describe(embedded{}, 1)
	}
}

// problem notes what is wrong; the first reason stays.
func (j *job) problem(reason string) {
	if j.record.Problem == "" {
		j.record.Problem = reason
	}
}

// add appends a rendition of each use; they share one path and its bytes.
func (j *job) add(body []byte, mediaType, ext string, width, height int, uses ...string) {
	p := gallery.RenditionPath(j.in.Key, j.hash(ext, uses[0]), max(width, height), ext)
	for _, use := range uses {
		j.renditions = append(j.renditions, Rendition{Body: body, Rendition: gallery.Rendition{
			Use: use, Path: p, Type: mediaType, Width: width, Height: height, Bytes: len(body),
		}})
	}
}

// hash is the hash in the name of a rendition. It changes with the recipe too, so that caches may keep a rendition for ever.
func (j *job) hash(ext, use string) string {
	of := j.in.SHA256 + " " + j.record.Recipe
	if ext == ".jpg" || ext == ".mp4" {
		of += string(rights(j.record.Creator, j.record.Copyright)) // a sidecar may have changed
	}
	if ext == ".mp4" {
		of += " " + use // a small video's clip and web video have one size
	}
	sum := sha256.Sum256([]byte(of))
	return hex.EncodeToString(sum[:])
}

// safely runs f and turns a panic of a decoder into an error.
func safely(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the decoder gave up: %.100v", r)
		}
	}()
	return f()
}

// A source is an original being read. It stops when ctx is done and remembers an error that is not the file's own fault.
type source struct {
	ctx  context.Context
	r    io.ReaderAt
	size int64
	err  error
}

// ReadAt implements io.ReaderAt. Reads past the size are cut, whatever R would give.
func (s *source) ReadAt(p []byte, off int64) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	if off < 0 || off >= s.size {
		return 0, io.EOF
	}
	cut := false
	if int64(len(p)) > s.size-off {
		p, cut = p[:s.size-off], true
	}
	n, err := s.r.ReadAt(p, off)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
		return n, err
	}
	if n < len(p) {
		s.err = fmt.Errorf("it ends at byte %d of %d: %w", off+int64(n), s.size, io.ErrUnexpectedEOF)
		return n, s.err
	}
	if cut {
		return n, io.EOF
	}
	return n, nil
}

func (s *source) reader() *io.SectionReader { return io.NewSectionReader(s, 0, s.size) }

// part returns up to n bytes at off; fewer at the end of the file.
func (s *source) part(off, n int64) []byte {
	if off < 0 || off >= s.size || n <= 0 {
		return nil
	}
	b := make([]byte, min(n, s.size-off))
	k, _ := s.ReadAt(b, off)
	return b[:k]
}

func (s *source) head(n int64) []byte { return s.part(0, n) }

// extension returns a name's extension in lower case, without the dot.
func extension(name string) string { return strings.ToLower(strings.TrimPrefix(path.Ext(name), ".")) }
