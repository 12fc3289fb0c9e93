package media

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"shoebox/internal/gallery"
	"shoebox/internal/needs"
)

// owned is a photo with a place, a camera, a caption and an owner.
func owned(t *testing.T, creator, copyright string) []byte {
	exif := tiffOf([]field{
		{0x10e, "a caption"}, {0x10f, "Camera maker"}, {0x13b, creator}, {0x8298, copyright},
		{0x8825, []field{{1, "N"}, {2, [][2]uint32{{59, 1}, {55, 1}, {0, 1}}}, {3, "E"}, {4, [][2]uint32{{10, 1}, {45, 1}, {0, 1}}}}},
	}, nil)
	return jpegOf(t, corners(64, 48), exifSegment(exif))
}

func TestRenditionsNameTheirOwner(t *testing.T) {
	record, list := develop(t, Options{Thumbnail: 32}, input("a.jpg", owned(t, "Ada Müller", "© 2024 東京 Ada")))
	if record.Creator != "Ada Müller" || record.Copyright != "© 2024 東京 Ada" || record.GPS == nil || len(list) != 2 {
		t.Fatalf("got %+v", record.Metadata)
	}
	for _, r := range list {
		for _, want := range []string{"\xff\xd8\xff\xe1", "Ada Müller\x00", "© 2024 東京 Ada\x00"} {
			if !bytes.Contains(r.Body, []byte(want)) {
				t.Errorf("%s lacks %q", r.Path, want)
			}
		}
		for _, bad := range []string{"a caption", "Camera maker", "ns.adobe.com", "Photoshop", "ICC_PROFILE"} {
			if bytes.Contains(r.Body, []byte(bad)) {
				t.Errorf("%s carries %q", r.Path, bad)
			}
		}
		// Read back by the reader of originals.
		again, _ := develop(t, Options{}, input("b.jpg", r.Body))
		want := gallery.Metadata{Creator: record.Creator, Copyright: record.Copyright}
		if again.Creator != want.Creator || again.Copyright != want.Copyright || again.GPS != nil || again.Caption != "" || again.Camera != "" {
			t.Errorf("%s says %+v", r.Path, again.Metadata)
		}
	}
}

// TestRenditionsNameTheirOwnerToExiftool: what a tool finds is the two lines and what every JPEG has.
func TestRenditionsNameTheirOwnerToExiftool(t *testing.T) {
	exiftool := needs.Tool(t, "exiftool")
	_, list := develop(t, Options{Thumbnail: 32}, input("a.jpg", owned(t, "Ada Müller", "© Ada")))
	for _, r := range list {
		path := filepath.Join(t.TempDir(), "a.jpg")
		if err := os.WriteFile(path, r.Body, 0o644); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), exiftool, "-json", "-G0", "-a", "-u", "-charset", "exif=utf8", path).Output()
		var found []map[string]any
		if err != nil || json.Unmarshal(out, &found) != nil || len(found) != 1 {
			t.Fatalf("exiftool: %v: %s", err, out)
		}
		var names []string
		for name := range found[0] {
			if group, _, _ := strings.Cut(name, ":"); group != "File" && group != "SourceFile" && group != "ExifTool" && group != "Composite" {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		if !slices.Equal(names, []string{"EXIF:Artist", "EXIF:Copyright"}) || found[0]["EXIF:Artist"] != "Ada Müller" || found[0]["EXIF:Copyright"] != "© Ada" {
			t.Errorf("%s: exiftool found %v", r.Path, found[0])
		}
	}
}

func TestRightsAreBounded(t *testing.T) {
	if b := rights("", ""); b != nil {
		t.Errorf("of nobody: %q", b)
	}
	for _, c := range [][2]string{
		{"", "©"}, {"A", ""}, {"Ab", "abc"}, {"", strings.Repeat("東", 5000)}, {strings.Repeat("é", 251), strings.Repeat("x", 70000)}, {"a\x00b\xff", "\x00"},
	} {
		b := rights(c[0], c[1])
		if len(b) > 2*maxRights+100 {
			t.Errorf("%.10q: %d bytes", c, len(b))
		}
		whole := jpegOf(t, corners(16, 16))
		record, _ := develop(t, Options{}, input("a.jpg", slices.Insert(bytes.Clone(whole), 2, b...)))
		clean := func(s string) string { return strings.TrimSpace(exifText(s)) }
		if record.Creator != clean(c[0]) || record.Copyright != clean(c[1]) || record.Problem != "" {
			t.Errorf("%.10q: read back as %.20q, %.20q (%s)", c, record.Creator, record.Copyright, record.Problem)
		}
	}
}

// TestRenditionsOfAnotherOwnerHaveAnotherName: they are cached for ever.
func TestRenditionsOfAnotherOwnerHaveAnotherName(t *testing.T) {
	in := input("a.jpg", owned(t, "", ""))
	_, before := develop(t, Options{}, in)
	in.Sidecars = []Sidecar{{Key: "data/album/a.jpg.xmp", Data: []byte(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:rights><rdf:Alt><rdf:li xml:lang="x-default">© late</rdf:li></rdf:Alt></dc:rights></rdf:Description></rdf:RDF></x:xmpmeta>`)}}
	record, after := develop(t, Options{}, in)
	if record.Copyright != "© late" || !bytes.Contains(after[0].Body, []byte("© late\x00")) {
		t.Fatalf("the sidecar's line is not there: %+v", record.Metadata)
	}
	if before[0].Path == after[0].Path {
		t.Errorf("both are %s", before[0].Path)
	}
}
