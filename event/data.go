package event

import (
	"encoding/json"
	"strconv"
	"time"
)

// The data members of the facts, field for field as billing.md §10 lists them. Times are RFC 3339 UTC.

// LinkCreated is the fact that a link exists from this moment on.
type LinkCreated struct {
	TaskID         string    `json:"task_id"`
	AimCode        string    `json:"aim_code"`
	AimURL         string    `json:"aim_url"`
	AimCodeType    string    `json:"aim_code_type"`
	TplID          string    `json:"tpl_id"`
	TplVersion     int       `json:"tpl_version"`
	ResolvingTimes int64     `json:"resolving_times"`
	ExpireAt       time.Time `json:"expire_at"`
}

// Record addresses the fact; its id is lnk:{domain/code}: the code alone is not unique over domains.
func (d LinkCreated) Record(tenant string, at time.Time) (Record, error) {
	return encode(d, TypeLinkCreated, SourceAPI, tenant, "lnk:"+d.AimURL, d.AimURL, at)
}

// SendAccepted is the fact that we took a send task: its links and messages are on disk. SubmissionCount is the numbers in the request, SendCount those of them
// that got a link and are queued.
type SendAccepted struct {
	TaskID          string    `json:"task_id"`
	TplID           string    `json:"tpl_id"`
	TplName         string    `json:"tpl_name"`
	SMSTplID        string    `json:"sms_tpl_id"`
	SMSKind         string    `json:"sms_kind"`
	SubmissionCount int       `json:"submission_count"`
	SendCount       int       `json:"send_count"`
	AcceptedAt      time.Time `json:"accepted_at"`
}

// Record addresses the fact; its id is acc:{task_id}.
func (d SendAccepted) Record(tenant string) (Record, error) {
	return encode(d, TypeSendAccepted, SourceAPI, tenant, "acc:"+d.TaskID, d.TaskID, d.AcceptedAt)
}

// SendSubmitted is the fact that the carrier accepted all parts of a message.
type SendSubmitted struct {
	TaskID      string    `json:"task_id"`
	MsgID       string    `json:"msg_id"`
	CustRef     string    `json:"cust_ref"`
	Carrier     string    `json:"carrier"`  // cmcc, cucc, ctcc, unknown
	SMSKind     string    `json:"sms_kind"` // notify, marketing
	Segments    int       `json:"segments"`
	Channel     string    `json:"channel"`
	SMSTplID    string    `json:"sms_tpl_id"`
	Sign        string    `json:"sign"`
	TplID       string    `json:"tpl_id,omitempty"`
	WithLink    bool      `json:"with_link"`
	SubmittedAt time.Time `json:"submitted_at"`
}

// Record addresses the fact; its id is snd:{msg_id}.
func (d SendSubmitted) Record(tenant string) (Record, error) {
	return encode(d, TypeSendSubmitted, SourceDispatch, tenant, "snd:"+d.MsgID, d.MsgID, d.SubmittedAt)
}

// Final states of a message.
const (
	FinalSuccess = "success"
	FinalFail    = "fail"
	FinalTimeout = "timeout"
)

// SendReceipt is the fact that a message reached its final state. Billable when Final is success.
type SendReceipt struct {
	TaskID      string    `json:"task_id"`
	MsgID       string    `json:"msg_id"`
	Final       string    `json:"final"`
	Code        string    `json:"code"` // the carrier's word: DELIVRD, UNDELIV, …
	Carrier     string    `json:"carrier"`
	SMSKind     string    `json:"sms_kind"`
	Segments    int       `json:"segments"`
	SendTime    time.Time `json:"send_time"`
	ReceiveTime time.Time `json:"receive_time"`
	Channel     string    `json:"channel"`
	TplID       string    `json:"tpl_id,omitempty"`
	SMSTplID    string    `json:"sms_tpl_id,omitempty"`
}

// Record addresses the fact; its id is rcp:{msg_id}:final, so a message is final once.
func (d SendReceipt) Record(tenant string) (Record, error) {
	return encode(d, TypeSendReceipt, SourceDispatch, tenant, "rcp:"+d.MsgID+":final", d.MsgID, d.ReceiveTime)
}

