package generator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"shoebox/internal/aws"
	"shoebox/internal/aws/awstest"
	"shoebox/internal/config"
	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// Photos come, are replaced, go and come again, and events tell of it twice and in no order. In the end the collection holds the
// faces on the photos that are there, and no others.
func TestFacesInAStorm(t *testing.T) {
	people := []awstest.Person{awstest.Red, awstest.Blue, awstest.Green}
	for seed := range uint64(3) {
		r := rand.New(rand.NewPCG(seed, 3))
		server := awstest.StartRekognition(t)
		awstest.Setenv(t, server.URL)
		server.Throttle(100)
		b := storage.NewMem()
		newGenerator := func() *Generator {
			labeler, err := aws.OpenRekognition(t.Context(), "shoebox")
			if err != nil {
				t.Fatal(err)
			}
			c := config.Default()
			c.Labels.Recognizer, c.Labels.Faces, c.Labels.PerMonth = "rekognition", true, 100_000
			return New(Options{Bucket: b, Config: c, Labeler: labeler, TempDir: t.TempDir()})
		}
		work := make(chan string)
		var workers errgroup.Group
		for range 8 { // each is a function of its own
			g := newGenerator()
			workers.Go(func() error {
				for key := range work {
					for try := 1; ; try++ { // as the queue does
						_, err := g.Develop(t.Context(), key)
						if err == nil {
							break
						}
						if !errors.Is(err, storage.ErrPrecondition) && !strings.Contains(err.Error(), "changed") || try == 20 {
							return fmt.Errorf("develop %s: %w", key, err)
						}
					}
				}
				return nil
			})
		}
		there, events := map[string]bool{}, []string{}
		for range 150 {
			key := fmt.Sprintf("data/%d.jpg", r.IntN(12))
			if r.IntN(3) == 0 {
				b.Remove(key)
				delete(there, key)
			} else {
				i := r.IntN(6) // few pictures, so that many have the same bytes, and come back
				scene := awstest.Scene{Width: 300 + i, Height: 200, Background: awstest.Snow, Faces: []awstest.Face{
					{Person: people[i%3], Box: image.Rect(60, 60, 160, 160)},
				}}
				var body bytes.Buffer
				if err := jpeg.Encode(&body, scene.Draw(), nil); err != nil {
					t.Fatal(err)
				}
				b.Upload(key, body.Bytes(), time.Unix(1e9, 0))
				there[key] = true
			}
			events = append(events, key)
			if r.IntN(5) == 0 {
				events = append(events, key)
			}
			for len(events) > 0 && r.IntN(3) > 0 {
				i := r.IntN(len(events))
				work <- events[i]
				events = slices.Delete(events, i, i+1)
			}
		}
		for _, key := range events {
			work <- key
		}
		close(work)
		if err := workers.Wait(); err != nil {
			t.Fatal(err)
		}

		// At night what nobody knows of any more is looked for.
		g := newGenerator()
		night, err := g.labelling(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]int{}
		for key := range there {
			var record gallery.Record
			if err := json.Unmarshal([]byte(b.Contents(gallery.State)[gallery.RecordKey(key)]), &record); err != nil {
				t.Fatalf("seed %d: the record of %s: %v", seed, key, err)
			}
			if _, info, err := storage.Read(t.Context(), b, key); err != nil || record.Original.ETag != info.ETag {
				t.Errorf("seed %d: %s: the record is of other bytes (%v)", seed, key, err)
			}
			if record.FacesSought != "rekognition/7.0" || len(record.Faces) != 1 || record.Faces[0].Group == "" {
				t.Errorf("seed %d: %s: faces %v, sought %q", seed, key, record.Faces, record.FacesSought)
			}
			want[record.SHA256] = 1
			if night.due(&record) {
				t.Errorf("seed %d: %s is due", seed, key)
			}
		}
		strays := len(server.Faces("shoebox")) - len(want)
		if err := night.sweep(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		got := map[string]int{}
		for _, image := range server.Faces("shoebox") {
			sha256, _, _ := strings.Cut(image, ".")
			got[sha256]++
		}
		if !maps.Equal(got, want) {
			t.Errorf("seed %d: the collection holds faces on %v, want %v", seed, got, want)
		}
		t.Logf("seed %d: %d photos, %d faces of none; DetectLabels %d, IndexFaces %d, SearchFaces %d", seed, len(there), strays,
			server.Billed("DetectLabels"), server.Billed("IndexFaces"), server.Billed("SearchFaces"))
	}
}
