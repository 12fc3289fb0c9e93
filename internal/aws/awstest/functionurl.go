package awstest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// urlTimeout is the time that a function has to answer a request.
const urlTimeout = 30 * time.Second

// URL returns the function's URL: what makes an event of a request, and an answer of what the function returns as a stream. It
// stands for one with AuthType AWS_IAM to which the caller was let in.
func (f *Function) URL() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		payload, err := json.Marshal(urlEvent(r))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		body, err := f.Invoke(string(payload), urlTimeout)
		if err == nil {
			err = writeStream(w, body)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
		}
	})
}

// urlEvent is the event that a function URL makes of a request (Lambda Developer Guide, "Invoking Lambda function URLs"). The path
// is as it came. Headers are in lower case, with commas between several values; cookies have a field of their own.
func urlEvent(r *http.Request) map[string]any {
	headers := map[string]string{"host": "abcdefgh.lambda-url." + Region + ".on.aws"}
	for name, values := range r.Header {
		if name != "Cookie" {
			headers[strings.ToLower(name)] = strings.Join(values, ",")
		}
	}
	parameters := map[string]string{}
	for name, values := range r.URL.Query() {
		parameters[name] = strings.Join(values, ",")
	}
	event := map[string]any{
		"version": "2.0", "routeKey": "$default", "rawPath": r.URL.EscapedPath(), "rawQueryString": r.URL.RawQuery,
		"headers": headers, "queryStringParameters": parameters, "isBase64Encoded": false,
		"requestContext": map[string]any{
			"accountId": "anonymous", "apiId": "abcdefgh", "domainName": headers["host"], "domainPrefix": "abcdefgh", "stage": "$default",
			"requestId": "00000000-0000-4000-8000-000000000000", "routeKey": "$default", "time": "22/Nov/2026:10:00:00 +0000",
			"timeEpoch": time.Now().UnixMilli(),
			"http": map[string]string{
				"method": r.Method, "path": r.URL.EscapedPath(), "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": r.UserAgent(),
			},
		},
	}
	var cookies []string
	for _, c := range r.Cookies() {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	if cookies != nil {
		event["cookies"] = cookies
	}
	return event
}

// writeStream writes what a function returned as application/vnd.awslambda.http-integration-response: status and headers in JSON,
// eight zero bytes, and the body.
func writeStream(w http.ResponseWriter, stream []byte) error {
	head, body, ok := bytes.Cut(stream, make([]byte, 8))
	var start struct {
		StatusCode int               `json:"statusCode"`
		Headers    map[string]string `json:"headers"`
		Cookies    []string          `json:"cookies"`
	}
	if err := json.Unmarshal(head, &start); err != nil || !ok {
		return fmt.Errorf("the function did not answer with a stream: %.200q", stream)
	}
	for name, value := range start.Headers {
		w.Header().Set(name, value)
	}
	for _, c := range start.Cookies {
		w.Header().Add("Set-Cookie", c)
	}
	w.WriteHeader(start.StatusCode)
	_, _ = w.Write(body)
	return nil
}
