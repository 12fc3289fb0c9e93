package doctor

import (
	"fmt"
	"slices"
	"strings"

	"shoebox/internal/aws"
	"shoebox/internal/aws/stack"
)

// CheckStack says what is wrong with a stack beside the gallery in its buckets.
func CheckStack(s *stack.Stack, facts stack.Facts) []Finding {
	var findings []Finding
	switch {
	case strings.HasSuffix(s.Status, "_IN_PROGRESS"):
		findings = append(findings, Finding{Key: s.Name, What: "the stack is being changed: " + s.Status, Do: "wait, and look again"})
	case !slices.Contains([]string{"CREATE_COMPLETE", "UPDATE_COMPLETE"}, s.Status):
		what := "the stack is not as it was deployed: " + s.Status
		if s.Reason != "" {
			what += ": " + s.Reason
		}
		findings = append(findings, Finding{Key: s.Name, What: what, Do: `run "shoebox deploy"`})
	}
	for _, q := range facts.Queues {
		if !q.DeadLetters || q.Messages == 0 {
			continue
		}
		what := fmt.Sprintf("%d messages failed too often and were given up", q.Messages)
		if keys := keysOf(q.Bodies); len(keys) > 0 {
			what += ", about " + strings.Join(keys, ", ")
		}
		findings = append(findings, Finding{Key: q.Output, What: what,
			Do: "see the functions' logs for the reason; then move them back with \"aws sqs start-message-move-task\" (docs/operations.md)"})
	}
	for _, a := range facts.Buckets {
		if a.Public {
			findings = append(findings, Finding{Key: "s3://" + a.Bucket, What: "its policy gives access to everybody",
				Do: `take that out of the bucket's policy, or run "shoebox deploy"`})
		}
		if len(a.Unblocked) > 0 {
			findings = append(findings, Finding{Key: "s3://" + a.Bucket, What: "public access is not blocked: " + strings.Join(a.Unblocked, ", "),
				Do: "switch on all four settings of Block Public Access"})
		}
	}
	return findings
}

// keysOf are the keys that messages name, sorted; for those that can't be read, what they say.
func keysOf(bodies []string) []string {
	var keys []string
	for _, body := range bodies {
		named, err := aws.EventKeys(body)
		if err != nil {
			const some = 80
			named = []string{fmt.Sprintf("%.*q", some, body)}
		}
		keys = append(keys, named...)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}
