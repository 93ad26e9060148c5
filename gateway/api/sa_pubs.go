package api

import (
	"context"
	"math"
	"strconv"
	"unicode/utf8"

	"cardlink/fault"
	"cardlink/serviceaccount"
)

// accountHandlers serve service accounts (api.md §17).
type accountHandlers struct{ room *serviceaccount.Service }

func (h accountHandlers) routes() []route {
	return []route{
		{"POST", "/v1/aim-sa/media/upload", "UploadMedia", "kooMessage:aimSaMedia:upload", plain, h.uploadMedia},
		{"POST", "/v1/aim-sa/unify/pubs", "CreatePubInfo", "kooMessage:aimSaPub:create", plain, h.createPub},
		{"GET", "/v1/aim-sa/pubs", "ListPubInfos", "kooMessage:aimSaPub:list", plain, h.listPubs},
		{"POST", "/v1/aim-sa/pubs/{pub_id}", "UpdatePubInfo", "kooMessage:aimSaPub:update", plain, h.updatePub},
		{"POST", "/v1/aim-sa/pubs/{pub_id}/freeze", "FreezePub", "kooMessage:aimSaPub:delete", plain, h.freezePub},
		{"POST", "/v1/aim-sa/pubs/{pub_id}/unfreeze", "UnfreezePub", "kooMessage:aimSaPub:delete", plain, h.unfreezePub},
		{"GET", "/v1/aim-sa/menus", "ListMenus", "kooMessage:aimSaMenu:list", plain, h.listMenus},
		{"PUT", "/v1/aim-sa/menus/{menu_id}", "UpdateMenu", "kooMessage:aimSaMenu:update", plain, h.updateMenu},
		{"POST", "/v1/aim-sa/menus/{menu_id}/push", "PushMenuInfo", "kooMessage:aimSaMenu:create", plain, h.pushMenu},
		{"GET", "/v1/aim-sa/portals", "ListPortalInfos", "kooMessage:aimSaPortal:list", plain, h.listPortals},
		{"PUT", "/v1/aim-sa/portals/{portal_id}", "UpdatePortalInfo", "kooMessage:aimSaPortal:update", plain, h.updatePortal},
		{"POST", "/v1/aim-sa/portals/{portal_id}/push", "PushPortalInfo", "kooMessage:aimSaPortal:create", plain, h.pushPortal},
	}
}

// createPub is CreatePubInfo: account, home page and menu at once (api.md §17.2).
func (h accountHandlers) createPub(ctx context.Context, r *Request) (any, error) {
	b, err := fieldsOf(r.PostBody(), fault.Parameter)
	if err != nil {
		return nil, err
	}
	b.require("pub_request_body", "portal_request_body", "menu_request_body")
	p, _ := b.object("pub_request_body")
	portal, _ := b.object("portal_request_body")
	menu, _ := b.object("menu_request_body")
	if err := b.complaint(); err != nil {
		return nil, err
	}
	pub := serviceaccount.PubContent{
		LogoImg: p.text("logo_img"), Name: p.text("pub_name"), Abstract: p.text("pub_abstract"), Remark: p.text("pub_remark"), AutoGetPort: zeroOrOne(p, "auto_get_port"),
		Signs: p.texts("signs_for_auto_get_port"), Areas: p.texts("areas_for_auto_get_port"), AuthorizationFiles: p.texts("authorization_files"),
	}
	if pub.Industry = p.integer("industry", 0); pub.Industry == 0 && p.has("industry") { // only a missing one is the company's
		p.wrong(fault.Range("industry", 1, 11))
	}
	home, items := readPortal(portal), readMenu(menu)
	if err := b.complaint(); err != nil {
		return nil, err
	}
	a, logID, err := h.room.CreateAccount(ctx, r.caller(), pub, home, items)
	if err != nil {
		return nil, err
	}
	return payload{payload{struct {
		LogID    string `json:"log_id"`
		PubID    string `json:"pub_id"`
		MenuID   string `json:"menu_id"`
		PortalID string `json:"portal_id"`
		PubName  string `json:"pub_name"`
	}{logID, a.Pub.ID, a.Menu.ID, a.Portal.ID, a.Pub.Name}}}, nil
}

