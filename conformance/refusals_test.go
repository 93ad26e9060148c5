package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"cardlink/identity"
)

// TestRefusals: what is wrong is refused with its documented code and a message that names the field, and leaves nothing behind.
func TestRefusals(t *testing.T) {
	e, data := engine{name: "one machine"}, t.TempDir()
	a := newAccount(t, e, data, "Example Mall")
	carrier := newCarrier(t)
	s := start(t, e, data, "--channels", carrier.channels())
	m := setUp(t, sdk(t, s, a))

	resolveTask := func(change func(map[string]any)) []byte {
		body := map[string]any{"tpl_id": m.PlainTplID, "sms_signs": []string{sign}, "resolving_times": 2, "aim_code_type": "group", "expiration_time": 30,
			"params": []map[string]any{{"cust_flag": "x"}}}
		change(body)
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	items := func(n int) (ps []map[string]any) {
		for i := range n {
			ps = append(ps, map[string]any{"cust_flag": fmt.Sprint(i)})
		}
		return ps
	}
	cases := []struct {
		name  string
		body  []byte
		code  string
		names string // what the message must name
	}{
		{"no body", nil, "KM.90016414", ""},
		{"not JSON", []byte(`{"tpl_id":`), "KM.90016803", "body"},
		{"two documents", append(resolveTask(func(map[string]any) {}), `{}`...), "KM.90016803", "body"},
		{"wrong type", resolveTask(func(b map[string]any) { b["params"] = "none" }), "KM.90016803", "params"},
		{"wrong scalar", resolveTask(func(b map[string]any) { b["expiration_time"] = "soon" }), "KM.90016803", "expiration_time"},
		{"no links", resolveTask(func(b map[string]any) { b["params"] = []any{} }), "KM.90016415", "params"},
		{"two group links", resolveTask(func(b map[string]any) { b["params"] = items(2) }), "KM.90016416", "params"},
		{"101 links", resolveTask(func(b map[string]any) {
			b["aim_code_type"] = "individual"
			b["expiration_time"] = 7
			b["params"] = items(101)
		}), "KM.90016416", "params"},
		{"days of a group link", resolveTask(func(b map[string]any) { b["expiration_time"] = 181 }), "KM.90016803", "expiration_time"},
		{"days of an individual link", resolveTask(func(b map[string]any) { b["aim_code_type"] = "individual"; b["expiration_time"] = 8 }), "KM.90016803", "expiration_time"},
		{"no day", resolveTask(func(b map[string]any) { b["expiration_time"] = 0 }), "KM.90016803", "expiration_time"},
		{"one resolution of a group", resolveTask(func(b map[string]any) { b["resolving_times"] = 1 }), "KM.90016803", "resolving_times"},
		{"too many resolutions", resolveTask(func(b map[string]any) { b["resolving_times"] = 10_000_001 }), "KM.90016803", "resolving_times"},
		{"unknown link type", resolveTask(func(b map[string]any) { b["aim_code_type"] = "crowd" }), "KM.90016803", "aim_code_type"},
		{"unknown template", resolveTask(func(b map[string]any) { b["tpl_id"] = "699999999" }), "KM.00001082", ""},
		{"no signature", resolveTask(func(b map[string]any) { b["sms_signs"] = []string{""} }), "KM.00001075", "sms_signs"},
		{"long signature", resolveTask(func(b map[string]any) { b["sms_signs"] = []string{strings.Repeat("签", 19)} }), "KM.00001076", "sms_signs"},
		{"long cust_flag", resolveTask(func(b map[string]any) { b["params"] = []map[string]any{{"cust_flag": strings.Repeat("x", 65)}} }), "KM.90016422", "cust_flag"},
		{"custom code without domain", resolveTask(func(b map[string]any) {
			b["generation_type"] = "2"
			b["params"] = []map[string]any{{"cust_flag": "x", "custom_short_code": "abc123"}}
		}), "KM.90016803", "domain"},
		{"bad custom code", resolveTask(func(b map[string]any) {
			b["generation_type"], b["domain"] = "2", "c.example.com"
			b["params"] = []map[string]any{{"cust_flag": "x", "custom_short_code": "a!"}}
		}), "KM.90016803", "custom_short_code"},
		{"parameterised card on a group link", resolveTask(func(b map[string]any) { b["tpl_id"] = m.TplID }), "KM.90016802", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := signed(t, s, a, http.MethodPost, "/v1/aim/resolve-tasks", c.body, "X-Nonce", c.name)
			var got struct {
				Code    string `json:"error_code"`
				Msg     string `json:"error_msg"`
				Message string `json:"error_message"`
			}
			if err := json.Unmarshal([]byte(r.Body), &got); err != nil || r.Status != 400 || got.Code != c.code || got.Msg == "" || got.Message != got.Msg || !strings.Contains(got.Msg, c.names) {
				t.Fatalf("%d %s; want 400 %s naming %q", r.Status, r.Body, c.code, c.names)
			}
			if r.Header.Get("X-Request-Id") == "" {
				t.Error("no X-Request-Id")
			}
		})
	}
	r := signed(t, s, a, http.MethodGet, "/v1/aim/resolve-tasks?limit=100", nil)
	if !strings.Contains(r.Body, `"total":0`) {
		t.Errorf("refused requests left links behind: %s", r.Body)
	}
}

