package templates_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cardlink/fault"
	"cardlink/templates"
	"cardlink/templates/templatetest"
)

// desk keeps previews in memory; what a store does with them is contract.Previews' business.
type desk struct {
	kept  map[string]templates.KeptPreview
	keep  int
	reads int
}

func (d *desk) AddPreview(_ context.Context, p templates.KeptPreview, keep int) error {
	d.kept[p.ID], d.keep = p, keep
	return nil
}

func (d *desk) Preview(_ context.Context, id string) (templates.KeptPreview, error) {
	d.reads++
	p, ok := d.kept[id]
	if !ok {
		return templates.KeptPreview{}, templates.ErrUnknown
	}
	return p, nil
}

func newPreviews(t *testing.T, h *house, key byte) (*templates.Previews, *desk) {
	t.Helper()
	d := &desk{kept: map[string]templates.KeptPreview{}}
	p, err := templates.NewPreviews(templates.PreviewOptions{
		Store: d, Templates: h.service, Key: []byte(strings.Repeat(string(key), 32)), Now: func() time.Time { return h.now },
	})
	if err != nil {
		t.Fatal(err)
	}
	return p, d
}

func TestPreviewsWorkForAnHourForWhoeverHasTheToken(t *testing.T) {
	ctx, h := context.Background(), newHouse(t)
	previews, d := newPreviews(t, h, 'k')
	draft := plainCard(t)
	token, expires, err := previews.Keep(ctx, tenant, templates.Preview{TplID: "600001007", Version: 3, Draft: draft})
	if err != nil || len(token) != templates.PreviewToken || !expires.Equal(h.now.Add(time.Hour)) || d.keep != 100 {
		t.Fatalf("%q %v %v, %d kept", token, expires, err, d.keep)
	}
	if got := previews.URL(token); got != "https://s.example.com/p/"+token {
		t.Error(got)
	}
	got, until, err := previews.Open(ctx, token)
	if err != nil || !until.Equal(expires) || got.ID != 600_001_007 || got.Version != 3 || got.Tenant != tenant || got.Name != draft.Name || len(got.Pages) != len(draft.Pages) {
		t.Fatalf("%+v %v %v", got, until, err)
	}
	h.now = expires.Add(-time.Millisecond)
	if _, _, err := previews.Open(ctx, token); err != nil {
		t.Errorf("in its last moment: %v", err)
	}
	h.now = expires
	if _, _, err := previews.Open(ctx, token); !errors.Is(err, templates.ErrUnknown) {
		t.Errorf("after an hour: %v", err)
	}
}

// No token but the one given opens anything, and a wrong one costs no read.
func TestForgedPreviewTokens(t *testing.T) {
	ctx, h := context.Background(), newHouse(t)
	previews, d := newPreviews(t, h, 'k')
	token, _, err := previews.Keep(ctx, tenant, templates.Preview{Draft: plainCard(t)})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	forged := []string{"", token + "A", token[:42], strings.Repeat("A", 43), strings.Repeat("王", 43), " " + token[1:], token[:42] + "="}
	for i := range raw {
		b := slices.Clone(raw)
		b[i] ^= 1
		forged = append(forged, base64.RawURLEncoding.EncodeToString(b))
	}
	longer := slices.Clone(raw)
	longer[16] = 0xff // an expiry of the forger's choice
	forged = append(forged, base64.RawURLEncoding.EncodeToString(longer))
	others, _ := newPreviews(t, h, 'x')
	theirs, _, err := others.Keep(ctx, tenant, templates.Preview{Draft: plainCard(t)})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(forged, theirs) {
		if _, _, err := previews.Open(ctx, f); !errors.Is(err, templates.ErrUnknown) {
			t.Errorf("%q: %v", f, err)
		}
	}
	if d.reads != 0 {
		t.Errorf("%d reads for tokens that are not ours", d.reads)
	}
	clear(d.kept)
	if _, _, err := previews.Open(ctx, token); !errors.Is(err, templates.ErrUnknown) || d.reads != 1 {
		t.Errorf("one that was forgotten: %v, %d reads", err, d.reads)
	}
}

