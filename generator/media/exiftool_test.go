package media

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"shoebox/internal/gallery"
	"shoebox/internal/needs"
)

// exiftoolFolder names an environment variable with a folder of photos over which records are compared with exiftool's answers too.
const exiftoolFolder = "SHOEBOX_EXIFTOOL_FOLDER"

// TestExiftool compares what a record says with what exiftool says of the same file, field by field. The files are written by
// exiftool, in the ways and the conflicts that photo programs leave behind.
func TestExiftool(t *testing.T) {
	exiftool := needs.Tool(t, "exiftool")
	dir := t.TempDir()
	bases := map[string][]byte{"jpg": jpegOf(t, corners(40, 30)), "png": pngOf(t, corners(40, 30)), "webp": testdata(t, "p3.webp")}
	var script []string
	for name, args := range exiftoolFiles {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, bases[extension(name)], 0o600); err != nil {
			t.Fatal(err)
		}
		script = append(append(script, strings.Split(args, "\n")...), "-overwrite_original", path, "-execute")
	}
	argfile := filepath.Join(t.TempDir(), "args")
	if err := os.WriteFile(argfile, []byte(strings.Join(script, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(exiftool, "-charset", "filename=utf8", "-@", argfile).CombinedOutput(); err != nil {
		t.Fatalf("exiftool: %v\n%s", err, out)
	}
	compareFolder(t, exiftool, dir)
}

// exiftoolFiles are files by name, and what exiftool writes into them, one argument in a line. One with a wrong IPTCDigest is as a
// program leaves it that changes IPTC and knows nothing of XMP.
var exiftoolFiles = map[string]string{
	"nothing.jpg":     "-Comment=x",
	"camera.jpg":      "-Make=NIKON CORPORATION\n-Model=NIKON D70\n-LensModel=AF-S 18-70mm\n-ExposureTime=1/250\n-FNumber=2.8\n-ISO=400\n-FocalLength=50\n-FocalLengthIn35mmFormat=75\n-DateTimeOriginal=2020:01:02 03:04:05\n-OffsetTimeOriginal=+02:00\n-CreateDate=2021:01:02 03:04:05",
	"digitized.jpg":   "-ExifIFD:CreateDate=2010:02:03 04:05:06\n-IPTC:DateCreated=1950:06:07\n-IPTC:TimeCreated=08:09:10+01:00",
	"scan.jpg":        "-ExifIFD:CreateDate=2010:02:03 04:05:06\n-XMP-photoshop:DateCreated=1961:05:04",
	"dates.jpg":       "-XMP-photoshop:DateCreated=2001:01:01 01:01:01\n-XMP-xmp:CreateDate=2002:02:02 02:02:02\n-IPTC:DateCreated=2003:03:03",
	"xmp-dates.png":   "-XMP-exif:DateTimeOriginal=2001:01:01 01:01:01-05:00\n-XMP-xmp:CreateDate=2002:02:02 02:02:02",
	"upside.jpg":      "-Orientation#=6\n-IFD1:Orientation#=3\n-IFD1:Make=Thumbnail",
	"upside.png":      "-Orientation#=8",
	"upside.webp":     "-Orientation#=3\n-Make=Canon\n-Model=Canon EOS R",
	"oslo.jpg":        "-GPSLatitude=59.9139\n-GPSLatitudeRef=N\n-GPSLongitude=10.7522\n-GPSLongitudeRef=E\n-GPSAltitude=23.4\n-GPSAltitudeRef=above",
	"chile.jpg":       "-GPSLatitude=33.4489\n-GPSLatitudeRef=S\n-GPSLongitude=70.6693\n-GPSLongitudeRef=W\n-GPSAltitude=12\n-GPSAltitudeRef#=1",
	"xmp-place.jpg":   "-XMP-exif:GPSLatitude=-33.4489\n-XMP-exif:GPSLongitude=-70.6693",
	"texts.jpg":       "-EXIF:ImageDescription=exif caption\n-IPTC:Caption-Abstract=iptc caption\n-XMP-dc:Description=xmp caption",
	"texts-xmp.jpg":   "-IPTC:Caption-Abstract=iptc caption\n-XMP-dc:Description=xmp caption\n-IPTC:Keywords=left\n-XMP-dc:Subject=right",
	"digest.jpg":      "-codedcharacterset=utf8\n-IPTC:Caption-Abstract=old caption\n-IPTC:Keywords=old\n-XMP-dc:Subject=new\n-XMP-dc:Description=new caption\n-IPTCDigest=new",
	"digest-off.jpg":  "-codedcharacterset=utf8\n-IPTC:Caption-Abstract=new caption\n-IPTC:Keywords=new\n-IPTC:By-line=New\n-IPTC:CopyrightNotice=© new\n-XMP-dc:Creator=Old\n-XMP-dc:Rights=© old\n-XMP-dc:Subject=old\n-XMP-dc:Description=old caption\n-IPTC:DateCreated=2003:03:03\n-IPTC:TimeCreated=04:05:06+00:00\n-XMP-photoshop:DateCreated=2001:01:01 01:01:01\n-IPTCDigest=00112233445566778899aabbccddeeff",
	"cut-off.jpg":     "-codedcharacterset=utf8\n-m\n-IPTC:Keywords=" + strings.Repeat("keyword ", 8)[:64] + "\n-XMP-dc:Subject=" + strings.Repeat("keyword ", 12) + "end\n-IPTCDigest=00112233445566778899aabbccddeeff",
	"latin.jpg":       "-charset\niptc=Latin\n-IPTC:Keywords=Møte\n-IPTC:Caption-Abstract=déjà vu",
	"utf8.jpg":        "-codedcharacterset=utf8\n-IPTC:Keywords=Møte\n-IPTC:Keywords=東京\n-IPTC:Caption-Abstract=déjà vu 東京",
	"hierarchy.jpg":   "-XMP-lr:HierarchicalSubject=Places|Norway|Oslo\n-XMP-lr:HierarchicalSubject=People|Natalie Berg\n-XMP-dc:Subject=Oslo\n-XMP-dc:Subject=Natalie Berg",
	"digikam.png":     "-XMP-digiKam:TagsList=Places/Norway\n-XMP-digiKam:TagsList=People/Tom\n-XMP-microsoft:LastKeywordXMP=Animals/Dog",
	"regions.jpg":     "-XMP-mwg-rs:RegionInfo={AppliedToDimensions={W=40,H=30,Unit=pixel},RegionList=[{Area={X=0.5,Y=0.5,W=0.2,H=0.2,Unit=normalized},Name=Ada,Type=Face},{Area={X=0.2,Y=0.5,W=0.2,H=0.2,Unit=normalized},Name=a dog,Type=Pet},{Area={X=0.8,Y=0.5,W=0.2,H=0.2,Unit=normalized},Name=Bob,Type=Face}]}\n-XMP-dc:Subject=Ada\n-XMP-dc:Subject=beach",
	"microsoft.jpg":   "-XMP-MP:RegionInfoMP={Regions=[{PersonDisplayName=Eve,Rectangle=0.1|, 0.2|, 0.3|, 0.4},{PersonDisplayName=Nobody knows where}]}",
	"in-image.webp":   "-XMP-iptcExt:PersonInImage=Ada\n-XMP-iptcExt:PersonInImage=Bob\n-XMP-dc:Title=the title\n-XMP-dc:Description=the caption",
	"xmp-camera.png":  "-XMP-tiff:Make=Canon\n-XMP-tiff:Model=Canon EOS 40D\n-XMP-aux:Lens=EF 50mm\n-XMP-exif:ExposureTime=1/60\n-XMP-exif:FNumber=4\n-XMP-exif:ISO=200\n-XMP-exif:FocalLength=50",
	"rating.jpg":      "-XMP-xmp:Rating=4\n-XMP-dc:Title=A title\n-XMP-dc:Creator=Me\n-XMP-dc:Rights=© me",
	"both-owners.jpg": "-EXIF:Artist=In EXIF\n-EXIF:Copyright=© EXIF\n-XMP-dc:Creator=In XMP\n-XMP-dc:Rights=© XMP",
	"rejected.jpg":    "-XMP-xmp:Rating=-1",
}

// TestExiftoolFolder does the same over a folder of the machine. What differs there and why is in testdata/exiftool.txt.
func TestExiftoolFolder(t *testing.T) {
	folder := os.Getenv(exiftoolFolder)
	if folder == "" {
		t.Skip("set " + exiftoolFolder + " to a folder of photos")
	}
	compareFolder(t, needs.Tool(t, "exiftool"), folder)
}

// explained are the differences that are known, by file and field, from testdata/exiftool.txt.
func explained(t *testing.T) map[string]bool {
	t.Helper()
	known := map[string]bool{}
	for line := range strings.Lines(string(testdata(t, "exiftool.txt"))) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, " | ")
		if len(fields) != 3 || fields[2] == "" {
			t.Fatalf("testdata/exiftool.txt: %q is not \"file | field | why\"", line)
		}
		known[fields[0]+" "+fields[1]] = true
	}
	return known
}

