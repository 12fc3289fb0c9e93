package page

import (
	"html"
	"html/template"
	"strings"
	"unicode/utf8"

	"shoebox/internal/gallery"
)

// maxAlt is the length in bytes from which a screen reader's text is cut: nobody listens to the end of a long caption.
const maxAlt = 300

// NewItem returns an item as a grid or its own page shows it. The links start at the page whose path is from; without
// originals there is none to the download. A caption in Markdown is shown as it was written: who can render it replaces it.
func NewItem(r *gallery.Record, from string, originals bool) ItemData {
	name := gallery.Name(r.Original.Key)
	item := ItemData{Record: r, Name: name, Title: line(r.Title), CaptionText: line(r.Caption), Caption: paragraphs(r.Caption),
		URL: gallery.Link(from, gallery.ItemPage(r.Original.Key))}
	if item.Title == "" {
		item.Title = name
	}
	item.Alt = alt(r, item.CaptionText)
	if originals {
		item.Original = gallery.Link(from, gallery.OriginalPath(r.Original.Key))
		for _, c := range r.Companions {
			item.Companions = append(item.Companions, Download{gallery.Name(c.Key), gallery.Link(from, gallery.OriginalPath(c.Key)), c.Size})
		}
		if r.Live != nil {
			live := r.Live.Original
			item.Companions = append(item.Companions, Download{gallery.Name(live.Key), gallery.Link(from, gallery.OriginalPath(live.Key)), live.Size})
		}
	}
	item.Thumbnail = picture(r, from, gallery.Thumbnail)
	item.Preview = picture(r, from, gallery.Preview, gallery.Poster)
	item.Clip, item.Web = picture(r, from, gallery.Clip), picture(r, from, gallery.Web)
	item.Live = liveSources(r, from, originals)
	if r.Live != nil {
		item.Clip = picture(r.Live, from, gallery.Clip)
	}
	return item
}

// liveSources are the forms in which the video of a Live Photo, or the one in a motion photo, can be played. A clip of it has no sound, but
// plays where the original does not.
func liveSources(r *gallery.Record, from string, originals bool) (all []Source) {
	add := func(r *gallery.Record, use string) {
		if p := picture(r, from, use); p != nil {
			all = append(all, Source{p.URL, p.Type})
		}
	}
	add(r, gallery.Motion)
	if r.Live != nil {
		add(r.Live, gallery.Web)
		if originals {
			all = append(all, Source{gallery.Link(from, gallery.OriginalPath(r.Live.Original.Key)), playedAs(r.Live)})
		}
		add(r.Live, gallery.Clip)
	}
	return all
}

// picture returns the first rendition of these uses that there is, or nil.
func picture(r *gallery.Record, from string, uses ...string) *Picture {
	d, ok := r.Rendition(uses...)
	if !ok {
		return nil
	}
	return &Picture{URL: gallery.Link(from, d.Path), Width: d.Width, Height: d.Height, Type: d.Type}
}

// playedAs is the media type of an original that a browser can tell by whether it plays it; empty when it can't, so that it tries.
// QuickTime files with such codecs are played as MP4, but under their own name browsers refuse them unseen.
func playedAs(r *gallery.Record) string {
	switch r.Type {
	case "video/mp4", "video/quicktime", "video/x-m4v", "video/3gpp", "video/3gpp2":
	default:
		return ""
	}
	var known []string
	for i, codec := range strings.Split(r.Codecs, ", ") {
		family, _, _ := strings.Cut(codec, ".")
		switch family {
		case "avc1", "avc3", "hvc1", "hev1", "dvh1", "dvhe", "av01", "vp09", "mp4v", "mp4a", "opus", "flac", "mp3", "ac-3", "ec-3":
			known = append(known, codec)
		default:
			if i == 0 { // the picture's; a video whose sound is not played still is one
				return ""
			}
		}
	}
	return `video/mp4; codecs="` + strings.Join(known, ", ") + `"`
}

// alt says what an item shows: what the owner wrote, else its labels, else when it was taken, else its name.
func alt(r *gallery.Record, caption string) string {
	for _, s := range []string{caption, line(r.Title)} {
		if s != "" {
			return cut(s, maxAlt)
		}
	}
	var labels []string
	for _, l := range r.Labels {
		if s := line(l.Name); s != "" && len(labels) < 5 && !l.Derived() {
			labels = append(labels, s)
		}
	}
	kind := map[gallery.Kind]string{gallery.Photo: "Photo", gallery.Video: "Video", gallery.Audio: "Audio"}[r.Kind]
	if kind == "" {
		kind = "File"
	}
	switch {
	case len(labels) > 0:
		return cut(kind+": "+strings.Join(labels, ", "), maxAlt)
	case !r.Taken.IsZero() && r.TakenFrom != "modified":
		return kind + " taken " + r.Taken.Format("2 January 2006")
	}
	return kind + " " + cut(line(gallery.Name(r.Original.Key)), maxAlt)
}

// line puts a text on one line.
func line(s string) string { return strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ") }

// cut shortens a text to at most limit bytes and an ellipsis.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return strings.TrimSpace(s[:limit]) + "…"
}

// paragraphs is plain text as HTML: an empty line ends a paragraph, a single one is a line break.
func paragraphs(s string) template.HTML {
	var b strings.Builder
	s = strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\r\n", "\n")
	for text := range strings.SplitSeq(s, "\n\n") {
		if text = strings.TrimSpace(text); text != "" {
			b.WriteString("<p>" + strings.ReplaceAll(html.EscapeString(text), "\n", "<br>") + "</p>")
		}
	}
	return template.HTML(b.String()) // all of it was escaped above
}
