package dispatch

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"cardlink/dispatch/carrier"
	"cardlink/fault"
	"cardlink/shortlink"
)

// States of a send task (api.md §8.1).
const (
	TaskSuccess = "Success"
	TaskFailed  = "Failed"
)

// SendRequest asks for links and one SMS per recipient (api.md §8.1).
type SendRequest struct {
	TaskName string
	Channel  *SMSChannel // nil = absent
	Resolve  *LinkOrder  // nil = absent
	// IdempotencyKey of the header of that name, "" = none. BodyHash tells whether a repeat is the same request.
	IdempotencyKey, BodyHash string
}

// SMSChannel names the text to send: all four belong together.
type SMSChannel struct{ Number, TemplateID, Sign, AppName string }

// LinkOrder is the resolve_task of a send task.
type LinkOrder struct {
	TplID          string
	Times          int64
	CodeType       string
	GenerationType string
	Domain         string
	Days           int64
	Recipients     []Recipient
}

// Recipient is one handset: its link's parameters and the values of the SMS template's other variables.
type Recipient struct {
	CustFlag   string // a phone number
	Params     map[string]string
	CustomURL  string
	CustomCode string
	SMSParams  []string
}

// SendTask is a send task as it is kept.
type SendTask struct {
	ID           int64
	UUID         string
	Tenant       string
	Account      string // name of the calling user
	Name         string
	TplID        int64
	TplName      string
	SMSTplID     int64
	Sign         string
	AppName      string
	Number       string
	Kind         string // KindNotify, KindPromotion
	State        string
	Submissions  int
	Sends        int // messages queued
	FirstMessage int64
	CreatedAt    time.Time
	// Request is the task_id callers know. Several texts of one request are tasks of their own; empty = UUID.
	Request string
	Plain   bool   // the messages carry no link of ours: not shown by ListSendTasks
	Extend  string // comes back in receipts; sealed at rest

	Succeeded int // delivered so far; filled by lists
	Resolved  int // links resolved so far; filled by lists
}

// Message is one SMS of a send task. Phone, CustFlag and Text are sealed at rest.
type Message struct {
	ID        int64
	Task      int64
	Link      int64
	AimURL    string
	CustFlag  string // as the caller gave it
	Phone     string // +86…
	Text      string
	Carrier   string
	Class     Class
	Route     string
	Segments  int
	CreatedAt time.Time
	ExpireAt  time.Time
}

// TaskResult is what became of a SendRequest.
type TaskResult struct {
	TaskID      string
	State       string
	CreatedAt   time.Time
	Submissions int
	Sends       int
	Failed      []shortlink.Failed
	Replayed    bool `json:"-"` // the answer of an earlier request under the same key
}

// ErrRepeated is the store's answer to a task whose idempotency key exists already; nothing was stored.
var ErrRepeated = errors.New("dispatch: the idempotency key was used before")

// Idempotent is a first answer kept under a key.
type Idempotent struct {
	Key, BodyHash string
	Answer        []byte
}

