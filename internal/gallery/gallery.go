// Package gallery is the vocabulary of Shoebox: what an original, an item's record, an album's manifest, a rendition and a
// label are, and under which key of the bucket each of them lives. Its main types are [Record] and [Manifest]. It imports
// nothing but the standard library, so that every program can speak it.
package gallery

import "time"

// Kind says how an item is shown.
type Kind string

// The kinds of item.
const (
	Photo Kind = "photo" // a still or animated picture
	Video Kind = "video" // plays in the page, shown by its poster
	Audio Kind = "audio" // plays in the page
	File  Kind = "file"  // anything else: listed, with its download
)

// An Original is one uploaded object under data/, as the bucket describes it. Its bytes are never modified by us.
type Original struct {
	Key      string    `json:"key"`      // "data/alps/2024/summit.jpg"
	ETag     string    `json:"etag"`     // changes when the bytes do; comparable only within one bucket
	Size     int64     `json:"size"`     // bytes
	Modified time.Time `json:"modified"` // last modified, UTC, whole seconds
}

// A Record is what we know of one original: where it came from, what it holds and which renditions were made of it.
// Records are stored under [RecordKey] and, for its album, inside the [Manifest].
type Record struct {
	Original Original   `json:"original"`
	Sidecars []Original `json:"sidecars,omitempty"` // the files whose text was merged in, sorted by key
	// Companions are files that are the same photo and no items of their own, sorted by key: the raw file beside a camera's JPEG or HEIF.
	Companions []Original `json:"companions,omitempty"`
	// Live is the record of the video of a Live Photo, which is no item of its own; in a [Manifest] only.
	Live *Record `json:"live,omitempty"`
	// SidecarsSHA256 is the digest of their bytes, so that touched or copied files need no work.
	SidecarsSHA256 string `json:"sidecars_sha256,omitempty"`
	Recipe         string `json:"recipe"` // fingerprint of the program version and settings that made the renditions
	SHA256         string `json:"sha256"` // of the original's bytes, 64 hexadecimal digits

	Kind     Kind    `json:"kind"`
	Type     string  `json:"type"`               // media type, such as "image/jpeg"
	Width    int     `json:"width,omitempty"`    // pixels as shown, after orientation; 0 when not known
	Height   int     `json:"height,omitempty"`   // pixels as shown, after orientation; 0 when not known
	Duration float64 `json:"duration,omitempty"` // seconds, of video and audio; 0 when not known
	Animated bool    `json:"animated,omitempty"` // a picture that moves
	// Codecs are those of a video and its sound, as a media type names them (RFC 6381): "avc1.64001f, mp4a.40.2"; empty when not known.
	Codecs string `json:"codecs,omitempty"`
	// ContentID is what the still and the moving picture of a Live Photo have in common (Apple's content identifier).
	ContentID string `json:"content_id,omitempty"`

	Metadata
	Labels []Label `json:"labels,omitempty"` // sorted by name

	// Labelled says how it stands with labels of a recognizer: empty: none is asked; its name and the version of its model,
	// "rekognition/3.0": done; "capped": the month's budget was spent; "none: …": never, and why.
	Labelled string `json:"labelled,omitempty"`
	// FacesSought says the same of faces.
	FacesSought string `json:"faces_sought,omitempty"`
	// LabelRecipe is the fingerprint of the settings by which labels and faces were taken over; empty when none were asked for.
	LabelRecipe string `json:"label_recipe,omitempty"`
	// Recognized are those of the Persons whom nobody wrote down: they were known by their faces.
	Recognized []string `json:"recognized,omitempty"`

	Renditions []Rendition `json:"renditions,omitempty"`
	// Placeholder is one or two colours ("#rrggbb": top, bottom) that stand for the picture until it has loaded.
	Placeholder []string `json:"placeholder,omitempty"`

	// Problem says why the item could not be developed in full, in words for the owner; empty when all is well.
	Problem string `json:"problem,omitempty"`
}

