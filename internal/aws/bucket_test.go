package aws_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"shoebox/internal/aws"
	"shoebox/internal/aws/awstest"
	"shoebox/internal/storage"
	"shoebox/internal/storage/storagetest"
)

// configuration says how to reach a server of awstest.
func configuration(endpoint, secret string) sdk.Config {
	return sdk.Config{
		Region:       awstest.Region,
		BaseEndpoint: &endpoint,
		Credentials: sdk.CredentialsProviderFunc(func(context.Context) (sdk.Credentials, error) {
			return sdk.Credentials{AccessKeyID: awstest.AccessKey, SecretAccessKey: secret}, nil
		}),
		// This server keeps objects in folders, and says so while one of them comes or goes; S3 has none.
		Retryer: func() sdk.Retryer {
			return retry.AddWithErrorCodes(retry.AddWithMaxAttempts(retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxBackoff = 50 * time.Millisecond
				o.RateLimiter = ratelimit.None
			}), 20), "ExistingObjectIsDirectory")
		},
	}
}

func TestBucket(t *testing.T) {
	var names []string
	for i := range 32 {
		names = append(names, fmt.Sprintf("bucket-%d", i))
	}
	c := configuration(awstest.StartS3(t, names...), awstest.SecretKey)
	var n atomic.Int32
	storagetest.Run(t, func(*testing.T) storage.Bucket { return aws.NewBucket(c, names[n.Add(1)-1]) })
}

func TestBucketListsMoreThanAPage(t *testing.T) {
	b := aws.NewBucket(configuration(awstest.StartS3(t, "large"), awstest.SecretKey), "large")
	for i := range 1001 { // S3 lists a thousand at a time
		if _, err := b.Put(t.Context(), fmt.Sprintf("data/%04d", i), nil, storage.PutOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	for info, err := range b.List(t.Context(), "data/") {
		if want := fmt.Sprintf("data/%04d", n); err != nil || info.Key != want {
			t.Fatalf("listed %s, %v, want %s", info.Key, err, want)
		}
		n++
	}
	if n != 1001 {
		t.Errorf("listed %d, want 1001", n)
	}
	if got, want := b.Requests(), (aws.Requests{Put: 1001, List: 2}); got != want {
		t.Errorf("requests %+v, want %+v", got, want)
	}
}

func TestBucketThatIsNotThere(t *testing.T) {
	b := aws.NewBucket(configuration(awstest.StartS3(t), awstest.SecretKey), "missing")
	_, putErr := b.Put(t.Context(), "public/a", nil, storage.PutOptions{IfNoneMatch: true})
	_, getErr := b.Get(t.Context(), "public/a", storage.Range{})
	var listErr error
	for _, err := range b.List(t.Context(), "") {
		listErr = err
	}
	for operation, err := range map[string]error{"put": putErr, "get": getErr, "list": listErr, "delete": b.Delete(t.Context(), "public/a")} {
		if err == nil || !strings.Contains(err.Error(), "NoSuchBucket") || errors.Is(err, fs.ErrNotExist) || errors.Is(err, storage.ErrPrecondition) {
			t.Errorf("%s: %v, want NoSuchBucket and nothing that a missing object would give", operation, err)
		}
	}
}

func TestBucketRefusesAWrongSecret(t *testing.T) {
	b := aws.NewBucket(configuration(awstest.StartS3(t, "mine"), "wrong"), "mine")
	if _, err := b.Get(t.Context(), "public/a", storage.Range{}); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("get with a wrong secret: %v", err)
	}
}

func TestBucketDescribe(t *testing.T) {
	b := aws.NewBucket(configuration(awstest.StartS3(t, "mine"), awstest.SecretKey), "mine")
	const forever = "public, max-age=31536000, immutable"
	if _, err := b.Put(t.Context(), "public/a.css", []byte("x"), storage.PutOptions{ContentType: "text/css; charset=utf-8", CacheControl: forever}); err != nil {
		t.Fatal(err)
	}
	if got, err := b.Describe(t.Context(), "public/a.css"); got.ContentType != "text/css; charset=utf-8" || got.CacheControl != forever || err != nil {
		t.Errorf("it is %+v, %v", got, err)
	}
	if _, err := b.Describe(t.Context(), "public/b.css"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of nothing: %v", err)
	}
}
