// Package config is the gallery's configuration: [Config] is all of it, [Default] a working value, [Load] reads config.toml
// and the environment strictly, so that a misspelt key is an error and never a setting that silently does nothing.
//
// The struct is the only source: its comments, tags and defaults make config.toml, docs/config.md and the JSON Schema (run
// "go generate ./internal/config" after changing it), and the same tags are what [Config.Validate] checks.
package config

import (
	"image/color"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a Lambda function and a small container have no zone files
)

//go:generate go test -run TestGenerated -update .

// Config is the configuration of a gallery. The tags "min" and "max" bound a number, "oneof" lists the words allowed, and
// "format" names one of the text formats in rule.go.
type Config struct {
	// Where the gallery is kept: a folder, relative to this file, or "s3://name". Your files are in its data/, the
	// finished gallery in its public/.
	Bucket string `toml:"bucket" format:"bucket"`
	// The name of the gallery.
	Title string `toml:"title" format:"title"`
	// One line on what the gallery shows, for search engines and link previews.
	Description string `toml:"description" format:"line"`
	// Who made the pictures; named in the feed.
	Author string `toml:"author" format:"line"`
	// The language of titles and captions, as in HTML's lang attribute: "en", "nb", "pt-BR".
	Language string `toml:"language" format:"language"`
	// Where the gallery will be served, such as "https://example.org/photos/". Link previews, feed and sitemap need
	// it; without it all links are relative and the sitemap is left out.
	BaseURL string `toml:"base_url" format:"url"`
	// Text below every page, in Markdown.
	Footer string `toml:"footer"`
	// Who answers searches. "server": the search function, or "shoebox serve". "browser": the page itself, from an index
	// that it fetches, so that plain hosting is enough. "none": the gallery can't be searched.
	Search string `toml:"search" oneof:"server browser none"`
	// The time zone that "today" and "last weekend" in a search are of, as in the IANA time zone database:
	// "Europe/Oslo", "America/New_York".
	Timezone string `toml:"timezone" format:"timezone"`
	// The hemisphere whose seasons "last summer" in a search means.
	Hemisphere string `toml:"hemisphere" oneof:"north south"`
	// Whether photos that say where they were taken only by coordinates get the names of the city and country there.
	Places bool `toml:"places"`

	// How pages look.
	Theme Theme `toml:"theme"`
	// How albums are arranged. An album's index.md can say otherwise.
	Albums Albums `toml:"albums"`
	// The pictures made from your originals. Changing any of these makes all of them anew.
	Renditions Renditions `toml:"renditions"`
	// What ffmpeg makes of videos, where it is found (build.ffmpeg); it has to know libx264.
	Video Video `toml:"video"`
	// Your files as you put them into data/. They are never changed.
	Originals Originals `toml:"originals"`
	// Words for what photos show, and who is on them, from a service that looks at them. It gets a small picture, never
	// the original, and costs money, so it is off by default. docs/labels.md explains it.
	Labels Labels `toml:"labels"`
	// What a build may use.
	Build Build `toml:"build"`
}

// Theme is the configuration of how pages look.
type Theme struct {
	// The theme: one that comes with Shoebox, or a folder of that name in themes/ of the bucket.
	Name string `toml:"name" format:"name"`
	// The colour of links and buttons, such as "#0a7"; empty: the theme's own.
	Accent string `toml:"accent" format:"accent"`
	// The height in pixels that rows of the grid aim at.
	RowHeight int `toml:"row_height" min:"120" max:"600"`
}

// Albums is the configuration of how albums are arranged.
type Albums struct {
	// What items are sorted by: the date taken, the file name, the date the file changed, or the stars given.
	Sort string `toml:"sort" oneof:"taken name modified rating"`
	// Whether the earliest, first in the alphabet or least rated comes first ("ascending") or last.
	Order string `toml:"order" oneof:"ascending descending"`
}

// Renditions is the configuration of the pictures derived from originals.
type Renditions struct {
	// The longer side in pixels of the pictures in grids. At most preview. Small originals are never enlarged.
	Thumbnail int `toml:"thumbnail" min:"64" max:"8192"`
	// The longer side in pixels of the picture on an item's page.
	Preview int `toml:"preview" min:"64" max:"8192"`
	// JPEG quality.
	Quality int `toml:"quality" min:"1" max:"100"`
	// The colour behind transparent pictures.
	Background string `toml:"background" format:"color"`
}

// Video is the configuration of what ffmpeg makes of videos.
type Video struct {
	// Whether grids play four seconds of a video, without sound, while the pointer or the keyboard's focus is on it.
	Clips bool `toml:"clips"`
	// Whether to make an H.264 video of each, which plays in every browser; the original stays for download. Encoding
	// takes about as long as the video. Without it the page plays the original where the browser can.
	Web bool `toml:"web"`
	// The lines that the shorter side of such a video has at most: 720 has up to 3 Mbit/s, 1080 up to 6.75.
	Lines int `toml:"lines" min:"240" max:"2160"`
	// How many seconds ffmpeg may work on one video; then it is ended. On AWS a function has 180 in all.
	Seconds int `toml:"seconds" min:"5" max:"86400"`
	// The most megabytes (MiB) that such a video may have; it takes as much memory.
	Megabytes int `toml:"megabytes" min:"1" max:"4096"`
}

// Originals is the configuration of what visitors get of the originals.
type Originals struct {
	// Whether visitors can download originals. "link": yes, by hard links, which take no space; copied where the file
	// system has none. "copy": yes, by copies. "none": no.
	Publish string `toml:"publish" oneof:"link copy none"`
	// The S3 bucket that holds your files, config.toml, layouts, assets and themes when they are not in the gallery's own,
	// such as "s3://my-photos"; it is only read. Empty: they are in the same bucket. "shoebox deploy" sets this.
	Bucket string `toml:"bucket" format:"s3"`
}

