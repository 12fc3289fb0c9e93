package cost

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
)

// years is how long the comparison looks ahead: the life of a hard drive.
func years() float64 { return Prices().Drive.Years }

// An Alternative is a library that is kept in another way, and what that costs.
type Alternative struct {
	Name    string  `json:"name"`
	Once    float64 `json:"once_dollars"`
	Monthly float64 `json:"monthly_dollars"`
	Years   float64 `json:"years_dollars"` // once, and then the months of Years of the [Drive]
}

// Compare returns what else the library could cost: with and without what AWS gives for nothing, Rekognition and the storage
// classes, and on hard drives at home.
func (l Library) Compare() []Alternative {
	var list []Alternative
	add := func(name string, other Library) {
		e := other.Estimate()
		list = append(list, Alternative{name, e.Once(), e.Monthly(), e.Once() + 12*years()*e.Monthly()})
	}
	with := func(change func(*Library)) Library {
		other := l
		change(&other)
		return other
	}
	add("as above", l)
	if l.FreeTier {
		add("without the free tier", with(func(o *Library) { o.FreeTier = false }))
	} else {
		add("with the free tier", with(func(o *Library) { o.FreeTier = true }))
	}
	if l.Labels {
		add("without Rekognition", with(func(o *Library) { o.Labels, o.Faces = false, false }))
	}
	if !l.Labels {
		add("with labels", with(func(o *Library) { o.Labels = true }))
	}
	if !l.Labels || !l.Faces {
		add("with labels and faces", with(func(o *Library) { o.Labels, o.Faces = true, true }))
	}
	for _, c := range Classes() {
		if c != l.Class {
			add("originals in "+c.name(), with(func(o *Library) { o.Class = c }))
		}
	}
	drive := Prices().Drive
	count, dollars := drive.Drives(l.Gigabytes)
	name := fmt.Sprintf("%d hard drives of %g TB", count, drive.Terabytes)
	if count == 1 {
		name = fmt.Sprintf("a hard drive of %g TB", drive.Terabytes)
	}
	return append(list, Alternative{name, dollars, 0, dollars})
}

func (c Class) name() string {
	switch c {
	case Intelligent:
		return "S3 Intelligent-Tiering"
	case Glacier:
		return "S3 Glacier Instant Retrieval"
	}
	return "S3 Standard"
}

// Write prints what the library costs, by service, and then the alternatives.
func (l Library) Write(w io.Writer) error {
	free := "what is free each month is taken off"
	if !l.FreeTier {
		free = "nothing is free"
	}
	size := thousands(l.Gigabytes)
	if size == "0" && l.Gigabytes > 0 {
		size = "under 0.1"
	}
	fmt.Fprintf(w, "%s photos, %s GB, %s uploads and %s views a month; originals in %s; %s;\n%s.\n\n",
		thousands(float64(l.Photos)), size, thousands(float64(l.UploadsPerMonth)), thousands(float64(l.ViewsPerMonth)),
		l.Class.name(), l.recognition(), free)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "once\ta month\t")
	e := l.Estimate()
	for _, line := range e.ByService() {
		fmt.Fprintf(t, "%s\t%s\t%s\n", Dollars(line.OnceDollars), Dollars(line.MonthlyDollars), "  "+line.Service)
	}
	fmt.Fprintf(t, "%s\t%s\t  together\n", Dollars(e.Once()), Dollars(e.Monthly()))
	if err := t.Flush(); err != nil {
		return err
	}
	if year := l.Grown(12); year.Photos > l.Photos {
		fmt.Fprintf(w, "\nAfter a year of these uploads a month is %s.\n", Dollars(year.Estimate().Monthly()))
	}
	fmt.Fprintln(w)
	t = tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "once\ta month\t%g years\t\n", years())
	for _, a := range l.Compare() {
		fmt.Fprintf(t, "%s\t%s\t%s\t  %s\n", Dollars(a.Once), Dollars(a.Monthly), Dollars(a.Years), a.Name)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\nList prices of us-east-1 without tax, as collected on %s; an estimate, no offer. Accounts opened since 2025-07-15 have\n"+
		"no offers of 12 months, only what is free for ever. A hard drive is one copy, in one place, and nobody else can look at it.\n",
		Prices().Collected)
	return err
}

func (l Library) recognition() string {
	switch {
	case l.Labels && l.Faces:
		return "labels and faces by Rekognition"
	case l.Labels:
		return "labels by Rekognition"
	}
	return "no Rekognition"
}

// Dollars prints an amount with as many digits as mean something: "$0", "under $0.01", "$0.92", "$12.40", "$1,234".
func Dollars(d float64) string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	switch {
	case d < 1e-9:
		return "$0"
	case d < 0.005:
		return sign + "<$0.01"
	case d < 99.995:
		return sign + "$" + strconv.FormatFloat(d, 'f', 2, 64)
	}
	return sign + "$" + thousands(math.Round(d))
}

// thousands prints a number with commas, and with one digit after the point where that is not 0.
func thousands(n float64) string {
	text := strconv.FormatFloat(n, 'f', 1, 64)
	whole, rest, _ := strings.Cut(text, ".")
	var b strings.Builder
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	if rest != "0" {
		b.WriteString("." + rest)
	}
	return b.String()
}
