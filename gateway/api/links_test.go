package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/koomessage/v1/model"
	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/fasthttputil"

	"cardlink/fault"
	"cardlink/identity"
	"cardlink/shortlink"
	"cardlink/store"
	"cardlink/templates"
)

// linkHouse is the face over the links' room in a real store.
type linkHouse struct {
	t      *testing.T
	db     *store.DB
	room   *shortlink.Service
	tenant string
	server *Server
	client fasthttp.Client
}

// cards is a template room: 600000001 has two parameters, 600000002 none, others do not exist.
type cards struct{}

func (cards) ForLinks(_ context.Context, _, id string) (*templates.Template, error) {
	t := &templates.Template{Name: "spring sale", Version: 3, State: templates.StateEnabled, Audit: templates.AuditApproved}
	switch id {
	case "600000001":
		t.ID, t.Params = 600000001, []templates.Param{{Name: "${param1}"}, {Name: "${param2}"}}
	case "600000002":
		t.ID = 600000002
	default:
		return nil, fault.New(fault.UnknownTemplateID, "")
	}
	return t, nil
}

// asUser lets everybody in as a user of one tenant.
type asUser string

func (u asUser) Identify(context.Context, identity.Credential) (identity.Principal, error) {
	return identity.Principal{Tenant: string(u), UserName: "api-user"}, nil
}
func (asUser) Allowed(identity.Principal, string) bool { return true }

func newLinkHouse(t *testing.T) *linkHouse {
	t.Helper()
	ctx := context.Background()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	vault, err := identity.NewVault(bytes.Repeat([]byte{1}, 32))
	check(err)
	db, err := store.Open(ctx, store.Options{File: filepath.Join(t.TempDir(), "links.db"), Vault: vault})
	check(err)
	t.Cleanup(func() { db.Close() })
	_, err = db.Migrate(ctx)
	check(err)
	people, err := identity.NewService(identity.Options{Store: db, Vault: vault})
	check(err)
	tenant, _, err := people.CreateTenant(ctx, identity.Actor{}, "shop", "")
	check(err)
	codec, err := shortlink.NewCodec(bytes.Repeat([]byte{2}, 32))
	check(err)
	now := func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.UTC) }
	room, err := shortlink.NewService(shortlink.Options{Store: db, Templates: cards{}, Codec: codec, DefaultDomain: "s.example.com", Now: now})
	check(err)
	check(room.RegisterDomain(ctx, shortlink.Domain{Name: "s.example.com", Generation: shortlink.Standard}))
	check(room.RegisterDomain(ctx, shortlink.Domain{Name: "c.example.com", Generation: shortlink.Custom}))
	check(room.RegisterDomain(ctx, shortlink.Domain{Name: "other.example.com", Generation: shortlink.Standard, Tenant: "somebody"}))
	_, err = room.RegisterJump(ctx, tenant.ID, "shop.example.com")
	check(err)
	h := &linkHouse{t: t, db: db, room: room, tenant: tenant.ID, server: New(Options{Now: now}, asUser(tenant.ID), Rooms{Links: room})}
	ln := fasthttputil.NewInmemoryListener()
	done := make(chan error, 1)
	go func() { done <- h.server.Serve(ln) }()
	t.Cleanup(func() {
		if err := h.server.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		<-done
	})
	h.client.Dial = func(string) (net.Conn, error) { return ln.Dial() }
	return h
}

func (h *linkHouse) call(method, target, body string) (status int, answer string) {
	h.t.Helper()
	var in fasthttp.Request
	var out fasthttp.Response
	in.Header.SetMethod(method)
	in.SetRequestURI("http://api" + target)
	in.SetBodyString(body)
	if err := h.client.DoTimeout(&in, &out, time.Minute); err != nil {
		h.t.Fatal(err)
	}
	return out.StatusCode(), string(out.Body())
}

