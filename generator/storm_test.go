package generator_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"shoebox/generator"
	"shoebox/internal/aws/awstest"
	"shoebox/internal/config"
	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// A storm is an owner who changes files as fast as he can, beside what Amazon's services may do to what follows: events come twice,
// late and out of order, functions run many at once, requests fail, and a function may die between any two of its writes.
type storm struct {
	seed    uint64
	acts    int     // of the owner
	lost    float64 // share of the events that never come
	kills   float64 // share of the runs of a function that die somewhere
	trouble float64 // share of the requests that fail, of those that do not go through a server
	server  bool    // the buckets are on a real server of S3, behind a proxy that makes things go wrong
	// In a local storm nothing makes a publisher look at the whole gallery, which would heal it: no change of what concerns all of
	// it, and no race against another.
	local   bool
	hasty   bool // publishers delete their messages before they publish, which is a mistake
	mistake func(*world) developer
}

// What a storm consists of, beside what it is told.
const (
	workers    = 40
	duplicates = 0.2 // share of events that come twice
)

// A world is where a storm takes place.
type world struct {
	storm
	t         *testing.T
	temp      string
	config    config.Config
	originals storage.Bucket // as the owner has it
	site      storage.Bucket // as it is, without faults
	empty     storage.Bucket // for the gallery that it is compared with
	reach     storage.Bucket // both, as a function reaches them
	quiet     atomic.Bool    // nothing goes wrong any more

	develop *queue[string]
	publish *queue[generator.Changes]
	ring    chan struct{}
	runs    atomic.Uint64
	deaths  atomic.Int64
	busy    atomic.Int64 // functions at work

	developed, published atomic.Int64 // runs that ended well
	events               int
	faults               *awstest.Faults
	wrong                developer
}

func newWorld(t *testing.T, s storm) *world {
	w := &world{storm: s, t: t, temp: t.TempDir(), config: config.Default(), ring: make(chan struct{}, 2)}
	w.develop, w.publish = newQueue[string](s.seed), newQueue[generator.Changes](s.seed+1)
	stormConfig(&w.config)
	if s.mistake != nil {
		w.wrong = s.mistake(w)
	}
	if !s.server {
		site, originals := storage.NewMem(), storage.NewMem()
		t.Cleanup(func() {
			if v := append(site.Violations(), originals.Violations()...); len(v) > 0 {
				t.Errorf("violations: %q", v[:min(3, len(v))])
			}
		})
		w.site, w.originals, w.reach, w.empty = site, originals, storage.NewRoute(site, originals), storage.NewMem()
		return w
	}
	w.trouble = 0
	endpoint := awstest.StartS3(t, "owners", "site", "empty")
	w.empty = awstest.OpenBucket(endpoint, "empty")
	w.faults = awstest.StartFaults(t, endpoint, s.seed, 0.03)
	w.site, w.originals = awstest.OpenBucket(endpoint, "site"), awstest.OpenBucket(endpoint, "owners")
	w.reach = storage.NewRoute(awstest.OpenBucket(w.faults.URL, "site"), awstest.OpenBucket(w.faults.URL, "owners"))
	return w
}

func stormConfig(c *config.Config) {
	c.Build.FFmpeg, c.Build.Jobs, c.BaseURL = "", 2, "https://photos.example.org/"
}

// pipeline is one that has the bucket that a function has.
func (w *world) pipeline(b storage.Bucket) pipeline {
	g := generator.New(generator.Options{Bucket: b, Config: w.config, TempDir: w.temp})
	if w.wrong != nil {
		return mistaken{g, w.wrong}
	}
	return g
}

// errDead is what a function finds that was killed; errTrouble is what it finds when a request failed, and all tries after it.
var (
	errDead    = errors.New("this function was killed")
	errTrouble = errors.New("500 InternalError")
)

// A life is the bucket of one run of a function. It ends before or after some write; every call from then on is an error.
type life struct {
	storage.Bucket
	w *world

	mu     sync.Mutex // guards what follows
	random *rand.Rand
	left   int // writes until the end; negative: it does not end
	after  bool
	dead   bool
}

func (w *world) life() *life {
	l := &life{Bucket: w.reach, w: w, random: rand.New(rand.NewPCG(w.seed, 1000+w.runs.Add(1)))}
	l.begin()
	return l
}

// begin starts another run of the same function.
func (l *life) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.left = -1
	if !l.w.quiet.Load() && l.random.Float64() < l.w.kills {
		l.left, l.after = l.random.IntN(12), l.random.IntN(2) == 0
		if l.random.IntN(4) == 0 {
			l.left *= 10
		}
	}
}

// ended reports whether the function has been killed.
func (l *life) ended() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dead
}

