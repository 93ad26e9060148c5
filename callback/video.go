package callback

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"cardlink/event"
	"cardlink/fault"
)

// maxRemark is the longest remark of an address in characters (api.md §16.5).
const maxRemark = 1000

// RegisterVideo sets the tenant's address for VideoStatus or VideoUplink; registering again replaces address and remark.
func (s *Service) RegisterVideo(ctx context.Context, tenant, url, remark string, t URLType) (Endpoint, error) {
	if t != VideoStatus && t != VideoUplink {
		return Endpoint{}, fault.OneOf("url_type", "0", "1")
	}
	if utf8.RuneCountInString(remark) > maxRemark {
		return Endpoint{}, fault.Length("remark", 0, maxRemark)
	}
	if err := s.guard.check(url); err != nil {
		return Endpoint{}, err
	}
	e, err := s.store.PutEndpoint(ctx, Endpoint{ID: uuid.NewString(), Tenant: tenant, URLType: t, URL: url, Remark: remark, CreatedAt: s.now()})
	if err != nil {
		return Endpoint{}, fmt.Errorf("register a callback: %w", err)
	}
	s.wake()
	return e, nil
}

// ListVideo is the tenant's addresses for VideoStatus and VideoUplink.
func (s *Service) ListVideo(ctx context.Context, tenant string) ([]Endpoint, error) {
	return s.list(ctx, tenant, VideoStatus, VideoUplink)
}

// CheckURL decides about an address that is registered with something else, under the rules of Register; field names it in the refusal.
func (s *Service) CheckURL(field, url string) error {
	err := s.guard.check(url)
	if err == nil {
		return nil
	}
	f := *fault.Of(err)
	f.Field = field
	return &f
}

// VideoReport is the final state of a video message (api.md §18.3).
type VideoReport struct {
	TaskID string `json:"task_id"`
	Mobile string `json:"mobile"` // 11 digits
	Status int    `json:"status"` // 0 delivered, 1 not
	Code   string `json:"code"`   // DELIVRD = delivered
	Desc   string `json:"desc"`   // success, fail
	STime  string `json:"stime"`  // YYYY-MM-DD HH:MM:SS, UTC
	RTime  string `json:"rtime"`
}

// VideoAnswer is what a handset answered to a video message (api.md §18.4).
type VideoAnswer struct {
	TaskID  string
	Mobile  string // 11 digits
	Content string
	RTime   string // YYYY-MM-DD HH:MM:SS, UTC
}

// VideoFacts reads what pushes about video messages tell. Package store implements it.
type VideoFacts interface {
	// VideoReport reads a message that has reached its final state.
	VideoReport(ctx context.Context, tenant, taskID, custRef string) (VideoReport, error)
	// VideoAnswer reads an answer by its number.
	VideoAnswer(ctx context.Context, tenant string, id int64) (VideoAnswer, error)
}

// What the queue remembers of video messages.
type (
	videoStatusData struct {
		TaskID  string `json:"task_id"`
		CustRef string `json:"cust_ref"`
	}
	videoUplinkData struct {
		ID int64 `json:"id"`
	}
)

// VideoUplinkNews announces an answer to a video message. Its content is read when it is sent.
func VideoUplinkNews(tenant string, id int64) News {
	return News{Tenant: tenant, FactID: fmt.Sprintf("vmu:%d", id), Kind: KindVideoUplink, Data: fmt.Appendf(nil, `{"id":%d}`, id)}
}

// VideoStates is a video template's state as the wire shows it to the template's own address (api.md §18.5).
type VideoStates struct {
	TplID        string         `json:"tpl_id"`
	TplSize      int64          `json:"tpl_size"`   // bytes; 0 unless usable
	ValidTime    string         `json:"valid_time"` // …Z, "0" = for ever
	AuditState   int            `json:"audit_state"`
	AuditDesc    string         `json:"audit_desc"`
	StatusDetail []VideoCarrier `json:"status_detail"`
	PreviewURL   string         `json:"preview_url"`
	TplName      string         `json:"tpl_name"`
	Title        string         `json:"title"`
	TplSign      string         `json:"tpl_sign"`
	CreateTime   string         `json:"create_time"`
	VarInfo      []VideoVar     `json:"var_info"`
	RestTags     string         `json:"restags"`
}

// VideoCarrier is the state of a video template at one carrier.
type VideoCarrier struct {
	Carrier string `json:"carrier"`
	Status  int    `json:"status"`
	Desc    string `json:"desc"`
}

// VideoVar is a placeholder of a video template, such as #p_1#.
type VideoVar struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// VideoTemplateNews announces the sequence-th state of a video template to its own address. It names no recipient, so it is the body itself.
func VideoTemplateNews(tenant string, tplID, sequence int64, s VideoStates) (News, error) {
	body, err := compact(s)
	return News{
		Tenant: tenant, FactID: fmt.Sprintf("vmt:%d:%d", tplID, sequence), Kind: KindVideoTemplate, Data: body, To: URLType(tplID),
	}, err
}

// videoNews keeps what identifies the message of a receipt.
func videoNews(f event.Fact) (any, error) {
	var d event.BasicReceipt
	err := json.Unmarshal(f.Data, &d)
	return videoStatusData{d.TaskID, d.CustRef}, err
}

// videoPush is the body of a push about video messages: one of the lists.
type videoPush struct {
	SeqID   string        `json:"seq_id"`
	Reports []VideoReport `json:"reports,omitempty"`
	Result  []videoResult `json:"result,omitempty"`
}

type videoResult struct {
	TaskID  string `json:"task_id"`
	Mobile  string `json:"mobile"`
	Content string `json:"content"` // form-encoded, as customers of the original decode it
	RTime   string `json:"rtime"`
}

// videoPayload makes the request body of a push about video messages, like payload.
func videoPayload(ctx context.Context, facts VideoFacts, tenant string, p Push) (body []byte, failed map[int64]error, err error) {
	push := videoPush{SeqID: p.ID}
	for _, it := range p.Items {
		if err := push.add(ctx, facts, tenant, p.Kind, it.Data); err != nil {
			if failed == nil {
				failed = map[int64]error{}
			}
			failed[it.ID] = err
		}
	}
	if len(push.Reports)+len(push.Result) == 0 {
		return nil, failed, nil
	}
	body, err = compact(push)
	return body, failed, err
}

func (p *videoPush) add(ctx context.Context, facts VideoFacts, tenant string, k Kind, data []byte) error {
	if k == KindVideoStatus {
		var d videoStatusData
		if err := json.Unmarshal(data, &d); err != nil {
			return err
		}
		r, err := facts.VideoReport(ctx, tenant, d.TaskID, d.CustRef)
		if err != nil {
			return fmt.Errorf("receipt of task %s: %w", d.TaskID, err)
		}
		p.Reports = append(p.Reports, r)
		return nil
	}
	var d videoUplinkData
	if err := json.Unmarshal(data, &d); err != nil {
		return err
	}
	a, err := facts.VideoAnswer(ctx, tenant, d.ID)
	if err != nil {
		return fmt.Errorf("answer %d: %w", d.ID, err)
	}
	p.Result = append(p.Result, videoResult{a.TaskID, a.Mobile, url.QueryEscape(a.Content), a.RTime})
	return nil
}

// VideoTime is the form of the times of these pushes (api.md §3.4); a zero time is empty.
func VideoTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}