// zeroOrOne reads a field that is 0 or 1, 0 if absent.
func zeroOrOne(f fields, name string) bool {
	n := f.integer(name, 0)
	if n != 0 && n != 1 {
		f.wrong(fault.OneOf(name, "0", "1"))
	}
	return n == 1
}

// updatePub is UpdatePubInfo (api.md §17.3): what is absent stays.
func (h accountHandlers) updatePub(ctx context.Context, r *Request) (any, error) {
	b, err := fieldsOf(r.PostBody(), fault.Parameter)
	if err != nil {
		return nil, err
	}
	var patch serviceaccount.PubPatch
	for _, f := range []struct {
		name string
		to   **string
	}{{"logo_img", &patch.LogoImg}, {"pub_name", &patch.Name}, {"pub_abstract", &patch.Abstract}, {"pub_remark", &patch.Remark}} {
		if b.has(f.name) {
			text := b.text(f.name)
			*f.to = &text
		}
	}
	patch.Signs, patch.Areas, patch.AuthorizationFiles = given(b, "signs_for_auto_get_port"), given(b, "areas_for_auto_get_port"), given(b, "authorization_files")
	if b.has("auto_get_port") {
		on := zeroOrOne(b, "auto_get_port")
		patch.AutoGetPort = &on
	}
	patch.Industry = b.optional("industry")
	reason := b.text("change_reason")
	if err := b.complaint(); err != nil {
		return nil, err
	}
	logID, err := h.room.UpdatePub(ctx, r.caller(), r.Param(0), patch, reason)
	if err != nil {
		return nil, err
	}
	return payload{payload{struct {
		LogID string `json:"pub_update_log_id"`
	}{logID}}}, nil
}

// given reads a list that may be absent (nil) or empty (not nil).
func given(f fields, name string) []string {
	if !f.has(name) {
		return nil
	}
	return append([]string{}, f.texts(name)...)
}

func (h accountHandlers) freezePub(ctx context.Context, r *Request) (any, error) {
	return switchPub(ctx, r, h.room.FreezePub)
}

func (h accountHandlers) unfreezePub(ctx context.Context, r *Request) (any, error) {
	return switchPub(ctx, r, h.room.UnfreezePub)
}

// switchPub is FreezePub or UnfreezePub. The documentation shows the answer in two shapes; both are given (api.md D-33).
func switchPub(ctx context.Context, r *Request, do func(ctx context.Context, by serviceaccount.Caller, id, reason string) error) (any, error) {
	b, err := fieldsOf(r.PostBody(), fault.Parameter)
	if err != nil {
		return nil, err
	}
	reason := b.text("change_reason")
	if err := b.complaint(); err != nil {
		return nil, err
	}
	id := r.Param(0)
	if err := do(ctx, r.caller(), id, reason); err != nil {
		return nil, err
	}
	type pub struct {
		PubID string `json:"pub_id"`
	}
	return payload{struct {
		pub
		Data pub `json:"data"`
	}{pub{id}, pub{id}}}, nil
}

// pubDetail is PubDetail (api.md §17.3).
type pubDetail struct {
	PubID              string            `json:"pub_id"`
	PubName            string            `json:"pub_name"`
	PubAbstract        string            `json:"pub_abstract"`
	PubRemark          string            `json:"pub_remark,omitempty"`
	State              int               `json:"state"`
	ApproveState       int               `json:"approve_state"`
	Industry           int               `json:"industry"`
	CompanyID          string            `json:"company_id"`
	CompanyName        string            `json:"company_name"`
	LogoImg            string            `json:"logo_img"`
	LogoURL            string            `json:"logo_url"`
	AuthorizationFiles map[string]string `json:"authorization_files"`
	AutoGetPort        int               `json:"auto_get_port"`
	Signs              []string          `json:"signs_for_auto_get_port,omitempty"`
	Areas              []string          `json:"areas_for_auto_get_port,omitempty"`
	OnlineTime         string            `json:"online_time,omitempty"`
	OperTime           string            `json:"oper_time"`
}

