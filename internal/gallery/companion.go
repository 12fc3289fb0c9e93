package gallery

import (
	"path"
	"slices"
	"strings"
)

// raws are the extensions of cameras' raw files.
var raws = []string{".nef", ".nrw", ".cr2", ".cr3", ".crw", ".arw", ".dng", ".raf", ".orf", ".rw2", ".rwl", ".pef", ".srw", ".mrw"}

// IsRaw reports whether a name or key has the extension of a camera's raw file.
func IsRaw(name string) bool { return slices.Contains(raws, strings.ToLower(path.Ext(name))) }

// Shots are the keys of the pictures that a camera set to "raw and JPEG", or "raw and HEIF", may have written beside a raw file:
// IMG_1.JPG beside IMG_1.CR2. Of those that are there, the first is the item, and the raw file its companion.
func Shots(raw string) (keys []string) {
	stem := strings.TrimSuffix(raw, path.Ext(raw))
	for _, ext := range []string{".JPG", ".jpg", ".jpeg", ".JPEG", ".HEIC", ".heic", ".HIF", ".hif"} {
		keys = append(keys, stem+ext)
	}
	return keys
}