// compareFolder wants each field of each picture and video below a folder to be as exiftool has it, or the difference explained, and
// 98 % of them equal.
func compareFolder(t *testing.T, exiftool, folder string) {
	var out, problems bytes.Buffer
	cmd := exec.Command(exiftool, "-json", "-n", "-G1", "-struct", "-r", "-use", "MWG", "-charset", "exif=utf8", folder)
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil && out.Len() == 0 { // it also ends with an error when one of the files is damaged
		t.Fatalf("exiftool: %v\n%s", err, problems.String())
	}
	decoder := json.NewDecoder(&out)
	decoder.UseNumber()
	var files []said
	if err := decoder.Decode(&files); err != nil {
		t.Fatal(err)
	}
	known := explained(t)
	equal, all := map[string]int{}, map[string]int{}
	for _, file := range files {
		path := file.text("SourceFile")
		name, err := filepath.Rel(folder, path)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := readFields(t, path)
		if !ok {
			continue
		}
		want := file.fields()
		for _, field := range comparedFields {
			if got[field] == "" && want[field] == "" {
				continue
			}
			all[field]++
			difference := known[name+" "+field]
			switch {
			case got[field] == want[field]:
				equal[field]++
				if difference {
					t.Errorf("%s: %s does not differ any more: take it out of testdata/exiftool.txt", name, field)
				}
			case !difference:
				t.Errorf("%s: %s is\n%.300q, exiftool says\n%.300q", name, field, got[field], want[field])
			}
		}
	}
	total, same := 0, 0
	for _, field := range comparedFields {
		t.Logf("%-12s %4d of %4d equal", field, equal[field], all[field])
		total, same = total+all[field], same+equal[field]
	}
	if total == 0 || float64(same) < 0.98*float64(total) {
		t.Errorf("only %d of %d are equal", same, total)
	}
}

