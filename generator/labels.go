package generator

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// A Labeler says what a picture shows. It is given a rendition, never the original, and it costs money: every answer is kept by
// the original's SHA-256 and not asked for again.
type Labeler interface {
	// Name is the Source of its labels: "rekognition".
	Name() string
	// Labels says what a JPEG or PNG shows. An error that concerns the picture or the bill is a [gallery.RecognitionError].
	Labels(ctx context.Context, picture []byte) (gallery.Recognition, error)
}

// What recognizers take (Amazon Rekognition, "Guidelines and quotas": 5 MB as bytes, 80 pixels, JPEG or PNG).
const (
	maxPicture = 5 << 20 // bytes
	minPicture = 80      // pixels of the shorter side
)

// capped is how it stands with a photo for which there was no money left.
const capped = "capped"

// none is how it stands with a photo that no recognizer can take.
func none(why string) string { return "none: " + why }

// label brings what a recognizer says of a photo into its record, which is complete otherwise and about to be written; read gives
// the bytes of a rendition by its path, or is nil when renditions are in the bucket already. What a recognizer said before is
// taken away first, so that the outcome depends on the photo, the settings and the answers alone. The old record, or nil, tells
// whose faces go when the photo was replaced. With renamed, what people are called has changed on other photos too.
func (g *Generator) label(ctx context.Context, b storage.Bucket, record, old *gallery.Record,
	read func(path string) ([]byte, error)) (renamed bool, err error) {
	if old != nil && old.SHA256 != record.SHA256 {
		if renamed, err = g.forget(ctx, b, old); err != nil {
			return renamed, err
		}
	}
	takeAway(record)
	record.LabelRecipe = g.labelRecipe(record.Kind)
	if record.LabelRecipe == "" {
		return renamed, nil
	}
	if read == nil {
		read = func(path string) ([]byte, error) {
			body, _, err := storage.Read(ctx, b, gallery.Public+path)
			return body, err
		}
	}
	shown, why := pictureFor(record)
	picture := func() ([]byte, error) { return read(shown.Path) }

	if why != "" {
		record.Labelled = none(why)
	} else {
		answer, status, err := g.answer(ctx, b, record.SHA256, picture)
		if err != nil {
			return renamed, fmt.Errorf("labels of %s: %w", record.Original.Key, err)
		}
		record.Labelled = status
		record.Labels = mergeLabels(record.Labels, answer, g.labeler.Name(), g.config.Labels)
	}

	finder := g.faceFinder()
	if finder == nil {
		return renamed, nil
	}
	var faces faceState
	if why != "" {
		record.FacesSought = none(why)
	} else if faces, record.FacesSought, err = g.seekFaces(ctx, b, finder, record, picture); err != nil {
		return renamed, fmt.Errorf("faces of %s: %w", record.Original.Key, err)
	}
	attachFaces(record, faces.Faces, g.labeler.Name())
	names, changed, err := g.names(ctx, b, record)
	if err != nil {
		return renamed, fmt.Errorf("people of %s: %w", record.Original.Key, err)
	}
	names.apply(record)
	return renamed || changed, nil
}

// takeAway removes what recognizers brought into a record. It leaves slices that other records share as they are.
func takeAway(r *gallery.Record) {
	var labels []gallery.Label
	for _, l := range r.Labels {
		if l.Source == "keyword" || l.Source == "sidecar" {
			labels = append(labels, l)
		}
	}
	var faces []gallery.Face
	for _, f := range r.Faces {
		if f.Source == "" {
			f.Group = ""
			faces = append(faces, f)
		}
	}
	r.Labels, r.Faces, r.Persons, r.Recognized = labels, faces, ownPersons(r), nil
	r.Labelled, r.FacesSought, r.LabelRecipe = "", "", ""
}

