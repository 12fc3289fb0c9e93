package media

import (
	"slices"
	"strings"

	"shoebox/internal/gallery"
)

// What follows are the rules by which a file that says something in several ways is read: Metadata Working Group, "Guidelines for
// Handling Image Metadata", version 2.0, chapters 3 and 5.

// preferred returns what EXIF, IPTC and XMP say of the same, the one that counts first. XMP comes before IPTC, unless IPTC was
// changed by a program that knows nothing of XMP. limit is the length in bytes at which IPTC cuts such a text off: then XMP has the
// rest of it.
func (e embedded) preferred(exif, iptc, xmp string, limit int) []string {
	if !e.iptcNewer || iptc == "" {
		return []string{exif, xmp, iptc}
	}
	return []string{exif, uncut([]string{iptc}, []string{xmp}, limit)[0], xmp}
}

// uncut replaces texts that were cut off at a limit by those that begin with them.
func uncut(texts, whole []string, limit int) []string {
	for i, s := range texts {
		if len(s) >= limit-3 { // it may not end within a character
			if j := slices.IndexFunc(whole, func(w string) bool { return strings.HasPrefix(w, s) }); j >= 0 {
				texts[i] = whole[j]
			}
		}
	}
	return texts
}

// taken finds the date: that of the shot, in EXIF, XMP and IPTC, then that at which it was made digital, then that of a video.
func (e embedded) taken(x *xmpPacket) (gallery.Date, string) {
	type said struct {
		date, offset, from string
		xmp                gallery.Date
	}
	inXMP, inIPTC := said{xmp: x.original, from: "xmp"}, said{date: iptcMoment(e.iptcText("DateCreated"), e.iptcText("TimeCreated")), from: "iptc"}
	if e.iptcNewer {
		inXMP, inIPTC = inIPTC, inXMP
	}
	for _, s := range []said{
		{date: e.text("DateTimeOriginal"), offset: e.text("OffsetTimeOriginal"), from: "exif"},
		inXMP, inIPTC,
		{date: e.text("CreateDate"), offset: e.text("OffsetTimeDigitized"), from: "exif"},
		{xmp: x.Taken, from: "xmp"},
		{date: iptcMoment(e.iptcText("DigitalCreationDate"), e.iptcText("DigitalCreationTime")), from: "iptc"},
	} {
		if !s.xmp.IsZero() {
			return s.xmp, s.from
		}
		if d, ok := parseMoment(s.date, s.offset); ok && !(s.from == "iptc" && len(s.date) < 10) {
			return d, s.from
		}
	}
	if e.movie != nil && !e.movie.created.IsZero() {
		return e.movie.created, "video"
	}
	return gallery.Date{}, ""
}
