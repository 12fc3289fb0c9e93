package table

import (
	"reflect"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

func small() *Table {
	return &Table{
		Countries: []Country{{"NO", "Norway"}, {"SE", "Sweden"}, {"XX", "Île d’Or 🏝"}},
		Regions:   []Region{{0, "Oslo"}, {0, "Viken"}, {2, ""}},
		Places: []Place{
			{Lat: 59913, Lon: 10752, Region: 0, Within: 0, Radius: 53, NameLen: 4},
			{Lat: 59200, Lon: 10950, Region: 1, Within: 1, Radius: 0, NameLen: 7}, // a stray
			{Lat: -90000, Lon: -180000, Region: 2, Within: 2, Radius: 250, NameLen: 0},
			{Lat: 90000, Lon: 180000, Region: 2, Within: 0, Radius: 1, NameLen: 5}, // another
		},
		Names: "OsloMoss 🏙Põhja"[:4] + "Moss-by" + "Põhj",
		Rings: []Ring{
			{0, []Corner{{-18000000, -9000000}, {18000000, 9000000}, {0, 0}}},
			{3, []Corner{{1, 1}, {2, 2}, {3, -3}}}, // land
			{1, []Corner{}},
		},
	}
}

func TestEncodedIsDecoded(t *testing.T) {
	want := small()
	file, err := Encode(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestEncodeRefusesWhatCouldNotBeRead(t *testing.T) {
	for what, change := range map[string]func(*Table){
		"places out of order":    func(t *Table) { t.Places[0].Region = 2 },
		"a place in no region":   func(t *Table) { t.Places[3].Region = 9 },
		"regions out of order":   func(t *Table) { t.Regions[0].Country = 2 },
		"a region in no country": func(t *Table) { t.Regions[2].Country = 9 },
		"a place beyond a pole":  func(t *Table) { t.Places[0].Lat = 90001 },
		"a corner beyond it":     func(t *Table) { t.Rings[0].Corners[0].Lat = 9000001 },
		"a ring of no country":   func(t *Table) { t.Rings[0].Country = 4 },
		"too few names":          func(t *Table) { t.Names = "" },
		"names that are no text": func(t *Table) { t.Names = "\xff" + t.Names[1:] },
	} {
		broken := small()
		change(broken)
		if _, err := Encode(broken); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
}

func TestDamagedFilesAreRefused(t *testing.T) {
	file, err := Encode(small())
	if err != nil {
		t.Fatal(err)
	}
	for n := range file {
		if _, err := Decode(file[:n]); err == nil || !strings.HasPrefix(err.Error(), "table of places: ") {
			t.Fatalf("of %d bytes the first %d are a table: %v", len(file), n, err)
		}
	}
	for i := range file {
		for _, flip := range []byte{1, 0x80, 0xff} {
			damaged := append([]byte{}, file...)
			damaged[i] ^= flip
			if got, err := Decode(damaged); err == nil {
				check(t, got) // the checksum is the frame's own affair
			}
		}
	}
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	bomb := w.EncodeAll(make([]byte, 64<<20), []byte(magic))
	if _, err := Decode(bomb); err == nil {
		t.Error("a file that unpacks to 64 MB is read")
	}
	// A file that claims to hold more than there is costs nothing but the claim.
	claim := w.EncodeAll([]byte{0, 1, 0, 0, 0xff, 0xff, 0x3f}, []byte(magic))
	if _, err := Decode(claim); err == nil {
		t.Error("a file that claims what it does not hold is read")
	}
	trailing := w.EncodeAll(append(unpack(t, file), 0), []byte(magic))
	if _, err := Decode(trailing); err == nil || !strings.Contains(err.Error(), "too many") {
		t.Errorf("a byte too many: %v", err)
	}
}

func unpack(t testing.TB, file []byte) []byte {
	r, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := r.DecodeAll(file[len(magic):], nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// check looks at the promise of Decode: every index is in range, every coordinate on earth.
func check(t *testing.T, got *Table) {
	t.Helper()
	names := 0
	for _, r := range got.Regions {
		_ = got.Countries[r.Country]
	}
	for _, p := range got.Places {
		_, _ = got.Regions[p.Region], got.Countries[p.Within]
		if p.Lat < -90*PerDegree || p.Lat > 90*PerDegree || p.Lon < -180*PerDegree || p.Lon > 180*PerDegree {
			t.Errorf("a place is at %d, %d", p.Lat, p.Lon)
		}
		names += int(p.NameLen)
	}
	if names != len(got.Names) {
		t.Errorf("%d bytes of names, want %d", len(got.Names), names)
	}
	for _, r := range got.Rings {
		if int(r.Country) > len(got.Countries) {
			t.Errorf("a ring is of country %d of %d", r.Country, len(got.Countries))
		}
		for _, c := range r.Corners {
			if c.Lat < -90*CornersPerDegree || c.Lat > 90*CornersPerDegree || c.Lon < -180*CornersPerDegree || c.Lon > 180*CornersPerDegree {
				t.Errorf("a corner is at %d, %d", c.Lat, c.Lon)
			}
		}
	}
}

// FuzzDecode is given what is inside the compressed frame, so that it gets further than the checksum.
func FuzzDecode(f *testing.F) {
	file, err := Encode(small())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(unpack(f, file), true)
	f.Add(file, false)
	f.Add([]byte{}, true)
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte, inside bool) {
		if inside {
			b = w.EncodeAll(b, []byte(magic))
		}
		if got, err := Decode(b); err == nil {
			check(t, got)
			if _, err := Encode(got); err != nil {
				t.Errorf("what was read cannot be written: %v", err)
			}
		}
	})
}
