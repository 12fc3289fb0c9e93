package theme_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"shoebox/generator/theme"
	"shoebox/internal/gallery"
	"shoebox/internal/page"
	"shoebox/themes"
)

func load(t testing.TB) *theme.Theme {
	t.Helper()
	fsys, err := themes.FS(themes.Default)
	if err != nil {
		t.Fatal(err)
	}
	th, err := theme.Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return th
}

// A sample makes page data the way the generator does, of a gallery that shows everything a page can show. Its texts are made
// by text, which returns them as given, or hostile.
type sample struct {
	site *page.Site
	text func(string) string
}

func newSample(th *theme.Theme, text func(string) string) *sample {
	site := &page.Site{
		Title: text("Our Photos"), Description: text("Twenty years of walks, cities and people."), Author: text("Natalie"),
		Language: "en", Search: true, Originals: true, BaseURL: "https://photos.example/", Footer: theme.Markdown(text("© 2024 Natalie")),
		Assets: map[string]string{}, RowHeight: 230,
	}
	for _, a := range th.Assets() {
		site.Assets[a.Name] = a.Path
	}
	return &sample{site: site, text: text}
}

// ratios are those of cameras, phones, squares, panoramas and screenshots.
var ratios = []float64{1.5, 0.667, 1.333, 1.778, 0.75, 1, 1.5, 2.6, 0.5625, 1.5, 1.333}

func (s *sample) item(i int, kind gallery.Kind, name string) page.ItemData {
	key := gallery.Data + "alps/" + name
	r := &gallery.Record{
		Original: gallery.Original{Key: key, Size: 3_400_000 + int64(i)*1234}, Kind: kind, Type: "image/jpeg", SHA256: fmt.Sprintf("%064x", i),
	}
	r.Taken = gallery.Wall(time.Date(2024, 7, 14, 15, i%60, 0, 0, time.UTC))
	d := page.ItemData{
		Record: r, Name: name, Title: s.text(name), Alt: s.text("Picture " + name), URL: gallery.Link("alps/index.html", gallery.ItemPage(key)),
		Original: gallery.Link("alps/index.html", gallery.OriginalPath(key)),
	}
	switch kind {
	case gallery.Photo, gallery.Video:
		ratio := ratios[i%len(ratios)]
		sky, ground := colours(i)
		r.Placeholder = []string{hex(sky), hex(ground)}
		r.Width, r.Height = size(ratio, 6000)
		w, h := size(ratio, 400)
		d.Thumbnail = &page.Picture{URL: gallery.Link("alps/index.html", gallery.RenditionPath(key, r.SHA256, 400, ".jpg")), Width: w, Height: h, Type: "image/jpeg"}
		w, h = size(ratio, 1600)
		d.Preview = &page.Picture{URL: gallery.Link("alps/index.html", gallery.RenditionPath(key, r.SHA256, 1600, ".jpg")), Width: w, Height: h, Type: "image/jpeg"}
		if kind == gallery.Video {
			r.Type, r.Duration = "video/mp4", 83
		}
	case gallery.Audio:
		r.Type, r.Duration = "audio/wav", 1
	default:
		r.Type = "application/pdf"
	}
	return d
}

func (s *sample) items(n int) []page.ItemData {
	var items []page.ItemData
	for i := range n {
		items = append(items, s.item(i, gallery.Photo, fmt.Sprintf("IMG_%04d.jpg", 4000+i)))
	}
	return items
}

func (s *sample) front(cards int, items []page.ItemData) *page.Page {
	p := s.album(items)
	p.Kind, p.Path, p.Root, p.Breadcrumbs, p.Title = page.Front, "index.html", "", nil, s.site.Title
	p.Album.Title, p.Album.Description, p.Album.Text = s.site.Title, s.site.Description, ""
	names := []string{"Alps 2024", "Oslo in winter", "Grandmother’s garden", "Sea", "Lisbon", "Birds of the marsh"}
	for i := range cards {
		sky, ground := colours(i * 3)
		c := page.Card{
			URL: "alps/index.html", Title: s.text(names[i%len(names)]), Description: s.text("From the hut to the summit and back, in rain and sun."),
			Photos: 12 * i, Videos: i % 3, Albums: 1 + i%2, From: gallery.Wall(time.Date(2024, 7, 3, 0, 0, 0, 0, time.UTC)),
			To: gallery.Wall(time.Date(2024, 7, 9+i, 0, 0, 0, 0, time.UTC)), Placeholder: []string{hex(sky), hex(ground)},
		}
		if i != 3 {
			it := s.item(i*3, gallery.Photo, fmt.Sprintf("IMG_%04d.jpg", 4000+i*3))
			c.Cover = it.Thumbnail
			c.Cover.URL = "alps/" + c.Cover.URL
		}
		p.Album.Albums = append(p.Album.Albums, c)
	}
	return p
}

