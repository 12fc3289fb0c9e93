package main

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

// Meta is what is written into a picture. Zero fields are left out.
type Meta struct {
	Taken       time.Time // by the camera's clock
	Zoned       bool      // write the offset from UTC too
	Orientation int       // EXIF: 1 upright, 6 stored turned to the left
	Lens        string
	Exposure    [2]uint32 // seconds, as a fraction
	FNumber     float64
	ISO         uint16
	Focal       float64 // millimetres
	Lat, Lon    float64 // degrees, north and east positive; both 0: no place
	Alt         float64 // metres above the sea

	Title    string
	Caption  string
	Keywords []string
	Persons  []string
	Rating   int // 1 to 5 stars
}

// The invented camera that all pictures name.
const (
	maker = "Shoebox"
	model = "Paintbox 1"
)

// Types of EXIF values (TIFF 6.0, section 2).
const (
	typeByte     = 1
	typeASCII    = 2
	typeShort    = 3
	typeLong     = 4
	typeRational = 5
	typeUnknown  = 7
)

// An entry is one tag of an image file directory, its value already encoded.
type entry struct {
	tag, kind uint16
	count     uint32
	value     []byte
}

func ascii(tag uint16, s string) entry {
	return entry{tag, typeASCII, uint32(len(s) + 1), append([]byte(s), 0)}
}

func short(tag, v uint16) entry {
	return entry{tag, typeShort, 1, binary.BigEndian.AppendUint16(nil, v)}
}

func long(tag uint16, v uint32) entry {
	return entry{tag, typeLong, 1, binary.BigEndian.AppendUint32(nil, v)}
}

func rational(tag uint16, fractions ...[2]uint32) entry {
	var b []byte
	for _, f := range fractions {
		b = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, f[0]), f[1])
	}
	return entry{tag, typeRational, uint32(len(fractions)), b}
}

// directory encodes entries, sorted by tag, as a directory that starts at offset; values that do not fit follow it.
func directory(offset uint32, entries []entry) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(len(entries)))
	var tail []byte
	at := offset + 2 + 12*uint32(len(entries)) + 4
	for _, e := range entries {
		b = binary.BigEndian.AppendUint16(b, e.tag)
		b = binary.BigEndian.AppendUint16(b, e.kind)
		b = binary.BigEndian.AppendUint32(b, e.count)
		if len(e.value) <= 4 {
			b = append(b, e.value...)
			b = append(b, make([]byte, 4-len(e.value))...)
			continue
		}
		b = binary.BigEndian.AppendUint32(b, at+uint32(len(tail)))
		tail = append(tail, e.value...)
		if len(tail)%2 == 1 {
			tail = append(tail, 0)
		}
	}
	b = append(b, 0, 0, 0, 0) // no further directory
	return append(b, tail...)
}

// exif encodes the camera's part as a TIFF structure (CIPA DC-008, Exif 2.32).
func (m *Meta) exif(width, height int) []byte {
	stamp := m.Taken.Format("2006:01:02 15:04:05")
	// Pointers to the other directories are filled in once the sizes are known; their own size is fixed.
	first := func(exif, gps uint32) []entry {
		e := []entry{ascii(0x010f, maker), ascii(0x0110, model), short(0x0112, uint16(max(m.Orientation, 1))),
			rational(0x011a, [2]uint32{72, 1}), rational(0x011b, [2]uint32{72, 1}), short(0x0128, 2),
			ascii(0x0131, "shoebox site/draw"), ascii(0x0132, stamp), short(0x0213, 1), long(0x8769, exif)}
		if gps > 0 {
			e = append(e, long(0x8825, gps))
		}
		return e
	}
	var shot []entry
	if m.Exposure[1] > 0 {
		shot = append(shot, rational(0x829a, m.Exposure), rational(0x829d, [2]uint32{uint32(math.Round(m.FNumber * 10)), 10}), short(0x8827, m.ISO))
	}
	shot = append(shot, entry{0x9000, typeUnknown, 4, []byte("0232")}, ascii(0x9003, stamp), ascii(0x9004, stamp))
	if m.Zoned {
		offset := m.Taken.Format("-07:00")
		shot = append(shot, ascii(0x9010, offset), ascii(0x9011, offset), ascii(0x9012, offset))
	}
	shot = append(shot, entry{0x9101, typeUnknown, 4, []byte{1, 2, 3, 0}}) // Y, Cb, Cr
	if m.Focal > 0 {
		shot = append(shot, rational(0x920a, [2]uint32{uint32(math.Round(m.Focal * 10)), 10}))
	}
	shot = append(shot, entry{0xa000, typeUnknown, 4, []byte("0100")}, short(0xa001, 1), long(0xa002, uint32(width)), long(0xa003, uint32(height)))
	if m.Focal > 0 {
		shot = append(shot, short(0xa405, uint16(math.Round(m.Focal))))
	}
	if m.Lens != "" {
		shot = append(shot, ascii(0xa433, maker), ascii(0xa434, m.Lens))
	}
	var place []entry
	if m.Lat != 0 || m.Lon != 0 {
		ns, ew := "N", "E"
		if m.Lat < 0 {
			ns = "S"
		}
		if m.Lon < 0 {
			ew = "W"
		}
		place = []entry{{0, typeByte, 4, []byte{2, 3, 0, 0}}, ascii(1, ns), rational(2, degrees(m.Lat)...), ascii(3, ew), rational(4, degrees(m.Lon)...),
			{5, typeByte, 1, []byte{0}}, rational(6, [2]uint32{uint32(math.Round(m.Alt * 10)), 10})}
	}
	gps := uint32(0)
	if place != nil {
		gps = 1
	}
	second := 8 + uint32(len(directory(8, first(0, gps))))
	body := directory(second, shot)
	if place != nil {
		gps = second + uint32(len(body))
		body = append(body, directory(gps, place)...)
	}
	b := append([]byte("MM\x00\x2a\x00\x00\x00\x08"), directory(8, first(second, gps))...)
	return append(b, body...)
}

