package contract

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cardlink/dispatch"
)

// Messages are the promises about messages without links and about the blacklist. They need a fresh store with the tenants "a" and "b".
var Messages = []struct {
	Name  string
	Check func(context.Context, DispatchStore) error
}{
	{"a request of several texts is stored whole, balances, and is not listed among send tasks", func(ctx context.Context, s DispatchStore) error {
		tasks, messages := plainRequest()
		if err := s.CreateMessages(ctx, tasks, messages, nil); err != nil {
			return err
		}
		books, err := s.Books(ctx, "a")
		if err != nil {
			return err
		}
		listed, n, err := s.SendTasks(ctx, "a", dispatch.TaskFilter{Page: dispatch.Page{Limit: 10}})
		if err != nil {
			return err
		}
		details, m, err := s.SendDetails(ctx, "a", dispatch.DetailFilter{Page: dispatch.Page{Limit: 10}})
		if err != nil {
			return err
		}
		of, k, err := s.SendDetails(ctx, "a", dispatch.DetailFilter{TaskID: tasks[0].UUID, Page: dispatch.Page{Limit: 10}})
		return errors.Join(err, same("books", books, dispatch.Books{Accepted: 3, Pending: 3}), same("tasks", len(listed)+n, 0), same("details", len(details)+m, 0),
			same("details of the task", len(of)+k, 0))
	}},
	{"messages are named by their task, and belong to the request", func(ctx context.Context, s DispatchStore) error {
		tasks, messages := plainRequest()
		if err := s.CreateMessages(ctx, tasks, messages, nil); err != nil {
			return err
		}
		owner, err := s.OpenOwner(ctx, "node", dispatchNow, time.Minute)
		if err != nil {
			return err
		}
		ws, err := s.ClaimMessages(ctx, dispatch.Claim{Owner: owner, Route: "r", Class: dispatch.Marketing, Tenants: []string{"a"}, PerTenant: 9, Now: dispatchNow})
		if err != nil || len(ws) != 3 {
			return fmt.Errorf("claimed %d, %v", len(ws), err)
		}
		for _, w := range ws {
			task := tasks[0]
			if w.Task == tasks[1].ID {
				task = tasks[1]
			}
			if w.WithLink || w.TplID != 0 || w.Request != tasks[0].UUID || w.MsgID() != dispatch.MsgID(task.UUID, w.ID) || w.SMSTplID != task.SMSTplID {
				return fmt.Errorf("claimed %+v", w)
			}
		}
		return nil
	}},
	{"a request under a used idempotency key stores nothing; keys are an operation's own", func(ctx context.Context, s DispatchStore) error {
		tasks, messages := plainRequest()
		keep := &dispatch.Keep{Op: "sms-messages", Key: "k", BodyHash: "h", Answer: func([]int) ([]byte, error) { return []byte("first"), nil }}
		if err := s.CreateMessages(ctx, tasks, messages, keep); err != nil {
			return err
		}
		again, messages := plainRequest()
		for i := range again {
			again[i].ID += 10
		}
		if err := s.CreateMessages(ctx, again, messages, keep); !errors.Is(err, dispatch.ErrRepeated) {
			return fmt.Errorf("err = %v, want ErrRepeated", err)
		}
		kept, found, err := s.Idempotent(ctx, "a", "sms-messages", "k")
		if err != nil || !found || string(kept.Answer) != "first" {
			return fmt.Errorf("kept %s, %v, %v", kept.Answer, found, err)
		}
		_, found, err = s.Idempotent(ctx, "a", "send-tasks", "k")
		books, err2 := s.Books(ctx, "a")
		return errors.Join(err, err2, same("another operation's", found, false), same("books", books, dispatch.Books{Accepted: 3, Pending: 3}))
	}},
	{"marketing to a blacklisted number is not admitted; notifications, other tenants' and other numbers' are", func(ctx context.Context, s DispatchStore) error {
		for _, c := range []struct {
			class dispatch.Class
			of    string // whose blacklist
			want  dispatch.Admission
		}{{dispatch.Marketing, "b", dispatch.Admitted}, {dispatch.Notify, "a", dispatch.Admitted}, {dispatch.Marketing, "a", dispatch.Blocked}} {
			if _, err := s.AddToBlacklist(ctx, c.of, []string{"+8613800000001"}, dispatch.BlockedByReply, dispatchNow); err != nil {
				return err
			}
			l, err := lead(ctx, s, 2, c.class)
			if err != nil {
				return err
			}
			got, err := s.Intend(ctx, l.owner, dispatchNow, []dispatch.Intent{l.intent(0, 1, 1), l.intent(1, 1, 1)})
			if err := errors.Join(err, same(fmt.Sprint(c.class, c.of), got, map[int64]dispatch.Admission{l.messages[0].ID: c.want, l.messages[1].ID: dispatch.Admitted})); err != nil {
				return err
			}
			if c.want != dispatch.Blocked {
				continue
			}
			t := l.transition(0, dispatch.Failed, 1, 1)
			t.Code = dispatch.CodeBlocked
			if err := l.record(ctx, dispatch.Record{Transitions: []dispatch.Transition{t}}, dispatch.Tally{Failed: 1}); err != nil {
				return err
			}
			ds, _, err := s.SendDetails(ctx, "a", dispatch.DetailFilter{CustFlag: "+8613800000001", Page: dispatch.Page{Limit: 1}})
			if err != nil || len(ds) != 1 || ds[0].Status != dispatch.SendFail || ds[0].Code != dispatch.CodeBlocked {
				return fmt.Errorf("details %+v, %v", ds, err)
			}
		}
		return nil
	}},
	{"what another worker holds is neither admitted nor blocked", func(ctx context.Context, s DispatchStore) error {
		if _, err := s.AddToBlacklist(ctx, "a", []string{"+8613800000001"}, dispatch.BlockedByReply, dispatchNow); err != nil {
			return err
		}
		l, err := lead(ctx, s, 2, dispatch.Marketing)
		if err != nil {
			return err
		}
		got, err := s.Intend(ctx, l.owner+1, dispatchNow, []dispatch.Intent{l.intent(0, 1, 1), l.intent(1, 1, 1)})
		return errors.Join(err, same("admitted", got, map[int64]dispatch.Admission{}))
	}},
	{"the blacklist is a tenant's own; an entry stays as it was first made", func(ctx context.Context, s DispatchStore) error {
		add := func(source string, after time.Duration, phones ...string) int {
			n, err := s.AddToBlacklist(ctx, "a", phones, source, dispatchNow.Add(after))
			if err != nil {
				return -1
			}
			return n
		}
		list := func(tenant string, f dispatch.BlacklistFilter) string {
			f.Page.Limit = 10
			es, n, err := s.Blacklist(ctx, tenant, f)
			text := fmt.Sprintf("%d %v:", n, err)
			for _, e := range es {
				text += fmt.Sprint(" ", e.Phone[9:], e.Source, e.AddedAt.Sub(dispatchNow))
			}
			return text
		}
		if err := errors.Join(
			same("added", add(dispatch.BlockedByReply, 0, "+8613800000001"), 1),
			same("added again", add(dispatch.BlockedByOperator, time.Second, "+8613800000001", "+8613800000002"), 1),
			same("all", list("a", dispatch.BlacklistFilter{}), "2 <nil>: 00002operator1s 00001reply0s"),
			same("one", list("a", dispatch.BlacklistFilter{Phone: "+8613800000001"}), "1 <nil>: 00001reply0s"),
			same("source", list("a", dispatch.BlacklistFilter{Source: dispatch.BlockedByOperator}), "1 <nil>: 00002operator1s"),
			same("since", list("a", dispatch.BlacklistFilter{Added: dispatch.Span{From: dispatchNow.Add(time.Second)}}), "1 <nil>: 00002operator1s"),
			same("another's", list("b", dispatch.BlacklistFilter{}), "0 <nil>:"),
		); err != nil {
			return err
		}
		other, err1 := s.RemoveFromBlacklist(ctx, "b", []string{"+8613800000001"})
		gone, err2 := s.RemoveFromBlacklist(ctx, "a", []string{"+8613800000001", "+8613800000009"})
		return errors.Join(err1, err2, same("removed elsewhere", other, 0), same("removed", gone, 1),
			same("left", list("a", dispatch.BlacklistFilter{}), "1 <nil>: 00002operator1s"))
	}},
	{"live workers are counted", func(ctx context.Context, s DispatchStore) error {
		for _, node := range []string{"n1", "n2", "n1"} { // the second n1 replaces the first
			if _, err := s.OpenOwner(ctx, node, dispatchNow, time.Minute); err != nil {
				return err
			}
		}
		now, err1 := s.LiveOwners(ctx, dispatchNow.Add(time.Minute))
		late, err2 := s.LiveOwners(ctx, dispatchNow.Add(61*time.Second))
		return errors.Join(err1, err2, same("now", now, 2), same("later", late, 0))
	}},
}

// plainRequest is a request of two texts to three numbers of tenant "a": two tasks, one request.
func plainRequest() ([]dispatch.SendTask, []dispatch.Message) {
	one, two := task("a", 1), task("a", 2)
	two.SMSTplID++
	var messages []dispatch.Message
	for i, t := range []*dispatch.SendTask{&one, &two} {
		t.Request, t.Plain, t.Extend, t.TplID, t.TplName = one.UUID, true, "order 7", 0, ""
		t.Submissions, t.Sends = i+1, i+1
		ms := texts(*t, i+1, dispatch.Marketing)
		for n := range ms {
			ms[n].AimURL = ""
		}
		messages = append(messages, ms...)
	}
	return []dispatch.SendTask{one, two}, messages
}
