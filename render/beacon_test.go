package render

import (
	"strings"
	"testing"
)

// A page with a token reports its exposure by its last element and each link's clicks by an attribute; nothing of that is there without one, and no
// link leads anywhere else for it.
func TestPagesReportByThemselves(t *testing.T) {
	for name, tpl := range fixtures() {
		v := valuesOf(tpl)["sample"]
		p, _, err := Compile(catalogue(t), tpl, H5)
		if err != nil {
			t.Fatal(err)
		}
		with := string(p.Append(nil, &v))
		pixel := `<img class="seen" src="https://s.example.com/e/x/` + v.Beacon + `?seq=1" width="1" height="1" alt="">`
		if !strings.HasSuffix(with, pixel+"\n</body>\n</html>\n") {
			t.Errorf("%s ends with %q", name, with[len(with)-200:])
		}
		nodes, err := parsePage([]byte(with))
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, n := range nodes {
			ping := n.attr("ping")
			if ping == "" {
				continue
			}
			if n.name != "a" || !strings.HasPrefix(ping, "https://s.example.com/e/c/"+v.Beacon+"?seq=") || seen[ping] {
				t.Errorf("%s: <%s ping=%q>", name, n.name, ping)
			}
			seen[ping] = true
		}
		if len(seen) == 0 {
			t.Errorf("%s: nothing reports clicks", name)
		}
		token := v.Beacon
		v.Beacon = ""
		without := string(p.Append(nil, &v))
		if strings.Contains(without, "/e/") || strings.Contains(without, " ping") || strings.Contains(without, `class="seen"`) {
			t.Errorf("%s reports without a token", name)
		}
		// What is left of the page with its reports cut out is the page without.
		for ping := range seen {
			with = strings.ReplaceAll(with, ` ping="`+strings.ReplaceAll(ping, "&", "&amp;")+`"`, "")
		}
		if strings.ReplaceAll(with, pixel+"\n", "") != without || strings.Contains(without, token) {
			t.Errorf("%s: reporting changes more than it adds", name)
		}
	}
}

func TestActionTellsWhatATouchDoes(t *testing.T) {
	p, _ := compiled(t, "StandardImageAndText", Huawei)
	for _, c := range []struct {
		page, position int
		want           string
	}{{1, 1, "OPEN_URL"}, {1, 2, ""}, {1, 4, "OPEN_APP"}, {1, 5, "OPEN_SCHEDULE"}, {1, 6, ""}, {2, 1, ""}, {0, 0, ""}, {-1, 4, ""}} {
		if got, ok := p.Action(c.page, c.position); got != c.want || ok != (c.want != "") {
			t.Errorf("%d/%d: %q, %v, want %q", c.page, c.position, got, ok, c.want)
		}
	}
	// A vendor that cannot do an action tells what it does in its place.
	oppo, _ := compiled(t, "StandardImageAndText", Oppo)
	if got, _ := oppo.Action(1, 5); got != "OPEN_BROWSER" {
		t.Errorf("OPPO's calendar button is %q", got)
	}
}
