package api

import (
	"context"
	"strconv"
	"unicode/utf8"

	"cardlink/callback"
	"cardlink/fault"
	"cardlink/videosms"
)

// videoHandlers serve AIM basic edition (api.md §16).
type videoHandlers struct {
	room      *videosms.Service
	callbacks *callback.Service
}

func (h videoHandlers) routes() []route {
	return []route{
		{"POST", "/v1/aim-basic/templates", "CreateVmsTemplate", "kooMessage:vmsTemplate:create", plain, h.createTemplate},
		{"GET", "/v1/aim-basic/templates", "ListVmsTemplateStatus", "kooMessage:vmsTemplate:list", plain, h.listTemplates},
		{"POST", "/v1/aim-basic/send-tasks", "CreateVmsSendTask", "kooMessage:vmsSendTask:create", plain, h.createTask},
		{"GET", "/v1/aim-basic/send-tasks", "ListVmsSendTasks", "kooMessage:vmsSendTask:list", plain, h.listTasks},
		{"POST", "/v1/aim-basic/callbacks", "AddVmsCallBack", "kooMessage:vmsCallback:create", plain, h.addCallback},
		{"GET", "/v1/aim-basic/callbacks", "ListVmsCallbacks", "kooMessage:vmsCallback:list", plain, h.listCallbacks},
	}
}

// createTemplate serves CreateVmsTemplate, whose answer has no envelope.
func (h videoHandlers) createTemplate(ctx context.Context, r *Request) (any, error) {
	b, err := fieldsOf(r.PostBody(), fault.Parameter)
	if err != nil {
		return nil, err
	}
	b.require("expiration_time", "tpl_name", "title", "reslist")
	d := videosms.Draft{
		Days: b.text("expiration_time"), Name: b.text("tpl_name"), Title: b.text("title"), Remarks: b.text("remarks"), CallbackURL: b.text("callbackurl"),
		Draft: b.integer("is_draft", 0),
	}
	for _, res := range b.objects("reslist") {
		res.require("type", "name", "source", "content")
		d.Resources = append(d.Resources, videosms.Resource{
			Index: res.text("index"), Type: res.enum("type"), Name: res.text("name"), Source: res.enum("source"), Content: res.text("content"),
		})
	}
	if err := b.complaint(); err != nil {
		return nil, err
	}
	t, err := h.room.CreateTemplate(ctx, r.Principal.Tenant, d)
	if err != nil {
		return nil, err
	}
	return struct {
		TplID string `json:"tplid"`
	}{strconv.FormatInt(t.ID, 10)}, nil
}

// vmsTemplate is a template as its list shows it (api.md §16.2).
type vmsTemplate struct {
	TplID        string       `json:"tpl_id"`
	AuditState   int          `json:"audit_state"`
	AuditDesc    string       `json:"audit_desc"`
	TplSize      int64        `json:"tpl_size"`
	ValidTime    string       `json:"valid_time"`
	StatusDetail []vmsCarrier `json:"status_detail"`
	PreviewURL   string       `json:"preview_url"`
	TplName      string       `json:"tpl_name"`
	Title        string       `json:"title"`
	TplSign      string       `json:"tpl_sign"`
	CreateTime   string       `json:"create_time"`
	VarInfo      []vmsVar     `json:"var_info"`
	RestTags     string       `json:"restags"`
}

type vmsCarrier struct {
	Carrier string `json:"carrier"`
	Status  int    `json:"status"`
	Desc    string `json:"desc"`
}

type vmsVar struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

func newVMSTemplate(t *videosms.Template) vmsTemplate {
	out := vmsTemplate{
		TplID: strconv.FormatInt(t.ID, 10), AuditState: int(t.State), AuditDesc: t.AuditDesc, TplSize: t.Size, ValidTime: "0", PreviewURL: t.PreviewURL,
		TplName: t.Name, Title: t.Title, TplSign: t.Sign, CreateTime: zulu(t.CreatedAt), RestTags: t.RestTag(),
		StatusDetail: make([]vmsCarrier, len(t.Carriers)), VarInfo: make([]vmsVar, len(t.Vars)),
	}
	if !t.ValidTo.IsZero() {
		out.ValidTime = zulu(t.ValidTo)
	}
	for i, c := range t.Carriers {
		out.StatusDetail[i] = vmsCarrier{c.Carrier, int(c.State), c.Desc}
	}
	for i, v := range t.Vars {
		out.VarInfo[i] = vmsVar{"#" + v.Name + "#", v.Type}
	}
	return out
}

