// Package contract says, in running code, what event.Sink and event.Source promise together. Every transport runs it; it needs no testing
// package, so that an operator's check can range over it too.
package contract

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cardlink/event"
)

// Transport is a sink and the consumer groups behind it.
type Transport interface {
	event.Sink
	// NewTopic makes an empty topic nobody else uses.
	NewTopic(ctx context.Context, partitions int) (string, error)
	// Join adds a member to a group that reads one topic. Batches hold at most 100 deliveries.
	Join(group, topic string) (Member, error)
}

// Member is one consumer of a group. Close leaves the group at once.
type Member interface {
	event.Source
	Close() error
}

// Transports is the contract.
var Transports = []struct {
	Name  string
	Check func(context.Context, Transport) error
}{
	{"a group receives every record unchanged, a new group from the oldest on", delivers},
	{"records of one key arrive in the order written", keepsOrder},
	{"more than one batch at once is acknowledged and delivered", writesMany},
	{"a batch that was not committed is delivered again", repeats},
	{"what was committed is not delivered again after a restart", resumes},
	{"two members share the partitions and miss nothing", shares},
	{"the partitions of a member that leaves go to the others, with what it had not committed", inherits},
	{"fetch ends with its context", ends},
	{"a record to a topic that does not exist is refused", refuses},
}

func records(topic string, n int) []event.Record {
	rs := make([]event.Record, n)
	for i := range rs {
		rs[i] = event.Record{Topic: topic, Key: fmt.Appendf(nil, "key-%d", i%17), Value: fmt.Appendf(nil, `{"n":%d}`, i)}
	}
	return rs
}

// setUp writes n records to a new topic.
func setUp(ctx context.Context, t Transport, partitions, n int) (topic string, rs []event.Record, err error) {
	if topic, err = t.NewTopic(ctx, partitions); err != nil {
		return "", nil, err
	}
	rs = records(topic, n)
	return topic, rs, t.Write(ctx, rs)
}

// receive fetches until want different values came, committing each batch if commit is set.
func receive(ctx context.Context, s event.Source, want int, commit bool) (got []event.Delivery, err error) {
	seen := map[string]bool{}
	for len(seen) < want {
		batch, err := s.Fetch(ctx)
		if err != nil {
			return nil, fmt.Errorf("after %d of %d: %w", len(seen), want, err)
		}
		if len(batch) == 0 || len(batch) > 100 {
			return nil, fmt.Errorf("a batch of %d, want 1 to 100", len(batch))
		}
		for _, d := range batch {
			seen[string(d.Value)] = true
		}
		got = append(got, batch...)
		if commit {
			if err := s.Commit(ctx, batch); err != nil {
				return nil, err
			}
		}
	}
	return got, nil
}

func same(got []event.Delivery, want []event.Record) error {
	find := make(map[string]event.Record, len(want))
	for _, r := range want {
		find[string(r.Value)] = r
	}
	for _, d := range got {
		r, ok := find[string(d.Value)]
		if !ok || d.Topic != r.Topic || string(d.Key) != string(r.Key) {
			return fmt.Errorf("got %s %q %q, which nobody wrote so", d.Topic, d.Key, d.Value)
		}
	}
	return nil
}

func delivers(ctx context.Context, t Transport) (err error) {
	topic, rs, err := setUp(ctx, t, 3, 250)
	if err != nil {
		return err
	}
	for _, group := range []string{"first-" + topic, "second-" + topic} {
		m, err := t.Join(group, topic)
		if err != nil {
			return err
		}
		got, err := receive(ctx, m, len(rs), true)
		if err = errors.Join(err, same(got, rs), m.Close()); err != nil {
			return err
		}
		if len(got) != len(rs) {
			return fmt.Errorf("%d deliveries without any failure, want %d", len(got), len(rs))
		}
	}
	return nil
}

func keepsOrder(ctx context.Context, t Transport) error {
	topic, err := t.NewTopic(ctx, 4)
	if err != nil {
		return err
	}
	rs := records(topic, 400)
	for part := range slices.Chunk(rs, 37) {
		if err := t.Write(ctx, part); err != nil {
			return err
		}
	}
	m, err := t.Join("order-"+topic, topic)
	if err != nil {
		return err
	}
	got, err := receive(ctx, m, len(rs), true)
	if err = errors.Join(err, m.Close()); err != nil {
		return err
	}
	last := map[string]int{}
	offset := map[int]int64{}
	for _, d := range got {
		var n int
		if _, err := fmt.Sscanf(string(d.Value), `{"n":%d}`, &n); err != nil {
			return err
		}
		if before, ok := last[string(d.Key)]; ok && n <= before {
			return fmt.Errorf("%s: record %d after %d", d.Key, n, before)
		}
		if before, ok := offset[d.Partition]; ok && d.Offset <= before {
			return fmt.Errorf("partition %d: offset %d after %d", d.Partition, d.Offset, before)
		}
		last[string(d.Key)], offset[d.Partition] = n, d.Offset
	}
	if len(offset) < 2 {
		return fmt.Errorf("17 keys went to %d partitions of 4", len(offset))
	}
	return nil
}

