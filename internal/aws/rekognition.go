package aws

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/rekognition"
	"github.com/aws/aws-sdk-go-v2/service/rekognition/types"
	"github.com/aws/smithy-go"

	"shoebox/internal/gallery"
)

// What is asked for. More than is shown: the answer is kept, so that other settings later cost nothing.
const (
	askConfidence = 50
	askLabels     = 100
)

// Bounds on what one photo may cost: each face that is kept is searched for.
const (
	// MaxFaces is how many faces of a picture are kept: the largest.
	MaxFaces = 10
	// maxMatches is how many faces are told of that look like one.
	maxMatches = 20
	// sameFace is the similarity, in percent, from which two faces are taken for one person's. Amazon's default is 80; higher is
	// its advice where a wrong name would hurt (Rekognition Developer Guide, "Searching faces in a collection").
	sameFace = 95
)

// labelAttempts is how often a request to Rekognition is tried in all. Outside the large regions five pictures a second are
// served by default, so being told to wait is what happens most.
const labelAttempts = 10

// Rekognition says what a picture shows, by Amazon Rekognition, and keeps the faces on pictures in a collection.
type Rekognition struct {
	client     *rekognition.Client
	collection string
	count      atomic.Int64
}

// OpenRekognition opens Rekognition with the credentials, region and endpoint that the environment and the files of the AWS
// command line give. The collection is made when it is needed and missing. It makes no request.
func OpenRekognition(ctx context.Context, collection string) (*Rekognition, error) {
	c, err := config.LoadDefaultConfig(ctx, config.WithRetryer(func() aws.Retryer {
		// The waits double, with a random share, up to 20 seconds. The SDK's own budget of retries is for servers in trouble, not
		// for one that paces us.
		return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.RateLimiter = labelAttempts, ratelimit.None })
	}))
	if err != nil {
		return nil, fmt.Errorf("aws configuration: %w", err)
	}
	return NewRekognition(c, collection), nil
}

// NewRekognition opens Rekognition with a configuration.
func NewRekognition(c aws.Config, collection string) *Rekognition {
	return &Rekognition{client: rekognition.NewFromConfig(c), collection: collection}
}

// Name is the source of its labels and faces.
func (r *Rekognition) Name() string { return "rekognition" }

// Requests returns how many requests were made so far, retries not counted. Those of [Rekognition.Labels],
// [Rekognition.IndexFaces] and [Rekognition.MatchFace] have a price.
func (r *Rekognition) Requests() int64 { return r.count.Load() }

// Labels says what a JPEG or PNG of at most 5 MB shows. Its error is a [gallery.RecognitionError].
func (r *Rekognition) Labels(ctx context.Context, picture []byte) (gallery.Recognition, error) {
	r.count.Add(1)
	out, err := r.client.DetectLabels(ctx, &rekognition.DetectLabelsInput{
		Image:         &types.Image{Bytes: picture},
		MinConfidence: aws.Float32(askConfidence), MaxLabels: aws.Int32(askLabels),
	})
	if err != nil {
		return gallery.Recognition{}, r.explain("detect labels", err)
	}
	answer := gallery.Recognition{Model: aws.ToString(out.LabelModelVersion), Labels: []gallery.RecognizedLabel{}}
	for _, l := range out.Labels {
		label := gallery.RecognizedLabel{Name: aws.ToString(l.Name), Confidence: float64(aws.ToFloat32(l.Confidence))}
		for _, p := range l.Parents {
			label.Parents = append(label.Parents, aws.ToString(p.Name))
		}
		for _, a := range l.Aliases {
			label.Aliases = append(label.Aliases, aws.ToString(a.Name))
		}
		for _, c := range l.Categories {
			label.Categories = append(label.Categories, aws.ToString(c.Name))
		}
		for _, i := range l.Instances {
			label.Boxes = append(label.Boxes, box(i.BoundingBox))
		}
		answer.Labels = append(answer.Labels, label)
	}
	return answer, nil
}

// IndexFaces keeps the largest faces of a JPEG or PNG in the collection, and returns them. The image's name is of letters,
// digits and "_.-:"; the same picture indexed again under the same name keeps nothing twice.
func (r *Rekognition) IndexFaces(ctx context.Context, image string, picture []byte) (model string, faces []gallery.FoundFace, err error) {
	in := &rekognition.IndexFacesInput{
		CollectionId: &r.collection, ExternalImageId: &image, Image: &types.Image{Bytes: picture},
		MaxFaces: aws.Int32(MaxFaces), QualityFilter: types.QualityFilterAuto,
	}
	r.count.Add(1)
	out, err := r.client.IndexFaces(ctx, in)
	if isCode(err, "ResourceNotFoundException") {
		if err = r.createCollection(ctx); err == nil {
			r.count.Add(1)
			out, err = r.client.IndexFaces(ctx, in)
		}
	}
	if err != nil {
		return "", nil, r.explain("index faces", err)
	}
	for _, f := range out.FaceRecords {
		if f.Face == nil {
			continue
		}
		faces = append(faces, gallery.FoundFace{
			ID: aws.ToString(f.Face.FaceId), Box: box(f.Face.BoundingBox), Confidence: float64(aws.ToFloat32(f.Face.Confidence)),
		})
	}
	return aws.ToString(out.FaceModelVersion), faces, nil
}

