package browser

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"path"
	"regexp"
	"strings"
	"sync"
)

//go:embed engine/*.js
var modules embed.FS

// entry is the module that pages import.
const entry = "answer.js"

// Engine returns the search engine: one module, since a page that fetched two dozen that import each other would wait for one after
// another, and its path below public/, which names it by what it holds.
func Engine() (at string, body []byte) {
	e := engine()
	return e.path, e.body
}

type engineFile struct {
	path string
	body []byte
}

var engine = sync.OnceValue(func() engineFile {
	b := bundler{done: map[string]bool{}}
	if err := b.add(entry); err != nil {
		panic(err) // the modules are part of the program, and its tests bundle them
	}
	sum := sha256.Sum256([]byte(b.text.String()))
	return engineFile{fmt.Sprintf("%s/engine.%s.js", Dir, hex.EncodeToString(sum[:4])), []byte(b.text.String())}
})

// A bundler makes one module of several. It reads the modules of this package: imports are at the start of lines and name what they
// import, exports stand before const, function, async function or class, and comments have lines of their own.
type bundler struct {
	text strings.Builder
	done map[string]bool
}

var (
	importLine  = regexp.MustCompile(`(?m)^import \{ ([^}]+) \} from "\./([a-z]+\.js)";\n`)
	exportStart = regexp.MustCompile(`(?m)^export ((?:const|(?:async )?function|class) )`)
	exportNames = regexp.MustCompile(`(?m)^export (?:(?:async )?function|class) (\w+)|^export const ([^;\n]+)`)
	constNames  = regexp.MustCompile(`(?:^|, )(\w+) = `)
	indents     = regexp.MustCompile(`(?m)^ +`)
	comments    = regexp.MustCompile(`(?m)^[ ]*//.*\n|^[ ]*/\*\*(?s:.*?)\*/\n`)
)

// variable is the name of what a module exports.
func variable(module string) string { return "$" + strings.TrimSuffix(module, ".js") }

// add adds a module, those that it imports first.
func (b *bundler) add(module string) error {
	if b.done[module] {
		return nil
	}
	b.done[module] = true
	source, err := modules.ReadFile(path.Join("engine", module))
	if err != nil {
		return err
	}
	text := indents.ReplaceAllString(comments.ReplaceAllString(string(source), ""), "")
	for _, m := range importLine.FindAllStringSubmatch(text, -1) {
		if err := b.add(m[2]); err != nil {
			return err
		}
	}
	text = importLine.ReplaceAllStringFunc(text, func(line string) string {
		m := importLine.FindStringSubmatch(line)
		return fmt.Sprintf("const { %s } = %s;\n", strings.ReplaceAll(m[1], " as ", ": "), variable(m[2]))
	})
	if module == entry {
		b.text.WriteString(text)
		return nil
	}
	var names []string
	for _, m := range exportNames.FindAllStringSubmatch(text, -1) {
		if m[1] != "" {
			names = append(names, m[1])
			continue
		}
		for _, c := range constNames.FindAllStringSubmatch(m[2], -1) {
			names = append(names, c[1])
		}
	}
	text = exportStart.ReplaceAllString(text, "$1")
	fmt.Fprintf(&b.text, "const %s = (() => {\n%sreturn { %s };\n})();\n", variable(module), text, strings.Join(names, ", "))
	return nil
}