var comparedFields = []string{"date", "orientation", "camera", "lens", "exposure", "gps", "caption", "keywords", "persons", "faces", "title",
	"creator", "copyright", "rating"}

// readFields develops a file as far as its metadata. ok is false for what is neither picture nor video.
func readFields(t *testing.T, path string) (fields map[string]string, ok bool) {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	in := input(filepath.Base(path), body)
	src := &source{ctx: t.Context(), r: in.R, size: in.Size}
	j := &job{Developer: New(Options{}), ctx: t.Context(), in: in, src: src, name: in.Key}
	j.format = identify(j.name, src.head(sniffLength))
	fields = map[string]string{}
	var m gallery.Metadata
	switch {
	case j.format.kind == gallery.Video:
		movie, _ := readMovie(src)
		fields["orientation"] = "1"
		m = embedded{movie: &movie}.metadata(movie.width, movie.height, 1)
	case j.format.open != nil:
		h, err := j.format.open(src)
		if err != nil {
			return nil, false // a problem of the picture, not of its metadata
		}
		e := j.embedded(h.blocks)
		orientation := e.orientation()
		if h.orientation != 0 {
			orientation = h.orientation
		}
		w, t := turned(h.width, h.height, orientation)
		m = e.metadata(w, t, orientation)
		fields["orientation"] = strconv.Itoa(e.orientation())
	default:
		return nil, false
	}
	if m.Title != "" && m.Caption == m.Title {
		m.Caption = ""
	}
	if !m.Taken.IsZero() {
		fields["date"] = m.Taken.String()
	}
	fields["camera"], fields["lens"] = m.Camera, m.Lens
	if x := m.Exposure; x != (gallery.Exposure{}) {
		fields["exposure"] = exposureText(x.Seconds, x.FNumber, float64(x.ISO), x.FocalLength, x.FocalLength35)
	}
	if m.GPS != nil {
		fields["gps"] = fmt.Sprintf("%.4f %.4f", m.GPS.Latitude, m.GPS.Longitude)
		if m.GPS.Altitude != nil {
			fields["gps"] += fmt.Sprintf(" %.0f", *m.GPS.Altitude)
		}
	}
	fields["caption"], fields["title"], fields["creator"], fields["copyright"] = m.Caption, m.Title, m.Creator, m.Copyright
	fields["keywords"], fields["persons"] = setText(m.Keywords), setText(m.Persons)
	var faces []string
	if fields["orientation"] == "1" {
		for _, f := range m.Faces {
			faces = append(faces, faceText(f.Person, f.X, f.Y, f.W, f.H))
		}
	}
	fields["faces"] = setText(faces)
	if m.Rating != 0 {
		fields["rating"] = strconv.Itoa(m.Rating)
	}
	return fields, true
}

