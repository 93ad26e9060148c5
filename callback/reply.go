package callback

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"
)

// SMSReply is what a handset answered to an SMS (api.md §18.6).
type SMSReply struct {
	MsgID      string
	From       string // +86…
	To         string // the number replied to
	Body       string
	CreateTime time.Time // when the carrier delivered it
}

// ReplyFacts reads what pushes of replies tell. Package store implements it.
type ReplyFacts interface {
	// SMSReply reads a reply by its smsMsgId.
	SMSReply(ctx context.Context, tenant, id string) (SMSReply, error)
}

// replyData is what the queue remembers of a reply: its content is personal and is read when it is sent.
type replyData struct {
	ID string `json:"id"`
}

// ReplyNews announces a reply to the address of its application, whose type is to.
func ReplyNews(tenant string, to URLType, id string) News {
	data, _ := compact(replyData{id}) // a string cannot fail
	return News{Tenant: tenant, FactID: "rpl:" + id, Kind: KindReply, Data: data, To: to}
}

// replyPayload makes the form of a push of one reply, like payload.
func replyPayload(ctx context.Context, facts ReplyFacts, tenant string, p Push) (body []byte, failed map[int64]error, err error) {
	it := p.Items[0]
	var d replyData
	err = json.Unmarshal(it.Data, &d)
	var r SMSReply
	if err == nil {
		r, err = facts.SMSReply(ctx, tenant, d.ID)
	}
	if err != nil {
		return nil, map[int64]error{it.ID: fmt.Errorf("reply %s: %w", d.ID, err)}, nil
	}
	form := url.Values{
		"smsMsgId": {r.MsgID}, "from": {r.From}, "to": {r.To}, "body": {r.Body}, "createTime": {r.CreateTime.UTC().Format("2006-01-02T15:04:05Z")},
	}
	return []byte(form.Encode()), nil, nil
}
