package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/klauspost/compress/zstd"
)

// built is what building an index took.
type built struct {
	CPU    float64 `json:"cpu"`    // seconds of all cores together
	Size   int64   `json:"size"`   // bytes of the index as it is searched
	Stored int64   `json:"stored"` // bytes of the index compressed
}

// searched is what opening an index and asking it took.
type searched struct {
	Load    float64  `json:"load"`   // milliseconds from the compressed index to the answer to a first question
	Memory  float64  `json:"memory"` // MB that the process holds after all questions, garbage collected
	Answers []answer `json:"answers"`
	Version string   `json:"version"`
}

// An answer is what an engine said to a question.
type answer struct {
	Total  int       `json:"total"`
	Facets []int     `json:"facets"` // the count of the first value of each: labels, people, places, years, albums, cameras, types
	Took   []float64 `json:"took"`   // milliseconds, each time that it was asked
}

// shown is how many results a page has, and facetSize how many values of a facet it shows.
const (
	shown     = 24
	facetSize = 20
)

// An asker answers a question.
type asker func(q question) (total int, facets []int, err error)

// ask asks every question once for the answer, then again and again in turn for the time it takes.
func ask(list []question, engine asker) ([]answer, error) {
	answers := make([]answer, len(list))
	for i, q := range list {
		var err error
		if answers[i].Total, answers[i].Facets, err = engine(q); err != nil {
			return nil, err
		}
	}
	for start := time.Now(); len(answers[0].Took) < minAsked || len(answers[0].Took) < maxAsked && time.Since(start) < askFor; {
		for i, q := range list {
			start := time.Now()
			if _, _, err := engine(q); err != nil {
				return nil, err
			}
			answers[i].Took = append(answers[i].Took, milliseconds(start))
		}
	}
	return answers, nil
}

// How often every question is asked: for some time, but neither too few nor too many times.
const (
	minAsked = 3
	maxAsked = 50
	askFor   = 3 * time.Second
)

func milliseconds(since time.Time) float64 { return float64(time.Since(since).Nanoseconds()) / 1e6 }

// cpu returns the seconds that all cores together have worked for this process.
func cpu() (float64, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, err
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9, nil
}

// memory returns the MB of memory that this process has, garbage collected; 0 where /proc does not say.
func memory() float64 {
	debug.FreeOSMemory()
	data, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			return kb / 1000
		}
	}
	return 0
}

// compress compresses a file beside it and returns how many bytes that has.
func compress(file string) (int64, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	var out bytes.Buffer
	w, err := zstd.NewWriter(&out)
	if err != nil {
		return 0, err
	}
	if _, err := w.Write(data); err != nil {
		return 0, err
	}
	if err := w.Close(); err != nil {
		return 0, err
	}
	return int64(out.Len()), os.WriteFile(file+".zst", out.Bytes(), 0o600)
}

// uncompress undoes [compress], into another file.
func uncompress(file, to string) error {
	in, err := os.Open(file + ".zst")
	if err != nil {
		return err
	}
	defer in.Close()
	r, err := zstd.NewReader(in)
	if err != nil {
		return err
	}
	defer r.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, r); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}

// folderSize returns the bytes of all files in and below a folder.
func folderSize(dir string) (size int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	return size, err
}

// median returns the middle of some numbers; of none it is 0.
func median(list []float64) float64 {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}
