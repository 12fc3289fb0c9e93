package media

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"

	"shoebox/internal/gallery"
)

// The namespaces of XMP properties.
const (
	nsRDF     = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	nsDC      = "http://purl.org/dc/elements/1.1/"
	nsXMP     = "http://ns.adobe.com/xap/1.0/"
	nsEXIF    = "http://ns.adobe.com/exif/1.0/"
	nsExifEX  = "http://cipa.jp/exif/1.0/"
	nsAux     = "http://ns.adobe.com/exif/1.0/aux/"
	nsTIFF    = "http://ns.adobe.com/tiff/1.0/"
	nsPS      = "http://ns.adobe.com/photoshop/1.0/"
	nsLR      = "http://ns.adobe.com/lightroom/1.0/"
	nsDigiKam = "http://www.digikam.org/ns/1.0/"
	nsIptcExt = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
	nsIptc    = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
	nsRegions = "http://www.metadataworkinggroup.com/schemas/regions/"
	nsArea    = "http://ns.adobe.com/xmp/sType/Area#"
	nsDim     = "http://ns.adobe.com/xap/1.0/sType/Dimensions#"
	nsMP      = "http://ns.microsoft.com/photo/1.2/"
	nsMPRI    = "http://ns.microsoft.com/photo/1.2/t/RegionInfo#"
	nsMPReg   = "http://ns.microsoft.com/photo/1.2/t/Region#"
	nsGPano   = "http://ns.google.com/photos/1.0/panorama/"
	nsMSPhoto = "http://ns.microsoft.com/photo/1.0/"
)

// misspelt are namespaces as some programs write them.
var misspelt = map[string]string{
	"http://ns.microsoft.com/photo/1.0":                   nsMSPhoto,
	"http://ns.microsoft.com/photo/1.2":                   nsMP,
	"http://www.metadataworkinggroup.com/schemas/regions": nsRegions,
	"http://iptc.org/std/Iptc4xmpExt/1.0/xmlns/":          nsIptcExt,
	"http://ns.adobe.com/xmp/sType/Area":                  nsArea,
	"http://ns.adobe.com/xap/sType/Area#":                 nsArea,
	"http://ns.adobe.com/xmp/sType/Dimensions#":           nsDim,
}

// The most that is read of a packet.
const (
	maxNodes = 50_000
	maxDepth = 40
)

// An xmpPacket is what an XMP packet says. Its Metadata has no Faces: where a region lies depends on the picture.
type xmpPacket struct {
	gallery.Metadata
	original        gallery.Date // Taken, but not when all that is said is when it was made digital
	headline, label string
	named           []string       // the people of regions
	regions         []gallery.Face // of the picture as stored
	width, height   float64        // of the picture that the regions are drawn on; 0 when not said
	motion          tail           // of the video in a motion photo
}

// ReadXMP reads an XMP packet, embedded or from a sidecar: RDF in XML, in UTF-8 or UTF-16. Face regions are given for a picture
// that is stored upright.
func ReadXMP(packet []byte) (gallery.Metadata, error) {
	p, err := parseXMP(packet)
	if err != nil {
		return gallery.Metadata{}, err
	}
	m := p.Metadata
	m.Faces = p.faces(0, 0, 1)
	if !m.Taken.IsZero() {
		m.TakenFrom = "xmp"
	}
	return m, nil
}

// A node is an XML element, or an attribute as one.
type node struct {
	name xml.Name
	attr []xml.Attr
	kids []*node
	text string
}

func parseXMP(packet []byte) (*xmpPacket, error) {
	if len(packet) > maxBlock {
		return nil, fmt.Errorf("xmp packet of %d bytes is more than %d", len(packet), maxBlock)
	}
	root, err := parseXML(utf8Packet(packet))
	if err != nil {
		return nil, fmt.Errorf("read xmp: %w", err)
	}
	props := map[xml.Name]*node{}
	root.walk(func(n *node) {
		if n.name != (xml.Name{Space: nsRDF, Local: "RDF"}) {
			return
		}
		for _, d := range n.kids {
			for _, a := range d.attr {
				if _, ok := props[a.Name]; !ok {
					props[a.Name] = &node{name: a.Name, text: a.Value}
				}
			}
			for _, k := range d.kids {
				if _, ok := props[k.name]; !ok {
					props[k.name] = k
				}
			}
		}
	})
	p := &xmpPacket{}
	p.read(func(space, local string) *node { return props[xml.Name{Space: space, Local: local}] })
	return p, nil
}

