package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"shoebox/generator"
)

// progress shows how far a build is: a bar with rate and time left on a terminal, lines otherwise.
type progress struct {
	out     io.Writer
	bars    bool // out is a terminal
	verbose bool
	quiet   bool

	mu    sync.Mutex // guards what follows
	stage string
	bar   *progressbar.ProgressBar
}

// progress goes to stderr, so that stdout holds only what was asked for. When terse, it shows a bar or nothing.
func (p *program) progress(terse bool) *progress {
	file, ok := p.stderr.(*os.File)
	terminal := ok && term.IsTerminal(int(file.Fd()))
	return &progress{out: p.stderr, bars: terminal && !p.verbose && !p.quiet, verbose: p.verbose, quiet: terse}
}

var stageNames = map[string]string{"develop": "developing", "publish": "publishing"}

func (s *progress) tell(e generator.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.verbose:
		if e.Total > 0 {
			fmt.Fprintf(s.out, "%s %s (%d of %d)\n", e.Verb, printable(e.Key), e.Done, e.Total)
		} else {
			fmt.Fprintf(s.out, "%s %s\n", e.Verb, printable(e.Key))
		}
	case s.bars && e.Total > 0:
		if s.stage != e.Stage {
			s.finish()
			s.stage = e.Stage
			s.bar = progressbar.NewOptions(e.Total,
				progressbar.OptionSetWriter(s.out),
				progressbar.OptionSetDescription(stageNames[e.Stage]),
				progressbar.OptionSetItsString("files"),
				progressbar.OptionShowIts(),
				progressbar.OptionShowCount(),
				progressbar.OptionSetPredictTime(true),
				progressbar.OptionThrottle(100*time.Millisecond),
				progressbar.OptionClearOnFinish(),
			)
		}
		_ = s.bar.Set(e.Done)
	case !s.quiet && !s.bars && e.Total > 0 && (e.Done == e.Total || e.Done%100 == 0):
		fmt.Fprintf(s.out, "%s: %d of %d\n", stageNames[e.Stage], e.Done, e.Total)
	}
}

func (s *progress) finish() {
	if s.bar != nil {
		_ = s.bar.Finish()
		s.bar = nil
	}
}

// close ends the bar.
func (s *progress) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finish()
}

// printableLines is [printable] for a message of several lines.
func printableLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = printable(line)
	}
	return strings.Join(lines, "\n")
}

// printable is a text from a file or its name, with nothing in it that a terminal would take for a command.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar || unicode.In(r, unicode.Cf) {
			return '\ufffd'
		}
		return r
	}, s)
}
