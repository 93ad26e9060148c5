package dispatch

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"cardlink/fault"
)

// recipientsLimit bounds one call (api.md §8.1).
const recipientsLimit = 100

// checkSend is every whole-request rule of §8.1 that is not the link maker's: text, channel, recipients, variables. It returns the SMS template
// and the recipients' numbers.
func (s *Service) checkSend(ctx context.Context, tenant string, r SendRequest) (SMSTemplate, []string, error) {
	none := SMSTemplate{}
	if n := utf8.RuneCountInString(r.TaskName); n < 1 || n > 30 || strings.TrimSpace(r.TaskName) == "" {
		return none, nil, fault.In(fault.Parameter, "task_name", "must be 1-30 characters and not blank")
	}
	tpl, err := s.checkChannel(ctx, tenant, r.Channel)
	if err != nil {
		return none, nil, err
	}
	if r.Resolve == nil {
		return none, nil, fault.In(fault.Parameter, "resolve_task", "is required")
	}
	if r.Resolve.TplID == "" {
		return none, nil, fault.In(fault.EmptyTemplateID, "resolve_task.tpl_id", "")
	}
	if r.Resolve.CodeType != "individual" {
		return none, nil, fault.In(fault.Parameter, "resolve_task.aim_code_type", "must be individual")
	}
	if r.Resolve.Times < 1 || r.Resolve.Times > 10_000_000 {
		return none, nil, fault.In(fault.Parameter, "resolve_task.resolve_times", "must be 1-10000000")
	}
	if r.Resolve.Days < 1 || r.Resolve.Days > 7 {
		return none, nil, fault.In(fault.Parameter, "resolve_task.expiration_time", "must be 1-7 for aim_code_type individual")
	}
	switch n := len(r.Resolve.Recipients); {
	case n == 0:
		return none, nil, fault.In(fault.EmptyParams, "resolve_task.params", "")
	case n > recipientsLimit:
		return none, nil, fault.Inf(fault.TooManyCodes, "resolve_task.params", "must be 1-%d, not %d", recipientsLimit, n)
	}
	phones := make([]string, len(r.Resolve.Recipients))
	for i, rc := range r.Resolve.Recipients {
		field := "resolve_task.params[" + strconv.Itoa(i) + "]"
		if strings.TrimSpace(rc.CustFlag) == "" {
			return none, nil, fault.In(fault.EmptyRecipient, field+".cust_flag", "")
		}
		if utf8.RuneCountInString(rc.CustFlag) > 64 {
			return none, nil, fault.In(fault.CustFlagLength, field+".cust_flag", "")
		}
		var ok bool
		if phones[i], ok = ParsePhone(rc.CustFlag); !ok {
			return none, nil, fault.In(fault.Parameter, field+".cust_flag", "must be a mobile phone number")
		}
		if err := tpl.checkValues(field+".sms_params", rc.SMSParams); err != nil {
			return none, nil, err
		}
	}
	return tpl, phones, nil
}

// checkChannel checks that the four parts of sms_channel exist, belong to the tenant and to each other.
func (s *Service) checkChannel(ctx context.Context, tenant string, c *SMSChannel) (SMSTemplate, error) {
	none := SMSTemplate{}
	if c == nil {
		return none, fault.In(fault.EmptyChannel, "sms_channel", "")
	}
	if n := len(c.Number); n < 1 || n > 21 {
		return none, fault.In(fault.ChannelNumber, "sms_channel.channel_number", "")
	}
	if c.TemplateID == "" {
		return none, fault.In(fault.EmptySMSTemplateID, "sms_channel.sms_tpl_id", "")
	}
	id, err := strconv.ParseInt(c.TemplateID, 10, 64)
	if !digits(c.TemplateID) {
		return none, fault.In(fault.SMSTemplateIDNumber, "sms_channel.sms_tpl_id", "")
	}
	if c.Sign == "" {
		return none, fault.In(fault.EmptySMSSign, "sms_channel.sms_sign", "")
	}
	if utf8.RuneCountInString(c.Sign) > 18 {
		return none, fault.In(fault.SignLength, "sms_channel.sms_sign", "")
	}
	if c.AppName == "" {
		return none, fault.In(fault.EmptyAppName, "sms_channel.sms_app_name", "")
	}
	var t SMSTemplate
	if err == nil {
		t, err = s.store.SMSTemplate(ctx, id)
	} else { // digits beyond all ids
		err = fault.New(fault.UnknownSMSTemplate, "")
	}
	if fault.Has(err, fault.UnknownSMSTemplate) {
		return none, fault.In(fault.UnknownSMSTemplate, "sms_channel.sms_tpl_id", "")
	}
	if err != nil {
		return none, err
	}
	switch {
	case t.Tenant != tenant:
		return none, fault.In(fault.ForeignSMSTemplate, "sms_channel.sms_tpl_id", "")
	case t.AppName != c.AppName:
		return none, fault.In(fault.AppNameMismatch, "sms_channel.sms_app_name", "is not the application of the SMS template")
	case t.SignatureName != c.Sign:
		return none, fault.In(fault.SMSSignMismatch, "sms_channel.sms_sign", "is not the signature of the SMS template")
	case t.AppStatus == AppSuspended:
		return none, t.suspended("sms_channel.sms_app_name")
	case t.FlowStatus != FlowAdopted:
		return none, fault.In(fault.Parameter, "sms_channel.sms_tpl_id", "is not approved")
	case t.SignatureStatus != SignaturePassed:
		return none, fault.In(fault.Parameter, "sms_channel.sms_sign", "is not approved")
	case t.ChannelNumber != c.Number:
		return none, fault.In(fault.Parameter, "sms_channel.channel_number", "is not the channel number of the signature")
	case !t.hasLink():
		return none, fault.In(fault.NoResolveMark, "sms_channel.sms_tpl_id", "")
	}
	return t, nil
}
