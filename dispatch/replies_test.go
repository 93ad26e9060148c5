package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cardlink/callback"
	"cardlink/dispatch"
	"cardlink/dispatch/carrier"
)

// say delivers texts from a handset over the session that is up, and waits until they are acknowledged.
func (c *fakeCarrier) say(rs ...carrier.Reply) error {
	c.mu.Lock()
	s := c.session
	c.mu.Unlock()
	if s == nil {
		return errors.New("no session is up")
	}
	done := make(chan error, len(rs))
	for _, r := range rs {
		r.At = time.Now()
		s.h.Reply(r, func(err error) { done <- err })
	}
	var errs []error
	for range rs {
		errs = append(errs, <-done)
	}
	return errors.Join(errs...)
}

// subscribe gives t0 … t3 an application each, whose signature bears the test number.
func subscribe(w *world) error {
	ctx := context.Background()
	for i := range 4 {
		tenant := fmt.Sprint("t", i)
		if err := w.db.AddApp(ctx, dispatch.App{ID: "app-" + tenant, Tenant: tenant, Name: "shop", UplinkURL: "https://up.example.com/" + tenant}); err != nil {
			return err
		}
		for _, kind := range []string{dispatch.KindNotify, dispatch.KindPromotion} {
			if err := w.db.AddSignature(ctx, dispatch.Signature{ID: tenant + kind, Tenant: tenant, AppID: "app-" + tenant, Name: "示例商城", Kind: kind, InvolvedThird: "no",
				Status: dispatch.SignaturePassed, ChannelNumber: testNumber}); err != nil {
				return err
			}
		}
	}
	return nil
}

// A reply finds the tenant whose message the handset got last, waits for its application's address, and as an opt-out stops what is queued: marketing is
// never written and fails, notifications go.
func TestOptOutStopsMarketing(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w, err := newWorld(dir, 1, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := w.close(); err != nil {
				t.Error(err)
			}
		}()
		ctx := context.Background()
		if err := subscribe(w); err != nil {
			t.Fatal(err)
		}
		marketing := func(int) dispatch.Class { return dispatch.Marketing }
		if _, err := queueMessages(w.db, perTask, marketing, "sale"); err != nil { // t0 to 13800000000 … 6
			t.Fatal(err)
		}
		heard := 0
		worker, err := dispatch.NewWorker(dispatch.Options{
			Store: w.db, Node: "n1", Channels: []dispatch.Channel{channel(100)}, Dial: w.carrier.dial, Grace: time.Second, Delivered: func() { heard++ },
		})
		if err != nil {
			t.Fatal(err)
		}
		run, cancel := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { ended <- worker.Run(run) }()
		time.Sleep(20 * time.Second)

		to := testNumber + "01" // the carrier's extension
		if err := w.carrier.say(
			carrier.Reply{MsgID: "1", From: "8613800000000", To: to, Text: " ｔｄ"},
			carrier.Reply{MsgID: "2", From: "13800000001", To: "", Text: "when do you open?"},
			carrier.Reply{MsgID: "3", From: "13900000000", To: to, Text: "T"}, // nobody ever wrote to it
			carrier.Reply{MsgID: "4", From: "8613800000002", To: to, Text: "退", Ref: 9, Total: 2, Number: 1},
			carrier.Reply{MsgID: "5", From: "8613800000002", To: to, Text: "订", Ref: 9, Total: 2, Number: 2},
			carrier.Reply{MsgID: "1", From: "8613800000000", To: to, Text: " ｔｄ"}, // our answer was lost
		); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		rs, n, err := w.db.Replies(ctx, "t0", dispatch.ReplyFilter{Page: dispatch.Page{Limit: 10}})
		if err != nil || n != 3 || heard == 0 {
			t.Fatalf("%d replies %+v, %v; %d calls", n, rs, err, heard)
		}
		got := map[string]dispatch.Reply{}
		for _, r := range rs {
			got[r.From] = r
		}
		if r := got["+8613800000002"]; r.Text != "退订" || !r.OptOut || !r.Complete || r.AppID != "app-t0" || r.To != to {
			t.Errorf("long reply %+v", r)
		}
		if r := got["+8613800000001"]; r.OptOut || r.To != testNumber || r.Text != "when do you open?" {
			t.Errorf("reply %+v", r)
		}
		if c, err := w.db.Claim(ctx, "t0", callback.Replies+1, "n", time.Now(), time.Minute, 10); err != nil || len(c.Pushes) != 3 || c.Endpoint.URL != "https://up.example.com/t0" {
			t.Errorf("queued %+v, %v", c, err)
		}

		// Now a campaign and notifications to the same seven numbers.
		if _, err := queueMessages(w.db, perTask, marketing, "again"); err != nil {
			t.Fatal(err)
		}
		if _, err := queueMessages(w.db, perTask, func(int) dispatch.Class { return dispatch.Notify }, "your parcel"); err != nil {
			t.Fatal(err)
		}
		w.quiet()
		cancel()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		b, err := w.db.Books(ctx, "")
		if err != nil || b != (dispatch.Books{Accepted: 3 * perTask, Succeeded: 3*perTask - 2, Failed: 2}) {
			t.Errorf("books %+v, %v", b, err)
		}
		ds, _, err := w.db.SendDetails(ctx, "t0", dispatch.DetailFilter{CustFlag: "+8613800000000", Page: dispatch.Page{Limit: 10}})
		if err != nil {
			t.Fatal(err)
		}
		var states []string
		for _, d := range ds {
			states = append(states, d.Status+d.Code)
		}
		if len(states) != 3 || !strings.Contains(strings.Join(states, " "), "fail"+dispatch.CodeBlocked) {
			t.Errorf("messages of who opted out: %v", states)
		}
		w.carrier.mu.Lock()
		written := len(w.carrier.parts)
		w.carrier.mu.Unlock()
		if written != 3*perTask-2 {
			t.Errorf("%d messages reached the carrier, want %d", written, 3*perTask-2)
		}
		facts, err := w.facts()
		if err != nil || facts["aim.send.receipt.v1"] != 3*perTask || facts["aim.send.submitted.v1"] != 3*perTask-2 {
			t.Errorf("facts %v, %v", facts, err)
		}
	})
}

