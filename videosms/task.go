package videosms

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"cardlink/dispatch"
	"cardlink/fault"
)

// Limits of a send task (api.md §16.3).
const (
	maxTaskName  = 32
	maxMobiles   = 5000
	maxExdata    = 256
	maxHours     = 72
	maxValue     = 256
	maxImageURLs = 10 // addresses of pictures that one request makes us fetch
)

// SendRequest asks for a send task, in the wire's words. Exactly one of Mobiles and Individual is given.
type SendRequest struct {
	Name       string
	TplID      string
	Hours      *int // expiration_time; nil = 72
	Mobiles    []string
	Params     []Param
	Individual []Individual
	Exdata     string
}

// Individual is a list of numbers that get the same text.
type Individual struct {
	Mobiles []string
	Params  []Param
}

// Param is one of dync_params.
type Param struct{ Name, Type, Source, Detail string }

// Value is what a placeholder becomes: a text or a picture.
type Value struct {
	Text  string `json:"text,omitempty"`
	Media *Media `json:"media,omitempty"`
}

// Values are the values by placeholder, such as p_1.
type Values map[string]Value

// Task is a send task and where its messages stand.
type Task struct {
	ID                                         int64 // the number of its first message
	UUID                                       string
	Tenant                                     string
	Operator                                   string
	Name                                       string
	TplID                                      int64
	TplName                                    string
	Frames                                     int
	Bytes                                      int64
	Exdata                                     string
	Total, Submitted, Success, Failed, Timeout int // messages; Submitted: ever taken by a carrier
	CreatedAt                                  time.Time
	SentAt                                     time.Time // when a carrier took the first message; zero = not yet
	ExpireAt                                   time.Time // no message is handed over from then on
}

// Status follows from the counters.
func (t *Task) Status() TaskStatus {
	switch done := t.Success + t.Failed + t.Timeout; {
	case done == t.Total && t.Success > 0:
		return SendingComplete
	case done == t.Total && t.Submitted > 0:
		return SendingFailed
	case done == t.Total:
		return SubmitFailed
	case done == 0 && t.Submitted == 0:
		return SubmitSuccess
	}
	return Processing
}

// Message is one message of a task as it is queued.
type Message struct {
	ID      int64
	Values  int    // index of the values it is filled with
	Phone   string // +86…; sealed at rest
	Carrier string // cmcc, cucc, ctcc, unknown
	Failed  string // a code: the message is not even tried; "" = queued
}

// CodeNotApproved is the code of messages whose carrier has not approved the template.
const CodeNotApproved = "TPLREJECT"

// CreateTask checks a send request and queues its messages (api.md §16.3). When it returns nil, they are durable. Numbers that are listed twice get one
// message; listed with two texts, they are a fault.
func (s *Service) CreateTask(ctx context.Context, tenant, operator string, r SendRequest) (*Task, error) {
	if err := r.checkHead(); err != nil {
		return nil, err
	}
	t, err := s.usable(ctx, tenant, r.TplID)
	if err != nil {
		return nil, err
	}
	if !s.o.Sends {
		return nil, fault.Said("", "no video message gateway is configured: video messages cannot be sent", "未配置视频短信网关，无法发送")
	}
	now := s.o.Now().UTC().Truncate(time.Millisecond)
	messages, values, err := s.messages(ctx, t, &r)
	if err != nil {
		return nil, err
	}
	hours := maxHours
	if r.Hours != nil {
		hours = *r.Hours
	}
	task := &Task{
		UUID: uuid.NewString(), Tenant: tenant, Operator: operator, Name: r.Name, TplID: t.ID, TplName: t.Name, Frames: len(t.Frames), Bytes: t.Size,
		Exdata: r.Exdata, Total: len(messages), CreatedAt: now, ExpireAt: now.Add(time.Duration(hours) * time.Hour),
	}
	queued := 0
	for i := range messages {
		if messages[i].Failed == "" {
			queued++
		}
	}
	settle, err := s.o.Backlog.Admit(ctx, tenant, queued)
	if err != nil {
		return nil, err
	}
	defer settle()
	if task.ID, err = s.o.Store.LeaseIDs(ctx, "vms_messages", 1, int64(len(messages))); err != nil {
		return nil, err
	}
	for i := range messages {
		messages[i].ID = task.ID + int64(i)
	}
	if err := s.o.Store.AddVideoTask(ctx, task, messages, values); err != nil {
		return nil, fmt.Errorf("store a send task: %w", err)
	}
	s.o.Wake()
	s.o.Log.LogAttrs(ctx, slog.LevelInfo, "video task accepted", slog.String("tenant", tenant), slog.String("task", task.UUID), slog.Int("messages", task.Total))
	return task, nil
}

