package api

import (
	"context"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"cardlink/fault"
	"cardlink/shortlink"
)

const day = 24 * time.Hour

type linkHandlers struct{ room *shortlink.Service }

func (h linkHandlers) routes() []route {
	return []route{
		{"POST", "/v1/aim/resolve-tasks", "CreateResolveTask", "kooMessage:devResolveTask:create", aim, h.create},
		{"GET", "/v1/aim/resolve-tasks", "ListResolveTasks", "kooMessage:devResolveTask:list", aim, h.list},
		{"GET", "/v1/aim/resolve-details", "ListAimResolveDetails", "kooMessage:devResolveTask:list", aim, h.details},
	}
}

// linkWire is CreateResolveTaskParamMode: a link that was made, or the reason why it was not (api.md §7.1).
type linkWire struct {
	CustFlag     string            `json:"cust_flag"`
	CustID       string            `json:"cust_id"`
	Params       map[string]string `json:"dync_params,omitempty"`
	CustomURL    string            `json:"custom_url,omitempty"`
	AimURL       string            `json:"aim_url,omitempty"`
	AimCode      string            `json:"aim_code,omitempty"`
	ResultCode   string            `json:"result_code"`
	ErrorMessage string            `json:"error_message"`
	Generated    string            `json:"generate_date,omitempty"`
	Expires      string            `json:"expire_date,omitempty"`
	CustomCode   string            `json:"custom_short_code,omitempty"`
}

// made is the wire form of a link that exists.
func made(l *shortlink.Link) linkWire {
	w := linkWire{
		CustFlag: l.CustFlag, CustID: l.Tenant, Params: l.Params, CustomURL: l.CustomURL, AimURL: l.URL(), AimCode: l.Code,
		ResultCode: "0", ErrorMessage: "success", Generated: zulu(l.CreatedAt), Expires: zulu(l.ExpireAt),
	}
	if l.Custom {
		w.CustomCode = l.Code
	}
	return w
}

// refusedLink is the wire form of an item that got no link. With custom codes custom_url has no effect and is not shown (api.md D-11).
func refusedLink(r *shortlink.Request, f shortlink.Failed) linkWire {
	w := linkWire{CustFlag: f.Item.CustFlag, CustID: r.Tenant, Params: f.Item.Params, ResultCode: string(f.Code), ErrorMessage: f.Text}
	if r.GenerationType == shortlink.Custom {
		w.CustomCode = f.Item.CustomCode
	} else {
		w.CustomURL = f.Item.CustomURL
	}
	return w
}

// create is CreateResolveTask (api.md §7.1).
func (h linkHandlers) create(ctx context.Context, r *Request) (any, error) {
	b, err := fieldsOf(r.PostBody(), fault.Parameter)
	if err != nil {
		return nil, err
	}
	req := shortlink.Request{
		Tenant: r.Principal.Tenant, User: r.Principal.UserName, TplID: b.text("tpl_id"), Signs: b.texts("sms_signs"), Times: int64(b.integer("resolving_times", 0)),
		CodeType: b.enum("aim_code_type"), GenerationType: b.enum("generation_type"), Domain: b.text("domain"), Days: int64(b.integer("expiration_time", 0)),
	}
	b.require("resolving_times", "expiration_time")
	for _, p := range b.objects("params") {
		req.Items = append(req.Items, shortlink.Item{CustFlag: p.text("cust_flag"), Params: p.strings("dync_params"), CustomURL: p.text("custom_url"), CustomCode: p.text("custom_short_code")})
	}
	if err := b.complaint(); err != nil {
		return nil, err
	}
	batch, task, err := h.room.CreateResolveTask(ctx, req, "")
	if err != nil {
		return nil, err
	}
	params := make([]linkWire, len(req.Items))
	for i := range batch.Links {
		params[batch.Index[i]] = made(&batch.Links[i])
	}
	for _, f := range batch.Failed {
		params[f.Index] = refusedLink(&req, f)
	}
	return struct {
		TaskID   string     `json:"task_id"`
		TplID    string     `json:"tpl_id"`
		Signs    []string   `json:"sms_signs"`
		Times    int64      `json:"resolving_times"`
		CodeType string     `json:"aim_code_type"`
		Domain   string     `json:"domain"`
		Days     int64      `json:"expiration_time"`
		Params   []linkWire `json:"params"`
	}{task.ID, req.TplID, req.Signs, batch.Times, req.CodeType, batch.Domain, req.Days, params}, nil
}

// bound is the longest value of a query parameter, in characters.
type bound struct {
	name string
	most int
}

// checkQuery refuses query parameters that are too long, and a tpl_id that cannot be one.
func checkQuery(r *Request, bounds ...bound) error {
	for _, b := range bounds {
		if utf8.RuneCountInString(queryText(r, b.name)) > b.most {
			return fault.Length(b.name, 0, b.most)
		}
	}
	if id := queryText(r, "tpl_id"); id != "" && (len(id) > 9 || strings.Trim(id, "0123456789") != "") {
		return fault.Said("tpl_id", "must be at most 9 digits", "须为不超过9位的数字")
	}
	return nil
}

// filter reads what the two lists of links have in common; recent is the default window.
func (h linkHandlers) filter(r *Request, p page, recent time.Duration) (shortlink.LinkFilter, error) {
	w, err := timeWindow(r, r.now(), recent)
	return shortlink.LinkFilter{
		Tenant: r.Principal.Tenant, TaskID: queryText(r, "task_id"), TaskName: queryText(r, "task_name"), TplID: queryText(r, "tpl_id"), TplName: queryText(r, "tpl_name"),
		CustFlag: queryText(r, "cust_flag"), Begin: w.Begin, End: w.End, Offset: p.Offset, Limit: p.Limit,
	}, err
}

