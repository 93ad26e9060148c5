package contract

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cardlink/dispatch"
	"cardlink/dispatch/carrier"
)

// DispatchStore is what the dispatch room is promised.
type DispatchStore interface {
	dispatch.Store
	dispatch.Queue
}

// Dispatch needs a fresh store with the tenants "a" and "b".
var Dispatch = []struct {
	Name  string
	Check func(context.Context, DispatchStore) error
}{
	{"a task under a used idempotency key stores nothing", func(ctx context.Context, s DispatchStore) error {
		keep := &dispatch.Keep{Op: "send-tasks", Key: "k", BodyHash: "h", Answer: func([]int) ([]byte, error) { return []byte("first"), nil }}
		if _, err := s.CreateSendTask(ctx, task("a", 1), nil, texts(task("a", 1), 2, dispatch.Notify), keep); err != nil {
			return err
		}
		if _, err := s.CreateSendTask(ctx, task("a", 2), nil, texts(task("a", 2), 2, dispatch.Notify), keep); !errors.Is(err, dispatch.ErrRepeated) {
			return fmt.Errorf("err = %v, want ErrRepeated", err)
		}
		if _, err := s.CreateSendTask(ctx, task("b", 3), nil, texts(task("b", 3), 2, dispatch.Notify), keep); err != nil {
			return fmt.Errorf("another tenant's key: %w", err)
		}
		kept, found, err := s.Idempotent(ctx, "a", "send-tasks", "k")
		if err != nil {
			return err
		}
		books, err := s.Books(ctx, "")
		return errors.Join(err, same("found", found, true), same("kept", string(kept.Answer), "first"),
			same("books", books, dispatch.Books{Accepted: 4, Pending: 4}))
	}},
	{"due messages are claimed once, oldest first, tenant by tenant", func(ctx context.Context, s DispatchStore) error {
		for i, tenant := range []string{"a", "a", "b"} {
			if _, err := s.CreateSendTask(ctx, task(tenant, i+1), nil, texts(task(tenant, i+1), 3, dispatch.Marketing), nil); err != nil {
				return err
			}
		}
		due := func(after string, at time.Time) string {
			ts, err := s.DueTenants(ctx, "r", dispatch.Marketing, after, at, 10)
			return fmt.Sprint(ts, err)
		}
		if err := errors.Join(
			same("nobody early", due("", dispatchNow.Add(-time.Second)), "[] <nil>"),
			same("all", due("", dispatchNow), "[a b] <nil>"),
			same("round", due("a", dispatchNow), "[b a] <nil>"),
		); err != nil {
			return err
		}
		owner, err := s.OpenOwner(ctx, "node", dispatchNow, time.Minute)
		if err != nil {
			return err
		}
		c := dispatch.Claim{Owner: owner, Route: "r", Class: dispatch.Marketing, Tenants: []string{"a", "b"}, PerTenant: 4, Now: dispatchNow}
		first, err1 := s.ClaimMessages(ctx, c)
		second, err2 := s.ClaimMessages(ctx, c)
		third, err3 := s.ClaimMessages(ctx, c)
		seen := map[int64]bool{}
		for _, w := range slices.Concat(first, second, third) {
			if seen[w.ID] || w.Phone == "" || w.Text == "" || w.TaskUUID == "" || w.PhoneRef == "" {
				return fmt.Errorf("message %d is claimed twice or incomplete: %+v", w.ID, w)
			}
			seen[w.ID] = true
		}
		return errors.Join(err1, err2, err3, same("sizes", []int{len(first), len(second), len(third)}, []int{7, 2, 0}))
	}},
	{"an intent is written only for what the owner still holds", func(ctx context.Context, s DispatchStore) error {
		l, err := lead(ctx, s, 2, dispatch.Marketing)
		if err != nil {
			return err
		}
		// The node comes back under the same name: what the first worker held is queued again.
		if _, err := s.OpenOwner(ctx, "node", dispatchNow, time.Minute); err != nil {
			return err
		}
		t, err := s.RecoverMessages(ctx, dispatchNow, 10)
		if err != nil {
			return err
		}
		held, err := s.Intend(ctx, l.owner, dispatchNow, []dispatch.Intent{l.intent(0, 1, 1)})
		return errors.Join(err, same("recovered", t, dispatch.Tally{Requeued: 2}), same("held", held, map[int64]dispatch.Admission{}))
	}},
	{"a live owner's messages are left alone; a lapsed one's are taken over", func(ctx context.Context, s DispatchStore) error {
		if _, err := lead(ctx, s, 2, dispatch.Marketing); err != nil {
			return err
		}
		early, err1 := s.RecoverMessages(ctx, dispatchNow.Add(30*time.Second), 10)
		late, err2 := s.RecoverMessages(ctx, dispatchNow.Add(61*time.Second), 10)
		return errors.Join(err1, err2, same("early", early, dispatch.Tally{}), same("late", late, dispatch.Tally{Requeued: 2}))
	}},
	{"accepted, then delivered: success once, whatever is repeated", func(ctx context.Context, s DispatchStore) error {
		l, err := lead(ctx, s, 1, dispatch.Notify)
		if err != nil {
			return err
		}
		return errors.Join(
			l.books(ctx, dispatch.Books{Accepted: 1, Pending: 1}),
			l.accept(ctx, 0, 1, 1, "id1"),
			l.books(ctx, dispatch.Books{Accepted: 1, Submitted: 1}),
			l.receipt(ctx, "id1", 0, "ACCEPTD", dispatch.Tally{Intermediate: 1}),
			l.receipt(ctx, "id1", 0, "DELIVRD", dispatch.Tally{Succeeded: 1}),
			l.receipt(ctx, "id1", 0, "DELIVRD", dispatch.Tally{Duplicate: 1}),
			l.receipt(ctx, "id1", 0, "UNDELIV", dispatch.Tally{Conflict: 1}),
			l.books(ctx, dispatch.Books{Accepted: 1, Succeeded: 1}),
		)
	}},
	{"a receipt before its response is parked and found", func(ctx context.Context, s DispatchStore) error {
		l, err := lead(ctx, s, 1, dispatch.Notify)
		if err != nil {
			return err
		}
		return errors.Join(
			l.receipt(ctx, "id1", 0, "DELIVRD", dispatch.Tally{Parked: 1}),
			l.accept(ctx, 0, 1, 1, "id1"),
			l.books(ctx, dispatch.Books{Accepted: 1, Succeeded: 1}),
		)
	}},
	{"a receipt nobody knows becomes an orphan; one with another number does at once", func(ctx context.Context, s DispatchStore) error {
		l, err := lead(ctx, s, 2, dispatch.Notify)
		if err != nil {
			return err
		}
		return errors.Join(
			l.receipt(ctx, "nobody", 0, "DELIVRD", dispatch.Tally{Parked: 1}),
			l.sweep(ctx, 59*time.Second, dispatch.Tally{}),
			l.sweep(ctx, 61*time.Second, dispatch.Tally{Orphan: 1}),
			l.accept(ctx, 0, 1, 1, "id1"),
			l.receipt(ctx, "id1", 1, "DELIVRD", dispatch.Tally{Mismatch: 1}),
			l.books(ctx, dispatch.Books{Accepted: 2, Pending: 1, Submitted: 1}),
		)
	}},
	{"no receipt in 72 hours is a time-out; a later one changes nothing", func(ctx context.Context, s DispatchStore) error {
		l, err := lead(ctx, s, 1, dispatch.Notify)
		if err != nil {
			return err
		}
		return errors.Join(
			l.accept(ctx, 0, 1, 1, "id1"),
			l.sweep(ctx, 72*time.Hour-time.Second, dispatch.Tally{}),
			l.sweep(ctx, 72*time.Hour, dispatch.Tally{TimedOut: 1}),
			l.receipt(ctx, "id1", 0, "DELIVRD", dispatch.Tally{Late: 1}),
			l.books(ctx, dispatch.Books{Accepted: 1, TimedOut: 1}),
		)
	}},
	{"a long message is delivered when all parts are", func(ctx context.Context, s DispatchStore) error {
		l, err := lead(ctx, s, 1, dispatch.Notify)
		if err != nil {
			return err
		}
		return errors.Join(
			l.intend(ctx, 0, 1, 2),
			l.outcome(ctx, 0, 1, 1, "p1", false),
			l.receipt(ctx, "p1", 0, "DELIVRD", dispatch.Tally{}), // before the other part's answer
			l.outcome(ctx, 0, 1, 2, "p2", true),
			l.books(ctx, dispatch.Books{Accepted: 1, Submitted: 1}),
			l.receipt(ctx, "p2", 0, "DELIVRD", dispatch.Tally{Succeeded: 1}),
		)
	}},
	{"a long message fails with one part, also when that was known before the last answer", func(ctx context.Context, s DispatchStore) error {
		l, err := lead(ctx, s, 1, dispatch.Notify)
		if err != nil {
			return err
		}
		return errors.Join(
			l.intend(ctx, 0, 1, 2),
			l.outcome(ctx, 0, 1, 1, "p1", false),
			l.receipt(ctx, "p1", 0, "UNDELIV", dispatch.Tally{}),
			l.outcome(ctx, 0, 1, 2, "p2", true),
			l.books(ctx, dispatch.Books{Accepted: 1, Failed: 1}),
			l.receipt(ctx, "p2", 0, "DELIVRD", dispatch.Tally{}),
			l.books(ctx, dispatch.Books{Accepted: 1, Failed: 1}),
		)
	}},
	{"after a crash an open intent is doubtful: marketing waits, a notification is sent once more", func(ctx context.Context, s DispatchStore) error {
		for _, class := range []dispatch.Class{dispatch.Marketing, dispatch.Notify} {
			l, err := lead(ctx, s, 1, class)
			if err != nil {
				return err
			}
			if err := errors.Join(l.intend(ctx, 0, 1, 1), l.crash(ctx, dispatch.Tally{Doubtful: 1})); err != nil {
				return err
			}
			doubts, err := s.Uncertain(ctx, "a", 10)
			if err != nil || len(doubts) != 1 || doubts[0].Resend != (class == dispatch.Notify) {
				return fmt.Errorf("%v: uncertain = %+v, %v", class, doubts, err)
			}
			if class == dispatch.Marketing {
				err = errors.Join(l.sweep(ctx, time.Hour, dispatch.Tally{}), l.sweep(ctx, 72*time.Hour, dispatch.Tally{TimedOut: 1}))
			} else {
				err = errors.Join(l.sweep(ctx, 9*time.Second, dispatch.Tally{}), l.sweep(ctx, 10*time.Second, dispatch.Tally{Resent: 1}), l.reclaim(ctx, 10*time.Second),
					same("marked", l.messages[0].MaybeDup, true), same("tries", l.messages[0].Tries, 1),
					l.intend(ctx, 0, 2, 1), l.crash(ctx, dispatch.Tally{Doubtful: 1}), l.sweep(ctx, time.Minute, dispatch.Tally{})) // once
			}
			if err != nil {
				return fmt.Errorf("%v: %w", class, err)
			}
		}
		return nil
	}},
	{"a refused or unsent try is not doubtful after a crash", func(ctx context.Context, s DispatchStore) error {
		l, err := lead(ctx, s, 1, dispatch.Marketing)
		if err != nil {
			return err
		}
		if err := l.intend(ctx, 0, 1, 1); err != nil {
			return err
		}
		// FLOW: the worker keeps the message in memory and only the part's answer is recorded.
		if _, err := s.RecordResults(ctx, dispatch.Record{Owner: l.owner, Now: l.now, Outcomes: []dispatch.Outcome{
			{Key: l.key(0, 1, 1), State: dispatch.PartRefused, Code: "8", At: l.now}}}); err != nil {
			return err
		}
		return errors.Join(l.crash(ctx, dispatch.Tally{Requeued: 1}), l.reclaim(ctx, 0), same("tries", l.messages[0].Tries, 1))
	}},
	{"a decided try leaves no doubt behind when the message crashes again in memory", func(ctx context.Context, s DispatchStore) error {
		l, err := lead(ctx, s, 1, dispatch.Notify)
		if err != nil {
			return err
		}
		return errors.Join(
			l.intend(ctx, 0, 1, 1), l.crash(ctx, dispatch.Tally{Doubtful: 1}), l.sweep(ctx, 10*time.Second, dispatch.Tally{Resent: 1}),
			l.reclaim(ctx, 10*time.Second), l.crash(ctx, dispatch.Tally{Requeued: 1}),
		)
	}},
	{"a late answer ends the doubt", func(ctx context.Context, s DispatchStore) error {
		l, err := lead(ctx, s, 1, dispatch.Marketing)
		if err != nil {
			return err
		}
		return errors.Join(
			l.intend(ctx, 0, 1, 1), l.crash(ctx, dispatch.Tally{Doubtful: 1}),
			l.outcome(ctx, 0, 1, 1, "id1", true),
			l.books(ctx, dispatch.Books{Accepted: 1, Submitted: 1}),
			l.receipt(ctx, "id1", 0, "DELIVRD", dispatch.Tally{Succeeded: 1}),
		)
	}},
	{"a receipt nobody knows ends the doubt of the one message to its number", func(ctx context.Context, s DispatchStore) error {
		l, err := lead(ctx, s, 2, dispatch.Marketing)
		if err != nil {
			return err
		}
		return errors.Join(
			l.intend(ctx, 0, 1, 1), l.intend(ctx, 1, 1, 1), l.crash(ctx, dispatch.Tally{Doubtful: 2}),
			l.receipt(ctx, "lost", 1, "DELIVRD", dispatch.Tally{Parked: 1}),
			l.sweep(ctx, 4*time.Second, dispatch.Tally{}),
			l.sweep(ctx, 5*time.Second, dispatch.Tally{Adopted: 1, Succeeded: 1}),
			l.books(ctx, dispatch.Books{Accepted: 2, Ambiguous: 1, Succeeded: 1}),
		)
	}},
	{"a receipt that blames the load sends the message again", func(ctx context.Context, s DispatchStore) error {
		l, err := lead(ctx, s, 1, dispatch.Notify)
		if err != nil {
			return err
		}
		if err := l.accept(ctx, 0, 1, 1, "id1"); err != nil {
			return err
		}
		r := l.receiptOf("id1", 0, "MI:0062")
		r.Class = carrier.Flow
		return errors.Join(l.record(ctx, dispatch.Record{Receipts: []dispatch.ChannelReceipt{r}}, dispatch.Tally{Requeued: 1}),
			l.reclaim(ctx, 2*time.Second), same("tries", l.messages[0].Tries, 1), l.accept(ctx, 0, 2, 1, "id2"),
			l.receipt(ctx, "id2", 0, "DELIVRD", dispatch.Tally{Succeeded: 1}))
	}},
	{"transitions of messages that moved on change nothing", func(ctx context.Context, s DispatchStore) error {
		l, err := lead(ctx, s, 1, dispatch.Notify)
		if err != nil {
			return err
		}
		if err := errors.Join(l.crash(ctx, dispatch.Tally{Requeued: 1}), l.reclaim(ctx, 0)); err != nil {
			return err
		}
		t := l.transition(0, dispatch.Failed, 1, 1)
		return errors.Join(l.record(ctx, dispatch.Record{Owner: l.owner - 1, Transitions: []dispatch.Transition{t}}, dispatch.Tally{}),
			l.books(ctx, dispatch.Books{Accepted: 1, Pending: 1}))
	}},
	{"released messages are due at once and remember their tries", func(ctx context.Context, s DispatchStore) error {
		l, err := lead(ctx, s, 1, dispatch.Notify)
		if err != nil {
			return err
		}
		if err := s.ReleaseMessages(ctx, l.owner, []dispatch.Held{{ID: l.messages[0].ID, Tries: 7}}); err != nil {
			return err
		}
		return errors.Join(l.reclaim(ctx, 0), same("tries", l.messages[0].Tries, 7))
	}},
	{"details show where a message is, by task, number and sign", func(ctx context.Context, s DispatchStore) error {
		l, err := lead(ctx, s, 2, dispatch.Notify)
		if err != nil {
			return err
		}
		l.now = dispatchNow.Add(2 * time.Hour) // it waited
		if err := errors.Join(l.accept(ctx, 0, 1, 1, "id1"), l.receipt(ctx, "id1", 0, "UNDELIV", dispatch.Tally{Failed: 1})); err != nil {
			return err
		}
		during := func(from, to time.Duration) dispatch.Span {
			return dispatch.Span{From: dispatchNow.Add(from), To: dispatchNow.Add(to)}
		}
		details := func(tenant string, f dispatch.DetailFilter) string {
			f.Page.Limit = 10
			ds, n, err := s.SendDetails(ctx, tenant, f)
			text := fmt.Sprintf("%d %v:", n, err)
			for _, d := range ds {
				text += " " + d.CustFlag + "=" + d.Status + d.Code
			}
			return text
		}
		uuid := l.messages[0].TaskUUID
		tasks, n, err := s.SendTasks(ctx, "a", dispatch.TaskFilter{TaskID: uuid, Page: dispatch.Page{Limit: 10}})
		if err != nil || n != 1 || tasks[0].Submissions != 2 || tasks[0].Sends != 2 || tasks[0].Succeeded != 0 {
			return fmt.Errorf("tasks: %+v, %d, %v", tasks, n, err)
		}
		return errors.Join(
			same("all", details("a", dispatch.DetailFilter{TaskID: uuid}), "2 <nil>: 13800000002=sending 13800000001=failUNDELIV"),
			same("number", details("a", dispatch.DetailFilter{CustFlag: "+8613800000002"}), "1 <nil>: 13800000002=sending"),
			same("sign", details("a", dispatch.DetailFilter{Sign: "nobody"}), "0 <nil>:"),
			same("another tenant", details("b", dispatch.DetailFilter{TaskID: uuid}), "0 <nil>:"),
			same("while it waited", details("a", dispatch.DetailFilter{TaskID: uuid, Sent: during(-time.Hour, time.Hour)}), "1 <nil>: 13800000002=sending"),
			same("when it was sent", details("a", dispatch.DetailFilter{TaskID: uuid, Sent: during(time.Hour, 3*time.Hour)}), "1 <nil>: 13800000001=failUNDELIV"),
			same("both", details("a", dispatch.DetailFilter{TaskID: uuid, Sent: during(-time.Hour, 2*time.Hour)}), "2 <nil>: 13800000002=sending 13800000001=failUNDELIV"),
			same("after all", details("a", dispatch.DetailFilter{TaskID: uuid, Sent: dispatch.Span{From: dispatchNow.Add(3 * time.Hour)}}), "0 <nil>:"),
		)
	}},
}
