package page

import "shoebox/internal/gallery"

// Engine returns the link to the module that answers searches in the browser; empty where a server does, or nothing.
func (p *Page) Engine() string {
	if p.Site == nil || p.Site.Engine == "" {
		return ""
	}
	return p.Root + gallery.EscapePath(p.Site.Engine)
}
