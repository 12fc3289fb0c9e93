package aws_test

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"shoebox/internal/aws"
	"shoebox/internal/needs"
	"shoebox/internal/storage"
	"shoebox/internal/storage/storagetest"
)

// startS3 starts a real S3 server on a folder of its own and returns how to reach it.
func startS3(t *testing.T) sdk.Config {
	t.Helper()
	program := needs.Tool(t, "versitygw")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().String()
	listener.Close()
	server := exec.Command(program, "--port", addr, "--access", "test", "--secret", "secret", "--region", "eu-north-1", "--quiet", "posix", t.TempDir())
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	return sdk.Config{
		Region:       "eu-north-1",
		BaseEndpoint: sdk.String("http://" + addr),
		Credentials: sdk.CredentialsProviderFunc(func(context.Context) (sdk.Credentials, error) {
			return sdk.Credentials{AccessKeyID: "test", SecretAccessKey: "secret"}, nil
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

func newBucket(t *testing.T, c sdk.Config, name string) *aws.Bucket {
	t.Helper()
	client := s3.NewFromConfig(c, func(o *s3.Options) { o.UsePathStyle = true })
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
	return aws.NewBucket(c, name)
}

func TestBucket(t *testing.T) {
	c := startS3(t)
	var n atomic.Int32
	storagetest.Run(t, func(t *testing.T) storage.Bucket {
		return newBucket(t, c, fmt.Sprintf("bucket-%d", n.Add(1)))
	})
}

func TestBucketListsMoreThanAPage(t *testing.T) {
	b := newBucket(t, startS3(t), "large")
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
	b := aws.NewBucket(startS3(t), "missing")
	if _, err := b.Put(t.Context(), "public/a", nil, storage.PutOptions{IfNoneMatch: true}); err == nil || !strings.Contains(err.Error(), "NoSuchBucket") {
		t.Errorf("put: %v, want NoSuchBucket", err)
	}
	for _, err := range b.List(t.Context(), "") {
		if err == nil || !strings.Contains(err.Error(), "NoSuchBucket") {
			t.Errorf("list: %v, want NoSuchBucket", err)
		}
	}
}
