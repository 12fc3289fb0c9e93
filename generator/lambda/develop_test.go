package main

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"shoebox/generator"
	"shoebox/internal/aws"
	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// received takes all that waits in the publish queue.
func (s *stack) received(t *testing.T) (all generator.Changes, n int) {
	t.Helper()
	c, err := aws.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	q := aws.NewQueue(c, s.publish)
	for {
		some, err := q.Receive(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(some) == 0 {
			return all, n
		}
		for _, m := range some {
			var c generator.Changes
			if err := json.Unmarshal([]byte(m.Body), &c); err != nil {
				t.Fatal(err)
			}
			all, n = union(all, c), n+1
		}
		if err := q.Delete(t.Context(), some); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDevelop(t *testing.T) {
	s := newStack(t)
	s.upload("data/alps/a b+c.jpg", photo(t, 1))
	s.upload("data/b.jpg", photo(t, 2))
	f := s.function(t, "develop")
	sns, err := json.Marshal(map[string]string{"Type": "Notification", "Message": `{"Records":[{"s3":{"object":{"key":"data/alps/a+b%2Bc.jpg"}}}]}`})
	if err != nil {
		t.Fatal(err)
	}
	response, err := f.develop(soon(t, time.Minute), messages(1,
		string(sns), keysMessage(t, "data/b.jpg", "data/gone.jpg"), "poison", keysMessage(t, "data/b.jpg"), `{"Event":"s3:TestEvent"}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := handedBack(response); !slices.Equal(got, []string{"message-2"}) {
		t.Errorf("handed back %q, want the poisonous one", got)
	}
	for _, key := range []string{"data/alps/a b+c.jpg", "data/b.jpg"} {
		if !s.has(gallery.RecordKey(key)) {
			t.Errorf("%s was not developed", key)
		}
	}
	if c, n := s.received(t); n != 1 || !slices.Contains(c.Keys, "data/b.jpg") || !slices.Contains(c.Keys, "data/alps/a b+c.jpg") {
		t.Errorf("%d messages say to publish %+v, want one with both", n, c)
	}
	if got := <-s.called; got != `{"rung":true}` {
		t.Errorf("called with %s", got)
	}
	wantLog(t, s, `"msg":"not understood"`, `"message":"message-2"`)
	wantLog(t, s, `"msg":"looked at"`, `"key":"data/b.jpg"`)
	wantLog(t, s, `"msg":"develop"`, `"handed_back":1`, `"s3_put":`, `"lambda_gb_seconds":`, `"dollars":0.0000`)
}

// TestDevelopWithoutTime wants a batch for which there is no time to be handed back, and nothing else to happen.
func TestDevelopWithoutTime(t *testing.T) {
	s := newStack(t)
	s.upload("data/a.jpg", photo(t, 1))
	f := s.function(t, "develop")
	if _, err := f.lenient(t.Context()); err != nil { // it has worked before
		t.Fatal(err)
	}
	ctx, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	response, err := f.develop(ctx, messages(1, keysMessage(t, "data/a.jpg")))
	if err != nil {
		t.Fatal(err)
	}
	if got := handedBack(response); len(got) != 1 || s.has(gallery.RecordKey("data/a.jpg")) {
		t.Errorf("handed back %q, developed %v", got, s.has(gallery.RecordKey("data/a.jpg")))
	}
	wantLog(t, s, "handed back", errNoTime.Error())
	if _, n := s.received(t); n != 0 {
		t.Errorf("%d messages to publish", n)
	}
}

func TestDeadlines(t *testing.T) {
	for left, want := range map[time.Duration][2]time.Duration{ // time left, and of that when to stop and to end
		15 * time.Minute: {14*time.Minute + 30*time.Second, 14*time.Minute + 57*time.Second},
		time.Minute:      {45 * time.Second, 57 * time.Second},
		8 * time.Second:  {6 * time.Second, 7 * time.Second},
	} {
		now := time.Now()
		ctx, cancel := context.WithDeadline(t.Context(), now.Add(left))
		stop, end := deadlines(ctx)
		cancel()
		for i, got := range []time.Duration{stop.Sub(now), end.Sub(now)} {
			if (got - want[i]).Abs() > 50*time.Millisecond {
				t.Errorf("with %s left: %s, want %s", left, got, want[i])
			}
		}
	}
}

// TestDevelopNotTold wants messages to come again whose changes the publish function could not be told of.
func TestDevelopNotTold(t *testing.T) {
	s := newStack(t)
	s.upload("data/a.jpg", photo(t, 1))
	t.Setenv("AWS_ENDPOINT_URL_LAMBDA", "http://127.0.0.1:9") // nobody is there
	if _, err := s.function(t, "develop").develop(soon(t, 2*time.Second), messages(1, keysMessage(t, "data/a.jpg"))); err == nil {
		t.Error("the batch counts as done")
	}
	t.Setenv("AWS_ENDPOINT_URL_LAMBDA", s.lambda)
	if _, err := s.function(t, "develop").develop(soon(t, time.Minute), messages(2, keysMessage(t, "data/a.jpg"))); err != nil {
		t.Fatal(err)
	}
	if c, n := s.received(t); n != 2 || !slices.Equal(c.Keys, []string{"data/a.jpg"}) {
		t.Errorf("%d messages say %+v, want two with the photo", n, c)
	}
}

// TestDevelopOnePanics wants a panic to be an error. No picture is known to cause one: a bucket does.
func TestDevelopOnePanics(t *testing.T) {
	g := generator.New(generator.Options{Bucket: panicking{storage.NewMem()}})
	if _, err := developOne(t.Context(), g, "data/a.jpg"); err == nil || !strings.Contains(err.Error(), "panic: boom") {
		t.Errorf("got %v", err)
	}
}

type panicking struct{ storage.Bucket }

func (panicking) Get(context.Context, string, storage.Range) (*storage.Object, error) { panic("boom") }

func TestDevelopWithAWrongConfiguration(t *testing.T) {
	s := newStack(t)
	s.upload("config.toml", []byte("[renditions]\nthumbnail = 99\n"))
	s.upload("data/a.jpg", photo(t, 1))
	f := s.function(t, "develop")
	good, err := f.lenient(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.upload("config.toml", []byte("titel = 1"))
	if g, err := f.lenient(t.Context()); err != nil || g != good {
		t.Errorf("not the one from before: %v", err)
	}
	wantLog(t, s, "go on with the configuration from before", "titel")
	// Another process never saw the right one.
	f = s.function(t, "develop")
	response, err := f.develop(soon(t, time.Minute), messages(1, keysMessage(t, "data/a.jpg")))
	if err != nil || len(response.BatchItemFailures) != 0 || !s.has(gallery.RecordKey("data/a.jpg")) {
		t.Errorf("%+v, %v", response, err)
	}
	wantLog(t, s, "go on with the default configuration", "titel")
	// Once mended it is used.
	s.upload("config.toml", []byte("[renditions]\nthumbnail = 99\n"))
	before := f.current
	if g, err := f.lenient(t.Context()); err != nil || g == before || !f.valid {
		t.Errorf("the mended one is not used: %v", err)
	}
}
