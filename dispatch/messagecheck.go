package dispatch

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"cardlink/dispatch/carrier"
	"cardlink/fault"
)

// Bounds of a MessageRequest (api.md §15). Those of items and of numbers in all are ours: one transaction holds them.
const (
	numbersLimit  = 500    // of one item
	itemsLimit    = 500    // of a request with different texts
	messagesLimit = 10_000 // of a request
)

// itemText is a checked item.
type itemText struct {
	tpl    SMSTemplate
	phones []string // +86…
	text   string   // of an accepted item
	status string   // SendAccepted, or what is wrong with the text
}

// checkMessages is every rule of §15 that is not about one number. It returns the items and the request's channel number.
//
// Which faults are whose: numbers, ids and whatever cannot be read make the request void, because nobody can tell what the caller meant. Faults of an item's
// text (variables, approval, type) are that item's if the texts differ; else they are the request's, too.
func (s *Service) checkMessages(ctx context.Context, tenant string, r MessageRequest) ([]itemText, string, error) {
	if strings.TrimSpace(r.TaskName) == "" {
		return nil, "", fault.In(fault.Parameter, "task_name", "must not be blank")
	}
	if err := textRule("task_name", r.TaskName, 30); err != nil {
		return nil, "", err
	}
	if err := textRule("extend", r.Extend, 128); err != nil {
		return nil, "", err
	}
	if strings.ContainsAny(r.Extend, "{}") {
		return nil, "", fault.In(fault.Parameter, "extend", "must not hold { or }")
	}
	if len(r.Number) > 21 {
		return nil, "", fault.In(fault.ChannelNumber, "channel_num", "")
	}
	if len(r.Items) == 0 || len(r.Items) > itemsLimit {
		return nil, "", fault.Inf(fault.Parameter, "sms_content", "must hold 1-%d texts", itemsLimit)
	}
	texts := make([]itemText, len(r.Items))
	known := make(map[string]SMSTemplate)
	total := 0
	for i := range r.Items {
		it, at := &r.Items[i], r.at(i)
		var err error
		if texts[i].phones, err = checkNumbers(at+"to", it.To); err != nil {
			return nil, "", err
		}
		if total += len(it.To); total > messagesLimit {
			return nil, "", fault.Inf(fault.Parameter, at+"to", "must not bring the numbers of the request above %d", messagesLimit)
		}
		tpl, found := known[it.TemplateID]
		if !found {
			if tpl, err = s.messageTemplate(ctx, tenant, at+"template_id", it.TemplateID); err != nil {
				return nil, "", err
			}
			known[it.TemplateID] = tpl
		}
		texts[i].tpl = tpl
	}
	number, err := r.channel(texts)
	if err != nil {
		return nil, "", err
	}
	for i := range texts {
		status, err := s.checkText(&texts[i], r.at(i), r.Items[i].Params, number)
		if err != nil && !r.Different {
			return nil, "", err
		}
		if texts[i].status = status; err == nil {
			texts[i].text = texts[i].tpl.plainText(r.Items[i].Params)
		}
		if texts[i].status == SendAccepted && (carrier.Encoding{}).Segments(texts[i].text) < 0 {
			if texts[i].status = SendProtocol; !r.Different {
				return nil, "", fault.In(fault.Parameter, "template_params", "make the text too long to be sent")
			}
		}
	}
	return texts, number, nil
}

// at is the wire's path of an item's fields.
func (r *MessageRequest) at(item int) string {
	if !r.Different {
		return ""
	}
	return "sms_content[" + strconv.Itoa(item) + "]."
}

// channel is the number all messages of the request go out under: the given one, which some template must bear, else that of the first template.
func (r *MessageRequest) channel(texts []itemText) (string, error) {
	if r.Number == "" {
		for i := range texts {
			if n := texts[i].tpl.ChannelNumber; n != "" { // a signature in review has none yet
				return n, nil
			}
		}
		return "", nil
	}
	if !slices.ContainsFunc(texts, func(x itemText) bool { return x.tpl.ChannelNumber == r.Number }) {
		return "", fault.In(fault.Parameter, "channel_num", "is not the channel number of the template's signature")
	}
	return r.Number, nil
}

// checkNumbers reads the recipients of an item.
func checkNumbers(field string, to []string) ([]string, error) {
	if len(to) == 0 {
		return nil, fault.In(fault.EmptyRecipient, field, "")
	}
	if len(to) > numbersLimit {
		return nil, fault.Inf(fault.Parameter, field, "must hold 1-%d numbers, not %d", numbersLimit, len(to))
	}
	phones := make([]string, len(to))
	for i, n := range to {
		at := field + "[" + strconv.Itoa(i) + "]"
		if strings.TrimSpace(n) == "" {
			return nil, fault.In(fault.EmptyRecipient, at, "")
		}
		if len(n) > 21 {
			return nil, fault.In(fault.Parameter, at, "must be at most 21 characters")
		}
		var ok bool
		if phones[i], ok = ParsePhone(n); !ok {
			return nil, fault.In(fault.Parameter, at, "must be a mobile phone number")
		}
	}
	return phones, nil
}

// messageTemplate finds a tenant's SMS template by the text of its id.
func (s *Service) messageTemplate(ctx context.Context, tenant, field, text string) (SMSTemplate, error) {
	if text == "" {
		return SMSTemplate{}, fault.In(fault.EmptySMSTemplateID, field, "")
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if !digits(text) {
		return SMSTemplate{}, fault.In(fault.SMSTemplateIDNumber, field, "")
	}
	if err != nil { // digits beyond all ids
		return SMSTemplate{}, fault.In(fault.UnknownSMSTemplate, field, "")
	}
	t, err := s.store.SMSTemplate(ctx, id)
	if fault.Has(err, fault.UnknownSMSTemplate) {
		return SMSTemplate{}, fault.In(fault.UnknownSMSTemplate, field, "")
	}
	if err == nil && t.Tenant != tenant {
		err = fault.In(fault.ForeignSMSTemplate, field, "")
	}
	return t, err
}

// checkText decides about the text of an item: the status of its numbers, and the fault that says the same of a whole request.
func (s *Service) checkText(x *itemText, at string, params []string, number string) (string, error) {
	switch {
	case x.tpl.AppStatus == AppSuspended:
		return SendInactive, x.tpl.suspended(at + "template_id")
	case x.tpl.FlowStatus != FlowAdopted:
		return SendInactive, fault.In(fault.Parameter, at+"template_id", "is not approved")
	case x.tpl.SignatureStatus != SignaturePassed:
		return SendInactive, fault.In(fault.Parameter, at+"template_id", "has a signature that is not approved")
	case x.tpl.ChannelNumber != number:
		return SendWrongType, fault.In(fault.Parameter, at+"template_id", "has a signature with another channel number than the request")
	case !s.reaches(number, x.tpl.Kind):
		return SendTypeCheck, fault.Inf(fault.Parameter, at+"template_id", "is of a type that no channel of number %s carries", number)
	}
	if err := x.tpl.checkAllValues(at+"template_params", params); err != nil {
		return SendVariables, err
	}
	return SendAccepted, nil
}

// reaches reports whether a configured channel carries messages of a kind under a number. A node that knows no channels leaves that to those that do.
func (s *Service) reaches(number, kind string) bool {
	return len(s.channels) == 0 || slices.ContainsFunc(s.channels, func(c Channel) bool { return c.Number == number && c.carries(SMSKind(kind)) })
}
