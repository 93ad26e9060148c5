package api

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"

	"cardlink/dispatch"
	"cardlink/fault"
	"cardlink/identity"
)

// at is call for a path with one parameter. A nil answer is an empty body.
func (f sendFace) at(handle handler, param, query, body string) (map[string]any, error) {
	f.t.Helper()
	var c fasthttp.RequestCtx
	c.Request.SetRequestURI("/x?" + query)
	c.Request.SetBodyString(body)
	out, err := handle(context.Background(), &Request{RequestCtx: &c, Principal: identity.Principal{Tenant: sendTenant}, params: [2]string{param}})
	if err != nil || out == nil {
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

// mustAt is at for what should work.
func (f sendFace) mustAt(handle handler, param, body string) map[string]any {
	f.t.Helper()
	m, err := f.at(handle, param, "", body)
	if err != nil {
		f.t.Fatal(err)
	}
	return m
}

// upload keeps a licence and returns its id.
func (f sendFace) upload(name string) string {
	f.t.Helper()
	file, err := f.h.room.UploadFile(context.Background(), sendTenant, name, "", []byte("%PDF-1.7"))
	if err != nil {
		f.t.Fatal(err)
	}
	return file.ID
}

// Applications, signatures and SMS templates are shown, changed and deleted with the shapes of api.md §12-§14.
func TestSMSManagement(t *testing.T) {
	f := newSendFace(t)
	ctx := context.Background()
	appID := f.post(f.h.createApp, `{"app_name":"shop","up_link_addr":"https://shop.example.com/up"}`)["app_id"].(string)
	equal(t, "app", f.mustAt(f.h.showApp, appID, ""), `{"app_id":"*","app_name":"shop","status":"LAUNCHED","region":"cn","create_time":"2026-01-02T03:04:05",
		"up_link_addr":"https://shop.example.com/up"}`)
	equal(t, "update app", f.mustAt(f.h.updateApp, appID, `{"app_name":"mall"}`), `{"app_id":"`+appID+`","app_name":"mall"}`)
	equal(t, "reply address stays", f.mustAt(f.h.showApp, appID, ""), `{"app_id":"*","app_name":"mall","status":"LAUNCHED","region":"cn",
		"create_time":"2026-01-02T03:04:05","up_link_addr":"https://shop.example.com/up"}`)
	f.mustAt(f.h.updateApp, appID, `{"app_name":"mall","up_link_addr":""}`)
	equal(t, "reply address is gone", f.mustAt(f.h.showApp, appID, ""), `{"app_id":"*","app_name":"mall","status":"LAUNCHED","region":"cn","create_time":"2026-01-02T03:04:05"}`)

	licence := f.upload("licence.pdf")
	equal(t, "file", f.get(f.h.showFile, "file_id="+licence+"&offset=x&limit=y"), `{"file_id":"`+licence+`","file_name":"licence.pdf"}`)

	body := `{"signature_name":"示例商城","signature_type":"NOTIFY_TYPE：通知","app_id":"` + appID + `","file_id":"` + licence + `","signature_source":1,
		"source_title_content":"shop.example.com","is_involved_third":"yes","power_attorney_file_id":"` + f.upload("letter.pdf") + `","apply_desc":"ours"}`
	signID := f.post(f.h.addSignature, body)["signature_id"].(string)
	const shown = `{"signature_id":"*","signature_name":"示例商城","signature_type":"NOTIFY_TYPE","app_id":"*","app_name":"mall","apply_desc":"ours",
		"channel_num":"8822053111111","file_id":"*","status":"REVIEW_PASSED","signature_source":1,"is_involved_third":"yes","power_attorney_file_id":"*",
		"urge_status":"NO","urge_time":null,"urge_desc":null,"review_desc":null,"source_title_content":"shop.example.com","create_time":"2026-01-02T03:04:05"}`
	equal(t, "signature", f.mustAt(f.h.showSignature, signID, ""), shown)
	if _, err := f.at(f.h.updateSignature, signID, "", body); !fault.Has(err, fault.Parameter) {
		t.Errorf("changing an approved signature: %v", err)
	}

	tplBody := `{"signature_id":"` + signID + `","template_content":"${2} for ${1}","template_name":"sale","template_desc":"d","template_type":"NOTIFY_TYPE：x",
		"universal_template":"0","variable_attributes":[{"variable_index":2,"variable_type":"NEWTEXT"},{"variable_index":1,"variable_type":"TEXT","variable_desc":"name"}]}`
	tplID := f.post(f.h.createSMSTemplate, tplBody)["template_id"].(string)
	equal(t, "template", f.mustAt(f.h.showSMSTemplate, tplID, ""), `{"template_id":"`+tplID+`","template_name":"sale","create_time":"2026-01-02 03:04:05",
		"template_type":"NOTIFY_TYPE","app_id":"*","app_name":"mall","signature_id":"*","template_content":"${2} for ${1}","template_desc":"d","has_variable":"Yes",
		"flow_status":"Adopted","status":"Normal","universal_template":null,"urge_status":"NO","urge_time":null,"urge_desc":null,"review_desc":null}`)
	equal(t, "variables", f.mustAt(f.h.showSMSVariables, tplID, ""), `{"results":[
		{"id":1,"variable_index":1,"variable_length":20,"variable_type":"TEXT","variable_desc":"name"},
		{"id":2,"variable_index":2,"variable_length":99,"variable_type":"NEWTEXT","variable_desc":null}],"total":2}`)
	if _, err := f.at(f.h.updateSMSTemplate, tplID, "", tplBody); !fault.Has(err, fault.OnlyRejectedTemplate) {
		t.Errorf("changing an adopted template: %v", err)
	}
	bare := f.post(f.h.createSMSTemplate, `{"signature_id":"`+signID+`","template_content":"hi","template_name":"bare","variable_attributes":null}`)
	equal(t, "no variables", f.mustAt(f.h.showSMSVariables, bare["template_id"].(string), ""), `{"results":[],"total":0}`)

	if out, err := f.at(f.h.deleteSMSTemplate, tplID, "", ""); out != nil || err != nil {
		t.Errorf("delete a template: %v %v, want an empty body", out, err)
	}
	if out, err := f.at(f.h.deleteSignature, signID, "", ""); out != nil || err != nil {
		t.Errorf("delete a signature: %v %v, want an empty body", out, err)
	}
	equal(t, "signatures left", f.get(f.h.listSignatures, ""), `{"result":[],"page_info":{"offset":0,"limit":10,"total":0}}`)
	equal(t, "templates left", f.get(f.h.listSMSTemplates, ""), `{"result":[],"page_info":{"offset":0,"limit":10,"total":0}}`)

	// After a rejection both may be changed.
	room := manualRoom(t, f)
	signID = f.post(room.addSignature, body)["signature_id"].(string)
	if err := room.room.ReviewSignature(ctx, sendTenant, signID, false, "who?"); err != nil {
		t.Fatal(err)
	}
	equal(t, "rejected", f.get(room.listSignatures, "status=REVIEW_NOT_PASS"), `{"result":[`+strings.NewReplacer(`"review_desc":null`, `"review_desc":"who?"`,
		"REVIEW_PASSED", "REVIEW_NOT_PASS", `"channel_num":"8822053111111"`, `"channel_num":null`).Replace(shown)+`],"page_info":{"offset":0,"limit":10,"total":1}}`)
	equal(t, "update", f.mustAt(room.updateSignature, signID, body), `{"signature_id":"`+signID+`","signature_name":"示例商城"}`)
	if err := room.room.ReviewSignature(ctx, sendTenant, signID, true, ""); err != nil {
		t.Fatal(err)
	}
	tplBody = strings.Replace(tplBody, `"signature_id":"`, `"signature_id":"`+signID+`","x":"`, 1)
	made, err := room.room.CreateSMSTemplate(ctx, sendTenant, dispatch.SMSTemplate{SignatureID: signID, Name: "n", Content: "x"})
	if err != nil {
		t.Fatal(err)
	}
	if err := room.room.ReviewSMSTemplate(ctx, sendTenant, made.ID, false, "no"); err != nil {
		t.Fatal(err)
	}
	equal(t, "update a template", f.mustAt(room.updateSMSTemplate, templateText(made.ID), tplBody), `{"template_id":"`+templateText(made.ID)+`","template_name":"sale"}`)
	equal(t, "waits again", f.get(room.listSMSTemplates, "flow_status=Reviewing%EF%BC%9Ax&limit=1")["page_info"].(map[string]any), `{"offset":0,"limit":1,"total":1}`)
}

// manualRoom is the face over the same store with manual review.
func manualRoom(t *testing.T, f sendFace) sendHandlers {
	t.Helper()
	room, err := dispatch.NewService(dispatch.ServiceOptions{Store: f.db, Links: sendLinks{}, Now: f.h.room.Now, ManualReview: true,
		Channels: []dispatch.Channel{{Name: "sim", Number: "8822053111111", Rate: 100}}})
	if err != nil {
		t.Fatal(err)
	}
	return sendHandlers{room}
}

func TestSMSRefusals(t *testing.T) {
	f := newSendFace(t)
	none := strings.Repeat("0", 36)
	for _, c := range []struct {
		what        string
		handle      handler
		param, body string
		code        fault.Code
		field       string
	}{
		{"unknown app", f.h.showApp, none, "", fault.Parameter, "app_id"},
		{"unknown app to update", f.h.updateApp, none, `{"app_name":"x"}`, fault.Parameter, "app_id"},
		{"app without body", f.h.updateApp, none, ``, fault.EmptyInput, ""},
		{"app name of a wrong type", f.h.createApp, "", `{"app_name":[]}`, fault.Parameter, "app_name"},
		{"unknown signature", f.h.showSignature, none, "", fault.Parameter, "signature_id"},
		{"unknown signature to delete", f.h.deleteSignature, none, "", fault.Parameter, "signature_id"},
		{"unknown signature to update", f.h.updateSignature, none, `{}`, fault.Parameter, "signature_id"},
		{"source of a wrong type", f.h.addSignature, "", `{"signature_source":"one"}`, fault.Parameter, "signature_source"},
		{"unknown template", f.h.showSMSTemplate, "99999999", "", fault.UnknownSMSTemplate, "template_id"},
		{"unknown template's variables", f.h.showSMSVariables, "99999999", "", fault.UnknownSMSTemplate, "template_id"},
		{"unknown template to delete", f.h.deleteSMSTemplate, "99999999", "", fault.UnknownSMSTemplate, "template_id"},
		{"unknown template to update", f.h.updateSMSTemplate, "99999999", `{}`, fault.UnknownSMSTemplate, "template_id"},
		{"template id with a sign", f.h.showSMSTemplate, "-1", "", fault.SMSTemplateIDNumber, "template_id"},
		{"template id of letters", f.h.deleteSMSTemplate, "abc", "", fault.SMSTemplateIDNumber, "template_id"},
		{"template id out of range", f.h.updateSMSTemplate, "9999999999999999999", `{}`, fault.UnknownSMSTemplate, "template_id"},
		{"no signature", f.h.createSMSTemplate, "", `{"template_name":"x"}`, fault.EmptySignatureID, "signature_id"},
		{"universal", f.h.createSMSTemplate, "", `{"universal_template":1}`, fault.Parameter, "universal_template"},
		{"universal or not", f.h.createSMSTemplate, "", `{"universal_template":2}`, fault.Parameter, "universal_template"},
		{"variable of a wrong type", f.h.createSMSTemplate, "", `{"variable_attributes":[{"variable_index":"two"}]}`, fault.Parameter, "variable_attributes[0].variable_index"},
		{"variables of a wrong type", f.h.createSMSTemplate, "", `{"variable_attributes":{}}`, fault.Parameter, "variable_attributes"},
	} {
		_, err := f.at(c.handle, c.param, "", c.body)
		if e := fault.Of(err); e == nil || e.Code != c.code || e.Field != c.field {
			t.Errorf("%s: %v, want %s of %q", c.what, err, c.code, c.field)
		}
	}
	for _, c := range []struct {
		handle       handler
		query, field string
	}{
		{f.h.listApps, "status=GONE", "status"},
		{f.h.listApps, "app_name=" + strings.Repeat("a", 31), "app_name"},
		{f.h.listApps, "app_name=%ff", "app_name"},
		{f.h.listApps, "begin_time=soon", "begin_time"},
		{f.h.listSignatures, "offset=first", "offset"},
		{f.h.listSignatures, "status=passed", "status"},
		{f.h.listSignatures, "signature_type=X", "signature_type"},
		{f.h.listSignatures, "signature_id=%00", "signature_id"},
		{f.h.listSMSTemplates, "flow_status=adopted", "flow_status"},
		{f.h.listSMSTemplates, "template_type=X", "template_type"},
		{f.h.listSMSTemplates, "end_time=x", "end_time"},
		{f.h.showFile, "", "file_id"},
		{f.h.showFile, "file_id=x", "file_id"},
	} {
		_, err := f.at(c.handle, "", c.query, "")
		if e := fault.Of(err); e == nil || e.Code != fault.Parameter || e.Field != c.field {
			t.Errorf("%s: %v, want a fault of %s", c.query, err, c.field)
		}
	}
}

// "files" is not a signature's id.
func TestSignatureFilesPathWins(t *testing.T) {
	for path, want := range map[string]string{
		"/v1/sms/signatures/files": "ShowAimMsgSignatureFileInfo", "/v1/sms/signatures/file": "ListAimMsgSignatureDetail",
		"/v1/sms/templates/1/variable": "ShowAimMsgTemplateVariable", "/v1/sms/templates/1": "ShowAimMsgTemplateDetail",
	} {
		rt, _, ok := match(routes(Rooms{}), "GET", path)
		if !ok || rt.op != want {
			t.Errorf("%s: %+v, want %s", path, rt, want)
		}
	}
}

func templateText(id int64) string {
	b, _ := json.Marshal(id)
	return string(b)
}

// The wire types of the answers, field by field, are the SDK's: a string where it reads a string, an integer where it reads one.
func TestSMSWireTypes(t *testing.T) {
	kinds := func(v any) map[string]reflect.Kind {
		out := map[string]reflect.Kind{}
		rt := reflect.TypeOf(v)
		for field := range rt.Fields() {
			ft := field.Type
			if ft.Kind() == reflect.Pointer {
				ft = ft.Elem()
			}
			k := ft.Kind()
			if k == reflect.Int32 || k == reflect.Int64 {
				k = reflect.Int
			}
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if k == reflect.Struct { // the SDK's enums are structs around a string
				k = reflect.String
			}
			if name != "-" {
				out[name] = k
			}
		}
		return out
	}
	for name, pair := range smsWirePairs() {
		ours, theirs := kinds(pair[0]), kinds(pair[1])
		for field, kind := range theirs {
			if ours[field] != kind {
				t.Errorf("%s.%s is %v here and %v in the SDK", name, field, ours[field], kind)
			}
		}
		for field := range ours {
			if _, known := theirs[field]; !known {
				t.Errorf("%s.%s is unknown to the SDK", name, field)
			}
		}
	}
}