// listTemplates serves ListVmsTemplateStatus. There are no public templates of video messages.
func (h videoHandlers) listTemplates(ctx context.Context, r *Request) (any, error) {
	p, err := paging(r, false, 1_000_000, 100, 20)
	if err != nil {
		return nil, err
	}
	f := videosms.TemplateFilter{Page: videosms.Page(p)}
	possible := true
	if id := queryText(r, "tpl_id"); id != "" {
		f.ID, possible = videosms.ParseID(id)
	}
	if f.Name, err = shortQuery(r, "tpl_name", 100); err != nil {
		return nil, err
	}
	switch queryEnum(r, "tpl_type") {
	case "", "private":
	case "public":
		possible = false
	default:
		return nil, fault.OneOf("tpl_type", "public", "private")
	}
	if f.HasParam, err = queryBool(r, "has_param"); err != nil {
		return nil, err
	}
	w, err := bothOrNeither(r)
	if err != nil {
		return nil, err
	}
	f.Created = videosms.Span{From: w.Begin, To: w.End}
	var list []*videosms.Template
	var total int
	if possible {
		if list, total, err = h.room.Templates(ctx, r.Principal.Tenant, f); err != nil {
			return nil, err
		}
	}
	rows := make([]vmsTemplate, len(list))
	for i, t := range list {
		rows[i] = newVMSTemplate(t)
	}
	return ok(struct {
		Templates []vmsTemplate `json:"templates"`
		PageInfo  pageInfo      `json:"page_info"`
	}{rows, pageInfo{p.Offset, p.Limit, total}}), nil
}

// shortQuery is a query text of at most longest characters.
func shortQuery(r *Request, name string, longest int) (string, error) {
	s := queryText(r, name)
	if utf8.RuneCountInString(s) > longest {
		return "", fault.Length(name, 0, longest)
	}
	return s, nil
}

// createTask serves CreateVmsSendTask.
func (h videoHandlers) createTask(ctx context.Context, r *Request) (any, error) {
	b, err := fieldsOf(r.PostBody(), fault.Parameter)
	if err != nil {
		return nil, err
	}
	b.require("task_name", "tpl_id")
	in := videosms.SendRequest{
		Name: b.text("task_name"), TplID: b.text("tpl_id"), Hours: b.optional("expiration_time"), Mobiles: b.texts("mobiles"), Exdata: b.text("exdata"),
	}
	if len(in.Mobiles) > 0 { // else they are ignored, whatever they are
		in.Params = vmsParams(b)
	}
	for _, p := range b.objects("individual_params") {
		p.require("mobiles", "dync_params")
		in.Individual = append(in.Individual, videosms.Individual{Mobiles: p.texts("mobiles"), Params: vmsParams(p)})
	}
	if err := b.complaint(); err != nil {
		return nil, err
	}
	n := len(in.Mobiles)
	for _, p := range in.Individual {
		n += len(p.Mobiles)
	}
	if err := r.spendRecipients(n); err != nil {
		return nil, err
	}
	t, err := h.room.CreateTask(ctx, r.Principal.Tenant, r.Principal.UserName, in)
	if err != nil {
		return nil, err
	}
	return ok(struct {
		RetCode string `json:"ret_code"`
		TaskID  string `json:"task_id"`
		Desc    string `json:"desc"`
	}{"0", t.UUID, "success"}), nil
}

// vmsParams reads dync_params of the body or of one of individual_params.
func vmsParams(b fields) (out []videosms.Param) {
	for _, p := range b.objects("dync_params") {
		p.require("param_name", "content_type", "content_source", "content_detail")
		out = append(out, videosms.Param{Name: p.text("param_name"), Type: p.enum("content_type"), Source: p.enum("content_source"), Detail: p.text("content_detail")})
	}
	return out
}

// vmsTask is a send task as its list shows it (api.md §16.4).
type vmsTask struct {
	TaskID       string `json:"task_id"`
	TaskName     string `json:"task_name"`
	TaskState    string `json:"task_state"`
	TplID        string `json:"tpl_id"`
	TplName      string `json:"tpl_name"`
	Operator     string `json:"operator"`
	CreateTime   string `json:"create_time"`
	SendTime     string `json:"send_time"`
	TotalCount   int    `json:"total_count"`
	SuccessCount int    `json:"success_count"`
	FailedCount  int    `json:"failed_count"`
	TimeoutCount int    `json:"timeout_count"`
	Exdata       string `json:"exdata"`
}

