package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("JOURNAL_TEST_CHILD"); dir != "" {
		writeUntilKilled(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

func mustOpen(t testing.TB, dir string, o Options) *Journal {
	t.Helper()
	j, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func mustClose(t testing.TB, j *Journal) {
	t.Helper()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

func mustAppend(t testing.TB, j *Journal, rec string) Position {
	t.Helper()
	pos, err := j.Append(context.Background(), []byte(rec))
	if err != nil {
		t.Fatal(err)
	}
	return pos
}

// all reads every record from a position on and checks that positions chain.
func all(t testing.TB, j *Journal, from Position) (recs []string) {
	t.Helper()
	last := max(from, j.First())
	err := j.Read(from, 0, func(pos, next Position, rec []byte) error {
		if pos < last || next != pos+headerSize+Position(len(rec)) {
			t.Errorf("record at %d…%d after %d", pos, next, last)
		}
		last = next
		recs = append(recs, string(rec))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return recs
}

func TestAppendedRecordsAreReadInOrder(t *testing.T) {
	j := mustOpen(t, t.TempDir(), Options{})
	defer mustClose(t, j)
	if j.First() != j.Durable() {
		t.Fatalf("a new journal holds %d…%d", j.First(), j.Durable())
	}
	var positions []Position
	for i := range 100 {
		positions = append(positions, mustAppend(t, j, fmt.Sprint("record ", i)))
	}
	for i, pos := range positions {
		if got := all(t, j, pos); len(got) != 100-i || got[0] != fmt.Sprint("record ", i) {
			t.Fatalf("from %d: %d records, the first is %q", pos, len(got), got[0])
		}
	}
	if got := all(t, j, 0); len(got) != 100 {
		t.Fatalf("from 0: %d records", len(got))
	}
	if got := all(t, j, j.Durable()); got != nil {
		t.Fatalf("at the end: %q", got)
	}
	if err := j.Read(j.Durable()+1, 0, nil); !errors.Is(err, ErrAhead) {
		t.Fatalf("beyond the end: %v", err)
	}
}

func TestReadStopsAtMaxAndAtAnError(t *testing.T) {
	j := mustOpen(t, t.TempDir(), Options{SegmentBytes: 64, MaxBytes: 1 << 20, MaxRecord: 32})
	defer mustClose(t, j)
	for i := range 20 {
		mustAppend(t, j, fmt.Sprint("record ", i))
	}
	for want := 1; want <= 20; want++ {
		n := 0
		if err := j.Read(0, want, func(_, _ Position, _ []byte) error { n++; return nil }); err != nil || n != want {
			t.Fatalf("max %d: %d records, %v", want, n, err)
		}
	}
	n, stop := 0, errors.New("stop")
	err := j.Read(0, 0, func(_, _ Position, _ []byte) error {
		if n++; n == 7 {
			return stop
		}
		return nil
	})
	if n != 7 || !errors.Is(err, stop) {
		t.Fatalf("%d records, %v", n, err)
	}
}

// A journal on one file system, driven at random, against a plain list.
func TestJournalBehavesLikeAList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		disk := newMemFS()
		o := Options{FS: disk, SegmentBytes: 256, MaxBytes: 1 << 20, MaxRecord: 100, Gather: time.Microsecond, AddDelay: time.Microsecond}
		j, err := Open("j", o)
		if err != nil {
			t.Fatal(err)
		}
		type entry struct {
			pos Position
			rec string
		}
		var model []entry
		flush := func() {
			if len(model) == 0 {
				return
			}
			last := model[len(model)-1]
			if err := j.Wait(context.Background(), last.pos); err != nil {
				t.Fatal(err)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				rec := rapid.SliceOfN(rapid.Byte(), 1, 100).Draw(t, "rec")
				pos, err := j.Append(context.Background(), rec)
				if err != nil {
					t.Fatal(err)
				}
				model = append(model, entry{pos, string(rec)})
			},
			"add": func(t *rapid.T) {
				rec := rapid.SliceOfN(rapid.Byte(), 1, 100).Draw(t, "rec")
				pos, err := j.Add(rec)
				if err != nil {
					t.Fatal(err)
				}
				model = append(model, entry{pos, string(rec)})
			},
			"truncate": func(t *rapid.T) {
				flush()
				if len(model) == 0 {
					t.Skip("empty")
				}
				at := model[rapid.IntRange(0, len(model)-1).Draw(t, "at")].pos
				if err := j.Truncate(at); err != nil {
					t.Fatal(err)
				}
				for len(model) > 0 && model[0].pos < j.First() {
					if model[0].pos >= at {
						t.Fatalf("truncating before %d dropped %d", at, model[0].pos)
					}
					model = model[1:]
				}
			},
			"restart": func(t *rapid.T) {
				if err := j.Close(); err != nil {
					t.Fatal(err)
				}
				if j, err = Open("j", o); err != nil {
					t.Fatal(err)
				}
				if r := j.Recovery(); r.TornBytes != 0 || r.DamagedBytes != 0 || r.Entries != int64(len(model)) {
					t.Fatalf("recovered %+v, want %d entries", r, len(model))
				}
			},
			"": func(t *rapid.T) {
				flush()
				i := 0
				err := j.Read(0, 0, func(pos, _ Position, rec []byte) error {
					if i >= len(model) || model[i] != (entry{pos, string(rec)}) {
						return fmt.Errorf("record %d at %d differs", i, pos)
					}
					i++
					return nil
				})
				if err != nil || i != len(model) {
					t.Fatalf("%d of %d records, %v", i, len(model), err)
				}
			},
		})
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestOnlyDurableRecordsAreRead(t *testing.T) {
	disk := newMemFS()
	j := mustOpen(t, "j", Options{FS: disk, AddDelay: time.Nanosecond})
	hold := make(chan struct{})
	disk.set(func() { disk.hold = hold })
	if _, err := j.Add([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if got := all(t, j, 0); got != nil {
		t.Fatalf("read %q before its sync", got)
	}
	close(hold)
	if err := j.Wait(t.Context(), j.First()); err != nil {
		t.Fatal(err)
	}
	if got := all(t, j, 0); len(got) != 1 {
		t.Fatalf("read %q after the sync", got)
	}
	mustClose(t, j)
}

func TestManyCallersShareSyncs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := newMemFS()
		j := mustOpen(t, "j", Options{FS: disk})
		hold := make(chan struct{})
		disk.set(func() { disk.hold, disk.syncs = hold, 0 })
		var wg sync.WaitGroup
		for range 500 {
			wg.Go(func() { mustAppend(t, j, "x") })
		}
		synctest.Wait() // the first sync hangs, everybody waits
		close(hold)
		wg.Wait()
		if disk.syncs > 2 {
			t.Errorf("%d syncs for 500 callers at once", disk.syncs)
		}
		mustClose(t, j)
	})
}

func TestGatheringIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := newMemFS()
		j := mustOpen(t, "j", Options{FS: disk, Gather: 2 * time.Millisecond, AddDelay: 7 * time.Millisecond})
		took := func(f func()) time.Duration { start := time.Now(); f(); return time.Since(start) }
		if d := took(func() { mustAppend(t, j, "alone") }); d != 0 {
			t.Errorf("a lone caller waited %v", d)
		}
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() { mustAppend(t, j, "together") })
		}
		wg.Wait()
		if d := took(func() { mustAppend(t, j, "the others do not come back") }); d > 2*time.Millisecond {
			t.Errorf("gathered for %v", d)
		}
		pos, err := j.Add([]byte("added"))
		if err != nil {
			t.Fatal(err)
		}
		if d := took(func() {
			if err := j.Wait(t.Context(), pos); err != nil {
				t.Error(err)
			}
		}); d != 7*time.Millisecond {
			t.Errorf("an added record was durable after %v", d)
		}
		// An Append takes the added ones along at once.
		if pos, err = j.Add([]byte("added")); err != nil {
			t.Fatal(err)
		}
		if d := took(func() { mustAppend(t, j, "y") }); d > 2*time.Millisecond || j.Durable() <= pos {
			t.Errorf("waited %v", d)
		}
		mustClose(t, j)
	})
}

func TestAddWaitsAtTheBoundAndDropsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := newMemFS()
		j := mustOpen(t, "j", Options{FS: disk, MaxUnsynced: 100})
		hold := make(chan struct{})
		disk.set(func() { disk.hold = hold })
		done := 0
		go func() {
			for range 50 {
				if _, err := j.Add(bytes.Repeat([]byte("x"), 12)); err != nil {
					t.Error(err)
				}
				done++
			}
		}()
		synctest.Wait()
		if done != 5 {
			t.Errorf("%d records of 20 bytes were taken with a bound of 100", done)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := j.Append(ctx, []byte("x")); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrUncertain) {
			t.Errorf("Append at the bound: %v, want a refusal by its deadline", err)
		}
		close(hold)
		synctest.Wait()
		if got := all(t, j, 0); done != 50 {
			t.Errorf("%d taken, %d read", done, len(got))
		}
		mustClose(t, j)
	})
}

func TestDeadlineDuringASyncIsUncertain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := newMemFS()
		j := mustOpen(t, "j", Options{FS: disk})
		hold := make(chan struct{})
		disk.set(func() { disk.hold = hold })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := j.Append(ctx, []byte("x")); !errors.Is(err, ErrUncertain) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("err = %v", err)
		}
		if _, err := j.Append(ctx, []byte("never")); err == nil || errors.Is(err, ErrUncertain) {
			t.Errorf("a dead context: %v, want a plain refusal", err)
		}
		close(hold)
		mustClose(t, j)
		j = mustOpen(t, "j", Options{FS: disk})
		if got := all(t, j, 0); len(got) != 1 || got[0] != "x" {
			t.Errorf("read %q", got)
		}
		mustClose(t, j)
	})
}

