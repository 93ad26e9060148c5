package conformance

import (
	"strings"
	"testing"
)

// The check of calls against the description notices what it is there for.
func TestDescriptionCheckNotices(t *testing.T) {
	d, err := described()
	if err != nil {
		t.Fatal(err)
	}
	const asked = `{"callback_url":"https://hook.example.com/in","url_type":0,"own":1}`
	const told = `{"status":"200","message":"success","data":{"id":"18d1bcad-4d13-4db1-bcdd-32565457cccc","callback_url":"https://hook.example.com/in","url_type":0}}`
	f := func(what, complaint string, status int, request, response string) {
		t.Helper()
		got := strings.Join(d.violations("POST", "/v1/aim/callbacks", status, "application/json", []byte(request), []byte(response)), "\n")
		if complaint == "" && got != "" || !strings.Contains(got, complaint) {
			t.Errorf("%s: %q, want %q", what, got, complaint)
		}
	}
	f("all is well", "", 200, asked, told)
	f("null is absent", "", 200, strings.Replace(asked, `"own":1`, `"url_type":null`, 1), told)
	f("a field that is required", "missing property 'callback_url'", 200, `{"url_type":0}`, told)
	f("null is not required", "missing property 'callback_url'", 200, `{"callback_url":null}`, told)
	f("another type asked", "request", 200, strings.Replace(asked, `"url_type":0`, `"url_type":"0"`, 1), told)
	f("a value beyond", "value must be one of", 200, strings.Replace(asked, `"url_type":0`, `"url_type":3`, 1), told)
	f("another type told", "answer 200", 200, asked, strings.Replace(told, `"url_type":0`, `"url_type":"0"`, 1))
	f("a field nobody knows", "additional properties 'more' not allowed", 200, asked, strings.Replace(told, `"url_type":0`, `"url_type":0,"more":1`, 1))
	f("a field nobody knows outside", "additional properties 'more' not allowed", 200, asked, strings.Replace(told, `"message"`, `"more":1,"message"`, 1))
	f("no id", "uuid", 200, asked, strings.Replace(told, "18d1bcad", "x", 1))
	f("no JSON", "answer 200", 200, asked, told[1:])
	f("a status nobody knows", "status 202 is not described", 202, asked, told)
	f("a refused request is not looked at", "", 400, `{}`, `{"error_code":"KM.90016803","error_msg":"x","error_message":"x"}`)
	f("a refusal of another family", "missing property 'error_message'", 400, `{}`, `{"error_code":"KM.90016803","error_msg":"x"}`)
	f("a refusal of the gateway", "", 401, `{}`, `{"error_code":"APIGW.0301","error_msg":"x","request_id":"18d1bcad-4d13-4db1-bcdd-32565457cccc"}`)
	const push = `{"request_id":"18d1bcad-4d13-4db1-bcdd-32565457cccc","domain_id":"t","callback_type":"shortchain","retry":false,"body":"{\"task_id\":\"1\",\"cust_flag\":\"a\",\"tpl_id\":\"1\",\"aim_url\":\"d/c\",\"aim_code\":\"c\",\"status\":0,\"describe\":\"success\"}"}`
	for text, breaks := range map[string]bool{push: false, strings.Replace(push, `"status\":0`, `"status\":\"0\"`, 1): true, strings.Replace(push, `\"cust_flag\"`, `\"flag\"`, 1): true} {
		if got := d.check(d.strict, "/webhooks/linkReceipt/post/requestBody/content/application~1json/schema", "push", []byte(text), false); (len(got) > 0) != breaks {
			t.Errorf("the JSON within a push: %q of %s", got, text)
		}
	}
	if op := d.operation("GET", "/nothing"); op != nil {
		t.Errorf("an address of the edge is not one of the API: %+v", op)
	}
	if op := d.operation("POST", "/v1/aim/template-materials/delete"); op == nil || op.ID != "DeleteTemplateMaterial" {
		t.Errorf("%+v", op)
	}
	if op := d.operation("DELETE", "/v1/aim/template/600000001"); op == nil || op.ID != "DeleteAimPersonalTemplate" {
		t.Errorf("%+v", op)
	}
}
