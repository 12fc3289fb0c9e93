// Package edge is a stand-in for CloudFront on this machine: a [Handler] built from the very template that is deployed. It runs
// the template's own functions, asks for the same cookies, and chooses among the same behaviours, so that what a visitor gets can
// be tested without an account. It keeps nothing in a cache, compresses nothing and speaks HTTP. Of what CloudFront can do it knows
// what the template uses.
package edge

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"shoebox/deploy"
)

// Options are options of [New].
type Options struct {
	// Origins answer for the template's buckets and function URLs, by logical ID: "SiteBucket", "OriginalsBucket", "SearchUrl".
	// A bucket's is usually a [Bucket].
	Origins map[string]http.Handler
	// Values are parameters and what the stack's resources turned out to be, as for [deploy.Evaluate]. Behaviours that ask for
	// cookies need "SigningKey.PublicKey", a PEM block; the ID of the key pair is "PublicKey".
	Values   map[string]string
	Template []byte           // nil: deploy.Template
	Domain   string           // that visitors ask for, as in the policies of cookies; empty: the request's Host
	Now      func() time.Time // nil: time.Now
}

// Handler is the distribution. It needs paths as they came: http.ServeMux would clean them.
type Handler struct {
	distribution
	domain string
	now    func() time.Time
}

// New builds the distribution of a template.
func New(o Options) (*Handler, error) {
	if o.Template == nil {
		o.Template = deploy.Template()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	stack, err := deploy.Evaluate(o.Template, o.Values)
	if err != nil {
		return nil, err
	}
	d, err := readDistribution(stack, o.Origins)
	if err != nil {
		return nil, err
	}
	return &Handler{distribution: *d, domain: o.Domain, now: o.Now}, nil
}

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	uri := r.URL.EscapedPath()
	b := h.match(uri)
	x := &exchange{w: w, h: h, b: b, header: http.Header{}}
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		x.WriteHeader(http.StatusForbidden)
	case len(b.keys) > 0 && !h.admits(b.keys, r, uri): // for the address that the visitor asked for, not what a function makes of it
		x.WriteHeader(http.StatusForbidden)
	default:
		h.serve(x, r, uri)
	}
	if x.failed != 0 {
		h.fail(w, r, b, x.failed)
	}
}

// serve runs the function and asks the origin.
func (h *Handler) serve(x *exchange, r *http.Request, uri string) {
	query := r.URL.RawQuery
	if x.b.request != nil {
		answer, err := x.b.request.call(requestEvent(r, uri))
		if err != nil {
			x.WriteHeader(http.StatusServiceUnavailable) // as CloudFront does when a function throws
			return
		}
		if answer.StatusCode != 0 {
			answer.write(x)
			return
		}
		uri = answer.URI
	}
	if uri == "/" {
		uri += h.root
	}
	out, err := x.b.forward(r, uri, query)
	if err != nil {
		x.WriteHeader(http.StatusBadRequest)
		return
	}
	x.b.origin.handler.ServeHTTP(x, out)
	x.WriteHeader(http.StatusOK) // of an origin that wrote nothing
}

// fail answers with the page that the template has for an error.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, b *behaviour, status int) {
	page := h.errors[status]
	plain := r.Clone(r.Context())
	plain.Header = http.Header{} // no ranges or conditions of an error
	x := &exchange{w: w, h: h, b: b, header: http.Header{}, status: page.status}
	from := h.match(page.path)
	out, err := from.forward(plain, page.path, "")
	if err == nil {
		from.origin.handler.ServeHTTP(x, out)
	}
	if err != nil || x.failed != 0 {
		http.Error(w, http.StatusText(status), status)
	}
}

// forward makes the request to the origin: what the cache policy lets through, and what CloudFront passes on to buckets.
func (b *behaviour) forward(r *http.Request, uri, query string) (*http.Request, error) {
	address, err := url.Parse("https://" + b.origin.host + b.origin.path + uri)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", uri, err)
	}
	var pairs []string
	for pair := range strings.SplitSeq(query, "&") {
		if name, _, _ := strings.Cut(pair, "="); slices.Contains(b.queries, name) {
			pairs = append(pairs, pair)
		}
	}
	address.RawQuery = strings.Join(pairs, "&")
	out := r.Clone(r.Context())
	out.URL, out.Host, out.Body, out.ContentLength = address, address.Host, http.NoBody, 0
	out.RequestURI = address.RequestURI()
	out.Header = http.Header{}
	for _, name := range append([]string{"Range", "If-Range", "If-None-Match", "If-Match", "If-Modified-Since", "If-Unmodified-Since"},
		b.headers...) {
		if values := r.Header.Values(name); len(values) > 0 {
			out.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	return out, nil
}

// An exchange is what an origin answers to: it applies what the behaviour says of responses, and holds back errors that the
// template has a page for.
type exchange struct {
	w      http.ResponseWriter
	h      *Handler
	b      *behaviour
	header http.Header
	status int // to say in place of 200; 0 in the first exchange
	sent   bool
	failed int // the status that was held back
}

// Header implements [http.ResponseWriter].
func (x *exchange) Header() http.Header { return x.header }

// WriteHeader implements [http.ResponseWriter].
func (x *exchange) WriteHeader(status int) {
	if x.sent || x.failed != 0 {
		return
	}
	_, page := x.h.errors[status]
	switch {
	case x.status != 0 && status == http.StatusOK:
		status = x.status
	case x.status != 0 || page:
		x.failed = status
		return
	}
	if x.b.response != nil && status < http.StatusBadRequest {
		answer, err := x.b.response.call(responseEvent(status, x.header))
		if x.header = answer.header(); err != nil {
			status = http.StatusServiceUnavailable // as CloudFront does when a function throws
		}
	}
	x.sent = true
	to := x.w.Header()
	for name, values := range x.header {
		to[name] = values
	}
	for name, value := range x.b.policy {
		to.Set(name, value)
	}
	x.w.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (x *exchange) Write(p []byte) (int, error) {
	x.WriteHeader(http.StatusOK)
	if !x.sent {
		return len(p), nil // the template's page comes instead
	}
	return x.w.Write(p)
}
