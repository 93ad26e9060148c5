package shortlink

import (
	"context"
	"testing"
)

func TestWhatIsInMemoryIsServedWithoutAllocating(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	w := newWorld(t)
	j := &nullJournal{Journal: newMemJournal(1)}
	r := w.resolver(j)
	l := w.link(7, 1_000_000)
	w.must(r, l)
	r.cache.Wait()
	host, path := []byte("S.example.com"), []byte("/"+l.Code)
	a := &Attempt{}
	device, sign := []byte("0123456789abcdef"), []byte("示例商城")
	n := 0
	visit := func() {
		d, code, _ := r.Domain(host, path)
		e, err := r.Find(context.Background(), d, code, 1)
		if err != nil {
			t.Fatal(err)
		}
		a.Reset()
		n++
		device[0], device[1], device[2] = byte(n), byte(n>>8), byte(n>>16)
		a.Vendor, a.Device, a.Sign = 0, device, sign
		if v := r.Resolve(context.Background(), e, a); v != Resolved || a.Repeat {
			t.Fatal(v.Reason())
		}
	}
	for range 2000 {
		visit()
	}
	if got := testing.AllocsPerRun(300, visit); got != 0 {
		t.Fatalf("%v allocations per resolution, want 0", got)
	}
}

// nullJournal takes records and forgets them.
type nullJournal struct{ Journal }

func (*nullJournal) Append(context.Context, []byte) (Position, error) { return 1, nil }
func (*nullJournal) Add([]byte) (Position, error)                     { return 1, nil }

func BenchmarkResolveGroup(b *testing.B) {
	w := newWorld(b)
	r := w.open("n1", &nullJournal{newMemJournal(1)})
	defer r.Close(context.Background())
	l := w.link(7, 10_000_000)
	w.must(r, l)
	r.cache.Wait()
	host, path := []byte("s.example.com"), []byte("/"+l.Code)
	a := &Attempt{}
	b.ReportAllocs()
	for b.Loop() {
		d, code, _ := r.Domain(host, path)
		e, err := r.Find(context.Background(), d, code, 1)
		if err != nil {
			b.Fatal(err)
		}
		a.Reset()
		if v := r.Resolve(context.Background(), e, a); v != Resolved {
			b.Fatal(v.Reason())
		}
	}
}
