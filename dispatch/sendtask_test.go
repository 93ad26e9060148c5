package dispatch_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardlink/dispatch"
	"cardlink/fault"
	"cardlink/shortlink"
	"cardlink/store"
	"cardlink/templates"
)

// fakeLinks makes one link per item; items without parameters "fail" do.
type fakeLinks struct{ next atomic.Int64 }

func (f *fakeLinks) Draft(_ context.Context, r shortlink.Request) (shortlink.Batch, error) {
	if r.TplID != "600000001" {
		return shortlink.Batch{}, fault.In(fault.UnknownTemplate, "tpl_id", "template does not exist: "+r.TplID)
	}
	b := shortlink.Batch{Template: &templates.Template{ID: 600000001, Name: "sale"}, Domain: "d.cn", Times: 1}
	for i, it := range r.Items {
		if it.Params["fail"] != "" {
			b.Failed = append(b.Failed, shortlink.Failed{Index: i, Item: it, Code: fault.ParameterMismatch, Text: "no"})
			continue
		}
		id := f.next.Add(1)
		code := fmt.Sprintf("code%04d", id)
		if it.CustomCode != "" {
			code = it.CustomCode
		}
		b.Links = append(b.Links, shortlink.Link{
			ID: id, Tenant: r.Tenant, TaskID: r.TaskID, TaskName: r.TaskName, FromSend: true, Domain: "d.cn", Code: code, Custom: it.CustomCode != "", TplID: 600000001,
			TplVersion: 1, Signs: r.Signs, Limit: 1, CustFlag: it.CustFlag, CreatedAt: now, ExpireAt: now.Add(24 * time.Hour),
		})
		b.Index = append(b.Index, i)
	}
	return b, nil
}

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// shop is a service with an application, a signature and two templates of tenant t0.
type shop struct {
	*dispatch.Service
	db    *store.DB
	wakes atomic.Int64
	tpl   string // link, phone, date
	plain string // without link
}

