package page

import (
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"
	"text/template/parse"
)

// mainBlock is the block of the search page's layout that holds its results.
const mainBlock = "main"

// portable are the functions that layouts may call where another program than this one executes them: see [Layouts.Export]. Those that
// start with an underscore are what html/template puts into pipelines to escape what stands there.
var portable = strings.Fields(`date bytes duration took number plural join stars filetype box look dict and or not eq ne lt le gt ge len index
	print printf _html_template_attrescaper _html_template_commentescaper _html_template_cssescaper _html_template_cssvaluefilter
	_html_template_htmlescaper _html_template_nospaceescaper _html_template_rcdataescaper _html_template_urlescaper
	_html_template_urlfilter _html_template_urlnormalizer`)

// Export returns the block "main" of the search page and all that it calls, by name, for a program in a browser to execute: what it
// renders is then what [Layouts.Render] does. They are as html/template made them safe. Each is a list of nodes: a text, or a list of
// what it is and its parts.
//
//	["a", pipe]                  writes a value
//	["i", pipe, nodes, nodes]    if, else
//	["w", pipe, nodes, nodes]    with, else
//	["r", pipe, nodes, nodes]    range, else
//	["t", name, pipe]            template
//	["b"], ["c"]                 break, continue
//
// A pipe is [variables, whether they are assigned, commands], a command a list of arguments: ["."] the dot, ["n"] nil, ["l", v] a literal,
// ["f", name …] fields of the dot, ["v", name …] those of a variable, ["c", argument, name …] those of a value, ["x", name] a function,
// ["p", pipe]. An error names the layout that does what can't be exported.
func (l *Layouts) Export() (map[string]any, error) {
	e := exporter{root: l.byKind[Search], done: map[string]any{}}
	if e.root.Lookup(mainBlock) == nil {
		return nil, fmt.Errorf("layouts/search.html: it defines no block %q, which a search in the browser fills", mainBlock)
	}
	for next := []string{mainBlock}; len(next) > 0; {
		e.called = map[string]bool{}
		for _, name := range next {
			if err := e.template(name); err != nil {
				return nil, err
			}
		}
		next = slices.DeleteFunc(slices.Sorted(maps.Keys(e.called)), func(name string) bool { return e.done[name] != nil })
	}
	return e.done, nil
}

// An exporter makes lists of layouts.
type exporter struct {
	root   *template.Template
	done   map[string]any
	called map[string]bool
	err    error // the first one
	in     string
}

func (e *exporter) template(name string) error {
	t := e.root.Lookup(name)
	if t == nil || t.Tree == nil {
		// html/template has another one of each layout that stands within an attribute or script, and keeps it for itself.
		return fmt.Errorf("layouts: %q stands within a tag or script of the search page, where a search in the browser can't fill it", name)
	}
	e.in = t.Tree.ParseName
	e.done[name] = e.list(t.Tree.Root)
	return e.err
}

func (e *exporter) fail(n parse.Node, what string) any {
	if e.err == nil {
		e.err = fmt.Errorf("layouts/%s: %s: a search in the browser has no %s", e.in, n, what)
	}
	return nil
}

func (e *exporter) list(l *parse.ListNode) []any {
	all := []any{}
	if l == nil {
		return all
	}
	for _, n := range l.Nodes {
		switch n := n.(type) {
		case *parse.TextNode:
			all = append(all, string(n.Text))
		case *parse.ActionNode:
			all = append(all, []any{"a", e.pipe(n.Pipe)})
		case *parse.IfNode:
			all = append(all, []any{"i", e.pipe(n.Pipe), e.list(n.List), e.list(n.ElseList)})
		case *parse.WithNode:
			all = append(all, []any{"w", e.pipe(n.Pipe), e.list(n.List), e.list(n.ElseList)})
		case *parse.RangeNode:
			all = append(all, []any{"r", e.pipe(n.Pipe), e.list(n.List), e.list(n.ElseList)})
		case *parse.TemplateNode:
			e.called[n.Name] = true
			all = append(all, []any{"t", n.Name, e.pipe(n.Pipe)})
		case *parse.BreakNode:
			all = append(all, []any{"b"})
		case *parse.ContinueNode:
			all = append(all, []any{"c"})
		case *parse.CommentNode:
		default:
			e.fail(n, "such part")
		}
	}
	return all
}

func (e *exporter) pipe(p *parse.PipeNode) any {
	if p == nil {
		return nil
	}
	variables := []string{}
	for _, v := range p.Decl {
		variables = append(variables, v.Ident[0])
	}
	commands := []any{}
	for _, c := range p.Cmds {
		arguments := []any{}
		for _, a := range c.Args {
			arguments = append(arguments, e.argument(a))
		}
		commands = append(commands, arguments)
	}
	return []any{variables, p.IsAssign, commands}
}

func (e *exporter) argument(n parse.Node) any {
	with := func(kind string, first []any, names []string) any {
		all := append([]any{kind}, first...)
		for _, name := range names {
			all = append(all, name)
		}
		return all
	}
	switch n := n.(type) {
	case *parse.DotNode:
		return []any{"."}
	case *parse.NilNode:
		return []any{"n"}
	case *parse.BoolNode:
		return []any{"l", n.True}
	case *parse.StringNode:
		return []any{"l", n.Text}
	case *parse.NumberNode:
		if n.IsInt || n.IsFloat {
			return []any{"l", n.Float64}
		}
	case *parse.FieldNode:
		return with("f", nil, n.Ident)
	case *parse.VariableNode:
		return with("v", nil, n.Ident)
	case *parse.ChainNode:
		return with("c", []any{e.argument(n.Node)}, n.Field)
	case *parse.PipeNode:
		return []any{"p", e.pipe(n)}
	case *parse.IdentifierNode:
		if slices.Contains(portable, n.Ident) {
			return []any{"x", n.Ident}
		}
		return e.fail(n, "function "+n.Ident)
	}
	return e.fail(n, "such value")
}
