package main

import (
	"fmt"
	"image"
	"math"
	"time"
)

// A Picture is one JPEG of the sample.
type Picture struct {
	Path   string  // below the sample's folder
	Aspect float64 // width by height, as shown
	Draw   func(c *Canvas, n Noise)
	Seed   Noise
	Budget int // kilobytes that the picture may take at the usual size
	Meta   Meta
	Shrink float64 // part of the usual edge, for pictures whose hard outlines would take too many bytes; 0 is all of it
}

// Render draws the picture and returns the file. Edge is the longer edge of a picture of 3:2, in pixels; other shapes have as
// many pixels in all.
func (p *Picture) Render(edge int) ([]byte, error) {
	width := float64(edge) * math.Sqrt(p.Aspect/1.5)
	if p.Shrink > 0 {
		width *= p.Shrink
	}
	c := NewCanvas(int(math.Round(width)), int(math.Round(width/p.Aspect)))
	p.Draw(c, p.Seed)
	img := c.Image()
	if p.Meta.Orientation == 6 {
		img = RotateLeft(img)
	}
	data, err := JPEG(image.Image(img), p.Budget*1000)
	if err != nil {
		return nil, err
	}
	return p.Meta.Embed(data, img.Rect.Dx(), img.Rect.Dy())
}

// taken reads a date of the program's own text: "2023-07-16 18:42 +02:00", or without the offset when the camera knew none.
func taken(s string) (time.Time, bool) {
	if t, err := time.Parse("2006-01-02 15:04 -07:00", s); err == nil {
		return t, true
	}
	t, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		panic(fmt.Sprintf("date %q: write it as 2023-07-16 18:42 +02:00", s))
	}
	return t, false
}

// shot is a Meta with what every picture has: when, with which focal length (millimetres), and the light: exposure value
// from 15 (sun) to -3 (stars), from which time, aperture and sensitivity follow.
func shot(when string, focal float64, ev float64, m Meta) Meta {
	m.Taken, m.Zoned = taken(when)
	m.Focal, m.Lens = focal, "Paintbox 24-105mm F4"
	if focal < 24 {
		m.Lens = "Paintbox 16mm F1.8"
	}
	m.FNumber, m.ISO = 8, 100
	switch {
	case ev < 2:
		m.FNumber, m.ISO = 1.8, 3200
	case ev < 9:
		m.FNumber, m.ISO = 4, 400
	}
	// EV = log2(N²/t) at ISO 100.
	seconds := m.FNumber * m.FNumber / math.Exp2(ev) * 100 / float64(m.ISO)
	if seconds < 0.5 {
		m.Exposure = [2]uint32{1, uint32(math.Round(1 / seconds))}
	} else {
		m.Exposure = [2]uint32{uint32(math.Round(seconds * 10)), 10}
	}
	return m
}

