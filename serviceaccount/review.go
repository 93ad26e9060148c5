package serviceaccount

import (
	"encoding/json"
	"time"
)

// Kinds of changes.
const (
	KindPub      = "pub"
	KindMenu     = "menu"
	KindPortal   = "portal"
	KindFreeze   = "freeze" // takes effect at once
	KindUnfreeze = "unfreeze"
	KindPort     = "port"
	KindBinding  = "binding" // of a port to an account
)

// Change is a line of the change log: who changed what, when and why, and what became of it. A change whose Verdict is InReview waits for Review.
type Change struct {
	ID        int64 // log_id; given by the store
	Tenant    string
	Kind      string
	ObjectID  string // of the account, menu, portal or port
	PubID     string // the account it belongs to; empty for a port that is not bound
	User      string // who submitted it
	Reason    string
	At        time.Time
	Before    json.RawMessage // content before it; nil if there was none
	After     json.RawMessage // content it asks for; nil if it has none
	Verdict   int             // InReview, Approved or Rejected
	Words     string          // of the reviewer
	DecidedAt time.Time       // zero while in review
	Urged     int             // how often the reviewers were asked to hurry
	UrgedAt   time.Time
}
