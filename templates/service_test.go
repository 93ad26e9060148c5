package templates_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"image"
	"image/color"
	"image/png"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"cardlink/event"
	"cardlink/fault"
	"cardlink/store"
	"cardlink/templates"
)

const tenant, stranger = "11111111111111111111111111111111", "22222222222222222222222222222222"

// house is the room over a real store.
type house struct {
	db        *store.DB
	file      string
	service   *templates.Service
	materials *templates.Materials
	blobs     string
	now       time.Time
}

func newHouse(t *testing.T, alter ...func(*templates.Options, *templates.MaterialOptions)) *house {
	t.Helper()
	h := &house{file: filepath.Join(t.TempDir(), "t.db"), blobs: t.TempDir(), now: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)}
	ctx := context.Background()
	var err error
	if h.db, err = store.Open(ctx, store.Options{File: h.file}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.db.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := h.db.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	catalogue, err := templates.LoadCatalogue(nil)
	if err != nil {
		t.Fatal(err)
	}
	blobs, err := templates.NewFolder(h.blobs)
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return h.now }
	mo := templates.MaterialOptions{Store: h.db, Blobs: blobs, Catalogue: catalogue, Origin: "https://s.example.com", Now: clock}
	o := templates.Options{Store: h.db, Catalogue: catalogue, Origin: "https://s.example.com", Now: clock}
	for _, a := range alter {
		a(&o, &mo)
	}
	if h.materials, err = templates.NewMaterials(mo); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.materials.Close(); err != nil {
			t.Error(err)
		}
	})
	o.Materials = h.materials
	if h.service, err = templates.NewService(o); err != nil {
		t.Fatal(err)
	}
	return h
}

func manually(o *templates.Options, _ *templates.MaterialOptions) { o.ManualReview = true }

