package contract

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"cardlink/callback"
)

var callbackNow = time.UnixMilli(1_767_312_000_000).UTC()

const callbackLease = time.Minute

func endpoint(tenant string, t callback.URLType) callback.Endpoint {
	return callback.Endpoint{
		ID: tenant + strconv.Itoa(int(t)), Tenant: tenant, URLType: t, URL: "https://example.com/" + tenant, CreatedAt: callbackNow,
	}
}

func register(ctx context.Context, s callback.Store, tenant string, types ...callback.URLType) error {
	var errs []error
	for _, t := range types {
		_, err := s.PutEndpoint(ctx, endpoint(tenant, t))
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func news(tenant string, k callback.Kind, from, to int) (out []callback.News) {
	for i := from; i < to; i++ {
		out = append(out, callback.News{Tenant: tenant, FactID: string(k) + strconv.Itoa(i), Kind: k, Data: []byte(`{"n":"` + strconv.Itoa(i) + `"}`)})
	}
	return out
}

func enqueue(ctx context.Context, s callback.Store, want int, ns ...callback.News) error {
	if n, err := s.Enqueue(ctx, ns, callbackNow); err != nil || n != want {
		return fmt.Errorf("Enqueue = %d, %v; want %d", n, err, want)
	}
	return nil
}

// claim writes a claim down: "sms0#1 | sms1#1" is two pushes at their first attempt.
func claim(ctx context.Context, s callback.Store, tenant string, t callback.URLType, at time.Time, limit int, want string) (callback.Claim, error) {
	c, err := s.Claim(ctx, tenant, t, "node", at, callbackLease, limit)
	if err != nil {
		return c, err
	}
	var pushes []string
	for _, p := range c.Pushes {
		var items []string
		for _, it := range p.Items {
			items = append(items, fmt.Sprintf("%s#%d", it.FactID, it.Attempts))
		}
		if len(items) > 3 {
			items = []string{items[0], fmt.Sprintf("%d more", len(items)-1)}
		}
		pushes = append(pushes, strings.Join(items, " "))
	}
	if got := strings.Join(pushes, " | "); got != want {
		return c, fmt.Errorf("claimed %q, want %q", got, want)
	}
	return c, nil
}

func results(p callback.Push, v callback.Verdict, next time.Time) (rs []callback.Result) {
	for _, it := range p.Items {
		rs = append(rs, callback.Result{Item: it, Verdict: v, Next: next, Text: "text"})
	}
	return rs
}

// Callbacks is what callback.Store promises. Each check gets an empty store.
var Callbacks = []struct {
	Name  string
	Check func(context.Context, callback.Store) error
}{
	{"one address per type; registering again replaces it and keeps its id", func(ctx context.Context, s callback.Store) error {
		if err := register(ctx, s, "a", 2, 0); err != nil {
			return err
		}
		again := endpoint("a", 0)
		again.ID, again.URL = "another", "https://example.com/new"
		e, err := s.PutEndpoint(ctx, again)
		if err != nil || e.ID != "a0" || e.URL != again.URL || !e.CreatedAt.Equal(callbackNow) {
			return fmt.Errorf("registered again: %+v, %v", e, err)
		}
		es, err := s.Endpoints(ctx, "a")
		if err != nil || len(es) != 2 || es[0] != e || es[1].URLType != 2 {
			return fmt.Errorf("Endpoints = %+v, %v", es, err)
		}
		if es, err := s.Endpoints(ctx, "b"); err != nil || len(es) != 0 {
			return fmt.Errorf("another tenant sees %+v, %v", es, err)
		}
		return nil
	}},
	{"a fact has one row per address that takes its kind, however often it comes", func(ctx context.Context, s callback.Store) error {
		if err := errors.Join(register(ctx, s, "a", 0, 1, 2), register(ctx, s, "b", 1)); err != nil {
			return err
		}
		if err := enqueue(ctx, s, 5, append(append(news("a", callback.KindSMS, 0, 2), news("a", callback.KindTemplate, 0, 1)...), news("nobody", callback.KindSMS, 0, 1)...)...); err != nil {
			return err
		}
		if err := enqueue(ctx, s, 3, append(news("a", callback.KindSMS, 0, 3), news("b", callback.KindTemplate, 0, 1)...)...); err != nil {
			return err
		}
		_, err1 := claim(ctx, s, "a", 0, callbackNow, 10, "sms0#1 | sms1#1 | sms2#1")
		_, err2 := claim(ctx, s, "a", 1, callbackNow, 10, "template0#1")
		_, err3 := claim(ctx, s, "b", 1, callbackNow, 10, "template0#1")
		return errors.Join(err1, err2, err3)
	}},
	{"a claim hides rows until its lease ends, and then they are another attempt", func(ctx context.Context, s callback.Store) error {
		if err := errors.Join(register(ctx, s, "a", 0), enqueue(ctx, s, 3, news("a", callback.KindSMS, 0, 3)...)); err != nil {
			return err
		}
		first, err := claim(ctx, s, "a", 0, callbackNow, 1, "sms0#1")
		if err != nil {
			return err
		}
		next, err := claim(ctx, s, "a", 0, callbackNow.Add(time.Millisecond), 1, "sms1#1")
		if err != nil {
			return err
		}
		if string(next.Pushes[0].Items[0].Data) != `{"n":"1"}` || first.Endpoint.URL != "https://example.com/a" {
			return fmt.Errorf("claimed %+v", first)
		}
		if _, err := claim(ctx, s, "a", 0, callbackNow.Add(callbackLease-time.Millisecond), 10, "sms2#1"); err != nil {
			return err
		}
		second, err := claim(ctx, s, "a", 0, callbackNow.Add(callbackLease+time.Millisecond), 10, "sms0#2 | sms1#2")
		if err != nil {
			return err
		}
		if second.Pushes[0].ID != first.Pushes[0].ID {
			return errors.New("the second attempt of a push has another id")
		}
		// The first claimer comes late: its failure is stale, its success is not.
		late := append(results(first.Pushes[0], callback.Again, callbackNow), results(next.Pushes[0], callback.Delivered, time.Time{})...)
		if err := s.Finish(ctx, late, callbackNow); err != nil {
			return err
		}
		_, err = claim(ctx, s, "a", 0, callbackNow.Add(3*callbackLease), 10, "sms2#2 | sms0#3")
		return err
	}},
	{"results: delivered is over, again comes at its time, dead can be replayed", func(ctx context.Context, s callback.Store) error {
		if err := errors.Join(register(ctx, s, "a", 0), enqueue(ctx, s, 3, news("a", callback.KindSMS, 0, 3)...)); err != nil {
			return err
		}
		c, err := claim(ctx, s, "a", 0, callbackNow, 10, "sms0#1 | sms1#1 | sms2#1")
		if err != nil {
			return err
		}
		next := callbackNow.Add(5 * time.Second)
		rs := append(results(c.Pushes[0], callback.Delivered, time.Time{}), results(c.Pushes[1], callback.Again, next)...)
		if err := s.Finish(ctx, append(rs, results(c.Pushes[2], callback.Dead, time.Time{})...), callbackNow); err != nil {
			return err
		}
		if due, err := s.Due(ctx); err != nil || len(due) != 1 || !due[0].Next.Equal(next) {
			return fmt.Errorf("Due = %v, %v; want one at %v", due, err, next)
		}
		if _, err := claim(ctx, s, "a", 0, next.Add(-time.Millisecond), 10, ""); err != nil {
			return err
		}
		if _, err := claim(ctx, s, "a", 0, next, 10, "sms1#2"); err != nil {
			return err
		}
		dead, err := s.DeadLetters(ctx, "a", 10)
		if err != nil || len(dead) != 1 || dead[0].FactID != "sms2" || dead[0].Result != "text" || !dead[0].DiedAt.Equal(callbackNow) {
			return fmt.Errorf("DeadLetters = %+v, %v", dead, err)
		}
		for _, wrong := range [][]int64{{dead[0].ID + 1000}} {
			if n, err := s.Replay(ctx, "a", 0, wrong, next); err != nil || n != 0 {
				return fmt.Errorf("Replay of a strange id = %d, %v", n, err)
			}
		}
		if n, err := s.Replay(ctx, "b", 0, nil, next); err != nil || n != 0 {
			return fmt.Errorf("Replay by another tenant = %d, %v", n, err)
		}
		if n, err := s.Replay(ctx, "a", 0, []int64{dead[0].ID}, next); err != nil || n != 1 {
			return fmt.Errorf("Replay = %d, %v", n, err)
		}
		c, err = claim(ctx, s, "a", 0, next, 10, "sms2#2")
		if err == nil && c.Pushes[0].Items[0].Tries != 1 {
			err = fmt.Errorf("a replay is try %d, want 1", c.Pushes[0].Items[0].Tries)
		}
		return err
	}},
	{"a batched address waits for its linger or a full batch, one kind per push", func(ctx context.Context, s callback.Store) error {
		if err := errors.Join(register(ctx, s, "a", 2), enqueue(ctx, s, 32, append(news("a", callback.KindSMS, 0, 30), news("a", callback.KindShortLink, 0, 2)...)...)); err != nil {
			return err
		}
		if _, err := claim(ctx, s, "a", 2, callbackNow.Add(callback.Linger-time.Millisecond), 10, ""); err != nil {
			return err
		}
		if err := enqueue(ctx, s, 100, news("a", callback.KindSMS, 30, 130)...); err != nil {
			return err
		}
		c, err := claim(ctx, s, "a", 2, callbackNow, 10, "sms0#1 99 more")
		if err != nil {
			return err
		}
		if err := s.Finish(ctx, results(c.Pushes[0], callback.Again, callbackNow.Add(5*time.Second)), callbackNow); err != nil {
			return err
		}
		rest := callbackNow.Add(callback.Linger)
		if _, err := claim(ctx, s, "a", 2, rest, 10, "sms100#1 29 more | shortchain0#1 shortchain1#1"); err != nil {
			return err
		}
		// What failed together comes back together, under the same id, and takes no new rows in.
		if err := enqueue(ctx, s, 1, news("a", callback.KindSMS, 130, 131)...); err != nil {
			return err
		}
		again, err := claim(ctx, s, "a", 2, callbackNow.Add(5*time.Second), 10, "sms0#2 99 more | sms130#1")
		if err == nil && again.Pushes[0].ID != c.Pushes[0].ID {
			err = errors.New("the repeated push has another id")
		}
		return err
	}},
	{"the limit counts pushes and never cuts one", func(ctx context.Context, s callback.Store) error {
		if err := errors.Join(register(ctx, s, "a", 2), enqueue(ctx, s, 250, news("a", callback.KindSMS, 0, 250)...)); err != nil {
			return err
		}
		at := callbackNow.Add(callback.Linger)
		c, err := claim(ctx, s, "a", 2, at, 10, "sms0#1 99 more | sms100#1 99 more | sms200#1 49 more")
		if err != nil {
			return err
		}
		at = at.Add(callbackLease) // all three are due at the same moment
		sizes := map[string]int{}
		for range 3 {
			one, err := s.Claim(ctx, "a", 2, "node", at, callbackLease, 1)
			if err != nil {
				return err
			}
			for _, p := range one.Pushes {
				sizes[p.ID] += len(p.Items)
			}
			if len(one.Pushes) != 1 {
				return fmt.Errorf("%d pushes, want 1", len(one.Pushes))
			}
		}
		for _, p := range c.Pushes {
			if sizes[p.ID] != len(p.Items) {
				return fmt.Errorf("push of %d came back with %d", len(p.Items), sizes[p.ID])
			}
		}
		return nil
	}},
	{"giving back undoes a claim; releasing keeps the attempt", func(ctx context.Context, s callback.Store) error {
		if err := errors.Join(register(ctx, s, "a", 0), enqueue(ctx, s, 2, news("a", callback.KindSMS, 0, 2)...)); err != nil {
			return err
		}
		c, err := claim(ctx, s, "a", 0, callbackNow, 10, "sms0#1 | sms1#1")
		if err != nil {
			return err
		}
		if err := s.GiveBack(ctx, c.Pushes[0].Items, callbackNow); err != nil {
			return err
		}
		if n, err := s.Release(ctx, "someone else", callbackNow); err != nil || n != 0 {
			return fmt.Errorf("Release of another holder = %d, %v", n, err)
		}
		if n, err := s.Release(ctx, "node", callbackNow); err != nil || n != 1 {
			return fmt.Errorf("Release = %d, %v", n, err)
		}
		c, err = s.Claim(ctx, "a", 0, "node", callbackNow, callbackLease, 10)
		got := map[string]int{}
		for _, p := range c.Pushes {
			got[p.Items[0].FactID] = p.Items[0].Attempts
		}
		if err == nil && (got["sms0"] != 1 || got["sms1"] != 2) {
			err = fmt.Errorf("attempts %v, want sms0 1 and sms1 2", got)
		}
		return err
	}},
	{"a disabled address is not called, its rows die, and registering again revives it", func(ctx context.Context, s callback.Store) error {
		if err := errors.Join(register(ctx, s, "a", 0), register(ctx, s, "b", 0),
			enqueue(ctx, s, 4, append(news("a", callback.KindSMS, 0, 3), news("b", callback.KindSMS, 0, 1)...)...)); err != nil {
			return err
		}
		if err := s.Disable(ctx, "a0", "https://example.com/old", "gone", callbackNow); err != nil {
			return err
		}
		if es, err := s.Endpoints(ctx, "a"); err != nil || es[0].Disabled != "" {
			return fmt.Errorf("an answer of an old address disabled the new one: %+v, %v", es, err)
		}
		if err := s.Disable(ctx, "a0", "https://example.com/a", "gone", callbackNow); err != nil {
			return err
		}
		if due, err := s.Due(ctx); err != nil || len(due) != 1 || due[0].Tenant != "b" {
			return fmt.Errorf("Due = %v, %v; want b alone", due, err)
		}
		if _, err := claim(ctx, s, "a", 0, callbackNow, 10, ""); err != nil {
			return err
		}
		if err := enqueue(ctx, s, 0, news("a", callback.KindSMS, 9, 10)...); err != nil {
			return err
		}
		for _, want := range []int{2, 1, 0} {
			if n, err := s.BuryDisabled(ctx, callbackNow, 2); err != nil || n != want {
				return fmt.Errorf("BuryDisabled = %d, %v; want %d", n, err, want)
			}
		}
		if err := register(ctx, s, "a", 0); err != nil {
			return err
		}
		if n, err := s.Replay(ctx, "a", 0, nil, callbackNow); err != nil || n != 3 {
			return fmt.Errorf("Replay = %d, %v; want 3", n, err)
		}
		_, err := claim(ctx, s, "a", 0, callbackNow, 10, "sms0#1 | sms1#1 | sms2#1")
		return err
	}},
	{"what is over is forgotten in its time", func(ctx context.Context, s callback.Store) error {
		if err := errors.Join(register(ctx, s, "a", 0), enqueue(ctx, s, 3, news("a", callback.KindSMS, 0, 3)...)); err != nil {
			return err
		}
		c, err := claim(ctx, s, "a", 0, callbackNow, 2, "sms0#1 | sms1#1")
		if err != nil {
			return err
		}
		if err := s.Finish(ctx, append(results(c.Pushes[0], callback.Delivered, time.Time{}), results(c.Pushes[1], callback.Dead, time.Time{})...), callbackNow); err != nil {
			return err
		}
		later := callbackNow.Add(time.Second)
		for _, step := range []struct {
			delivered, dead time.Time
			want            int
		}{{callbackNow, callbackNow, 0}, {later, callbackNow, 1}, {later, later, 1}, {later, later, 0}} {
			if n, err := s.Purge(ctx, step.delivered, step.dead, 10); err != nil || n != step.want {
				return fmt.Errorf("Purge = %d, %v; want %d", n, err, step.want)
			}
		}
		_, err = claim(ctx, s, "a", 0, later, 10, "sms2#1")
		return err
	}},
}