// pictureFor chooses the rendition that a recognizer is given, or says why there is none.
func pictureFor(r *gallery.Record) (gallery.Rendition, string) {
	why := "it has no picture that can be looked at"
	for _, use := range []string{gallery.Preview, gallery.Thumbnail} {
		p, ok := r.Rendition(use)
		switch {
		case !ok || p.Type != "image/jpeg" && p.Type != "image/png":
		case min(p.Width, p.Height) < minPicture:
			why = fmt.Sprintf("it has less than %d pixels", minPicture)
		case p.Bytes > maxPicture:
			why = "its preview is larger than 5 MB: lower renditions.preview"
		default:
			return p, ""
		}
	}
	return gallery.Rendition{}, why
}

// labelRecipe is the fingerprint of the settings by which answers are taken over; empty when nobody is asked about that kind.
func (g *Generator) labelRecipe(kind gallery.Kind) string {
	c := g.config.Labels
	if g.labeler == nil || kind != gallery.Photo {
		return ""
	}
	list := func(words []string) string { return fingerprint(words...) }
	return fingerprint(g.labeler.Name(), strconv.Itoa(c.MinConfidence), strconv.Itoa(c.Max), list(c.Allow), list(c.Deny),
		strconv.FormatBool(g.faceFinder() != nil))[:8]
}

// labelling decides, for one build, which records are due to be labelled. It may be used concurrently.
type labelling struct {
	*Generator
	names naming

	mu     sync.Mutex      // guards what follows
	budget int             // requests that may still be made
	seen   map[string]bool // the SHA-256 of each photo that was asked about
}

// labelling reads what decides which records are due: the month's budget and what people are called.
func (g *Generator) labelling(ctx context.Context, b storage.Bucket) (*labelling, error) {
	l := &labelling{Generator: g, seen: map[string]bool{}}
	if g.labeler == nil {
		return l, nil
	}
	var err error
	if l.budget, err = g.budget(ctx, b, time.Now()); err != nil || g.faceFinder() == nil {
		return l, err
	}
	l.names, _, err = g.names(ctx, b, nil)
	return l, err
}

// due reports whether a record that is current otherwise is to be labelled now. Of those that cost money it lets through as
// many as the budget is for.
func (l *labelling) due(r *gallery.Record) bool { return l.dueByRecognizer(r) || l.underived(r) }

func (l *labelling) dueByRecognizer(r *gallery.Record) bool {
	recipe := l.labelRecipe(r.Kind)
	if recipe == "" {
		return r.LabelRecipe != ""
	}
	if l.faceFinder() != nil {
		l.mu.Lock()
		l.seen[r.SHA256] = true
		l.mu.Unlock()
	}
	requests := 0
	if r.Labelled == "" || r.Labelled == capped {
		requests++
	}
	if l.faceFinder() != nil && (r.FacesSought == "" || r.FacesSought == capped) {
		requests += 2
	}
	if requests > 0 && l.spend(requests) {
		return true
	}
	if r.LabelRecipe != recipe {
		return r.LabelRecipe != "" // other settings for what was bought already
	}
	return l.faceFinder() != nil && l.names.stale(r)
}

// spend takes from the budget; false when nothing is left of it.
func (l *labelling) spend(requests int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.budget <= 0 {
		return false
	}
	l.budget -= requests
	return true
}

// failures are what is wrong with people.toml.
func (l *labelling) failures() []Failure { return slices.Clone(l.names.Problems) }

// stale reports whether people on a photo are called otherwise now, or its own words for them are not known.
func (n naming) stale(r *gallery.Record) bool {
	now := *r
	n.apply(&now)
	return !reflect.DeepEqual(now.Faces, r.Faces) || !slices.Equal(now.Recognized, r.Recognized) || n.lacks(r)
}

// refusal returns why a picture was refused, in words for the owner; empty for any other error.
func refusal(err error) string {
	var r *gallery.RecognitionError
	if errors.As(err, &r) && r.Refused {
		return strings.ToValidUTF8(err.Error(), "")
	}
	return ""
}

// free reports whether a request that ended in an error was certainly not billed.
func free(err error) bool {
	var r *gallery.RecognitionError
	return errors.As(err, &r) && r.Free
}
