package api

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/koomessage/v1/model"

	"cardlink/callback"
	"cardlink/fault"
	"cardlink/identity"
	"cardlink/previewlink"
	"cardlink/store"
	"cardlink/templates"
	"cardlink/videosms"
	"cardlink/videosms/httpmms"
)

const (
	videoTenant  = "231724915a62455ca356e10a085c9a23"
	videoOther   = "331724915a62455ca356e10a085c9a23"
	videoSecret  = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	videoTplText = "【示例商城】Hi #p_1#, sale! 拒收请回复R"
)

// videoHouse is the room of video messages on a real store.
type videoHouse struct {
	db   *store.DB
	room *videosms.Service
	call func(tenant, method, path, body string) string
}

func newVideoHouse(t *testing.T) *videoHouse {
	t.Helper()
	ctx := context.Background()
	vault, err := identity.NewVault(make([]byte, 32))
	fatal(t, err)
	db, err := store.Open(ctx, store.Options{File: filepath.Join(t.TempDir(), "videos.db"), Vault: vault})
	fatal(t, err)
	t.Cleanup(func() { fatal(t, db.Close()) })
	_, err = db.Migrate(ctx)
	fatal(t, err)
	for _, id := range []string{videoTenant, videoOther} {
		fatal(t, db.AddTenant(ctx, identity.Tenant{ID: id, Name: id, Project: identity.Project{ID: id, Name: "cn-north-4"}, CreatedAt: sendNow,
			DataKey: vault.NewDataKey(id)}, identity.User{ID: id, Tenant: id, Name: "api", CreatedAt: sendNow}, identity.Entry{At: sendNow}))
	}
	blobs, err := templates.NewFolder(t.TempDir())
	fatal(t, err)
	now := func() time.Time { return sendNow }
	calls, err := callback.NewService(callback.ServiceOptions{Store: db, Now: now})
	fatal(t, err)
	h := &videoHouse{db: db}
	h.room, err = videosms.NewService(videosms.Options{Store: db, Blobs: blobs, CheckURL: calls.CheckURL, Sends: true, Origin: "https://s.example.com", Previews: testAddresses(t), Now: now})
	fatal(t, err)
	inbox, err := httpmms.NewInbox(httpmms.InboxOptions{Secret: videoSecret, Sink: h.room})
	fatal(t, err)
	h.call = askRooms(t, Rooms{Videos: h.room, Callbacks: calls, VideoInbox: inbox})
	return h
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// into reads an answer into the SDK's type, strictly: a field the SDK does not know is an error, and so is one it knows and we leave out.
func into[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	complete(t, reflect.ValueOf(v), fmt.Sprintf("%T", v))
	return v
}

func complete(t *testing.T, v reflect.Value, path string) {
	t.Helper()
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			t.Errorf("%s is not in the answer", path)
			return
		}
		complete(t, v.Elem(), path)
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.Name != "HttpStatusCode" {
				complete(t, v.Field(i), path+"."+f.Name)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			complete(t, v.Index(i), path+"[]")
		}
	}
}

func pixel(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	fatal(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, 2, 2))))
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

func videoTemplateBody(t *testing.T) string {
	return `{"expiration_time":"30","tpl_name":"spring","title":"Sale","remarks":"soon","callbackurl":"https://hook.example.com/t","reslist":[
		{"index":"1-2","type":"txt","name":"t1","source":"txt","content":"` + videoTplText + `"},
		{"index":"1-1","type":"png","name":"a.png","source":"file","content":"` + pixel(t) + `"}]}`
}

const oneValue = `[{"param_name":"p_1","content_type":"txt","content_source":"txt","content_detail":"Ann"}]`

