package generator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"shoebox/internal/aws/awstest"
	"shoebox/internal/config"
	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

func newFaceShelf(t *testing.T) *shelf {
	return newShelf(t, func(c *config.Labels) { c.Faces = true })
}

// scene is a picture of people side by side; no two of different width have the same bytes.
func scene(width int, people ...awstest.Person) awstest.Scene {
	s := awstest.Scene{Width: width, Height: 200, Background: awstest.Snow}
	for i, p := range people {
		s.Faces = append(s.Faces, awstest.Face{Person: p, Box: image.Rect(20+i*120, 60, 100+i*120, 150)})
	}
	return s
}

// people uploads people.toml.
func (s *shelf) people(text string) { s.out.Upload(peopleFile, []byte(text), time.Unix(1e9, 0)) }

// settle labels what is due until nothing is, as builds do, and returns how many records that were.
func (s *shelf) settle(keys ...string) (n int) {
	s.t.Helper()
	for range 5 {
		l, err := s.labelling(s.t.Context(), s.out)
		if err != nil {
			s.t.Fatal(err)
		}
		before := n
		for _, key := range keys {
			if r := s.stored(key); l.due(r) {
				s.label(r)
				n++
			}
		}
		if n == before {
			return n
		}
	}
	s.t.Errorf("some of %q are due for ever", keys)
	return n
}

