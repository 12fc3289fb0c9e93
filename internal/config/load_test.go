package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"image/color"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// load writes text to a file and loads it. Errors name the file as "config.toml".
func load(t *testing.T, text string, env ...string) (Config, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("config.toml", []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return Load("config.toml", env)
}

func TestEmptyFileGivesDefaults(t *testing.T) {
	got, err := load(t, "")
	if err != nil {
		t.Fatal(err)
	}
	if want := Default(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestDefaultIsValid(t *testing.T) {
	if err := Default().Validate(); err != nil {
		t.Error(err)
	}
}

func TestLoadEveryKey(t *testing.T) {
	got, err := load(t, `
bucket = "s3://photos"
title = 'Été "24"'
description = "One line"
author = "Kari"
language = "nb"
base_url = "https://example.org/photos"
footer = """
Two
lines"""
albums = { sort = "name", order = "descending" }
search = "browser"
timezone = "Europe/Oslo"
hemisphere = "south"
places = false
[theme]
name = "mine"
accent = "#0a7"
row_height = 600
[renditions]
thumbnail = 64
preview = 8_192
quality = 1
background = "#102030"
[video]
clips = false
web = true
lines = 1080
seconds = 5
megabytes = 4096
[originals]
publish = "none"
[labels]
recognizer = "rekognition"
per_month = 50_000
min_confidence = 90
max = 5
allow = ["Animal", "Plants and Flowers"]
deny = ["Cat"]
derive = false
faces = true
collection = "mine.1"
[build]
jobs = 3
ffmpeg = ""
megapixels = 1
memory = 64
ignore = ["*.tmp", "/out,put/"]
`)
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Bucket: "s3://photos", Title: `Été "24"`, Description: "One line", Author: "Kari", Language: "nb",
		BaseURL: "https://example.org/photos/", Footer: "Two\nlines",
		Search: "browser", Timezone: "Europe/Oslo", Hemisphere: "south",
		Theme:      Theme{Name: "mine", Accent: "#0a7", RowHeight: 600},
		Albums:     Albums{Sort: "name", Order: "descending"},
		Renditions: Renditions{Thumbnail: 64, Preview: 8192, Quality: 1, Background: "#102030"},
		Video:      Video{Web: true, Lines: 1080, Seconds: 5, Megabytes: 4096},
		Originals:  Originals{Publish: "none"},
		Labels: Labels{
			Recognizer: "rekognition", PerMonth: 50_000, MinConfidence: 90, Max: 5,
			Allow: []string{"Animal", "Plants and Flowers"}, Deny: []string{"Cat"}, Faces: true, Collection: "mine.1",
		},
		Build: Build{Jobs: 3, Megapixels: 1, Memory: 64, Ignore: []string{"*.tmp", "/out,put/"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestErrorsNameEverythingAtOnce(t *testing.T) {
	_, err := load(t, `titel = "Alps"
title = 3

[theme]
"row height" = 1
row_height = 50
name = "../../etc"

[renditions]
thumbnail = 9000
quality = "high"

[build]
ignore = ["ok", 7]
nested.deeper.still = 1

[[albums]]
sort = "name"

[themes.x]
`,
		"SHOEBOX_BUILD_JOBS=many", "SHOEBOX_COLOUR=red", "SHOEBOX_LANGUAGE=english please", "SHOEBOX_REQUIRE_ALL=1", "HOME=/x", "SHOEBOX_ORIGINALS_PUBLISH=")
	if err == nil {
		t.Fatal("got no error")
	}
	want := `config.toml:1: titel: unknown key; the file can have bucket, title, description, author, language, base_url, footer, search, timezone, hemisphere, places, [theme], [albums], [renditions], [video], [originals], [labels], [build]
config.toml:2: title = 3: use one line of text, not empty
config.toml:5: theme."row height": unknown key; [theme] can have name, accent, row_height
config.toml:6: theme.row_height = 50: use a whole number from 120 to 600
config.toml:7: theme.name = "../../etc": use letters, digits, '.', '_' and '-', at most 64, starting with a letter or digit
config.toml:10: renditions.thumbnail = 9000: use a whole number from 64 to 8192
config.toml:10: renditions.thumbnail = 9000: use at most renditions.preview, which is 1600
config.toml:11: renditions.quality = "high": use a whole number from 1 to 100
config.toml:14: build.ignore = [ok 7]: use a list of patterns of one line each, not empty
config.toml:15: build.nested: unknown key; [build] can have jobs, ffmpeg, megapixels, memory, ignore
config.toml:17: albums = [map[sort:name]]: use a table, [albums]
config.toml:20: themes: unknown key; the file can have bucket, title, description, author, language, base_url, footer, search, timezone, hemisphere, places, [theme], [albums], [renditions], [video], [originals], [labels], [build]
environment variable SHOEBOX_BUILD_JOBS: build.jobs = "many": use a whole number from 0 to 1024
environment variable SHOEBOX_COLOUR: it sets no key of the configuration; unset it (SHOEBOX_TITLE sets title)
environment variable SHOEBOX_LANGUAGE: language = "english please": use a language tag such as "en" or "pt-BR"
environment variable SHOEBOX_ORIGINALS_PUBLISH: originals.publish = "": use "link", "copy" or "none"`
	if got := err.Error(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestSyntaxErrorNamesLine(t *testing.T) {
	for text, want := range map[string]string{
		"title = \"a\"\n\nauthor = \n":          "config.toml:3:",
		"title = \"a\"\ntitle = \"b\"\n":        "config.toml:2:",
		"[theme]\nname=\"x\"\n[theme]\n":        "config.toml:3:",
		"title = \"\xff\"\n":                    "config.toml:1:",
		"footer = \"\"\"never\nends":            "config.toml:2:",
		"\n\n\nlanguage = 99999999999999999999": "config.toml:4:",
	} {
		if _, err := load(t, text); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %v, want it to start with %q", text, err, want)
		}
	}
}

func TestEnvironmentOverridesFile(t *testing.T) {
	got, err := load(t, "title = \"File\"\n[renditions]\nquality = 70\nthumbnail = 900\npreview = 800\n",
		"SHOEBOX_TITLE=A=B", "SHOEBOX_THEME_NAME=dark", "SHOEBOX_RENDITIONS_PREVIEW=1000", "SHOEBOX_SEARCH=none",
		"SHOEBOX_BUILD_IGNORE=*.tmp, *.bak,", "SHOEBOX_BASE_URL=http://localhost:8080", "SHOEBOXES=1", "SHOEBOX_SKIPPED=/tmp/x")
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Title, want.Theme.Name, want.Search, want.BaseURL = "A=B", "dark", "none", "http://localhost:8080/"
	want.Renditions = Renditions{Thumbnail: 900, Preview: 1000, Quality: 70, Background: "#ffffff"}
	want.Build.Ignore = []string{"*.tmp", "*.bak"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestEnvironmentWithoutFile(t *testing.T) {
	got, err := Load("", []string{"SHOEBOX_TITLE=Alps"})
	want := Default()
	want.Title = "Alps"
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestThumbnailLargerThanPreviewNamesWhatWasSet(t *testing.T) {
	for _, test := range []struct{ text, variable, want string }{
		{"\nrenditions.thumbnail = 2000", "", "config.toml:2: renditions.thumbnail = 2000: use at most renditions.preview, which is 1600"},
		{"\n\nrenditions.preview = 100", "", "config.toml:3: renditions.thumbnail = 480: use at most renditions.preview, which is 100"},
		{"", "SHOEBOX_RENDITIONS_PREVIEW=100", "environment variable SHOEBOX_RENDITIONS_PREVIEW: " +
			"renditions.thumbnail = 480: use at most renditions.preview, which is 100"},
	} {
		if _, err := load(t, test.text, test.variable); err == nil || err.Error() != test.want {
			t.Errorf("got %v, want %s", err, test.want)
		}
	}
}

func TestMissingFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "config.toml")
	if _, err := Load(name, nil); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), name) {
		t.Errorf("got %v, want fs.ErrNotExist and the name", err)
	}
}

func TestHugeFileIsRefused(t *testing.T) {
	if _, err := load(t, "#"+strings.Repeat("x", maxFile)); err == nil || !strings.Contains(err.Error(), "larger than 64 KiB") {
		t.Errorf("got %v", err)
	}
}

// The worst that fits into a file that is read: it may be refused, but neither end the process nor take long.
func TestDeepNestingIsSurvived(t *testing.T) {
	for name, text := range map[string]string{
		"arrays":  "title = " + strings.Repeat("[", maxFile/2-10) + strings.Repeat("]", maxFile/2-10),
		"tables":  "title = " + strings.Repeat("{a=", maxFile/5) + "1" + strings.Repeat("}", maxFile/5),
		"dotted":  strings.Repeat("a.", maxFile/2-10) + "a = 1",
		"unknown": strings.Repeat("a", 10) + " = 1\n" + numbered(7000),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := load(t, text); err == nil || len(text) > maxFile {
				t.Errorf("got error %v for %d bytes, want one, and at most %d bytes", err, len(text), maxFile)
			}
		})
	}
}

func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("k")
		for ; i > 0; i /= 10 {
			b.WriteByte(byte('0' + i%10))
		}
		b.WriteString("x=1\n")
	}
	return b.String()
}

// wrong are values that neither Load nor the schema may accept.
var wrong = []string{
	`bucket = ""`,
	`bucket = "s3://"`,
	`bucket = "s3://Capital"`,
	`bucket = "s3:/x"`,
	`bucket = "gs://photos"`,
	`bucket = "a\u0000b"`,
	`title = ""`,
	`title = "  "`,
	`title = "two\nlines"`,
	`title = true`,
	`description = "two\nlines"`,
	`language = ""`,
	`language = "en_US"`,
	`language = "\"><script>"`,
	`base_url = "example.org"`,
	`base_url = "ftp://example.org/"`,
	`base_url = "https://"`,
	`base_url = "https://:/"`,
	`base_url = "https://user@example.org/"`,
	`base_url = "https://example.org/?a=b"`,
	`base_url = "https://example.org/#top"`,
	`base_url = "https://example.org/\"><script>"`,
	`base_url = "javascript:alert(1)"`,
	`footer = []`,
	`theme = "default"`,
	`theme.name = ""`,
	`theme.name = ".."`,
	`theme.name = "a/b"`,
	`theme.accent = "red"`,
	`theme.accent = "#12"`,
	`theme.accent = "#fff;}body{display:none"`,
	`theme.row_height = 119`,
	`theme.row_height = 601`,
	`theme.row_height = 240.5`,
	`theme.row_height = "240"`,
	`theme.colour = "#fff"`,
	`albums.sort = "date"`,
	`albums.sort = ""`,
	`albums.sort = "taken name"`,
	`albums.order = "Ascending"`,
	`renditions.thumbnail = 63`,
	`renditions.preview = 8193`,
	`renditions.quality = 0`,
	`renditions.quality = 101`,
	`renditions.background = ""`,
	`renditions.background = "#ffff"`,
	`originals.publish = true`,
	`originals.publish = "symlink"`,
	`originals.bucket = "photos"`,
	`originals.bucket = "s3://"`,
	`labels.recognizer = ""`,
	`labels.recognizer = "local"`,
	`labels.per_month = -1`,
	`labels.min_confidence = 49`,
	`labels.min_confidence = 101`,
	`labels.max = 0`,
	`labels.allow = "Animal"`,
	`labels.deny = [""]`,
	`labels.deny = ["a\nb"]`,
	`labels.faces = 1`,
	`labels.collection = ""`,
	`labels.collection = "my faces"`,
	`search.enabled = true`,
	`search = true`,
	`search = "lambda"`,
	`timezone = ""`,
	`timezone = "Europe/../Oslo"`,
	`timezone = "/etc/localtime"`,
	`hemisphere = "east"`,
	`places = "yes"`,
	`video.clips = 1`,
	`video.lines = 239`,
	`video.seconds = 0`,
	`video.megabytes = 0`,
	`build.jobs = -1`,
	`build.jobs = 1025`,
	`build.ffmpeg = false`,
	`build.ffmpeg = "a\nb"`,
	`build.megapixels = 0`,
	`build.megapixels = 2001`,
	`build.memory = 63`,
	`build.memory = 9223372036854775807`,
	`build.ignore = "*.tmp"`,
	`build.ignore = [""]`,
	`build.ignore = [["*.tmp"]]`,
	`build.ignore = ["a\nb"]`,
	`unknown = 1`,
	`unknown.key = 1`,
}

// right are values that both accept.
var right = []string{
	`bucket = "/srv/photos"`,
	`bucket = 'C:\photos'`,
	`bucket = "s3://my-photos.2024"`,
	`title = "اسم <b>&amp;</b> 🏔"`,
	`language = "zh-Hant-TW"`,
	`base_url = "http://[::1]:8080/a%20b/é"`,
	`footer = "a\nb"`,
	`theme.accent = "#ABCDEF"`,
	`renditions.quality = 100`,
	`build.ignore = ["**/*.tmp", "!keep.tmp"]`,
	`build.ignore = []`,
}

func TestSchemaAndLoadAgree(t *testing.T) {
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	check := func(text string, want bool) {
		t.Helper()
		_, err := Parse("config.toml", []byte(text), nil)
		if (err == nil) != want {
			t.Errorf("Load of %s: got error %v, want it to be accepted: %v", text, err, want)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "config.toml:1: ") {
			t.Errorf("Load of %s: got %q, want it to start with file and line", text, err)
		}
		if err := schema.Validate(asJSON(t, text)); (err == nil) != want {
			t.Errorf("schema on %s: got error %v, want it to be accepted: %v", text, err, want)
		}
	}
	check(Template("schema.json"), true)
	check("", true)
	for _, text := range wrong {
		check(text, false)
	}
	for _, text := range right {
		check(text, true)
	}
}

// asJSON turns TOML into what a schema validator takes.
func asJSON(t *testing.T, text string) any {
	t.Helper()
	tree := map[string]any{}
	if err := toml.Unmarshal([]byte(text), &tree); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	data, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestTemplateNamesSchema(t *testing.T) {
	if got := Template("a\nb = 1"); !strings.HasPrefix(got, "#:schema ab = 1\n\n# ") {
		t.Errorf("got %.40q", got)
	}
	if got := Template(""); strings.Contains(got, "#:schema") {
		t.Errorf("got a hint in %.40q", got)
	}
}

func TestBucketPlace(t *testing.T) {
	for _, test := range []struct {
		bucket, file, dir, s3 string
	}{
		{"site", "config.toml", "site", ""},
		{"../photos", "/home/kari/gallery/config.toml", "/home/kari/photos", ""},
		{"/srv/photos/", "/home/kari/config.toml", "/srv/photos", ""},
		{"s3://photos", "config.toml", "", "photos"},
	} {
		c := Config{Bucket: test.bucket}
		dir, isDir := c.Folder(filepath.FromSlash(test.file))
		if dir != filepath.FromSlash(test.dir) || isDir != (test.dir != "") {
			t.Errorf("Folder of %q in %s = %q, %v, want %q", test.bucket, test.file, dir, isDir, test.dir)
		}
		if name, ok := c.S3(); ok != (test.s3 != "") || ok && name != test.s3 {
			t.Errorf("S3 of %q = %q, %v, want %q", test.bucket, name, ok, test.s3)
		}
	}
}

func TestBackgroundColor(t *testing.T) {
	for text, want := range map[string]color.NRGBA{
		"#102030": {16, 32, 48, 255},
		"#0a7":    {0, 0xaa, 0x77, 255},
		"red":     {255, 255, 255, 255},
		"é":       {255, 255, 255, 255},
	} {
		if got := (Renditions{Background: text}).BackgroundColor(); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

// Whatever a file and a variable hold: no panic, and what is accepted is valid and loads the same again.
func FuzzLoad(f *testing.F) {
	f.Add(Template("x"), "SHOEBOX_TITLE=x")
	f.Add("theme = { name = 'a', \"b.c\" = [1, {d = 2}] }", "SHOEBOX_BUILD_IGNORE=a,,b")
	for _, text := range append(wrong, right...) {
		f.Add(text, "SHOEBOX_THEME_ROW_HEIGHT=-1")
	}
	f.Fuzz(func(t *testing.T, text, variable string) {
		c, err := Parse("config.toml", []byte(text), []string{variable})
		if err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				if !strings.HasPrefix(line, "config.toml:") && !strings.HasPrefix(line, "environment variable SHOEBOX_") {
					t.Errorf("error %q does not say where", line)
				}
			}
			return
		}
		if err := c.Validate(); err != nil {
			t.Errorf("loaded, but not valid: %v", err)
		}
		if again, err := Parse("config.toml", []byte(text), []string{variable}); err != nil || !reflect.DeepEqual(again, c) {
			t.Errorf("second time %+v, %v, want %+v", again, err, c)
		}
	})
}

func TestOriginalsBucket(t *testing.T) {
	for text, want := range map[string]string{
		`bucket = "s3://site"`: "",
		"bucket = \"s3://site\"\noriginals.bucket = \"s3://owners\"": "owners",
		"bucket = \"s3://site\"\noriginals.bucket = \"s3://site\"":   "",
	} {
		c, err := load(t, text)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := c.OriginalsS3(); ok != (want != "") || ok && got != want {
			t.Errorf("%s has the owner's files in %q, %v, want %q", text, got, ok, want)
		}
	}
	_, err := load(t, "title = 'x'\noriginals.bucket = \"s3://owners\"")
	if want := `config.toml:2: originals.bucket = "s3://owners": leave it empty, or set bucket to an S3 bucket too: it is "site"`; err == nil || err.Error() != want {
		t.Errorf("with a folder: %v, want %s", err, want)
	}
}