// What was saved before a crash is read after it.
func TestRepliesOutliveTheirWorker(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w, err := newWorld(dir, 1, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := w.close(); err != nil {
				t.Error(err)
			}
		}()
		ctx := context.Background()
		if err := w.db.AddApp(ctx, dispatch.App{ID: "app", Tenant: "t0", Name: "shop"}); err != nil {
			t.Fatal(err)
		}
		if err := w.db.AddSignature(ctx, dispatch.Signature{ID: "s", Tenant: "t0", AppID: "app", Name: "示例商城", Kind: dispatch.KindNotify, ChannelNumber: testNumber}); err != nil {
			t.Fatal(err)
		}
		if err := w.db.SaveReplies(ctx, []dispatch.ChannelReply{
			{Channel: "cmcc-1", Reply: carrier.Reply{MsgID: "1", From: "13800000000", To: testNumber, Text: "T", At: time.Now()}},
			{Channel: "cmcc-1", Reply: carrier.Reply{MsgID: "2", From: "13800000000", To: testNumber, Text: "half", Ref: 1, Total: 2, Number: 2, At: time.Now()}},
		}); err != nil {
			t.Fatal(err)
		}
		count := func() (n int) {
			_, n, err := w.db.Replies(ctx, "t0", dispatch.ReplyFilter{})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if err := w.work(w.db, 10, func() {
			time.Sleep(2 * time.Second)
			if n := count(); n != 1 {
				t.Errorf("%d replies at once, want the whole one", n)
			}
			time.Sleep(dispatch.PartLimit)
			if n := count(); n != 2 {
				t.Errorf("%d replies at last, want 2", n)
			}
		}); err != nil {
			t.Fatal(err)
		}
		es, _, err := w.db.Blacklist(ctx, "t0", dispatch.BlacklistFilter{Page: dispatch.Page{Limit: 10}})
		if err != nil || len(es) != 1 || es[0].Phone != "+8613800000000" || es[0].Source != dispatch.BlockedByReply {
			t.Errorf("blacklist %+v, %v", es, err)
		}
	})
}