// remove deletes an original and what is known of it, as a build does.
func (s *shelf) remove(key string) {
	s.t.Helper()
	s.out.Remove(key)
	r := s.stored(key)
	for range 2 { // a build that was interrupted comes again
		if _, err := s.forget(s.t.Context(), s.out, r); err != nil {
			s.t.Fatal(err)
		}
	}
	if err := s.out.Delete(s.t.Context(), gallery.RecordKey(key)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shelf) expect(key string, persons, recognized []string) {
	s.t.Helper()
	r := s.stored(key)
	if !slices.Equal(r.Persons, persons) || !slices.Equal(r.Recognized, recognized) {
		s.t.Errorf("%s: persons %q, of them recognized %q, want %q and %q", key, r.Persons, r.Recognized, persons, recognized)
	}
}

func (s *shelf) failures() []string {
	s.t.Helper()
	l, err := s.labelling(s.t.Context(), s.out)
	if err != nil {
		s.t.Fatal(err)
	}
	var reasons []string
	for _, f := range l.failures() {
		reasons = append(reasons, f.Reason)
	}
	return reasons
}

func TestPeopleFile(t *testing.T) {
	s := newFaceShelf(t)
	natalie, tom := awstest.Red, awstest.Blue
	s.people(`
[[person]]
name = "Natalie"
photo = "2007/beach.jpg"
face = 2

[[person]]
name = "Tom"
photo = "2007/beach.jpg"
at = [0.1, 0.5]
`)
	if got := s.failures(); len(got) != 2 || !strings.Contains(got[0], "Natalie: data/2007/beach.jpg is not in the gallery") {
		t.Errorf("before there are photos: %q", got)
	}
	keys := []string{"data/2006/walk.jpg", "data/2007/beach.jpg", "data/2008/both.jpg", "data/2008/nobody.jpg"}
	s.label(s.photo(keys[0], scene(300, natalie), gallery.Metadata{}))
	s.label(s.photo(keys[1], scene(400, tom, natalie), gallery.Metadata{}))
	s.label(s.photo(keys[2], scene(500, awstest.Green, natalie, tom), gallery.Metadata{Persons: []string{"Tom"}}))
	s.label(s.photo(keys[3], scene(301), gallery.Metadata{}))
	billed := s.server.Billed("IndexFaces") + s.server.Billed("SearchFaces")
	if want := 4 + 6; billed != want {
		t.Errorf("%d requests for faces, want %d", billed, want)
	}
	// The first photo was there before anybody was named: it, and it alone, is due.
	if n := s.settle(keys...); n != 1 {
		t.Errorf("%d were due, want 1", n)
	}
	s.expect(keys[0], []string{"Natalie"}, []string{"Natalie"})
	s.expect(keys[1], []string{"Tom", "Natalie"}, []string{"Tom", "Natalie"})
	s.expect(keys[2], []string{"Tom", "Natalie"}, []string{"Natalie"}) // one of them is the owner's word
	s.expect(keys[3], nil, nil)
	r := s.stored(keys[2])
	if len(r.Faces) != 3 || r.Faces[0].Person != "" || r.Faces[1].Person != "Natalie" || r.Faces[1].Source != "rekognition" ||
		r.FacesSought != "rekognition/7.0" {
		t.Errorf("faces %+v, sought %q", r.Faces, r.FacesSought)
	}
	if got := s.failures(); len(got) != 0 {
		t.Errorf("problems %q, want none", got)
	}

	// Another name, at no cost; then none.
	s.people("[[person]]\nname = \"Nat\"\nphoto = \"2006/walk.jpg\"\n")
	if n := s.settle(keys...); n != 3 {
		t.Errorf("%d were due, want the 3 with faces that were renamed", n)
	}
	s.expect(keys[0], []string{"Nat"}, []string{"Nat"})
	s.expect(keys[1], []string{"Nat"}, []string{"Nat"})
	s.expect(keys[2], []string{"Tom", "Nat"}, []string{"Nat"})
	s.out.Remove(peopleFile)
	s.settle(keys...)
	s.expect(keys[0], nil, nil)
	s.expect(keys[2], []string{"Tom"}, nil)
	if got := s.server.Billed("IndexFaces") + s.server.Billed("SearchFaces"); got != billed {
		t.Errorf("%d more requests for other names", got-billed)
	}
	if left, err := s.budget(t.Context(), s.out, time.Now()); err != nil || left != 1000-4-billed {
		t.Errorf("%d left, %v, want %d", left, err, 1000-4-billed)
	}
}

func TestPeopleFileProblems(t *testing.T) {
	s := newFaceShelf(t)
	s.label(s.photo("data/two.jpg", scene(400, awstest.Red, awstest.Blue), gallery.Metadata{}))
	s.label(s.photo("data/none.jpg", scene(300), gallery.Metadata{}))
	s.label(s.photo("data/red.jpg", scene(301, awstest.Red), gallery.Metadata{}))
	entry := func(lines string) string { return "[[person]]\nname = \"Natalie\"\n" + lines + "\n" }
	for _, c := range []struct{ text, want string }{
		{"[[person", "can't be read"},
		{entry("photo = \"two.jpg\"\nface = \"left\""), "can't be read"},
		{entry("photo = \"two.jpg\"\nface = 1\nfaec = 1"), "nothing else"},
		{entry(""), "person 1: give a name, a photo"},
		{entry("photo = \"two.jpg\"\nface = -1"), "person 1"},
		{entry("photo = \"two.jpg\"\nface = 1\nat = [0.1, 0.2]"), "person 1"},
		{entry("photo = \"two.jpg\"\nat = [0.1]"), "person 1"},
		{entry("photo = \"two.jpg\""), "data/two.jpg shows 2 faces: say which"},
		{entry("photo = \"two.jpg\"\nface = 3"), "shows no more than 2 faces"},
		{entry("photo = \"two.jpg\"\nat = [0.9, 0.9]"), "shows no face at [0.9 0.9]"},
		{entry("photo = \"none.jpg\""), "shows no face that can be known again"},
		{entry("photo = \"three.jpg\""), "is not in the gallery (yet)"},
		{entry("photo = \"../config.toml\""), "is not the path of a photo"},
		{entry("photo = \"red.jpg\"") + "[[person]]\nname = \"Kari\"\nphoto = \"two.jpg\"\nface = 1\n", "is taken for that of Natalie"},
	} {
		s.people(c.text)
		if got := s.failures(); len(got) != 1 || !strings.Contains(got[0], c.want) {
			t.Errorf("%s\nproblems %q, want one with %q", c.text, got, c.want)
		}
	}
	s.people(entry("photo = \"two.jpg\"\nface = 9") + entry("photo = \"red.jpg\"")) // one wrong entry stops no other
	s.settle("data/two.jpg", "data/red.jpg")
	s.expect("data/two.jpg", []string{"Natalie"}, []string{"Natalie"})
}

// A region that the owner drew and named in one photo names that face everywhere.
func TestPeopleByRegion(t *testing.T) {
	s := newFaceShelf(t)
	region := gallery.Face{Person: "Natalie", X: .05, Y: .2, W: .35, H: .6} // with hair: larger than the face that is found
	elsewhere := gallery.Face{Person: "Somebody", X: .8, Y: .8, W: .1, H: .1}
	keys := []string{"data/a.jpg", "data/b.jpg", "data/c.jpg"}
	s.label(s.photo(keys[0], scene(300, awstest.Red), gallery.Metadata{}))
	named := gallery.Metadata{Faces: []gallery.Face{region, elsewhere}, Persons: []string{"Natalie", "Somebody"}}
	r := s.photo(keys[1], scene(301, awstest.Red, awstest.Blue), named)
	if renamed, err := s.Generator.label(t.Context(), s.out, r, nil, nil); err != nil || !renamed {
		t.Fatalf("renamed %v, %v, want that others are to be looked at again", renamed, err)
	}
	r = s.label(r)
	if len(r.Faces) != 3 || r.Faces[0].Group == "" || r.Faces[0].Source != "" || r.Faces[0].W != .35 ||
		r.Faces[1].Group != "" || r.Faces[2].Source == "" {
		t.Errorf("faces %+v: want the owner's two as they were, one of them known, and the other person's", r.Faces)
	}
	s.expect(keys[1], []string{"Natalie", "Somebody"}, nil)
	s.settle(keys[:2]...)
	s.expect(keys[0], []string{"Natalie"}, []string{"Natalie"})

	// people.toml counts more, but not than the owner's word in the photo itself.
	s.people("[[person]]\nname = \"Nat\"\nphoto = \"a.jpg\"\n")
	s.settle(keys[:2]...)
	s.expect(keys[0], []string{"Nat"}, []string{"Nat"})
	s.expect(keys[1], []string{"Natalie", "Somebody"}, nil)
	s.out.Remove(peopleFile)
	s.settle(keys[:2]...)
	s.expect(keys[0], []string{"Natalie"}, []string{"Natalie"})

	// Another name for the region is learned, and with the photo it is forgotten.
	region.Person = "Natasha"
	named = gallery.Metadata{Faces: []gallery.Face{region}, Persons: []string{"Natasha"}}
	s.label(s.photo(keys[1], scene(301, awstest.Red, awstest.Blue), named))
	s.settle(keys[:2]...)
	s.expect(keys[0], []string{"Natasha"}, []string{"Natasha"})
	s.remove(keys[1])
	s.settle(keys[0])
	s.expect(keys[0], nil, nil)
}

// A name that only a private photo tells is not told by public ones.
func TestPeopleStayPrivate(t *testing.T) {
	s := newFaceShelf(t)
	keys := []string{"data/a.jpg", "data/private/b.jpg", "data/private/c.jpg"}
	s.label(s.photo(keys[0], scene(300, awstest.Red), gallery.Metadata{}))
	region := gallery.Face{Person: "Natalie", X: .067, Y: .3, W: .267, H: .45}
	s.label(s.photo(keys[1], scene(301, awstest.Red), gallery.Metadata{Faces: []gallery.Face{region}, Persons: []string{"Natalie"}}))
	s.label(s.photo(keys[2], scene(302, awstest.Red), gallery.Metadata{}))
	s.settle(keys...)
	s.expect(keys[0], nil, nil)
	s.expect(keys[2], []string{"Natalie"}, []string{"Natalie"})
	s.people("[[person]]\nname = \"Natalie\"\nphoto = \"private/b.jpg\"\n") // said by the owner
	s.settle(keys...)
	s.expect(keys[0], []string{"Natalie"}, []string{"Natalie"})
}

func TestFacesGoWithTheirPhoto(t *testing.T) {
	s := newFaceShelf(t)
	natalie := scene(300, awstest.Red, awstest.Blue)
	first := s.label(s.photo("data/a.jpg", natalie, gallery.Metadata{}))
	image := first.SHA256 + ".0"
	if got, want := s.server.Faces("shoebox"), []string{image, image}; !slices.Equal(got, want) {
		t.Fatalf("the collection holds %q, want %q", got, want)
	}
	// Renamed: the new one is seen first, and costs nothing.
	s.label(s.photo("data/b.jpg", natalie, gallery.Metadata{}))
	s.remove("data/a.jpg")
	if got, want := s.server.Faces("shoebox"), []string{image, image}; !slices.Equal(got, want) {
		t.Errorf("after a rename the collection holds %q, want %q", got, want)
	}
	if got := s.server.Billed("IndexFaces"); got != 1 {
		t.Errorf("indexed %d times, want 1", got)
	}
	s.remove("data/b.jpg")
	if got := s.server.Faces("shoebox"); len(got) != 0 {
		t.Errorf("the collection still holds %q", got)
	}
	for key, body := range s.out.Contents(facesMemory) {
		if strings.Contains(body, "b.jpg") || strings.Contains(body, `"box"`) || strings.Contains(body, "doomed") {
			t.Errorf("%s still tells %s", key, body)
		}
	}
	// Uploaded again it is indexed again, under another name than the faces that went.
	again := s.label(s.photo("data/c.jpg", natalie, gallery.Metadata{}))
	if got := s.server.Faces("shoebox"); len(got) != 2 || got[0] == image || len(again.Faces) != 2 {
		t.Errorf("the collection holds %q, the record %+v", got, again.Faces)
	}
	// Replaced by other bytes: the faces of before go.
	replaced := s.label(s.photo("data/c.jpg", scene(301, awstest.Green), gallery.Metadata{}))
	if got, want := s.server.Faces("shoebox"), []string{replaced.SHA256 + ".0"}; !slices.Equal(got, want) {
		t.Errorf("the collection holds %q, want %q", got, want)
	}
}

// A deletion that dies halfway is finished by the next, or by whoever meets the same bytes.
func TestForgettingIsFinished(t *testing.T) {
	s := newFaceShelf(t)
	r := s.label(s.photo("data/a.jpg", scene(300, awstest.Red), gallery.Metadata{}))
	s.out.Remove("data/a.jpg")
	s.server.Plan("DeleteFaces", "AccessDeniedException")
	if _, err := s.forget(t.Context(), s.out, r); err == nil || len(s.server.Faces("shoebox")) != 1 {
		t.Fatalf("got %v, want the error", err)
	}
	if _, err := s.forget(t.Context(), s.out, r); err != nil || len(s.server.Faces("shoebox")) != 0 {
		t.Errorf("%v; the collection holds %q", err, s.server.Faces("shoebox"))
	}
	s.server.Plan("DeleteFaces", "AccessDeniedException")
	r = s.label(s.photo("data/a.jpg", scene(300, awstest.Red), gallery.Metadata{}))
	s.out.Remove("data/a.jpg")
	if _, err := s.forget(t.Context(), s.out, r); err == nil {
		t.Fatal("got no error")
	}
	s.label(s.photo("data/b.jpg", scene(300, awstest.Red), gallery.Metadata{}))
	if got, want := s.server.Faces("shoebox"), []string{r.SHA256 + ".2"}; !slices.Equal(got, want) {
		t.Errorf("the collection holds %q, want %q", got, want)
	}
}

func TestFacesCapped(t *testing.T) {
	s := newShelf(t, func(c *config.Labels) { c.Faces, c.PerMonth = true, 3 })
	key := "data/three.jpg" // costs one for labels, one for its faces, one for each of the three
	r := s.label(s.photo(key, scene(500, awstest.Red, awstest.Blue, awstest.Green), gallery.Metadata{}))
	if r.Labelled != "rekognition/3.0" || r.FacesSought != "capped" || s.due(key) {
		t.Errorf("labelled %q, faces sought %q", r.Labelled, r.FacesSought)
	}
	s.Generator = s.configured(func(c *config.Labels) { c.Faces, c.PerMonth = true, 20 })
	if !s.due(key) {
		t.Error("not due when there is money again")
	}
	r = s.label(s.stored(key))
	if r.FacesSought != "rekognition/7.0" || s.due(key) {
		t.Errorf("faces sought %q", r.FacesSought)
	}
	for operation, want := range map[string]int{"DetectLabels": 1, "IndexFaces": 1, "SearchFaces": 3} {
		if got := s.server.Billed(operation); got != want {
			t.Errorf("%s was billed %d times, want %d", operation, got, want)
		}
	}
	if left, err := s.budget(t.Context(), s.out, time.Now()); err != nil || left != 15 {
		t.Errorf("%d left, %v, want 15", left, err)
	}
}

func TestFacesRefused(t *testing.T) {
	s := newFaceShelf(t)
	s.server.Plan("IndexFaces", "InvalidImageFormatException")
	for range 2 {
		r := s.label(s.photo("data/odd.jpg", scene(300, awstest.Red), gallery.Metadata{}))
		if !strings.HasPrefix(r.FacesSought, "none: ") || r.Labelled != "rekognition/3.0" || s.due("data/odd.jpg") {
			t.Errorf("labelled %q, faces sought %q", r.Labelled, r.FacesSought)
		}
	}
	if got := s.server.Billed("IndexFaces"); got != 0 {
		t.Errorf("indexed %d times", got)
	}
}

// Photos that are developed at once by several processes end up in the same groups: one for each person.
func TestGroupsOfManyAtOnce(t *testing.T) {
	people := []awstest.Person{awstest.Red, awstest.Blue, awstest.Green, awstest.Yellow, awstest.Magenta}
	for round := range 3 {
		s := newFaceShelf(t)
		var work errgroup.Group
		var records []*gallery.Record
		both := func(i int) []awstest.Person { return []awstest.Person{people[i%5], people[(i+1+round%4)%5]} }
		for i := range 20 {
			r := s.photo(fmt.Sprintf("data/%d.jpg", i), scene(300+i, both(i)...), gallery.Metadata{})
			records = append(records, r)
			g := s.configured(func(c *config.Labels) { c.Faces = true })
			work.Go(func() error {
				_, err := g.label(t.Context(), slow{s.out}, r, nil, nil)
				return err
			})
		}
		if err := work.Wait(); err != nil {
			t.Fatal(err)
		}
		groups := map[awstest.Person]map[string]bool{}
		for i, r := range records {
			for j, person := range both(i) {
				if groups[person] == nil {
					groups[person] = map[string]bool{}
				}
				groups[person][r.Faces[j].Group] = true
			}
		}
		seen := map[string]bool{}
		for person, g := range groups {
			for group := range g {
				if len(g) != 1 || group == "" || seen[group] {
					t.Errorf("round %d: person %v is in groups %v", round, person, g)
				}
				seen[group] = true
			}
		}
	}
}

// slow is a bucket that takes its time, so that others get in between.
type slow struct{ *storage.Mem }

func (s slow) Put(ctx context.Context, key string, body []byte, o storage.PutOptions) (string, error) {
	time.Sleep(rand.N(3 * time.Millisecond))
	return s.Mem.Put(ctx, key, body, o)
}

func (s slow) Get(ctx context.Context, key string, r storage.Range) (*storage.Object, error) {
	time.Sleep(rand.N(time.Millisecond))
	return s.Mem.Get(ctx, key, r)
}

func TestNamesOfDamagedState(t *testing.T) {
	s := newFaceShelf(t)
	s.out.Upload(namesKey, []byte("{"), time.Unix(1e9, 0))
	if _, err := s.labelling(t.Context(), s.out); err == nil || errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), namesKey) {
		t.Errorf("got %v, want an error that names %s", err, namesKey)
	}
}