// Metadata is what a file, or a sidecar beside it, says of itself.
type Metadata struct {
	Title      string   `json:"title,omitempty"`
	Caption    string   `json:"caption,omitempty"` // plain text; Markdown when Markdown is set
	Markdown   bool     `json:"markdown,omitempty"`
	Taken      Date     `json:"taken,omitzero"`
	TakenFrom  string   `json:"taken_from,omitempty"` // "exif", "xmp", "iptc", "video", "sidecar", "name" or "modified"
	Camera     string   `json:"camera,omitempty"`     // make and model, without repeating the make
	Lens       string   `json:"lens,omitempty"`
	Exposure   Exposure `json:"exposure,omitzero"`
	GPS        *GPS     `json:"gps,omitempty"`
	Place      Place    `json:"place,omitzero"`
	PlaceFrom  string   `json:"place_from,omitempty"` // "gps/1" when the place, or that there is none, was found by coordinates; empty: it is the owner's word
	Keywords   []string `json:"keywords,omitempty"`   // as written, without duplicates, in order of appearance
	Persons    []string `json:"persons,omitempty"`    // named people, without duplicates, in order of appearance
	Faces      []Face   `json:"faces,omitempty"`
	Rating     int      `json:"rating,omitempty"` // 1 to 5 stars, -1 rejected, 0 not rated (XMP Rating)
	Creator    string   `json:"creator,omitempty"`
	Copyright  string   `json:"copyright,omitempty"`
	Screenshot bool     `json:"screenshot,omitempty"`
	Panorama   bool     `json:"panorama,omitempty"` // the camera put it together of several pictures
}

// Exposure is how a photo was taken. A zero field is not known.
type Exposure struct {
	Seconds       float64 `json:"seconds,omitempty"`         // exposure time
	FNumber       float64 `json:"f_number,omitempty"`        // aperture
	ISO           int     `json:"iso,omitempty"`             // sensitivity
	FocalLength   float64 `json:"focal_length,omitempty"`    // millimetres
	FocalLength35 float64 `json:"focal_length_35,omitempty"` // millimetres on 35 mm film
}

// GPS is a place on WGS 84.
type GPS struct {
	Latitude  float64  `json:"latitude"`           // degrees, north positive
	Longitude float64  `json:"longitude"`          // degrees, east positive
	Altitude  *float64 `json:"altitude,omitempty"` // metres above sea level
}

// A Place is where an item was taken, in words. What is empty is not known.
type Place struct {
	City    string `json:"city,omitempty"`
	Region  string `json:"region,omitempty"` // state, province or county
	Country string `json:"country,omitempty"`
}

// Names returns what is known of the place, the narrowest first.
func (p Place) Names() []string {
	var names []string
	for _, name := range []string{p.City, p.Region, p.Country} {
		if name != "" {
			names = append(names, name)
		}
	}
	return names
}

// A Label is a word for what an item shows.
type Label struct {
	Name       string   `json:"name"`
	Confidence float64  `json:"confidence"`        // 0 to 100; 100 for what the owner wrote
	Parents    []string `json:"parents,omitempty"` // wider words: "Animal" of "Dog"
	Aliases    []string `json:"aliases,omitempty"` // other words for the same: "Automobile" of "Car"
	Source     string   `json:"source"`            // "keyword", "sidecar", "rekognition", …; FromDate, FromCamera
}

// The sources of labels that follow from what a file says of itself.
const (
	FromDate   = "date"   // season and time of day
	FromCamera = "camera" // selfie, panorama, …
)

// Derived reports whether a label follows from what a file says of itself.
func (l Label) Derived() bool { return l.Source == FromDate || l.Source == FromCamera }

// A Face is a region of a picture that shows a person.
type Face struct {
	Person string  `json:"person,omitempty"` // empty when nobody named it
	X      float64 `json:"x"`                // left edge, 0 to 1 of the width as shown
	Y      float64 `json:"y"`                // top edge, 0 to 1 of the height as shown
	W      float64 `json:"w"`                // width, 0 to 1
	H      float64 `json:"h"`                // height, 0 to 1
	// Group is the same for faces that a recognizer takes for one person's; empty when it knows nothing of it.
	Group string `json:"group,omitempty"`
	// Source is the recognizer that found the face; empty for a region that the owner drew.
	Source string `json:"source,omitempty"`
}

// The names of renditions.
const (
	Thumbnail = "thumbnail" // for grids
	Preview   = "preview"   // for the viewer
	Poster    = "poster"    // stands for a video until it plays
	Clip      = "clip"      // a few seconds of a video without sound, for grids
	Web       = "web"       // a whole video as every browser plays it
	Motion    = "motion"    // the video that a phone put into its photo
)

