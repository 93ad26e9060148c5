package api

import (
	"context"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"cardlink/fault"
	"cardlink/render"
	"cardlink/templates"
)

type templateHandlers struct {
	room     *templates.Service
	previews *templates.Previews // nil: drafts get no address
	rules    *render.Rules
}

func (h templateHandlers) routes() []route {
	return []route{
		{"POST", "/v1/aim/templates", "CreateAimPersonalTemplate", "kooMessage:devTemplate:create", plain, h.create},
		{"GET", "/v1/aim/templates", "ListAimTemplates", "kooMessage:devTemplate:list", aim, h.list},
		{"PUT", "/v1/aim/template-state/{tpl_id}", "UpdatePersonalTemplateState", "kooMessage:devTemplate:update", plain, h.setState},
		{"DELETE", "/v1/aim/template/{tpl_id}", "DeleteAimPersonalTemplate", "kooMessage:devTemplate:delete", plain, h.delete},
		{"POST", "/x/v1/templates/lint", "LintTemplate", "kooMessage:devTemplate:create", plain, h.lint},
		{"POST", "/x/v1/templates/preview", "PreviewTemplate", "kooMessage:devTemplate:list", plain, h.preview},
		{"GET", "/x/v1/templates/{tpl_id}/preview", "ShowTemplatePreview", "kooMessage:devTemplate:list", plain, h.showPreview},
	}
}

// create is CreateAimPersonalTemplate (api.md §5.1).
func (h templateHandlers) create(ctx context.Context, r *Request) (any, error) {
	body, err := fieldsOf(r.PostBody(), fault.TemplateNotJSON)
	if err != nil {
		return nil, err
	}
	draft := draftOf(body)
	if err := body.complaint(); err != nil {
		return nil, err
	}
	t, err := h.room.Create(ctx, r.Principal.Tenant, r.Principal.UserName, draft)
	if err != nil {
		return nil, err
	}
	return ok(struct {
		TplID    string        `json:"tpl_id"`
		Warnings []wireWarning `json:"warnings,omitempty"` // ours
	}{t.TplID(), warningsOf(t)}), nil
}

// wireWarning is something that is not quite right with a template that was accepted.
type wireWarning struct {
	Field string `json:"field"`
	Rule  string `json:"rule"`
}

func warningsOf(t *templates.Template) (list []wireWarning) {
	for _, p := range t.Warnings {
		list = append(list, wireWarning{p.Field, p.Rule})
	}
	return list
}

func draftOf(b fields) templates.Draft {
	d := templates.Draft{
		CardID: b.enum("card_id"), Name: b.text("tpl_name"), Scene: b.text("scene"), UseID: b.integer("use_id", 0), SubType: b.integer("sub_type", 0),
		SMSExample: b.text("sms_example"), SMSSigns: b.texts("sms_signs"), SMSPattern: b.text("sms_template"),
	}
	for _, p := range b.objects("pages") {
		page := templates.Page{Order: p.integer("page_order", 0)}
		for _, c := range p.objects("contents") {
			page.Contents = append(page.Contents, contentOf(c))
		}
		d.Pages = append(d.Pages, page)
	}
	for _, p := range b.objects("params") {
		d.Params = append(d.Params, templates.Param{Type: p.integer("type", -1), Name: p.text("name"), Example: p.text("example")})
	}
	for _, f := range b.objects("factorys") {
		d.Factories = append(d.Factories, templates.Factory{Vendor: templates.Vendor(f.enum("factory_type")), State: f.integer("state", -1)})
	}
	return d
}

