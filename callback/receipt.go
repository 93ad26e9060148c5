package callback

import "context"

// SMSReceipt is the body of an `sms` receipt (api.md §18.1).
type SMSReceipt struct {
	TaskID         string `json:"task_id"`
	CustFlag       string `json:"cust_flag"`
	MsgID          string `json:"msg_id"`
	TplID          string `json:"tpl_id"`
	SMSSign        string `json:"sms_sign"`
	AimCode        string `json:"aim_code"`
	AimURL         string `json:"aim_url"`
	SendTime       string `json:"send_time"`    // 2022-06-01T09:00:49
	ReceiveTime    string `json:"receive_time"` // same form
	SendStatus     string `json:"send_status"`
	SendStatusDesc string `json:"send_status_desc"`
	Total          string `json:"total"`
	Sequence       string `json:"sequence"`
	Extend         string `json:"extend,omitempty"`
}

// Facts looks up what events must not carry: the recipient in clear. store implements it.
type Facts interface {
	// SMSReceipt is the receipt of a message in its final state.
	SMSReceipt(ctx context.Context, tenant, msgID string) (SMSReceipt, error)
	// CustFlag is the caller's name for the recipient of a link.
	CustFlag(ctx context.Context, tenant string, linkID int64) (string, error)
	VideoFacts
	ReplyFacts
}
