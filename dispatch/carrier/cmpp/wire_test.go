package cmpp

import (
	"bytes"
	"testing"
	"time"

	"cardlink/dispatch/carrier"
)

// What a session makes of a part is the SUBMIT of carriers.md §11, which the codec's vectors hold byte for byte.
func TestPartsBecomeTheVectors(t *testing.T) {
	s, err := New(Options{Addr: "h:1", SPID: "901234", Secret: "secret", ServiceID: "svc"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := newConn(s, 0, nil)
	part := carrier.Part{Source: "1069001234", Dest: "8613800138000", Format: 8, Total: 1, Number: 1, Notify: true, Content: unhex("4f60597d")}
	for _, v := range []Version{V20, V30} {
		c.version = v
		if got, want := c.append(nil, 3, &part), must(AppendSubmit(nil, v, 3, &vecSubmit)); !bytes.Equal(got, want) {
			t.Errorf("%v\n got %x\nwant %x", v, got, want)
		}
	}
	long := part
	long.UDH, long.Total, long.Number, long.Notify, long.Expire = true, 2, 2, false, time.Date(2026, 3, 3, 21, 6, 7, 0, time.UTC)
	long.Content = unhex("0500035a02024f60")
	want := vecSubmit
	want.UDHI, want.Total, want.Number, want.Level, want.ValidTime, want.Content = 1, 2, 2, 0, []byte("260304050607032+"), long.Content
	if got, want := c.append(nil, 4, &long), must(AppendSubmit(nil, V30, 4, &want)); !bytes.Equal(got, want) {
		t.Errorf("\n got %x\nwant %x", got, want)
	}
}

// A number that is still waiting for its answer is skipped when the sequence comes round.
func TestSequenceSkipsWhatIsPending(t *testing.T) {
	s, err := New(Options{Addr: "h:1", SPID: "901234", Secret: "secret", Window: 4}, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := newConn(s, 0, nil)
	c.seq = 1<<32 - 3
	stuck := c.number()
	c.table[int(stuck)&(len(c.table)-1)] = pending{seq: stuck, open: true}
	for range 10 * len(c.table) {
		if n := c.number(); int(n)&(len(c.table)-1) == int(stuck)&(len(c.table)-1) {
			t.Fatalf("%d takes the place of %d", n, stuck)
		}
	}
}

func TestSubmitDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	s, err := New(Options{Addr: "h:1", SPID: "901234", Secret: "secret", ServiceID: "svc"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := newConn(s, 0, nil)
	c.version = V30
	parts := []*carrier.Part{{Source: "1069001234", Dest: "8613800138000", Format: 8, Content: unhex("4f60597d")}}
	discard := new(bytes.Buffer)
	do := func() {
		if err := c.submit(parts); err != nil {
			t.Fatal(err)
		}
		discard.Reset()
		if _, err := c.out.Flush(discard); err != nil {
			t.Fatal(err)
		}
		c.table[int(c.seq)&(len(c.table)-1)].open = false
	}
	do()
	do() // both of the outbox's buffers have grown
	if n := testing.AllocsPerRun(1000, do); n != 0 {
		t.Errorf("%v allocs per submit, want 0", n)
	}
}