// The whole way of a message, in the shapes of the SDK (api.md §16).
func TestVideoOperations(t *testing.T) {
	h := newVideoHouse(t)
	made := into[model.CreateVmsTemplateResponse](t, h.call(videoTenant, "POST", "/v1/aim-basic/templates", videoTemplateBody(t)))
	if *made.Tplid != "800000001" {
		t.Fatalf("tplid %s", *made.Tplid)
	}
	list := h.call(videoTenant, "GET", "/v1/aim-basic/templates?tpl_type=private：个人模板&has_param=true&tpl_name=pri", "")
	into[model.ListVmsTemplateStatusResponse](t, list)
	size := len(videoTplText) + pngSize(t)
	equalJSON(t, list, `{"status":"200","message":"success","data":{"templates":[{"tpl_id":"800000001","audit_state":0,"audit_desc":"","tpl_size":`+fmt.Sprint(size)+`,
		"valid_time":"2026-02-01T23:59:59Z","status_detail":[{"carrier":"cmcc","status":0,"desc":""},{"carrier":"cucc","status":0,"desc":""},{"carrier":"ctcc","status":0,"desc":""}],
		"preview_url":"https://s.example.com/v/`+testAddresses(t).Name(previewlink.Video, 800000001, 0)+`","tpl_name":"spring","title":"Sale","tpl_sign":"示例商城","create_time":"2026-01-02T03:04:05Z",
		"var_info":[{"name":"#p_1#","type":"txt"}],"restags":"三网一般"}],"page_info":{"offset":0,"limit":20,"total":1}}}`)

	sent := into[model.CreateVmsSendTaskResponse](t, h.call(videoTenant, "POST", "/v1/aim-basic/send-tasks",
		`{"task_name":"go","tpl_id":"800000001","mobiles":["13100000001","+8613100000002","86 131-0000-0001"],"dync_params":`+oneValue+`,"exdata":"x"}`))
	if *sent.Data.RetCode != "0" || *sent.Data.Desc != "success" {
		t.Errorf("answer %+v", sent.Data)
	}
	tasks := h.call(videoTenant, "GET", "/v1/aim-basic/send-tasks?task_status=submit_success：提交成功", "")
	into[model.ListVmsSendTasksResponse](t, tasks)
	equalJSON(t, tasks, `{"status":"200","message":"success","data":{"aim_basic_send_tasks":[{"task_id":"UUID","task_name":"go","task_state":"submit_success",
		"tpl_id":"800000001","tpl_name":"spring","operator":"","create_time":"2026-01-02T03:04:05","send_time":"","total_count":2,"success_count":0,"failed_count":0,
		"timeout_count":0,"exdata":"x"}],"page_info":{"offset":0,"limit":20,"total":1}}}`)

	into[model.AddVmsCallBackResponse](t, h.call(videoTenant, "POST", "/v1/aim-basic/callbacks", `{"url_type":1,"callback_url":"https://hook.example.com/u","remark":"mine"}`))
	for _, body := range []string{`{"url_type":0,"callback_url":"https://hook.example.com/old"}`, `{"url_type":0,"callback_url":"https://hook.example.com/s"}`} {
		equalJSON(t, h.call(videoTenant, "POST", "/v1/aim-basic/callbacks", body), `{"status":"200","message":"success"}`)
	}
	addresses := h.call(videoTenant, "GET", "/v1/aim-basic/callbacks", "")
	into[model.ListVmsCallbacksResponse](t, addresses)
	equalJSON(t, addresses, `{"status":"200","message":"success","data":{"callbacks":[{"url_type":0,"callback_url":"https://hook.example.com/s","remark":""},
		{"url_type":1,"callback_url":"https://hook.example.com/u","remark":"mine"}]}}`)
	// Neither these nor the template's address are AIM's.
	equalJSON(t, h.call(videoTenant, "GET", "/v1/aim/callbacks", ""), `{"status":"200","message":"success","data":[]}`)

	// Another tenant sees none of it.
	for _, path := range []string{"/v1/aim-basic/templates?tpl_id=800000001", "/v1/aim-basic/send-tasks?task_id=" + *sent.Data.TaskId} {
		if got := h.call(videoOther, "GET", path, ""); !strings.Contains(got, `"total":0`) {
			t.Errorf("%s: %s", path, got)
		}
	}
	equalJSON(t, h.call(videoOther, "GET", "/v1/aim-basic/callbacks", ""), `{"status":"200","message":"success","data":{"callbacks":[]}}`)
	foreign := h.call(videoOther, "POST", "/v1/aim-basic/send-tasks", `{"task_name":"go","tpl_id":"800000001","mobiles":["13100000001"],"dync_params":`+oneValue+`}`)
	unknown := h.call(videoOther, "POST", "/v1/aim-basic/send-tasks", `{"task_name":"go","tpl_id":"800000077","mobiles":["13100000001"],"dync_params":`+oneValue+`}`)
	if foreign != unknown || !strings.Contains(foreign, `"tpl_id: does not exist"`) {
		t.Errorf("another tenant's template: %s, an unknown one: %s", foreign, unknown)
	}
}

