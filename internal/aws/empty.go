package aws

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"
)

// sweepers is how many requests Empty makes at once, of a page of a thousand objects each.
const sweepers = 8

// Empty deletes every object in the bucket but those to keep, and returns how many there were. After an error it can go on from
// there.
func (b *Bucket) Empty(ctx context.Context, keep ...string) (deleted int, err error) {
	work, working := errgroup.WithContext(ctx)
	work.SetLimit(sweepers)
	var page []types.ObjectIdentifier
	flush := func() {
		some := page
		deleted, page = deleted+len(some), nil
		if len(some) > 0 {
			work.Go(func() error { return b.deleteAll(working, some) })
		}
	}
	for info, err := range b.List(working, "") {
		if err != nil {
			return deleted, errors.Join(err, work.Wait())
		}
		if slices.Contains(keep, info.Key) {
			continue
		}
		if page = append(page, types.ObjectIdentifier{Key: aws.String(info.Key)}); len(page) == 1000 {
			flush()
		}
	}
	flush()
	return deleted, work.Wait()
}

func (b *Bucket) deleteAll(ctx context.Context, objects []types.ObjectIdentifier) error {
	b.count.del.Add(1)
	out, err := b.client.DeleteObjects(ctx, &s3.DeleteObjectsInput{
		Bucket: &b.name, Delete: &types.Delete{Objects: objects, Quiet: aws.Bool(true)},
	})
	if err != nil {
		return fmt.Errorf("empty %s: %w", b.name, err)
	}
	for _, e := range out.Errors {
		return fmt.Errorf("empty %s: %s: %s: %s", b.name, aws.ToString(e.Key), aws.ToString(e.Code), aws.ToString(e.Message))
	}
	return nil
}
