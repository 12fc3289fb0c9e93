package theme_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"shoebox/generator/theme"
	"shoebox/themes"
)

func builtin(t testing.TB) fstest.MapFS {
	t.Helper()
	m := fstest.MapFS{}
	th := load(t)
	for name, text := range th.Files() {
		m["layouts/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	for _, a := range th.Assets() {
		m["assets/"+a.Name] = &fstest.MapFile{Data: a.Body}
	}
	m["theme.toml"] = &fstest.MapFile{Data: []byte("name = \"default\"\nmin_version = \"0.1\"\n")}
	return m
}

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func TestFirstLayerWins(t *testing.T) {
	gallery := fstest.MapFS{
		"config.toml":                 file("title = \"not ours\""),
		"data/layouts/x.html":         file("not ours"),
		"layouts/404.html":            file(`{{define "class"}}{{end}}{{define "main"}}my own 404{{end}}`),
		"layouts/404.html~":           file("{{"),
		"layouts/.#404.html":          file("{{"),
		"layouts/partials/mine.html":  file("mine"),
		"assets/custom.css":           file("body { color: red }"),
		"assets/fonts/a.woff2":        file("font"),
		"assets/.DS_Store":            file("x"),
		"layouts/partials/.git/x.txt": file("x"),
	}
	chosen := fstest.MapFS{
		"theme.toml":        file("name = \"chosen\"\nlicence = \"MIT\"\n"),
		"layouts/404.html":  file("never seen"),
		"assets/custom.css": file("never seen"),
		"assets/style.css":  file("/* chosen */"),
	}
	th, err := theme.Load(gallery, chosen, builtin(t))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := th.Info, (theme.Info{Name: "chosen", Licence: "MIT"}); got != want {
		t.Errorf("Info = %+v, want %+v", got, want)
	}
	assets := map[string]string{}
	for _, a := range th.Assets() {
		assets[a.Name] = string(a.Body)
		if a.Name == "fonts/a.woff2" && (a.Path != "-/assets/fonts/a.795ea3ef.woff2" || a.Type != "font/woff2") {
			t.Errorf("font is at %s as %s", a.Path, a.Type)
		}
	}
	if assets["custom.css"] != "body { color: red }" || assets["style.css"] != "/* chosen */" || assets["keys.js"] == "" {
		t.Errorf("assets are %v", assets)
	}
	if _, ok := assets[".DS_Store"]; ok {
		t.Error("a dot file became an asset")
	}
	var b bytes.Buffer
	page := newSample(th, func(s string) string { return s }).pages()["404.html"]
	if err := th.Layouts().Render(&b, page); err != nil || !strings.Contains(b.String(), "my own 404") {
		t.Errorf("404 page: %v\n%s", err, &b)
	}
	if _, ok := th.Files()["partials/mine.html"]; !ok || len(th.Files()) != len(load(t).Files())+1 {
		t.Errorf("layouts are %v", th.Files())
	}
}

func TestThemeErrors(t *testing.T) {
	for _, c := range []struct{ name, file, text, want string }{
		{"unknown key", "theme.toml", "name = \"x\"\nlicense = \"MIT\"\n", "theme.toml:2: license is not a key of theme.toml"},
		{"no TOML", "theme.toml", "name = \"x\"\nlicence = \n", "theme.toml:2: "},
		{"wrong type", "theme.toml", "name = 3\n", "theme.toml:1: "},
		{"wrong version", "theme.toml", "min_version = \"new\"\n", `theme.toml: min_version is "new"`},
		{"broken layout", "layouts/album.html", "{{define \"main\"}}\n\n{{if}}{{end}}{{end}}", "layouts/album.html:3: missing value for if"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := builtin(t)
			m[c.file] = file(c.text)
			_, err := theme.Load(m)
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got %v, want %s…", err, c.want)
			}
		})
	}
}

func TestCheckVersion(t *testing.T) {
	m := builtin(t)
	m["theme.toml"] = file("name = \"new\"\nmin_version = \"1.2\"\n")
	th, err := theme.Load(m)
	if err != nil {
		t.Fatal(err)
	}
	for version, ok := range map[string]bool{
		"1.2": true, "1.2.0": true, "1.10": true, "v2.0.0": true, "devel": true, "": true, "1.1.9": false, "v0.9": false, "1": false,
	} {
		if err := th.CheckVersion(version); (err == nil) != ok {
			t.Errorf("version %q: %v", version, err)
		}
	}
}

func TestUnknownTheme(t *testing.T) {
	for _, name := range []string{"nothing", "", "..", "default/assets"} {
		if _, err := themes.FS(name); err == nil {
			t.Errorf("there is a theme %q", name)
		}
	}
}

// What a page may weigh, of design section 9.
func TestPagesAreLight(t *testing.T) {
	th := load(t)
	weight := 0
	for _, a := range th.Assets() {
		if ext := path.Ext(a.Name); ext == ".css" || ext == ".js" {
			weight += compressed(t, a.Body)
		}
	}
	t.Logf("all style sheets and scripts: %d bytes compressed", weight)
	if weight > 25_000 {
		t.Errorf("style sheets and scripts have %d bytes compressed, want at most 25,000", weight)
	}
	s := newSample(th, func(text string) string { return text })
	items := s.items(1000)
	random := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields("a the on over with dog child boat mountain evening red old harbour snow church bicycle grandmother garden rain summer beach")
	for i := range items { // what does not compress: hashes, colours, captions
		d := &items[i]
		d.Thumbnail.URL = strings.ReplaceAll(d.Thumbnail.URL, ".00000000.", fmt.Sprintf(".%08x.", random.Uint32()))
		d.Record.Placeholder = []string{fmt.Sprintf("#%06x", random.Uint32N(1<<24)), fmt.Sprintf("#%06x", random.Uint32N(1<<24))}
		d.Alt = ""
		for range 7 {
			d.Alt += words[random.IntN(len(words))] + " "
		}
	}
	var b bytes.Buffer
	if err := th.Layouts().Render(&b, s.album(items)); err != nil {
		t.Fatal(err)
	}
	packed := compressed(t, b.Bytes())
	t.Logf("an album of 1,000 photos: %d bytes, %d compressed", b.Len(), packed)
	if packed > 60_000 {
		t.Errorf("an album of 1,000 photos has %d bytes compressed, want at most 60,000", packed)
	}
}

// compressed returns how many bytes of a file go over the line.
func compressed(t *testing.T, body []byte) int {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Len()
}
