package theme_test

import (
	"strings"
	"testing"
	"time"

	"shoebox/generator/theme"
)

func TestMarkdown(t *testing.T) {
	for _, c := range []struct{ name, src, html, text string }{
		{"empty", "", "", ""},
		{"paragraph", "Hello *world* & \"you\"", "<p>Hello <em>world</em> &amp; &quot;you&quot;</p>", `Hello world & "you"`},
		{"no typographer", "a -- b... 'c'", "<p>a -- b... 'c'</p>", "a -- b... 'c'"},
		{"entities", "fish &amp; chips \\* &eacute;", "<p>fish &amp; chips * é</p>", "fish & chips * é"},
		{"lines", "one\ntwo  \nthree", "<p>one\ntwo<br>\nthree</p>", "one two three"},
		{"headings start at two", "# A\n\n### B\n\n# C", "<h2>A</h2>\n<h3>B</h3>\n<h2>C</h2>", "A B C"},
		{"strikethrough and table", "~~x~~\n\n|a|b|\n|-|:-:|\n|1|2|", "<p><del>x</del></p>\n<table>\n<thead>\n<tr>\n<th>a</th>\n" +
			`<th style="text-align:center">b</th>` + "\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>1</td>\n" +
			`<td style="text-align:center">2</td>` + "\n</tr>\n</tbody>\n</table>", "x a b 1 2"},
		{"links", "[a](b.jpg.html) https://example.org/?a=1&b=2", `<p><a href="b.jpg.html">a</a> ` +
			`<a href="https://example.org/?a=1&amp;b=2">https://example.org/?a=1&amp;b=2</a></p>`, "a https://example.org/?a=1&b=2"},
		{"code", "`<b>` and\n\n```\nx < y\n```", "<p><code>&lt;b&gt;</code> and</p>\n<pre><code>x &lt; y\n</code></pre>", "<b> and x < y"},
		{"html is text", "I <b>like</b> <script>alert(1)</script>", "<p>I &lt;b&gt;like&lt;/b&gt; &lt;script&gt;alert(1)&lt;/script&gt;</p>",
			"I <b>like</b> <script>alert(1)</script>"},
		{"html block is text", "<div onclick=x>\nhi\n</div>", "<p>&lt;div onclick=x&gt;\nhi\n&lt;/div&gt;</p>", "<div onclick=x> hi </div>"},
		{"html comment is text", "<!-- a\n\nb -->", "<p>&lt;!-- a\n\nb --&gt;</p>", "<!-- a b -->"},
		{"javascript", "[a](javascript:alert(1))", `<p><a href="#">a</a></p>`, "a"},
		{"javascript in disguise", "[a](JaVa&#x53;cript:alert(1)) [b](&#1;javascript:x) [c](java\\script:x) [d](vbscript:x)",
			`<p><a href="#">a</a> <a href="#">b</a> <a href="#">c</a> <a href="#">d</a></p>`, "a b c d"},
		{"data", "[a](data:text/html,x) [b](data:image/png;base64,x) [c](file:///etc)", `<p><a href="#">a</a> <a href="#">b</a> <a href="#">c</a></p>`, "a b c"},
		{"autolink", "<javascript:alert(1)> <https://example.org/>", `<p>javascript:alert(1) <a href="https://example.org/">https://example.org/</a></p>`,
			"javascript:alert(1) https://example.org/"},
		{"mail", "[a](mailto:a@example.org) [b](tel:+47)", `<p><a href="mailto:a@example.org">a</a> <a href="tel:+47">b</a></p>`, "a b"},
		{"picture beside", "![a](x.jpg)", `<p><img src="x.jpg" alt="a"></p>`, "a"},
		{"picture elsewhere", "![a](https://example.org/x.jpg) ![](//example.org/x)",
			`<p><a href="https://example.org/x.jpg">a</a> <a href="//example.org/x">picture</a></p>`, "a picture"},
		{"quotes in a link", `[a](<x" onmouseover="y>)`, `<p><a href="x%22%20onmouseover=%22y">a</a></p>`, "a"},
		{"not UTF-8", "a\xffb\x00c", "<p>a\uFFFDb\uFFFDc</p>", "a\uFFFDb\uFFFDc"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := strings.TrimSpace(string(theme.Markdown(c.src))); got != c.html {
				t.Errorf("Markdown(%q)\n got %s\nwant %s", c.src, got, c.html)
			}
			if got := theme.PlainText(c.src); got != c.text {
				t.Errorf("PlainText(%q)\n got %q\nwant %q", c.src, got, c.text)
			}
		})
	}
}

// The patterns known to be slow or deep in Markdown parsers, at a length that is parsed and one that is not. The worst of them take
// time with the square of the length, half a second at the limit of 64 KiB; a quarter of that length shows it as well.
func TestMarkdownIsBounded(t *testing.T) {
	for _, pattern := range []string{
		">", "> ", "- ", "* ", "1. ", "[", "![", "[a](", "*a ", "**a", "_a*", "`a``", "~~", "<", "<a ", "&", "&#", "](", "\\", "|", "a|", "\t", "[a]: <", "<!--", "http://a.", "a@",
	} {
		for _, n := range []int{16_000, 5_000_000} {
			src := strings.Repeat(pattern, n/len(pattern))
			start := time.Now()
			html, text := theme.Markdown(src), theme.PlainText(src)
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("%q repeated to %d bytes took %v", pattern, n, took)
			} else if took > 200*time.Millisecond {
				t.Logf("%q repeated to %d bytes took %v", pattern, n, took)
			}
			if strings.Contains(text, "\n") || len(html) > 40*n {
				t.Errorf("%q repeated to %d bytes: %d bytes of HTML, %d of text", pattern, n, len(html), len(text))
			}
		}
	}
}

func FuzzMarkdown(f *testing.F) {
	for _, seed := range []string{"*a* [b](javascript:x)", "<script>x</script>", "![a](https://x/)", "|a|\n|-|\n|<b>|", "[x]: javascript:y\n\n[x]", "&#60;script&#62;"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, src string) {
		html := strings.ToLower(string(theme.Markdown(src)))
		for _, bad := range []string{"<script", "<iframe", "<style", "<svg", `href="javascript:`, `href="data:`, `src="http:`, `src="https:`, `src="//`, `src="data:`, "<!--", "<h1"} {
			if strings.Contains(html, bad) {
				t.Errorf("Markdown(%q) = %s: contains %s", src, html, bad)
			}
		}
		if text := theme.PlainText(src); strings.ContainsAny(text, "\n\r") {
			t.Errorf("PlainText(%q) = %q: more than one line", src, text)
		}
	})
}
