package dispatch

import (
	"context"
	"time"
)

// TaskFilter narrows ListSendTasks. Empty fields do not.
type TaskFilter struct {
	TaskID, Name, TplName string // names match in part
	TplID                 int64
	State                 string
	Created               Span
	Page                  Page
}

// DetailFilter narrows ListSendDetails. Empty fields do not.
type DetailFilter struct {
	TaskID   string
	TplID    int64
	Sign     string
	CustFlag string // the recipient, in any form of its number
	Sent     Span   // by Detail.SentAt
	Page     Page
}

// Send states as api.md §8.3 names them.
const (
	SendSuccess = "success"
	SendFail    = "fail"
	SendSending = "sending"
)

// Detail is one message as §8.3 shows it.
type Detail struct {
	MsgID, TaskID, TaskName  string
	TplID                    int64
	TplName, CustFlag, Phone string
	Status                   string
	SentAt                   time.Time // to the carrier; until then, when it was accepted
	ReceivedAt               time.Time // zero: not yet
	Code                     string    // of a failure
}

// ListSendTasks lists tasks, newest first, and counts all that fit the filter (api.md §8.2).
func (s *Service) ListSendTasks(ctx context.Context, tenant string, f TaskFilter) ([]SendTask, int, error) {
	return s.store.SendTasks(ctx, tenant, f)
}

// ListSendDetails lists messages, newest first, and counts all that fit the filter (api.md §8.3). A CustFlag that is no number fits nothing.
func (s *Service) ListSendDetails(ctx context.Context, tenant string, f DetailFilter) ([]Detail, int, error) {
	if f.CustFlag != "" {
		phone, ok := ParsePhone(f.CustFlag)
		if !ok {
			return nil, 0, nil
		}
		f.CustFlag = phone
	}
	return s.store.SendDetails(ctx, tenant, f)
}

// Uncertain is a message whose fate is unknown: it was written to a carrier, perhaps, and no answer came.
type Uncertain struct {
	MsgID    string
	Tenant   string
	Channel  string
	Class    Class
	Since    time.Time // when it was to be written
	Resend   bool      // it will be sent once more; else its receipt is awaited
	MaybeDup bool      // it was sent again after an earlier doubt
}

// Ambiguous lists messages whose fate is unknown, oldest first, at most limit. An empty tenant means all: for operators, not for callers.
func (s *Service) Ambiguous(ctx context.Context, tenant string, limit int) ([]Uncertain, error) {
	return s.store.Uncertain(ctx, tenant, min(max(limit, 1), 1000))
}

// Books counts all messages by where they are. Accepted is counted from the tasks, the others from the messages, so that
// accepted = pending + submitted + ambiguous + succeeded + failed + timed out proves something.
type Books struct {
	Accepted                      int64
	Pending, Submitted, Ambiguous int64
	Succeeded, Failed, TimedOut   int64
}

// Balanced reports whether every accepted message is somewhere, once.
func (b Books) Balanced() bool {
	return b.Accepted == b.Pending+b.Submitted+b.Ambiguous+b.Succeeded+b.Failed+b.TimedOut
}

// Books counts the messages of a tenant; an empty tenant means all.
func (s *Service) Books(ctx context.Context, tenant string) (Books, error) {
	return s.store.Books(ctx, tenant)
}