// listPubs is ListPubInfos (api.md §17.3).
func (h accountHandlers) listPubs(ctx context.Context, r *Request) (any, error) {
	f := serviceaccount.PubFilter{Tenant: r.Principal.Tenant, Name: queryText(r, "pub_name")}
	p, err := accountPage(r, &f.State, &f.Online, "start_time", "end_time", bound{"pub_name", 15})
	if err != nil {
		return nil, err
	}
	f.Window = serviceaccount.Window(p)
	if f.ApproveState, err = queryRange(r, "approve_state", 1, 3); err != nil {
		return nil, err
	}
	if f.Industry, err = queryRange(r, "industry", 1, 11); err != nil {
		return nil, err
	}
	list, total, err := h.room.ListPubs(ctx, f)
	if err != nil {
		return nil, err
	}
	rows := make([]pubDetail, len(list))
	for i := range list {
		rows[i] = h.pubDetail(&list[i])
	}
	return listed(rows, p, total), nil
}

func (h accountHandlers) pubDetail(p *serviceaccount.Pub) pubDetail {
	d := pubDetail{
		PubID: p.ID, PubName: p.Name, PubAbstract: p.Abstract, PubRemark: p.Remark, State: p.State(), ApproveState: p.ApproveState, Industry: p.Industry,
		CompanyID: p.CompanyID, CompanyName: p.CompanyName, LogoImg: p.LogoImg, LogoURL: h.room.MediaURL(p.LogoImg),
		AuthorizationFiles: make(map[string]string, len(p.AuthorizationFiles)), Signs: p.Signs, Areas: p.Areas, OperTime: zulu(p.OperAt),
	}
	if p.AutoGetPort {
		d.AutoGetPort = 1
	}
	for _, id := range p.AuthorizationFiles {
		d.AuthorizationFiles[id] = h.room.LetterURL(id)
	}
	if !p.OnlineAt.IsZero() {
		d.OnlineTime = zulu(p.OnlineAt)
	}
	return d
}

// listed is the answer of a list (api.md §3.2, data.data).
func listed[T any](rows []T, p page, total int) payload {
	return payload{struct {
		Data     []T      `json:"data"`
		PageInfo pageInfo `json:"page_info"`
	}{rows, pageInfo{p.Offset, p.Limit, total}}}
}

// accountPage reads what the lists of accounts, menus and home pages have in common: the window of rows, the state and the time of coming into force, the latter under
// the names given; and it refuses parameters that are too long.
func accountPage(r *Request, state *int, online *serviceaccount.Online, from, to string, bounds ...bound) (page, error) {
	p, err := paging(r, false, math.MaxInt32, 100, 10)
	if err != nil {
		return page{}, err
	}
	for _, b := range bounds {
		if utf8.RuneCountInString(queryText(r, b.name)) > b.most {
			return page{}, fault.Length(b.name, 0, b.most)
		}
	}
	if *state, err = queryRange(r, "state", 1, 4); err != nil {
		return page{}, err
	}
	if online.From, err = queryTime(r, from); err != nil {
		return page{}, err
	}
	online.To, err = queryEnd(r, to)
	return p, err
}

// queryRange is an integer of the query from low to high, 0 if absent.
func queryRange(r *Request, name string, low, high int) (int, error) {
	s := queryEnum(r, name)
	if s == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < low || n > high {
		return 0, fault.Range(name, int64(low), int64(high))
	}
	return n, nil
}
