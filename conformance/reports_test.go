package conformance

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/koomessage/v1/model"
)

// TestReportsAgreeWithTheFacts makes traffic with a seed, reads every raw event back from Kafka as anybody could, adds them up here by the definitions of
// docs/reports.md, and compares with what the report API says.
func TestReportsAgreeWithTheFacts(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine) {
		data := t.TempDir()
		a := newAccount(t, e, data, "Example Mall")
		carrier := newCarrier(t)
		s := start(t, e, data, "--channels", carrier.channels())
		c := sdk(t, s, a)
		m := setUp(t, c)
		const seed = 20260102
		rnd := rand.New(rand.NewPCG(seed, 1))
		t.Logf("seed %d", seed)

		// Three campaigns of forty, and a group link.
		for i := range 3 {
			sendTask(t, c, m, fmt.Sprintf("campaign %d", i), 40*i, 40)
		}
		eventually(t, patience, "the carrier has all messages", func() error {
			if n := len(carrier.messages()); n != 120 {
				return fmt.Errorf("%d of 120", n)
			}
			return nil
		})
		group, err := c.CreateResolveTask(&model.CreateResolveTaskRequest{ContentType: "application/json", Body: &model.CreateResolveTaskRequestBody{
			TplId: m.PlainTplID, SmsSigns: []string{sign}, ResolvingTimes: 40, AimCodeType: "group", ExpirationTime: 30,
			Params: []model.CreateShortChainParam{{CustFlag: "campaign"}},
		}})
		code := *(*must(t, "group link", group, err).Params)[0].AimCode
		codes := []string{}
		for _, msg := range carrier.messages() {
			codes = append(codes, codeIn(t, s, msg.Text))
		}
		slices.Sort(codes) // the carrier's order is not the seed's

		// Handsets draw, ask again, show and are touched; people open pages; robots do too.
		cards := 0
		for range 200 {
			at := codes[rnd.IntN(len(codes))]
			if rnd.IntN(4) == 0 {
				at = code
			}
			switch rnd.IntN(5) {
			case 0, 1, 2:
				vendor := vendors[rnd.IntN(len(vendors))]
				r := resolve(t, s, at, vendor, fmt.Sprintf("handset-%d", rnd.IntN(60)))
				if r.Status != 200 {
					continue
				}
				cards++
				var drawn struct {
					Beacons struct{ Expose, Click string }
				}
				if err := json.Unmarshal([]byte(r.Body), &drawn); err != nil || drawn.Beacons.Expose == "" {
					t.Fatalf("no beacons in %s", r.Body)
				}
				for range rnd.IntN(3) {
					fetch(t, reachable(s, drawn.Beacons.Expose)+"?seq="+fmt.Sprint(rnd.IntN(2)))
				}
				if rnd.IntN(2) == 0 {
					fetch(t, reachable(s, drawn.Beacons.Click)+fmt.Sprintf("?seq=%d&page=1&position=4", rnd.IntN(3)))
				}
			case 3:
				page := browse(t, s, at)
				for _, img := range regexp.MustCompile(`src="([^"]*/e/x/[^"]+)"`).FindAllStringSubmatch(page.Body, -1) {
					fetch(t, reachable(s, img[1]), "Accept", "image/*")
				}
				for _, ping := range regexp.MustCompile(`ping="([^"]*/e/c/[^"]+)"`).FindAllStringSubmatch(page.Body, 1) {
					fetch(t, reachable(s, strings.ReplaceAll(ping[1], "&amp;", "&")))
				}
			default:
				fetch(t, s.Edge+"/"+at, "User-Agent", "facebookexternalhit/1.1")
			}
		}
		if cards < 50 {
			t.Fatalf("%d cards", cards)
		}

		// What the events add up to, once they are all there.
		eventually(t, patience, "the reports say what the events say", func() error {
			f := readFacts(t, s, e, a.Tenant)
			if n := f.count("aim.send.receipt.v1", func(map[string]any) bool { return true }); n != 120 {
				return fmt.Errorf("%d receipts of 120", n)
			}
			for _, tpl := range []string{m.TplID, m.PlainTplID} {
				if err := sameSendReport(c2{t, c}, f, tpl); err != nil {
					return err
				}
				for _, vendor := range append([]string{""}, vendors...) {
					if err := sameTemplateReport(c2{t, c}, f, tpl, vendor); err != nil {
						return err
					}
				}
			}
			return nil
		})
	})
}

// reachable makes an address of the page or card one that the test can call: the server's origin may be another name for it.
func reachable(s *server, address string) string {
	if i := strings.Index(address, "/e/"); i >= 0 {
		return s.Edge + address[i:]
	}
	return address
}

