// Package themes holds the themes that come with Shoebox.
package themes

import (
	"embed"
	"io/fs"
)

//go:embed default
var files embed.FS

// Default is the built-in theme: the last layer under every other.
const Default = "default"

// FS returns the built-in theme of that name: its theme.toml, layouts/ and assets/. An unknown name wraps [fs.ErrNotExist].
func FS(name string) (fs.FS, error) {
	sub, err := fs.Sub(files, name)
	if err != nil {
		return nil, err
	}
	if _, err := fs.Stat(sub, "theme.toml"); err != nil {
		return nil, err
	}
	return sub, nil
}
