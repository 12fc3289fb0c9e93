package main

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/cfn"

	"shoebox/internal/aws"
	"shoebox/internal/aws/awstest"
	"shoebox/internal/aws/secret"
	"shoebox/internal/storage"
)

// request sends what CloudFormation does, and returns what is answered at the address that it names.
func (s *stack) request(t *testing.T, f *function, kind cfn.RequestType, resource string, d time.Duration) cfn.Response {
	t.Helper()
	answers := make(chan cfn.Response, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var answer cfn.Response
		if err == nil {
			err = json.Unmarshal(body, &answer)
		}
		if err != nil || r.Method != http.MethodPut || r.Header.Get("Content-Type") != "" || r.URL.Query().Get("signature") != "secret" {
			t.Errorf("%s %s: %s, %v", r.Method, r.URL, body, err)
		}
		answers <- answer
	}))
	defer server.Close()
	event := cfn.Event{RequestType: kind, RequestID: "request", ResponseURL: server.URL + "/?signature=secret", StackID: "stack", LogicalResourceID: "Setup",
		ResourceType: resource, ResourceProperties: map[string]any{"PublishFunction": "publish"}}
	if kind != cfn.RequestCreate {
		event.PhysicalResourceID = physicalID(resource)
	}
	if _, err := f.setup(soon(t, d), event); err != nil {
		t.Errorf("%s: %v", kind, err)
	}
	select {
	case answer := <-answers:
		if answer.PhysicalResourceID != physicalID(resource) || answer.RequestID != "request" || answer.StackID != "stack" || answer.LogicalResourceID != "Setup" {
			t.Errorf("%s: answered %+v", kind, answer)
		}
		return answer
	default:
		t.Fatalf("%s: no answer", kind)
		return cfn.Response{}
	}
}

