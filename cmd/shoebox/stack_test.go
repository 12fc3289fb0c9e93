//go:build unix

package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	awsdeploy "shoebox/deploy"
	"shoebox/generator"
	"shoebox/internal/aws"
	"shoebox/internal/aws/awstest"
	"shoebox/internal/aws/stack"
	"shoebox/internal/doctor"
	"shoebox/internal/gallery"
	"shoebox/internal/needs"
	"shoebox/internal/storage"
)

// stackTemplate has of the real template what moto can make and these commands look at.
const stackTemplate = `
Resources:
  Originals: {Type: AWS::S3::Bucket, DeletionPolicy: Retain, UpdateReplacePolicy: Retain}
  Site: {Type: AWS::S3::Bucket}
  Develop: {Type: AWS::SQS::Queue}
  DevelopDead: {Type: AWS::SQS::Queue}
  Publish: {Type: AWS::SQS::Queue}
  PublishDead: {Type: AWS::SQS::Queue}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
  PublishFunction:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      Code: {ZipFile: "pass"}
      Role: !GetAtt Role.Arn
      Environment:
        Variables:
          SHOEBOX_FUNCTION: publish
          SHOEBOX_BUCKET: !Sub "s3://${Site}"
          SHOEBOX_ORIGINALS_BUCKET: !Sub "s3://${Originals}"
          SHOEBOX_DEVELOP_QUEUE: !Ref Develop
          SHOEBOX_PUBLISH_QUEUE: !Ref Publish
          SHOEBOX_BASE_URL: https://photos.example/
Outputs:
  Url: {Value: "https://photos.example/"}
  OriginalsBucket: {Value: !Ref Originals}
  SiteBucket: {Value: !Ref Site}
  DevelopQueueUrl: {Value: !Ref Develop}
  DevelopDeadLettersUrl: {Value: !Ref DevelopDead}
  PublishQueueUrl: {Value: !Ref Publish}
  PublishDeadLettersUrl: {Value: !Ref PublishDead}
  PublishFunction: {Value: !Ref PublishFunction}
  KeyPairId: {Value: K2EXAMPLE}
  KeyParameter: {Value: /photos/key}
`

// A cloud is moto with a stack in it, and what moto lacks before it: who may see a bucket, and a Lambda that runs our function.
type cloud struct {
	endpoint string
	invoked  atomic.Int32
	stack    *stack.Stack
}

func startCloud(t *testing.T) *cloud {
	t.Helper()
	needs.Tool(t, "aws")
	target, err := url.Parse(awstest.StartMoto(t))
	if err != nil {
		t.Fatal(err)
	}
	c := &cloud{}
	proxy := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Query().Has("policyStatus"):
			http.Error(w, `<Error><Code>NoSuchBucketPolicy</Code></Error>`, http.StatusNotFound)
		case strings.HasSuffix(r.URL.Path, "/invocations"):
			body, _ := io.ReadAll(r.Body)
			if string(body) != `{"reconcile":true}` || r.Header.Get("X-Amz-Invocation-Type") != "Event" {
				t.Errorf("invoked with %s, %s", body, r.Header.Get("X-Amz-Invocation-Type"))
			}
			c.build(t) // in its own time, on AWS
			c.invoked.Add(1)
			w.WriteHeader(http.StatusAccepted)
		default:
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	c.endpoint = server.URL
	awstest.Setenv(t, c.endpoint)
	file := filepath.Join(t.TempDir(), "template.yaml")
	if err := os.WriteFile(file, []byte(stackTemplate), 0o644); err != nil {
		t.Fatal(err)
	}
	c.aws(t, "cloudformation", "create-stack", "--stack-name", "photos", "--template-body", "file://"+file)
	if c.stack, err = stack.Open(t.Context(), "photos", ""); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *cloud) aws(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command("aws", append(args, "--endpoint-url", c.endpoint)...)
	cmd.Env = awstest.Env(c.endpoint)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("aws %q: %v: %s", args, err, out)
	}
	return string(out)
}

