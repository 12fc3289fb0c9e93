package place

import (
	"math"
	"slices"

	"shoebox/generator/media/place/table"
)

// earth is the mean radius of the earth, metres (IUGG).
const earth = 6371008.8

// A tree finds cities by their position: a k-d tree of points on a sphere in space, where there are neither poles nor a date
// line. The node in the middle of a slice divides it: what comes before is on the one side of it along its axis, what comes
// after on the other.
type tree []node

type node struct {
	at      [3]float32 // from the centre of the earth, metres; exact to half a metre
	name    uint32     // where its name begins
	region  uint16
	nameLen uint8
	within  uint8 // the country within whose borders it is
	axis    uint8
	radius  uint8 // how far the city reaches
	widest  uint8 // the largest radius in the slice that this node divides
}

func newTree(t *table.Table) tree {
	nodes := make(tree, len(t.Places))
	name := uint32(0)
	for i, p := range t.Places {
		at := onSphere(float64(p.Lat)/table.PerDegree, float64(p.Lon)/table.PerDegree)
		nodes[i] = node{
			at:   [3]float32{float32(at[0]), float32(at[1]), float32(at[2])},
			name: name, nameLen: p.NameLen,
			region: p.Region, within: p.Within,
			radius: p.Radius,
		}
		name += uint32(p.NameLen)
	}
	nodes.build()
	return nodes
}

// onSphere returns a point in space, metres.
func onSphere(latitude, longitude float64) [3]float64 {
	const degree = math.Pi / 180
	sinLat, cosLat := math.Sincos(latitude * degree)
	sinLon, cosLon := math.Sincos(longitude * degree)
	return [3]float64{earth * cosLat * cosLon, earth * cosLat * sinLon, earth * sinLat}
}

// build puts the nodes of a slice in order, each half along the axis on which its points are furthest apart.
func (t tree) build() uint8 {
	if len(t) == 0 {
		return 0
	}
	low, high := t[0].at, t[0].at
	for i := range t {
		for k, v := range t[i].at {
			low[k], high[k] = min(low[k], v), max(high[k], v)
		}
	}
	axis := 0
	for k := range low {
		if high[k]-low[k] > high[axis]-low[axis] {
			axis = k
		}
	}
	middle := len(t) / 2
	t.divide(middle, axis)
	t[middle].axis = uint8(axis)
	t[middle].widest = max(t[middle].radius, t[:middle].build(), t[middle+1:].build())
	return t[middle].widest
}

// divide moves the node that belongs at k there, smaller ones before it and larger ones after it (Hoare's selection).
func (t tree) divide(k, axis int) {
	for low, high := 0, len(t)-1; low < high; {
		pivot := median(t[low].at[axis], t[(low+high)/2].at[axis], t[high].at[axis])
		i, j := low, high
		for i <= j {
			for t[i].at[axis] < pivot {
				i++
			}
			for t[j].at[axis] > pivot {
				j--
			}
			if i <= j {
				t[i], t[j] = t[j], t[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			high = j
		case k >= i:
			low = i
		default:
			return
		}
	}
}

func median(a, b, c float32) float32 {
	v := []float32{a, b, c}
	slices.Sort(v)
	return v[1]
}

// anywhere stands for no country in particular.
const anywhere = -1

// find returns the city within the borders of a country (or of any) that a point is deepest in or, when it is in none, nearest to
// the edge of; and how far its centre is. It returns nil when no centre is within reach.
func (t tree) find(latitude, longitude float64, country int) (*node, float64) {
	s := search{country: country, at: onSphere(latitude, longitude), best: math.Inf(1)}
	s.look(t)
	if s.found == nil {
		return nil, 0
	}
	return s.found, 2 * earth * math.Asin(min(s.metres/(2*earth), 1)) // along the earth, not through it
}

type search struct {
	at      [3]float64
	country int

	found  *node
	metres float64 // to found
	best   float64 // the same less found's radius
}

func (s *search) look(t tree) {
	for len(t) > 0 {
		middle := len(t) / 2
		n := &t[middle]
		widest := float64(n.widest) * table.RadiusUnit
		dx, dy, dz := s.at[0]-float64(n.at[0]), s.at[1]-float64(n.at[1]), s.at[2]-float64(n.at[2])
		if s.country == anywhere || s.country == int(n.within) {
			d := math.Sqrt(dx*dx + dy*dy + dz*dz)
			score := d - float64(n.radius)*table.RadiusUnit
			// The names make the choice the same whatever the order of the nodes.
			if d <= reach && (score < s.best || score == s.best && n.name < s.found.name) {
				s.found, s.metres, s.best = n, d, score
			}
		}
		beyond := [3]float64{dx, dy, dz}[n.axis] // of the plane that divides
		near, far := t[:middle], t[middle+1:]
		if beyond > 0 {
			near, far = far, near
		}
		s.look(near)
		if gap := math.Abs(beyond); gap > reach || gap-widest > s.best {
			return
		}
		t = far
	}
}
