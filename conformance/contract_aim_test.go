package conformance

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	koomessage "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/koomessage/v1"
)

// aimOperations are api.md §5–§11.
func aimOperations() []operation {
	long := func(n int) string { return strings.Repeat("长", n) }
	list := func(n int, of any) L {
		out := make(L, n)
		for i := range out {
			out[i] = of
		}
		return out
	}
	noArgs := func(testing.TB, *world) J { return J{} }
	paged := func(t testing.TB, w *world) J { return J{"offset": 0, "limit": 10} }
	return []operation{
		{
			name: "AddCallBack", def: koomessage.GenReqDefForAddCallBack(),
			args: func(testing.TB, *world) J {
				return J{"body": J{"callback_url": "http://127.0.0.1:9/receipts", "url_type": 1}}
			},
			check: func(t testing.TB, _ *world, args, got J) {
				if dig(got, "data.callback_url") != dig(args, "body.callback_url") || text(t, got, "status") != "200" {
					t.Errorf("got %v", got)
				}
			},
			lacks:   []lack{{"body.callback_url", anyParameter}},
			beyond:  []beyond{{"body.url_type", 3, anyParameter}, {"body.callback_url", "ftp://example.com", anyParameter}, {"body.callback_url", "http://example.com/" + strings.Repeat("x", 1000), anyParameter}},
			noneIDs: "an address belongs to the caller's tenant by its type",
		},
		{
			name: "ListAimCallbacks", def: koomessage.GenReqDefForListAimCallbacks(), args: noArgs,
			check: func(t testing.TB, _ *world, _, got J) {
				if _, isList := got["data"].(L); !isList {
					t.Errorf("got %v", got)
				}
			},
			noneLacks: "it has no parameters", noneBeyond: "it has no parameters", noneIDs: "it has no parameters",
		},
		{
			name: "CheckMobileCapability", def: koomessage.GenReqDefForCheckMobileCapability(),
			args: func(_ testing.TB, w *world) J {
				return J{"body": J{"mobiles": L{"13100000000", "8613100000001"}, "tpl_id": w.own.ids["tpl_id"], "encryption_alg": "NONE"}}
			},
			check: func(t testing.TB, w *world, _, got J) {
				a, _ := got["supported_mobiles"].(L)
				b, _ := got["unsupported_mobiles"].(L)
				if len(a)+len(b) != 2 || got["tpl_id"] != w.own.ids["tpl_id"] {
					t.Errorf("got %v", got)
				}
			},
			lacks:  []lack{{"body.mobiles", "KM.00001083"}},
			beyond: []beyond{{"body.mobiles", list(101, "13100000000"), anyParameter}, {"body.encryption_alg", "MD5", anyParameter}, {"body.mobiles", L{strings.Repeat("1", 41)}, anyParameter}},
			ids:    []slot{{"body.tpl_id", "tpl_id", "KM.00001082", ""}},
		},
		{
			name: "CreateResolveTask", def: koomessage.GenReqDefForCreateResolveTask(),
			args: func(_ testing.TB, w *world) J { return J{"body": groupLink(w.own.ids["tpl_id"], w.own.name)} },
			check: func(t testing.TB, w *world, _, got J) {
				if dig(got, "params[0].result_code") != "0" || dig(got, "params[0].cust_id") != w.own.Tenant || !strings.HasSuffix(text(t, got, "params[0].aim_url"), "/"+text(t, got, "params[0].aim_code")) {
					t.Errorf("got %v", got)
				}
			},
			lacks: []lack{{"body.tpl_id", "KM.00001081"}, {"body.sms_signs", "KM.00001075"}, {"body.aim_code_type", anyParameter}, {"body.expiration_time", anyParameter},
				{"body.params", "KM.90016415"}, {"body.params[0].cust_flag", anyParameter}},
			beyond: []beyond{{"body.resolving_times", 10_000_001, anyParameter}, {"body.resolving_times", 1, anyParameter}, {"body.expiration_time", 181, anyParameter},
				{"body.params[0].cust_flag", long(65), "KM.90016422"}, {"body.sms_signs", list(6, "示例"), anyParameter}, {"body.params[0].custom_url", "https://a.example/" + strings.Repeat("x", 256), "KM.90016423"},
				{"body.params", list(101, J{"cust_flag": "x"}), "KM.90016416"}},
			ids: []slot{{"body.tpl_id", "tpl_id", "KM.00001082", ""}},
		},
		{
			name: "ListAimResolveDetails", def: koomessage.GenReqDefForListAimResolveDetails(), args: paged,
			check:  rowsOf("resolve_details"),
			lacks:  []lack{{"limit", anyParameter}, {"offset", anyParameter}},
			beyond: []beyond{{"limit", 101, anyParameter}, {"limit", 0, anyParameter}, {"offset", -1, anyParameter}, {"offset", "x", anyParameter}},
			ids:    []slot{{"task_id", "task_id", "", ""}, {"tpl_id", "tpl_id", "", ""}, {"aim_url", "aim_url", "", ""}},
		},
		{
			name: "ListResolveTasks", def: koomessage.GenReqDefForListResolveTasks(), args: noArgs, check: rowsOf("resolve_tasks"),
			noneLacks: "every filter is optional",
			beyond:    []beyond{{"limit", 101, anyParameter}, {"offset", 1_000_001, anyParameter}},
			ids:       []slot{{"task_id", "task_id", "", ""}, {"tpl_id", "tpl_id", "", ""}, {"aim_url", "aim_url", "", ""}},
		},
		{
			name: "CreateAimSendTask", def: koomessage.GenReqDefForCreateAimSendTask(),
			args: func(_ testing.TB, w *world) J { return J{"body": sendBody(&w.own, w.own.ids["tpl_id"])} },
			check: func(t testing.TB, _ *world, _, got J) {
				if got["task_state"] != "Success" || got["submission_count"] != 1.0 || got["support_resolve_count"] != -1.0 {
					t.Errorf("got %v", got)
				}
			},
			lacks: []lack{{"body.task_name", anyParameter}, {"body.sms_channel", "KM.00001126"}, {"body.sms_channel.sms_sign", "KM.00001127"}, {"body.sms_channel.sms_tpl_id", "KM.00001129"},
				{"body.sms_channel.sms_app_name", "KM.00001124"}, {"body.sms_channel.channel_number", "KM.00001098"}, {"body.resolve_task", anyParameter}, {"body.resolve_task.params", "KM.90016415"}},
			beyond: []beyond{{"body.resolve_task.expiration_time", 8, anyParameter}, {"body.resolve_task.aim_code_type", "group", anyParameter}, {"body.sms_channel.sms_sign", long(19), "KM.00001076"},
				{"body.sms_channel.sms_tpl_id", "abc", "KM.00001134"}, {"body.sms_channel.channel_number", strings.Repeat("1", 22), "KM.00001098"},
				{"body.resolve_task.params[0].cust_flag", "not a number", anyParameter}, {"body.resolve_task.params[0].sms_params", L{"x"}, "KM.00001376"}},
			ids: []slot{{"body.resolve_task.tpl_id", "tpl_id", "KM.00001080", ""}, {"body.sms_channel.sms_tpl_id", "template_id", "KM.00001135", "KM.00001138"}},
		},
		{
			name: "ListAimSendDetails", def: koomessage.GenReqDefForListAimSendDetails(), args: paged, check: rowsOf("send_details"),
			lacks:  []lack{{"limit", anyParameter}, {"offset", anyParameter}},
			beyond: []beyond{{"limit", 101, anyParameter}, {"sms_sign", long(19), anyParameter}, {"cust_flag", long(65), anyParameter}},
			ids:    []slot{{"task_id", "send_task_id", "", ""}, {"tpl_id", "tpl_id", "", ""}},
		},
		{
			name: "ListAimSendReports", def: koomessage.GenReqDefForListAimSendReports(),
			args: func(testing.TB, *world) J {
				return J{"body": J{"report_type": "1", "begin_time": dayAgo(), "end_time": hourAhead()}}
			},
			check: func(t testing.TB, w *world, args, got J) {
				eventually(t, patience, "the report has the task", func() error {
					r := w.must(t, w.own.account, "ListAimSendReports", args)
					if n, _ := dig(r, "data.data_list[0].submission_count").(float64); n < 1 {
						return fmt.Errorf("%v", r)
					}
					return nil
				})
			},
			noneLacks: "every filter is optional",
			beyond:    []beyond{{"body.report_type", "3", anyParameter}, {"body.limit", 101, anyParameter}},
			ids:       []slot{{"body.tpl_id", "tpl_id", "", ""}},
		},
		{
			name: "ListAimSendTasks", def: koomessage.GenReqDefForListAimSendTasks(), args: noArgs, check: rowsOf("aim_send_tasks"),
			noneLacks: "every filter is optional",
			beyond:    []beyond{{"limit", 101, anyParameter}, {"task_status", "Perhaps", anyParameter}, {"task_name", long(21), anyParameter}},
			ids:       []slot{{"task_id", "send_task_id", "", ""}, {"tpl_id", "tpl_id", "", ""}},
		},
		{
			name: "CreateAimPersonalTemplate", def: koomessage.GenReqDefForCreateAimPersonalTemplate(),
			args: func(_ testing.TB, w *world) J { return J{"body": cardBody(&w.own, "", nil)} },
			check: func(t testing.TB, _ *world, _, got J) {
				if id := text(t, got, "data.tpl_id"); len(id) != 9 || id[0] != '6' {
					t.Errorf("tpl_id %s", id)
				}
			},
			lacks: []lack{{"body.card_id", anyParameter}, {"body.tpl_name", anyParameter}, {"body.use_id", anyParameter}, {"body.pages", anyParameter}, {"body.pages[0].page_order", anyParameter},
				{"body.pages[0].contents[0].type", anyParameter}, {"body.pages[0].contents[0].position_number", anyParameter}},
			beyond: []beyond{{"body.tpl_name", long(18), anyParameter}, {"body.card_id", "HoloDeck", anyParameter}, {"body.use_id", 3, anyParameter}, {"body.pages", list(11, J{}), anyParameter},
				{"body.scene", long(11), anyParameter}, {"body.tpl_name", "a<b", anyParameter}},
			ids: []slot{{"body.pages[0].contents[0].src", "aim_resource_id", anyParameter, ""}},
		},
		{
			name: "DeleteAimPersonalTemplate", def: koomessage.GenReqDefForDeleteAimPersonalTemplate(),
			args: func(t testing.TB, w *world) J { return J{"tpl_id": w.newCard(t, &w.own, "", nil)} },
			check: func(t testing.TB, w *world, args, got J) {
				r := w.must(t, w.own.account, "ListAimTemplates", J{"tpl_id": args["tpl_id"]})
				if dig(r, "page_info.total") != 0.0 || got["data"] != nil {
					t.Errorf("still there: %v", r)
				}
			},
			noneLacks: "its parameter is the path",
			beyond:    []beyond{{"tpl_id", strings.Repeat("6", 37), "KM.80040006"}},
			ids:       []slot{{"tpl_id", "tpl_id", "KM.80040006", ""}},
		},
		{
			name: "DeleteTemplateMaterial", def: koomessage.GenReqDefForDeleteTemplateMaterial(),
			args: func(t testing.TB, w *world) J {
				up := w.must(t, w.own.account, "UploadAimTemplateMaterial", J{"body": imageUpload(t, "gone.jpg")})
				return J{"body": J{"material_ids": L{text(t, up, "data.material_id")}}}
			},
			lacks:  []lack{{"body.material_ids", anyParameter}},
			beyond: []beyond{{"body.material_ids", list(21, "x"), anyParameter}},
			ids:    []slot{{"body.material_ids[0]", "material_id", anyParameter, ""}},
		},
		{
			name: "ListAimTemplateMaterials", def: koomessage.GenReqDefForListAimTemplateMaterials(),
			args: func(testing.TB, *world) J { return J{"resource_type": "image", "offset": 1, "limit": 10} },
			check: func(t testing.TB, _ *world, _, got J) {
				if dig(got, "data.page_info.offset") != 1.0 || dig(got, "data.results[0].resource_type") != "image" {
					t.Errorf("got %v", got)
				}
			},
			lacks:  []lack{{"resource_type", anyParameter}, {"offset", anyParameter}, {"limit", anyParameter}},
			beyond: []beyond{{"limit", 1001, anyParameter}, {"offset", 0, anyParameter}, {"resource_type", "sound", anyParameter}},
			ids:    []slot{{"material_id", "material_id", "", ""}, {"aim_resource_id", "aim_resource_id", "", ""}},
		},
		{
			name: "ListAimTemplateReports", def: koomessage.GenReqDefForListAimTemplateReports(),
			args: func(_ testing.TB, w *world) J {
				return J{"body": J{"tpl_ids": L{w.own.ids["tpl_id"]}, "begin_time": dayAgo(), "end_time": hourAhead()}}
			},
			check: func(t testing.TB, w *world, _, got J) {
				if _, isList := got["template_reports"].(L); !isList {
					t.Errorf("got %v", got)
				}
			},
			lacks:  []lack{{"body.tpl_ids", anyParameter}, {"body.begin_time", anyParameter}, {"body.end_time", anyParameter}},
			beyond: []beyond{{"body.tpl_ids", list(101, "600000001"), anyParameter}, {"body.limit", 101, anyParameter}, {"body.factory_type", L{"nokia"}, anyParameter}},
			ids:    []slot{{"body.tpl_ids[0]", "tpl_id", "", ""}},
		},
		{
			name: "ListAimTemplates", def: koomessage.GenReqDefForListAimTemplates(),
			args: func(_ testing.TB, w *world) J { return J{"tpl_id": w.own.ids["tpl_id"]} },
			check: func(t testing.TB, _ *world, args, got J) {
				if dig(got, "templates[0].tpl_id") != args["tpl_id"] || dig(got, "templates[0].audit_state") != 2.0 {
					t.Errorf("got %v", got)
				}
				var pages []J // a JSON text, not an array (api.md §20.4)
				if err := json.Unmarshal([]byte(text(t, got, "templates[0].pages")), &pages); err != nil || len(pages) == 0 || pages[0]["content"] == nil {
					t.Errorf("pages: %v", err)
				}
			},
			noneLacks: "every filter is optional",
			beyond:    []beyond{{"limit", 101, anyParameter}, {"tpl_type", "secret", anyParameter}, {"factory_type", L{"NOKIA"}, anyParameter}},
			ids:       []slot{{"tpl_id", "tpl_id", "", ""}},
		},
		{
			name: "SetPrimaryVideoThumbnail", def: koomessage.GenReqDefForSetPrimaryVideoThumbnail(),
			args: func(_ testing.TB, w *world) J {
				return J{"body": J{"aim_resource_id": w.own.ids["video_resource_id"], "thumbnail_id": w.own.ids["thumbnail_id"]}}
			},
			check: func(t testing.TB, w *world, args, _ J) {
				r := w.must(t, w.own.account, "ShowTemplateVideoThumbnail", J{"aim_resource_id": dig(args, "body.aim_resource_id")})
				primary := 0
				for _, c := range r["data"].(L) {
					if dig(c, "is_primary") == 1.0 {
						primary++
						if dig(c, "id") != dig(args, "body.thumbnail_id") {
							t.Errorf("another cover is primary: %v", c)
						}
					}
				}
				if primary != 1 {
					t.Errorf("%d primary covers", primary)
				}
			},
			lacks:  []lack{{"body.aim_resource_id", anyParameter}, {"body.thumbnail_id", anyParameter}},
			beyond: []beyond{{"body.thumbnail_id", strings.Repeat("x", 37), anyParameter}},
			ids:    []slot{{"body.aim_resource_id", "video_resource_id", anyParameter, ""}, {"body.thumbnail_id", "thumbnail_id", anyParameter, ""}},
		},
		{
			name: "ShowTemplateVideoThumbnail", def: koomessage.GenReqDefForShowTemplateVideoThumbnail(),
			args: func(_ testing.TB, w *world) J { return J{"aim_resource_id": w.own.ids["video_resource_id"]} },
			check: func(t testing.TB, _ *world, _, got J) {
				kinds := map[any]int{}
				for _, c := range got["data"].(L) {
					kinds[dig(c, "is_auto_gen")]++
				}
				if kinds[0.0] != 1 || kinds[1.0] != 1 { // 0 = made by the system, 1 = uploaded
					t.Errorf("got %v", got)
				}
			},
			lacks:  []lack{{"aim_resource_id", anyParameter}},
			beyond: []beyond{{"aim_resource_id", strings.Repeat("x", 37), anyParameter}},
			ids:    []slot{{"aim_resource_id", "video_resource_id", anyParameter, ""}},
		},
		{
			name: "UpdatePersonalTemplateState", def: koomessage.GenReqDefForUpdatePersonalTemplateState(),
			args: func(t testing.TB, w *world) J {
				return J{"tpl_id": w.newCard(t, &w.own, "", nil), "body": J{"tpl_state": 0}}
			},
			check: func(t testing.TB, w *world, args, _ J) {
				r := w.must(t, w.own.account, "ListAimTemplates", J{"tpl_id": args["tpl_id"]})
				if dig(r, "templates[0].tpl_state") != 0.0 {
					t.Errorf("got %v", r)
				}
			},
			lacks:  []lack{{"body.tpl_state", anyParameter}},
			beyond: []beyond{{"body.tpl_state", 2, anyParameter}},
			ids:    []slot{{"tpl_id", "tpl_id", "KM.80040005", ""}},
		},
		{
			name: "UploadAimTemplateMaterial", def: koomessage.GenReqDefForUploadAimTemplateMaterial(),
			args: func(t testing.TB, w *world) J {
				return J{"body": J{"resource_type": "thumbnail", "material_id": w.ownVideo(t), "file_type": "stream", "file_stream": photo(t, 160, 90), "file_name": "cover.jpg"}}
			},
			check: func(t testing.TB, _ *world, _, got J) {
				text(t, got, "data.material_id")
				text(t, got, "data.aim_resource_id")
			},
			lacks: []lack{{"body.resource_type", anyParameter}, {"body.file_type", anyParameter}, {"body.file_stream", anyParameter}, {"body.file_name", anyParameter}, {"body.material_id", anyParameter}},
			beyond: []beyond{{"body.resource_type", "sound", anyParameter}, {"body.file_name", strings.Repeat("x", 201), anyParameter}, {"body.description", long(51), anyParameter},
				{"body.file_stream", "data:image/gif;base64,R0lGODlhAQABAAAAACw=", "KM.80020021"}, {"body.file_stream", noiseURL(), "KM.80020019"}},
			ids: []slot{{"body.material_id", "video_material_id", anyParameter, ""}},
		},
	}
}

// ownVideo is a new video of the own tenant.
func (w *world) ownVideo(t testing.TB) string {
	t.Helper()
	up := w.must(t, w.own.account, "UploadAimTemplateMaterial", J{"body": J{"resource_type": "video", "file_type": "stream", "file_stream": clipURL(640, 360), "file_name": "clip.mp4"}})
	return text(t, up, "data.material_id")
}

// rowsOf checks that a bare list has at least one row and its page.
func rowsOf(name string) func(testing.TB, *world, J, J) {
	return func(t testing.TB, _ *world, _, got J) {
		rows, _ := got[name].(L)
		if len(rows) == 0 || dig(got, "page_info.total") == nil {
			t.Errorf("no %s in %v", name, got)
		}
	}
}
