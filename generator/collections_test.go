package generator_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"html"
	"math/rand/v2"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"shoebox/generator"
	"shoebox/internal/config"
	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// put puts a file with a sidecar into data/.
func put(b *storage.Mem, key, sidecar string) {
	b.Upload("data/"+key, []byte(key), morning)
	b.Upload("data/"+key+".md", []byte("---\n"+sidecar+"\n---"), morning)
}

var toItem = regexp.MustCompile(`href="([^"]*)"><(?:img|span class="tile)`)

// itemsOn returns the keys of the items that a page shows, in order, without "data/".
func itemsOn(t *testing.T, b *storage.Mem, path string) []string {
	t.Helper()
	body, ok := b.Contents("public/" + path)["public/"+path]
	if !ok {
		t.Fatalf("there is no %s", path)
	}
	base, _ := url.Parse("/" + gallery.EscapePath(path))
	var items []string
	for _, m := range toItem.FindAllStringSubmatch(body, -1) {
		ref, err := url.Parse(html.UnescapeString(m[1]))
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, strings.TrimSuffix(strings.TrimPrefix(base.ResolveReference(ref).Path, "/"), ".html"))
	}
	return items
}

func noSearch(c *config.Config) { c.Search = "none" }

// TestCollections follows what two photos say of themselves to the pages of their labels and people.
func TestCollections(t *testing.T) {
	b := storage.NewMem()
	put(b, "a/old.txt", "date: 2001-05-06\nkeywords: [Dog, Golden Gate]\npeople: [Ada Lovelace]")
	put(b, "b/new.txt", "date: 2021-05-06\nkeywords: [dog, \"../x\", \"<b>\"]\npeople: [Ada Lovelace, \"O'Neil & \\\"Q\\\"\"]")
	put(b, "b/third.txt", "date: 2020-05-06\nkeywords: [dog]")
	put(b, "private/p.txt", "keywords: [dog, secret]\npeople: [Nobody]")
	build(t, b)
	for path, want := range map[string][]string{
		"-/labels/dog/index.html":                                  {"b/new.txt", "b/third.txt", "a/old.txt"},
		"-/labels/golden-gate/index.html":                          {"a/old.txt"},
		"-/people/ada-lovelace/index.html":                         {"b/new.txt", "a/old.txt"},
		gallery.CollectionPage("labels", gallery.Slug("../x"), ""): {"b/new.txt"},
		gallery.CollectionPage("labels", gallery.Slug("<b>"), ""):  {"b/new.txt"},
	} {
		if got := itemsOn(t, b, path); !slices.Equal(got, want) {
			t.Errorf("%s shows %q, want %q", path, got, want)
		}
	}
	public := b.Contents("public/")
	if page := public["public/-/labels/dog/index.html"]; !strings.Contains(page, "<bdi>dog</bdi>") {
		t.Errorf("the page of dogs is not called as most of them are:\n%s", page)
	}
	if page := public["public/a/old.txt.html"]; !strings.Contains(page, `href="../-/labels/golden-gate/index.html"`) ||
		!strings.Contains(page, `href="../-/people/ada-lovelace/index.html"`) {
		t.Errorf("an item's page does not lead to its collections:\n%s", page)
	}
	if page := public["public/private/p.txt.html"]; !strings.Contains(page, "-/search?q=label") || strings.Contains(page, "labels/dog") {
		t.Errorf("a private item leads to public collections:\n%s", page)
	}
	want := `{"version":1,"labels":[["dog",3],["../x",1],["<b>",1],["Golden Gate",1]],` +
		`"people":[["Ada Lovelace",2],["O'Neil \u0026 \"Q\"",1]],"places":[],"albums":[["b","b",2],["a","a",1]]}`
	if got := strings.ReplaceAll(strings.ReplaceAll(public["public/-/names.json"], `\u003c`, "<"), `\u003e`, ">"); !sameNames(got, want) {
		t.Errorf("the names are\n%s\nwant\n%s", got, want)
	}
	for _, kind := range []string{"labels", "people"} {
		if page := public["public/-/"+kind+"/index.html"]; strings.Contains(page, "<b>") || strings.Contains(page, "secret") || strings.Contains(page, "Nobody") {
			t.Errorf("the overview of %s:\n%s", kind, page)
		}
	}
	checkWhole(t, b)
	// Without labels nothing is left of them, nor any link to them.
	for _, key := range []string{"a/old.txt", "b/new.txt", "b/third.txt"} {
		b.Remove("data/" + key + ".md")
	}
	build(t, b)
	for key, body := range b.Contents("public/") {
		if strings.Contains(key, "/-/labels/") || strings.Contains(key, "/-/people/") || strings.Contains(body, "labels/index.html") {
			t.Errorf("%s is left", key)
		}
	}
	if left := b.Contents("state/collections"); len(left) != 0 {
		t.Errorf("left over: %q", left)
	}
}

