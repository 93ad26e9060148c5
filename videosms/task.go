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
		return nil, fault.New(fault.Parameter, "no video message gateway is configured: video messages cannot be sent")
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
	switch n := utf8.RuneCountInString(r.Name); {
	case strings.TrimSpace(r.Name) == "":
		return fault.In(fault.Parameter, "task_name", "is required")
	case n > maxTaskName || !clean(r.Name):
		return fault.Inf(fault.Parameter, "task_name", "must be at most %d characters", maxTaskName)
	}
	if utf8.RuneCountInString(r.Exdata) > maxExdata || !clean(r.Exdata) {
		return fault.Inf(fault.Parameter, "exdata", "must be at most %d characters", maxExdata)
	}
	if r.Hours != nil && (*r.Hours < 1 || *r.Hours > maxHours) {
		return fault.Inf(fault.Parameter, "expiration_time", "must be 1-%d hours", maxHours)
	}
	switch {
	case len(r.Mobiles) == 0 && len(r.Individual) == 0:
		return fault.In(fault.EmptyMobiles, "mobiles", "is required, or individual_params")
	case len(r.Mobiles) > 0 && len(r.Individual) > 0:
		return fault.In(fault.Parameter, "individual_params", "must not be given together with mobiles")
	}
	total := len(r.Mobiles)
	for i, p := range r.Individual {
		if len(p.Mobiles) == 0 {
			return fault.In(fault.EmptyMobiles, "individual_params["+strconv.Itoa(i)+"].mobiles", "must not be empty")
		}
		total += len(p.Mobiles)
	}
	if total > maxMobiles {
		return fault.Inf(fault.Parameter, "mobiles", "a task has at most %d numbers", maxMobiles)
	}
	return nil
}

// usable reads the template of a send.
func (s *Service) usable(ctx context.Context, tenant, tplID string) (*Template, error) {
	if tplID == "" {
		return nil, fault.In(fault.EmptyTemplateID, "tpl_id", "is required")
	}
	unknown := fault.In(fault.UnknownTemplate, "tpl_id", "the template does not exist")
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
	if words := map[State]string{
		InReview: "is in review", Rejected: "was rejected", Disabled: "is disabled", Expired: "has expired",
	}[t.StateAt(s.o.Now())]; words != "" {
		return nil, fault.In(fault.Parameter, "tpl_id", "the template "+words)
	}
	return t, nil
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
				return nil, nil, fault.In(fault.Parameter, field, "must be a mobile number of mainland China")
			}
			if first, twice := seen[phone]; twice {
				if first == i {
					continue
				}
				return nil, nil, fault.In(fault.Parameter, field, "is listed with other dync_params already")
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
	if len(params) != len(vars) {
		return nil, fault.Inf(fault.ParameterMismatch, field, "must hold %d values, one for each placeholder of the template", len(vars))
	}
	out := make(Values, len(vars))
	size := p.t.Size
	for i, v := range vars {
		in, at := params[i], field+"["+strconv.Itoa(i)+"]."
		switch n := utf8.RuneCountInString(in.Detail); {
		case in.Name != v.Name && in.Name != "#"+v.Name+"#":
			return nil, fault.Inf(fault.ParameterMismatch, at+"param_name", "must be %s: values stand in the order of the template's placeholders", v.Name)
		case n == 0 || n > maxValue:
			return nil, fault.Inf(fault.ParameterLength, at+"content_detail", "must be 1-%d characters", maxValue)
		}
		if v.Type != "txt" {
			m, err := p.picture(ctx, at, v, in)
			if err != nil {
				return nil, err
			}
			out[v.Name] = Value{Media: m}
			size += m.Size
			continue
		}
		switch {
		case in.Type != "txt":
			return nil, fault.In(fault.Parameter, at+"content_type", "must be txt")
		case in.Source != "txt":
			return nil, fault.In(fault.Parameter, at+"content_source", "must be txt")
		case !clean(in.Detail) || strings.ContainsAny(in.Detail, "【】"):
			return nil, fault.In(fault.Parameter, at+"content_detail", "must not hold control characters, 【 or 】")
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
func (p *pictureSet) picture(ctx context.Context, at string, v Var, in Param) (*Media, error) {
	switch {
	case !types[in.Type]:
		return nil, fault.In(fault.Parameter, at+"content_type", "must be jpg, jpeg, png or gif")
	case in.Source != "url" || !webAddress(in.Detail):
		return nil, fault.In(fault.Parameter, at+"content_source", "must be url, and content_detail an http or https address")
	}
	key := in.Type + " " + in.Detail
	if m := p.got[key]; m != nil {
		return m, nil
	}
	if len(p.got) == maxImageURLs {
		return nil, fault.Inf(fault.Parameter, at+"content_detail", "a task names at most %d addresses of pictures", maxImageURLs)
	}
	m, err := p.s.fetch(ctx, &content{field: at + "content_detail", kind: in.Type, source: "url", text: in.Detail}, p.s.o.MaxBytes-p.t.Size)
	if err == nil {
		p.got[key] = m
	}
	return m, err
}
