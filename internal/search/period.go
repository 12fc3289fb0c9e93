package search

import (
	"strings"
	"time"
)

// A calendar reads periods in words.
type calendar struct {
	today time.Time // its midnight, in UTC
	south bool
}

// A period is what was read at the start of some words: its clause, and how many words it took; none when there is no period.
type period struct {
	clause Clause
	n      int
	weak   bool // it may well be a name: "June"
}

// A part is what of a year a [moment] is.
type part byte

// The parts of a year.
const (
	known  part = iota // none: its spans are known
	month              // index: 1 to 12
	date               // a day; index is its month
	season             // index: 0 spring to 3 winter
	feast              // index: one of the feasts
)

// A moment is a period without the words around it that make it a longer one.
type moment struct {
	part  part
	index int
	day   int
	year  int    // 0: to be found
	spans []Span // of a known one
	iso   bool   // it was one word, of digits
	weak  bool
	end   int // the word after it
}

// A reader reads a run of words, up to the first comma.
type reader struct {
	calendar
	words []token
	limit int
}

// word returns a word, in lower case; "" behind the end.
func (r reader) word(i int) string {
	switch {
	case i >= r.limit:
		return ""
	case r.words[i].dash():
		return "-"
	}
	return r.words[i].lower
}

// taken reads the value of "taken:".
func (c calendar) taken(text string) (Clause, bool) {
	if from, to, ok := parseRange(text); ok {
		return Clause{Kind: Taken, Text: formatRange(from, to), Spans: []Span{{from, to}}}, true
	}
	fields := strings.Fields(text)
	words := make([]token, len(fields))
	for i, f := range fields {
		words[i] = newToken(f, false)
	}
	p := c.read(words, true)
	return p.clause, p.n > 0 && p.n == len(words) && (p.clause.Kind == Taken || p.clause.Kind == Day)
}

// maxPeriodWords is more words than any period has: "between the fifth of June of the year 2019 and …".
const maxPeriodWords = 24

// read reads the period that some words start with. With a key before it, a month, season or feast needs nothing else.
func (c calendar) read(words []token, keyed bool) period {
	if !calendarWord(firstWord(words)) {
		return period{}
	}
	r := reader{calendar: c, words: words, limit: min(len(words), maxPeriodWords)}
	for i, t := range words[:r.limit] {
		if i > 0 && t.not {
			r.limit = i
			break
		}
		if t.comma {
			r.limit = i + 1
			break
		}
	}
	switch first := r.word(0); {
	case first == "on" && r.word(1) == "this" && r.word(2) == "day":
		return period{clause: Clause{Kind: Day, Text: c.today.Format("01-02"), Spans: r.leapDay()}, n: 3}
	case first == "between":
		return r.between()
	case first == "since", first == "after", first == "before", first == "until", first == "till":
		return r.open(first)
	}
	return r.closed(keyed)
}

// between reads "between March and May 2020".
func (r reader) between() period {
	a, ok := r.moment(r.article(1), true)
	if !ok {
		return period{}
	}
	switch r.word(a.end) {
	case "and", "to", "-":
		if b, ok := r.moment(r.article(a.end+1), true); ok {
			return r.period(0, b.end, r.join(a, b), false)
		}
	}
	return period{}
}

// open reads "since June 2019": a period with one end.
func (r reader) open(preposition string) period {
	m, ok := r.moment(r.article(1), true)
	if !ok {
		return period{}
	}
	s := r.spans(m)
	var open Span
	switch preposition {
	case "since":
		open.From = s[0].From
	case "after":
		open.From = s[len(s)-1].To
	case "before":
		open.To = s[0].From
	default:
		open.To = s[len(s)-1].To
	}
	return r.period(0, m.end, []Span{open}, false)
}

// closed reads a moment, or two with "to" between them.
func (r reader) closed(keyed bool) period {
	start, preposition := 0, keyed
	switch r.word(0) {
	case "in", "on", "during", "from", "at", "over":
		start, preposition = r.article(1), true
	case "the":
		start = 1
	}
	m, ok := r.moment(start, true) // a range may have what is no period alone: "March to May 2020"
	if !ok {
		return period{}
	}
	year := ""
	switch r.word(m.end) {
	case "to", "until", "till", "through", "-":
		if b, ok := r.moment(r.article(m.end+1), true); ok {
			return r.period(start, b.end, r.join(m, b), false)
		}
	case "and", "or": // "June and July 2019"
		if b, ok := r.moment(r.article(m.end+1), true); ok && m.part != known && m.year == 0 && b.year != 0 {
			m.year, year = b.year, " "+yearStart(b.year).Format(yearLayout)
		}
	}
	if _, alone := r.moment(start, preposition); !alone && m.year == 0 {
		return period{}
	}
	p := r.period(start, m.end, r.spans(m), m.iso)
	p.clause.Text += year
	p.weak = m.weak && !preposition
	return p
}

