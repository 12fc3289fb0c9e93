package page

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"
)

// frame is the layout that every page starts from; a kind's own layout defines the blocks in it.
const frame = "baseof.html"

// Kinds returns the kinds of page, each of which has a layout of its name.
func Kinds() []string { return []string{Front, Album, Item, Search, Overview, Collection, NotFound} }

// Layouts are a theme's layouts, parsed. They are safe for concurrent use.
type Layouts struct {
	byKind map[string]*template.Template
}

// Parse reads layouts by their names below layouts/: "baseof.html", "front.html", "album.html", "item.html", "search.html",
// "overview.html", "collection.html", "404.html" and any number of "partials/….html", which all of them may call by that name. An
// error names the file, and the line where there is one; it also tells of a layout that is missing, that has a name we don't know,
// or that puts data where it can't be made safe.
func Parse(files map[string]string) (*Layouts, error) {
	if err := checkNames(files); err != nil {
		return nil, err
	}
	// Names are those the owner sees, since they stand in every message.
	shared := template.New("layouts").Funcs(functions()).Option("missingkey=error")
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if name != frame && !strings.HasPrefix(name, "partials/") {
			continue
		}
		if err := add(shared, name, files[name]); err != nil {
			return nil, err
		}
	}
	l := &Layouts{byKind: map[string]*template.Template{}}
	for _, kind := range Kinds() {
		t, err := shared.Clone()
		if err != nil {
			return nil, fmt.Errorf("layouts: %w", err)
		}
		if err := add(t, kind+".html", files[kind+".html"]); err != nil {
			return nil, err
		}
		t = t.Lookup(frame)
		// html/template looks at what data may stand where when a template is first executed. Without data the execution
		// fails at once, and what is left is whether that look succeeded.
		var unsafe *template.Error
		if err := t.Execute(io.Discard, nil); errors.As(err, &unsafe) {
			if unsafe.Line == 0 && unsafe.Node == nil { // what the page ends in has no line
				return nil, fmt.Errorf("layouts/%s.html or %s: a quote, tag or comment is left open: %s", kind, frame, unsafe.Description)
			}
			return nil, layoutError(kind, err)
		}
		l.byKind[kind] = t
	}
	return l, nil
}

// checkNames tells of layouts that are missing, and of those nobody would use.
func checkNames(files map[string]string) error {
	known := []string{frame}
	for _, kind := range Kinds() {
		known = append(known, kind+".html")
	}
	for _, name := range known {
		if _, ok := files[name]; !ok {
			return fmt.Errorf("layouts/%s is missing", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !slices.Contains(known, name) && !strings.HasPrefix(name, "partials/") {
			return fmt.Errorf("layouts/%s is not used: layouts are %s and partials/….html", name, strings.Join(known, ", "))
		}
	}
	return nil
}

func add(t *template.Template, name, text string) error {
	if _, err := t.New(name).Parse(text); err != nil {
		return layoutError(strings.TrimSuffix(name, ".html"), err)
	}
	return nil
}

// Render writes a page. It writes nothing unless the whole page could be rendered; the error names the layout and line.
func (l *Layouts) Render(w io.Writer, p *Page) error {
	t, ok := l.byKind[p.Kind]
	if !ok {
		return fmt.Errorf("page %s is of kind %q, which has no layout", p.Path, p.Kind)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, p); err != nil {
		return fmt.Errorf("page %s: %w", p.Path, layoutError(p.Kind, err))
	}
	_, err := w.Write(b.Bytes())
	return err
}

// layoutError puts the file before what the template packages say: "template: album.html:3:7: …" becomes
// "layouts/album.html:3:7: …".
func layoutError(layout string, err error) error {
	text := err.Error()
	for _, prefix := range []string{"html/template: ", "html/template:", "template: "} {
		rest, ok := strings.CutPrefix(text, prefix)
		if !ok {
			continue
		}
		if file, _, found := strings.Cut(rest, ":"); found && strings.HasSuffix(file, ".html") {
			return errors.New("layouts/" + rest)
		}
		text = rest
		break
	}
	return fmt.Errorf("layouts/%s.html: %s", layout, text)
}