func exposureText(v ...float64) string {
	var s []string
	for _, f := range v {
		if f > 0 && !math.IsInf(f, 0) {
			s = append(s, strconv.FormatFloat(f, 'g', 4, 64))
		} else {
			s = append(s, "-")
		}
	}
	return strings.Join(s, " ")
}

func faceText(name string, x, y, w, h float64) string {
	return fmt.Sprintf("%s %.3f %.3f %.3f %.3f", name, x, y, w, h)
}

// setText is a list without order and case.
func setText(list []string) string {
	var folded []string
	for _, s := range list {
		folded = append(folded, strings.ToLower(s))
	}
	slices.Sort(folded)
	return strings.Join(slices.Compact(folded), "; ")
}

// said is what exiftool says of a file, by group and tag.
type said map[string]any

// text is the first of some tags that says something.
func (s said) text(tags ...string) string {
	for _, tag := range tags {
		switch v := s[tag].(type) {
		case nil:
		case []any:
			if len(v) > 0 {
				return fmt.Sprint(v[0])
			}
		default:
			if text := strings.TrimSpace(strings.Trim(fmt.Sprint(v), "\x00")); text != "" {
				return text
			}
		}
	}
	return ""
}

func (s said) list(tag string) []string {
	switch v := s[tag].(type) {
	case nil:
		return nil
	case []any:
		var list []string
		for _, e := range v {
			list = append(list, fmt.Sprint(e))
		}
		return list
	default:
		return []string{fmt.Sprint(v)}
	}
}

func (s said) number(tags ...string) float64 {
	f, _ := strconv.ParseFloat(strings.Fields(s.text(tags...) + " 0")[0], 64)
	return f
}

// structs are the members of a list of structures within structures.
func (s said) structs(path ...string) []said {
	var at any = map[string]any(s)
	for _, step := range path {
		m, ok := at.(map[string]any)
		if !ok {
			return nil
		}
		at = m[step]
	}
	list, ok := at.([]any)
	if !ok && at != nil {
		list = []any{at}
	}
	var all []said
	for _, e := range list {
		if m, ok := e.(map[string]any); ok {
			all = append(all, m)
		}
	}
	return all
}

