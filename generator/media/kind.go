package media

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"shoebox/internal/gallery"
)

// sniffLength is how much of a file identify wants to see.
const sniffLength = 4096

// A format is what a file is.
type format struct {
	kind      gallery.Kind
	mediaType string
	name      string   // as in "is a JPEG picture"
	exts      []string // the extensions that say so; another known extension is wrong
	open      opener   // reads its header; nil: its pixels can't be read
	demuxer   string   // ffmpeg's name of the container
}

var (
	formatJPEG = format{kind: gallery.Photo, mediaType: "image/jpeg", name: "JPEG", exts: []string{"jpg", "jpeg", "jpe", "jfif", "thm", "mpo"}, open: openJPEG}
	formatPNG  = format{kind: gallery.Photo, mediaType: "image/png", name: "PNG", exts: []string{"png", "apng"}, open: openPNG}
	formatGIF  = format{kind: gallery.Photo, mediaType: "image/gif", name: "GIF", exts: []string{"gif"}, open: openGIF}
	formatWebP = format{kind: gallery.Photo, mediaType: "image/webp", name: "WebP", exts: []string{"webp"}, open: openWebP}
	formatTIFF = format{kind: gallery.Photo, mediaType: "image/tiff", name: "TIFF", exts: []string{"tif", "tiff"}, open: openTIFF}
	formatBMP  = format{kind: gallery.Photo, mediaType: "image/bmp", name: "BMP", exts: []string{"bmp", "dib"}, open: openBMP}
	formatHEIC = format{kind: gallery.Photo, mediaType: "image/heic", name: "HEIC", exts: []string{"heic", "heif", "hif"}, open: openHEIF}
	formatHEIF = format{kind: gallery.Photo, mediaType: "image/heif", name: "HEIF", exts: []string{"heif", "heic", "hif"}, open: openHEIF}
	formatAVIF = format{kind: gallery.Photo, mediaType: "image/avif", name: "AVIF", exts: []string{"avif"}, open: openHEIF}

	isoVideo = []string{"mp4", "m4v", "mov", "qt", "3gp", "3g2", "m4a", "m4b"}
)

// rawFormat is that of a camera's raw file. Many are TIFF files inside: only the name tells.
func rawFormat(ext string) format {
	return format{kind: gallery.Photo, mediaType: types[ext], name: strings.ToUpper(ext), exts: []string{ext}, open: openRaw}
}

// types are the media types by extension, for what content does not tell. It is our own so that a record does not depend on
// the machine that made it.
var types = map[string]string{
	"jpg": "image/jpeg", "jpeg": "image/jpeg", "jpe": "image/jpeg", "jfif": "image/jpeg", "png": "image/png", "gif": "image/gif",
	"webp": "image/webp", "tif": "image/tiff", "tiff": "image/tiff", "bmp": "image/bmp", "heic": "image/heic", "heif": "image/heif",
	"hif": "image/heif", "avif": "image/avif", "nef": "image/x-nikon-nef", "nrw": "image/x-nikon-nrw", "cr2": "image/x-canon-cr2",
	"cr3": "image/x-canon-cr3", "arw": "image/x-sony-arw", "dng": "image/x-adobe-dng", "raf": "image/x-fuji-raf",
	"orf": "image/x-olympus-orf", "rw2": "image/x-panasonic-rw2", "pef": "image/x-pentax-pef", "srw": "image/x-samsung-srw",
	"crw": "image/x-canon-crw", "mrw": "image/x-minolta-mrw", "rwl": "image/x-leica-rwl",
	"mp4": "video/mp4", "m4v": "video/x-m4v", "mov": "video/quicktime", "qt": "video/quicktime", "3gp": "video/3gpp",
	"3g2": "video/3gpp2", "mkv": "video/x-matroska", "webm": "video/webm", "avi": "video/x-msvideo", "mts": "video/mp2t",
	"m2ts": "video/mp2t", "ogv": "video/ogg", "mpg": "video/mpeg", "mpeg": "video/mpeg",
	"mp3": "audio/mpeg", "m4a": "audio/mp4", "m4b": "audio/mp4", "aac": "audio/aac", "flac": "audio/flac", "ogg": "audio/ogg",
	"oga": "audio/ogg", "opus": "audio/ogg", "wav": "audio/wav", "weba": "audio/webm", "mka": "audio/x-matroska",
	"pdf": "application/pdf", "zip": "application/zip", "svg": "image/svg+xml", "txt": "text/plain; charset=utf-8",
	"md": "text/markdown; charset=utf-8", "csv": "text/csv; charset=utf-8", "json": "application/json", "gpx": "application/gpx+xml",
	"kml": "application/vnd.google-earth.kml+xml", "xmp": "application/rdf+xml", "html": "text/html; charset=utf-8",
	"htm": "text/html; charset=utf-8", "psd": "image/vnd.adobe.photoshop", "jxl": "image/jxl", "epub": "application/epub+zip",
	"docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	"odt":  "application/vnd.oasis.opendocument.text", "gz": "application/gzip", "7z": "application/x-7z-compressed",
}

