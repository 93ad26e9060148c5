package serviceaccount

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPortRules(t *testing.T) {
	signs := []string{"示例商城"}
	long := strings.Repeat("1", 21)
	for _, c := range []struct {
		name string
		p    Port
		want string // the beginning of the complaint; "" = good
	}{
		{"one number", Port{Number: "8822053111111", Type: PortNumber, Signs: signs}, ""},
		{"signs checked", Port{Number: "1", Type: PortNumber, Signs: signs, CheckSigns: true}, ""},
		{"longest", Port{Number: long, Type: PortNumber, Signs: signs}, ""},
		{"too long", Port{Number: long + "1", Type: PortNumber, Signs: signs}, "port: must be at most 21"},
		{"none", Port{Type: PortNumber, Signs: signs}, "port: is required"},
		{"letters", Port{Number: "1069a", Type: PortNumber, Signs: signs}, "port: must be digits"},
		{"other digits", Port{Number: "１０６９", Type: PortNumber, Signs: signs}, "port: must be digits"},
		{"prefix", Port{Number: "1069", Type: PortPrefix, Signs: signs, CheckSigns: true}, ""},
		{"prefix without check", Port{Number: "1069", Type: PortPrefix, Signs: signs}, "sign_check: must be 1"},
		{"suffix", Port{Number: "12345", Type: PortSuffix, Signs: signs, CheckSigns: true}, ""},
		{"suffix without check", Port{Number: "12345", Type: PortSuffix, Signs: signs}, "sign_check: must be 1"},
		{"short suffix", Port{Number: "1234", Type: PortSuffix, Signs: signs, CheckSigns: true}, "port: must be exactly 5"},
		{"long suffix", Port{Number: "123456", Type: PortSuffix, Signs: signs, CheckSigns: true}, "port: must be exactly 5"},
		{"type 2", Port{Number: "1", Type: 2, Signs: signs}, "port_type: must be 1, 3 or 5"},
		{"no sign", Port{Number: "1", Type: PortNumber}, "sign: must hold 1-5"},
		{"five signs", Port{Number: "1", Type: PortNumber, Signs: []string{"aa", "bb", "cc", "dd", "ee"}}, ""},
		{"six signs", Port{Number: "1", Type: PortNumber, Signs: []string{"aa", "bb", "cc", "dd", "ee", "ff"}}, "sign: must hold 1-5"},
		{"short sign", Port{Number: "1", Type: PortNumber, Signs: []string{"aa", "商"}}, "sign[1]: must be 2-18"},
		{"longest sign", Port{Number: "1", Type: PortNumber, Signs: []string{strings.Repeat("商", 18)}}, ""},
		{"long sign", Port{Number: "1", Type: PortNumber, Signs: []string{strings.Repeat("商", 19)}}, "sign[0]: must be 2-18"},
		{"blank sign", Port{Number: "1", Type: PortNumber, Signs: []string{"  "}}, "sign[0]: must not begin"},
		{"two lines", Port{Number: "1", Type: PortNumber, Signs: []string{"a\nb"}}, "sign[0]: must not begin"},
		{"a sign twice", Port{Number: "1", Type: PortNumber, Signs: []string{"aa", "aa"}}, "sign: names aa twice"},
	} {
		err := checkPort(c.p)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %s…", c.name, err, c.want)
		}
	}
}

// What checkPort accepts obeys every rule of api.md §17.5, said once more in other words.
func TestAcceptedPortsObeyTheRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Port{
			Number:     rapid.OneOf(rapid.StringMatching(`[0-9]{0,23}`), rapid.StringMatching(`[0-9]{5}`), rapid.StringN(0, 6, 24)).Draw(t, "number"),
			Type:       PortType(rapid.IntRange(0, 6).Draw(t, "type")),
			Signs:      rapid.SliceOfN(rapid.OneOf(rapid.StringMatching(`[a-c商城]{2,3}`), rapid.StringN(0, 20, 80)), 0, 6).Draw(t, "signs"),
			CheckSigns: rapid.Bool().Draw(t, "check"),
		}
		digits := len(p.Number) > 0 && strings.Trim(p.Number, "0123456789") == ""
		good := digits && len(p.Signs) >= 1 && len(p.Signs) <= 5
		switch p.Type {
		case 1:
			good = good && len(p.Number) <= 21
		case 3:
			good = good && len(p.Number) <= 21 && p.CheckSigns
		case 5:
			good = good && len(p.Number) == 5 && p.CheckSigns
		default:
			good = false
		}
		for i, s := range p.Signs {
			n := len([]rune(s))
			good = good && n >= 2 && n <= 18 && !slices.Contains(p.Signs[:i], s) && isClean(s)
		}
		if err := checkPort(p); (err == nil) != good {
			t.Fatalf("%+v: %v, want good = %v", p, err, good)
		}
	})
}

