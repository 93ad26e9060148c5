package api

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"mime/multipart"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"cardlink/dispatch"
	"cardlink/fault"
	"cardlink/identity"
	"cardlink/shortlink"
	"cardlink/store"
	"cardlink/templates"
)

var sendNow = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// sendLinks makes link s.example.com/PDiWqc0N of every item; a custom code that begins with x is refused.
type sendLinks struct{}

func (sendLinks) Draft(_ context.Context, r shortlink.Request) (b shortlink.Batch, err error) {
	b.Template = &templates.Template{ID: 600000001, Name: "spring sale"}
	for i, it := range r.Items {
		if strings.HasPrefix(it.CustomCode, "x") {
			b.Failed = append(b.Failed, shortlink.Failed{Index: i, Item: it, Code: fault.Parameter, Text: "refused"})
			continue
		}
		code := "PDiWqc0" + string(rune('0'+i))
		b.Links = append(b.Links, shortlink.Link{
			ID: int64(len(b.Links) + 1), Tenant: r.Tenant, TaskID: r.TaskID, TaskName: r.TaskName, FromSend: true, Domain: "s.example.com", Code: code,
			TplID: 600000001, TplVersion: 1, TplName: "spring sale", Signs: r.Signs, Limit: 1, CustFlag: it.CustFlag, CreatedAt: sendNow, ExpireAt: sendNow.AddDate(0, 0, 7),
		})
		b.Index = append(b.Index, i)
	}
	return b, nil
}

const sendTenant = "231724915a62455ca356e10a085c9a23"

type sendFace struct {
	t        *testing.T
	h        sendHandlers
	db       *store.DB
	replayed *string // Idempotent-Replayed of the last answer
}

