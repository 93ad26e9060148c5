package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"cardlink/dispatch"
	"cardlink/fault"
	"cardlink/shortlink"
)

type sendHandlers struct{ room *dispatch.Service }

func (h sendHandlers) routes() []route {
	return []route{
		{"POST", "/v1/aim/send-tasks", "CreateAimSendTask", "kooMessage:devSendTask:create", aim, h.create},
		{"GET", "/v1/aim/send-tasks", "ListAimSendTasks", "kooMessage:devSendTask:list", aim, h.list},
		{"GET", "/v1/aim/send-details", "ListAimSendDetails", "kooMessage:devSendTask:list", aim, h.details},
	}
}

// smsChannelEcho, sendOrderEcho and sendParamEcho are the request in the SDK's types.
type smsChannelEcho struct {
	ChannelNumber string `json:"channel_number"`
	SMSTplID      string `json:"sms_tpl_id"`
	SMSSign       string `json:"sms_sign"`
	SMSAppName    string `json:"sms_app_name"`
}

type sendOrderEcho struct {
	TplID          string          `json:"tpl_id"`
	ResolveTimes   int64           `json:"resolve_times"`
	AimCodeType    string          `json:"aim_code_type"`
	GenerationType string          `json:"generation_type"`
	Domain         string          `json:"domain,omitempty"`
	ExpirationTime int64           `json:"expiration_time"`
	Params         []sendParamEcho `json:"params"`
}

type sendParamEcho struct {
	CustFlag        string            `json:"cust_flag"`
	DyncParams      map[string]string `json:"dync_params,omitempty"`
	CustomURL       string            `json:"custom_url,omitempty"`
	CustomShortCode string            `json:"custom_short_code,omitempty"`
	SMSParams       []string          `json:"sms_params"`
}

// sendTaskAnswer is the answer of CreateAimSendTask (api.md A.5).
type sendTaskAnswer struct {
	TaskName            string           `json:"task_name"`
	SMSChannel          smsChannelEcho   `json:"sms_channel"`
	ResolveTask         sendOrderEcho    `json:"resolve_task"`
	TaskID              string           `json:"task_id"`
	TaskState           string           `json:"task_state"`
	CreationTime        string           `json:"creation_time"`
	SubmissionCount     int              `json:"submission_count"`
	SendCount           int              `json:"send_count"`
	ResolveCount        int              `json:"resolve_count"`
	SupportResolveCount int              `json:"support_resolve_count"`
	FailedShortChains   []failedChainRow `json:"failed_short_chains"`
}

// failedChainRow is a link that could not be made, in the form of §7.1.
type failedChainRow struct {
	CustFlag        string            `json:"cust_flag"`
	CustID          string            `json:"cust_id"`
	DyncParams      map[string]string `json:"dync_params,omitempty"`
	CustomURL       string            `json:"custom_url,omitempty"`
	ResultCode      string            `json:"result_code"`
	ErrorMessage    string            `json:"error_message"`
	CustomShortCode string            `json:"custom_short_code,omitempty"`
}

