package dispatch

import (
	"context"
	"time"

	"cardlink/dispatch/carrier"
	"cardlink/event"
)

// State of a message. docs/dispatch.md has the diagram.
type State int

// The states of a message; those from Succeeded on are final.
const (
	Queued     State = 0  // waits for its due time and a channel
	Claimed    State = 1  // in the memory of a worker
	Submitted  State = 2  // all parts accepted; the receipt is awaited
	Doubtful   State = 3  // fate unknown; its receipt is awaited
	DoubtfulUp State = 4  // fate unknown; sent once more when due
	Succeeded  State = 10 // delivered
	Failed     State = 11
	TimedOut   State = 12 // no receipt in ReceiptLimit
)

// PartState is where one part of one try stands in the submit ledger.
type PartState int

// The states of a part.
const (
	PartIntent      PartState = 0 // to be written, perhaps written
	PartAccepted    PartState = 1
	PartRefused     PartState = 2
	PartUnsent      PartState = 3 // certainly not written
	PartAmbiguous   PartState = 4 // perhaps written, no answer
	PartDelivered   PartState = 5
	PartUndelivered PartState = 6
)

// Limits of the ledger (carriers.md §3, §9).
const (
	ReceiptLimit = 72 * time.Hour   // a message without a receipt times out
	ParkLimit    = 60 * time.Second // an early receipt becomes an orphan
	ResendAfter  = 10 * time.Second // a doubtful notification is sent once more
	AdoptAfter   = 5 * time.Second  // a receipt nobody knows may belong to a doubtful message
)

// Waiting is a claimed message: all that sending it needs.
type Waiting struct {
	ID       int64
	Tenant   string
	Task     int64
	TaskUUID string
	Phone    string // +86…
	PhoneRef string // cust_ref of events
	Text     string
	Carrier  string
	Class    Class
	Kind     string
	Request  string // the task_id callers know; TaskUUID names the messages
	Route    string // the queue it was claimed from
	Home     string // the queue any channel of its number serves
	Number   string // access number
	Segments int    // as estimated; the sending channel's encoding decides
	Tries    int    // tries in the ledger so far
	Attempts int    // tries that count
	MaybeDup bool
	Avoid    string // names of channels that cannot reach it, each followed by a comma
	ExpireAt time.Time

	SMSTplID int64
	Sign     string
	TplID    int64
	WithLink bool
}

// MsgID is the message's name on the wire.
func (w *Waiting) MsgID() string { return MsgID(w.TaskUUID, w.ID) }

// Claim asks for messages that are due on one route, of one class, of some tenants in turn.
type Claim struct {
	Owner     int64
	Route     string
	Class     Class
	Tenants   []string
	PerTenant int
	Now       time.Time
}

// Intent is a part about to be written.
type Intent struct {
	Key     uint64
	Parts   int
	Channel string
	Dest    string // the number; kept as a keyed hash
	At      time.Time
}

// Admission is what the store says about a message that is about to be written.
type Admission uint8

// The admissions. A message that is not named is another worker's by now.
const (
	Admitted Admission = 1 // its intents are written: send it
	Blocked  Admission = 2 // marketing to a number that wants none; nothing was written, it must fail
)

// Held is a message in a worker's memory and how many tries the ledger knows of it.
type Held struct {
	ID    int64
	Tries int
}

// Outcome is what became of a part.
type Outcome struct {
	Key       uint64
	State     PartState
	Code      string
	CarrierID string // of an accepted part
	At        time.Time
}

// Transition moves a message that the worker holds, or whose late answer arrived, to its next state.
type Transition struct {
	ID       int64
	To       State // Queued, Submitted, Doubtful, DoubtfulUp, Failed
	Due      time.Time
	Route    string
	Try      int
	Attempts int
	MaybeDup bool
	Avoid    string
	Segments int
	Channel  string
	Code     string
	At       time.Time
	Fact     *event.Record // becomes true with the transition
}

// ChannelReceipt is a receipt and the channel it came over.
type ChannelReceipt struct {
	Channel string
	carrier.Receipt
}

// Record is a batch of what carriers said: outcomes and the transitions they cause, then receipts, in this order, in one transaction.
type Record struct {
	Owner       int64
	Now         time.Time
	Outcomes    []Outcome
	Transitions []Transition
	Receipts    []ChannelReceipt
}

// Tally counts what a Record, a Sweep or a recovery did.
type Tally struct {
	Submitted, Succeeded, Failed, TimedOut int
	Requeued, Resent, Doubtful             int
	Duplicate, Conflict, Parked, Orphan    int // receipts
	Late, Mismatch, Intermediate, Adopted  int
}

// Add sums tallies.
func (t *Tally) Add(o Tally) {
	t.Submitted += o.Submitted
	t.Succeeded += o.Succeeded
	t.Failed += o.Failed
	t.TimedOut += o.TimedOut
	t.Requeued += o.Requeued
	t.Resent += o.Resent
	t.Doubtful += o.Doubtful
	t.Duplicate += o.Duplicate
	t.Conflict += o.Conflict
	t.Parked += o.Parked
	t.Orphan += o.Orphan
	t.Late += o.Late
	t.Mismatch += o.Mismatch
	t.Intermediate += o.Intermediate
	t.Adopted += o.Adopted
}

// Queue is the durable side of a Worker: the queue of messages, the submit ledger and the receipts. Package store implements it;
// contract.Queue says in running code what "implement" means. Every method is atomic.
type Queue interface {
	// OpenOwner registers a worker of a node until now+ttl and returns its number. Earlier workers of the same node count as gone.
	OpenOwner(ctx context.Context, node string, now time.Time, ttl time.Duration) (owner int64, err error)
	// RenewOwner extends a registration; false: it is gone, another worker may have taken over what it held.
	RenewOwner(ctx context.Context, owner int64, now time.Time, ttl time.Duration) (held bool, err error)
	// CloseOwner ends a registration.
	CloseOwner(ctx context.Context, owner int64) error

	// QueuedRoutes names the routes on which messages wait, due or not.
	QueuedRoutes(ctx context.Context) ([]string, error)
	// DueTenants names tenants with messages due on a route, at most limit, those after the given one first.
	DueTenants(ctx context.Context, route string, class Class, after string, now time.Time, limit int) ([]string, error)
	// ClaimMessages takes due messages for an owner, oldest first.
	ClaimMessages(ctx context.Context, c Claim) ([]Waiting, error)
	// ReleaseMessages gives back messages that an owner holds and has no open intents of: they are queued and due at once.
	ReleaseMessages(ctx context.Context, owner int64, messages []Held) error
	// Intend writes intents of messages that the owner still holds, except marketing to numbers on the tenant's blacklist, and says which are which.
	Intend(ctx context.Context, owner int64, now time.Time, intents []Intent) (map[int64]Admission, error)
	// RecordResults applies a batch (see Record). Outcomes of unknown keys and transitions of messages that moved on change nothing.
	RecordResults(ctx context.Context, r Record) (Tally, error)
	// RecoverMessages takes up to limit messages from owners that are gone: those whose last try has no open intent are queued, the others doubtful.
	RecoverMessages(ctx context.Context, now time.Time, limit int) (Tally, error)
	// SweepMessages does what time asks for, up to limit messages of each kind: resends, time-outs, parked receipts, orphans, kept answers, old replies.
	SweepMessages(ctx context.Context, now time.Time, limit int) (Tally, error)
	// LiveOwners counts the registered workers.
	LiveOwners(ctx context.Context, now time.Time) (int, error)
	ReplyQueue
}
