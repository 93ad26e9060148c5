package contract

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"cardlink/idempotency"
)

var callsNow = time.UnixMilli(1_767_323_045_000)

// callClaim asks for key "k" of an operation at some moment, for a minute.
func callClaim(tenant, op, fingerprint, holder string, at time.Time) idempotency.Claim {
	return idempotency.Claim{
		Call:   idempotency.Call{Tenant: tenant, Op: op, Key: "k", Fingerprint: fingerprint},
		Holder: holder, At: at, Until: at.Add(time.Minute),
	}
}

// Idempotency needs a fresh store with the tenants "a" and "b".
var Idempotency = []struct {
	Name  string
	Check func(context.Context, idempotency.Store) error
}{
	{"a first answer comes back byte for byte, to its own tenant and operation", func(ctx context.Context, s idempotency.Store) error {
		first := callClaim("a", "op", "f", "h1", callsNow)
		answer := idempotency.Answer{Status: 400, Type: "application/json", Body: []byte("{\"名\":\"\x00\xff\"}")}
		return errors.Join(
			claimsCall(ctx, s, first, idempotency.Claimed{}),
			answersCall(ctx, s, first, answer, true),
			claimsCall(ctx, s, callClaim("a", "op", "f", "h2", callsNow.Add(time.Second)), idempotency.Claimed{State: idempotency.Answered, Answer: answer}),
			claimsCall(ctx, s, callClaim("a", "other", "f", "h3", callsNow), idempotency.Claimed{}),
			claimsCall(ctx, s, callClaim("b", "op", "f", "h4", callsNow), idempotency.Claimed{}),
		)
	}},
	{"another request under the key is told so, answered or not", func(ctx context.Context, s idempotency.Store) error {
		first, reused := callClaim("a", "op", "f", "h1", callsNow), idempotency.Claimed{State: idempotency.Reused}
		return errors.Join(
			claimsCall(ctx, s, first, idempotency.Claimed{}),
			claimsCall(ctx, s, callClaim("a", "op", "g", "h2", callsNow), reused),
			claimsCall(ctx, s, callClaim("a", "op", "g", "h3", callsNow.Add(time.Hour)), reused),
			answersCall(ctx, s, first, idempotency.Answer{Status: 200}, true),
			claimsCall(ctx, s, callClaim("a", "op", "g", "h4", callsNow), reused),
		)
	}},
	{"a call without an answer keeps its key for its lease, then the next runs and knows", func(ctx context.Context, s idempotency.Store) error {
		first := callClaim("a", "op", "f", "h1", callsNow)
		second := callClaim("a", "op", "f", "h3", callsNow.Add(time.Minute))
		return errors.Join(
			claimsCall(ctx, s, first, idempotency.Claimed{}),
			claimsCall(ctx, s, callClaim("a", "op", "f", "h2", callsNow.Add(time.Minute-time.Millisecond)), idempotency.Claimed{State: idempotency.Running, Until: first.Until}),
			claimsCall(ctx, s, second, idempotency.Claimed{Again: true}),
			answersCall(ctx, s, first, idempotency.Answer{Status: 201}, false),
			s.ReleaseCall(ctx, first, false),
			answersCall(ctx, s, second, idempotency.Answer{Status: 200}, true),
			claimsCall(ctx, s, callClaim("a", "op", "f", "h4", second.At), idempotency.Claimed{State: idempotency.Answered, Answer: idempotency.Answer{Status: 200, Body: []byte{}}}),
		)
	}},
	{"a released key is free, and one that was taken over stays known", func(ctx context.Context, s idempotency.Store) error {
		first := callClaim("a", "op", "f", "h1", callsNow)
		second := callClaim("a", "op", "g", "h2", callsNow)
		third := callClaim("a", "op", "g", "h3", second.Until)
		return errors.Join(
			claimsCall(ctx, s, first, idempotency.Claimed{}),
			s.ReleaseCall(ctx, first, false),
			claimsCall(ctx, s, second, idempotency.Claimed{}), // another request may have it: nothing happened under it
			claimsCall(ctx, s, third, idempotency.Claimed{Again: true}),
			s.ReleaseCall(ctx, third, true),
			claimsCall(ctx, s, callClaim("a", "op", "g", "h4", second.Until), idempotency.Claimed{Again: true}),
		)
	}},
	{"an answer is given once", func(ctx context.Context, s idempotency.Store) error {
		first := callClaim("a", "op", "f", "h1", callsNow)
		return errors.Join(
			claimsCall(ctx, s, first, idempotency.Claimed{}),
			answersCall(ctx, s, first, idempotency.Answer{Status: 200, Body: []byte("1")}, true),
			answersCall(ctx, s, first, idempotency.Answer{Status: 200, Body: []byte("2")}, false),
			s.ReleaseCall(ctx, first, false),
			claimsCall(ctx, s, callClaim("a", "op", "f", "h2", callsNow), idempotency.Claimed{State: idempotency.Answered, Answer: idempotency.Answer{Status: 200, Body: []byte("1")}}),
		)
	}},
	{"after its life a key is new, swept or not", func(ctx context.Context, s idempotency.Store) error {
		first := callClaim("a", "op", "f", "h1", callsNow)
		late := callsNow.Add(idempotency.Life)
		err := errors.Join(
			claimsCall(ctx, s, first, idempotency.Claimed{}),
			answersCall(ctx, s, first, idempotency.Answer{Status: 200}, true),
			claimsCall(ctx, s, callClaim("a", "op", "g", "h2", late), idempotency.Claimed{State: idempotency.Reused}),
			claimsCall(ctx, s, callClaim("a", "op", "g", "h3", late.Add(time.Millisecond)), idempotency.Claimed{}),
			claimsCall(ctx, s, callClaim("a", "op", "g", "h4", late.Add(2*time.Millisecond)), idempotency.Claimed{State: idempotency.Running, Until: late.Add(time.Millisecond + time.Minute)}),
		)
		n, e := s.SweepCalls(ctx, late.Add(time.Millisecond), 10)
		return errors.Join(err, e, same("swept: the key has begun anew", n, 0))
	}},
	{"the sweep takes the oldest, no more than it is told", func(ctx context.Context, s idempotency.Store) error {
		var err error
		for i, op := range []string{"1", "2", "3", "4"} {
			err = errors.Join(err, claimsCall(ctx, s, callClaim("a", op, "f", "h", callsNow.Add(time.Duration(i)*time.Second)), idempotency.Claimed{}))
		}
		for _, want := range []int{2, 1, 0} {
			n, e := s.SweepCalls(ctx, callsNow.Add(3*time.Second), 2)
			err = errors.Join(err, e, same("swept", n, want))
		}
		return errors.Join(err, claimsCall(ctx, s, callClaim("a", "4", "f", "h2", callsNow), idempotency.Claimed{State: idempotency.Running, Until: callsNow.Add(63 * time.Second)}))
	}},
	{"of claims at once one is fresh", func(ctx context.Context, s idempotency.Store) error {
		var (
			wg    sync.WaitGroup
			mu    sync.Mutex
			errs  error
			count = map[idempotency.State]int{}
		)
		for i := range 16 {
			wg.Go(func() {
				got, err := s.ClaimCall(ctx, callClaim("a", "op", "f", fmt.Sprint(i), callsNow))
				mu.Lock()
				defer mu.Unlock()
				errs = errors.Join(errs, err)
				count[got.State]++
			})
		}
		wg.Wait()
		return errors.Join(errs, same("states", count, map[idempotency.State]int{idempotency.Fresh: 1, idempotency.Running: 15}))
	}},
}

func claimsCall(ctx context.Context, s idempotency.Store, c idempotency.Claim, want idempotency.Claimed) error {
	got, err := s.ClaimCall(ctx, c)
	return errors.Join(err, same("claim of "+c.Tenant+"/"+c.Op+" by "+c.Holder, got, want))
}

func answersCall(ctx context.Context, s idempotency.Store, c idempotency.Claim, a idempotency.Answer, want bool) error {
	kept, err := s.AnswerCall(ctx, c, a)
	return errors.Join(err, same("answer of "+c.Holder+" is kept", kept, want))
}
