package billing_test

import (
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"cardlink/billing"
)

// The price plan of docs/billing.md, in the forms a person may write.
func TestPlansAreReadFromYAML(t *testing.T) {
	const text = `
- version: "2026-07"
  from: 2026-07-01T00:00:00Z
  currency: CNY
  bill_by_segment: true
  prices:
    aim_send.notify: 0.045
    aim_send.marketing:
      model: tiered
      bands: [{up_to: 10000, price: 0.050}, {up_to: 50000, price: "0.045"}, {price: 0.040}]
    aim_parse: {price: 0.1}
    aim_basic_send: "0.120"
    sa_menu_click: 0
- version: own
  tenant: t
  prices: {aim_send.notify: 1, aim_send.marketing: 1, aim_parse: 1, aim_basic_send: 1, sa_menu_click: 1}
`
	var plans billing.Plans
	d := yaml.NewDecoder(strings.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&plans); err != nil {
		t.Fatal(err)
	}
	if err := plans.Validate(); err != nil {
		t.Fatal(err)
	}
	p := plans[0]
	if !p.BillBySegment || !p.From.Equal(time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", p)
	}
	for item, want := range map[string]string{
		"aim_send.notify": "2812.5", "aim_send.marketing": "2800", "aim_parse": "6250", "aim_basic_send": "7500", "sa_menu_click": "0",
	} {
		if got := p.Prices[item].Total(62_500); got.String() != want {
			t.Errorf("%s: 62,500 cost %s, want %s", item, got, want)
		}
	}
	if plan, ok := plans.For("t", p.From); !ok || plan.Version != "own" {
		t.Errorf("%+v, %v", plan, ok)
	}
}
