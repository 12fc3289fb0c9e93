package config

import (
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maxText is the most characters that a text may have; more is a file in the wrong place.
const maxText = 10000

// A format is a rule that a text has to match, and how to say so. The patterns mean the same to Go and to JSON Schema.
type format struct {
	pattern *regexp.Regexp
	words   string
}

// formats are the values of the tag "format". A text without that tag may be anything.
var formats = map[string]format{
	"line":    {regexp.MustCompile(`^[^\x00-\x1f\x7f]*$`), "one line of text"},
	"title":   {regexp.MustCompile(`^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$`), "one line of text, not empty"},
	"word":    {regexp.MustCompile(`^[^\x00-\x1f\x7f]+$`), "words of one line each, not empty"},
	"pattern": {regexp.MustCompile(`^[^\x00-\x1f\x7f]+$`), "patterns of one line each, not empty"},
	// A folder's name has no colon but a drive's, so that a mistyped scheme is not taken for a folder. The rules for
	// names of S3 buckets: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
	"bucket": {
		regexp.MustCompile(`^(s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]|([A-Za-z]:)?[^:\x00-\x1f\x7f]+)$`),
		`a folder (without a colon in its name) or "s3://name"`,
	},
	"s3": {
		regexp.MustCompile(`^(s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$`),
		`"s3://name", or empty`,
	},
	"name": {
		regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`),
		"letters, digits, '.', '_' and '-', at most 64, starting with a letter or digit",
	},
	"color":  {regexp.MustCompile(`^#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$`), `a colour such as "#fff" or "#1a2b3c"`},
	"accent": {regexp.MustCompile(`^(#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6}))?$`), `a colour such as "#fff" or "#1a2b3c", or empty`},
	// The form of RFC 5646, not its registry.
	"language": {regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,7}$`), `a language tag such as "en" or "pt-BR"`},
	// The form of names in the IANA time zone database; whether there is such a zone is up to time.LoadLocation.
	"timezone": {
		regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_+/-]{0,63}$`),
		`a time zone such as "UTC" or "Europe/Oslo"`,
	},
	"url": {
		regexp.MustCompile(`^(https?://[A-Za-z0-9\[][A-Za-z0-9.\[\]:_-]*(/[^\x00-\x20\x7f"'<>\\?#]*)?)?$`),
		`an address that starts with "http://" or "https://", without user, "?" and "#", or empty`,
	},
}

// A setting is one key of a Config.
type setting struct {
	key   string // "theme.row_height"
	value reflect.Value
	tag   reflect.StructTag
}

// settings returns every key of c, in the order of the struct. Setting a value changes c.
func (c *Config) settings() []setting {
	var all []setting
	var walk func(prefix string, v reflect.Value)
	walk = func(prefix string, v reflect.Value) {
		for i := range v.NumField() {
			field := v.Type().Field(i)
			key := prefix + field.Tag.Get("toml")
			if field.Type.Kind() == reflect.Struct {
				walk(key+".", v.Field(i))
				continue
			}
			all = append(all, setting{key, v.Field(i), field.Tag})
		}
	}
	walk("", reflect.ValueOf(c).Elem())
	return all
}

// bounds returns the tags "min" and "max" of a number.
func (s setting) bounds() (low, high int64) {
	low, _ = strconv.ParseInt(s.tag.Get("min"), 10, 64)
	high, _ = strconv.ParseInt(s.tag.Get("max"), 10, 64)
	return low, high
}

// allowed says in words which values the setting may have.
func (s setting) allowed() string {
	switch s.value.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		low, high := s.bounds()
		return fmt.Sprintf("a whole number from %d to %d", low, high)
	case reflect.Slice:
		return "a list of " + formats[s.tag.Get("format")].words
	}
	if words := strings.Fields(s.tag.Get("oneof")); len(words) > 0 {
		return `"` + strings.Join(words[:len(words)-1], `", "`) + `" or "` + words[len(words)-1] + `"`
	}
	if f, ok := formats[s.tag.Get("format")]; ok {
		return f.words
	}
	return "text"
}

// valid reports whether the setting's value is one of those allowed.
func (s setting) valid() bool {
	switch s.value.Kind() {
	case reflect.Bool:
		return true
	case reflect.Int:
		low, high := s.bounds()
		return low <= s.value.Int() && s.value.Int() <= high
	case reflect.Slice:
		for i := range s.value.Len() {
			if !s.validText(s.value.Index(i).String()) {
				return false
			}
		}
		return true
	}
	return s.validText(s.value.String())
}

func (s setting) validText(text string) bool {
	if !utf8.ValidString(text) || utf8.RuneCountInString(text) > maxText {
		return false
	}
	if words := s.tag.Get("oneof"); words != "" {
		for word := range strings.FieldsSeq(words) {
			if word == text {
				return true
			}
		}
		return false
	}
	switch name := s.tag.Get("format"); name {
	case "":
		return true
	case "url":
		_, err := url.Parse(text)
		return err == nil && formats[name].pattern.MatchString(text)
	case "timezone":
		_, err := time.LoadLocation(text)
		return err == nil && text != "Local" && formats[name].pattern.MatchString(text)
	default:
		return formats[name].pattern.MatchString(text)
	}
}

// wrong is the error for a value that a setting can't have.
func (s setting) wrong(value any) error {
	return fmt.Errorf("%s = %s: use %s", s.key, show(value), s.allowed())
}

// show writes a value for an error, on one line and not too long.
func show(value any) string {
	text := fmt.Sprint(value)
	if s, ok := value.(string); ok {
		text = strconv.Quote(s)
	} else if list, ok := value.([]string); ok {
		text = fmt.Sprintf("%q", list)
	} else if list, ok := value.([]any); ok && len(list) == 0 {
		text = "[]"
	}
	return clip(text)
}

// clip makes a text that may hold anything fit for an error.
func clip(text string) string {
	const most = 60
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
}

// A problem is what is wrong with a key, or with several of them together.
type problem struct {
	keys []string
	err  error
}

// Validate reports every wrong value with its key and what is allowed, joined by errors.Join; nil when all is well.
func (c Config) Validate() error {
	var all []error
	for _, p := range c.problems() {
		all = append(all, p.err)
	}
	return errors.Join(all...)
}

// problems returns every wrong value.
func (c *Config) problems() []problem {
	var all []problem
	for _, s := range c.settings() {
		if !s.valid() {
			all = append(all, problem{[]string{s.key}, s.wrong(s.value.Interface())})
		}
	}
	if r := c.Renditions; r.Thumbnail > r.Preview {
		all = append(all, problem{[]string{"renditions.thumbnail", "renditions.preview"}, fmt.Errorf(
			"renditions.thumbnail = %d: use at most renditions.preview, which is %d", r.Thumbnail, r.Preview)})
	}
	if _, s3 := c.S3(); !s3 && c.Originals.Bucket != "" {
		all = append(all, problem{[]string{"originals.bucket", "bucket"}, fmt.Errorf(
			"originals.bucket = %s: leave it empty, or set bucket to an S3 bucket too: it is %s", show(c.Originals.Bucket), show(c.Bucket))})
	}
	return all
}
