package generator

import (
	"cmp"
	"path"
	"slices"
	"strings"
	"time"

	"shoebox/internal/gallery"
)

// assemble completes a manifest from its items' records and the cards of the albums below: it puts them in order, finds the
// cover and makes the card for the album above. cover looks up the thumbnail that a cover below the album names.
func (b *build) assemble(m *gallery.Manifest, cards []gallery.Card, cover func(key string) (*gallery.Record, error)) error {
	m.Format = gallery.ManifestFormat
	b.sortItems(m)
	m.Albums = shownCards(m.Album.Path, cards)
	m.Newest, m.Collections = time.Time{}, kindsOf(m.Items)
	card := gallery.Card{
		Path: m.Album.Path, Title: m.Album.Title, Description: m.Album.Description,
		Hidden: m.Album.Hidden, Weight: m.Album.Weight, Albums: len(m.Albums),
	}
	for i := range m.Items {
		r := &m.Items[i]
		switch r.Kind {
		case gallery.Photo:
			card.Photos++
		case gallery.Video:
			card.Videos++
		default:
			card.Others++
		}
		if r.Original.Modified.After(m.Newest) {
			m.Newest = r.Original.Modified
		}
		// What is known only from the file's own date says little about when the pictures were taken.
		if r.TakenFrom != "modified" {
			extend(&card, r.Taken, r.Taken)
		}
	}
	for _, c := range m.Albums {
		extend(&card, c.From, c.To)
	}
	if !m.Album.Date.IsZero() {
		card.From, card.To = m.Album.Date, m.Album.Date
	}
	if err := setCover(&card, m, cover); err != nil {
		return err
	}
	m.Card = card
	return nil
}

// shownCards are the cards of the albums below one that it shows, in order.
func shownCards(album string, cards []gallery.Card) []gallery.Card {
	shown := []gallery.Card{}
	for _, c := range cards {
		if !c.Hidden && !(album == "" && gallery.Private(c.Path)) {
			shown = append(shown, c)
		}
	}
	slices.SortFunc(shown, func(x, y gallery.Card) int {
		return cmp.Or(cmp.Compare(x.Weight, y.Weight), naturalCompare(gallery.Name(x.Path), gallery.Name(y.Path)))
	})
	return shown
}

// extend widens a card's range of dates.
func extend(c *gallery.Card, from, to gallery.Date) {
	if !from.IsZero() && (c.From.IsZero() || from.Clock().Before(c.From.Clock())) {
		c.From = from
	}
	if !to.IsZero() && (c.To.IsZero() || to.Clock().After(c.To.Clock())) {
		c.To = to
	}
}

// sortItems puts a manifest's items in the order that its index.md or the configuration asks for. Equals are ordered by name,
// so that the order never depends on anything else.
func (b *build) sortItems(m *gallery.Manifest) {
	by, order := cmp.Or(m.Album.Sort, b.config.Albums.Sort), cmp.Or(m.Album.Order, b.config.Albums.Order)
	slices.SortFunc(m.Items, func(x, y gallery.Record) int {
		var c int
		switch by {
		case "taken":
			c = x.Taken.Clock().Compare(y.Taken.Clock())
		case "modified":
			c = x.Original.Modified.Compare(y.Original.Modified)
		case "rating":
			c = cmp.Compare(x.Rating, y.Rating)
		}
		c = cmp.Or(c, naturalCompare(gallery.Name(x.Original.Key), gallery.Name(y.Original.Key)))
		if order == "descending" {
			return -c
		}
		return c
	})
}

// setCover chooses the picture that stands for an album: the one that index.md names, one whose file is called cover or
// folder, the best rated landscape photo, any picture, the cover of an album below; each the first of its kind.
func setCover(card *gallery.Card, m *gallery.Manifest, lookup func(key string) (*gallery.Record, error)) error {
	set := func(r *gallery.Record) bool {
		thumbnail, ok := r.Rendition(gallery.Thumbnail, gallery.Poster, gallery.Preview)
		if ok {
			card.Cover, card.Placeholder = &thumbnail, r.Placeholder
		}
		return ok
	}
	if m.Album.Cover != "" {
		key := path.Clean(gallery.Data + m.Album.Path + "/" + m.Album.Cover)
		private := gallery.Private(gallery.AlbumPath(key)) && !gallery.Private(m.Album.Path) // for no public page to show
		if strings.HasPrefix(key, gallery.Data) && !private {
			r, err := lookup(key)
			if err != nil {
				return err
			}
			if r != nil && set(r) {
				return nil
			}
		}
	}
	var best *gallery.Record
	score := func(r *gallery.Record) int {
		s := r.Rating * 2
		if r.Width > r.Height {
			s++
		}
		name := strings.ToLower(gallery.Name(r.Original.Key))
		if stem := strings.TrimSuffix(name, path.Ext(name)); stem == "cover" || stem == "folder" {
			s += 100
		}
		return s
	}
	for i := range m.Items {
		r := &m.Items[i]
		_, shown := r.Rendition(gallery.Thumbnail, gallery.Preview)
		if r.Kind == gallery.Photo && shown && (best == nil || score(r) > score(best)) {
			best = r
		}
	}
	if best != nil && set(best) {
		return nil
	}
	for _, c := range m.Albums {
		if c.Cover != nil {
			card.Cover, card.Placeholder = c.Cover, c.Placeholder
			return nil
		}
	}
	for i := range m.Items { // a video's poster, at last
		if set(&m.Items[i]) {
			return nil
		}
	}
	return nil
}

// naturalCompare compares names as people do: whatever their case, and IMG_9 before IMG_10. Different names are never equal.
func naturalCompare(a, b string) int {
	x, y := strings.ToLower(a), strings.ToLower(b)
	for x != "" && y != "" {
		if isDigit(x[0]) && isDigit(y[0]) {
			i, j := digits(x), digits(y)
			m, n := strings.TrimLeft(x[:i], "0"), strings.TrimLeft(y[:j], "0")
			if c := cmp.Or(cmp.Compare(len(m), len(n)), cmp.Compare(m, n)); c != 0 {
				return c
			}
			x, y = x[i:], y[j:]
			continue
		}
		if x[0] != y[0] {
			return cmp.Compare(x[0], y[0])
		}
		x, y = x[1:], y[1:]
	}
	return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(a, b))
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func digits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}
