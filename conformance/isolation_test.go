package conformance

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// TestTenantIsolation puts the ids of another tenant's objects, random ids and malformed ones into every place of every operation that takes an id. No
// answer shows anything of the other tenant, and nothing of it has changed afterwards.
func TestTenantIsolation(t *testing.T) {
	w := newWorld(t, engine{name: "one machine"})
	before := w.snapshot(t)
	kinds := keys(idsOf(w.foreign))
	malformed := []string{"0", "-1", "x", "'; DROP TABLE links; --", "../../etc/passwd", "%00", "６００", strings.Repeat("9", 19), strings.Repeat("a", 33), "{\"$ne\":1}", "null"}
	cases := 0
	for _, op := range operations() {
		t.Run(op.name, func(t *testing.T) {
			args := op.args(t, w)
			for _, s := range op.ids {
				// Every foreign id of every kind: a lookup by a wrong kind must not find either.
				for _, kind := range kinds {
					w.unseen(t, &op, at(args, s.path, w.foreign.ids[kind]), "foreign "+kind+" as "+s.path, w.foreign.ids[kind])
					cases++
				}
				for range 3 {
					for _, id := range []string{uuid.NewString(), strings.ReplaceAll(uuid.NewString(), "-", ""), fmt.Sprint(600_900_000 + w.next())} {
						w.unseen(t, &op, at(args, s.path, id), "random "+s.path, id)
						cases++
					}
				}
				for _, id := range malformed {
					w.unseen(t, &op, at(args, s.path, id), "malformed "+s.path, id)
					cases++
				}
			}
			// The other tenant's names as filters.
			for _, f := range op.def.RequestFields {
				if strings.HasSuffix(f.JsonTag, "_name") || f.JsonTag == "sms_sign" || f.JsonTag == "sign_search" || f.JsonTag == "cust_flag" {
					w.unseen(t, &op, at(args, f.JsonTag, w.foreign.name), "foreign name as "+f.JsonTag, w.foreign.name)
					cases++
				}
			}
		})
	}
	t.Run("extensions", func(t *testing.T) { cases += w.extensionsAreIsolated(t) })
	if cases < 1000 {
		t.Errorf("%d cases", cases)
	}
	t.Logf("%d cases", cases)
	after := w.snapshot(t)
	for name, b := range before {
		if after[name] != b {
			t.Errorf("%s of the other tenant changed:\n%s\n%s", name, b, after[name])
		}
	}
}

// unseen makes a call and checks that its answer holds nothing of the other tenant but what the caller wrote itself.
func (w *world) unseen(t *testing.T, op *operation, args J, what, echo string) {
	t.Helper()
	r := w.raw(t, w.own.account, op.name, args)
	if r.Status >= 500 {
		t.Errorf("%s: %d %s", what, r.Status, r.Body)
	}
	body := strings.ReplaceAll(r.Body, echo, "")
	if strings.Contains(body, w.foreign.name) || strings.Contains(body, w.foreign.Tenant) {
		t.Errorf("%s shows the other tenant: %d %s", what, r.Status, r.Body)
	}
	for kind, id := range w.foreign.ids {
		if len(id) >= 8 && id != echo && strings.Contains(body, id) && id != w.own.ids[kind] {
			t.Errorf("%s shows the other tenant's %s: %s", what, kind, r.Body)
		}
	}
}

// snapshot is all that the other tenant can see of itself.
func (w *world) snapshot(t *testing.T) map[string]string {
	t.Helper()
	shown := map[string]string{}
	for _, op := range operations() {
		if op.def.Method != "GET" {
			continue
		}
		args := J{}
		for _, f := range op.def.RequestFields {
			switch f.JsonTag {
			case "offset":
				args["offset"] = 0
				if op.name == "ListAimTemplateMaterials" {
					args["offset"] = 1
				}
			case "limit":
				args["limit"] = 100
			case "resource_type":
				args["resource_type"] = "video"
			case "aim_resource_id":
				if op.name == "ShowTemplateVideoThumbnail" {
					args["aim_resource_id"] = w.foreign.ids["video_resource_id"]
				}
			case "app_id", "file_id":
				args[f.JsonTag] = w.foreign.ids[f.JsonTag]
			case "signature_id", "template_id":
				if strings.Contains(op.def.Path, "{"+f.JsonTag+"}") {
					args[f.JsonTag] = w.foreign.ids[f.JsonTag]
				}
			}
		}
		got := w.must(t, w.foreign.account, op.name, args)
		b, err := json.Marshal(settled(got))
		if err != nil {
			t.Fatal(err)
		}
		shown[op.name] = string(b)
	}
	return shown
}

