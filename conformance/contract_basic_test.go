package conformance

import (
	"fmt"
	"strings"
	"testing"

	koomessage "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/koomessage/v1"
)

// basicOperations are api.md §16.
func basicOperations() []operation {
	noArgs := func(testing.TB, *world) J { return J{} }
	return []operation{
		{
			name: "AddVmsCallBack", def: koomessage.GenReqDefForAddVmsCallBack(),
			args: func(testing.TB, *world) J {
				return J{"body": J{"url_type": 1, "callback_url": "http://127.0.0.1:9/uplinks", "remark": "replies"}}
			},
			check: func(t testing.TB, w *world, args, got J) {
				if text(t, got, "status") != "200" {
					t.Errorf("got %v", got)
				}
				r := w.must(t, w.own.account, "ListVmsCallbacks", J{})
				for _, c := range dig(r, "data.callbacks").(L) {
					if dig(c, "url_type") == 1.0 && dig(c, "callback_url") == dig(args, "body.callback_url") {
						return
					}
				}
				t.Errorf("not listed: %v", r)
			},
			lacks:   []lack{{"body.url_type", anyParameter}, {"body.callback_url", anyParameter}},
			beyond:  []beyond{{"body.url_type", 2, anyParameter}, {"body.callback_url", "ftp://example.com", anyParameter}, {"body.remark", strings.Repeat("x", 1001), anyParameter}},
			noneIDs: "an address belongs to the caller's tenant by its type",
		},
		{
			name: "CreateVmsSendTask", def: koomessage.GenReqDefForCreateVmsSendTask(),
			args: func(_ testing.TB, w *world) J { return J{"body": videoSend(&w.own)} },
			check: func(t testing.TB, w *world, _, got J) {
				task := text(t, got, "data.task_id")
				eventually(t, patience, "the carrier delivers", func() error {
					r := w.must(t, w.own.account, "ListVmsSendTasks", J{"task_id": task})
					if dig(r, "data.aim_basic_send_tasks[0].success_count") != 2.0 {
						return fmt.Errorf("%v", r)
					}
					return nil
				})
			},
			lacks:  []lack{{"body.task_name", anyParameter}, {"body.tpl_id", anyParameter}, {"body.mobiles", anyParameter}, {"body.dync_params", anyParameter}, {"body.dync_params[0].param_name", anyParameter}},
			beyond: []beyond{{"body.expiration_time", 73, anyParameter}, {"body.task_name", strings.Repeat("x", 33), anyParameter}, {"body.exdata", strings.Repeat("x", 257), anyParameter}, {"body.mobiles", L{"12"}, anyParameter}},
			ids:    []slot{{"body.tpl_id", "vms_tpl_id", anyParameter, ""}},
		},
		{
			name: "ListVmsCallbacks", def: koomessage.GenReqDefForListVmsCallbacks(), args: noArgs,
			check: func(t testing.TB, _ *world, _, got J) {
				if text(t, got, "status") != "200" {
					t.Errorf("got %v", got)
				}
			},
			noneLacks: "it has no parameters", noneBeyond: "it has no parameters", noneIDs: "it has no parameters",
		},
		{
			name: "ListVmsSendTasks", def: koomessage.GenReqDefForListVmsSendTasks(), args: noArgs,
			check: func(t testing.TB, _ *world, _, got J) {
				if text(t, got, "data.aim_basic_send_tasks[0].task_id"); dig(got, "data.page_info.limit") != 20.0 {
					t.Errorf("got %v", got)
				}
			},
			noneLacks: "every filter is optional", beyond: []beyond{{"limit", 101, anyParameter}, {"task_status", "perhaps", anyParameter}},
			ids: []slot{{"task_id", "vms_task_id", "", ""}, {"tpl_id", "vms_tpl_id", "", ""}},
		},
		{
			name: "CreateVmsTemplate", def: koomessage.GenReqDefForCreateVmsTemplate(),
			args: func(_ testing.TB, w *world) J { return J{"body": videoTemplate(w.own.name)} },
			check: func(t testing.TB, _ *world, _, got J) {
				if id := text(t, got, "tplid"); len(id) != 9 || id[0] != '8' {
					t.Errorf("tplid %s", id)
				}
			},
			lacks: []lack{{"body.expiration_time", anyParameter}, {"body.tpl_name", anyParameter}, {"body.title", anyParameter}, {"body.reslist", anyParameter}, {"body.reslist[0].type", anyParameter}, {"body.reslist[1].content", anyParameter}},
			beyond: []beyond{{"body.expiration_time", "10000", anyParameter}, {"body.title", strings.Repeat("长", 21), anyParameter}, {"body.title", "【题】", anyParameter}, {"body.reslist[0].type", "exe", anyParameter},
				{"body.reslist[0].content", "no signature", anyParameter}, {"body.tpl_name", strings.Repeat("长", 101), anyParameter}},
			noneIDs: "it names no object",
		},
		{
			name: "ListVmsTemplateStatus", def: koomessage.GenReqDefForListVmsTemplateStatus(), args: noArgs,
			check: func(t testing.TB, _ *world, _, got J) {
				if dig(got, "data.templates[0].audit_state") != 0.0 || text(t, got, "data.templates[0].tpl_sign") == "" {
					t.Errorf("got %v", got)
				}
			},
			noneLacks: "every filter is optional", beyond: []beyond{{"limit", 101, anyParameter}, {"tpl_type", "secret", anyParameter}, {"begin_time", "2026-01-02T03:04:05Z", anyParameter}},
			ids: []slot{{"tpl_id", "vms_tpl_id", "", ""}},
		},
	}
}
