package search

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"shoebox/internal/gallery"
)

// Bounds on what is indexed of one item: files are hostile, and nobody searches for the end of a long text.
const (
	maxText   = 8 << 10 // bytes of a title or caption
	maxName   = 256     // bytes of a label or any other name
	maxValues = 500     // of labels, of their parents and aliases, of people, of keywords
	maxTerms  = 1000    // of one field
)

// sureConfidence is the confidence, in percent, from which a label counts more.
const sureConfidence = 90

// A document is what the index knows of one item. The names of its fields are those of the mapping. Those that may be missing
// are slices: of an empty string, Bleve would make a term.
type document struct {
	Album   string   `json:"a"`
	Scopes  []string `json:"s"`
	Labels  []string `json:"l"`
	Sure    []string `json:"lh"`
	Persons []string `json:"p"`
	Places  []string `json:"pl"`
	Camera  []string `json:"cam"`
	Types   []string `json:"type"`
	Parts   []string `json:"k"`
	Year    []string `json:"y"`
	Month   []string `json:"ym"`
	Day     []string `json:"d"`
	Text    []string `json:"t"`
}

// An itemDocument is all that is kept of one item in a segment.
type itemDocument struct {
	id    string // see documentID
	terms document
	row   row
	hash  [hashSize]byte // of all the above
}

// albumTerm is the term of an album's path; the root's path is empty, and no term may be.
func albumTerm(album string) string { return "/" + album }

// scopeTerm is the term of a scope: the directory that an album is published in.
func scopeTerm(dir string) string { return "/" + dir }

// An albumState is what the documents of an album, and of those below it, depend on.
type albumState struct {
	Digest string `json:"digest"` // of its manifest, shortened
	Title  string `json:"title"`
	Hidden bool   `json:"hidden,omitempty"`
	// Runs says where the documents of the items directly in it are: the number of the segment, that of the first document, and
	// how many follow each other, time and again. What is deleted may be among them.
	Runs []int `json:"runs,omitempty"`
}

// lineage returns the paths of an album and those above it, without the root, the topmost first.
func lineage(album string) []string {
	if album == "" {
		return nil
	}
	var paths []string
	for i := range len(album) {
		if album[i] == '/' {
			paths = append(paths, album[:i])
		}
	}
	return append(paths, album)
}

// scopes returns the terms of all scopes that the items of an album may be found from: its own and those above it, down from
// the private album or the last hidden one, since these are listed nowhere above. One required term then decides at once what
// is in the scope and what may be seen there.
func scopes(album string, albums map[string]albumState) []string {
	all := []string{scopeTerm("")}
	for _, p := range lineage(album) {
		if p == gallery.PrivatePath || albums[p].Hidden {
			all = all[:0]
		}
		all = append(all, scopeTerm(gallery.AlbumDir(p)))
	}
	return all
}

// sameDependencies reports whether all that the documents of an album depend on is the same.
func sameDependencies(album string, a, b map[string]albumState) bool {
	same := func(p string) bool { return a[p].Title == b[p].Title && a[p].Hidden == b[p].Hidden }
	if a[album].Digest != b[album].Digest || !same(album) {
		return false
	}
	for p, ok := gallery.ParentPath(album); ok; p, ok = gallery.ParentPath(p) {
		if !same(p) && p != "" {
			return false
		}
	}
	return true
}

// documentID returns the id of an original's document; ok is false when it can't have one.
func documentID(key string) (id string, ok bool) {
	id, ok = strings.CutPrefix(key, gallery.Data)
	return id, ok && id != "" && gallery.CheckKey(key) == nil
}

// newDocument makes the document of an item of an album.
func newDocument(r *gallery.Record, album string, albums map[string]albumState) document {
	d := document{Album: albumTerm(album), Scopes: scopes(album, albums), Types: types(r)}
	if gallery.Private(strings.TrimPrefix(r.Original.Key, gallery.Data)) && !gallery.Private(album) {
		d.Scopes = nil // a file that is named like the private album
	}
	// By where they stand in the list these two are told apart from the rest: see textTitle.
	d.Text = append(d.Text, textWords(foldWithin(r.Title, maxText)), textWords(foldWithin(r.Caption, maxText)))
	d.text(nameWords(gallery.Name(r.Original.Key)), r.Camera, r.Lens)
	for _, l := range r.Labels[:min(len(r.Labels), maxValues)] {
		for _, term := range slices.Concat([]string{l.Name}, clip(l.Parents), clip(l.Aliases)) {
			d.Labels = appendTerm(d.Labels, term)
			d.text(term)
		}
		if l.Confidence >= sureConfidence {
			d.Sure = appendTerm(d.Sure, l.Name)
		}
	}
	for _, k := range r.Keywords[:min(len(r.Keywords), maxValues)] {
		d.text(k)
	}
	for _, person := range r.Persons[:min(len(r.Persons), maxValues)] {
		d.Persons = appendTerm(d.Persons, person)
		d.parts(Person, person)
		d.text(person)
	}
	for _, place := range r.Place.Names() {
		d.Places = appendTerm(d.Places, place)
		if len(splitWords(place)) > 1 { // of one word the name is that
			d.parts(Place, place)
		}
	}
	d.Camera = appendTerm(d.Camera, r.Camera)
	d.parts(Camera, r.Camera)
	d.parts(Lens, r.Lens)
	d.parts(Creator, r.Creator)
	d.facts(r)
	for _, p := range lineage(album) {
		title, folder := albums[p].Title, gallery.Name(p)
		d.Parts = appendTerm(d.Parts, partTerm(Album, p))
		d.Parts = appendTerm(d.Parts, partTerm(Album, folder))
		if title != "" {
			d.Parts = appendTerm(d.Parts, partTerm(Album, title))
		}
		d.parts(Album, folder)
		d.parts(Album, title)
		d.text(nameWords(folder), title)
	}
	if clock := r.Taken.Clock(); !r.Taken.IsZero() && clock.Year() >= 1 && clock.Year() <= 9999 {
		d.Year, d.Month, d.Day = []string{clock.Format(yearTerm)}, []string{clock.Format(monthTerm)}, []string{clock.Format(dayTerm)}
	}
	return d
}

