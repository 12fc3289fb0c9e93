package awstest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// Config says how to reach the server at an endpoint.
func Config(endpoint string) sdk.Config {
	return sdk.Config{
		Region: Region, BaseEndpoint: &endpoint,
		Credentials: sdk.CredentialsProviderFunc(func(context.Context) (sdk.Credentials, error) {
			return sdk.Credentials{AccessKeyID: AccessKey, SecretAccessKey: SecretKey}, nil
		}),
	}
}

// ConfigAs says the same for somebody with credentials, such as those of [Assume].
func ConfigAs(endpoint string, credentials map[string]string) sdk.Config {
	c := Config(endpoint)
	c.Credentials = sdk.CredentialsProviderFunc(func(context.Context) (sdk.Credentials, error) {
		return sdk.Credentials{
			AccessKeyID: credentials["AWS_ACCESS_KEY_ID"], SecretAccessKey: credentials["AWS_SECRET_ACCESS_KEY"],
			SessionToken: credentials["AWS_SESSION_TOKEN"],
		}, nil
	})
	return c
}

// MakeQueue makes a queue with attributes, such as "VisibilityTimeout", and returns its URL.
func MakeQueue(t testing.TB, endpoint, name string, attributes map[string]string) (url string) {
	t.Helper()
	out, err := sqs.NewFromConfig(Config(endpoint)).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	if err != nil {
		t.Fatal(err)
	}
	return *out.QueueUrl
}

// QueueARN is the ARN of a queue that [MakeQueue] made.
func QueueARN(name string) string { return "arn:aws:sqs:" + Region + ":" + AccountID + ":" + name }

// Deliver does once what Lambda's event source mapping does all the time, with ReportBatchItemFailures: it hands up to ten messages
// of a queue to a function, and deletes those that the function does not hand back. It returns how many messages there were, and
// how many of them come again.
func Deliver(ctx context.Context, endpoint, queue string, f *Function, timeout time.Duration) (messages, again int, err error) {
	return DeliverAs(ctx, Config(endpoint), queue, f, timeout)
}

// DeliverAs is [Deliver] with the credentials of the function's role, which the event source mapping goes by too.
func DeliverAs(ctx context.Context, c sdk.Config, queue string, f *Function, timeout time.Duration) (messages, again int, err error) {
	client := sqs.NewFromConfig(c)
	received, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &queue, MaxNumberOfMessages: 10, MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
	})
	if err != nil || len(received.Messages) == 0 {
		return 0, 0, err
	}
	messages = len(received.Messages)
	payload, err := json.Marshal(queueEvent(received.Messages))
	if err != nil {
		return messages, messages, err
	}
	body, err := f.Invoke(string(payload), timeout)
	if err != nil { // all of them
		return messages, messages, err
	}
	var answer struct {
		BatchItemFailures []struct {
			ItemIdentifier string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return messages, messages, fmt.Errorf("answer %s: %w", body, err)
	}
	var failed []string
	for _, failure := range answer.BatchItemFailures {
		// An identifier that is not of the batch fails all of it (Lambda Developer Guide, "Implementing partial batch responses").
		if !slices.ContainsFunc(received.Messages, func(m types.Message) bool { return *m.MessageId == failure.ItemIdentifier }) {
			return messages, messages, fmt.Errorf("it handed back the unknown message %q", failure.ItemIdentifier)
		}
		failed = append(failed, failure.ItemIdentifier)
	}
	for _, m := range received.Messages {
		if slices.Contains(failed, *m.MessageId) {
			continue
		}
		if _, err := client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &queue, ReceiptHandle: m.ReceiptHandle}); err != nil {
			return messages, messages, err
		}
	}
	return messages, len(failed), nil
}

// queueEvent is the event that a function gets (Lambda Developer Guide, "Using Lambda with Amazon SQS").
func queueEvent(messages []types.Message) map[string]any {
	var records []map[string]any
	for _, m := range messages {
		records = append(records, map[string]any{
			"messageId": m.MessageId, "receiptHandle": m.ReceiptHandle, "body": m.Body, "attributes": m.Attributes, "messageAttributes": map[string]any{},
			"md5OfBody": m.MD5OfBody, "eventSource": "aws:sqs", "eventSourceARN": QueueARN("queue"), "awsRegion": Region,
		})
	}
	return map[string]any{"Records": records}
}
