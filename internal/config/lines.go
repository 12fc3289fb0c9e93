package config

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// maxDepth is how many parts the key of a setting has at most.
const maxDepth = 2

// lines finds the line on which each key and table of a document is written first, by dotted key, down to maxDepth. The
// document has been parsed without an error before.
func lines(data []byte) map[string]int {
	found := map[string]int{}
	offset, line := 0, 1 // keys come in the order of the text
	p := unstable.Parser{}
	p.Reset(data)
	var note func(prefix string, depth int, node *unstable.Node) (key string, below int)
	note = func(prefix string, depth int, node *unstable.Node) (string, int) {
		key := prefix
		for it := node.Key(); it.Next() && depth < maxDepth; depth++ {
			part := it.Node()
			line += bytes.Count(data[offset:part.Raw.Offset], []byte{'\n'})
			offset = int(part.Raw.Offset)
			key += quote(string(part.Data))
			if _, ok := found[key]; !ok {
				found[key] = line
			}
			key += "."
		}
		if depth < maxDepth && node.Kind == unstable.KeyValue && node.Value().Kind == unstable.InlineTable {
			for it := node.Value().Children(); it.Next(); {
				note(key, depth, it.Node())
			}
		}
		return key, depth
	}
	table, depth := "", 0
	for p.NextExpression() {
		switch node := p.Expression(); node.Kind {
		case unstable.Table, unstable.ArrayTable:
			table, depth = note("", 0, node)
		case unstable.KeyValue:
			note(table, depth, node)
		}
	}
	return found
}

// quote writes one part of a dotted key as in TOML: in quotes unless it is bare.
func quote(name string) string {
	bare := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '-'
	}
	if name != "" && strings.IndexFunc(name, func(r rune) bool { return !bare(r) }) < 0 {
		return name
	}
	return strconv.Quote(name)
}
