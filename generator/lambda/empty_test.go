package main

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/cfn"

	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// TestEmptyWaits deletes a gallery while it is being published and developed: what those under way still write goes too.
func TestEmptyWaits(t *testing.T) {
	s := newStack(t)
	write := func(key string) {
		if _, err := s.site.Put(t.Context(), key, nil, storage.PutOptions{}); err != nil {
			t.Error(err)
		}
	}
	write("public/index.html")
	publisher, err := storage.Acquire(t.Context(), s.site, gallery.LeaseKey, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	developed := make(chan struct{})
	go func() {
		defer close(developed)
		time.Sleep(time.Second)
		if !s.has("public/index.html") {
			t.Error("it was emptied while it was being published")
		}
		write("public/alps/index.html")
		if err := publisher.Release(t.Context()); err != nil {
			t.Error(err)
		}
		for i := range 15 {
			time.Sleep(200 * time.Millisecond)
			write(fmt.Sprint("state/records/", i))
		}
	}()
	answer := s.request(t, s.function(t, "setup"), cfn.RequestDelete, galleryResource, time.Minute)
	if answer.Status != cfn.StatusSuccess {
		t.Errorf("delete: %+v", answer)
	}
	select {
	case <-developed:
	default:
		t.Error("it did not wait for what was being developed")
	}
	for info := range s.site.List(t.Context(), "") {
		t.Errorf("left: %s", info.Key)
	}
}

// TestEmptyStops deletes a gallery while a publisher does not come to an end: it loses the lease, and nobody else gets it.
func TestEmptyStops(t *testing.T) {
	s := newStack(t)
	publisher, err := storage.Acquire(t.Context(), s.site, gallery.LeaseKey, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	stopped := make(chan error, 1)
	go func() {
		for publisher.Renew(t.Context(), time.Minute) == nil {
			time.Sleep(100 * time.Millisecond)
		}
		if _, err := s.site.Put(t.Context(), "public/index.html", nil, storage.PutOptions{}); err != nil { // its last
			t.Error(err)
		}
		_, err := storage.Acquire(t.Context(), s.site, gallery.LeaseKey, time.Minute)
		stopped <- err
	}()
	answer := s.request(t, s.function(t, "setup"), cfn.RequestDelete, galleryResource, answerTime+12*time.Second)
	if answer.Status != cfn.StatusSuccess {
		t.Errorf("delete: %+v", answer)
	}
	if err := <-stopped; !errors.Is(err, storage.ErrLeased) {
		t.Errorf("another publisher: %v", err)
	}
	for info := range s.site.List(t.Context(), "") {
		t.Errorf("left: %s", info.Key)
	}
}