// list is ListResolveTasks: one row per link (api.md §7.3).
func (h linkHandlers) list(ctx context.Context, r *Request) (any, error) {
	p, err := paging(r, false, 1_000_000, 100, 20)
	if err != nil {
		return nil, err
	}
	if err := checkQuery(r, bound{"task_id", 36}, bound{"task_name", 30}, bound{"tpl_name", 100}, bound{"cust_flag", 100}); err != nil {
		return nil, err
	}
	if n := len(queryText(r, "tpl_id")); n > 0 && n != 9 { // here alone the wire has a pattern
		return nil, fault.Said("tpl_id", "must be 9 digits", "须为9位数字")
	}
	f, err := h.filter(r, p, 24*time.Hour)
	if err != nil {
		return nil, err
	}
	rows, total, err := h.room.List(ctx, f, queryText(r, "aim_url"))
	if err != nil {
		return nil, err
	}
	type param struct {
		CustFlag     string            `json:"cust_flag"`
		CustID       string            `json:"cust_id"`
		Params       map[string]string `json:"dync_params,omitempty"`
		CustomURL    string            `json:"custom_url,omitempty"`
		AimURL       string            `json:"aim_url"`
		AimCode      string            `json:"aim_code"`
		ResultCode   string            `json:"result_code"`
		ErrorMessage string            `json:"error_message"`
		Generated    string            `json:"generate_date"`
		Expires      string            `json:"expire_date"`
		Resolved     string            `json:"resolved_date,omitempty"`
	}
	type item struct {
		TaskID   string   `json:"task_id"`
		TaskName string   `json:"task_name"`
		TplID    string   `json:"tpl_id"`
		Signs    []string `json:"sms_signs"`
		Times    int64    `json:"resolving_times"`
		Resolved int64    `json:"resolved_times"`
		CodeType string   `json:"aim_code_type"`
		Domain   string   `json:"domain"`
		Days     int64    `json:"expiration_time"`
		Params   []param  `json:"params"`
	}
	items := []item{}
	for i := range rows {
		l := &rows[i]
		if p.beyond() {
			break
		}
		items = append(items, item{
			TaskID: l.TaskID, TaskName: l.TaskName, TplID: strconv.FormatInt(l.TplID, 10), Signs: l.Signs, Times: l.Limit, Resolved: l.Resolved,
			CodeType: l.Type(), Domain: l.Domain, Days: int64(l.ExpireAt.Sub(l.CreatedAt).Round(day) / day), // exact to the second, while the creation has milliseconds
			Params: []param{{
				CustFlag: l.CustFlag, CustID: l.Tenant, Params: l.Params, CustomURL: l.CustomURL, AimURL: l.URL(), AimCode: l.Code,
				ResultCode: "0", ErrorMessage: "-", Generated: noZone(l.CreatedAt), Expires: noZone(l.ExpireAt), Resolved: noZone(l.ResolvedAt),
			}},
		})
	}
	return struct {
		Tasks []item   `json:"resolve_tasks"`
		Page  pageInfo `json:"page_info"`
	}{items, pageInfo{p.Offset, p.Limit, total}}, nil
}

// details is ListAimResolveDetails: links of resolve and of send tasks (api.md §7.4).
func (h linkHandlers) details(ctx context.Context, r *Request) (any, error) {
	p, err := paging(r, true, 1_000_000, 100, 0)
	if err != nil {
		return nil, err
	}
	if err := checkQuery(r, bound{"task_id", 36}, bound{"task_name", 30}, bound{"tpl_name", 100}, bound{"cust_flag", 64}, bound{"sms_sign", 18}, bound{"aim_url", 100}); err != nil {
		return nil, err
	}
	f, err := h.filter(r, p, 24*time.Hour)
	if err != nil {
		return nil, err
	}
	f.Sign, f.Status = queryText(r, "sms_sign"), queryEnum(r, "resolved_status")
	rows, total, err := h.room.Details(ctx, f, queryText(r, "aim_url"))
	if err != nil {
		return nil, err
	}
	type item struct {
		ResolveID  string `json:"resolve_id,omitempty"`
		TaskID     string `json:"task_id"`
		TaskName   string `json:"task_name"`
		Account    string `json:"send_account"`
		TplID      string `json:"tpl_id"`
		TplName    string `json:"tpl_name"`
		CustFlag   string `json:"cust_flag"`
		AimURL     string `json:"aim_url"`
		ResultCode string `json:"result_code"`
		Generated  string `json:"generate_date"`
		Expires    string `json:"expire_date"`
		Resolved   string `json:"resolved_time,omitempty"`
		Status     string `json:"resolved_status"`
	}
	items := []item{}
	for i := range rows {
		d := &rows[i]
		if p.beyond() {
			break
		}
		it := item{
			ResolveID: d.ResolveID, TaskID: d.TaskID, TaskName: d.TaskName, Account: d.User, TplID: strconv.FormatInt(d.TplID, 10), TplName: d.TplName,
			CustFlag: d.CustFlag, AimURL: d.URL(), ResultCode: "0", Generated: zulu(d.CreatedAt), Expires: zulu(d.ExpireAt), Status: d.Status,
		}
		if d.Status == shortlink.StatusFail {
			it.ResultCode = d.Reason // the reason's word: no documented code exists for a refused resolution
		}
		if !d.ResolvedAt.IsZero() {
			it.Resolved = zulu(d.ResolvedAt)
		}
		items = append(items, it)
	}
	return struct {
		Details []item   `json:"resolve_details"`
		Page    pageInfo `json:"page_info"`
	}{items, pageInfo{p.Offset, p.Limit, total}}, nil
}
