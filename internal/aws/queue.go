package aws

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"golang.org/x/sync/errgroup"
)

// batch is how many messages one request to SQS can be about.
const batch = 10

// senders is how many requests a large SendAll makes at once.
const senders = 8

// A Queue is a queue in SQS. It delivers each message at least once, in any order.
type Queue struct {
	client   *sqs.Client
	url      string
	requests atomic.Int64
}

// A Message is one that was received. Until it is deleted, it comes again when the queue's visibility timeout has passed.
type Message struct {
	Body     string
	Received int // how often it was received, with this time
	handle   string
}

// NewQueue returns the queue with that URL.
func NewQueue(c aws.Config, url string) *Queue { return &Queue{client: sqs.NewFromConfig(c), url: url} }

// Requests returns how many requests were made so far, retries not counted.
func (q *Queue) Requests() int64 { return q.requests.Load() }

// Send sends a message.
func (q *Queue) Send(ctx context.Context, body string) error {
	q.requests.Add(1)
	if _, err := q.client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &q.url, MessageBody: &body}); err != nil {
		return fmt.Errorf("send to %s: %w", q.url, err)
	}
	return nil
}

// SendAll sends messages, in no order. After an error some of them may have been sent.
func (q *Queue) SendAll(ctx context.Context, bodies []string) error {
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(senders)
	for some := range slices.Chunk(bodies, batch) {
		work.Go(func() error { return q.sendBatch(ctx, some) })
	}
	return work.Wait()
}

func (q *Queue) sendBatch(ctx context.Context, bodies []string) error {
	input := &sqs.SendMessageBatchInput{QueueUrl: &q.url}
	for i := range bodies {
		input.Entries = append(input.Entries, types.SendMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), MessageBody: &bodies[i]})
	}
	q.requests.Add(1)
	out, err := q.client.SendMessageBatch(ctx, input)
	if err == nil {
		err = refused(out.Failed)
	}
	if err != nil {
		return fmt.Errorf("send to %s: %w", q.url, err)
	}
	return nil
}

// Receive returns up to ten messages, and waits so long for the first; none are no error. Without waiting it may miss some.
func (q *Queue) Receive(ctx context.Context, wait time.Duration) ([]Message, error) {
	q.requests.Add(1)
	out, err := q.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &q.url, MaxNumberOfMessages: batch, WaitTimeSeconds: int32(wait / time.Second),
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameApproximateReceiveCount},
	})
	if err != nil {
		return nil, fmt.Errorf("receive from %s: %w", q.url, err)
	}
	var messages []Message
	for _, m := range out.Messages {
		// It is always a number. If it were not, the message would count as one that came before: more is done for those.
		received, err := strconv.Atoi(m.Attributes[string(types.MessageSystemAttributeNameApproximateReceiveCount)])
		if err != nil {
			received = 2
		}
		messages = append(messages, Message{Body: aws.ToString(m.Body), Received: received, handle: aws.ToString(m.ReceiptHandle)})
	}
	return messages, nil
}

// Delete removes messages for good. After an error some of them may come again.
func (q *Queue) Delete(ctx context.Context, messages []Message) error {
	for some := range slices.Chunk(messages, batch) {
		input := &sqs.DeleteMessageBatchInput{QueueUrl: &q.url}
		for i, m := range some {
			input.Entries = append(input.Entries, types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: &m.handle})
		}
		q.requests.Add(1)
		out, err := q.client.DeleteMessageBatch(ctx, input)
		if err == nil {
			err = refused(out.Failed)
		}
		if err != nil {
			return fmt.Errorf("delete from %s: %w", q.url, err)
		}
	}
	return nil
}

// PutBack makes messages come again after some time, in whole seconds.
func (q *Queue) PutBack(ctx context.Context, messages []Message, after time.Duration) error {
	for some := range slices.Chunk(messages, batch) {
		input := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &q.url}
		for i, m := range some {
			input.Entries = append(input.Entries, types.ChangeMessageVisibilityBatchRequestEntry{
				Id: aws.String(strconv.Itoa(i)), ReceiptHandle: &m.handle, VisibilityTimeout: int32(after / time.Second),
			})
		}
		q.requests.Add(1)
		out, err := q.client.ChangeMessageVisibilityBatch(ctx, input)
		if err == nil {
			err = refused(out.Failed)
		}
		if err != nil {
			return fmt.Errorf("put back to %s: %w", q.url, err)
		}
	}
	return nil
}

// Depth returns about how many messages wait, and how many were received and not yet deleted.
func (q *Queue) Depth(ctx context.Context) (waiting, inFlight int, err error) {
	q.requests.Add(1)
	wanted := []types.QueueAttributeName{
		types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
	}
	out, err := q.client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &q.url, AttributeNames: wanted})
	if err == nil {
		waiting, err = strconv.Atoi(out.Attributes[string(wanted[0])])
	}
	if err == nil {
		inFlight, err = strconv.Atoi(out.Attributes[string(wanted[1])])
	}
	if err != nil {
		return 0, 0, fmt.Errorf("depth of %s: %w", q.url, err)
	}
	return waiting, inFlight, nil
}

// refused tells of those messages of a batch with which something went wrong.
func refused(entries []types.BatchResultErrorEntry) error {
	var all []error
	for _, e := range entries {
		all = append(all, fmt.Errorf("%s: %s", aws.ToString(e.Code), aws.ToString(e.Message)))
	}
	return errors.Join(all...)
}
