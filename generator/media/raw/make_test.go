package raw

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"testing"
)

// jpegOf encodes a small picture.
func jpegOf(t testing.TB, w, h int) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, w, h))
	m.Set(w/2, h/2, color.White)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withExif puts an EXIF segment that says an orientation into a JPEG.
func withExif(body []byte, orientation uint16) []byte {
	b := &file{order: binary.BigEndian}
	b.header("MM\x00*")
	b.first(b.dir(0, field{tagOrientation, orientation}))
	segment := append([]byte("Exif\x00\x00"), b.body...)
	out := append([]byte{0xff, 0xd8, 0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(segment)+2))...)
	return append(append(out, segment...), body[2:]...)
}

// withFrame changes the marker and the precision of a JPEG's frame: 0xc3 is lossless, 12 bits are of medicine.
func withFrame(body []byte, marker, precision byte) []byte {
	body = bytes.Clone(body)
	i := bytes.Index(body, []byte{0xff, 0xc0})
	body[i+1], body[i+4] = marker, precision
	return body
}

// A file is a TIFF structure being written.
type file struct {
	order binary.AppendByteOrder
	body  []byte
}

type field struct {
	tag   uint16
	value any
}

// A later value is an offset, of what is written when its place is known.
type later func() uint32

// A note is a value of bytes that is written when its place is known.
type note func()

func (f *file) header(magic string) { f.body = append(append(f.body, magic...), 0, 0, 0, 0) }

// first says where the first directory is.
func (f *file) first(at int) {
	copy(f.body[4:], f.order.AppendUint32(nil, uint32(at)))
}

// blob appends bytes and returns their place.
func (f *file) blob(b []byte) uint32 {
	at := len(f.body)
	f.body = append(f.body, b...)
	return uint32(at)
}

// dir writes a directory, of which offsets count from base, and then the values that don't fit in. It returns its place.
func (f *file) dir(base int, fields ...field) int {
	at := len(f.body)
	f.body = append(f.body, make([]byte, 2+12*len(fields)+4)...)
	copy(f.body[at:], f.order.AppendUint16(nil, uint16(len(fields))))
	for i, d := range fields {
		kind, count, value := uint16(7), 0, []byte(nil)
		switch v := d.value.(type) {
		case uint16:
			kind, count, value = 3, 1, f.order.AppendUint16(nil, v)
		case uint32:
			kind, count, value = 4, 1, f.order.AppendUint32(nil, v)
		case []uint32:
			for kind = 4; count < len(v); count++ {
				value = f.order.AppendUint32(value, v[count])
			}
		case [2]uint32: // a rational
			kind, count, value = 5, 1, f.order.AppendUint32(f.order.AppendUint32(nil, v[0]), v[1])
		case string:
			kind, count, value = 2, len(v)+1, append([]byte(v), 0)
		case []byte:
			count, value = len(v), v
		case later:
			kind, count, value = 4, 1, f.order.AppendUint32(nil, v())
		case note:
			from := len(f.body)
			v()
			count, value = len(f.body)-from, f.order.AppendUint32(nil, uint32(from-base))
		}
		if _, placed := d.value.(note); len(value) > 4 && !placed {
			value = f.order.AppendUint32(nil, f.blob(value)-uint32(base))
		}
		e := f.body[at+2+12*i:]
		head := f.order.AppendUint32(f.order.AppendUint16(f.order.AppendUint16(nil, d.tag), kind), uint32(count))
		copy(e, append(head, value...))
	}
	return at
}

// next links a directory to the one that follows.
func (f *file) next(at, to int) {
	n := int(binary.LittleEndian.Uint16(f.body[at:]))
	if f.order.String() == binary.BigEndian.String() {
		n = int(binary.BigEndian.Uint16(f.body[at:]))
	}
	copy(f.body[at+2+12*n:], f.order.AppendUint32(nil, uint32(to)))
}

// jpegFields are the two fields that name a JPEG; offsets count from base.
func (f *file) jpegFields(base int, body []byte) []field {
	return []field{
		{tagJPEGAt, later(func() uint32 { return f.blob(body) - uint32(base) })},
		{tagJPEGLength, uint32(len(body))},
	}
}

// tiffOf writes a TIFF structure of one directory.
func tiffOf(magic string, fields func(f *file) []field) []byte {
	f := &file{order: binary.LittleEndian}
	if magic[0] == 'M' {
		f.order = binary.BigEndian
	}
	f.header(magic)
	f.first(f.dir(0, fields(f)...))
	return f.body
}

// makerNoteFile is a raw file whose preview only the maker note knows.
func makerNoteFile(magic, maker string, write func(f *file, at int)) []byte {
	return tiffOf(magic, func(f *file) []field {
		return []field{
			{tagWidth, uint32(6000)}, {tagHeight, uint32(4000)}, {tagMake, maker}, {tagOrientation, uint16(8)},
			{tagExif, later(func() uint32 {
				return uint32(f.dir(0, field{tagMakerNote, note(func() { write(f, len(f.body)) })}))
			})},
		}
	})
}

