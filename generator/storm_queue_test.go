package generator_test

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// A queue delivers each message at least once, in no order, as Amazon SQS does: what was received is hidden until it is deleted, or
// given back; now and then it is delivered to a second receiver all the same.
type queue[T any] struct {
	mu       sync.Mutex // guards what follows
	random   *rand.Rand
	messages []*message[T]
	most     int // how often a message was received at most
}

type message[T any] struct {
	body     T
	due      time.Time // not delivered before
	hidden   bool
	deleted  bool
	received int
}

// twice is the share of deliveries after which the message is not hidden.
const twice = 0.03

func newQueue[T any](seed uint64) *queue[T] {
	return &queue[T]{random: rand.New(rand.NewPCG(seed, 1))}
}

// send stores a message that is delivered after some time at most.
func (q *queue[T]) send(body T, within time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.messages = append(q.messages, &message[T]{body: body, due: q.soon(within)})
}

func (q *queue[T]) soon(within time.Duration) time.Time {
	return time.Now().Add(time.Duration(q.random.Float64() * float64(within)))
}

// A delivery is a message as one receiver has it.
type delivery[T any] struct {
	*message[T]
	body T
	nth  int // how often it was received by then, this time included
}

// receive returns up to ten messages at random.
func (q *queue[T]) receive() []delivery[T] {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	var got []delivery[T]
	for _, i := range q.random.Perm(len(q.messages)) {
		m := q.messages[i]
		if m.hidden || m.due.After(now) {
			continue
		}
		m.received++
		m.hidden = q.random.Float64() >= twice
		q.most = max(q.most, m.received)
		if got = append(got, delivery[T]{m, m.body, m.received}); len(got) == 10 {
			break
		}
	}
	return got
}

// done deletes what was received.
func (q *queue[T]) done(got []delivery[T]) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, d := range got {
		d.deleted = true
	}
	q.messages = slices.DeleteFunc(q.messages, func(m *message[T]) bool { return m.deleted })
}

// giveBack is what happens to the messages of a receiver that died: they are delivered again.
func (q *queue[T]) giveBack(got []delivery[T]) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, d := range got {
		d.hidden, d.due = false, q.soon(50*time.Millisecond)
	}
}

// left is how many messages are not deleted.
func (q *queue[T]) left() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.messages)
}
