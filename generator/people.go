package generator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// A FaceFinder is a [Labeler] that also keeps the faces on pictures in a collection, and knows which look alike.
type FaceFinder interface {
	Labeler
	// IndexFaces keeps the faces of a JPEG or PNG, and returns them. The same picture indexed again under the same name is not
	// kept twice.
	IndexFaces(ctx context.Context, image string, picture []byte) (model string, faces []gallery.FoundFace, err error)
	// MatchFace returns the kept faces that are taken for the same person's as one of them, the most similar first.
	MatchFace(ctx context.Context, id string) ([]gallery.FaceMatch, error)
	// DeleteFaces deletes kept faces; that one is missing is no error.
	DeleteFaces(ctx context.Context, ids []string) error
}

// faceFinder returns who is asked for faces; nil when nobody is.
func (g *Generator) faceFinder() FaceFinder {
	finder, ok := g.labeler.(FaceFinder)
	if !ok || !g.config.Labels.Faces {
		return nil
	}
	return finder
}

// facesMemory is the prefix of what is known of faces.
const facesMemory = gallery.State + "faces/"

// facesKey is the key of the faces on an original with those bytes.
func facesKey(sha256 string) string { return facesMemory + sha256 + ".json" }

// A faceState is what is known of the faces on photos of equal bytes.
type faceState struct {
	Format int    `json:"format"`          // 1
	Model  string `json:"model,omitempty"` // source and version of who found them: "rekognition/7.0"; empty: not looked for
	None   string `json:"none,omitempty"`  // why the picture was refused
	// Keys are the originals with these bytes. With the last of them its faces go.
	Keys  []string   `json:"keys,omitempty"`
	Faces []keptFace `json:"faces,omitempty"` // from left to right
	// Doomed are faces that are to be deleted from the collection, and Round counts how often that happened: the name under which
	// the picture is indexed has it, so that a late deletion never meets faces that were indexed again.
	Doomed []string `json:"doomed,omitempty"`
	Round  int      `json:"round,omitempty"`
}

// A keptFace is a face and the group of faces that are taken for the same person's; empty: not looked for yet.
type keptFace struct {
	gallery.FoundFace
	Group string `json:"group,omitempty"`
}

// seekFaces returns the faces on a photo with their groups, and how it stands. What was paid for is kept at each step.
func (g *Generator) seekFaces(ctx context.Context, b storage.Bucket, finder FaceFinder, record *gallery.Record,
	picture func() ([]byte, error)) (faceState, string, error) {
	v, err, _ := g.asking.Do("faces "+record.SHA256, func() (any, error) {
		return g.seek(ctx, b, finder, record, picture)
	})
	state, _ := v.(faceState)
	if err == nil && !slices.Contains(state.Keys, record.Original.Key) { // a photo of the same bytes was being asked about
		state, err = g.seek(ctx, b, finder, record, picture)
	}
	switch {
	case err != nil:
		return faceState{}, "", err
	case state.None != "":
		return state, none(state.None), nil
	case state.Model == "" || slices.ContainsFunc(state.Faces, func(f keptFace) bool { return f.Group == "" }):
		return state, capped, nil
	}
	return state, state.Model, nil
}

func (g *Generator) seek(ctx context.Context, b storage.Bucket, finder FaceFinder, record *gallery.Record,
	picture func() ([]byte, error)) (faceState, error) {
	sha256 := record.SHA256
	// The photo is noted before anything is kept of it, so that whoever deletes it finds that out.
	state, err := change(ctx, b, facesKey(sha256), func(s *faceState) error {
		s.Format, s.Keys = 1, with(s.Keys, record.Original.Key)
		return nil
	})
	if err != nil {
		return state, err
	}
	if state, err = g.deleteDoomed(ctx, b, finder, sha256, state); err != nil {
		return state, err
	}
	if state.Model == "" && state.None == "" {
		if state, err = g.indexFaces(ctx, b, finder, sha256, state, picture); err != nil {
			return state, err
		}
	}
	if slices.ContainsFunc(state.Faces, func(f keptFace) bool { return f.Group == "" }) {
		return g.groupFaces(ctx, b, finder, sha256, state)
	}
	return state, nil
}

