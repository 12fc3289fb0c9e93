// Command lambda is the generator as functions of AWS Lambda. The environment says which one a process is: "develop" makes the
// records and renditions of the originals that its messages name, "publish" writes the pages of what was developed, "setup" is
// behind the stack's custom resources. What they share is a [function].
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	ctx := context.Background()
	handler, err := newHandler(ctx, os.Environ())
	if err != nil {
		// It ends up in the log, and Lambda starts the function again when it is called.
		fmt.Fprintln(os.Stderr, "shoebox:", err)
		os.Exit(1)
	}
	lambda.StartWithOptions(handler, lambda.WithContext(ctx))
}

// newHandler returns the handler that an environment, in the form of os.Environ, asks for.
func newHandler(ctx context.Context, env []string) (any, error) {
	s, err := readSettings(env)
	if err != nil {
		return nil, err
	}
	f, err := newFunction(ctx, s, os.Stdout)
	if err != nil {
		return nil, err
	}
	slog.SetDefault(f.log) // of the libraries, too
	switch s.function {
	case "develop":
		return f.develop, nil
	case "publish":
		return f.publish, nil
	default:
		return f.setup, nil
	}
}
