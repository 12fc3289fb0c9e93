// Package secret keeps secrets in the Parameter Store of AWS Systems Manager: [Parameter]. It is a package of its own because the
// SDK's part for that is large, and the search function has no use for it.
package secret

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// A Parameter is one secret, encrypted by the account's own key.
type Parameter struct {
	client   *ssm.Client
	name     string
	requests atomic.Int64
}

// New returns the parameter of that name, such as "/shoebox/key".
func New(c aws.Config, name string) *Parameter {
	return &Parameter{client: ssm.NewFromConfig(c), name: name}
}

// Requests returns how many requests were made so far, retries not counted.
func (p *Parameter) Requests() int64 { return p.requests.Load() }

// Get returns the secret. A missing one wraps fs.ErrNotExist.
func (p *Parameter) Get(ctx context.Context) (string, error) {
	p.requests.Add(1)
	out, err := p.client.GetParameter(ctx, &ssm.GetParameterInput{Name: &p.name, WithDecryption: aws.Bool(true)})
	if missing := (*types.ParameterNotFound)(nil); errors.As(err, &missing) {
		return "", fmt.Errorf("parameter %s: %w", p.name, fs.ErrNotExist)
	}
	if err != nil {
		return "", fmt.Errorf("parameter %s: %w", p.name, err)
	}
	return aws.ToString(out.Parameter.Value), nil
}

// Create stores the secret. When there is one already it stays as it is, and the error wraps fs.ErrExist.
func (p *Parameter) Create(ctx context.Context, value, description string) error {
	p.requests.Add(1)
	_, err := p.client.PutParameter(ctx, &ssm.PutParameterInput{
		Name: &p.name, Value: &value, Description: &description, Type: types.ParameterTypeSecureString,
	})
	if exists := (*types.ParameterAlreadyExists)(nil); errors.As(err, &exists) {
		return fmt.Errorf("parameter %s: %w", p.name, fs.ErrExist)
	}
	if err != nil {
		return fmt.Errorf("parameter %s: %w", p.name, err)
	}
	return nil
}

// Delete removes the secret; that it is missing already is no error.
func (p *Parameter) Delete(ctx context.Context) error {
	p.requests.Add(1)
	_, err := p.client.DeleteParameter(ctx, &ssm.DeleteParameterInput{Name: &p.name})
	if missing := (*types.ParameterNotFound)(nil); err != nil && !errors.As(err, &missing) {
		return fmt.Errorf("parameter %s: %w", p.name, err)
	}
	return nil
}
