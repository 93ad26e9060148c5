package api

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	mathrand "math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/koomessage/v1/model"
	"github.com/valyala/fasthttp"
	"pgregory.net/rapid"

	"cardlink/enginetest"
	"cardlink/event"
	"cardlink/identity"
	"cardlink/report"
	"cardlink/store"
)

var reportNow = time.Date(2026, 3, 2, 15, 4, 5, 0, time.UTC) // the second day of a month

// reportEngines runs body on a store of each engine.
func reportEngines(t *testing.T, body func(t *testing.T, db *store.DB)) {
	t.Helper()
	run := func(name string, options func(t *testing.T) store.Options) {
		t.Run(name, func(t *testing.T) {
			db, err := store.Open(context.Background(), options(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			})
			if _, err := db.Migrate(context.Background()); err != nil {
				t.Fatal(err)
			}
			body(t, db)
		})
	}
	run("sqlite", func(t *testing.T) store.Options { return store.Options{File: filepath.Join(t.TempDir(), "test.db")} })
	run("postgres", func(t *testing.T) store.Options {
		return store.Options{URL: enginetest.Postgres(t)}
	})
}

// reportFace asks the report API as a user of a tenant.
type reportFace struct {
	t      testing.TB
	server *Server
}

// byTenantHeader lets everybody in as a user of the tenant they name.
type byTenantHeader struct{ asUser }

func (byTenantHeader) Identify(_ context.Context, c identity.Credential) (identity.Principal, error) {
	return identity.Principal{Tenant: c.Header("X-Tenant")[0], UserName: "api-user"}, nil
}

func newReportFace(t testing.TB, db report.Store) *reportFace {
	t.Helper()
	room, err := report.NewService(db)
	if err != nil {
		t.Fatal(err)
	}
	return &reportFace{t, New(Options{Now: func() time.Time { return reportNow }}, byTenantHeader{}, Rooms{Reports: room})}
}

func (f *reportFace) ask(tenant, path, body string) (int, string) {
	var in fasthttp.Request
	in.Header.SetMethod("POST")
	in.Header.Set("X-Tenant", tenant)
	in.Header.SetContentType("application/json")
	in.SetRequestURI(path)
	in.SetBodyString(body)
	var c fasthttp.RequestCtx
	c.Init(&in, nil, nil)
	f.server.serve(&c)
	return c.Response.StatusCode(), string(c.Response.Body())
}

func (f *reportFace) read(tenant, path, body string, into any) {
	f.t.Helper()
	status, answer := f.ask(tenant, path, body)
	if status != 200 {
		f.t.Fatalf("%s %s: %d %s", path, body, status, answer)
	}
	if err := json.Unmarshal([]byte(answer), into); err != nil {
		f.t.Fatal(err)
	}
}

const (
	sendReports     = "/v1/aim/send-reports"
	templateReports = "/v1/aim/template-reports/query"
)

// allSends reads a whole send report, page by page.
func (f *reportFace) allSends(tenant, more string) (rows []model.AimSendReport) {
	f.t.Helper()
	for {
		var r model.ListAimSendReportsResponse
		f.read(tenant, sendReports, fmt.Sprintf(`{"offset":%d,"limit":7%s}`, len(rows), more), &r)
		rows = append(rows, *r.Data.DataList...)
		if len(rows) == int(*r.Data.PageInfo.Total) {
			return rows
		}
		if len(*r.Data.DataList) == 0 {
			f.t.Fatalf("the list ends after %d rows of %d", len(rows), *r.Data.PageInfo.Total)
		}
	}
}

