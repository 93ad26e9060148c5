package shortlink

import (
	"context"
	"errors"
	"sync"
	"time"
)

// errClosed is what a call gets after the resolver was closed.
var errClosed = errors.New("the resolver is closed")

// coalescer gathers the calls that arrive while a batch is on its way into the next one, so that the store sees few large requests when
// there is much to do and a lone caller waits for nobody. The queue is bounded: beyond it callers wait until their context ends.
type coalescer[Q, A any] struct {
	run     func(ctx context.Context, qs []Q) ([]A, error) // answers in the order of qs
	timeout time.Duration                                  // of one run
	most    int                                            // calls in a batch
	queue   chan *coalesced[Q, A]
	quit    chan struct{}
	workers sync.WaitGroup
}

type coalesced[Q, A any] struct {
	q    Q
	a    A
	err  error
	done chan struct{}
}

// newCoalescer starts workers batches at a time; stop ends them.
func newCoalescer[Q, A any](workers, most int, timeout time.Duration, run func(context.Context, []Q) ([]A, error)) *coalescer[Q, A] {
	c := &coalescer[Q, A]{run: run, timeout: timeout, most: most, queue: make(chan *coalesced[Q, A], 4*most), quit: make(chan struct{})}
	for range workers {
		c.workers.Add(1)
		go c.work()
	}
	return c
}

func (c *coalescer[Q, A]) ask(ctx context.Context, q Q) (a A, err error) {
	call := &coalesced[Q, A]{q: q, done: make(chan struct{})}
	select {
	case c.queue <- call:
	case <-ctx.Done():
		return a, ctx.Err()
	case <-c.quit:
		return a, errClosed
	}
	select {
	case <-call.done:
		return call.a, call.err
	case <-c.quit: // the workers serve what is queued before they go
		c.workers.Wait()
		select {
		case <-call.done:
			return call.a, call.err
		default:
			return a, errClosed
		}
	}
}

func (c *coalescer[Q, A]) work() {
	defer c.workers.Done()
	calls := make([]*coalesced[Q, A], 0, c.most)
	qs := make([]Q, 0, c.most)
	for {
		calls, qs = calls[:0], qs[:0]
		select {
		case call := <-c.queue:
			calls = append(calls, call)
		case <-c.quit:
			select {
			case call := <-c.queue:
				calls = append(calls, call)
			default:
				return
			}
		}
	gather:
		for len(calls) < c.most {
			select {
			case call := <-c.queue:
				calls = append(calls, call)
			default:
				break gather
			}
		}
		for _, call := range calls {
			qs = append(qs, call.q)
		}
		ctx, cancel := context.WithTimeout(context.Background(), c.timeout)
		as, err := c.run(ctx, qs)
		cancel()
		for i, call := range calls {
			if call.err = err; err == nil {
				call.a = as[i]
			}
			close(call.done)
		}
		clear(calls)
		clear(qs)
	}
}

// stop serves what is queued and waits for the workers.
func (c *coalescer[Q, A]) stop() {
	close(c.quit)
	c.workers.Wait()
}
