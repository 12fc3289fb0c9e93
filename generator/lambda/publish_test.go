package main

import (
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"shoebox/generator"
	"shoebox/internal/aws"
	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// tell puts a message into the publish queue.
func (s *stack) tell(t *testing.T, c generator.Changes) {
	t.Helper()
	body, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	s.send(t, s.publish, string(body))
}

func (s *stack) send(t *testing.T, queue, body string) {
	t.Helper()
	c, err := aws.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := aws.NewQueue(c, queue).Send(t.Context(), body); err != nil {
		t.Fatal(err)
	}
}

// developed uploads a photo and has it developed; the publish queue tells of it.
func (s *stack) developed(t *testing.T, keys ...string) {
	t.Helper()
	for i, key := range keys {
		s.upload(key, photo(t, i))
	}
	r, err := s.function(t, "develop").develop(soon(t, time.Minute), messages(1, keysMessage(t, keys...)))
	if err != nil || len(r.BatchItemFailures) > 0 {
		t.Fatal(r, err)
	}
	<-s.called
}

func TestPublish(t *testing.T) {
	s := newStack(t)
	s.developed(t, "data/alps/a.jpg", "data/b.jpg")
	s.send(t, s.publish, "damaged")
	if err := s.function(t, "publish").publish(soon(t, time.Minute), publishEvent{}); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{"index.html", "alps/a.jpg.html", "b.jpg.html"} {
		if !s.has(gallery.Public + p) {
			t.Errorf("%s was not published", p)
		}
	}
	if n := s.waiting(s.publish); n != 0 {
		t.Errorf("%d messages are left", n)
	}
	wantLog(t, s, "not understood")
	wantLog(t, s, `"msg":"published"`, `"albums":2`)
	lease, err := storage.Acquire(t.Context(), s.site, gallery.LeaseKey, time.Minute)
	if err != nil {
		t.Fatalf("the lease was not given back: %v", err)
	}
	// While another holds the lease, it is left to that one.
	s.tell(t, generator.Changes{Keys: []string{"data/b.jpg"}})
	if err := s.function(t, "publish").publish(soon(t, time.Minute), publishEvent{}); err != nil {
		t.Fatal(err)
	}
	wantLog(t, s, "left to another")
	if n := s.waiting(s.publish); n != 1 {
		t.Errorf("%d messages wait, want the one", n)
	}
	if err := lease.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestPublishDeletes wants a photo that is gone to be gone from the gallery.
func TestPublishDeletes(t *testing.T) {
	s := newStack(t)
	s.developed(t, "data/alps/a.jpg", "data/alps/b.jpg")
	publish := s.function(t, "publish")
	if err := publish.publish(soon(t, time.Minute), publishEvent{}); err != nil {
		t.Fatal(err)
	}
	if err := s.owners.Delete(t.Context(), "data/alps/a.jpg"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.function(t, "develop").develop(soon(t, time.Minute), messages(1, keysMessage(t, "data/alps/a.jpg"))); err != nil {
		t.Fatal(err)
	}
	if err := publish.publish(soon(t, time.Minute), publishEvent{}); err != nil {
		t.Fatal(err)
	}
	for info, err := range s.site.List(t.Context(), gallery.Public) {
		if err != nil || strings.Contains(info.Key, "a.jpg") {
			t.Errorf("left: %s, %v", info.Key, err)
		}
	}
	if !s.has("public/alps/b.jpg.html") {
		t.Error("the other one is gone too")
	}
}

// TestPublishReconciles wants what no event told of to be asked for, and published once it was developed.
func TestPublishReconciles(t *testing.T) {
	s := newStack(t)
	s.developed(t, "data/a.jpg")
	publish := s.function(t, "publish")
	if err := publish.publish(soon(t, time.Minute), publishEvent{}); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"data/b.jpg", "data/new/c.jpg"} {
		s.upload(key, photo(t, 5))
	}
	if err := s.owners.Delete(t.Context(), "data/a.jpg"); err != nil {
		t.Fatal(err)
	}
	if err := publish.publish(soon(t, time.Minute), publishEvent{Reconcile: true}); err != nil {
		t.Fatal(err)
	}
	wantLog(t, s, `"msg":"reconciled"`, `"pending":3`)
	c, err := aws.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	asked, err := aws.NewQueue(c, s.develop).Receive(t.Context(), 0)
	if err != nil || len(asked) != 3 {
		t.Fatalf("asked for %v, %v, want three", asked, err)
	}
	var bodies []string
	for _, m := range asked {
		bodies = append(bodies, m.Body)
	}
	if r, err := s.function(t, "develop").develop(soon(t, time.Minute), messages(1, bodies...)); err != nil || len(r.BatchItemFailures) > 0 {
		t.Fatal(r, err)
	}
	if err := publish.publish(soon(t, time.Minute), publishEvent{}); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{"a.jpg.html": false, "b.jpg.html": true, "new/c.jpg.html": true} {
		if got := s.has(gallery.Public + path); got != want {
			t.Errorf("%s is there: %v, want %v", path, got, want)
		}
	}
}

// TestPublishRefusesAWrongConfiguration wants the gallery to stay as it is, and the messages to wait.
func TestPublishRefusesAWrongConfiguration(t *testing.T) {
	s := newStack(t)
	s.developed(t, "data/a.jpg")
	publish := s.function(t, "publish")
	if err := publish.publish(soon(t, time.Minute), publishEvent{}); err != nil {
		t.Fatal(err)
	}
	before, _, err := storage.Read(t.Context(), s.site, "public/index.html")
	if err != nil {
		t.Fatal(err)
	}
	s.upload("config.toml", []byte("title = 1"))
	s.tell(t, generator.Changes{Everything: true})
	for range 3 {
		if err := publish.publish(soon(t, time.Minute), publishEvent{}); !errors.Is(err, errConfig) || !strings.Contains(err.Error(), "config.toml:1: title = 1") {
			t.Errorf("got %v, want what is wrong with config.toml", err)
		}
	}
	if after, _, err := storage.Read(t.Context(), s.site, "public/index.html"); string(after) != string(before) {
		t.Errorf("the front page has changed, %v", err)
	}
	s.upload("config.toml", []byte("title = 'Mended'"))
	if err := publish.publish(soon(t, time.Minute), publishEvent{}); err != nil {
		t.Fatal(err)
	}
	if after, _, err := storage.Read(t.Context(), s.site, "public/index.html"); !strings.Contains(string(after), "Mended") {
		t.Errorf("the front page has no new title, %v", err)
	}
	if strings.Contains(s.logged.String(), `"Received":4`) || s.waiting(s.publish) != 0 {
		t.Errorf("%d messages wait", s.waiting(s.publish))
	}
}

// TestPublishersRace calls many at once while messages come in, and wants all of them to be done when the last call returns.
func TestPublishersRace(t *testing.T) {
	s := newStack(t)
	s.developed(t, "data/a.jpg", "data/b.jpg", "data/c.jpg", "data/d.jpg")
	all, _ := s.received(t)
	var calls sync.WaitGroup
	for _, key := range all.Keys {
		publish := s.function(t, "publish")
		calls.Go(func() { // as develop does it: first the message, then the call
			s.tell(t, generator.Changes{Keys: []string{key}})
			if err := publish.publish(soon(t, time.Minute), publishEvent{Rung: true}); err != nil {
				t.Error(err)
			}
		})
	}
	calls.Wait()
	for _, key := range all.Keys {
		if !s.has(gallery.Public + gallery.ItemPage(key)) {
			t.Errorf("%s was not published", key)
		}
	}
	if n := s.waiting(s.publish); n != 0 {
		t.Errorf("%d messages are left", n)
	}
}

// TestPublishWithNothingToDo is what the schedule does most of the time: it must cost nothing.
func TestPublishWithNothingToDo(t *testing.T) {
	s := newStack(t)
	f := s.function(t, "publish")
	if err := f.publish(soon(t, time.Minute), publishEvent{}); err != nil {
		t.Fatal(err)
	}
	used := f.usage()
	if used.SQS != 1 || used.S3Get+used.S3Put+used.S3List != 0 {
		t.Errorf("it made the requests %+v, want one to SQS", used)
	}
}
