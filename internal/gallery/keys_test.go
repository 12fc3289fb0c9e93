package gallery

import (
	"net/url"
	"path"
	"strings"
	"testing"
)

var oddNames = []string{
	"a.jpg", "-", "--", "---", "index", "Index-", "404", "a.html", "a.html-", "feed.xml", "index.json", "index.html", "search",
	"#1?.jpg", "%41.jpg", "%2e%2e", `"'<script>.jpg`, "javascript:alert(1).jpg", "💾.jpg", "שלום.jpg", "back\\slash", "new\nline",
	"trailing.", " lead", strings.Repeat("x", 250), strings.Repeat("é", 125), strings.Repeat("x", 249) + "y", ".", "..",
}

// TestPathsNeverCollide publishes a hostile set of names as items and as albums, beside each other and below each other, and
// wants every path to be that of one thing, and no file to be where a directory has to be.
func TestPathsNeverCollide(t *testing.T) {
	owner := map[string]string{}
	claim := func(p, by string) {
		t.Helper()
		if p != path.Clean(p) || strings.HasPrefix(p, "/") || strings.HasPrefix(p, "../") {
			t.Errorf("%q of %s is not a clean path", p, by)
		}
		if other, taken := owner[p]; taken {
			t.Errorf("%q is claimed by %s and by %s", p, other, by)
		}
		owner[p] = by
		for segment := range strings.SplitSeq(p, "/") {
			if len(segment) > 255 {
				t.Errorf("%q of %s is too long for a file system", segment, by)
			}
		}
	}
	sum := strings.Repeat("3f9c2a71", 8)
	for _, p := range []string{NotFoundPage, FeedPath, SitemapPath, SearchPage, AssetPath("style.css", sum), "-/sitemap.xml"} {
		claim(p, "the gallery")
	}
	var albums []string
	for _, name := range oddNames {
		if CheckKey(Data+name) != nil {
			continue
		}
		albums = append(albums, name, name+"/-", "sub/"+name)
	}
	for _, album := range append(albums, "", "sub") {
		claim(AlbumPage(album), "album "+album)
		claim(AlbumIndex(album), "album index of "+album)
		if album != "" {
			claim(AlbumDir(album)+"-/sitemap.xml", "sitemap of "+album)
		}
		for _, name := range oddNames {
			key := Data + strings.TrimPrefix(album+"/"+name, "/")
			if CheckKey(key) != nil {
				continue
			}
			claim(ItemPage(key), "item "+key)
			claim(OriginalPath(key), "original "+key)
			claim(RenditionPath(key, sum, 480, ".jpg"), "rendition of "+key)
		}
	}
	for p, by := range owner {
		for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
			if other, file := owner[dir]; file {
				t.Errorf("%q of %s is below the file of %s", p, by, other)
			}
		}
	}
}

func TestLink(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"index.html", "alps/index.html", "alps/index.html"},
		{"alps/index.html", "index.html", "../index.html"},
		{"alps/2024/a.jpg.html", "alps/2024/-/a.jpg.3f9c2a71.400.jpg", "-/a.jpg.3f9c2a71.400.jpg"},
		{"alps/2024/a.jpg.html", "sea/b.jpg.html", "../../sea/b.jpg.html"},
		{"a.jpg.html", "a.jpg.html", "a.jpg.html"},
		{"x/index.html", "x/", "./"},
		{"index.html", "javascript:alert(1).jpg.html", "javascript%3Aalert%281%29.jpg.html"},
		{"index.html", `"><script>#?%41`, "%22%3E%3Cscript%3E%23%3F%2541"},
	} {
		if got := Link(c.from, c.to); got != c.want {
			t.Errorf("Link(%q, %q) = %q, want %q", c.from, c.to, got, c.want)
		}
	}
}

