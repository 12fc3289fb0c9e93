package aws

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// Environment returns what Lambda tells a function by its environment variables, which get looks up: region and credentials, and
// tests an endpoint. It is [Load] without all the other places to look, which are a tenth of a small program.
func Environment(get func(name string) string) (aws.Config, error) {
	c := aws.Config{Region: get("AWS_REGION"), Retryer: func() aws.Retryer {
		return retry.AddWithMaxAttempts(retry.NewStandard(), attempts)
	}}
	if endpoint := get("AWS_ENDPOINT_URL"); endpoint != "" {
		c.BaseEndpoint = &endpoint
	}
	credentials := aws.Credentials{
		AccessKeyID: get("AWS_ACCESS_KEY_ID"), SecretAccessKey: get("AWS_SECRET_ACCESS_KEY"), SessionToken: get("AWS_SESSION_TOKEN"),
	}
	if c.Region == "" || credentials.AccessKeyID == "" || credentials.SecretAccessKey == "" {
		return c, errors.New("AWS_REGION, AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set: is this a function of Lambda?")
	}
	c.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return credentials, nil })
	return c, nil
}