// newItemDocument makes what is kept of an item of an album.
func newItemDocument(id string, r *gallery.Record, album string, albums map[string]albumState) itemDocument {
	d := itemDocument{id: id, terms: newDocument(r, album, albums), row: newRow(r, album)}
	data, _ := json.Marshal(d.terms) // strings can't fail
	w := d.row
	sum := sha256.Sum256(fmt.Appendf(data, "%q %q %q %q %q %q %q %d", w.name, w.album, w.kind, w.camera, w.labels, w.people, w.places, w.numbers))
	copy(d.hash[:], sum[:])
	return d
}

func clip(values []string) []string { return values[:min(len(values), maxValues)] }

// text adds texts that plain words find.
func (d *document) text(texts ...string) {
	for _, s := range texts {
		d.Text = appendTerm(d.Text, textWords(s))
	}
}

// parts adds each word of a name under a key of the query language.
func (d *document) parts(key Kind, name string) {
	for _, word := range splitWords(term(name)) {
		d.Parts = appendTerm(d.Parts, partTerm(key, word))
	}
}

// facts adds what can be asked of an item beyond its names and numbers: what it has, and its shape.
func (d *document) facts(r *gallery.Record) {
	for _, h := range []struct {
		what string
		has  bool
	}{{"gps", r.GPS != nil}, {"place", r.Place != (gallery.Place{})}, {"title", r.Title != ""}, {"caption", r.Caption != ""}, {"people", len(r.Persons) > 0},
		{"faces", len(r.Faces) > 0}, {"labels", len(r.Labels) > 0}, {"camera", r.Camera != ""}, {"lens", r.Lens != ""},
		{"rating", r.Rating != 0}, {"date", !r.Taken.IsZero()}} {
		if h.has {
			d.Parts = append(d.Parts, partTerm(Has, h.what))
		}
	}
	w, h := r.Width, r.Height
	switch {
	case w <= 0 || h <= 0:
		return
	case w > h:
		d.Parts = append(d.Parts, partTerm(Is, "landscape"))
	case w < h:
		d.Parts = append(d.Parts, partTerm(Is, "portrait"))
	default:
		d.Parts = append(d.Parts, partTerm(Is, "square"))
	}
	if w/2 >= h {
		d.Parts = append(d.Parts, partTerm(Is, "panorama"))
	}
}

func partTerm(key Kind, text string) string { return string(key) + ":" + text }

// term folds a name within bounds.
func term(s string) string { return foldWithin(s, maxName) }

func foldWithin(s string, limit int) string {
	return fold(strings.ToValidUTF8(s[:min(len(s), limit)], ""))
}

// appendTerm adds a folded name once; an empty one is left out.
func appendTerm(terms []string, s string) []string {
	if s = term(s); s == "" || len(terms) >= maxTerms || slices.Contains(terms, s) {
		return terms
	}
	return append(terms, s)
}

// types returns the words that "type:" finds an item by: its kind, its file's extension and its media type.
func types(r *gallery.Record) []string {
	kind, sub, _ := strings.Cut(r.Type, "/")
	sub, _, _ = strings.Cut(sub, ";")
	terms := []string{string(r.Kind)}
	for _, s := range []string{kind, sub, strings.TrimPrefix(path.Ext(gallery.Name(r.Original.Key)), ".")} {
		terms = appendTerm(terms, s)
	}
	if r.Animated {
		terms = appendTerm(terms, "animated")
	}
	if r.Screenshot {
		terms = appendTerm(terms, "screenshot")
	}
	for _, l := range r.Labels[:min(len(r.Labels), maxValues)] {
		if l.Derived() {
			terms = appendTerm(terms, l.Name)
		}
	}
	return terms
}

// typeTerm is the term that a value of "type:" asks for.
func typeTerm(value string) string {
	switch s := term(value); s {
	case "photos", "image", "images", "picture", "pictures":
		return string(gallery.Photo)
	case "videos", "movie", "movies":
		return string(gallery.Video)
	case "files", "document", "documents":
		return string(gallery.File)
	case "screenshots":
		return "screenshot"
	case "animation", "animations":
		return "animated"
	default:
		return s
	}
}

// documents makes the documents of a manifest, sorted by their ids. An item that can't have one is left out.
func documents(m *gallery.Manifest, album string, albums map[string]albumState) ([]itemDocument, error) {
	docs := make([]itemDocument, 0, len(m.Items))
	for i := range m.Items {
		r := &m.Items[i]
		id, ok := documentID(r.Original.Key)
		if !ok {
			continue
		}
		if got := gallery.AlbumPath(r.Original.Key); got != album {
			return nil, fmt.Errorf("manifest of album %q lists %s, which lies in %q", album, r.Original.Key, got)
		}
		docs = append(docs, newItemDocument(id, r, album, albums))
	}
	slices.SortFunc(docs, func(a, b itemDocument) int { return strings.Compare(a.id, b.id) })
	return slices.CompactFunc(docs, func(a, b itemDocument) bool { return a.id == b.id }), nil
}
