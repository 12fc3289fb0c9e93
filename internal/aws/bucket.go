// Package aws connects Shoebox to Amazon Web Services: [Bucket] is a storage.Bucket in S3, [Queue] a queue in SQS, and [EventKeys]
// understands what S3 tells one. It and the packages below it are the only ones that know the AWS SDK.
package aws

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"shoebox/internal/storage"
)

// maxKey is the length of an S3 key in bytes (S3 User Guide, "Naming Amazon S3 objects").
const maxKey = 1024

// Bucket is a bucket in S3, or in what speaks its protocol and honours conditional writes.
type Bucket struct {
	client *s3.Client
	name   string
	count  counts
}

var _ storage.Bucket = (*Bucket)(nil)

// Requests are numbers of requests to S3, retries not counted, in the groups that their price is by.
type Requests struct {
	Get, Put, Delete, List int64
}

type counts struct{ get, put, del, list atomic.Int64 }

// OpenBucket opens the S3 bucket of that name with the credentials, region and endpoint that the environment and the files of
// the AWS command line give. It makes no request.
func OpenBucket(ctx context.Context, name string) (*Bucket, error) {
	c, err := Load(ctx)
	if err != nil {
		return nil, err
	}
	return NewBucket(c, name), nil
}

// NewBucket opens the S3 bucket of that name with a configuration. An endpoint that is not Amazon's is addressed with the bucket
// in the path, since it has no names for buckets.
func NewBucket(c aws.Config, name string) *Bucket {
	client := s3.NewFromConfig(c, func(o *s3.Options) {
		o.UsePathStyle = c.BaseEndpoint != nil
		// A range and a "not modified" have no checksum to check; the SDK would say so on standard error each time.
		o.DisableLogOutputChecksumValidationSkipped = true
	})
	return &Bucket{client: client, name: name}
}

// Requests returns how many requests were made so far.
func (b *Bucket) Requests() Requests {
	return Requests{b.count.get.Load(), b.count.put.Load(), b.count.del.Load(), b.count.list.Load()}
}

// checkKey refuses keys that S3 would take but that mean nothing as a path, so that every kind of bucket holds the same keys.
func checkKey(key string) error {
	if key == "" || len(key) > maxKey || !utf8.ValidString(key) || strings.ContainsRune(key, 0) {
		return fmt.Errorf("key %q can't be an object here", key)
	}
	for segment := range strings.SplitSeq(key, "/") {
		if segment == "" || segment == "." || segment == ".." {
			return fmt.Errorf("key %q can't be an object here", key)
		}
	}
	return nil
}

// Get implements [storage.Bucket].
func (b *Bucket) Get(ctx context.Context, key string, r storage.Range) (*storage.Object, error) {
	if err := checkKey(key); err != nil {
		return nil, fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	}
	input := &s3.GetObjectInput{Bucket: &b.name, Key: &key}
	if r != (storage.Range{}) {
		end := ""
		if r.Length > 0 {
			end = strconv.FormatInt(r.Offset+r.Length-1, 10)
		}
		input.Range = aws.String(fmt.Sprintf("bytes=%d-%s", r.Offset, end))
	}
	b.count.get.Add(1)
	out, err := b.client.GetObject(ctx, input)
	if status(err) == http.StatusRequestedRangeNotSatisfiable {
		return b.empty(ctx, key)
	}
	if err != nil {
		return nil, explain("get", key, err)
	}
	o := &storage.Object{Info: storage.Info{Key: key, ETag: aws.ToString(out.ETag), Size: aws.ToInt64(out.ContentLength)}, Body: out.Body}
	if out.LastModified != nil {
		o.Modified = out.LastModified.UTC()
	}
	if _, total, ok := strings.Cut(aws.ToString(out.ContentRange), "/"); ok {
		if o.Size, err = strconv.ParseInt(total, 10, 64); err != nil {
			return nil, errors.Join(fmt.Errorf("get %s: content range %q: %w", key, *out.ContentRange, err), out.Body.Close())
		}
	}
	return o, nil
}

// empty describes an object of which nothing is read: the range asked for starts past its end.
func (b *Bucket) empty(ctx context.Context, key string) (*storage.Object, error) {
	b.count.get.Add(1)
	out, err := b.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.name, Key: &key})
	if err != nil {
		return nil, explain("get", key, err)
	}
	info := storage.Info{Key: key, ETag: aws.ToString(out.ETag), Size: aws.ToInt64(out.ContentLength), Modified: aws.ToTime(out.LastModified).UTC()}
	return &storage.Object{Info: info, Body: io.NopCloser(bytes.NewReader(nil))}, nil
}