// listTasks serves ListVmsSendTasks.
func (h videoHandlers) listTasks(ctx context.Context, r *Request) (any, error) {
	p, err := paging(r, false, 1<<31-1, 100, 20)
	if err != nil {
		return nil, err
	}
	f := videosms.TaskFilter{
		ID: queryText(r, "task_id"), Operator: queryText(r, "operator"), Status: videosms.TaskStatus(queryEnum(r, "task_status")), Page: videosms.Page(p),
	}
	possible := true
	if id := queryText(r, "tpl_id"); id != "" {
		f.TplID, possible = videosms.ParseID(id)
	}
	if f.Name, err = shortQuery(r, "task_name", 32); err != nil {
		return nil, err
	}
	if f.TplName, err = shortQuery(r, "tpl_name", 100); err != nil {
		return nil, err
	}
	if f.Created, err = videoSpan(r, "begin_time", "end_time"); err != nil {
		return nil, err
	}
	if f.Sent, err = videoSpan(r, "send_begin_time", "send_end_time"); err != nil {
		return nil, err
	}
	list, total, err := h.room.Tasks(ctx, r.Principal.Tenant, f) // it also checks the status
	if err != nil {
		return nil, err
	}
	if !possible {
		list, total = nil, 0
	}
	rows := make([]vmsTask, len(list))
	for i := range list {
		t := &list[i]
		rows[i] = vmsTask{
			TaskID: t.UUID, TaskName: t.Name, TaskState: string(t.Status()), TplID: strconv.FormatInt(t.TplID, 10), TplName: t.TplName, Operator: t.Operator,
			CreateTime: noZone(t.CreatedAt), SendTime: noZone(t.SentAt), TotalCount: t.Total, SuccessCount: t.Success, FailedCount: t.Failed,
			TimeoutCount: t.Timeout, Exdata: t.Exdata,
		}
	}
	return ok(struct {
		Tasks    []vmsTask `json:"aim_basic_send_tasks"`
		PageInfo pageInfo  `json:"page_info"`
	}{rows, pageInfo{p.Offset, p.Limit, total}}), nil
}

// videoSpan reads a pair of times; one alone is ignored (api.md §3.4).
func videoSpan(r *Request, begin, end string) (s videosms.Span, err error) {
	b, e := queryText(r, begin), queryText(r, end)
	if b == "" || e == "" {
		return s, nil
	}
	if s.From, err = parseTime(begin, b); err != nil {
		return videosms.Span{}, err
	}
	s.To, err = parseEnd(end, e)
	return s, err
}

// The wire counts the addresses of video messages from 0 (api.md §16.5).
var vmsURLTypes = [...]callback.URLType{callback.VideoStatus, callback.VideoUplink}

// addCallback serves AddVmsCallBack, whose envelope has no data.
func (h videoHandlers) addCallback(ctx context.Context, r *Request) (any, error) {
	b, err := fieldsOf(r.PostBody(), fault.Parameter)
	if err != nil {
		return nil, err
	}
	b.require("url_type", "callback_url")
	url, remark, t := b.text("callback_url"), b.text("remark"), b.integer("url_type", 0)
	if err := b.complaint(); err != nil {
		return nil, err
	}
	if t < 0 || t >= len(vmsURLTypes) {
		return nil, fault.OneOf("url_type", "0", "1")
	}
	if _, err := h.callbacks.RegisterVideo(ctx, r.Principal.Tenant, url, remark, vmsURLTypes[t]); err != nil {
		return nil, err
	}
	return struct {
		Status  string `json:"status"`
		Message string `json:"message"`
	}{"200", "success"}, nil
}

// vmsCallback is an address as its list shows it.
type vmsCallback struct {
	URLType     int    `json:"url_type"`
	CallbackURL string `json:"callback_url"`
	Remark      string `json:"remark"`
}

// listCallbacks serves ListVmsCallbacks.
func (h videoHandlers) listCallbacks(ctx context.Context, r *Request) (any, error) {
	es, err := h.callbacks.ListVideo(ctx, r.Principal.Tenant)
	if err != nil {
		return nil, err
	}
	out := make([]vmsCallback, len(es))
	for i, e := range es {
		out[i] = vmsCallback{int(e.URLType - callback.VideoStatus), e.URL, e.Remark}
	}
	return ok(struct {
		Callbacks []vmsCallback `json:"callbacks"`
	}{out}), nil
}
