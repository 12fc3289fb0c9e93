package media

import (
	"bytes"
	"io"
	"math"
	"strings"

	"github.com/bep/imagemeta"

	"shoebox/internal/gallery"
)

// embedded is the metadata found in a file, by its source.
type embedded struct {
	exif      map[string]any // by tag name, of IFD0 and the directories below; interoperability tags as "interop …"
	iptc      map[string][]string
	iptcNewer bool // than the XMP beside it, by its digest
	xmp       *xmpPacket
	movie     *movie
}

// embedded reads the metadata of a picture. What comes before damage is kept.
func (j *job) embedded(b blocks) embedded {
	e := embedded{exif: map[string]any{}, iptc: map[string][]string{}}
	if b.file {
		e.read(j.src.reader(), imagemeta.TIFF)
	}
	if b.raw != nil {
		e.raw(b.raw)
	}
	if len(b.exif) > 8 {
		e.read(bytes.NewReader(b.exif), imagemeta.TIFF)
	}
	if len(b.iptc) > 0 {
		e.readIPTC(b.iptc)
	}
	if len(b.xmp) > 0 && e.xmp == nil {
		e.xmp, _ = parseXMP(b.xmp)
	}
	return e
}

// read runs the metadata reader over a file. Its errors are partial successes: what it found before stays.
func (e *embedded) read(r io.ReadSeeker, f imagemeta.ImageFormat) { e.readAs(r, f, directoryMain) }

// readAs reads a file of which the first directory is one of another kind than usual.
func (e *embedded) readAs(r io.ReadSeeker, f imagemeta.ImageFormat, first string) {
	_ = safely(func() error {
		_, err := imagemeta.Decode(imagemeta.Options{
			R: r, ImageFormat: f,
			Sources:         imagemeta.EXIF | imagemeta.IPTC | imagemeta.XMP | imagemeta.CONFIG,
			ShouldHandleTag: func(imagemeta.TagInfo) bool { return true },
			HandleTag: func(t imagemeta.TagInfo) error {
				if t.Source == imagemeta.EXIF && t.Namespace == directoryMain {
					t.Namespace = first
				}
				e.tag(t)
				return nil
			},
			HandleXMP: func(r io.Reader) error {
				packet, err := io.ReadAll(io.LimitReader(r, maxBlock))
				if err != nil {
					return err
				}
				if e.xmp == nil {
					e.xmp, _ = parseXMP(packet)
				}
				return nil
			},
		})
		return err
	})
}

// Directories of EXIF as the metadata reader names them.
const (
	directoryMain = "IFD0"
	directoryExif = "IFD0/ExifIFDP"
	directoryGPS  = "IFD0/GPSInfoIFD"
)

func (e *embedded) tag(t imagemeta.TagInfo) {
	switch t.Source {
	case imagemeta.EXIF:
		name := t.Tag
		switch t.Namespace {
		case directoryMain, directoryExif: // not IFD1: that is the thumbnail's
			if strings.HasPrefix(name, "GPS") {
				return // a tag of that number, which has another meaning here
			}
		case directoryGPS:
		case "IFD0/ExifIFDP/InteroperabilityIFD":
			name = "interop " + name
		default:
			return
		}
		if _, ok := e.exif[name]; !ok {
			e.exif[name] = t.Value
		}
	case imagemeta.IPTC:
		if t.Namespace != "IPTCApplication" {
			return
		}
		switch v := t.Value.(type) {
		case string:
			e.iptc[t.Tag] = append(e.iptc[t.Tag], utf8Latin1(v))
		case []string:
			for _, s := range v {
				e.iptc[t.Tag] = append(e.iptc[t.Tag], utf8Latin1(s))
			}
		}
	}
}

func (e embedded) text(tag string) string {
	s, _ := e.exif[tag].(string)
	return s
}

func (e embedded) number(tag string) (float64, bool) {
	v := e.exif[tag]
	if list, ok := v.([]any); ok && len(list) > 0 {
		v = list[0]
	}
	var f float64
	switch v := v.(type) {
	case uint8:
		f = float64(v)
	case uint16:
		f = float64(v)
	case uint32:
		f = float64(v)
	case int:
		f = float64(v)
	case int32:
		f = float64(v)
	case float32:
		f = float64(v)
	case float64:
		f = v
	case interface{ Float64() float64 }:
		f = v.Float64()
	default:
		return 0, false
	}
	return f, !math.IsNaN(f) && !math.IsInf(f, 0)
}

