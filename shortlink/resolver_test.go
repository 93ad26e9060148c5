package shortlink

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"cardlink/event"
	"cardlink/templates"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestVerdictsInTheirOrder(t *testing.T) {
	w := newWorld(t)
	j := newMemJournal(1)
	r := w.resolver(j)
	l := w.link(7, 5)
	ctx := context.Background()
	check := func(name string, want Verdict, change func(a *Attempt)) {
		t.Helper()
		a := attempt(name)
		if change != nil {
			change(a)
		}
		if got := r.Resolve(ctx, w.must(r, l), a); got != want {
			t.Errorf("%s: %v, want %v", name, got.Reason(), want.Reason())
		}
	}
	check("plain", Resolved, nil)
	check("listed sign", Resolved, func(a *Attempt) { a.Sign = []byte("B") })
	check("other sign", SignMismatch, func(a *Attempt) { a.Sign = []byte("示例") })
	check("two signs in one", SignMismatch, func(a *Attempt) { a.Sign = []byte("示例商城\x1fB") })
	check("unknown vendor", VendorUnsupported, func(a *Attempt) { a.Vendor = -1 })
	check("vendor not enabled", VendorNotApproved, func(a *Attempt) { a.Vendor = 2 })
	check("vendor not submitted", VendorNotApproved, func(a *Attempt) { a.Vendor, a.Sign = 5, []byte("wrong too") })
	for range 3 {
		check("", Resolved, nil)
	}
	check("sixth", Exhausted, nil)

	w.tpl.set(func(t *templates.Template) { t.State = templates.StateDisabled })
	w.pass(mustLoad)
	check("disabled", TemplateDisabled, func(a *Attempt) { a.Vendor = 2 })
	if _, v := r.Tappable(ctx, w.must(r, l)); v != TemplateDisabled {
		t.Errorf("tap on a disabled template: %v", v.Reason())
	}
	w.pass(24*time.Hour - mustLoad - time.Millisecond)
	check("the last millisecond", TemplateDisabled, nil)
	w.pass(time.Millisecond)
	check("expired", Expired, func(a *Attempt) { a.Vendor = -1 })

	facts, _ := j.facts(t)
	var reasons []string
	for _, f := range facts {
		if f.Result == event.ResultFail {
			reasons = append(reasons, f.Reason)
		}
	}
	want := []string{"sign_mismatch", "sign_mismatch", "vendor_unsupported", "vendor_not_approved", "vendor_not_approved", "exhausted", "template_disabled", "template_disabled", "expired"}
	if !slices.Equal(reasons, want) {
		t.Errorf("recorded %v\nwant %v", reasons, want)
	}
}

func TestASignIsRequiredIfConfigured(t *testing.T) {
	w := newWorld(t)
	o := w.options("n1", newMemJournal(1))
	o.RequireSign = true
	r, err := OpenResolver(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close(context.Background())
	e := w.must(r, w.link(7, 5))
	if v := r.Resolve(context.Background(), e, attempt("")); v != SignMismatch {
		t.Errorf("without a sign: %v", v.Reason())
	}
	a := attempt("")
	a.Sign = []byte("B")
	if v := r.Resolve(context.Background(), e, a); v != Resolved {
		t.Errorf("with a sign: %v", v.Reason())
	}
}

func TestParamsFollowTheTemplatesOrder(t *testing.T) {
	w := newWorld(t)
	r := w.resolver(newMemJournal(1))
	if got := w.must(r, w.link(9, 1)).Params(); !slices.Equal(got, []string{"B", "A9"}) {
		t.Fatalf("params %q", got)
	}
}

// What is kept beside the values is asked for once, however often the link is found.
func TestValuesAreMeasuredOnce(t *testing.T) {
	w := newWorld(t)
	o, asked := w.options("n1", newMemJournal(1)), 0
	o.Measure = func(dst []uint32, values []string) []uint32 {
		asked++
		for _, s := range values {
			dst = append(dst, uint32(len(s)))
		}
		return dst
	}
	r, err := OpenResolver(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close(context.Background()) })
	link := w.link(9, 1)
	for range 3 {
		if got := w.must(r, link).Measures(); !slices.Equal(got, []uint32{1, 2}) {
			t.Fatalf("measures %d", got)
		}
		r.cache.Wait()
	}
	if asked != 1 {
		t.Errorf("measured %d times", asked)
	}
}

// Sixty-four handsets ask for the same individual link at the same time: one gets it.
func TestOneOfManyGetsAnIndividualLink(t *testing.T) {
	w := newWorld(t)
	j := newMemJournal(1)
	r := w.resolver(j)
	rounds := 1000
	if testing.Short() || raceEnabled {
		rounds = 100
	}
	for n := range rounds {
		l := w.link(int64(1000+n), 1)
		var won [64]bool
		var wg sync.WaitGroup
		for i := range won {
			wg.Go(func() {
				a := attempt("device " + strconv.Itoa(i))
				switch v := r.Resolve(context.Background(), w.must(r, l), a); v {
				case Resolved:
					won[i] = true
				case Exhausted:
				default:
					t.Errorf("verdict %v", v.Reason())
				}
			})
		}
		wg.Wait()
		count := 0
		for _, b := range won {
			if b {
				count++
			}
		}
		if count != 1 {
			t.Fatalf("link %d was resolved %d times", l.ID, count)
		}
	}
	_, ids := j.facts(t)
	wins := map[string]int{}
	for _, id := range ids {
		if id[:4] == "prs:" {
			wins[id]++
		}
	}
	if len(wins) != rounds {
		t.Fatalf("%d links have a billable fact, want %d", len(wins), rounds)
	}
}

