package store

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"
)

func TestConcurrentWritesAreAllDurableOrRefused(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := context.Background()
		boom := errors.New("boom")
		var wg sync.WaitGroup
		for i := range 200 {
			wg.Go(func() {
				err := db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
					if _, err := tx.ExecContext(ctx, `INSERT INTO outbox (topic, pkey, value) VALUES ('t', $1, 'v')`, strconv.Itoa(i)); err != nil {
						return err
					}
					if i%3 == 0 {
						return boom
					}
					return nil
				})
				if want := i%3 == 0; errors.Is(err, boom) != want {
					t.Errorf("write %d: err = %v", i, err)
				}
			})
		}
		wg.Wait()
		var n int
		if err := db.read.QueryRowContext(ctx, `SELECT count(*) FROM outbox`).Scan(&n); err != nil || n != 133 {
			t.Fatalf("%d rows, %v; want 133: a refused write left something or a told one is gone", n, err)
		}
	})
}

func TestPanicInOneWriteHurtsNobodyElse(t *testing.T) {
	db := open(t, Options{File: t.TempDir() + "/x.db"})
	if err := db.Write(context.Background(), func(context.Context, *sql.Tx) error { panic("no") }); err == nil {
		t.Fatal("a panicking write was reported as done")
	}
	if _, err := db.LeaseIDs(context.Background(), "x", 1, 1); err != nil {
		t.Fatalf("the writer died with the panic: %v", err)
	}
}

func TestLeasedBlocksNeverOverlap(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		var mu sync.Mutex
		seen := map[int64]bool{}
		var wg sync.WaitGroup
		for range 40 {
			wg.Go(func() {
				first, err := db.LeaseIDs(context.Background(), "links", 1000, 7)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				for id := first; id < first+7; id++ {
					if id < 1000 || seen[id] {
						t.Errorf("id %d handed out twice or too low", id)
					}
					seen[id] = true
				}
			})
		}
		wg.Wait()
	})
}

func TestOneHolderAtATime(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx, now := context.Background(), time.UnixMilli(1_700_000_000_000)
		hold := func(who string, at time.Time, want bool) {
			t.Helper()
			if held, err := db.Hold(ctx, "relay", who, at, time.Second); err != nil || held != want {
				t.Fatalf("Hold(%s) = %v, %v; want %v", who, held, err, want)
			}
		}
		hold("a", now, true)
		hold("b", now, false)
		hold("a", now.Add(900*time.Millisecond), true)
		hold("b", now.Add(1500*time.Millisecond), false)
		hold("b", now.Add(2*time.Second), true)
		hold("a", now.Add(2*time.Second), false)
	})
}