// firstWord returns the first word, in lower case: as typed when it is none, but "..2007".
func firstWord(words []token) string {
	if len(words) == 0 {
		return ""
	}
	if words[0].text == "" { // "..2007"
		return words[0].full
	}
	return words[0].lower
}

// leapDay returns today in a leap year, which has every day.
func (r reader) leapDay() []Span {
	from := time.Date(2000, r.today.Month(), r.today.Day(), 0, 0, 0, 0, time.UTC)
	return []Span{{from, from.AddDate(0, 0, 1)}}
}

// article returns the index of the word after "the", if there is one.
func (r reader) article(i int) int {
	if r.word(i) == "the" {
		return i + 1
	}
	return i
}

// period returns the period of the words from start to end.
func (r reader) period(start, end int, spans []Span, iso bool) period {
	if len(spans) == 0 || spans[0].From.IsZero() && spans[0].To.IsZero() {
		return period{}
	}
	for _, s := range spans {
		if !s.From.IsZero() && (s.From.Year() < 1 || s.From.Year() > 9998) || !s.To.IsZero() && (s.To.Year() < 1 || s.To.Year() > 9998) {
			return period{}
		}
	}
	c := Clause{Kind: Taken, Spans: spans}
	if iso {
		c.Text = formatRange(spans[0].From, spans[0].To)
		return period{clause: c, n: end}
	}
	var b strings.Builder
	for _, t := range r.words[start:end] {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		if t.dash() {
			b.WriteByte('-')
		} else {
			b.WriteString(t.text)
		}
	}
	c.Text = b.String()
	return period{clause: c, n: end}
}

// join returns the span from the start of one moment to the end of another. Of two, one may give the year of both.
func (r reader) join(a, b moment) []Span {
	if b.part != known && b.year == 0 {
		if b.year = a.year; b.year == 0 {
			b.year = r.latest(b, false)
		} else if r.in(b, b.year).From.Before(r.in(a, a.year).From) {
			b.year++
		}
	}
	end := r.spans(b)
	to := end[len(end)-1].To
	if a.part != known && a.year == 0 {
		if a.year = b.year; a.year == 0 {
			a.year = to.Year()
		}
		for range 2 { // "between November and March 2020"
			if !r.in(a, a.year).From.Before(to) {
				a.year--
			}
		}
	}
	begin := r.spans(a)
	from := begin[0].From
	if from.IsZero() || to.IsZero() {
		return nil
	}
	if !from.Before(to) {
		from, to = end[0].From, begin[len(begin)-1].To
	}
	if from.IsZero() || to.IsZero() {
		return nil
	}
	return []Span{{from, to}}
}

// spans returns what a moment spans.
func (r reader) spans(m moment) []Span {
	if m.part == known {
		return m.spans
	}
	if m.year == 0 {
		m.year = r.latest(m, false)
	}
	return []Span{r.in(m, m.year)}
}

// latest returns the latest year in which a moment has begun, or has ended.
func (r reader) latest(m moment, ended bool) int {
	for year := r.today.Year() + 1; ; year-- {
		s := r.in(m, year)
		if m.part == date && int(s.From.Month()) != m.index { // the 29th of February
			continue
		}
		if !ended && !s.From.After(r.today) || ended && !s.To.After(r.today) {
			return year
		}
	}
}

