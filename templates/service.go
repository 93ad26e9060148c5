package templates

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"cardlink/event"
	"cardlink/fault"
	"cardlink/previewlink"
)

// Options configure a Service.
type Options struct {
	Store     Store      // required
	Catalogue *Catalogue // required
	Materials *Materials // required
	// ManualReview leaves every submitted template to Review; false approves it at every vendor at once.
	ManualReview bool
	// Strict refuses templates without the opt-out phrase and with a misplaced test word; else they are warned about (api.md D-13).
	Strict bool
	// SkipUnsupported leaves a named vendor that cannot show the layout out instead of refusing the template.
	SkipUnsupported bool
	// SensitiveWords may stand in no text of a template (KM.90016801); empty = no check.
	SensitiveWords []string
	// Origin is the edge's address, "https://s.example.com", for preview addresses; empty gives paths without origin.
	Origin string
	// Previews signs preview addresses; nil = templates of tenants have none.
	Previews *previewlink.Addresses
	// PagesModel writes the render model of a template as JSON text (api.md §20.4); nil = EmptyPagesModel. It must be safe for concurrent use.
	PagesModel func(*Template) string
	Now        func() time.Time // nil = time.Now
	Log        *slog.Logger     // nil = silent
}

// Service keeps templates: it creates, lists, reviews, changes and deletes them. Its methods are safe for concurrent use.
type Service struct {
	o      Options
	checks checks
}

