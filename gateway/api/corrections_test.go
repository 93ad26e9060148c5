package api

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"cardlink/billing"
	"cardlink/event"
	"cardlink/fault"
	"cardlink/identity"
)

// acts counts what is noted in the audit log.
type acts []string

func (a *acts) Record(_ context.Context, by identity.Actor, tenant, action, object string) error {
	*a = append(*a, by.Name+" "+tenant+" "+action+" "+object)
	return nil
}

func TestCorrectionsOverHTTP(t *testing.T) {
	f := newSendFace(t)
	ctx, hour := context.Background(), time.Date(2026, 1, 2, 1, 0, 0, 0, time.UTC)
	item := billing.Item{Meter: billing.AimSend, Kind: billing.Notify}
	_, err := f.db.ApplyUsage(ctx, []billing.Usage{{Key: billing.Key{Tenant: sendTenant, Source: event.SourceDispatch, ID: "m1"}, Item: item, OccurredAt: hour, Hour: hour, Segments: 1}})
	fatal(t, err)
	fatal(t, f.db.CloseHours(ctx, hour.Add(time.Hour)))
	_, err = f.db.PostLines(ctx, []billing.Line{{Tenant: sendTenant, Item: item, Hour: hour, PlanVersion: "1", Quantity: 1, Exact: decimal.New(45, -3), Amount: decimal.New(5, -2),
		Currency: "CNY", RatedAt: hour.Add(time.Hour)}})
	fatal(t, err)
	room, err := billing.NewService(f.db, billing.DemoPlans(), func() time.Time { return sendNow })
	fatal(t, err)
	var log acts
	h := correctionHandlers{room, &log}
	call := func(handle handler, query, key, body string) (map[string]any, string, error) {
		t.Helper()
		var replayed string
		m, err := f.call(func(ctx context.Context, r *Request) (any, error) {
			if r.Principal.UserName, r.at = "olga", sendNow; key != "" {
				r.Request.Header.Set("Idempotency-Key", key)
			}
			out, err := handle(ctx, r)
			replayed = string(r.Response.Header.Peek(headerReplayed))
			return out, err
		}, query, "application/json", []byte(body))
		return m, replayed, err
	}
	order := func(rest string) string {
		return `{"tenant_id":"` + sendTenant + `","meter":"aim_send","kind":"notify","hour":"2026-01-02T01:30:00Z"` + rest + `}`
	}
	row := `{"tenant_id":"*","meter":"aim_send","kind":"notify","hour":"2026-01-02T01:00:00Z","revision":1,"quantity":-1,"amount":"-0.05","currency":"CNY","reason":"goodwill",
		"key":"ticket-1","create_time":"2026-01-02T03:04:05Z"}`
	good := order(`,"quantity":-1,"amount":"-0.05","reason":"goodwill"`)
	for _, repeat := range []string{"", "true"} {
		m, replayed, err := call(h.correct, "", "ticket-1", good)
		if err != nil || replayed != repeat {
			t.Fatalf("replayed %q, %v", replayed, err)
		}
		equal(t, "a correction", m, row)
	}
	if want := "olga " + sendTenant + " CorrectUsage aim_send.notify 2026-01-02T01:00:00Z -0.05"; len(log) != 1 || log[0] != want {
		t.Errorf("audit log %q", log)
	}
	for _, query := range []string{"", "tenant_id=" + sendTenant + "&from=2026-01-02T01:00:00Z&to=2026-01-02T02:00:00Z"} {
		m, _, err := call(h.list, query, "", "")
		fatal(t, err)
		equal(t, "the list", m, `{"corrections":[`+row+`]}`)
	}
	m, _, err := call(h.list, "tenant_id=somebody", "", "")
	fatal(t, err)
	equal(t, "another tenant's", m, `{"corrections":[]}`)
	for _, c := range []struct {
		what, key, body, field string
		status                 int
	}{
		{"another order under the key", "ticket-1", order(`,"quantity":-2,"amount":"-0.05","reason":"goodwill"`), "Idempotency-Key", 422},
		{"no key", "", good, "Idempotency-Key", 400},
		{"no reason", "k", order(`,"amount":"-0.05","reason":" "`), "reason", 400},
		{"nothing", "k", order(`,"reason":"x"`), "amount", 400},
		{"less than a cent", "k", order(`,"amount":"0.001","reason":"x"`), "amount", 400},
		{"an exponent", "k", order(`,"amount":"1e9","reason":"x"`), "amount", 400},
		{"too much", "k", order(`,"amount":"1000000000.01","reason":"x"`), "amount", 400},
		{"an hour that nobody used", "k", `{"tenant_id":"` + sendTenant + `","meter":"aim_send","kind":"notify","hour":"2026-01-01T01:00:00Z","amount":"1","reason":"x"}`, "hour", 400},
		{"an unknown meter", "k", `{"tenant_id":"` + sendTenant + `","meter":"songs","hour":"2026-01-01T01:00:00Z","amount":"1","reason":"x"}`, "meter", 400},
		{"no tenant", "k", `{"meter":"aim_parse","hour":"2026-01-01T01:00:00Z","amount":"1","reason":"x"}`, "tenant_id", 400},
		{"no hour", "k", `{"tenant_id":"a","meter":"aim_parse","amount":"1","reason":"x"}`, "hour", 400},
	} {
		_, _, err := call(h.correct, "", c.key, c.body)
		if e := fault.Of(err); e == nil || e.Status() != c.status || e.Field != c.field {
			t.Errorf("%s: %v", c.what, err)
		}
	}
	for _, rt := range h.routes() {
		if rt.action != identity.Operate {
			t.Errorf("%s asks for %s", rt.op, rt.action)
		}
	}
}
