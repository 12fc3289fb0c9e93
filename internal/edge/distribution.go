package edge

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"shoebox/deploy"
)

// A distribution is what the template says of it.
type distribution struct {
	behaviours []*behaviour // in order; the default is the last
	errors     map[int]errorPage
	root       string // object for "/"
}

// A behaviour says how requests to some paths are answered.
type behaviour struct {
	pattern           string
	origin            origin
	keys              map[string]*rsa.PublicKey // by key pair; whoever has none of them is refused; empty: everybody may
	request, response *function                 // nil: none
	queries, headers  []string                  // that the origin is told
	policy            map[string]string         // headers of the response
}

// An origin is where answers come from.
type origin struct {
	host, path string
	handler    http.Handler
}

type errorPage struct {
	path   string
	status int
}

// match returns the behaviour for a path as it came.
func (d *distribution) match(uri string) *behaviour {
	uri = strings.TrimPrefix(normalise(uri), "/")
	for _, b := range d.behaviours[:len(d.behaviours)-1] {
		if wildcard(strings.TrimPrefix(b.pattern, "/"), uri) {
			return b
		}
	}
	return d.behaviours[len(d.behaviours)-1]
}

func readDistribution(s *deploy.Stack, handlers map[string]http.Handler) (*distribution, error) {
	config := deploy.At(s.Resources["Distribution"].Properties, "DistributionConfig")
	if config == nil {
		return nil, errors.New("the template has no Distribution")
	}
	d := &distribution{errors: map[int]errorPage{}}
	d.root, _ = deploy.At(config, "DefaultRootObject").(string)
	origins, err := readOrigins(s, deploy.List(deploy.At(config, "Origins")), handlers)
	if err != nil {
		return nil, err
	}
	for _, c := range append(deploy.List(deploy.At(config, "CacheBehaviors")), deploy.At(config, "DefaultCacheBehavior")) {
		b, err := readBehaviour(s, c, origins)
		if err != nil {
			return nil, fmt.Errorf("behaviour %q: %w", b.pattern, err)
		}
		d.behaviours = append(d.behaviours, b)
	}
	for _, e := range deploy.List(deploy.At(config, "CustomErrorResponses")) {
		path, _ := deploy.At(e, "ResponsePagePath").(string)
		code, _ := deploy.At(e, "ErrorCode").(int)
		status, _ := deploy.At(e, "ResponseCode").(int)
		d.errors[code] = errorPage{path, status}
	}
	return d, nil
}

// readOrigins finds which resource each origin is.
func readOrigins(s *deploy.Stack, list []any, handlers map[string]http.Handler) (map[string]origin, error) {
	origins := map[string]origin{}
	for _, o := range list {
		host, _ := deploy.At(o, "DomainName").(string)
		path, _ := deploy.At(o, "OriginPath").(string)
		var handler http.Handler
		for name, resource := range s.Resources {
			address, err := url.Parse(s.Value(name + ".FunctionUrl"))
			url := resource.Type == "AWS::Lambda::Url" && err == nil && address.Host == host
			bucket := resource.Type == "AWS::S3::Bucket" && s.Value(name+".RegionalDomainName") == host
			if !url && !bucket {
				continue
			}
			if handler = handlers[name]; handler == nil {
				return nil, fmt.Errorf("nothing answers for %s", name)
			}
			if bucket {
				handler = guardBucket(s, name, handler)
			}
		}
		if handler == nil {
			return nil, fmt.Errorf("the origin %v is no resource of the template", deploy.At(o, "Id"))
		}
		origins[fmt.Sprint(deploy.At(o, "Id"))] = origin{host, path, handler}
	}
	return origins, nil
}