// A Rendition is a picture or video derived from an original. It carries no metadata of it.
type Rendition struct {
	Use    string `json:"use"`    // Thumbnail, Preview, Poster, Clip, Web or Motion
	Path   string `json:"path"`   // below public/, unescaped: "alps/-/summit.nef.3f9c2a71.400.jpg"
	Type   string `json:"type"`   // media type
	Width  int    `json:"width"`  // pixels
	Height int    `json:"height"` // pixels
	Bytes  int    `json:"bytes"`
}

// Rendition returns the rendition of that use, or the first of the others named; ok is false when there is none.
func (r *Record) Rendition(uses ...string) (rendition Rendition, ok bool) {
	for _, use := range uses {
		for _, d := range r.Renditions {
			if d.Use == use {
				return d, true
			}
		}
	}
	return Rendition{}, false
}

// ManifestFormat is the version of the stored [Manifest]. It is raised whenever its meaning changes; a build then puts every
// manifest together anew. (What a [Record] means is versioned by its Recipe.)
//
//	1: first format
//	2: Collections
const ManifestFormat = 2

// A Manifest is what we know of one album: its own text and settings, and its items in the order they are shown.
type Manifest struct {
	Format   int       `json:"format"`            // ManifestFormat
	Settings string    `json:"settings"`          // fingerprint of the configuration it was put together with
	Index    *Original `json:"index,omitempty"`   // the index.md that Album was read from
	Problem  string    `json:"problem,omitempty"` // why index.md could not be read, in words for the owner
	Album    Album     `json:"album"`
	Items    []Record  `json:"items"`
	Albums   []Card    `json:"albums"`          // the albums directly below that are not hidden, in the order they are shown
	Card     Card      `json:"card"`            // how the album above shows this one
	Newest   time.Time `json:"newest,omitzero"` // when the latest original directly in it was modified
	// Collections are the kinds of collection that its items are in, such as "labels", sorted.
	Collections []string `json:"collections,omitempty"`
}

// Records returns the records of all originals of an album: of its items, and of the videos that belong to one.
func (m *Manifest) Records() []*Record {
	records := make([]*Record, 0, len(m.Items))
	for i := range m.Items {
		records = append(records, &m.Items[i])
		if live := m.Items[i].Live; live != nil {
			records = append(records, live)
		}
	}
	return records
}

// An Album is one directory below data/. The root album's path is empty.
type Album struct {
	Path        string `json:"path"` // "alps/2024": as in the key, unescaped, without a slash at either end
	Title       string `json:"title"`
	Description string `json:"description,omitempty"` // one line, plain text
	Text        string `json:"text,omitempty"`        // Markdown, from the body of index.md
	Cover       string `json:"cover,omitempty"`       // as index.md names it: an item, or a path below the album
	Date        Date   `json:"date,omitzero"`         // as index.md gives it
	Sort        string `json:"sort,omitempty"`        // "taken", "name", "modified" or "rating"; empty: the configured one
	Order       string `json:"order,omitempty"`       // "ascending" or "descending"; empty: the configured one
	Hidden      bool   `json:"hidden,omitempty"`      // published, but listed nowhere
	Weight      int    `json:"weight,omitempty"`      // albums with a smaller weight come first among their siblings
}

// A Card is how an album is shown by its parent. When a card is the same as before, no page above needs to change.
type Card struct {
	Path        string     `json:"path"`
	Title       string     `json:"title"`
	Description string     `json:"description,omitempty"`
	Cover       *Rendition `json:"cover,omitempty"` // a thumbnail of one of its items, or of an album below
	Placeholder []string   `json:"placeholder,omitempty"`
	Photos      int        `json:"photos"` // items directly in it, by kind
	Videos      int        `json:"videos"`
	Others      int        `json:"others"`        // audio and files
	Albums      int        `json:"albums"`        // albums directly in it
	From        Date       `json:"from,omitzero"` // of the earliest and the latest item directly in it, or below
	To          Date       `json:"to,omitzero"`
	Hidden      bool       `json:"hidden,omitempty"`
	Weight      int        `json:"weight,omitempty"`
}
