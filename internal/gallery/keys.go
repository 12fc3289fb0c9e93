package gallery

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"strings"
	"unicode/utf8"
)

// The prefixes of a bucket's keys.
const (
	Data   = "data/"   // the owner's originals
	Public = "public/" // what is served
	State  = "state/"  // what we remember
)

// PrivatePath is the album that holds everything private: it is never mentioned by a public page, feed or search.
const PrivatePath = "private"

// Private reports whether an album or item path is, or is below, the private album.
func Private(p string) bool { return p == PrivatePath || strings.HasPrefix(p, PrivatePath+"/") }

// maxName is the length in bytes from which a name is shortened in the keys we make. File systems stop at 255 bytes, and
// the longest thing we add is a rendition's ".3f9c2a71.12000.webp".
const maxName = 220

// CheckKey says why an original's key can't be published, in words for the owner; nil when it can.
func CheckKey(key string) error {
	switch {
	case !utf8.ValidString(key):
		return errors.New("its name is not valid UTF-8: rename it")
	case strings.ContainsRune(key, 0):
		return errors.New("its name holds a NUL byte: rename it")
	}
	for segment := range strings.SplitSeq(key, "/") {
		switch segment {
		case "":
			return errors.New("its key has an empty segment (two slashes in a row): rename it")
		case ".", "..":
			return fmt.Errorf("its key has the segment %q: rename it", segment)
		}
	}
	return nil
}

// AlbumPath returns the path of the album that an original lies in: "alps/2024" for "data/alps/2024/summit.jpg", "" for one
// directly below data/.
func AlbumPath(key string) string {
	dir := path.Dir(strings.TrimPrefix(key, Data))
	if dir == "." {
		return ""
	}
	return dir
}

// ParentPath returns the path of the album above; ok is false for the root, which has none.
func ParentPath(album string) (parent string, ok bool) {
	if album == "" {
		return "", false
	}
	if i := strings.LastIndexByte(album, '/'); i >= 0 {
		return album[:i], true
	}
	return "", true
}

// Name returns the last segment of a key or path.
func Name(key string) string { return key[strings.LastIndexByte(key, '/')+1:] }

// Our own files stand beside the owner's albums in public/ and state/, so some names of albums and items would collide with
// them: an album "-" with the reserved directory, an album "a.html" with the page of an item "a". Such a name gains a hyphen.
// A name that only looks like one that has gained it gains one too, which keeps the names apart.

func escapeDir(name string) string {
	stem := strings.ToLower(strings.TrimRight(name, "-"))
	if stem == "" || strings.HasSuffix(stem, ".html") || strings.HasSuffix(stem, ".json") || strings.HasSuffix(stem, ".xml") {
		name += "-"
	}
	return shorten(name)
}

// unescapeDir takes back what escapeDir adds.
func unescapeDir(name string) string {
	if escaped := strings.TrimSuffix(name, "-"); escaped != name && escapeDir(escaped) == name {
		return escaped
	}
	return name
}

func escapeItem(name string) string {
	switch strings.ToLower(strings.TrimRight(name, "-")) {
	case "index", "404":
		name += "-"
	}
	return shorten(name)
}