// fields are what a record should say. Only what our records promise to leave out is left out here: captions that cameras write by
// themselves, words for people among keywords, a caption that repeats the title.
func (s said) fields() map[string]string {
	f := map[string]string{}
	for _, tag := range []string{"MWG:DateTimeOriginal", "ExifIFD:DateTimeOriginal", "IFD0:DateTimeOriginal", "XMP-exif:DateTimeOriginal",
		"MWG:CreateDate", "ExifIFD:CreateDate", "XMP-exif:DateTimeDigitized", "XMP-xmp:CreateDate", "Keys:CreationDate", "CanonRaw:DateTimeOriginal", "QuickTime:CreateDate"} {
		if d, ok := parseMoment(s.text(tag), ""); ok {
			f["date"] = d.String()
			if tag == "QuickTime:CreateDate" { // UTC, says the format
				f["date"] += "Z"
			}
			break
		}
	}
	f["orientation"] = s.text("IFD0:Orientation")
	if n := s.number("IFD0:Orientation"); n < 1 || n > 8 {
		f["orientation"] = "1"
	}
	f["camera"] = camera(s.text("IFD0:Make", "Keys:Make", "UserData:Make", "CanonRaw:Make"),
		s.text("IFD0:Model", "Keys:Model", "UserData:Model", "CanonRaw:Model"))
	if f["camera"] == "" {
		f["camera"] = camera(s.text("XMP-tiff:Make"), s.text("XMP-tiff:Model"))
	}
	f["lens"] = firstLine(s.text("ExifIFD:LensModel"), s.text("XMP-exifEX:LensModel"), s.text("XMP-aux:Lens"))
	for _, group := range []string{"ExifIFD", "XMP-exif"} {
		v := exposureText(s.number(group+":ExposureTime"), s.number(group+":FNumber"), s.number(group+":ISO"), s.number(group+":FocalLength"),
			s.number(group+":FocalLengthIn35mmFormat"))
		if strings.Trim(v, "- ") != "" {
			f["exposure"] = v
			break
		}
	}
	if s.text("Composite:GPSLatitude") != "" && s.text("Composite:GPSLongitude") != "" {
		if g := place(s.number("Composite:GPSLatitude"), s.number("Composite:GPSLongitude"), nil); g != nil {
			f["gps"] = fmt.Sprintf("%.4f %.4f", g.Latitude, g.Longitude)
			if s.text("Composite:GPSAltitude") != "" {
				f["gps"] += fmt.Sprintf(" %.0f", s.number("Composite:GPSAltitude"))
			}
		}
	}
	if f["gps"] == "" && s.text("XMP-exif:GPSLatitude") != "" {
		f["gps"] = fmt.Sprintf("%.4f %.4f", s.number("XMP-exif:GPSLatitude"), s.number("XMP-exif:GPSLongitude"))
	}
	f["title"] = firstLine(s.text("XMP-dc:Title"), s.text("IPTC:ObjectName"))
	for _, tag := range []string{"MWG:Description", "XMP-dc:Description", "IPTC:Caption-Abstract", "IPTC:Headline", "XMP-photoshop:Headline"} {
		if caption := clean(s.text(tag), maxCaption); !junk(caption) {
			f["caption"] = caption
			break
		}
	}
	if f["caption"] == f["title"] {
		f["caption"] = ""
	}
	f["creator"] = firstLine(strings.Join(s.list("MWG:Creator"), ", "))
	f["copyright"] = firstLine(s.text("MWG:Copyright"))
	if r := s.number("XMP-xmp:Rating", "IFD0:Rating"); r != 0 {
		f["rating"] = strconv.Itoa(int(r))
	}

	keywords := s.list("MWG:Keywords")
	var persons, faces []string
	for tag, separator := range map[string]string{"XMP-lr:HierarchicalSubject": "|", "XMP-digiKam:TagsList": "/", "XMP-microsoft:LastKeywordXMP": "/"} {
		for _, path := range s.list(tag) {
			parts := strings.Split(path, separator)
			if len(parts) > 1 && parts[0] == "People" {
				persons = append(persons, parts[len(parts)-1])
			} else {
				keywords = append(keywords, parts...)
			}
		}
	}
	persons = append(persons, s.list("XMP-iptcExt:PersonInImage")...)
	for _, p := range s.structs("XMP-iptcExt:PersonInImageWDetails") {
		persons = append(persons, p.text("PersonName"))
	}
	for _, r := range s.structs("XMP-mwg-rs:RegionInfo", "RegionList") {
		if kind := r.text("Type"); kind != "" && kind != "Face" {
			continue
		}
		for _, a := range r.structs("Area") {
			persons = append(persons, r.text("Name"))
			w, h := a.number("W"), a.number("H")
			faces = append(faces, faceText(line(r.text("Name"), maxWord), a.number("X")-w/2, a.number("Y")-h/2, w, h))
		}
	}
	for _, r := range s.structs("XMP-MP:RegionInfoMP", "Regions") {
		persons = append(persons, r.text("PersonDisplayName"))
		var v [4]float64
		for i, n := range strings.Split(r.text("Rectangle"), ",") {
			v[min(i, 3)], _ = strconv.ParseFloat(strings.TrimSpace(n), 64)
		}
		if faces == nil && v[2] > 0 {
			faces = append(faces, faceText(line(r.text("PersonDisplayName"), maxWord), v[0], v[1], v[2], v[3]))
		}
	}
	all := words(persons)
	f["persons"], f["keywords"] = setText(all), setText(without(words(keywords), all))
	if f["orientation"] == "1" {
		f["faces"] = setText(faces)
	}
	return f
}
