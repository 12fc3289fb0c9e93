package generator

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image/jpeg"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"shoebox/internal/aws"
	"shoebox/internal/aws/awstest"
	"shoebox/internal/config"
	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// A shelf is a bucket of photos with a recognizer, without the rest of a gallery.
type shelf struct {
	*Generator
	t      *testing.T
	out    *storage.Mem
	server *awstest.Rekognition
}

func newShelf(t *testing.T, settings func(*config.Labels)) *shelf {
	t.Helper()
	server := awstest.StartRekognition(t)
	awstest.Setenv(t, server.URL)
	s := &shelf{t: t, out: storage.NewMem(), server: server}
	s.Generator = s.configured(settings)
	return s
}

// configured returns a generator of other settings for the same bucket and recognizer.
func (s *shelf) configured(settings func(*config.Labels)) *Generator {
	s.t.Helper()
	c := config.Default()
	c.Labels.Recognizer = "rekognition"
	if settings != nil {
		settings(&c.Labels)
	}
	if err := c.Validate(); err != nil {
		s.t.Fatal(err)
	}
	labeler, err := aws.OpenRekognition(s.t.Context(), c.Labels.Collection)
	if err != nil {
		s.t.Fatal(err)
	}
	return New(Options{Bucket: s.out, Config: c, Labeler: labeler})
}

