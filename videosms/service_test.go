package videosms_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cardlink/callback"
	"cardlink/fault"
	"cardlink/videosms"
)

func refused(t *testing.T, what string, err error, code fault.Code, field string) {
	t.Helper()
	if f := fault.Of(err); err == nil || f.Code != code || f.Field != field {
		t.Errorf("%s: %v, want %s for %s", what, err, code, field)
	}
}

func TestCreateTemplateKeepsItsContents(t *testing.T) {
	h := newHouse(t, nil)
	h.web["https://example.com/a.png"] = picture(2)
	tpl := h.template(text("【商城】Hi #p_1#"), pictureFile(1), videosms.Resource{Type: "png", Name: "w", Source: "url", Content: "https://example.com/a.png"})
	if tpl.ID != 800000001 || tpl.State != videosms.Usable || !strings.HasPrefix(tpl.PreviewURL, "https://s.example.com/v/800000001-") || tpl.RestTag() != "三网一般" {
		t.Errorf("template %+v", tpl)
	}
	if want := int64(len("【商城】Hi #p_1#") + len(picture(1)) + len(picture(2))); tpl.Size != want {
		t.Errorf("size %d, want %d", tpl.Size, want)
	}
	for i, want := range [][]byte{picture(1), picture(2)} {
		m := tpl.Frames[i+1].Elements[0].Media
		body, err := h.room.Media(ctx, m.Digest)
		must(t, err)
		got, err := io.ReadAll(body)
		must(t, errors.Join(err, body.Close()))
		if string(got) != string(want) || m.Size != int64(len(want)) || m.Type != "image/png" {
			t.Errorf("content %d: %d bytes of %s, want %d", i, len(got), m.Type, len(want))
		}
	}
	if !slices.Equal(h.asked, []string{"https://example.com/a.png"}) {
		t.Errorf("fetched %v, want the address once", h.asked)
	}
	if next := h.template(); next.ID != 800000002 {
		t.Errorf("the next id is %d", next.ID)
	}
}

func TestContentsThatAreRefused(t *testing.T) {
	h := newHouse(t, func(o *videosms.Options) { o.MaxBytes = 200 })
	at := func(rs ...videosms.Resource) error {
		_, err := h.room.CreateTemplate(ctx, tenant, draftOf(append([]videosms.Resource{text("【商城】hello")}, rs...)...))
		return err
	}
	web := func(address string) videosms.Resource {
		return videosms.Resource{Type: "png", Name: "w", Source: "url", Content: address}
	}
	h.web["https://example.com/large"] = make([]byte, 201)
	h.web["https://example.com/text"] = []byte("hello")
	refused(t, "a prefix", at(videosms.Resource{Type: "png", Name: "p", Source: "file", Content: "data:image/png;base64,AAAA"}), fault.Parameter, "reslist[1].content")
	refused(t, "another type", at(videosms.Resource{Type: "jpg", Name: "p", Source: "file", Content: pictureFile(1).Content}), fault.Parameter, "reslist[1].content")
	refused(t, "a large file", at(videosms.Resource{Type: "png", Name: "p", Source: "file", Content: base64.StdEncoding.EncodeToString(make([]byte, 201))}), fault.FileSize, "reslist[1].content")
	refused(t, "too much together", at(pictureFile(1), pictureFile(2), pictureFile(3)), fault.FileSize, "reslist[3].content")
	refused(t, "too much text", at(text(strings.Repeat("x", 200))), fault.FileSize, "reslist")
	refused(t, "a large answer", at(web("https://example.com/large")), fault.FileSize, "reslist[1].content")
	refused(t, "no picture", at(web("https://example.com/text")), fault.Parameter, "reslist[1].content")
	err := at(web("https://example.com/nowhere"))
	refused(t, "no answer", err, fault.Parameter, "reslist[1].content")
	if text := fault.Of(err).Text(fault.English); strings.Contains(text, "10.0.0.1") {
		t.Errorf("the caller reads %q", text)
	}
	if list, n, err := h.room.Templates(ctx, tenant, videosms.TemplateFilter{Page: videosms.Page{Limit: 9}}); err != nil || n != 0 {
		t.Errorf("kept %v, %v", list, err)
	}
	deaf := newHouse(t, func(o *videosms.Options) { o.Fetch = nil })
	_, err = deaf.room.CreateTemplate(ctx, tenant, draftOf(text("【商城】hello"), web("https://example.com/text")))
	refused(t, "where nothing is fetched", err, fault.Parameter, "reslist[1].content")
	picky := newHouse(t, func(o *videosms.Options) {
		o.CheckURL = func(field, _ string) error { return fault.In(fault.Parameter, field, "no") }
	})
	d := draftOf(text("【商城】hello"))
	d.CallbackURL = "http://10.0.0.1/"
	_, err = picky.room.CreateTemplate(ctx, tenant, d)
	refused(t, "a private callback", err, fault.Parameter, "callbackurl")
	over, cancel := context.WithCancel(ctx)
	cancel()
	if _, err = h.room.CreateTemplate(over, tenant, draftOf(text("【商城】hello"), pictureFile(1))); !errors.Is(err, context.Canceled) {
		t.Errorf("a call that ended: %v", err)
	}
}