// sameNames compares files of names; labels with equal counts may be in any order.
func sameNames(a, b string) bool {
	x, y := strings.Split(a, ""), strings.Split(b, "")
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y) && a[:30] == b[:30]
}

// TestAlbumThatComesBack deletes an album, ends the build at each of its writes, and puts the album back before the next one: it is in
// its collections again.
func TestAlbumThatComesBack(t *testing.T) {
	t.Parallel()
	for _, fault := range []storage.Fault{storage.Before, storage.After} {
		for at, died := 0, true; died; at++ {
			b := storage.NewMem()
			put(b, "a/one.txt", "date: 2020-01-02\nkeywords: [dog, rare]")
			put(b, "b/two.txt", "date: 2021-01-02\nkeywords: [dog]")
			build(t, b)
			b.Remove("data/a/one.txt")
			b.Remove("data/a/one.txt.md")
			b.Inject(func(i int, _ storage.Write) storage.Fault {
				if i == at {
					return fault
				}
				return storage.None
			})
			_, err := newGenerator(t, b).Build(t.Context())
			b.Revive()
			b.Inject(nil)
			if died = err != nil; died && !errors.Is(err, storage.ErrInjected) {
				t.Fatal(err)
			}
			put(b, "a/one.txt", "date: 2020-01-02\nkeywords: [dog, rare]")
			build(t, b)
			if got, want := itemsOn(t, b, "-/labels/dog/index.html"), []string{"b/two.txt", "a/one.txt"}; !slices.Equal(got, want) {
				t.Errorf("%v write %d: the page shows %q, want %q", fault, at, got, want)
			}
			checkWhole(t, b)
		}
	}
}

// TestLinksToCollections wants an item's page to lead to pages that are there, also where an item has more labels than are counted,
// and where a file is named like the private album.
func TestLinksToCollections(t *testing.T) {
	t.Parallel()
	b := storage.NewMem()
	var many []string
	for i := range 700 {
		many = append(many, fmt.Sprintf("label %d", i))
	}
	put(b, "a/one.txt", "keywords: ["+strings.Join(many, ", ")+"]")
	put(b, "private", "keywords: [lonely]")
	build(t, b)
	checkWhole(t, b)
	if page := b.Contents("public/")["public/a/one.txt.html"]; !strings.Contains(page, "label-3/index.html") {
		t.Errorf("the item leads to no collection:\n%s", page)
	}
}

// TestSeasonsAreNoCollections wants what nearly every photo has to be found, and to have no page.
func TestSeasonsAreNoCollections(t *testing.T) {
	t.Parallel()
	b := storage.NewMem()
	b.Upload("data/a.jpg", cameraPhoto(t, 1), morning)
	b.Upload("data/a.jpg.md", []byte("---\ndate: 2020-07-01T12:00:00\nkeywords: [dog]\n---"), morning)
	build(t, b)
	if got := found(t, b, "label:summer"); !slices.Equal(got, []string{"a.jpg"}) {
		t.Errorf("summer finds %q", got)
	}
	for key := range b.Contents("public/-/labels/") {
		if key != "public/-/labels/index.html" && key != "public/-/labels/dog/index.html" {
			t.Errorf("there is %s", key)
		}
	}
}