// in returns what a moment spans in a year. Seasons and feasts belong to the year that they begin in, but New Year to the one
// that it begins.
func (r reader) in(m moment, year int) Span {
	on := func(month time.Month, day int) time.Time { return time.Date(year, month, day, 0, 0, 0, 0, time.UTC) }
	switch m.part {
	case month:
		return Span{on(time.Month(m.index), 1), on(time.Month(m.index)+1, 1)}
	case date:
		return Span{on(time.Month(m.index), m.day), on(time.Month(m.index), m.day+1)}
	case season:
		first := time.March + time.Month(3*m.index)
		if r.south { // spring is from September, summer from December, autumn from March
			first = time.March + time.Month(3*((m.index+2)%4))
		}
		return Span{on(first, 1), on(first+3, 1)}
	}
	switch m.index {
	case christmas:
		return Span{on(time.December, 24), on(time.December, 27)}
	case christmasEve:
		return Span{on(time.December, 24), on(time.December, 25)}
	case christmasDay:
		return Span{on(time.December, 25), on(time.December, 26)}
	case boxingDay:
		return Span{on(time.December, 26), on(time.December, 27)}
	case newYear:
		return Span{on(time.January, 0), on(time.January, 2)}
	case newYearsEve:
		return Span{on(time.December, 31), on(time.December, 32)}
	case newYearsDay:
		return Span{on(time.January, 1), on(time.January, 2)}
	case halloween:
		return Span{on(time.October, 31), on(time.October, 32)}
	case valentinesDay:
		return Span{on(time.February, 14), on(time.February, 15)}
	case thanksgiving: // the fourth Thursday of November
		first := on(time.November, 1)
		thursday := first.AddDate(0, 0, (11-int(first.Weekday()))%7+21)
		return Span{thursday, thursday.AddDate(0, 0, 1)}
	}
	sunday := easterSunday(year)
	return Span{sunday.AddDate(0, 0, -2), sunday.AddDate(0, 0, 2)}
}

// easterSunday is computed as J. M. Oudin has it, for the Gregorian calendar.
func easterSunday(year int) time.Time {
	c, n := year/100, year%19
	i := (c - c/4 - (c-(c-17)/25)/3 + 19*n + 15) % 30
	i -= (i / 28) * (1 - (i/28)*(29/(i+1))*((21-n)/11))
	j := (year + year/4 + i + 2 - c + c/4) % 7
	l := i - j
	m := 3 + (l+40)/44
	return time.Date(year, time.Month(m), l+28-31*(m/4), 0, 0, 0, 0, time.UTC)
}

// moment reads a moment at word i. With a preposition before it, what may be something else is one too.
func (r reader) moment(i int, preposition bool) (m moment, ok bool) {
	w := r.word(i)
	if i >= r.limit {
		return m, false
	}
	if m, ok := r.digits(i); ok {
		return m, true
	}
	if n, ok := ordinal(w); ok {
		j := i + 1
		if r.word(j) == "of" {
			j++
		}
		if index, _ := monthOf(r.word(j)); index > 0 && n <= daysIn(index) {
			return r.dated(moment{part: date, index: index, day: n, end: j + 1})
		}
	}
	if index, sure := monthOf(w); index > 0 {
		m = moment{part: month, index: index, end: i + 1, weak: true}
		if n, ok := ordinal(r.word(i + 1)); ok && n <= daysIn(index) {
			return r.dated(moment{part: date, index: index, day: n, end: i + 2})
		}
		m, ok = r.dated(m)
		return m, ok && (m.year != 0 || preposition || sure)
	}
	if index := seasonOf(w); index >= 0 {
		m = moment{part: season, index: index, end: i + 1}
		if s := r.word(i + 1); index == 3 && len(s) >= 7 && (s[4] == '/' || s[4] == '-') { // "winter 2019/20"
			if year, ok := yearOf(s[:4]); ok && (s[5:] == format(time.Date(year+1, 1, 1, 0, 0, 0, 0, time.UTC), "06") ||
				s[5:] == format(time.Date(year+1, 1, 1, 0, 0, 0, 0, time.UTC), yearLayout)) {
				m.year, m.end = year, i+2
				return m, true
			}
		}
		m, ok = r.dated(m)
		return m, ok && (m.year != 0 || preposition)
	}
	if index, n := r.feast(i); n > 0 {
		m, ok = r.dated(moment{part: feast, index: index, end: i + n})
		return m, ok && (m.year != 0 || preposition)
	}
	if from, ok := decade(w, r.today.Year()); ok {
		start := time.Date(from, 1, 1, 0, 0, 0, 0, time.UTC)
		return moment{spans: []Span{{start, start.AddDate(10, 0, 0)}}, end: i + 1}, true
	}
	if weekday := weekdayOf(w); weekday >= 0 && preposition {
		return oneDay(r.weekday(weekday, false), i+1), true
	}
	switch w {
	case "today":
		return oneDay(r.today, i+1), true
	case "yesterday":
		return oneDay(r.today.AddDate(0, 0, -1), i+1), true
	case "last", "previous", "this", "past":
		return r.relative(w, i+1)
	}
	if n, ok := count(w); ok {
		if u, known := unitOf(r.word(i + 1)); known && r.word(i+2) == "ago" {
			return moment{spans: []Span{r.whole(u, -n)}, end: i + 3}, true
		}
	}
	return m, false
}

