package conformance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardlink/identity"
)

// TestGoldenExamples are api.md's appendix A against a running server: shapes and types are binding, ids, times and codes become words.
func TestGoldenExamples(t *testing.T) {
	w := newWorld(t, engine{name: "one machine"})
	words := strings.NewReplacer(w.own.Tenant, "TENANT", strings.TrimPrefix(w.s.Edge, "http://"), "DOMAIN", w.own.ids["tpl_id_params"], "TPL", w.own.ids["tpl_id"], "TPL",
		`"`+w.own.ids["template_id"]+`"`, `"SMSTPL"`, w.own.ids["channel_num"], "CHANNEL", w.own.name, "SIGN")
	patterns := []struct {
		re *regexp.Regexp
		to string
	}{
		{regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}_[0-9]+`), "MSG"},
		{regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`), "UUID"},
		{regexp.MustCompile(`\b[0-9a-f]{32}\b`), "HEX"},
		{regexp.MustCompile(`[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]+)?Z`), "TIMEZ"},
		{regexp.MustCompile(`[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}`), "TIME"},
		{regexp.MustCompile(`DOMAIN/[A-Za-z0-9]{8}`), "DOMAIN/CODE"},
		{regexp.MustCompile(`"aim_code":"[A-Za-z0-9]{8}"`), `"aim_code":"CODE"`},
		{regexp.MustCompile(`Task_[0-9a-f_]+`), "TASK"},
		{regexp.MustCompile(`"log_id":"[0-9]+"`), `"log_id":"N"`},
	}
	golden := func(t *testing.T, r answer, status int, want string) {
		t.Helper()
		got := words.Replace(r.Body)
		for _, p := range patterns {
			got = p.re.ReplaceAllString(got, p.to)
		}
		var x, y any
		if err := json.Unmarshal([]byte(got), &x); err != nil || r.Status != status {
			t.Fatalf("%d %s (%v)", r.Status, r.Body, err)
		}
		if err := json.Unmarshal([]byte(want), &y); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(y, x); d != "" {
			t.Errorf("-want +got:\n%s", d)
		}
	}
	who := w.own.account
	t.Run("A.1 individual links", func(t *testing.T) {
		golden(t, w.raw(t, who, "CreateResolveTask", J{"body": J{"tpl_id": w.own.ids["tpl_id_params"], "sms_signs": L{w.own.name}, "resolving_times": 1, "aim_code_type": "individual", "expiration_time": 7,
			"params": L{J{"cust_flag": "13100000000", "custom_url": "https://shop.example.com", "dync_params": J{"param1": "A"}}, J{"cust_flag": "13100000001", "dync_params": J{"param1": "C"}}}}}), 200,
			`{"task_id":"UUID","tpl_id":"TPL","sms_signs":["SIGN"],"resolving_times":1,"aim_code_type":"individual","domain":"DOMAIN","expiration_time":7,"params":[
			{"cust_flag":"13100000000","cust_id":"TENANT","dync_params":{"param1":"A"},"custom_url":"https://shop.example.com","aim_url":"DOMAIN/CODE","aim_code":"CODE","result_code":"0","error_message":"success","generate_date":"TIMEZ","expire_date":"TIMEZ"},
			{"cust_flag":"13100000001","cust_id":"TENANT","dync_params":{"param1":"C"},"aim_url":"DOMAIN/CODE","aim_code":"CODE","result_code":"0","error_message":"success","generate_date":"TIMEZ","expire_date":"TIMEZ"}]}`)
	})
	t.Run("A.2 a custom code, once", func(t *testing.T) {
		if r := signed(t, w.s, who, "POST", "/x/v1/domains", []byte(`{"domain":"c.example.com","generation_type":"2"}`)); r.Status != 200 {
			t.Fatal(r.Body)
		}
		body := J{"body": J{"tpl_id": w.own.ids["tpl_id"], "sms_signs": L{w.own.name}, "resolving_times": 5, "aim_code_type": "group", "generation_type": "2", "domain": "c.example.com", "expiration_time": 30,
			"params": L{J{"cust_flag": "campaign-618", "custom_short_code": "abc123", "custom_url": "https://ignored.example.com"}}}}
		golden(t, w.raw(t, who, "CreateResolveTask", body), 200, `{"task_id":"UUID","tpl_id":"TPL","sms_signs":["SIGN"],"resolving_times":5,"aim_code_type":"group","domain":"c.example.com","expiration_time":30,
			"params":[{"cust_flag":"campaign-618","cust_id":"TENANT","aim_url":"c.example.com/abc123","aim_code":"abc123","custom_short_code":"abc123","result_code":"0","error_message":"success","generate_date":"TIMEZ","expire_date":"TIMEZ"}]}`)
		golden(t, w.raw(t, who, "CreateResolveTask", body), 400, `{"error_code":"KM.90016482","error_msg":"duplicate custom short link: abc123","error_message":"duplicate custom short link: abc123"}`)
	})
	task := w.must(t, who, "CreateResolveTask", J{"body": J{"tpl_id": w.own.ids["tpl_id_params"], "sms_signs": L{w.own.name}, "resolving_times": 1, "aim_code_type": "individual", "expiration_time": 7,
		"params": L{J{"cust_flag": "1", "dync_params": J{"param1": "A"}}, J{"cust_flag": "2", "dync_params": J{"param1": "B"}}}}})
	id := text(t, task, "task_id")
	if r := resolveAs(t, w.s, text(t, task, "params[0].aim_code"), w.own.name); r.Status != 200 {
		t.Fatalf("%d %s", r.Status, r.Body)
	}
	t.Run("A.3 one row a link, no Z", func(t *testing.T) {
		row := func(flag, param string, resolved int, date string) string {
			return fmt.Sprintf(`{"task_id":"UUID","task_name":"TASK","tpl_id":"TPL","sms_signs":["SIGN"],"resolving_times":1,"resolved_times":%d,"aim_code_type":"individual","domain":"DOMAIN","expiration_time":7,
				"params":[{"cust_flag":"%s","cust_id":"TENANT","dync_params":{"param1":"%s"},"aim_url":"DOMAIN/CODE","aim_code":"CODE","result_code":"0","error_message":"-","generate_date":"TIME","expire_date":"TIME"%s}]}`, resolved, flag, param, date)
		}
		eventually(t, patience, "the resolution is listed", func() error {
			if r := w.raw(t, who, "ListResolveTasks", J{"task_id": id}); !strings.Contains(r.Body, `"resolved_times":1`) {
				return fmt.Errorf("%s", r.Body)
			}
			return nil
		})
		golden(t, w.raw(t, who, "ListResolveTasks", J{"task_id": id}), 200,
			`{"resolve_tasks":[`+row("2", "B", 0, "")+`,`+row("1", "A", 1, `,"resolved_date":"TIME"`)+`],"page_info":{"offset":0,"limit":20,"total":2}}`)
	})
	t.Run("A.4 details", func(t *testing.T) {
		golden(t, w.raw(t, who, "ListAimResolveDetails", J{"task_id": id, "resolved_status": "success", "offset": 0, "limit": 1}), 200,
			`{"resolve_details":[{"resolve_id":"UUID","task_id":"UUID","task_name":"TASK","send_account":"admin","tpl_id":"TPL","tpl_name":"SIGN卡片","cust_flag":"1","aim_url":"DOMAIN/CODE","result_code":"0",
			"generate_date":"TIMEZ","expire_date":"TIMEZ","resolved_time":"TIMEZ","resolved_status":"success"}],"page_info":{"offset":0,"limit":1,"total":1}}`)
	})
	t.Run("A.5 send task", func(t *testing.T) {
		golden(t, w.raw(t, who, "CreateAimSendTask", J{"body": sendBody(&w.own, w.own.ids["tpl_id"])}), 200,
			`{"task_name":"spring","sms_channel":{"channel_number":"CHANNEL","sms_tpl_id":"SMSTPL","sms_sign":"SIGN","sms_app_name":"shop"},
			"resolve_task":{"tpl_id":"TPL","resolve_times":1,"aim_code_type":"individual","generation_type":"1","expiration_time":7,"params":[{"cust_flag":"13100000001","sms_params":[]}]},
			"task_id":"UUID","task_state":"Success","creation_time":"TIMEZ","submission_count":1,"send_count":1,"resolve_count":0,"support_resolve_count":-1,"failed_short_chains":[]}`)
	})
	t.Run("A.7 envelopes", func(t *testing.T) {
		golden(t, w.raw(t, who, "AddCallBack", J{"body": J{"callback_url": "https://hook.example.com/receipts", "url_type": 0}}), 200,
			`{"status":"200","message":"success","data":{"id":"UUID","callback_url":"https://hook.example.com/receipts","url_type":0}}`)
		golden(t, w.raw(t, who, "ListAimCallbacks", J{}), 200,
			`{"status":"200","message":"success","data":[{"id":"UUID","callback_url":"https://hook.example.com/receipts","url_type":0}]}`)
		tpl := w.newCard(t, &w.own, "", nil)
		golden(t, w.raw(t, who, "UpdatePersonalTemplateState", J{"tpl_id": tpl, "body": J{"tpl_state": 0}}), 200, `{"status":"200","message":"success","data":null}`)
		golden(t, w.raw(t, who, "AddVmsCallBack", J{"body": J{"url_type": 0, "callback_url": "https://hook.example.com/vms"}}), 200, `{"status":"200","message":"success"}`)
		golden(t, w.raw(t, who, "ListAimTemplateMaterials", J{"resource_type": "image", "file_name": "nothing is called so", "offset": 1, "limit": 2}), 200,
			`{"status":"200","message":"success","data":{"page_info":{"offset":1,"limit":2,"total":0},"results":[]}}`)
	})
	t.Run("A.8 SMS", func(t *testing.T) {
		golden(t, w.raw(t, who, "SendAimBatchMessages", J{"body": J{"template_id": w.own.ids["template_id"], "to": L{"13100000000"}, "template_params": L{"x.example.com/a"}}}), 200,
			`{"task_id":"UUID","status":"Success","result":[{"to":"+8613100000000","channel_num":"CHANNEL","msg_id":"MSG","send_status":"000000","create_time":"TIMEZ"}]}`)
	})
	t.Run("A.9 service accounts", func(t *testing.T) {
		golden(t, w.raw(t, who, "CreatePubInfo", J{"body": accountBody(&w.own, "新号")}), 200, `{"data":{"data":{"log_id":"N","pub_id":"HEX","menu_id":"HEX","portal_id":"HEX","pub_name":"新号"}}}`)
		golden(t, w.raw(t, who, "PushMenuInfo", J{"menu_id": w.own.ids["menu_id"]}), 200, `{"data":{"data":{"log_id":"N","message":"催审成功"}}}`)
		id, number := w.newPort(t)
		golden(t, w.raw(t, who, "LockPort", J{"body": binding(&w.own, w.own.ids["pub_id"], number, id, "海南省")}), 200, `{"data":{"message":"成功"}}`)
	})
	t.Run("A.10 errors", func(t *testing.T) {
		body := groupLink(w.own.ids["tpl_id"], w.own.name)
		body["aim_code_type"], body["expiration_time"] = "individual", 8
		golden(t, w.raw(t, who, "CreateResolveTask", J{"body": body}), 400,
			`{"error_code":"KM.90016803","error_msg":"expiration_time: must be 1-7 for aim_code_type individual","error_message":"expiration_time: must be 1-7 for aim_code_type individual"}`)
		bad := who
		bad.SecretKey = "wrong"
		golden(t, w.raw(t, bad, "ListAimCallbacks", J{}), 401,
			`{"error_code":"APIGW.0301","error_msg":"Incorrect IAM authentication information: verify aksk signature fail","request_id":"UUID"}`)
	})
}