// Labels is the configuration of what a recognizer is asked, and of what is taken over from its answers.
type Labels struct {
	// Who looks at photos: "none", or "rekognition" for Amazon Rekognition, at $1 per 1,000 photos (list price of
	// us-east-1). Every answer is kept: renaming a photo or changing the keys below costs nothing.
	Recognizer string `toml:"recognizer" oneof:"none rekognition"`
	// The most requests in a calendar month (UTC), each about $0.001: 1000 is one dollar. A photo takes one; with faces,
	// one more and one for each face. 0: none, only what was bought before is used.
	PerMonth int `toml:"per_month" min:"0" max:"100000000"`
	// How sure the recognizer must be of a label, in percent.
	MinConfidence int `toml:"min_confidence" min:"50" max:"100"`
	// The most labels of a photo; the surest stay.
	Max int `toml:"max" min:"1" max:"100"`
	// When it is not empty, only these labels are taken over, and what falls under them: "Animal" lets "Dog" in.
	Allow []string `toml:"allow" format:"word"`
	// Labels never to take over.
	Deny []string `toml:"deny" format:"word"`
	// Whether photos get labels for what their file tells: the season, night and golden hour, screenshot, panorama, selfie,
	// drone. Nobody is asked, and it costs nothing; deny counts here too.
	Derive bool `toml:"derive"`
	// Whether to look for faces too, so that a person named once is found on other photos. The service keeps what it
	// needs to know a face again: ask those you photograph. One more request for each photo and one for each of its ten
	// largest faces ($0.001 each), and $0.01 a month for 1,000 faces kept.
	Faces bool `toml:"faces"`
	// The name of the service's collection of faces, one for each gallery. It is made when it is missing.
	Collection string `toml:"collection" format:"name"`
}

// Build is the configuration of what a build may use.
type Build struct {
	// How many files to work on at once; 0: one per core.
	Jobs int `toml:"jobs" min:"0" max:"1024"`
	// The ffmpeg program that takes posters from videos, by name or path; empty: never use it. A name is looked for on
	// the PATH, then beside the program. Without it posters are drawn.
	FFmpeg string `toml:"ffmpeg" format:"line"`
	// Pictures of more megapixels than this are refused before they are decoded: damaged and hostile files can claim
	// any size. JPEGs, which are decoded at a fraction of their size, may have four times as many.
	Megapixels int `toml:"megapixels" min:"1" max:"2000"`
	// The memory in MiB that pictures being decoded may take together.
	Memory int `toml:"memory" min:"64" max:"1048576"`
	// What to leave out of data/, as patterns in the syntax of .gitignore. Hidden files and what operating systems and
	// network drives leave behind are left out anyway; a pattern such as "!.keep" takes something back in.
	Ignore []string `toml:"ignore" format:"pattern"`
}

// Default returns the configuration that an empty config.toml gives.
func Default() Config {
	return Config{
		Bucket:     "site",
		Title:      "My photos",
		Language:   "en",
		Search:     "server",
		Timezone:   "UTC",
		Hemisphere: "north",
		Places:     true,
		Theme:      Theme{Name: "default", RowHeight: 240},
		Albums:     Albums{Sort: "taken", Order: "ascending"},
		Renditions: Renditions{Thumbnail: 480, Preview: 1600, Quality: 80, Background: "#ffffff"},
		Video:      Video{Clips: true, Lines: 720, Seconds: 300, Megabytes: 256},
		Originals:  Originals{Publish: "link"},
		Labels:     Labels{Recognizer: "none", PerMonth: 1000, MinConfidence: 75, Max: 20, Derive: true, Collection: "shoebox"},
		Build:      Build{FFmpeg: "ffmpeg", Megapixels: 150, Memory: 1024},
	}
}

// s3Scheme starts the bucket of a gallery that is kept in S3.
const s3Scheme = "s3://"

// S3 returns the name of the S3 bucket; ok is false when the gallery is in a folder.
func (c Config) S3() (name string, ok bool) { return strings.CutPrefix(c.Bucket, s3Scheme) }

// OriginalsS3 returns the name of the S3 bucket with the owner's files; ok is false when they are in the gallery's bucket.
func (c Config) OriginalsS3() (name string, ok bool) {
	name, ok = strings.CutPrefix(c.Originals.Bucket, s3Scheme)
	return name, ok && c.Originals.Bucket != c.Bucket
}

// Folder returns the bucket's folder for a configuration that was read from file, since it is relative to that; ok is false
// when the gallery is in S3.
func (c Config) Folder(file string) (dir string, ok bool) {
	if _, s3 := c.S3(); s3 {
		return "", false
	}
	if filepath.IsAbs(c.Bucket) {
		return filepath.Clean(c.Bucket), true
	}
	return filepath.Join(filepath.Dir(file), c.Bucket), true
}

// BackgroundColor returns Background as a colour; white when it is not one, which [Config.Validate] rules out.
func (r Renditions) BackgroundColor() color.NRGBA {
	hex := strings.TrimPrefix(r.Background, "#")
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	n, err := strconv.ParseUint(hex, 16, 24)
	if err != nil || len(hex) != 6 {
		return color.NRGBA{R: 255, G: 255, B: 255, A: 255}
	}
	return color.NRGBA{R: uint8(n >> 16), G: uint8(n >> 8), B: uint8(n), A: 255}
}

// Zone returns Timezone as a location; UTC when it is not one, which [Config.Validate] rules out.
func (c Config) Zone() *time.Location {
	zone, err := time.LoadLocation(c.Timezone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// Searchable reports whether the gallery can be searched.
func (c Config) Searchable() bool { return c.Search != "none" }
