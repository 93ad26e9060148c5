package conformance

import (
	"encoding/json"
	"strings"
	"testing"

	koomessage "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/koomessage/v1"
)

// accountOperations are api.md §17.
func accountOperations() []operation {
	noArgs := func(testing.TB, *world) J { return J{} }
	listed := func(path, id string) func(testing.TB, *world, J, J) {
		return func(t testing.TB, _ *world, _, got J) {
			text(t, got, path+"[0]."+id)
			if dig(got, "data.page_info.total") == nil {
				t.Errorf("got %v", got)
			}
		}
	}
	reason := J{"change_reason": "new season"}
	return []operation{
		{
			name: "ListMenus", def: koomessage.GenReqDefForListMenus(), args: noArgs, check: listed("data.data", "menu_id"),
			noneLacks: "every filter is optional", beyond: []beyond{{"limit", 101, anyParameter}, {"state", 5, anyParameter}},
			ids: []slot{{"menu_id", "menu_id", "", ""}, {"pub_id", "pub_id", "", ""}},
		},
		{
			name: "UpdateMenu", def: koomessage.GenReqDefForUpdateMenu(),
			args: func(_ testing.TB, w *world) J {
				m := menu()
				m["menu_items"].(L)[0].(J)["name"] = "新商城"
				return J{"menu_id": w.own.ids["menu_id"], "body": J{"menu": m, "change_reason": "new season"}}
			},
			check: func(t testing.TB, w *world, args, got J) {
				text(t, got, "data.log_id")
				r := w.must(t, w.own.account, "ListMenus", J{"menu_id": args["menu_id"]})
				if dig(r, "data.data[0].menu.menu_items[0].name") != "新商城" {
					t.Errorf("got %v", r)
				}
			},
			lacks: []lack{{"body.change_reason", anyParameter}, {"body.menu", anyParameter}, {"body.menu.menu_items[0].name", anyParameter}, {"body.menu.menu_items[0].action_type", anyParameter},
				{"body.menu.menu_items[0].ext_msg.open_in_browser", anyParameter}},
			beyond: []beyond{{"body.menu.menu_items[0].name", strings.Repeat("长", 13), anyParameter}, {"body.menu.menu_items[0].action_type", "DANCE", anyParameter},
				{"body.menu.menu_items[0].content", "https://shop.example.com/" + strings.Repeat("x", 1000), anyParameter}, {"body.change_reason", strings.Repeat("长", 1001), anyParameter}},
			ids: []slot{{"menu_id", "menu_id", anyParameter, ""}},
		},
		{
			name: "DeletePortInfo", def: koomessage.GenReqDefForDeletePortInfo(),
			args: func(t testing.TB, w *world) J { id, _ := w.newPort(t); return J{"port_id": id} },
			check: func(t testing.TB, w *world, _, got J) {
				r := w.must(t, w.own.account, "ListPortInfos", J{"port": text(t, got, "data.data.port")})
				if dig(r, "data.page_info.total") != 0.0 {
					t.Errorf("still there: %v", r)
				}
			},
			noneLacks: "its parameter is the path", beyond: []beyond{{"port_id", strings.Repeat("x", 33), anyParameter}},
			ids: []slot{{"port_id", "port_id", anyParameter, ""}},
		},
		{
			name: "ListPortInfos", def: koomessage.GenReqDefForListPortInfos(), args: noArgs, check: listed("data.data", "id"),
			noneLacks: "every filter is optional", beyond: []beyond{{"limit", 101, anyParameter}, {"type", 2, anyParameter}, {"port_type", 2, anyParameter}}, noneIDs: "it filters by number and name only",
		},
		{
			name: "LockPort", def: koomessage.GenReqDefForLockPort(),
			args: func(t testing.TB, w *world) J {
				id, number := w.newPort(t)
				return J{"body": binding(&w.own, w.own.ids["pub_id"], number, id, "广东省,福建省")}
			},
			check:  done,
			lacks:  []lack{{"body.pub_id", anyParameter}, {"body.port", anyParameter}, {"body.province", anyParameter}, {"body.sign", anyParameter}, {"body.ext_port_id", anyParameter}},
			beyond: []beyond{{"body.province", "大西洲", anyParameter}, {"body.province", "河北省,石家庄市", anyParameter}, {"body.sign", L{"别的签名"}, anyParameter}, {"body.port", strings.Repeat("1", 22), anyParameter}},
			ids:    []slot{{"body.pub_id", "pub_id", anyParameter, ""}, {"body.ext_port_id", "port_id", anyParameter, ""}},
		},
		{
			name: "RegisterPort", def: koomessage.GenReqDefForRegisterPort(),
			args: func(_ testing.TB, w *world) J { return J{"body": port(&w.own, "7722"+w.digits(6))} },
			check: func(t testing.TB, _ *world, args, got J) {
				if dig(got, "data.data.port") != dig(args, "body.port") || dig(got, "data.data.port_type") != 1.0 {
					t.Errorf("got %v", got)
				}
			},
			lacks:  []lack{{"body.port", anyParameter}, {"body.port_type", anyParameter}, {"body.sign", anyParameter}, {"body.sign_check", anyParameter}, {"body.authorization_files", anyParameter}},
			beyond: []beyond{{"body.port", strings.Repeat("1", 22), anyParameter}, {"body.port_type", 2, anyParameter}, {"body.port_type", 5, anyParameter}, {"body.sign", L{"长"}, anyParameter}, {"body.sign_check", 2, anyParameter}},
			ids:    []slot{{"body.authorization_files[0]", "authorization", anyParameter, ""}},
		},
		{
			name: "UnlockPort", def: koomessage.GenReqDefForUnlockPort(),
			args: func(t testing.TB, w *world) J {
				id, number := w.newPort(t)
				w.must(t, w.own.account, "LockPort", J{"body": binding(&w.own, w.own.ids["pub_id"], number, id, "海南省")})
				return J{"body": J{"id": w.bindingID(t, &w.own, number)}}
			},
			check: done,
			lacks: []lack{{"body.id", anyParameter}}, beyond: []beyond{{"body.id", strings.Repeat("x", 33), anyParameter}},
			ids: []slot{{"body.id", "binding_id", anyParameter, ""}},
		},
		{
			name: "ListPortalInfos", def: koomessage.GenReqDefForListPortalInfos(), args: noArgs,
			check: func(t testing.TB, _ *world, _, got J) {
				var tels []J // JSON text, not an array
				if err := json.Unmarshal([]byte(text(t, got, "data.portals[0].tels")), &tels); err != nil || len(tels) != 1 {
					t.Errorf("tels: %v", got)
				}
				text(t, got, "data.portals[0].fastapps")
			},
			noneLacks: "every filter is optional", beyond: []beyond{{"limit", 101, anyParameter}, {"state", 5, anyParameter}}, noneIDs: "it filters by name only",
		},
		{
			name: "UpdatePortalInfo", def: koomessage.GenReqDefForUpdatePortalInfo(),
			args: func(_ testing.TB, w *world) J {
				body := accountBody(&w.own, w.own.name)["portal_request_body"].(J)
				body["change_reason"], body["summary"] = "换季上新啦", "夏季新品"
				return J{"portal_id": w.own.ids["portal_id"], "body": body}
			},
			check: func(t testing.TB, _ *world, args, got J) {
				if dig(got, "data.portal.portal_id") != args["portal_id"] || dig(got, "data.portal.summary") != "夏季新品" {
					t.Errorf("got %v", got)
				}
			},
			lacks: []lack{{"body.change_reason", anyParameter}, {"body.background_img", anyParameter}, {"body.summary", anyParameter}, {"body.tels[0].tel", anyParameter}, {"body.fastapps[0].deeplink", anyParameter}},
			beyond: []beyond{{"body.change_reason", "短", anyParameter}, {"body.summary", strings.Repeat("长", 76), anyParameter}, {"body.tels[0].tel", "12a", anyParameter}, {"body.fastapps[0].name", "a b", anyParameter},
				{"body.fastapps[0].deeplink", "https://x.example", anyParameter}},
			ids: []slot{{"portal_id", "portal_id", anyParameter, ""}, {"body.background_img", "BG_IMAGE", anyParameter, ""}, {"body.fastapps[0].logo_img", "FASTAPP_LOGO", anyParameter, ""}},
		},
		{
			name: "FreezePub", def: koomessage.GenReqDefForFreezePub(),
			args: func(t testing.TB, w *world) J { return J{"pub_id": w.newPub(t), "body": reason} },
			check: func(t testing.TB, w *world, args, got J) {
				if dig(got, "data.pub_id") != args["pub_id"] {
					t.Errorf("got %v", got)
				}
				// Both shapes of the documents are there (api.md D-33).
				again := w.raw(t, w.own.account, "ListPubInfos", J{"state": 4})
				if !strings.Contains(again.Body, args["pub_id"].(string)) {
					t.Errorf("not frozen: %s", again.Body)
				}
			},
			lacks: []lack{{"body.change_reason", anyParameter}}, beyond: []beyond{{"body.change_reason", strings.Repeat("长", 201), anyParameter}},
			ids: []slot{{"pub_id", "pub_id", anyParameter, ""}},
		},
		{
			name: "ListPubInfos", def: koomessage.GenReqDefForListPubInfos(), args: noArgs, check: listed("data.data", "pub_id"),
			noneLacks: "every filter is optional", beyond: []beyond{{"limit", 101, anyParameter}, {"state", 5, anyParameter}, {"industry", "12", anyParameter}}, noneIDs: "it filters by name only",
		},
		{
			name: "UnfreezePub", def: koomessage.GenReqDefForUnfreezePub(),
			args: func(t testing.TB, w *world) J {
				id := w.newPub(t)
				w.must(t, w.own.account, "FreezePub", J{"pub_id": id, "body": reason})
				return J{"pub_id": id, "body": reason}
			},
			check: func(t testing.TB, _ *world, args, got J) {
				if dig(got, "data.pub_id") != args["pub_id"] {
					t.Errorf("got %v", got)
				}
			},
			lacks: []lack{{"body.change_reason", anyParameter}}, beyond: []beyond{{"body.change_reason", strings.Repeat("长", 201), anyParameter}},
			ids: []slot{{"pub_id", "pub_id", anyParameter, ""}},
		},
		{
			name: "UpdatePubInfo", def: koomessage.GenReqDefForUpdatePubInfo(),
			args: func(_ testing.TB, w *world) J {
				return J{"pub_id": w.own.ids["pub_id"], "body": J{"change_reason": "new season", "pub_abstract": "换季上新", "logo_img": w.own.ids["PUB_LOGO"]}}
			},
			check:  func(t testing.TB, w *world, _, got J) { text(t, got, "data.data.pub_update_log_id") },
			lacks:  []lack{{"body.change_reason", anyParameter}},
			beyond: []beyond{{"body.pub_name", strings.Repeat("长", 16), anyParameter}, {"body.pub_abstract", strings.Repeat("长", 76), anyParameter}, {"body.industry", 12, anyParameter}, {"body.auto_get_port", 2, anyParameter}},
			ids:    []slot{{"pub_id", "pub_id", anyParameter, ""}, {"body.logo_img", "PUB_LOGO", anyParameter, ""}},
		},
		{
			name: "CreatePubInfo", def: koomessage.GenReqDefForCreatePubInfo(),
			args: func(_ testing.TB, w *world) J { return J{"body": accountBody(&w.own, w.unique("号"))} },
			check: func(t testing.TB, _ *world, args, got J) {
				for _, id := range []string{"log_id", "pub_id", "menu_id", "portal_id"} {
					text(t, got, "data.data."+id)
				}
				if dig(got, "data.data.pub_name") != dig(args, "body.pub_request_body.pub_name") {
					t.Errorf("got %v", got)
				}
			},
			lacks: []lack{{"body.pub_request_body", anyParameter}, {"body.portal_request_body", anyParameter}, {"body.menu_request_body", anyParameter}, {"body.pub_request_body.logo_img", anyParameter},
				{"body.pub_request_body.pub_name", anyParameter}, {"body.pub_request_body.pub_abstract", anyParameter}, {"body.pub_request_body.authorization_files", anyParameter}, {"body.portal_request_body.summary", anyParameter}},
			beyond: []beyond{{"body.pub_request_body.pub_name", strings.Repeat("长", 16), anyParameter}, {"body.pub_request_body.industry", 12, anyParameter}, {"body.portal_request_body.summary", strings.Repeat("长", 76), anyParameter}},
			ids:    []slot{{"body.pub_request_body.logo_img", "PUB_LOGO", anyParameter, ""}, {"body.portal_request_body.background_img", "BG_IMAGE", anyParameter, ""}, {"body.pub_request_body.authorization_files[0]", "OTHER", anyParameter, ""}},
		},
		{
			name: "PushMenuInfo", def: koomessage.GenReqDefForPushMenuInfo(),
			args: func(_ testing.TB, w *world) J { return J{"menu_id": w.own.ids["menu_id"]} }, check: urged,
			noneLacks: "its parameter is the path", beyond: []beyond{{"menu_id", strings.Repeat("x", 33), anyParameter}},
			ids: []slot{{"menu_id", "menu_id", anyParameter, ""}},
		},
		{
			name: "PushPortalInfo", def: koomessage.GenReqDefForPushPortalInfo(),
			args: func(_ testing.TB, w *world) J { return J{"portal_id": w.own.ids["portal_id"]} }, check: urged,
			noneLacks: "its parameter is the path", beyond: []beyond{{"portal_id", strings.Repeat("x", 33), anyParameter}},
			ids: []slot{{"portal_id", "portal_id", anyParameter, ""}},
		},
		{
			name: "UploadMedia", def: koomessage.GenReqDefForUploadMedia(),
			args: func(t testing.TB, w *world) J {
				return J{"body": J{"file_type": "PUB_LOGO", "file": w.file(t, "logo.png", pngOf(240, 240))}}
			},
			check: func(t testing.TB, _ *world, _, got J) {
				if len(text(t, got, "data.resource_id")) != 32 || text(t, got, "data.resource_url") == "" {
					t.Errorf("got %v", got)
				}
			},
			lacks: []lack{{"body.file_type", anyParameter}, {"body.file", anyParameter}}, beyond: []beyond{{"body.file_type", "SONG", anyParameter}, {"body.file_type", "BG_IMAGE", anyParameter}},
			noneIDs: "it names no object",
		},
	}
}

func (w *world) newPub(t testing.TB) string {
	t.Helper()
	return text(t, w.must(t, w.own.account, "CreatePubInfo", J{"body": accountBody(&w.own, w.unique("号"))}), "data.data.pub_id")
}

func (w *world) newPort(t testing.TB) (id, number string) {
	t.Helper()
	number = "6622" + w.digits(6)
	w.must(t, w.own.account, "RegisterPort", J{"body": port(&w.own, number)})
	return w.portID(t, &w.own, number), number
}

// done is the answer of operations that only say so.
func done(t testing.TB, _ *world, _, got J) { text(t, got, "data.message") }

// urged is the answer to a reminder.
func urged(t testing.TB, _ *world, _, got J) {
	text(t, got, "data.data.log_id")
	text(t, got, "data.data.message")
}
