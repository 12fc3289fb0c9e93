// Package heiftest writes HEIF files for tests: pictures whose coded bytes come from elsewhere, in any arrangement.
package heiftest

import "encoding/binary"

// An Item is one of a file; the first is the primary one. Items are numbered from 1.
type Item struct {
	Kind       string // "hvc1", "av01", "grid", "Exif", "mime"
	MIME       string // of an item of kind "mime"
	Data       []byte
	Inside     bool     // in the idat box
	Properties [][]byte // boxes, in their order
	// References are those to other items: of the kinds "dimg", "auxl", "cdsc".
	References map[string][]int
}

// File writes a file of a brand.
func File(brand string, items ...Item) []byte {
	head := Box("ftyp", []byte(brand), U32(0), []byte("mif1"))
	var inside, data []byte
	for _, it := range items {
		if it.Inside {
			inside = append(inside, it.Data...)
		} else {
			data = append(data, it.Data...)
		}
	}
	meta := func(at int) []byte {
		infos, places, links, references := U16(len(items)), U16(len(items)), U32(0, len(items)), U32(0)
		var properties []byte
		count, within := 0, 0
		for i, it := range items {
			id := U16(i + 1)
			info := append(append(U32(2<<24), id...), 0, 0)
			info = append(info, it.Kind...)
			info = append(info, 0)
			if it.Kind == "mime" {
				info = append(append(info, it.MIME...), 0)
			}
			infos = append(infos, Box("infe", info)...)

			method, from := 0, at
			if it.Inside {
				method, from = 1, within
				within += len(it.Data)
			} else {
				at += len(it.Data)
			}
			places = append(append(places, id...), U16(method, 0, 1)...)
			places = append(places, U32(from, len(it.Data))...)

			links = append(append(links, id...), byte(len(it.Properties)))
			for _, p := range it.Properties {
				count++
				links = append(links, U16(count)...)
				properties = append(properties, p...)
			}
			for _, kind := range []string{"dimg", "auxl", "cdsc"} {
				if to := it.References[kind]; len(to) > 0 {
					references = append(references, Box(kind, id, U16(len(to)), U16(to...))...)
				}
			}
		}
		links[3] = 1 // indexes of two bytes
		return Box("meta", U32(0), Box("hdlr", U32(0, 0), []byte("pict"), U32(0, 0, 0), []byte{0}), Box("pitm", U32(0), U16(1)),
			Box("iinf", U32(0), infos), Box("iloc", U32(1<<24), []byte{0x44, 0}, places), Box("iref", references),
			Box("iprp", Box("ipco", properties), Box("ipma", links)), Box("idat", inside))
	}
	at := len(head) + len(meta(0)) + 8
	return append(append(head, meta(at)...), Box("mdat", data)...)
}

// Size is the property ispe.
func Size(w, h int) []byte { return Box("ispe", U32(0, w, h)) }

// Grid is the data of a grid of w x h pixels.
func Grid(columns, rows, w, h int) []byte {
	return append([]byte{0, 1, byte(rows - 1), byte(columns - 1)}, U32(w, h)...)
}

// Box writes a box.
func Box(kind string, parts ...[]byte) []byte {
	b := append(make([]byte, 4), kind...)
	for _, p := range parts {
		b = append(b, p...)
	}
	binary.BigEndian.PutUint32(b, uint32(len(b)))
	return b
}

// U16 writes numbers of two bytes.
func U16(v ...int) (b []byte) {
	for _, v := range v {
		b = binary.BigEndian.AppendUint16(b, uint16(v))
	}
	return b
}

// U32 writes numbers of four bytes.
func U32(v ...int) (b []byte) {
	for _, v := range v {
		b = binary.BigEndian.AppendUint32(b, uint32(v))
	}
	return b
}