func (r *Rekognition) createCollection(ctx context.Context) error {
	r.count.Add(1)
	_, err := r.client.CreateCollection(ctx, &rekognition.CreateCollectionInput{CollectionId: &r.collection})
	if isCode(err, "ResourceAlreadyExistsException") {
		return nil // somebody else was faster
	}
	return err
}

// MatchFace returns the faces of the collection that are taken for the same person's as one of it, the most similar first. One
// that is no longer in the collection has none.
func (r *Rekognition) MatchFace(ctx context.Context, id string) ([]gallery.FaceMatch, error) {
	r.count.Add(1)
	out, err := r.client.SearchFaces(ctx, &rekognition.SearchFacesInput{
		CollectionId: &r.collection, FaceId: &id, FaceMatchThreshold: aws.Float32(sameFace), MaxFaces: aws.Int32(maxMatches),
	})
	// A face that is not in the collection is an invalid parameter.
	if isCode(err, "ResourceNotFoundException") || isCode(err, "InvalidParameterException") {
		return nil, nil
	}
	if err != nil {
		return nil, r.explain("search faces", err)
	}
	var matches []gallery.FaceMatch
	for _, m := range out.FaceMatches {
		if m.Face == nil {
			continue
		}
		matches = append(matches, gallery.FaceMatch{
			ID: aws.ToString(m.Face.FaceId), Image: aws.ToString(m.Face.ExternalImageId), Similarity: float64(aws.ToFloat32(m.Similarity)),
		})
	}
	return matches, nil
}

// maxDelete is how many faces one request deletes (API reference, DeleteFaces).
const maxDelete = 4096

// DeleteFaces deletes faces from the collection; that one is missing already is no error.
func (r *Rekognition) DeleteFaces(ctx context.Context, ids []string) error {
	for some := range slices.Chunk(ids, maxDelete) {
		r.count.Add(1)
		_, err := r.client.DeleteFaces(ctx, &rekognition.DeleteFacesInput{CollectionId: &r.collection, FaceIds: some})
		if isCode(err, "ResourceNotFoundException") {
			return nil // with the collection all of its faces went
		}
		if err != nil {
			return r.explain("delete faces", err)
		}
	}
	return nil
}

// DeleteCollection deletes the collection with all of its faces; that it is missing already is no error.
func (r *Rekognition) DeleteCollection(ctx context.Context) error {
	r.count.Add(1)
	_, err := r.client.DeleteCollection(ctx, &rekognition.DeleteCollectionInput{CollectionId: &r.collection})
	if err == nil || isCode(err, "ResourceNotFoundException") {
		return nil
	}
	return r.explain("delete the collection", err)
}

func box(b *types.BoundingBox) gallery.Box {
	if b == nil {
		return gallery.Box{}
	}
	return gallery.Box{
		X: float64(aws.ToFloat32(b.Left)), Y: float64(aws.ToFloat32(b.Top)),
		W: float64(aws.ToFloat32(b.Width)), H: float64(aws.ToFloat32(b.Height)),
	}
}

// refusals are the codes of errors that are the picture's fault.
var refusals = []string{"InvalidImageFormatException", "ImageTooLargeException", "InvalidParameterException"}

// explain says what an error means for whoever asked. What was answered with an error is not billed, nor is what could not be
// sent; when no answer came, nobody knows.
func (r *Rekognition) explain(operation string, err error) error {
	var api smithy.APIError
	var network *net.OpError
	answered := errors.As(err, &api)
	if answered && slices.Contains(refusals, api.ErrorCode()) {
		// Without the number of the request: this is kept, and the same picture gives the same words.
		err = fmt.Errorf("%s: %s", api.ErrorCode(), api.ErrorMessage())
		return &gallery.RecognitionError{Refused: true, Free: true, Err: fmt.Errorf("rekognition: %w", err)}
	}
	nowhere := r.client.Options().Region == ""
	if nowhere {
		err = fmt.Errorf("no region is known: set AWS_REGION, or region in ~/.aws/config: %w", err)
	}
	return &gallery.RecognitionError{
		Free: answered || nowhere || errors.As(err, &network) && network.Op == "dial",
		Err:  fmt.Errorf("rekognition: %s: %w", operation, err),
	}
}