// states of a template in one line: the whole, then the carriers.
func states(t *videosms.Template) string {
	s := fmt.Sprintf("%d %q %s:", t.State, t.AuditDesc, t.RestTag())
	for _, c := range t.Carriers {
		s += fmt.Sprintf(" %s=%d", c.Carrier, c.State)
	}
	return s
}

func TestReview(t *testing.T) {
	h := newHouse(t, func(o *videosms.Options) { o.ManualReview = true })
	d := draftOf(text("【商城】hello"))
	d.CallbackURL = "https://example.com/t"
	tpl, err := h.room.CreateTemplate(ctx, tenant, d)
	must(t, err)
	want(t, "made", states(tpl), `1 "" 三网一般: cmcc=1 cucc=1 ctcc=1`)
	_, err = h.room.CreateTask(ctx, tenant, "api", videosms.SendRequest{Name: "go", TplID: "800000001", Mobiles: phones(1)})
	refused(t, "a send in review", err, fault.Parameter, "tpl_id")
	pending := func() (ids []int64) {
		list, err := h.room.Pending(ctx, 10)
		must(t, err)
		for _, p := range list {
			ids = append(ids, p.ID)
		}
		return ids
	}
	if got := pending(); !slices.Equal(got, []int64{tpl.ID}) {
		t.Errorf("pending %v", got)
	}
	for _, c := range []struct {
		carrier string
		pass    bool
		words   string
		want    string
	}{
		{"cucc", false, "too loud", `1 "too loud" 三网一般: cmcc=1 cucc=2 ctcc=1`},
		{"cmcc", true, "fine", `0 "fine" 单网一般: cmcc=0 cucc=2 ctcc=1`},
		{"", true, "", `0 "fine" 三网一般: cmcc=0 cucc=2 ctcc=0`}, // those that had not spoken
		{"", true, "", `0 "" 三网一般: cmcc=0 cucc=0 ctcc=0`},     // all
		{"", true, "", `0 "" 三网一般: cmcc=0 cucc=0 ctcc=0`},     // nothing new
		{"", false, "no", `2 "no" 三网一般: cmcc=2 cucc=2 ctcc=2`},
	} {
		got, err := h.room.Review(ctx, tenant, tpl.ID, c.carrier, c.pass, c.words)
		must(t, err)
		want(t, fmt.Sprintf("%s %v", c.carrier, c.pass), states(got), c.want)
	}
	if got := pending(); len(got) != 0 {
		t.Errorf("pending %v", got)
	}
	if n := len(h.pushes(callback.URLType(tpl.ID))); n != 6 { // made, and five changes
		t.Errorf("the customer is told %d times, want 6", n)
	}
	_, err = h.room.Review(ctx, tenant, tpl.ID, "oversea", true, "")
	refused(t, "another carrier", err, fault.Parameter, "carrier")
	_, err = h.room.Review(ctx, tenant, tpl.ID, "", true, strings.Repeat("长", 1025))
	refused(t, "many words", err, fault.Parameter, "audit_desc")
	_, err = h.room.Review(ctx, other, tpl.ID, "", true, "")
	refused(t, "another tenant", err, fault.Parameter, "tpl_id")
	_, err = h.room.Disable(ctx, tenant, tpl.ID, "complaints")
	must(t, err)
	_, err = h.room.Review(ctx, tenant, tpl.ID, "", true, "")
	refused(t, "a disabled template", err, fault.Parameter, "tpl_id")
}

