package api

import (
	"testing"

	"cardlink/fault"
)

func TestSuspendOverHTTP(t *testing.T) {
	f := newSendFace(t)
	id := f.post(f.h.createApp, `{"app_name":"shop"}`)["app_id"].(string)
	var log acts
	h := suspendHandlers{f.h.room, &log}
	equal(t, "suspend", f.post(h.set, `{"app_id":"`+id+`","status":"SUSPENDED：stopped","words":"complaints"}`), `{"tenant_id":"*","app_id":"*","app_name":"shop","status":"SUSPENDED"}`)
	if got := f.get(f.h.listApps, "status=SUSPENDED")["page_info"]; got.(map[string]any)["total"] != 1.0 {
		t.Errorf("listed %v", got)
	}
	equal(t, "resume", f.post(h.set, `{"tenant_id":"`+sendTenant+`","app_id":"`+id+`","status":"LAUNCHED"}`), `{"tenant_id":"*","app_id":"*","app_name":"shop","status":"LAUNCHED"}`)
	if want := "api " + sendTenant + " SetSmsAppStatus sms_app " + id + " SUSPENDED: complaints"; len(log) != 2 || log[0] != want {
		t.Errorf("audit log %q", log)
	}
	for field, body := range map[string]string{
		"app_id": `{"tenant_id":"other","app_id":"` + id + `","status":"SUSPENDED"}`, "status": `{"app_id":"` + id + `","status":"CREATED"}`,
	} {
		if _, err := f.call(h.set, "", "application/json", []byte(body)); fault.Of(err) == nil || fault.Of(err).Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}
