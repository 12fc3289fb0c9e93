package search

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"shoebox/internal/gallery"
)

// columnsVersion is the version of the stored [columns]. It is part of the fingerprint.
//
//	1: first version
//	2: places
const columnsVersion = 2

// The numbers that are kept of a document.
const (
	numberTaken = iota // seconds since 1970 on the camera's clock
	numberRating
	numberISO
	numberAperture
	numberFocal
	numberShutter
	numberWidth
	numberHeight
	numberSize
	numberDuration
	numberAltitude
	numberLatitude
	numberLongitude
	numberCount
)

// none is the number of what has none.
const none = math.MinInt64

// A row is what the columns hold of one document. Numbers are whole ones, by scale.
type row struct {
	name    string // of the file
	album   string // path
	kind    string
	camera  string // empty: none, as gallery has it; like the next three
	labels  []string
	people  []string
	places  []string // city, region, country
	numbers [numberCount]int64
}

// numberScale returns how many of a stored number make one of what it counts.
func numberScale(number int) float64 {
	switch number {
	case numberAperture, numberFocal:
		return 100
	case numberShutter:
		return 1e8
	case numberDuration:
		return 1000
	case numberLatitude, numberLongitude:
		return 1e5 // a metre
	}
	return 1
}

// newRow makes the row of an item.
func newRow(r *gallery.Record, album string) row {
	w := row{name: gallery.Name(r.Original.Key), album: album, kind: string(r.Kind), camera: column(r.Camera)}
	for i := range w.numbers {
		w.numbers[i] = none
	}
	var labels, people, places nameList
	for _, l := range r.Labels[:min(len(r.Labels), maxValues)] {
		if l.Source == gallery.FromDate {
			continue // nearly every photo has one: counted beside the others they would push them out
		}
		labels.add(l.Name)
		for _, parent := range l.Parents[:min(len(l.Parents), maxValues)] {
			labels.add(parent)
		}
	}
	for _, person := range r.Persons[:min(len(r.Persons), maxValues)] {
		people.add(person)
	}
	for _, place := range r.Place.Names() {
		places.add(place)
	}
	w.labels, w.people, w.places = labels.names, people.names, places.names
	if clock := r.Taken.Clock(); !r.Taken.IsZero() && clock.Year() >= 1 && clock.Year() <= 9999 {
		w.numbers[numberTaken] = clock.Unix()
	}
	set := func(number int, value float64) {
		if scaled := math.Round(value * numberScale(number)); math.Abs(scaled) < 1<<53 { // not for what is no number
			w.numbers[number] = int64(scaled)
		}
	}
	if r.Rating != 0 {
		set(numberRating, float64(r.Rating))
	}
	for number, value := range map[int]float64{numberISO: float64(r.Exposure.ISO), numberAperture: r.Exposure.FNumber,
		numberFocal: r.Exposure.FocalLength, numberShutter: r.Exposure.Seconds, numberWidth: float64(r.Width),
		numberHeight: float64(r.Height), numberDuration: r.Duration} {
		if value > 0 {
			set(number, value)
		}
	}
	set(numberSize, float64(r.Original.Size))
	if r.GPS != nil && math.Abs(r.GPS.Latitude) <= 90 && math.Abs(r.GPS.Longitude) <= 180 {
		set(numberLatitude, r.GPS.Latitude)
		set(numberLongitude, r.GPS.Longitude)
		if r.GPS.Altitude != nil {
			set(numberAltitude, *r.GPS.Altitude)
		}
	}
	return w
}

// column is a name as a facet shows it.
func column(s string) string {
	return strings.Join(strings.Fields(strings.ToValidUTF8(s[:min(len(s), maxName)], "")), " ")
}

// A nameList is names in the order they were added, each once however it is written.
type nameList struct {
	names  []string
	folded []string
}

func (l *nameList) add(s string) {
	s = column(s)
	key := fold(s)
	if s == "" || len(l.names) >= maxTerms || slices.Contains(l.folded, key) {
		return
	}
	l.names, l.folded = append(l.names, s), append(l.folded, key)
}