// photo is what develop makes of a scene: an original, its preview, and a record that is not yet labelled.
func photo(t *testing.T, b storage.Bucket, key string, scene awstest.Scene, m gallery.Metadata) *gallery.Record {
	t.Helper()
	var body bytes.Buffer
	if err := jpeg.Encode(&body, scene.Draw(), &jpeg.Options{Quality: 80}); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(body.Bytes())
	r := &gallery.Record{SHA256: hex.EncodeToString(sum[:]), Kind: gallery.Photo, Type: "image/jpeg", Metadata: m}
	r.Renditions = []gallery.Rendition{{
		Use: gallery.Preview, Path: gallery.RenditionPath(key, r.SHA256, scene.Width, ".jpg"), Type: "image/jpeg",
		Width: scene.Width, Height: scene.Height, Bytes: body.Len(),
	}}
	r.Labels = ownLabels(r)
	if mem, ok := b.(*storage.Mem); ok {
		mem.Upload(key, body.Bytes(), time.Unix(1e9, 0))
	} else if _, err := b.Put(t.Context(), key, body.Bytes(), storage.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	_, info, err := storage.Read(t.Context(), b, key)
	if err != nil {
		t.Fatal(err)
	}
	r.Original = gallery.Original{Key: key, ETag: info.ETag, Size: info.Size}
	if _, err := b.Put(t.Context(), gallery.Public+r.Renditions[0].Path, body.Bytes(), storage.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	return r
}

func (s *shelf) photo(key string, scene awstest.Scene, m gallery.Metadata) *gallery.Record {
	s.t.Helper()
	return photo(s.t, s.out, key, scene, m)
}

// stored returns a record as it is in the bucket; nil when there is none.
func (s *shelf) stored(key string) *gallery.Record {
	s.t.Helper()
	var r gallery.Record
	etag, err := readState(s.t.Context(), s.out, gallery.RecordKey(key), &r)
	if err != nil {
		s.t.Fatal(err)
	}
	if etag == "" {
		return nil
	}
	return &r
}

// label labels a record, stores it, and returns it as it is read back.
func (s *shelf) label(r *gallery.Record) *gallery.Record {
	s.t.Helper()
	if _, err := s.Generator.label(s.t.Context(), s.out, r, s.stored(r.Original.Key), nil); err != nil {
		s.t.Fatal(err)
	}
	body, err := json.Marshal(r)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.out.Put(s.t.Context(), gallery.RecordKey(r.Original.Key), body, storage.PutOptions{}); err != nil {
		s.t.Fatal(err)
	}
	return s.stored(r.Original.Key)
}

// due reports whether a stored record is due.
func (s *shelf) due(key string) bool {
	s.t.Helper()
	l, err := s.labelling(s.t.Context(), s.out)
	if err != nil {
		s.t.Fatal(err)
	}
	return l.due(s.stored(key))
}

// said are a record's labels as "Name" or, of the owner, "Name!".
func said(r *gallery.Record) []string {
	words := []string{}
	for _, l := range r.Labels {
		name := l.Name
		if l.Source == "keyword" {
			name += "!"
		}
		words = append(words, name)
	}
	return words
}

var (
	meadow = awstest.Scene{Width: 640, Height: 480, Background: awstest.Grass}
	beach  = awstest.Scene{Width: 640, Height: 480, Background: awstest.Sand}
)

func TestLabels(t *testing.T) {
	s := newShelf(t, nil)
	r := s.label(s.photo("data/a/meadow.jpg", meadow, gallery.Metadata{Keywords: []string{"nature", "hike"}}))
	if got, want := said(r), []string{"Grass", "hike!", "nature!", "Plant"}; !slices.Equal(got, want) {
		t.Errorf("labels %q, want %q", got, want)
	}
	if r.Labelled != "rekognition/3.0" || r.FacesSought != "" {
		t.Errorf("labelled %q, faces sought %q", r.Labelled, r.FacesSought)
	}
	if got, want := fmt.Sprint(r.Labels[0]), "{Grass 96 [Plant Nature] [Lawn] rekognition}"; got != want {
		t.Errorf("label %s, want %s", got, want)
	}
	if s.due("data/a/meadow.jpg") {
		t.Error("a labelled photo is due")
	}

	// Renamed, doubled, developed anew by another generator: nothing is asked again, and the record is the same.
	for _, key := range []string{"data/b/renamed.jpg", "data/a/meadow.jpg"} {
		again := s.label(s.photo(key, meadow, gallery.Metadata{Keywords: []string{"nature", "hike"}}))
		if !slices.Equal(said(again), said(r)) {
			t.Errorf("%s: labels %q, want %q", key, said(again), said(r))
		}
	}
	if got := s.server.Billed("DetectLabels"); got != 1 {
		t.Errorf("asked %d times, want 1", got)
	}

	// The answer is kept whole.
	answer, err := readAnswer(t.Context(), s.out, r.SHA256)
	if err != nil || len(answer.Labels) != 3 || answer.Model != "3.0" ||
		!slices.Equal(answer.Labels[0].Categories, []string{"Nature and Outdoors"}) {
		t.Errorf("kept %+v, %v", answer, err)
	}
}

func TestLabelSettingsCostNothing(t *testing.T) {
	s := newShelf(t, func(c *config.Labels) { c.MinConfidence = 50 })
	const key = "data/beach.jpg"
	if got, want := said(s.label(s.photo(key, beach, gallery.Metadata{}))), []string{"Beach", "Nature", "Sand"}; !slices.Equal(got, want) {
		t.Fatalf("labels %q, want %q", got, want)
	}
	for _, c := range []struct {
		name     string
		settings func(*config.Labels)
		want     []string
	}{
		{"surer", func(c *config.Labels) { c.MinConfidence = 95 }, []string{"Nature"}},
		{"fewer", func(c *config.Labels) { c.MinConfidence, c.Max = 50, 2 }, []string{"Nature", "Sand"}},
		{"deny", func(c *config.Labels) { c.Deny = []string{"sand"} }, []string{"Nature"}},
		{"allow by parent", func(c *config.Labels) { c.MinConfidence, c.Allow = 50, []string{"Sand"} }, []string{"Beach", "Sand"}},
		{"allow by alias", func(c *config.Labels) { c.MinConfidence, c.Allow = 50, []string{"shore"} }, []string{"Beach"}},
		{"allow by category", func(c *config.Labels) { c.Allow = []string{"Nature and Outdoors"} }, []string{"Nature", "Sand"}},
		{"nothing more to spend", func(c *config.Labels) { c.PerMonth = 0 }, []string{"Nature", "Sand"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.t, s.Generator = t, s.configured(c.settings)
			if !s.due(key) {
				t.Error("not due after a change of settings")
			}
			r := s.label(s.stored(key))
			if got := said(r); !slices.Equal(got, c.want) {
				t.Errorf("labels %q, want %q", got, c.want)
			}
			if s.due(key) {
				t.Error("due again")
			}
			for _, l := range r.Labels {
				if c.name == "deny" && slices.Contains(l.Parents, "Sand") {
					t.Errorf("%s can still be found as Sand", l.Name)
				}
			}
		})
	}
	if got := s.server.Billed("DetectLabels"); got != 1 {
		t.Errorf("asked %d times, want 1", got)
	}

	// Without a recognizer its labels go.
	s.Generator = New(Options{Bucket: s.out, Config: config.Default()})
	if !s.due(key) {
		t.Error("not due after it was switched off")
	}
	if r := s.label(s.stored(key)); len(r.Labels) != 0 || r.Labelled != "" || s.due(key) {
		t.Errorf("labels %q, labelled %q after it was switched off", said(r), r.Labelled)
	}
}

func TestLabelsRefused(t *testing.T) {
	s := newShelf(t, nil)
	s.server.Plan("DetectLabels", "InvalidImageFormatException")
	for range 2 { // never by itself again, not even when it is developed anew
		r := s.label(s.photo("data/odd.jpg", beach, gallery.Metadata{}))
		if want := "none: rekognition: InvalidImageFormatException: as the test wants it"; r.Labelled != want || len(r.Labels) != 0 {
			t.Errorf("labelled %q, want %q", r.Labelled, want)
		}
		if s.due("data/odd.jpg") {
			t.Error("a refused photo is due")
		}
	}
	r := s.label(s.photo("data/small.jpg", awstest.Scene{Width: 300, Height: 79, Background: awstest.Sky}, gallery.Metadata{}))
	if want := "none: it has less than 80 pixels"; r.Labelled != want || s.due("data/small.jpg") {
		t.Errorf("labelled %q, want %q", r.Labelled, want)
	}
	video := s.photo("data/film.mp4", beach, gallery.Metadata{})
	video.Kind = gallery.Video
	if r := s.label(video); r.Labelled != "" || s.due("data/film.mp4") {
		t.Errorf("a video is labelled %q", r.Labelled)
	}
	if got := s.server.Billed("DetectLabels"); got != 0 {
		t.Errorf("%d requests were billed, want none", got)
	}
	if left, err := s.budget(t.Context(), s.out, time.Now()); err != nil || left != 1000 {
		t.Errorf("%d left, %v, want all: nothing was billed", left, err)
	}
}

func TestPictureFor(t *testing.T) {
	preview := gallery.Rendition{Use: gallery.Preview, Type: "image/jpeg", Path: "preview", Width: 1600, Height: 1200, Bytes: 300_000}
	thumbnail := gallery.Rendition{Use: gallery.Thumbnail, Type: "image/jpeg", Path: "thumbnail", Width: 480, Height: 360, Bytes: 30_000}
	with := func(r gallery.Rendition, change func(*gallery.Rendition)) gallery.Rendition { change(&r); return r }
	for _, c := range []struct {
		name       string
		renditions []gallery.Rendition
		path, why  string
	}{
		{"a photo", []gallery.Rendition{thumbnail, preview}, "preview", ""},
		{"an animation", []gallery.Rendition{with(preview, func(r *gallery.Rendition) { r.Type = "image/gif" }), thumbnail}, "thumbnail", ""},
		{"a heavy preview", []gallery.Rendition{with(preview, func(r *gallery.Rendition) { r.Bytes = 5<<20 + 1 }), thumbnail}, "thumbnail", ""},
		{"as heavy as may be", []gallery.Rendition{with(preview, func(r *gallery.Rendition) { r.Bytes = 5 << 20 })}, "preview", ""},
		{"a panorama", []gallery.Rendition{preview, with(thumbnail, func(r *gallery.Rendition) { r.Height = 40 })}, "preview", ""},
		{"a line", []gallery.Rendition{with(thumbnail, func(r *gallery.Rendition) { r.Height = 79 })}, "", "it has less than 80 pixels"},
		{"nothing", nil, "", "it has no picture that can be looked at"},
	} {
		if got, why := pictureFor(&gallery.Record{Renditions: c.renditions}); got.Path != c.path || why != c.why {
			t.Errorf("%s: %q, %q, want %q, %q", c.name, got.Path, why, c.path, c.why)
		}
	}
}

func TestLabelsFailForNow(t *testing.T) {
	s := newShelf(t, nil)
	s.server.Plan("DetectLabels", "AccessDeniedException")
	r := s.photo("data/a.jpg", beach, gallery.Metadata{})
	_, err := s.Generator.label(t.Context(), s.out, r, nil, nil)
	if err == nil || !strings.Contains(err.Error(), "data/a.jpg") || !strings.Contains(err.Error(), "AccessDenied") {
		t.Errorf("got %v, want an error that names the key and the reason", err)
	}
	if got := s.out.Contents(gallery.State + "labels/"); got[answerKey(r.SHA256)] != "" {
		t.Errorf("an answer was kept: %q", got)
	}
	if r := s.label(s.photo("data/a.jpg", beach, gallery.Metadata{})); r.Labelled != "rekognition/3.0" {
		t.Errorf("labelled %q when it came again", r.Labelled)
	}
	if left, err := s.budget(t.Context(), s.out, time.Now()); err != nil || left != 999 {
		t.Errorf("%d left, %v, want 999", left, err)
	}
}

func TestLabelsCapped(t *testing.T) {
	s := newShelf(t, func(c *config.Labels) { c.PerMonth = 2 })
	scene := func(i int) awstest.Scene { return awstest.Scene{Width: 200 + i, Height: 150, Background: awstest.Snow} }
	for i := range 5 {
		s.label(s.photo(fmt.Sprintf("data/%d.jpg", i), scene(i), gallery.Metadata{}))
	}
	var got []string
	for i := range 5 {
		got = append(got, s.stored(fmt.Sprintf("data/%d.jpg", i)).Labelled)
	}
	if want := []string{"rekognition/3.0", "rekognition/3.0", "capped", "capped", "capped"}; !slices.Equal(got, want) {
		t.Errorf("labelled %q, want %q", got, want)
	}
	if got := s.server.Billed("DetectLabels"); got != 2 {
		t.Errorf("asked %d times, want 2", got)
	}
	due := func() (n int) {
		l, err := s.labelling(t.Context(), s.out)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 5 {
			if l.due(s.stored(fmt.Sprintf("data/%d.jpg", i))) {
				n++
			}
		}
		return n
	}
	if n := due(); n != 0 {
		t.Errorf("%d are due with nothing to spend", n)
	}
	s.Generator = s.configured(func(c *config.Labels) { c.PerMonth = 4 })
	if n := due(); n != 2 {
		t.Errorf("%d are due, want the 2 that there is money for", n)
	}
	// Another month has money of its own.
	next := time.Now().AddDate(0, 1, 0)
	if left, err := s.budget(t.Context(), s.out, next); err != nil || left != 4 || usageKey(next) == usageKey(time.Now()) {
		t.Errorf("%d left in %s, %v, want 4", left, usageKey(next), err)
	}
	if got, want := usageKey(time.Date(2026, 12, 1, 0, 30, 0, 0, time.FixedZone("", 3600))), "state/labels/usage-2026-11.json"; got != want {
		t.Errorf("usage is counted in %s, want %s", got, want)
	}
}

// Whatever processes there are, and whoever is slow, the cap holds.
func TestLabelCapHolds(t *testing.T) {
	t.Run("memory", func(t *testing.T) { capHolds(t, storage.NewMem()) })
	t.Run("folder", func(t *testing.T) {
		dir, err := storage.OpenDir(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer dir.Close()
		capHolds(t, dir)
	})
	t.Run("s3", func(t *testing.T) {
		endpoint := awstest.StartS3(t, "site")
		awstest.Setenv(t, endpoint)
		bucket, err := aws.OpenBucket(t.Context(), "site")
		if err != nil {
			t.Fatal(err)
		}
		capHolds(t, bucket)
	})
}

func capHolds(t *testing.T, b storage.Bucket) {
	const cap, workers, photos = 100, 40, 130
	server := awstest.StartRekognition(t)
	t.Setenv("AWS_ENDPOINT_URL_REKOGNITION", server.URL)
	if _, ok := b.(*aws.Bucket); !ok {
		awstest.Setenv(t, server.URL)
	}
	server.Throttle(20)
	s := &shelf{t: t, server: server}
	records := make([]*gallery.Record, photos)
	for i := range records {
		scene := awstest.Scene{Width: 80 + i, Height: 80, Background: awstest.Sky}
		records[i] = photo(t, b, fmt.Sprintf("data/%d.jpg", i), scene, gallery.Metadata{})
	}
	var mu sync.Mutex // guards counts
	counts := map[string]int{}
	var work errgroup.Group
	next := make(chan *gallery.Record)
	for range workers { // each is a process of its own
		g := s.configured(func(c *config.Labels) { c.PerMonth = cap })
		work.Go(func() error {
			for r := range next {
				if _, err := g.label(t.Context(), b, r, nil, nil); err != nil {
					return err
				}
				mu.Lock()
				counts[r.Labelled]++
				mu.Unlock()
			}
			return nil
		})
	}
	for _, r := range records {
		next <- r
	}
	close(next)
	if err := work.Wait(); err != nil {
		t.Fatal(err)
	}
	if counts["rekognition/3.0"] != cap || counts[capped] != photos-cap {
		t.Errorf("labelled %v, want %d, and %d capped", counts, cap, photos-cap)
	}
	if got := server.Billed("DetectLabels"); got != cap {
		t.Errorf("%d requests were billed, want %d", got, cap)
	}
}

// Photos of the same bytes that one process develops at once are asked about once.
func TestLabelsOfEqualBytes(t *testing.T) {
	s := newShelf(t, nil)
	var work errgroup.Group
	for i := range 20 {
		r := s.photo(fmt.Sprintf("data/copy-%d.jpg", i), beach, gallery.Metadata{})
		work.Go(func() error {
			_, err := s.Generator.label(context.Background(), s.out, r, nil, nil)
			if err == nil && len(r.Labels) != 2 {
				err = fmt.Errorf("labels %q", said(r))
			}
			return err
		})
	}
	if err := work.Wait(); err != nil {
		t.Error(err)
	}
	if got := s.server.Billed("DetectLabels"); got != 1 {
		t.Errorf("asked %d times, want 1", got)
	}
}

// Time may run out between asking and keeping the answer: what was paid for is kept.
func TestLabelsThatWerePaidAreKept(t *testing.T) {
	s := newShelf(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	r := s.photo("data/a.jpg", beach, gallery.Metadata{})
	s.labeler = &lastLook{Labeler: s.labeler, then: cancel}
	out := &output{Bucket: s.out, tell: s.tell} // which stops when time is up
	if _, err := s.Generator.label(ctx, out, r, nil, nil); err != nil {
		t.Fatal(err)
	}
	if a, err := readAnswer(t.Context(), s.out, r.SHA256); err != nil || len(a.Labels) != 3 {
		t.Errorf("kept %+v, %v", a, err)
	}
}

// lastLook is a labeler whose caller runs out of time once it has answered.
type lastLook struct {
	Labeler
	then func()
}

func (l *lastLook) Labels(ctx context.Context, picture []byte) (gallery.Recognition, error) {
	r, err := l.Labeler.Labels(ctx, picture)
	l.then()
	return r, err
}
