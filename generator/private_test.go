package generator_test

import (
	"strings"
	"testing"

	"shoebox/internal/config"
	"shoebox/internal/storage"
)

// secrets is a gallery in which all that is private says "Zyzzyva".
func secrets(t *testing.T) *storage.Mem {
	b := sample(t)
	b.Upload("data/private/index.md", []byte("---\ntitle: Zyzzyva album\ndescription: Zyzzyva\n---\nZyzzyva"), morning)
	b.Upload("data/private/Zyzzyva.jpg", photo(t, 30), morning.AddDate(1, 0, 0)) // the latest of all
	b.Upload("data/private/Zyzzyva.jpg.md", []byte("---\ntitle: Zyzzyva\nkeywords: [Zyzzyva]\npersons: [Zyzzyva]\n---\nZyzzyva"), morning)
	b.Upload("data/private/Zyzzyva/deep/Zyzzyva.txt", []byte("x"), morning)
	return b
}

// TestPrivateIsNowhere looks for what is private in all that is public.
func TestPrivateIsNowhere(t *testing.T) {
	for name, cover := range map[string]string{"": "", "with a private cover": "---\ncover: private/Zyzzyva.jpg\n---\n"} {
		t.Run("gallery "+name, func(t *testing.T) {
			b := secrets(t)
			if cover != "" {
				b.Upload("data/index.md", []byte(cover), morning)
				b.Upload("data/alps/index.md", []byte("---\ncover: ../private/Zyzzyva.jpg\n---\n"), morning)
			}
			build(t, b, func(c *config.Config) { c.BaseURL = "https://example.org/" })
			private := 0
			for key, body := range b.Contents("public/") {
				if strings.HasPrefix(key, "public/private/") {
					private++
					if strings.HasSuffix(key, ".html") && !strings.Contains(body, `name="robots"`) {
						t.Errorf("%s may be indexed", key)
					}
					continue
				}
				if strings.Contains(key+body, "Zyzzyva") || strings.Contains(body, `private/`) {
					t.Errorf("%s tells of what is private:\n%s", key, short(body))
				}
			}
			if private < 8 {
				t.Errorf("%d private objects, so this says little", private)
			}
			if strings.Contains(b.Contents("")["state/layouts.json"], "Zyzzyva") {
				t.Error("the search page's layouts tell of what is private")
			}
		})
	}
}

// TestHiddenIsListedNowhere looks for a hidden album, and one below it, where albums are listed.
func TestHiddenIsListedNowhere(t *testing.T) {
	b := sample(t)
	b.Upload("data/secret/index.md", []byte("---\ntitle: Zyzzyva\nhidden: true\n---\n"), morning)
	b.Upload("data/secret/Zyzzyva.jpg", photo(t, 30), morning.AddDate(1, 0, 0))
	b.Upload("data/secret/below/Zyzzyva.jpg", photo(t, 31), morning.AddDate(1, 0, 0))
	for _, key := range []string{"data/secret/Zyzzyva.jpg.md", "data/secret/below/Zyzzyva.jpg.md"} {
		b.Upload(key, []byte("---\nkeywords: [Zyzzyva]\npersons: [Zyzzyva]\n---"), morning)
	}
	base := func(c *config.Config) { c.BaseURL = "https://example.org/" }
	build(t, b, base)
	contents := b.Contents("public/")
	for key, body := range contents {
		if strings.HasPrefix(key, "public/secret/") {
			if strings.HasSuffix(key, ".html") && !strings.Contains(body, `name="robots"`) {
				t.Errorf("%s may be indexed", key)
			}
		} else if strings.Contains(body, "secret") || strings.Contains(body, "Zyzzyva") {
			t.Errorf("%s tells of what is hidden:\n%s", key, short(body))
		}
	}
	for _, key := range []string{"public/secret/index.html", "public/secret/below/Zyzzyva.jpg.html"} {
		if _, ok := contents[key]; !ok {
			t.Errorf("%s is not published", key)
		}
	}
	b.Upload("data/secret/index.md", []byte("---\ntitle: Zyzzyva\n---\n"), morning)
	build(t, b, base)
	for key, want := range map[string]string{
		"public/index.html": "secret/index.html", "public/feed.xml": "Zyzzyva", "public/sitemap.xml": "/secret/below/",
		"public/-/labels/zyzzyva/index.html": "secret/below/", "public/-/people/index.html": "Zyzzyva", "public/-/names.json": `["secret","Zyzzyva",2]`,
	} {
		if !strings.Contains(b.Contents(key)[key], want) {
			t.Errorf("no longer hidden, and still not in %s", key)
		}
	}
	if strings.Contains(b.Contents("")["public/secret/below/index.html"], `name="robots"`) {
		t.Error("the album below is still not for search engines")
	}
}