func (s *sample) album(items []page.ItemData) *page.Page {
	p := &page.Page{
		Kind: page.Album, Site: s.site, Path: "alps/index.html", Root: "../", Title: s.text("Alps 2024"),
		Description: s.text("From the hut to the summit and back."), Canonical: "https://photos.example/alps/",
		Breadcrumbs: []page.Link{{Text: s.site.Title, URL: "../index.html"}},
		Album: &page.AlbumData{
			Path: s.text("alps"), Title: s.text("Alps 2024"), Description: s.text("From the hut to the summit and back, in rain and sun."),
			From: gallery.Wall(time.Date(2024, 7, 3, 0, 0, 0, 0, time.UTC)), To: gallery.Wall(time.Date(2024, 7, 9, 0, 0, 0, 0, time.UTC)),
			Text: theme.Markdown(s.text("We started at the *Konkordia* hut before sunrise. The glacier was still frozen, and [the map](https://example.com/) was wrong.")),
		},
	}
	for _, i := range items {
		if i.Is("file") {
			p.Album.Files = append(p.Album.Files, i)
		} else {
			p.Album.Items = append(p.Album.Items, i)
		}
	}
	if len(items) > 0 && items[0].Preview != nil {
		p.Image = &page.Picture{URL: "https://photos.example/alps/x.jpg", Width: 1600, Height: 1067, Type: "image/jpeg"}
	}
	return p
}

func (s *sample) itemPage(i page.ItemData, previous, next *page.ItemData) *page.Page {
	i.Previous, i.Next = previous, next
	i.Caption = theme.Markdown(s.text("The summit, at last. **Natalie** is the small dot on the left."))
	i.Labels = []page.Link{{Text: s.text("Mountain"), URL: "../-/search?q=label%3AMountain"}, {Text: s.text("Snow"), URL: "../-/search?q=label%3ASnow"}}
	i.People = []page.Link{{Text: s.text("Natalie"), URL: "../-/search?q=person%3ANatalie"}}
	i.Place = "46.53750, 8.12600"
	i.Record.Camera, i.Record.Lens = s.text("Nikon Z 6"), s.text("Nikkor Z 24-70mm f/4 S")
	i.Record.Exposure = gallery.Exposure{Seconds: 1.0 / 250, FNumber: 8, ISO: 100, FocalLength: 24}
	i.Record.Rating, i.Record.Creator, i.Record.Copyright = 4, s.text("Natalie"), s.text("© 2024")
	i.Record.Taken = gallery.Zoned(time.Date(2024, 7, 14, 15, 4, 0, 0, time.FixedZone("", 7200)))
	return &page.Page{
		Kind: page.Item, Site: s.site, Path: strings.TrimPrefix("alps/"+i.Name+".html", "/"), Root: "../", Title: i.Title, Description: s.text("The summit, at last."),
		Canonical: "https://photos.example/alps/x", Item: &i,
		Breadcrumbs: []page.Link{{Text: s.site.Title, URL: "../index.html"}, {Text: s.text("Alps 2024"), URL: "index.html"}},
	}
}

func (s *sample) search(results []page.ItemData) *page.Page {
	p := &page.Page{
		Kind: page.Search, Site: s.site, Path: "alps/search.html", Root: "../", Title: "Search", NoIndex: true,
		Breadcrumbs: []page.Link{{Text: s.site.Title, URL: "../index.html"}},
		Search:      &page.SearchData{Available: true, Results: results},
	}
	if len(results) > 0 {
		d := p.Search
		d.Query, d.Total, d.First, d.Last = s.text("mountain natalie 2024"), 1234, 1, len(results)
		d.Chips = []page.Chip{{Text: s.text("person: Natalie"), Remove: "?q=mountain+2024"}, {Text: s.text("taken: 2024"), Remove: "?q=mountain"}}
		d.Took, d.Page, d.Pages, d.Start, d.End = 12*time.Millisecond, 2, 21, "?q=mountain", "?q=mountain&page=21"
		d.Sort, d.Everywhere = "date", "../-/search?q=mountain"
		d.Orders = []page.Choice{{Text: "Best match", URL: "?q=mountain"}, {Text: "Newest", URL: "?q=mountain&sort=date", Current: true}}
		d.Facets = s.facets()
		d.Message, d.Next, d.Previous, d.Scope = s.text("Also found: “mountains”."), "?q=mountain&page=2", "?q=mountain", s.text("alps")
		for i := range d.Results {
			d.Results[i].Album = page.Link{Text: s.text("Alps 2024"), URL: "index.html"}
		}
	}
	return p
}