// facts reads the outbox.
func (h *house) facts(t *testing.T) (out []event.Fact) {
	t.Helper()
	db, err := sql.Open("sqlite", h.file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(`SELECT value FROM outbox ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			t.Fatal(err)
		}
		f, err := event.Decode([]byte(v))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, f)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func picture(t testing.TB, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.White})); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func dataURL(mediaType string, data []byte) string {
	return "data:" + mediaType + ";base64," + base64.StdEncoding.EncodeToString(data)
}

func (h *house) upload(t *testing.T, w, height int, rate string) *templates.Material {
	t.Helper()
	m, err := h.materials.Upload(context.Background(), tenant, templates.Upload{
		Kind: "image", FileType: "stream", FileStream: dataURL("image/png", picture(t, w, height)), Rate: rate, FileName: "sale.png",
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// card is a StandardImageAndText draft for HUAWEI and OPPO.
func card(image string) templates.Draft {
	action := &templates.Action{Target: "https://shop.example.com"}
	return templates.Draft{
		CardID: "StandardImageAndText", Name: "spring sale", UseID: 1, SMSExample: "您有一张优惠券",
		Pages: []templates.Page{{Order: 1, Contents: []templates.Content{
			{Type: "image", Position: 1, SrcType: 1, Src: image, ActionType: "OPEN_URL", Action: action},
			{Type: "text", Position: 2, Text: "春季上新", IsTitle: "true"},
			{Type: "text", Position: 3, Text: "全场五折，拒收请回复R"},
			{Type: "button", Position: 4, Text: "立即领取", ActionType: "OPEN_BROWSER", Action: action},
		}}},
		Factories: []templates.Factory{{Vendor: "HUAWEI", State: 1}, {Vendor: "oppo", State: 1}, {Vendor: "XIAOMI"}},
	}
}

func answered(t *testing.T, what string, err error, code fault.Code, field string) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != code || f.Field != field {
		t.Errorf("%s: %v, want %s about %q", what, err, code, field)
	}
}

func TestCreateApprovesAtOnceByDefault(t *testing.T) {
	h, ctx := newHouse(t), context.Background()
	m := h.upload(t, 1248, 702, "sixteenToNine")
	made, err := h.service.Create(ctx, tenant, "api-user", card(m.ResourceID))
	if err != nil {
		t.Fatal(err)
	}
	if made.ID < 600_001_001 || made.Version != 1 || !made.Usable() || !made.Active("OPPO") || made.Active("XIAOMI") || len(made.Factories) != 2 {
		t.Errorf("%+v", made)
	}
	got, err := h.service.ForLinks(ctx, tenant, made.TplID())
	if err != nil {
		t.Fatal(err)
	}
	if a := got.Assets[m.ResourceID]; a.Path != "/m/"+m.ResourceID+".png" || a.ContentType != "image/png" || a.Width != 1248 {
		t.Errorf("%+v", got.Assets)
	}
	facts := h.facts(t)
	if len(facts) != 1 || facts[0].Type != event.TypeTemplateAudit || facts[0].Tenant != tenant || facts[0].ID != "tpl:"+made.TplID()+":1:1" ||
		!strings.Contains(string(facts[0].Data), `"audit_state":2`) {
		t.Errorf("%+v", facts)
	}
	_, err = h.service.ForLinks(ctx, stranger, made.TplID())
	answered(t, "another tenant's template", err, fault.UnknownTemplateID, "tpl_id")
	_, err = h.service.ForLinks(ctx, tenant, "")
	answered(t, "no id", err, fault.EmptyTemplateID, "tpl_id")
	for _, id := range []string{"699999999", "500000001", "60000100", "6000010011", "60000100x"} {
		_, err = h.service.ForLinks(ctx, tenant, id)
		answered(t, id, err, fault.UnknownTemplateID, "tpl_id")
	}
}

func TestRefusedDraftLeavesNothing(t *testing.T) {
	h, ctx := newHouse(t), context.Background()
	d := card("799999999999999999")
	d.Name = ""
	_, err := h.service.Create(ctx, tenant, "", d)
	answered(t, "two problems", err, fault.Parameter, "tpl_name")
	var r *templates.Refused
	if !errors.As(err, &r) || len(r.Problems) != 2 || r.Problems[1].Field != "pages[0].contents[0].src" {
		t.Errorf("%+v", r)
	}
	if problems, err := h.service.Check(ctx, tenant, d); err != nil || len(problems) != 2 {
		t.Errorf("Check: %+v %v", problems, err)
	}
	if list, total, err := h.service.List(ctx, templates.Filter{Tenant: tenant, Private: true, Limit: 9}); err != nil || total != 0 || len(list) != 0 {
		t.Errorf("%d templates, %v", total, err)
	}
	mine := h.upload(t, 1248, 702, "sixteenToNine")
	_, err = h.service.Create(ctx, stranger, "", card(mine.ResourceID))
	answered(t, "another tenant's material", err, fault.Parameter, "pages[0].contents[0].src")
}

func TestReviewVendorByVendor(t *testing.T) {
	h, ctx := newHouse(t, manually), context.Background()
	m := h.upload(t, 1248, 702, "sixteenToNine")
	made, err := h.service.Create(ctx, tenant, "", card(m.ResourceID))
	if err != nil {
		t.Fatal(err)
	}
	id := made.TplID()
	state := func(what string, audit, huawei, oppo, facts int) {
		t.Helper()
		got, err := h.service.Load(ctx, made.ID, 0)
		if err != nil || got.Audit != audit || got.Factories[0].State != huawei || got.Factories[1].State != oppo || len(h.facts(t)) != facts {
			t.Errorf("%s: audit %d, %+v, %d facts, %v; want %d %d %d, %d", what, got.Audit, got.Factories, len(h.facts(t)), err, audit, huawei, oppo, facts)
		}
	}
	review := func(v templates.Vendor, approve bool) {
		t.Helper()
		if err := h.service.Review(ctx, id, v, approve, "because"); err != nil {
			t.Fatal(err)
		}
	}
	state("submitted", templates.AuditReview, templates.VendorNotEnabled, templates.VendorNotEnabled, 0)
	_, err = h.service.ForLinks(ctx, tenant, id)
	answered(t, "links in review", err, fault.Parameter, "tpl_id")
	answered(t, "deletion in review", h.service.Delete(ctx, tenant, id), fault.Parameter, "tpl_id")

	review("HUAWEI", false)
	state("one refused", templates.AuditReview, templates.VendorNotEnabled, templates.VendorNotEnabled, 1)
	review("OPPO", false)
	state("all refused", templates.AuditRejected, templates.VendorNotEnabled, templates.VendorNotEnabled, 2)
	_, err = h.service.ForLinks(ctx, tenant, id)
	answered(t, "links of a rejected template", err, fault.Parameter, "tpl_id")
	review("OPPO", true)
	state("one active is enough", templates.AuditApproved, templates.VendorNotEnabled, templates.VendorActive, 3)
	if got, err := h.service.ForLinks(ctx, tenant, id); err != nil || got.Active("HUAWEI") || !got.Active("OPPO") {
		t.Errorf("%+v %v", got, err)
	}
	review("", true)
	state("all active", templates.AuditApproved, templates.VendorActive, templates.VendorActive, 4)
	review("OPPO", false)
	state("one taken back", templates.AuditApproved, templates.VendorActive, templates.VendorDisabled, 5)

	answered(t, "a vendor not submitted to", h.service.Review(ctx, id, "MEIZU", true, ""), fault.Parameter, "factory_type")
	answered(t, "no such template", h.service.Review(ctx, "699999999", "", true, ""), fault.TemplateReview, "tpl_id")
	var ids []string
	for _, f := range h.facts(t) {
		ids = append(ids, f.ID)
	}
	if slices.Sort(ids); len(slices.Compact(ids)) != 5 || ids[4] != "tpl:"+id+":1:5" {
		t.Errorf("facts %v", ids)
	}
}

func TestStateAndDeletion(t *testing.T) {
	h, ctx := newHouse(t), context.Background()
	m := h.upload(t, 1248, 702, "sixteenToNine")
	made, err := h.service.Create(ctx, tenant, "", card(m.ResourceID))
	if err != nil {
		t.Fatal(err)
	}
	id := made.TplID()
	answered(t, "state 2", h.service.SetState(ctx, tenant, id, 2, ""), fault.Parameter, "tpl_state")
	answered(t, "another tenant's", h.service.SetState(ctx, stranger, id, 0, ""), fault.TemplateUpdate, "tpl_id")
	answered(t, "no such", h.service.SetState(ctx, tenant, "x", 0, ""), fault.TemplateUpdate, "tpl_id")
	h.now = h.now.Add(time.Hour)
	for range 2 { // the second time changes nothing
		if err := h.service.SetState(ctx, tenant, id, templates.StateDisabled, "sold out"); err != nil {
			t.Fatal(err)
		}
	}
	got, err := h.service.Load(ctx, made.ID, 1)
	if err != nil || got.State != 0 || got.DisableDesc != "sold out" || !got.DisabledAt.Equal(h.now) || got.AuditSeq != 2 || len(h.facts(t)) != 2 {
		t.Errorf("%+v %v", got, err)
	}
	_, err = h.service.ForLinks(ctx, tenant, id)
	answered(t, "links of a disabled template", err, fault.Parameter, "tpl_id")
	if err := h.service.SetState(ctx, tenant, id, templates.StateEnabled, ""); err != nil {
		t.Fatal(err)
	}
	if got, err := h.service.ForLinks(ctx, tenant, id); err != nil || got.DisableDesc != "" || !got.DisabledAt.IsZero() {
		t.Errorf("%+v %v", got, err)
	}
	answered(t, "its material", h.materials.Delete(ctx, tenant, []string{m.ID}), fault.Parameter, "material_ids")
	answered(t, "another tenant's deletion", h.service.Delete(ctx, stranger, id), fault.TemplateDelete, "tpl_id")
	if err := h.service.Delete(ctx, tenant, id); err != nil {
		t.Fatal(err)
	}
	answered(t, "a second deletion", h.service.Delete(ctx, tenant, id), fault.TemplateDelete, "tpl_id")
	if _, err := h.service.Load(ctx, made.ID, 1); !errors.Is(err, templates.ErrUnknown) {
		t.Error(err)
	}
	if err := h.materials.Delete(ctx, tenant, []string{m.ID}); err != nil {
		t.Error(err)
	}
}

func TestRevisionKeepsOldVersionsForTheirLinks(t *testing.T) {
	h, ctx := newHouse(t, manually), context.Background()
	first, second := h.upload(t, 1248, 702, "sixteenToNine"), h.upload(t, 1600, 900, "sixteenToNine")
	made, err := h.service.Create(ctx, tenant, "", card(first.ResourceID))
	if err != nil {
		t.Fatal(err)
	}
	id := made.TplID()
	if err := h.service.Review(ctx, id, "", true, ""); err != nil {
		t.Fatal(err)
	}
	d := card(second.ResourceID)
	d.Name = "summer sale"
	if _, err := h.service.Revise(ctx, stranger, "", id, d); err == nil {
		t.Error("another tenant revised it")
	}
	again, err := h.service.Revise(ctx, tenant, "", id, d)
	if err != nil || again.Version != 2 || again.Audit != templates.AuditReview {
		t.Fatalf("%+v %v", again, err)
	}
	_, err = h.service.ForLinks(ctx, tenant, id)
	answered(t, "new links while the revision is in review", err, fault.Parameter, "tpl_id")
	old, err := h.service.Load(ctx, made.ID, 1)
	if err != nil || old.Name != "spring sale" || !old.Active("HUAWEI") || len(old.Assets) != 1 {
		t.Errorf("version 1 changed: %+v %v", old, err)
	}
	answered(t, "the old version's picture", h.materials.Delete(ctx, tenant, []string{first.ID}), fault.Parameter, "material_ids")
	d.UseID = 0
	if _, err := h.service.Revise(ctx, tenant, "", id, d); err == nil {
		t.Error("a broken revision was stored")
	}
	if err := h.service.Review(ctx, id, "", true, ""); err != nil {
		t.Fatal(err)
	}
	if got, err := h.service.ForLinks(ctx, tenant, id); err != nil || got.Version != 2 || got.Name != "summer sale" {
		t.Errorf("%+v %v", got, err)
	}
}

func TestGalleryIsPublicAndPublishedOnce(t *testing.T) {
	h, ctx := newHouse(t, manually), context.Background()
	for range 2 {
		if err := h.service.PublishGallery(ctx); err != nil {
			t.Fatal(err)
		}
	}
	cards, err := templates.Gallery()
	if err != nil {
		t.Fatal(err)
	}
	list, total, err := h.service.List(ctx, templates.Filter{Tenant: tenant, Private: true, Public: true, Limit: 100})
	if err != nil || total != len(cards) || len(list) != len(cards) {
		t.Fatalf("%d of %d listed, %v", len(list), total, err)
	}
	for _, tpl := range list {
		if !tpl.Public() || tpl.Version != 1 || !tpl.Usable() || len(tpl.Assets) == 0 && tpl.CardID != "NativePureText" {
			t.Errorf("%d: version %d, audit %d, assets %v", tpl.ID, tpl.Version, tpl.Audit, tpl.Assets)
		}
		for id, a := range tpl.Assets {
			s, err := h.materials.Open(ctx, id)
			if err != nil || s.ContentType != a.ContentType {
				t.Errorf("%s: %+v %v", id, s, err)
				continue
			}
			s.Body.Close()
		}
	}
	if len(h.facts(t)) != 0 {
		t.Error("public templates have facts that no tenant waits for")
	}
	if got, err := h.service.ForLinks(ctx, stranger, "600000001"); err != nil || !got.Public() {
		t.Errorf("%+v %v", got, err)
	}
	for what, err := range map[string]error{
		"disabling": h.service.SetState(ctx, tenant, "600000001", 0, ""), "without tenant": h.service.SetState(ctx, "", "600000001", 0, ""),
		"deleting": h.service.Delete(ctx, "", "600000001"), "reviewing": h.service.Review(ctx, "600000001", "", false, ""),
	} {
		if _, ok := errors.AsType[*fault.Error](err); !ok {
			t.Errorf("%s a public template: %v", what, err)
		}
	}
	// A tenant's own card may show a picture of the gallery.
	if _, err := h.service.Create(ctx, tenant, "", card("600000000000000001")); err != nil {
		t.Error(err)
	}
}

func TestChangedGalleryCardIsANewVersion(t *testing.T) {
	h, ctx := newHouse(t), context.Background()
	if err := h.service.PublishGallery(ctx); err != nil {
		t.Fatal(err)
	}
	err := h.db.ChangeTemplate(ctx, "", 600_000_001, func(tpl *templates.Template) ([]string, []event.Record, error) {
		tpl.Version, tpl.Name = 2, "as an older release had it"
		return nil, nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.service.PublishGallery(ctx); err != nil {
		t.Fatal(err)
	}
	now, err1 := h.service.Load(ctx, 600_000_001, 0)
	old, err2 := h.service.Load(ctx, 600_000_001, 2)
	if err := errors.Join(err1, err2); err != nil || now.Version != 3 || old.Name != "as an older release had it" || now.Name == old.Name {
		t.Errorf("%+v %+v %v", now, old, err)
	}
}

// A template to make links from knows what its texts and targets can take.
func TestLinksOfATemplateHaveTheirValuesChecked(t *testing.T) {
	h, ctx := newHouse(t), context.Background()
	if err := h.service.PublishGallery(ctx); err != nil {
		t.Fatal(err)
	}
	tpl, err := h.service.ForLinks(ctx, tenant, "600000019") // its last button copies param2
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{"param1": strings.Repeat("张", 90), "param2": "JUICE88"}
	if err := tpl.CheckValues(values); err != nil {
		t.Error(err)
	}
	values["param2"] = "JUICE8888888888888888"
	if err := tpl.CheckValues(values); err == nil || err.Code != fault.ParameterLength {
		t.Errorf("%v, want a value that is too long", err)
	}
}
