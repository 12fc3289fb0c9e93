package doctor

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"shoebox/internal/gallery"
)

// A register is what is remembered of all collections, as the generator wrote it down.
type register struct {
	Kinds map[string]map[string]struct {
		Roll string `json:"roll"` // ETag
		Page struct {
			ETag string `json:"etag"`
		} `json:"page"`
	} `json:"kinds"`
}

// collections looks at labels, people and places: a build mends what is wrong with them from the manifests.
func (c *check) collections(ctx context.Context) error {
	var known register
	err := c.readAll(ctx, c.stored(slices.Values([]string{gallery.CollectionsKey})), func(key string, body []byte) {
		if err := json.Unmarshal(body, &known); err != nil {
			known = register{}
			c.broken(key, "", "what is remembered of labels and people can't be read: "+err.Error(), key)
		}
	})
	if err != nil {
		return err
	}
	for kind, slugs := range known.Kinds {
		for slug, p := range slugs {
			key, path := gallery.CollectionKey(kind, slug, ""), gallery.CollectionPage(kind, slug, "")
			if roll, ok := c.state[key]; !ok || roll.ETag != p.Roll && c.left(roll) {
				c.broken(key, "", "it is missing, or not as it was left")
			}
			if page, ok := c.public[path]; !ok || page.ETag != p.Page.ETag && c.left(page) {
				c.broken(gallery.Public+path, "", "it is missing, or not as it was left")
			}
			c.kept[path] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(c.state)) {
		in, ok := strings.CutPrefix(key, gallery.CollectionsPrefix)
		names := strings.Split(strings.TrimSuffix(in, ".json"), "/")
		if !ok || len(names) != 3 {
			continue
		}
		kind, slug, period := names[0], names[1], names[2]
		if period == "all" {
			period = ""
		}
		path := gallery.CollectionPage(kind, slug, period)
		if _, ok := known.Kinds[kind][slug]; ok {
			if _, ok := c.public[path]; !ok && period != "" {
				c.broken(gallery.Public+path, "", "it is missing")
			}
			c.kept[path] = true
		} else if c.left(c.state[key]) {
			c.broken(key, "", "it is of a collection that the gallery does not have", key)
		}
	}
	return nil
}
