package api

import (
	"context"
	"strconv"
	"strings"

	"cardlink/dispatch"
	"cardlink/fault"
)

func (h sendHandlers) smsTemplateRoutes() []route {
	return []route{
		{"POST", "/v1/sms/templates", "CreateAimMsgTemplate", "kooMessage:aimMsgTemplate:create", plain, h.createSMSTemplate},
		{"GET", "/v1/sms/templates", "ListAimMsgTemplate", "kooMessage:aimMsgTemplate:list", plain, h.listSMSTemplates},
	}
}

// smsTemplateBody is the body of CreateAimMsgTemplate (api.md §14).
type smsTemplateBody struct {
	AppID              text                  `json:"app_id"`
	SignatureID        text                  `json:"signature_id"`
	TemplateContent    text                  `json:"template_content"`
	TemplateDesc       text                  `json:"template_desc"`
	TemplateName       text                  `json:"template_name"`
	TemplateType       text                  `json:"template_type"`
	UniversalTemplate  text                  `json:"universal_template"`
	VariableAttributes []smsVariableAttrBody `json:"variable_attributes"`
}

type smsVariableAttrBody struct {
	VariableIndex number `json:"variable_index"`
	VariableType  text   `json:"variable_type"`
	VariableDesc  text   `json:"variable_desc"`
}

// bareEnum cuts the remark that the SDK's constants carry after a colon (api.md §12).
func bareEnum(s string) string {
	if i := strings.IndexAny(s, ":："); i >= 0 {
		return s[:i]
	}
	return s
}

func (h sendHandlers) createSMSTemplate(ctx context.Context, r *Request) (any, error) {
	var in smsTemplateBody
	if err := decode(r.PostBody(), &in); err != nil {
		return nil, err
	}
	switch bareEnum(in.UniversalTemplate.Value) {
	case "", "0":
	case "1":
		return nil, fault.In(fault.Parameter, "universal_template", "universal templates are not supported; must be 0")
	default:
		return nil, fault.In(fault.Parameter, "universal_template", "must be 0 or 1")
	}
	t := dispatch.SMSTemplate{
		AppID: in.AppID.Value, SignatureID: in.SignatureID.Value, Content: in.TemplateContent.Value, Description: in.TemplateDesc.Value,
		Name: in.TemplateName.Value, Kind: bareEnum(in.TemplateType.Value),
	}
	for _, v := range in.VariableAttributes {
		t.Variables = append(t.Variables, dispatch.Variable{
			Index: int(v.VariableIndex.Value), Type: bareEnum(v.VariableType.Value), Desc: v.VariableDesc.Value,
		})
	}
	t, err := h.room.CreateSMSTemplate(ctx, r.Principal.Tenant, t)
	if err != nil {
		return nil, err
	}
	return struct {
		TemplateID   string `json:"template_id"`
		TemplateName string `json:"template_name"`
	}{strconv.FormatInt(t.ID, 10), t.Name}, nil
}

// smsTemplateRow is a template as lists show it (api.md §14); what is not set is null.
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

func (h sendHandlers) listSMSTemplates(ctx context.Context, r *Request) (any, error) {
	p, span, err := smsListing(r, "start_time")
	if err != nil {
		return nil, err
	}
	f := dispatch.SMSTemplateFilter{
		AppName: queryText(r, "app_name"), Name: queryText(r, "template_name"), FlowStatus: queryEnum(r, "flow_status"), Kind: queryEnum(r, "template_type"),
		Created: span, Page: dispatch.Page(p),
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
		rows[i] = smsTemplateRow{
			TemplateID: strconv.FormatInt(t.ID, 10), TemplateName: t.Name, CreateTime: blank(t.CreatedAt), TemplateType: t.Kind, AppID: t.AppID,
			AppName: t.AppName, SignatureID: t.SignatureID, TemplateContent: t.Content, TemplateDesc: orNull(t.Description), HasVariable: "No",
			FlowStatus: t.FlowStatus, Status: "Normal", UrgeStatus: urgeNo, ReviewDesc: orNull(t.ReviewDesc),
		}
		if len(t.Variables) > 0 {
			rows[i].HasVariable = "Yes"
		}
	}
	return resultList(rows, p, total), nil
}
