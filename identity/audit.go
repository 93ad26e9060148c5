package identity

import "time"

// Entry is one line of the audit log: who did what to what, from where, and how it ended. It holds names and ids, never secrets.
type Entry struct {
	ID      int64 // given by the store, rising
	Tenant  string
	At      time.Time // millisecond resolution
	Actor   string    // user name, access key, or "operator" for the command line
	Action  string    // CreateKey, Authenticate, …
	Object  string    // what it was done to
	Remote  string    // address of the caller, "" for the command line
	Outcome string    // "ok" or the reason of a refusal
}

// Actor is on whose behalf an administrative change is made.
type Actor struct {
	Name   string // user name; "" = "operator", the command line
	Remote string
}

func (a Actor) entry(at time.Time, tenant, action, object string) Entry {
	name := a.Name
	if name == "" {
		name = "operator"
	}
	return Entry{Tenant: tenant, At: at, Actor: name, Action: action, Object: object, Remote: a.Remote, Outcome: "ok"}
}
