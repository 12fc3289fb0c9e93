// Package stack works on a gallery's stack on AWS from its owner's machine: [CLI] deploys and removes it by the AWS command line,
// [Open] describes one that is there, and a [Stack] makes share links and tells what [Facts] a check-up needs.
package stack

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
)

// The outputs of the template, deploy/template.yaml.
const (
	OutputURL                = "Url"                   // where the gallery is: "https://…/"
	OutputOriginalsBucket    = "OriginalsBucket"       // the owner's bucket
	OutputUpload             = "UploadCommand"         // an example of how to upload
	OutputSiteBucket         = "SiteBucket"            // our bucket
	OutputDevelopQueue       = "DevelopQueueUrl"       //
	OutputDevelopDeadLetters = "DevelopDeadLettersUrl" //
	OutputPublishQueue       = "PublishQueueUrl"       //
	OutputPublishDeadLetters = "PublishDeadLettersUrl" //
	OutputDistribution       = "DistributionId"        //
	OutputKeyPair            = "KeyPairId"             // of the public half in CloudFront
	OutputKeyParameter       = "KeyParameter"          // name of the SSM parameter with the private half
	OutputPublishFunction    = "PublishFunction"       // name
)

// A Stack is one that is deployed, or that somebody tried to deploy.
type Stack struct {
	Name    string
	Status  string // as CloudFormation has it, such as "UPDATE_COMPLETE"
	Reason  string // why it is so; may be empty
	outputs map[string]string
	config  aws.Config
}

// Open describes the stack of that name in a region; with an empty region, in the one that the environment and the files of the
// AWS command line give.
func Open(ctx context.Context, name, region string) (*Stack, error) {
	var options []func(*config.LoadOptions) error
	if region != "" {
		options = append(options, config.WithRegion(region))
	}
	c, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("aws configuration: %w", err)
	}
	if c.Region == "" {
		return nil, fmt.Errorf("stack %s: no region is configured: give --region, or set AWS_REGION", name)
	}
	return describe(ctx, c, name)
}

func describe(ctx context.Context, c aws.Config, name string) (*Stack, error) {
	client := cloudformation.NewFromConfig(c)
	out, err := client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name})
	if err != nil && strings.Contains(err.Error(), "does not exist") { // it comes as a ValidationError, like much else
		return nil, fmt.Errorf("there is no stack %s in %s: run \"shoebox deploy\", or say which with --stack and --region: %w",
			name, c.Region, err)
	}
	if err != nil {
		return nil, fmt.Errorf("describe stack %s: %w", name, err)
	}
	if len(out.Stacks) != 1 {
		return nil, fmt.Errorf("describe stack %s: %d stacks in the answer, want 1", name, len(out.Stacks))
	}
	s := &Stack{Name: name, Status: string(out.Stacks[0].StackStatus), Reason: aws.ToString(out.Stacks[0].StackStatusReason),
		outputs: map[string]string{}, config: c}
	for _, o := range out.Stacks[0].Outputs {
		s.outputs[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
	}
	return s, nil
}

// Region returns the region that the stack is in.
func (s *Stack) Region() string { return s.config.Region }

// Output returns one of the template's outputs. A stack that is not whole lacks some.
func (s *Stack) Output(name string) (string, error) {
	if value := s.outputs[name]; value != "" {
		return value, nil
	}
	return "", fmt.Errorf("stack %s has no output %s (it is %s): run \"shoebox deploy\" again", s.Name, name, s.Status)
}
