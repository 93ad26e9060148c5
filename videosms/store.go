package videosms

import (
	"context"
	"errors"
	"time"
)

// ErrUnknown says that there is no such template.
var ErrUnknown = errors.New("videosms: unknown template")

// Store keeps what Service promises to keep. Package store implements it; contract.VideoSMS says in running code what "implement" means. Lists are newest first,
// with the id as tie-break, and count all rows that fit.
type Store interface {
	// LeaseIDs takes n consecutive ids of a sequence that begins at from.
	LeaseIDs(ctx context.Context, sequence string, from, n int64) (first int64, err error)

	// AddVideoTemplate stores a template. If it has a CallbackURL and is no draft, its first state is queued for that address in the same transaction.
	AddVideoTemplate(ctx context.Context, t *Template) error
	// VideoTemplate reads a template of any tenant; ErrUnknown.
	VideoTemplate(ctx context.Context, id int64) (*Template, error)
	VideoTemplates(ctx context.Context, tenant string, f TemplateFilter) ([]*Template, int, error)
	// PendingVideoTemplates lists templates that wait for a carrier's word, of all tenants, oldest first.
	PendingVideoTemplates(ctx context.Context, now time.Time, limit int) ([]*Template, error)
	// OutdatedVideoTemplates lists templates that have expired and are not marked so.
	OutdatedVideoTemplates(ctx context.Context, now time.Time, limit int) ([]*Template, error)
	// ChangeVideoTemplate lets alter change Draft, State, AuditDesc, Carriers and Sequence of the locked template and queues the new state for its CallbackURL, all
	// in one transaction. An error of alter changes nothing and is returned. alter may be called again. ErrUnknown, also for another tenant's template.
	ChangeVideoTemplate(ctx context.Context, tenant string, id int64, now time.Time, alter func(*Template) error) (*Template, error)

	// AddVideoTask stores a task, its messages and their values, all or nothing. Messages with a Failed code are final at once: they are counted, and their
	// receipts are among the facts of the transaction.
	AddVideoTask(ctx context.Context, t *Task, ms []Message, vs []Values) error
	VideoTasks(ctx context.Context, tenant string, f TaskFilter) ([]Task, int, error)

	// ReportVideo applies final reports to the messages they name, with their facts. A message that has a final state keeps it.
	ReportVideo(ctx context.Context, rs []Report, now time.Time) (Tally, error)
	// AddVideoUplinks keeps answers of handsets and queues them for the tenants of the messages they answer to. The numbers of those that ask for no more
	// marketing go on the tenant's blacklist.
	AddVideoUplinks(ctx context.Context, us []Uplink, now time.Time) (Tally, error)
}

// Claim asks for due messages.
type Claim struct {
	Holder string // node; what it holds when it dies is taken over at its next start
	Now    time.Time
	Lease  time.Duration // after which others take over
	Limit  int
	After  string // the tenant that was served last: those behind it come first
}

// Work is a claimed message.
type Work struct {
	ID       int64
	Try      int // fences results: an older try's are not taken
	Tenant   string
	Task     int64
	TaskUUID string
	TplID    int64
	Phone    string // +86…
	Carrier  string
	Values   Values
	MaybeDup bool // it may have been handed over before
	Blocked  bool // the recipient wants no marketing of the tenant: it is not to be sent
	ExpireAt time.Time
}

// Verdict is what became of a try.
type Verdict int

// The verdicts.
const (
	Taken   Verdict = iota // the carrier has it; its report is awaited until Result.Due
	Refused                // it will never be sent
	Later                  // to be tried again at Result.Due
	Unknown                // nobody knows; its report is awaited until Result.Due
)

// Result is the outcome of a try.
type Result struct {
	ID        int64
	Try       int
	Verdict   Verdict
	MaybeDup  bool // of Later: the carrier may have it
	CarrierID string
	Code      string // of Refused
	Due       time.Time
}

// Queue is the Worker's side of the messages. Package store implements it; contract.VideoSMS tells how.
type Queue interface {
	// ClaimVideo takes due messages for a holder, tenants taking turns. last is the tenant to go on behind. The tenant's blacklist is read with them.
	ClaimVideo(ctx context.Context, c Claim) (ws []Work, last string, err error)
	// IntendVideo notes, before anything is handed over, that it is about to be, and renews the lease. It returns the ids that still are the claimer's.
	IntendVideo(ctx context.Context, holder string, ws []Work, until time.Time) (mine map[int64]bool, err error)
	// SettleVideo records results, with their facts. A result whose try is not the message's last, or whose message is final, changes nothing but the
	// carrier's id.
	SettleVideo(ctx context.Context, rs []Result, now time.Time) error
	// RecoverVideo takes over at most limit messages whose claim is over: those of holder if it is not empty, else those whose lease has ended. What was claimed only
	// is queued again; what was being handed over is queued again with MaybeDup if repeatable, else it becomes ambiguous until wait.
	RecoverVideo(ctx context.Context, holder string, repeatable bool, now, wait time.Time, limit int) (queued, ambiguous int, err error)
	// TimeOutVideo gives up at most limit messages whose report did not come, with their facts.
	TimeOutVideo(ctx context.Context, now time.Time, limit int) (int, error)
	// VideoTemplate reads a template of any tenant; ErrUnknown.
	VideoTemplate(ctx context.Context, id int64) (*Template, error)
}
