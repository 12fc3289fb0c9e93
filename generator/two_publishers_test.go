package generator_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"shoebox/generator"
	"shoebox/internal/config"
	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// Turns lets several at work in one bucket go on one call at a time. Who does is drawn by lot, so that a seed is an interleaving.
type turns struct {
	random *rand.Rand
	last   string // who went on last

	mu      sync.Mutex // guards what follows
	waiting []turn
}

// A turn is a call that waits for its time.
type turn struct {
	who, call string
	begin     chan struct{}
}

// wait returns when it is the caller's turn.
func (s *turns) wait(who, call string) {
	t := turn{who, call, make(chan struct{})}
	s.mu.Lock()
	s.waiting = append(s.waiting, t)
	s.mu.Unlock()
	<-t.begin
}

// run lets everybody go on until all have returned. It is called in a synctest bubble, where it can tell when nobody does anything
// but wait.
func (s *turns) run(actors map[string]func()) (calls int) {
	var left sync.WaitGroup
	done := make(chan struct{})
	for _, actor := range actors {
		left.Go(actor)
	}
	go func() {
		left.Wait()
		close(done)
	}()
	for {
		synctest.Wait()
		select {
		case <-done:
			return calls
		default:
		}
		next, ok := s.draw()
		if !ok { // those who lost a race sleep for a while
			time.Sleep(time.Millisecond)
			continue
		}
		calls++
		close(next.begin)
	}
}

// draw takes a call from those that wait: mostly the next of who went on last, so that there are long and short stretches.
func (s *turns) draw() (turn, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) == 0 {
		return turn{}, false
	}
	slices.SortFunc(s.waiting, func(a, b turn) int { return cmp.Or(strings.Compare(a.who, b.who), strings.Compare(a.call, b.call)) })
	i := s.random.IntN(len(s.waiting))
	if same := slices.IndexFunc(s.waiting, func(t turn) bool { return t.who == s.last }); same >= 0 && s.random.IntN(8) > 0 {
		i = same
	}
	next := s.waiting[i]
	s.waiting = slices.Delete(s.waiting, i, i+1)
	s.last = next.who
	return next, true
}

// inTurn is a bucket as somebody at work uses it: every call waits for its turn. From some write on it may be out of reach, as for a
// function that was killed.
type inTurn struct {
	storage.Bucket
	turns *turns
	who   string

	mu   sync.Mutex // guards left
	left int        // writes until the end; negative: there is none
}

func (b *inTurn) call(what string, write bool) error {
	b.turns.wait(b.who, what)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left == 0 {
		return errDead
	}
	if write {
		b.left--
	}
	return nil
}

func (b *inTurn) Get(ctx context.Context, key string, r storage.Range) (*storage.Object, error) {
	if err := b.call("get "+key, false); err != nil {
		return nil, err
	}
	return b.Bucket.Get(ctx, key, r)
}

func (b *inTurn) Put(ctx context.Context, key string, body []byte, o storage.PutOptions) (string, error) {
	if err := b.call("put "+key, true); err != nil {
		return "", err
	}
	return b.Bucket.Put(ctx, key, body, o)
}

func (b *inTurn) Delete(ctx context.Context, key string) error {
	if err := b.call("delete "+key, true); err != nil {
		return err
	}
	return b.Bucket.Delete(ctx, key)
}

func (b *inTurn) List(ctx context.Context, prefix string) iter.Seq2[storage.Info, error] {
	return func(yield func(storage.Info, error) bool) {
		if err := b.call("list "+prefix, false); err != nil {
			yield(storage.Info{}, err)
			return
		}
		b.Bucket.List(ctx, prefix)(yield)
	}
}

func (b *inTurn) ListDir(ctx context.Context, prefix string) iter.Seq2[storage.Info, error] {
	return func(yield func(storage.Info, error) bool) {
		if err := b.call("list in "+prefix, false); err != nil {
			yield(storage.Info{}, err)
			return
		}
		storage.ListDir(ctx, b.Bucket, prefix)(yield)
	}
}

// pairConfig leaves out the index: Bleve's goroutines live outside of a bubble. Storms have an index and two publishers.
func pairConfig(c *config.Config) {
	stormConfig(c)
	c.Build.Jobs, c.Search = 1, "none"
}

// A scene is a gallery that is up to date, and how it came to be.
type scene struct {
	originals, site map[string]string
	holds           map[string]int
}