func (r *SendRequest) checkHead() error {
	switch {
	case utf8.RuneCountInString(r.Name) > maxTaskName: // it may be empty
		return fault.Length("task_name", 0, maxTaskName)
	case !clean(r.Name):
		return noControls("task_name")
	case utf8.RuneCountInString(r.Exdata) > maxExdata:
		return fault.Length("exdata", 0, maxExdata)
	case !clean(r.Exdata):
		return noControls("exdata")
	}
	if r.Hours != nil && (*r.Hours < 1 || *r.Hours > maxHours) {
		return fault.Range("expiration_time", 1, maxHours)
	}
	switch {
	case len(r.Mobiles) == 0 && len(r.Individual) == 0:
		return fault.Said("mobiles", "is required, or individual_params", "与individual_params须二选一")
	case len(r.Mobiles) > 0 && len(r.Individual) > 0:
		return fault.Said("individual_params", "must not be given together with mobiles", "不能与mobiles同时提供")
	}
	total := len(r.Mobiles)
	for i, p := range r.Individual {
		if len(p.Mobiles) == 0 {
			return fault.Required("individual_params[" + strconv.Itoa(i) + "].mobiles")
		}
		total += len(p.Mobiles)
	}
	if total > maxMobiles {
		return fault.Said("mobiles", "a task has at most 5000 numbers", "一个任务最多5000个号码")
	}
	return nil
}

// usable reads the template of a send.
func (s *Service) usable(ctx context.Context, tenant, tplID string) (*Template, error) {
	if tplID == "" {
		return nil, fault.Required("tpl_id")
	}
	unknown := fault.NotFound("tpl_id")
	id, ok := ParseID(tplID)
	if !ok {
		return nil, unknown
	}
	t, err := s.o.Store.VideoTemplate(ctx, id)
	switch {
	case errors.Is(err, ErrUnknown) || err == nil && t.Tenant != tenant:
		return nil, unknown
	case err != nil:
		return nil, err
	}
	switch t.StateAt(s.o.Now()) {
	case InReview:
		err = fault.Said("tpl_id", "the template is in review", "模板审核中")
	case Rejected:
		err = fault.Said("tpl_id", "the template was rejected", "模板审核不通过")
	case Disabled:
		err = fault.Said("tpl_id", "the template is disabled", "模板已禁用")
	case Expired:
		err = fault.Said("tpl_id", "the template has expired", "模板已过期")
	}
	return t, err
}

// ParseID reads a template id: 9 digits, leading 8.
func ParseID(s string) (int64, bool) {
	if len(s) != 9 || s[0] != '8' || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	id, err := strconv.ParseInt(s, 10, 64)
	return id, err == nil
}

// messages checks numbers and values and gives the messages to queue, each with the index of its values.
func (s *Service) messages(ctx context.Context, t *Template, r *SendRequest) ([]Message, []Values, error) {
	groups, prefix := r.Individual, func(i int) string { return "individual_params[" + strconv.Itoa(i) + "]." }
	if len(r.Mobiles) > 0 {
		groups, prefix = []Individual{{r.Mobiles, r.Params}}, func(int) string { return "" }
	}
	var out []Message
	values := make([]Values, 0, len(groups))
	seen := make(map[string]int)
	pictures := pictureSet{s: s, t: t, got: map[string]*Media{}}
	for i, g := range groups {
		at := prefix(i)
		for j, m := range g.Mobiles {
			field := at + "mobiles[" + strconv.Itoa(j) + "]"
			phone, ok := dispatch.ParsePhone(m)
			if !ok || len(m) > 20 || !strings.HasPrefix(phone, "+86") {
				return nil, nil, fault.Said(field, "must be a mobile number of mainland China", "须为中国大陆手机号码")
			}
			if first, twice := seen[phone]; twice {
				if first == i {
					continue
				}
				return nil, nil, fault.Said(field, "is listed with other dync_params already", "号码重复且参数不同")
			}
			seen[phone] = i
			msg := Message{Values: i, Phone: phone, Carrier: dispatch.Network(phone)}
			if !t.usableAt(msg.Carrier) {
				msg.Failed = CodeNotApproved
			}
			out = append(out, msg)
		}
		v, err := pictures.values(ctx, at+"dync_params", g.Params)
		if err != nil {
			return nil, nil, err
		}
		values = append(values, v)
	}
	return out, values, nil
}

