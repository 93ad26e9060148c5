package api

import (
	"context"
	"strings"
	"testing"
	"time"

	"cardlink/fault"
	"cardlink/identity"
	"cardlink/review"
)

func TestDomainsOverHTTP(t *testing.T) {
	h := newLinkHouse(t)
	h.expect("a domain of one's own", "POST", "/x/v1/domains", `{"domain":"Go.Example.com/a1","generation_type":2}`, 200,
		`{"domain":"go.example.com/a1","generation_type":"2","shared":false,"frozen":false,"state":"approved","create_time":"2026-01-02T03:04:05Z"}`)
	h.expect("the list has the shared ones too, and nobody else's", "GET", "/x/v1/domains", "", 200, `{"domains":[
		{"domain":"c.example.com","generation_type":"2","shared":true,"frozen":false,"state":"approved","create_time":"2026-01-02T03:04:05Z"},
		{"domain":"go.example.com/a1","generation_type":"2","shared":false,"frozen":false,"state":"approved","create_time":"2026-01-02T03:04:05Z"},
		{"domain":"s.example.com","generation_type":"1","shared":true,"frozen":false,"state":"approved","create_time":"2026-01-02T03:04:05Z"}]}`)
	for what, body := range map[string]string{
		"another tenant's":  `{"domain":"other.example.com"}`,
		"no domain":         `{}`,
		"not a domain":      `{"domain":"under_score"}`,
		"trailing slash":    `{"domain":"a.example.com/x/"}`,
		"unknown kind":      `{"domain":"a.example.com","generation_type":"3"}`,
		"changed kind":      `{"domain":"go.example.com/a1","generation_type":"1"}`,
		"a list for a text": `{"domain":["a.example.com"]}`,
	} {
		if status, answer := h.call("POST", "/x/v1/domains", body); status != 400 {
			t.Errorf("%s: %d %s", what, status, answer)
		}
	}
}

func TestJumpDomainsOverHTTP(t *testing.T) {
	h := newLinkHouse(t)
	h.expect("register", "POST", "/x/v1/jump-domains", `{"host":"*.Wild.example.com"}`, 200, `{"host":"*.wild.example.com","state":"approved","create_time":"2026-01-02T03:04:05Z"}`)
	h.expect("list", "GET", "/x/v1/jump-domains", "", 200, `{"jump_domains":[{"host":"*.wild.example.com","state":"approved","create_time":"2026-01-02T03:04:05Z"},
		{"host":"shop.example.com","state":"approved","create_time":"2026-01-02T03:04:05Z"}]}`)
	h.expect("delete", "POST", "/x/v1/jump-domains/delete", `{"host":"shop.example.com"}`, 200, `{"status":"200","message":"success","data":null}`)
	if status, answer := h.call("POST", "/x/v1/jump-domains/delete", `{"host":"shop.example.com"}`); status != 400 {
		t.Errorf("deleted twice: %d %s", status, answer)
	}
	if status, answer := h.call("POST", "/x/v1/jump-domains", `{"host":"https://shop.example.com"}`); status != 400 {
		t.Errorf("an address for a host: %d %s", status, answer)
	}
	status, answer := h.call("POST", tasks, `{"tpl_id":"600000002","sms_signs":["示例商城"],"resolving_times":2,"aim_code_type":"group","expiration_time":7,
		"params":[{"cust_flag":"x","custom_url":"https://shop.example.com/a"}]}`)
	if status != 400 || !strings.Contains(answer, "is not a registered jump domain") { // a group link has one item: its fault is the request's
		t.Errorf("a jump to a host that is off the list: %d %s", status, answer)
	}
}

type noLog struct{}

func (noLog) Record(context.Context, identity.Actor, string, string, string) error { return nil }

func TestReviewsOverHTTP(t *testing.T) {
	h := newLinkHouse(t)
	var got review.Decision
	desk, err := review.NewDesk(noLog{}, review.Queue{
		Kind: "template", Parts: "vendor",
		Pending: func(context.Context, int) ([]review.Item, error) {
			return []review.Item{{Tenant: "t", ID: "600001001", Part: "HUAWEI", Title: "spring", Since: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}}, nil
		},
		Decide: func(_ context.Context, d review.Decision) error {
			if d.ID != "600001001" {
				return fault.NotFound("id")
			}
			got = d
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	h.server.routes = newTable(reviewHandlers{desk}.routes())
	h.expect("list", "GET", "/x/v1/reviews", "", 200,
		`{"kinds":["template"],"reviews":[{"kind":"template","id":"600001001","part":"HUAWEI","tenant_id":"t","title":"spring","since":"2026-01-02T03:04:05Z"}]}`)
	h.expect("decide", "POST", "/x/v1/reviews", `{"kind":"template","id":600001001,"part":"HUAWEI","tenant_id":"t","pass":false,"words":"no"}`, 200, `{"status":"200","message":"success","data":null}`)
	if want := (review.Decision{Kind: "template", Tenant: "t", ID: "600001001", Part: "HUAWEI", Words: "no"}); got != want {
		t.Errorf("%+v", got)
	}
	for what, body := range map[string]string{
		"no verdict":             `{"kind":"template","id":"600001001"}`,
		"unknown id":             `{"kind":"template","id":"1","pass":true}`,
		"unknown kind":           `{"kind":"song","id":"1","pass":true}`,
		"rejection without word": `{"kind":"template","id":"600001001","pass":false}`,
	} {
		if status, answer := h.call("POST", "/x/v1/reviews", body); status != 400 {
			t.Errorf("%s: %d %s", what, status, answer)
		}
	}
	if status, answer := h.call("GET", "/x/v1/reviews?limit=0", ""); status != 400 {
		t.Errorf("limit 0: %d %s", status, answer)
	}
}
