package gallery

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSlug is the length in bytes from which a slug is shortened.
const maxSlug = 80

// Slug returns the name of a directory for a name, which has to be folded (lower case, one space between words): "golden-gate".
// A name of more than letters, digits and single spaces loses the rest and gains a hash of itself, "a-b~1f2e3d4c5b6a7988", which
// no other slug has: so different names have different slugs, whichever others there are.
func Slug(folded string) string {
	var b strings.Builder
	plain, last := folded != "", ' '
	for _, r := range folded {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) && b.Len() > 0:
			b.WriteRune(r)
		case r == ' ' && last != ' ':
			b.WriteByte('-')
		default:
			plain = false
			if last != ' ' {
				b.WriteByte('-')
			}
			r = ' '
		}
		last = r
	}
	slug := strings.TrimRight(b.String(), "-")
	if plain && last != ' ' && len(slug) <= maxSlug && utf8.ValidString(folded) && !slices.Contains(devices, slug) {
		return slug
	}
	cut := min(len(slug), maxSlug)
	for cut > 0 && cut < len(slug) && !utf8.RuneStart(slug[cut]) {
		cut--
	}
	sum := sha256.Sum256([]byte(folded))
	return slug[:cut] + "~" + hex.EncodeToString(sum[:8])
}

// devices can't be names of files or folders on Windows.
var devices = strings.Fields("con prn aux nul com0 com1 com2 com3 com4 com5 com6 com7 com8 com9 lpt0 lpt1 lpt2 lpt3 lpt4 lpt5 lpt6 lpt7 lpt8 lpt9")
