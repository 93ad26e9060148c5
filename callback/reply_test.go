package callback

import (
	"context"
	"net/url"
	"testing"
	"time"
)

// A reply travels as a form (api.md §18.6); the queue holds its id alone.
func TestReplyPayload(t *testing.T) {
	n := ReplyNews("t", Replies+1, "6b65e1ae-3e6e-45d3-8aab-05821b540000")
	if n.To != Replies+1 || n.FactID != "rpl:6b65e1ae-3e6e-45d3-8aab-05821b540000" || string(n.Data) != `{"id":"6b65e1ae-3e6e-45d3-8aab-05821b540000"}` {
		t.Errorf("news = %+v, data %s", n, n.Data)
	}
	facts := known{replies: map[string]SMSReply{"t/6b65e1ae-3e6e-45d3-8aab-05821b540000": {
		MsgID: "6b65e1ae-3e6e-45d3-8aab-05821b540000", From: "+8613100000000", To: "106900", Body: "退订 & a=b\n+1", CreateTime: time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("", 8*3600)),
	}}}
	push := Push{ID: "p", Kind: n.Kind, Items: []Item{{ID: 9, FactID: n.FactID, Data: n.Data}}}
	body, failed, err := payload(context.Background(), facts, Endpoint{Tenant: "t", URLType: n.To}, push)
	const want = `body=%E9%80%80%E8%AE%A2+%26+a%3Db%0A%2B1&createTime=2026-01-01T19%3A04%3A05Z&from=%2B8613100000000&smsMsgId=6b65e1ae-3e6e-45d3-8aab-05821b540000&to=106900`
	if string(body) != want || failed != nil || err != nil {
		t.Errorf("%v, %v\n got %s\nwant %s", failed, err, body, want)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || form.Get("body") != "退订 & a=b\n+1" {
		t.Errorf("read back: %v, %v", form, err)
	}
	if n.Kind.contentType() != "application/x-www-form-urlencoded" || KindSMS.contentType() != "application/json" {
		t.Error("content types")
	}
	// Another tenant's reply is nobody's.
	if body, failed, err := payload(context.Background(), facts, Endpoint{Tenant: "u", URLType: n.To}, push); body != nil || failed[9] == nil || err != nil {
		t.Errorf("another tenant: %s, %v, %v", body, failed, err)
	}
	if n.To.Batches() || KindReply.Types() != nil {
		t.Error("a reply is pushed alone, to the address of its application only")
	}
}
