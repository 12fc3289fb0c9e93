package stack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	shoebox "shoebox/internal/aws"
	"shoebox/internal/aws/invoke"
)

// Facts are what a stack says of itself beside the gallery in its buckets.
type Facts struct {
	Queues  []Queue
	Buckets []Access
}

// A Queue is one of the stack's queues.
type Queue struct {
	Output      string   // the template's output with its URL
	DeadLetters bool     // what is in it was tried too often, and is not tried again
	Messages    int      // about how many; those under way count too
	Bodies      []string // of a few of its messages, when they are dead letters
}

// Access is who may reach a bucket.
type Access struct {
	Bucket string
	// Unblocked names the settings of S3 Block Public Access that are not on.
	Unblocked []string
	// Public says that the bucket's policy gives access to everybody.
	Public bool
}

// Facts asks AWS for what a check-up needs. It changes nothing; dead letters that were looked at are put back.
func (s *Stack) Facts(ctx context.Context) (Facts, error) {
	var f Facts
	var errs []error
	for _, q := range []Queue{
		{Output: OutputDevelopQueue}, {Output: OutputPublishQueue},
		{Output: OutputDevelopDeadLetters, DeadLetters: true}, {Output: OutputPublishDeadLetters, DeadLetters: true},
	} {
		if err := s.queue(ctx, &q); err != nil {
			errs = append(errs, err)
			continue
		}
		f.Queues = append(f.Queues, q)
	}
	for _, output := range []string{OutputSiteBucket, OutputOriginalsBucket} {
		a, err := s.access(ctx, output)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		f.Buckets = append(f.Buckets, a)
	}
	return f, errors.Join(errs...)
}

func (s *Stack) queue(ctx context.Context, q *Queue) error {
	url, err := s.Output(q.Output)
	if err != nil {
		return err
	}
	queue := shoebox.NewQueue(s.config, url)
	waiting, received, err := queue.Depth(ctx)
	if err != nil {
		return err
	}
	if q.Messages = waiting + received; !q.DeadLetters || q.Messages == 0 {
		return nil
	}
	messages, err := queue.Receive(ctx, time.Second)
	if err != nil {
		return err
	}
	for _, m := range messages {
		q.Bodies = append(q.Bodies, m.Body)
	}
	slices.Sort(q.Bodies)
	return queue.PutBack(ctx, messages, 0)
}

func (s *Stack) access(ctx context.Context, output string) (Access, error) {
	name, err := s.Output(output)
	if err != nil {
		return Access{}, err
	}
	a := Access{Bucket: name}
	client := s3.NewFromConfig(s.config, func(o *s3.Options) { o.UsePathStyle = s.config.BaseEndpoint != nil })
	block, err := client.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: &name})
	if err != nil && !isCode(err, "NoSuchPublicAccessBlockConfiguration") {
		return a, fmt.Errorf("public access of bucket %s: %w", name, err)
	}
	settings := map[string]*bool{"BlockPublicAcls": nil, "IgnorePublicAcls": nil, "BlockPublicPolicy": nil, "RestrictPublicBuckets": nil}
	if err == nil && block.PublicAccessBlockConfiguration != nil {
		c := block.PublicAccessBlockConfiguration
		settings = map[string]*bool{"BlockPublicAcls": c.BlockPublicAcls, "IgnorePublicAcls": c.IgnorePublicAcls,
			"BlockPublicPolicy": c.BlockPublicPolicy, "RestrictPublicBuckets": c.RestrictPublicBuckets}
	}
	for setting, on := range settings {
		if !aws.ToBool(on) {
			a.Unblocked = append(a.Unblocked, setting)
		}
	}
	slices.Sort(a.Unblocked)
	policy, err := client.GetBucketPolicyStatus(ctx, &s3.GetBucketPolicyStatusInput{Bucket: &name})
	if err != nil && !isCode(err, "NoSuchBucketPolicy") {
		return a, fmt.Errorf("policy of bucket %s: %w", name, err)
	}
	a.Public = err == nil && policy.PolicyStatus != nil && aws.ToBool(policy.PolicyStatus.IsPublic)
	return a, nil
}

func isCode(err error, code string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == code
}

// notKeys are the variables of a function that are no keys of the configuration.
var notKeys = []string{
	"SHOEBOX_FUNCTION", "SHOEBOX_DEVELOP_QUEUE", "SHOEBOX_PUBLISH_QUEUE", "SHOEBOX_PUBLISH_FUNCTION", "SHOEBOX_KEY_PARAMETER",
}

// Environment returns how the publish function is configured by its environment, in the form of os.Environ. What it says goes
// before the owner's config.toml.
func (s *Stack) Environment(ctx context.Context) ([]string, error) {
	name, err := s.Output(OutputPublishFunction)
	if err != nil {
		return nil, err
	}
	client := lambda.NewFromConfig(s.config)
	out, err := client.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &name})
	if err != nil {
		return nil, fmt.Errorf("configuration of function %s: %w", name, err)
	}
	var env []string
	if out.Environment != nil {
		for name, value := range out.Environment.Variables {
			if !slices.Contains(notKeys, name) {
				env = append(env, name+"="+value)
			}
		}
	}
	slices.Sort(env)
	return env, nil
}

// Reconcile has the publish function compare all of data/ with what it remembers, and mend what differs. It returns once that
// has been asked for.
func (s *Stack) Reconcile(ctx context.Context) error {
	name, err := s.Output(OutputPublishFunction)
	if err != nil {
		return err
	}
	return invoke.New(s.config, name).Start(ctx, `{"reconcile":true}`)
}
