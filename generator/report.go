package generator

import (
	"cmp"
	"slices"
	"sync"
)

// A Report is what a build found and did.
type Report struct {
	Originals int       `json:"originals"` // found in data/, without sidecars, companions and what is ignored
	Developed int       `json:"developed"` // originals that renditions and records were made of
	Published int       `json:"published"` // albums whose pages were brought up to date
	Written   int       `json:"written"`   // objects written
	Deleted   int       `json:"deleted"`   // objects deleted
	Seconds   float64   `json:"seconds"`
	Failed    []Failure `json:"failed"` // sorted by key; never nil
	// Pending are keys to develop, sorted: what Publish and Reconcile found that the records do not yet tell of.
	Pending []string `json:"pending,omitempty"`
}

// A Failure is an original that could not be shown as it should, with the reason in words for its owner.
type Failure struct {
	Key    string `json:"key"`
	Reason string `json:"reason"`
}

func sortFailures(failures []Failure) []Failure {
	slices.SortFunc(failures, func(a, b Failure) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Reason, b.Reason))
	})
	return slices.Compact(failures)
}

// An Event is one step of a build, for whoever watches it.
type Event struct {
	Stage string // "develop" or "publish"
	Done  int    // of Total
	Total int
	Key   string // what was done: an original's key, an album's path, or an object's key
	Verb  string // "developed", "published", "wrote", "deleted"
}

// progress counts the steps of one stage and tells of each; it may be used concurrently.
type progress struct {
	tell  func(Event)
	stage string
	verb  string
	total int

	mu   sync.Mutex // guards done, and keeps events in order
	done int
}

func (p *progress) step(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	p.tell(Event{Stage: p.stage, Done: p.done, Total: p.total, Key: key, Verb: p.verb})
}