func TestPreviewsAreBounded(t *testing.T) {
	h := newHouse(t)
	previews, d := newPreviews(t, h, 'k')
	draft := plainCard(t)
	draft.SMSExample = strings.Repeat("x", 256<<10)
	if _, _, err := previews.Keep(context.Background(), tenant, templates.Preview{Draft: draft}); !fault.Has(err, fault.Parameter) || len(d.kept) != 0 {
		t.Errorf("%v, %d kept", err, len(d.kept))
	}
	if _, err := templates.NewPreviews(templates.PreviewOptions{Store: d, Templates: h.service, Key: []byte("short")}); err == nil {
		t.Error("a short key is taken")
	}
}

// plainCard is a card that needs no materials.
func plainCard(t *testing.T) templates.Draft {
	t.Helper()
	cards, err := templatetest.Cards()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cards {
		if c.Draft.CardID != "PureText" {
			continue
		}
		for i := range c.Draft.Pages {
			for j := range c.Draft.Pages[i].Contents {
				if f := &c.Draft.Pages[i].Contents[j]; f.SrcType == 1 {
					f.SrcType, f.Src = 2, "https://shop.example.com/a.png"
				}
			}
		}
		return c.Draft
	}
	t.Fatal("no plain card")
	return templates.Draft{}
}

// Trying says exactly what creating would: the same problems, the same template but for what only a stored one has.
func TestTryIsCreateWithoutStoring(t *testing.T) {
	ctx, h := context.Background(), newHouse(t)
	draft := plainCard(t)
	tried, problems, err := h.service.Try(ctx, tenant, draft)
	if err != nil {
		t.Fatal(err)
	}
	if list, total, err := h.service.List(ctx, templates.Filter{Tenant: tenant, Private: true, Limit: 10}); err != nil || total != 0 {
		t.Fatalf("trying stored %v (%v)", list, err)
	}
	made, err := h.service.Create(ctx, tenant, "u", draft)
	if err != nil {
		t.Fatal(err)
	}
	want := *made
	want.ID, want.Version, want.State, want.Audit, want.AuditSeq, want.CreatedAt, want.UpdatedAt = 0, 0, 0, 0, 0, time.Time{}, time.Time{}
	want.Assets = map[string]templates.Asset{}
	for i := range want.Factories {
		want.Factories[i].State, want.Factories[i].Pending = templates.VendorNotEnabled, true
	}
	if d := cmp.Diff(&want, tried, cmpopts.IgnoreUnexported(templates.Template{})); d != "" {
		t.Error(d)
	}
	if len(problems) != len(made.Warnings) {
		t.Errorf("%v, want %v", problems, made.Warnings)
	}
	again, _, err := h.service.Try(ctx, tenant, templates.DraftOf(made))
	if err != nil || cmp.Diff(again.Content(), made.Content()) != "" || cmp.Diff(again.Factories, tried.Factories) != "" {
		t.Errorf("the draft of a template does not make it again: %v", err)
	}

	draft.CardID, draft.UseID = "PureText", 7
	draft.Pages[0].Contents[0].SrcType, draft.Pages[0].Contents[0].Src = 1, "700000000000000001"
	_, problems, err = h.service.Try(ctx, tenant, draft)
	var refused *templates.Refused
	if _, want := h.service.Create(ctx, tenant, "u", draft); err != nil || !errors.As(want, &refused) || cmp.Diff(refused.Problems, problems) != "" {
		t.Errorf("%v: %v, want %v", err, problems, want)
	}
}

// Without a store every sample card passes, with a warning at each place that names a material, and is drawable.
func TestAttemptWithoutMaterials(t *testing.T) {
	cat, err := templates.LoadCatalogue(nil)
	if err != nil {
		t.Fatal(err)
	}
	judge, err := templatetest.NewJudge(cat)
	if err != nil {
		t.Fatal(err)
	}
	cards, err := templatetest.Cards()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cards {
		before := fmt.Sprint(c.Draft)
		made, problems := templates.Attempt(cat, templates.AttemptOptions{}, c.Draft)
		if fmt.Sprint(c.Draft) != before {
			t.Errorf("%s: the caller's draft was changed", c.Draft.CardID)
		}
		if !made.Drawable(cat) {
			t.Errorf("%s is not drawable", c.Draft.CardID)
		}
		looked, err := judge.Problems(context.Background(), c.Draft)
		if err != nil {
			t.Fatal(err)
		}
		unseen := map[string]bool{}
		problems = slices.DeleteFunc(problems, func(p templates.Problem) bool {
			is := strings.HasSuffix(p.Rule, "was not looked up")
			if is {
				unseen[p.Field] = true
			}
			return is
		})
		if d := cmp.Diff(looked, problems, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s: with materials (-) and without (+)\n%s", c.Draft.CardID, d)
		}
		for i, p := range c.Draft.Pages {
			for j, f := range p.Contents {
				field := fmt.Sprintf("pages[%d].contents[%d].src", i, j)
				if (f.SrcType == 1) != unseen[field] {
					t.Errorf("%s: %s with src_type %d: %v", c.Draft.CardID, field, f.SrcType, slices.Sorted(maps.Keys(unseen)))
				}
				if a, ok := made.Assets[f.Src]; f.SrcType == 1 && (!ok || a.Path == "") {
					t.Errorf("%s: %s cannot be drawn", c.Draft.CardID, field)
				}
			}
		}
	}
}

