package media

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"shoebox/internal/gallery"
	"shoebox/internal/needs"
)

func TestCodecs(t *testing.T) {
	picture := func(kind string, boxes ...[]byte) []byte {
		return box(kind, append([][]byte{make([]byte, 78)}, boxes...)...)
	}
	sound := func(version byte, more int, boxes ...[]byte) []byte {
		head := make([]byte, 28+more)
		head[9] = version
		return box("mp4a", append([][]byte{head}, boxes...)...)
	}
	// A stream with two optional fields before its decoder's, whose own settings say HE-AAC; lengths in four bytes, as Apple writes them.
	esds := box("esds", []byte{0, 0, 0, 0, 3, 0x80, 0x80, 0x80, 30, 0, 1, 0xa0, 0, 7, 0, 9, 4, 0x80, 0x80, 0x80, 20, 0x40, 0x15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 2, 0x2b, 0x92})
	hvcC := box("hvcC", []byte{1, 0x21, 0x60, 0, 0, 0, 0xb0, 0, 0, 0, 0, 0, 93, 0xf0})
	for want, entry := range map[string][]byte{
		"avc1.64001f":        picture("avc1", box("pasp", make([]byte, 8)), box("avcC", []byte{1, 0x64, 0, 0x1f, 0xff})),
		"avc1":               picture("avc1"),
		"hvc1.1.6.H93.B0":    picture("hvc1", hvcC),
		"av01.0.05M.10":      picture("av01", box("av1C", []byte{0x81, 0x05, 0x4c, 0})),
		"vp09.00.31.08":      picture("vp09", box("vpcC", []byte{1, 0, 0, 0, 0, 31, 0x82, 0})),
		"mp4a.40.5":          sound(0, 0, esds),
		"mp4a.40.5 in sound": sound(1, 16, box("wave", box("frma", []byte("mp4a")), esds)),
		"mp4a":               sound(0, 0, box("esds", []byte{0, 0, 0, 0, 3})),
		"apch":               picture("apch"),
		"":                   []byte("abc"),
	} {
		want, _, _ = strings.Cut(want, " ")
		if got := codecOf(entry); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		for n := range entry {
			codecOf(entry[:n]) // cut anywhere it is no reason to panic
		}
	}
}

func TestMovieFacts(t *testing.T) {
	audio := box("trak", box("mdia", box("hdlr", be32(0, 0), []byte("soun"), make([]byte, 13)), box("minf", box("stbl",
		box("stsd", be32(0, 1), box("sowt", make([]byte, 28)))))))
	identifier := box("meta", box("hdlr", make([]byte, 24)), box("keys", be32(0, 1), box("mdta", []byte("com.apple.quicktime.content.identifier"))),
		box("ilst", box(string(be32(1)), box("data", be32(1, 0), []byte("5F1C0B1E-7A0C-4B7E-9B62-1F3F")))))
	record, _ := develop(t, Options{}, input("a.mov", mp4Of(audio, identifier)))
	if record.Codecs != "avc1, sowt" || record.ContentID != "5F1C0B1E-7A0C-4B7E-9B62-1F3F" {
		t.Errorf("codecs %q, content %q", record.Codecs, record.ContentID)
	}
	loci := append(be32(0), 0x15, 0xc7, 'O', 's', 'l', 'o', 0, 1)
	loci = append(loci, be32(0x000ac000, 0x803be000^0x80000000, 0xfffe8000)...)
	record, _ = develop(t, Options{}, input("a.3gp", append(box("ftyp", []byte("3gp5\x00\x00\x00\x00")), box("moov", box("udta", box("loci", loci)))...)))
	if g := record.GPS; g == nil || g.Latitude != 59.875 || g.Longitude != 10.75 || *g.Altitude != -1.5 {
		t.Errorf("place is %+v", g)
	}
	for n := range loci {
		parseLoci(loci[:n])
		parseLoci(append([]byte{0, 0, 0, 0, 0, 0, 0xfe, 0xff}, loci[:n]...))
	}
}