// oneDay returns the moment of a day.
func oneDay(day time.Time, end int) moment {
	return moment{spans: []Span{{day, day.AddDate(0, 0, 1)}}, end: end}
}

// digits reads a date, or two, in one word of digits.
func (r reader) digits(i int) (m moment, ok bool) {
	t := r.words[i]
	if c := firstWord(r.words[i:]); c == "" || (c[0] < '0' || c[0] > '9') && c[0] != '.' && c[0] != '(' {
		return m, false
	}
	for _, s := range [...]string{strings.Trim(t.full, ",;:!?()"), t.text} {
		if from, to, ok := parseBareDate(s); ok {
			return moment{spans: []Span{{from, to}}, iso: true, end: i + 1}, true
		}
	}
	if first, last, ok := strings.Cut(strings.ReplaceAll(t.text, "–", "-"), "-"); ok { // "2005-2010"
		a, okA := yearOf(first)
		b, okB := yearOf(last)
		if okA && okB && a <= b {
			return moment{spans: []Span{{yearStart(a), yearStart(b + 1)}}, iso: true, end: i + 1}, true
		}
	}
	return m, false
}

func yearStart(year int) time.Time { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) }

// dated adds the year that may follow: "2019", "of 2019", ", 2019" after a day, "last year".
func (r reader) dated(m moment) (moment, bool) {
	i := m.end
	if i < len(r.words) && i == r.limit && r.words[i-1].comma && (m.part == date || m.part == month) {
		if year, ok := yearOf(r.words[i].lower); ok && !r.words[i].not {
			m.year, m.end = year, i+1
		}
	} else {
		if r.word(i) == "of" {
			i++
		}
		year, ok := yearOf(r.word(i))
		switch {
		case ok:
			m.year, m.end = year, i+1
		case (r.word(i) == "last" || r.word(i) == "this") && r.word(i+1) == "year":
			m.year, m.end = r.today.Year(), i+2
			if r.word(i) == "last" {
				m.year--
			}
		}
	}
	// The 29th of February is not in every year.
	valid := m.part != date || m.year == 0 || int(r.in(m, m.year).From.Month()) == m.index
	return m, valid
}

// relative reads what comes after "last", "previous", "this" or "past".
func (r reader) relative(which string, i int) (m moment, ok bool) {
	n, end := 1, i
	counted := false
	if c, ok := count(r.word(i)); ok {
		n, end, counted = c, i+1, true
		if r.word(end) == "of" { // "a couple of"
			end++
		}
	}
	ended := which != "this"
	if u, known := unitOf(r.word(end)); known {
		switch {
		case (counted || which == "past") && ended:
			return moment{spans: r.rolling(u, n), end: end + 1}, true
		case counted:
			return m, false
		case ended:
			return moment{spans: []Span{r.whole(u, -1)}, end: end + 1}, true
		}
		return moment{spans: []Span{r.whole(u, 0)}, end: end + 1}, true
	}
	if counted {
		return m, false
	}
	if weekday := weekdayOf(r.word(i)); weekday >= 0 {
		return oneDay(r.weekday(weekday, ended), i+1), true
	}
	if r.word(i) == "night" && which == "last" {
		return oneDay(r.today.AddDate(0, 0, -1), i+1), true
	}
	if index, _ := monthOf(r.word(i)); index > 0 {
		m = moment{part: month, index: index, end: i + 1}
	} else if index := seasonOf(r.word(i)); index >= 0 {
		m = moment{part: season, index: index, end: i + 1}
	} else if index, n := r.feast(i); n > 0 {
		m = moment{part: feast, index: index, end: i + n}
	} else {
		return m, false
	}
	return moment{spans: []Span{r.in(m, r.latest(m, ended))}, end: m.end}, true
}

// The units that are counted.
const (
	days = iota
	weeks
	weekends
	months
	years
)

func unitOf(w string) (u int, ok bool) {
	switch w {
	case "day", "days":
		return days, true
	case "week", "weeks":
		return weeks, true
	case "weekend", "weekends":
		return weekends, true
	case "month", "months":
		return months, true
	case "year", "years":
		return years, true
	}
	return 0, false
}

