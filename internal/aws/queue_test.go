package aws_test

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"shoebox/internal/aws"
	"shoebox/internal/aws/awstest"
	"shoebox/internal/storage"
)

func TestQueue(t *testing.T) {
	endpoint := awstest.StartMoto(t)
	c := awstest.Config(endpoint)
	t.Run("queue", func(t *testing.T) {
		q := aws.NewQueue(c, awstest.MakeQueue(t, endpoint, "mine", map[string]string{"VisibilityTimeout": "60"}))
		testQueue(t, q)
	})
	t.Run("missing queue", func(t *testing.T) {
		q := aws.NewQueue(c, endpoint+"/"+awstest.AccountID+"/none")
		if err := q.Send(t.Context(), "x"); err == nil || !strings.Contains(err.Error(), "/none") {
			t.Errorf("send: %v, want an error that names the queue", err)
		}
		if _, err := q.Receive(t.Context(), 0); err == nil {
			t.Error("received from it")
		}
	})
}

func testQueue(t *testing.T, q *aws.Queue) {
	receive := func() (all []aws.Message) {
		t.Helper()
		for {
			some, err := q.Receive(t.Context(), 0)
			if err != nil {
				t.Fatal(err)
			}
			if len(some) == 0 {
				return all
			}
			if len(some) > 10 {
				t.Errorf("received %d at once", len(some))
			}
			all = append(all, some...)
		}
	}
	var want []string
	for i := range 23 {
		want = append(want, fmt.Sprintf(`{"keys":["data/Ü%02d & <b>.jpg"]}`, i))
	}
	if err := q.SendAll(t.Context(), want[1:]); err != nil {
		t.Fatal(err)
	}
	if err := q.Send(t.Context(), want[0]); err != nil {
		t.Fatal(err)
	}
	if waiting, inFlight, err := q.Depth(t.Context()); waiting != 23 || inFlight != 0 || err != nil {
		t.Errorf("depth %d and %d, %v, want 23 and 0", waiting, inFlight, err)
	}
	if n := q.Requests(); n != 5 {
		t.Errorf("%d requests, want 5: 3 batches, 1 message, 1 for the depth", n)
	}
	messages := receive()
	var got []string
	for _, m := range messages {
		got = append(got, m.Body)
		if m.Received != 1 {
			t.Errorf("%s was received %d times, want once", m.Body, m.Received)
		}
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("received %q, want %q", got, want)
	}
	if _, inFlight, err := q.Depth(t.Context()); inFlight != 23 || err != nil {
		t.Errorf("%d in flight, %v, want 23", inFlight, err)
	}
	if err := q.PutBack(t.Context(), messages, 0); err != nil {
		t.Fatal(err)
	}
	messages = receive()
	if len(messages) != 23 || messages[0].Received != 2 {
		t.Fatalf("%d came again, for the %d. time; want 23, for the second", len(messages), messages[0].Received)
	}
	if err := q.Delete(t.Context(), messages); err != nil {
		t.Fatal(err)
	}
	if waiting, inFlight, err := q.Depth(t.Context()); waiting+inFlight != 0 || err != nil {
		t.Errorf("left: %d and %d, %v", waiting, inFlight, err)
	}
	if err := q.Delete(t.Context(), []aws.Message{{}}); err == nil {
		t.Error("deleted a message that never was")
	}
	start := time.Now()
	if some, err := q.Receive(t.Context(), time.Second); len(some) != 0 || err != nil || time.Since(start) < 900*time.Millisecond {
		t.Errorf("received %d after %s, %v, want none after a second", len(some), time.Since(start), err)
	}
}

func TestBucketEmpty(t *testing.T) {
	b := aws.NewBucket(configuration(awstest.StartS3(t, "mine"), awstest.SecretKey), "mine")
	for i := range 1003 { // more than a request takes
		key := fmt.Sprintf("public/%d/Ü & <%d>.jpg", i%7, i)
		if _, err := b.Put(t.Context(), key, nil, storage.PutOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	before := b.Requests().Delete
	if n, err := b.Empty(t.Context()); n != 1003 || err != nil {
		t.Errorf("deleted %d, %v, want 1003", n, err)
	}
	if n := b.Requests().Delete - before; n != 2 {
		t.Errorf("%d requests, want 2", n)
	}
	for info := range b.List(t.Context(), "") {
		t.Errorf("left: %s", info.Key)
	}
	if n, err := b.Empty(t.Context()); n != 0 || err != nil {
		t.Errorf("an empty one: %d, %v", n, err)
	}
}

func TestBucketEmptyRefused(t *testing.T) {
	b := aws.NewBucket(configuration(awstest.StartS3(t, "mine"), "wrong"), "mine")
	if _, err := b.Empty(t.Context()); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("with a wrong secret: %v", err)
	}
}
