package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdaurl"

	"shoebox/internal/aws"
	"shoebox/internal/cost"
	"shoebox/internal/gallery"
)

// answer makes a handler of HTTP one of Lambda's, for a function URL that streams responses.
func answer(h http.Handler) func(context.Context, *events.LambdaFunctionURLRequest) (*events.LambdaFunctionURLStreamingResponse, error) {
	wrapped := lambdaurl.Wrap(h)
	return func(ctx context.Context, r *events.LambdaFunctionURLRequest) (*events.LambdaFunctionURLStreamingResponse, error) {
		// A function URL hands on the path as it came, so it is escaped, like that of any request, but nobody promises that. One
		// that can't be is taken for what it means.
		if _, err := url.ParseRequestURI(r.RawPath); err != nil {
			r.RawPath = gallery.EscapePath(r.RawPath)
		}
		return wrapped(ctx, r)
	}
}

// A logger logs one line for each request, with what it asked for and what that costs. What was searched for is its visitor's.
type logger struct {
	handler http.Handler
	bucket  *aws.Bucket
	memory  int // MB that the function has; 0: unknown, and time is not priced
	log     *slog.Logger
}

func (l *logger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start, before := time.Now(), l.bucket.Requests()
	answered := &status{ResponseWriter: w}
	defer func() {
		if p := recover(); p != nil { // it would end the process, and lambdaurl has no other way to say so
			l.log.Error("panic", "path", r.URL.Path, "error", fmt.Sprint(p), "stack", string(debug.Stack()))
			http.Error(answered, "the search failed; try again later", http.StatusInternalServerError)
		}
		now, took := l.bucket.Requests(), time.Since(start)
		used := cost.Usage{
			S3Get: now.Get - before.Get, S3List: now.List - before.List, Lambda: 1, LambdaGBSeconds: cost.GBSeconds(l.memory, took),
		}
		l.log.Info("search", "path", r.URL.Path, "status", answered.code, "ms", took.Milliseconds(), "requests", used, "dollars", used.Dollars())
	}()
	l.handler.ServeHTTP(answered, r)
}

// A status remembers the status that was answered.
type status struct {
	http.ResponseWriter
	code int
}

func (s *status) WriteHeader(code int) {
	if s.code == 0 {
		s.code = code
	}
	s.ResponseWriter.WriteHeader(code)
}

func (s *status) Write(p []byte) (int, error) {
	if s.code == 0 {
		s.code = http.StatusOK
	}
	return s.ResponseWriter.Write(p)
}