// ParseResult is the fact that a handset asked for a card. Billable when Result is success and Repeat is false.
type ParseResult struct {
	ResolveID   string    `json:"resolve_id"`
	TaskID      string    `json:"task_id"`
	AimCode     string    `json:"aim_code"`
	AimURL      string    `json:"aim_url"`
	AimCodeType string    `json:"aim_code_type"`
	LinkID      int64     `json:"link_id"`
	Ordinal     int64     `json:"ordinal"` // 1 … resolving_times, unique per link; 0 when not a success
	Repeat      bool      `json:"repeat"`
	Vendor      string    `json:"vendor"`
	Model       string    `json:"model,omitempty"`
	TplID       string    `json:"tpl_id"`
	TplVersion  int       `json:"tpl_version"`
	Result      string    `json:"result"`           // success, fail
	Reason      string    `json:"reason,omitempty"` // templates.md §9.1 reject reasons
	DeviceRef   string    `json:"device_ref,omitempty"`
	Node        string    `json:"node,omitempty"`
	VisitorRef  string    `json:"visitor_ref,omitempty"` // who is counted as one visitor: 16 hex digits of a keyed hash
	FromSend    bool      `json:"from_send,omitempty"`   // the link belongs to a send task
	ParsedAt    time.Time `json:"parsed_at"`
}

// Parse results.
const (
	ResultSuccess = "success"
	ResultFail    = "fail"
)

// ID is prs:{aim_url}:{ordinal} of a success, else prf:{resolve_id}.
func (d ParseResult) ID() string {
	if d.Result == ResultSuccess && !d.Repeat {
		return "prs:" + d.AimURL + ":" + strconv.FormatInt(d.Ordinal, 10)
	}
	return "prf:" + d.ResolveID
}

// Record addresses the fact under ID.
func (d ParseResult) Record(tenant string) (Record, error) {
	return encode(d, TypeParseResult, SourceEdge, tenant, d.ID(), d.AimURL, d.ParsedAt)
}

// LinkClick is the fact that somebody who is not a handset's message app followed a link.
type LinkClick struct {
	RequestID    string    `json:"request_id"`
	AimCode      string    `json:"aim_code"`
	AimURL       string    `json:"aim_url"`
	TplID        string    `json:"tpl_id"`
	Target       string    `json:"target"`   // h5, custom_url, gone
	UAClass      string    `json:"ua_class"` // human, preview, scanner, prefetch, head, unknown
	Bot          bool      `json:"bot"`
	IPPrefixHash string    `json:"ip_prefix_hash"`
	VisitorRef   string    `json:"visitor_ref,omitempty"` // as in ParseResult; of page views and redirects
	ReferrerHost string    `json:"referrer_host,omitempty"`
	ClickedAt    time.Time `json:"clicked_at"`
}

// Record addresses the fact; its id is clk:{request_id}.
func (d LinkClick) Record(tenant string) (Record, error) {
	return encode(d, TypeLinkClick, SourceEdge, tenant, "clk:"+d.RequestID, d.AimURL, d.ClickedAt)
}

// VendorH5 is the vendor of exposures and clicks of the H5 page.
const VendorH5 = "H5"

// CardExpose is the fact that a handset showed a page of a card, or a browser the H5 page. ResolveID is the resolution, or the request id of the page view's
// LinkClick. ClientSeq counts the beacons of one resolution, so a repeated beacon has the same id.
type CardExpose struct {
	ResolveID string `json:"resolve_id"`
	ClientSeq int64  `json:"client_seq"`
	AimCode   string `json:"aim_code"`
	AimURL    string `json:"aim_url"`
	TplID     string `json:"tpl_id"`
	Vendor    string `json:"vendor"`
	DeviceRef string `json:"device_ref,omitempty"`
	Page      int    `json:"page"` // from 1
	// Implied: the resolution, or the page view of a human, stands for this exposure already. It confirms and adds nothing to count.
	Implied    bool      `json:"implied,omitempty"`
	VisitorRef string    `json:"visitor_ref,omitempty"` // as in the ParseResult or LinkClick
	ExposedAt  time.Time `json:"exposed_at"`
}