// read does what changes nothing.
func (l *life) read(do func() error) error {
	l.mu.Lock()
	dead, trouble, late := l.dead, l.trouble(), l.late()
	l.mu.Unlock()
	time.Sleep(late)
	if dead {
		return errDead
	}
	if trouble {
		return errTrouble
	}
	return do()
}

func (l *life) trouble() bool { return !l.w.quiet.Load() && l.random.Float64() < l.w.trouble }

// late is how long a request takes: now and then long enough for others to get in between.
func (l *life) late() time.Duration {
	if l.w.server || l.random.IntN(10) > 0 {
		return 0
	}
	return time.Duration(l.random.IntN(20)) * time.Millisecond
}

// write does what changes something, here or in a queue.
func (l *life) write(do func() error) error {
	l.mu.Lock()
	if l.dead {
		l.mu.Unlock()
		return errDead
	}
	end, after := l.left == 0, l.after
	l.left--
	if end {
		l.dead = true
		l.w.deaths.Add(1)
	}
	trouble, done, late := l.trouble(), l.random.IntN(2) == 0, l.late()
	l.mu.Unlock()
	time.Sleep(late)
	if end && !after {
		return errDead
	}
	if trouble && !done {
		return errTrouble
	}
	err := do()
	switch {
	case end:
		return errDead
	case err == nil && trouble:
		return errTrouble
	}
	return err
}

func (l *life) Get(ctx context.Context, key string, r storage.Range) (o *storage.Object, err error) {
	err = l.read(func() error {
		o, err = l.Bucket.Get(ctx, key, r)
		return err
	})
	return o, err
}

func (l *life) List(ctx context.Context, prefix string) iter.Seq2[storage.Info, error] {
	return func(yield func(storage.Info, error) bool) {
		if err := l.read(func() error { return nil }); err != nil {
			yield(storage.Info{}, err)
			return
		}
		l.Bucket.List(ctx, prefix)(yield)
	}
}

func (l *life) ListDir(ctx context.Context, prefix string) iter.Seq2[storage.Info, error] {
	return func(yield func(storage.Info, error) bool) {
		if err := l.read(func() error { return nil }); err != nil {
			yield(storage.Info{}, err)
			return
		}
		storage.ListDir(ctx, l.Bucket, prefix)(yield)
	}
}

func (l *life) Put(ctx context.Context, key string, body []byte, o storage.PutOptions) (etag string, err error) {
	err = l.write(func() error {
		etag, err = l.Bucket.Put(ctx, key, body, o)
		return err
	})
	return etag, err
}

func (l *life) Delete(ctx context.Context, key string) error {
	return l.write(func() error { return l.Bucket.Delete(ctx, key) })
}

// event tells of a key as a notification does, unless it is lost, now and then twice, and in no order.
func (w *world) event(random *rand.Rand, key string) {
	if random.Float64() < w.lost {
		return
	}
	copies := 1
	if random.Float64() < duplicates {
		copies = 2
	}
	for range copies {
		within := 40 * time.Millisecond
		if random.IntN(10) == 0 {
			within *= 5
		}
		w.develop.send(key, within)
		w.events++
	}
}

// call invokes the publish function asynchronously.
func (w *world) call() {
	select {
	case w.ring <- struct{}{}:
	default:
	}
}

// work is the develop function: it is called with messages as long as there are any.
func (w *world) work(ctx context.Context) {
	l := w.life()
	p := w.pipeline(l)
	for ctx.Err() == nil {
		w.busy.Add(1)
		batch := w.develop.receive()
		if len(batch) == 0 {
			w.busy.Add(-1)
			pause(ctx, 10*time.Millisecond)
			continue
		}
		l.begin()
		w.developBatch(w.t.Context(), l, p, batch)
		w.busy.Add(-1)
		if l.ended() {
			l = w.life()
			p = w.pipeline(l)
		}
	}
}

func (w *world) developBatch(ctx context.Context, l *life, p pipeline, batch []delivery[string]) {
	var changes []generator.Changes
	var done, failed []delivery[string]
	for _, d := range batch {
		c, err := p.Develop(ctx, d.body)
		if err != nil {
			w.unexpected(err)
			failed = append(failed, d)
			continue
		}
		changes, done = append(changes, c), append(done, d)
	}
	err := l.write(func() error {
		w.publish.send(union(changes), 5*time.Millisecond)
		return nil
	})
	if err == nil {
		err = l.write(func() error {
			w.call()
			return nil
		})
	}
	if err == nil {
		err = l.write(func() error {
			w.develop.done(done)
			return nil
		})
	}
	if err != nil {
		failed = batch
	} else {
		w.developed.Add(1)
	}
	w.develop.giveBack(failed)
}