// positive returns a number above 0 and below limit, else 0.
func (e embedded) positive(tag string, limit float64) float64 {
	if f, ok := e.number(tag); ok && f > 0 && f < limit {
		return f
	}
	return 0
}

func (e embedded) iptcText(tag string) string {
	if list := e.iptc[tag]; len(list) > 0 {
		return list[0]
	}
	return ""
}

// orientation is that of the picture, 1 to 8.
func (e embedded) orientation() int {
	if f, ok := e.number("Orientation"); ok && f >= 1 && f <= 8 {
		return int(f)
	}
	return 1
}

// profile is the picture's colour profile: the embedded one, else the one that the EXIF tags say (Exif 2.32, section 4.6.5 B:
// ColorSpace uncalibrated with interoperability index R03 is Adobe RGB).
func (e embedded) profile(icc []byte) *profile {
	if len(icc) > 0 {
		return parseICC(icc)
	}
	space, _ := e.number("ColorSpace")
	index := e.text("interop GPSLatitudeRef") // tag 1, which the reader names as in the GPS directory
	if index == "" {
		index = e.text("interop InteropIndex")
	}
	if space == 65535 && strings.HasPrefix(index, "R03") {
		return adobeRGB()
	}
	return nil
}

// describe fills in the record's metadata from what the file holds, its sidecars, its name and its age, in that order of
// trust but for the sidecars, which win.
func (j *job) describe(e embedded, orientation int) {
	m := &j.record.Metadata
	*m = e.metadata(j.record.Width, j.record.Height, orientation)
	for _, sidecar := range j.in.Takeouts {
		if t, ok := readTakeout(sidecar.Data); ok {
			t.override(m, j.name)
		}
	}
	for i := len(j.in.Sidecars) - 1; i >= 0; i-- {
		if x, err := parseXMP(j.in.Sidecars[i].Data); err == nil {
			x.override(m, j.record.Width, j.record.Height, orientation)
		}
	}
	if m.Title != "" && m.Caption == m.Title {
		m.Caption = "" // a page shows the title anyway
	}
	m.Keywords = without(m.Keywords, m.Persons)
	if m.Taken.IsZero() {
		latest := 2100
		if !j.in.Modified.IsZero() {
			latest = j.in.Modified.Year() + 1
		}
		if d, ok := nameDate(j.name, latest); ok {
			m.Taken, m.TakenFrom = d, "name"
		} else if !j.in.Modified.IsZero() {
			m.Taken, m.TakenFrom = gallery.Zoned(j.in.Modified.UTC()), "modified"
		}
	}
	if j.record.Kind == gallery.Photo {
		m.Screenshot = m.Screenshot || screenshot(j.name)
	}
}

// metadata merges what the file holds. w and h are the picture's size as shown.
func (e embedded) metadata(w, h, orientation int) gallery.Metadata {
	x := e.xmp
	if x == nil {
		x = &xmpPacket{}
	}
	var m gallery.Metadata
	m.Title = firstLine(e.preferred("", e.iptcText("ObjectName"), x.Title, 64)...)
	for _, s := range append(e.preferred(e.text("ImageDescription"), e.iptcText("Caption-Abstract"), x.Caption, 2000),
		e.iptcText("Headline"), x.headline, x.Title, x.label) {
		if s = clean(s, maxCaption); !junk(s) {
			m.Caption = s
			break
		}
	}
	m.Taken, m.TakenFrom = e.taken(x)

	m.Camera = camera(e.text("Make"), e.text("Model"))
	if m.Camera == "" && e.movie != nil {
		m.Camera = camera(e.movie.make, e.movie.model)
	}
	if m.Camera == "" {
		m.Camera = x.Camera
	}
	m.Lens = firstLine(e.text("LensModel"), x.Lens)
	m.Exposure = gallery.Exposure{
		Seconds:       e.positive("ExposureTime", 1e6),
		FNumber:       e.positive("FNumber", 1000),
		ISO:           int(e.positive("ISO", 1e8)),
		FocalLength:   e.positive("FocalLength", 1e5),
		FocalLength35: e.positive("FocalLengthIn35mmFormat", 1e5),
	}
	if m.Exposure == (gallery.Exposure{}) {
		m.Exposure = x.Exposure
	}
	m.GPS = e.gps()
	if m.GPS == nil && e.movie != nil {
		m.GPS = e.movie.gps
	}
	if m.GPS == nil {
		m.GPS = x.GPS
	}

	if m.Place = x.Place; m.Place == (gallery.Place{}) {
		m.Place = namedPlace(e.iptcText("City"), e.iptcText("Sub-location"), e.iptcText("Province-State"), e.iptcText("Country-PrimaryLocationName"))
	}

	// Where both are there, XMP is what the owner wrote last (Metadata Working Group 2.0, section 3): IPTC only fills in.
	m.Keywords = x.Keywords
	if own := words(e.iptc["Keywords"]); e.iptcNewer && len(own) > 0 || len(x.Keywords) == 0 && len(x.Persons) == 0 {
		m.Keywords = without(uncut(own, x.Keywords, 64), x.Persons)
	}
	m.Persons = x.Persons
	m.Faces = x.faces(w, h, orientation)
	m.Rating = x.Rating
	if r, ok := e.number("Rating"); ok && m.Rating == 0 && r >= -1 && r <= 5 {
		m.Rating = int(r)
	}
	artists := strings.ReplaceAll(e.text("Artist"), "; ", ", ") // a list in EXIF (Metadata Working Group 2.0, section 5.4)
	m.Creator = firstLine(e.preferred(artists, strings.Join(e.iptc["By-line"], ", "), x.Creator, 32)...)
	m.Copyright = firstLine(e.preferred(e.text("Copyright"), e.iptcText("CopyrightNotice"), x.Copyright, 128)...)
	rendered, _ := e.number("CustomRendered")
	m.Panorama = x.Panorama || rendered == 6 // Apple's number for it
	m.Screenshot = strings.EqualFold(clean(e.text("UserComment"), 64), "screenshot")
	return m
}

