package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"cardlink/dispatch"
	"cardlink/fault"
)

// messageHandlers send SMS that carry no link of ours (api.md §15).
type messageHandlers struct{ room *dispatch.Service }

func (h messageHandlers) routes() []route {
	return []route{
		{"POST", "/v1/aim/sms/messages", "SendAimBatchMessages", "kooMessage:devSendTask:create", plain, h.same},
		{"POST", "/v1/aim/sms/diff-messages", "SendAimBatchDifferentMessages", "kooMessage:devSendTask:create", plain, h.different},
	}
}

// maxSignature is the longest signature in characters. The field is for universal templates, which do not exist yet.
const maxSignature = 32

// smsDetail is SmsDetailResponse: what became of one number.
type smsDetail struct {
	To         string `json:"to"`
	ChannelNum string `json:"channel_num"`
	MsgID      string `json:"msg_id"`
	SendStatus string `json:"send_status"`
	CreateTime string `json:"create_time"`
}

// messagesAnswer is the answer of both operations. Result is absent if nothing was accepted, unless that is for the moment only: then each number says so.
type messagesAnswer struct {
	TaskID string      `json:"task_id"`
	Status string      `json:"status"`
	Result []smsDetail `json:"result,omitempty"`
}

// same serves SendAimBatchMessages: one text to all (api.md §15.1).
func (h messageHandlers) same(ctx context.Context, r *Request) (any, error) {
	b, err := fieldsOf(r.PostBody(), fault.Parameter)
	if err != nil {
		return nil, err
	}
	req := messageRequest(r, b)
	req.Items = []dispatch.MessageItem{messageItem(b)}
	signature := b.text("signature")
	if err := b.complaint(); err != nil {
		return nil, err
	}
	if len([]rune(signature)) > maxSignature {
		return nil, fault.Inf(fault.Parameter, "signature", "must be at most %d characters", maxSignature)
	}
	return h.send(ctx, r, req)
}

// different serves SendAimBatchDifferentMessages: a text for each item (api.md §15.2).
func (h messageHandlers) different(ctx context.Context, r *Request) (any, error) {
	b, err := fieldsOf(r.PostBody(), fault.Parameter)
	if err != nil {
		return nil, err
	}
	req := messageRequest(r, b)
	req.Different = true
	for _, item := range b.objects("sms_content") {
		req.Items = append(req.Items, messageItem(item))
	}
	if err := b.complaint(); err != nil {
		return nil, err
	}
	return h.send(ctx, r, req)
}

// messageRequest reads what the operations share.
func messageRequest(r *Request, b fields) dispatch.MessageRequest {
	req := dispatch.MessageRequest{
		TaskName: b.text("task_name"), Number: b.text("channel_num"), Extend: b.text("extend"), IdempotencyKey: string(r.Request.Header.Peek("Idempotency-Key")),
	}
	if req.IdempotencyKey != "" {
		sum := sha256.Sum256(r.PostBody())
		req.BodyHash = hex.EncodeToString(sum[:])
	}
	return req
}

func messageItem(b fields) dispatch.MessageItem {
	return dispatch.MessageItem{To: b.texts("to"), TemplateID: b.text("template_id"), Params: b.texts("template_params")}
}

func (h messageHandlers) send(ctx context.Context, r *Request, req dispatch.MessageRequest) (any, error) {
	n := 0
	for _, item := range req.Items {
		n += len(item.To)
	}
	if err := r.spendRecipients(n); err != nil {
		return nil, err
	}
	res, err := h.room.SendMessages(ctx, r.Principal.Tenant, r.Principal.UserName, req)
	if err != nil {
		return nil, err
	}
	if res.Replayed {
		r.Response.Header.Set(headerReplayed, "true")
	}
	out := messagesAnswer{TaskID: res.TaskID, Status: res.State}
	if res.State == dispatch.TaskFailed && !res.Pending() {
		return out, nil
	}
	at := zulu(res.CreatedAt)
	for _, n := range res.Numbers {
		out.Result = append(out.Result, smsDetail{n.To, n.Channel, n.MsgID, n.Status, at})
	}
	return out, nil
}
