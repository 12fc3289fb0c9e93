package awstest

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	_ "image/jpeg" // what Rekognition reads
	_ "image/png"  // what Rekognition reads
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Rekognition stands in for Amazon Rekognition: it checks requests as the service does, looks at the pictures that it is given, and
// always says the same of the same picture. What a picture shows is decided by its colours; see [Scene].
type Rekognition struct {
	URL string

	mu          sync.Mutex // guards what follows
	billed      map[string]int
	collections map[string][]indexedFace
	planned     map[string][]string // codes of errors to answer with, by operation
	every       int                 // of so many requests one is throttled; 0: none
	requests    int
}

// The model versions that the stand-in names.
const (
	LabelModel = "3.0"
	FaceModel  = "7.0"
)

type indexedFace struct {
	ID, Image, External string
	seen                seenFace
}

// StartRekognition starts a stand-in for Rekognition until the test ends.
func StartRekognition(t testing.TB) *Rekognition {
	t.Helper()
	r := &Rekognition{billed: map[string]int{}, collections: map[string][]indexedFace{}, planned: map[string][]string{}}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.URL = server.URL
	return r
}

// Billed returns how many requests of an operation were answered without an error: those that the service asks money for.
func (r *Rekognition) Billed(operation string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.billed[operation]
}

// Throttle makes one of so many requests fail as too fast; 0: none.
func (r *Rekognition) Throttle(every int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.every = every
}

// Plan has the next requests of an operation answered with errors of these codes.
func (r *Rekognition) Plan(operation string, codes ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.planned[operation] = append(r.planned[operation], codes...)
}

// Faces returns the external image ids of the faces in a collection, sorted; one for each face.
func (r *Rekognition) Faces(collection string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	images := []string{}
	for _, f := range r.collections[collection] {
		images = append(images, f.External)
	}
	slices.Sort(images)
	return images
}

// apiError is an error of the service's protocol, AWS JSON 1.1.
type apiError struct {
	Type    string `json:"__type"`
	Message string `json:"message"`
}

func (e *apiError) Error() string { return e.Type + ": " + e.Message }

func refused(code, format string, args ...any) error {
	return &apiError{code, fmt.Sprintf(format, args...)}
}

const invalidParameter = "InvalidParameterException"