func TestSegmentsRollAndTruncate(t *testing.T) {
	dir := t.TempDir()
	o := Options{SegmentBytes: 1000, MaxBytes: 10_000, MaxRecord: 92}
	j := mustOpen(t, dir, o)
	var positions []Position
	for range 95 {
		positions = append(positions, mustAppend(t, j, strings.Repeat("x", 92)))
	}
	files, _ := osFS{}.List(dir)
	if len(files) != 11 { // ten segments and the lock
		t.Fatalf("files: %q", files)
	}
	first := j.First()
	if err := j.Truncate(positions[9]); err != nil || j.First() != first {
		t.Fatalf("truncating inside the first segment: first %d, %v", j.First(), err)
	}
	if err := j.Truncate(positions[35]); err != nil || j.First() != positions[30] {
		t.Fatalf("first %d, want %d; %v", j.First(), positions[30], err)
	}
	if got := all(t, j, 0); len(got) != 65 {
		t.Fatalf("%d records left", len(got))
	}
	if err := j.Truncate(j.Durable() + 1<<40); err != nil || len(all(t, j, 0)) != 5 {
		t.Fatalf("the written segment is gone; %v", err)
	}
	end := j.Durable()
	mustClose(t, j)
	j = mustOpen(t, dir, o)
	defer mustClose(t, j)
	if j.Durable() != end || j.First() != positions[90] {
		t.Fatalf("reopened at %d…%d, want %d…%d", j.First(), j.Durable(), positions[90], end)
	}
}

func TestReadersAndTruncationRunWhileWriting(t *testing.T) {
	j := mustOpen(t, t.TempDir(), Options{SegmentBytes: 4096, MaxBytes: 1 << 20})
	defer mustClose(t, j)
	const n = 3000
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range n {
			if _, err := j.Add(fmt.Appendf(nil, "%06d", i)); err != nil {
				t.Error(err)
			}
		}
	})
	cursor, want := Position(0), 0
	for want < n {
		if err := j.Wait(t.Context(), max(cursor, j.First())); err != nil {
			t.Fatal(err)
		}
		err := j.Read(cursor, 100, func(_, next Position, rec []byte) error {
			if string(rec) != fmt.Sprintf("%06d", want) {
				return fmt.Errorf("read %q, want %d", rec, want)
			}
			cursor = next
			want++
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Truncate(cursor); err != nil {
			t.Fatal(err)
		}
	}
	wg.Wait()
}

func TestJournalBegunAnewIsAheadOfTheOldOne(t *testing.T) {
	now := time.Now()
	o := Options{Now: func() time.Time { return now }}
	j := mustOpen(t, t.TempDir(), o)
	for range 100 {
		mustAppend(t, j, "x")
	}
	old := j.Durable()
	mustClose(t, j)
	now = now.Add(time.Second)
	j = mustOpen(t, t.TempDir(), o)
	defer mustClose(t, j)
	if j.First() <= old {
		t.Fatalf("the new journal begins at %d, the old one ended at %d", j.First(), old)
	}
	mustAppend(t, j, "new")
	if got := all(t, j, old); len(got) != 1 {
		t.Fatalf("an old cursor hides %q", got)
	}
}

func TestTwoProcessesCannotShareAFolder(t *testing.T) {
	dir := t.TempDir()
	j := mustOpen(t, dir, Options{})
	if _, err := Open(dir, Options{}); !errors.Is(err, errLocked) {
		t.Fatalf("second Open: %v", err)
	}
	mustClose(t, j)
	mustClose(t, mustOpen(t, dir, Options{}))
}

func TestCloseAnswersEverybody(t *testing.T) {
	j := mustOpen(t, t.TempDir(), Options{AddDelay: time.Hour})
	if _, err := j.Add([]byte("added")); err != nil {
		t.Fatal(err)
	}
	waited := make(chan error)
	go func() { waited <- j.Wait(context.Background(), j.Durable()+1000) }()
	for range 8 {
		go func() {
			for {
				if _, err := j.Append(context.Background(), []byte("x")); err != nil {
					waited <- err
					return
				}
			}
		}()
	}
	mustClose(t, j)
	for range 9 {
		if err := <-waited; err != nil && !errors.Is(err, ErrClosed) {
			t.Errorf("err = %v", err)
		}
	}
	if _, err := j.Add([]byte("late")); !errors.Is(err, ErrClosed) {
		t.Errorf("Add after Close: %v", err)
	}
	if err := j.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	if got := all(t, j, 0); len(got) == 0 || got[0] != "added" {
		t.Errorf("Close did not sync what was added: %q", got)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for name, o := range map[string]Options{
		"one segment":     {SegmentBytes: 100, MaxBytes: 150, MaxRecord: 10},
		"record too long": {SegmentBytes: 100, MaxRecord: 100},
		"slow gathering":  {Gather: 3 * time.Millisecond},
		"negative":        {MaxUnsynced: -1},
	} {
		if j, err := Open(t.TempDir(), o); err == nil {
			t.Errorf("%s: accepted", name)
			mustClose(t, j)
		}
	}
}

func TestAddDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	j := mustOpen(t, t.TempDir(), Options{})
	defer mustClose(t, j)
	rec := bytes.Repeat([]byte("x"), 400)
	if n := testing.AllocsPerRun(2000, func() { _, _ = j.Add(rec) }); n != 0 {
		t.Fatalf("%v allocations per record", n)
	}
}
