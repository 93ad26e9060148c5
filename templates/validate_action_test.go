package templates

import (
	"slices"
	"strings"
	"testing"

	"cardlink/fault"
)

// actions are tried on the button of a red packet for HUAWEI and XIAOMI, or the vendors given.
var actions = []struct {
	name   string
	kind   string
	action Action
	at     []Vendor
	code   fault.Code
	field  string // below "action."
}{
	{"http page", "OPEN_URL", Action{Target: "http://shop.example.com"}, nil, fault.Parameter, "target"},
	{"no host", "OPEN_URL", Action{Target: "https:///x"}, nil, fault.Parameter, "target"},
	{"page with query", "OPEN_URL", Action{Target: "https://shop.example.com/?a=1&b=2"}, nil, "", ""},
	{"blank in address", "OPEN_URL", Action{Target: "https://shop.example.com/a b"}, nil, fault.Parameter, "target"},
	{"markup in address", "OPEN_URL", Action{Target: "https://shop.example.com/<b>"}, nil, fault.Parameter, "target"},
	{"long address", "OPEN_URL", Action{Target: "https://shop.example.com/" + strings.Repeat("a", 1000)}, nil, fault.Parameter, "target"},
	{"browser over http", "OPEN_BROWSER", Action{Target: "HTTP://shop.example.com"}, nil, "", ""},
	{"browser with script", "OPEN_BROWSER", Action{Target: "javascript:alert(1)"}, nil, fault.Parameter, "target"},
	{"quick app", "OPEN_QUICK", Action{Target: "hap://app/com.x"}, at2(Oppo), "", ""},
	{"app without package", "OPEN_APP", Action{Target: "app://x"}, nil, fault.Parameter, "package_name"},
	{"app", "OPEN_APP", Action{Target: "app://x", PackageName: "com.x"}, nil, "", ""},
	{"long package", "OPEN_APP", Action{Target: "app://x", PackageName: strings.Repeat("x", 51)}, nil, fault.Parameter, "package_name"},
	{"floor 4", "OPEN_APP", Action{Target: "app://x", PackageName: "com.x", FloorType: new(4)}, nil, fault.Parameter, "floor_type"},
	{"floor 1 at XIAOMI", "OPEN_APP", Action{Target: "app://x", PackageName: "com.x", FloorType: new(1), FloorURL: "https://x.example"}, nil, fault.Parameter, "floor_type"},
	{"floor 3 at OPPO", "OPEN_APP", Action{Target: "app://x", PackageName: "com.x", FloorType: new(3), FloorURL: "hap://x"}, at2(Huawei, Oppo), fault.Parameter, "floor_type"},
	{"floor 2 without address at OPPO", "OPEN_APP", Action{Target: "app://x", PackageName: "com.x", FloorType: new(2)}, at2(Oppo), fault.Parameter, "floor_url"},
	{"floor 2 without address elsewhere", "OPEN_APP", Action{Target: "app://x", PackageName: "com.x", FloorType: new(2)}, at2(Huawei), "", "floor_url"},
	{"floor 2 at SAMSUNG alone", "OPEN_APP", Action{Target: "app://x", PackageName: "com.x", FloorType: new(2), FloorURL: "https://x.example"}, at2(Samsung), fault.Parameter, "floor_type"},
	{"floor 2 at SAMSUNG with others", "OPEN_APP", Action{Target: "app://x", PackageName: "com.x", FloorType: new(2), FloorURL: "https://x.example"}, at2(Samsung, Huawei), "", ""},
	{"http floor", "OPEN_APP", Action{Target: "app://x", PackageName: "com.x", FloorType: new(1), FloorURL: "http://x.example"}, at2(Huawei), fault.Parameter, "floor_url"},
	{"parameter in the floor", "OPEN_APP", Action{Target: "app://x", PackageName: "com.x", FloorType: new(2), FloorURL: "https://x.example/${a}"}, nil, fault.Parameter, "floor_url"},
	{"fallback in words", "OPEN_APP", Action{Target: "app://x", PackageName: "com.x", FloorType: new(1), FloorURL: "shop"}, at2(Huawei), fault.Parameter, "floor_url"},
	{"fallback that runs", "OPEN_APP", Action{Target: "app://x", PackageName: "com.x", FloorType: new(2), FloorURL: "javascript:alert(1)"}, at2(Huawei), fault.Parameter, "floor_url"},
	{"a page where a quick app opens", "OPEN_APP", Action{Target: "app://x", PackageName: "com.x", FloorType: new(3), FloorURL: "https://x.example"}, at2(Huawei), "", "floor_url"},
	{"a quick app where a page opens", "OPEN_APP", Action{Target: "app://x", PackageName: "com.x", FloorType: new(1), FloorURL: "hap://app/com.x"}, at2(Huawei), "", "floor_url"},
	{"no fallback for its type", "OPEN_APP", Action{Target: "app://x", PackageName: "com.x", FloorType: new(3)}, at2(Huawei), "", "floor_url"},
	{"long fallback", "OPEN_APP", Action{Target: "app://x", PackageName: "com.x", FloorURL: "https://x.example/" + strings.Repeat("a", 1000)}, at2(Huawei), fault.Parameter, "floor_url"},
	{"an app that is a script", "OPEN_APP", Action{Target: "JavaScript:alert(1)", PackageName: "com.x"}, nil, fault.Parameter, "target"},
	{"a quick app that is a document", "OPEN_QUICK", Action{Target: "data:text/html,x"}, nil, fault.Parameter, "target"},
	{"an app in words", "OPEN_APP", Action{Target: "my shop", PackageName: "com.x"}, nil, fault.Parameter, "target"}, // a blank
	{"an app without a scheme warns", "OPEN_APP", Action{Target: "shop/home", PackageName: "com.x"}, nil, "", "target"},
	{"phone in words warns", "DIAL_PHONE", Action{Target: "call us"}, nil, "", "target"},
	{"SMS to words warns", "OPEN_SMS", Action{Target: "shop", Body: "x"}, nil, "", "target"},
	{"e-mail to words warns", "OPEN_EMAIL", Action{Target: "shop", Body: "x", Subject: "s"}, nil, "", "target"},
	{"long subject", "OPEN_EMAIL", Action{Target: "a@b.example", Body: "x", Subject: strings.Repeat("s", 101)}, nil, fault.Parameter, "subject"},
	{"parameter in a subject", "OPEN_EMAIL", Action{Target: "a@b.example", Body: "x", Subject: "${a}"}, nil, fault.Parameter, "subject"},
	{"long description", "OPEN_SCHEDULE", Action{Target: "t", Description: strings.Repeat("d", 101), BeginTime: "2026-01-02 03:04:05", EndTime: "2026-01-02 04:04:05"}, nil, fault.Parameter, "description"},
	{"a day that is none", "OPEN_SCHEDULE", Action{Target: "t", Description: "d", BeginTime: "2026-02-30 03:04:05", EndTime: "2026-03-02 04:04:05"}, nil, fault.Parameter, "begin_time"},
	{"long place", "OPEN_MAP", Action{Target: strings.Repeat("p", 101), Address: "a", Longitude: "113", Latitude: "22"}, nil, fault.Parameter, "target"},
	{"not a number of degrees", "OPEN_MAP", Action{Target: "p", Address: "a", Longitude: "NaN", Latitude: "22"}, nil, fault.Parameter, "longitude"},
	{"long dialog title", "OPEN_POPUP", Action{Target: strings.Repeat("p", 31), Content: "c", TextButton: "ok"}, nil, fault.Parameter, "target"},
	{"long dialog button", "OPEN_POPUP", Action{Target: "p", Content: "c", TextButton: strings.Repeat("o", 13)}, nil, fault.Parameter, "text_button"},
	{"markup in a dialog", "OPEN_POPUP", Action{Target: "p", Content: "<b>", TextButton: "ok"}, nil, fault.Parameter, "content"},
	{"phone", "DIAL_PHONE", Action{Target: "95588"}, nil, "", ""},
	{"long phone", "DIAL_PHONE", Action{Target: strings.Repeat("1", 21)}, nil, fault.Parameter, "target"},
	{"parameter as phone", "DIAL_PHONE", Action{Target: "${a}"}, nil, fault.Parameter, "target"},
	{"SMS without body", "OPEN_SMS", Action{Target: "10086"}, nil, fault.Parameter, "body"},
	{"SMS", "OPEN_SMS", Action{Target: "10086", Body: "hi"}, nil, "", ""},
	{"e-mail without subject", "OPEN_EMAIL", Action{Target: "a@b.example", Body: "x"}, nil, fault.Parameter, "subject"},
	{"e-mail", "OPEN_EMAIL", Action{Target: "a@b.example", Body: "x", Subject: "s"}, nil, "", ""},
	{"schedule without end", "OPEN_SCHEDULE", Action{Target: "t", Description: "d", BeginTime: "2026-01-02 03:04:05"}, nil, fault.Parameter, "end_time"},
	{"schedule of another form", "OPEN_SCHEDULE", Action{Target: "t", Description: "d", BeginTime: "2026-01-02T03:04:05", EndTime: "2026-01-02 04:04:05"}, nil, fault.Parameter, "begin_time"},
	{"schedule backwards warns", "OPEN_SCHEDULE", Action{Target: "t", Description: "d", BeginTime: "2026-01-02 03:04:05", EndTime: "2026-01-01 04:04:05"}, nil, "", "end_time"},
	{"schedule", "OPEN_SCHEDULE", Action{Target: "t", Description: "d", BeginTime: "2026-01-02 03:04:05", EndTime: "2026-01-02 04:04:05"}, nil, "", ""},
	{"map without latitude", "OPEN_MAP", Action{Target: "p", Address: "a", Longitude: "113.94"}, nil, fault.Parameter, "latitude"},
	{"map in words", "OPEN_MAP", Action{Target: "p", Address: "a", Longitude: "east", Latitude: "22"}, nil, fault.Parameter, "longitude"},
	{"map off the globe warns", "OPEN_MAP", Action{Target: "p", Address: "a", Longitude: "113.94", Latitude: "91"}, nil, "", "latitude"},
	{"map", "OPEN_MAP", Action{Target: "p", Address: "a", Longitude: "113.94", Latitude: "-22.5"}, nil, "", ""},
	{"popup without button", "OPEN_POPUP", Action{Target: "p", Content: "c", Mode: new(0)}, nil, fault.Parameter, "text_button"},
	{"popup non-modal", "OPEN_POPUP", Action{Target: "p", Content: "c", TextButton: "ok", Mode: new(1)}, nil, fault.Parameter, "mode"},
	{"popup", "OPEN_POPUP", Action{Target: "p", Content: "c", TextButton: "ok"}, nil, "", ""},
	{"copy", "COPY_PARAMETER", Action{Target: "83721"}, nil, "", ""},
	{"long copy", "COPY_PARAMETER", Action{Target: strings.Repeat("8", 21)}, nil, fault.Parameter, "target"},
	{"large picture of the card", "VIEW_PIC", Action{Target: square}, nil, "", ""},
	{"large picture from elsewhere", "VIEW_PIC", Action{Target: wide}, nil, fault.Parameter, "target"},
}

