package conformance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/koomessage/v1/model"
)

var vendors = []string{"HUAWEI", "XIAOMI", "OPPO", "VIVO", "MEIZU", "SAMSUNG"}

// TestStory is the main job end to end: a marketer's unmodified SDK program sends a card campaign, a CMPP carrier receives it, handsets get their vendors' cards, a
// browser gets a page, the customer gets the receipts, the facts are on Kafka, and the bill equals what happened.
func TestStory(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine) {
		data := t.TempDir()
		a := newAccount(t, e, data, "Example Mall")
		carrier := newCarrier(t)
		hook := newHook(t)
		s := start(t, e, data, "--channels", carrier.channels(), "--callback-allow", "127.0.0.1/32", "--allow-any-jump")
		c := sdk(t, s, a)
		m := setUp(t, c)

		cb, err := c.AddCallBack(&model.AddCallBackRequest{ContentType: "application/json", Body: &model.AddCallbackRequestBody{CallbackUrl: hook.url, UrlType: new(int32(0))}})
		if must(t, "callback", cb, err); *cb.Data.CallbackUrl != hook.url {
			t.Fatalf("registered %q", *cb.Data.CallbackUrl)
		}
		tpls, err := c.ListAimTemplates(&model.ListAimTemplatesRequest{TplId: &m.TplID})
		if got := *must(t, "list templates", tpls, err).Templates; len(got) != 1 || *got[0].AuditState != 2 || len(*got[0].FactoryInfo) != 6 || !json.Valid([]byte(*got[0].Pages)) {
			t.Fatalf("template is not approved at six vendors: %+v", got)
		}

		// A group link, resolved once by each vendor's message app and opened in a browser.
		group, err := c.CreateResolveTask(&model.CreateResolveTaskRequest{ContentType: "application/json", Body: &model.CreateResolveTaskRequestBody{
			TplId: m.PlainTplID, SmsSigns: []string{sign}, ResolvingTimes: 6, AimCodeType: "group", ExpirationTime: 30,
			Params: []model.CreateShortChainParam{{CustFlag: "campaign-618"}},
		}})
		link := (*must(t, "resolve task", group, err).Params)[0]
		if *link.ResultCode != "0" || *link.AimUrl != strings.TrimPrefix(s.Edge, "http://")+"/"+*link.AimCode {
			t.Fatalf("link %+v", link)
		}
		for _, v := range vendors {
			card(t, resolve(t, s, *link.AimCode, v, "handset-"+v), v, "春季上新", "全场五折")
		}
		if r := resolve(t, s, *link.AimCode, "HUAWEI", "handset-HUAWEI"); r.Status != 200 {
			t.Errorf("the same handset asked again and got %d, want its card without a second unit", r.Status)
		}
		if r := resolve(t, s, *link.AimCode, "HUAWEI", "a seventh handset"); r.Status != 410 {
			t.Errorf("the seventh of six resolutions answered %d, want 410", r.Status)
		}
		if page := browse(t, s, *link.AimCode); page.Status != 200 || !strings.Contains(page.Body, "春季上新") || !strings.HasPrefix(page.Header.Get("Content-Type"), "text/html") {
			t.Errorf("the page: %d %s", page.Status, page.Body)
		}
		details := func(task string) []model.AimResolveDetail {
			r, err := c.ListAimResolveDetails(&model.ListAimResolveDetailsRequest{TaskId: &task, Offset: 0, Limit: 100})
			return *must(t, "resolve details", r, err).ResolveDetails
		}
		eventually(t, patience, "the group link shows six resolutions", func() error {
			r, err := c.ListResolveTasks(&model.ListResolveTasksRequest{TaskId: group.TaskId})
			if got := *must(t, "resolve tasks", r, err).ResolveTasks; len(got) != 1 || *got[0].ResolvedTimes != 6 {
				return fmt.Errorf("%+v", got)
			}
			return nil
		})

		// The campaign: one hundred recipients, each with an own link.
		send := sendTask(t, c, m, "spring", 0, 100)
		if *send.TaskState != "Success" || *send.SubmissionCount != 100 || *send.SupportResolveCount != -1 || len(*send.FailedShortChains) != 0 {
			t.Fatalf("send task %+v", send)
		}
		eventually(t, patience, "the carrier has all messages", func() error {
			if n := len(carrier.messages()); n != 100 {
				return fmt.Errorf("%d of 100", n)
			}
			return nil
		})
		links := map[string]string{} // recipient → code
		for _, msg := range carrier.messages() {
			if !strings.HasPrefix(msg.Text, "【"+sign+"】") || !strings.Contains(msg.Text, "拒收请回复R") {
				t.Fatalf("text on the wire: %q", msg.Text)
			}
			links[msg.Dest] = codeIn(t, s, msg.Text)
		}
		if len(links) != 100 {
			t.Fatalf("%d different recipients, want 100", len(links))
		}

		// Sixty handsets draw the card, ten people tap.
		resolved := 6
		i := 0
		for _, dest := range slices.Sorted(mapsKeys(links)) {
			switch {
			case i < 60:
				v := vendors[i%6]
				card(t, resolve(t, s, links[dest], v, "handset-"+dest), v, "尊敬的张"+suffix(dest), "满99减"+suffix(dest))
				resolved++
			case i < 70:
				if page := browse(t, s, links[dest]); page.Status != 200 || !strings.Contains(page.Body, "尊敬的张"+suffix(dest)) {
					t.Errorf("page of %s: %d %s", dest, page.Status, page.Body)
				}
			}
			i++
		}
		delivered := carrier.delivered()
		formats := map[uint8]int{}
		for _, msg := range carrier.messages() {
			formats[msg.Format]++
		}
		if formats[8]+formats[15] != 100 {
			t.Errorf("codings on the wire %v, want UCS-2 (8) or GBK (15) only", formats)
		}
		eventually(t, patience, "send details show every receipt", func() error {
			r, err := c.ListAimSendDetails(&model.ListAimSendDetailsRequest{TaskId: send.TaskId, Offset: 0, Limit: 100})
			count := map[string]int{}
			for _, d := range *must(t, "send details", r, err).SendDetails {
				count[*d.SendStatus]++
			}
			if count["success"] != delivered() || count["fail"] != 100-delivered() {
				return fmt.Errorf("%v, want %d delivered", count, delivered())
			}
			return nil
		})
		eventually(t, patience, "resolve details show sixty", func() error {
			n := 0
			for _, d := range details(*send.TaskId) {
				if *d.ResolvedStatus == "success" {
					n++
				}
			}
			if n != 60 {
				return fmt.Errorf("%d", n)
			}
			return nil
		})

		// The customer: one sms receipt a recipient, one shortchain receipt a resolution, none of them twice.
		eventually(t, patience, "the customer has all receipts", func() error {
			if sms, short := hook.count("sms"), hook.count("shortchain"); sms != 100 || short != resolved {
				return fmt.Errorf("%d sms and %d shortchain receipts; want 100 and %d", sms, short, resolved)
			}
			return nil
		})
		hook.check(t, a, *send.TaskId, delivered())

		// The facts and the bill.
		facts := readFacts(t, s, e, a.Tenant)
		if n := facts.successfulSends(); n != delivered() {
			t.Errorf("%d successful sends on Kafka, %d happened", n, delivered())
		}
		if n := facts.successfulParses(); n != resolved {
			t.Errorf("%d successful resolutions on Kafka, %d happened", n, resolved)
		}
		if recipient.MatchString(facts.raw) {
			t.Error("a phone number travels in clear on Kafka")
		}
		eventually(t, patience, "usage equals the facts", func() error {
			u := usage(t, s, a)
			if u["aim_send"] != delivered() || u["aim_parse"] != resolved {
				return fmt.Errorf("%v, want %d sends and %d parses", u, delivered(), resolved)
			}
			return nil
		})
		s.stop(t)
		audit(t, e, data, true)
		if recipient.MatchString(s.log.String()) {
			t.Error("a phone number is in the log")
		}
	})
}

