package generator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// peopleFile is the key of the file in which the owner says who people are.
const peopleFile = "people.toml"

// namesKey is the key of what groups of faces are called.
const namesKey = facesMemory + "people.json"

// A naming is what groups of faces are called: by people.toml, which counts more, and by regions that the owner drew and named in
// some photo.
type naming struct {
	Format int              `json:"format"`            // 1
	Digest string           `json:"digest,omitempty"`  // of the people.toml that it was made from; empty: there is none
	Photos []string         `json:"photos,omitempty"`  // the originals that it names faces on, sorted
	Named  map[string]named `json:"named,omitempty"`   // by group
	Closed map[string]named `json:"private,omitempty"` // by group: what only private photos may tell of
	// Problems are entries of people.toml that name nobody.
	Problems []Failure `json:"problems,omitempty"`
}

// A named is one group's name and the original whose region gave it; people.toml did when By is empty.
type named struct {
	Name string `json:"name"`
	By   string `json:"by,omitempty"`
}

// private reports whether an original is in the private album.
func private(key string) bool { return gallery.Private(strings.TrimPrefix(key, gallery.Data)) }

// of returns what a group is called on an original; empty when nobody said.
func (n naming) of(group, key string) string {
	name := n.Named[group].Name
	if name == "" && private(key) {
		name = n.Closed[group].Name
	}
	return name
}

// apply brings names into a record with faces. What the owner wrote stays: a name of a region, and a person named in words.
func (n naming) apply(r *gallery.Record) {
	own := ownPersons(r)
	var faces []gallery.Face
	var recognized []string
	for _, f := range r.Faces {
		name := ""
		if f.Group != "" && (f.Source != "" || f.Person == "") {
			name = n.of(f.Group, r.Original.Key)
		}
		if f.Source != "" {
			f.Person = name
		}
		if name != "" && !slices.Contains(own, name) && !slices.Contains(recognized, name) {
			recognized = append(recognized, name)
		}
		faces = append(faces, f)
	}
	r.Faces, r.Persons, r.Recognized = faces, slices.Concat(own, recognized), recognized
}

// ownPersons are those of a record's people whom the owner named.
func ownPersons(r *gallery.Record) []string {
	var own []string
	for _, p := range r.Persons {
		if !slices.Contains(r.Recognized, p) {
			own = append(own, p)
		}
	}
	return own
}

// regions are the groups that a record's own regions name.
func regions(r *gallery.Record) map[string]string {
	groups := map[string]string{}
	for _, f := range r.Faces {
		if f.Group != "" && f.Source == "" && f.Person != "" && groups[f.Group] == "" {
			groups[f.Group] = f.Person
		}
	}
	return groups
}

// lacks reports whether a record's regions name a group that has no name.
func (n naming) lacks(r *gallery.Record) bool {
	for group := range regions(r) {
		if n.of(group, r.Original.Key) == "" {
			return true
		}
	}
	return false
}

// learn takes over the names that a record's regions give, and drops those that they gave before.
func (n *naming) learn(r *gallery.Record) {
	key, said := r.Original.Key, regions(r)
	n.unlearn(key, said)
	for group, name := range said {
		if n.of(group, key) != "" {
			continue
		}
		// A name that only a private photo tells must not show on a public one.
		where := &n.Named
		if private(key) {
			where = &n.Closed
		}
		if *where == nil {
			*where = map[string]named{}
		}
		(*where)[group] = named{Name: name, By: key}
	}
}

// unlearn drops the names that an original gave, except those that it still gives.
func (n *naming) unlearn(key string, said map[string]string) {
	for _, names := range []map[string]named{n.Named, n.Closed} {
		maps.DeleteFunc(names, func(group string, e named) bool { return e.By == key && said[group] != e.Name })
	}
}

// names returns what people are called now. It is made anew when people.toml changed, or when the record, which may be nil, is of
// a photo that people.toml tells of or gives names by its regions; renamed says that it is no longer what it was.
func (g *Generator) names(ctx context.Context, b storage.Bucket, record *gallery.Record) (n naming, renamed bool, err error) {
	if _, err := readState(ctx, b, namesKey, &n); err != nil {
		return n, false, err
	}
	text, err := readText(ctx, b, peopleFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return n, false, err
	}
	digest := ""
	if len(text) > 0 {
		digest = digestOf(text)
	}
	before := n.copied()
	resolve := digest != n.Digest
	if record != nil {
		_, told := slices.BinarySearch(n.Photos, record.Original.Key)
		resolve = resolve || told
		n.learn(record)
	}
	if !resolve && before.equal(n) {
		return n, false, nil
	}
	var wanted naming
	if resolve {
		if wanted, err = resolvePeople(ctx, b, text, record); err != nil {
			return n, false, err
		}
		wanted.Digest = digest
	}
	n, err = change(ctx, b, namesKey, func(n *naming) error {
		before = n.copied()
		n.Format = 1
		if resolve {
			n.Digest, n.Photos, n.Problems = wanted.Digest, wanted.Photos, wanted.Problems
			maps.DeleteFunc(n.Named, func(_ string, e named) bool { return e.By == "" })
			if n.Named == nil {
				n.Named = map[string]named{}
			}
			maps.Copy(n.Named, wanted.Named)
		}
		if record != nil {
			n.learn(record)
		}
		return nil
	})
	if errors.Is(err, errReadOnly) {
		err = nil // a plan goes by what would be
	}
	return n, !before.equal(n), err
}

