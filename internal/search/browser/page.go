package browser

import (
	"reflect"

	"shoebox/internal/page"
)

// PageFile makes the file with what the page of results is rendered with: the theme's layouts, and what all pages share.
func PageFile(layouts *page.Layouts, site *page.Site) (at, name string, body []byte, err error) {
	templates, err := layouts.Export()
	if err != nil {
		return "", "", nil, err
	}
	// By the names that layouts know them by.
	facts := map[string]any{}
	v := reflect.ValueOf(*site)
	for i := range v.NumField() {
		facts[v.Type().Field(i).Name] = v.Field(i).Interface()
	}
	s, err := encode(map[string]any{"templates": templates, "site": facts}, 0)
	return shardPath(s.Name), s.Name, s.Body, err
}