// traffic makes the facts of some days: several tenants, templates, vendors, all kinds of facts, with late ones among them. The first of several
// visitors comes back on other days and by other vendors.
func traffic(t testing.TB, rnd *mathrand.Rand, n int) (facts []event.Record) {
	t.Helper()
	add := func(r event.Record, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		facts = append(facts, r)
	}
	pick := func(list ...string) string { return list[rnd.IntN(len(list))] }
	for i := range n {
		tenant, tpl, vendor := pick("t-1", "t-1", "t-2"), pick("600000001", "600000002", "600000003"), pick("HUAWEI", "OPPO", "XIAOMI")
		if tenant == "t-2" && tpl == "600000003" {
			tpl = "600000004" // t-1 does not use it
		}
		at := reportNow.Add(-time.Duration(rnd.Int64N(int64(5 * 24 * time.Hour))))
		switch rnd.IntN(20) {
		case 0:
			at = at.Add(-9 * 24 * time.Hour) // late, and counted if not over 14 days
		case 1:
			at = at.Add(-20 * 24 * time.Hour) // too late
		case 2:
			at = reportNow.Add(time.Hour) // from the future
		}
		id := fmt.Sprintf("%06d", i)
		visitor := fmt.Sprintf("%016x", rnd.Uint64N(9))
		url := "s.example.com/" + id
		switch rnd.IntN(12) {
		case 0:
			add(event.SendAccepted{TaskID: id, TplID: tpl, TplName: "name of " + tpl, SubmissionCount: 1 + rnd.IntN(100), SendCount: 1, AcceptedAt: at}.Record(tenant))
		case 1, 2:
			add(event.SendSubmitted{TaskID: "task", MsgID: id, CustRef: "c", TplID: tpl, SubmittedAt: at}.Record(tenant))
		case 3, 4:
			sent := at.Add(-time.Duration(rnd.Int64N(int64(40 * time.Hour)))) // receipts come up to days later
			add(event.SendReceipt{MsgID: id, Final: pick(event.FinalSuccess, event.FinalSuccess, event.FinalFail, event.FinalTimeout), SendTime: sent, ReceiveTime: at, TplID: pick(tpl, tpl, "", "0")}.Record(tenant))
		case 5, 6, 7:
			d := event.ParseResult{ResolveID: id, AimURL: url, AimCodeType: "group", Ordinal: 1, Repeat: rnd.IntN(5) == 0, Vendor: vendor, TplID: tpl,
				Result: pick(event.ResultSuccess, event.ResultSuccess, event.ResultFail), FromSend: rnd.IntN(2) == 0, VisitorRef: visitor, ParsedAt: at}
			facts = append(facts, event.Record{Topic: event.TopicParse, Key: []byte(url), Value: d.AppendValue(nil, tenant)})
		case 8:
			d := event.LinkClick{RequestID: id, AimURL: url, TplID: tpl, Target: pick("h5", "h5", "custom_url", "gone"), UAClass: pick("human", "human", "scanner", "unknown"), VisitorRef: visitor, ClickedAt: at}
			facts = append(facts, event.Record{Topic: event.TopicLink, Key: []byte(url), Value: d.AppendValue(nil, tenant)})
		case 9:
			add(event.CardExpose{ResolveID: id, ClientSeq: int64(1 + rnd.IntN(3)), AimURL: url, TplID: tpl, Vendor: pick(vendor, event.VendorH5), Page: 1 + rnd.IntN(2),
				Implied: rnd.IntN(3) == 0, VisitorRef: visitor, ExposedAt: at}.Record(tenant))
		case 10:
			add(event.CardClick{ResolveID: id, ClientSeq: 1, AimURL: url, TplID: tpl, Vendor: pick(vendor, event.VendorH5), PositionNumber: 1, PageOrder: 1, VisitorRef: visitor, ClickedAt: at}.Record(tenant))
		case 11: // of no interest to reports
			add(event.LinkCreated{TaskID: "task", AimURL: url, TplID: tpl, ExpireAt: at}.Record(tenant, at))
		}
	}
	facts = append(facts, event.Record{Topic: event.TopicLink, Value: []byte(`{"no":"fact"}`)})
	return facts
}

