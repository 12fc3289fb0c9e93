package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"shoebox/internal/aws/awstest"
	"shoebox/internal/gallery"
)

// program is the full name of this package.
const program = "shoebox/generator/lambda"

// maxInit is the longest that the median cold start may take on a machine that does nothing else; the test allows for others.
const maxInit = 50 * time.Millisecond

// process returns one of the functions as the program that Lambda runs.
func (s *stack) process(bootstrap, name string) *awstest.Function {
	s.Helper()
	// One processor, as a small function has, so that it is as slow everywhere.
	env := append(awstest.Env(s.moto), "AWS_ENDPOINT_URL_S3="+s.s3, "AWS_ENDPOINT_URL_LAMBDA="+s.lambda, "TMPDIR="+s.TempDir(), "GOMAXPROCS=1")
	return awstest.NewFunction(s, bootstrap, append(env, s.env(name)...))
}

// TestBootstrap has the real program develop batches as Lambda hands them out.
func TestBootstrap(t *testing.T) {
	s := newStack(t)
	f := s.process(awstest.Build(t, program), "develop")
	if took := awstest.ColdStarts(t, f, 11); took > 4*maxInit {
		t.Errorf("half of the cold starts take longer than %s, want %s", took, maxInit)
	}

	s.upload("data/a.jpg", photo(t, 1))
	s.upload("data/damaged.jpg", []byte("\xff\xd8\xff\xe0 not really"))
	s.send(t, s.develop, keysMessage(t, "data/a.jpg"))
	s.send(t, s.develop, "poison")
	s.send(t, s.develop, keysMessage(t, "data/damaged.jpg"))
	n, again, err := awstest.Deliver(t.Context(), s.moto, s.develop, f, time.Minute)
	if n != 3 || again != 1 || err != nil {
		t.Errorf("%d messages, %d come again, %v; want 3, and the poisonous one again", n, again, err)
	}
	for _, key := range []string{"data/a.jpg", "data/damaged.jpg"} {
		if !s.has(gallery.RecordKey(key)) {
			t.Errorf("%s was not developed", key)
		}
	}
	if got := <-s.called; got != `{"rung":true}` {
		t.Errorf("publish was called with %s", got)
	}

	// What comes when the time is nearly up goes back, and the process lives on.
	body, err := json.Marshal(messages(1, keysMessage(t, "data/a.jpg")))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := f.Invoke(string(body), 50*time.Millisecond)
	if err == nil {
		var r events.SQSEventResponse
		if err := json.Unmarshal(answer, &r); err != nil {
			t.Fatal(err)
		}
		t.Logf("with 50 ms: %d of 1 handed back", len(r.BatchItemFailures))
	}
	if _, err := f.Invoke("no event at all", time.Minute); err == nil || !strings.Contains(err.Error(), "the function failed") {
		t.Errorf("with something that is no event: %v", err)
	}
	if _, err := f.Invoke(string(body), time.Minute); err != nil {
		t.Errorf("after that: %v", err)
	}
	for line := range strings.SplitSeq(strings.TrimSpace(f.Log()), "\n") {
		if !json.Valid([]byte(line)) {
			t.Errorf("a line of the log is not JSON: %s", line)
		}
		if strings.Contains(line, awstest.SecretKey) {
			t.Errorf("a secret is in the log: %s", line)
		}
	}
}

// TestBootstrapNearItsDeadline gives the real program more than it can do in its time, and wants it to hand back the rest, to have
// told of what it did, and to get through all of it in the end.
func TestBootstrapNearItsDeadline(t *testing.T) {
	s := newStack(t)
	f := s.process(awstest.Build(t, program), "develop")
	const photos = 40
	large := bigPhoto(t)
	var bodies []string
	for i := range photos {
		key := "data/" + strings.Repeat("x", i+1) + ".jpg"
		s.upload(key, large)
		bodies = append(bodies, keysMessage(t, key))
	}
	if _, err := f.Init(); err != nil {
		t.Fatal(err)
	}
	developed, rounds, split := 0, 0, false
	for left := bodies; len(left) > 0 && rounds < photos; rounds++ {
		event, err := json.Marshal(messages(1, left...))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := f.Invoke(string(event), 2*time.Second)
		if err != nil { // on a busy machine one photo can take a quarter of the time
			t.Logf("with %d left: %v", len(left), err)
			continue
		}
		var r events.SQSEventResponse
		if err := json.Unmarshal(answer, &r); err != nil {
			t.Fatal(err)
		}
		ids := handedBack(r)
		var again []string
		for i, m := range messages(1, left...).Records {
			if slices.Contains(ids, m.MessageId) {
				again = append(again, left[i])
			}
		}
		developed += len(left) - len(again)
		split = split || 0 < len(again) && len(again) < len(left)
		left = again
	}
	if developed != photos {
		t.Fatalf("developed %d of %d in %d rounds", developed, photos, rounds)
	}
	if !split {
		t.Errorf("no batch was done in part, in %d rounds", rounds)
	}
	if c, _ := s.received(t); len(c.Keys) != photos {
		t.Errorf("%d are to be published, want %d", len(c.Keys), photos)
	}
	t.Logf("%d photos took %d rounds", photos, rounds)
}

func BenchmarkColdStart(b *testing.B) {
	s := &stack{TB: b, s3: "http://127.0.0.1:9", moto: "http://127.0.0.1:9", lambda: "http://127.0.0.1:9", develop: "http://q", publish: "http://q"}
	bootstrap := awstest.Build(b, program)
	for _, name := range []string{"develop", "publish", "setup"} {
		b.Run(name, func(b *testing.B) {
			f := s.process(bootstrap, name)
			for b.Loop() {
				f.Kill()
				if _, err := f.Init(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