// A video that names no cover has the one that the system drew, also if nobody can look.
func TestAttemptGivesVideosTheirCover(t *testing.T) {
	cat, err := templates.LoadCatalogue(nil)
	if err != nil {
		t.Fatal(err)
	}
	d := templates.Draft{CardID: "Video", Name: "v", UseID: 1, Pages: []templates.Page{{Order: 1, Contents: []templates.Content{
		{Type: "video", Position: 1, SrcType: 1, Src: "700000000000000051"},
	}}}}
	made, problems := templates.Attempt(cat, templates.AttemptOptions{}, d)
	for _, p := range problems {
		if strings.Contains(p.Field, "cover") || p.Hard && strings.Contains(p.Field, "src") {
			t.Errorf("%+v", p)
		}
	}
	if cover := made.Pages[0].Contents[0].Cover; made.Assets[cover].Path == "" {
		t.Errorf("cover %q", cover)
	}
}

func TestDrawableHasBounds(t *testing.T) {
	cat, err := templates.LoadCatalogue(nil)
	if err != nil {
		t.Fatal(err)
	}
	page := func(n int) templates.Page {
		return templates.Page{Order: 1, Contents: make([]templates.Content, n)}
	}
	for name, c := range map[string]struct {
		tpl  templates.Template
		want bool
	}{
		"as it should be": {templates.Template{CardID: "PureText", Pages: []templates.Page{page(5)}}, true},
		"most":            {templates.Template{CardID: "PureText", Pages: slices.Repeat([]templates.Page{page(50)}, 10), Params: make([]templates.Param, 20)}, true},
		"no layout":       {templates.Template{CardID: "Nothing", Pages: []templates.Page{page(5)}}, false},
		"no page":         {templates.Template{CardID: "PureText"}, false},
		"empty page":      {templates.Template{CardID: "PureText", Pages: []templates.Page{page(0)}}, false},
		"too many pages":  {templates.Template{CardID: "PureText", Pages: slices.Repeat([]templates.Page{page(1)}, 11)}, false},
		"too many places": {templates.Template{CardID: "PureText", Pages: []templates.Page{page(51)}}, false},
		"too many params": {templates.Template{CardID: "PureText", Pages: []templates.Page{page(1)}, Params: make([]templates.Param, 21)}, false},
	} {
		if got := c.tpl.Drawable(cat); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestForPreview(t *testing.T) {
	ctx, h := context.Background(), newHouse(t)
	made, err := h.service.Create(ctx, tenant, "u", plainCard(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := h.service.SetState(ctx, tenant, made.TplID(), templates.StateDisabled, ""); err != nil {
		t.Fatal(err)
	}
	if got, err := h.service.ForPreview(ctx, tenant, made.TplID()); err != nil || got.ID != made.ID || got.State != templates.StateDisabled {
		t.Errorf("one's own, disabled: %v %v", got, err)
	}
	var answers []string
	for _, c := range []struct{ tenant, id string }{{stranger, made.TplID()}, {tenant, "699999999"}, {tenant, "abc"}} {
		_, err := h.service.ForPreview(ctx, c.tenant, c.id)
		if !fault.Has(err, fault.UnknownTemplateID) {
			t.Errorf("%v: %v", c, err)
		}
		answers = append(answers, fmt.Sprint(err))
	}
	if answers[0] != answers[1] || answers[1] != answers[2] {
		t.Errorf("another's template is told from an unknown one: %q", answers)
	}
	if _, err := h.service.ForPreview(ctx, tenant, ""); !fault.Has(err, fault.EmptyTemplateID) {
		t.Error(err)
	}
}