// TestOriginalKey finds the way back from every odd path but those of names that had to be shortened.
func TestOriginalKey(t *testing.T) {
	for _, album := range oddNames {
		for _, name := range oddNames {
			for _, key := range []string{Data + name, Data + album + "/" + name, Data + "sub/" + album + "/" + name} {
				if CheckKey(key) != nil || len(album) > maxName {
					continue
				}
				if got, ok := OriginalKey(OriginalPath(key)); got != key || !ok {
					t.Errorf("%q leads back to %q, %v, want %q", OriginalPath(key), got, ok, key)
				}
			}
		}
	}
	for _, p := range []string{"", "index.html", "-/original", "-/original/", "alps/-/a.jpg", "original/a.jpg", "x-/original/a", "../-/original/a"} {
		if key, ok := OriginalKey(p); ok {
			t.Errorf("%q is said to be the place of %q", p, key)
		}
	}
}

// TestRecordOf finds the record of every odd rendition, and none of what is no rendition.
func TestRecordOf(t *testing.T) {
	for _, album := range append([]string{""}, oddNames...) {
		for _, name := range oddNames {
			key := Data + strings.TrimPrefix(album+"/"+name, "/")
			if CheckKey(key) != nil {
				continue
			}
			p := RenditionPath(key, "3f9c2a71deadbeef", 480, ".jpg")
			if got, ok := RecordOf(p); got != RecordKey(key) || !ok {
				t.Errorf("%q is said to belong to %q, %v, want %q", p, got, ok, RecordKey(key))
			}
		}
	}
	for _, p := range []string{"", "index.html", "a/-/sitemap.xml", "-/assets/style.3f9c2a71.css", "a.3f9c2a71.480.jpg", "a-/b.3f9c2a71.480.jpg", "-/a.3f9c2a71.x.jpg"} {
		if key, ok := RecordOf(p); ok {
			t.Errorf("%q is said to belong to %q", p, key)
		}
	}
}

func TestPrivate(t *testing.T) {
	for p, want := range map[string]bool{"private": true, "private/x": true, "privates": false, "a/private": false, "": false} {
		if Private(p) != want {
			t.Errorf("Private(%q) = %v", p, !want)
		}
	}
}

func TestRootPaths(t *testing.T) {
	if got := AlbumPath("data/a.jpg"); got != "" {
		t.Errorf("album of a root item is %q", got)
	}
	if got := ItemPage("data/a.jpg"); got != "a.jpg.html" {
		t.Errorf("page of a root item is %q", got)
	}
	if got, ok := ParentPath("alps/2024"); got != "alps" || !ok {
		t.Errorf("parent of alps/2024 is %q, %v", got, ok)
	}
	if got, ok := ParentPath("alps"); got != "" || !ok {
		t.Errorf("parent of alps is %q, %v", got, ok)
	}
	if _, ok := ParentPath(""); ok {
		t.Error("the root has a parent")
	}
	if got := RenditionPath("data/alps/2024/summit.nef", "3f9c2a71deadbeef", 400, ".jpg"); got != "alps/2024/-/summit.nef.3f9c2a71.400.jpg" {
		t.Errorf("rendition at %q", got)
	}
}

// FuzzLink follows links as a browser does: from a page at any prefix, and wants to arrive at the target.
func FuzzLink(f *testing.F) {
	for _, name := range oddNames {
		f.Add("alps/"+name, name+"/x.jpg")
		f.Add(name, name)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if CheckKey(Data+a) != nil || CheckKey(Data+b) != nil {
			t.Skip()
		}
		for _, from := range []string{ItemPage(Data + a), AlbumPage(a)} {
			for _, to := range []string{ItemPage(Data + b), AlbumPage(b), OriginalPath(Data + b), RenditionPath(Data+b, "0123456789", 9, ".jpg")} {
				base, err := url.Parse("https://example.org/some/prefix/" + EscapePath(from))
				if err != nil {
					t.Fatal(err)
				}
				link := Link(from, to)
				ref, err := url.Parse(link)
				if err != nil {
					t.Fatalf("link %q: %v", link, err)
				}
				if strings.ContainsAny(link, "\"'<>&\\ \n`:") {
					t.Errorf("link %q is not safe in markup", link)
				}
				if got := base.ResolveReference(ref).Path; got != "/some/prefix/"+to {
					t.Errorf("from %q the link %q leads to %q, want %q", from, link, got, to)
				}
			}
		}
	})
}