// TestLargeCollections adds, changes and removes items at random where a page shows no more than four. After each step, some of
// which fail halfway, the gallery is the one that a build of its own makes.
func TestLargeCollections(t *testing.T) {
	t.Parallel()
	seeds := 6
	if testing.Short() {
		seeds = 2
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(7, uint64(seed)))
			small := func(b storage.Bucket) *generator.Generator {
				g := newGenerator(t, b, noSearch)
				g.SetTiles(4)
				return g
			}
			b := storage.NewMem()
			if _, err := small(b).Build(t.Context()); err != nil {
				t.Fatal(err)
			}
			known := map[string]bool{}
			for step := range 16 {
				var touched []string
				date := func() string {
					if r.IntN(12) == 0 {
						return "title: undated" // but for when it was uploaded
					}
					spread := []int{1, 1, 2, 4}[r.IntN(4)]
					return "date: " + time.Date(2019+r.IntN(spread), time.Month(1+r.IntN(spread)), 1+r.IntN(spread), r.IntN(spread), r.IntN(60), 0, 0, time.UTC).Format("2006-01-02T15:04:05")
				}
				for range 1 + r.IntN(1+12/(1+step%4)) {
					key := fmt.Sprintf("%c/%d.txt", 'a'+r.IntN(3), r.IntN(20))
					touched = append(touched, "data/"+key)
					if known[key] && r.IntN(3) > 0 || step%5 == 4 {
						b.Remove("data/" + key)
						b.Remove("data/" + key + ".md")
						delete(known, key)
						continue
					}
					known[key] = true
					put(b, key, date()+fmt.Sprintf("\nkeywords: [%s]\npeople: [%s]",
						[]string{"dog", "Dog", "dog, cat", "cat", "DOG, rare"}[r.IntN(5)], []string{"", "Ada", "Ada, Bob"}[r.IntN(3)]))
				}
				if r.IntN(6) == 0 {
					key := fmt.Sprintf("data/%c/index.md", 'a'+r.IntN(3))
					touched = append(touched, key)
					b.Upload(key, fmt.Appendf(nil, "---\nhidden: %v\n---", r.IntN(2) == 0), morning)
				}
				publish := func(suspect bool) error {
					c := generator.Changes{Suspect: suspect, Keys: touched}
					for _, key := range touched {
						if _, err := small(b).Develop(t.Context(), key); err != nil {
							return err
						}
					}
					_, err := small(b).Publish(t.Context(), c)
					return err
				}
				whole := func() error {
					_, err := small(b).Build(t.Context())
					return err
				}
				run := publish
				if r.IntN(4) == 0 {
					run = func(bool) error { return whole() }
				}
				if r.IntN(3) == 0 {
					at, fault := r.IntN(60), []storage.Fault{storage.Before, storage.After}[r.IntN(2)]
					b.Inject(func(i int, _ storage.Write) storage.Fault {
						if i == at {
							return fault
						}
						return storage.None
					})
					err := run(false)
					b.Revive()
					if err != nil && !errors.Is(err, storage.ErrInjected) {
						t.Fatal(err)
					}
					b.Inject(nil)
					if err != nil {
						checkWhole(t, b)
						if err := run(true); err != nil {
							t.Fatal(err)
						}
					}
				} else if err := run(false); err != nil {
					t.Fatal(err)
				}
				fresh := copyOriginals(b)
				if _, err := small(fresh).Build(t.Context()); err != nil {
					t.Fatal(err)
				}
				compare(t, b, fresh)
				checkWhole(t, b)
				b.Writes()
				if err := whole(); err != nil {
					t.Fatal(err)
				}
				if got := written(b); len(got) != 0 {
					t.Errorf("step %d: the build after that wrote %q", step, got)
				}
				if t.Failed() {
					t.Fatalf("seed %d, step %d", seed, step)
				}
			}
		})
	}
}

// TestFullPageIsSmall wants the page of as many photos as one can have to be below 60 KB when it is compressed.
func TestFullPageIsSmall(t *testing.T) {
	t.Parallel()
	b := storage.NewMem()
	for i := range generator.MaxTiles {
		key := fmt.Sprintf("holidays in norway/IMG_%04d.jpg", i)
		b.Upload("data/"+key, cameraPhoto(t, i), morning)
		b.Upload("data/"+key+".md", fmt.Appendf(nil, "---\ndate: 20%02d-01-01\nkeywords: [dog]\n---\nThe %dth of many photos of a dog on a beach.", i%30, i), morning)
	}
	build(t, b, requestsConfig, noSearch)
	page := b.Contents("public/-/labels/dog/")["public/-/labels/dog/index.html"]
	if n := len(itemsOn(t, b, "-/labels/dog/index.html")); n != generator.MaxTiles {
		t.Errorf("the page shows %d items", n)
	}
	var small bytes.Buffer
	w := gzip.NewWriter(&small)
	w.Write([]byte(page))
	w.Close()
	t.Logf("%d bytes, %d compressed", len(page), small.Len())
	if small.Len() > 60_000 {
		t.Errorf("it has %d bytes when it is compressed", small.Len())
	}
}
