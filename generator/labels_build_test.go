package generator_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"slices"
	"strings"
	"testing"

	"shoebox/generator"
	"shoebox/internal/aws"
	"shoebox/internal/aws/awstest"
	"shoebox/internal/config"
	"shoebox/internal/gallery"
	"shoebox/internal/search"
	"shoebox/internal/storage"
)

// upload puts a scene into data/.
func upload(t *testing.T, b *storage.Mem, name string, s awstest.Scene) {
	t.Helper()
	var body bytes.Buffer
	if err := jpeg.Encode(&body, s.Draw(), &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	b.Upload("data/"+name, body.Bytes(), morning)
}

// found returns the names of what a query finds.
func found(t *testing.T, b storage.Bucket, query string) []string {
	t.Helper()
	x, err := search.Open(t.Context(), b, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	results, err := x.Search(t.Context(), search.Parse(query), search.Options{Size: 20})
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, hit := range results.Hits {
		names = append(names, strings.TrimPrefix(hit.Key, "data/"))
	}
	slices.Sort(names)
	return names
}

// From pictures to words: what a build shows and finds of what a recognizer said.
func TestBuildWithLabels(t *testing.T) {
	server := awstest.StartRekognition(t)
	awstest.Setenv(t, server.URL)
	faces := func(people ...awstest.Person) (all []awstest.Face) {
		for i, p := range people {
			all = append(all, awstest.Face{Person: p, Box: image.Rect(100+i*300, 200, 300+i*300, 420)})
		}
		return all
	}
	b := storage.NewMem()
	upload(t, b, "alps/meadow.jpg", awstest.Scene{Width: 2000, Height: 1500, Background: awstest.Grass})
	upload(t, b, "alps/snow.jpg", awstest.Scene{Width: 900, Height: 600, Background: awstest.Snow, Faces: faces(awstest.Red)})
	upload(t, b, "sea/beach.jpg", awstest.Scene{Width: 1200, Height: 800, Background: awstest.Sand, Faces: faces(awstest.Blue, awstest.Red)})
	b.Upload("data/alps/meadow.jpg.md", []byte("---\nkeywords: [plant]\n---\n"), morning)
	b.Upload("people.toml", []byte("[[person]]\nname = \"Natalie\"\nphoto = \"sea/beach.jpg\"\nface = 2\n"), morning)

	labelled := func(faces bool) *generator.Generator {
		t.Helper()
		labeler, err := aws.OpenRekognition(t.Context(), "shoebox")
		if err != nil {
			t.Fatal(err)
		}
		c := config.Default()
		c.Labels.Recognizer, c.Labels.Faces = "rekognition", faces
		return generator.New(generator.Options{Bucket: b, Config: c, Labeler: labeler, TempDir: t.TempDir()})
	}
	run := func(faces bool) generator.Report {
		t.Helper()
		report, err := labelled(faces).Build(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(report.Failed) != 0 {
			t.Errorf("failed: %v", report.Failed)
		}
		return report
	}
	build(t, b) // as it was before labels were switched on
	run(false)
	if got, want := found(t, b, "lawn"), []string{"alps/meadow.jpg"}; !slices.Equal(got, want) {
		t.Errorf("by an alias: found %q, want %q", got, want)
	}
	if got, want := found(t, b, "label:lawn"), []string{"alps/meadow.jpg"}; !slices.Equal(got, want) {
		t.Errorf("by an alias as a label: found %q, want %q", got, want)
	}
	if got := found(t, b, "nature"); len(got) != 3 {
		t.Errorf("by a parent: found %q, want all", got)
	}
	var r gallery.Record
	if err := json.Unmarshal([]byte(b.Contents(gallery.State)[gallery.RecordKey("data/alps/meadow.jpg")]), &r); err != nil {
		t.Fatal(err)
	}
	labels := "[{Grass 96 [Plant Nature] [Lawn] rekognition} {Nature 99.9 [] [] rekognition} {plant 100 [] [] keyword}]"
	if got := fmt.Sprint(r.Labels); got != labels {
		t.Errorf("labels %s, want %s", got, labels)
	}
	if !strings.Contains(b.Contents(gallery.Public)["public/alps/meadow.jpg.html"], "Grass") {
		t.Error("the page does not name the label")
	}

	run(true)
	if got, want := found(t, b, "Natalie"), []string{"alps/snow.jpg", "sea/beach.jpg"}; !slices.Equal(got, want) {
		t.Errorf("by a face: found %q, want %q", got, want)
	}
	if report := run(true); report.Written+report.Deleted != 0 {
		t.Errorf("a build with nothing to do wrote %d objects", report.Written)
	}
	b.Upload("people.toml", []byte("[[person]]\nname = \"Kari\"\nphoto = \"alps/snow.jpg\"\n"), morning)
	b.Writes()
	steps, err := labelled(true).Plan(t.Context())
	var develop []string
	for _, s := range steps {
		if s.Do == "develop" {
			develop = append(develop, s.Key)
		}
	}
	slices.Sort(develop)
	want := []string{"data/alps/snow.jpg", "data/sea/beach.jpg"}
	if w := b.Writes(); err != nil || len(w) != 0 || !slices.Equal(develop, want) {
		t.Errorf("plan: develop %q (%v), want %q; wrote %v", develop, err, want, w)
	}
	run(true)
	if got, want := found(t, b, "Kari"), []string{"alps/snow.jpg", "sea/beach.jpg"}; !slices.Equal(got, want) {
		t.Errorf("by another name: found %q, want %q", got, want)
	}
	if got := found(t, b, "Natalie"); len(got) != 0 {
		t.Errorf("by the name of before: found %q", got)
	}

	// A rename and a change of settings cost nothing.
	beach := b.Contents("data/")["data/sea/beach.jpg"]
	b.Upload("data/sea/shore.jpg", []byte(beach), morning)
	b.Remove("data/sea/beach.jpg")
	run(true)
	if got, want := found(t, b, "Kari"), []string{"alps/snow.jpg", "sea/shore.jpg"}; !slices.Equal(got, want) {
		t.Errorf("after a rename: found %q, want %q", got, want)
	}
	for operation, want := range map[string]int{"DetectLabels": 3, "IndexFaces": 3, "SearchFaces": 3} {
		if got := server.Billed(operation); got != want {
			t.Errorf("%s was billed %d times, want %d", operation, got, want)
		}
	}
	b.Remove("data/sea/shore.jpg")
	run(true)
	if got := server.Faces("shoebox"); len(got) != 1 {
		t.Errorf("the collection holds %q, want only the face on the photo that is left", got)
	}
	build(t, b) // switched off
	if got := found(t, b, "nature"); len(got) != 0 {
		t.Errorf("switched off: found %q", got)
	}
	for _, v := range b.Violations() {
		t.Error(v)
	}
}