// resolveAs asks for a card as a handset with an SMS of another signature than the story's.
func resolveAs(t testing.TB, s *server, code, sign string) answer {
	t.Helper()
	return fetch(t, s.Edge+"/"+code, "Accept", "application/json", "X-AIM-Vendor", "HUAWEI", "X-AIM-Device", "golden", "X-AIM-Sign", pathEscape(sign))
}

// TestCompatibilityChecklist is api.md's appendix B where TestContract, TestRegionMode, TestStory and TestOneLinkOneCard do not show it already.
func TestCompatibilityChecklist(t *testing.T) {
	w := newWorld(t, engine{name: "one machine"})
	who := w.own.account
	get := func(target string, headers ...string) answer {
		return signed(t, w.s, who, http.MethodGet, target, nil, append(headers, "X-Nonce", w.unique("n"))...)
	}
	t.Run("3 any list of signed headers", func(t *testing.T) {
		host := strings.TrimPrefix(w.s.API, "http://")
		date, auth, err := identity.Sign(identity.Signing{Access: who.AccessKey, Secret: who.SecretKey, At: time.Now(), Method: "GET", Path: "/v1/aim/callbacks", Host: host, Headers: [][2]string{{"Content-Type", "application/json"}}})
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequest("GET", w.s.API+"/v1/aim/callbacks", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-Sdk-Date", date)
		req.Header.Set("Authorization", auth)
		if r := do(t, req); r.Status != 200 {
			t.Errorf("signed host and content-type: %d %s", r.Status, r.Body)
		}
	})
	t.Run("5 files is no signature id", func(t *testing.T) {
		if r := get("/v1/sms/signatures/files?file_id=" + w.own.ids["file_id"]); r.Status != 200 || !strings.Contains(r.Body, "file_name") {
			t.Errorf("%d %s", r.Status, r.Body)
		}
	})
	t.Run("6 query forms", func(t *testing.T) {
		for target, want := range map[string]int{
			"/v1/sms/templates?flow_status=Adopted%EF%BC%9A%E9%80%9A%E8%BF%87":                        1,
			"/v1/sms/templates?flow_status=Adopted&template_type=PROMOTION_TYPE%3A%E8%90%A5%E9%94%80": 1,
			"/v1/sms/templates?flow_status=Reject%EF%BC%9A%E6%8B%92%E7%BB%9D":                         0,
			"/v1/aim/templates?tpl_type=private&factory_type=VIVO&factory_type=OPPO&has_param=true":   1,
			"/v1/aim/templates?tpl_type=private&factory_type=vivo,OPPO&has_param=true":                1,
			"/v1/aim/templates?tpl_type=private&factory_type=OPPO":                                    0,
		} {
			r := get(target)
			if r.Status != 200 || !strings.Contains(r.Body, fmt.Sprintf(`"total":%d`, want)) {
				t.Errorf("%s: %d %s; want %d rows", target, r.Status, r.Body, want)
			}
		}
	})
	t.Run("8 every refusal has its parts", func(t *testing.T) {
		for _, r := range []answer{get("/v1/aim/nothing"), get("/v1/aim/templates?limit=x"), fetch(t, w.s.API+"/v1/aim/templates"), fetch(t, w.s.API+"/v1/aim/templates", "Authorization", "nonsense")} {
			var e refusal
			if err := json.Unmarshal([]byte(r.Body), &e); err != nil || e.Code == "" || e.Msg == "" || r.Header.Get("X-Request-Id") == "" || r.Header.Get("Content-Type") != "application/json" {
				t.Errorf("%d %s %v", r.Status, r.Body, r.Header)
			}
		}
	})
	t.Run("9 beyond ten thousand rows", func(t *testing.T) {
		for _, target := range []string{"/v1/aim/resolve-details?offset=9951&limit=50", "/v1/aim/resolve-tasks?offset=9951&limit=50", "/v1/aim/send-tasks?offset=9951&limit=50", "/v1/aim/send-details?offset=9951&limit=50"} {
			if r := get(target); r.Status != 200 || !strings.Contains(r.Body, ":[]") {
				t.Errorf("%s: %d %s", target, r.Status, r.Body)
			}
		}
		r := w.raw(t, who, "ListAimSendReports", J{"body": J{"offset": 9951, "limit": 50}})
		if r.Status != 200 || !strings.Contains(r.Body, ":[]") {
			t.Errorf("send reports: %d %s", r.Status, r.Body)
		}
	})
	t.Run("11 windows", func(t *testing.T) {
		past, future := "2020-01-01T00:00:00Z", time.Now().Add(time.Hour).UTC().Format("2006-01-02T15:04:05Z")
		one := func(target string, rows bool) {
			t.Helper()
			if r := get(target); r.Status != 200 || strings.Contains(r.Body, `"total":0`) == rows {
				t.Errorf("%s: %d %s", target, r.Status, r.Body)
			}
		}
		for _, list := range []string{"/v1/aim/resolve-tasks?x=", "/v1/aim/send-tasks?x=", "/v1/aim/resolve-details?offset=0&limit=10", "/v1/aim/send-details?offset=0&limit=10"} {
			one(list+"&begin_time="+future, true)                                              // one side alone is ignored
			one(list+"&end_time="+past, true)                                                  //
			one(list+"&begin_time="+past+"&end_time="+future, true)                            // both count, cut to a year
			one(list+"&begin_time="+past+"&end_time=2020-01-02T00:00:00Z", false)              //
			one(list+"&begin_time="+future+"&end_time="+future, false)                         //
			one(list+"&begin_time=2020-01-01%2000:00:00&end_time="+future+"&nonsense=1", true) // every form of a time, and unknown members
		}
		for _, list := range []string{"/v1/aim/templates", "/v1/aim-basic/templates"} { // both or neither
			if r := get(list + "?begin_time=" + past); r.Status != 400 {
				t.Errorf("%s with one side: %d", list, r.Status)
			}
			if r := get(list + "?begin_time=" + future + "&end_time=" + past); r.Status != 400 {
				t.Errorf("%s backwards: %d", list, r.Status)
			}
		}
	})
	t.Run("tolerance of types", func(t *testing.T) {
		body := groupLink(w.own.ids["tpl_id"], w.own.name)
		body["tpl_id"], body["resolving_times"], body["expiration_time"] = json.Number(w.own.ids["tpl_id"]), "5", "30"
		body["unknown"], body["generation_type"], body["domain"] = J{"deep": L{1}}, 1, nil
		if r := w.raw(t, who, "CreateResolveTask", J{"body": body}); r.Status != 200 || !strings.Contains(r.Body, `"tpl_id":"`+w.own.ids["tpl_id"]+`"`) || !strings.Contains(r.Body, `"expiration_time":30`) {
			t.Errorf("%d %s", r.Status, r.Body)
		}
	})
}
