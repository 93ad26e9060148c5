package api

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"cardlink/fault"
	"cardlink/render"
	"cardlink/templates"
)

// previewText is how long a sample value may be, in characters.
const previewText = 500

// previewAnswer is a template as every target shows it.
type previewAnswer struct {
	TplID    string          `json:"tpl_id,omitempty"` // empty: a draft
	Version  int             `json:"version,omitempty"`
	TplName  string          `json:"tpl_name"`
	CardID   string          `json:"card_id"`
	OK       bool            `json:"ok"`       // it could be created as it is
	Problems []LintProblem   `json:"problems"` // of a draft
	URL      string          `json:"side_by_side_url,omitempty"`
	Expire   string          `json:"expire_time,omitempty"` // of the address of a draft
	QRSVG    string          `json:"qr_svg,omitempty"`
	QRURL    string          `json:"qr_url,omitempty"`
	Targets  []previewTarget `json:"targets"`
}

type previewTarget struct {
	Target string          `json:"target"`
	CardID string          `json:"card_id,omitempty"` // what is drawn; empty: no card
	HTML   string          `json:"html,omitempty"`
	Card   json.RawMessage `json:"card,omitempty"`
	Notes  []LintNote      `json:"notes"`
}

// preview serves POST /x/v1/templates/preview: the body of CreateAimPersonalTemplate, whose examples are the values shown, or {tpl_id, params}; and how to draw it: width, theme, targets.
func (h templateHandlers) preview(ctx context.Context, r *Request) (any, error) {
	b, err := draftBody(r.PostBody())
	if err != nil {
		return nil, err
	}
	look := render.Look{Origin: h.room.Origin(), Width: b.integer("width", 0)}
	targets, err := h.previewForm(b.enum("theme"), b.texts("targets"), &look)
	if err != nil {
		return nil, err
	}
	if b.has("tpl_id") {
		values := b.strings("params")
		if b.has("card_id") || b.has("pages") {
			b.wrong(fault.In(fault.Parameter, "tpl_id", "names a template that exists; leave it out to preview the card of the body"))
		}
		if err := b.complaint(); err != nil {
			return nil, err
		}
		return h.previewStored(ctx, r, b.text("tpl_id"), values, look, targets)
	}
	t, report, err := lint(ctx, b, h.facts(), h.judge(r))
	if err != nil {
		return nil, err
	}
	if !t.Drawable(h.room.Catalogue()) {
		return nil, firstOf(report)
	}
	out := previewAnswer{TplName: t.Name, CardID: t.CardID, OK: report.OK, Problems: report.Problems}
	if report.OK { // what could not be created gets no address that can be passed on
		if err := h.keep(ctx, r, templates.Preview{Draft: templates.DraftOf(t)}, &out, &look); err != nil {
			return nil, err
		}
	}
	return h.shoot(out, t, look, targets)
}

// showPreview serves GET /x/v1/templates/{tpl_id}/preview?theme=&width=.
func (h templateHandlers) showPreview(ctx context.Context, r *Request) (any, error) {
	look := render.Look{Origin: h.room.Origin()}
	if s := queryText(r, "width"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			return nil, fault.Integer("width")
		}
		look.Width = n
	}
	targets, err := h.previewForm(queryEnum(r, "theme"), nil, &look)
	if err != nil {
		return nil, err
	}
	return h.previewStored(ctx, r, r.Param(0), nil, look, targets)
}

// previewForm reads how the cards are drawn and which targets are wanted; none means all.
func (h templateHandlers) previewForm(theme string, names []string, look *render.Look) ([]render.Target, error) {
	if look.Width != 0 && (look.Width < render.MinWidth || look.Width > render.MaxWidth) {
		return nil, fault.Inf(fault.Parameter, "width", "must be %d-%d px", render.MinWidth, render.MaxWidth)
	}
	var ok bool
	if look.Theme, ok = render.ThemeOf(theme); !ok {
		return nil, fault.OneOf("theme", "auto", "light", "dark")
	}
	var out []render.Target
	for _, target := range render.TargetsOf(h.room.Catalogue()) {
		if len(names) == 0 || slices.Contains(names, target.String()) {
			out = append(out, target)
		}
	}
	for i, name := range names {
		if !slices.ContainsFunc(out, func(t render.Target) bool { return t.String() == name }) {
			return nil, fault.OneOf("targets["+strconv.Itoa(i)+"]", "HUAWEI", "XIAOMI", "OPPO", "VIVO", "MEIZU", "SAMSUNG", "H5")
		}
	}
	return out, nil
}

