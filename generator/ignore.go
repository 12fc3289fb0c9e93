package generator

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/gitignore"

	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// builtinIgnore is what systems, network drives and programs leave in folders of photos, in gitignore syntax.
var builtinIgnore = []string{
	".*", // hidden files, among them .DS_Store, ._IMG.jpg and our own .shoeboxignore
	"@eaDir", "@Recycle", `\#recycle`, `\#snapshot`, "$RECYCLE.BIN", "System Volume Information", "lost+found", "__MACOSX", "Network Trash Folder",
	"Thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "Desktop.ini", "Icon\r",
	"*~", "*.part", "*.partial", "*.crdownload", "*.filepart", // still being written
}

// The files in data/ that say what to leave out.
const (
	ignoreFile  = ".shoeboxignore" // patterns in gitignore syntax, for its folder and below
	noMediaFile = ".nomedia"       // its folder and all below are left out
)

// ignorer decides what in data/ is left out. It is given all keys first, for the files that say so are among them.
type ignorer struct {
	patterns []gitignore.Pattern // the last that matches decides
	skipped  map[string]bool     // folders, "" being data/ itself: left out as a whole
}

func newIgnorer(ctx context.Context, b storage.Bucket, keys []string, configured []string) (*ignorer, error) {
	g := &ignorer{skipped: map[string]bool{}}
	for _, p := range builtinIgnore {
		g.patterns = append(g.patterns, gitignore.ParsePattern(p, nil))
	}
	for _, p := range configured {
		g.patterns = append(g.patterns, gitignore.ParsePattern(p, nil))
	}
	for _, key := range keys { // sorted: a folder's patterns come before those of folders below
		switch gallery.Name(key) {
		case noMediaFile:
			g.skipped[gallery.AlbumPath(key)] = true
		case ignoreFile:
			text, _, err := storage.Read(ctx, b, key)
			if err != nil {
				return nil, fmt.Errorf("read %s: %w", key, err)
			}
			g.patterns = append(g.patterns, parseIgnore(string(text), gallery.AlbumPath(key))...)
		}
	}
	return g, nil
}

// parseIgnore reads the lines of an ignore file in a folder: blank ones and comments are not patterns.
func parseIgnore(text, folder string) []gitignore.Pattern {
	var domain []string
	if folder != "" {
		domain = strings.Split(folder, "/")
	}
	var patterns []gitignore.Pattern
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		patterns = append(patterns, gitignore.ParsePattern(line, domain))
	}
	return patterns
}

// ignored reports whether an original is left out: by itself or with a folder it is in.
func (g *ignorer) ignored(key string) bool {
	p := strings.TrimPrefix(key, gallery.Data)
	return g.folder(path.Dir(p)) || g.match(p, false)
}

func (g *ignorer) folder(p string) bool {
	if p == "." {
		return g.skipped[""]
	}
	if skipped, known := g.skipped[p]; known {
		return skipped
	}
	skipped := g.folder(path.Dir(p)) || g.match(p, true)
	g.skipped[p] = skipped
	return skipped
}

func (g *ignorer) match(p string, dir bool) bool {
	segments := strings.Split(p, "/")
	for i := len(g.patterns) - 1; i >= 0; i-- {
		if r := g.patterns[i].Match(segments, dir); r != gitignore.NoMatch {
			return r == gitignore.Exclude
		}
	}
	return false
}