// KindOf says what kind of item a file is, and its media type: by its first bytes (4 KB are enough), then by its name.
func KindOf(name string, head []byte) (gallery.Kind, string) {
	f := identify(name, head)
	return f.kind, f.mediaType
}

func identify(name string, head []byte) format {
	ext := extension(name)
	has := func(at int, magic string) bool { return len(head) >= at && bytes.HasPrefix(head[at:], []byte(magic)) }
	movie := func(mediaType, name, demuxer string, exts ...string) format {
		kind := gallery.Video
		if strings.HasPrefix(mediaType, "audio/") {
			kind = gallery.Audio
		}
		return format{kind: kind, mediaType: mediaType, name: name, demuxer: demuxer, exts: exts}
	}
	switch {
	case has(0, "\xff\xd8\xff"):
		return formatJPEG
	case has(0, "\x89PNG\r\n\x1a\n"):
		return formatPNG
	case has(0, "GIF87a"), has(0, "GIF89a"):
		return formatGIF
	case has(0, "RIFF") && has(8, "WEBP"):
		return formatWebP
	case has(0, "RIFF") && has(8, "WAVE"):
		return movie("audio/wav", "WAV", "wav", "wav")
	case has(0, "RIFF") && has(8, "AVI "):
		return movie("video/x-msvideo", "AVI", "avi", "avi")
	case has(0, "BM") && len(head) >= 18 && binary.LittleEndian.Uint32(head[14:]) >= 12 && binary.LittleEndian.Uint32(head[14:]) <= 256:
		return formatBMP
	case has(0, "FUJIFILMCCD-RAW"):
		return rawFormat("raf")
	case has(0, "IIRO"), has(0, "IIRS"), has(0, "MMOR"):
		return rawFormat("orf")
	case has(0, "IIU\x00") && ext == "rwl":
		return rawFormat("rwl")
	case has(0, "IIU\x00"):
		return rawFormat("rw2")
	case has(0, "II\x1a\x00\x00\x00HEAPCCDR"):
		return rawFormat("crw")
	case has(0, "\x00MRM"):
		return rawFormat("mrw")
	case has(0, "II*\x00"), has(0, "MM\x00*"):
		if gallery.IsRaw(name) {
			return rawFormat(ext)
		}
		if has(8, "CR\x02") {
			return rawFormat("cr2")
		}
		return formatTIFF
	case has(4, "ftyp"):
		return identifyISO(ext, head)
	case (has(4, "moov") || has(4, "mdat") || has(4, "wide") || has(4, "free") || has(4, "skip")) && slices.Contains(isoVideo, ext):
		return movie(types[ext], "QuickTime", "mov", isoVideo...) // QuickTime of before ftyp
	case has(0, "\x1a\x45\xdf\xa3"):
		switch {
		case ext == "weba" || ext == "mka":
			return movie(types[ext], "Matroska", "matroska", "webm", "mkv", "weba", "mka")
		case bytes.Contains(head, []byte("webm")):
			return movie("video/webm", "WebM", "matroska", "webm", "mkv", "weba", "mka")
		}
		return movie("video/x-matroska", "Matroska", "matroska", "webm", "mkv", "weba", "mka")
	case has(0, "OggS"):
		if bytes.Contains(head, []byte("\x80theora")) || ext == "ogv" {
			return movie("video/ogg", "Ogg", "ogg", "ogv", "ogg")
		}
		return movie("audio/ogg", "Ogg", "ogg", "ogg", "oga", "opus")
	case has(0, "\x00\x00\x01\xba"), has(0, "\x00\x00\x01\xb3"):
		demuxer := "mpeg"
		if head[3] == 0xb3 {
			demuxer = "mpegvideo"
		}
		return movie("video/mpeg", "MPEG", demuxer, "mpg", "mpeg")
	case has(0, "G") && has(188, "G") && has(376, "G"), has(4, "G") && has(196, "G") && has(388, "G"):
		return movie("video/mp2t", "MPEG-TS", "mpegts", "mts", "m2ts", "ts", "mpg")
	case has(0, "fLaC"):
		return movie("audio/flac", "FLAC", "flac", "flac")
	case has(0, "ID3"):
		if ext == "aac" || ext == "flac" {
			return movie(types[ext], strings.ToUpper(ext), ext, ext)
		}
		return movie("audio/mpeg", "MP3", "mp3", "mp3")
	case len(head) > 1 && head[0] == 0xff && head[1]&0xe6 == 0xe2 && ext == "mp3":
		return movie("audio/mpeg", "MP3", "mp3", "mp3")
	case len(head) > 1 && head[0] == 0xff && head[1]&0xf6 == 0xf0 && ext == "aac":
		return movie("audio/aac", "AAC", "aac", "aac")
	}

	// Nothing we know: the name counts, unless the content is plainly something else.
	sniffed := http.DetectContentType(head)
	mediaType, known := types[ext]
	if len(head) > 0 && strings.HasPrefix(mediaType, "image/svg") {
		return format{kind: gallery.File, mediaType: mediaType, name: "SVG", exts: []string{"svg"}}
	}
	shown := strings.HasPrefix(mediaType, "image/") || strings.HasPrefix(mediaType, "video/") || strings.HasPrefix(mediaType, "audio/")
	if known && (!shown || len(head) == 0 || sniffed == "application/octet-stream") {
		return format{kind: kindOfType(mediaType), mediaType: mediaType}
	}
	return format{kind: gallery.File, mediaType: sniffed}
}