// pairOwner is an owner of a small gallery.
func pairOwner(t *testing.T, originals *storage.Mem, seed uint64) *owner {
	o := newOwner(t, originals, seed)
	o.keys = nil
	for _, album := range []string{"", "alps/", "alps/2024/", "sea/", "private/"} {
		for _, name := range []string{"a.jpg", "b.jpg", "b.jpg.md", "c.png", "c.xmp", "index.md"} {
			o.keys = append(o.keys, gallery.Data+album+name)
		}
	}
	return o
}

func newScene(t *testing.T) scene {
	site, originals := storage.NewMem(), storage.NewMem()
	o := pairOwner(t, originals, 0)
	for range 40 {
		o.act()
	}
	build(t, storage.NewRoute(site, originals), pairConfig)
	return scene{originals.Contents(""), site.Contents(""), o.holds}
}

// TestTwoPublishersAtOnce lets two publishers work at the same time on overlapping sets of albums, while a developer goes on, in
// many interleavings of their calls, some of which one publisher does not survive. What a publisher that succeeded was told of is
// not published again, so a lost update stays lost.
func TestTwoPublishersAtOnce(t *testing.T) {
	t.Parallel()
	base := newScene(t)
	interleavings, calls, again := 200, 0, 0
	if testing.Short() {
		interleavings = 40
	}
	for seed := range uint64(interleavings) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n, killed := twoPublishers(t, base, seed)
				calls += n
				if killed {
					again++
				}
			})
		})
	}
	t.Logf("%d interleavings of %d calls on average; in %d of them a publisher was killed", interleavings, calls/interleavings, again)
}

func twoPublishers(t *testing.T, base scene, seed uint64) (calls int, killed bool) {
	random := rand.New(rand.NewPCG(seed, 4))
	site, originals := storage.NewMem(), storage.NewMem()
	o := pairOwner(t, originals, seed)
	o.last = 1000
	for key, body := range base.site {
		site.Upload(key, []byte(body), time.Now().Add(-24*time.Hour))
	}
	for key := range base.originals {
		o.put(key, base.holds[key])
	}
	both := storage.NewRoute(site, originals)
	s := &turns{random: random}
	as := func(who string, left int) *generator.Generator {
		c := config.Default()
		pairConfig(&c)
		return generator.New(generator.Options{Bucket: &inTurn{Bucket: both, turns: s, who: who, left: left}, Config: c})
	}
	alone := newGenerator(t, both, pairConfig)

	// Some changes were developed before, and both publishers are told of half of them, or of more.
	var told [2]generator.Changes
	for range 6 {
		c, err := alone.Develop(t.Context(), o.act())
		if err != nil {
			t.Fatal(err)
		}
		for who := range told {
			if random.IntN(3) > 0 {
				told[who] = union([]generator.Changes{told[who], c})
			} else {
				told[1-who] = union([]generator.Changes{told[1-who], c})
			}
		}
	}

	var mu sync.Mutex // guards queue
	var queue []generator.Changes
	send := func(c generator.Changes) {
		mu.Lock()
		defer mu.Unlock()
		queue = append(queue, c)
	}
	receive := func() []generator.Changes {
		mu.Lock()
		defer mu.Unlock()
		all := queue
		queue = nil
		return all
	}
	develop := func(g *generator.Generator, key string) {
		c, err := g.Develop(t.Context(), key)
		if err != nil {
			t.Error(err)
		}
		send(c)
	}
	publish := func(g *generator.Generator, c generator.Changes) {
		report, err := g.Publish(t.Context(), c)
		if err != nil {
			if !errors.Is(err, errDead) {
				t.Error(err)
			}
			killed = killed || errors.Is(err, errDead)
			c.Suspect = true
			send(c)
			return
		}
		for _, key := range report.Pending {
			develop(alone, key)
		}
	}
	left := -1
	if seed%4 == 0 {
		left = random.IntN(15)
	}
	calls = s.run(map[string]func(){
		"A": func() { publish(as("A", left), told[0]) },
		"B": func() {
			g := as("B", -1)
			publish(g, told[1])
			for _, c := range receive() { // what the developer, and a publisher that died, left for the next one
				publish(g, c)
			}
		},
		"D": func() {
			g := as("D", -1)
			for range 3 {
				s.wait("D", "the owner")
				develop(g, o.act())
			}
		},
	})
	for got := receive(); len(got) > 0; got = receive() {
		publish(alone, union(got))
	}
	v := judge(t, site, originals, storage.NewMem(), pairConfig)
	v[partRenditions].ghost = nil // until the night
	v.tell(t)
	if bad := append(site.Violations(), originals.Violations()...); len(bad) > 0 {
		t.Errorf("violations: %q", bad)
	}
	return calls, killed
}
