package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"shoebox/internal/aws"
	"shoebox/internal/aws/awstest"
	"shoebox/internal/storage"
)

// A stack is what the functions meet in AWS: two buckets on a strict S3 server, and queues.
type stack struct {
	testing.TB
	s3, moto     string // endpoints
	lambda       string // endpoint of what stands for Lambda; s.called has its calls
	site, owners *aws.Bucket
	develop      string // URLs of queues
	publish      string
	called       chan string // calls of the publish function: their payloads
	logged       bytes.Buffer
}

// newStack starts what there is. The visibility timeout of its queues is a second, so that what is handed back comes again.
func newStack(t *testing.T) *stack {
	t.Helper()
	s := &stack{TB: t, s3: awstest.StartS3(t, "site", "owners"), moto: awstest.StartMoto(t), called: make(chan string, 100)}
	s.lambda = awstest.StartLambda(t, func(function, payload string) {
		if function != "publish" {
			t.Errorf("called the function %s", function)
		}
		s.called <- payload
	})
	awstest.Setenv(t, s.moto)
	t.Setenv("AWS_ENDPOINT_URL_S3", s.s3)
	t.Setenv("AWS_ENDPOINT_URL_LAMBDA", s.lambda)
	s.open(t)
	second := map[string]string{"VisibilityTimeout": "1"}
	s.develop, s.publish = awstest.MakeQueue(t, s.moto, "develop", second), awstest.MakeQueue(t, s.moto, "publish", second)
	return s
}

// open opens the buckets.
func (s *stack) open(t *testing.T) {
	t.Helper()
	for name, b := range map[string]**aws.Bucket{"site": &s.site, "owners": &s.owners} {
		var err error
		if *b, err = aws.OpenBucket(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
}

// env is the environment that the template gives a function.
func (s *stack) env(function string) []string {
	if function == "setup" {
		return []string{
			"SHOEBOX_FUNCTION=setup", "SHOEBOX_BUCKET=s3://site", "SHOEBOX_ORIGINALS_BUCKET=s3://owners", "SHOEBOX_KEY_PARAMETER=/shoebox/key",
		}
	}
	return []string{
		"SHOEBOX_FUNCTION=" + function, "SHOEBOX_BUCKET=s3://site", "SHOEBOX_ORIGINALS_BUCKET=s3://owners",
		"SHOEBOX_DEVELOP_QUEUE=" + s.develop, "SHOEBOX_PUBLISH_QUEUE=" + s.publish, "SHOEBOX_PUBLISH_FUNCTION=publish",
		"SHOEBOX_LABELS_PER_MONTH=0", "SHOEBOX_BASE_URL=" + baseURL, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=1024", "PATH=",
	}
}

// function returns one of the functions, in this process.
func (s *stack) function(t *testing.T, name string) *function {
	t.Helper()
	settings, err := readSettings(s.env(name))
	if err != nil {
		t.Fatal(err)
	}
	f, err := newFunction(t.Context(), settings, io.MultiWriter(&s.logged, t.Output()))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// upload stores what the owner has.
func (s *stack) upload(key string, body []byte) {
	s.Helper()
	if _, err := s.owners.Put(s.Context(), key, body, storage.PutOptions{}); err != nil {
		s.Fatal(err)
	}
}

// has reports whether our bucket has an object.
func (s *stack) has(key string) bool {
	s.Helper()
	for info, err := range s.site.List(s.Context(), key) {
		if err != nil {
			s.Fatal(err)
		}
		return info.Key == key
	}
	return false
}

// waiting is how many messages a queue has, those under way among them.
func (s *stack) waiting(queue string) int {
	s.Helper()
	c, err := aws.Load(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	waiting, inFlight, err := aws.NewQueue(c, queue).Depth(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	return waiting + inFlight
}

// messages is the event for some bodies, received so many times each.
func messages(received int, bodies ...string) events.SQSEvent {
	var event events.SQSEvent
	for i, body := range bodies {
		event.Records = append(event.Records, events.SQSMessage{
			MessageId: fmt.Sprintf("message-%d", i), Body: body, Attributes: map[string]string{"ApproximateReceiveCount": fmt.Sprint(received)},
		})
	}
	return event
}

func keysMessage(t testing.TB, keys ...string) string {
	t.Helper()
	body, err := json.Marshal(map[string][]string{"keys": keys})
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func handedBack(r events.SQSEventResponse) (ids []string) {
	for _, f := range r.BatchItemFailures {
		ids = append(ids, f.ItemIdentifier)
	}
	slices.Sort(ids)
	return ids
}

// photo is a small picture; each number is another.
func photo(t testing.TB, n int) []byte {
	t.Helper()
	return picture(t, 64, 48, n)
}

// bigPhoto is one that takes a while to develop.
func bigPhoto(t testing.TB) []byte {
	t.Helper()
	return picture(t, 2400, 1600, 1)
}

func picture(t testing.TB, width, height, n int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for x := range width {
		for y := range height {
			m.SetRGBA(x, y, color.RGBA{uint8(40 * n), uint8(4 * x), uint8(5 * y), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// soon returns a context with a deadline, as Lambda gives.
func soon(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func wantLog(t *testing.T, s *stack, parts ...string) {
	t.Helper()
	for line := range strings.SplitSeq(s.logged.String(), "\n") {
		found := true
		for _, part := range parts {
			found = found && strings.Contains(line, part)
		}
		if found {
			return
		}
	}
	t.Errorf("no line of the log has %q:\n%s", parts, s.logged.String())
}