// write is the publish function: it is called when the develop function says so, and on a schedule.
func (w *world) write(ctx context.Context, random *rand.Rand, only *sync.Mutex) {
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-w.ring:
		case <-time.After(30 * time.Millisecond):
		}
		// There is a lease, but it may end while its holder is still at work.
		alone := only.TryLock()
		if alone || !w.local && random.IntN(3) == 0 {
			for w.publishBatch(w.t.Context()) {
			}
		}
		if alone {
			only.Unlock()
		}
	}
}

// publishBatch publishes what is in the queue; more says that there may be more.
func (w *world) publishBatch(ctx context.Context) (more bool) {
	w.busy.Add(1)
	defer w.busy.Add(-1)
	var batch []delivery[generator.Changes]
	for len(batch) < 100 {
		got := w.publish.receive()
		if len(got) == 0 {
			break
		}
		batch = append(batch, got...)
	}
	if len(batch) == 0 {
		return false
	}
	var changes []generator.Changes
	for _, d := range batch {
		c := d.body
		c.Suspect = c.Suspect || d.nth > 1
		changes = append(changes, c)
	}
	l := w.life()
	if w.hasty {
		w.publish.done(batch)
		if l.random.IntN(3) > 0 {
			return true // killed
		}
	}
	report, err := w.pipeline(l).Publish(ctx, union(changes))
	for _, key := range report.Pending {
		if err == nil {
			err = l.write(func() error {
				w.develop.send(key, 5*time.Millisecond)
				return nil
			})
		}
	}
	if err == nil {
		err = l.write(func() error {
			w.publish.done(batch)
			return nil
		})
	}
	if err != nil {
		w.unexpected(err)
		w.publish.giveBack(batch)
		return false
	}
	w.published.Add(1)
	return true
}

// unexpected reports an error that no fault explains. A lost race is the work of another publisher, and leads to another try.
func (w *world) unexpected(err error) {
	explained := errors.Is(err, errDead) || errors.Is(err, errTrouble) || errors.Is(err, context.Canceled) || errors.Is(err, storage.ErrPrecondition)
	if !explained && (w.faults == nil || errors.Is(err, fs.ErrNotExist)) {
		w.t.Logf("seed %d: %v", w.seed, err)
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// run lets the storm take place, until the last message is dealt with.
func (w *world) run() {
	ctx, stop := context.WithCancel(w.t.Context())
	var functions sync.WaitGroup
	defer functions.Wait()
	defer stop()
	if w.seed%2 == 1 { // it is done when a stack is made, maybe before the first upload
		w.publish.send(generator.Changes{Everything: true}, 0)
		for w.publish.left() > 0 {
			w.publishBatch(ctx)
		}
	}
	for range workers {
		functions.Go(func() { w.work(ctx) })
	}
	var only sync.Mutex
	for i := range uint64(2) {
		random := rand.New(rand.NewPCG(w.seed, 10+i))
		functions.Go(func() { w.write(ctx, random, &only) })
	}
	o := newOwner(w.t, w.originals, w.seed)
	if w.local {
		o.keys = slices.DeleteFunc(o.keys, func(key string) bool { return gallery.Name(key) == "index.md" })
	} else {
		o.keys = append(o.keys, "data/city/.nomedia", "assets/style.css")
	}
	random := rand.New(rand.NewPCG(w.seed, 3))
	for range w.acts {
		w.event(random, o.act())
		pause(ctx, time.Duration(random.IntN(2))*time.Millisecond)
	}
	w.settle()
}

// settle waits until all queues are empty, and nobody is at work any more with what came twice.
func (w *world) settle() {
	w.t.Helper()
	for deadline := time.Now().Add(time.Minute); w.left() > 0 || w.busy.Load() > 0 || w.left() > 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("seed %d: still %d messages to develop and %d to publish", w.seed, w.develop.left(), w.publish.left())
		}
	}
}

func (w *world) left() int { return w.develop.left() + w.publish.left() }

func (w *world) String() string {
	return fmt.Sprintf("seed %2d: %d acts, %d events, %d+%d runs, %d killed, a message came %d times at most",
		w.seed, w.acts, w.events, w.developed.Load(), w.published.Load(), w.deaths.Load(), max(w.develop.most, w.publish.most))
}

