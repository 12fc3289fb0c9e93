package theme

import (
	"bytes"
	"html"
	"html/template"
	"net/url"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// maxMarkdown is the longest text, in bytes, that is read as Markdown. Parsing recurses by nesting and some inputs take time
// that grows with their square; a longer one is no caption, and is shown as it is.
const maxMarkdown = 64 << 10

// maxNesting is how many block markers a line may begin with ("> > > - - 1.") for the text to be read as Markdown.
const maxNesting = 32

// Markdown renders the owner's text: CommonMark with tables, strikethrough and bare links. HTML in it is shown as text, links
// lead to relative, http, https, mailto or tel addresses only, and a picture at another host becomes a link to it, since pages
// fetch nothing from elsewhere. Headings begin at h2 and leave no level out. It never fails: a text that is too long or too
// deeply nested is returned as one paragraph.
func Markdown(src string) template.HTML {
	if !readable(src) {
		return template.HTML("<p>" + html.EscapeString(strings.TrimSpace(clean(src))) + "</p>\n")
	}
	var b bytes.Buffer
	if err := markdown().Convert([]byte(clean(src)), &b); err != nil { // a Buffer does not fail, and goldmark has no other error
		return template.HTML("<p>" + html.EscapeString(src) + "</p>\n")
	}
	return template.HTML(b.String())
}

// PlainText returns what a reader of the rendered text would read, on one line.
func PlainText(src string) string {
	if !readable(src) {
		return strings.Join(strings.Fields(clean(src)), " ")
	}
	source := []byte(clean(src))
	var b strings.Builder
	doc := markdown().Parser().Parse(text.NewReader(source))
	// The walker's function never fails.
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if n.Type() == ast.TypeBlock {
			b.WriteByte(' ')
		}
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Text:
			value := n.Segment.Value(source)
			if !n.IsRaw() {
				value = util.ResolveEntityNames(util.ResolveNumericReferences(util.UnescapePunctuations(value)))
			}
			b.Write(value)
			if n.SoftLineBreak() || n.HardLineBreak() {
				b.WriteByte(' ')
			}
		case *ast.String:
			b.Write(n.Value)
		case *ast.AutoLink:
			b.Write(n.Label(source))
		case *ast.RawHTML:
			b.Write(n.Segments.Value(source))
		case *ast.HTMLBlock:
			b.WriteString(blockText(n, source))
		case *ast.CodeBlock, *ast.FencedCodeBlock:
			b.Write(n.Lines().Value(source))
		}
		return ast.WalkContinue, nil
	})
	return strings.Join(strings.Fields(b.String()), " ")
}

// clean replaces what is no text.
func clean(src string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(src, "\uFFFD"), "\x00", "\uFFFD")
}

func readable(src string) bool {
	if len(src) > maxMarkdown {
		return false
	}
	for line := range strings.SplitSeq(src, "\n") {
		markers := 0
		for i := 0; i < len(line) && strings.IndexByte(">-+*.) \t0123456789", line[i]) >= 0; i++ {
			space := i+1 < len(line) && (line[i+1] == ' ' || line[i+1] == '\t')
			if line[i] == '>' || space && strings.IndexByte("-+*.)", line[i]) >= 0 {
				markers++
			}
		}
		if markers > maxNesting {
			return false
		}
	}
	return true
}

func markdown() goldmark.Markdown {
	return goldmark.New(
		goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.Linkify),
		goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(transformer{}, 1000))),
		goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(rawAsText{}, 1))),
	)
}

// A transformer keeps the promises that Markdown makes of headings, links and pictures.
type transformer struct{}

// Transform implements [parser.ASTTransformer].
func (transformer) Transform(doc *ast.Document, reader text.Reader, _ parser.Context) {
	level := 1
	var replace []ast.Node // afterwards, since a walk does not survive it
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			n.Level = min(max(n.Level, 2), level+1, 6)
			level = n.Level
		case *ast.Link:
			if !safe(n.Destination) {
				n.Destination = []byte("#")
			}
		case *ast.Image, *ast.AutoLink:
			replace = append(replace, n)
		}
		return ast.WalkContinue, nil
	})
	for _, n := range replace {
		var by ast.Node
		switch n := n.(type) {
		case *ast.AutoLink:
			if n.AutoLinkType == ast.AutoLinkEmail || safe(n.URL(reader.Source())) {
				continue
			}
			label := ast.NewString(n.Label(reader.Source()))
			label.SetRaw(true)
			by = label
		case *ast.Image:
			if local(n.Destination) {
				continue
			}
			by = linkInstead(n)
		}
		n.Parent().ReplaceChild(n.Parent(), n, by)
	}
}

// linkInstead makes a link to a picture's address, with the picture's description as its text.
func linkInstead(image *ast.Image) *ast.Link {
	link := ast.NewLink()
	link.Destination = image.Destination
	if !safe(image.Destination) {
		link.Destination = []byte("#")
	}
	for c := image.FirstChild(); c != nil; {
		next := c.NextSibling()
		link.AppendChild(link, c)
		c = next
	}
	if link.ChildCount() == 0 {
		link.AppendChild(link, ast.NewString([]byte("picture")))
	}
	return link
}

// safe reports whether an address leads to a page, a mail or a telephone, and nowhere else.
func safe(destination []byte) bool {
	u := address(destination)
	return u != nil && slices.Contains([]string{"", "http", "https", "mailto", "tel"}, u.Scheme)
}

// local reports whether an address is within this gallery.
func local(destination []byte) bool {
	u := address(destination)
	return u != nil && u.Scheme == "" && u.Host == ""
}

// address reads a destination as the renderer will write it; nil when it is none.
func address(destination []byte) *url.URL {
	u, err := url.Parse(string(util.URLEscape(destination, true)))
	if err != nil {
		return nil
	}
	return u
}

// rawAsText renders HTML in Markdown as the text it is, so that nothing the owner wrote vanishes.
type rawAsText struct{}

// RegisterFuncs implements [renderer.NodeRenderer].
func (rawAsText) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindRawHTML, func(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			_, _ = w.WriteString(html.EscapeString(string(n.(*ast.RawHTML).Segments.Value(source))))
		}
		return ast.WalkSkipChildren, nil
	})
	r.Register(ast.KindHTMLBlock, func(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			_, _ = w.WriteString("<p>" + html.EscapeString(strings.TrimSpace(blockText(n.(*ast.HTMLBlock), source))) + "</p>\n")
		}
		return ast.WalkContinue, nil
	})
}

func blockText(n *ast.HTMLBlock, source []byte) string {
	text := string(n.Lines().Value(source))
	if n.HasClosure() {
		text += string(n.ClosureLine.Value(source))
	}
	return text
}