// book is the facts read a second time, by nothing but docs/reports.md: the way a stranger with a Kafka consumer would check the reports.
type book struct {
	facts []map[string]any // one per (subject, source, id)
}

func openBook(t testing.TB, records []event.Record) *book {
	t.Helper()
	b := &book{}
	seen := map[string]bool{}
	for _, r := range records {
		var f map[string]any
		if err := json.Unmarshal(r.Value, &f); err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339Nano, fmt.Sprint(f["time"]))
		if err != nil || at.After(reportNow.Add(5*time.Minute)) || at.Before(reportNow.Add(-14*24*time.Hour)) {
			continue
		}
		if id := fmt.Sprint(f["subject"], "|", f["source"], "|", f["id"]); !seen[id] {
			seen[id] = true
			b.facts = append(b.facts, f)
		}
	}
	return b
}

// each calls fn for the facts of one type of a tenant.
func (b *book) each(tenant, typ string, fn func(tpl, day string, data map[string]any)) {
	for _, f := range b.facts {
		d := f["data"].(map[string]any)
		if tpl, _ := d["tpl_id"].(string); f["subject"] == tenant && f["type"] == typ && tpl != "" && tpl != "0" {
			day := fmt.Sprint(f["time"])[:10]
			if s, ok := d["send_time"].(string); ok {
				day = s[:10]
			}
			fn(tpl, day, d)
		}
	}
}

// sends is the send report; period is the length of report_time.
func (b *book) sends(tenant string, period int, first, last string) []string {
	type counts struct{ submitted, sent, delivered, resolved int }
	rows := map[[2]string]*counts{}
	row := func(day, tpl string) *counts {
		if day < first || day > last {
			return &counts{}
		}
		k := [2]string{day[:period], tpl}
		if rows[k] == nil {
			rows[k] = &counts{}
		}
		return rows[k]
	}
	names := map[string]string{}
	b.each(tenant, "aim.send.accepted.v1", func(tpl, day string, d map[string]any) {
		row(day, tpl).submitted += int(d["submission_count"].(float64))
		names[tpl] = d["tpl_name"].(string)
	})
	b.each(tenant, "aim.send.submitted.v1", func(tpl, day string, _ map[string]any) { row(day, tpl).sent++ })
	b.each(tenant, "aim.send.receipt.v1", func(tpl, day string, d map[string]any) {
		if d["final"] == "success" {
			row(day, tpl).delivered++
		}
	})
	b.each(tenant, "aim.parse.result.v1", func(tpl, day string, d map[string]any) {
		if d["result"] == "success" && d["repeat"] == false && d["from_send"] == true {
			row(day, tpl).resolved++
		}
	})
	var out []string
	for k, c := range rows {
		out = append(out, fmt.Sprintf("%s %s %q submitted %d sent %d delivered %d resolved %d", k[0], k[1], names[k[1]], c.submitted, c.sent, c.delivered, c.resolved))
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Compare(b, a) })
	return out
}

