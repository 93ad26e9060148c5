package api

import (
	"bytes"
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"cardlink/fault"
	"cardlink/report"
	"cardlink/templates"
)

type reportHandlers struct{ room *report.Service }

func (h reportHandlers) routes() []route {
	return []route{
		{"POST", "/v1/aim/send-reports", "ListAimSendReports", "kooMessage:devSendTask:list", aim, h.sends},
		{"POST", "/v1/aim/template-reports/query", "ListAimTemplateReports", "kooMessage:devTemplateReport:list", aim, h.templates},
	}
}

// Kinds of a send report (api.md §11.1).
const (
	dailyReport   = "1"
	monthlyReport = "2"
)

// sendReportRow is AimSendReport (api.md §11.1).
type sendReportRow struct {
	ReportTime          string `json:"report_time"`
	TplID               string `json:"tpl_id"`
	TplName             string `json:"tpl_name"`
	SubmissionCount     int64  `json:"submission_count"`
	SupportResolveCount int64  `json:"support_resolve_count"`
	SendCount           int64  `json:"send_count"`
	SendSuccessCount    int64  `json:"send_success_count"`
	ResolveSuccessCount int64  `json:"resolve_success_count"`
}

// sends is ListAimSendReports. Every member of the body is optional, and so is the body.
func (h reportHandlers) sends(ctx context.Context, r *Request) (any, error) {
	body := r.PostBody()
	if len(bytes.TrimSpace(body)) == 0 {
		body = []byte("{}")
	}
	b, err := fieldsOf(body, fault.Parameter)
	if err != nil {
		return nil, err
	}
	p := bodyPaging(b)
	f := report.SendFilter{TplID: reportTplID(b, "tpl_id", b.text("tpl_id")), NamePart: b.text("tpl_name"), Offset: p.Offset, Limit: p.Limit}
	if utf8.RuneCountInString(f.NamePart) > 100 {
		b.wrong(fault.Length("tpl_name", 0, 100))
	}
	switch kind := b.enum("report_type"); kind {
	case "", dailyReport:
	case monthlyReport:
		f.Monthly = true
	default:
		b.wrong(fault.OneOf("report_type", dailyReport, monthlyReport))
	}
	begin, end := reportWindow(b)
	if !begin.IsZero() {
		f.First = report.DayOf(begin)
	}
	if !end.IsZero() {
		f.Last = report.DayOf(end)
	}
	if err := b.complaint(); err != nil {
		return nil, err
	}
	if p.beyond() {
		f.Limit = 0 // the number of all is still told (api.md §3.3)
	}
	rows, total, err := h.room.Sends(ctx, r.Principal.Tenant, f)
	if err != nil {
		return nil, err
	}
	list := make([]sendReportRow, len(rows))
	for i, row := range rows {
		// support_resolve_count leaves out tasks that came over the API, and there are no others.
		list[i] = sendReportRow{
			ReportTime: row.Begin.Format("2006-01-02"), TplID: row.TplID, TplName: row.Name, SubmissionCount: row.Counts.Submitted, SendCount: row.Counts.Sent,
			SendSuccessCount: row.Counts.Delivered, ResolveSuccessCount: row.Counts.SendResolved,
		}
		if f.Monthly {
			list[i].ReportTime = row.Begin.Format("2006-01") // api.md D-43
		}
	}
	return ok(struct {
		List []sendReportRow `json:"data_list"`
		Page pageInfo        `json:"page_info"`
	}{list, pageInfo{p.Offset, p.Limit, total}}), nil
}

// templateReportRow is AimTemplateReport (api.md §11.2).
type templateReportRow struct {
	TplID          string `json:"tpl_id"`
	StartTime      string `json:"start_time"`
	EndTime        string `json:"end_time"`
	ResolvingTimes int64  `json:"resolving_times"`
	ExposeUV       int64  `json:"expose_uv"`
	ExposePV       int64  `json:"expose_pv"`
	ClickUV        int64  `json:"click_uv"`
	ClickPV        int64  `json:"click_pv"`
}

// templateReportIDs bounds the templates of one question (api.md §11.2).
const templateReportIDs = 100