// CreateSendTask checks the request as a whole, makes the links, and stores task, links, messages and facts in one transaction; when it
// returns, all of that is on disk and the messages are queued. Faults of single links are reported in the result, the other recipients are served.
func (s *Service) CreateSendTask(ctx context.Context, tenant, user string, r SendRequest) (TaskResult, error) {
	if r.IdempotencyKey != "" {
		if len(r.IdempotencyKey) > 255 {
			return TaskResult{}, fault.In(fault.Parameter, "Idempotency-Key", "must be at most 255 characters")
		}
		var res TaskResult
		if found, err := s.repeated(ctx, tenant, opSendTasks, r.IdempotencyKey, r.BodyHash, &res); found || err != nil {
			res.Replayed = found
			return res, err
		}
	}
	tpl, phones, err := s.checkSend(ctx, tenant, r)
	if err != nil {
		return TaskResult{}, err
	}
	now := s.now()
	taskUUID := uuid.NewString()
	items := make([]shortlink.Item, len(r.Resolve.Recipients))
	for i, rc := range r.Resolve.Recipients {
		items[i] = shortlink.Item{CustFlag: rc.CustFlag, Params: rc.Params, CustomURL: rc.CustomURL, CustomCode: rc.CustomCode}
	}
	batch, err := s.links.Draft(ctx, shortlink.Request{
		Tenant: tenant, User: user, TaskID: taskUUID, TaskName: r.TaskName, FromSend: true, TplID: r.Resolve.TplID, Signs: []string{tpl.SignatureName},
		Times: r.Resolve.Times, CodeType: r.Resolve.CodeType, GenerationType: r.Resolve.GenerationType, Domain: r.Resolve.Domain,
		Days: r.Resolve.Days, Items: items,
	})
	if err != nil {
		return TaskResult{}, inside("resolve_task", err)
	}
	settle, err := s.backlog.Admit(ctx, tenant, len(batch.Links))
	if err != nil {
		return TaskResult{}, err
	}
	defer settle()
	taskID, err := s.tasks.take(ctx, 1)
	if err != nil {
		return TaskResult{}, err
	}
	first, err := s.messages.take(ctx, int64(len(items)))
	if err != nil {
		return TaskResult{}, err
	}
	task := SendTask{
		ID: taskID, UUID: taskUUID, Tenant: tenant, Account: user, Name: r.TaskName, SMSTplID: tpl.ID, Sign: tpl.SignatureName,
		AppName: tpl.AppName, Number: tpl.ChannelNumber, Kind: tpl.Kind, State: TaskSuccess, Submissions: len(items),
		Sends: len(batch.Links), FirstMessage: first, CreatedAt: now,
	}
	if batch.Template != nil {
		task.TplID, task.TplName = batch.Template.ID, batch.Template.Name
	}
	class := classOf(tpl.Kind, tpl.Content)
	messages := make([]Message, len(batch.Links))
	for i := range batch.Links {
		link, rc := &batch.Links[i], r.Resolve.Recipients[batch.Index[i]]
		m := Message{
			ID: first + int64(batch.Index[i]), Task: taskID, Link: link.ID, AimURL: link.URL(), CustFlag: rc.CustFlag,
			Phone: phones[batch.Index[i]], Text: tpl.text(rc.SMSParams, link.URL()), Class: class, CreatedAt: now,
			ExpireAt: now.Add(s.validity[class]),
		}
		m.Carrier = Network(m.Phone)
		m.Route = homeRoute(task.Number, task.Kind, m.Carrier)
		m.Segments = max(1, carrier.Encoding{}.Segments(m.Text))
		messages[i] = m
	}
	result := func(taken []int) TaskResult {
		b := batch
		b.Links, b.Index, b.Failed = slices.Clone(b.Links), slices.Clone(b.Index), slices.Clone(b.Failed)
		b.Drop(items, taken)
		slices.SortFunc(b.Failed, func(x, y shortlink.Failed) int { return x.Index - y.Index })
		res := TaskResult{TaskID: taskUUID, State: TaskSuccess, CreatedAt: now, Submissions: len(items), Sends: len(b.Links), Failed: b.Failed}
		if res.Sends == 0 {
			res.State = TaskFailed
		}
		return res
	}
	var keep *Keep
	if r.IdempotencyKey != "" {
		keep = &Keep{Op: opSendTasks, Key: r.IdempotencyKey, BodyHash: r.BodyHash, Answer: func(taken []int) ([]byte, error) {
			return json.Marshal(result(taken))
		}}
	}
	taken, err := s.store.CreateSendTask(ctx, task, batch.Links, messages, keep)
	if errors.Is(err, ErrRepeated) {
		var res TaskResult
		if found, err := s.repeated(ctx, tenant, opSendTasks, r.IdempotencyKey, r.BodyHash, &res); found || err != nil {
			res.Replayed = found
			return res, err
		}
	}
	if err != nil {
		return TaskResult{}, err
	}
	s.wake()
	return result(taken), nil
}

// Keep asks the store to keep the answer of a task in the task's own transaction. Answer is called with the links that were taken.
type Keep struct {
	Op            string // the operation the key belongs to
	Key, BodyHash string
	Answer        func(taken []int) ([]byte, error)
}

// inside names a fault's field by its place in our request.
func inside(object string, err error) error {
	var f *fault.Error
	if !errors.As(err, &f) || f.Field == "" {
		return err
	}
	moved := *f
	moved.Field = object + "." + f.Field
	return &moved
}

// Operations whose first answers are kept.
const (
	opSendTasks    = "send-tasks"
	opMessages     = "sms-messages"
	opDiffMessages = "sms-diff-messages"
)

// repeated looks for the first answer under a key and reads it into answer.
func (s *Service) repeated(ctx context.Context, tenant, op, key, bodyHash string, answer any) (found bool, err error) {
	kept, found, err := s.store.Idempotent(ctx, tenant, op, key)
	if err != nil || !found {
		return false, err
	}
	if kept.BodyHash != bodyHash {
		return true, fault.KeyReused()
	}
	return true, json.Unmarshal(kept.Answer, answer)
}