// sendTask sends n messages to numbers from 1310000<first> on.
func sendTask(t testing.TB, c sender, m marketing, name string, first, n int) *model.CreateAimSendTaskResponse {
	t.Helper()
	r, err := trySendTask(c, m, name, first, n)
	return must(t, "send task", r, err)
}

type sender interface {
	CreateAimSendTask(*model.CreateAimSendTaskRequest) (*model.CreateAimSendTaskResponse, error)
}

func trySendTask(c sender, m marketing, name string, first, n int) (*model.CreateAimSendTaskResponse, error) {
	params := make([]model.CreateResolveTaskParam, n)
	for i := range params {
		number := fmt.Sprintf("1310000%04d", first+i)
		params[i] = model.CreateResolveTaskParam{CustFlag: number, SmsParams: new([]string{}),
			DyncParams: map[string]string{"param1": "张" + number[7:], "param2": "满99减" + number[7:], "param3": "8月18日", "param4": "HD8086"}} // a card ignores what it does not declare
	}
	return c.CreateAimSendTask(&model.CreateAimSendTaskRequest{ContentType: "application/json", Body: &model.CreateAimSendTaskRequestBody{
		TaskName:    name,
		SmsChannel:  &model.SmsChannel{ChannelNumber: m.ChannelNumber, SmsTplId: m.SMSTplID, SmsSign: m.Sign, SmsAppName: m.App},
		ResolveTask: &model.AimResolveTask{TplId: m.TplID, ResolveTimes: 1, AimCodeType: "individual", ExpirationTime: 7, Params: params},
	}})
}

func errorf(format string, args ...any) error { return fmt.Errorf(format, args...) }

func suffix(dest string) string { return dest[len(dest)-4:] }

// codeIn finds the link in an SMS text: the edge's host, a slash, the code, with a blank before and after.
func codeIn(t testing.TB, s *server, text string) string {
	t.Helper()
	host := strings.TrimPrefix(s.Edge, "http://") + "/"
	_, rest, ok := strings.Cut(text, " "+host)
	code, _, blank := strings.Cut(rest, " ")
	if !ok || !blank || code == "" {
		t.Fatalf("no link to %s with blanks around it in %q", host, text)
	}
	return code
}

func usage(t testing.TB, s *server, a account) map[string]int {
	t.Helper()
	r := signed(t, s, a, http.MethodGet, "/x/v1/usage", nil)
	var u struct {
		Totals struct {
			Items []struct {
				Meter    string `json:"meter"`
				Quantity int    `json:"quantity"`
			} `json:"items"`
		} `json:"totals"`
	}
	if r.Status != 200 || json.Unmarshal([]byte(r.Body), &u) != nil {
		t.Fatalf("usage: %d %s", r.Status, r.Body)
	}
	sum := map[string]int{}
	for _, row := range u.Totals.Items {
		sum[row.Meter] += row.Quantity
	}
	return sum
}

// audit proves the books; with settled, nothing may be on its way any more.
func audit(t testing.TB, e engine, data string, settled bool) {
	t.Helper()
	args := []string{"audit", "--json"}
	if settled {
		args = append(args, "--settled")
	}
	command(t, append(args, storeFlags(e, data)...)...)
}
