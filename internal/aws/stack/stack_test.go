package stack_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"shoebox/internal/aws/awstest"
	"shoebox/internal/aws/stack"
	"shoebox/internal/gallery"
	"shoebox/internal/needs"
	"shoebox/internal/storage"
)

// outputs is a template with the outputs of the real one, of what moto can make.
const outputs = `
Resources:
  Originals: {Type: AWS::S3::Bucket, DeletionPolicy: Retain, UpdateReplacePolicy: Retain}
  Site: {Type: AWS::S3::Bucket}
  Develop: {Type: AWS::SQS::Queue}
  DevelopDead: {Type: AWS::SQS::Queue}
  Publish: {Type: AWS::SQS::Queue}
  PublishDead: {Type: AWS::SQS::Queue}
Outputs:
  Url: {Value: "https://photos.example/"}
  OriginalsBucket: {Value: !Ref Originals}
  SiteBucket: {Value: !Ref Site}
  DevelopQueueUrl: {Value: !Ref Develop}
  DevelopDeadLettersUrl: {Value: !Ref DevelopDead}
  PublishQueueUrl: {Value: !Ref Publish}
  PublishDeadLettersUrl: {Value: !Ref PublishDead}
  KeyPairId: {Value: K2EXAMPLE}
  KeyParameter: {Value: /photos/key}
`

// open makes that stack at moto and opens it.
func open(t *testing.T) (s *stack.Stack, endpoint string) {
	t.Helper()
	needs.Tool(t, "aws")
	endpoint = policyStatus(t, awstest.StartMoto(t))
	awstest.Setenv(t, endpoint)
	file := filepath.Join(t.TempDir(), "template.yaml")
	if err := os.WriteFile(file, []byte(outputs), 0o644); err != nil {
		t.Fatal(err)
	}
	ask(t, endpoint, "cloudformation", "create-stack", "--stack-name", "photos", "--template-body", "file://"+file)
	s, err := stack.Open(t.Context(), "photos", "")
	if err != nil {
		t.Fatal(err)
	}
	return s, endpoint
}