func kindOfType(mediaType string) gallery.Kind {
	switch mediaType {
	case "image/svg+xml", "image/vnd.adobe.photoshop", "image/jxl":
		return gallery.File
	}
	switch mediaType[:strings.IndexByte(mediaType, '/')] {
	case "image":
		return gallery.Photo
	case "video":
		return gallery.Video
	case "audio":
		return gallery.Audio
	}
	return gallery.File
}

// identifyISO tells the members of the ISO base media family (ISO/IEC 14496-12) by their brands.
func identifyISO(ext string, head []byte) format {
	end := min(max(int(min(binary.BigEndian.Uint32(head), sniffLength)), 16), len(head))
	var brands []string
	for at := 8; at+4 <= end; at += 4 {
		if at != 12 { // the minor version
			brands = append(brands, string(head[at:at+4]))
		}
	}
	if len(brands) == 0 {
		brands = []string{""}
	}
	has := func(of ...string) bool {
		return slices.ContainsFunc(brands, func(b string) bool { return slices.Contains(of, b) })
	}
	f := format{kind: gallery.Video, mediaType: "video/mp4", name: "MP4", demuxer: "mov", exts: isoVideo}
	switch major := brands[0]; {
	case major == "crx ":
		return rawFormat("cr3")
	case major == "avif", major == "avis", major == "mif1" && has("avif", "avis"):
		return formatAVIF
	case major == "heic", major == "heix", major == "hevc", major == "hevx", major == "heim", major == "heis",
		(major == "mif1" || major == "msf1") && has("heic", "heix", "hevc", "hevx"):
		return formatHEIC
	case major == "mif1", major == "msf1":
		return formatHEIF
	case major == "qt  ":
		f.mediaType, f.name = "video/quicktime", "QuickTime"
	case major == "M4A ", major == "M4B ", ext == "m4a", ext == "m4b":
		f.kind, f.mediaType, f.name = gallery.Audio, "audio/mp4", "M4A"
	case major == "M4V ", major == "M4VH", major == "M4VP":
		f.mediaType = "video/x-m4v"
	case strings.HasPrefix(major, "3g2"):
		f.mediaType = "video/3gpp2"
	case strings.HasPrefix(major, "3gp"):
		f.mediaType = "video/3gpp"
	}
	return f
}

// misnamed says why a file's name is wrong for its content; empty when it is not. Only a name that promises something we show
// can be wrong: ".jpg_original" promises nothing.
func (f format) misnamed(name string) string {
	ext := extension(name)
	mediaType, known := types[ext]
	if !known || kindOfType(mediaType) == gallery.File || slices.Contains(f.exts, ext) {
		return ""
	}
	what := map[gallery.Kind]string{gallery.Photo: "picture", gallery.Video: "video", gallery.Audio: "recording"}
	switch {
	case f.kind == gallery.File:
		return fmt.Sprintf("is named .%s but is not a %s (it looks like %s): shown as a download", ext, what[kindOfType(mediaType)],
			strings.SplitN(f.mediaType, ";", 2)[0])
	case f.name == "":
		return fmt.Sprintf("is named .%s but its beginning is damaged or of another format: upload it again", ext)
	}
	article := "a"
	if strings.ContainsAny(f.name[:1], "AMO") && f.name != "Matroska" {
		article = "an"
	}
	return fmt.Sprintf("is %s %s %s but named .%s: rename it", article, f.name, what[f.kind], ext)
}