func firstLine(of ...string) string {
	for _, s := range of {
		if s = line(s, maxTitle); s != "" && !junk(s) {
			return s
		}
	}
	return ""
}

func (e embedded) gps() *gallery.GPS {
	lat, ok := e.number("GPSLatitude")
	lon, ok2 := e.number("GPSLongitude")
	if !ok || !ok2 {
		return nil
	}
	if strings.HasPrefix(strings.ToUpper(e.text("GPSLatitudeRef")), "S") {
		lat = -math.Abs(lat)
	}
	if strings.HasPrefix(strings.ToUpper(e.text("GPSLongitudeRef")), "W") {
		lon = -math.Abs(lon)
	}
	var altitude *float64
	if a, ok := e.number("GPSAltitude"); ok {
		if ref, _ := e.number("GPSAltitudeRef"); ref == 1 {
			a = -a
		}
		altitude = &a
	}
	return place(lat, lon, altitude)
}

// place returns a place on Earth; nil for one that is not, and for 0, 0, which is what a receiver without a fix says.
func place(lat, lon float64, altitude *float64) *gallery.GPS {
	if !(math.Abs(lat) <= 90 && math.Abs(lon) <= 180) || lat == 0 && lon == 0 {
		return nil
	}
	if altitude != nil && !(*altitude > -12000 && *altitude < 100000) {
		altitude = nil
	}
	return &gallery.GPS{Latitude: lat + 0, Longitude: lon + 0, Altitude: altitude} // + 0 makes -0 plain
}

// camera joins make and model as people say them: "NIKON CORPORATION", "NIKON D70" is a "Nikon D70".
func camera(maker, model string) string {
	maker, model = line(maker, maxWord), line(model, maxWord)
	var kept []string
	for _, w := range strings.FieldsFunc(maker, func(r rune) bool { return r == ' ' || r == ',' }) {
		switch strings.Trim(strings.ToUpper(w), ".") {
		case "CORPORATION", "CORP", "CO", "LTD", "INC", "COMPANY", "ELECTRONICS", "TECHNOLOGIES", "TECHNOLOGY", "IMAGING", "OPTICAL",
			"COMPUTER", "EASTMAN", "GMBH", "AG", "DIGITAL", "CAMERA", "LIMITED", "MOBILE", "COMMUNICATIONS", "ELEC", "PHOTO", "FILM":
			continue
		}
		if len(w) > 3 && w == strings.ToUpper(w) {
			w = w[:1] + strings.ToLower(w[1:])
		}
		kept = append(kept, w)
	}
	maker = strings.Join(kept, " ")
	if model == "" || maker == "" {
		return maker + model
	}
	if len(model) >= len(maker) && strings.EqualFold(model[:len(maker)], maker) {
		model = strings.TrimLeft(model[len(maker):], " -_")
	}
	return strings.TrimSpace(maker + " " + model)
}

// unread describes a picture whose pixels can't be read.
func (j *job) unread() {
	j.describe(embedded{exif: map[string]any{}, iptc: map[string][]string{}}, 1)
	j.problem(j.format.name + " pictures are not read yet: shown as a download")
}