// guardBucket lets through what the bucket's policy lets the distribution read, and answers 403 to all else as S3 does.
func guardBucket(s *deploy.Stack, bucket string, next http.Handler) http.Handler {
	var readable []string // patterns of keys
	for _, r := range s.Resources {
		if r.Type != "AWS::S3::BucketPolicy" || deploy.At(r.Properties, "Bucket") != s.Value(bucket) {
			continue
		}
		for _, statement := range deploy.List(deploy.At(r.Properties, "PolicyDocument", "Statement")) {
			arn := deploy.At(statement, "Condition", "StringEquals", "aws:SourceArn")
			if deploy.At(statement, "Effect") != "Allow" || deploy.At(statement, "Principal", "Service") != "cloudfront.amazonaws.com" ||
				!slices.Contains(deploy.List(deploy.At(statement, "Action")), any("s3:GetObject")) ||
				!strings.HasSuffix(fmt.Sprint(arn), ":distribution/"+s.Value("Distribution")) {
				continue
			}
			for _, resource := range deploy.List(deploy.At(statement, "Resource")) {
				if pattern, ok := strings.CutPrefix(fmt.Sprint(resource), s.Value(bucket+".Arn")+"/"); ok {
					readable = append(readable, pattern)
				}
			}
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key, ok := objectKey(r)
		if !ok || !slices.ContainsFunc(readable, func(pattern string) bool { return wildcard(pattern, key) }) {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func readBehaviour(s *deploy.Stack, c any, origins map[string]origin) (*behaviour, error) {
	b := &behaviour{keys: map[string]*rsa.PublicKey{}, policy: map[string]string{}}
	b.pattern, _ = deploy.At(c, "PathPattern").(string)
	target := fmt.Sprint(deploy.At(c, "TargetOriginId"))
	var ok bool
	if b.origin, ok = origins[target]; !ok {
		return b, fmt.Errorf("there is no origin %s", target)
	}
	for _, group := range deploy.List(deploy.At(c, "TrustedKeyGroups")) {
		g, err := find(s, "AWS::CloudFront::KeyGroup", "", group)
		if err != nil {
			return b, err
		}
		for _, id := range deploy.List(deploy.At(g, "KeyGroupConfig", "Items")) {
			p, err := find(s, "AWS::CloudFront::PublicKey", "", id)
			if err != nil {
				return b, err
			}
			if b.keys[fmt.Sprint(id)], err = publicKey(deploy.At(p, "PublicKeyConfig", "EncodedKey")); err != nil {
				return b, fmt.Errorf("key %v: %w", id, err)
			}
		}
	}
	for _, association := range deploy.List(deploy.At(c, "FunctionAssociations")) {
		p, err := find(s, "AWS::CloudFront::Function", ".FunctionMetadata.FunctionARN", deploy.At(association, "FunctionARN"))
		if err != nil {
			return b, err
		}
		f, err := compile(fmt.Sprint(deploy.At(p, "FunctionCode")))
		if err != nil {
			return b, err
		}
		switch event := deploy.At(association, "EventType"); event {
		case "viewer-request":
			b.request = f
		case "viewer-response":
			b.response = f
		default:
			return b, fmt.Errorf("a function for %v", event)
		}
	}
	if id := deploy.At(c, "CachePolicyId"); id != cachingDisabled {
		p, err := find(s, "AWS::CloudFront::CachePolicy", "", id)
		if err != nil {
			return b, err
		}
		forwarded := deploy.At(p, "CachePolicyConfig", "ParametersInCacheKeyAndForwardedToOrigin")
		b.queries = words(deploy.At(forwarded, "QueryStringsConfig", "QueryStrings"))
		b.headers = words(deploy.At(forwarded, "HeadersConfig", "Headers"))
	}
	if id := deploy.At(c, "ResponseHeadersPolicyId"); id != nil {
		p, err := find(s, "AWS::CloudFront::ResponseHeadersPolicy", "", id)
		if err != nil {
			return b, err
		}
		b.policy = readHeaders(deploy.At(p, "ResponseHeadersPolicyConfig", "SecurityHeadersConfig"))
	}
	return b, nil
}

// cachingDisabled is AWS's own cache policy of that name, which forwards nothing.
const cachingDisabled = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"

// readHeaders returns the headers that a policy sets, all of which override the origin's.
func readHeaders(config any) map[string]string {
	headers := map[string]string{}
	if v := deploy.At(config, "ContentSecurityPolicy", "ContentSecurityPolicy"); v != nil {
		headers["Content-Security-Policy"] = fmt.Sprint(v)
	}
	if deploy.At(config, "ContentTypeOptions") != nil {
		headers["X-Content-Type-Options"] = "nosniff"
	}
	if v := deploy.At(config, "ReferrerPolicy", "ReferrerPolicy"); v != nil {
		headers["Referrer-Policy"] = fmt.Sprint(v)
	}
	if v := deploy.At(config, "StrictTransportSecurity", "AccessControlMaxAgeSec"); v != nil {
		headers["Strict-Transport-Security"] = fmt.Sprint("max-age=", v)
	}
	return headers
}

// find returns the properties of the resource of a type that the template means by a value.
func find(s *deploy.Stack, kind, attribute string, value any) (map[string]any, error) {
	for name, r := range s.Resources {
		if r.Type == kind && s.Value(name+attribute) == value {
			return r.Properties, nil
		}
	}
	return nil, fmt.Errorf("%v is no %s of the template", value, kind)
}

func publicKey(v any) (*rsa.PublicKey, error) {
	block, _ := pem.Decode([]byte(fmt.Sprint(v)))
	if block == nil {
		return nil, errors.New("it is not a PEM block: set the value SigningKey.PublicKey")
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	public, ok := key.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("it is a %T, not an RSA key", key)
	}
	return public, nil
}

func words(v any) []string {
	var all []string
	for _, one := range deploy.List(v) {
		all = append(all, fmt.Sprint(one))
	}
	return all
}