// expect compares an answer as JSON after UUIDs, codes and the tenant have become words.
func (h *linkHouse) expect(what, method, target, body string, status int, want string) string {
	h.t.Helper()
	got, raw := h.call(method, target, body)
	if got != status {
		h.t.Fatalf("%s: %d %s", what, got, raw)
	}
	a := regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`).ReplaceAllString(raw, "UUID")
	a = regexp.MustCompile(`Task_20260102030405_[0-9a-f]{4}`).ReplaceAllString(a, "TASK")
	a = regexp.MustCompile(`s\.example\.com/[A-Za-z0-9]{8}`).ReplaceAllString(a, "s.example.com/CODE")
	a = regexp.MustCompile(`"aim_code":"[A-Za-z0-9]{8}"`).ReplaceAllString(a, `"aim_code":"CODE"`)
	a = strings.ReplaceAll(a, h.tenant, "TENANT")
	var x, y any
	if err := json.Unmarshal([]byte(a), &x); err != nil {
		h.t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(want), &y); err != nil {
		h.t.Fatal(err)
	}
	if d := cmp.Diff(y, x); d != "" {
		h.t.Errorf("%s (-want +got):\n%s", what, d)
	}
	return raw
}

const tasks = "/v1/aim/resolve-tasks"

func TestResolveTasksOverHTTP(t *testing.T) { // appendix A.1 to A.4
	h := newLinkHouse(t)
	raw := h.expect("A.1", "POST", tasks, `{"tpl_id":600000001,"sms_signs":["示例商城"],"resolving_times":"9","aim_code_type":"individual","expiration_time":"7","taskName":"ignored",
		"params":[{"cust_flag":"13100000000","custom_url":"https://shop.example.com","dync_params":{"param1":"A","param2":"B","extra":"x"}},
		          {"cust_flag":13100000001,"dync_params":{"${param1}":"C","param2":"D"},"custom_url":null}]}`, 200,
		`{"task_id":"UUID","tpl_id":"600000001","sms_signs":["示例商城"],"resolving_times":1,"aim_code_type":"individual","domain":"s.example.com","expiration_time":7,
		 "params":[{"cust_flag":"13100000000","cust_id":"TENANT","dync_params":{"param1":"A","param2":"B"},"custom_url":"https://shop.example.com","aim_url":"s.example.com/CODE","aim_code":"CODE","result_code":"0","error_message":"success","generate_date":"2026-01-02T03:04:05Z","expire_date":"2026-01-09T03:04:05Z"},
		           {"cust_flag":"13100000001","cust_id":"TENANT","dync_params":{"param1":"C","param2":"D"},"aim_url":"s.example.com/CODE","aim_code":"CODE","result_code":"0","error_message":"success","generate_date":"2026-01-02T03:04:05Z","expire_date":"2026-01-09T03:04:05Z"}]}`)
	var made model.CreateResolveTaskResponse
	if err := json.Unmarshal([]byte(raw), &made); err != nil {
		t.Fatalf("the SDK cannot read it: %v", err)
	}
	const group = `{"tpl_id":"600000002","sms_signs":["示例商城"],"resolving_times":5,"aim_code_type":"group","generation_type":"2","domain":"c.example.com","expiration_time":30,
		"params":[{"cust_flag":"campaign-618","custom_short_code":"abc123","custom_url":"no address at all"}]}`
	h.expect("A.2", "POST", tasks, group, 200,
		`{"task_id":"UUID","tpl_id":"600000002","sms_signs":["示例商城"],"resolving_times":5,"aim_code_type":"group","domain":"c.example.com","expiration_time":30,
		 "params":[{"cust_flag":"campaign-618","cust_id":"TENANT","aim_url":"c.example.com/abc123","aim_code":"abc123","custom_short_code":"abc123","result_code":"0","error_message":"success","generate_date":"2026-01-02T03:04:05Z","expire_date":"2026-02-01T03:04:05Z"}]}`)
	h.expect("A.2 again", "POST", tasks, group, 400,
		`{"error_code":"KM.90016482","error_msg":"duplicate custom short link: abc123","error_message":"duplicate custom short link: abc123"}`)

	// One of the two is resolved.
	key := shortlink.Take{ResolveID: "29ae28ea-0300-4da1-8e54-6c91319fcccc", Vendor: "HUAWEI", At: time.Date(2026, 1, 2, 3, 10, 0, 0, time.UTC)}
	first, err := h.db.FindLinks(context.Background(), []shortlink.LinkKey{{ID: 1}})
	if err != nil || len(first) != 1 {
		t.Fatal(first, err)
	}
	key.LinkID = first[0].ID
	if _, err := h.db.TakeOnes(context.Background(), "n", []shortlink.Take{key}); err != nil {
		t.Fatal(err)
	}
	row := func(flag, params, url, resolved string, times int) string {
		return fmt.Sprintf(`{"task_id":"UUID","task_name":"TASK","tpl_id":"600000001","sms_signs":["示例商城"],"resolving_times":1,"resolved_times":%d,"aim_code_type":"individual","domain":"s.example.com","expiration_time":7,
			"params":[{"cust_flag":%q,"cust_id":"TENANT","dync_params":%s,%s"aim_url":"s.example.com/CODE","aim_code":"CODE","result_code":"0","error_message":"-","generate_date":"2026-01-02T03:04:05","expire_date":"2026-01-09T03:04:05"%s}]}`, times, flag, params, url, resolved)
	}
	raw = h.expect("A.3", "GET", tasks+"?tpl_id=600000001", "", 200, `{"resolve_tasks":[`+
		row("13100000001", `{"param1":"C","param2":"D"}`, "", "", 0)+","+
		row("13100000000", `{"param1":"A","param2":"B"}`, `"custom_url":"https://shop.example.com",`, `,"resolved_date":"2026-01-02T03:10:00"`, 1)+
		`],"page_info":{"offset":0,"limit":20,"total":2}}`)
	var listed model.ListResolveTasksResponse
	if err := json.Unmarshal([]byte(raw), &listed); err != nil {
		t.Fatalf("the SDK cannot read it: %v", err)
	}
	raw = h.expect("A.4", "GET", "/v1/aim/resolve-details?offset=0&limit=1&resolved_status=success", "", 200,
		`{"resolve_details":[{"resolve_id":"UUID","task_id":"UUID","task_name":"TASK","send_account":"api-user","tpl_id":"600000001","tpl_name":"spring sale","cust_flag":"13100000000","aim_url":"s.example.com/CODE","result_code":"0","generate_date":"2026-01-02T03:04:05Z","expire_date":"2026-01-09T03:04:05Z","resolved_time":"2026-01-02T03:10:00Z","resolved_status":"success"}],
		 "page_info":{"offset":0,"limit":1,"total":1}}`)
	var details model.ListAimResolveDetailsResponse
	if err := json.Unmarshal([]byte(raw), &details); err != nil {
		t.Fatalf("the SDK cannot read it: %v", err)
	}
	h.expect("unresolved", "GET", "/v1/aim/resolve-details?offset=0&limit=10&resolved_status=unresolved&aim_url=c.example.com/abc123", "", 200,
		`{"resolve_details":[{"task_id":"UUID","task_name":"TASK","send_account":"api-user","tpl_id":"600000002","tpl_name":"spring sale","cust_flag":"campaign-618","aim_url":"c.example.com/abc123","result_code":"0","generate_date":"2026-01-02T03:04:05Z","expire_date":"2026-02-01T03:04:05Z","resolved_status":"unresolved"}],
		 "page_info":{"offset":0,"limit":10,"total":1}}`)
	code := made.Params != nil && len(*made.Params) == 2
	if !code {
		t.Fatal("no params")
	}
	h.expect("by address", "GET", "/v1/aim/resolve-details?offset=0&limit=10&aim_url="+*(*made.Params)[1].AimUrl+"&cust_flag=13100000000", "", 200,
		`{"resolve_details":[],"page_info":{"offset":0,"limit":10,"total":0}}`)
	for query, want := range map[string]int{ // rows have milliseconds, answers cut them: a row is within the time it is shown with
		"begin_time=2026-01-02T03:04:05Z&end_time=2026-01-02T03:04:05Z": 3, "begin_time=2026-01-02T03:04:06Z&end_time=2026-01-02T03:04:06Z": 0, "begin_time=2026-01-02T03:04:04Z&end_time=2026-01-02T03:04:04Z": 0,
	} {
		if _, answer := h.call("GET", tasks+"?"+query, ""); !strings.Contains(answer, fmt.Sprintf(`"total":%d}`, want)) {
			t.Errorf("%s: %s, want %d", query, answer, want)
		}
	}
	h.expect("far away", "GET", tasks+"?offset=9999&limit=2", "", 200, `{"resolve_tasks":[],"page_info":{"offset":9999,"limit":2,"total":3}}`)
}

func TestItemsFailAlone(t *testing.T) {
	h := newLinkHouse(t)
	h.expect("params and jumps", "POST", tasks, `{"tpl_id":"600000001","sms_signs":["B"],"resolving_times":1,"aim_code_type":"individual","expiration_time":1,"params":[
		{"cust_flag":"a","dync_params":{"param1":"A","param2":null}},
		{"cust_flag":"b","dync_params":{"param1":"A","param2":""},"custom_url":"https://evil.example.com/x"},
		{"cust_flag":"c","dync_params":{"param1":"A","param2":""},"custom_url":"http://SHOP.example.com/x"}]}`, 200,
		`{"task_id":"UUID","tpl_id":"600000001","sms_signs":["B"],"resolving_times":1,"aim_code_type":"individual","domain":"s.example.com","expiration_time":1,"params":[
		{"cust_flag":"a","cust_id":"TENANT","dync_params":{"param1":"A"},"result_code":"KM.90016802","error_message":"dync_params.param2: is required by the template"},
		{"cust_flag":"b","cust_id":"TENANT","dync_params":{"param1":"A","param2":""},"custom_url":"https://evil.example.com/x","result_code":"KM.90016803","error_message":"custom_url: its host is not a registered jump domain: evil.example.com"},
		{"cust_flag":"c","cust_id":"TENANT","dync_params":{"param1":"A","param2":""},"custom_url":"http://SHOP.example.com/x","aim_url":"s.example.com/CODE","aim_code":"CODE","result_code":"0","error_message":"success","generate_date":"2026-01-02T03:04:05Z","expire_date":"2026-01-03T03:04:05Z"}]}`)
	const custom = `{"tpl_id":"600000002","sms_signs":["B"],"resolving_times":1,"aim_code_type":"individual","generation_type":2,"domain":"C.example.com","expiration_time":1,"params":[%s]}`
	h.call("POST", tasks, fmt.Sprintf(custom, `{"cust_flag":"a","custom_short_code":"one"}`))
	h.expect("codes", "POST", tasks, fmt.Sprintf(custom, `{"cust_flag":"b","custom_short_code":"one","custom_url":"https://x"},{"cust_flag":"c","custom_short_code":"ONE"}`), 200,
		`{"task_id":"UUID","tpl_id":"600000002","sms_signs":["B"],"resolving_times":1,"aim_code_type":"individual","domain":"c.example.com","expiration_time":1,"params":[
		{"cust_flag":"b","cust_id":"TENANT","custom_short_code":"one","result_code":"KM.90016482","error_message":"duplicate custom short link: one"},
		{"cust_flag":"c","cust_id":"TENANT","aim_url":"c.example.com/ONE","aim_code":"ONE","custom_short_code":"ONE","result_code":"0","error_message":"success","generate_date":"2026-01-02T03:04:05Z","expire_date":"2026-01-03T03:04:05Z"}]}`)
}

func TestWholeRequestFaults(t *testing.T) {
	h := newLinkHouse(t)
	base := map[string]any{"tpl_id": "600000002", "sms_signs": []string{"B"}, "resolving_times": 1, "aim_code_type": "individual", "expiration_time": 1,
		"params": []map[string]any{{"cust_flag": "a"}}}
	item := func(name string, value any) []map[string]any {
		return []map[string]any{{"cust_flag": "a", name: value}}
	}
	long := func(n int) string { return strings.Repeat("字", n) }
	many := make([]map[string]any, 101)
	for i := range many {
		many[i] = map[string]any{"cust_flag": "a"}
	}
	for _, c := range []struct {
		change map[string]any
		code   fault.Code
		field  string
	}{
		{map[string]any{"tpl_id": nil}, fault.EmptyTemplateID, "tpl_id"},
		{map[string]any{"tpl_id": "6000"}, fault.Parameter, "tpl_id"},
		{map[string]any{"tpl_id": "699999999"}, fault.UnknownTemplateID, "tpl_id"},
		{map[string]any{"sms_signs": nil}, fault.EmptySign, "sms_signs"},
		{map[string]any{"sms_signs": []string{"a", ""}}, fault.EmptySign, "sms_signs[1]"},
		{map[string]any{"sms_signs": []string{long(19)}}, fault.SignLength, "sms_signs[0]"},
		{map[string]any{"sms_signs": []string{"a", "b", "c", "d", "e", "f"}}, fault.Parameter, "sms_signs"},
		{map[string]any{"resolving_times": nil}, fault.Parameter, "resolving_times"},
		{map[string]any{"resolving_times": "x"}, fault.Parameter, "resolving_times"},
		{map[string]any{"aim_code_type": "both"}, fault.Parameter, "aim_code_type"},
		{map[string]any{"aim_code_type": "group"}, fault.Parameter, "resolving_times"},
		{map[string]any{"aim_code_type": "group", "resolving_times": 10_000_001}, fault.Parameter, "resolving_times"},
		{map[string]any{"aim_code_type": "group", "resolving_times": 2, "expiration_time": 181}, fault.Parameter, "expiration_time"},
		{map[string]any{"aim_code_type": "group", "resolving_times": 2, "params": many[:2]}, fault.TooManyCodes, "params"},
		{map[string]any{"aim_code_type": "group", "resolving_times": 2, "params": item("dync_params", map[string]string{"a": "b"})}, fault.ParameterMismatch, "params[0].dync_params"},
		{map[string]any{"aim_code_type": "group", "resolving_times": 2, "tpl_id": "600000001"}, fault.ParameterMismatch, "aim_code_type"},
		{map[string]any{"expiration_time": 0}, fault.Parameter, "expiration_time"},
		{map[string]any{"expiration_time": 8}, fault.Parameter, "expiration_time"},
		{map[string]any{"generation_type": "3"}, fault.Parameter, "generation_type"},
		{map[string]any{"params": nil}, fault.EmptyParams, "params"},
		{map[string]any{"params": many}, fault.TooManyCodes, "params"},
		{map[string]any{"params": []map[string]any{{"custom_url": "https://shop.example.com"}}}, fault.Parameter, "params[0].cust_flag"},
		{map[string]any{"params": []map[string]any{{"cust_flag": long(65)}}}, fault.CustFlagLength, "params[0].cust_flag"},
		{map[string]any{"params": item("custom_url", "https://shop.example.com/"+strings.Repeat("a", 232))}, fault.CustomURLLength, "params[0].custom_url"},
		{map[string]any{"params": item("custom_url", "ftp://shop.example.com/")}, fault.Parameter, "params[0].custom_url"},
		{map[string]any{"params": item("dync_params", map[string]string{"p": long(257)})}, fault.ParameterLength, "params[0].dync_params.p"},
		{map[string]any{"domain": "other.example.com"}, fault.Parameter, "domain"},
		{map[string]any{"domain": "c.example.com"}, fault.Parameter, "domain"},
		{map[string]any{"domain": "s.example.com/"}, fault.Parameter, "domain"},
		{map[string]any{"domain": "s.example.com/a/b/c"}, fault.Parameter, "domain"},
		{map[string]any{"generation_type": "2"}, fault.Parameter, "params[0].custom_short_code"},
		{map[string]any{"generation_type": "2", "params": item("custom_short_code", "abc")}, fault.Parameter, "domain"},
		{map[string]any{"generation_type": "2", "domain": "s.example.com", "params": item("custom_short_code", "abc")}, fault.Parameter, "domain"},
		{map[string]any{"generation_type": "2", "domain": "c.example.com", "params": item("custom_short_code", "ab")}, fault.Parameter, "params[0].custom_short_code"},
		{map[string]any{"generation_type": "2", "domain": "c.example.com", "params": item("custom_short_code", "ab-c")}, fault.Parameter, "params[0].custom_short_code"},
		{map[string]any{"generation_type": "2", "domain": "c.example.com", "params": item("custom_short_code", "Metrics")}, fault.Parameter, "params[0].custom_short_code"},
		{map[string]any{"generation_type": "2", "domain": "c.example.com", "params": []map[string]any{{"cust_flag": "a", "custom_short_code": "abc"}, {"cust_flag": "b", "custom_short_code": "abc"}}}, fault.DuplicateCode, ""},
	} {
		body := map[string]any{}
		maps.Copy(body, base)
		maps.Copy(body, c.change)
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		status, answer := h.call("POST", tasks, string(text))
		var got struct {
			Code    fault.Code `json:"error_code"`
			Message string     `json:"error_msg"`
		}
		if err := json.Unmarshal([]byte(answer), &got); err != nil {
			t.Fatal(err)
		}
		if status != 400 || got.Code != c.code || (c.field != "" && !strings.HasPrefix(got.Message, c.field+": ")) {
			t.Errorf("%v: %d %s, want 400 %s about %s", c.change, status, answer, c.code, c.field)
		}
	}
	if status, answer := h.call("POST", tasks, ""); status != 400 || !strings.Contains(answer, string(fault.EmptyInput)) {
		t.Errorf("no body: %d %s", status, answer)
	}
	for _, target := range []string{
		"/v1/aim/resolve-details", "/v1/aim/resolve-details?offset=0", "/v1/aim/resolve-details?limit=1", "/v1/aim/resolve-details?offset=0&limit=101",
		"/v1/aim/resolve-details?offset=0&limit=1&resolved_status=maybe", "/v1/aim/resolve-details?offset=0&limit=1&tpl_id=6000x",
		tasks + "?limit=0", tasks + "?offset=1000001", tasks + "?task_id=" + strings.Repeat("a", 37), tasks + "?begin_time=yesterday&end_time=today",
		tasks + "?tpl_id=60000000", tasks + "?tpl_id=6000000010", tasks + "?tpl_id=60000000x",
	} {
		if status, answer := h.call("GET", target, ""); status != 400 || !strings.Contains(answer, "KM.90016803") {
			t.Errorf("%s: %d %s", target, status, answer)
		}
	}
	if _, total, err := h.db.ListLinks(context.Background(), shortlink.LinkFilter{Tenant: h.tenant, Limit: 10, Now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}); err != nil || total != 0 {
		t.Errorf("%d links were made by refused requests, %v", total, err)
	}
}
