package generator_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"testing"
	"time"

	"shoebox/internal/storage"
)

// originals is a folder of n photos of 640 × 427 in albums of a hundred.
func originals(b *testing.B, n int) *storage.Dir {
	b.Helper()
	d, err := storage.OpenDir(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { d.Close() })
	for i := range n {
		m := image.NewRGBA(image.Rect(0, 0, 640, 427))
		for y := range 427 {
			for x := range 640 {
				m.SetRGBA(x, y, color.RGBA{uint8(x/3 + i), uint8(y/2 + i/7), uint8(i * 13), 255})
			}
		}
		var body bytes.Buffer
		if err := jpeg.Encode(&body, m, nil); err != nil {
			b.Fatal(err)
		}
		key := fmt.Sprintf("data/album %03d/IMG_%05d.jpg", i/100, i)
		if _, err := d.Put(b.Context(), key, body.Bytes(), storage.PutOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	return d
}

// BenchmarkFirstBuild builds a gallery of 200 small photos from nothing.
func BenchmarkFirstBuild(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		d := originals(b, 200)
		b.StartTimer()
		build(b, d)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*200), "µs/photo")
}

// BenchmarkNothingToDo builds a gallery of 1,000 photos that is up to date.
func BenchmarkNothingToDo(b *testing.B) {
	d := originals(b, 1000)
	build(b, d)
	for b.Loop() {
		build(b, d)
	}
}

// BenchmarkOneAdded builds a gallery of 1,000 photos to which one has come.
func BenchmarkOneAdded(b *testing.B) {
	d := originals(b, 1000)
	build(b, d)
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		body := append(photo(b, i), fmt.Sprint(i, time.Now())...)
		if _, err := d.Put(b.Context(), fmt.Sprintf("data/album 003/new-%d.jpg", i), body, storage.PutOptions{}); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		build(b, d)
	}
}
