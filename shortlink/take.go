package shortlink

import (
	"context"
	"sync"
)

// takeAsk is an individual link to be taken, with what its fact needs.
type takeAsk struct {
	Take
	entry *Entry
}

// takenMark says up to which row of its own resolutions the node has put the facts into its journal, and where the last of them lies. When the
// applier has passed that place, the facts are known to be durable and the row is stored as NodeState.Journaled.
type takenMark struct {
	mu       sync.Mutex
	row      int64
	position Position
	dirty    bool // a batch may be committed without its facts in the journal
}

// takeTries is how often a batch is asked for before its callers are told that it cannot be.
const takeTries = 3

// takeOnes resolves a batch of individual links. The guarantee, in this order: the rows are committed → their facts are handed to the
// journal → the callers are told. A crash between the first two is healed by rewrite, which finds the rows above the mark. Batches run
// one at a time, so rows and facts keep one order.
func (r *Resolver) takeOnes(ctx context.Context, asks []takeAsk) ([]Taken, error) {
	r.taken.mu.Lock()
	defer r.taken.mu.Unlock()
	if r.taken.dirty {
		if err := r.rewriteLocked(ctx); err != nil {
			return nil, err
		}
	}
	takes := make([]Take, len(asks))
	for i := range asks {
		takes[i] = asks[i].Take
	}
	var (
		got []Taken
		err error
	)
	// An error may hide a commit. Asking again with the same ids tells: a take that was committed answers with its own id.
	for range takeTries {
		if got, err = r.o.Store.TakeOnes(ctx, r.o.Node, takes); err == nil || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		r.taken.dirty = true
		return nil, err
	}
	var a Attempt
	row := r.taken.row
	for i := range asks {
		if got[i].Row == 0 || got[i].ResolveID != takes[i].ResolveID {
			continue
		}
		if err := r.journalTake(&a, asks[i].entry, &takes[i]); err != nil {
			// The store has it: the caller may be told, and the fact is written when the journal works again.
			r.failed("journal a resolution", err)
			r.taken.dirty = true
			continue
		}
		row = max(row, got[i].Row)
	}
	if !r.taken.dirty { // rows of a batch stand in any order: all or none
		r.taken.row = row
	}
	return got, nil
}

// journalTake writes the fact of a resolution of an individual link.
func (r *Resolver) journalTake(a *Attempt, e *Entry, t *Take) error {
	a.Reset()
	a.batch = e.batch.Value()
	a.Visitor = e.visitor
	a.Vendor = vendorOf(t.Vendor)
	a.Model = []byte(t.Model)
	copy(a.ID[:], t.ResolveID)
	if copy(a.ref[:], t.DeviceRef) > 0 {
		a.Device = a.ref[:] // any: told
	}
	a.record(e, r.o.Node, Resolved, 1, t.At)
	p, err := r.o.Journal.Add(a.buf)
	if err == nil {
		r.taken.position = p
	}
	return err
}

// rewriteBatch is how many rows rewrite reads at once.
const rewriteBatch = 1000

// rewrite writes the facts of individual resolutions above the mark again. Consumers know facts by id, so one that is in the journal twice
// counts once.
func (r *Resolver) rewrite(ctx context.Context) error {
	r.taken.mu.Lock()
	defer r.taken.mu.Unlock()
	return r.rewriteLocked(ctx)
}

func (r *Resolver) rewriteLocked(ctx context.Context) error {
	var a Attempt
	for {
		list, err := r.o.Store.TakenSince(ctx, r.o.Node, r.taken.row, rewriteBatch)
		if err != nil {
			return err
		}
		for i := range list {
			t := &list[i]
			e, _ := newEntry(&t.Link, nil, nil)
			if err := r.journalTake(&a, e, &t.Take); err != nil {
				return err
			}
			r.taken.row = t.Row
		}
		if len(list) < rewriteBatch {
			r.taken.dirty = false
			return nil
		}
	}
}

// mark gives the row and the place of its fact.
func (m *takenMark) mark() (row int64, p Position) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.row, m.position
}

func vendorOf(name string) int {
	for i := range 6 {
		if vendorName(i) == name {
			return i
		}
	}
	return -1
}
