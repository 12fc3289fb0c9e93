package awstest

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// A role is somebody with policies.
type role struct {
	name     string
	policies []policy
}

// A policy is a policy document of IAM, as far as templates of ours go.
type policy struct {
	Statement []statement
}

type statement struct {
	Effect    string
	Action    oneOrMore
	Resource  oneOrMore
	Condition map[string]map[string]oneOrMore // operator, key, values
}

// oneOrMore is a text or a list of texts.
type oneOrMore []string

// UnmarshalJSON implements [json.Unmarshaler].
func (o *oneOrMore) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*o = oneOrMore{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(o))
}

func parsePolicy(text string) (policy, error) {
	var p policy
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return p, err
	}
	for _, s := range p.Statement {
		for operator := range s.Condition {
			if _, ok := operators[operator]; !ok {
				return p, fmt.Errorf("the condition %s is not understood", operator)
			}
		}
		if s.Effect != "Allow" || len(s.Action) == 0 || len(s.Resource) == 0 {
			return p, fmt.Errorf("the statement %v is not one that allows something", s)
		}
	}
	return p, nil
}

// An access is something to do to a resource.
type access struct {
	action, resource string
	context          map[string]string // keys of conditions that the request has
}

// allows reports whether a role may, and by which action and resource of a statement.
func (r *role) allows(a access) (by string, ok bool) {
	for _, p := range r.policies {
		for _, s := range p.Statement {
			for _, action := range s.Action {
				for _, resource := range s.Resource {
					if like(strings.ToLower(action), strings.ToLower(a.action)) && like(resource, a.resource) && s.holds(a.context) {
						return action + " " + resource, true
					}
				}
			}
		}
	}
	return "", false
}

// operators are those of conditions: whether a key that is missing will do.
var operators = map[string]bool{"StringLike": false, "StringLikeIfExists": true}

// holds reports whether all conditions of a statement do.
func (s statement) holds(context map[string]string) bool {
	for operator, keys := range s.Condition {
		for key, patterns := range keys {
			value, there := context[key]
			matches := !there && operators[operator]
			for _, pattern := range patterns {
				matches = matches || there && like(pattern, value)
			}
			if !matches {
				return false
			}
		}
	}
	return true
}

// like reports whether a text matches a pattern in which "*" is any text, with slashes too, and "?" any character (IAM User Guide,
// "IAM JSON policy elements: Resource").
func like(pattern, text string) bool {
	p, t := []rune(pattern), []rune(text)
	star, retry := -1, 0
	i := 0
	for j := 0; j < len(t); {
		switch {
		case i < len(p) && p[i] == '*':
			star, retry = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i] == t[j]):
			i++
			j++
		case star >= 0:
			retry++
			i, j = star+1, retry
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}

// accesses is what a request is to be allowed for (Service Authorization Reference).
func accesses(service string, r *http.Request, body []byte) ([]access, error) {
	if service == "s3" {
		return s3Accesses(r, body)
	}
	if service == "lambda" {
		name, ok := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/2015-03-31/functions/"), "/invocations")
		if !ok {
			return nil, errors.New("no call of a function")
		}
		return []access{{action: "lambda:InvokeFunction", resource: FunctionARN(name)}}, nil
	}
	_, operation, ok := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	var input struct{ QueueURL, Name, CollectionID string } // whatever their case
	if err := json.Unmarshal(body, &input); err != nil || !ok {
		return nil, fmt.Errorf("operation %q: %v", operation, err)
	}
	a := access{action: service + ":" + operation, resource: "*"}
	switch service {
	case "sqs":
		// There are no actions for batches: each is allowed by that for one message.
		a.action = strings.TrimSuffix(a.action, "Batch")
		a.resource = QueueARN(input.QueueURL[strings.LastIndexByte(input.QueueURL, '/')+1:])
	case "ssm":
		a.resource = "arn:aws:ssm:" + Region + ":" + AccountID + ":parameter/" + strings.TrimPrefix(input.Name, "/")
	case "rekognition":
		if input.CollectionID != "" {
			a.resource = "arn:aws:rekognition:" + Region + ":" + AccountID + ":collection/" + input.CollectionID
		}
	default:
		return nil, fmt.Errorf("the service %s is not understood", service)
	}
	return []access{a}, nil
}

// FunctionARN is the ARN of a function.
func FunctionARN(name string) string {
	return "arn:aws:lambda:" + Region + ":" + AccountID + ":function:" + name
}

// BucketARN is the ARN of a bucket.
func BucketARN(name string) string { return "arn:aws:s3:::" + name }

// s3Accesses is what a request to S3, with the bucket in the path, is to be allowed for.
func s3Accesses(r *http.Request, body []byte) ([]access, error) {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	query := r.URL.Query()
	one := func(action string) []access {
		return []access{{action: "s3:" + action, resource: BucketARN(bucket) + "/" + key}}
	}
	switch {
	case key != "" && len(query) == 1 && query.Has("x-id") || key != "" && len(query) == 0:
		switch r.Method {
		case http.MethodGet, http.MethodHead:
			return one("GetObject"), nil
		case http.MethodPut:
			return one("PutObject"), nil
		case http.MethodDelete:
			return one("DeleteObject"), nil
		}
	case key == "" && r.Method == http.MethodGet && query.Get("list-type") == "2":
		a := access{action: "s3:ListBucket", resource: BucketARN(bucket), context: map[string]string{}}
		if query.Has("prefix") {
			a.context["s3:prefix"] = query.Get("prefix")
		}
		return []access{a}, nil
	case key == "" && r.Method == http.MethodPost && query.Has("delete"):
		var input struct {
			Keys []string `xml:"Object>Key"`
		}
		if err := xml.Unmarshal(body, &input); err != nil || len(input.Keys) == 0 {
			return nil, fmt.Errorf("objects to delete: %d, %v", len(input.Keys), err)
		}
		var all []access
		for _, key = range input.Keys {
			all = append(all, one("DeleteObject")...)
		}
		return all, nil
	}
	return nil, errors.New("none of the requests that are understood")
}
