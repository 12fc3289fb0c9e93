package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"golang.org/x/sync/errgroup"

	"shoebox/generator"
	"shoebox/internal/aws"
)

// maxReserve is the time before its end in which an invocation starts on no more keys; when it has less than four times that in
// all, it is a quarter. The largest originals take most of it.
const maxReserve = 30 * time.Second

// handOver is the time that is kept for telling the publish function what was done.
const handOver = 3 * time.Second

// keysPerMessage bounds the size of a message; SQS takes 256 KiB, and a key has up to 1 KiB.
const keysPerMessage = 100

// errNoTime says that a key is left for another invocation.
var errNoTime = errors.New("the time is up")

// A bell is a message of the develop queue.
type bell struct {
	id   string
	keys []string
	// received is how often it came. What came often may be what ended the process before, so it is done last.
	received int
}

// develop handles a batch of messages of the develop queue. A message whose keys could not all be developed comes again, and so
// does one for which there was no time. What was developed is told to the publish function; when that fails, all come again.
func (f *function) develop(ctx context.Context, event events.SQSEvent) (events.SQSEventResponse, error) {
	done := f.measure()
	var response events.SQSEventResponse
	again := func(id string) {
		response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: id})
	}
	g, err := f.lenient(ctx)
	if err != nil {
		f.log.Error("nothing developed", "error", err.Error())
		return response, err
	}
	var bells []bell
	for _, m := range event.Records {
		keys, err := aws.EventKeys(m.Body)
		if err != nil {
			f.log.Error("not understood", "message", m.MessageId, "error", err.Error())
			again(m.MessageId)
			continue
		}
		received, _ := strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
		bells = append(bells, bell{m.MessageId, keys, received})
	}
	slices.SortStableFunc(bells, func(a, b bell) int { return cmp.Compare(a.received, b.received) })

	changes, failed := f.developKeys(ctx, g, bells)
	if err := f.ring(ctx, changes); err != nil {
		f.log.Error("not told to publish, so all is handed back", "error", err.Error())
		return response, err
	}
	for _, b := range bells {
		if slices.ContainsFunc(b.keys, func(key string) bool { return failed[key] }) {
			again(b.id)
		}
	}
	done("develop", "messages", len(event.Records), "handed_back", len(response.BatchItemFailures))
	return response, nil
}

// developKeys develops each key that the bells name, once. It returns what to publish, and which keys could not be developed.
func (f *function) developKeys(ctx context.Context, g *generator.Generator, bells []bell) (generator.Changes, map[string]bool) {
	var mu sync.Mutex // guards what is returned
	var changes generator.Changes
	failed := map[string]bool{}
	stop, end := deadlines(ctx)
	ctx, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	var work errgroup.Group
	work.SetLimit(runtime.GOMAXPROCS(0))
	seen := map[string]bool{}
	for _, b := range bells {
		for _, key := range b.keys {
			if seen[key] {
				continue
			}
			seen[key] = true
			work.Go(func() error {
				start, err := time.Now(), errNoTime
				var c generator.Changes
				if start.Before(stop) {
					c, err = developOne(ctx, g, key)
				}
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					failed[key] = true
					f.log.Error("handed back", "key", key, "received", b.received, "error", err.Error())
					return nil
				}
				changes = union(changes, c)
				f.log.Info("looked at", "key", key, "received", b.received, "publish", said(c), "ms", time.Since(start).Milliseconds())
				return nil
			})
		}
	}
	_ = work.Wait() // none returns an error
	return changes, failed
}

// said reports whether there is anything to publish.
func said(c generator.Changes) bool { return len(c.Keys) > 0 || c.Everything }

// deadlines returns when to start on no more keys, and when to end those under way.
func deadlines(ctx context.Context) (stop, end time.Time) {
	now := time.Now()
	last, ok := ctx.Deadline()
	if !ok {
		last = now.Add(time.Hour)
	}
	left := last.Sub(now)
	return last.Add(-min(maxReserve, left/4)), last.Add(-min(handOver, left/8))
}

// developOne develops one key. A panic, which a hostile file may find a way to, is its error alone.
func developOne(ctx context.Context, g *generator.Generator, key string) (c generator.Changes, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v: %s", p, debug.Stack())
		}
	}()
	return g.Develop(ctx, key)
}

// union is all that either says has changed, its keys sorted.
func union(a, b generator.Changes) generator.Changes {
	keys := map[string]bool{}
	for _, key := range slices.Concat(a.Keys, b.Keys) {
		keys[key] = true
	}
	return generator.Changes{
		Keys: slices.Sorted(maps.Keys(keys)), Everything: a.Everything || b.Everything, Suspect: a.Suspect || b.Suspect,
	}
}

// ring tells the publish function what to publish: a message, which is not lost, and a call to look at once.
func (f *function) ring(ctx context.Context, c generator.Changes) error {
	if !said(c) {
		return nil
	}
	parts := []generator.Changes{c}
	if len(c.Keys) > keysPerMessage {
		parts = nil
		for keys := range slices.Chunk(c.Keys, keysPerMessage) {
			parts = append(parts, generator.Changes{Keys: keys, Everything: c.Everything, Suspect: c.Suspect})
		}
	}
	for _, part := range parts {
		body, err := json.Marshal(part)
		if err != nil {
			return err
		}
		if err := f.publishQueue.Send(ctx, string(body)); err != nil {
			return err
		}
	}
	return f.publishFunction.Start(ctx, `{"rung":true}`)
}
