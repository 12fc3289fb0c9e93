package cost

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"
)

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 0.005*math.Abs(want)+1e-9 {
		t.Errorf("%s: %g, want %g", what, got, want)
	}
}

// TestPrices reads the list as strictly as it can be: no key that the program does not know, none of its own missing.
func TestPrices(t *testing.T) {
	var l List
	if err := toml.NewDecoder(strings.NewReader(pricesFile)).DisallowUnknownFields().Decode(&l); err != nil {
		t.Fatal(err)
	}
	n := 0
	var walk func(name string, v reflect.Value)
	walk = func(name string, v reflect.Value) {
		if p, ok := v.Interface().(Price); ok {
			n++
			if p.Per <= 0 || p.Dollars < 0 || p.Free < 0 || p.What == "" || p.Unit == "" || p.Source == "" {
				t.Errorf("%s is not complete: %+v", name, p)
			}
			date(t, name, p.Date)
			return
		}
		for i := range v.NumField() {
			if v.Field(i).Kind() == reflect.Struct {
				walk(name+"."+v.Type().Field(i).Name, v.Field(i))
			}
		}
	}
	walk("", reflect.ValueOf(l))
	if want := strings.Count(pricesFile, "\n[") - 1; n != want { // but for the drive
		t.Errorf("the program uses %d prices, the file has %d", n, want)
	}
	if d := l.Drive; d.Dollars <= 0 || d.Terabytes <= 0 || d.Years <= 0 || d.Source == "" {
		t.Errorf("the drive is not complete: %+v", d)
	}
	date(t, "drive", l.Drive.Date)
	date(t, "list", l.Collected)
}

func date(t *testing.T, name, text string) {
	t.Helper()
	for _, layout := range []string{"2006", "2006-01", "2006-01-02"} {
		if _, err := time.Parse(layout, text); err == nil {
			return
		}
	}
	t.Errorf("%s: %q is no date", name, text)
}

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		usage Usage
		want  float64
	}{
		{Usage{}, 0},
		{Usage{S3Put: 1000}, 0.005},
		{Usage{S3List: 1000}, 0.005},
		{Usage{S3Get: 1000}, 0.0004},
		{Usage{S3Delete: 1e6, SSM: 1e6}, 0},
		{Usage{SQS: 1e6}, 0.40},
		{Usage{SNS: 1e6}, 0.50},
		{Usage{Lambda: 1e6}, 0.20},
		{Usage{LambdaGBSeconds: 750_000}, 10},
		{Usage{DetectLabels: 1000, IndexFaces: 1000, SearchFaces: 1000}, 3},
		{Usage{S3Put: 4, S3Get: 3, DetectLabels: 1}, 0.0010212},
	} {
		near(t, "price", c.usage.Dollars(), c.want)
	}
}

// TestUsageAdds checks that no field is forgotten in sums and products.
func TestUsageAdds(t *testing.T) {
	var u Usage
	v := reflect.ValueOf(&u).Elem()
	for i := range v.NumField() {
		if f := v.Field(i); f.CanInt() {
			f.SetInt(int64(i + 1))
		} else {
			f.SetFloat(float64(i + 1))
		}
	}
	if sum := u.Plus(u).Plus(u); sum != u.times(3) || sum == u {
		t.Errorf("three times %+v is %+v by adding, %+v by multiplying", u, sum, u.times(3))
	}
	three := reflect.ValueOf(u.times(3))
	for i := range three.NumField() {
		got := 0.0
		if f := three.Field(i); f.CanInt() {
			got = float64(f.Int())
		} else {
			got = f.Float()
		}
		if got != float64(3*(i+1)) {
			t.Errorf("three times %d is %g in %s", i+1, got, three.Type().Field(i).Name)
		}
	}
}

func TestGBSeconds(t *testing.T) {
	near(t, "2 GB for 1.5 s", GBSeconds(2048, 1500*time.Millisecond), 3)
	near(t, "a part of a millisecond is a whole one", GBSeconds(1024, 1100*time.Microsecond), 0.002)
	near(t, "nothing", GBSeconds(1024, 0), 0)
}

// service sums up the lines of a service.
func service(e Estimate, name string) (once, monthly float64) {
	for _, line := range e.ByService() {
		if line.Service == name {
			return line.OnceDollars, line.MonthlyDollars
		}
	}
	return 0, 0
}

