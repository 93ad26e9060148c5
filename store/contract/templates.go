package contract

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"cardlink/event"
	"cardlink/templates"
)

// TemplateStores is what the checks of Templates need: materials exist so that templates can hold on to them.
type TemplateStores interface {
	templates.Store
	templates.MaterialStore
}

// Templates says what a templates.Store and its templates.MaterialStore must do.
var Templates = []struct {
	Name  string
	Check func(context.Context, TemplateStores) error
}{
	{"a stored template comes back whole", templateRoundTrip},
	{"an id is given once", templateOnce},
	{"a template nobody stored is unknown", templateUnknown},
	{"a change is stored; its error stores nothing", templateChange},
	{"a new version leaves the old one as it was", templateVersions},
	{"what waits for a verdict is listed, oldest first, over all tenants", templatesPending},
	{"changes of one template never overlap", templateChangesTakeTurns},
	{"lists filter, count and order", templateLists},
	{"another tenant's template can neither be changed nor deleted", templateForeign},
	{"a deleted template is gone and its materials are free", templateDeleted},
	{"a template cannot hold on to a material that is not there or not its tenant's", templateForeignMaterial},
	{"a used material cannot be deleted, and all or none are", materialInUse},
	{"materials come back whole, to their tenant", materialRoundTrip},
	{"the quota is kept and deleting gives space back", materialQuota},
	{"a video's first thumbnail is its cover", materialCovers},
	{"material lists filter, count and order", materialLists},
	{"known digests are told from unknown ones", materialDigests},
}

var day = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// sampleTemplate is a template with every field set.
func sampleTemplate(ctx context.Context, s templates.Store, tenant string) (*templates.Template, error) {
	id, err := s.LeaseIDs(ctx, "contract-templates", 600_001_001, 1)
	if err != nil {
		return nil, err
	}
	one, floor := 1, 2
	return &templates.Template{
		ID: id, Version: 1, Tenant: tenant, Name: "春季上新", Scene: "活动", UseID: 1, CardID: "StandardImageAndText", SubType: 1,
		SMSExample: "您有一张券", SMSSigns: []string{"示例商城"}, SMSPattern: "券[数字1-4]",
		Pages: []templates.Page{{Order: 1, Contents: []templates.Content{
			{Type: "image", Position: 1, SrcType: 2, Src: "https://x.example/a.png", ActionType: "OPEN_APP", Visible: &one,
				Action: &templates.Action{Target: "app://x", PackageName: "a.b", FloorType: &floor, FloorURL: "https://x.example"}},
			{Type: "text", Position: 2, Text: "${p} \"<引号>\" \\ 反斜杠\n", IsTitle: "true"},
		}}},
		Params:    []templates.Param{{Type: 1, Name: "${p}", Example: "张"}},
		Factories: []templates.Factory{{Vendor: templates.Huawei, State: templates.VendorActive}, {Vendor: templates.Oppo, State: templates.VendorNotEnabled, Pending: true}},
		Warnings:  []templates.Problem{{Field: "pages", Rule: "r", Source: "assumed"}},
		State:     templates.StateEnabled, Audit: templates.AuditApproved, AuditDesc: "ok", AuditSeq: 3, CreatedAt: day, UpdatedAt: day.Add(time.Minute),
	}, nil
}

func addTemplate(ctx context.Context, s templates.Store, tenant string, alter func(*templates.Template), uses ...string) (*templates.Template, error) {
	t, err := sampleTemplate(ctx, s, tenant)
	if err != nil {
		return nil, err
	}
	if alter != nil {
		alter(t)
	}
	return t, s.AddTemplate(ctx, t, uses, nil)
}

func sameTemplate(got, want *templates.Template) error {
	if !reflect.DeepEqual(got, want) {
		return fmt.Errorf("template\n got %+v\nwant %+v", got, want)
	}
	return nil
}

func templateRoundTrip(ctx context.Context, s TemplateStores) error {
	want, err := addTemplate(ctx, s, "t-round", nil)
	if err != nil {
		return err
	}
	for _, version := range []int{0, 1} {
		got, err := s.Template(ctx, want.ID, version)
		if err != nil {
			return fmt.Errorf("version %d: %w", version, err)
		}
		if err := sameTemplate(got, want); err != nil {
			return err
		}
	}
	return nil
}

