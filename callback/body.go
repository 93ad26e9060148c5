package callback

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"cardlink/event"
)

// What the queue remembers of a fact until its body is made.
type (
	smsData struct {
		MsgID string `json:"msg_id"`
	}
	shortLinkData struct {
		TaskID  string `json:"task_id"`
		TplID   string `json:"tpl_id"`
		AimURL  string `json:"aim_url"`
		AimCode string `json:"aim_code"`
		LinkID  int64  `json:"link_id"`
	}
)

// shortLinkReceipt is the body of a `shortchain` receipt (api.md §18.1). Only successes are told, so Status is 0.
type shortLinkReceipt struct {
	TaskID   string `json:"task_id"`
	CustFlag string `json:"cust_flag"`
	TplID    string `json:"tpl_id"`
	AimURL   string `json:"aim_url"`
	AimCode  string `json:"aim_code"`
	Status   int    `json:"status"`
	Describe string `json:"describe"`
}

// templateStatus is the body of a template push (api.md §18.2), which has no wrapper.
type templateStatus struct {
	TplID       string        `json:"tpl_id"`
	TplState    int           `json:"tpl_state"`
	AuditState  int           `json:"audit_state"`
	FactoryInfo []factoryInfo `json:"factory_info"`
	AuditDesc   string        `json:"audit_desc,omitempty"`
}

type factoryInfo struct {
	FactoryType string `json:"factory_type"`
	State       int    `json:"state"`
}

// receiptPush is the wrapper of receipts; Body is JSON text.
type receiptPush struct {
	RequestID    string `json:"request_id"`
	DomainID     string `json:"domain_id"`
	CallbackType Kind   `json:"callback_type"`
	Body         string `json:"body"`
	Retry        bool   `json:"retry"`
}

// newTemplateStatus keeps a fact as the wire shows it. The push spells two vendors its own way (D-16).
func newTemplateStatus(d event.TemplateAudit) templateStatus {
	s := templateStatus{TplID: d.TplID, TplState: d.TplState, AuditState: d.AuditState, AuditDesc: d.AuditDesc, FactoryInfo: []factoryInfo{}}
	for _, v := range d.PerVendor {
		name := strings.ToUpper(v.Vendor)
		switch name {
		case "HUAWEI":
			name = "HuaWei"
		case "XIAOMI":
			name = "XiaoMi"
		}
		s.FactoryInfo = append(s.FactoryInfo, factoryInfo{name, v.State})
	}
	return s
}

// payload makes the request body of a push. Items whose receipt cannot be made are returned with the reason and left out; if none is left, body
// is nil.
func payload(ctx context.Context, facts Facts, e Endpoint, p Push) (body []byte, failed map[int64]error, err error) {
	switch p.Kind {
	case KindTemplate, KindVideoTemplate:
		return p.Items[0].Data, nil, nil
	case KindVideoStatus, KindVideoUplink:
		return videoPayload(ctx, facts, e.Tenant, p)
	case KindReply:
		return replyPayload(ctx, facts, e.Tenant, p)
	}
	receipts := make([]any, 0, len(p.Items))
	retry := false
	for _, it := range p.Items {
		r, err := receipt(ctx, facts, e.Tenant, p.Kind, it.Data)
		if err != nil {
			if failed == nil {
				failed = map[int64]error{}
			}
			failed[it.ID] = err
			continue
		}
		receipts = append(receipts, r)
		retry = retry || it.Attempts > 1
	}
	if len(receipts) == 0 {
		return nil, failed, nil
	}
	inner := receipts[0]
	if e.URLType == Batched {
		inner = receipts
	}
	text, err := compact(inner)
	if err != nil {
		return nil, failed, err
	}
	body, err = compact(receiptPush{p.ID, e.Tenant, p.Kind, string(text), retry})
	return body, failed, err
}

func receipt(ctx context.Context, facts Facts, tenant string, k Kind, data []byte) (any, error) {
	switch k {
	case KindSMS:
		var d smsData
		if err := json.Unmarshal(data, &d); err != nil {
			return nil, err
		}
		r, err := facts.SMSReceipt(ctx, tenant, d.MsgID)
		if err != nil {
			return nil, fmt.Errorf("receipt of message %s: %w", d.MsgID, err)
		}
		return r, nil
	case KindShortLink:
		var d shortLinkData
		if err := json.Unmarshal(data, &d); err != nil {
			return nil, err
		}
		flag, err := facts.CustFlag(ctx, tenant, d.LinkID)
		if err != nil {
			return nil, fmt.Errorf("recipient of link %d: %w", d.LinkID, err)
		}
		return shortLinkReceipt{d.TaskID, flag, d.TplID, d.AimURL, d.AimCode, 0, "success"}, nil
	}
	return nil, errors.New("unknown kind of receipt")
}

// compact is JSON without HTML escaping and without a final newline.
func compact(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
