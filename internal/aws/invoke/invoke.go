// Package invoke calls functions in AWS Lambda: [Function]. It is a package of its own because the SDK's part for Lambda is large,
// and the search function has no use for it.
package invoke

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// A Function is a function in Lambda.
type Function struct {
	client *lambda.Client
	name   string
}

// New returns the function of that name or ARN.
func New(c aws.Config, name string) *Function {
	return &Function{client: lambda.NewFromConfig(c), name: name}
}

// Start has Lambda call the function with a payload in JSON, and does not wait until it did. Lambda calls it at least once.
func (f *Function) Start(ctx context.Context, payload string) error {
	_, err := f.client.Invoke(ctx, &lambda.InvokeInput{
		FunctionName: &f.name, InvocationType: types.InvocationTypeEvent, Payload: []byte(payload),
	})
	if err != nil {
		return fmt.Errorf("start the function %s: %w", f.name, err)
	}
	return nil
}