func templateOnce(ctx context.Context, s TemplateStores) error {
	t, err := addTemplate(ctx, s, "t-once", nil)
	if err != nil {
		return err
	}
	if err := s.AddTemplate(ctx, t, nil, nil); !errors.Is(err, templates.ErrExists) {
		return fmt.Errorf("second AddTemplate = %v, want ErrExists", err)
	}
	return nil
}

func templateUnknown(ctx context.Context, s TemplateStores) error {
	t, err := addTemplate(ctx, s, "t-unknown", nil)
	if err != nil {
		return err
	}
	for _, ask := range []struct {
		id      int64
		version int
	}{{t.ID + 1_000_000, 0}, {t.ID, 2}} {
		if _, err := s.Template(ctx, ask.id, ask.version); !errors.Is(err, templates.ErrUnknown) {
			return fmt.Errorf("Template(%d, %d) = %v, want ErrUnknown", ask.id, ask.version, err)
		}
	}
	return nil
}

func templateChange(ctx context.Context, s TemplateStores) error {
	want, err := addTemplate(ctx, s, "t-change", nil)
	if err != nil {
		return err
	}
	alter := func(t *templates.Template) {
		t.State, t.DisableDesc, t.DisabledAt = templates.StateDisabled, "why", day.Add(time.Hour)
		t.Audit, t.AuditDesc, t.AuditSeq, t.UpdatedAt = templates.AuditRejected, "no", 9, day.Add(2*time.Hour)
		t.Factories[0].State, t.Factories[0].Desc = templates.VendorDisabled, "bad"
	}
	boom := errors.New("boom")
	err = s.ChangeTemplate(ctx, "t-change", want.ID, func(t *templates.Template) ([]string, []event.Record, error) {
		alter(t)
		return nil, nil, boom
	})
	if !errors.Is(err, boom) {
		return fmt.Errorf("ChangeTemplate = %v, want the error of change", err)
	}
	got, err := s.Template(ctx, want.ID, 0)
	if err := errors.Join(err, sameTemplate(got, want)); err != nil {
		return fmt.Errorf("after a refused change: %w", err)
	}
	alter(want)
	err = s.ChangeTemplate(ctx, "t-change", want.ID, func(t *templates.Template) ([]string, []event.Record, error) {
		alter(t)
		return nil, nil, nil
	})
	if err != nil {
		return err
	}
	got, err = s.Template(ctx, want.ID, 1)
	return errors.Join(err, sameTemplate(got, want))
}

func templateVersions(ctx context.Context, s TemplateStores) error {
	first, err := addTemplate(ctx, s, "t-versions", nil)
	if err != nil {
		return err
	}
	err = s.ChangeTemplate(ctx, "t-versions", first.ID, func(t *templates.Template) ([]string, []event.Record, error) {
		t.Version++
		t.Name, t.Params, t.Audit, t.Warnings = "second", nil, templates.AuditReview, nil
		t.Pages = []templates.Page{{Order: 1, Contents: []templates.Content{{Type: "text", Position: 1, Text: "new"}}}}
		return nil, nil, nil
	})
	if err != nil {
		return err
	}
	old, err := s.Template(ctx, first.ID, 1)
	if err := errors.Join(err, sameTemplate(old, first)); err != nil {
		return fmt.Errorf("version 1: %w", err)
	}
	now, err := s.Template(ctx, first.ID, 0)
	if err != nil {
		return err
	}
	if now.Version != 2 || now.Name != "second" || now.Audit != templates.AuditReview || len(now.Params) != 0 || now.Pages[0].Contents[0].Text != "new" {
		return fmt.Errorf("newest = %+v", now)
	}
	return nil
}

func templateChangesTakeTurns(ctx context.Context, s TemplateStores) error {
	t, err := addTemplate(ctx, s, "t-turns", nil)
	if err != nil {
		return err
	}
	const n = 20
	done := make(chan error, n)
	for range n {
		go func() {
			done <- s.ChangeTemplate(ctx, "t-turns", t.ID, func(t *templates.Template) ([]string, []event.Record, error) {
				t.AuditSeq++
				return nil, nil, nil
			})
		}()
	}
	for range n {
		if err := <-done; err != nil {
			return err
		}
	}
	got, err := s.Template(ctx, t.ID, 0)
	if err != nil || got.AuditSeq != t.AuditSeq+n {
		return fmt.Errorf("after %d changes the sequence is %d (%v), want %d", n, got.AuditSeq, err, t.AuditSeq+n)
	}
	return nil
}

