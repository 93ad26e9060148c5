package report

import (
	"context"
	"time"
)

// How long things are kept.
const (
	Keep = 400 // days of sums and visitors: a year, and a month to look back on it
	// Facts that were counted are remembered by generation: a new one begins every GenerationLife at the earliest, and Generations of them are kept, so a
	// fact is remembered for at least (Generations−1) × GenerationLife = 16 days after it was counted. That is more than MaxAge: whatever comes again
	// after it is forgotten is too old to be counted.
	GenerationLife = 4 * 24 * time.Hour
	Generations    = 5
)

// SendFilter chooses rows of the send report. Zero values choose all.
type SendFilter struct {
	Monthly     bool
	TplID       string
	NamePart    string // a part of the template's name, in this case of letters
	First, Last Day    // both inclusive; a monthly row is there if any day of its month is, and always tells the whole month. Zero = open
	Offset      int
	Limit       int // 0 = no row, only the number of all
}

// SendRow is what happened with one template on one day, or in one month.
type SendRow struct {
	Begin  time.Time // of the day or month
	TplID  string
	Name   string // newest name known; empty if none is
	Counts Counts
}

// TemplateFilter chooses rows of the template report.
type TemplateFilter struct {
	TplIDs      []string
	Vendors     []string // upper case; empty = all, the H5 page among them
	First, Last Day      // both inclusive
	Offset      int
	Limit       int
}

// TemplateRow is what happened with one template over a range of days. A visitor who came on several days or by several vendors counts once.
type TemplateRow struct {
	TplID              string
	Resolved           int64
	ExposePV, ExposeUV int64
	ClickPV, ClickUV   int64
}

// Store keeps the sums. Package store implements it; contract.Reports says in running code what "implement" means.
type Store interface {
	// CountFacts counts the marks whose facts were not counted before, and returns how many those are. All of it is one transaction. Marks may
	// repeat, and may come in any order: the sums are the same.
	CountFacts(ctx context.Context, marks []Mark) (added int, err error)
	// SendReport lists a tenant's rows, newest first, then by template id from the highest, and the number of all that fit.
	SendReport(ctx context.Context, tenant string, f SendFilter) ([]SendRow, int, error)
	// TemplateReport lists a tenant's rows by template id from the highest, and the number of all that fit. A template that nobody resolved, saw or
	// touched in the range has no row.
	TemplateReport(ctx context.Context, tenant string, f TemplateFilter) ([]TemplateRow, int, error)
	// SweepReports, which a rule of package retention calls, begins a new generation of remembered facts if it is time, and deletes at most limit rows that are older than they are kept. It
	// returns how many: less than limit means that nothing is left to delete.
	SweepReports(ctx context.Context, now time.Time, limit int) (deleted int, err error)
}
