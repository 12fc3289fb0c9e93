package generator

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/gitignore"

	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// builtinIgnore is what systems, network drives and programs leave in folders of photos, in gitignore syntax.
var builtinIgnore = []string{
	"@eaDir", "@Recycle", `\#recycle`, `\#snapshot`, "$RECYCLE.BIN", "System Volume Information", "lost+found", "__MACOSX", "Network Trash Folder",
	"Thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "Desktop.ini", "Icon\r",
	"*~", "*.part", "*.partial", "*.crdownload", "*.filepart", // still being written
}

// hiddenFiles is what no pattern brings back, among them .DS_Store, ._IMG.jpg and our own .shoeboxignore: hidden files in
// public/ are not ours, so that we could not delete what we made of them.
const hiddenFiles = ".*"

// The files in data/ that say what to leave out.
const (
	ignoreFile  = ".shoeboxignore" // patterns in gitignore syntax, for its folder and below
	noMediaFile = ".nomedia"       // its folder and all below are left out
)

// ignoreRules are what the files in data/ say that is to be left out.
type ignoreRules struct {
	Skipped []string     `json:"skipped,omitempty"` // folders, "" being data/ itself: left out as a whole
	Texts   []ignoreText `json:"texts,omitempty"`   // those of folders above come first
}

// An ignoreText is what the ignore file of a folder says.
type ignoreText struct {
	Folder string `json:"folder"`
	Text   string `json:"text"`
}

// readIgnoreRules reads the files among keys that say what to leave out.
func readIgnoreRules(ctx context.Context, b storage.Bucket, keys []string) (ignoreRules, error) {
	var rules ignoreRules
	var files []string
	for _, key := range keys {
		switch gallery.Name(key) {
		case noMediaFile:
			rules.Skipped = append(rules.Skipped, gallery.AlbumPath(key))
		case ignoreFile:
			files = append(files, key)
		}
	}
	// A folder's patterns come before those of folders below, which overrule them.
	slices.SortStableFunc(files, func(x, y string) int { return cmp.Compare(strings.Count(x, "/"), strings.Count(y, "/")) })
	for _, key := range files {
		text, err := readText(ctx, b, key)
		if errors.Is(err, fs.ErrNotExist) {
			continue // it has gone since it was listed
		}
		if err == nil && len(text) > maxText {
			err = fmt.Errorf("%s is larger than %d KiB: shorten it", key, maxText>>10)
		}
		if err != nil {
			return rules, err // what it leaves out may not be for others to see
		}
		rules.Texts = append(rules.Texts, ignoreText{gallery.AlbumPath(key), string(text)})
	}
	return rules, nil
}

func (r ignoreRules) empty() bool { return len(r.Skipped)+len(r.Texts) == 0 }

// storedRules reads what the last look at the whole of data/ found to be left out.
func storedRules(ctx context.Context, b storage.Bucket) (rules ignoreRules, err error) {
	body, _, err := storage.Read(ctx, b, gallery.IgnoreKey)
	if errors.Is(err, fs.ErrNotExist) {
		return rules, nil
	}
	if err == nil {
		err = json.Unmarshal(body, &rules)
	}
	if err != nil {
		return rules, fmt.Errorf("%s: %w", gallery.IgnoreKey, err) // what it leaves out may not be for others to see
	}
	return rules, nil
}

// settleRules stores what is left out of data/. When that has changed the error wraps errChanged: a developer may have gone by what
// was stored before, and be seen only by who looks at everything from now on. He in turn looks at the rules again when he has written.
func (b *build) settleRules(ctx context.Context) error {
	held, err := b.recall(ctx, gallery.IgnoreKey)
	if err != nil {
		return err
	}
	var body []byte
	if !b.scan.ignore.empty() {
		if body, err = json.Marshal(b.scan.ignore); err != nil {
			return fmt.Errorf("encode %s: %w", gallery.IgnoreKey, err)
		}
	}
	switch {
	case bytes.Equal(held, body):
		return nil
	case body == nil:
		err = b.out.Delete(ctx, gallery.IgnoreKey)
	default:
		err = b.remember(ctx, gallery.IgnoreKey, body)
	}
	if err != nil {
		return err
	}
	return fmt.Errorf("%w: what is left out of %s is not what it was", errChanged, gallery.Data)
}

// ignorer decides what in data/ is left out. It is for one goroutine.
type ignorer struct {
	patterns []gitignore.Pattern // the last that matches decides
	skipped  map[string]bool     // folders, "" being data/ itself: left out as a whole
}

func newIgnorer(rules ignoreRules, configured []string) *ignorer {
	g := &ignorer{skipped: map[string]bool{}}
	for _, p := range slices.Concat(builtinIgnore, configured) {
		g.patterns = append(g.patterns, gitignore.ParsePattern(p, nil))
	}
	for _, folder := range rules.Skipped {
		g.skipped[folder] = true
	}
	for _, t := range rules.Texts {
		g.patterns = append(g.patterns, parseIgnore(t.Text, t.Folder)...)
	}
	g.patterns = append(g.patterns, gitignore.ParsePattern(hiddenFiles, nil))
	return g
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
	if p == "." || p == "/" { // the latter of a key with two slashes in a row
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
