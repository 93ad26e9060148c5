package conformance

import (
	"strings"
	"testing"

	koomessage "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/koomessage/v1"
)

// smsOperations are api.md §12–§15.
func smsOperations() []operation {
	noArgs := func(testing.TB, *world) J { return J{} }
	tooMany := make(L, 501)
	for i := range tooMany {
		tooMany[i] = "13100000001"
	}
	return []operation{
		{
			name: "CreateSmsApp", def: koomessage.GenReqDefForCreateSmsApp(),
			args: func(_ testing.TB, w *world) J {
				return J{"body": J{"app_name": w.unique("app"), "up_link_addr": "http://127.0.0.1:9/replies"}}
			},
			check: func(t testing.TB, _ *world, args, got J) {
				if text(t, got, "app_id"); got["app_name"] != dig(args, "body.app_name") {
					t.Errorf("got %v", got)
				}
			},
			lacks:   []lack{{"body.app_name", "KM.00001124"}},
			beyond:  []beyond{{"body.app_name", strings.Repeat("a", 31), anyParameter}, {"body.app_name", "a b", anyParameter}, {"body.up_link_addr", "ftp://x.example", anyParameter}},
			noneIDs: "it names no object",
		},
		{
			name: "ListAimMsgApp", def: koomessage.GenReqDefForListAimMsgApp(), args: noArgs, check: rowsOf("result"),
			noneLacks: "every filter is optional", beyond: []beyond{{"limit", 0, anyParameter}, {"offset", -1, anyParameter}}, noneIDs: "it filters by name only",
		},
		{
			name: "ListAimMsgAppDetail", def: koomessage.GenReqDefForListAimMsgAppDetail(),
			args: func(_ testing.TB, w *world) J { return J{"app_id": w.own.ids["app_id"]} },
			check: func(t testing.TB, w *world, _, got J) {
				if got["app_id"] != w.own.ids["app_id"] || got["status"] != "LAUNCHED" || got["region"] != "cn" {
					t.Errorf("got %v", got)
				}
			},
			noneLacks: "its parameter is the path", beyond: []beyond{{"app_id", strings.Repeat("x", 65), anyParameter}},
			ids: []slot{{"app_id", "app_id", anyParameter, ""}},
		},
		{
			name: "UpdateAimMsgApp", def: koomessage.GenReqDefForUpdateAimMsgApp(),
			args: func(t testing.TB, w *world) J {
				app := w.must(t, w.own.account, "CreateSmsApp", J{"body": J{"app_name": w.unique("app")}})
				return J{"app_id": text(t, app, "app_id"), "body": J{"app_name": w.unique("renamed"), "up_link_addr": "https://shop.example.com/replies"}}
			},
			check: func(t testing.TB, w *world, args, _ J) {
				r := w.must(t, w.own.account, "ListAimMsgAppDetail", J{"app_id": args["app_id"]})
				if r["app_name"] != dig(args, "body.app_name") || r["up_link_addr"] != dig(args, "body.up_link_addr") {
					t.Errorf("got %v", r)
				}
			},
			lacks:  []lack{{"body.app_name", "KM.00001124"}},
			beyond: []beyond{{"body.app_name", strings.Repeat("a", 31), anyParameter}},
			ids:    []slot{{"app_id", "app_id", anyParameter, ""}},
		},
		{
			name: "SendAimBatchDifferentMessages", def: koomessage.GenReqDefForSendAimBatchDifferentMessages(),
			args: func(_ testing.TB, w *world) J {
				return J{"body": J{"channel_num": w.own.ids["channel_num"], "task_name": "two texts", "extend": "order 7",
					"sms_content": L{J{"to": L{"13100000021", "13100000022"}, "template_id": w.own.ids["template_id"], "template_params": L{"s.example.com/abc"}}}}}
			},
			check: sent(2),
			lacks: []lack{{"body.sms_content", anyParameter}, {"body.sms_content[0].to", "KM.00001492"}, {"body.sms_content[0].template_id", "KM.00001129"}},
			beyond: []beyond{{"body.sms_content[0].to", tooMany, anyParameter}, {"body.extend", strings.Repeat("x", 129), anyParameter}, {"body.extend", "{x}", anyParameter},
				{"body.task_name", strings.Repeat("x", 31), anyParameter}, {"body.channel_num", strings.Repeat("1", 22), "KM.00001098"}},
			ids: []slot{{"body.sms_content[0].template_id", "template_id", "KM.00001135", "KM.00001138"}},
		},
		{
			name: "SendAimBatchMessages", def: koomessage.GenReqDefForSendAimBatchMessages(),
			args: func(_ testing.TB, w *world) J {
				return J{"body": J{"template_id": w.own.ids["template_id"], "task_name": "one text", "to": L{"13100000031", "+8613100000032"}, "template_params": L{"s.example.com/abc"}}}
			},
			check: sent(2),
			lacks: []lack{{"body.template_id", "KM.00001129"}, {"body.to", "KM.00001492"}, {"body.template_params", "KM.00001376"}},
			beyond: []beyond{{"body.to", tooMany, anyParameter}, {"body.task_name", strings.Repeat("x", 31), anyParameter}, {"body.template_params", L{"a", "b"}, "KM.00001376"},
				{"body.template_id", "abc", "KM.00001134"}, {"body.channel_num", strings.Repeat("1", 22), "KM.00001098"}},
			ids: []slot{{"body.template_id", "template_id", "KM.00001135", "KM.00001138"}},
		},
		{
			name: "AddAimMsgSignature", def: koomessage.GenReqDefForAddAimMsgSignature(),
			args: func(_ testing.TB, w *world) J { return J{"body": signature(&w.own, w.unique("签名"))} },
			check: func(t testing.TB, _ *world, args, got J) {
				if text(t, got, "signature_id"); got["signature_name"] != dig(args, "body.signature_name") {
					t.Errorf("got %v", got)
				}
			},
			lacks: []lack{{"body.signature_name", "KM.00001485"}, {"body.signature_type", anyParameter}, {"body.app_id", anyParameter}, {"body.file_id", anyParameter},
				{"body.signature_source", anyParameter}, {"body.is_involved_third", anyParameter}},
			beyond: []beyond{{"body.signature_name", "长", "KM.00001485"}, {"body.signature_name", strings.Repeat("长", 17), "KM.00001485"}, {"body.signature_name", "【名】字", anyParameter},
				{"body.signature_source", 6, anyParameter}, {"body.is_involved_third", "perhaps", anyParameter}, {"body.apply_desc", strings.Repeat("长", 81), anyParameter}},
			ids: []slot{{"body.app_id", "app_id", anyParameter, ""}, {"body.file_id", "file_id", anyParameter, ""}},
		},
		{
			name: "DeleteAimMsgSignature", def: koomessage.GenReqDefForDeleteAimMsgSignature(),
			args: func(t testing.TB, w *world) J { return J{"signature_id": w.newSignature(t, "删")} },
			check: func(t testing.TB, w *world, args, _ J) {
				r := w.raw(t, w.own.account, "ListAimMsgSignatureDetail", J{"signature_id": args["signature_id"]})
				if r.Status != 400 {
					t.Errorf("still there: %s", r.Body)
				}
			},
			noneLacks: "its parameter is the path", beyond: []beyond{{"signature_id", strings.Repeat("x", 65), anyParameter}},
			ids: []slot{{"signature_id", "signature_id", anyParameter, ""}},
		},
		{
			name: "ListAimMsgSignature", def: koomessage.GenReqDefForListAimMsgSignature(), args: noArgs, check: rowsOf("result"),
			noneLacks: "every filter is optional", beyond: []beyond{{"offset", "x", anyParameter}, {"limit", 0, anyParameter}},
			ids: []slot{{"signature_id", "signature_id", "", ""}},
		},
		{
			name: "ListAimMsgSignatureDetail", def: koomessage.GenReqDefForListAimMsgSignatureDetail(),
			args: func(_ testing.TB, w *world) J { return J{"signature_id": w.own.ids["signature_id"]} },
			check: func(t testing.TB, w *world, _, got J) {
				if got["signature_name"] != w.own.name || got["status"] != "REVIEW_PASSED" || got["app_name"] != "shop" {
					t.Errorf("got %v", got)
				}
			},
			noneLacks: "its parameter is the path", beyond: []beyond{{"signature_id", strings.Repeat("x", 65), anyParameter}},
			ids: []slot{{"signature_id", "signature_id", anyParameter, ""}},
		},
		{
			name: "ShowAimMsgSignatureFileInfo", def: koomessage.GenReqDefForShowAimMsgSignatureFileInfo(),
			args: func(_ testing.TB, w *world) J { return J{"file_id": w.own.ids["file_id"]} },
			check: func(t testing.TB, w *world, _, got J) {
				if got["file_id"] != w.own.ids["file_id"] || !strings.HasSuffix(text(t, got, "file_name"), "licence.jpg") {
					t.Errorf("got %v", got)
				}
			},
			lacks: []lack{{"file_id", anyParameter}}, beyond: []beyond{{"file_id", strings.Repeat("x", 65), anyParameter}},
			ids: []slot{{"file_id", "file_id", anyParameter, ""}},
		},
		{
			name: "UpdateAimMsgSignature", def: koomessage.GenReqDefForUpdateAimMsgSignature(),
			args: func(t testing.TB, w *world) J {
				id := w.newSignature(t, "改")
				w.review(t, "signature", id, false)
				return J{"signature_id": id, "body": signature(&w.own, w.unique("改名"))}
			},
			check: func(t testing.TB, w *world, args, _ J) {
				r := w.must(t, w.own.account, "ListAimMsgSignatureDetail", J{"signature_id": args["signature_id"]})
				if r["signature_name"] != dig(args, "body.signature_name") || r["status"] != "REVIEW_PASSED" {
					t.Errorf("got %v", r)
				}
			},
			lacks:  []lack{{"body.signature_name", "KM.00001485"}, {"body.file_id", anyParameter}},
			beyond: []beyond{{"body.signature_name", strings.Repeat("长", 17), "KM.00001485"}, {"body.signature_source", 6, anyParameter}},
			ids:    []slot{{"signature_id", "signature_id", anyParameter, ""}, {"body.app_id", "app_id", anyParameter, ""}, {"body.file_id", "file_id", anyParameter, ""}},
		},
		{
			name: "UploadAimMsgSignatureFile", def: koomessage.GenReqDefForUploadAimMsgSignatureFile(),
			args:    func(t testing.TB, w *world) J { return J{"body": J{"file": w.file(t, "licence.png", pngOf(30, 40))}} },
			check:   func(t testing.TB, _ *world, _, got J) { text(t, got, "file_id") },
			lacks:   []lack{{"body.file", anyParameter}},
			beyond:  []beyond{{"body.file", fileOf("large.jpg", make([]byte, 2<<20+1)), "KM.80020020"}, {"body.file", fileOf("letter.exe", []byte("MZ")), "KM.80020021"}},
			noneIDs: "it names no object",
		},
		{
			name: "CreateAimMsgTemplate", def: koomessage.GenReqDefForCreateAimMsgTemplate(),
			args: func(_ testing.TB, w *world) J { return J{"body": smsText(&w.own, w.unique("text"))} },
			check: func(t testing.TB, _ *world, _, got J) {
				if id := text(t, got, "template_id"); len(id) != 8 {
					t.Errorf("template_id %s", id)
				}
			},
			lacks: []lack{{"body.signature_id", "KM.00001189"}, {"body.template_content", anyParameter}, {"body.template_name", anyParameter}, {"body.variable_attributes", anyParameter},
				{"body.variable_attributes[0].variable_type", anyParameter}},
			beyond: []beyond{{"body.template_content", strings.Repeat("长", 501), anyParameter}, {"body.template_content", "看 ${1}${2} 吧", "KM.00001378"}, {"body.template_name", strings.Repeat("长", 31), anyParameter},
				{"body.variable_attributes[0].variable_type", "EMOJI", anyParameter}, {"body.template_type", "SPAM", anyParameter}},
			ids: []slot{{"body.signature_id", "signature_id", anyParameter, ""}, {"body.app_id", "app_id", anyParameter, ""}},
		},
		{
			name: "DeleteAimMsgTemplate", def: koomessage.GenReqDefForDeleteAimMsgTemplate(),
			args: func(t testing.TB, w *world) J { return J{"template_id": w.newSMSText(t)} },
			check: func(t testing.TB, w *world, args, _ J) {
				if r := w.raw(t, w.own.account, "ShowAimMsgTemplateDetail", J{"template_id": args["template_id"]}); r.Status != 400 {
					t.Errorf("still there: %s", r.Body)
				}
			},
			noneLacks: "its parameter is the path", beyond: []beyond{{"template_id", "abc", "KM.00001134"}},
			ids: []slot{{"template_id", "template_id", "KM.00001135", ""}},
		},
		{
			name: "ListAimMsgTemplate", def: koomessage.GenReqDefForListAimMsgTemplate(),
			args: func(testing.TB, *world) J { return J{"flow_status": "Adopted：通过"} }, check: rowsOf("result"),
			noneLacks: "every filter is optional", beyond: []beyond{{"limit", 0, anyParameter}, {"offset", -1, anyParameter}},
			ids: []slot{{"template_id", "template_id", "", ""}},
		},
		{
			name: "ShowAimMsgTemplateDetail", def: koomessage.GenReqDefForShowAimMsgTemplateDetail(),
			args: func(_ testing.TB, w *world) J { return J{"template_id": w.own.ids["template_id"]} },
			check: func(t testing.TB, w *world, _, got J) {
				if got["template_id"] != w.own.ids["template_id"] || got["has_variable"] != "Yes" || got["flow_status"] != "Adopted" || got["signature_id"] != w.own.ids["signature_id"] {
					t.Errorf("got %v", got)
				}
			},
			noneLacks: "its parameter is the path", beyond: []beyond{{"template_id", "abc", "KM.00001134"}},
			ids: []slot{{"template_id", "template_id", "KM.00001135", ""}},
		},
		{
			name: "ShowAimMsgTemplateVariable", def: koomessage.GenReqDefForShowAimMsgTemplateVariable(),
			args: func(_ testing.TB, w *world) J { return J{"template_id": w.own.ids["template_id"]} },
			check: func(t testing.TB, _ *world, _, got J) {
				if got["total"] != 1.0 || dig(got, "results[0].variable_type") != "NEWTEXT" || dig(got, "results[0].variable_length") != 99.0 {
					t.Errorf("got %v", got)
				}
			},
			noneLacks: "its parameter is the path", beyond: []beyond{{"template_id", "abc", "KM.00001134"}},
			ids: []slot{{"template_id", "template_id", "KM.00001135", ""}},
		},
		{
			name: "UpdateAimMsgTemplate", def: koomessage.GenReqDefForUpdateAimMsgTemplate(),
			args: func(t testing.TB, w *world) J {
				id := w.newSMSText(t)
				w.review(t, "sms_template", id, false)
				return J{"template_id": id, "body": smsText(&w.own, w.unique("changed"))}
			},
			check: func(t testing.TB, w *world, args, _ J) {
				r := w.must(t, w.own.account, "ShowAimMsgTemplateDetail", J{"template_id": args["template_id"]})
				if r["template_name"] != dig(args, "body.template_name") || r["flow_status"] != "Adopted" {
					t.Errorf("got %v", r)
				}
			},
			lacks:  []lack{{"body.signature_id", "KM.00001189"}, {"body.template_name", anyParameter}},
			beyond: []beyond{{"body.template_content", strings.Repeat("长", 501), anyParameter}},
			ids:    []slot{{"template_id", "template_id", "KM.00001135", ""}, {"body.signature_id", "signature_id", anyParameter, ""}},
		},
	}
}

func (w *world) newSignature(t testing.TB, prefix string) string {
	t.Helper()
	return text(t, w.must(t, w.own.account, "AddAimMsgSignature", J{"body": signature(&w.own, w.unique(prefix+"名"))}), "signature_id")
}

func (w *world) newSMSText(t testing.TB) string {
	t.Helper()
	return text(t, w.must(t, w.own.account, "CreateAimMsgTemplate", J{"body": smsText(&w.own, w.unique("text"))}), "template_id")
}

// sent checks the answer of a plain send to n numbers.
func sent(n int) func(testing.TB, *world, J, J) {
	return func(t testing.TB, _ *world, _, got J) {
		rows, _ := got["result"].(L)
		if text(t, got, "task_id"); got["status"] != "Success" || len(rows) != n {
			t.Fatalf("got %v", got)
		}
		for _, r := range rows {
			if dig(r, "send_status") != "000000" || !strings.HasPrefix(text(t, r, "to"), "+86") || len(text(t, r, "msg_id")) > 50 || len(text(t, r, "create_time")) != 20 {
				t.Errorf("got %v", r)
			}
		}
	}
}
