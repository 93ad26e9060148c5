package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// lifecycle owns what was started: named stops, unwound newest first, and the goroutines that a stop waits for.
type lifecycle struct {
	mu      sync.Mutex
	stops   []namedStop
	failed  chan error // the first background task that ended with an error
	failure sync.Once
}

type namedStop struct {
	name string
	stop func(context.Context) error
}

func newLifecycle() *lifecycle { return &lifecycle{failed: make(chan error, 1)} }

// onStop pushes a step of the shutdown. It is called right after the thing it stops was opened.
func (l *lifecycle) onStop(name string, stop func(context.Context) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stops = append(l.stops, namedStop{name, stop})
}

// run starts a background task that works until its context ends; its stop cancels it and waits. A task that ends by itself with an
// error fails the whole App: a server with a dead role must not look alive.
func (l *lifecycle) run(name string, task func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		err := task(ctx)
		if ctx.Err() == nil {
			if err == nil {
				err = errors.New("ended by itself")
			}
			l.failure.Do(func() { l.failed <- fmt.Errorf("%s: %w", name, err) })
		}
		done <- err
	}()
	l.onStop(name, func(stopCtx context.Context) error {
		cancel()
		select {
		case err := <-done:
			if errors.Is(err, context.Canceled) {
				return nil
			}
			return err
		case <-stopCtx.Done():
			return stopCtx.Err()
		}
	})
}

// unwind runs the stops, newest first; one failing step does not skip the rest. The whole takes at most limit.
func (l *lifecycle) unwind(ctx context.Context, limit time.Duration) (err error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	l.mu.Lock()
	stops := l.stops
	l.stops = nil
	l.mu.Unlock()
	for _, s := range slices.Backward(stops) {
		if e := s.stop(ctx); e != nil {
			err = errors.Join(err, fmt.Errorf("stop %s: %w", s.name, e))
		}
	}
	return err
}