func TestGroupLinkIsResolvedExactlyAsOftenAsAllowed(t *testing.T) {
	w := newWorld(t)
	j := newMemJournal(1)
	r := w.resolver(j)
	const limit = 777
	l := w.link(5, limit)
	var wg sync.WaitGroup
	var mu sync.Mutex
	verdicts := map[Verdict]int{}
	for range 64 {
		wg.Go(func() {
			a := attempt("")
			for range 20 {
				v := r.Resolve(context.Background(), w.must(r, l), a)
				mu.Lock()
				verdicts[v]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if verdicts[Resolved] != limit || verdicts[Exhausted] != 64*20-limit {
		t.Fatalf("verdicts %v", verdicts)
	}
	facts, _ := j.facts(t)
	var ordinals []int64
	for _, f := range facts {
		if f.Result == event.ResultSuccess {
			ordinals = append(ordinals, f.Ordinal)
		}
	}
	slices.Sort(ordinals)
	for i, o := range ordinals {
		if o != int64(i+1) {
			t.Fatalf("ordinal %d stands at place %d", o, i+1)
		}
	}
}

func TestADeviceThatAsksAgainGetsTheSameCard(t *testing.T) {
	for _, limit := range []int64{1, 100} {
		t.Run(fmt.Sprintf("limit %d", limit), func(t *testing.T) {
			w := newWorld(t)
			j := newMemJournal(1)
			r := w.open("n1", j)
			l := w.link(7, limit)
			ask := func(device string) (Verdict, string, bool) {
				a := attempt(device)
				v := r.Resolve(context.Background(), w.must(r, l), a)
				return v, string(a.ID[:]), a.Repeat
			}
			v, first, repeat := ask("d")
			if v != Resolved || repeat {
				t.Fatalf("first: %v, repeat %v", v.Reason(), repeat)
			}
			again := func(what string) {
				t.Helper()
				if v, id, repeat := ask("d"); v != Resolved || id != first || !repeat {
					t.Fatalf("%s: %v, id %s, repeat %v; want a repeat of %s", what, v.Reason(), id, repeat, first)
				}
			}
			again("at once")
			w.pass(RepeatWindow - time.Millisecond)
			again("in the window's last millisecond")
			if err := r.Close(context.Background()); err != nil {
				t.Fatal(err)
			}
			r = w.open("n1", j)
			defer r.Close(context.Background())
			again("after a restart")
			w.pass(time.Millisecond)
			if limit == 1 {
				again("after the window: an individual link is the device's own")
				if v, _, _ := ask("another"); v != Exhausted {
					t.Fatalf("another device: %v", v.Reason())
				}
				return
			}
			if v, id, repeat := ask("d"); v != Resolved || repeat || id == first {
				t.Fatalf("after the window: %v, repeat %v", v.Reason(), repeat)
			}
			// Repeats are recorded but never billable.
			facts, ids := j.facts(t)
			for i, f := range facts {
				if f.Repeat && ids[i] != "prf:"+first {
					t.Fatalf("a repeat has the id %s", ids[i])
				}
			}
		})
	}
}

func TestEqualAttemptsAtTheSameTimeUseOneUnit(t *testing.T) {
	w := newWorld(t)
	r := w.resolver(newMemJournal(1))
	e := w.must(r, w.link(7, 100))
	var wg sync.WaitGroup
	ids := make([]string, 32)
	for i := range ids {
		wg.Go(func() {
			a := attempt("same")
			if v := r.Resolve(context.Background(), e, a); v != Resolved {
				t.Errorf("%v", v.Reason())
			}
			ids[i] = string(a.ID[:])
		})
	}
	wg.Wait()
	slices.Sort(ids)
	if len(slices.Compact(ids)) != 1 {
		t.Fatalf("the device got %d cards", len(slices.Compact(ids)))
	}
}

func TestDevicesOfTwoTenantsAreNotComparable(t *testing.T) {
	var a, b Attempt
	key := [32]byte{1}
	a.Device, b.Device = []byte("phone"), []byte("phone")
	a.deviceRef(&key, "one")
	b.deviceRef(&key, "two")
	if a.ref == b.ref {
		t.Fatal("equal references")
	}
}

func TestUnknownCodesAreLookedUpOnceAndBudgeted(t *testing.T) {
	w := newWorld(t)
	o := w.options("n1", newMemJournal(1))
	o.UnknownBurst, o.UnknownInterval = 3, time.Second
	r, err := OpenResolver(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close(context.Background())
	d, _, _ := r.Domain([]byte("s.example.com"), []byte("/x"))
	ask := func(id int64, client uint64) error {
		code, _ := w.codec.AppendCode(nil, id, DefaultCode)
		_, err := r.Find(context.Background(), d, code, client)
		return err
	}
	for range 10 {
		if err := ask(1, 1); !errors.Is(err, ErrUnknown) {
			t.Fatal(err)
		}
	}
	if w.store.reads != 1 {
		t.Fatalf("%d look-ups of one unknown code", w.store.reads)
	}
	w.pass(unknownTTL)
	for id := int64(2); ; id++ {
		if err := ask(id, 1); errors.Is(err, ErrLimited) {
			if id != 6 {
				t.Fatalf("refused at %d unknown codes, want 4 of the burst", id-2)
			}
			break
		}
	}
	w.link(99, 5)
	if err := ask(99, 1); !errors.Is(err, ErrLimited) {
		t.Fatalf("a guesser's hit: %v", err)
	}
	if err := ask(99, 2); err != nil {
		t.Fatalf("another client: %v", err)
	}
	r.cache.Wait()
	if err := ask(99, 1); err != nil {
		t.Fatalf("what is in memory is served to all: %v", err)
	}
	if _, err := r.Find(context.Background(), d, []byte("no-code!"), 2); !errors.Is(err, ErrUnknown) {
		t.Fatal(err)
	}
}

func TestConcurrentMissesShareOneLookUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.resolver(newMemJournal(1))
		l := w.link(7, 5)
		w.store.hold = make(chan struct{})
		var wg sync.WaitGroup
		for range 200 {
			wg.Go(func() { w.must(r, l) })
		}
		synctest.Wait() // the store has the first question and everybody else waits for its answer
		close(w.store.hold)
		wg.Wait()
		if w.store.reads != 1 {
			t.Fatalf("%d look-ups of one link", w.store.reads)
		}
	})
}

func TestCodesBelongToTheirDomain(t *testing.T) {
	w := newWorld(t)
	r := w.resolver(newMemJournal(1))
	standard := w.link(7, 5)
	custom := standard
	custom.ID, custom.Custom, custom.Domain, custom.Code = 8, true, "c.example.com/go", "Abc"
	w.store.with(func() { w.store.links[8] = custom })
	find := func(host, path string, want int64) {
		t.Helper()
		d, code, ok := r.Domain([]byte(host), []byte(path))
		var got int64
		if ok {
			if e, err := r.Find(context.Background(), d, code, 1); err == nil {
				got = e.LinkID()
			} else if !errors.Is(err, ErrUnknown) {
				t.Error(err)
			}
		}
		if got != want {
			t.Errorf("http://%s%s is link %d, want %d", host, path, got, want)
		}
	}
	find("s.example.com", "/"+standard.Code, 7)
	find("S.Example.COM.", "/"+standard.Code, 7)
	find("s.example.com:8080", "/"+standard.Code, 7)
	find("c.example.com", "/go/Abc", 8)
	find("c.example.com:1", "/go/Abc", 8)
	find("c.example.com", "/go/abc", 0)
	find("c.example.com", "/GO/Abc", 0)
	find("c.example.com", "/Abc", 0)
	find("s.example.com", "/go/Abc", 0)
	find("s.example.com", "/Abc", 0)
	find("c.example.com", "/go/"+standard.Code, 0)
	find("f.example.com", "/"+standard.Code, 0)
	find("other.example", "/"+standard.Code, 0)
	find("", "/"+standard.Code, 0)
	find("s.example.com", "/", 0)
	ten, _ := w.codec.AppendCode(nil, 7, 10) // the same id in a code of another length
	find("s.example.com", "/"+string(ten), 0)
}

func TestAnyHostServesStandardCodes(t *testing.T) {
	w := newWorld(t)
	o := w.options("n1", newMemJournal(1))
	o.AnyHost = true
	r, err := OpenResolver(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close(context.Background())
	l := w.link(7, 5)
	d, code, ok := r.Domain([]byte("127.0.0.1:8080"), []byte("/"+l.Code))
	if !ok {
		t.Fatal("no domain")
	}
	if e, err := r.Find(context.Background(), d, code, 1); err != nil || e.LinkID() != 7 {
		t.Fatal(err)
	}
}

func TestRevokedLinksAreForgotten(t *testing.T) {
	w := newWorld(t)
	r := w.resolver(newMemJournal(1))
	l := w.link(7, 5)
	w.must(r, l)
	r.cache.Wait()
	w.store.with(func() {
		l.Revoked = true
		w.store.links[7] = l
		w.store.revoked = []int64{7}
	})
	if err := r.forgetRevoked(context.Background()); err != nil {
		t.Fatal(err)
	}
	if v := r.Resolve(context.Background(), w.must(r, l), attempt("")); v != Revoked {
		t.Fatalf("%v", v.Reason())
	}
}
