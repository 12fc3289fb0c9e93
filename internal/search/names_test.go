package search

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// understood is what a query means on the search page of a scope.
func understood(t testing.TB, x *Index, text, scope string) string {
	t.Helper()
	q, err := x.Parse(t.Context(), text, scope, Context{Now: fixedNow})
	if err != nil {
		t.Fatalf("parse %q in %q: %v", text, scope, err)
	}
	return explain(q)
}

// namesGallery has names of which each is in one album only.
func namesGallery() *manifests {
	m := fixedGallery()
	m.add(item("private/x/mole.jpg", "2022-03-03", "Minox Spycam", "", "", []string{"Dossier<Evidence"}, []string{"Mata Hari"}))
	m.add(item("family/party/gift.jpg", "2021-05-06", "Polaroid Sun", "", "", []string{"Ribbon"}, []string{"Uncle Bob"}))
	return m
}

// TestNamesKeepToScope asks for names that are only known elsewhere: they must be words like any other.
func TestNamesKeepToScope(t *testing.T) {
	b := storage.NewMem()
	publish(t, b, namesGallery())
	x := open(t, b)
	for _, tt := range []struct{ scope, text, want string }{
		{"", "mata hari", "mata; hari"},
		{"", "mata", "mata"},
		{"", "dossier", "dossier"},
		{"", "dossiers", "dossiers"},
		{"", "evidence", "evidence"},
		{"", "minox spycam", "minox; spycam"},
		{"", "for x", "x"},
		{"", "private", "private"},
		{"", "uncle bob", "uncle; bob"},
		{"", "surprise party", "surprise; party"},
		{"", "the cake", "label~cake"}, // the label is on a public photo, the album of that name is hidden
		{"", "ribbon", "ribbon"},
		{"", "polaroid", "polaroid"},
		{"", "natalie berg", `person~"natalie berg"`},
		{"", "summer in the alps", `album~"summer in the alps"`},
		{"private/x", "mata hari", `person~"mata hari"`},
		{"private/x/", "mata", "person~mata"},
		{"private/x", "evidence", "label~evidence"},
		{"private/x", "minox", "camera~minox"},
		{"private/x", "for x", `album~"for x"`},
		{"private/x", "for y", "y"},
		{"private/x", "marmot", "marmot"},
		{"private/x", "tom", "tom"},
		{"private", "for y", `album~"for y"`},
		{"private/y", "mata hari", "mata; hari"},
		{"private/../private/x", "mata hari", "mata; hari"},
		{"PRIVATE/X", "mata hari", "mata; hari"},
		{"private/x\x00", "mata hari", "mata; hari"},
		{"family", "uncle bob", "uncle; bob"},
		{"family/party", "uncle bob", `person~"uncle bob"`},
		{"family/party", "the cake", `album~"the cake"`},
		{"alps", "zoe", "zoe"},
		{"alps", "oslo", "oslo"},
		{"alps", "marmots", "label~marmot"},
		{"nowhere", "marmot", "marmot"},
		{strings.Repeat("a/", 10_000), "marmot", "marmot"},
		{"", "marmot", "label~marmot"}, // what was remembered of one scope is not said in another
	} {
		if got := understood(t, x, tt.text, tt.scope); got != tt.want {
			t.Errorf("%q in %.30q is read as %s, want %s", tt.text, tt.scope, got, tt.want)
		}
	}
	// A word that nothing has must not be corrected to a name from elsewhere.
	for _, text := range []string{"mata harri", "matta", "dosier", "evidense", "minoxx", "uncel", "ribon", "person:harri", "label:dosier", "camera:minoxx", "album:partty"} {
		q, err := x.Parse(t.Context(), text, "", Context{Now: fixedNow})
		if err != nil {
			t.Fatal(err)
		}
		r, err := x.Search(t.Context(), q, Options{Size: 10})
		if err != nil {
			t.Fatal(err)
		}
		told := strings.ToLower(strings.Join(append(q.Notes, r.Notes...), " "))
		if r.Total != 0 || told != "" {
			t.Errorf("%q in public finds %d and says %q", text, r.Total, told)
		}
	}
}

