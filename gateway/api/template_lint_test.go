package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/valyala/fasthttp/fasthttputil"

	"cardlink/fault"
	"cardlink/identity"
	"cardlink/render"
	"cardlink/store"
	"cardlink/templates"
	"cardlink/templates/templatetest"
)

// newPreviewHouse is a templateHouse that can preview, with two tenants; the store seals.
func newPreviewHouse(t *testing.T) (h *templateHouse, previews *templates.Previews, a, b string) {
	t.Helper()
	ctx := context.Background()
	vault, err := identity.NewVault([]byte(strings.Repeat("v", 32)))
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(ctx, store.Options{File: filepath.Join(t.TempDir(), "t.db"), Vault: vault})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	people, err := identity.NewService(identity.Options{Store: db, Vault: vault})
	if err != nil {
		t.Fatal(err)
	}
	one, _, err1 := people.CreateTenant(ctx, identity.Actor{}, "one", "")
	two, _, err2 := people.CreateTenant(ctx, identity.Actor{}, "two", "")
	catalogue, err3 := templates.LoadCatalogue(nil)
	rules, err4 := render.LoadRules(nil, nil)
	blobs, err5 := templates.NewFolder(t.TempDir())
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC) }
	materials, err := templates.NewMaterials(templates.MaterialOptions{Store: db, Blobs: blobs, Catalogue: catalogue, Origin: "https://s.example.com", Now: now})
	if err != nil {
		t.Fatal(err)
	}
	h = &templateHouse{}
	if h.service, err = templates.NewService(templates.Options{Store: db, Catalogue: catalogue, Materials: materials, Origin: "https://s.example.com", Previews: testAddresses(t), Now: now}); err != nil {
		t.Fatal(err)
	}
	if err := h.service.PublishGallery(ctx); err != nil {
		t.Fatal(err)
	}
	if previews, err = templates.NewPreviews(templates.PreviewOptions{Store: db, Templates: h.service, Key: []byte(strings.Repeat("p", 32)), Now: now}); err != nil {
		t.Fatal(err)
	}
	ln := fasthttputil.NewInmemoryListener()
	face := New(Options{}, anyTenant{}, Rooms{Templates: h.service, Materials: materials, Previews: previews, Rules: rules})
	served := make(chan error, 1)
	go func() { served <- face.Serve(ln) }()
	h.client = &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return ln.Dial() }}}
	t.Cleanup(func() {
		h.client.CloseIdleConnections()
		if err := errors.Join(face.Shutdown(ctx), <-served); err != nil {
			t.Error(err)
		}
	})
	return h, previews, one.ID, two.ID
}

// lintFacts are the built-in facts, and a judge that needs no store.
func lintFacts(t testing.TB) (Facts, Judge) {
	t.Helper()
	catalogue, err1 := templates.LoadCatalogue(nil)
	rules, err2 := render.LoadRules(nil, nil)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	return Facts{catalogue, rules}, func(_ context.Context, d templates.Draft) (*templates.Template, []templates.Problem, error) {
		tpl, problems := templates.Attempt(catalogue, templates.AttemptOptions{}, d)
		return tpl, problems, nil
	}
}

// Every layout's sample card passes, and what vendors would not show of it is what the compiler says, in full, each on somebody's word.
func TestLintOfEveryLayout(t *testing.T) {
	facts, judge := lintFacts(t)
	cards, err := templatetest.Cards()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cards {
		r, err := Lint(t.Context(), c.Body, facts, judge)
		if err != nil {
			t.Fatal(err)
		}
		if !r.OK || r.CardID != c.Draft.CardID || r.RulesDate != facts.Catalogue.Date() {
			t.Errorf("%s: %+v", c.Draft.CardID, r)
		}
		made, _ := templates.Attempt(facts.Catalogue, templates.AttemptOptions{}, c.Draft)
		_, notes, err := facts.Rules.CompileAll(facts.Catalogue, made)
		if err != nil {
			t.Fatal(err)
		}
		var got []render.Note
		for i, target := range r.Targets {
			if want := render.TargetsOf(facts.Catalogue)[i].String(); target.Target != want {
				t.Errorf("%s: target %d is %s, want %s", c.Draft.CardID, i, target.Target, want)
			}
			for _, n := range target.Notes {
				got = append(got, render.Note{Target: target.Target, Field: n.Field, Lost: n.Lost, Shown: n.Shown, Why: n.Why, Source: n.Source, Date: n.Date})
				if r.Sources[n.Source] == "" || n.Date == "" {
					t.Errorf("%s for %s: on whose word? %+v", c.Draft.CardID, target.Target, n)
				}
			}
		}
		for i := range notes {
			notes[i].Chinese = render.NoteText{} // a report is in English
		}
		if d := cmp.Diff(notes, got); d != "" {
			t.Errorf("%s: %s", c.Draft.CardID, d)
		}
	}
}