func openShop(t *testing.T) *shop {
	t.Helper()
	db, _, err := openStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	s := &shop{db: db}
	s.Service, err = dispatch.NewService(dispatch.ServiceOptions{
		Store: db, Links: &fakeLinks{}, Channels: []dispatch.Channel{channel(10)}, Now: func() time.Time { return now }, Wake: func() { s.wakes.Add(1) },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	app, err := s.CreateApp(ctx, "t0", "shop", "")
	if err != nil {
		t.Fatal(err)
	}
	file, err := s.UploadFile(ctx, "t0", "licence.png", "", []byte("\x89PNG\r\n\x1a\n0000"))
	if err != nil {
		t.Fatal(err)
	}
	sign, err := s.AddSignature(ctx, "t0", dispatch.Signature{
		Name: "示例商城", Kind: dispatch.KindNotify, AppID: app.ID, FileID: file.ID, InvolvedThird: "no"})
	if err != nil {
		t.Fatal(err)
	}
	if sign.ChannelNumber != testNumber || sign.Status != dispatch.SignaturePassed {
		t.Fatalf("signature %+v", sign)
	}
	for _, v := range []struct {
		id   *string
		text string
		vars []dispatch.Variable
	}{
		{&s.tpl, "${1}: see ${2} until ${3}", []dispatch.Variable{{Index: 1, Type: dispatch.VarPhone}, {Index: 2, Type: dispatch.VarLink}, {Index: 3, Type: dispatch.VarDateTime}}},
		{&s.plain, "call ${1}", []dispatch.Variable{{Index: 1, Type: dispatch.VarPhone}}},
	} {
		tpl, err := s.CreateSMSTemplate(ctx, "t0", dispatch.SMSTemplate{SignatureID: sign.ID, Name: "sale", Content: v.text, Variables: v.vars})
		if err != nil {
			t.Fatal(err)
		}
		*v.id = fmt.Sprint(tpl.ID)
	}
	return s
}

func (s *shop) request() dispatch.SendRequest {
	return dispatch.SendRequest{
		TaskName: "spring",
		Channel:  &dispatch.SMSChannel{Number: testNumber, TemplateID: s.tpl, Sign: "示例商城", AppName: "shop"},
		Resolve: &dispatch.LinkOrder{TplID: "600000001", Times: 1, CodeType: "individual", Days: 7, Recipients: []dispatch.Recipient{
			{CustFlag: "13100000000", SMSParams: []string{"95588", "15:04"}},
			{CustFlag: "008613800138000", SMSParams: []string{"95588", "2026-01-02"}},
		}},
	}
}

// Every whole-request rule of api.md §8.1 answers with its code and field, and stores nothing.
func TestSendTaskRefusals(t *testing.T) {
	s := openShop(t)
	type req = dispatch.SendRequest
	for _, c := range []struct {
		name  string
		spoil func(*req)
		code  fault.Code
		field string
	}{
		{"no name", func(r *req) { r.TaskName = "" }, fault.Parameter, "task_name"},
		{"blank name", func(r *req) { r.TaskName = "  " }, fault.Parameter, "task_name"},
		{"long name", func(r *req) { r.TaskName = strings.Repeat("名", 31) }, fault.Parameter, "task_name"},
		{"no channel", func(r *req) { r.Channel = nil }, fault.EmptyChannel, "sms_channel"},
		{"no number", func(r *req) { r.Channel.Number = "" }, fault.ChannelNumber, "sms_channel.channel_number"},
		{"long number", func(r *req) { r.Channel.Number = strings.Repeat("1", 22) }, fault.ChannelNumber, "sms_channel.channel_number"},
		{"another number", func(r *req) { r.Channel.Number = "1068" }, fault.Parameter, "sms_channel.channel_number"},
		{"no text", func(r *req) { r.Channel.TemplateID = "" }, fault.EmptySMSTemplateID, "sms_channel.sms_tpl_id"},
		{"text id no number", func(r *req) { r.Channel.TemplateID = "x1" }, fault.SMSTemplateIDNumber, "sms_channel.sms_tpl_id"},
		{"text id beyond all ids", func(r *req) { r.Channel.TemplateID = "99999999999999999999" }, fault.UnknownSMSTemplate, "sms_channel.sms_tpl_id"},
		{"signed text id", func(r *req) { r.Channel.TemplateID = "+1" }, fault.SMSTemplateIDNumber, "sms_channel.sms_tpl_id"},
		{"unknown text", func(r *req) { r.Channel.TemplateID = "99999999" }, fault.UnknownSMSTemplate, "sms_channel.sms_tpl_id"},
		{"text without link", func(r *req) { r.Channel.TemplateID = s.plain }, fault.NoResolveMark, "sms_channel.sms_tpl_id"},
		{"no sign", func(r *req) { r.Channel.Sign = "" }, fault.EmptySMSSign, "sms_channel.sms_sign"},
		{"long sign", func(r *req) { r.Channel.Sign = strings.Repeat("签", 19) }, fault.SignLength, "sms_channel.sms_sign"},
		{"another sign", func(r *req) { r.Channel.Sign = "别人" }, fault.SMSSignMismatch, "sms_channel.sms_sign"},
		{"no application", func(r *req) { r.Channel.AppName = "" }, fault.EmptyAppName, "sms_channel.sms_app_name"},
		{"another application", func(r *req) { r.Channel.AppName = "bank" }, fault.AppNameMismatch, "sms_channel.sms_app_name"},
		{"no resolve task", func(r *req) { r.Resolve = nil }, fault.Parameter, "resolve_task"},
		{"no card", func(r *req) { r.Resolve.TplID = "" }, fault.EmptyTemplateID, "resolve_task.tpl_id"},
		{"unknown card", func(r *req) { r.Resolve.TplID = "600000009" }, fault.UnknownTemplate, "resolve_task.tpl_id"},
		{"group", func(r *req) { r.Resolve.CodeType = "group" }, fault.Parameter, "resolve_task.aim_code_type"},
		{"no times", func(r *req) { r.Resolve.Times = 0 }, fault.Parameter, "resolve_task.resolve_times"},
		{"eight days", func(r *req) { r.Resolve.Days = 8 }, fault.Parameter, "resolve_task.expiration_time"},
		{"nobody", func(r *req) { r.Resolve.Recipients = nil }, fault.EmptyParams, "resolve_task.params"},
		{"too many", func(r *req) { r.Resolve.Recipients = make([]dispatch.Recipient, 101) }, fault.TooManyCodes, "resolve_task.params"},
		{"no recipient", func(r *req) { r.Resolve.Recipients[1].CustFlag = " " }, fault.EmptyRecipient, "resolve_task.params[1].cust_flag"},
		{"long recipient", func(r *req) { r.Resolve.Recipients[1].CustFlag = strings.Repeat("1", 65) }, fault.CustFlagLength, "resolve_task.params[1].cust_flag"},
		{"not a phone", func(r *req) { r.Resolve.Recipients[0].CustFlag = "customer-7" }, fault.Parameter, "resolve_task.params[0].cust_flag"},
		{"too few values", func(r *req) { r.Resolve.Recipients[1].SMSParams = nil }, fault.SMSParameterCount, "resolve_task.params[1].sms_params"},
		{"a value that is none", func(r *req) { r.Resolve.Recipients[0].SMSParams[1] = "soon" }, fault.SMSParameterDate, "resolve_task.params[0].sms_params[1]"},
		{"a long key", func(r *req) { r.IdempotencyKey = strings.Repeat("k", 256) }, fault.Parameter, "Idempotency-Key"},
	} {
		r := s.request()
		c.spoil(&r)
		_, err := s.CreateSendTask(context.Background(), "t0", "api", r)
		if f := fault.Of(err); f == nil || f.Code != c.code || f.Field != c.field {
			t.Errorf("%s: %v, want %s of %s", c.name, err, c.code, c.field)
		}
	}
	if _, err := s.CreateSendTask(context.Background(), "t1", "api", s.request()); !fault.Has(err, fault.ForeignSMSTemplate) {
		t.Errorf("another tenant's text: %v", err)
	}
	if b, err := s.Books(context.Background(), ""); err != nil || b != (dispatch.Books{}) {
		t.Errorf("refused requests left %+v, %v", b, err)
	}
}

func TestSendTask(t *testing.T) {
	s := openShop(t)
	ctx := context.Background()
	r := s.request()
	r.Resolve.Recipients = append(r.Resolve.Recipients, dispatch.Recipient{CustFlag: "13100000009", Params: map[string]string{"fail": "1"}, SMSParams: []string{"1", "15:04"}})
	res, err := s.CreateSendTask(ctx, "t0", "api", r)
	if err != nil {
		t.Fatal(err)
	}
	want := dispatch.TaskResult{TaskID: res.TaskID, State: dispatch.TaskSuccess, CreatedAt: now, Submissions: 3, Sends: 2, Failed: []shortlink.Failed{
		{Index: 2, Item: shortlink.Item{CustFlag: "13100000009", Params: map[string]string{"fail": "1"}}, Code: fault.ParameterMismatch, Text: "no"}}}
	if d := cmp.Diff(want, res); d != "" {
		t.Error(d)
	}
	if s.wakes.Load() != 1 {
		t.Errorf("woke the worker %d times", s.wakes.Load())
	}
	owner, err := s.db.OpenOwner(ctx, "n", now, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, network := range []string{dispatch.CMCC, dispatch.CUCC} {
		ws, err := s.db.ClaimMessages(ctx, dispatch.Claim{Owner: owner, Route: testNumber + "/notify/" + network, Class: dispatch.Notify, Tenants: []string{"t0"}, PerTenant: 9, Now: now})
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range ws {
			got[w.Phone] = w.Text
		}
	}
	if d := cmp.Diff(map[string]string{
		"+8613100000000": "【示例商城】95588: see d.cn/code0001 until 15:04", "+8613800138000": "【示例商城】95588: see d.cn/code0002 until 2026-01-02"}, got); d != "" {
		t.Error(d)
	}
	details, n, err := s.ListSendDetails(ctx, "t0", dispatch.DetailFilter{CustFlag: "+86 138 0013 8000", Page: dispatch.Page{Limit: 10}})
	if err != nil || n != 1 || details[0].CustFlag != "008613800138000" || details[0].TaskID != res.TaskID || details[0].Status != dispatch.SendSending {
		t.Errorf("details %+v, %d, %v", details, n, err)
	}
}

// A custom code that somebody else has costs its recipient alone; when all are taken the task has failed.
func TestSendTaskWithTakenCodes(t *testing.T) {
	s := openShop(t)
	custom := func(codes ...string) dispatch.TaskResult {
		r := s.request()
		r.Resolve.GenerationType = "2"
		for i, c := range codes {
			r.Resolve.Recipients[i].CustomCode = c
		}
		res, err := s.CreateSendTask(context.Background(), "t0", "api", r)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	if res := custom("aaa", "bbb"); res.Sends != 2 || len(res.Failed) != 0 {
		t.Errorf("first: %+v", res)
	}
	if res := custom("bbb", "ccc"); res.State != dispatch.TaskSuccess || res.Sends != 1 || len(res.Failed) != 1 || res.Failed[0].Index != 0 || res.Failed[0].Code != fault.DuplicateCode {
		t.Errorf("one taken: %+v", res)
	}
	if res := custom("aaa", "bbb"); res.State != dispatch.TaskFailed || res.Sends != 0 || len(res.Failed) != 2 {
		t.Errorf("all taken: %+v", res)
	}
	if b, err := s.Books(context.Background(), "t0"); err != nil || b.Accepted != 3 || !b.Balanced() {
		t.Errorf("books %+v, %v", b, err)
	}
	tasks, n, err := s.ListSendTasks(context.Background(), "t0", dispatch.TaskFilter{State: dispatch.TaskFailed, Page: dispatch.Page{Limit: 10}})
	if err != nil || n != 1 || tasks[0].Submissions != 2 || tasks[0].Sends != 0 {
		t.Errorf("failed tasks %+v, %d, %v", tasks, n, err)
	}
}

// Under one key, however many callers at once, one task is made and all get its answer.
func TestSendTaskIsIdempotentUnderAKey(t *testing.T) {
	s := openShop(t)
	var mu sync.Mutex
	var wg sync.WaitGroup
	answers := map[string]int{}
	for range 8 {
		wg.Go(func() {
			r := s.request()
			r.IdempotencyKey, r.BodyHash = "k", "h"
			res, err := s.CreateSendTask(context.Background(), "t0", "api", r)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			answers[res.TaskID]++
			mu.Unlock()
		})
	}
	wg.Wait()
	if len(answers) != 1 {
		t.Errorf("answers %v", answers)
	}
	r := s.request()
	r.IdempotencyKey, r.BodyHash = "k", "other"
	if _, err := s.CreateSendTask(context.Background(), "t0", "api", r); !fault.Has(err, fault.Parameter) {
		t.Errorf("another body under the key: %v", err)
	}
	if b, err := s.Books(context.Background(), "t0"); err != nil || b.Accepted != 2 {
		t.Errorf("books %+v, %v", b, err)
	}
}

func TestReviews(t *testing.T) {
	s := openShop(t)
	ctx := context.Background()
	manual, err := dispatch.NewService(dispatch.ServiceOptions{Store: s.db, Links: &fakeLinks{}, Channels: []dispatch.Channel{channel(10)}, ManualReview: true})
	if err != nil {
		t.Fatal(err)
	}
	apps, _, err := s.ListApps(ctx, "t0", dispatch.AppFilter{Page: dispatch.Page{Limit: 1}})
	if err != nil {
		t.Fatal(err)
	}
	file, err := s.UploadFile(ctx, "t0", "l.pdf", "", []byte("%PDF-1.7 x"))
	if err != nil {
		t.Fatal(err)
	}
	n, err := manual.AddSignature(ctx, "t0", dispatch.Signature{Name: "新店", Kind: dispatch.KindNotify, AppID: apps[0].ID, FileID: file.ID, InvolvedThird: "no"})
	if err != nil || n.Status != dispatch.SignaturePending || n.ChannelNumber != "" {
		t.Fatalf("%+v, %v", n, err)
	}
	tpl := dispatch.SMSTemplate{SignatureID: n.ID, Name: "x", Content: "hi"}
	if _, err := manual.CreateSMSTemplate(ctx, "t0", tpl); !fault.Has(err, fault.Parameter) {
		t.Errorf("a text under a signature in review: %v", err)
	}
	if err := manual.ReviewSignature(ctx, "t0", n.ID, true, ""); err != nil {
		t.Fatal(err)
	}
	if err := manual.ReviewSignature(ctx, "t0", n.ID, true, ""); !fault.Has(err, fault.Parameter) {
		t.Errorf("reviewed twice: %v", err)
	}
	tpl, err = manual.CreateSMSTemplate(ctx, "t0", tpl)
	if err != nil || tpl.FlowStatus != dispatch.FlowReviewing {
		t.Fatalf("%+v, %v", tpl, err)
	}
	if err := manual.ReviewSMSTemplate(ctx, "t1", tpl.ID, true, ""); !fault.Has(err, fault.UnknownSMSTemplate) {
		t.Errorf("reviewed by another tenant: %v", err)
	}
	if err := manual.ReviewSMSTemplate(ctx, "t0", tpl.ID, false, "too short"); err != nil {
		t.Fatal(err)
	}
	all, total, err := manual.ListSMSTemplates(ctx, "t0", dispatch.SMSTemplateFilter{FlowStatus: dispatch.FlowReject, Page: dispatch.Page{Limit: 10}})
	if err != nil || total != 1 || all[0].ReviewDesc != "too short" {
		t.Errorf("%+v, %d, %v", all, total, err)
	}
}

func TestSignatureRefusals(t *testing.T) {
	s := openShop(t)
	ctx := context.Background()
	apps, _, err := s.ListApps(ctx, "t0", dispatch.AppFilter{Page: dispatch.Page{Limit: 1}})
	if err != nil {
		t.Fatal(err)
	}
	file, err := s.UploadFile(ctx, "t0", "l.gif", "", []byte("GIF89a...."))
	if err != nil {
		t.Fatal(err)
	}
	good := dispatch.Signature{Name: "新店", Kind: dispatch.KindPromotion, AppID: apps[0].ID, FileID: file.ID, InvolvedThird: "no", Source: 1, SourceTitle: "shop.example.com"}
	for _, c := range []struct {
		spoil func(*dispatch.Signature)
		code  fault.Code
		field string
	}{
		{func(n *dispatch.Signature) { n.Name = "一" }, fault.SignatureNameLength, "signature_name"},
		{func(n *dispatch.Signature) { n.Name = strings.Repeat("一", 17) }, fault.SignatureNameLength, "signature_name"},
		{func(n *dispatch.Signature) { n.Name = "【新店】" }, fault.Parameter, "signature_name"},
		{func(n *dispatch.Signature) { n.Kind = "OTHER" }, fault.Parameter, "signature_type"},
		{func(n *dispatch.Signature) { n.Source = 6 }, fault.Parameter, "signature_source"},
		{func(n *dispatch.Signature) { n.Source = -1 }, fault.Parameter, "signature_source"},
		{func(n *dispatch.Signature) { n.SourceTitle = "" }, fault.Parameter, "source_title_content"},
		{func(n *dispatch.Signature) { n.ApplyDesc = strings.Repeat("x", 81) }, fault.Parameter, "apply_desc"},
		{func(n *dispatch.Signature) { n.InvolvedThird = "" }, fault.Parameter, "is_involved_third"},
		{func(n *dispatch.Signature) { n.InvolvedThird = "yes" }, fault.Parameter, "power_attorney_file_id"},
		{func(n *dispatch.Signature) { n.AppID = "nobody" }, fault.Parameter, "app_id"},
		{func(n *dispatch.Signature) { n.FileID = "" }, fault.Parameter, "file_id"},
		{func(n *dispatch.Signature) { n.FileID = "nobody" }, fault.Parameter, "file_id"},
		{func(n *dispatch.Signature) { n.Name, n.Kind = "示例商城", dispatch.KindNotify }, fault.SignatureExists, ""},
	} {
		n := good
		c.spoil(&n)
		_, err := s.AddSignature(ctx, "t0", n)
		if f := fault.Of(err); f == nil || f.Code != c.code || f.Field != c.field {
			t.Errorf("%v, want %s of %s", err, c.code, c.field)
		}
	}
	if _, err := s.AddSignature(ctx, "t0", good); err != nil {
		t.Error(err)
	}
	for name, want := range map[string]fault.Code{"": fault.Parameter, "text": fault.ImageFormat, strings.Repeat("\x89PNG\r\n\x1a\n", 1<<18+1): fault.FileSize} {
		if _, err := s.UploadFile(ctx, "t0", "f", "", []byte(name)); !fault.Has(err, want) {
			t.Errorf("file of %d bytes: %v, want %s", len(name), err, want)
		}
	}
	for _, name := range []string{"", "a b", strings.Repeat("a", 31), "shop!", "SHOP"} {
		if _, err := s.CreateApp(ctx, "t0", name, ""); err == nil {
			t.Errorf("application %q was made", name)
		}
	}
	if _, err := s.CreateApp(ctx, "t0", "bank", "ftp://x"); !fault.Has(err, fault.Parameter) {
		t.Errorf("uplink: %v", err)
	}
}
