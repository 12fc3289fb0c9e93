package generator

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
	"go.yaml.in/yaml/v3"

	"shoebox/internal/gallery"
)

// maxText is the size in bytes from which an index.md or a sidecar is refused: nobody writes so much about a photo.
const maxText = 1 << 20

// frontMatter is what the head of an index.md or IMG.jpg.md says, and the Markdown below it.
type frontMatter struct {
	fields map[string]any // by lower-case key
	body   string
}

// parseFrontMatter splits a Markdown file into the head, YAML between lines of "---" or TOML between lines of "+++" as Hugo
// has it, and the body. A file without a head is all body. Keys that we do not know are left alone: other programs have theirs.
func parseFrontMatter(text []byte) (frontMatter, error) {
	if len(text) > maxText {
		return frontMatter{}, fmt.Errorf("is larger than %d KiB: shorten it", maxText>>10)
	}
	if !utf8.Valid(text) {
		return frontMatter{}, errors.New("is not UTF-8 text: save it as UTF-8")
	}
	s := strings.ReplaceAll(strings.TrimPrefix(string(text), "\ufeff"), "\r\n", "\n")
	first, rest, _ := strings.Cut(s, "\n")
	fence := strings.TrimRight(first, " \t")
	if fence != "---" && fence != "+++" {
		return frontMatter{body: strings.TrimSpace(s)}, nil
	}
	head, body, closed := cutLine(rest, fence)
	if !closed {
		return frontMatter{}, fmt.Errorf("has a first line %q and no second one like it to end the head", fence)
	}
	raw := map[string]any{}
	var err error
	if fence == "---" {
		err = yaml.Unmarshal([]byte(head), &raw)
	} else {
		err = toml.Unmarshal([]byte(head), &raw)
	}
	if err != nil {
		return frontMatter{}, fmt.Errorf("has a head that can't be read: %w", err)
	}
	m := frontMatter{fields: map[string]any{}, body: strings.TrimSpace(body)}
	for _, key := range slices.Sorted(maps.Keys(raw)) { // capitals come first: of Title and title the latter counts
		if raw[key] != nil {
			m.fields[strings.ToLower(key)] = raw[key]
		}
	}
	return m, nil
}

// cutLine cuts s around the first line that reads as given.
func cutLine(s, line string) (before, after string, found bool) {
	for at := 0; at < len(s); {
		end := strings.IndexByte(s[at:], '\n')
		next := at + end + 1
		if end < 0 {
			end, next = len(s)-at, len(s)
		}
		if strings.TrimRight(s[at:at+end], " \t") == line {
			return s[:at], s[next:], true
		}
		at = next
	}
	return s, "", false
}

// fieldError says what is wrong with a key of a head.
func fieldError(key, want string, value any) error {
	return fmt.Errorf("%s should be %s, not %s", key, want, clip(fmt.Sprint(value)))
}

