package api

import (
	"context"

	"cardlink/fault"
	"cardlink/serviceaccount"
)

// readPortal reads the fields of a home page.
func readPortal(f fields) serviceaccount.PortalContent {
	c := serviceaccount.PortalContent{BackgroundImg: f.text("background_img"), Summary: f.text("summary"), HWPubs: f.texts("hw_pubs")}
	for _, t := range f.objects("tels") {
		c.Tels = append(c.Tels, serviceaccount.Tel{Tel: t.text("tel"), Usage: t.text("usage")})
	}
	for _, a := range f.objects("fastapps") {
		c.FastApps = append(c.FastApps, serviceaccount.FastApp{
			Name: a.text("name"), LogoImg: a.text("logo_img"), Description: a.text("description"), Deeplink: a.text("deeplink"),
			DependEngineVersion: a.text("depend_engine_version"),
		})
	}
	return c
}

// updatePortal is UpdatePortalInfo (api.md §17.4). It answers the page as it was submitted, in force or not.
func (h accountHandlers) updatePortal(ctx context.Context, r *Request) (any, error) {
	b, err := fieldsOf(r.PostBody(), fault.Parameter)
	if err != nil {
		return nil, err
	}
	next, reason := readPortal(b), b.text("change_reason")
	if err := b.complaint(); err != nil {
		return nil, err
	}
	portal, company, err := h.room.UpdatePortal(ctx, r.caller(), r.Param(0), next, reason)
	if err != nil {
		return nil, err
	}
	row, err := h.portalRow(&portal, company)
	if err != nil {
		return nil, err
	}
	return payload{struct {
		Portal portalRow `json:"portal"`
	}{row}}, nil
}

func (h accountHandlers) pushPortal(ctx context.Context, r *Request) (any, error) {
	return pushed(h.room.PushPortal(ctx, r.caller(), r.Param(0)))
}

// portalRow is PortalModel (api.md §17.4). Tels and FastApps are JSON as text.
type portalRow struct {
	PortalID         string  `json:"portal_id"`
	CompanyID        string  `json:"company_id"`
	CompanyName      string  `json:"company_name"`
	PubID            string  `json:"pub_id"`
	PubName          string  `json:"pub_name"`
	BackgroundImg    string  `json:"background_img"`
	BackgroundImgURL string  `json:"background_img_url"`
	Summary          string  `json:"summary"`
	Tels             string  `json:"tels"`
	FastApps         string  `json:"fastapps"`
	State            int     `json:"state"`
	ApproveState     int     `json:"approve_state"`
	OnlineTime       *string `json:"online_time"`
	Creator          string  `json:"creator"`
	CreateTime       string  `json:"create_time"`
	ChangeReason     string  `json:"change_reason"`
}

func (h accountHandlers) portalRow(p *serviceaccount.ListedPortal, company serviceaccount.Company) (portalRow, error) {
	type fastApp struct {
		Name                string `json:"name"`
		LogoImg             string `json:"logo_img"`
		LogoImgURL          string `json:"logo_img_url"`
		Description         string `json:"description"`
		Deeplink            string `json:"deeplink"`
		DependEngineVersion string `json:"depend_engine_version"`
	}
	apps := make([]fastApp, len(p.FastApps))
	for i, a := range p.FastApps {
		apps[i] = fastApp{a.Name, a.LogoImg, h.room.MediaURL(a.LogoImg), a.Description, a.Deeplink, a.DependEngineVersion}
	}
	row := portalRow{
		PortalID: p.ID, CompanyID: company.ID, CompanyName: company.Name, PubID: p.PubID, PubName: p.PubName, BackgroundImg: p.BackgroundImg,
		BackgroundImgURL: h.room.MediaURL(p.BackgroundImg), Summary: p.Summary, State: p.State(), ApproveState: p.ApproveState, Creator: p.Creator,
		CreateTime: zulu(p.CreatedAt), ChangeReason: p.Reason,
	}
	if !p.OnlineAt.IsZero() {
		t := zulu(p.OnlineAt)
		row.OnlineTime = &t
	}
	tels, err := encode(append([]serviceaccount.Tel{}, p.Tels...))
	if err != nil {
		return portalRow{}, err
	}
	list, err := encode(apps)
	row.Tels, row.FastApps = string(tels), string(list)
	return row, err
}

// listPortals is ListPortalInfos (api.md §17.4).
func (h accountHandlers) listPortals(ctx context.Context, r *Request) (any, error) {
	f := serviceaccount.PortalFilter{Tenant: r.Principal.Tenant, PubName: queryText(r, "pub_name")}
	p, err := accountPage(r, &f.State, &f.Online, "begin_time", "end_time", bound{"pub_name", 15})
	if err != nil {
		return nil, err
	}
	f.Window = serviceaccount.Window(p)
	list, total, company, err := h.room.ListPortals(ctx, f)
	if err != nil {
		return nil, err
	}
	rows := make([]portalRow, len(list))
	for i := range list {
		if rows[i], err = h.portalRow(&list[i], company); err != nil {
			return nil, err
		}
	}
	return payload{struct {
		Portals  []portalRow `json:"portals"`
		PageInfo pageInfo    `json:"page_info"`
	}{rows, pageInfo{p.Offset, p.Limit, total}}}, nil
}
