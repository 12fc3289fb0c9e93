package config

import (
	_ "embed"
	"strings"
)

//go:embed default.toml
var defaultTOML string

//go:embed schema.json
var schema string

// hint starts the line that tells editors (those that use Taplo, as VS Code's "Even Better TOML" does) where the schema is.
const hint = "#:schema "

// Template returns the text of config.toml: every key, explained, at its default. With the path of a file that holds
// [Schema], relative to config.toml, editors complete and check what is typed; it may be empty.
func Template(schema string) string {
	if schema == "" {
		return defaultTOML
	}
	return hint + strings.NewReplacer("\n", "", "\r", "").Replace(schema) + "\n\n" + defaultTOML
}

// Schema returns the JSON Schema (draft 2020-12) of config.toml. [Load] refuses a little more, which a schema can't say: a
// renditions.thumbnail larger than renditions.preview, and a base_url or timezone that only looks like one.
func Schema() string { return schema }
