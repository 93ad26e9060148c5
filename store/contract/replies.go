package contract

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cardlink/callback"
	"cardlink/dispatch"
	"cardlink/dispatch/carrier"
)

// ReplyStore is what is promised about what handsets write.
type ReplyStore interface {
	DispatchStore
	callback.Store
	callback.ReplyFacts
}

// Replies need a fresh store with the tenants "a" and "b".
var Replies = []struct {
	Name  string
	Check func(context.Context, ReplyStore) error
}{
	{"a delivery is kept once, and read once", func(ctx context.Context, s ReplyStore) error {
		one := dispatch.ChannelReply{Channel: "ch", Reply: carrier.Reply{MsgID: "m1", From: "8613800000001", To: "1069", Text: "hi\x00 \"退\"", Total: 1, At: dispatchNow}}
		repeat := one
		repeat.At = dispatchNow.Add(time.Minute)
		other := one
		other.MsgID = "m2"
		part := one
		part.MsgID, part.Ref, part.Total, part.Number = "m3", 7, 2, 1
		if err := errors.Join(s.SaveReplies(ctx, []dispatch.ChannelReply{one, part}), s.SaveReplies(ctx, []dispatch.ChannelReply{repeat, other})); err != nil {
			return err
		}
		unread := func(whole, parts int) string {
			us, err := s.UnreadReplies(ctx, whole, parts)
			text := fmt.Sprint(err)
			for _, u := range us {
				text += fmt.Sprintf(" %+v", u.ChannelReply)
			}
			return text
		}
		us, err := s.UnreadReplies(ctx, 10, 10)
		if err != nil || len(us) != 3 {
			return fmt.Errorf("unread %+v, %v", us, err)
		}
		settle := []dispatch.Settlement{{Deliveries: []int64{us[0].ID}}, {Deliveries: []int64{us[1].ID}}}
		if err := errors.Join(
			same("all", unread(10, 10), fmt.Sprintf("<nil> %+v %+v %+v", one, part, other)),
			same("bounds", unread(1, 0), fmt.Sprintf("<nil> %+v", one)),
		); err != nil {
			return err
		}
		first, err1 := s.SettleReplies(ctx, dispatchNow, settle)
		second, err2 := s.SettleReplies(ctx, dispatchNow, settle)
		return errors.Join(err1, err2, same("first", first, dispatch.ReplyTally{Nobody: 2}), same("second", second, dispatch.ReplyTally{Passed: 2}),
			same("left", unread(10, 10), fmt.Sprintf("<nil> %+v", other)), s.SaveReplies(ctx, []dispatch.ChannelReply{repeat}),
			same("a repeat of what was read", unread(10, 10), fmt.Sprintf("<nil> %+v", other)))
	}},
	{"a number of one application names it; a shared one, whoever sent last; nobody's, nobody", func(ctx context.Context, s ReplyStore) error {
		if err := errors.Join(
			numberOf(ctx, s, "a", "app1", "sign1", dispatch.KindNotify, "1069"), numberOf(ctx, s, "a", "app1", "sign1", dispatch.KindPromotion, "1069"),
			numberOf(ctx, s, "a", "app2", "sign2", dispatch.KindNotify, "10691"), numberOf(ctx, s, "b", "app3", "sign3", dispatch.KindNotify, "10691"),
			numberOf(ctx, s, "a", "app4", "sign4", dispatch.KindNotify, "10691"),
		); err != nil {
			return err
		}
		who := func(to, from string, after time.Duration) string {
			tenant, app, found, err := s.Addressee(ctx, to, from, dispatchNow.Add(after))
			if err != nil || !found {
				return fmt.Sprint(found, err)
			}
			return tenant + " " + app
		}
		const phone = "+8613800000001"
		if err := errors.Join(
			same("own number", who("1069", phone, 0), "a app1"), same("own number and an extension", who("106977", phone, 0), "a app1"),
			same("unknown number", who("1068", phone, 0), "false <nil>"), same("no number", who("", phone, 0), "false <nil>"), same("odd number", who("1069'; --", phone, 0), "false <nil>"),
			same("shared, nobody sent", who("10691", phone, time.Hour), "false <nil>"),
		); err != nil {
			return err
		}
		for i, m := range []struct{ tenant, sign string }{{"a", "sign4"}, {"b", "sign3"}, {"a", "sign2"}} {
			if err := submitted(ctx, s, m.tenant, m.sign, "10691", time.Duration(i)*time.Minute); err != nil {
				return err
			}
		}
		return errors.Join(
			same("before all", who("10691", phone, -time.Second), "false <nil>"), same("first", who("10691", phone, 0), "a app4"),
			same("second", who("1069155", phone, time.Minute), "b app3"), same("third", who("10691", phone, time.Hour), "a app2"),
			same("to another handset", who("10691", "+8613800000009", time.Hour), "false <nil>"), same("the shorter number", who("10690", phone, time.Hour), "a app1"),
		)
	}},
	{"a reply is listed for its tenant and queued for its application's address; an opt-out is on the blacklist", func(ctx context.Context, s ReplyStore) error {
		if err := numberOf(ctx, s, "a", "app1", "sign1", dispatch.KindNotify, "1069"); err != nil {
			return err
		}
		r, tally, err := heard(ctx, s, "m1", "TD", true)
		if err != nil {
			return err
		}
		_, again, err := heard(ctx, s, "m2", "r", true)
		if err != nil {
			return err
		}
		c, err := s.Claim(ctx, "a", callback.Replies+1, "n", dispatchNow, time.Minute, 10)
		if err != nil || len(c.Pushes) != 2 {
			return fmt.Errorf("claimed %+v, %v", c, err)
		}
		fact, err := s.SMSReply(ctx, "a", r.UID)
		if err != nil {
			return err
		}
		_, foreign := s.SMSReply(ctx, "b", r.UID)
		list := func(tenant string, f dispatch.ReplyFilter) string {
			f.Page.Limit = 10
			rs, n, err := s.Replies(ctx, tenant, f)
			text := fmt.Sprintf("%d %v:", n, err)
			for _, r := range rs {
				text += " " + r.Text
			}
			return text
		}
		all, _, err := s.Replies(ctx, "a", dispatch.ReplyFilter{Page: dispatch.Page{Offset: 1, Limit: 1}})
		if err != nil {
			return err
		}
		entries, _, err := s.Blacklist(ctx, "a", dispatch.BlacklistFilter{Page: dispatch.Page{Limit: 10}})
		return errors.Join(err, same("tally", tally, dispatch.ReplyTally{Replies: 1, OptOuts: 1, Queued: 1}), same("again", again, dispatch.ReplyTally{Replies: 1, Queued: 1}),
			same("address", []any{c.Endpoint.ID, c.Endpoint.URL, c.Pushes[0].Kind}, []any{"app1", "https://up.example.com/app1", callback.KindReply}),
			same("data", string(c.Pushes[0].Items[0].Data), `{"id":"`+r.UID+`"}`),
			same("fact", fact, callback.SMSReply{MsgID: r.UID, From: r.From, To: r.To, Body: r.Text, CreateTime: r.At}), same("another tenant's", foreign != nil, true),
			same("kept", all, []dispatch.Reply{r}), same("list", list("a", dispatch.ReplyFilter{}), "2 <nil>: r TD"),
			same("from", list("a", dispatch.ReplyFilter{From: "+8613800000002"}), "0 <nil>:"), same("app", list("a", dispatch.ReplyFilter{AppID: "app2"}), "0 <nil>:"),
			same("opt-outs", list("a", dispatch.ReplyFilter{OptOuts: true, AppID: "app1", From: r.From}), "2 <nil>: r TD"), same("another's", list("b", dispatch.ReplyFilter{}), "0 <nil>:"),
			same("blacklist", entries, []dispatch.BlacklistEntry{{Phone: r.From, Source: dispatch.BlockedByReply, AddedAt: dispatchNow}}))
	}},
	{"replies follow their application's address, and none is queued without one", func(ctx context.Context, s ReplyStore) error {
		if err := numberOf(ctx, s, "a", "app1", "sign1", dispatch.KindNotify, "1069"); err != nil {
			return err
		}
		move := func(to string) error {
			a, err := s.App(ctx, "a", "app1")
			if err != nil {
				return err
			}
			a.UplinkURL = to
			return s.UpdateApp(ctx, a)
		}
		if err := move(""); err != nil {
			return err
		}
		_, none, err1 := heard(ctx, s, "m1", "one", false)
		err2 := move("https://up.example.com/1")
		_, first, err3 := heard(ctx, s, "m2", "two", false)
		err4 := move("https://up.example.com/2")
		c, err5 := s.Claim(ctx, "a", callback.Replies+1, "n", dispatchNow, time.Minute, 10)
		if err := errors.Join(err1, err2, err3, err4, err5, same("without", none, dispatch.ReplyTally{Replies: 1}), same("with", first, dispatch.ReplyTally{Replies: 1, Queued: 1}),
			same("moved", []any{c.Endpoint.URL, len(c.Pushes)}, []any{"https://up.example.com/2", 1})); err != nil {
			return err
		}
		// 410 Gone ends it until the address is set again.
		err1 = s.Disable(ctx, c.Endpoint.ID, c.Endpoint.URL, "gone", dispatchNow)
		_, gone, err2 := heard(ctx, s, "m3", "three", false)
		err3 = move("https://up.example.com/2")
		_, back, err4 := heard(ctx, s, "m4", "four", false)
		err5 = move("")
		buried, err6 := s.BuryDisabled(ctx, dispatchNow, 10)
		return errors.Join(err1, err2, err3, err4, err5, err6, same("gone", gone, dispatch.ReplyTally{Replies: 1}), same("back", back, dispatch.ReplyTally{Replies: 1, Queued: 1}),
			same("given up without an address", buried, 2))
	}},
	{"each application of a tenant has a queue of its own", func(ctx context.Context, s ReplyStore) error {
		if err := errors.Join(numberOf(ctx, s, "a", "app1", "sign1", dispatch.KindNotify, "1069"), numberOf(ctx, s, "a", "app2", "sign2", dispatch.KindNotify, "1068")); err != nil {
			return err
		}
		_, one, err1 := heard(ctx, s, "m1", "one", false)
		us := dispatch.ChannelReply{Channel: "ch", Reply: carrier.Reply{MsgID: "m2", From: "x", To: "1068", Text: "two", At: dispatchNow}}
		err2 := s.SaveReplies(ctx, []dispatch.ChannelReply{us})
		unread, err3 := s.UnreadReplies(ctx, 10, 10)
		if err := errors.Join(err1, err2, err3, same("unread", len(unread), 1), same("one", one.Queued, 1)); err != nil {
			return err
		}
		two, err := s.SettleReplies(ctx, dispatchNow, []dispatch.Settlement{{Deliveries: []int64{unread[0].ID}, Reply: &dispatch.Reply{UID: "two", Tenant: "a", AppID: "app2", From: "x", At: dispatchNow}}})
		if err != nil {
			return err
		}
		c, err := s.Claim(ctx, "a", callback.Replies+2, "n", dispatchNow, time.Minute, 10)
		return errors.Join(err, same("two", two, dispatch.ReplyTally{Replies: 1, Queued: 1, Incomplete: 1}), same("address", c.Endpoint.ID, "app2"), same("pushes", len(c.Pushes), 1))
	}},
	{"old replies are forgotten, unread ones never", func(ctx context.Context, s ReplyStore) error {
		if err := numberOf(ctx, s, "a", "app1", "sign1", dispatch.KindNotify, "1069"); err != nil {
			return err
		}
		if _, _, err := heard(ctx, s, "m1", "one", false); err != nil {
			return err
		}
		late := dispatch.ChannelReply{Channel: "ch", Reply: carrier.Reply{MsgID: "m2", From: "x", To: "1069", Text: "two", At: dispatchNow}}
		if err := s.SaveReplies(ctx, []dispatch.ChannelReply{late}); err != nil {
			return err
		}
		count := func(after time.Duration) int {
			if _, err := s.SweepMessages(ctx, dispatchNow.Add(after), 10); err != nil {
				return -1
			}
			_, n, err := s.Replies(ctx, "a", dispatch.ReplyFilter{})
			us, err2 := s.UnreadReplies(ctx, 10, 10)
			if errors.Join(err, err2) != nil {
				return -2
			}
			return 10*n + len(us)
		}
		return errors.Join(same("at the end", count(dispatch.ReplyLife), 11), same("after", count(dispatch.ReplyLife+time.Second), 1))
	}},
}

