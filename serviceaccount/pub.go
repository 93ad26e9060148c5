package serviceaccount

import (
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"
)

// The states of accounts, menus and portals (api.md §17, state).
const (
	StateNotEffective = 1 // no version was approved yet
	StateEffective    = 2
	StateInvalid      = 3 // part of the wire's vocabulary; nothing gets into it here
	StateFrozen       = 4 // the account is frozen, and so is all below it
)

// The states of a review (api.md §17, approve_state).
const (
	InReview = 1
	Approved = 2
	Rejected = 3
)

// Life is what accounts, menus and portals have in common: how far their revisions got.
type Life struct {
	Version      int       // how many revisions have come into force; 0 = none yet
	ApproveState int       // of the newest revision: InReview, Approved or Rejected
	Frozen       bool      // the account is frozen
	Reason       string    // change_reason of the newest revision
	Creator      string    // user id
	OnlineAt     time.Time // when the version in force came into force; zero = none has
	OperAt       time.Time // of the last change or verdict
	CreatedAt    time.Time
}

// State is one of the State constants.
func (l Life) State() int {
	switch {
	case l.Frozen:
		return StateFrozen
	case l.Version > 0:
		return StateEffective
	}
	return StateNotEffective
}

// Live reports whether people may see it.
func (l Life) Live() bool { return l.State() == StateEffective }

// PubContent is what a revision of an account sets (api.md §17.2, pub_request_body).
type PubContent struct {
	Name               string   `json:"pub_name"`
	Remark             string   `json:"pub_remark,omitempty"`
	Abstract           string   `json:"pub_abstract"`
	LogoImg            string   `json:"logo_img"` // resource id
	AutoGetPort        bool     `json:"auto_get_port"`
	Signs              []string `json:"signs_for_auto_get_port,omitempty"`
	Areas              []string `json:"areas_for_auto_get_port,omitempty"` // empty = nationwide
	Industry           int      `json:"industry"`                          // 1-11
	AuthorizationFiles []string `json:"authorization_files"`               // resource ids
}

// NameKey is what two names have in common that people would take for the same: letter case and width do not count.
func NameKey(name string) string { return strings.ToLower(norm.NFKC.String(name)) }

// Pub is a service account. Its content is the version in force; while there is none, the revision submitted last.
type Pub struct {
	ID     string // pub_id, 32 lower-case hex digits
	Tenant string
	PubContent
	Life
	Pending *PubContent // in review; nil = nothing is

	CompanyID, CompanyName string // of the tenant's filing
}

// Account is a service account with the one menu and the one home page it has.
type Account struct {
	Pub    Pub
	Menu   Menu
	Portal Portal
}