// NewService builds the service. It does nothing by itself; PublishGallery makes the built-in cards usable.
func NewService(o Options) (*Service, error) {
	if o.Store == nil || o.Catalogue == nil || o.Materials == nil {
		return nil, errors.New("templates: Store, Catalogue and Materials are required")
	}
	if o.PagesModel == nil {
		o.PagesModel = EmptyPagesModel
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{o: o, checks: checks{
		catalogue: o.Catalogue, strict: o.Strict, skip: o.SkipUnsupported, sensitive: o.SensitiveWords,
	}}, nil
}

// EmptyPagesModel is the smallest valid render model: every page, in order, with nothing drawn on it.
func EmptyPagesModel(t *Template) string {
	type page struct {
		TypeIndex int            `json:"typeIndex"`
		CardID    string         `json:"cardId"`
		Style     map[string]any `json:"style"`
		Content   []any          `json:"content"`
	}
	pages := make([]page, len(t.Pages))
	for i := range pages {
		pages[i] = page{i, t.CardID, map[string]any{}, []any{}}
	}
	b, _ := json.Marshal(pages) // cannot fail: strings and numbers only
	return string(b)
}

// Ids of templates: 9 digits with a leading 6. The first thousand belong to the gallery.
const (
	firstTplID     = 600_000_001
	firstPrivateID = 600_001_001
	lastTplID      = 699_999_999
)

// GalleryID reports whether an id is one of those that the built-in gallery has or may come to have: such a template is public.
func GalleryID(id int64) bool { return id >= firstTplID && id < firstPrivateID }

// ParseTplID reads a tpl_id; ok is false for anything but 9 digits with a leading 6.
func ParseTplID(s string) (id int64, ok bool) {
	if len(s) != 9 || s[0] != '6' {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		id = id*10 + int64(s[i]-'0')
	}
	return id, true
}

// Check validates a draft for a tenant without storing it and returns every problem, hard and soft, in the order of the request. The error is
// not about the draft.
func (s *Service) Check(ctx context.Context, tenant string, d Draft) ([]Problem, error) {
	d = d.clone()
	_, problems, err := s.validate(ctx, tenant, &d)
	return problems, err
}

func (s *Service) validate(ctx context.Context, tenant string, d *Draft) ([]Vendor, []Problem, error) {
	c := s.checks
	if tenant == "" {
		c.sensitive = nil // the gallery's words are the program's own: an operator's list does not keep the server from starting
	}
	c.materials = map[string]*Material{}
	if ids := d.materials(); len(ids) > 0 && len(ids) <= maxContents*maxContents {
		found, err := s.o.Materials.find(ctx, tenant, ids)
		if err != nil {
			return nil, nil, fmt.Errorf("look up the materials of a template: %w", err)
		}
		c.materials = found
	}
	vendors, problems := c.validate(d)
	return vendors, problems, nil
}

// accept validates d and splits the answer: a *Refused if a problem is hard, else vendors and warnings.
func (s *Service) accept(ctx context.Context, tenant string, d *Draft) ([]Vendor, []Problem, error) {
	vendors, problems, err := s.validate(ctx, tenant, d)
	if err != nil {
		return nil, nil, err
	}
	if slices.ContainsFunc(problems, func(p Problem) bool { return p.Hard }) {
		return nil, nil, &Refused{problems}
	}
	return vendors, problems, nil
}

// Create validates a draft, stores it as a private template of the tenant, enabled, and submits it for review (api.md §5.1). user is the caller's name, for the
// log. The error is a *Refused with all problems if the draft breaks a rule.
func (s *Service) Create(ctx context.Context, tenant, user string, d Draft) (*Template, error) {
	if tenant == "" {
		return nil, errors.New("a private template needs a tenant")
	}
	d = d.clone()
	vendors, warnings, err := s.accept(ctx, tenant, &d)
	if err != nil {
		return nil, err
	}
	id, err := s.o.Store.LeaseIDs(ctx, "templates", firstPrivateID, 1)
	if err != nil {
		return nil, err
	}
	if id > lastTplID {
		return nil, errors.New("all template ids are used up")
	}
	now := s.o.Now()
	t := &Template{ID: id, Version: 1, Tenant: tenant, State: StateEnabled, CreatedAt: now}
	facts, err := s.submit(t, &d, vendors, warnings, now)
	if err != nil {
		return nil, err
	}
	err = s.o.Store.AddTemplate(ctx, t, s.o.Materials.own(d.materials()), facts)
	if errors.Is(err, ErrMaterialGone) {
		return nil, fault.In(fault.Parameter, "pages", "refers to a material that was deleted meanwhile")
	}
	if err != nil {
		return nil, fmt.Errorf("store template %d: %w", id, err)
	}
	s.o.Log.LogAttrs(ctx, slog.LevelInfo, "template created", slog.String("tenant", tenant), slog.String("user", user),
		slog.Int64("tpl_id", id), slog.String("card_id", t.CardID), slog.Int("warnings", len(warnings)), slog.Int("audit_state", t.Audit))
	return t, nil
}

// submit writes a checked draft into t and puts it into review, or approves it at once.
func (s *Service) submit(t *Template, d *Draft, vendors []Vendor, warnings []Problem, now time.Time) ([]event.Record, error) {
	t.Name, t.Scene, t.UseID, t.CardID, t.SubType = d.Name, d.Scene, d.UseID, d.CardID, d.SubType
	t.SMSExample, t.SMSSigns, t.SMSPattern, t.Pages, t.Params = d.SMSExample, d.SMSSigns, d.SMSPattern, d.Pages, d.Params
	t.Warnings, t.UpdatedAt = warnings, now
	t.Factories = make([]Factory, len(vendors))
	for i, who := range vendors {
		t.Factories[i] = Factory{Vendor: who, State: VendorNotEnabled, Pending: true}
	}
	t.Audit, t.AuditDesc = AuditReview, ""
	if s.o.ManualReview && !t.Public() {
		return nil, nil // whoever submitted it knows; verdicts are facts, waiting is not
	}
	for i := range t.Factories {
		t.Factories[i].decide(true, "")
	}
	t.Audit = t.verdict()
	if t.Public() {
		return nil, nil // nobody's tenant to tell
	}
	return announce(t, now)
}

// Revise replaces the content of the tenant's template by a draft: a new version, in review like a new template. Links made before keep the version they
// were made with; new links are refused until the new version is approved.
func (s *Service) Revise(ctx context.Context, tenant, user, tplID string, d Draft) (*Template, error) {
	id, ok := ParseTplID(tplID)
	if !ok {
		return nil, fault.In(fault.TemplateUpdate, "tpl_id", "does not exist")
	}
	d = d.clone()
	vendors, warnings, err := s.accept(ctx, tenant, &d)
	if err != nil {
		return nil, err
	}
	var out *Template
	now := s.o.Now()
	err = s.o.Store.ChangeTemplate(ctx, tenant, id, func(t *Template) ([]string, []event.Record, error) {
		t.Version++
		facts, err := s.submit(t, &d, vendors, warnings, now)
		out = t
		return s.o.Materials.own(d.materials()), facts, err
	})
	switch {
	case errors.Is(err, ErrUnknown):
		return nil, fault.In(fault.TemplateUpdate, "tpl_id", "does not exist")
	case errors.Is(err, ErrMaterialGone):
		return nil, fault.In(fault.Parameter, "pages", "refers to a material that was deleted meanwhile")
	case err != nil:
		return nil, err
	}
	s.o.Log.LogAttrs(ctx, slog.LevelInfo, "template revised", slog.String("tenant", tenant), slog.String("user", user),
		slog.Int64("tpl_id", id), slog.Int("version", out.Version))
	return out, nil
}

// SetState enables or disables the tenant's own template (api.md §5.4). Setting the state it has changes nothing. desc is the reason of a disabling, and
// may be empty.
func (s *Service) SetState(ctx context.Context, tenant, tplID string, state int, desc string) error {
	if state != StateDisabled && state != StateEnabled {
		return fault.In(fault.Parameter, "tpl_state", "must be 0 (disabled) or 1 (enabled)")
	}
	unknown := fault.In(fault.TemplateUpdate, "tpl_id", "does not exist")
	id, ok := ParseTplID(tplID)
	if !ok || tenant == "" {
		return unknown
	}
	now := s.o.Now()
	err := s.o.Store.ChangeTemplate(ctx, tenant, id, func(t *Template) ([]string, []event.Record, error) {
		if t.State == state {
			return nil, nil, nil
		}
		t.State, t.DisableDesc, t.DisabledAt, t.UpdatedAt = state, "", time.Time{}, now
		if state == StateDisabled {
			t.DisableDesc, t.DisabledAt = desc, now
		}
		facts, err := announce(t, now)
		return nil, facts, err
	})
	if errors.Is(err, ErrUnknown) {
		return unknown
	}
	return err
}

// Delete forgets the tenant's own template (api.md §5.3). It is refused while the template is in review and while a link made from it has not expired (D-17).
func (s *Service) Delete(ctx context.Context, tenant, tplID string) error {
	unknown := fault.In(fault.TemplateDelete, "tpl_id", "does not exist")
	id, ok := ParseTplID(tplID)
	if !ok || tenant == "" {
		return unknown
	}
	err := s.o.Store.DeleteTemplate(ctx, tenant, id, s.o.Now(), func(t *Template) error {
		if t.Audit == AuditReview {
			return fault.In(fault.Parameter, "tpl_id", "the template is in review and cannot be deleted")
		}
		return nil
	})
	switch {
	case errors.Is(err, ErrUnknown):
		return unknown
	case errors.Is(err, ErrInUse):
		return fault.In(fault.Parameter, "tpl_id", "links made from the template have not expired yet")
	}
	return err
}

// List gives one window of templates with their assets, newest first, and how many match in all (api.md §5.2).
func (s *Service) List(ctx context.Context, f Filter) ([]*Template, int, error) {
	list, total, err := s.o.Store.ListTemplates(ctx, f)
	if err != nil {
		return nil, 0, fmt.Errorf("list templates: %w", err)
	}
	return list, total, s.fill(ctx, list...)
}

// Load reads a version of a template for rendering, with its assets, whoever owns it and whatever its state is; version 0 is the newest. The error wraps ErrUnknown
// if it does not exist or was deleted.
func (s *Service) Load(ctx context.Context, id int64, version int) (*Template, error) {
	t, err := s.o.Store.Template(ctx, id, version)
	if err != nil {
		return nil, fmt.Errorf("template %d version %d: %w", id, version, err)
	}
	return t, s.fill(ctx, t)
}

// ForLinks reads the newest version of a template that a tenant wants to make links from, with its assets: one of its own or a public one, enabled and approved. The error is a
// fault the caller may pass on: EmptyTemplateID, UnknownTemplateID, or Parameter naming what is in the way.
func (s *Service) ForLinks(ctx context.Context, tenant, tplID string) (*Template, error) {
	t, err := s.visible(ctx, tenant, tplID)
	switch {
	case err != nil:
		return nil, err
	case t.State != StateEnabled:
		return nil, fault.In(fault.Parameter, "tpl_id", "the template is disabled")
	case t.Audit == AuditReview || t.Audit == AuditNone:
		return nil, fault.In(fault.Parameter, "tpl_id", "the template is in review")
	case t.Audit != AuditApproved:
		return nil, fault.In(fault.Parameter, "tpl_id", "the template was rejected in review")
	}
	s.o.Catalogue.PrepareValues(t)
	return t, s.fill(ctx, t)
}

// visible reads the newest version of a template, without its assets, that is a tenant's own or public. The error is UnknownTemplateID or EmptyTemplateID, or not
// about the id.
func (s *Service) visible(ctx context.Context, tenant, tplID string) (*Template, error) {
	if tplID == "" {
		return nil, fault.In(fault.EmptyTemplateID, "tpl_id", "")
	}
	id, ok := ParseTplID(tplID)
	if !ok {
		return nil, fault.In(fault.UnknownTemplateID, "tpl_id", "")
	}
	t, err := s.o.Store.Template(ctx, id, 0)
	switch {
	case errors.Is(err, ErrUnknown) || err == nil && t.Tenant != tenant && !t.Public():
		return nil, fault.In(fault.UnknownTemplateID, "tpl_id", "")
	case err != nil:
		return nil, fmt.Errorf("template %d: %w", id, err)
	}
	return t, nil
}

// fill resolves the materials of templates, one read for all of a tenant's.
func (s *Service) fill(ctx context.Context, list ...*Template) error {
	wanted := map[string][]string{}
	for _, t := range list {
		for _, id := range materialsOf(t.Pages) {
			if !slices.Contains(wanted[t.Tenant], id) {
				wanted[t.Tenant] = append(wanted[t.Tenant], id)
			}
		}
	}
	found := map[string]map[string]*Material{}
	for tenant, ids := range wanted {
		ms, err := s.o.Materials.find(ctx, tenant, ids)
		if err != nil {
			return fmt.Errorf("look up the materials of templates: %w", err)
		}
		found[tenant] = ms
	}
	for _, t := range list {
		t.Assets = map[string]Asset{}
		for _, id := range materialsOf(t.Pages) {
			if m := found[t.Tenant][id]; m != nil {
				t.Assets[id] = Asset{Path: m.Path(), ContentType: m.ContentType, Width: m.Width, Height: m.Height}
			}
		}
	}
	return nil
}

// Catalogue gives the layout facts the service validates with.
func (s *Service) Catalogue() *Catalogue { return s.o.Catalogue }

// PreviewURL is the address behind a template's preview QR code. A card of the gallery, which everybody may see, has a plain one; that of a tenant's template is a
// capability: whoever has it sees this version, and nobody finds it by guessing. Empty without Options.Previews.
func (s *Service) PreviewURL(t *Template) string {
	switch {
	case t.Public():
		return s.o.Origin + "/p/" + t.TplID()
	case s.o.Previews == nil:
		return ""
	}
	return s.o.Origin + "/p/" + s.o.Previews.Name(previewlink.Template, t.ID, t.Version)
}

// PagesModel is the render model of a template as JSON text (api.md §20.4).
func (s *Service) PagesModel(t *Template) string { return s.o.PagesModel(t) }