func box(kind string, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(body)+8)), append([]byte(kind), body...)...)
}

func be32(list ...uint32) (b []byte) {
	for _, v := range list {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

// cr3Of writes a CR3 with a small, a middle and a full JPEG, of which any may be nil.
func cr3Of(orientation uint16, small, middle, full []byte) []byte {
	cmt1 := tiffOf("II*\x00", func(*file) []field {
		return []field{{tagWidth, uint32(6000)}, {tagHeight, uint32(4000)}, {tagMake, "Canon"}, {tagOrientation, orientation}}
	})
	cmt2 := tiffOf("II*\x00", func(*file) []field { return []field{{tagExifWidth, uint16(6000)}, {tagExifHeight, uint16(4000)}} })
	cmt4 := tiffOf("II*\x00", func(*file) []field { return []field{{1, "N"}} })
	build := func(at uint64) []byte {
		moov := box("moov",
			box("uuid", []byte(uuidCanon), box("CNCV", []byte("CanonCR3_001/00.09.00/00.00.00")), box("CMT1", cmt1), box("CMT2", cmt2),
				box("CMT4", cmt4), box("THMB", be32(0, 160<<16|120, uint32(len(small)), 1<<16), small)),
			box("trak", box("mdia", box("minf", box("stbl", box("stsz", be32(0, uint32(len(full)), 1)),
				box("co64", be32(0, 1), binary.BigEndian.AppendUint64(nil, at)))))))
		head := append(box("ftyp", []byte("crx \x00\x00\x00\x01crx isom")), moov...)
		return append(head, box("uuid", []byte(uuidPreview), be32(0, 1), box("PRVW", be32(0, 1<<16|1620, 1080<<16|1, uint32(len(middle))), middle))...)
	}
	head := build(0)
	return append(build(uint64(len(head)+8)), box("mdat", full)...)
}

// rafOf writes a RAF whose sensor is of the size given.
func rafOf(body []byte, w, h uint16) []byte {
	head := make([]byte, 108)
	copy(head, "FUJIFILMCCD-RAW 0201FF129502")
	meta := be32(1, rafCropped<<16|4, uint32(h)<<16|uint32(w))
	copy(head[rafJPEG:], be32(uint32(len(head)), uint32(len(body)), uint32(len(head)+len(body)), uint32(len(meta))))
	return append(append(head, body...), meta...)
}

// ciffOf writes a CRW.
func ciffOf(body []byte, rotation uint32) []byte {
	le := binary.LittleEndian
	out := append([]byte("II\x1a\x00\x00\x00HEAPCCDR"), make([]byte, 12)...)
	start := len(out)
	var dir []byte
	heap := func(records map[uint16][]byte, order ...uint16) {
		dir = le.AppendUint16(nil, uint16(len(order)))
		from := len(out)
		for _, tag := range order {
			dir = le.AppendUint32(le.AppendUint32(le.AppendUint16(dir, tag), uint32(len(records[tag]))), uint32(len(out)-from))
			out = append(out, records[tag]...)
		}
		out = le.AppendUint32(append(out, dir...), uint32(len(out)-from))
	}
	image := le.AppendUint32(le.AppendUint32(le.AppendUint32(le.AppendUint32(nil, 3072), 2048), 0x3f800000), rotation)
	inner := &out
	heap(map[uint16][]byte{ciffMakeModel: []byte("Canon\x00Canon EOS D30\x00"), ciffTime: le.AppendUint32(nil, 1068485966), ciffImage: image},
		ciffMakeModel, ciffTime, ciffImage)
	props := bytes.Clone((*inner)[start:])
	out = out[:start]
	heap(map[uint16][]byte{ciffJPEG: body, 0x300a: props}, ciffJPEG, 0x300a)
	return out
}

// mrwOf writes an MRW whose preview has lost its first byte, as Minolta's have.
func mrwOf(body []byte) []byte {
	body = bytes.Clone(body)
	body[0] = 0x02
	ttw := makerNoteFile("MM\x00*", "Minolta Co., Ltd.", func(f *file, at int) {
		f.dir(0, field{minoltaPreviewAt, later(func() uint32 { return f.blob(body) })}, field{minoltaPreviewLength, uint32(len(body))})
	})
	prd := append(append(be32(0x32373830, 0x30303031), be32(2456<<16|3280, 2448<<16|3264)...), make([]byte, 8)...)
	blocks := append(append([]byte("\x00PRD"), be32(uint32(len(prd)))...), prd...)
	blocks = append(append(append(blocks, "\x00TTW"...), be32(uint32(len(ttw)))...), ttw...)
	return append(append([]byte("\x00MRM"), be32(uint32(len(blocks)))...), blocks...)
}