type c2 struct {
	t testing.TB
	c interface {
		ListAimSendReports(*model.ListAimSendReportsRequest) (*model.ListAimSendReportsResponse, error)
		ListAimTemplateReports(*model.ListAimTemplateReportsRequest) (*model.ListAimTemplateReportsResponse, error)
	}
}

func sameSendReport(c c2, f facts, tpl string) error {
	of := func(d map[string]any) bool { return d["tpl_id"] == tpl }
	submitted := 0
	for _, x := range f.byID {
		if x.Type == "aim.send.accepted.v1" && of(x.Data) {
			submitted += int(x.Data["submission_count"].(float64))
		}
	}
	want := [4]int{
		submitted,
		f.count("aim.send.submitted.v1", of),
		f.count("aim.send.receipt.v1", func(d map[string]any) bool { return of(d) && d["final"] == "success" }),
		f.count("aim.parse.result.v1", func(d map[string]any) bool {
			return of(d) && d["result"] == "success" && d["repeat"] == false && d["from_send"] == true
		}),
	}
	begin, end := dayAgo(), hourAhead()
	r, err := c.c.ListAimSendReports(&model.ListAimSendReportsRequest{ContentType: "application/json", Body: &model.ListAimSendReportsRequestBody{
		TplId: &tpl, BeginTime: &begin, EndTime: &end,
	}})
	var got [4]int
	rows := *must(c.t, "send report", r, err).Data.DataList
	today := time.Now().UTC().Format(time.DateOnly) // by now: a day may have begun since the traffic
	for _, row := range rows {
		if *row.TplId != tpl || *row.ReportTime > today {
			return fmt.Errorf("a row of %s on %s", *row.TplId, *row.ReportTime)
		}
		for i, n := range []*int32{row.SubmissionCount, row.SendCount, row.SendSuccessCount, row.ResolveSuccessCount} {
			got[i] += int(*n)
		}
	}
	if submitted > 0 && slices.Contains(want[:], 0) {
		return fmt.Errorf("too little traffic to prove anything: %v", want)
	}
	if got != want {
		return fmt.Errorf("send report of %s: %v, the events say %v", tpl, got, want)
	}
	return nil
}

func sameTemplateReport(c c2, f facts, tpl, vendor string) error {
	type numbers struct{ resolved, exposePV, exposeUV, clickPV, clickUV int }
	var want numbers
	exposed, clicked := map[any]bool{}, map[any]bool{}
	for _, x := range f.byID {
		d := x.Data
		v, _ := d["vendor"].(string)
		if x.Type == "aim.link.click.v1" {
			v = "H5"
		}
		if d["tpl_id"] != tpl || vendor != "" && v != vendor {
			continue
		}
		switch x.Type {
		case "aim.parse.result.v1":
			if d["result"] == "success" && d["repeat"] == false {
				want.resolved++
				want.exposePV++
				exposed[d["visitor_ref"]] = true
			}
		case "aim.link.click.v1":
			if d["ua_class"] != "human" || d["target"] == "gone" {
				continue
			}
			want.clickPV++
			clicked[d["visitor_ref"]] = true
			if d["target"] == "h5" {
				want.exposePV++
				exposed[d["visitor_ref"]] = true
			}
		case "aim.card.expose.v1":
			if d["implied"] != true && d["page"].(float64) <= 1 {
				want.exposePV++
				exposed[d["visitor_ref"]] = true
			}
		case "aim.card.click.v1":
			want.clickPV++
			clicked[d["visitor_ref"]] = true
		}
	}
	want.exposeUV, want.clickUV = len(exposed), len(clicked)
	body := &model.ListAimTemplateReportsRequestBody{TplIds: []string{tpl}, BeginTime: dayAgo(), EndTime: hourAhead()}
	if vendor != "" {
		body.FactoryType = &[]string{strings.ToLower(vendor)}
	}
	r, err := c.c.ListAimTemplateReports(&model.ListAimTemplateReportsRequest{ContentType: "application/json", Body: body})
	var got numbers
	for _, row := range *must(c.t, "template report", r, err).TemplateReports {
		got = numbers{int(*row.ResolvingTimes), int(*row.ExposePv), int(*row.ExposeUv), int(*row.ClickPv), int(*row.ClickUv)}
	}
	if vendor == "" && (want.resolved == 0 || want.clickPV == 0 || want.exposeUV < 10 || want.exposePV <= want.resolved) {
		return fmt.Errorf("too little traffic to prove anything: %+v", want)
	}
	if got != want {
		return fmt.Errorf("template report of %s for %q: %+v, the events say %+v", tpl, vendor, got, want)
	}
	return nil
}
