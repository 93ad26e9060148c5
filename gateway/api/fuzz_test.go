package api_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/valyala/fasthttp"

	"cardlink/app"
	"cardlink/enginetest"
	"cardlink/gateway/api"
	"cardlink/identity"
)

// wholeHouse is a server with everything behind its API, filled with the demo, and a caller with every right.
type wholeHouse struct {
	base   string
	demo   map[string]any
	ops    []api.Operation
	client fasthttp.Client
	log    tail

	mu    sync.Mutex
	calls int
}

// tail keeps the last lines of the server's log, for a finding's report.
type tail struct {
	mu    sync.Mutex
	lines []string
}

// Write implements io.Writer; each call is one line.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines = append(t.lines[max(0, len(t.lines)-4):], string(b))
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.lines, "")
}

func newWholeHouse(f *testing.F) *wholeHouse {
	f.Helper()
	dir := f.TempDir()
	h := &wholeHouse{ops: api.Operations()}
	a, err := app.New(context.Background(), app.Options{
		Data: dir, Database: fuzzDatabase(f), Demo: true, Roles: []string{app.RoleAPI}, Edge: "127.0.0.1:0", API: "127.0.0.1:0", Ops: "127.0.0.1:0", KafkaListen: "127.0.0.1:0",
		Limits: app.APILimits{Rate: -1, FailureRate: -1}, Log: slog.New(slog.NewTextHandler(&h.log, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		if err := a.Stop(context.Background()); err != nil {
			f.Error(err)
		}
	})
	h.base = a.Addresses().API
	h.client = fasthttp.Client{NoDefaultUserAgentHeader: true, MaxIdemponentCallAttempts: 3, ReadBufferSize: 64 << 10, MaxResponseBodySize: 64 << 20}
	b, err := os.ReadFile(filepath.Join(dir, "demo.json"))
	if err != nil {
		f.Fatal(err)
	}
	if err := json.Unmarshal(b, &h.demo); err != nil {
		f.Fatal(err)
	}
	return h
}

// fuzzDatabase is a schema of its own in PostgreSQL, which is stricter about values and under fuzzing far faster than SQLite in this process, whose every step is
// counted then; "" where there is no PostgreSQL.
func fuzzDatabase(f *testing.F) string {
	f.Helper()
	address := os.Getenv("CARDLINK_TEST_POSTGRES")
	if address == "" {
		return ""
	}
	admin, err := sql.Open("pgx", address)
	if err != nil {
		f.Fatal(err)
	}
	// Workers of a fuzzing run are killed at its end and leave their schema behind; the next run takes the old ones away.
	old, err := admin.Query(`SELECT nspname FROM pg_namespace WHERE nspname LIKE 'fuzz\_%' AND nspname < $1`, fuzzSchema(time.Now().Add(-2*time.Hour)))
	if err != nil {
		f.Fatal(err)
	}
	var names []string
	for old.Next() {
		var name string
		if err := old.Scan(&name); err != nil {
			f.Fatal(err)
		}
		names = append(names, name)
	}
	if err := errors.Join(old.Err(), old.Close()); err != nil { //nolint:sqlclosecheck // before the statements that follow
		f.Fatal(err)
	}
	for _, name := range names {
		admin.Exec("DROP SCHEMA IF EXISTS " + name + " CASCADE") // another run may be at it too
	}
	return enginetest.Schema(f, address, fuzzSchema(time.Now())+strings.ToLower(rand.Text()))
}

// fuzzSchema begins the names of schemas made at t; they sort by time.
func fuzzSchema(t time.Time) string { return fmt.Sprintf("fuzz_%010d_", t.Unix()) }

func (h *wholeHouse) said(name string) string { return fmt.Sprint(h.demo[name]) }

// op picks an operation of one of the methods by any number.
func (h *wholeHouse) op(n uint16, methods ...string) api.Operation {
	ops := slices.DeleteFunc(slices.Clone(h.ops), func(o api.Operation) bool { return !slices.Contains(methods, o.Method) })
	return ops[int(n)%len(ops)]
}

// path fills a route's braces with a value.
func fillPath(pattern, value string) string {
	if value == "" {
		value = "-"
	}
	parts := strings.Split(pattern, "/")
	for i, p := range parts {
		if strings.HasPrefix(p, "{") {
			parts[i] = escape(value)
		}
	}
	return strings.Join(parts, "/")
}

// escape percent-encodes all that is not plain.
func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// sendable makes any bytes a query that HTTP can carry; what is encoded correctly stays.
func sendable(q string) string {
	var b strings.Builder
	for i := range len(q) {
		c := q[i]
		hex := func(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f' }
		switch {
		case c == '%' && (i+2 >= len(q) || !hex(q[i+1]) || !hex(q[i+2])), c <= ' ', c == '#', c >= 0x7f:
			fmt.Fprintf(&b, "%%%02X", c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// do sends a request and checks what holds for every answer: no 5xx, an id, JSON, and a code and a message with every refusal.
func (h *wholeHouse) do(t *testing.T, in *fasthttp.Request) (status int) {
	t.Helper()
	var out fasthttp.Response
	out.Header.SetNoDefaultContentType(true)
	if err := h.client.DoTimeout(in, &out, 60*time.Second); err != nil {
		t.Fatalf("%s %s: %v", in.Header.Method(), in.URI().FullURI(), err)
	}
	status = out.StatusCode()
	what := fmt.Sprintf("%s %s: %d %.500s", in.Header.Method(), in.URI().RequestURI(), status, out.Body())
	if status >= 500 || status < 200 {
		t.Fatalf("%s\nbody %q\n%s", what, in.Body(), h.log.String())
	}
	if len(out.Header.Peek("X-Request-Id")) == 0 {
		t.Fatalf("%s: no X-Request-Id", what)
	}
	if len(out.Body()) == 0 {
		if status >= 400 {
			t.Fatalf("%s: an empty refusal", what)
		}
		return status
	}
	if string(out.Header.ContentType()) != "application/json" {
		t.Fatalf("%s as %s", what, out.Header.ContentType())
	}
	if status < 400 {
		if !json.Valid(out.Body()) {
			t.Fatal(what)
		}
		return status
	}
	var told struct {
		Code string `json:"error_code"`
		Msg  string `json:"error_msg"`
	}
	if err := json.Unmarshal(out.Body(), &told); err != nil || told.Code == "" || told.Msg == "" {
		t.Fatalf("%s: %v", what, err)
	}
	if status == 400 && strings.HasPrefix(told.Code, "APIGW") {
		t.Fatalf("%s: 400 is the service's own", what)
	}
	for _, word := range []string{"strconv", "json:", "sql:", "invalid character", "cannot unmarshal", "runtime error", "goroutine"} {
		if strings.Contains(told.Msg, word) {
			t.Fatalf("%s: speaks of its insides", what)
		}
	}
	return status
}

// signed sends a request with a good signature that was never used before.
func (h *wholeHouse) signed(t *testing.T, method, path, query string, body []byte, headers ...[2]string) int {
	t.Helper()
	h.mu.Lock()
	h.calls++
	nonce := strconv.Itoa(os.Getpid()) + "-" + strconv.Itoa(h.calls)
	h.mu.Unlock()
	headers = append(headers, [2]string{"X-Sdk-Nonce", nonce})
	date, auth, err := identity.Sign(identity.Signing{
		Access: h.said("access_key"), Secret: h.said("secret_key"), At: time.Now(), Method: method, Path: path, Query: query, Body: body, Headers: headers,
	})
	if err != nil {
		return 0 // not encoded correctly
	}
	var in fasthttp.Request
	in.Header.SetMethod(method)
	in.SetRequestURI(h.base + path)
	in.URI().DisablePathNormalizing = true
	in.URI().SetQueryString(query)
	in.Header.SetContentType("application/json")
	for _, kv := range headers {
		in.Header.Set(kv[0], kv[1])
	}
	in.Header.Set("X-Sdk-Date", date)
	in.Header.Set("Authorization", auth)
	in.SetBody(body)
	return h.do(t, &in)
}

// bodies are good requests of the wire contract and some that clients of other languages send. {…} is filled from the demo.
var bodies = map[string][]string{
	"AddCallBack": {`{"callback_url":"https://hook.example.com/receipts?a=1&b=2","url_type":0}`, `{"callback_url":"https://hook.example.com/x","url_type":"2"}`},
	"CreateResolveTask": {
		`{"tpl_id":"{tpl_id_params}","sms_signs":["{sign}"],"resolving_times":1,"aim_code_type":"individual","expiration_time":7,"params":[{"cust_flag":"13100000000","dync_params":{"param1":"A","param2":"B","param3":"C","param4":"D"}},{"cust_flag":"13100000001","dync_params":{"param1":1,"param2":true}}]}`,
		`{"tpl_id":{tpl_id},"sms_signs":["{sign}"],"resolving_times":"5","aim_code_type":"group：群发","generation_type":"1","domain":"{domain}","expiration_time":"30","params":[{"cust_flag":"campaign-618","custom_short_code":"abc123"}]}`,
	},
	"CreateAimSendTask":             {`{"task_name":"spring","sms_channel":{"channel_number":"{channel_number}","sms_tpl_id":"{sms_tpl_id}","sms_sign":"{sign}","sms_app_name":"{sms_app}"},"resolve_task":{"tpl_id":"{tpl_id}","resolve_times":1,"aim_code_type":"individual","generation_type":"1","expiration_time":7,"params":[{"cust_flag":"13100000000","sms_params":[]}]}}`},
	"CheckMobileCapability":         {`{"encryption_alg":"SHA1","tpl_id":"{tpl_id}","mobiles":["237baf0196797ffb081c41b8642f5c05dfebbbb7","2f52a22ed7eea397ea0d35db04329c291e9e704b"]}`},
	"CreateAimPersonalTemplate":     {`{"card_id":"StandardImageAndText","tpl_name":"spring","use_id":1,"sms_example":"x","pages":[{"page_order":1,"contents":[{"type":"text","position_number":1,"content":"${param1}","is_text_title":1,"action_type":"OPEN_URL","action":{"target":"https://shop.example.com"}},{"type":"image","position_number":2,"src_type":2,"src":"1"}]}],"params":[{"type":1,"name":"${param1}","example":"x"}],"factorys":[{"factory_type":"HUAWEI","state":1}]}`},
	"UpdatePersonalTemplateState":   {`{"tpl_state":0}`},
	"UploadAimTemplateMaterial":     {`{"file_url":"http://127.0.0.1/a.png","resource_type":"image"}`, `{"resource_type":"image","file_stream":"iVBORw0KGgo=","image_rate":"16:9"}`},
	"DeleteTemplateMaterial":        {`{"material_ids":["18d1bcad-4d13-4db1-bcdd-32565457cccc"]}`},
	"SetPrimaryVideoThumbnail":      {`{"material_id":"18d1bcad-4d13-4db1-bcdd-32565457cccc","thumbnail_id":"x"}`},
	"ListAimSendReports":            {`{"begin_time":"2022-05-01T00:00:00Z","end_time":"2022-06-01T00:00:00Z","offset":0,"limit":10}`},
	"ListAimTemplateReports":        {`{"begin_time":"2019-10-12T07:20:50.522Z","end_time":"2022-06-01T00:00:00Z","tpl_id":"{tpl_id}"}`},
	"CreateSmsApp":                  {`{"app_name":"shop2","up_link_addr":"https://shop.example.com/up"}`},
	"AddAimMsgSignature":            {`{"signature_name":"示例商城","signature_type":"NOTIFY_TYPE","app_id":"2353cb25-c169-4e20-adcf-35177b4e0f9e","file_id":"x","signature_source":"0","is_involved_third":"no"}`},
	"CreateAimMsgTemplate":          {`{"signature_id":"2353cb25-c169-4e20-adcf-35177b4e0f9e","template_content":"hi ${1}","template_name":"sale","universal_template":0,"variable_attributes":[{"variable_index":"1","variable_type":"NEWTEXT"}]}`},
	"SendAimBatchMessages":          {`{"to":["13100000000"],"template_id":"{sms_tpl_id}","template_params":["1"],"channel_num":"{channel_number}"}`},
	"SendAimBatchDifferentMessages": {`{"sms_content":[{"to":["13100000000"],"template_id":{sms_tpl_id},"template_params":[1,"2"]}],"channel_num":"{channel_number}"}`},
	"CreatePubInfo":                 {`{"pub_name":"示例商城","company_name":"Example","logo_img":"x","menu_list":[{"name":"m"}]}`},
	"CreateVmsTemplate":             {`{"tpl_name":"x","signs":["x"],"title":"t","contents":[{"frame":1,"media":[{"type":"text","content":"hi"}]}]}`},
	"CreateVmsSendTask":             {`{"tpl_id":"800000001","to":["13100000000"]}`},
	"CreateToken":                   {`{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"admin","password":"x","domain":{"name":"shop"}}}},"scope":{"project":{"name":"cn-north-4"}}}}`},
}

func (h *wholeHouse) fill(s string) string {
	for name := range h.demo {
		s = strings.ReplaceAll(s, "{"+name+"}", h.said(name))
	}
	return s
}

// FuzzJSONBodies gives every operation that reads a body any body, through the whole server: nothing falls over, and every refusal has a code.
func FuzzJSONBodies(f *testing.F) {
	h := newWholeHouse(f)
	writes := []string{"POST", "PUT"}
	index := map[string]uint16{}
	for n := range uint16(len(h.ops)) {
		index[h.op(n, writes...).Op] = n
	}
	for op, list := range bodies {
		for _, body := range list {
			f.Add(index[op], h.said("tpl_id"), []byte(h.fill(body)+"\n"), false)
		}
	}
	for _, n := range index {
		f.Add(n, "x", []byte(`{}`), true)
	}
	for _, body := range []string{``, `null`, `[]`, `{"a":`, `{"id":null}`, strings.Repeat(`{"a":`, 40), "{\"name\":\"\xff\"}", `{"name":"\u0000"}`, `{"offset":1e999,"limit":-1}`} {
		f.Add(index["CreateResolveTask"], "x", []byte(body), len(body) > 4)
	}
	f.Fuzz(func(t *testing.T, n uint16, id string, body []byte, keyed bool) {
		if len(body) > 64<<10 || len(id) > 1_000 {
			t.Skip()
		}
		if callsStrangers(body) {
			t.Skip()
		}
		op := h.op(n, writes...)
		var headers [][2]string
		if keyed {
			headers = append(headers, [2]string{"Idempotency-Key", strconv.Itoa(len(body))})
		}
		h.signed(t, op.Method, fillPath(op.Path, id), "", body, headers...)
	})
}

// callsStrangers reports whether a body names an address that is nobody's for documentation and not this machine: the server fetches what customers name, and fuzzing
// neither calls strangers nor waits for them. A body that is not JSON names nothing.
func callsStrangers(body []byte) bool {
	var v any
	if json.Unmarshal(body, &v) != nil {
		return false
	}
	var calls func(v any) bool
	calls = func(v any) bool {
		switch v := v.(type) {
		case string:
			u, err := url.Parse(strings.TrimSpace(v))
			return err == nil && u.Host != "" && u.Hostname() != "127.0.0.1" && !strings.HasSuffix(u.Hostname(), "example.com")
		case []any:
			return slices.ContainsFunc(v, calls)
		case map[string]any:
			for _, member := range v {
				if calls(member) {
					return true
				}
			}
		}
		return false
	}
	return calls(v)
}

// FuzzQueryStrings gives every operation any query and any id in its path.
func FuzzQueryStrings(f *testing.F) {
	h := newWholeHouse(f)
	for n := range uint16(len(h.ops)) {
		for _, q := range []string{
			"offset=0&limit=20", "offset=1000001&limit=0&begin_time=2022-05-01T00:00:00Z&end_time=x&status=-&tpl_type=x",
			"offset=1&limit=100&begin_time=2022-05-01T00:00:00.123456789%2B08:00&end_time=9999-12-31T23:59:59Z&tpl_id=600000001&tpl_name=%E6%B5%8B%E8%AF%95%20a%2Bb%26c" +
				"&factory_type=OPPO&factory_type=HUAWEI,VIVO&has_param=true&is_only_status=false&task_status=Success%EF%BC%9Aok&task_id=x&task_name=y&cust_flag=13100000000" +
				"&aim_url=s.example.com/PDARc6&sms_sign=x&resolved_status=fail&material_id=x&resource_type=image&pub_id=5467ec75eb974f508cee2cee10a7cccc&state=1&port=106" +
				"&file_id=x&app_id=%20&flow_status=Adopted&template_id=15010661",
		} {
			f.Add(n, h.said("tpl_id"), q)
		}
	}
	for _, q := range []string{"", "a=%00", "a=%ff", "%", "&&=&=", "limit=99999999999999999999&offset=9223372036854775807", "template_id=9223372036854775808", "from=2022-05-01&to=x&group=hour"} {
		f.Add(uint16(0), "../../x", q)
	}
	f.Fuzz(func(t *testing.T, n uint16, id, query string) {
		if len(query) > 4_000 || len(id) > 1_000 {
			t.Skip()
		}
		op := h.op(n, "GET", "DELETE", "POST", "PUT")
		h.signed(t, op.Method, fillPath(op.Path, id), sendable(query), nil)
	})
}

// FuzzAuthorization gives the server any credential: nobody gets in, and everybody is told so in the same form.
func FuzzAuthorization(f *testing.F) {
	h := newWholeHouse(f)
	key, now := h.said("access_key"), time.Now().UTC().Format("20060102T150405Z")
	mac := strings.Repeat("0", 64)
	for _, auth := range []string{
		"", "SDK-HMAC-SHA256 Access=" + key + ", SignedHeaders=host;x-sdk-date, Signature=" + mac, "SDK-HMAC-SHA256 Access=" + key + ",SignedHeaders=x-sdk-date,Signature=" + mac,
		"SDK-HMAC-SHA256 Access=AKEXAMPLE, SignedHeaders=user-agent;x-project-id;x-sdk-date, Signature=e0a1db671bf66a3c63a408e0d9ef7317f4e84826b1454a6460e83e3421fa518e",
		"SDK-HMAC-SHA256 Access=" + key + ", SignedHeaders=" + strings.Repeat("a;", 100) + "x-sdk-date, Signature=" + mac, "SDK-HMAC-SM3 Access=x, SignedHeaders=y, Signature=z",
		"V11-HMAC-SHA256 Credential=x/20260102/region/service, SignedHeaders=y, Signature=z", "Basic dXNlcjpwYXNz", "Bearer x", "SDK-HMAC-SHA256", strings.Repeat("A", 5000),
		"SDK-HMAC-SHA256 Access=" + key + ", Access=" + key + ", SignedHeaders=x-sdk-date, Signature=" + mac, "SDK-HMAC-SHA256 Access=\x00, SignedHeaders=;;;, Signature=" + mac,
	} {
		f.Add(auth, now, "", "UNSIGNED-PAYLOAD", "q=%zz&q", []byte("{}"))
		f.Add(auth, "20260102T030405Z", "", "", "", []byte(""))
		f.Add(auth, "", "not a token", strings.Repeat("0", 64), "a=b", []byte("--x--"))
	}
	f.Add("", "", strings.Repeat("A", 2000), "", "", []byte("{}"))
	header := func(s string) string { // what can stand in a header; fasthttp would drop the rest
		return strings.Map(func(r rune) rune {
			if r < ' ' || r == 0x7f {
				return -1
			}
			return r
		}, strings.ToValidUTF8(s, "?"))
	}
	f.Fuzz(func(t *testing.T, auth, date, token, sum, query string, body []byte) {
		if len(auth)+len(date)+len(token)+len(sum)+len(query) > 12_000 || len(body) > 64<<10 {
			t.Skip()
		}
		for _, media := range []string{"application/json", "multipart/form-data; boundary=x"} {
			var in fasthttp.Request
			in.Header.SetMethod("POST")
			in.SetRequestURI(h.base + "/v1/aim/callbacks")
			in.URI().SetQueryString(sendable(query))
			in.Header.SetContentType(media)
			for name, v := range map[string]string{"Authorization": auth, "X-Sdk-Date": date, "X-Auth-Token": token, "X-Sdk-Content-Sha256": sum} {
				if v = header(v); v != "" {
					in.Header.Set(name, v)
				}
			}
			in.SetBody(body)
			if status := h.do(t, &in); status != 401 {
				t.Fatalf("%d for %q", status, auth)
			}
		}
	})
}