// indexFaces has the faces of a photo kept, if the month's budget allows.
func (g *Generator) indexFaces(ctx context.Context, b storage.Bucket, finder FaceFinder, sha256 string, state faceState,
	picture func() ([]byte, error)) (faceState, error) {
	body, err := picture()
	if err != nil {
		return state, err
	}
	paid, err := g.reserve(ctx, b, time.Now(), 1)
	if err != nil || paid == nil {
		return state, err
	}
	model, faces, err := finder.IndexFaces(ctx, fmt.Sprintf("%s.%d", sha256, state.Round), body)
	ctx = context.WithoutCancel(ctx)
	if err != nil && free(err) {
		if back := paid.giveBack(ctx, 1); back != nil {
			return state, errors.Join(err, back)
		}
	}
	why := refusal(err)
	if err != nil && why == "" {
		return state, err
	}
	slices.SortStableFunc(faces, func(a, b gallery.FoundFace) int {
		return cmp.Or(cmp.Compare(a.Box.X, b.Box.X), cmp.Compare(a.Box.Y, b.Box.Y), cmp.Compare(a.ID, b.ID))
	})
	round := state.Round
	state, err = change(ctx, b, facesKey(sha256), func(s *faceState) error {
		if s.Round != round || s.Model != "" {
			// Somebody else was faster. When all photos with these bytes went meanwhile, what was kept just now must go too.
			for _, f := range faces {
				if !slices.ContainsFunc(s.Faces, func(k keptFace) bool { return k.ID == f.ID }) {
					s.Doomed = with(s.Doomed, f.ID)
				}
			}
			return nil
		}
		if s.None = why; why == "" {
			s.Model = g.labeler.Name() + "/" + model
		}
		for _, f := range faces {
			s.Faces = append(s.Faces, keptFace{FoundFace: f})
		}
		return nil
	})
	if err != nil {
		return state, err
	}
	return g.deleteDoomed(ctx, b, finder, sha256, state)
}

// groupFaces finds the group of each face that has none: that of the face most like it, or a new one.
//
// Of two photos that are looked at by two processes at once, the one whose face was indexed first may not see the other. So groups
// are given under a lease, and whoever finds a face like its own that has none yet gives it the same.
func (g *Generator) groupFaces(ctx context.Context, b storage.Bucket, finder FaceFinder, sha256 string,
	state faceState) (faceState, error) {
	matches := map[string][]gallery.FaceMatch{}
	for _, face := range state.Faces {
		if face.Group != "" {
			continue
		}
		paid, err := g.reserve(ctx, b, time.Now(), 1)
		if err != nil {
			return state, err
		}
		if paid == nil {
			break
		}
		if matches[face.ID], err = finder.MatchFace(ctx, face.ID); err != nil {
			if free(err) {
				err = errors.Join(err, paid.giveBack(context.WithoutCancel(ctx), 1))
			}
			return state, err
		}
	}
	if len(matches) == 0 {
		return state, nil
	}
	lease, err := acquire(ctx, b, groupsLease)
	if err != nil {
		return state, err
	}
	state, err = giveGroups(ctx, b, sha256, matches)
	if released := lease.Release(context.WithoutCancel(ctx)); released != nil && !errors.Is(released, storage.ErrLeaseLost) {
		err = errors.Join(err, released)
	}
	return state, err
}

// groupsLease is the key of the right to give groups.
const groupsLease = facesMemory + "lease.json"

// leaseTime is how long the lease lasts, and how long all others wait when its holder dies: many times what it is needed for. When
// that is not enough a person may end up in two groups, which the owner can give one name.
const leaseTime = 10 * time.Second

// acquire waits for a lease.
func acquire(ctx context.Context, b storage.Bucket, key string) (*storage.Lease, error) {
	for {
		lease, err := storage.Acquire(ctx, b, key, leaseTime)
		if !errors.Is(err, storage.ErrLeased) {
			return lease, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(rand.N(200 * time.Millisecond)):
		}
	}
}

// giveGroups gives a group to each face on a photo that has none, by the matches of its id.
func giveGroups(ctx context.Context, b storage.Bucket, sha256 string, matches map[string][]gallery.FaceMatch) (faceState, error) {
	var state faceState
	if _, err := readState(ctx, b, facesKey(sha256), &state); err != nil {
		return state, err
	}
	give := func(sha256, id, group string) (faceState, error) {
		return change(ctx, b, facesKey(sha256), func(s *faceState) error {
			for i := range s.Faces {
				if s.Faces[i].ID == id && s.Faces[i].Group == "" {
					s.Faces[i].Group = group
				}
			}
			return nil
		})
	}
	for _, face := range state.Faces {
		found, searched := matches[face.ID]
		if !searched || face.Group != "" {
			continue // there was no money for it, or somebody gave it one
		}
		group, open, err := groupAmong(ctx, b, sha256, found)
		if err != nil {
			return state, err
		}
		if group == "" {
			group = newGroup(face.ID)
		}
		for _, m := range open {
			if _, err := give(imageOf(m), m.ID, group); err != nil {
				return state, err
			}
		}
		if state, err = give(sha256, face.ID, group); err != nil {
			return state, err
		}
	}
	return state, nil
}

// groupAmong returns the group of the first of some matches that has one, and those before it that have none.
func groupAmong(ctx context.Context, b storage.Bucket, sha256 string,
	matches []gallery.FaceMatch) (group string, open []gallery.FaceMatch, err error) {
	for _, m := range matches {
		image := imageOf(m)
		if image == sha256 || image == "" {
			continue // nobody is twice on a photo
		}
		var s faceState
		if _, err := readState(ctx, b, facesKey(image), &s); err != nil {
			return "", nil, err
		}
		for _, f := range s.Faces {
			switch {
			case f.ID != m.ID:
			case f.Group != "":
				return f.Group, open, nil
			default:
				open = append(open, m)
			}
		}
	}
	return "", open, nil
}

