package shortlink

import (
	"cardlink/fault"
	"cardlink/templates"
)

// Request asks for links: a resolve task, or the links of a send task.
type Request struct {
	Tenant         string
	User           string // name of the calling user
	TaskID         string // UUID
	TaskName       string // copied to the links, for lists
	FromSend       bool   // limits and texts of §8 instead of §7
	TplID          string
	Signs          []string
	Times          int64  // resolving_times
	CodeType       string // group, individual
	GenerationType string // "1", "2", "" = "1"
	Domain         string // "" = default domain (generation 1 only)
	Days           int64  // expiration_time
	Items          []Item
}

// Item is one link wanted.
type Item struct {
	CustFlag   string
	Params     map[string]string // bare or wrapped names
	CustomURL  string
	CustomCode string
}

// Batch is what became of a Request: minted links that are not stored yet, in request order, and the items that could not be made.
type Batch struct {
	Template *templates.Template
	Domain   string
	Times    int64 // as used: 1 for individual links
	Links    []Link
	Index    []int // Links[i] was Items[Index[i]]
	Failed   []Failed
}

// Failed is an item that got no link; the others of its request did.
type Failed struct {
	Index int
	Item  Item
	Code  fault.Code
	Text  string
}