// night is the nightly run: it finds what events did not tell of, and clears away what killed functions left behind.
func (w *world) night() generator.Report {
	w.t.Helper()
	w.quiet.Store(true)
	if w.faults != nil {
		w.faults.Quiet()
	}
	options := generator.Options{Bucket: w.reach, Config: w.config, TempDir: w.temp, Grace: 1} // nobody is at work any more
	report, err := generator.New(options).Reconcile(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	if len(report.Pending) == 0 {
		return report
	}
	ctx, stop := context.WithCancel(w.t.Context())
	defer stop()
	for _, key := range report.Pending {
		w.develop.send(key, 0)
	}
	var functions sync.WaitGroup
	functions.Go(func() { w.work(ctx) })
	var only sync.Mutex
	functions.Go(func() { w.write(ctx, rand.New(rand.NewPCG(w.seed, 12)), &only) })
	w.settle()
	stop()
	functions.Wait()
	return report
}

// TestStorm wants the gallery to be, after each storm, the one that a build makes of the originals, byte for byte. Only renditions
// that nothing names may be left of functions that were killed, until the night.
func TestStorm(t *testing.T) {
	for seed := range uint64(10) {
		s := storm{seed: seed, acts: 1200, kills: 0.15, trouble: 0.0005, server: seed < 2, local: seed >= 5}
		if testing.Short() {
			if seed > 2 {
				break
			}
			s.acts = 300
		}
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			w := newWorld(t, s)
			w.run()
			took := time.Since(start)
			v := judge(t, w.site, w.originals, w.empty, stormConfig)
			t.Logf("%v, %.1f s; missing/ghost/stale: %v", w, took.Seconds(), v)
			garbage := v[partRenditions].ghost
			v[partRenditions].ghost = nil
			v.tell(t)
			if w.faults != nil {
				t.Logf("requests: %v", w.faults.Counts())
			}
			night := w.night()
			if len(night.Pending) > 0 || night.Written > 0 || night.Deleted != len(garbage) {
				t.Errorf("the night found %q to do, wrote %d objects and deleted %d, want to delete %d",
					night.Pending, night.Written, night.Deleted, len(garbage))
			}
		})
	}
}

// TestStormWithLostEvents wants the nightly run to heal what events did not tell of.
func TestStormWithLostEvents(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, storm{seed: 100 + seed, acts: 600, lost: 0.05, local: true})
			w.run()
			before := judge(t, w.site, w.originals, w.empty, stormConfig)
			night := w.night()
			after := judge(t, w.site, w.originals, w.empty, stormConfig)
			t.Logf("%v; missing/ghost/stale before the night: %v, after it: %v", w, before, after)
			if before[partPages].count() == 0 || len(night.Pending) == 0 {
				t.Errorf("before the night the pages were %v, and it found %q: nothing was lost", before[partPages], night.Pending)
			}
			after.tell(t)
		})
	}
}

// TestStormFindsMistakes wants a storm to bring to light what others got wrong before us.
func TestStormFindsMistakes(t *testing.T) {
	mistakes := map[string]storm{
		"messages are deleted before the work is done": {hasty: true},
		"a deletion is not told of":                    {mistake: forgetsDeletions},
		"a key is developed once":                      {mistake: developsOnce},
	}
	for name, s := range mistakes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s.acts, s.local = 300, true
			// One storm may end with an event that lets everything be looked at, which heals what went wrong.
			for found := false; !found; s.seed++ {
				if s.seed == 20 {
					t.Fatal("no storm found it")
				}
				w := newWorld(t, s)
				w.run()
				v := judge(t, w.site, w.originals, w.empty, stormConfig)
				t.Logf("seed %d: missing/ghost/stale: %v", s.seed, v)
				v[partRenditions].ghost = nil
				found = v.wrong() > 0
			}
		})
	}
}

// mistaken is a generator whose developer gets something wrong.
type mistaken struct {
	*generator.Generator
	develop developer
}

type developer func(ctx context.Context, g *generator.Generator, key string) (generator.Changes, error)

func (m mistaken) Develop(ctx context.Context, key string) (generator.Changes, error) {
	return m.develop(ctx, m.Generator, key)
}

// forgetsDeletions does not tell of files that are gone.
func forgetsDeletions(w *world) developer {
	return func(ctx context.Context, g *generator.Generator, key string) (generator.Changes, error) {
		c, err := g.Develop(ctx, key)
		if _, _, gone := storage.Read(ctx, w.originals, key); errors.Is(gone, fs.ErrNotExist) {
			return generator.Changes{}, err
		}
		return c, err
	}
}

// developsOnce believes that what it has developed stays as it is.
func developsOnce(*world) developer {
	var done sync.Map
	return func(ctx context.Context, g *generator.Generator, key string) (generator.Changes, error) {
		if _, ok := done.Load(key); ok {
			return generator.Changes{}, nil
		}
		c, err := g.Develop(ctx, key)
		if err == nil {
			done.Store(key, true)
		}
		return c, err
	}
}