func TestDraftsWait(t *testing.T) {
	h := newHouse(t, nil)
	d := draftOf(text("【商城】hello"))
	d.Draft = 1
	tpl, err := h.room.CreateTemplate(ctx, tenant, d)
	must(t, err)
	want(t, "a draft", states(tpl), `1 "draft" 三网一般: cmcc=1 cucc=1 ctcc=1`)
	_, err = h.room.Review(ctx, tenant, tpl.ID, "", true, "")
	refused(t, "a review of a draft", err, fault.Parameter, "tpl_id")
	if list, err := h.room.Pending(ctx, 10); err != nil || len(list) != 0 {
		t.Errorf("pending %v, %v", list, err)
	}
	tpl, err = h.room.SubmitDraft(ctx, tenant, tpl.ID)
	must(t, err)
	want(t, "handed in", states(tpl), `0 "" 三网一般: cmcc=0 cucc=0 ctcc=0`)
	_, err = h.room.SubmitDraft(ctx, tenant, tpl.ID)
	refused(t, "handed in twice", err, fault.Parameter, "tpl_id")
}

func TestExpiredTemplatesShowIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		d := draftOf(text("【商城】hello"))
		d.Days = "1"
		tpl, err := h.room.CreateTemplate(ctx, tenant, d)
		must(t, err)
		after(48 * time.Hour)
		list, _, err := h.room.Templates(ctx, tenant, videosms.TemplateFilter{Page: videosms.Page{Limit: 9}})
		must(t, err)
		want(t, "listed", states(list[0]), `5 "" 三网一般: cmcc=5 cucc=5 ctcc=5`)
		_, err = h.room.CreateTask(ctx, tenant, "api", videosms.SendRequest{Name: "go", TplID: fmt.Sprint(tpl.ID), Mobiles: phones(1)})
		refused(t, "a send", err, fault.Parameter, "tpl_id")
		if n, err := h.room.Expire(ctx, 10); err != nil || n != 1 {
			t.Errorf("expired %d, %v", n, err)
		}
		if n, err := h.room.Expire(ctx, 10); err != nil || n != 0 {
			t.Errorf("expired again %d, %v", n, err)
		}
	})
}