// columns are what the index holds of the documents of one segment, by their numbers, beside Bleve's terms: all that is counted,
// sorted by or compared. They are as they were read, in one piece, and never change.
type columns struct {
	documents int
	names     texts
	albums    values
	kinds     values
	cameras   values
	labels    values
	people    values
	places    values
	numbers   [numberCount]numbers
}

// row returns what is known of a document. The slices of into are used.
func (c *columns) row(document int, into row) row {
	into.name = c.names.at(document)
	into.album = c.albums.text(c.albums.one(document))
	into.kind = c.kinds.text(c.kinds.one(document))
	into.camera = ""
	for id := range c.cameras.of(document) {
		into.camera = c.cameras.text(id)
	}
	into.labels, into.people, into.places = into.labels[:0], into.people[:0], into.places[:0]
	for id := range c.labels.of(document) {
		into.labels = append(into.labels, c.labels.text(id))
	}
	for id := range c.people.of(document) {
		into.people = append(into.people, c.people.text(id))
	}
	for id := range c.places.of(document) {
		into.places = append(into.places, c.places.text(id))
	}
	for i := range c.numbers {
		into.numbers[i] = c.numbers[i].at(document)
	}
	return into
}

// path returns which item a document is: its key without "data/".
func (c *columns) path(document int) string {
	if album := c.albums.text(c.albums.one(document)); album != "" {
		return album + "/" + c.names.at(document)
	}
	return c.names.at(document)
}

// A packed is a list of whole numbers, of as many bytes each as the largest needs.
type packed struct {
	width int // 0, when all are 0, 1, 2, 4 or 8
	data  []byte
}

func (p packed) at(i int) uint64 {
	switch p.width {
	case 1:
		return uint64(p.data[i])
	case 2:
		return uint64(binary.LittleEndian.Uint16(p.data[2*i:]))
	case 4:
		return uint64(binary.LittleEndian.Uint32(p.data[4*i:]))
	case 8:
		return binary.LittleEndian.Uint64(p.data[8*i:])
	}
	return 0
}

// appendPacked appends numbers to what is stored: their width, then they.
func appendPacked[T uint32 | uint64](data []byte, list []T) []byte {
	var highest uint64
	for _, v := range list {
		highest = max(highest, uint64(v))
	}
	width := 8
	switch {
	case highest == 0:
		width = 0
	case highest <= math.MaxUint8:
		width = 1
	case highest <= math.MaxUint16:
		width = 2
	case highest <= math.MaxUint32:
		width = 4
	}
	data = append(data, byte(width))
	for _, v := range list {
		switch width {
		case 1:
			data = append(data, byte(v))
		case 2:
			data = binary.LittleEndian.AppendUint16(data, uint16(v))
		case 4:
			data = binary.LittleEndian.AppendUint32(data, uint32(v))
		case 8:
			data = binary.LittleEndian.AppendUint64(data, uint64(v))
		}
	}
	return data
}

// texts are strings in a row.
type texts struct {
	ends []uint32 // of each in all
	all  string
}

func (t texts) at(i int) string {
	start := uint32(0)
	if i > 0 {
		start = t.ends[i-1]
	}
	return t.all[start:t.ends[i]]
}

// values are names that documents have, none, one or many each.
type values struct {
	count int      // of different names
	texts texts    // these
	ends  []uint32 // nil when every document has one name
	ids   packed   // of the names of one document after another; ends says where those of each end
}

// of returns the ids of a document's names.
func (v *values) of(document int) func(yield func(id int) bool) {
	return func(yield func(id int) bool) {
		first, end := v.bounds(document)
		for i := first; i < end; i++ {
			if !yield(int(v.ids.at(i))) {
				return
			}
		}
	}
}

func (v *values) bounds(document int) (first, end int) {
	if v.ends == nil {
		return document, document + 1
	}
	if document > 0 {
		first = int(v.ends[document-1])
	}
	return first, int(v.ends[document])
}

// one returns the id of the name of a document, in a column where each has one.
func (v *values) one(document int) int { return int(v.ids.at(document)) }

