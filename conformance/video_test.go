package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/koomessage/v1/model"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const videoSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

// videoOperator is an operator's gateway of video messages (docs/video-sms.md). It asks for contents once and recognises the ids it has taken.
type videoOperator struct {
	t        testing.TB
	url      string
	arrived  chan struct{} // closed when the first messages came
	gate     chan struct{} // until it is closed they are not answered
	once     sync.Once
	mu       sync.Mutex
	contents map[string]int
	taken    map[string]string // number by message id
	repeats  int
}

func newVideoOperator(t testing.TB) *videoOperator {
	o := &videoOperator{t: t, arrived: make(chan struct{}), gate: make(chan struct{}), contents: map[string]int{}, taken: map[string]string{}}
	s := httptest.NewServer(http.HandlerFunc(o.serve))
	t.Cleanup(s.Close)
	o.url = s.URL + "/mms"
	return o
}

func (o *videoOperator) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the caller was killed
	}
	hook, err := standardwebhooks.NewWebhook(videoSecret)
	if err == nil {
		err = hook.Verify(body, r.Header)
	}
	if err != nil {
		o.t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if digest, isContent := strings.CutPrefix(r.URL.Path, "/mms/media/"); isContent {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.contents[digest]++
		return
	}
	var in struct {
		Template struct {
			Frames []struct {
				Elements []struct{ SHA256 string } `json:"elements"`
			} `json:"frames"`
		} `json:"template"`
		Messages []struct{ ID, To string } `json:"messages"`
	}
	if err := json.Unmarshal(body, &in); err != nil || r.URL.Path != "/mms/messages" {
		o.t.Errorf("%s: %v", r.URL.Path, err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, f := range in.Template.Frames {
		for _, e := range f.Elements {
			if e.SHA256 != "" && o.contents[e.SHA256] == 0 {
				w.WriteHeader(http.StatusUnprocessableEntity)
				fmt.Fprintf(w, `{"missing":[%q]}`, e.SHA256)
				return
			}
		}
	}
	var results []map[string]string
	for _, m := range in.Messages {
		if o.taken[m.ID] != "" {
			o.repeats++
		}
		o.taken[m.ID] = m.To
		results = append(results, map[string]string{"id": m.ID, "status": "taken", "carrier_id": "mm-" + m.ID[len(m.ID)-3:]})
	}
	o.once.Do(func() { close(o.arrived) })
	o.mu.Unlock()
	<-o.gate
	o.mu.Lock()
	_ = json.NewEncoder(w).Encode(map[string]any{"results": results})
}

// tell reports to the server and returns its answer.
func (o *videoOperator) tell(s *server, body any) string {
	o.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		o.t.Fatal(err)
	}
	hook, err := standardwebhooks.NewWebhook(videoSecret)
	if err != nil {
		o.t.Fatal(err)
	}
	now := time.Now()
	sig, err := hook.Sign("r1", now, b)
	if err != nil {
		o.t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodPost, s.API+"/x/v1/video-sms/reports", bytes.NewReader(b))
	if err != nil {
		o.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("webhook-id", "r1")
	r.Header.Set("webhook-timestamp", strconv.FormatInt(now.Unix(), 10))
	r.Header.Set("webhook-signature", sig)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		o.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		o.t.Fatalf("the report was answered %d %s (%v)", resp.StatusCode, answer, err)
	}
	return string(answer)
}

func (o *videoOperator) ids() map[string]string {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := map[string]string{}
	maps.Copy(out, o.taken)
	return out
}

// repeated is how many messages came again.
func (o *videoOperator) repeated() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.repeats
}

// videoHook is the customer's server: what it was told, by path.
type videoHook struct {
	url  string
	mu   sync.Mutex
	told map[string][]map[string]any
}

func newVideoHook(t testing.TB) *videoHook {
	h := &videoHook{told: map[string][]map[string]any{}}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var v map[string]any
		b, err := io.ReadAll(r.Body)
		if err == nil {
			err = json.Unmarshal(b, &v)
		}
		if err != nil || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("callback %s: %v", r.URL.Path, err)
		}
		fitsWebhook(t, map[string]string{"/states": "videoStatus", "/answers": "videoReply", "/template": "videoTemplateStatus"}[r.URL.Path], b)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.told[r.URL.Path] = append(h.told[r.URL.Path], v)
	}))
	t.Cleanup(s.Close)
	h.url = s.URL
	return h
}

// rows are the entries of a list in all pushes to a path.
func (h *videoHook) rows(path, list string) (out []map[string]any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, v := range h.told[path] {
		rows, _ := v[list].([]any)
		for _, r := range rows {
			out = append(out, r.(map[string]any))
		}
	}
	return out
}