// numberOf makes an application of a tenant, unless it is there, and a signature of it that bears a number.
func numberOf(ctx context.Context, s ReplyStore, tenant, app, sign, kind, number string) error {
	if _, err := s.App(ctx, tenant, app); errors.Is(err, dispatch.ErrNoRow) {
		if err := s.AddApp(ctx, dispatch.App{ID: app, Tenant: tenant, Name: app, Status: dispatch.AppLaunched, UplinkURL: "https://up.example.com/" + app, CreatedAt: dispatchNow}); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	return s.AddSignature(ctx, dispatch.Signature{ID: sign + kind, Tenant: tenant, AppID: app, Name: sign, Kind: kind, InvolvedThird: "no",
		Status: dispatch.SignaturePassed, ChannelNumber: number, CreatedAt: dispatchNow})
}

// submitted makes a message of a tenant to +8613800000001 that a carrier has taken after a while.
func submitted(ctx context.Context, s ReplyStore, tenant, sign, number string, after time.Duration) error {
	n, err := s.LeaseIDs(ctx, "contract", 1, 1)
	if err != nil {
		return err
	}
	t := task(tenant, int(n))
	t.Sign, t.Number, t.Submissions = sign, number, 1
	if _, err := s.CreateSendTask(ctx, t, nil, texts(t, 1, dispatch.Notify), nil); err != nil {
		return err
	}
	owner, err := s.OpenOwner(ctx, "node", dispatchNow, time.Hour)
	if err != nil {
		return err
	}
	ws, err := s.ClaimMessages(ctx, dispatch.Claim{Owner: owner, Route: "r", Class: dispatch.Notify, Tenants: []string{tenant}, PerTenant: 1, Now: dispatchNow})
	if err != nil || len(ws) != 1 {
		return fmt.Errorf("claimed %d, %v", len(ws), err)
	}
	at := dispatchNow.Add(after)
	_, err = s.RecordResults(ctx, dispatch.Record{Owner: owner, Now: at, Transitions: []dispatch.Transition{
		{ID: ws[0].ID, To: dispatch.Submitted, Due: at.Add(dispatch.ReceiptLimit), Route: "r", Try: 1, Attempts: 1, Segments: 1, Channel: "ch", At: at}}})
	return err
}

// heard is a whole text from +8613800000001 to 1069, which belongs to app1 of tenant "a".
func heard(ctx context.Context, s ReplyStore, msgID, text string, optOut bool) (dispatch.Reply, dispatch.ReplyTally, error) {
	r := dispatch.Reply{
		UID: "uid-" + msgID, Tenant: "a", AppID: "app1", From: "+8613800000001", To: "1069", Text: text, OptOut: optOut, Complete: true, At: dispatchNow,
	}
	if err := s.SaveReplies(ctx, []dispatch.ChannelReply{{Channel: "ch", Reply: carrier.Reply{MsgID: msgID, From: "8613800000001", To: "1069", Text: text, At: dispatchNow}}}); err != nil {
		return r, dispatch.ReplyTally{}, err
	}
	us, err := s.UnreadReplies(ctx, 10, 10)
	if err != nil || len(us) != 1 {
		return r, dispatch.ReplyTally{}, fmt.Errorf("unread %+v, %v", us, err)
	}
	tally, err := s.SettleReplies(ctx, dispatchNow, []dispatch.Settlement{{Deliveries: []int64{us[0].ID}, Reply: &r}})
	return r, tally, err
}