// templates is the template report.
func (b *book) templates(tenant string, tpls []string, vendors []string, first, last string) []string {
	var out []string
	for _, want := range tpls {
		resolved, exposePV, clickPV := 0, 0, 0
		exposeUV, clickUV := map[any]bool{}, map[any]bool{}
		in := func(tpl, day, vendor string) bool {
			return tpl == want && day >= first && day <= last && (len(vendors) == 0 || slices.Contains(vendors, vendor))
		}
		b.each(tenant, "aim.parse.result.v1", func(tpl, day string, d map[string]any) {
			if in(tpl, day, d["vendor"].(string)) && d["result"] == "success" && d["repeat"] == false {
				resolved++
				exposePV++
				exposeUV[d["visitor_ref"]] = true
			}
		})
		b.each(tenant, "aim.link.click.v1", func(tpl, day string, d map[string]any) {
			if !in(tpl, day, "H5") || d["ua_class"] != "human" || d["target"] == "gone" {
				return
			}
			clickPV++
			clickUV[d["visitor_ref"]] = true
			if d["target"] == "h5" {
				exposePV++
				exposeUV[d["visitor_ref"]] = true
			}
		})
		b.each(tenant, "aim.card.expose.v1", func(tpl, day string, d map[string]any) {
			if in(tpl, day, d["vendor"].(string)) && d["implied"] == nil && d["page"] == 1.0 {
				exposePV++
				exposeUV[d["visitor_ref"]] = true
			}
		})
		b.each(tenant, "aim.card.click.v1", func(tpl, day string, d map[string]any) {
			if in(tpl, day, d["vendor"].(string)) {
				clickPV++
				clickUV[d["visitor_ref"]] = true
			}
		})
		if resolved+exposePV+clickPV > 0 {
			out = append(out, fmt.Sprintf("%s resolved %d exposed %d/%d clicked %d/%d", want, resolved, exposePV, len(exposeUV), clickPV, len(clickUV)))
		}
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Compare(b, a) })
	return out
}

// compare asks for reports of every shape and compares them with the book's.
func (f *reportFace) compare(b *book, tenants ...string) {
	f.t.Helper()
	day := func(ago int) string { return reportNow.AddDate(0, 0, -ago).Format("2006-01-02") }
	check := func(what string, got, want []string) {
		f.t.Helper()
		if d := gocmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
			f.t.Errorf("%s (-facts +report):\n%s", what, d)
		}
	}
	for _, tenant := range tenants {
		for _, c := range []struct {
			what, more, first, last string
			period                  int
		}{
			{"daily", "", "0", "9", 10},
			{"monthly", `,"report_type":"2"`, "0", "9", 7},
			{"some days", `,"begin_time":"` + day(3) + `T23:59:59Z","end_time":"` + day(1) + `T00:00:00Z"`, day(3), day(1), 10},
			{"one template", `,"tpl_id":"600000002"`, "0", "9", 10},
			{"part of a name", `,"tpl_name":"of 600000002"`, "0", "9", 10},
		} {
			var got []string
			for _, r := range f.allSends(tenant, c.more) {
				if *r.SupportResolveCount != 0 {
					f.t.Errorf("support_resolve_count %d", *r.SupportResolveCount)
				}
				got = append(got, fmt.Sprintf("%s %s %q submitted %d sent %d delivered %d resolved %d",
					*r.ReportTime, *r.TplId, *r.TplName, *r.SubmissionCount, *r.SendCount, *r.SendSuccessCount, *r.ResolveSuccessCount))
			}
			want := b.sends(tenant, c.period, c.first, c.last)
			if strings.HasPrefix(c.what, "one") || strings.HasPrefix(c.what, "part") {
				want = slices.DeleteFunc(want, func(s string) bool { return !strings.Contains(s, "600000002") })
				if c.what[0] == 'p' && !strings.Contains(strings.Join(want, ""), "name of") {
					want = nil // nobody has told the name
				}
			}
			check(tenant+" "+c.what, got, want)
		}
		tpls := []string{"600000001", "600000002", "600000003", "600000004", "600000009"}
		for _, c := range []struct{ first, last, factories string }{
			{day(60), day(0), ""}, {day(2), day(2), ""}, {day(3), day(1), ""}, {day(60), day(0), `"huawei"`}, {day(4), day(0), `"oppo","XIAOMI"`},
		} {
			body := fmt.Sprintf(`{"tpl_ids":["%s"],"begin_time":"%sT10:00:00Z","end_time":"%sT20:00:00.522Z","limit":100`, strings.Join(tpls, `","`), c.first, c.last)
			var vendors []string
			if c.factories != "" {
				body += `,"factory_type":[` + c.factories + `]`
				vendors = strings.Split(strings.ToUpper(strings.ReplaceAll(c.factories, `"`, "")), ",")
			}
			var r model.ListAimTemplateReportsResponse
			f.read(tenant, templateReports, body+"}", &r)
			var got []string
			for _, x := range *r.TemplateReports {
				got = append(got, fmt.Sprintf("%s resolved %d exposed %d/%d clicked %d/%d", *x.TplId, *x.ResolvingTimes, *x.ExposePv, *x.ExposeUv, *x.ClickPv, *x.ClickUv))
				if *x.StartTime != c.first+"T10:00:00Z" || *x.EndTime != c.last+"T20:00:00Z" {
					f.t.Errorf("from %s to %s", *x.StartTime, *x.EndTime)
				}
			}
			check(tenant+" templates "+c.factories, got, b.templates(tenant, tpls, vendors, c.first, c.last))
			if int(*r.PageInfo.Total) != len(got) {
				f.t.Errorf("total %d of %d rows", *r.PageInfo.Total, len(got))
			}
		}
	}
}

