package generator_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"path"
	"strings"
	"testing"
	"time"

	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// An owner has a bucket, puts files into it, replaces and deletes them.
type owner struct {
	t      testing.TB
	bucket storage.Bucket
	random *rand.Rand
	keys   []string
	holds  map[string]int   // key → version that is there now
	had    map[string][]int // key → versions so far
	last   int              // version
}

// stormAlbums are the albums of an owner, each with the number of its files; the small ones come and go as a whole.
var stormAlbums = []struct {
	path  string
	files int
}{
	{"", 20}, {"alps", 60}, {"alps/2024", 8}, {"alps/2024/summer", 3}, {"sea", 70}, {"sea/north & south", 4},
	{"city", 60}, {"city/night/late", 60}, {"a.html", 30}, {"-", 25}, {"private", 20}, {"private/family", 40},
}

func newOwner(t testing.TB, bucket storage.Bucket, seed uint64) *owner {
	o := &owner{
		t: t, bucket: bucket, random: rand.New(rand.NewPCG(seed, 2)),
		holds: map[string]int{}, had: map[string][]int{},
	}
	for _, a := range stormAlbums {
		for i := range a.files {
			o.keys = append(o.keys, path.Join("data", a.path, stormName(i)))
		}
	}
	return o
}

// stormName is the name of an album's i-th file: of ten, five or six are pictures and three or five speak of them, some of two at once.
func stormName(i int) string {
	n := i / 10
	switch i % 10 {
	case 0:
		return fmt.Sprintf("IMG_%d.jpg", n)
	case 1:
		if n == 0 {
			return "index.md"
		}
		return fmt.Sprintf("notes %d.txt", n)
	case 2:
		return fmt.Sprintf("IMG_%d.jpg.md", n)
	case 3:
		return fmt.Sprintf("IMG_%d.xmp", n) // of the .jpg, unless that has its own, and of the .png
	case 4:
		return fmt.Sprintf("IMG_%d.png", n)
	case 5:
		return fmt.Sprintf("IMG_%d.jpg.xmp", n)
	case 6:
		if n%2 == 1 {
			return fmt.Sprintf("IMG_%d.jpg.json", n) // Google Takeout's, or nobody's
		}
		return fmt.Sprintf("LIVE_%d.jpg", n)
	case 7:
		if n%2 == 1 {
			return fmt.Sprintf("IMG_%d-edited(1).jpg", n)
		}
		return fmt.Sprintf("LIVE_%d.MOV", n) // that photo's video, or another's
	case 8:
		if n%2 == 1 {
			return fmt.Sprintf("IMG_%d.jpg.supplemental-metadata(1).json", n)
		}
	case 9:
		if n%2 == 1 {
			return fmt.Sprintf("IMG_%d-edited.jpg", n)
		}
	}
	return fmt.Sprintf("DSC#%d%d.jpg", n, i%10)
}

// act does one thing to one file, and returns its key.
func (o *owner) act() string {
	keys := o.keys
	if o.random.IntN(4) == 0 { // some are changed again and again
		keys = keys[len(keys)/2:][:4]
	}
	key := keys[o.random.IntN(len(keys))]
	_, there := o.holds[key]
	switch n := o.random.IntN(100); {
	case there && n < 35:
		o.remove(key)
	case len(o.had[key]) > 1 && n < 50 && path.Ext(key) == ".jpg": // what it was before
		o.put(key, o.had[key][o.random.IntN(len(o.had[key]))])
	default:
		o.last++
		o.put(key, o.last)
	}
	return key
}

func (o *owner) put(key string, version int) {
	body := stormFile(o.t, key, version)
	if m, ok := o.bucket.(*storage.Mem); ok {
		// The date goes by the version, so that the same bytes have the same one; in S3 they have not.
		m.Upload(key, body, morning.Add(time.Duration(version*7919%5000)*time.Hour))
	} else if _, err := o.bucket.Put(context.Background(), key, body, storage.PutOptions{}); err != nil {
		o.t.Errorf("upload: %v", err)
	}
	o.holds[key] = version
	o.had[key] = append(o.had[key], version)
}

func (o *owner) remove(key string) {
	if m, ok := o.bucket.(*storage.Mem); ok {
		m.Remove(key)
	} else if err := o.bucket.Delete(context.Background(), key); err != nil {
		o.t.Errorf("remove: %v", err)
	}
	delete(o.holds, key)
}

// stormFile is what a file holds in some version.
func stormFile(t testing.TB, key string, version int) []byte {
	words := fmt.Sprintf("word%d", version%5)
	switch name := gallery.Name(key); {
	case name == ".nomedia":
		return nil
	case name == "style.css":
		return fmt.Appendf(nil, "body { margin: %dpx }", version)
	case name == "index.md":
		return fmt.Appendf(nil, "---\ntitle: Album %d\nhidden: %t\nsort: %s\ncover: %s\nweight: %d\n---\nText %s.", version, version%6 == 0,
			[]string{"name", "taken", "modified"}[version%3], []string{"IMG_0.jpg", "2024/IMG_0.jpg", "''"}[version/3%3], version%4, words)
	case strings.HasSuffix(name, ".md"):
		return fmt.Appendf(nil, "---\ntitle: Title %d\nkeywords: [%s]\n---\nCaption.", version, words)
	case strings.HasSuffix(name, ".xmp"):
		return fmt.Appendf(nil, `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
			xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title><rdf:Alt><rdf:li xml:lang="x-default">Named %d</rdf:li></rdf:Alt></dc:title>
			<dc:subject><rdf:Bag><rdf:li>%s</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>`, version, words)
	case strings.HasSuffix(name, ".json") && version%3 == 0:
		return fmt.Appendf(nil, `{"version": %d}`, version)
	case strings.HasSuffix(name, ".json"):
		return fmt.Appendf(nil, `{"title": "x", "description": "%s", "photoTakenTime": {"timestamp": "%d"}}`, words, 1_000_000_000+version)
	case strings.HasSuffix(name, ".MOV"):
		return fmt.Appendf(liveVideo(fmt.Sprintf("Live Photo %d", version%2)), "\x00\x00\x01\x00free%0248d", version)
	case strings.HasSuffix(name, ".txt"):
		return fmt.Appendf(nil, "note %d", version)
	}
	m := image.NewRGBA(image.Rect(0, 0, 18, 12))
	for y := range 12 {
		for x := range 18 {
			m.SetRGBA(x, y, color.RGBA{uint8(x*10 + version), uint8(y*16 + version/256*40), uint8(version * 53), 255})
		}
	}
	var b bytes.Buffer
	var err error
	if strings.HasSuffix(key, ".png") {
		err = png.Encode(&b, m)
	} else {
		err = jpeg.Encode(&b, m, &jpeg.Options{Quality: 90})
	}
	if err != nil {
		t.Error(err)
	}
	body := b.Bytes()
	if strings.HasPrefix(gallery.Name(key), "LIVE_") {
		body = livePhoto(body, fmt.Sprintf("Live Photo %d", version%2))
	}
	// Programs ignore what follows the picture; no two versions have the same bytes.
	return fmt.Appendf(body, "%s %d", key, version)
}
