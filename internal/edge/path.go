package edge

import (
	"path"
	"strconv"
	"strings"
)

// wildcard reports whether a pattern matches all of a text: "*" stands for any characters, "?" for one, as in CloudFront's path
// patterns, its policies, and IAM's resources.
func wildcard(pattern, text string) bool {
	star, from := -1, 0 // where the last star was, and what it has taken so far
	p, t := 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			from++
			p, t = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// normalise returns a path as CloudFront compares it with path patterns: by RFC 3986 section 6.2.2, escaped characters that need
// no escape are decoded, and "." and ".." resolved. What is sent to the origin stays as it came.
func normalise(uri string) string {
	var b strings.Builder
	for i := 0; i < len(uri); i++ {
		if uri[i] == '%' && i+2 < len(uri) {
			if c, err := strconv.ParseUint(uri[i+1:i+3], 16, 8); err == nil {
				if unreserved(byte(c)) {
					b.WriteByte(byte(c))
				} else {
					b.WriteString(strings.ToUpper(uri[i : i+3]))
				}
				i += 2
				continue
			}
		}
		b.WriteByte(uri[i])
	}
	plain := b.String()
	if !strings.Contains(plain+"/", "/./") && !strings.Contains(plain+"/", "/../") {
		return plain
	}
	clean := path.Clean("/" + plain)
	if strings.HasSuffix(plain, "/") && clean != "/" {
		clean += "/"
	}
	return clean
}

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
}
