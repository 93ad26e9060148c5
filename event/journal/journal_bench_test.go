package journal

import (
	"context"
	"sync"
	"testing"
)

// An edge fact is about this long.
var fact = make([]byte, 400)

func benchJournal(b *testing.B) *Journal {
	b.Helper()
	j, err := Open(b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := j.Close(); err != nil {
			b.Error(err)
		}
	})
	return j
}

func BenchmarkAdd(b *testing.B) {
	j := benchJournal(b)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := j.Add(fact); err != nil {
			b.Fatal(err)
		}
		if i%100_000 == 0 {
			_ = j.Truncate(j.Durable())
		}
	}
}

func benchAppend(b *testing.B, callers int) {
	j := benchJournal(b)
	b.ReportAllocs()
	work := make(chan struct{})
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for range work {
				if _, err := j.Append(context.Background(), fact); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for b.Loop() {
		work <- struct{}{}
	}
	close(work)
	wg.Wait()
}

func BenchmarkAppend1(b *testing.B)   { benchAppend(b, 1) }
func BenchmarkAppend64(b *testing.B)  { benchAppend(b, 64) }
func BenchmarkAppend512(b *testing.B) { benchAppend(b, 512) }

func BenchmarkRead(b *testing.B) {
	j := benchJournal(b)
	for range 100_000 {
		if _, err := j.Add(fact); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := j.Append(context.Background(), fact); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(fact)))
	b.ReportAllocs()
	b.ResetTimer()
	for done := 0; done < b.N; {
		if err := j.Read(j.First(), b.N-done, func(Position, Position, []byte) error { done++; return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
