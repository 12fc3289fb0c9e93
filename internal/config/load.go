package config

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// maxFile is the most bytes that a configuration may have. It bounds how deep a hostile one can nest, and the time to read one:
// go-toml looks for duplicate keys one by one.
const maxFile = 64 << 10

// Prefix starts the name of every environment variable that sets a key: SHOEBOX_THEME_NAME sets theme.name.
const Prefix = "SHOEBOX_"

// notKeys are the variables with that prefix that set no key: they steer the project's own tests.
var notKeys = []string{"SHOEBOX_BIN", "SHOEBOX_REQUIRE_ALL", "SHOEBOX_SKIPPED"}

// Load reads the configuration from a file in TOML and lets the environment, in the form of os.Environ, override it. What
// neither sets is as in [Default]. BaseURL gets its slash at the end. With an empty path there is only the environment.
//
// The error names every problem at once: file and line or variable, key, value and what is allowed. It wraps fs.ErrNotExist
// when there is no such file.
func Load(path string, env []string) (Config, error) {
	if path == "" {
		return Parse("", nil, env)
	}
	data, err := read(path)
	if err != nil {
		return Config{}, fmt.Errorf("read configuration: %w", err)
	}
	return Parse(path, data, env)
}

func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxFile {
		return nil, tooLarge(path)
	}
	return data, nil
}

func tooLarge(file string) error {
	return fmt.Errorf("%s is larger than %d KiB: is it a configuration?", file, maxFile>>10)
}

// Parse is [Load] of the text of a configuration; file is what errors call it.
func Parse(file string, data []byte, env []string) (Config, error) {
	if len(data) > maxFile {
		return Config{}, tooLarge(file)
	}
	tree := map[string]any{}
	if err := toml.Unmarshal(data, &tree); err != nil {
		if at := (*toml.DecodeError)(nil); errors.As(err, &at) {
			line, column := at.Position()
			return Config{}, fmt.Errorf("%s:%d:%d: %s", file, line, column, strings.TrimPrefix(at.Error(), "toml: "))
		}
		return Config{}, fmt.Errorf("%s: %w", file, err)
	}
	c := Default()
	l := loader{file: file, lines: lines(data), settings: c.settings(), variables: map[string]string{}}
	l.table("", tree)
	l.environment(env)
	for _, p := range c.problems() {
		l.wrong(p.keys[max(slices.IndexFunc(p.keys, l.isSet), 0)], p.err)
	}
	if err := l.err(); err != nil {
		return Config{}, err
	}
	if c.BaseURL != "" && !strings.HasSuffix(c.BaseURL, "/") {
		c.BaseURL += "/"
	}
	return c, nil
}

// A loader carries values from a file and the environment into the settings of a configuration.
type loader struct {
	file      string
	lines     map[string]int // where a key or table is written first
	settings  []setting
	variables map[string]string // the environment variable that set a key
	problems  []located
}

// A located problem is one with where it is.
type located struct {
	line int // in the file; after all of them for the environment
	err  error
}

// table sets the keys of one table of the file; prefix is "" or ends in a dot.
func (l *loader) table(prefix string, tree map[string]any) {
	for name, value := range tree {
		key := prefix + quote(name)
		if l.isTable(key) {
			if below, ok := value.(map[string]any); ok {
				l.table(key+".", below)
			} else {
				l.wrong(key, fmt.Errorf("%s = %s: use a table, [%s]", key, show(value), key))
			}
			continue
		}
		i := slices.IndexFunc(l.settings, func(s setting) bool { return s.key == key })
		if i < 0 {
			l.wrong(key, fmt.Errorf("%s: unknown key; %s", clip(key), l.known(prefix)))
			continue
		}
		if s := l.settings[i]; !assign(s.value, value) {
			l.wrong(key, s.wrong(value))
		}
	}
}

// wrong reports a problem with a key, where that was set.
func (l *loader) wrong(key string, err error) {
	if name, ok := l.variables[key]; ok {
		l.wrongVariable(name, err)
		return
	}
	line := l.line(key)
	l.problems = append(l.problems, located{line, fmt.Errorf("%s:%d: %w", l.file, line, err)})
}