func (p *xmpPacket) read(get func(space, local string) *node) {
	one := func(space, local string) string { return get(space, local).first() }
	p.Title = line(one(nsDC, "title"), maxTitle)
	p.Caption = clean(one(nsDC, "description"), maxCaption)
	p.headline = clean(one(nsPS, "Headline"), maxCaption)
	switch label := line(one(nsXMP, "Label"), maxTitle); strings.ToLower(label) {
	case "red", "yellow", "green", "blue", "purple", "orange", "select", "second", "approved", "review", "to do", "none": // of a workflow, not of the picture
	default:
		p.label = label
	}
	// Google's Photo Sphere XMP; cameras of others write it too.
	p.Panorama = one(nsGPano, "ProjectionType") != "" || strings.EqualFold(one(nsGPano, "UsePanoramaViewer"), "true")
	p.motion = motionTail(get)
	p.Creator = line(strings.Join(get(nsDC, "creator").list(), ", "), maxTitle)
	p.Copyright = line(one(nsDC, "rights"), maxTitle)
	if r, err := strconv.ParseFloat(one(nsXMP, "Rating"), 64); err == nil && r >= -1 && r <= 5 {
		p.Rating = int(r)
	}
	for i, s := range []string{one(nsEXIF, "DateTimeOriginal"), one(nsPS, "DateCreated"), one(nsEXIF, "DateTimeDigitized"), one(nsXMP, "CreateDate")} {
		if d, ok := parseMoment(s, ""); ok {
			p.Taken = d
			if i < 2 {
				p.original = d
			}
			break
		}
	}

	p.Camera = camera(one(nsTIFF, "Make"), one(nsTIFF, "Model"))
	p.Lens = firstLine(one(nsExifEX, "LensModel"), one(nsAux, "Lens"))
	p.Exposure = gallery.Exposure{
		Seconds:       rational(one(nsEXIF, "ExposureTime"), 1e6),
		FNumber:       rational(one(nsEXIF, "FNumber"), 1000),
		ISO:           int(max(rational(one(nsExifEX, "PhotographicSensitivity"), 1e8), rational(one(nsEXIF, "ISOSpeedRatings"), 1e8))),
		FocalLength:   rational(one(nsEXIF, "FocalLength"), 1e5),
		FocalLength35: rational(one(nsEXIF, "FocalLengthIn35mmFilm"), 1e5),
	}
	p.GPS = xmpPlace(one(nsEXIF, "GPSLatitude"), one(nsEXIF, "GPSLongitude"), one(nsEXIF, "GPSAltitude"), one(nsEXIF, "GPSAltitudeRef"))
	p.Place = namedPlace(one(nsPS, "City"), one(nsIptc, "Location"), one(nsPS, "State"), one(nsPS, "Country"))
	for _, structure := range []string{"LocationCreated", "LocationShown"} { // where the camera was, and what it looked at
		if items := get(nsIptcExt, structure).items(); p.Place == (gallery.Place{}) && len(items) > 0 {
			of := func(local string) string { return items[0].field(nsIptcExt, local).first() }
			p.Place = namedPlace(of("City"), of("Sublocation"), of("ProvinceState"), of("CountryName"))
		}
	}

	var branches, persons []string
	for _, tag := range append(append(get(nsLR, "hierarchicalSubject").list(), get(nsDigiKam, "TagsList").list()...), get(nsMSPhoto, "LastKeywordXMP").list()...) {
		separator := "/"
		if strings.Contains(tag, "|") {
			separator = "|"
		}
		parts := strings.Split(tag, separator)
		if root := strings.ToLower(strings.TrimSpace(parts[0])); len(parts) > 1 && (root == "people" || root == "persons" || root == "person") {
			persons = append(persons, parts[len(parts)-1])
			continue
		}
		branches = append(branches, parts...)
	}
	p.readRegions(get(nsRegions, "Regions"), get(nsMP, "RegionInfo"), get)
	persons = append(persons, get(nsIptcExt, "PersonInImage").list()...)
	for _, li := range get(nsIptcExt, "PersonInImageWDetails").items() {
		persons = append(persons, li.field(nsIptcExt, "PersonName").first())
	}
	p.Persons = words(persons, p.named)
	p.Keywords = without(words(get(nsDC, "subject").list(), branches), p.Persons)
	if len(p.Persons) > 0 {
		p.Keywords = without(p.Keywords, []string{"People", "Persons"})
	}
}