// Record addresses the fact; its id is exp:{resolve_id}:{client_seq}.
func (d CardExpose) Record(tenant string) (Record, error) {
	return encode(d, TypeCardExpose, SourceEdge, tenant, "exp:"+d.ResolveID+":"+strconv.FormatInt(d.ClientSeq, 10), d.AimURL, d.ExposedAt)
}

// CardClick is the fact that somebody touched an element of a card.
type CardClick struct {
	ResolveID      string    `json:"resolve_id"`
	ClientSeq      int64     `json:"client_seq"`
	AimURL         string    `json:"aim_url"`
	TplID          string    `json:"tpl_id"`
	Vendor         string    `json:"vendor"`
	PositionNumber int       `json:"position_number"`
	PageOrder      int       `json:"page_order"`
	ActionType     string    `json:"action_type"`
	DeviceRef      string    `json:"device_ref,omitempty"`
	VisitorRef     string    `json:"visitor_ref,omitempty"` // as in the ParseResult or LinkClick
	ClickedAt      time.Time `json:"clicked_at"`
}

// Record addresses the fact; its id is cck:{resolve_id}:{client_seq}.
func (d CardClick) Record(tenant string) (Record, error) {
	return encode(d, TypeCardClick, SourceEdge, tenant, "cck:"+d.ResolveID+":"+strconv.FormatInt(d.ClientSeq, 10), d.AimURL, d.ClickedAt)
}

// TemplateAudit is the fact that the review state of a template changed, for the whole or for one vendor.
type TemplateAudit struct {
	TplID      string        `json:"tpl_id"`
	Version    int           `json:"version"`
	Sequence   int64         `json:"sequence"` // counts the changes of this template
	TplState   int           `json:"tpl_state"`
	AuditState int           `json:"audit_state"`
	AuditDesc  string        `json:"audit_desc,omitempty"`
	PerVendor  []VendorState `json:"per_vendor"`
}

// VendorState is one vendor's activation of a template: 1 enabled, 2 not enabled, 0 disabled.
type VendorState struct {
	Vendor string `json:"vendor"`
	State  int    `json:"state"`
}

// Record addresses the fact; its id is tpl:{tpl_id}:{version}:{sequence}.
func (d TemplateAudit) Record(tenant string, at time.Time) (Record, error) {
	id := "tpl:" + d.TplID + ":" + strconv.Itoa(d.Version) + ":" + strconv.FormatInt(d.Sequence, 10)
	return encode(d, TypeTemplateAudit, SourceTemplates, tenant, id, d.TplID, at)
}

// HourRated is the fact that one meter of one tenant's hour was priced (Revision 0) or corrected (1, 2, …: Quantity and Amount are differences). Money is decimal
// text.
type HourRated struct {
	Meter       string `json:"meter"`
	Kind        string `json:"kind,omitempty"`
	Hour        string `json:"hour"` // 2026-01-02T03:00:00Z
	PlanVersion string `json:"plan_version"`
	Quantity    int64  `json:"quantity"`
	Amount      string `json:"amount"`
	Currency    string `json:"currency"`
	Revision    int    `json:"revision"`
}

// Record addresses the fact; its id is rat:{tenant}:{meter}:{hour}:{revision}.
func (d HourRated) Record(tenant string, at time.Time) (Record, error) {
	meter := d.Meter
	if d.Kind != "" {
		meter += "." + d.Kind
	}
	id := "rat:" + tenant + ":" + meter + ":" + d.Hour + ":" + strconv.Itoa(d.Revision)
	return encode(d, TypeHourRated, SourceBilling, tenant, id, tenant, at)
}

func encode(data any, t Type, source, tenant, id, key string, at time.Time) (Record, error) {
	b, err := json.Marshal(data)
	if err != nil {
		return Record{}, err
	}
	return Encode(Fact{ID: id, Source: source, Type: t, Tenant: tenant, Time: at, Data: b}, key)
}