// degrees splits an angle into degrees, minutes and hundredths of a second.
func degrees(v float64) [][2]uint32 {
	s := uint32(math.Round(math.Abs(v) * 360000))
	return [][2]uint32{{s / 360000, 1}, {s / 6000 % 60, 1}, {s % 6000, 100}}
}

// iptc encodes title, caption and keywords as a Photoshop resource (IPTC-NAA IIM 4.2, Adobe resource 0x0404), in UTF-8.
func (m *Meta) iptc() []byte {
	var iim []byte
	set := func(record, number byte, value string) {
		iim = append(iim, 0x1c, record, number)
		iim = binary.BigEndian.AppendUint16(iim, uint16(len(value)))
		iim = append(iim, value...)
	}
	set(1, 90, "\x1b%G") // ISO 2022: UTF-8 follows
	set(2, 0, "\x00\x04")
	if m.Title != "" {
		set(2, 5, m.Title)
	}
	for _, k := range m.Keywords {
		set(2, 25, k)
	}
	set(2, 55, m.Taken.Format("20060102"))
	if m.Caption != "" {
		set(2, 120, m.Caption)
	}
	b := append([]byte("Photoshop 3.0\x00"), "8BIM\x04\x04\x00\x00"...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(iim)))
	b = append(b, iim...)
	if len(iim)%2 == 1 {
		b = append(b, 0)
	}
	return b
}

// xmp encodes the owner's part as an XMP packet (ISO 16684-1; persons as in IPTC Extension 1.1). It is also the whole text
// of a sidecar.
func (m *Meta) xmp() []byte {
	var b strings.Builder
	text := func(s string) string {
		var e strings.Builder
		_ = xml.EscapeText(&e, []byte(s)) // a strings.Builder never fails
		return e.String()
	}
	list := func(tag, kind string, items []string) {
		if len(items) == 0 {
			return
		}
		fmt.Fprintf(&b, "   <%s><rdf:%s>", tag, kind)
		for _, s := range items {
			attr := ""
			if kind == "Alt" {
				attr = ` xml:lang="x-default"`
			}
			fmt.Fprintf(&b, "<rdf:li%s>%s</rdf:li>", attr, text(s))
		}
		fmt.Fprintf(&b, "</rdf:%s></%s>\n", kind, tag)
	}
	one := func(s string) []string {
		if s == "" {
			return nil
		}
		return []string{s}
	}
	b.WriteString("<?xpacket begin=\"\ufeff\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n" +
		`<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">
`)
	list("dc:title", "Alt", one(m.Title))
	list("dc:description", "Alt", one(m.Caption))
	list("dc:subject", "Bag", m.Keywords)
	list("dc:creator", "Seq", []string{"site/draw"})
	list("Iptc4xmpExt:PersonInImage", "Bag", m.Persons)
	if m.Rating != 0 {
		fmt.Fprintf(&b, "   <xmp:Rating>%d</xmp:Rating>\n", m.Rating)
	}
	b.WriteString("  </rdf:Description>\n </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"w\"?>\n")
	return []byte(b.String())
}

// Embed puts the metadata into a JPEG: EXIF and XMP as APP1 segments, IPTC as APP13, right after the start of the image.
// Width and height are those of the stored picture.
func (m *Meta) Embed(jpeg []byte, width, height int) ([]byte, error) {
	if !bytes.HasPrefix(jpeg, []byte{0xff, 0xd8}) {
		return nil, errors.New("embed metadata: not a JPEG")
	}
	out := []byte{0xff, 0xd8}
	for _, s := range []struct {
		marker byte
		body   []byte
	}{
		{0xe1, append([]byte("Exif\x00\x00"), m.exif(width, height)...)},
		{0xe1, append([]byte("http://ns.adobe.com/xap/1.0/\x00"), m.xmp()...)},
		{0xed, m.iptc()},
	} {
		if len(s.body) > 65533 {
			return nil, fmt.Errorf("embed metadata: segment of %d bytes; shorten the text to 65533", len(s.body))
		}
		out = append(out, 0xff, s.marker)
		out = binary.BigEndian.AppendUint16(out, uint16(len(s.body)+2))
		out = append(out, s.body...)
	}
	return append(out, jpeg[2:]...), nil
}