// Whatever is wrong is said at once, in the order of the body: fields that cannot be read, rules of the contract, figures of one vendor, doubts.
func TestLintSaysEverythingAtOnce(t *testing.T) {
	facts, judge := lintFacts(t)
	type row struct{ Severity, Field, Code, Vendor string }
	for _, c := range []struct {
		name, body string
		want       []row
		shown      map[string]string // target → card_id that is drawn, or none
	}{
		{
			name: "a text card with faults of every kind",
			body: `{"card_id":"PureText","tpl_name":"","use_id":9,"sub_type":"many","factorys":[{"factory_type":"HUAWEI","state":1}],"pages":[{"page_order":1,"contents":[
				{"type":"text","position_number":2,"content":"标题","is_text_title":true},
				{"type":"text","position_number":3,"content":"正<文 ${name}"},
				{"type":"button","position_number":4,"content":"看","action_type":"OPEN_URL","action":{"target":"ftp://x.example"}}]}]}`,
			want: []row{
				{"error", "sub_type", "KM.90016803", ""},
				{"error", "tpl_name", "KM.90016803", ""},
				{"error", "use_id", "KM.90016803", ""},
				{"error", "pages[0].contents[1].content", "KM.90016803", ""},
				{"error", "pages[0].contents[2].action.target", "KM.90016803", ""},
				{"error", "pages[0].contents[1].content", "KM.90016802", ""},
				{"warning", "pages", "", ""},
			},
			shown: map[string]string{"HUAWEI": "PureText", "H5": "PureText"},
		},
		{
			name: "an unknown layout is judged as far as it goes, and nothing is drawn",
			body: `{"card_id":"Nope","tpl_name":"x","use_id":1,"pages":[]}`,
			want: []row{{"error", "card_id", "KM.90016803", ""}, {"error", "pages", "KM.90016803", ""}},
		},
		{
			name: "a vendor that was named minds, and only it",
			body: `{"card_id":"StandardImageAndText","tpl_name":"x","use_id":1,"factorys":[{"factory_type":"MEIZU","state":1},{"factory_type":"HUAWEI","state":1}],"pages":[{"page_order":1,"contents":[
				{"type":"image","position_number":1,"src_type":2,"src":"https://x.example/1.png","action_type":"OPEN_URL","action":{"target":"https://x.example"}},
				{"type":"text","position_number":2,"content":"一二三四五六七八九十一二三四五六","is_text_title":"true"},
				{"type":"text","position_number":3,"content":"正文，拒收请回复R"},
				{"type":"button","position_number":4,"content":"看","action_type":"OPEN_URL","action":{"target":"https://x.example"}}]}]}`,
			want:  []row{{"error", "pages[0].contents[1].content", "KM.90016803", "MEIZU"}},
			shown: map[string]string{"MEIZU": "StandardImageAndText", "SAMSUNG": "StandardImageAndText"},
		},
		{
			name:  "a carousel of one slide on vendors that show none",
			body:  `{"card_id":"CarouselSquareImage","tpl_name":"x","use_id":1,"pages":[{"page_order":1,"contents":[{"type":"image","position_number":1,"src_type":2,"src":"https://x.example/1.png"}]}]}`,
			shown: map[string]string{"HUAWEI": "CarouselSquareImage", "XIAOMI": "StandardImageAndText"},
		},
		{
			name: "everything of the wrong type",
			body: `{"card_id":7,"tpl_name":[],"use_id":{},"pages":[1,{"page_order":"x","contents":{}}],"params":"x","factorys":[[]]}`,
			want: []row{
				{"error", "tpl_name", "KM.90016803", ""}, {"error", "use_id", "KM.90016803", ""}, {"error", "pages[0]", "KM.90016803", ""},
				{"error", "pages[1].page_order", "KM.90016803", ""}, {"error", "pages[1].contents", "KM.90016803", ""}, {"error", "params", "KM.90016803", ""},
				{"error", "factorys[0]", "KM.90016803", ""}, {"error", "card_id", "KM.90016803", ""},
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := Lint(t.Context(), []byte(c.body), facts, judge)
			if err != nil {
				t.Fatal(err)
			}
			var got []row
			seen := map[string]bool{}
			for _, p := range r.Problems {
				got = append(got, row{p.Severity, p.Field, p.Code, p.Vendor})
				if seen[p.Field+p.Rule+p.Vendor] || p.Rule == "" {
					t.Errorf("twice, or without a rule: %+v", p)
				}
				seen[p.Field+p.Rule+p.Vendor] = true
			}
			for _, want := range c.want {
				if !slices.Contains(got, want) {
					t.Errorf("lacks %v", want)
				}
			}
			if t.Failed() {
				t.Logf("got %v", got)
			}
			if bad := slices.ContainsFunc(r.Problems, func(p LintProblem) bool { return p.Severity == "error" }); r.OK == bad {
				t.Errorf("ok is %v with %v", r.OK, got)
			}
			shown := map[string]string{}
			for _, x := range r.Targets {
				shown[x.Target] = x.CardID
			}
			for target, want := range c.shown {
				if shown[target] != want {
					t.Errorf("%s draws %q, want %q", target, shown[target], want)
				}
			}
			if c.shown == nil && len(r.Targets) != 0 {
				t.Errorf("draws %v", shown)
			}
		})
	}
}