// TestNamesOfNewGeneration adds a name, and takes one away.
func TestNamesOfNewGeneration(t *testing.T) {
	b, m := storage.NewMem(), fixedGallery()
	publish(t, b, m)
	x := open(t, b)
	if got, want := understood(t, x, "zebra marmot", ""), "zebra; label~marmot"; got != want {
		t.Errorf("before: %s, want %s", got, want)
	}
	m.add(item("alps/zebra.jpg", "2023-09-09", "", "", "", []string{"Zebra<Animal"}, nil))
	m.remove(gallery.Data + "alps/marmot.jpg")
	m.remove(gallery.Data + "alps/clip.mp4")
	publish(t, b, m)
	if changed, err := x.Refresh(t.Context()); err != nil || !changed {
		t.Fatalf("Refresh = %v, %v", changed, err)
	}
	if got, want := understood(t, x, "zebra marmot", ""), "label~zebra; marmot"; got != want {
		t.Errorf("after: %s, want %s", got, want)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Parse(t.Context(), "dog", "", Context{}); err == nil {
		t.Error("a closed index reads queries")
	}
}

// TestNamesAtOnce parses in several scopes at the same time.
func TestNamesAtOnce(t *testing.T) {
	b := storage.NewMem()
	publish(t, b, namesGallery())
	x := open(t, b)
	want := map[string]string{"": "mata; hari; label~marmot", "private/x": `person~"mata hari"; marmot`, "alps": "mata; hari; label~marmot"}
	var wait sync.WaitGroup
	for range 4 {
		for scope, want := range want {
			wait.Go(func() {
				for range 20 {
					if got := understood(t, x, "mata hari, marmot", scope); got != want {
						t.Errorf("in %q: %s, want %s", scope, got, want)
					}
				}
			})
		}
	}
	wait.Wait()
}

// TestEmptyIndexParses: a gallery without items has no names.
func TestEmptyIndexParses(t *testing.T) {
	b := storage.NewMem()
	publish(t, b, newManifests())
	x := open(t, b)
	if got, want := understood(t, x, "photos of Natalie from 2007", ""), "Natalie; taken:2007 [2007-01-01..2007-12-31]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if r, err := x.Search(t.Context(), Parse("natalie"), Options{}); err != nil || r.Total != 0 {
		t.Errorf("Search = %+v, %v", r, err)
	}
}

// TestWithoutFindsMore: taking a part away finds at least what was found with it.
func TestWithoutFindsMore(t *testing.T) {
	b := storage.NewMem()
	publish(t, b, toldGallery())
	x := open(t, b)
	lines, table := cases(t, "testdata/results.txt")
	for _, line := range lines {
		text, _, ok := strings.Cut(line, " =>")
		if _, is := table[text]; !ok || !is || strings.HasPrefix(text, "in ") {
			continue
		}
		in := Context{Now: fixedNow}
		q, err := x.Parse(t.Context(), text, "", in)
		if err != nil {
			t.Fatal(err)
		}
		all, err := x.Search(t.Context(), q, Options{Size: 100})
		if err != nil {
			t.Fatal(err)
		}
		if len(all.Notes) > 0 || len(q.Clauses) < 2 {
			continue
		}
		for i := range q.Clauses {
			less, err := x.Parse(t.Context(), q.Without(i), "", in)
			if err != nil {
				t.Fatal(err)
			}
			more, err := x.Search(t.Context(), less, Options{Size: 100})
			if err != nil {
				t.Fatal(err)
			}
			for _, hit := range all.Hits {
				if !slices.Contains(more.Hits, hit) {
					t.Errorf("%q finds %s, %q does not", text, hit.Key, q.Without(i))
				}
			}
		}
	}
}

func BenchmarkIndexParse(b *testing.B) {
	bucket := storage.NewMem()
	publish(b, bucket, manyPhotos(10_000))
	x := open(b, bucket)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := x.Parse(b.Context(), "photos of Natalie Tom and dogs at the beach last summer", "", Context{Now: fixedNow}); err != nil {
			b.Fatal(err)
		}
	}
}
