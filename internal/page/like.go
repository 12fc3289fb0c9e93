package page

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLike is the longest path, in bytes, that a search can ask about: queries have a bound.
const maxLike = 400

// LikeQuery returns the query for what is like the item of a path (that of its original, without "data/"): like:"alps/a b.jpg".
// A search reads quotes of any kind, control characters and runs of spaces in its own way, so these are written as in an address;
// so is the percent sign. It is empty when the path is too long to be asked about.
func LikeQuery(path string) string {
	var b strings.Builder
	last := ' '
	for i, r := range path {
		space := r == ' ' && last != ' ' && i+1 < len(path)
		last = r
		if space || r != '%' && r != '＂' && r != utf8.RuneError && unicode.IsGraphic(r) && !unicode.IsSpace(r) && !unicode.In(r, unicode.Quotation_Mark) ||
			r == '\'' || r == '’' {
			b.WriteRune(r)
			continue
		}
		for _, c := range []byte(string(r)) {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	if b.Len() == 0 || b.Len() > maxLike {
		return ""
	}
	return `like:"` + b.String() + `"`
}