func TestLintOverTheWire(t *testing.T) {
	h, _, mine, theirs := newPreviewHouse(t)
	status, answer := h.call(t, "POST", "/x/v1/templates/lint", pureText(`"factorys":[{"factory_type":"OPPO","state":1}]`), "X-Tenant", mine)
	r := got[LintReport](t, status, answer)
	for _, x := range r.Targets {
		if want := x.Target == "OPPO" || x.Target == "H5"; x.Submitted != want {
			t.Errorf("%s submitted: %v", x.Target, x.Submitted)
		}
	}
	if _, list := h.call(t, "GET", "/v1/aim/templates?tpl_type=private", "", "X-Tenant", mine); !strings.Contains(list, `"total":0`) {
		t.Errorf("judging stored something: %s", list)
	}
	// What lint lets pass is created, and its warnings come back with the id.
	status, answer = h.call(t, "POST", "/v1/aim/templates", pureText(``), "X-Tenant", mine)
	made := got[struct {
		Data struct {
			TplID    string        `json:"tpl_id"`
			Warnings []wireWarning `json:"warnings"`
		} `json:"data"`
	}](t, status, answer)
	r = got[LintReport](t, 200, second(h.call(t, "POST", "/x/v1/templates/lint", pureText(``), "X-Tenant", mine)))
	var soft []wireWarning
	for _, p := range r.Problems {
		soft = append(soft, wireWarning{p.Field, p.Rule})
	}
	if d := cmp.Diff(soft, made.Data.Warnings); d != "" || len(soft) == 0 || !r.OK {
		t.Errorf("warnings of judging (-) and creating (+):\n%s", d)
	}
	for name, c := range map[string]struct {
		body string
		code fault.Code
	}{
		"no JSON": {`{"card_id":`, fault.TemplateNotJSON}, "nothing": {``, fault.EmptyInput},
		"too large": {`{"card_id":"` + strings.Repeat("x", lintBody) + `"}`, fault.BodyTooLarge},
	} {
		if status, answer := h.call(t, "POST", "/x/v1/templates/lint", c.body, "X-Tenant", theirs); status == 200 || !strings.Contains(answer, string(c.code)) {
			t.Errorf("%s: %d %s", name, status, answer)
		}
	}
}

func second(_ int, answer string) string { return answer }

// pureText is the body of a card without materials and with a doubt: it does not hold the opt-out phrase. more are further fields.
func pureText(more string) string {
	if more != "" {
		more = "," + more
	}
	return `{"card_id":"PureText","tpl_name":"会员通知","use_id":1,"pages":[{"page_order":1,"contents":[
		{"type":"image","position_number":1,"src_type":2,"src":"https://shop.example.com/logo.png","action_type":"OPEN_URL","action":{"target":"https://shop.example.com"}},
		{"type":"text","position_number":2,"content":"会员通知","is_text_title":"true"},
		{"type":"text","position_number":3,"content":"${name}，您的积分即将到期"},
		{"type":"button","position_number":4,"content":"查看","action_type":"OPEN_EMAIL","action":{"target":"a@shop.example.com","subject":"s","body":"b"}}]}],
		"params":[{"type":1,"name":"${name}","example":"王小明"}]` + more + `}`
}

// Whatever is sent, it is judged or refused, never answered as our own failure.
func FuzzLint(f *testing.F) {
	cards, err := templatetest.Cards()
	if err != nil {
		f.Fatal(err)
	}
	for _, c := range cards {
		f.Add(c.Body)
	}
	f.Add([]byte(`{"card_id":"RedPacket","pages":[{"contents":[{"type":"button","action_type":"OPEN_POPUP"}]}]}`))
	facts, judge := lintFacts(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		b, err := draftBody(body)
		if err != nil {
			return
		}
		tpl, r, err := lint(t.Context(), b, facts, judge)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := json.Marshal(r); err != nil {
			t.Fatal(err)
		}
		if !tpl.Drawable(facts.Catalogue) {
			return
		}
		for _, target := range render.TargetsOf(facts.Catalogue) {
			s, err := facts.Rules.Shot(facts.Catalogue, tpl, target, render.Look{})
			if err != nil {
				t.Fatal(err)
			}
			if s.Card != nil && !json.Valid(s.Card) {
				t.Fatalf("not JSON for %s: %s", target, s.Card)
			}
			if strings.Contains(strings.ToLower(string(s.HTML)), "<script") {
				t.Fatalf("a script for %s: %s", target, s.HTML)
			}
		}
		if _, _, err := facts.Rules.AppendPreview(nil, facts.Catalogue, tpl, render.Look{Self: fmt.Sprintf("https://s.example.com/p/%d", tpl.ID)}); err != nil {
			t.Fatal(err)
		}
	})
}
