package aws_test

import (
	"bytes"
	"errors"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"slices"
	"strings"
	"testing"

	"shoebox/internal/aws"
	"shoebox/internal/aws/awstest"
	"shoebox/internal/gallery"
)

// encoded returns a scene as a JPEG.
func encoded(t *testing.T, s awstest.Scene) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, s.Draw(), &jpeg.Options{Quality: 80}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func openRekognition(t *testing.T, r *awstest.Rekognition) *aws.Rekognition {
	return aws.NewRekognition(configuration(r.URL, awstest.SecretKey), "family")
}

func TestRekognitionLabels(t *testing.T) {
	server := awstest.StartRekognition(t)
	server.Throttle(3) // which nobody should notice
	r := openRekognition(t, server)
	for range 5 {
		got, err := r.Labels(t.Context(), encoded(t, awstest.Scene{Width: 640, Height: 480, Background: awstest.Grass}))
		if err != nil {
			t.Fatal(err)
		}
		if got.Model != awstest.LabelModel || len(got.Labels) != 3 {
			t.Fatalf("got %+v, want three labels of model %s", got, awstest.LabelModel)
		}
		grass := got.Labels[1]
		if grass.Name != "Grass" || grass.Confidence < 96.01 || grass.Confidence > 96.03 ||
			!slices.Equal(grass.Parents, []string{"Plant", "Nature"}) || !slices.Equal(grass.Aliases, []string{"Lawn"}) || !slices.Equal(grass.Categories, []string{"Nature and Outdoors"}) {
			t.Errorf("got %+v", grass)
		}
	}
	if got := server.Billed("DetectLabels"); got != 5 {
		t.Errorf("%d requests were billed, want 5", got)
	}
	face := awstest.Face{Person: awstest.Red, Box: image.Rect(100, 200, 200, 320)}
	var b bytes.Buffer
	png.Encode(&b, awstest.Scene{Width: 400, Height: 400, Background: awstest.Sky, Faces: []awstest.Face{face}}.Draw())
	got, err := r.Labels(t.Context(), b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	person := got.Labels[len(got.Labels)-1]
	if person.Name != "Person" || len(person.Boxes) != 1 || !near(person.Boxes[0], gallery.Box{X: .25, Y: .5, W: .25, H: .3}) {
		t.Errorf("got %+v", person)
	}
}

// near allows for how coarsely the stand-in looks.
func near(a, b gallery.Box) bool {
	for _, d := range []float64{a.X - b.X, a.Y - b.Y, a.W - b.W, a.H - b.H} {
		if d > .02 || d < -.02 {
			return false
		}
	}
	return true
}

func TestRekognitionErrors(t *testing.T) {
	small := encoded(t, awstest.Scene{Width: 79, Height: 400, Background: awstest.Sky})
	fine := encoded(t, awstest.Scene{Width: 200, Height: 100, Background: awstest.Sky})
	var moving bytes.Buffer
	if err := gif.Encode(&moving, awstest.Scene{Width: 100, Height: 100, Background: awstest.Sky}.Draw(), nil); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		picture []byte
		planned []string
		refused bool
		words   string
	}{
		{"no picture", []byte("hello"), nil, true, "InvalidImageFormatException"},
		{"GIF", moving.Bytes(), nil, true, "InvalidImageFormatException"},
		{"too small", small, nil, true, "InvalidParameterException"},
		{"too large", append(bytes.Clone(fine), make([]byte, 5<<20)...), nil, true, "ImageTooLargeException"},
		{"no permission", fine, []string{"AccessDeniedException"}, false, "AccessDeniedException"},
		{"always too fast", fine, slices.Repeat([]string{"ThrottlingException"}, 20), false, "ThrottlingException"},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := awstest.StartRekognition(t)
			server.Plan("DetectLabels", c.planned...)
			_, err := openRekognition(t, server).Labels(t.Context(), c.picture)
			var got *gallery.RecognitionError
			if !errors.As(err, &got) || got.Refused != c.refused || !got.Free || !strings.Contains(err.Error(), c.words) {
				t.Fatalf("got %#v (%v), want refused %v, free, %s", got, err, c.refused, c.words)
			}
			if c.refused && strings.Contains(err.Error(), "RequestID") {
				t.Errorf("%q differs with each request", err)
			}
			if n := server.Billed("DetectLabels"); n != 0 {
				t.Errorf("%d requests were billed", n)
			}
		})
	}
	t.Run("no region", func(t *testing.T) {
		c := configuration("http://127.0.0.1:9", awstest.SecretKey)
		c.Region, c.BaseEndpoint = "", nil
		_, err := aws.NewRekognition(c, "family").Labels(t.Context(), fine)
		if got := new(gallery.RecognitionError); !errors.As(err, &got) || !got.Free || !strings.Contains(err.Error(), "AWS_REGION") {
			t.Errorf("got %#v (%v)", err, err)
		}
	})
	t.Run("nobody there", func(t *testing.T) {
		c := configuration("http://127.0.0.1:9", awstest.SecretKey)
		_, err := aws.NewRekognition(c, "family").Labels(t.Context(), fine)
		if got := new(gallery.RecognitionError); !errors.As(err, &got) || got.Refused || !got.Free {
			t.Errorf("got %#v", err)
		}
	})
}

