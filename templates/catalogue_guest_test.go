package templates

import (
	"slices"
	"strings"
	"testing"
)

func TestGuests(t *testing.T) {
	c := catalogue(t)
	if _, on := c.Guest(Honor); on {
		t.Error("HONOR is a guest although nobody switched it on")
	}
	c, err := LoadCatalogue([]byte(`{"guest_vendors":{"HONOR":{"on":true}},"layouts":{"StandardImageAndText":{"text_limits":{"title":{"HONOR":{"chars":9,"lines":1,"source":"operator"}}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if host, on := c.Guest(Honor); !on || host != Huawei {
		t.Errorf("guest of %q, %v", host, on)
	}
	if slices.Contains(Vendors(), Honor) {
		t.Error("HONOR is a factory_type")
	}
	if _, ok := VendorOf("HONOR"); ok {
		t.Error("a request may name HONOR")
	}
	for _, want := range []struct {
		what string
		got  bool
	}{
		{"a recorded no", !layoutIn(c, "MultipleImageAndText").Supports(Honor)},
		{"a recorded yes", layoutIn(c, "Ecommerce").Supports(Honor)},
		{"nothing recorded, the host shows it", layoutIn(c, "SimplePoster").Supports(Honor)},
		{"the host's action", c.actions["OPEN_MAP"].Supports(Honor)},
		{"the host's floors", slices.Equal(c.Floor(Honor), c.Floor(Huawei))},
		{"a variant of the host's alone", variant(c, "ECImageAndText", 3).Honoured(Honor)},
		{"the host's other text limits", limit(c, "StandardImageAndText", "body", Honor) == limit(c, "StandardImageAndText", "body", Huawei)},
		{"a text limit of its own", limit(c, "StandardImageAndText", "title", Honor).Chars == 9},
	} {
		if !want.got {
			t.Errorf("not as it should be: %s", want.what)
		}
	}
	for _, c := range []struct{ override, want string }{
		{`{"guest_vendors":{"HONOR":{"as":"NOKIA"}}}`, "guest_vendors.HONOR.as"},
		{`{"guest_vendors":{"NOKIA":{"as":"OPPO","source":"operator"}}}`, "guest_vendors.NOKIA"},
		{`{"guest_vendors":{"HONOR":{"source":"rumour"}}}`, "rumour"},
	} {
		if _, err := LoadCatalogue([]byte(c.override)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want a complaint about %s", c.override, err, c.want)
		}
	}
}

func layoutIn(c *Catalogue, id string) *Layout { l, _ := c.Layout(id); return l }

func variant(c *Catalogue, id string, n int) SubType { s, _ := layoutIn(c, id).SubType(n); return s }

func limit(c *Catalogue, id, role string, v Vendor) Limit {
	l, _ := layoutIn(c, id).Known(role, v)
	return l
}
