package videosms

import (
	"context"
	"time"

	"cardlink/fault"
)

// Span is a stretch of time, both ends included; a zero end is open.
type Span struct{ From, To time.Time }

// Page is a list's window.
type Page struct{ Offset, Limit int }

// TemplateFilter narrows Templates; zero fields do not.
type TemplateFilter struct {
	ID       int64
	Name     string // contained in the name
	HasParam *bool
	Created  Span
	Page     Page
}

// Templates lists a tenant's templates, newest first, and counts all that fit (api.md §16.2).
func (s *Service) Templates(ctx context.Context, tenant string, f TemplateFilter) ([]*Template, int, error) {
	list, total, err := s.o.Store.VideoTemplates(ctx, tenant, f)
	s.present(list)
	return list, total, err
}

// Show reads a template of any tenant for its preview. ErrUnknown if there is none.
func (s *Service) Show(ctx context.Context, tplID int64) (*Template, error) {
	t, err := s.o.Store.VideoTemplate(ctx, tplID)
	if err != nil {
		return nil, err
	}
	s.present([]*Template{t})
	return t, nil
}

// present fills what is not stored: the address of the preview, and the state of what has expired without anybody noticing yet.
func (s *Service) present(list []*Template) {
	now := s.o.Now()
	for _, t := range list {
		t.PreviewURL = s.previewURL(t.ID)
		if t.State != Expired && t.StateAt(now) == Expired {
			t.setAll(Expired, "")
		}
	}
}

// TaskStatus is where a send task stands (api.md §16.4).
type TaskStatus string

// The statuses. The wire knows more: those of tasks that are scheduled or sent again, which do not exist here, so that a list of them is empty.
const (
	SubmitSuccess   TaskStatus = "submit_success"   // accepted; nothing has been handed to a carrier
	SubmitFailed    TaskStatus = "submit_failed"    // no carrier took any of its messages
	Processing      TaskStatus = "processing"       // under way
	SendingComplete TaskStatus = "sending_complete" // every message has its final state, some were delivered
	SendingFailed   TaskStatus = "sending_failed"   // every message has its final state, none was delivered
)

// taskStatuses are the statuses a list may be asked for.
var taskStatuses = map[TaskStatus]bool{
	SubmitSuccess: true, SubmitFailed: true, Processing: true, SendingComplete: true, SendingFailed: true, "re_submit_success": true,
	"re_submit_failed": true, "re_processing": true, "re_sending_complete": true, "scheduled": true,
}

// TaskFilter narrows Tasks; zero fields do not.
type TaskFilter struct {
	Name     string // contained in the name
	ID       string // UUID
	TplID    int64
	TplName  string // contained in the name
	Operator string
	Status   TaskStatus
	Created  Span
	Sent     Span // when a carrier took the first message
	Page     Page
}

// Tasks lists a tenant's send tasks, newest first, and counts all that fit (api.md §16.4).
func (s *Service) Tasks(ctx context.Context, tenant string, f TaskFilter) ([]Task, int, error) {
	if f.Status != "" && !taskStatuses[f.Status] {
		return nil, 0, fault.Said("task_status", "is none of the documented states", "不是有效的任务状态")
	}
	return s.o.Store.VideoTasks(ctx, tenant, f)
}
