package awstest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Build builds a program as "make lambda" does, but for this machine, and returns its path. The package is named in full:
// "shoebox/lambda-search".
func Build(t testing.TB, pkg string) (bootstrap string) {
	t.Helper()
	bootstrap = filepath.Join(t.TempDir(), "bootstrap")
	cmd := exec.Command("go", "build", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", bootstrap, pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", pkg, err, out)
	}
	return bootstrap
}

// A Function is a program that runs as it does in Lambda: a process that asks the Runtime API for one invocation after the other.
// When it has ended, or was killed because it took longer than its time, the next invocation starts it again.
type Function struct {
	program string
	env     []string
	api     *httptest.Server

	one sync.Mutex // held during an invocation: a process does one at a time

	mu      sync.Mutex // guards what follows
	process *os.Process
	ended   chan struct{} // closed when the process has
	calls   chan *call    // for the process to take
	started time.Time
	ready   time.Duration // from then until it first asked for an invocation
	running map[string]*call
	number  int
	log     bytes.Buffer
}

// A call is an invocation on its way through the process.
type call struct {
	id       string
	payload  string
	deadline time.Time
	answered chan answer
}

type answer struct {
	body   []byte
	failed bool
}

// NewFunction returns the function that a program is in an environment. It is started when it is first needed, and killed when
// the test ends.
func NewFunction(t testing.TB, program string, env []string) *Function {
	t.Helper()
	f := &Function{program: program, running: map[string]*call{}}
	f.api = httptest.NewServer(f.routes())
	f.env = slices.Concat(env, []string{
		"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(f.api.URL, "http://"), "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=1024",
	})
	t.Cleanup(func() {
		f.Kill()
		f.api.CloseClientConnections()
		f.api.Close()
		if t.Failed() {
			t.Logf("the function logged:\n%s", f.Log())
		}
	})
	return f
}

// routes is the Runtime API (Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes").
func (f *Function) routes() http.Handler {
	const api = "/2018-06-01/runtime/"
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+api+"invocation/next", f.next)
	mux.HandleFunc("POST "+api+"invocation/{id}/response", func(w http.ResponseWriter, r *http.Request) { f.answer(w, r, false) })
	mux.HandleFunc("POST "+api+"invocation/{id}/error", func(w http.ResponseWriter, r *http.Request) { f.answer(w, r, true) })
	return mux
}

func (f *Function) next(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	if f.ready == 0 {
		f.ready = time.Since(f.started)
	}
	calls := f.calls
	f.mu.Unlock()
	select {
	case <-r.Context().Done(): // the process has ended, some time ago
	case c := <-calls:
		f.mu.Lock()
		f.running[c.id] = c
		f.mu.Unlock()
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Lambda-Runtime-Aws-Request-Id", c.id)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(c.deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:"+Region+":"+AccountID+":function:test")
		h.Set("Lambda-Runtime-Trace-Id", "Root=1-00000000-000000000000000000000000")
		_, _ = io.WriteString(w, c.payload)
	}
}

func (f *Function) answer(w http.ResponseWriter, r *http.Request, failed bool) {
	body, err := io.ReadAll(r.Body)
	f.mu.Lock()
	c := f.running[r.PathValue("id")]
	delete(f.running, r.PathValue("id"))
	f.mu.Unlock()
	if c == nil || err != nil {
		http.Error(w, fmt.Sprintf("invocation %s: unknown or cut off: %v", r.PathValue("id"), err), http.StatusBadRequest)
		return
	}
	// A stream that fails after its start says so in a trailer.
	c.answered <- answer{body, failed || r.Trailer.Get("Lambda-Runtime-Function-Error-Type") != ""}
	w.WriteHeader(http.StatusAccepted)
}

// Invoke invokes the function, which has so much time. The error is that of the function, or says how its process ended.
func (f *Function) Invoke(payload string, timeout time.Duration) ([]byte, error) {
	f.one.Lock()
	defer f.one.Unlock()
	ended, err := f.start()
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	f.number++
	c := &call{fmt.Sprintf("00000000-0000-4000-8000-%012d", f.number), payload, time.Now().Add(timeout), make(chan answer, 1)}
	calls := f.calls
	f.mu.Unlock()
	late := time.After(timeout)
	select {
	case calls <- c:
	case <-ended:
		return nil, errors.New("the process ended before it asked for an invocation")
	case <-late:
		f.Kill()
		return nil, errors.New("the process did not ask for an invocation in time")
	}
	select {
	case a := <-c.answered:
		if a.failed {
			return nil, fmt.Errorf("the function failed: %s", a.body)
		}
		return a.body, nil
	case <-ended:
		return nil, errors.New("the process ended during the invocation")
	case <-late:
		f.Kill()
		return nil, fmt.Errorf("it took longer than %s", timeout)
	}
}

// start starts the process unless it runs.
func (f *Function) start() (ended chan struct{}, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.process != nil {
		select {
		case <-f.ended:
		default:
			return f.ended, nil
		}
	}
	cmd := exec.Command(f.program)
	cmd.Env, cmd.Stdout, cmd.Stderr = f.env, (*logWriter)(f), (*logWriter)(f)
	f.started, f.ready, f.calls = time.Now(), 0, make(chan *call)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	ended = make(chan struct{})
	f.process, f.ended = cmd.Process, ended
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	return ended, nil
}

// Kill ends the process, as Lambda does when it has no more use for it.
func (f *Function) Kill() {
	f.mu.Lock()
	process, ended := f.process, f.ended
	f.mu.Unlock()
	if process != nil {
		_ = process.Kill()
		<-ended
	}
}

// Init starts the process, if it does not run, and returns how long it took from then until it asked for an invocation.
func (f *Function) Init() (time.Duration, error) {
	ended, err := f.start()
	for err == nil {
		f.mu.Lock()
		ready := f.ready
		f.mu.Unlock()
		if ready > 0 {
			return ready, nil
		}
		select {
		case <-ended:
			err = fmt.Errorf("the process ended: %s", f.Log())
		case <-time.After(time.Millisecond):
		}
	}
	return 0, err
}

// Log returns what the function has logged so far.
func (f *Function) Log() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.log.String()
}

type logWriter Function

func (l *logWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.log.Write(p)
}
