package awstest

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"shoebox/internal/aws"
)

// A Fault is what happens to one request on its way to a server.
type Fault int

// The faults. Of those that say "after" the client can't tell whether the server did the work; it did.
const (
	NoFault     Fault = iota
	ErrorBefore       // 500 InternalError, and the server knows nothing of it
	ErrorAfter        // 500 InternalError
	SlowDown          // 503 SlowDown, which is how S3 throttles
	DropBefore        // the connection breaks, and the server knows nothing of it
	DropAfter         // the connection breaks
	Delay             // the answer is late, so that requests overtake each other
	kinds
)

func (f Fault) String() string {
	return [kinds]string{"none", "500 before", "500 after", "503", "dropped before", "dropped after", "delayed"}[f]
}

// lateBy is how long a delayed request takes at most.
const lateBy = 30 * time.Millisecond

// Faults is a proxy before a server that makes things go wrong.
type Faults struct {
	URL string // of the proxy

	seed   uint64
	share  float64
	number atomic.Uint64 // of the request that comes next
	quiet  atomic.Bool

	mu     sync.Mutex // guards counts
	counts map[Fault]int
}

// StartFaults starts a proxy before a server until the test ends. The seed decides what happens to the n-th request; share, from 0
// to 1, says of how many of them something does. One fault in ten is the first of a run of them, longer than clients try again.
func StartFaults(t testing.TB, endpoint string, seed uint64, share float64) *Faults {
	t.Helper()
	target, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	f := &Faults{seed: seed, share: share, counts: map[Fault]int{}}
	transport := &http.Transport{MaxIdleConnsPerHost: 100}
	proxy := &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host // it is signed
		},
		ErrorLog: log.New(io.Discard, "", 0), // of connections that the client gave up
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f.serve(proxy, w, r) }))
	server.Config.ErrorLog = proxy.ErrorLog
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		transport.CloseIdleConnections()
	})
	f.URL = server.URL
	return f
}

// Quiet ends all faults.
func (f *Faults) Quiet() { f.quiet.Store(true) }

// Counts returns how many requests met each fault so far.
func (f *Faults) Counts() map[Fault]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	counts := map[Fault]int{}
	for fault, n := range f.counts {
		counts[fault] = n
	}
	return counts
}

// longestRun is how many requests after each other may meet a fault.
const longestRun = 12

// plan decides what happens to the n-th request.
func (f *Faults) plan(n uint64) Fault {
	for back := range uint64(longestRun) {
		if back > n {
			break
		}
		r := rand.New(rand.NewPCG(f.seed, n-back))
		if r.Float64() >= f.share {
			continue
		}
		fault, length := Fault(1+r.IntN(int(kinds)-1)), uint64(1)
		if r.IntN(10) == 0 {
			length = 2 + r.Uint64N(longestRun-1)
		}
		if back < length {
			return fault
		}
	}
	return NoFault
}

func (f *Faults) serve(proxy http.Handler, w http.ResponseWriter, r *http.Request) {
	fault := NoFault
	if !f.quiet.Load() {
		fault = f.plan(f.number.Add(1) - 1)
	}
	f.mu.Lock()
	f.counts[fault]++
	f.mu.Unlock()
	switch fault {
	case ErrorAfter, DropAfter:
		proxy.ServeHTTP(httptest.NewRecorder(), r)
	case ErrorBefore, SlowDown, DropBefore:
		_, _ = io.Copy(io.Discard, r.Body) // an answer that comes before the request has ended breaks the connection
	case Delay:
		time.Sleep(rand.N(lateBy))
	}
	switch fault {
	case NoFault, Delay:
		proxy.ServeHTTP(w, r)
	case DropBefore, DropAfter:
		panic(http.ErrAbortHandler)
	case SlowDown:
		refuse(w, http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate.")
	default:
		refuse(w, http.StatusInternalServerError, "InternalError", "We encountered an internal error. Please try again.")
	}
}

// refuse answers as S3 does (S3 API Reference, "Error responses").
func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, xml.Header+"<Error><Code>%s</Code><Message>%s</Message></Error>", code, message)
}

// tries is how often a request is tried in all: fewer than the longest run of faults.
const tries = 4

// OpenBucket opens a bucket of a server of this package as its owner does. Requests are tried a few times within milliseconds.
func OpenBucket(endpoint, name string) *aws.Bucket {
	return aws.NewBucket(sdk.Config{
		Region:       Region,
		BaseEndpoint: &endpoint,
		Credentials: sdk.CredentialsProviderFunc(func(context.Context) (sdk.Credentials, error) {
			return sdk.Credentials{AccessKeyID: AccessKey, SecretAccessKey: SecretKey}, nil
		}),
		Retryer: func() sdk.Retryer {
			// This server keeps objects in folders, and says so while one of them comes or goes; S3 has none.
			return retry.AddWithErrorCodes(retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts, o.MaxBackoff, o.RateLimiter = tries, 10*time.Millisecond, ratelimit.None
			}), "ExistingObjectIsDirectory")
		},
	}, name)
}
