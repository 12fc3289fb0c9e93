// Command compare measures Shoebox's search, on a server and in the browser, beside SQLite FTS5 and MiniSearch, on one corpus and
// in one sitting, and prints a table in Markdown. Each engine builds its index and is asked in processes of its own, the engines by
// turns; a figure is the median. An engine that finds other photos than there are, or counts others in a facet, makes the comparison
// void. "make compare-search" runs it; nothing else should run on the machine meanwhile.
//
//	npm ci && go run . -photos 10000
//
// What is measured:
//
//   - build: CPU seconds to index photos that are in memory. Shoebox compresses its index meanwhile, the others after it;
//   - index, compressed: on a server with zstd, for browsers with gzip, as they read it;
//   - load: from the compressed index in a local file to the answer to the first question;
//   - text AND: photos that have both of two words, the 24 best;
//   - person + year: photos of a person taken in a year, the 24 newest;
//   - broad label + facets: photos with a label that many have, the 24 newest, and how many of them have which labels, people,
//     places, years, albums, cameras and types;
//   - typo, prefix, synonym: whether a misspelt word, the beginning of a word and another word for it find what the word finds,
//     and how fast, where the engine is asked for that as its manual says;
//   - memory: of the process that was asked, after collecting garbage, with what its runtime takes.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

// An engine is what is compared. Its processes work in a folder each.
type engine struct {
	name    string
	builder []string // command lines, to which the folder is added
	asker   []string
}