// Every rule of api.md §16.3 is named with its field, and nothing is queued.
func TestSendRefusals(t *testing.T) {
	h := newHouse(t, nil)
	tpl := h.template(text("【商城】Hi #p_2#, #p_1#"))
	plain := h.template(text("【商城】hello"))
	good := []videosms.Param{value("p_2", "Ann"), value("p_1", "x")}
	base := videosms.SendRequest{Name: "go", TplID: fmt.Sprint(tpl.ID), Mobiles: phones(1), Params: good}
	with := func(change func(*videosms.SendRequest)) videosms.SendRequest {
		r := base
		r.Params = slices.Clone(good)
		change(&r)
		return r
	}
	param := func(change func(*videosms.Param)) videosms.SendRequest {
		return with(func(r *videosms.SendRequest) { change(&r.Params[1]) })
	}
	individual := func(gs ...videosms.Individual) videosms.SendRequest {
		return with(func(r *videosms.SendRequest) { r.Mobiles, r.Individual = nil, gs })
	}
	hours := func(n int) videosms.SendRequest { return with(func(r *videosms.SendRequest) { r.Hours = &n }) }
	type request = *videosms.SendRequest
	for _, c := range []struct {
		name  string
		r     videosms.SendRequest
		code  fault.Code
		field string
	}{
		{"a long name", with(func(r request) { r.Name = strings.Repeat("长", 33) }), fault.Parameter, "task_name"},
		{"long exdata", with(func(r request) { r.Exdata = strings.Repeat("长", 257) }), fault.Parameter, "exdata"},
		{"0 hours", hours(0), fault.Parameter, "expiration_time"},
		{"73 hours", hours(73), fault.Parameter, "expiration_time"},
		{"no template", with(func(r request) { r.TplID = "" }), fault.Parameter, "tpl_id"},
		{"an AIM template", with(func(r request) { r.TplID = "600000001" }), fault.Parameter, "tpl_id"},
		{"an unknown template", with(func(r request) { r.TplID = "800000099" }), fault.Parameter, "tpl_id"},
		{"a template in words", with(func(r request) { r.TplID = "8000000x1" }), fault.Parameter, "tpl_id"},
		{"nobody", with(func(r request) { r.Mobiles = nil }), fault.Parameter, "mobiles"},
		{"both", with(func(r request) { r.Individual = []videosms.Individual{{phones(1), good}} }), fault.Parameter, "individual_params"},
		{"nobody individually", individual(videosms.Individual{phones(1), good}, videosms.Individual{nil, good}), fault.Parameter, "individual_params[1].mobiles"},
		{"too many", with(func(r request) { r.Mobiles = phones(5001) }), fault.Parameter, "mobiles"},
		{"too many together", individual(videosms.Individual{phones(3000), good}, videosms.Individual{phones(2001), good}), fault.Parameter, "mobiles"},
		{"no number", with(func(r request) { r.Mobiles = []string{"13100000001", "12"} }), fault.Parameter, "mobiles[1]"},
		{"a landline", with(func(r request) { r.Mobiles = []string{"01012345678"} }), fault.Parameter, "mobiles[0]"},
		{"abroad", with(func(r request) { r.Mobiles = []string{"+14155552671"} }), fault.Parameter, "mobiles[0]"},
		{"two texts for one", individual(videosms.Individual{phones(2), good}, videosms.Individual{[]string{"+8613100000002"}, good}), fault.Parameter, "individual_params[1].mobiles[0]"},
		{"no values", with(func(r request) { r.Params = nil }), fault.Parameter, "dync_params"},
		{"a value too few", with(func(r request) { r.Params = r.Params[:1] }), fault.ParameterMismatch, "dync_params"},
		{"a value too many", with(func(r request) { r.Params = append(r.Params, r.Params[0]) }), fault.ParameterMismatch, "dync_params"},
		{"values for a plain template", with(func(r request) { r.TplID = fmt.Sprint(plain.ID) }), fault.ParameterMismatch, "dync_params"},
		{"another order", with(func(r request) { slices.Reverse(r.Params) }), fault.ParameterMismatch, "dync_params[0].param_name"},
		{"no name of a value", param(func(p *videosms.Param) { p.Name = "" }), fault.Parameter, "dync_params[1].param_name"},
		{"a long value", param(func(p *videosms.Param) { p.Detail = strings.Repeat("长", 257) }), fault.Parameter, "dync_params[1].content_detail"},
		{"a value with a signature", param(func(p *videosms.Param) { p.Detail = "【银行】" }), fault.Parameter, "dync_params[1].content_detail"},
		{"a picture for a text", param(func(p *videosms.Param) { p.Type = "jpg" }), fault.Parameter, "dync_params[1].content_type"},
		{"an address for a text", param(func(p *videosms.Param) { p.Source = "url" }), fault.Parameter, "dync_params[1].content_source"},
		{"a wrong value individually", individual(videosms.Individual{phones(1), good[:1]}), fault.ParameterMismatch, "individual_params[0].dync_params"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := h.room.CreateTask(ctx, tenant, "api", c.r)
			refused(t, c.name, err, c.code, c.field)
		})
	}
	_, err := h.room.CreateTask(ctx, other, "api", base)
	refused(t, "another tenant's template", err, fault.Parameter, "tpl_id")
	if _, n, err := h.room.Tasks(ctx, tenant, videosms.TaskFilter{Page: videosms.Page{Limit: 1}}); err != nil || n != 0 {
		t.Errorf("%d tasks were kept, %v", n, err)
	}
	_, _, err = h.room.Tasks(ctx, tenant, videosms.TaskFilter{Status: "perhaps"})
	refused(t, "a status", err, fault.Parameter, "task_status")
	mute := newHouse(t, func(o *videosms.Options) { o.Sends = false })
	tpl = mute.template()
	_, err = mute.room.CreateTask(ctx, tenant, "api", videosms.SendRequest{Name: "go", TplID: fmt.Sprint(tpl.ID), Mobiles: phones(1), Params: []videosms.Param{value("p_1", "Ann")}})
	refused(t, "without a gateway", err, fault.Parameter, "")
}

