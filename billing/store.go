package billing

import (
	"context"
	"time"

	"github.com/shopspring/decimal"

	"cardlink/event"
)

// Bucket is what one tenant used of one item in one hour.
type Bucket struct {
	Tenant string
	Item
	Hour     time.Time
	Quantity int64 // facts
	Segments int64 // sum of their segments
	Rated    bool
	// What was used earlier in the same calendar month, for prices that accumulate.
	QuantityBefore, SegmentsBefore int64
}

// Cursor is a place in the order of Unrated: hour, tenant, meter, kind. The zero Cursor is the beginning.
type Cursor struct {
	Hour   time.Time
	Tenant string
	Item
}

// Line is one line of the ledger. Lines are never changed or deleted.
type Line struct {
	Tenant string
	Item
	Hour        time.Time
	Revision    int // 0 = the hour as rated; 1, 2, … = corrections
	PlanVersion string
	Quantity    int64           // units billed; may be negative in a correction
	Exact       decimal.Decimal // 6 digits
	Amount      decimal.Decimal // 2 digits: what is deducted
	Currency    string
	Reason      string // of a correction
	RatedAt     time.Time
	Key         string // of a correction: the order it came with
	Repeated    bool   // answered by Correct: the line was there already under its key; not stored
}

// Record is the line as a fact for others.
func (l Line) Record() (event.Record, error) {
	return event.HourRated{
		Meter: string(l.Meter), Kind: l.Kind, Hour: l.Hour.UTC().Format(time.RFC3339), PlanVersion: l.PlanVersion, Quantity: l.Quantity,
		Amount: l.Amount.StringFixed(2), Currency: l.Currency, Revision: l.Revision,
	}.Record(l.Tenant, l.RatedAt)
}

// Store keeps usage and the ledger. Package store implements it; contract.Billing says in running code what "implement" means.
type Store interface {
	// ApplyUsage adds the rows whose keys are new, each to the later of its Hour and the oldest bucket that is not closed, and returns how many
	// were new. Rows and buckets change in one transaction. Rows have distinct keys.
	ApplyUsage(ctx context.Context, rows []Usage) (added int, err error)
	// KnownUsage reports which of the keys have a row already.
	KnownUsage(ctx context.Context, keys []Key) (map[Key]bool, error)
	// CloseHours closes all buckets before the given hour for ever and waits for ApplyUsage calls that still fill them. It never opens one.
	CloseHours(ctx context.Context, before time.Time) error
	// UnratedBuckets lists closed buckets that are not rated, in Cursor order after the cursor.
	UnratedBuckets(ctx context.Context, after Cursor, limit int) ([]Bucket, error)
	// PostLines writes lines of revision 0 and their facts, and marks the buckets rated, in one transaction. A line that exists is left as it is.
	PostLines(ctx context.Context, lines []Line) (posted int, err error)
	// Correct adds a line under the next revision of its hour, with its fact, and returns it. The hour must be rated; its line gives the currency. If the tenant has a line under the Key, nothing is
	// written and Line.Again is the answer.
	Correct(ctx context.Context, l Line) (Line, error)
	// Buckets lists a tenant's buckets from … to (exclusive), by hour and item.
	Buckets(ctx context.Context, tenant string, from, to time.Time) ([]Bucket, error)
	// Lines lists a tenant's ledger lines from … to (exclusive), by hour, item and revision.
	Lines(ctx context.Context, tenant string, from, to time.Time) ([]Line, error)
	// Corrections lists at most limit of a tenant's lines above revision 0, of hours from … to (exclusive), the newest hour and revision first.
	Corrections(ctx context.Context, tenant string, from, to time.Time, limit int) ([]Line, error)
}