func run(ctx context.Context, arguments []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("compare", flag.ContinueOnError)
	photos := flags.Int("photos", 10_000, "how many photos the corpus has")
	runs := flags.Int("runs", 3, "how often each index is built and opened")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if flags.NArg() == 3 { // how the program runs itself
		return runEngine(ctx, flags.Arg(0), flags.Arg(1), flags.Arg(2), *photos, stdout)
	}
	if flags.NArg() != 0 || *photos < 1 || *runs < 1 {
		return errors.New("usage: compare [-photos N] [-runs N]")
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	size := fmt.Sprintf("-photos=%d", *photos)
	node := func(arguments ...string) []string {
		return append([]string{"node", "--expose-gc", "--max-old-space-size=8192"}, arguments...)
	}
	engines := []engine{
		{"Shoebox", []string{self, size, "shoebox", "build"}, []string{self, size, "shoebox", "search"}},
		{"SQLite FTS5", []string{self, size, "sqlite", "build"}, []string{self, size, "sqlite", "search"}},
		{"Shoebox in the browser", []string{self, size, "browser", "build"}, node("browser.mjs", "search")},
		{"MiniSearch", node("minisearch.mjs", "build"), node("minisearch.mjs", "search")},
	}
	c, err := compare(ctx, engines, *photos, *runs, stderr)
	if err != nil {
		return err
	}
	return c.print(stdout)
}

// runEngine does one part of the work in a process of its own and prints what it took.
func runEngine(ctx context.Context, name, part, dir string, photos int, stdout io.Writer) error {
	var result any
	var err error
	switch part {
	case "build":
		build := map[string]func(context.Context, string, int) (built, error){"shoebox": buildShoebox, "sqlite": buildSQLite,
			"browser": buildBrowser}[name]
		result, err = build(ctx, dir, photos)
	default:
		var list []question
		data, readErr := os.ReadFile(filepath.Join(dir, questionsFile))
		if readErr != nil {
			return readErr
		}
		if err := json.Unmarshal(data, &list); err != nil {
			return err
		}
		search := map[string]func(context.Context, string, []question) (searched, error){"shoebox": searchShoebox, "sqlite": searchSQLite}[name]
		result, err = search(ctx, dir, list)
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(result)
}

// The files that every engine's folder has.
const (
	questionsFile = "questions.json"
	photosFile    = "photos.ndjson"
)

// A comparison is what was measured, of each engine all runs.
type comparison struct {
	photos    int
	runs      int
	questions []question
	wanted    []int
	engines   []engine
	built     [][]built
	searched  [][]searched
}

// compare runs all engines, by turns.
func compare(ctx context.Context, engines []engine, size, runs int, log io.Writer) (*comparison, error) {
	dir, err := os.MkdirTemp("", "compare-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	fmt.Fprintf(log, "making up %d photos\n", size)
	all := photos(size)
	list := questions(all)
	c := &comparison{photos: len(all), runs: runs, questions: list, wanted: wanted(list, all), engines: engines,
		built: make([][]built, len(engines)), searched: make([][]searched, len(engines))}
	if i := slices.Index(c.wanted, 0); i >= 0 {
		return nil, fmt.Errorf("no photo answers %+v: ask for more of them", list[i])
	}
	corpus := filepath.Join(dir, photosFile)
	if err := writePhotos(corpus, all); err != nil {
		return nil, err
	}
	all = nil
	runtime.GC()
	data, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	folders := make([]string, len(engines))
	for n := range runs {
		for i, e := range engines {
			fmt.Fprintf(log, "%s builds, %d of %d\n", e.name, n+1, runs)
			if err := os.RemoveAll(folders[i]); err != nil {
				return nil, err
			}
			folders[i] = filepath.Join(dir, fmt.Sprintf("%d-%d", i, n))
			if err := os.Mkdir(folders[i], 0o700); err != nil {
				return nil, err
			}
			if err := os.WriteFile(filepath.Join(folders[i], questionsFile), data, 0o600); err != nil {
				return nil, err
			}
			if err := os.Link(corpus, filepath.Join(folders[i], photosFile)); err != nil {
				return nil, err
			}
			var b built
			if err := child(ctx, append(slices.Clone(e.builder), folders[i]), &b); err != nil {
				return nil, fmt.Errorf("%s: %w", e.name, err)
			}
			c.built[i] = append(c.built[i], b)
		}
	}
	for n := range runs {
		for i, e := range engines {
			fmt.Fprintf(log, "%s is asked, %d of %d\n", e.name, n+1, runs)
			var s searched
			if err := child(ctx, append(slices.Clone(e.asker), folders[i]), &s); err != nil {
				return nil, fmt.Errorf("%s: %w", e.name, err)
			}
			if err := c.check(e, s); err != nil {
				return nil, err
			}
			c.searched[i] = append(c.searched[i], s)
		}
	}
	return c, nil
}

// child runs a command line, on one core where it is a program in Go, and reads the JSON that it prints.
func child(ctx context.Context, line []string, result any) error {
	command := exec.CommandContext(ctx, line[0], line[1:]...)
	command.Env = append(os.Environ(), "GOMAXPROCS=1")
	command.Stderr = os.Stderr
	data, err := command.Output()
	if err != nil {
		return fmt.Errorf("%s: %w", strings.Join(line, " "), err)
	}
	return json.Unmarshal(data, result)
}

// check reports an answer that is wrong. What engines may lack is not.
func (c *comparison) check(e engine, s searched) error {
	if len(s.Answers) != len(c.questions) {
		return fmt.Errorf("%s answers %d of %d questions", e.name, len(s.Answers), len(c.questions))
	}
	for i, q := range c.questions {
		a := s.Answers[i]
		if q.Meant == "" && a.Total != c.wanted[i] {
			return fmt.Errorf("the comparison is void: %s finds %d photos for %+v, want %d", e.name, a.Total, q, c.wanted[i])
		}
		if first := c.first(i); q.Facets && first != nil && !slices.Equal(a.Facets, first) {
			return fmt.Errorf("the comparison is void: the facets of %s begin with %v for %+v, want %v", e.name, a.Facets, q, first)
		}
	}
	return nil
}

// first returns the facets that an engine counted before for a question; nil when none did.
func (c *comparison) first(question int) []int {
	for _, list := range c.searched {
		if len(list) > 0 {
			return list[0].Answers[question].Facets
		}
	}
	return nil
}

// print writes the table.
func (c *comparison) print(w io.Writer) error {
	var versions []string
	for _, s := range c.searched {
		versions = append(versions, s[0].Version)
	}
	fmt.Fprintf(w, "%d photos, %s, one core of %s, %s/%s, %s; %s. Medians of %d runs.\n\n", c.photos, time.Now().UTC().Format(time.DateOnly),
		processor(), runtime.GOOS, runtime.GOARCH, runtime.Version(), strings.Join(versions, ", "), c.runs)
	fmt.Fprintf(w, "| | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", "build, CPU", "index", "compressed", "load",
		textAnd, personYear, broad, typo, prefix, synonym, "memory")
	fmt.Fprintln(w, "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
	for i, e := range c.engines {
		cells := []string{e.name,
			fmt.Sprintf("%.2f s", of(c.built[i], func(b built) float64 { return b.CPU })),
			fmt.Sprintf("%.1f MB", of(c.built[i], func(b built) float64 { return float64(b.Size) / 1e6 })),
			fmt.Sprintf("%.2f MB", of(c.built[i], func(b built) float64 { return float64(b.Stored) / 1e6 })),
			duration(of(c.searched[i], func(s searched) float64 { return s.Load }))}
		for _, measure := range []string{textAnd, personYear, broad, typo, prefix, synonym} {
			cells = append(cells, c.took(i, measure))
		}
		cells = append(cells, fmt.Sprintf("%.0f MB", of(c.searched[i], func(s searched) float64 { return s.Memory })))
		if _, err := fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | ")); err != nil {
			return err
		}
	}
	return nil
}

// took returns how long an engine takes for the questions of a measure, or "no" when it does not find what is meant.
func (c *comparison) took(engine int, measure string) string {
	var all []float64
	for _, s := range c.searched[engine] {
		for i, q := range c.questions {
			if q.Measure != measure {
				continue
			}
			if q.Meant != "" && s.Answers[i].Total < c.wanted[i] {
				return "no"
			}
			all = append(all, s.Answers[i].Took...)
		}
	}
	return duration(median(all))
}

// of returns the median of something in all runs.
func of[T any](runs []T, what func(T) float64) float64 {
	var list []float64
	for _, r := range runs {
		list = append(list, what(r))
	}
	return median(list)
}

// duration writes milliseconds with two digits that count.
func duration(ms float64) string {
	switch {
	case ms < 1:
		return fmt.Sprintf("%.2f ms", ms)
	case ms < 10:
		return fmt.Sprintf("%.1f ms", ms)
	}
	return fmt.Sprintf("%.0f ms", ms)
}

// moduleVersion returns the version of a module in this program.
func moduleVersion(path string) string {
	info, _ := debug.ReadBuildInfo()
	for _, m := range info.Deps {
		if m.Path == path {
			return strings.TrimPrefix(m.Version, "v")
		}
	}
	return "?"
}

// processor returns what the machine's processor is called.
func processor() string {
	data, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(data)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return cmp.Or(os.Getenv("PROCESSOR_IDENTIFIER"), "this machine")
}