func TestSends(t *testing.T) {
	h := newHouse(t, nil)
	tpl := h.template(text("【商城】Hi #p_2#, #p_1#"))
	hour := 1
	task, err := h.room.CreateTask(ctx, tenant, "api", videosms.SendRequest{Name: "go", TplID: fmt.Sprint(tpl.ID), Hours: &hour, Exdata: "x", Individual: []videosms.Individual{
		{[]string{"13100000001", "86 131-0000-0002", "13100000001"}, []videosms.Param{value("p_2", "Ann"), value("#p_1#", "one")}},
		{[]string{"13300000003"}, []videosms.Param{value("p_2", "Bob"), value("p_1", "two")}},
	}})
	must(t, err)
	if task.Total != 3 || !task.ExpireAt.Equal(task.CreatedAt.Add(time.Hour)) || task.Operator != "api" || task.Exdata != "x" {
		t.Errorf("task %+v", task)
	}
	ws, _, err := h.db.ClaimVideo(ctx, videosms.Claim{Holder: "n", Now: time.Now().Add(time.Second), Lease: time.Minute, Limit: 9})
	must(t, err)
	var got []string
	for _, w := range ws {
		o := videosms.Outgoing{Values: w.Values}
		got = append(got, w.Phone+" "+w.Carrier+" "+o.Frames(tpl)[0].Elements[0].Text)
	}
	want := []string{"+8613100000001 cucc 【商城】Hi Ann, one", "+8613100000002 cucc 【商城】Hi Ann, one", "+8613300000003 ctcc 【商城】Hi Bob, two"}
	if !slices.Equal(got, want) {
		t.Errorf("queued %q, want %q", got, want)
	}
}

// A task needs no name of its own, and a text may be replaced by nothing.
func TestEmptyTexts(t *testing.T) {
	h := newHouse(t, nil)
	tpl := h.template(text("【商城】Hi #p_1#, #p_2#"))
	task, err := h.room.CreateTask(ctx, tenant, "api", videosms.SendRequest{TplID: fmt.Sprint(tpl.ID), Mobiles: phones(1), Params: []videosms.Param{value("p_1", "Ann"), value("p_2", "")}})
	must(t, err)
	ws, _, err := h.db.ClaimVideo(ctx, videosms.Claim{Holder: "n", Now: time.Now().Add(time.Second), Lease: time.Minute, Limit: 9})
	must(t, err)
	if len(ws) != 1 || task.Name != "" {
		t.Fatalf("claimed %+v of %+v", ws, task)
	}
	o := videosms.Outgoing{Values: ws[0].Values}
	want(t, "the text", o.Frames(tpl)[0].Elements[0].Text, "【商城】Hi Ann, ")
}

// Numbers of a carrier that did not approve are told so at once; the others go.
func TestSendsToCarriersThatApproved(t *testing.T) {
	h := newHouse(t, func(o *videosms.Options) { o.ManualReview = true })
	tpl := h.template()
	_, err := h.room.Review(ctx, tenant, tpl.ID, "ctcc", true, "")
	must(t, err)
	task, err := h.room.CreateTask(ctx, tenant, "api", videosms.SendRequest{Name: "go", TplID: fmt.Sprint(tpl.ID), Mobiles: []string{"13100000001", "13300000001"},
		Params: []videosms.Param{value("p_1", "Ann")}})
	must(t, err)
	want(t, "one of two", counts(h.task(task.UUID)), "processing: 0 submitted, 0 success, 1 failed, 0 timeout")
	wantFacts(t, h, map[string]int{"basic.send.receipt.v1 fail": 1})
}