// whole returns a whole day, week, weekend, month or year: this one, or one before or after. This weekend is the latest that
// has begun, the last one the latest that has ended.
func (r reader) whole(u, offset int) Span {
	switch u {
	case weeks:
		monday := r.today.AddDate(0, 0, -(int(r.today.Weekday())+6)%7+7*offset)
		return Span{monday, monday.AddDate(0, 0, 7)}
	case weekends:
		saturday := r.today.AddDate(0, 0, -(int(r.today.Weekday())+1)%7)
		if offset < 0 && !saturday.AddDate(0, 0, 2).After(r.today) { // it has ended: it is the last one already
			offset++
		}
		saturday = saturday.AddDate(0, 0, 7*offset)
		return Span{saturday, saturday.AddDate(0, 0, 2)}
	case months:
		first := floorMonth(r.today).AddDate(0, offset, 0)
		return Span{first, first.AddDate(0, 1, 0)}
	case years:
		first := yearStart(r.today.Year() + offset)
		return Span{first, first.AddDate(1, 0, 0)}
	}
	day := r.today.AddDate(0, 0, offset)
	return Span{day, day.AddDate(0, 0, 1)}
}

// rolling returns the last n units up to today; weekends one by one.
func (r reader) rolling(u, n int) []Span {
	tomorrow := r.today.AddDate(0, 0, 1)
	switch u {
	case weekends:
		spans := make([]Span, min(n, 52))
		for i := range spans {
			spans[i] = r.whole(weekends, i-len(spans))
		}
		return spans
	case weeks:
		return []Span{{tomorrow.AddDate(0, 0, -7*n), tomorrow}}
	case months:
		return []Span{{tomorrow.AddDate(0, -n, 0), tomorrow}}
	case years:
		return []Span{{tomorrow.AddDate(-n, 0, 0), tomorrow}}
	}
	return []Span{{tomorrow.AddDate(0, 0, -n), tomorrow}}
}

// weekday returns the latest such day: today, unless it must have ended.
func (r reader) weekday(weekday int, ended bool) time.Time {
	back := (int(r.today.Weekday()) - weekday + 7) % 7
	if back == 0 && ended {
		back = 7
	}
	return r.today.AddDate(0, 0, -back)
}

// yearOf reads a year that photos can be from.
func yearOf(w string) (int, bool) {
	if len(w) != 4 {
		return 0, false
	}
	year := 0
	for _, c := range []byte(w) {
		if c < '0' || c > '9' {
			return 0, false
		}
		year = 10*year + int(c-'0')
	}
	return year, year >= firstYear && year <= lastYear
}

// ordinal reads the day of a month: "5", "5th".
func ordinal(w string) (int, bool) {
	if len(w) > 2 {
		switch w[len(w)-2:] {
		case "st", "nd", "rd", "th":
			w = w[:len(w)-2]
		}
	}
	n, ok := smallNumber(w)
	return n, ok && n >= 1 && n <= 31
}

// smallNumber reads a number of up to three digits.
func smallNumber(w string) (n int, ok bool) {
	if len(w) < 1 || len(w) > 3 {
		return 0, false
	}
	for _, c := range []byte(w) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, true
}

// count reads how many, up to 999.
func count(w string) (int, bool) {
	switch w {
	case "a", "an", "one":
		return 1, true
	case "two", "couple":
		return 2, true
	case "three", "few":
		return 3, true
	case "four":
		return 4, true
	case "five":
		return 5, true
	case "six":
		return 6, true
	case "seven":
		return 7, true
	case "eight":
		return 8, true
	case "nine":
		return 9, true
	case "ten":
		return 10, true
	case "eleven":
		return 11, true
	case "twelve":
		return 12, true
	}
	n, ok := smallNumber(w)
	return n, ok && n > 0
}