// settled leaves out what changes by itself: a message on its way, and signed addresses.
func settled(v any) any {
	switch v := v.(type) {
	case J:
		out := J{}
		for k, x := range v {
			switch k {
			case "send_status", "send_time", "receive_time", "success_number", "send_count", "success_count", "failed_count", "obs_file_url", "task_state":
			default:
				out[k] = settled(x)
			}
		}
		return out
	case string:
		before, _, _ := strings.Cut(v, "?expires=") // of an address that is signed anew every time
		return before
	case L:
		out := make(L, len(v))
		for i := range v {
			out[i] = settled(v[i])
		}
		sort.Slice(out, func(i, k int) bool { return fmt.Sprint(out[i]) < fmt.Sprint(out[k]) })
		return out
	}
	return v
}

func idsOf(p party) J {
	out := J{}
	for k, v := range p.ids {
		out[k] = v
	}
	return out
}

// extensionsAreIsolated does the same with the extension API: what it lists and what it changes is the caller's own.
func (w *world) extensionsAreIsolated(t *testing.T) (cases int) {
	t.Helper()
	call := func(who account, method, target string, body J) answer {
		var b []byte
		if body != nil {
			var err error
			if b, err = json.Marshal(body); err != nil {
				t.Fatal(err)
			}
		}
		return signed(t, w.s, who, method, target, b, "X-Nonce", w.unique("n"))
	}
	host := "jump.other.example.com"
	for target, body := range map[string]J{
		"/x/v1/jump-domains": {"host": host},
		"/x/v1/domains":      {"domain": "links.other.example.com", "generation_type": "2"},
		"/x/v1/blacklist":    {"mobiles": L{"13100000099"}},
	} {
		if r := call(w.foreign.account, "POST", target, body); r.Status != 200 {
			t.Fatalf("POST %s: %d %s", target, r.Status, r.Body)
		}
	}
	lists := []string{"/x/v1/jump-domains", "/x/v1/domains", "/x/v1/blacklist", "/x/v1/company", "/x/v1/callbacks/dead-letters", "/x/v1/usage"}
	before := map[string]string{}
	for _, target := range lists {
		before[target] = call(w.foreign.account, "GET", target, nil).Body
		r := call(w.own.account, "GET", target, nil)
		if r.Status != 200 || strings.Contains(r.Body, "other.example.com") || strings.Contains(r.Body, w.foreign.Tenant) || strings.Contains(r.Body, "Other Shop") || strings.Contains(r.Body, "13100000099") {
			t.Errorf("GET %s: %d %s", target, r.Status, r.Body)
		}
		cases++
	}
	if before["/x/v1/jump-domains"] == "" || !strings.Contains(before["/x/v1/domains"], "links.other") {
		t.Fatalf("the other tenant sees nothing of its own: %v", before)
	}
	for _, c := range []struct {
		target string
		body   J
		status int
	}{
		{"/x/v1/jump-domains/delete", J{"host": host}, 400},
		{"/x/v1/domains", J{"domain": "links.other.example.com", "generation_type": "2"}, 400},
		{"/x/v1/callbacks/replay", J{"url_type": 0}, 200},
		{"/x/v1/reviews", J{"kind": "template", "id": w.foreign.ids["tpl_id"], "pass": false, "words": "x"}, 403},
	} {
		if r := call(w.own.account, "POST", c.target, c.body); r.Status != c.status {
			t.Errorf("POST %s %v: %d %s", c.target, c.body, r.Status, r.Body)
		}
		cases++
	}
	if r := call(w.own.account, "GET", "/x/v1/reviews", nil); r.Status != 403 {
		t.Errorf("a tenant's administrator reads the operator's desk: %d", r.Status)
	}
	for _, target := range lists[:5] {
		if after := call(w.foreign.account, "GET", target, nil).Body; after != before[target] {
			t.Errorf("%s of the other tenant changed:\n%s\n%s", target, before[target], after)
		}
	}
	return cases
}
