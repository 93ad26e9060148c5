package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
)

// errClosed is what a write gets after Close began.
var errClosed = errors.New("store is closed")

// groupLimit bounds how many callers share one commit; more wait for the next one.
const groupLimit = 256

// groupWriter lets concurrent callers share one fsync. Callers queue (bounded: a full queue makes the caller wait, bounded by its
// context); one goroutine takes all that wait, runs each in a savepoint of one transaction, commits, and only then tells them.
//
// Guarantee, in this order: a caller's statements ran without error in its own savepoint → the commit that holds them returned →
// the caller is told. A caller whose statements fail is rolled back to its savepoint alone and told its error after the commit too, so
// that an error never means "maybe". If the shared commit fails, every caller of the group gets the error and nothing is kept.
type groupWriter struct {
	db    *sql.DB
	queue chan *groupCall
	quit  chan struct{} // closed by close: take no more
	gone  chan struct{} // closed when run has returned
	once  sync.Once
}

type groupCall struct {
	ctx  context.Context
	fn   func(context.Context, *sql.Tx) error
	err  error
	done chan struct{}
}

func newGroupWriter(db *sql.DB) *groupWriter {
	w := &groupWriter{
		db: db, queue: make(chan *groupCall, 4*groupLimit),
		quit: make(chan struct{}), gone: make(chan struct{}),
	}
	go w.run()
	return w
}

// do queues fn and waits for the verdict. Once queued the caller waits even if its context ends: "unknown" would be a third answer.
func (w *groupWriter) do(ctx context.Context, fn func(context.Context, *sql.Tx) error) error {
	call := &groupCall{ctx: ctx, fn: fn, done: make(chan struct{})}
	select {
	case <-w.quit:
		return errClosed
	default:
	}
	select {
	case w.queue <- call:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.quit:
		return errClosed
	}
	select {
	case <-call.done:
	case <-w.gone:
		select { // run may have served the call just before it returned
		case <-call.done:
		default:
			return errClosed
		}
	}
	return call.err
}

// close stops taking calls, serves those that are queued and waits for the goroutine.
func (w *groupWriter) close() {
	w.once.Do(func() { close(w.quit) })
	<-w.gone
}

func (w *groupWriter) run() {
	defer close(w.gone)
	group := make([]*groupCall, 0, groupLimit)
	for quitting := false; ; {
		group = group[:0]
		if quitting {
			select {
			case c := <-w.queue:
				group = append(group, c)
			default:
				return
			}
		} else {
			select {
			case c := <-w.queue:
				group = append(group, c)
			case <-w.quit:
				quitting = true
				continue
			}
		}
	fill:
		for len(group) < groupLimit {
			select {
			case c := <-w.queue:
				group = append(group, c)
			default:
				break fill
			}
		}
		w.commit(group)
		for _, c := range group {
			close(c.done)
		}
	}
}

// commit runs the group in one transaction and leaves each call's verdict in err.
func (w *groupWriter) commit(group []*groupCall) {
	// The group must not die with one caller's context, so the transaction has none; the statements are local and short.
	ctx := context.Background()
	fail := func(err error) {
		for _, c := range group {
			if c.err == nil {
				c.err = err
			}
		}
	}
	tx, err := w.db.BeginTx(ctx, nil)
	if err != nil {
		fail(fmt.Errorf("begin: %w", err))
		return
	}
	kept := 0
	for _, c := range group {
		if c.err = c.ctx.Err(); c.err != nil {
			continue
		}
		if len(group) > 1 {
			if _, err := tx.ExecContext(ctx, "SAVEPOINT call"); err != nil {
				fail(errors.Join(fmt.Errorf("savepoint: %w", err), ignoreTxDone(tx.Rollback())))
				return
			}
		}
		c.err = runCall(context.WithoutCancel(c.ctx), c.fn, tx)
		if c.err == nil {
			kept++
		}
		if len(group) > 1 {
			end := "RELEASE call"
			if c.err != nil {
				end = "ROLLBACK TO call; RELEASE call"
			}
			if _, err := tx.ExecContext(ctx, end); err != nil {
				fail(errors.Join(fmt.Errorf("savepoint: %w", err), ignoreTxDone(tx.Rollback())))
				return
			}
		}
	}
	if kept == 0 {
		if err := tx.Rollback(); err != nil {
			fail(fmt.Errorf("rollback: %w", err))
		}
		return
	}
	if err := tx.Commit(); err != nil {
		fail(fmt.Errorf("commit: %w", err))
	}
}

// runCall turns a panic of one caller into that caller's error, so that the group and the process live on.
func runCall(ctx context.Context, fn func(context.Context, *sql.Tx) error, tx *sql.Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a write: %v", p)
		}
	}()
	return fn(ctx, tx)
}
