package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"shoebox/generator"
	"shoebox/internal/aws"
	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// leaseTime is how long a lease lasts that is not renewed: so long nothing is published when a publisher is killed.
const leaseTime = time.Minute

// backoff is how long messages wait that could not be published: what was wrong may pass, and ten attempts are all there are.
const backoff = time.Minute

// maxMessages bounds what is published at once: the messages of a run that takes too long come again.
const maxMessages = 1000

// A publishEvent is what the publish function is called with.
type publishEvent struct {
	// Reconcile asks to compare all of data/ with what is remembered of it; the schedule does each night.
	Reconcile bool `json:"reconcile"`
	// Rung says that there is a message. Otherwise it is the schedule that calls, every few minutes, and the queue is asked first
	// whether there is anything to take the lease for: that is about right, and costs nothing.
	Rung bool `json:"rung"`
}

// publish publishes what the messages of the publish queue tell of, until there are none. It may be called at any time, any
// number of times at once: one of them works, and the others leave it to that one.
//
// While config.toml is wrong nothing is published, and the messages wait: pages made by the defaults would be other pages.
func (f *function) publish(ctx context.Context, event publishEvent) error {
	done := f.measure()
	rounds, err := f.publishAll(ctx, event)
	if err != nil {
		f.log.Error("not published", "error", err.Error())
	}
	done("publish", "runs", rounds)
	return err
}

func (f *function) publishAll(ctx context.Context, event publishEvent) (rounds int, err error) {
	stop, end := deadlines(ctx)
	ctx, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	if !event.Reconcile && !event.Rung {
		if waiting, _, err := f.publishQueue.Depth(ctx); err != nil || waiting == 0 {
			return 0, err
		}
	}
	var messages []aws.Message // received, and not yet published
	for {
		lease, err := f.acquire(ctx, stop, event.Reconcile)
		if errors.Is(err, storage.ErrLeased) && !event.Reconcile {
			f.log.Info("left to another", "why", err.Error())
			return rounds, f.publishQueue.PutBack(ctx, messages, 0)
		}
		if err != nil {
			return rounds, errors.Join(err, f.giveBack(ctx, err, messages))
		}
		n, err := f.publishLeased(ctx, lease, stop, event.Reconcile, messages)
		rounds += n
		if err := errors.Join(err, lease.Release(context.WithoutCancel(ctx))); err != nil {
			return rounds, err
		}
		event.Reconcile = false
		if !time.Now().Before(stop) {
			return rounds, nil // the schedule finds what is left
		}
		// Whoever was called while we held the lease has left it to us: look once more, and this time at all of the queue.
		if messages, err = f.publishQueue.Receive(ctx, time.Second); err != nil || len(messages) == 0 {
			return rounds, err
		}
	}
}

// acquire takes the lease, and waits for it when it must.
func (f *function) acquire(ctx context.Context, stop time.Time, wait bool) (*storage.Lease, error) {
	for {
		lease, err := storage.Acquire(ctx, f.site, gallery.LeaseKey, leaseTime)
		if !errors.Is(err, storage.ErrLeased) || !wait || !time.Now().Before(stop) {
			return lease, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(2 * time.Second):
		}
	}
}