func TestRekognitionFaces(t *testing.T) {
	server := awstest.StartRekognition(t)
	r := openRekognition(t, server)
	natalie := awstest.Face{Person: awstest.Red, Box: image.Rect(40, 40, 120, 140)}
	tom := awstest.Face{Person: awstest.Blue, Box: image.Rect(240, 60, 320, 140)}
	far := awstest.Face{Person: awstest.Green, Box: image.Rect(350, 10, 370, 30)}
	first := encoded(t, awstest.Scene{Width: 400, Height: 200, Background: awstest.Sand, Faces: []awstest.Face{natalie, tom, far}})
	second := encoded(t, awstest.Scene{Width: 400, Height: 200, Background: awstest.Sky, Faces: []awstest.Face{tom}})

	model, a, err := r.IndexFaces(t.Context(), "one", first) // the collection is made by the way
	if err != nil || model != awstest.FaceModel || len(a) != 2 || !near(a[0].Box, gallery.Box{X: .1, Y: .2, W: .2, H: .5}) {
		t.Fatalf("got %s, %+v, %v, want the two faces that are large enough, the largest first", model, a, err)
	}
	if _, again, err := r.IndexFaces(t.Context(), "one", first); err != nil || !slices.Equal(a, again) {
		t.Errorf("indexed again: %+v, %v, want %+v", again, err, a)
	}
	_, b, err := r.IndexFaces(t.Context(), "two", second)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := server.Faces("family"), []string{"one", "one", "two"}; !slices.Equal(got, want) {
		t.Errorf("the collection holds %q, want %q", got, want)
	}
	matches, err := r.MatchFace(t.Context(), b[0].ID)
	if err != nil || len(matches) != 1 || matches[0].ID != a[1].ID || matches[0].Image != "one" || matches[0].Similarity < 95 {
		t.Errorf("got %+v, %v, want the other face of that person", matches, err)
	}
	if matches, err := r.MatchFace(t.Context(), a[0].ID); err != nil || len(matches) != 0 {
		t.Errorf("got %+v, %v for somebody who is on one picture only", matches, err)
	}
	for range 2 {
		if err := r.DeleteFaces(t.Context(), []string{a[0].ID, a[1].ID}); err != nil {
			t.Fatal(err)
		}
		if got, want := server.Faces("family"), []string{"two"}; !slices.Equal(got, want) {
			t.Errorf("the collection holds %q, want %q", got, want)
		}
	}
	if matches, err := r.MatchFace(t.Context(), a[1].ID); err != nil || len(matches) != 0 {
		t.Errorf("a deleted face: got %+v, %v", matches, err)
	}
	other := aws.NewRekognition(configuration(server.URL, awstest.SecretKey), "other")
	if err := other.DeleteFaces(t.Context(), []string{b[0].ID}); err != nil {
		t.Errorf("a collection that is gone: %v", err)
	}
	if _, _, err := r.IndexFaces(t.Context(), "a/b ü", second); err == nil {
		t.Error("a name that the service can't have was accepted")
	}
}