// TestLoopback asks for parts of an original as ffmpeg does.
func TestLoopback(t *testing.T) {
	data := []byte("0123456789")
	l, err := serve(&source{ctx: t.Context(), r: bytes.NewReader(data), size: 10})
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	get := func(url, span string) (int, string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if span != "" {
			request.Header.Set("Range", span)
		}
		response, err := client.Do(request)
		if err != nil {
			return 0, ""
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		return response.StatusCode, string(body)
	}
	for _, c := range []struct {
		url, span, want string
		status          int
	}{
		{l.url, "", "0123456789", 200},
		{l.url, "bytes=3-", "3456789", 206},
		{l.url, "bytes=3-4", "34", 206},
		{l.url, "bytes=10-", "", 416},
	} {
		if status, body := get(c.url, c.span); status != c.status || c.want != "" && body != c.want {
			t.Errorf("%q: %d %q, want %d %q", c.span, status, body, c.status, c.want)
		}
	}
	at := l.url[:strings.LastIndexByte(l.url, '/')]
	if !strings.HasPrefix(at, "http://127.0.0.1:") {
		t.Errorf("it listens at %s", at)
	}
	for _, path := range []string{"", "/", "/..", l.url[len(at):] + "x"} {
		if status, _ := get(at+path, ""); status != 404 {
			t.Errorf("%q answers %d, want 404", path, status)
		}
	}
	l.close()
	if status, _ := get(l.url, ""); status != 0 {
		t.Errorf("it answers %d after it was closed", status)
	}
	if _, err := l.ReadAt(make([]byte, 1), 0); err == nil {
		t.Error("the original is read after it was closed")
	}
}

// ffmpegMakes runs ffmpeg over generated input and returns the file.
func ffmpegMakes(t *testing.T, ffmpeg, name string, arguments ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	out, err := exec.Command(ffmpeg, append(append([]string{"-nostdin", "-v", "error"}, arguments...), "-y", "file:"+path)...).CombinedOutput()
	if err != nil {
		t.Skipf("this ffmpeg can't make %s: %v\n%s", name, err, out)
	}
	return path
}

// bars are arguments for a test picture with a tone.
func bars(size string, seconds int) []string {
	return []string{"-f", "lavfi", "-i", fmt.Sprintf("testsrc2=s=%s:r=30:d=%d", size, seconds), "-f", "lavfi", "-i", fmt.Sprintf("sine=d=%d", seconds)}
}

// A counter counts what is read of a file in a bucket.
type counter struct {
	io.ReaderAt
	bytes int64
}

func (c *counter) ReadAt(p []byte, offset int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(p, offset)
	c.bytes += int64(n)
	return n, err
}

// developVideo develops a file as one in a bucket: without a path.
func developVideo(t *testing.T, o Options, path string, change ...func(*Input)) (gallery.Record, map[string]Rendition, int64) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	c := &counter{ReaderAt: f}
	sum := sha256.Sum256([]byte(path))
	o.TempDir = t.TempDir()
	in := Input{Key: "data/" + filepath.Base(path), SHA256: hex.EncodeToString(sum[:]), Size: info.Size(), Modified: info.ModTime(), R: c}
	for _, f := range change {
		f(&in)
	}
	record, list, err := New(o).Develop(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(o.TempDir); err != nil || len(left) != 0 {
		t.Errorf("%d files are left behind (%v)", len(left), err)
	}
	uses, paths := map[string]Rendition{}, map[string]string{}
	for _, r := range list {
		uses[r.Use] = r
		if other, twice := paths[r.Path]; twice && !bytes.Equal(uses[other].Body, r.Body) {
			t.Errorf("%s and %s have one path", other, r.Use)
		}
		paths[r.Path] = r.Use
	}
	return record, uses, c.bytes
}

// movieIn reads a rendition back.
func movieIn(t *testing.T, r Rendition) movie {
	t.Helper()
	m, problem := readMovie(&source{ctx: t.Context(), r: bytes.NewReader(r.Body), size: int64(len(r.Body))})
	if problem != "" || r.Type != "video/mp4" || r.Width != m.width || r.Height != m.height || r.Bytes != len(r.Body) || !m.ahead {
		t.Errorf("%s: %s, %d x %d, in it %+v", r.Use, problem, r.Width, r.Height, m)
	}
	return m
}

// TestPosterReadsLittle takes the poster of a video of over 100 MB whose index is at its end.
func TestPosterReadsLittle(t *testing.T) {
	ffmpeg := needs.Tool(t, "ffmpeg")
	short := ffmpegMakes(t, ffmpeg, "short.mp4", "-f", "lavfi", "-i", "nullsrc=s=640x360:r=30:d=2,noise=alls=80:allf=t+u", "-f", "lavfi", "-i", "sine=d=2",
		"-c:v", "mpeg4", "-g", "30", "-b:v", "20M", "-c:a", "aac")
	info, err := os.Stat(short)
	if err != nil {
		t.Fatal(err)
	}
	long := ffmpegMakes(t, ffmpeg, "long.mp4", "-stream_loop", fmt.Sprint(105_000_000/info.Size()), "-i", "file:"+short, "-c", "copy")
	if info, err = os.Stat(long); err != nil || info.Size() < 100e6 {
		t.Fatalf("the video has %d bytes (%v)", info.Size(), err)
	}
	record, uses, read := developVideo(t, Options{FFmpeg: ffmpeg}, long)
	t.Logf("%d bytes of %d were read", read, info.Size())
	if read > 5<<20 {
		t.Errorf("%d bytes were read, want 5 MiB at most", read)
	}
	if uses[gallery.Poster].Width != 640 || record.Duration < 20 || uses[gallery.Clip].Path != "" {
		t.Errorf("poster of %d pixels, %v seconds", uses[gallery.Poster].Width, record.Duration)
	}
}

func TestClipAndWebVideo(t *testing.T) {
	ffmpeg := needs.Tool(t, "ffmpeg")
	portrait := func(path string) string {
		return ffmpegMakes(t, ffmpeg, "upright.mov", "-i", "file:"+path, "-metadata:s:v", "rotate=90", "-metadata", "title=Secret", "-c", "copy")
	}
	path := portrait(ffmpegMakes(t, ffmpeg, "a.mp4", append(bars("640x360", 6), "-c:v", "mpeg4", "-c:a", "aac")...))
	o := Options{FFmpeg: ffmpeg, Clips: true, Web: 240}
	record, uses, _ := developVideo(t, o, path)
	if record.Problem != "" || record.Codecs != "mp4v.20, mp4a.40.2" || record.Width != 360 {
		t.Errorf("got %+v", record)
	}
	if _, ok := uses[gallery.Clip]; !ok {
		if out, _ := exec.Command(ffmpeg, "-v", "error", "-encoders").Output(); !bytes.Contains(out, []byte("libx264")) {
			needs.Missing(t, "ffmpeg with libx264")
		}
		t.Fatal("no clip")
	}
	clip := movieIn(t, uses[gallery.Clip])
	if clip.width != 270 || clip.height != 480 || clip.sound != "" || math.Abs(clip.duration-4) > 0.2 || uses[gallery.Clip].Bytes > 300_000 {
		t.Errorf("clip is %+v of %d bytes", clip, uses[gallery.Clip].Bytes)
	}
	web := movieIn(t, uses[gallery.Web])
	if web.width != 240 || web.height != 426 || web.sound != "mp4a.40.2" || math.Abs(web.duration-6) > 0.2 || !everyBrowsers(web.codec) {
		t.Errorf("web video is %+v", web)
	}
	for use, r := range uses {
		if bytes.Contains(r.Body, []byte("Secret")) {
			t.Errorf("%s carries the title of the original", use)
		}
	}
	// They are not encoded again when only a sidecar changed; but when it says whose the video is, which they carry.
	for creator, same := range map[string]bool{"": true, "Natalie": false} {
		before := record
		for _, r := range uses {
			before.Renditions = append(before.Renditions, r.Rendition)
		}
		_, again, _ := developVideo(t, o, path, func(in *Input) {
			in.Before = &before
			if creator != "" {
				in.Sidecars = []Sidecar{{Key: "a.xmp", Data: []byte(xmpBy(creator))}}
			}
		})
		for _, use := range []string{gallery.Clip, gallery.Web} {
			if r := again[use]; (r.Body == nil) != same || (r.Path == uses[use].Path) != same || !same && !bytes.Contains(r.Body, []byte(creator)) {
				t.Errorf("by %q: %s is %s with %d bytes", creator, use, r.Path, len(r.Body))
			}
		}
	}
	// The same bytes again, and nothing of it where it is not wanted.
	_, again, _ := developVideo(t, o, path)
	for use, r := range uses {
		if again[use].Path != r.Path || !bytes.Equal(again[use].Body, r.Body) {
			t.Errorf("%s differs the second time", use)
		}
	}
	if _, uses, _ = developVideo(t, Options{FFmpeg: ffmpeg}, path); len(uses) != 2 {
		t.Errorf("%d renditions without clips and web videos", len(uses))
	}

	// What plays anyway needs no web video; what would be too large has none, and says so.
	plays := ffmpegMakes(t, ffmpeg, "b.mp4", append(bars("320x180", 2), "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "+faststart")...)
	if record, uses, _ = developVideo(t, o, plays); uses[gallery.Web].Path != "" || uses[gallery.Clip].Width != 320 || record.Problem != "" {
		t.Errorf("%q, web video %q", record.Problem, uses[gallery.Web].Path)
	}
	for _, limit := range []int64{1000, 60_000} { // seen from its length, and when it is there
		o.WebBytes = limit
		record, uses, _ = developVideo(t, o, path)
		if uses[gallery.Web].Path != "" || uses[gallery.Clip].Path == "" || !strings.Contains(record.Problem, "video.megabytes") {
			t.Errorf("%d bytes: %q, web video of %d", limit, record.Problem, uses[gallery.Web].Bytes)
		}
	}
}

// xmpBy is a sidecar that says whose the original is.
func xmpBy(creator string) string {
	return `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description ` +
		`xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator><rdf:Seq><rdf:li>` + creator + `</rdf:li></rdf:Seq></dc:creator></rdf:Description></rdf:RDF></x:xmpmeta>`
}

// TestHugeFrameIsRefused draws the poster of a video whose frames would take too much memory.
func TestHugeFrameIsRefused(t *testing.T) {
	ffmpeg := needs.Tool(t, "ffmpeg")
	for size, want := range map[string]bool{"4096x2160": true, "8192x4352": false} {
		path := ffmpegMakes(t, ffmpeg, "huge.mov", "-f", "lavfi", "-i", "color=red:s="+size+":r=1:d=1", "-frames:v", "1", "-c:v", "mjpeg")
		_, uses, _ := developVideo(t, Options{FFmpeg: ffmpeg, Preview: 400, Thumbnail: 100}, path)
		m, _, err := image.Decode(bytes.NewReader(uses[gallery.Poster].Body))
		if err != nil {
			t.Fatal(err)
		}
		if got := quarters(m) == "RRRR"; got != want {
			t.Errorf("%s: a frame of the video is shown: %v", size, got)
		}
	}
}

// TestMovieFactsAreExiftools compares what is read of videos with what exiftool says.
func TestMovieFactsAreExiftools(t *testing.T) {
	exiftool, ffmpeg := needs.Tool(t, "exiftool"), needs.Tool(t, "ffmpeg")
	h264 := []string{"-c:v", "mpeg4", "-c:a", "aac"}
	when := []string{"-metadata", "creation_time=2023-07-15T16:12:03Z"}
	at := []string{"-metadata", "location=+59.9139-010.7522+12.5/"}
	apple := []string{"-movflags", "use_metadata_tags", "-metadata", "com.apple.quicktime.creationdate=2019-07-24T11:25:40+0300",
		"-metadata", "com.apple.quicktime.location.ISO6709=-33.8568+151.2153/", "-metadata", "com.apple.quicktime.model=iPhone 6"}
	join := func(lists ...[]string) (all []string) {
		for _, l := range lists {
			all = append(all, l...)
		}
		return all
	}
	turned := func(by string) string {
		flat := ffmpegMakes(t, ffmpeg, "flat.mp4", join(bars("320x180", 2), h264)...)
		return ffmpegMakes(t, ffmpeg, by+".mov", "-i", "file:"+flat, "-metadata:s:v", "rotate="+by, "-c", "copy")
	}
	for _, path := range []string{
		ffmpegMakes(t, ffmpeg, "plain.mp4", join(bars("320x180", 3), h264, when)...),
		ffmpegMakes(t, ffmpeg, "place.mov", join(bars("320x180", 1), h264, at, when)...),
		ffmpegMakes(t, ffmpeg, "loci.mp4", join(bars("320x180", 1), h264, at)...),
		ffmpegMakes(t, ffmpeg, "apple.mov", join(bars("320x180", 1), h264, when, apple)...),
		ffmpegMakes(t, ffmpeg, "fragments.mp4", join(bars("320x180", 2), h264, when, []string{"-movflags", "frag_keyframe+empty_moov"})...),
		ffmpegMakes(t, ffmpeg, "pcm.mov", join(bars("320x180", 1), []string{"-c:v", "mpeg4", "-c:a", "pcm_s16le"})...),
		turned("90"), turned("180"), turned("270"),
	} {
		name := filepath.Base(path)
		out, err := exec.Command(exiftool, "-json", "-n", path).Output()
		if err != nil {
			t.Fatal(err)
		}
		var list []map[string]any
		if err := json.Unmarshal(out, &list); err != nil || len(list) != 1 {
			t.Fatalf("%s: %v", out, err)
		}
		want := list[0]
		number := func(key string) float64 { n, _ := want[key].(float64); return n }
		record, _, _ := developVideo(t, Options{}, path)
		w, h := number("ImageWidth"), number("ImageHeight")
		if r := number("Rotation"); r == 90 || r == 270 {
			w, h = h, w
		}
		if float64(record.Width) != w || float64(record.Height) != h {
			t.Errorf("%s is %d x %d, exiftool says %v x %v", name, record.Width, record.Height, w, h)
		}
		if d := number("Duration"); math.Abs(record.Duration-d) > 0.001 {
			t.Errorf("%s lasts %v, exiftool says %v", name, record.Duration, d)
		}
		created, _ := want["CreationDate"].(string)
		if c, _ := want["CreateDate"].(string); created == "" && !strings.HasPrefix(c, "0000") {
			created = c + "+00:00"
		}
		if created != "" {
			moment, err := time.Parse("2006:01:02 15:04:05-07:00", created)
			if err != nil || !record.Taken.Equal(moment) {
				t.Errorf("%s is of %s, exiftool says %s (%v)", name, record.Taken, created, err)
			}
		}
		if _, there := want["GPSLatitude"]; there != (record.GPS != nil) {
			t.Errorf("%s has a place: %v, exiftool says %v", name, record.GPS != nil, there)
		} else if there && (math.Abs(record.GPS.Latitude-number("GPSLatitude")) > 1e-5 || math.Abs(record.GPS.Longitude-number("GPSLongitude")) > 1e-5) {
			t.Errorf("%s is at %+v, exiftool says %v, %v", name, record.GPS, want["GPSLatitude"], want["GPSLongitude"])
		}
		if model, _ := want["Model"].(string); model != record.Camera {
			t.Errorf("%s is by %q, exiftool says %q", name, record.Camera, model)
		}
		for _, key := range []string{"CompressorID", "AudioFormat"} {
			if codec, _ := want[key].(string); !strings.Contains(record.Codecs, codec) {
				t.Errorf("%s has %q, exiftool says %s %q", name, record.Codecs, key, codec)
			}
		}
	}
}

// TestCurrent wants a gallery that programs with and without ffmpeg work on to come to rest.
func TestCurrent(t *testing.T) {
	with, without := Options{FFmpeg: "/usr/bin/ffmpeg", Clips: true}, Options{Clips: true}
	for _, c := range []struct {
		made, now Options
		want      bool
	}{
		{with, with, true}, {without, without, true}, {with, without, true}, {without, with, false},
		{with, Options{FFmpeg: "ffmpeg"}, false}, {with, Options{}, false}, {Options{Clips: true, Quality: 1}, without, false},
	} {
		if got := Current(Recipe(c.made, gallery.Video), c.now, gallery.Video); got != c.want {
			t.Errorf("made by %+v, now %+v: %v", c.made, c.now, got)
		}
	}
}

var errStorage = errors.New("the bucket is gone")

// TestBucketErrorIsNotTheVideos wants an error of reading to be one, whoever read: the video is tried again another time.
func TestBucketErrorIsNotTheVideos(t *testing.T) {
	ffmpeg := needs.Tool(t, "ffmpeg")
	path := ffmpegMakes(t, ffmpeg, "a.mp4", append(bars("320x180", 2), "-c:v", "mpeg4", "-c:a", "aac", "-movflags", "+faststart")...)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	in := input("a.mp4", data)
	in.R = failsAfter{bytes.NewReader(data), max(sniffLength, int64(bytes.Index(data, []byte("mdat")))+100)} // ffmpeg alone reads that far
	if _, _, err := New(Options{}).Develop(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if _, _, err := New(Options{FFmpeg: ffmpeg}).Develop(t.Context(), in); !errors.Is(err, errStorage) {
		t.Errorf("got %v", err)
	}
}

// failsAfter fails for what is behind an offset.
type failsAfter struct {
	io.ReaderAt
	offset int64
}

func (f failsAfter) ReadAt(p []byte, offset int64) (int, error) {
	if offset+int64(len(p)) > f.offset {
		return 0, errStorage
	}
	return f.ReaderAt.ReadAt(p, offset)
}