// shorten keeps a name within what file systems hold; two long names stay apart by a hash.
func shorten(name string) string {
	if len(name) <= maxName {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	cut := maxName - 18
	for cut > 0 && !utf8.RuneStart(name[cut]) {
		cut--
	}
	return name[:cut] + "~" + hex.EncodeToString(sum[:8])
}

// dir returns an album's place below public/ and state/albums/, "" or ending in a slash.
func dir(album string) string {
	if album == "" {
		return ""
	}
	var b strings.Builder
	for segment := range strings.SplitSeq(album, "/") {
		b.WriteString(escapeDir(segment))
		b.WriteByte('/')
	}
	return b.String()
}

// The functions below return paths below public/, unescaped. Put [Public] before one to have its key, and hand two of them
// to [Link] to have a link from one to the other.

// AlbumPage is the path of an album's page.
func AlbumPage(album string) string { return dir(album) + "index.html" }

// AlbumDir is the path of an album's directory, "" for the root, else ending in a slash.
func AlbumDir(album string) string { return dir(album) }

// AlbumIndex is the path of an album's machine-readable twin.
func AlbumIndex(album string) string { return dir(album) + "index.json" }

// ItemPage is the path of the page of the item whose original has that key.
func ItemPage(key string) string {
	return dir(AlbumPath(key)) + escapeItem(Name(key)) + ".html"
}

// OriginalPath is the path at which an original is served for download. Locally it is the same file (a hard link); on AWS the
// distribution maps it to the owner's bucket.
func OriginalPath(key string) string { return dir(AlbumPath(key)) + "-/original/" + Name(key) }

// OriginalKey is the key of the original that is served at a path, the reverse of [OriginalPath]; ok is false for a path of
// anything else. Below an album whose name had to be shortened it leads to no original.
func OriginalKey(p string) (key string, ok bool) {
	place, name := "", p
	if i := strings.LastIndexByte(p, '/'); i >= 0 {
		place, name = p[:i], p[i+1:]
	}
	above, ok := strings.CutSuffix("/"+place, "/-/original")
	if !ok {
		return "", false
	}
	key = Data
	for segment := range strings.SplitSeq(strings.TrimPrefix(above, "/"), "/") {
		if above != "" {
			key += unescapeDir(segment) + "/"
		}
	}
	key += name
	return key, CheckKey(key) == nil
}

// RenditionPath is the path of a rendition: the source's whole name, eight digits of a hash of all that it was made from (the
// original's bytes and the settings), the longer edge and the extension with its dot. What changes gets a new name, so caches
// may keep the old one for ever.
func RenditionPath(key, hash string, edge int, ext string) string {
	return fmt.Sprintf("%s%.8s.%d%s", RenditionsPrefix(key), hash, edge, ext)
}

// RenditionsPrefix is what the paths of all renditions of an original start with.
func RenditionsPrefix(key string) string {
	return dir(AlbumPath(key)) + "-/" + shorten(Name(key)) + "."
}

// AssetPath is the path of a theme's asset with its content's hash in the name: "-/assets/style.3f9c2a71.css".
func AssetPath(name, sha256 string) string {
	ext := path.Ext(name)
	return fmt.Sprintf("-/assets/%s.%.8s%s", strings.TrimSuffix(name, ext), sha256, ext)
}

// The paths of what a gallery has once.
const (
	NotFoundPage = "404.html"
	FeedPath     = "feed.xml"
	SitemapPath  = "sitemap.xml"
	SearchPath   = "-/search"            // answered by the search function, and by shoebox serve
	SearchPage   = "-/search/index.html" // what a host without either shows there
	NamesPath    = "-/names.json"        // the names that a search box suggests
)

// OverviewPage is the path of the page that leads to all collections of a kind, such as "labels".
func OverviewPage(kind string) string { return "-/" + kind + "/index.html" }

// CollectionPage is the path of the page of a collection, by its kind and its [Slug]; with a period ("2024", "2024-07",
// "2024-07-14", "2024-07-14T15") it is that of what is of this time.
func CollectionPage(kind, slug, period string) string {
	if period != "" {
		slug += "/" + period
	}
	return "-/" + kind + "/" + slug + "/index.html"
}

// The functions below return keys.

// RecordKey is the key of an original's record.
func RecordKey(key string) string {
	return State + "records/" + dir(AlbumPath(key)) + shorten(Name(key)) + ".json"
}

// RecordOf returns the key of the record that a rendition belongs to, by its path below public/; ok is false for any other path.
func RecordOf(path string) (key string, ok bool) {
	i := strings.LastIndexByte(path, '/')
	dir, isRendition := strings.CutSuffix(path[:i+1], "-/")
	name := path[i+1:]
	for _, part := range []func(string) bool{nil, isNumber, isHash} { // extension, edge, hash
		i := strings.LastIndexByte(name, '.')
		if i < 0 || part != nil && !part(name[i+1:]) {
			return "", false
		}
		name = name[:i]
	}
	return State + "records/" + dir + name + ".json", isRendition && (dir == "" || strings.HasSuffix(dir, "/"))
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func isHash(s string) bool { return len(s) == 8 && strings.Trim(s, "0123456789abcdef") == "" }

// ManifestKey is the key of an album's manifest.
func ManifestKey(album string) string { return State + "albums/" + dir(album) + "manifest.json" }

// PublishedKey is the key of what was last published of an album: the fingerprint of all that its pages were made from, and
// the digest of each object. It is written after them.
func PublishedKey(album string) string { return State + "albums/" + dir(album) + "published.json" }

// CatalogKey is the key of what is remembered of the gallery as a whole: an outline of each album, and what was last published of
// what a gallery has once. It is written last of all.
const CatalogKey = State + "site.json"

// IgnoreKey is the key of what the owner's files leave out of data/, as the last look at the whole of it found them; missing when
// there is nothing. It is written before anything that follows from it.
const IgnoreKey = State + "ignore.json"

// MarkerKey is the key of the first object that a build writes: it says that public/ and state/ are ours.
const MarkerKey = State + "shoebox.json"

// LeaseKey is the key of the lease of whoever publishes on AWS.
const LeaseKey = State + "lease.json"

// CollectionsKey is the key of what is remembered of all collections together. It is written after each of them.
const CollectionsKey = State + "collections.json"

// CollectionsPrefix is what the keys of what is remembered of each collection start with.
const CollectionsPrefix = State + "collections/"

// CollectionKey is the key of what a collection, or one period of it, holds; the arguments are those of [CollectionPage].
func CollectionKey(kind, slug, period string) string {
	return CollectionsPrefix + kind + "/" + slug + "/" + cmp.Or(period, "all") + ".json"
}

// LayoutsKey is the key of the layouts and site facts from which the search page is rendered.
const LayoutsKey = State + "layouts.json"

// Link returns the relative link from one path below public/ to another, escaped so that it may stand in any attribute, works
// under any prefix and from file://. An empty result never occurs: a page links to itself by its name.
func Link(from, to string) string {
	a, b := strings.Split(from, "/"), strings.Split(to, "/")
	same := 0
	for same < len(a)-1 && same < len(b)-1 && a[same] == b[same] {
		same++
	}
	link := strings.Repeat("../", len(a)-1-same) + EscapePath(strings.Join(b[same:], "/"))
	if link == "" {
		return "./"
	}
	return link
}

// EscapePath percent-encodes a path for a URL. All but unreserved characters (RFC 3986 section 2.3) and the slash is encoded,
// so a colon in the first segment can't pass for a scheme.
func EscapePath(p string) string {
	const upper = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(p); i++ {
		switch c := p[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '.', c == '_', c == '~', c == '/':
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(upper[c>>4])
			b.WriteByte(upper[c&15])
		}
	}
	return b.String()
}