// reason is what is wrong with a text in one line of reasonable length.
func reason(err error) string {
	text := strings.ToValidUTF8(strings.ReplaceAll(err.Error(), "\n", "; "), "\ufffd")
	const most = 900
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// word returns a simple value as it was written, or nearly so.
func word(value any) (text string, ok bool) {
	switch value := value.(type) {
	case string:
		return value, true
	case time.Time:
		return value.Format(time.DateOnly), true
	case int, int64, uint64, float64, bool, toml.LocalDate, toml.LocalDateTime, toml.LocalTime:
		return fmt.Sprint(value), true
	}
	return "", false
}

// text reads a key that holds text; numbers and dates are taken as they read.
func (m frontMatter) text(keys ...string) (string, error) {
	for _, key := range keys {
		value, ok := m.fields[key]
		if !ok {
			continue
		}
		text, ok := word(value)
		if !ok {
			return "", fieldError(key, "text", value)
		}
		return strings.TrimSpace(text), nil
	}
	return "", nil
}

// line reads text that has to stand on one line.
func (m frontMatter) line(keys ...string) (string, error) {
	s, err := m.text(keys...)
	return strings.Join(strings.Fields(s), " "), err
}

// list reads a key that holds a list of words, or one text with commas.
func (m frontMatter) list(keys ...string) ([]string, error) {
	var list []string
	for _, key := range keys {
		switch value := m.fields[key].(type) {
		case nil:
		case string:
			for word := range strings.SplitSeq(value, ",") {
				list = append(list, word)
			}
		case []any:
			for _, element := range value {
				text, ok := word(element)
				if !ok {
					return nil, fieldError(key, "a list of words", value)
				}
				list = append(list, text)
			}
		default:
			return nil, fieldError(key, "a list of words", value)
		}
	}
	words := list[:0]
	for _, word := range list {
		if word = strings.Join(strings.Fields(word), " "); word != "" {
			words = append(words, word)
		}
	}
	return words, nil
}

func (m frontMatter) boolean(key string) (bool, error) {
	switch value := m.fields[key].(type) {
	case nil:
		return false, nil
	case bool:
		return value, nil
	default:
		return false, fieldError(key, "true or false", value)
	}
}

func (m frontMatter) integer(key string, low, high int) (int, error) {
	var n float64
	switch value := m.fields[key].(type) {
	case nil:
		return 0, nil
	case int:
		n = float64(value)
	case int64:
		n = float64(value)
	case float64:
		n = value
	default:
		n = math.NaN()
	}
	if n != math.Trunc(n) || n < float64(low) || n > float64(high) || math.IsNaN(n) {
		return 0, fieldError(key, fmt.Sprintf("a whole number from %d to %d", low, high), m.fields[key])
	}
	return int(n), nil
}

// oneOf reads a key that holds one of some words.
func (m frontMatter) oneOf(key string, words ...string) (string, error) {
	s, err := m.line(key)
	if err != nil || s == "" {
		return "", err
	}
	for _, word := range words {
		if strings.EqualFold(s, word) {
			return word, nil
		}
	}
	return "", fieldError(key, strings.Join(words, ", "), strconv.Quote(s))
}

// dateLayouts are the ways to write a date in a head; those with an offset come first.
var dateLayouts = []string{
	time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 -0700", "2006-01-02T15:04:05", "2006-01-02 15:04:05",
	"2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02", "2006-01", "2006",
}

func (m frontMatter) date(key string) (gallery.Date, error) {
	want := "a date like 2024-07-15 or 2024-07-15T18:30:00+02:00"
	switch value := m.fields[key].(type) {
	case nil:
		return gallery.Date{}, nil
	case time.Time: // YAML has no notion of a missing zone: midnight in UTC is a bare date
		if _, offset := value.Zone(); offset == 0 {
			return gallery.Wall(value), nil
		}
		return gallery.Zoned(value), nil
	case toml.LocalDate:
		return gallery.Wall(value.AsTime(time.UTC)), nil
	case toml.LocalDateTime:
		return gallery.Wall(value.AsTime(time.UTC)), nil
	case int, int64, string:
		s := strings.TrimSpace(fmt.Sprint(value))
		for i, layout := range dateLayouts {
			if t, err := time.Parse(layout, s); err == nil && t.Year() > 0 {
				if i < 3 {
					return gallery.Zoned(t), nil
				}
				return gallery.Wall(t), nil
			}
		}
	}
	return gallery.Date{}, fieldError(key, want, m.fields[key])
}

// parseAlbum reads an index.md. What it does not say is left empty.
func parseAlbum(text []byte) (gallery.Album, error) {
	m, err := parseFrontMatter(text)
	if err != nil {
		return gallery.Album{}, err
	}
	a := gallery.Album{Text: m.body}
	var errs [9]error
	a.Title, errs[0] = m.line("title")
	a.Description, errs[1] = m.line("description", "summary")
	a.Cover, errs[2] = m.text("cover", "thumbnail")
	a.Date, errs[3] = m.date("date")
	a.Sort, errs[4] = m.oneOf("sort", "taken", "name", "modified", "rating")
	a.Order, errs[5] = m.oneOf("order", "ascending", "descending")
	a.Hidden, errs[6] = m.boolean("hidden")
	a.Weight, errs[7] = m.integer("weight", -1_000_000, 1_000_000)
	return a, errors.Join(errs[:]...)
}

// mergeText adds what an IMG.jpg.md says to a record: the owner's own words come before what the file says of itself.
func mergeText(r *gallery.Record, text []byte) error {
	m, err := parseFrontMatter(text)
	if err != nil {
		return err
	}
	title, err0 := m.line("title")
	caption, err1 := m.text("caption", "description")
	taken, err2 := m.date("date")
	keywords, err3 := m.list("keywords", "tags")
	persons, err4 := m.list("persons", "people")
	rating, err5 := m.integer("rating", -1, 5)
	if title != "" {
		r.Title = title
	}
	if m.body != "" {
		r.Caption, r.Markdown = m.body, true
	} else if caption != "" {
		r.Caption, r.Markdown = caption, false
	}
	if !taken.IsZero() {
		r.Taken, r.TakenFrom = taken, "sidecar"
	}
	r.Keywords = union(r.Keywords, keywords)
	r.Persons = union(r.Persons, persons)
	if rating != 0 {
		r.Rating = rating
	}
	return errors.Join(err0, err1, err2, err3, err4, err5)
}

// union adds to a list what it does not hold yet, whatever its case.
func union(list, more []string) []string {
	for _, s := range more {
		known := false
		for _, k := range list {
			known = known || strings.EqualFold(k, s)
		}
		if !known {
			list = append(list, s)
		}
	}
	return list
}
