package api

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"cardlink/dispatch"
	"cardlink/fault"
)

// messageFace is a face with two texts: one with a name and a link, one without variables.
type messageFace struct {
	sendFace
	m           messageHandlers
	full, plain string // template ids
}

func newMessageFace(t *testing.T) messageFace {
	t.Helper()
	f := newSendFace(t)
	app := f.post(f.h.createApp, `{"app_name":"shop"}`)["app_id"].(string)
	sign := f.post(f.h.addSignature, `{"signature_name":"示例商城","signature_type":"NOTIFY_TYPE","app_id":"`+app+`","file_id":"`+f.upload("licence.pdf")+`",
		"signature_source":0,"is_involved_third":"no"}`)["signature_id"].(string)
	template := func(content, vars string) string {
		return f.post(f.h.createSMSTemplate, `{"signature_id":"`+sign+`","template_content":"`+content+`","template_name":"sale","variable_attributes":`+vars+`}`)["template_id"].(string)
	}
	return messageFace{f, messageHandlers{f.h.room},
		template("${1}, look: ${2}", `[{"variable_index":1,"variable_type":"TEXT","variable_desc":"name"},{"variable_index":2,"variable_type":"NEWTEXT"}]`), template("we moved", `[]`)}
}

// The shapes of api.md §15 and A.8; ids of the answer are whatever they are.
func TestMessageAnswers(t *testing.T) {
	f := newMessageFace(t)
	equal(t, "one text", f.post(f.m.same, `{"template_id":`+f.full+`,"task_name":null,"to":[13100000000,"+8613100000001","8613100000000"],"template_params":["Ann","s.example.com/abc"],
		"signature":"示例商城","extend":"order 7","unknown":{}}`), `{"task_id":"*","status":"Success","result":[
		{"to":"+8613100000000","channel_num":"8822053111111","msg_id":"*","send_status":"000000","create_time":"2026-01-02T03:04:05Z"},
		{"to":"+8613100000001","channel_num":"8822053111111","msg_id":"*","send_status":"000000","create_time":"2026-01-02T03:04:05Z"},
		{"to":"+8613100000000","channel_num":"8822053111111","msg_id":"*","send_status":"E200041","create_time":"2026-01-02T03:04:05Z"}]}`)
	equal(t, "without variables", f.post(f.m.same, `{"template_id":"`+f.plain+`","channel_num":"8822053111111","to":["13100000000"],"template_params":null}`), `{"task_id":"*","status":"Success",
		"result":[{"to":"+8613100000000","channel_num":"8822053111111","msg_id":"*","send_status":"000000","create_time":"2026-01-02T03:04:05Z"}]}`)
	equal(t, "different texts", f.post(f.m.different, `{"channel_num":"8822053111111","task_name":"two texts","sms_content":[
		{"to":["13100000000"],"template_id":"`+f.full+`","template_params":["Ann","kXfvIwzs"]},{"to":["13100000000","13100000001"],"template_id":"`+f.full+`","template_params":["Ann."," "]},
		{"to":["13100000001"],"template_id":"`+f.plain+`"}]}`), `{"task_id":"*","status":"Success","result":[
		{"to":"+8613100000000","channel_num":"8822053111111","msg_id":"*","send_status":"000000","create_time":"2026-01-02T03:04:05Z"},
		{"to":"+8613100000000","channel_num":"8822053111111","msg_id":"*","send_status":"E200028","create_time":"2026-01-02T03:04:05Z"},
		{"to":"+8613100000001","channel_num":"8822053111111","msg_id":"*","send_status":"E200028","create_time":"2026-01-02T03:04:05Z"},
		{"to":"+8613100000001","channel_num":"8822053111111","msg_id":"*","send_status":"000000","create_time":"2026-01-02T03:04:05Z"}]}`)
	equal(t, "nothing that could be sent", f.post(f.m.different, `{"sms_content":[{"to":["13100000000"],"template_id":"`+f.full+`","template_params":[]}]}`), `{"task_id":"*","status":"Failed"}`)
	equal(t, "send tasks", f.get(f.h.list, ""), `{"aim_send_tasks":[],"page_info":{"offset":0,"limit":20,"total":0}}`)
	equal(t, "send details", f.get(f.h.details, "offset=0&limit=10"), `{"send_details":[],"page_info":{"offset":0,"limit":10,"total":0}}`)
	if b, err := f.m.room.Books(context.Background(), sendTenant); err != nil || b != (dispatch.Books{Accepted: 5, Pending: 5}) {
		t.Errorf("books %+v, %v", b, err)
	}
}

func TestMessagesUnderTheirKey(t *testing.T) {
	f := newMessageFace(t)
	body := `{"template_id":"` + f.plain + `","to":["13100000000"],"template_params":[]}`
	first := f.post(f.m.same, body, "Idempotency-Key", "k1")
	if again := f.post(f.m.same, body, "Idempotency-Key", "k1"); !reflect.DeepEqual(again, first) {
		t.Errorf("repeated under its key: %v, want %v", again, first)
	}
	if other := f.post(f.m.same, body); reflect.DeepEqual(other, first) {
		t.Error("a request without a key got the answer of one with")
	}
	if _, err := f.call(f.m.same, "", "application/json", []byte(body+" "), "Idempotency-Key", "k1"); err == nil {
		t.Error("another body under the key was taken")
	}
}