// readRegions reads the face regions of the Metadata Working Group (2.0, section 5.9) and, when there are none, of Microsoft.
func (p *xmpPacket) readRegions(mwg, microsoft *node, get func(space, local string) *node) {
	add := func(name string, x, y, w, h float64) {
		f := gallery.Face{Person: line(name, maxWord), X: x, Y: y, W: w, H: h}
		p.named = append(p.named, name) // wherever it is
		for _, v := range []float64{x, y, w, h, x + w, y + h} {
			if !(v >= -0.01 && v <= 1.01) {
				return
			}
		}
		if w > 0 && h > 0 && len(p.regions) < maxWords {
			p.regions = append(p.regions, f)
		}
	}
	dims := mwg.field(nsRegions, "AppliedToDimensions")
	p.width, p.height = dims.field(nsDim, "w").number(), dims.field(nsDim, "h").number()
	for _, li := range mwg.field(nsRegions, "RegionList").items() {
		kind := li.field(nsRegions, "Type").first()
		name := li.field(nsRegions, "Name").first()
		if kind != "" && !strings.EqualFold(kind, "face") {
			continue
		}
		area := li.field(nsRegions, "Area")
		w, h := area.field(nsArea, "w").number(), area.field(nsArea, "h").number()
		x, y := area.field(nsArea, "x").number(), area.field(nsArea, "y").number()
		if d := area.field(nsArea, "d").number(); d > 0 && w == 0 {
			w, h = d, d
		}
		if strings.EqualFold(area.field(nsArea, "unit").first(), "pixel") && p.width > 0 && p.height > 0 {
			x, y, w, h = x/p.width, y/p.height, w/p.width, h/p.height
		}
		add(name, x-w/2, y-h/2, w, h) // x and y are the centre
	}
	if len(p.regions) > 0 {
		return
	}
	if microsoft == nil {
		microsoft = get(nsMP, "RegionInfoMP")
	}
	for _, li := range microsoft.field(nsMPRI, "Regions").items() {
		name := li.field(nsMPReg, "PersonDisplayName").first()
		var v []float64
		for s := range strings.SplitSeq(li.field(nsMPReg, "Rectangle").first(), ",") {
			f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
			if err == nil {
				v = append(v, f)
			}
		}
		if len(v) != 4 {
			v = make([]float64, 4) // Windows names people without saying where they are
		}
		add(name, v[0], v[1], v[2], v[3])
	}
}

// faces returns the regions in the picture as shown, which is w x h pixels large, 0 when not known. Regions belong to the
// picture as stored, but some programs draw them on the turned one: the size that they name tells.
func (p *xmpPacket) faces(w, h, orientation int) []gallery.Face {
	if orientation >= 5 && w > 0 && p.width > 0 && w != h && (p.width > p.height) == (w > h) {
		orientation = 1
	}
	var faces []gallery.Face
	for _, f := range p.regions {
		f.X, f.Y, f.W, f.H = turnBox(f.X, f.Y, f.W, f.H, orientation)
		f.X, f.Y = min(max(f.X, 0), 1), min(max(f.Y, 0), 1)
		f.W, f.H = min(f.W, 1-f.X), min(f.H, 1-f.Y)
		f.X, f.Y, f.W, f.H = round5(f.X), round5(f.Y), round5(f.W), round5(f.H)
		faces = append(faces, f)
	}
	return faces
}

