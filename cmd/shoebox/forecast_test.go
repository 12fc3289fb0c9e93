//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"os"
	"path/filepath"
	"testing"

	"shoebox/generator"
	"shoebox/internal/aws"
	"shoebox/internal/aws/awstest"
	"shoebox/internal/cost"
	"shoebox/internal/storage"
)

// large draws a photo that needs a thumbnail and a preview.
func large(t *testing.T, seed int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 640, 427))
	for y := range 427 {
		for x := range 640 {
			m.SetRGBA(x, y, color.RGBA{uint8(x/3 + seed*7), uint8(y/2 + seed*13), uint8(seed * 29), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// openS3Gallery opens the gallery in the bucket, of which config.toml is in a folder.
func openS3Gallery(t *testing.T, dir string, env ...string) (*program, *location, *bytes.Buffer) {
	t.Helper()
	var out bytes.Buffer
	p := &program{env: append(env, "SHOEBOX_BUCKET=s3://photos"), stdout: &out, stderr: io.Discard, quiet: true}
	at, err := p.open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return p, at, &out
}

// TestForecast compares what "build --dry-run" announces with what the build then asks of a real S3 server. The announced number
// of PUT requests is never too small, and too large by at most a tenth and 25: a build that only repairs is announced
// as if what it repairs had changed.
func TestForecast(t *testing.T) {
	awstest.Setenv(t, awstest.StartS3(t, "photos"))
	owner, err := aws.OpenBucket(t.Context(), "photos")
	if err != nil {
		t.Fatal(err)
	}
	put := func(key string, body []byte) {
		t.Helper()
		if _, err := owner.Put(t.Context(), key, body, storage.PutOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	remove := func(key string) {
		t.Helper()
		if err := owner.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	for _, step := range []struct {
		name   string
		change func()
	}{
		{"first", func() {
			for i := range 20 {
				put(fmt.Sprintf("data/alps/2024/%02d.jpg", i), large(t, i))
			}
			for i := range 5 {
				put(fmt.Sprintf("data/sea/%d.jpg", i), large(t, 100+i))
			}
			put("data/sea/small.jpg", photo(1))
			put("data/sea/broken.jpg", []byte("no picture"))
			put("data/notes.txt", []byte("text"))
			put("data/alps/2024/03.jpg.md", []byte("---\ntitle: Three\n---"))
		}},
		{"nothing", func() {}},
		{"one added", func() { put("data/alps/2024/new.jpg", large(t, 50)) }},
		{"one replaced", func() { put("data/alps/2024/05.jpg", large(t, 51)) }},
		{"one deleted", func() { remove("data/alps/2024/07.jpg") }},
		{"a sidecar", func() { put("data/alps/2024/09.jpg.md", []byte("---\ntitle: Nine\n---")) }},
		{"an album's title", func() { put("data/alps/index.md", []byte("---\ntitle: Mountains\n---\n")) }},
		{"a page lost", func() { remove("public/alps/2024/11.jpg.html") }},
		{"a rendition lost", func() {
			for info, err := range owner.List(t.Context(), "public/sea/-/4.jpg.") {
				if err != nil {
					t.Fatal(err)
				}
				remove(info.Key)
				break
			}
		}},
		{"a new album", func() { put("data/desert/a.jpg", large(t, 60)) }},
		{"an album gone", func() { remove("data/desert/a.jpg") }},
		{"another look", func() {
			if err := os.WriteFile(filepath.Join(dir, "config.toml"), []byte("[theme]\naccent = \"#123456\"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		step.change()
		p, at, out := openS3Gallery(t, dir)
		if err := p.plan(t.Context(), at, true); err != nil {
			t.Fatal(err)
		}
		if r := at.bucket.(*aws.Bucket).Requests(); r.Put+r.Delete > 0 {
			t.Errorf("%s: the dry run made %d PUT and %d DELETE requests", step.name, r.Put, r.Delete)
		}
		var announced struct {
			Cost struct {
				cost.Usage
				Dollars float64
			}
		}
		if err := json.Unmarshal(out.Bytes(), &announced); err != nil {
			t.Fatalf("%s: %v: %s", step.name, err, out)
		}
		p, at, _ = openS3Gallery(t, dir)
		if _, err := p.build(t.Context(), at, false); err != nil {
			t.Fatal(err)
		}
		u, r := announced.Cost, at.bucket.(*aws.Bucket).Requests()
		t.Logf("%-18s PUT %3d of %3d  GET %3d of %3d  LIST %2d of %2d  DELETE %2d of %2d  $%.6f",
			step.name, r.Put, u.S3Put, r.Get, u.S3Get, r.List, u.S3List, r.Delete, u.S3Delete, u.Dollars)
		if most := r.Put + r.Put/10 + 25; u.S3Put < r.Put || u.S3Put > most {
			t.Errorf("%s: announced are %d PUT requests, the build made %d", step.name, u.S3Put, r.Put)
		}
		if u.S3Get < r.Get || u.S3List < r.List || u.S3Delete < r.Delete {
			t.Errorf("%s: announced are %d GET, %d LIST and %d DELETE requests, the build made %d, %d and %d",
				step.name, u.S3Get, u.S3List, u.S3Delete, r.Get, r.List, r.Delete)
		}
		if real := (cost.Usage{S3Put: r.Put, S3Get: r.Get, S3List: r.List}).Dollars(); u.Dollars < real || u.Dollars > 1.3*real+0.00015 {
			t.Errorf("%s: announced are $%g, the build cost $%g", step.name, u.Dollars, real)
		}
		if step.name == "nothing" && u.S3Put != 0 {
			t.Errorf("announced are %d PUT requests for nothing", u.S3Put)
		}
	}

	// The estimate counts what is there: 26 photos and two files that are none, but no sidecar and no text of an album.
	var out bytes.Buffer
	if code := run(t.Context(), []string{"cost", "--bucket", "s3://photos"}, nil, &out, io.Discard); code != 0 ||
		!bytes.HasPrefix(out.Bytes(), []byte("Of what is in s3://photos/data/ now:\n28 photos, under 0.1 GB, ")) {
		t.Errorf("exit code %d, the estimate is of %s", code, out.String())
	}
}

// TestPipelineRequests counts what developing and publishing a photo asks of a real S3 server, and compares it with the counts that
// internal/cost goes by: never less than is needed, and at most a third and two more.
func TestPipelineRequests(t *testing.T) {
	awstest.Setenv(t, awstest.StartS3(t, "photos"))
	_, at, _ := openS3Gallery(t, t.TempDir())
	bucket := at.bucket.(*aws.Bucket)
	n := 0
	upload := func() string {
		t.Helper()
		n++
		key := fmt.Sprintf("data/alps/2024/%03d.jpg", n)
		if _, err := bucket.Put(t.Context(), key, large(t, n), storage.PutOptions{}); err != nil {
			t.Fatal(err)
		}
		return key
	}
	for range 40 {
		upload()
	}
	g := at.generator(nil)
	if _, err := g.Build(t.Context()); err != nil {
		t.Fatal(err)
	}
	counted := func(do func() error) aws.Requests {
		t.Helper()
		before := bucket.Requests()
		if err := do(); err != nil {
			t.Fatal(err)
		}
		r := bucket.Requests()
		return aws.Requests{Get: r.Get - before.Get, Put: r.Put - before.Put, List: r.List - before.List, Delete: r.Delete - before.Delete}
	}
	compare := func(what string, got, assumed int64) {
		t.Helper()
		t.Logf("%s: %d requests, assumed are %d", what, got, assumed)
		if assumed < got || assumed > got+got/3+2 {
			t.Errorf("%s: %d requests, assumed are %d", what, got, assumed)
		}
	}

	upload1 := upload()
	var changes generator.Changes
	r := counted(func() (err error) { changes, err = g.Develop(t.Context(), upload1); return err })
	compare("develop GET", r.Get, cost.DevelopGets)
	compare("develop PUT", r.Put, cost.DevelopPuts)
	compare("develop LIST", r.List, cost.DevelopLists)
	publish := func() error { _, err := g.Publish(t.Context(), changes); return err }
	r = counted(publish)
	const lease = 2 // the publish function reads it and the configuration, takes it and gives it back
	compare("publish GET", r.Get+lease, cost.PublishGets+cost.PublishGetsPerPhoto)
	compare("publish PUT", r.Put+lease, cost.PublishPuts+cost.PublishPutsPerPhoto)
	compare("publish LIST", r.List, cost.PublishLists)

	const batch = 20
	changes = generator.Changes{}
	for range batch {
		c, err := g.Develop(t.Context(), upload())
		if err != nil {
			t.Fatal(err)
		}
		changes.Keys = append(changes.Keys, c.Keys...)
	}
	r = counted(publish)
	compare(fmt.Sprintf("publish %d GET", batch), r.Get+lease, cost.PublishGets+batch*cost.PublishGetsPerPhoto)
	compare(fmt.Sprintf("publish %d PUT", batch), r.Put+lease, cost.PublishPuts+batch*cost.PublishPutsPerPhoto)
	compare(fmt.Sprintf("publish %d LIST", batch), r.List, cost.PublishLists)
}

// TestLabelRequests compares what a labelled photo is said to cost with what is asked of S3 and of a stand-in for Rekognition.
func TestLabelRequests(t *testing.T) {
	rekognition := awstest.StartRekognition(t)
	awstest.Setenv(t, awstest.StartS3(t, "photos"))
	t.Setenv("AWS_ENDPOINT_URL_REKOGNITION", rekognition.URL)
	p, at, out := openS3Gallery(t, t.TempDir(), "SHOEBOX_LABELS_RECOGNIZER=rekognition", "SHOEBOX_LABELS_PER_MONTH=5")
	bucket := at.bucket.(*aws.Bucket)
	develop := func(labeler generator.Labeler, seed int) aws.Requests {
		t.Helper()
		key := fmt.Sprintf("data/%d.jpg", seed)
		if _, err := bucket.Put(t.Context(), key, large(t, seed), storage.PutOptions{}); err != nil {
			t.Fatal(err)
		}
		g := generator.New(generator.Options{Bucket: at.bucket, Config: at.config, Labeler: labeler})
		before := bucket.Requests()
		if _, err := g.Develop(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		r := bucket.Requests()
		return aws.Requests{Get: r.Get - before.Get, Put: r.Put - before.Put, List: r.List - before.List}
	}
	labeler, err := aws.OpenRekognition(t.Context(), at.config.Labels.Collection)
	if err != nil {
		t.Fatal(err)
	}
	develop(labeler, 0) // the first makes what others find
	plain, labelled := develop(nil, 1), develop(labeler, 2)
	t.Logf("without labels %+v, with labels %+v", plain, labelled)
	get, put := labelled.Get-plain.Get, labelled.Put-plain.Put
	if get > cost.LabelGets || put > cost.LabelPuts || get < cost.LabelGets-1 || put < cost.LabelPuts-1 || labelled.List != plain.List {
		t.Errorf("labels take %d GET and %d PUT requests more, assumed are %d and %d", get, put, cost.LabelGets, cost.LabelPuts)
	}
	if n := rekognition.Billed("DetectLabels"); n != 2 {
		t.Errorf("%d photos were billed, want 2", n)
	}

	// Of ten more photos the month's budget is enough for three.
	for i := range 10 {
		if _, err := bucket.Put(t.Context(), fmt.Sprintf("data/more/%d.jpg", i), large(t, 10+i), storage.PutOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.plan(t.Context(), at, true); err != nil {
		t.Fatal(err)
	}
	var announced struct{ Cost cost.Usage }
	if err := json.Unmarshal(out.Bytes(), &announced); err != nil {
		t.Fatal(err)
	}
	g := generator.New(generator.Options{Bucket: at.bucket, Config: at.config, Labeler: labeler})
	before := bucket.Requests()
	if _, err := g.Build(t.Context()); err != nil {
		t.Fatal(err)
	}
	if billed := rekognition.Billed("DetectLabels") - 2; billed != 3 || announced.Cost.DetectLabels != 3 {
		t.Errorf("announced are %d labelled photos, billed were %d, want 3", announced.Cost.DetectLabels, billed)
	}
	r := bucket.Requests()
	t.Logf("build: PUT %d of %d, GET %d of %d", r.Put-before.Put, announced.Cost.S3Put, r.Get-before.Get, announced.Cost.S3Get)
	if r.Put-before.Put > announced.Cost.S3Put || r.Get-before.Get > announced.Cost.S3Get {
		t.Errorf("the build took more than announced")
	}
}

// TestFaceRequests does the same for photos with faces.
func TestFaceRequests(t *testing.T) {
	rekognition := awstest.StartRekognition(t)
	awstest.Setenv(t, awstest.StartS3(t, "photos"))
	t.Setenv("AWS_ENDPOINT_URL_REKOGNITION", rekognition.URL)
	_, at, _ := openS3Gallery(t, t.TempDir(), "SHOEBOX_LABELS_RECOGNIZER=rekognition", "SHOEBOX_LABELS_FACES=true")
	bucket := at.bucket.(*aws.Bucket)
	labeler, err := aws.OpenRekognition(t.Context(), at.config.Labels.Collection)
	if err != nil {
		t.Fatal(err)
	}
	g := generator.New(generator.Options{Bucket: at.bucket, Config: at.config, Labeler: labeler})
	people := []awstest.Person{awstest.Red, awstest.Green, awstest.Blue}
	for i, faces := range []int64{1, 1, 1, 2, 3} { // the first makes what others find
		scene := awstest.Scene{Width: 800, Height: 600, Background: awstest.Sky}
		for f := range int(faces) {
			scene.Faces = append(scene.Faces, awstest.Face{Person: people[f], Box: image.Rect(50+f*200, 50+i, 150+f*200, 150+i)})
		}
		var body bytes.Buffer
		if err := jpeg.Encode(&body, scene.Draw(), nil); err != nil {
			t.Fatal(err)
		}
		key := fmt.Sprintf("data/%d.jpg", i)
		if _, err := bucket.Put(t.Context(), key, body.Bytes(), storage.PutOptions{}); err != nil {
			t.Fatal(err)
		}
		before, searched := bucket.Requests(), rekognition.Billed("SearchFaces")
		if _, err := g.Develop(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		if n := int64(rekognition.Billed("SearchFaces") - searched); n != faces {
			t.Errorf("%d searches for %d faces", n, faces)
		}
		r := bucket.Requests()
		get, put := r.Get-before.Get, r.Put-before.Put
		mostGet := cost.DevelopGets + cost.LabelGets + cost.FaceGets + (faces-1)*cost.MoreFaceGets
		mostPut := cost.DevelopPuts + cost.LabelPuts + cost.FacePuts + (faces-1)*cost.MoreFacePuts
		t.Logf("%d faces: GET %d of %d, PUT %d of %d", faces, get, mostGet, put, mostPut)
		if i > 0 && (get > mostGet || put > mostPut || get < mostGet/2 || put < mostPut/2) {
			t.Errorf("a photo with %d faces takes %d GET and %d PUT requests, assumed are %d and %d", faces, get, put, mostGet, mostPut)
		}
	}
	if n := rekognition.Billed("IndexFaces"); n != 5 {
		t.Errorf("%d photos were billed for their faces, want 5", n)
	}
}
