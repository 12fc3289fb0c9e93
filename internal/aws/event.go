package aws

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
)

// maxEnvelopes is how deep one envelope may be inside another: SNS to SQS to SNS is more than anybody needs.
const maxEnvelopes = 4

// An envelope is a message of any of the forms that reach the develop queue. Nothing but what leads to keys is read: what else
// an event holds differs between services and over time, and the truth is in the bucket anyway.
type envelope struct {
	// Our own.
	Keys []string `json:"keys"`

	// S3's, on its way to SQS or SNS, and what SNS hands to a function.
	Records []struct {
		S3 struct {
			Object struct {
				Key *string `json:"key"`
			} `json:"object"`
		} `json:"s3"`
		SNS *notification `json:"Sns"`
	} `json:"Records"`
	Event string `json:"Event"` // "s3:TestEvent", once after the notification was set up

	notification        // SNS's, around S3's, unless it delivers raw
	Detail       detail `json:"detail"` // EventBridge's
}

type notification struct {
	Type    string  `json:"Type"` // "Notification"
	Message *string `json:"Message"`
}

type detail struct {
	Object struct {
		Key *string `json:"key"`
	} `json:"object"`
}

// EventKeys returns the keys that a message names: one of S3, plain or in the envelope of SNS, one of EventBridge, or our own
// {"keys":["data/a.jpg"]}. S3's first message, which only says that it can send some, names none. A message of another form is
// an error.
func EventKeys(message string) ([]string, error) { return eventKeys([]byte(message), maxEnvelopes) }

func eventKeys(message []byte, envelopes int) ([]string, error) {
	if envelopes == 0 {
		return nil, fmt.Errorf("it has more than %d envelopes", maxEnvelopes)
	}
	var e envelope
	if err := json.Unmarshal(message, &e); err != nil {
		return nil, fmt.Errorf("it is not an event: %w", err)
	}
	keys := e.Keys
	for _, r := range e.Records {
		switch key := r.S3.Object.Key; {
		case key != nil:
			// S3 encodes keys as forms do, with "+" for a space; EventBridge does not.
			decoded, err := url.QueryUnescape(*key)
			if err != nil {
				return nil, fmt.Errorf("key %q is not encoded as in an event of S3: %w", *key, err)
			}
			keys = append(keys, decoded)
		case r.SNS != nil && r.SNS.Message != nil:
			inner, err := eventKeys([]byte(*r.SNS.Message), envelopes-1)
			if err != nil {
				return nil, err
			}
			keys = append(keys, inner...)
		default:
			return nil, errors.New("it has a record without a key")
		}
	}
	if key := e.Detail.Object.Key; key != nil {
		keys = append(keys, *key)
	}
	if e.Message != nil {
		inner, err := eventKeys([]byte(*e.Message), envelopes-1)
		if err != nil {
			return nil, err
		}
		keys = append(keys, inner...)
	}
	if len(keys) == 0 && e.Event != "s3:TestEvent" && e.Message == nil && e.Records == nil {
		return nil, errors.New("it is not an event of S3 and has no keys")
	}
	for _, key := range keys {
		if key == "" {
			return nil, errors.New("it names an empty key")
		}
	}
	return keys, nil
}