// facets are short and long ones, and one that can't be asked for.
func (s *sample) facets() []page.Facet {
	choice := func(text string, count int) page.Choice {
		return page.Choice{Text: s.text(text), URL: "?q=" + url.QueryEscape(text), Count: count}
	}
	labels := page.Facet{Name: "Labels", Others: 1234}
	for i, text := range strings.Fields("mountain snow lake forest dog boat bridge church cloud sunset glacier hut path cow") {
		if i < 10 {
			labels.Values = append(labels.Values, choice(text, 1000/(i+1)))
		} else {
			labels.More = append(labels.More, choice(text, 1000/(i+1)))
		}
	}
	return []page.Facet{labels,
		{Name: "People", Values: []page.Choice{choice("Natalie Berg", 412), choice("A name that is too long for one line of a narrow column", 3), {Text: s.text(`Jr "Joe"`), Count: 1}}},
		{Name: "Years", Values: []page.Choice{choice("2024", 800), choice("2023", 434)}},
		{Name: "Cameras", Values: []page.Choice{choice("Nikon Z 6", 12)}}}
}

// pages are one of each kind and state, by file name below the gallery.
func (s *sample) pages() map[string]*page.Page {
	items := s.items(24)
	items[5] = s.item(6, gallery.Video, "clip.mp4")
	items[9] = s.item(9, gallery.Audio, "Bells of the village.wav")
	items[11].Thumbnail, items[11].Preview, items[11].Record.Problem = nil, nil, s.text("jpeg: damaged")
	files := []page.ItemData{s.item(0, gallery.File, "Route description.pdf"), s.item(1, gallery.File, "track.gpx")}
	all := slices.Concat(items, files)
	gone := s.front(0, nil)
	gone.Kind, gone.Path, gone.Title, gone.Album, gone.NoIndex, gone.Root = page.NotFound, "404.html", "Not found", nil, true, "/"
	mixed := s.album(all)
	mixed.Album.Albums = s.front(2, nil).Album.Albums
	for _, c := range mixed.Album.Albums {
		c.Cover.URL = strings.TrimPrefix(c.Cover.URL, "alps/")
	}
	unavailable := s.search(nil)
	unavailable.Search.Available = false
	plain := *unavailable
	plain.Path, plain.Root, plain.Breadcrumbs = gallery.SearchPage, "../../", []page.Link{{Text: s.site.Title, URL: "../../index.html"}}
	missed := s.search(nil)
	missed.Search.Query, missed.Search.Message = s.text("mountain zebra"), s.text("nothing matches this search")
	missed.Search.Chips = []page.Chip{{Text: s.text("mountain"), Remove: "?q=zebra"}}
	missed.Search.Instead = []page.Choice{{Text: s.text("mountain"), URL: "?q=mountain", Count: 1234}}
	missed.Search.Facets = s.facets()
	failed := s.search(nil)
	failed.Search.Query, failed.Search.Failed, failed.Search.Message = s.text("mountain"), true, s.text("the search failed; try again later")
	pages := map[string]*page.Page{
		"alps/missed.html":      missed,
		"alps/failed.html":      failed,
		"index.html":            s.front(6, nil),
		"empty.html":            s.front(0, nil),
		"404.html":              gone,
		"alps/index.html":       s.album(all),
		"alps/mixed.html":       mixed,
		"alps/empty.html":       s.album(nil),
		"alps/search.html":      s.search(s.items(17)),
		"alps/nothing.html":     s.search(nil),
		"alps/unavailable.html": unavailable,
		gallery.SearchPage:      &plain,
	}
	for i := range all {
		var previous, next *page.ItemData
		if i > 0 {
			previous = &all[i-1]
		}
		if i < len(all)-1 {
			next = &all[i+1]
		}
		pages["alps/"+all[i].Name+".html"] = s.itemPage(all[i], previous, next)
	}
	return pages
}

