package conformance

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/koomessage/v1/model"

	"cardlink/enginetest"
)

// TestGrow: a business that began on one machine moves to PostgreSQL, Apache Kafka and Redis in the middle of its campaigns. Links that are out keep working and keep
// their limits, numbering goes on, and both halves are on one bill.
func TestGrow(t *testing.T) {
	small, grown := engine{name: "one machine"}, grownUp(t)
	data := t.TempDir()
	a := newAccount(t, small, data, "Example Mall")
	carrier := newCarrier(t)
	delivered := carrier.delivered()
	edge := enginetest.Address(t)
	flags := []string{"--channels", carrier.channels(), "--edge", edge, "--domains", edge}

	s := start(t, small, data, flags...)
	c := sdk(t, s, a)
	m := setUp(t, c)
	group, err := c.CreateResolveTask(&model.CreateResolveTaskRequest{Body: &model.CreateResolveTaskRequestBody{
		TplId: m.PlainTplID, SmsSigns: []string{sign}, ResolvingTimes: 6, AimCodeType: "group", ExpirationTime: 30,
		Params: []model.CreateShortChainParam{{CustFlag: "campaign-618"}},
	}})
	code := *(*must(t, "resolve task", group, err).Params)[0].AimCode
	for _, v := range vendors[:3] {
		card(t, resolve(t, s, code, v, "handset-"+v), v, "春季上新")
	}
	links := map[string]string{} // recipient → code
	campaign := func(name string, first, n int) {
		t.Helper()
		send := sendTask(t, c, m, name, first, n)
		eventually(t, patience, name+" has all receipts", func() error {
			for _, msg := range carrier.messages() {
				links[msg.Dest] = codeIn(t, s, msg.Text)
			}
			r, err := c.ListAimSendDetails(&model.ListAimSendDetailsRequest{TaskId: send.TaskId, Offset: 0, Limit: 100})
			done := 0
			for _, d := range *must(t, "send details", r, err).SendDetails {
				if *d.SendStatus == "success" || *d.SendStatus == "fail" {
					done++
				}
			}
			if done != n {
				return fmt.Errorf("%d of %d", done, n)
			}
			return nil
		})
	}
	billed := func(parses int) {
		t.Helper()
		eventually(t, patience, "the bill is what happened", func() error {
			u := usage(t, s, a)
			if u["aim_send"] != delivered() || u["aim_parse"] != parses {
				return fmt.Errorf("%v, want %d sends and %d parses", u, delivered(), parses)
			}
			return nil
		})
	}
	campaign("before", 0, 30)
	taken := links[number(t, links, "0003")]
	card(t, resolve(t, s, taken, "VIVO", "first handset"), "VIVO", "尊敬的张0003")
	billed(4)
	s.stop(t)

	// The address of a database that has no schema yet is all it takes.
	var copied struct {
		Tables int `json:"tables"`
		Rows   int `json:"rows"`
	}
	to := storeFlags(grown, data)[3]
	if err := json.Unmarshal(command(t, "copy", "--data", data, "--to", to, "--json"), &copied); err != nil || copied.Rows < 100 || copied.Tables < 50 {
		t.Fatalf("copied %+v (%v)", copied, err)
	}
	if out, err := exec.Command(program(t), "copy", "--data", data, "--to", to).CombinedOutput(); err == nil || !strings.Contains(string(out), "empty") {
		t.Errorf("a second copy over the first: %v %s", err, out)
	}
	s = start(t, grown, data, flags...)
	c = sdk(t, s, a)

	for _, v := range vendors[3:] {
		card(t, resolve(t, s, code, v, "handset-"+v), v, "春季上新")
	}
	if r := resolve(t, s, code, "HUAWEI", "a seventh handset"); r.Status != 410 {
		t.Errorf("the seventh of six resolutions answered %d, want 410", r.Status)
	}
	if r := resolve(t, s, taken, "VIVO", "second handset"); r.Status != 410 {
		t.Errorf("a link that was taken before answered %d, want 410", r.Status)
	}
	if page := browse(t, s, taken); page.Status != 200 || !strings.Contains(page.Body, "尊敬的张0003") {
		t.Errorf("its page: %d %s", page.Status, page.Body)
	}
	card(t, resolve(t, s, links[number(t, links, "0007")], "OPPO", "late handset"), "OPPO", "尊敬的张0007")
	campaign("after", 100, 20)
	if len(links) != 50 {
		t.Errorf("%d different recipients, want 50", len(links))
	}
	billed(8)
	s.stop(t)
	audit(t, grown, data, true)
	audit(t, small, data, true) // what was left behind is as it was
}

// number is the recipient whose number ends so.
func number(t testing.TB, links map[string]string, end string) string {
	t.Helper()
	for dest := range links {
		if strings.HasSuffix(dest, end) {
			return dest
		}
	}
	t.Fatalf("nobody's number ends in %s", end)
	return ""
}
