// Package theme makes pages look: [Load] puts a theme together from the gallery's own files, the chosen theme's and the
// built-in one's; [Markdown] turns the owner's text into HTML. What a layout gets to see is in package page.
package theme

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"shoebox/internal/gallery"
	"shoebox/internal/page"
)

// Info is what a theme says of itself in theme.toml.
type Info struct {
	Name        string `toml:"name"`
	Description string `toml:"description"`
	Licence     string `toml:"licence"`     // SPDX identifier, such as "MIT"
	MinVersion  string `toml:"min_version"` // the oldest Shoebox it works with, such as "0.1"; empty: any
}

// A Theme is layouts and assets, ready for use.
type Theme struct {
	Info   Info
	files  map[string]string // layouts by name below layouts/
	parsed *page.Layouts
	assets []Asset
}

// An Asset is a file that pages link to: a style sheet, a script, an icon.
type Asset struct {
	Name string // below assets/: "style.css"
	Path string // below public/: [gallery.AssetPath]
	Type string // media type
	Body []byte
}

// Load puts a theme together from layers, each with theme.toml, layouts/ and assets/, of which any may be missing. Of files of
// the same name the first layer's wins: the gallery's own folder, then the theme's, then the built-in theme's. Dot files and
// editors' backups ("style.css~") are passed over. Errors name the file, and the line where there is one.
func Load(layers ...fs.FS) (*Theme, error) {
	files, err := merge(layers)
	if err != nil {
		return nil, err
	}
	t := &Theme{files: map[string]string{}}
	if err := t.readInfo(files["theme.toml"]); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		body := files[name]
		if layout, ok := strings.CutPrefix(name, "layouts/"); ok {
			t.files[layout] = string(body)
		} else if asset, ok := strings.CutPrefix(name, "assets/"); ok {
			hash := sha256.Sum256(body)
			t.assets = append(t.assets, Asset{
				Name: asset,
				Path: gallery.AssetPath(asset, hex.EncodeToString(hash[:])),
				Type: mediaType(asset),
				Body: body,
			})
		}
	}
	t.parsed, err = page.Parse(t.files)
	return t, err
}

// Layouts returns the layouts, parsed.
func (t *Theme) Layouts() *page.Layouts { return t.parsed }

// Files returns the layouts as [page.Parse] takes them, for those who render pages elsewhere.
func (t *Theme) Files() map[string]string { return maps.Clone(t.files) }

// Assets returns the assets, sorted by name.
func (t *Theme) Assets() []Asset { return slices.Clone(t.assets) }

// CheckVersion says whether the theme asks for a newer Shoebox than this version ("0.2.1"). A version that is not made of
// numbers, such as that of a development build, is taken as new enough.
func (t *Theme) CheckVersion(version string) error {
	have, ok := parseVersion(strings.TrimPrefix(version, "v"))
	want, _ := parseVersion(t.Info.MinVersion)
	if ok && slices.Compare(have[:], want[:]) < 0 {
		return fmt.Errorf("theme %q needs Shoebox %s or newer, this is %s", t.Info.Name, t.Info.MinVersion, version)
	}
	return nil
}

func (t *Theme) readInfo(body []byte) error {
	d := toml.NewDecoder(bytes.NewReader(body)).DisallowUnknownFields()
	err := d.Decode(&t.Info)
	var strict *toml.StrictMissingError
	var syntax *toml.DecodeError
	switch {
	case errors.As(err, &strict) && len(strict.Errors) > 0:
		line, _ := strict.Errors[0].Position()
		return fmt.Errorf("theme.toml:%d: %s is not a key of theme.toml: use name, description, licence or min_version",
			line, strings.Join(strict.Errors[0].Key(), "."))
	case errors.As(err, &syntax):
		line, _ := syntax.Position()
		return fmt.Errorf("theme.toml:%d: %w", line, err)
	case err != nil:
		return fmt.Errorf("theme.toml: %w", err)
	}
	if _, ok := parseVersion(t.Info.MinVersion); !ok && t.Info.MinVersion != "" {
		return fmt.Errorf("theme.toml: min_version is %q: write it like \"0.1\" or \"0.1.2\"", t.Info.MinVersion)
	}
	return nil
}

// parseVersion reads up to three numbers with dots between them.
func parseVersion(s string) (v [3]int, ok bool) {
	parts := strings.Split(s, ".")
	if len(parts) > len(v) {
		return v, false
	}
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 31)
		if err != nil {
			return v, false
		}
		v[i] = int(n)
	}
	return v, true
}

// merge reads the files of all layers.
func merge(layers []fs.FS) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, layer := range layers {
		for _, root := range []string{"theme.toml", "layouts", "assets"} {
			err := fs.WalkDir(layer, root, func(name string, d fs.DirEntry, err error) error {
				switch base := path.Base(name); {
				case err != nil:
					return err
				case strings.HasPrefix(base, ".") && d.IsDir():
					return fs.SkipDir
				case d.IsDir(), strings.HasPrefix(base, "."), strings.HasSuffix(base, "~"):
					return nil
				}
				if _, ok := files[name]; ok {
					return nil
				}
				files[name], err = fs.ReadFile(layer, name)
				return err
			})
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, fmt.Errorf("read theme: %w", err)
			}
		}
	}
	return files, nil
}

// mediaType knows what themes are made of. It does not ask the system's tables, so every machine publishes the same.
func mediaType(name string) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".json", ".map":
		return "application/json"
	case ".webmanifest":
		return "application/manifest+json"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".jpg", ".jpeg":
		return "image/jpeg"
	case ".gif":
		return "image/gif"
	case ".webp":
		return "image/webp"
	case ".avif":
		return "image/avif"
	case ".ico":
		return "image/x-icon"
	case ".woff2":
		return "font/woff2"
	case ".woff":
		return "font/woff"
	case ".ttf":
		return "font/ttf"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	return "application/octet-stream"
}