func pngSize(t *testing.T) int {
	b, err := base64.StdEncoding.DecodeString(pixel(t))
	fatal(t, err)
	return len(b)
}

func equalJSON(t *testing.T, got, want string) {
	t.Helper()
	if w, g := jsonOf(t, want), jsonOf(t, got); !reflect.DeepEqual(g, w) {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

// What a caller did wrong is named; all of it is refused with a code and nothing is kept.
func TestVideoRefusals(t *testing.T) {
	h := newVideoHouse(t)
	into[model.CreateVmsTemplateResponse](t, h.call(videoTenant, "POST", "/v1/aim-basic/templates", videoTemplateBody(t)))
	tpl := func(change ...string) string { return strings.NewReplacer(change...).Replace(videoTemplateBody(t)) }
	send := func(members string) string { return `{"task_name":"go","tpl_id":"800000001",` + members + `}` }
	for _, c := range []struct {
		method, path, body string
		code               fault.Code
		names              string
	}{
		{"POST", "templates", ``, fault.EmptyInput, ""},
		{"POST", "templates", `{`, fault.Parameter, "body"},
		{"POST", "templates", `{}`, fault.Parameter, "expiration_time"},
		{"POST", "templates", tpl(`"30"`, `"10000"`), fault.Parameter, "expiration_time"},
		{"POST", "templates", tpl(`"Sale"`, `"【Sale】"`), fault.Parameter, "title"},
		{"POST", "templates", tpl(`"reslist":[`, `"reslist":["x",`), fault.Parameter, "reslist[0]"},
		{"POST", "templates", tpl(`"png"`, `"jpg"`), fault.Parameter, "reslist[1].content: is not a jpg file"},
		{"POST", "templates", tpl(`https://hook.example.com`, `http://localhost`), fault.Parameter, "callbackurl"},
		{"POST", "templates", tpl(`"source":"file"`, `"source":"url"`), fault.Parameter, "reslist[1].content"},
		{"GET", "templates?limit=101", "", fault.Parameter, "limit"},
		{"GET", "templates?tpl_type=secret", "", fault.Parameter, "tpl_type"},
		{"GET", "templates?has_param=perhaps", "", fault.Parameter, "has_param"},
		{"GET", "templates?begin_time=2026-01-02T03:04:05Z", "", fault.Parameter, "end_time"},
		{"GET", "templates?begin_time=2026-01-02T03:04:05Z&end_time=2026-01-01T03:04:05Z", "", fault.Parameter, "begin_time"},
		{"POST", "send-tasks", send(`"dync_params":` + oneValue), fault.Parameter, "mobiles"},
		{"POST", "send-tasks", send(`"mobiles":["13100000001"]`), fault.Parameter, "dync_params"},
		{"POST", "send-tasks", `{"tpl_id":"800000001","mobiles":["13100000001"],"dync_params":` + oneValue + `}`, fault.Parameter, "task_name"},
		{"POST", "send-tasks", send(`"mobiles":["13100000001"],"dync_params":[{"param_name":"p_1","content_type":"txt","content_source":"txt"}]`), fault.Parameter, "dync_params[0].content_detail"},
		{"POST", "send-tasks", send(`"dync_params":"ignored","individual_params":[{"mobiles":["13100000002"],"dync_params":[{"param_name":"p_1"}]}]`), fault.Parameter, "individual_params[0].dync_params[0].content_type"},
		{"POST", "send-tasks", send(`"mobiles":["13100000001"],"individual_params":[{"mobiles":["13100000002"],"dync_params":` + oneValue + `}]`), fault.Parameter, "individual_params"},
		{"POST", "send-tasks", send(`"individual_params":[{"mobiles":["13100000002"]}]`), fault.Parameter, "individual_params[0].dync_params"},
		{"POST", "send-tasks", send(`"mobiles":[{}],"dync_params":` + oneValue), fault.Parameter, "mobiles[0]"},
		{"POST", "send-tasks", send(`"mobiles":["13100000001"],"dync_params":` + strings.Replace(oneValue, "p_1", "p_2", 1)), fault.ParameterMismatch, "dync_params[0].param_name"},
		{"POST", "send-tasks", send(`"expiration_time":73,"mobiles":["13100000001"],"dync_params":` + oneValue), fault.Parameter, "expiration_time"},
		{"GET", "send-tasks?task_status=perhaps", "", fault.Parameter, "task_status"},
		{"GET", "send-tasks?offset=-1", "", fault.Parameter, "offset"},
		{"GET", "send-tasks?send_begin_time=x&send_end_time=y", "", fault.Parameter, "send_begin_time"},
		{"POST", "callbacks", `{"url_type":2,"callback_url":"https://hook.example.com/"}`, fault.Parameter, "url_type"},
		{"POST", "callbacks", `{"url_type":0}`, fault.Parameter, "callback_url"},
		{"POST", "callbacks", `{"url_type":0,"callback_url":"ftp://hook.example.com/"}`, fault.Parameter, "callback_url"},
		{"POST", "callbacks", `{"url_type":0,"callback_url":"https://hook.example.com/","remark":"` + strings.Repeat("长", 1001) + `"}`, fault.Parameter, "remark"},
	} {
		got := h.call(videoTenant, c.method, "/v1/aim-basic/"+c.path, c.body)
		var e struct {
			Code fault.Code `json:"error_code"`
			Msg  string     `json:"error_msg"`
		}
		if err := json.Unmarshal([]byte(got), &e); err != nil || e.Code != c.code || !strings.Contains(e.Msg, c.names) || strings.Contains(got, "error_message") {
			t.Errorf("%s %s %.120s\n got %s\nwant %s naming %q", c.method, c.path, c.body, got, c.code, c.names)
		}
	}
	for _, path := range []string{"templates", "send-tasks"} {
		want := map[string]string{"templates": `"total":1`, "send-tasks": `"total":0`}[path]
		if got := h.call(videoTenant, "GET", "/v1/aim-basic/"+path, ""); !strings.Contains(got, want) {
			t.Errorf("%s: %s", path, got)
		}
	}
	for query, want := range map[string]string{"templates?tpl_type=public": `"templates":[]`, "templates?tpl_id=nonsense": `"templates":[]`, "send-tasks?tpl_id=1": `"aim_basic_send_tasks":[]`} {
		if got := h.call(videoTenant, "GET", "/v1/aim-basic/"+query, ""); !strings.Contains(got, want) || !strings.Contains(got, `"total":0`) {
			t.Errorf("%s: %s", query, got)
		}
	}
}

// The gateway's door takes what is signed, and is shut where there is no gateway.
func TestVideoReportsDoor(t *testing.T) {
	h := newVideoHouse(t)
	if got := h.call("", "POST", "/x/v1/video-sms/reports", `{"reports":[]}`); !strings.Contains(got, string(fault.Unauthorized)) {
		t.Errorf("an unsigned report: %s", got)
	}
	shut := askRooms(t, Rooms{})
	if got := shut("", "POST", "/x/v1/video-sms/reports", `{"reports":[]}`); !strings.Contains(got, string(fault.NoRoute)) {
		t.Errorf("without a gateway: %s", got)
	}
}