// isSet reports whether the file or the environment sets a key.
func (l *loader) isSet(key string) bool {
	_, inFile := l.lines[key]
	_, inEnvironment := l.variables[key]
	return inFile || inEnvironment
}

func (l *loader) wrongVariable(name string, err error) {
	l.problems = append(l.problems, located{math.MaxInt, fmt.Errorf("environment variable %s: %w", clip(name), err)})
}

// err joins all problems, in the order of the file.
func (l *loader) err() error {
	slices.SortFunc(l.problems, func(a, b located) int {
		return cmp.Or(cmp.Compare(a.line, b.line), strings.Compare(a.err.Error(), b.err.Error()))
	})
	var all []error
	for _, p := range l.problems {
		all = append(all, p.err)
	}
	return errors.Join(all...)
}

// line returns the line that a key is on, or else that of the table around it.
func (l *loader) line(key string) int {
	for key != "" {
		if n, ok := l.lines[key]; ok {
			return n
		}
		key = key[:max(strings.LastIndexByte(key, '.'), 0)]
	}
	return 1
}

func (l *loader) isTable(key string) bool {
	return slices.ContainsFunc(l.settings, func(s setting) bool { return strings.HasPrefix(s.key, key+".") })
}

// known says which keys a table has.
func (l *loader) known(prefix string) string {
	var names []string
	for _, s := range l.settings {
		name, ok := strings.CutPrefix(s.key, prefix)
		if !ok {
			continue
		}
		if table, _, nested := strings.Cut(name, "."); nested {
			name = "[" + table + "]"
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	where := "the file"
	if prefix != "" {
		where = "[" + strings.TrimSuffix(prefix, ".") + "]"
	}
	return where + " can have " + strings.Join(names, ", ")
}

// environment sets the keys that variables name.
func (l *loader) environment(env []string) {
	for _, entry := range env {
		name, text, ok := strings.Cut(entry, "=")
		if !ok || !strings.HasPrefix(name, Prefix) || slices.Contains(notKeys, name) {
			continue
		}
		i := slices.IndexFunc(l.settings, func(s setting) bool { return Variable(s.key) == name })
		if i < 0 {
			l.wrongVariable(name, fmt.Errorf("it sets no key of the configuration; unset it (%s sets title)", Variable("title")))
			continue
		}
		s := l.settings[i]
		if !assignText(s.value, text) {
			l.wrongVariable(name, s.wrong(text))
			continue
		}
		l.variables[s.key] = name
	}
}

// Variable returns the name of the environment variable that sets a key: "SHOEBOX_THEME_NAME" for "theme.name".
func Variable(key string) string { return Prefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_")) }

// assign sets a field to a value of the file; it reports false, and sets nothing, when that is of another type.
func assign(field reflect.Value, value any) bool {
	switch value := value.(type) {
	case bool:
		if field.Kind() == reflect.Bool {
			field.SetBool(value)
			return true
		}
	case int64:
		if field.Kind() == reflect.Int && !field.OverflowInt(value) {
			field.SetInt(value)
			return true
		}
	case string:
		if field.Kind() == reflect.String {
			field.SetString(value)
			return true
		}
	case []any:
		if field.Kind() != reflect.Slice {
			return false
		}
		var list []string
		for _, element := range value {
			text, ok := element.(string)
			if !ok {
				return false
			}
			list = append(list, text)
		}
		field.Set(reflect.ValueOf(list))
		return true
	}
	return false
}

// assignText sets a field to the value of an environment variable. A list's elements have commas between them.
func assignText(field reflect.Value, text string) bool {
	switch field.Kind() {
	case reflect.Bool:
		return (text == "true" || text == "false") && assign(field, text == "true")
	case reflect.Int:
		n, err := strconv.ParseInt(text, 10, 64)
		return err == nil && assign(field, n)
	case reflect.Slice:
		var list []string
		for element := range strings.SplitSeq(text, ",") {
			if element = strings.TrimSpace(element); element != "" {
				list = append(list, element)
			}
		}
		field.Set(reflect.ValueOf(list))
		return true
	}
	return assign(field, text)
}