func TestResourceIDs(t *testing.T) {
	id := strings.Repeat("3d", 16)
	other := strings.Repeat("4e", 16)
	good, err := resourceIDs("files", []string{id + ":media/x.png", other + ":https://s.example.com/media/" + other})
	if err != nil || !slices.Equal(good, []string{id, other}) {
		t.Errorf("%v, %v", good, err)
	}
	for _, refs := range [][]string{
		nil, {id}, {id + ":"}, {":media/x"}, {"x:media/x"}, {strings.ToUpper(id) + ":media/x"}, {id + ":a", id + ":b"},
		{id + ":a", other + ":a", strings.Repeat("5", 32) + ":a", strings.Repeat("6", 32) + ":a", strings.Repeat("7", 32) + ":a", strings.Repeat("8", 32) + ":a"},
	} {
		if got, err := resourceIDs("files", refs); err == nil {
			t.Errorf("%v passes as %v", refs, got)
		}
	}
}

// A message of a sign in a place falls under at most one binding of a port, if agreeToBinding let all of them in, in whatever order.
func TestAMessageHasOneSender(t *testing.T) {
	all := append(strings.Fields(areasText), Nationwide)
	p := Port{ApproveState: Approved, Signs: []string{"aa", "bb", "cc"}}
	rapid.Check(t, func(t *rapid.T) {
		var in []Binding
		for range rapid.IntRange(1, 6).Draw(t, "tries") {
			b := Binding{
				Signs: rapid.SliceOfNDistinct(rapid.SampledFrom(p.Signs), 1, 3, rapid.ID[string]).Draw(t, "signs"),
				Areas: rapid.SliceOfNDistinct(rapid.SampledFrom(all), 1, 3, rapid.ID[string]).Draw(t, "areas"),
			}
			if checkAreas("province", b.Areas) == nil && agreeToBinding(b, p, in) == nil {
				in = append(in, b)
			}
		}
		place, sign := rapid.SampledFrom(all).Draw(t, "place"), rapid.SampledFrom(p.Signs).Draw(t, "sign")
		if place == Nationwide || areaTree()[place] == place { // a message comes from a city
			return
		}
		senders := 0
		for _, b := range in {
			if slices.Contains(b.Signs, sign) && slices.ContainsFunc(b.Areas, func(a string) bool { return overlap(a, place) }) {
				senders++
			}
		}
		if senders > 1 {
			t.Fatalf("%s in %s has %d senders of %+v", sign, place, senders, in)
		}
	})
}

func TestBindingsNeedAnApprovedPortAndItsSigns(t *testing.T) {
	b := Binding{Signs: []string{"aa"}, Areas: []string{"河北省"}}
	taken := Binding{Signs: []string{"bb", "aa"}, Areas: []string{"石家庄市", "深圳市"}, PubName: "Apple"}
	for _, c := range []struct {
		name   string
		p      Port
		others []Binding
		want   string
	}{
		{"approved", Port{ApproveState: Approved, Signs: []string{"aa", "bb"}}, nil, ""},
		{"in review", Port{ApproveState: InReview, Signs: []string{"aa"}}, nil, "in review"},
		{"rejected", Port{ApproveState: Rejected, Signs: []string{"aa"}}, nil, "rejected"},
		{"another sign", Port{ApproveState: Approved, Signs: []string{"bb"}}, nil, "sign[0]"},
		{"a part of the area is taken", Port{ApproveState: Approved, Signs: []string{"aa", "bb"}}, []Binding{taken}, "account Apple"},
		{"taken for another sign", Port{ApproveState: Approved, Signs: []string{"aa", "bb"}}, []Binding{{Signs: []string{"bb"}, Areas: []string{"全国"}}}, ""},
		{"taken elsewhere", Port{ApproveState: Approved, Signs: []string{"aa", "bb"}}, []Binding{{Signs: []string{"aa"}, Areas: []string{"广东省"}}}, ""},
	} {
		err := agreeToBinding(b, c.p, c.others)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func FuzzItemPath(f *testing.F) {
	for _, s := range []string{"1", "3", "2.5", "0", "1.0", "9.9", "10", "1.", ".1", "1.1.1", "-1", "", "１", "1/2", "a"} {
		f.Add(s)
	}
	menu := Menu{MenuContent: MenuContent{Items: []MenuItem{{Name: "1"}, {Name: "2", SubItems: []MenuItem{{Name: "2.1"}, {Name: "2.2"}}}, {Name: "3"}}}}
	f.Fuzz(func(t *testing.T, path string) {
		item, level := menu.Item(path)
		if (item == nil) != (level == 0) {
			t.Fatalf("%q: item %v at level %d", path, item, level)
		}
		if item != nil && item.Name != path { // there is one way to write a path
			t.Fatalf("%q leads to %s", path, item.Name)
		}
	})
}
