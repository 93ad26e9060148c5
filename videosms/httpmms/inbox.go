package httpmms

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"cardlink/fault"
	"cardlink/videosms"
)

// Sink takes what carriers tell. *videosms.Service implements it.
type Sink interface {
	Report(ctx context.Context, rs []videosms.Report) (videosms.Tally, error)
	Answer(ctx context.Context, us []videosms.Uplink) (videosms.Tally, error)
}

// InboxOptions configure an Inbox. Secret and Sink are required.
type InboxOptions struct {
	Secret string
	Sink   Sink
	Now    func() time.Time
}

// Inbox takes the gateway's reports. Its methods are safe for concurrent use.
type Inbox struct {
	sign *standardwebhooks.Webhook
	sink Sink
	now  func() time.Time
}

// Bounds of one call of the gateway.
const (
	inboxBytes = 64 << 10        // what the API face reads of a call without a credential
	tolerance  = 5 * time.Minute // between the gateway's clock and ours
)

// NewInbox builds an inbox.
func NewInbox(o InboxOptions) (*Inbox, error) {
	sign, err := newWebhook(o.Secret)
	if err != nil {
		return nil, err
	}
	if o.Sink == nil {
		return nil, errors.New("httpmms: an inbox needs a sink")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Inbox{sign, o.Sink, o.Now}, nil
}

// Taken is the answer to a call: what became of its entries.
type Taken struct {
	Applied   int `json:"applied"`
	Duplicate int `json:"duplicate"`
	Late      int `json:"late"`
	Conflict  int `json:"conflict"`
	Unmatched int `json:"unmatched"`
}

func (t *Taken) add(x videosms.Tally) {
	t.Applied += x.Applied
	t.Duplicate += x.Duplicate
	t.Late += x.Late
	t.Conflict += x.Conflict
	t.Unmatched += x.Unmatched
}

type wireNews struct {
	Reports []struct {
		ID        string    `json:"id"`
		CarrierID string    `json:"carrier_id"`
		Status    string    `json:"status"` // delivered, failed
		Code      string    `json:"code"`
		At        time.Time `json:"at"`
	} `json:"reports"`
	Uplinks []struct {
		UplinkID string    `json:"uplink_id"`
		ID       string    `json:"id"`
		From     string    `json:"from"`
		Content  string    `json:"content"`
		At       time.Time `json:"at"`
	} `json:"uplinks"`
}

// Take verifies and applies one call; the answer is a Taken. header gives a request header by its name. When it returns nil, everything in the call is durable; a call may be repeated,
// and its repetition changes nothing. Refusals are faults: Unauthorized, BodyTooLarge or Parameter.
func (b *Inbox) Take(ctx context.Context, header func(name string) string, body []byte) (any, error) {
	if len(body) > inboxBytes {
		return nil, fault.Newf(fault.BodyTooLarge, "a report is at most %d bytes", inboxBytes)
	}
	if err := b.verify(header, body); err != nil {
		return nil, fault.Wrap(fault.Unauthorized, err)
	}
	reports, uplinks, err := readNews(body)
	if err != nil {
		return nil, err
	}
	var out Taken
	if len(reports) > 0 {
		t, err := b.sink.Report(ctx, reports)
		if err != nil {
			return nil, err
		}
		out.add(t)
	}
	if len(uplinks) > 0 {
		t, err := b.sink.Answer(ctx, uplinks)
		if err != nil {
			return nil, err
		}
		out.add(t)
	}
	return out, nil
}

func (b *Inbox) verify(header func(string) string, body []byte) error {
	sent, err := strconv.ParseInt(header(standardwebhooks.HeaderWebhookTimestamp), 10, 64)
	if err != nil {
		return errors.New("no timestamp")
	}
	if off := b.now().Sub(time.Unix(sent, 0)); off > tolerance || off < -tolerance {
		return fmt.Errorf("the timestamp is off by %v", off)
	}
	h := http.Header{}
	for _, name := range []string{standardwebhooks.HeaderWebhookID, standardwebhooks.HeaderWebhookTimestamp, standardwebhooks.HeaderWebhookSignature} {
		h.Set(name, header(name))
	}
	return b.sign.VerifyIgnoringTimestamp(body, h)
}

// readNews reads a call's body.
func readNews(body []byte) ([]videosms.Report, []videosms.Uplink, error) {
	var in wireNews
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, nil, &fault.Error{Code: fault.Parameter, Field: "body", Rule: "is not the JSON of a report", Err: err}
	}
	if len(in.Reports) > videosms.MaxReports || len(in.Uplinks) > videosms.MaxReports {
		return nil, nil, fault.Newf(fault.Parameter, "a call has at most %d reports and as many uplinks", videosms.MaxReports)
	}
	reports := make([]videosms.Report, len(in.Reports))
	for i, r := range in.Reports {
		field := "reports[" + strconv.Itoa(i) + "]"
		if r.ID == "" {
			return nil, nil, fault.In(fault.Parameter, field+".id", "is required")
		}
		if r.Status != "delivered" && r.Status != "failed" {
			return nil, nil, fault.In(fault.Parameter, field+".status", "must be delivered or failed")
		}
		reports[i] = videosms.Report{ID: r.ID, CarrierID: cut(r.CarrierID), Delivered: r.Status == "delivered", Code: r.Code, At: r.At}
	}
	uplinks := make([]videosms.Uplink, len(in.Uplinks))
	for i, u := range in.Uplinks {
		field := "uplinks[" + strconv.Itoa(i) + "]"
		if u.UplinkID == "" {
			return nil, nil, fault.In(fault.Parameter, field+".uplink_id", "is required")
		}
		if u.ID == "" && u.From == "" {
			return nil, nil, fault.In(fault.Parameter, field+".from", "is required without id")
		}
		uplinks[i] = videosms.Uplink{Ref: u.UplinkID, ID: u.ID, From: u.From, Content: u.Content, At: u.At}
	}
	return reports, uplinks, nil
}
