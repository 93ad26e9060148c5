package api

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"cardlink/dispatch"
	"cardlink/fault"
)

func (h sendHandlers) smsTemplateRoutes() []route {
	return []route{
		{"POST", "/v1/sms/templates", "CreateAimMsgTemplate", "kooMessage:aimMsgTemplate:create", plain, h.createSMSTemplate},
		{"PUT", "/v1/sms/templates/{template_id}", "UpdateAimMsgTemplate", "kooMessage:aimMsgTemplate:update", plain, h.updateSMSTemplate},
		{"DELETE", "/v1/sms/templates/{template_id}", "DeleteAimMsgTemplate", "kooMessage:aimMsgTemplate:delete", plain, h.deleteSMSTemplate},
		{"GET", "/v1/sms/templates", "ListAimMsgTemplate", "kooMessage:aimMsgTemplate:list", plain, h.listSMSTemplates},
		{"GET", "/v1/sms/templates/{template_id}", "ShowAimMsgTemplateDetail", "kooMessage:aimMsgTemplate:list", plain, h.showSMSTemplate},
		{"GET", "/v1/sms/templates/{template_id}/variable", "ShowAimMsgTemplateVariable", "kooMessage:aimMsgTemplate:list", plain, h.showSMSVariables},
	}
}

// smsTemplateBody reads MsgTemplateRequest (api.md §14).
func smsTemplateBody(r *Request) (dispatch.SMSTemplate, error) {
	b, err := fieldsOf(r.PostBody(), fault.Parameter)
	if err != nil {
		return dispatch.SMSTemplate{}, err
	}
	t := dispatch.SMSTemplate{
		AppID: b.text("app_id"), SignatureID: b.text("signature_id"), Content: b.text("template_content"), Description: b.text("template_desc"),
		Name: b.text("template_name"), Kind: b.enum("template_type"),
	}
	for _, v := range b.objects("variable_attributes") {
		t.Variables = append(t.Variables, dispatch.Variable{Index: v.integer("variable_index", 0), Type: v.enum("variable_type"), Desc: v.text("variable_desc")})
	}
	universal := b.enum("universal_template") // "0", or 0 from clients other than Go
	if err := b.complaint(); err != nil {
		return dispatch.SMSTemplate{}, err
	}
	switch universal {
	case "", "0":
	case "1":
		return dispatch.SMSTemplate{}, fault.In(fault.Parameter, "universal_template", "universal templates are not supported; must be 0")
	default:
		return dispatch.SMSTemplate{}, fault.In(fault.Parameter, "universal_template", "must be 0 or 1")
	}
	return t, nil
}

// pathTemplateID reads the template_id of a path.
func pathTemplateID(r *Request) (int64, error) {
	id, err := strconv.ParseUint(r.Param(0), 10, 63) // signs are no digits
	if errors.Is(err, strconv.ErrRange) {            // a number beyond all ids
		return 0, &fault.Error{Code: fault.UnknownSMSTemplate, Field: "template_id", Err: err}
	}
	if err != nil {
		return 0, &fault.Error{Code: fault.SMSTemplateIDNumber, Field: "template_id", Err: err}
	}
	return int64(id), nil
}

// smsTemplateName is the answer of CreateAimMsgTemplate and UpdateAimMsgTemplate.
type smsTemplateName struct {
	TemplateID   string `json:"template_id"`
	TemplateName string `json:"template_name"`
}

// createSMSTemplate is CreateAimMsgTemplate (api.md §14.1).
func (h sendHandlers) createSMSTemplate(ctx context.Context, r *Request) (any, error) {
	t, err := smsTemplateBody(r)
	if err != nil {
		return nil, err
	}
	if t, err = h.room.CreateSMSTemplate(ctx, r.Principal.Tenant, t); err != nil {
		return nil, err
	}
	return smsTemplateName{strconv.FormatInt(t.ID, 10), t.Name}, nil
}

// updateSMSTemplate is UpdateAimMsgTemplate (api.md §14.2).
func (h sendHandlers) updateSMSTemplate(ctx context.Context, r *Request) (any, error) {
	id, err := pathTemplateID(r)
	if err != nil {
		return nil, err
	}
	t, err := smsTemplateBody(r)
	if err != nil {
		return nil, err
	}
	if t, err = h.room.UpdateSMSTemplate(ctx, r.Principal.Tenant, id, t); err != nil {
		return nil, err
	}
	return smsTemplateName{strconv.FormatInt(t.ID, 10), t.Name}, nil
}

// deleteSMSTemplate is DeleteAimMsgTemplate (api.md §14.3); its answer has no body.
func (h sendHandlers) deleteSMSTemplate(ctx context.Context, r *Request) (any, error) {
	id, err := pathTemplateID(r)
	if err != nil {
		return nil, err
	}
	return nil, h.room.DeleteSMSTemplate(ctx, r.Principal.Tenant, id)
}

