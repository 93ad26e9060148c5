package contract

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"cardlink/dispatch"
	"cardlink/dispatch/carrier"
)

var dispatchNow = time.UnixMilli(1_767_312_000_000).UTC()

// task is the n-th send task of a store.
func task(tenant string, n int) dispatch.SendTask {
	return dispatch.SendTask{
		ID: int64(n), UUID: fmt.Sprintf("80959fd0-dc23-42e3-9595-%012d", n), Tenant: tenant, Account: "api", Name: "spring", TplID: 600000001, TplName: "sale",
		SMSTplID: 10000000, Sign: "示例商城", AppName: "shop", Number: "1069", Kind: dispatch.KindNotify, State: dispatch.TaskSuccess,
		FirstMessage: int64(1000 * n), CreatedAt: dispatchNow,
	}
}

// texts are messages of a task, on route "r", valid for a day.
func texts(t dispatch.SendTask, n int, class dispatch.Class) (ms []dispatch.Message) {
	for i := range n {
		number := strconv.FormatInt(13800000001+int64(i), 10)
		ms = append(ms, dispatch.Message{
			ID: t.FirstMessage + int64(i), Task: t.ID, AimURL: "s.example.com/abc", CustFlag: number, Phone: "+86" + number, Text: "【示例商城】hi",
			Carrier: dispatch.CMCC, Class: class, Route: "r", Segments: 1, CreatedAt: t.CreatedAt, ExpireAt: t.CreatedAt.Add(24 * time.Hour),
		})
	}
	return ms
}

// leader plays a worker that holds messages of one task of tenant "a".
type leader struct {
	s        DispatchStore
	owner    int64
	class    dispatch.Class
	now      time.Time
	messages []dispatch.Waiting
}

// lead makes a task of n messages and claims them.
func lead(ctx context.Context, s DispatchStore, n int, class dispatch.Class) (*leader, error) {
	at, err := s.LeaseIDs(ctx, "contract", 1, 1)
	if err != nil {
		return nil, err
	}
	t := task("a", int(at))
	t.Submissions = n
	if _, err := s.CreateSendTask(ctx, t, nil, texts(t, n, class), nil); err != nil {
		return nil, err
	}
	l := &leader{s: s, class: class, now: dispatchNow}
	if l.owner, err = s.OpenOwner(ctx, "node", l.now, time.Minute); err != nil {
		return nil, err
	}
	return l, l.reclaim(ctx, 0)
}

// reclaim claims all that is due after a while.
func (l *leader) reclaim(ctx context.Context, after time.Duration) (err error) {
	l.messages, err = l.s.ClaimMessages(ctx, dispatch.Claim{
		Owner: l.owner, Route: "r", Class: l.class, Tenants: []string{"a"}, PerTenant: 100, Now: dispatchNow.Add(after)})
	if err == nil && len(l.messages) == 0 {
		err = fmt.Errorf("nothing to claim")
	}
	return err
}

func (l *leader) key(i, try, part int) uint64 { return dispatch.LedgerKey(l.messages[i].ID, try, part) }

func (l *leader) intent(i, try, part int) dispatch.Intent {
	return dispatch.Intent{Key: l.key(i, try, part), Parts: 1, Channel: "ch", Dest: l.messages[i].Phone, At: l.now}
}

func (l *leader) intend(ctx context.Context, i, try, parts int) error {
	var ins []dispatch.Intent
	for p := range parts {
		in := l.intent(i, try, p+1)
		in.Parts = parts
		ins = append(ins, in)
	}
	l.messages[i].Segments = parts
	admitted, err := l.s.Intend(ctx, l.owner, l.now, ins)
	if err == nil && admitted[l.messages[i].ID] != dispatch.Admitted {
		err = fmt.Errorf("message %d is not admitted", l.messages[i].ID)
	}
	return err
}

func (l *leader) transition(i int, to dispatch.State, try, segments int) dispatch.Transition {
	return dispatch.Transition{ID: l.messages[i].ID, To: to, Due: l.now.Add(dispatch.ReceiptLimit), Route: "r", Try: try, Attempts: try, Segments: segments,
		Channel: "ch", At: l.now}
}

// outcome records that a part was accepted; with the last one the message is submitted.
func (l *leader) outcome(ctx context.Context, i, try, part int, id string, last bool) error {
	r := dispatch.Record{Owner: l.owner, Now: l.now, Outcomes: []dispatch.Outcome{
		{Key: l.key(i, try, part), State: dispatch.PartAccepted, Code: "0", CarrierID: id, At: l.now}}}
	if last {
		r.Transitions = []dispatch.Transition{l.transition(i, dispatch.Submitted, try, l.messages[i].Segments)}
	}
	_, err := l.s.RecordResults(ctx, r)
	return err
}

// accept is a try of one part from intent to response.
func (l *leader) accept(ctx context.Context, i, try, part int, id string) error {
	if err := l.intend(ctx, i, try, 1); err != nil {
		return err
	}
	return l.outcome(ctx, i, try, part, id, true)
}

func (l *leader) receiptOf(id string, i int, state string) dispatch.ChannelReceipt {
	return dispatch.ChannelReceipt{Channel: "ch", Receipt: carrier.Receipt{
		MsgID: id, State: state, Final: state != "ACCEPTD", Delivered: state == "DELIVRD", Class: carrier.Dest, Dest: l.phone(i), At: l.now}}
}

// phone is a message's number as a carrier may write it: without country code.
func (l *leader) phone(i int) string { return strconv.FormatInt(13800000001+int64(i), 10) }

func (l *leader) receipt(ctx context.Context, id string, i int, state string, want dispatch.Tally) error {
	return l.record(ctx, dispatch.Record{Receipts: []dispatch.ChannelReceipt{l.receiptOf(id, i, state)}}, want)
}

func (l *leader) record(ctx context.Context, r dispatch.Record, want dispatch.Tally) error {
	r.Now = l.now
	if r.Owner == 0 {
		r.Owner = l.owner
	}
	got, err := l.s.RecordResults(ctx, r)
	if err != nil {
		return err
	}
	return same(fmt.Sprintf("tally of %+v", r.Receipts), got, want)
}

func (l *leader) sweep(ctx context.Context, after time.Duration, want dispatch.Tally) error {
	got, err := l.s.SweepMessages(ctx, dispatchNow.Add(after), 100)
	if err != nil {
		return err
	}
	return same(fmt.Sprint("sweep after ", after), got, want)
}

// crash is the end of the worker and a new one's beginning on the same node.
func (l *leader) crash(ctx context.Context, want dispatch.Tally) (err error) {
	if l.owner, err = l.s.OpenOwner(ctx, "node", l.now, time.Minute); err != nil {
		return err
	}
	got, err := l.s.RecoverMessages(ctx, l.now, 100)
	if err != nil {
		return err
	}
	return same("recovered", got, want)
}

func (l *leader) books(ctx context.Context, want dispatch.Books) error {
	got, err := l.s.Books(ctx, "a")
	if err != nil {
		return err
	}
	if !got.Balanced() {
		return fmt.Errorf("the books do not balance: %+v", got)
	}
	return same("books", got, want)
}