// hundredths is the form of creation_time (api.md §3.4).
func hundredths(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.00Z") }

func (h sendHandlers) create(ctx context.Context, r *Request) (any, error) {
	req, err := sendRequestOf(r)
	if err != nil {
		return nil, err
	}
	if req.Resolve != nil {
		if err := r.spendRecipients(len(req.Resolve.Recipients)); err != nil {
			return nil, err
		}
	}
	res, err := h.room.CreateSendTask(ctx, r.Principal.Tenant, r.Principal.UserName, req)
	if err != nil {
		return nil, err
	}
	if res.Replayed {
		r.Response.Header.Set(headerReplayed, "true")
	}
	return sendTaskAnswer{
		TaskName:   req.TaskName,
		SMSChannel: smsChannelEcho{req.Channel.Number, req.Channel.TemplateID, req.Channel.Sign, req.Channel.AppName},
		ResolveTask: sendOrderEcho{
			TplID: req.Resolve.TplID, ResolveTimes: 1, AimCodeType: req.Resolve.CodeType, GenerationType: orElse(req.Resolve.GenerationType, "1"),
			Domain: req.Resolve.Domain, ExpirationTime: req.Resolve.Days, Params: echoParams(req.Resolve),
		},
		TaskID: res.TaskID, TaskState: res.State, CreationTime: hundredths(res.CreatedAt), SubmissionCount: res.Submissions, SendCount: res.Sends,
		SupportResolveCount: -1, FailedShortChains: failedChains(r.Principal.Tenant, req.Resolve.GenerationType, res.Failed),
	}, nil
}

// sendRequestOf reads the body of CreateAimSendTask (api.md §8.1) and the key it may come under.
func sendRequestOf(r *Request) (req dispatch.SendRequest, err error) {
	b, err := fieldsOf(r.PostBody(), fault.Parameter)
	if err != nil {
		return req, err
	}
	req.TaskName = b.text("task_name")
	if req.IdempotencyKey = string(r.Request.Header.Peek("Idempotency-Key")); req.IdempotencyKey != "" {
		sum := sha256.Sum256(r.PostBody())
		req.BodyHash = hex.EncodeToString(sum[:])
	}
	if c, given := b.object("sms_channel"); given {
		req.Channel = &dispatch.SMSChannel{Number: c.text("channel_number"), TemplateID: c.text("sms_tpl_id"), Sign: c.text("sms_sign"), AppName: c.text("sms_app_name")}
	}
	if o, given := b.object("resolve_task"); given {
		req.Resolve = &dispatch.LinkOrder{
			TplID: o.text("tpl_id"), Times: int64(o.integer("resolve_times", 0)), CodeType: o.enum("aim_code_type"), GenerationType: o.enum("generation_type"),
			Domain: o.text("domain"), Days: int64(o.integer("expiration_time", 0)),
		}
		for _, p := range o.objects("params") {
			req.Resolve.Recipients = append(req.Resolve.Recipients, dispatch.Recipient{
				CustFlag: p.text("cust_flag"), Params: p.strings("dync_params"), CustomURL: p.text("custom_url"), CustomCode: p.text("custom_short_code"),
				SMSParams: p.texts("sms_params"),
			})
		}
	}
	return req, b.complaint()
}

func echoParams(o *dispatch.LinkOrder) []sendParamEcho {
	out := make([]sendParamEcho, len(o.Recipients))
	for i, rc := range o.Recipients {
		out[i] = sendParamEcho{rc.CustFlag, rc.Params, rc.CustomURL, rc.CustomCode, rc.SMSParams}
		if o.GenerationType == "2" {
			out[i].CustomURL = "" // has no effect then (api.md D-11)
		}
		if out[i].SMSParams == nil {
			out[i].SMSParams = []string{}
		}
	}
	return out
}

func failedChains(tenant, generation string, failed []shortlink.Failed) []failedChainRow {
	out := make([]failedChainRow, len(failed))
	for i, f := range failed {
		out[i] = failedChainRow{f.Item.CustFlag, tenant, f.Item.Params, f.Item.CustomURL, string(f.Code), f.Text, f.Item.CustomCode}
		if generation == shortlink.Custom {
			out[i].CustomURL = "" // has no effect then (api.md D-11)
		}
	}
	return out
}

func orElse(s, def string) string {
	if s == "" {
		return def
	}
	return s
}

// sendTaskRow is one task of ListAimSendTasks (api.md §8.2): of the channel only two fields are filled.
type sendTaskRow struct {
	TaskName            string          `json:"task_name"`
	SMSChannel          sendTaskChannel `json:"sms_channel"`
	ResolveTask         sendTaskTpl     `json:"resolve_task"`
	TaskID              string          `json:"task_id"`
	TaskState           string          `json:"task_state"`
	CreationTime        string          `json:"creation_time"`
	SubmissionCount     int             `json:"submission_count"`
	SendCount           int             `json:"send_count"`
	ResolveCount        int             `json:"resolve_count"`
	SupportResolveCount int             `json:"support_resolve_count"`
	SuccessNumber       int             `json:"success_number"`
}

type sendTaskChannel struct {
	SMSTplID string `json:"sms_tpl_id"`
	SMSSign  string `json:"sms_sign"`
}

type sendTaskTpl struct {
	TplID string `json:"tpl_id"`
}

const weekAgo = 7 * 24 * time.Hour

func (h sendHandlers) list(ctx context.Context, r *Request) (any, error) {
	p, err := paging(r, false, 1_000_000, 100, 20)
	if err != nil {
		return nil, err
	}
	if err := checkQuery(r, bound{"task_id", 36}, bound{"task_name", 20}, bound{"tpl_name", 100}); err != nil {
		return nil, err
	}
	w, err := timeWindow(r, h.room.Now(), weekAgo)
	if err != nil {
		return nil, err
	}
	f := dispatch.TaskFilter{
		TaskID: queryText(r, "task_id"), Name: queryText(r, "task_name"), TplName: queryText(r, "tpl_name"),
		Created: dispatch.Span{From: w.Begin, To: w.End}, Page: served(p),
	}
	if f.TplID, err = queryID(r, "tpl_id"); err != nil {
		return nil, err
	}
	switch s := queryEnum(r, "task_status"); s {
	case "", dispatch.TaskSuccess, dispatch.TaskFailed:
		f.State = s
	case "Fail":
		f.State = dispatch.TaskFailed
	default:
		return nil, fault.OneOf("task_status", "Success", "Fail")
	}
	tasks, total, err := h.room.ListSendTasks(ctx, r.Principal.Tenant, f)
	if err != nil {
		return nil, err
	}
	rows := make([]sendTaskRow, len(tasks))
	for i, t := range tasks {
		rows[i] = sendTaskRow{
			TaskName: t.Name, SMSChannel: sendTaskChannel{strconv.FormatInt(t.SMSTplID, 10), t.Sign}, ResolveTask: sendTaskTpl{strconv.FormatInt(t.TplID, 10)},
			TaskID: t.UUID, TaskState: t.State, CreationTime: hundredths(t.CreatedAt), SubmissionCount: t.Submissions, SendCount: t.Sends,
			ResolveCount: t.Resolved, SupportResolveCount: -1, SuccessNumber: t.Succeeded,
		}
	}
	return struct {
		Tasks    []sendTaskRow `json:"aim_send_tasks"`
		PageInfo pageInfo      `json:"page_info"`
	}{rows, pageInfo{p.Offset, p.Limit, total}}, nil
}

// served is a page for the room; one beyond what lists serve asks for no row, only for the number of all (api.md §3.3).
func served(p page) dispatch.Page {
	if p.beyond() {
		return dispatch.Page{}
	}
	return dispatch.Page{Offset: p.Offset, Limit: p.Limit}
}

// queryID is a numeric id of the query, 0 if absent.
func queryID(r *Request, name string) (int64, error) {
	s := queryText(r, name)
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0, fault.Digits(name)
	}
	if n == 0 {
		n = -1 // no id is 0; the filter must still match nothing
	}
	return n, nil
}

