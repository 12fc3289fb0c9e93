package awstest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// StartLambda starts what stands for Lambda's own API until the test ends, for asynchronous calls of functions by their names: each
// is accepted, and then done by call, several at once. What a real one would refuse fails the test. It returns its URL.
func StartLambda(t testing.TB, call func(function, payload string)) (endpoint string) {
	t.Helper()
	var calls sync.WaitGroup
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2015-03-31/functions/{name}/invocations", func(w http.ResponseWriter, r *http.Request) {
		payload, err := io.ReadAll(r.Body)
		auth := r.Header.Get("Authorization")
		var reason string
		switch {
		case err != nil || !json.Valid(payload):
			reason = fmt.Sprintf("payload %q, %v", payload, err)
		case r.Header.Get("X-Amz-Invocation-Type") != "Event":
			reason = fmt.Sprintf("invocation type %q", r.Header.Get("X-Amz-Invocation-Type"))
		case !strings.HasPrefix(auth, "AWS4-HMAC-SHA256 Credential=") || !strings.Contains(auth, "/lambda/aws4_request") || !strings.Contains(auth, "Signature="):
			reason = fmt.Sprintf("authorization %q", auth)
		}
		if reason != "" {
			t.Errorf("call of the function %s: %s", r.PathValue("name"), reason)
			http.Error(w, "{}", http.StatusBadRequest)
			return
		}
		calls.Go(func() { call(r.PathValue("name"), string(payload)) })
		w.WriteHeader(http.StatusAccepted)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(func() {
		server.Close()
		calls.Wait()
	})
	return server.URL
}
