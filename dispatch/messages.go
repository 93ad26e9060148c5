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
)

// What becomes of a number of a MessageRequest (api.md §15.2).
const (
	SendAccepted   = "000000"
	SendPending    = "E200015" // too many messages of the tenant wait to be sent
	SendVariables  = "E200028" // number or values of the variables
	SendTypeCheck  = "E200029" // no channel of the number carries messages of the template's type
	SendInactive   = "E200030" // template or signature is not approved, or the application is suspended
	SendProtocol   = "E200031" // the text does not fit into the parts that a message may have
	SendWrongType  = "E200033" // the template's signature has another channel number than the request
	SendRepetition = "E200041" // the same text to the same number once more
)

// MessageRequest asks for SMS that carry no link of ours (api.md §15).
type MessageRequest struct {
	TaskName string // empty = Task_ and the time
	Number   string // channel_num; empty = that of the first item's template
	Extend   string // comes back in receipts
	Items    []MessageItem
	// Different tells the two operations apart. Of different texts each item's faults are told of its numbers; of one text they are the request's.
	Different bool
	// IdempotencyKey of the header of that name, "" = none. BodyHash tells whether a repeat is the same request.
	IdempotencyKey, BodyHash string
}

// MessageItem is one text and who gets it.
type MessageItem struct {
	To         []string
	TemplateID string
	Params     []string // values of all variables, the short link's included
}

// MessageResult is what became of a MessageRequest. State is TaskFailed if no number was accepted.
type MessageResult struct {
	TaskID    string
	State     string
	CreatedAt time.Time
	Numbers   []NumberResult // one per number, in the order of the request
	Replayed  bool           `json:"-"` // the answer of an earlier request under the same key
}

// NumberResult is what became of one number of one item.
type NumberResult struct {
	To      string // +86…
	Channel string // channel_num
	MsgID   string
	Status  string // SendAccepted, …
}

// MessageStore is the part of Store that keeps messages without links of ours.
type MessageStore interface {
	// CreateMessages stores the tasks of one request, their messages (Message.Task names a task) and the kept answer, all or nothing. ErrRepeated if
	// keep's key exists.
	CreateMessages(ctx context.Context, tasks []SendTask, messages []Message, keep *Keep) error
}

// Accepted counts the numbers that are accepted.
func (r *MessageResult) Accepted() (n int) {
	for i := range r.Numbers {
		if r.Numbers[i].Status == SendAccepted {
			n++
		}
	}
	return n
}

// Pending reports whether a number was refused because too many messages wait to be sent: later it may be accepted.
func (r *MessageResult) Pending() bool {
	return slices.ContainsFunc(r.Numbers, func(n NumberResult) bool { return n.Status == SendPending })
}

// SendMessages checks a request and queues its messages; when it returns, they are on disk. Faults of the request as a whole are errors; other
// numbers than the accepted ones are told apart in the result.
func (s *Service) SendMessages(ctx context.Context, tenant, user string, r MessageRequest) (MessageResult, error) {
	op := opMessages
	if r.Different {
		op = opDiffMessages
	}
	if r.IdempotencyKey != "" {
		if len(r.IdempotencyKey) > 255 {
			return MessageResult{}, fault.In(fault.Parameter, "Idempotency-Key", "must be at most 255 characters")
		}
		if res, found, err := s.repeatedMessages(ctx, tenant, op, r); found || err != nil {
			return res, err
		}
	}
	now := s.now()
	if r.TaskName == "" {
		r.TaskName = "Task_" + now.UTC().Format("20060102150405")
	}
	texts, number, err := s.checkMessages(ctx, tenant, r)
	if err != nil {
		return MessageResult{}, err
	}
	b := messageBatch{
		res:   MessageResult{TaskID: uuid.NewString(), State: TaskFailed, CreatedAt: now},
		blank: SendTask{Tenant: tenant, Account: user, Name: r.TaskName, State: TaskFailed, Plain: true, Extend: r.Extend, CreatedAt: now},
	}
	if err := b.open(ctx, s, texts, number); err != nil {
		return MessageResult{}, err
	}
	b.fill(s, texts, number)
	wanted := len(b.messages)
	granted, settle, err := s.backlog.AdmitUpTo(ctx, tenant, wanted)
	if err != nil {
		return MessageResult{}, err
	}
	defer settle()
	b.cut(granted)
	if granted == 0 && wanted > 0 { // nothing is stored, no answer either: a repeat under the same key is tried anew
		return b.res, nil
	}
	var keep *Keep
	if r.IdempotencyKey != "" {
		keep = &Keep{Op: op, Key: r.IdempotencyKey, BodyHash: r.BodyHash, Answer: func([]int) ([]byte, error) { return json.Marshal(b.res) }}
	}
	err = s.store.CreateMessages(ctx, b.tasks, b.messages, keep)
	if errors.Is(err, ErrRepeated) {
		if res, found, err := s.repeatedMessages(ctx, tenant, op, r); found || err != nil {
			return res, err
		}
	}
	if err != nil {
		return MessageResult{}, err
	}
	if len(b.messages) > 0 {
		s.wake()
	}
	return b.res, nil
}

