package dispatch_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cardlink/dispatch"
	"cardlink/fault"
)

// same is a request that succeeds: one text to two numbers.
func (s *shop) same() dispatch.MessageRequest {
	return dispatch.MessageRequest{Items: []dispatch.MessageItem{
		{To: []string{"13100000000", "008613800138000"}, TemplateID: s.tpl, Params: []string{"95588", "s.example.com/abc", "15:04"}}}}
}

// different is a request that succeeds: two texts to three numbers.
func (s *shop) different() dispatch.MessageRequest {
	return dispatch.MessageRequest{Different: true, Number: testNumber, Extend: "order 7", TaskName: "two", Items: []dispatch.MessageItem{
		{To: []string{"13100000000", "+8613100000001"}, TemplateID: s.plain, Params: []string{"95588"}},
		{To: []string{"13100000000"}, TemplateID: s.tpl, Params: []string{"95588", "(KM:F49C3EGz)", "15:04"}},
	}}
}

// Every whole-request rule of api.md §15 answers with its code and field, and stores nothing.
func TestMessageRefusals(t *testing.T) {
	s := openShop(t)
	type req = dispatch.MessageRequest
	for _, c := range []struct {
		name  string
		spoil func(*req)
		code  fault.Code
		field string
	}{
		{"blank name", func(r *req) { r.TaskName = " " }, fault.Parameter, "task_name"},
		{"long name", func(r *req) { r.TaskName = strings.Repeat("名", 31) }, fault.Parameter, "task_name"},
		{"long extend", func(r *req) { r.Extend = strings.Repeat("x", 129) }, fault.Parameter, "extend"},
		{"braces in extend", func(r *req) { r.Extend = "a}" }, fault.Parameter, "extend"},
		{"long channel number", func(r *req) { r.Number = strings.Repeat("1", 22) }, fault.ChannelNumber, "channel_num"},
		{"another channel number", func(r *req) { r.Number = "1068" }, fault.Parameter, "channel_num"},
		{"nobody", func(r *req) { r.Items[0].To = nil }, fault.EmptyRecipient, "to"},
		{"an empty number", func(r *req) { r.Items[0].To[1] = " " }, fault.EmptyRecipient, "to[1]"},
		{"a long number", func(r *req) { r.Items[0].To[1] = strings.Repeat("1", 22) }, fault.Parameter, "to[1]"},
		{"no number", func(r *req) { r.Items[0].To[1] = "95588" }, fault.Parameter, "to[1]"},
		{"501 numbers", func(r *req) { r.Items[0].To = slices.Repeat([]string{"13100000000"}, 501) }, fault.Parameter, "to"},
		{"no template", func(r *req) { r.Items[0].TemplateID = "" }, fault.EmptySMSTemplateID, "template_id"},
		{"template id no number", func(r *req) { r.Items[0].TemplateID = "-1" }, fault.SMSTemplateIDNumber, "template_id"},
		{"unknown template", func(r *req) { r.Items[0].TemplateID = "99999999" }, fault.UnknownSMSTemplate, "template_id"},
		{"digits beyond all ids", func(r *req) { r.Items[0].TemplateID = strings.Repeat("9", 32) }, fault.UnknownSMSTemplate, "template_id"},
		{"too few values", func(r *req) { r.Items[0].Params = r.Items[0].Params[:2] }, fault.SMSParameterCount, "template_params"},
		{"too many values", func(r *req) { r.Items[0].Params = append(r.Items[0].Params, "x") }, fault.SMSParameterCount, "template_params"},
		{"phone", func(r *req) { r.Items[0].Params[0] = "abc" }, fault.SMSParameter, "template_params[0]"},
		{"long link", func(r *req) { r.Items[0].Params[1] = strings.Repeat("x", 100) }, fault.SMSParameter, "template_params[1]"},
		{"a line break in a value", func(r *req) { r.Items[0].Params[1] = "a\nb" }, fault.SMSParameter, "template_params[1]"},
		{"date", func(r *req) { r.Items[0].Params[2] = "soon" }, fault.SMSParameterDate, "template_params[2]"},
		{"long key", func(r *req) { r.IdempotencyKey = strings.Repeat("k", 256) }, fault.Parameter, "Idempotency-Key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := s.same()
			c.spoil(&r)
			_, err := s.SendMessages(context.Background(), "t0", "api", r)
			if e := fault.Of(err); e == nil || e.Code != c.code || e.Field != c.field {
				t.Errorf("err = %v, want %s of %s", err, c.code, c.field)
			}
		})
	}
	if _, err := s.SendMessages(context.Background(), "t1", "api", s.same()); !fault.Has(err, fault.ForeignSMSTemplate) {
		t.Errorf("another tenant's template: %v", err)
	}
	for name, spoil := range map[string]func(*req){
		"no text": func(r *req) { r.Items = nil }, "501 texts": func(r *req) { r.Items = slices.Repeat(r.Items[:1], 501) },
		"10001 numbers": func(r *req) {
			r.Items = slices.Repeat([]dispatch.MessageItem{{To: slices.Repeat([]string{"13100000000"}, 477), TemplateID: s.plain, Params: []string{"1"}}}, 21)
		},
	} {
		r := s.different()
		spoil(&r)
		if _, err := s.SendMessages(context.Background(), "t0", "api", r); !fault.Has(err, fault.Parameter) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if b, err := s.Books(context.Background(), ""); err != nil || b != (dispatch.Books{}) {
		t.Errorf("something was stored: %+v, %v", b, err)
	}
}

