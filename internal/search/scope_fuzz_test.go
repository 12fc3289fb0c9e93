package search

import (
	"strings"
	"testing"

	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// FuzzScope asks anything of any scope: nothing from outside is returned, counted, or named in what the visitor is told.
func FuzzScope(f *testing.F) {
	b := storage.NewMem()
	m := namesGallery()
	publish(f, b, m)
	x := open(f, b)
	for _, table := range []string{"testdata/parse.txt", "testdata/results.txt"} {
		lines, _ := cases(f, table)
		for _, line := range lines {
			if text, _, ok := strings.Cut(line, " =>"); ok && !strings.HasPrefix(line, "#") {
				f.Add(text, "")
				f.Add(text, "private/x")
			}
		}
	}
	for _, text := range []string{"mata hari", "-unicorn or dog", "not unicorn", "natlaie or -dosier", "taken:1200 or -taken:1200", "is:landscape or -is:landscape"} {
		for _, scope := range []string{"", "alps", "private", "private/", "/private/x", "private/x/../y", "family/party", "--", "nowhere", "\xff", "*"} {
			f.Add(text, scope)
		}
	}
	albums := map[string]albumState{}
	for path, manifest := range m.albums {
		albums[path] = albumState{Title: manifest.Album.Title, Hidden: manifest.Album.Hidden}
	}
	f.Fuzz(func(t *testing.T, text, scope string) {
		q, err := x.Parse(t.Context(), text, scope, Context{Now: fixedNow})
		if err != nil {
			t.Fatal(err)
		}
		r, err := x.Search(t.Context(), q, Options{Scope: scope, Size: 100})
		if err != nil {
			t.Fatalf("search %q in %q: %v", text, scope, err)
		}
		if r.Total != len(r.Hits) {
			t.Errorf("search %q in %q counts %d and returns %d", text, scope, r.Total, len(r.Hits))
		}
		dir := strings.Trim(scope, "/")
		if dir != "" {
			dir += "/"
		}
		for _, hit := range r.Hits {
			album := gallery.AlbumPath(hit.Key)
			from := gallery.AlbumDir(album)
			last := "" // the private or last hidden directory above the item: it is found from there on only
			for _, p := range lineage(album) {
				if p == gallery.PrivatePath || albums[p].Hidden {
					last = gallery.AlbumDir(p)
				}
			}
			if !strings.HasPrefix(from, dir) || !strings.HasPrefix(dir, last) {
				t.Errorf("search %q in %q finds %s", text, scope, hit.Key)
			}
		}
		if dir == "" {
			told := fold(strings.Join(append(q.Notes, r.Notes...), " "))
			for _, secret := range []string{"mata", "hari", "dossier", "evidence", "minox", "spycam", "uncle", "bob", "ribbon", "polaroid"} {
				if strings.Contains(told, secret) && !strings.Contains(fold(clean(text)), secret) {
					t.Errorf("search %q tells of %s: %s", text, secret, told)
				}
			}
		}
	})
}
