package aws

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
)

// attempts is how often a request is tried in all. The SDK waits longer each time, by a random share, and only where another
// try can help.
const attempts = 5

// Load returns the credentials, region and endpoint that the environment and the files of the AWS command line give. Clients are
// made of it. It makes no request.
func Load(ctx context.Context) (aws.Config, error) {
	c, err := config.LoadDefaultConfig(ctx, config.WithRetryer(func() aws.Retryer {
		return retry.AddWithMaxAttempts(retry.NewStandard(), attempts)
	}))
	if err != nil {
		return c, fmt.Errorf("aws configuration: %w", err)
	}
	return c, nil
}