func templatesPending(ctx context.Context, s TemplateStores) error {
	waits := func(t *templates.Template) {
		t.Audit, t.Factories[0].Pending, t.Factories[0].State = templates.AuditReview, true, templates.VendorNotEnabled
	}
	var made []*templates.Template
	for i := range 2 {
		t, err := addTemplate(ctx, s, fmt.Sprintf("t-pending-%d", i), func(t *templates.Template) {
			waits(t)
			t.UpdatedAt = day.Add(-time.Duration(i) * time.Hour)
		})
		if err != nil {
			return err
		}
		made = append(made, t)
	}
	pending := func() ([]int64, error) {
		list, err := s.PendingTemplates(ctx, 1000)
		var ids []int64
		for _, t := range list {
			if t.ID == made[0].ID || t.ID == made[1].ID {
				ids = append(ids, t.ID)
			}
		}
		return ids, err
	}
	if got, err := pending(); err != nil || len(got) != 2 || got[0] != made[1].ID {
		return fmt.Errorf("pending %v, %v; want the older %d first", got, err, made[1].ID)
	}
	if one, err := s.PendingTemplates(ctx, 1); err != nil || len(one) != 1 {
		return fmt.Errorf("%d of at most one, %w", len(one), err)
	}
	err := s.ChangeTemplate(ctx, made[1].Tenant, made[1].ID, func(t *templates.Template) ([]string, []event.Record, error) {
		for i := range t.Factories {
			t.Factories[i].Pending = false
		}
		return nil, nil, nil
	})
	if err != nil {
		return err
	}
	if got, err := pending(); err != nil || len(got) != 1 || got[0] != made[0].ID {
		return fmt.Errorf("after a verdict %v, %v; want %d", got, err, made[0].ID)
	}
	return nil
}

func templateLists(ctx context.Context, s TemplateStores) error {
	const tenant = "t-lists"
	var made []*templates.Template
	for i, name := range []string{"alpha", "beta 100%", "gamma_x", "alphabet"} {
		t, err := addTemplate(ctx, s, tenant, func(t *templates.Template) {
			t.Name, t.CreatedAt = name, day.Add(time.Duration(i)*time.Hour)
			if i%2 == 0 {
				t.Params = nil
			}
			if i == 3 {
				t.Factories = []templates.Factory{{Vendor: templates.Xiaomi, State: templates.VendorActive}}
			}
		})
		if err != nil {
			return err
		}
		made = append(made, t)
	}
	if _, err := addTemplate(ctx, s, "t-lists-other", nil); err != nil {
		return err
	}
	yes, no := true, false
	for _, c := range []struct {
		name  string
		f     templates.Filter
		want  []int // indexes in made
		total int
	}{
		{"all", templates.Filter{Limit: 10}, []int{3, 2, 1, 0}, 4},
		{"window", templates.Filter{Limit: 2, Offset: 1}, []int{2, 1}, 4},
		{"beyond", templates.Filter{Limit: 2, Offset: 9}, nil, 4},
		{"part of a name", templates.Filter{Limit: 10, Name: "lpha"}, []int{3, 0}, 2},
		{"no wildcards", templates.Filter{Limit: 10, Name: "%"}, []int{1}, 1},
		{"case", templates.Filter{Limit: 10, Name: "ALPHA"}, nil, 0},
		{"with parameters", templates.Filter{Limit: 10, HasParam: &yes}, []int{3, 1}, 2},
		{"without", templates.Filter{Limit: 10, HasParam: &no}, []int{2, 0}, 2},
		{"active at", templates.Filter{Limit: 10, Vendors: []templates.Vendor{templates.Huawei}}, []int{2, 1, 0}, 3},
		{"not active at", templates.Filter{Limit: 10, Vendors: []templates.Vendor{templates.Oppo}}, nil, 0},
		{"any of", templates.Filter{Limit: 10, Vendors: []templates.Vendor{templates.Oppo, templates.Xiaomi}}, []int{3}, 1},
		{"created between", templates.Filter{Limit: 10, Begin: day.Add(time.Hour), End: day.Add(2 * time.Hour)}, []int{2, 1}, 2},
		{"by id", templates.Filter{Limit: 10, ID: made[1].ID}, []int{1}, 1},
	} {
		c.f.Tenant, c.f.Private = tenant, true
		list, total, err := s.ListTemplates(ctx, c.f)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		var got, want []int64
		for _, t := range list {
			got = append(got, t.ID)
		}
		for _, i := range c.want {
			want = append(want, made[i].ID)
		}
		if !slices.Equal(got, want) || total != c.total {
			return fmt.Errorf("%s: ids %v of %d, want %v of %d", c.name, got, total, want, c.total)
		}
	}
	public, err := addTemplate(ctx, s, "", func(t *templates.Template) { t.Name, t.CreatedAt = "only here", day.Add(-time.Hour) })
	if err != nil {
		return err
	}
	for _, c := range []struct {
		private, public bool
		total           int
	}{{true, true, 1}, {false, true, 1}, {true, false, 0}, {false, false, 0}} {
		list, total, err := s.ListTemplates(ctx, templates.Filter{Tenant: tenant, Private: c.private, Public: c.public, Name: "only here", Limit: 5})
		if err != nil || total != c.total || total == 1 && list[0].ID != public.ID {
			return fmt.Errorf("private %v public %v: %d of %d, %v", c.private, c.public, len(list), total, err)
		}
	}
	return nil
}