// pictureSet fetches the pictures that a request names, each address once.
type pictureSet struct {
	s   *Service
	t   *Template
	got map[string]*Media
}

// values checks one list of dync_params against the template's placeholders: the same ones in the same order.
func (p *pictureSet) values(ctx context.Context, field string, params []Param) (Values, error) {
	vars := p.t.Vars
	if len(params) == 0 && len(vars) > 0 {
		return nil, fault.Required(field)
	}
	if len(params) != len(vars) {
		n := strconv.Itoa(len(vars))
		return nil, fault.Said(field, "must hold "+n+" values, one for each placeholder of the template", "须为"+n+"个参数，与模板占位符一一对应").Coded(fault.ParameterMismatch)
	}
	out := make(Values, len(vars))
	size := p.t.Size
	for i, v := range vars {
		in, at := params[i], field+"["+strconv.Itoa(i)+"]."
		switch {
		case in.Name == "":
			return nil, fault.Required(at + "param_name")
		case in.Name != v.Name && in.Name != "#"+v.Name+"#":
			return nil, fault.Said(at+"param_name", "must be "+v.Name+": values stand in the order of the template's placeholders", "须为"+v.Name+"，参数顺序须与模板占位符一致").
				Coded(fault.ParameterMismatch)
		case utf8.RuneCountInString(in.Detail) > maxValue: // a text may be empty
			return nil, fault.Length(at+"content_detail", 0, maxValue)
		}
		if v.Type != "txt" {
			m, err := p.picture(ctx, at, in)
			if err != nil {
				return nil, err
			}
			out[v.Name] = Value{Media: m}
			size += m.Size
			continue
		}
		switch {
		case in.Type != "txt":
			return nil, fault.OneOf(at+"content_type", "txt")
		case in.Source != "txt":
			return nil, fault.OneOf(at+"content_source", "txt")
		case !clean(in.Detail) || strings.ContainsAny(in.Detail, "【】"):
			return nil, fault.Said(at+"content_detail", "must not hold control characters, 【 or 】", "不能包含控制字符和【】")
		}
		out[v.Name] = Value{Text: in.Detail}
		size += int64(len(in.Detail))
	}
	if size > p.s.o.MaxBytes {
		return nil, p.s.tooLarge(field)
	}
	return out, nil
}

// picture gets the picture that stands for a placeholder. The documents describe texts alone; the schema's examples hint at this form.
func (p *pictureSet) picture(ctx context.Context, at string, in Param) (*Media, error) {
	switch {
	case !types[in.Type]:
		return nil, fault.OneOf(at+"content_type", "jpg", "jpeg", "png", "gif")
	case in.Detail == "":
		return nil, fault.Required(at + "content_detail")
	case in.Source != "url" || !webAddress(in.Detail):
		return nil, fault.Said(at+"content_source", "must be url, and content_detail an http or https address", "须为url，且content_detail为http或https地址")
	}
	key := in.Type + " " + in.Detail
	if m := p.got[key]; m != nil {
		return m, nil
	}
	if len(p.got) == maxImageURLs {
		return nil, fault.Said(at+"content_detail", "a task names at most 10 addresses of pictures", "一个任务最多10个图片地址")
	}
	m, err := p.s.fetch(ctx, &content{field: at + "content_detail", kind: in.Type, source: "url", text: in.Detail}, p.s.o.MaxBytes-p.t.Size)
	if err == nil {
		p.got[key] = m
	}
	return m, err
}