func TestMessageBodiesAreChecked(t *testing.T) {
	f := newMessageFace(t)
	ok := `{"template_id":"` + f.plain + `","to":["13100000000"],"template_params":[]`
	item := `{"to":["13100000000"],"template_id":"` + f.plain + `"}`
	for _, c := range []struct {
		handle      handler
		body        string
		code        fault.Code
		field, what string
	}{
		{f.m.same, ``, fault.EmptyInput, "", "no body"},
		{f.m.same, `{}`, fault.EmptyRecipient, "to", "an empty object"},
		{f.m.same, ok + `,"to":"13100000000"}`, fault.Parameter, "to", "a member twice"},
		{f.m.same, strings.Replace(ok, `["13100000000"]`, `"13100000000"`, 1) + `}`, fault.Parameter, "to", "a text for a list"},
		{f.m.same, strings.Replace(ok, `["13100000000"]`, `[["13100000000"]]`, 1) + `}`, fault.Parameter, "to[0]", "a list in a list"},
		{f.m.same, ok + `,"signature":"` + strings.Repeat("签", 33) + `"}`, fault.Parameter, "signature", "a long signature"},
		{f.m.same, ok + `,"task_name":" "}`, fault.Parameter, "task_name", "a blank name"},
		{f.m.same, ok + `,"channel_num":"` + strings.Repeat("1", 22) + `"}`, fault.ChannelNumber, "channel_num", "a long channel number"},
		{f.m.different, `{"channel_num":"8822053111111"}`, fault.Parameter, "sms_content", "no texts"},
		{f.m.different, `{"sms_content":{}}`, fault.Parameter, "sms_content", "an object for a list"},
		{f.m.different, `{"sms_content":[1]}`, fault.Parameter, "sms_content[0]", "a number for a text"},
		{f.m.different, `{"sms_content":[` + item + `,{"template_id":"` + f.plain + `"}]}`, fault.EmptyRecipient, "sms_content[1].to", "nobody"},
		{f.m.different, `{"sms_content":[` + item + `,{"to":["13100000000"]}]}`, fault.EmptySMSTemplateID, "sms_content[1].template_id", "no template"},
		{f.m.different, `{"sms_content":[` + item + `,{"to":["13100000000","x"],"template_id":"1"}]}`, fault.Parameter, "sms_content[1].to[1]", "no number"},
	} {
		_, err := f.call(c.handle, "", "application/json", []byte(c.body))
		if e := fault.Of(err); e == nil || e.Code != c.code || e.Field != c.field {
			t.Errorf("%s: %v, want %s of %q", c.what, err, c.code, c.field)
		}
	}
}

// Beyond the messages that may wait a number answers E200015; a send task is 429 and names the bound.
func TestMessagesBeyondTheBound(t *testing.T) {
	f := newMessageFace(t)
	backlog, err := dispatch.NewBacklog(dispatch.BacklogOptions{Store: f.db, Most: 1, Now: f.m.room.Now})
	fatal(t, err)
	room, err := dispatch.NewService(dispatch.ServiceOptions{Store: f.db, Links: sendLinks{}, Now: f.m.room.Now, Backlog: backlog,
		Channels: []dispatch.Channel{{Name: "sim", Number: "8822053111111", Rate: 100}}})
	fatal(t, err)
	m := messageHandlers{room}
	number := func(to, status string) string {
		return `{"to":"` + to + `","channel_num":"8822053111111","msg_id":"*","send_status":"` + status + `","create_time":"2026-01-02T03:04:05Z"}`
	}
	body := `{"template_id":"` + f.plain + `","to":["13100000000","13100000001"]}`
	equal(t, "the last place", f.post(m.same, body), `{"task_id":"*","status":"Success","result":[`+number("+8613100000000", "000000")+`,`+number("+8613100000001", "E200015")+`]}`)
	equal(t, "no place", f.post(m.different, `{"sms_content":[`+body+`]}`), `{"task_id":"*","status":"Failed","result":[`+number("+8613100000000", "E200015")+`,`+number("+8613100000001", "E200015")+`]}`)
	_, err = f.call(sendHandlers{room}.create, "", "application/json", []byte(`{"task_name":"spring","sms_channel":{"channel_number":"8822053111111","sms_tpl_id":`+f.full+`,
		"sms_sign":"示例商城","sms_app_name":"shop"},"resolve_task":{"tpl_id":"600000001","resolve_times":1,"aim_code_type":"individual","expiration_time":7,
		"params":[{"cust_flag":"13100000000","sms_params":["Ann"]}]}}`))
	if e := fault.Of(err); e == nil || e.Code != fault.Throttled || e.Status() != 429 || !strings.Contains(e.Text(fault.English), "at most 1 ") {
		t.Errorf("a send task: %v", err)
	}
	if b, err := room.Books(context.Background(), sendTenant); err != nil || b != (dispatch.Books{Accepted: 1, Pending: 1}) {
		t.Errorf("books %+v, %v", b, err)
	}
}