func round5(f float64) float64 { return math.Round(f*1e5) / 1e5 }

// override lays what a sidecar says over what was known.
func (p *xmpPacket) override(m *gallery.Metadata, w, h, orientation int) {
	set := func(to *string, s string) {
		if s != "" {
			*to = s
		}
	}
	set(&m.Title, p.Title)
	set(&m.Caption, p.Caption)
	set(&m.Camera, p.Camera)
	set(&m.Lens, p.Lens)
	set(&m.Creator, p.Creator)
	set(&m.Copyright, p.Copyright)
	if !p.Taken.IsZero() {
		m.Taken, m.TakenFrom = p.Taken, "sidecar"
	}
	if p.GPS != nil {
		m.GPS = p.GPS
	}
	if p.Place != (gallery.Place{}) {
		m.Place = p.Place
	}
	if p.Rating != 0 {
		m.Rating = p.Rating
	}
	if p.Exposure != (gallery.Exposure{}) {
		m.Exposure = p.Exposure
	}
	if len(p.Keywords)+len(p.Persons) > 0 {
		m.Keywords = p.Keywords
	}
	if len(p.Persons) > 0 {
		m.Persons = p.Persons
	}
	if len(p.regions) > 0 {
		m.Faces = p.faces(w, h, orientation)
	}
}

// namedPlace is a place as the IPTC standard has it: what lies within a city stands in for a city that is not said.
func namedPlace(city, sublocation, region, country string) gallery.Place {
	return gallery.Place{City: firstLine(city, sublocation), Region: firstLine(region), Country: firstLine(country)}
}

// utf8Packet returns a packet in UTF-8, without what surrounds it.
func utf8Packet(b []byte) []byte {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(b, []byte{0xfe, 0xff}), len(b) > 3 && b[0] == 0 && b[1] == '<':
		order = binary.BigEndian
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}), len(b) > 3 && b[0] == '<' && b[1] == 0:
		order = binary.LittleEndian
	}
	if order != nil {
		units := make([]uint16, len(b)/2)
		for i := range units {
			units[i] = order.Uint16(b[2*i:])
		}
		b = []byte(string(utf16.Decode(units)))
	}
	b = bytes.Trim(b, "\x00")
	if i := bytes.IndexByte(b, '<'); i > 0 {
		b = b[i:]
	}
	return b
}

var errXML = errors.New("it is too large or nested too deeply")

// parseXML reads one element into memory. What follows it is not looked at: packets are padded, and often badly.
func parseXML(b []byte) (*node, error) {
	d := xml.NewDecoder(bytes.NewReader(b))
	d.Strict = false
	d.CharsetReader = func(charset string, r io.Reader) (io.Reader, error) {
		if strings.HasPrefix(strings.ToLower(charset), "utf") {
			return r, nil // it has been made UTF-8
		}
		latin, err := io.ReadAll(io.LimitReader(r, maxBlock))
		if err != nil {
			return nil, err
		}
		runes := make([]rune, len(latin))
		for i, c := range latin {
			runes[i] = rune(c)
		}
		return strings.NewReader(string(runes)), nil
	}
	var stack []*node
	var texts [][]byte // of the elements on the stack
	count := 0
	for {
		t, err := d.Token()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			n := &node{name: t.Name, attr: append([]xml.Attr(nil), t.Attr...)}
			correct(&n.name)
			for i := range n.attr {
				correct(&n.attr[i].Name)
			}
			if count += 1 + len(n.attr); count > maxNodes || len(stack) >= maxDepth {
				return nil, errXML
			}
			if len(stack) > 0 {
				top := stack[len(stack)-1]
				top.kids = append(top.kids, n)
			}
			stack, texts = append(stack, n), append(texts, nil)
		case xml.EndElement:
			if len(stack) == 0 {
				return nil, io.ErrUnexpectedEOF
			}
			last := len(stack) - 1
			stack[last].text = string(texts[last])
			if last == 0 {
				return stack[0], nil
			}
			stack, texts = stack[:last], texts[:last]
		case xml.CharData:
			if last := len(stack) - 1; last >= 0 && len(stack[last].kids) == 0 {
				texts[last] = append(texts[last], t...)
			}
		}
	}
}

