package relay

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"cardlink/event"
	"cardlink/event/journal"
)

func openJournal(t *testing.T, dir string) *journal.Journal {
	t.Helper()
	j, err := journal.Open(dir, journal.Options{SegmentBytes: 4096, MaxBytes: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	return j
}

func put(t *testing.T, j *journal.Journal, rs ...event.Record) {
	t.Helper()
	for i, r := range rs {
		frame := event.AppendRecord(nil, r.Topic, r.Key, r.Value)
		var err error
		if i < len(rs)-1 {
			_, err = j.Add(frame)
		} else {
			_, err = j.Append(t.Context(), frame)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// until runs a relay until cond holds, and stops it.
func until(t *testing.T, r *Journal, cond func() bool) {
	t.Helper()
	stop := running(t, r.Run)
	defer stop()
	wait(t, cond)
}

func wait(t *testing.T, cond func() bool) {
	t.Helper()
	for limit := time.After(5 * time.Minute); !cond(); {
		select {
		case <-limit:
			t.Fatal("it did not happen")
		case <-time.After(time.Millisecond):
		}
	}
}

func TestJournalIsShippedInOrderOverRestarts(t *testing.T) {
	dir := t.TempDir()
	j := openJournal(t, dir)
	rs, want := numbered(3000)
	k := &memSink{}
	for part := range slices.Chunk(rs, 500) {
		put(t, j, part...)
		r, err := NewJournal(JournalOptions{Journal: j, Sink: k, Cursor: filepath.Join(dir, "kafka.cursor"), Batch: 70})
		if err != nil {
			t.Fatal(err)
		}
		until(t, r, func() bool { return r.Lag() == 0 })
		if r.Cursor() != j.Durable() {
			t.Fatalf("cursor %d, end %d", r.Cursor(), j.Durable())
		}
	}
	if got := k.values(); !slices.Equal(got, want) {
		t.Fatalf("%d shipped, want %d, each once", len(got), len(want))
	}
	if got := k.got[5]; got.Topic != event.TopicSend || string(got.Key) != "k5" {
		t.Fatalf("%+v", got)
	}
	if segments, _ := filepath.Glob(filepath.Join(dir, "*.seg")); len(segments) != 1 {
		t.Errorf("%d segments are left", len(segments))
	}
}

func TestJournalKeepsWhatNobodyApplied(t *testing.T) {
	dir := t.TempDir()
	j := openJournal(t, dir)
	first := j.First()
	rs, _ := numbered(1000)
	put(t, j, rs...)
	var applied atomic.Uint64
	applied.Store(uint64(first))
	k := &memSink{}
	r, err := NewJournal(JournalOptions{
		Journal: j, Sink: k, Cursor: filepath.Join(dir, "kafka.cursor"),
		Applied: func() journal.Position { return journal.Position(applied.Load()) },
	})
	if err != nil {
		t.Fatal(err)
	}
	until(t, r, func() bool { return r.Lag() == 0 })
	if j.First() != first {
		t.Fatal("records were dropped that the store has not seen")
	}
	if r, err = NewJournal(JournalOptions{
		Journal: j, Sink: k, Cursor: filepath.Join(dir, "kafka.cursor"),
		Applied: func() journal.Position { return journal.Position(applied.Load()) },
	}); err != nil {
		t.Fatal(err)
	}
	// Truncation follows the applier even when nothing new comes.
	applied.Store(uint64(j.Durable()))
	until(t, r, func() bool { return j.First() > first })
}

func TestJournalNeverTruncatesBeyondTheSavedCursor(t *testing.T) {
	dir := t.TempDir()
	j := openJournal(t, dir)
	first := j.First()
	rs, want := numbered(1000)
	put(t, j, rs...)
	nowhere := filepath.Join(dir, "missing", "kafka.cursor")
	r, err := NewJournal(JournalOptions{Journal: j, Sink: &memSink{}, Cursor: nowhere})
	if err != nil {
		t.Fatal(err)
	}
	until(t, r, func() bool { return r.Lag() == 0 })
	if j.First() != first {
		t.Fatal("truncated without a saved cursor")
	}
	k := &memSink{}
	if r, err = NewJournal(JournalOptions{Journal: j, Sink: k, Cursor: filepath.Join(dir, "kafka.cursor")}); err != nil {
		t.Fatal(err)
	}
	until(t, r, func() bool { return r.Lag() == 0 })
	if got := k.values(); !slices.Equal(got, want) {
		t.Fatalf("%d repeated, want all %d", len(got), len(want))
	}
}

// flakySink fails every third write, after acknowledging nothing or everything.
type flakySink struct {
	memSink
	n int
}

func (s *flakySink) Write(ctx context.Context, rs []event.Record) error {
	s.n++
	switch {
	case s.n%6 == 0:
		return errAway
	case s.n%3 == 0:
		return errors.Join(s.memSink.Write(ctx, rs), errors.New("the answer was lost"))
	}
	return s.memSink.Write(ctx, rs)
}

func TestJournalLosesNothingOverFailures(t *testing.T) {
	dir := t.TempDir()
	j := openJournal(t, dir)
	rs, want := numbered(2000)
	put(t, j, rs...)
	k := &flakySink{}
	r, err := NewJournal(JournalOptions{Journal: j, Sink: k, Cursor: filepath.Join(dir, "kafka.cursor"), Batch: 100, Linger: -1})
	if err != nil {
		t.Fatal(err)
	}
	until(t, r, func() bool { return r.Lag() == 0 })
	// First appearances are complete and in order.
	seen, order := map[string]bool{}, []string(nil)
	for _, v := range k.values() {
		if !seen[v] {
			seen[v] = true
			order = append(order, v)
		}
	}
	if !slices.Equal(order, want) {
		t.Fatalf("%d different values, want %d in order", len(order), len(want))
	}
}

func TestUnreadableRecordsGoToQuarantine(t *testing.T) {
	dir := t.TempDir()
	j := openJournal(t, dir)
	for _, frame := range [][]byte{{250, 1, 2, 3}, event.AppendRecord(nil, event.TopicParse, []byte("k"), []byte("good"))} {
		if _, err := j.Append(t.Context(), frame); err != nil {
			t.Fatal(err)
		}
	}
	k := &memSink{}
	r, err := NewJournal(JournalOptions{Journal: j, Sink: k, Cursor: filepath.Join(dir, "c")})
	if err != nil {
		t.Fatal(err)
	}
	until(t, r, func() bool { return r.Lag() == 0 })
	if len(k.got) != 2 || k.got[0].Topic != event.TopicQuarantine || string(k.got[0].Value) != "\xfa\x01\x02\x03" || string(k.got[1].Value) != "good" {
		t.Fatalf("%+v", k.got)
	}
}

func TestCursorFiles(t *testing.T) {
	dir := t.TempDir()
	j := openJournal(t, filepath.Join(dir, "journal"))
	rs, _ := numbered(20)
	put(t, j, rs...)
	for name, c := range map[string]struct {
		content string
		want    journal.Position
	}{
		"missing":   {"", j.First()},
		"empty":     {"\n", j.First()},
		"garbage":   {"not a number", j.First()},
		"too old":   {"1\n", j.First()},
		"at start":  {fmt.Sprint(j.First()), j.First()},
		"at end":    {fmt.Sprint(uint64(j.Durable()), "\n"), j.Durable()},
		"ahead":     {fmt.Sprint(uint64(j.Durable() + 1)), j.First()},
		"negative":  {"-5", j.First()},
		"overflows": {"99999999999999999999999", j.First()},
	} {
		file := filepath.Join(dir, "cursor")
		if err := os.RemoveAll(file); err != nil {
			t.Fatal(err)
		}
		if c.content != "" {
			if err := os.WriteFile(file, []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		r, err := NewJournal(JournalOptions{Journal: j, Sink: &memSink{}, Cursor: file})
		if err != nil || r.Cursor() != c.want {
			t.Errorf("%s: cursor %d, %v; want %d", name, r.Cursor(), err, c.want)
		}
	}
	file := filepath.Join(dir, "saved")
	for at := range journal.Position(20) {
		if err := saveCursor(file, at*1e15); err != nil {
			t.Fatal(err)
		}
		if got, err := loadCursor(file); err != nil || got != at*1e15 {
			t.Fatalf("saved %d, loaded %d, %v", at, got, err)
		}
	}
}