func (v *values) text(id int) string { return v.texts.at(id) }

// numbers are one of the numbers of each document.
type numbers struct {
	least int64
	above packed // 1 more than by how much it is above the least; 0 when there is none
}

func (n *numbers) at(document int) int64 {
	if above := n.above.at(document); above > 0 {
		return n.least + int64(above-1)
	}
	return none
}

// gradual reports whether a number is stored as the difference from the one before: items that follow each other were taken
// soon after each other, and close by.
func gradual(number int) bool {
	return number == numberTaken || number == numberLatitude || number == numberLongitude
}

// A columnsBuilder makes columns, document by document.
type columnsBuilder struct {
	documents int
	names     textsBuilder
	albums    valuesBuilder
	kinds     valuesBuilder
	cameras   valuesBuilder
	labels    valuesBuilder
	people    valuesBuilder
	places    valuesBuilder
	numbers   [numberCount][]int64
}

func (b *columnsBuilder) add(w row) {
	b.documents++
	b.names.add(w.name)
	b.albums.add(w.album)
	b.kinds.add(w.kind)
	if w.camera != "" {
		b.cameras.add(w.camera)
	} else {
		b.cameras.add()
	}
	b.labels.add(w.labels...)
	b.people.add(w.people...)
	b.places.add(w.places...)
	for i, number := range w.numbers {
		b.numbers[i] = append(b.numbers[i], number)
	}
}

// encode returns the columns as they are stored.
func (b *columnsBuilder) encode() []byte {
	data := binary.AppendUvarint([]byte{columnsVersion}, uint64(b.documents))
	data = b.names.append(data)
	for _, v := range []*valuesBuilder{&b.albums, &b.kinds, &b.cameras, &b.labels, &b.people, &b.places} {
		data = v.append(data)
	}
	above := make([]uint64, b.documents)
	for number, list := range b.numbers {
		least := int64(math.MaxInt64)
		for _, value := range list {
			if value != none {
				least = min(least, value)
			}
		}
		for i, value := range list {
			if above[i] = 0; value != none {
				above[i] = uint64(value-least) + 1
			}
		}
		data = binary.AppendVarint(data, least)
		if !gradual(number) {
			data = appendPacked(data, above)
			continue
		}
		last := uint64(0)
		for _, v := range above {
			data = binary.AppendVarint(data, int64(v-last))
			last = v
		}
	}
	return data
}

type textsBuilder struct {
	lengths []uint32
	all     []byte
}

func (b *textsBuilder) add(s string) {
	b.all = append(b.all, s...)
	b.lengths = append(b.lengths, uint32(len(s)))
}

func (b *textsBuilder) append(data []byte) []byte {
	data = appendPacked(data, b.lengths)
	return append(data, b.all...)
}

type valuesBuilder struct {
	known  map[string]uint32
	texts  textsBuilder
	counts []uint32
	ids    []uint32
}

func (b *valuesBuilder) add(names ...string) {
	for _, name := range names {
		id, ok := b.known[name]
		if !ok {
			if b.known == nil {
				b.known = map[string]uint32{}
			}
			id = uint32(len(b.known))
			b.known[strings.Clone(name)] = id
			b.texts.add(name)
		}
		b.ids = append(b.ids, id)
	}
	b.counts = append(b.counts, uint32(len(names)))
}

func (b *valuesBuilder) append(data []byte) []byte {
	data = binary.AppendUvarint(data, uint64(len(b.known)))
	data = b.texts.append(data)
	data = appendPacked(data, b.counts)
	return appendPacked(data, b.ids)
}