// copied returns a naming whose names can be changed by themselves.
func (n naming) copied() naming {
	n.Named, n.Closed = maps.Clone(n.Named), maps.Clone(n.Closed)
	return n
}

// equal reports whether two namings give the same names.
func (n naming) equal(other naming) bool {
	return maps.Equal(n.Named, other.Named) && maps.Equal(n.Closed, other.Closed)
}

// forgetNames drops the names that an original gave.
func (g *Generator) forgetNames(ctx context.Context, b storage.Bucket, key string) (renamed bool, err error) {
	var before naming
	n, err := change(ctx, b, namesKey, func(n *naming) error {
		before = n.copied()
		if _, told := slices.BinarySearch(n.Photos, key); told {
			n.Digest = "?" // what people.toml says of that photo is to be looked up again
		}
		n.unlearn(key, nil)
		return nil
	})
	return n.Digest != before.Digest || !before.equal(n), err
}

// A person is an entry of people.toml: the name of one face on one photo.
type person struct {
	Name  string    `toml:"name"`
	Photo string    `toml:"photo"` // below data/
	Face  int       `toml:"face"`  // counted from the left, from 1; needless when there is one
	At    []float64 `toml:"at"`    // instead: a place in that face, in shares of width and height from the top left
}

// resolvePeople finds the faces that people.toml names. What is wrong with an entry is one of its Problems.
func resolvePeople(ctx context.Context, b storage.Bucket, text []byte, current *gallery.Record) (naming, error) {
	n := naming{Named: map[string]named{}}
	fail := func(format string, args ...any) {
		n.Problems = append(n.Problems, Failure{peopleFile, fmt.Sprintf(format, args...)})
	}
	var file struct {
		Person []person `toml:"person"`
	}
	decoder := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields()
	var strict *toml.StrictMissingError
	if err := decoder.Decode(&file); errors.As(err, &strict) {
		fail("a person can have name, photo, and face or at, nothing else: %s", strings.Join(strings.Fields(strict.String()), " "))
	} else if err != nil {
		fail("can't be read: %v", err)
		return n, nil
	}
	for i, p := range file.Person {
		name := strings.TrimSpace(p.Name)
		if name == "" || p.Photo == "" || p.Face < 0 || p.At != nil && (p.Face != 0 || len(p.At) != 2) {
			fail("person %d: give a name, a photo, and one of face = 1, 2, … and at = [x, y]", i+1)
			continue
		}
		key := gallery.Data + p.Photo
		n.Photos = with(n.Photos, key)
		group, why, err := findFace(ctx, b, p, key, current)
		switch {
		case err != nil:
			return n, err
		case why != "":
			fail("%s: %s %s", name, key, why)
		case n.Named[group].Name != "" && n.Named[group].Name != name:
			fail("%s: the face on %s is taken for that of %s, who is named before", name, key, n.Named[group].Name)
		default:
			n.Named[group] = named{Name: name}
		}
	}
	return n, nil
}

// findFace returns the group of the face that an entry names, or says why there is none.
func findFace(ctx context.Context, b storage.Bucket, p person, key string, current *gallery.Record) (group, why string, err error) {
	record := current
	if record == nil || record.Original.Key != key {
		if gallery.CheckKey(key) != nil {
			return "", "is not the path of a photo below data/", nil
		}
		if record, _, err = readRecord(ctx, b, key); err != nil {
			return "", "", err
		}
	}
	if record == nil {
		return "", "is not in the gallery (yet)", nil
	}
	var s faceState
	if _, err := readState(ctx, b, facesKey(record.SHA256), &s); err != nil {
		return "", "", err
	}
	faces := s.Faces
	switch {
	case s.None != "":
		return "", "was refused: " + s.None, nil
	case s.Model == "":
		return "", "was not looked at for faces (yet)", nil
	case len(faces) == 0:
		return "", "shows no face that can be known again", nil
	case p.At != nil:
		i := slices.IndexFunc(faces, func(f keptFace) bool { return holds(f.Box, p.At) })
		if i < 0 {
			return "", fmt.Sprintf("shows no face at %v", p.At), nil
		}
		return faces[i].Group, whyNoGroup(faces[i]), nil
	case p.Face == 0 && len(faces) > 1:
		return "", fmt.Sprintf("shows %d faces: say which by face = 1, 2, … from the left, or by at = [x, y]", len(faces)), nil
	case p.Face > len(faces):
		return "", fmt.Sprintf("shows no more than %d faces", len(faces)), nil
	}
	f := faces[max(p.Face, 1)-1]
	return f.Group, whyNoGroup(f), nil
}

func whyNoGroup(f keptFace) string {
	if f.Group == "" {
		return "was not compared with others (yet)"
	}
	return ""
}

// holds reports whether a place is within a box.
func holds(b gallery.Box, at []float64) bool {
	return b.X <= at[0] && at[0] <= b.X+b.W && b.Y <= at[1] && at[1] <= b.Y+b.H
}