// templates is ListAimTemplateReports. Ids of nobody's or of somebody else's templates have no row; which of the two they are is not told.
func (h reportHandlers) templates(ctx context.Context, r *Request) (any, error) {
	b, err := fieldsOf(r.PostBody(), fault.Parameter)
	if err != nil {
		return nil, err
	}
	b.require("tpl_ids", "begin_time", "end_time")
	for _, name := range []string{"begin_time", "end_time"} { // the Go SDK sends a time that was not set as ""
		if b.has(name) && b.text(name) == "" {
			b.wrong(fault.Required(name))
		}
	}
	p := bodyPaging(b)
	f := report.TemplateFilter{Offset: p.Offset, Limit: p.Limit}
	ids := b.texts("tpl_ids")
	if n := len(ids); b.has("tpl_ids") && (n < 1 || n > templateReportIDs) {
		b.wrong(fault.Count("tpl_ids", 1, templateReportIDs))
	}
	for i, id := range ids {
		name := "tpl_ids[" + strconv.Itoa(i) + "]"
		if id == "" {
			b.wrong(fault.Length(name, 1, 9))
			break
		}
		if id = reportTplID(b, name, id); !slices.Contains(f.TplIDs, id) {
			f.TplIDs = append(f.TplIDs, id)
		}
	}
	for i, v := range b.texts("factory_type") {
		v = strings.ToUpper(withoutRemark(v))
		if !slices.Contains(templates.Vendors(), templates.Vendor(v)) {
			b.wrong(fault.OneOf("factory_type["+strconv.Itoa(i)+"]", "huawei", "vivo", "oppo", "xiaomi", "meizu", "samsung"))
			break
		}
		f.Vendors = append(f.Vendors, v)
	}
	begin, end := reportWindow(b)
	if err := b.complaint(); err != nil {
		return nil, err
	}
	rows, total, err := h.room.Templates(ctx, r.Principal.Tenant, begin, end, f)
	if err != nil {
		return nil, err
	}
	list := make([]templateReportRow, len(rows))
	for i, row := range rows {
		list[i] = templateReportRow{
			TplID: row.TplID, StartTime: zulu(begin), EndTime: zulu(end), ResolvingTimes: row.Resolved,
			ExposeUV: row.ExposeUV, ExposePV: row.ExposePV, ClickUV: row.ClickUV, ClickPV: row.ClickPV,
		}
	}
	return struct {
		Reports []templateReportRow `json:"template_reports"`
		Page    pageInfo            `json:"page_info"`
	}{list, pageInfo{p.Offset, p.Limit, total}}, nil
}

// bodyPaging reads offset and limit of a report's body (api.md §3.3).
func bodyPaging(b fields) page {
	p := page{b.integer("offset", 0), b.integer("limit", 10)}
	if p.Offset < 0 {
		b.wrong(fault.Range("offset", 0, math.MaxInt32))
	}
	if p.Limit < 1 || p.Limit > 100 {
		b.wrong(fault.Range("limit", 1, 100))
	}
	return p
}

// reportTplID checks a template id: at most 9 digits.
func reportTplID(b fields, name, id string) string {
	switch {
	case utf8.RuneCountInString(id) > 9:
		b.wrong(fault.Length(name, 0, 9))
	case strings.Trim(id, "0123456789") != "":
		b.wrong(fault.Digits(name))
	}
	return id
}

// reportWindow reads begin_time and end_time, each at most 30 characters; one that is absent is a zero time. Reports count whole UTC days: the window is all
// days it touches.
func reportWindow(b fields) (begin, end time.Time) {
	read := func(name string) (t time.Time) {
		s := b.text(name)
		if s == "" {
			return t
		}
		if utf8.RuneCountInString(s) > 30 {
			b.wrong(fault.Length(name, 1, 30))
			return t
		}
		t, err := parseTime(name, s)
		if err != nil {
			b.wrong(fault.Time(name))
		}
		return t
	}
	begin, end = read("begin_time"), read("end_time")
	if !begin.IsZero() && !end.IsZero() && end.Before(begin) {
		b.wrong(fault.Said("begin_time", "must not be after end_time", "不能晚于end_time"))
	}
	return begin, end
}