// Catalogue lists the pictures of the sample.
func Catalogue() []Picture {
	const wide, tall = 3.0 / 2, 4.0 / 5
	const natalie, tom = "Natalie Example", "Tom Example"
	return []Picture{
		{"journeys/alps/dawn-haze.jpg", wide, hazeDawn, 101, 51, shot("2019-09-14 06:58 +02:00", 70, 12, Meta{Lat: 46.5763, Lon: 8.0059, Alt: 2168, Title: "Seven ridges at dawn",
			Caption: "The sun comes over the last ridge and fills one valley after the other.", Keywords: []string{"mountains", "sunrise", "haze", "sky"}, Rating: 5}), 0},
		{"journeys/alps/mirror-lake.jpg", wide, lake, 233, 90, shot("2021-06-19 09:21 +02:00", 28, 14, Meta{Lat: 46.6412, Lon: 12.0853, Alt: 1496, Title: "Mirror lake",
			Caption: "Not a breath of wind until half past nine.", Keywords: []string{"lake", "mountains", "reflection", "forest"}, Rating: 4}), 0},
		{"journeys/alps/alpenglow.jpg", tall, alpenglow, 317, 74, shot("2022-08-27 20:06 +02:00", 85, 9, Meta{Lat: 45.9766, Lon: 7.6585, Alt: 2582, Title: "Alpenglow",
			Caption: "Four minutes of it, then everything is blue.", Keywords: []string{"mountains", "sunset", "snow"}, Rating: 5}), 0},
		{"journeys/alps/ridge-walk.jpg", wide, ridgeWalk, 402, 70, shot("2021-06-20 07:35 +02:00", 50, 13, Meta{Lat: 46.6186, Lon: 12.3027, Alt: 2320, Title: "Above the clouds",
			Caption: "Natalie and Tom on the ridge; the valley is still asleep.", Keywords: []string{"mountains", "hiking", "clouds", "people"}, Persons: []string{natalie, tom}, Rating: 4}), 0},
		{"journeys/alps/balloons.jpg", wide, balloons, 515, 66, shot("2020-09-05 07:48 +02:00", 105, 13, Meta{Lat: 47.4796, Lon: 7.1301, Alt: 980,
			Caption: "Four balloons, no wind, a very quiet morning.", Keywords: []string{"balloon", "hills", "sunrise", "flying"}, Rating: 4}), 0},
		{"journeys/alps/autumn-hills.jpg", wide, autumnHills, 611, 111, shot("2022-10-16 15:12 +02:00", 70, 14, Meta{Lat: 46.8007, Lon: 10.3021, Alt: 1240,
			Caption: "Larch, beech and maple.", Keywords: []string{"autumn", "forest", "hills", "trees"}, Rating: 3}), 0},

		{"journeys/alps/2024 winter/first-snow.jpg", wide, firstSnow, 702, 90, shot("2024-01-06 11:04 +01:00", 35, 15, Meta{Lat: 46.4982, Lon: 9.8391, Alt: 1822, Title: "First clear day",
			Caption: "Three days of snow, and then this.", Keywords: []string{"winter", "snow", "mountains", "trees"}, Rating: 4}), 0},
		{"journeys/alps/2024 winter/cabin.jpg", wide, cabin, 811, 74, shot("2024-01-06 17:26 +01:00", 50, 3, Meta{Lat: 46.5021, Lon: 9.8702, Alt: 1905, Title: "The hut",
			Caption: "Soup is on.", Keywords: []string{"winter", "snow", "cabin", "night", "stars"}, Rating: 5}), 0},
		{"journeys/alps/2024 winter/northern-lights.jpg", tall, aurora, 903, 66, shot("2024-02-11 23:40 +01:00", 16, -2, Meta{Lat: 69.6492, Lon: 18.9553, Alt: 12, Title: "Northern lights",
			Caption: "Natalie saw it first.", Keywords: []string{"aurora", "night", "winter", "snow", "stars"}, Persons: []string{natalie}, Rating: 5}), 0},
		{"journeys/alps/2024 winter/snowfall.jpg", tall, snowfall, 955, 70, shot("2024-01-04 14:15", 50, 11, Meta{
			Caption: "Natalie in the red coat.", Keywords: []string{"winter", "snow", "forest", "people"}, Persons: []string{natalie}}), 0},

		{"journeys/coast/sunset.jpg", wide, sunset, 1203, 74, shot("2019-07-21 20:49 +02:00", 85, 12, Meta{Lat: 43.4832, Lon: -1.5586, Alt: 3, Title: "Sunset, one sail",
			Caption: "It came into the light just in time.", Keywords: []string{"sunset", "sea", "boat", "clouds"}, Rating: 5}), 0},
		{"journeys/coast/dog-on-the-beach.jpg", wide, dogBeach, 1311, 90, shot("2023-07-16 18:42 +02:00", 50, 14, Meta{Lat: 53.7081, Lon: 7.1558, Alt: 2, Title: "Biscuit and the ball",
			Caption: "Biscuit won.", Keywords: []string{"dog", "beach", "sea", "summer", "ball"}, Persons: []string{natalie}, Rating: 5}), 0},
		{"journeys/coast/lighthouse.jpg", tall, lighthouse, 1402, 78, shot("2023-07-18 21:58 +02:00", 35, 7, Meta{Lat: 48.4721, Lon: -5.0961, Alt: 18, Title: "The keeper's hour",
			Keywords: []string{"lighthouse", "sea", "cliff", "dusk"}, Rating: 4}), 0},
		{"journeys/coast/moonlight.jpg", 1, moonlight, 1507, 70, shot("2020-08-03 23:11 +02:00", 50, -1, Meta{Lat: 42.6403, Lon: 18.1083, Alt: 4,
			Caption: "Full moon over the bay.", Keywords: []string{"moon", "night", "sea", "stars"}, Rating: 3}), 0},
		{"journeys/coast/islands.jpg", 2.4, islands, 1613, 53, shot("2022-06-04 20:33 +02:00", 105, 13, Meta{Lat: 44.0165, Lon: 15.0513, Alt: 60, Title: "Evening between the islands",
			Caption: "The nearest one has no name.", Keywords: []string{"islands", "sea", "panorama", "boat", "haze"}, Rating: 4}), 0},

		{"journeys/desert/dunes.jpg", wide, dunesMorning, 1702, 70, shot("2021-11-09 07:31 +01:00", 70, 14, Meta{Lat: 31.1499, Lon: -4.0126, Alt: 730, Title: "Morning in the dunes",
			Keywords: []string{"desert", "dunes", "sand", "sunrise"}, Rating: 4}), 0},
		{"journeys/desert/caravan.jpg", tall, dunesDusk, 1809, 57, shot("2021-11-10 18:04 +01:00", 105, 11, Meta{Lat: 31.0802, Lon: -4.0133, Alt: 745, Title: "Caravan",
			Caption: "Five camels and one who leads them.", Keywords: []string{"desert", "camel", "sunset", "dunes"}, Rating: 5}), 0},
		{"journeys/desert/milky-way.jpg", wide, desertNight, 1907, 94, shot("2021-11-11 02:17 +01:00", 16, -3, Meta{Lat: 31.0644, Lon: -4.0021, Alt: 751, Title: "More stars than sky",
			Caption: "Tom could not sleep either.", Keywords: []string{"desert", "night", "stars", "milky way", "tent"}, Persons: []string{tom}, Rating: 5}), 0},
		{"journeys/desert/mesas.jpg", wide, mesas, 2013, 86, shot("2019-05-02 18:55 -06:00", 35, 14, Meta{Lat: 36.9980, Lon: -110.0985, Alt: 1580, Title: "Tables of stone",
			Keywords: []string{"desert", "rocks", "sunset", "clouds"}, Rating: 3}), 0},

		{"near home/forest-light.jpg", wide, fogForest, 2101, 61, shot("2020-10-24 08:40 +02:00", 70, 11, Meta{Lat: 51.0812, Lon: 10.4321, Alt: 420, Title: "Light between the firs",
			Keywords: []string{"forest", "fog", "trees", "autumn"}, Rating: 4}), 0},
		{"near home/birches.jpg", tall, birches, 2203, 90, shot("2022-10-23 13:30 +02:00", 85, 12, Meta{Lat: 52.4125, Lon: 13.0645, Alt: 35, Orientation: 6,
			Caption: "The camera was held upright; EXIF says so.", Keywords: []string{"forest", "birch", "autumn", "leaves"}, Rating: 3}), 0},
		{"near home/meadow.jpg", wide, meadow, 2311, 115, shot("2023-06-10 11:12 +02:00", 24, 15, Meta{Lat: 47.6779, Lon: 11.2042, Alt: 690, Title: "June",
			Keywords: []string{"meadow", "flowers", "poppy", "summer", "mountains"}, Rating: 4}), 0},
		{"near home/city-at-dusk.jpg", wide, cityDusk, 2402, 82, shot("2024-05-18 21:31 +02:00", 50, 4, Meta{Lat: 50.1109, Lon: 8.6821, Alt: 100, Title: "The city turns its lights on",
			Caption: "From the bridge.", Keywords: []string{"city", "skyline", "dusk", "river", "night"}, Rating: 4}), 0},
		{"near home/100% blue & „quiet“ #1.jpg", wide, blueHour, 2509, 45, shot("2023-09-02 06:20 +02:00", 70, 9, Meta{Lat: 47.5831, Lon: 13.0052, Alt: 603,
			Caption: "Its file name is as odd as a file name can be: every link to it still works.", Keywords: []string{"lake", "boat", "blue", "fog"}, Persons: []string{tom}}), 0},

		{"patterns/truchet.jpg", 1, truchet, 2605, 70, shot("2020-01-12 15:00", 50, 11, Meta{Title: "Truchet ribbons",
			Caption: "Forty-nine tiles, each turned by the toss of a coin.", Keywords: []string{"pattern", "truchet", "geometry"}}), 0.8},
		{"patterns/flow.jpg", wide, flowField, 2713, 98, shot("2020-02-09 15:00", 50, 11, Meta{Title: "Flow", Keywords: []string{"pattern", "flow", "lines"}}), 0.8},
		{"patterns/stained-glass.jpg", tall, stainedGlass, 2811, 70, shot("2020-03-15 15:00", 50, 11, Meta{Title: "Stained glass",
			Caption: "A Voronoi diagram with the sun behind it.", Keywords: []string{"pattern", "glass", "voronoi", "geometry"}, Rating: 4}), 0.85},
		{"patterns/sunflower.jpg", 1, phyllotaxis, 2903, 70, shot("2020-04-19 15:00", 50, 11, Meta{Title: "Six hundred seeds",
			Caption: "Each is turned by the golden angle from the one before.", Keywords: []string{"pattern", "spiral", "sunflower", "geometry"}}), 0.8},
		{"patterns/paper-waves.jpg", wide, paperWaves, 3001, 45, shot("2020-05-24 15:00", 50, 11, Meta{Title: "Paper sea", Keywords: []string{"pattern", "waves", "paper"}, Rating: 4}), 0},
		{"patterns/terrazzo.jpg", 1, terrazzo, 3109, 78, shot("2020-06-28 15:00", 50, 11, Meta{Title: "Terrazzo", Keywords: []string{"pattern", "stone"}}), 0.85},
	}
}