func daysIn(month int) int {
	switch month {
	case 2:
		return 29
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// monthOf returns the number of a month, or 0. It is sure when the word is hardly anything else.
func monthOf(w string) (index int, sure bool) {
	switch w {
	case "january":
		return 1, true
	case "february":
		return 2, true
	case "march", "mar":
		return 3, false
	case "april":
		return 4, true
	case "may":
		return 5, false
	case "june":
		return 6, true
	case "july":
		return 7, true
	case "august":
		return 8, true
	case "september":
		return 9, true
	case "october":
		return 10, true
	case "november":
		return 11, true
	case "december":
		return 12, true
	case "jan":
		return 1, false
	case "feb":
		return 2, false
	case "apr":
		return 4, false
	case "jun":
		return 6, false
	case "jul":
		return 7, false
	case "aug":
		return 8, false
	case "sep", "sept":
		return 9, false
	case "oct":
		return 10, false
	case "nov":
		return 11, false
	case "dec":
		return 12, false
	}
	return 0, false
}

func seasonOf(w string) int {
	switch w {
	case "spring":
		return 0
	case "summer":
		return 1
	case "autumn", "fall":
		return 2
	case "winter":
		return 3
	}
	return -1
}

func weekdayOf(w string) int {
	switch w {
	case "sunday":
		return 0
	case "monday":
		return 1
	case "tuesday":
		return 2
	case "wednesday":
		return 3
	case "thursday":
		return 4
	case "friday":
		return 5
	case "saturday":
		return 6
	}
	return -1
}

// decade reads "90s", "1990s", "1990's" and "nineties". Of two digits, the latest such decade that has begun by the year is meant.
func decade(w string, year int) (from int, ok bool) {
	switch w {
	case "twenties":
		w = "20s"
	case "thirties":
		w = "30s"
	case "forties":
		w = "40s"
	case "fifties":
		w = "50s"
	case "sixties":
		w = "60s"
	case "seventies":
		w = "70s"
	case "eighties":
		w = "80s"
	case "nineties":
		w = "90s"
	}
	number, ok := strings.CutSuffix(strings.Replace(w, "'", "", 1), "0s")
	if !ok {
		return 0, false
	}
	n, ok := smallNumber(number)
	switch {
	case !ok:
		return 0, false
	case len(number) == 3:
		return 10 * n, 10*n >= 1820 && 10*n <= lastYear
	case len(number) == 1:
		from = year - year%100 + 10*n
		if from > year {
			from -= 100
		}
		return from, true
	}
	return 0, false
}

// The feasts.
const (
	christmas = iota
	christmasEve
	christmasDay
	boxingDay
	newYear
	newYearsEve
	newYearsDay
	easter
	halloween
	valentinesDay
	thanksgiving
)

// feast reads the name of a feast, of n words.
func (r reader) feast(i int) (index, n int) {
	next := r.word(i + 1)
	switch r.word(i) {
	case "christmas", "xmas":
		switch next {
		case "eve":
			return christmasEve, 2
		case "day":
			return christmasDay, 2
		}
		return christmas, 1
	case "boxing":
		if next == "day" {
			return boxingDay, 2
		}
	case "new":
		if next != "year" && next != "year's" && next != "years" {
			break
		}
		switch r.word(i + 2) {
		case "eve":
			return newYearsEve, 3
		case "day":
			return newYearsDay, 3
		}
		return newYear, 2
	case "easter":
		return easter, 1
	case "halloween":
		return halloween, 1
	case "valentine's", "valentines", "valentine":
		if next == "day" {
			return valentinesDay, 2
		}
	case "thanksgiving":
		return thanksgiving, 1
	}
	return 0, 0
}

// calendarWord reports whether a word, or the first or last of several, can be part of a period.
func calendarWord(text string) bool {
	first, _, _ := strings.Cut(text, " ")
	if calendarPart(first) {
		return true
	}
	last := text[strings.LastIndexByte(text, ' ')+1:]
	return len(last) < len(text) && calendarPart(last)
}

func calendarPart(w string) bool {
	if w == "" {
		return false
	}
	if w[0] >= 0x80 || w[0] >= 'A' && w[0] <= 'Z' {
		w = fold(w)
	}
	if strings.ContainsAny(w[:min(1, len(w))], "0123456789.(") {
		return true
	}
	switch w {
	case "on", "this", "between", "since", "after", "before", "until", "till", "in", "during", "from", "at", "over", "of", "the", "and",
		"to", "through", "or", "last", "previous", "past", "today", "yesterday", "ago", "night", "new", "eve", "boxing", "christmas", "xmas",
		"easter", "halloween", "valentine's", "valentines", "valentine", "thanksgiving", "year's":
		return true
	}
	if _, ok := count(w); ok {
		return true
	}
	if _, ok := unitOf(w); ok {
		return true
	}
	if _, ok := decade(w, firstYear); ok {
		return true
	}
	index, _ := monthOf(w)
	return index > 0 || seasonOf(w) >= 0 || weekdayOf(w) >= 0
}