func size(ratio float64, edge int) (w, h int) {
	if ratio >= 1 {
		return edge, int(math.Round(float64(edge) / ratio))
	}
	return int(math.Round(float64(edge) * ratio)), edge
}

func colours(i int) (sky, ground color.RGBA) {
	hue := func(h, s, v float64) color.RGBA {
		f := func(n float64) uint8 {
			k := math.Mod(n+h/60, 6)
			return uint8(255 * (v - v*s*max(0, min(k, 4-k, 1))))
		}
		return color.RGBA{f(5), f(3), f(1), 255}
	}
	return hue(math.Mod(200+float64(i)*47, 360), 0.35, 0.9), hue(math.Mod(90+float64(i)*31, 360), 0.4, 0.4)
}

func hex(c color.RGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// landscape draws hills under a sky.
func landscape(i, w, h int) []byte {
	sky, ground := colours(i)
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	mix := func(a, b color.RGBA, t float64) color.RGBA {
		f := func(x, y uint8) uint8 { return uint8(float64(x)*(1-t) + float64(y)*t) }
		return color.RGBA{f(a.R, b.R), f(a.G, b.G), f(a.B, b.B), 255}
	}
	for x := range w {
		fx := float64(x) / float64(max(w, h))
		for y := range h {
			fy := float64(y) / float64(h)
			c := mix(sky, color.RGBA{255, 240, 220, 255}, fy)
			for l := range 4 {
				ridge := 0.45 + 0.13*float64(l) + 0.1*math.Sin(fx*(7+3*float64(l))+float64(i+l*2)) + 0.03*math.Sin(fx*31+float64(l*i))
				if fy > ridge {
					c = mix(sky, ground, 0.35+0.2*float64(l))
				}
			}
			m.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// wav is one second of silence.
func wav() []byte {
	const samples = 8000
	le := binary.LittleEndian
	b := le.AppendUint32([]byte("RIFF"), 36+samples)
	b = le.AppendUint32(append(b, "WAVEfmt "...), 16)
	b = le.AppendUint16(le.AppendUint16(b, 1), 1) // PCM, mono
	b = le.AppendUint32(le.AppendUint32(b, samples), samples)
	b = le.AppendUint16(le.AppendUint16(b, 1), 8) // eight bits
	b = le.AppendUint32(append(b, "data"...), samples)
	return append(b, bytes.Repeat([]byte{128}, samples)...)
}

// TestSamplePages renders every kind and state of page. With SHOEBOX_SAMPLES=DIR they are kept there, with pictures, for
// looking at.
func TestSamplePages(t *testing.T) {
	th := load(t)
	s := newSample(th, func(text string) string { return text })
	dir := os.Getenv("SHOEBOX_SAMPLES")
	keep := dir != ""
	if !keep {
		dir = t.TempDir()
	}
	write := func(name string, body []byte) {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, body, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, a := range th.Assets() {
		write(a.Path, a.Body)
	}
	for name, p := range s.pages() {
		var b bytes.Buffer
		if err := th.Layouts().Render(&b, p); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		write(name, b.Bytes())
		for _, bad := range []string{"ZgotmplZ", "<no value>", "%!", "&lt;nil&gt;"} {
			if bytes.Contains(b.Bytes(), []byte(bad)) {
				t.Errorf("%s contains %q", name, bad)
			}
		}
		if n := strings.Count(b.String(), "<h1"); n != 1 {
			t.Errorf("%s has %d h1 elements, want 1", name, n)
		}
	}
	if !keep {
		return
	}
	write(gallery.NamesPath, []byte(`{"version":1,"labels":[["Mountain",12],["Snow",7]],"people":[["Natalie",3]],"places":[],"albums":[["alps","Alps 2024",24]]}`))
	for i, it := range s.items(24) {
		write("alps/"+it.Thumbnail.URL, landscape(i, it.Thumbnail.Width, it.Thumbnail.Height))
		write("alps/"+it.Preview.URL, landscape(i, it.Preview.Width, it.Preview.Height))
	}
	clipBytes, err := os.ReadFile("testdata/clip.mp4")
	if err != nil {
		t.Fatal(err)
	}
	write("alps/-/original/clip.mp4", clipBytes)
	write("alps/-/original/Bells of the village.wav", wav())
	clip := s.item(6, gallery.Video, "clip.mp4")
	write("alps/"+clip.Thumbnail.URL, landscape(6, 400, 267))
	write("alps/"+clip.Preview.URL, landscape(6, 1600, 1067))
}
