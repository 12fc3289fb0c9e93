package main

import (
	"time"

	"shoebox/internal/aws"
	"shoebox/internal/cost"
)

// usage is what this process has asked AWS for so far.
func (f *function) usage() cost.Usage {
	u := s3Usage(f.site.Requests())
	if f.originals != f.site {
		u = u.Plus(s3Usage(f.originals.Requests()))
	}
	u.SQS = f.developQueue.Requests() + f.publishQueue.Requests()
	u.SSM = f.key.Requests()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, l := range f.labelers {
		u.DetectLabels += l.Requests() // of every kind: all have one price
	}
	return u
}

func s3Usage(r aws.Requests) cost.Usage {
	return cost.Usage{S3Get: r.Get, S3Put: r.Put, S3List: r.List, S3Delete: r.Delete}
}

// measure returns a function that logs what an invocation that starts now has asked for, and what that costs by list price.
func (f *function) measure() func(outcome string, args ...any) {
	start, before := time.Now(), f.usage()
	return func(outcome string, args ...any) {
		used := f.usage().Plus(negative(before))
		took := time.Since(start)
		used.Lambda, used.LambdaGBSeconds = 1, cost.GBSeconds(f.memory, took)
		f.log.Info(outcome, append(args, "ms", took.Milliseconds(), "requests", used, "dollars", used.Dollars())...)
	}
}

// negative returns the usage that together with u is nothing.
func negative(u cost.Usage) cost.Usage {
	return cost.Usage{S3Get: -u.S3Get, S3Put: -u.S3Put, S3List: -u.S3List, S3Delete: -u.S3Delete, SQS: -u.SQS, SSM: -u.SSM, DetectLabels: -u.DetectLabels}
}
