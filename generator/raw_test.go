package generator_test

import (
	"context"
	"encoding/binary"
	"io"
	"strings"
	"sync"
	"testing"

	"shoebox/internal/storage"
)

// byRange is a bucket that can be read by Gets only, as S3, and notes those of one key.
type byRange struct {
	*storage.Mem
	key string

	mu   sync.Mutex // guards gets
	gets []storage.Range
}

func (b *byRange) Get(ctx context.Context, key string, r storage.Range) (*storage.Object, error) {
	o, err := b.Mem.Get(ctx, key, r)
	if err != nil || key != b.key {
		return o, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.gets = append(b.gets, r)
	o.Body = io.NopCloser(o.Body)
	return o, nil
}

// rawFile is a raw file with a preview, which stands at an offset; 0: right behind the directory.
func rawFile(preview []byte, at int) []byte {
	be := binary.BigEndian
	body := append([]byte("MM\x00*\x00\x00\x00\x08"), be.AppendUint16(nil, 4)...)
	at = max(at, len(body)+4*12+4)
	for _, e := range [][2]int{{0x100, 6000}, {0x101, 4000}, {0x201, at}, {0x202, len(preview)}} {
		body = be.AppendUint16(be.AppendUint16(body, uint16(e[0])), 4)
		body = be.AppendUint32(be.AppendUint32(body, 1), uint32(e[1]))
	}
	return append(append(body, make([]byte, at-len(body))...), preview...)
}

// TestLargeRawIsReadByRange: an original too large for memory is hashed as it streams by; of its bytes little more than the preview
// is read a second time.
func TestLargeRawIsReadByRange(t *testing.T) {
	preview := photo(t, 1)
	body := append(rawFile(preview, 50<<20), make([]byte, 20<<20)...)

	b := &byRange{Mem: storage.NewMem(), key: "data/a.nef"}
	b.Upload(b.key, body, morning)
	report := build(t, b)
	if len(report.Failed) != 0 {
		t.Fatalf("failed: %+v", report.Failed)
	}
	again := int64(0)
	for _, g := range b.gets[2:] { // the first two are whole: to open it, and for its hash
		if g.Length == 0 {
			t.Errorf("asked for all from %d on", g.Offset)
		}
		again += g.Length
	}
	if n := len(b.gets) - 2; n != 2 || again > int64(len(preview))+128<<10 {
		t.Errorf("%d ranges with %d bytes: %v; want two, the first block and that of the preview of %d bytes", n, again, b.gets, len(preview))
	}
}

// TestRawAndJPEGAreOneItem: the JPEG is shown, both are for download.
func TestRawAndJPEGAreOneItem(t *testing.T) {
	b := storage.NewMem()
	b.Upload("data/a/IMG_1.JPG", photo(t, 1), morning)
	b.Upload("data/a/IMG_1.CR2", rawFile(photo(t, 2), 0), morning)
	b.Upload("data/a/IMG_1.CR2.xmp", []byte(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">`+
		`<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:subject><rdf:Bag><rdf:li>snow</rdf:li></rdf:Bag></dc:subject>`+
		`</rdf:Description></rdf:RDF></x:xmpmeta>`), morning)
	b.Upload("data/a/img_1.nef", rawFile(photo(t, 3), 0), morning) // another name
	report := build(t, b)
	if report.Originals != 2 || len(report.Failed) != 0 {
		t.Errorf("%d originals, failed %+v; want 2 and none", report.Originals, report.Failed)
	}
	held := b.Contents("")
	for key, want := range map[string]bool{
		"public/a/IMG_1.JPG.html": true, "public/a/IMG_1.CR2.html": false, "public/a/img_1.nef.html": true,
		"public/a/-/original/IMG_1.JPG": true, "public/a/-/original/IMG_1.CR2": true, "public/a/-/original/IMG_1.CR2.xmp": false,
		"state/records/a/IMG_1.JPG.json": true, "state/records/a/IMG_1.CR2.json": false,
	} {
		if _, there := held[key]; there != want {
			t.Errorf("%s is there: %t, want %t", key, there, want)
		}
	}
	page := held["public/a/IMG_1.JPG.html"]
	for _, want := range []string{`href="-/original/IMG_1.JPG"`, `href="-/original/IMG_1.CR2"`, "CR2, ", "snow"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	if index := held["public/a/index.json"]; !strings.Contains(index, `"companions":["-/original/IMG_1.CR2"]`) {
		t.Errorf("index.json lacks the raw file: %s", index)
	}
	// The renditions stand when the raw file goes: only pages and records are written.
	b.Remove("data/a/IMG_1.CR2")
	b.Writes()
	build(t, b)
	for _, key := range written(b) {
		if strings.Contains(key, ".#.") && strings.HasPrefix(key, "public/") {
			t.Errorf("the raw file gone: wrote %s", key)
		}
	}
	if page := b.Contents("")["public/a/IMG_1.JPG.html"]; strings.Contains(page, `IMG_1.CR2"`) {
		t.Error("the raw file gone: the page still leads to it")
	}
}
