package gallery

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestSlug(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"dog", "dog"},
		{"golden gate", "golden-gate"},
		{"2024", "2024"},
		{"日本", "日本"},
		{"שלום", "שלום"},
		{"golden-gate", "golden-gate~"},
		{"golden  gate", "golden-gate~"},
		{" dog", "dog~"},
		{"dog ", "dog~"},
		{"../x", "x~"},
		{"index.html", "index-html~"},
		{"con", "con~"},
		{"", "~"},
		{"🐶", "~"},
		{"a/b", "a-b~"},
		{"100% #1?", "100-1~"},
		{"x\x00y", "x-y~"},
		{"\u202eevil", "evil~"},
		{"a\xffb", "a-b~"},
		{strings.Repeat("ab", 150), strings.Repeat("ab", 40) + "~"},
		{strings.Repeat("é", 50), strings.Repeat("é", 40) + "~"},
	} {
		got := Slug(c.name)
		if head, hash, ok := strings.Cut(got, "~"); strings.HasSuffix(c.want, "~") {
			if !ok || head+"~" != c.want || len(hash) != 16 {
				t.Errorf("Slug(%q) = %q, want %q and a hash", c.name, got, c.want)
			}
		} else if got != c.want {
			t.Errorf("Slug(%q) = %q, want %q", c.name, got, c.want)
		}
	}
}

// FuzzSlug wants a name of one directory, whatever the collection's, and another for another one.
func FuzzSlug(f *testing.F) {
	for _, s := range []string{"dog", "a-b", "a b", "../..", "con", "~", "é\u0301", strings.Repeat("x", 300)} {
		f.Add(s, s+"!")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		x, y := Slug(a), Slug(b)
		if x == "" || len(x) > maxSlug+17 || strings.ContainsAny(x, "/\\. %#?\"'<>&:\x00") || utf8.ValidString(a) && !utf8.ValidString(x) {
			t.Errorf("Slug(%q) = %q", a, x)
		}
		if (x == y) != (a == b) {
			t.Errorf("%q and %q have the slugs %q and %q", a, b, x, y)
		}
	})
}