// decodeColumns reads stored columns. It uses data and checks all of it: nothing read from the columns later can fail.
func decodeColumns(data []byte) (*columns, error) {
	if len(data) == 0 || data[0] != columnsVersion {
		return nil, errors.New("columns of another version")
	}
	d := columnsDecoder{rest: data[1:]}
	c := &columns{documents: d.count()}
	c.names = d.texts(c.documents)
	for _, v := range []*values{&c.albums, &c.kinds, &c.cameras, &c.labels, &c.people, &c.places} {
		*v = d.values(c.documents)
	}
	for i := range c.numbers {
		c.numbers[i] = d.numbers(i, c.documents)
	}
	if d.err == nil && (len(d.rest) > 0 || c.albums.ends != nil || c.kinds.ends != nil) {
		d.fail()
	}
	if d.err != nil {
		return nil, d.err
	}
	return c, nil
}

type columnsDecoder struct {
	rest []byte
	err  error
}

func (d *columnsDecoder) fail() {
	if d.err == nil {
		d.err = fmt.Errorf("columns are damaged, %d bytes before their end", len(d.rest))
	}
	d.rest = nil
}

// count reads a number of things, of which each is a byte at least somewhere.
func (d *columnsDecoder) count() int {
	n, size := binary.Uvarint(d.rest)
	if size <= 0 || n > uint64(len(d.rest)) {
		d.fail()
		return 0
	}
	d.rest = d.rest[size:]
	return int(n)
}

func (d *columnsDecoder) packed(n int) packed {
	if len(d.rest) == 0 {
		d.fail()
		return packed{}
	}
	p := packed{width: int(d.rest[0])}
	d.rest = d.rest[1:]
	switch p.width {
	case 0, 1, 2, 4, 8:
	default:
		d.fail()
		return packed{}
	}
	if n > len(d.rest) && p.width > 0 || p.width*n > len(d.rest) {
		d.fail()
		return packed{}
	}
	p.data, d.rest = d.rest[:p.width*n], d.rest[p.width*n:]
	return p
}

// lengths reads how long things are, none longer than most, and returns where each ends. One is set when all are of length 1.
func (d *columnsDecoder) lengths(n int, most uint64) (ends []uint32, last int, one bool) {
	p := d.packed(n)
	if d.err != nil {
		return nil, 0, false
	}
	ends, one = make([]uint32, n), true
	sum := uint64(0)
	for i := range ends {
		length := p.at(i)
		if sum += length; length > most || sum > math.MaxInt32 {
			d.fail()
			return nil, 0, false
		}
		one = one && length == 1
		ends[i] = uint32(sum)
	}
	return ends, int(sum), one
}

func (d *columnsDecoder) texts(n int) texts {
	ends, length, _ := d.lengths(n, math.MaxInt32)
	if length > len(d.rest) {
		d.fail()
	}
	if d.err != nil {
		return texts{}
	}
	t := texts{ends: ends, all: string(d.rest[:length])}
	d.rest = d.rest[length:]
	return t
}

func (d *columnsDecoder) values(documents int) values {
	v := values{count: d.count()}
	v.texts = d.texts(v.count)
	var n int
	var one bool
	if v.ends, n, one = d.lengths(documents, maxTerms); one {
		v.ends = nil
	}
	if v.ids = d.packed(n); d.err != nil {
		return values{}
	}
	highest := uint64(0)
	if v.ids.width > 0 {
		for i := range n {
			highest = max(highest, v.ids.at(i))
		}
	}
	if n > 0 && highest >= uint64(v.count) {
		d.fail()
	}
	return v
}

func (d *columnsDecoder) varint() int64 {
	v, size := binary.Varint(d.rest)
	if size <= 0 {
		d.fail()
		return 0
	}
	d.rest = d.rest[size:]
	return v
}

func (d *columnsDecoder) numbers(number, documents int) numbers {
	n := numbers{least: d.varint()}
	if !gradual(number) {
		n.above = d.packed(documents)
		return n
	}
	if documents > len(d.rest) {
		d.fail()
		return n
	}
	list, last := make([]uint64, documents), uint64(0)
	for i := range list {
		last += uint64(d.varint())
		list[i] = last
	}
	all := columnsDecoder{rest: appendPacked(nil, list)}
	n.above = all.packed(documents)
	return n
}

// year returns the year of a time in seconds since 1970.
func year(seconds int64) int { return time.Unix(seconds, 0).UTC().Year() }
