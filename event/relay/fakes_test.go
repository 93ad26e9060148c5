package relay

import (
	"context"
	"errors"
	"sync"
	"time"

	"cardlink/event"
)

// memStore is an outbox in memory.
type memStore struct {
	mu     sync.Mutex
	next   int64
	ids    []int64
	recs   map[int64]event.Record
	holder string
	until  time.Time
	err    error
	reads  int
}

func newMemStore() *memStore { return &memStore{recs: map[int64]event.Record{}} }

func (s *memStore) add(rs ...event.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range rs {
		s.next++
		s.ids = append(s.ids, s.next)
		s.recs[s.next] = r
	}
}

func (s *memStore) OutboxBatch(_ context.Context, max int) (ids []int64, recs []event.Record, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	for _, id := range s.ids[:min(max, len(s.ids))] {
		ids, recs = append(ids, id), append(recs, s.recs[id])
	}
	return ids, recs, s.err
}

func (s *memStore) ForgetOutbox(_ context.Context, ids []int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	for _, id := range ids {
		delete(s.recs, id)
	}
	kept := s.ids[:0]
	for _, id := range s.ids {
		if _, ok := s.recs[id]; ok {
			kept = append(kept, id)
		}
	}
	s.ids = kept
	return nil
}

func (s *memStore) OutboxDepth(context.Context) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return int64(len(s.ids)), s.err
}

func (s *memStore) depth() int { n, _ := s.OutboxDepth(context.Background()); return int(n) }

func (s *memStore) Hold(_ context.Context, _, holder string, now time.Time, ttl time.Duration) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return false, s.err
	}
	if s.holder != holder && !s.until.Before(now) {
		return false, nil
	}
	s.holder, s.until = holder, now.Add(ttl)
	return true, nil
}

func (s *memStore) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// memSink acknowledges unless told otherwise.
type memSink struct {
	mu     sync.Mutex
	got    []event.Record
	writes int
	err    error
	before func() // runs in each Write
}

var errAway = errors.New("kafka is away")

func (s *memSink) Write(ctx context.Context, rs []event.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes++
	if s.before != nil {
		s.before()
	}
	if s.err != nil {
		return s.err
	}
	for _, r := range rs { // like Kafka, it does not keep the caller's memory
		s.got = append(s.got, event.Record{Topic: r.Topic, Key: append([]byte(nil), r.Key...), Value: append([]byte(nil), r.Value...)})
	}
	return nil
}

func (s *memSink) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *memSink) values() (vs []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.got {
		vs = append(vs, string(r.Value))
	}
	return vs
}

func (s *memSink) attempts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writes
}
