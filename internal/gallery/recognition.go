package gallery

// A Recognition is all that a recognizer said of a picture. It is kept whole, since it was paid for; a [Record] gets what the
// configuration lets through.
type Recognition struct {
	Model  string            `json:"model"` // version of the recognizer's model, such as "3.0"
	Labels []RecognizedLabel `json:"labels"`
}

// A RecognizedLabel is one word of a recognizer, with all that it knows of it.
type RecognizedLabel struct {
	Name       string   `json:"name"`
	Confidence float64  `json:"confidence"`           // 0 to 100
	Parents    []string `json:"parents,omitempty"`    // wider words: "Animal" of "Dog"
	Aliases    []string `json:"aliases,omitempty"`    // other words for the same: "Automobile" of "Car"
	Categories []string `json:"categories,omitempty"` // the recognizer's own: "Animals and Pets"
	Boxes      []Box    `json:"boxes,omitempty"`      // where it is seen, once for each
}

// A Box is a region of a picture, in shares of its width and height as shown.
type Box struct {
	X float64 `json:"x"` // left edge
	Y float64 `json:"y"` // top edge
	W float64 `json:"w"`
	H float64 `json:"h"`
}

// A FoundFace is a face that a recognizer found in a picture and keeps in its collection.
type FoundFace struct {
	ID         string  `json:"id"` // the collection's
	Box        Box     `json:"box"`
	Confidence float64 `json:"confidence"` // that it is a face, 0 to 100
}

// A FaceMatch is a face in the collection that looks like another one.
type FaceMatch struct {
	ID         string  // the collection's
	Image      string  // what the picture was called when it was indexed
	Similarity float64 // 0 to 100
}

// A RecognitionError says why a recognizer gave no answer, and what that means for whoever asked.
type RecognitionError struct {
	Refused bool // it is the picture's fault: asking again would give the same answer
	Free    bool // it was certainly not billed
	Err     error
}

// Error implements error.
func (e *RecognitionError) Error() string { return e.Err.Error() }

// Unwrap returns the error underneath.
func (e *RecognitionError) Unwrap() error { return e.Err }