// Whatever write fails, done or not, when everything comes again the outcome is the same, no face is left of a photo that is gone,
// and no request was made that is not counted.
func TestLabelsWithFaultsAtEveryWrite(t *testing.T) {
	region := gallery.Face{Person: "Natalie", X: .05, Y: .2, W: .35, H: .6}
	prepare := func(s *shelf) []*gallery.Record {
		return []*gallery.Record{
			s.photo("data/a.jpg", scene(300, awstest.Red, awstest.Blue), gallery.Metadata{}),
			s.photo("data/b.jpg", scene(301, awstest.Red), gallery.Metadata{Faces: []gallery.Face{region}, Persons: []string{"Natalie"}}),
			s.photo("data/c.jpg", scene(302, awstest.Green), gallery.Metadata{}),
		}
	}
	// Three photos are developed, and the last is deleted.
	scenario := func(s *shelf, photos []*gallery.Record) error {
		for _, r := range photos {
			old, _, err := readRecord(s.t.Context(), s.out, r.Original.Key)
			if err != nil {
				return err
			}
			if _, err := s.Generator.label(s.t.Context(), s.out, r, old, nil); err != nil {
				return err
			}
			body, err := json.Marshal(r)
			if err != nil {
				return err
			}
			if _, err := s.out.Put(s.t.Context(), gallery.RecordKey(r.Original.Key), body, storage.PutOptions{}); err != nil {
				return err
			}
		}
		s.out.Remove("data/c.jpg")
		if _, err := s.forget(s.t.Context(), s.out, photos[2]); err != nil {
			return err
		}
		return s.out.Delete(s.t.Context(), gallery.RecordKey("data/c.jpg"))
	}
	server := awstest.StartRekognition(t)
	awstest.Setenv(t, server.URL)
	faults := 0
	for _, fault := range []storage.Fault{storage.Before, storage.After} {
		for n := range 1000 {
			collection := fmt.Sprintf("c-%d-%d", fault, n)
			s := &shelf{t: t, out: storage.NewMem(), server: server}
			s.Generator = s.configured(func(c *config.Labels) { c.Faces, c.Collection = true, collection })
			before := server.Billed("DetectLabels") + server.Billed("IndexFaces") + server.Billed("SearchFaces")
			photos, at, struck := prepare(s), "", false
			s.out.Inject(func(i int, w storage.Write) storage.Fault {
				if i == n && !struck {
					at, struck = w.Key, true
					return fault
				}
				return storage.None
			})
			err := scenario(s, photos)
			if !struck {
				break // there are no more writes
			}
			faults++
			s.out.Revive()
			if err == nil {
				t.Errorf("%s: the fault was not noticed", at)
			}
			if err := s.out.Delete(t.Context(), groupsLease); err != nil { // it ends by itself, some time
				t.Fatal(err)
			}
			if err := scenario(s, prepare(s)); err != nil {
				t.Fatalf("%s: when it came again: %v", at, err)
			}
			s.settle("data/a.jpg", "data/b.jpg")
			s.expect("data/a.jpg", []string{"Natalie"}, []string{"Natalie"})
			s.expect("data/b.jpg", []string{"Natalie"}, nil)
			if got := server.Faces(collection); len(got) != 3 {
				t.Errorf("%s: the collection holds %q, want the three faces on photos that are there", at, got)
			}
			billed := server.Billed("DetectLabels") + server.Billed("IndexFaces") + server.Billed("SearchFaces") - before
			if left, err := s.budget(t.Context(), s.out, time.Now()); err != nil || 1000-left < billed {
				t.Errorf("%s: %d requests were counted, %d were billed (%v)", at, 1000-left, billed, err)
			}
			if t.Failed() {
				return
			}
		}
	}
	t.Logf("%d faults", faults)
	if faults < 60 {
		t.Errorf("only %d faults: is the fault injected?", faults)
	}
}

