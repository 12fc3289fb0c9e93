package edge

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
)

// The cookies that CloudFront asks for, with a policy of one's own.
const (
	policyCookie    = "CloudFront-Policy"
	signatureCookie = "CloudFront-Signature"
	keyCookie       = "CloudFront-Key-Pair-Id"
)

// A policy says who may read what until when. Whatever else one can say there (addresses, for instance) is not understood here,
// and refused.
type policy struct {
	Statement []struct {
		Resource  string
		Condition struct {
			DateLessThan struct {
				Time int64 `json:"AWS:EpochTime"`
			}
			DateGreaterThan struct {
				Time int64 `json:"AWS:EpochTime"`
			}
		}
	}
}

// admits reports whether a request has cookies that one of the keys signed, for this address, and not too long ago.
func (h *Handler) admits(keys map[string]*rsa.PublicKey, r *http.Request, uri string) bool {
	id, err := r.Cookie(keyCookie)
	if err != nil || keys[id.Value] == nil {
		return false
	}
	text, ok := cookieBytes(r, policyCookie)
	signature, ok2 := cookieBytes(r, signatureCookie)
	if !ok || !ok2 {
		return false
	}
	sum := sha1.Sum(text) // CloudFront's choice, not ours
	if rsa.VerifyPKCS1v15(keys[id.Value], crypto.SHA1, sum[:], signature) != nil {
		return false
	}
	var p policy
	strict := json.NewDecoder(bytes.NewReader(text))
	strict.DisallowUnknownFields()
	if strict.Decode(&p) != nil || len(p.Statement) != 1 {
		return false
	}
	domain := h.domain
	if domain == "" {
		domain = r.Host
	}
	address := "https://" + domain + uri
	if r.URL.RawQuery != "" {
		address += "?" + r.URL.RawQuery
	}
	s, now := p.Statement[0], h.now().Unix()
	return wildcard(s.Resource, address) && now < s.Condition.DateLessThan.Time && now >= s.Condition.DateGreaterThan.Time
}

// cookieBytes decodes a cookie in CloudFront's alphabet: base64 with three characters changed for those that cookies may hold.
func cookieBytes(r *http.Request, name string) (value []byte, ok bool) {
	c, err := r.Cookie(name)
	if err != nil {
		return nil, false
	}
	value, err = base64.StdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "=", "~", "/").Replace(c.Value))
	return value, err == nil
}
