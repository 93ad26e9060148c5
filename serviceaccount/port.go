package serviceaccount

import (
	"context"
	"errors"
	"strings"
	"time"
)

// PortType says which numbers a port stands for (api.md §17.5).
type PortType int

// The types.
const (
	PortNumber PortType = 1 // one number
	PortPrefix PortType = 3 // all numbers that begin with it
	PortSuffix PortType = 5 // all numbers that end with it
)

// Port is a sender number, or a range of them, that a tenant registered. A number of one type belongs to one tenant: whoever registers it first has it
// until the registration is rejected or deleted.
type Port struct {
	ID           string // 32 lower-case hex digits
	Tenant       string
	Number       string // digits: 5 of a suffix, else 1-21
	Type         PortType
	Signs        []string  // 1-5, distinct
	CheckSigns   bool      // a message counts as this port's only with one of its signs; always so for ranges
	Files        []string  // resource ids of the letters that prove the right to it, 1-5
	ApproveState int       // InReview, Approved or Rejected
	Pubs         []PortPub // the accounts it is bound to, newest binding first, each once
	CreatedAt    time.Time
}

// PortPub names an account that a port is bound to.
type PortPub struct {
	Name   string `json:"pub_name"`
	Remark string `json:"pub_reference"`
}

// Binding ties a port, with some of its signs and in some areas, to an account. Of all bindings of a port no two share both a sign and ground: a message has one sender.
type Binding struct {
	ID        string // 32 lower-case hex digits
	Tenant    string
	Port      Port // without Pubs
	PubID     string
	PubName   string // of the account today
	PubRemark string
	Signs     []string // some of the port's
	Areas     []string // official names without overlap
	CreatedAt time.Time
}

// PortFilter narrows ListPorts and ListBindings. Zero fields do not narrow.
type PortFilter struct {
	Number   string // exact
	Type     PortType
	Sign     string // part of one of its signs
	PubName  string // bindings only: part of the account's name
	Bound    *bool  // ports only
	From, To time.Time
	Offset   int
	Limit    int
}

// Refusals of a PortStore.
var (
	// ErrPortTaken says that the number is registered already, by whomever.
	ErrPortTaken = errors.New("the port is registered already")
	// ErrPortBound says that bindings stand in the way.
	ErrPortBound = errors.New("the port is bound to an account")
)

// PortStore keeps ports and their bindings to accounts.
type PortStore interface {
	// AddPort keeps a port and the change that asks for it. ErrPortTaken if a port of this number and type exists that was not rejected.
	AddPort(ctx context.Context, p Port, c Change) error
	// Port reads a port of a tenant, or ErrUnknown.
	Port(ctx context.Context, tenant, id string) (Port, error)
	// Ports lists a tenant's ports, newest first, and counts all that pass the filter.
	Ports(ctx context.Context, tenant string, f PortFilter) ([]Port, int, error)
	// DecidePort writes c's verdict on the port c.ObjectID and into the line c of the change log. ErrUnknown if there is no such port, ErrDecided if c has a verdict
	// already.
	DecidePort(ctx context.Context, c Change) error
	// DeletePort removes a port of a tenant, ends its review if it waits for one, and logs c. ErrUnknown, or ErrPortBound.
	DeletePort(ctx context.Context, tenant, id string, c Change) error

	// AddBinding keeps a binding and logs c, if agree returns nil for the port as it is now and the bindings it has; agree's error otherwise. No other
	// binding of the port is added meanwhile. ErrUnknown if the port is gone.
	AddBinding(ctx context.Context, b Binding, c Change, agree func(p Port, others []Binding) error) error
	// Binding reads a binding of a tenant, or ErrUnknown.
	Binding(ctx context.Context, tenant, id string) (Binding, error)
	// Bindings lists a tenant's bindings, newest first, and counts all that pass the filter.
	Bindings(ctx context.Context, tenant string, f PortFilter) ([]Binding, int, error)
	// DeleteBinding removes a binding of a tenant and logs c; ErrUnknown if there is none.
	DeleteBinding(ctx context.Context, tenant, id string, c Change) error
}

// Province is a binding's areas as the wire has them: joined by commas.
func (b Binding) Province() string { return strings.Join(b.Areas, ",") }