// TestVideoStory: a customer's unmodified SDK program makes a video template and sends it; the server is killed while the operator's gateway has the messages and its answer is
// not known; after a restart each handset still gets one message, the customer hears of each, and the bill is what was delivered.
func TestVideoStory(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine) {
		data := t.TempDir()
		a := newAccount(t, e, data, "Example Mall")
		operator, customer := newVideoOperator(t), newVideoHook(t)
		flags := []string{"--video-gateway", operator.url, "--video-gateway-secret", videoSecret, "--callback-allow", "127.0.0.1/32", "--node", "video-1"}
		s := start(t, e, data, flags...)
		c := sdk(t, s, a)
		for i, path := range []string{"/states", "/answers"} {
			r, err := c.AddVmsCallBack(&model.AddVmsCallBackRequest{ContentType: "application/json", Body: &model.AddVmsCallBackRequestBody{UrlType: int32(i), CallbackUrl: customer.url + path}})
			must(t, "callback", r, err)
		}
		picture := strings.TrimPrefix(photo(t, 320, 240), "data:image/jpeg;base64,")
		tpl, err := c.CreateVmsTemplate(&model.CreateVmsTemplateRequest{ContentType: "application/json", Body: &model.CreateVmsTemplateRequestBody{
			ExpirationTime: "30", TplName: "spring", Title: "春季上新", Callbackurl: new(customer.url + "/template"), Reslist: []model.ResourceInfo{
				{Index: new("1-1"), Type: "jpg", Name: "sale.jpg", Source: "file", Content: picture},
				{Index: new("1-2"), Type: "txt", Name: "text", Source: "txt", Content: "【" + sign + "】您好#p_1#，春季上新，拒收请回复R"},
			}}})
		id := *must(t, "template", tpl, err).Tplid
		list, err := c.ListVmsTemplateStatus(&model.ListVmsTemplateStatusRequest{TplId: &id})
		shown := (*must(t, "templates", list, err).Data.Templates)[0]
		if page := fetch(t, *shown.PreviewUrl); page.Status != 200 || !strings.Contains(page.Body, "春季上新") || !strings.Contains(page.Body, "<mark>#p_1#</mark>") {
			t.Errorf("the preview: %d %s", page.Status, page.Body)
		}
		if guess := fetch(t, s.Edge+"/v/"+id); guess.Status != 404 {
			t.Errorf("the preview opens by its id: %d", guess.Status)
		}

		const n = 40
		numbers := make([]string, n)
		for i := range numbers {
			numbers[i] = fmt.Sprintf("1310000%04d", i)
		}
		sent, err := c.CreateVmsSendTask(&model.CreateVmsSendTaskRequest{ContentType: "application/json", Body: &model.CreateVmsSendTaskRequestBody{
			TaskName: "spring", TplId: id, Mobiles: &numbers,
			DyncParams: &[]model.ContentParam{{ParamName: "p_1", ContentType: "txt", ContentSource: "txt", ContentDetail: "张女士"}}}})
		task := *must(t, "send task", sent, err).Data.TaskId

		// The gateway has messages, and its answer dies with the server.
		select {
		case <-operator.arrived:
		case <-time.After(patience):
			t.Fatalf("nothing reached the gateway\n%s", s.log.String())
		}
		s.kill()
		close(operator.gate)
		s = start(t, e, data, flags...)
		c = sdk(t, s, a)
		// All of them may have been in the one request that was cut, so their number alone does not say that the new server has done its part.
		eventually(t, patience, "the gateway has all messages, and was asked again about those it had", func() error {
			if got, again := len(operator.ids()), operator.repeated(); got != n || again == 0 {
				return fmt.Errorf("%d of %d, %d again", got, n, again)
			}
			return nil
		})
		ids, seen := operator.ids(), map[string]bool{}
		var reports []map[string]string
		for id, to := range ids {
			if seen[to] {
				t.Errorf("%s has two messages", to)
			}
			seen[to] = true
			r := map[string]string{"id": id, "status": "delivered"}
			if to == "+86"+numbers[7] {
				r = map[string]string{"id": id, "status": "failed", "code": "MK:0001"}
			}
			reports = append(reports, r)
		}
		said := map[string]any{"reports": reports, "uplinks": []map[string]string{{"uplink_id": "u1", "from": "+86" + numbers[3], "content": "It's late, 好"}}}
		if got := operator.tell(s, said); !strings.Contains(got, fmt.Sprintf(`"applied":%d`, n+1)) {
			t.Errorf("the report: %s", got)
		}
		if got := operator.tell(s, said); !strings.Contains(got, `"applied":0`) {
			t.Errorf("the same report: %s", got)
		}
		tasks, err := c.ListVmsSendTasks(&model.ListVmsSendTasksRequest{TaskId: &task})
		if got := (*must(t, "tasks", tasks, err).Data.AimBasicSendTasks)[0]; *got.TaskState != "sending_complete" || *got.TotalCount != n || *got.SuccessCount != n-1 || *got.FailedCount != 1 {
			t.Errorf("task %+v", got)
		}

		eventually(t, patience, "the customer knows everything", func() error {
			states := map[string]any{}
			for _, r := range customer.rows("/states", "reports") {
				if r["task_id"] == task {
					states[r["mobile"].(string)] = r["code"]
				}
			}
			answers := customer.rows("/answers", "result")
			customer.mu.Lock()
			told := len(customer.told["/template"])
			customer.mu.Unlock()
			if len(states) != n || states[numbers[7]] != "MK:0001" || states[numbers[3]] != "DELIVRD" || len(answers) == 0 || told == 0 {
				return fmt.Errorf("%d states, %v, %d template states", len(states), answers, told)
			}
			if a := answers[0]; a["content"] != "It%27s+late%2C+%E5%A5%BD" || a["mobile"] != numbers[3] || a["task_id"] != task {
				t.Errorf("answer %v", a)
			}
			return nil
		})
		eventually(t, patience, "the bill is what was delivered", func() error {
			if u := usage(t, s, a); u["aim_basic_send"] != n-1 {
				return fmt.Errorf("%v", u)
			}
			return nil
		})
		for _, value := range readTopic(t, s.Kafka[0], e.topicPrefix()+"cardlink.basic") {
			if recipient.Match(value) {
				t.Fatalf("a phone number travels in clear on Kafka: %s", value)
			}
		}
		s.stop(t)
		audit(t, e, data, true)
		if recipient.MatchString(s.log.String()) {
			t.Error("a phone number is in the log")
		}
	})
}
