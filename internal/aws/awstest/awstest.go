// Package awstest runs what the tests of Shoebox take for Amazon Web Services, on loopback addresses: [StartS3] a strict S3
// server, [StartMoto] an emulator of S3, SNS, SQS, SSM, IAM and more. [Setenv] and [Env] steer clients to them, and nowhere
// else.
package awstest

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"shoebox/internal/needs"
)

// What the servers take for an account.
const (
	AccessKey = "test"
	SecretKey = "secret"
	Region    = "eu-north-1"
	AccountID = "123456789012" // of StartMoto
)

// StartS3 starts an S3 server on a folder of its own until the test ends, and makes buckets in it. It returns its URL.
func StartS3(t testing.TB, buckets ...string) (endpoint string) {
	t.Helper()
	program := needs.Tool(t, "versitygw")
	root := t.TempDir()
	for _, name := range buckets { // a bucket is a folder there
		if err := os.Mkdir(filepath.Join(root, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	addr := freePort(t)
	server := exec.Command(program, "--port", addr, "--access", AccessKey, "--secret", SecretKey, "--region", Region, "--quiet", "posix", root)
	server.Stderr = os.Stderr
	start(t, server, addr)
	return "http://" + addr
}

// StartMoto starts an emulator of many services until the test ends, and makes S3 buckets in it. It returns its URL. It takes a
// second or more to start, and checks neither signatures nor checksums.
func StartMoto(t testing.TB, buckets ...string) (endpoint string) {
	t.Helper()
	program := needs.Tool(t, "moto_server")
	addr := freePort(t)
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	server := exec.Command(program, "--host", host, "--port", port)
	patches := t.TempDir()
	if err := os.WriteFile(filepath.Join(patches, "sitecustomize.py"), []byte(motoPatch), 0o600); err != nil {
		t.Fatal(err)
	}
	server.Env = append(Env("http://"+addr), "PYTHONPATH="+patches)
	var said bytes.Buffer // it tells of every request
	server.Stdout, server.Stderr = &said, &said
	t.Cleanup(func() { // after it has ended
		if at := bytes.Index(said.Bytes(), []byte("Traceback")); t.Failed() && at >= 0 {
			t.Logf("moto_server said:\n%.8000s", said.Bytes()[at:])
		}
	})
	start(t, server, addr)
	for _, name := range buckets {
		makeBucket(t, "http://"+addr, name)
	}
	return "http://" + addr
}

// motoPatch has the emulator check no signatures when [Enforce] makes it check permissions: of a request with an escaped slash in
// its query, such as a listing, it works out another one than everybody else. The strict server of [StartS3] checks ours.
const motoPatch = `import moto.iam.access_control
moto.iam.access_control.IAMRequestBase.check_signature = lambda self: None
`

// makeBucket makes a bucket in an emulator that checks no signature.
func makeBucket(t testing.TB, endpoint, name string) {
	t.Helper()
	body := fmt.Sprintf("<CreateBucketConfiguration><LocationConstraint>%s</LocationConstraint></CreateBucketConfiguration>", Region)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, endpoint+"/"+name, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+AccessKey+"/20260101/"+Region+"/s3/aws4_request, SignedHeaders=host, Signature=0")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("make bucket %s: %s", name, response.Status)
	}
}

// freePort returns a loopback address that nobody listens on; nobody else is likely to take it at once.
func freePort(t testing.TB) (addr string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// start starts a server and waits until it listens. It is killed when the test ends.
func start(t testing.TB, server *exec.Cmd, addr string) {
	t.Helper()
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = server.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		_ = server.Process.Kill()
		<-ended
	})
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		connection, err := net.Dial("tcp", addr)
		if err == nil {
			_ = connection.Close()
			return
		}
		select {
		case <-ended:
			t.Fatalf("%s ended: %s", filepath.Base(server.Path), server.ProcessState)
		default:
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// Env returns the environment for a program that is to use the server at an endpoint: this process's, without what would lead
// to a real account. Whatever goes elsewhere over HTTPS meets a closed port.
func Env(endpoint string) []string {
	var env []string
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if _, set := settings(endpoint)[strings.ToUpper(name)]; !set && !strings.HasPrefix(name, "AWS_") && !strings.HasPrefix(name, "SHOEBOX_") {
			env = append(env, entry)
		}
	}
	for name, value := range settings(endpoint) {
		env = append(env, name+"="+value)
	}
	return env
}

// Setenv steers the clients that this test makes to the server at an endpoint.
func Setenv(t testing.TB, endpoint string) {
	t.Helper()
	for name, value := range settings(endpoint) {
		if !strings.HasSuffix(name, "_PROXY") { // Go reads those once
			t.Setenv(name, value)
		}
	}
}

func settings(endpoint string) map[string]string {
	return map[string]string{
		"AWS_ENDPOINT_URL":            endpoint,
		"AWS_ENDPOINT_URL_S3":         endpoint,
		"AWS_ACCESS_KEY_ID":           AccessKey,
		"AWS_SECRET_ACCESS_KEY":       SecretKey,
		"AWS_REGION":                  Region,
		"AWS_DEFAULT_REGION":          Region,
		"AWS_EC2_METADATA_DISABLED":   "true",
		"AWS_CONFIG_FILE":             os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
		"AWS_PAGER":                   "",
		"HTTPS_PROXY":                 "http://127.0.0.1:9",
		"HTTP_PROXY":                  "",
		"NO_PROXY":                    "127.0.0.1,localhost",
	}
}
