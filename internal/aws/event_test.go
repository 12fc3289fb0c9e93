package aws_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"shoebox/internal/aws"
)

// The events in testdata are those of the S3 User Guide ("Event message structure") and of the EventBridge user guide, with
// keys and identifiers of our own.
func TestEventKeys(t *testing.T) {
	for file, want := range map[string][]string{
		"put.json":           {"data/alps/summit.jpg"},
		"multipart.json":     {"data/film.mp4"},
		"copy.json":          {"data/alps/copy of summit.jpg"},
		"delete.json":        {"data/alps/summit.jpg"},
		"delete-marker.json": {"data/alps/summit.jpg"},
		"odd-names.json":     {"data/Été/Fjord & „Öl“ 💾.jpg", "data/a+b.jpg", "data/100%.jpg", "data/%41.jpg", "data/#1?.jpg", `data/"q" it's\.jpg`, "data/e\u0301.jpg"},
		"test-event.json":    nil,
		"sns.json":           {"data/alps/summit 1.jpg"},
		"sns-test.json":      nil,
		"sns-to-lambda.json": {"data/alps/summit 1.jpg"},
		"eventbridge.json":   {"data/alps/a+b 100%.jpg"},
		"keys.json":          {"data/a+b%20.jpg", "config.toml"},
	} {
		message, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		got, err := aws.EventKeys(string(message))
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s names %q, %v, want %q", file, got, err, want)
		}
	}
}

// TestEventKeysAsMotoWritesThem has the ways of an emulator, which encodes slashes and leaves fields out.
func TestEventKeysAsMotoWritesThem(t *testing.T) {
	got, err := aws.EventKeys(`{"Records":[{"eventTime":"2026-11-22T10:00:00","s3":{"object":{"key":"data%2Falps%2Fa.jpg"}}}]}`)
	if err != nil || !slices.Equal(got, []string{"data/alps/a.jpg"}) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestEventKeysRefuses(t *testing.T) {
	deep := `{"keys":["data/a"]}`
	for range 5 {
		inner, err := json.Marshal(deep)
		if err != nil {
			t.Fatal(err)
		}
		deep = `{"Type":"Notification","Message":` + string(inner) + `}`
	}
	for message, want := range map[string]string{
		"":                              "not an event",
		"hello":                         "not an event",
		"null":                          "no keys",
		"[]":                            "not an event",
		"{}":                            "no keys",
		`{"keys":[]}`:                   "no keys",
		`{"keys":[""]}`:                 "empty key",
		`{"keys":"data/a"}`:             "not an event",
		`{"Records":[{}]}`:              "without a key",
		`{"Records":[{"s3":{}}]}`:       "without a key",
		`{"Records":{}}`:                "not an event",
		`{"Message":"hello"}`:           "not an event",
		`{"detail":{"object":{}}}`:      "no keys",
		`{"detail-type":"Scheduled"}`:   "no keys",
		`{"Event":"s3:ObjectCreated:"}`: "no keys",
		deep:                            "envelopes",
		`{"Records":[{"s3":{"object":{"key":"data/100%.jpg"}}}]}`:                                      "not encoded",
		`{"Records":[{"s3":{"object":{"key":"data/a"}}},{"eventSource":"aws:sqs","body":"whatever"}]}`: "without a key",
	} {
		keys, err := aws.EventKeys(message)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s names %q, %v, want an error with %q", message, keys, err, want)
		}
	}
}

func FuzzEventKeys(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		message, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(message))
	}
	f.Fuzz(func(t *testing.T, message string) {
		keys, err := aws.EventKeys(message)
		if err != nil {
			return
		}
		if slices.Contains(keys, "") {
			t.Errorf("%q names an empty key", message)
		}
		// What one of us sends on is understood as it was meant.
		if len(keys) == 0 {
			return
		}
		body, err := json.Marshal(map[string][]string{"keys": keys})
		if err != nil {
			t.Fatal(err)
		}
		again, err := aws.EventKeys(string(body))
		if err != nil || len(again) != len(keys) {
			t.Errorf("%q is %q, %v", body, again, err)
		}
	})
}
