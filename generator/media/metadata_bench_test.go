package media

import (
	"os"
	"testing"
)

// BenchmarkMetadata is what the metadata of a JPEG takes: header, EXIF, IPTC and XMP of the file in SHOEBOX_BENCH_METADATA, or of a made one.
func BenchmarkMetadata(b *testing.B) {
	body := jpegOf(b, corners(40, 30),
		exifSegment(tiffOf([]field{{0x10e, "caption"}, {0x10f, "Canon"}, {0x110, "EOS R6"}, {0x112, uint16(6)}, {0x8769, []field{
			{0x829a, [][2]uint32{{1, 250}}}, {0x8827, uint16(400)}, {0x9003, "2020:01:02 03:04:05"}, {0xa434, "RF 50mm"}}},
			{0x8825, []field{{1, "N"}, {2, [][2]uint32{{59, 1}, {54, 1}, {0, 1}}}, {3, "E"}, {4, [][2]uint32{{10, 1}, {45, 1}, {0, 1}}}}}}, nil)),
		iptcSegment([2]string{"\x19", "sea"}, [2]string{"\x19", "beach"}, [2]string{"\x78", "caption"}),
		xmpSegment(xmpOf(alt("dc:title", "title")+bag("dc:subject", "sea", "beach")+bag("lr:hierarchicalSubject", "Places|Norway|Oslo", "People|Ada"))))
	if path := os.Getenv("SHOEBOX_BENCH_METADATA"); path != "" {
		var err error
		if body, err = os.ReadFile(path); err != nil {
			b.Fatal(err)
		}
	}
	in := input("a.jpg", body)
	b.ReportAllocs()
	for b.Loop() {
		src := &source{ctx: b.Context(), r: in.R, size: in.Size}
		h, err := openJPEG(src)
		if err != nil {
			b.Fatal(err)
		}
		j := &job{Developer: nil, in: in, src: src, name: in.Key}
		e := j.embedded(h.blocks)
		m := e.metadata(h.width, h.height, e.orientation())
		if m.Taken.IsZero() && os.Getenv("SHOEBOX_BENCH_METADATA") == "" {
			b.Fatal("no date")
		}
	}
}
