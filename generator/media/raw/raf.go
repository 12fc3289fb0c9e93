package raw

import "encoding/binary"

// Places in the header of RAF, and records of its metadata block, as dcraw and ExifTool read them: Fujifilm publishes nothing.
const (
	rafJPEG     = 84 // offset and length, then the same of the metadata
	rafFull     = 0x0100
	rafCropped  = 0x0111
	rafRawImage = 0x0121
)

// maxRecords bounds the metadata of a RAF: cameras write about 30 records.
const maxRecords = 255

// raf reads Fujifilm's RAF: a header that names a JPEG, which also holds the EXIF, and records that name the sensor's size.
func (w *walker) raf() {
	b := w.bytes(rafJPEG, 16)
	if b == nil {
		return
	}
	at, n := int64(binary.BigEndian.Uint32(b)), int64(binary.BigEndian.Uint32(b[4:]))
	w.candidate(at, n)
	if at >= w.size && n > 0 {
		w.file.Cut = true
	}
	at = int64(binary.BigEndian.Uint32(b[8:]))
	sizes := map[uint16]size{}
	if b = w.bytes(at, 4); b == nil {
		return
	}
	at += 4
	for range min(binary.BigEndian.Uint32(b), maxRecords) {
		if b = w.bytes(at, 4); b == nil {
			break
		}
		tag, n := binary.BigEndian.Uint16(b), int64(binary.BigEndian.Uint16(b[2:]))
		if (tag == rafFull || tag == rafCropped || tag == rafRawImage) && n == 4 {
			if b = w.bytes(at+4, 4); b != nil {
				sizes[tag] = size{int(binary.BigEndian.Uint16(b[2:])), int(binary.BigEndian.Uint16(b))}
			}
		}
		at += 4 + n
	}
	for _, tag := range []uint16{rafCropped, rafRawImage, rafFull} {
		if s := sizes[tag]; s.area() > 0 {
			w.sensor = s
			break
		}
	}
	// Super CCD sensors have two pixels at each place, the second of which makes up for the missing rows.
	if p := w.file.Previews; len(p) > 0 {
		if ratio := float64(w.sensor.w*p[0].Height) / float64(max(1, w.sensor.h*p[0].Width)); ratio > 1.9 && ratio < 2.1 {
			w.sensor.h *= 2
		}
	}
}
