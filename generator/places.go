package generator

import (
	"context"

	"shoebox/generator/media/place"
	"shoebox/internal/gallery"
)

// byCoordinates is what the place of a record is from when its coordinates told it. The number is raised whenever the same
// coordinates are to give other names.
const byCoordinates = "gps/1"

// whyPlace is why a record that is current otherwise is made anew.
const whyPlace = "names of places are due"

// placeFrom returns where the place of a record is to be from: the owner's word wins.
func (g *Generator) placeFrom(r *gallery.Record) string {
	if !g.config.Places || r.GPS == nil || r.Place != (gallery.Place{}) && r.PlaceFrom == "" {
		return ""
	}
	return byCoordinates
}

// lost reports whether a record that is current otherwise has the place that it is to have no more, or not yet.
func (g *Generator) lost(r *gallery.Record) bool { return r.PlaceFrom != g.placeFrom(r) }

// locate gives a record the names of the place where it was taken.
func (g *Generator) locate(r *gallery.Record) {
	from := g.placeFrom(r)
	if r.PlaceFrom != "" {
		r.Place = gallery.Place{}
	}
	if r.PlaceFrom = from; from == "" {
		return
	}
	if found, _, ok := place.Nearest(r.GPS.Latitude, r.GPS.Longitude); ok {
		r.Place = gallery.Place{City: found.City, Region: found.Region, Country: found.Country}
	}
}

// relocate gives a record another place; its renditions stand.
func (b *build) relocate(ctx context.Context, old *gallery.Record, etag string) (*gallery.Record, error) {
	record := *old
	b.locate(&record)
	return &record, b.writeRecord(ctx, &record, old, etag)
}