func at2(vs ...Vendor) []Vendor { return vs }

func TestEachAction(t *testing.T) {
	for _, c := range actions {
		d := redPacketDraft()
		d.Factories = at(Huawei, Xiaomi)
		if c.at != nil {
			d.Factories = at(c.at...)
		}
		b := &d.Pages[0].Contents[4]
		b.ActionType, b.Action = c.kind, &c.action
		field := ""
		if c.field != "" {
			field = "pages[0].contents[4].action." + c.field
		}
		check(t, c.name, verdict(t, d), c.code, field)
	}
}

// An address whose scheme comes from a parameter is drawn as one that opens nothing: whoever creates it is told.
func TestAddressesThatBeginWithAParameter(t *testing.T) {
	for _, c := range []struct {
		kind, target, example string
		warned                bool
	}{
		{"OPEN_URL", "${param2}", "https://a.example/1", false},
		{"OPEN_URL", "https://a.example/${param2}", "1", false},
		{"OPEN_URL", "${param2}/x", "https://a.example", true},
		{"OPEN_BROWSER", "http${param2}", "s://a.example", true},
		{"OPEN_APP", "shopapp://${param2}", "1", false},
		{"OPEN_APP", "${param2}", "shopapp://1", false},
		{"OPEN_APP", "${param2}1", "shopapp://", true},
		{"OPEN_QUICK", "app/${param2}", "1", true},
		{"COPY_PARAMETER", "${param2}1", "1", false},
	} {
		d := standard()
		d.Factories = at(Huawei)
		d.Params[1].Example = c.example
		for i := range d.Pages[0].Contents {
			if e := &d.Pages[0].Contents[i]; e.Type == typeText {
				e.Text = strings.ReplaceAll(e.Text, "${param2}", "2")
			}
		}
		b := &d.Pages[0].Contents[3]
		b.ActionType, b.Action = c.kind, &Action{Target: c.target, PackageName: "com.example.shop"}
		ps := verdict(t, d)
		if code, field := firstHard(ps); code != "" {
			t.Fatalf("%s %s: refused for %s: %+v", c.kind, c.target, field, ps)
		}
		if got := slices.ContainsFunc(ps, func(p Problem) bool { return strings.HasPrefix(p.Rule, "opens nothing") }); got != c.warned {
			t.Errorf("%s %s: warned %v: %+v", c.kind, c.target, got, ps)
		}
	}
}

func TestActionsThatAVendorLacks(t *testing.T) {
	cat := catalogue(t)
	for _, v := range Vendors() {
		for kind, a := range cat.actions {
			if a.Supports(v) {
				continue
			}
			d := standard()
			d.Factories = at(v)
			d.Pages[0].Contents[3].ActionType = kind
			ps := verdict(t, d)
			if !slices.ContainsFunc(ps, func(p Problem) bool {
				return p.Hard && p.Vendor == v && p.Field == "pages[0].contents[3].action_type"
			}) {
				t.Errorf("%s at %s is accepted: %+v", kind, v, ps)
			}
			d.Factories = nil
			if slices.ContainsFunc(verdict(t, d), func(p Problem) bool { return p.Hard && p.Field == "pages[0].contents[3].action_type" }) {
				t.Errorf("%s is refused although no vendor is named", kind)
			}
		}
	}
}