func contentOf(c fields) templates.Content {
	out := templates.Content{
		Type: c.enum("type"), Position: c.integer("position_number", 0), Text: c.text("content"), Child: c.text("content_child"),
		SrcType: c.integer("src_type", 0), Src: c.text("src"), Cover: c.text("cover"), IsTitle: strings.ToLower(c.text("is_text_title")),
		ActionType: c.enum("action_type"), Visible: c.optional("visible"), Currency: c.optional("currency_display"),
		OppoBackground: c.text("oppo_background"), VivoBackground: c.text("vivo_background"), Ratio: c.enum("ratio"), ButtonType: c.enum("button_type"),
	}
	a, given := c.object("action")
	if !given {
		return out
	}
	out.Action = &templates.Action{
		Target: a.text("target"), PackageName: a.text("package_name"), FloorType: a.optional("floor_type"), FloorURL: a.text("floor_url"),
		Body: a.text("body"), Subject: a.text("subject"), Description: a.text("description"), BeginTime: a.text("begin_time"), EndTime: a.text("end_time"),
		Address: a.text("address"), Longitude: a.text("longitude"), Latitude: a.text("latitude"), Content: a.text("content"), TextButton: a.text("text_button"),
		Mode: a.optional("mode"),
	}
	return out
}

// list is ListAimTemplates (api.md §5.2).
func (h templateHandlers) list(ctx context.Context, r *Request) (any, error) {
	p, err := paging(r, false, 1_000_000, 100, 20)
	if err != nil {
		return nil, err
	}
	f, possible, err := templateFilter(r, p)
	if err != nil {
		return nil, err
	}
	statusOnly, err := queryBool(r, "is_only_status")
	if err != nil {
		return nil, err
	}
	out := templateList{Templates: []wireTemplate{}, PageInfo: pageInfo{p.Offset, p.Limit, 0}}
	if !possible {
		return out, nil
	}
	list, total, err := h.room.List(ctx, f)
	if err != nil {
		return nil, err
	}
	out.PageInfo.Total = total
	for _, t := range list {
		w := templateOf(t)
		w.PreviewURL = h.room.PreviewURL(t)
		if statusOnly == nil || !*statusOnly {
			pages, params := h.room.PagesModel(t), paramsOf(t)
			w.Pages, w.Params = &pages, &params
		}
		out.Templates = append(out.Templates, w)
	}
	return out, nil
}

// templateFilter reads the query. possible is false if nothing can match.
func templateFilter(r *Request, p page) (f templates.Filter, possible bool, err error) {
	f = templates.Filter{Tenant: r.Principal.Tenant, Private: true, Public: true, Offset: p.Offset, Limit: p.Limit}
	possible = true
	for _, q := range [...]struct {
		name string
		max  int
	}{{"tpl_id", 36}, {"tpl_name", 100}} {
		if err := plainQuery(r, q.name, q.max); err != nil {
			return f, false, err
		}
	}
	if id := queryText(r, "tpl_id"); id != "" {
		f.ID, possible = templates.ParseTplID(id)
	}
	f.Name = queryText(r, "tpl_name")
	switch kind := queryEnum(r, "tpl_type"); kind {
	case "":
	case "public":
		f.Private = false
	case "private":
		f.Public = false
	default:
		return f, false, fault.In(fault.Parameter, "tpl_type", "must be public or private")
	}
	for _, raw := range r.QueryArgs().PeekMulti("factory_type") {
		for name := range strings.SplitSeq(string(raw), ",") {
			name = withoutRemark(name)
			if strings.TrimSpace(name) == "" {
				continue
			}
			v, ok := templates.VendorOf(name)
			if !ok {
				return f, false, fault.OneOf("factory_type", "HUAWEI", "XIAOMI", "OPPO", "VIVO", "MEIZU", "SAMSUNG")
			}
			f.Vendors = append(f.Vendors, v)
			if len(f.Vendors) > 6 {
				return f, false, fault.In(fault.Parameter, "factory_type", "names at most 6 vendors")
			}
		}
	}
	if f.HasParam, err = queryBool(r, "has_param"); err != nil {
		return f, false, err
	}
	w, err := bothOrNeither(r)
	f.Begin, f.End = w.Begin, w.End
	return f, possible, err
}

// plainQuery refuses a query text that is too long or that no stored text can contain.
func plainQuery(r *Request, name string, longest int) error {
	s := queryText(r, name)
	if utf8.RuneCountInString(s) > longest {
		return fault.Inf(fault.Parameter, name, "must be at most %d characters", longest)
	}
	if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return fault.In(fault.Parameter, name, "must be text without control characters")
	}
	return nil
}