func templateForeign(ctx context.Context, s TemplateStores) error {
	t, err := addTemplate(ctx, s, "t-mine", nil)
	if err != nil {
		return err
	}
	err = s.ChangeTemplate(ctx, "t-yours", t.ID, func(*templates.Template) ([]string, []event.Record, error) {
		return nil, nil, errors.New("change was called")
	})
	if !errors.Is(err, templates.ErrUnknown) {
		return fmt.Errorf("ChangeTemplate = %v, want ErrUnknown", err)
	}
	if err := s.DeleteTemplate(ctx, "t-yours", t.ID, day, func(*templates.Template) error { return nil }); !errors.Is(err, templates.ErrUnknown) {
		return fmt.Errorf("DeleteTemplate = %v, want ErrUnknown", err)
	}
	_, err = s.Template(ctx, t.ID, 0)
	return err
}

func templateDeleted(ctx context.Context, s TemplateStores) error {
	m, err := addMaterial(ctx, s, "t-deleted", nil)
	if err != nil {
		return err
	}
	t, err := addTemplate(ctx, s, "t-deleted", nil, m.ResourceID)
	if err != nil {
		return err
	}
	no := errors.New("no")
	if err := s.DeleteTemplate(ctx, "t-deleted", t.ID, day, func(*templates.Template) error { return no }); !errors.Is(err, no) {
		return fmt.Errorf("DeleteTemplate = %v, want the error of check", err)
	}
	if err := s.DeleteTemplate(ctx, "t-deleted", t.ID, day, func(*templates.Template) error { return nil }); err != nil {
		return err
	}
	if _, err := s.Template(ctx, t.ID, 1); !errors.Is(err, templates.ErrUnknown) {
		return fmt.Errorf("Template = %v, want ErrUnknown", err)
	}
	if list, total, err := s.ListTemplates(ctx, templates.Filter{Tenant: "t-deleted", Private: true, Limit: 5}); err != nil || total != 0 || len(list) != 0 {
		return fmt.Errorf("%d of %d listed, %v", len(list), total, err)
	}
	if err := s.AddTemplate(ctx, t, nil, nil); !errors.Is(err, templates.ErrExists) {
		return fmt.Errorf("its id was given again: %v", err)
	}
	return s.DeleteMaterials(ctx, "t-deleted", []string{m.ID})
}

func templateForeignMaterial(ctx context.Context, s TemplateStores) error {
	m, err := addMaterial(ctx, s, "t-theirs", nil)
	if err != nil {
		return err
	}
	for _, id := range []string{m.ResourceID, "799999999999999999"} {
		t, err := addTemplate(ctx, s, "t-thief", nil, id)
		if !errors.Is(err, templates.ErrMaterialGone) {
			return fmt.Errorf("AddTemplate with material %s = %v, want ErrMaterialGone", id, err)
		}
		if _, err := s.Template(ctx, t.ID, 0); !errors.Is(err, templates.ErrUnknown) {
			return fmt.Errorf("the refused template is there: %v", err)
		}
	}
	return nil
}