// Every recipient's own picture: fetched once an address, checked as the template's are.
func TestPicturesOfRecipients(t *testing.T) {
	h := newHouse(t, nil)
	hole := videosms.Resource{Type: "png", Name: "own", Source: "txt", Content: "#p_1#"}
	tpl := h.template(text("【商城】hello"), hole)
	own := func(address string) []videosms.Param {
		return []videosms.Param{{Name: "p_1", Type: "png", Source: "url", Detail: address}}
	}
	send := func(gs ...videosms.Individual) (*videosms.Task, error) {
		return h.room.CreateTask(ctx, tenant, "api", videosms.SendRequest{Name: "go", TplID: fmt.Sprint(tpl.ID), Individual: gs})
	}
	for i := range 12 {
		h.web[fmt.Sprintf("https://example.com/%d.png", i)] = picture(i)
	}
	var many []videosms.Individual
	for i := range 10 {
		many = append(many, videosms.Individual{Mobiles: []string{fmt.Sprintf("1310000%04d", 2*i)}, Params: own(fmt.Sprintf("https://example.com/%d.png", i))},
			videosms.Individual{Mobiles: []string{fmt.Sprintf("1310000%04d", 2*i+1)}, Params: own(fmt.Sprintf("https://example.com/%d.png", i))})
	}
	_, err := send(many...)
	must(t, err)
	if len(h.asked) != 10 {
		t.Errorf("fetched %d times, want each of 10 addresses once", len(h.asked))
	}
	ws, _, err := h.db.ClaimVideo(ctx, videosms.Claim{Holder: "n", Now: time.Now().Add(time.Second), Lease: time.Minute, Limit: 99})
	must(t, err)
	o := videosms.Outgoing{Values: ws[3].Values}
	m := o.Frames(tpl)[1].Elements[0].Media
	if m == nil || m.Size != int64(len(picture(1))) {
		t.Fatalf("the fourth recipient gets %+v", m)
	}
	body, err := h.room.Media(ctx, m.Digest)
	must(t, err)
	must(t, body.Close())
	_, err = send(append(many, videosms.Individual{Mobiles: []string{"13100009999"}, Params: own("https://example.com/11.png")})...)
	refused(t, "eleven addresses", err, fault.Parameter, "individual_params[20].dync_params[0].content_detail")
	for name, c := range map[string]struct {
		p     videosms.Param
		field string
	}{
		"a text":       {value("p_1", "Ann"), "content_type"},
		"a file":       {videosms.Param{Name: "p_1", Type: "png", Source: "file", Detail: "AAAA"}, "content_source"},
		"no value":     {videosms.Param{Name: "p_1", Type: "png", Source: "url"}, "content_detail"},
		"no address":   {videosms.Param{Name: "p_1", Type: "png", Source: "url", Detail: "example"}, "content_source"},
		"nothing":      {videosms.Param{Name: "p_1", Type: "png", Source: "url", Detail: "https://example.com/none.png"}, "content_detail"},
		"another type": {videosms.Param{Name: "p_1", Type: "jpg", Source: "url", Detail: "https://example.com/1.png"}, "content_detail"},
	} {
		_, err := send(videosms.Individual{Mobiles: []string{"13100000001"}, Params: []videosms.Param{c.p}})
		refused(t, name, err, fault.Parameter, "individual_params[0].dync_params[0]."+c.field)
	}
}

// What carriers say is cleaned before it is kept.
func TestReportsAreCleaned(t *testing.T) {
	h := newHouse(t, nil)
	tpl := h.template()
	task := h.send(tpl.ID, 4)
	ws, _, err := h.db.ClaimVideo(ctx, videosms.Claim{Holder: "n", Now: time.Now().Add(time.Second), Lease: time.Minute, Limit: 9})
	if err != nil || len(ws) != 4 {
		t.Fatal(ws, err)
	}
	future := time.Now().Add(time.Hour)
	tally, err := h.room.Report(ctx, []videosms.Report{
		{ID: msgID(task, 0), Delivered: true, Code: "whatever", At: future},
		{ID: msgID(task, 1), Code: "DELIVRD"},
		{ID: msgID(task, 2), Code: "x\x00\xff" + strings.Repeat("长", 40)},
		{ID: "\x00"},
	})
	if err != nil || tally != (videosms.Tally{Applied: 3, Unmatched: 1}) {
		t.Fatalf("%+v, %v", tally, err)
	}
	tally, err = h.room.Answer(ctx, []videosms.Uplink{{Ref: "1", From: "86 131-0000-0001", Content: "a\x00\xffb" + strings.Repeat("长", 2000), At: future}, {Ref: "2", From: "nobody"}})
	if err != nil || tally != (videosms.Tally{Applied: 1, Unmatched: 1}) {
		t.Fatalf("%+v, %v", tally, err)
	}
}

// The address is the same whenever it is told, and without a signer there is none.
func TestPreviewAddress(t *testing.T) {
	h := newHouse(t, nil)
	tpl := h.template(text("【商城】Hi"))
	if !strings.HasPrefix(tpl.PreviewURL, "https://s.example.com/v/800000001-0-") {
		t.Errorf("address %q", tpl.PreviewURL)
	}
	list, _, err := h.room.Templates(ctx, tenant, videosms.TemplateFilter{Page: videosms.Page{Limit: 1}})
	must(t, err)
	if len(list) != 1 || list[0].PreviewURL != tpl.PreviewURL {
		t.Errorf("the list says %q", list[0].PreviewURL)
	}
	plain := newHouse(t, func(o *videosms.Options) { o.Previews = nil })
	if tpl := plain.template(text("【商城】Hi")); tpl.PreviewURL != "" {
		t.Errorf("an address nobody signed: %q", tpl.PreviewURL)
	}
}