func (s *Service) repeatedMessages(ctx context.Context, tenant, op string, r MessageRequest) (res MessageResult, found bool, err error) {
	found, err = s.repeated(ctx, tenant, op, r.IdempotencyKey, r.BodyHash, &res)
	res.Replayed = found
	return res, found, err
}

// messageBatch is a request on its way to the store: a task for each template, so that a task has one text, kind and signature.
type messageBatch struct {
	res      MessageResult
	blank    SendTask // what the tasks share
	tasks    []SendTask
	byTpl    map[int64]int // template → its task
	next     []int64       // next message id of each task
	messages []Message
	numbers  []int // index of each message's number in res.Numbers
}

// open makes the tasks and takes their ids and those of their messages.
func (b *messageBatch) open(ctx context.Context, s *Service, texts []itemText, number string) error {
	b.byTpl = make(map[int64]int)
	for i := range texts {
		x := &texts[i]
		n, known := b.byTpl[x.tpl.ID]
		if !known {
			n = len(b.tasks)
			b.byTpl[x.tpl.ID] = n
			t := b.blank
			t.Request, t.UUID = b.res.TaskID, b.res.TaskID
			if n > 0 {
				t.UUID = uuid.NewString() // names this task's messages
			}
			t.SMSTplID, t.Sign, t.AppName, t.Kind, t.Number = x.tpl.ID, x.tpl.SignatureName, x.tpl.AppName, x.tpl.Kind, number
			b.tasks = append(b.tasks, t)
		}
		b.tasks[n].Submissions += len(x.phones)
	}
	first, err := s.tasks.take(ctx, int64(len(b.tasks)))
	if err != nil {
		return err
	}
	for n := range b.tasks {
		t := &b.tasks[n]
		t.ID = first + int64(n)
		if t.FirstMessage, err = s.messages.take(ctx, int64(t.Submissions)); err != nil {
			return err
		}
		b.next = append(b.next, t.FirstMessage)
	}
	return nil
}

// fill makes the messages and the results of all numbers.
func (b *messageBatch) fill(s *Service, texts []itemText, number string) {
	type sms struct{ phone, text string }
	seen := make(map[sms]bool)
	for i := range texts {
		x := &texts[i]
		n := b.byTpl[x.tpl.ID]
		t := &b.tasks[n]
		class := classOf(x.tpl.Kind, x.tpl.Content)
		for _, phone := range x.phones {
			id := b.next[n]
			b.next[n]++
			status := x.status
			if one := (sms{phone, x.text}); status == SendAccepted && seen[one] {
				status = SendRepetition
			} else if status == SendAccepted {
				seen[one] = true
			}
			b.res.Numbers = append(b.res.Numbers, NumberResult{To: phone, Channel: number, MsgID: MsgID(t.UUID, id), Status: status})
			if status != SendAccepted {
				continue
			}
			t.Sends++
			t.State, b.res.State = TaskSuccess, TaskSuccess
			b.numbers = append(b.numbers, len(b.res.Numbers)-1)
			network := Network(phone)
			b.messages = append(b.messages, Message{
				ID: id, Task: t.ID, CustFlag: phone, Phone: phone, Text: x.text, Carrier: network, Class: class, Route: homeRoute(number, t.Kind, network),
				Segments: max(1, carrier.Encoding{}.Segments(x.text)), CreatedAt: b.blank.CreatedAt, ExpireAt: b.blank.CreatedAt.Add(s.validity[class]),
			})
		}
	}
}

// cut leaves the first n messages. The numbers of the others are told that too many wait.
func (b *messageBatch) cut(n int) {
	for i := n; i < len(b.messages); i++ {
		b.res.Numbers[b.numbers[i]].Status = SendPending
		t := &b.tasks[b.messages[i].Task-b.tasks[0].ID]
		if t.Sends--; t.Sends == 0 {
			t.State = TaskFailed
		}
	}
	if b.messages = b.messages[:n]; n == 0 {
		b.res.State = TaskFailed
	}
}
