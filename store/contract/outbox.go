package contract

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"cardlink/event"
	"cardlink/event/relay"
)

// OutboxStore is the outbox with its writing side, which is otherwise hidden in the methods that make facts true.
type OutboxStore interface {
	relay.Store
	// Append commits facts in one transaction, or leaves nothing and returns an error.
	Append(ctx context.Context, records []event.Record) error
}

// Outbox is what the relay relies on. Each check needs a store with an empty outbox.
var Outbox = []struct {
	Name  string
	Check func(context.Context, OutboxStore) error
}{
	{"an empty outbox gives nothing", func(ctx context.Context, s OutboxStore) error {
		ids, recs, err := s.OutboxBatch(ctx, 10)
		if err != nil || len(ids) != 0 || len(recs) != 0 {
			return fmt.Errorf("%v, %v, %w", ids, recs, err)
		}
		return errors.Join(outboxDepth(ctx, s, 0), s.ForgetOutbox(ctx, nil))
	}},
	{"rows come back as they were written, oldest first", func(ctx context.Context, s OutboxStore) error {
		want := outboxRecords(25)
		want[3].Value = []byte(`{"text":"您好 \"quoted\" \\ 😀"}`)
		for part := range slices.Chunk(want, 7) {
			if err := s.Append(ctx, part); err != nil {
				return err
			}
		}
		if err := outboxDepth(ctx, s, 25); err != nil {
			return err
		}
		ids, recs, err := s.OutboxBatch(ctx, 100)
		if err != nil || len(ids) != 25 {
			return fmt.Errorf("%d rows, %w", len(ids), err)
		}
		if !slices.IsSorted(ids) {
			return fmt.Errorf("ids %v are not in order", ids)
		}
		return sameOutbox(recs, want)
	}},
	{"a batch is bounded and is the oldest part", func(ctx context.Context, s OutboxStore) error {
		want := outboxRecords(10)
		if err := s.Append(ctx, want); err != nil {
			return err
		}
		_, recs, err := s.OutboxBatch(ctx, 4)
		return errors.Join(err, sameOutbox(recs, want[:4]))
	}},
	{"forgetting takes exactly the rows named, once or twice", func(ctx context.Context, s OutboxStore) error {
		want := outboxRecords(10)
		if err := s.Append(ctx, want); err != nil {
			return err
		}
		ids, _, err := s.OutboxBatch(ctx, 10)
		if err != nil {
			return err
		}
		gone := []int64{ids[1], ids[2], ids[9]}
		for range 2 {
			if err := s.ForgetOutbox(ctx, gone); err != nil {
				return err
			}
		}
		_, recs, err := s.OutboxBatch(ctx, 10)
		return errors.Join(err, sameOutbox(recs, append(slices.Clone(want[:1]), want[3:9]...)))
	}},
	{"ids are never used again, so forgetting late hurts nobody", func(ctx context.Context, s OutboxStore) error {
		if err := s.Append(ctx, outboxRecords(3)); err != nil {
			return err
		}
		old, _, err := s.OutboxBatch(ctx, 3)
		if err != nil {
			return err
		}
		if err := s.ForgetOutbox(ctx, old); err != nil {
			return err
		}
		if err := s.Append(ctx, outboxRecords(3)); err != nil {
			return err
		}
		if err := s.ForgetOutbox(ctx, old); err != nil {
			return err
		}
		return outboxDepth(ctx, s, 3)
	}},
	{"a fact too large for Kafka fails its transaction", func(ctx context.Context, s OutboxStore) error {
		rs := outboxRecords(2)
		rs[1].Value = []byte(strings.Repeat("x", 1<<20))
		if err := s.Append(ctx, rs); err == nil {
			return errors.New("accepted")
		}
		return outboxDepth(ctx, s, 0)
	}},
	{"rows written side by side are all there", func(ctx context.Context, s OutboxStore) error {
		var wg sync.WaitGroup
		errs := make([]error, 20)
		for i := range errs {
			wg.Go(func() { errs[i] = s.Append(ctx, outboxRecords(5)) })
		}
		wg.Wait()
		return errors.Join(errors.Join(errs...), outboxDepth(ctx, s, 100))
	}},
	{"the lease has one holder, who can give it back", func(ctx context.Context, s OutboxStore) error {
		now := time.UnixMilli(1_700_000_000_000)
		for _, step := range []struct {
			who  string
			at   time.Duration
			ttl  time.Duration
			want bool
		}{
			{"a", 0, 10 * time.Second, true},
			{"b", time.Second, 10 * time.Second, false},
			{"a", 2 * time.Second, -time.Millisecond, true}, // given back
			{"b", 2 * time.Second, 10 * time.Second, true},
		} {
			held, err := s.Hold(ctx, "contract-lease", step.who, now.Add(step.at), step.ttl)
			if err != nil || held != step.want {
				return fmt.Errorf("%s at %v: %v, %w; want %v", step.who, step.at, held, err, step.want)
			}
		}
		return nil
	}},
}

func outboxRecords(n int) []event.Record {
	rs := make([]event.Record, n)
	for i := range rs {
		rs[i] = event.Record{Topic: event.TopicSend, Key: fmt.Appendf(nil, "k%d", i%3), Value: fmt.Appendf(nil, `{"n":%d}`, i)}
	}
	return rs
}

func outboxDepth(ctx context.Context, s OutboxStore, want int64) error {
	if n, err := s.OutboxDepth(ctx); err != nil || n != want {
		return fmt.Errorf("depth %d, %w; want %d", n, err, want)
	}
	return nil
}

func sameOutbox(got, want []event.Record) error {
	if len(got) != len(want) {
		return fmt.Errorf("%d rows, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i].Topic != want[i].Topic || string(got[i].Key) != string(want[i].Key) || string(got[i].Value) != string(want[i].Value) {
			return fmt.Errorf("row %d is %s %q %q, want %s %q %q", i, got[i].Topic, got[i].Key, got[i].Value, want[i].Topic, want[i].Key, want[i].Value)
		}
	}
	return nil
}
