// Package shortlink owns codes, links, resolve tasks, domains and the resolver that answers a visitor of a link: its cache, its quota and its
// verdict. It refuses to know HTTP, how a card is drawn, and how rows are kept.
package shortlink

import (
	"time"

	"cardlink/event"
)

// Link is one short link. A link keeps the template version it was made with for its whole life.
type Link struct {
	ID         int64 // 63-bit, from leased blocks; a standard code is a keyed permutation of it
	Tenant     string
	TaskID     string // resolve or send task
	TaskName   string // shown in lists
	User       string // name of the user who created the task
	FromSend   bool   // the task is a send task
	Domain     string // "s.example.com" or "s.example.com/a1"
	Code       string
	Custom     bool // the code was given by the caller (generation_type 2)
	Group      bool // aim_code_type group; else individual
	TplID      int64
	TplVersion int
	TplName    string   // as it was when the link was made, for lists
	Signs      []string // the signatures of which the SMS must carry one
	Limit      int64    // resolving_times
	CustFlag   string   // as the caller gave it; sealed at rest
	CustRef    string   // keyed hash of CustFlag, given by the store when it reads a link
	Visitor    uint64   // 48 bits of the keyed hash of CustFlag, given by the store to edges: equal for equal recipients of one tenant
	Params     map[string]string
	CustomURL  string
	CreatedAt  time.Time
	ExpireAt   time.Time
	Revoked    bool
}

// URL is the wire's aim_url: domain/code, without scheme.
func (l *Link) URL() string { return l.Domain + "/" + l.Code }

// Type is the wire's aim_code_type.
func (l *Link) Type() string {
	if l.Group {
		return "group"
	}
	return "individual"
}

// Created is the fact of the link's birth, to be stored in the transaction that stores the link.
func (l *Link) Created(tplID string) (event.Record, error) {
	return event.LinkCreated{
		TaskID: l.TaskID, AimCode: l.Code, AimURL: l.URL(), AimCodeType: l.Type(), TplID: tplID, TplVersion: l.TplVersion,
		ResolvingTimes: l.Limit, ExpireAt: l.ExpireAt,
	}.Record(l.Tenant, l.CreatedAt)
}
