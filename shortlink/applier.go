package shortlink

import (
	"bytes"
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"cardlink/event"
	"cardlink/event/journal"
)

// Pace of the applier: a batch goes to the store as soon as there is one, at most applyBatch records at once and not more often than applyEvery,
// so details are behind by about that much; during a rush of visitors by more (journal.Yield).
const (
	applyBatch = 2048
	applyEvery = 50 * time.Millisecond
	applyRetry = time.Second // after a failure
)

// applier follows the node's journal and puts into the store what lists show and quota needs: resolutions of group links and refused
// attempts. It needs no Kafka. The position is stored in the transaction of the rows it follows from.
type applier struct {
	store   EdgeStore
	journal Journal
	node    string
	log     *slog.Logger
	taken   *takenMark

	state NodeState     // as stored; touched by one goroutine at a time
	at    atomic.Uint64 // state.Position for others

	// The mark that waits to be passed.
	row   int64
	place Position

	solved, refused []Attempted
	applied         int // records read so far
}

func newApplier(s EdgeStore, j Journal, node string, log *slog.Logger, taken *takenMark) *applier {
	return &applier{store: s, journal: j, node: node, log: log, taken: taken}
}

func (a *applier) position() Position { return Position(a.at.Load()) }

// open reads the stored position and applies the journal from there to its end. If the journal does not continue what the store knows (it was
// replaced, or truncated before it was applied), the node's leases are forfeited: nobody can tell which of their ordinals were used.
func (a *applier) open(ctx context.Context) (err error) {
	if a.state, err = a.store.NodeState(ctx, a.node); err != nil {
		return err
	}
	a.row = a.state.Journaled
	if p := a.state.Position; p < a.journal.First() || p > a.journal.Durable() {
		if p != 0 { // before the position moves: a crash in between must not make the loss look healed
			a.log.Error("the node's journal is not the one it had: facts may be lost, leased quota is forfeited", "node", a.node)
			if err := a.store.ForfeitNode(ctx, a.node); err != nil {
				return err
			}
		}
		a.state.Position = a.journal.First()
		// Stored at once, so that a journal that vanishes before its first record is applied is missed.
		if err := a.store.Apply(ctx, a.node, a.state, nil, nil); err != nil {
			return err
		}
	}
	a.at.Store(uint64(a.state.Position))
	return a.drain(ctx)
}

// drain applies everything that is durable now.
func (a *applier) drain(ctx context.Context) error {
	for {
		more, err := a.step(ctx)
		if err != nil || !more {
			return err
		}
	}
}

// run applies what comes until ctx ends.
func (a *applier) run(ctx context.Context) {
	pause := time.NewTimer(time.Nanosecond) // not 0: the race detector of Go 1.26 crashes on timers that are due when they are made, in testing/synctest
	defer pause.Stop()
	var yield journal.Yield
	for {
		select {
		case <-pause.C:
		case <-ctx.Done():
			return
		}
		wait := applyEvery
		before := a.applied
		more, err := a.step(ctx)
		if rest := yield.Rest(a.journal.Durable(), a.state.Position, a.applied-before, time.Now()); more && err == nil {
			pause.Reset(max(rest, time.Nanosecond)) // as above
			continue
		}
		if err != nil && ctx.Err() == nil {
			a.log.Warn("resolutions could not be applied to the store; they wait in the journal", "error", err)
			wait = applyRetry
		}
		if err := a.journal.Wait(ctx, a.state.Position); err != nil && ctx.Err() == nil {
			wait = applyRetry // the journal failed; it will say so to those who write
		}
		pause.Reset(wait)
	}
}

// step applies one batch. more reports that there may be another.
func (a *applier) step(ctx context.Context) (more bool, err error) {
	next, n := a.state.Position, 0
	a.solved, a.refused = a.solved[:0], a.refused[:0]
	err = a.journal.Read(next, applyBatch, func(_, after Position, rec []byte) error {
		next = after
		n++
		return a.collect(rec)
	})
	if err != nil {
		return false, err
	}
	s := NodeState{Position: next, Journaled: a.state.Journaled}
	if next > a.place && a.row > s.Journaled {
		s.Journaled = a.row
	}
	if s == a.state {
		a.row, a.place = a.taken.mark()
		return false, nil
	}
	call, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := a.store.Apply(call, a.node, s, a.solved, a.refused); err != nil {
		return false, err
	}
	a.applied += n
	a.state = s
	a.at.Store(uint64(s.Position))
	a.row, a.place = a.taken.mark()
	return n == applyBatch, nil
}

// Marks of our own encoding (event.AppendFrame). A quote inside a value is escaped, so these bytes are members and nothing else.
var (
	markSuccess    = []byte(`"result":"success"`)
	markIndividual = []byte(`"aim_code_type":"individual"`)
	markRepeat     = []byte(`"repeat":true`)
)

// collect sorts one record of the journal. Clicks, repeats and individual successes (the store has those already) pass unread.
func (a *applier) collect(rec []byte) error {
	r, err := event.ParseRecord(rec)
	if err != nil {
		a.log.Error("a record of the journal is not a fact; passed over", "error", err)
		return nil
	}
	if r.Topic != event.TopicParse || bytes.Contains(r.Value, markRepeat) ||
		(bytes.Contains(r.Value, markSuccess) && bytes.Contains(r.Value, markIndividual)) {
		return nil
	}
	d, err := event.ReadParseResult(r.Value)
	if err != nil {
		a.log.Error("a fact of the journal cannot be read; passed over", "error", err)
		return nil
	}
	at := Attempted{LinkID: d.LinkID, Ordinal: d.Ordinal, ResolveID: d.ResolveID, Vendor: d.Vendor, Model: d.Model, DeviceRef: d.DeviceRef, At: d.ParsedAt}
	if d.Result == event.ResultSuccess {
		a.solved = append(a.solved, at)
	} else {
		at.Ordinal, at.Reason = 0, d.Reason
		a.refused = append(a.refused, at)
	}
	return nil
}

var _ Journal = (*journal.Journal)(nil)