func queryBool(r *Request, name string) (*bool, error) {
	s := queryEnum(r, name)
	if s == "" {
		return nil, nil
	}
	b, err := strconv.ParseBool(s)
	if err != nil {
		return nil, fault.In(fault.Parameter, name, "must be true or false")
	}
	return &b, nil
}

type templateList struct {
	Templates []wireTemplate `json:"templates"`
	PageInfo  pageInfo       `json:"page_info"`
}

// wireTemplate is AIMTemplate (api.md §5.2) in the SDK's exact types.
type wireTemplate struct {
	TplID        string        `json:"tpl_id"`
	TplName      string        `json:"tpl_name"`
	Scene        string        `json:"scene"`
	TplState     int           `json:"tpl_state"`
	DisableDesc  string        `json:"disable_desc"`
	DisableTime  string        `json:"disable_time"`
	AuditState   int           `json:"audit_state"`
	AuditDesc    string        `json:"audit_desc"`
	Description  string        `json:"description"`
	CreationTime string        `json:"creation_time"`
	UpdateTime   string        `json:"update_time"`
	Pages        *string       `json:"pages,omitempty"` // JSON text, not an array
	Params       *[]wireParam  `json:"params,omitempty"`
	FactoryInfo  []wireFactory `json:"factory_info"`
	MatchType    int           `json:"match_type"`
	CardID       string        `json:"card_id"`
	SubType      int           `json:"sub_type,omitempty"`
	PreviewURL   string        `json:"preview_url"`
}

type wireParam struct {
	Type           string `json:"type"`
	Name           string `json:"name"`
	HasLength      bool   `json:"has_length"`
	FixLength      int    `json:"fix_length"`
	LengthRestrict bool   `json:"length_restrict"`
	MinLength      int    `json:"min_length"`
	MaxLength      int    `json:"max_length"`
}

type wireFactory struct {
	FactoryType string  `json:"factory_type"`
	State       int     `json:"state"`
	Version     *string `json:"version"` // the original gives null
}

// matchShortLink is the match_type of every template here (D-46).
const matchShortLink = 1

func templateOf(t *templates.Template) wireTemplate {
	w := wireTemplate{
		TplID: t.TplID(), TplName: t.Name, Scene: t.Scene, TplState: t.State, DisableDesc: t.DisableDesc, DisableTime: zulu(t.DisabledAt),
		AuditState: t.Audit, AuditDesc: t.AuditDesc, Description: t.SMSExample, CreationTime: zulu(t.CreatedAt), UpdateTime: zulu(t.UpdatedAt),
		FactoryInfo: make([]wireFactory, len(t.Factories)), MatchType: matchShortLink, CardID: t.CardID, SubType: t.SubType,
	}
	for i, f := range t.Factories {
		w.FactoryInfo[i] = wireFactory{FactoryType: string(f.Vendor), State: f.State}
	}
	return w
}

func paramsOf(t *templates.Template) []wireParam {
	out := make([]wireParam, len(t.Params))
	for i, p := range t.Params {
		out[i] = wireParam{Type: "string", Name: p.Name}
	}
	return out
}

// setState is UpdatePersonalTemplateState (api.md §5.4).
func (h templateHandlers) setState(ctx context.Context, r *Request) (any, error) {
	body, err := fieldsOf(r.PostBody(), fault.Parameter)
	if err != nil {
		return nil, err
	}
	state := body.integer("tpl_state", -1)
	if err := body.complaint(); err != nil {
		return nil, err
	}
	if err := h.room.SetState(ctx, r.Principal.Tenant, r.Param(0), state, ""); err != nil {
		return nil, err
	}
	return ok(nil), nil
}

// delete is DeleteAimPersonalTemplate (api.md §5.3).
func (h templateHandlers) delete(ctx context.Context, r *Request) (any, error) {
	if err := h.room.Delete(ctx, r.Principal.Tenant, r.Param(0)); err != nil {
		return nil, err
	}
	return ok(nil), nil
}