var signature = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=[A-Za-z0-9]+/\d{8}/` + Region +
	`/rekognition/aws4_request, SignedHeaders=[a-z0-9;-]*host[a-z0-9;-]*x-amz-date[a-z0-9;-]*, Signature=[0-9a-f]{64}$`)

// ServeHTTP answers a request of the AWS JSON 1.1 protocol.
func (r *Rekognition) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	operation, ours := strings.CutPrefix(q.Header.Get("X-Amz-Target"), "RekognitionService.")
	answer, err := func() (any, error) {
		switch {
		case q.Method != http.MethodPost || q.URL.Path != "/" || !ours || q.Header.Get("Content-Type") != "application/x-amz-json-1.1":
			return nil, refused("UnknownOperationException", "not a request of this service")
		case !signature.MatchString(q.Header.Get("Authorization")):
			return nil, refused("MissingAuthenticationTokenException", "the request is not signed")
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.requests++
		if codes := r.planned[operation]; len(codes) > 0 {
			r.planned[operation] = codes[1:]
			return nil, refused(codes[0], "as the test wants it")
		}
		if r.every > 0 && r.requests%r.every == 0 {
			return nil, refused([]string{"ThrottlingException", "ProvisionedThroughputExceededException"}[r.requests/r.every%2], "Rate exceeded")
		}
		answer, err := r.answer(operation, q)
		if err == nil {
			r.billed[operation]++
		}
		return answer, err
	}()
	if err != nil {
		answer = err
		w.WriteHeader(http.StatusBadRequest)
	}
	_ = json.NewEncoder(w).Encode(answer) // a client that has gone does not need it
}

func (r *Rekognition) answer(operation string, q *http.Request) (any, error) {
	switch operation {
	case "DetectLabels":
		return handle(q, r.detectLabels)
	case "CreateCollection":
		return handle(q, r.createCollection)
	case "DeleteCollection":
		return handle(q, r.deleteCollection)
	case "DescribeCollection":
		return handle(q, r.describeCollection)
	case "IndexFaces":
		return handle(q, r.indexFaces)
	case "SearchFaces":
		return handle(q, r.searchFaces)
	case "DeleteFaces":
		return handle(q, r.deleteFaces)
	case "ListFaces":
		return handle(q, r.listFaces)
	}
	return nil, refused("UnknownOperationException", "%s", operation)
}

func handle[In, Out any](q *http.Request, f func(In) (Out, error)) (any, error) {
	var in In
	d := json.NewDecoder(q.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return nil, refused("SerializationException", "%v", err)
	}
	return f(in)
}

type pictureInput struct{ Bytes []byte }

// open checks a picture as the service does ("Guidelines and quotas in Amazon Rekognition") and decodes it.
func (p pictureInput) open() (image.Image, error) {
	if len(p.Bytes) == 0 {
		return nil, refused(invalidParameter, "Request has invalid parameters")
	}
	if len(p.Bytes) > 5<<20 {
		return nil, refused("ImageTooLargeException", "Request is too large")
	}
	c, format, err := image.DecodeConfig(bytes.NewReader(p.Bytes))
	if err != nil || format != "jpeg" && format != "png" {
		return nil, refused("InvalidImageFormatException", "Request has invalid image format")
	}
	if min(c.Width, c.Height) < 80 || max(c.Width, c.Height) > 10_000 {
		return nil, refused(invalidParameter, "Request has invalid image dimensions: %d x %d", c.Width, c.Height)
	}
	m, _, err := image.Decode(bytes.NewReader(p.Bytes))
	if err != nil {
		return nil, refused("InvalidImageFormatException", "Request has invalid image format")
	}
	return m, nil
}

type nameOutput struct{ Name string }

type boundingBox struct{ Width, Height, Left, Top float64 }

type labelOutput struct {
	Name       string
	Confidence float64
	Instances  []instanceOutput
	Parents    []nameOutput
	Aliases    []nameOutput
	Categories []nameOutput
}

type instanceOutput struct {
	BoundingBox boundingBox
	Confidence  float64
}

type detectLabelsInput struct {
	Image         pictureInput
	MaxLabels     *int
	MinConfidence *float64
}

type detectLabelsOutput struct {
	LabelModelVersion string
	Labels            []labelOutput
}

func (r *Rekognition) detectLabels(in detectLabelsInput) (*detectLabelsOutput, error) {
	least, most := 55.0, 1000
	if in.MinConfidence != nil {
		least = *in.MinConfidence
	}
	if in.MaxLabels != nil {
		most = *in.MaxLabels
	}
	if least < 0 || least > 100 || most < 0 {
		return nil, refused(invalidParameter, "Request has invalid parameters")
	}
	m, err := in.Image.open()
	if err != nil {
		return nil, err
	}
	out := &detectLabelsOutput{LabelModelVersion: LabelModel, Labels: []labelOutput{}}
	for _, l := range look(m).labels() {
		if l.Confidence >= least && len(out.Labels) < most {
			out.Labels = append(out.Labels, l)
		}
	}
	return out, nil
}

var collectionPattern = regexp.MustCompile(`^[a-zA-Z0-9_.\-]{1,255}$`)

// faces returns the faces of a collection that exists.
func (r *Rekognition) faces(id string) ([]indexedFace, error) {
	if !collectionPattern.MatchString(id) {
		return nil, refused(invalidParameter, "collection id %q", id)
	}
	faces, ok := r.collections[id]
	if !ok {
		return nil, refused("ResourceNotFoundException", "The collection id: %s does not exist", id)
	}
	return faces, nil
}

type collectionInput struct{ CollectionID string }

type createCollectionOutput struct {
	StatusCode       int
	CollectionArn    string
	FaceModelVersion string
}

func (r *Rekognition) createCollection(in collectionInput) (*createCollectionOutput, error) {
	if !collectionPattern.MatchString(in.CollectionID) {
		return nil, refused(invalidParameter, "collection id %q", in.CollectionID)
	}
	if _, ok := r.collections[in.CollectionID]; ok {
		return nil, refused("ResourceAlreadyExistsException", "The collection id: %s already exists", in.CollectionID)
	}
	r.collections[in.CollectionID] = []indexedFace{}
	arn := "arn:aws:rekognition:" + Region + ":" + AccountID + ":collection/" + in.CollectionID
	return &createCollectionOutput{http.StatusOK, arn, FaceModel}, nil
}

type deleteCollectionOutput struct{ StatusCode int }

func (r *Rekognition) deleteCollection(in collectionInput) (*deleteCollectionOutput, error) {
	if _, err := r.faces(in.CollectionID); err != nil {
		return nil, err
	}
	delete(r.collections, in.CollectionID)
	return &deleteCollectionOutput{http.StatusOK}, nil
}

type describeCollectionOutput struct {
	FaceCount        int
	FaceModelVersion string
}

func (r *Rekognition) describeCollection(in collectionInput) (*describeCollectionOutput, error) {
	faces, err := r.faces(in.CollectionID)
	if err != nil {
		return nil, err
	}
	return &describeCollectionOutput{len(faces), FaceModel}, nil
}

type indexFacesInput struct {
	CollectionID    string
	Image           pictureInput
	ExternalImageID *string
	MaxFaces        *int
	QualityFilter   string
}

type faceOutput struct {
	FaceID          string `json:"FaceId"`
	BoundingBox     boundingBox
	ImageID         string `json:"ImageId"`
	ExternalImageID string `json:"ExternalImageId,omitempty"`
	Confidence      float64
}

type faceRecordOutput struct{ Face faceOutput }

type unindexedOutput struct{ Reasons []string }

type indexFacesOutput struct {
	FaceRecords      []faceRecordOutput
	FaceModelVersion string
	UnindexedFaces   []unindexedOutput
}

var externalPattern = regexp.MustCompile(`^[a-zA-Z0-9_.\-:]{1,255}$`)

func (r *Rekognition) indexFaces(in indexFacesInput) (*indexFacesOutput, error) {
	kept, err := r.faces(in.CollectionID)
	if err != nil {
		return nil, err
	}
	most, external := 100, ""
	if in.MaxFaces != nil {
		most = min(*in.MaxFaces, most)
	}
	if in.ExternalImageID != nil {
		if external = *in.ExternalImageID; !externalPattern.MatchString(external) {
			return nil, refused(invalidParameter, "external image id %q", external)
		}
	}
	if most < 1 || !slices.Contains([]string{"", "NONE", "AUTO", "LOW", "MEDIUM", "HIGH"}, in.QualityFilter) {
		return nil, refused(invalidParameter, "Request has invalid parameters")
	}
	m, err := in.Image.open()
	if err != nil {
		return nil, err
	}
	out := &indexFacesOutput{FaceModelVersion: FaceModel, FaceRecords: []faceRecordOutput{}, UnindexedFaces: []unindexedOutput{}}
	picture := sha256.Sum256(in.Image.Bytes)
	seen := look(m).faces
	slices.SortStableFunc(seen, func(a, b seenFace) int { return cmp.Compare(b.box.Width*b.box.Height, a.box.Width*a.box.Height) })
	for i, face := range seen {
		switch {
		case face.small && in.QualityFilter != "NONE":
			out.UnindexedFaces = append(out.UnindexedFaces, unindexedOutput{[]string{"SMALL_BOUNDING_BOX"}})
			continue
		case len(out.FaceRecords) == most:
			out.UnindexedFaces = append(out.UnindexedFaces, unindexedOutput{[]string{"EXCEEDS_MAX_FACES"}})
			continue
		}
		// The same picture under the same external id in the same collection is kept once; so its faces have the same ids.
		f := indexedFace{
			ID:    uuid("face", in.CollectionID, external, string(picture[:]), fmt.Sprint(i)),
			Image: uuid("image", in.CollectionID, external, string(picture[:])), External: external, seen: face,
		}
		if !slices.ContainsFunc(kept, func(k indexedFace) bool { return k.ID == f.ID }) {
			kept = append(kept, f)
		}
		out.FaceRecords = append(out.FaceRecords, faceRecordOutput{f.output()})
	}
	r.collections[in.CollectionID] = kept
	return out, nil
}

func (f indexedFace) output() faceOutput {
	return faceOutput{FaceID: f.ID, BoundingBox: f.seen.box, ImageID: f.Image, ExternalImageID: f.External, Confidence: 99.9}
}

// uuid is a name made of some texts, in the form of the service's ids.
func uuid(texts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(texts, "\x00")))
	h := hex.EncodeToString(sum[:16])
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}

var facePattern = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

type searchFacesInput struct {
	CollectionID       string
	FaceID             string
	MaxFaces           *int
	FaceMatchThreshold *float64
}

type faceMatchOutput struct {
	Similarity float64
	Face       faceOutput
}

type searchFacesOutput struct {
	SearchedFaceID   string `json:"SearchedFaceId"`
	FaceMatches      []faceMatchOutput
	FaceModelVersion string
}

func (r *Rekognition) searchFaces(in searchFacesInput) (*searchFacesOutput, error) {
	kept, err := r.faces(in.CollectionID)
	if err != nil {
		return nil, err
	}
	most, least := 80, 80.0
	if in.MaxFaces != nil {
		most = *in.MaxFaces
	}
	if in.FaceMatchThreshold != nil {
		least = *in.FaceMatchThreshold
	}
	i := slices.IndexFunc(kept, func(f indexedFace) bool { return f.ID == in.FaceID })
	switch {
	case most < 1 || most > 4096 || least < 0 || least > 100 || !facePattern.MatchString(in.FaceID):
		return nil, refused(invalidParameter, "Request has invalid parameters")
	case i < 0:
		return nil, refused(invalidParameter, "faceId was not found in the collection.")
	}
	out := &searchFacesOutput{SearchedFaceID: in.FaceID, FaceMatches: []faceMatchOutput{}, FaceModelVersion: FaceModel}
	for j, f := range kept {
		if s := f.seen.like(kept[i].seen); j != i && s >= least {
			out.FaceMatches = append(out.FaceMatches, faceMatchOutput{s, f.output()})
		}
	}
	slices.SortStableFunc(out.FaceMatches, func(a, b faceMatchOutput) int { return cmp.Compare(b.Similarity, a.Similarity) })
	out.FaceMatches = out.FaceMatches[:min(len(out.FaceMatches), most)]
	return out, nil
}

type deleteFacesInput struct {
	CollectionID string
	FaceIds      []string
}

type unsuccessfulOutput struct {
	FaceID  string `json:"FaceId"`
	Reasons []string
}

type deleteFacesOutput struct {
	DeletedFaces              []string
	UnsuccessfulFaceDeletions []unsuccessfulOutput
}

func (r *Rekognition) deleteFaces(in deleteFacesInput) (*deleteFacesOutput, error) {
	kept, err := r.faces(in.CollectionID)
	if err != nil {
		return nil, err
	}
	wrong := func(id string) bool { return !facePattern.MatchString(id) }
	if len(in.FaceIds) < 1 || len(in.FaceIds) > 4096 || slices.ContainsFunc(in.FaceIds, wrong) {
		return nil, refused(invalidParameter, "Request has invalid parameters")
	}
	out := &deleteFacesOutput{}
	for _, id := range in.FaceIds {
		if slices.ContainsFunc(kept, func(f indexedFace) bool { return f.ID == id }) {
			out.DeletedFaces = append(out.DeletedFaces, id)
		} else {
			out.UnsuccessfulFaceDeletions = append(out.UnsuccessfulFaceDeletions, unsuccessfulOutput{id, []string{"FACE_NOT_FOUND"}})
		}
	}
	r.collections[in.CollectionID] = slices.DeleteFunc(kept, func(f indexedFace) bool { return slices.Contains(in.FaceIds, f.ID) })
	return out, nil
}

type listFacesInput struct {
	CollectionID string
	MaxResults   *int
}

type listFacesOutput struct {
	Faces            []faceOutput
	FaceModelVersion string
}

func (r *Rekognition) listFaces(in listFacesInput) (*listFacesOutput, error) {
	kept, err := r.faces(in.CollectionID)
	if err != nil {
		return nil, err
	}
	out := &listFacesOutput{Faces: []faceOutput{}, FaceModelVersion: FaceModel}
	for _, f := range kept {
		out.Faces = append(out.Faces, f.output())
	}
	return out, nil
}
