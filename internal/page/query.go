package page

import (
	"net/url"
	"strings"

	"shoebox/internal/gallery"
)

// Names returns the link to the names that a search box may suggest; empty where these are not to be seen: on private pages, and
// on the search page of an album, which tells of nothing outside of it.
func (p *Page) Names() string {
	if gallery.Private(p.Path) || p.Search != nil && p.Path != gallery.SearchPath && p.Path != gallery.SearchPage {
		return ""
	}
	return p.Root + gallery.EscapePath(gallery.NamesPath)
}

// Like returns the link to the search for what is like the item of the page; empty without an item, without a search, and when
// the item's path is too long for a query. What the gallery does not list is searched in its own album alone: no other
// search would find it, and none in the browser does.
func (p *Page) Like() string {
	if p.Item == nil || !p.Site.Search || p.NoIndex && p.Site.Browser {
		return ""
	}
	query := LikeQuery(strings.TrimPrefix(p.Item.Record.Original.Key, gallery.Data))
	switch {
	case query == "":
		return ""
	case p.NoIndex:
		own := p.Path[:strings.LastIndexByte(p.Path, '/')+1] + gallery.SearchPath
		return gallery.Link(p.Path, own) + "?q=" + url.QueryEscape(query)
	}
	return p.Find(query)
}