// firstOf is the refusal of a body that cannot even be drawn.
func firstOf(report *LintReport) error {
	for _, p := range report.Problems {
		if p.Severity == lintError {
			return fault.In(fault.Code(p.Code), p.Field, p.Rule)
		}
	}
	return fault.In(fault.Parameter, "pages", "cannot be drawn")
}

// previewStored previews one of the tenant's templates, or a public one.
func (h templateHandlers) previewStored(ctx context.Context, r *Request, tplID string, values map[string]string, look render.Look, targets []render.Target) (any, error) {
	t, err := h.room.ForPreview(ctx, r.Principal.Tenant, tplID)
	if err != nil {
		return nil, err
	}
	look.Values = map[string]string{}
	for name, v := range values {
		i := slices.IndexFunc(t.Params, func(p templates.Param) bool { return p.Bare() == name || p.Name == name })
		switch {
		case i < 0:
			return nil, fault.In(fault.Parameter, "params."+cutName(name), "the template has no such parameter")
		case len([]rune(v)) > previewText:
			return nil, fault.Inf(fault.Parameter, "params."+cutName(name), "must be at most %d characters", previewText)
		}
		look.Values[t.Params[i].Bare()] = v
	}
	out := previewAnswer{TplID: t.TplID(), Version: t.Version, TplName: t.Name, CardID: t.CardID, OK: true, Problems: []LintProblem{}, URL: h.room.PreviewURL(t)}
	look.Self = out.URL
	if out.URL = look.Address(t); out.URL == look.Self && len(look.Values) > 0 {
		// The values are too long for an address that is to be read from a code: what is looked at becomes a draft.
		d := templates.DraftOf(t)
		for i := range d.Params {
			if v, ok := look.Values[d.Params[i].Bare()]; ok {
				d.Params[i].Example = v
			}
		}
		if err := h.keep(ctx, r, templates.Preview{TplID: t.TplID(), Version: t.Version, Draft: d}, &out, &look); err != nil {
			return nil, err
		}
	}
	return h.shoot(out, t, look, targets)
}

// keep gives a draft an address.
func (h templateHandlers) keep(ctx context.Context, r *Request, p templates.Preview, out *previewAnswer, look *render.Look) error {
	if h.previews == nil {
		return nil
	}
	token, until, err := h.previews.Keep(ctx, r.Principal.Tenant, p)
	if err != nil {
		return err
	}
	out.URL, out.Expire = h.previews.URL(token), until.UTC().Format(time.RFC3339)
	look.Self = out.URL
	return nil
}

// shoot draws the targets and the code of the address.
func (h templateHandlers) shoot(out previewAnswer, t *templates.Template, look render.Look, targets []render.Target) (any, error) {
	for _, target := range targets {
		s, err := h.rules.Shot(h.room.Catalogue(), t, target, look)
		if err != nil {
			return nil, err
		}
		row := previewTarget{Target: target.String(), CardID: s.Layout, HTML: string(s.HTML), Card: s.Card, Notes: make([]LintNote, len(s.Notes))}
		for i, n := range s.Notes {
			row.Notes[i] = noteOf(n)
		}
		out.Targets = append(out.Targets, row)
	}
	if out.URL == "" {
		return out, nil
	}
	if svg, err := render.AppendQR(nil, out.URL, t.Name); err == nil { // else the installation's own name is too long for one
		out.QRSVG = string(svg)
		out.QRURL = look.Self + "/qr.png"
		if q := look.Query(t); out.URL != look.Self {
			out.QRURL += "?" + q
		}
	}
	return out, nil
}
