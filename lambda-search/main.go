// Command lambda-search is the search as a function of AWS Lambda, behind a function URL. It links no image and no Markdown code,
// so that it starts quickly.
package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/aws/aws-lambda-go/lambda"

	"shoebox/internal/aws"
	"shoebox/internal/search"
)

func main() {
	memory, _ := strconv.Atoi(os.Getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")) // Lambda sets it
	handler, err := newHandler(os.Getenv("SHOEBOX_BUCKET"), memory)
	if err != nil {
		fmt.Fprintln(os.Stderr, "shoebox:", err)
		os.Exit(1)
	}
	lambda.Start(answer(handler))
}

// newHandler returns what answers searches in the gallery that is in a bucket, such as "s3://name", by a function with so many
// MB of memory. It makes no request.
func newHandler(bucket string, memory int) (http.Handler, error) {
	name, ok := strings.CutPrefix(bucket, "s3://")
	if !ok {
		return nil, errors.New("SHOEBOX_BUCKET is not set to an S3 bucket")
	}
	c, err := aws.Environment(os.Getenv)
	if err != nil {
		return nil, err
	}
	b := aws.NewBucket(c, name)
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil)).With("function", "search")
	slog.SetDefault(log) // of the libraries, too
	index := &index{bucket: b, dir: os.TempDir(), log: log}
	return &logger{search.NewHandler(b, index, search.HandlerOptions{Log: log}), b, memory, log}, nil
}