func newSendFace(t *testing.T) sendFace {
	t.Helper()
	ctx := context.Background()
	vault, err := identity.NewVault(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(ctx, store.Options{File: filepath.Join(t.TempDir(), "sends.db"), Vault: vault})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := db.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	if err := db.AddTenant(ctx, identity.Tenant{ID: sendTenant, Name: "shop", Project: identity.Project{ID: "p", Name: "cn-north-4"}, CreatedAt: sendNow,
		DataKey: vault.NewDataKey(sendTenant)}, identity.User{ID: "u", Tenant: sendTenant, Name: "api", CreatedAt: sendNow}, identity.Entry{At: sendNow}); err != nil {
		t.Fatal(err)
	}
	room, err := dispatch.NewService(dispatch.ServiceOptions{
		Store: db, Links: sendLinks{}, Now: func() time.Time { return sendNow },
		Channels: []dispatch.Channel{{Name: "sim", Number: "8822053111111", Rate: 100}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return sendFace{t, sendHandlers{room}, db, new(string)}
}

// call gives a request to a handler and returns the JSON it answers.
func (f sendFace) call(handle handler, query, kind string, body []byte, headers ...string) (map[string]any, error) {
	f.t.Helper()
	var c fasthttp.RequestCtx
	c.Request.SetRequestURI("/x?" + query)
	c.Request.Header.SetMethod("POST")
	c.Request.Header.SetContentType(kind)
	for i := 0; i < len(headers); i += 2 {
		c.Request.Header.Set(headers[i], headers[i+1])
	}
	c.Request.SetBody(body)
	out, err := handle(context.Background(), &Request{RequestCtx: &c, Principal: identity.Principal{Tenant: sendTenant, UserName: "api"}})
	*f.replayed = string(c.Response.Header.Peek(headerReplayed))
	if err != nil {
		return nil, err
	}
	b, err := encode(out)
	if err != nil {
		f.t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		f.t.Fatal(err)
	}
	return m, nil
}

func (f sendFace) post(handle handler, body string, headers ...string) map[string]any {
	f.t.Helper()
	m, err := f.call(handle, "", "application/json", []byte(body), headers...)
	if err != nil {
		f.t.Fatal(err)
	}
	return m
}

func (f sendFace) get(handle handler, query string) map[string]any {
	f.t.Helper()
	m, err := f.call(handle, query, "application/json", nil)
	if err != nil {
		f.t.Fatal(err)
	}
	return m
}

// equal compares an answer with JSON text; the values of ids are taken from the answer where want says "*".
func equal(t *testing.T, what string, got map[string]any, want string) {
	t.Helper()
	var w map[string]any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(fillStars(w, got), any(got)) {
		g, _ := json.Marshal(got)
		t.Errorf("%s:\n got %s\nwant %s", what, g, want)
	}
}

func fillStars(want, got any) any {
	switch w := want.(type) {
	case string:
		if s, ok := got.(string); ok && w == "*" && s != "" {
			return got
		}
	case map[string]any:
		if g, ok := got.(map[string]any); ok {
			for k := range w {
				w[k] = fillStars(w[k], g[k])
			}
		}
	case []any:
		if g, ok := got.([]any); ok && len(g) == len(w) {
			for i := range w {
				w[i] = fillStars(w[i], g[i])
			}
		}
	}
	return want
}

const onePixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

// From an application to a queued message, with the shapes of api.md §8, §12-§14 and A.5.
func TestSendStory(t *testing.T) {
	f := newSendFace(t)
	app := f.post(f.h.createApp, `{"app_name":"shop","up_link_addr":"https://shop.example.com/up"}`)
	equal(t, "app", app, `{"app_id":"*","app_name":"shop"}`)
	equal(t, "apps", f.get(f.h.listApps, "app_name=sho&status=LAUNCHED%EF%BC%9Aok"), `{"result":[{"app_id":"*","app_name":"shop","status":"LAUNCHED","region":"cn",
		"create_time":"2026-01-02T03:04:05","up_link_addr":"https://shop.example.com/up"}],"page_info":{"offset":0,"limit":10,"total":1}}`)

	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", "licence.png")
	if err != nil {
		t.Fatal(err)
	}
	png, err := base64.StdEncoding.DecodeString(onePixel)
	if err != nil {
		t.Fatal(err)
	}
	part.Write(png)
	w.Close()
	file, err := f.call(f.h.uploadFile, "file_desc=licence", w.FormDataContentType(), form.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.call(f.h.uploadFile, "", "application/json", []byte("{}")); !fault.Has(err, fault.Parameter) {
		t.Errorf("an upload without a file: %v", err)
	}

	sign := f.post(f.h.addSignature, `{"signature_name":"示例商城","signature_type":"NOTIFY_TYPE","app_id":"`+app["app_id"].(string)+`","file_id":"`+file["file_id"].(string)+`",
		"signature_source":"0","is_involved_third":"no"}`)
	equal(t, "signature", sign, `{"signature_id":"*","signature_name":"示例商城"}`)
	equal(t, "signatures", f.get(f.h.listSignatures, "limit=5&offset=0&signature_type=NOTIFY_TYPE"), `{"result":[{"signature_id":"*","signature_name":"示例商城",
		"signature_type":"NOTIFY_TYPE","app_id":"*","app_name":"shop","apply_desc":null,"channel_num":"8822053111111","file_id":"*","status":"REVIEW_PASSED",
		"signature_source":0,"is_involved_third":"no","power_attorney_file_id":null,"urge_status":"NO","urge_time":null,"urge_desc":null,"review_desc":null,
		"source_title_content":"","create_time":"2026-01-02T03:04:05"}],"page_info":{"offset":0,"limit":5,"total":1}}`)

	tpl := f.post(f.h.createSMSTemplate, `{"signature_id":"`+sign["signature_id"].(string)+`","template_content":"hi ${1}","template_name":"sale","universal_template":0,
		"variable_attributes":[{"variable_index":"1","variable_type":"NEWTEXT"}]}`)
	equal(t, "SMS template", tpl, `{"template_id":"*","template_name":"sale"}`)
	equal(t, "SMS templates", f.get(f.h.listSMSTemplates, "flow_status=Adopted%EF%BC%9Aok&template_id="+tpl["template_id"].(string)), `{"result":[{"template_id":"*",
		"template_name":"sale","create_time":"2026-01-02 03:04:05","template_type":"NOTIFY_TYPE","app_id":"*","app_name":"shop","signature_id":"*",
		"template_content":"hi ${1}","template_desc":null,"has_variable":"Yes","flow_status":"Adopted","status":"Normal","universal_template":null,
		"urge_status":"NO","urge_time":null,"urge_desc":null,"review_desc":null}],"page_info":{"offset":0,"limit":10,"total":1}}`)

	id := tpl["template_id"].(string) // sent as a bare number, answered as a string
	body := `{"task_name":"spring","sms_channel":{"channel_number":"8822053111111","sms_tpl_id":` + id + `,"sms_sign":"示例商城","sms_app_name":"shop"},
		"resolve_task":{"tpl_id":"600000001","resolve_times":5,"aim_code_type":"individual","expiration_time":"7","params":[{"cust_flag":"13100000000","sms_params":null}]}}`
	task := f.post(f.h.create, body, "Idempotency-Key", "k1")
	equal(t, "send task", task, `{"task_name":"spring","sms_channel":{"channel_number":"8822053111111","sms_tpl_id":"`+id+`","sms_sign":"示例商城","sms_app_name":"shop"},
		"resolve_task":{"tpl_id":"600000001","resolve_times":1,"aim_code_type":"individual","generation_type":"1","expiration_time":7,
		"params":[{"cust_flag":"13100000000","sms_params":[]}]},"task_id":"*","task_state":"Success","creation_time":"2026-01-02T03:04:05.00Z",
		"submission_count":1,"send_count":1,"resolve_count":0,"support_resolve_count":-1,"failed_short_chains":[]}`)
	if *f.replayed != "" {
		t.Error("the first answer is called a repeat")
	}
	if again := f.post(f.h.create, body, "Idempotency-Key", "k1"); !reflect.DeepEqual(again, task) || *f.replayed != "true" {
		t.Errorf("repeated under its key: %v, want %v; Idempotent-Replayed %q", again, task, *f.replayed)
	}
	if _, err := f.call(f.h.create, "", "application/json", []byte(body+" "), "Idempotency-Key", "k1"); fault.Of(err).Status() != 422 {
		t.Errorf("another body under the key: %v, want 422", err)
	}

	equal(t, "send tasks", f.get(f.h.list, "task_status=Success&tpl_id=600000001"), `{"aim_send_tasks":[{"task_name":"spring","sms_channel":{"sms_tpl_id":"`+id+`","sms_sign":"示例商城"},
		"resolve_task":{"tpl_id":"600000001"},"task_id":"*","task_state":"Success","creation_time":"2026-01-02T03:04:05.00Z","submission_count":1,"send_count":1,
		"resolve_count":0,"support_resolve_count":-1,"success_number":0}],"page_info":{"offset":0,"limit":20,"total":1}}`)
	equal(t, "send details", f.get(f.h.details, "offset=0&limit=1&cust_flag=13100000000"), `{"send_details":[{"msg_id":"*","task_id":"*","task_name":"spring","tpl_id":"600000001",
		"tpl_name":"spring sale","cust_flag":"13100000000","send_account":"+8613100000000","send_status":"sending","send_time":"2026-01-02T03:04:05Z"}],
		"page_info":{"offset":0,"limit":1,"total":1}}`)

	for _, c := range []struct{ what, query, want string }{
		{"failed tasks", "task_status=Fail", `{"aim_send_tasks":[],"page_info":{"offset":0,"limit":20,"total":0}}`},
		{"beyond 10000", "offset=9990&limit=20", `{"aim_send_tasks":[],"page_info":{"offset":9990,"limit":20,"total":1}}`},
		{"one side of a window is ignored", "begin_time=2030-01-01T00:00:00Z&limit=1&task_id=nobody", `{"aim_send_tasks":[],"page_info":{"offset":0,"limit":1,"total":0}}`},
		{"a window of last year", "begin_time=2025-06-01T00:00:00Z&end_time=2025-06-02T00:00:00Z", `{"aim_send_tasks":[],"page_info":{"offset":0,"limit":20,"total":0}}`},
	} {
		equal(t, c.what, f.get(f.h.list, c.query), c.want)
	}
}

func TestSendTaskWithFailedChains(t *testing.T) {
	chains := failedChains(sendTenant, "2", []shortlink.Failed{{Index: 1, Item: shortlink.Item{CustFlag: "131", CustomURL: "https://x", CustomCode: "abc"}, Code: fault.DuplicateCode, Text: "duplicate"}})
	b, err := encode(chains)
	if err != nil {
		t.Fatal(err)
	}
	if want := `[{"cust_flag":"131","cust_id":"` + sendTenant + `","result_code":"KM.90016482","error_message":"duplicate","custom_short_code":"abc"}]`; string(b) != want {
		t.Errorf("got %s\nwant %s", b, want)
	}
}

func TestSendQueriesAreChecked(t *testing.T) {
	f := newSendFace(t)
	for _, c := range []struct {
		handle handler
		query  string
		field  string
	}{
		{f.h.list, "limit=101", "limit"},
		{f.h.list, "offset=1000001", "offset"},
		{f.h.list, "tpl_id=abc", "tpl_id"},
		{f.h.list, "task_status=Done", "task_status"},
		{f.h.list, "begin_time=now&end_time=2026-01-01T00:00:00Z", "begin_time"},
		{f.h.details, "limit=10", "offset"},
		{f.h.details, "offset=0", "limit"},
		{f.h.listApps, "limit=0", "limit"},
		{f.h.listSignatures, "offset=x", "offset"},
		{f.h.listSMSTemplates, "template_id=x", "template_id"},
		{f.h.listSMSTemplates, "start_time=x", "start_time"},
	} {
		_, err := f.call(c.handle, c.query, "application/json", nil)
		if e := fault.Of(err); e == nil || e.Code != fault.Parameter || e.Field != c.field {
			t.Errorf("%s: %v, want a fault of %s", c.query, err, c.field)
		}
	}
	for _, handle := range []handler{f.h.create, f.h.createApp, f.h.addSignature, f.h.createSMSTemplate} {
		if _, err := f.call(handle, "", "application/json", nil); !fault.Has(err, fault.EmptyInput) {
			t.Errorf("an empty body: %v", err)
		}
	}
}
