package cmpp_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"cardlink/dispatch/carrier"
	"cardlink/dispatch/carrier/cmpp"
	"cardlink/dispatch/carrier/sim"
)

// book is a handler that writes everything down and answers deliveries at once.
type book struct {
	mu       sync.Mutex
	results  []carrier.Result
	byKey    map[uint64]int
	receipts []carrier.Receipt
	replies  []carrier.Reply
	changed  chan struct{} // holds one

	refuse func(carrier.Receipt) error // of a receipt's done; nil: none
	hold   func(done func(error))      // instead of calling done
}

func newBook() *book { return &book{byKey: map[uint64]int{}, changed: make(chan struct{}, 1)} }

func (b *book) note(f func()) {
	b.mu.Lock()
	f()
	b.mu.Unlock()
	select {
	case b.changed <- struct{}{}:
	default:
	}
}

func (b *book) Submitted(r carrier.Result) {
	b.note(func() { b.results = append(b.results, r); b.byKey[r.Key]++ })
}

func (b *book) Receipt(r carrier.Receipt, done func(error)) {
	b.note(func() { b.receipts = append(b.receipts, r) })
	switch {
	case b.hold != nil:
		b.hold(done)
	case b.refuse != nil:
		done(b.refuse(r))
	default:
		done(nil)
	}
}

func (b *book) Reply(r carrier.Reply, done func(error)) {
	b.note(func() { b.replies = append(b.replies, r) })
	done(nil)
}

// gotResults and gotReceipts are copies, for tests that look while more may come.
func (b *book) gotResults() []carrier.Result {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.results)
}

func (b *book) gotReceipts() []carrier.Receipt {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.receipts)
}

// until waits until cond, looked at whenever something was written down and, for what only the simulator sees, every few milliseconds.
func (b *book) until(t *testing.T, what string, cond func() bool) {
	t.Helper()
	limit := time.NewTimer(time.Minute)
	defer limit.Stop()
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	for {
		b.mu.Lock()
		ok := cond()
		b.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-b.changed:
		case <-look.C:
		case <-limit.C:
			b.mu.Lock()
			defer b.mu.Unlock()
			t.Fatalf("%s: still not with %d results, %d receipts, %d replies", what, len(b.results), len(b.receipts), len(b.replies))
		}
	}
}

// part is a one-part text to the number with these last digits.
func part(key uint64, digits int) *carrier.Part {
	return &carrier.Part{
		Key: key, Dest: fmt.Sprintf("86138%08d", digits), Source: "1069001234", Format: carrier.FormatUCS2, Total: 1, Number: 1,
		Content: []byte{0x4f, 0x60, 0x59, 0x7d},
	}
}

var account = map[string]string{"901234": "secret"}

func options() cmpp.Options {
	return cmpp.Options{SPID: "901234", Secret: "secret", ServiceID: "svc"}
}

// start runs a session; stop ends it and waits.
func start(t testing.TB, o cmpp.Options, h carrier.Handler) (s *cmpp.Session, stop func()) {
	t.Helper()
	s, err := cmpp.New(o, h)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Errorf("Run: %v", err)
			}
		})
	}
	t.Cleanup(stop)
	return s, stop
}

func serve(t testing.TB, o sim.Options) *sim.Server {
	t.Helper()
	if o.Accounts == nil {
		o.Accounts = account
	}
	srv, err := sim.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	return srv
}