func TestSetup(t *testing.T) {
	s := newStack(t)
	s.upload("data/a.jpg", photo(t, 1))
	s.upload("config.toml", []byte("title = 1")) // which is wrong
	f := s.function(t, "setup")
	created := s.request(t, f, cfn.RequestCreate, keyResource, time.Minute)
	if created.Status != cfn.StatusSuccess {
		t.Fatalf("create: %+v", created)
	}
	if gallery := s.request(t, f, cfn.RequestCreate, galleryResource, time.Minute); gallery.Status != cfn.StatusSuccess {
		t.Fatalf("create: %+v", gallery)
	}
	assets := 0
	for _, err := range s.site.List(t.Context(), "public/-/assets/") {
		if assets++; err != nil {
			t.Fatal(err)
		}
	}
	if !s.has("public/index.html") || !s.has("public/404.html") || assets == 0 {
		t.Errorf("there is no first page, or not all that belongs to it: %d assets", assets)
	}
	if got := <-s.called; got != `{"reconcile":true}` {
		t.Errorf("called with %s", got)
	}
	public, _ := created.Data["PublicKey"].(string)
	block, _ := pem.Decode([]byte(public))
	if block == nil {
		t.Fatalf("the public key is %q", public)
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if k, ok := key.(*rsa.PublicKey); !ok || k.N.BitLen() != 2048 {
		t.Errorf("it is a %T, %v", key, err)
	}
	c, err := aws.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	private, err := secret.New(c, "/shoebox/key").Get(t.Context())
	if half, halfErr := publicHalf(private); half != public || err != nil || halfErr != nil {
		t.Errorf("the parameter's other half is %q, %v, %v", half, err, halfErr)
	}
	if strings.Contains(s.logged.String(), "PRIVATE") || strings.Contains(s.logged.String(), "signature") {
		t.Error("a secret is in the log")
	}

	// An update leaves the pages of a gallery, and its key.
	if _, err := s.site.Put(t.Context(), "public/index.html", []byte("a gallery"), storage.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	if updated := s.request(t, f, cfn.RequestUpdate, keyResource, time.Minute); updated.Status != cfn.StatusSuccess || updated.Data["PublicKey"] != public {
		t.Errorf("update: %+v", updated)
	}
	if updated := s.request(t, f, cfn.RequestUpdate, galleryResource, time.Minute); updated.Status != cfn.StatusSuccess {
		t.Errorf("update: %+v", updated)
	}
	if page, _, err := storage.Read(t.Context(), s.site, "public/index.html"); string(page) != "a gallery" {
		t.Errorf("the update has changed the front page, %v", err)
	}

	for range 2 { // again when there is nothing left
		for _, resource := range []string{galleryResource, keyResource} {
			if deleted := s.request(t, f, cfn.RequestDelete, resource, time.Minute); deleted.Status != cfn.StatusSuccess {
				t.Errorf("delete: %+v", deleted)
			}
		}
	}
	for info := range s.site.List(t.Context(), "") {
		t.Errorf("left: %s", info.Key)
	}
	if _, err := secret.New(c, "/shoebox/key").Get(t.Context()); err == nil {
		t.Error("the signing key is left")
	}
	for _, key := range []string{"data/a.jpg", "config.toml"} {
		if _, _, err := storage.Read(t.Context(), s.owners, key); err != nil {
			t.Errorf("the owner's file: %v", err)
		}
	}
}

// TestSetupAnswers wants an answer whatever happens.
func TestSetupAnswers(t *testing.T) {
	s := newStack(t)
	t.Run("time is up", func(t *testing.T) {
		answer := s.request(t, s.function(t, "setup"), cfn.RequestCreate, galleryResource, answerTime) // none is left for anything else
		if answer.Status != cfn.StatusFailed || answer.Reason == "" {
			t.Errorf("answered %+v", answer)
		}
	})
	t.Run("panic", func(t *testing.T) {
		f := s.function(t, "setup")
		f.key = new(secret.Parameter) // without a client
		answer := s.request(t, f, cfn.RequestCreate, keyResource, time.Minute)
		if answer.Status != cfn.StatusFailed || !strings.Contains(answer.Reason, "panic") {
			t.Errorf("answered %+v", answer)
		}
	})
	t.Run("unknown request", func(t *testing.T) {
		if answer := s.request(t, s.function(t, "setup"), "Improve", galleryResource, time.Minute); answer.Status != cfn.StatusFailed {
			t.Errorf("answered %+v", answer)
		}
	})
	t.Run("one bucket", func(t *testing.T) {
		f := s.function(t, "setup")
		f.ownersName = f.siteName
		if answer := s.request(t, f, cfn.RequestDelete, galleryResource, time.Minute); answer.Status != cfn.StatusFailed || !strings.Contains(answer.Reason, "owner's") {
			t.Errorf("answered %+v", answer)
		}
	})
	t.Run("nobody takes it", func(t *testing.T) {
		event := cfn.Event{RequestType: cfn.RequestDelete, ResourceType: keyResource, ResponseURL: "http://127.0.0.1:9/?signature=secret"}
		reason, err := s.function(t, "setup").setup(soon(t, time.Minute), event)
		if err == nil || strings.Contains(err.Error()+reason, "signature") {
			t.Errorf("%q, %v, want an error without the address", reason, err)
		}
	})
}

// TestSetupForgetsFaces wants the faces of a gallery to go with it.
func TestSetupForgetsFaces(t *testing.T) {
	s := newStack(t)
	service := awstest.StartRekognition(t)
	t.Setenv("AWS_ENDPOINT_URL_REKOGNITION", service.URL)
	settings, err := readSettings(append(s.env("setup"), "SHOEBOX_LABELS_RECOGNIZER=rekognition", "SHOEBOX_LABELS_FACES=true", "SHOEBOX_LABELS_COLLECTION=gallery"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := newFunction(t.Context(), settings, &s.logged)
	if err != nil {
		t.Fatal(err)
	}
	faces, err := aws.OpenRekognition(t.Context(), "gallery")
	if err != nil {
		t.Fatal(err)
	}
	var picture bytes.Buffer
	scene := awstest.Scene{Width: 200, Height: 100, Background: awstest.Sky, Faces: []awstest.Face{{Person: awstest.Red, Box: image.Rect(20, 20, 70, 70)}}}
	if err := png.Encode(&picture, scene.Draw()); err != nil {
		t.Fatal(err)
	}
	if _, found, err := faces.IndexFaces(t.Context(), "one", picture.Bytes()); err != nil || len(found) != 1 {
		t.Fatalf("found %v, %v", found, err)
	}
	for range 2 { // the second finds nothing to delete
		if answer := s.request(t, f, cfn.RequestDelete, galleryResource, time.Minute); answer.Status != cfn.StatusSuccess {
			t.Fatalf("delete: %+v", answer)
		}
	}
	if n := service.Billed("DeleteCollection"); n != 1 {
		t.Errorf("%d collections were deleted, want 1", n)
	}
}