// policyStatus stands before moto, which does not know GetBucketPolicyStatus: it answers, as in S3's API reference, that a bucket
// is public when its policy is for everybody.
func policyStatus(t *testing.T, moto string) (endpoint string) {
	t.Helper()
	target, err := url.Parse(moto)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !r.URL.Query().Has("policyStatus") {
			proxy.ServeHTTP(w, r)
			return
		}
		asked := r.Clone(r.Context())
		asked.URL.RawQuery = "policy"
		policy := httptest.NewRecorder()
		if proxy.ServeHTTP(policy, asked); policy.Code != http.StatusOK {
			w.WriteHeader(policy.Code)
			w.Write(policy.Body.Bytes())
			return
		}
		fmt.Fprintf(w, `<PolicyStatus xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsPublic>%t</IsPublic></PolicyStatus>`,
			strings.Contains(policy.Body.String(), `"Principal":"*"`))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func output(t *testing.T, s *stack.Stack, name string) string {
	t.Helper()
	value, err := s.Output(name)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestShare(t *testing.T) {
	s, endpoint := open(t)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	bucket, err := s.Bucket()
	if err != nil {
		t.Fatal(err)
	}
	const album = "private/Oma's & Opa's 50.?"
	for _, path := range []string{"private", album} {
		if _, err := bucket.Put(t.Context(), gallery.ManifestKey(path), []byte("{}"), storage.PutOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	until := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	if _, err := s.Share(t.Context(), album, until); err == nil || !strings.Contains(err.Error(), "/photos/key") {
		t.Errorf("without a key: %v", err)
	}
	store := func(value string) {
		ask(t, endpoint, "ssm", "put-parameter", "--name", "/photos/key", "--type", "SecureString", "--overwrite", "--value", value)
	}
	pkcs1 := x509.MarshalPKCS1PrivateKey(key)
	for _, block := range []*pem.Block{{Type: "RSA PRIVATE KEY", Bytes: pkcs1}, {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		store(string(pem.EncodeToMemory(block)))
		link, err := s.Share(t.Context(), album, until)
		if err != nil {
			t.Fatal(err)
		}
		const start = "https://photos.example/-/share?to=/private/Oma%27s%20%26%20Opa%27s%2050.%3F/&Policy="
		if !strings.HasPrefix(link, start) {
			t.Errorf("link %s, want it to start with %s", link, start)
		}
		u, err := url.Parse(link)
		if err != nil {
			t.Fatal(err)
		}
		if got := u.Query().Get("to"); got != "/"+album+"/" {
			t.Errorf("it leads to %s", got)
		}
		policy, signature := decode(t, u.Query().Get("Policy")), decode(t, u.Query().Get("Signature"))
		const want = `{"Statement":[{"Resource":"https://photos.example/private/Oma%27s%20%26%20Opa%27s%2050.%3F/*",` +
			`"Condition":{"DateLessThan":{"AWS:EpochTime":1893553445}}}]}`
		if string(policy) != want {
			t.Errorf("policy %s, want %s", policy, want)
		}
		sum := sha1.Sum(policy)
		if err := rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA1, sum[:], signature); err != nil {
			t.Errorf("signature: %v", err)
		}
		if got := u.Query().Get("Key-Pair-Id"); got != "K2EXAMPLE" {
			t.Errorf("key pair %q", got)
		}
	}
	if _, err := s.Share(t.Context(), "private", until); err != nil {
		t.Errorf("all that is private: %v", err)
	}
	for album, want := range map[string]string{"alps": "not private", "privateer": "not private", "private/none": "there is no album"} {
		if _, err := s.Share(t.Context(), album, until); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("share %s: %v, want %q", album, err, want)
		}
	}
	store("top secret")
	if _, err := s.Share(t.Context(), album, until); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("with a damaged key: %v", err)
	}
}

// decode decodes CloudFront's alphabet for URLs.
func decode(t *testing.T, text string) []byte {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "=", "~", "/").Replace(text))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestFacts(t *testing.T) {
	s, endpoint := open(t)
	site, originals := output(t, s, stack.OutputSiteBucket), output(t, s, stack.OutputOriginalsBucket)
	ask(t, endpoint, "s3api", "put-public-access-block", "--bucket", originals, "--public-access-block-configuration",
		"BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true")
	policy, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
		"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::" + site + "/*"}}})
	if err != nil {
		t.Fatal(err)
	}
	ask(t, endpoint, "s3api", "put-bucket-policy", "--bucket", site, "--policy", string(policy))
	dead := output(t, s, stack.OutputDevelopDeadLetters)
	for _, body := range []string{`{"keys":["data/b.jpg"]}`, `{"keys":["data/a.jpg"]}`} {
		ask(t, endpoint, "sqs", "send-message", "--queue-url", dead, "--message-body", body, "--endpoint-url", endpoint)
	}
	f, err := s.Facts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Queues) != 4 || len(f.Buckets) != 2 {
		t.Fatalf("facts %+v", f)
	}
	for _, q := range f.Queues {
		want := stack.Queue{Output: q.Output, DeadLetters: strings.Contains(q.Output, "Dead")}
		if q.Output == stack.OutputDevelopDeadLetters {
			want.Messages, want.Bodies = 2, []string{`{"keys":["data/a.jpg"]}`, `{"keys":["data/b.jpg"]}`}
		}
		if !reflect.DeepEqual(q, want) {
			t.Errorf("queue %+v, want %+v", q, want)
		}
	}
	if got := f.Buckets[0]; got.Bucket != site || len(got.Unblocked) != 4 || !got.Public {
		t.Errorf("our bucket %+v, want it public", got)
	}
	if got := f.Buckets[1]; got.Bucket != originals || len(got.Unblocked) != 0 || got.Public {
		t.Errorf("the owner's bucket %+v, want it private", got)
	}
}

func TestStackThatIsNotWhole(t *testing.T) {
	s, _ := open(t)
	const want = `has no output PublishFunction (it is CREATE_COMPLETE): run "shoebox deploy" again`
	if _, err := s.Environment(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("an output that is not there: %v", err)
	}
	_, err := stack.Open(t.Context(), "other", "")
	if err == nil || !strings.Contains(err.Error(), "there is no stack other in "+awstest.Region) {
		t.Errorf("a stack that is not there: %v", err)
	}
}