// TestEstimate compares with figures worked out by hand.
func TestEstimate(t *testing.T) {
	l := Library{Photos: 250_000, Gigabytes: 1000, Class: Standard, FreeTier: true}
	once, monthly := service(l.Estimate(), "S3 originals")
	near(t, "standard, once", once, 0)
	near(t, "standard", monthly, 23)
	// Three GB-seconds a photo and two for each of 12,500 runs of publish, of which 400,000 are free.
	once, _ = service(l.Estimate(), "Lambda")
	near(t, "lambda", once, (250_000*3+12_500*2+864+375*30/12.5-400_000)*0.0000133334)

	l.Class = Glacier
	once, monthly = service(l.Estimate(), "S3 originals")
	near(t, "glacier, once", once, 5)
	near(t, "glacier", monthly, 4)

	l.Class = Intelligent
	once, monthly = service(l.Estimate(), "S3 originals")
	near(t, "intelligent, once", once, 1000*(0.023+2*0.0125-3*0.004)+2.5)
	near(t, "intelligent", monthly, 4+0.625)

	l.Labels = true
	once, monthly = service(l.Estimate(), "Rekognition")
	near(t, "labels", once, 250)
	near(t, "labels each month", monthly, 0)
	l.Faces, l.UploadsPerMonth = true, 100
	once, monthly = service(l.Estimate(), "Rekognition")
	near(t, "labels and faces", once, 750)
	near(t, "labels and faces each month", monthly, 0.1+0.2+2.5)

	l.FreeTier = false
	_, monthly = service(l.Estimate(), "SQS, SNS")
	near(t, "idle polling", monthly, 0.4*(648_000+8640+100*(1+3+3))/1e6+0.5*100/1e6)
	if l.Photos = 0; l.Estimate().Once() < 0 {
		t.Error("an empty library brings money")
	}
}

// TestEstimateIsReasonable checks for many libraries what must be so whatever the prices are.
func TestEstimateIsReasonable(t *testing.T) {
	for _, class := range Classes() {
		for _, photos := range []int64{0, 1, 999, 50_000, 3_000_000} {
			for _, uploads := range []int64{0, 1, 5000} {
				l := Library{Photos: photos, Gigabytes: float64(photos) * 0.004, UploadsPerMonth: uploads, ViewsPerMonth: 100 * uploads, Class: class, FreeTier: true}
				free := l.Estimate()
				l.FreeTier = false
				paid := l.Estimate()
				l.Labels = true
				labelled := l.Estimate()
				l.Photos, l.Gigabytes = l.Photos+1000, l.Gigabytes+4
				larger := l.Estimate()
				for _, c := range []struct {
					what       string
					less, more Estimate
				}{{"the free tier", free, paid}, {"labels", paid, labelled}, {"more photos", labelled, larger}} {
					if c.less.Once() < 0 || c.less.Monthly() < 0 || c.less.Once() > c.more.Once()+1e-9 || c.less.Monthly() > c.more.Monthly()+1e-9 {
						t.Errorf("%+v: %s: %g and %g, more is %g and %g", l, c.what, c.less.Once(), c.less.Monthly(), c.more.Once(), c.more.Monthly())
					}
				}
			}
		}
	}
}

func TestDrives(t *testing.T) {
	d := Drive{Dollars: 100, Terabytes: 4}
	for gigabytes, want := range map[float64]int{0: 1, 3725: 1, 3726: 2, 37253: 11} {
		if n, dollars := d.Drives(gigabytes); n != want || dollars != float64(100*want) {
			t.Errorf("%g GB: %d drives for %g, want %d", gigabytes, n, dollars, want)
		}
	}
}

func TestDollars(t *testing.T) {
	for amount, want := range map[float64]string{
		0: "$0", 0.0000001: "<$0.01", 0.004: "<$0.01", 0.005: "$0.01", 0.92: "$0.92", 12.4: "$12.40", 99.99: "$99.99",
		99.996: "$100", 1234.5: "$1,235", 1e6: "$1,000,000", -0.5: "-$0.50",
	} {
		if got := Dollars(amount); got != want {
			t.Errorf("%g is printed as %s, want %s", amount, got, want)
		}
	}
}

func TestParseClass(t *testing.T) {
	for _, c := range Classes() {
		if got, err := ParseClass(string(c)); got != c || err != nil {
			t.Errorf("%s: %s, %v", c, got, err)
		}
	}
	if _, err := ParseClass("deep-archive"); err == nil {
		t.Error("deep-archive is taken for a class")
	}
}
