package callback

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"cardlink/event"
	"cardlink/fault"
)

func (known) VideoReport(_ context.Context, tenant, taskID, ref string) (VideoReport, error) {
	switch ref {
	case "r1":
		return VideoReport{taskID, "13100000001", 0, "DELIVRD", "success", "2026-01-02 03:04:05", "2026-01-02 03:04:09"}, nil
	case "r2":
		return VideoReport{taskID, "13100000002", 1, "MK:0001", "fail", "2026-01-02 03:04:05", "2026-01-02 03:04:10"}, nil
	}
	return VideoReport{}, errors.New("no such message of " + tenant)
}

func (known) VideoAnswer(_ context.Context, _ string, id int64) (VideoAnswer, error) {
	if id != 7 {
		return VideoAnswer{}, errors.New("no such answer")
	}
	return VideoAnswer{"task", "13100000001", "It,s late & I <go> 好", "2026-01-02 03:04:05"}, nil
}

// What customers read about video messages, letter for letter (api.md §18.3, §18.4, §18.5).
func TestVideoPayloads(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	report := func(id int64, ref string) Item {
		r, err := event.BasicReceipt{TaskID: "task", CustRef: ref, Final: event.FinalSuccess, RTime: at}.Record("t")
		if err != nil {
			t.Fatal(err)
		}
		n, ok, err := newsOf(r.Value)
		if !ok || err != nil || n.Kind != KindVideoStatus || n.Tenant != "t" || n.FactID != "bas:task:"+ref+":final" || strings.Contains(string(n.Data), "131") {
			t.Fatalf("newsOf = %+v, %v, %v", n, ok, err)
		}
		return Item{ID: id, FactID: n.FactID, Data: n.Data}
	}
	answer := func(id, uplink int64) Item {
		n := VideoUplinkNews("t", uplink)
		return Item{ID: id, FactID: n.FactID, Data: n.Data}
	}
	state, err := VideoTemplateNews("t", 800000001, 3, VideoStates{TplID: "800000001", TplSize: 9, ValidTime: "0", StatusDetail: []VideoCarrier{{"cmcc", 0, "fine"}},
		PreviewURL: "https://s.example.com/v/800000001", TplName: "n", Title: "<t>", TplSign: "商城", CreateTime: "2026-01-02T03:04:05Z",
		VarInfo: []VideoVar{{"#p_1#", "txt"}}, RestTags: "三网一般"})
	if err != nil || state.To != 800000001 || state.FactID != "vmt:800000001:3" {
		t.Fatalf("%+v, %v", state, err)
	}
	for _, c := range []struct {
		name string
		t    URLType
		push Push
		want string
		lost []int64
	}{
		{"two reports", VideoStatus, Push{"seq", KindVideoStatus, []Item{report(1, "r1"), report(2, "r2")}},
			`{"seq_id":"seq","reports":[{"task_id":"task","mobile":"13100000001","status":0,"code":"DELIVRD","desc":"success","stime":"2026-01-02 03:04:05","rtime":"2026-01-02 03:04:09"},` +
				`{"task_id":"task","mobile":"13100000002","status":1,"code":"MK:0001","desc":"fail","stime":"2026-01-02 03:04:05","rtime":"2026-01-02 03:04:10"}]}`, nil},
		{"a report that is lost", VideoStatus, Push{"seq", KindVideoStatus, []Item{report(1, "nobody"), report(2, "r1")}},
			`{"seq_id":"seq","reports":[{"task_id":"task","mobile":"13100000001","status":0,"code":"DELIVRD","desc":"success","stime":"2026-01-02 03:04:05","rtime":"2026-01-02 03:04:09"}]}`, []int64{1}},
		{"an answer", VideoUplink, Push{"seq", KindVideoUplink, []Item{answer(1, 7)}},
			`{"seq_id":"seq","result":[{"task_id":"task","mobile":"13100000001","content":"It%2Cs+late+%26+I+%3Cgo%3E+%E5%A5%BD","rtime":"2026-01-02 03:04:05"}]}`, nil},
		{"nothing left", VideoUplink, Push{"seq", KindVideoUplink, []Item{answer(1, 8)}}, "", []int64{1}},
		{"a template's state", state.To, Push{"seq", KindVideoTemplate, []Item{{ID: 1, Data: state.Data}}},
			`{"tpl_id":"800000001","tpl_size":9,"valid_time":"0","audit_state":0,"audit_desc":"","status_detail":[{"carrier":"cmcc","status":0,"desc":"fine"}],` +
				`"preview_url":"https://s.example.com/v/800000001","tpl_name":"n","title":"<t>","tpl_sign":"商城","create_time":"2026-01-02T03:04:05Z",` +
				`"var_info":[{"name":"#p_1#","type":"txt"}],"restags":"三网一般"}`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			body, failed, err := payload(context.Background(), known{}, Endpoint{Tenant: "t", URLType: c.t}, c.push)
			if err != nil || string(body) != c.want {
				t.Errorf("%v\n got %s\nwant %s", err, body, c.want)
			}
			if len(failed) != len(c.lost) {
				t.Errorf("failed = %v, want %v", failed, c.lost)
			}
			for _, id := range c.lost {
				if failed[id] == nil {
					t.Errorf("item %d did not fail", id)
				}
			}
		})
	}
}

func TestCheckURLNamesItsField(t *testing.T) {
	s := &Service{}
	var err error
	if s.guard, err = newGuard(Targets{}); err != nil {
		t.Fatal(err)
	}
	if err := s.CheckURL("callbackurl", "https://hook.example.com/a"); err != nil {
		t.Error(err)
	}
	err = s.CheckURL("callbackurl", "http://127.0.0.1/")
	if !errors.Is(err, fault.In(fault.Parameter, "callbackurl", "")) {
		t.Errorf("err = %v, want a refusal of callbackurl", err)
	}
}
