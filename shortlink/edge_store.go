package shortlink

import (
	"context"
	"time"

	"cardlink/event/journal"
	"cardlink/templates"
)

// EdgeStore is what resolving needs of the store. Every method takes a batch, because many visitors share one round trip. Package store
// implements it; contract.Quota says, in running code, what "implement" means.
type EdgeStore interface {
	// Domains lists every registered domain (tenant "").
	Domains(ctx context.Context, tenant string) ([]Domain, error)
	// FindLinks reads links by key in any order and leaves out those that do not exist. Recipients stay sealed: CustFlag is empty.
	FindLinks(ctx context.Context, keys []LinkKey) ([]Link, error)
	// RevokedSince lists links revoked since a moment.
	RevokedSince(ctx context.Context, since time.Time) ([]int64, error)

	// TakeOnes resolves individual links: for each take, the link's one unit goes to it unless somebody has it. The answers stand in the order
	// of the takes. A take may be repeated with the same ResolveID; it then gets the same answer.
	TakeOnes(ctx context.Context, node string, takes []Take) ([]Taken, error)
	// TakenSince reads up to max resolutions of individual links by this node with a row id above after, in row order.
	TakenSince(ctx context.Context, node string, after int64, max int) ([]TakenLink, error)

	// LeaseQuota gives node some ordinals of group links: at most Want, at most a quarter of what is left (at least 1), never one that was given
	// before, never one above the link's limit. The asks name each link once. The answers stand in the order of the asks.
	LeaseQuota(ctx context.Context, node string, asks []Ask) ([]Grant, error)
	// ReturnQuota gives unused ends of leases back.
	ReturnQuota(ctx context.Context, node string, tails []Tail) error
	// ReleaseNode gives back every ordinal that node holds and that has no resolution. The caller has applied the node's whole journal
	// before and holds no lease in memory.
	ReleaseNode(ctx context.Context, node string) error
	// ForfeitNode forgets the node's leases without giving their ordinals back: their fate was in a journal that is lost.
	ForfeitNode(ctx context.Context, node string) error

	// NodeState reads how far a node has come; the zero state for a new node.
	NodeState(ctx context.Context, node string) (NodeState, error)
	// Apply stores resolutions of group links and refused attempts together with the state that follows from them, in one transaction.
	Apply(ctx context.Context, node string, s NodeState, solved, refused []Attempted) error
	// RecentDevices reads resolutions with a device since a moment, newest first, at most max.
	RecentDevices(ctx context.Context, since time.Time, max int) ([]Attempted, error)
}

// LinkKey names a link: by id if ID is not 0, else by domain and custom code.
type LinkKey struct {
	ID           int64
	Domain, Code string
}

// Take asks for the one unit of an individual link.
type Take struct {
	LinkID    int64
	ResolveID string // UUID, unique
	Vendor    string
	Model     string
	DeviceRef string
	At        time.Time
}

// Taken is who has the unit: the taker itself if ResolveID is its own.
type Taken struct {
	Row       int64 // id of the row; grows from batch to batch of one node. 0 if another has the unit
	ResolveID string
	DeviceRef string
	At        time.Time
}

// TakenLink is a resolution with its link, to write its fact again.
type TakenLink struct {
	Row int64
	Take
	Link Link
}

// Ask asks for ordinals of a group link.
type Ask struct {
	LinkID int64
	Limit  int64 // the link's quota
	Want   int64
}

// Grant is a range of ordinals, both inclusive; First 0 means that nothing is left.
type Grant struct{ First, Last int64 }

// Tail is the unused end of a lease: ordinals From to Last of the lease that began at First.
type Tail struct{ LinkID, First, From, Last int64 }

// NodeState is how far the store has followed a node's journal.
type NodeState struct {
	Position  journal.Position // everything before it is applied
	Journaled int64            // the journal holds the facts of all individual resolutions of the node up to this row
}

// Attempted is a resolution as it is stored: a success of a group link, or a refused attempt (Ordinal 0).
type Attempted struct {
	LinkID    int64
	Ordinal   int64
	ResolveID string
	Vendor    string
	Model     string
	DeviceRef string
	Reason    string
	At        time.Time
}

// Journal is where an edge node makes its facts durable; *journal.Journal implements it.
type Journal interface {
	// Append returns when rec is durable.
	Append(ctx context.Context, rec []byte) (journal.Position, error)
	// Add queues rec; it blocks while the buffer is full and never drops.
	Add(rec []byte) (journal.Position, error)
	// Read calls fn for durable records from a position on.
	Read(from journal.Position, max int, fn func(pos, next journal.Position, rec []byte) error) error
	// Wait returns when something beyond after is durable, or with ctx's error.
	Wait(ctx context.Context, after journal.Position) error
	First() journal.Position
	Durable() journal.Position
}

// TemplateLoader gives a version of a template with its present state.
type TemplateLoader interface {
	Load(ctx context.Context, id int64, version int) (*templates.Template, error)
}
