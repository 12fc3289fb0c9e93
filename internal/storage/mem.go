package storage

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"
)

// ErrInjected is wrapped by the errors that a [Mem] makes up.
var ErrInjected = errors.New("injected fault")

// A Fault is what happens to one write of a [Mem].
type Fault int

// The faults. After one that is not None, a Mem answers every call with an error, as to a process that was killed, until
// [Mem.Revive].
const (
	None   Fault = iota
	Before       // the write fails and is not done
	After        // the write is done and reported as failed
)

// A Write is one Put, Link or Delete of a [Mem], in the order they came.
type Write struct {
	Op  string // "put", "link" or "delete"
	Key string
}

// Mem is a bucket in memory for tests. It records what is written, checks that nobody writes the owner's originals or
// changes what was stored as immutable, and injects faults.
type Mem struct {
	mu         sync.Mutex // guards all below
	objects    map[string]memObject
	writes     []Write
	violations []string
	inject     func(n int, w Write) Fault
	dead       bool
}

type memObject struct {
	body      []byte
	modified  time.Time
	immutable bool
}

func (o memObject) info(key string) Info {
	sum := sha256.Sum256(o.body)
	return Info{Key: key, ETag: hex.EncodeToString(sum[:16]), Size: int64(len(o.body)), Modified: o.modified}
}

var (
	_ Bucket = (*Mem)(nil)
	_ Linker = (*Mem)(nil)
)

// NewMem returns an empty bucket.
func NewMem() *Mem { return &Mem{objects: map[string]memObject{}} }

// Upload stores an object as its owner: it is no write of ours, and may be anywhere.
func (m *Mem) Upload(key string, body []byte, modified time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.objects[key] = memObject{body: bytes.Clone(body), modified: modified.UTC()}
}

// Remove removes an object as its owner.
func (m *Mem) Remove(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.objects, key)
}

// Inject asks f about each following write, which it numbers from 0. A nil f ends it.
func (m *Mem) Inject(f func(n int, w Write) Fault) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.inject, m.writes = f, nil
}

// Revive ends the state that a fault left.
func (m *Mem) Revive() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dead, m.inject, m.writes = false, nil, nil
}

// Writes returns the writes since the last call of Writes, Inject or Revive.
func (m *Mem) Writes() []Write {
	m.mu.Lock()
	defer m.mu.Unlock()
	w := m.writes
	m.writes = nil
	return w
}

// Violations returns the invariants broken so far.
func (m *Mem) Violations() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.violations)
}

// Contents returns a copy of the bytes under keys with that prefix.
func (m *Mem) Contents(prefix string) map[string]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	contents := map[string]string{}
	for key, o := range m.objects {
		if strings.HasPrefix(key, prefix) {
			contents[key] = string(o.body)
		}
	}
	return contents
}

// write does one write under the faults and rules; apply must not fail.
func (m *Mem) write(w Write, apply func()) error {
	if m.dead {
		return fmt.Errorf("%s %s: the process is dead: %w", w.Op, w.Key, ErrInjected)
	}
	if strings.HasPrefix(w.Key, "data/") {
		m.violations = append(m.violations, fmt.Sprintf("%s of the owner's %s", w.Op, w.Key))
	}
	fault := None
	if m.inject != nil {
		fault = m.inject(len(m.writes), w)
	}
	m.writes = append(m.writes, w)
	if fault != Before {
		apply()
	}
	if fault != None {
		m.dead = true
		return fmt.Errorf("%s %s: %w", w.Op, w.Key, ErrInjected)
	}
	return nil
}

func (m *Mem) store(key string, o memObject) {
	if old, ok := m.objects[key]; ok && old.immutable && !bytes.Equal(old.body, o.body) {
		m.violations = append(m.violations, "other bytes for the immutable "+key)
	}
	m.objects[key] = o
}

// Get implements [Bucket].
func (m *Mem) Get(_ context.Context, key string, r Range) (*Object, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead {
		return nil, fmt.Errorf("get %s: the process is dead: %w", key, ErrInjected)
	}
	o, ok := m.objects[key]
	if !ok {
		return nil, fmt.Errorf("%s: %w", key, fs.ErrNotExist)
	}
	body := o.body[min(r.Offset, int64(len(o.body))):]
	if r.Length > 0 {
		body = body[:min(r.Length, int64(len(body)))]
	}
	return &Object{Info: o.info(key), Body: memBody{bytes.NewReader(body)}}, nil
}

type memBody struct{ *bytes.Reader }

func (memBody) Close() error { return nil }

var _ io.ReaderAt = memBody{}

// Put implements [Bucket].
func (m *Mem) Put(_ context.Context, key string, body []byte, o PutOptions) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	old, exists := m.objects[key]
	switch {
	case m.dead:
	case o.IfNoneMatch && exists:
		return "", fmt.Errorf("put %s: it exists: %w", key, ErrPrecondition)
	case o.IfMatch != "" && !exists:
		return "", fmt.Errorf("put %s: there is no such object: %w", key, ErrPrecondition)
	case o.IfMatch != "" && old.info(key).ETag != o.IfMatch:
		return "", fmt.Errorf("put %s: it has changed: %w", key, ErrPrecondition)
	}
	object := memObject{
		body:      bytes.Clone(body),
		modified:  time.Now().UTC(),
		immutable: strings.Contains(o.CacheControl, "immutable"),
	}
	if err := m.write(Write{"put", key}, func() { m.store(key, object) }); err != nil {
		return "", err
	}
	return object.info(key).ETag, nil
}

// Delete implements [Bucket].
func (m *Mem) Delete(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.write(Write{"delete", key}, func() { delete(m.objects, key) })
}

// Link implements [Linker].
func (m *Mem) Link(_ context.Context, from, to string, _ bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	o, ok := m.objects[from]
	if !ok && !m.dead {
		return fmt.Errorf("link %s: %s: %w", to, from, fs.ErrNotExist)
	}
	return m.write(Write{"link", to}, func() { m.store(to, memObject{body: o.body, modified: o.modified}) })
}

// List implements [Bucket].
func (m *Mem) List(_ context.Context, prefix string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		m.mu.Lock()
		dead := m.dead
		var infos []Info
		for key, o := range m.objects {
			if strings.HasPrefix(key, prefix) {
				infos = append(infos, o.info(key))
			}
		}
		slices.SortFunc(infos, func(a, b Info) int { return strings.Compare(a.Key, b.Key) })
		m.mu.Unlock()
		if dead {
			yield(Info{}, fmt.Errorf("list %s: the process is dead: %w", prefix, ErrInjected))
			return
		}
		for _, info := range infos {
			if !yield(info, nil) {
				return
			}
		}
	}
}