// imageOf returns the SHA-256 of the original that a match is on; empty when it is none of ours.
func imageOf(m gallery.FaceMatch) string {
	image, _, _ := strings.Cut(m.Image, ".")
	if !isSHA256(image) {
		return ""
	}
	return image
}

func isSHA256(s string) bool { return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == "" }

// newGroup names a group after its first face.
func newGroup(id string) string {
	id = strings.ReplaceAll(id, "-", "")
	return id[:min(len(id), 12)]
}

// forget deletes what only an original that left the gallery needs: its faces, and the names that it gave to people. It is called
// before the record is deleted, and may be called again; whoever develops the original again labels it again. Labels are kept:
// they say nothing of where the photo was, and another one of the same bytes needs them.
func (g *Generator) forget(ctx context.Context, b storage.Bucket, record *gallery.Record) (renamed bool, err error) {
	if g.labeler == nil && record.FacesSought == "" {
		return false, nil
	}
	key := record.Original.Key
	if err := g.dropFaces(ctx, b, record.SHA256, key); err != nil {
		return false, fmt.Errorf("forget the faces of %s: %w", key, err)
	}
	return g.forgetNames(ctx, b, key)
}

// dropFaces takes an original off those that have the bytes, and with the last of them deletes their faces.
func (g *Generator) dropFaces(ctx context.Context, b storage.Bucket, sha256, key string) error {
	state, err := change(ctx, b, facesKey(sha256), func(s *faceState) error {
		i, noted := slices.BinarySearch(s.Keys, key)
		if !noted {
			return nil
		}
		if s.Keys = slices.Delete(s.Keys, i, i+1); len(s.Keys) > 0 {
			return nil
		}
		for _, f := range s.Faces {
			s.Doomed = with(s.Doomed, f.ID)
		}
		*s = faceState{Format: s.Format, None: s.None, Doomed: s.Doomed, Round: s.Round + 1}
		return nil
	})
	if finder, ok := g.labeler.(FaceFinder); err == nil && ok {
		_, err = g.deleteDoomed(ctx, b, finder, sha256, state)
	}
	return err
}

// deleteDoomed deletes faces from the collection that are to go.
func (g *Generator) deleteDoomed(ctx context.Context, b storage.Bucket, finder FaceFinder, sha256 string,
	state faceState) (faceState, error) {
	if len(state.Doomed) == 0 {
		return state, nil
	}
	if err := finder.DeleteFaces(ctx, state.Doomed); err != nil {
		return state, err
	}
	return change(ctx, b, facesKey(sha256), func(s *faceState) error {
		s.Doomed = slices.DeleteFunc(s.Doomed, func(id string) bool { return slices.Contains(state.Doomed, id) })
		return nil
	})
}

// with returns a sorted set with one more element.
func with(set []string, s string) []string {
	if i, there := slices.BinarySearch(set, s); !there {
		return slices.Insert(slices.Clone(set), i, s)
	}
	return set
}

// sameRegion is the overlap from which a region that the owner drew and a face that was found are of one face: the share that
// is common to both in what they cover together. Programs draw faces with more or less hair.
const sameRegion = 0.3

// attachFaces brings found faces into a record: a region of the owner's gets the group of the face that it is of, and all others
// are added.
func attachFaces(r *gallery.Record, found []keptFace, source string) {
	faces := slices.Clone(r.Faces)
	own, taken := len(faces), map[int]bool{}
	for _, f := range found {
		best, overlap := -1, sameRegion
		for i, region := range faces[:own] {
			if o := common(gallery.Box{X: region.X, Y: region.Y, W: region.W, H: region.H}, f.Box); !taken[i] && o >= overlap {
				best, overlap = i, o
			}
		}
		if best >= 0 {
			taken[best], faces[best].Group = true, f.Group
			continue
		}
		short := func(x float64) float64 { return math.Round(x*1e4) / 1e4 }
		faces = append(faces, gallery.Face{
			X: short(f.Box.X), Y: short(f.Box.Y), W: short(f.Box.W), H: short(f.Box.H), Group: f.Group, Source: source,
		})
	}
	r.Faces = faces
}

// common is the area that two boxes share, by that which they cover together: 0 to 1.
func common(a, b gallery.Box) float64 {
	w := min(a.X+a.W, b.X+b.W) - max(a.X, b.X)
	h := min(a.Y+a.H, b.Y+b.H) - max(a.Y, b.Y)
	if w <= 0 || h <= 0 {
		return 0
	}
	return w * h / (a.W*a.H + b.W*b.H - w*h)
}
