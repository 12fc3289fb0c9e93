package awstest

import (
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Notify has the emulator at an endpoint tell a queue, by way of an SNS topic of its own, of what is created and removed in a bucket
// under some prefixes. It delivers raw when asked to, else in SNS's envelope.
func Notify(t testing.TB, endpoint, bucket, queue string, raw bool, prefixes ...string) {
	t.Helper()
	topic := "arn:aws:sns:" + Region + ":" + AccountID + ":" + bucket
	query(t, endpoint, "sns", "2010-03-31", url.Values{"Action": {"CreateTopic"}, "Name": {bucket}})
	subscription := url.Values{"Action": {"Subscribe"}, "TopicArn": {topic}, "Protocol": {"sqs"}, "Endpoint": {QueueARN(queue)}}
	if raw {
		subscription.Set("Attributes.entry.1.key", "RawMessageDelivery")
		subscription.Set("Attributes.entry.1.value", "true")
	}
	query(t, endpoint, "sns", "2010-03-31", subscription)
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