// TestWrongCredentials: a changed byte anywhere, a stale date or a replay is 401.
func TestWrongCredentials(t *testing.T) {
	e, data := engine{name: "one machine"}, t.TempDir()
	a := newAccount(t, e, data, "Example Mall")
	s := start(t, e, data)
	body := []byte(`{"app_name":"shop"}`)
	sign := func(at time.Time) (date, auth string) {
		date, auth, err := identity.Sign(identity.Signing{Access: a.AccessKey, Secret: a.SecretKey, At: at, Method: "POST", Path: "/v1/sms/apps", Body: body,
			Headers: [][2]string{{"X-Nonce", "1"}}})
		if err != nil {
			t.Fatal(err)
		}
		return date, auth
	}
	call := func(date, auth, nonce string, body []byte) answer {
		req, err := http.NewRequest("POST", s.API+"/v1/sms/apps", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range map[string]string{"X-Sdk-Date": date, "Authorization": auth, "X-Nonce": nonce, "Content-Type": "application/json"} {
			if v != "" {
				req.Header.Set(k, v)
			}
		}
		return do(t, req)
	}
	now := time.Now()
	date, auth := sign(now)
	refused := func(what string, r answer) {
		t.Helper()
		if r.Status != 401 || !strings.Contains(r.Body, "APIGW.0301") || r.Header.Get("X-Request-Id") == "" {
			t.Errorf("%s: %d %s, want 401 APIGW.0301", what, r.Status, r.Body)
		}
	}
	refused("no credential", call(date, "", "1", body))
	refused("changed signature", call(date, auth[:len(auth)-1]+flip(auth[len(auth)-1]), "1", body))
	refused("changed body", call(date, auth, "1", []byte(`{"app_name":"shoq"}`)))
	refused("changed nonce", call(date, auth, "2", body))
	refused("changed date", call(now.Add(time.Second).UTC().Format("20060102T150405Z"), auth, "1", body))
	refused("unknown key", call(date, strings.Replace(auth, a.AccessKey, "AKNOBODY", 1), "1", body))
	for _, off := range []time.Duration{-16 * time.Minute, 16 * time.Minute} {
		d, au := sign(now.Add(off))
		refused("date off by "+off.String(), call(d, au, "1", body))
	}
	if r := call(date, auth, "1", body); r.Status != 200 {
		t.Fatalf("the right request: %d %s", r.Status, r.Body)
	}
	refused("replay", call(date, auth, "1", body))
}

func flip(b byte) string {
	if b == '0' {
		return "1"
	}
	return "0"
}
