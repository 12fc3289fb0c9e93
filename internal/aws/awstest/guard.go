package awstest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A Guard stands before the services and lets nobody do what the policies of their role do not allow. It decides as IAM does where
// the emulator's own enforcement ([Enforce]) does otherwise: conditions on a listing, requests for several messages or objects at
// once, functions, parameters and collections by name; and S3's answer for a missing object, which is 403 to those who may not
// list. What it does not check, the emulator does: whether a request is signed by whose key it carries.
type Guard struct {
	// URL is the endpoint of all services.
	URL string

	t        testing.TB
	services map[string]string // endpoints

	mu      sync.Mutex // guards what follows
	roles   map[string]*role
	used    map[string]bool
	refused []string
}

// StartGuard starts a guard before services, by their names in signatures ("s3"), until the test ends.
func StartGuard(t testing.TB, services map[string]string) *Guard {
	t.Helper()
	g := &Guard{t: t, services: services, roles: map[string]*role{}, used: map[string]bool{}}
	server := httptest.NewServer(g)
	g.URL = server.URL
	t.Cleanup(server.Close)
	return g
}

// Admit lets somebody with credentials do what policy documents say.
func (g *Guard) Admit(name string, credentials map[string]string, documents ...string) {
	g.t.Helper()
	r := &role{name: name}
	for _, text := range documents {
		p, err := parsePolicy(text)
		if err != nil {
			g.t.Fatalf("%s: %v", name, err)
		}
		r.policies = append(r.policies, p)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.roles[credentials["AWS_ACCESS_KEY_ID"]] = r
}

// Used returns what the statements that let something through allow, sorted: "develop s3:GetObject arn:aws:s3:::site/state/*".
func (g *Guard) Used() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Sorted(maps.Keys(g.used))
}

// Refused returns what was refused since it was last asked: "search s3:PutObject arn:aws:s3:::site/a".
func (g *Guard) Refused() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := g.refused
	g.refused = nil
	return all
}

// ServeHTTP passes a request on, or refuses it.
func (g *Guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key, service, ok := signedBy(r)
	endpoint := g.services[service]
	body, err := io.ReadAll(r.Body)
	if err != nil || !ok || endpoint == "" {
		g.t.Errorf("guard: %s %s is signed for %q: %v", r.Method, r.URL, service, err)
		http.Error(w, "not understood", http.StatusBadRequest)
		return
	}
	wanted, err := accesses(service, r, body)
	if err != nil {
		g.t.Errorf("guard: %s %s: %v", r.Method, r.URL, err)
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for _, a := range wanted {
		if !g.allows(key, a) {
			g.refuse(w, service, key, a)
			return
		}
	}
	target, err := url.Parse(endpoint)
	if err != nil {
		g.t.Error(err)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	proxy := &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(target)
			p.Out.Host = p.In.Host // it is signed
		},
		ModifyResponse: func(response *http.Response) error {
			switch {
			case response.StatusCode == http.StatusForbidden: // by the emulator
				g.note(key, wanted[0], " by the service")
			case response.StatusCode == http.StatusNotFound && service == "s3":
				g.hide(response, key, wanted[0])
			}
			return nil
		},
	}
	proxy.ServeHTTP(w, r)
}

// signedBy returns whose access key and which service a request's signature names.
func signedBy(r *http.Request) (key, service string, ok bool) {
	_, rest, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	scope, _, _ := strings.Cut(rest, ",")
	parts := strings.Split(scope, "/") // key, day, region, service, "aws4_request"
	if len(parts) != 5 {
		return "", "", false
	}
	return parts[0], parts[3], true
}

func (g *Guard) allows(key string, a access) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	r := g.roles[key]
	if r == nil {
		return false
	}
	by, ok := r.allows(a)
	if ok {
		g.used[r.name+" "+by] = true
	}
	return ok
}

// note remembers that something was refused, and returns what.
func (g *Guard) note(key string, a access, why string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	name := "somebody"
	if r := g.roles[key]; r != nil {
		name = r.name
	}
	said := name + " " + a.action + " " + a.resource + why
	g.refused = append(g.refused, said)
	return said
}

// refuse answers as the service does, in the parts that the SDK looks at.
func (g *Guard) refuse(w http.ResponseWriter, service, key string, a access) {
	said := g.note(key, a, "")
	if service == "s3" {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, accessDenied)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.Header().Set("X-Amzn-ErrorType", "AccessDeniedException")
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": "AccessDeniedException", "message": "not authorized: " + said})
}

const accessDenied = `<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>`

// hide makes "there is nothing" a refusal for those who may not list the bucket (API reference, GetObject, "Permissions"). A request
// for an object has no prefix, so a condition on it is about a key that is missing.
func (g *Guard) hide(response *http.Response, key string, a access) {
	bucket, _, isObject := strings.Cut(a.resource, "/")
	if a.action != "s3:GetObject" || !isObject || g.allows(key, access{action: "s3:ListBucket", resource: bucket}) {
		return
	}
	g.note(key, access{action: "s3:ListBucket", resource: bucket}, " for the missing "+a.resource)
	response.Body.Close()
	response.StatusCode, response.Status = http.StatusForbidden, "403 Forbidden"
	body := accessDenied
	if response.Request.Method == http.MethodHead {
		body = ""
	}
	response.Body = io.NopCloser(strings.NewReader(body))
	response.ContentLength = int64(len(body))
	response.Header.Set("Content-Length", fmt.Sprint(len(body)))
	response.Header.Set("Content-Type", "application/xml")
}