func TestMessagesOfOneText(t *testing.T) {
	s := openShop(t)
	ctx := context.Background()
	r := s.same()
	r.Items[0].To = append(r.Items[0].To, "+8613100000000") // the first one again
	res, err := s.SendMessages(ctx, "t0", "api", r)
	if err != nil {
		t.Fatal(err)
	}
	if res.State != dispatch.TaskSuccess || !res.CreatedAt.Equal(now) || len(res.TaskID) != 36 || res.Accepted() != 2 {
		t.Errorf("%+v", res)
	}
	want := []dispatch.NumberResult{
		{To: "+8613100000000", Channel: testNumber, Status: dispatch.SendAccepted}, {To: "+8613800138000", Channel: testNumber, Status: dispatch.SendAccepted},
		{To: "+8613100000000", Channel: testNumber, Status: dispatch.SendRepetition},
	}
	for i := range want {
		if want[i].MsgID = res.Numbers[i].MsgID; len(want[i].MsgID) < 38 || len(want[i].MsgID) > 50 {
			t.Errorf("msg_id %q", want[i].MsgID)
		}
	}
	if !reflect.DeepEqual(res.Numbers, want) || res.Numbers[0].MsgID == res.Numbers[2].MsgID {
		t.Errorf("numbers %+v", res.Numbers)
	}
	if b, err := s.Books(ctx, "t0"); err != nil || b != (dispatch.Books{Accepted: 2, Pending: 2}) {
		t.Errorf("books %+v, %v", b, err)
	}
	if s.wakes.Load() != 1 {
		t.Errorf("woken %d times", s.wakes.Load())
	}
	owner, err := s.db.OpenOwner(ctx, "n", now, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	ws, err := s.db.ClaimMessages(ctx, dispatch.Claim{Owner: owner, Route: testNumber + "/notify/cucc", Class: dispatch.Notify, Tenants: []string{"t0"}, PerTenant: 9, Now: now})
	if err != nil || len(ws) != 1 || ws[0].Text != "【示例商城】95588: see s.example.com/abc until 15:04" || ws[0].Phone != "+8613100000000" || ws[0].WithLink ||
		ws[0].Request != res.TaskID || ws[0].MsgID() != res.Numbers[0].MsgID || !ws[0].ExpireAt.Equal(now.Add(24*time.Hour)) {
		t.Errorf("claimed %+v, %v", ws, err)
	}
}

func TestMessagesOfSeveralTexts(t *testing.T) {
	s := openShop(t)
	ctx := context.Background()
	r := s.different()
	r.Items = append(r.Items,
		dispatch.MessageItem{To: []string{"13100000002"}, TemplateID: s.plain, Params: []string{"not a number"}},
		dispatch.MessageItem{To: []string{"13100000001", "13100000003"}, TemplateID: s.plain, Params: []string{"95588"}}, // the first text again
		dispatch.MessageItem{To: []string{"13100000001"}, TemplateID: s.plain, Params: []string{"95599"}},
	)
	res, err := s.SendMessages(ctx, "t0", "api", r)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	uuids := map[string]bool{}
	for _, n := range res.Numbers {
		got = append(got, n.To[11:]+" "+n.Status)
		uuid, _, err := dispatch.ParseMsgID(n.MsgID)
		if err != nil {
			t.Error(err)
		}
		uuids[uuid] = true
	}
	want := []string{"000 000000", "001 000000", "000 000000", "002 E200028", "001 E200041", "003 000000", "001 000000"}
	if !slices.Equal(got, want) || res.State != dispatch.TaskSuccess || len(uuids) != 2 || !uuids[res.TaskID] {
		t.Errorf("%s %v of %v", res.State, got, uuids)
	}
	if b, err := s.Books(ctx, ""); err != nil || b != (dispatch.Books{Accepted: 5, Pending: 5}) {
		t.Errorf("books %+v, %v", b, err)
	}
	// Nothing that could be sent: the task is kept, as failed.
	r.Items = r.Items[2:3]
	res, err = s.SendMessages(ctx, "t0", "api", r)
	if err != nil || res.State != dispatch.TaskFailed || res.Accepted() != 0 {
		t.Errorf("%+v, %v", res, err)
	}
	if s.wakes.Load() != 1 {
		t.Errorf("woken %d times", s.wakes.Load())
	}
}

// Faults of an item's text are its numbers' if the texts differ, and the request's otherwise.
func TestWhoseFaultsAreTexts(t *testing.T) {
	s := openShop(t)
	ctx := context.Background()
	manual, err := dispatch.NewService(dispatch.ServiceOptions{Store: s.db, Links: &fakeLinks{}, ManualReview: true, Now: func() time.Time { return now }, Channels: []dispatch.Channel{
		channel(10), {Name: "sales", Number: "1068", Rate: 10, Kinds: []string{"marketing"}}, {Name: "other", Number: "1067", Rate: 1},
	}})
	if err != nil {
		t.Fatal(err)
	}
	signs, _, err := s.ListSignatures(ctx, "t0", dispatch.SignatureFilter{Page: dispatch.Page{Limit: 1}})
	if err != nil {
		t.Fatal(err)
	}
	template := func(sign dispatch.Signature, review bool) string {
		t.Helper()
		tpl, err := manual.CreateSMSTemplate(ctx, "t0", dispatch.SMSTemplate{SignatureID: sign.ID, Name: "hi", Content: "hi"})
		if err != nil {
			t.Fatal(err)
		}
		if review {
			if err := manual.ReviewSMSTemplate(ctx, "t0", tpl.ID, true, ""); err != nil {
				t.Fatal(err)
			}
		}
		return strconv.FormatInt(tpl.ID, 10)
	}
	// A signature as another configuration gave it: its number carries other kinds now, or is another.
	foreign := func(name, kind, number string) dispatch.Signature {
		t.Helper()
		n := signs[0]
		n.ID, n.Name, n.Kind, n.ChannelNumber = "sign-"+number, name, kind, number
		if err := s.db.AddSignature(ctx, n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	waiting := template(signs[0], false)
	elsewhere := template(foreign("別店", dispatch.KindNotify, "1067"), true)
	wrongKind := template(foreign("他店", dispatch.KindNotify, "1068"), true)
	for _, c := range []struct {
		name, tpl, number, status string
	}{
		{"in review", waiting, testNumber, dispatch.SendInactive}, {"another number", elsewhere, testNumber, dispatch.SendWrongType},
		{"no channel of the kind", wrongKind, "1068", dispatch.SendTypeCheck},
	} {
		t.Run(c.name, func(t *testing.T) {
			item := dispatch.MessageItem{To: []string{"13100000000"}, TemplateID: c.tpl}
			good := dispatch.MessageItem{To: []string{"13100000001"}, TemplateID: s.plain, Params: []string{"95588"}}
			res, err := manual.SendMessages(ctx, "t0", "api", dispatch.MessageRequest{Different: true, Number: c.number, Items: []dispatch.MessageItem{item, good}})
			if err != nil || res.Numbers[0].Status != c.status || res.Numbers[0].Channel != c.number {
				t.Errorf("%+v, %v", res, err)
			}
			if c.number == testNumber && res.Numbers[1].Status != dispatch.SendAccepted {
				t.Errorf("the other text: %+v", res.Numbers[1])
			}
			number := c.number
			if c.status == dispatch.SendWrongType {
				number = "1" // bears neither
			}
			_, err = manual.SendMessages(ctx, "t0", "api", dispatch.MessageRequest{Number: number, Items: []dispatch.MessageItem{item}})
			if !fault.Has(err, fault.Parameter) {
				t.Errorf("alone: %v", err)
			}
		})
	}
	// Without channel_num the first template that has a number decides.
	res, err := manual.SendMessages(ctx, "t0", "api", dispatch.MessageRequest{Different: true, Items: []dispatch.MessageItem{
		{To: []string{"13100000000"}, TemplateID: elsewhere}, {To: []string{"13100000001"}, TemplateID: s.plain, Params: []string{"95588"}}}})
	if err != nil || res.Numbers[0].Status != dispatch.SendAccepted || res.Numbers[1].Status != dispatch.SendWrongType || res.Numbers[1].Channel != "1067" {
		t.Errorf("%+v, %v", res, err)
	}
}

func TestMessagesUnderAKey(t *testing.T) {
	s := openShop(t)
	ctx := context.Background()
	r := s.same()
	r.IdempotencyKey, r.BodyHash = "k", "h"
	first, err := s.SendMessages(ctx, "t0", "api", r)
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.SendMessages(ctx, "t0", "api", r)
	if err != nil || !again.Replayed || first.Replayed {
		t.Fatalf("%+v, %v", again, err)
	}
	a, _ := json.Marshal(first)
	b, _ := json.Marshal(again)
	if string(a) != string(b) {
		t.Errorf("first %s\nagain %s", a, b)
	}
	r.BodyHash = "other"
	if _, err := s.SendMessages(ctx, "t0", "api", r); err == nil {
		t.Error("another body under the key was taken")
	}
	d := s.different() // the other operation's keys are its own
	d.IdempotencyKey, d.BodyHash = "k", "h"
	if res, err := s.SendMessages(ctx, "t0", "api", d); err != nil || res.Replayed {
		t.Errorf("%+v, %v", res, err)
	}
	if b, err := s.Books(ctx, ""); err != nil || b != (dispatch.Books{Accepted: 5, Pending: 5}) {
		t.Errorf("books %+v, %v", b, err)
	}
}

// Whatever is asked for: what the answer calls accepted is what is queued, no text goes to a number twice, and every number has one answer.
func TestAcceptedIsWhatIsQueued(t *testing.T) {
	s := openShop(t)
	ctx := context.Background()
	before := int64(0)
	defer fewer(60)()
	rapid.Check(t, func(rt *rapid.T) {
		number := rapid.Custom(func(rt *rapid.T) string {
			return rapid.SampledFrom([]string{"", "+86", "0086", "86"}).Draw(rt, "prefix") + fmt.Sprint(13100000000+rapid.Int64Range(0, 5).Draw(rt, "number"))
		})
		item := rapid.Custom(func(rt *rapid.T) dispatch.MessageItem {
			it := dispatch.MessageItem{To: rapid.SliceOfN(number, 1, 12).Draw(rt, "to"), TemplateID: s.plain}
			it.Params = []string{rapid.SampledFrom([]string{"95588", "95599", "no phone", ""}).Draw(rt, "value")}
			if rapid.Bool().Draw(rt, "long") {
				it.TemplateID, it.Params = s.tpl, []string{"1", rapid.SampledFrom([]string{"d.cn/a", "d.cn/b", ""}).Draw(rt, "link"), "15:04"}
			}
			return it
		})
		r := dispatch.MessageRequest{Different: true, Items: rapid.SliceOfN(item, 1, 6).Draw(rt, "items")}
		res, err := s.SendMessages(ctx, "t0", "api", r)
		if err != nil {
			rt.Fatal(err)
		}
		asked, i := 0, 0
		sent := map[string]bool{}
		for _, it := range r.Items {
			for range it.To {
				n := res.Numbers[i]
				i++
				key := n.To + it.TemplateID + strings.Join(it.Params, "|")
				switch {
				case n.Status == dispatch.SendAccepted && sent[key], n.Status == dispatch.SendRepetition && !sent[key]:
					rt.Errorf("%s of %q: %s", n.To, it.Params, n.Status)
				case n.Status == dispatch.SendAccepted:
					sent[key] = true
				}
			}
			asked += len(it.To)
		}
		b, err := s.Books(ctx, "t0")
		if err != nil || len(res.Numbers) != asked || !b.Balanced() || b.Accepted-before != int64(res.Accepted()) || (res.State == dispatch.TaskSuccess) != (res.Accepted() > 0) {
			rt.Errorf("%d answers for %d numbers, %s, books %+v after %d, %v", len(res.Numbers), asked, res.State, b, before, err)
		}
		before = b.Accepted
	})
}