func (c *cloud) output(t *testing.T, name string) string {
	t.Helper()
	value, err := c.stack.Output(name)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// build does what the functions do, as they are configured.
func (c *cloud) build(t *testing.T) {
	at, err := stackLocation(t.Context(), c.stack)
	if err != nil {
		t.Error(err)
		return
	}
	if err := reconcile(t.Context(), at.generator(nil)); err != nil {
		t.Error(err)
	}
}

// reconcile has the same steps as the functions at night: what is pending is developed, and then published.
func reconcile(ctx context.Context, g *generator.Generator) error {
	report, err := g.Reconcile(ctx)
	for round := 0; err == nil && len(report.Pending) > 0; round++ {
		if round == 10 {
			return fmt.Errorf("still pending after %d rounds: %q", round, report.Pending)
		}
		var all generator.Changes
		for _, key := range report.Pending {
			c, err := g.Develop(ctx, key)
			if err != nil {
				return err
			}
			all.Keys, all.Everything = append(all.Keys, c.Keys...), all.Everything || c.Everything
		}
		report, err = g.Publish(ctx, all)
	}
	return err
}

func TestDoctorOnAStack(t *testing.T) {
	c := startCloud(t)
	originals, site := c.output(t, stack.OutputOriginalsBucket), c.output(t, stack.OutputSiteBucket)
	owners, err := aws.OpenBucket(t.Context(), originals)
	if err != nil {
		t.Fatal(err)
	}
	for name, body := range doctorsPatient() {
		set(name, body)(t, owners)
	}
	set(configName, []byte("title = \"On AWS\"\n"))(t, owners)
	c.build(t)

	e := examined(t, exitFailed, os.Environ(), "--stack", "photos")
	if len(e.Found) != 2 || e.Found[0].Key != "s3://"+site || !strings.Contains(e.Found[0].What, "public access is not blocked") {
		t.Fatalf("without a block of public access: %+v", e.Found)
	}
	for _, bucket := range []string{originals, site} {
		c.aws(t, "s3api", "put-public-access-block", "--bucket", bucket, "--public-access-block-configuration",
			"BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true")
	}
	if e := examined(t, 0, os.Environ(), "--stack", "photos"); len(e.Found) > 0 {
		t.Errorf("a healthy stack: %+v", e.Found)
	}

	dead := c.output(t, stack.OutputDevelopDeadLetters)
	c.aws(t, "sqs", "send-message", "--queue-url", dead, "--message-body", `{"keys":["data/broken.jpg"]}`)
	gone("public/alps/b.jpg.html")(t, bucketOf(t, c))
	e = examined(t, exitFailed, os.Environ(), "--stack", "photos")
	for key, what := range map[string]string{
		"DevelopDeadLettersUrl": "1 messages failed too often and were given up, about data/broken.jpg", "public/alps/b.jpg.html": "is missing",
	} {
		if !slices.ContainsFunc(e.Found, func(f doctor.Finding) bool { return f.Key == key && strings.Contains(f.What, what) }) {
			t.Errorf("found %+v, want %s: %s", e.Found, key, what)
		}
	}
	examined(t, exitFailed, os.Environ(), "--stack", "photos", "--repair")
	if n := c.invoked.Load(); n != 1 {
		t.Errorf("the publish function was started %d times, want once", n)
	}
	c.aws(t, "sqs", "purge-queue", "--queue-url", dead)
	if e := examined(t, 0, os.Environ(), "--stack", "photos"); len(e.Found) > 0 {
		t.Errorf("after the repair: %+v", e.Found)
	}
}

func bucketOf(t *testing.T, c *cloud) storage.Bucket {
	t.Helper()
	b, err := c.stack.Bucket()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDestroyAsksFirst(t *testing.T) {
	c := startCloud(t)
	originals := c.output(t, stack.OutputOriginalsBucket)
	destroy := func(args ...string) (code int, out, said string) {
		var stdout, stderr bytes.Buffer
		code = run(t.Context(), append([]string{"destroy", "--stack", "photos"}, args...), awstest.Env(c.endpoint), &stdout, &stderr)
		return code, stdout.String(), stderr.String()
	}
	code, _, said := destroy() // nobody answers
	if code != exitUsage || !strings.Contains(said, "nothing was deleted") || !strings.Contains(said, "stays: the bucket "+originals) {
		t.Errorf("without an answer: %d, %s", code, said)
	}
	if code, out, said := destroy("--dry-run"); code != 0 || !strings.Contains(out, "aws cloudformation delete-stack --stack-name photos") {
		t.Errorf("a dry run: %d, %s%s", code, out, said)
	}
	if _, err := stack.Open(t.Context(), "photos", ""); err != nil {
		t.Fatalf("the stack is gone before anybody agreed: %v", err)
	}
	if code, out, said := destroy("--yes"); code != 0 || !strings.Contains(out, "kept:    s3://"+originals) {
		t.Errorf("destroy: %d, %s%s", code, out, said)
	}
	if out := c.aws(t, "s3api", "list-buckets"); !strings.Contains(out, originals) {
		t.Errorf("the owner's bucket is gone: %s", out)
	}
	if code, _, said := destroy("--yes"); code != exitFailed || !strings.Contains(said, "there is no stack photos") {
		t.Errorf("destroy again: %d, %s", code, said)
	}
}

// newKey returns a private key in PEM.
func newKey(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
}

func TestShareCommand(t *testing.T) {
	c := startCloud(t)
	set(gallery.ManifestKey("private/c"), []byte("{}"))(t, bucketOf(t, c))
	c.aws(t, "ssm", "put-parameter", "--name", "/photos/key", "--type", "SecureString", "--value", newKey(t))
	var stdout, stderr bytes.Buffer
	args := []string{"share", "--stack", "photos", "--days", "7", "data/private/c/"}
	if code := run(t.Context(), args, os.Environ(), &stdout, &stderr); code != 0 {
		t.Fatal(stderr.String())
	}
	const start = "https://photos.example/-/share?to=/private/c/&Policy="
	if link := stdout.String(); !strings.HasPrefix(link, start) || strings.Count(link, "\n") != 1 {
		t.Errorf("printed %q, want one link", link)
	}
	if !strings.HasPrefix(stderr.String(), "good until ") {
		t.Errorf("said %q", stderr.String())
	}
}

func TestDestroyNeedsTheCommandLine(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	var stderr bytes.Buffer
	code := run(t.Context(), []string{"destroy", "--region", "eu-north-1"}, nil, new(bytes.Buffer), &stderr)
	if code != exitUsage || !strings.Contains(stderr.String(), `"aws", is not on the PATH: install it`) {
		t.Errorf("without aws: %d, %s", code, stderr.String())
	}
}

// TestDeployCommand wants the flags to become the template's parameters, and those not given to be left as they are. The program
// "aws" is in place of AWS: it knows one account, and the bucket for code is there.
func TestDeployCommand(t *testing.T) {
	folder, path := t.TempDir(), t.TempDir()
	source := filepath.Join(t.TempDir(), "main.go")
	write(t, source, []byte("package main\n\nfunc main() {}\n"))
	for _, name := range []string{"generator", "search"} {
		build := exec.Command("go", "build", "-o", filepath.Join(folder, name, "bootstrap"), source)
		build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=arm64")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	if err := os.WriteFile(filepath.Join(path, "aws"), []byte("#!/bin/sh\necho '{\"Account\":\"123456789012\"}'\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", path)
	var stdout, stderr bytes.Buffer
	args := []string{"deploy", "--dry-run", "--functions", folder, "--region", "eu-north-1",
		"--labels-per-month", "1000", "--storage-class", "glacier-ir", "--admin-email", ""}
	if code := run(t.Context(), args, []string{"PATH=" + path}, &stdout, &stderr); code != 0 {
		t.Fatal(stderr.String())
	}
	lines := strings.Split(strings.TrimSpace(stdout.String()), "\n")
	if len(lines) != 2 || !strings.HasPrefix(lines[0], "aws cloudformation package ") {
		t.Fatalf("printed %q, want two commands", lines)
	}
	_, overrides, _ := strings.Cut(lines[1], " --parameter-overrides Release=")
	if _, rest, _ := strings.Cut(overrides, " "); rest != "AdminEmail= LabelsPerMonth=1000 StorageClass=GLACIER_IR --region eu-north-1" {
		t.Errorf("the second is %q", lines[1])
	}
	declared, err := awsdeploy.Evaluate(awsdeploy.Template(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Release", "AdminEmail", "LabelsPerMonth", "Faces", "StorageClass", "DomainName", "CertificateArn"} {
		if _, ok := declared.Parameters[name]; !ok {
			t.Errorf("the template has no parameter %s", name)
		}
	}
	for _, name := range []string{stack.OutputURL, stack.OutputOriginalsBucket, stack.OutputUpload, stack.OutputSiteBucket,
		stack.OutputDevelopQueue, stack.OutputDevelopDeadLetters, stack.OutputPublishQueue, stack.OutputPublishDeadLetters, stack.OutputDistribution, stack.OutputKeyPair,
		stack.OutputKeyParameter, stack.OutputPublishFunction} {
		if declared.Outputs[name] == "" {
			t.Errorf("the template has no output %s", name)
		}
	}
}
