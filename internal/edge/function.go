package edge

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/dop251/goja"
)

// A function is one of the template's CloudFront functions, ready to be called. The engine is another one than CloudFront's, so
// it also runs what that may not know: keep to what the reference of cloudfront-js-2.0 lists.
type function struct {
	program *goja.Program
	idle    sync.Pool // of *instance: an engine serves one call at a time
}

// An instance is an engine that has read the program.
type instance struct {
	runtime                   *goja.Runtime
	handler, parse, stringify goja.Callable
}

// maxFunction is the size of a function in bytes (CloudFront quotas, "Quotas on CloudFront Functions").
const maxFunction = 10 << 10

// compile reads a function's code.
func compile(code string) (*function, error) {
	if len(code) > maxFunction {
		return nil, fmt.Errorf("the function has %d bytes; CloudFront takes %d", len(code), maxFunction)
	}
	program, err := goja.Compile("function", code, false)
	if err != nil {
		return nil, err
	}
	f := &function{program: program}
	i, err := f.start()
	if err != nil {
		return nil, err
	}
	f.idle.Put(i)
	return f, nil
}

func (f *function) start() (*instance, error) {
	i := &instance{runtime: goja.New()}
	if _, err := i.runtime.RunProgram(f.program); err != nil {
		return nil, err
	}
	var ok bool
	if i.handler, ok = goja.AssertFunction(i.runtime.Get("handler")); !ok {
		return nil, fmt.Errorf("the function has no handler")
	}
	both := i.runtime.Get("JSON").ToObject(i.runtime)
	i.parse, _ = goja.AssertFunction(both.Get("parse"))
	i.stringify, _ = goja.AssertFunction(both.Get("stringify"))
	return i, nil
}

// call runs the function. Event and answer pass as JSON, so that the function gets objects of its own as in CloudFront.
func (f *function) call(e event) (answer, error) {
	i, _ := f.idle.Get().(*instance)
	if i == nil {
		var err error
		if i, err = f.start(); err != nil {
			return answer{}, err
		}
	}
	defer f.idle.Put(i)
	in, err := json.Marshal(e)
	if err != nil {
		return answer{}, err
	}
	object, err := i.parse(goja.Undefined(), i.runtime.ToValue(string(in)))
	if err != nil {
		return answer{}, err
	}
	result, err := i.handler(goja.Undefined(), object)
	if err != nil {
		return answer{}, err
	}
	text, err := i.stringify(goja.Undefined(), result)
	if err != nil {
		return answer{}, err
	}
	var a answer
	if err := json.Unmarshal([]byte(text.String()), &a); err != nil {
		return answer{}, fmt.Errorf("the function returned %s: %w", text, err)
	}
	return a, nil
}

// An event is what CloudFront gives a function.
type event struct {
	Version  string    `json:"version"`
	Context  any       `json:"context"`
	Viewer   any       `json:"viewer"`
	Request  *request  `json:"request,omitempty"`
	Response *response `json:"response,omitempty"`
}

type request struct {
	Method  string           `json:"method"`
	URI     string           `json:"uri"`
	Query   map[string]field `json:"querystring"`
	Headers map[string]field `json:"headers"`
	Cookies map[string]field `json:"cookies"`
}

type response struct {
	StatusCode int              `json:"statusCode"`
	Headers    map[string]field `json:"headers"`
	Cookies    map[string]field `json:"cookies"`
}

// A field is a header, cookie or parameter. What is there several times has all of them in Multi.
type field struct {
	Value      string  `json:"value"`
	Attributes string  `json:"attributes,omitempty"`
	Multi      []field `json:"multiValue,omitempty"`
}

// An answer is what a function returns: a request with a URI, or a response with a status.
type answer struct {
	URI        string           `json:"uri"`
	StatusCode int              `json:"statusCode"`
	Headers    map[string]field `json:"headers"`
	Cookies    map[string]field `json:"cookies"`
	Body       struct {
		Encoding string `json:"encoding"`
		Data     string `json:"data"`
	} `json:"body"`
}

func newEvent(kind string) event {
	return event{Version: "1.0", Context: map[string]string{"eventType": kind}, Viewer: map[string]string{"ip": "127.0.0.1"}}
}

// requestEvent is the event of a request. CloudFront decodes neither the path nor the parameters.
func requestEvent(r *http.Request, uri string) event {
	e := newEvent("viewer-request")
	e.Request = &request{Method: r.Method, URI: uri, Query: map[string]field{}, Headers: map[string]field{}, Cookies: map[string]field{}}
	for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
		if name, value, _ := strings.Cut(pair, "="); name != "" {
			add(e.Request.Query, name, value)
		}
	}
	add(e.Request.Headers, "host", r.Host)
	for name, values := range r.Header {
		for _, value := range values {
			add(e.Request.Headers, strings.ToLower(name), value)
		}
	}
	for _, c := range r.Cookies() {
		add(e.Request.Cookies, c.Name, c.Value)
	}
	return e
}

// responseEvent is the event of a response.
func responseEvent(status int, header http.Header) event {
	e := newEvent("viewer-response")
	e.Response = &response{StatusCode: status, Headers: map[string]field{}, Cookies: map[string]field{}}
	for name, values := range header {
		for _, value := range values {
			add(e.Response.Headers, strings.ToLower(name), value)
		}
	}
	return e
}

func add(to map[string]field, name, value string) {
	f, there := to[name]
	switch {
	case !there:
		f.Value = value
	case f.Multi == nil:
		f.Multi = []field{{Value: f.Value}, {Value: value}}
	default:
		f.Multi = append(f.Multi, field{Value: value})
	}
	to[name] = f
}

// header returns the answer's headers and cookies.
func (a answer) header() http.Header {
	h := http.Header{}
	for name, f := range a.Headers {
		if f.Multi == nil {
			f.Multi = []field{f}
		}
		for _, one := range f.Multi {
			h.Add(name, one.Value)
		}
	}
	for name, c := range a.Cookies {
		text := name + "=" + c.Value
		if c.Attributes != "" {
			text += "; " + c.Attributes
		}
		h.Add("Set-Cookie", text)
	}
	return h
}

// write sends the answer as the response.
func (a answer) write(x *exchange) {
	for name, f := range a.header() {
		x.w.Header()[name] = f
	}
	x.sent = true
	x.w.WriteHeader(a.StatusCode)
	body := a.Body.Data
	if a.Body.Encoding == "base64" {
		if decoded, err := base64.StdEncoding.DecodeString(body); err == nil {
			body = string(decoded)
		}
	}
	_, _ = io.WriteString(x.w, body) // the visitor may have gone
}