// smsTemplateRow is SmsTemplateInfo (api.md §14); what is not set is null.
type smsTemplateRow struct {
	TemplateID        string  `json:"template_id"`
	TemplateName      string  `json:"template_name"`
	CreateTime        string  `json:"create_time"`
	TemplateType      string  `json:"template_type"`
	AppID             string  `json:"app_id"`
	AppName           string  `json:"app_name"`
	SignatureID       string  `json:"signature_id"`
	TemplateContent   string  `json:"template_content"`
	TemplateDesc      *string `json:"template_desc"`
	HasVariable       string  `json:"has_variable"`
	FlowStatus        string  `json:"flow_status"`
	Status            string  `json:"status"`
	UniversalTemplate *int    `json:"universal_template"`
	UrgeStatus        string  `json:"urge_status"`
	UrgeTime          *string `json:"urge_time"`
	UrgeDesc          *string `json:"urge_desc"`
	ReviewDesc        *string `json:"review_desc"`
}

func wireSMSTemplate(t dispatch.SMSTemplate) smsTemplateRow {
	w := smsTemplateRow{
		TemplateID: strconv.FormatInt(t.ID, 10), TemplateName: t.Name, CreateTime: blank(t.CreatedAt), TemplateType: t.Kind, AppID: t.AppID,
		AppName: t.AppName, SignatureID: t.SignatureID, TemplateContent: t.Content, TemplateDesc: orNull(t.Description), HasVariable: "No",
		FlowStatus: t.FlowStatus, Status: "Normal", UrgeStatus: urgeNo, ReviewDesc: orNull(t.ReviewDesc),
	}
	if len(t.Variables) > 0 {
		w.HasVariable = "Yes"
	}
	return w
}

// listSMSTemplates is ListAimMsgTemplate (api.md §14.4). Its offset counts rows from 0, like all others (D-09).
func (h sendHandlers) listSMSTemplates(ctx context.Context, r *Request) (any, error) {
	p, span, err := smsListing(r, "start_time")
	if err != nil {
		return nil, err
	}
	f := dispatch.SMSTemplateFilter{AppName: queryText(r, "app_name"), Name: queryText(r, "template_name"), Created: span, Page: dispatch.Page(p)}
	for _, name := range [...]string{"app_name", "template_name"} {
		if err := plainQuery(r, name, 50); err != nil {
			return nil, err
		}
	}
	// The sibling service's further values are no mistake; nothing here has them.
	if f.FlowStatus, err = queryOneOf(r, "flow_status", dispatch.FlowAdopted, dispatch.FlowReviewing, dispatch.FlowReject, "Disable", "Pending", "Adopted_inactive",
		"SignReviewing"); err != nil {
		return nil, err
	}
	if f.Kind, err = queryOneOf(r, "template_type", dispatch.KindPromotion, dispatch.KindNotify); err != nil {
		return nil, err
	}
	if f.ID, err = queryID(r, "template_id"); err != nil {
		return nil, err
	}
	templates, total, err := h.room.ListSMSTemplates(ctx, r.Principal.Tenant, f)
	if err != nil {
		return nil, err
	}
	rows := make([]smsTemplateRow, len(templates))
	for i, t := range templates {
		rows[i] = wireSMSTemplate(t)
	}
	return resultList(rows, p, total), nil
}

// showSMSTemplate is ShowAimMsgTemplateDetail (api.md §14.5).
func (h sendHandlers) showSMSTemplate(ctx context.Context, r *Request) (any, error) {
	t, err := h.pathTemplate(ctx, r)
	if err != nil {
		return nil, err
	}
	return wireSMSTemplate(t), nil
}

func (h sendHandlers) pathTemplate(ctx context.Context, r *Request) (dispatch.SMSTemplate, error) {
	id, err := pathTemplateID(r)
	if err != nil {
		return dispatch.SMSTemplate{}, err
	}
	return h.room.SMSTemplate(ctx, r.Principal.Tenant, id)
}

// smsVariableRow is VariableAttributesResponse (api.md §14.6).
type smsVariableRow struct {
	ID             int     `json:"id"` // unique in its template; we have no other number for a variable than its index
	VariableIndex  int     `json:"variable_index"`
	VariableLength int     `json:"variable_length"`
	VariableType   string  `json:"variable_type"`
	VariableDesc   *string `json:"variable_desc"`
}

// showSMSVariables is ShowAimMsgTemplateVariable (api.md §14.6): all of a template's variables by index.
func (h sendHandlers) showSMSVariables(ctx context.Context, r *Request) (any, error) {
	t, err := h.pathTemplate(ctx, r)
	if err != nil {
		return nil, err
	}
	rows := make([]smsVariableRow, len(t.Variables))
	for i, v := range t.Variables {
		rows[i] = smsVariableRow{v.Index, v.Index, v.Length(), v.Type, orNull(v.Desc)}
	}
	slices.SortFunc(rows, func(a, b smsVariableRow) int { return a.VariableIndex - b.VariableIndex })
	return struct {
		Results []smsVariableRow `json:"results"`
		Total   int              `json:"total"`
	}{rows, len(rows)}, nil
}