// Whoever develops a photo may die after its faces were kept, and the photo may be gone when it comes again.
func TestSweep(t *testing.T) {
	s := newFaceShelf(t)
	s.label(s.photo("data/stays.jpg", scene(300, awstest.Red), gallery.Metadata{}))
	s.label(s.photo("data/replaced.jpg", scene(305, awstest.Red), gallery.Metadata{}))
	for _, key := range []string{"data/gone.jpg", "data/developing.jpg"} { // without a record
		r := s.photo(key, scene(290+len(key), awstest.Blue), gallery.Metadata{})
		if _, err := s.Generator.label(t.Context(), s.out, r, nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	s.out.Remove("data/gone.jpg")
	r := s.photo("data/replaced.jpg", scene(306), gallery.Metadata{}) // and its record says so, but not its faces
	body, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.out.Put(t.Context(), gallery.RecordKey("data/replaced.jpg"), body, storage.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	sweep := func() {
		t.Helper()
		l, err := s.labelling(t.Context(), s.out)
		if err != nil {
			t.Fatal(err)
		}
		l.due(s.stored("data/stays.jpg"))
		s.out.Writes()
		if err := l.sweep(t.Context(), s.out); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(s.server.Faces("shoebox")); n != 4 {
		t.Fatalf("%d faces are kept, want 4", n)
	}
	sweep()
	if n := len(s.server.Faces("shoebox")); n != 2 {
		t.Errorf("%d faces are kept, want those of the photo that stays and of the one that is being developed", n)
	}
	sweep()
	if w := s.out.Writes(); len(w) != 0 {
		t.Errorf("a second sweep wrote %v", w)
	}
}
