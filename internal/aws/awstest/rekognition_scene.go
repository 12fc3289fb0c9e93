package awstest

import (
	"cmp"
	"image"
	"image/color"
	"image/draw"
	"slices"
)

// A Scene is what a picture for the stand-in shows: a background that labels are made of, and faces.
type Scene struct {
	Width, Height int
	Background    Background
	Faces         []Face
}

// A Background is a colour that the stand-in takes for a landscape.
type Background color.RGBA

// The backgrounds, and what the stand-in says of them. All are pale: what is not is a face.
var (
	Sky   = Background{150, 170, 200, 255} // Sky and Nature
	Grass = Background{150, 185, 150, 255} // Grass, Plant and Nature; Grass is also called Lawn
	Sand  = Background{200, 170, 150, 255} // Sand and Nature; Beach with little confidence
	Snow  = Background{235, 235, 235, 255} // Snow and Nature
)

// A Face is a square; faces of one colour are one person's.
type Face struct {
	Person Person
	Box    image.Rectangle // pixels
}

// A Person is a strong colour.
type Person color.RGBA

// The people that the stand-in can tell apart.
var (
	Red     = Person{230, 20, 20, 255}
	Green   = Person{20, 200, 20, 255}
	Blue    = Person{20, 20, 230, 255}
	Yellow  = Person{225, 225, 20, 255}
	Magenta = Person{225, 20, 225, 255}
)

// Draw returns the picture of a scene.
func (s Scene) Draw() *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, s.Width, s.Height))
	draw.Draw(m, m.Rect, image.NewUniform(color.RGBA(s.Background)), image.Point{}, draw.Src)
	for _, f := range s.Faces {
		draw.Draw(m, f.Box, image.NewUniform(color.RGBA(f.Person)), image.Point{}, draw.Src)
	}
	return m
}

// sight is what the stand-in sees in a picture.
type sight struct {
	r, g, b float64 // mean of the background, 0 to 255
	faces   []seenFace
}

type seenFace struct {
	person int // a number for its colour
	box    boundingBox
	small  bool // too small to be known again
}

// like is how similar two faces are, in percent.
func (f seenFace) like(other seenFace) float64 {
	if f.person != other.person {
		return 12
	}
	// The size plays a little part, so that matches have an order.
	d := f.box.Width - other.box.Width
	return 99.5 - min(d*d, 1)
}

// cell is the side of the squares that a picture is looked at in, in pixels; minFace that of the smallest face (Rekognition
// Developer Guide, "Recommendations for facial comparison input images": 40 pixels in one of 1920 x 1080).
const (
	cell    = 4
	minFace = 40
)

// look finds what a picture shows. A face is a region of one strong colour.
func look(m image.Image) sight {
	b := m.Bounds()
	w, h := b.Dx()/cell, b.Dy()/cell
	people := make([]int, w*h)
	var s sight
	background := 0.0
	for y := range h {
		for x := range w {
			c := color.RGBAModel.Convert(m.At(b.Min.X+x*cell+cell/2, b.Min.Y+y*cell+cell/2)).(color.RGBA)
			if people[y*w+x] = personOf(c); people[y*w+x] == 0 {
				s.r, s.g, s.b, background = s.r+float64(c.R), s.g+float64(c.G), s.b+float64(c.B), background+1
			}
		}
	}
	if background > 0 {
		s.r, s.g, s.b = s.r/background, s.g/background, s.b/background
	}
	for i, p := range people {
		if p == 0 {
			continue
		}
		area := image.Rectangle{}
		todo := []int{i}
		people[i] = 0
		for len(todo) > 0 {
			at := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			x, y := at%w, at/w
			area = area.Union(image.Rect(x, y, x+1, y+1))
			for _, n := range []image.Point{{x - 1, y}, {x + 1, y}, {x, y - 1}, {x, y + 1}} {
				if n.X >= 0 && n.X < w && n.Y >= 0 && n.Y < h && people[n.Y*w+n.X] == p {
					people[n.Y*w+n.X] = 0
					todo = append(todo, n.Y*w+n.X)
				}
			}
		}
		if area.Dx()*cell < minFace/4 || area.Dy()*cell < minFace/4 {
			continue // a seam between two colours
		}
		s.faces = append(s.faces, seenFace{
			person: p, small: area.Dx()*cell < minFace || area.Dy()*cell < minFace,
			box: boundingBox{
				Width: float64(area.Dx()) / float64(w), Height: float64(area.Dy()) / float64(h),
				Left: float64(area.Min.X) / float64(w), Top: float64(area.Min.Y) / float64(h),
			},
		})
	}
	return s
}

// personOf numbers a strong colour by which of its parts are high; 0 is a weak one.
func personOf(c color.RGBA) int {
	if int(max(c.R, c.G, c.B))-int(min(c.R, c.G, c.B)) < 140 {
		return 0
	}
	person := 0
	for i, part := range []uint8{c.R, c.G, c.B} {
		if part > 128 {
			person |= 1 << i
		}
	}
	return person
}

// labels are what the stand-in says of a picture, the surest first.
func (s sight) labels() []labelOutput {
	nature := []nameOutput{{"Nature"}}
	label := func(name string, confidence float64, parents, aliases []nameOutput) labelOutput {
		return labelOutput{
			Name: name, Confidence: confidence, Instances: []instanceOutput{},
			Parents: append([]nameOutput{}, parents...), Aliases: append([]nameOutput{}, aliases...),
			Categories: []nameOutput{{"Nature and Outdoors"}},
		}
	}
	labels := []labelOutput{label("Nature", 99.93, nil, nil)}
	switch {
	case max(s.r, s.g, s.b)-min(s.r, s.g, s.b) < 15:
		labels = append(labels, label("Snow", 97.25, nature, nil))
	case s.b == max(s.r, s.g, s.b):
		labels = append(labels, label("Sky", 98.51, nature, nil))
	case s.g == max(s.r, s.g, s.b):
		labels = append(labels, label("Grass", 96.02, []nameOutput{{"Plant"}, {"Nature"}}, []nameOutput{{"Lawn"}}),
			label("Plant", 96.02, nature, nil))
	default:
		labels = append(labels, label("Sand", 94.87, nature, nil),
			label("Beach", 61.4, []nameOutput{{"Sand"}, {"Nature"}}, []nameOutput{{"Shore"}}))
	}
	if len(s.faces) > 0 {
		person := label("Person", 91.3, nil, []nameOutput{{"Human"}})
		person.Categories = []nameOutput{{"Person Description"}}
		for _, f := range s.faces {
			person.Instances = append(person.Instances, instanceOutput{f.box, 91.3})
		}
		labels = append(labels, person)
	}
	slices.SortStableFunc(labels, func(a, b labelOutput) int { return cmp.Compare(b.Confidence, a.Confidence) })
	return labels
}