// Describe returns with which properties an object was stored. A missing key wraps fs.ErrNotExist.
func (b *Bucket) Describe(ctx context.Context, key string) (storage.PutOptions, error) {
	b.count.get.Add(1)
	out, err := b.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.name, Key: &key})
	if err != nil {
		return storage.PutOptions{}, explain("describe", key, err)
	}
	return storage.PutOptions{ContentType: aws.ToString(out.ContentType), CacheControl: aws.ToString(out.CacheControl)}, nil
}

// Put implements [storage.Bucket].
func (b *Bucket) Put(ctx context.Context, key string, body []byte, o storage.PutOptions) (string, error) {
	if err := checkKey(key); err != nil {
		return "", fmt.Errorf("put: %w", err)
	}
	input := &s3.PutObjectInput{
		Bucket: &b.name, Key: &key, Body: bytes.NewReader(body),
		ContentType: aws.String(contentType(key, o.ContentType)),
	}
	if o.CacheControl != "" {
		input.CacheControl = &o.CacheControl
	}
	if o.IfMatch != "" {
		input.IfMatch = &o.IfMatch
	}
	if o.IfNoneMatch {
		input.IfNoneMatch = aws.String("*")
	}
	b.count.put.Add(1)
	out, err := b.client.PutObject(ctx, input)
	if err == nil {
		return aws.ToString(out.ETag), nil
	}
	// 409 says that another conditional write is going on, 404 that the object to match is gone (S3 User Guide, "How to prevent
	// object overwrites with conditional writes").
	lost := []int{http.StatusPreconditionFailed, http.StatusConflict, http.StatusNotFound}
	if (o.IfMatch != "" || o.IfNoneMatch) && slices.Contains(lost, status(err)) && !isCode(err, "NoSuchBucket") {
		return "", fmt.Errorf("put %s: %w: %w", key, storage.ErrPrecondition, err)
	}
	return "", explain("put", key, err)
}

// Delete implements [storage.Bucket].
func (b *Bucket) Delete(ctx context.Context, key string) error {
	if checkKey(key) != nil {
		return nil // nothing can be there
	}
	b.count.del.Add(1)
	_, err := b.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.name, Key: &key})
	if err = explain("delete", key, err); errors.Is(err, fs.ErrNotExist) && !isCode(err, "NoSuchBucket") {
		return nil
	}
	return err
}

// List implements [storage.Bucket].
func (b *Bucket) List(ctx context.Context, prefix string) iter.Seq2[storage.Info, error] {
	return b.list(ctx, prefix, nil)
}

// ListDir lists the objects directly below a prefix: see [storage.ListDir].
func (b *Bucket) ListDir(ctx context.Context, prefix string) iter.Seq2[storage.Info, error] {
	return b.list(ctx, prefix, aws.String("/"))
}

func (b *Bucket) list(ctx context.Context, prefix string, delimiter *string) iter.Seq2[storage.Info, error] {
	return func(yield func(storage.Info, error) bool) {
		pages := s3.NewListObjectsV2Paginator(b.client, &s3.ListObjectsV2Input{
			Bucket: &b.name, Prefix: &prefix, Delimiter: delimiter,
			EncodingType: types.EncodingTypeUrl, // XML has no way to write some characters that keys may have
		})
		for pages.HasMorePages() {
			b.count.list.Add(1)
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(storage.Info{}, explain("list", prefix, err))
				return
			}
			for _, o := range page.Contents {
				key := aws.ToString(o.Key)
				if page.EncodingType == types.EncodingTypeUrl { // a server that does not know it answers without
					if key, err = url.QueryUnescape(key); err != nil {
						yield(storage.Info{}, fmt.Errorf("list %s: key %q: %w", prefix, aws.ToString(o.Key), err))
						return
					}
				}
				info := storage.Info{Key: key, ETag: aws.ToString(o.ETag), Size: aws.ToInt64(o.Size), Modified: aws.ToTime(o.LastModified).UTC()}
				if !yield(info, nil) {
					return
				}
			}
		}
	}
}

func contentType(key, given string) string {
	if given != "" {
		return given
	}
	if t := mime.TypeByExtension(path.Ext(key)); t != "" {
		return t
	}
	return "application/octet-stream"
}

// status is the HTTP status of an error's response; 0 without one.
func status(err error) int {
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}

func isCode(err error, code string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == code
}

// explain says what was being done to what, and marks a missing key as one.
func explain(operation, key string, err error) error {
	switch {
	case err == nil:
		return nil
	case status(err) == http.StatusNotFound && !isCode(err, "NoSuchBucket"):
		return fmt.Errorf("%s %s: %w: %w", operation, key, fs.ErrNotExist, err)
	case status(err) == http.StatusForbidden:
		return fmt.Errorf("%s %s: %w: %w", operation, key, fs.ErrPermission, err)
	}
	return fmt.Errorf("%s %s: %w", operation, key, err)
}
