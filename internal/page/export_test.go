package page

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestExport(t *testing.T) {
	files := map[string]string{"baseof.html": `{{block "main" .}}{{end}}`, "partials/name.html": `<b title="{{.}}">{{.}}</b>`, "partials/plain.html": `{{.}}`}
	for _, kind := range Kinds() {
		files[kind+".html"] = `{{define "main"}}{{end}}`
	}
	for _, tt := range []struct{ layout, want string }{
		{`{{define "main"}}{{with .Search}}{{range $i, $c := .Chips}}{{if gt $i 0}}, {{end}}{{template "partials/name.html" .Text}}{{end}}{{end}}{{end}}`,
			`["r",[["$i","$c"],false,[[["f","Chips"]]]]`},
		{`{{define "main"}}<a href="{{.SearchURL}}">{{number (len .Breadcrumbs)}}</a>{{end}}`, `[["x","_html_template_urlnormalizer"]]`},
		{`{{define "main"}}{{exposure .Item.Record.Exposure}}{{end}}`, "layouts/search.html: exposure: a search in the browser has no function exposure"},
		{`{{define "main"}}<b title="{{template "partials/plain.html" .Title}}"></b>{{end}}`, "stands within a tag"},
	} {
		files["search.html"] = tt.layout
		l, err := Parse(files)
		if err != nil {
			t.Fatalf("%s: %v", tt.layout, err)
		}
		templates, err := l.Export()
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			data, err := json.Marshal(templates)
			if err != nil {
				t.Fatal(err)
			}
			got = string(data)
		}
		if !strings.Contains(got, tt.want) {
			t.Errorf("%s is exported as\n%s\nwant in it\n%s", tt.layout, got, tt.want)
		}
	}
}
