package config

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

var update = flag.Bool("update", false, "write the files that are made from the Config struct")

// What is made from the struct. The hint in the repository's config.toml is relative to it.
const (
	rootFile   = "../../config.toml"
	docFile    = "../../docs/config.md"
	schemaHint = "./internal/config/schema.json"
)

func TestGenerated(t *testing.T) {
	fields := documented(t)
	text := defaultText(fields)
	for _, file := range []struct{ path, want string }{
		{"default.toml", text},
		{rootFile, hint + schemaHint + "\n\n" + text},
		{"schema.json", schemaText(t, fields)},
		{docFile, reference(fields)},
	} {
		if *update {
			if err := os.WriteFile(file.path, []byte(file.want), 0o666); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := os.ReadFile(file.path)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != file.want {
			t.Errorf("%s is not what the struct says; run go generate ./internal/config\ngot:\n%s\nwant:\n%s", file.path, got, file.want)
		}
	}
}

// A documented field is a setting, or a table when value is not valid, with its comment.
type documentedField struct {
	setting
	doc []string // lines
}

// documented returns the keys and tables of the struct in order, each with the comment above its field.
func documented(t *testing.T) []documentedField {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), "config.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	structs := map[string]*ast.StructType{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		if spec, ok := n.(*ast.TypeSpec); ok {
			if s, ok := spec.Type.(*ast.StructType); ok {
				structs[spec.Name.Name] = s
			}
		}
		return true
	})
	c := Default()
	settings := map[string]setting{}
	for _, s := range c.settings() {
		settings[s.key] = s
	}
	var all []documentedField
	var walk func(prefix, name string)
	walk = func(prefix, name string) {
		for _, field := range structs[name].Fields.List {
			tag := reflect.StructTag(strings.Trim(field.Tag.Value, "`"))
			key := prefix + tag.Get("toml")
			if field.Doc == nil || key == prefix {
				t.Fatalf("field %s.%s: give it a comment and a toml tag", name, field.Names[0].Name)
			}
			doc := strings.Split(strings.TrimSpace(field.Doc.Text()), "\n")
			if kind, ok := field.Type.(*ast.Ident); ok && structs[kind.Name] != nil {
				all = append(all, documentedField{setting{key: key}, doc})
				walk(key+".", kind.Name)
				continue
			}
			s, ok := settings[key]
			if !ok {
				t.Fatalf("key %s: in the source but not a setting", key)
			}
			delete(settings, key)
			all = append(all, documentedField{s, doc})
		}
	}
	walk("", "Config")
	if len(settings) != 0 {
		t.Fatalf("settings without documentation: %v", settings)
	}
	return all
}

func (f documentedField) isTable() bool { return !f.value.IsValid() }

// literal is the default as TOML, JSON and people write it; they agree on texts, numbers, truth and lists of texts.
func (f documentedField) literal() string {
	if f.value.Kind() == reflect.Slice && f.value.Len() == 0 {
		return "[]"
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(f.value.Interface()); err != nil {
		panic(err)
	}
	return strings.TrimSpace(b.String())
}

func defaultText(fields []documentedField) string {
	var b strings.Builder
	b.WriteString("# The configuration of a gallery. Every key is here at its default: change what you like, delete the rest.\n" +
		"# Unknown keys and wrong values are errors. An environment variable overrides a key: SHOEBOX_THEME_NAME sets theme.name.\n")
	for _, f := range fields {
		fmt.Fprintf(&b, "\n# %s\n", strings.Join(f.doc, "\n# "))
		if f.isTable() {
			fmt.Fprintf(&b, "[%s]\n", f.key)
			continue
		}
		fmt.Fprintf(&b, "# Allowed: %s.\n%s = %s\n", f.allowed(), f.key[strings.LastIndexByte(f.key, '.')+1:], f.literal())
	}
	return b.String()
}

func reference(fields []documentedField) string {
	var b strings.Builder
	b.WriteString(`# Configuration

<!-- Made from internal/config/config.go by "go generate ./internal/config": change it there. -->

A gallery's configuration is ` + "`config.toml`" + `. Every key is optional. An unknown key, a value of the wrong type or one that is not
allowed is an error that names file, line, key and value; all of them are reported at once, before anything is written.

An environment variable overrides the file: its name is given with each key below. In a list, elements are separated by commas.
An unknown variable that starts with ` + "`" + Prefix + "`" + ` is an error too.

Editors that know [Taplo](https://taplo.tamasfe.dev) complete and check the file by its first line, ` + "`#:schema`" + `, which names the
JSON Schema.
`)
	table := func(title string, doc string) {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", title, doc)
	}
	table("The gallery", "These stand at the top of the file, before the first table.")
	for _, f := range fields {
		doc := strings.Join(f.doc, "\n")
		if f.isTable() {
			table("["+f.key+"]", doc)
			continue
		}
		fmt.Fprintf(&b, "\n### %s\n\n%s\n\n- Default: `%s`\n- Allowed: %s\n- Environment: `%s`\n",
			f.key, doc, f.literal(), f.allowed(), Variable(f.key))
	}
	return b.String()
}

func schemaText(t *testing.T, fields []documentedField) string {
	t.Helper()
	type object = map[string]any
	table := func(doc []string) object {
		return object{"type": "object", "description": strings.Join(doc, " "), "additionalProperties": false, "properties": object{}}
	}
	root := table([]string{"The configuration of a Shoebox gallery."})
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "Shoebox configuration"
	tables := map[string]object{"": root}
	for _, f := range fields {
		name, parent := f.key, root
		if i := strings.LastIndexByte(f.key, '.'); i >= 0 {
			name, parent = f.key[i+1:], tables[f.key[:i]]
		}
		property := table(f.doc)
		if f.isTable() {
			tables[f.key] = property
		} else {
			property = object{"description": strings.Join(f.doc, " "), "default": json.RawMessage(f.literal())}
			switch f.value.Kind() {
			case reflect.Bool:
				property["type"] = "boolean"
			case reflect.Int:
				property["type"] = "integer"
				property["minimum"], property["maximum"] = f.bounds()
			case reflect.Slice:
				property["type"], property["items"] = "array", textSchema(f)
			default:
				for word, rule := range textSchema(f) {
					property[word] = rule
				}
			}
		}
		parent["properties"].(object)[name] = property
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(root); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// textSchema is the rule for a text, or for an element of a list of texts.
func textSchema(f documentedField) map[string]any {
	rule := map[string]any{"type": "string"}
	if words := strings.Fields(f.tag.Get("oneof")); len(words) > 0 {
		rule["enum"] = words
		return rule
	}
	rule["maxLength"] = maxText
	if format, ok := formats[f.tag.Get("format")]; ok {
		rule["pattern"] = format.pattern.String()
	}
	return rule
}

// A default that TOML reads differently than JSON would break config.toml.
func TestDefaultTextIsDefault(t *testing.T) {
	var tree map[string]any
	if err := toml.Unmarshal([]byte(Template("")), &tree); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{rootFile, "default.toml"} {
		got, err := Load(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if want := Default(); !reflect.DeepEqual(got, want) {
			t.Errorf("Load(%s) = %+v, want Default() = %+v", path, got, want)
		}
	}
}
