package awstest

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Notify has the emulator at an endpoint tell a queue, by way of an SNS topic of its own, of what is created and removed in a bucket
// under some prefixes. It delivers raw when asked to, else in SNS's envelope.
func Notify(t testing.TB, endpoint, bucket, queue string, raw bool, prefixes ...string) {
	t.Helper()
	topic := "arn:aws:sns:" + Region + ":" + AccountID + ":" + bucket
	callSNS(t, endpoint, url.Values{"Action": {"CreateTopic"}, "Name": {bucket}})
	subscription := url.Values{"Action": {"Subscribe"}, "TopicArn": {topic}, "Protocol": {"sqs"}, "Endpoint": {QueueARN(queue)}}
	if raw {
		subscription.Set("Attributes.entry.1.key", "RawMessageDelivery")
		subscription.Set("Attributes.entry.1.value", "true")
	}
	callSNS(t, endpoint, subscription)
	notification := &types.NotificationConfiguration{}
	for _, prefix := range prefixes {
		notification.TopicConfigurations = append(notification.TopicConfigurations, types.TopicConfiguration{
			TopicArn: &topic, Events: []types.Event{"s3:ObjectCreated:*", "s3:ObjectRemoved:*"},
			Filter: &types.NotificationConfigurationFilter{Key: &types.S3KeyFilter{FilterRules: []types.FilterRule{
				{Name: types.FilterRuleNamePrefix, Value: &prefix},
			}}},
		})
	}
	client := s3.NewFromConfig(Config(endpoint), func(o *s3.Options) { o.UsePathStyle = true })
	if _, err := client.PutBucketNotificationConfiguration(t.Context(), &s3.PutBucketNotificationConfigurationInput{
		Bucket: &bucket, NotificationConfiguration: notification,
	}); err != nil {
		t.Fatal(err)
	}
}

// callSNS makes a request to SNS of an emulator that checks no signature; the SDK's part for it is not worth having.
func callSNS(t testing.TB, endpoint string, form url.Values) {
	t.Helper()
	form.Set("Version", "2010-03-31")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+AccessKey+"/20260101/"+Region+"/sns/aws4_request, SignedHeaders=host, Signature=0")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(response.Body)
		t.Fatalf("%s: %s: %s", form.Get("Action"), response.Status, body)
	}
}
