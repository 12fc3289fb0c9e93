package page

import (
	"math"
	"testing"
	"time"

	"shoebox/internal/gallery"
)

func TestNumbersInWords(t *testing.T) {
	for got, want := range map[string]string{
		size(-1): "0 bytes", size(1): "1 byte", size(999): "999 bytes", size(1000): "1.0 kB", size(9949): "9.9 kB", size(9950): "10 kB",
		size(999_499): "999 kB", size(999_500): "1.0 MB", size(3_400_000): "3.4 MB", size(24_000_000_000): "24 GB", size(math.MaxInt64): "9223 PB",
		duration(0): "", duration(math.NaN()): "", duration(math.Inf(1)): "", duration(-3): "", duration(0.4): "0:00", duration(83): "1:23",
		duration(59.7): "1:00", duration(3723): "1:02:03", duration(3599.6): "1:00:00",
		took(900 * time.Microsecond): "under 1 ms", took(12_700 * time.Microsecond): "12 ms", took(1420 * time.Millisecond): "1.4 s",
		number(0): "0", number(999): "999", number(1000): "1,000", number(1234567): "1,234,567", number(-1234): "−1,234",
		plural(0, "photo", "photos"): "0 photos", plural(1, "photo", "photos"): "1 photo", plural(1200, "photo", "photos"): "1,200 photos",
		counts(Card{}): "", counts(Card{Photos: 12, Videos: 1, Albums: 3}): "12 photos, 1 video, 3 albums", counts(Card{Others: 2}): "2 files",
		fnumber(0): "", fnumber(2.8): "f/2.8", fnumber(8): "f/8", fnumber(math.Inf(1)): "",
		stars(4): "★★★★☆", stars(-1): "☆☆☆☆☆", stars(99): "★★★★★",
		filetype("a.jpg", ""): "JPEG", filetype("a.Pdf", ""): "PDF", filetype("a.<b>", "image/png"): "PNG", filetype("a", "application/octet-stream"): "File",
		exposure(gallery.Exposure{}): "",
		exposure(gallery.Exposure{Seconds: 1.0 / 250, FNumber: 2.8, ISO: 100, FocalLength: 24, FocalLength35: 36}): "1/250 s · f/2.8 · ISO 100 · 24 mm (36 mm on full frame)",
		exposure(gallery.Exposure{Seconds: 2.5, FocalLength: 50, FocalLength35: 50.2}):                             "2.5 s · 50 mm",
		exposure(gallery.Exposure{Seconds: math.NaN(), FNumber: -1, ISO: -5, FocalLength: math.Inf(1)}):            "",
		exposure(gallery.Exposure{Seconds: 1e-300}):                                                                "1/1000000 s",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestStyles(t *testing.T) {
	picture := &Picture{Width: 1600, Height: 1067}
	for got, want := range map[string]string{
		string(box(1.49953, []string{"#aabbcc", "#112233"})):        "--r:1.5;--a:#aabbcc;--b:#112233",
		string(box(math.NaN(), []string{"#abc"})):                   "--r:1;--a:#abc",
		string(box(0.75, []string{"red", "#112233"})):               "--r:0.75",
		string(box(3, []string{"#aabbcc", "#112233}*{x:y"})):        "--r:3;--a:#aabbcc",
		string(pictureFrame(picture, nil)):                          "--r:1.5;--w:1600",
		string(pictureFrame(nil, []string{"#000000"})):              "--r:1;--a:#000000",
		string(look(&Site{RowHeight: 240, Accent: "#0a7"})):         "--row:240;--accent:#0a7",
		string(look(&Site{Accent: "rebeccapurple"})):                "--accent:rebeccapurple",
		string(look(&Site{Accent: "red;background:url(//evil)"})):   "",
		string(look(&Site{RowHeight: -3, Accent: "expression(1)"})): "",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