// batches is a consumer group's view of records that come in parts and then no more.
type batches struct {
	parts   [][]event.Delivery
	commits int
	done    context.CancelFunc // called when all are committed
}

func (b *batches) Fetch(ctx context.Context) ([]event.Delivery, error) {
	if len(b.parts) == 0 {
		b.done()
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return b.parts[0], nil
}

func (b *batches) Commit(context.Context, []event.Delivery) error {
	b.parts = b.parts[1:]
	b.commits++
	return nil
}

// consume runs a consumer over records in parts of some size until all are committed.
func consume(t testing.TB, s report.Store, records []event.Record, size int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	src := &batches{done: cancel}
	for part := range slices.Chunk(records, size) {
		var ds []event.Delivery
		for i, r := range part {
			ds = append(ds, event.Delivery{Record: r, Offset: int64(i)})
		}
		src.parts = append(src.parts, ds)
	}
	want := len(src.parts)
	c, err := report.NewConsumer(report.ConsumerOptions{Source: src, Store: s, Now: func() time.Time { return reportNow }})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Run(ctx); err != nil || src.commits != want {
		t.Fatalf("%d of %d parts committed, %v", src.commits, want, err)
	}
}

// The reports are the facts: whatever is repeated, shuffled, late or none, both engines' reports say what the facts say when they are read again by
// somebody else.
func TestReportsAgreeWithTheFacts(t *testing.T) {
	reportEngines(t, func(t *testing.T, db *store.DB) {
		rnd := mathrand.New(mathrand.NewPCG(1, 2))
		facts := traffic(t, rnd, 3000)
		book := openBook(t, slices.DeleteFunc(slices.Clone(facts), func(r event.Record) bool { return strings.HasPrefix(string(r.Value), `{"no"`) }))
		comes := append(slices.Clone(facts), facts[:len(facts)/3]...) // some come twice
		rnd.Shuffle(len(comes), func(i, j int) { comes[i], comes[j] = comes[j], comes[i] })
		consume(t, db, comes, 257)
		face := newReportFace(t, db)
		face.compare(book, "t-1", "t-2", "t-3")
		if len(face.allSends("t-1", "")) < 10 || len(face.allSends("t-3", "")) != 0 {
			t.Error("too little traffic to compare, or some of nobody's")
		}
		consume(t, db, facts, 1000) // the whole stream again
		face.compare(book, "t-1", "t-2")
	})
}

// Any facts in any order, cut into any batches, with any repeats, give the same reports.
func TestOrderAndRepeatsChangeNothing(t *testing.T) {
	db, err := store.Open(context.Background(), store.Options{File: filepath.Join(t.TempDir(), "test.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		tenant := fmt.Sprintf("p-%d", run)
		facts := traffic(t, mathrand.New(mathrand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0)), rapid.IntRange(0, 60).Draw(rt, "facts"))
		facts = facts[:len(facts)-1] // the one that is none
		for i := range facts {
			facts[i].Value = []byte(strings.ReplaceAll(string(facts[i].Value), `"subject":"t-1"`, `"subject":"`+tenant+`"`))
		}
		book := openBook(t, facts)
		comes := rapid.Permutation(facts).Draw(rt, "order")
		if len(facts) > 0 {
			comes = append(comes, rapid.SliceOf(rapid.SampledFrom(facts)).Draw(rt, "again")...)
		}
		if len(comes) > 0 {
			consume(t, db, comes, rapid.IntRange(1, len(comes)).Draw(rt, "batch"))
		}
		face := newReportFace(t, db)
		face.compare(book, tenant)
		if t.Failed() {
			rt.FailNow()
		}
	})
}

func TestReportRequests(t *testing.T) {
	reportEngines(t, func(t *testing.T, db *store.DB) {
		r, err := event.SendAccepted{TaskID: "1", TplID: "600000001", TplName: "秋季会员日", SubmissionCount: 3, AcceptedAt: reportNow}.Record("a")
		if err != nil {
			t.Fatal(err)
		}
		parsed := event.ParseResult{ResolveID: "r", AimURL: "s/c", Ordinal: 1, Vendor: "VIVO", TplID: "600000001", Result: event.ResultSuccess, ParsedAt: reportNow}
		consume(t, db, []event.Record{r, {Topic: event.TopicParse, Value: parsed.AppendValue(nil, "a")}}, 10)
		face := newReportFace(t, db)
		const (
			oneSend = `{"status":"200","message":"success","data":{"data_list":[{"report_time":"2026-03-02","tpl_id":"600000001","tpl_name":"秋季会员日","submission_count":3,` +
				`"support_resolve_count":0,"send_count":0,"send_success_count":0,"resolve_success_count":0}],"page_info":{"offset":0,"limit":10,"total":1}}}`
			noSend = `{"status":"200","message":"success","data":{"data_list":[],"page_info":{"offset":%d,"limit":%d,"total":%d}}}`
			window = `"begin_time":"2026-03-01T00:00:00.522Z","end_time":"2026-03-02"`
			range2 = `"begin_time":"2026-03-01T00:00:00.522Z","end_time":"2026-03-02T00:00:00"`
			oneTpl = `{"template_reports":[{"tpl_id":"600000001","start_time":"2026-03-01T00:00:00Z","end_time":"2026-03-02T00:00:00Z","resolving_times":1,` +
				`"expose_uv":1,"expose_pv":1,"click_uv":0,"click_pv":0}],"page_info":{"offset":0,"limit":10,"total":1}}`
			noTpl = `{"template_reports":[],"page_info":{"offset":0,"limit":10,"total":0}}`
		)
		for _, c := range []struct {
			what, path, body, want string
		}{
			{"no body", sendReports, "", oneSend},
			{"an empty one", sendReports, "{}", oneSend},
			{"numbers for strings, null for nothing", sendReports, `{"report_type":1,"tpl_id":600000001,"offset":"0","limit":null,"tpl_name":null}`, oneSend},
			{"an enum's remark", sendReports, `{"report_type":"1：日报表"}`, oneSend},
			{"a lone bound holds", sendReports, `{"end_time":"2026-03-01T23:59:59Z"}`, fmt.Sprintf(noSend, 0, 10, 0)},
			{"past the last row served", sendReports, `{"offset":9951,"limit":50}`, fmt.Sprintf(noSend, 9951, 50, 1)},
			{"far past it", sendReports, `{"offset":2147483647,"limit":100}`, fmt.Sprintf(noSend, 2147483647, 100, 1)},
			{"another name", sendReports, `{"tpl_name":"春"}`, fmt.Sprintf(noSend, 0, 10, 0)},
			{"templates", templateReports, `{"tpl_ids":["600000001","600000001"],` + range2 + `}`, oneTpl},
			{"an id as a number", templateReports, `{"tpl_ids":[600000001],` + range2 + `}`, oneTpl},
			{"unknown templates", templateReports, `{"tpl_ids":["600000002"],` + range2 + `}`, noTpl},
			{"another vendor", templateReports, `{"tpl_ids":["600000001"],"factory_type":["meizu"],` + range2 + `}`, noTpl},
			{"its vendor", templateReports, `{"tpl_ids":["600000001"],"factory_type":["vivo","meizu"],` + range2 + `}`, oneTpl},
			{"more than 90 days", templateReports, `{"tpl_ids":["600000001"],"begin_time":"2025-12-01T00:00:00Z","end_time":"2026-03-02T00:00:00Z"}`, noTpl},
			{"not a time", templateReports, `{"tpl_ids":["600000001"],` + window + `}`, "end_time"},
			{"no ids", templateReports, `{` + range2 + `}`, "tpl_ids"},
			{"ids that are null", templateReports, `{"tpl_ids":null,` + range2 + `}`, "tpl_ids"},
			{"an empty list", templateReports, `{"tpl_ids":[],` + range2 + `}`, "tpl_ids"},
			{"101 ids", templateReports, `{"tpl_ids":["1"` + strings.Repeat(`,"1"`, 100) + `],` + range2 + `}`, "tpl_ids"},
			{"an id that is none", templateReports, `{"tpl_ids":["1","x"],` + range2 + `}`, "tpl_ids[1]"},
			{"an id too long", templateReports, `{"tpl_ids":["6000000011"],` + range2 + `}`, "tpl_ids[0]"},
			{"times that were not set", templateReports, `{"tpl_ids":["1"],"begin_time":"","end_time":""}`, "begin_time"},
			{"the wrong way round", templateReports, `{"tpl_ids":["1"],"begin_time":"2026-03-02T00:00:00Z","end_time":"2026-03-01T00:00:00Z"}`, "begin_time"},
			{"an unknown vendor", templateReports, `{"tpl_ids":["1"],"factory_type":["vivo","nokia"],` + range2 + `}`, "factory_type[1]"},
			{"no body at all", templateReports, "", ""},
			{"limit 0", sendReports, `{"limit":0}`, "limit"},
			{"limit 101", sendReports, `{"limit":101}`, "limit"},
			{"offset -1", sendReports, `{"offset":-1}`, "offset"},
			{"an unknown kind", sendReports, `{"report_type":"3"}`, "report_type"},
			{"a name too long", sendReports, `{"tpl_name":"` + strings.Repeat("名", 101) + `"}`, "tpl_name"},
			{"a time too long", sendReports, `{"begin_time":"2026-03-02T00:00:00.000000000000000Z"}`, "begin_time"},
			{"a list for a string", sendReports, `{"tpl_id":[]}`, "tpl_id"},
		} {
			status, got := face.ask("a", c.path, c.body)
			if strings.HasPrefix(c.want, "{") {
				if status != 200 || got != c.want {
					t.Errorf("%s: %d %s\nwant %s", c.what, status, got, c.want)
				}
				continue
			}
			var e struct {
				Code string `json:"error_code"`
				Msg  string `json:"error_msg"`
				Old  string `json:"error_message"`
			}
			if err := json.Unmarshal([]byte(got), &e); err != nil || status != 400 || e.Old != e.Msg || c.want != "" && (e.Code != "KM.90016803" || !strings.HasPrefix(e.Msg, c.want+" ") && !strings.Contains(e.Msg, c.want)) {
				t.Errorf("%s: %d %s, want a complaint about %q", c.what, status, got, c.want)
			}
		}
		for _, path := range []string{sendReports, templateReports} { // another tenant sees nothing of it
			if _, got := face.ask("b", path, `{"tpl_ids":["600000001"],`+range2+`}`); strings.Contains(got, "600000001") {
				t.Errorf("another tenant sees %s", got)
			}
		}
	})
}
