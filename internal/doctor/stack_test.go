package doctor_test

import (
	"fmt"
	"strings"
	"testing"

	"shoebox/internal/aws/stack"
	"shoebox/internal/doctor"
)

func TestCheckStack(t *testing.T) {
	// As S3 says it through SNS, with the key form-encoded.
	body := `{"Type":"Notification","Message":"{\"Records\":[{\"eventName\":\"ObjectCreated:Put\",` +
		`\"s3\":{\"object\":{\"key\":\"data/100%25+%231.jpg\"}}}]}"}`
	dead := stack.Queue{Output: "Dead", DeadLetters: true, Messages: 3, Bodies: []string{body, "?"}}
	for name, test := range map[string]struct {
		status string
		facts  stack.Facts
		want   []string // one for each finding, in it
	}{
		"healthy":       {status: "UPDATE_COMPLETE", facts: stack.Facts{Queues: []stack.Queue{{Output: "DevelopQueueUrl", Messages: 12}}}},
		"being changed": {status: "UPDATE_IN_PROGRESS", want: []string{"being changed: UPDATE_IN_PROGRESS"}},
		"rolled back":   {status: "UPDATE_ROLLBACK_COMPLETE", want: []string{`not as it was deployed: UPDATE_ROLLBACK_COMPLETE: no luck`}},
		"half deleted":  {status: "DELETE_FAILED", want: []string{"DELETE_FAILED"}},
		"a public bucket": {status: "CREATE_COMPLETE", facts: stack.Facts{Buckets: []stack.Access{{Bucket: "b", Public: true}}},
			want: []string{"s3://b: its policy gives access to everybody"}},
		"an open bucket": {status: "CREATE_COMPLETE", facts: stack.Facts{Buckets: []stack.Access{{Bucket: "b", Unblocked: []string{"BlockPublicAcls"}}}},
			want: []string{"public access is not blocked: BlockPublicAcls"}},
		"dead letters": {status: "CREATE_COMPLETE", facts: stack.Facts{Queues: []stack.Queue{dead}},
			want: []string{`Dead: 3 messages failed too often and were given up, about "?", data/100% #1.jpg`}},
	} {
		s := &stack.Stack{Name: "photos", Status: test.status}
		if strings.Contains(test.status, "ROLLBACK") {
			s.Reason = "no luck"
		}
		found := doctor.CheckStack(s, test.facts)
		if len(found) != len(test.want) {
			t.Errorf("%s: found %+v, want %q", name, found, test.want)
			continue
		}
		for i, f := range found {
			if said := fmt.Sprintf("%s: %s", f.Key, f.What); !strings.Contains(said, test.want[i]) || f.Do == "" {
				t.Errorf("%s: found %s, want %s", name, said, test.want[i])
			}
		}
		if doctor.Repairable(found) {
			t.Errorf("%s: doctor takes a stack for something that it can repair", name)
		}
	}
}