// correct corrects the namespace of a name.
func correct(name *xml.Name) {
	if space, ok := misspelt[name.Space]; ok {
		name.Space = space
	}
}

func (n *node) walk(f func(*node)) {
	f(n)
	for _, k := range n.kids {
		k.walk(f)
	}
}

// field returns a property of a struct: an attribute or an element of it, or of a description inside of it. A nil node has none.
func (n *node) field(space, local string) *node {
	if n == nil {
		return nil
	}
	name := xml.Name{Space: space, Local: local}
	for _, a := range n.attr {
		if a.Name == name {
			return &node{name: name, text: a.Value}
		}
	}
	for _, k := range n.kids {
		if k.name == name {
			return k
		}
	}
	for _, k := range n.kids {
		if k.name.Space == nsRDF && k.name.Local == "Description" {
			return k.field(space, local)
		}
	}
	return nil
}

// items returns the members of an array.
func (n *node) items() []*node {
	if n == nil {
		return nil
	}
	for _, k := range n.kids {
		if k.name.Space == nsRDF && (k.name.Local == "Bag" || k.name.Local == "Seq" || k.name.Local == "Alt") {
			return k.kids
		}
	}
	return nil
}

// list returns the texts of an array; a plain value is one of length one, and of alternatives only the default counts.
func (n *node) list() []string {
	if n == nil {
		return nil
	}
	items := n.items()
	if items == nil {
		if s := strings.TrimSpace(n.value()); s != "" {
			return []string{s}
		}
		return nil
	}
	var texts []string
	for _, k := range n.kids {
		if k.name.Space == nsRDF && k.name.Local == "Alt" {
			for _, li := range items {
				for _, a := range li.attr {
					if a.Name.Local == "lang" && a.Value == "x-default" && strings.TrimSpace(li.value()) != "" {
						return []string{li.value()}
					}
				}
			}
		}
	}
	for _, li := range items {
		if s := li.value(); strings.TrimSpace(s) != "" {
			texts = append(texts, s)
		}
	}
	return texts
}

func (n *node) value() string {
	if v := n.field(nsRDF, "value"); v != nil {
		return v.text
	}
	return n.text
}

func (n *node) first() string {
	if list := n.list(); len(list) > 0 {
		return strings.TrimSpace(list[0])
	}
	return ""
}

func (n *node) number() float64 {
	f, err := strconv.ParseFloat(n.first(), 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return f
}

// rational reads "1/40" or "0.025"; 0 when it is not above 0 and below limit.
func rational(s string, limit float64) float64 {
	a, b, ok := strings.Cut(strings.TrimSpace(s), "/")
	f, err := strconv.ParseFloat(a, 64)
	if ok && err == nil {
		var d float64
		d, err = strconv.ParseFloat(b, 64)
		f /= d
	}
	if err != nil || !(f > 0 && f < limit) {
		return 0
	}
	return f
}

// An XMP coordinate is written "59,54.834N" or "59,54,50N".
var xmpCoordinate = regexp.MustCompile(`^(\d{1,3}),(\d{1,2}(?:\.\d+)?)(?:,(\d{1,2}(?:\.\d+)?))?([NSEW])$`)

func xmpPlace(lat, lon, alt, ref string) *gallery.GPS {
	degrees := func(s string) float64 {
		m := xmpCoordinate.FindStringSubmatch(s)
		if m == nil {
			if f, err := strconv.ParseFloat(s, 64); err == nil {
				return f
			}
			return math.NaN()
		}
		d, _ := strconv.ParseFloat(m[1], 64)
		minutes, _ := strconv.ParseFloat(m[2], 64)
		sec, _ := strconv.ParseFloat("0"+m[3], 64)
		d += minutes/60 + sec/3600
		if m[4] == "S" || m[4] == "W" {
			d = -d
		}
		return d
	}
	var altitude *float64
	if a := rational(alt, 1e5); a > 0 {
		if ref == "1" {
			a = -a
		}
		altitude = &a
	}
	return place(degrees(lat), degrees(lon), altitude)
}