// publishLeased does the work of one who holds the lease: first all that a reconcile finds, if asked for, then what the messages
// that were received and those still in the queue tell of. It returns how many runs of the generator that took.
func (f *function) publishLeased(ctx context.Context, lease *storage.Lease, stop time.Time, reconcile bool, messages []aws.Message) (rounds int, err error) {
	defer func() { err = errors.Join(err, f.giveBack(ctx, err, messages)) }()
	ctx, cancel := context.WithCancelCause(ctx)
	renewed := f.keep(ctx, lease, cancel)
	defer func() {
		cancel(nil)
		<-renewed
	}()
	// The configuration comes first: while it is wrong no message is received, since one that is so too often is given up.
	g, err := f.strict(ctx)
	if err != nil {
		return 0, err
	}
	if reconcile {
		rounds++
		report, err := g.Reconcile(ctx)
		if err := f.finish(ctx, "reconciled", report, err); err != nil {
			return rounds, err
		}
	}
	for time.Now().Before(stop) {
		if messages, err = f.receive(ctx, messages); err != nil || len(messages) == 0 {
			return rounds, err
		}
		rounds++
		report, err := g.Publish(ctx, f.changes(messages))
		if err := f.finish(ctx, "published", report, err); err != nil {
			return rounds, err
		}
		if err := f.publishQueue.Delete(ctx, messages); err != nil {
			return rounds, err
		}
		messages = nil
		if g, err = f.strict(ctx); err != nil { // what comes next may be that it has changed
			return rounds, err
		}
	}
	return rounds, nil
}

// giveBack makes messages come again before long that an error, if there is one, kept from being published.
func (f *function) giveBack(ctx context.Context, err error, messages []aws.Message) error {
	if err == nil || len(messages) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), handOver)
	defer cancel()
	return f.publishQueue.PutBack(ctx, messages, backoff)
}

// keep renews the lease until the context ends, and ends it when that fails. The channel is closed when it has stopped.
func (f *function) keep(ctx context.Context, lease *storage.Lease, cancel context.CancelCauseFunc) <-chan struct{} {
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(leaseTime / 3):
			}
			if err := lease.Renew(ctx, leaseTime); err != nil && ctx.Err() == nil {
				if errors.Is(err, storage.ErrLeaseLost) || time.Until(lease.Until()) < leaseTime/3 {
					cancel(err)
					return
				}
			}
		}
	}()
	return stopped
}

// receive adds what is in the queue to some messages.
func (f *function) receive(ctx context.Context, messages []aws.Message) ([]aws.Message, error) {
	for len(messages) < maxMessages {
		some, err := f.publishQueue.Receive(ctx, 0)
		if err != nil || len(some) == 0 {
			return messages, err
		}
		messages = append(messages, some...)
	}
	return messages, nil
}

// changes is all that some messages tell of. One that came before may have ended the run that received it halfway. One that is
// damaged says that there was something, so everything is looked at.
func (f *function) changes(messages []aws.Message) generator.Changes {
	var all generator.Changes
	for _, m := range messages {
		var c generator.Changes
		if err := json.Unmarshal([]byte(m.Body), &c); err != nil {
			f.log.Error("not understood, so everything is looked at", "error", err.Error())
			c = generator.Changes{Everything: true}
		}
		c.Suspect = c.Suspect || m.Received > 1
		all = union(all, c)
	}
	return all
}

// finish logs what a run did, and has developed what it found to be missing.
func (f *function) finish(ctx context.Context, did string, r generator.Report, err error) error {
	for _, failure := range r.Failed {
		f.log.Warn("not shown as it should be", "key", failure.Key, "reason", failure.Reason)
	}
	if err != nil {
		if cause := context.Cause(ctx); cause != nil && ctx.Err() != nil {
			err = fmt.Errorf("%w: %w", cause, err)
		}
		// What is to be developed is known before anything is published, and need not wait for that.
		soon, cancel := context.WithTimeout(context.WithoutCancel(ctx), handOver)
		defer cancel()
		return errors.Join(err, f.request(soon, r.Pending))
	}
	f.log.Info(did, "albums", r.Published, "written", r.Written, "deleted", r.Deleted, "failed", len(r.Failed), "pending", len(r.Pending))
	return f.request(ctx, r.Pending)
}

// request has keys developed.
func (f *function) request(ctx context.Context, keys []string) error {
	bodies := make([]string, 0, len(keys))
	for _, key := range keys { // one each, so that one that can't be developed is given up alone
		body, err := json.Marshal(map[string][]string{"keys": {key}})
		if err != nil {
			return err
		}
		bodies = append(bodies, string(body))
	}
	return f.developQueue.SendAll(ctx, bodies)
}
