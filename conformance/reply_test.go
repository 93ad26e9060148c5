package conformance

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/koomessage/v1/model"
)

// replies is the customer's server for what handsets write.
type replies struct {
	url string
	mu  sync.Mutex
	got []url.Values
}

func newReplies(t testing.TB) *replies {
	r := &replies{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if err := q.ParseForm(); err != nil || q.Method != http.MethodPost || q.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
			t.Errorf("reply: %s %s, %v", q.Method, q.Header.Get("Content-Type"), err)
		}
		fields := map[string]string{}
		for name := range q.PostForm {
			fields[name] = q.PostForm.Get(name)
		}
		b, _ := json.Marshal(fields) // texts cannot fail
		fitsSchema(t, "/components/schemas/ReplyPush", b)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.got = append(r.got, q.PostForm)
	}))
	t.Cleanup(srv.Close)
	r.url = srv.URL + "/replies"
	return r
}

func (r *replies) texts() map[string]url.Values {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := map[string]url.Values{}
	for _, v := range r.got {
		all[v.Get("body")] = v
	}
	return all
}

// TestReplies: messages without cards go out and are receipted, what handsets answer reaches the application, and who opts out gets no marketing any more.
func TestReplies(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine) {
		data := t.TempDir()
		a := newAccount(t, e, data, "Example Mall")
		carrier, hook, up := newCarrier(t), newHook(t), newReplies(t)
		s := start(t, e, data, "--channels", carrier.channels(), "--callback-allow", "127.0.0.1/32", "--allow-any-jump")
		c := sdk(t, s, a)
		m := setUp(t, c) // marketing
		app, err := c.UpdateAimMsgApp(&model.UpdateAimMsgAppRequest{AppId: m.AppID, Body: &model.MsgAppRequest{AppName: m.App, UpLinkAddr: &up.url}})
		must(t, "reply address", app, err)
		cb, err := c.AddCallBack(&model.AddCallBackRequest{ContentType: "application/json", Body: &model.AddCallbackRequestBody{CallbackUrl: hook.url, UrlType: new(int32(0))}})
		must(t, "callback", cb, err)

		send := func(extend string, to ...string) string {
			t.Helper()
			r, err := c.SendAimBatchMessages(&model.SendAimBatchMessagesRequest{Body: &model.SmsTaskReq{
				TemplateId: m.SMSTplID, To: to, TemplateParams: []string{"s.example.com/abc"}, Extend: &extend,
			}})
			if must(t, "send", r, err); *r.Status != "Success" || len(*r.Result) != len(to) {
				t.Fatalf("%+v", r)
			}
			for i, d := range *r.Result {
				if d.To != "+86"+to[i] || d.SendStatus != "000000" || d.ChannelNum != m.ChannelNumber || len(d.CreateTime) != 20 {
					t.Errorf("%+v", d)
				}
			}
			return *r.TaskId
		}
		first := send("order 7", "13100000001", "13100000002", "13100000007") // the last one is not delivered
		eventually(t, patience, "three receipts", func() error {
			if n := hook.count("sms"); n != 3 {
				return fmt.Errorf("%d", n)
			}
			return nil
		})
		for _, r := range hook.sms() {
			want := "DELIVRD"
			if r["cust_flag"] == "+8613100000007" {
				want = "UNDELIV"
			}
			if r["task_id"] != first || r["extend"] != "order 7" || r["tpl_id"] != "" || r["aim_url"] != "" || r["aim_code"] != "" || r["send_status"] != want || r["sms_sign"] != sign ||
				r["total"] != "1" || r["sequence"] != "1" {
				t.Errorf("receipt %v", r)
			}
		}

		const long = "请问你们的门店周末营业吗？我想带家人一起过来看看新款，顺便把上次买的那双鞋子换一个尺码，不知道需要带上小票还是出示会员卡就可以办理呢？非常感谢，期待您的答复！"
		for _, text := range []string{"ｔｄ", long} {
			from := map[bool]string{true: "8613100000001", false: "13100000002"}[text == "ｔｄ"]
			if err := carrier.srv.Reply("901234", from, m.ChannelNumber, text); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, patience, "both replies", func() error {
			got := up.texts()
			for text, from := range map[string]string{"ｔｄ": "+8613100000001", long: "+8613100000002"} {
				v := got[text]
				if v.Get("from") != from || v.Get("to") != m.ChannelNumber || v.Get("smsMsgId") == "" || len(v.Get("createTime")) != 20 {
					return fmt.Errorf("%q: %v", text, v)
				}
			}
			return nil
		})

		second := send("again", "13100000001", "13100000002")
		eventually(t, patience, "receipts of who stays and who left", func() error {
			var errs []error
			got := map[any]any{}
			for _, r := range hook.sms() {
				if r["task_id"] == second {
					got[r["cust_flag"]] = r["send_status"]
				}
			}
			for flag, want := range map[string]string{"+8613100000001": "MBBLACK", "+8613100000002": "DELIVRD"} {
				if got[flag] != want {
					errs = append(errs, fmt.Errorf("%s: %v, want %s", flag, got[flag], want))
				}
			}
			return errors.Join(errs...)
		})
		for _, msg := range carrier.messages()[3:] {
			if msg.Dest != "13100000002" {
				t.Errorf("a message went to %s", msg.Dest)
			}
		}
		list, err := c.ListAimSendTasks(&model.ListAimSendTasksRequest{})
		if got := *must(t, "send tasks", list, err).AimSendTasks; len(got) != 0 {
			t.Errorf("send tasks %+v", got)
		}
		eventually(t, patience, "the bill has what was delivered", func() error {
			if u := usage(t, s, a); u["aim_send"] != 3 {
				return fmt.Errorf("%v", u)
			}
			return nil
		})
		s.stop(t)
		audit(t, e, data, true)
		if log := s.log.String(); recipient.MatchString(log) || strings.Contains(log, "小票") {
			t.Error("a phone number or a reply is in the log")
		}
	})
}

// sms are the bodies of all message receipts.
func (h *hook) sms() (all []map[string]any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range h.pushes {
		if p.CallbackType == "sms" {
			all = append(all, p.decoded)
		}
	}
	return all
}
