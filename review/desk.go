// Package review is the operator's desk: one list over everything in the house that waits for a verdict, and one way to give it. It knows neither what is
// reviewed nor where it is kept: rooms hand it queues (app joins them), and it adds what all reviews share: the bounds of a decision and the line in
// the audit log.
package review

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"cardlink/fault"
	"cardlink/identity"
)

// Item is something that waits for a verdict.
type Item struct {
	Kind    string
	Tenant  string
	ID      string
	Part    string // who has yet to decide: a vendor of a template, a carrier of a video template; empty = the whole
	Title   string // what a reviewer reads first: the template's name, the signature
	Detail  string // what there is to judge: texts, sources
	Since   time.Time
	Urged   bool   // the tenant asked for haste
	UrgedBy string // its words
}

// Decision is a verdict on one item.
type Decision struct {
	Kind   string
	Tenant string // needed where ids are unique within a tenant only
	ID     string
	Part   string // empty = all parts
	Pass   bool
	Words  string // shown to the tenant
}

// maxWords bounds the reviewer's words, in characters.
const maxWords = 500

// Queue is what one room has to be reviewed.
type Queue struct {
	Kind string
	// Parts names what Part means ("vendor"); empty if items have none.
	Parts string
	// Pending lists what waits, of all tenants, oldest first, at most limit.
	Pending func(ctx context.Context, limit int) ([]Item, error)
	// Decide writes a verdict. Also what was decided before can be decided anew. An unknown id is a fault of field "id".
	Decide func(ctx context.Context, d Decision) error
}

// Log keeps who decided what; *identity.Service is the one engine.
type Log interface {
	Record(ctx context.Context, by identity.Actor, tenant, action, object string) error
}

// Desk is the list and the verdicts. Its methods are safe for concurrent use.
type Desk struct {
	queues []Queue
	log    Log
}

// NewDesk joins the rooms' queues. Kinds must differ.
func NewDesk(log Log, queues ...Queue) (*Desk, error) {
	seen := map[string]bool{}
	for _, q := range queues {
		if q.Kind == "" || seen[q.Kind] || q.Pending == nil || q.Decide == nil {
			return nil, errors.New("review: every queue needs a kind of its own, Pending and Decide: " + q.Kind)
		}
		seen[q.Kind] = true
	}
	if log == nil {
		return nil, errors.New("review: Log is required")
	}
	return &Desk{queues, log}, nil
}

// Kinds lists what can be reviewed.
func (d *Desk) Kinds() []string {
	kinds := make([]string, len(d.queues))
	for i, q := range d.queues {
		kinds[i] = q.Kind
	}
	return kinds
}

// Pending lists what waits, of one kind or, with an empty one, of all, oldest first, at most limit of each kind.
func (d *Desk) Pending(ctx context.Context, kind string, limit int) ([]Item, error) {
	if kind != "" {
		if _, err := d.queue(kind); err != nil {
			return nil, err
		}
	}
	var all []Item
	for _, q := range d.queues {
		if kind != "" && q.Kind != kind {
			continue
		}
		items, err := q.Pending(ctx, limit)
		if err != nil {
			return nil, err
		}
		for i := range items {
			items[i].Kind = q.Kind
		}
		all = append(all, items...)
	}
	slices.SortStableFunc(all, func(a, b Item) int { return a.Since.Compare(b.Since) })
	return all, nil
}

// Decide writes a verdict and notes it in the audit log. A rejection needs words: its reader has to know what to change.
func (d *Desk) Decide(ctx context.Context, by identity.Actor, v Decision) error {
	q, err := d.queue(v.Kind)
	if err != nil {
		return err
	}
	v.Words = strings.TrimSpace(v.Words)
	switch {
	case v.ID == "":
		return fault.In(fault.Parameter, "id", "is required")
	case v.Part != "" && q.Parts == "":
		return fault.In(fault.Parameter, "part", "must be absent: a "+q.Kind+" is reviewed as a whole")
	case !v.Pass && v.Words == "":
		return fault.In(fault.Parameter, "words", "are required with a rejection")
	case len([]rune(v.Words)) > maxWords:
		return fault.Inf(fault.Parameter, "words", "must be at most %d characters", maxWords)
	}
	if err := q.Decide(ctx, v); err != nil {
		return err
	}
	action := "Reject"
	if v.Pass {
		action = "Approve"
	}
	object := v.Kind + " " + v.ID
	if v.Part != "" {
		object += " for " + v.Part
	}
	return d.log.Record(ctx, by, v.Tenant, action, object)
}

func (d *Desk) queue(kind string) (Queue, error) {
	for _, q := range d.queues {
		if q.Kind == kind {
			return q, nil
		}
	}
	return Queue{}, fault.In(fault.Parameter, "kind", "must be one of "+strings.Join(d.Kinds(), ", "))
}