// sendDetailRow is one message of ListAimSendDetails (api.md §8.3).
type sendDetailRow struct {
	MsgID       string `json:"msg_id"`
	TaskID      string `json:"task_id"`
	TaskName    string `json:"task_name"`
	TplID       string `json:"tpl_id"`
	TplName     string `json:"tpl_name"`
	CustFlag    string `json:"cust_flag"`
	SendAccount string `json:"send_account"`
	SendStatus  string `json:"send_status"`
	SendTime    string `json:"send_time"`
	ReceiveTime string `json:"receive_time,omitempty"`
	ResultCode  string `json:"result_code,omitempty"`
}

func (h sendHandlers) details(ctx context.Context, r *Request) (any, error) {
	p, err := paging(r, true, 1_000_000, 100, 0)
	if err != nil {
		return nil, err
	}
	if err := checkQuery(r, bound{"task_id", 36}, bound{"sms_sign", 18}, bound{"cust_flag", 64}); err != nil {
		return nil, err
	}
	now := h.room.Now()
	w, err := timeWindow(r, now, 0)
	if err != nil {
		return nil, err
	}
	if w.Begin.IsZero() {
		w.Begin = now.AddDate(-1, 0, 0) // older data is not served
	}
	f := dispatch.DetailFilter{
		TaskID: queryText(r, "task_id"), Sign: queryText(r, "sms_sign"), CustFlag: queryText(r, "cust_flag"),
		Sent: dispatch.Span{From: w.Begin, To: w.End}, Page: served(p),
	}
	if f.TplID, err = queryID(r, "tpl_id"); err != nil {
		return nil, err
	}
	details, total, err := h.room.ListSendDetails(ctx, r.Principal.Tenant, f)
	if err != nil {
		return nil, err
	}
	rows := make([]sendDetailRow, len(details))
	for i, d := range details {
		rows[i] = sendDetailRow{
			MsgID: d.MsgID, TaskID: d.TaskID, TaskName: d.TaskName, TplID: strconv.FormatInt(d.TplID, 10), TplName: d.TplName, CustFlag: d.CustFlag,
			SendAccount: d.Phone, SendStatus: d.Status, SendTime: zulu(d.SentAt), ResultCode: d.Code,
		}
		if !d.ReceivedAt.IsZero() {
			rows[i].ReceiveTime = zulu(d.ReceivedAt)
		}
	}
	return struct {
		Details  []sendDetailRow `json:"send_details"`
		PageInfo pageInfo        `json:"page_info"`
	}{rows, pageInfo{p.Offset, p.Limit, total}}, nil
}
