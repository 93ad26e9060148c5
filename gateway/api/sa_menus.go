package api

import (
	"context"

	"cardlink/fault"
	"cardlink/serviceaccount"
)

// readMenu reads the object that holds "menu".
func readMenu(f fields) (c serviceaccount.MenuContent) {
	f.require("menu")
	menu, given := f.object("menu")
	if !given {
		return c
	}
	menu.require("menu_items")
	c.Items = readMenuItems(menu, "menu_items", 3)
	return c
}

// readMenuItems reads the items in a list and below, as many levels as are asked for: one more than are allowed, so that what is too deep is seen and refused.
func readMenuItems(f fields, name string, levels int) []serviceaccount.MenuItem {
	var items []serviceaccount.MenuItem
	for _, o := range f.objects(name) {
		it := serviceaccount.MenuItem{Name: o.text("name"), ActionType: o.enum("action_type"), Content: o.text("content")}
		if ext, given := o.object("ext_msg"); given {
			it.Ext = serviceaccount.MenuExt{
				OpenInBrowser: ext.enum("open_in_browser"), WebTitle: ext.text("web_title"), PackageName: ext.text("package_name"), AppID: ext.text("app_id"),
				BrowserFloorURL: ext.text("browser_floor_url"), DependEngineVer: ext.text("depend_engine_ver"), ThirdServiceName: ext.text("third_service_name"),
			}
		}
		if levels > 1 {
			it.SubItems = readMenuItems(o, "sub_menu_items", levels-1)
		}
		items = append(items, it)
	}
	return items
}

// updateMenu is UpdateMenu (api.md §17.4).
func (h accountHandlers) updateMenu(ctx context.Context, r *Request) (any, error) {
	b, err := fieldsOf(r.PostBody(), fault.Parameter)
	if err != nil {
		return nil, err
	}
	menu, reason := readMenu(b), b.text("change_reason")
	if err := b.complaint(); err != nil {
		return nil, err
	}
	logID, err := h.room.UpdateMenu(ctx, r.caller(), r.Param(0), menu, reason)
	if err != nil {
		return nil, err
	}
	return payload{struct {
		MenuID string `json:"menu_id"`
		LogID  string `json:"log_id"`
	}{r.Param(0), logID}}, nil
}

func (h accountHandlers) pushMenu(ctx context.Context, r *Request) (any, error) {
	return pushed(h.room.PushMenu(ctx, r.caller(), r.Param(0)))
}

// pushed is the answer of PushMenuInfo and PushPortalInfo.
func pushed(logID, words string, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return payload{payload{struct {
		LogID string `json:"log_id"`
		message
	}{logID, message{words}}}}, nil
}

// menuRow is MenusRsp (api.md §17.4).
type menuRow struct {
	MenuID       string                     `json:"menu_id"`
	PubID        string                     `json:"pub_id"`
	PubName      string                     `json:"pub_name"`
	LogoImg      string                     `json:"logo_img"`
	LogoURL      string                     `json:"logo_url"`
	Menu         serviceaccount.MenuContent `json:"menu"`
	MenuState    int                        `json:"menu_state"`
	ApproveState int                        `json:"approve_state"`
	OnlineTime   string                     `json:"online_time,omitempty"`
	OperTime     string                     `json:"oper_time"`
	CompanyID    string                     `json:"company_id"`
	CompanyName  string                     `json:"company_name"`
}

// listMenus is ListMenus (api.md §17.4).
func (h accountHandlers) listMenus(ctx context.Context, r *Request) (any, error) {
	f := serviceaccount.MenuFilter{
		Tenant: r.Principal.Tenant, ID: queryText(r, "menu_id"), PubID: queryText(r, "pub_id"), PubName: queryText(r, "pub_name"), Name: queryText(r, "menu_name"),
	}
	p, err := accountPage(r, &f.State, &f.Online, "online_begin_time", "online_end_time", bound{"menu_id", 32}, bound{"pub_id", 32}, bound{"pub_name", 50}, bound{"menu_name", 50})
	if err != nil {
		return nil, err
	}
	f.Window = serviceaccount.Window(p)
	list, total, company, err := h.room.ListMenus(ctx, f)
	if err != nil {
		return nil, err
	}
	rows := make([]menuRow, len(list))
	for i := range list {
		m := &list[i]
		rows[i] = menuRow{
			MenuID: m.ID, PubID: m.PubID, PubName: m.PubName, LogoImg: m.LogoImg, LogoURL: h.room.MediaURL(m.LogoImg), Menu: m.MenuContent, MenuState: m.State(),
			ApproveState: m.ApproveState, OperTime: zulu(m.OperAt), CompanyID: company.ID, CompanyName: company.Name,
		}
		if !m.OnlineAt.IsZero() {
			rows[i].OnlineTime = zulu(m.OnlineAt)
		}
	}
	return listed(rows, p, total), nil
}