func writesMany(ctx context.Context, t Transport) error {
	topic, rs, err := setUp(ctx, t, 2, 25_000)
	if err != nil {
		return err
	}
	m, err := t.Join("many-"+topic, topic)
	if err != nil {
		return err
	}
	got, err := receive(ctx, m, len(rs), false)
	return errors.Join(err, same(got, rs), m.Close())
}

func repeats(ctx context.Context, t Transport) error {
	topic, rs, err := setUp(ctx, t, 1, 60)
	if err != nil {
		return err
	}
	for range 2 { // the second member sees all that the first one saw
		m, err := t.Join("repeat-"+topic, topic)
		if err != nil {
			return err
		}
		got, err := receive(ctx, m, len(rs), false)
		if err = errors.Join(err, same(got, rs), m.Close()); err != nil {
			return err
		}
	}
	return nil
}

func resumes(ctx context.Context, t Transport) error {
	topic, rs, err := setUp(ctx, t, 1, 250)
	if err != nil {
		return err
	}
	m, err := t.Join("resume-"+topic, topic)
	if err != nil {
		return err
	}
	first, err := m.Fetch(ctx)
	if err == nil {
		err = m.Commit(ctx, first)
	}
	if err = errors.Join(err, m.Close()); err != nil {
		return err
	}
	if m, err = t.Join("resume-"+topic, topic); err != nil {
		return err
	}
	rest, err := receive(ctx, m, len(rs)-len(first), true)
	if err = errors.Join(err, m.Close()); err != nil {
		return err
	}
	if got, want := rest[0].Offset, first[len(first)-1].Offset+1; got != want {
		return fmt.Errorf("went on at offset %d, want %d", got, want)
	}
	return nil
}

// shares lets two members read while records keep coming, until together they have seen everything and each of them something.
func shares(ctx context.Context, t Transport) error {
	topic, err := t.NewTopic(ctx, 4)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type delivery struct {
		member int
		value  string
	}
	came, failed := make(chan delivery, 1000), make(chan error, 2)
	var members []Member
	for i := range 2 {
		m, err := t.Join("share-"+topic, topic)
		if err != nil {
			return err
		}
		members = append(members, m)
		go func() {
			for {
				batch, err := m.Fetch(ctx)
				if err == nil {
					for _, d := range batch {
						came <- delivery{i, string(d.Value)}
					}
					err = m.Commit(ctx, batch)
				}
				if err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	err = func() error {
		seen, by, wrote := map[string]bool{}, map[int]int{}, 0
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for len(by) < 2 || wrote < 500 || len(seen) < wrote {
			select {
			case d := <-came:
				seen[d.value] = true
				by[d.member]++
			case <-tick.C:
				if wrote >= 500 && len(by) == 2 {
					continue
				}
				rs := records(topic, wrote+10)[wrote:]
				if err := t.Write(ctx, rs); err != nil {
					return err
				}
				wrote += len(rs)
			case <-ctx.Done():
				return fmt.Errorf("seen %d of %d by %v: %w", len(seen), wrote, by, ctx.Err())
			}
		}
		return nil
	}()
	cancel()
	_, _ = <-failed, <-failed // they have ended; what cancel made of them is no failure
	return errors.Join(err, members[0].Close(), members[1].Close())
}

func inherits(ctx context.Context, t Transport) error {
	topic, rs, err := setUp(ctx, t, 2, 300)
	if err != nil {
		return err
	}
	a, err := t.Join("heir-"+topic, topic)
	if err != nil {
		return err
	}
	first, err := a.Fetch(ctx)
	if err != nil {
		return errors.Join(err, a.Close())
	}
	if err := a.Commit(ctx, first); err != nil {
		return errors.Join(err, a.Close())
	}
	if _, err := a.Fetch(ctx); err != nil { // fetched and lost with a
		return errors.Join(err, a.Close())
	}
	b, err := t.Join("heir-"+topic, topic)
	if err != nil {
		return errors.Join(err, a.Close())
	}
	if err := a.Close(); err != nil {
		return errors.Join(err, b.Close())
	}
	got, err := receive(ctx, b, len(rs)-len(first), true)
	return errors.Join(err, same(got, rs), b.Close())
}

func ends(ctx context.Context, t Transport) error {
	topic, err := t.NewTopic(ctx, 1)
	if err != nil {
		return err
	}
	m, err := t.Join("end-"+topic, topic)
	if err != nil {
		return err
	}
	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	if _, err = m.Fetch(short); !errors.Is(err, context.DeadlineExceeded) {
		return errors.Join(fmt.Errorf("fetch from an empty topic: %w, want the context's error", err), m.Close())
	}
	return m.Close()
}

func refuses(ctx context.Context, t Transport) error {
	if err := t.Write(ctx, records("cardlink-no-such-topic", 1)); err == nil {
		return errors.New("a record to nowhere was acknowledged")
	}
	return nil
}
